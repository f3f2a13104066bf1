/* calendar.h - days since 1970-01-01 and Gregorian dates (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
#ifndef MR_BASE_CALENDAR_H
#define MR_BASE_CALENDAR_H

#include <stdint.h>

struct mr_date {
    int64_t year;
    int64_t month, day; /* from 1 */
};
int64_t mr_days_of_date(struct mr_date d);
struct mr_date mr_date_of_days(int64_t days);
int64_t mr_days_of_month(int64_t year, int64_t month);

#endif
