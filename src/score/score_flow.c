/* score_flow.c - points that flow in while a state holds: watches, safety bands, operator functions.
 *
 * A flow of P thousandths over S milliseconds with G gates has given P * earned / (S * G), where `earned` grows each millisecond
 * by the number of gates that work while the state holds. What is written to the ledger is the difference to what was written
 * before, so rounding never adds up. */
#include "score/score_state.h"

#include <stdio.h>

static int64_t ms(mr_ns t)
{
    return t / MR_MS;
}

static mr_ns flow_from(const struct mr_score *s, const struct mr_score_flow *f)
{
    return s->begin + f->from;
}

static mr_ns flow_until(const struct mr_score *s, const struct mr_score_flow *f)
{
    return f->until ? s->begin + f->until : s->end;
}

static int64_t flow_span_ms(const struct mr_score *s, const struct mr_score_flow *f)
{
    int64_t span = ms(flow_until(s, f)) - ms(flow_from(s, f));
    return span > 0 ? span : 1;
}

/* `won` of `of` gates worked from `s->now` to `to`. */
static void flow_advance(const struct mr_score *s, const struct mr_score_flow *f, struct flow_state *st, mr_ns to, uint32_t won,
                         uint32_t of)
{
    mr_ns a = s->now > flow_from(s, f) ? s->now : flow_from(s, f);
    mr_ns b = to < flow_until(s, f) ? to : flow_until(s, f);
    if (a < b) {
        int64_t d = ms(b) - ms(a);
        st->earned += d * won;
        st->lost += d * (of - won);
    }
}

static uint32_t gate_count(const struct mr_score *s)
{
    return s->gates ? s->gates : 1;
}

static uint32_t gates_won(const struct mr_score *s)
{
    return s->gates ? s->gates_open : 1;
}

static void earn(struct mr_score *s, mr_ns to)
{
    const struct mr_score_rules *r = s->rules;
    uint32_t of = gate_count(s), won = gates_won(s);
    for (uint32_t i = 0; i < r->nwatches; i++) {
        flow_advance(s, &r->watches[i].flow, &s->watches[i].flow, to, s->watches[i].in ? won : 0, of);
    }
    for (uint32_t i = 0; i < r->nbands; i++) {
        flow_advance(s, &r->bands[i].flow, &s->bands[i].flow, to, won, of);
    }
    for (uint32_t i = 0; i < r->nchecks; i++) {
        flow_advance(s, &r->checks[i].flow, &s->checks[i].flow, to, s->checks[i].works ? 1 : 0, 1);
    }
    s->now = to;
}

static void pay(struct mr_score *s, const struct mr_score_flow *f, struct flow_state *st, uint32_t of, const char *kind,
                const char *id, const char *reason)
{
    int64_t due = f->points_milli * st->earned / (flow_span_ms(s, f) * of);
    int64_t more = due - st->paid_milli;
    st->paid_milli = due;
    if (more != 0) {
        mr_score_line(s, &(struct line){.direction = f->direction,
                                        .kind = kind,
                                        .id = id,
                                        .points_milli = more,
                                        .reason = reason,
                                        .args = {id},
                                        .at = s->now});
    }
}

static void pay_band(struct mr_score *s, uint32_t i)
{
    const struct mr_score_band *b = &s->rules->bands[i];
    struct band_state *st = &s->bands[i];
    double cost = st->excess * (double)b->excess_cost_milli;
    int64_t due = cost < (double)b->cost_max_milli ? (int64_t)cost : b->cost_max_milli;
    if (due > st->cost_milli) {
        mr_score_line(s, &(struct line){.direction = b->flow.direction,
                                        .kind = "safety",
                                        .id = b->id,
                                        .points_milli = st->cost_milli - due,
                                        .reason = "out-of-band",
                                        .args = {b->id},
                                        .at = s->now});
        st->cost_milli = due;
    }
}

void mr_score_pay_flows(struct mr_score *s)
{
    const struct mr_score_rules *r = s->rules;
    for (uint32_t i = 0; i < r->nwatches && !r->availability_multiplies; i++) {
        pay(s, &r->watches[i].flow, &s->watches[i].flow, gate_count(s), "watch", r->watches[i].id, "in-specification");
    }
    for (uint32_t i = 0; i < r->nbands; i++) {
        pay(s, &r->bands[i].flow, &s->bands[i].flow, gate_count(s), "safety", r->bands[i].id, "in-band");
        pay_band(s, i);
    }
    for (uint32_t i = 0; i < r->nchecks; i++) {
        pay(s, &r->checks[i].flow, &s->checks[i].flow, 1, "check", r->checks[i].id, "function-works");
    }
}

void mr_score_advance(struct mr_score *s, mr_ns to)
{
    mr_ns every = s->rules->every ? s->rules->every : MR_MIN;
    while (s->boundary <= to) {
        earn(s, s->boundary);
        mr_score_pay_flows(s);
        s->boundary += every;
    }
    if (to > s->now) {
        earn(s, to);
    }
}

static void pardon(struct flow_state *st, int64_t units)
{
    int64_t back = st->lost < units ? st->lost : units;
    st->earned += back;
    st->lost -= back;
}

/* Time that the platform lost: each flow gets it back, at most what it has lost in all. */
void mr_score_pardon(struct mr_score *s, double seconds)
{
    const struct mr_score_rules *r = s->rules;
    if (!(seconds > 0 && seconds < (double)r->lasts / (double)MR_S)) {
        return;
    }
    int64_t back_ms = (int64_t)(seconds * 1000.0);
    for (uint32_t i = 0; i < r->nwatches; i++) {
        pardon(&s->watches[i].flow, back_ms * gate_count(s));
    }
    for (uint32_t i = 0; i < r->nbands; i++) {
        pardon(&s->bands[i].flow, back_ms * gate_count(s));
    }
    for (uint32_t i = 0; i < r->nchecks; i++) {
        pardon(&s->checks[i].flow, back_ms);
    }
}

/* total * (A - 1), where A is the mean of the watches' shares, weighted by their points. */
void mr_score_multiply(struct mr_score *s)
{
    const struct mr_score_rules *r = s->rules;
    double weights = 0, have = 0;
    for (uint32_t i = 0; i < r->nwatches; i++) {
        const struct mr_score_flow *f = &r->watches[i].flow;
        double of = (double)(flow_span_ms(s, f) * gate_count(s));
        weights += (double)f->points_milli;
        have += (double)f->points_milli * ((double)s->watches[i].flow.earned / of);
    }
    int64_t total = mr_score_total_milli(s);
    if (weights <= 0 || total <= 0) {
        return;
    }
    double a = have / weights;
    char percent[16];
    (void)snprintf(percent, sizeof percent, "%.1f", a * 100);
    mr_score_line(s, &(struct line){.direction = r->availability_direction,
                                    .kind = "availability",
                                    .id = "",
                                    .points_milli = (int64_t)((double)total * a) - total,
                                    .reason = "availability",
                                    .args = {percent},
                                    .at = s->end});
}
