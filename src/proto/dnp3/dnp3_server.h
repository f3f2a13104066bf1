/* dnp3_server.h - one connection of an outstation, in the shape of proto/session.h. It answers from the station while it is
 * fed.
 *
 * output() writes whole link frames: its writer needs room for MR_DNP3_FRAME_MAX octets at least, and MR_DNP3_FRAMED_MAX of it
 * let a whole fragment go out in one piece. Link frames that are damaged are passed over, as the standard has it: feed never
 * says that a stream is malformed. */
#ifndef MR_PROTO_DNP3_SERVER_H
#define MR_PROTO_DNP3_SERVER_H

#include "proto/dnp3/dnp3_auth.h"
#include "proto/dnp3/dnp3_station.h"
#include "proto/session.h"

#define MR_DNP3_LINK_REPLIES 4
#define MR_DNP3_READS_MAX    32  /* object headers of one read */
#define MR_DNP3_REPEAT_MAX   256 /* octets of an answer that is kept in case its request comes again */

/* What is still to be answered of a read: a header, or a part of one. */
struct mr_dnp3_read {
    uint8_t group, variation;
    bool all;              /* otherwise a range, or as many as counted */
    bool class0;           /* hidden points are left out */
    uint32_t start, count; /* of a range; of events: classes as bits, and how many at most */
};
extern const struct mr_type mr_dnp3_read_type;

/* Unsolicited responses (clause 4.6): none; the first, empty one is due or waits for its confirmation; ready; one with events
 * waits; all tries were in vain. */
enum mr_dnp3_unsolicited_stage {
    MR_DNP3_U_OFF,
    MR_DNP3_U_NULL_DUE,
    MR_DNP3_U_NULL_WAITS,
    MR_DNP3_U_READY,
    MR_DNP3_U_WAITS,
    MR_DNP3_U_NULL_PAUSES,
    MR_DNP3_U_PAUSES,
};
enum mr_dnp3_held { MR_DNP3_HELD_FOR_CONFIRMATION, MR_DNP3_HELD_FOR_REPLY };

struct mr_dnp3_server {
    struct mr_dnp3_station *station; /* content, set by init */
    /* state */
    bool live, closing;
    bool bound; /* `master` is known */
    bool link_reset, link_fcb;
    bool pinged; /* link status asked for, no answer yet */
    uint32_t client, connection;
    uint16_t address; /* of the master */
    uint8_t master;   /* its number in the station's list */
    mr_ns heard, begun;
    struct mr_dnp3_deframer frame;
    struct mr_dnp3_assembly assembly;
    struct mr_dnp3_sending sending; /* of the fragment at buf + held */
    uint32_t nlink;                 /* frames of the link layer to be sent */
    struct mr_dnp3_link_header link[MR_DNP3_LINK_REPLIES];
    /* an answer in several fragments, or one that waits for its confirmation */
    bool answer_waits, answer_begun;
    uint8_t answer; /* its sequence number */
    uint16_t answer_iin;
    mr_ns answer_until;
    uint32_t nreads, read_at, read_point, read_left;
    struct mr_dnp3_read reads[MR_DNP3_READS_MAX];
    /* unsolicited responses */
    uint8_t unsolicited_stage; /* enum mr_dnp3_unsolicited_stage */
    uint8_t unsolicited, unsolicited_tries;
    mr_ns unsolicited_until;
    /* select before operate */
    bool selected;
    uint8_t select_sequence;
    mr_ns select_until;
    uint64_t select_hash;
    /* the last request, in case it comes again */
    bool repeatable;
    uint8_t repeat_sequence;
    uint64_t repeat_hash;
    uint32_t nrepeat;
    uint8_t repeat[MR_DNP3_REPEAT_MAX];
    struct mr_dnp3_auth auth;
    /* a request at the beginning of `buf` that waits, and for what */
    uint8_t held_for; /* enum mr_dnp3_held */
    uint32_t held;
    uint32_t nbuf; /* octets of `buf` that count */
    uint8_t buf[MR_DNP3_FRAGMENT_MAX];
};
_Static_assert(sizeof(struct mr_dnp3_server) <= 3700, "an idle connection costs under 4 KiB, with what service and socket take");
extern const struct mr_type mr_dnp3_server_type;
extern const struct mr_session_ops mr_dnp3_server_ops;

void mr_dnp3_server_init(struct mr_dnp3_server *s, struct mr_dnp3_station *station);
void mr_dnp3_server_open(struct mr_dnp3_server *s, uint32_t client, mr_ns now);
void mr_dnp3_server_close(struct mr_dnp3_server *s);

struct mr_feed mr_dnp3_server_feed(struct mr_dnp3_server *s, struct mr_slice in, mr_ns now);
bool mr_dnp3_server_next(struct mr_dnp3_server *s, struct mr_dnp3_event *ev);
bool mr_dnp3_server_output(struct mr_dnp3_server *s, struct mr_writer *w);
/* Events to report unasked make it 0: at once. The owner looks at it again after each mr_dnp3_station_sample(). */
mr_ns mr_dnp3_server_deadline(const struct mr_dnp3_server *s);
void mr_dnp3_server_tick(struct mr_dnp3_server *s, mr_ns now);
bool mr_dnp3_server_finished(const struct mr_dnp3_server *s);

#endif
