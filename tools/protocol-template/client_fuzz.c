/* Any bytes to a @name@ client that asks again after every answer; what it sees must not depend on how they are cut. */
#include "proto/@name@/@name@_client.h"

#include "base/rng.h"

#include <stdlib.h>

static void ask(struct mr_@name@_client *c)
{
    uint8_t sink[MR_@NAME@_MESSAGE_MAX];
    struct mr_writer w = mr_writer(sink, sizeof sink);
    MR_ASSERT(mr_@name@_client_request(c, 1, mr_slice_str("?"), 0) == MR_OK);
    (void)mr_@name@_client_output(c, &w);
}

static uint64_t run(const uint8_t *data, size_t n, size_t chunk)
{
    static struct mr_@name@_client c;
    uint64_t sum = 0;
    enum mr_feed_status status = MR_FEED_OK;
    mr_@name@_client_init(&c, MR_S);
    ask(&c);
    for (size_t at = 0; at < n && status != MR_FEED_MALFORMED;) {
        size_t m = n - at < chunk ? n - at : chunk;
        uint8_t *piece = malloc(m); /* of its own size, so that a sanitizer sees a byte read outside */
        memcpy(piece, data + at, m);
        struct mr_feed f = mr_@name@_client_feed(&c, mr_slice(piece, m), 0);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        status = f.status;
        struct mr_@name@_result r;
        while (mr_@name@_client_next(&c, &r)) {
            sum = sum * 31 + mr_hash_fnv(r.payload.p, r.payload.n);
            ask(&c);
        }
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        MR_ASSERT(run(data, size, size) == run(data, size, 1u + data[0] % 13));
    }
    return 0;
}
