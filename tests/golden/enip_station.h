/* enip_station.h - a controller for the tests of EtherNet/IP: tags of all kinds on %M, two assemblies each way, a program. */
#ifndef MR_TEST_ENIP_STATION_H
#define MR_TEST_ENIP_STATION_H

#include "support/test.h"

#include "proto/enip/enip_io.h"
#include "proto/enip/enip_server.h"

enum { ENIP_CONNECTIONS = 6, ENIP_LARGE = 2 };

struct enip_station {
    uint8_t i[64], q[64], m[2048];
    struct mr_image image;
    struct mr_enip_personality personality;
    struct mr_enip_settings settings;
    struct mr_enip_state state;
    struct mr_enip_connection connections[ENIP_CONNECTIONS];
    struct mr_enip_large large[ENIP_LARGE];
    struct mr_enip_device device;
    struct mr_enip_server server;
    _Alignas(16) uint8_t scratch[4096];
};

#define ENIP_M(t, at)                                                                                                            \
    {                                                                                                                            \
        MR_AREA_M, t, at, 0                                                                                                      \
    }
static const struct mr_place enip_level[] = {ENIP_M(MR_VT_DINT, 0)}, enip_flow[] = {ENIP_M(MR_VT_REAL, 4)},
                             enip_raw[] = {ENIP_M(MR_VT_INT, 8)}, enip_run[] = {{MR_AREA_M, MR_VT_BOOL, 10, 3}},
                             enip_big[] = {ENIP_M(MR_VT_DINT, 100)}, enip_grid[] = {ENIP_M(MR_VT_INT, 12)},
                             enip_speed[] = {ENIP_M(MR_VT_DINT, 40)}, enip_word[] = {ENIP_M(MR_VT_DWORD, 44)},
                             enip_scattered[] = {ENIP_M(MR_VT_DINT, 48), ENIP_M(MR_VT_DINT, 56), ENIP_M(MR_VT_DINT, 52)},
                             enip_gone[] = {ENIP_M(MR_VT_DINT, 60000)}, enip_scaled[] = {ENIP_M(MR_VT_INT, 64)},
                             enip_bits[] = {{MR_AREA_M, MR_VT_BOOL, 66, 6}},
                             enip_pump[] = {{MR_AREA_M, MR_VT_BOOL, 68, 0},
                                            {MR_AREA_M, MR_VT_BOOL, 68, 1},
                                            ENIP_M(MR_VT_INT, 70),
                                            ENIP_M(MR_VT_REAL, 72),
                                            ENIP_M(MR_VT_DINT, 76)};

/* A structure of 20 bytes: two bits, an INT, a REAL, three DINTs in 8 to 19. Its handle is one of our choice. */
static const struct mr_enip_member enip_pump_members[] = {
    {.name = "Run", .type = MR_CIP_BOOL},
    {.name = "Fault", .type = MR_CIP_BOOL, .bit = 1},
    {.name = "Starts", .type = MR_CIP_INT, .offset = 2},
    {.name = "Speed", .type = MR_CIP_REAL, .offset = 4},
    {.name = "Hours", .type = MR_CIP_DINT, .count = 3, .offset = 8},
};
static const struct mr_enip_template enip_templates[] = {
    {.id = 0x201, .handle = 0x4E32, .name = "Pump", .bytes = 20, .members = enip_pump_members, .nmembers = 5}};
static const char *const enip_programs[] = {"Program:Main"};

enum {
    ENIP_TAG_LEVEL,
    ENIP_TAG_FLOW,
    ENIP_TAG_RAW,
    ENIP_TAG_RUN,
    ENIP_TAG_BIG,
    ENIP_TAG_GRID,
    ENIP_TAG_SPEED,
    ENIP_TAG_WORD,
    ENIP_TAG_SCATTERED,
    ENIP_TAG_GONE,
    ENIP_TAG_SCALED,
    ENIP_TAG_BITS,
    ENIP_TAG_PUMP,
    ENIP_TAG_SECRET,
    ENIP_TAG_FIXED,
    ENIP_TAGS
};
static const struct mr_enip_tag enip_tags[ENIP_TAGS] = {
    [ENIP_TAG_LEVEL] = {.name = "Level", .type = MR_CIP_DINT, .places = enip_level, .nplaces = 1},
    [ENIP_TAG_FLOW] = {.name = "Flow", .type = MR_CIP_REAL, .places = enip_flow, .nplaces = 1},
    [ENIP_TAG_RAW] = {.name = "RawInput", .type = MR_CIP_INT, .places = enip_raw, .nplaces = 1},
    [ENIP_TAG_RUN] = {.name = "Running", .type = MR_CIP_BOOL, .places = enip_run, .nplaces = 1},
    [ENIP_TAG_BIG] = {.name = "Big", .type = MR_CIP_DINT, .dims = {400}, .places = enip_big, .nplaces = 1},
    [ENIP_TAG_GRID] = {.name = "Grid", .type = MR_CIP_INT, .dims = {3, 4}, .places = enip_grid, .nplaces = 1},
    [ENIP_TAG_SPEED] = {.name = "Speed", .program = 1, .type = MR_CIP_DINT, .places = enip_speed, .nplaces = 1},
    [ENIP_TAG_WORD] = {.name = "Word", .type = MR_CIP_DWORD, .places = enip_word, .nplaces = 1},
    [ENIP_TAG_SCATTERED] = {.name = "Scattered", .type = MR_CIP_DINT, .dims = {3}, .places = enip_scattered, .nplaces = 3},
    [ENIP_TAG_GONE] = {.name = "Gone", .type = MR_CIP_DINT, .places = enip_gone, .nplaces = 1},
    [ENIP_TAG_SCALED] = {.name = "Scaled", .type = MR_CIP_REAL, .places = enip_scaled, .nplaces = 1},
    [ENIP_TAG_BITS] = {.name = "Bits", .type = MR_CIP_BOOL, .dims = {5}, .places = enip_bits, .nplaces = 1},
    [ENIP_TAG_PUMP] = {.name = "Pump1", .structure = &enip_templates[0], .places = enip_pump, .nplaces = 5},
    [ENIP_TAG_SECRET] = {.name = "Secret", .type = MR_CIP_DINT, .places = enip_level, .nplaces = 1, .hidden = true},
    [ENIP_TAG_FIXED] = {.name = "Fixed", .type = MR_CIP_DINT, .places = enip_level, .nplaces = 1, .read_only = true},
};
static const struct mr_enip_assembly enip_assemblies[] = {
    {100, MR_ENIP_INPUT, MR_AREA_I, 0, 8},      {101, MR_ENIP_INPUT, MR_AREA_I, 8, 4},
    {150, MR_ENIP_OUTPUT, MR_AREA_Q, 0, 6},     {151, MR_ENIP_CONFIG, MR_AREA_M, 0, 0},
    {198, MR_ENIP_INPUT_ONLY, MR_AREA_M, 0, 0}, {199, MR_ENIP_LISTEN_ONLY, MR_AREA_M, 0, 0},
};
/* As a 1756-L61 identifies itself in public scans; the serial number is the captured 1756-ENBT's. */
static const struct mr_enip_identity enip_identity = {1, 14, 54, 20, 11, 0x00524D8E, "1756-L61/B LOGIX5561"};
static const struct mr_enip_interface enip_interface = {0x0A000002, 0xFFFFFF00, 0x0A000001, {0x00, 0x00, 0xBC, 0x3B, 0xD6, 0x59},
                                                        "Filter",   100};

#define ENIP_CLIENT 0x0A000009u

static inline void enip_station_init(struct enip_station *t)
{
    memset(t, 0, sizeof *t);
    t->image = (struct mr_image){{t->i, t->q, t->m}, {sizeof t->i, sizeof t->q, sizeof t->m}};
    t->personality = mr_enip_default_personality;
    mr_enip_settings_init(&t->settings);
    mr_enip_state_init(&t->state);
    t->device = (struct mr_enip_device){
        .image = &t->image,
        .tags = enip_tags,
        .ntags = ENIP_TAGS,
        .programs = enip_programs,
        .nprograms = 1,
        .templates = enip_templates,
        .ntemplates = 1,
        .assemblies = enip_assemblies,
        .nassemblies = sizeof enip_assemblies / sizeof enip_assemblies[0],
        .identity = &enip_identity,
        .interface = &enip_interface,
        .personality = &t->personality,
        .settings = &t->settings,
        .state = &t->state,
        .connections = t->connections,
        .nconnections = ENIP_CONNECTIONS,
        .large = t->large,
        .nlarge = ENIP_LARGE,
    };
    MR_ASSERT(mr_enip_index_bytes(&t->device) <= sizeof t->scratch);
    MR_ASSERT(mr_enip_device_init(&t->device, t->scratch));
    mr_enip_server_init(&t->server, &t->device);
    mr_enip_server_open(&t->server, ENIP_CLIENT, 0);
}

#endif
