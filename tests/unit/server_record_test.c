/* server: the event's record survives a write cut in the middle; what derives from the secret is BLAKE2b as Python's hashlib has
 * it (hashlib.blake2b(b"seed\0t1", digest_size=16, key=bytes(range(32)))). */
#include "server/orders.h"
#include "server/projection.h"
#include "server/secret.h"
#include "support/test.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[96];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/mr_record_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/record", folder);
    return sodium_init() < 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

struct seen {
    size_t n;
    uint64_t seq[8];
    char why[8][32];
};

static void see(void *ctx, uint64_t seq, mr_ns at, const struct mr_command *c)
{
    struct seen *s = ctx;
    assert_true(at >= 0);
    assert_true(s->n < 8);
    s->seq[s->n] = seq;
    assert_true(mr_command_arg(c, "why", s->why[s->n], sizeof s->why[0]));
    s->n++;
}

static struct mr_orders *open_record(struct seen *s)
{
    struct mr_orders *o = NULL;
    char why[256] = "";
    struct mr_journal_header h = {
        .build = mr_slice_str("test"), .content = mr_slice_str("the content"), .label = mr_slice_str("e")};
    assert_int_equal(mr_orders_open(path, &h, see, s, &o, why, sizeof why), MR_OK);
    return o;
}

static void put(struct mr_orders *o, const char *why)
{
    struct mr_command c = {.verb = mr_slice_str("pause"), .member = mr_slice_str("organiser")};
    uint64_t seq = 0;
    mr_command_add(&c, "why", why);
    assert_int_equal(mr_orders_add(o, &c, &seq), MR_OK);
    assert_true(seq > 0);
}

static void orders_come_back(void **state)
{
    (void)state;
    struct seen s = {0};
    struct mr_orders *o = open_record(&s);
    put(o, "one");
    put(o, "two");
    mr_orders_close(o);
    assert_int_equal(s.n, 0);
    o = open_record(&s);
    assert_int_equal(s.n, 2);
    assert_string_equal(s.why[1], "two");
    put(o, "three");
    mr_orders_close(o);
    memset(&s, 0, sizeof s);
    char why[128];
    assert_int_equal(mr_orders_read(path, see, &s, why, sizeof why), MR_OK);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.seq[2], 3);
    uint8_t *content = NULL;
    size_t n = 0;
    assert_int_equal(mr_orders_content(path, &content, &n, why, sizeof why), MR_OK);
    assert_int_equal(n, 11);
    assert_memory_equal(content, "the content", 11);
    free(content);
}

static void a_half_written_order_is_cut_off(void **state)
{
    (void)state;
    struct seen s = {0};
    struct mr_orders *o = open_record(&s);
    put(o, "one");
    struct stat before, after;
    assert_int_equal(stat(path, &before), 0);
    put(o, "two");
    mr_orders_close(o);
    assert_int_equal(stat(path, &after), 0);
    for (off_t cut = before.st_size + 1; cut < after.st_size; cut++) {
        assert_int_equal(truncate(path, cut), 0);
        memset(&s, 0, sizeof s);
        o = open_record(&s);
        assert_int_equal(s.n, 1);
        put(o, "again");
        mr_orders_close(o);
        memset(&s, 0, sizeof s);
        mr_orders_close(open_record(&s));
        assert_int_equal(s.n, 2);
        assert_string_equal(s.why[1], "again");
        assert_int_equal(stat(path, &after), 0);
        if (after.st_size <= cut) {
            break;
        }
    }
}

/* A bit turned over in the first of two orders: to look at the record fails and says where, and to go on with it keeps what is
 * cut. */
static void a_damaged_order_is_said_and_kept(void **state)
{
    (void)state;
    struct seen s = {0};
    char why[256] = "", rest[128], told[64];
    struct stat header, whole, kept;
    mr_orders_close(open_record(&s));
    assert_int_equal(stat(path, &header), 0);
    struct mr_orders *o = open_record(&s);
    put(o, "one");
    put(o, "two");
    mr_orders_close(o);
    assert_int_equal(stat(path, &whole), 0);
    int fd = open(path, O_RDWR);
    uint8_t byte = 0;
    assert_int_equal(pread(fd, &byte, 1, header.st_size + 30), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, header.st_size + 30), 1);
    (void)close(fd);
    (void)snprintf(told, sizeof told, "damaged after byte %lld;", (long long)header.st_size);
    assert_int_equal(mr_orders_read(path, see, &s, why, sizeof why), MR_E_CORRUPT);
    assert_non_null(strstr(why, told));
    assert_int_equal(s.n, 0);
    o = open_record(&s);
    put(o, "three");
    mr_orders_close(o);
    assert_int_equal(mr_orders_read(path, see, &s, why, sizeof why), MR_OK);
    assert_int_equal(s.n, 1);
    assert_string_equal(s.why[0], "three");
    (void)snprintf(rest, sizeof rest, "%s.damaged", path);
    assert_int_equal(stat(rest, &kept), 0);
    assert_int_equal(kept.st_size, whole.st_size - header.st_size);
    assert_int_equal(unlink(rest), 0);
}

static void what_is_no_record_is_said(void **state)
{
    (void)state;
    char why[256] = "";
    struct seen s = {0};
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_true(fputs("this is no record at all, but long enough to look like one", f) >= 0);
    (void)fclose(f);
    assert_int_not_equal(mr_orders_read(path, see, &s, why, sizeof why), MR_OK);
    assert_non_null(strstr(why, path));
}

static void seeds_and_passwords_derive(void **state)
{
    (void)state;
    struct mr_secret secret;
    char password[MR_PASSWORD_LEN + 1];
    for (size_t i = 0; i < sizeof secret.key; i++) {
        secret.key[i] = (uint8_t)i;
    }
    assert_true(mr_secret_seed(&secret, "t1") == 0x38f33b652bc0ec3d);
    assert_true(mr_plain_seed(7, "t1") == 0xbbb44d3ebcda0f4a);
    mr_secret_password(&secret, "captain", password);
    assert_string_equal(password, "hdpg45b7qfxrww");
}

static void corrections_keep_their_reason(void **state)
{
    (void)state;
    const char *reason = "the gauge at the inlet was wrong for two minutes, as both teams and the judges have agreed on the spot";
    struct mr_command c = {.verb = mr_slice_str("correction"), .member = mr_slice_str("organiser")};
    mr_command_add(&c, "team", "t1");
    mr_command_add(&c, "direction", "safety");
    mr_command_add(&c, "points_milli", "-1500");
    mr_command_add(&c, "reason", reason);
    mr_command_add(&c, "at", "60000000000");
    struct mr_ledger_line l = mr_correction_line(&c, 9);
    char joined[256] = "";
    for (uint32_t i = 0; i < l.nargs; i++) {
        (void)strcat(joined, l.args[i]);
    }
    assert_string_equal(joined, reason);
    assert_int_equal(l.points_milli, -1500);
    assert_int_equal(l.id, MR_STORE_CORRECTIONS + 9);
    assert_string_equal(l.member, "organiser");
    assert_int_equal(l.at, 60 * MR_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(orders_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_half_written_order_is_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_order_is_said_and_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_record_is_said, setup, teardown),
        cmocka_unit_test(seeds_and_passwords_derive),
        cmocka_unit_test(corrections_keep_their_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
