/* iec104_server.h - one connection of a controlled station, in the shape of proto/session.h.
 *
 * It answers from the station (iec104_station.h) while output is taken. The owner's loop: feed, then next until there is none,
 * then output, and again while feed said MR_FEED_BLOCKED. When deadline() is not later than now, tick(now) and output: that is
 * also how spontaneous data leave after a mr_iec104_station_sample(). */
#ifndef MR_PROTO_IEC104_SERVER_H
#define MR_PROTO_IEC104_SERVER_H

#include "proto/iec104/iec104_station.h"
#include "proto/session.h"

#define MR_IEC104_SERVER_QUEUE   1200 /* bytes of answers and tasks that wait for the window */
#define MR_IEC104_SERVER_EVENTS  16
#define MR_IEC104_SERVER_OWED    8 /* STARTDT con and STOPDT con in a row */
#define MR_IEC104_SERVER_PENDING 4 /* commands whose end waits for return information */

/* A reader of the station's event buffer: of a redundancy group, or of a connection outside all. */
struct mr_iec104_reader {
    uint64_t read;  /* number of the next event to be sent */
    uint64_t acked; /* events before it have arrived */
};
extern const struct mr_type mr_iec104_reader_type;

/* A command that was carried out and is not ended yet. */
struct mr_iec104_pending {
    uint16_t command; /* index */
    uint8_t expected; /* state of the feedback point */
    mr_ns until;
    uint32_t n;
    uint8_t asdu[24]; /* to be mirrored */
};
extern const struct mr_type mr_iec104_pending_type;

struct mr_iec104_server {
    struct mr_iec104_station *station; /* content, set by init */
    /* state */
    bool live;
    bool closing;
    bool started;  /* STARTDT: user data may be sent */
    bool stopping; /* STOPDT act came: what is queued still leaves, and con follows when all is acknowledged */
    uint8_t group; /* redundancy group, or MR_IEC104_REDUNDANCY for none */
    uint32_t id;   /* unique while the station lives */
    uint32_t client;
    uint32_t cycles[MR_IEC104_PERIODS_MAX]; /* of each period: the last sent */
    struct mr_iec104_reader own;
    struct mr_iec104_link link;
    uint64_t marks[MR_IEC104_K_MAX]; /* by sequence number: the reader's position after it */
    uint32_t nowed;
    uint8_t owed[MR_IEC104_SERVER_OWED]; /* confirmations of U formats */
    uint32_t step;                       /* of the task at the queue's head: the next run */
    uint32_t nqueue;
    uint8_t queue[MR_IEC104_SERVER_QUEUE];
    uint32_t nout; /* a frame that did not fit the writer whole */
    uint8_t out[MR_IEC104_APDU_MAX];
    uint32_t npending;
    struct mr_iec104_pending pending[MR_IEC104_SERVER_PENDING];
    uint32_t nevents;
    struct mr_iec104_event events[MR_IEC104_SERVER_EVENTS];
};
_Static_assert(sizeof(struct mr_iec104_server) <= 4096, "an idle connection costs under 4 KiB");
extern const struct mr_type mr_iec104_server_type;
extern const struct mr_session_ops mr_iec104_server_ops;

void mr_iec104_server_init(struct mr_iec104_server *s, struct mr_iec104_station *station);
/* False: the station has no room, or its access list does not know the client; nothing is to be closed then. */
bool mr_iec104_server_open(struct mr_iec104_server *s, uint32_t client, mr_ns now);
void mr_iec104_server_close(struct mr_iec104_server *s);

struct mr_feed mr_iec104_server_feed(struct mr_iec104_server *s, struct mr_slice in, mr_ns now);
bool mr_iec104_server_next(struct mr_iec104_server *s, struct mr_iec104_event *ev);
bool mr_iec104_server_output(struct mr_iec104_server *s, struct mr_writer *w);
mr_ns mr_iec104_server_deadline(const struct mr_iec104_server *s);
void mr_iec104_server_tick(struct mr_iec104_server *s, mr_ns now);
bool mr_iec104_server_finished(const struct mr_iec104_server *s);

#endif
