/* wire_clients_test.c - clients that hoard, do not read or say good-bye early, on entry ports of 127.x (loopback), which need no
 * namespaces; and a port that is taken. The limits are those of wire/limits.h. */
#include "support/test.h"

#include "support/wire_site.h"

#include "wire/limits.h"

#define OFFSET 23000

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
    options.network = MR_WIRE_LOOPBACK;
    options.port_offset = OFFSET;
    return wire_site_start(&site, &options) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return WEXITSTATUS(wire_site_stop(&site, SIGTERM));
}

/* `from`: the client's own address, 127.0.0.from. */
static int client(unsigned from, const char *ip, unsigned port)
{
    struct sockaddr_in to = wire_site_address(ip, port + OFFSET), own = wire_site_address("127.0.0.0", 0);
    struct timeval limit = {3, 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    own.sin_addr.s_addr = htonl(127U << 24 | from);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (bind(fd, (struct sockaddr *)&own, sizeof own) != 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static void test_entry_ports(void **state)
{
    (void)state;
    int fd = client(1, "127.1.1.1", 7);
    assert_true(fd >= 0);
    assert_string_equal(wire_site_ask(fd, "hello"), "hello");
    (void)close(fd);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = wire_site_address("127.1.1.1", 7 + OFFSET);
    struct timeval limit = {3, 0};
    char buf[8];
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(sendto(fd, "gram", 4, 0, (struct sockaddr *)&to, sizeof to), 4);
    assert_int_equal(recv(fd, buf, sizeof buf, 0), 4);
    (void)close(fd);
}

/* The client's last byte is sent before its answer is there: it gets the answer all the same. */
static void test_half_close(void **state)
{
    (void)state;
    int fd = client(1, "127.1.1.1", 7);
    char buf[16] = "";
    assert_int_equal(send(fd, "last", 4, 0), 4);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_int_equal(recv(fd, buf, sizeof buf, MSG_WAITALL), 4);
    assert_string_equal(buf, "last");
    (void)close(fd);
}

/* One address takes all it can get on a port: others still come in. */
static void test_hoarder(void **state)
{
    (void)state;
    enum { MANY = 3 * MR_WIRE_LISTENER_CONNS };
    static int fds[MANY];
    for (int i = 0; i < MANY; i++) {
        fds[i] = client(2, "127.1.1.1", 7);
    }
    int fd = client(3, "127.1.1.1", 7);
    assert_true(fd >= 0);
    assert_string_equal(wire_site_ask(fd, "polled"), "polled");
    int open = 0;
    for (int i = 0; i < MANY; i++) {
        char byte;
        open += fds[i] >= 0 && recv(fds[i], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
        (void)close(fds[i]);
    }
    assert_true(open <= MR_WIRE_PEER_CONNS);
    assert_true(open > 0);
    (void)close(fd);
}

/* Who does not read his answers is cut off at MR_NET_SEND_MAX bytes and what the kernel holds; nobody else notices. */
static void test_no_reader(void **state)
{
    (void)state;
    int deaf = client(4, "127.1.1.1", 9), fd = client(5, "127.1.1.1", 9), small = 4096;
    (void)setsockopt(deaf, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(send(deaf, "big 8000000\n", 12, 0), 12);
    assert_true(strncmp(wire_site_ask(fd, "count"), "count ", 6) == 0);
    static char buf[65536];
    size_t got = 0;
    ssize_t n;
    while ((n = recv(deaf, buf, sizeof buf, 0)) > 0) {
        got += (size_t)n;
    }
    assert_true(got < 8000000);
    (void)close(deaf);
    (void)close(fd);
}

static void test_port_taken(void **state)
{
    (void)state;
    char other[] = "/tmp/mr-wire-XXXXXX";
    assert_non_null(mkdtemp(other));
    struct wire_site second = {0};
    struct mr_wire_options opt = options;
    opt.state = other;
    assert_false(wire_site_start(&second, &opt));
    assert_int_equal(WEXITSTATUS(wire_site_stop(&second, SIGTERM)), 1);
    assert_true(wire_site_said(&second, "port 23007: address or port in use; choose other ports with --port-offset"));
}

int main(int argc, char **argv)
{
    WIRE_SITE_MAIN(argc, argv)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entry_ports), cmocka_unit_test(test_half_close), cmocka_unit_test(test_hoarder),
        cmocka_unit_test(test_no_reader),   cmocka_unit_test(test_port_taken),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
