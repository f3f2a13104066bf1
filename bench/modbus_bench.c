/* modbus_bench - time to decode and answer a read of ten holding registers, straight into a writer and through feed and
 * output. */
#include "proto/modbus/modbus_server.h"

#include <stdio.h>
#include <time.h>

#define BATCH  64 /* pipelined requests in one feed */
#define ROUNDS 40000

static uint8_t area[MR_AREAS][8192];
static struct mr_image image = {{area[0], area[1], area[2]}, {8192, 8192, 8192}};
static const struct mr_modbus_identity identity = {.object = {"Millrace", "bench", "1"}};
static struct mr_modbus_settings settings;
static struct mr_modbus_health health;
static const struct mr_modbus_unit unit = {&image, &mr_modbus_default_map, &identity, &mr_modbus_default_personality, &settings,
                                           &health};
static struct mr_modbus_server server;
static uint8_t in[12 * BATCH], out[BATCH * MR_MODBUS_ADU_MAX];

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double serve(size_t requests)
{
    size_t bytes = 0;
    double start = seconds();
    for (size_t r = 0; r < (size_t)ROUNDS * BATCH / requests; r++) {
        struct mr_writer w = mr_writer(out, sizeof out);
        (void)mr_modbus_server_serve(&server, mr_slice(in, 12 * requests), 0, &w);
        bytes += w.n;
    }
    double t = seconds() - start;
    return bytes == (size_t)ROUNDS * BATCH * 29 ? t / ((double)ROUNDS * BATCH) : -1;
}

static double feed(void)
{
    size_t bytes = 0;
    double start = seconds();
    for (size_t r = 0; r < (size_t)ROUNDS * BATCH; r++) {
        struct mr_writer w = mr_writer(out, sizeof out);
        (void)mr_modbus_server_feed(&server, mr_slice(in, 12), 0);
        (void)mr_modbus_server_output(&server, &w);
        bytes += w.n;
    }
    double t = seconds() - start;
    return bytes == (size_t)ROUNDS * BATCH * 29 ? t / ((double)ROUNDS * BATCH) : -1;
}

int main(void)
{
    static const uint8_t request[12] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 100, 0, 10};
    for (size_t i = 0; i < BATCH; i++) {
        memcpy(in + 12 * i, request, sizeof request);
    }
    mr_modbus_settings_init(&settings);
    mr_modbus_server_init(&server, &unit, 1);
    mr_modbus_server_open(&server, 0x0A000001, 0);
    double one = serve(1), batch = serve(BATCH), through = feed();
    if (one < 0 || batch < 0 || through < 0) {
        puts("modbus: wrong answers");
        return 1;
    }
    printf("modbus read of 10 registers: serve %.0f ns, %d pipelined %.0f ns each, feed and output %.0f ns; session %zu bytes\n",
           one * 1e9, BATCH, batch * 1e9, through * 1e9, sizeof server);
    return 0;
}
