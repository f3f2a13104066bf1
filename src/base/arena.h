/* arena.h - the one place where a site's mutable state lies.
 *
 * Built once when a site is loaded, in an order that its files fix; after mr_arena_seal() nothing is allocated. Records do not
 * move and are freed together. Save, load and digest walk the records in their order. */
#ifndef MR_BASE_ARENA_H
#define MR_BASE_ARENA_H

#include "base/state.h"

struct mr_arena;

/* `limit` bytes in all; NULL where memory is short. */
struct mr_arena *mr_arena_create(size_t limit);
void mr_arena_destroy(struct mr_arena *a);

/* `count` zeroed records of a type; `name` (static or outliving the arena) is for people. NULL when the limit is reached. */
void *mr_arena_new(struct mr_arena *a, const struct mr_type *type, size_t count, const char *name);
/* `n` zeroed bytes saved as they are (a PLC's memory, whose layout its program fixes). Aligned to 16. */
void *mr_arena_bytes(struct mr_arena *a, size_t n, const char *name);
/* `n` zeroed bytes of working memory which is not state: never saved, never in the digest. */
void *mr_arena_scratch(struct mr_arena *a, size_t n);
void mr_arena_seal(struct mr_arena *a);

size_t mr_arena_used(const struct mr_arena *a);
size_t mr_arena_saved_max(const struct mr_arena *a);
/* The whole state into `w`, which needs mr_arena_saved_max() bytes at most. */
enum mr_err mr_arena_save(const struct mr_arena *a, struct mr_writer *w);
/* Into an arena built from the same files. MR_E_CORRUPT or MR_E_TRUNCATED: the arena is then half loaded, destroy it. */
enum mr_err mr_arena_load(struct mr_arena *a, struct mr_slice saved);

#define MR_DIGEST_BYTES 32
/* BLAKE2b-256 of bytes, and of an arena's saved form. */
void mr_digest(struct mr_slice s, uint8_t out[MR_DIGEST_BYTES]);
void mr_arena_digest(const struct mr_arena *a, uint8_t out[MR_DIGEST_BYTES]);

/* For `millrace debug`: calls back for each block of records with its name, type name, count, how many of them are live (of a
 * pool; else all) and what it takes at most when saved. */
typedef void mr_arena_visit_fn(void *ctx, const char *name, const char *type, size_t count, size_t live, size_t bytes);
void mr_arena_visit(const struct mr_arena *a, mr_arena_visit_fn *fn, void *ctx);
/* Digest of each block on its own, to find what differs between two worlds. */
void mr_arena_block_digest(const struct mr_arena *a, size_t block, uint8_t out[MR_DIGEST_BYTES]);

#endif
