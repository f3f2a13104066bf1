/* load_action.c - what a step of the adversary does, and whether it can be done at all: the device serves the protocol, the tag
 * can be written over it, the altered program fits the controller. */
#include "device/peer.h"
#include "device/s7_program.h"
#include "plan/values.h"
#include "site/load_loader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct act {
    struct mr_loader *l;
    const struct mr_doc *d;
    const struct mr_site *site;
    const struct mr_yaml *args;
    struct mr_action *a;
};

/* ---- arguments of an action ----------------------------------------------------------------------------------------------- */

/* The devices of a list; `kind`: what each must serve, MR_SERVE_KINDS for nothing. */
static void targets(struct act *t, const struct mr_yaml *list, enum mr_serve_kind kind)
{
    size_t n;
    const struct mr_yaml *y = mr_one_or_list(list, &n);
    uint16_t *devices = MR_POOL_NEW(t->l->pool, uint16_t, n);
    for (; n > 0; y = y->next, n--) {
        uint16_t device = mr_load_device_of(t->l, t->d, t->site, y);
        if (device == MR_NO_DEVICE) {
            continue;
        }
        if (kind == MR_SERVE_HTTP && !mr_device_serve(&t->site->devices[device], kind)) {
            mr_load_wrong(t->l, t->d, y, "device '%s' has no web page", y->text);
        } else if (kind < MR_SERVE_KINDS && !mr_device_serve(&t->site->devices[device], kind)) {
            mr_load_wrong(t->l, t->d, y, "device '%s' does not serve %s", y->text, mr_serve_usual(kind)->name);
        }
        devices[t->a->ndevices++] = device;
    }
    t->a->devices = devices;
}

static void times(struct act *t, mr_ns every, mr_ns lasts)
{
    t->a->every = mr_get_duration(t->args, "every", every);
    t->a->lasts = mr_get_duration(t->args, "lasts", lasts);
    t->a->timeout = mr_get_duration(t->args, "timeout", 2 * MR_S);
    const struct mr_yaml *patience = mr_yaml_get(t->args, "timeout");
    if (patience && t->a->timeout < MR_MS) {
        mr_load_wrong(t->l, t->d, patience, "'%s' is too short; expected 1ms or more", patience->text);
    }
    const struct mr_yaml *given = mr_yaml_get(t->args, "every");
    if (given && t->a->every < MR_MS) {
        mr_load_wrong(t->l, t->d, given, "'%s' is too often; expected 1ms or more", given->text);
    }
}

/* The protocol that the author gives, else the one by which `device` is usually asked. */
static enum mr_serve_kind over(const struct act *t, uint16_t device)
{
    const char *name = mr_get_text(t->args, "over", NULL);
    const struct mr_serve *usual = device == MR_NO_DEVICE ? NULL : mr_peer_usual(&t->site->devices[device]);
    unsigned kind = 0;
    while (name && strcmp(mr_serve_usual((enum mr_serve_kind)kind)->name, name) != 0) { /* the schema knows no others */
        kind++;
    }
    return name ? (enum mr_serve_kind)kind : usual ? usual->kind : MR_SERVE_MODBUS;
}

/* Devices of a list, all asked over one protocol: the first one's where none is given. */
static void targets_over(struct act *t, const struct mr_yaml *list)
{
    size_t n;
    const struct mr_yaml *first = mr_one_or_list(list, &n);
    t->a->service = over(t, n > 0 ? mr_site_device(t->site, first->text) : MR_NO_DEVICE);
    targets(t, list, t->a->service);
}

static bool reaches(const struct act *t, const struct mr_tag *g, bool write)
{
    const struct mr_device *d = &t->site->devices[g->device];
    const struct mr_serve *s = mr_device_serve(d, t->a->service);
    return s && mr_peer_ops(s->kind)->reaches(d, s, write ? &g->command_place : &g->place, write);
}

/* A tag must be written by the action's service. */
static void check_written(struct act *t, const struct mr_yaml *at, const struct mr_tag *g)
{
    const struct mr_device *d = &t->site->devices[g->device];
    const char *protocol = mr_serve_usual(t->a->service)->name;
    if (g->command_place.area == MR_AREA_I) {
        mr_load_wrong(t->l, t->d, at, "tag '%s' is an input of '%s'; nobody can write it over the network", g->name, d->name);
    } else if (!mr_device_serve(d, t->a->service)) {
        mr_load_wrong(t->l, t->d, at, "tag '%s' is a value of '%s', which does not serve %s", g->name, d->name, protocol);
    } else if (!reaches(t, g, true)) {
        mr_load_wrong(t->l, t->d, at, "tag '%s' cannot be written over %s; expected %s", g->name, protocol,
                      mr_peer_ops(t->a->service)->expected);
    }
}

static void write_to(struct act *t, struct mr_write *w, const struct mr_yaml *tag, const char *name, const struct mr_yaml *value)
{
    w->tag = mr_load_tag_of(t->l, t->d, t->site, tag, name);
    if (w->tag == MR_NO_TAG) {
        return;
    }
    const struct mr_tag *g = &t->site->tags[w->tag];
    (void)mr_load_quantity(t->l, t->d, value, g->name, g->unit, g->is_bool, &w->value);
    check_written(t, tag, g);
}

/* How the tags of the device with this one are written. */
static void manner(struct act *t, const char *tag)
{
    const struct mr_yaml *direct = mr_yaml_get(t->args, "direct");
    uint16_t g = mr_site_tag(t->site, tag);
    t->a->service = over(t, g == MR_NO_TAG ? MR_NO_DEVICE : t->site->tags[g].device);
    t->a->direct = mr_get_switch(t->args, "direct", false);
    if (direct && t->a->service != MR_SERVE_IEC104 && t->a->service != MR_SERVE_DNP3) {
        mr_load_wrong(t->l, t->d, direct, "nothing is selected over %s; only over iec104 and dnp3",
                      mr_serve_usual(t->a->service)->name);
    }
}

/* The one device whose tags are written. */
static void written_device(struct act *t, const struct mr_yaml *at)
{
    uint16_t *device = MR_POOL_NEW(t->l->pool, uint16_t, 1);
    *device = MR_NO_DEVICE;
    for (size_t i = 0; i < t->a->nwrites; i++) {
        uint16_t tag = t->a->writes[i].tag;
        if (tag == MR_NO_TAG) {
            return;
        }
        if (*device != MR_NO_DEVICE && *device != t->site->tags[tag].device) {
            mr_load_wrong(t->l, t->d, at, "these tags are values of '%s' and '%s'; one step writes to one device",
                          t->site->devices[*device].name, t->site->devices[t->site->tags[tag].device].name);
        }
        *device = t->site->tags[tag].device;
    }
    t->a->devices = device;
    t->a->ndevices = 1;
}

/* ---- actions -------------------------------------------------------------------------------------------------------------- */

static void discover(struct act *t)
{
    const struct mr_yaml *zone = mr_yaml_get(t->args, "zone");
    t->a->zone = mr_site_zone(t->site, zone->text);
    times(t, 20 * MR_MS, 0);
    if (t->a->zone == MR_NO_ZONE) {
        mr_load_unknown(t->l, t->d, zone, "zone", zone->text, t->site->topology.zones, t->site->topology.nzones,
                        sizeof(struct mr_zone));
    }
}

static void scan_ports(struct act *t)
{
    const struct mr_yaml *list = mr_yaml_get(t->args, "ports");
    uint16_t *ports = MR_POOL_NEW(t->l->pool, uint16_t, list->count);
    targets(t, mr_yaml_get(t->args, "devices"), MR_SERVE_KINDS);
    times(t, 50 * MR_MS, 0);
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        ports[t->a->nports++] = (uint16_t)strtoul(y->text, NULL, 10);
    }
    t->a->ports = ports;
}

static void identify(struct act *t)
{
    targets_over(t, mr_yaml_get(t->args, "devices"));
    times(t, 200 * MR_MS, 0);
}

static void read_registers(struct act *t)
{
    targets(t, mr_yaml_get(t->args, "devices"), MR_SERVE_MODBUS);
    times(t, MR_S, 10 * MR_S);
    t->a->from_register = (uint16_t)mr_get_integer(t->args, "from", 0);
    t->a->count = (uint16_t)mr_get_integer(t->args, "count", 50);
}

/* Each device has a tag that can be read so. */
static void read_tags(struct act *t)
{
    const struct mr_yaml *list = mr_yaml_get(t->args, "devices");
    targets_over(t, list);
    times(t, MR_S, 10 * MR_S);
    for (size_t i = 0; i < t->a->ndevices; i++) {
        const struct mr_device *d = &t->site->devices[t->a->devices[i]];
        bool any = false;
        for (uint16_t g = 0; g < t->site->ntags && !any; g++) {
            any = t->site->tags[g].device == t->a->devices[i] && reaches(t, &t->site->tags[g], false);
        }
        if (!any) {
            mr_load_wrong(t->l, t->d, list, "'%s' has no tag that can be read over %s", d->name,
                          mr_serve_usual(t->a->service)->name);
        }
    }
}

static void guess_password(struct act *t)
{
    const struct mr_yaml *list = mr_yaml_get(t->args, "passwords");
    const struct mr_yaml *account = mr_yaml_get(t->args, "account");
    const char **passwords = MR_POOL_NEW(t->l->pool, const char *, list->count);
    targets(t, mr_yaml_get(t->args, "device"), MR_SERVE_HTTP);
    times(t, 2 * MR_S, 0);
    t->a->account = mr_load_copy(t->l, account->text);
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        passwords[t->a->npasswords++] = mr_load_copy(t->l, y->text);
    }
    t->a->passwords = passwords;
}

static void write_one(struct act *t)
{
    struct mr_write *w = MR_POOL_NEW(t->l->pool, struct mr_write, 1);
    const struct mr_yaml *tag = mr_yaml_get(t->args, "tag");
    const struct mr_yaml *device = mr_yaml_get(t->args, "device");
    manner(t, tag->text);
    write_to(t, w, tag, tag->text, mr_yaml_get(t->args, "to"));
    t->a->writes = w;
    t->a->nwrites = 1;
    written_device(t, tag);
    times(t, 0, 0);
    t->a->ramp = mr_get_duration(t->args, "ramp", 0);
    if (t->a->ramp > 0 && w->tag != MR_NO_TAG && !reaches(t, &t->site->tags[w->tag], false)) {
        mr_load_wrong(t->l, t->d, mr_yaml_get(t->args, "ramp"),
                      "a ramp begins at the value read, and '%s' cannot be read over %s", tag->text,
                      mr_serve_usual(t->a->service)->name);
    }
    t->a->every = mr_get_duration(t->args, "repeat", 0);
    if (device && w->tag != MR_NO_TAG && strcmp(t->site->devices[t->a->devices[0]].name, device->text) != 0) {
        mr_load_wrong(t->l, t->d, device, "tag '%s' is a value of '%s', not of '%s'", tag->text,
                      t->site->devices[t->a->devices[0]].name, device->text);
    }
    if (t->a->lasts > 0 && t->a->every == 0) {
        mr_load_wrong(t->l, t->d, mr_yaml_get(t->args, "lasts"),
                      "`lasts` says how long a write is repeated; say how often by `repeat`");
    }
}

static void force(struct act *t)
{
    const struct mr_yaml *list = mr_yaml_get(t->args, "tags");
    struct mr_write *w = MR_POOL_NEW(t->l->pool, struct mr_write, list->count);
    manner(t, list->first->key->text);
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        write_to(t, &w[t->a->nwrites++], y->key, y->key->text, y);
    }
    t->a->writes = w;
    written_device(t, list->key);
    times(t, 200 * MR_MS, 0);
}

static void flood(struct act *t)
{
    targets(t, mr_yaml_get(t->args, "device"), MR_SERVE_MODBUS);
    times(t, 0, 0);
    t->a->rate = mr_get_integer(t->args, "rate", 1);
    t->a->connections = (uint16_t)mr_get_integer(t->args, "connections", 16);
}

/* The one controller that is meddled with by a service. */
static void controller(struct act *t, enum mr_serve_kind by)
{
    const struct mr_yaml *device = mr_yaml_get(t->args, "device");
    t->a->service = by;
    targets(t, device, by);
    times(t, 0, 0);
    if (t->a->ndevices > 0 && t->site->devices[t->a->devices[0]].kind != MR_DEV_PLC) {
        mr_load_wrong(t->l, t->d, device, "device '%s' is no plc", device->text);
    }
}

static void stop_plc(struct act *t)
{
    controller(t, mr_yaml_get(t->args, "over") ? over(t, MR_NO_DEVICE) : MR_SERVE_HTTP);
    t->a->order = MR_ORDER_STOP;
    if (t->a->service == MR_SERVE_HTTP) {
        t->a->kind = MR_DO_STOP_PLC;
    }
}

static void start_plc(struct act *t)
{
    controller(t, over(t, MR_NO_DEVICE));
    t->a->order = MR_ORDER_START;
}

static void restart_plc(struct act *t)
{
    controller(t, over(t, MR_NO_DEVICE));
    t->a->order = MR_ORDER_RESTART;
}

/* ---- blocks of a program -------------------------------------------------------------------------------------------------- */

static const struct mr_plc_program *running_program(const struct act *t)
{
    return t->a->ndevices > 0 ? t->site->devices[t->a->devices[0]].program : NULL;
}

static const struct mr_plc_program *altered_program(struct act *t, const struct mr_yaml *list)
{
    size_t n;
    const struct mr_yaml *file = mr_one_or_list(list, &n);
    struct mr_plc_source *sources = MR_POOL_NEW(t->l->pool, struct mr_plc_source, n);
    size_t have = 0;
    for (; have < n; file = file->next) {
        struct mr_place_of_files where;
        const struct mr_content_file *f = mr_load_text(t->l, t->d, file, &where);
        if (!f) {
            return NULL;
        }
        sources[have++] = (struct mr_plc_source){where.shown, f->text, f->n};
    }
    if (t->l->nprograms == MR_LOAD_PROGRAMS) {
        mr_load_wrong(t->l, t->d, list, "more than %d programs", MR_LOAD_PROGRAMS);
        return NULL;
    }
    struct mr_plc_program *p = mr_plc_compile(sources, n, t->l->diags);
    if (p) {
        t->l->programs[t->l->nprograms++] = p;
    }
    return p;
}

static void pack_block(struct act *t, struct mr_program_block *out, const struct mr_plc_block *b, struct mr_slice body)
{
    struct mr_s7_block head;
    mr_s7_describe_block(b, &head);
    size_t n = mr_s7_container_bytes(&head);
    struct mr_writer w = mr_writer(mr_pool_alloc(t->l->pool, n, 1), n);
    mr_s7_container_encode(&head, body, &w);
    *out = (struct mr_program_block){head.type, head.number, head.bytes, mr_written(&w)};
}

/* What has the altered program's code and not the running one's. False where they do not declare the same. */
static bool find_altered(struct act *t, const struct mr_plc_program *was, const struct mr_plc_program *altered)
{
    size_t n = mr_plc_program_blocks(altered);
    struct mr_program_block *out = MR_POOL_NEW(t->l->pool, struct mr_program_block, n);
    bool same = mr_plc_program_blocks(was) == n;
    for (size_t i = 0; i < n && same; i++) {
        struct mr_slice body = mr_plc_program_block(altered, i);
        unsigned differs = mr_plc_block_compare(mr_plc_program_block(was, i), body);
        struct mr_plc_block b;
        same = (differs & (MR_PLC_DIFFERS_UNIT | MR_PLC_DIFFERS_LAYOUT)) == 0 && mr_plc_block_read(body, &b, NULL, 0) == MR_OK;
        if (same && (differs & MR_PLC_DIFFERS_CODE) != 0) {
            pack_block(t, &out[t->a->nblocks++], &b, body);
        }
    }
    t->a->blocks = out;
    return same;
}

static void download(struct act *t)
{
    const struct mr_yaml *list = mr_yaml_get(t->args, "program");
    controller(t, MR_SERVE_S7);
    const struct mr_plc_program *was = running_program(t);
    const struct mr_plc_program *altered = altered_program(t, list);
    if (!was || !altered) {
        return;
    }
    const char *device = t->site->devices[t->a->devices[0]].name;
    if (!find_altered(t, was, altered)) {
        mr_load_wrong(t->l, t->d, list, "this program declares other variables or units than that of '%s', which would refuse it",
                      device);
    } else if (t->a->nblocks == 0) {
        mr_load_wrong(t->l, t->d, list, "this program does what that of '%s' does already", device);
    }
}

static void delete_block(struct act *t)
{
    const struct mr_yaml *name = mr_yaml_get(t->args, "block");
    struct mr_program_block *out = MR_POOL_NEW(t->l->pool, struct mr_program_block, 1);
    controller(t, MR_SERVE_S7);
    const struct mr_plc_program *p = running_program(t);
    size_t n = p ? mr_plc_program_blocks(p) : 0;
    const char **names = MR_POOL_NEW(t->l->pool, const char *, n);
    t->a->blocks = out;
    for (size_t i = 0; i < n && t->a->nblocks == 0; i++) {
        struct mr_plc_block b = {0};
        struct mr_s7_block head;
        (void)mr_plc_block_read(mr_plc_program_block(p, i), &b, NULL, 0);
        names[i] = mr_load_copy(t->l, b.name);
        if (strcasecmp(b.name, name->text) == 0) {
            mr_s7_describe_block(&b, &head);
            out[t->a->nblocks++] = (struct mr_program_block){.type = head.type, .number = head.number};
        }
    }
    if (p && t->a->nblocks == 0) {
        mr_load_unknown(t->l, t->d, name, "block", name->text, names, n, sizeof names[0]);
    }
}

/* ---- all of them ---------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum mr_do_kind kind;
    void (*fill)(struct act *t);
} actions[] = {
    {"discover-hosts", MR_DO_DISCOVER_HOSTS, discover},
    {"scan-ports", MR_DO_SCAN_PORTS, scan_ports},
    {"identify", MR_DO_IDENTIFY, identify},
    {"read-registers", MR_DO_READ_REGISTERS, read_registers},
    {"read", MR_DO_READ, read_tags},
    {"guess-password", MR_DO_GUESS_PASSWORD, guess_password},
    {"write", MR_DO_WRITE, write_one},
    {"force", MR_DO_WRITE, force},
    {"flood", MR_DO_FLOOD, flood},
    {"stop-plc", MR_DO_CONTROL, stop_plc},
    {"start-plc", MR_DO_CONTROL, start_plc},
    {"restart-plc", MR_DO_CONTROL, restart_plc},
    {"download", MR_DO_DOWNLOAD, download},
    {"delete-block", MR_DO_DELETE_BLOCK, delete_block},
};

void mr_load_action(struct mr_loader *l, struct mr_scenario_draft *d, const struct mr_yaml *y, struct mr_action *a)
{
    struct act t = {l, d->doc, d->s->site, y, a};
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, y->key->text) == 0) {
            a->kind = actions[i].kind;
            actions[i].fill(&t);
            return;
        }
    }
}
