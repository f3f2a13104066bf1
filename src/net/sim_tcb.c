/* sim_tcb.c - TCP connections of the simulated network as records: found by their addresses or their number, with a queue of what
 * was sent and is not acknowledged, and an end that the program hears of. */
#include "net/sim_internal.h"

#define TIME_WAIT_TIME (60 * MR_S) /* as Linux */

static uint32_t *chain_of(const struct mr_net_sim *s, uint16_t node, uint16_t lport, uint32_t rip, uint16_t rport)
{
    uint64_t ports = (uint64_t)node << 32 | (uint64_t)lport << 16 | rport;
    uint64_t h = (ports * 0x9e3779b97f4a7c15u ^ rip) * 0xbf58476d1ce4e5b9u;
    return &s->tcb_heads[h >> 32 & s->tcb_mask];
}

uint32_t *mr_nsim_tcb_chain(const struct mr_net_sim *s, const struct tcb *t)
{
    return chain_of(s, t->node, t->lport, t->rip, t->rport);
}

struct tcb *mr_nsim_tcb_find(const struct mr_net_sim *s, uint16_t node, uint16_t lport, uint32_t rip, uint16_t rport)
{
    for (uint32_t i = *chain_of(s, node, lport, rip, rport); i != 0; i = s->tcbs[i - 1].chain) {
        struct tcb *t = &s->tcbs[i - 1];
        if (t->rip == rip && t->rport == rport && t->lport == lport && t->node == node) {
            return t;
        }
    }
    return NULL;
}

/* Where all records are taken, one that only waits for old segments to die makes room. */
static uint32_t take(struct mr_net_sim *s)
{
    uint32_t i = mr_pool_take(&s->tcb_pool);
    if (i != MR_NONE || s->g->time_waits == 0) {
        return i;
    }
    struct tcb *oldest = NULL;
    for (uint32_t k = 0; k < s->config.connections; k++) {
        struct tcb *t = &s->tcbs[k];
        if (t->state == TIME_WAIT && !t->app && (!oldest || t->rtx_at < oldest->rtx_at)) {
            oldest = t;
        }
    }
    if (!oldest) {
        return MR_NONE;
    }
    mr_nsim_tcb_free(s, oldest);
    return mr_pool_take(&s->tcb_pool);
}

struct tcb *mr_nsim_tcb_new(struct mr_net_sim *s, uint16_t node, uint16_t lport, struct mr_addr peer)
{
    uint32_t i = take(s);
    if (i == MR_NONE) {
        s->g->dropped++;
        return NULL;
    }
    struct tcb *t = &s->tcbs[i];
    uint32_t iss = (uint32_t)mr_rng_u64(&s->g->rng_tcp);
    *t = (struct tcb){.node = node,
                      .lport = lport,
                      .rport = peer.port,
                      .rip = peer.ip,
                      .mss = MR_TCP_MSS,
                      .snd_una = iss,
                      .snd_nxt = iss,
                      .snd_max = iss,
                      .cwnd = 10 * MR_TCP_MSS, /* RFC 6928 */
                      .ssthresh = UINT32_MAX,
                      .progress = s->g->now,
                      .rtx_at = MR_NEVER_NS,
                      .ack_at = MR_NEVER_NS};
    uint32_t *head = mr_nsim_tcb_chain(s, t);
    t->chain = *head;
    *head = i + 1;
    return t;
}

static void unchain(struct mr_net_sim *s, struct tcb *t)
{
    uint32_t *link = mr_nsim_tcb_chain(s, t);
    while (*link != tcb_index(s, t) + 1) {
        MR_ASSERT(*link != 0);
        link = &s->tcbs[*link - 1].chain;
    }
    *link = t->chain;
}

static void drop_queues(struct mr_net_sim *s, struct tcb *t)
{
    mr_nsim_tcb_acked(s, t, t->q_len);
    while (t->rx != 0) {
        struct packet *p = &s->packets[t->rx - 1];
        t->rx = p->next;
        mr_nsim_packet_free(s, p);
    }
    t->rx_n = 0;
    if (t->listener != 0) {
        s->ports[t->listener - 1].half_open--;
        t->listener = 0;
    }
}

void mr_nsim_tcb_free(struct mr_net_sim *s, struct tcb *t)
{
    uint32_t i = tcb_index(s, t);
    if (t->state == TIME_WAIT) {
        s->g->time_waits--;
    }
    if (t->state != GONE) {
        drop_queues(s, t);
        unchain(s, t);
    }
    mr_nsim_timer_stop(s, i);
    *t = (struct tcb){0};
    s->generations[i]++;
    mr_pool_give(&s->tcb_pool, i);
}

mr_conn mr_nsim_conn(const struct mr_net_sim *s, const struct tcb *t)
{
    uint32_t i = tcb_index(s, t);
    return (uint32_t)s->generations[i] << 16 | i;
}

struct tcb *mr_nsim_tcb_of(struct mr_net_sim *s, mr_conn conn)
{
    uint32_t i = conn & UINT16_MAX;
    if (!mr_pool_has(&s->tcb_pool, i) || s->generations[i] != conn >> 16 || !s->tcbs[i].known) {
        return NULL;
    }
    return &s->tcbs[i];
}

/* ---- the queue ---- */
enum mr_err mr_nsim_tcb_queue(struct mr_net_sim *s, struct tcb *t, struct mr_slice data)
{
    struct chunk *tail = t->q_tail != 0 ? &s->chunks[t->q_tail - 1] : NULL;
    size_t room = tail ? CHUNK_BYTES - tail->n : 0;
    size_t need = data.n > room ? (data.n - room + CHUNK_BYTES - 1) / CHUNK_BYTES : 0;
    if (data.n > MR_NET_SEND_MAX - t->q_len || need > s->chunk_pool.cap - mr_pool_used(&s->chunk_pool)) {
        return MR_E_FULL;
    }
    for (size_t at = 0; at < data.n;) {
        if (room == 0) {
            uint32_t i = mr_pool_take(&s->chunk_pool);
            *(tail ? &tail->next : &t->q_head) = i + 1;
            t->q_tail = i + 1;
            tail = &s->chunks[i];
            tail->live = true;
            tail->next = tail->n = 0;
            room = CHUNK_BYTES;
        }
        size_t n = data.n - at < room ? data.n - at : room;
        memcpy(tail->data + tail->n, data.p + at, n);
        tail->n += (uint32_t)n;
        room -= n;
        at += n;
    }
    t->q_len += (uint32_t)data.n;
    return MR_OK;
}

void mr_nsim_tcb_copy(const struct mr_net_sim *s, const struct tcb *t, uint32_t offset, uint8_t *to, uint32_t n)
{
    offset += t->q_off;
    for (uint32_t i = t->q_head; n > 0; i = s->chunks[i - 1].next) {
        const struct chunk *c = &s->chunks[i - 1];
        if (offset >= c->n) {
            offset -= c->n;
            continue;
        }
        uint32_t part = c->n - offset < n ? c->n - offset : n;
        memcpy(to, c->data + offset, part);
        to += part;
        n -= part;
        offset = 0;
    }
}

void mr_nsim_tcb_acked(struct mr_net_sim *s, struct tcb *t, uint32_t bytes)
{
    MR_ASSERT(bytes <= t->q_len);
    t->q_len -= bytes;
    t->q_off += bytes;
    while (t->q_head != 0 && t->q_off >= s->chunks[t->q_head - 1].n) {
        struct chunk *c = &s->chunks[t->q_head - 1];
        t->q_off -= c->n;
        uint32_t i = t->q_head - 1;
        t->q_head = c->next;
        c->live = false;
        mr_pool_give(&s->chunk_pool, i);
    }
    if (t->q_head == 0) {
        t->q_tail = 0;
    }
}

/* ---- the end ---- */
void mr_nsim_tcb_report(struct mr_net_sim *s, struct tcb *t, enum mr_err reason)
{
    if (t->app && t->report == 0) {
        t->report = (uint8_t)(reason + 1);
        mr_nsim_timer_set(s, tcb_index(s, t), s->g->now);
    }
}

void mr_nsim_tcb_end(struct mr_net_sim *s, struct tcb *t, enum mr_err reason)
{
    if (!t->app) {
        mr_nsim_tcb_free(s, t);
        return;
    }
    if (t->state == TIME_WAIT) {
        s->g->time_waits--;
    }
    drop_queues(s, t);
    unchain(s, t);
    t->state = GONE;
    mr_nsim_tcb_report(s, t, reason);
}

void mr_nsim_tcb_time_wait(struct mr_net_sim *s, struct tcb *t)
{
    if (t->state != TIME_WAIT) {
        t->state = TIME_WAIT;
        s->g->time_waits++;
    }
    t->ack_at = MR_NEVER_NS;
    t->rtx_at = s->g->now + TIME_WAIT_TIME;
    mr_nsim_timer_by(s, tcb_index(s, t), t->rtx_at);
}
