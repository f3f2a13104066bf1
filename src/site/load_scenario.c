/* load_scenario.c - a scenario from its file: site, story, actors, operator's functions; campaign, score and players have files
 * of their own. */
#include "plan/values.h"
#include "site/load_loader.h"

#include <math.h>
#include <string.h>

static const char *story(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at)
{
    struct mr_place_of_files where;
    const struct mr_content_file *f = mr_load_text(l, d, at, &where);
    return f ? f->text : "";
}

static void load_actors(struct mr_loader *l, struct mr_scenario_draft *d)
{
    const struct mr_yaml *list = mr_yaml_get(d->doc->root, "actors");
    const struct mr_site *site = d->s->site;
    struct mr_actor *actors = MR_POOL_NEW(l->pool, struct mr_actor, list->count);
    struct mr_node *nodes = MR_POOL_NEW(l->pool, struct mr_node, MR_NODES_MAX);
    uint16_t n = site->topology.nnodes;
    memcpy(nodes, site->topology.nodes, n * sizeof nodes[0]);
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        struct mr_actor *a = &actors[d->s->nactors];
        const struct mr_yaml *make = mr_yaml_get(y, "looks-like");
        a->name = mr_load_copy(l, y->key->text);
        a->title = mr_get_title(l, y, "title", (struct mr_text){a->name, a->name});
        a->looks_like = make ? mr_load_personality(l, d->doc, make) : NULL;
        a->device = (uint16_t)(site->ndevices + d->s->nactors);
        a->node = n;
        if (mr_site_device(site, a->name) != MR_NO_DEVICE) {
            mr_load_wrong(l, d->doc, y->key, "a device of the site is called '%s' already", a->name);
        }
        mr_load_node(l, d->doc, site, mr_yaml_get(y, "joins"), mr_yaml_get(y, "address"), nodes, &n, a->name, a->device,
                     a->looks_like);
        a->zone = nodes[a->node].zone;
        nodes[a->node].entry = false;
        d->s->nactors++;
    }
    d->s->actors = actors;
    d->s->topology = site->topology;
    d->s->topology.nodes = nodes;
    d->s->topology.nnodes = n;
}

/* ---- operator's functions ------------------------------------------------------------------------------------------------- */

static uint16_t operator_of(struct mr_loader *l, struct mr_scenario_draft *d, const struct mr_yaml *at)
{
    uint16_t hmi = mr_load_device_of(l, d->doc, d->s->site, at);
    if (hmi != MR_NO_DEVICE && d->s->site->devices[hmi].kind != MR_DEV_HMI) {
        mr_load_wrong(l, d->doc, at, "'%s' is no hmi, so nobody operates from it", at->text);
        return MR_NO_DEVICE;
    }
    return hmi;
}

static void load_keep(struct mr_loader *l, struct mr_scenario_draft *d, const struct mr_yaml *y, struct mr_keep *k)
{
    const struct mr_site *site = d->s->site;
    const struct mr_yaml *command = mr_yaml_get(y, "command")->first;
    const struct mr_yaml *shows = mr_yaml_get(y, "shows");
    k->id = mr_load_copy(l, y->key->text);
    k->title = mr_get_title(l, y, "title", (struct mr_text){k->id, k->id});
    k->hmi = operator_of(l, d, mr_yaml_get(y, "operator"));
    k->tag = mr_load_tag_of(l, d->doc, site, command->key, command->key->text);
    k->feedback_tag = shows ? mr_load_tag_of(l, d->doc, site, shows, shows->text) : k->tag;
    k->feedback = mr_get_duration(y, "feedback", 10 * MR_S);
    k->every = mr_get_duration(y, "every", 2 * MR_MIN);
    k->toggle = strcmp(command->text, "toggle") == 0;
    if (k->hmi == MR_NO_DEVICE || k->tag == MR_NO_TAG || k->feedback_tag == MR_NO_TAG) {
        return;
    }
    const struct mr_tag *t = &site->tags[k->tag];
    if (!t->writable) {
        mr_load_wrong(l, d->doc, command->key,
                      "tag '%s' cannot be commanded; give it `writable` or `command` in the table of tags", t->name);
    }
    if (k->toggle && !t->is_bool) {
        mr_load_wrong(l, d->doc, command, "tag '%s' is a number and cannot be toggled; expected a quantity", t->name);
    } else if (!k->toggle) {
        (void)mr_load_quantity(l, d->doc, command, t->name, t->unit, t->is_bool, &k->value);
    }
    if (!mr_device_polls(&site->devices[k->hmi], k->tag) || !mr_device_polls(&site->devices[k->hmi], k->feedback_tag)) {
        mr_load_wrong(l, d->doc, command->key, "'%s' does not poll what this function commands and watches",
                      site->devices[k->hmi].name);
    }
    if (k->every < 2 * k->feedback) {
        mr_load_wrong(l, d->doc, y->key,
                      "'%s' is tried every so often that one try meets the next: `every` must be twice `feedback`", k->id);
    }
}

static void load_keeps(struct mr_loader *l, struct mr_scenario_draft *d)
{
    const struct mr_yaml *list = mr_yaml_get(d->doc->root, "keeps");
    if (!list) {
        return;
    }
    struct mr_keep *keeps = MR_POOL_NEW(l->pool, struct mr_keep, list->count);
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        load_keep(l, d, y, &keeps[d->s->nkeeps++]);
    }
    d->s->keeps = keeps;
}

static void load_promises(struct mr_loader *l, struct mr_scenario_draft *d)
{
    const struct mr_yaml *list = mr_yaml_get(d->doc->root, "promises");
    if (!list) {
        return;
    }
    struct mr_promise *promises = MR_POOL_NEW(l->pool, struct mr_promise, list->count);
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        struct mr_promise *p = &promises[d->s->npromises++];
        p->player = mr_load_copy(l, y->key->text);
        if (!mr_range_parse(y->text, "", &p->lo, &p->hi)) {
            mr_load_wrong(l, d->doc, y, "'%s': expected a range of points such as ..20 or 90..", y->text);
        }
        if (!mr_scenario_player(d->s, p->player)) {
            mr_load_unknown(l, d->doc, y->key, "player", p->player, d->s->players, d->s->nplayers, sizeof d->s->players[0]);
        }
    }
    d->s->promises = promises;
}

static const struct mr_site *site_of(struct mr_loader *l, const struct mr_doc *d)
{
    const struct mr_yaml *name = mr_yaml_get(d->root, "site");
    for (size_t i = 0; i < l->nsites; i++) {
        if (strcmp(l->sites[i]->name, name->text) == 0) {
            return l->sites[i];
        }
    }
    return mr_load_site(l, mr_load_named(l, "sites", name->text, "site.yaml"), d, name);
}

struct mr_scenario *mr_load_scenario(struct mr_loader *l, struct mr_place_of_files file, const struct mr_doc *by,
                                     const struct mr_yaml *at)
{
    size_t before = l->diags->errors;
    const struct mr_doc *doc = mr_load_doc(l, file, MR_FILE_SCENARIO, by, at);
    if (!doc) {
        return NULL;
    }
    struct mr_scenario *s = MR_POOL_NEW(l->pool, struct mr_scenario, 1);
    struct mr_scenario_draft draft = {.doc = doc, .s = s};
    const struct mr_yaml *tale = mr_yaml_get(doc->root, "story");
    s->name = mr_load_copy(l, mr_get_text(doc->root, "scenario", ""));
    s->title = mr_get_title(l, doc->root, "title", (struct mr_text){"", ""});
    s->lasts = mr_get_duration(doc->root, "lasts", 0);
    mr_load_check_name(l, doc, "scenario", at);
    s->story.zh = story(l, doc, mr_yaml_get(tale, "zh"));
    s->story.en = story(l, doc, mr_yaml_get(tale, "en"));
    s->site = site_of(l, doc);
    if (!s->site) {
        return NULL;
    }
    load_actors(l, &draft);
    mr_load_campaign(l, &draft);
    load_keeps(l, &draft);
    mr_load_score(l, &draft);
    mr_load_players(l, &draft);
    load_promises(l, &draft);
    return l->diags->errors > before ? NULL : s;
}
