/* process_te_bench.c - simulated seconds per second of the Tennessee Eastman model at its step of 1 s, without and with noise.
 * It runs one hour at a time from the base case: left alone for three it shuts itself down. */
#include "process/process.h"

#include <stdio.h>
#include <time.h>

#define STEPS 3600 /* an hour, after which the plant begins anew */
#define HOURS 200

static double seconds_now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double hour(bool noise)
{
    struct mr_arena *arena = mr_arena_create((size_t)1 << 20);
    struct mr_plant *p = arena ? mr_plant_create(arena, mr_model_find("tennessee-eastman"), 1, noise) : NULL;
    if (!p) {
        (void)fprintf(stderr, "no memory\n");
        return -1;
    }
    double start = seconds_now();
    for (int i = 0; i < STEPS; i++) {
        mr_plant_advance(p, 1);
    }
    double spent = mr_plant_damage(p) ? -1 : seconds_now() - start;
    mr_arena_destroy(arena);
    return spent;
}

int main(void)
{
    for (int noise = 0; noise <= 1; noise++) {
        double spent = 0;
        for (int i = 0; i < HOURS; i++) {
            double one = hour(noise);
            if (one < 0) {
                return 1;
            }
            spent += one;
        }
        (void)printf("process tennessee-eastman, noise %s: %.0f simulated s/s\n", noise ? "on" : "off", STEPS * HOURS / spent);
    }
    return 0;
}
