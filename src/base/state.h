/* state.h - mutable state that describes itself.
 *
 * Every byte of a site that can change lies in records of one arena (arena.h). A record's type is a table of its fields; from
 * the table come save, load and digest, so no module writes its own. What is not in the table (pointers to immutable content,
 * caches that a load rebuilds) is not state: it is set when the site is built from its files, before a state is loaded.
 * The saved form is little-endian, without padding, pointers or names. */
#ifndef MR_BASE_STATE_H
#define MR_BASE_STATE_H

#include "base/bytes.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* MR_I64 is for times and spans: one that no event lives to see is refused when it is loaded, so that sums of them stay sums. */
enum mr_kind { MR_U8, MR_U16, MR_U32, MR_U64, MR_I8, MR_I16, MR_I32, MR_I64, MR_BOOL, MR_F32, MR_F64, MR_STRUCT };

struct mr_type;

struct mr_field {
    const char *name;
    uint32_t offset;
    uint32_t size;   /* of the whole member */
    uint32_t count;  /* elements; 1 for a scalar */
    uint32_t len_at; /* offset of a uint32_t that says how many elements count, or MR_ALL */
    enum mr_kind kind;
    const struct mr_type *type; /* for MR_STRUCT */
};

struct mr_type {
    const char *name;
    uint32_t size;
    uint32_t nfields;
    const struct mr_field *fields;
    uint32_t live_at; /* offset of a uint8_t or bool: where it is 0 only that is saved, and the rest loads as zeros; or MR_ALL */
};

#define MR_ALL               UINT32_MAX
#define MR_MEMBER_SIZE(S, m) (sizeof(((S *)0)->m))
/* A scalar; an array; the first `len` elements of an array (`len` a uint32_t member, listed before it); a struct; an array of
 * structs. */
#define MR_FIELD(S, m, k)                                                                                                        \
    {                                                                                                                            \
#m, offsetof(S, m), MR_MEMBER_SIZE(S, m), 1, MR_ALL, k, NULL                                                             \
    }
#define MR_ARRAY(S, m, k)                                                                                                        \
    {                                                                                                                            \
#m, offsetof(S, m), MR_MEMBER_SIZE(S, m), MR_MEMBER_SIZE(S, m) / MR_MEMBER_SIZE(S, m[0]), MR_ALL, k, NULL                \
    }
#define MR_VARIABLE(S, m, k, len)                                                                                                \
    {                                                                                                                            \
#m, offsetof(S, m), MR_MEMBER_SIZE(S, m), MR_MEMBER_SIZE(S, m) / MR_MEMBER_SIZE(S, m[0]), offsetof(S, len), k, NULL      \
    }
#define MR_SUB(S, m, t)                                                                                                          \
    {                                                                                                                            \
#m, offsetof(S, m), MR_MEMBER_SIZE(S, m), 1, MR_ALL, MR_STRUCT, t                                                        \
    }
#define MR_SUBS(S, m, t)                                                                                                         \
    {                                                                                                                            \
#m, offsetof(S, m), MR_MEMBER_SIZE(S, m), MR_MEMBER_SIZE(S, m) / MR_MEMBER_SIZE(S, m[0]), MR_ALL, MR_STRUCT, t           \
    }
/* The first `len` of an array of structs. */
#define MR_VARIABLE_SUBS(S, m, len, t)                                                                                           \
    {                                                                                                                            \
#m, offsetof(S, m), MR_MEMBER_SIZE(S, m), MR_MEMBER_SIZE(S, m) / MR_MEMBER_SIZE(S, m[0]), offsetof(S, len), MR_STRUCT, t \
    }
#define MR_TYPE(n, S, f)                                                                                                         \
    {                                                                                                                            \
        n, sizeof(S), sizeof(f) / sizeof((f)[0]), f, MR_ALL                                                                      \
    }
/* A pool's slot: `live` is the flag member, which must be among the fields too. */
#define MR_TYPE_LIVE(n, S, f, live)                                                                                              \
    {                                                                                                                            \
        n, sizeof(S), sizeof(f) / sizeof((f)[0]), f, offsetof(S, live)                                                           \
    }

/* Checks a table: sizes agree with kinds, offsets lie inside, nesting ends. Aborts on a mistake of ours. */
void mr_type_check(const struct mr_type *type);

/* Writes one record. Never more than mr_type_saved_max(type) bytes. */
void mr_state_save(const struct mr_type *type, const void *record, struct mr_writer *w);
/* Reads one; where the bytes do not fit the type (`r->bad`) the fields before the failing one have been read. Reads of untrusted
 * snapshots are safe for memory; a length above its array is MR_E_CORRUPT. */
enum mr_err mr_state_load(const struct mr_type *type, void *record, struct mr_reader *r);
size_t mr_type_saved_max(const struct mr_type *type);
/* Zeroes what the table lists, and only that: content beside it stays. A slot taken again begins so, or what its last owner left
 * in it would tell a world that ran from one that was loaded. */
void mr_state_clear(const struct mr_type *type, void *record);

#endif
