/* diag.h - what a person is told about a file they wrote: FILE:LINE:COL: error: what, and what would be right.
 *
 * Used by the site loader and the PLC compiler alike. A list holds at most MR_DIAG_MAX; what comes after is counted. */
#ifndef MR_BASE_DIAG_H
#define MR_BASE_DIAG_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MR_DIAG_MAX 200 /* more errors than anyone reads in one run */

#define MR_DIAG_SOURCE_MAX 500 /* a line longer than that is not shown: nobody finds the place in it */

enum mr_severity { MR_ERROR, MR_WARNING, MR_NOTE };

struct mr_diag {
    enum mr_severity severity;
    char *file;         /* owned by the list */
    uint32_t line, col; /* from 1; 0 where the whole file is meant, told as 1:1 */
    char *text;         /* owned by the list */
    char *source_line;  /* the line with the mistake, for a caret; NULL where there is none */
};

struct mr_diags {
    struct mr_diag items[MR_DIAG_MAX];
    size_t n;
    size_t errors; /* all of them, also those beyond the list */
    size_t dropped;
};

struct mr_diags *mr_diags_create(void);
void mr_diags_destroy(struct mr_diags *d);
void mr_diag_add(struct mr_diags *d, enum mr_severity s, const char *file, uint32_t line, uint32_t col, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
/* Gives the last one its source line (copied), if it is of a length that people read. */
void mr_diag_source(struct mr_diags *d, const char *text, size_t n);
/* One line each, with source line and caret where known; sorted by file, line, column. */
void mr_diags_print(struct mr_diags *d, FILE *to);
/* The nearest of `n` names to `word`, if near enough for "did you mean", or NULL: one whose first part it is, or by edit
 * distance. */
const char *mr_nearest(const char *word, const char *const *names, size_t n);

#endif
