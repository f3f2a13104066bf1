/* net_rig.h - a simulated network for tests: two zones of four nodes, everything that happens counted and kept. */
#ifndef MR_NET_RIG_H
#define MR_NET_RIG_H

#include "net/frame.h"
#include "net/net_sim.h"

#define RIG_NODES     8 /* 0-3 in zone 0 (10.0.1.10-13), 4-7 in zone 1 (10.0.2.10-13) */
#define RIG_EVENTS    256
#define RIG_FRAMES    256
#define RIG_IP(node)  ((node) < 4 ? 0x0a00010au + (uint32_t)(node) : 0x0a00020au + (uint32_t)(node)-4)
#define RIG_MAC(node) (0x020000000010u + (uint64_t)(node))

struct rig_frame {
    mr_ns t;
    uint16_t zone;
    struct mr_frame h;
    size_t payload_n;
};

struct rig {
    struct mr_topology topology; /* before rig_open: latency (100 us) and loss may be changed */
    struct mr_net_sim_config config;
    struct mr_arena *arena;
    struct mr_net_sim *sim;
    struct mr_net *net;
    mr_ns now;
    struct mr_net_event events[RIG_EVENTS]; /* the first ones; without their data */
    size_t nevents;
    size_t counts[MR_NET_EVENT_KINDS];
    size_t bytes; /* of DATA events */
    uint64_t sum; /* of everything delivered and tapped, in order */
    struct rig_frame frames[RIG_FRAMES];
    size_t nframes;
    bool answers; /* port 502 answers every DATA with 200 bytes */
    bool taps;
};

void rig_init(struct rig *r);
void rig_open(struct rig *r);
void rig_close(struct rig *r);
void rig_run(struct rig *r, mr_ns for_ns);
/* A connection from one node to port 502 of another, which listens; the caller's and the server's number. */
void rig_connect(struct rig *r, uint16_t from, uint16_t to, mr_conn *client, mr_conn *server);
/* Sends a frame with the node's own addresses unless set; port and flags as given. */
void rig_send_frame(struct rig *r, uint16_t node, struct mr_frame f, struct mr_slice payload);
const struct mr_net_event *rig_last(const struct rig *r, enum mr_net_event_kind kind);

#endif
