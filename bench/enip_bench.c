/* enip_bench - time to decode and answer reads of a DINT tag, unconnected and connected, through feed and output. */
#include "proto/enip/enip_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 2000000
#define TAGS   1000

static uint8_t memory[MR_AREAS][TAGS * 4];
static struct mr_image image = {{memory[0], memory[1], memory[2]}, {TAGS * 4, TAGS * 4, TAGS * 4}};
static char names[TAGS][16];
static struct mr_place places[TAGS];
static struct mr_enip_tag tags[TAGS];
static const struct mr_enip_identity identity = {1, 14, 54, 20, 11, 0x12345678, "bench"};
static const struct mr_enip_interface interface = {0x0A000002, 0xFFFFFF00, 0, {0}, "bench", 100};
static struct mr_enip_settings settings;
static struct mr_enip_state state;
static struct mr_enip_connection connections[4];
static struct mr_enip_server server;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static size_t exchange(const uint8_t *request, size_t n, uint8_t *out, size_t cap)
{
    struct mr_writer w = mr_writer(out, cap);
    (void)mr_enip_server_feed(&server, mr_slice(request, n), 0);
    (void)mr_enip_server_output(&server, &w);
    return w.n;
}

/* Length of an encapsulated message, as far as it has been written. */
static size_t finish(uint8_t *m, size_t n)
{
    m[2] = (uint8_t)(n - MR_ENIP_HEADER);
    return n;
}

static int measure(const char *name, const uint8_t *request, size_t n, size_t answer)
{
    uint8_t out[256];
    size_t bytes = 0;
    double start = seconds();
    for (size_t i = 0; i < ROUNDS; i++) {
        bytes += exchange(request, n, out, sizeof out);
    }
    double t = seconds() - start;
    if (bytes != ROUNDS * answer) {
        puts("enip: wrong answers");
        return 1;
    }
    printf("enip %s read of a DINT of %d tags: feed and output %.0f ns; session %zu bytes\n", name, TAGS, t / ROUNDS * 1e9,
           sizeof server);
    return 0;
}

int main(void)
{
    struct mr_enip_device d = {.image = &image,
                               .tags = tags,
                               .ntags = TAGS,
                               .identity = &identity,
                               .interface = &interface,
                               .personality = &mr_enip_default_personality,
                               .settings = &settings,
                               .state = &state,
                               .connections = connections,
                               .nconnections = 4};
    for (size_t i = 0; i < TAGS; i++) {
        (void)snprintf(names[i], sizeof names[i], "LINE_%03zu_LEVEL", i);
        places[i] = (struct mr_place){MR_AREA_M, MR_VT_DINT, (uint32_t)i * 4, 0};
        tags[i] = (struct mr_enip_tag){.name = names[i], .type = MR_CIP_DINT, .places = &places[i], .nplaces = 1};
    }
    void *scratch = calloc(1, mr_enip_index_bytes(&d));
    mr_enip_settings_init(&settings);
    mr_enip_state_init(&state);
    if (!scratch || !mr_enip_device_init(&d, scratch)) {
        return 1;
    }
    mr_enip_server_init(&server, &d);
    mr_enip_server_open(&server, 0x0A000001, 0);
    static const uint8_t registration[] = {0x65, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0};
    static const uint8_t read[] = {0x4C, 8, 0x91, 14, 'L', 'I', 'N', 'E', '_', '5', '0', '0', '_', 'L', 'E', 'V', 'E', 'L', 1, 0};
    static const uint8_t open[] = {0x54, 2,    0x20, 6, 0x24, 1, 10,   100,  0,    0, 0,    0, 1,    0, 0, 0,
                                   1,    0,    1,    0, 1,    0, 0,    0,    0,    0, 0,    0, 0,    0, 0, 1,
                                   0xF4, 0x43, 0,    0, 0,    1, 0xF4, 0x43, 0xA3, 2, 0x20, 2, 0x24, 1};
    uint8_t m[256] = {0x6F, 0, 0, 0, 1}, out[256];
    (void)exchange(registration, sizeof registration, out, sizeof out);
    static const uint8_t items[] = {0, 0, 0, 0, 10, 0, 2, 0, 0, 0, 0, 0, 0xB2, 0};
    memcpy(m + 24, items, sizeof items);
    m[38] = sizeof read;
    memcpy(m + 40, read, sizeof read);
    int bad = measure("unconnected", m, finish(m, 40 + sizeof read), 24 + 16 + 10);
    m[38] = sizeof open;
    memcpy(m + 40, open, sizeof open);
    (void)exchange(m, finish(m, 40 + sizeof open), out, sizeof out);
    static const uint8_t connected[] = {0, 0, 0, 0, 0, 0, 2, 0, 0xA1, 0, 4, 0, 0, 0, 0, 0, 0xB1, 0, 2 + sizeof read, 0, 1, 0};
    m[0] = 0x70;
    memcpy(m + 24, connected, sizeof connected);
    memcpy(m + 36, out + 44, 4); /* the connection's number */
    memcpy(m + 46, read, sizeof read);
    bad |= measure("connected", m, finish(m, 46 + sizeof read), 24 + 22 + 10);
    free(scratch);
    return bad;
}
