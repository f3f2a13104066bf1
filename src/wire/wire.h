/* wire.h - the wire process of a site: everything that touches the world (namespaces, sockets, nftables, captures, the record,
 * the clock), around the deterministic process core, which touches nothing.
 *
 * wire parses no protocol. What arrives in one turn of its event loop is written to the record as one block, then passed to core
 * as one batch; then core's answers are carried out. See docs/decisions/ and the design for the why. */
#ifndef MR_WIRE_WIRE_H
#define MR_WIRE_WIRE_H

#include "base/bytes.h"
#include "base/err.h"

enum mr_wire_network { MR_WIRE_NETNS, MR_WIRE_LOOPBACK };

struct mr_wire_options {
    const char *state; /* folder of all that the run writes; created */
    const char *team;  /* label of the record: "t1", or "" */
    enum mr_wire_network network;
    unsigned port_offset; /* loopback: added to every port */
    double speed;         /* event seconds per second of the wall clock */
    uint64_t seed;
    struct mr_slice content; /* the packed files of the site: kept in the record and given to core, unopened */
    struct mr_slice content_hash;
    const char *const *core_args; /* further arguments for core, NULL at the end */
    unsigned uid;                 /* whom to become where started as root; 0: nobody */
    bool json;                    /* print the devices before `ready` */
    bool begin;                   /* the event begins as soon as the network stands */
    bool record;
    bool captures;
    bool resume; /* go on even with a record that was ended cleanly */
};

/* Runs the site until SIGINT, SIGTERM or a STOP of the server. Exit status: 0 ended cleanly, 1 failed (said on stderr).
 *
 * Core is started as `/proc/self/exe core --fd 3 --content-fd 4 --seed N --network netns|loopback CORE_ARGS...`: descriptor 3 is
 * the channel (site/channel.h), 4 a sealed memory file with the packed content. */
int mr_wire_run(const struct mr_wire_options *opt);

#endif
