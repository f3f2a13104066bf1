/* IEC 60870-5-101 and -104 forms: every expected byte was worked out by hand from the layouts of 101, 7.2.6, or stands in a
 * capture. */
#include "support/test.h"

#include "proto/iec104/iec104_link.h"

static void expect_bytes(const struct mr_writer *w, const uint8_t *bytes, size_t n)
{
    assert_int_equal(w->n, n);
    assert_memory_equal(w->p, bytes, n);
}
#define EXPECT(w, ...) expect_bytes(w, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static struct mr_iec104_apdu decode(bool ok, const uint8_t *p, size_t n)
{
    struct mr_iec104_apdu a;
    assert_int_equal(mr_iec104_apdu_decode(mr_slice(p, n), &a), ok);
    return a;
}
#define DECODE(ok, ...) decode(ok, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* 104, 5: the numbers stand one bit to the left. */
static void test_apci(void **state)
{
    (void)state;
    uint8_t b[64];
    struct mr_writer w = mr_writer(b, sizeof b);
    mr_iec104_write_u(&w, MR_IEC104_STARTDT_ACT);
    EXPECT(&w, 0x68, 0x04, 0x07, 0, 0, 0);
    w = mr_writer(b, sizeof b);
    mr_iec104_write_s(&w, 78);
    EXPECT(&w, 0x68, 0x04, 0x01, 0, 0x9C, 0); /* frame 7 of 090813_diverse.pcap */
    w = mr_writer(b, sizeof b);
    mr_iec104_write_i(&w, 20, 32767, mr_slice("\x64", 1));
    EXPECT(&w, 0x68, 0x05, 0x28, 0, 0xFE, 0xFF, 0x64);
    struct mr_iec104_apdu a = DECODE(true, 0x68, 5, 0x28, 0, 0xFE, 0xFF, 0x64);
    assert_true(a.format == MR_IEC104_I && a.ns == 20 && a.nr == 32767 && a.asdu.n == 1);
    a = DECODE(true, 0x68, 4, 1, 0, 0x9C, 0);
    assert_true(a.format == MR_IEC104_S && a.nr == 78);
    a = DECODE(true, 0x68, 4, 0x83, 0, 0, 0);
    assert_true(a.format == MR_IEC104_U && a.u == MR_IEC104_TESTFR_CON);
    DECODE(false, 0x68, 4, 0xC3, 0, 0, 0);    /* two functions at once */
    DECODE(false, 0x68, 4, 0x03, 0, 0, 0);    /* none */
    DECODE(false, 0x68, 5, 0x07, 0, 0, 0, 0); /* U with data */
    DECODE(false, 0x68, 5, 0x01, 0, 0, 0, 0); /* S with data */
    DECODE(false, 0x68, 4, 0, 0, 0, 0);       /* I without */
    DECODE(false, 0x69, 4, 0x07, 0, 0, 0);
    DECODE(false, 0x68, 3, 0x07, 0, 0);
}

/* Sizes of element and time tag as 101, 7.3 draws them. */
static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        uint8_t type, size;
    } sizes[] = {
        {1, 1},   {2, 4},   {3, 1},   {4, 4},   {5, 2},   {6, 5},   {7, 5},   {8, 8},   {9, 3},   {10, 6},  {11, 3}, {12, 6},
        {13, 5},  {14, 8},  {15, 5},  {16, 8},  {17, 6},  {18, 7},  {19, 7},  {20, 5},  {21, 2},  {30, 8},  {31, 8}, {32, 9},
        {33, 12}, {34, 10}, {35, 10}, {36, 12}, {37, 12}, {38, 10}, {39, 11}, {40, 11}, {45, 1},  {46, 1},  {47, 1}, {48, 3},
        {49, 3},  {50, 5},  {51, 4},  {58, 8},  {59, 8},  {60, 8},  {61, 10}, {62, 10}, {63, 12}, {64, 11}, {70, 1}, {100, 1},
        {101, 1}, {102, 0}, {103, 7}, {104, 2}, {105, 1}, {107, 9}, {110, 3}, {111, 3}, {112, 5}, {113, 1},
    };
    size_t known = 0;
    for (unsigned t = 0; t < 256; t++) {
        known += mr_iec104_info((uint8_t)t)->direction != 0;
    }
    assert_int_equal(known, sizeof sizes / sizeof sizes[0]);
    for (size_t i = 0; i < known; i++) {
        assert_int_equal(mr_iec104_info(sizes[i].type)->size, sizes[i].size);
    }
    assert_string_equal(mr_iec104_info(36)->name, "M_ME_TF_1");
    assert_int_equal(mr_iec104_with_time(MR_IEC104_M_SP_NA_1, 7), MR_IEC104_M_SP_TB_1);
    assert_int_equal(mr_iec104_with_time(MR_IEC104_M_ME_NC_1, 3), MR_IEC104_M_ME_TC_1);
    assert_int_equal(mr_iec104_with_time(MR_IEC104_C_SE_TC_1, 0), MR_IEC104_C_SE_NC_1);
    assert_int_equal(mr_iec104_with_time(MR_IEC104_M_ME_ND_1, 7), 0);
}

struct element {
    uint8_t type;
    double value; /* what reading the bytes gives */
    uint32_t bits;
    uint8_t quality;
    uint8_t n, bytes[8];
};
static const struct element elements[] = {
    {1, 1, 1, 0x00, 1, {0x01}},
    {1, 0, 0, 0xC0, 1, {0xC0}},           /* IV NT */
    {3, 2, 2, 0x10, 1, {0x12}},           /* ON, BL */
    {5, -3, 0x7D, 0x20, 2, {0x7D, 0x20}}, /* -3 in 7 bits: 128 - 3 = 0x7D */
    {5, 63, 0xBF, 0x00, 2, {0xBF, 0x00}}, /* transient */
    {7, 305419896, 0x12345678, 0x80, 5, {0x78, 0x56, 0x34, 0x12, 0x80}},
    {9, 0.5, 0x4000, 0x00, 3, {0x00, 0x40, 0x00}}, /* 0.5 * 2^15 */
    {9, -1, 0x8000, 0x00, 3, {0x00, 0x80, 0x00}},
    {11, -2, 0xFFFE, 0x40, 3, {0xFE, 0xFF, 0x40}},
    {13, 30, 0x41F00000, 0x00, 5, {0x00, 0x00, 0xF0, 0x41, 0x00}}, /* frame 1 of 090813_diverse.pcap */
    {15, -1, 0xFFFFFFFF, 0x25, 5, {0xFF, 0xFF, 0xFF, 0xFF, 0x25}}, /* number 5, carry */
    {20, 0x00010003, 0x00010003, 0x00, 5, {0x03, 0x00, 0x01, 0x00, 0x00}},
    {21, 0.25, 0x2000, 0x00, 2, {0x00, 0x20}},
    {45, 1, 1, 0x80, 1, {0x81}}, /* select, ON: frame 25 */
    {46, 2, 2, 0x04, 1, {0x06}}, /* ON, short pulse: frame 91 */
    {47, 1, 1, 0x00, 1, {0x01}},
    {48, -0.25, 0xE000, 0x80, 3, {0x00, 0xE0, 0x80}},
    {49, 1000, 0x03E8, 0x00, 3, {0xE8, 0x03, 0x00}},
    {50, 18, 0x41900000, 0x00, 5, {0x00, 0x00, 0x90, 0x41, 0x00}}, /* 1.125 * 2^4 */
    {51, 0xFFFFFFFFu, 0xFFFFFFFF, 0x00, 4, {0xFF, 0xFF, 0xFF, 0xFF}},
    {70, 0, 0, 0x00, 1, {0x00}},
    {100, 20, 20, 0x00, 1, {0x14}},
    {101, 0x45, 0x45, 0x00, 1, {0x45}},
    {104, 0x55AA, 0x55AA, 0x00, 2, {0xAA, 0x55}},
    {105, 1, 1, 0x00, 1, {0x01}},
    {110, 0.125, 0x1000, 0x01, 3, {0x00, 0x10, 0x01}},
    {113, 3, 3, 0x00, 1, {0x03}},
};

static void test_elements(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        const struct element *e = &elements[i];
        uint8_t b[32];
        struct mr_writer w = mr_writer(b, sizeof b);
        struct mr_iec104_object o = {.ioa = 0x030201, .value = e->value, .bits = e->bits, .quality = e->quality}, back;
        mr_iec104_object_encode(&w, e->type, &o);
        assert_int_equal(w.n, 3 + e->n);
        assert_memory_equal(b, "\1\2\3", 3);
        assert_memory_equal(b + 3, e->bytes, e->n);
        struct mr_iec104_asdu a = {.type = e->type, .count = 1, .objects = mr_written(&w)};
        assert_true(mr_iec104_object_at(&a, 0, &back));
        assert_int_equal(back.ioa, 0x030201);
        assert_true(back.value >= e->value && back.value <= e->value);
        assert_int_equal(back.bits, e->bits);
        assert_int_equal(back.quality, e->quality);
        assert_false(mr_iec104_object_at(&a, 1, &back));
    }
}

/* Too much for an element: the limit, and in monitoring direction OV (101, 7.2.6.3). */
static void test_overflow(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        double value;
        uint8_t n, bytes[5];
    } cases[] = {
        {9, 1.5, 3, {0xFF, 0x7F, 0x01}},
        {9, -1.5, 3, {0x00, 0x80, 0x01}},
        {11, 40000, 3, {0xFF, 0x7F, 0x01}},
        {5, 100, 2, {0x3F, 0x01}},
        {13, 1e300, 5, {0xFF, 0xFF, 0x7F, 0x7F, 0x01}}, /* the largest single */
        {49, -40000, 3, {0x00, 0x80, 0x00}},            /* a command has no OV */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t b[16];
        struct mr_writer w = mr_writer(b, sizeof b);
        mr_iec104_element_encode(&w, cases[i].type, &(struct mr_iec104_object){.value = cases[i].value});
        expect_bytes(&w, cases[i].bytes, cases[i].n);
    }
}

/* Events of protection equipment (101, 7.3.1.17 to 19, and 38 to 40): decoded only. */
static void test_protection(void **state)
{
    (void)state;
    static const uint8_t single[] = {38, 1, 3, 0, 3, 0, 5, 0, 0, 0x8A, 0xE8, 0x03, 0x10, 0x27, 0x1E, 0x0C, 0xBF, 0x05, 0x18};
    struct mr_iec104_asdu a;
    struct mr_iec104_object o;
    assert_true(mr_iec104_asdu_decode(mr_slice(single, sizeof single), &a));
    assert_true(mr_iec104_object_at(&a, 0, &o));
    assert_true(o.ioa == 5 && o.bits == 2 && o.quality == 0x88 && o.interval == 1000); /* ON, IV, elapsed time invalid */
    /* 10.000 s past 12:30 of 2024-05-31, a Friday: 19874 days after 1970 */
    assert_true(o.time.unix_ns == 19874 * MR_DAY + 12 * MR_HOUR + 30 * MR_MIN + 10 * MR_S);
    static const uint8_t start[] = {39, 1, 3, 0, 3, 0, 5, 0, 0, 0x21, 0x80, 0xE8, 0x03, 0x10, 0x27, 0x1E, 0x0C, 0xBF, 0x05, 0x18};
    assert_true(mr_iec104_asdu_decode(mr_slice(start, sizeof start), &a) && mr_iec104_object_at(&a, 0, &o));
    assert_true(o.bits == 0x21 && o.quality == 0x80 && o.interval == 1000);
}

static void test_time(void **state)
{
    (void)state;
    /* Frame 89 of 090813_diverse.pcap, but the hour: C2AA is 43714 ms, 0x29 minute 41, 0x10 hour 16, 0x8D day 13 and weekday 4
     * (Thursday), month 8, year 9. 2009-08-13 is 14469 days after 1970. */
    static const uint8_t captured[7] = {0xC2, 0xAA, 0x29, 0x10, 0x8D, 0x08, 0x09};
    mr_ns then = 14469 * MR_DAY + 16 * MR_HOUR + 41 * MR_MIN + 43714 * MR_MS;
    struct mr_iec104_time t;
    uint8_t b[7];
    assert_true(mr_iec104_cp56_decode(captured, &t));
    assert_true(t.unix_ns == then && !t.invalid && !t.summer);
    mr_iec104_cp56_encode(b, &t);
    assert_memory_equal(b, captured, 7);
    t.invalid = t.summer = true;
    mr_iec104_cp56_encode(b, &t);
    assert_int_equal(b[2], 0xA9);
    assert_int_equal(b[3], 0x90);
    assert_true(mr_iec104_cp56_decode(b, &t) && t.invalid && t.summer && t.unix_ns == then);
    assert_false(mr_iec104_cp56_decode((const uint8_t[]){0, 0, 0, 0, 30, 2, 24}, &t)); /* 30 February */
    assert_true(mr_iec104_cp56_decode((const uint8_t[]){0, 0, 0, 0, 29, 2, 24}, &t));  /* a leap year */
    assert_false(mr_iec104_cp56_decode((const uint8_t[]){0, 0, 0, 0, 29, 2, 23}, &t));
    assert_false(mr_iec104_cp56_decode((const uint8_t[]){0x60, 0xEA, 0, 0, 1, 1, 24}, &t)); /* 60,000 ms */
    assert_false(mr_iec104_cp56_decode((const uint8_t[]){0, 0, 0, 24, 1, 1, 24}, &t));
    assert_false(mr_iec104_cp56_decode((const uint8_t[]){0, 0, 0, 0, 0, 1, 24}, &t));
    assert_true(mr_iec104_cp24_decode((const uint8_t[]){0xC2, 0xAA, 0xA9}, &t) && t.invalid);
    assert_true(t.unix_ns == 41 * MR_MIN + 43714 * MR_MS);
}

/* One address for all, or one for each (101, 7.2.2.1). */
static void test_sequence(void **state)
{
    (void)state;
    static const uint8_t sequence[] = {1, 0x83, 20, 0, 3, 0, 10, 0, 0, 1, 0, 0x81};
    static const uint8_t single[] = {11, 2, 3, 9, 0x0D, 0x91, 1, 0, 0, 5, 0, 0, 7, 0, 0, 6, 0, 0x80};
    struct mr_iec104_asdu a;
    struct mr_iec104_object o;
    assert_true(mr_iec104_asdu_decode(mr_slice(sequence, sizeof sequence), &a));
    assert_true(a.sequence && a.count == 3 && a.cause == 20 && a.ca == 3);
    assert_true(mr_iec104_object_at(&a, 2, &o) && o.ioa == 12 && o.bits == 1 && o.quality == 0x80);
    a.objects.n--;
    assert_false(mr_iec104_object_at(&a, 0, &o));
    assert_true(mr_iec104_asdu_decode(mr_slice(single, sizeof single), &a));
    assert_true(!a.sequence && a.originator == 9 && a.ca == 0x910D);
    assert_true(mr_iec104_object_at(&a, 1, &o) && o.ioa == 7 && o.bits == 6 && o.quality == 0x80);
    static const uint8_t beyond[] = {1, 0x82, 20, 0, 3, 0, 0xFF, 0xFF, 0xFF, 1, 1}; /* no address after the last */
    assert_true(mr_iec104_asdu_decode(mr_slice(beyond, sizeof beyond), &a) && !mr_iec104_asdu_fits(&a));
    static const uint8_t none[] = {1, 0, 20, 0, 3, 0};
    assert_true(mr_iec104_asdu_decode(mr_slice(none, sizeof none), &a) && !mr_iec104_asdu_fits(&a));
    assert_false(mr_iec104_asdu_decode(mr_slice(none, 5), &a));
    static const uint8_t header[] = {45, 1, 0xC7, 2, 0x0D, 0x91}; /* frame 134 of TestDissectIec104.pcap */
    assert_true(mr_iec104_asdu_decode(mr_slice(header, sizeof header), &a));
    assert_true(a.cause == 7 && a.negative && a.test && a.originator == 2);
    uint8_t b[16];
    struct mr_writer w = mr_writer(b, sizeof b);
    mr_iec104_asdu_encode(&w, &a);
    expect_bytes(&w, header, sizeof header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_apci),     cmocka_unit_test(test_sizes),      cmocka_unit_test(test_elements),
        cmocka_unit_test(test_overflow), cmocka_unit_test(test_protection), cmocka_unit_test(test_time),
        cmocka_unit_test(test_sequence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
