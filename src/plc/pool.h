/* pool.h - memory that is freed all at once: of a compilation, and of a finished program. */
#ifndef MR_PLC_POOL_H
#define MR_PLC_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pc_pool;

struct pc_pool *mr_pc_pool_create(void);
void mr_pc_pool_destroy(struct pc_pool *pool);
/* `n` zeroed bytes aligned to 16; never NULL (short memory ends the process, as a failed assertion). */
void *mr_pc_alloc(struct pc_pool *pool, size_t n);
char *mr_pc_text(struct pc_pool *pool, const char *text, size_t n); /* copied, NUL-terminated */
char *mr_pc_fmt(struct pc_pool *pool, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A growing array's next element: doubles `*items` (of `size` bytes each) where `n` has reached `*cap`. */
void *mr_pc_push(struct pc_pool *pool, void **items, uint32_t *n, uint32_t *cap, size_t size);
#define PC_PUSH(pool, v) (mr_pc_push(pool, (void **)&(v)->items, &(v)->n, &(v)->cap, sizeof *(v)->items), &(v)->items[(v)->n - 1])
#define PC_VECTOR(T)                                                                                                             \
    struct {                                                                                                                     \
        T *items;                                                                                                                \
        uint32_t n, cap;                                                                                                         \
    }

#endif
