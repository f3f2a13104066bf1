/* tennessee_eastman_disturbances.c - IDV 1 to 20: steps, random walks, pulses and sticking valves, and the original's random
 * generator.
 *
 * A walk is a chain of cubics that join with their slopes; a pulse rises by a parabola to 1 and falls back in 0.1 h. All draw
 * from the one generator which also makes the noise, so the order of draws is part of the model. */
#include "base/maths.h"
#include "process/tennessee_eastman.h"

/* g <- g * 9228907 mod 2^32, the product rounded to a double before: that is what the original computes. A product of a
 * multiple of 8 is one too, and below 2^56, so it needs no rounding; from the first such number on this is an ordinary
 * congruential generator, whose powers can be used. */
#define A1  9228907u
#define A2  (A1 * A1)
#define A4  (A2 * A2)
#define A8  (A4 * A4)
#define A12 (A8 * A4)

uint32_t te_draw(uint32_t *g)
{
    int64_t product = (int64_t)*g * A1;
    *g = (uint32_t)(int64_t)(double)product;
    return *g;
}

void te_skip(uint32_t *g, unsigned n)
{
    while (n > 0 && *g % 8) {
        te_draw(g);
        n--;
    }
    for (uint32_t power = A1; n > 0; n >>= 1, power *= power) {
        *g *= n & 1 ? power : 1;
    }
}

uint64_t te_draw_twelve(uint32_t *g)
{
    static const uint32_t power[12] = {A1,           A2, A2 * A1, A4,      A4 * A1,      A4 * A2,
                                       A4 * A2 * A1, A8, A8 * A1, A8 * A2, A8 * A2 * A1, A12};
    uint64_t sum = 0;
    if (*g % 8) {
        for (int i = 0; i < 12; i++) {
            sum += te_draw(g);
        }
        return sum;
    }
    for (int i = 0; i < 12; i++) {
        sum += (uint32_t)(*g * power[i]);
    }
    *g *= A12;
    return sum;
}

static double draw_signed(uint32_t *g)
{
    return 2.0 * te_draw(g) / 4294967296.0 - 1;
}

enum { WALK_A, WALK_B, WALK_D_C, WALK_AC_C, WALK_REACTOR_C, WALK_CONDENSER_C, WALK_R1, WALK_R2, WALK_STEAM, PULSES };
enum { PULSE_REACTOR = PULSES, PULSE_CONDENSER, PULSE_OUTLET };

/* A stretch lasts `h` +- `h_span`, in hours, and ends at `s` +- `s_span`; the disturbance switches it. */
static const struct {
    double h, h_span, s, s_span;
    int idv;
} walks[TE_WALKS] = {
    [WALK_A] = {0.5, 0.2, 0.485, 0.03, 8},
    [WALK_B] = {1, 0.7, 0.005, 0.003, 8},
    [WALK_D_C] = {0.5, 0.25, 45, 10, 9},
    [WALK_AC_C] = {1, 0.7, 45, 10, 10},
    [WALK_REACTOR_C] = {0.25, 0.15, 35, 10, 11},
    [WALK_CONDENSER_C] = {0.25, 0.15, 40, 10, 12},
    [WALK_R1] = {2, 1, 1, 0.25, 13},
    [WALK_R2] = {2, 1, 1, 0.25, 13},
    [WALK_STEAM] = {0.5, 0.4, 0, 0.25, 16},
    [PULSE_REACTOR] = {2, 1.5, 0, 0, 17},
    [PULSE_CONDENSER] = {3, 2, 0, 0, 18},
    [PULSE_OUTLET] = {2, 1.5, 0, 0, 20},
};

#define PULSE_FALL_H 0.1

static double walk_at(const struct te_walk *w, double t_h)
{
    double t = t_h - w->last_h;
    return w->a + t * (w->b + t * (w->c + t * w->d));
}

void te_walks_begin(struct te *s)
{
    for (int i = 0; i < TE_WALKS; i++) {
        s->walk[i] = (struct te_walk){.a = walks[i].s, .next_h = 0.1};
    }
}

/* A new stretch from value and slope as they are to a drawn value with slope 0. */
static void renew_walk(struct te *s, int i, double value, double slope)
{
    struct te_walk *w = &s->walk[i];
    double h = walks[i].h_span * draw_signed(&s->generator) + walks[i].h;
    double end = walks[i].s_span * draw_signed(&s->generator) * te_disturbed(s, walks[i].idv) + walks[i].s;
    te_skip(&s->generator, 1); /* the slope at the end, whose span is 0 */
    w->a = value;
    w->b = slope;
    w->c = (3 * (end - value) - h * 2 * slope) / (h * h);
    w->d = (2 * (value - end) + h * slope) / (h * h * h);
    w->next_h = w->last_h + h;
}

/* At its height a pulse falls; at its foot the next one begins to rise. */
static void renew_pulse(struct te *s, int i, double value, double slope)
{
    const double f = PULSE_FALL_H;
    struct te_walk *w = &s->walk[i];
    if (value > 0.1) {
        w->a = value;
        w->b = slope;
        w->c = -(3 * value + 2 * f * slope) / (f * f);
        w->d = (2 * value + f * slope) / (f * f * f);
        w->next_h = w->last_h + f;
        return;
    }
    double h = walks[i].h_span * draw_signed(&s->generator) + walks[i].h;
    w->a = w->b = w->d = 0;
    w->c = te_disturbed(s, walks[i].idv) / (h * h);
    w->next_h = w->last_h + h;
}

void te_walks_renew(struct te *s, double t_h)
{
    for (int i = 0; i < TE_WALKS; i++) {
        struct te_walk *w = &s->walk[i];
        if (t_h < w->next_h) {
            continue;
        }
        double h = w->next_h - w->last_h;
        double value = walk_at(w, w->next_h);
        double slope = w->b + h * (2 * w->c + 3 * h * w->d);
        w->last_h = w->next_h;
        if (i < PULSES) {
            renew_walk(s, i, value, slope);
        } else {
            renew_pulse(s, i, value, slope);
        }
    }
}

void te_world(const struct te *s, double t_h, struct te_world *w)
{
    double at[TE_WALKS];
    for (int i = 0; i < TE_WALKS; i++) {
        at[i] = walk_at(&s->walk[i], t_h);
    }
    w->ac_feed[TE_A] = at[WALK_A] - te_disturbed(s, 1) * 0.03 - te_disturbed(s, 2) * 2.43719e-3;
    w->ac_feed[TE_B] = at[WALK_B] + te_disturbed(s, 2) * 0.005;
    w->ac_feed[TE_C] = 1 - w->ac_feed[TE_A] - w->ac_feed[TE_B];
    w->d_feed_c = at[WALK_D_C] + te_disturbed(s, 3) * 5;
    w->ac_feed_c = at[WALK_AC_C];
    w->reactor_water_c = at[WALK_REACTOR_C] + te_disturbed(s, 4) * 5;
    w->condenser_water_c = at[WALK_CONDENSER_C] + te_disturbed(s, 5) * 5;
    w->kinetics[0] = at[WALK_R1];
    w->kinetics[1] = at[WALK_R2];
    w->steam = 1 + at[WALK_STEAM];
    w->reactor_transfer = 1 - 0.35 * at[PULSE_REACTOR];
    w->condenser_transfer = 1 - 0.25 * at[PULSE_CONDENSER];
    w->reactor_outlet = 1 - 0.25 * at[PULSE_OUTLET];
    w->a_available = te_disturbed(s, 6) ? 0 : 1;
    w->ac_available = te_disturbed(s, 7) ? 0.8 : 1;
}

void te_valves(struct te *s, const double xmv[TE_XMV], double rate[TE_XMV])
{
    static const double lag_s[TE_XMV] = {8, 8, 6, 9, 7, 5, 5, 5, 120, 5, 5, 5};
    static const int sticks_by[TE_XMV] = {[4] = 19, [6] = 19, [7] = 19, [8] = 19, [9] = 14, [10] = 15};
    for (int i = 0; i < TE_XMV; i++) {
        double band = sticks_by[i] && te_disturbed(s, sticks_by[i]) ? 2 : 0;
        if (!s->begun || mr_fabs(s->accepted[i] - xmv[i]) > band) {
            s->accepted[i] = xmv[i];
        }
        s->accepted[i] = mr_clamp(s->accepted[i], 0, 100);
        rate[i] = (s->accepted[i] - s->yy[TE_VALVES_AT + i]) * (3600 / lag_s[i]);
    }
}
