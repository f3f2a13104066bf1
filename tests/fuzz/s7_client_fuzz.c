/* Any bytes to an S7 client that connects and asks again after every answer; what it sees must not depend on how they are cut. */
#include "base/rng.h"
#include "fuzz/session.h"
#include "proto/s7/s7_client.h"

static const struct mr_s7_route route = {0x0100, 0x0102, 480, MR_S};

static void send_away(struct mr_s7_client *c)
{
    uint8_t sink[MR_S7_PACKET_MAX];
    struct mr_writer w = mr_writer(sink, sizeof sink);
    (void)mr_s7_client_output(c, &w);
}

static void ask(struct mr_s7_client *c, size_t n)
{
    static const struct mr_s7_item item = {MR_S7_BYTE, 4, 1, MR_S7_AREA_DB, 0};
    switch (n % 5) {
    case 0:
        (void)mr_s7_client_read(c, &item, 1, 1, 0);
        break;
    case 1:
        (void)mr_s7_client_list(c, 0x001C, 0, 1, 0);
        break;
    case 2:
        (void)mr_s7_client_list_more(c, 1, 0);
        break;
    case 3:
        (void)mr_s7_client_download(c, '8', 1, 100, 28, 1, 0);
        break;
    default:
        (void)mr_s7_client_upload(c, 1, 0);
    }
    send_away(c);
}

static uint64_t look_at(const struct mr_s7_result *r)
{
    uint64_t sum = (unsigned)r->outcome * 7u + r->error + r->more;
    struct mr_reader data = mr_reader(r->data);
    uint8_t code;
    struct mr_slice value;
    bool more;
    sum += mr_s7_client_piece(r, &value, &more) ? value.n : 0;
    while (mr_s7_next_value(&data, &code, &value)) {
        sum = sum * 31 + code + mr_hash_fnv(value.p, value.n);
    }
    return sum * 31 + mr_hash_fnv(r->list.p, r->list.n);
}

struct owner {
    struct mr_s7_client client;
    uint64_t sum;
    size_t results;
};

static void drain(void *ctx)
{
    struct owner *o = ctx;
    struct mr_s7_result r;
    send_away(&o->client);
    while (mr_s7_client_next(&o->client, &r)) {
        o->sum = o->sum * 1009 + look_at(&r);
        if (r.outcome == MR_S7_WANTED) {
            (void)mr_s7_client_give(&o->client, mr_slice("piece", 5), true, 0);
            send_away(&o->client);
            continue;
        }
        ask(&o->client, o->results++);
    }
}

static uint64_t run(const uint8_t *data, size_t n, size_t chunk)
{
    static struct owner o;
    static uint8_t out[FUZZ_OUT];
    o = (struct owner){0};
    mr_s7_client_init(&o.client, &route);
    mr_s7_client_open(&o.client, 0);
    const struct fuzz_peer peer = {&mr_s7_client_ops, &o.client, drain, &o};
    (void)fuzz_run(&peer, mr_slice(data, n), chunk, out);
    return o.sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        MR_ASSERT(run(data, size, size) == run(data, size, 1u + data[size - 1] % 29));
    }
    return 0;
}
