/* dnp3_object.h - objects: a table of groups and variations, object headers with their qualifiers, values as points carry them.
 *
 * Source: IEEE 1815-2012, clause 4.2.2 (headers) and annex A (objects). */
#ifndef MR_PROTO_DNP3_OBJECT_H
#define MR_PROTO_DNP3_OBJECT_H

#include "proto/dnp3/dnp3_codec.h"

/* Point flags (clause 11). What bits 5 and 6 mean depends on the group. */
#define MR_DNP3_ONLINE     0x01
#define MR_DNP3_RESTARTED  0x02
#define MR_DNP3_COMM_LOST  0x04
#define MR_DNP3_REMOTE     0x08 /* forced */
#define MR_DNP3_LOCALLY    0x10 /* forced */
#define MR_DNP3_OVER_RANGE 0x20 /* analogs */
#define MR_DNP3_STATE      0x80 /* of a binary; a double-bit one has two bits, from 6 on */

enum mr_dnp3_value {
    MR_DNP3_V_NONE,
    MR_DNP3_V_BIT,
    MR_DNP3_V_BITS2,
    MR_DNP3_V_U16,
    MR_DNP3_V_U32,
    MR_DNP3_V_I16,
    MR_DNP3_V_I32,
    MR_DNP3_V_F32,
    MR_DNP3_V_F64
};
enum mr_dnp3_when { MR_DNP3_W_NONE, MR_DNP3_W_ABSOLUTE, MR_DNP3_W_RELATIVE };

/* A variation that carries points: flags (or a control's status), value, time, in this order. A value of bits without flags is
 * packed; with flags it is in them. */
struct mr_dnp3_format {
    uint8_t group, variation;
    bool flags;
    uint8_t value; /* enum mr_dnp3_value */
    uint8_t when;  /* enum mr_dnp3_when */
    uint8_t bytes; /* 0: packed */
};
/* NULL where the table has none. */
const struct mr_dnp3_format *mr_dnp3_format(uint8_t group, uint8_t variation);

struct mr_dnp3_sample {
    double value;  /* a binary 0 or 1, a double-bit one 0 to 3 */
    uint8_t flags; /* without state */
    uint64_t time; /* milliseconds since 1970; of W_RELATIVE since the common time */
};
/* Not for packed ones. Values out of the variation's range are cut to it and flagged. */
void mr_dnp3_sample_write(struct mr_writer *w, const struct mr_dnp3_format *f, const struct mr_dnp3_sample *s);
void mr_dnp3_sample_read(struct mr_reader *r, const struct mr_dnp3_format *f, struct mr_dnp3_sample *s);

/* Time as DNP3 carries it: 48 bits of milliseconds. */
void mr_dnp3_time_write(struct mr_writer *w, uint64_t ms);
uint64_t mr_dnp3_time_read(struct mr_reader *r);

/* Qualifiers: prefix code in bits 4 to 6, range specifier code in bits 0 to 3. */
enum mr_dnp3_qualifier {
    MR_DNP3_Q_RANGE8 = 0x00,
    MR_DNP3_Q_RANGE16 = 0x01,
    MR_DNP3_Q_ALL = 0x06,
    MR_DNP3_Q_COUNT8 = 0x07,
    MR_DNP3_Q_COUNT16 = 0x08,
    MR_DNP3_Q_INDEX8 = 0x17,
    MR_DNP3_Q_INDEX16 = 0x28,
    MR_DNP3_Q_FREE = 0x5B,
};
struct mr_dnp3_object {
    uint8_t group, variation, qualifier;
    uint32_t start; /* of a range */
    uint32_t count; /* of a range, or as counted; 0 for MR_DNP3_Q_ALL */
};
/* A header, up to where its objects begin; false where it is cut off or its qualifier is none of the above. */
bool mr_dnp3_object_read(struct mr_reader *r, struct mr_dnp3_object *o);
/* The next index and, of MR_DNP3_Q_FREE, length in front of an object; `i` counts the objects of the header. */
uint32_t mr_dnp3_prefix_read(struct mr_reader *r, const struct mr_dnp3_object *o, uint32_t i);
/* Writes a header; ranges and counts must fit the qualifier. */
void mr_dnp3_object_write(struct mr_writer *w, const struct mr_dnp3_object *o);

/* Control relay output block, g12v1. */
enum mr_dnp3_crob_code {
    MR_DNP3_NUL = 0,
    MR_DNP3_PULSE_ON = 1,
    MR_DNP3_PULSE_OFF = 2,
    MR_DNP3_LATCH_ON = 3,
    MR_DNP3_LATCH_OFF = 4,
    MR_DNP3_CROB_CLEAR = 0x20,
    MR_DNP3_CLOSE = 0x40,
    MR_DNP3_TRIP = 0x80,
};
struct mr_dnp3_crob {
    uint8_t code, count;
    uint32_t on_ms, off_ms;
    uint8_t status;
};
#define MR_DNP3_CROB_BYTES 11
void mr_dnp3_crob_write(struct mr_writer *w, const struct mr_dnp3_crob *c);
void mr_dnp3_crob_read(struct mr_reader *r, struct mr_dnp3_crob *c);

#endif
