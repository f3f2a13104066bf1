/* The simulated network beyond the contract: the frames themselves, their times, and what attacks and repairs show. */
#include "support/net_rig.h"
#include "support/test.h"

static struct rig rig;
static struct rig twin;

static int fresh(void **state)
{
    (void)state;
    rig_init(&rig);
    return 0;
}

static int done(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static void expect_frame(size_t i, mr_ns t, uint8_t kind, uint8_t flags, size_t payload)
{
    assert_true(i < rig.nframes);
    const struct rig_frame *f = &rig.frames[i];
    if (f->t != t || f->h.kind != kind || f->h.tcp_flags != flags || f->payload_n != payload) {
        print_error("frame %zu: at %lld ns, kind %u, flags %02x, %zu bytes\n", i, (long long)f->t, f->h.kind, f->h.tcp_flags,
                    f->payload_n);
    }
    assert_int_equal(f->t, t);
    assert_int_equal(f->h.kind, kind);
    assert_int_equal(f->h.tcp_flags, flags);
    assert_int_equal(f->payload_n, payload);
}

/* With 100 us a cable: a frame is on the bridge after 100 us, at the other card after 200 us. The acknowledgement of the answer
 * has nothing to ride on and comes 40 ms after it. */
static void a_poll_looks_as_in_life(void **state)
{
    (void)state;
    const uint8_t A = MR_TCP_ACK;
    const uint8_t AP = MR_TCP_ACK | MR_TCP_PSH;
    rig_open(&rig);
    rig.answers = true;
    mr_conn c;
    mr_conn s;
    rig_connect(&rig, 5, 4, &c, &s);
    assert_int_equal(rig.net->ops->send(rig.net, c, mr_slice_str("read please.")), MR_OK);
    rig_run(&rig, MR_S);
    const mr_ns us = MR_US;
    expect_frame(0, 100 * us, MR_FRAME_ARP, 0, 0);
    expect_frame(1, 300 * us, MR_FRAME_ARP, 0, 0);
    expect_frame(2, 500 * us, MR_FRAME_TCP, MR_TCP_SYN, 0);
    expect_frame(3, 700 * us, MR_FRAME_TCP, MR_TCP_SYN | A, 0);
    expect_frame(4, 900 * us, MR_FRAME_TCP, A, 0);
    expect_frame(5, 100100 * us, MR_FRAME_TCP, AP, 12);
    expect_frame(6, 100300 * us, MR_FRAME_TCP, AP, 200);
    expect_frame(7, 140500 * us, MR_FRAME_TCP, A, 0); /* got at 100.4 ms, plus 40, plus a cable */
    assert_int_equal(rig.nframes, 8);
    const struct mr_frame *request = &rig.frames[5].h;
    const struct mr_frame *reply = &rig.frames[6].h;
    assert_int_equal(request->seq, rig.frames[2].h.seq + 1);
    assert_int_equal(reply->ack, request->seq + 12);
    assert_int_equal(rig.frames[7].h.ack, reply->seq + 200);
    assert_int_equal(rig.frames[2].h.mss, 1460);
}

/* RFC 6298: the interval doubles; the first is 200 ms, Linux's smallest. After 30 s without progress the connection is given
 * up. */
static void retransmissions_back_off_until_given_up(void **state)
{
    (void)state;
    rig_open(&rig);
    mr_conn c;
    mr_conn s;
    rig_connect(&rig, 5, 4, &c, &s);
    rig.nframes = 0;
    (void)rig.net->ops->link(rig.net, 4, false);
    (void)rig.net->ops->send(rig.net, c, mr_slice_str("anyone?"));
    rig_run(&rig, 60 * MR_S);
    static const mr_ns after_ms[] = {0, 200, 600, 1400, 3000, 6200, 12600}; /* RFC 6298, 5.5: twice as long each time */
    for (size_t i = 0; i < sizeof after_ms / sizeof after_ms[0]; i++) {
        expect_frame(i, 100 * MR_MS + after_ms[i] * MR_MS + 100 * MR_US, MR_FRAME_TCP, MR_TCP_ACK | MR_TCP_PSH, 7);
    }
    expect_frame(7, 100 * MR_MS + MR_NET_SILENCE + 100 * MR_US, MR_FRAME_TCP, MR_TCP_ACK | MR_TCP_RST, 0);
    const struct mr_net_event *ev = rig_last(&rig, MR_NET_CLOSED);
    assert_non_null(ev);
    assert_int_equal(ev->conn, c);
    assert_int_equal(ev->reason, MR_E_TIMEOUT);
}

static void every_byte_survives_loss(void **state)
{
    (void)state;
    rig.topology.loss_per_million = 50000;
    rig.taps = false;
    rig_open(&rig);
    mr_conn c;
    mr_conn s;
    (void)rig.net->ops->listen(rig.net, 0, 502);
    (void)rig.net->ops->connect(rig.net, 5, (struct mr_addr){RIG_IP(0), 502}, 1);
    rig_run(&rig, 10 * MR_S);
    c = rig_last(&rig, MR_NET_CONNECTED)->conn;
    s = rig_last(&rig, MR_NET_ACCEPTED)->conn;
    static uint8_t data[20000];
    size_t sent = 0;
    for (int i = 0; i < 10000 && rig.bytes < 1000000; i++) {
        if (sent < 1000000 && rig.net->ops->send(rig.net, c, mr_slice(data, sizeof data)) == MR_OK) {
            sent += sizeof data;
        }
        rig_run(&rig, 10 * MR_MS);
    }
    assert_int_equal(rig.bytes, 1000000);
    assert_int_equal(rig_last(&rig, MR_NET_DATA)->conn, s);
    assert_int_equal(mr_net_sim_check(rig.sim), MR_OK);
}

static void a_bridge_learns_where_to_send(void **state)
{
    (void)state;
    rig_open(&rig);
    (void)rig.net->ops->want_frames(rig.net, 3, true);
    mr_conn c;
    mr_conn s;
    rig_connect(&rig, 0, 1, &c, &s);
    assert_int_equal(rig.counts[MR_NET_FRAME], 1); /* the ARP request; its answer and all else went to their owner only */
    (void)rig.net->ops->send(rig.net, c, mr_slice_str("private"));
    rig_run(&rig, MR_S);
    assert_int_equal(rig.counts[MR_NET_FRAME], 1);
    rig_run(&rig, 301 * MR_S); /* IEEE 802.1D: forgotten after 300 s */
    const struct mr_frame f = {.eth_dst = RIG_MAC(1), .eth_type = 0x88b5, .kind = MR_FRAME_OTHER};
    rig_send_frame(&rig, 0, f, mr_slice_str("to whom?"));
    rig_run(&rig, MR_S);
    assert_int_equal(rig.counts[MR_NET_FRAME], 2);
}

/* The man in the middle of incident reports: a forged reply diverts the operator's next request to the attacker's card. */
static void a_forged_arp_reply_diverts_traffic(void **state)
{
    (void)state;
    rig_open(&rig);
    mr_conn c;
    mr_conn s;
    rig_connect(&rig, 0, 1, &c, &s);
    const struct mr_frame forged = {.eth_dst = RIG_MAC(0),
                                    .eth_type = MR_ETH_TYPE_ARP,
                                    .kind = MR_FRAME_ARP,
                                    .arp_op = MR_ARP_REPLY,
                                    .arp_sha = RIG_MAC(2),
                                    .src = RIG_IP(1),
                                    .arp_tha = RIG_MAC(0),
                                    .dst = RIG_IP(0)};
    rig_send_frame(&rig, 2, forged, mr_slice(NULL, 0));
    rig_run(&rig, MR_MS);
    (void)rig.net->ops->want_frames(rig.net, 2, true);
    (void)rig.net->ops->send(rig.net, c, mr_slice_str("secret"));
    rig_run(&rig, MR_MS);
    const struct mr_net_event *seen = rig_last(&rig, MR_NET_FRAME);
    assert_non_null(seen);
    assert_int_equal(seen->node, 2);
    assert_int_equal(rig.counts[MR_NET_DATA], 0);
}

static void a_syn_flood_fills_the_backlog_and_passes(void **state)
{
    (void)state;
    rig.config.backlog = 16;
    rig_open(&rig);
    mr_conn c;
    mr_conn s;
    rig_connect(&rig, 1, 0, &c, &s); /* so that the flood's target knows no one is missing */
    uint32_t before = mr_net_sim_stats(rig.sim).connections;
    for (uint16_t i = 0; i < 200; i++) {
        const struct mr_frame syn = {.eth_dst = RIG_MAC(0),
                                     .kind = MR_FRAME_TCP,
                                     .proto = MR_IP_TCP,
                                     .src = RIG_IP(0) + 100,
                                     .dst = RIG_IP(0),
                                     .sport = (uint16_t)(1024 + i),
                                     .dport = 502,
                                     .tcp_flags = MR_TCP_SYN,
                                     .window = 1000};
        rig_send_frame(&rig, 2, syn, mr_slice(NULL, 0));
    }
    rig_run(&rig, MR_S);
    assert_int_equal(mr_net_sim_stats(rig.sim).connections, before + 16);
    (void)rig.net->ops->connect(rig.net, 3, (struct mr_addr){RIG_IP(0), 502}, 9);
    rig_run(&rig, 30 * MR_S);
    assert_int_equal(rig_last(&rig, MR_NET_FAILED)->reason, MR_E_TIMEOUT);
    assert_int_equal(mr_net_sim_stats(rig.sim).connections, before); /* half-open ones were given up */
    rig_connect(&rig, 3, 0, &c, &s);
    assert_int_equal(mr_net_sim_check(rig.sim), MR_OK);
}

static void five_thousand_connections_are_small_and_bounded(void **state)
{
    (void)state;
    rig.config.connections = 10000;
    rig.taps = false;
    rig_open(&rig);
    (void)rig.net->ops->listen(rig.net, 0, 502);
    for (uint32_t i = 0; i < 5000; i++) {
        assert_int_equal(rig.net->ops->connect(rig.net, 5, (struct mr_addr){RIG_IP(0), 502}, i), MR_OK);
        if (i % 8 == 0) {
            rig_run(&rig, 10 * MR_MS);
        }
    }
    rig_run(&rig, MR_S);
    assert_int_equal(rig.counts[MR_NET_ACCEPTED], 5000);
    assert_int_equal(rig.counts[MR_NET_CONNECTED], 5000);
    assert_int_equal(mr_net_sim_stats(rig.sim).packets, 0);
    assert_int_equal(mr_net_sim_stats(rig.sim).chunks, 0);
    assert_int_equal(rig.net->ops->connect(rig.net, 5, (struct mr_addr){RIG_IP(0), 502}, 1), MR_E_FULL);
    assert_int_equal(mr_net_sim_check(rig.sim), MR_OK);
}

static void connections_size(void *ctx, const char *name, const char *type, size_t count, size_t live, size_t bytes)
{
    (void)live;
    size_t *each = ctx;
    (void)type;
    if (strcmp(name, "net.connections") == 0) {
        *each = bytes / count;
    }
}

static void an_idle_connection_costs_under_300_bytes(void **state)
{
    (void)state;
    rig_open(&rig);
    size_t each = 0;
    mr_arena_visit(rig.arena, connections_size, &each);
    assert_in_range(each, 100, 300);
    assert_true(rig.nframes == 0);
}

static void closed_connections_leave_after_time_wait(void **state)
{
    (void)state;
    rig_open(&rig);
    mr_conn c;
    mr_conn s;
    rig_connect(&rig, 5, 0, &c, &s);
    rig.net->ops->close(rig.net, c, false);
    rig_run(&rig, MR_S);
    assert_int_equal(rig.counts[MR_NET_CLOSED], 2);
    assert_int_equal(mr_net_sim_stats(rig.sim).connections, 1); /* who closed first waits: RFC 9293, 3.6 */
    rig_run(&rig, 61 * MR_S);
    assert_int_equal(mr_net_sim_stats(rig.sim).connections, 0);
    assert_true(mr_net_sim_next(rig.sim) == MR_NEVER_NS || rig.now < mr_net_sim_next(rig.sim));
}

static void a_held_receiver_shuts_its_window(void **state)
{
    (void)state;
    rig_open(&rig);
    mr_conn c;
    mr_conn s;
    rig_connect(&rig, 0, 1, &c, &s);
    static uint8_t data[MR_NET_SEND_MAX];
    assert_int_equal(mr_net_sim_hold(rig.sim, s, true), MR_OK);
    (void)rig.net->ops->send(rig.net, c, mr_slice(data, sizeof data));
    rig_run(&rig, 5 * MR_S);
    assert_int_equal(rig.bytes, 0);
    assert_int_equal(rig.net->ops->send(rig.net, c, mr_slice(data, sizeof data)), MR_E_FULL);
    assert_int_equal(mr_net_sim_hold(rig.sim, s, false), MR_OK);
    rig_run(&rig, 5 * MR_S);
    assert_int_equal(rig.bytes, sizeof data);
    assert_int_equal(mr_net_sim_hold(rig.sim, s, true), MR_OK);
    (void)rig.net->ops->send(rig.net, c, mr_slice(data, sizeof data));
    rig_run(&rig, 60 * MR_S);
    assert_int_equal(rig.bytes, sizeof data);
    const struct mr_net_event *ev = NULL;
    for (size_t i = 0; i < rig.nevents; i++) {
        if (rig.events[i].kind == MR_NET_CLOSED && rig.events[i].conn == c) {
            ev = &rig.events[i];
        }
    }
    assert_non_null(ev);
    assert_int_equal(ev->reason, MR_E_FULL); /* the peer would not read */
    assert_int_equal(mr_net_sim_check(rig.sim), MR_OK);
}

static void a_packet_that_went_too_far_is_told(void **state)
{
    (void)state;
    rig_open(&rig);
    (void)rig.net->ops->ping(rig.net, 0, RIG_IP(4), 1); /* ARP for the gateway */
    rig_run(&rig, MR_S);
    rig.nframes = 0;
    const struct mr_frame f = {.eth_dst = 0x020000000001,
                               .kind = MR_FRAME_UDP,
                               .proto = MR_IP_UDP,
                               .dst = RIG_IP(4),
                               .sport = 9,
                               .dport = 33434,
                               .ttl = 1};
    rig_send_frame(&rig, 0, f, mr_slice_str("trace"));
    rig_run(&rig, MR_S);
    assert_int_equal(rig.nframes, 2);
    assert_int_equal(rig.frames[1].h.kind, MR_FRAME_ICMP);
    assert_int_equal(rig.frames[1].h.icmp_type, MR_ICMP_TIME_EXCEEDED);
    assert_int_equal(rig.frames[1].h.src, 0x0a000101);
    assert_int_equal(rig.frames[1].payload_n, 20 + 8 + 5);
}

static void routed_frames_keep_their_bytes_but_for_the_hop(void **state)
{
    (void)state;
    rig_open(&rig);
    (void)rig.net->ops->bind(rig.net, 4, 7);
    const struct mr_frame f = {.eth_dst = 0x020000000001,
                               .kind = MR_FRAME_UDP,
                               .proto = MR_IP_UDP,
                               .dst = RIG_IP(4),
                               .sport = 9,
                               .dport = 7,
                               .tos = 0xb8};
    rig_send_frame(&rig, 0, f, mr_slice_str("raw"));
    rig_run(&rig, MR_S);
    assert_int_equal(rig.counts[MR_NET_DATAGRAM], 1);
    const struct rig_frame *last = &rig.frames[rig.nframes - 1];
    assert_int_equal(last->zone, 1);
    assert_int_equal(last->h.kind, MR_FRAME_UDP); /* its checksums are right, or it would not have been decoded */
    assert_int_equal(last->h.ttl, 63);
    assert_int_equal(last->h.tos, 0xb8);
    assert_true(last->h.eth_src == 0x020000000002 && last->h.eth_dst == RIG_MAC(4));
}

static void forged_sources_do_not_cross_the_router(void **state)
{
    (void)state;
    rig_open(&rig);
    (void)rig.net->ops->bind(rig.net, 4, 7);
    const struct mr_frame f = {.eth_dst = 0x020000000001,
                               .kind = MR_FRAME_UDP,
                               .proto = MR_IP_UDP,
                               .src = 0x0b000001,
                               .dst = RIG_IP(4),
                               .sport = 9,
                               .dport = 7};
    rig_send_frame(&rig, 0, f, mr_slice_str("raw"));
    rig_run(&rig, MR_S);
    assert_int_equal(rig.counts[MR_NET_DATAGRAM], 0);
}

static void a_host_may_call_itself(void **state)
{
    (void)state;
    rig_open(&rig);
    mr_conn c;
    mr_conn s;
    rig_connect(&rig, 0, 0, &c, &s);
    (void)rig.net->ops->send(rig.net, c, mr_slice_str("me"));
    (void)rig.net->ops->ping(rig.net, 0, RIG_IP(0), 1);
    rig_run(&rig, MR_S);
    assert_int_equal(rig_last(&rig, MR_NET_DATA)->conn, s);
    assert_int_equal(rig_last(&rig, MR_NET_PONG)->reason, MR_OK);
    assert_int_equal(rig.nframes, 0); /* nothing of it is on a cable */
}

static void the_router_answers_at_both_its_addresses(void **state)
{
    (void)state;
    rig_open(&rig);
    (void)rig.net->ops->ping(rig.net, 0, 0x0a000101, 1);
    (void)rig.net->ops->ping(rig.net, 0, 0x0a000201, 2);
    (void)rig.net->ops->ping(rig.net, 0, 0x0b000001, 3); /* no route leads there */
    (void)rig.net->ops->connect(rig.net, 0, (struct mr_addr){0x0a000101, 22}, 4);
    rig_run(&rig, MR_S);
    assert_int_equal(rig.counts[MR_NET_PONG], 3);
    assert_int_equal(rig.events[0].reason, MR_OK);
    assert_int_equal(rig.events[1].reason, MR_OK);
    assert_int_equal(rig.events[2].reason, MR_E_UNREACHABLE);
    assert_int_equal(rig_last(&rig, MR_NET_FAILED)->reason, MR_E_REFUSED);
}

static void a_broadcast_reaches_its_zone(void **state)
{
    (void)state;
    rig_open(&rig);
    for (uint16_t i = 0; i < RIG_NODES; i++) {
        (void)rig.net->ops->bind(rig.net, i, 47808);
    }
    (void)rig.net->ops->datagram(rig.net, 0, 47808, (struct mr_addr){0x0a0001ff, 47808}, mr_slice_str("who is?"));
    rig_run(&rig, MR_S);
    assert_int_equal(rig.counts[MR_NET_DATAGRAM], 3);
    (void)rig.net->ops->datagram(rig.net, 5, 47808, (struct mr_addr){UINT32_MAX, 47808}, mr_slice_str("who is?"));
    rig_run(&rig, MR_S);
    assert_int_equal(rig.counts[MR_NET_DATAGRAM], 6);
}

/* One host asks for every address of its zone at once; another's polls notice nothing. */
static void a_sweep_disturbs_nobody_else(void **state)
{
    (void)state;
    rig_open(&rig);
    rig.answers = true;
    mr_conn c;
    mr_conn s;
    rig_connect(&rig, 0, 1, &c, &s);
    for (uint32_t i = 14; i < 254; i++) {
        (void)rig.net->ops->ping(rig.net, 3, 0x0a000100 + i, i);
    }
    size_t asked = 0;
    for (int i = 0; i < 10; i++) {
        size_t before = rig.bytes;
        (void)rig.net->ops->send(rig.net, c, mr_slice_str("poll"));
        rig_run(&rig, 2 * MR_MS);
        asked += rig.bytes == before + 204;
        rig_run(&rig, 500 * MR_MS);
    }
    assert_int_equal(asked, 10);
    assert_int_equal(rig.counts[MR_NET_PONG], 240);
}

/* ---- state ---- */
static void some_traffic(struct rig *r, int rounds)
{
    static const uint8_t data[3000];
    for (int i = 0; i < rounds; i++) {
        uint16_t from = (uint16_t)(i % 4);
        uint16_t to = (uint16_t)(4 + i % 3);
        (void)r->net->ops->listen(r->net, to, 502);
        (void)r->net->ops->connect(r->net, from, (struct mr_addr){RIG_IP(to), 502}, (uint32_t)i);
        (void)r->net->ops->ping(r->net, to, RIG_IP(from), (uint32_t)i);
        (void)r->net->ops->datagram(r->net, from, 99, (struct mr_addr){RIG_IP(to), 99}, mr_slice(data, 100));
        const struct mr_net_event *c = rig_last(r, MR_NET_CONNECTED);
        if (c) {
            (void)r->net->ops->send(r->net, c->conn, mr_slice(data, sizeof data));
        }
        rig_run(r, 3 * MR_MS + 7 * MR_US);
        if (i % 5 == 4 && c) {
            r->net->ops->close(r->net, c->conn, i % 2 == 0);
        }
    }
}

static void digest_of(const struct rig *r, uint8_t out[MR_DIGEST_BYTES])
{
    mr_arena_digest(r->arena, out);
}

static void the_same_seed_gives_the_same_frames(void **state)
{
    (void)state;
    rig.topology.loss_per_million = twin.topology.loss_per_million = 20000;
    rig_init(&twin);
    twin.topology.loss_per_million = 20000;
    rig_open(&rig);
    rig_open(&twin);
    some_traffic(&rig, 200);
    some_traffic(&twin, 200);
    assert_true(rig.sum == twin.sum && rig.counts[MR_NET_DATA] > 20);
    rig_close(&twin);
    rig_init(&twin);
    twin.topology.loss_per_million = 20000;
    twin.taps = false; /* looking changes nothing */
    rig_open(&twin);
    some_traffic(&twin, 200);
    uint8_t a[MR_DIGEST_BYTES];
    uint8_t b[MR_DIGEST_BYTES];
    digest_of(&rig, a);
    digest_of(&twin, b);
    assert_memory_equal(a, b, sizeof a);
    rig_close(&twin);
}

static void a_saved_network_goes_on_as_if_nothing_had_been(void **state)
{
    (void)state;
    rig.topology.loss_per_million = 20000;
    rig_init(&twin);
    twin.topology.loss_per_million = 20000;
    rig_open(&rig);
    rig_open(&twin);
    some_traffic(&rig, 101);
    size_t max = mr_arena_saved_max(rig.arena);
    uint8_t *saved = test_malloc(max);
    struct mr_writer w = mr_writer(saved, max);
    assert_int_equal(mr_arena_save(rig.arena, &w), MR_OK);
    assert_true(mr_net_sim_stats(rig.sim).packets > 0 && mr_net_sim_stats(rig.sim).chunks > 0);
    assert_int_equal(mr_arena_load(twin.arena, mr_written(&w)), MR_OK);
    assert_int_equal(mr_net_sim_check(twin.sim), MR_OK);
    twin.now = rig.now;
    memcpy(twin.events, rig.events, sizeof rig.events);
    twin.nevents = rig.nevents;
    rig.sum = 0;
    some_traffic(&rig, 100);
    some_traffic(&twin, 100);
    assert_true(rig.sum == twin.sum);
    uint8_t a[MR_DIGEST_BYTES];
    uint8_t b[MR_DIGEST_BYTES];
    digest_of(&rig, a);
    digest_of(&twin, b);
    assert_memory_equal(a, b, sizeof a);
    test_free(saved);
    rig_close(&twin);
}

/* A damaged snapshot is refused, or is a state like any other; never an access outside (which a sanitizer would see). */
static void a_damaged_state_is_refused_or_harmless(void **state)
{
    (void)state;
    rig_open(&rig);
    some_traffic(&rig, 60);
    size_t max = mr_arena_saved_max(rig.arena);
    uint8_t *saved = test_malloc(max);
    struct mr_writer w = mr_writer(saved, max);
    assert_int_equal(mr_arena_save(rig.arena, &w), MR_OK);
    unsigned refused = 0;
    for (unsigned i = 0; i < 400; i++) {
        size_t at = (size_t)i * 7919 % w.n;
        uint8_t was = saved[at];
        saved[at] ^= (uint8_t)(1 + i % 255);
        rig_init(&twin);
        rig_open(&twin);
        twin.now = rig.now;
        if (mr_arena_load(twin.arena, mr_slice(saved, w.n)) != MR_OK || mr_net_sim_check(twin.sim) != MR_OK) {
            refused++;
        }
        saved[at] = was;
        rig_close(&twin);
    }
    assert_true(refused > 20);
    test_free(saved);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, fresh, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(a_poll_looks_as_in_life),
        WITH_RIG(retransmissions_back_off_until_given_up),
        WITH_RIG(every_byte_survives_loss),
        WITH_RIG(a_bridge_learns_where_to_send),
        WITH_RIG(a_forged_arp_reply_diverts_traffic),
        WITH_RIG(a_syn_flood_fills_the_backlog_and_passes),
        WITH_RIG(five_thousand_connections_are_small_and_bounded),
        WITH_RIG(an_idle_connection_costs_under_300_bytes),
        WITH_RIG(closed_connections_leave_after_time_wait),
        WITH_RIG(a_held_receiver_shuts_its_window),
        WITH_RIG(a_packet_that_went_too_far_is_told),
        WITH_RIG(routed_frames_keep_their_bytes_but_for_the_hop),
        WITH_RIG(forged_sources_do_not_cross_the_router),
        WITH_RIG(a_host_may_call_itself),
        WITH_RIG(the_router_answers_at_both_its_addresses),
        WITH_RIG(a_broadcast_reaches_its_zone),
        WITH_RIG(a_sweep_disturbs_nobody_else),
        WITH_RIG(the_same_seed_gives_the_same_frames),
        WITH_RIG(a_saved_network_goes_on_as_if_nothing_had_been),
        WITH_RIG(a_damaged_state_is_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
