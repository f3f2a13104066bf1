#include "proto/dnp3/dnp3_object.h"

/* Groups, variations and what they carry (annex A); F: with flags. */
#define F true
#define N false
static const struct mr_dnp3_format formats[] = {
#define ROW(group, variation, flags, value, when, bytes)                                                                         \
    {                                                                                                                            \
        group, variation, flags, MR_DNP3_V_##value, MR_DNP3_W_##when, bytes                                                      \
    }
    /* binary inputs, their events */
    ROW(1, 1, N, BIT, NONE, 0),
    ROW(1, 2, F, BIT, NONE, 1),
    ROW(2, 1, F, BIT, NONE, 1),
    ROW(2, 2, F, BIT, ABSOLUTE, 7),
    ROW(2, 3, F, BIT, RELATIVE, 3),
    /* double-bit */
    ROW(3, 1, N, BITS2, NONE, 0),
    ROW(3, 2, F, BITS2, NONE, 1),
    ROW(4, 1, F, BITS2, NONE, 1),
    ROW(4, 2, F, BITS2, ABSOLUTE, 7),
    ROW(4, 3, F, BITS2, RELATIVE, 3),
    /* binary outputs, their events, commands heard (status for flags) */
    ROW(10, 1, N, BIT, NONE, 0),
    ROW(10, 2, F, BIT, NONE, 1),
    ROW(11, 1, F, BIT, NONE, 1),
    ROW(11, 2, F, BIT, ABSOLUTE, 7),
    ROW(13, 1, F, BIT, NONE, 1),
    ROW(13, 2, F, BIT, ABSOLUTE, 7),
    /* counters, frozen ones, their events */
    ROW(20, 1, F, U32, NONE, 5),
    ROW(20, 2, F, U16, NONE, 3),
    ROW(20, 5, N, U32, NONE, 4),
    ROW(20, 6, N, U16, NONE, 2),
    ROW(21, 1, F, U32, NONE, 5),
    ROW(21, 2, F, U16, NONE, 3),
    ROW(21, 5, F, U32, ABSOLUTE, 11),
    ROW(21, 6, F, U16, ABSOLUTE, 9),
    ROW(21, 9, N, U32, NONE, 4),
    ROW(21, 10, N, U16, NONE, 2),
    ROW(22, 1, F, U32, NONE, 5),
    ROW(22, 2, F, U16, NONE, 3),
    ROW(22, 5, F, U32, ABSOLUTE, 11),
    ROW(22, 6, F, U16, ABSOLUTE, 9),
    ROW(23, 1, F, U32, NONE, 5),
    ROW(23, 2, F, U16, NONE, 3),
    ROW(23, 5, F, U32, ABSOLUTE, 11),
    ROW(23, 6, F, U16, ABSOLUTE, 9),
    /* analog inputs, their events, their deadbands */
    ROW(30, 1, F, I32, NONE, 5),
    ROW(30, 2, F, I16, NONE, 3),
    ROW(30, 3, N, I32, NONE, 4),
    ROW(30, 4, N, I16, NONE, 2),
    ROW(30, 5, F, F32, NONE, 5),
    ROW(30, 6, F, F64, NONE, 9),
    ROW(32, 1, F, I32, NONE, 5),
    ROW(32, 2, F, I16, NONE, 3),
    ROW(32, 3, F, I32, ABSOLUTE, 11),
    ROW(32, 4, F, I16, ABSOLUTE, 9),
    ROW(32, 5, F, F32, NONE, 5),
    ROW(32, 6, F, F64, NONE, 9),
    ROW(32, 7, F, F32, ABSOLUTE, 11),
    ROW(32, 8, F, F64, ABSOLUTE, 15),
    ROW(34, 1, N, U16, NONE, 2),
    ROW(34, 2, N, U32, NONE, 4),
    ROW(34, 3, N, F32, NONE, 4),
    /* analog outputs, their events, commands heard (status for flags) */
    ROW(40, 1, F, I32, NONE, 5),
    ROW(40, 2, F, I16, NONE, 3),
    ROW(40, 3, F, F32, NONE, 5),
    ROW(40, 4, F, F64, NONE, 9),
    ROW(42, 1, F, I32, NONE, 5),
    ROW(42, 2, F, I16, NONE, 3),
    ROW(42, 3, F, I32, ABSOLUTE, 11),
    ROW(42, 4, F, I16, ABSOLUTE, 9),
    ROW(42, 5, F, F32, NONE, 5),
    ROW(42, 6, F, F64, NONE, 9),
    ROW(42, 7, F, F32, ABSOLUTE, 11),
    ROW(42, 8, F, F64, ABSOLUTE, 15),
    ROW(43, 1, F, I32, NONE, 5),
    ROW(43, 2, F, I16, NONE, 3),
    ROW(43, 3, F, I32, ABSOLUTE, 11),
    ROW(43, 4, F, I16, ABSOLUTE, 9),
    ROW(43, 5, F, F32, NONE, 5),
    ROW(43, 6, F, F64, NONE, 9),
    ROW(43, 7, F, F32, ABSOLUTE, 11),
    ROW(43, 8, F, F64, ABSOLUTE, 15),
#undef ROW
};
#undef F
#undef N

const struct mr_dnp3_format *mr_dnp3_format(uint8_t group, uint8_t variation)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (formats[i].group == group && formats[i].variation == variation) {
            return &formats[i];
        }
    }
    return NULL;
}

/* To the nearest integer within the bounds; *over where it lies outside or is none. */
static int64_t fit(double v, double low, double high, bool *over)
{
    *over = !(v >= low - 0.5 && v <= high + 0.5);
    if (*over) {
        return v > high ? (int64_t)high : v < low ? (int64_t)low : 0;
    }
    int64_t i = (int64_t)(v < 0 ? v - 0.5 : v + 0.5);
    return i > (int64_t)high ? (int64_t)high : i < (int64_t)low ? (int64_t)low : i;
}

/* Counters run through; what is no count at all is 0. */
static uint32_t count(double v)
{
    return v >= 0 && v < 9e18 ? (uint32_t)(uint64_t)v : 0;
}

/* Octets of a value by kind, and the value as those octets, the low one first. */
static const uint8_t value_bytes[] = {0, 0, 0, 2, 4, 2, 4, 4, 8};

static uint64_t encode(const struct mr_dnp3_format *f, double v, bool *over)
{
    static const double float_max = 3.4028234663852886e38;
    bool counts = f->group >= 20 && f->group <= 23;
    uint64_t bits = 0;
    float single;
    switch ((enum mr_dnp3_value)f->value) {
    case MR_DNP3_V_U16:
        return counts ? count(v) : (uint64_t)fit(v, 0, UINT16_MAX, over);
    case MR_DNP3_V_U32:
        return counts ? count(v) : (uint64_t)fit(v, 0, UINT32_MAX, over);
    case MR_DNP3_V_I16:
        return (uint64_t)fit(v, INT16_MIN, INT16_MAX, over);
    case MR_DNP3_V_I32:
        return (uint64_t)fit(v, INT32_MIN, INT32_MAX, over);
    case MR_DNP3_V_F32:
        *over = v > float_max || v < -float_max;
        single = (float)(*over ? (v > 0 ? float_max : -float_max) : v);
        memcpy(&bits, &single, sizeof single);
        return bits;
    case MR_DNP3_V_F64:
        memcpy(&bits, &v, sizeof v);
        return bits;
    case MR_DNP3_V_NONE:
    case MR_DNP3_V_BIT:
    case MR_DNP3_V_BITS2:
        break;
    }
    return 0;
}

/* The low octet first; returns what follows. */
static inline uint8_t *put(uint8_t *p, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++, v >>= 8) {
        p[i] = (uint8_t)v;
    }
    return p + n;
}

void mr_dnp3_sample_write(struct mr_writer *w, const struct mr_dnp3_format *f, const struct mr_dnp3_sample *s)
{
    bool over = false;
    uint64_t v = encode(f, s->value, &over);
    uint8_t flags = s->flags;
    if (over && f->group != 43) {
        flags |= MR_DNP3_OVER_RANGE;
    }
    if (f->value == MR_DNP3_V_BIT) {
        flags = (uint8_t)((flags & 0x7F) | (s->value != 0 ? MR_DNP3_STATE : 0));
    } else if (f->value == MR_DNP3_V_BITS2) {
        flags = (uint8_t)((flags & 0x3F) | ((unsigned)s->value & 3) << 6);
    }
    if (mr_writer_left(w) < f->bytes) {
        w->full = true;
        return;
    }
    uint8_t *p = w->p + w->n;
    p = f->flags ? put(p, flags, 1) : p;
    p = put(p, v, value_bytes[f->value]);
    (void)put(p, s->time, f->when == MR_DNP3_W_ABSOLUTE ? 6 : f->when == MR_DNP3_W_RELATIVE ? 2 : 0);
    w->n += f->bytes;
}

static double read_value(struct mr_reader *r, enum mr_dnp3_value kind, uint8_t flags)
{
    switch (kind) {
    case MR_DNP3_V_BIT:
        return flags >> 7;
    case MR_DNP3_V_BITS2:
        return flags >> 6;
    case MR_DNP3_V_U16:
        return mr_read_u16le(r);
    case MR_DNP3_V_U32:
        return mr_read_u32le(r);
    case MR_DNP3_V_I16:
        return (int16_t)mr_read_u16le(r);
    case MR_DNP3_V_I32:
        return (int32_t)mr_read_u32le(r);
    case MR_DNP3_V_F32:
        return (double)mr_read_f32le(r);
    case MR_DNP3_V_F64:
        return mr_read_f64le(r);
    case MR_DNP3_V_NONE:
        break;
    }
    return 0;
}

void mr_dnp3_sample_read(struct mr_reader *r, const struct mr_dnp3_format *f, struct mr_dnp3_sample *s)
{
    uint8_t flags = f->flags ? mr_read_u8(r) : MR_DNP3_ONLINE;
    s->value = read_value(r, (enum mr_dnp3_value)f->value, flags);
    s->flags = (uint8_t)(f->value == MR_DNP3_V_BIT ? flags & 0x7F : f->value == MR_DNP3_V_BITS2 ? flags & 0x3F : flags);
    s->time = f->when == MR_DNP3_W_ABSOLUTE ? mr_dnp3_time_read(r) : f->when == MR_DNP3_W_RELATIVE ? mr_read_u16le(r) : 0;
}

void mr_dnp3_time_write(struct mr_writer *w, uint64_t ms)
{
    uint8_t octets[6];
    (void)put(octets, ms, sizeof octets);
    mr_write_bytes(w, mr_slice(octets, sizeof octets));
}

uint64_t mr_dnp3_time_read(struct mr_reader *r)
{
    uint64_t low = mr_read_u32le(r);
    return low | (uint64_t)mr_read_u16le(r) << 32;
}

bool mr_dnp3_object_read(struct mr_reader *r, struct mr_dnp3_object *o)
{
    *o = (struct mr_dnp3_object){.group = mr_read_u8(r)};
    o->variation = mr_read_u8(r);
    o->qualifier = mr_read_u8(r);
    uint32_t stop = 0;
    switch (o->qualifier) {
    case MR_DNP3_Q_RANGE8:
    case MR_DNP3_Q_RANGE16:
        o->start = o->qualifier == MR_DNP3_Q_RANGE8 ? mr_read_u8(r) : mr_read_u16le(r);
        stop = o->qualifier == MR_DNP3_Q_RANGE8 ? mr_read_u8(r) : mr_read_u16le(r);
        o->count = stop - o->start + 1;
        return !r->bad && stop >= o->start;
    case MR_DNP3_Q_ALL:
        return !r->bad;
    case MR_DNP3_Q_COUNT8:
    case MR_DNP3_Q_INDEX8:
    case MR_DNP3_Q_FREE:
        o->count = mr_read_u8(r);
        return !r->bad;
    case MR_DNP3_Q_COUNT16:
    case MR_DNP3_Q_INDEX16:
        o->count = mr_read_u16le(r);
        return !r->bad;
    default:
        return false;
    }
}

uint32_t mr_dnp3_prefix_read(struct mr_reader *r, const struct mr_dnp3_object *o, uint32_t i)
{
    switch (o->qualifier) {
    case MR_DNP3_Q_INDEX8:
        return mr_read_u8(r);
    case MR_DNP3_Q_INDEX16:
    case MR_DNP3_Q_FREE:
        return mr_read_u16le(r);
    default:
        return o->start + i;
    }
}

void mr_dnp3_object_write(struct mr_writer *w, const struct mr_dnp3_object *o)
{
    mr_write_u8(w, o->group);
    mr_write_u8(w, o->variation);
    mr_write_u8(w, o->qualifier);
    switch (o->qualifier) {
    case MR_DNP3_Q_RANGE8:
        mr_write_u8(w, (uint8_t)o->start);
        mr_write_u8(w, (uint8_t)(o->start + o->count - 1));
        break;
    case MR_DNP3_Q_RANGE16:
        mr_write_u16le(w, (uint16_t)o->start);
        mr_write_u16le(w, (uint16_t)(o->start + o->count - 1));
        break;
    case MR_DNP3_Q_COUNT8:
    case MR_DNP3_Q_INDEX8:
    case MR_DNP3_Q_FREE:
        mr_write_u8(w, (uint8_t)o->count);
        break;
    case MR_DNP3_Q_COUNT16:
    case MR_DNP3_Q_INDEX16:
        mr_write_u16le(w, (uint16_t)o->count);
        break;
    default:
        break;
    }
}

void mr_dnp3_crob_write(struct mr_writer *w, const struct mr_dnp3_crob *c)
{
    mr_write_u8(w, c->code);
    mr_write_u8(w, c->count);
    mr_write_u32le(w, c->on_ms);
    mr_write_u32le(w, c->off_ms);
    mr_write_u8(w, c->status);
}

void mr_dnp3_crob_read(struct mr_reader *r, struct mr_dnp3_crob *c)
{
    c->code = mr_read_u8(r);
    c->count = mr_read_u8(r);
    c->on_ms = mr_read_u32le(r);
    c->off_ms = mr_read_u32le(r);
    c->status = mr_read_u8(r);
}
