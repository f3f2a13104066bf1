/* net_segments_fuzz.c - TCP segments near what a connection expects: each six bytes of the input change flags, numbers and length
 * of a segment that would be right. What a host's program gets is a prefix of one stream whatever order it came in. */
#include "net/frame.h"
#include "net/net_sim.h"

static const struct mr_zone zones[] = {{"a", 1, 0x0a000100, 24, 0, {0}}};
static const struct mr_node nodes[] = {{"server", 0, 0x0a00010a, {2, 0, 0, 0, 0, 0x10}, 0, false},
                                       {"attacker", 0, 0x0a00010b, {2, 0, 0, 0, 0, 0x11}, 1, false}};
static const struct mr_topology topology = {zones, 1, nodes, 2, 10 * MR_US, 0};
#define FIRST 1000u /* the attacker's first sequence number */

struct world {
    struct mr_net *net;
    uint32_t server_seq; /* as last seen from the server */
    uint32_t got;
    mr_conn conn;
    bool open;
};

/* Byte `i` of the stream. */
static uint8_t stream(uint32_t i)
{
    return (uint8_t)(i * 7 + (i >> 8));
}

static void on_event(void *ctx, const struct mr_net_event *ev)
{
    struct world *w = ctx;
    if (ev->kind == MR_NET_ACCEPTED) {
        MR_ASSERT(!w->open);
        w->open = true;
        w->conn = ev->conn;
        w->got = 0;
    } else if (ev->kind == MR_NET_DATA) {
        MR_ASSERT(w->open && ev->conn == w->conn);
        for (size_t i = 0; i < ev->data.n; i++) {
            MR_ASSERT(ev->data.p[i] == stream(w->got++));
        }
    } else if (ev->kind == MR_NET_CLOSED) {
        MR_ASSERT(w->open && ev->conn == w->conn);
        w->open = false;
    } else if (ev->kind == MR_NET_FRAME) {
        struct mr_frame f;
        struct mr_slice payload;
        MR_ASSERT(mr_frame_decode(ev->data, &f, &payload) == MR_OK);
        if (f.kind == MR_FRAME_TCP && (f.tcp_flags & MR_TCP_RST) == 0) {
            w->server_seq = f.seq + (uint32_t)payload.n + ((f.tcp_flags & (MR_TCP_SYN | MR_TCP_FIN)) != 0 ? 1 : 0);
        }
    }
}

static void send_segment(struct world *w, uint8_t flags, uint32_t seq, uint32_t ack, size_t n, uint16_t window)
{
    uint8_t payload[256];
    uint8_t bytes[MR_FRAME_MAX];
    for (uint32_t i = 0; i < n; i++) {
        payload[i] = stream(seq - FIRST - 1 + i);
    }
    const struct mr_frame f = {.eth_dst = mr_mac(nodes[0].mac),
                               .eth_src = mr_mac(nodes[1].mac),
                               .eth_type = MR_ETH_TYPE_IP,
                               .kind = MR_FRAME_TCP,
                               .proto = MR_IP_TCP,
                               .src = nodes[1].ip,
                               .dst = nodes[0].ip,
                               .ttl = 64,
                               .sport = 5000,
                               .dport = 502,
                               .seq = seq,
                               .ack = ack,
                               .window = window,
                               .tcp_flags = flags};
    struct mr_writer out = mr_writer(bytes, sizeof bytes);
    mr_frame_encode(&f, mr_slice(payload, n), &out);
    (void)w->net->ops->frame(w->net, 1, mr_written(&out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {0};
    struct mr_arena *arena = mr_arena_create((size_t)16 << 20);
    const struct mr_net_sim_config config = {.seed = 1, .connections = 4, .packets = 128, .chunks = 16};
    struct mr_net_sim *sim = mr_net_sim_create(arena, &topology, &config, on_event, &w);
    MR_ASSERT(sim != NULL);
    w.net = mr_net_sim_net(sim);
    (void)w.net->ops->listen(w.net, 0, 502);
    (void)w.net->ops->want_frames(w.net, 1, true);
    send_segment(&w, MR_TCP_SYN, FIRST, 0, 0, 65535);
    mr_ns now = 10 * MR_MS;
    mr_net_sim_advance(sim, now);
    struct mr_reader r = mr_reader(mr_slice(data, size));
    while (mr_reader_left(&r) >= 6) {
        uint8_t flags = mr_read_u8(&r) & 0x1f;
        uint32_t seq = FIRST + 1 + mr_read_u16be(&r) % 4096;
        uint32_t ack = w.server_seq + mr_read_u8(&r) / 16 - 8U; /* what it sent, or a little off */
        uint8_t n = mr_read_u8(&r);
        uint8_t pause = mr_read_u8(&r);
        bool opening = (flags & MR_TCP_SYN) != 0;
        send_segment(&w, flags, opening ? FIRST : seq, ack, opening ? 0 : n, (uint16_t)(pause * 64U));
        if (w.open && (pause & 1) != 0) {
            (void)w.net->ops->send(w.net, w.conn, mr_slice("answer", 6));
        }
        if (w.open && pause == 0xfe) {
            w.net->ops->close(w.net, w.conn, false);
        }
        now += (mr_ns)(pause >> 4) * 20 * MR_MS;
        mr_net_sim_advance(sim, now);
        MR_ASSERT(mr_net_sim_check(sim) == MR_OK);
    }
    mr_net_sim_advance(sim, now + 300 * MR_S);
    MR_ASSERT(mr_net_sim_stats(sim).packets == 0 || w.open);
    mr_arena_destroy(arena);
    return 0;
}
