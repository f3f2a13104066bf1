/* sim_tcp.c - TCP of the simulated network: segments that arrive (RFC 9293, 3.10.7; RFC 5961 against forged resets; RFC 5681 for
 * acknowledgements). A host's program reads at once unless it is held, so data waits here only for what is missing before it. */
#include "net/sim_internal.h"

#define DELAYED_ACK  (40 * MR_MS) /* as Linux */
#define DUP_ACKS     3
#define DEFAULT_MSS  536 /* RFC 9293, 3.7.1 */
#define SMALLEST_MSS 64  /* a peer that announces less would have a segment for every few bytes */

static uint32_t end_of(const struct packet *p)
{
    return p->h.seq + p->payload_n + ((p->h.tcp_flags & MR_TCP_FIN) != 0 ? 1U : 0U);
}

void mr_nsim_tcp_refuse(struct mr_net_sim *s, uint16_t card, const struct packet *p)
{
    if ((p->h.tcp_flags & MR_TCP_RST) != 0) {
        return;
    }
    struct packet *a = mr_nsim_packet(s);
    if (!a) {
        return;
    }
    a->h.kind = MR_FRAME_TCP;
    a->h.proto = MR_IP_TCP;
    a->h.src = p->h.dst;
    a->h.dst = p->h.src;
    a->h.sport = p->h.dport;
    a->h.dport = p->h.sport;
    if ((p->h.tcp_flags & MR_TCP_ACK) != 0) {
        a->h.seq = p->h.ack;
        a->h.tcp_flags = MR_TCP_RST;
    } else {
        a->h.ack = end_of(p) + ((p->h.tcp_flags & MR_TCP_SYN) != 0 ? 1U : 0U);
        a->h.tcp_flags = MR_TCP_RST | MR_TCP_ACK;
    }
    mr_nsim_ip_output(s, card, a);
}

void mr_nsim_tcp_unreachable(struct mr_net_sim *s, uint16_t card, const struct mr_frame *quoted)
{
    struct tcb *t = mr_nsim_tcb_find(s, card, quoted->sport, quoted->dst, quoted->dport);
    if (t && t->state == SYN_SENT && quoted->seq == t->snd_una) {
        mr_nsim_tcb_end(s, t, MR_E_UNREACHABLE);
    }
}

static void take_mss(struct tcb *t, const struct packet *p)
{
    uint16_t mss = p->h.mss != 0 ? p->h.mss : DEFAULT_MSS;
    mss = mss < SMALLEST_MSS ? SMALLEST_MSS : mss;
    t->mss = mss < MR_TCP_MSS ? mss : MR_TCP_MSS;
}

/* ---- opening ---- */
static void no_connection(struct mr_net_sim *s, uint16_t card, const struct packet *p)
{
    struct port *port = mr_nsim_port_find(s, card, MR_IP_TCP, p->h.dport);
    const unsigned kind = p->h.tcp_flags & (MR_TCP_SYN | MR_TCP_ACK | MR_TCP_RST | MR_TCP_FIN);
    if (!port || kind != MR_TCP_SYN) {
        mr_nsim_tcp_refuse(s, card, p);
        return;
    }
    if (port->half_open >= s->config.backlog) {
        return; /* as if it were lost: the caller will try again */
    }
    struct tcb *t = mr_nsim_tcb_new(s, card, p->h.dport, (struct mr_addr){p->h.src, p->h.sport});
    if (!t) {
        return;
    }
    t->state = SYN_RECEIVED;
    t->listener = (uint32_t)(port - s->ports) + 1;
    port->half_open++;
    t->rcv_nxt = t->read_nxt = p->h.seq + 1;
    t->snd_wnd = p->h.window;
    take_mss(t, p);
    mr_nsim_tcp_syn(s, t);
}

static void measure(struct mr_net_sim *s, struct tcb *t, uint32_t ack)
{
    if (!t->timing || seq_before(ack, t->timed)) {
        return;
    }
    mr_ns r = s->g->now - t->sent_at;
    t->timing = false;
    if (t->srtt == 0) { /* RFC 6298, 2.2 and 2.3 */
        t->srtt = r;
        t->rttvar = r / 2;
    } else {
        mr_ns off = t->srtt > r ? t->srtt - r : r - t->srtt;
        t->rttvar += (off - t->rttvar) / 4;
        t->srtt += (r - t->srtt) / 8;
    }
}

static void opened(struct mr_net_sim *s, struct tcb *t, const struct packet *p, enum mr_net_event_kind kind)
{
    measure(s, t, p->h.ack);
    t->state = ESTABLISHED;
    t->snd_una = p->h.ack;
    t->snd_wnd = p->h.window;
    t->tries = 0;
    t->rtx_at = MR_NEVER_NS;
    t->progress = s->g->now;
    t->app = t->known = true;
    if (kind == MR_NET_CONNECTED) {
        mr_nsim_tcp_ack(s, t);
    }
    struct mr_net_event ev = {.kind = kind,
                              .node = t->node,
                              .local_port = t->lport,
                              .conn = mr_nsim_conn(s, t),
                              .token = t->token,
                              .peer = {t->rip, t->rport}};
    mr_nsim_deliver(s, &ev);
}

/* (Two hosts that call each other's calling ports at once do not meet: a SYN without ACK is not for a caller here.) */
static void input_syn_sent(struct mr_net_sim *s, struct tcb *t, const struct packet *p)
{
    bool acks = (p->h.tcp_flags & MR_TCP_ACK) != 0;
    if (acks && p->h.ack != t->snd_nxt) {
        mr_nsim_tcp_refuse(s, t->node, p);
    } else if (acks && (p->h.tcp_flags & MR_TCP_RST) != 0) {
        mr_nsim_tcb_end(s, t, MR_E_REFUSED);
    } else if (acks && (p->h.tcp_flags & MR_TCP_SYN) != 0) {
        t->rcv_nxt = t->read_nxt = p->h.seq + 1;
        take_mss(t, p);
        opened(s, t, p, MR_NET_CONNECTED);
    }
}

/* ---- acknowledgements ---- */
static void grow(struct tcb *t, uint32_t acked)
{
    if (t->cwnd < t->ssthresh) {
        t->cwnd += acked < t->mss ? acked : t->mss;
    } else {
        t->cwnd += t->mss * (uint32_t)t->mss / t->cwnd + 1;
    }
    t->cwnd = t->cwnd < 2 * MR_NET_SEND_MAX ? t->cwnd : 2 * MR_NET_SEND_MAX;
}

static void duplicate(struct mr_net_sim *s, struct tcb *t)
{
    if (++t->dup_acks != DUP_ACKS) {
        return;
    }
    uint32_t flight = t->snd_max - t->snd_una;
    t->ssthresh = flight / 2 > 2U * t->mss ? flight / 2 : 2U * t->mss;
    t->cwnd = t->ssthresh;
    mr_nsim_tcp_resend(s, t);
}

/* Our FIN is acknowledged. True where that was the end of the record. */
static bool fin_acked(struct mr_net_sim *s, struct tcb *t)
{
    if (t->state == FIN_WAIT_1) {
        t->state = FIN_WAIT_2;
    } else if (t->state == CLOSING) {
        mr_nsim_tcb_time_wait(s, t);
    } else if (t->state == LAST_ACK) {
        mr_nsim_tcb_end(s, t, MR_OK);
        return true;
    }
    return false;
}

/* What the segment acknowledges. False where nothing more is to be done with it. */
static bool take_ack(struct mr_net_sim *s, struct tcb *t, const struct packet *p)
{
    uint32_t ack = p->h.ack;
    if (seq_before(t->snd_max, ack)) {
        mr_nsim_tcp_ack(s, t);
        return false;
    }
    if (!seq_before(t->snd_una, ack)) {
        bool plain = p->payload_n == 0 && p->h.window == t->snd_wnd && (p->h.tcp_flags & MR_TCP_FIN) == 0;
        t->snd_wnd = p->h.window;
        if (ack == t->snd_una && plain && t->snd_max != t->snd_una) {
            duplicate(s, t);
        } else if (ack == t->snd_una) {
            mr_nsim_tcp_output(s, t);
        }
        return true;
    }
    uint32_t acked = ack - t->snd_una;
    bool with_fin = acked > t->q_len;
    measure(s, t, ack);
    grow(t, acked);
    mr_nsim_tcb_acked(s, t, with_fin ? t->q_len : acked);
    t->snd_una = ack;
    if (seq_before(t->snd_nxt, ack)) {
        t->snd_nxt = ack;
    }
    t->snd_wnd = p->h.window;
    t->tries = t->dup_acks = 0;
    t->progress = s->g->now;
    t->rtx_at = MR_NEVER_NS;
    if (with_fin && fin_acked(s, t)) {
        return false;
    }
    mr_nsim_tcp_output(s, t);
    return true;
}

/* ---- data ---- */
static void peer_ended(struct mr_net_sim *s, struct tcb *t)
{
    mr_nsim_tcb_report(s, t, MR_OK);
    t->fin = true;
    if (t->state == ESTABLISHED) {
        t->state = LAST_ACK;
        mr_nsim_tcp_output(s, t);
    } else if (t->state == FIN_WAIT_1) {
        t->state = CLOSING;
        mr_nsim_tcp_ack(s, t);
    } else if (t->state == FIN_WAIT_2) {
        mr_nsim_tcp_ack(s, t);
        mr_nsim_tcb_time_wait(s, t);
    }
}

void mr_nsim_tcp_read(struct mr_net_sim *s, struct tcb *t)
{
    while (t->rx != 0 && !t->held && t->state >= ESTABLISHED && t->state < TIME_WAIT) {
        struct packet *p = &s->packets[t->rx - 1];
        uint32_t end = end_of(p);
        if (seq_before(t->rcv_nxt, end)) {
            return;
        }
        t->rx = p->next;
        t->rx_n--;
        uint32_t seen = t->read_nxt - p->h.seq;
        bool has_fin = (p->h.tcp_flags & MR_TCP_FIN) != 0 && seq_before(t->read_nxt, end);
        if (seq_before(t->read_nxt, end)) {
            t->read_nxt = end;
        }
        if (seen < p->payload_n && t->app && t->report == 0) {
            struct mr_net_event ev = {.kind = MR_NET_DATA,
                                      .node = t->node,
                                      .local_port = t->lport,
                                      .conn = mr_nsim_conn(s, t),
                                      .peer = {t->rip, t->rport},
                                      .data = mr_slice(p->data + p->payload_at + seen, p->payload_n - seen)};
            mr_nsim_deliver(s, &ev);
        }
        mr_nsim_packet_free(s, p);
        if (has_fin && t->state != GONE) {
            peer_ended(s, t);
        }
    }
}

/* Into the queue by sequence number. False where there is no room. */
static bool put_in_order(struct mr_net_sim *s, struct tcb *t, struct packet *p)
{
    if (t->rx_n == RECV_PACKETS) {
        return false;
    }
    uint32_t *link = &t->rx;
    while (*link != 0 && !seq_before(p->h.seq, s->packets[*link - 1].h.seq)) {
        link = &s->packets[*link - 1].next;
    }
    p->next = *link;
    *link = packet_index(s, p) + 1;
    t->rx_n++;
    return true;
}

static void advance(struct mr_net_sim *s, struct tcb *t)
{
    for (uint32_t i = t->rx; i != 0; i = s->packets[i - 1].next) {
        const struct packet *p = &s->packets[i - 1];
        if (seq_before(t->rcv_nxt, p->h.seq)) {
            return;
        }
        if (seq_before(t->rcv_nxt, end_of(p))) {
            t->rcv_nxt = end_of(p);
        }
    }
}

/* Data or FIN. True where the packet was kept (it may be gone by now). */
static bool take_data(struct mr_net_sim *s, struct tcb *t, struct packet *p)
{
    if (t->state > FIN_WAIT_2) {
        return false; /* the peer has said that it is done */
    }
    bool closed_here = t->fin && !t->app && p->payload_n > 0 && seq_before(t->rcv_nxt, p->h.seq + p->payload_n);
    if (closed_here) { /* nobody will ever read it: RFC 9293, 3.6.1, as Linux */
        mr_nsim_tcp_reset(s, t);
        mr_nsim_tcb_end(s, t, MR_E_CLOSED);
        return false;
    }
    if (!put_in_order(s, t, p)) {
        return false;
    }
    uint32_t before = t->rcv_nxt;
    advance(s, t);
    if (t->rcv_nxt == before || p->next != 0) {
        mr_nsim_tcp_ack(s, t); /* something is missing, or was: the sender wants to know at once (RFC 5681, 4.2) */
    }
    mr_nsim_tcp_read(s, t); /* the program may close, but the record stays until it has been told */
    if (t->state == GONE || t->acked == t->rcv_nxt) {
        return true;
    }
    if (t->rcv_nxt - t->acked >= 2U * MR_TCP_MSS) {
        mr_nsim_tcp_ack(s, t);
    } else if (t->ack_at == MR_NEVER_NS) {
        t->ack_at = s->g->now + DELAYED_ACK;
        mr_nsim_tcp_arm(s, t);
    }
    return true;
}

/* ---- a segment for a connection ---- */
static bool acceptable(const struct tcb *t, const struct packet *p)
{
    uint32_t window = tcp_window(t);
    if (end_of(p) == p->h.seq) {
        return p->h.seq == t->rcv_nxt || p->h.seq - t->rcv_nxt < window;
    }
    return seq_before(t->rcv_nxt, end_of(p)) && seq_before(p->h.seq, t->rcv_nxt + window);
}

static bool input_open(struct mr_net_sim *s, struct tcb *t, struct packet *p)
{
    uint8_t flags = p->h.tcp_flags;
    if (!acceptable(t, p)) {
        if ((flags & MR_TCP_RST) == 0) {
            if (t->state == SYN_RECEIVED) {
                mr_nsim_tcp_syn(s, t);
            } else {
                mr_nsim_tcp_ack(s, t);
            }
        }
        return false;
    }
    if ((flags & MR_TCP_RST) != 0) {
        if (p->h.seq == t->rcv_nxt) {
            mr_nsim_tcb_end(s, t, MR_E_CLOSED);
        } else {
            mr_nsim_tcp_ack(s, t); /* RFC 5961, 3.2 */
        }
        return false;
    }
    if ((flags & MR_TCP_SYN) != 0) {
        mr_nsim_tcp_ack(s, t); /* RFC 5961, 4.2 */
        return false;
    }
    if ((flags & MR_TCP_ACK) == 0) {
        return false;
    }
    if (t->state == SYN_RECEIVED) {
        if (p->h.ack != t->snd_nxt) {
            mr_nsim_tcp_refuse(s, t->node, p);
            return false;
        }
        s->ports[t->listener - 1].half_open--;
        t->listener = 0;
        opened(s, t, p, MR_NET_ACCEPTED);
        if (t->state == GONE) {
            return false;
        }
    }
    return take_ack(s, t, p) && end_of(p) != p->h.seq && take_data(s, t, p);
}

static bool input_time_wait(struct mr_net_sim *s, struct tcb *t, const struct packet *p)
{
    uint8_t flags = p->h.tcp_flags;
    if ((flags & MR_TCP_SYN) != 0 && (flags & MR_TCP_ACK) == 0 && seq_before(t->rcv_nxt, p->h.seq) && !t->app) {
        uint16_t card = t->node;
        mr_nsim_tcb_free(s, t);
        no_connection(s, card, p);
    } else if ((flags & MR_TCP_RST) == 0 && (end_of(p) != p->h.seq || p->h.seq != t->rcv_nxt)) {
        mr_nsim_tcp_ack(s, t);
        mr_nsim_tcb_time_wait(s, t);
    }
    return false;
}

bool mr_nsim_tcp_input(struct mr_net_sim *s, uint16_t card, struct packet *p)
{
    struct tcb *t = mr_nsim_tcb_find(s, card, p->h.dport, p->h.src, p->h.sport);
    if (!t) {
        no_connection(s, card, p);
        return false;
    }
    if (t->state == SYN_SENT) {
        input_syn_sent(s, t, p);
        return false;
    }
    return t->state == TIME_WAIT ? input_time_wait(s, t, p) : input_open(s, t, p);
}
