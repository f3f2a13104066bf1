/* Any bytes to an EtherNet/IP client that asks again after every answer, and to a scanner as datagrams; what the client sees must
 * not depend on how they are cut. The first byte chooses the route. */
#include "proto/enip/enip_client.h"
#include "proto/enip/enip_scanner.h"

#include "base/rng.h"

#include <stdlib.h>

static const struct mr_enip_route routes[] = {
    {.timeout = MR_S},
    {.chassis = true, .slot = 1, .timeout = MR_S},
    {.connected = true, .size = 500, .timeout = MR_S},
    {.connected = true, .chassis = true, .size = 4000, .timeout = MR_S},
};
static const struct mr_enip_scan scan = {
    .output = 2, .input = 1, .output_bytes = 4, .input_bytes = 4, .run_idle_header = true, .rpi = 10 * MR_MS};

static void send_away(struct mr_enip_client *c)
{
    static uint8_t sink[MR_ENIP_MESSAGE_MAX];
    struct mr_writer w = mr_writer(sink, sizeof sink);
    (void)mr_enip_client_output(c, &w);
}

static void ask(struct mr_enip_client *c, size_t n)
{
    static const char *const tags[] = {"A", "Program:M.D[1,2,3]", "P.N[1]"};
    switch (n % 5) {
    case 0:
        (void)mr_enip_client_read(c, tags, 1, 1, 1, 0);
        break;
    case 1:
        (void)mr_enip_client_read(c, tags, 3, 1, 1, 0);
        break;
    case 2:
        (void)mr_enip_client_browse(c, n & 1 ? "Program:M" : NULL, 0, 1, 0);
        break;
    case 3:
        (void)mr_enip_client_identity(c, 1, 0);
        break;
    default:
        (void)mr_enip_client_get(c, MR_CIP_IDENTITY, 1, 1, 1, 0);
    }
    send_away(c);
}

static uint64_t look_at(const struct mr_enip_result *r)
{
    uint64_t sum = (unsigned)r->outcome * 7u + r->error + r->status + r->extended + mr_hash_fnv(r->data.p, r->data.n);
    struct mr_reader data = mr_reader(r->data);
    struct mr_enip_symbol s;
    struct mr_cip_answer a;
    struct mr_slice value;
    uint16_t type;
    double number;
    while (mr_enip_next_symbol(&data, &s)) {
        sum = sum * 31 + s.instance + s.type + mr_hash_fnv(s.name.p, s.name.n);
    }
    for (size_t i = 0; mr_enip_next_answer(r->data, i, &a) && i < 1000; i++) {
        sum = sum * 31 + a.status + mr_hash_fnv(a.data.p, a.data.n);
    }
    if (mr_enip_value(r->data, &type, &value) && mr_cip_number(type, value, &number)) {
        sum++;
    }
    return sum;
}

static uint64_t run(const uint8_t *data, size_t n, size_t chunk, const struct mr_enip_route *route)
{
    static struct mr_enip_client c;
    uint64_t sum = 0;
    size_t results = 0;
    enum mr_feed_status status = MR_FEED_OK;
    mr_enip_client_init(&c, route);
    mr_enip_client_open(&c, 0);
    send_away(&c);
    for (size_t at = 0; at < n && status != MR_FEED_MALFORMED && !mr_enip_client_finished(&c);) {
        size_t m = n - at < chunk ? n - at : chunk;
        uint8_t *piece = malloc(m);
        memcpy(piece, data + at, m);
        struct mr_feed f = mr_enip_client_feed(&c, mr_slice(piece, m), 0);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        status = f.status;
        send_away(&c);
        struct mr_enip_result r;
        while (mr_enip_client_next(&c, &r)) {
            sum = sum * 1009 + look_at(&r);
            ask(&c, results++);
        }
    }
    return sum;
}

static void scanner(const uint8_t *data, size_t n)
{
    struct mr_enip_scanner s;
    uint8_t out[256];
    struct mr_writer w = mr_writer(out, sizeof out);
    mr_enip_scanner_init(&s, &scan);
    mr_enip_scanner_open_request(&s, &w);
    if (!mr_enip_scanner_opened(&s, mr_slice(data, n < 30 ? n : 30), 0)) { /* opened all the same, with whatever numbers */
        s.open = true;
    }
    for (size_t at = 0; at < n;) {
        size_t m = data[at] % 64 < n - at - 1 ? data[at] % 64 : n - at - 1;
        mr_enip_scanner_datagram(&s, mr_slice(data + at + 1, m), 0);
        w = mr_writer(out, sizeof out);
        (void)mr_enip_scanner_due(&s, (mr_ns)at * MR_MS, &w);
        (void)mr_enip_scanner_deadline(&s);
        at += m + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1) {
        const struct mr_enip_route *route = &routes[data[0] % 4];
        MR_ASSERT(run(data + 1, size - 1, size, route) == run(data + 1, size - 1, 1u + data[0] / 4 % 29, route));
        scanner(data + 1, size - 1);
    }
    return 0;
}
