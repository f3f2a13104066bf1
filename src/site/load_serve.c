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
        accounts[out->nlogins++] = (struct mr_login){mr_load_copy(l, a->key->text), mr_load_copy(l, a->text)};
    }
    out->logins = accounts;
}

static void load_modbus(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y)
{
    (void)l;
    (void)s;
    out->unit = (uint8_t)mr_get_integer(y, "unit", 1);
}

/* blocks: {DB1: {at: %MB0, size: 256}} */
static void load_s7(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y)
{
    const struct mr_yaml *blocks = mr_yaml_get(y, "blocks");
    struct mr_data_block *list = MR_POOL_NEW(l->pool, struct mr_data_block, blocks ? blocks->count : 0);
    for (const struct mr_yaml *b = blocks ? blocks->first : NULL; b; b = b->next) {
        const struct mr_yaml *at = mr_yaml_get(b, "at");
        struct mr_data_block *to = &list[out->nblocks++];
        to->number = (uint16_t)strtoul(b->key->text + strlen("DB"), NULL, 10);
        to->size = mr_get_integer(b, "size", 0);
        if (mr_place_parse(at->text, &to->at) != MR_OK || to->at.type == MR_VT_BOOL) {
            mr_load_wrong(l, s->doc, at, "'%s': expected the byte that the block begins with, such as %%MB0", at->text);
        }
    }
    out->blocks = list;
}

static const struct {
    void (*load)(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y);
    bool any; /* any device may serve it, not only one that runs a program */
} kinds[MR_SERVE_KINDS] = {
    [MR_SERVE_MODBUS] = {load_modbus, false},
    [MR_SERVE_HTTP] = {load_http, true},
    [MR_SERVE_S7] = {load_s7, false},
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
