/* base: values from the definitions of the formats, worked by hand. */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/maths.h"
#include "base/rng.h"
#include "base/time.h"
#include "support/test.h"

static void reader_stays_inside(void **state)
{
    (void)state;
    const uint8_t b[] = {0x12, 0x34, 0x56};
    struct mr_reader r = mr_reader(mr_slice(b, sizeof b));
    assert_int_equal(mr_read_u16be(&r), 0x1234);
    assert_int_equal(mr_read_u16le(&r), 0);
    assert_true(r.bad);
    assert_int_equal(mr_read_u8(&r), 0); /* sticky: also what would still fit */
    assert_int_equal(mr_reader_left(&r), 0);
}

static void writer_stays_inside(void **state)
{
    (void)state;
    uint8_t b[4] = {0};
    struct mr_writer w = mr_writer(b, 3);
    mr_write_u16le(&w, 0x1234);
    mr_write_u16be(&w, 0x5678);
    assert_true(w.full);
    assert_int_equal(w.n, 2);
    assert_int_equal(b[0], 0x34);
    assert_int_equal(b[3], 0);
}

static void varint_is_leb128(void **state)
{
    (void)state;
    uint8_t b[16];
    struct mr_writer w = mr_writer(b, sizeof b);
    mr_write_varint(&w, 300); /* Protocol Buffers' own example: ac 02 */
    assert_int_equal(w.n, 2);
    assert_int_equal(b[0], 0xac);
    assert_int_equal(b[1], 0x02);
    mr_write_varint(&w, UINT64_MAX);
    struct mr_reader r = mr_reader(mr_written(&w));
    assert_int_equal(mr_read_varint(&r), 300);
    assert_true(mr_read_varint(&r) == UINT64_MAX);
    const uint8_t over[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    r = mr_reader(mr_slice(over, sizeof over));
    (void)mr_read_varint(&r);
    assert_true(r.bad);
}

static void durations(void **state)
{
    (void)state;
    mr_ns t;
    assert_int_equal(mr_duration_parse("1.5h", &t), MR_OK);
    assert_true(t == 5400 * MR_S);
    assert_int_equal(mr_duration_parse("2h30m", &t), MR_OK);
    assert_true(t == 9000 * MR_S);
    assert_int_equal(mr_duration_parse("100ms", &t), MR_OK);
    assert_true(t == 100 * MR_MS);
    assert_int_equal(mr_duration_parse("5", &t), MR_E_MALFORMED);
    assert_int_equal(mr_duration_parse("", &t), MR_E_MALFORMED);
    assert_int_equal(mr_duration_parse("9999999999d", &t), MR_E_RANGE);
}

struct thing {
    bool live;
    uint32_t n;
    uint8_t data[8];
    double x;
};
static const struct mr_field thing_fields[] = {
    MR_FIELD(struct thing, live, MR_BOOL),
    MR_FIELD(struct thing, n, MR_U32),
    MR_VARIABLE(struct thing, data, MR_U8, n),
    MR_FIELD(struct thing, x, MR_F64),
};
static const struct mr_type thing_type = MR_TYPE_LIVE("thing", struct thing, thing_fields, live);

static void state_round_trip(void **state)
{
    (void)state;
    struct mr_arena *a = mr_arena_create(4096);
    struct thing *t = mr_arena_new(a, &thing_type, 2, "things");
    assert_null(mr_arena_bytes(a, 5000, "too much"));
    mr_arena_seal(a);
    t[1] = (struct thing){true, 3, {1, 2, 3, 0xee}, 1.5};
    uint8_t saved[256];
    struct mr_writer w = mr_writer(saved, sizeof saved);
    assert_int_equal(mr_arena_save(a, &w), MR_OK);
    assert_int_equal(w.n, 4 + 1 + 1 + 1 + 4 + 3 + 8); /* blocks, dead, live, the fields; data only as far as n */
    uint8_t before[MR_DIGEST_BYTES];
    uint8_t after[MR_DIGEST_BYTES];
    mr_arena_digest(a, before);
    t[0].live = true;
    t[1] = (struct thing){0};
    assert_int_equal(mr_arena_load(a, mr_written(&w)), MR_OK);
    mr_arena_digest(a, after);
    assert_memory_equal(before, after, MR_DIGEST_BYTES);
    assert_false(t[0].live);
    assert_true(t[1].x == 1.5);
    assert_int_equal(t[1].data[3], 0); /* bytes beyond n are not state */
    saved[4 + 1 + 1 + 1] = 9;          /* n beyond its array */
    assert_int_equal(mr_arena_load(a, mr_written(&w)), MR_E_CORRUPT);
    for (size_t cut = 0; cut < w.n; cut++) {
        assert_int_not_equal(mr_arena_load(a, mr_slice(saved, cut)), MR_OK);
    }
    mr_arena_destroy(a);
}

static void random_numbers(void **state)
{
    (void)state;
    /* xoshiro256** from state 1,2,3,4: the reference implementation's first outputs (as in Rust's rand_xoshiro tests). */
    struct mr_rng r = {{1, 2, 3, 4}};
    assert_true(mr_rng_u64(&r) == 11520);
    assert_true(mr_rng_u64(&r) == 0);
    assert_true(mr_rng_u64(&r) == 1509978240);
    assert_true(mr_rng_u64(&r) == 1215971899390074240);
    r = mr_rng_stream(1, "a");
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < 100000; i++) {
        double x = mr_rng_normal(&r);
        sum += x;
        squares += x * x;
    }
    assert_true(mr_fabs(sum / 1e5) < 4 / mr_sqrt(1e5));
    assert_true(mr_fabs(squares / 1e5 - 1) < 4 * mr_sqrt(2 / 1e5));
}

static void elementary_functions(void **state)
{
    (void)state;
    /* Abramowitz and Stegun, tables 4.2, 4.4, 4.6: rounded to what they print. */
    assert_true(mr_fabs(mr_exp(1) - 2.718281828459045) < 1e-15);
    assert_true(mr_fabs(mr_log(2) - 0.693147180559945) < 1e-15);
    assert_true(mr_fabs(mr_sin(1) - 0.841470984807897) < 1e-15);
    assert_true(mr_fabs(mr_pow(2, 0.5) - 1.4142135623730951) < 1e-15);
    assert_true(mr_round(-2.5) == -3 && mr_rint(2.5) == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_stays_inside),  cmocka_unit_test(writer_stays_inside),
        cmocka_unit_test(varint_is_leb128),     cmocka_unit_test(durations),
        cmocka_unit_test(state_round_trip),     cmocka_unit_test(random_numbers),
        cmocka_unit_test(elementary_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
