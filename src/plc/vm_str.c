/* vm_str.c - string functions of the virtual machine (IEC 61131-3 table 29, and conversions to and from text).
 *
 * A string is its capacity, its length (16 bits each) and its bytes. Both numbers lie in the controller's memory, where byte code
 * may have written anything; so each use checks them against the memory's end. A result longer than its target is cut, as an
 * assignment cuts; one longer than any string may be, or a negative length or position, is an error (2.5.1.5.5).
 *
 * ADR(s) opens a string: from then on its text goes up to the first byte 0, as vendors' strings do, so that a program which
 * writes its bytes through a pointer also says where they end. */
#include "plc/lex.h"
#include "plc/limits.h"
#include "plc/program.h"

#include <stdlib.h>
#include <string.h>

#define COPIED 5 /* so many bytes, as a power of 2, count as one instruction for the watchdog */

struct text {
    uint8_t *p;
    uint32_t n, cap;
    bool open;
};

union arg { /* small: it is cleared for each call */
    struct text text;
    int32_t n;
    int64_t l;
    double g;
    uint8_t *out;
};

static uint32_t u16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static bool text_at(const struct pc_vm *vm, uint32_t at, bool written, struct text *out)
{
    uint32_t end = written ? vm->program->ro_at : vm->program->memory_size;
    if (at >= end || end - at < PC_STR_HEAD) {
        return false;
    }
    out->cap = u16(vm->memory + at);
    out->n = u16(vm->memory + at + 2);
    out->p = vm->memory + at + PC_STR_HEAD;
    out->open = out->n == PC_STR_OPEN_N;
    if (out->cap + (out->open ? 1 : 0) > end - at - PC_STR_HEAD) {
        return false;
    }
    if (out->open) {
        const uint8_t *zero = memchr(out->p, 0, out->cap);
        out->n = zero ? (uint32_t)(zero - out->p) : out->cap;
    }
    out->n = out->n > out->cap ? out->cap : out->n;
    return true;
}

static bool fetch(const struct pc_vm *vm, char kind, uint32_t at, union arg *a)
{
    if (kind == 'T' || kind == 'S') {
        return text_at(vm, at, kind == 'T', &a->text);
    }
    uint32_t size = kind == 'n' || kind == 'N' ? 4 : 8;
    bool written = kind == 'N' || kind == 'M' || kind == 'H';
    uint32_t end = written ? vm->program->ro_at : vm->program->memory_size;
    if (at >= end || end - at < size) {
        return false;
    }
    if (written) {
        a->out = vm->memory + at;
    } else if (kind == 'n') {
        memcpy(&a->n, vm->memory + at, 4);
    } else if (kind == 'L') {
        memcpy(&a->l, vm->memory + at, 8);
    } else {
        memcpy(&a->g, vm->memory + at, 8);
    }
    return true;
}

static void set_length(struct text *to, uint32_t n)
{
    if (to->open) {
        to->p[n] = 0;
        return;
    }
    to->p[-2] = (uint8_t)n;
    to->p[-1] = (uint8_t)(n >> 8);
}

static void set(struct text *to, const void *bytes, uint32_t n)
{
    n = n > to->cap ? to->cap : n;
    /* cppcheck-suppress uninitvar ; callers fill as many bytes as they give */
    memmove(to->p, bytes, n);
    set_length(to, n);
}

static enum mr_plc_fault open_text(const struct pc_vm *vm, uint32_t at, struct text *t)
{
    if (t->open) {
        return MR_PLC_OK;
    }
    if (t->cap + PC_STR_HEAD >= vm->program->ro_at - at) { /* no room for the 0 behind it */
        return MR_PLC_BOUNDS;
    }
    t->p[t->n] = 0;
    t->p[-2] = t->p[-1] = PC_STR_OPEN_N & 0xFF;
    return MR_PLC_OK;
}

static void set_text(struct text *to, const char *text)
{
    set(to, text, (uint32_t)strlen(text));
}

static bool apart(const struct text *to, const uint8_t *p, uint32_t n)
{
    return p + n <= to->p - PC_STR_HEAD || p >= to->p + to->cap;
}

/* Up to three pieces become the target, which may be one of them. */
static enum mr_plc_fault join(struct text *to, const uint8_t *a, uint32_t na, const uint8_t *b, uint32_t nb, const uint8_t *c,
                              uint32_t nc)
{
    uint8_t buf[MR_PLC_STRING_MAX];
    if (na + nb + nc > sizeof buf) {
        return MR_PLC_STRING;
    }
    if (nc == 0 && (to->p == a || apart(to, a, na)) && apart(to, b, nb)) { /* most often: no copy of a copy is needed */
        na = na > to->cap ? to->cap : na;
        nb = nb > to->cap - na ? to->cap - na : nb;
        if (to->p != a) {
            memcpy(to->p, a, na);
        }
        memcpy(to->p + na, b, nb);
        set_length(to, na + nb);
        return MR_PLC_OK;
    }
    memcpy(buf, a, na);
    memcpy(buf + na, b, nb);
    memcpy(buf + na + nb, c, nc);
    set(to, buf, na + nb + nc);
    return MR_PLC_OK;
}

/* Bytes from position p (1 is the first) on, at most l; all within the text. */
static void part(const struct text *t, int32_t l, int32_t p, uint32_t *from, uint32_t *n)
{
    uint32_t at = p > 0 ? (uint32_t)p - 1 : 0;
    at = at > t->n ? t->n : at;
    *from = at;
    *n = (uint32_t)l > t->n - at ? t->n - at : (uint32_t)l;
}

static enum mr_plc_fault cut(enum pc_str fn, union arg *a)
{
    struct text *to = &a[0].text;
    struct text *s = &a[1].text;
    uint32_t from = 0;
    uint32_t n = 0;
    switch ((unsigned)fn) {
    case PC_STR_LEFT:
        part(s, a[2].n, 1, &from, &n);
        break;
    case PC_STR_RIGHT:
        part(s, a[2].n, 1, &from, &n);
        from = s->n - n;
        break;
    case PC_STR_MID:
        part(s, a[2].n, a[3].n, &from, &n);
        break;
    case PC_STR_DELETE:
        part(s, a[2].n, a[3].n, &from, &n);
        return join(to, s->p, from, s->p + from + n, s->n - from - n, s->p, 0);
    case PC_STR_REPLACE:
        part(s, a[3].n, a[4].n, &from, &n);
        return join(to, s->p, from, a[2].text.p, a[2].text.n, s->p + from + n, s->n - from - n);
    default: /* INSERT: after the P-th character */
        from = (uint32_t)a[3].n > s->n ? s->n : (uint32_t)a[3].n;
        return join(to, s->p, from, a[2].text.p, a[2].text.n, s->p + from, s->n - from);
    }
    return join(to, s->p + from, n, s->p, 0, s->p, 0);
}

static int32_t find(const struct text *in, const struct text *what)
{
    const uint8_t *at = in->p;
    const uint8_t *end = in->n >= what->n ? in->p + (in->n - what->n) + 1 : in->p; /* the last place is before it */
    while (what->n > 0 && at < end && (at = memchr(at, what->p[0], (size_t)(end - at))) != NULL) {
        if (memcmp(at, what->p, what->n) == 0) {
            return (int32_t)(at - in->p) + 1;
        }
        at++;
    }
    return 0;
}

static int32_t compare(const struct text *a, const struct text *b)
{
    uint32_t n = a->n < b->n ? a->n : b->n;
    int c = n > 0 ? memcmp(a->p, b->p, n) : 0;
    return c < 0 ? -1 : (c > 0 ? 1 : (a->n < b->n ? -1 : (a->n > b->n ? 1 : 0)));
}

static enum mr_plc_fault change_case(union arg *a, char first, char shift)
{
    uint8_t buf[MR_PLC_STRING_MAX];
    uint32_t n = a[1].text.n > sizeof buf ? sizeof buf : a[1].text.n;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t c = a[1].text.p[i];
        buf[i] = c >= (uint8_t)first && c <= (uint8_t)first + 25 ? (uint8_t)(c + shift) : c;
    }
    set(&a[0].text, buf, n);
    return MR_PLC_OK;
}

static void civil_from_days(int64_t z, int64_t *y, unsigned *m, unsigned *d)
{
    z += 719468; /* H. Hinnant's date algorithms */
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (int64_t)yoe + era * 400 + (*m <= 2);
}

static void format_duration(int64_t ns, const char *prefix, char *buf, size_t cap)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"d", 86400000000000u}, {"h", 3600000000000u}, {"m", 60000000000u}, {"s", 1000000000u},
                 {"ms", 1000000u},       {"us", 1000u},         {"ns", 1u}};
    uint64_t left = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    size_t n = (size_t)snprintf(buf, cap, "%s%s", prefix, ns < 0 ? "-" : "");
    bool any = false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        /* cppcheck-suppress zerodivcond ; it takes `left` for the divisor */
        uint64_t whole = left / units[i].ns;
        left %= units[i].ns;
        if (whole > 0 || (i == 4 && !any && left == 0)) {
            n += (size_t)snprintf(buf + n, cap - n, "%llu%s", (unsigned long long)whole, units[i].name);
            any = true;
        }
    }
}

static void format_time(int64_t ns, int32_t form, char *buf, size_t cap)
{
    if (form == PC_TF_TIME || form == PC_TF_LTIME) {
        format_duration(ns, form == PC_TF_TIME ? "T#" : "LTIME#", buf, cap);
        return;
    }
    int64_t days = ns / MR_DAY - (ns % MR_DAY < 0 ? 1 : 0);
    int64_t clock = ns - days * MR_DAY;
    int64_t y;
    unsigned m;
    unsigned d;
    civil_from_days(days, &y, &m, &d);
    unsigned ms = (unsigned)(clock / MR_MS);
    char date[32];
    char time[32];
    (void)snprintf(date, sizeof date, "%04lld-%02u-%02u", (long long)y, m, d);
    size_t n = (size_t)snprintf(time, sizeof time, "%02u:%02u:%02u", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60);
    if (ms % 1000 != 0) {
        (void)snprintf(time + n, sizeof time - n, ".%03u", ms % 1000);
    }
    if (form == PC_TF_DATE) {
        (void)snprintf(buf, cap, "D#%s", date);
    } else if (form == PC_TF_TOD) {
        (void)snprintf(buf, cap, "TOD#%s", time);
    } else {
        (void)snprintf(buf, cap, "DT#%s-%s", date, time);
    }
}

/* At most 20 digits, a sign and a NUL; printf would take longer than all the rest of such a program. */
static void decimal(char *to, uint64_t v, bool negative)
{
    char digits[20];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    if (negative) {
        *to++ = '-';
    }
    while (n > 0) {
        *to++ = digits[--n];
    }
    *to = '\0';
}

static void format_value(enum pc_str fn, union arg *a)
{
    char buf[96];
    switch ((unsigned)fn) {
    case PC_STR_FROM_INT:
        decimal(buf, a[1].l < 0 ? 0 - (uint64_t)a[1].l : (uint64_t)a[1].l, a[1].l < 0);
        break;
    case PC_STR_FROM_UINT:
        decimal(buf, (uint64_t)a[1].l, false);
        break;
    case PC_STR_FROM_HEX: {
        int digits = a[2].n < 1 || a[2].n > 16 ? 16 : a[2].n;
        (void)snprintf(buf, sizeof buf, "16#%0*llX", digits, (unsigned long long)a[1].l);
        break;
    }
    case PC_STR_FROM_BOOL:
        (void)snprintf(buf, sizeof buf, "%s", a[1].l ? "TRUE" : "FALSE");
        break;
    case PC_STR_FROM_REAL:
        (void)snprintf(buf, sizeof buf, "%.7g", a[1].g);
        break;
    case PC_STR_FROM_LREAL:
        (void)snprintf(buf, sizeof buf, "%.15g", a[1].g);
        break;
    default:
        format_time(a[1].l, a[2].n, buf, sizeof buf);
        break;
    }
    set_text(&a[0].text, buf);
}

/* A number as a program would write it; what is none is 0. */
static int64_t parse_int(const struct text *t)
{
    char buf[80];
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n && n < sizeof buf - 1; i++) {
        if (t->p[i] != '_' && (n > 0 || t->p[i] != ' ')) {
            buf[n++] = (char)t->p[i];
        }
    }
    buf[n] = '\0';
    if (strncmp(buf, "TRUE", 4) == 0) {
        return 1;
    }
    const char *hash = strchr(buf, '#');
    int base = hash ? (int)strtol(buf, NULL, 10) : 10;
    if (base != 2 && base != 8 && base != 10 && base != 16) {
        return 0;
    }
    const char *digits = hash ? hash + 1 : buf;
    return *digits == '-' ? strtoll(digits, NULL, base) : (int64_t)strtoull(digits, NULL, base);
}

static double parse_real(const struct text *t)
{
    char buf[80];
    uint32_t n = t->n < sizeof buf - 1 ? t->n : (uint32_t)sizeof buf - 1;
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++) { /* digits, sign, point and exponent only: no hexadecimal, no words */
        if (!strchr("0123456789+-.eE _", t->p[i]) || t->p[i] == '\0') {
            break;
        }
        if (t->p[i] != '_') {
            buf[k++] = (char)t->p[i];
        }
    }
    buf[k] = '\0';
    return strtod(buf, NULL);
}

static int64_t parse_time(const struct text *t, int32_t form)
{
    const char *p = (const char *)t->p;
    size_t n = t->n;
    const char *hash = n > 0 ? memchr(p, '#', n) : NULL;
    if (hash) {
        n -= (size_t)(hash + 1 - p);
        p = hash + 1;
    }
    int64_t v = 0;
    bool good = form == PC_TF_DATE  ? mr_pc_parse_date(p, n, &v)
                : form == PC_TF_TOD ? mr_pc_parse_clock(p, n, &v)
                : form == PC_TF_DT  ? mr_pc_parse_date_clock(p, n, &v)
                                    : mr_pc_parse_duration(p, n, &v);
    return good ? v : 0;
}

static void put(uint8_t *to, const void *v, size_t n)
{
    memcpy(to, v, n);
}

static void put_int(union arg *a, int32_t v)
{
    put(a[0].out, &v, sizeof v);
}

static enum mr_plc_fault run(enum pc_str fn, union arg *a)
{
    int64_t l;
    double g;
    switch (fn) {
    case PC_STR_ASSIGN:
        set(&a[0].text, a[1].text.p, a[1].text.n);
        return MR_PLC_OK;
    case PC_STR_CONCAT:
        return join(&a[0].text, a[1].text.p, a[1].text.n, a[2].text.p, a[2].text.n, a[1].text.p, 0);
    case PC_STR_LEFT:
    case PC_STR_RIGHT:
    case PC_STR_MID:
    case PC_STR_INSERT:
    case PC_STR_DELETE:
    case PC_STR_REPLACE:
        return cut(fn, a);
    case PC_STR_FIND:
        put_int(a, find(&a[1].text, &a[2].text));
        return MR_PLC_OK;
    case PC_STR_LEN:
        put_int(a, (int32_t)a[1].text.n);
        return MR_PLC_OK;
    case PC_STR_COMPARE:
        put_int(a, compare(&a[1].text, &a[2].text));
        return MR_PLC_OK;
    case PC_STR_UPPER:
        return change_case(a, 'a', 'A' - 'a');
    case PC_STR_LOWER:
        return change_case(a, 'A', 'a' - 'A');
    case PC_STR_FROM_INT:
    case PC_STR_FROM_UINT:
    case PC_STR_FROM_HEX:
    case PC_STR_FROM_BOOL:
    case PC_STR_FROM_REAL:
    case PC_STR_FROM_LREAL:
    case PC_STR_FROM_TIME:
        format_value(fn, a);
        return MR_PLC_OK;
    case PC_STR_TO_INT:
        l = parse_int(&a[1].text);
        put(a[0].out, &l, sizeof l);
        return MR_PLC_OK;
    case PC_STR_TO_REAL:
        g = parse_real(&a[1].text);
        put(a[0].out, &g, sizeof g);
        return MR_PLC_OK;
    case PC_STR_TO_TIME:
        l = parse_time(&a[1].text, a[2].n);
        put(a[0].out, &l, sizeof l);
        return MR_PLC_OK;
    case PC_STR_OPEN: /* see mr_pc_str() */
    case PC_STR_COUNT:
        break;
    }
    return MR_PLC_BAD_CODE;
}

enum mr_plc_fault mr_pc_str(struct pc_vm *vm, uint16_t fn, const uint32_t operand[5])
{
    union arg a[5] = {0};
    const char *form = mr_pc_str_forms[fn];
    for (int k = 0; k < 5 && form[k] != '-'; k++) {
        if (!fetch(vm, form[k], operand[k], &a[k])) {
            return MR_PLC_BOUNDS;
        }
        if (form[k] == 'n' && a[k].n < 0) {
            return MR_PLC_STRING;
        }
    }
    if (fn == PC_STR_OPEN) {
        return open_text(vm, operand[0], &a[0].text);
    }
    uint32_t in = form[1] == 'S' ? a[1].text.n : 0; /* long texts count as many instructions, for the watchdog */
    uint32_t more = form[2] == 'S' ? a[2].text.n : 0;
    vm->fuel = (fn == PC_STR_FIND ? (int64_t)in * more + in + more : in + more) >> COPIED;
    return run((enum pc_str)fn, a);
}
