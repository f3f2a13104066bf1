/* load_campaign.c - the adversary's steps: when, by whom, and what follows. What they do: load_action.c. */
#include "plan/values.h"
#include "site/load_loader.h"

#include <string.h>

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
    bool acts = s->action.kind >= MR_DO_WRITE && !(s->action.kind == MR_DO_CONTROL && s->action.order == MR_ORDER_START);
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
    mr_load_action(l, d, mr_yaml_get(y, "do")->first, &s->action);
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
