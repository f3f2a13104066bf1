/* s7_station.h - a CPU 315-2 PN/DP for the tests of S7comm: flags on %MB as bytes, DB1 typed, timers and counters read-only. */
#ifndef MR_TEST_S7_STATION_H
#define MR_TEST_S7_STATION_H

#include "support/s7_blocks.h"

#include "proto/s7/s7_server.h"

struct s7_station {
    uint8_t i[256], q[256], m[1024];
    struct mr_image image;
    struct mr_s7_personality personality;
    struct mr_s7_settings settings;
    struct mr_s7_state state;
    struct s7_blocks blocks;
    struct mr_s7_program program;
    struct mr_s7_cpu cpu;
    struct mr_s7_server server;
};

static const struct mr_s7_span s7_inputs[] = {{0, 128, 1, MR_AREA_I, 0}};
static const struct mr_s7_span s7_outputs[] = {{0, 128, 1, MR_AREA_Q, 0}};
static const struct mr_s7_span s7_flags[] = {{0, 256, 1, MR_AREA_M, 0}};
/* DB1: two bytes of bits, INT at 2, REAL at 4 and 8, LREAL at 12, nothing from 20 to 27 */
static const struct mr_s7_span s7_db1[] = {
    {0, 2, 1, MR_AREA_M, 256}, {2, 1, 2, MR_AREA_M, 258}, {4, 2, 4, MR_AREA_M, 260}, {12, 1, 8, MR_AREA_M, 268}};
static const struct mr_s7_area s7_areas[] = {
    {MR_S7_AREA_INPUTS, 0, 128, false, s7_inputs, 1, NULL}, {MR_S7_AREA_OUTPUTS, 0, 128, false, s7_outputs, 1, NULL},
    {MR_S7_AREA_FLAGS, 0, 256, false, s7_flags, 1, NULL},   {MR_S7_AREA_DB, 1, 28, false, s7_db1, 4, NULL},
    {MR_S7_AREA_TIMERS, 0, 512, true, NULL, 0, NULL},       {MR_S7_AREA_COUNTERS, 0, 512, true, NULL, 0, NULL},
};
static const struct mr_s7_identity s7_identity = {
    .order_number = "6ES7 315-2EH14-0AB0 ",
    .hardware = 3,
    .firmware = {3, 2, 7},
    .station = "S7300/ET200M station_1",
    .module = "PLC_1",
    .plant = "",
    .copyright = "Original Siemens Equipment",
    .serial = "S C-C2UR28922012",
    .module_type = "CPU 315-2 PN/DP",
    .card = "MMC 267FF11F",
    .vendor = 42,
};

static inline void s7_station_init(struct s7_station *t)
{
    memset(t, 0, sizeof *t);
    t->image = (struct mr_image){{t->i, t->q, t->m}, {sizeof t->i, sizeof t->q, sizeof t->m}};
    t->personality = mr_s7_default_personality;
    mr_s7_settings_init(&t->settings);
    t->state.running = true;
    t->program = (struct mr_s7_program){&s7_blocks_ops, &t->blocks};
    t->cpu = (struct mr_s7_cpu){.image = &t->image,
                                .areas = s7_areas,
                                .nareas = sizeof s7_areas / sizeof s7_areas[0],
                                .identity = &s7_identity,
                                .personality = &t->personality,
                                .settings = &t->settings,
                                .state = &t->state,
                                .program = &t->program};
    mr_s7_server_init(&t->server, &t->cpu);
    mr_s7_server_open(&t->server, 0x0A000009, 0);
}

/* What STEP 7 sends first: connection request for TSAPs 01.00 and 01.02, TPDU of 1024 bytes. */
static const uint8_t s7_connect[] = {3, 0, 0, 22, 17, 0xE0, 0, 0, 0, 1, 0, 0xC0, 1, 10, 0xC1, 2, 1, 0, 0xC2, 2, 1, 2};

#endif
