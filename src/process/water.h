/* water.h - the water works' state, and how its parts share it.
 *
 * Raw water -> T101 -> static mixer (dosing) -> T301 -> ultrafiltration -> T401 -> UV and bisulphite -> reverse osmosis ->
 * T601 -> consumers; reject -> T602 -> backwash of the ultrafiltration. Flows are m3/h, pressures kPa gauge, concentrations
 * mmol/L (mol/m3), amounts mol. One step: actuators move, flows follow from them algebraically, matter is moved by explicit
 * Euler between well-stirred bodies (so that what leaves one enters the next exactly), then wear and damage are judged. */
#ifndef MR_PROCESS_WATER_H
#define MR_PROCESS_WATER_H

#include "process/process.h"
#include "process/water_vars.h"

/* Indices of variables. */
#define SENSOR(tag, ...)  W_##tag,
#define VALVE(tag, ...)   W_##tag, W_##tag##_opened, W_##tag##_closed,
#define PUMP(tag, ...)    W_##tag##_run, W_##tag##_speed, W_##tag##_running, W_##tag##_fault,
#define DOSER(tag, ...)   W_##tag##_run, W_##tag##_rate, W_##tag##_running,
#define PLAIN(index, ...) W_##index,
enum {
    WATER_SENSORS(SENSOR) WATER_VALVES(VALVE) WATER_PUMPS(PUMP) WATER_DOSERS(DOSER) WATER_COMMANDS(PLAIN) WATER_STATUSES(PLAIN)
        WATER_INTERNALS(PLAIN) WATER_PARAMS(PLAIN) W_VARS
};
#undef SENSOR
#undef VALVE
#undef PUMP
#undef DOSER
#undef PLAIN

/* Indices of devices in their own lists. */
#define DEVICE(tag, ...) tag,
enum { WATER_VALVES(DEVICE) VALVES };
enum { WATER_PUMPS(DEVICE) PUMPS };
enum { WATER_DOSERS(DEVICE) DOSERS };
#undef DEVICE

/* The variables of device i: they follow one another. */
#define VALVE_OPEN(i)    (W_MV101 + 3 * (i))
#define PUMP_RUN(i)      (W_P101_run + 4 * (i))
#define PUMP_SPEED(i)    (PUMP_RUN(i) + 1)
#define PUMP_RUNNING(i)  (PUMP_RUN(i) + 2)
#define PUMP_FAULT(i)    (PUMP_RUN(i) + 3)
#define DOSER_RUN(i)     (W_P201_run + 3 * (i))
#define DOSER_RATE(i)    (DOSER_RUN(i) + 1)
#define DOSER_RUNNING(i) (DOSER_RUN(i) + 2)

/* Well-stirred bodies of water. */
enum { T101, MIXER, T301, T401, LINE, RO_CHANNEL, T601, T602, BODIES };

/* What water carries. Strong ions are sodium and the sum of strong anions (chloride, sulphate) in equivalents; the weak acids
 * are carried as totals and dissociate as the pH says. */
enum { SODIUM, ANION, CARBON, CHLORINE, SULPHITE, TURBIDITY, SPECIES };

struct body {
    double volume; /* m3 */
    double amount[SPECIES];
};

enum { TANK_NACL, TANK_HCL, TANK_NAOCL, TANK_BISULPHITE, DAY_TANKS };

/* Points where the acidity is followed: h in mmol/L. */
enum { PH_MIXER, PH_LINE, PH_PRODUCT, PH_POINTS };

enum water_damage {
    DAMAGE_T101_OVERFLOW,
    DAMAGE_T301_OVERFLOW,
    DAMAGE_T401_OVERFLOW,
    DAMAGE_T601_OVERFLOW,
    DAMAGE_T602_OVERFLOW,
    DAMAGE_SEIZED, /* of the first pump; the others follow */
    DAMAGE_OVERHEATED = DAMAGE_SEIZED + PUMPS,
    DAMAGE_UF_RUPTURED = DAMAGE_OVERHEATED + PUMPS,
    DAMAGE_RO_RUPTURED,
    DAMAGE_RO_OXIDISED,
    DAMAGE_ACID_OVERDOSE,
    DAMAGE_CHLORINE_OVERDOSE,
    DAMAGE_OUT_OF_SPEC,
    DAMAGE_SUPPLY_INTERRUPTED,
    DAMAGE_UV_BURNT,
    DAMAGES
};

struct water {
    double valve[VALVES];    /* 0 closed .. 1 open */
    double control_valve[2]; /* FCV101, FCV501 */
    double pump[PUMPS];      /* speed, 0..1 */
    double uv;               /* intensity, 0..1 */
    struct body body[BODIES];
    double day_tank_l[DAY_TANKS]; /* litres */
    double h[PH_POINTS];
    double cake, lasting; /* ultrafiltration, kPa.h/m3 */
    double ro_fouling;    /* 0..1 */
    double ro_chlorine;   /* mg.h/L */
    double dry_s[PUMPS], dead_s[PUMPS];
    double uf_high_s, ro_high_s, ro_back_s, acid_s, chlorine_s, spec_s, supply_s, uv_dry_s;
    double in_m3, out_m3, stored_m3;             /* the audit: in and out so far, stored at the beginning */
    double in_mol[2], out_mol[2], stored_mol[2]; /* sodium, carbon */
    double supplied_m3, short_m3, bad_m3;
    uint64_t damage;
};

/* Flows and pressures that follow from levels, valves and pumps at one moment. */
struct flows {
    double raw, drained, transfer, filtrate, flush, backwash, ro_feed, permeate, reject, supply, cleaning;
    double permeate_share, reject_share; /* of permeate to T601, of reject to T602 */
    double demand;
    double raw_water[SPECIES]; /* what comes in; follows from the parameters alone */
    double transfer_kpa, uf_feed_kpa, uf_out_kpa, uf_tmp_kpa, ro_suction_kpa, ro_kpa, permeate_kpa, supply_kpa;
    double backwash_kpa;
    double dose[DAY_TANKS]; /* L/h */
};

static inline bool water_damaged(const struct water *w, unsigned damage)
{
    return (w->damage >> damage) & 1;
}
static inline double water_level_mm(const struct water *w, const double *v, int tank, int section)
{
    return 1000 * w->body[tank].volume / v[section];
}

/* water_flows.c */
void water_move_actuators(struct water *w, const double *v, double dt_s);
void water_settle_actuators(struct water *w, const double *v); /* at once where the commands want them */
void water_flows(const struct water *w, const double *v, double time_s, struct flows *f);

/* water_chemistry.c */
void water_raw(const double *v, double c[SPECIES]);
double water_hydrogen(const double c[SPECIES], double h, int iterations);
double water_conductivity(const double c[SPECIES], double h);
double water_orp(const double c[SPECIES], double h);
double water_chlorine_mg(double mmol);
double water_ph(double h);
double water_co2(double carbon, double h);
void water_concentrations(const struct body *b, double c[SPECIES]);
void water_permeate(const struct water *w, const struct flows *f, const double feed[SPECIES], const double channel[SPECIES],
                    double c[SPECIES]);

/* water_transport.c: moves water and what it carries; reactions. */
double water_filtrate_turbidity(const struct water *w, const double c[SPECIES]);
void water_transport(struct water *w, const double *v, const struct flows *f, double dt_h);

/* water_damage.c: fouling, wear, damage. */
bool water_within_spec(const struct water *w);
void water_wear(struct water *w, const double *v, const struct flows *f, double dt_s);

/* water_instruments.c: all variables that are not inputs. */
void water_measure(struct water *w, double *v, const struct flows *f);

#endif
