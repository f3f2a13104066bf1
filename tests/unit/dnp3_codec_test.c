/* DNP3 link frames, transport, objects. The CRC's check value is that of the catalogue of CRC algorithms (CRC-16/DNP: 0xEA82 over
 * "123456789"); frames are those of captured sessions (../shared/captures/dnp3). */
#include "support/test.h"

#include "proto/dnp3/dnp3_client.h"

static void test_crc(void **state)
{
    (void)state;
    assert_int_equal(mr_dnp3_crc(mr_slice_str("123456789")), 0xEA82);
    assert_int_equal(mr_dnp3_crc(mr_slice(NULL, 0)), 0xFFFF);
    /* bit by bit, as the standard describes it, against the tables */
    uint8_t octets[40];
    for (size_t n = 0; n < sizeof octets; n++) {
        octets[n] = (uint8_t)(n * 73 + 5);
        unsigned crc = 0;
        for (size_t i = 0; i <= n; i++) {
            crc ^= octets[i];
            for (int bit = 0; bit < 8; bit++) {
                crc = crc & 1 ? crc >> 1 ^ 0xA6BC : crc >> 1;
            }
        }
        assert_int_equal(mr_dnp3_crc(mr_slice(octets, n + 1)), (uint16_t)~crc);
    }
}

/* dnp3_read.pcap, frame 4: master 3 reads classes 1, 2, 3, 0 of outstation 2. */
static const uint8_t read_classes[] = {0x05, 0x64, 0x14, 0xC4, 0x02, 0x00, 0x03, 0x00, 0x45, 0x03, 0xC7, 0xC8, 0x01, 0x3C,
                                       0x02, 0x06, 0x3C, 0x03, 0x06, 0x3C, 0x04, 0x06, 0x3C, 0x01, 0x06, 0x42, 0xAC};

static void test_frame(void **state)
{
    (void)state;
    uint8_t out[64];
    struct mr_writer w = mr_writer(out, sizeof out);
    struct mr_dnp3_link_header h = {0xC4, 2, 3};
    mr_dnp3_frame_write(&w, &h, mr_slice(read_classes + 10, 15));
    assert_int_equal(w.n, sizeof read_classes);
    assert_memory_equal(out, read_classes, sizeof read_classes);
    w = mr_writer(out, sizeof read_classes - 1);
    mr_dnp3_frame_write(&w, &h, mr_slice(read_classes + 10, 15));
    assert_true(w.full);
    assert_int_equal(w.n, 0);
}

static void test_deframe(void **state)
{
    (void)state;
    static const uint8_t noise[] = {0x64, 0x05, 0x05, 0x05, 0x64, 0x04, 0x05, 0x64,
                                    0x14, 0xC4, 0x02, 0x00, 0x03, 0x00, 0x45, 0x04};
    uint8_t stream[sizeof noise + 2 * sizeof read_classes];
    memcpy(stream, noise, sizeof noise);
    memcpy(stream + sizeof noise, read_classes, sizeof read_classes);
    memcpy(stream + sizeof noise + sizeof read_classes, read_classes, sizeof read_classes);
    for (size_t cut = 1; cut <= sizeof stream; cut++) {
        struct mr_dnp3_deframer f = {0};
        size_t frames = 0;
        for (size_t at = 0; at < sizeof stream; at += cut) {
            size_t n = sizeof stream - at < cut ? sizeof stream - at : cut, used = 0;
            struct mr_dnp3_link_header h;
            struct mr_slice data;
            while (mr_dnp3_deframe(&f, mr_slice(stream + at, n), &used, &h, &data)) {
                assert_int_equal(h.control, 0xC4);
                assert_int_equal(h.destination, 2);
                assert_int_equal(h.source, 3);
                assert_int_equal(data.n, 15);
                assert_memory_equal(data.p, read_classes + 10, 15);
                frames++;
            }
            assert_int_equal(used, n);
        }
        assert_int_equal(frames, 2);
        assert_int_equal(mr_dnp3_deframer_needs(&f), 0);
    }
}

static void test_needs(void **state)
{
    (void)state;
    struct mr_dnp3_deframer f = {0};
    struct mr_dnp3_link_header h;
    struct mr_slice data;
    for (size_t i = 0; i + 1 < sizeof read_classes; i++) {
        size_t used = 0;
        assert_false(mr_dnp3_deframe(&f, mr_slice(read_classes + i, 1), &used, &h, &data));
        assert_int_equal(mr_dnp3_deframer_needs(&f), i < 9 ? 9 - i : sizeof read_classes - 1 - i);
    }
}

/* A wrong octet anywhere: no frame; the next one is found. */
static void test_damage(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof read_classes; i++) {
        uint8_t stream[2 * sizeof read_classes];
        memcpy(stream, read_classes, sizeof read_classes);
        memcpy(stream + sizeof read_classes, read_classes, sizeof read_classes);
        stream[i] ^= 0x10;
        struct mr_dnp3_deframer f = {0};
        struct mr_dnp3_link_header h;
        struct mr_slice data;
        size_t used = 0;
        assert_true(mr_dnp3_deframe(&f, mr_slice(stream, sizeof stream), &used, &h, &data));
        assert_int_equal(used, sizeof stream);
        assert_memory_equal(data.p, read_classes + 10, 15);
    }
}

static void test_transport(void **state)
{
    (void)state;
    uint8_t fragment[600], out[3 * MR_DNP3_FRAME_MAX], buf[600];
    for (size_t i = 0; i < sizeof fragment; i++) {
        fragment[i] = (uint8_t)i;
    }
    struct mr_writer w = mr_writer(out, sizeof out);
    struct mr_dnp3_link_header h = {0x44, 1, 10};
    struct mr_dnp3_sending s = {.sequence = 63, .n = sizeof fragment};
    mr_dnp3_send(&s, fragment, &h, &w);
    assert_int_equal(s.n, 0);
    /* 249 + 249 + 102 octets; each frame 10 + 250 + 32, the last 10 + 103 + 14 */
    assert_int_equal(w.n, 2 * 292 + 127);
    assert_int_equal(out[10], 0x40 | 63);          /* first */
    assert_int_equal(out[292 + 10], 0);            /* neither, and the sequence begins anew */
    assert_int_equal(out[2 * 292 + 10], 0x80 | 1); /* final */
    struct mr_dnp3_deframer f = {0};
    struct mr_dnp3_assembly a = {0};
    struct mr_slice data;
    size_t used = 0, total = 0, frames = 0;
    while (mr_dnp3_deframe(&f, mr_written(&w), &used, &h, &data)) {
        assert_int_equal(mr_dnp3_assemble(&a, buf, sizeof buf, data, h.source, &total), ++frames == 3);
    }
    assert_int_equal(total, sizeof fragment);
    assert_memory_equal(buf, fragment, sizeof fragment);
}

static bool segment(struct mr_dnp3_assembly *a, uint8_t *buf, const char *octets, size_t n, uint16_t source)
{
    size_t total;
    return mr_dnp3_assemble(a, buf, 8, mr_slice(octets, n), source, &total);
}

static void test_assembly(void **state)
{
    (void)state;
    uint8_t buf[8];
    struct mr_dnp3_assembly a = {0};
    assert_false(segment(&a, buf, "\x81xx", 3, 1)); /* does not begin anything */
    assert_false(segment(&a, buf, "\x45xx", 3, 1));
    assert_false(segment(&a, buf, "\x87xx", 3, 1)); /* 7 after 5 */
    assert_false(segment(&a, buf, "\x86xx", 3, 1)); /* and that was that */
    assert_false(segment(&a, buf, "\x45xx", 3, 1));
    assert_false(segment(&a, buf, "\x86xx", 3, 2)); /* of somebody else */
    assert_false(segment(&a, buf, "\x45xxxxx", 6, 1));
    assert_false(segment(&a, buf, "\x86xxxx", 5, 1)); /* too long in all */
    assert_false(segment(&a, buf, "\xC0", 1, 1));     /* nothing in it */
    assert_false(segment(&a, buf, "\x45xx", 3, 1));
    assert_true(segment(&a, buf, "\xC9yy", 3, 1)); /* a first one begins anew */
    assert_memory_equal(buf, "yy", 2);
}

static void write_as(uint8_t group, uint8_t variation, struct mr_dnp3_sample s, const char *hex)
{
    uint8_t out[32];
    char text[65] = "";
    struct mr_writer w = mr_writer(out, sizeof out);
    const struct mr_dnp3_format *f = mr_dnp3_format(group, variation);
    assert_non_null(f);
    mr_dnp3_sample_write(&w, f, &s);
    assert_int_equal(w.n, f->bytes);
    for (size_t i = 0; i < w.n; i++) {
        snprintf(text + 2 * i, 3, "%02X", out[i]);
    }
    assert_string_equal(text, hex);
}

/* Octets by hand from annex A: flags, value little-endian, six octets of time. */
static void test_samples(void **state)
{
    (void)state;
    write_as(1, 2, (struct mr_dnp3_sample){1, 1, 0}, "81");
    write_as(2, 2, (struct mr_dnp3_sample){0, 1, 0x0102030405}, "01050403020100");
    write_as(2, 3, (struct mr_dnp3_sample){1, 1, 0x1234}, "813412");
    write_as(3, 2, (struct mr_dnp3_sample){2, 1, 0}, "81");
    write_as(4, 1, (struct mr_dnp3_sample){3, 1, 0}, "C1");
    write_as(13, 1, (struct mr_dnp3_sample){1, 0, 0}, "80");
    write_as(20, 1, (struct mr_dnp3_sample){305419896, 1, 0}, "0178563412");
    write_as(20, 2, (struct mr_dnp3_sample){65537, 1, 0}, "010100"); /* counters run through */
    write_as(30, 1, (struct mr_dnp3_sample){-2, 1, 0}, "01FEFFFFFF");
    write_as(30, 2, (struct mr_dnp3_sample){-300.4, 1, 0}, "01D4FE");
    write_as(30, 2, (struct mr_dnp3_sample){40000, 1, 0}, "21FF7F"); /* over range */
    write_as(30, 2, (struct mr_dnp3_sample){-40000, 1, 0}, "210080");
    write_as(30, 4, (struct mr_dnp3_sample){1.5, 1, 0}, "0200");
    write_as(30, 5, (struct mr_dnp3_sample){1.5, 1, 0}, "010000C03F");
    write_as(30, 5, (struct mr_dnp3_sample){1e39, 1, 0}, "21FFFF7F7F");
    write_as(30, 6, (struct mr_dnp3_sample){1.5, 1, 0}, "01000000000000F83F");
    write_as(32, 4, (struct mr_dnp3_sample){7, 1, 1}, "010700010000000000");
    write_as(34, 1, (struct mr_dnp3_sample){7, 0, 0}, "0700");
    write_as(42, 8, (struct mr_dnp3_sample){2, 1, 255}, "010000000000000040FF0000000000");
    for (unsigned g = 0; g < 256; g++) {
        for (unsigned v = 0; v < 256; v++) {
            const struct mr_dnp3_format *f = mr_dnp3_format((uint8_t)g, (uint8_t)v);
            if (f && f->bytes > 0) {
                uint8_t out[32];
                struct mr_writer w = mr_writer(out, sizeof out);
                struct mr_dnp3_sample s = {1, 1, 5}, back;
                mr_dnp3_sample_write(&w, f, &s);
                struct mr_reader r = mr_reader(mr_written(&w));
                mr_dnp3_sample_read(&r, f, &back);
                assert_int_equal(w.n, f->bytes);
                assert_int_equal(mr_reader_left(&r), 0);
                assert_true(back.value == 1 && back.flags == 1 && back.time == (f->when == MR_DNP3_W_NONE ? 0 : 5));
            }
        }
    }
}

static void test_headers(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        size_t n;
        bool right;
        struct mr_dnp3_object o;
    } cases[] = {
        {"\x01\x02\x00\x03\x05", 5, true, {1, 2, 0x00, 3, 3}},
        {"\x01\x02\x01\x03\x00\x02\x01", 7, true, {1, 2, 0x01, 3, 256}},
        {"\x3C\x02\x06", 3, true, {60, 2, 0x06, 0, 0}},
        {"\x32\x01\x07\x01", 4, true, {50, 1, 0x07, 0, 1}},
        {"\x02\x00\x08\x00\x01", 5, true, {2, 0, 0x08, 0, 256}},
        {"\x0C\x01\x17\x02", 4, true, {12, 1, 0x17, 0, 2}},
        {"\x0C\x01\x28\x02\x00", 5, true, {12, 1, 0x28, 0, 2}},
        {"\x46\x03\x5B\x01", 4, true, {70, 3, 0x5B, 0, 1}},
        {"\x01\x02\x00\x05\x03", 5, false, {0}}, /* stops before it starts */
        {"\x01\x02\x00\x05", 4, false, {0}},
        {"\x01\x02\x02", 3, false, {0}},
        {"\x01", 1, false, {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mr_reader r = mr_reader(mr_slice(cases[i].octets, cases[i].n));
        struct mr_dnp3_object o;
        assert_int_equal(mr_dnp3_object_read(&r, &o), cases[i].right);
        if (cases[i].right) {
            uint8_t out[16];
            struct mr_writer w = mr_writer(out, sizeof out);
            assert_true(o.group == cases[i].o.group && o.variation == cases[i].o.variation &&
                        o.qualifier == cases[i].o.qualifier && o.start == cases[i].o.start && o.count == cases[i].o.count);
            mr_dnp3_object_write(&w, &o);
            assert_int_equal(w.n, cases[i].n);
            assert_memory_equal(out, cases[i].octets, cases[i].n);
        }
    }
}

/* Packed bits, relative times, a string, an attribute, a control's status, what comes in free format. */
static void test_values(void **state)
{
    (void)state;
    static const uint8_t objects[] = {
        1,   1,   0x00, 2, 10,   0x05, 0x01,                                /* bits 2 to 10: 1 0 1 0 0 0 0 0 1 */
        3,   1,   0x00, 0, 1,    0x0B,                                      /* 3, 2 */
        51,  1,   0x07, 1, 0xE8, 0x03, 0,    0,   0,   0,                   /* 1000 ms */
        2,   3,   0x17, 1, 9,    0x81, 0x05, 0,                             /* and 5 */
        110, 2,   0x00, 0, 0,    'h',  'i',                                 /* */
        0,   252, 0x00, 0, 0,    1,    2,    'M', 'k',                      /* */
        12,  1,   0x17, 1, 4,    3,    1,    0,   0,   0, 0, 0, 0, 0, 0, 7, /* LOCAL */
        70,  4,   0x5B, 1, 2,    0,    'x',  'y',
    };
    static const struct {
        uint8_t group;
        uint32_t index;
        double value;
        uint8_t flags;
        uint64_t time;
    } want[] = {
        {1, 2, 1, 1, 0},    {1, 3, 0, 1, 0},   {1, 4, 1, 1, 0},  {1, 5, 0, 1, 0},  {1, 6, 0, 1, 0},  {1, 7, 0, 1, 0},
        {1, 8, 0, 1, 0},    {1, 9, 0, 1, 0},   {1, 10, 1, 1, 0}, {3, 0, 3, 1, 0},  {3, 1, 2, 1, 0},  {51, 0, 1000, 0, 0},
        {2, 9, 1, 1, 1005}, {110, 0, 0, 0, 0}, {0, 0, 0, 0, 0},  {12, 4, 3, 7, 0}, {70, 2, 0, 0, 0},
    };
    struct mr_dnp3_value_reader v = mr_dnp3_values(mr_slice(objects, sizeof objects));
    struct mr_dnp3_reading r;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_true(mr_dnp3_next_value(&v, &r));
        assert_int_equal(r.group, want[i].group);
        assert_int_equal(r.index, want[i].index);
        assert_true(r.sample.value == want[i].value && r.sample.flags == want[i].flags && r.sample.time == want[i].time);
        if (r.group == 110 || r.group == 0 || r.group == 70) {
            assert_int_equal(r.text.n, 2);
        }
    }
    assert_false(mr_dnp3_next_value(&v, &r));
    for (size_t n = 0; n < sizeof objects; n++) { /* cut off anywhere */
        v = mr_dnp3_values(mr_slice(objects, n));
        size_t got = 0;
        while (mr_dnp3_next_value(&v, &r)) {
            got++;
        }
        assert_true(got < sizeof want / sizeof want[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc),      cmocka_unit_test(test_frame),   cmocka_unit_test(test_deframe),
        cmocka_unit_test(test_needs),    cmocka_unit_test(test_damage),  cmocka_unit_test(test_transport),
        cmocka_unit_test(test_assembly), cmocka_unit_test(test_samples), cmocka_unit_test(test_headers),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
