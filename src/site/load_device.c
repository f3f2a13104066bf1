/* load_device.c - what every device has: kind, make, cards, services, security settings. */
#include "site/load_loader.h"

#include <stdlib.h>
#include <string.h>

static void load_cards(struct mr_loader *l, struct mr_site_draft *s, uint16_t i, const struct mr_yaml *y)
{
    struct mr_device *d = &s->devices[i];
    struct mr_topology *t = &s->site->topology;
    size_t n;
    d->node = t->nnodes;
    for (const struct mr_yaml *at = mr_one_or_list(mr_yaml_get(y, "at"), &n); n > 0; at = at->next, n--) {
        const char *name = t->nnodes == d->node ? d->name : mr_pool_format(l->pool, "%s/%d", d->name, t->nnodes - d->node);
        mr_load_node(l, s->doc, s->site, mr_yaml_get(at, "zone"), mr_yaml_get(at, "address"), s->nodes, &t->nnodes, name, i,
                     d->personality);
    }
    d->nnodes = (uint16_t)(t->nnodes - d->node);
}

static void load_serves(struct mr_loader *l, struct mr_device *d, const struct mr_yaml *y)
{
    struct mr_serve *list = MR_POOL_NEW(l->pool, struct mr_serve, MR_SERVE_KINDS);
    const struct mr_yaml *modbus = mr_yaml_get(y, "modbus");
    const struct mr_yaml *http = mr_yaml_get(y, "http");
    if (modbus) {
        list[d->nserves++] = (struct mr_serve){.kind = MR_SERVE_MODBUS,
                                               .port = (uint16_t)mr_get_integer(modbus, "port", 502),
                                               .connections = (uint16_t)mr_get_integer(modbus, "connections", 32),
                                               .unit = (uint8_t)mr_get_integer(modbus, "unit", 1)};
    }
    if (http) {
        const struct mr_yaml *logins = mr_yaml_get(http, "login");
        struct mr_login *accounts = MR_POOL_NEW(l->pool, struct mr_login, logins ? logins->count : 0);
        size_t n = 0;
        for (const struct mr_yaml *a = logins ? logins->first : NULL; a; a = a->next) {
            accounts[n++] = (struct mr_login){mr_load_copy(l, a->key->text), mr_load_copy(l, a->text)};
        }
        list[d->nserves++] = (struct mr_serve){.kind = MR_SERVE_HTTP,
                                               .port = (uint16_t)mr_get_integer(http, "port", 80),
                                               .connections = (uint16_t)mr_get_integer(http, "connections", 16),
                                               .logins = accounts,
                                               .nlogins = n};
    }
    d->serves = list;
}

/* Members that only one kind of device has, and members that a kind needs. */
static void check_members(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, const struct mr_yaml *y)
{
    static const struct {
        const char *key;
        unsigned kinds; /* bit by enum mr_device_kind */
    } members[] = {
        {"program", 1U << MR_DEV_PLC},    {"task", 1U << MR_DEV_PLC},
        {"wires", 1U << MR_DEV_PLC},      {"links", 1U << MR_DEV_PLC},
        {"pages", 1U << MR_DEV_HMI},      {"alarms", 1U << MR_DEV_HMI},
        {"keep", 1U << MR_DEV_HISTORIAN}, {"polls", 1U << MR_DEV_HMI | 1U << MR_DEV_HISTORIAN},
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct mr_yaml *m = mr_yaml_get(y, members[i].key);
        if (m && !(members[i].kinds >> d->kind & 1)) {
            mr_load_wrong(l, s->doc, m->key, "device '%s' is of kind %s, which has no '%s'", d->name,
                          mr_device_kind_name(d->kind), members[i].key);
        }
    }
    if (d->kind == MR_DEV_PLC && !mr_yaml_get(y, "program")) {
        mr_load_wrong(l, s->doc, y->key, "device '%s' is a plc: 'program' is missing; expected a path such as plc/stage1.st",
                      d->name);
    }
    const struct mr_yaml *modbus = mr_yaml_get(mr_yaml_get(y, "serves"), "modbus");
    if (modbus && d->kind != MR_DEV_PLC) {
        mr_load_wrong(l, s->doc, modbus->key, "device '%s' is of kind %s; only a plc serves modbus", d->name,
                      mr_device_kind_name(d->kind));
    }
}

static enum mr_device_kind kind_of(const char *name)
{
    int k = 0;
    while (k < MR_DEVICE_KINDS - 1 && strcmp(mr_device_kind_name((enum mr_device_kind)k), name) != 0) {
        k++;
    }
    return (enum mr_device_kind)k;
}

static const struct mr_personality *plain(struct mr_loader *l)
{
    struct mr_personality *p = MR_POOL_NEW(l->pool, struct mr_personality, 1);
    *p = (struct mr_personality){"none", {"未知", "unknown"}, "", "", "", "", {0x02, 0x4D, 0x52}, NULL, 0, "", "", "", 125};
    return p;
}

void mr_load_devices(struct mr_loader *l, struct mr_site_draft *s)
{
    const struct mr_yaml *devices = mr_yaml_get(s->doc->root, "devices");
    const struct mr_personality *unknown = plain(l);
    s->devices = MR_POOL_NEW(l->pool, struct mr_device, devices->count);
    s->device_nodes = MR_POOL_NEW(l->pool, const struct mr_yaml *, devices->count);
    s->nodes = MR_POOL_NEW(l->pool, struct mr_node, MR_NODES_MAX);
    s->site->devices = s->devices;
    s->site->topology.nodes = s->nodes;
    for (const struct mr_yaml *y = devices->first; y; y = y->next) {
        uint16_t i = s->site->ndevices++;
        struct mr_device *d = &s->devices[i];
        const struct mr_yaml *make = mr_yaml_get(y, "personality");
        s->device_nodes[i] = y;
        d->name = mr_load_copy(l, y->key->text);
        d->kind = kind_of(mr_get_text(y, "kind", ""));
        d->title = mr_get_title(l, y, "title", (struct mr_text){"", ""});
        d->personality = make ? mr_load_personality(l, s->doc, make) : unknown;
        if (mr_site_zone(s->site, d->name) != MR_NO_ZONE || strcmp(d->name, "any") == 0 || strcmp(d->name, "none") == 0) {
            mr_load_wrong(l, s->doc, y->key, "'%s' already means something else in rules; call the device otherwise", d->name);
        }
        load_cards(l, s, i, y);
        load_serves(l, d, mr_yaml_get(y, "serves"));
        size_t before = l->diags->errors;
        check_members(l, s, d, y);
        s->partial = s->partial || l->diags->errors > before;
    }
}

/* ---- settings ------------------------------------------------------------------------------------------------------------- */

static const struct {
    enum mr_setting_id id;
    enum mr_serve_kind of;
    const char *value; /* where the author gives none */
} usual[] = {
    {MR_SET_MODBUS_ACCESS_LIST, MR_SERVE_MODBUS, "any"},
    {MR_SET_MODBUS_WRITE_LIST, MR_SERVE_MODBUS, "any"},
    {MR_SET_WRITE_PROTECT, MR_SERVE_MODBUS, "off"},
    {MR_SET_MODBUS_RATE, MR_SERVE_MODBUS, "0"},
    {MR_SET_HTTP, MR_SERVE_HTTP, "on"},
    {MR_SET_HTTP_ACCESS_LIST, MR_SERVE_HTTP, "any"},
    {MR_SET_LOGIN_LOCKOUT, MR_SERVE_HTTP, "0"},
};
#define USUAL (sizeof usual / sizeof usual[0])

static void add_setting(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, struct mr_setting *list,
                        struct mr_setting setting, const struct mr_yaml *at)
{
    struct mr_setting_value value;
    char why[200] = "";
    if (mr_setting_parse(s->site, setting.id, setting.value, &value, why, sizeof why) != MR_OK) {
        mr_load_wrong(l, s->doc, at, "'%.60s' for setting %s: %s", setting.value, setting.name, why);
    }
    list[d->nsettings++] = setting;
}

static void device_settings(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, const struct mr_yaml *y)
{
    const struct mr_yaml *security = mr_yaml_get(y, "security");
    const struct mr_serve *http = mr_device_serve(d, MR_SERVE_HTTP);
    size_t nlogins = http ? http->nlogins : 0;
    struct mr_setting *list = MR_POOL_NEW(l->pool, struct mr_setting, USUAL + nlogins);
    for (size_t i = 0; i < USUAL; i++) {
        const char *name = mr_setting_id_name(usual[i].id);
        const struct mr_yaml *given = mr_yaml_get(security, name);
        if (mr_device_serve(d, usual[i].of)) {
            const char *value = given ? mr_load_copy(l, given->text) : usual[i].value;
            add_setting(l, s, d, list, (struct mr_setting){name, usual[i].id, 0, value}, given);
        } else if (given) {
            mr_load_wrong(l, s->doc, given->key, "device '%s' does not serve %s, so it has no '%s'", d->name,
                          usual[i].of == MR_SERVE_MODBUS ? "modbus" : "http", name);
        }
    }
    const struct mr_yaml *logins = mr_yaml_get(mr_yaml_get(mr_yaml_get(y, "serves"), "http"), "login");
    const struct mr_yaml *at = logins ? logins->first : NULL;
    for (uint16_t i = 0; i < nlogins; i++, at = at->next) {
        const char *name = mr_pool_format(l->pool, "%s%s", mr_setting_id_name(MR_SET_PASSWORD), http->logins[i].account);
        add_setting(l, s, d, list, (struct mr_setting){name, MR_SET_PASSWORD, i, http->logins[i].password}, at);
    }
    d->settings = list;
}

void mr_load_settings(struct mr_loader *l, struct mr_site_draft *s)
{
    for (uint16_t i = 0; i < s->site->ndevices; i++) {
        device_settings(l, s, &s->devices[i], s->device_nodes[i]);
    }
}
