#include "base/time.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    mr_ns ns;
} units[] = {
    {"ns", 1}, {"us", MR_US}, {"ms", MR_MS}, {"min", MR_MIN}, {"s", MR_S}, {"m", MR_MIN}, {"h", MR_HOUR}, {"d", MR_DAY},
};

/* The unit that stands at `s` and ends there or before a digit; 0 where there is none. */
static mr_ns unit_at(const char *s, size_t *len)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t n = strlen(units[i].name);
        if (strncmp(s, units[i].name, n) == 0 && (s[n] == '\0' || (s[n] >= '0' && s[n] <= '9'))) {
            *len = n;
            return units[i].ns;
        }
    }
    return 0;
}

/* Digits with an optional fraction, as a count of 1/10^9. False on overflow or no digit. */
static bool number_at(const char **s, uint64_t *whole, uint64_t *nano)
{
    const char *p = *s;
    bool any = false;
    *whole = 0;
    *nano = 0;
    for (; *p >= '0' && *p <= '9'; p++, any = true) {
        if (*whole > 10000000000ULL) {
            return false;
        }
        *whole = *whole * 10 + (uint64_t)(*p - '0');
    }
    if (*p == '.') {
        uint64_t scale = 100000000;
        for (p++; *p >= '0' && *p <= '9'; p++, any = true, scale /= 10) {
            *nano += scale * (uint64_t)(*p - '0');
        }
    }
    *s = p;
    return any;
}

enum mr_err mr_duration_parse(const char *text, mr_ns *out)
{
    if (strcmp(text, "0") == 0) {
        *out = 0;
        return MR_OK;
    }
    mr_ns sum = 0;
    const char *s = text;
    if (*s == '\0') {
        return MR_E_MALFORMED;
    }
    while (*s != '\0') {
        uint64_t whole;
        uint64_t nano;
        size_t len = 0;
        if (!number_at(&s, &whole, &nano)) {
            return MR_E_MALFORMED;
        }
        mr_ns unit = unit_at(s, &len);
        if (unit == 0) {
            return MR_E_MALFORMED;
        }
        s += len;
        mr_ns part;
        mr_ns fraction = unit < 1000 ? (mr_ns)nano * unit / 1000000000
                                     : (mr_ns)nano * (unit / 1000000) / 1000 + (mr_ns)nano * (unit % 1000000) / 1000000000;
        if (__builtin_mul_overflow((mr_ns)whole, unit, &part) || __builtin_add_overflow(part, fraction, &part) ||
            __builtin_add_overflow(sum, part, &sum)) {
            return MR_E_RANGE;
        }
    }
    *out = sum;
    return MR_OK;
}

const char *mr_duration_format(mr_ns t, char *buf, size_t cap)
{
    const char *sign = t < 0 ? "-" : "";
    uint64_t ms = (uint64_t)(t < 0 ? -(t / MR_MS) : t / MR_MS);
    uint64_t h = ms / 3600000;
    uint64_t m = ms / 60000 % 60;
    uint64_t s = ms / 1000 % 60;
    if (h > 0) {
        (void)snprintf(buf, cap, "%s%lluh%02llum%02llus", sign, (unsigned long long)h, (unsigned long long)m,
                       (unsigned long long)s);
    } else if (m > 0) {
        (void)snprintf(buf, cap, "%s%llum%02llus", sign, (unsigned long long)m, (unsigned long long)s);
    } else {
        (void)snprintf(buf, cap, "%s%llu.%03llus", sign, (unsigned long long)s, (unsigned long long)(ms % 1000));
    }
    return buf;
}
