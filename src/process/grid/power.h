/* power.h - a grid that lives: its machines with governors and exciters, loads, switches, relays; the model "power-grid".
 *
 * What a grid is made of (`struct pg_case`) is constant; what moves is one record (`struct pg`), all of it in the field table of
 * power.c but the last members, a cache which is a function of the topology and knows of which. One step: loads follow demand,
 * voltage and frequency; switches and tap changers travel; the network, reduced to a matrix of impedances, is solved four times
 * while the machines move by Runge and Kutta's method; regulators act; relays measure and trip; damage is judged.
 *
 * Quantities are per unit on the case's base power, angles in radians in a frame that turns at nominal frequency, times in
 * seconds, unless a name says otherwise. docs/process/power-grid.md has the equations and their sources. */
#ifndef MR_PROCESS_GRID_POWER_H
#define MR_PROCESS_GRID_POWER_H

#include "base/maths.h"
#include "base/rng.h"
#include "process/grid/grid.h"

#include <string.h>

enum {
    PG_BUSES = 40, /* whole eights */
    PG_BRANCHES = 46,
    PG_ENDS = 2 * PG_BRANCHES,
    PG_TRANSFORMERS = 12,
    PG_MACHINES = 10,
    PG_LOADS = 21,
    PG_CAPS = 4,
    PG_BAYS = 5,   /* line bays that are followed down to disconnector and earthing switch */
    PG_STAGES = 5, /* of under-frequency load shedding */
};

struct pg_branch {
    uint8_t from, to; /* indices of buses */
    double r, x, b, tap;
    double rating;    /* apparent power that it carries for ever */
    bool transformer; /* has a tap changer at its from end, and the longer thermal time constant */
};

struct pg_machine {
    uint8_t bus;
    double h_s, ra, xd_t, xd, xq, td0_t_s, tq0_t_s; /* tq0_t_s 0: no winding in the q axis */
    double p, vm;                                   /* of the power flow from which it begins */
    double rating;                                  /* of its turbine */
    double start_s;                                 /* from standstill to nominal speed */
    bool black_start;                               /* needs no voltage from outside */
};

struct pg_load {
    uint8_t bus;
    struct mr_complex s;
};

struct pg_cap {
    uint8_t bus;
    double q;
};

struct pg_bay {
    uint8_t branch, end; /* end 0: from, 1: to */
};

struct pg_case {
    double base_mva, base_kv, hz;
    int nbus, nbranch, nmachine, nload, ncap, nbay;
    int reference; /* the machine that takes what is left */
    const struct pg_branch *branch;
    const struct pg_machine *machine;
    const struct pg_load *load;
    const struct pg_cap *cap;
    const struct pg_bay *bay;
};
extern const struct pg_case pg_case39;

/* Switches, all in one list: breakers at both ends of branches (2 k, 2 k + 1), of machines, loads and capacitors; then each
 * bay's disconnector and earthing switch. */
enum {
    PG_SW_BRANCH = 0,
    PG_SW_MACHINE = PG_SW_BRANCH + 2 * PG_BRANCHES,
    PG_SW_LOAD = PG_SW_MACHINE + PG_MACHINES,
    PG_SW_CAP = PG_SW_LOAD + PG_LOADS,
    PG_SW_DISCONNECTOR = PG_SW_CAP + PG_CAPS,
    PG_SW_EARTH = PG_SW_DISCONNECTOR + PG_BAYS,
    PG_SWITCHES = PG_SW_EARTH + PG_BAYS,
};

/* What tripped a breaker: the number of the relay's function (IEEE C37.2), as its target shows it. */
enum {
    PG_TRIP_NONE = 0,
    PG_TRIP_OVERSPEED = 12,
    PG_TRIP_DISTANCE = 21,
    PG_TRIP_SYNC_REFUSED = 25,
    PG_TRIP_UNDERVOLTAGE = 27,
    PG_TRIP_THERMAL = 49,
    PG_TRIP_INSTANTANEOUS = 50,
    PG_TRIP_INVERSE = 51,
    PG_TRIP_OVERVOLTAGE = 59,
    PG_TRIP_OUT_OF_STEP = 78,
    PG_TRIP_FREQUENCY = 81,
    PG_TRIP_BUS = 87,
    PG_TRIP_TURBINE = 94, /* its own command to stop */
};

/* Parameters: index, name, unit, usual value, from, to, title. */
/* clang-format off */
#define PG_PARAMS(X) \
    X(DEMAND_SCALE,  "demand.scale",      "",   1,     0.2, 1.5,  "Demand of all loads, times the published one; followed within a minute") \
    X(DEMAND_DAILY,  "demand.daily",      "",   1,     0,   1,    "1: demand follows a day's curve; 0: it stays") \
    X(DEMAND_START,  "demand.start_hour", "h",  10,    0,   24,   "Hour of the day at which time begins; the published demand is that of 10:00") \
    X(DEMAND_NOISE,  "demand.noise",      "",   0.002, 0,   0.05, "Standard deviation of each load's random part") \
    X(LOAD_PZ,       "load.pz",           "",   0.4,   0,   1,    "Share of the active power that is a constant impedance") \
    X(LOAD_PI,       "load.pi",           "",   0.3,   0,   1,    "Share that is a constant current; the rest is constant power") \
    X(LOAD_QZ,       "load.qz",           "",   0.6,   0,   1,    "The same of the reactive power") \
    X(LOAD_QI,       "load.qi",           "",   0.2,   0,   1,    "The same of the reactive power") \
    X(LOAD_KPF,      "load.kpf",          "",   1.5,   0,   5,    "Active power by frequency, pu/pu") \
    X(LOAD_KQF,      "load.kqf",          "",   -1,    -5,  5,    "Reactive power by frequency, pu/pu") \
    X(FLUX_ON,       "machine.flux",      "",   1,     0,   1,    "1: fluxes decay in both axes; 0: constant voltage behind transient reactance") \
    X(DAMPING,       "machine.damping",   "",   2,     0,   50,   "Damper windings and friction, pu of turbine rating by pu of speed") \
    X(GOV_ON,        "governor.on",       "",   1,     0,   1,    "1: governors act; 0: mechanical power stays") \
    X(GOV_DROOP,     "governor.droop",    "",   0.05,  0.01, 0.2, "Speed by power, both pu, at rest") \
    X(GOV_TIME,      "governor.time",     "s",  0.2,   0.02, 5,   "Lag of the governor's valve") \
    X(TURBINE_TIME,  "turbine.time",      "s",  0.3,   0.05, 10,  "Lag from valve to shaft") \
    X(VALVE_OPEN,    "valve.open_rate",   "1/s", 0.1,  0.01, 2,   "Fastest opening of a valve") \
    X(VALVE_CLOSE,   "valve.close_rate",  "1/s", 3,    0.01, 10,  "Fastest closing") \
    X(AVR_ON,        "avr.on",            "",   1,     0,   1,    "1: voltage regulators act; 0: field voltage stays") \
    X(AVR_GAIN,      "avr.gain",          "",   30,    1,   400,  "Field voltage by terminal voltage, pu/pu") \
    X(AVR_TIME,      "avr.time",          "s",  0.1,   0.02, 2,   "Lag of the exciter") \
    X(AVR_MAX,       "avr.max",           "",   5,     1,   10,   "Ceiling of the field voltage, pu; its floor is 0") \
    X(PSS_GAIN,      "pss.gain",          "",   20,    0,   50,   "Stabiliser: terminal voltage by speed, pu/pu, leading; at most 0.05 pu") \
    X(BREAKER_OPEN,  "breaker.open_time", "s",  0.05,  0.01, 1,   "From trip to interruption") \
    X(BREAKER_CLOSE, "breaker.close_time", "s", 0.1,   0.01, 1,   "From command to contact") \
    X(SWITCH_TIME,   "switch.travel_time", "s", 6,     0.5, 60,   "Travel of disconnectors and earthing switches") \
    X(TAP_TIME,      "tap.step_time",     "s",  5,     1,   60,   "From one tap to the next") \
    X(TAP_STEP,      "tap.step",          "",   0.00625, 0.001, 0.05, "Ratio by tap") \
    X(RELAYS_ON,     "relay.on",          "",   1,     0,   1,    "1: relays trip; 0: none does") \
    X(R50_PICKUP,    "relay.50.pickup",   "",   12,    1,   50,   "Instantaneous overcurrent, times rating") \
    X(R51_PICKUP,    "relay.51.pickup",   "",   1.5,   0.2, 10,   "Inverse-time overcurrent, times rating") \
    X(R51_DIAL,      "relay.51.dial",     "",   0.5,   0.05, 2,   "Time multiplier") \
    X(R51_CURVE,     "relay.51.curve",    "",   1,     1,   3,    "IEC 60255-151: 1 standard, 2 very, 3 extremely inverse") \
    X(R21_ZONE1,     "relay.21.zone1",    "",   0.8,   0,   2,    "Distance relay: reach of zone 1, of the line") \
    X(R21_ZONE2,     "relay.21.zone2",    "",   1.2,   0,   3,    "Reach of zone 2") \
    X(R21_DELAY,     "relay.21.delay",    "s",  0.4,   0,   5,    "Delay of zone 2") \
    X(R87_DELAY,     "relay.87.delay",    "s",  0.02,  0,   5,    "Bus differential: delay") \
    X(R49_LIMIT,     "relay.49.limit",    "",   1.44,  0.5, 5,    "Thermal overload: trips at this heat, 1 being that of the rating") \
    X(LINE_TAU,      "line.thermal_time", "s",  600,   10,  7200, "Thermal time constant of lines") \
    X(TRAFO_TAU,     "transformer.thermal_time", "s", 1800, 10, 36000, "Thermal time constant of transformers") \
    X(R27_VOLTAGE,   "relay.27.voltage",  "",   0.75,  0,   1,    "Machines: undervoltage") \
    X(R27_DELAY,     "relay.27.delay",    "s",  3,     0,   60,   "Its delay") \
    X(R59_VOLTAGE,   "relay.59.voltage",  "",   1.25,  1,   2,    "Machines: overvoltage") \
    X(R59_DELAY,     "relay.59.delay",    "s",  1,     0,   60,   "Its delay") \
    X(R81U_HZ,       "relay.81u.frequency", "Hz", 47,  40,  60,   "Machines: underfrequency") \
    X(R81U_DELAY,    "relay.81u.delay",   "s",  0.5,   0,   60,   "Its delay") \
    X(R81O_HZ,       "relay.81o.frequency", "Hz", 52,  45,  70,   "Machines: overfrequency") \
    X(R81O_DELAY,    "relay.81o.delay",   "s",  2,     0,   60,   "Its delay") \
    X(R12_SPEED,     "relay.12.speed",    "",   1.1,   1.02, 1.5, "Overspeed bolt of the turbine") \
    X(R78_SLIPS,     "relay.78.slips",    "",   1,     1,   20,   "Machines: pole slips until out of step trips") \
    X(R25_ON,        "relay.25.on",       "",   1,     0,   1,    "1: a breaker refuses to close between voltages that differ too much") \
    X(R25_VOLTS,     "relay.25.voltage",  "",   0.15,  0,   2,    "Synchronism check: largest difference of voltages") \
    X(R25_HZ,        "relay.25.frequency", "Hz", 0.2,  0,   10,   "Largest slip") \
    X(R25_ANGLE,     "relay.25.angle",    "deg", 30,   0,   180,  "Largest angle") \
    X(UFLS_ON,       "ufls.on",           "",   1,     0,   1,    "1: load is shed by frequency") \
    X(UFLS_DELAY,    "ufls.delay",        "s",  0.2,   0,   10,   "Delay of every stage") \
    X(UFLS_1,        "ufls.stage1",       "Hz", 49,    40,  60,   "Stage 1") \
    X(UFLS_2,        "ufls.stage2",       "Hz", 48.75, 40,  60,   "Stage 2") \
    X(UFLS_3,        "ufls.stage3",       "Hz", 48.5,  40,  60,   "Stage 3") \
    X(UFLS_4,        "ufls.stage4",       "Hz", 48.25, 40,  60,   "Stage 4") \
    X(UFLS_5,        "ufls.stage5",       "Hz", 48,    40,  60,   "Stage 5") \
    X(UFLS_SHARE,    "ufls.share",        "",   0.08,  0,   0.2,  "Share of each load that a stage sheds")
/* clang-format on */
#define PG_INDEX(index, ...) PGP_##index,
enum pg_param { PG_PARAMS(PG_INDEX) PG_NPARAMS };
#undef PG_INDEX

/* What is commanded from outside, besides parameters. */
struct pg_input {
    uint8_t close[PG_SWITCHES];
    uint8_t relay[2 * PG_BRANCHES]; /* in service, per end */
    int8_t tap[PG_BRANCHES];
    double p[PG_MACHINES], v[PG_MACHINES]; /* references */
    uint8_t run[PG_MACHINES];
    uint8_t restore[PG_LOADS]; /* a rising edge takes shed load back */
    uint8_t bus_fault[PG_BUSES], branch_fault[PG_BRANCHES];
    double param[PG_NPARAMS];
};

/* Everything that the matrix of the network depends on. Bytes only, so that two can be compared as memory. */
struct pg_topology {
    uint8_t joined[2 * PG_BRANCHES]; /* this end reaches its bus */
    uint8_t earthed[2 * PG_BRANCHES];
    uint8_t branch_fault[PG_BRANCHES];
    int8_t tap[PG_BRANCHES];
    uint8_t machine[PG_MACHINES];
    uint8_t load[PG_LOADS]; /* constant impedance that stands for it, in fiftieths of the published load */
    uint8_t cap[PG_CAPS];
    uint8_t bus_fault[PG_BUSES];
};

struct pg_switch {
    double travel_s; /* left; 0 at rest */
    uint8_t closed;  /* conducts */
    uint8_t wanted;  /* where it goes or is */
    uint8_t command; /* as last seen: edges count */
    uint8_t trip;    /* what tripped it last, until it is closed again */
};

enum pg_turbine { PG_OFF, PG_STARTING, PG_RUNNING };

struct pg_rotor {
    double angle, dw, eq, ed; /* rotor angle, speed less synchronous, transient voltages */
    double efd, valve, pm, washout, lead[2];
    double pe, q;      /* at the terminals */
    double bias, efd0; /* what regulators add so that the power flow is where they rest */
    double slip_angle; /* less the island's, unwrapped at the last count */
    double under_s, over_s, low_s, high_s;
    int32_t slips;
    uint8_t turbine, command, tripped;
};

struct pg_end { /* a relay at an end of a branch */
    double inverse, zone2_s;
};

struct pg_stages {
    double low_s[PG_STAGES];
};

/* The network of one topology; all of it follows from that, but the last group, which belongs to a moment. What the step goes
 * through from end to end lies in arrays of one quantity each. */
struct pg_net {
    bool valid;
    struct pg_topology of;
    double z_re[PG_BUSES][PG_BUSES], z_im[PG_BUSES][PG_BUSES];             /* impedances: voltages by currents; symmetric */
    double m_re[PG_MACHINES][PG_MACHINES], m_im[PG_MACHINES][PG_MACHINES]; /* those between machines, */
    double l_re[PG_LOADS][PG_MACHINES], l_im[PG_LOADS][PG_MACHINES];       /* and from loads to machines */
    double m_own_re[PG_MACHINES], m_own_im[PG_MACHINES];                   /* admittance of a machine that is on, or 0 */
    double per_square[PG_LOADS];                                           /* of the voltage at which a load draws its power */
    double own_re[PG_ENDS], own_im[PG_ENDS];                               /* current into an end by its own bus's voltage, */
    double through_re[PG_ENDS], through_im[PG_ENDS];                       /* and by the other one's */
    uint8_t end_bus[PG_ENDS];
    int island[PG_BUSES]; /* -1: dead */
    int islands;
    bool dark[PG_BUSES]; /* no voltage: dead, or on earth */

    double i_re[PG_BUSES], i_im[PG_BUSES];           /* injected, of machines and loads together */
    double load_re[PG_LOADS], load_im[PG_LOADS];     /* injected by loads */
    double load_p[PG_LOADS], load_q[PG_LOADS];       /* what they draw */
    double sine[PG_MACHINES], cosine[PG_MACHINES];   /* of rotor angles */
    double v_square[PG_BUSES];                       /* of voltages */
    double current_re[PG_ENDS], current_im[PG_ENDS]; /* into each end of each branch, */
    double square[PG_ENDS];                          /* squared, */
    double p[PG_ENDS], q[PG_ENDS];                   /* and power */
    double dw[PG_MACHINES];                          /* per island */
};

struct pg {
    double time_s;       /* of the demand's curve */
    double v0[PG_LOADS]; /* voltage at which a load draws its published power */
    double v_re[PG_BUSES], v_im[PG_BUSES];
    double demand, noise[PG_LOADS], noise_left_s;
    struct pg_switch sw[PG_SWITCHES];
    struct pg_topology key; /* of the voltages */
    struct pg_rotor rotor[PG_MACHINES];
    struct pg_end end[2 * PG_BRANCHES];
    double heat[PG_BRANCHES];
    int8_t tap[PG_BRANCHES];
    double tap_left_s[PG_BRANCHES];
    uint8_t stages[PG_LOADS]; /* bit for each that has shed */
    uint8_t restored[PG_LOADS];
    struct pg_stages stage[PG_LOADS];
    double bus_fault_s[PG_BUSES];
    uint8_t arc[PG_BAYS]; /* a disconnector drew an arc: its bus is faulted until it is dead */
    double interrupted_s, unserved_mwh, served_mwh;
    uint64_t damage;

    /* Not state: constants, and what follows from the rest. */
    const struct pg_case *c;
    struct pg_net net;
};

/* The relays at a branch's two ends, in lists of both. */
static inline int pg_near(int branch)
{
    return 2 * branch;
}
static inline int pg_far(int branch)
{
    return 2 * branch + 1;
}
/* Two of an array at a time, in one register; each lane is a number as any other. */
typedef double pg_two __attribute__((vector_size(16)));
static inline pg_two pg_get(const double *from)
{
    pg_two x;
    memcpy(&x, from, sizeof x);
    return x;
}
static inline void pg_put(double *to, pg_two x)
{
    memcpy(to, &x, sizeof x);
}
static inline bool pg_bit(uint64_t bits, int i)
{
    return (bits >> i) & 1;
}
static inline struct mr_complex pg_voltage(const struct pg *g, int bus)
{
    return (struct mr_complex){g->v_re[bus], g->v_im[bus]};
}
static inline struct mr_complex pg_current(const struct pg *g, int end)
{
    return (struct mr_complex){g->net.current_re[end], g->net.current_im[end]};
}
static inline double pg_square(struct mr_complex x)
{
    return x.re * x.re + x.im * x.im;
}
/* Speed of the island that a bus is in, less synchronous. A dead bus has none: 0. */
static inline double pg_dw(const struct pg *g, int bus)
{
    return g->net.island[bus] < 0 ? 0 : g->net.dw[g->net.island[bus]];
}
/* Angle by which an island turns against the synchronous frame. */
static inline double pg_turn(const struct pg *g, int island, double dt_s)
{
    return 2 * MR_PI * g->c->hz * g->net.dw[island] * dt_s;
}
static inline bool pg_live(const struct pg *g, int bus)
{
    return g->net.island[bus] >= 0;
}

/* power.c: the state at rest in the case's power flow. */
void pg_start(struct pg *g, const struct pg_case *c, const struct pg_input *in);
extern const struct mr_type pg_type;
/* Advances by dt_s, at most PG_STEP_S, and gives the damages in force. */
#define PG_STEP_S 0.01
uint64_t pg_step(struct pg *g, const struct pg_input *in, double dt_s, struct mr_rng *rng);

/* power_network.c */
void pg_network_restore(struct pg *g, const struct pg_input *in); /* the cache, where a state has been loaded */
void pg_network_update(struct pg *g, const struct pg_input *in);  /* to the present state of switches */
void pg_network_loads(struct pg *g, const struct pg_input *in); /* what loads draw beyond their constant impedance, as currents */
void pg_network_turn(struct pg *g, double dt_s);                /* those currents with their islands */
void pg_network_solve(struct pg *g);                            /* voltages from currents, then currents of branches */
void pg_network_serve(struct pg *g, const struct pg_input *in); /* what loads draw, from voltages */
void pg_island_speeds(struct pg *g);

/* power_machines.c */
void pg_machines_turn(struct pg *g);   /* sines and cosines of their rotors */
void pg_machines_inject(struct pg *g); /* their currents into the network's nodes */
void pg_machines_move(struct pg *g, const struct pg_input *in, double dt_s);
void pg_machines_regulate(struct pg *g, const struct pg_input *in, double dt_s);
void pg_machine_trip(struct pg *g, const struct pg_input *in, int machine, uint8_t why);

/* power_switches.c */
void pg_switch_trip(struct pg *g, const struct pg_input *in, int sw, uint8_t why);
void pg_switches_move(struct pg *g, const struct pg_input *in, double dt_s);
/* Voltage at the open end of a branch, from the bus at its other end; false where there is none. */
bool pg_line_voltage(const struct pg *g, const struct pg_input *in, int end, struct mr_complex *v);
/* What an open breaker of a branch or machine has on its two sides; false where one is dead, or it is another kind of switch. */
struct pg_sides {
    struct mr_complex here, there;
    double slip; /* of speeds, there less here */
};
bool pg_switch_sides(const struct pg *g, const struct pg_input *in, int sw, struct pg_sides *s);
double pg_sides_degrees(const struct pg_sides *s); /* angle of there less here */

/* power_relays.c */
void pg_relays(struct pg *g, const struct pg_input *in, double dt_s);
/* Time to trip by IEC 60255-151 at a multiple of the pick-up; infinite (1e9) at or below it. */
double pg_inverse_time(int curve, double dial, double multiple);

/* power_damage.c */
enum {
    PG_DAMAGE_OVERSPEED = 0, /* of the first machine; the others follow */
    PG_DAMAGE_SHAFT = PG_DAMAGE_OVERSPEED + PG_MACHINES,
    PG_DAMAGE_SLIPPED = PG_DAMAGE_SHAFT + PG_MACHINES,
    PG_DAMAGE_TRANSFORMER = PG_DAMAGE_SLIPPED + PG_MACHINES,
    PG_DAMAGE_ANNEALED = PG_DAMAGE_TRANSFORMER + PG_TRANSFORMERS,
    PG_DAMAGE_EARTHED,
    PG_DAMAGE_ARC,
    PG_DAMAGE_INSULATION,
    PG_DAMAGE_SHED,
    PG_DAMAGE_INTERRUPTED,
    PG_DAMAGE_BLACKOUT,
    PG_DAMAGES,
};
_Static_assert(PG_DAMAGES <= 64, "a bit for each damage");
void pg_damage(struct pg *g, double dt_s);

#endif
