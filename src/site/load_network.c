/* load_network.c - zones and network cards: subnets that do not meet, addresses inside them, MAC addresses of the right make. */
#include "base/rng.h"
#include "plan/values.h"
#include "site/load_loader.h"

#include <string.h>

#define LATENCY_NS (100 * MR_US)

static const char *ip_text(struct mr_loader *l, uint32_t ip)
{
    return mr_pool_format(l->pool, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

/* A MAC address from the maker's prefix and a name: the same in every run, and for every site of that name. */
static void make_mac(const struct mr_personality *make, const char *site, const char *name, unsigned card, uint8_t mac[6])
{
    static const uint8_t local[3] = {0x02, 0x4D, 0x52}; /* locally administered, where no make is named */
    char text[128];
    int n = snprintf(text, sizeof text, "%s/%s/%u", site, name, card);
    uint64_t h = mr_hash_fnv(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    memcpy(mac, make ? make->oui : local, 3);
    for (int i = 0; i < 3; i++) {
        mac[3 + i] = (uint8_t)(h >> (8 * i));
    }
}

static bool in_subnet(const struct mr_zone *z, uint32_t ip)
{
    uint32_t mask = mr_prefix_mask(z->prefix);
    return (ip & mask) == z->subnet && ip != z->subnet && ip != (z->subnet | ~mask);
}

static void check_overlap(struct mr_loader *l, const struct mr_site_draft *s, size_t i, const struct mr_yaml *at)
{
    for (size_t k = 0; k < i; k++) {
        const struct mr_zone *a = &s->zones[k];
        const struct mr_zone *b = &s->zones[i];
        uint32_t mask = mr_prefix_mask(a->prefix < b->prefix ? a->prefix : b->prefix);
        if ((a->subnet & mask) == (b->subnet & mask)) {
            mr_load_wrong(l, s->doc, at, "subnet %s of zone '%s' meets that of zone '%s'; use one that is free", at->text,
                          b->name, a->name);
        }
    }
}

static void load_zone(struct mr_loader *l, struct mr_site_draft *s, size_t i, const struct mr_yaml *y)
{
    struct mr_zone *z = &s->zones[i];
    const struct mr_yaml *subnet = mr_yaml_get(y, "subnet");
    z->name = mr_load_copy(l, y->key->text);
    z->level = (int)mr_get_number(y, "level", 0);
    (void)mr_cidr_parse(subnet->text, &z->subnet, &z->prefix);
    if (z->prefix < 8 || z->prefix > 29) {
        mr_load_wrong(l, s->doc, subnet, "a zone's prefix is /8 to /29, got '%s'", subnet->text);
    }
    check_overlap(l, s, i, subnet);
}

static void load_gateway(struct mr_loader *l, struct mr_site_draft *s, const struct mr_yaml *name,
                         const struct mr_personality *make)
{
    uint16_t i = mr_site_zone(s->site, name->text);
    if (i == MR_NO_ZONE) {
        mr_load_unknown(l, s->doc, name, "zone", name->text, s->zones, s->site->topology.nzones, sizeof s->zones[0]);
        return;
    }
    struct mr_zone *z = &s->zones[i];
    const struct mr_yaml *given = mr_yaml_get(mr_yaml_get(mr_yaml_get(s->doc->root, "zones"), z->name), "gateway");
    z->gateway = z->subnet + 1;
    if (given && mr_ipv4_parse(given->text, &z->gateway) && !in_subnet(z, z->gateway)) {
        mr_load_wrong(l, s->doc, given, "%s is no address in zone '%s'", given->text, z->name);
    }
    make_mac(make, s->site->name, "router", i, z->gateway_mac);
}

void mr_load_network(struct mr_loader *l, struct mr_site_draft *s)
{
    const struct mr_yaml *zones = mr_yaml_get(s->doc->root, "zones");
    struct mr_text *titles = MR_POOL_NEW(l->pool, struct mr_text, zones->count);
    struct mr_topology *t = &s->site->topology;
    s->zones = MR_POOL_NEW(l->pool, struct mr_zone, zones->count);
    t->zones = s->zones;
    s->site->zone_titles = titles;
    for (const struct mr_yaml *y = zones->first; y; y = y->next) {
        titles[t->nzones] = mr_get_title(l, y, "title", (struct mr_text){"", ""});
        load_zone(l, s, t->nzones, y);
        t->nzones++;
    }
    const struct mr_yaml *network = mr_yaml_get(s->doc->root, "network");
    t->latency_ns = mr_get_duration(network, "latency", LATENCY_NS);
    t->loss_per_million = mr_get_integer(network, "loss", 0);
    const struct mr_yaml *router = mr_yaml_get(s->doc->root, "router");
    const struct mr_yaml *make = mr_yaml_get(router, "personality");
    const struct mr_personality *p = make ? mr_load_personality(l, s->doc, make) : NULL;
    for (const struct mr_yaml *y = mr_yaml_get(router, "joins")->first; y; y = y->next) {
        load_gateway(l, s, y, p);
    }
}

/* A MAC address that no other card has: the next one up where the name's own is taken. */
static void settle_mac(const struct mr_site *site, const struct mr_node *nodes, uint16_t n, uint8_t mac[6])
{
    bool taken = true;
    while (taken) {
        taken = false;
        for (uint16_t i = 0; i < n && !taken; i++) {
            taken = memcmp(nodes[i].mac, mac, 6) == 0;
        }
        for (uint16_t i = 0; i < site->topology.nzones && !taken; i++) {
            taken = memcmp(site->topology.zones[i].gateway_mac, mac, 6) == 0;
        }
        mac[5] = (uint8_t)(mac[5] + taken);
        mac[4] = (uint8_t)(mac[4] + (taken && mac[5] == 0));
    }
}

void mr_load_node(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *zone,
                  const struct mr_yaml *address, struct mr_node *nodes, uint16_t *nnodes, const char *name, uint16_t device,
                  const struct mr_personality *make)
{
    uint16_t z = mr_site_zone(site, zone->text);
    if (z == MR_NO_ZONE) {
        mr_load_unknown(l, d, zone, "zone", zone->text, site->topology.zones, site->topology.nzones, sizeof(struct mr_zone));
        return;
    }
    if (*nnodes == MR_NODES_MAX) {
        mr_load_wrong(l, d, zone, "a site has at most %d network cards", MR_NODES_MAX);
        return;
    }
    struct mr_node *node = &nodes[*nnodes];
    const struct mr_zone *in = &site->topology.zones[z];
    node->name = name;
    node->zone = z;
    node->device = device;
    node->entry = true;
    (void)mr_ipv4_parse(address->text, &node->ip);
    if (!in_subnet(in, node->ip)) {
        mr_load_wrong(l, d, address, "%s is no host's address in zone '%s', which is %s/%u", address->text, in->name,
                      ip_text(l, in->subnet), in->prefix);
    } else if (node->ip == in->gateway) {
        mr_load_wrong(l, d, address, "%s is the router's address in zone '%s'; use another", address->text, in->name);
    }
    for (uint16_t i = 0; i < *nnodes; i++) {
        if (nodes[i].ip == node->ip) {
            mr_load_wrong(l, d, address, "%s is the address of '%s' already; use another", address->text, nodes[i].name);
        }
    }
    make_mac(make, site->name, name, *nnodes, node->mac);
    settle_mac(site, nodes, *nnodes, node->mac);
    (*nnodes)++;
}
