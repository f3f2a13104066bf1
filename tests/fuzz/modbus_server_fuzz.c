/* Any bytes to a Modbus server. The first byte chooses the settings and how the rest is cut; the answers must not depend on the
 * cuts. */
#include "fuzz/session.h"
#include "proto/modbus/modbus_server.h"

struct device {
    uint8_t area[MR_AREAS][600];
    struct mr_image image;
    struct mr_modbus_map map;
    struct mr_modbus_settings settings;
    struct mr_modbus_health health;
    struct mr_modbus_personality personality;
    struct mr_modbus_unit unit;
    struct mr_modbus_server server;
};

static const struct mr_modbus_object_value extended[] = {{0x80, {(const uint8_t *)"extended", 8}}};
static const struct mr_modbus_identity identity = {
    .object = {"vendor", "code", "1.0", NULL, "name", "model"},
    .extended = extended,
    .nextended = 1,
    .server_id = {(const uint8_t *)"id", 2},
};

static void init(struct device *d, uint8_t choice)
{
    memset(d, 0, sizeof *d);
    d->image = (struct mr_image){{d->area[0], d->area[1], d->area[2]}, {600, 600, 600}};
    d->map = mr_modbus_default_map;
    d->map.nfiles = 1;
    d->map.file[0] = (struct mr_modbus_file){4, 200, MR_AREA_M, 1, false};
    d->map.nfifos = 1;
    d->map.fifo[0] = 16;
    d->personality = mr_modbus_default_personality;
    d->personality.denied_read = choice & 1 ? MR_MODBUS_CLOSE : MR_MODBUS_ILLEGAL_FUNCTION;
    mr_modbus_settings_init(&d->settings);
    d->settings.write_protected = (choice & 2) != 0;
    d->settings.access_list = (choice & 4) != 0;
    d->settings.naccess = 1;
    d->settings.access[0] = (struct mr_modbus_access){0, 0, choice >> 3 & 3};
    d->unit = (struct mr_modbus_unit){&d->image, &d->map, &identity, &d->personality, &d->settings, &d->health};
    mr_modbus_server_init(&d->server, &d->unit, 1);
    mr_modbus_server_open(&d->server, 1, 0);
}

static void drain(void *server)
{
    struct mr_modbus_event ev;
    while (mr_modbus_server_next(server, &ev)) {
    }
}

static size_t run(struct device *d, struct mr_slice data, size_t chunk, uint8_t *out)
{
    const struct fuzz_peer peer = {&mr_modbus_server_ops, &d->server, drain, &d->server};
    return fuzz_run(&peer, data, chunk, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct device a, b;
    static uint8_t whole[FUZZ_OUT], cut[FUZZ_OUT];
    if (size < 1) {
        return 0;
    }
    init(&a, data[0]);
    init(&b, data[0]);
    size_t n = run(&a, mr_slice(data + 1, size - 1), size, whole);
    size_t m = run(&b, mr_slice(data + 1, size - 1), 1u + data[0] % 13, cut);
    MR_ASSERT(n == m && memcmp(whole, cut, n) == 0);
    MR_ASSERT(memcmp(a.area, b.area, sizeof a.area) == 0);
    return 0;
}
