/* load_player.c - simulated players: when they do what, made into the commands that people give. */
#include "plan/values.h"
#include "site/load_loader.h"

#include <string.h>

#define PLAYERS_MAX 9 /* eight of files, and idle */

struct deed {
    struct mr_loader *l;
    const struct mr_doc *d;
    const struct mr_scenario *s;
    const struct mr_yaml *args;
    struct mr_play *play;
};

static void arg(struct deed *t, const char *name, const char *value)
{
    MR_ASSERT(t->play->nargs < MR_COMMAND_ARGS);
    t->play->args[t->play->nargs].name = name;
    t->play->args[t->play->nargs++].value = mr_load_copy(t->l, value);
}

/* ---- deeds ---------------------------------------------------------------------------------------------------------------- */

static void finding(struct deed *t)
{
    const struct mr_yaml *asset = mr_yaml_get(t->args, "asset");
    const struct mr_yaml *actor = mr_yaml_get(t->args, "actor");
    const struct mr_yaml *technique = mr_yaml_get(t->args, "technique");
    const struct mr_site *site = t->s->site;
    (void)mr_load_technique(t->l, t->d, technique);
    if (mr_site_device(site, asset->text) == MR_NO_DEVICE && mr_site_zone(site, asset->text) == MR_NO_ZONE) {
        mr_load_unknown(t->l, t->d, asset, "device or zone", asset->text, site->devices, site->ndevices, sizeof site->devices[0]);
    }
    const char *from = actor ? actor->text : "";
    uint32_t ip;
    uint16_t a = mr_scenario_actor(t->s, from);
    if (a != UINT16_MAX) { /* people see its address */
        ip = t->s->topology.nodes[t->s->actors[a].node].ip;
        from = mr_pool_format(t->l->pool, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    } else if (*from && !mr_ipv4_parse(from, &ip)) {
        mr_load_unknown(t->l, t->d, actor, "actor", from, t->s->actors, t->s->nactors, sizeof t->s->actors[0]);
    }
    arg(t, "technique", technique->text);
    arg(t, "asset", asset->text);
    arg(t, "actor", from);
    arg(t, "evidence", mr_get_text(t->args, "evidence", ""));
    t->play->since = mr_get_duration(t->args, "since", 10 * MR_S);
}

static void firewall(struct deed *t)
{
    struct mr_fw_edit *e = &t->play->edit;
    const struct mr_yaml *add = mr_yaml_get(t->args, "add");
    const struct mr_yaml *remove = mr_yaml_get(t->args, "remove");
    const char **ids = MR_POOL_NEW(t->l->pool, const char *, remove ? remove->count : 0);
    struct mr_fw_rule *rules = MR_POOL_NEW(t->l->pool, struct mr_fw_rule, MR_FW_RULES);
    const char *fallback = mr_get_text(t->args, "default", NULL);
    uint32_t n = 0;
    for (const struct mr_yaml *y = remove ? remove->first : NULL; y; y = y->next) {
        ids[e->nremove++] = mr_load_copy(t->l, y->text);
    }
    mr_load_rules(t->l, t->d, t->s->site, add, rules, NULL, &n, MR_FW_RULES);
    e->remove = ids;
    e->add = rules;
    e->nadd = n;
    e->fallback = fallback ? (int)mr_load_verdict(fallback) : -1;
    e->cut = mr_get_switch(t->args, "cut", false);
}

static uint16_t first_hmi(const struct mr_site *site)
{
    for (uint16_t i = 0; i < site->ndevices; i++) {
        if (site->devices[i].kind == MR_DEV_HMI) {
            return i;
        }
    }
    return MR_NO_DEVICE;
}

static void operate(struct deed *t)
{
    const struct mr_site *site = t->s->site;
    const struct mr_yaml *station = mr_yaml_get(t->args, "operator");
    const struct mr_yaml *tag = mr_yaml_get(t->args, "tag");
    uint16_t hmi = station ? mr_load_device_of(t->l, t->d, site, station) : first_hmi(site);
    uint16_t i = mr_load_tag_of(t->l, t->d, site, tag, tag->text);
    double value = 0;
    if (i == MR_NO_TAG || hmi == MR_NO_DEVICE) {
        return;
    }
    const struct mr_tag *g = &site->tags[i];
    if (!g->writable || !mr_device_polls(&site->devices[hmi], i)) {
        mr_load_wrong(t->l, t->d, tag, "tag '%s' cannot be commanded from '%s'", g->name, site->devices[hmi].name);
    }
    (void)mr_load_quantity(t->l, t->d, mr_yaml_get(t->args, "value"), g->name, g->unit, g->is_bool, &value);
    arg(t, "hmi", site->devices[hmi].name);
    arg(t, "tag", g->name);
    arg(t, "value", mr_pool_format(t->l->pool, "%.9g", value));
}

static void setting(struct deed *t)
{
    const struct mr_yaml *device = mr_yaml_get(t->args, "device");
    const struct mr_yaml *name = mr_yaml_get(t->args, "name");
    const struct mr_yaml *value = mr_yaml_get(t->args, "value");
    uint16_t i = mr_load_device_of(t->l, t->d, t->s->site, device);
    if (i == MR_NO_DEVICE) {
        return;
    }
    const struct mr_device *d = &t->s->site->devices[i];
    const struct mr_setting *s = mr_device_setting(d, name->text);
    struct mr_setting_value parsed;
    char why[200] = "";
    if (!s) {
        mr_load_unknown(t->l, t->d, name, mr_pool_format(t->l->pool, "setting of '%s'", d->name), name->text, d->settings,
                        d->nsettings, sizeof d->settings[0]);
    } else if (mr_setting_parse(t->s->site, s->id, value->text, &parsed, why, sizeof why) != MR_OK) {
        mr_load_wrong(t->l, t->d, value, "'%.60s' for setting %s: %s", value->text, s->name, why);
    }
    arg(t, "device", device->text);
    arg(t, "name", name->text);
    arg(t, "value", value->text);
}

static void restart(struct deed *t)
{
    const struct mr_yaml *device = mr_yaml_get(t->args, "device");
    uint16_t i = mr_load_device_of(t->l, t->d, t->s->site, device);
    if (i != MR_NO_DEVICE && t->s->site->devices[i].kind != MR_DEV_PLC) {
        mr_load_wrong(t->l, t->d, device, "device '%s' is no plc", device->text);
    }
    arg(t, "device", device->text);
    arg(t, "how", mr_get_text(t->args, "how", "warm"));
}

static const struct {
    const char *verb;
    void (*fill)(struct deed *t);
} deeds[] = {{"finding", finding}, {"firewall", firewall}, {"operate", operate}, {"setting", setting}, {"restart", restart}};

/* ---- plays ---------------------------------------------------------------------------------------------------------------- */

static enum mr_outcome outcome_of(const char *word)
{
    static const char *const words[] = {
        [MR_OUTCOME_ANY] = "any", [MR_OUTCOME_WORKED] = "worked", [MR_OUTCOME_BLOCKED] = "blocked", [MR_OUTCOME_BEGUN] = "begun"};
    int i = MR_OUTCOME_ANY;
    for (int k = MR_OUTCOME_ANY; k <= MR_OUTCOME_BEGUN; k++) {
        i = strcmp(words[k], word) == 0 ? k : i;
    }
    return (enum mr_outcome)i;
}

static void trigger(struct deed *t, const struct mr_yaml *y)
{
    const struct mr_yaml *on = mr_yaml_get(y, "on");
    const struct mr_yaml *at = mr_yaml_get(y, "at");
    const struct mr_yaml *when = mr_yaml_get(y, "when");
    t->play->step = MR_NO_STEP;
    if ((on != NULL) + (at != NULL) + (when != NULL) != 1) {
        mr_load_wrong(t->l, t->d, y, "expected one of `on`, `at`, `when`: what this waits for");
    } else if (on) {
        t->play->trigger = MR_TRIG_STEP;
        t->play->step = mr_load_step_of(t->l, t->d, t->s, mr_yaml_get(on, "step"));
        t->play->outcome = outcome_of(mr_get_text(on, "outcome", "any"));
    } else if (at) {
        t->play->trigger = MR_TRIG_AT;
        t->play->at = mr_get_duration(y, "at", 0);
    } else {
        t->play->trigger = MR_TRIG_TAG;
        (void)mr_load_condition(t->l, t->d, t->s->site, when, &t->play->when);
    }
}

static void load_play(struct mr_loader *l, const struct mr_doc *doc, const struct mr_scenario *s, const struct mr_yaml *y,
                      struct mr_play *p)
{
    const struct mr_yaml *what = mr_yaml_get(y, "do")->first;
    struct deed t = {l, doc, s, what, p};
    p->after = mr_get_duration(y, "after", 0);
    p->post = mr_load_copy(l, mr_get_text(y, "post", "operator"));
    p->edit.fallback = -1;
    trigger(&t, y);
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        if (strcmp(deeds[i].verb, what->key->text) == 0) {
            p->verb = deeds[i].verb;
            deeds[i].fill(&t);
        }
    }
}

void mr_load_players(struct mr_loader *l, struct mr_scenario_draft *d)
{
    const struct mr_yaml *list = mr_yaml_get(d->doc->root, "players");
    struct mr_player *players = MR_POOL_NEW(l->pool, struct mr_player, PLAYERS_MAX);
    players[d->s->nplayers++].name = "idle";
    d->s->players = players;
    for (const struct mr_yaml *y = list ? list->first : NULL; y; y = y->next) {
        if (mr_scenario_player(d->s, y->key->text)) {
            mr_load_wrong(l, d->doc, y->key, "player 'idle' is always there and does nothing; call this one otherwise");
        }
        struct mr_player *p = &players[d->s->nplayers++];
        p->name = mr_load_copy(l, y->key->text);
        const struct mr_doc *doc = mr_load_doc(l, mr_load_join(l, d->doc->dir, y->text), MR_FILE_PLAYER, d->doc, y);
        if (!doc) {
            continue;
        }
        const struct mr_yaml *plays = mr_yaml_get(doc->root, "plays");
        struct mr_play *rows = MR_POOL_NEW(l->pool, struct mr_play, plays->count);
        for (const struct mr_yaml *play = plays->first; play; play = play->next) {
            load_play(l, doc, d->s, play, &rows[p->nplays++]);
        }
        p->plays = rows;
    }
}
