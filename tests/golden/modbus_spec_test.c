/* The specification's own examples, to the server and by the client: whole, every prefix, every split, all in one stream. */
#include "golden/modbus_spec.h"

#include <stdlib.h>

static struct modbus_device d;

static size_t take(struct mr_modbus_server *s, uint8_t *out, size_t cap)
{
    struct mr_writer w = mr_writer(out, cap);
    assert_false(mr_modbus_server_output(s, &w));
    return w.n;
}

static void assert_answer(const char *name, const char *pdu, uint16_t transaction)
{
    uint8_t want[MR_MODBUS_ADU_MAX], got[MR_MODBUS_ADU_MAX];
    size_t n = modbus_adu(pdu, transaction, 1, want);
    size_t m = take(&d.server, got, sizeof got);
    if (m != n || memcmp(got, want, n) != 0) {
        fail_msg("%s: wrong answer (%zu bytes, wanted %zu)", name, m, n);
    }
}

/* Feeds a copy in an allocation of its own size, so that a sanitizer sees a byte read outside. */
static struct mr_feed feed(struct mr_modbus_server *s, const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, p, n);
    struct mr_feed f = mr_modbus_server_feed(s, mr_slice(copy, n), 0);
    free(copy);
    return f;
}

static void test_server_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODBUS_EXAMPLES; i++) {
        const struct modbus_example *e = &modbus_examples[i];
        uint8_t adu[MR_MODBUS_ADU_MAX];
        size_t n = modbus_adu(e->request, 0x1501, 1, adu);
        modbus_prepare(&d, e);
        struct mr_feed f = feed(&d.server, adu, n);
        assert_int_equal(f.status, MR_FEED_OK);
        assert_int_equal(f.consumed, n);
        assert_int_equal(f.needed, 0);
        assert_answer(e->name, e->response, 0x1501);
        struct mr_modbus_event ev;
        assert_int_equal(mr_modbus_server_next(&d.server, &ev), e->after != NULL);
        if (e->after) {
            struct modbus_device other;
            modbus_prepare(&other, e);
            modbus_put(&other, e->after_table, e->after_at, e->after);
            assert_memory_equal(d.m, other.m, sizeof d.m);
            assert_memory_equal(d.q, other.q, sizeof d.q);
            assert_int_equal(ev.kind, MR_MODBUS_EV_WRITE);
            assert_int_equal(ev.client, 0x0A000009);
        }
    }
}

static void test_every_prefix_and_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODBUS_EXAMPLES; i++) {
        const struct modbus_example *e = &modbus_examples[i];
        uint8_t adu[MR_MODBUS_ADU_MAX];
        size_t n = modbus_adu(e->request, 7, 1, adu);
        for (size_t cut = 0; cut < n; cut++) {
            uint8_t none[MR_MODBUS_ADU_MAX];
            modbus_prepare(&d, e);
            struct mr_feed f = feed(&d.server, adu, cut);
            assert_int_equal(f.status, MR_FEED_OK);
            assert_int_equal(f.consumed, cut);
            assert_true(cut == 0 ? f.needed == 0 : f.needed > 0 && f.needed <= n - cut);
            assert_int_equal(take(&d.server, none, sizeof none), 0);
            assert_int_equal(feed(&d.server, adu + cut, n - cut).status, MR_FEED_OK);
            assert_answer(e->name, e->response, 7);
        }
        modbus_prepare(&d, e);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(feed(&d.server, adu + k, 1).status, MR_FEED_OK);
        }
        assert_answer(e->name, e->response, 7);
    }
}

/* All examples pipelined, in chunks of every size: the same answers in the same order. */
static size_t run_stream(const uint8_t *stream, size_t n, size_t chunk, uint8_t *out, size_t cap)
{
    struct mr_writer w = mr_writer(out, cap);
    struct mr_modbus_event ev;
    modbus_prepare(&d, &modbus_examples[0]);
    for (size_t at = 0; at < n;) {
        size_t m = n - at < chunk ? n - at : chunk;
        struct mr_feed f = feed(&d.server, stream + at, m);
        assert_int_not_equal(f.status, MR_FEED_MALFORMED);
        assert_true(f.status == MR_FEED_BLOCKED || f.consumed == m);
        at += f.consumed;
        while (mr_modbus_server_next(&d.server, &ev)) {
        }
        assert_false(mr_modbus_server_output(&d.server, &w));
    }
    assert_false(w.full);
    return w.n;
}

static void test_one_stream(void **state)
{
    (void)state;
    uint8_t stream[4096], whole[4096], cut[4096];
    size_t n = 0;
    for (size_t i = 0; i < MODBUS_EXAMPLES * 3; i++) {
        n += modbus_adu(modbus_examples[i % MODBUS_EXAMPLES].request, (uint16_t)i, 1, stream + n);
    }
    size_t want = run_stream(stream, n, n, whole, sizeof whole);
    for (size_t i = 0, at = 0; i < MODBUS_EXAMPLES * 3; i++) { /* the order of transactions is kept */
        assert_int_equal(whole[at] << 8 | whole[at + 1], i);
        at += (size_t)(whole[at + 4] << 8 | whole[at + 5]) + 6;
        assert_true(at <= want);
    }
    for (size_t chunk = 1; chunk < 300; chunk++) {
        assert_int_equal(run_stream(stream, n, chunk, cut, sizeof cut), want);
        assert_memory_equal(cut, whole, want);
    }
}

/* What a client writes for the typed requests is what the specification shows. */
static void test_client_requests(void **state)
{
    (void)state;
    static const uint16_t coils[] = {1, 0, 1, 1, 0, 0, 1, 1, 1, 0}; /* CD 01 */
    static const uint16_t two[] = {0x000A, 0x0102}, three_alone[] = {3}, three[] = {0xFF, 0xFF, 0xFF}, masks[] = {0xF2, 0x25};
    static const struct mr_modbus_request requests[] = {
        {.function = 1, .address = 19, .count = 19},
        {.function = 2, .address = 196, .count = 22},
        {.function = 3, .address = 107, .count = 3},
        {.function = 4, .address = 8, .count = 1},
        {.function = 5, .address = 172, .values = coils},
        {.function = 6, .address = 1, .values = three_alone},
        {.function = 15, .address = 19, .count = 10, .values = coils},
        {.function = 16, .address = 1, .count = 2, .values = two},
        {.function = 22, .address = 4, .values = masks},
        {.function = 23, .address = 3, .count = 6, .write_address = 14, .write_count = 3, .values = three},
        {.function = 43, .address = 0, .count = MR_MODBUS_ID_BASIC},
    };
    static const size_t example[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 14};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        const struct modbus_example *e = &modbus_examples[example[i]];
        struct mr_modbus_client c;
        uint8_t want[MR_MODBUS_ADU_MAX], got[MR_MODBUS_ADU_MAX];
        struct mr_writer w = mr_writer(got, sizeof got);
        struct mr_modbus_request r = requests[i];
        r.unit = 1;
        r.token = 77;
        mr_modbus_client_init(&c, 1, MR_S);
        mr_modbus_client_open(&c);
        assert_int_equal(mr_modbus_client_request(&c, &r, 0), MR_OK);
        assert_false(mr_modbus_client_output(&c, &w));
        size_t n = modbus_adu(e->request, 1, 1, want);
        assert_int_equal(w.n, n);
        assert_memory_equal(got, want, n);
        n = modbus_adu(e->response, 1, 1, want);
        for (size_t k = 0; k < n; k++) {
            struct mr_modbus_result none;
            assert_false(mr_modbus_client_next(&c, &none));
            assert_int_equal(mr_modbus_client_feed(&c, mr_slice(want + k, 1), 0).status, MR_FEED_OK);
        }
        struct mr_modbus_result res;
        assert_true(mr_modbus_client_next(&c, &res));
        assert_int_equal(res.status, MR_MODBUS_DONE);
        assert_int_equal(res.token, 77);
        assert_int_equal(res.pdu.n, n - MR_MODBUS_HEADER);
        assert_false(mr_modbus_client_next(&c, &res));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server_answers),
        cmocka_unit_test(test_every_prefix_and_split),
        cmocka_unit_test(test_one_stream),
        cmocka_unit_test(test_client_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
