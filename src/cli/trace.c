#include "cli/trace.h"

#include "base/diag.h"
#include "device/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MR_TRACE_NAMES (MR_TRACE_SUBJECTS + 1) /* the subjects, then "all" */
#define MR_TRACE_WORD  32                      /* longer than any of them */

static int unknown(const char *word, const char *const *names)
{
    const char *near = mr_nearest(word, names, MR_TRACE_NAMES);
    (void)fprintf(stderr, "millrace: MILLRACE_TRACE: there is nothing called '%s'", word);
    if (near) {
        (void)fprintf(stderr, " (did you mean '%s'?)", near);
    }
    (void)fprintf(stderr, "; there are:");
    for (unsigned i = 0; i < MR_TRACE_NAMES; i++) {
        (void)fprintf(stderr, " %s", names[i]);
    }
    (void)fprintf(stderr, "\n");
    return 2;
}

int mr_cli_traced(uint32_t *subjects)
{
    const char *names[MR_TRACE_NAMES] = {[MR_TRACE_SUBJECTS] = "all"};
    for (unsigned i = 0; i < MR_TRACE_SUBJECTS; i++) {
        names[i] = mr_trace_name(i);
    }
    const char *list = getenv("MILLRACE_TRACE");
    *subjects = 0;
    for (size_t n; list && *list; list += n + (list[n] == ',')) {
        char word[MR_TRACE_WORD];
        unsigned i = 0;
        n = strcspn(list, ",");
        (void)snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word), list);
        while (i < MR_TRACE_NAMES && strcmp(word, names[i]) != 0) {
            i++;
        }
        if (i == MR_TRACE_NAMES) {
            return unknown(word, names);
        }
        *subjects |= i < MR_TRACE_SUBJECTS ? 1u << i : (1u << MR_TRACE_SUBJECTS) - 1;
    }
    return -1;
}

void mr_cli_trace(void *ctx, const char *line)
{
    (void)ctx;
    (void)fprintf(stderr, "%s\n", line);
}
