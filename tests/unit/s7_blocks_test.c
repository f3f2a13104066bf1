/* S7 server: blocks counted, listed, described, uploaded, downloaded, deleted. Containers by hand: 36 bytes of head, body, 36 of
 * foot, as in captured uploads of an S7-300 (snap7_s300_everything, step7_s300_download). */
#include "golden/s7_talk.h"

#include <stdlib.h>

#define HEAD MR_S7_BLOCK_HEAD
#define FOOT MR_S7_BLOCK_FOOT

static uint8_t body[400];

static int with_blocks(void **state)
{
    setup(state);
    for (size_t i = 0; i < sizeof body; i++) {
        body[i] = (uint8_t)(i * 3);
    }
    assert_true(s7_blocks_put(&t.blocks, MR_S7_OB, 1, false, mr_slice(body, sizeof body)));
    assert_true(s7_blocks_put(&t.blocks, MR_S7_FC, 12, false, mr_slice(body, 2)));
    assert_true(s7_blocks_put(&t.blocks, MR_S7_FC, 13, false, mr_slice(body, 2)));
    return 0;
}

static void test_lists(void **state)
{
    (void)state;
    /* one OB, no FB, two FC, DB1, no SDB, the system's 77 and 15 */
    assert_string_equal(ask("3207000000010008000400011204114301000A000000") + 20,
                        "000112081283010100000000FF09001C30380001304500003043000230410001304200003044004D3046000F");
    assert_string_equal(ask("320700000001000800060001120411430200FF0900023043") + 20,
                        "000112081283020100000000FF090008000C2204000D2204");
    assert_string_equal(ask("320700000001000800060001120411430200FF0900023041") + 20, "000112081283020100000000FF09000400012205");
    assert_string_equal(ask("320700000001000800060001120411430200FF0900023045") + 40, "D20E0A000000");
    /* 77 of four bytes: 52, as in frame 96 of s7comm_program_blocklist_onlineview.pcap, then 25; SFC 0, 1.. */
    const char *first = ask("320700000001000800060001120411430200FF0900023044");
    assert_memory_equal(first + 20, "0001120812830201", 16);
    assert_memory_equal(first + 38, "010000FF0900D00000420100014201", 30);
    assert_memory_equal(ask("320700000001000C00040001120812430201000000000A000000") + 38, "000000FF090064", 14);
    /* python-snap7 (build_userdata_followup_request) goes on with the short head */
    ask("320700000001000800060001120411430200FF0900023044");
    assert_memory_equal(ask("3207000000010008000400011204114302010A000000") + 38, "000000FF090064", 14);
    t.personality.no_system_blocks = true;
    assert_string_equal(ask("320700000001000800060001120411430200FF0900023044") + 40, "D20E0A000000");
}

static void test_info(void **state)
{
    (void)state;
    /* DB1 of 28 bytes: 100 in all (64h), language DB, no times; OB1: 472 (1D8h), 2016-02-08 14:51:37.916 is 330503Ch ms of day
     * 2DCEh */
    assert_string_equal(ask("3207000000010008000C0001120411430300FF0900083041303030303141") + 20,
                        "000112081283030100000000FF09004E0100004A220070700101050A00010000006400000000000000000000000000000000"
                        "000000000000001C0000000000000000000000000000000000000000000000000100001D0000000000000000");
    const char *ob = ask("3207000000010008000C0001120411430300FF0900083038303030303141");
    assert_memory_equal(ob + 2 * 26, "0100004A22007070010104080001000001D8000000000330503C2DCE", 56);
    assert_string_equal(ask("3207000000010008000C0001120411430300FF0900083038303030303241") + 40, "D2090A000000");
    assert_string_equal(ask("3207000000010008000C0001120411430300FF0900083038303030583141") + 40, "D2010A000000");
    assert_string_equal(ask("3207000000010008000C0001120411430300FF0900083041393939393941") + 40, "D2010A000000");
}

static const char start_upload[] = "320100000001001200001D00000000000000095F3038303030303141";
static const char go_on[] = "320100000001000800001E00000000000007";
static const char end_upload[] = "320100000001000800001F00000000000007";

/* OB1, 472 bytes: two pieces of 222 and one of 28, into `out`. */
static size_t upload(uint8_t *out)
{
    size_t n = 0;
    assert_string_equal(ask(start_upload), "3203000000010010000000001D000100000000070730303030343732");
    for (bool more = true; more;) {
        uint8_t pdu[MR_S7_PDU_MAX];
        size_t bytes = unhex(ask(go_on), pdu);
        assert_true(bytes <= 240 && pdu[12] == MR_S7_UPLOAD && pdu[14 + 2] == 0 && pdu[14 + 3] == 0xFB);
        size_t piece = (size_t)pdu[14] << 8 | pdu[15];
        assert_int_equal(bytes, 18 + piece);
        memcpy(out + n, pdu + 18, piece);
        n += piece;
        more = pdu[13] == 1;
    }
    assert_string_equal(ask(end_upload), "3203000000010001000000001F");
    assert_string_equal(ask(go_on), "320200000001000000008401");
    return n;
}

static void test_upload(void **state)
{
    (void)state;
    uint8_t out[1024];
    assert_int_equal(upload(out), 472);
    assert_int_equal(event().kind, MR_S7_EV_UPLOAD);
    assert_memory_equal(out + HEAD, body, sizeof body);
    assert_memory_equal(out + HEAD + sizeof body, "tester\0\0bench\0\0\0BLOCK\0\0\0\x10\0\x12\x34", 28);
    assert_int_equal(out[34] << 8 | out[35], 400);
    (void)ask(start_upload);
    assert_true(s7_blocks_put(&t.blocks, MR_S7_FC, 77, false, mr_slice(body, 1))); /* the program changes in between */
    assert_string_equal(ask(go_on), "320200000001000000008001");
    assert_string_equal(ask("320100000001001200001D00000000000000095F3043303030303141"), "32020000000100000000D209");
    assert_string_equal(ask("320100000001001200001D00000000000000095F3044303030303041"), "32020000000100000000D209");
    t.settings.protection = 3;
    assert_string_equal(ask(start_upload), "32020000000100000000D241");
}

/* Downloads a container as a client does: announces it and answers the station's jobs. The code of the end, or of the refusal. */
static uint16_t download(const char *name, const uint8_t *p, size_t n, size_t code)
{
    char request[128], answer[1024];
    uint8_t pdu[MR_S7_PDU_MAX];
    char text[32];
    snprintf(text, sizeof text, "_%sP%c1%06zu%06zu", name, 13, n, code);
    size_t to = (size_t)snprintf(request, sizeof request, "320100000001002000001A0001000000000009");
    for (size_t i = 0; i < strlen(text); i++) {
        to += (size_t)snprintf(request + to, sizeof request - to, "%02X", text[i]);
    }
    const char *said = ask(request);
    if (strncmp(said, "3203", 4) != 0) {
        return (uint16_t)strtoul(said + 20, NULL, 16);
    }
    said = strchr(said, ' ') + 1; /* its first job comes with the acknowledgement */
    for (size_t at = 0;;) {
        (void)unhex(said, pdu);
        if (pdu[10] == MR_S7_DOWNLOAD_ENDED) {
            uint16_t error = (uint16_t)(pdu[12] << 8 | pdu[13]);
            snprintf(answer, sizeof answer, "32030000%.4s0001000000001C", said + 8);
            assert_string_equal(ask(answer), "");
            return error;
        }
        assert_int_equal(pdu[10], MR_S7_DOWNLOAD_BLOCK);
        size_t piece = n - at < 218 ? n - at : 218;
        to = (size_t)snprintf(answer, sizeof answer, "32030000%.4s0002%04zX00001B%02X%04zX00FB", said + 8, piece + 4,
                              at + piece < n, piece);
        for (size_t i = 0; i < piece; i++) {
            to += (size_t)snprintf(answer + to, sizeof answer - to, "%02X", p[at + i]);
        }
        at += piece;
        said = ask(answer);
    }
}

static const char insert_ob1[] = "320100000001001A000028000000000000FD000A01003038303030303150055F494E5345";
static const char delete_fc12[] = "320100000001001A000028000000000000FD000A01003043303030313242055F44454C45";
static const char insert_db1[] = "320100000001001A000028000000000000FD000A01003041303030303150055F494E5345";

static void test_download(void **state)
{
    (void)state;
    uint8_t out[1024];
    size_t n = upload(out);
    event();
    for (size_t i = 0; i < sizeof body; i++) {
        out[HEAD + i] ^= 0x55;
    }
    assert_int_equal(download("0800001", out, n, 400), 0);
    struct mr_s7_event ev = event();
    assert_true(ev.kind == MR_S7_EV_DOWNLOAD && ev.area == MR_S7_OB && ev.db == 1);
    assert_memory_equal(s7_blocks_body(&t.blocks, MR_S7_OB, 1).p, body, sizeof body); /* it waits */
    assert_string_equal(ask(insert_ob1), "32030000000100010000000028");
    assert_int_equal(event().kind, MR_S7_EV_ACTIVATE);
    assert_memory_equal(s7_blocks_body(&t.blocks, MR_S7_OB, 1).p, out + HEAD, sizeof body);
    assert_int_equal(t.state.diagnostics[0].bytes[0] << 8 | t.state.diagnostics[0].bytes[1], MR_S7_DIAG_BLOCK_LOADED);
    assert_string_equal(ask(insert_ob1), "32020000000100000000D209"); /* nothing waits */
    assert_string_equal(ask(delete_fc12), "32030000000100010000000028");
    assert_int_equal(event().kind, MR_S7_EV_DELETE);
    assert_string_equal(ask(delete_fc12), "32020000000100000000D209");
    assert_string_equal(ask("320100000001001A000028000000000000FD000A01003041303030303142055F44454C45"),
                        "320200000001000000008001"); /* data blocks are the map's */
}

/* One name activates all that waits, and each of it is told; more than an activation tells were told when they came. */
static void test_activation_names_all(void **state)
{
    (void)state;
    assert_true(s7_blocks_put(&t.blocks, MR_S7_FC, 30, true, mr_slice(body, 1)));
    assert_true(s7_blocks_put(&t.blocks, MR_S7_OB, 1, true, mr_slice(body, 1)));
    assert_true(s7_blocks_put(&t.blocks, MR_S7_FB, 31, true, mr_slice(body, 1)));
    assert_string_equal(ask(insert_ob1), "32030000000100010000000028");
    static const struct {
        uint8_t type;
        uint16_t number;
    } told[] = {{MR_S7_FC, 30}, {MR_S7_OB, 1}, {MR_S7_FB, 31}};
    for (size_t i = 0; i < 3; i++) {
        struct mr_s7_event ev = event();
        assert_true(ev.kind == MR_S7_EV_ACTIVATE && ev.area == told[i].type && ev.db == told[i].number);
    }
    struct mr_s7_event ev;
    assert_false(mr_s7_server_next(&t.server, &ev));
    for (uint16_t i = 0; i < MR_S7_ACTIVATED_MAX + 1; i++) {
        assert_true(s7_blocks_put(&t.blocks, MR_S7_FC, (uint16_t)(100 + i), true, mr_slice(body, 1)));
    }
    assert_string_equal(ask(insert_ob1), "32030000000100010000000028");
    for (uint16_t i = 0; i < MR_S7_ACTIVATED_MAX; i++) {
        assert_int_equal(event().db, 100 + i);
    }
    assert_false(mr_s7_server_next(&t.server, &ev));
}

/* DB1 goes to its variables with _INSE, not before. */
static void test_data_block(void **state)
{
    (void)state;
    uint8_t out[100] = {0x70, 0x70, 1, 1, 5, 10, 0, 1, 0, 0, 0, 100, [35] = 28};
    memset(out + HEAD, 0xA7, 28);
    assert_int_equal(download("0A00001", out, 100, 28), 0);
    assert_int_equal(event().kind, MR_S7_EV_DOWNLOAD);
    assert_int_equal(t.m[256], 0);
    assert_string_equal(ask(insert_db1), "32030000000100010000000028");
    assert_int_equal(t.m[256], 0xA7);
    assert_int_equal(t.m[275], 0xA7); /* the last byte that has a variable */
    event();
    assert_string_equal(ask(insert_db1), "32020000000100000000D209");
    assert_int_equal(download("0A00002", out, 100, 28), MR_S7_E_NO_BLOCK);
    out[35] = 27;
    assert_int_equal(download("0A00001", out, 100, 27), MR_S7_E_BLOCK_LENGTHS); /* not as long as the map says */
    out[35] = 28;
    out[5] = 8;
    assert_int_equal(download("0A00001", out, 100, 28), MR_S7_E_BLOCK); /* the head is of an OB */
    assert_int_equal(download("0A00001", out, 71, 28), MR_S7_E_BLOCK_LENGTHS);
    out[0] = 0;
    assert_int_equal(download("0800001", out, 100, 28), MR_S7_E_BLOCK);
}

static void test_refused(void **state)
{
    (void)state;
    static uint8_t out[8192] = {0x70, 0x70, 1, 1, 4, 8, 0, 1, 0, 0, 0x20, 0};
    t.settings.protection = 2;
    mr_s7_set_password(&t.settings, "toor");
    assert_int_equal(download("0800001", out, 8192, 100), MR_S7_E_PROTECTED);
    assert_int_equal(event().kind, MR_S7_EV_DENIED);
    assert_string_equal(ask(delete_fc12), "32020000000100000000D241");
    event();
    t.settings.protection = 1;
    assert_int_equal(download("0800001", out, 8192, 100), MR_S7_E_MEMORY); /* more than the test's store has */
    assert_int_equal(download("0D00001", out, 100, 28), MR_S7_E_BLOCK_NAME);
    t.blocks.locked = true;
    assert_int_equal(download("0800001", out, 472, 400), MR_S7_E_PROTECTED);
    assert_string_equal(ask("3201000000010010000029000000000009505F50524F4752414D"), "320200000001000000008001");
    t.cpu.program = NULL; /* a CPU without a program that can be loaded */
    assert_int_equal(download("0800001", out, 472, 400), MR_S7_E_BLOCK_NAME);
    assert_string_equal(ask(delete_fc12), "32020000000100000000D209");
    assert_string_equal(ask(start_upload), "32020000000100000000D209");
}

/* One station at a time; what waits goes with the connection; a client that gives up. */
static void test_hold(void **state)
{
    (void)state;
    static struct mr_s7_server other;
    uint8_t out[1024], p[64];
    size_t n = upload(out);
    event();
    assert_int_equal(download("0800001", out, n, 400), 0);
    mr_s7_server_init(&other, &t.cpu);
    mr_s7_server_open(&other, 7, 0);
    assert_int_equal(mr_s7_server_feed(&other, mr_slice(s7_connect, sizeof s7_connect), 0).status, MR_FEED_OK);
    uint8_t sink[MR_S7_SERVER_OUT];
    struct mr_writer w = mr_writer(sink, sizeof sink);
    (void)mr_s7_server_output(&other, &w);
    w.n = 0;
    assert_int_equal(mr_s7_server_feed(&other, mr_slice(p, packet(insert_ob1, p)), 0).status, MR_FEED_OK);
    (void)mr_s7_server_output(&other, &w);
    assert_int_equal(sink[7 + 10] << 8 | sink[7 + 11], MR_S7_E_STATE);
    mr_s7_server_close(&t.server);
    assert_int_equal(t.blocks.holder, 0);
    assert_null(s7_blocks_find(&t.blocks, MR_S7_OB, 1, true));
    mr_s7_server_open(&t.server, 0x0A000009, 0);
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(s7_connect, sizeof s7_connect), 0).status, MR_FEED_OK);
    hex_output();
    const char *said = ask("320100000001002000001A00010000000000095F30383030303031500D31303030343732303030343030");
    char answer[64];
    snprintf(answer, sizeof answer, "32020000%.4s00000000D209", strchr(said, ' ') + 9);
    assert_string_equal(ask(answer), ""); /* the client has no such file */
    assert_int_equal(t.blocks.holder, 0);
    assert_string_equal(ask("320200000077000000000000"), ""); /* nobody waits for this */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_lists, with_blocks),
        cmocka_unit_test_setup(test_info, with_blocks),
        cmocka_unit_test_setup(test_upload, with_blocks),
        cmocka_unit_test_setup(test_download, with_blocks),
        cmocka_unit_test_setup(test_activation_names_all, with_blocks),
        cmocka_unit_test_setup(test_data_block, with_blocks),
        cmocka_unit_test_setup(test_refused, with_blocks),
        cmocka_unit_test_setup(test_hold, with_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
