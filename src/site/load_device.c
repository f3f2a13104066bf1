/* load_device.c - what every device has: kind, make, cards. */
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
}

static enum mr_device_kind kind_of(const char *name)
{
    int k = 0;
    while (k < MR_DEVICE_KINDS - 1 && strcmp(mr_device_kind_name((enum mr_device_kind)k), name) != 0) {
        k++;
    }
    return (enum mr_device_kind)k;
}

void mr_load_devices(struct mr_loader *l, struct mr_site_draft *s)
{
    const struct mr_yaml *devices = mr_yaml_get(s->doc->root, "devices");
    const struct mr_personality *unknown = mr_load_plain(l);
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
        size_t before = l->diags->errors;
        mr_load_serves(l, s, d, mr_yaml_get(y, "serves"));
        check_members(l, s, d, y);
        s->partial = s->partial || l->diags->errors > before;
    }
}
