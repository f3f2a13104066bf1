/* EtherNet/IP client and scanner: what they send, as The CIP Networks Library has it, worked out by hand; what they make of
 * answers, right, late and wrong; and both against our server. */
#include "support/enip_hex.h"

#include "proto/enip/enip_client.h"
#include "proto/enip/enip_scanner.h"

static const struct mr_enip_route direct = {.vendor = 0x1337, .serial = 0x3333, .timeout = MR_S};
static const struct mr_enip_route routed = {.chassis = true, .slot = 2, .vendor = 0x1337, .serial = 0x3333, .timeout = MR_S};
static const struct mr_enip_route connected = {
    .connected = true, .chassis = true, .size = 500, .vendor = 0x1337, .serial = 0x3333, .timeout = MR_S};
static const struct mr_enip_route large = {
    .connected = true, .chassis = true, .size = 4000, .vendor = 0x1337, .serial = 0x3333, .timeout = MR_S};

static struct mr_enip_client c;
static struct enip_station t;

static const char *output(void)
{
    static uint8_t out[MR_ENIP_MESSAGE_MAX];
    struct mr_writer w = mr_writer(out, sizeof out);
    assert_false(mr_enip_client_output(&c, &w));
    return enip_hex(out, w.n);
}

static struct mr_feed input(const char *hex)
{
    uint8_t bytes[MR_ENIP_MESSAGE_MAX];
    return mr_enip_client_feed(&c, mr_slice(bytes, enip_unhex(hex, bytes)), 0);
}

static struct mr_enip_result result(void)
{
    struct mr_enip_result r;
    assert_true(mr_enip_client_next(&c, &r));
    return r;
}

static void begin(const struct mr_enip_route *route)
{
    mr_enip_client_init(&c, route);
    mr_enip_client_open(&c, 0);
    enip_same(output(), "65000400 00000000 00000000 0100000000000000 00000000 01000000");
    assert_int_equal(input("65000400 44332211 00000000 0100000000000000 00000000 01000000").status, MR_FEED_OK);
}

static void test_unconnected(void **state)
{
    (void)state;
    static const char *const tags[] = {"Level", "Program:Main.Grid[1,300].Speed"};
    begin(&direct);
    assert_int_equal(result().outcome, MR_ENIP_READY);
    assert_int_equal(mr_enip_client_read(&c, tags, 1, 1, 77, 0), MR_OK);
    enip_same(output(), "6F001C00 44332211 00000000 0200000000000000 00000000 00000000 0200 0200 00000000 B2000C00"
                        "4C04 9105 4C6576656C00 0100");
    assert_int_equal(mr_enip_client_read(&c, tags, 1, 1, 78, 0), MR_E_BUSY);
    assert_int_equal(input("6F001A00 44332211 00000000 0200000000000000 00000000 00000000 0000 0200 00000000 B2000A00"
                           "CC000000 C400 78563412")
                         .status,
                     MR_FEED_OK);
    struct mr_enip_result r = result();
    uint16_t type;
    struct mr_slice value;
    double number;
    assert_int_equal(r.outcome, MR_ENIP_DONE);
    assert_int_equal(r.token, 77);
    assert_true(mr_enip_value(r.data, &type, &value));
    assert_true(mr_cip_number(type, value, &number));
    assert_float_equal(number, 0x12345678, 0);
    /* Two in a packet. The second path has 14 + 6 + 2 + 4 + 8 = 34 bytes. */
    assert_int_equal(mr_enip_client_read(&c, tags, 2, 1, 79, 0), MR_OK);
    enip_same(strstr(output(), "B200") + 8, "0A02 2002 2401 0200 0600 1200 4C04 9105 4C6576656C00 0100"
                                            "4C11 910C 50726F6772616D3A4D61696E 9104 47726964 2801 2900 2C01 9105 537065656400"
                                            "0100");
    /* One is refused: done, and each has its answer. */
    (void)input("6F002A00 44332211 00000000 0300000000000000 00000000 00000000 0000 0200 00000000 B2001A00"
                "8A001E00 0200 0600 1000 CC000000 C400 01000000 CC000501 0000");
    r = result();
    assert_int_equal(r.outcome, MR_ENIP_DONE);
    assert_int_equal(r.status, MR_CIP_EMBEDDED);
    struct mr_cip_answer a;
    assert_true(mr_enip_next_answer(r.data, 0, &a));
    assert_int_equal(a.status, MR_CIP_OK);
    assert_int_equal(a.data.n, 6);
    assert_true(mr_enip_next_answer(r.data, 1, &a));
    assert_int_equal(a.status, MR_CIP_PATH_UNKNOWN);
    assert_false(mr_enip_next_answer(r.data, 2, &a));
}

static void test_routed(void **state)
{
    (void)state;
    begin(&routed);
    (void)result();
    assert_int_equal(mr_enip_client_write(&c, "A", MR_CIP_SINT, 1, mr_slice("\x7F", 1), 5, 0), MR_OK);
    /* 4D 02 91 01 41 00 C2 00 01 00 7F: 11 bytes, and a pad; 8 + 2 + 12 + 4 = 26 */
    enip_same(strstr(output(), "B200"), "B2001A00 5202 2006 2401 07E9 0B00 4D02 9101 4100 C200 0100 7F 00 0100 0102");
    (void)input("6F001700 44332211 00000000 0200000000000000 00000000 00000000 0000 0200 00000000 B2000700 D200 0101 1203 01");
    struct mr_enip_result r = result();
    assert_int_equal(r.outcome, MR_ENIP_REFUSED);
    assert_int_equal(r.status, MR_CIP_CONNECTION_FAILURE);
    assert_int_equal(r.extended, MR_CIP_CE_LINK_ADDRESS);
    assert_false(mr_enip_client_finished(&c));
    assert_int_equal(mr_enip_client_write_bit(&c, "A", 2, 9, true, 5, 0), MR_OK);
    enip_same(strstr(output(), "4E02"), "4E02 9101 4100 0200 0002 FFFF 0100 0102");
    (void)input("6F000000 44332211 64000000 0300000000000000 00000000");
    r = result();
    assert_int_equal(r.outcome, MR_ENIP_REFUSED);
    assert_int_equal(r.error, MR_ENIP_BAD_SESSION);
    assert_int_equal(mr_enip_client_mode(&c, false, 5, 0), MR_OK);
    enip_same(strstr(output(), "0702"), "0702 208E 2401 0100 0102");
}

static void test_names(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", ".", "A.", "A[", "A[]", "A[x]", "A[1", "A[1]B", "A[4294967296]", ".A", "A..B"};
    begin(&direct);
    (void)result();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(mr_enip_client_read(&c, &wrong[i], 1, 1, 0, 0), MR_E_INVALID);
    }
    assert_int_equal(mr_enip_client_write_bit(&c, "A", 2, 16, true, 5, 0), MR_E_INVALID);
}

static void test_numbers(void **state)
{
    (void)state;
    uint8_t out[8];
    double v;
    assert_int_equal(mr_cip_from_number(MR_CIP_INT, -2.5, out), 2);
    assert_memory_equal(out, "\xFE\xFF", 2);
    assert_int_equal(mr_cip_from_number(MR_CIP_USINT, 300, out), 1);
    assert_int_equal(out[0], 255);
    assert_int_equal(mr_cip_from_number(MR_CIP_BOOL, 3, out), 1);
    assert_int_equal(out[0], 1);
    assert_int_equal(mr_cip_from_number(MR_CIP_REAL, 10, out), 4);
    assert_memory_equal(out, "\x00\x00\x20\x41", 4);
    assert_int_equal(mr_cip_from_number(MR_CIP_STRUCTURE, 10, out), 0);
    assert_true(mr_cip_number(MR_CIP_BOOL, mr_slice("\xFF", 1), &v));
    assert_float_equal(v, 1, 0);
    assert_false(mr_cip_number(MR_CIP_DINT, mr_slice("\xFF", 1), &v));
    assert_false(mr_cip_number(MR_CIP_STRUCTURE, mr_slice("\xFF", 1), &v));
    assert_string_equal(mr_cip_type_name(MR_CIP_LREAL), "LREAL");
    assert_null(mr_cip_type_name(0xD0));
}

/* Messages of the device's own, late answers, and what makes no sense. */
static void test_strange(void **state)
{
    (void)state;
    static const char *const tags[] = {"A"};
    struct mr_enip_result r;
    begin(&direct);
    (void)result();
    (void)mr_enip_client_read(&c, tags, 1, 1, 7, 0);
    (void)output();
    (void)input("6F001600 44332211 00000000 0100000000000000 00000000 00000000 0000 0200 00000000 B2000600 CC000000 C400");
    (void)input("00000200 44332211 00000000 0000000000000000 00000000 1234");
    assert_false(mr_enip_client_next(&c, &r));
    assert_int_equal(mr_enip_client_deadline(&c), MR_S);
    mr_enip_client_tick(&c, MR_S);
    assert_int_equal(result().outcome, MR_ENIP_TIMEOUT);
    assert_true(mr_enip_client_finished(&c));
    begin(&direct);
    (void)result();
    assert_int_equal(input("6F00FFFF 44332211 00000000 0100000000000000 00000000").status, MR_FEED_OK);
    assert_int_equal(input("00").status, MR_FEED_MALFORMED);
    assert_int_equal(result().outcome, MR_ENIP_GARBLED);
    begin(&direct);
    mr_enip_client_close(&c);
    assert_int_equal(result().outcome, MR_ENIP_READY);
    mr_enip_client_close(&c);
    assert_true(mr_enip_client_finished(&c));
    mr_enip_client_init(&c, &direct);
    mr_enip_client_open(&c, 0);
    (void)output();
    (void)input("65000400 00000000 69000000 0100000000000000 00000000 01000000");
    r = result();
    assert_int_equal(r.outcome, MR_ENIP_REFUSED);
    assert_int_equal(r.error, MR_ENIP_BAD_VERSION);
}

/* --- against our server ----------------------------------------------------------------------------------------------------- */

static void carry(void)
{
    for (size_t i = 0; i < 8; i++) {
        uint8_t bytes[MR_ENIP_MESSAGE_MAX];
        struct mr_writer w = mr_writer(bytes, sizeof bytes);
        (void)mr_enip_client_output(&c, &w);
        (void)mr_enip_server_feed(&t.server, mr_written(&w), 0);
        w = mr_writer(bytes, sizeof bytes);
        (void)mr_enip_server_output(&t.server, &w);
        (void)mr_enip_client_feed(&c, mr_written(&w), 0);
    }
}

static void whole_routine(const struct mr_enip_route *route)
{
    static const char *const tags[] = {"Level", "Program:Main.Speed", "Nope"};
    struct mr_enip_result r;
    enip_station_init(&t);
    mr_enip_client_init(&c, route);
    mr_enip_client_open(&c, 0);
    carry();
    assert_int_equal(result().outcome, MR_ENIP_READY);
    assert_int_equal(t.connections[0].live, route->connected);
    assert_int_equal(mr_enip_client_identity(&c, 1, 0), MR_OK);
    carry();
    r = result();
    assert_int_equal(r.outcome, MR_ENIP_DONE);
    assert_non_null(memmem(r.data.p, r.data.n, "1756-L61/B", 10));
    assert_int_equal(mr_enip_client_write(&c, "Level", MR_CIP_DINT, 1, mr_slice("\x2A\0\0\0", 4), 2, 0), MR_OK);
    carry();
    assert_int_equal(result().outcome, MR_ENIP_DONE);
    assert_int_equal(mr_enip_client_read(&c, tags, 3, 1, 3, 0), MR_OK);
    carry();
    r = result();
    struct mr_cip_answer a;
    assert_true(mr_enip_next_answer(r.data, 0, &a));
    assert_int_equal(a.data.p[2], 0x2A);
    assert_true(mr_enip_next_answer(r.data, 2, &a));
    assert_int_equal(a.status, MR_CIP_PATH_SEGMENT);
    size_t symbols = 0;
    for (uint32_t from = 0;;) {
        assert_int_equal(mr_enip_client_browse(&c, NULL, from, 4, 0), MR_OK);
        carry();
        r = result();
        assert_int_equal(r.outcome, MR_ENIP_DONE);
        struct mr_reader data = mr_reader(r.data);
        struct mr_enip_symbol s;
        while (mr_enip_next_symbol(&data, &s)) {
            from = s.instance + 1;
            symbols++;
        }
        if (r.status == MR_CIP_OK) {
            break;
        }
    }
    assert_int_equal(symbols, ENIP_TAGS - 2 + 1); /* one is a program's, one hidden; the program itself */
    assert_int_equal(mr_enip_client_get(&c, MR_CIP_IDENTITY, 1, 7, 5, 0), MR_OK);
    carry();
    r = result();
    assert_int_equal(r.data.p[0], 20);
    assert_int_equal(mr_enip_client_set(&c, MR_CIP_IDENTITY, 1, 7, mr_slice("", 1), 5, 0), MR_OK);
    carry();
    r = result();
    assert_int_equal(r.outcome, MR_ENIP_REFUSED);
    assert_int_equal(r.status, MR_CIP_NOT_SETTABLE);
    assert_int_equal(mr_enip_client_mode(&c, false, 6, 0), MR_OK);
    carry();
    assert_int_equal(result().outcome, MR_ENIP_DONE);
    assert_false(t.state.running);
    assert_int_equal(mr_enip_client_reset(&c, 0, 6, 0), MR_OK);
    carry();
    assert_int_equal(result().outcome, MR_ENIP_DONE);
}

static void test_with_server(void **state)
{
    (void)state;
    struct mr_enip_route own_slot = routed;
    own_slot.slot = 0;
    whole_routine(&direct);
    whole_routine(&own_slot);
    whole_routine(&connected);
    whole_routine(&large);
}

/* --- scanner ---------------------------------------------------------------------------------------------------------------- */

static const struct mr_enip_scan scan = {.config = 151,
                                         .output = 150,
                                         .input = 100,
                                         .output_bytes = 6,
                                         .input_bytes = 8,
                                         .run_idle_header = true,
                                         .rpi = 10 * MR_MS,
                                         .vendor = 0x1337,
                                         .serial = 0x3333};

static void test_scanner(void **state)
{
    (void)state;
    struct mr_enip_scanner s;
    uint8_t bytes[MR_ENIP_DATAGRAM_MAX];
    struct mr_enip_peer to;
    enip_station_init(&t);
    mr_enip_client_init(&c, &direct);
    mr_enip_client_open(&c, 0);
    carry();
    (void)result();
    mr_enip_scanner_init(&s, &scan);
    struct mr_writer w = mr_writer(bytes, sizeof bytes);
    mr_enip_scanner_open_request(&s, &w);
    /* O->T: point to point 0x4000, scheduled 0x0800, 2 + 4 + 6; T->O: 2 + 8. */
    enip_same(enip_hex(bytes, w.n), "5402 2006 2401 07E9 00000000 01000200 0100 3713 33330000 00000000"
                                    "10270000 0C48 10270000 0A48 01 04 2004 2497 2C96 2C64");
    assert_int_equal(mr_enip_client_raw(&c, mr_written(&w), true, 1, 0), MR_OK);
    carry();
    struct mr_enip_result r = result();
    assert_int_equal(r.outcome, MR_ENIP_DONE);
    assert_true(mr_enip_scanner_opened(&s, r.data, 0));
    t.i[3] = 0x42;
    s.output[5] = 0x24;
    for (mr_ns now = 0; now < 100 * MR_MS; now += MR_MS) {
        w = mr_writer(bytes, sizeof bytes);
        if (mr_enip_scanner_due(&s, now, &w)) {
            mr_enip_io_datagram(&t.device, (struct mr_enip_peer){ENIP_CLIENT, 2222}, mr_written(&w), now);
        }
        w = mr_writer(bytes, sizeof bytes);
        while (mr_enip_io_due(&t.device, now, &to, &w)) {
            mr_enip_scanner_datagram(&s, mr_written(&w), now);
            w = mr_writer(bytes, sizeof bytes);
        }
    }
    assert_true(mr_enip_scanner_take(&s));
    assert_false(mr_enip_scanner_take(&s));
    assert_int_equal(s.input[3], 0x42);
    assert_int_equal(t.q[5], 0x24);
    assert_int_equal(s.sequence_out, 10); /* at 0, 10, ... 90 ms */
    assert_int_equal(s.sequence_in, 10);
    w = mr_writer(bytes, sizeof bytes);
    mr_enip_scanner_close_request(&s, &w);
    assert_int_equal(mr_enip_client_raw(&c, mr_written(&w), true, 1, 0), MR_OK);
    carry();
    assert_int_equal(result().outcome, MR_ENIP_DONE);
    assert_false(t.connections[0].live);
    /* What it no longer hears it takes for lost, four times the rate after the last message. */
    assert_int_equal(mr_enip_scanner_deadline(&s), 100 * MR_MS);
    w = mr_writer(bytes, sizeof bytes);
    assert_true(mr_enip_scanner_due(&s, 129 * MR_MS, &w));
    assert_false(mr_enip_scanner_due(&s, 130 * MR_MS, &w));
    assert_false(s.open);
    mr_type_check(&mr_enip_scanner_type);
    mr_type_check(&mr_enip_client_type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unconnected), cmocka_unit_test(test_routed),  cmocka_unit_test(test_names),
        cmocka_unit_test(test_numbers),     cmocka_unit_test(test_strange), cmocka_unit_test(test_with_server),
        cmocka_unit_test(test_scanner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
