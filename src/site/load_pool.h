/* load_pool.h - memory that is filled while files are read and freed at once: what a struct mr_content consists of. */
#ifndef MR_SITE_LOAD_POOL_H
#define MR_SITE_LOAD_POOL_H

#include <stddef.h>

struct mr_pool;
struct mr_pool *mr_pool_create(void);
void mr_pool_destroy(struct mr_pool *p);
/* Zeroed, aligned to 16. Aborts where the machine has no memory left: a loader has nothing to go back to. */
void *mr_pool_alloc(struct mr_pool *p, size_t count, size_t size);
#define MR_POOL_NEW(p, type, count) ((type *)mr_pool_alloc((p), (count), sizeof(type)))
char *mr_pool_text(struct mr_pool *p, const char *text, size_t n); /* a copy with a NUL behind */
char *mr_pool_format(struct mr_pool *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
