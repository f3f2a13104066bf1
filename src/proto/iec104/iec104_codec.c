/* iec104_codec.c - APDUs and ASDUs to bytes and back. What an element looks like is said by one table of forms (101, 7.2.6) and
 * one of types (101, 7.3); all that is done with them is done by their fields. */
#include "proto/iec104/iec104_codec.h"

#include "base/calendar.h"
#include "base/maths.h"

#include <float.h>

/* --- APCI ------------------------------------------------------------------------------------------------------------------- */

enum { START = 0x68, LENGTH_MIN = 4 };

static bool known_u(uint8_t u)
{
    return u == MR_IEC104_STARTDT_ACT || u == MR_IEC104_STARTDT_CON || u == MR_IEC104_STOPDT_ACT || u == MR_IEC104_STOPDT_CON ||
           u == MR_IEC104_TESTFR_ACT || u == MR_IEC104_TESTFR_CON;
}

bool mr_iec104_apdu_decode(struct mr_slice bytes, struct mr_iec104_apdu *a)
{
    *a = (struct mr_iec104_apdu){0};
    if (bytes.n < MR_IEC104_APCI || bytes.p[0] != START || bytes.p[1] != bytes.n - 2) {
        return false;
    }
    const uint8_t *c = bytes.p + 2;
    a->ns = (uint16_t)((c[0] | c[1] << 8) >> 1);
    a->nr = (uint16_t)((c[2] | c[3] << 8) >> 1);
    a->asdu = mr_slice(bytes.p + MR_IEC104_APCI, bytes.n - MR_IEC104_APCI);
    if ((c[0] & 1) == 0) {
        a->format = MR_IEC104_I;
        return a->asdu.n > 0;
    }
    a->format = (c[0] & 2) == 0 ? MR_IEC104_S : MR_IEC104_U;
    a->u = c[0];
    return a->asdu.n == 0 && (a->format == MR_IEC104_S || known_u(a->u));
}

static void write_apci(struct mr_writer *w, size_t asdu, uint16_t first, uint16_t second)
{
    mr_write_u8(w, START);
    mr_write_u8(w, (uint8_t)(LENGTH_MIN + asdu));
    mr_write_u16le(w, first);
    mr_write_u16le(w, second);
}

void mr_iec104_write_i(struct mr_writer *w, uint16_t ns, uint16_t nr, struct mr_slice asdu)
{
    write_apci(w, asdu.n, (uint16_t)(ns << 1), (uint16_t)(nr << 1));
    mr_write_bytes(w, asdu);
}

void mr_iec104_write_s(struct mr_writer *w, uint16_t nr)
{
    write_apci(w, 0, 1, (uint16_t)(nr << 1));
}

void mr_iec104_write_u(struct mr_writer *w, enum mr_iec104_u u)
{
    write_apci(w, 0, (uint16_t)u, 0);
}

/* --- types ------------------------------------------------------------------------------------------------------------------ */

/* Form, value's kind, its bytes, mask of a shared byte, bytes of CP16Time2a, bytes of qualifier. */
#define FORMS(X)                                                                                                                 \
    X(NONE, NONE, 0, 0, 0, 0)                                                                                                    \
    X(SIQ, UINT, 1, 0x01, 0, 0)                                                                                                  \
    X(DIQ, UINT, 1, 0x03, 0, 0)                                                                                                  \
    X(VTI, STEP, 1, 0, 0, 1)                                                                                                     \
    X(BSI, UINT, 4, 0, 0, 1)                                                                                                     \
    X(NVA, NORMAL, 2, 0, 0, 1)                                                                                                   \
    X(SVA, INT, 2, 0, 0, 1)                                                                                                      \
    X(R32, REAL, 4, 0, 0, 1)                                                                                                     \
    X(BCR, COUNT, 4, 0, 0, 1)                                                                                                    \
    X(SEP, UINT, 1, 0x03, 2, 0)                                                                                                  \
    X(SPE, UINT, 1, 0, 2, 1)                                                                                                     \
    X(OCI, UINT, 1, 0, 2, 1)                                                                                                     \
    X(SCD, UINT, 4, 0, 0, 1)                                                                                                     \
    X(NVA_BARE, NORMAL, 2, 0, 0, 0)                                                                                              \
    X(SCO, UINT, 1, 0x01, 0, 0)                                                                                                  \
    X(DCO, UINT, 1, 0x03, 0, 0)                                                                                                  \
    X(RCO, UINT, 1, 0x03, 0, 0)                                                                                                  \
    X(NVA_QOS, NORMAL, 2, 0, 0, 1)                                                                                               \
    X(SVA_QOS, INT, 2, 0, 0, 1)                                                                                                  \
    X(R32_QOS, REAL, 4, 0, 0, 1)                                                                                                 \
    X(BSI_BARE, UINT, 4, 0, 0, 0)                                                                                                \
    X(COI, UINT, 1, 0, 0, 0)                                                                                                     \
    X(QOI, UINT, 1, 0, 0, 0)                                                                                                     \
    X(QCC, UINT, 1, 0, 0, 0)                                                                                                     \
    X(FBP, UINT, 2, 0, 0, 0)                                                                                                     \
    X(QRP, UINT, 1, 0, 0, 0)                                                                                                     \
    X(TSC, UINT, 2, 0, 0, 0)                                                                                                     \
    X(NVA_QPM, NORMAL, 2, 0, 0, 1)                                                                                               \
    X(SVA_QPM, INT, 2, 0, 0, 1)                                                                                                  \
    X(R32_QPM, REAL, 4, 0, 0, 1)                                                                                                 \
    X(QPA, UINT, 1, 0, 0, 0)

enum {
#define X(name, value, bytes, mask, interval, qualifier) SIZE_##name = (bytes) + (interval) + (qualifier),
    FORMS(X)
#undef X
};
enum {
#define X(name, value, bytes, mask, interval, qualifier) FORM_##name,
    FORMS(X)
#undef X
};
static const struct mr_iec104_form forms[] = {
#define X(name, value, bytes, mask, interval, qualifier) {MR_IEC104_V_##value, bytes, mask, interval, qualifier},
    FORMS(X)
#undef X
};

#define TYPES 128
static const struct mr_iec104_info infos[TYPES] = {
#define X(name, number, form, time, direction)                                                                                   \
    [number] = {#name, &forms[FORM_##form], time, MR_IEC104_##direction, SIZE_##form + (time)},
    MR_IEC104_TYPES(X)
#undef X
};

const struct mr_iec104_info *mr_iec104_info(uint8_t type)
{
    static const struct mr_iec104_info unknown = {"unknown", &forms[FORM_NONE], 0, 0, 0};
    return type < TYPES && infos[type].direction != 0 ? &infos[type] : &unknown;
}

uint8_t mr_iec104_with_time(uint8_t type, uint8_t time)
{
    const struct mr_iec104_info *of = mr_iec104_info(type);
    for (uint8_t t = 1; t < TYPES; t++) {
        if (infos[t].direction != 0 && infos[t].direction == of->direction && infos[t].form == of->form &&
            infos[t].time == time) {
            return t;
        }
    }
    return 0;
}

/* --- ASDU ------------------------------------------------------------------------------------------------------------------- */

enum { SQ = 0x80 };

bool mr_iec104_asdu_decode(struct mr_slice bytes, struct mr_iec104_asdu *a)
{
    if (bytes.n < MR_IEC104_HEADER) {
        return false;
    }
    const uint8_t *p = bytes.p;
    *a = (struct mr_iec104_asdu){
        .type = p[0],
        .sequence = (p[1] & SQ) != 0,
        .count = p[1] & 0x7F,
        .cause = p[2] & MR_IEC104_CAUSE_MASK,
        .negative = (p[2] & MR_IEC104_NEGATIVE) != 0,
        .test = (p[2] & MR_IEC104_TEST) != 0,
        .originator = p[3],
        .ca = (uint16_t)(p[4] | p[5] << 8),
        .objects = mr_slice(p + MR_IEC104_HEADER, bytes.n - MR_IEC104_HEADER),
    };
    return true;
}

void mr_iec104_asdu_encode(struct mr_writer *w, const struct mr_iec104_asdu *a)
{
    mr_write_u8(w, a->type);
    mr_write_u8(w, (uint8_t)(a->count | (a->sequence ? SQ : 0)));
    mr_write_u8(w, (uint8_t)(a->cause | (a->negative ? MR_IEC104_NEGATIVE : 0) | (a->test ? MR_IEC104_TEST : 0)));
    mr_write_u8(w, a->originator);
    mr_write_u16le(w, a->ca);
    mr_write_bytes(w, a->objects);
}

static uint32_t address(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
}

bool mr_iec104_asdu_fits(const struct mr_iec104_asdu *a)
{
    const struct mr_iec104_info *info = mr_iec104_info(a->type);
    if (info->direction == 0 || a->count == 0) {
        return false;
    }
    if (a->sequence) {
        return a->objects.n == MR_IEC104_IOA + (size_t)a->count * info->size &&
               address(a->objects.p) + a->count - 1 <= MR_IEC104_IOA_MAX;
    }
    return a->objects.n == (size_t)a->count * (MR_IEC104_IOA + info->size);
}

/* --- elements --------------------------------------------------------------------------------------------------------------- */

static double sign_extended(uint32_t bits, unsigned width)
{
    uint32_t sign = 1u << (width - 1);
    return (double)((int64_t)(bits & (sign * 2 - 1)) - ((bits & sign) != 0 ? (int64_t)sign * 2 : 0));
}

static double real_of(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return (double)f;
}

/* What the bits of a value mean. */
static double reading(const struct mr_iec104_form *form, uint32_t bits)
{
    switch ((enum mr_iec104_value)form->value) {
    case MR_IEC104_V_STEP:
        return sign_extended(bits, 7);
    case MR_IEC104_V_INT:
        return sign_extended(bits, 16);
    case MR_IEC104_V_COUNT:
        return (double)(int32_t)bits;
    case MR_IEC104_V_NORMAL:
        return sign_extended(bits, 16) / 32768;
    case MR_IEC104_V_REAL:
        return real_of(bits);
    case MR_IEC104_V_NONE:
    case MR_IEC104_V_UINT:
        break;
    }
    return (double)bits;
}

static void read_element(struct mr_reader *r, const struct mr_iec104_info *info, struct mr_iec104_object *o)
{
    const struct mr_iec104_form *form = info->form;
    for (unsigned i = 0; i < form->bytes; i++) {
        o->bits |= (uint32_t)mr_read_u8(r) << 8 * i;
    }
    if (form->value_mask != 0) {
        o->quality = (uint8_t)(o->bits & (uint8_t)~form->value_mask);
        o->bits &= form->value_mask;
    }
    o->quality = form->qualifier ? mr_read_u8(r) : o->quality;
    o->value = reading(form, o->bits);
    o->interval = form->interval > 0 ? mr_read_u16le(r) : 0;
    struct mr_slice tag = mr_read_bytes(r, info->time);
    bool ok = tag.n == 7 ? mr_iec104_cp56_decode(tag.p, &o->time) : tag.n != 3 || mr_iec104_cp24_decode(tag.p, &o->time);
    o->time.invalid = o->time.invalid || !ok;
}

bool mr_iec104_object_at(const struct mr_iec104_asdu *a, size_t i, struct mr_iec104_object *o)
{
    if (i >= a->count || !mr_iec104_asdu_fits(a)) {
        return false;
    }
    const struct mr_iec104_info *info = mr_iec104_info(a->type);
    struct mr_reader r = mr_reader(a->objects);
    *o = (struct mr_iec104_object){0};
    r.at = a->sequence ? 0 : i * (MR_IEC104_IOA + info->size);
    o->ioa = mr_read_u24le(&r) + (a->sequence ? (uint32_t)i : 0);
    r.at += a->sequence ? i * info->size : 0;
    read_element(&r, info, o);
    return true;
}

/* A number as `width` bits of two's complement; *over where it had to be cut off. */
static uint32_t saturated(double v, unsigned width, bool *over)
{
    double limit = (double)(1u << (width - 1));
    v = mr_rint(v);
    *over = !(v >= -limit && v <= limit - 1);
    if (*over) {
        v = v > 0 ? limit - 1 : -limit;
    }
    return (uint32_t)(int32_t)v & (uint32_t)((1ull << width) - 1);
}

static uint32_t real_bits(double v, bool *over)
{
    *over = v > (double)FLT_MAX || v < -(double)FLT_MAX;
    float f = *over ? (v > 0 ? FLT_MAX : -FLT_MAX) : (float)v;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static uint32_t value_bits(const struct mr_iec104_form *form, const struct mr_iec104_object *o, bool *over)
{
    *over = false;
    switch ((enum mr_iec104_value)form->value) {
    case MR_IEC104_V_STEP:
        return saturated(o->value, 7, over) | (o->bits & 0x80);
    case MR_IEC104_V_INT:
        return saturated(o->value, 16, over);
    case MR_IEC104_V_NORMAL:
        return saturated(o->value * 32768, 16, over);
    case MR_IEC104_V_REAL:
        return real_bits(o->value, over);
    case MR_IEC104_V_NONE:
    case MR_IEC104_V_UINT:
    case MR_IEC104_V_COUNT:
        break;
    }
    return o->bits;
}

void mr_iec104_element_encode(struct mr_writer *w, uint8_t type, const struct mr_iec104_object *o)
{
    const struct mr_iec104_info *info = mr_iec104_info(type);
    const struct mr_iec104_form *form = info->form;
    bool over;
    uint32_t bits = value_bits(form, o, &over);
    uint8_t quality = over && info->direction == MR_IEC104_MONITOR ? o->quality | MR_IEC104_OV : o->quality;
    if (form->value_mask != 0) {
        bits = (bits & form->value_mask) | (quality & (uint8_t)~form->value_mask);
    }
    for (unsigned i = 0; i < form->bytes; i++) {
        mr_write_u8(w, (uint8_t)(bits >> 8 * i));
    }
    if (form->qualifier) {
        mr_write_u8(w, quality);
    }
    if (form->interval > 0) {
        mr_write_u16le(w, o->interval);
    }
    uint8_t tag[7];
    if (info->time == 7) {
        mr_iec104_cp56_encode(tag, &o->time);
    } else if (info->time == 3) {
        mr_iec104_cp24_encode(tag, &o->time);
    }
    mr_write_bytes(w, mr_slice(tag, info->time));
}

void mr_iec104_object_encode(struct mr_writer *w, uint8_t type, const struct mr_iec104_object *o)
{
    mr_write_u24le(w, o->ioa);
    mr_iec104_element_encode(w, type, o);
}

/* --- time ------------------------------------------------------------------------------------------------------------------- */

enum { INVALID = 0x80, SUMMER = 0x80 };

void mr_iec104_cp24_encode(uint8_t out[3], const struct mr_iec104_time *t)
{
    int64_t ms = t->unix_ns / MR_MS;
    out[0] = (uint8_t)(ms % 60000);
    out[1] = (uint8_t)(ms % 60000 >> 8);
    out[2] = (uint8_t)(ms / 60000 % 60 | (t->invalid ? INVALID : 0));
}

void mr_iec104_cp56_encode(uint8_t out[7], const struct mr_iec104_time *t)
{
    int64_t hours = t->unix_ns / MR_HOUR;
    struct mr_date d = mr_date_of_days(hours / 24);
    mr_iec104_cp24_encode(out, t);
    out[3] = (uint8_t)(hours % 24 | (t->summer ? SUMMER : 0));
    out[4] = (uint8_t)(d.day | ((hours / 24 + 3) % 7 + 1) << 5); /* Monday is 1; 1970-01-01 was a Thursday */
    out[5] = (uint8_t)d.month;
    out[6] = (uint8_t)(d.year % 100);
}

bool mr_iec104_cp24_decode(const uint8_t in[3], struct mr_iec104_time *t)
{
    int64_t ms = in[0] | in[1] << 8, minute = in[2] & 0x3F;
    *t = (struct mr_iec104_time){.unix_ns = minute * MR_MIN + ms * MR_MS, .invalid = (in[2] & INVALID) != 0};
    return ms < 60000 && minute < 60;
}

bool mr_iec104_cp56_decode(const uint8_t in[7], struct mr_iec104_time *t)
{
    bool ok = mr_iec104_cp24_decode(in, t);
    int64_t hour = in[3] & 0x1F, year = in[6] & 0x7F;
    struct mr_date d = {year < 70 ? 2000 + year : 1900 + year, in[5] & 0x0F, in[4] & 0x1F};
    t->summer = (in[3] & SUMMER) != 0;
    ok = ok && hour < 24 && d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= mr_days_of_month(d.year, d.month);
    t->unix_ns += ok ? mr_days_of_date(d) * MR_DAY + hour * MR_HOUR : 0;
    return ok;
}
