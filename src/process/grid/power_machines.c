/* power_machines.c - the machines of the living grid: rotors and fluxes, exciters, governors and turbines, start and trip.
 *
 * Each is the two-axis model with transient saliency left out (Sauer and Pai, Power System Dynamics and Stability, section 5.4; Kundur,
 * section 3.3): E'd + jE'q behind Ra + jX'd. Rotors and fluxes go by Runge and Kutta's fourth-order method with the network solved at each
 * stage; what loads draw beyond their constant impedance, field voltages and mechanical powers stand still meanwhile. Regulators are
 * first-order lags, integrated exactly. */
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

struct motion {
    double angle[PG_MACHINES], dw[PG_MACHINES], eq[PG_MACHINES], ed[PG_MACHINES];
};

struct stage {
    double e_re[PG_MACHINES], e_im[PG_MACHINES], i_re[PG_MACHINES], i_im[PG_MACHINES]; /* voltages behind reactance; currents */
    double sine[PG_MACHINES], cosine[PG_MACHINES];
};

/* E'd + jE'q, turned from the rotor's axes into the network's. */
static struct mr_complex behind(double ed, double eq, double sine, double cosine)
{
    return (struct mr_complex){ed * sine + eq * cosine, eq * sine - ed * cosine};
}

void pg_machines_inject(struct pg *g)
{
    memset(g->net.i_re, 0, sizeof g->net.i_re);
    memset(g->net.i_im, 0, sizeof g->net.i_im);
    for (int i = 0; i < g->c->nmachine; i++) {
        const struct pg_rotor *r = &g->rotor[i];
        const struct pg_machine *m = &g->c->machine[i];
        if (g->key.machine[i]) {
            struct mr_complex e = behind(r->ed, r->eq, mr_sin(r->angle), mr_cos(r->angle));
            struct mr_complex current = mr_cmul(e, g->net.own[i]);
            g->net.i_re[m->bus] += current.re;
            g->net.i_im[m->bus] += current.im;
        }
    }
}

void pg_island_speeds(struct pg *g)
{
    double weight[PG_BUSES] = {0};
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

/* The part of the machines' voltages that the loads' currents make. */
static void voltages_by_loads(struct pg *g)
{
    struct pg_net *n = &g->net;
    for (int i = 0; i < g->c->nmachine; i++) {
        const double *z_re = n->z_re[g->c->machine[i].bus];
        const double *z_im = n->z_im[g->c->machine[i].bus];
        n->base_re[i] = n->base_im[i] = 0;
        for (int j = 0; j < g->c->nload; j++) {
            int bus = g->c->load[j].bus;
            n->base_re[i] += z_re[bus] * n->load_re[j] - z_im[bus] * n->load_im[j];
            n->base_im[i] += z_re[bus] * n->load_im[j] + z_im[bus] * n->load_re[j];
        }
    }
}

/* Loads' currents turn with their island, and so does what they make of the machines' voltages. */
static void turn_bases(const struct pg *g, double dt_s, double *v_re, double *v_im)
{
    double sine[PG_BUSES] = {0};
    double cosine[PG_BUSES] = {0};
    for (int i = 0; i < g->net.islands; i++) {
        sine[i] = mr_sin(pg_turn(g, i, dt_s));
        cosine[i] = mr_cos(pg_turn(g, i, dt_s));
    }
    for (int i = 0; i < g->c->nmachine; i++) {
        int island = g->net.island[g->c->machine[i].bus];
        double re = g->net.base_re[i];
        double im = g->net.base_im[i];
        v_re[i] = island < 0 ? 0 : re * cosine[island] - im * sine[island];
        v_im[i] = island < 0 ? 0 : re * sine[island] + im * cosine[island];
    }
}

/* Currents of all machines at x, `dt_s` into the step. */
static void solve_stage(const struct pg *g, const struct motion *x, double dt_s, struct stage *s)
{
    const struct pg_net *n = &g->net;
    double from_re[PG_MACHINES];
    double from_im[PG_MACHINES];
    double v_re[PG_MACHINES] = {0};
    double v_im[PG_MACHINES] = {0};
    int machines = g->c->nmachine;
    for (int i = 0; i < machines; i++) {
        s->sine[i] = mr_sin(x->angle[i]);
        s->cosine[i] = mr_cos(x->angle[i]);
        struct mr_complex e = behind(x->ed[i], x->eq[i], s->sine[i], s->cosine[i]);
        struct mr_complex y = n->own[i];
        s->e_re[i] = e.re;
        s->e_im[i] = e.im;
        from_re[i] = e.re * y.re - e.im * y.im;
        from_im[i] = e.re * y.im + e.im * y.re;
    }
    turn_bases(g, dt_s, v_re, v_im);
    for (int j = 0; j < machines; j++) {
        for (int i = 0; i < PG_MACHINES; i++) {
            v_re[i] += n->m_re[j][i] * from_re[j] - n->m_im[j][i] * from_im[j];
            v_im[i] += n->m_re[j][i] * from_im[j] + n->m_im[j][i] * from_re[j];
        }
    }
    for (int i = 0; i < machines; i++) {
        struct mr_complex y = n->own[i];
        double d_re = s->e_re[i] - v_re[i];
        double d_im = s->e_im[i] - v_im[i];
        s->i_re[i] = d_re * y.re - d_im * y.im;
        s->i_im[i] = d_re * y.im + d_im * y.re;
    }
}

static void slopes(const struct pg *g, const struct pg_input *in, const struct motion *x, double dt_s, struct motion *dx)
{
    struct stage s;
    bool flux = in->param[PGP_FLUX_ON] != 0;
    solve_stage(g, x, dt_s, &s);
    for (int i = 0; i < g->c->nmachine; i++) {
        const struct pg_machine *m = &g->c->machine[i];
        const struct pg_rotor *r = &g->rotor[i];
        double pe = s.e_re[i] * s.i_re[i] + s.e_im[i] * s.i_im[i];
        double id = s.i_re[i] * s.sine[i] - s.i_im[i] * s.cosine[i];
        double iq = s.i_re[i] * s.cosine[i] + s.i_im[i] * s.sine[i];
        double held = g->key.machine[i] ? in->param[PGP_DAMPING] * (x->dw[i] - pg_dw(g, m->bus)) : FRICTION * (1 + x->dw[i]);
        dx->angle[i] = 2 * MR_PI * g->c->hz * x->dw[i];
        dx->dw[i] = (r->pm - pe - m->rating * held) / (2 * m->h_s);
        dx->eq[i] = flux ? (r->efd - x->eq[i] - (m->xd - m->xd_t) * id) / m->td0_t_s : 0;
        dx->ed[i] = flux && m->tq0_t_s > 0 ? ((m->xq - m->xd_t) * iq - x->ed[i]) / m->tq0_t_s : 0;
    }
}

static void along(struct motion *to, const struct motion *from, const struct motion *slope, double h)
{
    for (int i = 0; i < PG_MACHINES; i++) {
        to->angle[i] = from->angle[i] + h * slope->angle[i];
        to->dw[i] = from->dw[i] + h * slope->dw[i];
        to->eq[i] = from->eq[i] + h * slope->eq[i];
        to->ed[i] = from->ed[i] + h * slope->ed[i];
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

void pg_machines_move(struct pg *g, const struct pg_input *in, double dt_s)
{
    static const double ahead[4] = {0, 0.5, 0.5, 1};
    static const double weight[4] = {1. / 6, 1. / 3, 1. / 3, 1. / 6};
    struct motion first = {0};
    struct motion at = {0};
    struct motion slope = {0};
    voltages_by_loads(g);
    for (int i = 0; i < g->c->nmachine; i++) {
        const struct pg_rotor *r = &g->rotor[i];
        first.angle[i] = r->angle;
        first.dw[i] = r->dw;
        first.eq[i] = r->eq;
        first.ed[i] = r->ed;
    }
    struct motion sum = first;
    for (int stage = 0; stage < 4; stage++) {
        along(&at, &first, &slope, dt_s * ahead[stage]);
        slopes(g, in, &at, dt_s * ahead[stage], &slope);
        along(&sum, &sum, &slope, dt_s * weight[stage]);
    }
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
        struct mr_complex e = behind(r->ed, r->eq, mr_sin(r->angle), mr_cos(r->angle));
        struct mr_complex current = mr_cmul(mr_cadd(e, mr_cneg(v)), g->net.own[i]);
        struct mr_complex power = mr_cmul(v, mr_cconj(current));
        r->pe = power.re;
        r->q = power.im;
    }
}

static double terminal_volts(const struct pg *g, int i)
{
    const struct pg_rotor *r = &g->rotor[i];
    return mr_sqrt(g->key.machine[i] ? pg_square(pg_voltage(g, g->c->machine[i].bus)) : r->ed * r->ed + r->eq * r->eq);
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
    bool supplied = m->black_start || pg_square(pg_voltage(g, m->bus)) > AUXILIARY * AUXILIARY;
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
