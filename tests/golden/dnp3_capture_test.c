/* The master's side of captured sessions with real outstations (../shared/captures/dnp3) replayed against ours: to each
 * request an answer with the same function code, sequence number and, where the station's data do not decide it, the same
 * objects. Files and data sets are refused by ours, with the statuses of their own objects or the indication that there is no
 * such thing. */
#include "golden/capture.h"
#include "golden/dnp3_station.h"

#define FOLDER    "../shared/captures/dnp3/"
#define FRAGMENTS 64

struct fragment {
    size_t n;
    uint8_t octets[MR_DNP3_FRAGMENT_MAX];
};
struct side {
    struct mr_dnp3_deframer frame;
    struct mr_dnp3_assembly assembly;
    uint8_t buf[MR_DNP3_FRAGMENT_MAX];
    size_t n;
    struct fragment list[FRAGMENTS];
};
static struct side ours, theirs;
static bool begun;
static uint16_t station_address, master_address;

static void note(struct side *s, struct mr_slice bytes)
{
    struct mr_dnp3_link_header h;
    struct mr_slice data;
    size_t used = 0, total;
    while (mr_dnp3_deframe(&s->frame, bytes, &used, &h, &data)) {
        if (mr_dnp3_assemble(&s->assembly, s->buf, sizeof s->buf, data, h.source, &total)) {
            assert_true(s->n < FRAGMENTS);
            memcpy(s->list[s->n].octets, s->buf, total);
            s->list[s->n++].n = total;
        }
    }
}

static void take_output(void)
{
    uint8_t out[MR_DNP3_FRAMED_MAX];
    struct mr_writer w = mr_writer(out, sizeof out);
    (void)mr_dnp3_server_output(&d.server, &w);
    note(&ours, mr_written(&w));
}

static void begin(void)
{
    begun = true;
    dnp3_begin(0, 100);
    d.station.address = station_address;
    d.station.masters = &master_address;
    d.station.nmasters = theirs.n > 0; /* a real one that spoke first has this master configured */
    mr_dnp3_station_restart(&d.station);
    mr_dnp3_server_open(&d.server, 0x0A000009, d.now);
    take_output();
}

static void segment(const struct capture_segment *g)
{
    struct mr_reader r = mr_reader(g->data);
    (void)mr_read_u32le(&r);
    if (!begun) {
        uint16_t to = mr_read_u16le(&r), from = mr_read_u16le(&r);
        station_address = g->up ? to : from;
        master_address = g->up ? from : to;
    }
    if (!g->up) {
        note(&theirs, g->data);
    }
    if (!begun) {
        begin();
    }
    for (size_t at = 0; g->up && at < g->data.n;) {
        struct mr_feed f = mr_dnp3_server_feed(&d.server, mr_slice(g->data.p + at, g->data.n - at), d.now);
        assert_true(f.status != MR_FEED_MALFORMED);
        dnp3_drain();
        take_output();
        at += f.consumed;
    }
}

static void replay(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, FOLDER "%s", name);
    memset(&ours, 0, sizeof ours);
    memset(&theirs, 0, sizeof theirs);
    begun = false;
    capture_replay(path, MR_DNP3_PORT, segment);
    dnp3_end();
    print_message("%s: %zu fragments of theirs, %zu of ours\n", name, theirs.n, ours.n);
}

/* Answers to a request: the fragments but for unsolicited ones, of several the first. */
static const struct fragment *answer(const struct side *s, size_t i)
{
    for (size_t k = 0; k < s->n; k++) {
        bool counts = s->list[k].octets[1] == MR_DNP3_RESPONSE && (s->list[k].octets[0] & MR_DNP3_FIR) != 0;
        if (counts && i-- == 0) {
            return &s->list[k];
        }
    }
    return NULL;
}

static void same_head(size_t i)
{
    const struct fragment *a = answer(&ours, i), *b = answer(&theirs, i);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(a->octets[0] & ~MR_DNP3_CON & ~MR_DNP3_FIN, b->octets[0] & ~MR_DNP3_CON & ~MR_DNP3_FIN);
    assert_int_equal(a->octets[1], b->octets[1]);
}

/* The same objects, octet for octet; and the same errors. */
static void same_objects(size_t i)
{
    same_head(i);
    const struct fragment *a = answer(&ours, i), *b = answer(&theirs, i);
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->octets + 4, b->octets + 4, a->n - 4);
    assert_int_equal(a->octets[3] & 7, b->octets[3] & 7);
}

static void test_commands(void **state)
{
    (void)state;
    replay("directoperate_and_response.pcap");
    same_objects(0);
    replay("select_operate_and_responses.pcap");
    same_objects(0);
    same_objects(1);
}

static void test_statuses(void **state)
{
    (void)state;
    replay("dnp3_write.pcap");
    same_objects(0);
    replay("dnp3_en_spon.pcap");
    same_objects(0);
    replay("enable_unsolicited_and_response.pcap");
    same_objects(0);
}

/* Groups of the objects in an answer, each once. */
static size_t groups(const struct fragment *f, uint8_t *list, size_t cap)
{
    size_t n = 0;
    struct mr_reader r = mr_reader(mr_slice(f->octets + 4, f->n - 4));
    struct mr_dnp3_object o;
    while (n < cap && mr_dnp3_object_read(&r, &o)) {
        const struct mr_dnp3_format *format = mr_dnp3_format(o.group, o.variation);
        list[n++] = o.group;
        (void)mr_read_bytes(&r, !format ? 0 : format->bytes * (size_t)o.count);
    }
    return n;
}

static void test_reads(void **state)
{
    (void)state;
    static const char *const files[] = {"dnp3_read.pcap", "read_and_response.pcap"};
    for (size_t i = 0; i < 2; i++) {
        replay(files[i]);
        same_head(0);
        uint8_t list[64];
        /* the real ones list inputs, outputs, counters and analogs in an order of their own; ours has all these groups too */
        size_t n = groups(answer(&ours, 0), list, sizeof list);
        assert_true(n >= 7 && list[0] == 1);
    }
}

/* A whole session: null unsolicited response, disabled, confirmed, restart cleared, integrity poll, enabled. */
static void test_session(void **state)
{
    (void)state;
    replay("full_exchange.pcap");
    assert_memory_equal(ours.list[0].octets, theirs.list[0].octets, 2);
    assert_int_equal(ours.list[0].n, 4);
    same_objects(0);
    same_objects(1);
    assert_int_equal(answer(&ours, 1)->octets[2] & 0x80, answer(&theirs, 1)->octets[2] & 0x80); /* the restart is cleared */
    same_head(2);
    same_objects(3);
}

static void test_refusals(void **state)
{
    (void)state;
    replay("dnp3_file_read.pcap");
    for (size_t i = 0; i < 5; i++) {
        same_head(i);
    }
    assert_int_equal(answer(&ours, 0)->n, answer(&theirs, 0)->n); /* a file status, of the same length */
    assert_int_equal(answer(&ours, 0)->octets[answer(&ours, 0)->n - 1], 3);
    same_objects(2); /* the time is written in between */
    same_objects(3);
    assert_int_equal(answer(&ours, 4)->n, answer(&theirs, 4)->n);
    replay("file_list_directory.pcap");
    for (size_t i = 0; i < 4; i++) {
        same_head(i);
    }
    replay("dataset_exchange.pcap");
    for (size_t i = 1; i < 3; i++) {
        same_head(i);
        assert_int_equal(answer(&ours, i)->octets[3], MR_DNP3_IIN_UNKNOWN_OBJECT >> 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands), cmocka_unit_test(test_statuses),
                                       cmocka_unit_test(test_reads), cmocka_unit_test(test_session),
                                       cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
