/* dnp3_attributes.c - device attributes, group 0, of set 0 (IEEE 1815-2012, annex A.1): texts of the identity, numbers of what
 * the station has. None can be written. */
#include "proto/dnp3/dnp3_serve.h"

enum { TEXT = 1, UNSIGNED = 2, SIGNED = 3, LIST = 254 }; /* type codes */
#define FIRST_ATTRIBUTE 211
#define LAST_ATTRIBUTE  252
#define ALL_ATTRIBUTES  254
#define LIST_ATTRIBUTES 255

static const char *text(const struct mr_dnp3_identity *id, uint32_t variation)
{
    switch (variation) {
    case 252:
        return id->manufacturer;
    case 250:
        return id->product;
    case 249:
        return id->subset;
    case 248:
        return id->serial;
    case 247:
        return id->name;
    case 246:
        return id->id;
    case 245:
        return id->location;
    case 243:
        return id->hardware_version;
    case 242:
        return id->software_version;
    default:
        return NULL;
    }
}

static int32_t how_many(const struct mr_dnp3_station *t, enum mr_dnp3_kind kind)
{
    return (int32_t)(t->first[kind + 1] - t->first[kind]);
}

/* -1: no point of the kind. */
static int32_t highest(const struct mr_dnp3_station *t, enum mr_dnp3_kind kind)
{
    return how_many(t, kind) > 0 ? t->points[t->first[kind + 1] - 1].index : -1;
}

/* -1: the station has not got the attribute. Whether there are events is answered by 1 or 0. */
static int32_t number(const struct mr_dnp3_station *t, uint32_t variation)
{
    switch (variation) {
    case 216:
        return t->personality->controls_max;
    case 219:
        return how_many(t, MR_DNP3_ANALOG_OUTPUT) > 0;
    case 220:
        return highest(t, MR_DNP3_ANALOG_OUTPUT);
    case 221:
        return how_many(t, MR_DNP3_ANALOG_OUTPUT);
    case 222:
        return how_many(t, MR_DNP3_BINARY_OUTPUT) > 0;
    case 223:
        return highest(t, MR_DNP3_BINARY_OUTPUT);
    case 224:
        return how_many(t, MR_DNP3_BINARY_OUTPUT);
    case 225:
    case 226:
    case 227:
        return how_many(t, MR_DNP3_COUNTER) > 0;
    case 228:
        return highest(t, MR_DNP3_COUNTER);
    case 229:
        return how_many(t, MR_DNP3_COUNTER);
    case 230:
        return 0; /* no frozen analogs */
    case 231:
        return how_many(t, MR_DNP3_ANALOG) > 0;
    case 232:
        return highest(t, MR_DNP3_ANALOG);
    case 233:
        return how_many(t, MR_DNP3_ANALOG);
    case 234:
        return how_many(t, MR_DNP3_DOUBLE) > 0;
    case 235:
        return highest(t, MR_DNP3_DOUBLE);
    case 236:
        return how_many(t, MR_DNP3_DOUBLE);
    case 237:
        return how_many(t, MR_DNP3_BINARY) > 0;
    case 238:
        return highest(t, MR_DNP3_BINARY);
    case 239:
        return how_many(t, MR_DNP3_BINARY);
    case 240:
        return t->personality->fragment_max;
    case 241:
        return MR_DNP3_FRAGMENT_MAX;
    default:
        return -1;
    }
}

/* Attributes that say whether something is supported are signed, as the annex has them. */
static bool is_signed(uint32_t variation)
{
    static const uint8_t list[] = {219, 222, 225, 226, 227, 230, 231, 234, 237};
    return memchr(list, (int)variation, sizeof list) != NULL;
}

bool mr_dnp3_attribute_exists(const struct mr_dnp3_station *t, uint8_t variation)
{
    return variation >= ALL_ATTRIBUTES || text(t->identity, variation) || number(t, variation) >= 0;
}

static void write_header(struct mr_writer *w, uint32_t variation, uint8_t type, size_t n)
{
    mr_dnp3_object_write(w, &(struct mr_dnp3_object){0, (uint8_t)variation, MR_DNP3_Q_RANGE8, 0, 1});
    mr_write_u8(w, type);
    mr_write_u8(w, (uint8_t)n);
}

static bool write_attribute(const struct mr_dnp3_station *t, uint32_t variation, struct mr_writer *w)
{
    const char *s = text(t->identity, variation);
    int32_t v = number(t, variation);
    size_t bytes = s ? strnlen(s, UINT8_MAX) : v <= INT8_MAX ? 1 : v <= INT16_MAX ? 2 : 4;
    if (mr_writer_left(w) < 7 + bytes) {
        return false;
    }
    write_header(w, variation, s ? TEXT : is_signed(variation) ? SIGNED : UNSIGNED, bytes);
    if (s) {
        mr_write_bytes(w, mr_slice(s, bytes));
        return true;
    }
    for (size_t i = 0; i < bytes; i++) {
        mr_write_u8(w, (uint8_t)((uint32_t)v >> 8 * i));
    }
    return true;
}

/* Pairs of variation and property; bit 0 of a property: can be written. */
static bool write_list(const struct mr_dnp3_station *t, struct mr_writer *w)
{
    size_t n = 0;
    for (uint32_t v = FIRST_ATTRIBUTE; v <= LAST_ATTRIBUTE; v++) {
        n += mr_dnp3_attribute_exists(t, (uint8_t)v);
    }
    if (mr_writer_left(w) < 7 + 2 * n) {
        return false;
    }
    write_header(w, LIST_ATTRIBUTES, LIST, 2 * n);
    for (uint32_t v = FIRST_ATTRIBUTE; v <= LAST_ATTRIBUTE; v++) {
        if (mr_dnp3_attribute_exists(t, (uint8_t)v)) {
            mr_write_u8(w, (uint8_t)v);
            mr_write_u8(w, 0);
        }
    }
    return true;
}

bool mr_dnp3_write_attributes(const struct mr_dnp3_station *t, uint8_t variation, uint32_t *from, struct mr_writer *w)
{
    if (variation == LIST_ATTRIBUTES) {
        return write_list(t, w);
    }
    if (variation != ALL_ATTRIBUTES) {
        return write_attribute(t, variation, w);
    }
    for (uint32_t v = *from > FIRST_ATTRIBUTE ? *from : FIRST_ATTRIBUTE; v <= LAST_ATTRIBUTE; v++) {
        if (mr_dnp3_attribute_exists(t, (uint8_t)v) && !write_attribute(t, v, w)) {
            *from = v;
            return false;
        }
    }
    return true;
}
