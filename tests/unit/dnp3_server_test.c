/* DNP3 outstation: reads, events, commands, writes, freezing, unsolicited responses, link layer, settings. Fragments are
 * worked out by hand from IEEE 1815-2012; those of commands and of unsolicited responses have the form of the captured
 * sessions. The station is that of golden/dnp3_station.h; after a start its indications are 90 00: restarted, needs the time. */
#include "golden/dnp3_station.h"

#define CLASS0                                                                                                                   \
    "0102000002010101"                                                                                                           \
    "010200050501"                                                                                                               \
    "030200000001"                                                                                                               \
    "0A02000002010101"                                                                                                           \
    "14010000000100000000"                                                                                                       \
    "1E010000000100000000"                                                                                                       \
    "1E05000101010000A040"                                                                                                       \
    "28010000000100000000"                                                                                                       \
    "6E050000005254552037"

static struct mr_dnp3_event event(void)
{
    struct mr_dnp3_event ev = {0};
    assert_true(mr_dnp3_server_next(&d.server, &ev));
    assert_int_equal(ev.client, 0x0A000009);
    return ev;
}

static void put_real(size_t at, float v)
{
    memcpy(d.m + at, &v, sizeof v);
}

static void test_class0(void **state)
{
    (void)state;
    assert_string_equal(dnp3_ask("C0 01 3C0106"), "C0819000" CLASS0);
    d.i[0] = 0x23;
    d.i[1] = 2;
    d.q[0] = 1;
    put_real(4, -7);
    d.m[8] = 10;
    assert_string_equal(dnp3_ask("C1 01 3C0106"), "C1819000"
                                                  "01020000028181010102000505810302000000810A0200000281810114010000000100000000"
                                                  "1E01000000"
                                                  "01F9FFFFFF"
                                                  "1E05000101"
                                                  "010000C040"
                                                  "28010000000100000000"
                                                  "6E050000005254552037");
}

static void test_static_reads(void **state)
{
    (void)state;
    d.i[0] = 0x21;
    static const struct {
        const char *ask, *answer;
    } cases[] = {
        {"C0 01 0101 06", "C0819000"
                          "010100000201"
                          "010100050501"}, /* packed */
        {"C1 01 0100 06", "C1819000"
                          "0102000002810101"
                          "010200050581"},
        {"C2 01 0102 00 0002", "C2819000"
                               "0102000002810101"},
        {"C3 01 0102 01 0100 0200", "C3819000"
                                    "01020001020101"},
        {"C4 01 0102 00 0205", "C4819004"
                               "010200020201"
                               "010200050581"}, /* 3 and 4 are missing: parameter error */
        {"C5 01 0102 17 02 0500", "C5819000"
                                  "010200050581"
                                  "010200000081"}, /* one by one */
        {"C6 01 0102 28 0100 0500", "C6819000"
                                    "010200050581"},
        {"C7 01 1E04 00 0000", "C7819000"
                               "1E04000000"
                               "0000"},
        {"C8 01 1E06 00 0101", "C8819000"
                               "1E06000101"
                               "010000000000001440"}, /* 5.0 */
        {"C9 01 2200 06", "C9819000"
                          "2203000001"
                          "00000040"
                          "00000000"}, /* deadbands 2 and 0 */
        {"CA 01 0A01 06", "CA819000"
                          "0A0100000202"}, /* second bit: input 0 is its state */
        {"CB 01 3201 07 01", "CB819000"
                             "32010701"
                             "E80300000000"}, /* one second of site time */
        {"CC 01 5001 00 000F", "CC819000"
                               "500100000F"
                               "9000"},
        {"CD 01 6E00 06", "CD819000"
                          "6E050000005254552037"},
        {"CE 01 0200 06", "CE819000"},      /* no events */
        {"CF 01 6306 06", "CF819002"},      /* unknown group */
        {"C0 01 0109 06", "C0819002"},      /* unknown variation */
        {"C1 01 0102 03 00", "C1819004"},   /* qualifier */
        {"C2 01 0102 00 09", "C2819004"},   /* cut off */
        {"C3 01 0102 00 0909", "C3819004"}, /* no such point */
        {"C4 01 3C0106 6306 06", "C4819002" CLASS0},
        {"C5 40", "C5819001"},         /* function 64 */
        {"C6 0B 1400 06", "C6819001"}, /* freeze at time */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        d.i[0] = i == 20 ? 0 : 0x21;
        assert_string_equal(dnp3_ask(cases[i].ask), cases[i].answer);
    }
    /* a point that is not simply on line is not packed */
    mr_dnp3_station_set_flags(&d.station, 1, MR_DNP3_COMM_LOST);
    assert_string_equal(dnp3_ask("C7 01 0101 00 0002"), "C7819000"
                                                        "010100000001"
                                                        "010200010104"
                                                        "010100020200");
}

static void test_hidden_and_attributes(void **state)
{
    (void)state;
    assert_string_equal(dnp3_ask("C0 01 00FC 00 0000"), "C0819000"
                                                        "00FC000000"
                                                        "01054D616B6572");
    assert_string_equal(dnp3_ask("C1 01 00F0 00 0000"), "C1819000"
                                                        "00F0000000"
                                                        "02020008");
    assert_string_equal(dnp3_ask("C2 01 00EF 00 0000"), "C2819000"
                                                        "00EF000000"
                                                        "020104");
    assert_string_equal(dnp3_ask("C3 01 00F7 00 0000"), "C3819002"); /* no user-given name */
    const char *all = dnp3_ask("C4 01 00FE 00 0000");
    assert_non_null(strstr(all, "00F8000000"
                                "0103313233"));
    const char *list = dnp3_ask("C5 01 00FF 00 0000");
    assert_memory_equal(list, "C581900000FF000000FE", 20);
    /* twice as many octets as attributes: 5 texts and numbers 216, 219 to 241 */
    assert_int_equal(strlen(list) / 2, 4 + 5 + 2 + 2 * (5 + 24));
}

/* --- events --- */

static void test_events(void **state)
{
    (void)state;
    dnp3_ask("C0 01 3C0106");
    d.i[0] = 1; /* input 0, class 1; output 1 shows the same place and has no class */
    wait_ms(1000);
    put_real(4, 1.5F); /* within the deadband */
    wait_ms(1000);
    put_real(4, 2.5F); /* class 2 */
    wait_ms(1000);
    d.i[0] = 0;
    wait_ms(1000);
    /* classes are told, then reported in the order of time; 2000 ms = 07D0, 4000 = 0FA0, 5000 = 1388 */
    assert_string_equal(dnp3_ask("C1 01 3C0206 3C0306 3C0406"), "E1819000"
                                                                "02021701"
                                                                "00"
                                                                "81D00700000000"
                                                                "20031701"
                                                                "00"
                                                                "0103000000"
                                                                "A00F00000000"
                                                                "02021701"
                                                                "00"
                                                                "01881300000000");
    assert_string_equal(dnp3_ask("C2 17"), "C2819600"
                                           "34020701"
                                           "0000"); /* not confirmed: still there */
    assert_string_equal(dnp3_ask("C3 01 3C0306"), "E3819200"
                                                  "20031701"
                                                  "00"
                                                  "0103000000"
                                                  "A00F00000000");
    dnp3_say_from(1, 10, "C4 00"); /* a confirmation of something else */
    dnp3_say_from(1, 10, "C3 00");
    assert_string_equal(dnp3_ask("C4 01 3C0206 3C0306"), "E4819000"
                                                         "02021702"
                                                         "00"
                                                         "81D00700000000"
                                                         "00"
                                                         "01881300000000");
    dnp3_say_from(1, 10, "C4 00");
    assert_string_equal(dnp3_ask("C5 01 3C0206 3C0306"), "C5819000");
}

static void test_event_requests(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        d.i[0] ^= 1;
        wait_ms(10);
    }
    assert_string_equal(dnp3_ask("C0 01 3C02 07 01"), "E0819200"
                                                      "0202170100"
                                                      "81F20300000000"); /* 1010 ms */
    assert_string_equal(dnp3_ask("C1 01 0201 08 0300"), "E1819200"
                                                        "02011703"
                                                        "0081"
                                                        "0001"
                                                        "0081");
    dnp3_say_from(1, 10, "C1 00");
    assert_string_equal(dnp3_ask("C2 01 0201 06"), "E2819000"
                                                   "02011701"
                                                   "0001");
    dnp3_say_from(1, 10, "C2 00");
    /* relative times: a common one, not synchronized (g51v2), then offsets */
    d.i[0] = 4;
    wait_ms(100);
    d.i[0] = 0;
    wait_ms(65535);
    d.i[0] = 4;
    wait_ms(1);
    /* 1140 ms = 0474; + 65535 = FFFF; + 1 needs a new one, 66676 = 010474 */
    assert_string_equal(dnp3_ask("C3 01 3C0406"), "E3819000"
                                                  "33020701"
                                                  "740400000000"
                                                  "02031702"
                                                  "02810000"
                                                  "0201FFFF"
                                                  "33020701"
                                                  "740401000000"
                                                  "02031701"
                                                  "02810000");
}

static void test_double_and_counter_events(void **state)
{
    (void)state;
    d.i[1] = 2;
    d.m[0] = 9;
    wait_ms(1);
    assert_string_equal(dnp3_ask("C0 01 3C0206 3C0306 3C0406"), "E0819000"
                                                                "04021701"
                                                                "0081E90300000000"
                                                                "16011701"
                                                                "000109000000");
}

static void test_overflow(void **state)
{
    (void)state;
    for (int k = 0; k < 10; k++) { /* room for 8 */
        d.i[0] ^= 1;
        wait_ms(10);
    }
    assert_string_equal(dnp3_ask("C0 17"), "C0819208"
                                           "340207010000");
    /* the first two are gone: 1030 ms = 0406 */
    const char *all = dnp3_ask("C1 01 0202 06");
    assert_memory_equal(all,
                        "E18190080202170800"
                        "81060400000000",
                        32);
    assert_int_equal(strlen(all) / 2, 4 + 4 + 8 * 8);
    dnp3_say_from(1, 10, "C1 00");
    assert_string_equal(dnp3_ask("C2 17"), "C2819000"
                                           "340207010000");
    assert_int_equal(d.station.state->nevents, 0);
}

/* Each master is owed the events since it was first heard of; the first one also those before. */
static void test_several_masters(void **state)
{
    (void)state;
    d.i[0] = 1;
    wait_ms(10);
    assert_string_equal(dnp3_ask("C0 17"), "C0819200"
                                           "340207010000");
    dnp3_say_from(2, 10, "C0 17");
    assert_string_equal(dnp3_hear(), "C0819000"
                                     "340207010000");
    d.i[0] = 0;
    wait_ms(10);
    dnp3_say_from(1, 10, "C1 01 3C0206");
    assert_string_equal(dnp3_hear(), "E1819000"
                                     "02021702"
                                     "0081F20300000000"
                                     "0001FC0300000000");
    dnp3_say_from(1, 10, "C1 00");
    assert_int_equal(d.station.state->nevents, 1);
    dnp3_say_from(2, 10, "C1 01 3C0206");
    assert_string_equal(dnp3_hear(), "E1819000"
                                     "02021701"
                                     "0001FC0300000000");
    dnp3_say_from(2, 10, "C1 00");
    assert_int_equal(d.station.state->nevents, 0);
}

static void test_assign_class(void **state)
{
    (void)state;
    d.i[0] = 0x20; /* before point 5 has a class, so without an event */
    wait_ms(0);
    assert_string_equal(dnp3_ask("C0 16 3C0206 0100 00 0505 3C0106 0100 00 0000"), "C0819000");
    wait_ms(0);
    assert_int_equal(d.station.state->nevents, 0);
    d.i[0] = 1;
    wait_ms(1);
    assert_string_equal(dnp3_ask("C1 01 3C0206"), "E1819000"
                                                  "020217010501E90300000000");
    assert_string_equal(dnp3_ask("C2 16 0100 06"), "C2819204");             /* no class before */
    assert_string_equal(dnp3_ask("C3 16 3C0206 0300 00 0707"), "C3819204"); /* no such point */
    assert_string_equal(dnp3_ask("C4 16 3C0206 6300 06"), "C4819202");
}

/* --- commands --- */

static void test_direct_operate(void **state)
{
    (void)state;
    /* as in directoperate_and_response.pcap: latch on, 100 ms */
    assert_string_equal(dnp3_ask("C0 05 0C0128 0100 0000 03 01 64000000 64000000 00"), "C0819000"
                                                                                       "0C01280100"
                                                                                       "0000030164000000"
                                                                                       "6400000000");
    assert_int_equal(d.q[0], 1);
    struct mr_dnp3_event ev = event();
    assert_true(ev.kind == MR_DNP3_EV_OPERATE && ev.group == 12 && ev.index == 0 && ev.code == 3 && ev.master == 1);
    assert_string_equal(dnp3_ask("C1 05 0C0117 01 00 04 01 00000000 00000000 00"), "C1819000"
                                                                                   "0C011701"
                                                                                   "0004010000000000000000"
                                                                                   "00");
    assert_int_equal(d.q[0], 0);
    assert_string_equal(dnp3_ask("C2 06 0C0117 01 00 03 01 00000000 00000000 00"), ""); /* without an answer */
    assert_int_equal(d.q[0], 1);
    static const struct {
        const char *ask, *answer;
    } cases[] = {
        {"C3 05 0C0117 01 07 03 01 00000000 00000000 00", "C3819000"
                                                          "0C011701"
                                                          "0703010000000000000000"
                                                          "04"}, /* no such point */
        {"C4 05 0C0117 01 00 41 01 00000000 00000000 00", "C4819000"
                                                          "0C011701"
                                                          "0041010000000000000000"
                                                          "04"}, /* no pair */
        {"C5 05 0C0117 01 00 13 01 00000000 00000000 00", "C5819000"
                                                          "0C011701"
                                                          "0013010000000000000000"
                                                          "04"}, /* queue */
        {"C6 05 0C0117 01 02 03 01 00000000 00000000 00", "C6819000"
                                                          "0C011701"
                                                          "0203010000000000000000"
                                                          "02"}, /* needs SELECT */
        {"C7 05 0C0117 01 00 03 01 00000000", "C7819004"},
        {"C8 05 0C0106", "C8819004"},
        {"C9 05 0100 06", "C9819002"},
        {"CA 05", "CA819004"},
        {"CB 05 2902 17 01 00 6400 00", "CB819000"
                                        "29021701"
                                        "006400"
                                        "00"},
        {"CC 05 2902 17 01 00 6500 00", "CC819000"
                                        "29021701"
                                        "006500"
                                        "0C"}, /* above 100 */
        {"CD 05 2903 17 01 00 0000A0C2 00", "CD819000"
                                            "29031701"
                                            "000000A0C2"
                                            "00"}, /* -80 */
        {"CE 05 2901 28 0100 0900 01000000 00", "CE819000"
                                                "2901280100"
                                                "090001000000"
                                                "04"},
        {"CF 05 2903 17 01 00 0000C07F 00", "CF819000"
                                            "29031701"
                                            "000000C07F"
                                            "0C"}, /* no number */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(dnp3_ask(cases[i].ask), cases[i].answer);
    }
    assert_int_equal((int16_t)(d.m[12] | d.m[13] << 8), -80);
}

static void test_select_operate(void **state)
{
    (void)state;
#define OUT2 "0C0117 01 02 03 01 00000000 00000000 00"
#define OUT2_DONE(status)                                                                                                        \
    "0C011701"                                                                                                                   \
    "0203010000000000000000" status
    assert_string_equal(dnp3_ask("C0 04 " OUT2), "C0819000" OUT2_DONE("02")); /* not selected */
    assert_string_equal(dnp3_ask("C1 03 " OUT2), "C1819000" OUT2_DONE("00"));
    assert_int_equal(event().kind, MR_DNP3_EV_SELECT);
    assert_int_equal(d.q[0], 0);
    assert_string_equal(dnp3_ask("C2 04 " OUT2), "C2819200" OUT2_DONE("00")); /* and there is an event */
    assert_int_equal(d.q[0], 8);
    d.q[0] = 0;
    assert_string_equal(dnp3_ask("C2 04 " OUT2), "C2819200" OUT2_DONE("00")); /* the same again: answered, not done */
    assert_int_equal(d.q[0], 0);
    assert_string_equal(dnp3_ask("C3 04 " OUT2), "C3819200" OUT2_DONE("02")); /* once only */
    dnp3_ask("C4 03 " OUT2);
    assert_string_equal(dnp3_ask("C6 04 " OUT2), "C6819200" OUT2_DONE("02")); /* wrong sequence number */
    dnp3_ask("C7 03 " OUT2);
    assert_string_equal(dnp3_ask("C8 04 0C0117 01 02 04 01 00000000 00000000 00"), "C8819200"
                                                                                   "0C011701"
                                                                                   "0204010000000000000000"
                                                                                   "02"); /* another object */
    dnp3_ask("C9 03 " OUT2);
    dnp3_ask("CA 17"); /* something between */
    assert_string_equal(dnp3_ask("CA 04 " OUT2), "CA819200" OUT2_DONE("02"));
    dnp3_ask("CB 03 " OUT2);
    d.now += 10 * MR_S + 1;
    assert_string_equal(dnp3_ask("CC 04 " OUT2), "CC819200" OUT2_DONE("01")); /* too late */
    assert_int_equal(d.q[0], 0);
}

static void test_command_events(void **state)
{
    (void)state;
    dnp3_ask("C0 03 " OUT2);
    dnp3_ask("C1 04 " OUT2);
    wait_ms(5);
    /* the command (g13), then the change of state (g11), at 1000 and 1005 ms */
    assert_string_equal(dnp3_ask("C2 01 3C0206"), "E2819000"
                                                  "0D021701"
                                                  "0280E80300000000"
                                                  "0B021701"
                                                  "0281ED0300000000");
}

static void test_pulses(void **state)
{
    (void)state;
    dnp3_ask("C0 05 0C0117 01 00 01 02 64000000 C8000000 00"); /* twice 100 ms, 200 ms between */
    static const uint8_t at100[] = {1, 0, 0, 1, 0, 0, 0};      /* from 50 ms on, every 100 ms */
    assert_int_equal(d.q[0], 1);
    wait_ms(50);
    for (size_t i = 0; i < sizeof at100; i++) {
        assert_int_equal(d.q[0], at100[i]);
        if (i == 1) {
            assert_string_equal(dnp3_ask("C1 05 0C0117 01 00 01 01 64000000 00000000 00"),
                                "C1819000"
                                "0C011701"
                                "000101640000000000000005"); /* still at it */
        }
        wait_ms(100);
    }
    /* close and trip by two coils */
    dnp3_ask("C2 05 0C0117 01 01 41 01 64000000 00000000 00");
    assert_int_equal(d.q[0], 2);
    wait_ms(100);
    assert_int_equal(d.q[0], 0);
    dnp3_ask("C3 05 0C0117 01 01 81 01 64000000 00000000 00");
    assert_int_equal(d.q[0], 4);
    /* clearing ends it */
    dnp3_ask("C4 05 0C0117 01 01 20 00 00000000 00000000 00");
    assert_int_equal(d.q[0], 0);
    /* close and trip by a switch that stays */
    d.settings = (struct mr_dnp3_settings){.functions = UINT64_MAX};
    dnp3_ask("C5 03 0C0117 01 02 41 01 64000000 00000000 00");
    dnp3_ask("C6 04 0C0117 01 02 41 01 64000000 00000000 00");
    wait_ms(1000);
    assert_int_equal(d.q[0], 8);
}

static void test_too_many(void **state)
{
    (void)state;
    d.personality.controls_max = 1;
    assert_string_equal(dnp3_ask("C0 05 2902 17 02 00 0100 00 00 0200 00"), "C0819000"
                                                                            "29021702"
                                                                            "00010000"
                                                                            "00020008");
    assert_int_equal(d.m[12], 1);
}

/* --- writing, freezing, time --- */

static void test_write(void **state)
{
    (void)state;
    assert_string_equal(dnp3_ask("C0 02 5001 00 0707 00"), "C0811000"); /* full_exchange.pcap clears the restart so */
    assert_string_equal(dnp3_ask("C1 02 5001 00 0707 01"), "C1811004");
    assert_string_equal(dnp3_ask("C2 02 5001 00 0404 00"), "C2811004");
    /* 2012-10-10 12:34:56.789 UTC = 1349872496789 ms = 013A4AABB095 */
    assert_string_equal(dnp3_ask("C3 02 3201 07 01 95B0AB4A3A01"), "C3810000");
    assert_int_equal(event().kind, MR_DNP3_EV_TIME_SET);
    assert_true(mr_dnp3_station_time(&d.station, d.now + 5 * MR_MS) == 1349872496794);
    /* on a network: the time at which function 24 was heard */
    assert_string_equal(dnp3_ask("C4 02 3203 07 01 95B0AB4A3A01"), "C4810004");
    assert_string_equal(dnp3_ask("C5 18"), "C5810000");
    d.now += 250 * MR_MS;
    assert_string_equal(dnp3_ask("C6 02 3203 07 01 95B0AB4A3A01"), "C6810000");
    assert_true(mr_dnp3_station_time(&d.station, d.now) == 1349872497039);
    assert_string_equal(dnp3_ask("C7 02 3204 07 01 95B0AB4A3A01"), "C7810002");
    assert_string_equal(dnp3_ask("C8 02 3201 07 01 FFFFFFFFFFFF"), "C8810004"); /* year 10889 */
    assert_string_equal(dnp3_ask("C9 02 3201 07 01 00D8C32CBB03"), "C9810000"); /* 2100-01-01 */
    assert_true(mr_dnp3_station_time(&d.station, d.now) == 4102444800000);
    assert_string_equal(dnp3_ask("C9 02 2201 17 01 00 0500"), "C9810000"); /* deadband 5 */
    put_real(4, 4);
    wait_ms(1);
    assert_int_equal(d.station.state->nevents, 0);
    put_real(4, 6);
    wait_ms(1);
    assert_int_equal(d.station.state->nevents, 1);
    assert_string_equal(dnp3_ask("CA 02 2203 00 0001 0000C0BF 00000040"), "CA810404"); /* the first is negative */
    assert_string_equal(dnp3_ask("CB 02 00F5 00 0000 01 01 41"), "CB810402");
    assert_string_equal(dnp3_ask("CC 02 0A01 00 0000 01"), "CC810402");
    assert_string_equal(dnp3_ask("CD 02"), "CD810404");
}

static void test_time_is_needed_again(void **state)
{
    (void)state;
    d.personality.time_valid = MR_HOUR;
    assert_string_equal(dnp3_ask("C0 02 3201 07 01 000000000000"), "C0818000");
    wait_ms(3600 * 1000 - 1);
    assert_string_equal(dnp3_ask("C1 17"), "C1818000"
                                           "340207010000");
    wait_ms(1);
    assert_string_equal(dnp3_ask("C2 17"), "C2819000"
                                           "340207010000");
}

static void test_freeze(void **state)
{
    (void)state;
    d.m[0] = 7;
    wait_ms(0);
    dnp3_ask("C0 01 3C0406");
    dnp3_say_from(1, 10, "C0 00");
    assert_string_equal(dnp3_ask("C1 07 1400 06"), "C1819800");
    assert_string_equal(dnp3_ask("C2 01 1500 06"), "C2819800"
                                                   "1501000000"
                                                   "0107000000");
    assert_string_equal(dnp3_ask("C3 01 1505 06"), "C3819800"
                                                   "1505000000"
                                                   "0107000000"
                                                   "E80300000000");
    assert_string_equal(dnp3_ask("C4 01 1700 06"), "E4819000"
                                                   "17011701"
                                                   "00"
                                                   "0107000000");
    dnp3_say_from(1, 10, "C4 00");
    assert_string_equal(dnp3_ask("C5 0A 1400 00 0000"), ""); /* freeze and clear, no answer */
    d.m[0] = 9;
    assert_string_equal(dnp3_ask("C6 01 1405 06"), "C6819800"
                                                   "1405000000"
                                                   "02000000");
    assert_string_equal(dnp3_ask("C7 07 1E00 06"), "C7819802"); /* analogs are not frozen */
    assert_string_equal(dnp3_ask("C8 07 1400 00 0303"), "C8819804");
    assert_string_equal(dnp3_ask("C9 07"), "C9819804");
}

static void test_restart_and_delay(void **state)
{
    (void)state;
    assert_string_equal(dnp3_ask("C0 17"), "C0819000"
                                           "340207010000");
    assert_string_equal(dnp3_ask("C1 0D"), "C1819000"
                                           "340207011027"); /* 10000 ms */
    assert_int_equal(event().kind, MR_DNP3_EV_COLD_RESTART);
    d.personality.restart_time = 100 * MR_S;
    assert_string_equal(dnp3_ask("C2 0E"), "C2819000"
                                           "340107016400"); /* 100 s */
    assert_int_equal(event().kind, MR_DNP3_EV_WARM_RESTART);
    d.i[0] = 1;
    wait_ms(1);
    dnp3_ask("C3 02 5001 00 0707 00");
    mr_dnp3_station_restart(&d.station);
    assert_string_equal(dnp3_ask("C4 17"), "C4819000340207010000"); /* restarted again, and no event */
    assert_string_equal(dnp3_ask("C5 17 3C0206"), "C5819004");      /* neither of them takes objects */
    assert_string_equal(dnp3_ask("C6 18 3C0206"), "C6819004");
    assert_string_equal(dnp3_ask("C7 02 3203 0701 000000000000"), "C7819004"); /* so no time was recorded */
}

static void test_files(void **state)
{
    (void)state;
    /* as in dnp3_file_read.pcap: open ./test.xml for reading, request 4; not found */
    assert_string_equal(dnp3_ask("C0 19 4603 5B 01 2400 1A00 0A00 000000000000 0000 00000000 00000000 0100 0004 0400"
                                 "2E2F746573742E786D6C"),
                        "C0819000"
                        "46045B01"
                        "0D00"
                        "00000000"
                        "00000000"
                        "0000"
                        "0400"
                        "03");
    assert_string_equal(dnp3_ask("C1 01 4605 5B 01 0800 78563412 00000000"), "C1819000"
                                                                             "46065B01"
                                                                             "0900"
                                                                             "78563412"
                                                                             "00000000"
                                                                             "06");
    assert_string_equal(dnp3_ask("C2 1A 4604 5B 01 0D00 78563412 00000000 0000 0500 00"), "C2819000"
                                                                                          "46045B01"
                                                                                          "0D00"
                                                                                          "78563412"
                                                                                          "00000000"
                                                                                          "0000"
                                                                                          "0500"
                                                                                          "06");
    assert_string_equal(dnp3_ask("C3 1D 4602 5B 01 0400 00000000"), "C3819001");
    d.personality.files = false; /* neither the functions nor the objects are there */
    assert_string_equal(dnp3_ask("C5 19 4603 5B 01 0000"), "C5819001");
    assert_string_equal(dnp3_ask("C6 01 4605 5B 01 0800 78563412 00000000"), "C6819002");
    d.personality.files = true;
    assert_string_equal(dnp3_ask("C4 19 4603 5B 01 2400 1A"), "C4819004"); /* cut off */
}

/* --- unsolicited responses --- */

static void unsolicited_begin(void)
{
    dnp3_begin(1, 8);
    assert_string_equal(dnp3_hear(), "F0829000"); /* full_exchange.pcap begins so */
}

static void test_unsolicited(void **state)
{
    (void)state;
    unsolicited_begin();
    assert_string_equal(dnp3_ask("C0 15 3C0206 3C0306 3C0406"), "C0819000"); /* answered before the confirmation */
    d.i[0] = 1;
    wait_ms(1);
    assert_string_equal(dnp3_ask("C1 01 3C0206"), ""); /* a read is not */
    dnp3_say_from(1, 10, "D0 00");
    assert_string_equal(dnp3_hear(), "E1819000"
                                     "020217010081E90300000000");
    dnp3_say_from(1, 10, "C1 00");
    assert_string_equal(dnp3_ask("C2 14 3C0206 3C0306"), "C2819000");
    assert_true(mr_dnp3_server_deadline(&d.server) > d.now);
    d.personality.keepalive = 0;
    d.i[0] = 0;
    wait_ms(1);
    assert_int_equal(mr_dnp3_server_deadline(&d.server), 0);
    mr_dnp3_server_tick(&d.server, d.now);
    assert_string_equal(dnp3_hear(), "F1829000"
                                     "020217010001EA0300000000");
    /* not confirmed: the same again after 5 s, three times; what is new waits */
    d.i[0] = 1;
    for (int k = 0; k < 3; k++) {
        wait_ms(5000);
        mr_dnp3_server_tick(&d.server, d.now);
        assert_string_equal(dnp3_hear(), "F1829200"
                                         "020217010001EA0300000000");
    }
    wait_ms(5000);
    mr_dnp3_server_tick(&d.server, d.now);
    assert_string_equal(dnp3_hear(), "");
    wait_ms(60000); /* and after a pause anew, with all there is: first heard of 5 s later, at 6002 ms = 1772 */
    mr_dnp3_server_tick(&d.server, d.now);
    assert_string_equal(dnp3_hear() + 8, "020217020001EA03000000000081721700000000");
}

static void test_unsolicited_read_goes_on(void **state)
{
    (void)state;
    unsolicited_begin();
    assert_string_equal(dnp3_ask("C1 01 3C0206"), "");
    wait_ms(5000); /* no confirmation: the read is answered then */
    mr_dnp3_server_tick(&d.server, d.now);
    assert_string_equal(dnp3_hear(), "C1819000");
}

static void test_unsolicited_off(void **state)
{
    (void)state;
    dnp3_begin(1, 8);
    dnp3_hear();
    d.settings.unsolicited_off = true;
    assert_string_equal(dnp3_ask("C0 14 3C0206"), "C0819001");
    dnp3_begin(0, 8);
    assert_string_equal(dnp3_hear(), "");
    assert_string_equal(dnp3_ask("C0 14 3C0206"), "C0819000"); /* a master that is not configured may enable them */
    d.i[0] = 1;
    wait_ms(1);
    mr_dnp3_server_tick(&d.server, d.now);
    assert_string_equal(dnp3_hear(), "F0829000"
                                     "020217010081E90300000000");
    assert_string_equal(dnp3_ask("C1 14 0100 06"), "C1819002");
    assert_string_equal(dnp3_ask("C2 14 3C0106"), "C2819004");
}

/* --- link layer, broadcasts, fragments --- */

static void test_link(void **state)
{
    (void)state;
    static const struct {
        uint8_t control, answer;
        bool answered;
    } cases[] = {
        {0xC9, 0x0B, true}, /* request link status */
        {0xF3, 0x01, true}, /* confirmed data before a reset */
        {0xC0, 0x00, true}, /* reset */
        {0xF2, 0x00, true}, /* test, FCB 1 */
        {0xD2, 0x00, true}, /* test, FCB 0 */
        {0xC1, 0x0F, true}, /* reset of the user process, obsolete */
        {0xD9, 0, false},   /* functions without a count bit that say it is valid, and with one that say it is not (9.2.4) */
        {0xD0, 0, false},   {0xC2, 0, false}, {0xE3, 0, false}, {0x8B, 0, false}, /* a secondary frame */
        {0x49, 0, false},                                                         /* from an outstation */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t frame[16], out[64];
        struct mr_writer w = mr_writer(frame, sizeof frame), o = mr_writer(out, sizeof out);
        mr_dnp3_frame_write(&w, &(struct mr_dnp3_link_header){cases[i].control, 10, 1}, mr_slice(NULL, 0));
        dnp3_feed(frame, w.n);
        assert_false(mr_dnp3_server_output(&d.server, &o));
        assert_int_equal(o.n, cases[i].answered ? 10 : 0);
        if (cases[i].answered) {
            assert_int_equal(out[3], cases[i].answer);
            assert_int_equal(out[4], 1);
            assert_int_equal(out[6], 10);
        }
    }
}

static size_t confirmed(uint8_t control, uint8_t *out, size_t cap)
{
    uint8_t frame[64];
    static const uint8_t data[] = {0xC0, 0xC0, MR_DNP3_DELAY_MEASURE};
    struct mr_writer w = mr_writer(frame, sizeof frame), o = mr_writer(out, cap);
    mr_dnp3_frame_write(&w, &(struct mr_dnp3_link_header){control, 10, 1}, mr_slice(data, sizeof data));
    dnp3_feed(frame, w.n);
    assert_false(mr_dnp3_server_output(&d.server, &o));
    return o.n;
}

static void test_confirmed_data(void **state)
{
    (void)state;
    uint8_t out[512], frame[16];
    struct mr_writer w = mr_writer(frame, sizeof frame), o = mr_writer(out, sizeof out);
    mr_dnp3_frame_write(&w, &(struct mr_dnp3_link_header){0xC0, 10, 1}, mr_slice(NULL, 0));
    dnp3_feed(frame, w.n);
    mr_dnp3_server_output(&d.server, &o);
    assert_true(confirmed(0xF3, out, sizeof out) > 10); /* acknowledged and answered */
    assert_int_equal(out[3], 0);
    assert_int_equal(confirmed(0xF3, out, sizeof out), 10); /* the same frame: acknowledged */
    assert_true(confirmed(0xD3, out, sizeof out) > 10);
}

static void test_addresses(void **state)
{
    (void)state;
    dnp3_say_from(1, 11, "C0 17");
    assert_string_equal(dnp3_hear(), "");
    dnp3_say_from(1, MR_DNP3_SELF_ADDRESS, "C0 17");
    assert_string_equal(dnp3_hear(), "");
    d.personality.self_address = true;
    dnp3_say_from(1, MR_DNP3_SELF_ADDRESS, "C0 17");
    assert_string_equal(dnp3_hear(), "C0819000340207010000");
    /* broadcasts are carried out, not answered; the next answer tells of them, and of FFFE until it is confirmed */
    dnp3_say_from(1, 0xFFFF, "C1 02 5001 00 0707 00");
    assert_string_equal(dnp3_hear(), "");
    assert_string_equal(dnp3_ask("C2 17"), "C2811100340207010000");
    assert_string_equal(dnp3_ask("C3 17"), "C3811000340207010000");
    dnp3_say_from(1, 0xFFFE, "C4 08 1400 06");
    assert_string_equal(dnp3_ask("C5 17"), "E5811900340207010000");
    assert_string_equal(dnp3_ask("C6 17"), "E6811900340207010000");
    dnp3_say_from(1, 10, "C6 00");
    assert_string_equal(dnp3_ask("C7 17"), "C7811800340207010000");
}

static void test_fragments(void **state)
{
    (void)state;
    dnp3_begin(0, 400);
    d.personality.fragment_max = MR_DNP3_FRAGMENT_MIN;
    for (int k = 0; k < 50; k++) {
        d.i[0] ^= 1;
        wait_ms(1);
    }
    /* 4 + 4 + 8 n <= 266: 32 events */
    const char *first = dnp3_ask("C5 01 3C0206 3C0106");
    assert_memory_equal(first, "A58192000202172000", 18);
    assert_int_equal(strlen(first) / 2, 4 + 4 + 32 * 8);
    assert_string_equal(dnp3_hear(), "");
    dnp3_say_from(1, 10, "C5 00");
    /* the other 18, then class 0 as far as there is room: it all fits */
    const char *second = dnp3_hear();
    assert_memory_equal(second, "668190000202171200", 18);
    assert_int_equal(strlen(second) / 2, 4 + 4 + 18 * 8 + strlen(CLASS0) / 2);
    dnp3_say_from(1, 10, "C6 00");
    assert_string_equal(dnp3_hear(), "");
    assert_int_equal(d.station.state->nevents, 0);
    /* one that is not confirmed is given up */
    d.i[0] ^= 1;
    wait_ms(1);
    dnp3_ask("C7 01 3C0206");
    d.now += 5 * MR_S;
    mr_dnp3_server_tick(&d.server, d.now);
    dnp3_say_from(1, 10, "C7 00");
    assert_int_equal(d.station.state->nevents, 1);
}

static void test_keepalive(void **state)
{
    (void)state;
    uint8_t out[64];
    dnp3_ask("C0 17");
    assert_int_equal(mr_dnp3_server_deadline(&d.server), d.now + MR_MIN);
    mr_dnp3_server_tick(&d.server, d.now + MR_MIN);
    struct mr_writer w = mr_writer(out, sizeof out);
    mr_dnp3_server_output(&d.server, &w);
    assert_int_equal(w.n, 10);
    assert_int_equal(out[3], 0x49); /* request link status */
    mr_dnp3_server_tick(&d.server, d.now + 2 * MR_MIN);
    w = mr_writer(out, sizeof out);
    mr_dnp3_server_output(&d.server, &w);
    assert_true(mr_dnp3_server_finished(&d.server));
}

/* A peer that stays in the middle of a fragment is forgotten after a minute. */
static void test_slow_peer(void **state)
{
    (void)state;
    uint8_t frame[64];
    static const uint8_t data[] = {0x40, 0xC0, 0x01};
    struct mr_writer w = mr_writer(frame, sizeof frame);
    mr_dnp3_frame_write(&w, &(struct mr_dnp3_link_header){0xC4, 10, 1}, mr_slice(data, sizeof data));
    dnp3_feed(frame, w.n);
    assert_int_equal(mr_dnp3_server_deadline(&d.server), d.now + MR_MIN);
    mr_dnp3_server_tick(&d.server, d.now + MR_MIN);
    assert_false(d.server.assembly.begun);
}

/* --- settings --- */

static void test_settings(void **state)
{
    (void)state;
    d.settings.controls_disabled = true;
    assert_string_equal(dnp3_ask("C0 05 2902 17 01 00 0100 00"), "C0819000"
                                                                 "290217010001000A");
    assert_int_equal(event().kind, MR_DNP3_EV_DENIED);
    d.settings.controls_disabled = false;
    d.station.state->local = true;
    assert_string_equal(dnp3_ask("C1 05 2902 17 01 00 0100 00"), "C181B000"
                                                                 "2902170100010007");
    d.station.state->local = false;
    d.settings.functions &= ~((uint64_t)1 << MR_DNP3_DIRECT_OPERATE);
    assert_string_equal(dnp3_ask("C2 05 2902 17 01 00 0100 00"), "C2819001");
    assert_int_equal(event().kind, MR_DNP3_EV_DENIED);
    d.settings.functions = UINT64_MAX;
    d.settings.access_list = true;
    d.settings.naccess = 1;
    d.settings.access[0] = (struct mr_dnp3_access){0x0A000000, 0xFF000000, MR_DNP3_MAY_READ};
    assert_string_equal(dnp3_ask("C3 05 2902 17 01 00 0100 00"), "C3819000"
                                                                 "2902170100010009");
    assert_string_equal(dnp3_ask("C4 0D"), "C4819001");
    assert_string_equal(dnp3_ask("C5 17"), "C5819000340207010000");
    d.settings.access[0].network = 0x0B000000;
    assert_string_equal(dnp3_ask("C6 17"), "");
    assert_int_equal(event().kind, MR_DNP3_EV_DENIED);
    d.settings.access_list = false;
    d.settings.check_master = true;
    d.station.nmasters = 1;
    dnp3_say_from(2, 10, "C7 17");
    assert_string_equal(dnp3_hear(), "");
    assert_string_equal(dnp3_ask("C7 17"), "C7819000340207010000");
    assert_int_equal(d.m[12], 0);
    mr_dnp3_server_close(&d.server);
    d.settings.access_list = true;
    d.personality.refuse_close = true;
    mr_dnp3_server_open(&d.server, 0x0A000009, d.now);
    assert_true(mr_dnp3_server_finished(&d.server));
}

/* --- the stream --- */

#define STREAM 6
static const char *const stream_fragments[STREAM] = {
    "C0 01 3C0206 3C0306 3C0406 3C0106",
    "C1 03 0C0128 0100 0200 03 01 64000000 64000000 00",
    "C2 04 0C0128 0100 0200 03 01 64000000 64000000 00",
    "C3 02 3201 07 01 95B0AB4A3A01",
    "C4 01 00FE 00 0000",
    "C5 17",
};

static size_t run_stream(const uint8_t *p, size_t n, size_t cut, uint8_t *out, size_t cap)
{
    struct mr_writer w = mr_writer(out, cap);
    dnp3_begin(0, 8);
    for (size_t at = 0; at < n;) {
        size_t m = n - at < cut ? n - at : cut;
        struct mr_feed f = mr_dnp3_server_feed(&d.server, mr_slice(p + at, m), d.now);
        assert_true(f.status != MR_FEED_MALFORMED);
        assert_true(f.status == MR_FEED_BLOCKED || f.consumed == m);
        dnp3_drain();
        assert_false(mr_dnp3_server_output(&d.server, &w));
        at += f.consumed;
    }
    return w.n;
}

static void test_prefixes_and_splits(void **state)
{
    (void)state;
    static uint8_t stream[1024], whole[8192], parts[8192];
    size_t n = 0;
    d.transport = 0;
    for (size_t i = 0; i < STREAM; i++) {
        uint8_t fragment[256];
        n += dnp3_frames(fragment, dnp3_unhex(stream_fragments[i], fragment), 1, 10, stream + n, sizeof stream - n);
    }
    size_t wanted = run_stream(stream, n, n, whole, sizeof whole);
    assert_true(wanted > 500);
    for (size_t cut = 1; cut < n; cut++) {
        assert_int_equal(run_stream(stream, n, cut, parts, sizeof parts), wanted);
        assert_memory_equal(parts, whole, wanted);
        size_t got = run_stream(stream, cut, cut, parts, sizeof parts); /* a prefix: the first answers, and nothing else */
        assert_true(got <= wanted);
        assert_memory_equal(parts, whole, got);
    }
}

/* Saved and loaded at any point of the stream, in the middle of everything: it goes on as if nothing had been. */
static void save_and_load(void)
{
    static uint8_t saved[2][1 << 17];
    struct mr_writer arena = mr_writer(saved[0], sizeof saved[0]), session = mr_writer(saved[1], sizeof saved[1]);
    uint8_t memory[sizeof d.i + sizeof d.q + sizeof d.m];
    mr_ns now = d.now;
    assert_int_equal(mr_arena_save(d.arena, &arena), MR_OK);
    mr_state_save(&mr_dnp3_server_type, &d.server, &session);
    memcpy(memory, d.i, sizeof memory);
    struct mr_rng rng = d.rng;
    dnp3_begin(1, 8);
    d.rng = rng;
    d.now = now;
    memcpy(d.i, memory, sizeof memory);
    struct mr_reader r = mr_reader(mr_written(&session));
    assert_int_equal(mr_arena_load(d.arena, mr_written(&arena)), MR_OK);
    assert_int_equal(mr_state_load(&mr_dnp3_server_type, &d.server, &r), MR_OK);
    assert_int_equal(mr_reader_left(&r), 0);
}

static void test_saved(void **state)
{
    (void)state;
    static uint8_t stream[1024];
    static uint8_t out[2][16384];
    static const uint8_t confirm[] = {0xD0, MR_DNP3_CONFIRM}; /* of the first unsolicited response */
    size_t n = dnp3_frames(confirm, sizeof confirm, 1, 10, stream, sizeof stream), wanted = 0;
    for (size_t i = 0; i < STREAM; i++) {
        uint8_t fragment[256];
        n += dnp3_frames(fragment, dnp3_unhex(stream_fragments[i], fragment), 1, 10, stream + n, sizeof stream - n);
    }
    for (int again = 0; again < 2; again++) {
        struct mr_writer w = mr_writer(out[again], sizeof out[again]);
        dnp3_begin(1, 8);
        for (size_t at = 0; at < n; at++) {
            d.i[0] = (uint8_t)(at / 30);
            d.m[7] = (uint8_t)(at / 20 * 16);
            wait_ms(at == n / 2 ? 5001 : 1);
            mr_dnp3_server_tick(&d.server, d.now);
            assert_false(mr_dnp3_server_output(&d.server, &w));
            if (again) {
                save_and_load();
            }
            dnp3_feed(stream + at, 1);
            dnp3_drain();
            if (again) {
                save_and_load();
            }
            assert_false(mr_dnp3_server_output(&d.server, &w));
        }
        wanted = again ? wanted : w.n;
        assert_int_equal(w.n, wanted);
    }
    assert_true(wanted > 500);
    assert_memory_equal(out[0], out[1], wanted);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, dnp3_setup, dnp3_teardown)
    const struct CMUnitTest tests[] = {
        T(test_class0),
        T(test_static_reads),
        T(test_hidden_and_attributes),
        T(test_events),
        T(test_event_requests),
        T(test_double_and_counter_events),
        T(test_overflow),
        T(test_several_masters),
        T(test_assign_class),
        T(test_direct_operate),
        T(test_select_operate),
        T(test_command_events),
        T(test_pulses),
        T(test_too_many),
        T(test_write),
        T(test_time_is_needed_again),
        T(test_freeze),
        T(test_restart_and_delay),
        T(test_files),
        T(test_unsolicited),
        T(test_unsolicited_read_goes_on),
        T(test_unsolicited_off),
        T(test_link),
        T(test_confirmed_data),
        T(test_addresses),
        T(test_fragments),
        T(test_keepalive),
        T(test_slow_peer),
        T(test_settings),
        T(test_prefixes_and_splits),
        T(test_saved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
