/* sim_internal.h - what the files of the simulated network (net_sim.h) share. Not for others.
 *
 *   net_sim.c      creation, the event loop, requests
 *   sim_timer.c    deadlines: a heap ordered by (time, sequence)
 *   sim_link.c     cables and bridges: a packet from a card to the cards it reaches
 *   sim_arp.c      from IP addresses to MAC addresses
 *   sim_ip.c       IPv4 at a host: sending, receiving, ICMP, UDP, ping
 *   sim_router.c   forwarding between zones, firewall
 *   sim_tcp.c      TCP: what arrives
 *   sim_tcp_out.c  TCP: what is sent, and timers
 *   sim_tcb.c      TCP: connections as records, their numbers and queues
 *   sim_state.c    the field tables, and the check after a load
 *
 * A card is a node's network card, by the node's index, or (nnodes + zone) the router's in a zone. */
#ifndef MR_NET_SIM_INTERNAL_H
#define MR_NET_SIM_INTERNAL_H

#include "base/rng.h"
#include "net/conntrack.h"
#include "net/frame.h"
#include "net/net_sim.h"
#include "net/pool.h"

#define CARD_ALL     UINT16_MAX
#define WAYS         8 /* slots in which a MAC address or a neighbour may lie */
#define CHUNK_BYTES  512
#define RECV_WINDOW  64240 /* 44 full segments: what Linux offers */
#define RECV_PACKETS 64    /* segments that may wait at one receiver */

/* ---- records (field tables in sim_state.c) ---- */
struct packet {
    bool live;
    bool raw;                       /* data is the whole frame as a node made it; else only the payload */
    bool local;                     /* never leaves the card's host */
    uint16_t from, to;              /* cards; to may be CARD_ALL: all of the zone */
    uint16_t payload_at, payload_n; /* in data */
    uint32_t next;                  /* in its queue: index + 1 */
    mr_ns at;
    uint64_t order;
    struct mr_frame h;
    uint32_t n;
    uint8_t data[MR_FRAME_MAX];
};

struct chunk {
    bool live;
    uint32_t next; /* index + 1 */
    uint32_t n;
    uint8_t data[CHUNK_BYTES];
};

struct card {
    bool down;
    bool wants_frames;
    uint16_t ip_id;
    uint16_t next_port;
};

struct port {
    bool live;
    uint8_t proto;
    uint16_t node, port;
    uint32_t next; /* of the same node: index + 1 */
    uint32_t half_open;
};

struct mac_entry {
    bool live;
    uint16_t zone, card;
    uint64_t mac;
    mr_ns seen;
};

enum neighbour_state { NEIGHBOUR_ASKED = 1, NEIGHBOUR_KNOWN, NEIGHBOUR_PROBED };

struct neighbour {
    uint8_t state; /* 0: free */
    uint8_t tries;
    uint8_t nwaiting;
    uint16_t card;
    uint32_t ip;
    uint32_t waiting; /* packets, oldest first: index + 1 */
    uint64_t mac;
    mr_ns confirmed;
};

struct ping {
    bool live;
    uint16_t node;
    uint32_t ip, token;
};

/* RFC 9293's states but for LISTEN (a port) and CLOSE_WAIT (a host's program is told of the FIN and closes at once). GONE: only
 * the program does not know yet. */
enum tcp_state { TCP_NONE, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK, TIME_WAIT, GONE };

struct tcb {
    uint8_t state;  /* enum tcp_state */
    bool app;       /* a program holds the number, or waits for it */
    bool known;     /* it has been told of it: CONNECTED or ACCEPTED */
    bool held;      /* it does not read now */
    bool fin;       /* FIN follows the last queued byte */
    uint8_t report; /* CLOSED to be delivered with this enum mr_err, plus 1; 0: none */
    uint8_t tries;  /* retransmissions in a row */
    uint8_t dup_acks;
    uint8_t rx_n;
    uint16_t node, lport, rport;
    uint16_t mss;
    uint32_t rip;
    uint32_t token;
    uint32_t chain;    /* hash chain: index + 1 */
    uint32_t listener; /* port: index + 1, while half open */
    uint32_t snd_una, snd_nxt, snd_max, snd_wnd, cwnd, ssthresh;
    uint32_t rcv_nxt, read_nxt;            /* received in order; handed to the program */
    uint32_t acked;                        /* rcv_nxt as last told to the peer */
    uint32_t q_head, q_tail, q_off, q_len; /* chunks (index + 1), bytes gone from the first, bytes in all */
    uint32_t rx;                           /* packets waiting in sequence order: index + 1 */
    uint32_t timed;                        /* sequence number whose acknowledgement is timed */
    bool timing;
    mr_ns sent_at;
    mr_ns srtt, rttvar;
    mr_ns progress; /* when the peer last acknowledged something new */
    mr_ns rtx_at;   /* retransmission, probe or end of TIME_WAIT */
    mr_ns ack_at;   /* delayed acknowledgement */
};

struct timer {
    mr_ns at;
    uint64_t order;
    uint32_t id;
    bool live;
};

struct globals {
    mr_ns now;
    uint64_t order;
    uint32_t flight_head, flight_tail; /* packets under way, by time: index + 1 */
    uint32_t ntimers;
    uint32_t time_waits; /* connections in TIME_WAIT */
    uint64_t frames, dropped;
    struct mr_rng rng_loss, rng_tcp;
    struct mr_fw_table table;
    struct mr_fw_meter meters[MR_FW_RULES];
};

/* A card's fixed side. */
struct nic {
    uint64_t mac;
    uint32_t ip, mask, gateway; /* gateway 0: none */
    uint16_t zone;
    bool router;
};

struct mr_net_sim {
    struct mr_net net; /* first: requests come with this */
    const struct mr_topology *topology;
    struct mr_net_sim_config config;
    mr_net_deliver_fn *deliver;
    void *deliver_ctx;
    mr_net_tap_fn *tap;
    void *tap_ctx;

    struct nic *nics;
    uint16_t ncards;
    uint16_t *members; /* cards by zone */
    uint16_t member_at[MR_ZONES_MAX + 1];

    struct globals *g;
    struct card *cards;
    struct packet *packets;
    struct mr_pool packet_pool;
    struct chunk *chunks;
    struct mr_pool chunk_pool;
    struct tcb *tcbs;
    struct mr_pool tcb_pool;
    uint16_t *generations; /* of connection numbers, by slot */
    uint32_t *tcb_heads;   /* hash chains: index + 1 */
    uint32_t tcb_mask;
    struct port *ports;
    struct mr_pool port_pool;
    uint32_t *port_heads; /* by node: index + 1 */
    struct mac_entry *macs;
    uint32_t mac_mask;
    struct neighbour *neighbours;
    uint32_t neighbour_mask;
    struct ping *pings;
    struct mr_pool ping_pool;
    struct mr_conntrack *conntrack;
    struct timer *timers;   /* a heap */
    uint32_t *timer_places; /* by id: index in the heap + 1 */
    uint32_t timer_cap;
};

/* ---- sim_state.c ---- */
extern const struct mr_type mr_nsim_packet_type, mr_nsim_chunk_type, mr_nsim_card_type, mr_nsim_port_type, mr_nsim_mac_type,
    mr_nsim_neighbour_type, mr_nsim_ping_type, mr_nsim_tcb_type, mr_nsim_timer_type, mr_nsim_globals_type;

/* ---- net_sim.c ---- */
void mr_nsim_deliver(struct mr_net_sim *s, const struct mr_net_event *ev);

/* ---- sim_timer.c: ids are tcbs, then neighbours, then pings ---- */
static inline uint32_t timer_of_neighbour(const struct mr_net_sim *s, uint32_t i)
{
    return s->config.connections + i;
}
static inline uint32_t timer_of_ping(const struct mr_net_sim *s, uint32_t i)
{
    return s->config.connections + s->neighbour_mask + 1 + i;
}
void mr_nsim_timer_set(struct mr_net_sim *s, uint32_t id, mr_ns at);
/* As set, but a timer that runs already and is due before stays: it fires early and is set again. Cheap for deadlines that
 * move. */
void mr_nsim_timer_by(struct mr_net_sim *s, uint32_t id, mr_ns at);
void mr_nsim_timer_stop(struct mr_net_sim *s, uint32_t id);
uint32_t mr_nsim_timer_pop(struct mr_net_sim *s); /* the first one's id; there must be one */

/* ---- sim_link.c ---- */
/* NULL where the pool is empty (counted). The header is zero. */
struct packet *mr_nsim_packet(struct mr_net_sim *s);
void mr_nsim_packet_free(struct mr_net_sim *s, struct packet *p);
static inline uint32_t packet_index(const struct mr_net_sim *s, const struct packet *p)
{
    return (uint32_t)(p - s->packets);
}
static inline struct mr_slice packet_payload(const struct packet *p)
{
    return mr_slice(p->data + p->payload_at, p->payload_n);
}
/* A packet whose Ethernet addresses are set leaves the card. Takes the packet over. */
void mr_nsim_transmit(struct mr_net_sim *s, uint16_t card, struct packet *p);
/* Straight back to the card's own host. */
void mr_nsim_loop(struct mr_net_sim *s, uint16_t card, struct packet *p);
/* The first packet in flight has arrived. */
void mr_nsim_arrive(struct mr_net_sim *s);
void mr_nsim_forget_macs(struct mr_net_sim *s, uint16_t card);

/* ---- sim_arp.c ---- */
/* Finds the next hop's MAC address and transmits, now or when it is known. Takes the packet over. */
void mr_nsim_resolve(struct mr_net_sim *s, uint16_t card, uint32_t next_hop, struct packet *p);
void mr_nsim_arp_input(struct mr_net_sim *s, uint16_t card, const struct mr_frame *h);
void mr_nsim_neighbour_timer(struct mr_net_sim *s, uint32_t i);

/* ---- sim_ip.c ---- */
/* Sends from a host: src, dst, proto and what is above are set. Takes the packet over. */
void mr_nsim_ip_output(struct mr_net_sim *s, uint16_t card, struct packet *p);
/* True where the packet was kept. */
bool mr_nsim_ip_input(struct mr_net_sim *s, uint16_t card, struct packet *p);
/* Delivers locally what is for this host. True where the packet was kept. */
bool mr_nsim_local_input(struct mr_net_sim *s, uint16_t card, struct packet *p);
/* An ICMP error about `p` from this card to its sender, unless it must not be answered (RFC 1122, 3.2.2). */
void mr_nsim_icmp_error(struct mr_net_sim *s, uint16_t card, const struct packet *p, uint8_t type, uint8_t code);
/* A packet of this host's cannot go on: told by ICMP or by ARP. `quoted` has the fields of mr_frame_decode_quote(). */
void mr_nsim_unreachable(struct mr_net_sim *s, uint16_t card, const struct mr_frame *quoted, uint8_t code);
void mr_nsim_ping_timer(struct mr_net_sim *s, uint32_t i);
struct port *mr_nsim_port_find(struct mr_net_sim *s, uint16_t node, uint8_t proto, uint16_t port);

/* ---- sim_router.c ---- */
/* The router's card whose zone has the address; CARD_ALL where no route leads there. */
uint16_t mr_nsim_route(const struct mr_net_sim *s, uint32_t ip);
bool mr_nsim_forward(struct mr_net_sim *s, uint16_t card, struct packet *p);

/* ---- sim_tcp.c ---- */
bool mr_nsim_tcp_input(struct mr_net_sim *s, uint16_t card, struct packet *p); /* true where the packet was kept */
void mr_nsim_tcp_unreachable(struct mr_net_sim *s, uint16_t card, const struct mr_frame *quoted);
/* A reset that answers `p`, which met no connection (RFC 9293, 3.10.7.1), in the name of the host it was for. */
void mr_nsim_tcp_refuse(struct mr_net_sim *s, uint16_t card, const struct packet *p);
void mr_nsim_tcp_read(struct mr_net_sim *s, struct tcb *t); /* hands over what waits, unless held */

/* ---- sim_tcp_out.c ---- */
void mr_nsim_tcp_syn(struct mr_net_sim *s, struct tcb *t);    /* SYN, or SYN and ACK */
void mr_nsim_tcp_output(struct mr_net_sim *s, struct tcb *t); /* what the windows allow */
void mr_nsim_tcp_ack(struct mr_net_sim *s, struct tcb *t);
void mr_nsim_tcp_reset(struct mr_net_sim *s, struct tcb *t);  /* sends RST */
void mr_nsim_tcp_resend(struct mr_net_sim *s, struct tcb *t); /* the oldest segment */
void mr_nsim_tcp_arm(struct mr_net_sim *s, struct tcb *t);    /* the timers, by what is outstanding */
void mr_nsim_tcb_timer(struct mr_net_sim *s, uint32_t i);

/* ---- sim_tcb.c: connections as records ---- */
struct tcb *mr_nsim_tcb_new(struct mr_net_sim *s, uint16_t node, uint16_t lport, struct mr_addr peer); /* NULL: none free */
uint32_t *mr_nsim_tcb_chain(const struct mr_net_sim *s, const struct tcb *t); /* the head of its hash chain */
struct tcb *mr_nsim_tcb_find(const struct mr_net_sim *s, uint16_t node, uint16_t lport, uint32_t rip, uint16_t rport);
void mr_nsim_tcb_free(struct mr_net_sim *s, struct tcb *t);
mr_conn mr_nsim_conn(const struct mr_net_sim *s, const struct tcb *t);
struct tcb *mr_nsim_tcb_of(struct mr_net_sim *s, mr_conn conn); /* NULL: no program holds that number */
enum mr_err mr_nsim_tcb_queue(struct mr_net_sim *s, struct tcb *t, struct mr_slice data);
void mr_nsim_tcb_copy(const struct mr_net_sim *s, const struct tcb *t, uint32_t offset, uint8_t *to,
                      uint32_t n);                                           /* from the queue */
void mr_nsim_tcb_acked(struct mr_net_sim *s, struct tcb *t, uint32_t bytes); /* frees the front of the queue */
/* The program is told that it is closed, or that its connect failed; soon, by the timer. */
void mr_nsim_tcb_report(struct mr_net_sim *s, struct tcb *t, enum mr_err reason);
/* No more packets: the program is told, and the record free after that. */
void mr_nsim_tcb_end(struct mr_net_sim *s, struct tcb *t, enum mr_err reason);
void mr_nsim_tcb_time_wait(struct mr_net_sim *s, struct tcb *t);

static inline uint32_t tcb_index(const struct mr_net_sim *s, const struct tcb *t)
{
    return (uint32_t)(t - s->tcbs);
}
static inline uint32_t tcp_window(const struct tcb *t)
{
    uint32_t waiting = t->rcv_nxt - t->read_nxt;
    return waiting < RECV_WINDOW ? RECV_WINDOW - waiting : 0;
}
static inline bool seq_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

#endif
