/* S7comm client: connecting, every request against our server, refusals, lists in pieces, wrong and late answers, timeouts,
 * loss. */
#include "golden/s7_station.h"
#include "support/test.h"

#include "proto/s7/s7_client.h"

static const struct mr_s7_route route = {0x0100, 0x0102, 480, 2 * MR_S};
static struct mr_s7_client c;
static struct s7_station t;

static void to_client(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) { /* byte by byte: cuts make no difference */
        assert_int_equal(mr_s7_client_feed(&c, mr_slice(p + i, 1), 0).status, MR_FEED_OK);
    }
}

/* Carries what there is to the server and back. */
static void exchange(void)
{
    uint8_t wire[MR_S7_SERVER_OUT];
    struct mr_writer w = mr_writer(wire, sizeof wire);
    struct mr_s7_event ev;
    assert_false(mr_s7_client_output(&c, &w));
    assert_int_equal(mr_s7_server_feed(&t.server, mr_written(&w), MR_S).status, MR_FEED_OK);
    while (mr_s7_server_next(&t.server, &ev)) {
    }
    w = mr_writer(wire, sizeof wire);
    assert_false(mr_s7_server_output(&t.server, &w));
    to_client(wire, w.n);
}

static struct mr_s7_result result(void)
{
    struct mr_s7_result r;
    assert_true(mr_s7_client_next(&c, &r));
    return r;
}

static int setup(void **state)
{
    (void)state;
    s7_station_init(&t);
    mr_s7_client_init(&c, &route);
    mr_s7_client_open(&c, 0);
    exchange();
    exchange();
    assert_int_equal(result().outcome, MR_S7_READY);
    assert_int_equal(c.pdu_size, 240);
    return 0;
}

static void test_first_bytes(void **state)
{
    (void)state;
    static const uint8_t request[] = {3, 0, 0, 22, 17, 0xE0, 0, 0, 0, 1, 0, 0xC0, 1, 10, 0xC1, 2, 1, 0, 0xC2, 2, 1, 2};
    uint8_t out[64];
    struct mr_writer w = mr_writer(out, sizeof out);
    mr_s7_client_init(&c, &route);
    mr_s7_client_open(&c, 0);
    assert_int_equal(mr_s7_client_stop(&c, 1, 0), MR_E_BUSY);
    assert_false(mr_s7_client_output(&c, &w));
    assert_int_equal(w.n, sizeof request);
    assert_memory_equal(out, request, sizeof request);
    assert_true(mr_s7_client_deadline(&c) == 2 * MR_S);
}

static void test_read_and_write(void **state)
{
    (void)state;
    static const struct mr_s7_item items[] = {
        {MR_S7_BYTE, 3, 0, MR_S7_AREA_FLAGS, 0},
        {MR_S7_REAL, 1, 1, MR_S7_AREA_DB, 32},
        {MR_S7_BIT, 1, 0, MR_S7_AREA_OUTPUTS, 12},
        {MR_S7_BYTE, 1, 9, MR_S7_AREA_DB, 0},
    };
    static const uint8_t bytes[] = {1, 2, 3}, real[] = {0x3F, 0x80, 0, 0}, on[] = {1};
    const struct mr_slice values[] = {{bytes, 3}, {real, 4}, {on, 1}, {on, 1}};
    assert_int_equal(mr_s7_client_write(&c, items, values, 4, 5, 0), MR_OK);
    assert_int_equal(mr_s7_client_write(&c, items, values, 4, 5, 0), MR_E_BUSY);
    exchange();
    struct mr_s7_result r = result();
    assert_int_equal(r.outcome, MR_S7_DONE);
    assert_int_equal(r.token, 5);
    static const uint8_t codes[] = {0xFF, 0xFF, 0xFF, 0x0A};
    assert_true(mr_slice_eq(r.data, mr_slice(codes, 4)));
    assert_int_equal(t.m[2], 3);
    assert_int_equal(t.m[263], 0x3F);
    assert_int_equal(t.q[1], 0x10);
    assert_int_equal(mr_s7_client_read(&c, items, 4, 6, 0), MR_OK);
    exchange();
    r = result();
    assert_int_equal(r.outcome, MR_S7_DONE);
    struct mr_reader data = mr_reader(r.data);
    uint8_t code;
    struct mr_slice value;
    for (size_t i = 0; i < 4; i++) {
        assert_true(mr_s7_next_value(&data, &code, &value));
        assert_int_equal(code, codes[i]);
        assert_true(mr_slice_eq(value, i < 3 ? values[i] : mr_slice(NULL, 0)));
    }
    assert_false(mr_s7_next_value(&data, &code, &value));
    struct mr_s7_item many[30] = {{0}}; /* 2 + 30 * 12 bytes do not fit 240 */
    assert_int_equal(mr_s7_client_read(&c, many, 30, 7, 0), MR_E_INVALID);
    assert_int_equal(mr_s7_client_read(&c, many, 0, 7, 0), MR_E_INVALID);
}

static void test_control_and_login(void **state)
{
    (void)state;
    t.settings.protection = 2;
    mr_s7_set_password(&t.settings, "secret");
    assert_int_equal(mr_s7_client_stop(&c, 1, 0), MR_OK);
    exchange();
    struct mr_s7_result r = result();
    assert_int_equal(r.outcome, MR_S7_REFUSED);
    assert_int_equal(r.error, MR_S7_E_PROTECTED);
    static const char *const guesses[] = {"1234", "admin", "secret"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(mr_s7_client_login(&c, guesses[i], 2, 0), MR_OK);
        exchange();
        r = result();
        assert_int_equal(r.outcome, i == 2 ? MR_S7_DONE : MR_S7_REFUSED);
        assert_int_equal(r.error, i == 2 ? 0 : MR_S7_E_PASSWORD);
    }
    assert_int_equal(mr_s7_client_stop(&c, 3, 0), MR_OK);
    exchange();
    assert_int_equal(result().outcome, MR_S7_DONE);
    assert_false(t.state.running);
    assert_int_equal(mr_s7_client_start(&c, 3, 0), MR_OK);
    exchange();
    assert_int_equal(result().outcome, MR_S7_DONE);
    assert_true(t.state.running);
}

static void test_lists_and_clock(void **state)
{
    (void)state;
    size_t pieces = 1, n;
    assert_int_equal(mr_s7_client_list(&c, 0x001C, 0, 1, 0), MR_OK);
    exchange();
    struct mr_s7_result r = result();
    assert_int_equal(r.outcome, MR_S7_DONE);
    for (n = r.list.n; r.more; n += r.list.n, pieces++) {
        assert_int_equal(mr_s7_client_list_more(&c, 1, 0), MR_OK);
        exchange();
        r = result();
        assert_int_equal(r.outcome, MR_S7_DONE);
    }
    assert_int_equal(pieces, 2);
    assert_int_equal(n, 8 + 10 * 34);
    assert_int_equal(mr_s7_client_list(&c, 0x7FFF, 0, 1, 0), MR_OK);
    exchange();
    assert_int_equal(result().error, MR_S7_E_NO_SZL);
    t.state.clock = 1454943096916 * MR_MS; /* and the server's site time is 1 s */
    assert_int_equal(mr_s7_client_read_clock(&c, 1, 0), MR_OK);
    exchange();
    r = result();
    static const uint8_t time[] = {0x00, 0x19, 0x16, 0x02, 0x08, 0x14, 0x51, 0x37, 0x91, 0x62};
    assert_true(mr_slice_eq(r.list, mr_slice(time, sizeof time)));
}

static void test_wrong_answers(void **state)
{
    (void)state;
    static const uint8_t late[] = {3, 0, 0, 20, 2, 0xF0, 0x80, 0x32, 3, 0, 0, 0x77, 0x77, 0, 1, 0, 0, 0, 0, 0x29};
    static const uint8_t garbage[] = "HTTP/1.1 400 Bad Request\r\n";
    static const uint8_t raw[] = {0x32, 1, 0, 0, 0x12, 0x34, 0, 1, 0, 0, 0x66};
    struct mr_s7_result r;
    assert_int_equal(mr_s7_client_stop(&c, 1, 0), MR_OK);
    to_client(late, sizeof late);
    assert_false(mr_s7_client_next(&c, &r));
    exchange();
    assert_int_equal(result().outcome, MR_S7_DONE);
    assert_int_equal(mr_s7_client_raw(&c, mr_slice(raw, sizeof raw), 9, 0), MR_OK);
    exchange();
    r = result();
    assert_int_equal(r.outcome, MR_S7_REFUSED);
    assert_int_equal(r.error, MR_S7_E_FUNCTION);
    assert_int_equal(mr_s7_client_stop(&c, 1, 0), MR_OK);
    assert_int_equal(mr_s7_client_feed(&c, mr_slice(garbage, sizeof garbage - 1), 0).status, MR_FEED_MALFORMED);
    assert_int_equal(result().outcome, MR_S7_GARBLED);
    assert_true(mr_s7_client_finished(&c));
}

static void test_timeout_and_loss(void **state)
{
    (void)state;
    assert_int_equal(mr_s7_client_stop(&c, 4, MR_S), MR_OK);
    mr_s7_client_tick(&c, 3 * MR_S - 1);
    struct mr_s7_result r;
    assert_false(mr_s7_client_next(&c, &r));
    mr_s7_client_tick(&c, 3 * MR_S);
    r = result();
    assert_int_equal(r.outcome, MR_S7_TIMEOUT);
    assert_int_equal(r.token, 4);
    assert_true(mr_s7_client_finished(&c));
    setup(NULL);
    assert_int_equal(mr_s7_client_stop(&c, 5, 0), MR_OK);
    mr_s7_client_close(&c);
    assert_int_equal(result().outcome, MR_S7_LOST);
    mr_type_check(&mr_s7_client_type);
}

/* A block uploaded in pieces, changed, downloaded, made the program, listed and deleted. */
static void test_blocks(void **state)
{
    (void)state;
    uint8_t body[500] = {1, 2, 3}, block[1024];
    size_t n = 0, at = 0;
    struct mr_slice piece;
    assert_true(s7_blocks_put(&t.blocks, MR_S7_FC, 3, false, mr_slice(body, sizeof body)));
    assert_int_equal(mr_s7_client_count_blocks(&c, 1, 0), MR_OK);
    exchange();
    struct mr_s7_result r = result();
    assert_int_equal(r.list.n, 28);
    assert_memory_equal(r.list.p + 8, "0C\0\1", 4);
    assert_int_equal(mr_s7_client_list_blocks(&c, MR_S7_SFC, 1, 0), MR_OK);
    exchange();
    assert_true(result().more);
    assert_int_equal(mr_s7_client_more_blocks(&c, 1, 0), MR_OK);
    exchange();
    assert_false(result().more);
    assert_int_equal(mr_s7_client_block_info(&c, MR_S7_FC, 3, 1, 0), MR_OK);
    exchange();
    assert_int_equal(result().list.n, 78);
    assert_int_equal(mr_s7_client_start_upload(&c, MR_S7_FC, 3, 1, 0), MR_OK);
    exchange();
    assert_int_equal(result().outcome, MR_S7_DONE);
    for (bool more = true; more;) {
        assert_int_equal(mr_s7_client_upload(&c, 1, 0), MR_OK);
        exchange();
        r = result();
        assert_true(mr_s7_client_piece(&r, &piece, &more));
        memcpy(block + n, piece.p, piece.n);
        n += piece.n;
    }
    assert_int_equal(n, 72 + sizeof body);
    assert_int_equal(mr_s7_client_end_upload(&c, 1, 0), MR_OK);
    exchange();
    assert_int_equal(result().outcome, MR_S7_DONE);
    block[36 + 2] = 77;
    assert_int_equal(mr_s7_client_download(&c, MR_S7_FC, 3, (uint32_t)n, sizeof body, 5, 0), MR_OK);
    for (exchange(); (r = result()).outcome == MR_S7_WANTED; exchange()) {
        size_t m = n - at < mr_s7_client_piece_max(&c) ? n - at : mr_s7_client_piece_max(&c);
        assert_int_equal(mr_s7_client_stop(&c, 1, 0), MR_E_BUSY);
        assert_int_equal(mr_s7_client_give(&c, mr_slice(block + at, 1000), false, 0), MR_E_INVALID);
        assert_int_equal(mr_s7_client_give(&c, mr_slice(block + at, m), at + m < n, 0), MR_OK);
        at += m;
    }
    assert_int_equal(r.outcome, MR_S7_DONE);
    assert_int_equal(r.token, 5);
    exchange();
    assert_int_equal(mr_s7_client_insert(&c, MR_S7_FC, 3, 1, 0), MR_OK);
    exchange();
    assert_int_equal(result().outcome, MR_S7_DONE);
    assert_int_equal(s7_blocks_body(&t.blocks, MR_S7_FC, 3).p[2], 77);
    assert_int_equal(mr_s7_client_delete(&c, MR_S7_FC, 3, 1, 0), MR_OK);
    exchange();
    assert_int_equal(result().outcome, MR_S7_DONE);
    assert_int_equal(t.blocks.n, 0);
    assert_int_equal(mr_s7_client_download(&c, MR_S7_SFC, 3, (uint32_t)n, sizeof body, 5, 0), MR_OK);
    exchange();
    assert_int_equal(result().outcome, MR_S7_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_bytes),
        cmocka_unit_test_setup(test_read_and_write, setup),
        cmocka_unit_test_setup(test_control_and_login, setup),
        cmocka_unit_test_setup(test_lists_and_clock, setup),
        cmocka_unit_test_setup(test_wrong_answers, setup),
        cmocka_unit_test_setup(test_blocks, setup),
        cmocka_unit_test_setup(test_timeout_and_loss, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
