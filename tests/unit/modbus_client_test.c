/* Modbus/TCP client: pipeline, matching by transaction, exceptions, answers that do not fit, timeouts, lost connections, raw
 * bytes, and client against server. */
#include "golden/modbus_spec.h"

static struct mr_modbus_client c;
static struct modbus_device d;

static int setup(void **state)
{
    (void)state;
    mr_modbus_client_init(&c, 3, MR_S);
    mr_modbus_client_open(&c);
    modbus_device_init(&d);
    return 0;
}

static enum mr_err ask(uint32_t token, uint16_t address, mr_ns now)
{
    struct mr_modbus_request r = {.token = token, .unit = 1, .function = 3, .address = address, .count = 1};
    return mr_modbus_client_request(&c, &r, now);
}

static void answer(const char *pdu, uint16_t transaction, uint8_t unit)
{
    uint8_t adu[MR_MODBUS_ADU_MAX];
    size_t n = modbus_adu(pdu, transaction, unit, adu);
    struct mr_feed f = mr_modbus_client_feed(&c, mr_slice(adu, n), 0);
    assert_int_equal(f.status, MR_FEED_OK);
    assert_int_equal(f.consumed, n);
}

static struct mr_modbus_result result(void)
{
    struct mr_modbus_result r;
    assert_true(mr_modbus_client_next(&c, &r));
    return r;
}

static void discard_output(void)
{
    uint8_t sink[MR_MODBUS_CLIENT_OUT];
    struct mr_writer w = mr_writer(sink, sizeof sink);
    assert_false(mr_modbus_client_output(&c, &w));
}

static void test_pipeline_out_of_order(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(ask(100 + i, (uint16_t)i, 0), MR_OK);
    }
    assert_int_equal(ask(103, 3, 0), MR_E_FULL);
    assert_int_equal(mr_modbus_client_waiting(&c), 3);
    discard_output();
    answer("03020005", 2, 1);
    uint8_t next[MR_MODBUS_ADU_MAX];
    size_t n = modbus_adu("03020006", 1, 1, next); /* held back until the first is taken */
    assert_int_equal(mr_modbus_client_feed(&c, mr_slice(next, n), 0).status, MR_FEED_BLOCKED);
    struct mr_modbus_result r = result();
    assert_int_equal(r.token, 101);
    assert_int_equal(r.status, MR_MODBUS_DONE);
    assert_int_equal(r.address, 1);
    assert_int_equal(r.data.n, 2);
    assert_int_equal(mr_modbus_register(r.data.p, 0), 5);
    answer("03020006", 1, 1);
    assert_int_equal(result().token, 100);
    answer("8302", 3, 1);
    r = result();
    assert_int_equal(r.token, 102);
    assert_int_equal(r.status, MR_MODBUS_EXCEPTION);
    assert_int_equal(r.exception, 2);
    assert_int_equal(mr_modbus_client_waiting(&c), 0);
}

static void test_answers_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        const char *pdu;
        uint8_t unit;
    } wrong[] = {{"04020005", 1}, {"030400050006", 1}, {"0302", 1},   {"030200", 1}, {"0302000500", 1},
                 {"03020005", 2}, {"83", 1},           {"830201", 1}, {"8402", 1}};
    for (uint16_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(ask(i, 0, 0), MR_OK);
        discard_output();
        answer(wrong[i].pdu, (uint16_t)(i + 1), wrong[i].unit);
        struct mr_modbus_result r = result();
        assert_int_equal(r.status, MR_MODBUS_MISMATCH);
        assert_int_equal(r.data.n, 0);
        assert_int_equal(r.pdu.n, strlen(wrong[i].pdu) / 2);
    }
    answer("03020005", 99, 1);
    assert_int_equal(c.strays, 1);
    struct mr_modbus_result none;
    assert_false(mr_modbus_client_next(&c, &none));
    static const uint8_t garbage[] = "HTTP/1.1 200 OK";
    assert_int_equal(mr_modbus_client_feed(&c, mr_slice(garbage, 15), 0).status, MR_FEED_MALFORMED);
}

static void test_timeouts_and_loss(void **state)
{
    (void)state;
    assert_true(mr_modbus_client_deadline(&c) == MR_NEVER_NS);
    assert_int_equal(ask(1, 0, 10 * MR_MS), MR_OK);
    assert_int_equal(ask(2, 0, 20 * MR_MS), MR_OK);
    discard_output();
    assert_true(mr_modbus_client_deadline(&c) == MR_S + 10 * MR_MS);
    mr_modbus_client_tick(&c, MR_S + 10 * MR_MS);
    struct mr_modbus_result r = result();
    assert_int_equal(r.token, 1);
    assert_int_equal(r.status, MR_MODBUS_TIMEOUT);
    answer("03020005", 1, 1); /* too late */
    assert_int_equal(c.strays, 1);
    mr_modbus_client_close(&c);
    r = result();
    assert_int_equal(r.token, 2);
    assert_int_equal(r.status, MR_MODBUS_LOST);
    assert_false(mr_modbus_client_next(&c, &r));
    assert_int_equal(mr_modbus_client_waiting(&c), 0);
}

static void test_refused_requests(void **state)
{
    (void)state;
    static const uint16_t v[2] = {0};
    static const struct mr_modbus_request wrong[] = {
        {.function = 3, .count = 0},
        {.function = 3, .count = 126},
        {.function = 1, .count = 2001},
        {.function = 15, .count = 1969, .values = v},
        {.function = 16, .count = 124, .values = v},
        {.function = 23, .count = 1, .write_count = 122, .values = v},
        {.function = 23, .count = 1, .write_count = 0, .values = v},
        {.function = 99, .count = 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(mr_modbus_client_request(&c, &wrong[i], 0), MR_E_INVALID);
    }
    uint8_t large[MR_MODBUS_PDU_MAX + 1] = {0};
    struct mr_modbus_request r = {.pdu = {large, sizeof large}};
    assert_int_equal(mr_modbus_client_request(&c, &r, 0), MR_E_INVALID);
    assert_int_equal(c.nout, 0);
}

/* What an attacker sends: any PDU, and any bytes. */
static void test_raw(void **state)
{
    (void)state;
    static const uint8_t pdu[] = {0x5A, 0, 1};
    struct mr_modbus_request r = {.token = 5, .unit = 1, .pdu = {pdu, sizeof pdu}};
    assert_int_equal(mr_modbus_client_request(&c, &r, 0), MR_OK);
    discard_output();
    answer("DA01", 1, 1);
    struct mr_modbus_result res = result();
    assert_int_equal(res.status, MR_MODBUS_EXCEPTION);
    assert_int_equal(res.function, 0x5A);
    uint8_t big[MR_MODBUS_CLIENT_OUT + 1] = {1, 2, 3};
    assert_int_equal(mr_modbus_client_send(&c, mr_slice(big, 3)), MR_OK);
    assert_int_equal(mr_modbus_client_send(&c, mr_slice(big, MR_MODBUS_CLIENT_OUT)), MR_E_FULL);
    assert_int_equal(mr_modbus_client_send(&c, mr_slice(big, sizeof big)), MR_E_INVALID);
    uint8_t out[8];
    struct mr_writer w = mr_writer(out, 2);
    assert_true(mr_modbus_client_output(&c, &w));
    w = mr_writer(out, 8);
    assert_false(mr_modbus_client_output(&c, &w));
    assert_int_equal(w.n, 1);
    assert_int_equal(out[0], 3);
}

/* Carries bytes between the two until nothing moves. */
static void exchange(void)
{
    uint8_t wire[MR_MODBUS_CLIENT_OUT];
    struct mr_writer w = mr_writer(wire, sizeof wire);
    assert_false(mr_modbus_client_output(&c, &w));
    assert_int_equal(mr_modbus_server_feed(&d.server, mr_written(&w), 0).status, MR_FEED_OK);
    w = mr_writer(wire, sizeof wire);
    assert_false(mr_modbus_server_output(&d.server, &w));
    assert_int_equal(mr_modbus_client_feed(&c, mr_written(&w), 0).status, MR_FEED_OK);
}

static void test_with_server(void **state)
{
    (void)state;
    uint16_t out[MR_MODBUS_WRITE_BITS_MAX];
    for (uint16_t i = 0; i < MR_MODBUS_WRITE_BITS_MAX; i++) {
        out[i] = i % 3 == 0;
    }
    struct mr_modbus_request r = {.unit = 1, .function = 15, .address = 5, .count = 1968, .values = out};
    assert_int_equal(mr_modbus_client_request(&c, &r, 0), MR_OK);
    exchange();
    assert_int_equal(result().status, MR_MODBUS_DONE);
    r = (struct mr_modbus_request){.unit = 1, .function = 1, .address = 5, .count = 1968};
    assert_int_equal(mr_modbus_client_request(&c, &r, 0), MR_OK);
    exchange();
    struct mr_modbus_result res = result();
    assert_int_equal(res.status, MR_MODBUS_DONE);
    for (uint16_t i = 0; i < 1968; i++) {
        assert_int_equal(mr_modbus_bit(res.data.p, i), i % 3 == 0);
    }
    r = (struct mr_modbus_request){.unit = 1, .function = 43, .count = MR_MODBUS_ID_BASIC};
    assert_int_equal(mr_modbus_client_request(&c, &r, 0), MR_OK);
    exchange();
    res = result();
    struct mr_modbus_identity_answer a;
    uint8_t id;
    struct mr_slice text;
    assert_true(mr_modbus_identity_decode(res.pdu, &a));
    assert_int_equal(a.conformity, 0x81);
    assert_false(a.more);
    assert_true(mr_modbus_identity_next(&a, &id, &text));
    assert_int_equal(id, MR_MODBUS_OBJECT_VENDOR);
    assert_true(mr_slice_eq(text, mr_slice_str("Company identification")));
    assert_true(mr_modbus_identity_next(&a, &id, &text));
    assert_true(mr_modbus_identity_next(&a, &id, &text));
    assert_true(mr_slice_eq(text, mr_slice_str("V2.11")));
    assert_false(mr_modbus_identity_next(&a, &id, &text));
    r = (struct mr_modbus_request){.unit = 1, .function = 17};
    assert_int_equal(mr_modbus_client_request(&c, &r, 0), MR_OK);
    exchange();
    assert_int_equal(result().pdu.n, 4);
}

static void test_saved_state(void **state)
{
    (void)state;
    static uint8_t saved[8192];
    struct mr_modbus_client e;
    mr_type_check(&mr_modbus_client_type);
    assert_int_equal(ask(42, 0, 0), MR_OK);
    discard_output();
    answer("03020005", 1, 1);
    struct mr_writer w = mr_writer(saved, sizeof saved);
    mr_state_save(&mr_modbus_client_type, &c, &w);
    mr_modbus_client_init(&e, 3, MR_S);
    struct mr_reader r = mr_reader(mr_written(&w));
    assert_int_equal(mr_state_load(&mr_modbus_client_type, &e, &r), MR_OK);
    struct mr_modbus_result res;
    assert_true(mr_modbus_client_next(&e, &res));
    assert_int_equal(res.token, 42);
    assert_int_equal(mr_modbus_register(res.data.p, 0), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pipeline_out_of_order, setup),
        cmocka_unit_test_setup(test_answers_that_do_not_fit, setup),
        cmocka_unit_test_setup(test_timeouts_and_loss, setup),
        cmocka_unit_test_setup(test_refused_requests, setup),
        cmocka_unit_test_setup(test_raw, setup),
        cmocka_unit_test_setup(test_with_server, setup),
        cmocka_unit_test_setup(test_saved_state, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
