/* datagrams.c - UDP, pings (RFC 792, over a raw ICMP socket a node) and raw Ethernet frames (packet(7)). */
#include "wire/sockets_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ICMP_FILTER_OPT 1 /* ICMP_FILTER of linux/icmp.h, which cannot be included beside netinet's */

/* The loop stops watching a socket that has an error (a card that went down); the next read takes the error away. */
static void watch_on(uv_poll_t *h, int status, uv_poll_cb cb)
{
    if (status < 0) {
        (void)uv_poll_start(h, UV_READABLE, cb);
    }
}

static void on_udp(uv_poll_t *h, int status, int events)
{
    struct mr_udp *u = (struct mr_udp *)h;
    struct mr_sockets *s = u->owner;
    static uint8_t buf[65536];
    (void)events;
    watch_on(h, status, on_udp);
    for (int i = 0; i < MR_WIRE_DATAGRAMS && !s->paused; i++) {
        struct sockaddr_in peer = {0};
        socklen_t n = sizeof peer;
        ssize_t got = recvfrom(u->fd, buf, sizeof buf, 0, (struct sockaddr *)&peer, &n);
        if (got < 0) {
            return;
        }
        struct mr_net_event ev = {.kind = MR_NET_DATAGRAM,
                                  .node = u->node,
                                  .local_port = u->port,
                                  .peer = {ntohl(peer.sin_addr.s_addr), ntohs(peer.sin_port)},
                                  .data = mr_slice(buf, (size_t)got)};
        (void)s->event(s->ctx, &ev);
    }
}

static struct mr_udp *find_udp(struct mr_sockets *s, uint16_t node, uint16_t port)
{
    for (size_t i = 0; i < s->udps_max; i++) {
        if (s->udps[i].used && !s->udps[i].dying && s->udps[i].node == node && s->udps[i].port == port) {
            return &s->udps[i];
        }
    }
    return NULL;
}

/* To the card alone, not to its address, so that it hears broadcasts too. */
static bool bind_udp(struct mr_sockets *s, uint16_t node, uint16_t port, int fd)
{
    int card = s->netns ? mr_netns_card(s->topology, node) : 0;
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(s->netns ? INADDR_ANY : mr_sockets_entry_ip(s->topology->nodes[node].ip));
    at.sin_port = htons((uint16_t)(port + s->offset));
    return (!s->netns || setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &card, sizeof card) == 0) &&
           bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
}

/* -1 and errno. */
static int udp_socket(struct mr_sockets *s, uint16_t node, uint16_t port)
{
    static const int on = 1;
    int fd = mr_sockets_open(s, node, AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || !bind_udp(s, node, port, fd)) {
        int saved = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        errno = saved;
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    return fd;
}

enum mr_err mr_udp_open(struct mr_sockets *s, uint16_t node, uint16_t port)
{
    if (find_udp(s, node, port)) {
        return MR_OK;
    }
    size_t i = 0;
    while (i < s->udps_max && s->udps[i].used) {
        i++;
    }
    if (i == s->udps_max || port + s->offset > UINT16_MAX) {
        return MR_E_FULL;
    }
    int fd = udp_socket(s, node, port);
    if (fd < 0) {
        return mr_errno(errno);
    }
    mr_sockets_small_buffers(fd);
    struct mr_udp *u = &s->udps[i];
    *u = (struct mr_udp){.owner = s, .fd = fd, .node = node, .port = port, .used = true};
    (void)uv_poll_init(s->loop, &u->poll, fd);
    (void)uv_poll_start(&u->poll, UV_READABLE, on_udp);
    return MR_OK;
}

static void udp_closed(uv_handle_t *h)
{
    ((struct mr_udp *)h)->used = false;
}

void mr_udp_close(struct mr_sockets *s, uint16_t node, uint16_t port)
{
    struct mr_udp *u = find_udp(s, node, port);
    if (u) {
        u->dying = true;
        uv_close((uv_handle_t *)&u->poll, udp_closed);
        (void)close(u->fd);
    }
}

/* From a port that is not bound: it goes out all the same, and answers find nobody. */
enum mr_err mr_udp_send(struct mr_sockets *s, const struct mr_net_request *q)
{
    const struct mr_udp *u = find_udp(s, q->node, q->port);
    int fd = u ? u->fd : udp_socket(s, q->node, q->port);
    if (fd < 0) {
        return mr_errno(errno);
    }
    struct sockaddr_in to = {.sin_family = AF_INET};
    to.sin_addr.s_addr = htonl(q->to.ip);
    to.sin_port = htons(q->to.port);
    ssize_t n = sendto(fd, q->data.p, q->data.n, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof to);
    enum mr_err err = n < 0 ? mr_errno(errno) : MR_OK;
    if (!u) {
        (void)close(fd);
    }
    return err;
}

static void raw_closed(uv_handle_t *h)
{
    ((struct mr_raw *)h)->used = false;
}

static struct mr_raw *raw_take(struct mr_sockets *s, uint16_t node, int fd, uv_poll_cb cb)
{
    for (size_t i = 0; i < MR_WIRE_RAW; i++) {
        struct mr_raw *r = &s->raws[i];
        if (!r->used) {
            *r = (struct mr_raw){.owner = s, .fd = fd, .node = node, .used = true};
            (void)uv_poll_init(s->loop, &r->poll, fd);
            (void)uv_poll_start(&r->poll, UV_READABLE, cb);
            return r;
        }
    }
    return NULL;
}

static struct mr_raw *find_raw(struct mr_sockets *s, uint16_t node, bool frames)
{
    for (size_t i = 0; i < MR_WIRE_RAW; i++) {
        struct mr_raw *r = &s->raws[i];
        if (r->used && !r->dying && r->node == node && r->frames == frames) {
            return r;
        }
    }
    return NULL;
}

static void raw_close(struct mr_raw *r)
{
    r->dying = true;
    uv_close((uv_handle_t *)&r->poll, raw_closed);
    (void)close(r->fd);
}

void mr_raw_close_all(struct mr_sockets *s)
{
    for (size_t i = 0; i < MR_WIRE_RAW; i++) {
        if (s->raws[i].used && !s->raws[i].dying) {
            raw_close(&s->raws[i]);
        }
    }
}

static void on_frame(uv_poll_t *h, int status, int events)
{
    struct mr_raw *r = (struct mr_raw *)h;
    struct mr_sockets *s = r->owner;
    uint8_t buf[MR_WIRE_FRAME];
    (void)events;
    watch_on(h, status, on_frame);
    for (int i = 0; i < MR_WIRE_DATAGRAMS && !s->paused; i++) {
        struct sockaddr_ll from = {0};
        socklen_t n = sizeof from;
        ssize_t got = recvfrom(r->fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &n);
        if (got < 0) {
            return;
        }
        if (from.sll_pkttype != PACKET_OUTGOING) {
            struct mr_net_event ev = {.kind = MR_NET_FRAME, .node = r->node, .data = mr_slice(buf, (size_t)got)};
            (void)s->event(s->ctx, &ev);
        }
    }
}

enum mr_err mr_raw_frames(struct mr_sockets *s, uint16_t node, bool wanted)
{
    struct mr_raw *r = find_raw(s, node, true);
    if (!wanted && r) {
        raw_close(r);
    }
    if (!wanted || r) {
        return MR_OK;
    }
    if (!s->netns) {
        return MR_E_UNSUPPORTED;
    }
    int fd = mr_sockets_open(s, node, AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll at = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = mr_netns_card(s->topology, node)};
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || !(r = raw_take(s, node, fd, on_frame))) {
        enum mr_err err = mr_errno(errno);
        if (fd >= 0) {
            (void)close(fd);
        }
        return err;
    }
    r->frames = true;
    return MR_OK;
}

enum mr_err mr_raw_send(struct mr_sockets *s, uint16_t node, struct mr_slice frame)
{
    enum mr_err err = mr_raw_frames(s, node, true);
    struct mr_raw *r = find_raw(s, node, true);
    if (err != MR_OK || !r) {
        return err;
    }
    return send(r->fd, frame.p, frame.n, MSG_NOSIGNAL) < 0 ? mr_errno(errno) : MR_OK;
}

static void pong(struct mr_sockets *s, struct mr_ping *p, enum mr_err reason)
{
    struct mr_net_event ev = {.kind = MR_NET_PONG, .token = p->token, .reason = reason};
    p->until_ms = 0;
    (void)s->event(s->ctx, &ev);
}

static void pong_for(struct mr_sockets *s, uint16_t node, const struct icmphdr *echo, enum mr_err reason)
{
    for (size_t i = 0; i < MR_WIRE_PINGS; i++) {
        struct mr_ping *p = &s->pings[i];
        if (p->until_ms && p->node == node && htons(p->seq) == echo->un.echo.sequence && htons(node) == echo->un.echo.id) {
            pong(s, p, reason);
            return;
        }
    }
}

static enum mr_err unreachable_reason(uint8_t code)
{
    return code == ICMP_PKT_FILTERED || code == ICMP_NET_ANO || code == ICMP_HOST_ANO ? MR_E_DENIED : MR_E_UNREACHABLE;
}

/* One IP packet with ICMP: an echo reply, or an error that quotes our echo. */
static void icmp_packet(struct mr_raw *r, const uint8_t *p, size_t n)
{
    struct iphdr ip;
    struct icmphdr icmp, echo;
    if (n < sizeof ip) {
        return;
    }
    memcpy(&ip, p, sizeof ip);
    size_t at = (size_t)ip.ihl * 4;
    if (n < at + sizeof icmp) {
        return;
    }
    memcpy(&icmp, p + at, sizeof icmp);
    if (icmp.type == ICMP_ECHOREPLY) {
        pong_for(r->owner, r->node, &icmp, MR_OK);
        return;
    }
    at += sizeof icmp;
    if (icmp.type != ICMP_DEST_UNREACH || n < at + sizeof ip) {
        return;
    }
    memcpy(&ip, p + at, sizeof ip);
    at += (size_t)ip.ihl * 4;
    if (ip.protocol == IPPROTO_ICMP && n >= at + sizeof echo) {
        memcpy(&echo, p + at, sizeof echo);
        pong_for(r->owner, r->node, &echo, unreachable_reason(icmp.code));
    }
}

static void on_icmp(uv_poll_t *h, int status, int events)
{
    struct mr_raw *r = (struct mr_raw *)h;
    uint8_t buf[MR_WIRE_FRAME];
    (void)events;
    watch_on(h, status, on_icmp);
    for (int i = 0; i < MR_WIRE_DATAGRAMS; i++) {
        ssize_t n = recv(r->fd, buf, sizeof buf, 0);
        if (n < 0) {
            return;
        }
        icmp_packet(r, buf, (size_t)n);
    }
}

static struct mr_raw *icmp_socket(struct mr_sockets *s, uint16_t node)
{
    struct mr_raw *r = find_raw(s, node, false);
    if (r || !s->netns) {
        return r;
    }
    int fd = mr_sockets_open(s, node, AF_INET, SOCK_RAW, IPPROTO_ICMP);
    if (fd < 0) {
        return NULL;
    }
    const uint32_t ignored = ~(1U << ICMP_ECHOREPLY | 1U << ICMP_DEST_UNREACH);
    (void)setsockopt(fd, SOL_RAW, ICMP_FILTER_OPT, &ignored, sizeof ignored);
    mr_sockets_small_buffers(fd);
    r = raw_take(s, node, fd, on_icmp);
    if (!r) {
        (void)close(fd);
    }
    return r;
}

static uint16_t checksum(const uint8_t *p, size_t n) /* RFC 1071; n even */
{
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < n; i += 2) {
        sum += (uint32_t)(p[i] << 8 | p[i + 1]);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~(sum + (sum >> 16));
}

static void on_ping_timer(uv_timer_t *t)
{
    struct mr_sockets *s = t->data;
    uint64_t now = uv_now(s->loop), next = UINT64_MAX;
    for (size_t i = 0; i < MR_WIRE_PINGS; i++) {
        struct mr_ping *p = &s->pings[i];
        if (p->until_ms && p->until_ms <= now) {
            pong(s, p, MR_E_TIMEOUT);
        } else if (p->until_ms && p->until_ms < next) {
            next = p->until_ms;
        }
    }
    if (next != UINT64_MAX) {
        (void)uv_timer_start(t, on_ping_timer, next - now, 0);
    }
}

static bool send_echo(const struct mr_raw *r, uint32_t ip, uint16_t seq)
{
    uint8_t packet[8 + 48];
    struct mr_writer w = mr_writer(packet, sizeof packet);
    mr_write_u8(&w, ICMP_ECHO);
    mr_write_u8(&w, 0);
    mr_write_u16be(&w, 0);
    mr_write_u16be(&w, r->node);
    mr_write_u16be(&w, seq);
    for (uint8_t i = 0; i < 48; i++) {
        mr_write_u8(&w, (uint8_t)(0x10 + i));
    }
    mr_patch_u16be(&w, 2, checksum(packet, sizeof packet));
    struct sockaddr_in to = {.sin_family = AF_INET};
    to.sin_addr.s_addr = htonl(ip);
    return sendto(r->fd, packet, sizeof packet, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof to) >= 0;
}

enum mr_err mr_raw_ping(struct mr_sockets *s, const struct mr_net_request *q)
{
    struct mr_raw *r = icmp_socket(s, q->node);
    size_t i = 0;
    while (i < MR_WIRE_PINGS && s->pings[i].until_ms) {
        i++;
    }
    struct mr_net_event failed = {.kind = MR_NET_PONG, .token = q->token, .reason = MR_E_UNREACHABLE};
    if (!r || i == MR_WIRE_PINGS || !send_echo(r, q->to.ip, ++s->ping_seq)) {
        (void)s->event(s->ctx, &failed);
        return MR_OK;
    }
    s->pings[i] = (struct mr_ping){uv_now(s->loop) + (uint64_t)(MR_NET_PING_WAIT / MR_MS), q->token, q->node, s->ping_seq};
    if (!uv_is_active((uv_handle_t *)&s->ping_timer)) {
        (void)uv_timer_start(&s->ping_timer, on_ping_timer, (uint64_t)(MR_NET_PING_WAIT / MR_MS), 0);
    }
    return MR_OK;
}
