/* The firewall table: its check, its verdicts against a model written here from the rules' text (firewall.h) and from the
 * transitions of Linux's connection tracking, and its nftables text against nft(8). */
#include "net/conntrack.h"
#include "net/firewall.h"
#include "support/fw_cases.h"
#include "support/test.h"

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static struct mr_fw_rule good_rule(void)
{
    return (struct mr_fw_rule){.id = "poll",
                               .from = IP(10, 0, 2, 0),
                               .from_mask = 0xffffff00,
                               .to = IP(10, 0, 1, 10),
                               .to_mask = 0xffffffff,
                               .port_lo = 502,
                               .port_hi = 502,
                               .proto = MR_FW_TCP,
                               .action = MR_FW_ALLOW};
}

static void expect_wrong(struct mr_fw_rule rule, const char *word)
{
    char why[128] = "";
    struct mr_fw_table t = {.nrules = 1, .rules = {rule}};
    assert_int_equal(mr_fw_check(&t, why, sizeof why), MR_E_INVALID);
    if (!strstr(why, word)) {
        print_error("'%s' does not say '%s'\n", why, word);
    }
    assert_non_null(strstr(why, word));
}

static void check_finds_mistakes(void **state)
{
    (void)state;
    char why[128];
    struct mr_fw_table t = {.nrules = 1, .rules = {good_rule()}};
    assert_int_equal(mr_fw_check(&t, why, sizeof why), MR_OK);
    struct mr_fw_rule r = good_rule();
    r.id[0] = '\0';
    expect_wrong(r, "id");
    r = good_rule();
    r.id[1] = ' ';
    expect_wrong(r, "id");
    r = good_rule();
    memset(r.id, 'a', sizeof r.id); /* no end */
    expect_wrong(r, "id");
    r = good_rule();
    r.from_mask = 0xff00ff00;
    expect_wrong(r, "source");
    r = good_rule();
    r.to_mask = 0xffffff00;
    expect_wrong(r, "destination");
    r = good_rule();
    r.port_lo = 503;
    expect_wrong(r, "503-502");
    r = good_rule();
    r.proto = MR_FW_ICMP;
    expect_wrong(r, "ports need");
    r = good_rule();
    r.proto = 47;
    expect_wrong(r, "protocol");
    r = good_rule();
    r.action = 3;
    expect_wrong(r, "action");
    r = good_rule();
    r.action = MR_FW_DROP;
    r.rate_per_s = 1;
    expect_wrong(r, "rate");
    t = (struct mr_fw_table){.nrules = 2, .rules = {good_rule(), good_rule()}};
    assert_int_equal(mr_fw_check(&t, why, sizeof why), MR_E_INVALID);
    assert_non_null(strstr(why, "both called poll"));
    t = (struct mr_fw_table){.nrules = MR_FW_RULES + 1};
    assert_int_equal(mr_fw_check(&t, why, sizeof why), MR_E_INVALID);
}

static struct mr_fw_verdict judge_one(const struct mr_fw_table *t, enum mr_ct_state state, bool begins, uint16_t port)
{
    static struct mr_fw_meter meters[MR_FW_RULES];
    mr_fw_meters_fill(meters, t, 0);
    const struct mr_fw_packet p = {{IP(10, 0, 2, 5), IP(10, 0, 1, 10), 40000, port, 6}, state, begins};
    return mr_fw_judge(t, meters, &p, 0);
}

static void first_match_decides(void **state)
{
    (void)state;
    struct mr_fw_table t = {.nrules = 2, .rules = {good_rule(), good_rule()}, .fallback = MR_FW_REJECT, .log_fallback = true};
    t.rules[1].action = MR_FW_DROP;
    t.rules[1].port_lo = 0;
    t.rules[1].port_hi = 1000;
    t.rules[1].log = true;
    assert_int_equal(judge_one(&t, MR_CT_NEW, true, 502).action, MR_FW_ALLOW);
    struct mr_fw_verdict v = judge_one(&t, MR_CT_NEW, true, 503);
    assert_int_equal(v.action, MR_FW_DROP);
    assert_true(v.logged);
    assert_int_equal(v.rule, 1);
    v = judge_one(&t, MR_CT_NEW, true, 1001);
    assert_int_equal(v.action, MR_FW_REJECT);
    assert_int_equal(v.rule, MR_FW_DEFAULT);
    assert_int_equal(judge_one(&t, MR_CT_INVALID, true, 502).action, MR_FW_DROP);
    assert_int_equal(judge_one(&t, MR_CT_NEW, false, 502).action, MR_FW_DROP);
    assert_false(judge_one(&t, MR_CT_NEW, false, 1001).logged);
    assert_int_equal(judge_one(&t, MR_CT_ESTABLISHED, false, 1001).action, MR_FW_ALLOW);
    t.cut_on_edit = true;
    assert_int_equal(judge_one(&t, MR_CT_ESTABLISHED, false, 502).action, MR_FW_ALLOW);
    assert_int_equal(judge_one(&t, MR_CT_ESTABLISHED, false, 1001).action, MR_FW_REJECT);
    assert_int_equal(judge_one(&t, MR_CT_RELATED, false, 1001).action, MR_FW_ALLOW);
}

/* Four a second: a bucket of four, then one every 250 ms. */
static void rates_are_buckets(void **state)
{
    (void)state;
    struct mr_fw_table t = {.nrules = 1, .rules = {good_rule()}, .fallback = MR_FW_DROP};
    t.rules[0].rate_per_s = 4;
    static struct mr_fw_meter meters[MR_FW_RULES];
    mr_fw_meters_fill(meters, &t, 0);
    const struct mr_fw_packet p = {{IP(10, 0, 2, 5), IP(10, 0, 1, 10), 40000, 502, 6}, MR_CT_NEW, true};
    static const struct {
        mr_ns at;
        enum mr_fw_action action;
    } calls[] = {{0, MR_FW_ALLOW},          {0, MR_FW_ALLOW},          {0, MR_FW_ALLOW},           {0, MR_FW_ALLOW},
                 {0, MR_FW_DROP},           {249 * MR_MS, MR_FW_DROP}, {250 * MR_MS, MR_FW_ALLOW}, {251 * MR_MS, MR_FW_DROP},
                 {100 * MR_S, MR_FW_ALLOW}, {100 * MR_S, MR_FW_ALLOW}, {100 * MR_S, MR_FW_ALLOW},  {100 * MR_S, MR_FW_ALLOW},
                 {100 * MR_S, MR_FW_DROP}};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        assert_int_equal(mr_fw_judge(&t, meters, &p, calls[i].at).action, calls[i].action);
    }
}

/* ---- the model ---- */
struct known {
    bool live, answered, fin;
    char last[2]; /* the kind of its last packet, and < or > for its direction */
    char
        stage; /* S SYN sent, R SYN received, E established, F one FIN, C that FIN acknowledged, L both FINs, T time wait, X reset */
    uint32_t ip[2];
    uint16_t port[2];
    uint8_t proto;
    mr_ns expires;
    mr_ns began;
};
struct model {
    struct known known[FW_CASE_STEPS];
    double tokens[MR_FW_RULES];
    mr_ns last[MR_FW_RULES];
};

/* What a packet makes of a stage: by direction (0: the beginner's) and kind, for each of the stages S R E F C L T X in turn; '.'
 * the packet does not belong here, '-' it passes and changes nothing, '*' it begins a new flow, if there was a FIN or its sender
 * has just reset the old one, and else is as '-'. */
static const struct {
    char kind;
    const char *after[2];
} transitions[] = {
    {'s', {"------**", "-.....*."}}, /* SYN */
    {'a', {".R......", "R-------"}}, /* SYN and ACK */
    {'f', {".FFLLLTX", ".FFLLLTX"}}, /* FIN */
    {'k', {".EECCTTX", "-RECCTTX"}}, /* ACK */
    {'r', {"XXXXXXXX", "XXXXXXXX"}}, /* RST */
};

static char kind_of(const struct mr_frame *f)
{
    bool syn = (f->tcp_flags & MR_TCP_SYN) != 0;
    bool ack = (f->tcp_flags & MR_TCP_ACK) != 0;
    return (f->tcp_flags & MR_TCP_RST) != 0 ? 'r' : (f->tcp_flags & MR_TCP_FIN) != 0 ? 'f' : syn && ack ? 'a' : syn ? 's' : 'k';
}

static mr_ns model_lifetime(const struct known *k, mr_ns now)
{
    static const char stages[] = "SREFCLTX";
    static const mr_ns seconds[] = {120, 60, 432000, 120, 60, 30, 120, 10};
    if (k->proto == MR_IP_TCP) {
        return seconds[strchr(stages, k->stage) - stages] * MR_S;
    }
    return (k->proto == MR_IP_UDP && k->answered && now - k->began > 2 * MR_S ? 120 : 30) * MR_S;
}

/* The flow of a packet, and whether it goes back; echoes by identifier. */
static struct known *lookup(struct model *m, const struct mr_frame *f, mr_ns now, bool *back)
{
    for (size_t i = 0; i < FW_CASE_STEPS; i++) {
        struct known *k = &m->known[i];
        if (!k->live || k->expires <= now || k->proto != f->proto) {
            continue;
        }
        for (unsigned d = 0; d < 2; d++) {
            bool same = k->ip[d] == f->src && k->ip[1 - d] == f->dst;
            if (f->proto == MR_IP_ICMP) {
                same = same && k->port[0] == f->seq >> 16 && (f->icmp_type == MR_ICMP_ECHO_REPLY) == (d == 1);
            } else {
                same = same && k->port[d] == f->sport && k->port[1 - d] == f->dport;
            }
            if (same) {
                *back = d == 1;
                return k;
            }
        }
    }
    return NULL;
}

static bool model_matches(const struct mr_fw_rule *r, uint32_t src, uint32_t dst, uint8_t proto, uint16_t port)
{
    bool addresses = (src & r->from_mask) == r->from && (dst & r->to_mask) == r->to;
    bool is_icmp_or_any = r->proto == 0 || r->proto == 1;
    return addresses && (r->proto == 0 || r->proto == proto) && (is_icmp_or_any || (port >= r->port_lo && port <= r->port_hi));
}

/* Rule 4 of firewall.h. */
static struct mr_fw_verdict by_table(struct model *m, const struct mr_fw_table *t, const struct known *k, bool is_new, mr_ns now)
{
    for (uint32_t i = 0; i < t->nrules; i++) {
        const struct mr_fw_rule *r = &t->rules[i];
        if (!model_matches(r, k->ip[0], k->ip[1], k->proto, k->port[1])) {
            continue;
        }
        if (r->action == MR_FW_ALLOW && r->rate_per_s > 0 && is_new) {
            double rate = r->rate_per_s;
            m->tokens[i] += (double)(now - m->last[i]) * 1e-9 * rate;
            m->tokens[i] = m->tokens[i] > rate ? rate : m->tokens[i];
            m->last[i] = now;
            if (m->tokens[i] < 1 - 1e-6) {
                return (struct mr_fw_verdict){MR_FW_DROP, r->log, (uint16_t)i};
            }
            m->tokens[i] -= 1;
        }
        return (struct mr_fw_verdict){r->action, r->log && r->action != MR_FW_ALLOW, (uint16_t)i};
    }
    return (struct mr_fw_verdict){t->fallback, t->log_fallback && t->fallback != MR_FW_ALLOW, MR_FW_DEFAULT};
}

static const struct mr_fw_verdict allow = {MR_FW_ALLOW, false, 0};
static const struct mr_fw_verdict drop = {MR_FW_DROP, false, 0};

static uint32_t be32(const uint8_t *p)
{
    return IP(p[0], p[1], p[2], p[3]);
}

static struct mr_fw_verdict model_error(struct model *m, const struct fw_step *s)
{
    const uint8_t *q = s->payload; /* an IPv4 header of 20 bytes and the first words of the next */
    struct mr_frame f = {.proto = q[9]};
    f.src = be32(q + 12);
    f.dst = be32(q + 16);
    f.sport = (uint16_t)(q[20] << 8 | q[21]);
    f.dport = (uint16_t)(q[22] << 8 | q[23]);
    f.seq = be32(q + 24);
    f.icmp_type = q[20];
    bool back;
    return f.src == s->frame.dst && lookup(m, &f, s->at, &back) ? allow : drop;
}

static struct mr_fw_verdict model_first(struct model *m, const struct mr_fw_table *t, const struct mr_frame *f, mr_ns now)
{
    if ((f->proto == MR_IP_TCP && kind_of(f) != 's') || (f->proto == MR_IP_ICMP && f->icmp_type != MR_ICMP_ECHO)) {
        return drop;
    }
    struct known k = {true, false, false, "s>", 'S', {f->src, f->dst}, {f->sport, f->dport}, f->proto, 0, now};
    if (f->proto == MR_IP_ICMP) {
        k.port[0] = (uint16_t)(f->seq >> 16);
    }
    struct mr_fw_verdict v = by_table(m, t, &k, true, now);
    for (size_t i = 0; v.action == MR_FW_ALLOW && i < FW_CASE_STEPS; i++) {
        if (!m->known[i].live) {
            m->known[i] = k;
            m->known[i].expires = now + model_lifetime(&k, now);
            break;
        }
    }
    return v;
}

static struct mr_fw_verdict model_packet(struct model *m, const struct mr_fw_table *t, const struct fw_step *s)
{
    const struct mr_frame *f = &s->frame;
    if (f->proto == MR_IP_ICMP && f->icmp_type == MR_ICMP_UNREACHABLE) {
        return model_error(m, s);
    }
    bool back = false;
    struct known *k = lookup(m, f, s->at, &back);
    char after = '-';
    if (k && k->proto == MR_IP_TCP) {
        for (size_t i = 0; i < sizeof transitions / sizeof transitions[0]; i++) {
            if (transitions[i].kind == kind_of(f)) {
                after = transitions[i].after[back][strchr("SREFCLTX", k->stage) - "SREFCLTX"];
            }
        }
    }
    char here[2] = {k && k->proto == MR_IP_TCP ? kind_of(f) : ' ', back ? '<' : '>'};
    if (after == '*' && (k->fin || (k->last[0] == 'r' && k->last[1] == here[1]))) {
        k->live = false;
    } else if (after == '*') {
        after = '-';
    }
    if (here[0] == 'a' && back && memcmp(k->last, "s>", 2) == 0) {
        after = 'R'; /* the host has agreed to a SYN that was let through */
        k->fin = false;
    }
    if (!k || !k->live) {
        return model_first(m, t, f, s->at);
    }
    if (after == '.') {
        return drop;
    }
    bool is_new = !k->answered && !back;
    bool refused = k->proto == MR_IP_TCP && kind_of(f) == 'r' && !k->answered; /* ended before it began: forgotten */
    k->fin |= here[0] == 'f';
    memcpy(k->last, here, 2);
    k->stage = after == '-' ? k->stage : after;
    k->answered |= back;
    k->expires = s->at + model_lifetime(k, s->at);
    struct known copy = *k;
    k->live = !refused;
    if (is_new && k->proto == MR_IP_TCP && kind_of(f) != 's') {
        return drop;
    }
    return is_new || t->cut_on_edit ? by_table(m, t, &copy, is_new, s->at) : allow;
}

static void play_case(uint64_t seed, bool pauses)
{
    static struct fw_case c;
    static struct model m;
    fw_case_make(&c, seed, pauses);
    m = (struct model){0};
    for (uint32_t i = 0; i < c.nsteps; i++) {
        const struct fw_step *s = &c.steps[i];
        const struct mr_fw_table *t = &c.tables[s->table];
        if (i == 0 || s->table != c.steps[i - 1].table) {
            for (uint32_t k = 0; k < t->nrules; k++) {
                m.tokens[k] = t->rules[k].rate_per_s;
                m.last[k] = i == 0 ? 0 : s->at;
            }
        }
        struct mr_fw_verdict v = model_packet(&m, t, s);
        bool same = v.action == s->expected.action && v.logged == s->expected.logged && (!v.logged || v.rule == s->expected.rule);
        if (!same) {
            fw_case_print(&c, stderr);
            print_error("step %u: the model says action %d, logged %d, rule %u\n", i, (int)v.action, (int)v.logged, v.rule);
        }
        assert_true(same);
    }
}

static void random_cases_agree_with_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 4000; seed++) {
        play_case(seed, seed % 2 == 1);
    }
}

/* All verdicts and reasons occur, so that the comparison above means something. */
static void random_cases_are_varied(void **state)
{
    (void)state;
    static struct fw_case c;
    unsigned actions[3] = {0};
    unsigned logged = 0;
    unsigned late_denials = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        char why[128];
        fw_case_make(&c, seed, false);
        assert_int_equal(mr_fw_check(&c.tables[0], why, sizeof why), MR_OK);
        assert_int_equal(mr_fw_check(&c.tables[1], why, sizeof why), MR_OK);
        for (uint32_t i = 0; i < c.nsteps; i++) {
            actions[c.steps[i].expected.action]++;
            logged += c.steps[i].expected.logged;
            late_denials +=
                c.steps[i].payload_n > 0 && c.steps[i].expected.action != MR_FW_ALLOW && c.tables[c.steps[i].table].cut_on_edit;
        }
    }
    assert_true(actions[MR_FW_ALLOW] > 800 && actions[MR_FW_DROP] > 800 && actions[MR_FW_REJECT] > 400);
    assert_true(logged > 400 && late_denials > 100);
}

/* ---- nftables ---- */
static void nft_text_is_as_nft_reads_it(void **state)
{
    (void)state;
    struct mr_fw_table t = {
        .nrules = 3, .rules = {good_rule(), good_rule(), good_rule()}, .fallback = MR_FW_DROP, .log_fallback = true};
    t.rules[0].rate_per_s = 5;
    t.rules[0].log = true;
    t.rules[1] = (struct mr_fw_rule){"web", 0, 0, 0, 0, 80, 443, MR_FW_TCP, MR_FW_REJECT, 0, true};
    t.rules[2] = (struct mr_fw_rule){"ping", 0, 0, 0, 0, 0, UINT16_MAX, MR_FW_ICMP, MR_FW_ALLOW, 0, false};
    const struct mr_fw_zone zones[] = {{"r-control", IP(10, 0, 1, 0), 24}, {"r-office", IP(10, 0, 2, 0), 24}};
    const struct mr_fw_router router = {zones, 2, 7};
    static char text[65536];
    struct mr_writer w = mr_writer(text, sizeof text - 1);
    assert_int_equal(mr_fw_nft_ruleset(&t, &router, &w), MR_OK);
    static const char *const lines[] = {
        "table inet millrace {}\ndelete table inet millrace\ntable inet millrace {\n",
        "type filter hook forward priority filter; policy drop;\n",
        "iifname \"r-office\" ip saddr != 10.0.2.0/24 counter drop\n",
        "ct state invalid counter drop\n",
        "ct state related counter accept\n",
        "ct state established counter accept\n",
        "meta l4proto 6 ct original ip saddr 10.0.2.0/24 ct original ip daddr 10.0.1.10 ct original proto-dst 502 "
        "ct state new limit rate over 5/second burst 5 packets counter log prefix \"0\" group 7 drop\n",
        "meta l4proto 6 ct original ip saddr 10.0.2.0/24 ct original ip daddr 10.0.1.10 ct original proto-dst 502 counter "
        "accept\n",
        "meta l4proto 6 ct original proto-dst 80-443 counter log prefix \"1\" group 7 goto refuse\n",
        "meta l4proto 1 counter accept\n",
        "counter log prefix \"65535\" group 7 drop\n",
    };
    const char *at = text;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *found = strstr(at, lines[i]);
        if (!found) {
            print_error("missing or out of order: %s", lines[i]);
        }
        assert_non_null(found);
        at = found + strlen(lines[i]);
    }
    memset(text, 0, sizeof text);
    t.cut_on_edit = true;
    w = mr_writer(text, sizeof text - 1);
    assert_int_equal(mr_fw_nft_ruleset(&t, &router, &w), MR_OK);
    assert_null(strstr(text, "ct state established"));
    w = mr_writer(text, 100);
    assert_int_equal(mr_fw_nft_ruleset(&t, &router, &w), MR_E_FULL);
}

/* The longest table there can be fits the size that the header promises. */
static void the_longest_table_fits(void **state)
{
    (void)state;
    static struct mr_fw_table t;
    static struct mr_fw_zone zones[16];
    static char text[65536];
    t.nrules = MR_FW_RULES;
    for (size_t i = 0; i < MR_FW_RULES; i++) {
        t.rules[i] = (struct mr_fw_rule){"r",         IP(192, 168, 100, 100),
                                         UINT32_MAX,  IP(192, 168, 200, 200),
                                         UINT32_MAX,  10000,
                                         60000,       MR_FW_TCP,
                                         MR_FW_ALLOW, 1000000,
                                         true};
    }
    for (size_t i = 0; i < 16; i++) {
        zones[i] = (struct mr_fw_zone){"interface-of15b", IP(192, 168, 128, 128), 25};
    }
    const struct mr_fw_router router = {zones, 16, UINT16_MAX};
    struct mr_writer w = mr_writer(text, sizeof text);
    assert_int_equal(mr_fw_nft_ruleset(&t, &router, &w), MR_OK);
}

static void mirror_names_its_ports(void **state)
{
    (void)state;
    char text[512] = "";
    const char *const ports[] = {"p-plc1", "p-hmi"};
    struct mr_writer w = mr_writer(text, sizeof text - 1);
    assert_int_equal(mr_fw_nft_mirror("mirror_control", ports, 2, "m-control", &w), MR_OK);
    assert_non_null(strstr(text, "type filter hook ingress devices = { \"p-plc1\", \"p-hmi\" } priority -150; policy accept;\n"));
    assert_non_null(strstr(text, "dup to \"m-control\"\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_finds_mistakes),    cmocka_unit_test(first_match_decides),
        cmocka_unit_test(rates_are_buckets),       cmocka_unit_test(random_cases_agree_with_the_model),
        cmocka_unit_test(random_cases_are_varied), cmocka_unit_test(nft_text_is_as_nft_reads_it),
        cmocka_unit_test(the_longest_table_fits),  cmocka_unit_test(mirror_names_its_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
