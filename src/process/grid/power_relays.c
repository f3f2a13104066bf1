/* power_relays.c - protection of the living grid.
 *
 * Function numbers are those of IEEE C37.2. Branch ends: 50 instantaneous, 51 inverse-time overcurrent (IEC 60255-151, curves A
 * to C), 21 distance with two mho zones, 49 thermal overload (IEC 60255-149: heat follows the square of the current); 87 bus
 * differential. Machines: 27, 59, 81, 12 overspeed, 78 out of step. Loads: shedding by frequency in stages. */
#include "process/grid/power.h"

#include "base/maths.h"

#define NEVER_S 1e9

double pg_inverse_time(int curve, double dial, double multiple)
{
    static const double k[4] = {0, 0.14, 13.5, 80};
    if (multiple <= 1) {
        return NEVER_S;
    }
    double power = curve == 1 ? mr_pow(multiple, 0.02) : (curve == 2 ? multiple : multiple * multiple);
    return dial * k[curve] / (power - 1);
}

/* Counts while `is`, and tells whether it has lasted; a gap begins anew. */
static bool lasts(double *count_s, bool is, double dt_s, double delay_s)
{
    *count_s = is ? *count_s + dt_s : 0;
    return is && *count_s >= delay_s - 1e-9;
}

/* The impedance V / I lies in the circle that has n z as diameter: |2 V - n z I| < |n z I|, or |V|^2 < n Re(V conj(z I)), where
 * the latter is n (r P + x Q). */
static uint8_t distance(struct pg *g, const struct pg_input *in, int e, double dt_s)
{
    const struct pg_branch *b = &g->c->branch[e / 2];
    const double *p = in->param;
    double square = g->net.v_square[g->net.end_bus[e]];
    double along = b->r * g->net.p[e] + b->x * g->net.q[e];
    bool slow = lasts(&g->end[e].zone2_s, square < p[PGP_R21_ZONE2] * along, dt_s, p[PGP_R21_DELAY]);
    return slow || square < p[PGP_R21_ZONE1] * along ? PG_TRIP_DISTANCE : PG_TRIP_NONE;
}

static uint8_t inverse(struct pg *g, const struct pg_input *in, int e, double square, double dt_s)
{
    const double *p = in->param;
    double pickup = p[PGP_R51_PICKUP] * g->c->branch[e / 2].rating;
    if (square <= pickup * pickup) {
        g->end[e].inverse = 0;
        return PG_TRIP_NONE;
    }
    int curve = (int)mr_rint(p[PGP_R51_CURVE]);
    g->end[e].inverse += dt_s / pg_inverse_time(curve, p[PGP_R51_DIAL], mr_sqrt(square) / pickup);
    return g->end[e].inverse >= 1 - 1e-9 ? PG_TRIP_INVERSE : PG_TRIP_NONE;
}

/* The least of all that a branch's relays act on. */
struct pickup {
    double square, reach, heat;
};

/* No relay of this end has anything to count or to trip for, as is so of nearly all at any time. */
static bool quiet(const struct pg *g, const struct pickup *p, int e)
{
    const struct pg_branch *b = &g->c->branch[e / 2];
    double along = b->r * g->net.p[e] + b->x * g->net.q[e];
    bool near = !b->transformer & (g->net.v_square[g->net.end_bus[e]] < p->reach * along);
    return !(near | (g->net.square[e] > p->square * b->rating * b->rating) | (g->heat[e / 2] > p->heat));
}

static void end_relay(struct pg *g, const struct pg_input *in, int e, double dt_s)
{
    const struct pg_branch *b = &g->c->branch[e / 2];
    double most = in->param[PGP_R50_PICKUP] * b->rating;
    double square = g->net.square[e];
    uint8_t why = inverse(g, in, e, square, dt_s);
    why = g->heat[e / 2] > in->param[PGP_R49_LIMIT] ? PG_TRIP_THERMAL : why;
    uint8_t near = b->transformer ? PG_TRIP_NONE : distance(g, in, e, dt_s);
    why = near ? near : why;
    why = square > most * most ? PG_TRIP_INSTANTANEOUS : why;
    if (why) {
        pg_switch_trip(g, in, PG_SW_BRANCH + e, why);
    }
}

static void end_relays(struct pg *g, const struct pg_input *in, double dt_s)
{
    const double *p = in->param;
    double least = mr_min(p[PGP_R50_PICKUP], p[PGP_R51_PICKUP]);
    const struct pickup pickup = {least * least, mr_max(p[PGP_R21_ZONE1], p[PGP_R21_ZONE2]), p[PGP_R49_LIMIT]};
    for (int e = 0; e < 2 * g->c->nbranch; e++) {
        if (quiet(g, &pickup, e) || !g->key.joined[e] || in->relay[e] == 0) {
            g->end[e] = (struct pg_end){0};
        } else {
            end_relay(g, in, e, dt_s);
        }
    }
}

static void warm(struct pg *g, const struct pg_input *in, double dt_s)
{
    double line = dt_s / in->param[PGP_LINE_TAU];
    double transformer = dt_s / in->param[PGP_TRAFO_TAU];
    for (int k = 0; k < g->c->nbranch; k++) {
        const struct pg_branch *b = &g->c->branch[k];
        double square = mr_max(g->net.square[pg_near(k)], g->net.square[pg_far(k)]) / (b->rating * b->rating);
        g->heat[k] += (square - g->heat[k]) * (b->transformer ? transformer : line);
    }
}

static void trip_bus(struct pg *g, const struct pg_input *in, int bus)
{
    const struct pg_case *c = g->c;
    for (int k = 0; k < c->nbranch; k++) {
        if (c->branch[k].from == bus) {
            pg_switch_trip(g, in, PG_SW_BRANCH + 2 * k, PG_TRIP_BUS);
        }
        if (c->branch[k].to == bus) {
            pg_switch_trip(g, in, PG_SW_BRANCH + 2 * k + 1, PG_TRIP_BUS);
        }
    }
    for (int i = 0; i < c->nmachine; i++) {
        if (c->machine[i].bus == bus && g->sw[PG_SW_MACHINE + i].wanted) {
            pg_machine_trip(g, in, i, PG_TRIP_BUS);
        }
    }
    for (int i = 0; i < c->nload; i++) {
        if (c->load[i].bus == bus) {
            pg_switch_trip(g, in, PG_SW_LOAD + i, PG_TRIP_BUS);
        }
    }
    for (int i = 0; i < c->ncap; i++) {
        if (c->cap[i].bus == bus) {
            pg_switch_trip(g, in, PG_SW_CAP + i, PG_TRIP_BUS);
        }
    }
}

/* True angle less the island's, by the difference of speeds: half a turn is a pole slipped. */
static void count_slips(struct pg *g, int i, double dt_s)
{
    struct pg_rotor *r = &g->rotor[i];
    r->slip_angle += 2 * MR_PI * g->c->hz * (r->dw - pg_dw(g, g->c->machine[i].bus)) * dt_s;
    if (mr_fabs(r->slip_angle) > MR_PI) {
        r->slip_angle += r->slip_angle > 0 ? -2 * MR_PI : 2 * MR_PI;
        r->slips++;
    }
}

static uint8_t machine_relay(struct pg *g, const struct pg_input *in, int i, double dt_s)
{
    struct pg_rotor *r = &g->rotor[i];
    const double *p = in->param;
    double volts = mr_sqrt(g->net.v_square[g->c->machine[i].bus]);
    double hz = g->c->hz * (1 + r->dw);
    bool under = lasts(&r->under_s, volts < p[PGP_R27_VOLTAGE], dt_s, p[PGP_R27_DELAY]);
    bool over = lasts(&r->over_s, volts > p[PGP_R59_VOLTAGE], dt_s, p[PGP_R59_DELAY]);
    bool low = lasts(&r->low_s, hz < p[PGP_R81U_HZ], dt_s, p[PGP_R81U_DELAY]);
    bool high = lasts(&r->high_s, hz > p[PGP_R81O_HZ], dt_s, p[PGP_R81O_DELAY]);
    uint8_t why = under ? PG_TRIP_UNDERVOLTAGE : (over ? PG_TRIP_OVERVOLTAGE : PG_TRIP_NONE);
    why = low || high ? PG_TRIP_FREQUENCY : why;
    return r->slips >= (int)mr_rint(p[PGP_R78_SLIPS]) ? PG_TRIP_OUT_OF_STEP : why;
}

static void machines(struct pg *g, const struct pg_input *in, double dt_s)
{
    bool act = in->param[PGP_RELAYS_ON] != 0;
    for (int i = 0; i < g->c->nmachine; i++) {
        struct pg_rotor *r = &g->rotor[i];
        if (r->dw > in->param[PGP_R12_SPEED] - 1 && r->turbine != PG_OFF && act) {
            pg_machine_trip(g, in, i, PG_TRIP_OVERSPEED);
        }
        if (!g->key.machine[i]) {
            r->under_s = r->over_s = r->low_s = r->high_s = 0;
            continue;
        }
        count_slips(g, i, dt_s);
        uint8_t why = machine_relay(g, in, i, dt_s);
        if (why && act && g->sw[PG_SW_MACHINE + i].wanted) {
            pg_machine_trip(g, in, i, why);
        }
    }
}

static void shed(struct pg *g, const struct pg_input *in, int i, double highest, double dt_s)
{
    int bus = g->c->load[i].bus;
    double hz = g->c->hz * (1 + pg_dw(g, bus));
    if (in->restore[i] && !g->restored[i]) {
        g->stages[i] = 0;
    }
    g->restored[i] = in->restore[i];
    if (in->param[PGP_UFLS_ON] == 0 || hz >= highest || !pg_live(g, bus) || !g->sw[PG_SW_LOAD + i].closed) {
        g->stage[i] = (struct pg_stages){0};
        return;
    }
    for (int s = 0; s < PG_STAGES; s++) {
        if (lasts(&g->stage[i].low_s[s], hz < in->param[PGP_UFLS_1 + s], dt_s, in->param[PGP_UFLS_DELAY])) {
            g->stages[i] |= (uint8_t)(1U << s);
        }
    }
}

void pg_relays(struct pg *g, const struct pg_input *in, double dt_s)
{
    bool act = in->param[PGP_RELAYS_ON] != 0;
    warm(g, in, dt_s);
    if (act) {
        end_relays(g, in, dt_s);
    }
    for (int i = 0; i < g->c->nbus && act; i++) {
        bool fault = pg_live(g, i) && g->net.dark[i];
        if (lasts(&g->bus_fault_s[i], fault, dt_s, in->param[PGP_R87_DELAY])) {
            trip_bus(g, in, i);
        }
    }
    machines(g, in, dt_s);
    double highest = 0;
    for (int s = 0; s < PG_STAGES; s++) {
        highest = mr_max(highest, in->param[PGP_UFLS_1 + s]);
    }
    for (int i = 0; i < g->c->nload; i++) {
        shed(g, in, i, highest, dt_s);
    }
}
