/* water_flows.c - actuators and hydraulics of the water works.
 *
 * Pumps have head curves linear in the flow (affinity law: head with the square of the speed), pipes and membranes are linear
 * resistances, the reject valve a square-root one; so every branch has a closed solution and needs no iteration. Rated figures
 * are the project's own, of the size of SWaT (5 US gpm). */
#include "process/water.h"

#include "base/maths.h"

#define CONTROL_VALVE_RATE 0.10  /* 1/s: full travel in 10 s */
#define HIGH_PRESSURE_RAMP 0.015 /* 1/s: SWaT's drives run at 1.5 %/s */
#define HIGH_PRESSURE_MIN  0.10  /* and not below 10 % */
#define UV_WARM_UP_S       30.0
#define SUCTION_MM         30.0 /* below this level a pump draws air too */

#define DRAIN_RATED    3.0 /* m3/h through MV102 */
#define TRANSFER_RATED 3.5 /* m3/h of one pump at full speed */
#define TRANSFER_MAX   1.3 /* two in parallel on one pipe give no more than this times one */
#define TRANSFER_HEAD  180.0
#define TRANSFER_DROP  0.35 /* share of the head lost at rated flow */

#define UF_HEAD    220.0
#define UF_SLOPE   45.0 /* kPa per m3/h, of the pump */
#define UF_VALVE   2.0  /* resistance of MV302 open */
#define UF_DRAIN   20.0 /* resistance of the path through MV304 open */
#define BACK_HEAD  200.0
#define BACK_SLOPE 15.0
#define BACK_VALVE 2.0 /* of MV301 and of MV303 open */

#define FEED_HEAD      120.0
#define FEED_SLOPE     10.0
#define HIGH_HEAD      600.0
#define HIGH_SLOPE     60.0
#define STARVED        0.1    /* share of its head that a high pressure pump without suction pressure still gives */
#define PERMEATE_VALVE 0.15   /* m3/h per kPa */
#define REJECT_VALVE   0.1147 /* m3/h per root kPa, fully open */
#define OSMOTIC        4.958  /* kPa per mmol/L of a 1:1 salt at 25 degC: 2 R T */

#define SUPPLY_HEAD    450.0
#define SUPPLY_SLOPE   20.0  /* kPa per (m3/h)^2 */
#define SUPPLY_NOMINAL 250.0 /* kPa at which consumers take the demand */
#define CLEANING_RATED 0.6

#define DEMAND_M3H 1.32

/* Factors of the demand at each full hour, mean 1: a transmission main with a reservoir of the town's behind it, so the day's
 * swing is small. */
static const double demand_by_hour[24] = {0.950, 0.940, 0.935, 0.935, 0.945, 0.965, 0.995, 1.030, 1.055, 1.060, 1.050, 1.035,
                                          1.025, 1.015, 1.005, 1.000, 1.005, 1.020, 1.040, 1.045, 1.030, 1.000, 0.970, 0.950};

/* Litres an hour at full stroke of each kind of dosing pump, and to which day tank it belongs. */
static const double doser_rated[DOSERS] = {2, 2, 3, 3, 1, 1, 1, 1};
static const uint8_t doser_tank[DOSERS] = {TANK_NACL,  TANK_NACL,  TANK_HCL,        TANK_HCL,
                                           TANK_NAOCL, TANK_NAOCL, TANK_BISULPHITE, TANK_BISULPHITE};

static double toward(double x, double target, double step)
{
    return x < target ? mr_min(target, x + step) : mr_max(target, x - step);
}

static double pump_target(const struct water *w, const double *v, int pump)
{
    bool broken = water_damaged(w, DAMAGE_SEIZED + (unsigned)pump) || water_damaged(w, DAMAGE_OVERHEATED + (unsigned)pump);
    if (broken || v[PUMP_RUN(pump)] == 0) {
        return 0;
    }
    double speed = v[PUMP_SPEED(pump)] / 100;
    return pump == P501 || pump == P502 ? mr_max(speed, HIGH_PRESSURE_MIN) : speed;
}

static bool uv_on(const struct water *w, const double *v)
{
    return v[W_UV401_run] != 0 && !water_damaged(w, DAMAGE_UV_BURNT);
}

void water_settle_actuators(struct water *w, const double *v)
{
    for (int i = 0; i < VALVES; i++) {
        w->valve[i] = v[VALVE_OPEN(i)];
    }
    for (int i = 0; i < PUMPS; i++) {
        w->pump[i] = pump_target(w, v, i);
    }
    w->control_valve[0] = v[W_FCV101_position] / 100;
    w->control_valve[1] = v[W_FCV501_position] / 100;
    w->uv = uv_on(w, v) ? 1 : 0;
}

void water_move_actuators(struct water *w, const double *v, double dt_s)
{
    double travel = v[W_valve_travel] > 0 ? dt_s / v[W_valve_travel] : 1;
    double spinup = v[W_pump_spinup] > 0 ? dt_s / v[W_pump_spinup] : 1;
    for (int i = 0; i < VALVES; i++) {
        w->valve[i] = toward(w->valve[i], v[VALVE_OPEN(i)], travel);
    }
    for (int i = 0; i < PUMPS; i++) {
        bool drive = i == P501 || i == P502;
        w->pump[i] = toward(w->pump[i], pump_target(w, v, i), drive ? HIGH_PRESSURE_RAMP * dt_s : spinup);
        if (water_damaged(w, DAMAGE_SEIZED + (unsigned)i)) {
            w->pump[i] = 0; /* a seized shaft does not run out */
        }
    }
    w->control_valve[0] = toward(w->control_valve[0], v[W_FCV101_position] / 100, CONTROL_VALVE_RATE * dt_s);
    w->control_valve[1] = toward(w->control_valve[1], v[W_FCV501_position] / 100, CONTROL_VALVE_RATE * dt_s);
    w->uv = toward(w->uv, uv_on(w, v) ? 1 : 0, dt_s / UV_WARM_UP_S);
}

/* A gate opens quickly: most of the flow comes in the first half of the travel. */
static double gate(double position)
{
    return position * (2 - position);
}

/* What a pump gets of what it would draw: all, until the level falls to its suction. Where the flow goes with the root of the
 * head, the head takes the square of it, so that the flow ends in proportion and no tank is overdrawn. */
static double suction(double level_mm)
{
    return mr_clamp(level_mm / SUCTION_MM, 0, 1);
}

static double squared_sum(double a, double b)
{
    return a * a + b * b;
}

static void raw_water(const struct water *w, const double *v, struct flows *f)
{
    f->raw = v[W_raw_flow] * w->control_valve[0] * gate(w->valve[MV101]);

    double speed = mr_min(w->pump[P101] + w->pump[P102], TRANSFER_MAX);
    double fastest = mr_max(w->pump[P101], w->pump[P102]);
    double wet = suction(water_level_mm(w, v, T101, W_t101_section));
    f->drained = DRAIN_RATED * gate(w->valve[MV102]) * wet;
    f->transfer = TRANSFER_RATED * speed * gate(w->valve[MV201]) * wet;
    double load = fastest > 0 ? f->transfer / (TRANSFER_RATED * fastest) : 0;
    f->transfer_kpa = TRANSFER_HEAD * fastest * fastest * (1 - TRANSFER_DROP * load * load) * wet;
}

static void ultrafiltration(const struct water *w, const double *v, struct flows *f)
{
    double membrane = v[W_uf_resistance] + w->cake + w->lasting;
    if (water_damaged(w, DAMAGE_UF_RUPTURED)) {
        membrane = 0.2 * v[W_uf_resistance]; /* through the tear */
    }
    double wet = suction(water_level_mm(w, v, T301, W_t301_section));
    double head = UF_HEAD * squared_sum(w->pump[P301], w->pump[P302]) * wet;
    double out = gate(w->valve[MV302]);
    double drain = gate(w->valve[MV304]);
    double g_out = out / (membrane * out + UF_VALVE); /* = 1 / (membrane + UF_VALVE / out) */
    double g_drain = drain / UF_DRAIN;
    f->uf_feed_kpa = head / (1 + UF_SLOPE * (g_out + g_drain));
    f->filtrate = f->uf_feed_kpa * g_out;
    f->flush = f->uf_feed_kpa * g_drain;
    f->uf_tmp_kpa = f->filtrate * membrane;
    f->uf_out_kpa = f->uf_feed_kpa - f->uf_tmp_kpa;

    double wet_back = suction(water_level_mm(w, v, T602, W_t602_section));
    double in = gate(w->valve[MV301]);
    double away = gate(w->valve[MV303]);
    double back_head = BACK_HEAD * w->pump[P602] * w->pump[P602] * wet_back;
    double pipes = in * away * (BACK_SLOPE + membrane) + BACK_VALVE * (in + away);
    f->backwash = pipes > 0 ? back_head * in * away / pipes : 0;
    /* In the module, before the outlet valve; with MV301 shut the pump cannot press on it. */
    f->backwash_kpa = in > 0.02 ? back_head - f->backwash * (BACK_SLOPE + BACK_VALVE / in) : 0;
}

/* P + r (A (P - osmotic) + K sqrt(P)) = head, for P: a quadratic in its root. */
static double membrane_pressure(double head, double slope, double a, double osmotic, double k)
{
    double lead = 1 + slope * a;
    double b = slope * k;
    double c = head + slope * a * osmotic;
    if (c <= 0) {
        return 0;
    }
    double root = (mr_sqrt(b * b + 4 * lead * c) - b) / (2 * lead);
    return root * root;
}

static void reverse_osmosis(const struct water *w, const double *v, struct flows *f)
{
    double feed_speed = squared_sum(w->pump[P401], w->pump[P402]);
    double high_speed = squared_sum(w->pump[P501], w->pump[P502]);
    double wet = suction(water_level_mm(w, v, T401, W_t401_section));
    double starving = feed_speed * wet > 0.04 ? 1 : STARVED;
    double head = (FEED_HEAD * feed_speed + HIGH_HEAD * high_speed * starving) * wet * wet;

    double to_product = gate(w->valve[MV501]);
    double to_drain = gate(w->valve[MV503]);
    double valve = PERMEATE_VALVE * (to_product + to_drain);
    double a = v[W_ro_permeability] * (1 - w->ro_fouling) * (water_damaged(w, DAMAGE_RO_RUPTURED) ? 3 : 1);
    double through = a * valve / (a + valve);
    double salt = 0.5 * (w->body[LINE].amount[SODIUM] / w->body[LINE].volume +
                         w->body[RO_CHANNEL].amount[SODIUM] / w->body[RO_CHANNEL].volume);
    double osmotic = OSMOTIC * salt;
    double away = gate(w->valve[MV502]) + gate(w->valve[MV504]);
    double k = REJECT_VALVE * w->control_valve[1] * mr_min(1, away);

    double p = membrane_pressure(head, FEED_SLOPE + HIGH_SLOPE, through, osmotic, k);
    f->permeate = p > osmotic ? through * (p - osmotic) : 0;
    if (f->permeate == 0) { /* no more than the osmotic pressure: all leaves as reject, if it can */
        p = membrane_pressure(head, FEED_SLOPE + HIGH_SLOPE, 0, 0, k);
    }
    f->reject = k * mr_sqrt(p);
    f->ro_feed = f->permeate + f->reject;
    f->ro_kpa = p;
    f->permeate_kpa = valve > 0 ? f->permeate / valve : mr_max(0, p - osmotic);
    f->permeate_share = to_product + to_drain > 0 ? to_product / (to_product + to_drain) : 0;
    f->reject_share = away > 0 ? gate(w->valve[MV502]) / away : 0;
    f->ro_suction_kpa = mr_max(0, FEED_HEAD * feed_speed * wet * wet - FEED_SLOPE * f->ro_feed);
    f->cleaning = CLEANING_RATED * w->pump[P603] * suction(water_level_mm(w, v, T601, W_t601_section)) *
                  mr_min(1, to_drain + gate(w->valve[MV504]));
}

static double demand(const double *v, double time_s)
{
    double days = (v[W_demand_hour] + time_s / 3600) / 24;
    double hour = 24 * (days - mr_floor(days));
    int from = (int)hour % 24;
    double part = hour - from;
    double factor = demand_by_hour[from] * (1 - part) + demand_by_hour[(from + 1) % 24] * part;
    return DEMAND_M3H * v[W_demand_scale] * factor;
}

static void supply(const struct water *w, const double *v, double time_s, struct flows *f)
{
    f->demand = demand(v, time_s);
    double wet = suction(water_level_mm(w, v, T601, W_t601_section));
    double head = SUPPLY_HEAD * w->pump[P601] * w->pump[P601] * wet * wet;
    double taken = f->demand * gate(w->valve[MV601]);
    f->supply_kpa = head / (1 + SUPPLY_SLOPE * taken * taken / SUPPLY_NOMINAL);
    f->supply = taken * mr_sqrt(f->supply_kpa / SUPPLY_NOMINAL);
}

static void dosing(const struct water *w, const double *v, struct flows *f)
{
    for (int i = 0; i < DAY_TANKS; i++) {
        f->dose[i] = 0;
    }
    for (int i = 0; i < DOSERS; i++) {
        if (v[DOSER_RUN(i)] != 0 && w->day_tank_l[doser_tank[i]] > 0) {
            f->dose[doser_tank[i]] += doser_rated[i] * v[DOSER_RATE(i)] / 100;
        }
    }
}

void water_flows(const struct water *w, const double *v, double time_s, struct flows *f)
{
    raw_water(w, v, f);
    ultrafiltration(w, v, f);
    reverse_osmosis(w, v, f);
    supply(w, v, time_s, f);
    dosing(w, v, f);
}
