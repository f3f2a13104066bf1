#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>

static const uint8_t *take(struct mr_reader *r, size_t n)
{
    if (r->bad || n > r->n - r->at) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *p = r->p + r->at;
    r->at += n;
    return p;
}

static uint64_t get_be(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

static uint64_t get_le(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = n; i > 0; i--) {
        v = v << 8 | p[i - 1];
    }
    return v;
}

static void put_be(uint8_t *p, size_t n, uint64_t v)
{
    for (size_t i = n; i > 0; i--, v >>= 8) {
        p[i - 1] = (uint8_t)v;
    }
}

static void put_le(uint8_t *p, size_t n, uint64_t v)
{
    for (size_t i = 0; i < n; i++, v >>= 8) {
        p[i] = (uint8_t)v;
    }
}

static uint8_t *room(struct mr_writer *w, size_t n)
{
    if (w->full || n > w->cap - w->n) {
        w->full = true;
        return NULL;
    }
    uint8_t *p = w->p + w->n;
    w->n += n;
    return p;
}

struct mr_slice mr_read_bytes(struct mr_reader *r, size_t n)
{
    const uint8_t *p = take(r, n);
    return p ? mr_slice(p, n) : mr_slice(NULL, 0);
}

uint8_t mr_read_u8(struct mr_reader *r)
{
    const uint8_t *p = take(r, 1);
    return p ? *p : 0;
}

uint16_t mr_read_u16be(struct mr_reader *r)
{
    const uint8_t *p = take(r, 2);
    return p ? (uint16_t)get_be(p, 2) : 0;
}

uint16_t mr_read_u16le(struct mr_reader *r)
{
    const uint8_t *p = take(r, 2);
    return p ? (uint16_t)get_le(p, 2) : 0;
}

uint32_t mr_read_u24be(struct mr_reader *r)
{
    const uint8_t *p = take(r, 3);
    return p ? (uint32_t)get_be(p, 3) : 0;
}

uint32_t mr_read_u24le(struct mr_reader *r)
{
    const uint8_t *p = take(r, 3);
    return p ? (uint32_t)get_le(p, 3) : 0;
}

uint32_t mr_read_u32be(struct mr_reader *r)
{
    const uint8_t *p = take(r, 4);
    return p ? (uint32_t)get_be(p, 4) : 0;
}

uint32_t mr_read_u32le(struct mr_reader *r)
{
    const uint8_t *p = take(r, 4);
    return p ? (uint32_t)get_le(p, 4) : 0;
}

uint64_t mr_read_u64be(struct mr_reader *r)
{
    const uint8_t *p = take(r, 8);
    return p ? (uint64_t)get_be(p, 8) : 0;
}

uint64_t mr_read_u64le(struct mr_reader *r)
{
    const uint8_t *p = take(r, 8);
    return p ? (uint64_t)get_le(p, 8) : 0;
}

void mr_write_u16be(struct mr_writer *w, uint16_t v)
{
    uint8_t *p = room(w, 2);
    if (p) {
        put_be(p, 2, v);
    }
}

void mr_write_u16le(struct mr_writer *w, uint16_t v)
{
    uint8_t *p = room(w, 2);
    if (p) {
        put_le(p, 2, v);
    }
}

void mr_write_u24be(struct mr_writer *w, uint32_t v)
{
    uint8_t *p = room(w, 3);
    if (p) {
        put_be(p, 3, v);
    }
}

void mr_write_u24le(struct mr_writer *w, uint32_t v)
{
    uint8_t *p = room(w, 3);
    if (p) {
        put_le(p, 3, v);
    }
}

void mr_write_u32be(struct mr_writer *w, uint32_t v)
{
    uint8_t *p = room(w, 4);
    if (p) {
        put_be(p, 4, v);
    }
}

void mr_write_u32le(struct mr_writer *w, uint32_t v)
{
    uint8_t *p = room(w, 4);
    if (p) {
        put_le(p, 4, v);
    }
}

void mr_write_u64be(struct mr_writer *w, uint64_t v)
{
    uint8_t *p = room(w, 8);
    if (p) {
        put_be(p, 8, v);
    }
}

void mr_write_u64le(struct mr_writer *w, uint64_t v)
{
    uint8_t *p = room(w, 8);
    if (p) {
        put_le(p, 8, v);
    }
}

float mr_read_f32be(struct mr_reader *r)
{
    uint32_t bits = mr_read_u32be(r);
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

float mr_read_f32le(struct mr_reader *r)
{
    uint32_t bits = mr_read_u32le(r);
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

double mr_read_f64le(struct mr_reader *r)
{
    uint64_t bits = mr_read_u64le(r);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

uint64_t mr_read_varint(struct mr_reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = mr_read_u8(r);
        if (r->bad || (shift == 63 && b > 1)) {
            break;
        }
        v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80) {
            return v;
        }
    }
    r->bad = true;
    return 0;
}

struct mr_slice mr_read_lv(struct mr_reader *r)
{
    uint64_t n = mr_read_varint(r);
    if (n > mr_reader_left(r)) {
        r->bad = true;
        return mr_slice(NULL, 0);
    }
    return mr_read_bytes(r, (size_t)n);
}

void mr_write_bytes(struct mr_writer *w, struct mr_slice s)
{
    uint8_t *p = room(w, s.n);
    if (p && s.n > 0) {
        memcpy(p, s.p, s.n);
    }
}

void mr_write_str(struct mr_writer *w, const char *s)
{
    mr_write_bytes(w, mr_slice_str(s));
}

void mr_write_fill(struct mr_writer *w, uint8_t byte, size_t n)
{
    uint8_t *p = room(w, n);
    if (p) {
        memset(p, byte, n);
    }
}

void mr_write_u8(struct mr_writer *w, uint8_t v)
{
    uint8_t *p = room(w, 1);
    if (p) {
        *p = v;
    }
}

void mr_write_f32be(struct mr_writer *w, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    mr_write_u32be(w, bits);
}

void mr_write_f32le(struct mr_writer *w, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    mr_write_u32le(w, bits);
}

void mr_write_f64le(struct mr_writer *w, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    mr_write_u64le(w, bits);
}

void mr_write_varint(struct mr_writer *w, uint64_t v)
{
    while (v >= 0x80) {
        mr_write_u8(w, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    mr_write_u8(w, (uint8_t)v);
}

void mr_write_lv(struct mr_writer *w, struct mr_slice s)
{
    mr_write_varint(w, s.n);
    mr_write_bytes(w, s);
}

void mr_write_fmt(struct mr_writer *w, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text) {
        w->full = true;
        return;
    }
    mr_write_bytes(w, mr_slice(text, (size_t)n));
}

static uint8_t *written_at(struct mr_writer *w, size_t at, size_t n)
{
    if (w->full || at > w->n || n > w->n - at) {
        w->full = true;
        return NULL;
    }
    return w->p + at;
}

void mr_patch_u16be(struct mr_writer *w, size_t at, uint16_t v)
{
    uint8_t *p = written_at(w, at, 2);
    if (p) {
        put_be(p, 2, v);
    }
}

void mr_patch_u16le(struct mr_writer *w, size_t at, uint16_t v)
{
    uint8_t *p = written_at(w, at, 2);
    if (p) {
        put_le(p, 2, v);
    }
}

void mr_patch_u32be(struct mr_writer *w, size_t at, uint32_t v)
{
    uint8_t *p = written_at(w, at, 4);
    if (p) {
        put_be(p, 4, v);
    }
}

void mr_patch_u32le(struct mr_writer *w, size_t at, uint32_t v)
{
    uint8_t *p = written_at(w, at, 4);
    if (p) {
        put_le(p, 4, v);
    }
}

void mr_str_copy(char *to, size_t cap, const char *from)
{
    if (cap == 0) {
        return;
    }
    size_t n = strlen(from);
    if (n >= cap) {
        n = cap - 1;
    }
    memcpy(to, from, n);
    to[n] = '\0';
}
