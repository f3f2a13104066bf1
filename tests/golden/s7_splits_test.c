/* One request of each S7 service, in the forms of captured clients, cut in every way: no prefix is answered or taken for
 * malformed, every split brings the answer of the whole, and a stream of them all brings the same bytes in pieces of any size. */
#include "golden/s7_talk.h"

static const char *const requests[] = {
    "32010000020000080000F0000001000101E0",                                                             /* setup */
    "320100000001001A00000402120A10020001000083000000120A101D000100001D000000",                         /* read */
    "320100000001001A000C0502120A10020001000083000000120A101D000100001D000000000400087700000900021234", /* write */
    "320700000001000800080001120411440100FF09000400110000",                                             /* status lists */
    "320700000001000800080001120411440100FF090004001C0000",
    "320700000001000C00040001120812440101000000000A000000",
    "320700000001000800080001120411440100FF09000400A00000",
    "3207000005000008000E0001120411440200FF09000A03005553455231000000",
    "320700000002000800100001120411441300FF09000C000112081A00013400000004", /* alarms */
    "3207000000010008000400011204114301000A000000",                         /* blocks */
    "320700000001000800060001120411430200FF0900023044",
    "3207000000010008000C0001120411430300FF0900083041303030303141",
    "320100000001001200001D00000000000000095F3041303030303141", /* upload */
    "320100000001000800001E00000000000007",
    "320100000001000800001F00000000000007",
    "320100000001002000001A00010000000000095F30413030303031500D31303030313030303030303238", /* download */
    "320700000001000800140001120411420100FF09001000010005120A10020002000083000000",         /* cyclic */
    ("320700006803000C0044000112081241080000000000FF0900400014002800000001000100060001000100010001000102000003"
     "030100000000020100000004100100000008000900044133851F00090002DEAD000900010100"), /* tables of variables */
    "320700006903000C001E0001120812410E0000000000FF09001A0014000200000000000100000000000100010001000100000802",
    "320700006C01000C001C000112081241160000000000FF090018001400000000000000010000000000010001000100010000",
    "3207000000060008000C0001120411450100FF090008213A1B1D6E681B1D", /* password */
    "3207000000010008000400011204114502000A000000",
    "3207000000010008000E0001120411470200FF09000A00191602081451379162", /* clock */
    "3207000000010008000400011204114701000A000000",
    "3201000000010014000028000000000000FD000009505F50524F4752414D", /* control */
    "3201000000010012000028000000000000FD00024550055F4D4F4455",
    "3201000000010010000029000000000009505F50524F4752414D",
};
#define REQUESTS (sizeof requests / sizeof requests[0])

static void drain(void)
{
    struct mr_s7_event ev;
    while (mr_s7_server_next(&t.server, &ev)) {
    }
}

/* Feeds all of it, in pieces, and appends what comes out. */
static void feed(const uint8_t *p, size_t n, size_t chunk, struct mr_writer *out)
{
    bool blocked = false;
    for (size_t at = 0; at < n || blocked;) {
        size_t m = n - at < chunk ? n - at : chunk;
        struct mr_feed f = mr_s7_server_feed(&t.server, mr_slice(p + at, m), MR_S);
        assert_int_not_equal(f.status, MR_FEED_MALFORMED);
        blocked = f.status == MR_FEED_BLOCKED;
        at += f.consumed;
        drain();
        assert_false(mr_s7_server_output(&t.server, out));
    }
}

static void test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < REQUESTS; i++) {
        uint8_t p[512], whole[2048], cut[2048];
        size_t n = packet(requests[i], p);
        struct mr_writer w = mr_writer(whole, sizeof whole);
        setup(NULL);
        feed(p, n, n, &w);
        assert_true(w.n > 0);
        for (size_t split = 1; split < n; split++) {
            struct mr_writer c = mr_writer(cut, sizeof cut);
            setup(NULL);
            feed(p, split, split, &c);
            assert_int_equal(c.n, 0); /* no prefix is answered */
            assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(p, 0), MR_S).needed, split < 4 ? 4 - split : n - split);
            feed(p + split, n - split, n, &c);
            assert_int_equal(c.n, w.n);
            assert_memory_equal(cut, whole, w.n);
        }
    }
}

static void test_stream(void **state)
{
    (void)state;
    static uint8_t stream[8192], whole[1 << 15], cut[1 << 15];
    size_t n = 0;
    for (size_t i = 0; i < REQUESTS; i++) {
        n += packet(requests[i], stream + n);
    }
    struct mr_writer w = mr_writer(whole, sizeof whole);
    setup(NULL);
    feed(stream, n, n, &w);
    for (size_t chunk = 1; chunk < 300; chunk++) {
        struct mr_writer c = mr_writer(cut, sizeof cut);
        setup(NULL);
        feed(stream, n, chunk, &c);
        assert_int_equal(c.n, w.n);
        assert_memory_equal(cut, whole, w.n);
    }
}

/* As TIA Portal greets an S7-1200: S7comm-plus, protocol 72 instead of 32, which a 300 does not speak. It closes. */
static void test_s7comm_plus(void **state)
{
    (void)state;
    static const uint8_t hello[] = {3, 0,    0, 27, 2, 0xF0, 0x80, 0x72, 1, 0,    12, 0x31, 0, 0,
                                    4, 0xCA, 0, 0,  0, 1,    0,    0,    0, 0x72, 1,  0,    0};
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(hello, sizeof hello), 0).status, MR_FEED_MALFORMED);
    assert_true(mr_s7_server_finished(&t.server));
    /* a connection to the address that it has there is refused before: reason 3, address unknown */
    static const uint8_t connect[] = {3,    0,  0,   35,  30,  0xE0, 0,   0,   0,   9,   0,   0xC0, 1,   10,  0xC1, 2,   6,  0,
                                      0xC2, 15, 'S', 'I', 'M', 'A',  'T', 'I', 'C', '-', 'R', 'O',  'O', 'T', '-',  'E', 'S'};
    static const uint8_t refusal[] = {3, 0, 0, 11, 6, 0x80, 0, 9, 0, 0, 3};
    uint8_t out[64];
    struct mr_writer w = mr_writer(out, sizeof out);
    s7_station_init(&t);
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(connect, sizeof connect), 0).status, MR_FEED_OK);
    assert_false(mr_s7_server_output(&t.server, &w));
    assert_int_equal(w.n, sizeof refusal);
    assert_memory_equal(out, refusal, sizeof refusal);
    assert_true(mr_s7_server_finished(&t.server));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_messages, setup),
        cmocka_unit_test_setup(test_stream, setup),
        cmocka_unit_test_setup(test_s7comm_plus, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
