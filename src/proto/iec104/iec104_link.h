/* iec104_link.h - the transport interface of IEC 60870-5-104 (clause 5), the same on both sides: APDUs out of a stream, sequence
 * numbers, k and w, t1 to t3, test frames. What STARTDT means is the session's matter. */
#ifndef MR_PROTO_IEC104_LINK_H
#define MR_PROTO_IEC104_LINK_H

#include "base/state.h"
#include "proto/iec104/iec104_codec.h"

#define MR_IEC104_K_MAX 32 /* unacknowledged I formats kept account of; devices use 12 and less */

/* 104, 9.6 and 5.5; content. t0, connecting, is the owner's of the TCP connection. */
struct mr_iec104_params {
    uint16_t k, w; /* k at most MR_IEC104_K_MAX; w at most two thirds of k is advised */
    mr_ns t1, t2, t3;
};
extern const struct mr_iec104_params mr_iec104_default_params; /* 12, 8, 15 s, 10 s, 20 s */

struct mr_iec104_link {
    const struct mr_iec104_params *params; /* content, set by init */
    /* state */
    mr_ns now;       /* as last told */
    mr_ns heard;     /* last APDU, for t3 */
    mr_ns tested;    /* TESTFR act was due, while `testing` */
    mr_ns unacked;   /* first I format received that is not acknowledged, if there is one */
    uint16_t vs, vr; /* send and receive sequence numbers */
    uint16_t acked;  /* the other side has all I formats before it */
    uint16_t told;   /* and knows that we have those before this */
    uint8_t tests;   /* TESTFR con that are owed */
    bool test_due;   /* a TESTFR act is to be sent */
    bool testing;    /* and not confirmed yet */
    uint32_t nin;
    uint8_t in[MR_IEC104_APDU_MAX];
    mr_ns sent[MR_IEC104_K_MAX]; /* by sequence number modulo K_MAX: when, for t1 */
};
extern const struct mr_type mr_iec104_link_type;

void mr_iec104_link_init(struct mr_iec104_link *l, const struct mr_iec104_params *params);
void mr_iec104_link_open(struct mr_iec104_link *l, mr_ns now);

enum mr_iec104_taken { MR_IEC104_MORE, MR_IEC104_TAKEN, MR_IEC104_BROKEN };
/* Takes one APDU out of in[*used..]: TESTFR and acknowledgements are dealt with, the rest is the session's. The ASDU lies in the
 * link's buffer or in `in`, until the next call. BROKEN: no APDU, or its numbers do not continue (5.1). */
enum mr_iec104_taken mr_iec104_link_take(struct mr_iec104_link *l, struct mr_slice in, size_t *used, mr_ns now,
                                         struct mr_iec104_apdu *a);
size_t mr_iec104_link_needs(const struct mr_iec104_link *l);

/* Whether k allows another I format. */
bool mr_iec104_link_open_window(const struct mr_iec104_link *l);
uint16_t mr_iec104_link_outstanding(const struct mr_iec104_link *l);
/* An I format around an ASDU that is being written: begin, the ASDU, finish, which numbers it. */
size_t mr_iec104_link_begin(struct mr_writer *w);
void mr_iec104_link_finish(struct mr_iec104_link *l, struct mr_writer *w, size_t begin);
/* A test frame that is due, or its confirmation; false for none. */
bool mr_iec104_link_output(struct mr_iec104_link *l, struct mr_writer *w);
/* Whether w or t2 asks for an acknowledgement; and an S format. */
bool mr_iec104_link_owes(const struct mr_iec104_link *l);
void mr_iec104_link_acknowledge(struct mr_iec104_link *l, struct mr_writer *w);

/* The next of t1, t2, t3. */
mr_ns mr_iec104_link_deadline(const struct mr_iec104_link *l);
/* False when t1 has run out: the connection is dead. */
bool mr_iec104_link_tick(struct mr_iec104_link *l, mr_ns now);

#endif
