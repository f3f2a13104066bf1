/* sockets.c - the pool as a whole: where sockets are opened, which request goes where, listeners. */
#include "wire/sockets_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum mr_err mr_errno(int e)
{
    switch (e) {
    case ECONNREFUSED:
        return MR_E_REFUSED;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
        return MR_E_UNREACHABLE;
    case ETIMEDOUT:
        return MR_E_TIMEOUT;
    case EADDRINUSE:
        return MR_E_IN_USE;
    case EACCES:
    case EPERM:
        return MR_E_DENIED;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EADDRNOTAVAIL:
        return MR_E_FULL;
    case ECONNRESET:
    case EPIPE:
        return MR_E_CLOSED;
    default:
        return MR_E_IO;
    }
}

uint32_t mr_sockets_entry_ip(uint32_t ip)
{
    return 127U << 24 | (ip & 0xffffff);
}

int mr_sockets_open(struct mr_sockets *s, uint16_t node, int domain, int type, int protocol)
{
    if (s->netns && mr_netns_enter(s->netns, s->netns->nodes[node].fd) != MR_OK) {
        return -1;
    }
    return socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

void mr_sockets_small_buffers(int fd)
{
    static const int in = MR_WIRE_RCVBUF, out = MR_WIRE_SNDBUF;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &in, sizeof in);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &out, sizeof out);
}

static uint32_t conns_for(uint32_t services)
{
    uint64_t n = (uint64_t)services * MR_WIRE_SERVICE_CONNS;
    return n < MR_WIRE_CONNS ? MR_WIRE_CONNS : n > MR_WIRE_CONNS_MAX ? MR_WIRE_CONNS_MAX : (uint32_t)n;
}

struct mr_sockets *mr_sockets_create(uv_loop_t *loop, struct mr_netns *netns, const struct mr_topology *topology,
                                     uint32_t services, unsigned offset, mr_sockets_event_fn *event, void *ctx)
{
    struct mr_sockets *s = calloc(1, sizeof *s);
    if (!s) {
        return NULL;
    }
    s->conns_max = conns_for(services);
    s->listeners_max = MR_WIRE_LISTENERS + services;
    s->udps_max = MR_WIRE_UDP + services;
    s->conns = calloc(s->conns_max, sizeof *s->conns);
    s->listeners = calloc(s->listeners_max, sizeof *s->listeners);
    s->udps = calloc(s->udps_max, sizeof *s->udps);
    if (!s->conns || !s->listeners || !s->udps) {
        mr_sockets_free(s);
        return NULL;
    }
    s->loop = loop;
    s->netns = netns;
    s->topology = topology;
    s->offset = offset;
    s->event = event;
    s->ctx = ctx;
    s->strangers = MR_WIRE_STRANGERS_PER_S;
    (void)uv_timer_init(loop, &s->ping_timer);
    s->ping_timer.data = s;
    return s;
}

static struct mr_listener *find_listener(struct mr_sockets *s, uint16_t node, uint16_t port)
{
    for (size_t i = 0; i < s->listeners_max; i++) {
        struct mr_listener *l = &s->listeners[i];
        if (l->used && !l->dying && l->node == node && l->port == port) {
            return l;
        }
    }
    return NULL;
}

/* On a full port: the client that has been silent for longest makes room, if it has been so for long enough. */
static bool evict(struct mr_listener *l)
{
    struct mr_sockets *s = l->owner;
    struct mr_connection *oldest = NULL;
    for (size_t i = 0; i < s->conns_max; i++) {
        struct mr_connection *c = &s->conns[i];
        if (c->state == MR_CONN_OPEN && c->listener == l && (!oldest || c->since_ms < oldest->since_ms)) {
            oldest = c;
        }
    }
    if (!oldest || uv_now(s->loop) - oldest->since_ms < MR_WIRE_EVICT_MS) {
        return false;
    }
    mr_conn_end(oldest, MR_E_FULL, true);
    return true;
}

static bool admitted(struct mr_listener *l, uint32_t peer)
{
    struct mr_sockets *s = l->owner;
    uint32_t same = 0;
    if (l->nconns >= MR_WIRE_PEER_CONNS) { /* below that nobody can have too many */
        for (size_t i = 0; i < s->conns_max; i++) {
            const struct mr_connection *c = &s->conns[i];
            same += c->state != MR_CONN_FREE && c->state != MR_CONN_DYING && c->listener == l && c->peer_ip == peer;
        }
    }
    if (same < MR_WIRE_PEER_CONNS && l->nconns < MR_WIRE_LISTENER_CONNS && s->nconns < s->conns_max) {
        return true;
    }
    return evict(l) && s->nconns < s->conns_max;
}

static void refuse(int fd)
{
    static const struct linger now = {1, 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    (void)close(fd);
}

static void accept_one(struct mr_listener *l, int fd, const struct sockaddr_in *peer)
{
    struct mr_sockets *s = l->owner;
    uint32_t ip = ntohl(peer->sin_addr.s_addr);
    struct mr_connection *c = admitted(l, ip) ? mr_conn_take(s, fd, MR_CONN_OPEN) : NULL;
    if (!c) {
        refuse(fd);
        return;
    }
    c->listener = l;
    c->peer_ip = ip;
    l->nconns++;
    struct mr_net_event ev = {
        .kind = MR_NET_ACCEPTED, .node = l->node, .local_port = l->port, .conn = c->number, .peer = {ip, ntohs(peer->sin_port)}};
    c->last_seq = s->event(s->ctx, &ev);
    (void)uv_poll_start(&c->poll, UV_READABLE, mr_conn_readable);
}

static void on_listener(uv_poll_t *h, int status, int events)
{
    struct mr_listener *l = (struct mr_listener *)h;
    (void)status;
    (void)events;
    for (int i = 0; i < MR_WIRE_ACCEPTS && !l->owner->paused; i++) {
        struct sockaddr_in peer = {0};
        socklen_t n = sizeof peer;
        int fd = accept4(l->fd, (struct sockaddr *)&peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return; /* nobody more, or no descriptor: the client stays in the backlog */
        }
        accept_one(l, fd, &peer);
    }
}

static int listening_socket(struct mr_sockets *s, uint16_t node, uint16_t port)
{
    static const int on = 1, silence_ms = (int)(MR_NET_SILENCE / MR_MS);
    int fd = mr_sockets_open(s, node, AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        return -1;
    }
    uint32_t ip = s->topology->nodes[node].ip;
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(s->netns ? ip : mr_sockets_entry_ip(ip));
    at.sin_port = htons((uint16_t)(port + s->offset));
    mr_sockets_small_buffers(fd); /* accepted sockets inherit all of these */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_ms, sizeof silence_ms);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, MR_WIRE_BACKLOG) != 0) {
        int saved = errno;
        (void)close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

enum mr_err mr_listen_open(struct mr_sockets *s, uint16_t node, uint16_t port)
{
    if (find_listener(s, node, port)) {
        return MR_E_IN_USE;
    }
    if (port + s->offset > UINT16_MAX) {
        return MR_E_RANGE;
    }
    size_t i = 0;
    while (i < s->listeners_max && s->listeners[i].used) {
        i++;
    }
    if (i == s->listeners_max) {
        return MR_E_FULL;
    }
    int fd = listening_socket(s, node, port);
    if (fd < 0) {
        return mr_errno(errno);
    }
    struct mr_listener *l = &s->listeners[i];
    *l = (struct mr_listener){.owner = s, .fd = fd, .node = node, .port = port, .used = true};
    (void)uv_poll_init(s->loop, &l->poll, fd);
    (void)uv_poll_start(&l->poll, UV_READABLE, on_listener);
    return MR_OK;
}

static void listener_closed(uv_handle_t *h)
{
    struct mr_listener *l = (struct mr_listener *)h;
    l->closed = true;
    l->used = l->nconns > 0; /* its connections still count on it */
}

static void close_listener(struct mr_listener *l)
{
    l->dying = true;
    uv_close((uv_handle_t *)&l->poll, listener_closed);
    (void)close(l->fd);
}

void mr_listen_close(struct mr_sockets *s, uint16_t node, uint16_t port)
{
    struct mr_listener *l = find_listener(s, node, port);
    if (l) {
        close_listener(l);
    }
}

enum mr_err mr_sockets_request(struct mr_sockets *s, const struct mr_net_request *q)
{
    if (q->node >= s->topology->nnodes) {
        return MR_E_NOT_FOUND;
    }
    switch (q->kind) {
    case MR_NETQ_SEND:
        return mr_conn_send(s, q->conn, q->data);
    case MR_NETQ_CLOSE:
        mr_conn_close(s, q->conn, q->flag);
        return MR_OK;
    case MR_NETQ_LISTEN:
        return mr_listen_open(s, q->node, q->port);
    case MR_NETQ_UNLISTEN:
        mr_listen_close(s, q->node, q->port);
        return MR_OK;
    case MR_NETQ_BIND:
        return mr_udp_open(s, q->node, q->port);
    case MR_NETQ_UNBIND:
        mr_udp_close(s, q->node, q->port);
        return MR_OK;
    case MR_NETQ_CONNECT:
        return mr_conn_connect(s, q);
    case MR_NETQ_DATAGRAM:
        return mr_udp_send(s, q);
    case MR_NETQ_FRAME:
        return mr_raw_send(s, q->node, q->data);
    case MR_NETQ_FRAMES:
        return mr_raw_frames(s, q->node, q->flag);
    case MR_NETQ_PING:
        return mr_raw_ping(s, q);
    case MR_NETQ_LINK:
        return s->netns ? mr_netns_link(s->netns, q->node, q->flag) : MR_E_UNSUPPORTED;
    case MR_NETQ_RULES: /* the caller's: it needs the table decoded */
        break;
    }
    return MR_E_UNSUPPORTED;
}

void mr_sockets_pause(struct mr_sockets *s, bool paused)
{
    s->paused = paused;
}

uint32_t mr_sockets_connections(const struct mr_sockets *s)
{
    return s->nconns;
}

void mr_sockets_sweep(struct mr_sockets *s)
{
    mr_conn_sweep(s);
}

static void ignore_close(uv_handle_t *h)
{
    (void)h;
}

void mr_sockets_close(struct mr_sockets *s)
{
    for (size_t i = 0; i < s->conns_max; i++) {
        struct mr_connection *c = &s->conns[i];
        if (c->state != MR_CONN_FREE && c->state != MR_CONN_DYING) {
            uv_close((uv_handle_t *)&c->poll, ignore_close);
            (void)close(c->fd);
        }
    }
    for (size_t i = 0; i < s->listeners_max; i++) {
        if (s->listeners[i].used && !s->listeners[i].dying) {
            uv_close((uv_handle_t *)&s->listeners[i].poll, ignore_close);
            (void)close(s->listeners[i].fd);
        }
    }
    for (size_t i = 0; i < s->udps_max; i++) {
        if (s->udps[i].used && !s->udps[i].dying) {
            uv_close((uv_handle_t *)&s->udps[i].poll, ignore_close);
            (void)close(s->udps[i].fd);
        }
    }
    mr_raw_close_all(s);
    uv_close((uv_handle_t *)&s->ping_timer, ignore_close);
}

void mr_sockets_free(struct mr_sockets *s)
{
    if (s) {
        for (size_t i = 0; s->conns && i < s->conns_max; i++) {
            free(s->conns[i].out);
        }
        free(s->conns);
        free(s->listeners);
        free(s->udps);
        free(s);
    }
}
