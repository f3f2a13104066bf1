/* Any bytes as RTU frames, to a server with two units or to a client; the lowest bit of the first byte says which, the others how
 * the rest is cut. What comes out must not depend on the cuts. */
#include "fuzz/session.h"
#include "proto/modbus/modbus_client.h"
#include "proto/modbus/modbus_rtu.h"
#include "proto/modbus/modbus_server.h"

struct line {
    uint8_t area[MR_AREAS][600];
    struct mr_image image;
    struct mr_modbus_settings settings[2];
    struct mr_modbus_health health[2];
    struct mr_modbus_unit units[2];
    struct mr_modbus_server server;
    struct mr_modbus_client client;
    uint64_t sum;
};

static const struct mr_modbus_identity identity = {.object = {"vendor", "code", "1.0"}, .server_id = {(const uint8_t *)"id", 2}};

static void drain_server(void *ctx)
{
    struct line *l = ctx;
    struct mr_modbus_event ev;
    while (mr_modbus_server_next(&l->server, &ev)) {
        l->sum = l->sum * 131 + ev.kind + ev.unit;
    }
}

static void ask(struct mr_modbus_client *c, uint64_t n)
{
    static const uint16_t values[4] = {1, 2, 3, 4};
    static const uint8_t functions[8] = {1, 3, 6, 16, 17, 22, 23, 43};
    struct mr_modbus_request r = {.unit = 1, .function = functions[n % 8], .count = 2, .values = values, .write_count = 2};
    (void)mr_modbus_client_request(c, &r, 0);
}

static void drain_client(void *ctx)
{
    struct line *l = ctx;
    struct mr_modbus_result r;
    while (mr_modbus_client_next(&l->client, &r)) {
        l->sum = l->sum * 131 + (unsigned)r.status * 7u + r.exception + r.data.n;
        ask(&l->client, l->sum);
    }
}

static size_t run(struct line *l, bool server, struct mr_slice data, size_t chunk, uint8_t *out)
{
    memset(l, 0, sizeof *l);
    l->image = (struct mr_image){{l->area[0], l->area[1], l->area[2]}, {600, 600, 600}};
    for (size_t i = 0; i < 2; i++) {
        mr_modbus_settings_init(&l->settings[i]);
        l->units[i] = (struct mr_modbus_unit){&l->image,       &mr_modbus_default_map, &identity, &mr_modbus_default_personality,
                                              &l->settings[i], &l->health[i]};
    }
    l->settings[0].units[0] = 1u << 1;
    mr_modbus_server_init(&l->server, l->units, 2);
    mr_modbus_server_open(&l->server, 1, 0);
    mr_modbus_client_init_rtu(&l->client, MR_S);
    mr_modbus_client_open(&l->client);
    ask(&l->client, 0);
    const struct fuzz_peer as_server = {&mr_modbus_rtu_server_ops, &l->server, drain_server, l};
    const struct fuzz_peer as_client = {&mr_modbus_client_ops, &l->client, drain_client, l};
    return fuzz_run(server ? &as_server : &as_client, data, chunk, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct line a, b;
    static uint8_t whole[FUZZ_OUT], cut[FUZZ_OUT];
    if (size < 2) {
        return 0;
    }
    bool server = (data[0] & 1) != 0;
    size_t n = run(&a, server, mr_slice(data + 1, size - 1), size, whole);
    size_t m = run(&b, server, mr_slice(data + 1, size - 1), 1u + (data[0] >> 1) % 13u, cut);
    MR_ASSERT(a.sum == b.sum && memcmp(a.area, b.area, sizeof a.area) == 0);
    MR_ASSERT(!server || (n == m && memcmp(whole, cut, n) == 0));
    return 0;
}
