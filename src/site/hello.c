/* hello.c - lv texts, varint counts; the rest little-endian and fixed. Decoding puts everything into one block: the struct, its
 * tables, then the names that the topology points to; its size follows from the counts and the length of the bytes. */
#include "site/hello.h"

#include <stdlib.h>

#define SERVICE_BYTES 6 /* the least that each takes in the encoded form, so that a count can be trusted before allocating */
#define TAG_BYTES     54
#define DEVICE_BYTES  6
#define ZONE_BYTES    17
#define NODE_BYTES    18

static void write_topology(const struct mr_topology *t, struct mr_writer *w)
{
    for (uint16_t i = 0; i < t->nzones; i++) {
        const struct mr_zone *z = &t->zones[i];
        mr_write_lv(w, mr_slice_str(z->name));
        mr_write_u8(w, (uint8_t)(z->level + 1));
        mr_write_u32le(w, z->subnet);
        mr_write_u8(w, z->prefix);
        mr_write_u32le(w, z->gateway);
        mr_write_bytes(w, mr_slice(z->gateway_mac, 6));
    }
    for (uint16_t i = 0; i < t->nnodes; i++) {
        const struct mr_node *n = &t->nodes[i];
        mr_write_lv(w, mr_slice_str(n->name));
        mr_write_u16le(w, n->zone);
        mr_write_u32le(w, n->ip);
        mr_write_bytes(w, mr_slice(n->mac, 6));
        mr_write_u16le(w, n->device);
        mr_write_u8(w, n->entry);
    }
    mr_write_u64le(w, (uint64_t)t->latency_ns);
    mr_write_u32le(w, t->loss_per_million);
}

static void write_tag(const struct mr_view_tag *t, struct mr_writer *w)
{
    mr_write_lv(w, mr_slice_str(t->name));
    mr_write_lv(w, mr_slice_str(t->unit));
    mr_write_u8(w, t->is_bool);
    mr_write_u8(w, t->writable);
    mr_write_f64le(w, t->lo);
    mr_write_f64le(w, t->hi);
    for (size_t i = 0; i < 4; i++) {
        mr_write_f64le(w, t->limits[i]);
    }
    mr_write_u16le(w, t->hmi);
}

void mr_hello_encode(const struct mr_hello *h, struct mr_writer *w)
{
    mr_write_varint(w, h->topology.nzones);
    mr_write_varint(w, h->topology.nnodes);
    mr_write_varint(w, h->nservices);
    mr_write_varint(w, h->ntags);
    mr_write_varint(w, h->ndevices);
    mr_write_lv(w, mr_slice_str(h->site));
    mr_write_lv(w, mr_slice_str(h->scenario));
    mr_write_u64le(w, (uint64_t)h->step_ns);
    write_topology(&h->topology, w);
    mr_state_save(&mr_fw_table_type, &h->rules, w);
    for (uint32_t i = 0; i < h->nservices; i++) {
        mr_write_u16le(w, h->services[i].node);
        mr_write_u16le(w, h->services[i].port);
        mr_write_u8(w, h->services[i].proto);
        mr_write_lv(w, mr_slice_str(h->services[i].name));
    }
    for (uint32_t i = 0; i < h->ntags; i++) {
        write_tag(&h->tags[i], w);
    }
    for (uint16_t i = 0; i < h->ndevices; i++) {
        const struct mr_site_device *d = &h->devices[i];
        mr_write_lv(w, mr_slice_str(d->name));
        mr_write_lv(w, mr_slice_str(d->kind));
        mr_write_lv(w, mr_slice_str(d->title_zh));
        mr_write_lv(w, mr_slice_str(d->title_en));
        mr_write_lv(w, mr_slice_str(d->vendor));
        mr_write_lv(w, mr_slice_str(d->model));
    }
}

static void read_text(struct mr_reader *r, char *to, size_t cap)
{
    struct mr_slice s = mr_read_lv(r);
    if (r->bad || s.n >= cap || (s.n > 0 && memchr(s.p, 0, s.n))) {
        r->bad = true;
        return;
    }
    if (s.n > 0) {
        memcpy(to, s.p, s.n);
    }
    to[s.n] = '\0';
}

/* A text of any length into the pool of names, where the struct points to it. */
static const char *read_name(struct mr_reader *r, struct mr_writer *pool)
{
    struct mr_slice s = mr_read_lv(r);
    char *at = (char *)pool->p + pool->n;
    r->bad |= s.n > 0 && memchr(s.p, 0, s.n);
    mr_write_bytes(pool, s);
    mr_write_u8(pool, 0);
    r->bad |= pool->full;
    return at;
}

static bool read_flag(struct mr_reader *r)
{
    uint8_t v = mr_read_u8(r);
    r->bad |= v > 1;
    return v == 1;
}

static void read_mac(struct mr_reader *r, uint8_t mac[6])
{
    struct mr_slice s = mr_read_bytes(r, 6);
    if (!r->bad) {
        memcpy(mac, s.p, 6);
    }
}

static void read_topology(struct mr_reader *r, struct mr_zone *zones, struct mr_node *nodes, struct mr_topology *t,
                          struct mr_writer *names)
{
    for (uint16_t i = 0; i < t->nzones && !r->bad; i++) {
        struct mr_zone *z = &zones[i];
        z->name = read_name(r, names);
        z->level = (int)mr_read_u8(r) - 1;
        z->subnet = mr_read_u32le(r);
        z->prefix = mr_read_u8(r);
        z->gateway = mr_read_u32le(r);
        read_mac(r, z->gateway_mac);
        r->bad |= z->prefix > 32;
    }
    for (uint16_t i = 0; i < t->nnodes && !r->bad; i++) {
        struct mr_node *n = &nodes[i];
        n->name = read_name(r, names);
        n->zone = mr_read_u16le(r);
        n->ip = mr_read_u32le(r);
        read_mac(r, n->mac);
        n->device = mr_read_u16le(r);
        n->entry = read_flag(r);
        r->bad |= n->zone >= t->nzones;
    }
    t->latency_ns = (int64_t)mr_read_u64le(r);
    t->loss_per_million = mr_read_u32le(r);
    t->zones = zones;
    t->nodes = nodes;
}

static void read_tables(struct mr_reader *r, struct mr_hello *h)
{
    for (uint32_t i = 0; i < h->nservices && !r->bad; i++) {
        struct mr_service *s = &h->services[i];
        s->node = mr_read_u16le(r);
        s->port = mr_read_u16le(r);
        s->proto = mr_read_u8(r);
        read_text(r, s->name, sizeof s->name);
        r->bad |= s->node >= h->topology.nnodes || (s->proto != MR_FW_TCP && s->proto != MR_FW_UDP);
    }
    for (uint32_t i = 0; i < h->ntags && !r->bad; i++) {
        struct mr_view_tag *t = &h->tags[i];
        read_text(r, t->name, sizeof t->name);
        read_text(r, t->unit, sizeof t->unit);
        t->is_bool = read_flag(r);
        t->writable = read_flag(r);
        t->lo = mr_read_f64le(r);
        t->hi = mr_read_f64le(r);
        for (size_t k = 0; k < 4; k++) {
            t->limits[k] = mr_read_f64le(r);
        }
        t->hmi = mr_read_u16le(r);
    }
    for (uint16_t i = 0; i < h->ndevices && !r->bad; i++) {
        struct mr_site_device *d = &h->devices[i];
        read_text(r, d->name, sizeof d->name);
        read_text(r, d->kind, sizeof d->kind);
        read_text(r, d->title_zh, sizeof d->title_zh);
        read_text(r, d->title_en, sizeof d->title_en);
        read_text(r, d->vendor, sizeof d->vendor);
        read_text(r, d->model, sizeof d->model);
    }
}

struct counts {
    uint64_t zones, nodes, services, tags, devices;
};

static bool counts_possible(const struct counts *c, size_t n)
{
    if (c->zones > MR_ZONES_MAX || c->nodes > MR_NODES_MAX || c->devices > MR_NODES_MAX || c->services > MR_HELLO_SERVICES ||
        c->tags > n) {
        return false;
    }
    return c->zones * ZONE_BYTES + c->nodes * NODE_BYTES + c->devices * DEVICE_BYTES + c->services * SERVICE_BYTES +
               c->tags * TAG_BYTES <=
           n;
}

static size_t aligned(size_t n)
{
    return (n + 15) & ~(size_t)15;
}

/* The next `n` bytes of the block. */
static void *take(uint8_t **at, size_t n)
{
    void *p = *at;
    *at += aligned(n);
    return p;
}

enum mr_err mr_hello_decode(struct mr_slice in, struct mr_hello **out)
{
    struct mr_reader r = mr_reader(in);
    struct counts c = {0};
    c.zones = mr_read_varint(&r);
    c.nodes = mr_read_varint(&r);
    c.services = mr_read_varint(&r);
    c.tags = mr_read_varint(&r);
    c.devices = mr_read_varint(&r);
    if (r.bad || !counts_possible(&c, in.n)) {
        return MR_E_MALFORMED;
    }
    size_t names_cap = in.n + c.zones + c.nodes;
    struct mr_hello *h = calloc(1, aligned(sizeof *h) + aligned(c.zones * sizeof(struct mr_zone)) +
                                       aligned(c.nodes * sizeof(struct mr_node)) + aligned(c.services * sizeof *h->services) +
                                       aligned(c.tags * sizeof *h->tags) + aligned(c.devices * sizeof *h->devices) + names_cap);
    if (!h) {
        return MR_E_NOMEM;
    }
    uint8_t *at = (uint8_t *)h;
    (void)take(&at, sizeof *h);
    struct mr_zone *zones = take(&at, c.zones * sizeof *zones);
    struct mr_node *nodes = take(&at, c.nodes * sizeof *nodes);
    h->services = take(&at, c.services * sizeof *h->services);
    h->tags = take(&at, c.tags * sizeof *h->tags);
    h->devices = take(&at, c.devices * sizeof *h->devices);
    struct mr_writer names = mr_writer(at, names_cap);
    h->topology.nzones = (uint16_t)c.zones;
    h->topology.nnodes = (uint16_t)c.nodes;
    h->nservices = (uint32_t)c.services;
    h->ntags = (uint32_t)c.tags;
    h->ndevices = (uint16_t)c.devices;
    read_text(&r, h->site, sizeof h->site);
    read_text(&r, h->scenario, sizeof h->scenario);
    h->step_ns = (int64_t)mr_read_u64le(&r);
    read_topology(&r, zones, nodes, &h->topology, &names);
    if (r.bad || mr_state_load(&mr_fw_table_type, &h->rules, &r) != MR_OK) {
        free(h);
        return MR_E_MALFORMED;
    }
    read_tables(&r, h);
    if (r.bad || mr_reader_left(&r) > 0) {
        free(h);
        return MR_E_MALFORMED;
    }
    *out = h;
    return MR_OK;
}
