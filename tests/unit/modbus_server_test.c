/* Modbus/TCP server: exceptions, MBAP, units, settings, events, deadlines, saved state. Expected values: V1.1b3, section 6 (state
 * diagrams) and 7 (exception codes), Messaging Guide V1.0b, section 3.1.3. */
#include "golden/modbus_spec.h"

static struct modbus_device d;

/* One request in hex to unit 1; the answer's PDU in hex ("" for none). */
static const char *ask_unit(const char *pdu, uint8_t unit)
{
    static char hex[2 * MR_MODBUS_ADU_MAX + 1];
    uint8_t adu[MR_MODBUS_ADU_LONGEST], out[MR_MODBUS_ADU_MAX];
    size_t n = modbus_adu(pdu, 0x0102, unit, adu);
    struct mr_writer w = mr_writer(out, sizeof out);
    struct mr_feed f = mr_modbus_server_feed(&d.server, mr_slice(adu, n), MR_S);
    assert_int_equal(f.status, MR_FEED_OK);
    assert_false(mr_modbus_server_output(&d.server, &w));
    hex[0] = '\0';
    if (w.n > 0) {
        assert_true(w.n > MR_MODBUS_HEADER);
        assert_int_equal(out[0] << 8 | out[1], 0x0102);
        assert_int_equal(out[2] << 8 | out[3], 0);
        assert_int_equal(out[4] << 8 | out[5], w.n - 6);
        assert_int_equal(out[6], unit);
    }
    for (size_t i = MR_MODBUS_HEADER; i < w.n; i++) {
        snprintf(hex + 2 * (i - MR_MODBUS_HEADER), 3, "%02X", out[i]);
    }
    return hex;
}

static const char *ask(const char *pdu)
{
    return ask_unit(pdu, 1);
}

static int setup(void **state)
{
    (void)state;
    modbus_device_init(&d);
    return 0;
}

static void drain(void)
{
    struct mr_modbus_event ev;
    while (mr_modbus_server_next(&d.server, &ev)) {
    }
}

static void test_exceptions(void **state)
{
    (void)state;
    static const struct {
        const char *request, *answer;
    } cases[] = {
        {"0000000001", "8001"},
        {"0700", "8703"},
        {"0B00", "8B03"},
        {"0C00", "8C03"},
        {"63", "E301"},
        {"8300000001", "8301"},
        {"FF", "FF01"},
        {"0100000000", "8103"},
        {"01000007D1", "8103"},
        {"0100", "8103"},
        {"010000000100", "8103"},
        {"0200000000", "8203"},
        {"0300000000", "8303"},
        {"030000007E", "8303"},
        {"040000007E", "8403"},
        {"03", "8303"},
        {"0500000001", "8503"},
        {"050000FF", "8503"},
        {"05000000FF", "8503"},
        {"06000000", "8603"},
        {"0F0000000001", "8F03"},
        {"0F000007B101FF", "8F03"},
        {"0F0000000802FFFF", "8F03"},
        {"0F00000008FF", "8F03"},
        {"100000000002", "9003"},
        {"100000000103000000", "9003"},
        {"10000000020200FF", "9003"},
        {"1000000001020001FF", "9003"},
        {"1100", "9103"},
        {"16000000FF", "9603"},
        {"1700000000000000010200FF", "9703"},
        {"170000007E000000010200FF", "9703"},
        {"17000000010000000000", "9703"},
        {"17000000010000000103000000", "9703"},
        /* addresses: %MW0..4095, %QW0..1023 from 32768, %IX0..8191, %IW0..511 exist here */
        {"030FFF0002", "8302"},
        {"0310000001", "8302"},
        {"0384000001", "8302"},
        {"0401FF0002", "8402"},
        {"0220000001", "8202"},
        {"03FFFF0002", "8302"},
        {"0610000001", "8602"},
        {"1010000001020001", "9002"},
        {"161000FFFF0000", "9602"},
        {"1710000001000000010200FF", "9702"},
        {"1700000001100000010200FF", "9702"},
        /* files, FIFO */
        {"1400", "9403"},
        {"1406060004000000", "9403"},
        {"140705000400000001", "9402"},
        {"140706000500000001", "9402"},
        {"140706000400640001", "9402"},
        {"140706000400000000", "9403"},
        {"14070600040000007E", "9402"},
        {"1509060004006400010000", "9502"},
        {"15080600040000000100", "9503"},
        {"1509060004000000020000", "9503"},
        {"1804DF", "9802"},
        {"1804", "9803"},
        /* diagnostics, identification */
        {"0800", "8803"},
        {"0800030000", "8801"},
        {"08000B0001", "8803"},
        {"08000B", "8803"},
        {"2B", "AB03"},
        {"2B0D0100", "AB01"},
        {"2B0E0000", "AB03"},
        {"2B0E0500", "AB03"},
        {"2B0E01", "AB03"},
        {"2B0E0407", "AB02"},
        {"2B0E0403", "AB02"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *got = ask(cases[i].request);
        if (strcmp(got, cases[i].answer) != 0) {
            fail_msg("%s: %s, wanted %s", cases[i].request, got, cases[i].answer);
        }
        drain();
    }
    assert_string_equal(mr_modbus_exception_text(2), "illegal data address");
    assert_string_equal(mr_modbus_exception_text(7), "unknown exception");
}

/* The largest quantities are answered in full: 2000 bits are 250 bytes, 125 registers too. */
static void test_limits(void **state)
{
    (void)state;
    assert_int_equal(strlen(ask("01000007D0")), 2 * 252);
    assert_int_equal(strlen(ask("030000007D")), 2 * 252);
    char request[600] = "0F000007B0F6"; /* 1968 coils in 246 bytes */
    for (size_t i = 0; i < 246; i++) {
        strcat(request, "A5");
    }
    assert_string_equal(ask(request), "0F000007B0");
    for (size_t i = 0; i < 246; i++) {
        assert_int_equal(d.q[i], 0xA5);
    }
}

/* `head` and as many bytes of 0 as it needs to be `n`. */
static const char *ask_filled(const char *head, size_t n)
{
    char request[2 * MR_MODBUS_ADU_LONGEST + 1];
    strcpy(request, head);
    for (size_t i = strlen(head) / 2; i < n; i++) {
        strcat(request, "00");
    }
    return ask(request);
}

/* More than there may be, in requests that say so and are longer than any: exception 03 (AP 6.11, 6.12, 6.17), as for those that
 * fit. */
static void test_too_long(void **state)
{
    (void)state;
    assert_string_equal(ask_filled("0F000007B1F7", 6 + 247), "8F03"); /* 1969 coils, the last PDU of 253 bytes */
    assert_string_equal(ask_filled("0F000007D0FA", 6 + 250), "8F03");
    assert_string_equal(ask_filled("10"
                                   "0000"
                                   "007B"
                                   "F6",
                                   6 + 246),
                        "100000007B");
    assert_string_equal(ask_filled("10"
                                   "0000"
                                   "007C"
                                   "F8",
                                   6 + 248),
                        "9003"); /* 124 registers */
    assert_string_equal(ask_filled("17"
                                   "0000"
                                   "0001"
                                   "0000"
                                   "0079"
                                   "F2",
                                   10 + 242),
                        "17020000");
    assert_string_equal(ask_filled("17"
                                   "0000"
                                   "0001"
                                   "0000"
                                   "007A"
                                   "F4",
                                   10 + 244),
                        "9703"); /* 122 registers */
    assert_string_equal(ask_filled("17"
                                   "0000"
                                   "0001"
                                   "0000"
                                   "007F"
                                   "FF",
                                   10 + 255),
                        "9703");
    assert_string_equal(ask_filled("080000", 254), "8803"); /* an echo */
    assert_string_equal(ask("0300000001"), "03020000");
}

/* The default map passes from one area to another inside a request: coils 8191/8192, registers 32767/32768. */
static void test_across_ranges(void **state)
{
    (void)state;
    assert_string_equal(ask("0F1FFE0004010B"), "0F1FFE0004"); /* coils 8190..8193: on, on, off, on */
    assert_int_equal(d.q[1023], 0xC0);
    assert_int_equal(d.m[0], 0x02);
    assert_string_equal(ask("011FFE0004"), "01010B");
    d.map.table[MR_MODBUS_HOLDING_REGISTERS].range[0] = (struct mr_modbus_range){32760, 8, MR_AREA_M, 16, false};
    assert_string_equal(ask("107FFF00020411223344"), "107FFF0002");
    assert_int_equal(d.m[30], 0x22);
    assert_int_equal(d.m[31], 0x11);
    assert_int_equal(d.q[0], 0x44);
    assert_int_equal(d.q[1], 0x33);
    assert_string_equal(ask("037FFF0002"), "030411223344");
}

static void test_map(void **state)
{
    (void)state;
    struct mr_modbus_map m = {0};
    struct mr_modbus_range r = {100, 10, MR_AREA_M, 0, true};
    assert_int_equal(mr_modbus_map_add(&m, MR_MODBUS_HOLDING_REGISTERS, &r), MR_OK);
    assert_int_equal(mr_modbus_map_add(&m, MR_MODBUS_HOLDING_REGISTERS, &r), MR_E_INVALID);
    assert_int_equal(mr_modbus_map_add(&m, MR_MODBUS_COILS, &r), MR_OK);
    r = (struct mr_modbus_range){65535, 2, MR_AREA_M, 0, false};
    assert_int_equal(mr_modbus_map_add(&m, MR_MODBUS_HOLDING_REGISTERS, &r), MR_E_INVALID);
    r = (struct mr_modbus_range){0, UINT32_MAX, MR_AREA_M, 0, false};
    assert_int_equal(mr_modbus_map_add(&m, MR_MODBUS_HOLDING_REGISTERS, &r), MR_E_INVALID);
    for (uint16_t i = 0; i < MR_MODBUS_RANGES_MAX; i++) {
        r = (struct mr_modbus_range){i, 1, MR_AREA_I, i, false};
        assert_int_equal(mr_modbus_map_add(&m, MR_MODBUS_INPUT_REGISTERS, &r), MR_OK);
    }
    r.from = 200;
    assert_int_equal(mr_modbus_map_add(&m, MR_MODBUS_INPUT_REGISTERS, &r), MR_E_FULL);
    d.unit.map = &m;
    assert_string_equal(ask("0300640001"), "03020000");
    assert_string_equal(ask("0600640001"), "8602"); /* read-only */
    assert_string_equal(ask("03006D0002"), "8302"); /* past the range */
}

static void test_header(void **state)
{
    (void)state;
    static const uint8_t protocol[] = {0, 1, 0, 1, 0, 6, 1, 3, 0, 0, 0, 1}, zero[] = {0, 1, 0, 0, 0, 0},
                         one[] = {0, 1, 0, 0, 0, 1, 1};
    static const uint8_t large[] = {0, 1, 0, 0, 1, 11, 1, 3}, huge[] = {0, 1, 0, 0, 0xFF, 0xFF};
    static const struct {
        const uint8_t *p;
        size_t n;
    } bad[] = {{protocol, sizeof protocol}, {zero, sizeof zero}, {one, sizeof one}, {large, sizeof large}, {huge, sizeof huge}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        setup(NULL);
        assert_int_equal(mr_modbus_server_feed(&d.server, mr_slice(bad[i].p, bad[i].n), 0).status, MR_FEED_MALFORMED);
        assert_true(mr_modbus_server_finished(&d.server));
        setup(NULL);
        for (size_t k = 0; k < 6; k++) {
            enum mr_feed_status st = mr_modbus_server_feed(&d.server, mr_slice(bad[i].p + k, 1), 0).status;
            assert_int_equal(st, k < 5 ? MR_FEED_OK : MR_FEED_MALFORMED);
        }
    }
    /* what was asked before is still answered */
    uint8_t both[64], out[64];
    struct mr_writer w = mr_writer(out, sizeof out);
    setup(NULL);
    size_t n = modbus_adu("0300000001", 1, 1, both);
    memcpy(both + n, zero, sizeof zero);
    assert_int_equal(mr_modbus_server_feed(&d.server, mr_slice(both, n + sizeof zero), 0).status, MR_FEED_MALFORMED);
    assert_false(mr_modbus_server_finished(&d.server));
    assert_false(mr_modbus_server_output(&d.server, &w));
    assert_int_equal(w.n, 11);
    assert_true(mr_modbus_server_finished(&d.server));
}

static void test_access_list(void **state)
{
    (void)state;
    d.settings.access_list = true;
    d.settings.naccess = 2;
    d.settings.access[0] = (struct mr_modbus_access){0x0A000000, 0xFFFFFF00, MR_MODBUS_MAY_READ};
    d.settings.access[1] = (struct mr_modbus_access){0x0A000063, 0xFFFFFFFF, MR_MODBUS_MAY_WRITE};
    assert_string_equal(ask("0300000001"), "03020000");
    assert_string_equal(ask("0600000001"), "8601");
    struct mr_modbus_event ev;
    assert_true(mr_modbus_server_next(&d.server, &ev));
    assert_int_equal(ev.kind, MR_MODBUS_EV_DENIED);
    assert_int_equal(ev.function, 6);
    assert_int_equal(ev.exception, 1);
    assert_false(mr_modbus_server_next(&d.server, &ev));
    d.personality.denied_write = 4;
    assert_string_equal(ask("170000000100000001020001"), "9704");
    assert_string_equal(ask("08000A0000"), "8804"); /* clearing counters changes something too */
    assert_int_equal(d.m[0], 0);
    drain();
    mr_modbus_server_open(&d.server, 0x0A000063, 0);
    assert_string_equal(ask("0600000001"), "0600000001");
    mr_modbus_server_open(&d.server, 0x0B000001, 0); /* nobody: the connection is closed */
    assert_string_equal(ask("0300000001"), "");
    assert_true(mr_modbus_server_finished(&d.server));
    d.personality.denied_read = MR_MODBUS_SILENT;
    mr_modbus_server_open(&d.server, 0x0B000001, 0);
    assert_string_equal(ask("0300000001"), "");
    assert_false(mr_modbus_server_finished(&d.server));
    d.settings.access_list = false;
    assert_string_equal(ask("0300000001"), "03020001");
}

static void test_protection_and_functions(void **state)
{
    (void)state;
    d.settings.write_protected = true;
    static const char *const writes[] = {"0500000000",
                                         "0600000001",
                                         "0F0000000101FF",
                                         "1000000001020001",
                                         "16000000000000",
                                         "1509060004000000010000",
                                         "170000000100000001020001"};
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        assert_string_equal(ask(writes[i]) + 2, "01");
    }
    assert_string_equal(ask("0300000001"), "03020000");
    drain();
    d.settings.write_protected = false;
    d.settings.functions &= ~(UINT64_C(1) << 43);
    assert_string_equal(ask("2B0E0100"), "AB01");
    d.personality.functions &= ~(UINT64_C(1) << 22);
    assert_string_equal(ask("16000000FFFF0000"), "9601");
}

static void test_units(void **state)
{
    (void)state;
    struct modbus_device other;
    modbus_device_init(&other);
    struct mr_modbus_unit units[2] = {d.unit, other.unit};
    memset(d.settings.units, 0, sizeof d.settings.units);
    memset(other.settings.units, 0, sizeof other.settings.units);
    d.settings.units[0] = 1 << 1;
    other.settings.units[3] = UINT64_C(1) << 63; /* unit 255 */
    other.m[0] = 9;
    mr_modbus_server_init(&d.server, units, 2);
    mr_modbus_server_open(&d.server, 1, 0);
    assert_string_equal(ask_unit("0300000001", 1), "03020000");
    assert_string_equal(ask_unit("0300000001", 255), "03020009");
    assert_string_equal(ask_unit("0300000001", 2), "830B");
    d.personality.unknown_unit = MR_MODBUS_SILENT;
    assert_string_equal(ask_unit("0300000001", 2), "");
}

/* Section 6.8: counters count, clear, and listen-only mode is silent until a restart. */
static void test_diagnostics(void **state)
{
    (void)state;
    ask("0300000001");
    ask("0399990001"); /* exception */
    assert_string_equal(ask("08000B0000"), "08000B0003");
    assert_string_equal(ask("08000D0000"), "08000D0001");
    assert_string_equal(ask("08000E0000"), "08000E0005");
    assert_string_equal(ask("08000A0000"), "08000A0000");
    assert_string_equal(ask("08000D0000"), "08000D0000");
    assert_string_equal(ask("0800040000"), "");
    assert_string_equal(ask("0300000001"), "");
    assert_string_equal(ask("0800010000"), ""); /* the way out is silent as well */
    assert_string_equal(ask("0800010000"), "0800010000");
    assert_string_equal(ask("080001FF00"), "080001FF00");
    assert_string_equal(ask("0800140000"), "0800140000");
    assert_string_equal(ask("0800000102030405"), "0800000102030405");
}

/* Sections 6.7 and 6.9: the counter passes over exceptions and over itself. */
static void test_status_and_events(void **state)
{
    (void)state;
    d.health.exception_status = 0x6D;
    assert_string_equal(ask("07"), "076D");
    assert_string_equal(ask("0B"), "0B00000001");
    ask("0300000001");
    ask("0399990001");
    assert_string_equal(ask("0B"), "0B00000002");
    assert_string_equal(ask("08000A0000"), "08000A0000");
    assert_string_equal(ask("0B"), "0B00000001");
    assert_string_equal(ask("07"), "076D");
}

static void test_identity(void **state)
{
    (void)state;
    static const struct mr_modbus_object_value extended[] = {{0x80, {(const uint8_t *)"AB", 2}},
                                                             {0x90, {(const uint8_t *)"C", 1}}};
    assert_string_equal(ask("11"), "110211FF");
    d.health.running = false;
    d.identity.server_data = mr_slice_str("x");
    assert_string_equal(ask("11"), "1103110078");
    d.identity.object[0] = "V";
    d.identity.object[1] = "P";
    d.identity.object[2] = "1";
    d.identity.object[4] = "N";
    d.identity.extended = extended;
    d.identity.nextended = 2;
    /* asked for more than the conformity level, it gives what there is */
    assert_string_equal(ask("2B0E0300"), "2B0E0381000003000156010150020131");
    assert_string_equal(ask("2B0E0404"), "AB02");
    d.personality.conformity = MR_MODBUS_ID_REGULAR;
    assert_string_equal(ask("2B0E0203"), "2B0E028200000400015601015002013104014E"); /* object 3 is absent: from 0 */
    assert_string_equal(ask("2B0E0204"), "2B0E028200000104014E");
    d.personality.conformity = MR_MODBUS_ID_EXTENDED;
    assert_string_equal(ask("2B0E0380"), "2B0E038300000280024142900143");
    assert_string_equal(ask("2B0E0490"), "2B0E0483000001900143");
    assert_string_equal(ask("2B0E0180"), "2B0E0183000003000156010150020131");
}

/* Objects that do not fit are named for the next request: with 120 bytes each, two fit into 253 - 7. */
static void test_identity_in_parts(void **state)
{
    (void)state;
    char text[121];
    memset(text, 'x', 120);
    text[120] = '\0';
    for (size_t i = 0; i < 3; i++) {
        d.identity.object[i] = text;
    }
    const char *first = ask("2B0E0100");
    assert_int_equal(strlen(first), 2 * (7 + 2 * 122));
    assert_memory_equal(first, "2B0E0181FF0202", 14);
    const char *rest = ask("2B0E0102");
    assert_int_equal(strlen(rest), 2 * (7 + 122));
    assert_memory_equal(rest, "2B0E0181000001", 14);
    char longer[400];
    memset(longer, 'y', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    d.identity.object[0] = longer;
    assert_int_equal(strlen(ask("2B0E0400")), 2 * 253);
}

/* A reader that lets answers pile up is not fed further; nothing is lost, in however small pieces it takes them. */
static void test_blocked(void **state)
{
    (void)state;
    uint8_t stream[20 * 12], all[8192], piece[5];
    size_t n = 0, at = 0, nall = 0, answers = 0;
    for (uint16_t i = 0; i < 20; i++) {
        n += modbus_adu(i % 2 ? "0600000007" : "030000007D", i, 1, stream + n);
    }
    while (at < n) {
        struct mr_feed f = mr_modbus_server_feed(&d.server, mr_slice(stream + at, n - at), 0);
        at += f.consumed;
        assert_int_equal(f.status, at < n ? MR_FEED_BLOCKED : MR_FEED_OK);
        drain();
        for (bool more = true; more;) {
            struct mr_writer w = mr_writer(piece, sizeof piece);
            more = mr_modbus_server_output(&d.server, &w);
            assert_true(nall + w.n <= sizeof all);
            memcpy(all + nall, piece, w.n);
            nall += w.n;
        }
    }
    for (size_t k = 0; k < nall; k += 6u + (size_t)(all[k + 4] << 8 | all[k + 5])) {
        assert_int_equal(all[k] << 8 | all[k + 1], answers);
        answers++;
    }
    assert_int_equal(answers, 20);
}

/* Events are never dropped: with eight waiting, the ninth write waits too. */
static void test_events_hold_back(void **state)
{
    (void)state;
    uint8_t stream[10 * 12], out[512];
    size_t n = 0;
    struct mr_modbus_event ev;
    for (uint16_t i = 0; i < 10; i++) {
        n += modbus_adu("0600050007", i, 1, stream + n);
    }
    struct mr_feed f = mr_modbus_server_feed(&d.server, mr_slice(stream, n), 0);
    assert_int_equal(f.status, MR_FEED_BLOCKED);
    assert_int_equal(f.consumed, 8 * 12);
    for (size_t i = 0; i < 8; i++) {
        assert_true(mr_modbus_server_next(&d.server, &ev));
        assert_int_equal(ev.address, 5);
        assert_int_equal(ev.value, 7);
        assert_int_equal(ev.table, MR_MODBUS_HOLDING_REGISTERS);
    }
    assert_false(mr_modbus_server_next(&d.server, &ev));
    struct mr_writer w = mr_writer(out, sizeof out);
    f = mr_modbus_server_serve(&d.server, mr_slice(stream + f.consumed, n - f.consumed), 0, &w); /* straight into a writer */
    assert_int_equal(f.status, MR_FEED_OK);
    assert_int_equal(w.n, 24);
}

static void test_deadlines(void **state)
{
    (void)state;
    static const uint8_t part[] = {0, 1, 0};
    assert_true(mr_modbus_server_deadline(&d.server) == MR_NEVER_NS);
    d.personality.idle = 60 * MR_S;
    assert_true(mr_modbus_server_deadline(&d.server) == 60 * MR_S);
    assert_int_equal(mr_modbus_server_feed(&d.server, mr_slice(part, 1), 5 * MR_S).needed, 7);
    assert_int_equal(mr_modbus_server_feed(&d.server, mr_slice(part + 1, 2), 9 * MR_S).needed, 5);
    assert_true(mr_modbus_server_deadline(&d.server) == 15 * MR_S); /* a byte a second does not put it off */
    mr_modbus_server_tick(&d.server, 15 * MR_S - 1);
    assert_false(mr_modbus_server_finished(&d.server));
    mr_modbus_server_tick(&d.server, 15 * MR_S);
    assert_true(mr_modbus_server_finished(&d.server));
    assert_int_equal(mr_modbus_server_feed(&d.server, mr_slice(part, 3), 15 * MR_S).consumed, 3);
}

/* Saved in the middle of a request and with an answer unsent, loaded into another session: it goes on there. */
static void test_saved_state(void **state)
{
    (void)state;
    uint8_t adu[MR_MODBUS_ADU_MAX], saved[2048], out[64];
    mr_type_check(&mr_modbus_server_type);
    mr_type_check(&mr_modbus_settings_type);
    mr_type_check(&mr_modbus_health_type);
    size_t n = modbus_adu("0600050007", 1, 1, adu);
    mr_modbus_server_feed(&d.server, mr_slice(adu, n), 0);
    mr_modbus_server_feed(&d.server, mr_slice(adu, 9), 0);
    struct mr_writer w = mr_writer(saved, sizeof saved);
    mr_state_save(&mr_modbus_server_type, &d.server, &w);
    assert_false(w.full);
    struct modbus_device e;
    modbus_device_init(&e);
    struct mr_reader r = mr_reader(mr_written(&w));
    assert_int_equal(mr_state_load(&mr_modbus_server_type, &e.server, &r), MR_OK);
    assert_int_equal(mr_modbus_server_feed(&e.server, mr_slice(adu + 9, n - 9), 0).status, MR_FEED_OK);
    struct mr_writer o = mr_writer(out, sizeof out);
    assert_false(mr_modbus_server_output(&e.server, &o));
    assert_int_equal(o.n, 24);
    assert_int_equal(e.m[10], 7);
    mr_modbus_server_close(&d.server); /* a free slot is one byte */
    w.n = 0;
    mr_state_save(&mr_modbus_server_type, &d.server, &w);
    assert_int_equal(w.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_exceptions, setup),
        cmocka_unit_test_setup(test_limits, setup),
        cmocka_unit_test_setup(test_too_long, setup),
        cmocka_unit_test_setup(test_across_ranges, setup),
        cmocka_unit_test_setup(test_map, setup),
        cmocka_unit_test_setup(test_header, setup),
        cmocka_unit_test_setup(test_access_list, setup),
        cmocka_unit_test_setup(test_protection_and_functions, setup),
        cmocka_unit_test_setup(test_units, setup),
        cmocka_unit_test_setup(test_diagnostics, setup),
        cmocka_unit_test_setup(test_status_and_events, setup),
        cmocka_unit_test_setup(test_identity, setup),
        cmocka_unit_test_setup(test_identity_in_parts, setup),
        cmocka_unit_test_setup(test_blocked, setup),
        cmocka_unit_test_setup(test_events_hold_back, setup),
        cmocka_unit_test_setup(test_deadlines, setup),
        cmocka_unit_test_setup(test_saved_state, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
