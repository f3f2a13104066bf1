/* power_switches.c - breakers, disconnectors, earthing switches and tap changers of the living grid: how they travel.
 *
 * A switch acts on an edge of its command, so that a breaker which a relay has tripped stays open until it is told anew. A
 * breaker carries current until it has opened; a disconnector that opens under current draws an arc to earth, which burns until
 * its bus is dead. */
#include "process/grid/power.h"

#include "base/maths.h"

#define ARC_CURRENT   0.02 /* pu: what a disconnector can just interrupt */
#define SHAFT_VOLTS   1.0  /* pu: a breaker that closes on this difference, 60 degrees, overloads a shaft */
#define MACHINE_VOLTS 0.1  /* a machine with less is not excited */

static double travel_s(const struct pg_input *in, int sw, bool close)
{
    if (sw >= PG_SW_DISCONNECTOR) {
        return in->param[PGP_SWITCH_TIME];
    }
    return in->param[close ? PGP_BREAKER_CLOSE : PGP_BREAKER_OPEN];
}

static void send(struct pg *g, const struct pg_input *in, int sw, bool close)
{
    struct pg_switch *s = &g->sw[sw];
    if (s->wanted != close) {
        s->wanted = close;
        s->travel_s = travel_s(in, sw, close);
    }
}

void pg_switch_trip(struct pg *g, const struct pg_input *in, int sw, uint8_t why)
{
    if (g->sw[sw].wanted) {
        send(g, in, sw, false);
        g->sw[sw].trip = why;
    }
}

bool pg_line_voltage(const struct pg *g, const struct pg_input *in, int end, struct mr_complex *v)
{
    const struct pg_topology *t = &g->key;
    int k = end / 2;
    const struct pg_branch *b = &g->c->branch[k];
    bool at_from = end % 2 == 0;
    int far = at_from ? b->to : b->from;
    if (!pg_live(g, far) || !t->joined[end ^ 1] || t->branch_fault[k] || t->earthed[end] || t->earthed[end ^ 1]) {
        return false;
    }
    double ratio = b->tap * (1 + g->tap[k] * in->param[PGP_TAP_STEP]);
    struct mr_complex series = mr_cinv((struct mr_complex){b->r, b->x});
    struct mr_complex own = {series.re, series.im + b->b / 2};
    struct mr_complex sent = mr_cmul(mr_cmul(series, mr_cinv(own)), pg_voltage(g, far));
    double scale = at_from ? ratio : 1 / ratio;
    *v = (struct mr_complex){sent.re * scale, sent.im * scale};
    return true;
}

static bool branch_sides(const struct pg *g, const struct pg_input *in, int end, struct pg_sides *s)
{
    const struct pg_branch *b = &g->c->branch[end / 2];
    int here = end % 2 ? b->to : b->from;
    int there = end % 2 ? b->from : b->to;
    s->here = pg_voltage(g, here);
    s->slip = pg_dw(g, there) - pg_dw(g, here);
    return pg_live(g, here) && pg_line_voltage(g, in, end, &s->there);
}

bool pg_switch_sides(const struct pg *g, const struct pg_input *in, int sw, struct pg_sides *s)
{
    if (sw < PG_SW_MACHINE) {
        return branch_sides(g, in, sw - PG_SW_BRANCH, s);
    }
    if (sw >= PG_SW_LOAD || !pg_live(g, g->c->machine[sw - PG_SW_MACHINE].bus)) {
        return false;
    }
    const struct pg_rotor *r = &g->rotor[sw - PG_SW_MACHINE];
    int bus = g->c->machine[sw - PG_SW_MACHINE].bus;
    double sine = mr_sin(r->angle);
    double cosine = mr_cos(r->angle);
    s->here = pg_voltage(g, bus);
    s->there = (struct mr_complex){r->ed * sine + r->eq * cosine, r->eq * sine - r->ed * cosine};
    s->slip = r->dw - pg_dw(g, bus);
    return pg_square(s->there) > MACHINE_VOLTS * MACHINE_VOLTS;
}

double pg_sides_degrees(const struct pg_sides *s)
{
    struct mr_complex turn = mr_cmul(s->there, mr_cconj(s->here));
    return mr_atan2(turn.im, turn.re) * (180 / MR_PI);
}

/* Synchronism check (25) at the moment of the command. */
static bool may_close(const struct pg *g, const struct pg_input *in, int sw)
{
    const double *p = in->param;
    struct pg_sides s;
    bool watched = p[PGP_R25_ON] != 0 && (sw >= PG_SW_MACHINE || in->relay[sw]);
    if (!watched || !pg_switch_sides(g, in, sw, &s)) {
        return true;
    }
    double volts = mr_sqrt(pg_square(s.here)) - mr_sqrt(pg_square(s.there));
    return mr_fabs(volts) <= p[PGP_R25_VOLTS] && mr_fabs(s.slip) * g->c->hz <= p[PGP_R25_HZ] &&
           mr_fabs(pg_sides_degrees(&s)) <= p[PGP_R25_ANGLE];
}

static void obey(struct pg *g, const struct pg_input *in, int sw)
{
    struct pg_switch *s = &g->sw[sw];
    s->command = in->close[sw];
    if (!s->command) {
        send(g, in, sw, false);
    } else if (sw < PG_SW_LOAD && !s->wanted && !may_close(g, in, sw)) {
        s->trip = PG_TRIP_SYNC_REFUSED;
    } else {
        s->trip = PG_TRIP_NONE;
        send(g, in, sw, true);
    }
}

/* The machine that feels a blow at a bus most. */
static int nearest_machine(const struct pg *g, int bus)
{
    int nearest = 0;
    double most = -1;
    for (int i = 0; i < g->c->nmachine; i++) {
        int at = g->c->machine[i].bus;
        double square = g->net.z_re[bus][at] * g->net.z_re[bus][at] + g->net.z_im[bus][at] * g->net.z_im[bus][at];
        if (g->key.machine[i] && square > most) {
            most = square;
            nearest = i;
        }
    }
    return nearest;
}

/* Contacts touch: out of phase, that is a blow to a shaft. */
static void touch(struct pg *g, const struct pg_input *in, int sw)
{
    struct pg_sides s;
    if (sw < PG_SW_LOAD && pg_switch_sides(g, in, sw, &s) &&
        pg_square(mr_cadd(s.here, mr_cneg(s.there))) > SHAFT_VOLTS * SHAFT_VOLTS) {
        bool own = sw >= PG_SW_MACHINE;
        int bus = own ? 0 : (sw % 2 ? g->c->branch[sw / 2].to : g->c->branch[sw / 2].from);
        int machine = own ? sw - PG_SW_MACHINE : nearest_machine(g, bus);
        g->damage |= UINT64_C(1) << (PG_DAMAGE_SHAFT + machine);
    }
    if (sw >= PG_SW_MACHINE && sw < PG_SW_LOAD) {
        g->rotor[sw - PG_SW_MACHINE].slip_angle = 0;
    }
}

static void look_for_arc(struct pg *g, int bay)
{
    const struct pg_switch *s = &g->sw[PG_SW_DISCONNECTOR + bay];
    int end = 2 * g->c->bay[bay].branch + g->c->bay[bay].end;
    int bus = g->c->bay[bay].end ? g->c->branch[end / 2].to : g->c->branch[end / 2].from;
    bool parting = s->closed && !s->wanted && g->sw[PG_SW_BRANCH + end].closed;
    if (parting && g->net.square[end] > ARC_CURRENT * ARC_CURRENT) {
        g->arc[bay] = 1;
        g->damage |= UINT64_C(1) << PG_DAMAGE_ARC;
    }
    if (g->arc[bay] && !pg_live(g, bus)) {
        g->arc[bay] = 0;
    }
}

static void move_taps(struct pg *g, const struct pg_input *in, double dt_s)
{
    for (int k = 0; k < g->c->nbranch; k++) {
        if (g->tap[k] == in->tap[k]) {
            g->tap_left_s[k] = in->param[PGP_TAP_TIME];
        } else if ((g->tap_left_s[k] -= dt_s) <= 1e-9) {
            g->tap[k] = (int8_t)(g->tap[k] + (in->tap[k] > g->tap[k] ? 1 : -1));
            g->tap_left_s[k] = in->param[PGP_TAP_TIME];
        }
    }
}

void pg_switches_move(struct pg *g, const struct pg_input *in, double dt_s)
{
    for (int i = 0; i < PG_SWITCHES; i++) {
        struct pg_switch *s = &g->sw[i];
        if (s->command != in->close[i]) {
            obey(g, in, i);
        }
        if (s->closed == s->wanted) {
            continue;
        }
        s->travel_s -= dt_s;
        if (s->travel_s <= 1e-9) {
            if (s->wanted) {
                touch(g, in, i);
            }
            s->closed = s->wanted;
        }
    }
    for (int i = 0; i < g->c->nbay; i++) {
        look_for_arc(g, i);
    }
    move_taps(g, in, dt_s);
}
