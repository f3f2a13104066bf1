/* net_sim.h - a site's network in memory: bridges that learn, ARP caches, a router with connection tracking and the firewall
 * table, hosts with TCP, UDP and ping, over the topology. An implementation of net.h.
 *
 * Time is the caller's: requests happen at the time last given, mr_net_sim_advance() runs what is due, ordered by (time,
 * sequence), and delivers. Between two events nothing happens, so mr_net_sim_next() is when to come back. All state lies in the
 * arena; nothing is allocated after creation; the same seed, requests and times give the same frames.
 *
 * A frame takes the topology's latency on each of its two cables, card to bridge and bridge to card. A bridge is a switch: it
 * floods broadcasts and unknown addresses. Frames exist as decoded headers and payload; bytes are made only for who looks. */
#ifndef MR_NET_NET_SIM_H
#define MR_NET_NET_SIM_H

#include "base/arena.h"
#include "net/net.h"

struct mr_net_sim;

/* Called once for each frame that enters a zone's bridge, with the time at which it does: in order of that
 * time, but ahead of the events, as it is known when the frame is sent. */
typedef void mr_net_tap_fn(void *ctx, uint16_t zone, mr_ns t, struct mr_slice frame);

/* Sizes of pools; 0 chooses by the number of nodes. At most 65535 connections. */
struct mr_net_sim_config {
    uint64_t seed;
    uint32_t connections; /* TCP endpoints, those still saying goodbye among them; 184 bytes each */
    uint32_t packets;     /* in flight, waiting for ARP or for their turn at a receiver; 1.6 kB each */
    uint32_t chunks;      /* of 512 bytes: what was sent and is not acknowledged */
    uint32_t ports;       /* listening TCP and bound UDP ports of all nodes together */
    uint32_t flows;       /* tracked by the router */
    uint32_t pings;       /* at once */
    uint32_t neighbours;  /* ARP entries of all cards together; rounded up to a power of two */
    uint32_t backlog;     /* half-open connections per listening port */
};

/* NULL where the arena's limit is reached or the topology is larger than its limits. `topology` must outlive it. */
struct mr_net_sim *mr_net_sim_create(struct mr_arena *arena, const struct mr_topology *topology,
                                     const struct mr_net_sim_config *config, mr_net_deliver_fn *deliver, void *ctx);
struct mr_net *mr_net_sim_net(struct mr_net_sim *sim);
void mr_net_sim_tap(struct mr_net_sim *sim, mr_net_tap_fn *tap, void *ctx); /* NULL: none */

mr_ns mr_net_sim_now(const struct mr_net_sim *sim);
void mr_net_sim_set_now(struct mr_net_sim *sim, mr_ns now); /* never backwards */
mr_ns mr_net_sim_next(const struct mr_net_sim *sim);        /* MR_NEVER_NS: nothing pending */
void mr_net_sim_advance(struct mr_net_sim *sim, mr_ns now); /* everything up to and including `now` */

/* While held, a connection's data waits in its receive window (and the peer with it); for sockets that drain slowly. */
enum mr_err mr_net_sim_hold(struct mr_net_sim *sim, mr_conn conn, bool on);

/* After loading a state: MR_E_CORRUPT where it points outside its pools. Nothing else may be called before. */
enum mr_err mr_net_sim_check(const struct mr_net_sim *sim);

struct mr_net_sim_stats {
    uint32_t connections, packets, chunks, flows; /* taken now */
    uint64_t frames;                              /* that entered a bridge */
    uint64_t dropped;                             /* lost for want of room in a pool */
};
struct mr_net_sim_stats mr_net_sim_stats(const struct mr_net_sim *sim);

#endif
