/* The client side of captured sessions with real devices (../shared/captures/modbus) replayed against our server: answers of the
 * same form, that is the same transaction and function, and either the same length or the same exception. */
#include "golden/capture.h"
#include "golden/modbus_spec.h"

#define FOLDER "../shared/captures/modbus/"
#define ADUS   4096

struct adu {
    uint16_t transaction;
    uint8_t function, second; /* the byte after the function: an exception's code */
    uint16_t length;
};
struct conversation {
    bool begun, closed;
    size_t nours, nreal;
    struct adu ours[ADUS], real[ADUS];
    struct modbus_device device;
};
static struct conversation conversations[CAPTURE_CONVERSATIONS];

static void note(struct mr_slice bytes, struct adu *list, size_t *n)
{
    for (size_t at = 0; at + 8 <= bytes.n && *n < ADUS;) {
        const uint8_t *p = bytes.p + at;
        uint16_t length = (uint16_t)(p[4] << 8 | p[5]);
        list[(*n)++] = (struct adu){(uint16_t)(p[0] << 8 | p[1]), p[7], at + 8 < bytes.n ? p[8] : 0, length};
        at += 6u + length;
    }
}

static void to_server(struct conversation *v, struct mr_slice bytes)
{
    static uint8_t out[1 << 16];
    struct mr_writer w = mr_writer(out, sizeof out);
    while (bytes.n > 0 && !v->closed) {
        struct mr_feed f = mr_modbus_server_feed(&v->device.server, bytes, 0);
        struct mr_modbus_event ev;
        while (mr_modbus_server_next(&v->device.server, &ev)) {
        }
        assert_false(mr_modbus_server_output(&v->device.server, &w));
        bytes = mr_slice(bytes.p + f.consumed, bytes.n - f.consumed);
        v->closed = f.status == MR_FEED_MALFORMED;
    }
    note(mr_written(&w), v->ours, &v->nours);
}

static void segment(const struct capture_segment *g)
{
    struct conversation *v = &conversations[g->conversation];
    if (!v->begun) {
        v->begun = true;
        modbus_device_init(&v->device);
        v->device.personality.conformity = MR_MODBUS_ID_EXTENDED;
    }
    if (g->up) {
        to_server(v, g->data);
    } else {
        note(g->data, v->real, &v->nreal);
    }
}

struct tally {
    size_t alike, other_form, other_verdict;
};

/* Goes through both lists of one conversation in step; what either side left unanswered is passed over. */
static void compare(const struct conversation *v, struct tally *t)
{
    size_t k = 0;
    for (size_t i = 0; i < v->nreal; i++) {
        const struct adu *real = &v->real[i];
        size_t j = k;
        while (j < v->nours &&
               (v->ours[j].transaction != real->transaction || (v->ours[j].function & 0x7F) != (real->function & 0x7F))) {
            j++;
        }
        if (j == v->nours) {
            continue;
        }
        const struct adu *ours = &v->ours[j];
        k = j + 1;
        if ((ours->function ^ real->function) & 0x80) {
            t->other_verdict++; /* one has a function or an address that the other lacks */
        } else if (ours->function & 0x80 ? ours->second == real->second : ours->length == real->length) {
            t->alike++;
        } else {
            t->other_form++;
        }
    }
}

static struct tally replay(const char *name)
{
    char path[256];
    struct tally t = {0};
    snprintf(path, sizeof path, FOLDER "%s", name);
    memset(conversations, 0, sizeof conversations);
    capture_replay(path, MR_MODBUS_PORT, segment);
    for (size_t i = 0; i < CAPTURE_CONVERSATIONS; i++) {
        compare(&conversations[i], &t);
    }
    print_message("%s: %zu alike, %zu of other form, %zu with another verdict\n", name, t.alike, t.other_form, t.other_verdict);
    return t;
}

/* A SCADA system that polls input registers of several units. */
static void test_polling(void **state)
{
    (void)state;
    struct tally t = replay("modbus_test.pcap");
    assert_true(t.alike > 1000);
    assert_int_equal(t.other_form, 0);
    assert_int_equal(t.other_verdict, 0);
}

/* Diagnostics, server identifier, coils and registers. The gateway in front of that device says 0B (target failed to respond)
 * where ours obeys, and its server identifier is longer. */
static void test_functions(void **state)
{
    (void)state;
    struct tally t = replay("modbus_test_data_part1.pcap");
    assert_true(t.alike >= 6);
    assert_int_equal(t.other_form, 2);
}

/* A sweep over all function codes with short requests, then coils beyond those of that device. It has functions 12, 40, 42 and a
 * private one, ours has 8 in full and more coils. */
static void test_sweep(void **state)
{
    (void)state;
    struct tally t = replay("modbus_test_data_part2.pcap");
    assert_true(t.alike >= 125);
    assert_true(t.other_form <= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_polling),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
