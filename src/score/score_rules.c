/* score_rules.c - the rules as data: defaults, what a direction is worth, scaling to an event's weights, and what cannot be. */
#include "score/score.h"

#include <stdarg.h>
#include <stdio.h>

/* Every source of a direction that can give points, at most one per entry of each table. */
#define SOURCES_MAX (MR_SCORE_WATCHES + MR_SCORE_BANDS + MR_SCORE_CHECKS + 1 + MR_SCORE_HARDENING + MR_SCORE_RESPONSES)
#define COSTS_MAX   (2 * MR_SCORE_BANDS + MR_SCORE_DAMAGES + 2)

void mr_score_rules_defaults(struct mr_score_rules *r)
{
    r->every = MR_MIN;
    r->monitoring.technique = 400;
    r->monitoring.asset = 300;
    r->monitoring.actor = 150;
    r->monitoring.time = 150;
    r->monitoring.enough = 500;
    r->monitoring.early = MR_MIN;
    r->monitoring.late = MR_MIN;
    r->monitoring.half_life = 10 * MR_MIN;
    for (uint32_t i = 0; i < MR_SCORE_RESPONSES; i++) {
        r->responses[i].hold = 30 * MR_S;
    }
}

uint32_t mr_score_rules_direction(struct mr_score_rules *r, const char *id)
{
    for (uint32_t i = 0; i < r->ndirections; i++) {
        if (strcmp(r->directions[i].id, id) == 0) {
            return i;
        }
    }
    if (r->ndirections == MR_SCORE_DIRECTIONS) {
        return MR_SCORE_DIRECTIONS;
    }
    mr_str_copy(r->directions[r->ndirections].id, sizeof r->directions[0].id, id);
    return r->ndirections++;
}

/* The places in `r` that say what a direction's sources give. */
static size_t points_of(struct mr_score_rules *r, uint32_t direction, int64_t *out[SOURCES_MAX])
{
    size_t n = 0;
    for (uint32_t i = 0; i < r->nwatches && !r->availability_multiplies; i++) {
        if (r->watches[i].flow.direction == direction) {
            out[n++] = &r->watches[i].flow.points_milli;
        }
    }
    for (uint32_t i = 0; i < r->nbands; i++) {
        if (r->bands[i].flow.direction == direction) {
            out[n++] = &r->bands[i].flow.points_milli;
        }
    }
    for (uint32_t i = 0; i < r->nchecks; i++) {
        if (r->checks[i].flow.direction == direction) {
            out[n++] = &r->checks[i].flow.points_milli;
        }
    }
    if (r->monitoring.each_milli > 0 && r->monitoring.direction == direction) {
        out[n++] = &r->monitoring.max_milli;
    }
    for (uint32_t i = 0; i < r->nhardening; i++) {
        if (r->hardening[i].direction == direction) {
            out[n++] = &r->hardening[i].points_milli;
        }
    }
    for (uint32_t i = 0; i < r->nresponses; i++) {
        if (r->responses[i].direction == direction) {
            out[n++] = &r->responses[i].points_milli;
        }
    }
    return n;
}

static size_t costs_of(struct mr_score_rules *r, uint32_t direction, int64_t *out[COSTS_MAX])
{
    size_t n = 0;
    for (uint32_t i = 0; i < r->nbands; i++) {
        if (r->bands[i].flow.direction == direction) {
            out[n++] = &r->bands[i].excess_cost_milli;
            out[n++] = &r->bands[i].cost_max_milli;
        }
    }
    for (uint32_t i = 0; i < r->ndamages; i++) {
        if (r->damages[i].direction == direction) {
            out[n++] = &r->damages[i].cost_milli;
        }
    }
    if (r->monitoring.direction == direction) {
        out[n++] = &r->monitoring.each_milli;
        out[n++] = &r->monitoring.wrong_milli;
    }
    return n;
}

int64_t mr_score_rules_worth(const struct mr_score_rules *r, uint32_t direction)
{
    struct mr_score_rules copy = *r;
    int64_t *points[SOURCES_MAX];
    size_t n = points_of(&copy, direction, points);
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += *points[i];
    }
    return sum;
}

/* Sources are cut along a common scale, so that rounding neither adds nor loses a thousandth of the direction's weight. */
static void scale_direction(struct mr_score_rules *r, uint32_t direction, int64_t worth, int64_t weight)
{
    int64_t *at[SOURCES_MAX > COSTS_MAX ? SOURCES_MAX : COSTS_MAX];
    size_t n = points_of(r, direction, at);
    int64_t before = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t after = before + *at[i];
        *at[i] = after * weight / worth - before * weight / worth;
        before = after;
    }
    n = costs_of(r, direction, at);
    for (size_t i = 0; i < n; i++) {
        *at[i] = *at[i] * weight / worth;
    }
}

void mr_score_rules_scale(struct mr_score_rules *r)
{
    for (uint32_t d = 0; d < r->ndirections; d++) {
        int64_t worth = mr_score_rules_worth(r, d);
        if (r->directions[d].weight_milli > 0 && worth > 0) {
            scale_direction(r, d, worth, r->directions[d].weight_milli);
        }
    }
}

/* Points and costs above this are a slip of the pen, and products with times must fit 63 bits. */
#define POINTS_MAX_MILLI 1000000
#define ROUND_MAX        (30 * MR_DAY)

static __attribute__((format(printf, 3, 4))) enum mr_err say(char *why, size_t cap, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(why, cap, fmt, ap);
    va_end(ap);
    return MR_E_INVALID;
}

static bool flow_fits(const struct mr_score_rules *r, const struct mr_score_flow *f)
{
    mr_ns until = f->until ? f->until : r->lasts;
    return f->direction < r->ndirections && f->from >= 0 && f->from < until && until <= r->lasts && f->points_milli >= 0 &&
           f->points_milli <= POINTS_MAX_MILLI;
}

static bool has_check(const struct mr_score_rules *r, const char *id)
{
    for (uint32_t i = 0; i < r->nchecks; i++) {
        if (strcmp(r->checks[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_watch(const struct mr_score_rules *r, const char *id)
{
    for (uint32_t i = 0; i < r->nwatches; i++) {
        if (strcmp(r->watches[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static enum mr_err check_flow(const struct mr_score_rules *r, const struct mr_score_flow *f, const char *what, const char *id,
                              char *why, size_t cap)
{
    if (flow_fits(r, f)) {
        return MR_OK;
    }
    return say(why, cap, "%s '%s': its time lies outside the round, or its points outside 0..1000, or it has no direction", what,
               id);
}

static enum mr_err check_flows(const struct mr_score_rules *r, char *why, size_t cap)
{
    enum mr_err err = MR_OK;
    for (uint32_t i = 0; i < r->nwatches && err == MR_OK; i++) {
        err = check_flow(r, &r->watches[i].flow, "watch", r->watches[i].id, why, cap);
    }
    for (uint32_t i = 0; i < r->nbands && err == MR_OK; i++) {
        err = check_flow(r, &r->bands[i].flow, "safety band", r->bands[i].id, why, cap);
    }
    for (uint32_t i = 0; i < r->nchecks && err == MR_OK; i++) {
        err = check_flow(r, &r->checks[i].flow, "operator function", r->checks[i].id, why, cap);
    }
    return err;
}

static enum mr_err check_sources(const struct mr_score_rules *r, char *why, size_t cap)
{
    const struct mr_score_monitoring *m = &r->monitoring;
    if (m->each_milli != 0) {
        if (m->direction >= r->ndirections || m->each_milli < 0 || m->max_milli < m->each_milli || m->wrong_milli > 0) {
            return say(why, cap, "monitoring: 'each' gives points, 'max' is at least 'each', 'wrong' costs");
        }
        if (m->technique + m->asset + m->actor + m->time != 1000 || m->enough == 0 || m->enough > 1000) {
            return say(why, cap, "monitoring: the tiers technique, asset, actor and time add up to 1000");
        }
    }
    for (uint32_t i = 0; i < r->nhardening; i++) {
        const struct mr_score_hardening *h = &r->hardening[i];
        if (h->keeps[0] && !has_check(r, h->keeps)) {
            return say(why, cap, "hardening '%s' keeps '%s', which is no operator function", h->id, h->keeps);
        }
        if (h->direction >= r->ndirections || h->points_milli < 0 || h->points_milli > POINTS_MAX_MILLI) {
            return say(why, cap, "hardening '%s': points lie in 0..1000, in a direction", h->id);
        }
    }
    for (uint32_t i = 0; i < r->nresponses; i++) {
        const struct mr_score_response *p = &r->responses[i];
        if (p->direction >= r->ndirections || p->points_milli < 0 || p->points_milli > POINTS_MAX_MILLI) {
            return say(why, cap, "response '%s': points lie in 0..1000, in a direction", p->id);
        }
        if (p->full < 0 || p->zero < p->full || p->hold < 0 || !p->step[0]) {
            return say(why, cap, "response '%s' names a step, and its points end after they begin to fall", p->id);
        }
        if (p->kind == MR_SCORE_RECOVER && !has_watch(r, p->watch)) {
            return say(why, cap, "response '%s' waits for watch '%s', which there is not", p->id, p->watch);
        }
    }
    return MR_OK;
}

enum mr_err mr_score_rules_check(const struct mr_score_rules *r, char *why, size_t cap)
{
    if (r->lasts <= 0 || r->lasts > ROUND_MAX) {
        return say(why, cap, "a round lasts longer than nothing, and 30 days at most");
    }
    if (r->every < 0 || (r->every > 0 && r->every < MR_S)) {
        return say(why, cap, "the ledger is written once a second at most");
    }
    enum mr_err err = check_flows(r, why, cap);
    return err != MR_OK ? err : check_sources(r, why, cap);
}
