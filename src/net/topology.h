/* topology.h - zones, nodes and the router of a site's network: immutable content, built by the site loader. */
#ifndef MR_NET_TOPOLOGY_H
#define MR_NET_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#define MR_ZONES_MAX 16   /* Purdue levels 0-4, DMZ, outside, and room */
#define MR_NODES_MAX 4096 /* network cards in a site: a region's substations; tables are as long as the site's own number */

struct mr_zone {
    const char *name;
    int level; /* Purdue level; -1 for outside */
    uint32_t subnet;
    uint8_t prefix;
    uint32_t gateway; /* the router's address in the zone; 0 where the router does not join it */
    uint8_t gateway_mac[6];
};

struct mr_node {
    const char *name; /* the device's name (with /N for its further cards) */
    uint16_t zone;
    uint32_t ip;
    uint8_t mac[6];
    uint16_t device; /* index in the site */
    bool entry;      /* outside clients may be let in to it in loopback mode */
};

struct mr_topology {
    const struct mr_zone *zones;
    uint16_t nzones;
    const struct mr_node *nodes;
    uint16_t nnodes;
    int64_t latency_ns;        /* one way, per link; simulated only */
    uint32_t loss_per_million; /* frames lost per million; simulated only */
};

#endif
