/* s7_bench - time to decode and answer a read of twenty bytes of a data block, through feed and output. */
#include "proto/s7/s7_server.h"

#include <stdio.h>
#include <time.h>

#define ROUNDS 2000000

static uint8_t memory[MR_AREAS][4096];
static struct mr_image image = {{memory[0], memory[1], memory[2]}, {4096, 4096, 4096}};
static const struct mr_s7_span spans[] = {{0, 1000, 4, MR_AREA_M, 0}};
static const struct mr_s7_area areas[] = {{.code = MR_S7_AREA_DB, .db = 1, .size = 4000, .spans = spans, .nspans = 1}};
static const struct mr_s7_identity identity = {.order_number = "bench"};
static struct mr_s7_settings settings;
static struct mr_s7_state state;
static const struct mr_s7_cpu cpu = {&image, areas, 1, &identity, &mr_s7_default_personality, &settings, &state, NULL};
static struct mr_s7_server server;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(void)
{
    static const uint8_t connect[] = {3, 0, 0, 22, 17, 0xE0, 0, 0, 0, 1, 0, 0xC0, 1, 10, 0xC1, 2, 1, 0, 0xC2, 2, 1, 2};
    static const uint8_t read[] = {3, 0, 0, 31, 2,    0xF0, 0x80, 0x32, 1,  0, 0, 0,    1, 0, 14, 0,
                                   0, 4, 1, 18, 0x0A, 0x10, 2,    0,    20, 0, 1, 0x84, 0, 0, 0};
    uint8_t out[256];
    size_t bytes = 0;
    mr_s7_settings_init(&settings);
    mr_s7_server_init(&server, &cpu);
    mr_s7_server_open(&server, 0x0A000001, 0);
    struct mr_writer w = mr_writer(out, sizeof out);
    (void)mr_s7_server_feed(&server, mr_slice(connect, sizeof connect), 0);
    (void)mr_s7_server_output(&server, &w);
    double start = seconds();
    for (size_t i = 0; i < ROUNDS; i++) {
        w = mr_writer(out, sizeof out);
        (void)mr_s7_server_feed(&server, mr_slice(read, sizeof read), 0);
        (void)mr_s7_server_output(&server, &w);
        bytes += w.n;
    }
    double t = seconds() - start;
    if (bytes != (size_t)ROUNDS * (7 + 12 + 2 + 4 + 20)) {
        puts("s7: wrong answers");
        return 1;
    }
    printf("s7 read of 20 bytes: feed and output %.0f ns; session %zu bytes\n", t / ROUNDS * 1e9, sizeof server);
    return 0;
}
