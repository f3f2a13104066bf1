/* dnp3_values.c - objects of an answer taken apart by a master (IEEE 1815-2012, annex A). */
#include "proto/dnp3/dnp3_client.h"

struct mr_dnp3_value_reader mr_dnp3_values(struct mr_slice objects)
{
    return (struct mr_dnp3_value_reader){.r = mr_reader(objects)};
}

/* 1 or 2: bits of an object without octets of its own; 0: it has some. */
static unsigned packed_bits(const struct mr_dnp3_object *o, const struct mr_dnp3_format *f)
{
    if (o->group == 80 && o->variation == 1) {
        return 1;
    }
    return !f || f->bytes > 0 ? 0 : f->value == MR_DNP3_V_BIT ? 1 : 2;
}

/* The next header with objects behind it. */
static bool next_header(struct mr_dnp3_value_reader *v)
{
    do {
        if (mr_reader_left(&v->r) == 0 || !mr_dnp3_object_read(&v->r, &v->object)) {
            return false;
        }
    } while (v->object.count == 0);
    v->i = 0;
    v->format = mr_dnp3_format(v->object.group, v->object.variation);
    v->bits = packed_bits(&v->object, v->format);
    v->packed = mr_read_bytes(&v->r, v->bits > 0 ? ((size_t)v->object.count * v->bits + 7) / 8 : 0);
    return !v->r.bad;
}

static void read_packed(const struct mr_dnp3_value_reader *v, struct mr_dnp3_sample *s)
{
    uint32_t at = v->i * v->bits;
    s->value = v->packed.p[at / 8] >> at % 8 & (v->bits == 1 ? 1 : 3);
    s->flags = MR_DNP3_ONLINE;
}

/* Objects that are no points; false for one of unknown length, and for a string of none: thousands of these would cost octets
 * nobody sent. */
static bool read_other(struct mr_dnp3_value_reader *v, struct mr_dnp3_reading *out)
{
    const struct mr_dnp3_object *o = &v->object;
    struct mr_dnp3_crob crob;
    if (o->group == 12 && o->variation == 1) {
        mr_dnp3_crob_read(&v->r, &crob);
        out->sample.value = crob.code;
        out->sample.flags = crob.status;
    } else if (o->group == 41 && o->variation >= 1 && o->variation <= 4) {
        (void)mr_read_bytes(&v->r, o->variation == 2 ? 2 : o->variation == 4 ? 8 : 4);
        out->sample.flags = mr_read_u8(&v->r);
    } else if (o->group == 50 && (o->variation == 1 || o->variation == 3)) {
        out->sample.value = (double)mr_dnp3_time_read(&v->r);
    } else if (o->group == 51 && (o->variation == 1 || o->variation == 2)) {
        v->common = mr_dnp3_time_read(&v->r);
        out->sample.value = (double)v->common;
    } else if (o->group == 52 && (o->variation == 1 || o->variation == 2)) {
        out->sample.value = (double)mr_read_u16le(&v->r) * (o->variation == 1 ? 1000 : 1);
    } else if ((o->group == 110 || o->group == 111) && o->variation > 0) {
        out->text = mr_read_bytes(&v->r, o->variation);
    } else if (o->group == 0) {
        (void)mr_read_u8(&v->r); /* type */
        out->text = mr_read_bytes(&v->r, mr_read_u8(&v->r));
    } else {
        return false;
    }
    return !v->r.bad;
}

bool mr_dnp3_next_value(struct mr_dnp3_value_reader *v, struct mr_dnp3_reading *out)
{
    if (v->i >= v->object.count && !next_header(v)) {
        return false;
    }
    const struct mr_dnp3_object *o = &v->object;
    *out = (struct mr_dnp3_reading){.group = o->group, .variation = o->variation};
    if (v->bits > 0) {
        out->index = o->start + v->i;
        read_packed(v, &out->sample);
        v->i++;
        return true;
    }
    out->index = mr_dnp3_prefix_read(&v->r, o, v->i++);
    if (o->qualifier == MR_DNP3_Q_FREE) {
        out->text = mr_read_bytes(&v->r, out->index);
        return !v->r.bad;
    }
    if (!v->format) {
        return read_other(v, out);
    }
    mr_dnp3_sample_read(&v->r, v->format, &out->sample);
    if (v->format->when == MR_DNP3_W_RELATIVE) {
        out->sample.time += v->common;
    }
    return !v->r.bad;
}
