/* values.h - the small languages inside a scalar: quantities with units, ranges, windows of time, addresses.
 *
 * A quantity is a number, a space and a unit ("9.4 pH", "1.5 bar"); it is converted to the unit that is asked for when both
 * measure the same thing. A range is "1.2..3.0 m3/h", either end may be left out; a window of time "60s..90s" or "+2m..+4m". */
#ifndef MR_PLAN_VALUES_H
#define MR_PLAN_VALUES_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All give false where the text is none of it, and leave their outputs alone then. */
bool mr_number_parse(const char *text, double *out); /* decimal, finite; no hexadecimal, no names */
/* `unit` "" stands for a pure number. */
bool mr_quantity_parse(const char *text, const char *unit, double *out);
bool mr_switch_parse(const char *text, bool *out); /* on off open closed running stopped true false */
/* Open ends are infinities; lo <= hi holds. */
bool mr_range_parse(const char *text, const char *unit, double *lo, double *hi);
bool mr_window_parse(const char *text, mr_ns *from, mr_ns *to);
bool mr_ipv4_parse(const char *text, uint32_t *ip);
bool mr_cidr_parse(const char *text, uint32_t *subnet, uint8_t *prefix); /* host bits must be 0 */

static inline uint32_t mr_prefix_mask(uint8_t prefix)
{
    return prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
}

#endif
