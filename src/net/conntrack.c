/* conntrack.c - connection tracking; what it follows is told in conntrack.h. Timeouts are nf_conntrack's defaults. */
#include "net/conntrack.h"

#include "net/pool.h"

#define ECHO_PORT UINT16_MAX
#define SWEEP     32 /* slots looked at for expired flows when the table is full: bounds the cost of a flood's packet */

/* What a TCP packet is, by its flags. A packet with none of these, or SYN with FIN or RST, is no TCP. */
enum tcp_kind { IS_SYN, IS_SYN_ACK, IS_FIN, IS_ACK, IS_RST, IS_NONSENSE };
#define LAST_IS_REPLY 0x80

enum stage { SYN_SENT, SYN_RECEIVED, OPEN, ONE_FIN, FIN_ACKED, BOTH_FIN, DONE, RESET };

struct entry {
    bool live;
    bool answered;
    bool closing; /* a FIN was seen */
    uint8_t stage;
    uint8_t last;  /* TCP: what its last packet was, enum tcp_kind, plus LAST_IS_REPLY */
    uint32_t next; /* in its hash chain, index + 1 */
    struct mr_flow flow;
    mr_ns since;
    mr_ns expires;
};

static const struct mr_field entry_fields[] = {
    MR_FIELD(struct entry, live, MR_BOOL),     MR_FIELD(struct entry, answered, MR_BOOL),
    MR_FIELD(struct entry, closing, MR_BOOL),  MR_FIELD(struct entry, stage, MR_U8),
    MR_FIELD(struct entry, last, MR_U8),       MR_FIELD(struct entry, next, MR_U32),
    MR_SUB(struct entry, flow, &mr_flow_type), MR_FIELD(struct entry, since, MR_I64),
    MR_FIELD(struct entry, expires, MR_I64),
};
static const struct mr_type entry_type = MR_TYPE_LIVE("flow_entry", struct entry, entry_fields, live);

struct mr_conntrack {
    struct mr_pool pool;
    struct entry *entries;
    uint32_t *heads; /* index + 1 */
    uint32_t nheads; /* a power of two */
    uint32_t *sweep;
};

struct mr_conntrack *mr_conntrack_create(struct mr_arena *arena, uint32_t flows)
{
    struct mr_conntrack *ct = mr_arena_scratch(arena, sizeof *ct);
    if (!ct) {
        return NULL;
    }
    ct->nheads = 64;
    while (ct->nheads < flows) {
        ct->nheads *= 2;
    }
    ct->entries = mr_arena_new(arena, &entry_type, flows, "net.flows");
    ct->heads = mr_arena_bytes(arena, ct->nheads * sizeof *ct->heads, "net.flow_heads");
    ct->sweep = mr_arena_bytes(arena, sizeof *ct->sweep, "net.flow_sweep");
    bool ok = mr_pool_create(&ct->pool, arena, flows, "net.flow_pool");
    return ok && ct->entries && ct->heads && ct->sweep ? ct : NULL;
}

uint32_t mr_conntrack_used(const struct mr_conntrack *ct)
{
    return mr_pool_used(&ct->pool);
}

/* The same for both directions of a flow. */
static uint32_t *chain_of(const struct mr_conntrack *ct, const struct mr_flow *f)
{
    uint64_t addresses = (uint64_t)(f->src ^ f->dst) << 32 | (f->src + f->dst);
    uint64_t ports = (uint64_t)(uint16_t)(f->sport ^ f->dport) << 32 | (uint64_t)((uint32_t)f->sport + f->dport) << 8 | f->proto;
    uint64_t h = (addresses ^ ports * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    return &ct->heads[h >> 32 & (ct->nheads - 1)];
}

static bool same(const struct mr_flow *a, const struct mr_flow *b)
{
    return a->src == b->src && a->dst == b->dst && a->sport == b->sport && a->dport == b->dport && a->proto == b->proto;
}

static struct mr_flow reversed(const struct mr_flow *f)
{
    return (struct mr_flow){f->dst, f->src, f->dport, f->sport, f->proto};
}

static void forget(struct mr_conntrack *ct, struct entry *e)
{
    uint32_t index = (uint32_t)(e - ct->entries);
    uint32_t *link = chain_of(ct, &e->flow);
    while (*link != index + 1) {
        MR_ASSERT(*link != 0);
        link = &ct->entries[*link - 1].next;
    }
    *link = e->next;
    *e = (struct entry){0};
    mr_pool_give(&ct->pool, index);
}

static struct entry *find(struct mr_conntrack *ct, const struct mr_flow *flow, mr_ns now, bool *is_reply)
{
    struct mr_flow back = reversed(flow);
    uint32_t next;
    for (uint32_t i = *chain_of(ct, flow); i != 0; i = next) {
        struct entry *e = &ct->entries[i - 1];
        next = e->next;
        if (e->expires <= now) {
            forget(ct, e);
        } else if (same(&e->flow, flow) || same(&e->flow, &back)) {
            *is_reply = !same(&e->flow, flow);
            return e;
        }
    }
    return NULL;
}

static enum tcp_kind tcp_kind(uint8_t flags)
{
    bool syn = (flags & MR_TCP_SYN) != 0;
    bool ack = (flags & MR_TCP_ACK) != 0;
    if ((flags & MR_TCP_RST) != 0) {
        return syn || (flags & MR_TCP_FIN) != 0 ? IS_NONSENSE : IS_RST;
    }
    if ((flags & MR_TCP_FIN) != 0) {
        return syn || !ack ? IS_NONSENSE : IS_FIN;
    }
    if (syn) {
        return ack ? IS_SYN_ACK : IS_SYN;
    }
    return ack ? IS_ACK : IS_NONSENSE;
}

/* The stage after a packet; false where it does not fit the flow. A packet that fits but changes nothing keeps the stage. A SYN
 * in the middle of a flow is let through, for the host to judge; when it is answered by SYN and ACK, the host knew better. */
static bool tcp_step(struct entry *e, enum tcp_kind kind, bool is_reply)
{
    enum stage s = (enum stage)e->stage;
    switch (kind) {
    case IS_SYN:
        return !is_reply || s == SYN_SENT;
    case IS_SYN_ACK:
        if (is_reply && (s == SYN_SENT || e->last == IS_SYN)) {
            e->stage = SYN_RECEIVED;
            e->closing = false;
        }
        return is_reply || s == SYN_RECEIVED;
    case IS_FIN:
        if (s == SYN_SENT) {
            return false;
        }
        e->stage = (uint8_t)(s <= OPEN ? ONE_FIN : s < BOTH_FIN ? BOTH_FIN : s);
        e->closing = true;
        return true;
    case IS_ACK:
        if (s == SYN_SENT) {
            return is_reply;
        }
        if (s == SYN_RECEIVED && !is_reply) {
            e->stage = OPEN;
        } else if (s == ONE_FIN) {
            e->stage = FIN_ACKED;
        } else if (s == BOTH_FIN) {
            e->stage = DONE;
        }
        return true;
    case IS_RST:
        e->stage = RESET;
        return true;
    case IS_NONSENSE:
        return false;
    }
    return false;
}

static mr_ns lifetime(const struct entry *e, mr_ns now)
{
    static const mr_ns tcp[] = {[SYN_SENT] = 120 * MR_S, [SYN_RECEIVED] = 60 * MR_S, [OPEN] = 5 * MR_DAY, [ONE_FIN] = 120 * MR_S,
                                [FIN_ACKED] = 60 * MR_S, [BOTH_FIN] = 30 * MR_S,     [DONE] = 120 * MR_S, [RESET] = 10 * MR_S};
    switch (e->flow.proto) {
    case MR_IP_TCP:
        return tcp[e->stage];
    case MR_IP_UDP:
        return e->answered && now - e->since > 2 * MR_S ? 120 * MR_S : 30 * MR_S;
    case MR_IP_ICMP:
        return 30 * MR_S;
    default:
        return 600 * MR_S;
    }
}

/* An echo is a flow from its identifier to ECHO_PORT, so that two hosts that ping each other do not meet. */
static struct mr_flow flow_of(const struct mr_frame *f)
{
    struct mr_flow flow = {f->src, f->dst, f->sport, f->dport, f->proto};
    if (f->proto == MR_IP_ICMP) {
        uint16_t id = (uint16_t)(f->seq >> 16);
        bool answer = f->icmp_type == MR_ICMP_ECHO_REPLY;
        flow.sport = answer ? ECHO_PORT : id;
        flow.dport = answer ? id : ECHO_PORT;
    }
    return flow;
}

/* Unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792). */
static bool is_icmp_error(const struct mr_frame *f)
{
    uint8_t t = f->icmp_type;
    return f->kind == MR_FRAME_ICMP && (t == 3 || t == 4 || t == 5 || t == 11 || t == 12);
}

/* Related where the quoted packet belongs to a flow and the error goes to who sent it. */
static struct mr_fw_packet see_icmp_error(struct mr_conntrack *ct, uint32_t to, struct mr_slice quote, mr_ns now)
{
    struct mr_fw_packet p = {.state = MR_CT_INVALID};
    struct mr_frame inner;
    bool is_reply;
    if (mr_frame_decode_quote(quote, &inner) == MR_OK && inner.src == to) {
        struct mr_flow flow = flow_of(&inner);
        const struct entry *e = find(ct, &flow, now, &is_reply);
        if (e) {
            p.flow = e->flow;
            p.state = MR_CT_RELATED;
        }
    }
    return p;
}

/* No entry: a first packet, unless it can only be an answer. */
static struct mr_fw_packet see_first(const struct mr_frame *f, struct mr_fw_packet p)
{
    bool nonsense = f->kind == MR_FRAME_TCP && tcp_kind(f->tcp_flags) == IS_NONSENSE;
    bool answer = f->kind == MR_FRAME_ICMP && f->icmp_type != MR_ICMP_ECHO;
    p.state = nonsense || answer ? MR_CT_INVALID : MR_CT_NEW;
    return p;
}

/* The same ports again after the end: a flow of its own, if the old one was closed, or reset by who calls again. */
static bool reopens(const struct entry *e, const struct mr_frame *f, bool is_reply)
{
    bool over = e->stage == DONE || (e->stage == RESET && !is_reply);
    bool by_caller = e->last == (is_reply ? IS_RST | LAST_IS_REPLY : IS_RST);
    return f->kind == MR_FRAME_TCP && tcp_kind(f->tcp_flags) == IS_SYN && over && (e->closing || by_caller);
}

struct mr_fw_packet mr_conntrack_see(struct mr_conntrack *ct, const struct mr_frame *f, struct mr_slice payload, mr_ns now)
{
    bool is_tcp = f->kind == MR_FRAME_TCP;
    struct mr_fw_packet p = {flow_of(f), MR_CT_NEW, !is_tcp || tcp_kind(f->tcp_flags) == IS_SYN};
    if (f->kind == MR_FRAME_IP && (f->ip_frag & 0x3fff) != 0) {
        p.state = MR_CT_INVALID; /* nothing here sends fragments, and nothing puts them together */
        return p;
    }
    if (is_icmp_error(f)) {
        return see_icmp_error(ct, f->dst, payload, now);
    }
    bool is_reply = false;
    struct entry *e = find(ct, &p.flow, now, &is_reply);
    if (e && reopens(e, f, is_reply)) {
        forget(ct, e);
        e = NULL;
    }
    if (!e) {
        return see_first(f, p);
    }
    p.flow = e->flow;
    if (is_tcp) {
        enum tcp_kind kind = tcp_kind(f->tcp_flags);
        if (!tcp_step(e, kind, is_reply)) {
            p.state = MR_CT_INVALID;
            return p;
        }
        e->last = (uint8_t)(is_reply ? kind | LAST_IS_REPLY : kind);
    }
    p.state = e->answered || is_reply ? MR_CT_ESTABLISHED : MR_CT_NEW;
    if (is_tcp && (f->tcp_flags & MR_TCP_RST) != 0 && !e->answered) {
        forget(ct, e); /* refused before it began */
        return p;
    }
    e->answered |= is_reply;
    e->expires = now + lifetime(e, now);
    return p;
}

static bool make_room(struct mr_conntrack *ct, mr_ns now)
{
    for (uint32_t k = 0; k < SWEEP; k++) {
        struct entry *e = &ct->entries[(*ct->sweep)++ % ct->pool.cap];
        if (e->live && e->expires <= now) {
            forget(ct, e);
            return true;
        }
    }
    return false;
}

bool mr_conntrack_commit(struct mr_conntrack *ct, const struct mr_flow *flow, mr_ns now)
{
    bool is_reply;
    if (find(ct, flow, now, &is_reply)) {
        return true;
    }
    uint32_t i = mr_pool_take(&ct->pool);
    if (i == MR_NONE && make_room(ct, now)) {
        i = mr_pool_take(&ct->pool);
    }
    if (i == MR_NONE) {
        return false;
    }
    uint32_t *head = chain_of(ct, flow);
    struct entry *e = &ct->entries[i];
    *e = (struct entry){.live = true, .stage = SYN_SENT, .last = IS_SYN, .next = *head, .flow = *flow, .since = now};
    e->expires = now + lifetime(e, now);
    *head = i + 1;
    return true;
}

enum mr_err mr_conntrack_check(const struct mr_conntrack *ct)
{
    if (!mr_pool_check(&ct->pool)) {
        return MR_E_CORRUPT;
    }
    uint64_t linked = 0;
    for (uint32_t h = 0; h < ct->nheads; h++) {
        for (uint32_t i = ct->heads[h]; i != 0; i = ct->entries[i - 1].next) {
            if (!mr_pool_has(&ct->pool, i - 1) || ++linked > ct->pool.words[0]) {
                return MR_E_CORRUPT;
            }
            const struct entry *e = &ct->entries[i - 1];
            if (!e->live || e->stage > RESET || chain_of(ct, &e->flow) != &ct->heads[h]) {
                return MR_E_CORRUPT;
            }
        }
    }
    return linked == ct->pool.words[0] ? MR_OK : MR_E_CORRUPT;
}
