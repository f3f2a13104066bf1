/* Any bytes to a @name@ server; the answers must not depend on how they are cut. */
#include "proto/@name@/@name@_server.h"

#include "base/rng.h"

#include <stdlib.h>

static uint64_t run(const uint8_t *data, size_t n, size_t chunk)
{
    static struct mr_@name@_server s;
    static uint8_t out[1 << 16];
    struct mr_writer w = mr_writer(out, sizeof out);
    enum mr_feed_status status = MR_FEED_OK;
    mr_@name@_server_open(&s, 1, 0);
    for (size_t at = 0; at < n && status != MR_FEED_MALFORMED;) {
        size_t m = n - at < chunk ? n - at : chunk;
        uint8_t *piece = malloc(m); /* of its own size, so that a sanitizer sees a byte read outside */
        memcpy(piece, data + at, m);
        struct mr_feed f = mr_@name@_server_feed(&s, mr_slice(piece, m), 0);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        status = f.status;
        (void)mr_@name@_server_output(&s, &w);
        if (mr_writer_left(&w) == 0) {
            break;
        }
    }
    return mr_hash_fnv(out, w.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0) {
        MR_ASSERT(run(data, size, size) == run(data, size, 1u + data[0] % 13));
    }
    return 0;
}
