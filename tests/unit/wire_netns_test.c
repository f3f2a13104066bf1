/* wire_netns_test.c - a site on kernel namespaces: what reaches what, by every kind of request, and that two sites do not meet.
 * Skipped where the machine forbids user namespaces. */
#include "support/test.h"

#include "support/wire_site.h"

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/stat.h>

static struct wire_site site, other;

static bool start(struct wire_site *s)
{
    char dir[] = "/tmp/mr-wire-XXXXXX";
    if (!mkdtemp(dir)) {
        return false;
    }
    struct mr_wire_options opt = wire_site_options(dir);
    opt.captures = true;
    return wire_site_start(s, &opt);
}

static int setup(void **state)
{
    (void)state;
    (void)start(&site);
    (void)start(&other);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)wire_site_stop(&site, SIGTERM);
    (void)wire_site_stop(&other, SIGTERM);
    return 0;
}

static void need_namespaces(void)
{
    if (!site.ready && wire_site_said(&site, "forbids user namespaces")) {
        skip();
    }
    assert_true(site.ready && other.ready);
}

static void expect_echo(const struct wire_site *s, const char *from, const char *ip)
{
    int fd = wire_site_connect(s, from, ip, 7);
    assert_true(fd >= 0);
    assert_string_equal(wire_site_ask(fd, "hello"), "hello");
    (void)close(fd);
}

static void test_echo(void **state)
{
    (void)state;
    need_namespaces();
    expect_echo(&site, "plc2", "10.1.1.1"); /* in the zone */
    expect_echo(&site, "desk", "10.1.1.2"); /* over the router */
    int udp = wire_site_socket(&site, "desk", AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in to = wire_site_address("10.1.1.1", 7);
    struct timeval limit = {3, 0};
    char buf[16];
    (void)setsockopt(udp, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(sendto(udp, "gram", 4, 0, (struct sockaddr *)&to, sizeof to), 4);
    assert_int_equal(recv(udp, buf, sizeof buf, 0), 4);
    (void)close(udp);
}

static void test_requests(void **state)
{
    (void)state;
    need_namespaces();
    int fd = wire_site_connect(&site, "desk", "10.1.1.1", 9);
    assert_true(fd >= 0);
    static const char *const table[][2] = {
        {"ping 0 10.1.1.2", "pong OK"},
        {"ping 3 10.1.1.1", "pong OK"},
        {"ping 0 10.1.1.99", "pong E_UNREACHABLE"},   /* nobody answers ARP */
        {"connect 3 10.1.1.2 7", "connected"},        /* the table lets the office in */
        {"connect 3 10.1.1.2 8", "failed E_REFUSED"}, /* nobody listens */
        {"connect 0 10.1.1.99 7", "failed E_UNREACHABLE"},
        {"connect 0 10.1.2.10 7", "failed E_TIMEOUT"}, /* and drops what comes the other way */
        {"frames 1", "done"},
        {"frame 0", "frame node 1 bytes 60 type 88b5"}, /* a raw frame of one card at another */
        {"link 1 down", "done"},
        {"ping 0 10.1.1.2", "pong E_TIMEOUT"}, /* a pulled cable says nothing */
        {"link 1 up", "done"},
    };
    struct timeval limit = {8, 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const char *got = wire_site_ask(fd, table[i][0]);
        if (strcmp(got, table[i][1]) != 0) {
            fail_msg("%s: %s instead of %s", table[i][0], got, table[i][1]);
        }
    }
    bool back = false; /* the kernel takes up to a second to see a carrier */
    for (int i = 0; i < 5 && !back; i++) {
        back = strcmp(wire_site_ask(fd, "ping 0 10.1.1.2"), "pong OK") == 0;
    }
    assert_true(back);
    (void)close(fd);
}

/* Asks until the answer is the one wanted: nft works beside us. */
static bool soon(bool (*is)(void))
{
    for (int i = 0; i < 50; i++) {
        if (is()) {
            return true;
        }
        (void)poll(NULL, 0, 100);
    }
    return false;
}

static bool port7_open(void)
{
    int fd = wire_site_socket(&site, "desk", AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = wire_site_address("10.1.1.2", 7);
    struct timeval limit = {0, 300000};
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    bool open = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    (void)close(fd);
    return open;
}

static bool port7_shut(void)
{
    return !port7_open();
}

static unsigned events_so_far(int fd)
{
    unsigned count = 0, events = 0;
    assert_int_equal(sscanf(wire_site_ask(fd, "count"), "count %u events %u", &count, &events), 2);
    return events;
}

static int command_fd;
static unsigned events_before;

static bool denial_told(void)
{
    return events_so_far(command_fd) > events_before;
}

static void test_rules_at_run_time(void **state)
{
    (void)state;
    need_namespaces();
    command_fd = wire_site_connect(&site, "desk", "10.1.1.1", 9);
    int kept = wire_site_connect(&site, "desk", "10.1.1.2", 7);
    assert_true(command_fd >= 0 && kept >= 0);
    assert_string_equal(wire_site_ask(kept, "before"), "before");
    events_before = events_so_far(command_fd);
    assert_string_equal(wire_site_ask(command_fd, "deny 7"), "done");
    assert_true(soon(port7_shut));
    assert_string_equal(wire_site_ask(kept, "established"), "established"); /* flows that were there stay */
    assert_true(soon(denial_told));                                         /* the kernel's log has become events */
    assert_string_equal(wire_site_ask(command_fd, "allow"), "done");
    assert_true(soon(port7_open));
    (void)close(kept);
    (void)close(command_fd);
}

/* --- two sites with the same plan ------------------------------------------------------------------------------------------- */

static void test_same_addresses_apart(void **state)
{
    (void)state;
    need_namespaces();
    int a = wire_site_connect(&site, "desk", "10.1.1.1", 9), b = wire_site_connect(&other, "desk", "10.1.1.1", 9);
    unsigned before = 0, after = 0;
    assert_int_equal(sscanf(wire_site_ask(b, "count"), "count %u", &before), 1);
    for (int i = 0; i < 5; i++) {
        (void)wire_site_ask(a, "count");
    }
    assert_int_equal(sscanf(wire_site_ask(b, "count"), "count %u", &after), 1);
    assert_int_equal(after, before + 1); /* its own question only */
    (void)close(a);
    (void)close(b);
}

static void test_frames_stay(void **state)
{
    (void)state;
    need_namespaces();
    int ear = wire_site_socket(&other, "desk", AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
    int mouth = wire_site_socket(&site, "desk", AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = 2, .sll_halen = 6};
    static const uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 2, 2, 2, 2, 2, 0x88, 0xb6, 'm', 'a', 'r', 'k'};
    assert_true(ear >= 0 && mouth >= 0);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sendto(mouth, frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to), sizeof frame);
    }
    struct timeval limit = {1, 0};
    (void)setsockopt(ear, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    uint8_t buf[2048];
    ssize_t n;
    while ((n = recv(ear, buf, sizeof buf, 0)) > 0) {
        assert_false(n >= 18 && buf[12] == 0x88 && buf[13] == 0xb6);
    }
    (void)close(ear);
    (void)close(mouth);
}

static int abstract_client(void *ctx)
{
    (void)ctx;
    struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "\0mr-marker"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
}

static int host_client(void *ctx)
{
    struct sockaddr_in to = wire_site_address("127.0.0.1", *(unsigned *)ctx);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
}

static int has_ipv6(void *ctx)
{
    (void)ctx;
    FILE *f = fopen("/proc/net/if_inet6", "r");
    return f && fgetc(f) != EOF;
}

static void test_host_out_of_reach(void **state)
{
    (void)state;
    need_namespaces();
    int listener = socket(AF_INET, SOCK_STREAM, 0), abstract = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_in at = wire_site_address("127.0.0.1", 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0mr-marker"};
    socklen_t n = sizeof at;
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
    assert_int_equal(bind(abstract, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(abstract, 1), 0);
    unsigned port = ntohs(at.sin_port);
    assert_int_equal(wire_site_inside(&site, "desk", host_client, &port), 0);
    assert_int_equal(wire_site_inside(&site, "desk", abstract_client, NULL), 0);
    assert_int_equal(wire_site_inside(&site, "desk", has_ipv6, NULL), 0);
    (void)close(listener);
    (void)close(abstract);
}

static void test_unknown_device(void **state)
{
    (void)state;
    need_namespaces();
    assert_int_equal(wire_site_socket(&site, "nobody", AF_INET, SOCK_STREAM, 0), -1);
}

/* --- what stays ------------------------------------------------------------------------------------------------------------- */

/* The first frame of a capture that a filter takes, as tshark tells it, or "". Ports 7 and 9 are told what they carry: else
 * tshark would ask a client's port of the moment (44818: EtherNet/IP) what the bytes are. */
static const char *first_frame(const char *path, const char *filter)
{
    static char line[256];
    char command[512];
    (void)snprintf(command, sizeof command,
                   "tshark -r %s -d tcp.port==7,echo -d tcp.port==9,data -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE "
                   "-o udp.check_checksum:TRUE -Y '%s' 2>/dev/null",
                   path, filter);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    if (!fgets(line, sizeof line, f)) {
        line[0] = '\0';
    }
    while (fgetc(f) != EOF) {
    }
    assert_int_equal(pclose(f), 0);
    return line;
}

static void test_captures_and_end(void **state)
{
    (void)state;
    need_namespaces();
    char path[128];
    int status = wire_site_stop(&site, SIGINT);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    (void)snprintf(path, sizeof path, "%s/captures/control-0001.pcapng", site.dir);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    (void)snprintf(path, sizeof path, "%s/wire.sock", site.dir);
    assert_int_not_equal(stat(path, &st), 0);
    if (system("command -v tshark >/dev/null 2>&1") != 0) {
        print_message("tshark is not installed: captures were not decoded\n");
        return;
    }
    for (int zone = 0; zone < 2; zone++) {
        (void)snprintf(path, sizeof path, "%s/captures/%s-0001.pcapng", site.dir, fake_zones[zone].name);
        assert_string_not_equal(first_frame(path, "frame.number == 11"), "");
        assert_string_equal(first_frame(path, "_ws.malformed || _ws.expert.severity == \"Error\" || ip.checksum.status == 0 || "
                                              "tcp.checksum.status == 0 || udp.checksum.status == 0"),
                            "");
    }
}

int main(int argc, char **argv)
{
    WIRE_SITE_MAIN(argc, argv)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_rules_at_run_time),
        cmocka_unit_test(test_same_addresses_apart),
        cmocka_unit_test(test_frames_stay),
        cmocka_unit_test(test_host_out_of_reach),
        cmocka_unit_test(test_unknown_device),
        cmocka_unit_test(test_captures_and_end),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
