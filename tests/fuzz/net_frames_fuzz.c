/* net_frames_fuzz.c - raw frames and time into the simulated network: each chunk of the input (length, what, bytes) is a frame
 * from a hostile card, a request of a host, or a while passing. Nothing crashes, pools hold, the state stays what a check
 * accepts. */
#include "net/frame.h"
#include "net/net_sim.h"

#include <stdlib.h>

#define NODES 4

static const struct mr_zone zones[] = {
    {"a", 1, 0x0a000100, 24, 0x0a000101, {2, 0, 0, 0, 0, 1}},
    {"b", 2, 0x0a000200, 24, 0x0a000201, {2, 0, 0, 0, 0, 2}},
};
static const struct mr_node nodes[NODES] = {
    {"n0", 0, 0x0a00010a, {2, 0, 0, 0, 0, 0x10}, 0, false},
    {"n1", 0, 0x0a00010b, {2, 0, 0, 0, 0, 0x11}, 1, false},
    {"n2", 1, 0x0a00020a, {2, 0, 0, 0, 0, 0x12}, 2, false},
    {"n3", 1, 0x0a00020b, {2, 0, 0, 0, 0, 0x13}, 3, false},
};
static const struct mr_topology topology = {zones, 2, nodes, NODES, 100 * MR_US, 0};

struct world {
    struct mr_net_sim *sim;
    struct mr_net *net;
    mr_conn last;
    mr_ns now;
};

static void on_event(void *ctx, const struct mr_net_event *ev)
{
    struct world *w = ctx;
    if (ev->kind == MR_NET_ACCEPTED || ev->kind == MR_NET_CONNECTED) {
        w->last = ev->conn;
    } else if (ev->kind == MR_NET_DATA && ev->local_port == 502) {
        (void)w->net->ops->send(w->net, ev->conn, ev->data); /* an echo, so that hosts talk too */
    }
}

static void on_frame(void *ctx, uint16_t zone, mr_ns t, struct mr_slice frame)
{
    (void)ctx;
    (void)zone;
    (void)t;
    MR_ASSERT(frame.n <= MR_FRAME_MAX);
}

/* A frame whose checksums are made right, so that more than the decoder is met. */
static void mended_frame(struct world *w, uint16_t node, struct mr_slice bytes)
{
    uint8_t copy[MR_FRAME_MAX];
    if (bytes.n < MR_ETH_HEAD + MR_IP_HEAD || bytes.n > sizeof copy) {
        return;
    }
    memcpy(copy, bytes.p, bytes.n);
    uint8_t *ip = copy + MR_ETH_HEAD;
    size_t head = (size_t)(ip[0] & 15) * 4;
    size_t total = bytes.n - MR_ETH_HEAD;
    if (copy[12] == 8 && copy[13] == 0 && head >= MR_IP_HEAD && head + 18 <= total) {
        ip[2] = (uint8_t)(total >> 8);
        ip[3] = (uint8_t)total;
        ip[10] = ip[11] = 0;
        uint16_t sum = mr_inet_checksum(mr_inet_sum(0, mr_slice(ip, head)));
        ip[10] = (uint8_t)(sum >> 8);
        ip[11] = (uint8_t)sum;
        size_t at = ip[9] == MR_IP_TCP ? 16 : ip[9] == MR_IP_UDP ? 6 : 2;
        uint32_t pseudo = ip[9] == MR_IP_ICMP ? 0 : mr_inet_sum(ip[9] + (uint32_t)(total - head), mr_slice(ip + 12, 8));
        ip[head + at] = ip[head + at + 1] = 0;
        sum = mr_inet_checksum(mr_inet_sum(pseudo, mr_slice(ip + head, total - head)));
        ip[head + at] = (uint8_t)(sum >> 8);
        ip[head + at + 1] = (uint8_t)sum;
    }
    (void)w->net->ops->frame(w->net, node, mr_slice(copy, bytes.n));
}

static void request(struct world *w, uint8_t what, struct mr_slice bytes)
{
    const struct mr_net_ops *ops = w->net->ops;
    uint16_t node = what & 3;
    struct mr_addr to = {nodes[(what >> 2) & 3].ip, 502};
    static struct mr_fw_table table = {.fallback = MR_FW_REJECT, .cut_on_edit = true};
    switch (what >> 4 & 7) {
    case 0:
        (void)ops->connect(w->net, node, to, 1);
        break;
    case 1:
        (void)ops->send(w->net, w->last, bytes);
        break;
    case 2:
        ops->close(w->net, w->last, (what & 1) != 0);
        break;
    case 3:
        (void)ops->datagram(w->net, node, 99, to, bytes);
        break;
    case 4:
        (void)ops->ping(w->net, node, to.ip, 1);
        break;
    case 5:
        (void)ops->link(w->net, node, (what & 4) != 0);
        break;
    case 6:
        (void)mr_net_sim_hold(w->sim, w->last, (what & 1) != 0);
        break;
    default:
        table.fallback = what % 3;
        (void)ops->rules(w->net, &table);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {.last = MR_CONN_NONE};
    struct mr_arena *arena = mr_arena_create((size_t)16 << 20);
    const struct mr_net_sim_config config = {.seed = 1,
                                             .connections = 24,
                                             .packets = 64,
                                             .chunks = 32,
                                             .ports = 8,
                                             .flows = 16,
                                             .pings = 4,
                                             .neighbours = 16,
                                             .backlog = 4};
    w.sim = mr_net_sim_create(arena, &topology, &config, on_event, &w);
    MR_ASSERT(w.sim != NULL);
    w.net = mr_net_sim_net(w.sim);
    mr_net_sim_tap(w.sim, on_frame, NULL);
    for (uint16_t i = 0; i < NODES; i++) {
        (void)w.net->ops->listen(w.net, i, 502);
        (void)w.net->ops->bind(w.net, i, 99);
    }
    (void)w.net->ops->want_frames(w.net, 3, true);
    struct mr_reader r = mr_reader(mr_slice(data, size));
    while (mr_reader_left(&r) >= 3) {
        size_t n = mr_read_u16be(&r);
        uint8_t what = mr_read_u8(&r);
        struct mr_slice bytes = mr_read_bytes(&r, n < mr_reader_left(&r) ? n : mr_reader_left(&r));
        if ((what & 0x80) != 0) {
            request(&w, what, bytes);
        } else if ((what & 0x40) != 0) {
            mended_frame(&w, what & 3, bytes);
        } else if ((what & 0x20) != 0) {
            (void)w.net->ops->frame(w.net, what & 3, bytes);
        }
        w.now += (mr_ns)(what & 0x1f) * (what & 0x1f) * MR_MS; /* none to a second */
        mr_net_sim_advance(w.sim, w.now);
    }
    mr_net_sim_advance(w.sim, w.now + 200 * MR_S);
    MR_ASSERT(mr_net_sim_check(w.sim) == MR_OK);
    struct mr_net_sim_stats stats = mr_net_sim_stats(w.sim);
    MR_ASSERT(stats.connections <= config.connections && stats.packets <= config.packets);
    mr_arena_destroy(arena);
    return 0;
}
