/* sim_state.c - the simulated network's records as state (base/state.h), and what a loaded state must hold. */
#include "net/sim_internal.h"

static const struct mr_field packet_fields[] = {
    MR_FIELD(struct packet, live, MR_BOOL),     MR_FIELD(struct packet, raw, MR_BOOL),
    MR_FIELD(struct packet, local, MR_BOOL),    MR_FIELD(struct packet, from, MR_U16),
    MR_FIELD(struct packet, to, MR_U16),        MR_FIELD(struct packet, payload_at, MR_U16),
    MR_FIELD(struct packet, payload_n, MR_U16), MR_FIELD(struct packet, next, MR_U32),
    MR_FIELD(struct packet, at, MR_I64),        MR_FIELD(struct packet, order, MR_U64),
    MR_SUB(struct packet, h, &mr_frame_type),   MR_FIELD(struct packet, n, MR_U32),
    MR_VARIABLE(struct packet, data, MR_U8, n),
};
const struct mr_type mr_nsim_packet_type = MR_TYPE_LIVE("net_packet", struct packet, packet_fields, live);

static const struct mr_field chunk_fields[] = {
    MR_FIELD(struct chunk, live, MR_BOOL),
    MR_FIELD(struct chunk, next, MR_U32),
    MR_FIELD(struct chunk, n, MR_U32),
    MR_VARIABLE(struct chunk, data, MR_U8, n),
};
const struct mr_type mr_nsim_chunk_type = MR_TYPE_LIVE("net_chunk", struct chunk, chunk_fields, live);

static const struct mr_field card_fields[] = {
    MR_FIELD(struct card, down, MR_BOOL),
    MR_FIELD(struct card, wants_frames, MR_BOOL),
    MR_FIELD(struct card, ip_id, MR_U16),
    MR_FIELD(struct card, next_port, MR_U16),
};
const struct mr_type mr_nsim_card_type = MR_TYPE("net_card", struct card, card_fields);

static const struct mr_field port_fields[] = {
    MR_FIELD(struct port, live, MR_BOOL), MR_FIELD(struct port, proto, MR_U8), MR_FIELD(struct port, node, MR_U16),
    MR_FIELD(struct port, port, MR_U16),  MR_FIELD(struct port, next, MR_U32), MR_FIELD(struct port, half_open, MR_U32),
};
const struct mr_type mr_nsim_port_type = MR_TYPE_LIVE("net_port", struct port, port_fields, live);

static const struct mr_field mac_fields[] = {
    MR_FIELD(struct mac_entry, live, MR_BOOL), MR_FIELD(struct mac_entry, zone, MR_U16), MR_FIELD(struct mac_entry, card, MR_U16),
    MR_FIELD(struct mac_entry, mac, MR_U64),   MR_FIELD(struct mac_entry, seen, MR_I64),
};
const struct mr_type mr_nsim_mac_type = MR_TYPE_LIVE("net_mac", struct mac_entry, mac_fields, live);

static const struct mr_field neighbour_fields[] = {
    MR_FIELD(struct neighbour, state, MR_U8),    MR_FIELD(struct neighbour, tries, MR_U8),
    MR_FIELD(struct neighbour, nwaiting, MR_U8), MR_FIELD(struct neighbour, card, MR_U16),
    MR_FIELD(struct neighbour, ip, MR_U32),      MR_FIELD(struct neighbour, waiting, MR_U32),
    MR_FIELD(struct neighbour, mac, MR_U64),     MR_FIELD(struct neighbour, confirmed, MR_I64),
};
const struct mr_type mr_nsim_neighbour_type = MR_TYPE_LIVE("net_neighbour", struct neighbour, neighbour_fields, state);

static const struct mr_field ping_fields[] = {
    MR_FIELD(struct ping, live, MR_BOOL),
    MR_FIELD(struct ping, node, MR_U16),
    MR_FIELD(struct ping, ip, MR_U32),
    MR_FIELD(struct ping, token, MR_U32),
};
const struct mr_type mr_nsim_ping_type = MR_TYPE_LIVE("net_ping", struct ping, ping_fields, live);

static const struct mr_field tcb_fields[] = {
    MR_FIELD(struct tcb, state, MR_U8),     MR_FIELD(struct tcb, app, MR_BOOL),     MR_FIELD(struct tcb, known, MR_BOOL),
    MR_FIELD(struct tcb, held, MR_BOOL),    MR_FIELD(struct tcb, fin, MR_BOOL),     MR_FIELD(struct tcb, timing, MR_BOOL),
    MR_FIELD(struct tcb, report, MR_U8),    MR_FIELD(struct tcb, tries, MR_U8),     MR_FIELD(struct tcb, dup_acks, MR_U8),
    MR_FIELD(struct tcb, rx_n, MR_U8),      MR_FIELD(struct tcb, node, MR_U16),     MR_FIELD(struct tcb, lport, MR_U16),
    MR_FIELD(struct tcb, rport, MR_U16),    MR_FIELD(struct tcb, mss, MR_U16),      MR_FIELD(struct tcb, rip, MR_U32),
    MR_FIELD(struct tcb, token, MR_U32),    MR_FIELD(struct tcb, chain, MR_U32),    MR_FIELD(struct tcb, listener, MR_U32),
    MR_FIELD(struct tcb, snd_una, MR_U32),  MR_FIELD(struct tcb, snd_nxt, MR_U32),  MR_FIELD(struct tcb, snd_max, MR_U32),
    MR_FIELD(struct tcb, snd_wnd, MR_U32),  MR_FIELD(struct tcb, cwnd, MR_U32),     MR_FIELD(struct tcb, ssthresh, MR_U32),
    MR_FIELD(struct tcb, rcv_nxt, MR_U32),  MR_FIELD(struct tcb, read_nxt, MR_U32), MR_FIELD(struct tcb, acked, MR_U32),
    MR_FIELD(struct tcb, q_head, MR_U32),   MR_FIELD(struct tcb, q_tail, MR_U32),   MR_FIELD(struct tcb, q_off, MR_U32),
    MR_FIELD(struct tcb, q_len, MR_U32),    MR_FIELD(struct tcb, rx, MR_U32),       MR_FIELD(struct tcb, timed, MR_U32),
    MR_FIELD(struct tcb, sent_at, MR_I64),  MR_FIELD(struct tcb, srtt, MR_I64),     MR_FIELD(struct tcb, rttvar, MR_I64),
    MR_FIELD(struct tcb, progress, MR_I64), MR_FIELD(struct tcb, rtx_at, MR_I64),   MR_FIELD(struct tcb, ack_at, MR_I64),
};
const struct mr_type mr_nsim_tcb_type = MR_TYPE_LIVE("net_tcb", struct tcb, tcb_fields, state);

static const struct mr_field timer_fields[] = {
    MR_FIELD(struct timer, live, MR_BOOL),
    MR_FIELD(struct timer, at, MR_I64),
    MR_FIELD(struct timer, order, MR_U64),
    MR_FIELD(struct timer, id, MR_U32),
};
const struct mr_type mr_nsim_timer_type = MR_TYPE_LIVE("net_timer", struct timer, timer_fields, live);

static const struct mr_field globals_fields[] = {
    MR_FIELD(struct globals, now, MR_I64),
    MR_FIELD(struct globals, order, MR_U64),
    MR_FIELD(struct globals, flight_head, MR_U32),
    MR_FIELD(struct globals, flight_tail, MR_U32),
    MR_FIELD(struct globals, ntimers, MR_U32),
    MR_FIELD(struct globals, time_waits, MR_U32),
    MR_FIELD(struct globals, frames, MR_U64),
    MR_FIELD(struct globals, dropped, MR_U64),
    MR_SUB(struct globals, rng_loss, &mr_rng_type),
    MR_SUB(struct globals, rng_tcp, &mr_rng_type),
    MR_SUB(struct globals, table, &mr_fw_table_type),
    MR_SUBS(struct globals, meters, &mr_fw_meter_type),
};
const struct mr_type mr_nsim_globals_type = MR_TYPE("net", struct globals, globals_fields);

/* ---- the check ----
 * Every slot that a pool says is taken is live, and every link leads to a taken slot, once: `links` counts the links to packets,
 * chunks, connections and ports, which are as many as there are of each, so nothing is linked twice and no chain is a ring. */
struct links {
    uint64_t packets, chunks, tcbs, ports;
};

static bool follow_packets(const struct mr_net_sim *s, uint32_t i, struct links *l, uint32_t *n)
{
    for (*n = 0; i != 0; i = s->packets[i - 1].next, (*n)++) {
        if (!mr_pool_has(&s->packet_pool, i - 1) || ++l->packets > mr_pool_used(&s->packet_pool)) {
            return false;
        }
    }
    return true;
}

static bool packet_is_good(const struct mr_net_sim *s, const struct packet *p)
{
    return p->n <= MR_FRAME_MAX && p->payload_at + p->payload_n <= (int)p->n && p->from < s->ncards &&
           (p->to == CARD_ALL || p->to < s->ncards) && p->h.kind <= MR_FRAME_UDP && p->h.mss <= MR_MTU &&
           (!p->raw || p->n >= MR_ETH_HEAD);
}

static bool pools_are_good(const struct mr_net_sim *s)
{
    bool ok = mr_pool_check(&s->packet_pool) && mr_pool_check(&s->chunk_pool) && mr_pool_check(&s->tcb_pool) &&
              mr_pool_check(&s->port_pool) && mr_pool_check(&s->ping_pool);
    for (uint32_t i = 0; ok && i < s->config.packets; i++) {
        const struct packet *p = &s->packets[i];
        ok = p->live == mr_pool_has(&s->packet_pool, i) && (!p->live || packet_is_good(s, p));
    }
    for (uint32_t i = 0; ok && i < s->config.chunks; i++) {
        ok = s->chunks[i].live == mr_pool_has(&s->chunk_pool, i);
    }
    for (uint32_t i = 0; ok && i < s->config.connections; i++) {
        ok = (s->tcbs[i].state != TCP_NONE) == mr_pool_has(&s->tcb_pool, i);
    }
    for (uint32_t i = 0; ok && i < s->config.ports; i++) {
        ok = s->ports[i].live == mr_pool_has(&s->port_pool, i) && s->ports[i].node < s->topology->nnodes;
    }
    for (uint32_t i = 0; ok && i < s->config.pings; i++) {
        ok = s->pings[i].live == mr_pool_has(&s->ping_pool, i) && s->pings[i].node < s->topology->nnodes;
    }
    return ok;
}

static bool queue_is_good(const struct mr_net_sim *s, const struct tcb *t, struct links *l)
{
    uint64_t bytes = 0;
    uint32_t tail = 0;
    for (uint32_t i = t->q_head; i != 0; i = s->chunks[i - 1].next) {
        if (!mr_pool_has(&s->chunk_pool, i - 1) || ++l->chunks > mr_pool_used(&s->chunk_pool)) {
            return false;
        }
        bytes += s->chunks[i - 1].n;
        tail = i;
    }
    return tail == t->q_tail && bytes == (uint64_t)t->q_off + t->q_len && t->q_len <= MR_NET_SEND_MAX;
}

static bool tcb_is_good(const struct mr_net_sim *s, const struct tcb *t, struct links *l)
{
    uint32_t n;
    bool listens = t->listener == 0 || mr_pool_has(&s->port_pool, t->listener - 1);
    return t->state <= GONE && t->node < s->topology->nnodes && t->mss > 0 && t->mss <= MR_TCP_MSS && t->cwnd > 0 &&
           t->report <= MR_ERR_COUNT && listens && (t->listener != 0) == (t->state == SYN_RECEIVED) && queue_is_good(s, t, l) &&
           follow_packets(s, t->rx, l, &n) && n == t->rx_n;
}

static bool connections_are_good(const struct mr_net_sim *s, struct links *l)
{
    uint32_t gone = 0;
    uint32_t time_waits = 0;
    for (uint32_t i = 0; i < s->config.connections; i++) {
        const struct tcb *t = &s->tcbs[i];
        if (t->state != TCP_NONE && !tcb_is_good(s, t, l)) {
            return false;
        }
        gone += t->state == GONE;
        time_waits += t->state == TIME_WAIT;
    }
    for (uint32_t h = 0; h <= s->tcb_mask; h++) {
        for (uint32_t i = s->tcb_heads[h]; i != 0; i = s->tcbs[i - 1].chain) {
            const struct tcb *t = &s->tcbs[i - 1];
            if (!mr_pool_has(&s->tcb_pool, i - 1) || t->state == GONE || ++l->tcbs > mr_pool_used(&s->tcb_pool) ||
                mr_nsim_tcb_chain(s, t) != &s->tcb_heads[h]) {
                return false;
            }
        }
    }
    return l->tcbs + gone == mr_pool_used(&s->tcb_pool) && time_waits == s->g->time_waits;
}

static bool ports_are_good(const struct mr_net_sim *s, struct links *l)
{
    for (uint16_t node = 0; node < s->topology->nnodes; node++) {
        for (uint32_t i = s->port_heads[node]; i != 0; i = s->ports[i - 1].next) {
            if (!mr_pool_has(&s->port_pool, i - 1) || s->ports[i - 1].node != node || ++l->ports > mr_pool_used(&s->port_pool)) {
                return false;
            }
        }
    }
    return l->ports == mr_pool_used(&s->port_pool);
}

static bool neighbours_are_good(const struct mr_net_sim *s, struct links *l)
{
    for (uint32_t i = 0; i <= s->neighbour_mask; i++) {
        const struct neighbour *e = &s->neighbours[i];
        uint32_t n;
        if (e->state > NEIGHBOUR_PROBED || e->card >= s->ncards || !follow_packets(s, e->waiting, l, &n) || n != e->nwaiting) {
            return false;
        }
    }
    for (uint32_t i = 0; i <= s->mac_mask; i++) {
        if (s->macs[i].card >= s->ncards) {
            return false;
        }
    }
    return true;
}

static bool timer_is_good(const struct mr_net_sim *s, uint32_t i)
{
    const struct timer *t = &s->timers[i];
    if (!t->live || t->id >= s->timer_cap || s->timer_places[t->id] != i + 1) {
        return false;
    }
    uint32_t ping = t->id - timer_of_ping(s, 0);
    bool owned = t->id < s->config.connections  ? mr_pool_has(&s->tcb_pool, t->id)
                 : t->id >= timer_of_ping(s, 0) ? mr_pool_has(&s->ping_pool, ping)
                                                : true;
    return owned && (i == 0 || s->timers[(i - 1) / 2].at <= t->at);
}

static bool timers_are_good(const struct mr_net_sim *s)
{
    uint32_t n = 0;
    for (uint32_t id = 0; id < s->timer_cap; id++) {
        n += s->timer_places[id] != 0;
    }
    if (n != s->g->ntimers) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!timer_is_good(s, i)) {
            return false;
        }
    }
    return true;
}

enum mr_err mr_net_sim_check(const struct mr_net_sim *s)
{
    struct links l = {0};
    uint32_t n;
    char why[128];
    bool ok = pools_are_good(s) && connections_are_good(s, &l) && ports_are_good(s, &l) && neighbours_are_good(s, &l) &&
              timers_are_good(s) && follow_packets(s, s->g->flight_head, &l, &n) &&
              (n == 0 ? s->g->flight_tail == 0 : mr_pool_has(&s->packet_pool, s->g->flight_tail - 1)) &&
              l.packets == mr_pool_used(&s->packet_pool) && l.chunks == mr_pool_used(&s->chunk_pool) &&
              mr_fw_check(&s->g->table, why, sizeof why) == MR_OK;
    return ok ? mr_conntrack_check(s->conntrack) : MR_E_CORRUPT;
}
