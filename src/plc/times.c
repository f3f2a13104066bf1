/* times.c - literals of duration and date (IEC 61131-3 tables 7 and 8) as nanoseconds. */
#include "plc/lex.h"

#include <string.h>

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* A decimal number with underscores; false without a digit or beyond 2^62. */
static bool number(const char **p, const char *end, int64_t *out)
{
    int64_t v = 0;
    bool any = false;
    for (; *p < end && (digit(**p) || (any && **p == '_')); (*p)++) {
        if (**p == '_') {
            continue;
        }
        any = true;
        if (v > (INT64_C(1) << 62) / 10 - 1) {
            return false;
        }
        v = v * 10 + (**p - '0');
    }
    *out = v;
    return any;
}

/* What follows a decimal point, as a fraction of `unit`. */
static int64_t fraction(const char **p, const char *end, int64_t unit)
{
    int64_t v = 0;
    int64_t scale = unit;
    for (; *p < end && (digit(**p) || **p == '_'); (*p)++) {
        if (**p != '_') {
            /* units are 2^a 3^b 5^c ns: dividing as far as it goes keeps what is exact exact */
            v += scale % 10 == 0 ? scale / 10 * (**p - '0') : scale * (**p - '0') / 10;
            scale /= 10;
        }
    }
    return v;
}

static int64_t unit_of(const char **p, const char *end)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"ms", 1000000}, {"us", 1000}, {"ns", 1}, {"d", MR_DAY}, {"h", MR_HOUR}, {"m", MR_MIN}, {"s", MR_S}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t n = strlen(units[i].name);
        if ((size_t)(end - *p) >= n && lower((*p)[0]) == units[i].name[0] && (n == 1 || lower((*p)[1]) == units[i].name[1])) {
            *p += n;
            return units[i].ns;
        }
    }
    return 0;
}

bool mr_pc_parse_duration(const char *text, size_t n, int64_t *out)
{
    const char *p = text;
    const char *end = text + n;
    bool negative = p < end && *p == '-';
    p += negative ? 1 : 0;
    int64_t total = 0;
    int64_t last = INT64_MAX;
    do {
        int64_t whole;
        const char *start = p;
        if (!number(&p, end, &whole)) {
            return false;
        }
        const char *point = p;
        while (p < end && (digit(*p) || *p == '.' || *p == '_')) {
            p++;
        }
        const char *after = p;
        int64_t unit = unit_of(&p, end);
        if (unit == 0 || unit >= last || start == after) {
            return false; /* units go from the longest to the shortest */
        }
        last = unit;
        int64_t part;
        if (__builtin_mul_overflow(whole, unit, &part)) {
            return false;
        }
        if (point < after) {
            if (*point != '.') {
                return false;
            }
            point++;
            part += fraction(&point, after, unit);
        }
        if ((point < after) || __builtin_add_overflow(total, part, &total)) {
            return false;
        }
        while (p < end && *p == '_') {
            p++;
        }
    } while (p < end);
    *out = negative ? -total : total;
    return true;
}

/* Days since 1970-01-01 (the civil-calendar arithmetic of H. Hinnant's date algorithms). */
static int64_t days_from_civil(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = y / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static bool date_at(const char **p, const char *end, int64_t *out)
{
    int64_t y, m, d;
    if (!number(p, end, &y) || *p == end || *(*p)++ != '-' || !number(p, end, &m) || *p == end || *(*p)++ != '-' ||
        !number(p, end, &d)) {
        return false;
    }
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (y < 1900 || y > 2200 || m < 1 || m > 12 || d < 1 || d > days[m - 1] + (m == 2 && leap)) {
        return false;
    }
    *out = days_from_civil(y, m, d) * MR_DAY;
    return true;
}

static bool clock_at(const char **p, const char *end, int64_t *out)
{
    int64_t h, m, s = 0, frac = 0;
    if (!number(p, end, &h) || *p == end || *(*p)++ != ':' || !number(p, end, &m)) {
        return false;
    }
    if (*p < end && **p == ':') {
        (*p)++;
        if (!number(p, end, &s)) {
            return false;
        }
        if (*p < end && **p == '.') {
            (*p)++;
            frac = fraction(p, end, MR_S);
        }
    }
    if (h > 23 || m > 59 || s > 59) {
        return false;
    }
    *out = h * MR_HOUR + m * MR_MIN + s * MR_S + frac;
    return true;
}

bool mr_pc_parse_date(const char *text, size_t n, int64_t *out)
{
    const char *p = text;
    return date_at(&p, text + n, out) && p == text + n;
}

bool mr_pc_parse_clock(const char *text, size_t n, int64_t *out)
{
    const char *p = text;
    return clock_at(&p, text + n, out) && p == text + n;
}

bool mr_pc_parse_date_clock(const char *text, size_t n, int64_t *out)
{
    const char *p = text;
    const char *end = text + n;
    int64_t date, clock;
    if (!date_at(&p, end, &date) || p == end || *p++ != '-' || !clock_at(&p, end, &clock) || p != end) {
        return false;
    }
    *out = date + clock;
    return true;
}
