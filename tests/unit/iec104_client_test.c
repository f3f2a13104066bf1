/* A controlling station: what it sends, byte by byte; and whole conversations with our own controlled station. */
#include "support/test.h"

#include "proto/iec104/iec104_client.h"
#include "support/iec104_rig.h"

static const struct mr_iec104_route route = {RIG_CA, 9, {12, 8, 15 * MR_S, 10 * MR_S, 20 * MR_S}, 5 * MR_S, false};
static struct mr_iec104_client client;
static struct rig rig;
static struct rig_line line;

static uint8_t out[4096];
static size_t nout;

static void take_output(void)
{
    struct mr_writer w = mr_writer(out, sizeof out);
    assert_false(mr_iec104_client_output(&client, &w));
    nout = w.n;
}

static void expect_out(const uint8_t *bytes, size_t n)
{
    take_output();
    assert_int_equal(nout, n);
    assert_memory_equal(out, bytes, n);
}
#define BYTES(...)      (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define EXPECT_OUT(...) expect_out(BYTES(__VA_ARGS__))
#define FEED(...)       mr_iec104_client_feed(&client, mr_slice(BYTES(__VA_ARGS__)), 0)

static struct mr_iec104_result next_at(enum mr_iec104_outcome outcome, int at)
{
    struct mr_iec104_result r;
    if (!mr_iec104_client_next(&client, &r) || r.outcome != outcome) {
        fail_msg("line %d: no result, or another", at);
    }
    return r;
}
#define next(outcome) next_at(outcome, __LINE__)

static void none(void)
{
    struct mr_iec104_result r;
    assert_false(mr_iec104_client_next(&client, &r));
}

static void connect_alone(void)
{
    mr_iec104_client_init(&client, &route);
    mr_iec104_client_open(&client, 0);
    EXPECT_OUT(0x68, 4, 0x07, 0, 0, 0);
    (void)FEED(0x68, 4, 0x0B, 0, 0, 0);
    (void)next(MR_IEC104_STARTED);
}

/* --- bytes ------------------------------------------------------------------------------------------------------------------ */

static void test_requests(void **state)
{
    (void)state;
    mr_iec104_client_init(&client, &route);
    mr_iec104_client_open(&client, 0);
    assert_int_equal(mr_iec104_client_interrogate(&client, 0, 20, 1, 0), MR_E_BUSY);
    connect_alone();
    assert_int_equal(mr_iec104_client_interrogate(&client, 0, 20, 1, 0), MR_OK);
    EXPECT_OUT(0x68, 14, 0, 0, 0, 0, 100, 1, 6, 9, RIG_CA, 0, 0, 0, 0, 20);
    assert_int_equal(mr_iec104_client_counters(&client, 7, 5, 2, 0), MR_OK);
    EXPECT_OUT(0x68, 14, 2, 0, 0, 0, 101, 1, 6, 9, 7, 0, 0, 0, 0, 5);
    assert_int_equal(mr_iec104_client_read(&client, 0, 0x010203, 3, 0), MR_OK);
    EXPECT_OUT(0x68, 13, 4, 0, 0, 0, 102, 1, 5, 9, RIG_CA, 0, 3, 2, 1);
    /* 2008-08-29 08:57:13, a Friday: 5 << 5 | 29 */
    assert_int_equal(mr_iec104_client_clock(&client, 0, 14120 * MR_DAY + 8 * MR_HOUR + 57 * MR_MIN + 13 * MR_S, 4, 0), MR_OK);
    EXPECT_OUT(0x68, 20, 6, 0, 0, 0, 103, 1, 6, 9, RIG_CA, 0, 0, 0, 0, 0xC8, 0x32, 0x39, 0x08, 0xBD, 0x08, 0x08);
    assert_int_equal(mr_iec104_client_reset(&client, 0, 1, 5, 0), MR_OK);
    EXPECT_OUT(0x68, 14, 8, 0, 0, 0, 105, 1, 6, 9, RIG_CA, 0, 0, 0, 0, 1);
    struct mr_iec104_object on = {.ioa = 4500, .bits = 1, .quality = MR_IEC104_SELECT};
    assert_int_equal(mr_iec104_client_command(&client, 0, MR_IEC104_C_SC_NA_1, MR_IEC104_COT_ACT, &on, 6, 0), MR_OK);
    EXPECT_OUT(0x68, 14, 10, 0, 0, 0, 45, 1, 6, 9, RIG_CA, 0, 0x94, 0x11, 0, 0x81);
    assert_int_equal(mr_iec104_client_raw(&client, mr_slice("\x63\1\6", 3), 7, 0), MR_OK);
    EXPECT_OUT(0x68, 7, 12, 0, 0, 0, 0x63, 1, 6);
    assert_int_equal(mr_iec104_client_raw(&client, mr_slice(NULL, 0), 8, 0), MR_E_INVALID);
    assert_int_equal(mr_iec104_client_interrogate(&client, 0, 20, 9, 0), MR_OK);
    assert_int_equal(mr_iec104_client_interrogate(&client, 0, 20, 10, 0), MR_E_BUSY); /* eight are under way */
}

static void test_answers(void **state)
{
    (void)state;
    connect_alone();
    assert_int_equal(mr_iec104_client_interrogate(&client, 0, 20, 77, 0), MR_OK);
    struct mr_iec104_object o = {.ioa = 4500, .bits = 1};
    assert_int_equal(mr_iec104_client_command(&client, 0, MR_IEC104_C_SC_NA_1, MR_IEC104_COT_ACT, &o, 78, 0), MR_OK);
    take_output();
    (void)FEED(0x68, 14, 0, 0, 2, 0, 100, 1, 7, 9, RIG_CA, 0, 0, 0, 0, 20);
    assert_int_equal(next(MR_IEC104_CONFIRMED).token, 77);
    none();
    (void)FEED(0x68, 22, 2, 0, 2, 0, 13, 2, 20, 0, RIG_CA, 0, 0x14, 5, 0, 0, 0, 0xF0, 0x41, 0, 0x15, 5, 0, 0);
    none(); /* two objects announced, and not both there: no data */
    (void)FEED(0x68, 26, 4, 0, 2, 0, 13, 2, 20, 0, RIG_CA, 0, 0x14, 5, 0, 0, 0, 0xF0, 0x41, 0, 0x15, 5, 0, 0, 0, 0x31, 0x44,
               0x80);
    struct mr_iec104_result r = next(MR_IEC104_DATUM);
    assert_true(r.token == 77 && r.type == 13 && r.cause == 20 && r.ca == RIG_CA && r.object.ioa == 1300);
    assert_true(r.object.value >= 30 && r.object.value <= 30);
    struct mr_feed f = FEED(0x68, 4, 0x43, 0, 0, 0);
    assert_true(f.status == MR_FEED_BLOCKED && f.consumed == 0); /* the second value is still here */
    r = next(MR_IEC104_DATUM);
    assert_true(r.object.value >= 708 && r.object.value <= 708 && r.object.quality == MR_IEC104_IV); /* 1.3828125 * 2^9 */
    none();
    (void)FEED(0x68, 21, 6, 0, 4, 0, 30, 1, 3, 0, RIG_CA, 0, 2, 0, 0, 1, 0xE8, 3, 0, 0, 0xBD, 8, 8);
    r = next(MR_IEC104_DATUM);
    assert_true(r.token == 0 && r.cause == 3 && r.object.bits == 1 && r.object.time.unix_ns == 14120 * MR_DAY + MR_S);
    (void)FEED(0x68, 14, 8, 0, 4, 0, 45, 1, 0x47, 9, RIG_CA, 0, 0x94, 0x11, 0, 1);
    r = next(MR_IEC104_REFUSED);
    assert_true(r.token == 78 && r.negative && r.cause == 7);
    (void)FEED(0x68, 14, 10, 0, 4, 0, 100, 1, 10, 9, RIG_CA, 0, 0, 0, 0, 20);
    assert_int_equal(next(MR_IEC104_TERMINATED).token, 77);
    (void)FEED(0x68, 4, 0x43, 0, 0, 0);
    EXPECT_OUT(0x68, 4, 0x83, 0, 0, 0);
    static const uint8_t initialized[] = {0x68, 14, 12, 0, 4, 0, 70, 1, 4, 0, RIG_CA, 0, 0, 0, 0, 0};
    (void)mr_iec104_client_feed(&client, mr_slice(initialized, sizeof initialized), 0);
    assert_int_equal(next(MR_IEC104_DATUM).type, 70);
    take_output();
    assert_int_equal(nout, 0); /* seven I formats */
    (void)FEED(0x68, 14, 14, 0, 4, 0, 70, 1, 4, 0, RIG_CA, 0, 0, 0, 0, 0);
    EXPECT_OUT(0x68, 4, 1, 0, 16, 0); /* and the eighth is w */
}

static void test_failures(void **state)
{
    (void)state;
    mr_iec104_client_init(&client, &route);
    mr_iec104_client_open(&client, 0);
    mr_iec104_client_tick(&client, 5 * MR_S); /* no STARTDT con */
    (void)next(MR_IEC104_TIMEOUT);
    assert_true(mr_iec104_client_finished(&client));

    connect_alone();
    assert_int_equal(mr_iec104_client_read(&client, 0, 1, 42, 0), MR_OK);
    take_output();
    assert_true(mr_iec104_client_deadline(&client) == 5 * MR_S);
    mr_iec104_client_tick(&client, 5 * MR_S); /* no answer */
    struct mr_iec104_result r = next(MR_IEC104_TIMEOUT);
    assert_true(r.token == 42 && r.object.ioa == 1);
    assert_false(mr_iec104_client_finished(&client));
    mr_iec104_client_tick(&client, 15 * MR_S); /* nor an acknowledgement for t1 */
    (void)next(MR_IEC104_TIMEOUT);
    assert_true(mr_iec104_client_finished(&client));

    connect_alone();
    assert_int_equal(FEED(0x68, 14, 2, 0, 0, 0, 100, 1, 7, 9, RIG_CA, 0, 0, 0, 0, 20).status, MR_FEED_MALFORMED);
    (void)next(MR_IEC104_GARBLED);
    assert_true(mr_iec104_client_finished(&client));

    connect_alone();
    mr_iec104_client_close(&client);
    (void)next(MR_IEC104_LOST);
    assert_true(mr_iec104_client_finished(&client));
}

/* --- with our own station --------------------------------------------------------------------------------------------------- */

/* Bytes to and fro until both are quiet; keeps the results. */
static struct mr_iec104_result results[256];
static size_t nresults;

static void talk(void)
{
    bool busy = true;
    nresults = 0;
    while (busy) {
        struct mr_iec104_result r;
        take_output();
        busy = nout > 0;
        if (nout > 0) {
            rig_feed(&line, mr_slice(out, nout));
        } else {
            rig_collect(&line, 0);
        }
        busy = busy || line.n > 0;
        for (size_t at = 0; at < line.n;) {
            struct mr_feed f = mr_iec104_client_feed(&client, mr_slice(line.out + at, line.n - at), rig.now);
            assert_int_not_equal(f.status, MR_FEED_MALFORMED);
            at += f.consumed;
            while (mr_iec104_client_next(&client, &r)) {
                assert_true(nresults < 256);
                results[nresults++] = r;
            }
        }
        line.n = 0;
    }
}

static size_t outcomes(enum mr_iec104_outcome o)
{
    size_t n = 0;
    for (size_t i = 0; i < nresults; i++) {
        n += results[i].outcome == o;
    }
    return n;
}

static void connect_both(void)
{
    rig_init(&rig);
    rig.commands[0].select = true;
    assert_true(rig_build(&rig));
    assert_true(rig_open(&line, &rig, RIG_PEER));
    mr_iec104_client_init(&client, &route);
    mr_iec104_client_open(&client, 0);
    talk();
    assert_int_equal(outcomes(MR_IEC104_STARTED), 1);
}

static void test_control_centre(void **state)
{
    (void)state;
    connect_both();
    rig_set(&rig, MR_VT_REAL, 20, 42);
    mr_iec104_station_sample(rig.station, 0);
    talk();
    assert_int_equal(outcomes(MR_IEC104_DATUM), 1);
    assert_true(results[0].object.ioa == 1300 && results[0].object.value >= 42 && results[0].cause == 3);
    assert_int_equal(mr_iec104_client_interrogate(&client, 0, 20, 1, 0), MR_OK);
    assert_int_equal(mr_iec104_client_counters(&client, 0, 5, 2, 0), MR_OK);
    assert_int_equal(mr_iec104_client_clock(&client, 0, 14120 * MR_DAY, 3, 0), MR_OK);
    talk();
    assert_int_equal(outcomes(MR_IEC104_CONFIRMED), 3);
    assert_int_equal(outcomes(MR_IEC104_DATUM), 13 + 2);
    assert_int_equal(outcomes(MR_IEC104_TERMINATED), 2);
    assert_true(mr_iec104_station_clock(rig.station, 0) == 14120 * MR_DAY);
    struct mr_iec104_object on = {.ioa = 4500, .bits = 1};
    assert_int_equal(mr_iec104_client_command(&client, 0, MR_IEC104_C_SC_NA_1, MR_IEC104_COT_ACT, &on, 4, 0), MR_OK);
    talk();
    assert_true(outcomes(MR_IEC104_REFUSED) == 1 && results[0].token == 4);
    on.quality = MR_IEC104_SELECT;
    assert_int_equal(mr_iec104_client_command(&client, 0, MR_IEC104_C_SC_NA_1, MR_IEC104_COT_ACT, &on, 5, 0), MR_OK);
    talk();
    assert_true(nresults == 1 && results[0].outcome == MR_IEC104_CONFIRMED && results[0].token == 5);
    on.quality = 0;
    assert_int_equal(mr_iec104_client_command(&client, 0, MR_IEC104_C_SC_NA_1, MR_IEC104_COT_ACT, &on, 6, 0), MR_OK);
    talk();
    assert_true(nresults == 2 && results[1].outcome == MR_IEC104_TERMINATED && results[1].token == 6);
    assert_true(rig_get(&rig, MR_VT_BOOL, 64) > 0);
    assert_int_equal(mr_iec104_client_read(&client, 0, 1300, 7, 0), MR_OK);
    assert_int_equal(mr_iec104_client_read(&client, 0, 9999, 8, 0), MR_OK);
    talk();
    assert_true(nresults == 2 && results[0].token == 7 && results[0].object.value >= 42);
    assert_true(results[1].outcome == MR_IEC104_REFUSED && results[1].cause == 47 && results[1].token == 8);
    assert_int_equal(mr_iec104_client_stop(&client, 0), MR_OK);
    talk();
    assert_int_equal(outcomes(MR_IEC104_STOPPED), 1);
    assert_int_equal(mr_iec104_client_start(&client, 0), MR_OK);
    talk();
    assert_int_equal(outcomes(MR_IEC104_STARTED), 1);
    rig_free(&rig);
}

/* Long enough for the numbers to come round: 32768 I formats and more each way. */
static void test_numbers_come_round(void **state)
{
    (void)state;
    connect_both();
    for (uint32_t i = 0; i < 33000; i++) {
        assert_int_equal(mr_iec104_client_read(&client, 0, 1, i, 0), MR_OK);
        talk();
        assert_true(nresults == 1 && results[0].token == i && results[0].outcome == MR_IEC104_DATUM);
    }
    rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),           cmocka_unit_test(test_answers),
        cmocka_unit_test(test_failures),           cmocka_unit_test(test_control_centre),
        cmocka_unit_test(test_numbers_come_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
