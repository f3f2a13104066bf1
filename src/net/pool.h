/* pool.h - which slots of a fixed pool are taken: always the lowest free one is given, so that the next one depends on nothing
 * but what is taken now. The bitmap is state; the slots themselves are their owner's. */
#ifndef MR_NET_POOL_H
#define MR_NET_POOL_H

#include "base/arena.h"

#define MR_NONE UINT32_MAX

struct mr_pool {
    uint64_t *words; /* [0] slots taken, [1] no free slot in bitmap words below, then the bitmap */
    uint32_t cap;
};

static inline bool mr_pool_create(struct mr_pool *p, struct mr_arena *arena, uint32_t cap, const char *name)
{
    p->cap = cap;
    p->words = mr_arena_bytes(arena, (2 + ((size_t)cap + 63) / 64) * sizeof *p->words, name);
    return p->words != NULL;
}

static inline uint32_t mr_pool_used(const struct mr_pool *p)
{
    return (uint32_t)p->words[0];
}

static inline bool mr_pool_has(const struct mr_pool *p, uint32_t i)
{
    return i < p->cap && (p->words[2 + i / 64] >> (i % 64) & 1) != 0;
}

/* MR_NONE where all are taken. */
static inline uint32_t mr_pool_take(struct mr_pool *p)
{
    if (p->words[0] >= p->cap) {
        return MR_NONE;
    }
    uint64_t w = p->words[1];
    while (p->words[2 + w] == UINT64_MAX) {
        w++;
    }
    uint32_t bit = (uint32_t)__builtin_ctzll(~p->words[2 + w]);
    p->words[2 + w] |= (uint64_t)1 << bit;
    p->words[1] = w;
    p->words[0]++;
    return (uint32_t)w * 64 + bit;
}

static inline void mr_pool_give(struct mr_pool *p, uint32_t i)
{
    MR_ASSERT(mr_pool_has(p, i));
    p->words[2 + i / 64] &= ~((uint64_t)1 << (i % 64));
    p->words[0]--;
    if (i / 64 < p->words[1]) {
        p->words[1] = i / 64;
    }
}

/* After a load: the count fits the bitmap, which is what taking relies on. */
static inline bool mr_pool_check(const struct mr_pool *p)
{
    uint64_t n = 0;
    for (uint32_t w = 0; w < (p->cap + 63) / 64; w++) {
        if (w < p->words[1] && p->words[2 + w] != UINT64_MAX) {
            return false;
        }
        n += (uint64_t)__builtin_popcountll(p->words[2 + w]);
    }
    return n == p->words[0] && (p->cap % 64 == 0 || p->words[1 + (p->cap + 63) / 64] >> (p->cap % 64) == 0) &&
           p->words[1] <= p->cap / 64;
}

#endif
