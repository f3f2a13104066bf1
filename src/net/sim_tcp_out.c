/* sim_tcp_out.c - TCP of the simulated network: what is sent (RFC 9293), how much at once (RFC 5681), and again when (RFC 6298).
 *
 * It behaves as a small Linux host with TCP_NODELAY: no options but the segment size, acknowledgements wait 40 ms for something
 * to ride on, or for the second full segment. */
#include "net/sim_internal.h"

#define RTO_FIRST    MR_S
#define RTO_MIN      (200 * MR_MS) /* as Linux */
#define RTO_MAX      (60 * MR_S)
#define OPENING      (15 * MR_S) /* for the third step of a handshake: asked for at 0, 1, 3 and 7 s */
#define FIN_WAIT_MAX (60 * MR_S) /* for the FIN of a peer that we closed on, as Linux */

static struct packet *segment(struct mr_net_sim *s, struct tcb *t, uint32_t seq, unsigned flags)
{
    struct packet *p = mr_nsim_packet(s);
    if (!p) {
        return NULL;
    }
    p->h.kind = MR_FRAME_TCP;
    p->h.proto = MR_IP_TCP;
    p->h.src = s->nics[t->node].ip;
    p->h.dst = t->rip;
    p->h.sport = t->lport;
    p->h.dport = t->rport;
    p->h.seq = seq;
    p->h.tcp_flags = (uint8_t)flags;
    p->h.window = (uint16_t)tcp_window(t);
    if ((flags & MR_TCP_ACK) != 0) {
        p->h.ack = t->rcv_nxt;
        t->acked = t->rcv_nxt;
        t->ack_at = MR_NEVER_NS;
    }
    return p;
}

static mr_ns rto(const struct tcb *t)
{
    mr_ns base = t->srtt == 0 ? RTO_FIRST : t->srtt + 4 * t->rttvar;
    base = base < RTO_MIN ? RTO_MIN : base;
    unsigned shift = t->tries < 8 ? t->tries : 8;
    mr_ns backed_off = base << shift;
    return backed_off < RTO_MAX ? backed_off : RTO_MAX;
}

static void run_timer(struct mr_net_sim *s, const struct tcb *t)
{
    mr_ns at = t->rtx_at < t->ack_at ? t->rtx_at : t->ack_at;
    if (at != MR_NEVER_NS) {
        mr_nsim_timer_by(s, tcb_index(s, t), at);
    }
}

/* How long the peer may leave unanswered what this end has sent. */
static mr_ns patience(const struct tcb *t)
{
    return t->state == SYN_SENT ? MR_NET_CONNECT_WAIT : t->state == SYN_RECEIVED ? OPENING : MR_NET_SILENCE;
}

void mr_nsim_tcp_arm(struct mr_net_sim *s, struct tcb *t)
{
    bool opening = t->state == SYN_SENT || t->state == SYN_RECEIVED;
    bool sending = t->snd_max != t->snd_una || t->q_len > 0;
    if (opening || (sending && t->state < TIME_WAIT)) {
        if (t->rtx_at == MR_NEVER_NS) {
            mr_ns again = s->g->now + rto(t), given_up = t->progress + patience(t);
            t->rtx_at = again < given_up || given_up <= s->g->now ? again : given_up;
        }
    } else if (t->state == FIN_WAIT_2) {
        t->rtx_at = s->g->now + FIN_WAIT_MAX;
    } else if (t->state < TIME_WAIT) {
        t->rtx_at = MR_NEVER_NS;
    }
    run_timer(s, t);
}

void mr_nsim_tcp_syn(struct mr_net_sim *s, struct tcb *t)
{
    struct packet *p = segment(s, t, t->snd_una, t->state == SYN_SENT ? MR_TCP_SYN : MR_TCP_SYN | MR_TCP_ACK);
    t->snd_nxt = t->snd_max = t->snd_una + 1;
    if (p) {
        p->h.mss = MR_TCP_MSS;
        mr_nsim_ip_output(s, t->node, p);
    }
    t->timing = t->tries == 0;
    t->timed = t->snd_nxt;
    t->sent_at = s->g->now;
    mr_nsim_tcp_arm(s, t);
}

/* `n` bytes of the queue from `offset` on. False where no packet is free: the timer will try again. */
static bool send_data(struct mr_net_sim *s, struct tcb *t, uint32_t offset, uint32_t n, bool fin)
{
    bool last = offset + n == t->q_len;
    unsigned flags = MR_TCP_ACK | (n > 0 && last ? MR_TCP_PSH : 0U) | (fin ? MR_TCP_FIN : 0U);
    struct packet *p = segment(s, t, t->snd_una + offset, flags);
    if (!p) {
        return false;
    }
    mr_nsim_tcb_copy(s, t, offset, p->data, n);
    p->n = n;
    p->payload_n = (uint16_t)n;
    uint32_t end = p->h.seq + n + (fin ? 1 : 0);
    if (seq_before(t->snd_max, end)) {
        if (!t->timing) {
            t->timing = true;
            t->timed = end;
            t->sent_at = s->g->now;
        }
        t->snd_max = end;
    }
    mr_nsim_ip_output(s, t->node, p);
    return true;
}

void mr_nsim_tcp_output(struct mr_net_sim *s, struct tcb *t)
{
    uint32_t window = t->snd_wnd < t->cwnd ? t->snd_wnd : t->cwnd;
    if (t->snd_max == t->snd_una && t->rtx_at == MR_NEVER_NS) {
        t->progress = s->g->now; /* nothing was outstanding until now */
    }
    while (t->state >= ESTABLISHED && t->state < TIME_WAIT) {
        uint32_t flight = t->snd_nxt - t->snd_una;
        if (flight > t->q_len) {
            break; /* FIN is out */
        }
        uint32_t unsent = t->q_len - flight;
        uint32_t room = window > flight ? window - flight : 0;
        uint32_t n = unsent < room ? unsent : room;
        n = n < t->mss ? n : t->mss;
        bool fin = t->fin && n == unsent;
        bool silly = n < t->mss && n < unsent && flight > 0; /* RFC 9293, 3.8.6.2.1: more room will come */
        if ((n == 0 && !fin) || silly || !send_data(s, t, flight, n, fin)) {
            break;
        }
        t->snd_nxt += n + (fin ? 1 : 0);
    }
    mr_nsim_tcp_arm(s, t);
}

void mr_nsim_tcp_resend(struct mr_net_sim *s, struct tcb *t)
{
    uint32_t n = t->q_len < t->mss ? t->q_len : t->mss;
    t->timing = false; /* Karn: an answer could be to either */
    (void)send_data(s, t, 0, n, t->fin && n == t->q_len);
}

void mr_nsim_tcp_ack(struct mr_net_sim *s, struct tcb *t)
{
    struct packet *p = segment(s, t, t->snd_nxt, MR_TCP_ACK);
    if (p) {
        mr_nsim_ip_output(s, t->node, p);
    }
}

void mr_nsim_tcp_reset(struct mr_net_sim *s, struct tcb *t)
{
    struct packet *p = segment(s, t, t->snd_nxt, MR_TCP_RST | MR_TCP_ACK);
    if (p) {
        mr_nsim_ip_output(s, t->node, p);
    }
}

/* A window that stays shut is asked about with an old byte's number, which must be answered (as Linux does). */
static void probe(struct mr_net_sim *s, struct tcb *t)
{
    struct packet *p = segment(s, t, t->snd_una - 1, MR_TCP_ACK);
    if (p) {
        mr_nsim_ip_output(s, t->node, p);
    }
}

static void retransmit(struct mr_net_sim *s, struct tcb *t)
{
    t->rtx_at = MR_NEVER_NS;
    t->tries++;
    t->timing = false;
    if (t->state == SYN_SENT || t->state == SYN_RECEIVED) {
        if (s->g->now - t->progress >= patience(t)) {
            mr_nsim_tcb_end(s, t, MR_E_TIMEOUT);
        } else {
            mr_nsim_tcp_syn(s, t);
        }
        return;
    }
    if (s->g->now - t->progress >= patience(t)) {
        bool shut = t->snd_wnd == 0;
        mr_nsim_tcp_reset(s, t);
        mr_nsim_tcb_end(s, t, shut ? MR_E_FULL : MR_E_TIMEOUT);
        return;
    }
    if (t->snd_wnd == 0 && t->q_len > 0) {
        probe(s, t);
        mr_nsim_tcp_arm(s, t);
        return;
    }
    uint32_t flight = t->snd_max - t->snd_una;
    t->ssthresh = flight / 2 > 2U * t->mss ? flight / 2 : 2U * t->mss;
    t->cwnd = t->mss;
    t->snd_nxt = t->snd_una;
    mr_nsim_tcp_output(s, t);
}

/* The program hears the end; where that was all that kept the record, it is free. */
static void tell(struct mr_net_sim *s, struct tcb *t)
{
    struct mr_net_event ev = {.kind = t->known ? MR_NET_CLOSED : MR_NET_FAILED,
                              .node = t->node,
                              .local_port = t->lport,
                              .conn = t->known ? mr_nsim_conn(s, t) : MR_CONN_NONE,
                              .token = t->token,
                              .peer = {t->rip, t->rport},
                              .reason = (enum mr_err)(t->report - 1)};
    t->report = 0;
    t->app = t->known = false;
    if (t->state == GONE) {
        mr_nsim_tcb_free(s, t);
    } else {
        run_timer(s, t);
    }
    mr_nsim_deliver(s, &ev);
}

void mr_nsim_tcb_timer(struct mr_net_sim *s, uint32_t i)
{
    struct tcb *t = &s->tcbs[i];
    mr_ns now = s->g->now;
    if (t->report != 0) {
        tell(s, t);
        return;
    }
    if (t->rx != 0 && !t->held) { /* held until now */
        mr_nsim_tcp_read(s, t);
        if (t->state == GONE) {
            return;
        }
        t->ack_at = now;
    }
    if (t->ack_at <= now) {
        mr_nsim_tcp_ack(s, t);
    }
    if (t->rtx_at > now) {
        run_timer(s, t);
    } else if (t->state == TIME_WAIT || t->state == FIN_WAIT_2) {
        mr_nsim_tcb_free(s, t);
    } else {
        retransmit(s, t);
    }
}
