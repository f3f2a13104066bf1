/* load_serve.c - what a device serves: ports, connections, and the options of each protocol. */
#include "site/load_loader.h"

#include <stdlib.h>
#include <string.h>

static void load_http(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y)
{
    const struct mr_yaml *logins = mr_yaml_get(y, "login");
    struct mr_login *accounts = MR_POOL_NEW(l->pool, struct mr_login, logins ? logins->count : 0);
    (void)s;
    for (const struct mr_yaml *a = logins ? logins->first : NULL; a; a = a->next) {
        accounts[out->http.nlogins++] = (struct mr_login){mr_load_copy(l, a->key->text), mr_load_copy(l, a->text)};
    }
    out->http.logins = accounts;
}

/* blocks: {DB1: {at: %MB0, size: 256}} */
static void load_s7(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y)
{
    const struct mr_yaml *blocks = mr_yaml_get(y, "blocks");
    struct mr_data_block *list = MR_POOL_NEW(l->pool, struct mr_data_block, blocks ? blocks->count : 0);
    for (const struct mr_yaml *b = blocks ? blocks->first : NULL; b; b = b->next) {
        const struct mr_yaml *at = mr_yaml_get(b, "at");
        struct mr_data_block *to = &list[out->s7.nblocks++];
        to->number = (uint16_t)strtoul(b->key->text + strlen("DB"), NULL, 10);
        to->size = mr_get_integer(b, "size", 0);
        if (mr_place_parse(at->text, &to->at) != MR_OK || to->at.type == MR_VT_BOOL) {
            mr_load_wrong(l, s->doc, at, "'%s': expected the byte that the block begins with, such as %%MB0", at->text);
        }
    }
    out->s7.blocks = list;
}

/* Checks a stretch of the image that a protocol lays open. */
bool mr_load_stretch(struct mr_loader *l, const struct mr_doc *d, const struct mr_plc_program *program, const struct mr_yaml *at,
                     const struct mr_place *from, uint32_t bytes)
{
    struct mr_image layout = mr_plc_image_layout(program);
    if (bytes <= layout.size[from->area] && from->byte <= layout.size[from->area] - bytes) {
        return true;
    }
    mr_load_wrong(l, d, at, "%u bytes from '%s' on reach beyond the end of the area, which has %u", bytes, at->text,
                  layout.size[from->area]);
    return false;
}

static void check_s7(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, struct mr_serve *out,
                     const struct mr_yaml *y)
{
    const struct mr_yaml *blocks = mr_yaml_get(y, "blocks");
    const struct mr_yaml *b = blocks ? blocks->first : NULL;
    for (size_t i = 0; b && i < out->s7.nblocks; i++, b = b->next) {
        (void)mr_load_stretch(l, s->doc, d->program, mr_yaml_get(b, "at"), &out->s7.blocks[i].at, out->s7.blocks[i].size);
    }
}

static const struct {
    void (*load)(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y);
    /* What needs the program, which is compiled later. May be NULL. */
    void (*points)(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, struct mr_serve *out,
                   const struct mr_yaml *y);
    bool any; /* any device may serve it, not only one that runs a program */
} kinds[MR_SERVE_KINDS] = {
    [MR_SERVE_MODBUS] = {mr_load_modbus, NULL, false},
    [MR_SERVE_S7] = {load_s7, check_s7, false},
    [MR_SERVE_IEC104] = {mr_load_iec104, mr_load_iec104_points, false},
    [MR_SERVE_DNP3] = {mr_load_dnp3, mr_load_dnp3_points, false},
    [MR_SERVE_ENIP] = {mr_load_enip, mr_load_enip_points, false},
    [MR_SERVE_HTTP] = {load_http, NULL, true},
};

void mr_load_serves(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, const struct mr_yaml *serves)
{
    struct mr_serve *list = MR_POOL_NEW(l->pool, struct mr_serve, MR_SERVE_KINDS);
    for (enum mr_serve_kind k = 0; k < MR_SERVE_KINDS; k++) {
        const struct mr_serve_usual *usual = mr_serve_usual(k);
        const struct mr_yaml *y = mr_yaml_get(serves, usual->name);
        if (!y) {
            continue;
        }
        if (!kinds[k].any && d->kind != MR_DEV_PLC) {
            mr_load_wrong(l, s->doc, y->key, "device '%s' is of kind %s; only a plc serves %s", d->name,
                          mr_device_kind_name(d->kind), usual->name);
        }
        struct mr_serve *to = &list[d->nserves++];
        to->kind = k;
        to->port = (uint16_t)mr_get_integer(y, "port", usual->port);
        to->connections = (uint16_t)mr_get_integer(y, "connections", usual->connections);
        kinds[k].load(l, s, to, y);
    }
    d->serves = list;
}

void mr_load_served_points(struct mr_loader *l, struct mr_site_draft *s)
{
    for (uint16_t i = 0; i < s->site->ndevices; i++) {
        struct mr_device *d = &s->devices[i];
        const struct mr_yaml *serves = mr_yaml_get(s->device_nodes[i], "serves");
        struct mr_serve *list = MR_POOL_NEW(l->pool, struct mr_serve, d->nserves);
        memcpy(list, d->serves, sizeof *list * d->nserves);
        for (size_t k = 0; d->program && k < d->nserves; k++) {
            if (kinds[list[k].kind].points) {
                kinds[list[k].kind].points(l, s, d, &list[k], mr_yaml_get(serves, mr_serve_usual(list[k].kind)->name));
            }
        }
        d->serves = list;
    }
}
