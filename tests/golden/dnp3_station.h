/* dnp3_station.h - an outstation for the tests of DNP3, and a master's end of the wire in hexadecimal. Link addresses:
 * outstation 10, master 1, as in the captured sessions. */
#ifndef MR_TEST_DNP3_STATION_H
#define MR_TEST_DNP3_STATION_H

#include "support/test.h"

#include "proto/dnp3/dnp3_server.h"

#include <stdlib.h>

#define IX(by, bi)                                                                                                               \
    {                                                                                                                            \
        MR_AREA_I, MR_VT_BOOL, by, bi                                                                                            \
    }
#define QX(by, bi)                                                                                                               \
    {                                                                                                                            \
        MR_AREA_Q, MR_VT_BOOL, by, bi                                                                                            \
    }
#define M(ty, by)                                                                                                                \
    {                                                                                                                            \
        MR_AREA_M, MR_VT_##ty, by, 0                                                                                             \
    }

static const struct mr_dnp3_point dnp3_points[] = {
    {.kind = MR_DNP3_BINARY, .index = 0, .event_class = 1, .place = IX(0, 0)},
    {.kind = MR_DNP3_BINARY, .index = 1, .event_class = 2, .place = IX(0, 1)},
    {.kind = MR_DNP3_BINARY, .index = 2, .event_class = 3, .place = IX(0, 2), .event_variation = 3},
    {.kind = MR_DNP3_BINARY, .index = 5, .place = IX(0, 5)},
    {.kind = MR_DNP3_DOUBLE, .index = 0, .event_class = 1, .place = IX(1, 0), .second = IX(1, 1), .has_second = true},
    {.kind = MR_DNP3_BINARY_OUTPUT,
     .index = 0,
     .place = QX(0, 0),
     .has_command = true,
     .command = QX(0, 0),
     .outputs = MR_DNP3_OUT_LATCH | MR_DNP3_OUT_PULSE},
    {.kind = MR_DNP3_BINARY_OUTPUT,
     .index = 1,
     .place = IX(0, 0),
     .has_command = true,
     .command = QX(0, 1),
     .second = QX(0, 2),
     .has_second = true,
     .outputs = MR_DNP3_OUT_PAIR},
    {.kind = MR_DNP3_BINARY_OUTPUT,
     .index = 2,
     .place = QX(0, 3),
     .has_command = true,
     .command = QX(0, 3),
     .outputs = MR_DNP3_OUT_LATCH | MR_DNP3_OUT_SWITCH,
     .event_class = 1,
     .command_events = true,
     .select_first = true},
    {.kind = MR_DNP3_COUNTER, .index = 0, .event_class = 3, .place = M(UDINT, 0), .frozen_events = true},
    {.kind = MR_DNP3_ANALOG, .index = 0, .event_class = 2, .place = M(REAL, 4), .deadband = 2},
    {.kind = MR_DNP3_ANALOG, .index = 1, .place = M(INT, 8), .scale = 0.1, .offset = 5, .static_variation = 5},
    {.kind = MR_DNP3_ANALOG_OUTPUT,
     .index = 0,
     .place = M(INT, 12),
     .has_command = true,
     .command = M(INT, 12),
     .minimum = -100,
     .maximum = 100},
    {.kind = MR_DNP3_STRING, .index = 0, .text = "RTU 7"},
};
#define DNP3_POINTS (sizeof dnp3_points / sizeof dnp3_points[0])

static const struct mr_dnp3_identity dnp3_identity = {
    .manufacturer = "Maker", .product = "RTU", .subset = "2:2012", .serial = "123", .software_version = "1.0"};
static const uint16_t dnp3_masters[] = {1};

struct dnp3_bench {
    uint8_t i[64], q[64], m[256];
    struct mr_image image;
    struct mr_rng rng;
    struct mr_dnp3_personality personality;
    struct mr_dnp3_settings settings;
    struct mr_dnp3_station station;
    struct mr_arena *arena;
    struct mr_dnp3_server server;
    struct mr_dnp3_deframer frame;
    struct mr_dnp3_assembly assembly;
    uint8_t fragment[MR_DNP3_FRAGMENT_MAX];
    uint8_t transport;
    mr_ns now;
};
static struct dnp3_bench d;

static inline void dnp3_end(void)
{
    mr_arena_destroy(d.arena);
    d.arena = NULL;
}

/* A station without masters of its own, so without unsolicited responses until they are asked for, or with master 1. */
static inline void dnp3_begin(uint32_t nmasters, uint32_t events)
{
    if (d.arena) {
        dnp3_end();
    }
    memset(&d, 0, sizeof d);
    d.image = (struct mr_image){{d.i, d.q, d.m}, {sizeof d.i, sizeof d.q, sizeof d.m}};
    d.rng = mr_rng_stream(1, "dnp3");
    d.personality = mr_dnp3_default_personality;
    mr_dnp3_settings_init(&d.settings);
    d.station = (struct mr_dnp3_station){.address = 10,
                                         .masters = dnp3_masters,
                                         .nmasters = nmasters,
                                         .image = &d.image,
                                         .points = dnp3_points,
                                         .npoints = DNP3_POINTS,
                                         .events_max = events,
                                         .identity = &dnp3_identity,
                                         .personality = &d.personality,
                                         .settings = &d.settings,
                                         .rng = &d.rng};
    d.arena = mr_arena_create(1 << 20);
    assert_int_equal(mr_dnp3_station_create(&d.station, d.arena), MR_OK);
    d.now = MR_S;
    mr_dnp3_station_sample(&d.station, d.now);
    mr_dnp3_server_init(&d.server, &d.station);
    mr_dnp3_server_open(&d.server, 0x0A000009, d.now);
}

static inline size_t dnp3_unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    unsigned byte;
    while (*hex) {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        out[n++] = (uint8_t)byte;
        hex += 2;
    }
    return n;
}

/* Link frames of a fragment, from a master to an address. */
static inline size_t dnp3_frames(const uint8_t *fragment, size_t n, uint16_t from, uint16_t to, uint8_t *out, size_t cap)
{
    struct mr_writer w = mr_writer(out, cap);
    struct mr_dnp3_link_header h = {MR_DNP3_DIR | MR_DNP3_PRM | MR_DNP3_UNCONFIRMED_DATA, to, from};
    struct mr_dnp3_sending s = {.sequence = d.transport, .n = (uint32_t)n};
    mr_dnp3_send(&s, fragment, &h, &w);
    d.transport = s.sequence & 0x3F;
    return w.n;
}

static inline void dnp3_drain(void)
{
    struct mr_dnp3_event ev;
    while (mr_dnp3_server_next(&d.server, &ev)) {
    }
}

static inline void dnp3_feed(const uint8_t *p, size_t n)
{
    struct mr_feed f = mr_dnp3_server_feed(&d.server, mr_slice(p, n), d.now);
    assert_int_equal(f.status, MR_FEED_OK);
    assert_int_equal(f.consumed, n);
}

static inline void dnp3_say_from(uint16_t from, uint16_t to, const char *hex)
{
    uint8_t fragment[MR_DNP3_FRAGMENT_MAX], frames[MR_DNP3_FRAMED_MAX];
    size_t n = dnp3_unhex(hex, fragment);
    dnp3_drain();
    dnp3_feed(frames, dnp3_frames(fragment, n, from, to, frames, sizeof frames));
}

/* What the outstation says next, as a fragment in hexadecimal; "" where it is silent. */
static inline const char *dnp3_hear(void)
{
    static char hex[2 * MR_DNP3_FRAGMENT_MAX + 1];
    uint8_t out[MR_DNP3_FRAMED_MAX];
    struct mr_writer w = mr_writer(out, sizeof out);
    struct mr_dnp3_link_header h;
    struct mr_slice data;
    size_t used = 0, total = 0;
    hex[0] = '\0';
    assert_false(mr_dnp3_server_output(&d.server, &w));
    while (mr_dnp3_deframe(&d.frame, mr_written(&w), &used, &h, &data)) {
        assert_int_equal(h.source, 10);
        assert_int_equal(h.control, MR_DNP3_PRM | MR_DNP3_UNCONFIRMED_DATA);
        if (mr_dnp3_assemble(&d.assembly, d.fragment, sizeof d.fragment, data, h.source, &total)) {
            for (size_t i = 0; i < total; i++) {
                snprintf(hex + 2 * i, 3, "%02X", d.fragment[i]);
            }
        }
    }
    assert_int_equal(used, w.n);
    return hex;
}

static inline const char *dnp3_ask(const char *hex)
{
    dnp3_say_from(1, 10, hex);
    return dnp3_hear();
}

/* Each test with a station of its own. */
static inline int dnp3_setup(void **state)
{
    (void)state;
    dnp3_begin(0, 8);
    return 0;
}

static inline int dnp3_teardown(void **state)
{
    (void)state;
    dnp3_end();
    return 0;
}

static inline void wait_ms(int64_t ms)
{
    d.now += ms * MR_MS;
    mr_dnp3_station_sample(&d.station, d.now);
}

#endif
