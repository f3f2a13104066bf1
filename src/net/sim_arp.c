/* sim_arp.c - ARP (RFC 826) with a neighbour cache per card as Linux keeps it: an entry is good for a while, then still used
 * while its owner is asked again, and forgotten when three questions stay unanswered. */
#include "net/sim_internal.h"

#define ARP_GOOD    (30 * MR_S)
#define ARP_FORGET  (60 * MR_S)
#define ARP_TRIES   3
#define ARP_WAITING 16 /* packets kept for one unanswered question */

/* The card's entry for the address, or a slot for it: a free one, or that of the known neighbour confirmed longest ago which is
 * the same card's or too old to be missed; so one host that sweeps a network does not make the others forget theirs. NULL:
 * none. */
static struct neighbour *slot(struct mr_net_sim *s, uint16_t card, uint32_t ip)
{
    uint64_t h = ((uint64_t)card << 32 | ip) * 0x9e3779b97f4a7c15u;
    struct neighbour *set = &s->neighbours[(h >> 32 & s->neighbour_mask) / WAYS * WAYS];
    struct neighbour *room = NULL;
    for (unsigned i = 0; i < WAYS; i++) {
        struct neighbour *e = &set[i];
        if (e->state != 0 && e->ip == ip && e->card == card) {
            return e;
        }
        bool spare = e->state == NEIGHBOUR_KNOWN && (e->card == card || s->g->now - e->confirmed > ARP_FORGET);
        if (e->state == 0) {
            room = !room || room->state != 0 ? e : room;
        } else if (spare && (!room || (room->state != 0 && e->confirmed < room->confirmed))) {
            room = e;
        }
    }
    return room;
}

static bool is_of(const struct neighbour *e, uint16_t card, uint32_t ip)
{
    return e && e->state != 0 && e->card == card && e->ip == ip;
}

static uint32_t timer_id(const struct mr_net_sim *s, const struct neighbour *e)
{
    return timer_of_neighbour(s, (uint32_t)(e - s->neighbours));
}

static void send_arp(struct mr_net_sim *s, uint16_t card, uint16_t op, uint64_t eth_dst, uint64_t tha, uint32_t tpa)
{
    struct packet *p = mr_nsim_packet(s);
    if (p) {
        const struct nic *nic = &s->nics[card];
        p->h = (struct mr_frame){.eth_dst = eth_dst,
                                 .eth_src = nic->mac,
                                 .eth_type = MR_ETH_TYPE_ARP,
                                 .kind = MR_FRAME_ARP,
                                 .arp_op = op,
                                 .arp_sha = nic->mac,
                                 .src = nic->ip,
                                 .arp_tha = tha,
                                 .dst = tpa};
        mr_nsim_transmit(s, card, p);
    }
}

static void ask(struct mr_net_sim *s, struct neighbour *e)
{
    e->tries++;
    mr_nsim_timer_set(s, timer_id(s, e), s->g->now + MR_NET_ARP_RETRY);
    send_arp(s, e->card, MR_ARP_REQUEST, e->state == NEIGHBOUR_PROBED ? e->mac : MR_MAC_BROADCAST, 0, e->ip);
}

/* Puts the Ethernet addresses of a hop on the packet (for a raw one, on its bytes too). */
static void address(struct mr_net_sim *s, uint16_t card, uint64_t mac, struct packet *p)
{
    p->h.eth_dst = mac;
    p->h.eth_src = s->nics[card].mac;
    p->h.eth_type = MR_ETH_TYPE_IP;
    if (p->raw) {
        struct mr_writer w = mr_writer(p->data, 12);
        mr_write_u16be(&w, (uint16_t)(p->h.eth_dst >> 32));
        mr_write_u32be(&w, (uint32_t)p->h.eth_dst);
        mr_write_u16be(&w, (uint16_t)(p->h.eth_src >> 32));
        mr_write_u32be(&w, (uint32_t)p->h.eth_src);
    }
    mr_nsim_transmit(s, card, p);
}

/* The oldest waiting packet of an entry; NULL where there is none. */
static struct packet *take_waiting(struct mr_net_sim *s, struct neighbour *e)
{
    if (e->waiting == 0) {
        return NULL;
    }
    struct packet *p = &s->packets[e->waiting - 1];
    e->waiting = p->next;
    e->nwaiting--;
    return p;
}

static void wait_for(struct mr_net_sim *s, struct neighbour *e, struct packet *p)
{
    if (e->nwaiting == ARP_WAITING) {
        mr_nsim_packet_free(s, take_waiting(s, e));
    }
    uint32_t *link = &e->waiting;
    while (*link != 0) {
        link = &s->packets[*link - 1].next;
    }
    p->next = 0;
    *link = packet_index(s, p) + 1;
    e->nwaiting++;
}

void mr_nsim_resolve(struct mr_net_sim *s, uint16_t card, uint32_t next_hop, struct packet *p)
{
    struct neighbour *e = slot(s, card, next_hop);
    if (!e) {
        s->g->dropped++;
        mr_nsim_packet_free(s, p);
        return;
    }
    if (!is_of(e, card, next_hop)) {
        mr_nsim_timer_stop(s, timer_id(s, e));
        *e = (struct neighbour){.state = NEIGHBOUR_ASKED, .card = card, .ip = next_hop};
        wait_for(s, e, p);
        ask(s, e);
        return;
    }
    if (e->state == NEIGHBOUR_ASKED) {
        wait_for(s, e, p);
        return;
    }
    if (e->state == NEIGHBOUR_KNOWN && s->g->now - e->confirmed > ARP_GOOD) {
        e->state = NEIGHBOUR_PROBED;
        e->tries = 0;
        ask(s, e);
    }
    address(s, card, e->mac, p);
}

static void confirm(struct mr_net_sim *s, struct neighbour *e, uint64_t mac)
{
    e->mac = mac;
    e->state = NEIGHBOUR_KNOWN;
    e->tries = 0;
    e->confirmed = s->g->now;
    mr_nsim_timer_stop(s, timer_id(s, e));
    uint16_t card = e->card;
    for (struct packet *p = take_waiting(s, e); p; p = take_waiting(s, e)) {
        address(s, card, mac, p);
    }
}

/* RFC 826's order: first what is known of the sender is renewed, then, where the question is for us, it is learnt and answered.
 * So a forged reply poisons a cache, as it does in life. */
void mr_nsim_arp_input(struct mr_net_sim *s, uint16_t card, const struct mr_frame *h)
{
    const struct nic *nic = &s->nics[card];
    if (mr_mac_is_group(h->arp_sha) || h->src == 0 || h->src == nic->ip || ((h->src ^ nic->ip) & nic->mask) != 0) {
        return;
    }
    struct neighbour *e = slot(s, card, h->src);
    if (is_of(e, card, h->src)) {
        confirm(s, e, h->arp_sha);
    }
    if (h->dst != nic->ip || h->arp_op != MR_ARP_REQUEST) {
        return;
    }
    if (e && !is_of(e, card, h->src)) {
        mr_nsim_timer_stop(s, timer_id(s, e));
        *e = (struct neighbour){.card = card, .ip = h->src};
        confirm(s, e, h->arp_sha);
    }
    send_arp(s, card, MR_ARP_REPLY, h->arp_sha, h->arp_sha, h->src);
}

/* Nobody has the address: what waited for it goes back to who sent it. */
static void give_up(struct mr_net_sim *s, struct neighbour *e)
{
    struct neighbour gone = *e;
    *e = (struct neighbour){0};
    for (struct packet *p = take_waiting(s, &gone); p; p = take_waiting(s, &gone)) {
        if (p->h.src == s->nics[gone.card].ip) {
            struct mr_frame quoted = p->h;
            mr_nsim_packet_free(s, p);
            mr_nsim_unreachable(s, gone.card, &quoted, MR_ICMP_HOST);
        } else {
            mr_nsim_icmp_error(s, gone.card, p, MR_ICMP_UNREACHABLE, MR_ICMP_HOST);
            mr_nsim_packet_free(s, p);
        }
    }
}

void mr_nsim_neighbour_timer(struct mr_net_sim *s, uint32_t i)
{
    struct neighbour *e = &s->neighbours[i];
    if (e->state != NEIGHBOUR_ASKED && e->state != NEIGHBOUR_PROBED) {
        return;
    }
    if (e->tries < ARP_TRIES) {
        ask(s, e);
    } else {
        give_up(s, e);
    }
}
