/* Sequence numbers, k and w, t1 to t3, STARTDT and STOPDT (104, 5), redundancy groups (104, 10), spontaneous and periodic data,
 * security settings, and a session's state. */
#include "support/test.h"

#include "support/iec104_rig.h"

static struct rig rig;
static struct rig_line line, other;

static void begin(void)
{
    assert_null(mr_iec104_config_check(&rig.config));
    assert_true(rig_build(&rig));
    assert_true(rig_open(&line, &rig, RIG_PEER));
}

static int setup(void **state)
{
    (void)state;
    rig_init(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_free(&rig);
    return 0;
}

#define BYTES(...)     (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define FEED(l, ...)   rig_feed(l, mr_slice(BYTES(__VA_ARGS__)))
#define INTERROGATE(l) rig_i(l, BYTES(100, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 21))
#define READ(l)        rig_i(l, BYTES(102, 1, 5, 0, RIG_CA, 0, 1, 0, 0))

static void expect_out(const struct rig_line *l, const uint8_t *bytes, size_t n)
{
    assert_int_equal(l->n, n);
    assert_memory_equal(l->out, bytes, n);
}
#define EXPECT_OUT(l, ...) expect_out(l, BYTES(__VA_ARGS__))

/* I formats in the last output. */
static size_t count(const struct rig_line *l)
{
    size_t n = 0;
    while (rig_asdu(l, n).n > 0) {
        n++;
    }
    return n;
}

/* Type, cause and first address of an ASDU with one object or more. */
static void expect(const struct rig_line *l, size_t k, uint8_t type, uint8_t cause, uint8_t ioa)
{
    struct mr_slice a = rig_asdu(l, k);
    assert_true(a.n > 6);
    assert_int_equal(a.p[0], type);
    assert_int_equal(a.p[2], cause);
    assert_int_equal(a.p[6], ioa);
}

static bool finished(struct rig_line *l)
{
    return mr_iec104_server_finished(&l->server);
}

/* --- start and stop --------------------------------------------------------------------------------------------------------- */

static void test_start_stop(void **state)
{
    (void)state;
    begin();
    rig_u(&line, MR_IEC104_TESTFR_ACT);
    EXPECT_OUT(&line, 0x68, 4, 0x83, 0, 0, 0);
    rig_set(&rig, MR_VT_BOOL, 0, 1);
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    EXPECT_OUT(&line, 0x68, 4, 0x0B, 0, 0, 0);
    READ(&line);
    assert_int_equal(count(&line), 1);
    rig_u(&line, MR_IEC104_STOPDT_ACT); /* the answer is not acknowledged */
    assert_int_equal(line.n, 0);
    rig_s(&line);
    EXPECT_OUT(&line, 0x68, 4, 0x23, 0, 0, 0);
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_i(&line, BYTES(45, 1, 6, 0, RIG_CA, 0, 0x94, 0x11, 0, 1));
    FEED(&line, 0x68, 4, 0x01, 0, 6, 0, 0x68, 4, 0x13, 0, 0, 0);
    EXPECT_OUT(&line, 0x68, 4, 0x23, 0, 0, 0);
    READ(&line); /* I formats while stopped end it */
    assert_true(line.closed && finished(&line));
}

/* What was received and not acknowledged is, before STOPDT con. */
static void test_stop_acknowledges(void **state)
{
    (void)state;
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_i(&line, BYTES(45, 1, 0x46, 0, RIG_CA, 0, 0x94, 0x11, 0, 1)); /* a request that gets no answer */
    assert_int_equal(line.n, 0);
    rig_u(&line, MR_IEC104_STOPDT_ACT);
    EXPECT_OUT(&line, 0x68, 4, 0x01, 0, 2, 0, 0x68, 4, 0x23, 0, 0, 0);
}

static void test_initialized(void **state)
{
    (void)state;
    rig.personality.end_of_init = true;
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    /* of each common address, cause 4, local power on (101, 7.3.3.1); frame 107 of TestDissectIec104.pcap looks so */
    EXPECT_OUT(&line, 0x68, 4, 0x0B, 0, 0, 0, 0x68, 14, 0, 0, 0, 0, 70, 1, 4, 0, RIG_CA, 0, 0, 0, 0, 0, 0x68, 14, 2, 0, 0, 0, 70,
               1, 4, 0, 4, 0, 0, 0, 0, 0);
    rig_s(&line);
    rig_u(&line, MR_IEC104_STOPDT_ACT);
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    assert_int_equal(count(&line), 0); /* once */
    mr_iec104_station_restart(rig.station, MR_IEC104_REMOTE_RESET, rig.now);
    rig_sample(&line, 1);
    assert_int_equal(count(&line), 2);
    /* COI 2: remote reset (101, 7.2.6.21) */
    assert_memory_equal(rig_asdu(&line, 0).p, "\x46\1\4\0\3\0\0\0\0\2", 10);
}

/* While data transfer is stopped nothing is sent and nothing lost (104, 5.3): what happened comes after STARTDT, in its order. */
static void test_stopped_events(void **state)
{
    (void)state;
    begin();
    rig_set(&rig, MR_VT_BOOL, 0, 1);
    rig_sample(&line, 1);
    assert_int_equal(line.n, 0);
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    assert_int_equal(count(&line), 1);
    expect(&line, 0, 30, 3, 1);
    rig_s(&line);
    rig_u(&line, MR_IEC104_STOPDT_ACT);
    EXPECT_OUT(&line, 0x68, 4, 0x23, 0, 0, 0);
    rig_set(&rig, MR_VT_BOOL, 1, 1);
    rig_sample(&line, 1);
    rig_set(&rig, MR_VT_BOOL, 0, 0);
    rig_sample(&line, 1);
    assert_int_equal(line.n, 0);
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    struct mr_slice a = rig_asdu(&line, 0); /* two of a type */
    assert_int_equal(a.p[1], 2);
    assert_int_equal(a.p[6], 2);
    assert_int_equal(a.p[17], 1);
}

/* --- sequence numbers, k, w ------------------------------------------------------------------------------------------------- */

static void test_numbers(void **state)
{
    (void)state;
    static const uint8_t bad[][6] = {
        {0x68, 14, 2, 0, 0, 0},       /* an I format is missing */
        {0x68, 14, 0xFE, 0xFF, 0, 0}, /* one comes twice */
        {0x68, 14, 0, 0, 2, 0},       /* acknowledges what was never sent */
        {0x68, 4, 1, 0, 2, 0},        /* and an S format that does */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t b[16] = {0};
        rig_init(&rig);
        begin();
        rig_u(&line, MR_IEC104_STARTDT_ACT);
        memcpy(b, bad[i], 6);
        memcpy(b + 6, BYTES(100, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 21));
        rig_feed(&line, mr_slice(b, bad[i][1] + 2u));
        assert_true(line.closed && finished(&line));
        struct mr_iec104_event ev = {0};
        while (mr_iec104_server_next(&line.server, &ev)) {
        }
        assert_int_equal(ev.kind, MR_IEC104_EV_BROKEN);
        if (i + 1 < sizeof bad / sizeof bad[0]) {
            rig_free(&rig);
        }
    }
}

static void test_malformed(void **state)
{
    (void)state;
    static const uint8_t bad[][7] = {{0x69}, {0x68, 3}, {0x68, 254}, {0x68, 4, 0x03, 0, 0, 0}, {0x68, 5, 0x07, 0, 0, 0, 0}};
    static const size_t n[] = {1, 2, 2, 6, 7};
    for (size_t i = 0; i < sizeof n / sizeof n[0]; i++) {
        rig_init(&rig);
        begin();
        struct mr_feed f = mr_iec104_server_feed(&line.server, mr_slice(bad[i], n[i]), 0);
        assert_int_equal(f.status, MR_FEED_MALFORMED);
        assert_int_equal(f.consumed, n[i]);
        if (i + 1 < sizeof n / sizeof n[0]) {
            rig_free(&rig);
        }
    }
}

/* No more than k unacknowledged; the rest follows. */
static void test_k(void **state)
{
    (void)state;
    rig.personality.params.k = 3;
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_i(&line, BYTES(100, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 20)); /* 11 ASDUs, see iec104_server_test */
    assert_int_equal(count(&line), 3);
    assert_true(mr_iec104_server_deadline(&line.server) == 10 * MR_S + 5 * MR_S); /* t1 only: nothing can be sent now */
    FEED(&line, 0x68, 4, 1, 0, 2, 0);                                             /* one of them */
    assert_int_equal(count(&line), 1);
    for (size_t sent = 4; sent < 10; sent += 3) {
        rig_s(&line);
        assert_int_equal(count(&line), 3);
    }
    rig_s(&line);
    assert_int_equal(count(&line), 1);
    expect(&line, 0, 100, 10, 0);
}

/* A peer that asks and asks and acknowledges nothing is closed when the queue is full. */
static void test_no_acknowledgement(void **state)
{
    (void)state;
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    uint32_t i = 0;
    while (!line.closed && i < 1000) {
        line.vr = 0;
        READ(&line);
        i++;
    }
    /* 12 are sent, then 13-byte entries fill 1,200 bytes but 300 */
    assert_int_equal(i, 12 + 900 / 12 + 2);
}

/* An S format after w that no I format acknowledges (104, 5.5). */
static void test_w(void **state)
{
    (void)state;
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(line.n, i == 0 ? 6 : 0);
        rig_i(&line, BYTES(45, 1, 0x46, 0, RIG_CA, 0, 0x94, 0x11, 0, 1));
    }
    EXPECT_OUT(&line, 0x68, 4, 1, 0, 16, 0);
    READ(&line);
    assert_int_equal(line.out[4], 18); /* an I format tells it too */
}

/* --- t1, t2, t3 ------------------------------------------------------------------------------------------------------------- */

static void test_t1(void **state)
{
    (void)state;
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig.now = 5 * MR_S;
    READ(&line);
    assert_true(mr_iec104_server_deadline(&line.server) == 5 * MR_S + 15 * MR_S);
    mr_iec104_server_tick(&line.server, 20 * MR_S - 1);
    assert_false(finished(&line));
    mr_iec104_server_tick(&line.server, 20 * MR_S);
    assert_true(finished(&line));
}

static void test_t2(void **state)
{
    (void)state;
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig.now = 5 * MR_S;
    rig_i(&line, BYTES(45, 1, 0x46, 0, RIG_CA, 0, 0x94, 0x11, 0, 1));
    assert_true(mr_iec104_server_deadline(&line.server) == 15 * MR_S);
    rig_sample(&line, 10 * MR_S - 1);
    assert_int_equal(line.n, 0);
    rig_sample(&line, 1);
    EXPECT_OUT(&line, 0x68, 4, 1, 0, 2, 0);
}

static void test_t3(void **state)
{
    (void)state;
    begin();
    rig_u(&line, MR_IEC104_TESTFR_ACT);
    assert_true(mr_iec104_server_deadline(&line.server) == 20 * MR_S);
    rig_sample(&line, 20 * MR_S);
    EXPECT_OUT(&line, 0x68, 4, 0x43, 0, 0, 0);
    assert_true(mr_iec104_server_deadline(&line.server) == 35 * MR_S);
    rig_sample(&line, 5 * MR_S);
    assert_int_equal(line.n, 0);
    rig_u(&line, MR_IEC104_TESTFR_CON);
    assert_true(mr_iec104_server_deadline(&line.server) == 45 * MR_S);
    rig_sample(&line, 20 * MR_S);
    EXPECT_OUT(&line, 0x68, 4, 0x43, 0, 0, 0);
    rig_sample(&line, 15 * MR_S); /* unanswered for t1 */
    assert_true(finished(&line));
}

/* --- data that come by themselves ------------------------------------------------------------------------------------------- */

static void test_spontaneous(void **state)
{
    (void)state;
    rig.config.clock = 14120 * MR_DAY;
    rig.points[1].tag = 3;
    rig.points[2].silent = true;
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_set(&rig, MR_VT_BOOL, 0, 1);
    rig_set(&rig, MR_VT_BOOL, 1, 1);
    rig_set(&rig, MR_VT_BOOL, 2, 1);
    rig_set(&rig, MR_VT_REAL, 20, 30);
    rig_set(&rig, MR_VT_REAL, 24, 30);
    rig_sample(&line, MR_S);
    assert_int_equal(count(&line), 3);
    struct mr_slice a = rig_asdu(&line, 0);
    assert_int_equal(a.n, 17);
    assert_memory_equal(a.p, "\x1E\1\3\0\3\0\1\0\0\1\xE8\3\0\0\xBD\x08\x08", 17); /* 2008-08-29 00:00:01.000 */
    a = rig_asdu(&line, 1);
    assert_int_equal(a.n, 13);
    assert_memory_equal(a.p, "\2\1\3\0\3\0\2\0\0\1\xE8\3\0", 13);
    a = rig_asdu(&line, 2); /* two of a kind */
    assert_int_equal(a.n, 22);
    assert_memory_equal(a.p, "\x0D\2\3\0\3\0\x14\5\0\0\0\xF0\x41\0\x15\5\0\0\0\xF0\x41\0", 22);
    rig_s(&line);
    rig.personality.pack_events = false;
    rig_set(&rig, MR_VT_REAL, 20, 31);
    rig_set(&rig, MR_VT_REAL, 24, 31);
    rig_sample(&line, MR_S);
    assert_int_equal(count(&line), 2);
    rig_sample(&line, MR_S);
    assert_int_equal(count(&line), 0);
    assert_true(mr_iec104_server_deadline(&line.server) > rig.now);
    rig_set(&rig, MR_VT_REAL, 20, 32);
    mr_iec104_station_sample(rig.station, rig.now);
    assert_true(mr_iec104_server_deadline(&line.server) <= rig.now); /* it wants to be asked */
}

static void test_deadband(void **state)
{
    (void)state;
    rig.points[8].deadband = 10; /* address 60, with quality */
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    static const struct {
        int value, quality;
        size_t told;
    } steps[] = {{9, 0, 0}, {10, 0, 1}, {1, 0, 0}, {0, 0, 1}, {1, 0x80, 1}, {2, 0x80, 0}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        rig_set(&rig, MR_VT_INT, 16, steps[i].value);
        rig_set(&rig, MR_VT_BYTE, 18, steps[i].quality);
        rig_sample(&line, 1);
        assert_int_equal(count(&line), steps[i].told);
        rig_s(&line);
    }
}

static void test_periodic(void **state)
{
    (void)state;
    rig.points[9].period = rig.points[10].period = MR_MIN;
    rig.points[9].silent = rig.points[10].silent = true;
    rig.points[11].period = 90 * MR_S; /* a counter: frozen and told every 90 s, cause 3 */
    rig.points[11].tag = 0;
    rig.points[12].period = 90 * MR_S; /* another, which is only frozen */
    rig.points[12].silent = true;
    rig.personality.params.t3 = MR_HOUR;
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_set(&rig, MR_VT_REAL, 20, 30);
    rig_set(&rig, MR_VT_UDINT, 28, 5);
    rig_sample(&line, MR_MIN - 1);
    assert_int_equal(count(&line), 0);
    assert_true(mr_iec104_station_deadline(rig.station) == MR_MIN);
    for (int i = 0; i < 2; i++) {
        rig_sample(&line, 1);
        assert_int_equal(count(&line), 1); /* the shape of frame 1 of 090813_diverse.pcap */
        assert_memory_equal(rig_asdu(&line, 0).p, "\x0D\2\1\0\3\0\x14\5\0\0\0\xF0\x41\0\x15\5\0\0\0\0\0\0", 22);
        rig_s(&line);
        if (i == 0) {
            rig_sample(&line, 30 * MR_S);
            assert_int_equal(count(&line), 1);
            expect(&line, 0, 15, 3, 80);
            assert_memory_equal(rig_asdu(&line, 0).p + 9, "\5\0\0\0\1", 5);
            rig_s(&line);
            rig_i(&line, BYTES(101, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 2));
            assert_memory_equal(rig_asdu(&line, 1).p, "\x0F\1\x27\0\3\0\x51\0\0\0\0\0\0\1", 14);
            rig_s(&line);
            rig_sample(&line, 30 * MR_S - 1);
        }
    }
}

/* --- redundancy ------------------------------------------------------------------------------------------------------------- */

static void group_of_two(void)
{
    rig.groups[0] = (struct mr_iec104_redundancy){RIG_PEER, 0xFFFFFF00};
    rig.config.ngroups = 1;
}

/* What happens while nobody is there, and what one connection has not acknowledged, the next one gets. */
static void test_switchover(void **state)
{
    (void)state;
    group_of_two();
    begin();
    rig_set(&rig, MR_VT_BOOL, 0, 1);
    rig_sample(&line, 1);
    assert_int_equal(count(&line), 0);
    assert_int_equal(mr_iec104_station_waiting(rig.station), 1);
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    expect(&line, 0, 30, 3, 1);
    rig_s(&line);
    assert_int_equal(mr_iec104_station_waiting(rig.station), 0);
    rig_set(&rig, MR_VT_BOOL, 1, 1);
    rig_sample(&line, 1);
    expect(&line, 0, 30, 3, 2); /* not acknowledged */
    assert_true(rig_open(&other, &rig, RIG_PEER + 1));
    rig_u(&other, MR_IEC104_STARTDT_ACT); /* takes over */
    expect(&other, 0, 30, 3, 2);
    rig_set(&rig, MR_VT_BOOL, 2, 1);
    rig_sample(&line, 1);
    assert_int_equal(count(&line), 0);
    rig_sample(&other, 0);
    expect(&other, 0, 30, 3, 3);
    rig_s(&other);
    mr_iec104_server_close(&other.server);
    rig_set(&rig, MR_VT_BOOL, 3, 1);
    rig_sample(&line, 1);
    assert_int_equal(count(&line), 0); /* it must say so first */
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    assert_int_equal(count(&line), 1);
    expect(&line, 0, 30, 3, 4);
    READ(&line); /* it is the active one again */
    assert_false(line.closed);
}

/* A connection that was taken over from must not ask. */
static void test_inactive(void **state)
{
    (void)state;
    group_of_two();
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    assert_true(rig_open(&other, &rig, RIG_PEER + 1));
    rig_u(&other, MR_IEC104_STARTDT_ACT);
    READ(&line);
    assert_true(line.closed);
}

/* Clients of no group each get everything, from when they start. */
static void test_several_masters(void **state)
{
    (void)state;
    begin();
    assert_true(rig_open(&other, &rig, RIG_PEER + 1));
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_set(&rig, MR_VT_BOOL, 0, 1);
    rig_sample(&line, 1);
    assert_int_equal(count(&line), 1);
    rig_u(&other, MR_IEC104_STARTDT_ACT); /* connected then, too */
    expect(&other, 0, 30, 3, 1);
    rig_set(&rig, MR_VT_BOOL, 1, 1);
    rig_sample(&line, 1);
    expect(&line, 0, 30, 3, 2);
    rig_sample(&other, 1);
    expect(&other, 0, 30, 3, 2);
}

/* The buffer keeps the latest. */
static void test_overflow(void **state)
{
    (void)state;
    group_of_two();
    rig.personality.events = 4;
    rig.personality.pack_events = false;
    begin();
    for (int i = 1; i <= 6; i++) {
        rig_set(&rig, MR_VT_INT, 16, i);
        rig_sample(&line, 1);
    }
    assert_int_equal(mr_iec104_station_lost(rig.station), 2);
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    assert_int_equal(count(&line), 4);
    assert_int_equal(rig_asdu(&line, 0).p[9], 3);
    assert_int_equal(rig_asdu(&line, 3).p[9], 6);
    struct mr_iec104_event ev;
    bool told = false;
    while (mr_iec104_server_next(&line.server, &ev)) {
        told = told || (ev.kind == MR_IEC104_EV_OVERFLOW && (int)ev.value == 2);
    }
    assert_true(told);
}

/* --- security settings ------------------------------------------------------------------------------------------------------ */

static void command(struct rig_line *l, uint8_t cause)
{
    rig_i(l, BYTES(45, 1, 6, 0, RIG_CA, 0, 0x94, 0x11, 0, 1));
    expect(l, 0, 45, cause, 0x94);
}

static void test_access(void **state)
{
    (void)state;
    rig.settings.access_list = true;
    rig.settings.naccess = 2;
    rig.settings.access[0] = (struct mr_iec104_access){RIG_PEER, 0xFFFFFFFF, MR_IEC104_MAY_READ | MR_IEC104_MAY_CONTROL};
    rig.settings.access[1] = (struct mr_iec104_access){RIG_PEER + 1, 0xFFFFFFFF, MR_IEC104_MAY_READ};
    begin();
    assert_false(rig_open(&other, &rig, RIG_PEER + 2));
    assert_true(rig_open(&other, &rig, RIG_PEER + 1));
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_u(&other, MR_IEC104_STARTDT_ACT);
    command(&other, 0x47);
    assert_false(rig_get(&rig, MR_VT_BOOL, 64) > 0);
    INTERROGATE(&other);
    expect(&other, 0, 100, 7, 0);
    command(&line, 7);
    rig_s(&line);
    rig.settings.read_only = true;
    command(&line, 0x47);
    struct mr_iec104_event ev = {0};
    while (mr_iec104_server_next(&line.server, &ev) && ev.kind != MR_IEC104_EV_DENIED) {
    }
    assert_true(ev.kind == MR_IEC104_EV_DENIED && ev.ioa == 4500 && ev.client == RIG_PEER);
}

static void test_lists(void **state)
{
    (void)state;
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig.settings.control_list = true;
    command(&line, 0x47);
    rig.settings.ncontrols = 1;
    rig.settings.controls[0] = (struct mr_iec104_range){4400, 4500};
    command(&line, 7);
    rig_s(&line);
    rig.settings.type_list = true;
    mr_iec104_allow_type(&rig.settings, 100);
    command(&line, 0x40 | 44);
    INTERROGATE(&line);
    expect(&line, 0, 100, 7, 0);
    mr_iec104_allow_type(&rig.settings, 45);
    rig_s(&line);
    rig.settings.select_all = true;
    command(&line, 0x47);
}

static void test_command_age(void **state)
{
    (void)state;
    rig.settings.command_age = 10 * MR_S;
    rig.config.clock = 14120 * MR_DAY; /* 2008-08-29 */
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig.now = 60 * MR_S;
    static const struct {
        uint8_t s, minute, cause;
    } cases[] = {{50, 0, 7}, {49, 0, 0x47}, {10, 1, 7}, {11, 1, 0x47}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint16_t ms = (uint16_t)(cases[i].s * 1000);
        rig_i(&line,
              BYTES(58, 1, 6, 0, RIG_CA, 0, 0x94, 0x11, 0, 1, (uint8_t)ms, (uint8_t)(ms >> 8), cases[i].minute, 0, 29, 8, 8));
        expect(&line, 0, 58, cases[i].cause, 0x94);
        rig_s(&line);
    }
}

static void test_one_controller(void **state)
{
    (void)state;
    rig.settings.one_controller = true;
    begin();
    assert_true(rig_open(&other, &rig, RIG_PEER + 1));
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_u(&other, MR_IEC104_STARTDT_ACT);
    assert_true(finished(&other) && other.n == 0);
    mr_iec104_server_close(&other.server);
    mr_iec104_server_close(&line.server);
    assert_true(rig_open(&other, &rig, RIG_PEER + 1));
    rig_u(&other, MR_IEC104_STARTDT_ACT);
    assert_int_equal(other.n, 6);
}

static void test_connections(void **state)
{
    (void)state;
    static struct rig_line lines[4];
    begin();
    for (size_t i = 0; i < 3; i++) {
        assert_true(rig_open(&lines[i], &rig, RIG_PEER));
    }
    assert_false(rig_open(&lines[3], &rig, RIG_PEER));
    mr_iec104_server_close(&lines[0].server);
    assert_true(rig_open(&lines[3], &rig, RIG_PEER));
}

/* --- the session as such ---------------------------------------------------------------------------------------------------- */

/* Acknowledgements tell how much had come when output was taken; the rest must not depend on it. */
static void forget_acknowledgements(uint8_t *p, size_t n)
{
    for (size_t at = 0; at < n; at += p[at + 1] + 2u) {
        p[at + 4] = p[at + 5] = 0;
    }
}

static size_t through(const uint8_t *in, size_t n, size_t cut, size_t cap, uint8_t *out)
{
    struct mr_writer w = mr_writer(out, RIG_OUT);
    rig_init(&rig);
    begin();
    for (size_t at = 0; at < n;) {
        size_t m = cut < n - at ? cut : n - at;
        struct mr_feed f = mr_iec104_server_feed(&line.server, mr_slice(in + at, m), 0);
        assert_true(f.status == MR_FEED_BLOCKED || (f.status == MR_FEED_OK && f.consumed == m));
        at += f.consumed;
        bool more = true;
        while (more) {
            struct mr_writer small = mr_writer(w.p + w.n, cap);
            more = mr_iec104_server_output(&line.server, &small);
            w.n += small.n;
        }
    }
    rig_free(&rig);
    forget_acknowledgements(out, w.n);
    return w.n;
}

/* Bytes cut anywhere, and a writer of any size: the same comes out. */
static void test_cuts(void **state)
{
    (void)state;
    static const uint8_t in[] = {0x68,   4, 0x43, 0, 0, 0,  0x68, 4,  7, 0, 0, 0, 0x68, 14, 0, 0, 0,      0, 100, 1, 6, 0,
                                 RIG_CA, 0, 0,    0, 0, 20, 0x68, 13, 2, 0, 0, 0, 102,  1,  5, 0, RIG_CA, 0, 1,   0, 0};
    static uint8_t whole[RIG_OUT], parts[RIG_OUT];
    size_t n = through(in, sizeof in, sizeof in, 1000, whole);
    assert_true(n > 11 * 12);
    for (size_t cap = 1; cap < 300; cap += 23) {
        for (size_t cut = 1; cut <= sizeof in; cut++) {
            assert_int_equal(through(in, sizeof in, cut, cap, parts), n);
            assert_memory_equal(whole, parts, n);
        }
    }
    begin(); /* for the teardown */
}

/* Saved in the middle of an interrogation and loaded into another station, it goes on with the same bytes. */
static void test_save_load(void **state)
{
    (void)state;
    static struct rig copy;
    static uint8_t saved[1 << 18];
    rig.personality.params.k = 2;
    group_of_two();
    begin();
    rig_set(&rig, MR_VT_BOOL, 0, 1);
    mr_iec104_station_sample(rig.station, 0);
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_i(&line, BYTES(100, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 20));
    rig_i(&line, BYTES(45, 1, 6, 0, RIG_CA, 0, 0x94, 0x11, 0, 0x81));
    struct mr_writer w = mr_writer(saved, sizeof saved);
    assert_int_equal(mr_arena_save(rig.arena, &w), MR_OK);
    struct mr_writer sw = mr_writer(saved + w.n, sizeof saved - w.n);
    mr_state_save(&mr_iec104_server_type, &line.server, &sw);
    rig_init(&copy);
    copy.personality.params.k = 2;
    memcpy(copy.area, rig.area, sizeof rig.area);
    copy.groups[0] = rig.groups[0];
    copy.config.ngroups = 1;
    assert_true(rig_build(&copy));
    assert_int_equal(mr_arena_load(copy.arena, mr_written(&w)), MR_OK);
    memset(&other, 0, sizeof other);
    other.rig = &copy;
    mr_iec104_server_init(&other.server, copy.station);
    struct mr_reader r = mr_reader(mr_written(&sw));
    assert_int_equal(mr_state_load(&mr_iec104_server_type, &other.server, &r), MR_OK);
    other.vs = line.vs;
    other.vr = line.vr;
    for (int i = 0; i < 4; i++) {
        rig_s(&line);
        rig_s(&other);
        assert_true(line.n > 0 && line.n == other.n);
        assert_memory_equal(line.out, other.out, line.n);
    }
    uint8_t a[MR_DIGEST_BYTES], b[MR_DIGEST_BYTES];
    mr_arena_digest(rig.arena, a);
    mr_arena_digest(copy.arena, b);
    assert_memory_equal(a, b, sizeof a);
    rig_free(&copy);
}

/* A snapshot that was tampered with may be refused, or make nonsense: it must not reach outside. */
static void test_damaged(void **state)
{
    (void)state;
    static uint8_t saved[2][1 << 16];
    static struct rig_line fresh;
    struct mr_writer w[2] = {mr_writer(saved[0], sizeof saved[0]), mr_writer(saved[1], sizeof saved[1])};
    uint32_t random = 1;
    rig.personality.events = 8;
    rig.commands[0].feedback = 0;
    group_of_two();
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_i(&line, BYTES(45, 1, 6, 0, RIG_CA, 0, 0x94, 0x11, 0, 1));
    rig_set(&rig, MR_VT_BOOL, 2, 1);
    mr_iec104_station_sample(rig.station, 1);
    fresh = line;
    for (int i = 0; i < 3000; i++) {
        w[0].n = w[1].n = 0;
        assert_int_equal(mr_arena_save(rig.arena, &w[0]), MR_OK);
        mr_state_save(&mr_iec104_server_type, &fresh.server, &w[1]);
        for (int k = 0; k < 8; k++) {
            random = random * 1664525 + 1013904223;
            saved[random >> 31][(random >> 8) % w[random >> 31].n] = (uint8_t)(random >> 3);
        }
        struct mr_reader r = mr_reader(mr_written(&w[1]));
        if (mr_arena_load(rig.arena, mr_written(&w[0])) == MR_OK &&
            mr_state_load(&mr_iec104_server_type, &line.server, &r) == MR_OK) {
            struct mr_iec104_event ev;
            while (mr_iec104_server_next(&line.server, &ev)) {
            }
            rig_s(&line);
            rig_sample(&line, 1);
            INTERROGATE(&line);
            rig_sample(&line, MR_S);
        }
        rig_free(&rig);
        rig_init(&rig);
        rig.personality.events = 8;
        rig.commands[0].feedback = 0;
        group_of_two();
        assert_true(rig_build(&rig));
        mr_iec104_server_init(&line.server, rig.station);
        rig_set(&rig, MR_VT_BOOL, 2, 1);
        mr_iec104_station_sample(rig.station, 1);
    }
}

/* 2069 is the last year that a master can set. */
static void test_far_clock(void **state)
{
    (void)state;
    static uint8_t saved[1 << 16];
    begin();
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    rig_i(&line, BYTES(103, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 0, 0, 0, 0, 31, 12, 69));
    rig_set(&rig, MR_VT_BOOL, 0, 1);
    mr_iec104_station_sample(rig.station, 0);
    mr_ns clock = mr_iec104_station_clock(rig.station, 0);
    struct mr_writer w = mr_writer(saved, sizeof saved);
    assert_int_equal(mr_arena_save(rig.arena, &w), MR_OK);
    mr_iec104_station_set_clock(rig.station, 0, 0);
    assert_int_equal(mr_arena_load(rig.arena, mr_written(&w)), MR_OK);
    assert_true(mr_iec104_station_clock(rig.station, 0) == clock && clock == 36524 * MR_DAY); /* 100 years less a day, 25 leap */
}

static void test_config(void **state)
{
    (void)state;
    begin();
#define WRONG(change)                                                                                                            \
    rig_init(&broken);                                                                                                           \
    change;                                                                                                                      \
    assert_non_null(mr_iec104_config_check(&broken.config))
    static struct rig broken;
    WRONG(broken.points[0].ioa = 0);
    WRONG(broken.points[0].type = MR_IEC104_M_SP_TB_1);
    WRONG(broken.points[0].type = MR_IEC104_C_SC_NA_1);
    WRONG(broken.points[0].tag = 5);
    WRONG(broken.points[0].ca = 2);
    WRONG(broken.points[0].group = 17);
    WRONG(broken.points[0].period = MR_S);
    WRONG(broken.points[0].place.byte = 128);
    WRONG(broken.points[11].group = 5);
    WRONG(broken.commands[0].feedback = 99);
    WRONG(broken.commands[0].type = 58);
    WRONG(broken.commands[1].second.byte = 128);
    WRONG(broken.personality.params.k = MR_IEC104_K_MAX + 1);
    WRONG(broken.personality.asdu_max = 250);
    WRONG(broken.config.ncas = 0);
    for (size_t i = 0; i < 2; i++) {
        WRONG(broken.points[9 + i].ioa = broken.points[9 + (1 - i)].ioa);
    }
#undef WRONG
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_start_stop),
        TEST(test_stop_acknowledges),
        TEST(test_initialized),
        TEST(test_stopped_events),
        TEST(test_numbers),
        TEST(test_malformed),
        TEST(test_k),
        TEST(test_no_acknowledgement),
        TEST(test_w),
        TEST(test_t1),
        TEST(test_t2),
        TEST(test_t3),
        TEST(test_spontaneous),
        TEST(test_deadband),
        TEST(test_periodic),
        TEST(test_switchover),
        TEST(test_inactive),
        TEST(test_several_masters),
        TEST(test_overflow),
        TEST(test_access),
        TEST(test_lists),
        TEST(test_command_age),
        TEST(test_one_controller),
        TEST(test_connections),
        TEST(test_cuts),
        TEST(test_save_load),
        TEST(test_damaged),
        TEST(test_far_clock),
        TEST(test_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
