/* sim_link.c - cables and learning bridges (IEEE 802.1D, 7.8: learning, 7.9: filtering database) of the simulated network. */
#include "net/sim_internal.h"

#define MAC_AGE (300 * MR_S) /* IEEE 802.1D, table 7-5: ageing time */

struct packet *mr_nsim_packet(struct mr_net_sim *s)
{
    uint32_t i = mr_pool_take(&s->packet_pool);
    if (i == MR_NONE) {
        s->g->dropped++;
        return NULL;
    }
    struct packet *p = &s->packets[i];
    p->live = true;
    p->raw = p->local = false;
    p->payload_at = p->payload_n = 0;
    p->next = 0;
    p->n = 0;
    p->h = (struct mr_frame){0};
    return p;
}

void mr_nsim_packet_free(struct mr_net_sim *s, struct packet *p)
{
    p->live = false;
    mr_pool_give(&s->packet_pool, packet_index(s, p));
}

/* The way in which the address lies or would be put: a free one, or the one seen longest ago if it is too old to count. NULL
 * where the table has no room: such an address is not learnt, its frames are flooded. */
static struct mac_entry *mac_slot(const struct mr_net_sim *s, uint16_t zone, uint64_t mac)
{
    uint64_t h = (mac ^ (uint64_t)zone << 48) * 0x9e3779b97f4a7c15u;
    struct mac_entry *set = &s->macs[(h >> 32 & s->mac_mask) / WAYS * WAYS];
    struct mac_entry *room = NULL;
    for (unsigned i = 0; i < WAYS; i++) {
        struct mac_entry *e = &set[i];
        if (e->live && e->mac == mac && e->zone == zone) {
            return e;
        }
        if (!room && (!e->live || s->g->now - e->seen > MAC_AGE)) {
            room = e;
        }
    }
    return room;
}

static void learn(struct mr_net_sim *s, uint16_t zone, uint64_t mac, uint16_t card)
{
    struct mac_entry *e = mr_mac_is_group(mac) ? NULL : mac_slot(s, zone, mac);
    if (e) {
        *e = (struct mac_entry){true, zone, card, mac, s->g->now};
    }
}

static uint16_t filter(const struct mr_net_sim *s, uint16_t zone, uint64_t mac)
{
    if (mr_mac_is_group(mac)) {
        return CARD_ALL;
    }
    const struct mac_entry *e = mac_slot(s, zone, mac);
    bool known = e && e->live && e->mac == mac && e->zone == zone && s->g->now - e->seen <= MAC_AGE;
    return known ? e->card : CARD_ALL;
}

void mr_nsim_forget_macs(struct mr_net_sim *s, uint16_t card)
{
    for (uint32_t i = 0; i <= s->mac_mask; i++) {
        if (s->macs[i].live && s->macs[i].card == card) {
            s->macs[i] = (struct mac_entry){0};
        }
    }
}

/* The packet's bytes; `buf` (MR_FRAME_MAX) is used where they must be made. */
static struct mr_slice bytes_of(const struct packet *p, uint8_t *buf)
{
    if (p->raw) {
        return mr_slice(p->data, p->n);
    }
    struct mr_writer w = mr_writer(buf, MR_FRAME_MAX);
    mr_frame_encode(&p->h, packet_payload(p), &w);
    MR_ASSERT(!w.full);
    return mr_written(&w);
}

static void enqueue(struct mr_net_sim *s, struct packet *p)
{
    struct globals *g = s->g;
    p->at = g->now + 2 * s->topology->latency_ns;
    p->order = g->order++;
    p->next = 0;
    uint32_t link = packet_index(s, p) + 1;
    if (g->flight_tail != 0) {
        s->packets[g->flight_tail - 1].next = link;
    } else {
        g->flight_head = link;
    }
    g->flight_tail = link;
}

void mr_nsim_transmit(struct mr_net_sim *s, uint16_t card, struct packet *p)
{
    if (s->cards[card].down) {
        mr_nsim_packet_free(s, p);
        return;
    }
    uint16_t zone = s->nics[card].zone;
    s->g->frames++;
    learn(s, zone, p->h.eth_src, card);
    if (s->tap) {
        uint8_t buf[MR_FRAME_MAX];
        s->tap(s->tap_ctx, zone, s->g->now + s->topology->latency_ns, bytes_of(p, buf));
    }
    p->from = card;
    p->to = filter(s, zone, p->h.eth_dst);
    if (p->to == card) {
        mr_nsim_packet_free(s, p);
        return;
    }
    enqueue(s, p);
}

void mr_nsim_loop(struct mr_net_sim *s, uint16_t card, struct packet *p)
{
    p->from = p->to = card;
    p->local = true;
    enqueue(s, p);
}

/* The cable to a card: false where the frame does not get through. */
static bool reaches(struct mr_net_sim *s, uint16_t card)
{
    uint32_t loss = s->topology->loss_per_million;
    return !s->cards[card].down && (loss == 0 || mr_rng_below(&s->g->rng_loss, 1000000) >= loss);
}

static void show(struct mr_net_sim *s, uint16_t card, const struct packet *p)
{
    uint8_t buf[MR_FRAME_MAX];
    struct mr_net_event ev = {.kind = MR_NET_FRAME, .node = card, .data = bytes_of(p, buf)};
    mr_nsim_deliver(s, &ev);
}

/* True where the packet was kept. */
static bool receive(struct mr_net_sim *s, uint16_t card, struct packet *p)
{
    if (s->cards[card].wants_frames && !p->local) {
        show(s, card, p);
    }
    if (p->h.eth_dst != s->nics[card].mac && !mr_mac_is_group(p->h.eth_dst) && !p->local) {
        return false;
    }
    if (p->h.kind == MR_FRAME_ARP) {
        mr_nsim_arp_input(s, card, &p->h);
        return false;
    }
    return p->h.kind != MR_FRAME_OTHER && mr_nsim_ip_input(s, card, p);
}

static bool receive_all(struct mr_net_sim *s, struct packet *p)
{
    uint16_t from = p->from;
    uint16_t zone = s->nics[from].zone;
    for (uint16_t i = s->member_at[zone]; i < s->member_at[zone + 1]; i++) {
        uint16_t card = s->members[i];
        if (card != from && reaches(s, card) && receive(s, card, p)) {
            return true; /* kept: it was unicast, and its owner is found */
        }
    }
    return false;
}

void mr_nsim_arrive(struct mr_net_sim *s)
{
    struct globals *g = s->g;
    struct packet *p = &s->packets[g->flight_head - 1];
    g->flight_head = p->next;
    if (g->flight_head == 0) {
        g->flight_tail = 0;
    }
    bool kept = false;
    if (p->to == CARD_ALL) {
        kept = receive_all(s, p);
    } else if (p->local || reaches(s, p->to)) {
        kept = receive(s, p->to, p);
    }
    if (!kept) {
        mr_nsim_packet_free(s, p);
    }
}
