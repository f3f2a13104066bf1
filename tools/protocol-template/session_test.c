/* @name@: messages whole, by every prefix and split, back pressure, deadlines, and client against server. */
#include "support/test.h"

#include "proto/@name@/@name@_client.h"
#include "proto/@name@/@name@_server.h"

static const uint8_t message[] = {0, 5, 'h', 'e', 'l', 'l', 'o'};
static struct mr_@name@_server s;

static int setup(void **state)
{
    (void)state;
    mr_@name@_server_open(&s, 1, 0);
    return 0;
}

static void assert_output(const uint8_t *want, size_t n)
{
    uint8_t out[MR_@NAME@_SERVER_OUT];
    struct mr_writer w = mr_writer(out, sizeof out);
    assert_false(mr_@name@_server_output(&s, &w));
    assert_int_equal(w.n, n);
    assert_memory_equal(out, want, n);
}

static void test_every_prefix_and_split(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= sizeof message; cut++) {
        setup(NULL);
        struct mr_feed f = mr_@name@_server_feed(&s, mr_slice(message, cut), 0);
        assert_int_equal(f.status, MR_FEED_OK);
        assert_int_equal(f.consumed, cut);
        assert_int_equal(mr_@name@_server_feed(&s, mr_slice(message + cut, sizeof message - cut), 0).status, MR_FEED_OK);
        assert_output(message, sizeof message);
    }
}

static void test_malformed(void **state)
{
    (void)state;
    static const uint8_t too_long[] = {0xFF, 0xFF};
    assert_int_equal(mr_@name@_server_feed(&s, mr_slice(too_long, 2), 0).status, MR_FEED_MALFORMED);
    assert_true(mr_@name@_server_finished(&s));
}

static void test_blocked(void **state)
{
    (void)state;
    uint8_t many[sizeof message * 100];
    size_t at = 0, answers = 0;
    for (size_t i = 0; i < 100; i++) {
        memcpy(many + i * sizeof message, message, sizeof message);
    }
    while (at < sizeof many) {
        uint8_t out[MR_@NAME@_SERVER_OUT];
        struct mr_writer w = mr_writer(out, sizeof out);
        struct mr_feed f = mr_@name@_server_feed(&s, mr_slice(many + at, sizeof many - at), 0);
        at += f.consumed;
        assert_int_equal(f.status, at < sizeof many ? MR_FEED_BLOCKED : MR_FEED_OK);
        assert_false(mr_@name@_server_output(&s, &w));
        answers += w.n / sizeof message;
    }
    assert_int_equal(answers, 100);
}

static void test_slow_peer(void **state)
{
    (void)state;
    assert_true(mr_@name@_server_deadline(&s) == MR_NEVER_NS);
    mr_@name@_server_feed(&s, mr_slice(message, 1), MR_S);
    mr_@name@_server_feed(&s, mr_slice(message + 1, 1), 5 * MR_S);
    assert_true(mr_@name@_server_deadline(&s) == 11 * MR_S);
    mr_@name@_server_tick(&s, 11 * MR_S);
    assert_true(mr_@name@_server_finished(&s));
}

static void test_client_and_server(void **state)
{
    (void)state;
    struct mr_@name@_client c;
    struct mr_@name@_result r;
    uint8_t wire[MR_@NAME@_MESSAGE_MAX];
    struct mr_writer w = mr_writer(wire, sizeof wire);
    mr_@name@_client_init(&c, MR_S);
    assert_int_equal(mr_@name@_client_request(&c, 7, mr_slice_str("hello"), 0), MR_OK);
    assert_int_equal(mr_@name@_client_request(&c, 8, mr_slice_str("hello"), 0), MR_E_BUSY);
    assert_false(mr_@name@_client_output(&c, &w));
    assert_int_equal(mr_@name@_server_feed(&s, mr_written(&w), 0).status, MR_FEED_OK);
    w = mr_writer(wire, sizeof wire);
    assert_false(mr_@name@_server_output(&s, &w));
    for (size_t i = 0; i < w.n; i++) {
        assert_false(mr_@name@_client_next(&c, &r));
        assert_int_equal(mr_@name@_client_feed(&c, mr_slice(wire + i, 1), 0).status, MR_FEED_OK);
    }
    assert_true(mr_@name@_client_next(&c, &r));
    assert_int_equal(r.token, 7);
    assert_true(mr_slice_eq(r.payload, mr_slice_str("hello")));
    assert_int_equal(mr_@name@_client_request(&c, 9, mr_slice_str("late"), MR_S), MR_OK);
    mr_@name@_client_tick(&c, 2 * MR_S);
    assert_true(mr_@name@_client_next(&c, &r));
    assert_int_equal(r.outcome, MR_@NAME@_TIMEOUT);
}

static void test_tables(void **state)
{
    (void)state;
    mr_type_check(&mr_@name@_server_type);
    mr_type_check(&mr_@name@_client_type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_prefix_and_split, setup),
        cmocka_unit_test_setup(test_malformed, setup),
        cmocka_unit_test_setup(test_blocked, setup),
        cmocka_unit_test_setup(test_slow_peer, setup),
        cmocka_unit_test_setup(test_client_and_server, setup),
        cmocka_unit_test_setup(test_tables, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
