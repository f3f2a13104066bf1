#include "image/image.h"

#include "base/maths.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    uint8_t size;
} types[] = {
    [MR_VT_BOOL] = {"BOOL", 1},     [MR_VT_SINT] = {"SINT", 1},     [MR_VT_INT] = {"INT", 2},     [MR_VT_DINT] = {"DINT", 4},
    [MR_VT_LINT] = {"LINT", 8},     [MR_VT_USINT] = {"USINT", 1},   [MR_VT_UINT] = {"UINT", 2},   [MR_VT_UDINT] = {"UDINT", 4},
    [MR_VT_ULINT] = {"ULINT", 8},   [MR_VT_BYTE] = {"BYTE", 1},     [MR_VT_WORD] = {"WORD", 2},   [MR_VT_DWORD] = {"DWORD", 4},
    [MR_VT_LWORD] = {"LWORD", 8},   [MR_VT_REAL] = {"REAL", 4},     [MR_VT_LREAL] = {"LREAL", 8}, [MR_VT_TIME] = {"TIME", 8},
    [MR_VT_STRING] = {"STRING", 0}, [MR_VT_OTHER] = {"(other)", 0},
};

size_t mr_vtype_size(enum mr_vtype t)
{
    return types[t].size;
}

const char *mr_vtype_name(enum mr_vtype t)
{
    return types[t].name;
}

static const char area_letters[] = "IQM";
static const char size_letters[] = "XBWDL";

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* A decimal number below 2^28, so that no size overflows it; advances *p. */
static bool number(const char **p, uint32_t *out)
{
    if (**p < '0' || **p > '9') {
        return false;
    }
    uint32_t v = 0;
    while (**p >= '0' && **p <= '9') {
        v = v * 10 + (uint32_t)(**p - '0');
        if (v >= 1u << 28) {
            return false;
        }
        (*p)++;
    }
    *out = v;
    return true;
}

enum mr_err mr_place_parse(const char *text, struct mr_place *out)
{
    if (text[0] != '%' || text[1] == '\0') {
        return MR_E_MALFORMED;
    }
    const char *area = strchr(area_letters, upper(text[1]));
    if (!area || text[2] == '\0') {
        return MR_E_MALFORMED;
    }
    const char *p = text + 2;
    const char *letter = strchr(size_letters, upper(*p));
    size_t size = letter ? (size_t)(letter - size_letters) : 0; /* no letter: a bit */
    p += letter ? 1 : 0;
    static const enum mr_vtype by_size[] = {MR_VT_BOOL, MR_VT_BYTE, MR_VT_WORD, MR_VT_DWORD, MR_VT_LWORD};
    struct mr_place place = {(enum mr_area)(area - area_letters), by_size[size], 0, 0};
    uint32_t n;
    if (!number(&p, &n)) {
        return MR_E_MALFORMED;
    }
    if (size == 0 && *p == '.') {
        uint32_t bit = 0;
        p++;
        if (!number(&p, &bit) || bit > 7) {
            return MR_E_MALFORMED;
        }
        place.byte = n;
        place.bit = (uint8_t)bit;
    } else if (size == 0) { /* bits counted through, as in 2.4.1.1's %QX75 */
        place.byte = n / 8;
        place.bit = (uint8_t)(n % 8);
    } else {
        place.byte = n * (uint32_t)types[place.type].size;
    }
    if (*p != '\0') {
        return MR_E_MALFORMED;
    }
    *out = place;
    return MR_OK;
}

const char *mr_place_format(const struct mr_place *p, char *buf, size_t cap)
{
    char area = area_letters[p->area];
    if (p->type == MR_VT_BOOL) {
        (void)snprintf(buf, cap, "%%%cX%u.%u", area, p->byte, p->bit);
        return buf;
    }
    size_t size = mr_vtype_size(p->type) ? mr_vtype_size(p->type) : 1;
    if (p->byte % size != 0) {
        size = 1; /* not a multiple of its own size: as a byte */
    }
    static const char by_size[] = {0, 'B', 'W', 0, 'D', 0, 0, 0, 'L'};
    (void)snprintf(buf, cap, "%%%c%c%u", area, by_size[size], p->byte / (uint32_t)size);
    return buf;
}

bool mr_place_inside(const struct mr_image *im, const struct mr_place *p)
{
    size_t size = mr_vtype_size(p->type);
    return size > 0 && p->byte <= im->size[p->area] && size <= im->size[p->area] - p->byte && p->bit < 8;
}

static uint64_t load(const uint8_t *p, size_t size)
{
    uint64_t v = 0;
    for (size_t i = size; i > 0; i--) {
        v = v << 8 | p[i - 1];
    }
    return v;
}

static void store(uint8_t *p, size_t size, uint64_t v)
{
    for (size_t i = 0; i < size; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

static bool is_signed(enum mr_vtype t)
{
    return t == MR_VT_SINT || t == MR_VT_INT || t == MR_VT_DINT || t == MR_VT_LINT || t == MR_VT_TIME;
}

static double decode(enum mr_vtype t, const uint8_t *p)
{
    size_t size = mr_vtype_size(t);
    uint64_t raw = load(p, size);
    if (t == MR_VT_REAL) {
        uint32_t bits = (uint32_t)raw;
        float f;
        memcpy(&f, &bits, sizeof f);
        return (double)f;
    }
    if (t == MR_VT_LREAL) {
        double d;
        memcpy(&d, &raw, sizeof d);
        return d;
    }
    if (!is_signed(t)) {
        return (double)raw;
    }
    unsigned shift = 64 - 8 * (unsigned)size;
    double v = (double)((int64_t)(raw << shift) >> shift);
    return t == MR_VT_TIME ? v / 1e9 : v;
}

static uint64_t saturated(enum mr_vtype t, double value)
{
    unsigned bits = 8 * (unsigned)mr_vtype_size(t);
    double v = mr_rint(t == MR_VT_TIME ? value * 1e9 : value);
    if (v != v) {
        return 0;
    }
    if (is_signed(t)) {
        double limit = (double)(1ull << (bits - 1));
        int64_t max = (int64_t)(UINT64_MAX >> (65 - bits));
        return (uint64_t)(v >= limit ? max : (v < -limit ? -max - 1 : (int64_t)v));
    }
    double limit = 2.0 * (double)(1ull << (bits - 1));
    return v >= limit ? UINT64_MAX >> (64 - bits) : (v <= 0 ? 0 : (uint64_t)v);
}

static void encode(enum mr_vtype t, uint8_t *p, double value)
{
    size_t size = mr_vtype_size(t);
    uint64_t raw = 0;
    if (t == MR_VT_REAL) {
        float f = (float)value;
        uint32_t bits;
        memcpy(&bits, &f, sizeof bits);
        raw = bits;
    } else if (t == MR_VT_LREAL) {
        memcpy(&raw, &value, sizeof raw);
    } else {
        raw = saturated(t, value);
    }
    store(p, size, raw);
}

double mr_image_get(const struct mr_image *im, const struct mr_place *p)
{
    if (!mr_place_inside(im, p)) {
        return 0;
    }
    const uint8_t *at = im->area[p->area] + p->byte;
    return p->type == MR_VT_BOOL ? (double)(*at >> p->bit & 1) : decode(p->type, at);
}

bool mr_image_set(struct mr_image *im, const struct mr_place *p, double value)
{
    if (!mr_place_inside(im, p)) {
        return false;
    }
    if (p->type == MR_VT_BOOL) {
        return mr_image_set_bit(im, p->area, p->byte * 8 + p->bit, value != 0);
    }
    encode(p->type, im->area[p->area] + p->byte, value);
    return true;
}

/* The head of a string that lies inside, and how many characters it holds; NULL outside. */
static uint8_t *text_at(const struct mr_image *im, const struct mr_place *p, size_t *holds)
{
    enum { HEAD = 4 };
    uint32_t left = p->byte <= im->size[p->area] ? im->size[p->area] - p->byte : 0;
    if (left < HEAD) {
        return NULL;
    }
    uint8_t *at = im->area[p->area] + p->byte;
    *holds = (size_t)at[0] | (size_t)at[1] << 8;
    return *holds <= left - HEAD ? at : NULL;
}

size_t mr_image_text(const struct mr_image *im, const struct mr_place *p, uint8_t *out, size_t cap)
{
    size_t holds;
    const uint8_t *at = text_at(im, p, &holds);
    if (!at) {
        return 0;
    }
    size_t n = holds < cap ? holds : cap, length = (size_t)at[2] | (size_t)at[3] << 8;
    memcpy(out, at + 4, n);
    const uint8_t *zero = length == MR_TEXT_OPEN ? memchr(out, 0, n) : NULL;
    length = zero ? (size_t)(zero - out) : length;
    return length < n ? length : n;
}

bool mr_image_set_text(struct mr_image *im, const struct mr_place *p, const uint8_t *text, size_t n, size_t length)
{
    size_t holds;
    uint8_t *at = text_at(im, p, &holds);
    if (!at) {
        return false;
    }
    length = length < holds ? length : holds;
    memcpy(at + 4, text, n < holds ? n : holds);
    if ((at[2] & at[3]) == 0xFF && length < holds) { /* MR_TEXT_OPEN */
        at[4 + length] = 0;
        return true;
    }
    at[2] = (uint8_t)length;
    at[3] = (uint8_t)(length >> 8);
    return true;
}

bool mr_image_bit(const struct mr_image *im, enum mr_area area, uint32_t bit)
{
    return bit / 8 < im->size[area] && (im->area[area][bit / 8] >> bit % 8 & 1) != 0;
}

bool mr_image_set_bit(struct mr_image *im, enum mr_area area, uint32_t bit, bool on)
{
    if (bit / 8 >= im->size[area]) {
        return false;
    }
    uint8_t mask = (uint8_t)(1u << bit % 8);
    uint8_t *at = im->area[area] + bit / 8;
    *at = on ? (uint8_t)(*at | mask) : (uint8_t)(*at & ~mask);
    return true;
}

uint16_t mr_image_word(const struct mr_image *im, enum mr_area area, uint32_t word)
{
    return word < im->size[area] / 2 ? (uint16_t)load(im->area[area] + (size_t)word * 2, 2) : 0;
}

bool mr_image_set_word(struct mr_image *im, enum mr_area area, uint32_t word, uint16_t v)
{
    if (word >= im->size[area] / 2) {
        return false;
    }
    store(im->area[area] + (size_t)word * 2, 2, v);
    return true;
}
