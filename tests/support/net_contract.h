/* net_contract.h - what every implementation of net/net.h must do, as scenarios that run on any of them.
 *
 * An implementation brings a driver. Each scenario opens a network of its own over net_contract_topology(), plays, and closes it.
 * Times are generous upper limits: a driver in real time returns from run() as soon as something was delivered. The scenarios
 * fail by cmocka's asserts. net_contract_run() is a test program's main. */
#ifndef MR_NET_CONTRACT_H
#define MR_NET_CONTRACT_H

#include "net/net.h"

struct net_driver {
    const char *name;
    /* A fresh network over `t` whose events go to `deliver`; all links up, rules: everything allowed. NULL: cannot be had here,
     * the scenario is skipped. */
    void *(*open)(const struct mr_topology *t, mr_net_deliver_fn *deliver, void *ctx);
    struct mr_net *(*net)(void *self);
    /* Lets time pass until at least one event was delivered, or for `most`, whichever is first. */
    void (*run)(void *self, mr_ns most);
    void (*close)(void *self);
    /* How many connections there may be at most before MR_E_FULL, from connect() or in FAILED. */
    uint32_t most_connections;
};

/* Three zones with a router: `control` (plc, hmi), `office` (engineer) and `outside` (stranger). */
enum { NET_PLC, NET_HMI, NET_ENGINEER, NET_STRANGER, NET_CONTRACT_NODES };
const struct mr_topology *net_contract_topology(void);

/* Runs every scenario as a test of its own; returns how many failed. */
int net_contract_run(const struct net_driver *driver);

#endif
