/* S7 server: tables of variables, cyclic transfer, messages, alarms, diagnostics buffer. Answers to tables of variables are byte
 * for byte those of a captured session of STEP 7 with an S7-300 (step7_s300_rwVarTab), the subscriptions and the message of a
 * stop those of WinCC and STEP 7; the rest is worked out by hand from the forms that tshark knows. */
#include "golden/s7_talk.h"

/* Three variables modified once, with trigger 1: nothing until it is enabled. Then monitored at once. */
static void test_table(void **state)
{
    (void)state;
    static const char modify[] =
        "320700006803000C0044000112081241080000000000FF0900400014002800000001000100060001000100010001000102000003"
        "030100000000020100000004100100000008000900044133851F00090002DEAD000900010100";
    static const char enable[] =
        "320700006903000C001E0001120812410E0000000000FF09001A0014000200000000000100000000000100010001000100000802";
    static const char monitor[] =
        "320700006C03000C002A000112081241020000000000FF0900260014000E000000000001001200010001000100010001000000"
        "02010600000000110100000008";
    assert_string_equal(ask(modify), "320700006803000C00040001120812810802000000000A000000");
    assert_int_equal(t.m[0], 0);
    assert_string_equal(ask(enable), "320700006903000C00040001120812810E01000000000A000000 "
                                     "320700000000000C0012000112081201080200000000FF09000E00040006010000020003FFFFFF00");
    static const uint8_t written[] = {0x41, 0x33, 0x85, 0x1F, 0xDE, 0xAD};
    assert_memory_equal(t.m, written, sizeof written);
    assert_int_equal(t.i[8], 0x02);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(event().kind, MR_S7_EV_WRITE);
    }
    assert_string_equal(ask(monitor), "320700006C03000C00040001120812810202000000000A000000 "
                                      "320700000000000C001E000112081201020200000000"
                                      "FF09001A00040012010000010002FF0900064133851FDEADFF0900010200");
    assert_string_equal(ask(enable) + 40, "D0A50A000000"); /* what was modified once is gone */
}

/* A table that stays: each "enable" brings it once, one with frequency 0 every 100 ms, until it is disabled or deleted. */
static void test_standing_table(void **state)
{
    (void)state;
    static const char monitor[] =
        "320700000001000C0024000112081241020000000000FF0900200014000800000001000000080001000100010001000100000001"
        "010100000000";
    static const char once[] =
        "320700000001000C001E0001120812410E0000000000FF09001A0014000200000000000100000000000100010001000100000202";
    static const char always[] =
        "320700000001000C001E0001120812410E0000000000FF09001A0014000200000000000000000000000100010001000100000202";
    static const char disable[] =
        "320700000001000C001E0001120812410D0000000000FF09001A0014000200000000000100000000000100010001000100000202";
    static const char delete[] =
        "320700000001000C00200001120812410F0000000000FF09001C0014000400000000000100000000000100010001000100000001"
        "0202";
    static const char jobs[] =
        "320700000001000C0020000112081241100000000000FF09001C00140004000000000001000000010001000100010001000000000000";
    t.m[0] = 0x5A;
    assert_string_equal(ask(monitor) + 20, "0001120812810202000000000A000000");
    assert_string_equal(ask(jobs) + 20, "000112081281100100000000FF09001000040008010000010202000010010000");
    assert_non_null(strstr(ask(once), "010000020001FF0900015A00"));
    assert_true(mr_s7_server_deadline(&t.server) == MR_NEVER_NS);
    assert_string_equal(ask(disable) + 40, "D0A50A000000"); /* nothing is under way */
    (void)ask(always);
    assert_true(mr_s7_server_deadline(&t.server) == MR_S + 100 * MR_MS);
    t.m[0] = 0x5B;
    mr_s7_server_tick(&t.server, MR_S + 100 * MR_MS);
    assert_non_null(strstr(hex_output(), "FF0900015B00"));
    assert_string_equal(ask(disable) + 40, "00000A000000");
    assert_true(mr_s7_server_deadline(&t.server) == MR_NEVER_NS);
    assert_string_equal(ask(delete) + 40, "00000A000000");
    assert_string_equal(ask(delete) + 40, "D0A50A000000");
}

static void test_tests_refused(void **state)
{
    (void)state;
    static const char flash[] =
        "320700006C01000C001C000112081241160000000000FF090018001400000000000000010000000000010001000100010000";
    static const char breakpoint[] =
        "320700006C01000C001C0001120812410A0000000000FF090018001400000000000000010000000000010001000100010000";
    static const char leds[] = "320700000001000800080001120411440100FF0900040174000B";
    assert_string_equal(ask(flash) + 40, "00000A000000");
    assert_int_equal(event().kind, MR_S7_EV_FLASH);
    assert_string_equal(ask(leds) + 2 * 26, "0174000B00040001000B0101"); /* BUS1F, on, blinks */
    assert_string_equal(ask(breakpoint) + 40, "D0030A000000");
    assert_string_equal(ask("320700000001000C0004000112081241020000000000FF090000") + 40, "D05F0A000000");
    t.personality.no_tests = true;
    assert_string_equal(ask(flash) + 40, "81040A000000");
}

/* MB0, two bytes, every half second: in the answer, then each time; only changes; the end. Job 2. */
static void test_cyclic(void **state)
{
    (void)state;
    static const char subscribe[] = "320700000001000800140001120411420100FF09001000010005120A10020002000083000000";
    static const char changes[] = "320700000001000800140001120411420500FF09001000010101120A10020002000083000000";
    static const char end[] = "320700000001000800060001120411420400FF0900020102";
    t.m[0] = 7;
    t.m[1] = 8;
    assert_string_equal(ask(subscribe), "320700000001000C000C000112081282010200000000FF0900080001FF0400100708");
    assert_true(mr_s7_server_deadline(&t.server) == MR_S + 500 * MR_MS);
    mr_s7_server_tick(&t.server, MR_S + 499 * MR_MS);
    assert_string_equal(hex_output(), "");
    mr_s7_server_tick(&t.server, MR_S + 500 * MR_MS);
    assert_string_equal(hex_output(), "320700000000000C000C000112081202010200000000FF0900080001FF0400100708");
    assert_string_equal(ask(end) + 40, "00000A000000");
    assert_string_equal(ask(end) + 40, "D0A50A000000");
    assert_true(mr_s7_server_deadline(&t.server) == MR_NEVER_NS);
    (void)ask(changes); /* every second, of base 1 */
    mr_s7_server_tick(&t.server, 2 * MR_S);
    assert_string_equal(hex_output(), "");
    t.m[1] = 9;
    mr_s7_server_tick(&t.server, 3 * MR_S);
    assert_string_equal(hex_output(), "320700000000000C000C000112081202050200000000FF0900080001FF0400100709");
    assert_string_equal(ask("320700000001000800140001120411420100FF09001000010300120A10020002000083000000") + 40, "D0080A000000");
    for (int i = 0; i < MR_S7_JOBS - 1; i++) {
        assert_memory_equal(ask(subscribe) + 40, "0000", 4);
    }
    assert_string_equal(ask(subscribe) + 40, "D0620A000000");
    mr_s7_server_close(&t.server);
    for (int i = 0; i < MR_S7_JOBS; i++) {
        assert_int_equal(t.state.jobs[i].owner, 0);
    }
}

/* A station and its connection saved and loaded go on where they were: the next transfer, and the entry not told of yet. */
static void test_saved(void **state)
{
    (void)state;
    static uint8_t saved[65536];
    static struct s7_station other;
    struct mr_writer w = mr_writer(saved, sizeof saved);
    (void)ask("320700000001000800140001120411420100FF09001000010005120A10020002000083000000");
    (void)ask("3207000005000008000E0001120411440200FF09000A01005553455231000000");
    mr_s7_set_mode(&t.state, false, MR_S7_BY_SWITCH, MR_S);
    mr_state_save(&mr_s7_state_type, &t.state, &w);
    mr_state_save(&mr_s7_server_type, &t.server, &w);
    assert_false(w.full);
    s7_station_init(&other);
    struct mr_reader r = mr_reader(mr_written(&w));
    assert_int_equal(mr_state_load(&mr_s7_state_type, &other.state, &r), MR_OK);
    assert_int_equal(mr_state_load(&mr_s7_server_type, &other.server, &r), MR_OK);
    assert_int_equal(mr_reader_left(&r), 0);
    uint8_t before[MR_S7_SERVER_OUT], after[MR_S7_SERVER_OUT];
    struct mr_writer one = mr_writer(before, sizeof before), two = mr_writer(after, sizeof after);
    mr_s7_server_tick(&t.server, 2 * MR_S);
    mr_s7_server_tick(&other.server, 2 * MR_S);
    assert_false(mr_s7_server_output(&t.server, &one));
    assert_false(mr_s7_server_output(&other.server, &two));
    assert_int_equal(one.n, 7 + 34 + 7 + 42); /* a transfer of two bytes, a message of twenty */
    assert_int_equal(two.n, one.n);
    assert_memory_equal(before, after, one.n);
}

/* As STEP 7 subscribes and is told of the stop it asks for. 2016-02-08 14:51:38.916, a Monday, is one second after the
 * station's. */
static void test_diagnosis(void **state)
{
    (void)state;
    static const char subscribe[] = "3207000005000008000E0001120411440200FF09000A01005553455231000000";
    static const char stop[] = "3201000000010010000029000000000009505F50524F4752414D";
    static const char list[] = "320700000001000800080001120411440100FF09000400A00000";
    t.state.clock = 1454943097916 * MR_MS;
    assert_string_equal(ask(subscribe), "320700000500000C0006000112081284020100000000FF0900020200");
    assert_string_equal(ask(stop), "32030000000100010000000029 "
                                   "320700000000000800180001120411040300FF0900144304FF8400000000000000001602081451389162");
    assert_string_equal(ask(list) + 2 * 26, "00A00000001400014304FF8400000000000000001602081451389162");
    mr_s7_set_mode(&t.state, true, MR_S7_BY_SWITCH, MR_S);
    assert_true(mr_s7_server_deadline(&t.server) <= MR_S); /* at once */
    mr_s7_server_tick(&t.server, MR_S);
    const char *told = hex_output();
    assert_non_null(strstr(told, "4301FF46")); /* STOP to STARTUP, STARTUP to RUN; the request is no change of mode */
    assert_non_null(strstr(told, "4302FF68"));
    assert_null(strstr(told, "1381"));
    (void)ask("3207000000010008000E0001120411440200FF09000A00005553455231000000"); /* no more */
    mr_s7_set_mode(&t.state, false, MR_S7_BY_CYCLE_TIME, MR_S);
    mr_s7_server_tick(&t.server, MR_S);
    assert_string_equal(hex_output(), "");
    assert_memory_equal(ask(list) + 2 * 26, "00A00000001400054568FF84", 24);
    assert_string_equal(ask("320700000001000800080001120411440100FF0900040FA00000") + 2 * 26, "0FA0000000140005");
    for (int i = 0; i < 300; i++) {
        mr_s7_diagnose(&t.state, MR_S7_DIAG_PASSWORD_WRONG, 0, 1, MR_S);
    }
    assert_memory_equal(ask(list) + 2 * 26, "00A0000000140064", 16); /* a hundred, in pieces */
    t.state.running = true;
    assert_memory_equal(ask(list) + 2 * 26, "00A000000014000A", 16);
    assert_memory_equal(ask("320700000001000800080001120411440100FF09000401A00002") + 2 * 26, "01A0000200140002", 16);
}

/* As WinCC subscribes to ALARM_S and queries; one comes, is listed, goes, is acknowledged and forgotten. */
static void test_alarms(void **state)
{
    (void)state;
    static const char subscribe[] = "320700000001000800100001120411440200FF09000C8100486D6952746D20200900";
    static const char query[] = "320700000002000800100001120411441300FF09000C000112081A00013400000004";
    static const char ack[] = "320700000003000800100001120411440B00FF09000C000112081900600000010101";
    t.state.clock = 1454943097916 * MR_MS;
    assert_string_equal(ask(subscribe) + 20, "000112081284020100000000FF0900050200090100");
    assert_string_equal(ask(query) + 20, "000112081284130100000000FF09000600010A000000");
    assert_true(mr_s7_raise(&t.state, MR_S7_CPU_ALARM_S, 0x60000001, 1, MR_S));
    mr_s7_server_tick(&t.server, MR_S);
    /* comes: signal 1 stands, its coming is not acknowledged */
    assert_string_equal(hex_output(), "3207000000000008001A0001120411041200FF09001616020814513891620001120A1600600000010100FFFE");
    assert_string_equal(ask(query) + 20, "000112081284130100000000FF09002A0001FF09002423000004600000010001FFFE"
                                         "16020814513891620A00000000000000000000000A000000");
    assert_true(mr_s7_raise(&t.state, MR_S7_CPU_ALARM_S, 0x60000001, 1, MR_S)); /* nothing new */
    mr_s7_server_tick(&t.server, MR_S);
    assert_string_equal(hex_output(), "");
    assert_true(mr_s7_raise(&t.state, MR_S7_CPU_ALARM_S, 0x60000001, 0, 2 * MR_S));
    assert_true(mr_s7_raise(&t.state, MR_S7_CPU_ALARM_8, 5, 3, 2 * MR_S)); /* not subscribed to */
    mr_s7_server_tick(&t.server, 2 * MR_S);
    assert_string_equal(hex_output(), "3207000000000008001A0001120411041200FF09001616020814513991620001120A1600600000010000FEFE");
    assert_string_equal(ask(ack), "320700000003000C00070001120812840B0100000000FF0900030001FF "
                                  "320700000000000800180001120411040C00FF090014160208145138916200011208190060000001FFFF");
    assert_string_equal(ask(query) + 20, "000112081284130100000000FF09000600010A000000");
    assert_non_null(strstr(ask(ack), "FF09000300010A"));
    t.personality.no_messages = true;
    assert_string_equal(ask(query) + 40, "81040A000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_table, setup),         cmocka_unit_test_setup(test_standing_table, setup),
        cmocka_unit_test_setup(test_tests_refused, setup), cmocka_unit_test_setup(test_cyclic, setup),
        cmocka_unit_test_setup(test_diagnosis, setup),     cmocka_unit_test_setup(test_alarms, setup),
        cmocka_unit_test_setup(test_saved, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
