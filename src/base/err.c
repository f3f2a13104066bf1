#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    const char *text;
} errs[MR_ERR_COUNT] = {
#define X(name, text) {#name, text},
    MR_ERR_LIST(X)
#undef X
};

const char *mr_err_name(enum mr_err err)
{
    return (unsigned)err < MR_ERR_COUNT ? errs[err].name : "?";
}

const char *mr_err_text(enum mr_err err)
{
    return (unsigned)err < MR_ERR_COUNT ? errs[err].text : "unknown error";
}

void mr_assert_failed(const char *expr, const char *file, int line)
{
    (void)fprintf(stderr, "millrace: bug: %s:%d: %s\n", file, line, expr);
    abort();
}

bool mr_never_aborts;

bool mr_never_hit(const char *expr, const char *file, int line)
{
    if (mr_never_aborts) {
        mr_assert_failed(expr, file, line);
    }
    return true;
}
