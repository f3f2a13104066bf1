/* wire_firewall_test.c - random rule tables and packet sequences through nftables in a real router: the kernel's verdicts are
 * those of the engine, which simulates with the same tables. Skipped where the machine forbids user namespaces. */
#include "support/fw_cases.h"
#include "support/test.h"

#include "wire/netns.h"
#include "wire/nft.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CASES    25
#define HOSTS    (FW_CASE_ZONES * FW_CASE_HOSTS)
#define WAIT_MS  1000 /* for what must come; a frame crosses within the call that sends it */
#define QUIET_MS 3    /* for what must not */
#define ZONE(z, m)                                                                                                               \
    {                                                                                                                            \
        "zone" #z, 1, FW_CASE_SUBNET(z), 24, FW_CASE_SUBNET(z) + 1,                                                              \
        {                                                                                                                        \
            2, 0, 0, 0, 0, m                                                                                                     \
        }                                                                                                                        \
    }
#define HOST(z, h, m)                                                                                                            \
    {                                                                                                                            \
        "h" #z #h, z, FW_CASE_HOST(z, h), {2, 0, 0, 0, 1, m}, m, false                                                           \
    }

static const struct mr_zone zones[FW_CASE_ZONES] = {ZONE(0, 1), ZONE(1, 2), ZONE(2, 3)};
static const struct mr_node hosts[HOSTS] = {HOST(0, 0, 0), HOST(0, 1, 1), HOST(1, 0, 2),
                                            HOST(1, 1, 3), HOST(2, 0, 4), HOST(2, 1, 5)};
static const struct mr_topology topology = {zones, FW_CASE_ZONES, hosts, HOSTS, 0, 0};
static struct mr_netns netns;
static int sockets[HOSTS];
static bool have;

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
}

/* The hosts' own stacks are to say nothing: packet sockets see what comes in before this. */
static const char silence[] = "table inet silence { chain in { type filter hook input priority 0; policy drop; }; }\n";

static int setup(void **state)
{
    static const struct mr_fw_table all = {.fallback = MR_FW_ALLOW};
    (void)state;
    if (mr_netns_enter_user(&netns) != MR_OK) {
        return 0;
    }
    assert_int_equal(mr_netns_build(&netns, &topology, &all), MR_OK);
    for (uint16_t i = 0; i < HOSTS; i++) {
        assert_int_equal(mr_nft_load(netns.nodes[i].fd, mr_slice_str(silence)), MR_OK);
        assert_int_equal(mr_netns_enter(&netns, netns.nodes[i].fd), MR_OK);
        sockets[i] = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
        struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
        at.sll_ifindex = mr_netns_card(&topology, i);
        assert_int_equal(bind(sockets[i], (struct sockaddr *)&at, sizeof at), 0);
    }
    assert_int_equal(mr_netns_enter(&netns, netns.router), MR_OK);
    write_text("/proc/sys/net/ipv4/icmp_ratelimit", "0"); /* every refusal is to be seen */
    have = true;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mr_netns_destroy(&netns);
    return 0;
}

static void put_in_force(const struct mr_fw_table *table)
{
    int status = 0;
    bool ok = false;
    assert_int_equal(mr_netns_rules(&netns, table), MR_OK);
    pid_t pid = waitpid(netns.loading, &status, 0);
    assert_true(mr_netns_reaped(&netns, pid, status, &ok) && ok);
}

static uint16_t host_of(uint32_t ip)
{
    uint16_t i = 0;
    while (i < HOSTS && hosts[i].ip != ip) {
        i++;
    }
    assert_true(i < HOSTS);
    return i;
}

static uint64_t mac(const uint8_t m[6])
{
    uint64_t v = 0;
    for (int i = 0; i < 6; i++) {
        v = v << 8 | m[i];
    }
    return v;
}

/* What one received frame says about the packet that was sent: MR_FW_DROP where nothing. */
static enum mr_fw_action meaning(const struct fw_step *s, bool at_target, struct mr_slice bytes)
{
    struct mr_frame f;
    struct mr_slice payload;
    if (mr_frame_decode(bytes, &f, &payload) != MR_OK || f.kind < MR_FRAME_IP) {
        return MR_FW_DROP;
    }
    if (at_target && f.src == s->frame.src && f.dst == s->frame.dst && f.kind == s->frame.kind &&
        f.tcp_flags == s->frame.tcp_flags) {
        return MR_FW_ALLOW;
    }
    bool refusal = (f.kind == MR_FRAME_TCP && (f.tcp_flags & MR_TCP_RST)) || (f.kind == MR_FRAME_ICMP && f.icmp_type == 3);
    return !at_target && f.dst == s->frame.src && refusal ? MR_FW_REJECT : MR_FW_DROP;
}

static enum mr_fw_action observe(const struct fw_step *s, uint16_t from, uint16_t to, int wait_ms)
{
    uint8_t buf[2048];
    struct pollfd p[2] = {{sockets[from], POLLIN, 0}, {sockets[to], POLLIN, 0}};
    while (poll(p, 2, wait_ms) > 0) {
        for (int i = 0; i < 2; i++) {
            struct sockaddr_ll who;
            socklen_t len = sizeof who;
            ssize_t n = recvfrom(p[i].fd, buf, sizeof buf, MSG_DONTWAIT, (struct sockaddr *)&who, &len);
            enum mr_fw_action a =
                n > 0 && who.sll_pkttype != PACKET_OUTGOING ? meaning(s, i == 1, mr_slice(buf, (size_t)n)) : MR_FW_DROP;
            if (a != MR_FW_DROP) {
                return a;
            }
        }
    }
    return MR_FW_DROP;
}

/* A reset that is refused gets no answer. */
static enum mr_fw_action looks_like(const struct fw_step *s)
{
    bool unanswered = s->expected.action == MR_FW_REJECT && s->frame.kind == MR_FRAME_TCP && (s->frame.tcp_flags & MR_TCP_RST);
    return unanswered ? MR_FW_DROP : (enum mr_fw_action)s->expected.action;
}

static void play(const struct fw_case *c, uint32_t step)
{
    const struct fw_step *s = &c->steps[step];
    uint8_t buf[2048];
    uint16_t from = host_of(s->frame.src), to = host_of(s->frame.dst);
    struct mr_frame f = s->frame;
    f.eth_src = mac(hosts[from].mac);
    f.eth_dst = mac(zones[hosts[from].zone].gateway_mac);
    for (size_t i = 0; i < HOSTS; i++) { /* what came late, or by broadcast */
        while (recv(sockets[i], buf, sizeof buf, MSG_DONTWAIT) > 0) {
        }
    }
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_frame_encode(&f, mr_slice(s->payload, s->payload_n), &w);
    assert_int_equal(send(sockets[from], buf, w.n, 0), w.n);
    enum mr_fw_action want = looks_like(s), got = observe(s, from, to, want == MR_FW_DROP ? QUIET_MS : WAIT_MS);
    if (got != want) {
        fw_case_print(c, stderr);
        fail_msg("seed %llu, packet %u: the kernel's verdict is %d, the engine's %d", (unsigned long long)c->seed, step, (int)got,
                 (int)want);
    }
}

static void test_verdicts(void **state)
{
    static struct fw_case c;
    (void)state;
    if (!have) {
        skip();
    }
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        fw_case_make(&c, seed, false);
        for (uint32_t i = 0; i < c.nsteps; i++) {
            if (i == 0 || c.steps[i].table != c.steps[i - 1].table) {
                put_in_force(&c.tables[c.steps[i].table]);
            }
            play(&c, i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_verdicts)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
