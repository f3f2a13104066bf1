#include "wire/lateness.h"

/* 0 to 7 us have a class each; then four an octave: the two bits after the leading one. */
static unsigned class_of(uint64_t us)
{
    if (us < 8) {
        return (unsigned)us;
    }
    unsigned octave = 63U - (unsigned)__builtin_clzll(us); /* 3 and more */
    unsigned c = 8 + (octave - 3) * 4 + (unsigned)(us >> (octave - 2) & 3);
    return c < MR_LATENESS_CLASSES ? c : MR_LATENESS_CLASSES - 1;
}

/* The greatest value of a class. */
static uint64_t end_of(unsigned c)
{
    if (c < 8) {
        return c;
    }
    unsigned octave = 3 + (c - 8) / 4;
    return ((4 + (uint64_t)(c - 8) % 4 + 1) << (octave - 2)) - 1;
}

void mr_lateness_add(struct mr_lateness *l, mr_ns late)
{
    l->total++;
    l->over += late > l->allowed;
    l->worst = late > l->worst ? late : l->worst;
    l->count[class_of((uint64_t)(late / MR_US))]++;
}

uint64_t mr_lateness_quantile_us(const struct mr_lateness *l, double share)
{
    uint64_t worst = (uint64_t)(l->worst / MR_US);
    double wanted = share * (double)l->total;
    uint64_t sum = 0;
    for (unsigned c = 0; c < MR_LATENESS_CLASSES && l->total > 0; c++) {
        sum += l->count[c];
        if ((double)sum >= wanted) {
            return end_of(c) < worst ? end_of(c) : worst;
        }
    }
    return worst;
}
