/* score_match.c - findings against the ground truth.
 *
 * A finding is compared in four tiers with every step that has begun: technique, asset, actor, time. The sum of the tiers that
 * agree says how good it is; the step for which it earns most is the one it has found. A better finding of the same step earns
 * the difference. One that fits no step well enough costs. */
#include "score/score_state.h"

#include "base/maths.h"

#include <stdio.h>

struct step_state *mr_score_step(struct mr_score *s, const char *id)
{
    for (uint32_t i = 0; i < s->nsteps; i++) {
        if (strcmp(s->steps[i].id, id) == 0) {
            return &s->steps[i];
        }
    }
    return NULL;
}

void mr_score_step_begin(struct mr_score *s, const struct mr_event *e)
{
    struct step_state *st = mr_score_step(s, e->subject);
    if (!st) {
        if (s->nsteps == MR_SCORE_STEPS) {
            return;
        }
        st = &s->steps[s->nsteps++];
        mr_str_copy(st->id, sizeof st->id, e->subject);
        size_t n = strcspn(e->detail, " ");
        (void)snprintf(st->technique, sizeof st->technique, "%.*s", (int)n, e->detail);
        mr_str_copy(st->targets, sizeof st->targets, e->detail + n);
        st->actor = (uint32_t)e->number;
        st->begin = e->at;
        st->hit = e->at;
    }
    st->ended = false; /* a step may try again: it lasts from its first beginning to its last end */
    st->quiet = false;
}

static void falls_quiet(struct step_state *st, mr_ns at)
{
    if (st->effects == 0 && st->ended && !st->quiet) {
        st->quiet = true;
        st->quiet_since = at;
    }
}

void mr_score_step_end(struct mr_score *s, const struct mr_event *e)
{
    struct step_state *st = mr_score_step(s, e->subject);
    if (st) {
        st->ended = true;
        st->end = e->at;
        falls_quiet(st, e->at);
    }
}

void mr_score_effect(struct mr_score *s, const struct mr_event *e)
{
    struct step_state *st = mr_score_step(s, e->subject);
    if (!st) {
        return;
    }
    if (e->number != 0) {
        st->effects++;
        st->quiet = false;
        if (!st->was_hit) {
            st->was_hit = true;
            st->hit = e->at;
        }
    } else if (st->effects > 0) {
        st->effects--;
        falls_quiet(st, e->at);
    }
}

/* The finding's first word of detail as an IPv4 address; 0 where it is none. */
static uint32_t actor_of(const char *text)
{
    uint32_t ip = 0;
    for (int octet = 0; octet < 4; octet++) {
        uint32_t v = 0;
        int digits = 0;
        while (*text >= '0' && *text <= '9' && digits < 4) {
            v = v * 10 + (uint32_t)(*text++ - '0');
            digits++;
        }
        if (digits == 0 || v > 255 || (octet < 3 && *text++ != '.')) {
            return 0;
        }
        ip = ip << 8 | v;
    }
    return *text == '\0' || *text == ' ' || *text == '\n' || *text == '\t' || *text == ',' ? ip : 0;
}

/* The claimed time touches the step's, give or take the tolerances, and is not longer than it could be. */
static bool time_fits(const struct mr_score_monitoring *m, const struct step_state *st, const struct mr_event *e)
{
    double from = (double)e->number;
    double to = e->value >= from ? e->value : from;
    double begin = (double)(st->begin - m->early);
    double end = (double)((st->ended ? st->end : e->at) + m->late);
    return e->number > 0 && from <= end && to >= begin && to - from <= end - begin;
}

static bool is_target(const struct step_state *st, const char *asset)
{
    size_t n = strlen(asset);
    for (const char *at = st->targets; n > 0 && *at; at += strcspn(at, " ")) {
        at++; /* the blank */
        if (strncmp(at, asset, n) == 0 && (at[n] == ' ' || at[n] == '\0')) {
            return true;
        }
    }
    return st->targets[0] == '\0';
}

static uint32_t tiers(const struct mr_score_monitoring *m, const struct step_state *st, const struct mr_event *e)
{
    uint32_t sum = 0;
    sum += strcmp(st->technique, e->subject) == 0 ? m->technique : 0;
    sum += is_target(st, e->object) ? m->asset : 0;
    sum += st->actor != 0 && actor_of(e->detail) == st->actor ? m->actor : 0;
    sum += time_fits(m, st, e) ? m->time : 0;
    return sum;
}

/* What a finding of this sum is worth at this time: halved with each half-life since the step's beginning. */
static int64_t worth(const struct mr_score_monitoring *m, const struct step_state *st, uint32_t sum, mr_ns at)
{
    double full = (double)m->each_milli * sum / 1000.0;
    double decay = m->half_life > 0 ? mr_pow(0.5, (double)(at - st->begin) / (double)m->half_life) : 1.0;
    return (int64_t)mr_round(full * decay);
}

static void finding_line(struct mr_score *s, const struct mr_event *e, int64_t points, const char *reason)
{
    mr_score_line(s, &(struct line){.direction = s->rules->monitoring.direction,
                                    .kind = "finding",
                                    .id = "",
                                    .points_milli = points,
                                    .reason = reason,
                                    .args = {e->subject, e->object},
                                    .member = true,
                                    .at = e->at});
}

void mr_score_finding(struct mr_score *s, const struct mr_event *e)
{
    const struct mr_score_monitoring *m = &s->rules->monitoring;
    struct step_state *best = NULL;
    int64_t best_more = 0;
    for (uint32_t i = 0; i < s->nsteps; i++) {
        struct step_state *st = &s->steps[i];
        uint32_t sum = st->technique[0] ? tiers(m, st, e) : 0; /* a step without technique is no attack: ordinary maintenance */
        if (sum < m->enough) {
            continue;
        }
        int64_t more = worth(m, st, sum, e->at) - st->paid_milli;
        if (!best || more > best_more) {
            best = st;
            best_more = more;
        }
    }
    if (!best) {
        finding_line(s, e, m->wrong_milli, "finding-wrong");
        return;
    }
    if (!s->any_right) {
        s->any_right = true;
        s->first_right = e->at;
    }
    bool again = best->found;
    if (!again) {
        best->found = true;
        best->found_at = e->at;
    }
    int64_t left = m->max_milli - s->monitoring_milli;
    int64_t more = best_more < 0 ? 0 : (best_more < left ? best_more : left);
    best->paid_milli += more;
    s->monitoring_milli += more;
    finding_line(s, e, more, more == 0 ? "finding-again" : (again ? "finding-better" : "finding-right"));
}
