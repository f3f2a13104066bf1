/* connections.c - TCP connections: reading while answers are taken, writing at once where the kernel has room, a bounded queue
 * where it has not, and an orderly end in each direction. */
#include "wire/sockets_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOT_BITS 13
_Static_assert(MR_WIRE_CONNS_MAX <= 1 << SLOT_BITS, "a connection's number has room for its slot");

static void on_connecting(uv_poll_t *h, int status, int events);
static void on_writable(uv_poll_t *h, int status, int events);

static struct mr_connection *find(struct mr_sockets *s, mr_conn number)
{
    uint32_t slot = number & ((1U << SLOT_BITS) - 1);
    struct mr_connection *c = slot < s->conns_max ? &s->conns[slot] : NULL;
    return c && c->number == number && c->state != MR_CONN_FREE && c->state != MR_CONN_DYING ? c : NULL;
}

struct mr_connection *mr_conn_take(struct mr_sockets *s, int fd, enum mr_conn_state state)
{
    uint32_t slot = 0;
    while (slot < s->conns_max && s->conns[slot].state != MR_CONN_FREE) {
        slot++;
    }
    if (slot == s->conns_max) {
        return NULL;
    }
    struct mr_connection *c = &s->conns[slot];
    uint32_t generation = (c->generation + 1) & (UINT32_MAX >> (SLOT_BITS + 1)); /* MR_CONN_NONE is never one */
    *c = (struct mr_connection){.owner = s, .fd = fd, .state = state, .generation = generation};
    c->number = generation << SLOT_BITS | slot;
    c->since_ms = uv_now(s->loop);
    (void)uv_poll_init(s->loop, &c->poll, fd);
    s->nconns++;
    return c;
}

static void slot_free(uv_handle_t *h)
{
    struct mr_connection *c = (struct mr_connection *)h;
    c->state = MR_CONN_FREE;
    c->owner->nconns--;
}

static void release(struct mr_connection *c, bool reset)
{
    static const struct linger now = {1, 0};
    if (reset) {
        (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    if (c->state == MR_CONN_ENDED) {
        c->owner->nended--;
    }
    struct mr_listener *l = c->listener;
    if (l && --l->nconns == 0 && l->closed) {
        l->used = false;
    }
    free(c->out);
    c->out = NULL;
    c->state = MR_CONN_DYING;
    uv_close((uv_handle_t *)&c->poll, slot_free);
    (void)close(c->fd);
}

void mr_conn_end(struct mr_connection *c, enum mr_err reason, bool reset)
{
    struct mr_net_event ev = {.kind = MR_NET_CLOSED, .conn = c->number, .reason = reason};
    if (c->state == MR_CONN_CONNECTING) {
        ev = (struct mr_net_event){.kind = MR_NET_FAILED, .token = c->token, .reason = reason};
    }
    struct mr_sockets *s = c->owner;
    release(c, reset);
    (void)s->event(s->ctx, &ev);
}

/* The client has sent its last byte. Core may still be at work on an answer: the end waits until it has seen all. */
static void client_ended(struct mr_connection *c)
{
    struct mr_sockets *s = c->owner;
    if (s->done >= c->last_seq && c->out_n == 0) {
        mr_conn_end(c, MR_OK, false);
        return;
    }
    c->state = MR_CONN_ENDED;
    c->since_ms = uv_now(s->loop);
    s->nended++;
    if (c->out_n == 0) {
        (void)uv_poll_stop(&c->poll);
    }
}

void mr_sockets_done(struct mr_sockets *s, uint64_t seq)
{
    s->done = seq;
    for (size_t i = 0; s->nended > 0 && i < s->conns_max; i++) {
        struct mr_connection *c = &s->conns[i];
        if (c->state == MR_CONN_ENDED && c->last_seq <= seq && c->out_n == 0) {
            mr_conn_end(c, MR_OK, false);
        }
    }
}

void mr_conn_readable(uv_poll_t *h, int status, int events)
{
    struct mr_connection *c = (struct mr_connection *)h;
    struct mr_sockets *s = c->owner;
    static uint8_t buf[MR_WIRE_READ];
    (void)events;
    if (s->paused && status == 0) { /* an error must be taken now: the loop does not tell it twice */
        return;
    }
    ssize_t n = read(c->fd, buf, sizeof buf);
    if (n > 0) {
        c->since_ms = uv_now(s->loop);
        c->spoken = true;
        struct mr_net_event ev = {.kind = MR_NET_DATA, .conn = c->number, .data = mr_slice(buf, (size_t)n)};
        c->last_seq = s->event(s->ctx, &ev);
    } else if (n == 0) {
        client_ended(c);
    } else if (errno != EAGAIN && errno != EINTR) {
        mr_conn_end(c, mr_errno(errno), true);
    }
}

static void drained(struct mr_connection *c)
{
    free(c->out);
    c->out = NULL;
    c->out_at = 0;
    if (c->state == MR_CONN_CLOSING) {
        mr_conn_end(c, MR_OK, false);
    } else if (c->state == MR_CONN_ENDED) {
        (void)uv_poll_stop(&c->poll);
        mr_sockets_done(c->owner, c->owner->done);
    } else {
        (void)uv_poll_start(&c->poll, UV_READABLE, mr_conn_readable);
    }
}

static void on_writable(uv_poll_t *h, int status, int events)
{
    struct mr_connection *c = (struct mr_connection *)h;
    (void)status;
    (void)events;
    ssize_t n = send(c->fd, c->out + c->out_at, c->out_n, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            mr_conn_end(c, mr_errno(errno), true);
        }
        return;
    }
    c->since_ms = uv_now(c->owner->loop);
    c->out_at += (uint32_t)n;
    c->out_n -= (uint32_t)n;
    if (c->out_n == 0) {
        drained(c);
    }
}

/* Nothing is read from a client while it does not take what it was given. */
static enum mr_err enqueue(struct mr_connection *c, struct mr_slice data)
{
    if (!c->out) {
        c->out = malloc(MR_NET_SEND_MAX);
        if (!c->out) {
            mr_conn_end(c, MR_E_FULL, true); /* half of it may be on its way */
            return MR_E_CLOSED;
        }
        (void)uv_poll_start(&c->poll, UV_WRITABLE, on_writable);
    }
    if (c->out_at + c->out_n + data.n > MR_NET_SEND_MAX) {
        memmove(c->out, c->out + c->out_at, c->out_n);
        c->out_at = 0;
    }
    memcpy(c->out + c->out_at + c->out_n, data.p, data.n);
    c->out_n += (uint32_t)data.n;
    return MR_OK;
}

enum mr_err mr_conn_send(struct mr_sockets *s, mr_conn number, struct mr_slice data)
{
    struct mr_connection *c = find(s, number);
    if (!c || c->state == MR_CONN_CLOSING || c->state == MR_CONN_CONNECTING) {
        return MR_E_CLOSED;
    }
    if (data.n > MR_NET_SEND_MAX - c->out_n) {
        return MR_E_FULL;
    }
    if (data.n == 0) {
        return MR_OK;
    }
    ssize_t n = 0;
    if (c->out_n == 0) {
        n = send(c->fd, data.p, data.n, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            mr_conn_end(c, mr_errno(errno), true);
            return MR_E_CLOSED;
        }
        n = n < 0 ? 0 : n;
    }
    return (size_t)n == data.n ? MR_OK : enqueue(c, mr_slice(data.p + n, data.n - (size_t)n));
}

void mr_conn_close(struct mr_sockets *s, mr_conn number, bool reset)
{
    struct mr_connection *c = find(s, number);
    if (!c) {
        return;
    }
    if (reset || c->out_n == 0 || c->state == MR_CONN_CONNECTING) {
        mr_conn_end(c, reset ? MR_E_CLOSED : MR_OK, reset);
        return;
    }
    if (c->state == MR_CONN_ENDED) {
        s->nended--;
    }
    c->state = MR_CONN_CLOSING;
    c->since_ms = uv_now(s->loop);
}

void mr_sockets_drop(struct mr_sockets *s, mr_conn conn)
{
    struct mr_connection *c = find(s, conn);
    if (c) {
        mr_conn_end(c, MR_E_CLOSED, true);
    }
}

static void on_connecting(uv_poll_t *h, int status, int events)
{
    struct mr_connection *c = (struct mr_connection *)h;
    struct mr_sockets *s = c->owner;
    int e = 0;
    socklen_t n = sizeof e;
    (void)status;
    (void)events;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0 || e != 0) {
        mr_conn_end(c, mr_errno(e), false);
        return;
    }
    c->state = MR_CONN_OPEN;
    c->spoken = true; /* who must speak first is core's business here */
    c->since_ms = uv_now(s->loop);
    struct mr_net_event ev = {.kind = MR_NET_CONNECTED, .token = c->token, .conn = c->number};
    c->last_seq = s->event(s->ctx, &ev);
    (void)uv_poll_start(&c->poll, UV_READABLE, mr_conn_readable);
}

/* Connects to addresses that are nobody's are limited: each waits for ARP in the machine's one neighbour table. */
static bool stranger_allowed(struct mr_sockets *s, uint32_t ip)
{
    for (uint16_t i = 0; i < s->topology->nnodes; i++) {
        if (s->topology->nodes[i].ip == ip) {
            return true;
        }
    }
    uint64_t now = uv_now(s->loop);
    s->strangers += (double)(now - s->strangers_ms) * MR_WIRE_STRANGERS_PER_S / 1000;
    s->strangers = s->strangers > MR_WIRE_STRANGERS_PER_S ? MR_WIRE_STRANGERS_PER_S : s->strangers;
    s->strangers_ms = now;
    if (s->strangers < 1) {
        return false;
    }
    s->strangers -= 1;
    return true;
}

static int connecting_socket(struct mr_sockets *s, const struct mr_net_request *q)
{
    static const int on = 1, limit_ms = (int)(MR_NET_CONNECT_WAIT / MR_MS);
    if (!s->netns) {
        errno = ENETUNREACH;
        return -1;
    }
    int fd = mr_sockets_open(s, q->node, AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        return -1;
    }
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(s->topology->nodes[q->node].ip);
    to.sin_addr.s_addr = htonl(q->to.ip);
    to.sin_port = htons(q->to.port);
    mr_sockets_small_buffers(fd);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, sizeof limit_ms);
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS)) {
        int saved = errno;
        (void)close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

enum mr_err mr_conn_connect(struct mr_sockets *s, const struct mr_net_request *q)
{
    struct mr_net_event failed = {.kind = MR_NET_FAILED, .token = q->token, .reason = MR_E_UNREACHABLE};
    if (!stranger_allowed(s, q->to.ip)) {
        (void)s->event(s->ctx, &failed);
        return MR_OK;
    }
    int fd = connecting_socket(s, q);
    struct mr_connection *c = fd >= 0 ? mr_conn_take(s, fd, MR_CONN_CONNECTING) : NULL;
    if (!c) {
        failed.reason = fd >= 0 ? MR_E_FULL : mr_errno(errno);
        if (fd >= 0) {
            (void)close(fd);
        }
        (void)s->event(s->ctx, &failed);
        return MR_OK;
    }
    c->token = q->token;
    c->peer_ip = q->to.ip;
    (void)uv_poll_start(&c->poll, UV_WRITABLE, on_connecting);
    return MR_OK;
}

static bool overdue(const struct mr_connection *c, uint64_t now, enum mr_err *reason)
{
    uint64_t quiet = now - c->since_ms;
    *reason = MR_E_TIMEOUT;
    switch (c->state) {
    case MR_CONN_OPEN:
        if (c->out_n > 0) {
            *reason = MR_E_FULL;
            return quiet > MR_WIRE_CLOSING_MS;
        }
        return quiet > (c->spoken ? MR_WIRE_IDLE_MS : MR_WIRE_FIRST_BYTE_MS);
    case MR_CONN_CONNECTING:
        return quiet > (uint64_t)(MR_NET_CONNECT_WAIT / MR_MS) + 1000; /* TCP_USER_TIMEOUT should have ended it */
    case MR_CONN_CLOSING:
    case MR_CONN_ENDED:
        return quiet > MR_WIRE_CLOSING_MS;
    case MR_CONN_FREE:
    case MR_CONN_DYING:
        break;
    }
    return false;
}

void mr_conn_sweep(struct mr_sockets *s)
{
    uint64_t now = uv_now(s->loop);
    for (size_t i = 0; s->nconns > 0 && i < s->conns_max; i++) {
        enum mr_err reason;
        if (overdue(&s->conns[i], now, &reason)) {
            mr_conn_end(&s->conns[i], reason, true);
        }
    }
}
