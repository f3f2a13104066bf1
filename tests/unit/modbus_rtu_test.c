/* RTU frames over TCP: CRC, lengths by function, every split, addresses, broadcast, damaged frames, a gateway's units, the
 * client. Expected values: "MODBUS over Serial Line V1.02", section 2.5.1.2 with the example of appendix B (02 07, CRC 41 12), a
 * request that many vendors' manuals have (01 03 0000 000A, CRC C5 CD); answers' PDUs as V1.1b3, section 6, has them. */
#include "golden/modbus_spec.h"

#include "proto/modbus/modbus_client.h"
#include "proto/modbus/modbus_rtu.h"

static struct modbus_device d;
static struct mr_modbus_unit units[2];
static struct mr_modbus_settings second_settings;
static struct mr_modbus_health second_health;

static int setup(void **state)
{
    (void)state;
    modbus_device_init(&d);
    return 0;
}

/* A frame in hex without its CRC; the answer, whose CRC must be right, in hex without it. */
static const char *ask(const char *hex, size_t chunk)
{
    static char text[2 * MR_MODBUS_RTU_MAX + 1];
    uint8_t frame[MR_MODBUS_RTU_MAX + 2], out[2 * MR_MODBUS_RTU_MAX];
    struct mr_writer w = {frame, sizeof frame, unhex(hex, frame, sizeof frame), false}, answer = mr_writer(out, sizeof out);
    mr_modbus_rtu_finish(&w, 0);
    for (size_t at = 0; at < w.n; at += chunk) {
        size_t m = w.n - at < chunk ? w.n - at : chunk;
        struct mr_feed f = mr_modbus_rtu_server_feed(&d.server, mr_slice(frame + at, m), MR_S);
        assert_int_equal(f.status, MR_FEED_OK);
        assert_true((f.needed > 0) == (at + m < w.n));
    }
    assert_false(mr_modbus_server_output(&d.server, &answer));
    text[0] = '\0';
    if (answer.n > 0) {
        assert_int_equal(mr_modbus_crc(mr_written(&answer)), 0);
        for (size_t i = 0; i + 2 < answer.n; i++) {
            snprintf(text + 2 * i, 3, "%02X", out[i]);
        }
    }
    struct mr_modbus_event ev;
    while (mr_modbus_server_next(&d.server, &ev)) {
    }
    return text;
}

static void test_crc(void **state)
{
    (void)state;
    static const uint8_t example[] = {0x02, 0x07, 0x41, 0x12};
    static const uint8_t read[] = {0x01, 0x03, 0x00, 0x00, 0x00, 0x0A, 0xC5, 0xCD};
    assert_int_equal(mr_modbus_crc(mr_slice(example, 2)), 0x1241);
    assert_int_equal(mr_modbus_crc(mr_slice(example, 4)), 0);
    assert_int_equal(mr_modbus_crc(mr_slice(read, 8)), 0);
    uint8_t out[8];
    struct mr_writer w = mr_writer(out, sizeof out);
    mr_write_bytes(&w, mr_slice(read, 6));
    mr_modbus_rtu_finish(&w, 0);
    assert_memory_equal(out, read, 8);
}

/* One of each form, in every size of piece. */
static void test_forms(void **state)
{
    (void)state;
    static const struct {
        const char *request, *answer;
    } cases[] = {
        {"010F0000000A02CD01", "010F0000000A"},
        {"01010000000A", "010102CD01"},
        {"0110000100020400120034", "011000010002"},
        {"010300010002", "01030400120034"},
        {"010600011234", "010600011234"},
        {"01160001F2F20025", "01160001F2F20025"},
        {"0117000100010002000102FFFE", "0117021235"}, /* what 06 and 22 left: (1234 and F2F2) or (0025 and not F2F2) */
        {"0108000012AB", "0108000012AB"},
        {"0107", "010700"},
        {"010B", NULL},
        {"0111", NULL},
        {"012B0E0100", NULL},
        {"014100", "01C101"},
        {"012B0D0102030405", "01AB01"},
        {"0103FFFF0002", "018302"},
    };
    for (size_t chunk = 1; chunk < 24; chunk++) {
        setup(NULL);
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            const char *got = ask(cases[i].request, chunk);
            if (strlen(got) < 6 || (cases[i].answer && strcmp(got, cases[i].answer) != 0)) {
                fail_msg("%s by %zu: %s, wanted %s", cases[i].request, chunk, got, cases[i].answer);
            }
        }
    }
}

/* A frame with a wrong CRC is counted and forgotten; the next is answered. Bytes that never end in a CRC close the connection. */
static void test_damage(void **state)
{
    (void)state;
    static const uint8_t wrong[] = {0x01, 0x03, 0x00, 0x00, 0x00, 0x0A, 0xC5, 0xCE};
    assert_int_equal(mr_modbus_rtu_server_feed(&d.server, mr_slice(wrong, sizeof wrong), 0).status, MR_FEED_OK);
    assert_int_equal(d.server.nout, 0);
    assert_int_equal(d.health.bus_errors, 1);
    assert_string_equal(ask("010300000001", 8), "0103020000");
    uint8_t garbage[300];
    memset(garbage, 0x55, sizeof garbage);
    assert_int_equal(mr_modbus_rtu_server_feed(&d.server, mr_slice(garbage, sizeof garbage), 0).status, MR_FEED_MALFORMED);
    assert_true(mr_modbus_server_finished(&d.server));
}

/* Function 12 (V1.1b3, 6.10): after one read, itself received: events 1, messages 2; log newest first: received (80), sent (40),
 * received. An exception leaves 41, listen-only mode 04, a restart 00, which with FF00 clears what was there. */
static void test_event_log(void **state)
{
    (void)state;
    (void)ask("010300000001", 8);
    assert_string_equal(ask("010C", 4), "010C09000000010002804080");
    (void)ask("0103FFFF0002", 8);
    assert_string_equal(ask("010C", 4), "010C0D0000000200048041804080"
                                        "4080");
}

static void test_gateway(void **state)
{
    (void)state;
    mr_modbus_settings_init(&second_settings);
    memset(&second_health, 0, sizeof second_health);
    memset(d.settings.units, 0, sizeof d.settings.units);
    memset(second_settings.units, 0, sizeof second_settings.units);
    d.settings.units[0] = 1u << 1;
    second_settings.units[0] = 1u << 2;
    units[0] = d.unit;
    units[1] = d.unit;
    units[1].settings = &second_settings;
    units[1].health = &second_health;
    mr_modbus_server_init(&d.server, units, 2);
    mr_modbus_server_open(&d.server, 1, 0);
    assert_string_equal(ask("020600011234", 8), "020600011234");
    assert_string_equal(ask("010300010001", 8), "0103021234");
    assert_string_equal(ask("030300010001", 8), ""); /* nobody's address */
    assert_string_equal(ask("000600020042", 8), ""); /* everybody's */
    assert_string_equal(ask("010300020001", 8), "0103020042");
    assert_int_equal(d.health.bus_messages, 3);
    assert_int_equal(second_health.bus_messages, 2);
    second_health.off = true;
    assert_string_equal(ask("020300010001", 8), "");
    /* the same units by Modbus/TCP: exception 11 for the one that is off, 10 or 11 for no unit, as the product does */
    static const uint8_t off[] = {0, 1, 0, 0, 0, 6, 2, 3, 0, 1, 0, 1}, absent[] = {0, 1, 0, 0, 0, 6, 9, 3, 0, 1, 0, 1};
    uint8_t out[64];
    struct mr_writer w = mr_writer(out, sizeof out);
    d.personality.unknown_unit = MR_MODBUS_GATEWAY_PATH;
    assert_int_equal(mr_modbus_server_feed(&d.server, mr_slice(off, sizeof off), 0).status, MR_FEED_OK);
    assert_int_equal(mr_modbus_server_feed(&d.server, mr_slice(absent, sizeof absent), 0).status, MR_FEED_OK);
    assert_false(mr_modbus_server_output(&d.server, &w));
    static const uint8_t want[] = {0, 1, 0, 0, 0, 3, 2, 0x83, 11, 0, 1, 0, 0, 0, 3, 9, 0x83, 10};
    assert_int_equal(w.n, sizeof want);
    assert_memory_equal(out, want, sizeof want);
}

static struct mr_modbus_client client;

/* What one has to say to the other, `chunk` bytes at a time. */
static void exchange(size_t chunk)
{
    uint8_t buf[512];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    (void)mr_modbus_client_output(&client, &w);
    for (size_t at = 0; at < w.n; at += chunk) {
        size_t m = w.n - at < chunk ? w.n - at : chunk;
        assert_int_equal(mr_modbus_rtu_server_feed(&d.server, mr_slice(buf + at, m), 0).status, MR_FEED_OK);
    }
    struct mr_modbus_event ev;
    while (mr_modbus_server_next(&d.server, &ev)) {
    }
    w.n = 0;
    (void)mr_modbus_server_output(&d.server, &w);
    for (size_t at = 0; at < w.n; at += chunk) {
        size_t m = w.n - at < chunk ? w.n - at : chunk;
        assert_int_equal(mr_modbus_client_feed(&client, mr_slice(buf + at, m), 0).status, MR_FEED_OK);
    }
}

static void test_client(void **state)
{
    (void)state;
    static const uint16_t values[] = {7, 8, 9};
    static const uint8_t functions[] = {16, 3, 6, 1, 15, 2, 4, 5, 22, 23, 17, 43};
    mr_modbus_client_init_rtu(&client, MR_S);
    mr_modbus_client_open(&client);
    for (size_t chunk = 1; chunk < 12; chunk += 5) {
        for (size_t i = 0; i < sizeof functions; i++) {
            struct mr_modbus_request r = {
                .token = (uint32_t)i, .unit = 1, .function = functions[i], .count = 3, .values = values, .write_count = 3};
            r.count = functions[i] == 43 ? MR_MODBUS_ID_BASIC : r.count;
            struct mr_modbus_result got;
            assert_int_equal(mr_modbus_client_request(&client, &r, 0), MR_OK);
            assert_int_equal(mr_modbus_client_request(&client, &r, 0), MR_E_FULL); /* one at a time */
            exchange(chunk);
            assert_true(mr_modbus_client_next(&client, &got));
            assert_int_equal(got.token, i);
            if (got.status != MR_MODBUS_DONE) {
                fail_msg("function %u: status %d", functions[i], (int)got.status);
            }
        }
    }
    struct mr_modbus_request bad = {.unit = 1, .function = 3, .address = 0xFFFF, .count = 2};
    struct mr_modbus_result got;
    assert_int_equal(mr_modbus_client_request(&client, &bad, 0), MR_OK);
    exchange(3);
    assert_true(mr_modbus_client_next(&client, &got));
    assert_int_equal(got.status, MR_MODBUS_EXCEPTION);
    assert_int_equal(got.exception, 2);
    bad.unit = 9; /* of a line without such a unit comes nothing */
    memset(d.settings.units, 0, sizeof d.settings.units);
    assert_int_equal(mr_modbus_client_request(&client, &bad, 0), MR_OK);
    exchange(3);
    mr_modbus_client_tick(&client, MR_S);
    assert_true(mr_modbus_client_next(&client, &got));
    assert_int_equal(got.status, MR_MODBUS_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_crc, setup),     cmocka_unit_test_setup(test_forms, setup),
        cmocka_unit_test_setup(test_damage, setup),  cmocka_unit_test_setup(test_event_log, setup),
        cmocka_unit_test_setup(test_gateway, setup), cmocka_unit_test_setup(test_client, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
