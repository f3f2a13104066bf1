/* s7_server.h - one connection of an S7comm server, in the shape of proto/session.h.
 *
 * It answers from the process image while it is fed, and sends by itself what clients have subscribed to: deadline() says when.
 * The owner's loop: feed, then next until there is none, then output, and again while feed said MR_FEED_BLOCKED. */
#ifndef MR_PROTO_S7_SERVER_H
#define MR_PROTO_S7_SERVER_H

#include "proto/s7/s7_cpu.h"
#include "proto/session.h"

#define MR_S7_SERVER_OUT (MR_S7_PACKET_MAX + 64)
/* Blocks that one activation reports, and so the most that any job does beside the items that it names; each block was reported
 * when it came, too. */
#define MR_S7_ACTIVATED_MAX 20
#define MR_S7_JOB_EVENTS    (MR_S7_ITEMS_MAX + MR_S7_ACTIVATED_MAX)
#define MR_S7_SERVER_EVENTS (MR_S7_JOB_EVENTS + 4)

/* A block on its way to the client or from it. */
enum mr_s7_transfer_state { MR_S7_NO_TRANSFER, MR_S7_UPLOADING, MR_S7_ASK, MR_S7_ASKED, MR_S7_ASK_END, MR_S7_ASKED_END };
struct mr_s7_transfer {
    uint8_t state; /* enum mr_s7_transfer_state */
    uint8_t type;
    uint16_t number;
    uint16_t reference;  /* of the job that we sent */
    uint16_t error;      /* what the end of a download will say */
    uint32_t at, size;   /* of the container */
    uint32_t generation; /* of the program's blocks when an upload began */
};

struct mr_s7_server {
    const struct mr_s7_cpu *cpu; /* content, set by init */
    /* state */
    bool live;
    bool closing;
    bool connected; /* COTP */
    bool logged_in;
    uint32_t client;
    uint32_t key; /* what the CPU knows this connection by */
    mr_ns heard, begun;
    uint16_t pdu_size; /* agreed */
    uint8_t tpdu_code; /* of the size of its TPDUs, as the client asked for it; 0 where it did not */
    /* a list that did not fit, asked for piece by piece */
    uint16_t list_id, list_index, list_at;
    uint8_t list_reference;
    /* messages that it asked for, and those of the CPU that it has had */
    uint8_t subscribed, alarms;
    uint32_t diagnosed, messaged;
    uint16_t reference; /* of our own jobs */
    uint16_t njobs;     /* of the CPU's that are this connection's */
    struct mr_s7_transfer up, down;
    struct mr_s7_framer in;
    uint32_t nout;
    uint8_t out[MR_S7_SERVER_OUT];
    uint32_t nevents;
    struct mr_s7_event events[MR_S7_SERVER_EVENTS];
};
_Static_assert(sizeof(struct mr_s7_server) <= 3072, "an idle connection costs under 4 KiB, the network's part of it included");
extern const struct mr_type mr_s7_server_type;
extern const struct mr_session_ops mr_s7_server_ops;

void mr_s7_server_init(struct mr_s7_server *s, const struct mr_s7_cpu *cpu);
void mr_s7_server_open(struct mr_s7_server *s, uint32_t client, mr_ns now);
void mr_s7_server_close(struct mr_s7_server *s);

struct mr_feed mr_s7_server_feed(struct mr_s7_server *s, struct mr_slice in, mr_ns now);
bool mr_s7_server_next(struct mr_s7_server *s, struct mr_s7_event *ev);
bool mr_s7_server_output(struct mr_s7_server *s, struct mr_writer *w);
mr_ns mr_s7_server_deadline(const struct mr_s7_server *s);
void mr_s7_server_tick(struct mr_s7_server *s, mr_ns now);
bool mr_s7_server_finished(const struct mr_s7_server *s);

#endif
