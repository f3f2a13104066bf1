/* firewall.c - the rule table evaluated; its meaning is told in firewall.h. */
#include "net/firewall.h"

static const struct mr_field rule_fields[] = {
    MR_ARRAY(struct mr_fw_rule, id, MR_I8),         MR_FIELD(struct mr_fw_rule, from, MR_U32),
    MR_FIELD(struct mr_fw_rule, from_mask, MR_U32), MR_FIELD(struct mr_fw_rule, to, MR_U32),
    MR_FIELD(struct mr_fw_rule, to_mask, MR_U32),   MR_FIELD(struct mr_fw_rule, port_lo, MR_U16),
    MR_FIELD(struct mr_fw_rule, port_hi, MR_U16),   MR_FIELD(struct mr_fw_rule, proto, MR_U8),
    MR_FIELD(struct mr_fw_rule, action, MR_U8),     MR_FIELD(struct mr_fw_rule, rate_per_s, MR_U32),
    MR_FIELD(struct mr_fw_rule, log, MR_BOOL),
};
static const struct mr_type rule_type = MR_TYPE("fw_rule", struct mr_fw_rule, rule_fields);

static const struct mr_field table_fields[] = {
    MR_FIELD(struct mr_fw_table, nrules, MR_U32),       MR_VARIABLE_SUBS(struct mr_fw_table, rules, nrules, &rule_type),
    MR_FIELD(struct mr_fw_table, fallback, MR_U8),      MR_FIELD(struct mr_fw_table, log_fallback, MR_BOOL),
    MR_FIELD(struct mr_fw_table, cut_on_edit, MR_BOOL),
};
const struct mr_type mr_fw_table_type = MR_TYPE("fw_table", struct mr_fw_table, table_fields);

static const struct mr_field flow_fields[] = {
    MR_FIELD(struct mr_flow, src, MR_U32),   MR_FIELD(struct mr_flow, dst, MR_U32),  MR_FIELD(struct mr_flow, sport, MR_U16),
    MR_FIELD(struct mr_flow, dport, MR_U16), MR_FIELD(struct mr_flow, proto, MR_U8),
};
const struct mr_type mr_flow_type = MR_TYPE("flow", struct mr_flow, flow_fields);

static const struct mr_field meter_fields[] = {
    MR_FIELD(struct mr_fw_meter, tokens_ns, MR_I64),
    MR_FIELD(struct mr_fw_meter, last, MR_I64),
};
const struct mr_type mr_fw_meter_type = MR_TYPE("fw_meter", struct mr_fw_meter, meter_fields);

static bool id_is_good(const char *id)
{
    size_t n = strnlen(id, MR_FW_ID);
    if (n == 0 || n == MR_FW_ID) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char c = id[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.')) {
            return false;
        }
    }
    return true;
}

/* Ones, then zeros; and an address that has no bit where the mask has none. */
static bool prefix_is_good(uint32_t address, uint32_t mask)
{
    uint32_t zeros = ~mask;
    return (zeros & (zeros + 1)) == 0 && (address & zeros) == 0;
}

static enum mr_fw_mistake rule_mistake(const struct mr_fw_rule *r)
{
    bool has_ports = r->proto == MR_FW_TCP || r->proto == MR_FW_UDP;
    if (r->action > MR_FW_REJECT) {
        return MR_FW_BAD_ACTION;
    }
    if (!has_ports && r->proto != MR_FW_ANY && r->proto != MR_FW_ICMP) {
        return MR_FW_BAD_PROTO;
    }
    if (!prefix_is_good(r->from, r->from_mask)) {
        return MR_FW_BAD_SOURCE;
    }
    if (!prefix_is_good(r->to, r->to_mask)) {
        return MR_FW_BAD_DESTINATION;
    }
    if (r->port_lo > r->port_hi) {
        return MR_FW_PORTS_BACKWARDS;
    }
    if (!has_ports && (r->port_lo != 0 || r->port_hi != UINT16_MAX)) {
        return MR_FW_PORTS_UNUSED;
    }
    if (r->rate_per_s != 0 && r->action != MR_FW_ALLOW) {
        return MR_FW_RATE_UNUSED;
    }
    return r->rate_per_s > MR_FW_RATE_MAX ? MR_FW_RATE_HIGH : MR_FW_NO_MISTAKE;
}

struct mr_fw_fault mr_fw_find_fault(const struct mr_fw_table *t)
{
    if (t->nrules > MR_FW_RULES) {
        return (struct mr_fw_fault){.what = MR_FW_TOO_MANY};
    }
    if (t->fallback > MR_FW_REJECT) {
        return (struct mr_fw_fault){.what = MR_FW_BAD_FALLBACK};
    }
    for (uint32_t i = 0; i < t->nrules; i++) {
        if (!id_is_good(t->rules[i].id)) {
            return (struct mr_fw_fault){MR_FW_BAD_ID, i, 0};
        }
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(t->rules[k].id, t->rules[i].id) == 0) {
                return (struct mr_fw_fault){MR_FW_SAME_ID, i, k};
            }
        }
        enum mr_fw_mistake what = rule_mistake(&t->rules[i]);
        if (what != MR_FW_NO_MISTAKE) {
            return (struct mr_fw_fault){what, i, 0};
        }
    }
    return (struct mr_fw_fault){.what = MR_FW_NO_MISTAKE};
}

static void say_fault(const struct mr_fw_table *t, struct mr_fw_fault f, struct mr_writer *why)
{
    const struct mr_fw_rule *r = &t->rules[f.rule];
    switch (f.what) {
    case MR_FW_NO_MISTAKE:
        break;
    case MR_FW_TOO_MANY:
        mr_write_fmt(why, "%u rules, at most %d", t->nrules, MR_FW_RULES);
        break;
    case MR_FW_BAD_FALLBACK:
        mr_write_fmt(why, "fallback is none of allow, drop, reject");
        break;
    case MR_FW_BAD_ID:
        mr_write_fmt(why, "rule %u: an id has 1 to %d letters, digits, '-', '_' or '.'", f.rule + 1, MR_FW_ID - 1);
        break;
    case MR_FW_SAME_ID:
        mr_write_fmt(why, "rules %u and %u are both called %s", f.other + 1, f.rule + 1, r->id);
        break;
    case MR_FW_BAD_ACTION:
        mr_write_fmt(why, "rule %s: action is none of allow, drop, reject", r->id);
        break;
    case MR_FW_BAD_PROTO:
        mr_write_fmt(why, "rule %s: protocol is none of any, icmp, tcp, udp", r->id);
        break;
    case MR_FW_BAD_SOURCE:
        mr_write_fmt(why, "rule %s: source is not the first address of a prefix", r->id);
        break;
    case MR_FW_BAD_DESTINATION:
        mr_write_fmt(why, "rule %s: destination is not the first address of a prefix", r->id);
        break;
    case MR_FW_PORTS_BACKWARDS:
        mr_write_fmt(why, "rule %s: ports %u-%u run backwards", r->id, r->port_lo, r->port_hi);
        break;
    case MR_FW_PORTS_UNUSED:
        mr_write_fmt(why, "rule %s: ports need protocol tcp or udp", r->id);
        break;
    case MR_FW_RATE_UNUSED:
        mr_write_fmt(why, "rule %s: a rate needs action allow", r->id);
        break;
    case MR_FW_RATE_HIGH:
        mr_write_fmt(why, "rule %s: rate above %d a second", r->id, MR_FW_RATE_MAX);
        break;
    }
}

enum mr_err mr_fw_check(const struct mr_fw_table *t, char *why, size_t cap)
{
    MR_ASSERT(cap > 0);
    struct mr_writer w = mr_writer(why, cap - 1);
    struct mr_fw_fault fault = mr_fw_find_fault(t);
    say_fault(t, fault, &w);
    why[w.n] = '\0';
    return fault.what == MR_FW_NO_MISTAKE ? MR_OK : MR_E_INVALID;
}

static bool matches(const struct mr_fw_rule *r, const struct mr_flow *f)
{
    if (((f->src ^ r->from) & r->from_mask) != 0 || ((f->dst ^ r->to) & r->to_mask) != 0) {
        return false;
    }
    if (r->proto == MR_FW_ANY) {
        return true;
    }
    if (r->proto != f->proto) {
        return false;
    }
    return r->proto == MR_FW_ICMP || (f->dport >= r->port_lo && f->dport <= r->port_hi);
}

/* The kernel's arithmetic (token bucket in nanoseconds, cost rounded down), so that both let the same flow through. */
static int64_t flow_cost(const struct mr_fw_rule *r)
{
    return MR_S / r->rate_per_s;
}

void mr_fw_meters_fill(struct mr_fw_meter *meters, const struct mr_fw_table *t, mr_ns now)
{
    memset(meters, 0, MR_FW_RULES * sizeof *meters);
    for (uint32_t i = 0; i < t->nrules; i++) {
        if (t->rules[i].rate_per_s != 0) {
            meters[i] = (struct mr_fw_meter){flow_cost(&t->rules[i]) * t->rules[i].rate_per_s, now};
        }
    }
}

static bool meter_allows(const struct mr_fw_rule *r, struct mr_fw_meter *m, mr_ns now)
{
    int64_t cost = flow_cost(r);
    int64_t most = cost * r->rate_per_s;
    int64_t tokens = now - m->last >= most ? most : m->tokens_ns + (now - m->last);
    tokens = tokens > most ? most : tokens;
    bool enough = tokens >= cost;
    *m = (struct mr_fw_meter){enough ? tokens - cost : tokens, now};
    return enough;
}

struct mr_fw_verdict mr_fw_judge(const struct mr_fw_table *t, struct mr_fw_meter *meters, const struct mr_fw_packet *p, mr_ns now)
{
    const struct mr_fw_verdict pass = {MR_FW_ALLOW, false, MR_FW_DEFAULT};
    const struct mr_fw_verdict silent_drop = {MR_FW_DROP, false, MR_FW_DEFAULT};
    if (p->state == MR_CT_INVALID || (p->state == MR_CT_NEW && !p->begins)) {
        return silent_drop;
    }
    if (p->state == MR_CT_RELATED || (p->state == MR_CT_ESTABLISHED && !t->cut_on_edit)) {
        return pass;
    }
    for (uint32_t i = 0; i < t->nrules; i++) {
        const struct mr_fw_rule *r = &t->rules[i];
        if (!matches(r, &p->flow)) {
            continue;
        }
        if (r->action != MR_FW_ALLOW) {
            return (struct mr_fw_verdict){(enum mr_fw_action)r->action, r->log, (uint16_t)i};
        }
        if (r->rate_per_s != 0 && p->state == MR_CT_NEW && !meter_allows(r, &meters[i], now)) {
            return (struct mr_fw_verdict){MR_FW_DROP, r->log, (uint16_t)i};
        }
        return pass;
    }
    return (struct mr_fw_verdict){(enum mr_fw_action)t->fallback, t->log_fallback && t->fallback != MR_FW_ALLOW, MR_FW_DEFAULT};
}
