/* power_machines.c - the machines of the living grid: rotors and fluxes, exciters, governors and turbines, start and trip.
 *
 * Each is the two-axis model with transient saliency left out (Sauer and Pai, Power System Dynamics and Stability, section 5.4;
 * Kundur, section 3.3): E'd + jE'q behind Ra + jX'd. Rotors and fluxes go by Runge and Kutta's fourth-order method with the
 * network solved at each stage; what loads draw beyond their constant impedance, field voltages and mechanical powers stand still
 * meanwhile. Regulators are first-order lags, integrated exactly. */
#include "process/grid/power.h"

#include "base/maths.h"

#include <string.h>

#define NO_LOAD       0.02  /* of the rating: as far as the load reference reaches while the breaker is open */
#define FRICTION      0.005 /* of the rating, at nominal speed, on an open machine */
#define COAST_S       120.0 /* time constant with which a turbine that is off runs down */
#define SHUT          0.005 /* a valve that is open further drives the turbine whatever it was told */
#define RUNNING_DW    (-0.01)
#define FIELD_DW      (-0.1) /* field is applied from this speed on */
#define AUXILIARY     0.7    /* voltage that a machine's own plant needs for a start */
#define PSS_WASHOUT_S 10.0
#define PSS_LEAD_S    0.3 /* twice: as much as exciter and field lag at 1 Hz */
#define PSS_LAG_S     0.03
#define PSS_LIMIT     0.05

#define TWOS (PG_MACHINES / 2)
_Static_assert(PG_MACHINES % 2 == 0, "whole pairs");

struct motion {
    double angle[PG_MACHINES], dw[PG_MACHINES], eq[PG_MACHINES], ed[PG_MACHINES];
};

/* What stands still during a step, and rates as factors: d dw = push - held dw, and so on. */
struct drive {
    double push[PG_MACHINES], held[PG_MACHINES], per_power[PG_MACHINES];
    double efd[PG_MACHINES], d_gap[PG_MACHINES], d_rate[PG_MACHINES], q_gap[PG_MACHINES], q_rate[PG_MACHINES];
    double turn_re[PG_MACHINES], turn_im[PG_MACHINES]; /* of islands, in half a step */
    double base_re[PG_MACHINES], base_im[PG_MACHINES]; /* voltage at machines by the loads' currents alone */
};

struct stage {
    double sine[PG_MACHINES], cosine[PG_MACHINES];
    double e_re[PG_MACHINES], e_im[PG_MACHINES], i_re[PG_MACHINES], i_im[PG_MACHINES]; /* voltages behind reactance; currents */
};

/* E'd + jE'q, turned from the rotor's axes into the network's. */
static struct mr_complex behind(double ed, double eq, double sine, double cosine)
{
    return (struct mr_complex){ed * sine + eq * cosine, eq * sine - ed * cosine};
}

void pg_machines_turn(struct pg *g)
{
    for (int i = 0; i < g->c->nmachine; i++) {
        g->net.sine[i] = mr_sin(g->rotor[i].angle);
        g->net.cosine[i] = mr_cos(g->rotor[i].angle);
    }
}

/* Sine and cosine of `angle`, from those of `from`: up to half a radian by Taylor's series, whose first omitted terms are below
 * the last bit, and the sum of angles. Only a machine far from synchronous speed turns further in a step. */
static void turn(const struct pg *g, const double *from, const double *angle, double *sine, double *cosine)
{
    static const double reach = 0.5;
    for (int i = 0; i < PG_MACHINES; i += 2) {
        pg_two x = pg_get(&angle[i]) - pg_get(&from[i]);
        pg_two y = x * x;
        pg_two s = 1. / 362880 + y * (-1. / 39916800 + y * (1. / 6227020800));
        pg_two c = 1. / 40320 + y * (-1. / 3628800 + y * (1. / 479001600 - y * (1. / 87178291200)));
        s = x + x * y * (-1. / 6 + y * (1. / 120 + y * (-1. / 5040 + y * s)));
        c = 1 + y * (-1. / 2 + y * (1. / 24 + y * (-1. / 720 + y * c)));
        pg_two was_sine = pg_get(&g->net.sine[i]);
        pg_two was_cosine = pg_get(&g->net.cosine[i]);
        pg_put(&sine[i], was_sine * c + was_cosine * s);
        pg_put(&cosine[i], was_cosine * c - was_sine * s);
    }
    for (int i = 0; i < PG_MACHINES; i++) {
        if (mr_fabs(angle[i] - from[i]) > reach) {
            sine[i] = mr_sin(angle[i]);
            cosine[i] = mr_cos(angle[i]);
        }
    }
}

void pg_machines_inject(struct pg *g)
{
    const struct pg_net *n = &g->net;
    memset(g->net.i_re, 0, sizeof g->net.i_re);
    memset(g->net.i_im, 0, sizeof g->net.i_im);
    for (int i = 0; i < g->c->nmachine; i++) {
        const struct pg_rotor *r = &g->rotor[i];
        int bus = g->c->machine[i].bus;
        struct mr_complex e = behind(r->ed, r->eq, n->sine[i], n->cosine[i]);
        g->net.i_re[bus] += e.re * n->m_own_re[i] - e.im * n->m_own_im[i];
        g->net.i_im[bus] += e.re * n->m_own_im[i] + e.im * n->m_own_re[i];
    }
}

void pg_island_speeds(struct pg *g)
{
    double weight[PG_MACHINES] = {0};
    memset(g->net.dw, 0, sizeof g->net.dw);
    for (int i = 0; i < g->c->nmachine; i++) {
        int island = g->net.island[g->c->machine[i].bus];
        if (g->key.machine[i] && island >= 0) {
            weight[island] += g->c->machine[i].h_s;
            g->net.dw[island] += g->c->machine[i].h_s * g->rotor[i].dw;
        }
    }
    for (int i = 0; i < g->net.islands; i++) {
        g->net.dw[i] = weight[i] > 0 ? g->net.dw[i] / weight[i] : 0;
    }
}

/* v += m x, the voltages at machines by the current at one node. */
static inline void add_column(pg_two *v_re, pg_two *v_im, const double *m_re, const double *m_im, double re, double im)
{
    for (int i = 0; i < PG_MACHINES; i += 2) {
        pg_two a = pg_get(&m_re[i]);
        pg_two b = pg_get(&m_im[i]);
        v_re[i / 2] += a * re - b * im;
        v_im[i / 2] += a * im + b * re;
    }
}

/* The part of the machines' voltages that the loads' currents make. */
static void voltages_by_loads(const struct pg *g, struct drive *d)
{
    const struct pg_net *n = &g->net;
    pg_two v_re[TWOS] = {{0}};
    pg_two v_im[TWOS] = {{0}};
    for (int j = 0; j < g->c->nload; j++) {
        add_column(v_re, v_im, n->l_re[j], n->l_im[j], n->load_re[j], n->load_im[j]);
    }
    memcpy(d->base_re, v_re, sizeof v_re);
    memcpy(d->base_im, v_im, sizeof v_im);
}

static void take_drive(const struct pg *g, const struct pg_input *in, double dt_s, struct drive *d)
{
    bool flux = in->param[PGP_FLUX_ON] != 0;
    for (int i = 0; i < g->c->nmachine; i++) {
        const struct pg_machine *m = &g->c->machine[i];
        const struct pg_rotor *r = &g->rotor[i];
        bool on = g->key.machine[i];
        double held = m->rating * (on ? in->param[PGP_DAMPING] : FRICTION);
        d->per_power[i] = 1 / (2 * m->h_s);
        d->held[i] = held * d->per_power[i];
        d->push[i] = (r->pm + held * (on ? pg_dw(g, m->bus) : -1)) * d->per_power[i];
        d->efd[i] = r->efd;
        d->d_gap[i] = m->xd - m->xd_t;
        d->q_gap[i] = m->xq - m->xd_t;
        d->d_rate[i] = flux ? 1 / m->td0_t_s : 0;
        d->q_rate[i] = flux && m->tq0_t_s > 0 ? 1 / m->tq0_t_s : 0;
    }
    for (int i = 0; i < g->net.islands; i++) {
        d->turn_re[i] = mr_cos(pg_turn(g, i, dt_s / 2));
        d->turn_im[i] = mr_sin(pg_turn(g, i, dt_s / 2));
    }
}

/* Loads' currents turn with their island, and so does what they make of the machines' voltages: by half a step. */
static void turn_bases(const struct pg *g, struct drive *d)
{
    for (int i = 0; i < g->c->nmachine; i++) {
        int island = g->net.island[g->c->machine[i].bus];
        double re = d->base_re[i];
        double im = d->base_im[i];
        if (island >= 0) {
            d->base_re[i] = re * d->turn_re[island] - im * d->turn_im[island];
            d->base_im[i] = re * d->turn_im[island] + im * d->turn_re[island];
        }
    }
}

/* Currents of all machines at x. A dead bus has no row in the matrix, and its loads no voltage to draw at. */
static void solve_stage(const struct pg *g, const struct drive *d, const struct motion *x, struct stage *s)
{
    const struct pg_net *n = &g->net;
    double from_re[PG_MACHINES];
    double from_im[PG_MACHINES];
    pg_two v_re[TWOS];
    pg_two v_im[TWOS];
    for (int i = 0; i < PG_MACHINES; i += 2) {
        pg_two sine = pg_get(&s->sine[i]);
        pg_two cosine = pg_get(&s->cosine[i]);
        pg_two e_re = pg_get(&x->ed[i]) * sine + pg_get(&x->eq[i]) * cosine;
        pg_two e_im = pg_get(&x->eq[i]) * sine - pg_get(&x->ed[i]) * cosine;
        pg_put(&s->e_re[i], e_re);
        pg_put(&s->e_im[i], e_im);
        pg_put(&from_re[i], e_re * pg_get(&n->m_own_re[i]) - e_im * pg_get(&n->m_own_im[i]));
        pg_put(&from_im[i], e_re * pg_get(&n->m_own_im[i]) + e_im * pg_get(&n->m_own_re[i]));
        v_re[i / 2] = pg_get(&d->base_re[i]);
        v_im[i / 2] = pg_get(&d->base_im[i]);
    }
    for (int j = 0; j < g->c->nmachine; j++) {
        add_column(v_re, v_im, n->m_re[j], n->m_im[j], from_re[j], from_im[j]);
    }
    for (int i = 0; i < PG_MACHINES; i += 2) {
        pg_two d_re = pg_get(&s->e_re[i]) - v_re[i / 2];
        pg_two d_im = pg_get(&s->e_im[i]) - v_im[i / 2];
        pg_put(&s->i_re[i], d_re * pg_get(&n->m_own_re[i]) - d_im * pg_get(&n->m_own_im[i]));
        pg_put(&s->i_im[i], d_re * pg_get(&n->m_own_im[i]) + d_im * pg_get(&n->m_own_re[i]));
    }
}

static void slopes(const struct pg *g, const struct drive *d, const struct motion *x, struct stage *s, struct motion *dx)
{
    double omega = 2 * MR_PI * g->c->hz;
    solve_stage(g, d, x, s);
    for (int i = 0; i < PG_MACHINES; i += 2) {
        pg_two i_re = pg_get(&s->i_re[i]);
        pg_two i_im = pg_get(&s->i_im[i]);
        pg_two sine = pg_get(&s->sine[i]);
        pg_two cosine = pg_get(&s->cosine[i]);
        pg_two dw = pg_get(&x->dw[i]);
        pg_two pe = pg_get(&s->e_re[i]) * i_re + pg_get(&s->e_im[i]) * i_im;
        pg_two id = i_re * sine - i_im * cosine;
        pg_two iq = i_re * cosine + i_im * sine;
        pg_put(&dx->angle[i], omega * dw);
        pg_put(&dx->dw[i], pg_get(&d->push[i]) - pe * pg_get(&d->per_power[i]) - pg_get(&d->held[i]) * dw);
        pg_put(&dx->eq[i], (pg_get(&d->efd[i]) - pg_get(&x->eq[i]) - pg_get(&d->d_gap[i]) * id) * pg_get(&d->d_rate[i]));
        pg_put(&dx->ed[i], (pg_get(&d->q_gap[i]) * iq - pg_get(&x->ed[i])) * pg_get(&d->q_rate[i]));
    }
}

static void along(struct motion *to, const struct motion *from, const struct motion *slope, double h)
{
    for (int i = 0; i < PG_MACHINES; i += 2) {
        pg_put(&to->angle[i], pg_get(&from->angle[i]) + h * pg_get(&slope->angle[i]));
        pg_put(&to->dw[i], pg_get(&from->dw[i]) + h * pg_get(&slope->dw[i]));
        pg_put(&to->eq[i], pg_get(&from->eq[i]) + h * pg_get(&slope->eq[i]));
        pg_put(&to->ed[i], pg_get(&from->ed[i]) + h * pg_get(&slope->ed[i]));
    }
}

/* A turbine that starts is run up along a ramp; one that is off, and not on the grid, coasts. */
static bool driven(struct pg *g, int i, double dt_s)
{
    struct pg_rotor *r = &g->rotor[i];
    bool open = !g->key.machine[i];
    if (open && r->turbine == PG_OFF && r->valve < SHUT) {
        r->dw -= (1 + r->dw) * (dt_s / COAST_S);
    } else if (open && r->turbine == PG_STARTING) {
        r->dw = mr_min(r->dw + dt_s / g->c->machine[i].start_s, 0);
        r->turbine = r->dw >= RUNNING_DW ? PG_RUNNING : PG_STARTING;
    } else {
        return false;
    }
    return true;
}

static void take_motion(const struct pg *g, struct motion *x)
{
    for (int i = 0; i < g->c->nmachine; i++) {
        const struct pg_rotor *r = &g->rotor[i];
        x->angle[i] = r->angle;
        x->dw[i] = r->dw;
        x->eq[i] = r->eq;
        x->ed[i] = r->ed;
    }
}

void pg_machines_move(struct pg *g, const struct pg_input *in, double dt_s)
{
    static const double ahead[4] = {0, 0.5, 0.5, 1};
    static const double weight[4] = {1. / 6, 1. / 3, 1. / 3, 1. / 6};
    struct drive d = {0};
    struct motion first = {0};
    struct motion slope = {0};
    take_drive(g, in, dt_s, &d);
    take_motion(g, &first);
    voltages_by_loads(g, &d);
    pg_machines_turn(g);
    struct motion at = first;
    struct motion sum = first;
    for (int n = 0; n < 4; n++) {
        struct stage s;
        if (n == 1 || n == 3) {
            turn_bases(g, &d);
        }
        along(&at, &first, &slope, dt_s * ahead[n]);
        turn(g, first.angle, at.angle, s.sine, s.cosine);
        slopes(g, &d, &at, &s, &slope);
        along(&sum, &sum, &slope, dt_s * weight[n]);
    }
    double sine[PG_MACHINES];
    double cosine[PG_MACHINES];
    turn(g, first.angle, sum.angle, sine, cosine);
    memcpy(g->net.sine, sine, sizeof sine);
    memcpy(g->net.cosine, cosine, sizeof cosine);
    for (int i = 0; i < g->c->nmachine; i++) {
        struct pg_rotor *r = &g->rotor[i];
        r->angle = sum.angle[i];
        r->eq = sum.eq[i];
        r->ed = sum.ed[i];
        if (!driven(g, i, dt_s)) {
            r->dw = sum.dw[i];
        }
    }
}

static void measure(struct pg *g, int i)
{
    struct pg_rotor *r = &g->rotor[i];
    const struct pg_machine *m = &g->c->machine[i];
    r->pe = r->q = 0;
    if (g->key.machine[i]) {
        struct mr_complex v = pg_voltage(g, m->bus);
        struct mr_complex e = behind(r->ed, r->eq, g->net.sine[i], g->net.cosine[i]);
        struct mr_complex own = {g->net.m_own_re[i], g->net.m_own_im[i]};
        struct mr_complex current = mr_cmul(mr_cadd(e, mr_cneg(v)), own);
        struct mr_complex power = mr_cmul(v, mr_cconj(current));
        r->pe = power.re;
        r->q = power.im;
    }
}

static double terminal_volts(const struct pg *g, int i)
{
    const struct pg_rotor *r = &g->rotor[i];
    return mr_sqrt(g->key.machine[i] ? g->net.v_square[g->c->machine[i].bus] : r->ed * r->ed + r->eq * r->eq);
}

/* (1 + s lead) / (1 + s lag); `state` is the input lagged. */
static double lead(double *state, double x, double dt_s)
{
    *state += (x - *state) * (dt_s / PSS_LAG_S);
    return *state + (x - *state) * (PSS_LEAD_S / PSS_LAG_S);
}

/* A stabiliser on the speed beyond the island's (Kundur, section 12.5): washed out, with two stages of lead. */
static double stabiliser(struct pg *g, const struct pg_input *in, int i, double dt_s)
{
    struct pg_rotor *r = &g->rotor[i];
    double speed = g->key.machine[i] ? r->dw - pg_dw(g, g->c->machine[i].bus) : 0;
    r->washout += (speed - r->washout) * (dt_s / PSS_WASHOUT_S);
    double signal = lead(&r->lead[1], lead(&r->lead[0], speed - r->washout, dt_s), dt_s);
    return mr_clamp(in->param[PGP_PSS_GAIN] * signal, -PSS_LIMIT, PSS_LIMIT);
}

static void regulate_field(struct pg *g, const struct pg_input *in, int i, double dt_s, double share)
{
    struct pg_rotor *r = &g->rotor[i];
    double extra = stabiliser(g, in, i, dt_s);
    if (r->turbine == PG_OFF || (r->turbine == PG_STARTING && r->dw < FIELD_DW)) {
        r->efd = 0;
        return;
    }
    if (in->param[PGP_AVR_ON] == 0) {
        return;
    }
    double wanted = r->efd0 + in->param[PGP_AVR_GAIN] * (in->v[i] + extra - terminal_volts(g, i));
    r->efd = mr_clamp(r->efd + (wanted - r->efd) * share, 0, in->param[PGP_AVR_MAX]);
}

struct shares { /* of the way to the goal in one step */
    double governor, turbine, exciter;
};

static void regulate_power(struct pg *g, const struct pg_input *in, int i, double dt_s, const struct shares *s)
{
    struct pg_rotor *r = &g->rotor[i];
    const struct pg_machine *m = &g->c->machine[i];
    const double *p = in->param;
    bool on = g->key.machine[i];
    if (p[PGP_GOV_ON] == 0) {
        return;
    }
    double load = (in->p[i] + r->bias) / m->rating;
    double goal = (on ? load : mr_min(load, NO_LOAD)) - r->dw / p[PGP_GOV_DROOP];
    goal = r->turbine == PG_RUNNING ? mr_clamp(goal, 0, 1) : 0;
    double step = mr_clamp((goal - r->valve) * s->governor, -p[PGP_VALVE_CLOSE] * dt_s, p[PGP_VALVE_OPEN] * dt_s);
    r->valve += step;
    r->pm += (r->valve * m->rating - r->pm) * s->turbine;
}

static void command(struct pg *g, const struct pg_input *in, int i)
{
    struct pg_rotor *r = &g->rotor[i];
    const struct pg_machine *m = &g->c->machine[i];
    if (r->command && !in->run[i] && r->turbine != PG_OFF) {
        r->turbine = PG_OFF;
        pg_switch_trip(g, in, PG_SW_MACHINE + i, PG_TRIP_TURBINE);
    }
    bool supplied = m->black_start || g->net.v_square[m->bus] > AUXILIARY * AUXILIARY;
    if (in->run[i] && !r->command && r->turbine == PG_OFF && supplied && !g->key.machine[i]) {
        r->turbine = PG_STARTING;
        r->tripped = PG_TRIP_NONE;
        r->slips = 0;
    }
    r->command = in->run[i];
}

void pg_machine_trip(struct pg *g, const struct pg_input *in, int machine, uint8_t why)
{
    g->rotor[machine].turbine = PG_OFF;
    g->rotor[machine].tripped = why;
    pg_switch_trip(g, in, PG_SW_MACHINE + machine, why);
}

void pg_machines_regulate(struct pg *g, const struct pg_input *in, double dt_s)
{
    const double *p = in->param;
    struct shares s = {1 - mr_exp(-dt_s / p[PGP_GOV_TIME]), 1 - mr_exp(-dt_s / p[PGP_TURBINE_TIME]),
                       1 - mr_exp(-dt_s / p[PGP_AVR_TIME])};
    for (int i = 0; i < g->c->nmachine; i++) {
        command(g, in, i);
        measure(g, i);
        regulate_field(g, in, i, dt_s, s.exciter);
        regulate_power(g, in, i, dt_s, &s);
    }
}
