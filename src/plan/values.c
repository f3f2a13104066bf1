/* values.c - see values.h. Factors are exact by definition of the units (SI brochure, 9th edition; 1 bar = 100 kPa,
 * 1 psi = 6.894757293168 kPa, 0 degC = 273.15 K). */
#include "plan/values.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 80 /* no quantity is longer */

struct unit {
    const char *name;
    char measures;         /* units with the same letter convert into each other */
    double factor, offset; /* base = x * factor + offset */
};
static const struct unit units[] = {
    {"mm", 'l', 1, 0},       {"cm", 'l', 10, 0},      {"m", 'l', 1000, 0},
    {"m3/h", 'f', 1, 0},     {"m3/s", 'f', 3600, 0},  {"m3/d", 'f', 1.0 / 24, 0},
    {"L/h", 'f', 0.001, 0},  {"L/min", 'f', 0.06, 0}, {"L/s", 'f', 3.6, 0},
    {"m3", 'v', 1, 0},       {"L", 'v', 0.001, 0},    {"uS/cm", 'c', 1, 0},
    {"mS/cm", 'c', 1000, 0}, {"mV", 'u', 1, 0},       {"V", 'u', 1000, 0},
    {"kV", 'u', 1e6, 0},     {"mA", 'i', 1, 0},       {"A", 'i', 1000, 0},
    {"mg/L", 'x', 1, 0},     {"ug/L", 'x', 0.001, 0}, {"g/L", 'x', 1000, 0},
    {"kPa", 'p', 1, 0},      {"Pa", 'p', 0.001, 0},   {"MPa", 'p', 1000, 0},
    {"mbar", 'p', 0.1, 0},   {"bar", 'p', 100, 0},    {"psi", 'p', 6.894757293168, 0},
    {"degC", 't', 1, 0},     {"K", 't', 1, -273.15},  {"s", 'z', 1, 0},
    {"ms", 'z', 0.001, 0},   {"min", 'z', 60, 0},     {"h", 'z', 3600, 0},
    {"W", 'w', 1, 0},        {"kW", 'w', 1000, 0},    {"MW", 'w', 1e6, 0},
    {"rpm", 'n', 1, 0},      {"Hz", 'n', 60, 0},      {"kg", 'm', 1, 0},
    {"g", 'm', 0.001, 0},    {"t", 'm', 1000, 0},
};

static const struct unit *unit_find(const char *name)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].name, name) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

/* To `unit`; false where the two do not measure the same. */
static bool convert(double x, const char *from, const char *to, double *out)
{
    if (strcmp(from, to) == 0) {
        *out = x;
        return true;
    }
    const struct unit *a = unit_find(from);
    const struct unit *b = unit_find(to);
    if (!a || !b || a->measures != b->measures) {
        return false;
    }
    *out = (x * a->factor + a->offset - b->offset) / b->factor;
    return true;
}

/* The number at `s`; gives where it ends, NULL where none is. */
static const char *number_at(const char *s, double *out)
{
    const char *p = s + (*s == '-' || *s == '+');
    size_t digits = strspn(p, "0123456789");
    const char *end = p + digits;
    if (*end == '.' && end[1] >= '0' && end[1] <= '9') {
        size_t fraction = strspn(end + 1, "0123456789");
        digits += fraction;
        end += 1 + fraction;
    }
    if (digits == 0) {
        return NULL;
    }
    if (*end == 'e' || *end == 'E') {
        const char *e = end + 1 + (end[1] == '-' || end[1] == '+');
        size_t n = strspn(e, "0123456789");
        end = n > 0 ? e + n : end;
    }
    char buf[TEXT_MAX];
    size_t n = (size_t)(end - s);
    if (n >= sizeof buf) {
        return NULL;
    }
    memcpy(buf, s, n);
    buf[n] = '\0';
    double x = strtod(buf, NULL);
    if (!isfinite(x)) {
        return NULL;
    }
    *out = x;
    return end;
}

bool mr_number_parse(const char *text, double *out)
{
    double x;
    const char *end = number_at(text, &x);
    if (!end || *end != '\0') {
        return false;
    }
    *out = x;
    return true;
}

/* What stands behind a number: blanks and then the unit. */
static const char *unit_at(const char *s)
{
    return s + strspn(s, " ");
}

bool mr_quantity_parse(const char *text, const char *unit, double *out)
{
    double x;
    const char *end = number_at(text, &x);
    return end && convert(x, unit_at(end), unit, out);
}

bool mr_switch_parse(const char *text, bool *out)
{
    static const char *const words[][2] = {{"off", "on"}, {"closed", "open"}, {"stopped", "running"}, {"false", "true"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        for (int k = 0; k < 2; k++) {
            if (strcmp(text, words[i][k]) == 0) {
                *out = k == 1;
                return true;
            }
        }
    }
    return false;
}

bool mr_range_parse(const char *text, const char *unit, double *lo, double *hi)
{
    double a = -INFINITY, b = INFINITY;
    const char *s = text;
    if (strncmp(s, "..", 2) != 0 && !(s = number_at(s, &a))) {
        return false;
    }
    if (strncmp(s, "..", 2) != 0) {
        return false;
    }
    s += 2;
    const char *end = number_at(s, &b);
    if (!end && isinf(a)) {
        return false;
    }
    const char *u = unit_at(end ? end : s);
    if ((isfinite(a) && !convert(a, u, unit, &a)) || (isfinite(b) && !convert(b, u, unit, &b)) || a > b) {
        return false;
    }
    *lo = a;
    *hi = b;
    return true;
}

bool mr_window_parse(const char *text, mr_ns *from, mr_ns *to)
{
    char buf[TEXT_MAX];
    size_t n = strlen(text);
    if (n >= sizeof buf) {
        return false;
    }
    memcpy(buf, text, n + 1);
    char *dots = strstr(buf, "..");
    char *second = dots ? dots + 2 : buf;
    if (dots) {
        *dots = '\0';
    }
    mr_ns a, b;
    if (mr_duration_parse(buf + (*buf == '+'), &a) != MR_OK || mr_duration_parse(second + (*second == '+'), &b) != MR_OK ||
        a > b) {
        return false;
    }
    *from = a;
    *to = b;
    return true;
}

/* A decimal number of at most `max` without leading zeros; moves *s behind it. */
static bool small_number(const char **s, uint32_t max, uint32_t *out)
{
    size_t n = strspn(*s, "0123456789");
    if (n == 0 || n > 3 || (n > 1 && **s == '0')) {
        return false;
    }
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        *out = *out * 10 + (uint32_t)((*s)[i] - '0');
    }
    *s += n;
    return *out <= max;
}

static const char *ipv4_at(const char *s, uint32_t *ip)
{
    *ip = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t byte;
        if ((i > 0 && *s++ != '.') || !small_number(&s, 255, &byte)) {
            return NULL;
        }
        *ip = *ip << 8 | byte;
    }
    return s;
}

bool mr_ipv4_parse(const char *text, uint32_t *ip)
{
    uint32_t x;
    const char *end = ipv4_at(text, &x);
    if (!end || *end != '\0') {
        return false;
    }
    *ip = x;
    return true;
}

bool mr_cidr_parse(const char *text, uint32_t *subnet, uint8_t *prefix)
{
    uint32_t x, bits;
    const char *end = ipv4_at(text, &x);
    if (!end || *end++ != '/' || !small_number(&end, 32, &bits) || *end != '\0' || (x & ~mr_prefix_mask((uint8_t)bits)) != 0) {
        return false;
    }
    *subnet = x;
    *prefix = (uint8_t)bits;
    return true;
}
