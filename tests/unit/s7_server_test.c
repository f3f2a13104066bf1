/* S7comm server: connection, variables, lists, login, protection, control, clock, back pressure, every prefix and split. The
 * forms are those of captured sessions with an S7-300 (see s7_capture_test.c); values are worked out by hand. */
#include "golden/s7_talk.h"

static void test_connection(void **state)
{
    (void)state;
    uint8_t out[64];
    struct mr_writer w = mr_writer(out, sizeof out);
    s7_station_init(&t);
    for (size_t i = 0; i < sizeof s7_connect; i++) {
        assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(s7_connect + i, 1), 0).status, MR_FEED_OK);
    }
    assert_false(mr_s7_server_output(&t.server, &w));
    static const uint8_t confirm[] = {3, 0, 0, 22, 17, 0xD0, 0, 1, 0, 1, 0, 0xC0, 1, 10, 0xC1, 2, 1, 0, 0xC2, 2, 1, 2};
    assert_int_equal(w.n, sizeof confirm); /* 22 bytes with all three parameters: nodes7 insists */
    assert_memory_equal(out, confirm, sizeof confirm);
    assert_string_equal(ask("32010000020000080000F0000008000803C0"), "320300000200000800000000F0000001000100F0");
    t.personality.pdu_max = 480;
    assert_string_equal(ask("32010000020000080000F000000100010780"), "320300000200000800000000F0000001000101E0");
    assert_string_equal(ask("32010000020000080000F0000001000100EF"),
                        "320300000200000800000000F0000001000100F0"); /* smaller than any: 240 all the same */
}

static void test_malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {"0400000702F080",
                                      "0301000702F080",
                                      "0300000602F0",
                                      "030003C802F080",
                                      "0300000702E080",
                                      "0300000807F0800000",
                                      "0300001102F08033010000000000000000",
                                      "0300001102F08032010000000000010000",
                                      "0300001102F08032090000000000000000"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t p[64];
        size_t n = unhex(bad[i], p);
        setup(NULL);
        if (mr_s7_server_feed(&t.server, mr_slice(p, n), 0).status != MR_FEED_MALFORMED) {
            fail_msg("taken: %s", bad[i]);
        }
        assert_true(mr_s7_server_finished(&t.server));
    }
    s7_station_init(&t); /* data before a connection */
    uint8_t p[64];
    size_t n = packet("32010000020000080000F0000001000101E0", p);
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(p, n), 0).status, MR_FEED_MALFORMED);
}

static void test_read(void **state)
{
    (void)state;
    t.m[0] = 0xA5;
    t.m[1] = 0x01;
    t.i[3] = 0x08;
    static const uint8_t real[] = {0x00, 0x00, 0x80, 0x3F}; /* 1.0 as the image has it */
    memcpy(t.m + 260, real, 4);
    t.m[258] = 0x34;
    t.m[259] = 0x12;
    /* MB0, two bytes: 16 bits */
    assert_string_equal(ask("320100000001000E00000401120A10020002000083000000"), "3203000000010002000600000401FF040010A501");
    /* I3.3 */
    assert_string_equal(ask("320100000001000E00000401120A1001000100008100001B"), "3203000000010002000500000401FF03000101");
    /* DB1.DBD4 as REAL: seven, length in bytes; DB1.DBW2 as INT: five, in bits */
    assert_string_equal(ask("320100000001000E00000401120A10080001000184000020"), "3203000000010002000800000401FF0700043F800000");
    assert_string_equal(ask("320100000001000E00000401120A10050001000184000010"), "3203000000010002000600000401FF0500101234");
    /* the same as bytes, from the middle of one element into the next: low byte of the INT, high byte of the REAL */
    assert_string_equal(ask("320100000001000E00000401120A10020002000184000018"), "3203000000010002000600000401FF040010343F");
    /* two items, the first of one byte and so filled up; T0 */
    assert_string_equal(ask("320100000001001A00000402120A10020001000083000000120A101D000100001D000000"),
                        "3203000000010002000C00000402FF040008A500FF0900020000");
}

/* The largest PDU: four items of 128, 128, 256 and 256 bytes, 768 and four heads of four, in one answer. What does not fit is
 * refused. */
static void test_large(void **state)
{
    (void)state;
    t.personality.pdu_max = 960;
    assert_string_equal(ask("32010000020000080000F0000001000103C0"), "320300000200000800000000F0000001000103C0");
    const char *answer = ask("320100000001003200000404"
                             "120A10020080000081000000120A10020080000082000000120A10020100000083000000120A10020100000083000000");
    assert_int_equal(strlen(answer), 2 * (14 + 4 * 4 + 768));
    assert_memory_equal(answer, "320300000001000203100000", 24);
    char many[1024] = "32010000000100F200000414";
    for (int i = 0; i < 20; i++) {
        strcat(many, "120A10020014000083000000");
    }
    assert_int_equal(strlen(ask(many)), 2 * (14 + 20 * (4 + 20))); /* twenty items, as many as there may be */
    char too_many[1024] = "32010000000100FE00000415";
    for (int i = 0; i < 21; i++) {
        strcat(too_many, "120A10020001000083000000");
    }
    assert_string_equal(ask(too_many), "320200000001000000008500");
    assert_string_equal(ask("320100000001003E00000405120A10020080000081000000120A10020080000082000000120A10020100000083000000"
                            "120A10020100000083000000120A100200A0000083000000"),
                        "320200000001000000008500"); /* 928 and five heads: 962 */
}

static void test_item_codes(void **state)
{
    (void)state;
    static const struct {
        const char *item, *code;
    } cases[] = {
        {"120A10020001000284000000", "0A"},                                     /* no DB2 */
        {"120A10020001000085000000", "0A"},                                     /* no instance data */
        {"120A10020001000083000800", "05"},                                     /* MB256 */
        {"120A100200020000830007F8", "05"}, {"120A10020001000083000001", "05"}, /* a byte at a bit */
        {"120A10010002000083000000", "06"},                                     /* two bits */
        {"120A10020000000083000000", "06"}, {"120A10550001000083000000", "06"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char request[128], want[128];
        snprintf(request, sizeof request, "320100000001000E00000401%s", cases[i].item);
        snprintf(want, sizeof want, "3203000000010002000400000401%s000000", cases[i].code);
        assert_string_equal(ask(request), want);
    }
    /* too much for the PDU, a bad item, none at all: the job as a whole is refused */
    assert_string_equal(ask("320100000001000E00000401120A100200FA000083000000"), "320200000001000000008500");
    assert_string_equal(ask("320100000001000E00000401130A10020001000083000000"), "320200000001000000008500");
    assert_string_equal(ask("320100000001000200000400"), "320200000001000000008500");
    assert_string_equal(ask("3201000000010001000066"), "320200000001000000008104"); /* a function that is not here */
}

static void test_write(void **state)
{
    (void)state;
    assert_string_equal(ask("320100000001000E00080501120A10080001000184000020000700043F800000"),
                        "3203000000010002000100000501FF");
    static const uint8_t real[] = {0x00, 0x00, 0x80, 0x3F};
    assert_memory_equal(t.m + 260, real, 4);
    struct mr_s7_event ev = event();
    assert_int_equal(ev.kind, MR_S7_EV_WRITE);
    assert_int_equal(ev.area, MR_S7_AREA_DB);
    assert_int_equal(ev.db, 1);
    assert_int_equal(ev.address, 32);
    assert_int_equal(ev.bytes, 4);
    t.m[5] = 0x11;
    assert_string_equal(ask("320100000001000E00050501120A1001000100008300002B0003000101"), "3203000000010002000100000501FF");
    assert_int_equal(t.m[5], 0x19); /* M5.3 set, the others as they were */
    assert_string_equal(ask("320100000001000E00050501120A100100010000830000280003000100"), "3203000000010002000100000501FF");
    assert_int_equal(t.m[5], 0x18);
    event();
    event();
    /* two items: one byte filled up, one to timers, which are read-only */
    assert_string_equal(ask("320100000001001A000C0502120A10020001000083000000120A101D000100001D000000000400087700000900021234"),
                        "3203000000010002000200000502FF03");
    assert_int_equal(t.m[0], 0x77);
    assert_int_equal(event().kind, MR_S7_EV_WRITE);
    ev = event();
    assert_int_equal(ev.kind, MR_S7_EV_DENIED);
    assert_int_equal(ev.area, MR_S7_AREA_TIMERS);
    assert_string_equal(ask("320100000001000E00060501120A10020001000083000000000400101234"), "320300000001000200010000050107");
    assert_string_equal(ask("320100000001000E00050501120A100200010000830000000004001012"), "320200000001000000008500");
    t.settings.write_protected = true;
    assert_string_equal(ask("320100000001000E00050501120A100200010000830000000004000801"), "320300000001000200010000050103");
    assert_int_equal(event().kind, MR_S7_EV_DENIED);
    assert_int_equal(t.m[0], 0x77);
}

/* Timers and counters hold what is written to them: C3 and T3 become 123 in BCD, as S7 counts; item addresses count elements. */
static void test_own_words(void **state)
{
    (void)state;
    uint8_t timers[8] = {0}, counters[8] = {0};
    const struct mr_s7_area areas[] = {{.code = MR_S7_AREA_TIMERS, .size = sizeof timers, .own = timers},
                                       {.code = MR_S7_AREA_COUNTERS, .size = sizeof counters, .own = counters}};
    t.cpu.areas = areas;
    t.cpu.nareas = 2;
    assert_string_equal(ask("320100000001000E00060501120A101C000100001C000003000900020123"), "3203000000010002000100000501FF");
    assert_string_equal(ask("320100000001000E00000401120A101C000100001C000003"), "3203000000010002000600000401FF0900020123");
    assert_string_equal(ask("320100000001000E00000401120A101D000100001D000003"), "3203000000010002000600000401FF0900020000");
    assert_string_equal(ask("320100000001000E00060501120A101D000100001D000003000900020123"), "3203000000010002000100000501FF");
    assert_memory_equal(timers, ((uint8_t[]){0, 0, 0, 0, 0, 0, 0x01, 0x23}), 8);
    assert_string_equal(ask("320100000001000E00060501120A101C000100001C000004000900020123"), "320300000001000200010000050105");
}

static void test_access(void **state)
{
    (void)state;
    t.settings.access_list = true;
    t.settings.naccess = 1;
    t.settings.access[0] = (struct mr_s7_access){0x0A000000, 0xFF000000, MR_S7_MAY_READ};
    assert_string_equal(ask("320100000001000E00000401120A10020001000083000000"), "3203000000010002000500000401FF04000800");
    assert_string_equal(ask("320100000001000E00050501120A100200010000830000000004000801"), "320300000001000200010000050103");
    event();
    assert_string_equal(ask("3201000000010010000029000000000009505F50524F4752414D"), "32020000000100000000D241");
    assert_int_equal(event().kind, MR_S7_EV_DENIED);
    mr_s7_server_open(&t.server, 0x0B000001, 0);
    assert_true(mr_s7_server_finished(&t.server));
    setup(NULL);
    t.settings.put_get_off = true;
    assert_string_equal(ask("320100000001000E00000401120A10020001000083000000"), "320300000001000200040000040103000000");
}

static void test_control(void **state)
{
    (void)state;
    static const char stop[] = "3201000000010010000029000000000009505F50524F4752414D";
    static const char start[] = "3201000000010014000028000000000000FD000009505F50524F4752414D";
    static const char copy[] = "3201000000010012000028000000000000FD00024550055F4D4F4455";
    assert_string_equal(ask(stop), "32030000000100010000000029");
    assert_false(t.state.running);
    assert_int_equal(event().kind, MR_S7_EV_STOP);
    assert_string_equal(ask(start), "32030000000100010000000028");
    assert_true(t.state.running);
    assert_int_equal(event().kind, MR_S7_EV_START);
    assert_string_equal(ask(copy), "32030000000100010000000028");
    assert_int_equal(event().kind, MR_S7_EV_MEMORY);
    assert_string_equal(ask("320100000001000F000028000000000000FD000004584F4F58"), "320200000001000000008104");
}

static void test_protection(void **state)
{
    (void)state;
    static const char stop[] = "3201000000010010000029000000000009505F50524F4752414D";
    static const char login[] = "3207000000060008000C0001120411450100FF090008213A1B1D6E681B1D"; /* "toor" */
    static const char wrong[] = "3207000000060008000C0001120411450100FF090008203A1B1D6E681B1D";
    static const char logout[] = "3207000000060008000400011204114502000A000000";
    static const char szl[] = "320700000001000800080001120411440100FF09000404240000";
    assert_string_equal(ask(login) + 40, "D6050A000000"); /* none is set */
    mr_s7_set_password(&t.settings, "toor");
    t.settings.protection = 3;
    assert_string_equal(ask(stop), "32020000000100000000D241");
    assert_int_equal(event().kind, MR_S7_EV_DENIED);
    /* S7-400H System Manual, table 6-1: at level 3 list of blocks, status and both ways of the clock are open, uploading is
     * not */
    assert_int_equal(strlen(ask(szl)), 2 * (22 + 4 + 28));
    assert_memory_equal(ask("3207000000010008000400011204114301000A000000") + 40, "0000", 4);
    assert_string_equal(ask("3207000000010008000E0001120411470200FF09000A00191602081451379162") + 40, "00000A000000");
    assert_int_equal(event().kind, MR_S7_EV_CLOCK_SET);
    assert_string_equal(ask("320100000001001200001D00000000000000095F3043303030303141"), "32020000000100000000D241");
    assert_int_equal(event().kind, MR_S7_EV_DENIED);
    assert_string_equal(ask(wrong), "320700000006000C000400011208128501010000D6020A000000");
    assert_int_equal(event().kind, MR_S7_EV_LOGIN_FAILED);
    assert_string_equal(ask(login), "320700000006000C00040001120812850101000000000A000000");
    assert_int_equal(event().kind, MR_S7_EV_LOGIN);
    assert_string_equal(ask(stop), "32030000000100010000000029");
    event();
    assert_int_equal(strlen(ask(szl)), 2 * (22 + 4 + 28));
    assert_string_equal(ask(logout) + 40, "00000A000000");
    assert_string_equal(ask(logout) + 40, "D6040A000000");
    assert_string_equal(ask(stop), "32020000000100000000D241");
    event();
}

static void test_lists(void **state)
{
    (void)state;
    mr_s7_time_encode(t.state.event, 1454943097916 * MR_MS);
    assert_string_equal(
        ask("320700000001000800080001120411440100FF09000404240000"),
        "320700000001000C0020000112081284010100000000FF09001C04240000001400015144FF0800000000000000001602081451379162");
    const char *module = ask("320700000001000800080001120411440100FF09000401110001");
    assert_string_equal(module + 2 * 26, "01110001001C0001000136455337203331352D32454831342D304142302000C000030001");
    /* 0x001C has ten records of 34 bytes and a head of 8: 214 bytes, then the rest */
    const char *first = ask("320700000001000800080001120411440100FF090004001C0000");
    assert_int_equal(strlen(first), 2 * 240);
    assert_memory_equal(first + 2 * 17, "0103010000FF0900D6001C00000022000A0001", 38);
    const char *rest = ask("320700000002000C00040001120812440101000000000A000000");
    assert_int_equal(strlen(rest), 2 * (26 + 348 - 214));
    assert_memory_equal(rest + 2 * 17, "0103000000FF090086", 18);
    assert_string_equal(ask("320700000002000C00040001120812440101000000000A000000") + 40, "D4010A000000"); /* nothing left */
    assert_string_equal(ask("320700000001000800080001120411440100FF09000401110002") + 40, "D4020A000000");
    assert_string_equal(ask("320700000001000800080001120411440100FF0900047FFF0000") + 40, "D4010A000000");
    assert_string_equal(ask("3207000000010008000400011204114601000A000000") + 40, "81040A000000");
}

static void test_clock(void **state)
{
    (void)state;
    uint8_t time[8];
    mr_ns back;
    static const struct {
        int64_t ms;
        uint8_t bytes[8];
    } cases[] = {
        {1454943097916, {0x16, 0x02, 0x08, 0x14, 0x51, 0x37, 0x91, 0x62}}, /* Monday; as a station sent it */
        {951782400000, {0x00, 0x02, 0x29, 0x00, 0x00, 0x00, 0x00, 0x03}},  /* Tuesday */
        {946684799999, {0x99, 0x12, 0x31, 0x23, 0x59, 0x59, 0x99, 0x96}},  /* Friday */
    };
    for (size_t i = 0; i < 3; i++) {
        mr_s7_time_encode(time, cases[i].ms * MR_MS);
        assert_memory_equal(time, cases[i].bytes, 8);
        assert_true(mr_s7_time_decode(time, &back));
        assert_true(back == cases[i].ms * MR_MS);
    }
    static const uint8_t bad[][8] = {{0x1A, 1, 1}, {0x16, 0x13, 1}, {0x16, 1, 0}, {0x16, 1, 1, 0x24}, {0x16, 1, 1, 0, 0x60}};
    for (size_t i = 0; i < 5; i++) {
        assert_false(mr_s7_time_decode(bad[i], &back));
    }
    assert_string_equal(ask("3207000000010008000E0001120411470200FF09000A00191602081451379162") + 40, "00000A000000");
    assert_int_equal(event().kind, MR_S7_EV_CLOCK_SET);
    assert_string_equal(ask("3207000000010008000400011204114701000A000000") + 40, "0000FF09000A00191602081451379162");
    /* The last day that two digits of a year can say is a Saturday in 2089: set, shown, and still there in a snapshot. */
    assert_string_equal(ask("3207000000010008000E0001120411470200FF09000A00198912312359599907") + 40, "00000A000000");
    assert_string_equal(ask("3207000000010008000400011204114701000A000000") + 40, "0000FF09000A00198912312359599907");
}

/* Empty data TPDUs before a request, and a request in three parts, as tools send them. */
static void test_parts(void **state)
{
    (void)state;
    static const uint8_t empty[] = {3, 0, 0, 7, 2, 0xF0, 0x00};
    uint8_t p[64], part[64];
    size_t n = packet("32010000020000080000F0000001000101E0", p);
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(empty, 7), 0).status, MR_FEED_OK);
    for (size_t at = 7; at < n; at += 6) {
        uint8_t m = (uint8_t)(n - at < 6 ? n - at : 6);
        const uint8_t head[] = {3, 0, 0, (uint8_t)(7 + m), 2, 0xF0, at + 6 < n ? 0x00 : 0x80};
        memcpy(part, head, 7);
        memcpy(part + 7, p + at, m);
        assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(part, 7u + m), 0).status, MR_FEED_OK);
    }
    assert_string_equal(hex_output(), "320300000200000800000000F0000001000100F0");
    static uint8_t large[7 + 960] = {3, 0, 0x03, 0xC7, 2, 0xF0, 0x00};
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(large, sizeof large), 0).status, MR_FEED_OK);
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(large, sizeof large), 0).status, MR_FEED_MALFORMED);
}

/* Parts that come long after the session began, within the ten seconds that a PDU may take from its first; then beyond them. */
static void test_parts_in_time(void **state)
{
    (void)state;
    uint8_t p[64];
    size_t n = packet("32010000020000080000F0000001000101E0", p);
    const uint8_t first[] = {3, 0, 0, 15, 2, 0xF0, 0x00, 0x32, 1, 0, 0, 2, 0, 0, 8};
    uint8_t rest[64] = {3, 0, 0, (uint8_t)(n - 8), 2, 0xF0, 0x80};
    memcpy(rest + 7, p + 15, n - 15);
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(first, sizeof first), 100 * MR_S).status, MR_FEED_OK);
    assert_true(mr_s7_server_deadline(&t.server) == 110 * MR_S);
    mr_s7_server_tick(&t.server, 105 * MR_S);
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(rest, n - 8), 105 * MR_S).status, MR_FEED_OK);
    assert_string_equal(hex_output(), "320300000200000800000000F0000001000100F0");
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(first, sizeof first), 200 * MR_S).status, MR_FEED_OK);
    mr_s7_server_tick(&t.server, 210 * MR_S);
    assert_true(mr_s7_server_finished(&t.server));
}

/* RFC 905, 13.3.4 and 6.3: with data TPDUs of at most 128 bytes, head and all, an answer of 218 goes in two of them. */
static void test_unit_size(void **state)
{
    (void)state;
    uint8_t connect[sizeof s7_connect], p[64], out[512];
    struct mr_writer w = mr_writer(out, sizeof out);
    s7_station_init(&t);
    memcpy(connect, s7_connect, sizeof connect);
    for (size_t i = 11; i < sizeof connect; i += 2u + connect[i + 1]) {
        connect[i + 2] = connect[i] == 0xC0 ? 7 : connect[i + 2];
    }
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(connect, sizeof connect), 0).status, MR_FEED_OK);
    hex_output();
    for (size_t i = 0; i < 200; i++) {
        t.m[i] = (uint8_t)i;
    }
    size_t n = packet("320100000001000E00000401120A100200C8000083000000", p); /* MB0, 200 bytes: 12 + 2 + 4 + 200 = 218 */
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(p, n), 0).status, MR_FEED_OK);
    assert_false(mr_s7_server_output(&t.server, &w));
    const uint8_t head[] = {3, 0, 0, 4 + 128, 2, 0xF0, 0x00}, last[] = {3, 0, 0, 4 + 3 + 218 - 125, 2, 0xF0, 0x80};
    assert_int_equal(w.n, 4 + 128 + 4 + 3 + 218 - 125);
    assert_memory_equal(out, head, sizeof head);
    assert_memory_equal(out + 4 + 128, last, sizeof last);
    for (size_t i = 0; i < 200; i++) { /* 125 - 18 of them in the first */
        assert_int_equal(out[7 + 18 + i + (i < 107 ? 0 : 7)], i);
    }
}

/* A client that takes its leave (RFC 905, 13.5; as python-snap7 sends it, a byte longer than its length says). */
static void test_leave(void **state)
{
    (void)state;
    static const uint8_t leave[] = {3, 0, 0, 12, 6, 0x80, 0, 1, 0, 1, 0, 0};
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(leave, sizeof leave), 0).status, MR_FEED_OK);
    assert_true(mr_s7_server_finished(&t.server));
}

static void test_splits_and_blocking(void **state)
{
    (void)state;
    uint8_t stream[40 * 32];
    size_t n = 0;
    for (size_t i = 0; i < 40; i++) {
        n += packet("320100000001000E00000401120A10020064000083000000", stream + n);
    }
    for (size_t chunk = 1; chunk < 100; chunk++) {
        size_t bytes = 0;
        setup(NULL);
        for (size_t at = 0; at < n;) {
            uint8_t out[MR_S7_SERVER_OUT];
            struct mr_writer w = mr_writer(out, sizeof out);
            size_t m = n - at < chunk ? n - at : chunk;
            struct mr_feed f = mr_s7_server_feed(&t.server, mr_slice(stream + at, m), 0);
            assert_int_not_equal(f.status, MR_FEED_MALFORMED);
            assert_true(f.status == MR_FEED_BLOCKED || f.consumed == m);
            at += f.consumed;
            assert_false(mr_s7_server_output(&t.server, &w));
            bytes += w.n;
        }
        assert_int_equal(bytes, 40 * (7 + 12 + 2 + 4 + 100));
    }
}

static void test_deadlines_and_state(void **state)
{
    (void)state;
    static uint8_t saved[8192];
    uint8_t p[64];
    struct s7_station other;
    size_t n = packet("320100000001000E00000401120A10020001000083000000", p);
    mr_type_check(&mr_s7_server_type);
    mr_type_check(&mr_s7_settings_type);
    mr_type_check(&mr_s7_state_type);
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(p, 9), 2 * MR_S).needed, n - 9);
    assert_true(mr_s7_server_deadline(&t.server) == 12 * MR_S);
    struct mr_writer w = mr_writer(saved, sizeof saved);
    mr_state_save(&mr_s7_server_type, &t.server, &w);
    s7_station_init(&other);
    struct mr_reader r = mr_reader(mr_written(&w));
    assert_int_equal(mr_state_load(&mr_s7_server_type, &other.server, &r), MR_OK);
    assert_int_equal(mr_s7_server_feed(&other.server, mr_slice(p + 9, n - 9), 0).status, MR_FEED_OK);
    assert_int_equal(other.server.nout, 7 + 12 + 2 + 5);
    mr_s7_server_tick(&t.server, 12 * MR_S);
    assert_true(mr_s7_server_finished(&t.server));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_connection, setup),
        cmocka_unit_test_setup(test_malformed, setup),
        cmocka_unit_test_setup(test_read, setup),
        cmocka_unit_test_setup(test_large, setup),
        cmocka_unit_test_setup(test_item_codes, setup),
        cmocka_unit_test_setup(test_write, setup),
        cmocka_unit_test_setup(test_own_words, setup),
        cmocka_unit_test_setup(test_access, setup),
        cmocka_unit_test_setup(test_control, setup),
        cmocka_unit_test_setup(test_protection, setup),
        cmocka_unit_test_setup(test_lists, setup),
        cmocka_unit_test_setup(test_clock, setup),
        cmocka_unit_test_setup(test_parts, setup),
        cmocka_unit_test_setup(test_parts_in_time, setup),
        cmocka_unit_test_setup(test_unit_size, setup),
        cmocka_unit_test_setup(test_leave, setup),
        cmocka_unit_test_setup(test_splits_and_blocking, setup),
        cmocka_unit_test_setup(test_deadlines_and_state, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
