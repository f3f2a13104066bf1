/* sim: the queue's order, the record's chain and what it survives, events and commands as bytes. */
#include "sim/command.h"
#include "sim/event.h"
#include "sim/journal.h"
#include "sim/queue.h"
#include "support/test.h"

#include <stdlib.h>

static void queue_orders_by_time_then_sequence(void **state)
{
    (void)state;
    struct mr_arena *arena = mr_arena_create(1 << 16);
    struct mr_queue *q = mr_queue_create(arena, 5);
    const mr_ns times[] = {30, 10, 20, 10, 30};
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(mr_queue_add(q, times[i], 1, i, 0), MR_OK);
    }
    assert_int_equal(mr_queue_add(q, 1, 1, 9, 0), MR_E_FULL);
    assert_int_equal(mr_queue_next(q), 10);
    const uint32_t order[] = {1, 3, 2, 0, 4};
    struct mr_timer t;
    assert_false(mr_queue_take(q, 9, &t));
    for (uint32_t i = 0; i < 5; i++) {
        assert_true(mr_queue_take(q, 30, &t));
        assert_int_equal(t.a, order[i]);
    }
    assert_int_equal(mr_queue_next(q), MR_NEVER_NS);
    mr_arena_destroy(arena);
}

/* A record of `blocks` blocks with three entries each, the second a note. */
static size_t make_record(uint8_t *file, size_t cap, int blocks, struct mr_journal_writer *w, size_t *ends)
{
    struct mr_writer out = mr_writer(file, cap);
    const struct mr_journal_header h = {mr_slice_str("build"),   mr_slice_str("hash"), 42, 7, MR_WORLD_LIVE,
                                        mr_slice_str("content"), mr_slice_str("t1")};
    assert_int_equal(mr_journal_start(w, &h, &out), MR_OK);
    for (int b = 0; b < blocks; b++) {
        uint64_t seq;
        assert_int_equal(mr_journal_add(w, MR_IN_TIME, 100 * b, mr_slice(NULL, 0), NULL), MR_OK);
        assert_int_equal(mr_journal_add(w, MR_IN_NOTE_RESTART, 100 * b + 1, mr_slice_str("note"), NULL), MR_OK);
        assert_int_equal(mr_journal_add(w, MR_IN_NET, 100 * b + 2, mr_slice_str("payload"), &seq), MR_OK);
        assert_int_equal(seq, 2 * b + 2);
        mr_write_bytes(&out, mr_journal_flush(w));
        ends[b] = out.n;
    }
    assert_false(out.full);
    return out.n;
}

static enum mr_err read_all(struct mr_journal_reader *r, struct mr_slice file, int *entries)
{
    *entries = 0;
    enum mr_err err = mr_journal_feed(r, file);
    struct mr_entry e;
    while (err == MR_OK) {
        err = mr_journal_next(r, &e);
        *entries += err == MR_OK;
    }
    return err;
}

static void record_survives_a_cut_anywhere(void **state)
{
    (void)state;
    uint8_t file[2048];
    size_t ends[4];
    struct mr_journal_writer *w = mr_journal_writer_create();
    size_t n = make_record(file, sizeof file, 4, w, ends);
    for (size_t cut = 0; cut <= n; cut++) {
        struct mr_journal_reader *r = mr_journal_reader_create();
        int entries;
        int whole = 0;
        while (whole < 4 && ends[whole] <= cut) {
            whole++;
        }
        assert_int_equal(read_all(r, mr_slice(file, cut), &entries), MR_E_TRUNCATED);
        assert_int_equal(entries, 3 * whole);
        if (whole > 0) {
            assert_int_equal(mr_journal_good_bytes(r), ends[whole - 1]);
        }
        mr_journal_reader_destroy(r);
    }
    mr_journal_writer_destroy(w);
}

static void record_refuses_any_changed_byte(void **state)
{
    (void)state;
    uint8_t file[2048];
    size_t ends[3];
    struct mr_journal_writer *w = mr_journal_writer_create();
    size_t n = make_record(file, sizeof file, 3, w, ends);
    for (size_t i = 0; i < n; i++) {
        file[i] ^= 0x40;
        struct mr_journal_reader *r = mr_journal_reader_create();
        int entries;
        assert_int_not_equal(read_all(r, mr_slice(file, n), &entries), MR_OK);
        assert_true(entries < 9);
        mr_journal_reader_destroy(r);
        file[i] ^= 0x40;
    }
    mr_journal_writer_destroy(w);
}

static void record_goes_on_after_a_restart(void **state)
{
    (void)state;
    uint8_t file[4096];
    size_t ends[2];
    struct mr_journal_writer *w = mr_journal_writer_create();
    size_t n = make_record(file, sizeof file, 2, w, ends);
    mr_journal_writer_destroy(w);
    struct mr_journal_reader *r = mr_journal_reader_create();
    int entries;
    assert_int_equal(read_all(r, mr_slice(file, n), &entries), MR_E_TRUNCATED);
    assert_true(mr_journal_at_boundary(r));
    w = mr_journal_writer_create();
    assert_int_equal(mr_journal_resume(w, r), MR_OK);
    mr_journal_reader_destroy(r);
    assert_int_equal(mr_journal_add(w, MR_IN_TIME, 1, mr_slice(NULL, 0), NULL), MR_E_RANGE);
    uint64_t seq;
    assert_int_equal(mr_journal_add(w, MR_IN_TIME, 500, mr_slice(NULL, 0), &seq), MR_OK);
    assert_int_equal(seq, 5);
    struct mr_slice block = mr_journal_flush(w);
    memcpy(file + n, block.p, block.n);
    r = mr_journal_reader_create();
    struct mr_journal_header h;
    assert_int_equal(mr_journal_header(r, &h), MR_E_TRUNCATED);
    struct mr_entry e = {0};
    for (size_t i = 0; i < n + block.n; i++) { /* byte by byte */
        assert_int_equal(mr_journal_feed(r, mr_slice(file + i, 1)), MR_OK);
        while (mr_journal_next(r, &e) == MR_OK) {
        }
    }
    assert_true(mr_journal_at_boundary(r));
    assert_int_equal(e.seq, 5);
    assert_int_equal(e.at, 500);
    assert_int_equal(mr_journal_header(r, &h), MR_OK);
    assert_int_equal(h.seed, 42);
    assert_true(mr_slice_is(h.content, "content"));
    mr_journal_reader_destroy(r);
    mr_journal_writer_destroy(w);
}

/* A tail is read from a point alone; from a place that is none, or with another hash, it is not. */
static void record_is_read_from_a_point(void **state)
{
    (void)state;
    uint8_t file[4096];
    size_t ends[3];
    struct mr_journal_writer *w = mr_journal_writer_create();
    size_t n = make_record(file, sizeof file, 3, w, ends);
    struct mr_journal_point point = mr_journal_new_frame(w);
    point.offset = n;
    assert_int_equal(point.seq, 6);
    assert_int_equal(point.at, 202);
    for (int b = 0; b < 2; b++) {
        assert_int_equal(mr_journal_add(w, MR_IN_NET, 300 + b, mr_slice_str("payload"), NULL), MR_OK);
        struct mr_slice block = mr_journal_flush(w);
        memcpy(file + n, block.p, block.n);
        n += block.n;
    }
    struct mr_journal_reader *r = mr_journal_reader_create();
    struct mr_entry e;
    mr_journal_reader_at(r, &point);
    assert_int_equal(mr_journal_feed(r, mr_slice(file + point.offset, n - point.offset)), MR_OK);
    for (int b = 0; b < 2; b++) {
        assert_int_equal(mr_journal_next(r, &e), MR_OK);
        assert_int_equal(e.seq, 7 + b);
        assert_int_equal(e.at, 300 + b);
        assert_true(mr_slice_is(e.payload, "payload"));
    }
    assert_int_equal(mr_journal_next(r, &e), MR_E_TRUNCATED);
    assert_int_equal(mr_journal_good_bytes(r), n);
    struct mr_journal_point no_frame = {
        .offset = ends[0], .seq = 2, .at = 2}; /* the second block goes on with the first's frame */
    memcpy(no_frame.hash, file + ends[0] + 8, sizeof no_frame.hash);
    mr_journal_reader_at(r, &no_frame);
    assert_int_equal(mr_journal_feed(r, mr_slice(file + ends[0], n - ends[0])), MR_OK);
    assert_int_equal(mr_journal_next(r, &e), MR_E_CORRUPT);
    point.hash[0] ^= 1;
    mr_journal_reader_at(r, &point);
    assert_int_equal(mr_journal_feed(r, mr_slice(file + point.offset, n - point.offset)), MR_OK);
    assert_int_equal(mr_journal_next(r, &e), MR_E_CORRUPT);
    mr_journal_reader_destroy(r);
    mr_journal_writer_destroy(w);
}

static void events_and_commands_round_trip(void **state)
{
    (void)state;
    struct mr_event e = {.input = 7,
                         .index = 2,
                         .kind = MR_EV_ALARM,
                         .at = 5 * MR_S,
                         .number = -1,
                         .value = 0.5,
                         .subject = "LIT101",
                         .detail = "HH"};
    uint8_t buf[MR_EVENT_BYTES];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_event_encode(&e, &w);
    struct mr_event back;
    assert_int_equal(mr_event_decode(mr_written(&w), &back), MR_OK);
    assert_memory_equal(&e, &back, sizeof e);
    for (size_t cut = 0; cut < w.n; cut++) {
        assert_int_equal(mr_event_decode(mr_slice(buf, cut), &back), MR_E_MALFORMED);
    }
    assert_int_equal(mr_event_kind_find("alarm"), MR_EV_ALARM);
    assert_int_equal(mr_event_kind_find("nonsense"), MR_EVENT_KINDS);

    struct mr_command c = {.member = mr_slice_str("ann"), .verb = mr_slice_str("operate")};
    mr_command_add(&c, "tag", "P101.run");
    w = mr_writer(buf, sizeof buf);
    mr_command_encode(&c, &w);
    struct mr_command d;
    assert_int_equal(mr_command_decode(mr_written(&w), &d), MR_OK);
    char text[9];
    assert_true(mr_command_arg(&d, "tag", text, sizeof text));
    assert_string_equal(text, "P101.run");
    assert_false(mr_command_arg(&d, "tag", text, 8));
    assert_false(mr_command_arg(&d, "value", text, sizeof text));
    for (size_t cut = 0; cut < w.n; cut++) {
        assert_int_equal(mr_command_decode(mr_slice(buf, cut), &d), MR_E_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queue_orders_by_time_then_sequence), cmocka_unit_test(record_survives_a_cut_anywhere),
        cmocka_unit_test(record_refuses_any_changed_byte),    cmocka_unit_test(record_goes_on_after_a_restart),
        cmocka_unit_test(record_is_read_from_a_point),        cmocka_unit_test(events_and_commands_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
