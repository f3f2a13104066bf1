/* dnp3_bench - time of a class 0 poll of an outstation with 100 points, through feed and output. */
#include "proto/dnp3/dnp3_server.h"

#include <stdio.h>
#include <time.h>

#define ROUNDS 300000
#define POINTS 100

static uint8_t memory[MR_AREAS][1024];
static struct mr_image image = {{memory[0], memory[1], memory[2]}, {1024, 1024, 1024}};
static struct mr_dnp3_point points[POINTS];
static const struct mr_dnp3_identity identity = {.manufacturer = "bench"};
static struct mr_dnp3_settings settings;
static struct mr_rng rng;
static struct mr_dnp3_server server;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Half of them binary, half analog, each with flags. */
static void make_points(void)
{
    for (uint16_t i = 0; i < POINTS; i++) {
        bool analog = i >= POINTS / 2;
        points[i].kind = analog ? MR_DNP3_ANALOG : MR_DNP3_BINARY;
        points[i].index = (uint16_t)(analog ? i - POINTS / 2 : i);
        points[i].place = analog ? (struct mr_place){MR_AREA_M, MR_VT_REAL, 4u * i, 0}
                                 : (struct mr_place){MR_AREA_I, MR_VT_BOOL, i / 8u, (uint8_t)(i % 8)};
    }
}

int main(void)
{
    struct mr_arena *arena = mr_arena_create(1 << 20);
    struct mr_dnp3_station station = {.address = 10,
                                      .image = &image,
                                      .points = points,
                                      .npoints = POINTS,
                                      .events_max = 100,
                                      .identity = &identity,
                                      .personality = &mr_dnp3_default_personality,
                                      .settings = &settings,
                                      .rng = &rng};
    static const uint8_t poll[] = {0xC0, 0xC0, MR_DNP3_READ, 60, 1, MR_DNP3_Q_ALL};
    uint8_t request[64], out[MR_DNP3_FRAMED_MAX];
    size_t bytes = 0;
    make_points();
    mr_dnp3_settings_init(&settings);
    if (!arena || mr_dnp3_station_create(&station, arena) != MR_OK) {
        return 1;
    }
    mr_dnp3_station_sample(&station, 0);
    mr_dnp3_server_init(&server, &station);
    mr_dnp3_server_open(&server, 0x0A000001, 0);
    struct mr_writer r = mr_writer(request, sizeof request);
    mr_dnp3_frame_write(&r, &(struct mr_dnp3_link_header){0xC4, 10, 1}, mr_slice(poll, sizeof poll));
    double start = seconds();
    for (size_t i = 0; i < ROUNDS; i++) {
        struct mr_writer w = mr_writer(out, sizeof out);
        (void)mr_dnp3_server_feed(&server, mr_written(&r), 0);
        (void)mr_dnp3_server_output(&server, &w);
        bytes += w.n;
    }
    double t = seconds() - start;
    /* 4 + 5 + 50 + 5 + 250 octets in two segments: 10 + 250 + 32, and 10 + 66 + 10 */
    if (bytes != (size_t)ROUNDS * (292 + 86)) {
        puts("dnp3: wrong answers");
        return 1;
    }
    printf("dnp3 class 0 poll of %d points: feed and output %.0f ns, %.0f polls/s; session %zu bytes\n", POINTS, t / ROUNDS * 1e9,
           ROUNDS / t, sizeof server);
    mr_arena_destroy(arena);
    return 0;
}
