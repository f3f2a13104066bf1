/* device/link_map and history: where places are found over Modbus, by the map that modbus_unit.h documents, worked by hand. */
#include "device/history.h"
#include "device/link_map.h"
#include "support/test.h"

static struct mr_place place(const char *text, enum mr_vtype type)
{
    struct mr_place p;
    assert_int_equal(mr_place_parse(text, &p), MR_OK);
    p.type = type;
    return p;
}

static void locates_by_the_default_map(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum mr_vtype type;
        enum mr_modbus_table table;
        uint16_t from, count;
    } cases[] = {
        {"%QX0.3", MR_VT_BOOL, MR_MODBUS_COILS, 3, 1},
        {"%QX2.1", MR_VT_BOOL, MR_MODBUS_COILS, 17, 1},
        {"%IX64.0", MR_VT_BOOL, MR_MODBUS_DISCRETE_INPUTS, 512, 1},
        {"%IW5", MR_VT_INT, MR_MODBUS_INPUT_REGISTERS, 5, 1},
        {"%MW7", MR_VT_INT, MR_MODBUS_HOLDING_REGISTERS, 7, 1},
        {"%MD3", MR_VT_REAL, MR_MODBUS_HOLDING_REGISTERS, 6, 2}, /* bytes 12-15: words 6, 7 */
        {"%QW2", MR_VT_INT, MR_MODBUS_HOLDING_REGISTERS, 32770, 1},
        {"%MX5.2", MR_VT_BOOL, MR_MODBUS_HOLDING_REGISTERS, 2, 1}, /* byte 5 lies in word 2 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mr_place p = place(cases[i].text, cases[i].type);
        struct mr_link_block b;
        assert_true(mr_link_locate(&p, &b));
        assert_int_equal(b.table, cases[i].table);
        assert_int_equal(b.from, cases[i].from);
        assert_int_equal(b.count, cases[i].count);
    }
}

static void reads_low_word_first(void **state)
{
    (void)state;
    /* 1.5 is 0x3fc00000: low word 0x0000 in register 6, high word 0x3fc0 in register 7; %MX8.1 is bit 1 of word 4. */
    const uint8_t data[] = {0x00, 0x02, 0, 0, 0x00, 0x00, 0x3f, 0xc0};
    const struct mr_link_block b = {MR_MODBUS_HOLDING_REGISTERS, 4, 4};
    struct mr_place real = place("%MD3", MR_VT_REAL);
    struct mr_place bit = place("%MX8.1", MR_VT_BOOL);
    struct mr_place other = place("%MX8.0", MR_VT_BOOL);
    assert_true(mr_link_value(&real, &b, mr_slice(data, sizeof data)) == 1.5);
    assert_true(mr_link_value(&bit, &b, mr_slice(data, sizeof data)) == 1);
    assert_true(mr_link_value(&other, &b, mr_slice(data, sizeof data)) == 0);
    assert_true(mr_link_value(&real, &b, mr_slice(data, 6)) == 0); /* a short answer is no value */
}

static void writes_what_it_would_read(void **state)
{
    (void)state;
    struct mr_place real = place("%MD3", MR_VT_REAL);
    struct mr_place bit = place("%MX5.2", MR_VT_BOOL);
    struct mr_place input = place("%IW0", MR_VT_INT);
    struct mr_modbus_request r = {0};
    uint16_t values[4];
    assert_true(mr_link_write_request(&real, 1.5, &r, values));
    assert_int_equal(r.function, 16);
    assert_int_equal(r.address, 6);
    assert_int_equal(values[0], 0x0000);
    assert_int_equal(values[1], 0x3fc0);
    assert_true(mr_link_write_request(&bit, 1, &r, values));
    assert_int_equal(r.function, 5);
    assert_int_equal(r.address, 8192 + 42);
    assert_false(mr_link_write_request(&input, 1, &r, values));
}

static void plans_few_blocks(void **state)
{
    (void)state;
    /* Words 0-1, 4 and 18 lie within 16 of each other and 100 does not; a coil is a table of its own. */
    const struct mr_place places[] = {place("%MW100", MR_VT_INT), place("%MD0", MR_VT_REAL), place("%MW4", MR_VT_INT),
                                      place("%QX0.5", MR_VT_BOOL), place("%MW18", MR_VT_INT)};
    struct mr_link_block out[4];
    assert_int_equal(mr_link_plan(places, 5, 125, out, 4), 3);
    assert_int_equal(out[0].table, MR_MODBUS_COILS);
    assert_int_equal(out[0].from, 5);
    assert_int_equal(out[1].from, 0);
    assert_int_equal(out[1].count, 19);
    assert_int_equal(out[2].from, 100);
    assert_int_equal(mr_link_plan(places, 5, 10, out, 4), 4); /* a make that reads ten at a time */
    assert_int_equal(mr_link_plan(places, 5, 125, out, 2), 0);
}

static void history_means_and_gaps(void **state)
{
    (void)state;
    struct mr_arena *arena = mr_arena_create(4u << 20);
    const uint8_t wanted[] = {0, 1};
    struct mr_history *h = mr_history_create(arena, wanted, 2, MR_DAY);
    assert_non_null(h);
    for (int s = 1; s <= 4000; s++) { /* longer than the finest ring of 1800 s */
        mr_history_begin(h, s * MR_S);
        mr_history_put(h, 1, s != 3999, s);
    }
    char text[256];
    struct mr_writer w = mr_writer(text, sizeof text);
    assert_int_equal(mr_history_write(h, 0, 0, 4000 * MR_S, &w), MR_E_NOT_FOUND);
    assert_int_equal(mr_history_write(h, 1, 3997 * MR_S, 4000 * MR_S, &w), MR_OK);
    text[w.n] = '\0';
    assert_string_equal(text, "3997.000,3997\n3998.000,3998\n4000.000,4000\n"); /* 3999 is a gap */
    w = mr_writer(text, sizeof text);
    /* Before 2200 s only the ten-second ring reaches back: the mean of 1001..1010 is 1005.5. */
    assert_int_equal(mr_history_write(h, 1, 1005 * MR_S, 1012 * MR_S, &w), MR_OK);
    text[w.n] = '\0';
    assert_string_equal(text, "1010.000,1005.5\n");
    mr_arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locates_by_the_default_map), cmocka_unit_test(reads_low_word_first),
        cmocka_unit_test(writes_what_it_would_read),  cmocka_unit_test(plans_few_blocks),
        cmocka_unit_test(history_means_and_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
