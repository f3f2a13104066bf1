/* load_check.h - one file of any kind, checked: what `millrace check` does with each. */
#ifndef MR_SITE_LOAD_CHECK_H
#define MR_SITE_LOAD_CHECK_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

/* True where it is right; `summary` says then what it holds, otherwise `diags` what is wrong. */
bool mr_content_check(const char *path, struct mr_diags *diags, char *summary, size_t cap);

#endif
