/* Any octets to a DNP3 master with a request under way. The first byte chooses the request and how the rest is cut: into raw
 * octets, or (bit 7) into fragments, each behind a byte that says how long it is, put into frames with right checksums. What
 * comes out must not depend on the cuts. */
#include "proto/dnp3/dnp3_client.h"

#include <stdlib.h>

static const struct mr_dnp3_user user = {1, 16, {0}};
static struct mr_rng rng;

/* What a client said, and what it told of what it heard. */
struct trace {
    uint8_t said[1 << 18], told[1 << 18];
    struct mr_writer out, results;
};

static void request(struct mr_dnp3_client *c, uint8_t choice)
{
    static const struct mr_dnp3_command command = {
        .group = 12, .variation = 1, .index = 0, .crob = {.code = MR_DNP3_LATCH_ON, .count = 1}};
    if (choice & 2) {
        (void)mr_dnp3_client_command(c, MR_DNP3_SELECT, &command, 1, 1, 0);
    } else {
        (void)mr_dnp3_client_poll(c, 0x0F, 1, 0);
    }
}

static void walk(struct mr_slice objects, struct mr_writer *w)
{
    struct mr_dnp3_value_reader v = mr_dnp3_values(objects);
    struct mr_dnp3_reading r;
    while (mr_writer_left(w) > 64 && mr_dnp3_next_value(&v, &r)) {
        mr_write_u8(w, r.group);
        mr_write_u32le(w, r.index);
        mr_write_f64le(w, r.sample.value);
    }
}

static void take(struct mr_dnp3_client *c, uint8_t choice, struct trace *t)
{
    struct mr_writer *w = &t->results;
    struct mr_dnp3_result r;
    while (mr_dnp3_client_next(c, &r)) {
        mr_write_u8(w, (uint8_t)r.outcome);
        mr_write_u8(w, r.error);
        walk(r.objects, w);
        if (r.outcome != MR_DNP3_NOTICE && !r.more) {
            request(c, choice);
        }
    }
    (void)mr_dnp3_client_output(c, &t->out);
}

static void feed(struct mr_dnp3_client *c, uint8_t choice, const uint8_t *data, size_t n, size_t chunk, struct trace *t)
{
    for (size_t at = 0; at < n && mr_writer_left(&t->out) > MR_DNP3_CLIENT_OUT && !mr_dnp3_client_finished(c);) {
        size_t m = n - at < chunk ? n - at : chunk;
        uint8_t *piece = malloc(m);
        memcpy(piece, data + at, m);
        struct mr_feed f = mr_dnp3_client_feed(c, mr_slice(piece, m), 0);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        take(c, choice, t);
    }
}

static void run(const uint8_t *data, size_t n, size_t chunk, struct trace *t)
{
    static struct mr_dnp3_client c;
    static struct mr_dnp3_route route;
    t->out = mr_writer(t->said, sizeof t->said);
    t->results = mr_writer(t->told, sizeof t->told);
    rng = mr_rng_stream(1, "fuzz");
    route = (struct mr_dnp3_route){.local = 1, .remote = 10, .timeout = MR_S, .user = data[0] & 1 ? &user : NULL, .rng = &rng};
    mr_dnp3_client_init(&c, &route);
    mr_dnp3_client_open(&c, 0);
    take(&c, data[0], t);
    if ((data[0] & 0x80) == 0) {
        feed(&c, data[0], data + 1, n - 1, chunk, t);
        return;
    }
    uint8_t frames[2 * MR_DNP3_FRAME_MAX];
    struct mr_dnp3_sending s = {0};
    for (size_t at = 1; at < n;) {
        size_t m = data[at] < n - at - 1 ? data[at] : n - at - 1;
        struct mr_writer f = mr_writer(frames, sizeof frames);
        struct mr_dnp3_link_header h = {MR_DNP3_PRM | MR_DNP3_UNCONFIRMED_DATA, 1, 10};
        s.n = (uint32_t)m;
        mr_dnp3_send(&s, data + at + 1, &h, &f);
        feed(&c, data[0], frames, f.n, chunk, t);
        at += m + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct trace whole, cut;
    if (size < 2) {
        return 0;
    }
    run(data, size, size + 2 * MR_DNP3_FRAME_MAX, &whole);
    run(data, size, 1u + data[0] % 29, &cut);
    MR_ASSERT(mr_slice_eq(mr_written(&whole.out), mr_written(&cut.out)));
    MR_ASSERT(mr_slice_eq(mr_written(&whole.results), mr_written(&cut.results)));
    return 0;
}
