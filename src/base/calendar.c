#include "base/calendar.h"

/* Years begin in March here, so that the leap day is the last one; an era has 400 years, 146,097 days. */
int64_t mr_days_of_date(struct mr_date d)
{
    int64_t y = d.year - (d.month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (d.month > 2 ? d.month - 3 : d.month + 9) + 2) / 5 + d.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct mr_date mr_date_of_days(int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day = z - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153;
    struct mr_date d = {.month = month < 10 ? month + 3 : month - 9, .day = of_year - (153 * month + 2) / 5 + 1};
    d.year = year + era * 400 + (d.month <= 2);
    return d;
}

int64_t mr_days_of_month(int64_t year, int64_t month)
{
    struct mr_date first = {year, month, 1};
    struct mr_date next = month < 12 ? (struct mr_date){year, month + 1, 1} : (struct mr_date){year + 1, 1, 1};
    return mr_days_of_date(next) - mr_days_of_date(first);
}
