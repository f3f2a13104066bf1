/* The compiler on any text; what compiles runs a few scans. Formatting it must not change its code. */
#include "fuzz/plc_formatted.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void run(const struct mr_plc_program *p)
{
    struct mr_arena *a = mr_arena_create((size_t)64 << 20);
    struct mr_plc *c = mr_plc_create(a, p, "fuzz");
    if (c) {
        mr_plc_start(c, MR_PLC_COLD, 0);
        for (mr_ns t = 0; t < 3; t++) {
            mr_plc_scan(c, t * 100 * MR_MS);
        }
    }
    mr_arena_destroy(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > 20000) {
        return 0;
    }
    char *text = malloc(n + 1); /* its own allocation, so that a byte too far is seen */
    MR_ASSERT(text != NULL);
    memcpy(text, data, n);
    struct mr_diags *d = mr_diags_create();
    struct mr_plc_program *p = compile(text, n, d);
    if (p) {
        run(p);
        same_after_format(p, text, n, d);
    }
    mr_plc_program_destroy(p);
    mr_diags_destroy(d);
    free(text);
    return 0;
}
