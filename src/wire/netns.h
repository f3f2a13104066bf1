/* netns.h - a site's network as kernel namespaces, without root: one bridge a zone in wire's own namespace (the switch), one
 * namespace with a veth pair a device, a router between the zones, and a monitoring port a zone.
 *
 * All of them belong to the user namespace that wire enters first, so they vanish with the last descriptor and process. */
#ifndef MR_WIRE_NETNS_H
#define MR_WIRE_NETNS_H

#include "net/firewall.h"
#include "net/topology.h"
#include "wire/rtnl.h"

#include <sys/types.h>

#define MR_NETNS_LOG_GROUP 1

struct mr_netns {
    const struct mr_topology *topology;
    int user, home, router, monitor; /* descriptors of namespaces */
    struct mr_netns_node {
        int fd; /* the device's namespace; cards of one device share one */
        bool guarded;
    } * nodes;         /* by card */
    int current;       /* the namespace this thread is in */
    struct mr_rtnl sw; /* in the switch */
    pid_t loading;     /* an nft that is at work on the router's rules, or 0 */
    char *waiting;     /* the rules to load after it */
    size_t nwaiting;
    char why[160]; /* what failed, for people */
};

/* Enters a new user and network namespace; the process must have one thread yet. MR_E_DENIED with `why` where the machine forbids
 * it. */
enum mr_err mr_netns_enter_user(struct mr_netns *n);
/* Builds everything. `topology` must outlive it. On failure `why` says what. */
enum mr_err mr_netns_build(struct mr_netns *n, const struct mr_topology *topology, const struct mr_fw_table *rules);
void mr_netns_destroy(struct mr_netns *n);

/* Moves this thread into a namespace, if it is not there already. */
enum mr_err mr_netns_enter(struct mr_netns *n, int netns);
/* Index of a node's interface in its device's namespace. */
int mr_netns_card(const struct mr_topology *topology, uint16_t node);
enum mr_err mr_netns_link(struct mr_netns *n, uint16_t node, bool up);
/* Puts a table in force: nft is started, or queued behind the one that is running (only the last table counts). */
enum mr_err mr_netns_rules(struct mr_netns *n, const struct mr_fw_table *rules);
/* A child has ended: true where it was nft. `ok` says whether it succeeded. */
bool mr_netns_reaped(struct mr_netns *n, pid_t pid, int status, bool *ok);
/* Before strangers' programs enter a device's namespace: limits how fast they can fill the machine's neighbour table. */
enum mr_err mr_netns_guard(struct mr_netns *n, uint16_t node);

#endif
