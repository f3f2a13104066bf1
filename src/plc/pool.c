#include "plc/pool.h"

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536

struct chunk {
    struct chunk *next;
    size_t used, size;
    uint8_t *bytes;
};

struct pc_pool {
    struct chunk *chunks;
};

struct pc_pool *mr_pc_pool_create(void)
{
    return calloc(1, sizeof(struct pc_pool));
}

void mr_pc_pool_destroy(struct pc_pool *pool)
{
    if (!pool) {
        return;
    }
    while (pool->chunks) {
        struct chunk *next = pool->chunks->next;
        free(pool->chunks->bytes);
        free(pool->chunks);
        pool->chunks = next;
    }
    free(pool);
}

void *mr_pc_alloc(struct pc_pool *pool, size_t n)
{
    n = (n + 15) & ~(size_t)15;
    struct chunk *c = pool->chunks;
    if (!c || c->size - c->used < n) {
        struct chunk *fresh = calloc(1, sizeof *fresh);
        MR_ASSERT(fresh != NULL);
        fresh->size = n > CHUNK / 4 ? n : CHUNK;
        fresh->bytes = calloc(1, fresh->size);
        MR_ASSERT(fresh->bytes != NULL);
        if (c && fresh->size != CHUNK) { /* a large one goes behind, so that the current one is filled first */
            fresh->next = c->next;
            c->next = fresh;
        } else {
            fresh->next = c;
            pool->chunks = fresh;
        }
        c = fresh;
    }
    void *p = c->bytes + c->used;
    c->used += n;
    return p;
}

char *mr_pc_text(struct pc_pool *pool, const char *text, size_t n)
{
    char *p = mr_pc_alloc(pool, n + 1);
    if (n > 0) {
        memcpy(p, text, n);
    }
    return p;
}

char *mr_pc_fmt(struct pc_pool *pool, const char *fmt, ...)
{
    char buf[1024];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(buf, sizeof buf, fmt, args);
    va_end(args);
    return mr_pc_text(pool, buf, strlen(buf));
}

void *mr_pc_push(struct pc_pool *pool, void **items, uint32_t *n, uint32_t *cap, size_t size)
{
    if (*n == *cap) {
        uint32_t grown = *cap ? *cap * 2 : 8;
        void *p = mr_pc_alloc(pool, grown * size);
        if (*n > 0) {
            memcpy(p, *items, *n * size);
        }
        *items = p;
        *cap = grown;
    }
    return (uint8_t *)*items + (*n)++ * size;
}
