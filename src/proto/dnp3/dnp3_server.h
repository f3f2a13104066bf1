/* dnp3_server.h - one connection of an outstation, in the shape of proto/session.h. It answers from the station while it is fed.
 *
 * output() writes whole link frames: its writer needs room for MR_DNP3_FRAME_MAX octets at least, and MR_DNP3_FRAMED_MAX of it let
 * a whole fragment go out in one piece. Link frames that are damaged are passed over, as the standard has it: feed never says that
 * a stream is malformed. */
#ifndef MR_PROTO_DNP3_SERVER_H
#define MR_PROTO_DNP3_SERVER_H

#include "proto/dnp3/dnp3_auth.h"
#include "proto/dnp3/dnp3_station.h"
#include "proto/session.h"

#define MR_DNP3_SERVER_EVENTS (MR_DNP3_CONTROLS_MAX + 2) /* a command makes one for each output */
#define MR_DNP3_LINK_REPLIES  4
#define MR_DNP3_READS_MAX     32  /* object headers of one read */
#define MR_DNP3_REPEAT_MAX    256 /* octets of an answer that is kept in case its request comes again */

/* A header of a read whose answer takes several fragments. */
struct mr_dnp3_read {
    uint8_t group, variation, qualifier;
    uint32_t start, count;
};
extern const struct mr_type mr_dnp3_read_type;

struct mr_dnp3_server {
    struct mr_dnp3_station *station; /* content, set by init */
    /* state */
    bool live, closing;
    bool bound; /* `master` is known */
    bool link_reset, link_fcb;
    bool pinged; /* link status asked for, no answer yet */
    uint32_t client, connection;
    uint16_t address; /* of the master */
    uint8_t master;   /* number in the station's list */
    mr_ns heard, begun;
    struct mr_dnp3_deframer frame;
    struct mr_dnp3_assembly assembly;
    struct mr_dnp3_sending sending;
    uint32_t nlink; /* replies of the link layer to be sent */
    struct mr_dnp3_link_header link[MR_DNP3_LINK_REPLIES];
    /* answers to requests */
    bool solicited_waits; /* for a confirmation of `solicited` */
    uint8_t solicited;    /* sequence number */
    mr_ns solicited_until;
    uint32_t nreads, read_at, read_point, read_left;
    struct mr_dnp3_read reads[MR_DNP3_READS_MAX];
    /* unsolicited responses */
    uint8_t unsolicited_stage;
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
    uint8_t held_for; /* a request waits for a confirmation or for its authentication at the beginning of `buf` */
    uint32_t held;
    uint32_t nevents;
    struct mr_dnp3_event events[MR_DNP3_SERVER_EVENTS];
    uint32_t nbuf;                     /* octets of `buf` that count */
    uint8_t buf[MR_DNP3_FRAGMENT_MAX]; /* a request being received, or an answer being sent */
};
_Static_assert(sizeof(struct mr_dnp3_server) <= 4096, "an idle connection costs under 4 KiB");
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
