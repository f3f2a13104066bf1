/* world_watch.c - what a scenario measures on the true values of the process: bands kept and left, how far out, and damage. */
#include "site/world_internal.h"

#include "base/maths.h"

#define MR_EXCESS_PERIOD MR_MIN /* how often an excess that goes on is told */

static const struct mr_field watch_fields[] = {
    MR_FIELD(struct mr_watch_state, known, MR_BOOL),
    MR_FIELD(struct mr_watch_state, in, MR_BOOL),
    MR_FIELD(struct mr_watch_state, excess, MR_F64),
    MR_FIELD(struct mr_watch_state, told, MR_I64),
};
static const struct mr_type watch_type = MR_TYPE("watch", struct mr_watch_state, watch_fields);

bool mr_world_watch_create(struct mr_world *w)
{
    const struct mr_scenario *s = w->config.scenario;
    if (!s || s->nwatches + s->nbands == 0) {
        return true;
    }
    w->watches = mr_arena_new(w->arena, &watch_type, s->nwatches + s->nbands, "watches");
    return w->watches != NULL;
}

static void watch(struct mr_world *w, const struct mr_watch *plan, struct mr_watch_state *st)
{
    double v = mr_plant_true(w->env.plant, plan->var);
    bool in = v >= plan->lo && v <= plan->hi;
    if (!st->known || in != st->in) {
        st->known = true;
        st->in = in;
        mr_env_emit(&w->env, MR_EV_WATCH, plan->id, w->config.site->model->vars[plan->var].name, NULL, in, v);
    }
}

static void tell_excess(struct mr_world *w, const struct mr_band *plan, struct mr_watch_state *st)
{
    mr_env_emit(&w->env, MR_EV_EXCESS, plan->id, w->config.site->model->vars[plan->var].name, NULL, 0, st->excess);
    st->excess = 0;
    st->told = w->env.now;
}

/* Once a second: adds what the value lies beyond its band, in spans. */
static void measure(struct mr_world *w, const struct mr_band *plan, struct mr_watch_state *st)
{
    double v = mr_plant_true(w->env.plant, plan->var);
    double beyond = mr_max(0, mr_max(plan->lo - v, v - plan->hi));
    bool in = !(beyond > 0);
    st->excess += beyond / plan->span;
    if (!st->known || in != st->in) {
        st->known = true;
        st->in = in;
        if (in && st->excess > 0) {
            tell_excess(w, plan, st);
        }
    }
    if (st->excess > 0 && w->env.now - st->told >= MR_EXCESS_PERIOD) {
        tell_excess(w, plan, st);
    }
}

void mr_world_watch(struct mr_world *w)
{
    const struct mr_scenario *s = w->config.scenario;
    if (!s || !w->st->begun) {
        return;
    }
    for (size_t i = 0; i < s->nwatches; i++) {
        watch(w, &s->watches[i], &w->watches[i]);
    }
    for (size_t i = 0; i < s->nbands; i++) {
        measure(w, &s->bands[i], &w->watches[s->nwatches + i]);
    }
}

void mr_world_watch_damage(struct mr_world *w)
{
    uint64_t now = mr_plant_damage(w->env.plant);
    uint64_t fresh = now & ~w->st->damage;
    w->st->damage = now;
    for (size_t i = 0; fresh != 0 && i < w->config.site->model->ndamages; i++) {
        if (fresh >> i & 1) {
            mr_env_emit(&w->env, MR_EV_DAMAGE, w->config.site->model->damages[i].name, NULL, NULL, 0, 0);
        }
    }
}
