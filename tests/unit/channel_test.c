/* channel_test.c - messages between the processes of a site: the bytes that channel.h promises, and hostile ones. */
#include "support/test.h"

#include "site/channel.h"

static void test_bytes(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    size_t at = mr_message_begin(&w, MR_MSG_OUTPUTS);
    mr_write_u64le(&w, 0x0102030405060708);
    mr_message_end(&w, at);
    /* length 9 = kind and eight bytes; kind 3 is the third of the list */
    static const uint8_t want[] = {9, 0, 0, 0, 3, 8, 7, 6, 5, 4, 3, 2, 1};
    assert_int_equal(w.n, sizeof want);
    assert_memory_equal(buf, want, sizeof want);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    size_t at = mr_message_begin(&w, MR_MSG_TRACE);
    mr_write_str(&w, "hello");
    mr_message_end(&w, at);
    enum mr_message_kind kind;
    struct mr_slice payload;
    size_t used;
    for (size_t n = 0; n < w.n; n++) {
        assert_int_equal(mr_message_next(mr_slice(buf, n), &kind, &payload, &used), MR_E_TRUNCATED);
    }
    buf[w.n] = 0xff; /* what follows is the next message's */
    assert_int_equal(mr_message_next(mr_slice(buf, w.n + 1), &kind, &payload, &used), MR_OK);
    assert_int_equal(kind, MR_MSG_TRACE);
    assert_int_equal(used, w.n);
    assert_true(mr_slice_eq(payload, mr_slice_str("hello")));
}

static void test_hostile(void **state)
{
    (void)state;
    static const uint8_t empty[] = {0, 0, 0, 0, 1}, huge[] = {0xff, 0xff, 0xff, 0xff, 1}, none[] = {1, 0, 0, 0, 0},
                         unknown[] = {1, 0, 0, 0, MR_MESSAGE_KINDS};
    enum mr_message_kind kind;
    struct mr_slice payload;
    size_t used;
    assert_int_equal(mr_message_next(mr_slice(empty, 4), &kind, &payload, &used), MR_E_MALFORMED);
    assert_int_equal(mr_message_next(mr_slice(huge, 4), &kind, &payload, &used), MR_E_MALFORMED);
    assert_int_equal(mr_message_next(mr_slice(none, 5), &kind, &payload, &used), MR_E_MALFORMED);
    assert_int_equal(mr_message_next(mr_slice(unknown, 5), &kind, &payload, &used), MR_E_MALFORMED);
}

static void test_full_writer(void **state)
{
    (void)state;
    uint8_t buf[8] = {0};
    struct mr_writer w = mr_writer(buf, sizeof buf);
    size_t at = mr_message_begin(&w, MR_MSG_TRACE);
    mr_write_str(&w, "does not fit");
    mr_message_end(&w, at);
    assert_true(w.full);
    assert_int_equal(buf[0], 0); /* the length was not touched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_full_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
