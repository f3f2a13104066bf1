/* power_grid.c - the model "power-grid": the New England test system (grid/power_lists.h) as a table of variables around the
 * engine of grid/power.h.
 *
 * Tags: B16 a bus, L16_17 a line and T2_30 a transformer (measured at the end named first), CB16_17 the breaker at station 16
 * towards 17, G30 and CBG30 a machine and its breaker, D3 and CBD3 a load and its feeder, CBC4 a capacitor bank; DS, ES and SY
 * disconnector, earthing switch and synchronism check of a bay. */
#include "base/maths.h"
#include "process/grid/power.h"
#include "process/grid/power_lists.h"
#include "process/models.h"

#define BASE_AMPERE 167.35 /* 100 MVA / (sqrt 3 x 345 kV) */

/* clang-format off */
#define SENSE(tag, unit, first, lo, hi, sd, title) {tag, unit, MR_SENSOR, false, first, lo, hi, sd, title},
#define ORDER(tag, first, title)                   {tag, "", MR_ACTUATOR, true, first, 0, 1, 0, title},
#define CONTACT(tag, first, title)                 {tag, "", MR_FEEDBACK, true, first, 0, 1, 0, title},
#define CODE(tag, title)                           {tag, "", MR_FEEDBACK, false, 0, 0, 255, 0, title},
#define INNER(tag, unit, first, title)             {tag, unit, MR_INTERNAL, false, first, -1e9, 1e9, 0, title},
#define SWITCH(tag, first, title) \
    ORDER(tag ".close", first, title ": command to close, acts on edges") \
    CONTACT(tag ".closed", first, title ": closed") \
    CONTACT(tag ".opened", !(first), title ": open")
#define BREAKER(tag, first, title) \
    SWITCH(tag, first, title) \
    CODE(tag ".trip", title ": function that tripped it, 0 none")
#define SYNC(tag, title) \
    SENSE(tag ".dv", "kV", 0, -500, 500, 0, title ": difference of voltages, 0 where a side is dead") \
    SENSE(tag ".df", "Hz", 0, -60, 60, 0, title ": slip") \
    SENSE(tag ".da", "deg", 0, -180, 180, 0, title ": difference of angles")

#define V_NODE(n) \
    SENSE("B" #n ".V", "kV", 345, 0, 520, 0.2, "Bus " #n ": voltage") \
    SENSE("B" #n ".f", "Hz", 50, 0, 75, 0.001, "Bus " #n ": frequency, 0 where it is dead")
#define V_BRANCH(name, from, to) \
    SENSE(name ".P", "MW", 0, -3000, 3000, 0.5, "Branch " #from "-" #to ": active power from " #from) \
    SENSE(name ".Q", "MVAr", 0, -3000, 3000, 0.5, "Branch " #from "-" #to ": reactive power from " #from) \
    SENSE(name ".I", "A", 0, 0, 60000, 1, "Branch " #from "-" #to ": current at " #from) \
    SENSE(name ".heat", "%", 0, 0, 1000, 0, "Branch " #from "-" #to ": thermal image, 100 at its rating") \
    BREAKER("CB" #from "_" #to, 1, "Breaker at " #from " towards " #to) \
    ORDER("CB" #from "_" #to ".relay", 1, "Its relays are in service") \
    BREAKER("CB" #to "_" #from, 1, "Breaker at " #to " towards " #from) \
    ORDER("CB" #to "_" #from ".relay", 1, "Its relays are in service")
#define V_LINE(from, to, ...)  V_BRANCH("L" #from "_" #to, from, to)
#define V_TRAFO(from, to, ...) V_BRANCH("T" #from "_" #to, from, to)
#define V_TAP(from, to, ...) \
    {"T" #from "_" #to ".tap", "", MR_ACTUATOR, false, 0, -16, 16, 0, "Transformer " #from "-" #to ": tap wanted"}, \
    {"T" #from "_" #to ".tapped", "", MR_FEEDBACK, false, 0, -16, 16, 0, "Transformer " #from "-" #to ": tap"},
#define V_UNIT(bus, h, x1, xd, xq, td, tq, mw, vm, rating, start, black) \
    SENSE("G" #bus ".P", "MW", mw, -500, 2000, 0.5, "Machine " #bus ": active power") \
    SENSE("G" #bus ".Q", "MVAr", 0, -1000, 2000, 0.5, "Machine " #bus ": reactive power") \
    SENSE("G" #bus ".f", "Hz", 50, 0, 75, 0.001, "Machine " #bus ": speed") \
    SENSE("G" #bus ".valve", "%", 0, 0, 100, 0.1, "Machine " #bus ": valve") \
    INNER("G" #bus ".efd", "", 0, "Machine " #bus ": field voltage, pu") \
    INNER("G" #bus ".angle", "deg", 0, "Machine " #bus ": rotor angle less that of the centre of inertia") \
    INNER("G" #bus ".slips", "", 0, "Machine " #bus ": poles slipped") \
    {"G" #bus ".pset", "MW", MR_ACTUATOR, false, mw, 0, rating, 0, "Machine " #bus ": load reference"}, \
    {"G" #bus ".vset", "", MR_ACTUATOR, false, vm, 0.8, 1.2, 0, "Machine " #bus ": voltage reference, pu"}, \
    ORDER("G" #bus ".run", 1, "Machine " #bus ": start, on an edge; stop") \
    CONTACT("G" #bus ".running", 1, "Machine " #bus ": at speed, governor in charge") \
    CODE("G" #bus ".tripped", "Machine " #bus ": function that tripped it, 0 none") \
    BREAKER("CBG" #bus, 1, "Breaker of machine " #bus) \
    SYNC("SYG" #bus, "Machine " #bus)
#define V_FEEDER(bus, mw, mvar) \
    SENSE("D" #bus ".P", "MW", mw, -100, 2000, 0.5, "Load " #bus ": active power") \
    SENSE("D" #bus ".Q", "MVAr", mvar, -1000, 1000, 0.5, "Load " #bus ": reactive power") \
    CODE("D" #bus ".shed", "Load " #bus ": stages shed by frequency") \
    ORDER("D" #bus ".restore", 0, "Load " #bus ": takes back what was shed, on an edge") \
    BREAKER("CBD" #bus, 1, "Feeder of load " #bus)
#define V_BANK(bus, mvar) BREAKER("CBC" #bus, 0, "Capacitor bank " #bus)
#define V_BAY(bus, other, line, end) \
    SWITCH("DS" #bus "_" #other, 1, "Line disconnector at " #bus " towards " #other) \
    SWITCH("ES" #bus "_" #other, 0, "Line earthing switch at " #bus " towards " #other) \
    SYNC("SY" #bus "_" #other, "Breaker at " #bus " towards " #other) \
    SENSE("VT" #bus "_" #other ".V", "kV", 345, 0, 520, 0.2, "Line at " #bus " towards " #other ": voltage behind the breaker")
#define FAULT(tag, title)        {tag ".fault", "", MR_PARAMETER, true, 0, 0, 1, 0, title},
#define V_NODE_FAULT(n)          FAULT("B" #n, "Three-phase short circuit at bus " #n)
#define V_LINE_FAULT(from, to, ...)  FAULT("L" #from "_" #to, "Three-phase short circuit in the middle of line " #from "-" #to)
#define V_TRAFO_FAULT(from, to, ...) FAULT("T" #from "_" #to, "Three-phase short circuit in transformer " #from "-" #to)
#define V_PARAM(index, name, unit, value, lo, hi, title) {name, unit, MR_PARAMETER, false, value, lo, hi, 0, title},

/* The engine writes what follows in the order of these; `SYSTEM_...` are its places. */
#define PG_SYSTEM(X) \
    X(HZ,       "system.f",          "Hz",   50,  "Frequency of the part with most inertia") \
    X(ISLANDS,  "system.islands",    "",     1,   "Live parts") \
    X(MADE,     "system.generation", "MW",   0,   "Active power of all machines") \
    X(WANTED,   "system.demand",     "MW",   0,   "What consumers want") \
    X(SERVED,   "system.served",     "MW",   0,   "What they get") \
    X(LOST,     "system.losses",     "MW",   0,   "Losses of the network") \
    X(BALANCE,  "system.balance",    "MW",   0,   "Generation less load less losses: what is not accounted for") \
    X(UNSERVED, "system.unserved",   "MWh",  0,   "Energy wanted and not served so far")
#define V_SYSTEM(index, name, unit, first, title) INNER(name, unit, first, title)

static const struct mr_var vars[] = {
    PG_NODES(V_NODE)
    PG_LINES(V_LINE)
    PG_TRAFOS(V_TRAFO)
    PG_TRAFOS(V_TAP)
    PG_UNITS(V_UNIT)
    PG_FEEDERS(V_FEEDER)
    PG_BANKS(V_BANK)
    PG_STATION(V_BAY)
    PG_SYSTEM(V_SYSTEM)
    PG_NODES(V_NODE_FAULT)
    PG_LINES(V_LINE_FAULT)
    PG_TRAFOS(V_TRAFO_FAULT)
    PG_PARAMS(V_PARAM)
};

#define DAMAGE_OVERSPEED(bus, ...) {"G" #bus ".overspeed", "Machine " #bus " burst at more than 115 % speed"},
#define DAMAGE_SHAFT(bus, ...)     {"G" #bus ".shaft", "Shaft of machine " #bus " broken by a closing out of phase"},
#define DAMAGE_SLIPPED(bus, ...)   {"G" #bus ".slipped", "Machine " #bus " slipped three poles"},
#define DAMAGE_TRAFO(from, to, ...) {"T" #from "_" #to ".overheated", "Transformer " #from "-" #to " overheated"},
static const struct mr_damage damages[] = {
    PG_UNITS(DAMAGE_OVERSPEED)
    PG_UNITS(DAMAGE_SHAFT)
    PG_UNITS(DAMAGE_SLIPPED)
    PG_TRAFOS(DAMAGE_TRAFO)
    {"line.annealed", "A line's conductors were heated until they sagged for good"},
    {"earth.live", "An earthing switch was closed on a live line"},
    {"disconnector.arc", "A disconnector was opened under current"},
    {"insulation.failed", "Voltage rose beyond what insulation stands"},
    {"supply.shed", "Consumers were cut off: by frequency, or with their bus"},
    {"supply.interrupted", "Consumers went without three tenths of their demand for a minute"},
    {"supply.blackout", "No consumer was served"},
};
/* clang-format on */
_Static_assert(sizeof damages / sizeof damages[0] == PG_DAMAGES, "a bit for each damage");

/* Where each thing's variables are: offsets from the first of its own. */
enum { O_SWITCH_CLOSE, O_SWITCH_CLOSED, O_SWITCH_OPENED, O_SWITCH_TRIP, N_SWITCH = 3, N_BREAKER = 4 };
enum { O_BUS_V, O_BUS_HZ, N_BUS };
enum {
    O_BRANCH_P,
    O_BRANCH_Q,
    O_BRANCH_I,
    O_BRANCH_HEAT,
    O_BRANCH_CB,
    O_END_RELAY = N_BREAKER,
    N_END = N_BREAKER + 1,
    N_BRANCH = O_BRANCH_CB + 2 * N_END
};
enum { O_TAP, O_TAPPED, N_TAP };
enum {
    O_UNIT_P,
    O_UNIT_Q,
    O_UNIT_HZ,
    O_UNIT_VALVE,
    O_UNIT_EFD,
    O_UNIT_ANGLE,
    O_UNIT_SLIPS,
    O_UNIT_PSET,
    O_UNIT_VSET,
    O_UNIT_RUN,
    O_UNIT_RUNNING,
    O_UNIT_TRIPPED,
    O_UNIT_CB,
    O_UNIT_SYNC = O_UNIT_CB + N_BREAKER,
    N_UNIT = O_UNIT_SYNC + 3
};
enum { O_LOAD_P, O_LOAD_Q, O_LOAD_SHED, O_LOAD_RESTORE, O_LOAD_CB, N_LOAD = O_LOAD_CB + N_BREAKER };
enum { O_BAY_DS, O_BAY_ES = N_SWITCH, O_BAY_SYNC = 2 * N_SWITCH, O_BAY_VT = O_BAY_SYNC + 3, N_BAY };

#define SYSTEM_INDEX(index, ...) SYSTEM_##index,
enum { PG_SYSTEM(SYSTEM_INDEX) N_SYSTEM };

enum {
    NODES = 39,
    V_BUSES = 0,
    V_BRANCHES = V_BUSES + NODES * N_BUS,
    V_TAPS = V_BRANCHES + PG_BRANCHES * N_BRANCH,
    V_UNITS = V_TAPS + PG_TRANSFORMERS * N_TAP,
    V_LOADS = V_UNITS + PG_MACHINES * N_UNIT,
    V_CAPS = V_LOADS + PG_LOADS * N_LOAD,
    V_BAYS = V_CAPS + PG_CAPS * N_BREAKER,
    V_SYSTEM0 = V_BAYS + PG_BAYS * N_BAY,
    V_BUS_FAULTS = V_SYSTEM0 + N_SYSTEM,
    V_BRANCH_FAULTS = V_BUS_FAULTS + NODES,
    V_PARAMS = V_BRANCH_FAULTS + PG_BRANCHES,
    V_ALL = V_PARAMS + PG_NPARAMS,
};
_Static_assert(sizeof vars / sizeof vars[0] == V_ALL, "indices and table come from the same lists");

/* First variable of the i-th thing of a group. */
static int place(int first, int i, int stride)
{
    return first + i * stride;
}

/* Where the variables of switches are, by runs of them. */
static const struct run {
    int first, step, n; /* in the list of switches, */
    int var, stride;    /* and variables */
} runs[] = {
    {PG_SW_BRANCH, 2, PG_BRANCHES, V_BRANCHES + O_BRANCH_CB, N_BRANCH},
    {PG_SW_BRANCH + 1, 2, PG_BRANCHES, V_BRANCHES + O_BRANCH_CB + N_END, N_BRANCH},
    {PG_SW_MACHINE, 1, PG_MACHINES, V_UNITS + O_UNIT_CB, N_UNIT},
    {PG_SW_LOAD, 1, PG_LOADS, V_LOADS + O_LOAD_CB, N_LOAD},
    {PG_SW_CAP, 1, PG_CAPS, V_CAPS, N_BREAKER},
    {PG_SW_DISCONNECTOR, 1, PG_BAYS, V_BAYS + O_BAY_DS, N_BAY},
    {PG_SW_EARTH, 1, PG_BAYS, V_BAYS + O_BAY_ES, N_BAY},
};
#define RUNS (sizeof runs / sizeof runs[0])

static void take_input(struct pg_input *in, const double *v)
{
    *in = (struct pg_input){0};
    for (size_t k = 0; k < RUNS; k++) {
        const struct run r = runs[k];
        for (int i = 0; i < r.n; i++) {
            in->close[r.first + i * r.step] = v[r.var + i * r.stride + O_SWITCH_CLOSE] != 0;
        }
    }
    for (int e = 0; e < PG_ENDS; e++) {
        in->relay[e] = v[V_BRANCHES + e / 2 * N_BRANCH + O_BRANCH_CB + e % 2 * N_END + O_END_RELAY] != 0;
    }
    for (int i = 0; i < PG_TRANSFORMERS; i++) { /* the last branches are transformers */
        in->tap[PG_BRANCHES - PG_TRANSFORMERS + i] = (int8_t)mr_rint(v[V_TAPS + i * N_TAP + O_TAP]);
    }
    for (int i = 0; i < PG_MACHINES; i++) {
        const double *unit = v + place(V_UNITS, i, N_UNIT);
        in->p[i] = unit[O_UNIT_PSET] / pg_case39.base_mva;
        in->v[i] = unit[O_UNIT_VSET];
        in->run[i] = unit[O_UNIT_RUN] != 0;
    }
    for (int i = 0; i < PG_LOADS; i++) {
        in->restore[i] = v[V_LOADS + i * N_LOAD + O_LOAD_RESTORE] != 0;
    }
    for (int i = 0; i < NODES; i++) {
        in->bus_fault[i] = v[V_BUS_FAULTS + i] != 0;
    }
    for (int i = 0; i < PG_BRANCHES; i++) {
        in->branch_fault[i] = v[V_BRANCH_FAULTS + i] != 0;
    }
    for (int i = 0; i < PG_NPARAMS; i++) {
        in->param[i] = v[V_PARAMS + i];
    }
}

static void show_network(const struct pg *g, double *v)
{
    for (int i = 0; i < NODES; i++) {
        double *bus = v + place(V_BUSES, i, N_BUS);
        bus[O_BUS_V] = pg_case39.base_kv * mr_sqrt(g->net.v_square[i]);
        bus[O_BUS_HZ] = pg_live(g, i) ? pg_case39.hz * (1 + pg_dw(g, i)) : 0;
    }
    for (int k = 0; k < PG_BRANCHES; k++) {
        double *branch = v + place(V_BRANCHES, k, N_BRANCH);
        branch[O_BRANCH_P] = pg_case39.base_mva * g->net.p[pg_near(k)];
        branch[O_BRANCH_Q] = pg_case39.base_mva * g->net.q[pg_near(k)];
        branch[O_BRANCH_I] = BASE_AMPERE * mr_sqrt(g->net.square[pg_near(k)]);
        branch[O_BRANCH_HEAT] = 100 * g->heat[k];
    }
    for (int i = 0; i < PG_TRANSFORMERS; i++) {
        v[V_TAPS + i * N_TAP + O_TAPPED] = g->tap[PG_BRANCHES - PG_TRANSFORMERS + i];
    }
}

static void show_switches(const struct pg *g, double *v)
{
    static const double number[2] = {0, 1};
    for (size_t k = 0; k < RUNS; k++) {
        const struct run r = runs[k];
        double *of = &v[r.var];
        for (int i = 0; i < r.n; i++, of += r.stride) {
            const struct pg_switch *s = &g->sw[r.first + i * r.step];
            of[O_SWITCH_CLOSED] = number[s->closed && s->wanted];
            of[O_SWITCH_OPENED] = number[!s->closed && !s->wanted];
            if (r.first < PG_SW_DISCONNECTOR) {
                of[O_SWITCH_TRIP] = s->trip;
            }
        }
    }
}

static void show_sync(const struct pg *g, const struct pg_input *in, int sw, double *to)
{
    struct pg_sides s;
    to[0] = to[1] = to[2] = 0;
    if (!g->sw[sw].closed && pg_switch_sides(g, in, sw, &s)) {
        to[0] = pg_case39.base_kv * (mr_sqrt(pg_square(s.there)) - mr_sqrt(pg_square(s.here)));
        to[1] = pg_case39.hz * s.slip;
        to[2] = pg_sides_degrees(&s);
    }
}

/* Voltage of a bay's line: the bus's while the end is joined, what the far end sends while it is not. */
static double line_volts(const struct pg *g, const struct pg_input *in, int end)
{
    int bus = end % 2 ? pg_case39.branch[end / 2].to : pg_case39.branch[end / 2].from;
    struct mr_complex v = pg_voltage(g, bus);
    bool live = g->key.joined[end] || pg_line_voltage(g, in, end, &v);
    return live ? pg_case39.base_kv * mr_sqrt(pg_square(v)) : 0;
}

static double centre_angle(const struct pg *g)
{
    double weight = 0;
    double centre = 0;
    for (int i = 0; i < PG_MACHINES; i++) {
        double h = g->key.machine[i] ? pg_case39.machine[i].h_s : 0;
        weight += h;
        centre += h * g->rotor[i].angle;
    }
    return weight > 0 ? centre / weight : 0;
}

static void show_units(const struct pg *g, const struct pg_input *in, double *v)
{
    double centre = centre_angle(g);
    for (int i = 0; i < PG_MACHINES; i++) {
        const struct pg_rotor *r = &g->rotor[i];
        double *unit = v + place(V_UNITS, i, N_UNIT);
        unit[O_UNIT_P] = pg_case39.base_mva * r->pe;
        unit[O_UNIT_Q] = pg_case39.base_mva * r->q;
        unit[O_UNIT_HZ] = pg_case39.hz * (1 + r->dw);
        unit[O_UNIT_VALVE] = 100 * r->valve;
        unit[O_UNIT_EFD] = r->efd;
        unit[O_UNIT_ANGLE] = (r->angle - centre) * (180 / MR_PI);
        unit[O_UNIT_SLIPS] = r->slips;
        unit[O_UNIT_RUNNING] = r->turbine == PG_RUNNING;
        unit[O_UNIT_TRIPPED] = r->tripped;
        show_sync(g, in, PG_SW_MACHINE + i, unit + O_UNIT_SYNC);
    }
    for (int i = 0; i < PG_BAYS; i++) {
        const struct pg_bay *bay = &pg_case39.bay[i];
        int end = 2 * bay->branch + bay->end;
        show_sync(g, in, PG_SW_BRANCH + end, v + place(V_BAYS, i, N_BAY) + O_BAY_SYNC);
        v[place(V_BAYS, i, N_BAY) + O_BAY_VT] = line_volts(g, in, end);
    }
}

static int stages(uint8_t bits)
{
    int n = 0;
    for (int i = 0; i < PG_STAGES; i++) {
        n += (bits >> i) & 1;
    }
    return n;
}

static void show_loads(const struct pg *g, double *v)
{
    double served = 0;
    double wanted = 0;
    for (int i = 0; i < PG_LOADS; i++) {
        double *load = v + place(V_LOADS, i, N_LOAD);
        load[O_LOAD_P] = pg_case39.base_mva * g->net.load_p[i];
        load[O_LOAD_Q] = pg_case39.base_mva * g->net.load_q[i];
        load[O_LOAD_SHED] = stages(g->stages[i]);
        served += load[O_LOAD_P];
        wanted += pg_case39.base_mva * g->demand * pg_case39.load[i].s.re;
    }
    v[V_SYSTEM0 + SYSTEM_WANTED] = wanted;
    v[V_SYSTEM0 + SYSTEM_SERVED] = served;
}

static double losses(const struct pg *g)
{
    double lost = 0;
    for (int e = 0; e < PG_ENDS; e++) {
        lost += g->net.p[e];
    }
    return lost * pg_case39.base_mva;
}

static void show_system(const struct pg *g, double *v)
{
    double *system = v + V_SYSTEM0;
    double made = 0;
    int heaviest = -1;
    for (int i = 0; i < PG_MACHINES; i++) {
        bool on = g->key.machine[i];
        made += pg_case39.base_mva * g->rotor[i].pe;
        if (on && (heaviest < 0 || pg_case39.machine[i].h_s > pg_case39.machine[heaviest].h_s)) {
            heaviest = i;
        }
    }
    system[SYSTEM_HZ] = heaviest < 0 ? 0 : pg_case39.hz * (1 + pg_dw(g, pg_case39.machine[heaviest].bus));
    system[SYSTEM_ISLANDS] = g->net.islands;
    system[SYSTEM_MADE] = made;
    system[SYSTEM_LOST] = losses(g);
    system[SYSTEM_BALANCE] = made - system[SYSTEM_SERVED] - system[SYSTEM_LOST];
    system[SYSTEM_UNSERVED] = g->unserved_mwh;
}

static void show(const struct pg *g, const struct pg_input *in, double *v)
{
    show_network(g, v);
    show_switches(g, v);
    show_loads(g, v);
    show_units(g, in, v);
    show_system(g, v);
}

static void begin(void *state, double *v, struct mr_rng *rng)
{
    (void)rng;
    struct pg *g = state;
    struct pg_input in;
    take_input(&in, v);
    pg_start(g, &pg_case39, &in);
    show(g, &in, v);
}

static uint64_t advance(void *state, double *v, double dt_s, double time_s, struct mr_rng *rng)
{
    (void)time_s;
    struct pg *g = state;
    struct pg_input in;
    take_input(&in, v);
    int steps = (int)mr_max(1, mr_ceil(dt_s / PG_STEP_S - 1e-9));
    for (int i = 0; i < steps; i++) {
        (void)pg_step(g, &in, dt_s / steps, rng);
    }
    show(g, &in, v);
    return g->damage;
}

const struct mr_model mr_power_grid = {
    .name = "power-grid",
    .title = "New England transmission grid of 39 buses and ten machines, with governors, exciters, relays and load shedding",
    .vars = vars,
    .nvars = V_ALL,
    .damages = damages,
    .ndamages = PG_DAMAGES,
    .state = &pg_type,
    .step = 10 * MR_MS,
    .brief_csv = true,
    .init = begin,
    .advance = advance,
};
