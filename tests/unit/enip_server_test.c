/* EtherNet/IP server: encapsulation, list commands, sessions, identity and network objects, attributes, mode, clock, settings,
 * every prefix and split. Layouts are those of The CIP Networks Library, volumes 1 and 2, values worked out by hand; the answer
 * to List Identity has the form of one that a 1756-ENBT gave (../shared/captures/enip/enip_test.pcap). */
#include "support/enip_unit.h"

static void no_event(void)
{
    struct mr_enip_event ev;
    assert_false(mr_enip_server_next(&t.server, &ev));
}

static void test_register(void **state)
{
    (void)state;
    enip_station_init(&t);
    enip_same(enip_command(&t, 0x6F, 0, ""), "64 "); /* no session yet */
    enip_same(enip_command(&t, 0x65, 0, "0100"), "65 ");
    enip_same(enip_command(&t, 0x65, 0, "02000000"), "69 01000000"); /* another version: ours is told */
    enip_same(enip_command(&t, 0x65, 0, "01000100"), "69 01000000"); /* no options are known */
    assert_int_equal(t.server.handle, 0);
    enip_same(enip_command(&t, 0x65, 0, "01000000"), "00 01000000");
    uint32_t handle = t.server.handle;
    assert_int_not_equal(handle, 0);
    enip_same(enip_command(&t, 0x65, handle, "01000000"), "01 01000000"); /* one a connection */
    assert_int_equal(t.server.handle, handle);
    enip_same(enip_command(&t, 0x66, handle + 1, ""), "64 ");
    assert_false(mr_enip_server_finished(&t.server));
    enip_same(enip_command(&t, 0x66, handle, ""), "-");
    assert_true(mr_enip_server_finished(&t.server));
}

static void test_commands(void **state)
{
    (void)state;
    enip_same(enip_command(&t, 0x00, 0, "1234"), "-"); /* NOP */
    enip_same(enip_command(&t, 0x01, 0, ""), "01 ");
    enip_same(enip_command(&t, 0x72, 0, ""), "01 ");
    /* Version 1, CIP over TCP (bit 5) and classes 0 and 1 over UDP (bit 8), a name of 16 bytes. */
    enip_same(enip_command(&t, 0x04, 0, ""), "00 0100 0001 1400 0100 2001 436F6D6D756E69636174696F6E730000");
    enip_same(enip_command(&t, 0x64, 0, ""), "00 0000");
    enip_same(enip_command(&t, 0x64, 0, "00"), "65 ");
    /* One item 0x0C of 2 + 16 + 14 + 1 + 20 + 1 = 54 bytes; status: run 0x60, key in remote 0x3000; state 3. */
    enip_same(enip_command(&t, 0x63, 0, ""), "00 01000C0036000100"
                                             "0002AF120A0000020000000000000000"
                                             "01000E003600140B60308E4D5200"
                                             "14313735362D4C36312F42204C4F4749583535363103");
    /* A status or options: not for us. */
    uint8_t in[24] = {0x63}, out[256];
    in[8] = 1;
    assert_int_equal(enip_exchange(&t, in, sizeof in, out, sizeof out), 0);
    in[8] = 0;
    in[20] = 1;
    assert_int_equal(enip_exchange(&t, in, sizeof in, out, sizeof out), 0);
}

static void test_data_of_the_encapsulation(void **state)
{
    (void)state;
    uint32_t h = t.server.handle;
    enip_same(enip_command(&t, 0x6F, h + 1, "00000000000002000000000000B20000"), "64 ");
    enip_same(enip_command(&t, 0x6F, h, ""), "03 ");
    enip_same(enip_command(&t, 0x6F, h, "0100000000000200 00000000 B2000200 0E00"), "03 "); /* another interface */
    enip_same(enip_command(&t, 0x6F, h, "0000000000000200 00000000 B2000300 0E00"), "03 "); /* too short */
    enip_same(enip_command(&t, 0x6F, h, "0000000000000200 00000000 B2000100 0E00"), "03 "); /* too long */
    enip_same(enip_command(&t, 0x6F, h, "0000000000000100 B2000200 0E00"), "03 ");          /* no address */
    enip_same(enip_command(&t, 0x6F, h, "000000000000FFFF"), "03 ");
    enip_same(enip_command(&t, 0x70, h, "0000000000000200 A1000400 00000000 B1000200 0000"), "-"); /* no connection */
    enip_same(enip_command(&t, 0x70, h, "0000000000000200 00000000 B2000200 0E00"), "03 ");
}

static void test_datagrams(void **state)
{
    (void)state;
    uint8_t out[MR_ENIP_DATAGRAM_MAX];
    uint8_t in[26] = {0x63};
    const struct mr_enip_peer from = {0x0A000063, 50000};
    struct mr_writer w = mr_writer(out, sizeof out);
    assert_true(mr_enip_server_datagram(&t.device, from, mr_slice(in, 24), &w));
    assert_int_equal(w.n, 24 + 2 + 4 + 54);
    t.settings.silent = true;
    assert_false(mr_enip_server_datagram(&t.device, from, mr_slice(in, 24), &w));
    in[0] = 0x04;
    w.n = 0;
    assert_true(mr_enip_server_datagram(&t.device, from, mr_slice(in, 24), &w));
    assert_int_equal(w.n, 24 + 26);
    in[0] = 0x65; /* no sessions over UDP */
    w.n = 0;
    assert_true(mr_enip_server_datagram(&t.device, from, mr_slice(in, 24), &w));
    assert_int_equal(out[8], 0x01);
    assert_false(mr_enip_server_datagram(&t.device, from, mr_slice(in, 26), &w)); /* the length is wrong */
    assert_false(mr_enip_server_datagram(&t.device, from, mr_slice(in, 23), &w));
    in[0] = 0;
    assert_false(mr_enip_server_datagram(&t.device, from, mr_slice(in, 24), &w));
}

static void test_identity(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, "0102 2001 2401"), "81000000"
                                              "01000E003600140B60308E4D520014313735362D4C36312F42204C4F47495835353631");
    enip_same(enip_ask(&t, "0E03 2001 2401 3001"), "8E0000000100");
    enip_same(enip_ask(&t, "0E03 2001 2401 3008"), "8E00000003");
    enip_same(enip_ask(&t, "0E03 2001 2401 3063"), "8E001400");     /* attribute not supported */
    enip_same(enip_ask(&t, "0E02 2001 2401"), "8E000400");          /* none is named */
    enip_same(enip_ask(&t, "0E03 2001 2402 3001"), "8E001600");     /* no such instance */
    enip_same(enip_ask(&t, "0E03 2001 2400 3001"), "8E0000000100"); /* revision of the class */
    enip_same(enip_ask(&t, "0E03 2001 2400 3002"), "8E0000000100"); /* largest instance */
    enip_same(enip_ask(&t, "0E03 2001 2400 3007"), "8E0000000700"); /* largest attribute */
    enip_same(enip_ask(&t, "0102 2001 2400"), "81000000 0100 0100 0700 0700");
    enip_same(enip_ask(&t, "1003 2001 2401 3001 0200"), "90000E00"); /* not to be set */
    enip_same(enip_ask(&t, "1003 2001 2401 3063 0200"), "90001400");
    enip_same(enip_ask(&t, "4C02 2001 2401"), "CC000800");
    /* The same in 16 and 32 bits. */
    enip_same(enip_ask(&t, "0E06 2100 0100 2500 0100 3100 0100"), "8E0000000100");
    enip_same(enip_ask(&t, "0E09 2200 01000000 2600 01000000 3200 01000000"), "8E0000000100");
    /* A list: two that are there, one that is not. */
    enip_same(enip_ask(&t, "0302 2001 2401 0300 0100 6300 0700"),
              "83000A00 0300 01000000 0100 63001400 07000000 14313735362D4C36312F42204C4F47495835353631");
    enip_same(enip_ask(&t, "0302 2001 2401 0300 0100"), "83001C00030001000000"
                                                        "0100");
}

static void test_requests_that_are_wrong(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, ""), "80001300");
    enip_same(enip_ask(&t, "0E"), "8E001300");
    enip_same(enip_ask(&t, "0E03 2001"), "8E002600");           /* the path is shorter than said */
    enip_same(enip_ask(&t, "0E00"), "8E000400");                /* no path */
    enip_same(enip_ask(&t, "0E01 2401"), "8E000400");           /* no class */
    enip_same(enip_ask(&t, "0E02 2001 E001"), "8E000400");      /* no such segment */
    enip_same(enip_ask(&t, "0E02 2301 2401"), "8E000400");      /* no such format */
    enip_same(enip_ask(&t, "0E02 2001 2500"), "8E000400");      /* it ends in an instance */
    enip_same(enip_ask(&t, "0E03 2001 2401 2401"), "8E000400"); /* two instances */
    enip_same(enip_ask(&t, "0E03 2067 2401 3001"), "8E000500"); /* PCCC is not there */
    enip_same(enip_ask(&t, "4B02 2067 2401 07"), "CB000500");
}

static void test_network_objects(void **state)
{
    (void)state;
    /* TCP/IP: configured; no capability; static; path 20 F6 24 01; address, mask, gateway; host "Filter". */
    enip_same(enip_ask(&t, "0102 20F5 2401"), "81000000"
                                              "01000000"
                                              "00000000"
                                              "00000000"
                                              "020020F62401"
                                              "0200000A"
                                              "00FFFFFF"
                                              "0100000A"
                                              "0000000000000000"
                                              "0000"
                                              "060046696C746572");
    enip_same(enip_ask(&t, "0E03 20F5 2401 300D"), "8E0000007800"); /* 120 s */
    enip_same(enip_ask(&t, "1003 20F5 2401 300D 0A00"), "90000000");
    assert_int_equal(event().kind, MR_ENIP_EV_SET);
    assert_int_equal(t.state.inactivity_s, 10);
    enip_same(enip_ask(&t, "1003 20F5 2401 300D 0AFF"), "90000900");
    enip_same(enip_ask(&t, "1003 20F5 2401 300D 0A"), "90001300");
    enip_same(enip_ask(&t, "1003 20F5 2401 300D 0A0000"), "90001500");
    enip_same(enip_ask(&t, "1003 20F5 2401 3005 00"), "90000E00");
    /* 239.192.1.0 + (2 - 1) * 32 */
    enip_same(enip_ask(&t, "0E03 20F5 2401 3009"), "8E000000000001002001C0EF");
    /* Ethernet Link: 100 Mbit/s; up, full duplex, negotiated: 1 + 2 + 3 * 4; the MAC address. */
    enip_same(enip_ask(&t, "0102 20F6 2401"), "81000000"
                                              "64000000"
                                              "0F000000"
                                              "0000BC3BD659");
    /* Port: the backplane with slot 0, Ethernet; entry by Ethernet. */
    enip_same(enip_ask(&t, "0E03 20F4 2401 3001"), "8E0000000100");
    enip_same(enip_ask(&t, "0E03 20F4 2402 3001"), "8E0000000400");
    enip_same(enip_ask(&t, "0E03 20F4 2402 3003"), "8E000000020020F52401");
    enip_same(enip_ask(&t, "0E03 20F4 2400 3008"), "8E0000000200");
    enip_same(enip_ask(&t, "0E03 20F4 2400 3009"), "8E000000"
                                                   "00000000"
                                                   "01000100"
                                                   "04000200");
    /* Message router: seven objects of the network, twelve of the controller. */
    assert_memory_equal(enip_ask(&t, "0E03 2002 2401 3001"),
                        "8E0000001300"
                        "0100"
                        "0200"
                        "0400"
                        "0600",
                        28);
    enip_same(enip_ask(&t, "0E03 2002 2401 3002"), "8E0000000600");
    enip_same(enip_ask(&t, "0E03 2002 2401 3003"), "8E0000000000");
}

static void test_assemblies(void **state)
{
    (void)state;
    t.i[0] = 0x11;
    t.i[7] = 0x77;
    enip_same(enip_ask(&t, "0E03 2004 2464 3003"), "8E000000"
                                                   "1100000000000077");
    enip_same(enip_ask(&t, "0E03 2004 2464 3004"), "8E0000000800");
    enip_same(enip_ask(&t, "0E03 2004 2400 3002"), "8E000000C700"); /* 199 */
    enip_same(enip_ask(&t, "0E03 2004 2400 3003"), "8E0000000600");
    enip_same(enip_ask(&t, "1003 2004 2496 3003 010203040506"), "90000000");
    assert_int_equal(event().instance, 150);
    assert_memory_equal(t.q, "\1\2\3\4\5\6", 7);
    enip_same(enip_ask(&t, "1003 2004 2496 3003 0102030405"), "90001300");
    enip_same(enip_ask(&t, "1003 2004 2496 3003 01020304050607"), "90001500");
    enip_same(enip_ask(&t, "1003 2004 2464 3003 0102030405060708"), "90000E00"); /* input */
    enip_same(enip_ask(&t, "0E03 2004 2401 3003"), "8E001600");
}

static void test_mode(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, "0702 208E 2401"), "87000000"); /* as captured: Stop, then Start */
    assert_int_equal(event().kind, MR_ENIP_EV_STOP);
    assert_false(t.state.running);
    enip_same(enip_ask(&t, "0E03 2001 2401 3005"), "8E0000007030"); /* program mode, key in remote */
    enip_same(enip_ask(&t, "0702 208E 2401"), "87000000");
    no_event();
    enip_same(enip_ask(&t, "0602 208E 2401"), "86000000");
    assert_int_equal(event().kind, MR_ENIP_EV_START);
    assert_true(t.state.running);
    /* Metasploit's: Stop to class 0x64, with more behind it, in an Unconnected Send. */
    enip_same(enip_ask(&t, "5202 2006 2401 0AF0 0C00 0702 2064 2401 DEADBEEFCAFE 0100 0100"), "87000000");
    assert_int_equal(event().kind, MR_ENIP_EV_STOP);
    t.state.running = true;
    static const struct {
        uint8_t key;
        bool off, locked;
        uint16_t status;
    } refused[] = {{MR_ENIP_KEY_RUN, false, false, 0x1060},
                   {MR_ENIP_KEY_PROGRAM, false, false, 0x2060},
                   {MR_ENIP_KEY_REMOTE, true, false, 0x3060},
                   {MR_ENIP_KEY_REMOTE, false, true, 0x3060}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        t.settings.key = refused[i].key;
        t.settings.mode_off = refused[i].off;
        t.state.locked = refused[i].locked;
        enip_same(enip_ask(&t, "0702 208E 2401"), "87001000");
        assert_int_equal(event().kind, MR_ENIP_EV_DENIED);
        assert_int_equal(mr_enip_device_status(&t.device), refused[i].status);
    }
    enip_same(enip_ask(&t, "4C04 208E 2401 2074 2401"), "CC000000"); /* unlock, as captured */
    assert_int_equal(event().kind, MR_ENIP_EV_UNLOCK);
    enip_same(enip_ask(&t, "0702 208E 2401"), "87000000");
    t.state.faulted = true;
    assert_int_equal(mr_enip_device_status(&t.device), 0x3450);
}

static void test_reset(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, "0502 2001 2401"), "85000000");
    assert_int_equal(event().kind, MR_ENIP_EV_RESET);
    enip_same(enip_ask(&t, "0502 2001 2401 01"), "85000000");
    assert_int_equal(event().count, 1);
    enip_same(enip_ask(&t, "0503 2001 2401 3003"), "85000000"); /* as Metasploit sends it */
    assert_int_equal(event().count, 0);
    enip_same(enip_ask(&t, "0502 2001 2401 03"), "85002000");
    enip_same(enip_ask(&t, "0502 2001 2401 0000"), "85001500");
    t.settings.key = MR_ENIP_KEY_RUN;
    enip_same(enip_ask(&t, "0502 2001 2401"), "85001000");
}

/* 1,000,000,000,000,000 us are 2001-09-09 01:46:40. The request's time is 1 s. */
static void test_clock(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, "0402 208B 2401 0100 0600 0080C6A47E8D0300"), "84000000"
                                                                         "0100"
                                                                         "06000000");
    assert_int_equal(event().kind, MR_ENIP_EV_CLOCK);
    no_event();
    assert_int_equal(t.state.clock, 1000000000ll * MR_S - MR_S);
    enip_same(enip_ask(&t, "0302 208B 2401 0100 0B00"), "83000000"
                                                        "0100"
                                                        "0B000000"
                                                        "0080C6A47E8D0300");
    enip_same(enip_ask(&t, "0E03 208B 2401 3005"), "8E000000"
                                                   "D1070000"
                                                   "09000000"
                                                   "09000000"
                                                   "01000000"
                                                   "2E000000"
                                                   "28000000"
                                                   "00000000");
    /* 2008-02-29 12:00:00.5 is day 13938 since 1970: (13938 * 24 + 12) * 3600 = 1204286400 s. */
    enip_same(enip_ask(&t, "1003 208B 2401 3005 D8070000 02000000 1D000000 0C000000 00000000 00000000 20A10700"), "90000000");
    assert_int_equal(t.state.clock, 1204286400ll * MR_S + 500 * MR_MS - MR_S);
    enip_same(enip_ask(&t, "1003 208B 2401 3005 D7070000 02000000 1D000000 0C000000 00000000 00000000 20A10700"),
              "90000900"); /* 2007 had no such day */
    /* 2100-01-01 is 4102444800 s; it survives being saved. */
    enip_same(enip_ask(&t, "1003 208B 2401 3006 00C003DD26930E00"), "90000000");
    uint8_t saved[2048];
    struct mr_writer w = mr_writer(saved, sizeof saved);
    mr_state_save(&mr_enip_state_type, &t.state, &w);
    struct mr_reader r = mr_reader(mr_written(&w));
    assert_int_equal(mr_state_load(&mr_enip_state_type, &t.state, &r), MR_OK);
    enip_same(enip_ask(&t, "0E03 208B 2401 300B"), "8E000000 00C003DD26930E00");
    enip_same(enip_ask(&t, "1003 208B 2401 3006 F853E3A59BC42000"), "90000900"); /* beyond 2262 */
    /* as pylogix sets it, with summer time (_set_plc_time) */
    enip_same(enip_ask(&t, "0402 208B 2401 0200 0600 0080C6A47E8D0300 0A00 01"), "84000000 0200 0600 0000 0A00 0000");
    enip_same(enip_ask(&t, "0E03 208B 2401 300A"), "8E000000 01");
    t.settings.clock_off = true;
    enip_same(enip_ask(&t, "0402 208B 2401 0100 0600 0080C6A47E8D0300"), "84000A00"
                                                                         "0100"
                                                                         "06000F00");
}

/* What RSLogix polls in one packet, and what an L61 answered (cip-multiple-1.pcap, cip-multiple-2.pcap): same numbers, statuses
 * and sizes; where values are a matter of the program they are not compared. */
static void test_captured_poll(void **state)
{
    (void)state;
    const char *answer = enip_ask(&t, "0A02 2002 2401 0B00 1800 2200 2C00 3600 4C00 5800 6400 7200 7C00 8A00 9400"
                                      "0302 2001 2401 0100 0500"
                                      "0302 2069 2400 0100 0B00"
                                      "0302 2073 2401 0100 0200"
                                      "0302 20AC 2401 0700 0100 0200 0300 0500 0700 0900 0A00"
                                      "0303 2068 2500 2024 0100 1300"
                                      "0302 2070 2401 0200 1200 1300"
                                      "0302 208E 2401 0300 0300 0800 1000"
                                      "0302 2069 2400 0100 0900"
                                      "0302 2068 2400 0300 0F00 1800 1900"
                                      "0302 2077 2401 0100 0200"
                                      "0302 208B 2401 0100 0600");
    static const char captured[] = "8A0000000B001800240030003C0074007F009500AD00B900D500E100"
                                   "83000000010005000000603083000000010"
                                   "00B0000000300"
                                   "830000000100020000000000"
                                   "83000000070001000000050002000000010003000000";
    assert_memory_equal(answer, captured, sizeof captured - 1);
    assert_int_equal(strlen(answer), 2 * 247); /* 249 with the sequence count */
}

static void test_multiple(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, "0A02 2002 2401 0200 0600 0E00 0E03 2001 2401 3001 0E03 2001 2401 3002"), "8A000000"
                                                                                                     "0200"
                                                                                                     "0600"
                                                                                                     "0C00"
                                                                                                     "8E0000000100"
                                                                                                     "8E0000000E00");
    /* One of them fails: status 0x1E. */
    enip_same(enip_ask(&t, "0A02 2002 2401 0200 0600 0E00 0E03 2001 2401 3001 0E03 2001 2401 3063"), "8A001E00"
                                                                                                     "0200"
                                                                                                     "0600"
                                                                                                     "0C00"
                                                                                                     "8E0000000100"
                                                                                                     "8E001400");
    enip_same(enip_ask(&t, "0A02 2002 2401 0000"), "8A001300");
    enip_same(enip_ask(&t, "0A02 2002 2401 0200 0600"), "8A001300");
    /* An offset outside; one before the other. */
    enip_same(enip_ask(&t, "0A02 2002 2401 0100 FF00"), "8A001E00"
                                                        "0100"
                                                        "0400"
                                                        "80001300");
    /* The second's offset lies before the first's end: the first is no request, the second is read to the end. */
    enip_same(enip_ask(&t, "0A02 2002 2401 0200 0E00 0600 0E03 2001 2401 3001 0E03 2001 2401 3002"),
              "8A001E00 0200 0600 0A00 80001300 8E000000 0100");
    /* None in another. */
    enip_same(enip_ask(&t, "0A02 2002 2401 0100 0400 0A02 2002 2401 0100 0400 0E03 2001 2401 3001"),
              "8A001E00 0100 0400 8A000800");
    /* An answer that has no room leaves the others theirs: an array of 400 DINTs does not fit 504 bytes, and is read in part. */
    const char *answer = enip_ask(&t, "0A02 2002 2401 0200 0600 1000 4C03 9103 42696700 9001 0E03 2001 2401 3001");
    enip_same(answer + strlen(answer) - 12, "8E0000000100");
    assert_memory_equal(answer, "8A001E00", 8);
}

/* --- routing ---------------------------------------------------------------------------------------------------------------- */

static void test_unconnected_send(void **state)
{
    (void)state;
    /* Eight bytes to the backplane's slot 0; an odd number of bytes with padding; an empty route. */
    enip_same(enip_ask(&t, "5202 2006 2401 07E9 0800 0E03 2001 2401 3001 0100 0100"), "8E0000000100");
    enip_same(enip_ask(&t, "5202 2006 2401 07E9 0700 0502 2001 2401 00 00 0100 0100"), "85000000");
    enip_same(enip_ask(&t, "5202 2006 2401 07E9 0800 0E03 2001 2401 3001 0000"), "8E0000000100");
    /* Slot 3; port 2; no port at all: the connection manager's failure, and one word of the route left. */
    enip_same(enip_ask(&t, "5202 2006 2401 07E9 0800 0E03 2001 2401 3001 0100 0103"), "D2000101 1203 01");
    enip_same(enip_ask(&t, "5202 2006 2401 07E9 0800 0E03 2001 2401 3001 0100 0200"), "D2000101 1103 01");
    enip_same(enip_ask(&t, "5202 2006 2401 07E9 0800 0E03 2001 2401 3001 0100 2001"), "D2000101 1503 01");
    enip_same(enip_ask(&t, "5202 2006 2401 07E9 0900 0E03 2001 2401 3001 0100 0100"), "D2001300");
    /* One in another is not unwrapped. */
    enip_same(enip_ask(&t, "5202 2006 2401 07E9 1600 5202 2006 2401 07E9 0800 0E03 2001 2401 3001 0100 0100 0100 0100"),
              "D2000800");
    t.personality.chassis = false;
    enip_same(enip_ask(&t, "5202 2006 2401 07E9 0800 0E03 2001 2401 3001 0100 0100"), "D2000101 1103 01");
}

/* --- settings --------------------------------------------------------------------------------------------------------------- */

static void test_access_list(void **state)
{
    (void)state;
    t.settings.access_list = true;
    enip_same(enip_ask(&t, "0E03 2001 2401 3001"), "8E000F00");
    assert_int_equal(event().kind, MR_ENIP_EV_DENIED);
    t.settings.naccess = 2;
    t.settings.access[0] = (struct mr_enip_access){0x0A000000, 0xFFFFFF00, MR_ENIP_MAY_READ};
    t.settings.access[1] = (struct mr_enip_access){0x0A000100, 0xFFFFFF00, MR_ENIP_MAY_ALL};
    enip_same(enip_ask(&t, "0E03 2001 2401 3001"), "8E0000000100");
    enip_same(enip_ask(&t, "1003 2004 2496 3003 010203040506"), "90000F00");
    assert_int_equal(event().kind, MR_ENIP_EV_DENIED);
    enip_same(enip_ask(&t, "0702 208E 2401"), "87000F00");
    enip_same(enip_ask(&t, "0502 2001 2401"), "85000F00");
    assert_true(t.state.running);
    struct mr_enip_server other;
    mr_enip_server_init(&other, &t.device);
    t.personality.refuse_close = true;
    mr_enip_server_open(&other, 0x0A000201, 0);
    assert_true(mr_enip_server_finished(&other));
    mr_enip_server_open(&other, 0x0A000101, 0);
    assert_false(mr_enip_server_finished(&other));
}

static void test_write_protection(void **state)
{
    (void)state;
    t.settings.write_protected = true;
    enip_same(enip_ask(&t, "1003 2004 2496 3003 010203040506"), "90000F00");
    enip_same(enip_ask(&t, "0E03 2001 2401 3001"), "8E0000000100");
}

static void test_deadlines(void **state)
{
    (void)state;
    /* The last message came at 1 s; the default is 120 s. A message begun at 200 s has 30 s to end. */
    assert_int_equal(mr_enip_server_deadline(&t.server), 121 * MR_S);
    t.state.inactivity_s = 0;
    assert_int_equal(mr_enip_server_deadline(&t.server), MR_NEVER_NS);
    assert_int_equal(mr_enip_server_feed(&t.server, mr_slice("\x63", 1), 200 * MR_S).needed, 23);
    (void)mr_enip_server_feed(&t.server, mr_slice("", 1), 210 * MR_S);
    assert_int_equal(mr_enip_server_deadline(&t.server), 230 * MR_S);
    mr_enip_server_tick(&t.server, 230 * MR_S - 1);
    assert_false(mr_enip_server_finished(&t.server));
    mr_enip_server_tick(&t.server, 230 * MR_S);
    assert_true(mr_enip_server_finished(&t.server));
}

/* Longer than any message may be: said so, after what was asked before, and closed; alike however it is cut. */
static void test_too_long(void **state)
{
    (void)state;
    uint8_t in[48] = {0x63}, out[256];
    in[24] = 0x6F;
    in[26] = 0xFF;
    in[27] = 0xFF;
    for (size_t cut = 1; cut <= sizeof in; cut++) {
        struct mr_feed f = {0};
        struct mr_writer w = mr_writer(out, sizeof out);
        enip_station_init(&t);
        for (size_t at = 0; at < sizeof in; at += f.consumed) {
            size_t n = sizeof in - at < cut ? sizeof in - at : cut;
            f = mr_enip_server_feed(&t.server, mr_slice(in + at, n), 0);
            assert_false(mr_enip_server_output(&t.server, &w));
        }
        assert_int_equal(f.status, MR_FEED_MALFORMED);
        assert_int_equal(w.n, 24 + 60 + 24);
        assert_int_equal(out[84 + 8], 0x65);
        assert_true(mr_enip_server_finished(&t.server));
    }
}

/* Requests behind one another: output blocks the input, and nothing is lost. */
static void test_back_pressure(void **state)
{
    (void)state;
    static uint8_t in[300 * 24], out[300 * 84];
    struct mr_writer w = mr_writer(out, sizeof out);
    size_t blocked = 0;
    for (size_t i = 0; i < 300; i++) {
        in[i * 24] = 0x63;
        in[i * 24 + 12] = (uint8_t)i;
    }
    for (size_t at = 0; at < sizeof in;) {
        struct mr_feed f = mr_enip_server_feed(&t.server, mr_slice(in + at, sizeof in - at), 0);
        blocked += f.status == MR_FEED_BLOCKED;
        at += f.consumed;
        assert_false(mr_enip_server_output(&t.server, &w));
    }
    assert_true(blocked > 0);
    assert_int_equal(w.n, sizeof out);
    for (size_t i = 0; i < 300; i++) {
        assert_int_equal(out[i * 84 + 12], (uint8_t)i);
    }
}

static size_t take_all(struct mr_enip_server *s, uint8_t *out, size_t cap)
{
    struct mr_writer w = mr_writer(out, cap);
    assert_false(mr_enip_server_output(s, &w));
    return w.n;
}

/* A message that a session cannot keep itself is kept in one of the device's two long buffers; the last one is for answers, so a
 * second such message is refused for want of memory (volume 2, table 2-3.3: 0x0002), and what follows it is understood. */
static void test_long_messages(void **state)
{
    (void)state;
    uint8_t in[24 + 1000] = {0x63, 0, 1000 & 255, 1000 >> 8}, out[256];
    static struct mr_enip_server other;
    mr_enip_server_init(&other, &t.device);
    mr_enip_server_open(&other, ENIP_CLIENT, 0);
    in[12] = 7;
    assert_int_equal(mr_enip_server_feed(&t.server, mr_slice(in, 20), 10 * MR_S).needed, 4);
    assert_false(t.large[0].live);
    assert_int_equal(mr_enip_server_feed(&t.server, mr_slice(in + 20, 600), 11 * MR_S).needed, 404);
    assert_true(t.large[0].live && !t.large[1].live);
    assert_int_equal(mr_enip_server_deadline(&t.server), 15 * MR_S); /* from the first byte on */

    assert_int_equal(mr_enip_server_feed(&other, mr_slice(in, 30), 11 * MR_S).needed, sizeof in - 30);
    assert_int_equal(take_all(&other, out, sizeof out), 24);
    assert_int_equal(out[0], 0x63);
    assert_int_equal(out[8], 0x02);
    assert_int_equal(out[12], 7);
    assert_int_equal(mr_enip_server_feed(&other, mr_slice(in + 30, sizeof in - 31), 11 * MR_S).needed, 1);
    uint8_t end[1 + 24] = {0, 0x63};
    assert_int_equal(mr_enip_server_feed(&other, mr_slice(end, sizeof end), 11 * MR_S).needed, 0);
    assert_int_equal(take_all(&other, out, sizeof out), 84); /* an identity, as test_commands has it */

    assert_int_equal(mr_enip_server_feed(&t.server, mr_slice(in + 620, 404), 12 * MR_S).needed, 0);
    assert_false(t.large[0].live);
    assert_int_equal(take_all(&t.server, out, sizeof out), 24);
    assert_int_equal(out[8], 0x65); /* a list command has no data */

    (void)mr_enip_server_feed(&t.server, mr_slice(in, 700), 20 * MR_S);
    mr_enip_server_tick(&t.server, 25 * MR_S);
    assert_true(mr_enip_server_finished(&t.server));
    mr_enip_server_close(&t.server);
    assert_false(t.large[0].live || t.large[1].live);
}

/* No long buffer for the answer: refused, not cut short. */
static void test_long_answers(void **state)
{
    (void)state;
    const char *answer = enip_ask(&t, "5B02 2006 2401 07E9 00000000 78563412 0100 3713 33330000 03000000"
                                      "80841E00 A20F0042 80841E00 A20F0042 A3 03 0100 2002 2401");
    assert_memory_equal(answer, "DB000000", 8);
    const uint32_t id = t.connections[0].o_t_id;
    char data[128];
    (void)snprintf(data, sizeof data, "00000000 0000 0200 A1000400%02X%02X%02X%02X B1000C00 0100 4C03 9103 42696700 9001",
                   id & 255, id >> 8 & 255, id >> 16 & 255, id >> 24);
    t.large[0].live = t.large[1].live = true;
    enip_same(enip_command(&t, 0x70, t.server.handle, data), "02 ");
    t.large[1].live = false;
    assert_int_equal(strlen(enip_command(&t, 0x70, t.server.handle, data)), 3 + 2 * (22 + 6 + 1600)); /* 400 DINTs */
    assert_false(t.large[1].live);
}

static void test_records(void **state)
{
    (void)state;
    mr_type_check(&mr_enip_server_type);
    mr_type_check(&mr_enip_settings_type);
    mr_type_check(&mr_enip_state_type);
    mr_type_check(&mr_enip_connection_type);
    mr_type_check(&mr_enip_large_type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_register, setup),
        cmocka_unit_test_setup(test_commands, setup),
        cmocka_unit_test_setup(test_data_of_the_encapsulation, setup),
        cmocka_unit_test_setup(test_datagrams, setup),
        cmocka_unit_test_setup(test_identity, setup),
        cmocka_unit_test_setup(test_requests_that_are_wrong, setup),
        cmocka_unit_test_setup(test_network_objects, setup),
        cmocka_unit_test_setup(test_assemblies, setup),
        cmocka_unit_test_setup(test_mode, setup),
        cmocka_unit_test_setup(test_reset, setup),
        cmocka_unit_test_setup(test_clock, setup),
        cmocka_unit_test_setup(test_captured_poll, setup),
        cmocka_unit_test_setup(test_multiple, setup),
        cmocka_unit_test_setup(test_unconnected_send, setup),
        cmocka_unit_test_setup(test_access_list, setup),
        cmocka_unit_test_setup(test_write_protection, setup),
        cmocka_unit_test_setup(test_deadlines, setup),
        cmocka_unit_test_setup(test_too_long, setup),
        cmocka_unit_test_setup(test_back_pressure, setup),
        cmocka_unit_test_setup(test_long_messages, setup),
        cmocka_unit_test_setup(test_long_answers, setup),
        cmocka_unit_test_setup(test_records, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
