/* net_contract.c - the scenarios. Each says in its name what must hold. */
#include "support/net_contract.h"

#include "net/frame.h"
#include "support/test.h"

#include <stdlib.h>

#define SEEN_MAX       4096
#define BYTES_MAX      (4 << 20)
#define SOON           (5 * MR_S)
#define LONG           (40 * MR_S) /* until the last retransmission is given up */
#define QUIET          (300 * MR_MS)
#define MODBUS         502
#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct mr_zone zones[] = {
    {"control", 2, IP(10, 10, 1, 0), 24, IP(10, 10, 1, 1), {0x02, 0, 0, 0, 1, 1}},
    {"office", 4, IP(10, 10, 2, 0), 24, IP(10, 10, 2, 1), {0x02, 0, 0, 0, 2, 1}},
    {"outside", -1, IP(10, 99, 0, 0), 16, IP(10, 99, 0, 1), {0x02, 0, 0, 0, 9, 1}},
};
static const struct mr_node nodes[NET_CONTRACT_NODES] = {
    [NET_PLC] = {"plc", 0, IP(10, 10, 1, 10), {0x00, 0x80, 0xf4, 0, 0, 0x10}, 0, false},
    [NET_HMI] = {"hmi", 0, IP(10, 10, 1, 20), {0x00, 0x1b, 0x1b, 0, 0, 0x20}, 1, false},
    [NET_ENGINEER] = {"engineer", 1, IP(10, 10, 2, 10), {0x00, 0x14, 0x22, 0, 0, 0x30}, 2, false},
    [NET_STRANGER] = {"stranger", 2, IP(10, 99, 6, 66), {0x00, 0x0c, 0x29, 0, 0, 0x66}, 3, true},
};
static const struct mr_topology topology = {zones, 3, nodes, NET_CONTRACT_NODES, 100 * MR_US, 0};

const struct mr_topology *net_contract_topology(void)
{
    return &topology;
}

/* ---- what was seen ---- */
struct seen {
    struct mr_net_event ev;
    bool used;
};
struct play {
    const struct net_driver *driver;
    void *self;
    struct mr_net *net;
    struct seen seen[SEEN_MAX];
    size_t nseen;
    uint8_t *bytes;
    size_t nbytes;
};

static void see(void *ctx, const struct mr_net_event *ev)
{
    struct play *p = ctx;
    assert_true(p->nseen < SEEN_MAX);
    struct seen *s = &p->seen[p->nseen++];
    *s = (struct seen){*ev, false};
    if (ev->data.n > 0) {
        assert_true(ev->data.n <= BYTES_MAX - p->nbytes);
        memcpy(p->bytes + p->nbytes, ev->data.p, ev->data.n);
        s->ev.data = mr_slice(p->bytes + p->nbytes, ev->data.n);
        p->nbytes += ev->data.n;
    }
}

/* The first event of a kind that was not taken yet; NULL where none comes within `most`. */
static const struct mr_net_event *take(struct play *p, enum mr_net_event_kind kind, mr_ns most)
{
    for (mr_ns waited = 0;; waited += QUIET) {
        for (size_t i = 0; i < p->nseen; i++) {
            if (!p->seen[i].used && p->seen[i].ev.kind == kind) {
                p->seen[i].used = true;
                return &p->seen[i].ev;
            }
        }
        if (waited >= most) {
            return NULL;
        }
        p->driver->run(p->self, QUIET);
    }
}

static const struct mr_net_event *expect(struct play *p, enum mr_net_event_kind kind)
{
    const struct mr_net_event *ev = take(p, kind, SOON);
    if (!ev) {
        print_error("no event of kind %d came\n", (int)kind);
    }
    assert_non_null(ev);
    return ev;
}

static void expect_none(struct play *p, enum mr_net_event_kind kind)
{
    assert_null(take(p, kind, 2 * QUIET));
}

static void expect_bytes(struct play *p, mr_conn conn, const char *text)
{
    size_t n = strlen(text);
    size_t at = 0;
    while (at < n) {
        const struct mr_net_event *ev = expect(p, MR_NET_DATA);
        assert_int_equal(ev->conn, conn);
        assert_true(ev->data.n <= n - at);
        assert_memory_equal(ev->data.p, text + at, ev->data.n);
        at += ev->data.n;
    }
}

static struct mr_addr address(uint16_t node, uint16_t port)
{
    return (struct mr_addr){nodes[node].ip, port};
}

struct pair {
    mr_conn client, server;
};

static struct pair connected(struct play *p, uint16_t from, uint16_t to, uint16_t port)
{
    assert_int_equal(p->net->ops->connect(p->net, from, address(to, port), 7), MR_OK);
    const struct mr_net_event *c = expect(p, MR_NET_CONNECTED);
    const struct mr_net_event *a = expect(p, MR_NET_ACCEPTED);
    assert_int_equal(c->token, 7);
    assert_int_equal(a->node, to);
    assert_int_equal(a->local_port, port);
    assert_int_equal(a->peer.ip, nodes[from].ip);
    return (struct pair){c->conn, a->conn};
}

static struct pair connected_plc(struct play *p, uint16_t from)
{
    assert_int_equal(p->net->ops->listen(p->net, NET_PLC, MODBUS), MR_OK);
    return connected(p, from, NET_PLC, MODBUS);
}

static void say(struct play *p, mr_conn conn, const char *text)
{
    assert_int_equal(p->net->ops->send(p->net, conn, mr_slice_str(text)), MR_OK);
}

static struct mr_fw_rule rule(const char *id, enum mr_fw_proto proto, uint16_t port, enum mr_fw_action action)
{
    struct mr_fw_rule r = {.proto = (uint8_t)proto, .action = (uint8_t)action, .log = true};
    r.port_lo = port;
    r.port_hi = port != 0 ? port : UINT16_MAX;
    mr_str_copy(r.id, sizeof r.id, id);
    return r;
}

static void set_rules(struct play *p, const struct mr_fw_rule *rules, uint32_t n, enum mr_fw_action fallback, bool cut)
{
    static struct mr_fw_table t;
    t = (struct mr_fw_table){.nrules = n, .fallback = (uint8_t)fallback, .log_fallback = true, .cut_on_edit = cut};
    if (n > 0) {
        memcpy(t.rules, rules, n * sizeof *rules);
    }
    assert_int_equal(p->net->ops->rules(p->net, &t), MR_OK);
}

/* ---- scenarios ---- */
static void bytes_arrive_in_order_both_ways(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_HMI);
    say(p, c.client, "one ");
    say(p, c.client, "two ");
    say(p, c.client, "three");
    expect_bytes(p, c.server, "one two three");
    say(p, c.server, "answer");
    expect_bytes(p, c.client, "answer");
}

static void bytes_cross_the_router(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_ENGINEER);
    say(p, c.client, "question");
    expect_bytes(p, c.server, "question");
    say(p, c.server, "answer");
    expect_bytes(p, c.client, "answer");
}

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 31 + i / 256);
}

static void more_than_a_window_arrives_whole(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_ENGINEER);
    enum { TOTAL = 1000000, PIECE = 10000 };
    static uint8_t piece[PIECE];
    size_t sent = 0;
    size_t got = 0;
    size_t at = p->nseen;
    bool was_full = false;
    for (int turns = 0; got < TOTAL && turns < 100000; turns++) {
        while (sent < TOTAL) {
            for (size_t i = 0; i < PIECE; i++) {
                piece[i] = pattern(sent + i);
            }
            enum mr_err err = p->net->ops->send(p->net, c.client, mr_slice(piece, PIECE));
            was_full |= err == MR_E_FULL;
            if (err != MR_OK) {
                assert_int_equal(err, MR_E_FULL);
                break;
            }
            sent += PIECE;
        }
        p->driver->run(p->self, QUIET);
        for (; at < p->nseen; at++) {
            const struct mr_net_event *ev = &p->seen[at].ev;
            assert_int_equal(ev->kind, MR_NET_DATA);
            assert_int_equal(ev->conn, c.server);
            for (size_t i = 0; i < ev->data.n; i++) {
                assert_int_equal(ev->data.p[i], pattern(got + i));
            }
            got += ev->data.n;
        }
        p->nseen = at = 0;
        p->nbytes = 0;
    }
    assert_int_equal(got, TOTAL);
    assert_true(was_full);
}

static void too_much_at_once_is_refused_whole(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_HMI);
    static uint8_t much[MR_NET_SEND_MAX + 1];
    assert_int_equal(p->net->ops->send(p->net, c.client, mr_slice(much, sizeof much)), MR_E_FULL);
    expect_none(p, MR_NET_DATA);
    say(p, c.client, "still fine");
    expect_bytes(p, c.server, "still fine");
}

static void closing_tells_both(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_HMI);
    say(p, c.client, "last words");
    p->net->ops->close(p->net, c.client, false);
    expect_bytes(p, c.server, "last words");
    for (int i = 0; i < 2; i++) {
        const struct mr_net_event *ev = expect(p, MR_NET_CLOSED);
        assert_true(ev->conn == c.client || ev->conn == c.server);
        assert_int_equal(ev->reason, MR_OK);
    }
    expect_none(p, MR_NET_CLOSED);
}

static void server_may_close_too(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_HMI);
    p->net->ops->close(p->net, c.server, false);
    assert_int_equal(expect(p, MR_NET_CLOSED)->reason, MR_OK);
    assert_int_equal(expect(p, MR_NET_CLOSED)->reason, MR_OK);
}

static void what_was_queued_goes_out_before_the_end(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_HMI);
    static uint8_t much[60000];
    assert_int_equal(p->net->ops->send(p->net, c.server, mr_slice(much, sizeof much)), MR_OK);
    p->net->ops->close(p->net, c.server, false);
    size_t got = 0;
    while (got < sizeof much) {
        const struct mr_net_event *ev = expect(p, MR_NET_DATA);
        assert_int_equal(ev->conn, c.client);
        got += ev->data.n;
    }
    assert_int_equal(got, sizeof much);
}

static void resetting_tells_the_peer(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_HMI);
    p->net->ops->close(p->net, c.client, true);
    for (int i = 0; i < 2; i++) {
        const struct mr_net_event *ev = expect(p, MR_NET_CLOSED);
        assert_int_equal(ev->reason, MR_E_CLOSED);
    }
}

static void sending_after_the_end_fails(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_HMI);
    p->net->ops->close(p->net, c.client, false);
    assert_int_equal(p->net->ops->send(p->net, c.client, mr_slice_str("x")), MR_E_CLOSED);
    (void)expect(p, MR_NET_CLOSED);
    (void)expect(p, MR_NET_CLOSED);
    assert_int_equal(p->net->ops->send(p->net, c.client, mr_slice_str("x")), MR_E_CLOSED);
    assert_int_equal(p->net->ops->send(p->net, c.server, mr_slice_str("x")), MR_E_CLOSED);
    p->net->ops->close(p->net, c.server, false);
    expect_none(p, MR_NET_CLOSED);
}

static void closed_port_refuses(void **state)
{
    struct play *p = *state;
    assert_int_equal(p->net->ops->connect(p->net, NET_HMI, address(NET_PLC, 80), 3), MR_OK);
    const struct mr_net_event *ev = expect(p, MR_NET_FAILED);
    assert_int_equal(ev->token, 3);
    assert_int_equal(ev->reason, MR_E_REFUSED);
    assert_int_equal(p->net->ops->connect(p->net, NET_STRANGER, address(NET_PLC, 80), 4), MR_OK);
    assert_int_equal(expect(p, MR_NET_FAILED)->reason, MR_E_REFUSED);
}

static void absent_host_is_unreachable(void **state)
{
    struct play *p = *state;
    struct mr_addr near = {IP(10, 10, 1, 99), MODBUS};
    struct mr_addr far = {IP(10, 10, 2, 99), MODBUS};
    assert_int_equal(p->net->ops->connect(p->net, NET_HMI, near, 1), MR_OK);
    assert_int_equal(expect(p, MR_NET_FAILED)->reason, MR_E_UNREACHABLE);
    assert_int_equal(p->net->ops->connect(p->net, NET_HMI, far, 2), MR_OK);
    const struct mr_net_event *ev = take(p, MR_NET_FAILED, 2 * SOON);
    assert_non_null(ev);
    assert_int_equal(ev->token, 2);
    assert_int_equal(ev->reason, MR_E_UNREACHABLE);
}

static void dropped_calls_time_out_and_are_told(void **state)
{
    struct play *p = *state;
    const struct mr_fw_rule rules[] = {rule("web", MR_FW_TCP, 80, MR_FW_ALLOW), rule("modbus", MR_FW_TCP, MODBUS, MR_FW_DROP)};
    set_rules(p, rules, 2, MR_FW_ALLOW, false);
    assert_int_equal(p->net->ops->listen(p->net, NET_PLC, MODBUS), MR_OK);
    assert_int_equal(p->net->ops->connect(p->net, NET_STRANGER, address(NET_PLC, MODBUS), 9), MR_OK);
    const struct mr_net_event *d = expect(p, MR_NET_DENIED);
    assert_int_equal(d->rule, 1);
    assert_int_equal(d->proto, MR_IP_TCP);
    assert_int_equal(d->from.ip, nodes[NET_STRANGER].ip);
    assert_int_equal(d->peer.ip, nodes[NET_PLC].ip);
    assert_int_equal(d->peer.port, MODBUS);
    const struct mr_net_event *f = take(p, MR_NET_FAILED, LONG);
    assert_non_null(f);
    assert_int_equal(f->reason, MR_E_TIMEOUT);
}

static void rejected_calls_are_refused_and_told(void **state)
{
    struct play *p = *state;
    set_rules(p, NULL, 0, MR_FW_REJECT, false);
    assert_int_equal(p->net->ops->listen(p->net, NET_PLC, MODBUS), MR_OK);
    assert_int_equal(p->net->ops->connect(p->net, NET_STRANGER, address(NET_PLC, MODBUS), 9), MR_OK);
    assert_int_equal(expect(p, MR_NET_FAILED)->reason, MR_E_REFUSED);
    assert_int_equal(expect(p, MR_NET_DENIED)->rule, MR_FW_DEFAULT);
}

static void rules_do_not_touch_a_zone_of_its_own(void **state)
{
    struct play *p = *state;
    set_rules(p, NULL, 0, MR_FW_DROP, true);
    struct pair c = connected_plc(p, NET_HMI);
    say(p, c.client, "inside");
    expect_bytes(p, c.server, "inside");
    expect_none(p, MR_NET_DENIED);
}

static void datagrams_arrive(void **state)
{
    struct play *p = *state;
    assert_int_equal(p->net->ops->bind(p->net, NET_PLC, 2222), MR_OK);
    assert_int_equal(p->net->ops->bind(p->net, NET_ENGINEER, 3333), MR_OK);
    struct mr_addr to = address(NET_PLC, 2222);
    assert_int_equal(p->net->ops->datagram(p->net, NET_ENGINEER, 3333, to, mr_slice_str("hello")), MR_OK);
    const struct mr_net_event *ev = expect(p, MR_NET_DATAGRAM);
    assert_int_equal(ev->node, NET_PLC);
    assert_int_equal(ev->local_port, 2222);
    assert_int_equal(ev->peer.ip, nodes[NET_ENGINEER].ip);
    assert_int_equal(ev->peer.port, 3333);
    assert_true(mr_slice_eq(ev->data, mr_slice_str("hello")));
    assert_int_equal(p->net->ops->datagram(p->net, NET_PLC, 2222, ev->peer, mr_slice_str("back")), MR_OK);
    assert_int_equal(expect(p, MR_NET_DATAGRAM)->node, NET_ENGINEER);
}

static void an_unbound_port_hears_nothing(void **state)
{
    struct play *p = *state;
    assert_int_equal(p->net->ops->bind(p->net, NET_PLC, 2222), MR_OK);
    assert_int_equal(p->net->ops->bind(p->net, NET_PLC, 2223), MR_OK);
    assert_int_equal(p->net->ops->bind(p->net, NET_ENGINEER, 3333), MR_OK);
    assert_int_equal(p->net->ops->unbind(p->net, NET_PLC, 2222), MR_OK);
    const char *words[] = {"lost", "heard"};
    for (uint16_t i = 0; i < 2; i++) {
        struct mr_addr to = address(NET_PLC, (uint16_t)(2222 + i));
        assert_int_equal(p->net->ops->datagram(p->net, NET_ENGINEER, 3333, to, mr_slice_str(words[i])), MR_OK);
    }
    assert_true(mr_slice_eq(expect(p, MR_NET_DATAGRAM)->data, mr_slice_str("heard")));
    assert_int_equal(p->net->ops->bind(p->net, NET_PLC, 2222), MR_OK); /* and may be bound again */
    struct mr_addr to = address(NET_PLC, 2222);
    assert_int_equal(p->net->ops->datagram(p->net, NET_ENGINEER, 3333, to, mr_slice_str("again")), MR_OK);
    assert_true(mr_slice_eq(expect(p, MR_NET_DATAGRAM)->data, mr_slice_str("again")));
}

static void a_broadcast_reaches_the_zone(void **state)
{
    struct play *p = *state;
    assert_int_equal(p->net->ops->bind(p->net, NET_PLC, 2222), MR_OK);
    assert_int_equal(p->net->ops->bind(p->net, NET_HMI, 3333), MR_OK);
    const struct mr_zone *z = &zones[nodes[NET_HMI].zone];
    const struct mr_addr to = {z->subnet | (UINT32_MAX >> z->prefix), 2222};
    assert_int_equal(p->net->ops->datagram(p->net, NET_HMI, 3333, to, mr_slice_str("who is there")), MR_OK);
    const struct mr_net_event *ev = expect(p, MR_NET_DATAGRAM);
    assert_int_equal(ev->node, NET_PLC);
    assert_int_equal(ev->peer.ip, nodes[NET_HMI].ip);
    assert_int_equal(p->net->ops->datagram(p->net, NET_PLC, 2222, ev->peer, mr_slice_str("I am")), MR_OK);
    ev = expect(p, MR_NET_DATAGRAM);
    assert_int_equal(ev->node, NET_HMI);
    assert_int_equal(ev->peer.ip, nodes[NET_PLC].ip);
}

static void ping_answers_or_says_why_not(void **state)
{
    struct play *p = *state;
    assert_int_equal(p->net->ops->ping(p->net, NET_HMI, nodes[NET_PLC].ip, 1), MR_OK);
    const struct mr_net_event *ev = expect(p, MR_NET_PONG);
    assert_int_equal(ev->token, 1);
    assert_int_equal(ev->reason, MR_OK);
    assert_int_equal(p->net->ops->ping(p->net, NET_ENGINEER, nodes[NET_PLC].ip, 2), MR_OK);
    assert_int_equal(expect(p, MR_NET_PONG)->reason, MR_OK);
    assert_int_equal(p->net->ops->ping(p->net, NET_HMI, IP(10, 10, 1, 77), 3), MR_OK);
    assert_int_equal(expect(p, MR_NET_PONG)->reason, MR_E_UNREACHABLE);
    const struct mr_fw_rule no[] = {rule("no-ping", MR_FW_ICMP, 0, MR_FW_REJECT)};
    set_rules(p, no, 1, MR_FW_ALLOW, false);
    assert_int_equal(p->net->ops->ping(p->net, NET_STRANGER, nodes[NET_PLC].ip, 4), MR_OK);
    assert_int_equal(expect(p, MR_NET_PONG)->reason, MR_E_DENIED);
    set_rules(p, NULL, 0, MR_FW_DROP, false);
    assert_int_equal(p->net->ops->ping(p->net, NET_STRANGER, nodes[NET_PLC].ip, 5), MR_OK);
    ev = take(p, MR_NET_PONG, 2 * SOON);
    assert_non_null(ev);
    assert_int_equal(ev->reason, MR_E_TIMEOUT);
}

static void raw_frames_cross_the_bridge(void **state)
{
    struct play *p = *state;
    /* EtherType 0x88b5: IEEE 802, local experimental 1 */
    uint8_t frame[60] = {0, 0x80, 0xf4, 0, 0, 0x10, 0, 0x1b, 0x1b, 0, 0, 0x20, 0x88, 0xb5, 'r', 'a', 'w'};
    assert_int_equal(p->net->ops->want_frames(p->net, NET_PLC, true), MR_OK);
    assert_int_equal(p->net->ops->frame(p->net, NET_HMI, mr_slice(frame, sizeof frame)), MR_OK);
    for (;;) {
        const struct mr_net_event *ev = expect(p, MR_NET_FRAME); /* others may come by too */
        assert_int_equal(ev->node, NET_PLC);
        if (ev->data.n == sizeof frame && memcmp(ev->data.p, frame, sizeof frame) == 0) {
            break;
        }
    }
    assert_int_equal(p->net->ops->want_frames(p->net, NET_PLC, false), MR_OK);
    p->driver->run(p->self, QUIET);
    p->nseen = 0;
    assert_int_equal(p->net->ops->frame(p->net, NET_HMI, mr_slice(frame, sizeof frame)), MR_OK);
    expect_none(p, MR_NET_FRAME);
}

static void established_flows_survive_an_edit(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_ENGINEER);
    set_rules(p, NULL, 0, MR_FW_REJECT, false);
    say(p, c.client, "old flow");
    expect_bytes(p, c.server, "old flow");
    assert_int_equal(p->net->ops->connect(p->net, NET_ENGINEER, address(NET_PLC, MODBUS), 8), MR_OK);
    assert_int_equal(expect(p, MR_NET_FAILED)->reason, MR_E_REFUSED);
}

static void a_cutting_edit_ends_flows_it_does_not_allow(void **state)
{
    struct play *p = *state;
    struct pair kept = connected_plc(p, NET_ENGINEER);
    assert_int_equal(p->net->ops->listen(p->net, NET_PLC, 80), MR_OK);
    struct pair cut = connected(p, NET_ENGINEER, NET_PLC, 80);
    const struct mr_fw_rule rules[] = {rule("modbus", MR_FW_TCP, MODBUS, MR_FW_ALLOW)};
    set_rules(p, rules, 1, MR_FW_REJECT, true);
    say(p, kept.client, "allowed");
    expect_bytes(p, kept.server, "allowed");
    say(p, kept.server, "back too"); /* judged as the flow that began it, not by its own direction */
    expect_bytes(p, kept.client, "back too");
    say(p, cut.client, "not allowed");
    const struct mr_net_event *ev = expect(p, MR_NET_CLOSED);
    assert_int_equal(ev->conn, cut.client);
    assert_int_equal(ev->reason, MR_E_CLOSED);
    assert_int_equal(expect(p, MR_NET_DENIED)->rule, MR_FW_DEFAULT);
    expect_none(p, MR_NET_DATA);
}

static void a_rate_lets_so_many_flows_begin(void **state)
{
    struct play *p = *state;
    struct mr_fw_rule rules[] = {rule("few", MR_FW_UDP, 2222, MR_FW_ALLOW)};
    rules[0].rate_per_s = 2;
    set_rules(p, rules, 1, MR_FW_DROP, false);
    assert_int_equal(p->net->ops->bind(p->net, NET_PLC, 2222), MR_OK);
    for (uint16_t port = 4000; port < 4003; port++) {
        struct mr_addr to = address(NET_PLC, 2222);
        assert_int_equal(p->net->ops->datagram(p->net, NET_STRANGER, port, to, mr_slice_str("x")), MR_OK);
    }
    (void)expect(p, MR_NET_DATAGRAM);
    (void)expect(p, MR_NET_DATAGRAM);
    assert_int_equal(expect(p, MR_NET_DENIED)->rule, 0);
    expect_none(p, MR_NET_DATAGRAM);
}

static void a_pulled_cable_makes_a_host_unreachable(void **state)
{
    struct play *p = *state;
    assert_int_equal(p->net->ops->listen(p->net, NET_PLC, MODBUS), MR_OK);
    assert_int_equal(p->net->ops->link(p->net, NET_PLC, false), MR_OK);
    assert_int_equal(p->net->ops->connect(p->net, NET_HMI, address(NET_PLC, MODBUS), 1), MR_OK);
    const struct mr_net_event *ev = take(p, MR_NET_FAILED, LONG);
    assert_non_null(ev);
    assert_true(ev->reason == MR_E_UNREACHABLE || ev->reason == MR_E_TIMEOUT); /* by whether its MAC is known still */
    assert_int_equal(p->net->ops->link(p->net, NET_PLC, true), MR_OK);
    (void)connected(p, NET_HMI, NET_PLC, MODBUS);
}

static void a_connection_outlives_a_short_cut(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_HMI);
    assert_int_equal(p->net->ops->link(p->net, NET_PLC, false), MR_OK);
    say(p, c.client, "patience");
    expect_none(p, MR_NET_DATA);
    assert_int_equal(p->net->ops->link(p->net, NET_PLC, true), MR_OK);
    expect_bytes(p, c.server, "patience");
}

static void unlistened_ports_refuse_but_keep_their_connections(void **state)
{
    struct play *p = *state;
    struct pair c = connected_plc(p, NET_HMI);
    assert_int_equal(p->net->ops->listen(p->net, NET_PLC, MODBUS), MR_E_IN_USE);
    assert_int_equal(p->net->ops->unlisten(p->net, NET_PLC, MODBUS), MR_OK);
    assert_int_equal(p->net->ops->connect(p->net, NET_HMI, address(NET_PLC, MODBUS), 2), MR_OK);
    assert_int_equal(expect(p, MR_NET_FAILED)->reason, MR_E_REFUSED);
    say(p, c.client, "alive");
    expect_bytes(p, c.server, "alive");
    assert_int_equal(p->net->ops->listen(p->net, NET_PLC, MODBUS), MR_OK);
    (void)connected(p, NET_HMI, NET_PLC, MODBUS);
}

static void numbers_are_not_shared(void **state)
{
    struct play *p = *state;
    struct pair first = connected_plc(p, NET_HMI);
    struct pair second = connected(p, NET_HMI, NET_PLC, MODBUS);
    assert_true(first.client != second.client && first.server != second.server);
    say(p, second.client, "second");
    expect_bytes(p, second.server, "second");
    say(p, first.client, "first");
    expect_bytes(p, first.server, "first");
}

/* Calls that nobody answers, each of which takes a connection: at the latest the one after the last says so, at once or soon. */
static void a_full_pool_says_so(void **state)
{
    struct play *p = *state;
    const struct mr_fw_rule rules[] = {rule("web", MR_FW_TCP, 80, MR_FW_ALLOW), rule("modbus", MR_FW_TCP, MODBUS, MR_FW_DROP)};
    set_rules(p, rules, 2, MR_FW_ALLOW, false);
    bool full = false;
    for (uint32_t i = 0; i <= p->driver->most_connections && !full; i++) {
        enum mr_err err = p->net->ops->connect(p->net, NET_STRANGER, address(NET_PLC, MODBUS), i);
        assert_true(err == MR_OK || err == MR_E_FULL);
        full = err == MR_E_FULL;
    }
    for (const struct mr_net_event *f = NULL; !full; full = f->reason == MR_E_FULL) {
        f = expect(p, MR_NET_FAILED);
    }
    assert_true(full);
}

static const struct scenario {
    const char *name;
    void (*play)(void **play);
} scenarios[] = {
    {"bytes_arrive_in_order_both_ways", bytes_arrive_in_order_both_ways},
    {"bytes_cross_the_router", bytes_cross_the_router},
    {"more_than_a_window_arrives_whole", more_than_a_window_arrives_whole},
    {"too_much_at_once_is_refused_whole", too_much_at_once_is_refused_whole},
    {"closing_tells_both", closing_tells_both},
    {"server_may_close_too", server_may_close_too},
    {"what_was_queued_goes_out_before_the_end", what_was_queued_goes_out_before_the_end},
    {"resetting_tells_the_peer", resetting_tells_the_peer},
    {"sending_after_the_end_fails", sending_after_the_end_fails},
    {"closed_port_refuses", closed_port_refuses},
    {"absent_host_is_unreachable", absent_host_is_unreachable},
    {"dropped_calls_time_out_and_are_told", dropped_calls_time_out_and_are_told},
    {"rejected_calls_are_refused_and_told", rejected_calls_are_refused_and_told},
    {"rules_do_not_touch_a_zone_of_its_own", rules_do_not_touch_a_zone_of_its_own},
    {"datagrams_arrive", datagrams_arrive},
    {"an_unbound_port_hears_nothing", an_unbound_port_hears_nothing},
    {"a_broadcast_reaches_the_zone", a_broadcast_reaches_the_zone},
    {"ping_answers_or_says_why_not", ping_answers_or_says_why_not},
    {"raw_frames_cross_the_bridge", raw_frames_cross_the_bridge},
    {"established_flows_survive_an_edit", established_flows_survive_an_edit},
    {"a_cutting_edit_ends_flows_it_does_not_allow", a_cutting_edit_ends_flows_it_does_not_allow},
    {"a_rate_lets_so_many_flows_begin", a_rate_lets_so_many_flows_begin},
    {"a_pulled_cable_makes_a_host_unreachable", a_pulled_cable_makes_a_host_unreachable},
    {"a_connection_outlives_a_short_cut", a_connection_outlives_a_short_cut},
    {"unlistened_ports_refuse_but_keep_their_connections", unlistened_ports_refuse_but_keep_their_connections},
    {"numbers_are_not_shared", numbers_are_not_shared},
    {"a_full_pool_says_so", a_full_pool_says_so},
};
#define SCENARIOS (sizeof scenarios / sizeof scenarios[0])

/* cmocka gives a test one pointer. */
struct start {
    const struct net_driver *driver;
    const struct scenario *scenario;
};

static void play_one(void **state)
{
    const struct start *start = *state;
    struct play *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->driver = start->driver;
    p->bytes = malloc(BYTES_MAX);
    assert_non_null(p->bytes);
    p->self = p->driver->open(&topology, see, p);
    if (p->self) {
        p->net = p->driver->net(p->self);
        void *inner = p;
        start->scenario->play(&inner);
        p->driver->close(p->self);
    }
    bool opened = p->self != NULL;
    free(p->bytes);
    free(p);
    if (!opened) {
        skip();
    }
}

int net_contract_run(const struct net_driver *driver)
{
    static struct start starts[SCENARIOS];
    static struct CMUnitTest tests[SCENARIOS];
    for (size_t i = 0; i < SCENARIOS; i++) {
        starts[i] = (struct start){driver, &scenarios[i]};
        tests[i] = (struct CMUnitTest){scenarios[i].name, play_one, NULL, NULL, &starts[i]};
    }
    return _cmocka_run_group_tests(driver->name, tests, SCENARIOS, NULL, NULL);
}
