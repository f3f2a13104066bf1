/* peers.h - how many connections each address holds open. Heads and bodies that come a byte at a time cost a connection each:
 * without a bound one client could hold all there are, and nobody else would be answered. */
#ifndef MR_SERVER_PEERS_H
#define MR_SERVER_PEERS_H

#include <stdint.h>

#define MR_PEERS            512  /* addresses at a time */
#define MR_PEER_CONNECTIONS 512  /* of one: a hall of browsers behind one address needs fewer */
#define MR_CONNECTIONS      2048 /* of all: four such halls */

struct mr_peers {
    uint32_t total;
    struct {
        uint64_t key; /* hash of the address */
        uint32_t connections;
    } of[MR_PEERS];
};

/* A connection begins. A number to give back when it ends, or -1: there are too many of this address, or in all. */
int mr_peers_join(struct mr_peers *p, const char *address);
void mr_peers_leave(struct mr_peers *p, int number);

#endif
