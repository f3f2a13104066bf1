/* The process image: addresses as IEC 61131-3 table 15 writes them, overlap and byte order as image.h states. */
#include "support/test.h"

#include "image/image.h"

static uint8_t bytes[MR_AREAS][16];
static struct mr_image im = {{bytes[0], bytes[1], bytes[2]}, {16, 16, 16}};

static struct mr_place at(const char *text, enum mr_vtype type)
{
    struct mr_place p;
    assert_int_equal(mr_place_parse(text, &p), MR_OK);
    if (type != MR_VT_OTHER) {
        p.type = type;
    }
    return p;
}

static void addresses_are_read(void **state)
{
    (void)state;
    struct mr_place p = at("%IX1.7", MR_VT_OTHER);
    assert_int_equal(p.area, MR_AREA_I);
    assert_int_equal(p.byte, 1);
    assert_int_equal(p.bit, 7);
    p = at("%qw5", MR_VT_OTHER);
    assert_int_equal(p.area, MR_AREA_Q);
    assert_int_equal(p.type, MR_VT_WORD);
    assert_int_equal(p.byte, 10);
    assert_int_equal(at("%MD3", MR_VT_OTHER).byte, 12);
    assert_int_equal(at("%ML1", MR_VT_OTHER).byte, 8);
    assert_int_equal(at("%I0.3", MR_VT_OTHER).type, MR_VT_BOOL);
    p = at("%QX75", MR_VT_OTHER); /* bits counted through: 75 = 9 * 8 + 3 */
    assert_int_equal(p.byte, 9);
    assert_int_equal(p.bit, 3);
    assert_int_equal(at("%Q75", MR_VT_OTHER).byte, 9);
    const char *bad[] = {"", "%", "%I", "%IX", "%IX1.8", "%XX1", "IX1.1", "%MW", "%MW1x", "%MW-1", "%MW999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(mr_place_parse(bad[i], &p), MR_E_MALFORMED);
    }
}

static void addresses_are_written_as_read(void **state)
{
    (void)state;
    const char *good[] = {"%IX0.3", "%QW12", "%MD4", "%ML2", "%MB9"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char buf[32];
        struct mr_place p = at(good[i], MR_VT_OTHER);
        assert_string_equal(mr_place_format(&p, buf, sizeof buf), good[i]);
    }
}

static void areas_overlap_little_endian(void **state)
{
    (void)state;
    struct mr_place word = at("%MW1", MR_VT_OTHER);
    assert_true(mr_image_set(&im, &word, 0x1234));
    struct mr_place low = at("%MB2", MR_VT_OTHER);
    struct mr_place bit = at("%MX3.1", MR_VT_OTHER); /* 0x12 has bit 1 */
    assert_true(mr_image_get(&im, &low) == 0x34);
    assert_true(mr_image_get(&im, &bit) == 1);
    assert_int_equal(mr_image_word(&im, MR_AREA_M, 1), 0x1234);
    assert_true(mr_image_bit(&im, MR_AREA_M, 3 * 8 + 4));
    /* 1.0 in single precision is 3F800000: low word first */
    struct mr_place real = at("%MD1", MR_VT_REAL);
    assert_true(mr_image_set(&im, &real, 1.0));
    assert_int_equal(mr_image_word(&im, MR_AREA_M, 2), 0x0000);
    assert_int_equal(mr_image_word(&im, MR_AREA_M, 3), 0x3F80);
}

static void values_round_to_even_and_saturate(void **state)
{
    (void)state;
    static const struct {
        enum mr_vtype type;
        double in, out;
    } cases[] = {
        {MR_VT_INT, 2.5, 2},        {MR_VT_INT, 3.5, 4},
        {MR_VT_INT, -2.5, -2},      {MR_VT_INT, 1e9, 32767},
        {MR_VT_INT, -1e9, -32768},  {MR_VT_UINT, -1, 0},
        {MR_VT_UINT, 70000, 65535}, {MR_VT_SINT, 200, 127},
        {MR_VT_USINT, 255.4, 255},  {MR_VT_TIME, 1.5, 1.5},
        {MR_VT_LREAL, 0.1, 0.1},    {MR_VT_BOOL, 5, 1},
        {MR_VT_DINT, -7, -7},       {MR_VT_UDINT, 4294967295.0, 4294967295.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mr_place p = at("%QL1", cases[i].type);
        assert_true(mr_image_set(&im, &p, cases[i].in));
        assert_true(mr_image_get(&im, &p) == cases[i].out);
    }
}

static void nothing_lies_outside(void **state)
{
    (void)state;
    struct mr_place p = at("%QW8", MR_VT_OTHER);
    assert_false(mr_image_set(&im, &p, 1));
    assert_true(mr_image_get(&im, &p) == 0);
    assert_false(mr_image_set_bit(&im, MR_AREA_Q, 128, true));
    assert_false(mr_image_set_word(&im, MR_AREA_Q, 8, 1));
    assert_int_equal(mr_image_word(&im, MR_AREA_Q, UINT32_MAX), 0);
    p = (struct mr_place){MR_AREA_Q, MR_VT_LREAL, 9, 0};
    assert_false(mr_place_inside(&im, &p));
}

/* At byte 4 a string that holds five characters and has three; one at byte 12 would reach beyond the 16 bytes of the area. */
static void texts_are_cut_to_what_they_hold(void **state)
{
    (void)state;
    struct mr_place p = {MR_AREA_M, MR_VT_STRING, 4, 0};
    uint8_t out[8] = {0};
    memcpy(bytes[2] + 4, "\5\0\3\0abcde", 9);
    assert_int_equal(mr_image_text(&im, &p, out, sizeof out), 3);
    assert_memory_equal(out, "abcde", 6); /* what lies behind its end too */
    assert_int_equal(mr_image_text(&im, &p, out, 2), 2);
    assert_true(mr_image_set_text(&im, &p, (const uint8_t *)"vwxyz!", 6, 6));
    assert_memory_equal(bytes[2] + 4, "\5\0\5\0vwxyz", 10);
    memcpy(bytes[2] + 6, "\xFF\xFF", 2); /* it ends at a zero */
    assert_true(mr_image_set_text(&im, &p, (const uint8_t *)"ab", 2, 2));
    assert_memory_equal(bytes[2] + 4,
                        "\5\0\xFF\xFF"
                        "ab\0yz",
                        9);
    assert_int_equal(mr_image_text(&im, &p, out, sizeof out), 2);
    p.byte = 12;
    bytes[2][12] = 1;
    bytes[2][13] = 0;
    assert_int_equal(mr_image_text(&im, &p, out, sizeof out), 0);
    assert_false(mr_image_set_text(&im, &p, out, 1, 1));
    p.byte = UINT32_MAX;
    assert_int_equal(mr_image_text(&im, &p, out, sizeof out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read),          cmocka_unit_test(addresses_are_written_as_read),
        cmocka_unit_test(areas_overlap_little_endian), cmocka_unit_test(values_round_to_even_and_saturate),
        cmocka_unit_test(nothing_lies_outside),        cmocka_unit_test(texts_are_cut_to_what_they_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
