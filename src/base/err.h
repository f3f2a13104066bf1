/* err.h - the one list of things that can go wrong and be told to a caller.
 *
 * Three kinds of failure (see HACKING.md): bad bytes or bad files give one of these; a bug of ours trips MR_ASSERT, also in
 * release builds; what cannot happen but is defended against goes through MR_NEVER, which counts and, in tests, aborts. */
#ifndef MR_BASE_ERR_H
#define MR_BASE_ERR_H

#include <stdbool.h>

#define MR_ERR_LIST(X)                                                                                                           \
    X(OK, "no error")                                                                                                            \
    X(E_INVALID, "invalid argument")                                                                                             \
    X(E_RANGE, "value out of range")                                                                                             \
    X(E_FULL, "a pool or table is full")                                                                                         \
    X(E_NOMEM, "out of memory")                                                                                                  \
    X(E_NOT_FOUND, "not found")                                                                                                  \
    X(E_EXISTS, "exists already")                                                                                                \
    X(E_MALFORMED, "malformed input")                                                                                            \
    X(E_TRUNCATED, "input ends too early")                                                                                       \
    X(E_DENIED, "not permitted")                                                                                                 \
    X(E_IO, "input/output error")                                                                                                \
    X(E_NO_SPACE, "no space left on the disk")                                                                                   \
    X(E_BUSY, "busy")                                                                                                            \
    X(E_IN_USE, "address or port in use")                                                                                        \
    X(E_CLOSED, "closed")                                                                                                        \
    X(E_REFUSED, "connection refused")                                                                                           \
    X(E_UNREACHABLE, "unreachable")                                                                                              \
    X(E_TIMEOUT, "timed out")                                                                                                    \
    X(E_UNSUPPORTED, "not supported")                                                                                            \
    X(E_VERSION, "made by another version")                                                                                      \
    X(E_CORRUPT, "corrupt data")

enum mr_err {
#define X(name, text) MR_##name,
    MR_ERR_LIST(X)
#undef X
        MR_ERR_COUNT
};

/* The enumerator's name without its prefix ("E_RANGE") and a short English text; both static. */
const char *mr_err_name(enum mr_err err);
const char *mr_err_text(enum mr_err err);

/* Prints the failed expression and aborts. On in every build. */
_Noreturn void mr_assert_failed(const char *expr, const char *file, int line);
#define MR_ASSERT(expr) ((expr) ? (void)0 : mr_assert_failed(#expr, __FILE__, __LINE__))

/* True when `cond`, which cannot be, is. Aborts where tests asked for that (mr_never_aborts). */
extern bool mr_never_aborts;
bool mr_never_hit(const char *expr, const char *file, int line);
#define MR_NEVER(cond) ((cond) && mr_never_hit(#cond, __FILE__, __LINE__))

#endif
