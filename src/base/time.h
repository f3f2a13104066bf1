/* time.h - time is a signed count of nanoseconds since a site's beginning; nothing in the core knows another clock. */
#ifndef MR_BASE_TIME_H
#define MR_BASE_TIME_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

typedef int64_t mr_ns;

#define MR_US       ((mr_ns)1000)
#define MR_MS       ((mr_ns)1000000)
#define MR_S        ((mr_ns)1000000000)
#define MR_MIN      (60 * MR_S)
#define MR_HOUR     (3600 * MR_S)
#define MR_DAY      (86400 * MR_S)
#define MR_NEVER_NS INT64_MAX         /* a deadline that is none */
#define MR_AGE_NS   (MR_NEVER_NS / 4) /* 73 years: no time of a site lies beyond */

/* "90s", "1.5h", "100ms", "2h30m", "30d": numbers with units ns us ms s m min h d, added up. A bare number is refused,
 * but for 0. MR_E_MALFORMED or MR_E_RANGE; *out untouched then. */
enum mr_err mr_duration_parse(const char *text, mr_ns *out);

/* "1h02m03.5s" into `buf` (32 bytes are enough); returns buf. */
const char *mr_duration_format(mr_ns t, char *buf, size_t cap);

#endif
