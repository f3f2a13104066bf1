/* iec104_bench - time to decode and answer a general interrogation of a station of 100 measured values (M_ME_NC_1), through feed
 * and output, each answer acknowledged by the next question; beside it a copy of the same bytes. */
#include "proto/iec104/iec104_server.h"

#include <stdio.h>
#include <time.h>

#define POINTS 100
#define ROUNDS 400000

static uint8_t area[MR_AREAS][1024];
static struct mr_image image = {{area[0], area[1], area[2]}, {1024, 1024, 1024}};
static struct mr_iec104_point points[POINTS];
static const uint16_t cas[] = {1};
static struct mr_iec104_settings settings;
static struct mr_iec104_personality personality;
static const struct mr_iec104_config config = {
    .image = &image, .cas = cas, .ncas = 1, .points = points, .npoints = POINTS, .personality = &personality};
static struct mr_iec104_server server;
static uint8_t out[8192], copy[8192];

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct mr_iec104_station *build(struct mr_arena *a)
{
    for (uint32_t i = 0; i < POINTS; i++) {
        points[i] = (struct mr_iec104_point){
            .ioa = 1000 + i, .type = MR_IEC104_M_ME_NC_1, .tag = 7, .place = {MR_AREA_M, MR_VT_REAL, 4 * i, 0}};
    }
    personality = mr_iec104_default_personality;
    personality.end_of_init = false;
    return mr_iec104_station_create(a, &config, &settings, "bench");
}

/* One question with the acknowledgement of all answers so far; the bytes of the answer. */
static size_t ask(uint16_t ns, uint16_t nr)
{
    static const uint8_t interrogation[] = {MR_IEC104_C_IC_NA_1, 1, MR_IEC104_COT_ACT, 0, 1, 0, 0, 0, 0, MR_IEC104_QOI_STATION};
    uint8_t in[MR_IEC104_APDU_MAX];
    struct mr_writer w = mr_writer(in, sizeof in), answer = mr_writer(out, sizeof out);
    mr_iec104_write_i(&w, ns, nr, mr_slice(interrogation, sizeof interrogation));
    (void)mr_iec104_server_feed(&server, mr_written(&w), 0);
    (void)mr_iec104_server_output(&server, &answer);
    struct mr_iec104_event ev;
    while (mr_iec104_server_next(&server, &ev)) {
    }
    return answer.n;
}

int main(void)
{
    static const uint8_t startdt[] = {0x68, 4, MR_IEC104_STARTDT_ACT, 0, 0, 0};
    struct mr_arena *a = mr_arena_create(1 << 20);
    struct mr_iec104_station *st = a ? build(a) : NULL;
    if (!st) {
        return 1;
    }
    mr_iec104_server_init(&server, st);
    (void)mr_iec104_server_open(&server, 0x0A000001, 0);
    (void)mr_iec104_server_feed(&server, mr_slice(startdt, sizeof startdt), 0);
    struct mr_writer w = mr_writer(out, sizeof out);
    (void)mr_iec104_server_output(&server, &w);

    /* confirmation, 48 + 48 + 4 values of 5 bytes, end: five APDUs */
    const size_t answer = 2 * 16 + 3 * (6 + 6 + 3) + POINTS * 5;
    size_t bytes = 0;
    double begin = seconds();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        bytes += ask((uint16_t)(i % MR_IEC104_SEQUENCES), (uint16_t)(5 * i % MR_IEC104_SEQUENCES));
    }
    double each = (seconds() - begin) / ROUNDS;
    if (bytes != answer * ROUNDS) {
        printf("iec104: wrong answers, %zu bytes\n", bytes / ROUNDS);
        return 1;
    }
    begin = seconds();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        out[i % sizeof out]++;
        memcpy(copy, out, answer);
        __asm__ volatile("" : : "r"(copy) : "memory");
    }
    double echo = (seconds() - begin) / ROUNDS;
    begin = seconds();
    for (int i = 0; i < ROUNDS / 10; i++) {
        mr_iec104_station_sample(st, i);
    }
    double sample = (seconds() - begin) / (ROUNDS / 10);
    printf(
        "iec104 interrogation of %d points: %.0f ns, %.0f/s (%.1f copies of its %zu bytes); sample %.0f ns; session %zu bytes\n",
        POINTS, each * 1e9, 1 / each, each / echo, answer, sample * 1e9, sizeof server);
    mr_arena_destroy(a);
    return 0;
}
