/* Any octets to a DNP3 outstation. The first byte chooses the settings and how the rest is cut: into raw octets, or (bit 7) into
 * fragments, each behind a byte that says how long it is, a byte of what happens before it (time passes, inputs change), put into
 * frames with right checksums. Answers and image must not depend on the cuts. */
#include "proto/dnp3/dnp3_server.h"

#include <stdlib.h>

#define EVENTS 6
static const struct mr_dnp3_point points[] = {
    {.kind = MR_DNP3_BINARY, .index = 0, .event_class = 1, .place = {MR_AREA_I, MR_VT_BOOL, 0, 0}, .event_variation = 3},
    {.kind = MR_DNP3_BINARY, .index = 300, .event_class = 2, .place = {MR_AREA_I, MR_VT_BOOL, 0, 1}},
    {.kind = MR_DNP3_DOUBLE, .index = 1, .event_class = 1, .place = {MR_AREA_I, MR_VT_BYTE, 1, 0}},
    {.kind = MR_DNP3_BINARY_OUTPUT,
     .index = 0,
     .event_class = 3,
     .place = {MR_AREA_Q, MR_VT_BOOL, 0, 0},
     .has_command = true,
     .command = {MR_AREA_Q, MR_VT_BOOL, 0, 0},
     .command_events = true,
     .outputs = MR_DNP3_OUT_LATCH | MR_DNP3_OUT_PULSE | MR_DNP3_OUT_SWITCH},
    {.kind = MR_DNP3_COUNTER, .index = 0, .event_class = 2, .place = {MR_AREA_M, MR_VT_UDINT, 0, 0}, .frozen_events = true},
    {.kind = MR_DNP3_ANALOG, .index = 0, .event_class = 1, .place = {MR_AREA_M, MR_VT_REAL, 4, 0}},
    {.kind = MR_DNP3_ANALOG, .index = 1, .place = {MR_AREA_M, MR_VT_LREAL, 8, 0}, .hidden = true},
    {.kind = MR_DNP3_ANALOG_OUTPUT,
     .index = 0,
     .place = {MR_AREA_M, MR_VT_REAL, 16, 0},
     .has_command = true,
     .command = {MR_AREA_M, MR_VT_REAL, 16, 0},
     .command_events = true,
     .event_class = 1},
    {.kind = MR_DNP3_STRING, .index = 0, .text = "text"},
};
static const struct mr_dnp3_identity identity = {.manufacturer = "maker", .product = "product"};
static const uint16_t masters[] = {1};

struct outstation {
    uint8_t area[MR_AREAS][32];
    struct mr_image image;
    struct mr_dnp3_personality personality;
    struct mr_dnp3_settings settings;
    struct mr_rng rng;
    struct mr_dnp3_station station;
    struct mr_arena *arena;
    struct mr_dnp3_server server;
    mr_ns now;
};

/* The station's records are made once and then put back, which is quicker. */
static void init(struct outstation *t, uint8_t choice)
{
    struct mr_arena *arena = t->arena;
    struct mr_dnp3_station made = t->station;
    memset(t, 0, sizeof *t);
    t->image = (struct mr_image){{t->area[0], t->area[1], t->area[2]}, {32, 32, 32}};
    t->personality = mr_dnp3_default_personality;
    t->personality.fragment_max = choice & 1 ? MR_DNP3_FRAGMENT_MIN : MR_DNP3_FRAGMENT_MAX;
    t->personality.frozen_in_class0 = true;
    t->rng = mr_rng_stream(1, "fuzz");
    mr_dnp3_settings_init(&t->settings);
    t->settings.authentication = (choice & 2) != 0;
    t->settings.nusers = 1;
    t->settings.users[0] = (struct mr_dnp3_user){.number = 1, .key_bytes = 16};
    t->settings.controls_disabled = (choice & 4) != 0;
    t->arena = arena ? arena : mr_arena_create(1 << 16);
    t->station = (struct mr_dnp3_station){.address = 10,
                                          .masters = masters,
                                          .image = &t->image,
                                          .points = points,
                                          .npoints = sizeof points / sizeof points[0],
                                          .events_max = EVENTS,
                                          .identity = &identity,
                                          .personality = &t->personality,
                                          .settings = &t->settings,
                                          .rng = &t->rng};
    if (arena) {
        t->station = made;
        memset(made.at, 0, made.npoints * sizeof *made.at);
        memset(made.state, 0, sizeof *made.state);
    } else {
        MR_ASSERT(mr_dnp3_station_create(&t->station, t->arena) == MR_OK);
    }
    t->station.nmasters = choice >> 3 & 1;
    mr_dnp3_station_restart(&t->station);
    mr_dnp3_station_sample(&t->station, 0);
    mr_dnp3_server_init(&t->server, &t->station);
    mr_dnp3_server_open(&t->server, 1, 0);
}

static void take(struct outstation *t, struct mr_writer *w)
{
    struct mr_dnp3_event ev;
    while (mr_dnp3_server_next(&t->server, &ev)) {
    }
    (void)mr_dnp3_server_output(&t->server, w);
}

static void feed(struct outstation *t, const uint8_t *data, size_t n, size_t chunk, struct mr_writer *w)
{
    for (size_t at = 0; at < n && mr_writer_left(w) > MR_DNP3_FRAMED_MAX + 64;) {
        size_t m = n - at < chunk ? n - at : chunk;
        uint8_t *piece = malloc(m);
        memcpy(piece, data + at, m);
        struct mr_feed f = mr_dnp3_server_feed(&t->server, mr_slice(piece, m), t->now);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        take(t, w);
    }
}

/* Before a fragment: time passes, the inputs change. */
static void happen(struct outstation *t, uint8_t what, struct mr_writer *w)
{
    t->now += (mr_ns)(what & 15) * (what & 64 ? MR_S : MR_MS);
    if (what & 16) {
        t->area[0][0] ^= what;
        t->area[2][7] ^= what;
    }
    if (what & 32) {
        t->area[2][0] = what;
    }
    mr_dnp3_station_sample(&t->station, t->now);
    if (mr_writer_left(w) > MR_DNP3_FRAMED_MAX + 64 && mr_dnp3_server_deadline(&t->server) <= t->now) {
        mr_dnp3_server_tick(&t->server, t->now);
        take(t, w);
    }
}

static void feed_fragments(struct outstation *t, const uint8_t *data, size_t n, size_t chunk, struct mr_writer *w)
{
    uint8_t frames[2 * MR_DNP3_FRAME_MAX];
    struct mr_dnp3_sending s = {0};
    for (size_t at = 0; at + 2 < n;) {
        size_t m = data[at] < n - at - 2 ? data[at] : n - at - 2;
        uint8_t what = data[at + 1];
        struct mr_writer f = mr_writer(frames, sizeof frames);
        struct mr_dnp3_link_header h = {MR_DNP3_DIR | MR_DNP3_PRM | MR_DNP3_UNCONFIRMED_DATA, what == 255 ? 0xFFFF : 10,
                                        what == 254 ? 2 : 1};
        happen(t, what, w);
        s.n = (uint32_t)m;
        mr_dnp3_send(&s, data + at + 2, &h, &f);
        feed(t, frames, f.n, chunk, w);
        at += m + 2;
    }
}

static size_t run(struct outstation *t, const uint8_t *data, size_t n, size_t chunk, uint8_t *out, size_t cap)
{
    struct mr_writer w = mr_writer(out, cap);
    init(t, data[0]);
    take(t, &w);
    if (data[0] & 0x80) {
        feed_fragments(t, data + 1, n - 1, chunk, &w);
    } else {
        feed(t, data + 1, n - 1, chunk, &w);
    }
    return w.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outstation a, b;
    static uint8_t whole[1 << 18], cut[1 << 18];
    if (size < 2) {
        return 0;
    }
    size_t n = run(&a, data, size, size + 2 * MR_DNP3_FRAME_MAX, whole, sizeof whole);
    size_t m = run(&b, data, size, 1u + data[0] % 29, cut, sizeof cut);
    MR_ASSERT(n == m && memcmp(whole, cut, n) == 0);
    MR_ASSERT(memcmp(a.area, b.area, sizeof a.area) == 0);
    return 0;
}
