/* score.c - events in, ledger lines out: the order of things. Before an event is looked at, flows are earned up to its time;
 * after it, hardening and response are settled. The meaning of each source is in docs/scoring.md. */
#include "score/score_state.h"

#include <stdio.h>
#include <stdlib.h>

struct mr_score *mr_score_create(const struct mr_score_rules *rules, const char *team, mr_ledger_fn *fn, void *ctx)
{
    struct mr_score *s = calloc(1, sizeof *s);
    if (!s) {
        return NULL;
    }
    s->rules = rules;
    s->fn = fn;
    s->ctx = ctx;
    mr_str_copy(s->team, sizeof s->team, team);
    for (uint32_t i = 0; i < rules->nwatches; i++) {
        s->watches[i].in = true;
    }
    for (uint32_t i = 0; i < rules->nchecks; i++) {
        s->checks[i].works = true;
        s->gates += rules->checks[i].gates ? 1 : 0;
    }
    s->gates_open = s->gates;
    return s;
}

void mr_score_destroy(struct mr_score *s)
{
    free(s);
}

void mr_score_line(struct mr_score *s, const struct line *l)
{
    const struct mr_score_direction *d = &s->rules->directions[l->direction];
    struct mr_ledger_line out = {
        .id = ++s->lines, .input = s->last.input, .index = s->last.index, .at = l->at, .points_milli = l->points_milli};
    mr_str_copy(out.team, sizeof out.team, s->team);
    mr_str_copy(out.direction, sizeof out.direction, d->id);
    (void)snprintf(out.source, sizeof out.source, "%s%s%s", l->kind, l->id[0] ? ":" : "", l->id);
    mr_str_copy(out.reason, sizeof out.reason, l->reason);
    if (l->member) {
        mr_str_copy(out.member, sizeof out.member, s->last.member);
        mr_str_copy(out.post, sizeof out.post, s->last.post);
    }
    while (out.nargs < MR_LEDGER_ARGS && l->args[out.nargs]) {
        mr_str_copy(out.args[out.nargs], sizeof out.args[0], l->args[out.nargs]);
        out.nargs++;
    }
    s->by_direction[l->direction] += l->points_milli;
    if (s->fn) {
        s->fn(s->ctx, &out);
    }
}

static void begin(struct mr_score *s, mr_ns at)
{
    if (s->begun) {
        return;
    }
    s->begun = true;
    s->begin = s->now = s->gates_since = at;
    s->end = at + s->rules->lasts;
    s->boundary = at + (s->rules->every ? s->rules->every : MR_MIN);
    for (uint32_t i = 0; i < s->rules->nwatches; i++) {
        s->watches[i].in_since = at;
    }
}

static void watch(struct mr_score *s, const struct mr_event *e)
{
    for (uint32_t i = 0; i < s->rules->nwatches; i++) {
        struct watch_state *w = &s->watches[i];
        if (strcmp(s->rules->watches[i].id, e->subject) == 0 && w->in != (e->number != 0)) {
            w->in = e->number != 0;
            w->in_since = e->at;
        }
    }
}

static void excess(struct mr_score *s, const struct mr_event *e)
{
    for (uint32_t i = 0; i < s->rules->nbands; i++) {
        const struct mr_score_flow *f = &s->rules->bands[i].flow;
        mr_ns until = f->until ? s->begin + f->until : s->end;
        if (strcmp(s->rules->bands[i].id, e->subject) == 0 && s->begun && e->value > 0 && e->at >= s->begin + f->from &&
            e->at <= until) {
            s->bands[i].excess += e->value;
        }
    }
}

static void damage(struct mr_score *s, const struct mr_event *e)
{
    const struct mr_score_rules *r = s->rules;
    uint32_t found = r->ndamages;
    for (uint32_t i = 0; i < r->ndamages; i++) {
        if (strcmp(r->damages[i].damage, e->subject) == 0) {
            found = i;
            break;
        }
        if (r->damages[i].damage[0] == '\0') {
            found = i;
        }
    }
    if (found == r->ndamages || r->damages[found].cost_milli == 0) {
        return;
    }
    bool named = r->damages[found].damage[0] != '\0';
    if (named && (s->damaged & 1ull << found)) {
        return;
    }
    s->damaged |= 1ull << found;
    mr_score_line(s, &(struct line){.direction = r->damages[found].direction,
                                    .kind = "damage",
                                    .id = e->subject,
                                    .points_milli = -r->damages[found].cost_milli,
                                    .reason = "damage",
                                    .args = {e->subject},
                                    .at = e->at});
}

static void check(struct mr_score *s, const struct mr_event *e)
{
    for (uint32_t i = 0; i < s->rules->nchecks; i++) {
        struct check_state *c = &s->checks[i];
        bool works = e->number != 0;
        if (strcmp(s->rules->checks[i].id, e->subject) != 0 || c->works == works) {
            continue;
        }
        c->works = works;
        if (!s->rules->checks[i].gates) {
            continue;
        }
        s->gates_open = works ? s->gates_open + 1 : s->gates_open - 1;
        if (s->gates_open == s->gates) {
            s->gates_since = e->at;
        }
    }
}

static void apply(struct mr_score *s, const struct mr_event *e)
{
    switch (e->kind) {
    case MR_EV_STEP_BEGIN:
        mr_score_step_begin(s, e);
        break;
    case MR_EV_STEP_END:
        mr_score_step_end(s, e);
        break;
    case MR_EV_EFFECT:
        mr_score_effect(s, e);
        break;
    case MR_EV_EXCESS:
        excess(s, e);
        break;
    case MR_EV_DAMAGE:
        damage(s, e);
        break;
    case MR_EV_RETRY:
        mr_score_retry(s, e);
        break;
    case MR_EV_FINDING:
        if (s->rules->monitoring.each_milli > 0) {
            mr_score_finding(s, e);
        }
        break;
    case MR_EV_PLATFORM:
        mr_score_pardon(s, e->value);
        break;
    case MR_EV_WATCH:
    case MR_EV_CHECK:
    case MR_EV_BEGIN:
    case MR_EV_ALARM:
    case MR_EV_ACTION:
    case MR_EV_WRITE:
    case MR_EV_LOGIN:
    case MR_EV_DENIED:
    case MR_EV_PLC:
    case MR_EV_SETTING:
    case MR_EV_LINK:
    case MR_EV_PAUSE:
    case MR_EV_QUARANTINE:
    case MR_EV_ANSWER:
    case MR_EV_END:
    case MR_EVENT_KINDS:
        break;
    }
}

void mr_score_feed(struct mr_score *s, const struct mr_event *e)
{
    if (s->closed) {
        return;
    }
    if (s->begun && e->at >= s->end) {
        mr_score_close(s);
        return;
    }
    s->last = *e;
    if (e->kind == MR_EV_BEGIN) {
        begin(s, e->at);
    }
    if (s->begun) {
        mr_score_advance(s, e->at);
    }
    if (e->kind == MR_EV_WATCH) { /* states of the plant count from before the beginning, deeds do not */
        watch(s, e);
    } else if (e->kind == MR_EV_CHECK) {
        check(s, e);
    }
    if (s->begun) {
        apply(s, e);
        mr_score_settle(s, e->at, false);
    }
}

void mr_score_close(struct mr_score *s)
{
    if (s->closed || !s->begun) {
        return;
    }
    mr_score_advance(s, s->end);
    mr_score_pay_flows(s);
    mr_score_settle(s, s->end, true);
    if (s->rules->availability_multiplies) {
        mr_score_multiply(s);
    }
    s->closed = true;
}

bool mr_score_begun(const struct mr_score *s, mr_ns *at)
{
    if (s->begun && at) {
        *at = s->begin;
    }
    return s->begun;
}

bool mr_score_closed(const struct mr_score *s)
{
    return s->closed;
}

int64_t mr_score_total_milli(const struct mr_score *s)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < s->rules->ndirections; i++) {
        sum += s->by_direction[i];
    }
    return sum;
}

int64_t mr_score_direction_milli(const struct mr_score *s, uint32_t direction)
{
    return direction < MR_SCORE_DIRECTIONS ? s->by_direction[direction] : 0;
}
