/* sim_ip.c - IPv4 at a host of the simulated network (RFC 791, RFC 1122): sending and receiving, ICMP (RFC 792), UDP (RFC
 * 768). */
#include "net/sim_internal.h"

#define TTL           64
#define DONT_FRAGMENT 0x4000
#define QUOTE_MAX     548             /* RFC 1812, 4.3.2.3: an ICMP error is at most 576 bytes */
#define MULTICAST_MAC 0x01005e000000u /* RFC 1112, 6.4: and the low 23 bits of the group */

static bool is_multicast(uint32_t ip)
{
    return ip >> 28 == 0xe;
}

static bool is_broadcast(const struct nic *nic, uint32_t ip)
{
    bool all_ones = (ip | nic->mask) == UINT32_MAX && nic->mask != UINT32_MAX;
    return ip == UINT32_MAX || (all_ones && ((ip ^ nic->ip) & nic->mask) == 0);
}

void mr_nsim_ip_output(struct mr_net_sim *s, uint16_t card, struct packet *p)
{
    const struct nic *nic = &s->nics[card];
    p->h.eth_type = MR_ETH_TYPE_IP;
    p->h.eth_src = nic->mac;
    p->h.ip_id = s->cards[card].ip_id++;
    p->h.ip_frag = DONT_FRAGMENT;
    p->h.ttl = TTL;
    if (p->h.dst == nic->ip) {
        mr_nsim_loop(s, card, p);
    } else if (is_broadcast(nic, p->h.dst) || is_multicast(p->h.dst)) {
        p->h.eth_dst = is_multicast(p->h.dst) ? MULTICAST_MAC | (p->h.dst & 0x7fffff) : MR_MAC_BROADCAST;
        mr_nsim_transmit(s, card, p);
    } else if (((p->h.dst ^ nic->ip) & nic->mask) == 0) {
        mr_nsim_resolve(s, card, p->h.dst, p);
    } else if (nic->gateway != 0) {
        mr_nsim_resolve(s, card, nic->gateway, p);
    } else {
        if (p->h.src == nic->ip) { /* no route: the host tells itself */
            mr_nsim_icmp_error(s, card, p, MR_ICMP_UNREACHABLE, MR_ICMP_NET);
        }
        mr_nsim_packet_free(s, p);
    }
}

/* An answer to `p` from the host that `p` was sent to, or from `src`. */
static struct packet *answer(struct mr_net_sim *s, const struct packet *p, uint32_t src, uint8_t kind, uint8_t proto)
{
    struct packet *a = mr_nsim_packet(s);
    if (a) {
        a->h.kind = kind;
        a->h.proto = proto;
        a->h.src = src;
        a->h.dst = p->h.src;
    }
    return a;
}

/* No error about an error, about a fragment that is not the first, or to a group (RFC 1122, 3.2.2). */
static bool may_complain(const struct nic *nic, const struct mr_frame *h)
{
    bool about_error = h->kind == MR_FRAME_ICMP && h->icmp_type != MR_ICMP_ECHO && h->icmp_type != MR_ICMP_ECHO_REPLY;
    return !about_error && (h->ip_frag & 0x1fff) == 0 && !mr_mac_is_group(h->eth_dst) && !is_broadcast(nic, h->dst) &&
           !is_multicast(h->dst) && h->src != 0 && !is_multicast(h->src) && !is_broadcast(nic, h->src);
}

void mr_nsim_icmp_error(struct mr_net_sim *s, uint16_t card, const struct packet *p, uint8_t type, uint8_t code)
{
    if (s->nics[card].router) {
        card = mr_nsim_route(s, p->h.src); /* the way back, which may not be the side where it failed */
    }
    if (card == CARD_ALL || !may_complain(&s->nics[card], &p->h)) {
        return;
    }
    struct packet *a = answer(s, p, s->nics[card].ip, MR_FRAME_ICMP, MR_IP_ICMP);
    if (!a) {
        return;
    }
    a->h.icmp_type = type;
    a->h.icmp_code = code;
    a->h.tos = 0xc0; /* RFC 1812, 4.3.2.5: precedence of internetwork control */
    struct mr_writer w = mr_writer(a->data, sizeof a->data);
    if (p->raw) {
        mr_write_bytes(&w, mr_slice(p->data + MR_ETH_HEAD, (size_t)p->payload_at + p->payload_n - MR_ETH_HEAD));
    } else {
        mr_frame_encode_ip(&p->h, packet_payload(p), &w);
    }
    a->n = w.n < QUOTE_MAX ? (uint32_t)w.n : QUOTE_MAX;
    a->payload_n = (uint16_t)a->n;
    mr_nsim_ip_output(s, card, a);
}

/* ---- ICMP ---- */
static void echo(struct mr_net_sim *s, uint16_t card, const struct packet *p)
{
    struct packet *a = answer(s, p, p->h.dst, MR_FRAME_ICMP, MR_IP_ICMP);
    if (a) {
        a->h.icmp_type = MR_ICMP_ECHO_REPLY;
        a->h.seq = p->h.seq;
        a->n = a->payload_n = p->payload_n;
        memcpy(a->data, p->data + p->payload_at, p->payload_n);
        mr_nsim_ip_output(s, card, a);
    }
}

static void pong(struct mr_net_sim *s, uint32_t i, enum mr_err reason)
{
    struct ping *g = &s->pings[i];
    struct mr_net_event ev = {
        .kind = MR_NET_PONG, .node = g->node, .token = g->token, .peer = {g->ip, 0}, .reason = reason, .conn = MR_CONN_NONE};
    mr_nsim_timer_stop(s, timer_of_ping(s, i));
    *g = (struct ping){0};
    mr_pool_give(&s->ping_pool, i);
    mr_nsim_deliver(s, &ev);
}

/* The ping whose identifier a message or a quote has, if it is this host's and for that address. */
static void ping_ends(struct mr_net_sim *s, uint16_t card, uint32_t ip, uint32_t id_seq, enum mr_err reason)
{
    uint32_t i = id_seq >> 16;
    if (mr_pool_has(&s->ping_pool, i) && s->pings[i].node == card && s->pings[i].ip == ip) {
        pong(s, i, reason);
    }
}

void mr_nsim_ping_timer(struct mr_net_sim *s, uint32_t i)
{
    pong(s, i, MR_E_TIMEOUT);
}

void mr_nsim_unreachable(struct mr_net_sim *s, uint16_t card, const struct mr_frame *quoted, uint8_t code)
{
    if (quoted->proto == MR_IP_TCP) {
        mr_nsim_tcp_unreachable(s, card, quoted);
    } else if (quoted->proto == MR_IP_ICMP && quoted->icmp_type == MR_ICMP_ECHO) {
        ping_ends(s, card, quoted->dst, quoted->seq, code == MR_ICMP_PROHIBITED ? MR_E_DENIED : MR_E_UNREACHABLE);
    }
}

static void icmp_input(struct mr_net_sim *s, uint16_t card, const struct packet *p)
{
    struct mr_frame quoted;
    switch (p->h.icmp_type) {
    case MR_ICMP_ECHO:
        if (!mr_mac_is_group(p->h.eth_dst)) {
            echo(s, card, p);
        }
        break;
    case MR_ICMP_ECHO_REPLY:
        ping_ends(s, card, p->h.src, p->h.seq, MR_OK);
        break;
    case MR_ICMP_UNREACHABLE:
    case MR_ICMP_TIME_EXCEEDED:
        if (mr_frame_decode_quote(packet_payload(p), &quoted) == MR_OK && quoted.src == s->nics[card].ip) {
            mr_nsim_unreachable(s, card, &quoted, p->h.icmp_type == MR_ICMP_UNREACHABLE ? p->h.icmp_code : MR_ICMP_NET);
        }
        break;
    default:
        break;
    }
}

/* ---- UDP ---- */
struct port *mr_nsim_port_find(struct mr_net_sim *s, uint16_t node, uint8_t proto, uint16_t port)
{
    if (node >= s->topology->nnodes) {
        return NULL; /* the router offers no service */
    }
    for (uint32_t i = s->port_heads[node]; i != 0; i = s->ports[i - 1].next) {
        struct port *p = &s->ports[i - 1];
        if (p->port == port && p->proto == proto) {
            return p;
        }
    }
    return NULL;
}

static void udp_input(struct mr_net_sim *s, uint16_t card, const struct packet *p)
{
    if (!mr_nsim_port_find(s, card, MR_IP_UDP, p->h.dport)) {
        mr_nsim_icmp_error(s, card, p, MR_ICMP_UNREACHABLE, MR_ICMP_PORT);
        return;
    }
    struct mr_net_event ev = {.kind = MR_NET_DATAGRAM,
                              .node = card,
                              .local_port = p->h.dport,
                              .conn = MR_CONN_NONE,
                              .peer = {p->h.src, p->h.sport},
                              .data = packet_payload(p)};
    mr_nsim_deliver(s, &ev);
}

/* ---- what arrives ---- */
bool mr_nsim_local_input(struct mr_net_sim *s, uint16_t card, struct packet *p)
{
    switch (p->h.kind) {
    case MR_FRAME_TCP:
        return !mr_mac_is_group(p->h.eth_dst) && mr_nsim_tcp_input(s, card, p);
    case MR_FRAME_UDP:
        udp_input(s, card, p);
        return false;
    case MR_FRAME_ICMP:
        icmp_input(s, card, p);
        return false;
    default:
        return false;
    }
}

bool mr_nsim_ip_input(struct mr_net_sim *s, uint16_t card, struct packet *p)
{
    const struct nic *nic = &s->nics[card];
    if (p->h.src == 0 || is_multicast(p->h.src) || is_broadcast(nic, p->h.src)) {
        return false;
    }
    if (p->h.dst == nic->ip) {
        return mr_nsim_local_input(s, card, p);
    }
    if (is_broadcast(nic, p->h.dst) || is_multicast(p->h.dst)) {
        return !nic->router && mr_nsim_local_input(s, card, p);
    }
    return nic->router && !mr_mac_is_group(p->h.eth_dst) && mr_nsim_forward(s, card, p);
}
