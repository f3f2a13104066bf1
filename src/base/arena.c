#include "base/arena.h"

#include <sodium.h>
#include <stdlib.h>

#define HASH_PIECE 16384

struct block {
    const char *name;
    const struct mr_type *type; /* NULL: plain bytes */
    uint8_t *p;
    size_t count;
};

struct scratch {
    struct scratch *next;
};

struct mr_arena {
    struct block *blocks;
    size_t nblocks;
    size_t cap_blocks;
    struct scratch *scratch;
    size_t limit;
    size_t used;
    bool sealed;
};

struct mr_arena *mr_arena_create(size_t limit)
{
    struct mr_arena *a = calloc(1, sizeof *a);
    if (a) {
        a->limit = limit;
    }
    return a;
}

void mr_arena_destroy(struct mr_arena *a)
{
    if (!a) {
        return;
    }
    for (size_t i = 0; i < a->nblocks; i++) {
        free(a->blocks[i].p);
    }
    while (a->scratch) {
        struct scratch *next = a->scratch->next;
        free(a->scratch);
        a->scratch = next;
    }
    free(a->blocks);
    free(a);
}

static bool take(struct mr_arena *a, size_t n)
{
    if (n > a->limit - a->used) {
        return false;
    }
    a->used += n;
    return true;
}

static void *add_block(struct mr_arena *a, const struct mr_type *type, size_t size, size_t count, const char *name)
{
    MR_ASSERT(!a->sealed);
    size_t bytes;
    if (count == 0 || __builtin_mul_overflow(size, count, &bytes) || !take(a, bytes)) {
        return NULL;
    }
    if (a->nblocks == a->cap_blocks) {
        size_t cap = a->cap_blocks ? a->cap_blocks * 2 : 64;
        struct block *blocks = realloc(a->blocks, cap * sizeof *blocks);
        if (!blocks) {
            return NULL;
        }
        a->blocks = blocks;
        a->cap_blocks = cap;
    }
    uint8_t *p = calloc(1, bytes);
    if (p) {
        a->blocks[a->nblocks++] = (struct block){name, type, p, count};
    }
    return p;
}

void *mr_arena_new(struct mr_arena *a, const struct mr_type *type, size_t count, const char *name)
{
    mr_type_check(type);
    return add_block(a, type, type->size, count, name);
}

void *mr_arena_bytes(struct mr_arena *a, size_t n, const char *name)
{
    return add_block(a, NULL, 1, n, name);
}

void *mr_arena_scratch(struct mr_arena *a, size_t n)
{
    MR_ASSERT(!a->sealed);
    if (n > SIZE_MAX - 16 || !take(a, n)) {
        return NULL;
    }
    struct scratch *s = calloc(1, n + 16);
    if (!s) {
        return NULL;
    }
    s->next = a->scratch;
    a->scratch = s;
    return (uint8_t *)s + 16;
}

void mr_arena_seal(struct mr_arena *a)
{
    a->sealed = true;
}

size_t mr_arena_used(const struct mr_arena *a)
{
    return a->used;
}

static size_t block_max(const struct block *b)
{
    return b->count * (b->type ? mr_type_saved_max(b->type) : 1);
}

size_t mr_arena_saved_max(const struct mr_arena *a)
{
    size_t n = 8;
    for (size_t i = 0; i < a->nblocks; i++) {
        n += block_max(&a->blocks[i]);
    }
    return n;
}

static void save_block(const struct block *b, struct mr_writer *w)
{
    if (!b->type) {
        mr_write_bytes(w, mr_slice(b->p, b->count));
        return;
    }
    for (size_t k = 0; k < b->count; k++) {
        mr_state_save(b->type, b->p + k * b->type->size, w);
    }
}

enum mr_err mr_arena_save(const struct mr_arena *a, struct mr_writer *w)
{
    mr_write_u32le(w, (uint32_t)a->nblocks);
    for (size_t i = 0; i < a->nblocks; i++) {
        save_block(&a->blocks[i], w);
    }
    return w->full ? MR_E_FULL : MR_OK;
}

enum mr_err mr_arena_load(struct mr_arena *a, struct mr_slice saved)
{
    struct mr_reader r = mr_reader(saved);
    if (mr_read_u32le(&r) != a->nblocks) {
        return MR_E_CORRUPT;
    }
    for (size_t i = 0; i < a->nblocks; i++) {
        struct block *b = &a->blocks[i];
        if (!b->type) {
            struct mr_slice s = mr_read_bytes(&r, b->count);
            if (r.bad) {
                return MR_E_TRUNCATED;
            }
            memcpy(b->p, s.p, s.n);
            continue;
        }
        for (size_t k = 0; k < b->count; k++) {
            enum mr_err err = mr_state_load(b->type, b->p + k * b->type->size, &r);
            if (err != MR_OK) {
                return err;
            }
        }
    }
    return mr_reader_left(&r) == 0 ? MR_OK : MR_E_CORRUPT;
}

/* Records are gathered before they are hashed: thousands of small ones cost far more one by one. */
static void hash_block(crypto_generichash_state *h, const struct block *b)
{
    if (!b->type) {
        (void)crypto_generichash_update(h, b->p, b->count);
        return;
    }
    size_t max = mr_type_saved_max(b->type);
    size_t cap = max > HASH_PIECE ? max : HASH_PIECE;
    uint8_t piece[HASH_PIECE];
    uint8_t *buf = cap == HASH_PIECE ? piece : malloc(cap);
    MR_ASSERT(buf != NULL);
    struct mr_writer w = mr_writer(buf, cap);
    for (size_t k = 0; k < b->count; k++) {
        if (mr_writer_left(&w) < max) {
            (void)crypto_generichash_update(h, w.p, w.n);
            w.n = 0;
        }
        mr_state_save(b->type, b->p + k * b->type->size, &w);
    }
    (void)crypto_generichash_update(h, w.p, w.n);
    if (buf != piece) {
        free(buf);
    }
}

void mr_digest(struct mr_slice s, uint8_t out[MR_DIGEST_BYTES])
{
    (void)crypto_generichash(out, MR_DIGEST_BYTES, s.p, s.n, NULL, 0);
}

void mr_arena_digest(const struct mr_arena *a, uint8_t out[MR_DIGEST_BYTES])
{
    crypto_generichash_state h;
    (void)crypto_generichash_init(&h, NULL, 0, MR_DIGEST_BYTES);
    for (size_t i = 0; i < a->nblocks; i++) {
        hash_block(&h, &a->blocks[i]);
    }
    (void)crypto_generichash_final(&h, out, MR_DIGEST_BYTES);
}

static size_t live_of(const struct block *b)
{
    size_t n = 0;
    if (!b->type || b->type->live_at == MR_ALL) {
        return b->count;
    }
    for (size_t k = 0; k < b->count; k++) {
        n += b->p[k * b->type->size + b->type->live_at] != 0;
    }
    return n;
}

void mr_arena_visit(const struct mr_arena *a, mr_arena_visit_fn *fn, void *ctx)
{
    for (size_t i = 0; i < a->nblocks; i++) {
        const struct block *b = &a->blocks[i];
        fn(ctx, b->name, b->type ? b->type->name : "bytes", b->count, live_of(b), block_max(b));
    }
}

void mr_arena_block_digest(const struct mr_arena *a, size_t block, uint8_t out[MR_DIGEST_BYTES])
{
    MR_ASSERT(block < a->nblocks);
    crypto_generichash_state h;
    (void)crypto_generichash_init(&h, NULL, 0, MR_DIGEST_BYTES);
    hash_block(&h, &a->blocks[block]);
    (void)crypto_generichash_final(&h, out, MR_DIGEST_BYTES);
}
