/* sim_router.c - the router of the simulated network: forwards between zones (RFC 1812) what the firewall table lets through. */
#include "net/sim_internal.h"

uint16_t mr_nsim_route(const struct mr_net_sim *s, uint32_t ip)
{
    uint16_t first = s->topology->nnodes;
    for (uint16_t card = first; card < s->ncards; card++) {
        const struct nic *nic = &s->nics[card];
        if (nic->router && ((ip ^ nic->ip) & nic->mask) == 0) {
            return card;
        }
    }
    return CARD_ALL;
}

static void tell_denied(struct mr_net_sim *s, const struct mr_frame *h, uint16_t rule)
{
    struct mr_net_event ev = {.kind = MR_NET_DENIED,
                              .conn = MR_CONN_NONE,
                              .from = {h->src, h->sport},
                              .peer = {h->dst, h->dport},
                              .proto = h->proto,
                              .rule = rule};
    mr_nsim_deliver(s, &ev);
}

static void refuse(struct mr_net_sim *s, uint16_t card, const struct packet *p)
{
    if (p->h.kind == MR_FRAME_TCP) {
        mr_nsim_tcp_refuse(s, card, p);
    } else {
        mr_nsim_icmp_error(s, card, p, MR_ICMP_UNREACHABLE, p->h.kind == MR_FRAME_UDP ? MR_ICMP_PORT : MR_ICMP_PROHIBITED);
    }
}

/* The table's answer; a new flow that may pass is remembered. */
static bool passes(struct mr_net_sim *s, uint16_t card, const struct packet *p)
{
    struct globals *g = s->g;
    struct mr_fw_packet fp = mr_conntrack_see(s->conntrack, &p->h, packet_payload(p), g->now);
    struct mr_fw_verdict v = mr_fw_judge(&g->table, g->meters, &fp, g->now);
    if (v.action == MR_FW_REJECT) {
        refuse(s, card, p);
    }
    if (v.logged) {
        tell_denied(s, &p->h, v.rule);
    }
    return v.action == MR_FW_ALLOW && (fp.state != MR_CT_NEW || mr_conntrack_commit(s->conntrack, &fp.flow, g->now));
}

/* One hop less to live; a raw frame's bytes follow, checksum included. */
static void count_hop(struct packet *p)
{
    p->h.ttl--;
    if (p->raw) {
        uint8_t *ip = p->data + MR_ETH_HEAD;
        ip[8] = p->h.ttl;
        ip[10] = ip[11] = 0;
        uint16_t sum = mr_inet_checksum(mr_inet_sum(0, mr_slice(ip, (size_t)(ip[0] & 15) * 4)));
        ip[10] = (uint8_t)(sum >> 8);
        ip[11] = (uint8_t)sum;
    }
}

bool mr_nsim_forward(struct mr_net_sim *s, uint16_t card, struct packet *p)
{
    uint16_t out = mr_nsim_route(s, p->h.dst);
    if (out != CARD_ALL && s->nics[out].ip == p->h.dst) {
        return mr_nsim_local_input(s, card, p); /* the router's address in another zone */
    }
    if (mr_nsim_route(s, p->h.src) != card) {
        return false; /* forged source */
    }
    if (out == CARD_ALL) {
        mr_nsim_icmp_error(s, card, p, MR_ICMP_UNREACHABLE, MR_ICMP_NET);
        return false;
    }
    if (p->h.ttl <= 1) {
        mr_nsim_icmp_error(s, card, p, MR_ICMP_TIME_EXCEEDED, 0);
        return false;
    }
    if (!passes(s, card, p)) {
        return false;
    }
    count_hop(p);
    mr_nsim_resolve(s, out, p->h.dst, p);
    return true;
}
