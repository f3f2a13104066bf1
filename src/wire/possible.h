/* possible.h - whether this machine lets a site have a network of namespaces, found out before an event starts its sites. */
#ifndef MR_WIRE_POSSIBLE_H
#define MR_WIRE_POSSIBLE_H

#include <stdbool.h>
#include <stddef.h>

#define MR_NETNS_WAY_OUT                                                                                                         \
    "use --network loopback, or allow them: sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"

/* Tries it in a child process, as the user that sites will be. False with what is in the way, and the way out, in `why`. */
bool mr_netns_possible(char *why, size_t cap);

#endif
