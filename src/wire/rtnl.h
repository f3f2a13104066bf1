/* rtnl.h - the few requests of rtnetlink(7) that a site's network is made of. Every interface gets the index the caller chose. */
#ifndef MR_WIRE_RTNL_H
#define MR_WIRE_RTNL_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct mnl_socket;
struct mr_rtnl {
    struct mnl_socket *nl;
    unsigned seq;
};

/* A socket in the network namespace that the caller is in; it stays there. */
enum mr_err mr_rtnl_open(struct mr_rtnl *r);
void mr_rtnl_close(struct mr_rtnl *r);

struct mr_rtnl_end {
    const char *name;
    int index;
    int netns;          /* descriptor, or -1 for the socket's own */
    const uint8_t *mac; /* NULL: the kernel's choice */
    int master;         /* a bridge's index, or 0 */
};
/* All of these return what the kernel said, errno kept. */
enum mr_err mr_rtnl_bridge(struct mr_rtnl *r, const char *name, int index);
enum mr_err mr_rtnl_veth(struct mr_rtnl *r, const struct mr_rtnl_end *near, const struct mr_rtnl_end *far);
enum mr_err mr_rtnl_up(struct mr_rtnl *r, int index, bool up);
enum mr_err mr_rtnl_address(struct mr_rtnl *r, int index, uint32_t ip, uint8_t prefix);
enum mr_err mr_rtnl_default_route(struct mr_rtnl *r, int index, uint32_t gateway);
/* A neighbour that the kernel will not throw out when its table is full (NTF_EXT_LEARNED), but asks again like any other. */
enum mr_err mr_rtnl_neighbour(struct mr_rtnl *r, int index, uint32_t ip, const uint8_t mac[6]);

#endif
