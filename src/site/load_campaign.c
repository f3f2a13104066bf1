/* load_campaign.c - the adversary's steps: when, what, on whom, and what follows. */
#include "plan/values.h"
#include "site/load_loader.h"

#include <stdlib.h>
#include <string.h>

struct act {
    struct mr_loader *l;
    const struct mr_doc *d;
    const struct mr_site *site;
    const struct mr_yaml *args;
    struct mr_action *a;
};

/* ---- arguments of an action ----------------------------------------------------------------------------------------------- */

static void targets(struct act *t, const struct mr_yaml *list, bool modbus)
{
    size_t n;
    const struct mr_yaml *y = mr_one_or_list(list, &n);
    uint16_t *devices = MR_POOL_NEW(t->l->pool, uint16_t, n);
    for (; n > 0; y = y->next, n--) {
        uint16_t device = mr_load_device_of(t->l, t->d, t->site, y);
        if (device == MR_NO_DEVICE) {
            continue;
        }
        if (modbus && !mr_device_serve(&t->site->devices[device], MR_SERVE_MODBUS)) {
            mr_load_wrong(t->l, t->d, y, "device '%s' does not serve modbus", y->text);
        }
        devices[t->a->ndevices++] = device;
    }
    t->a->devices = devices;
}

static void needs_http(struct act *t, const struct mr_yaml *at)
{
    for (size_t i = 0; i < t->a->ndevices; i++) {
        if (!mr_device_serve(&t->site->devices[t->a->devices[i]], MR_SERVE_HTTP)) {
            mr_load_wrong(t->l, t->d, at, "device '%s' has no web page", t->site->devices[t->a->devices[i]].name);
        }
    }
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

static void service(struct act *t, const struct mr_yaml *at)
{
    bool http = strcmp(mr_get_text(t->args, "service", "modbus"), "http") == 0;
    t->a->service = http ? MR_SERVE_HTTP : MR_SERVE_MODBUS;
    targets(t, at, !http);
    if (http) {
        needs_http(t, at);
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
    if (g->command_place.area == MR_AREA_I) {
        mr_load_wrong(t->l, t->d, tag, "tag '%s' is an input of '%s'; nobody can write it over the network", g->name,
                      t->site->devices[g->device].name);
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
    targets(t, mr_yaml_get(t->args, "devices"), false);
    times(t, 50 * MR_MS, 0);
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        ports[t->a->nports++] = (uint16_t)strtoul(y->text, NULL, 10);
    }
    t->a->ports = ports;
}

static void identify(struct act *t)
{
    service(t, mr_yaml_get(t->args, "devices"));
    times(t, 200 * MR_MS, 0);
}

static void read_registers(struct act *t)
{
    targets(t, mr_yaml_get(t->args, "devices"), true);
    times(t, MR_S, 10 * MR_S);
    t->a->from_register = (uint16_t)mr_get_integer(t->args, "from", 0);
    t->a->count = (uint16_t)mr_get_integer(t->args, "count", 50);
}

static void guess_password(struct act *t)
{
    const struct mr_yaml *list = mr_yaml_get(t->args, "passwords");
    const struct mr_yaml *account = mr_yaml_get(t->args, "account");
    const char **passwords = MR_POOL_NEW(t->l->pool, const char *, list->count);
    targets(t, mr_yaml_get(t->args, "device"), false);
    needs_http(t, mr_yaml_get(t->args, "device"));
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
    write_to(t, w, tag, tag->text, mr_yaml_get(t->args, "to"));
    t->a->writes = w;
    t->a->nwrites = 1;
    written_device(t, tag);
    times(t, 0, 0);
    t->a->ramp = mr_get_duration(t->args, "ramp", 0);
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
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        write_to(t, &w[t->a->nwrites++], y->key, y->key->text, y);
    }
    t->a->writes = w;
    written_device(t, list->key);
    times(t, 200 * MR_MS, 0);
}

static void flood(struct act *t)
{
    service(t, mr_yaml_get(t->args, "device"));
    times(t, 0, 0);
    t->a->rate = mr_get_integer(t->args, "rate", 1);
    t->a->connections = (uint16_t)mr_get_integer(t->args, "connections", 16);
}

static void stop_plc(struct act *t)
{
    const struct mr_yaml *device = mr_yaml_get(t->args, "device");
    targets(t, device, false);
    needs_http(t, device);
    times(t, 0, 0);
    if (t->a->ndevices > 0 && t->site->devices[t->a->devices[0]].kind != MR_DEV_PLC) {
        mr_load_wrong(t->l, t->d, device, "device '%s' is no plc", device->text);
    }
}

static const struct {
    const char *name;
    enum mr_do_kind kind;
    void (*fill)(struct act *t);
} actions[] = {
    {"discover-hosts", MR_DO_DISCOVER_HOSTS, discover},
    {"scan-ports", MR_DO_SCAN_PORTS, scan_ports},
    {"identify", MR_DO_IDENTIFY, identify},
    {"read-registers", MR_DO_READ_REGISTERS, read_registers},
    {"guess-password", MR_DO_GUESS_PASSWORD, guess_password},
    {"write", MR_DO_WRITE, write_one},
    {"force", MR_DO_WRITE, force},
    {"flood", MR_DO_FLOOD, flood},
    {"stop-plc", MR_DO_STOP_PLC, stop_plc},
};

static void load_action(struct mr_loader *l, struct mr_scenario_draft *d, const struct mr_yaml *y, struct mr_action *a)
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

/* ---- steps ---------------------------------------------------------------------------------------------------------------- */

bool mr_load_technique(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at)
{
    if (mr_technique_find(at->text)) {
        return true;
    }
    const struct mr_technique *all;
    size_t n = mr_techniques(&all);
    mr_load_unknown(l, d, at, "technique of ATT&CK for ICS", at->text, all, n, sizeof all[0]);
    return false;
}

uint16_t mr_load_step_of(struct mr_loader *l, const struct mr_doc *d, const struct mr_scenario *s, const struct mr_yaml *at)
{
    if (!at) {
        return MR_NO_STEP;
    }
    uint16_t step = mr_scenario_step(s, at->text);
    if (step == MR_NO_STEP) {
        mr_load_unknown(l, d, at, "step", at->text, s->steps, s->nsteps, sizeof s->steps[0]);
    }
    return step;
}

static void load_effect(struct mr_loader *l, struct mr_scenario_draft *d, const struct mr_yaml *y, struct mr_step *s)
{
    bool acts = s->action.kind == MR_DO_WRITE || s->action.kind == MR_DO_FLOOD || s->action.kind == MR_DO_STOP_PLC;
    s->has_effect = acts;
    s->effect_tag = MR_NO_TAG;
    s->effect.tag = MR_NO_TAG;
    if (s->action.nwrites > 0) {
        s->effect_tag = s->action.writes[0].tag;
    }
    if (!y) {
        return;
    }
    if (!acts) {
        mr_load_wrong(l, d->doc, y->key, "step '%s' only looks; it has no effect on the plant", s->id);
        return;
    }
    if (mr_load_condition(l, d->doc, d->s->site, y, &s->effect)) {
        s->effect_tag = s->effect.tag;
    }
    s->effect_within = mr_get_duration(y, "within", 0);
}

static void load_step(struct mr_loader *l, struct mr_scenario_draft *d, const struct mr_yaml *y, struct mr_step *s)
{
    const struct mr_yaml *by = mr_yaml_get(y, "by");
    const struct mr_yaml *at = mr_yaml_get(y, "at");
    s->technique = mr_load_copy(l, mr_get_text(y, "technique", ""));
    s->title = mr_get_title(l, y, "title", (struct mr_text){s->id, s->id});
    (void)mr_load_technique(l, d->doc, mr_yaml_get(y, "technique"));
    s->actor = mr_scenario_actor(d->s, by->text);
    if (s->actor == UINT16_MAX) {
        mr_load_unknown(l, d->doc, by, "actor", by->text, d->s->actors, d->s->nactors, sizeof d->s->actors[0]);
    }
    s->after = mr_load_step_of(l, d->doc, d->s, mr_yaml_get(y, "after"));
    s->worked = mr_load_step_of(l, d->doc, d->s, mr_yaml_get(y, "worked"));
    s->blocked = mr_load_step_of(l, d->doc, d->s, mr_yaml_get(y, "blocked"));
    if (at) {
        (void)mr_window_parse(at->text, &s->from, &s->to);
    }
    if (at && s->to > d->s->lasts && s->after == MR_NO_STEP) {
        mr_load_wrong(l, d->doc, at, "step '%s' begins when the scenario is over (`lasts`)", s->id);
    }
    load_action(l, d, mr_yaml_get(y, "do")->first, &s->action);
    load_effect(l, d, mr_yaml_get(y, "effect"), s);
}

/* What begins by itself, and what another step leads to. Says where a step waits for itself, or nothing ever begins it. */
static void load_order(struct mr_loader *l, struct mr_scenario_draft *d, const struct mr_yaml *list)
{
    const struct mr_yaml *y = list->first;
    for (size_t i = 0; y && i < d->s->nsteps; i++, y = y->next) {
        bool named = false;
        for (size_t k = 0; k < d->s->nsteps && !named; k++) {
            named = d->steps[k].worked == i || d->steps[k].blocked == i;
        }
        d->steps[i].entered = d->steps[i].after != MR_NO_STEP || (mr_yaml_get(y, "at") && !named);
        if (!named && !d->steps[i].entered) {
            mr_load_wrong(l, d->doc, y, "step '%s' never begins: give it `at` or `after`, or let another step lead to it",
                          d->steps[i].id);
        }
        size_t hops = 0;
        uint16_t at = d->steps[i].after;
        while (at != MR_NO_STEP && hops++ <= d->s->nsteps) {
            at = d->steps[at].after;
        }
        if (hops > d->s->nsteps) {
            mr_load_wrong(l, d->doc, mr_yaml_get(y, "after"), "step '%s' waits for itself", d->steps[i].id);
        }
    }
}

void mr_load_campaign(struct mr_loader *l, struct mr_scenario_draft *d)
{
    const struct mr_yaml *list = mr_yaml_get(d->doc->root, "campaign");
    d->steps = MR_POOL_NEW(l->pool, struct mr_step, list->count);
    d->s->steps = d->steps;
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        const struct mr_yaml *id = mr_yaml_get(y, "id");
        if (mr_scenario_step(d->s, id->text) != MR_NO_STEP) {
            mr_load_wrong(l, d->doc, id, "another step is called '%s'", id->text);
        }
        d->steps[d->s->nsteps++].id = mr_load_copy(l, id->text);
    }
    size_t i = 0;
    for (const struct mr_yaml *y = list->first; y; y = y->next, i++) {
        load_step(l, d, y, &d->steps[i]);
    }
    load_order(l, d, list);
}
