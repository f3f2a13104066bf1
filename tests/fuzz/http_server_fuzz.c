/* Any bytes to an HTTP server. The first byte chooses how the rest is cut; requests and answers must not depend on it. */
#include "proto/http/http_server.h"

#include "base/rng.h"

#include <stdlib.h>

/* What an owner does with a request: looks at everything and answers by its path. */
static uint64_t serve(struct mr_http_server *s, const struct mr_http_request *r)
{
    static const uint8_t page[20000];
    char text[64], other[64];
    struct mr_slice value;
    uint64_t sum = (unsigned)r->method + r->path.n * 3 + r->query.n * 5 + mr_hash_fnv(r->body.p, r->body.n);
    if (r->kind == MR_HTTP_EV_MORE) {
        mr_http_server_body(s, mr_slice(page + r->offset, sizeof page - r->offset), 0);
        return r->offset;
    }
    sum += mr_http_form_value(r->query, "a", text, sizeof text) + mr_http_form_value(r->body, "user", text, sizeof text);
    if (mr_http_find(r->fields, "authorization", &value) > 0) {
        sum += mr_http_basic_decode(value, text, sizeof text, other, sizeof other);
    }
    if (mr_http_find(r->fields, "cookie", &value) > 0) {
        sum += mr_http_cookie(value, "sid", &value);
    }
    if (r->path.n % 3 == 0) {
        MR_ASSERT(mr_http_server_refuse(s, 404, 0) == MR_OK);
    } else {
        struct mr_http_reply reply = {.status = 200, .type = "text/html", .body = {page, r->path.n % 3 == 1 ? 10 : sizeof page}};
        MR_ASSERT(mr_http_server_reply(s, &reply, 0) == MR_OK);
    }
    return sum;
}

static uint64_t run(const uint8_t *data, size_t n, size_t chunk)
{
    static struct mr_http_server s;
    static uint8_t out[MR_HTTP_SERVER_OUT];
    uint64_t sum = 0, sent = 0;
    enum mr_feed_status status = MR_FEED_OK;
    mr_http_server_init(&s, &mr_http_default_manner);
    mr_http_server_open(&s, 1, 0);
    for (size_t at = 0; at < n && status != MR_FEED_MALFORMED;) {
        size_t m = n - at < chunk ? n - at : chunk;
        uint8_t *piece = malloc(m);
        memcpy(piece, data + at, m);
        struct mr_feed f = mr_http_server_feed(&s, mr_slice(piece, m), 0);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        status = f.status;
        struct mr_http_request r;
        bool more = true;
        while (more) {
            more = mr_http_server_next(&s, &r);
            sum = more ? sum * 1009 + serve(&s, &r) : sum;
            struct mr_writer w = mr_writer(out, sizeof out);
            (void)mr_http_server_output(&s, &w);
            for (size_t i = 0; i < w.n; i++) {
                sent = sent * 31 + out[i];
            }
        }
    }
    return sum * 31 + sent + s.closing;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1) {
        uint64_t whole = run(data + 1, size - 1, size);
        MR_ASSERT(whole == run(data + 1, size - 1, 1u + data[0] % 29));
    }
    return 0;
}
