/* store: what is put once or twice is there once, also for another connection after a commit; a full disk is told. */
#include "store/store.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
    char dir[64], path[96];
    struct mr_store *store;
};

static int setup(void **state)
{
    static struct fixture f;
    char why[128];
    (void)snprintf(f.dir, sizeof f.dir, "/tmp/mr_store_test.XXXXXX");
    assert_non_null(mkdtemp(f.dir));
    (void)snprintf(f.path, sizeof f.path, "%s/store.db", f.dir);
    assert_int_equal(mr_store_open(f.path, &f.store, why, sizeof why), MR_OK);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[128];
    mr_store_close(f->store);
    const char *ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s%s", f->path, ends[i]);
        (void)unlink(path);
    }
    return rmdir(f->dir);
}

static void reopen(struct fixture *f)
{
    char why[128];
    mr_store_close(f->store);
    assert_int_equal(mr_store_open(f->path, &f->store, why, sizeof why), MR_OK);
}

static bool count_event(void *ctx, const char *team, const struct mr_event *e)
{
    struct mr_event *last = ctx;
    assert_string_equal(team, "t1");
    if (last[1].input == 0) {
        last[0] = *e;
    }
    last[1].input++;
    return true;
}

static void events_are_kept_once(void **state)
{
    struct fixture *f = *state;
    struct mr_event e = {.input = 7, .index = 2, .kind = MR_EV_FINDING, .at = 5 * MR_S, .number = -3, .value = 1.5};
    mr_str_copy(e.subject, sizeof e.subject, "T0836");
    mr_str_copy(e.detail, sizeof e.detail, "'; DROP TABLE events; --");
    bool fresh = false;
    assert_int_equal(mr_store_put_event(f->store, "t1", &e, &fresh), MR_OK);
    assert_true(fresh);
    assert_int_equal(mr_store_put_event(f->store, "t1", &e, &fresh), MR_OK);
    assert_false(fresh);
    assert_int_equal(mr_store_put_event(f->store, "t2", &e, &fresh), MR_OK);
    assert_true(fresh);
    reopen(f);
    struct mr_event got[2] = {{0}};
    assert_int_equal(mr_store_events(f->store, "t1", MR_EV_FINDING, 10, count_event, got), MR_OK);
    assert_int_equal(got[1].input, 1);
    assert_memory_equal(&got[0], &e, sizeof e);
    memset(got, 0, sizeof got);
    assert_int_equal(mr_store_events(f->store, "t1", MR_EV_DENIED, 10, count_event, got), MR_OK);
    assert_int_equal(got[1].input, 0);
}

static void sum_line(void *ctx, const struct mr_ledger_line *l)
{
    struct mr_ledger_line *sum = ctx;
    sum->points_milli += l->points_milli;
    sum->nargs = l->nargs;
    memcpy(sum->args, l->args, sizeof l->args);
}

static void ledger_is_a_sum_of_lines(void **state)
{
    struct fixture *f = *state;
    struct mr_ledger_line l = {.id = 1, .points_milli = 2500, .nargs = 2, .args = {"T0846", "plc1"}};
    mr_str_copy(l.team, sizeof l.team, "t1");
    assert_int_equal(mr_store_put_line(f->store, &l), MR_OK);
    assert_int_equal(mr_store_put_line(f->store, &l), MR_OK);
    l.id = MR_STORE_CORRECTIONS + 4;
    l.points_milli = -500;
    assert_int_equal(mr_store_put_line(f->store, &l), MR_OK);
    struct mr_ledger_line sum = {0};
    assert_int_equal(mr_store_ledger(f->store, "t1", sum_line, &sum), MR_OK);
    assert_int_equal(sum.points_milli, 2000);
    assert_int_equal(sum.nargs, 2);
    assert_string_equal(sum.args[1], "plc1");
}

/* The server writes nearly always; who looks into the file beside it waits for nothing and sees what was committed. */
static void a_writer_keeps_no_reader_out(void **state)
{
    struct fixture *f = *state;
    struct mr_store *reader = NULL;
    char why[128], health[MR_STORE_HEALTH] = "";
    assert_int_equal(mr_store_health(f->store, "t1", health, sizeof health), MR_E_NOT_FOUND);
    assert_int_equal(mr_store_put_health(f->store, "t1", 1, "{\"scans\":1}"), MR_OK);
    assert_int_equal(mr_store_commit(f->store), MR_OK);
    assert_int_equal(mr_store_put_health(f->store, "t1", 2, "{\"scans\":2}"), MR_OK); /* a transaction is open now */
    assert_int_equal(mr_store_open(f->path, &reader, why, sizeof why), MR_OK);
    assert_int_equal(mr_store_health(reader, "t1", health, sizeof health), MR_OK);
    assert_string_equal(health, "{\"scans\":1}");
    mr_store_close(reader);
    assert_int_equal(mr_store_commit(f->store), MR_OK);
}

static void keep_feed(void *ctx, const struct mr_feed *f)
{
    *(struct mr_feed *)ctx = *f;
}

static void feed_numbers_rise(void **state)
{
    struct fixture *f = *state;
    struct mr_feed a = {.team = "t1", .input = 3, .kind = "damage", .severity = "alarm", .args = {"P101.seized"}};
    assert_int_equal(mr_store_put_feed(f->store, &a), MR_OK);
    int64_t first = a.id;
    assert_int_equal(mr_store_put_feed(f->store, &a), MR_E_EXISTS);
    assert_int_equal(a.id, first);
    a.input = 4;
    assert_int_equal(mr_store_put_feed(f->store, &a), MR_OK);
    assert_int_equal(a.id, first + 1);
    struct mr_feed got = {0};
    assert_int_equal(mr_store_feed(f->store, first, 10, keep_feed, &got), MR_OK);
    assert_int_equal(got.id, first + 1);
    assert_string_equal(got.args[0], "P101.seized");
    memset(&got, 0, sizeof got);
    assert_int_equal(mr_store_feed(f->store, -1, 1, keep_feed, &got), MR_OK);
    assert_int_equal(got.id, first + 1);
}

static void sessions_end_when_idle(void **state)
{
    struct fixture *f = *state;
    uint8_t token[MR_STORE_TOKEN] = {1, 2, 3};
    char account[MR_STORE_NAME];
    int64_t seen = 0;
    assert_int_equal(mr_store_put_session(f->store, token, "captain1", 1000), MR_OK);
    assert_int_equal(mr_store_session(f->store, token, 900, account, sizeof account, &seen), MR_OK);
    assert_string_equal(account, "captain1");
    assert_int_equal(seen, 1000);
    assert_int_equal(mr_store_session(f->store, token, 1001, account, sizeof account, &seen), MR_E_NOT_FOUND);
    assert_int_equal(mr_store_touch_session(f->store, token, 2000), MR_OK);
    assert_int_equal(mr_store_session(f->store, token, 1001, account, sizeof account, &seen), MR_OK);
    assert_int_equal(mr_store_expire_sessions(f->store, 2001), MR_OK);
    assert_int_equal(mr_store_session(f->store, token, 0, account, sizeof account, &seen), MR_E_NOT_FOUND);
}

static void accounts_come_back(void **state)
{
    struct fixture *f = *state;
    struct mr_account a = {.account = "captain1",
                           .zh = "队长",
                           .en = "Captain",
                           .role = "team",
                           .team = "t1",
                           .post = "monitoring",
                           .hash = "$argon2id$"};
    struct mr_account b;
    assert_int_equal(mr_store_put_account(f->store, &a), MR_OK);
    assert_int_equal(mr_store_account(f->store, "captain1", &b), MR_OK);
    assert_string_equal(b.zh, "队长");
    assert_string_equal(b.en, "Captain");
    assert_string_equal(b.role, "team");
    assert_string_equal(b.team, "t1");
    assert_string_equal(b.post, "monitoring");
    assert_string_equal(b.hash, "$argon2id$");
    assert_int_equal(mr_store_account(f->store, "captain2", &b), MR_E_NOT_FOUND);
}

/* RLIMIT-free stand-in for a full disk: SQLite itself refuses pages beyond max_page_count with SQLITE_FULL. */
static void a_full_disk_is_told(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mr_store_commit(f->store), MR_OK);
    assert_int_equal(mr_store_limit(f->store, 20), MR_OK);
    struct mr_event e = {.kind = MR_EV_WRITE};
    memset(e.detail, 'x', sizeof e.detail - 1);
    enum mr_err err = MR_OK;
    for (e.input = 1; e.input < 5000 && err == MR_OK; e.input++) {
        err = mr_store_put_event(f->store, "t1", &e, NULL);
        if (err == MR_OK) {
            err = mr_store_commit(f->store);
        }
    }
    assert_int_equal(err, MR_E_NO_SPACE);
    assert_int_equal(mr_store_limit(f->store, 1 << 20), MR_OK); /* room again: it goes on */
    assert_int_equal(mr_store_put_event(f->store, "t1", &e, NULL), MR_OK);
    assert_int_equal(mr_store_commit(f->store), MR_OK);
}

static void what_is_no_store_is_said(void **state)
{
    struct fixture *f = *state;
    char path[128], why[128];
    (void)snprintf(path, sizeof path, "%s/none", f->dir);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    for (int i = 0; i < 200; i++) {
        assert_true(fputs("this is no database\n", out) >= 0);
    }
    (void)fclose(out);
    struct mr_store *s = NULL;
    assert_int_equal(mr_store_open(path, &s, why, sizeof why), MR_E_CORRUPT);
    assert_non_null(strstr(why, path));
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_are_kept_once, setup, teardown),
        cmocka_unit_test_setup_teardown(ledger_is_a_sum_of_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(a_writer_keeps_no_reader_out, setup, teardown),
        cmocka_unit_test_setup_teardown(feed_numbers_rise, setup, teardown),
        cmocka_unit_test_setup_teardown(sessions_end_when_idle, setup, teardown),
        cmocka_unit_test_setup_teardown(accounts_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_store_is_said, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
