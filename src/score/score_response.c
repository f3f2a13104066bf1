/* score_response.c - hardening and response: claims that are settled after each event, as soon as they have held long enough. */
#include "score/score_state.h"

#include <stdio.h>

void mr_score_retry(struct mr_score *s, const struct mr_event *e)
{
    for (uint32_t i = 0; i < s->rules->nhardening; i++) {
        if (strcmp(s->rules->hardening[i].id, e->subject) == 0) {
            s->hardening[i].holds = e->number == 0;
        }
    }
}

static bool function_works(const struct mr_score *s, const char *id)
{
    for (uint32_t i = 0; i < s->rules->nchecks; i++) {
        if (strcmp(s->rules->checks[i].id, id) == 0) {
            return s->checks[i].works;
        }
    }
    return true;
}

static void settle_hardening(struct mr_score *s, mr_ns now)
{
    for (uint32_t i = 0; i < s->rules->nhardening; i++) {
        const struct mr_score_hardening *h = &s->rules->hardening[i];
        struct hardening_state *st = &s->hardening[i];
        bool due = st->holds && function_works(s, h->keeps);
        if (due == st->paid) {
            continue;
        }
        st->paid = due;
        mr_score_line(s, &(struct line){.direction = h->direction,
                                        .kind = "hardening",
                                        .id = h->id,
                                        .points_milli = due ? h->points_milli : -h->points_milli,
                                        .reason = due ? "hardening-holds" : "hardening-lost",
                                        .args = {h->id, h->keeps},
                                        .at = now});
    }
}

static mr_ns later(mr_ns a, mr_ns b)
{
    return a > b ? a : b;
}

/* Since when a step is contained: it does nothing any more, somebody had noticed the incident, and legitimate functions work. */
static bool contained(const struct mr_score *s, const struct step_state *st, mr_ns *since)
{
    if (!st->quiet || !s->any_right || s->gates_open != s->gates) {
        return false;
    }
    *since = later(st->quiet_since, later(s->first_right, s->gates_since));
    return true;
}

/* Full up to `full`, nothing from `zero` on, a straight line between; in milliseconds, so that products fit. */
static int64_t fade(const struct mr_score_response *r, mr_ns took)
{
    if (took <= r->full) {
        return r->points_milli;
    }
    if (took >= r->zero) {
        return 0;
    }
    return r->points_milli * ((r->zero - took) / MR_MS) / ((r->zero - r->full) / MR_MS > 0 ? (r->zero - r->full) / MR_MS : 1);
}

static bool watch_in(const struct mr_score *s, const char *id, mr_ns *since)
{
    for (uint32_t i = 0; i < s->rules->nwatches; i++) {
        if (strcmp(s->rules->watches[i].id, id) == 0) {
            *since = s->watches[i].in_since;
            return s->watches[i].in;
        }
    }
    return false;
}

/* Whether the response is reached and has held, and what it took. */
static bool reached(struct mr_score *s, const struct mr_score_response *r, mr_ns now, mr_ns *took)
{
    struct step_state *st = mr_score_step(s, r->step);
    mr_ns since = 0, in_since = 0;
    if (!st) {
        return false;
    }
    switch (r->kind) {
    case MR_SCORE_DETECT:
        *took = st->found_at - st->begin;
        return st->found;
    case MR_SCORE_CONTAIN:
        if (!contained(s, st, &since) || now - since < r->hold) {
            return false;
        }
        *took = later(since - st->hit, 0);
        return true;
    case MR_SCORE_RECOVER:
        if (!contained(s, st, &since) || !watch_in(s, r->watch, &in_since) || now - later(since, in_since) < r->hold) {
            return false;
        }
        *took = later(in_since - since, 0);
        return true;
    }
    return false;
}

/* At the close: a step that never came because the team, which had noticed the incident, stopped the attack before it. */
static bool prevented(struct mr_score *s, const struct mr_score_response *r)
{
    return r->kind != MR_SCORE_DETECT && !mr_score_step(s, r->step) && s->any_right && s->gates_open == s->gates;
}

static void respond(struct mr_score *s, uint32_t i, int64_t points, const char *reason, mr_ns took, mr_ns now)
{
    const struct mr_score_response *r = &s->rules->responses[i];
    char seconds[24];
    (void)snprintf(seconds, sizeof seconds, "%lld", (long long)(took / MR_S));
    s->responded[i] = true;
    mr_score_line(s, &(struct line){.direction = r->direction,
                                    .kind = "response",
                                    .id = r->id,
                                    .points_milli = points,
                                    .reason = reason,
                                    .args = {r->id, seconds},
                                    .at = now});
}

void mr_score_settle(struct mr_score *s, mr_ns now, bool closing)
{
    static const char *const reasons[] = {"detected", "contained", "recovered"};
    settle_hardening(s, now);
    for (uint32_t i = 0; i < s->rules->nresponses; i++) {
        const struct mr_score_response *r = &s->rules->responses[i];
        mr_ns took = 0;
        if (s->responded[i]) {
            continue;
        }
        if (reached(s, r, now, &took)) {
            respond(s, i, fade(r, took), reasons[r->kind], took, now);
        } else if (closing && prevented(s, r)) {
            respond(s, i, r->points_milli, "prevented", 0, now);
        }
    }
}
