/* A controlled station asked by hand: answers' bytes follow from 60870-5-101, 7.2 and 7.3, and -104, 5. */
#include "support/test.h"

#include "support/iec104_rig.h"

static struct rig rig;
static struct rig_line line, other;

static void begin(void)
{
    assert_null(mr_iec104_config_check(&rig.config));
    assert_true(rig_build(&rig));
    assert_true(rig_open(&line, &rig, RIG_PEER));
    rig_u(&line, MR_IEC104_STARTDT_ACT);
    assert_int_equal(line.n, 6);
    assert_int_equal(line.out[2], MR_IEC104_STARTDT_CON);
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

static void expect(const struct rig_line *l, size_t k, const uint8_t *bytes, size_t n)
{
    struct mr_slice a = rig_asdu(l, k);
    assert_int_equal(a.n, n);
    assert_memory_equal(a.p, bytes, n);
}
#define BYTES(...)              (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define ASK(l, ...)             rig_i(l, BYTES(__VA_ARGS__))
#define EXPECT(l, k, ...)       expect(l, k, BYTES(__VA_ARGS__))
#define EXPECT_NO(l, k)         assert_int_equal(rig_asdu(l, k).n, 0)
#define COMMAND(t, c, ioa, ...) t, 1, c, 0, RIG_CA, 0, (ioa)&0xFF, (ioa) >> 8, 0, __VA_ARGS__

/* The next event of a kind; those before it are passed over. */
static struct mr_iec104_event event_of(struct rig_line *l, enum mr_iec104_event_kind kind)
{
    struct mr_iec104_event ev;
    while (mr_iec104_server_next(&l->server, &ev)) {
        if (ev.kind == kind) {
            return ev;
        }
    }
    fail_msg("no event of kind %d", (int)kind);
    return ev;
}

/* --- interrogation ---------------------------------------------------------------------------------------------------------- */

static void test_interrogation(void **state)
{
    (void)state;
    rig_set(&rig, MR_VT_BOOL, 1, 1);
    rig_set(&rig, MR_VT_BOOL, 4, 1);
    rig_set(&rig, MR_VT_SINT, 6, -3);
    rig_set(&rig, MR_VT_UDINT, 8, 0x12345678);
    rig_set(&rig, MR_VT_REAL, 12, 0.5);
    rig_set(&rig, MR_VT_INT, 16, -2);
    rig_set(&rig, MR_VT_BYTE, 18, 0x40);
    rig_set(&rig, MR_VT_REAL, 20, 30);
    rig_set(&rig, MR_VT_REAL, 36, 0.25);
    rig_set(&rig, MR_VT_WORD, 40, 3);
    begin();
    ASK(&line, 100, 1, 6, 5, RIG_CA, 0, 0, 0, 0, 20);
    EXPECT(&line, 0, 100, 1, 7, 5, RIG_CA, 0, 0, 0, 0, 20);
    EXPECT(&line, 1, 1, 0x84, 20, 5, RIG_CA, 0, 1, 0, 0, 0, 1, 0, 0);
    EXPECT(&line, 2, 3, 1, 20, 5, RIG_CA, 0, 20, 0, 0, 2);
    EXPECT(&line, 3, 5, 1, 20, 5, RIG_CA, 0, 30, 0, 0, 0x7D, 0);
    EXPECT(&line, 4, 7, 1, 20, 5, RIG_CA, 0, 40, 0, 0, 0x78, 0x56, 0x34, 0x12, 0);
    EXPECT(&line, 5, 9, 1, 20, 5, RIG_CA, 0, 50, 0, 0, 0x00, 0x40, 0);
    EXPECT(&line, 6, 11, 1, 20, 5, RIG_CA, 0, 60, 0, 0, 0xFE, 0xFF, 0x40);
    EXPECT(&line, 7, 13, 2, 20, 5, RIG_CA, 0, 0x14, 5, 0, 0, 0, 0xF0, 0x41, 0, 0x15, 5, 0, 0, 0, 0, 0, 0);
    EXPECT(&line, 8, 20, 1, 20, 5, RIG_CA, 0, 95, 0, 0, 3, 0, 3, 0, 0); /* two states, both new */
    EXPECT(&line, 9, 21, 1, 20, 5, RIG_CA, 0, 90, 0, 0, 0x00, 0x20);
    EXPECT(&line, 10, 100, 1, 10, 5, RIG_CA, 0, 0, 0, 0, 20);
    EXPECT_NO(&line, 11);
    assert_int_equal((int)event_of(&line, MR_IEC104_EV_INTERROGATED).value, 20);
    rig_s(&line);
    ASK(&line, 100, 1, 0x86, 0, 4, 0, 0, 0, 0, 20); /* the other address, as a test: the bit comes back in all */
    EXPECT(&line, 1, 1, 1, 0x94, 0, 4, 0, 7, 0, 0, 0);
    EXPECT(&line, 2, 100, 1, 0x8A, 0, 4, 0, 0, 0, 0, 20);
}

/* Groups 1 to 16 are causes 21 to 36; 101, 7.2.6.22. */
static void test_groups(void **state)
{
    (void)state;
    rig.points[0].group = 1;
    rig.points[2].group = 16;
    rig.points[3].not_interrogated = true;
    begin();
    ASK(&line, 100, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 21);
    EXPECT(&line, 1, 1, 1, 21, 0, RIG_CA, 0, 1, 0, 0, 0);
    EXPECT(&line, 2, 100, 1, 10, 0, RIG_CA, 0, 0, 0, 0, 21);
    ASK(&line, 100, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 36);
    EXPECT(&line, 1, 1, 1, 36, 0, RIG_CA, 0, 3, 0, 0, 0);
    ASK(&line, 100, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 22); /* nobody is in it */
    EXPECT(&line, 1, 100, 1, 10, 0, RIG_CA, 0, 0, 0, 0, 22);
    rig_s(&line);
    ASK(&line, 100, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 37);
    EXPECT(&line, 0, 100, 1, 0x47, 0, RIG_CA, 0, 0, 0, 0, 37);
    EXPECT_NO(&line, 1);
    ASK(&line, 100, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 20); /* all groups but the address that is hidden */
    EXPECT(&line, 1, 1, 1, 20, 0, RIG_CA, 0, 2, 0, 0, 0);
    EXPECT(&line, 11, 1, 1, 20, 0, RIG_CA, 0, 3, 0, 0, 0);
    ASK(&line, 102, 1, 5, 0, RIG_CA, 0, 4, 0, 0); /* which can be read */
    rig_s(&line);
}

/* All common addresses answer, each with its own; in one go, as nmap's iec-identify wants it. */
static void test_broadcast(void **state)
{
    (void)state;
    rig.personality.params.k = 20;
    begin();
    ASK(&line, 100, 1, 6, 0, 0xFF, 0xFF, 0, 0, 0, 20);
    EXPECT(&line, 0, 100, 1, 7, 0, RIG_CA, 0, 0, 0, 0, 20);
    EXPECT(&line, 10, 100, 1, 10, 0, RIG_CA, 0, 0, 0, 0, 20);
    EXPECT(&line, 11, 100, 1, 7, 0, 4, 0, 0, 0, 0, 20);
    EXPECT(&line, 13, 100, 1, 10, 0, 4, 0, 0, 0, 0, 20);
    rig.personality.broadcast = false;
    rig_s(&line);
    ASK(&line, 100, 1, 6, 0, 0xFF, 0xFF, 0, 0, 0, 20);
    EXPECT(&line, 0, 100, 1, 0x40 | 46, 0, 0xFF, 0xFF, 0, 0, 0, 20);
}

/* As many as fit 249 bytes: SQ = 1 has 6 + 3 + 5 n, without 6 + 8 n. */
static void test_layout(void **state)
{
    (void)state;
    static struct mr_iec104_point points[100];
    for (uint32_t i = 0; i < 100; i++) {
        points[i] = rig_point(1000 + i + (i >= 50 ? i : 0), MR_IEC104_M_ME_NC_1, MR_VT_REAL, 20);
    }
    rig.config.points = points;
    rig.config.npoints = 100;
    begin();
    ASK(&line, 100, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 20);
    /* 50 in a row: 48 and 2; then 50 with gaps: 30 and 20 */
    static const struct {
        uint8_t vsq;
        size_t n;
    } asdus[] = {{0x80 | 48, 249}, {0x80 | 2, 19}, {30, 246}, {20, 166}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(rig_asdu(&line, 1 + i).n, asdus[i].n);
        assert_int_equal(rig_asdu(&line, 1 + i).p[1], asdus[i].vsq);
    }
    assert_int_equal(rig_asdu(&line, 5).p[2], 10);
}

/* 60870-5-5, 6.9: freezing by command, and reading what was frozen. */
static void test_counters(void **state)
{
    (void)state;
    rig_set(&rig, MR_VT_UDINT, 28, 100);
    rig_set(&rig, MR_VT_UDINT, 32, 7);
    begin();
    ASK(&line, 101, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 5); /* never frozen: as they stand */
    EXPECT(&line, 1, 15, 1, 37, 0, RIG_CA, 0, 80, 0, 0, 100, 0, 0, 0, 0);
    EXPECT(&line, 2, 15, 1, 37, 0, RIG_CA, 0, 81, 0, 0, 7, 0, 0, 0, 0);
    EXPECT(&line, 3, 101, 1, 10, 0, RIG_CA, 0, 0, 0, 0, 5);
    rig_s(&line);
    ASK(&line, 101, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 0x41); /* freeze group 1 */
    EXPECT(&line, 0, 101, 1, 7, 0, RIG_CA, 0, 0, 0, 0, 0x41);
    EXPECT(&line, 1, 101, 1, 10, 0, RIG_CA, 0, 0, 0, 0, 0x41);
    rig_set(&rig, MR_VT_UDINT, 28, 150);
    rig_sample(&line, MR_S);
    rig_s(&line);
    ASK(&line, 101, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 1);
    EXPECT(&line, 1, 15, 1, 38, 0, RIG_CA, 0, 80, 0, 0, 100, 0, 0, 0, 1); /* frozen once */
    EXPECT(&line, 2, 101, 1, 10, 0, RIG_CA, 0, 0, 0, 0, 1);
    rig_s(&line);
    ASK(&line, 101, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 0x85); /* freeze with reset, all */
    rig_set(&rig, MR_VT_UDINT, 28, 160);
    ASK(&line, 101, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 1);
    EXPECT(&line, 1, 15, 1, 38, 0, RIG_CA, 0, 80, 0, 0, 150, 0, 0, 0, 2);
    rig_s(&line);
    ASK(&line, 101, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 0x45);
    ASK(&line, 101, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 1);
    EXPECT(&line, 1, 15, 1, 38, 0, RIG_CA, 0, 80, 0, 0, 10, 0, 0, 0, 0x40 | 3); /* since the reset, which CA tells once */
    rig_s(&line);
    ASK(&line, 101, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 6);
    EXPECT(&line, 0, 101, 1, 0x47, 0, RIG_CA, 0, 0, 0, 0, 6);
}

static void test_read(void **state)
{
    (void)state;
    rig_set(&rig, MR_VT_REAL, 20, 30);
    begin();
    ASK(&line, 102, 1, 5, 2, RIG_CA, 0, 0x14, 5, 0);
    EXPECT(&line, 0, 13, 1, 5, 2, RIG_CA, 0, 0x14, 5, 0, 0, 0, 0xF0, 0x41, 0);
    ASK(&line, 102, 1, 5, 0, RIG_CA, 0, 0x99, 5, 0);
    EXPECT(&line, 0, 102, 1, 0x40 | 47, 0, RIG_CA, 0, 0x99, 5, 0);
    ASK(&line, 102, 1, 6, 0, RIG_CA, 0, 0x14, 5, 0);
    EXPECT(&line, 0, 102, 1, 0x40 | 45, 0, RIG_CA, 0, 0x14, 5, 0);
}

/* --- what is wrong comes back ----------------------------------------------------------------------------------------------- */

static void test_unknown(void **state)
{
    (void)state;
    begin();
    ASK(&line, 99, 1, 6, 7, RIG_CA, 0, 1, 2, 3, 4); /* a type that does not exist */
    EXPECT(&line, 0, 99, 1, 0x40 | 44, 7, RIG_CA, 0, 1, 2, 3, 4);
    ASK(&line, 122, 1, 13, 0, RIG_CA, 0, 1, 0, 0, 0, 0, 0); /* F_SC_NA_1: no files here */
    EXPECT(&line, 0, 122, 1, 0x40 | 44, 0, RIG_CA, 0, 1, 0, 0, 0, 0, 0);
    ASK(&line, COMMAND(45, 3, 4500, 1)); /* spontaneous, a command? */
    EXPECT(&line, 0, COMMAND(45, 0x40 | 45, 4500, 1));
    ASK(&line, 100, 1, 6, 0, 9, 0, 5, 0, 0, 20); /* neither the common address nor the object's: the former is looked at first */
    EXPECT(&line, 0, 100, 1, 0x40 | 46, 0, 9, 0, 5, 0, 0, 20);
    ASK(&line, 45, 1, 6, 0, 9, 0, 0x94, 0x11, 0, 1);
    EXPECT(&line, 0, 45, 1, 0x40 | 46, 0, 9, 0, 0x94, 0x11, 0, 1);
    ASK(&line, COMMAND(45, 6, 4501, 1));
    EXPECT(&line, 0, COMMAND(45, 0x40 | 47, 4501, 1));
    ASK(&line, COMMAND(46, 6, 4500, 1)); /* a double command to a single one's address */
    EXPECT(&line, 0, COMMAND(46, 0x40 | 47, 4500, 1));
    ASK(&line, 100, 1, 6, 0, RIG_CA, 0, 5, 0, 0, 20); /* an interrogation has address 0 */
    EXPECT(&line, 0, 100, 1, 0x40 | 47, 0, RIG_CA, 0, 5, 0, 0, 20);
    assert_int_equal(event_of(&line, MR_IEC104_EV_REFUSED).cause, 44);
    rig_s(&line);
    rig.personality.unknown_ioa = 7; /* frame 134 of TestDissectIec104.pcap does so, with the test bit */
    ASK(&line, COMMAND(45, 0x86, 4501, 1));
    EXPECT(&line, 0, COMMAND(45, 0x80 | 0x40 | 7, 4501, 1));
    ASK(&line, COMMAND(45, 0x46, 4501, 1)); /* negative already: no answer, as in frame 137 */
    EXPECT_NO(&line, 0);
    rig.personality.mirror_unknown = false;
    ASK(&line, 99, 1, 6, 7, RIG_CA, 0, 1, 2, 3, 4);
    EXPECT_NO(&line, 0);
    ASK(&line, 100, 2, 6, 0, RIG_CA, 0, 0, 0, 0, 20); /* two objects are not there */
    EXPECT(&line, 0, 100, 2, 0x47, 0, RIG_CA, 0, 0, 0, 0, 20);
    ASK(&line, COMMAND(45, 6, 4500, 1, 1)); /* a byte too many */
    EXPECT(&line, 0, COMMAND(45, 0x47, 4500, 1, 1));
}

/* The causes that each type has in control direction (101, 7.3.2 to 7.3.5): what cannot be deactivated does not know cause 8. */
static void test_causes(void **state)
{
    (void)state;
    static const struct {
        uint8_t type, cause, answer;
        uint8_t ioa, size;
    } rows[] = {
        {100, 5, 45, 0, 1},  {100, 8, 9, 0, 1},  {101, 8, 9, 0, 1},   {101, 37, 45, 0, 1}, {102, 6, 45, 1, 0},
        {103, 8, 45, 0, 7},  {103, 3, 45, 0, 7}, {104, 8, 45, 0, 2},  {105, 8, 45, 0, 1},  {107, 8, 45, 0, 9},
        {110, 8, 45, 50, 3}, {113, 8, 9, 50, 1}, {113, 6, 47, 99, 1},
    };
    begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t asdu[18] = {rows[i].type, 1, rows[i].cause, 0, RIG_CA, 0, rows[i].ioa};
        asdu[9] = rows[i].type == 100 ? 20 : rows[i].type == 101 ? 5 : 0;
        rig_i(&line, asdu, (size_t)9 + rows[i].size);
        asdu[2] = rows[i].answer | 0x40;
        expect(&line, 0, asdu, (size_t)9 + rows[i].size);
        rig_s(&line);
    }
}

/* --- commands --------------------------------------------------------------------------------------------------------------- */

static void test_direct(void **state)
{
    (void)state;
    begin();
    ASK(&line, COMMAND(45, 6, 4500, 1));
    EXPECT(&line, 0, COMMAND(45, 7, 4500, 1));
    EXPECT(&line, 1, COMMAND(45, 10, 4500, 1));
    assert_true(rig_get(&rig, MR_VT_BOOL, 64) > 0);
    struct mr_iec104_event ev = event_of(&line, MR_IEC104_EV_COMMANDED);
    assert_true(ev.ioa == 4500 && ev.type == 45 && ev.client == RIG_PEER && ev.value > 0);
    ASK(&line, COMMAND(45, 0x86, 4500, 0)); /* a test changes nothing */
    EXPECT(&line, 0, COMMAND(45, 0x87, 4500, 0));
    assert_true(rig_get(&rig, MR_VT_BOOL, 64) > 0);
    ASK(&line, COMMAND(58, 6, 4500, 0, 0, 0, 0, 0, 1, 1, 24)); /* with a time tag */
    EXPECT(&line, 0, COMMAND(58, 7, 4500, 0, 0, 0, 0, 0, 1, 1, 24));
    assert_false(rig_get(&rig, MR_VT_BOOL, 64) > 0);
    rig_s(&line);
    ASK(&line, COMMAND(46, 6, 4600, 2));
    assert_true(rig_get(&rig, MR_VT_BOOL, 65) > 0 && !(rig_get(&rig, MR_VT_BOOL, 66) > 0));
    ASK(&line, COMMAND(46, 6, 4600, 1));
    assert_true(!(rig_get(&rig, MR_VT_BOOL, 65) > 0) && rig_get(&rig, MR_VT_BOOL, 66) > 0);
    for (uint8_t dcs = 0; dcs <= 3; dcs += 3) { /* neither state is one to go to */
        ASK(&line, COMMAND(46, 6, 4600, dcs));
        EXPECT(&line, 0, COMMAND(46, 0x47, 4600, dcs));
    }
    rig_s(&line);
    ASK(&line, COMMAND(48, 6, 4800, 0x00, 0x40, 0));
    assert_true(rig_get(&rig, MR_VT_REAL, 72) >= 0.5 && rig_get(&rig, MR_VT_REAL, 72) <= 0.5);
    ASK(&line, COMMAND(49, 6, 4900, 0x18, 0xFC, 0));
    assert_int_equal((int)rig_get(&rig, MR_VT_INT, 76), -1000);
    ASK(&line, COMMAND(51, 6, 5100, 0xEF, 0xBE, 0xAD, 0xDE));
    assert_true((uint32_t)rig_get(&rig, MR_VT_UDINT, 84) == 0xDEADBEEF);
    rig_s(&line);
    ASK(&line, COMMAND(50, 6, 5000, 0, 0, 0x90, 0x41, 0));
    assert_true(rig_get(&rig, MR_VT_REAL, 80) >= 18 && rig_get(&rig, MR_VT_REAL, 80) <= 18);
    ASK(&line, COMMAND(50, 6, 5000, 0, 0, 0xC9, 0x42, 0)); /* 100.5, and 100 is the limit */
    EXPECT(&line, 0, COMMAND(50, 0x47, 5000, 0, 0, 0xC9, 0x42, 0));
    ASK(&line, COMMAND(50, 6, 5000, 0, 0, 0xC0, 0x7F, 0)); /* no number */
    EXPECT(&line, 0, COMMAND(50, 0x47, 5000, 0, 0, 0xC0, 0x7F, 0));
    assert_true(rig_get(&rig, MR_VT_REAL, 80) <= 18);
}

/* QU: 1 short, 2 long, 3 persistent; 0 as the product has it (101, 7.2.6.26). */
static void test_pulses(void **state)
{
    (void)state;
    rig.commands[0].action = MR_IEC104_PULSE;
    begin();
    static const struct {
        uint8_t sco;
        mr_ns lasts;
    } cases[] = {{1, 500 * MR_MS}, {1 | 1 << 2, 500 * MR_MS}, {1 | 2 << 2, 2 * MR_S}};
    for (size_t i = 0; i < 3; i++) {
        ASK(&line, COMMAND(45, 6, 4500, cases[i].sco));
        assert_true(rig_get(&rig, MR_VT_BOOL, 64) > 0);
        assert_true(mr_iec104_station_deadline(rig.station) == rig.now + cases[i].lasts);
        rig_sample(&line, cases[i].lasts - 1);
        assert_true(rig_get(&rig, MR_VT_BOOL, 64) > 0);
        rig_sample(&line, 1);
        assert_false(rig_get(&rig, MR_VT_BOOL, 64) > 0);
        rig_s(&line);
    }
    ASK(&line, COMMAND(45, 6, 4500, 1 | 3 << 2));
    rig_sample(&line, MR_MIN / 10);
    assert_true(rig_get(&rig, MR_VT_BOOL, 64) > 0);
    ASK(&line, COMMAND(45, 6, 4500, 1 | 4 << 2)); /* reserved */
    EXPECT(&line, 0, COMMAND(45, 0x47, 4500, 1 | 4 << 2));
    ASK(&line, COMMAND(46, 6, 4600, 1 | 1 << 2)); /* OFF is a pulse on its own coil */
    assert_true(rig_get(&rig, MR_VT_BOOL, 66) > 0);
    ASK(&line, COMMAND(46, 6, 4600, 2 | 1 << 2)); /* and ON ends it */
    assert_true(rig_get(&rig, MR_VT_BOOL, 65) > 0 && !(rig_get(&rig, MR_VT_BOOL, 66) > 0));
    rig_s(&line);
    ASK(&line, COMMAND(47, 6, 4700, 2)); /* one step higher */
    assert_true(rig_get(&rig, MR_VT_BOOL, 67) > 0);
    rig_sample(&line, MR_S);
    assert_false(rig_get(&rig, MR_VT_BOOL, 67) > 0);
    ASK(&line, COMMAND(47, 6, 4700, 3));
    EXPECT(&line, 0, COMMAND(47, 0x47, 4700, 3));
}

/* 60870-5-5, 6.8: select, then execute, or take it back. */
static void test_select(void **state)
{
    (void)state;
    rig.commands[0].select = true;
    begin();
    ASK(&line, COMMAND(45, 6, 4500, 1)); /* not selected */
    EXPECT(&line, 0, COMMAND(45, 0x47, 4500, 1));
    ASK(&line, COMMAND(45, 6, 4500, 0x81));
    EXPECT(&line, 0, COMMAND(45, 7, 4500, 0x81));
    EXPECT_NO(&line, 1);
    assert_false(rig_get(&rig, MR_VT_BOOL, 64) > 0);
    assert_true(rig_open(&other, &rig, RIG_PEER + 1)); /* somebody else */
    rig_u(&other, MR_IEC104_STARTDT_ACT);
    ASK(&other, COMMAND(45, 6, 4500, 0x81));
    EXPECT(&other, 0, COMMAND(45, 0x47, 4500, 0x81));
    ASK(&other, COMMAND(45, 6, 4500, 1));
    EXPECT(&other, 0, COMMAND(45, 0x47, 4500, 1));
    ASK(&other, COMMAND(45, 8, 4500, 1));
    EXPECT(&other, 0, COMMAND(45, 0x49, 4500, 1));
    ASK(&line, COMMAND(45, 6, 4500, 1));
    EXPECT(&line, 0, COMMAND(45, 7, 4500, 1));
    EXPECT(&line, 1, COMMAND(45, 10, 4500, 1));
    assert_true(rig_get(&rig, MR_VT_BOOL, 64) > 0);
    ASK(&line, COMMAND(45, 6, 4500, 0)); /* a selection is good for one */
    EXPECT(&line, 0, COMMAND(45, 0x47, 4500, 0));
    rig_s(&line);
    ASK(&line, COMMAND(45, 6, 4500, 0x80)); /* another value than was selected */
    ASK(&line, COMMAND(45, 6, 4500, 1));
    EXPECT(&line, 0, COMMAND(45, 0x47, 4500, 1));
    ASK(&line, COMMAND(45, 6, 4500, 0x80)); /* taken back */
    ASK(&line, COMMAND(45, 8, 4500, 0x80));
    EXPECT(&line, 0, COMMAND(45, 9, 4500, 0x80));
    ASK(&line, COMMAND(45, 6, 4500, 0));
    EXPECT(&line, 0, COMMAND(45, 0x47, 4500, 0));
    rig_s(&line);
    ASK(&line, COMMAND(45, 6, 4500, 0x80)); /* too late */
    rig.now += rig.personality.select_timeout;
    ASK(&line, COMMAND(45, 6, 4500, 0));
    EXPECT(&line, 0, COMMAND(45, 0x47, 4500, 0));
    ASK(&other, COMMAND(45, 6, 4500, 0x80)); /* and free for the other, until its connection ends */
    EXPECT(&other, 0, COMMAND(45, 7, 4500, 0x80));
    mr_iec104_server_close(&other.server);
    ASK(&line, COMMAND(45, 6, 4500, 0x80));
    EXPECT(&line, 0, COMMAND(45, 7, 4500, 0x80));
}

/* The end of a command waits for the switch; its message has cause 11, return information. */
static void test_feedback(void **state)
{
    (void)state;
    rig.commands[0].feedback = 0;
    rig.points[0].tag = 0;
    begin();
    ASK(&line, COMMAND(45, 6, 4500, 1));
    EXPECT(&line, 0, COMMAND(45, 7, 4500, 1));
    EXPECT_NO(&line, 1);
    rig_set(&rig, MR_VT_BOOL, 0, 1);
    rig_sample(&line, MR_S);
    EXPECT(&line, 0, 1, 1, 11, 0, RIG_CA, 0, 1, 0, 0, 1); /* first what it did (5-5, 6.8) */
    EXPECT(&line, 1, COMMAND(45, 10, 4500, 1));
    rig_s(&line);
    ASK(&line, COMMAND(45, 6, 4500, 1)); /* it is there already: nothing will return */
    EXPECT(&line, 0, COMMAND(45, 7, 4500, 1));
    EXPECT(&line, 1, COMMAND(45, 10, 4500, 1));
    rig_s(&line);
    rig.points[0].place = rig_place(MR_VT_BOOL, 64); /* where the command itself writes */
    ASK(&line, COMMAND(45, 6, 4500, 0));
    EXPECT_NO(&line, 1); /* no scan has seen it yet */
    rig_sample(&line, 1);
    EXPECT(&line, 0, 1, 1, 11, 0, RIG_CA, 0, 1, 0, 0, 0);
    EXPECT(&line, 1, COMMAND(45, 10, 4500, 0));
    rig_s(&line);
    rig.points[0].place = rig_place(MR_VT_BOOL, 0);
    rig_sample(&line, MR_S);
    rig_s(&line);
    ASK(&line, COMMAND(45, 6, 4500, 0)); /* the switch sticks */
    rig_sample(&line, rig.personality.feedback_timeout - 1);
    EXPECT_NO(&line, 0);
    rig_sample(&line, 1);
    EXPECT(&line, 0, COMMAND(45, 0x4A, 4500, 0));
    rig_s(&line);
    rig_set(&rig, MR_VT_BOOL, 0, 0); /* and moves later, by itself */
    rig_sample(&line, 1);
    EXPECT(&line, 0, 1, 1, 3, 0, RIG_CA, 0, 1, 0, 0, 0);
}

static void test_no_termination(void **state)
{
    (void)state;
    rig.personality.act_term = false;
    begin();
    ASK(&line, COMMAND(45, 6, 4500, 1));
    EXPECT(&line, 0, COMMAND(45, 7, 4500, 1));
    EXPECT_NO(&line, 1);
}

/* --- other system and parameter types --------------------------------------------------------------------------------------- */

static void test_clock(void **state)
{
    (void)state;
    rig.personality.clock_unset = true;
    rig.personality.clock_valid = MR_HOUR;
    begin();
    rig_set(&rig, MR_VT_BOOL, 0, 1);
    rig_sample(&line, 0);
    assert_int_equal(rig_asdu(&line, 0).p[12], 0x80);                                       /* IV: nobody has set it */
    ASK(&line, 103, 1, 6, 4, RIG_CA, 0, 0, 0, 0, 0xC8, 0x32, 0x39, 0x08, 0x1D, 0x08, 0x08); /* frame 139 */
    EXPECT(&line, 0, 103, 1, 7, 4, RIG_CA, 0, 0, 0, 0, 0xC8, 0x32, 0x39, 0x08, 0x1D, 0x08, 0x08);
    /* 2008-08-29 is 14120 days after 1970 */
    mr_ns set = 14120 * MR_DAY + 8 * MR_HOUR + 57 * MR_MIN + 13 * MR_S;
    assert_true(mr_iec104_station_clock(rig.station, rig.now) == set);
    assert_true(event_of(&line, MR_IEC104_EV_CLOCK_SET).value >= (double)set / 1e9);
    rig_s(&line);
    rig.personality.clock_before = true; /* as controlled stations of mainland China answer: 57:13 it was, 57:20 it becomes */
    ASK(&line, 103, 1, 6, 4, RIG_CA, 0, 0, 0, 0, 0x20, 0x4E, 0x39, 0x08, 0x1D, 0x08, 0x08);
    EXPECT(&line, 0, 103, 1, 7, 4, RIG_CA, 0, 0, 0, 0, 0xC8, 0x32, 0x39, 0x08, 0xBD, 0x08, 0x08);
    rig_s(&line);
    ASK(&line, 103, 1, 6, 4, RIG_CA, 0, 0, 0, 0, 0xC8, 0x32, 0x39, 0x08, 0x1D, 0x08, 0x08); /* and back */
    EXPECT(&line, 0, 103, 1, 7, 4, RIG_CA, 0, 0, 0, 0, 0x20, 0x4E, 0x39, 0x08, 0xBD, 0x08, 0x08);
    rig_s(&line);
    rig_set(&rig, MR_VT_BOOL, 0, 0);
    rig_sample(&line, 1500 * MR_MS);
    /* 14,500 ms is 0x38A4; a Friday: 5 << 5 | 29 */
    EXPECT(&line, 0, 30, 1, 3, 0, RIG_CA, 0, 1, 0, 0, 0, 0xA4, 0x38, 0x39, 0x08, 0xBD, 0x08, 0x08);
    rig_s(&line);
    ASK(&line, 103, 1, 6, 4, RIG_CA, 0, 0, 0, 0, 0xC8, 0x32, 0x39, 0x08, 0x1E, 0x02, 0x08); /* 30 February */
    assert_int_equal(rig_asdu(&line, 0).p[2], 0x47);
    rig.settings.clock_locked = true;
    ASK(&line, 103, 1, 6, 4, RIG_CA, 0, 0, 0, 0, 0xC8, 0x32, 0x39, 0x08, 0x1D, 0x08, 0x08);
    assert_int_equal(rig_asdu(&line, 0).p[2], 0x47);
    rig_set(&rig, MR_VT_BOOL, 0, 1);
    rig.now += MR_HOUR;
    mr_iec104_station_sample(rig.station, rig.now);
    rig_collect(&line, 0);
    assert_int_equal(rig_asdu(&line, 0).p[12] & 0x80, 0x80); /* not set for longer than an hour */
}

static void test_test_reset_parameter(void **state)
{
    (void)state;
    begin();
    ASK(&line, 104, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 0xAA, 0x55);
    EXPECT(&line, 0, 104, 1, 7, 0, RIG_CA, 0, 0, 0, 0, 0xAA, 0x55);
    ASK(&line, 104, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 0x55, 0xAA);
    EXPECT(&line, 0, 104, 1, 0x47, 0, RIG_CA, 0, 0, 0, 0, 0x55, 0xAA);
    ASK(&line, 107, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 1, 24);
    EXPECT(&line, 0, 107, 1, 7, 0, RIG_CA, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 1, 24);
    ASK(&line, 105, 1, 6, 0, RIG_CA, 0, 0, 0, 0, 1);
    EXPECT(&line, 0, 105, 1, 7, 0, RIG_CA, 0, 0, 0, 0, 1);
    (void)event_of(&line, MR_IEC104_EV_RESET);
    rig_s(&line);
    ASK(&line, 110, 1, 6, 0, RIG_CA, 0, 50, 0, 0, 0x00, 0x20, 1); /* threshold 0.25 */
    EXPECT(&line, 0, 110, 1, 7, 0, RIG_CA, 0, 50, 0, 0, 0x00, 0x20, 1);
    rig_set(&rig, MR_VT_REAL, 12, 0.2);
    rig_sample(&line, 1);
    EXPECT_NO(&line, 0);
    rig_set(&rig, MR_VT_REAL, 12, 0.25);
    rig_sample(&line, 1);
    assert_int_equal(rig_asdu(&line, 0).p[0], 34);
    ASK(&line, 110, 1, 6, 0, RIG_CA, 0, 50, 0, 0, 0x00, 0x20, 2); /* smoothing */
    assert_int_equal(rig_asdu(&line, 0).p[2], 0x47);
    ASK(&line, 111, 1, 6, 0, RIG_CA, 0, 50, 0, 0, 0x00, 0x20, 1); /* a scaled one's */
    assert_int_equal(rig_asdu(&line, 0).p[2], 0x40 | 47);
    ASK(&line, 113, 1, 6, 0, RIG_CA, 0, 50, 0, 0, 3);
    assert_int_equal(rig_asdu(&line, 0).p[2], 0x47);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_interrogation),  TEST(test_groups),   TEST(test_broadcast),
        TEST(test_layout),         TEST(test_counters), TEST(test_read),
        TEST(test_unknown),        TEST(test_causes),   TEST(test_direct),
        TEST(test_pulses),         TEST(test_select),   TEST(test_feedback),
        TEST(test_no_termination), TEST(test_clock),    TEST(test_test_reset_parameter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
