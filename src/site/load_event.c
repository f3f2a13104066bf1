/* load_event.c - an event from its file: rounds with their scenarios and weights, teams with their members. */
#include "site/load_loader.h"

#include <stdlib.h>
#include <string.h>

static void load_weights(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *list, struct mr_round *r)
{
    struct mr_weight *weights = MR_POOL_NEW(l->pool, struct mr_weight, list->count);
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        uint32_t i = 0;
        while (i < r->score.ndirections && strcmp(r->score.directions[i].id, y->key->text) != 0) {
            i++;
        }
        if (i == r->score.ndirections) {
            mr_load_unknown(l, d, y->key, "direction of the scenario's score", y->key->text, NULL, 0, 0);
            continue;
        }
        struct mr_weight *w = &weights[r->nweights++];
        w->direction = mr_load_copy(l, y->key->text);
        w->points = mr_get_number(list, y->key->text, 0);
        r->score.directions[i].weight_milli = (int64_t)(w->points * 1000 + 0.5);
    }
    r->weights = weights;
}

static void load_round(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *y, struct mr_round *r)
{
    const struct mr_yaml *weights = mr_yaml_get(y, "weights");
    const struct mr_yaml *name = mr_yaml_get(y, "scenario");
    r->id = mr_load_copy(l, mr_get_text(y, "id", ""));
    r->scenario = mr_load_scenario(l, mr_load_named(l, "scenarios", name->text, "scenario.yaml"), d, name);
    if (!r->scenario) {
        return;
    }
    r->title = mr_get_title(l, y, "title", r->scenario->title);
    r->lasts = mr_get_duration(y, "lasts", r->scenario->lasts);
    r->score = r->scenario->score;
    r->score.lasts = r->lasts;
    if (weights) {
        load_weights(l, d, weights, r);
        mr_score_rules_scale(&r->score);
    }
}

static void load_team(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *y, const struct mr_event_plan *e,
                      struct mr_team *t)
{
    const struct mr_yaml *list = mr_yaml_get(y, "members");
    const struct mr_yaml *player = mr_yaml_get(y, "player");
    const struct mr_scenario *s = e->nrounds > 0 ? e->rounds[0].scenario : NULL;
    struct mr_member *members = MR_POOL_NEW(l->pool, struct mr_member, list ? list->count : 0);
    t->id = mr_load_copy(l, mr_get_text(y, "id", ""));
    t->name = mr_get_title(l, y, "name", (struct mr_text){t->id, t->id});
    for (const struct mr_yaml *m = list ? list->first : NULL; m; m = m->next) {
        struct mr_member *who = &members[t->nmembers++];
        who->account = mr_load_copy(l, mr_get_text(m, "name", ""));
        who->title = mr_get_title(l, m, "title", (struct mr_text){who->account, who->account});
        who->post = mr_load_copy(l, mr_get_text(m, "post", ""));
    }
    t->members = members;
    if (player && s) {
        t->player = mr_scenario_player(s, player->text);
        if (!t->player) {
            mr_load_unknown(l, d, player, "player of the scenario", player->text, s->players, s->nplayers, sizeof s->players[0]);
        }
    }
    if (!player && t->nmembers == 0) {
        mr_load_wrong(l, d, y, "team '%s' has neither members nor a player", t->id);
    }
}

/* Whose account it is beside members': NULL where nobody's. */
static const char *kept_for(const struct mr_event_plan *e, const char *account)
{
    if (strcmp(account, MR_ACCOUNT_ORGANISER) == 0) {
        return "the organiser's";
    }
    if (strcmp(account, MR_ACCOUNT_BOARD) == 0) {
        return "the spectators'";
    }
    for (size_t i = 0; i < e->nteams; i++) {
        if (e->teams[i].nmembers == 0 && strcmp(e->teams[i].id, account) == 0) {
            return "that of the team without members";
        }
    }
    return NULL;
}

static bool is_another_members(const struct mr_event_plan *e, size_t team, size_t member)
{
    const char *account = e->teams[team].members[member].account;
    for (size_t k = 0; k <= team; k++) {
        for (size_t i = 0; i < (k == team ? member : e->teams[k].nmembers); i++) {
            if (strcmp(e->teams[k].members[i].account, account) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void check_accounts(struct mr_loader *l, const struct mr_doc *d, const struct mr_event_plan *e, size_t team,
                           const struct mr_yaml *y)
{
    const struct mr_team *t = &e->teams[team];
    const struct mr_yaml *m = mr_yaml_get(y, "members") ? mr_yaml_get(y, "members")->first : NULL;
    for (size_t i = 0; m && i < t->nmembers; i++, m = m->next) {
        const char *whose = is_another_members(e, team, i) ? "another member's" : kept_for(e, t->members[i].account);
        if (whose) {
            mr_load_wrong(l, d, mr_yaml_get(m, "name"), "the account '%s' is %s; accounts are unique in an event",
                          t->members[i].account, whose);
        }
    }
}

/* Team ids and accounts are unique in an event. */
static void check_names(struct mr_loader *l, const struct mr_doc *d, const struct mr_event_plan *e)
{
    const struct mr_yaml *y = mr_yaml_get(d->root, "teams")->first;
    for (size_t i = 0; i < e->nteams; i++, y = y->next) {
        const struct mr_team *t = &e->teams[i];
        for (size_t k = 0; k < i; k++) {
            if (strcmp(e->teams[k].id, t->id) == 0) {
                mr_load_wrong(l, d, mr_yaml_get(y, "id"), "another team is called '%s'", t->id);
            }
        }
        if (t->nmembers == 0 && (strcmp(t->id, MR_ACCOUNT_ORGANISER) == 0 || strcmp(t->id, MR_ACCOUNT_BOARD) == 0)) {
            mr_load_wrong(l, d, mr_yaml_get(y, "id"), "a team without members has an account of its name, and '%s' is %s", t->id,
                          kept_for(e, t->id));
        }
        check_accounts(l, d, e, i, y);
    }
}

struct mr_event_plan *mr_load_event(struct mr_loader *l, struct mr_place_of_files file)
{
    size_t before = l->diags->errors;
    const struct mr_doc *d = mr_load_doc(l, file, MR_FILE_EVENT, NULL, NULL);
    if (!d) {
        return NULL;
    }
    struct mr_event_plan *e = MR_POOL_NEW(l->pool, struct mr_event_plan, 1);
    const struct mr_yaml *rounds = mr_yaml_get(d->root, "rounds");
    const struct mr_yaml *teams = mr_yaml_get(d->root, "teams");
    const char *seed = mr_get_text(d->root, "seed", "from-secret");
    struct mr_round *r = MR_POOL_NEW(l->pool, struct mr_round, rounds->count);
    struct mr_team *t = MR_POOL_NEW(l->pool, struct mr_team, teams->count);
    e->name = mr_load_copy(l, mr_get_text(d->root, "event", ""));
    e->title = mr_get_title(l, d->root, "title", (struct mr_text){"", ""});
    e->secret_seed = strcmp(seed, "from-secret") == 0;
    e->seed = e->secret_seed ? 0 : strtoull(seed, NULL, 10);
    e->same_seed = mr_get_switch(d->root, "same-for-all", false);
    e->rounds = r;
    e->teams = t;
    for (const struct mr_yaml *y = rounds->first; y; y = y->next) {
        load_round(l, d, y, &r[e->nrounds++]);
    }
    for (const struct mr_yaml *y = teams->first; y; y = y->next) {
        load_team(l, d, y, e, &t[e->nteams++]);
    }
    check_names(l, d, e);
    return l->diags->errors > before ? NULL : e;
}
