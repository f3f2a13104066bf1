/* DNP3 outstation: what a certification procedure tries and a polite master does not: wrong headers, and a restart while
 * unsolicited responses are on. Fragments are worked out by hand from IEEE 1815-2012; the station is that of
 * golden/dnp3_station.h. */
#include "golden/dnp3_station.h"

/* After a restart unsolicited responses begin as after power on: with an empty one, and nothing is enabled (4.6). */
static void test_restart_begins_anew(void **state)
{
    (void)state;
    dnp3_begin(1, 8);
    assert_string_equal(dnp3_hear(), "F0829000");
    dnp3_say_from(1, 10, "D0 00");
    assert_string_equal(dnp3_ask("C0 14 3C0206"), "C0819000");
    assert_string_equal(dnp3_ask("C1 0D"), "C1819000340207011027");
    mr_dnp3_station_restart(&d.station);
    wait_ms(1);
    assert_int_equal(mr_dnp3_server_deadline(&d.server), 0);
    mr_dnp3_server_tick(&d.server, d.now);
    assert_string_equal(dnp3_hear(), "F1829000");
    dnp3_say_from(1, 10, "D1 00");
    d.i[0] = 1;
    wait_ms(1);
    mr_dnp3_server_tick(&d.server, d.now);
    assert_string_equal(dnp3_hear(), ""); /* not enabled any more */
    assert_string_equal(dnp3_ask("C2 17"), "C2819200340207010000");
}

/* Disabled while one waits for its confirmation: it is not sent again, a read is answered at once and brings the event (4.6). */
static void test_disabled_while_waiting(void **state)
{
    (void)state;
    dnp3_begin(1, 8);
    assert_string_equal(dnp3_hear(), "F0829000");
    dnp3_say_from(1, 10, "D0 00");
    assert_string_equal(dnp3_ask("C0 14 3C0206 3C0306"), "C0819000");
    d.i[0] = 1;
    wait_ms(1);
    mr_dnp3_server_tick(&d.server, d.now);
    assert_string_equal(dnp3_hear(), "F1829000020217010081E90300000000");
    assert_string_equal(dnp3_ask("C1 15 3C0306"), "C1819000"); /* its class is still enabled */
    wait_ms(5000);
    mr_dnp3_server_tick(&d.server, d.now);
    assert_string_equal(dnp3_hear(), "F1829000020217010081E90300000000");
    assert_string_equal(dnp3_ask("C2 15 3C0206"), "C2819200");
    wait_ms(5000);
    mr_dnp3_server_tick(&d.server, d.now);
    assert_string_equal(dnp3_hear(), "");
    assert_string_equal(dnp3_ask("C3 01 3C0206"), "E3819000020217010081E90300000000");
}

/* What a request's headers ask for and the station has not got: IIN2.1 an object, IIN2.2 a qualifier, a range, data (4.5). */
static void test_header_errors(void **state)
{
    (void)state;
    static const struct {
        const char *ask, *answer;
    } rows[] = {
        {"01 6301 06", "9002"}, /* no such group */
        {"01 0103 06", "9002"}, /* variation */
        {"01 3C00 06", "9002"},
        {"01 3C05 06", "9002"},      /* class */
        {"01 3C02 00 0001", "9004"}, /* a class has no range */
        {"01 3C01 17 0100", "9004"},
        {"01 0201 00 0001", "9004"}, /* nor have events */
        {"01 0102 07 01", "9004"},   /* statics are not counted */
        {"01 0102 00 0201", "9004"}, /* stop before start */
        {"01 0102 5B 01", "9004"},
        {"01 0102 02 0000", "9004"},
        {"01 0102", "9004"},
        {"01 0102 00 00", "9004"},   /* cut off */
        {"01 00FC 00 0101", "9004"}, /* set 1 of attributes */
        {"01 5001 00 0707", "90005001000707"
                            "01"}, /* one of the indications */
        {"01 5001 00 0005", "900050010000"
                            "0510"},
        {"01 5001 00 0F10", "9004"},
        {"01 5001 07 01", "9004"},
        {"05 0C02 17 01 00 0301640000006400000000", "9002"}, /* a pattern control block */
        {"05 0C01 07 01 0301640000006400000000", "9004"},
        {"05 2905 28 0100 0000 0000000000", "9002"},
        {"02 2201 07 01 0100", "9004"}, /* a deadband of no point */
        {"02 2204 17 01 00 0100", "9002"},
        {"02 0102 00 0000 81", "9002"}, /* inputs are not written */
        {"02 5001 00 0404 00", "9004"}, /* only the restart can be cleared */
        {"02 5001 00 0707 01", "9004"},
        {"07 1400 07 01", "9004"},           /* freeze: a count */
        {"16 3C0206 0100 17 01 00", "9004"}, /* assign: indexes */
        {"16 0100 06", "9004"},              /* without a class */
        {"16 3C0206 0200 06", "9002"},       /* events have none */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char ask[80], answer[80];
        (void)snprintf(ask, sizeof ask, "C%X %s", (unsigned)(i % 16), rows[i].ask);
        (void)snprintf(answer, sizeof answer, "C%X81%s", (unsigned)(i % 16), rows[i].answer);
        assert_string_equal(dnp3_ask(ask), answer);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, dnp3_setup, dnp3_teardown)
    const struct CMUnitTest tests[] = {T(test_restart_begins_anew), T(test_disabled_while_waiting), T(test_header_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
