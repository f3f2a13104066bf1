/* process_bench.c - time for one step of 100 ms of each process model, with sensor noise. */
#include "process/process.h"

#include <stdio.h>
#include <time.h>

#define STEPS 864000 /* a day */

static double seconds_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(void)
{
    size_t n;
    const struct mr_model *const *models = mr_models(&n);
    for (size_t i = 0; i < n; i++) {
        struct mr_arena *arena = mr_arena_create((size_t)16 << 20);
        struct mr_plant *p = arena ? mr_plant_create(arena, models[i], 1, true) : NULL;
        if (!p) {
            (void)fprintf(stderr, "no memory\n");
            return 1;
        }
        double start = seconds_now();
        for (long k = 0; k < STEPS; k++) {
            mr_plant_advance(p, 0.1);
        }
        (void)printf("process step, %s: %.0f ns\n", models[i]->name, (seconds_now() - start) / STEPS * 1e9);
        mr_arena_destroy(arena);
    }
    return 0;
}
