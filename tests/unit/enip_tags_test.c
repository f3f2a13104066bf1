/* Logix tags: paths, types, fragments, bits, structures, browsing, templates, memory. The forms are those of Rockwell publication
 * 1756-PM020; values are worked out by hand. */
#include "support/enip_unit.h"

static void put32(size_t at, uint32_t v)
{
    for (size_t i = 0; i < 4; i++) {
        t.m[at + i] = (uint8_t)(v >> 8 * i);
    }
}

/* "Level" is 4C 65 76 65 6C and a pad byte. */
static void test_read(void **state)
{
    (void)state;
    put32(0, 0x12345678);
    enip_same(enip_ask(&t, "4C04 9105 4C6576656C00 0100"), "CC000000 C400 78563412");
    enip_same(enip_ask(&t, "4C04 9105 4C4556454C00 0100"), "CC000000 C400 78563412"); /* names have no case */
    enip_same(enip_ask(&t, "4C03 206B 2500 0100 0100"), "CC000000 C400 78563412");    /* symbol 1 */
    enip_same(enip_ask(&t, "4C02 206B 2401 0100"), "CC000000 C400 78563412");
    enip_same(enip_ask(&t, "4C05 9107 52756E6E696E6700 0100"), "CC000000 C100 00");
    t.m[10] = 8; /* bit 3 */
    enip_same(enip_ask(&t, "4C05 9107 52756E6E696E6700 0100"), "CC000000 C100 01");
    memcpy(t.m + 4, (const uint8_t[]){0, 0, 0x20, 0x41}, 4); /* 10.0 */
    enip_same(enip_ask(&t, "4C03 9104 466C6F77 0100"), "CC000000 CA00 00002041");
    enip_same(enip_ask(&t, "4C03 9104 476F6E65 0100"), "CC000000 C400 00000000"); /* its place is outside */
    /* "Scaled" is a REAL on an INT: -2 is C0000000. */
    t.m[64] = 0xFE;
    t.m[65] = 0xFF;
    enip_same(enip_ask(&t, "4C04 9106 5363616C6564 0100"), "CC000000 CA00 000000C0");
    /* Of a program: two segments, or by its symbol's instance, with the program or without. */
    put32(40, 1500);
    enip_same(enip_ask(&t, "4C0B 910C 50726F6772616D3A4D61696E 9105 537065656400 0100"), "CC000000 C400 DC050000");
    enip_same(enip_ask(&t, "4C0A 910C 50726F6772616D3A4D61696E 206B 2500 0700 0100"), "CC000000 C400 DC050000");
    enip_same(enip_ask(&t, "4C03 206B 2500 0700 0100"), "CC000000 C400 DC050000");
    enip_same(enip_ask(&t, "4C04 9105 537065656400 0100"), "CC000401 0000"); /* not the controller's */
}

static void test_wrong(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, "4C03 9104 4E6F7065 0100"), "CC000401 0000");
    enip_same(enip_ask(&t, "4C02 206B 2463 0100"), "CC000501 0000"); /* no such symbol */
    enip_same(enip_ask(&t, "4C02 206B 2400 0100"), "CC000501 0000");
    enip_same(enip_ask(&t, "4C04 9106 536563726574 0100"), "CC000401 0000"); /* hidden */
    enip_same(enip_ask(&t, "4C02 206B 240E 0100"), "CC000501 0000");
    enip_same(enip_ask(&t, "4C03 9104 466C6F77"), "CC001300");
    enip_same(enip_ask(&t, "4C03 9104 466C6F77 010000"), "CC001500");
    enip_same(enip_ask(&t, "4C03 9104 466C6F77 0200"), "CC00FF01 0521");      /* beyond the end */
    enip_same(enip_ask(&t, "4C03 9104 466C6F77 0000"), "CC00FF01 0521");      /* none */
    enip_same(enip_ask(&t, "4C03 9100 466C6F77 0100"), "CC000400");           /* an empty name */
    enip_same(enip_ask(&t, "4C04 9104 466C6F77 2800 0100"), "CC000501 0000"); /* no array */
    enip_same(enip_ask(&t, "4C07 910C 50726F6772616D3A4D61696E 0100"), "CC000401 0000");
    enip_same(enip_ask(&t, "4B03 9104 466C6F77"), "CB000800");
    t.personality.logix = false;
    enip_same(enip_ask(&t, "4C03 9104 466C6F77 0100"), "CC000400");
    enip_same(enip_ask(&t, "0702 208E 2401"), "87000500");
}

/* Grid is INT[3][4] from byte 12 on; element [1][2] is the 6th after the first. */
static void test_arrays(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 12; i++) {
        t.m[12 + 2 * i] = i;
    }
    enip_same(enip_ask(&t, "4C05 9104 47726964 2801 2802 0100"), "CC000000 C300 0600");
    enip_same(enip_ask(&t, "4C06 9104 47726964 2900 0100 2802 0200"), "CC000000 C300 0600 0700");
    enip_same(enip_ask(&t, "4C04 9104 47726964 2802 0400"), "CC000000 C300 0800 0900 0A00 0B00"); /* row 2 */
    enip_same(enip_ask(&t, "4C04 9104 47726964 2803 0100"), "CC000501 0000");
    enip_same(enip_ask(&t, "4C05 9104 47726964 2801 2804 0100"), "CC000501 0000");
    enip_same(enip_ask(&t, "4C06 9104 47726964 2801 2802 2800 0100"), "CC000501 0000");
    enip_same(enip_ask(&t, "4C05 9104 47726964 2802 2803 0200"), "CC00FF01 0521");
    /* Elements at places of their own: 48, 56, 52. */
    put32(48, 1);
    put32(56, 2);
    put32(52, 3);
    enip_same(enip_ask(&t, "4C06 9109 53636174746572656400 0300"), "CC000000 C400 01000000 02000000 03000000");
    enip_same(enip_ask(&t, "4D07 9109 53636174746572656400 2801 C400 0200 0A000000 0B000000"), "CD000000");
    assert_int_equal(t.m[56], 10);
    assert_int_equal(t.m[52], 11);
    /* Bits from bit 6 of byte 66 on: the third is bit 0 of byte 67. */
    t.m[66] = 0x40;
    t.m[67] = 0x05;
    enip_same(enip_ask(&t, "4C03 9104 42697473 0500"), "CC000000 C100 01 00 01 00 01");
    enip_same(enip_ask(&t, "4D04 9104 42697473 2801 C100 0200 0100"), "CD000000");
    assert_int_equal(t.m[66], 0xC0);
    assert_int_equal(t.m[67], 0x04);
}

static void test_write(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, "4D04 9105 4C6576656C00 C400 0100 78563412"), "CD000000");
    assert_memory_equal(t.m, "\x78\x56\x34\x12", 5);
    struct mr_enip_event ev = event();
    assert_int_equal(ev.kind, MR_ENIP_EV_WRITE);
    assert_int_equal(ev.tag, ENIP_TAG_LEVEL);
    assert_int_equal(ev.count, 1);
    assert_int_equal(ev.client, ENIP_CLIENT);
    enip_same(enip_ask(&t, "4D04 9105 4C6576656C00 C300 0100 7856"), "CD00FF01 0721"); /* another type */
    enip_same(enip_ask(&t, "4D04 9105 4C6576656C00 C400 0100 785634"), "CD001300");
    enip_same(enip_ask(&t, "4D04 9105 4C6576656C00 C400 0100 7856341200"), "CD001500");
    enip_same(enip_ask(&t, "4D04 9105 4C6576656C00 C400 0200 7856341278563412"), "CD00FF01 0521");
    enip_same(enip_ask(&t, "4D04 9105 4C6576656C00 C400"), "CD001300");
    enip_same(enip_ask(&t, "4D05 9107 52756E6E696E6700 C100 0100 FF"), "CD000000");
    assert_int_equal(t.m[10], 8);
    enip_same(enip_ask(&t, "4D05 9107 52756E6E696E6700 C100 0100 00"), "CD000000");
    assert_int_equal(t.m[10], 0);
    /* -2.5 to an INT: to nearest, halves to even. */
    enip_same(enip_ask(&t, "4D04 9106 5363616C6564 CA00 0100 000020C0"), "CD000000");
    assert_memory_equal(t.m + 64, "\xFE\xFF", 2);
    enip_same(enip_ask(&t, "4D04 9105 466978656400 C400 0100 00000000"), "CD000F00"); /* read-only */
    while (event().kind == MR_ENIP_EV_WRITE) {
    }
    t.settings.write_protected = true;
    enip_same(enip_ask(&t, "4D04 9105 4C6576656C00 C400 0100 00000000"), "CD000F00");
    ev = event();
    assert_int_equal(ev.kind, MR_ENIP_EV_DENIED);
    assert_int_equal(ev.tag, ENIP_TAG_LEVEL);
    assert_int_equal(t.m[0], 0x78);
}

/* "Big" has 400 DINTs. Unconnected answers have 504 bytes: 4 of the header, 2 of the type, 124 elements. */
static void test_fragments(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 400; i++) {
        put32(100 + 4 * i, i);
    }
    const char *answer = enip_ask(&t, "4C03 9103 42696700 9001");
    assert_memory_equal(answer, "CC000600C400", 12);
    assert_int_equal(strlen(answer) / 2, 6 + 124 * 4);
    answer = enip_ask(&t, "5203 9103 42696700 9001 F0010000"); /* from byte 496 on: element 124 */
    assert_memory_equal(answer, "D2000600C4007C000000", 20);
    answer = enip_ask(&t, "5203 9103 42696700 9001 D0050000"); /* 1488: 28 are left */
    assert_memory_equal(answer, "D2000000C40074010000", 20);
    assert_int_equal(strlen(answer) / 2, 6 + 28 * 4);
    enip_same(enip_ask(&t, "5203 9103 42696700 9001 40060000"), "D200FF01 0421"); /* 1600: beyond */
    enip_same(enip_ask(&t, "5203 9103 42696700 9101 00000000"), "D200FF01 0521");
    enip_same(enip_ask(&t, "5203 9103 42696700 9001"), "D2001300");
    enip_same(enip_ask(&t, "5303 9103 42696700 C400 0400 04000000 E8030000"), "D3000000");
    assert_memory_equal(t.m + 104, "\xE8\x03\0\0\2\0\0\0", 8);
    struct mr_enip_event ev = event();
    assert_int_equal(ev.element, 1);
    assert_int_equal(ev.count, 1);
    enip_same(enip_ask(&t, "5303 9103 42696700 C400 0400 0C000000 0100000002000000"), "D300FF01 0521");
    enip_same(enip_ask(&t, "5303 9103 42696700 C400 0400 10000000 01000000"), "D300FF01 0421");
}

/* Masks as FactoryTalk sends them for a bit of a BOOL (EthernetIP-CIP.pcap): set 01, keep FF; set 00, keep FE. */
static void test_modify(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, "4E05 9107 52756E6E696E6700 0100 01FF"), "CE000000");
    assert_int_equal(t.m[10], 8);
    enip_same(enip_ask(&t, "4E05 9107 52756E6E696E6700 0100 00FE"), "CE000000");
    assert_int_equal(t.m[10], 0);
    put32(44, 0xF0F0F0F0);
    enip_same(enip_ask(&t, "4E03 9104 576F7264 0400 0F000000 FFFFFF7F"), "CE000000");
    assert_memory_equal(t.m + 44, "\xFF\xF0\xF0\x70", 4);
    enip_same(enip_ask(&t, "4E03 9104 576F7264 0500 0F00000000 FFFFFFFFFF"), "CE000300");
    enip_same(enip_ask(&t, "4E03 9104 576F7264 0400 0F000000 FFFFFF"), "CE001300");
    /* A bit by its number. */
    enip_same(enip_ask(&t, "4C05 9104 576F7264 9101 3500 0100"), "CC000000 C100 01");
    enip_same(enip_ask(&t, "4D05 9104 576F7264 9101 3500 C100 0100 00"), "CD000000");
    assert_int_equal(t.m[44], 0xDF);
    enip_same(enip_ask(&t, "4C05 9104 576F7264 9102 3332 0100"), "CC000501 0000"); /* 32 */
    enip_same(enip_ask(&t, "4C05 9104 576F7264 9102 3378 0100"), "CC000401 0000");
}

/* Pump1: bits at 68.0 and 68.1, INT at 70, REAL at 72, DINTs from 76 on. */
static void test_structure(void **state)
{
    (void)state;
    memset(t.m + 68, 0xFF, 8);
    t.m[68] = 2;
    memcpy(t.m + 70, (const uint8_t[]){0x34, 0x12, 0, 0, 0x80, 0x3F}, 6);
    put32(76, 7);
    put32(80, 8);
    put32(84, 9);
    static const char whole[] = "A002 324E 0200 3412 0000803F 07000000 08000000 09000000";
    char expected[128];
    (void)snprintf(expected, sizeof expected, "CC000000 %s", whole);
    enip_same(enip_ask(&t, "4C04 9105 50756D703100 0100"), expected);
    enip_same(enip_ask(&t, "4C08 9105 50756D703100 9106 537461727473 0100"), "CC000000 C300 3412");
    enip_same(enip_ask(&t, "4C08 9105 50756D703100 9105 4661756C7400 0100"), "CC000000 C100 01");
    enip_same(enip_ask(&t, "4C09 9105 50756D703100 9105 486F75727300 2801 0200"), "CC000000 C400 08000000 09000000");
    enip_same(enip_ask(&t, "4C09 9105 50756D703100 9105 486F75727300 2803 0100"), "CC000501 0000");
    enip_same(enip_ask(&t, "4C07 9105 50756D703100 9104 4E6F7065 0100"), "CC000401 0000");
    enip_same(enip_ask(&t, "4D07 9105 50756D703100 9103 52756E00 C100 0100 01"), "CD000000");
    assert_int_equal(t.m[68], 3);
    /* All of it, and a part of it by its bytes: the third DINT lies at 16. */
    enip_same(enip_ask(&t, "4D04 9105 50756D703100 A002 324E 0100 0100 0100 00000040 01000000 02000000 03000000"), "CD000000");
    assert_memory_equal(t.m + 68, "\1\xFF\1\0\0\0\0\x40\1\0\0\0\2\0\0\0\3\0\0\0", 20);
    enip_same(enip_ask(&t, "5304 9105 50756D703100 A002 324E 0100 10000000 63000000"), "D3000000");
    assert_int_equal(t.m[84], 0x63);
    enip_same(enip_ask(&t, "5204 9105 50756D703100 0100 0E000000"), "D2000000 A002 324E 0000 63000000");
    enip_same(enip_ask(&t, "4D04 9105 50756D703100 A002 334E 0100 00"), "CD00FF01 0721"); /* another handle */
}

/* Get Instance Attribute List: number, name, type; then the page that does not fit. */
static void test_browse(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, "5503 206B 2500 0C00 0200 0100 0200"),
              "D5000000 0C000000 0400 42697473 C120 0D000000 0500 50756D7031 0182 0F000000 0500 4669786564 C400"
              "10000000 0C00 50726F6772616D3A4D61696E 6810");
    enip_same(enip_ask(&t, "5509 910C 50726F6772616D3A4D61696E 206B 2400 0200 0100 0200"),
              "D5000000 07000000 0500 5370656564 C400");
    /* What pycomm3 asks for: name, type, address, object, control, dimensions, access. Grid begins after 4 + 4 + 4 + 4 + 1600. */
    enip_same(enip_ask(&t, "0302 206B 2406 0700 0100 0200 0300 0500 0600 0800 0A00"),
              "83000000 0700 0100 0000 0400 47726964 0200 0000 C340 0300 0000 50060400 0500 0000 50060400 0600 0000 00000004"
              "0800 0000 03000000 04000000 00000000 0A00 0000 00");
    enip_same(enip_ask(&t, "0303 9104 47726964 0200 0200 6300"), "83000A00 0200 0200 0000 C340 6300 1400");
    enip_same(enip_ask(&t, "0302 206B 2410 0100 0100"), "83000000 0100 0100 0000 0C00 50726F6772616D3A4D61696E");
    enip_same(enip_ask(&t, "0302 206B 2411 0100 0100"), "83000500"); /* no such symbol, and one that is hidden */
    enip_same(enip_ask(&t, "0302 206B 240E 0100 0100"), "83000500");
    enip_same(enip_ask(&t, "5503 206B 2500 0000 0100 6300"), "D5000A00");
    /* What pylogix asks for: name, type, dimensions, four bytes of 12, and 13, a path by its words (_segment_tag_packet). */
    enip_same(enip_ask(&t, "5503 206B 2500 0F00 0500 0100 0200 0800 0C00 0D00"),
              "D5000000 0F000000 0500 4669786564 C400 00000000 00000000 00000000 0F000000 03 206B 2500 0F00"
              "10000000 0C00 50726F6772616D3A4D61696E 6810 00000000 00000000 00000000 10000000 03 206B 2500 1000");
    enip_same(enip_ask(&t, "5503 206B 2500 FF00 0100 0100"), "D5000000");
    enip_same(enip_ask(&t, "5506 9108 50726F6772616D3A 206B 2400 0100 0100"), "D5000401 0000");
    enip_same(enip_ask(&t, "5503 206B 2500 0000 0200 0100"), "D5001C00");
    while (event().kind != MR_ENIP_EV_BROWSE) {
    }
    t.settings.browse_off = true;
    enip_same(enip_ask(&t, "5503 206B 2500 0000 0200 0100 0200"), "D5000F00");
    enip_same(enip_ask(&t, "4C03 9104 466C6F77 0100"), "CC000000 CA00 00000000");
}

/* Five members of eight bytes; "Pump;n", two letters of each, as STRUCT_B has them in PM020 for a BOOL and for others, and their
 * names, each with its zero: 40 + 17 + 4 + 6 + 7 + 6 + 6 = 86 bytes, which with 23 make 109, or 28 words. pycomm3 asks for 28 * 4
 * - 21 bytes; pylogix for 28 * 4 - 23 and what makes them whole words, 92, and of all, attribute 3 among them. */
static void test_template(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, "0303 206C 2500 0102 0400 0400 0500 0200 0100"),
              "83000000 0400 0400 0000 1C000000 0500 0000 14000000 0200 0000 0500 0100 0000 324E");
    enip_same(enip_ask(&t, "0303 206C 2500 0102 0400 0400 0300 0200 0100"),
              "83000000 0400 0400 0000 1C000000 0300 0000 0000 0200 0000 0500 0100 0000 324E");
    static const char definition[] = "0000C10000000000 0100C10000000000 0000C30002000000 0000CA0004000000 0300C42008000000"
                                     "50756D703B6E 4543 4543 4541 4541 4541 00"
                                     "52756E00 4661756C7400 53746172747300 537065656400 486F75727300";
    char expected[512];
    (void)snprintf(expected, sizeof expected, "CC000000 %s 000000", definition);
    enip_same(enip_ask(&t, "4C03 206C 2500 0102 00000000 5900"), expected);
    enip_same(enip_ask(&t, "4C03 206C 2500 0102 50000000 0B00"), "CC000000 486F75727300 0000000000");
    enip_same(enip_ask(&t, "4C03 206C 2500 0102 50000000 0F00"), "CC000000 486F75727300 000000000000");
    enip_same(enip_ask(&t, "4C03 206C 2500 0102 5C000000 0700"), "CC00FF01 0421");
    enip_same(enip_ask(&t, "4C03 206C 2500 0202 00000000 0700"), "CC000500");
}

/* Class 0x72 reads where a symbol's attribute 3 says: Level at 0x40000, Flow after it. */
static void test_memory(void **state)
{
    (void)state;
    put32(0, 0x12345678);
    put32(4, 0x41200000);
    t.m[8] = 0x99;
    enip_same(enip_ask(&t, "4C02 2072 2400 00000400 0100"), "CC000000 78563412");
    enip_same(enip_ask(&t, "4C02 2072 2400 02000400 0200"), "CC000000 3412 00002041 9900");
    enip_same(enip_ask(&t, "4C02 2072 2400 00000100 0100"), "CC000000 00000000");
    enip_same(enip_ask(&t, "4C02 2072 2400 FCFF0F00 0100"), "CC000000 00000000"); /* the last word of a megabyte */
    enip_same(enip_ask(&t, "4C02 2072 2400 FDFF0F00 0100"), "CC00FF01 0521");
    enip_same(enip_ask(&t, "4C02 2072 2400 00000400 FFFF"), "CC001100");
    enip_same(enip_ask(&t, "4C02 2072 2400 00000400 8000"), "CC001100"); /* 512 bytes */
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(mr_enip_find_tag(&t.device, mr_slice_str("Level")), ENIP_TAG_LEVEL);
    assert_int_equal(mr_enip_find_tag(&t.device, mr_slice_str("program:MAIN.speed")), ENIP_TAG_SPEED);
    assert_int_equal(mr_enip_find_tag(&t.device, mr_slice_str("Speed")), MR_ENIP_NO_TAG);
    assert_int_equal(mr_enip_find_tag(&t.device, mr_slice_str("")), MR_ENIP_NO_TAG);
    assert_int_equal(mr_enip_tag_elements(&enip_tags[ENIP_TAG_GRID]), 12);
    /* Content that makes no sense. */
    struct mr_enip_tag two[2] = {enip_tags[0], enip_tags[0]};
    uint8_t scratch[256] __attribute__((aligned(16)));
    struct mr_enip_device d = t.device;
    d.tags = two;
    d.ntags = 2;
    assert_false(mr_enip_device_init(&d, scratch)); /* of one name */
    two[1].name = "Other";
    assert_true(mr_enip_device_init(&d, scratch));
    two[1].dims[0] = 2;
    two[1].nplaces = 3;
    assert_false(mr_enip_device_init(&d, scratch));
    two[1].nplaces = 1;
    two[1].type = 0x1234;
    assert_false(mr_enip_device_init(&d, scratch));
}

/* More writes in one packet than there is room for events: the last counts them. */
static void test_many_events(void **state)
{
    (void)state;
    char request[4096] = "0A02 2002 2401 2300";
    for (unsigned i = 0; i < 35; i++) {
        (void)snprintf(request + strlen(request), 8, "%02X%02X", (72 + i * 10) & 0xFF, (72 + i * 10) >> 8);
    }
    for (unsigned i = 0; i < 35; i++) {
        (void)strcat(request, "4D02 206B 2404 C100 0100");
    }
    assert_memory_equal(enip_ask(&t, request), "8A001E00", 8); /* each lacks its value */
    assert_int_equal(t.state.nevents, 0);
    strcpy(request, "0A02 2002 2401 2300");
    for (unsigned i = 0; i < 35; i++) {
        (void)snprintf(request + strlen(request), 8, "%02X%02X", (72 + i * 11) & 0xFF, (72 + i * 11) >> 8);
    }
    for (unsigned i = 0; i < 35; i++) {
        (void)strcat(request, "4D02 206B 2404 C100 0100 01");
    }
    assert_memory_equal(enip_ask(&t, request), "8A000000", 8);
    assert_int_equal(t.state.nevents, MR_ENIP_EVENTS);
    assert_int_equal(t.state.events[MR_ENIP_EVENTS - 1].others, 35 - MR_ENIP_EVENTS);
}

/* --- a structure of a string, an array of structures and an array of BOOL --------------------------------------------------- */

static const struct mr_enip_member string_members[] = {{.name = "LEN", .type = MR_CIP_DINT},
                                                       {.name = "DATA", .type = MR_CIP_SINT, .count = 8, .offset = 4}};
static const struct mr_enip_member axis_members[] = {
    {.name = "Pos", .type = MR_CIP_REAL},
    {.name = "ZZZZZZZZZZAxis0", .type = MR_CIP_SINT, .offset = 4, .host = true},
    {.name = "Homed", .type = MR_CIP_BOOL, .offset = 4},
    {.name = "Fault", .type = MR_CIP_BOOL, .offset = 4, .bit = 1},
    {.name = "Steps", .type = MR_CIP_INT, .count = 2, .offset = 8},
};
static const struct mr_enip_template deep[3];
static const struct mr_enip_member cell_members[] = {
    {.name = "Name", .structure = &deep[0]},
    {.name = "Axes", .structure = &deep[1], .count = 2, .offset = 12},
    {.name = "Mask", .type = MR_CIP_DWORD, .count = 2, .offset = 36, .bools = 34},
};
static const struct mr_enip_template deep[3] = {
    {.id = 0x100, .handle = 0x1111, .name = "STRING_8", .bytes = 12, .members = string_members, .nmembers = 2, .text = true},
    {.id = 0x101, .handle = 0x2222, .name = "Axis", .bytes = 12, .members = axis_members, .nmembers = 5},
    {.id = 0x102, .handle = 0x3333, .name = "Cell", .bytes = 44, .members = cell_members, .nmembers = 3},
};
/* The string holds six characters; BOOLs have a byte each, the last two of Mask in 433 and 434. */
static const struct mr_place cell_places[] = {
    {MR_AREA_M, MR_VT_STRING, 300, 0}, ENIP_M(MR_VT_REAL, 320),         {MR_AREA_M, MR_VT_BOOL, 324, 0},
    {MR_AREA_M, MR_VT_BOOL, 325, 0},   ENIP_M(MR_VT_INT, 326),          ENIP_M(MR_VT_REAL, 340),
    {MR_AREA_M, MR_VT_BOOL, 344, 0},   {MR_AREA_M, MR_VT_BOOL, 345, 0}, ENIP_M(MR_VT_INT, 346),
    {MR_AREA_M, MR_VT_BOOL, 400, 0},
};
static const struct mr_place bools_place = {MR_AREA_M, MR_VT_BOOL, 400, 0};
static const struct mr_enip_tag deep_tags[] = {
    {.name = "Cell", .structure = &deep[2], .places = cell_places, .nplaces = 10},
    {.name = "Mask", .type = MR_CIP_DWORD, .dims = {2}, .bools = 34, .places = &bools_place, .nplaces = 1},
};

static int setup_deep(void **state)
{
    (void)setup(state);
    t.device.tags = deep_tags;
    t.device.ntags = 2;
    t.device.templates = deep;
    t.device.ntemplates = 3;
    assert_true(mr_enip_device_init(&t.device, t.scratch));
    memcpy(t.m + 300, "\6\0\3\0pump!!", 10);
    memcpy(t.m + 340, "\0\0\x80\x3F\1\1\x34\x12\x78\x56", 10); /* 1.0, both bits, 1234, 5678 */
    t.m[401] = t.m[433] = 1;
    return 0;
}

static void test_nested(void **state)
{
    (void)state;
    assert_int_equal(mr_enip_template_places(&deep[2]), 10);
    enip_same(
        enip_ask(&t, "4C03 9104 43656C6C 0100"),
        "CC000000 A002 3333 03000000 70756D7021210000 00000000 00000000 00000000 0000803F 03000000 34127856 02000000 02000000");
    enip_same(enip_ask(&t, "4C07 9104 43656C6C 9104 41786573 2801 0100"), "CC000000 A002 2222 0000803F 03000000 34127856");
    enip_same(enip_ask(&t, "4C0C 9104 43656C6C 9104 41786573 2801 9105 537465707300 2801 0100"), "CC000000 C300 7856");
    enip_same(enip_ask(&t, "4C0B 9104 43656C6C 9104 41786573 2801 9105 4661756C7400 0100"), "CC000000 C100 01");
    enip_same(enip_ask(&t, "4C07 9104 43656C6C 9104 41786573 2802 0100"), "CC000501 0000");
    enip_same(enip_ask(&t, "4C10 9104 43656C6C 9104 41786573 2800 910F 5A5A5A5A5A5A5A5A5A5A417869733000 0100"), "CC000401 0000");
    enip_same(enip_ask(&t, "4D0B 9104 43656C6C 9104 41786573 2800 9105 4661756C7400 C100 0100 01"), "CD000000");
    assert_int_equal(t.m[325], 1);
    struct mr_enip_event ev = event();
    assert_int_equal(ev.element, 0);
    assert_int_equal(ev.count, 1);
    /* An element written whole: what has changed lies where it belongs. */
    enip_same(enip_ask(&t, "4D07 9104 43656C6C 9104 41786573 2800 A002 2222 0100 00000040 01000000 0A000B00"), "CD000000");
    assert_memory_equal(t.m + 320, "\0\0\0\x40\1\0\x0A\0\x0B\0", 10);
    /* Definitions: a structure's type is 8000 with its number, of an array 2000 more; the host is named, BOOLs are its bits. */
    enip_same(enip_ask(&t, "4C03 206C 2500 0201 00000000 1800"),
              "CC000000 00000081 00000000 020001A1 0C000000 0200D320 24000000");
    enip_same(enip_ask(&t, "4C03 206C 2500 0101 08000000 1800"),
              "CC000000 0000C200 04000000 0000C100 04000000 0100C100 04000000");
}

/* A string is its length and its characters, cut to what it holds; characters beyond its length stay what they are. */
static void test_strings(void **state)
{
    (void)state;
    static const char name[] = "9104 43656C6C 9104 4E616D65";
    char request[128];
    (void)snprintf(request, sizeof request, "4C06 %s 0100", name);
    enip_same(enip_ask(&t, request), "CC000000 A002 1111 03000000 70756D7021210000");
    (void)snprintf(request, sizeof request, "4C09 %s 9103 4C454E00 0100", name);
    enip_same(enip_ask(&t, request), "CC000000 C400 03000000");
    (void)snprintf(request, sizeof request, "4C0A %s 9104 44415441 2801 0300", name);
    enip_same(enip_ask(&t, request), "CC000000 C200 756D70");
    (void)snprintf(request, sizeof request, "4D06 %s A002 1111 0100 08000000 7661 6C7665203132", name);
    enip_same(enip_ask(&t, request), "CD000000");
    assert_memory_equal(t.m + 300, "\6\0\6\0valve ", 10);
    (void)snprintf(request, sizeof request, "4D09 %s 9103 4C454E00 C400 0100 02000000", name);
    enip_same(enip_ask(&t, request), "CD000000");
    assert_memory_equal(t.m + 300, "\6\0\2\0valve ", 10);
    (void)snprintf(request, sizeof request, "4D0A %s 9104 44415441 2804 C200 0100 58", name);
    enip_same(enip_ask(&t, request), "CD000000");
    assert_memory_equal(t.m + 300, "\6\0\2\0valvX ", 10);
}

/* BOOLs 1 and 33 of 34 stand: bit 1 of the first DWORD, bit 1 of the second. */
static void test_bools(void **state)
{
    (void)state;
    enip_same(enip_ask(&t, "4C03 9104 4D61736B 0200"), "CC000000 D300 02000000 02000000");
    enip_same(enip_ask(&t, "4C06 9104 4D61736B 2801 9101 3100 0100"), "CC000000 C100 01"); /* Mask[1].1 */
    enip_same(enip_ask(&t, "4E04 9104 4D61736B 2800 0400 20000000 FDFFFFFF"), "CE000000"); /* set 5, clear 1 */
    assert_int_equal(t.m[401], 0);
    assert_int_equal(t.m[405], 1);
    t.m[434] = 7; /* behind the last */
    enip_same(enip_ask(&t, "4D04 9104 4D61736B 2801 D300 0100 FFFFFFFF"), "CD000000");
    assert_memory_equal(t.m + 431, "\0\1\1\7", 4);
}

static void test_too_deep(void **state)
{
    (void)state;
    struct mr_enip_template t9[MR_ENIP_NEST_MAX + 1];
    struct mr_enip_member m[MR_ENIP_NEST_MAX + 1];
    for (unsigned i = 0; i <= MR_ENIP_NEST_MAX; i++) {
        m[i] = (struct mr_enip_member){.name = "x", .type = MR_CIP_DINT, .structure = i > 0 ? &t9[i - 1] : NULL};
        t9[i] = (struct mr_enip_template){.id = (uint16_t)(0x100 + i), .name = "T", .bytes = 4, .members = &m[i], .nmembers = 1};
        assert_int_equal(mr_enip_template_fits(&t9[i]), i < MR_ENIP_NEST_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_read, setup),        cmocka_unit_test_setup(test_wrong, setup),
        cmocka_unit_test_setup(test_arrays, setup),      cmocka_unit_test_setup(test_write, setup),
        cmocka_unit_test_setup(test_fragments, setup),   cmocka_unit_test_setup(test_modify, setup),
        cmocka_unit_test_setup(test_structure, setup),   cmocka_unit_test_setup(test_browse, setup),
        cmocka_unit_test_setup(test_template, setup),    cmocka_unit_test_setup(test_memory, setup),
        cmocka_unit_test_setup(test_find, setup),        cmocka_unit_test_setup(test_many_events, setup),
        cmocka_unit_test_setup(test_nested, setup_deep), cmocka_unit_test_setup(test_strings, setup_deep),
        cmocka_unit_test_setup(test_bools, setup_deep),  cmocka_unit_test(test_too_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
