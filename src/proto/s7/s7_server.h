/* s7_server.h - one connection of an S7comm server, in the shape of proto/session.h.
 *
 * It answers from the process image while it is fed. The owner's loop: feed, then next until there is none, then output, and
 * again while feed said MR_FEED_BLOCKED. */
#ifndef MR_PROTO_S7_SERVER_H
#define MR_PROTO_S7_SERVER_H

#include "proto/s7/s7_cpu.h"
#include "proto/session.h"

#define MR_S7_SERVER_OUT    (MR_S7_PACKET_MAX + 512)
#define MR_S7_SERVER_EVENTS (MR_S7_ITEMS_MAX + 4) /* a job that writes makes one for each variable */

struct mr_s7_server {
    const struct mr_s7_cpu *cpu; /* content, set by init */
    /* state */
    bool live;
    bool closing;
    bool connected; /* COTP */
    bool logged_in;
    uint32_t client;
    mr_ns heard, begun;
    uint16_t pdu_size; /* agreed */
    /* a list that did not fit, asked for piece by piece */
    uint16_t list_id, list_index, list_at;
    uint8_t list_reference;
    struct mr_s7_framer in;
    uint32_t npdu; /* of a PDU cut into several data TPDUs */
    uint8_t pdu[MR_S7_PDU_MAX];
    uint32_t nout;
    uint8_t out[MR_S7_SERVER_OUT];
    uint32_t nevents;
    struct mr_s7_event events[MR_S7_SERVER_EVENTS];
};
_Static_assert(sizeof(struct mr_s7_server) <= 4096, "an idle connection costs under 4 KiB");
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
