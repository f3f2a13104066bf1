/* netns.c - see netns.h. Traps (measured): IPv6 left on costs most of the throughput; veth offloads put wrong checksums and huge
 * frames into a mirror; the neighbour table is one for the whole machine, so entries are preset and new ones limited. */
#include "wire/netns.h"

#include "wire/limits.h"
#include "wire/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Indexes of interfaces in the switch; in a device's namespace a card's is CARD plus its order. */
#define BRIDGE    10
#define MONITOR   (BRIDGE + MR_ZONES_MAX)
#define LEG       (MONITOR + MR_ZONES_MAX)
#define PORT      (LEG + MR_ZONES_MAX)
#define CARD      2
#define RULES_MAX (256u << 10)
#define CARDS_MAX 8 /* of one device */

static enum mr_err fail(struct mr_netns *n, enum mr_err err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static enum mr_err fail(struct mr_netns *n, enum mr_err err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(n->why, sizeof n->why, fmt, ap);
    va_end(ap);
    return err;
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    size_t n = strlen(text);
    bool ok = write(fd, text, n) == (ssize_t)n;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return ok;
}

/* IPv6 may be absent, then there is nothing to turn off. */
static bool set_sysctl(const char *name, const char *value)
{
    char path[128];
    (void)snprintf(path, sizeof path, "/proc/sys/net/%s", name);
    return write_file(path, value) || errno == ENOENT;
}

static int this_netns(void)
{
    return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

enum mr_err mr_netns_enter_user(struct mr_netns *n)
{
    memset(n, 0, sizeof *n);
    n->user = n->home = n->router = n->monitor = n->current = -1;
    unsigned uid = geteuid(), gid = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) != 0) {
        return fail(n, MR_E_DENIED, "this machine forbids user namespaces (%s)", strerror(errno));
    }
    char map[64];
    (void)snprintf(map, sizeof map, "0 %u 1\n", uid);
    bool ok = write_file("/proc/self/uid_map", map) && write_file("/proc/self/setgroups", "deny");
    (void)snprintf(map, sizeof map, "0 %u 1\n", gid);
    if (!ok || !write_file("/proc/self/gid_map", map)) {
        return fail(n, MR_E_DENIED, "this machine forbids user namespaces (writing the id maps: %s)", strerror(errno));
    }
    n->user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    n->home = n->current = this_netns();
    return n->user < 0 || n->home < 0 ? fail(n, MR_E_IO, "/proc/self/ns: %s", strerror(errno)) : MR_OK;
}

enum mr_err mr_netns_enter(struct mr_netns *n, int netns)
{
    if (netns < 0) {
        return MR_E_NOT_FOUND;
    }
    if (n->current == netns) {
        return MR_OK;
    }
    if (setns(netns, CLONE_NEWNET) != 0) {
        return MR_E_IO;
    }
    n->current = netns;
    return MR_OK;
}

static bool quieten(bool forward)
{
    bool ok = set_sysctl("ipv6/conf/all/disable_ipv6", "1") && set_sysctl("ipv6/conf/default/disable_ipv6", "1");
    if (forward) {
        ok = set_sysctl("ipv4/conf/all/rp_filter", "0") && set_sysctl("ipv4/conf/default/rp_filter", "0") && ok;
        ok = set_sysctl("ipv4/conf/all/send_redirects", "0") && set_sysctl("ipv4/conf/default/send_redirects", "0") && ok;
        ok = set_sysctl("ipv4/conf/all/arp_ignore", "1") && set_sysctl("ipv4/conf/all/arp_announce", "2") && ok;
    }
    return set_sysctl("ipv4/ip_forward", forward ? "1" : "0") && ok;
}

/* A new namespace, entered, with loopback up. `r` is a netlink socket in it. */
static enum mr_err new_netns(struct mr_netns *n, bool forward, int *fd, struct mr_rtnl *r)
{
    if (unshare(CLONE_NEWNET) != 0) {
        return fail(n, errno == ENOSPC ? MR_E_FULL : MR_E_DENIED, "a network namespace: %s (user.max_net_namespaces?)",
                    strerror(errno));
    }
    *fd = this_netns();
    n->current = *fd;
    if (*fd < 0) {
        return fail(n, MR_E_IO, "a namespace's descriptor: %s", strerror(errno));
    }
    if (!quieten(forward)) {
        return fail(n, MR_E_DENIED, "/proc/sys/net cannot be written: %s", strerror(errno));
    }
    if (mr_rtnl_open(r) != MR_OK || mr_rtnl_up(r, 1, true) != MR_OK) {
        return fail(n, MR_E_IO, "rtnetlink: %s", strerror(errno));
    }
    return MR_OK;
}

/* Frames that leave this card must look as they would on a real wire: whole checksums, no segments longer than the MTU. */
static enum mr_err no_offloads(struct mr_netns *n, const char *ifname)
{
    static const uint32_t off[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO, ETHTOOL_STXCSUM};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return fail(n, MR_E_IO, "a socket: %s", strerror(errno));
    }
    bool ok = true;
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
        struct ethtool_value v = {off[i], 0};
        struct ifreq req = {0};
        mr_str_copy(req.ifr_name, sizeof req.ifr_name, ifname);
        req.ifr_data = (char *)&v;
        ok = ioctl(fd, SIOCETHTOOL, &req) == 0 && ok;
    }
    int saved = errno;
    (void)close(fd);
    return ok ? MR_OK : fail(n, MR_E_IO, "turning offloads of %s off: %s", ifname, strerror(saved));
}

/* Everyone in the zone, known in advance. */
static enum mr_err preset_neighbours(struct mr_netns *n, struct mr_rtnl *r, int index, uint16_t zone, uint32_t self)
{
    const struct mr_topology *t = n->topology;
    const struct mr_zone *z = &t->zones[zone];
    enum mr_err err = MR_OK;
    if (z->gateway != 0 && z->gateway != self) {
        err = mr_rtnl_neighbour(r, index, z->gateway, z->gateway_mac);
    }
    for (uint16_t i = 0; i < t->nnodes && err == MR_OK; i++) {
        if (t->nodes[i].zone == zone && t->nodes[i].ip != self) {
            err = mr_rtnl_neighbour(r, index, t->nodes[i].ip, t->nodes[i].mac);
        }
    }
    return err == MR_OK ? MR_OK : fail(n, err, "presetting neighbours: %s", strerror(errno));
}

/* An address that nobody answers for is given up soon: until then it takes a place in the machine's neighbour table. */
static void ask_quickly(const char *card)
{
    char name[64], ms[16];
    (void)snprintf(name, sizeof name, "ipv4/neigh/%s/retrans_time_ms", card);
    (void)snprintf(ms, sizeof ms, "%d", (int)(MR_NET_ARP_RETRY / MR_MS));
    (void)set_sysctl(name, ms);
}

static enum mr_err join(struct mr_netns *n, struct mr_rtnl *r, const struct mr_rtnl_end *port, const struct mr_rtnl_end *card,
                        uint32_t ip, uint16_t zone)
{
    const struct mr_zone *z = &n->topology->zones[zone];
    enum mr_err err = mr_rtnl_veth(&n->sw, port, card);
    if (err != MR_OK) {
        return fail(n, err, "a cable to zone %s: %s", z->name, strerror(errno));
    }
    err = mr_netns_enter(n, card->netns);
    if (err == MR_OK) {
        ask_quickly(card->name);
        err = no_offloads(n, card->name);
    }
    if (err != MR_OK) {
        return err;
    }
    err = mr_rtnl_address(r, card->index, ip, z->prefix);
    if (err == MR_OK) {
        err = mr_rtnl_up(r, card->index, true);
    }
    return err == MR_OK ? preset_neighbours(n, r, card->index, zone, ip)
                        : fail(n, err, "an address in zone %s: %s", z->name, strerror(errno));
}

/* A device with all its cards. */
static enum mr_err build_device(struct mr_netns *n, uint16_t first)
{
    const struct mr_topology *t = n->topology;
    int netns = -1;
    struct mr_rtnl r = {0};
    enum mr_err err = new_netns(n, false, &netns, &r);
    int cards = 0;
    for (uint16_t i = first; i < t->nnodes && err == MR_OK; i++) {
        const struct mr_node *node = &t->nodes[i];
        if (node->device != t->nodes[first].device) {
            continue;
        }
        if (cards == CARDS_MAX) {
            err = fail(n, MR_E_RANGE, "%s has more than %d network cards", node->name, CARDS_MAX);
            break;
        }
        char port[IFNAMSIZ], card[IFNAMSIZ];
        (void)snprintf(port, sizeof port, "p%u", i);
        (void)snprintf(card, sizeof card, "eth%d", cards);
        n->nodes[i].fd = netns;
        err = join(n, &r, &(struct mr_rtnl_end){port, PORT + i, -1, NULL, BRIDGE + node->zone},
                   &(struct mr_rtnl_end){card, CARD + cards, netns, node->mac, 0}, node->ip, node->zone);
        if (err == MR_OK && cards == 0 && t->zones[node->zone].gateway != 0) {
            err = mr_rtnl_default_route(&r, CARD, t->zones[node->zone].gateway);
        }
        cards++;
    }
    mr_rtnl_close(&r);
    return err;
}

static enum mr_err build_router(struct mr_netns *n)
{
    const struct mr_topology *t = n->topology;
    struct mr_rtnl r = {0};
    enum mr_err err = new_netns(n, true, &n->router, &r);
    for (uint16_t z = 0; z < t->nzones && err == MR_OK; z++) {
        if (t->zones[z].gateway == 0) {
            continue;
        }
        char leg[IFNAMSIZ], card[IFNAMSIZ];
        (void)snprintf(leg, sizeof leg, "r%u", z);
        (void)snprintf(card, sizeof card, "z%u", z);
        err = join(n, &r, &(struct mr_rtnl_end){leg, LEG + z, -1, NULL, BRIDGE + z},
                   &(struct mr_rtnl_end){card, CARD + z, n->router, t->zones[z].gateway_mac, 0}, t->zones[z].gateway, z);
    }
    mr_rtnl_close(&r);
    return err;
}

static enum mr_err build_switch(struct mr_netns *n)
{
    const struct mr_topology *t = n->topology;
    if (!quieten(false)) {
        return fail(n, MR_E_DENIED, "/proc/sys/net cannot be written: %s", strerror(errno));
    }
    if (mr_rtnl_open(&n->sw) != MR_OK) {
        return fail(n, MR_E_IO, "rtnetlink: %s", strerror(errno));
    }
    struct mr_rtnl r = {0};
    enum mr_err err = new_netns(n, false, &n->monitor, &r);
    for (uint16_t z = 0; z < t->nzones && err == MR_OK; z++) {
        char bridge[IFNAMSIZ], near[IFNAMSIZ], far[IFNAMSIZ];
        (void)snprintf(bridge, sizeof bridge, "br%u", z);
        (void)snprintf(near, sizeof near, "m%u", z);
        (void)snprintf(far, sizeof far, "zone%u", z);
        err = mr_rtnl_bridge(&n->sw, bridge, BRIDGE + z);
        if (err == MR_OK) {
            err = mr_rtnl_veth(&n->sw, &(struct mr_rtnl_end){near, MONITOR + z, -1, NULL, 0},
                               &(struct mr_rtnl_end){far, CARD + z, n->monitor, NULL, 0});
        }
        if (err == MR_OK) {
            err = mr_rtnl_up(&r, CARD + z, true);
        }
        if (err != MR_OK) {
            err = fail(n, err, "zone %s: %s", t->zones[z].name, strerror(errno));
        }
    }
    mr_rtnl_close(&r);
    return err;
}

static enum mr_err load_mirrors(struct mr_netns *n)
{
    const struct mr_topology *t = n->topology;
    char(*names)[IFNAMSIZ] = calloc(t->nnodes + 1U, sizeof *names);
    const char **ports = calloc(t->nnodes + 1U, sizeof *ports);
    uint8_t *buf = malloc(RULES_MAX);
    struct mr_writer w = mr_writer(buf, buf && names && ports ? RULES_MAX : 0);
    for (uint16_t z = 0; z < t->nzones && w.cap > 0; z++) {
        size_t np = 0;
        for (uint16_t i = 0; i < t->nnodes; i++) {
            if (t->nodes[i].zone == z) {
                (void)snprintf(names[np], IFNAMSIZ, "p%u", i);
                ports[np] = names[np];
                np++;
            }
        }
        if (t->zones[z].gateway != 0) {
            (void)snprintf(names[np], IFNAMSIZ, "r%u", z);
            ports[np] = names[np];
            np++;
        }
        char table[IFNAMSIZ], monitor[IFNAMSIZ];
        (void)snprintf(table, sizeof table, "zone%u", z);
        (void)snprintf(monitor, sizeof monitor, "m%u", z);
        (void)mr_fw_nft_mirror(table, ports, np, monitor, &w);
    }
    enum mr_err err = w.cap == 0 ? MR_E_NOMEM : w.full ? MR_E_FULL : mr_nft_load(n->home, mr_written(&w));
    free(buf);
    free(ports);
    free(names);
    return err == MR_OK ? MR_OK : fail(n, err, "nft, for the monitoring ports: %s", mr_err_text(err));
}

static void write_ip(struct mr_writer *w, uint32_t ip)
{
    mr_write_fmt(w, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

/* Packets to addresses that are nobody's wait for ARP in the machine's one neighbour table: few at a time. */
static void write_guard(const struct mr_topology *t, struct mr_writer *w)
{
    mr_write_str(w, "table ip guard {}\ndelete table ip guard\ntable ip guard {\n    chain strangers {\n"
                    "        type filter hook postrouting priority 300; policy accept;\n        oifname != \"lo\" ip daddr != {");
    const char *comma = " ";
    for (uint16_t z = 0; z < t->nzones; z++) {
        if (t->zones[z].gateway != 0) {
            mr_write_str(w, comma);
            write_ip(w, t->zones[z].gateway);
            comma = ", ";
        }
    }
    for (uint16_t i = 0; i < t->nnodes; i++) {
        mr_write_str(w, comma);
        write_ip(w, t->nodes[i].ip);
        comma = ", ";
    }
    mr_write_fmt(w, " } limit rate over %u/second burst %u packets drop\n    }\n}\n", MR_WIRE_STRANGERS_PER_S,
                 MR_WIRE_STRANGERS_PER_S);
}

static enum mr_err write_rules(struct mr_netns *n, const struct mr_fw_table *rules, struct mr_writer *w)
{
    const struct mr_topology *t = n->topology;
    static char names[MR_ZONES_MAX][IFNAMSIZ];
    struct mr_fw_zone zones[MR_ZONES_MAX];
    size_t nz = 0;
    for (uint16_t z = 0; z < t->nzones; z++) {
        if (t->zones[z].gateway != 0) {
            (void)snprintf(names[z], IFNAMSIZ, "z%u", z);
            zones[nz++] = (struct mr_fw_zone){names[z], t->zones[z].subnet, t->zones[z].prefix};
        }
    }
    return mr_fw_nft_ruleset(rules, &(struct mr_fw_router){zones, nz, MR_NETNS_LOG_GROUP}, w);
}

static enum mr_err load_router(struct mr_netns *n, const struct mr_fw_table *rules)
{
    uint8_t *buf = malloc(RULES_MAX);
    struct mr_writer w = mr_writer(buf, buf ? RULES_MAX : 0);
    (void)write_rules(n, rules, &w);
    write_guard(n->topology, &w);
    enum mr_err err = w.full ? MR_E_FULL : mr_nft_load(n->router, mr_written(&w));
    free(buf);
    if (err == MR_E_NOT_FOUND) {
        return fail(n, err, "the program nft is missing: install Debian's package nftables");
    }
    return err == MR_OK ? MR_OK : fail(n, err, "nft, for the router: %s", mr_err_text(err));
}

enum mr_err mr_netns_build(struct mr_netns *n, const struct mr_topology *topology, const struct mr_fw_table *rules)
{
    n->nodes = calloc(topology->nnodes + 1U, sizeof *n->nodes);
    if (!n->nodes) {
        return fail(n, MR_E_NOMEM, "no memory for %u network cards", topology->nnodes);
    }
    n->topology = topology;
    for (uint16_t i = 0; i < topology->nnodes; i++) {
        n->nodes[i].fd = -1;
    }
    enum mr_err err = build_switch(n);
    if (err == MR_OK) {
        err = build_router(n);
    }
    for (uint16_t i = 0; i < topology->nnodes && err == MR_OK; i++) {
        if (n->nodes[i].fd < 0) {
            err = build_device(n, i);
        }
    }
    if (err == MR_OK) {
        err = load_router(n, rules);
    }
    return err == MR_OK ? load_mirrors(n) : err;
}

void mr_netns_destroy(struct mr_netns *n)
{
    if (!n->topology) {
        return;
    }
    mr_rtnl_close(&n->sw);
    for (uint16_t i = 0; i < n->topology->nnodes; i++) {
        bool shared = false;
        for (uint16_t k = 0; k < i; k++) {
            shared |= n->nodes[k].fd == n->nodes[i].fd;
        }
        if (n->nodes[i].fd >= 0 && !shared) {
            (void)close(n->nodes[i].fd);
        }
    }
    const int fds[] = {n->user, n->home, n->router, n->monitor};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]);
        }
    }
    free(n->waiting);
    free(n->nodes);
    n->nodes = NULL;
    n->topology = NULL;
}

enum mr_err mr_netns_link(struct mr_netns *n, uint16_t node, bool up)
{
    enum mr_err err = mr_rtnl_up(&n->sw, PORT + node, up);
    if (err != MR_OK || !up) {
        return err;
    }
    struct mr_rtnl r = {0}; /* the kernel has forgotten the card's neighbours when its cable was pulled */
    err = mr_netns_enter(n, n->nodes[node].fd);
    err = err == MR_OK ? mr_rtnl_open(&r) : err;
    if (err == MR_OK) {
        err = preset_neighbours(n, &r, mr_netns_card(n->topology, node), n->topology->nodes[node].zone,
                                n->topology->nodes[node].ip);
    }
    mr_rtnl_close(&r);
    return err;
}

int mr_netns_card(const struct mr_topology *topology, uint16_t node)
{
    int index = CARD;
    for (uint16_t i = 0; i < node; i++) {
        index += topology->nodes[i].device == topology->nodes[node].device;
    }
    return index;
}

enum mr_err mr_netns_rules(struct mr_netns *n, const struct mr_fw_table *rules)
{
    uint8_t *buf = malloc(RULES_MAX);
    struct mr_writer w = mr_writer(buf, buf ? RULES_MAX : 0);
    enum mr_err err = write_rules(n, rules, &w);
    if (err != MR_OK) {
        free(buf);
        return err;
    }
    if (n->loading > 0) {
        free(n->waiting);
        n->waiting = (char *)buf;
        n->nwaiting = w.n;
        return MR_OK;
    }
    n->loading = mr_nft_start(n->router, mr_written(&w));
    free(buf);
    return n->loading > 0 ? MR_OK : MR_E_IO;
}

bool mr_netns_reaped(struct mr_netns *n, pid_t pid, int status, bool *ok)
{
    if (n->loading <= 0 || pid != n->loading) {
        return false;
    }
    *ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    n->loading = 0;
    if (n->waiting) {
        n->loading = mr_nft_start(n->router, mr_slice(n->waiting, n->nwaiting));
        free(n->waiting);
        n->waiting = NULL;
    }
    return true;
}

enum mr_err mr_netns_guard(struct mr_netns *n, uint16_t node)
{
    for (uint16_t i = 0; i < n->topology->nnodes; i++) {
        if (n->nodes[i].guarded && n->nodes[i].fd == n->nodes[node].fd) {
            return MR_OK;
        }
    }
    uint8_t *buf = malloc(RULES_MAX);
    struct mr_writer w = mr_writer(buf, buf ? RULES_MAX : 0);
    write_guard(n->topology, &w);
    enum mr_err err = w.full ? MR_E_FULL : mr_nft_load(n->nodes[node].fd, mr_written(&w));
    free(buf);
    if (err == MR_OK) {
        n->nodes[node].guarded = true;
    }
    return err;
}
