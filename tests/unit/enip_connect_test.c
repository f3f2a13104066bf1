/* Connections to an EtherNet/IP device: Forward Open in its forms and refusals, explicit messages, implicit ones with ownership,
 * sequence, rate and timeout. Layouts and codes: The CIP Networks Library, Volume 1, 3-5 and 3-6, Volume 2, 2-6. */
#include "support/enip_unit.h"

static const struct mr_enip_peer client = {ENIP_CLIENT, 2222};

/* What a Forward Open is made of. */
struct open {
    uint16_t serial;
    uint8_t multiplier;
    uint32_t rpi_us;
    uint16_t o_t, t_o; /* parameters: type in bits 13 and 14, variable in bit 9, size */
    uint8_t transport;
    const char *path;
};
static const struct open explicit_open = {1, 1, 2000000, 0x43F4, 0x43F4, 0xA3, "2002 2401"};
/* 2 + 4 + 6 bytes to the device, 2 + 8 from it, every 10 ms, timeout of 40 ms. */
static const struct open owner_open = {2, 0, 10000, 0x400C, 0x400A, 0x01, "2004 2497 2C96 2C64"};
static const struct open input_open = {3, 0, 10000, 0x4002, 0x400A, 0x01, "2004 2CC6 2C64"};
static const struct open listen_open = {4, 0, 10000, 0x4002, 0x400A, 0x01, "2004 2CC7 2C64"};

static const char *forward_open(const struct open *o)
{
    static char request[512];
    uint8_t path[128];
    size_t n = enip_unhex(o->path, path);
    (void)snprintf(request, sizeof request,
                   "5402 2006 2401 07E9 00000000 78563412 %02X%02X 3713 33330000 %02X000000 "
                   "%02X%02X%02X%02X %02X%02X %02X%02X%02X%02X %02X%02X %02X %02X %s",
                   o->serial & 0xFF, (unsigned)o->serial >> 8, o->multiplier, o->rpi_us & 0xFF, o->rpi_us >> 8 & 0xFF,
                   o->rpi_us >> 16 & 0xFF, o->rpi_us >> 24, o->o_t & 0xFF, (unsigned)o->o_t >> 8, o->rpi_us & 0xFF,
                   o->rpi_us >> 8 & 0xFF, o->rpi_us >> 16 & 0xFF, o->rpi_us >> 24, o->t_o & 0xFF, (unsigned)o->t_o >> 8,
                   o->transport, (unsigned)n / 2, o->path);
    return request;
}

static const char *open_it(const struct open *o)
{
    return enip_ask(&t, forward_open(o));
}

static const char *close_it(uint16_t serial)
{
    char request[96];
    (void)snprintf(request, sizeof request, "4E02 2006 2401 07E9 %02X%02X 3713 33330000 02 00 2002 2401", serial & 0xFF,
                   (unsigned)serial >> 8);
    return enip_ask(&t, request);
}

/* The failures have the serial number, vendor and originator of the request behind them. */
static void refused(const struct open *o, const char *status)
{
    char expected[64];
    (void)snprintf(expected, sizeof expected, "D400 %s %02X00 3713 33330000 0000", status, o->serial);
    enip_same(open_it(o), expected);
}

static uint32_t opened(const struct open *o)
{
    const char *answer = open_it(o);
    assert_memory_equal(answer, "D4000000", 8);
    uint8_t bytes[64];
    (void)enip_unhex(answer, bytes);
    return (uint32_t)(bytes[4] | bytes[5] << 8 | bytes[6] << 16) | (uint32_t)bytes[7] << 24;
}

static size_t live(void)
{
    size_t n = 0;
    for (size_t i = 0; i < ENIP_CONNECTIONS; i++) {
        n += t.connections[i].live;
    }
    return n;
}

static void test_explicit(void **state)
{
    (void)state;
    const char *answer = open_it(&explicit_open);
    /* Their number for us is ours to choose; the other and the name come back; both rates; no application reply. */
    enip_same(answer + 16, "78563412 0100 3713 33330000 80841E00 80841E00 0000");
    uint32_t id = t.connections[0].o_t_id;
    enip_same(enip_ask_connected(&t, id, 7, "0E03 2001 2401 3001"), "0700 8E0000000100");
    enip_same(enip_ask_connected(&t, id, 7, "0E03 2001 2401 3001"), "0700 8E0000000100"); /* asked again, answered again */
    enip_same(enip_ask_connected(&t, id + 256, 8, "0E03 2001 2401 3001"), "-");
    enip_same(enip_ask_connected(&t, id, 9, "5202 2006 2401 07E9 0800 0E03 2001 2401 3001 0100 0100"), "0900 8E0000000100");
    refused(&explicit_open, "0101 0001"); /* the same again */
    /* A connection of one session is not for another. */
    struct mr_enip_server first = t.server;
    mr_enip_server_open(&t.server, ENIP_CLIENT, 0);
    enip_register(&t);
    enip_same(enip_ask_connected(&t, id, 9, "0E03 2001 2401 3001"), "-");
    t.server = first;
    enip_same(close_it(2), "CE00 0101 0701 0200 3713 33330000 0000");
    enip_same(close_it(1), "CE00 0000 0100 3713 33330000 0000");
    assert_int_equal(live(), 0);
    enip_same(enip_ask_connected(&t, id, 10, "0E03 2001 2401 3001"), "-");
}

static void test_explicit_by_route(void **state)
{
    (void)state;
    struct open o = explicit_open;
    o.path = "0100 2002 2401";
    opened(&o);
    o.serial = 2;
    o.path = "0100 3404 0000 0000 0000 00 00 2002 2401"; /* a key that fits all */
    opened(&o);
    o.serial = 3;
    o.path = "3404 0100 0E00 3600 94 0B 2002 2401"; /* ours, compatible */
    opened(&o);
    o.serial = 9;
    static const struct {
        const char *path, *status;
    } wrong[] = {
        {"0103 2002 2401", "0101 1203"},                      /* another slot */
        {"0200 2002 2401", "0101 1103"},                      /* another port */
        {"3404 0200 0E00 3600 14 0B 2002 2401", "0101 1401"}, /* vendor */
        {"3404 0100 0E00 3700 14 0B 2002 2401", "0101 1401"}, /* product */
        {"3404 0100 0C00 3600 14 0B 2002 2401", "0101 1501"}, /* type */
        {"3404 0100 0E00 3600 13 0B 2002 2401", "0101 1601"}, /* major revision */
        {"3404 0100 0E00 3600 14 0A 2002 2401", "0101 1601"}, /* minor, exactly */
        {"3404 0100 0E00 3600 94 0C 2002 2401", "0101 1601"}, /* minor, later than ours */
        {"3405 0100 0E00 3600 14 0B 2002 2401", "0101 1503"}, /* a key of unknown format */
        {"2002 2402", "0101 1701"},
        {"2001 2401", "0101 1701"},
        {"2002 2401 0100", "0101 1503"},
        {"E001 2401", "0101 1503"},
        {"", "0101 1701"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        o.path = wrong[i].path;
        refused(&o, wrong[i].status);
    }
    t.personality.chassis = false;
    o.path = "0100 2002 2401";
    refused(&o, "0101 1103");
}

static void test_explicit_refused(void **state)
{
    (void)state;
    static const struct {
        struct open o;
        const char *status;
    } wrong[] = {
        {{9, 8, 2000000, 0x43F4, 0x43F4, 0xA3, "2002 2401"}, "0101 0502"}, /* multiplier */
        {{9, 1, 2000000, 0x43F4, 0x43F4, 0xA1, "2002 2401"}, "0101 0301"}, /* class 1 to the router */
        {{9, 1, 2000000, 0x43F4, 0x43F4, 0xA0, "2002 2401"}, "0101 0301"},
        {{9, 1, 2000000, 0x03F4, 0x43F4, 0xA3, "2002 2401"}, "0101 2301"}, /* O->T null */
        {{9, 1, 2000000, 0x43F4, 0x23F4, 0xA3, "2002 2401"}, "0101 2401"}, /* T->O multicast */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        refused(&wrong[i].o, wrong[i].status);
    }
    t.personality.connection_max = 400;
    refused(&explicit_open, "0102 0901 9001");                          /* and how large it may be */
    assert_string_equal(enip_ask(&t, "5B02 2006 2401 00"), "DB000800"); /* no large ones */
    enip_same(enip_ask(&t, "5402 2006 2401 07E9"), "D4001300");
    char longer[300];
    (void)snprintf(longer, sizeof longer, "%s 00", forward_open(&explicit_open));
    enip_same(enip_ask(&t, longer), "D4001500");
    t.personality.connection_max = 500;
    struct open o = explicit_open;
    for (uint16_t i = 0; i < ENIP_CONNECTIONS; i++) {
        o.serial = (uint16_t)(20 + i);
        opened(&o);
    }
    o.serial = 9;
    refused(&o, "0101 1301"); /* none left */
    t.settings.access_list = true;
    enip_same(open_it(&o), "D4000F00");
}

/* 4002 bytes each way: an array of 400 DINTs in one answer. */
static void test_large(void **state)
{
    (void)state;
    const char *answer = enip_ask(&t, "5B02 2006 2401 07E9 00000000 78563412 0100 3713 33330000 03000000"
                                      "80841E00 A20F0042 80841E00 A20F0042 A3 03 0100 2002 2401");
    assert_memory_equal(answer, "DB000000", 8);
    uint32_t id = t.connections[0].o_t_id;
    answer = enip_ask_connected(&t, id, 1, "4C03 9103 42696700 9001");
    assert_memory_equal(answer, "0100CC000000C400", 16);
    assert_int_equal(strlen(answer) / 2, 2 + 6 + 1600);
    enip_same(enip_ask(&t, "5B02 2006 2401 07E9 00000000 78563412 0200 3713 33330000 03000000"
                           "80841E00 A30F0042 80841E00 A20F0042 A3 03 0100 2002 2401"),
              "DB00 0102 0901 A20F 0200 3713 33330000 0000");
}

/* Explicit connections end with their session, and when nothing is heard for the rate times four to 512, but for the first ten
 * seconds. */
static void test_explicit_ends(void **state)
{
    (void)state;
    uint32_t id = opened(&explicit_open); /* at 1 s; 2 s * 8 */
    assert_int_equal(mr_enip_io_deadline(&t.device), 17 * MR_S);
    enip_same(enip_ask_connected(&t, id, 1, "0E03 2001 2401 3001"), "0100 8E0000000100");
    struct mr_enip_peer to;
    uint8_t out[MR_ENIP_DATAGRAM_MAX];
    struct mr_writer w = mr_writer(out, sizeof out);
    assert_false(mr_enip_io_due(&t.device, 17 * MR_S - 1, &to, &w));
    assert_int_equal(live(), 1);
    assert_false(mr_enip_io_due(&t.device, 17 * MR_S, &to, &w));
    assert_int_equal(live(), 0);
    assert_int_equal(mr_enip_io_deadline(&t.device), MR_NEVER_NS);
    struct open quick = explicit_open;
    quick.rpi_us = 10000;
    opened(&quick);
    assert_int_equal(mr_enip_io_deadline(&t.device), 11 * MR_S);
    mr_enip_server_close(&t.server);
    assert_int_equal(live(), 0);
}

/* --- implicit --------------------------------------------------------------------------------------------------------------- */

/* An owner's message: sequence of the address, count, header, six bytes. */
static void send(uint32_t id, uint32_t sequence, uint16_t count, bool run, uint8_t value, mr_ns now)
{
    uint8_t bytes[64];
    struct mr_writer w = mr_writer(bytes, sizeof bytes);
    mr_write_u16le(&w, 2);
    mr_write_u16le(&w, 0x8002);
    mr_write_u16le(&w, 8);
    mr_write_u32le(&w, id);
    mr_write_u32le(&w, sequence);
    mr_write_u16le(&w, 0x00B1);
    mr_write_u16le(&w, 12);
    mr_write_u16le(&w, count);
    mr_write_u32le(&w, run);
    mr_write_fill(&w, value, 6);
    mr_enip_io_datagram(&t.device, client, mr_written(&w), now);
}

static const char *due(mr_ns now, struct mr_enip_peer *to)
{
    uint8_t out[MR_ENIP_DATAGRAM_MAX];
    struct mr_writer w = mr_writer(out, sizeof out);
    return mr_enip_io_due(&t.device, now, to, &w) ? enip_hex(out, w.n) : "-";
}

static void test_owner(void **state)
{
    (void)state;
    struct mr_enip_peer to;
    t.personality.logix = false;
    assert_int_equal(mr_enip_device_status(&t.device), 0x0034); /* configured; no connections */
    uint32_t id = opened(&owner_open);
    struct mr_enip_event ev = event();
    assert_int_equal(ev.kind, MR_ENIP_EV_IO_OPEN);
    assert_int_equal(ev.instance, 150);
    assert_int_equal(mr_enip_device_status(&t.device), 0x0075); /* owned, configured, idle */
    t.i[0] = 0xAA;
    /* Two items: sequenced address 1, data with count 1. Then nothing until 10 ms are over. */
    enip_same(due(MR_S, &to), "0200 0280 0800 78563412 01000000 B100 0A00 0100 AA00000000000000");
    assert_int_equal(to.ip, ENIP_CLIENT);
    assert_int_equal(to.port, 2222);
    enip_same(due(MR_S, &to), "-");
    assert_int_equal(mr_enip_io_deadline(&t.device), MR_S + 10 * MR_MS);
    enip_same(due(MR_S + 10 * MR_MS - 1, &to), "-");
    enip_same(due(MR_S + 10 * MR_MS, &to), "0200 0280 0800 78563412 02000000 B100 0A00 0200 AA00000000000000");
    mr_ns now = MR_S + 12 * MR_MS;
    send(id, 1, 1, true, 0x11, now);
    assert_memory_equal(t.q, "\x11\x11\x11\x11\x11\x11", 7);
    assert_int_equal(event().kind, MR_ENIP_EV_IO_RUN);
    assert_int_equal(mr_enip_device_status(&t.device), 0x0065); /* run */
    send(id, 1, 2, true, 0x22, now);                            /* the same again, and an older one */
    send(id, 0, 3, true, 0x22, now);
    assert_int_equal(t.q[0], 0x11);
    send(id, 2, 1, true, 0x33, now); /* later, but its data are not new */
    assert_int_equal(t.q[0], 0x11);
    send(id, 3, 2, false, 0x44, now); /* idle: data do not count */
    assert_int_equal(t.q[0], 0x11);
    ev = event();
    assert_int_equal(ev.kind, MR_ENIP_EV_IO_RUN);
    assert_int_equal(ev.count, 0);
    send(id, 4, 3, true, 0x55, now);
    assert_int_equal(t.q[0], 0x55);
    send(id + 256, 5, 4, true, 0x66, now); /* of no connection */
    assert_int_equal(t.q[0], 0x55);
    /* Silence: four times the rate after the last message. */
    (void)event();
    (void)due(now + 40 * MR_MS - 1, &to);
    assert_int_equal(live(), 1);
    enip_same(due(now + 40 * MR_MS, &to), "-");
    assert_int_equal(live(), 0);
    assert_int_equal(event().kind, MR_ENIP_EV_IO_LOST);
}

static void test_owner_is_one(void **state)
{
    (void)state;
    uint32_t id = opened(&owner_open);
    struct open second = owner_open;
    second.serial = 9;
    refused(&second, "0101 0601");
    enip_same(enip_ask(&t, "1003 2004 2496 3003 010203040506"), "90000C00"); /* nor by an attribute */
    /* Another host's datagram is not the owner's. */
    uint8_t m[] = {2, 0, 2, 0x80, 8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xB1, 0, 12, 0, 1, 0, 1, 0, 0, 0, 7, 7, 7, 7, 7, 7};
    for (size_t i = 0; i < 4; i++) {
        m[6 + i] = (uint8_t)(id >> 8 * i);
    }
    mr_enip_io_datagram(&t.device, (struct mr_enip_peer){ENIP_CLIENT + 1, 2222}, mr_slice(m, sizeof m), MR_S);
    assert_int_equal(t.q[0], 0);
    for (size_t n = 0; n < sizeof m; n++) { /* nor is a part of one */
        mr_enip_io_datagram(&t.device, client, mr_slice(m, n), MR_S);
    }
    assert_int_equal(t.q[0], 0);
    mr_enip_io_datagram(&t.device, client, mr_slice(m, sizeof m), MR_S);
    assert_int_equal(t.q[0], 7);
    enip_same(close_it(2), "CE00 0000 0200 3713 33330000 0000");
    opened(&second);
}

static void test_input_only_and_listeners(void **state)
{
    (void)state;
    struct mr_enip_peer to;
    refused(&listen_open, "0101 1901"); /* nothing to listen to */
    opened(&input_open);
    opened(&listen_open);
    struct open second = input_open;
    second.serial = 7;
    opened(&second);
    assert_memory_not_equal(due(MR_S, &to), "-", 1);
    assert_memory_not_equal(due(MR_S, &to), "-", 1);
    assert_memory_not_equal(due(MR_S, &to), "-", 1);
    enip_same(due(MR_S, &to), "-");
    (void)close_it(3);
    assert_int_equal(live(), 2); /* another still feeds it */
    (void)close_it(7);
    assert_int_equal(live(), 0); /* and takes the listener with it */
}

/* Multicast: 239.192.1.32 for host 2 of a /24, one production for all, and the answer says where. */
static void test_multicast(void **state)
{
    (void)state;
    struct mr_enip_peer to;
    struct open o = input_open, p = input_open;
    o.t_o = p.t_o = 0x200A;
    p.serial = 8;
    const char *answer = open_it(&o);
    uint8_t bytes[128];
    size_t n = enip_unhex(answer, bytes);
    assert_int_equal(n, 4 + 26 + 20);
    enip_same(enip_hex(bytes + 30, 20), "0180 1000 0002 08AE EFC00120 0000000000000000");
    assert_memory_equal(bytes + 4, bytes + 8, 4); /* the target chooses this number too */
    answer = open_it(&p);
    uint8_t again[128];
    (void)enip_unhex(answer, again);
    assert_memory_equal(again + 8, bytes + 8, 4);
    assert_memory_not_equal(again + 4, bytes + 4, 4);
    assert_memory_not_equal(due(MR_S, &to), "-", 1);
    assert_int_equal(to.ip, 0xEFC00120);
    enip_same(due(MR_S, &to), "-");
    (void)close_it(3);
    assert_memory_not_equal(due(MR_S, &to), "-", 1); /* the other takes over */
}

static void test_implicit_refused(void **state)
{
    (void)state;
    static const struct {
        struct open o;
        const char *status;
    } wrong[] = {
        {{9, 0, 1000, 0x400C, 0x400A, 0x01, "2004 2497 2C96 2C64"}, "0101 1101"},       /* faster than 2 ms */
        {{9, 0, 10000, 0x400B, 0x400A, 0x01, "2004 2497 2C96 2C64"}, "0102 2701 0C00"}, /* and what fits */
        {{9, 0, 10000, 0x400C, 0x400B, 0x01, "2004 2497 2C96 2C64"}, "0102 2801 0A00"},
        {{9, 0, 10000, 0x200C, 0x400A, 0x01, "2004 2497 2C96 2C64"}, "0101 2301"}, /* O->T multicast */
        {{9, 0, 10000, 0x400C, 0x000A, 0x01, "2004 2497 2C96 2C64"}, "0101 2401"}, /* T->O null */
        {{9, 0, 10000, 0x400C, 0x400A, 0xA3, "2004 2497 2C96 2C64"}, "0101 0301"}, /* class 3 */
        {{9, 0, 10000, 0x400C, 0x400A, 0x00, "2004 2497 2C96 2C64"}, "0101 0301"}, /* class 0 */
        {{9, 0, 10000, 0x400C, 0x400A, 0x01, "2004 2496 2C96 2C64"}, "0101 1701"}, /* no configuration */
        {{9, 0, 10000, 0x400C, 0x400A, 0x01, "2004 2497 2C64 2C64"}, "0101 1701"}, /* input consumed */
        {{9, 0, 10000, 0x400C, 0x400A, 0x01, "2004 2497 2C96 2C96"}, "0101 1701"}, /* output produced */
        {{9, 0, 10000, 0x400C, 0x400A, 0x01, "2004 2497 2C96 2C01"}, "0101 1701"},
        {{9, 0, 10000, 0x400C, 0x400A, 0x01, "2004 2C64"}, "0101 1701"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        refused(&wrong[i].o, wrong[i].status);
    }
    struct open o = owner_open;
    o.o_t |= 0x0200; /* variable: as much as there is, or less */
    o.t_o = 0x4206;
    o.path = "2004 2497 2C96 2C64 8002 01020304 4301"; /* configuration data, and an inhibit time */
    opened(&o);
    struct mr_enip_peer to;
    enip_same(due(MR_S, &to), "0200 0280 0800 78563412 01000000 B100 0600 0100 00000000");
    (void)close_it(2);
    t.settings.io_off = true;
    refused(&owner_open, "0F00");
    t.settings.io_off = false;
    t.settings.write_protected = true;
    refused(&owner_open, "0F00");
    opened(&input_open);
}

/* The originator's port for what is produced, in an item of the request. */
static void test_port(void **state)
{
    (void)state;
    struct mr_enip_peer to;
    char data[600];
    uint8_t bytes[300];
    size_t n = enip_unhex(forward_open(&input_open), bytes);
    (void)snprintf(data, sizeof data, "00000000 0A00 0300 00000000 B200%02X00 %s 0180 1000 0002 1234 00000000 0000000000000000",
                   (unsigned)n, enip_hex(bytes, n));
    const char *answer = enip_command(&t, 0x6F, t.server.handle, data);
    assert_memory_equal(answer + 35, "D4000000", 8);
    assert_memory_not_equal(due(MR_S, &to), "-", 1);
    assert_int_equal(to.port, 0x1234);
    assert_int_equal(to.ip, ENIP_CLIENT);
}

/* Only the host that opened a connection closes it. */
static void test_close(void **state)
{
    (void)state;
    opened(&owner_open);
    t.server.client++;
    enip_same(close_it(2), "CE00 0101 0701 0200 3713 33330000 0000");
    t.server.client--;
    enip_same(enip_ask(&t, "4E02 2006 2401 07E9 0200 3713"), "CE001300");
    mr_enip_io_reset(&t.device);
    assert_int_equal(live(), 0);
}

/* What is saved and loaded goes on as before. */
static void test_recovery(void **state)
{
    (void)state;
    static uint8_t saved[1 << 14];
    struct mr_enip_peer to;
    uint32_t id = opened(&owner_open);
    send(id, 1, 1, true, 0x11, MR_S);
    (void)due(MR_S, &to);
    struct mr_writer w = mr_writer(saved, sizeof saved);
    mr_state_save(&mr_enip_state_type, &t.state, &w);
    for (size_t i = 0; i < ENIP_CONNECTIONS; i++) {
        mr_state_save(&mr_enip_connection_type, &t.connections[i], &w);
    }
    mr_state_save(&mr_enip_server_type, &t.server, &w);
    assert_false(w.full);
    const char *expected = due(MR_S + 10 * MR_MS, &to);
    enip_station_init(&t);
    struct mr_reader r = mr_reader(mr_written(&w));
    assert_int_equal(mr_state_load(&mr_enip_state_type, &t.state, &r), MR_OK);
    for (size_t i = 0; i < ENIP_CONNECTIONS; i++) {
        assert_int_equal(mr_state_load(&mr_enip_connection_type, &t.connections[i], &r), MR_OK);
    }
    assert_int_equal(mr_state_load(&mr_enip_server_type, &t.server, &r), MR_OK);
    enip_same(due(MR_S + 10 * MR_MS, &to), expected);
    enip_same(enip_ask(&t, "0E03 2001 2401 3001"), "8E0000000100");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_explicit, setup),
        cmocka_unit_test_setup(test_explicit_by_route, setup),
        cmocka_unit_test_setup(test_explicit_refused, setup),
        cmocka_unit_test_setup(test_large, setup),
        cmocka_unit_test_setup(test_explicit_ends, setup),
        cmocka_unit_test_setup(test_owner, setup),
        cmocka_unit_test_setup(test_owner_is_one, setup),
        cmocka_unit_test_setup(test_input_only_and_listeners, setup),
        cmocka_unit_test_setup(test_multicast, setup),
        cmocka_unit_test_setup(test_implicit_refused, setup),
        cmocka_unit_test_setup(test_port, setup),
        cmocka_unit_test_setup(test_close, setup),
        cmocka_unit_test_setup(test_recovery, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
