/* power.c - the living grid's state, its beginning and its step. */
#include "process/grid/power.h"

#include "base/maths.h"

#define START_ARENA   ((size_t)4 << 20) /* of the power flow, for as long as it takes */
#define DEMAND_TAU_S  60.0
#define NOISE_EVERY_S 1.0
#define NOISE_KEEPS   0.98 /* of a load's random part from one second to the next */

static const struct mr_field switch_fields[] = {
    MR_FIELD(struct pg_switch, travel_s, MR_F64), MR_FIELD(struct pg_switch, closed, MR_U8),
    MR_FIELD(struct pg_switch, wanted, MR_U8),    MR_FIELD(struct pg_switch, command, MR_U8),
    MR_FIELD(struct pg_switch, trip, MR_U8),
};
static const struct mr_type switch_type = MR_TYPE("pg_switch", struct pg_switch, switch_fields);

#define F(m) MR_FIELD(struct pg_rotor, m, MR_F64)
static const struct mr_field rotor_fields[] = {
    F(angle),
    F(dw),
    F(eq),
    F(ed),
    F(efd),
    F(valve),
    F(pm),
    F(washout),
    MR_ARRAY(struct pg_rotor, lead, MR_F64),
    F(pe),
    F(q),
    F(bias),
    F(efd0),
    F(slip_angle),
    F(under_s),
    F(over_s),
    F(low_s),
    F(high_s),
    MR_FIELD(struct pg_rotor, slips, MR_I32),
    MR_FIELD(struct pg_rotor, turbine, MR_U8),
    MR_FIELD(struct pg_rotor, command, MR_U8),
    MR_FIELD(struct pg_rotor, tripped, MR_U8),
};
#undef F
static const struct mr_type rotor_type = MR_TYPE("pg_rotor", struct pg_rotor, rotor_fields);

static const struct mr_field end_fields[] = {
    MR_FIELD(struct pg_end, inverse, MR_F64),
    MR_FIELD(struct pg_end, zone2_s, MR_F64),
};
static const struct mr_type end_type = MR_TYPE("pg_end", struct pg_end, end_fields);

#define B(m) MR_ARRAY(struct pg_topology, m, MR_U8)
static const struct mr_field topology_fields[] = {
    B(joined), B(earthed), B(branch_fault), MR_ARRAY(struct pg_topology, tap, MR_I8), B(machine), B(load), B(cap), B(bus_fault),
};
#undef B
static const struct mr_type topology_type = MR_TYPE("pg_topology", struct pg_topology, topology_fields);

static const struct mr_field stages_fields[] = {MR_ARRAY(struct pg_stages, low_s, MR_F64)};
static const struct mr_type stages_type = MR_TYPE("pg_stages", struct pg_stages, stages_fields);

#define F(m) MR_FIELD(struct pg, m, MR_F64)
#define A(m) MR_ARRAY(struct pg, m, MR_F64)
#define B(m) MR_ARRAY(struct pg, m, MR_U8)
static const struct mr_field pg_fields[] = {
    F(time_s),
    A(v0),
    A(v_re),
    A(v_im),
    F(demand),
    A(noise),
    F(noise_left_s),
    MR_SUBS(struct pg, sw, &switch_type),
    MR_SUB(struct pg, key, &topology_type),
    MR_SUBS(struct pg, rotor, &rotor_type),
    MR_SUBS(struct pg, end, &end_type),
    A(heat),
    MR_ARRAY(struct pg, tap, MR_I8),
    A(tap_left_s),
    B(stages),
    B(restored),
    MR_SUBS(struct pg, stage, &stages_type),
    A(bus_fault_s),
    B(arc),
    F(interrupted_s),
    F(unserved_mwh),
    F(served_mwh),
    MR_FIELD(struct pg, damage, MR_U64),
};
#undef F
#undef A
#undef B
const struct mr_type pg_type = MR_TYPE("power_grid", struct pg, pg_fields);

static void describe_branches(struct mr_grid *grid, const struct pg_case *c)
{
    for (int k = 0; k < c->nbranch; k++) {
        const struct pg_branch *b = &c->branch[k];
        grid->branch[k] =
            (struct mr_branch){.from = b->from, .to = b->to, .z = {b->r, b->x}, .b = b->b, .tap = b->tap, .on = true};
    }
}

/* The case as the power flow knows grids. */
static bool describe(struct mr_grid *grid, const struct pg_case *c, struct mr_arena *arena)
{
    *grid = (struct mr_grid){
        .base_mva = c->base_mva, .nbus = (size_t)c->nbus, .ngen = (size_t)c->nmachine, .nbranch = (size_t)c->nbranch};
    grid->bus = mr_arena_scratch(arena, grid->nbus * sizeof *grid->bus);
    grid->gen = mr_arena_scratch(arena, grid->ngen * sizeof *grid->gen);
    grid->branch = mr_arena_scratch(arena, grid->nbranch * sizeof *grid->branch);
    if (!grid->bus || !grid->gen || !grid->branch) {
        return false;
    }
    for (int i = 0; i < c->nbus; i++) {
        grid->bus[i] = (struct mr_bus){.number = (uint32_t)i + 1, .kind = MR_BUS_PQ, .vm = 1};
    }
    for (int i = 0; i < c->nload; i++) {
        grid->bus[c->load[i].bus].load = c->load[i].s;
    }
    for (int i = 0; i < c->nmachine; i++) {
        const struct pg_machine *m = &c->machine[i];
        grid->gen[i] = (struct mr_gen){.bus = m->bus, .power = {m->p, 0}, .vm = m->vm, .on = true};
        grid->bus[m->bus].kind = i == c->reference ? MR_BUS_REF : MR_BUS_PV;
    }
    describe_branches(grid, c);
    return true;
}

/* At rest (Sauer and Pai, section 7.6): the q axis lies along V + (Ra + jXq) I. */
static void start_machine(struct pg *g, int i, struct mr_complex v, struct mr_complex power)
{
    const struct pg_machine *m = &g->c->machine[i];
    struct pg_rotor *r = &g->rotor[i];
    struct mr_complex current = mr_cconj(mr_cmul(power, mr_cinv(v)));
    double xq = m->tq0_t_s > 0 ? m->xq : m->xd_t;
    struct mr_complex axis = mr_cadd(v, mr_cmul((struct mr_complex){m->ra, xq}, current));
    struct mr_complex e = mr_cadd(v, mr_cmul((struct mr_complex){m->ra, m->xd_t}, current));
    r->angle = mr_atan2(axis.im, axis.re);
    double sine = mr_sin(r->angle);
    double cosine = mr_cos(r->angle);
    r->ed = e.re * sine - e.im * cosine;
    r->eq = e.re * cosine + e.im * sine;
    r->efd = r->efd0 = r->eq + (m->xd - m->xd_t) * (current.re * sine - current.im * cosine);
    r->pm = e.re * current.re + e.im * current.im;
    r->valve = r->pm / m->rating;
    r->bias = r->pm - m->p;
    r->pe = power.re;
    r->q = power.im;
    r->turbine = PG_RUNNING;
    r->command = 1;
}

static void start_slips(struct pg *g)
{
    double weight = 0;
    double centre = 0;
    for (int i = 0; i < g->c->nmachine; i++) {
        weight += g->c->machine[i].h_s;
        centre += g->c->machine[i].h_s * g->rotor[i].angle;
    }
    for (int i = 0; i < g->c->nmachine; i++) {
        g->rotor[i].slip_angle = g->rotor[i].angle - centre / weight;
    }
}

static void take_flow(struct pg *g, const struct mr_grid *grid, const struct mr_flow *f)
{
    const struct pg_case *c = g->c;
    for (int i = 0; i < c->nbus; i++) {
        g->v_re[i] = f->vm[i] * mr_cos(f->va[i]);
        g->v_im[i] = f->vm[i] * mr_sin(f->va[i]);
    }
    for (int i = 0; i < c->nload; i++) {
        g->v0[i] = f->vm[c->load[i].bus];
    }
    for (int i = 0; i < c->nmachine; i++) {
        int bus = c->machine[i].bus;
        start_machine(g, i, pg_voltage(g, bus), mr_cadd(f->power[bus], grid->bus[bus].load));
    }
    start_slips(g);
}

void pg_start(struct pg *g, const struct pg_case *c, const struct pg_input *in)
{
    *g = (struct pg){.c = c, .demand = 1};
    struct mr_arena *arena = mr_arena_create(START_ARENA);
    struct mr_diags *diags = mr_diags_create();
    struct mr_grid grid;
    struct mr_flow flow = {0};
    bool solved = arena && diags && describe(&grid, c, arena) && mr_grid_flow(&flow, &grid, arena, diags) == MR_OK;
    MR_ASSERT(solved); /* the case is ours, and memory for it is asked for when a site is loaded */
    take_flow(g, &grid, &flow);
    mr_diags_destroy(diags);
    mr_arena_destroy(arena);
    for (int i = 0; i < PG_SWITCHES; i++) {
        g->sw[i].closed = g->sw[i].wanted = g->sw[i].command = i < PG_SW_CAP || (i >= PG_SW_DISCONNECTOR && i < PG_SW_EARTH);
    }
    pg_network_update(g, in);
    for (int k = 0; k < c->nbranch; k++) {
        g->heat[k] = g->net.square[pg_near(k)] / (c->branch[k].rating * c->branch[k].rating);
    }
    pg_network_serve(g, in);
}

/* Share of the day's peak by the hour; a working day in spring. */
static double daily(double hour)
{
    static const double curve[25] = {0.70, 0.66, 0.63, 0.62, 0.62, 0.65, 0.72, 0.82, 0.92, 0.98, 1.00, 0.99, 0.95,
                                     0.94, 0.95, 0.96, 0.97, 0.99, 1.00, 0.99, 0.95, 0.89, 0.82, 0.75, 0.70};
    double at = mr_fmod(hour, 24);
    int i = (int)at;
    return curve[i] + (at - i) * (curve[i + 1] - curve[i]);
}

static void follow_demand(struct pg *g, const struct pg_input *in, double dt_s, struct mr_rng *rng)
{
    const double *p = in->param;
    double curve = p[PGP_DEMAND_DAILY] != 0 ? daily(p[PGP_DEMAND_START] + g->time_s / 3600) : 1;
    g->demand += (p[PGP_DEMAND_SCALE] * curve - g->demand) * (dt_s / DEMAND_TAU_S);
    g->noise_left_s -= dt_s;
    if (g->noise_left_s > 1e-9) {
        return;
    }
    g->noise_left_s = NOISE_EVERY_S;
    for (int i = 0; i < g->c->nload; i++) {
        double fresh = p[PGP_DEMAND_NOISE] > 0 ? p[PGP_DEMAND_NOISE] * mr_rng_normal(rng) : 0;
        g->noise[i] = NOISE_KEEPS * g->noise[i] + mr_sqrt(1 - NOISE_KEEPS * NOISE_KEEPS) * fresh;
    }
}

uint64_t pg_step(struct pg *g, const struct pg_input *in, double dt_s, struct mr_rng *rng)
{
    pg_network_restore(g, in);
    follow_demand(g, in, dt_s, rng);
    pg_switches_move(g, in, dt_s);
    pg_network_update(g, in);
    pg_island_speeds(g);
    pg_network_loads(g, in);
    pg_machines_move(g, in, dt_s);
    pg_network_turn(g, dt_s);
    pg_island_speeds(g);
    pg_machines_inject(g);
    pg_network_solve(g);
    pg_machines_regulate(g, in, dt_s);
    pg_relays(g, in, dt_s);
    pg_network_serve(g, in);
    pg_damage(g, dt_s);
    g->time_s += dt_s;
    return g->damage;
}
