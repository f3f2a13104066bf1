/* rtnl.c - rtnetlink(7) by libmnl: RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWNEIGH, one request at a time. */
#include "wire/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#define REQUEST 1024 /* the longest, a veth pair, takes about 300 bytes */

enum mr_err mr_rtnl_open(struct mr_rtnl *r)
{
    r->seq = 1;
    r->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!r->nl || mnl_socket_bind(r->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
        mr_rtnl_close(r);
        return MR_E_IO;
    }
    return MR_OK;
}

void mr_rtnl_close(struct mr_rtnl *r)
{
    if (r->nl) {
        (void)mnl_socket_close(r->nl);
        r->nl = NULL;
    }
}

static struct nlmsghdr *begin(struct mr_rtnl *r, void *buf, uint16_t type, uint16_t flags)
{
    struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
    h->nlmsg_type = type;
    h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
    h->nlmsg_seq = r->seq++;
    return h;
}

static enum mr_err from_errno(int e)
{
    switch (e) {
    case EEXIST:
        return MR_E_EXISTS;
    case EPERM:
    case EACCES:
        return MR_E_DENIED;
    case ENOMEM:
    case ENOBUFS:
        return MR_E_NOMEM;
    case EOPNOTSUPP:
        return MR_E_UNSUPPORTED;
    default:
        return MR_E_IO;
    }
}

static enum mr_err talk(struct mr_rtnl *r, const struct nlmsghdr *h)
{
    char answer[4096];
    if (mnl_socket_sendto(r->nl, h, h->nlmsg_len) < 0) {
        return from_errno(errno);
    }
    ssize_t n = mnl_socket_recvfrom(r->nl, answer, sizeof answer);
    if (n < 0 || mnl_cb_run(answer, (size_t)n, h->nlmsg_seq, mnl_socket_get_portid(r->nl), NULL, NULL) < 0) {
        return from_errno(errno);
    }
    return MR_OK;
}

enum mr_err mr_rtnl_bridge(struct mr_rtnl *r, const char *name, int index)
{
    char buf[REQUEST];
    struct nlmsghdr *h = begin(r, buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof *i);
    i->ifi_index = index;
    i->ifi_flags = IFF_UP;
    i->ifi_change = IFF_UP;
    mnl_attr_put_strz(h, IFLA_IFNAME, name);
    struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
    mnl_attr_put_strz(h, IFLA_INFO_KIND, "bridge");
    struct nlattr *data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
    mnl_attr_put_u8(h, IFLA_BR_MCAST_SNOOPING, 0);
    mnl_attr_nest_end(h, data);
    mnl_attr_nest_end(h, info);
    return talk(r, h);
}

static void put_end(struct nlmsghdr *h, const struct mr_rtnl_end *e)
{
    mnl_attr_put_strz(h, IFLA_IFNAME, e->name);
    mnl_attr_put_u32(h, IFLA_NUM_TX_QUEUES, 1);
    mnl_attr_put_u32(h, IFLA_NUM_RX_QUEUES, 1);
    if (e->mac) {
        mnl_attr_put(h, IFLA_ADDRESS, 6, e->mac);
    }
    if (e->netns >= 0) {
        mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)e->netns);
    }
    if (e->master) {
        mnl_attr_put_u32(h, IFLA_MASTER, (uint32_t)e->master);
    }
}

enum mr_err mr_rtnl_veth(struct mr_rtnl *r, const struct mr_rtnl_end *near, const struct mr_rtnl_end *far)
{
    char buf[REQUEST];
    struct nlmsghdr *h = begin(r, buf, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof *i);
    i->ifi_index = near->index;
    i->ifi_flags = IFF_UP;
    i->ifi_change = IFF_UP;
    put_end(h, near);
    struct nlattr *info = mnl_attr_nest_start(h, IFLA_LINKINFO);
    mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
    struct nlattr *data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
    struct nlattr *peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
    struct ifinfomsg *pi = mnl_nlmsg_put_extra_header(h, sizeof *pi);
    pi->ifi_index = far->index;
    put_end(h, far);
    mnl_attr_nest_end(h, peer);
    mnl_attr_nest_end(h, data);
    mnl_attr_nest_end(h, info);
    return talk(r, h);
}

enum mr_err mr_rtnl_up(struct mr_rtnl *r, int index, bool up)
{
    char buf[REQUEST];
    struct nlmsghdr *h = begin(r, buf, RTM_NEWLINK, 0);
    struct ifinfomsg *i = mnl_nlmsg_put_extra_header(h, sizeof *i);
    i->ifi_index = index;
    i->ifi_flags = up ? IFF_UP : 0;
    i->ifi_change = IFF_UP;
    return talk(r, h);
}

enum mr_err mr_rtnl_address(struct mr_rtnl *r, int index, uint32_t ip, uint8_t prefix)
{
    char buf[REQUEST];
    struct nlmsghdr *h = begin(r, buf, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    struct ifaddrmsg *a = mnl_nlmsg_put_extra_header(h, sizeof *a);
    a->ifa_family = AF_INET;
    a->ifa_prefixlen = prefix;
    a->ifa_scope = RT_SCOPE_UNIVERSE;
    a->ifa_index = (uint32_t)index;
    uint32_t broadcast = prefix < 31 ? ip | (UINT32_MAX >> prefix) : ip;
    mnl_attr_put_u32(h, IFA_LOCAL, htonl(ip));
    mnl_attr_put_u32(h, IFA_ADDRESS, htonl(ip));
    mnl_attr_put_u32(h, IFA_BROADCAST, htonl(broadcast));
    return talk(r, h);
}

enum mr_err mr_rtnl_default_route(struct mr_rtnl *r, int index, uint32_t gateway)
{
    char buf[REQUEST];
    struct nlmsghdr *h = begin(r, buf, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
    struct rtmsg *t = mnl_nlmsg_put_extra_header(h, sizeof *t);
    t->rtm_family = AF_INET;
    t->rtm_table = RT_TABLE_MAIN;
    t->rtm_protocol = RTPROT_STATIC;
    t->rtm_scope = RT_SCOPE_UNIVERSE;
    t->rtm_type = RTN_UNICAST;
    mnl_attr_put_u32(h, RTA_GATEWAY, htonl(gateway));
    mnl_attr_put_u32(h, RTA_OIF, (uint32_t)index);
    return talk(r, h);
}

enum mr_err mr_rtnl_neighbour(struct mr_rtnl *r, int index, uint32_t ip, const uint8_t mac[6])
{
    char buf[REQUEST];
    struct nlmsghdr *h = begin(r, buf, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
    struct ndmsg *d = mnl_nlmsg_put_extra_header(h, sizeof *d);
    d->ndm_family = AF_INET;
    d->ndm_ifindex = index;
    d->ndm_state = NUD_STALE;
    d->ndm_flags = NTF_EXT_LEARNED;
    mnl_attr_put_u32(h, NDA_DST, htonl(ip));
    mnl_attr_put(h, NDA_LLADDR, 6, mac);
    return talk(r, h);
}
