/* Any bytes to an S7 server that is connected. The first byte chooses the settings and how the rest is cut; answers and variables
 * must not depend on the cuts. */
#include "fuzz/session.h"
#include "proto/s7/s7_server.h"
#include "support/s7_blocks.h"

struct station {
    uint8_t timers[64];
    struct mr_s7_area areas[3];
    uint8_t area[MR_AREAS][64];
    struct mr_image image;
    struct mr_s7_settings settings;
    struct mr_s7_state state;
    struct s7_blocks blocks;
    struct mr_s7_program program;
    struct mr_s7_cpu cpu;
    struct mr_s7_server server;
};

static const struct mr_s7_span spans[] = {{0, 4, 1, MR_AREA_M, 0}, {4, 2, 4, MR_AREA_M, 4}, {12, 9, 8, MR_AREA_M, 16}};
static const struct mr_s7_area areas[] = {
    {MR_S7_AREA_FLAGS, 0, 100, false, spans, 3, NULL},
    {MR_S7_AREA_DB, 1, 100, false, spans, 3, NULL},
};
static const struct mr_s7_identity identity = {.order_number = "6ES7 315-2EH14-0AB0", .station = "station", .vendor = 42};
static const uint8_t body[400];

static void init(struct station *t, uint8_t choice)
{
    static const uint8_t connect[] = {3, 0, 0, 22, 17, 0xE0, 0, 0, 0, 1, 0, 0xC0, 1, 10, 0xC1, 2, 1, 0, 0xC2, 2, 1, 2};
    memset(t, 0, sizeof *t);
    t->image = (struct mr_image){{t->area[0], t->area[1], t->area[2]}, {64, 64, 64}};
    mr_s7_settings_init(&t->settings);
    mr_s7_set_password(&t->settings, choice & 1 ? "toor" : "");
    t->settings.protection = (uint8_t)(1 + (choice >> 1 & 1) + (choice >> 2 & 1));
    t->settings.write_protected = (choice & 8) != 0;
    (void)s7_blocks_put(&t->blocks, MR_S7_OB, 1, false, mr_slice(body, sizeof body));
    (void)s7_blocks_put(&t->blocks, MR_S7_FC, 2, false, mr_slice(body, sizeof body));
    t->program = (struct mr_s7_program){&s7_blocks_ops, &t->blocks};
    memcpy(t->areas, areas, sizeof areas);
    t->areas[2] = (struct mr_s7_area){.code = MR_S7_AREA_TIMERS, .size = sizeof t->timers, .own = t->timers};
    t->cpu = (struct mr_s7_cpu){.image = &t->image,
                                .areas = t->areas,
                                .nareas = 3,
                                .identity = &identity,
                                .personality = &mr_s7_default_personality,
                                .settings = &t->settings,
                                .state = &t->state,
                                .program = &t->program};
    (void)mr_s7_raise(&t->state, MR_S7_CPU_ALARM_S, 7, 1, 0);
    mr_s7_server_init(&t->server, &t->cpu);
    mr_s7_server_open(&t->server, 1, 0);
    if ((choice & 16) == 0) {
        uint8_t sink[64];
        struct mr_writer w = mr_writer(sink, sizeof sink);
        (void)mr_s7_server_feed(&t->server, mr_slice(connect, sizeof connect), 0);
        (void)mr_s7_server_output(&t->server, &w);
    }
}

static void drain(void *server)
{
    struct mr_s7_event ev;
    while (mr_s7_server_next(server, &ev)) {
    }
}

static size_t run(struct station *t, struct mr_slice data, size_t chunk, uint8_t *out)
{
    const struct fuzz_peer peer = {&mr_s7_server_ops, &t->server, drain, &t->server};
    size_t n = fuzz_run(&peer, data, chunk, out);
    struct mr_writer w = {out, FUZZ_OUT, n, false};
    mr_s7_server_tick(&t->server, MR_S); /* jobs that are due by then */
    (void)fuzz_output(&peer, &w);
    mr_s7_server_close(&t->server);
    return w.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct station a, b;
    static uint8_t whole[FUZZ_OUT], cut[FUZZ_OUT];
    if (size < 2) {
        return 0;
    }
    init(&a, data[0]);
    init(&b, data[0]);
    size_t n = run(&a, mr_slice(data + 1, size - 1), size, whole);
    size_t m = run(&b, mr_slice(data + 1, size - 1), 1u + data[0] % 29, cut);
    MR_ASSERT(n == m && memcmp(whole, cut, n) == 0);
    MR_ASSERT(memcmp(a.area, b.area, sizeof a.area) == 0 && memcmp(a.timers, b.timers, sizeof a.timers) == 0);
    return 0;
}
