/* load_score.c - what a scenario is worth: rules for score/score.h, and what the engine has to measure for them. */
#include "plan/values.h"
#include "site/load_loader.h"

#include <math.h>
#include <string.h>

struct scoring {
    struct mr_loader *l;
    struct mr_scenario_draft *d;
    struct mr_score_rules *r;
    struct mr_watch *watches;
    struct mr_band *bands;
    struct mr_retry *retries;
    struct mr_rule_title *titles;
};

#define TITLES (MR_SCORE_WATCHES + MR_SCORE_BANDS + MR_SCORE_CHECKS + MR_SCORE_HARDENING + MR_SCORE_RESPONSES) /* one a rule */

static int64_t milli(const struct mr_yaml *y, const char *key, double otherwise)
{
    double x = mr_get_number(y, key, otherwise) * 1000;
    return (int64_t)(x < 0 ? x - 0.5 : x + 0.5);
}

/* A duration that something is divided by or repeats after: a second at least. */
static mr_ns period(struct scoring *s, const struct mr_yaml *map, const char *key, mr_ns usual, const char *such)
{
    mr_ns t = mr_get_duration(map, key, usual);
    if (t < MR_S) {
        const struct mr_yaml *y = mr_yaml_get(map, key);
        mr_load_wrong(s->l, s->d->doc, y, "'%s': expected a second or more, such as %s, got '%s'", key, such, y->text);
    }
    return t;
}

static const struct mr_yaml *score_of(const struct scoring *s)
{
    return mr_yaml_get(s->d->doc->root, "score");
}

static uint32_t direction(struct scoring *s, const char *id)
{
    static const struct {
        const char *id;
        struct mr_text title;
    } usual[] = {
        {"availability", {"运行保障", "Availability"}}, {"safety", {"安全运行", "Safety"}},
        {"operation", {"操作功能", "Operation"}},       {"monitoring", {"事件监测", "Monitoring"}},
        {"hardening", {"安全加固", "Hardening"}},       {"response", {"应急响应", "Response"}},
    };
    uint32_t i = mr_score_rules_direction(s->r, id);
    if (i == MR_SCORE_DIRECTIONS) {
        mr_load_wrong(s->l, s->d->doc, score_of(s), "more than %d directions", MR_SCORE_DIRECTIONS);
        return 0;
    }
    struct mr_text title = {id, id};
    for (size_t k = 0; k < sizeof usual / sizeof usual[0]; k++) {
        title = strcmp(usual[k].id, id) == 0 ? usual[k].title : title;
    }
    title = mr_get_title(s->l, mr_yaml_get(mr_yaml_get(score_of(s), "directions"), id), "title", title);
    mr_str_copy(s->r->directions[i].title_zh, sizeof s->r->directions[i].title_zh, title.zh);
    mr_str_copy(s->r->directions[i].title_en, sizeof s->r->directions[i].title_en, title.en);
    return i;
}

/* The next entry of a pool of rules; NULL, and said, where it is full. */
static bool room(struct scoring *s, uint32_t n, uint32_t max, const struct mr_yaml *at)
{
    if (n == max) {
        mr_load_wrong(s->l, s->d->doc, at, "more than %u of these", max);
    }
    return n < max;
}

static struct mr_score_flow flow(struct scoring *s, const struct mr_yaml *y, const char *id)
{
    return (struct mr_score_flow){.direction = direction(s, id),
                                  .points_milli = milli(y, "weight", 0),
                                  .from = mr_get_duration(y, "from", 0),
                                  .until = mr_get_duration(y, "until", 0)};
}

static void add_title(struct scoring *s, enum mr_titled of, const struct mr_yaml *y, const char *id)
{
    struct mr_rule_title *t = &s->titles[s->d->s->ntitles++];
    *t = (struct mr_rule_title){.of = of, .id = id, .title = mr_get_title(s->l, y, "title", (struct mr_text){id, id})};
}

/* A variable of the process and a range of it. */
static int measured(struct scoring *s, const struct mr_yaml *y, const char *range, double *lo, double *hi)
{
    const struct mr_yaml *at = mr_yaml_get(y, range);
    int var = mr_load_var_of(s->l, s->d->doc, s->d->s->site, mr_yaml_get(y, "tag"));
    if (var >= 0) {
        const struct mr_var *v = &s->d->s->site->model->vars[var];
        (void)mr_load_range(s->l, s->d->doc, at, v->name, v->unit, lo, hi);
    }
    return var;
}

static void add_watch(struct scoring *s, const struct mr_yaml *y, const char *id, const char *range, struct mr_score_flow f)
{
    if (!room(s, s->r->nwatches, MR_SCORE_WATCHES, y)) {
        return;
    }
    struct mr_watch *w = &s->watches[s->d->s->nwatches++];
    w->id = mr_load_copy(s->l, id);
    add_title(s, MR_TITLED_WATCH, y, w->id);
    w->var = measured(s, y, range, &w->lo, &w->hi);
    struct mr_score_watch *rule = &s->r->watches[s->r->nwatches++];
    mr_str_copy(rule->id, sizeof rule->id, id);
    rule->flow = f;
}

static void availability(struct scoring *s)
{
    const struct mr_yaml *list = mr_yaml_get(score_of(s), "availability");
    for (const struct mr_yaml *y = list ? list->first : NULL; y; y = y->next) {
        add_watch(s, y, y->key->text, "within", flow(s, y, "availability"));
    }
    s->r->availability_multiplies = mr_get_switch(score_of(s), "availability-multiplies", false);
    if (s->r->availability_multiplies) {
        s->r->availability_direction = direction(s, "availability");
    }
}

static void safety(struct scoring *s)
{
    const struct mr_yaml *list = mr_yaml_get(score_of(s), "safety");
    for (const struct mr_yaml *y = list ? list->first : NULL; y; y = y->next) {
        if (!room(s, s->r->nbands, MR_SCORE_BANDS, y)) {
            return;
        }
        struct mr_band *b = &s->bands[s->d->s->nbands++];
        const struct mr_yaml *span = mr_yaml_get(y, "span");
        b->id = mr_load_copy(s->l, y->key->text);
        add_title(s, MR_TITLED_BAND, y, b->id);
        b->var = measured(s, y, "band", &b->lo, &b->hi);
        b->span = b->hi - b->lo;
        if (span && b->var >= 0) {
            const struct mr_var *v = &s->d->s->site->model->vars[b->var];
            (void)mr_load_quantity(s->l, s->d->doc, span, v->name, v->unit, false, &b->span);
        }
        if (!(isfinite(b->span) && b->span > 0)) {
            mr_load_wrong(s->l, s->d->doc, y->key, "band '%s' is open at one end: say by `span` in what its excess counts",
                          b->id);
        }
        struct mr_score_band *rule = &s->r->bands[s->r->nbands++];
        mr_str_copy(rule->id, sizeof rule->id, b->id);
        rule->flow = flow(s, y, "safety");
        rule->excess_cost_milli = milli(y, "cost", 1);
        rule->cost_max_milli = mr_yaml_get(y, "cost-max") ? milli(y, "cost-max", 0) : rule->flow.points_milli;
    }
}

static void damages(struct scoring *s)
{
    const struct mr_model *m = s->d->s->site->model;
    const struct mr_yaml *list = mr_yaml_get(score_of(s), "damage");
    for (const struct mr_yaml *y = list ? list->first : NULL; y; y = y->next) {
        bool any = strcmp(y->key->text, "any") == 0;
        bool known = any;
        for (size_t i = 0; i < m->ndamages && !known; i++) {
            known = strcmp(m->damages[i].name, y->key->text) == 0;
        }
        if (!known) {
            mr_load_unknown(s->l, s->d->doc, y->key, "damage of the process", y->key->text, m->damages, m->ndamages,
                            sizeof m->damages[0]);
        }
        if (!room(s, s->r->ndamages, MR_SCORE_DAMAGES, y)) {
            return;
        }
        struct mr_score_damage *rule = &s->r->damages[s->r->ndamages++];
        mr_str_copy(rule->damage, sizeof rule->damage, any ? "" : y->key->text);
        rule->direction = direction(s, "safety");
        rule->cost_milli = milli(list, y->key->text, 0);
    }
}

static void functions(struct scoring *s)
{
    const struct mr_scenario *sc = s->d->s;
    const struct mr_yaml *list = mr_yaml_get(score_of(s), "functions");
    for (size_t i = 0; i < sc->nkeeps; i++) {
        struct mr_score_check *rule = &s->r->checks[s->r->nchecks++];
        const struct mr_yaml *y = mr_yaml_get(list, sc->keeps[i].id);
        mr_str_copy(rule->id, sizeof rule->id, sc->keeps[i].id);
        s->titles[s->d->s->ntitles++] = (struct mr_rule_title){MR_TITLED_FUNCTION, sc->keeps[i].id, sc->keeps[i].title};
        rule->gates = mr_get_switch(y, "gates", true);
        rule->flow = flow(s, y, "operation");
    }
    for (const struct mr_yaml *y = list ? list->first : NULL; y; y = y->next) {
        bool known = false;
        for (size_t i = 0; i < sc->nkeeps && !known; i++) {
            known = strcmp(sc->keeps[i].id, y->key->text) == 0;
        }
        if (!known) {
            mr_load_unknown(s->l, s->d->doc, y->key, "function among `keeps`", y->key->text, sc->keeps, sc->nkeeps,
                            sizeof sc->keeps[0]);
        }
    }
}

static void monitoring(struct scoring *s)
{
    const struct mr_yaml *y = mr_yaml_get(score_of(s), "monitoring");
    struct mr_score_monitoring *m = &s->r->monitoring;
    const struct mr_yaml *tiers = mr_yaml_get(y, "tiers");
    if (!y) {
        return;
    }
    m->direction = direction(s, "monitoring");
    m->each_milli = milli(y, "each", 0);
    m->max_milli = mr_yaml_get(y, "at-most") ? milli(y, "at-most", 0) : m->each_milli * (int64_t)s->d->s->nsteps;
    m->wrong_milli = milli(y, "wrong", 0);
    m->half_life = period(s, y, "half-life", m->half_life, "10m");
    m->early = mr_get_duration(y, "early", m->early);
    m->late = mr_get_duration(y, "late", m->late);
    m->technique = mr_get_integer(tiers, "technique", m->technique);
    m->asset = mr_get_integer(tiers, "asset", m->asset);
    m->actor = mr_get_integer(tiers, "actor", m->actor);
    m->time = mr_get_integer(tiers, "time", m->time);
    m->enough = mr_get_integer(tiers, "enough", m->enough);
}

static void hardening(struct scoring *s)
{
    const struct mr_yaml *list = mr_yaml_get(score_of(s), "hardening");
    struct mr_scenario *sc = s->d->s;
    for (const struct mr_yaml *y = list ? list->first : NULL; y; y = y->next) {
        if (!room(s, s->r->nhardening, MR_SCORE_HARDENING, y)) {
            return;
        }
        struct mr_retry *retry = &s->retries[sc->nretries++];
        const struct mr_yaml *clauses = mr_yaml_get(y, "clauses");
        const struct mr_yaml *keeps = mr_yaml_get(y, "keeps");
        const struct mr_yaml *at = mr_yaml_get(y, "at");
        retry->id = mr_load_copy(s->l, y->key->text);
        add_title(s, MR_TITLED_RETRY, y, retry->id);
        retry->step = mr_load_step_of(s->l, s->d->doc, sc, mr_yaml_get(y, "retry"));
        retry->at = mr_get_duration(y, "at", sc->lasts - 2 * MR_MIN);
        if (retry->at < 0 || retry->at >= sc->lasts) {
            mr_load_wrong(s->l, s->d->doc, at ? at : y->key, "'%s' is tried again when the scenario is over", retry->id);
        }
        struct mr_score_hardening *rule = &s->r->hardening[s->r->nhardening++];
        mr_str_copy(rule->id, sizeof rule->id, retry->id);
        mr_str_copy(rule->keeps, sizeof rule->keeps, keeps ? keeps->text : "");
        mr_str_copy(rule->iec62443, sizeof rule->iec62443, mr_get_text(clauses, "iec62443", ""));
        mr_str_copy(rule->gbt22239, sizeof rule->gbt22239, mr_get_text(clauses, "gbt22239", ""));
        rule->direction = direction(s, "hardening");
        rule->points_milli = milli(y, "points", 0);
        bool known = !keeps;
        for (size_t i = 0; keeps && i < sc->nkeeps && !known; i++) {
            known = strcmp(sc->keeps[i].id, keeps->text) == 0;
        }
        if (!known) {
            mr_load_unknown(s->l, s->d->doc, keeps, "function among `keeps`", keeps->text, sc->keeps, sc->nkeeps,
                            sizeof sc->keeps[0]);
        }
    }
}

/* `within` is a duration where something must happen in time, a range where a variable must come back into it. */
static void response_times(struct scoring *s, const struct mr_yaml *y, struct mr_score_response *rule)
{
    const struct mr_yaml *within = mr_yaml_get(y, "within");
    mr_ns full = 2 * MR_MIN;
    if (rule->kind != MR_SCORE_RECOVER && within && mr_duration_parse(within->text, &full) != MR_OK) {
        mr_load_wrong(s->l, s->d->doc, within, "'%s': expected a duration such as 5m", within->text);
    }
    rule->full = mr_get_duration(y, "full", full);
    rule->zero = mr_get_duration(y, "zero", 2 * rule->full);
    if (rule->zero < rule->full) {
        mr_load_wrong(s->l, s->d->doc, mr_yaml_get(y, "zero"),
                      "'%s': no points from here on, but all points up to a later time (`full`)", mr_get_text(y, "zero", ""));
    }
    if (rule->kind != MR_SCORE_RECOVER) {
        return;
    }
    if (!within || !mr_yaml_get(y, "tag")) {
        mr_load_wrong(s->l, s->d->doc, y->key, "'%s' needs `tag` and `within`: what must be in specification again", rule->id);
        return;
    }
    mr_str_copy(rule->watch, sizeof rule->watch, rule->id);
    add_watch(s, y, rule->id, "within", (struct mr_score_flow){.direction = rule->direction});
}

static void response(struct scoring *s)
{
    static const char *const words[] = {
        [MR_SCORE_DETECT] = "detect", [MR_SCORE_CONTAIN] = "contain", [MR_SCORE_RECOVER] = "recover"};
    const struct mr_yaml *list = mr_yaml_get(score_of(s), "response");
    for (const struct mr_yaml *y = list ? list->first : NULL; y; y = y->next) {
        if (!room(s, s->r->nresponses, MR_SCORE_RESPONSES, y)) {
            return;
        }
        struct mr_score_response *rule = &s->r->responses[s->r->nresponses++];
        for (int k = MR_SCORE_DETECT; k <= MR_SCORE_RECOVER; k++) {
            if (strncmp(y->key->text, words[k], strlen(words[k])) == 0) {
                rule->kind = (enum mr_score_response_kind)k;
            }
        }
        const struct mr_yaml *step = mr_yaml_get(y, "step");
        (void)mr_load_step_of(s->l, s->d->doc, s->d->s, step);
        mr_str_copy(rule->id, sizeof rule->id, y->key->text);
        add_title(s, MR_TITLED_RESPONSE, y, mr_load_copy(s->l, rule->id));
        mr_str_copy(rule->step, sizeof rule->step, step->text);
        rule->direction = direction(s, "response");
        rule->points_milli = milli(y, "points", 0);
        rule->hold = mr_get_duration(y, "hold", 30 * MR_S);
        response_times(s, y, rule);
    }
}

void mr_load_score(struct mr_loader *l, struct mr_scenario_draft *d)
{
    struct scoring s = {.l = l,
                        .d = d,
                        .r = &d->s->score,
                        .watches = MR_POOL_NEW(l->pool, struct mr_watch, MR_SCORE_WATCHES),
                        .bands = MR_POOL_NEW(l->pool, struct mr_band, MR_SCORE_BANDS),
                        .retries = MR_POOL_NEW(l->pool, struct mr_retry, MR_SCORE_HARDENING),
                        .titles = MR_POOL_NEW(l->pool, struct mr_rule_title, TITLES)};
    size_t before = l->diags->errors;
    mr_score_rules_defaults(s.r);
    s.r->lasts = d->s->lasts;
    s.r->every = period(&s, score_of(&s), "every", MR_MIN, "30s");
    d->s->watches = s.watches;
    d->s->bands = s.bands;
    d->s->retries = s.retries;
    d->s->titles = s.titles;
    availability(&s);
    safety(&s);
    damages(&s);
    functions(&s);
    monitoring(&s);
    hardening(&s);
    response(&s);
    char why[200] = "";
    if (l->diags->errors == before && mr_score_rules_check(s.r, why, sizeof why) != MR_OK) {
        mr_load_wrong(l, d->doc, score_of(&s), "the score does not fit together: %s", why);
    }
}
