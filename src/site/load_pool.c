/* load_pool.c - chunks in a list, each filled from its beginning. */
#include "site/load_pool.h"

#include "base/err.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536 /* a site needs a few of them */
#define ALIGN 16

struct chunk {
    struct chunk *before;
    size_t used, size;
    _Alignas(ALIGN) uint8_t bytes[];
};
struct mr_pool {
    struct chunk *last;
};

struct mr_pool *mr_pool_create(void)
{
    struct mr_pool *p = calloc(1, sizeof *p);
    MR_ASSERT(p);
    return p;
}

void mr_pool_destroy(struct mr_pool *p)
{
    for (struct chunk *c = p ? p->last : NULL; c;) {
        struct chunk *before = c->before;
        free(c);
        c = before;
    }
    free(p);
}

void *mr_pool_alloc(struct mr_pool *p, size_t count, size_t size)
{
    size_t n;
    MR_ASSERT(!__builtin_mul_overflow(count, size, &n) && n <= SIZE_MAX / 2);
    n = (n + ALIGN - 1) / ALIGN * ALIGN;
    if (!p->last || p->last->size - p->last->used < n) {
        size_t room = n > CHUNK ? n : CHUNK;
        struct chunk *c = calloc(1, sizeof *c + room);
        MR_ASSERT(c);
        c->size = room;
        c->before = p->last;
        p->last = c;
    }
    void *at = p->last->bytes + p->last->used;
    p->last->used += n;
    return at;
}

char *mr_pool_text(struct mr_pool *p, const char *text, size_t n)
{
    char *copy = mr_pool_alloc(p, n + 1, 1);
    if (n > 0) {
        memcpy(copy, text, n);
    }
    return copy;
}

char *mr_pool_format(struct mr_pool *p, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    MR_ASSERT(n >= 0);
    char *text = mr_pool_alloc(p, (size_t)n + 1, 1);
    (void)vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(args);
    return text;
}
