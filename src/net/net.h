/* net.h - the network as a site's devices see it: one interface, two implementations.
 *
 * The simulated one (net_sim.h) moves Ethernet frames through bridges, a router and TCP state machines in memory. The live one
 * (site/net_live.c) turns requests into messages to the wire process and its messages into events. Code above cannot tell which
 * it has; tests/unit/net_contract.c runs on both. Nothing blocks; what comes of a request arrives as an event.
 *
 * Addresses are IPv4 in host byte order. A node is a network card of a device (index into the topology). A connection's number
 * is chosen by the implementation and not used again before its CLOSED has been delivered. */
#ifndef MR_NET_NET_H
#define MR_NET_NET_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/time.h"
#include "net/firewall.h"
#include "net/topology.h"

typedef uint32_t mr_conn;
#define MR_CONN_NONE UINT32_MAX
/* Open at a time, slow and hostile ones included: a small site's, and the largest one's (both ends of two for each of its cards).
 * Where a site may have n of them, a power of two, their numbers differ modulo n. */
#define MR_CONNS     8192
#define MR_CONNS_MAX 16384

struct mr_addr {
    uint32_t ip;
    uint16_t port;
};

enum mr_net_event_kind {
    MR_NET_ACCEPTED,  /* node, conn, local_port, peer: somebody connected to a listening port */
    MR_NET_CONNECTED, /* token, conn: our connect succeeded */
    MR_NET_FAILED,    /* token, reason: REFUSED (RST), UNREACHABLE (ICMP, no ARP answer), TIMEOUT (silence), FULL */
    MR_NET_DATA,      /* conn, data */
    MR_NET_CLOSED,    /* conn, reason: OK (FIN), CLOSED (RST), TIMEOUT, FULL (peer would not read). The number is free now */
    MR_NET_DATAGRAM,  /* node, local_port, peer, data */
    MR_NET_FRAME,     /* node, data: a raw Ethernet frame, on nodes that asked for them */
    MR_NET_PONG,      /* token, reason: OK, TIMEOUT, UNREACHABLE, DENIED */
    MR_NET_DENIED,    /* the router dropped or rejected a packet: rule, from, peer (its destination), proto */
};
#define MR_NET_EVENT_KINDS 9

struct mr_net_event {
    enum mr_net_event_kind kind;
    uint16_t node;
    uint16_t local_port;
    mr_conn conn;
    uint32_t token;
    struct mr_addr peer;
    struct mr_addr from; /* DENIED: the source */
    uint8_t proto;       /* DENIED: IP protocol number */
    uint16_t rule;       /* DENIED: index in the table, MR_FW_DEFAULT for the default */
    enum mr_err reason;
    struct mr_slice data; /* valid during the call only */
};

/* Receives every event, in order. Called from inside mr_net_input()/the event queue, never from inside a request. */
typedef void mr_net_deliver_fn(void *ctx, const struct mr_net_event *ev);

struct mr_net;
struct mr_net_ops {
    enum mr_err (*listen)(struct mr_net *n, uint16_t node, uint16_t port);
    enum mr_err (*unlisten)(struct mr_net *n, uint16_t node, uint16_t port); /* connections live on */
    enum mr_err (*bind)(struct mr_net *n, uint16_t node, uint16_t port);     /* UDP */
    enum mr_err (*unbind)(struct mr_net *n, uint16_t node, uint16_t port);
    enum mr_err (*connect)(struct mr_net *n, uint16_t node, struct mr_addr to, uint32_t token);
    /* Queues bytes. MR_E_FULL when more than the connection's window of memory (MR_NET_SEND_MAX) would wait: nothing is queued.
     */
    enum mr_err (*send)(struct mr_net *n, mr_conn conn, struct mr_slice data);
    void (*close)(struct mr_net *n, mr_conn conn, bool reset); /* CLOSED follows */
    enum mr_err (*datagram)(struct mr_net *n, uint16_t node, uint16_t local_port, struct mr_addr to, struct mr_slice data);
    enum mr_err (*frame)(struct mr_net *n, uint16_t node, struct mr_slice frame);
    enum mr_err (*want_frames)(struct mr_net *n, uint16_t node, bool on);
    enum mr_err (*ping)(struct mr_net *n, uint16_t node, uint32_t ip, uint32_t token);
    enum mr_err (*rules)(struct mr_net *n,
                         const struct mr_fw_table *table); /* replaces all; established flows are kept or cut as fw says */
    enum mr_err (*link)(struct mr_net *n, uint16_t node, bool up); /* a cable pulled or plugged */
};
struct mr_net {
    const struct mr_net_ops *ops;
};

/* How patient both implementations are, so that code above cannot tell them apart by time. */
#define MR_NET_ARP_RETRY    (300 * MR_MS) /* asked three times: who is not there is known in a second */
#define MR_NET_PING_WAIT    (2 * MR_S)
#define MR_NET_CONNECT_WAIT (4 * MR_S)  /* silence that makes a connect fail */
#define MR_NET_SILENCE      (20 * MR_S) /* nothing acknowledged for so long: the peer is gone */

#define MR_NET_SEND_MAX 65536 /* bytes waiting on one connection: twice the largest answer of any protocol here */

#endif
