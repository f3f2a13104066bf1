/* wire_recovery_test.c - deaths of core and of wire while clients are connected, an input that kills, a clean end, and the
 * server's side of the socket: what was confirmed is there. Skipped where the machine forbids user namespaces. */
#include "support/test.h"

#include "support/wire_site.h"

#include "sim/command.h"

#include <dirent.h>

static struct wire_site site;
static struct mr_wire_options options;
static char folder[] = "/tmp/mr-wire-XXXXXX";

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    options = wire_site_options(folder);
    (void)wire_site_start(&site, &options);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)wire_site_stop(&site, SIGTERM);
    return 0;
}

static void need_namespaces(void)
{
    if (!site.ready && wire_site_said(&site, "forbids user namespaces")) {
        skip();
    }
    assert_true(site.ready);
}

struct counted {
    unsigned count, events, resets;
};

static struct counted ask_count(int fd)
{
    struct counted c = {0};
    const char *answer = wire_site_ask(fd, "count");
    if (sscanf(answer, "count %u events %u resets %u", &c.count, &c.events, &c.resets) != 3) {
        fail_msg("count: '%s'", answer);
    }
    return c;
}

/* The only child of wire that is called core. */
static pid_t core_of(const struct wire_site *s)
{
    char path[64];
    int pid = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)s->pid, (int)s->pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    (void)fclose(f);
    return pid;
}

static int connect_to(const char *ip, unsigned port)
{
    int fd = wire_site_connect(&site, "desk", ip, port);
    assert_true(fd >= 0);
    return fd;
}

static void test_core_killed(void **state)
{
    (void)state;
    need_namespaces();
    int fd = connect_to("10.1.1.1", 9), echo = connect_to("10.1.1.2", 7);
    assert_string_equal(wire_site_ask(echo, "before"), "before");
    struct counted before = ask_count(fd);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(kill(core_of(&site), SIGKILL), 0);
        struct counted after = ask_count(fd); /* the same connection */
        assert_int_equal(after.count, before.count + i);
        assert_int_equal(after.resets, 0);
    }
    assert_string_equal(wire_site_ask(echo, "after"), "after");
    (void)close(fd);
    (void)close(echo);
}

static void test_killing_input(void **state)
{
    (void)state;
    need_namespaces();
    int fd = connect_to("10.1.1.1", 9), bad = connect_to("10.1.1.1", 9);
    struct counted before = ask_count(fd);
    assert_string_equal(wire_site_ask(bad, "crash"), ""); /* its connection is closed */
    struct counted after = ask_count(fd);                 /* everyone else's is not, and the input has never been */
    assert_int_equal(after.count, before.count + 1);
    assert_true(wire_site_said(&site, "has killed core twice"));
    assert_int_equal(kill(core_of(&site), SIGKILL), 0);
    assert_int_equal(ask_count(fd).count, before.count + 2); /* nor is it when core is restored once more */
    (void)close(fd);
    (void)close(bad);
}

static void test_wire_killed(void **state)
{
    (void)state;
    need_namespaces();
    int fd = connect_to("10.1.1.1", 9);
    struct counted before = ask_count(fd);
    (void)close(fd);
    (void)wire_site_stop(&site, SIGKILL);
    assert_true(wire_site_start(&site, &options));
    fd = connect_to("10.1.1.1", 9);
    struct counted after = ask_count(fd);
    assert_int_equal(after.count, before.count + 1);
    assert_int_equal(after.resets, before.resets + 1);
    (void)close(fd);
}

static void test_torn_record(void **state)
{
    (void)state;
    need_namespaces();
    int fd = connect_to("10.1.1.1", 9);
    struct counted before = ask_count(fd);
    (void)close(fd);
    (void)wire_site_stop(&site, SIGKILL);
    char path[96];
    (void)snprintf(path, sizeof path, "%s/record", folder);
    FILE *f = fopen(path, "a"); /* as if the machine had died in the middle of a write */
    assert_non_null(f);
    assert_int_equal(fwrite("\x20\0\0\0half a block", 1, 16, f), 16);
    assert_int_equal(fclose(f), 0);
    assert_true(wire_site_start(&site, &options));
    fd = connect_to("10.1.1.1", 9);
    assert_int_equal(ask_count(fd).count, before.count + 1);
    (void)close(fd);
}

/* The newest snapshot's number; 0: none. */
static unsigned long newest_snapshot(void)
{
    char path[96];
    unsigned long newest = 0;
    (void)snprintf(path, sizeof path, "%s/snapshots", folder);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        unsigned long seq = strtoul(e->d_name, NULL, 10);
        newest = seq > newest ? seq : newest;
    }
    (void)closedir(d);
    return newest;
}

/* Core's death is followed by a snapshot. */
static void take_snapshot(void)
{
    unsigned long before = newest_snapshot();
    assert_int_equal(kill(core_of(&site), SIGKILL), 0);
    for (int i = 0; i < 50 && newest_snapshot() == before; i++) {
        (void)poll(NULL, 0, 100);
    }
    assert_true(newest_snapshot() > before);
}

static void damage(const char *path, long at)
{
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    assert_int_equal(fseek(f, at, SEEK_SET), 0);
    assert_int_equal(fwrite("damaged", 1, 7, f), 7);
    assert_int_equal(fclose(f), 0);
}

static unsigned count_once(void)
{
    int fd = connect_to("10.1.1.1", 9);
    unsigned count = ask_count(fd).count;
    (void)close(fd);
    return count;
}

static void start_again(void)
{
    (void)wire_site_stop(&site, SIGKILL);
    assert_true(wire_site_start(&site, &options));
}

/* Where no snapshot can be read the whole record brings core back. Where one can, what is before it is not read: it may even be
 * damaged, so it may be of any length. */
static void test_only_the_tail(void **state)
{
    (void)state;
    need_namespaces();
    take_snapshot();
    unsigned count = count_once();
    char path[160];
    (void)wire_site_stop(&site, SIGKILL);
    (void)snprintf(path, sizeof path, "%s/snapshots", folder);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (strtoul(e->d_name, NULL, 10) > 0) {
            (void)snprintf(path, sizeof path, "%s/snapshots/%.30s", folder, e->d_name);
            damage(path, 30);
        }
    }
    (void)closedir(d);
    start_again();
    assert_int_equal(count_once(), count + 1);
    take_snapshot();
    (void)snprintf(path, sizeof path, "%s/record", folder);
    damage(path, 200); /* in the first blocks: the header has about 60 bytes */
    assert_int_equal(kill(core_of(&site), SIGKILL), 0);
    assert_int_equal(count_once(), count + 2);
    start_again();
    assert_int_equal(count_once(), count + 3);
}

/* --- the server's socket ---------------------------------------------------------------------------------------------------- */

struct server {
    int fd;
    uint8_t in[1 << 18];
    size_t n, at;
};

/* The next message of a kind, others passed over; false after three seconds without one. */
static bool next_of(struct server *s, enum mr_message_kind want, struct mr_slice *payload)
{
    for (;;) {
        enum mr_message_kind kind;
        size_t used;
        while (mr_message_next(mr_slice(s->in + s->at, s->n - s->at), &kind, payload, &used) == MR_OK) {
            s->at += used;
            if (kind == want) {
                return true;
            }
        }
        memmove(s->in, s->in + s->at, s->n - s->at);
        s->n -= s->at;
        s->at = 0;
        ssize_t k = recv(s->fd, s->in + s->n, sizeof s->in - s->n, 0);
        if (k <= 0) {
            return false;
        }
        s->n += (size_t)k;
    }
}

static void tell(struct server *s, enum mr_message_kind kind, struct mr_slice payload)
{
    uint8_t buf[1024];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    size_t at = mr_message_begin(&w, kind);
    mr_write_bytes(&w, payload);
    mr_message_end(&w, at);
    assert_int_equal(send(s->fd, buf, w.n, MSG_NOSIGNAL), w.n);
}

/* Connects and asks for the events behind (input, index). */
static void server_open(struct server *s, uint64_t input, uint32_t index)
{
    struct timeval limit = {3, 0};
    uint8_t buf[12];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    s->n = s->at = 0;
    s->fd = wire_site_link(&site);
    assert_true(s->fd >= 0);
    (void)setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    mr_write_u64le(&w, input);
    mr_write_u32le(&w, index);
    tell(s, MR_MSG_EVENTS, mr_written(&w));
}

static void submit(struct server *s, uint64_t request)
{
    uint8_t buf[256];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    struct mr_command c = {.member = mr_slice_str("ann"), .verb = mr_slice_str("finding")};
    mr_write_u64le(&w, request);
    mr_command_encode(&c, &w);
    tell(s, MR_MSG_SUBMIT, mr_written(&w));
}

static uint64_t expect_ack(struct server *s, uint64_t request, enum mr_err err)
{
    struct mr_slice p;
    assert_true(next_of(s, MR_MSG_ACK, &p));
    struct mr_reader r = mr_reader(p);
    assert_int_equal(mr_read_u64le(&r), request);
    uint64_t seq = mr_read_u64le(&r);
    assert_int_equal(mr_read_u32le(&r), err);
    return seq;
}

/* The next event with this subject. */
static struct mr_event expect_event(struct server *s, const char *subject)
{
    struct mr_slice p;
    struct mr_event e = {0};
    do {
        assert_true(next_of(s, MR_MSG_EVENT, &p));
        assert_int_equal(mr_event_decode(p, &e), MR_OK);
    } while (strcmp(e.subject, subject) != 0);
    return e;
}

static void test_confirmed_is_kept(void **state)
{
    static struct server s;
    struct mr_slice p;
    struct mr_hello *h = NULL;
    (void)state;
    need_namespaces();
    server_open(&s, 0, 0);
    assert_true(next_of(&s, MR_MSG_READY, &p));
    assert_int_equal(mr_hello_decode(p, &h), MR_OK);
    assert_string_equal(h->site, "fake");
    free(h);
    submit(&s, 77);
    uint64_t seq = expect_ack(&s, 77, MR_OK);
    (void)wire_site_stop(&site, SIGKILL); /* at once */
    (void)close(s.fd);
    assert_true(wire_site_start(&site, &options));
    server_open(&s, seq - 1, UINT32_MAX);
    struct mr_event e = expect_event(&s, "command");
    assert_int_equal(e.input, seq);
    assert_true(next_of(&s, MR_MSG_HEALTH, &p));
    assert_true(memmem(p.p, p.n, "\"disk\":\"ok\"", 11) != NULL);
    (void)close(s.fd);
}

static void test_server_away(void **state)
{
    static struct server s;
    (void)state;
    need_namespaces();
    server_open(&s, 0, 0);
    submit(&s, 1);
    uint64_t seq = expect_ack(&s, 1, MR_OK);
    (void)close(s.fd); /* as a kill would */
    (void)poll(NULL, 0, 300);
    server_open(&s, seq, 0); /* it has everything up to that event */
    struct mr_event paused = expect_event(&s, "pause");
    struct mr_event resumed = expect_event(&s, "resume");
    assert_true(resumed.input > paused.input && paused.input > seq);
    tell(&s, MR_MSG_STOP, mr_slice(NULL, 0));
    int status = 0;
    assert_int_equal(waitpid(site.pid, &status, 0), site.pid);
    site.pid = 0;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    (void)close(s.fd);
}

static void test_ended_and_again(void **state)
{
    (void)state;
    if (!site.ready) {
        skip();
    }
    options.resume = true; /* what was ended goes on where that is asked for */
    assert_true(wire_site_start(&site, &options));
    int fd = connect_to("10.1.1.1", 9);
    assert_true(ask_count(fd).count > 1);
    (void)close(fd);
    assert_int_equal(WEXITSTATUS(wire_site_stop(&site, SIGINT)), 0);
    options.resume = false; /* and otherwise a new run begins, the old one moved aside */
    assert_true(wire_site_start(&site, &options));
    fd = connect_to("10.1.1.1", 9);
    assert_int_equal(ask_count(fd).count, 1);
    (void)close(fd);
    char path[96];
    (void)snprintf(path, sizeof path, "%s/previous/record", folder);
    assert_int_equal(access(path, F_OK), 0);
}

static void test_folder_in_use(void **state)
{
    (void)state;
    need_namespaces();
    struct wire_site second = {0};
    assert_false(wire_site_start(&second, &options));
    assert_true(wire_site_said(&second, "in use by another run"));
    assert_int_equal(WEXITSTATUS(wire_site_stop(&second, SIGTERM)), 1);
}

int main(int argc, char **argv)
{
    WIRE_SITE_MAIN(argc, argv)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_core_killed), cmocka_unit_test(test_killing_input),   cmocka_unit_test(test_wire_killed),
        cmocka_unit_test(test_torn_record), cmocka_unit_test(test_only_the_tail),   cmocka_unit_test(test_confirmed_is_kept),
        cmocka_unit_test(test_server_away), cmocka_unit_test(test_ended_and_again), cmocka_unit_test(test_folder_in_use),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
