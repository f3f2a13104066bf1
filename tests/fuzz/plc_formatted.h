/* What the fuzz targets of the compiler share: formatting a program must not change its code. */
#ifndef TESTS_FUZZ_PLC_FORMATTED_H
#define TESTS_FUZZ_PLC_FORMATTED_H

#include "plc/program.h"
#include "plc/tools.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline struct mr_plc_program *compile(const char *text, size_t n, struct mr_diags *d)
{
    struct mr_plc_source s = {"fuzz.st", text, n};
    return mr_plc_compile(&s, 1, d);
}

static inline void same_after_format(const struct mr_plc_program *p, const char *text, size_t n, struct mr_diags *d)
{
    char *laid = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&laid, &size);
    struct mr_plc_source s = {"fuzz.st", text, n};
    bool good = mr_plc_format(&s, true, f, d);
    (void)fclose(f);
    if (good) {
        struct mr_plc_program *q = compile(laid, size, d);
        MR_ASSERT(q && q->ncode == p->ncode && memcmp(q->code, p->code, p->ncode * sizeof *p->code) == 0);
        mr_plc_program_destroy(q);
    }
    free(laid);
}

#endif
