/* world_checks.c - legitimate operators' functions, tried again and again through the HMI: a command goes out over the wire, and
 * its feedback must come back by polling within the time that the scenario allows. */
#include "site/world_internal.h"

#include "base/maths.h"

enum check_phase { CHECK_IDLE, CHECK_SENT, CHECK_WAITING };
#define MR_CHECK_LOOK (500 * MR_MS) /* how often the feedback is looked at */

static const struct mr_field check_fields[] = {
    MR_FIELD(struct mr_check_state, phase, MR_U8),
    MR_FIELD(struct mr_check_state, before, MR_F64),
    MR_FIELD(struct mr_check_state, since, MR_I64),
    MR_FIELD(struct mr_check_state, round, MR_U32),
};
static const struct mr_type check_type = MR_TYPE("check", struct mr_check_state, check_fields);

static struct mr_owner owner(size_t i)
{
    return (struct mr_owner){MR_OWNER_CHECK, (uint16_t)i, 0};
}

static void conclude(struct mr_world *w, size_t i, bool worked, const char *why)
{
    const struct mr_keep *k = &w->config.scenario->keeps[i];
    struct mr_check_state *st = &w->checks[i];
    double took = (double)(w->env.now - st->since) / (double)MR_S;
    mr_env_emit(&w->env, MR_EV_CHECK, k->id, w->config.site->devices[k->hmi].name, why, worked, took);
    st->phase = CHECK_IDLE;
}

static void on_done(void *ctx, uint32_t token, enum mr_err err)
{
    struct mr_world *w = ctx;
    if (token >= w->config.scenario->nkeeps) {
        return;
    }
    struct mr_check_state *st = &w->checks[token];
    if (st->phase == CHECK_SENT && err == MR_OK) {
        st->phase = CHECK_WAITING;
    } else if (st->phase == CHECK_SENT) {
        conclude(w, token, false, mr_err_text(err));
    }
}

static double target(const struct mr_keep *k, const struct mr_check_state *st)
{
    if (k->toggle) {
        return st->before > 0.5 ? 0 : 1;
    }
    return k->value;
}

static void begin(struct mr_world *w, size_t i)
{
    const struct mr_keep *k = &w->config.scenario->keeps[i];
    struct mr_station *hmi = mr_devices_station(w->devices, k->hmi);
    struct mr_check_state *st = &w->checks[i];
    st->since = w->env.now;
    st->round++;
    if (!hmi || mr_station_value(hmi, k->tag, &st->before) != MR_QUALITY_GOOD) {
        conclude(w, i, false, "no current value at the station");
        return;
    }
    st->phase = CHECK_SENT;
    enum mr_err err = mr_station_command(hmi, k->tag, target(k, st), MR_ASKER_CHECKS, (uint32_t)i);
    if (err != MR_OK) {
        conclude(w, i, false, mr_err_text(err));
        return;
    }
    mr_env_after(&w->env, MR_CHECK_LOOK, owner(i), st->round);
}

/* The feedback shows the command: the value itself, or for a toggle the other side of a bool. */
static bool shown(struct mr_world *w, const struct mr_keep *k, const struct mr_check_state *st)
{
    double v;
    struct mr_station *hmi = mr_devices_station(w->devices, k->hmi);
    if (mr_station_value(hmi, k->feedback_tag, &v) != MR_QUALITY_GOOD) {
        return false;
    }
    double wanted = target(k, st);
    if (w->config.site->tags[k->feedback_tag].is_bool) {
        return (v > 0.5) == (wanted > 0.5);
    }
    return mr_fabs(v - wanted) <= mr_max(1e-3, 0.01 * mr_fabs(wanted));
}

static void look(struct mr_world *w, size_t i)
{
    const struct mr_keep *k = &w->config.scenario->keeps[i];
    struct mr_check_state *st = &w->checks[i];
    if (st->phase != CHECK_SENT && st->phase != CHECK_WAITING) {
        return;
    }
    if (st->phase == CHECK_WAITING && shown(w, k, st)) {
        struct mr_station *hmi = mr_devices_station(w->devices, k->hmi);
        conclude(w, i, true, NULL);
        if (k->toggle) { /* put it back; nobody waits for the answer */
            (void)mr_station_command(hmi, k->tag, st->before, MR_ASKER_CHECKS, (uint32_t)i);
        }
    } else if (w->env.now - st->since >= k->feedback) {
        conclude(w, i, false, st->phase == CHECK_SENT ? "the controller did not answer" : "the feedback did not follow");
    } else {
        mr_env_after(&w->env, MR_CHECK_LOOK, owner(i), st->round);
    }
}

/* b 0: time for the next round; otherwise a look during that round. */
static void on_timer(void *ctx, struct mr_owner o, uint64_t b)
{
    struct mr_world *w = ctx;
    size_t i = o.unit;
    if (!w->config.scenario || i >= w->config.scenario->nkeeps) {
        return;
    }
    if (b == 0) {
        mr_env_after(&w->env, w->config.scenario->keeps[i].every, o, 0);
        if (w->checks[i].phase == CHECK_IDLE) {
            begin(w, i);
        }
    } else if (b == w->checks[i].round) {
        look(w, i);
    }
}

static const struct mr_owner_ops owner_ops = {NULL, on_timer, NULL};

bool mr_world_checks_create(struct mr_world *w)
{
    const struct mr_scenario *s = w->config.scenario;
    mr_env_register(&w->env, MR_OWNER_CHECK, &owner_ops, w);
    if (!s || s->nkeeps == 0) {
        return true;
    }
    w->checks = mr_arena_new(w->arena, &check_type, s->nkeeps, "checks");
    for (size_t i = 0; i < s->nkeeps; i++) {
        mr_station_answer_to(mr_devices_station(w->devices, s->keeps[i].hmi), MR_ASKER_CHECKS, on_done, w);
    }
    return w->checks != NULL;
}

void mr_world_checks_begin(struct mr_world *w)
{
    for (size_t i = 0; w->config.scenario && i < w->config.scenario->nkeeps; i++) {
        const struct mr_keep *k = &w->config.scenario->keeps[i];
        mr_env_after(&w->env, k->every * (mr_ns)(i + 1) / (mr_ns)(w->config.scenario->nkeeps + 1), owner(i), 0);
    }
}
