/* denials.c - nfnetlink_log by libmnl. A message carries the rule's index as prefix and the packet's beginning. */
#include "wire/denials.h"

#include "wire/limits.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <time.h>

#define COPY_BYTES 64 /* IPv4 header with options, and ports */

struct flow_key {
    uint32_t from, to;
    uint16_t port, rule;
    uint8_t proto;
    uint64_t told_ms;
};

struct mr_denials {
    uv_poll_t poll;
    struct mnl_socket *nl;
    mr_denials_fn *event;
    void *ctx;
    uint64_t window_ms;
    unsigned in_window;
    struct flow_key keys[MR_WIRE_DENIAL_KEYS];
};

static bool bind_group(struct mr_denials *d)
{
    char buf[256];
    struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
    h->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
    h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof *g);
    g->nfgen_family = AF_INET;
    g->version = NFNETLINK_V0;
    g->res_id = htons(MR_NETNS_LOG_GROUP);
    struct nfulnl_msg_config_cmd cmd = {NFULNL_CFG_CMD_BIND};
    mnl_attr_put(h, NFULA_CFG_CMD, sizeof cmd, &cmd);
    struct nfulnl_msg_config_mode mode = {.copy_range = htonl(COPY_BYTES), .copy_mode = NFULNL_COPY_PACKET};
    mnl_attr_put(h, NFULA_CFG_MODE, sizeof mode, &mode);
    mnl_attr_put_u32(h, NFULA_CFG_TIMEOUT, htonl(10)); /* hundredths of a second */
    mnl_attr_put_u32(h, NFULA_CFG_QTHRESH, htonl(32));
    char answer[1024];
    if (mnl_socket_sendto(d->nl, h, h->nlmsg_len) < 0) {
        return false;
    }
    ssize_t n = mnl_socket_recvfrom(d->nl, answer, sizeof answer);
    return n > 0 && mnl_cb_run(answer, (size_t)n, 0, mnl_socket_get_portid(d->nl), NULL, NULL) >= 0;
}

/* True where this flow has not been told within the last second, and there is room for one more. */
static bool worth_telling(struct mr_denials *d, const struct mr_net_event *ev)
{
    uint64_t now = uv_now(d->poll.loop);
    struct flow_key k = {ev->from.ip, ev->peer.ip, ev->peer.port, ev->rule, ev->proto, now};
    struct flow_key *slot = &d->keys[(k.from * 31 + k.to * 17 + k.port * 7U + k.rule) % MR_WIRE_DENIAL_KEYS];
    if (slot->told_ms && now - slot->told_ms < 1000 && slot->from == k.from && slot->to == k.to && slot->port == k.port &&
        slot->rule == k.rule && slot->proto == k.proto) {
        return false;
    }
    if (now - d->window_ms >= 1000) {
        d->window_ms = now;
        d->in_window = 0;
    }
    if (d->in_window >= MR_WIRE_DENIALS_PER_S) {
        return false;
    }
    d->in_window++;
    *slot = k;
    return true;
}

static bool read_packet(struct mr_slice p, struct mr_net_event *ev)
{
    struct iphdr ip;
    if (p.n < sizeof ip) {
        return false;
    }
    memcpy(&ip, p.p, sizeof ip);
    ev->from.ip = ntohl(ip.saddr);
    ev->peer.ip = ntohl(ip.daddr);
    ev->proto = ip.protocol;
    if (ip.protocol == IPPROTO_TCP || ip.protocol == IPPROTO_UDP) {
        size_t at = (size_t)ip.ihl * 4;
        struct mr_reader r = mr_reader(p);
        (void)mr_read_bytes(&r, at);
        ev->from.port = mr_read_u16be(&r);
        ev->peer.port = mr_read_u16be(&r);
    }
    return true;
}

static int on_message(const struct nlmsghdr *h, void *ctx)
{
    struct mr_denials *d = ctx;
    struct mr_net_event ev = {.kind = MR_NET_DENIED, .rule = MR_FW_DEFAULT};
    struct mr_slice packet = {0};
    const char *tail = mnl_nlmsg_get_payload_tail(h);
    for (const struct nlattr *a = mnl_nlmsg_get_payload_offset(h, sizeof(struct nfgenmsg));
         mnl_attr_ok(a, (int)(tail - (const char *)a)); a = mnl_attr_next(a)) {
        if (mnl_attr_get_type(a) == NFULA_PAYLOAD) {
            packet = mr_slice(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));
        } else if (mnl_attr_get_type(a) == NFULA_PREFIX) {
            ev.rule = (uint16_t)strtoul(mnl_attr_get_str(a), NULL, 10);
        }
    }
    if (read_packet(packet, &ev) && worth_telling(d, &ev)) {
        (void)d->event(d->ctx, &ev);
    }
    return MNL_CB_OK;
}

static void on_readable(uv_poll_t *h, int status, int events)
{
    struct mr_denials *d = (struct mr_denials *)h;
    static char buf[65536];
    (void)events;
    if (status < 0) { /* more than the socket could hold: the loop stopped watching it, the error ends with the next read */
        (void)uv_poll_start(h, UV_READABLE, on_readable);
    }
    ssize_t n = mnl_socket_recvfrom(d->nl, buf, sizeof buf);
    if (n > 0) {
        (void)mnl_cb_run(buf, (size_t)n, 0, 0, on_message, d);
    }
}

struct mr_denials *mr_denials_open(uv_loop_t *loop, struct mr_netns *netns, mr_denials_fn *event, void *ctx)
{
    struct mr_denials *d = calloc(1, sizeof *d);
    if (!d || mr_netns_enter(netns, netns->router) != MR_OK) {
        free(d);
        return NULL;
    }
    d->event = event;
    d->ctx = ctx;
    d->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    if (!d->nl || mnl_socket_bind(d->nl, 0, MNL_SOCKET_AUTOPID) < 0 || !bind_group(d)) {
        if (d->nl) {
            (void)mnl_socket_close(d->nl);
        }
        free(d);
        return NULL;
    }
    (void)uv_poll_init(loop, &d->poll, mnl_socket_get_fd(d->nl));
    (void)uv_poll_start(&d->poll, UV_READABLE, on_readable);
    return d;
}

static void ignore_close(uv_handle_t *h)
{
    (void)h;
}

void mr_denials_close(struct mr_denials *d)
{
    if (d) {
        uv_close((uv_handle_t *)&d->poll, ignore_close);
        (void)mnl_socket_close(d->nl);
    }
}

void mr_denials_free(struct mr_denials *d)
{
    free(d);
}
