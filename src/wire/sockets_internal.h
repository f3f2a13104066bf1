/* sockets_internal.h - what the files of the socket pool share. */
#ifndef MR_WIRE_SOCKETS_INTERNAL_H
#define MR_WIRE_SOCKETS_INTERNAL_H

#include "wire/sockets.h"

enum mr_conn_state {
    MR_CONN_FREE,
    MR_CONN_CONNECTING,
    MR_CONN_OPEN,
    MR_CONN_ENDED,   /* the client has sent its last byte; answers may still come */
    MR_CONN_CLOSING, /* core has closed; the last answer is still on its way out */
    MR_CONN_DYING,   /* handle being closed by the loop */
};

struct mr_listener;
struct mr_connection {
    uv_poll_t poll; /* first: handles are cast back */
    struct mr_sockets *owner;
    struct mr_listener *listener; /* NULL for our own connects */
    uint8_t *out;                 /* waiting bytes: MR_NET_SEND_MAX, allocated when first needed, freed when drained */
    uint32_t out_at, out_n;
    uint64_t last_seq; /* of the newest input from it */
    uint64_t since_ms; /* last byte in or out, or change of state */
    mr_conn number;
    uint32_t generation;
    uint32_t token;
    uint32_t peer_ip;
    int fd;
    enum mr_conn_state state;
    bool spoken;
};

struct mr_listener {
    uv_poll_t poll;
    struct mr_sockets *owner;
    int fd;
    uint32_t nconns;
    uint16_t node, port;
    bool used, dying, closed;
};

struct mr_udp {
    uv_poll_t poll;
    struct mr_sockets *owner;
    int fd;
    uint16_t node, port;
    bool used, dying;
};

/* A node's raw sockets: ICMP for its pings, and frames where wanted. */
struct mr_raw {
    uv_poll_t poll;
    struct mr_sockets *owner;
    int fd;
    uint16_t node;
    bool used, dying, frames;
};

struct mr_ping {
    uint64_t until_ms; /* 0: free */
    uint32_t token;
    uint16_t node, seq;
};

struct mr_sockets {
    uv_loop_t *loop;
    struct mr_netns *netns;
    const struct mr_topology *topology;
    unsigned offset;
    mr_sockets_event_fn *event;
    void *ctx;
    uv_timer_t ping_timer;
    uint64_t done;
    uint32_t nconns, nended;
    bool paused;      /* core is behind: nothing is read or accepted */
    double strangers; /* tokens */
    uint64_t strangers_ms;
    uint16_t ping_seq;
    struct mr_ping pings[MR_WIRE_PINGS];
    struct mr_connection *conns;
    struct mr_listener *listeners;
    struct mr_udp *udps;
    uint32_t conns_max, listeners_max, udps_max;
    struct mr_raw raws[MR_WIRE_RAW];
};

enum mr_err mr_errno(int e);
/* A socket in the node's namespace. */
int mr_sockets_open(struct mr_sockets *s, uint16_t node, int domain, int type, int protocol);
void mr_sockets_small_buffers(int fd);

enum mr_err mr_conn_connect(struct mr_sockets *s, const struct mr_net_request *q);
enum mr_err mr_conn_send(struct mr_sockets *s, mr_conn number, struct mr_slice data);
void mr_conn_close(struct mr_sockets *s, mr_conn number, bool reset);
/* Takes a slot for an accepted or connecting socket. NULL where none is free: the socket is then still the caller's. */
struct mr_connection *mr_conn_take(struct mr_sockets *s, int fd, enum mr_conn_state state);
/* Ends it: tells core, closes. */
void mr_conn_end(struct mr_connection *c, enum mr_err reason, bool reset);
void mr_conn_sweep(struct mr_sockets *s);
void mr_conn_readable(uv_poll_t *h, int status, int events);

enum mr_err mr_listen_open(struct mr_sockets *s, uint16_t node, uint16_t port);
void mr_listen_close(struct mr_sockets *s, uint16_t node, uint16_t port);

enum mr_err mr_udp_open(struct mr_sockets *s, uint16_t node, uint16_t port);
void mr_udp_close(struct mr_sockets *s, uint16_t node, uint16_t port);
enum mr_err mr_udp_send(struct mr_sockets *s, const struct mr_net_request *q);
enum mr_err mr_raw_frames(struct mr_sockets *s, uint16_t node, bool wanted);
enum mr_err mr_raw_send(struct mr_sockets *s, uint16_t node, struct mr_slice frame);
enum mr_err mr_raw_ping(struct mr_sockets *s, const struct mr_net_request *q);
void mr_raw_close_all(struct mr_sockets *s);

#endif
