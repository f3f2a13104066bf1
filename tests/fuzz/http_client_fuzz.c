/* Any bytes to an HTTP client that asks again as long as the connection is kept; what it sees must not depend on the cuts. */
#include "proto/http/http_client.h"

#include "base/rng.h"

#include <stdlib.h>

static void ask(struct mr_http_client *c)
{
    uint8_t sink[256];
    struct mr_writer w = mr_writer(sink, sizeof sink);
    struct mr_http_ask a = {.method = MR_HTTP_GET, .host = "x", .target = "/"};
    if (mr_http_client_request(c, &a, 0) == MR_OK) {
        (void)mr_http_client_output(c, &w);
    }
}

static uint64_t take(struct mr_http_client *c)
{
    struct mr_http_response r;
    struct mr_slice value;
    uint64_t sum = 0;
    while (mr_http_client_next(c, &r)) {
        sum = sum * 1009 + (unsigned)r.outcome + (unsigned)r.status * 7u + mr_hash_fnv(r.body.p, r.body.n) + r.cut +
              mr_http_find(r.fields, "set-cookie", &value);
        ask(c);
    }
    return sum;
}

static uint64_t run(const uint8_t *data, size_t n, size_t chunk)
{
    static struct mr_http_client c;
    uint64_t sum = 0;
    enum mr_feed_status status = MR_FEED_OK;
    mr_http_client_init(&c, MR_S);
    mr_http_client_open(&c);
    ask(&c);
    for (size_t at = 0; at < n && status != MR_FEED_MALFORMED;) {
        size_t m = n - at < chunk ? n - at : chunk;
        uint8_t *piece = malloc(m);
        memcpy(piece, data + at, m);
        struct mr_feed f = mr_http_client_feed(&c, mr_slice(piece, m), 0);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        status = f.status;
        uint64_t seen = take(&c);
        sum = seen ? sum * 31 + seen : sum;
    }
    mr_http_client_close(&c);
    return sum * 31 + take(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        MR_ASSERT(run(data, size, size) == run(data, size, 1u + data[0] % 29));
    }
    return 0;
}
