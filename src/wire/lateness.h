/* lateness.h - how late deadlines are met: a histogram of microseconds, four classes an octave, so that any quantile is known to
 * a quarter at a cost of one counter. */
#ifndef MR_WIRE_LATENESS_H
#define MR_WIRE_LATENESS_H

#include "base/time.h"

#define MR_LATENESS_CLASSES 128

struct mr_lateness {
    uint64_t total, over; /* deadlines; those missed by more than `allowed` */
    mr_ns allowed, worst;
    uint64_t count[MR_LATENESS_CLASSES];
};

void mr_lateness_add(struct mr_lateness *l, mr_ns late);
/* No more than this share (0..1) of the deadlines was met later than the result, in microseconds; 0 where there was none. */
uint64_t mr_lateness_quantile_us(const struct mr_lateness *l, double share);

#endif
