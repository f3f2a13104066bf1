/* fw_cases.c - the generator; what it gives is told in fw_cases.h. */
#include "support/fw_cases.h"

#include "base/rng.h"
#include "net/conntrack.h"
#include "support/test.h"

#define FLOWS  5
#define WINDOW 60000

enum what { SYN, SYN_ACK, ACK, DATA, FIN, RST };

/* One conversation: who, and the sequence numbers that each side has come to. */
struct talk {
    uint8_t proto;
    uint32_t ip[2];
    uint16_t port[2];
    uint32_t seq[2];
    unsigned stage; /* how far a TCP conversation has come */
    unsigned last;  /* side that spoke last */
};

static uint32_t below(struct mr_rng *r, uint32_t n)
{
    return (uint32_t)mr_rng_below(r, n);
}

static uint16_t some_port(struct mr_rng *r)
{
    static const uint16_t ports[] = {80, 102, 502, 503, 20000};
    return ports[below(r, 5)];
}

static uint8_t some_action(struct mr_rng *r)
{
    static const uint8_t actions[] = {MR_FW_ALLOW, MR_FW_ALLOW, MR_FW_DROP, MR_FW_REJECT};
    return actions[below(r, 4)];
}

static void some_net(struct mr_rng *r, uint32_t *ip, uint32_t *mask)
{
    uint32_t host = FW_CASE_HOST(below(r, FW_CASE_ZONES), below(r, FW_CASE_HOSTS));
    static const uint32_t masks[] = {0, 0, 0xffff0000, 0xffffff00, 0xffffff00, 0xffffffff};
    *mask = masks[below(r, 6)];
    *ip = host & *mask;
}

static struct mr_fw_rule some_rule(struct mr_rng *r, uint32_t number)
{
    static const uint8_t protos[] = {MR_FW_ANY, MR_FW_ICMP, MR_FW_TCP, MR_FW_TCP, MR_FW_TCP, MR_FW_UDP};
    struct mr_fw_rule rule = {.proto = protos[below(r, 6)], .action = some_action(r), .log = below(r, 2) == 0};
    (void)snprintf(rule.id, sizeof rule.id, "rule-%u", number);
    some_net(r, &rule.from, &rule.from_mask);
    some_net(r, &rule.to, &rule.to_mask);
    rule.port_hi = UINT16_MAX;
    if (rule.proto == MR_FW_TCP || rule.proto == MR_FW_UDP) {
        uint16_t a = some_port(r);
        uint16_t b = below(r, 2) == 0 ? a : some_port(r);
        bool all = below(r, 4) == 0;
        rule.port_lo = all ? 0 : a < b ? a : b;
        rule.port_hi = all ? UINT16_MAX : a < b ? b : a;
    }
    if (rule.action == MR_FW_ALLOW && below(r, 4) == 0) {
        rule.rate_per_s = 1 + below(r, 2);
    }
    return rule;
}

static void some_table(struct mr_rng *r, struct mr_fw_table *t)
{
    *t = (struct mr_fw_table){.nrules = below(r, 9)};
    for (uint32_t i = 0; i < t->nrules; i++) {
        t->rules[i] = some_rule(r, i);
    }
    t->fallback = some_action(r);
    t->log_fallback = below(r, 2) == 0;
    t->cut_on_edit = below(r, 2) == 0;
}

static struct talk some_talk(struct mr_rng *r)
{
    static const uint8_t protos[] = {MR_IP_TCP, MR_IP_TCP, MR_IP_TCP, MR_IP_UDP, MR_IP_ICMP};
    uint32_t from = below(r, FW_CASE_ZONES);
    uint32_t to = (from + 1 + below(r, FW_CASE_ZONES - 1)) % FW_CASE_ZONES;
    return (struct talk){.proto = protos[below(r, 5)],
                         .ip = {FW_CASE_HOST(from, below(r, FW_CASE_HOSTS)), FW_CASE_HOST(to, below(r, FW_CASE_HOSTS))},
                         .port = {(uint16_t)(40000 + below(r, 20000)), some_port(r)},
                         .seq = {(uint32_t)mr_rng_u64(r), (uint32_t)mr_rng_u64(r)}};
}

static struct mr_frame packet(const struct talk *t, unsigned side)
{
    return (struct mr_frame){.eth_type = MR_ETH_TYPE_IP,
                             .proto = t->proto,
                             .src = t->ip[side],
                             .dst = t->ip[1 - side],
                             .sport = t->port[side],
                             .dport = t->port[1 - side],
                             .ttl = 64,
                             .ip_frag = 0x4000};
}

static void tcp_step(struct talk *t, unsigned side, enum what what, struct fw_step *s)
{
    static const uint8_t flags[] = {[SYN] = MR_TCP_SYN,
                                    [SYN_ACK] = MR_TCP_SYN | MR_TCP_ACK,
                                    [ACK] = MR_TCP_ACK,
                                    [DATA] = MR_TCP_ACK | MR_TCP_PSH,
                                    [FIN] = MR_TCP_FIN | MR_TCP_ACK,
                                    [RST] = MR_TCP_RST | MR_TCP_ACK};
    s->frame = packet(t, side);
    s->frame.kind = MR_FRAME_TCP;
    s->frame.window = WINDOW;
    s->frame.seq = t->seq[side];
    s->frame.tcp_flags = flags[what];
    s->frame.ack = what == SYN ? 0 : t->seq[1 - side];
    s->frame.mss = what == SYN || what == SYN_ACK ? MR_TCP_MSS : 0;
    s->payload_n = what == DATA ? 8 : 0;
    t->last = side;
    t->seq[side] += s->payload_n + (what == SYN || what == SYN_ACK || what == FIN ? 1 : 0);
}

/* The next packet of a TCP conversation as it should go, or one that does not belong there. */
static void tcp_next(struct mr_rng *r, struct talk *t, struct fw_step *s)
{
    static const struct {
        unsigned side;
        enum what what;
    } script[] = {{0, SYN}, {1, SYN_ACK}, {0, ACK}, {0, DATA}, {1, DATA}, {0, FIN}, {1, FIN}, {0, ACK}};
    uint32_t odd = below(r, 12);
    if (odd == 0 &&
        t->stage != 1) { /* by who has just heard all that it had sent acknowledged: a kernel knows others as guesses */
        tcp_step(t, 1 - t->last, RST, s);
        t->stage = 0;
    } else if (odd == 0) {
        tcp_step(t, 1, RST, s); /* the call is refused: RFC 9293, 3.10.7.1 */
        s->frame.seq = 0;
        t->stage = 0;
    } else if (odd == 1 && t->stage == 0) {
        tcp_step(t, below(r, 2), below(r, 2) == 0 ? ACK : DATA, s); /* out of nothing */
    } else if (odd == 2 && t->stage == 0) {
        tcp_step(t, 1, SYN_ACK, s);
    } else if (odd == 3 && t->stage == 1) {
        t->seq[0]--; /* the same SYN again */
        tcp_step(t, 0, SYN, s);
    } else {
        tcp_step(t, script[t->stage].side, script[t->stage].what, s);
        t->stage = (t->stage + 1) % (sizeof script / sizeof script[0]);
    }
}

static void udp_next(struct mr_rng *r, struct talk *t, struct fw_step *s)
{
    s->frame = packet(t, t->stage == 0 ? 0 : below(r, 2));
    s->frame.kind = MR_FRAME_UDP;
    s->payload_n = 8;
    t->stage = 1;
}

static void echo_next(struct mr_rng *r, struct talk *t, struct fw_step *s)
{
    unsigned side = t->stage == 0 && below(r, 6) > 0 ? 0 : below(r, 2);
    s->frame = packet(t, side);
    s->frame.kind = MR_FRAME_ICMP;
    s->frame.sport = s->frame.dport = 0;
    s->frame.icmp_type = side == 0 ? MR_ICMP_ECHO : MR_ICMP_ECHO_REPLY;
    s->frame.seq = (uint32_t)t->port[0] << 16 | 1;
    s->payload_n = 8;
    t->stage = 1;
}

/* The second host complains about what the first would have sent it. */
static void error_next(const struct talk *t, struct fw_step *s)
{
    struct mr_frame quoted = packet(t, 0);
    quoted.kind = t->proto == MR_IP_TCP ? MR_FRAME_TCP : t->proto == MR_IP_UDP ? MR_FRAME_UDP : MR_FRAME_ICMP;
    quoted.seq = t->proto == MR_IP_TCP ? t->seq[0] : (uint32_t)t->port[0] << 16 | 1;
    quoted.icmp_type = MR_ICMP_ECHO;
    struct mr_writer w = mr_writer(s->payload, sizeof s->payload);
    mr_frame_encode_ip(&quoted, mr_slice(NULL, 0), &w);
    s->payload_n = (uint32_t)w.n;
    s->frame = packet(t, 1);
    s->frame.kind = MR_FRAME_ICMP;
    s->frame.proto = MR_IP_ICMP;
    s->frame.sport = s->frame.dport = 0;
    s->frame.icmp_type = MR_ICMP_UNREACHABLE;
    s->frame.icmp_code = MR_ICMP_PORT;
}

/* The engine's verdicts, packet by packet, as the router gives them: tracked, judged, remembered. */
struct judge {
    struct mr_arena *arena;
    struct mr_conntrack *ct;
    struct mr_fw_meter meters[MR_FW_RULES];
    uint32_t table;
};

static void judge(struct judge *j, const struct fw_case *c, struct fw_step *s)
{
    if (s->table != j->table) {
        j->table = s->table;
        mr_fw_meters_fill(j->meters, &c->tables[s->table], s->at);
    }
    struct mr_fw_packet p = mr_conntrack_see(j->ct, &s->frame, mr_slice(s->payload, s->payload_n), s->at);
    s->expected = mr_fw_judge(&c->tables[s->table], j->meters, &p, s->at);
    if (s->expected.action == MR_FW_ALLOW && p.state == MR_CT_NEW) {
        assert_true(mr_conntrack_commit(j->ct, &p.flow, s->at));
    }
}

/* A host that was refused or reset calls again from another port. */
static void start_over(struct mr_rng *r, struct talk *t, const struct fw_step *s)
{
    bool reset = s->frame.kind == MR_FRAME_TCP && (s->frame.tcp_flags & MR_TCP_RST) != 0;
    if (t->proto == MR_IP_TCP && (reset || s->expected.action == MR_FW_REJECT)) {
        t->port[0] = (uint16_t)(40000 + below(r, 20000));
        t->stage = t->last = 0;
    }
}

static void next_packet(struct mr_rng *r, struct talk *t, struct fw_step *s)
{
    if (below(r, 12) == 0) {
        error_next(t, s);
    } else if (t->proto == MR_IP_TCP) {
        tcp_next(r, t, s);
    } else if (t->proto == MR_IP_UDP) {
        udp_next(r, t, s);
    } else {
        echo_next(r, t, s);
    }
}

void fw_case_make(struct fw_case *c, uint64_t seed, bool pauses)
{
    struct mr_rng r = mr_rng_stream(seed, "fw_cases");
    struct talk talks[FLOWS];
    static struct judge j;
    *c = (struct fw_case){.seed = seed, .nsteps = FW_CASE_STEPS};
    for (uint32_t i = 0; i < FW_CASE_TABLES; i++) {
        some_table(&r, &c->tables[i]);
    }
    for (uint32_t i = 0; i < FLOWS; i++) {
        talks[i] = some_talk(&r);
    }
    j.arena = mr_arena_create(1 << 20);
    j.ct = mr_conntrack_create(j.arena, 256);
    assert_non_null(j.ct);
    j.table = 0;
    mr_fw_meters_fill(j.meters, &c->tables[0], 0);
    uint32_t edit = 10 + below(&r, 20);
    mr_ns at = 0;
    for (uint32_t i = 0; i < c->nsteps; i++) {
        static const mr_ns pause[] = {MR_S, 11 * MR_S, 31 * MR_S, 121 * MR_S};
        struct fw_step *s = &c->steps[i];
        struct talk *t = &talks[below(&r, FLOWS)];
        at += pauses && below(&r, 8) == 0 ? pause[below(&r, 4)] : 2 * MR_MS;
        s->at = at;
        s->table = i >= edit;
        next_packet(&r, t, s);
        judge(&j, c, s);
        start_over(&r, t, s);
    }
    mr_arena_destroy(j.arena);
}

/* ---- text ---- */
static void print_ip(FILE *to, uint32_t ip)
{
    (void)fprintf(to, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

static void print_table(const struct mr_fw_table *t, FILE *to)
{
    static const char *const actions[] = {"allow", "drop", "reject"};
    for (uint32_t i = 0; i < t->nrules; i++) {
        const struct mr_fw_rule *r = &t->rules[i];
        (void)fprintf(to, "  %2u %-7s proto %-3u from ", i, actions[r->action], r->proto);
        print_ip(to, r->from);
        (void)fprintf(to, " mask %08x to ", r->from_mask);
        print_ip(to, r->to);
        (void)fprintf(to, " mask %08x ports %u-%u rate %u%s\n", r->to_mask, r->port_lo, r->port_hi, r->rate_per_s,
                      r->log ? " log" : "");
    }
    (void)fprintf(to, "  else %s%s%s\n", actions[t->fallback], t->log_fallback ? " log" : "", t->cut_on_edit ? " cut" : "");
}

void fw_case_print(const struct fw_case *c, FILE *to)
{
    static const char *const actions[] = {"allow", "drop", "reject"};
    (void)fprintf(to, "case %llu\n", (unsigned long long)c->seed);
    for (uint32_t i = 0; i < c->nsteps; i++) {
        const struct fw_step *s = &c->steps[i];
        if (i == 0 || s->table != c->steps[i - 1].table) {
            (void)fprintf(to, " table\n");
            print_table(&c->tables[s->table], to);
        }
        const struct mr_frame *f = &s->frame;
        (void)fprintf(to, " %2u %8.3f s proto %-2u ", i, (double)s->at * 1e-9, f->proto);
        print_ip(to, f->src);
        (void)fprintf(to, ":%u > ", f->sport);
        print_ip(to, f->dst);
        (void)fprintf(to, ":%u flags %02x icmp %u seq %08x: %s", f->dport, f->tcp_flags, f->icmp_type, f->seq,
                      actions[s->expected.action]);
        if (s->expected.logged) {
            (void)fprintf(to, " log %u", s->expected.rule);
        }
        (void)fprintf(to, "\n");
    }
}
