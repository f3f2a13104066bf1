/* net_rig.c - see net_rig.h. */
#include "support/net_rig.h"

#include "base/rng.h"
#include "support/test.h"

static const struct mr_zone zones[] = {
    {"control", 1, 0x0a000100, 24, 0x0a000101, {2, 0, 0, 0, 0, 1}},
    {"office", 4, 0x0a000200, 24, 0x0a000201, {2, 0, 0, 0, 0, 2}},
};
static const struct mr_node nodes[RIG_NODES] = {
    {"n0", 0, RIG_IP(0), {2, 0, 0, 0, 0, 0x10}, 0, false}, {"n1", 0, RIG_IP(1), {2, 0, 0, 0, 0, 0x11}, 1, false},
    {"n2", 0, RIG_IP(2), {2, 0, 0, 0, 0, 0x12}, 2, false}, {"n3", 0, RIG_IP(3), {2, 0, 0, 0, 0, 0x13}, 3, false},
    {"n4", 1, RIG_IP(4), {2, 0, 0, 0, 0, 0x14}, 4, false}, {"n5", 1, RIG_IP(5), {2, 0, 0, 0, 0, 0x15}, 5, false},
    {"n6", 1, RIG_IP(6), {2, 0, 0, 0, 0, 0x16}, 6, false}, {"n7", 1, RIG_IP(7), {2, 0, 0, 0, 0, 0x17}, 7, false},
};

static void mix(struct rig *r, const void *p, size_t n)
{
    r->sum = (r->sum ^ mr_hash_fnv(p, n)) * 0x9e3779b97f4a7c15u;
}

static void on_event(void *ctx, const struct mr_net_event *ev)
{
    static const uint8_t answer[200];
    struct rig *r = ctx;
    uint64_t what[] = {(uint64_t)ev->kind, ev->conn, ev->token, (uint64_t)ev->reason, ev->node, ev->data.n};
    mix(r, what, sizeof what);
    mix(r, ev->data.p, ev->data.n);
    r->counts[ev->kind]++;
    r->bytes += ev->kind == MR_NET_DATA ? ev->data.n : 0;
    if (r->nevents < RIG_EVENTS) {
        r->events[r->nevents++] = *ev;
    }
    if (r->answers && ev->kind == MR_NET_DATA && ev->local_port == 502) {
        assert_int_equal(r->net->ops->send(r->net, ev->conn, mr_slice(answer, sizeof answer)), MR_OK);
    }
}

static void on_frame(void *ctx, uint16_t zone, mr_ns t, struct mr_slice frame)
{
    struct rig *r = ctx;
    mix(r, &t, sizeof t);
    mix(r, frame.p, frame.n);
    if (r->nframes < RIG_FRAMES) {
        struct rig_frame *f = &r->frames[r->nframes++];
        struct mr_slice payload;
        f->t = t;
        f->zone = zone;
        (void)mr_frame_decode(frame, &f->h, &payload);
        f->payload_n = payload.n;
    }
}

void rig_init(struct rig *r)
{
    *r = (struct rig){.topology = {zones, 2, nodes, RIG_NODES, 100 * MR_US, 0}, .config = {.seed = 7}, .taps = true};
}

void rig_open(struct rig *r)
{
    r->arena = mr_arena_create((size_t)64 << 20);
    r->sim = mr_net_sim_create(r->arena, &r->topology, &r->config, on_event, r);
    assert_non_null(r->sim);
    mr_arena_seal(r->arena);
    r->net = mr_net_sim_net(r->sim);
    mr_net_sim_tap(r->sim, r->taps ? on_frame : NULL, r);
}

void rig_close(struct rig *r)
{
    mr_arena_destroy(r->arena);
}

void rig_run(struct rig *r, mr_ns for_ns)
{
    r->now += for_ns;
    mr_net_sim_advance(r->sim, r->now);
}

const struct mr_net_event *rig_last(const struct rig *r, enum mr_net_event_kind kind)
{
    for (size_t i = r->nevents; i > 0; i--) {
        if (r->events[i - 1].kind == kind) {
            return &r->events[i - 1];
        }
    }
    return NULL;
}

void rig_connect(struct rig *r, uint16_t from, uint16_t to, mr_conn *client, mr_conn *server)
{
    (void)r->net->ops->listen(r->net, to, 502);
    assert_int_equal(r->net->ops->connect(r->net, from, (struct mr_addr){RIG_IP(to), 502}, 1), MR_OK);
    rig_run(r, 100 * MR_MS);
    const struct mr_net_event *c = rig_last(r, MR_NET_CONNECTED);
    const struct mr_net_event *a = rig_last(r, MR_NET_ACCEPTED);
    assert_true(c && a);
    *client = c->conn;
    *server = a->conn;
}

void rig_send_frame(struct rig *r, uint16_t node, struct mr_frame f, struct mr_slice payload)
{
    uint8_t bytes[MR_FRAME_MAX];
    struct mr_writer w = mr_writer(bytes, sizeof bytes);
    f.eth_src = f.eth_src != 0 ? f.eth_src : RIG_MAC(node);
    f.src = f.src != 0 ? f.src : RIG_IP(node);
    f.eth_type = f.eth_type != 0 ? f.eth_type : MR_ETH_TYPE_IP;
    f.ttl = f.ttl != 0 ? f.ttl : 64;
    mr_frame_encode(&f, payload, &w);
    assert_int_equal(r->net->ops->frame(r->net, node, mr_written(&w)), MR_OK);
}
