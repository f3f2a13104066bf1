/* Any bytes to an S7 client that connects and asks again after every answer; what it sees must not depend on how they are cut. */
#include "proto/s7/s7_client.h"

#include "base/rng.h"

#include <stdlib.h>

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
    if (n % 3 == 0) {
        (void)mr_s7_client_read(c, &item, 1, 1, 0);
    } else if (n % 3 == 1) {
        (void)mr_s7_client_list(c, 0x001C, 0, 1, 0);
    } else {
        (void)mr_s7_client_list_more(c, 1, 0);
    }
    send_away(c);
}

static uint64_t look_at(const struct mr_s7_result *r)
{
    uint64_t sum = (unsigned)r->outcome * 7u + r->error + r->more;
    struct mr_reader data = mr_reader(r->data);
    uint8_t code;
    struct mr_slice value;
    while (mr_s7_next_value(&data, &code, &value)) {
        sum = sum * 31 + code + mr_hash_fnv(value.p, value.n);
    }
    return sum * 31 + mr_hash_fnv(r->list.p, r->list.n);
}

static uint64_t run(const uint8_t *data, size_t n, size_t chunk)
{
    static struct mr_s7_client c;
    uint64_t sum = 0;
    size_t results = 0;
    enum mr_feed_status status = MR_FEED_OK;
    mr_s7_client_init(&c, &route);
    mr_s7_client_open(&c, 0);
    for (size_t at = 0; at < n && status != MR_FEED_MALFORMED;) {
        size_t m = n - at < chunk ? n - at : chunk;
        uint8_t *piece = malloc(m);
        memcpy(piece, data + at, m);
        struct mr_feed f = mr_s7_client_feed(&c, mr_slice(piece, m), 0);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        status = f.status;
        send_away(&c);
        struct mr_s7_result r;
        while (mr_s7_client_next(&c, &r)) {
            sum = sum * 1009 + look_at(&r);
            ask(&c, results++);
        }
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        MR_ASSERT(run(data, size, size) == run(data, size, 1u + data[size - 1] % 29));
    }
    return 0;
}
