/* Any bytes to a Modbus client with eight requests under way; the results must not depend on how the bytes are cut. */
#include "fuzz/session.h"
#include "proto/modbus/modbus_client.h"

static void init(struct mr_modbus_client *c)
{
    static const uint16_t values[4] = {1, 2, 3, 4};
    static const uint8_t functions[8] = {1, 3, 6, 16, 17, 22, 23, 43};
    mr_modbus_client_init(c, 8, MR_S);
    mr_modbus_client_open(c);
    for (uint32_t i = 0; i < 8; i++) {
        struct mr_modbus_request r = {
            .token = i, .unit = 1, .function = functions[i], .count = 2, .values = values, .write_count = 2};
        MR_ASSERT(mr_modbus_client_request(c, &r, 0) == MR_OK);
    }
}

static uint64_t look_at(const struct mr_modbus_result *r)
{
    uint64_t sum = r->token * 31u + (unsigned)r->status * 7u + r->exception;
    for (size_t i = 0; i < r->data.n; i++) {
        sum = sum * 131 + r->data.p[i];
    }
    struct mr_modbus_identity_answer a;
    uint8_t id;
    struct mr_slice value;
    if (mr_modbus_identity_decode(r->pdu, &a)) {
        while (mr_modbus_identity_next(&a, &id, &value)) {
            sum = sum * 131 + id + value.n;
        }
    }
    return sum;
}

struct owner {
    struct mr_modbus_client client;
    uint64_t sum;
};

static void drain(void *ctx)
{
    struct owner *o = ctx;
    struct mr_modbus_result r;
    while (mr_modbus_client_next(&o->client, &r)) {
        o->sum = o->sum * 1009 + look_at(&r);
    }
}

static uint64_t run(const uint8_t *data, size_t n, size_t chunk)
{
    static struct owner o;
    static uint8_t out[FUZZ_OUT];
    o.sum = 0;
    init(&o.client);
    const struct fuzz_peer peer = {&mr_modbus_client_ops, &o.client, drain, &o};
    (void)fuzz_run(&peer, mr_slice(data, n), chunk, out);
    return o.sum + o.client.strays;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        MR_ASSERT(run(data, size, size) == run(data, size, 1u + data[0] % 13));
    }
    return 0;
}
