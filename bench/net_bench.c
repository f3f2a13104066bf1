/* net_bench.c - the simulated network's cost: Modbus polls of a day's site, on one processor.
 *
 * Twelve callers poll twelve controllers, half of them across the router, each once a second: a request of 12 bytes, an answer of
 * 209, an acknowledgement. Printed: time per exchange without a capture, and with one encoded to pcapng. */
#include "net/net_sim.h"
#include "net/pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PAIRS          12
#define SECONDS        86400
#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static struct mr_net *net;
static mr_conn conns[PAIRS];
static uint64_t exchanges;
static uint64_t captured;

static void on_event(void *ctx, const struct mr_net_event *ev)
{
    static const uint8_t answer[209];
    (void)ctx;
    if (ev->kind == MR_NET_CONNECTED) {
        conns[ev->token] = ev->conn;
    } else if (ev->kind == MR_NET_DATA && ev->node < PAIRS) {
        (void)net->ops->send(net, ev->conn, mr_slice(answer, sizeof answer));
    } else if (ev->kind == MR_NET_DATA) {
        exchanges++;
    }
}

static void on_frame(void *ctx, uint16_t zone, mr_ns t, struct mr_slice frame)
{
    static uint8_t block[MR_PCAPNG_BLOCK_MAX + 2048];
    (void)ctx;
    struct mr_writer w = mr_writer(block, sizeof block);
    mr_pcapng_packet(&w, zone, 0, t, frame, NULL);
    captured += w.n;
}

static double seconds_now(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void run(const char *name, const struct mr_topology *topology, bool with_tap)
{
    struct mr_arena *arena = mr_arena_create((size_t)256 << 20);
    const struct mr_net_sim_config config = {.seed = 1};
    struct mr_net_sim *sim = mr_net_sim_create(arena, topology, &config, on_event, NULL);
    if (!sim) {
        (void)fprintf(stderr, "no memory\n");
        exit(1);
    }
    net = mr_net_sim_net(sim);
    mr_net_sim_tap(sim, with_tap ? on_frame : NULL, NULL);
    exchanges = captured = 0;
    for (uint16_t i = 0; i < PAIRS; i++) {
        (void)net->ops->listen(net, i, 502);
        (void)net->ops->connect(net, (uint16_t)(PAIRS + i), (struct mr_addr){topology->nodes[i].ip, 502}, i);
    }
    mr_net_sim_advance(sim, MR_S);
    double start = seconds_now();
    static const uint8_t request[12];
    for (mr_ns t = MR_S; t < SECONDS * MR_S; t += MR_S) {
        for (mr_ns i = 0; i < PAIRS; i++) {
            mr_net_sim_advance(sim, t + i * 10 * MR_MS);
            (void)net->ops->send(net, conns[i], mr_slice(request, sizeof request));
        }
    }
    double took = seconds_now() - start;
    printf("%-28s %8llu exchanges %10llu frames %8.2f s %8.2f us an exchange %8.1f MB\n", name, (unsigned long long)exchanges,
           (unsigned long long)mr_net_sim_stats(sim).frames, took, took * 1e6 / (double)exchanges, (double)captured * 1e-6);
    mr_arena_destroy(arena);
}

int main(void)
{
    static const struct mr_zone zones[] = {{"control", 1, IP(10, 0, 1, 0), 24, IP(10, 0, 1, 1), {2, 0, 0, 0, 1, 1}},
                                           {"supervision", 2, IP(10, 0, 2, 0), 24, IP(10, 0, 2, 1), {2, 0, 0, 0, 2, 1}}};
    static struct mr_node nodes[2 * PAIRS];
    for (uint16_t i = 0; i < 2 * PAIRS; i++) {
        bool across = i >= PAIRS && i % 2 == 0;
        nodes[i] =
            (struct mr_node){"node", across ? 1 : 0, IP(10, 0, across ? 2 : 1, 10 + i), {2, 0, 0, 1, 0, (uint8_t)i}, i, false};
    }
    const struct mr_topology topology = {zones, 2, nodes, 2 * PAIRS, 100 * MR_US, 0};
    run("net simulated, a day", &topology, false);
    run("net simulated, a day, pcapng", &topology, true);
    return 0;
}
