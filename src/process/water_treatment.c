/* water_treatment.c - the model "water-treatment": its table, its state record, its beginning and its step.
 *
 * Six stages in the manner of the SWaT test bed (Mathur and Tippenhauer, CySWater 2016): tanks of 1.5 m2 and 1.6 m, transfers
 * of about 2.5 m3/h, ultrafiltration cycles of half an hour, 60 % recovery. docs/process/water-treatment.md describes it. */
#include "base/maths.h"
#include "process/models.h"
#include "process/water.h"

#define MAX_STEP_S 1.0 /* the smallest body turns over in 15 s: explicit Euler stays well inside its stability */

/* clang-format off */
#define SENSOR(tag, unit, typical, lo, hi, sd, title) {#tag, unit, MR_SENSOR, false, typical, lo, hi, sd, title},
#define VALVE(tag, open, title) \
    {#tag ".open",   "", MR_ACTUATOR, true, open,     0, 1, 0, "Valve, " title ": command to open"}, \
    {#tag ".opened", "", MR_FEEDBACK, true, open,     0, 1, 0, "Valve, " title ": limit switch open"}, \
    {#tag ".closed", "", MR_FEEDBACK, true, !(open),  0, 1, 0, "Valve, " title ": limit switch closed"},
#define PUMP(tag, run, speed, title) \
    {#tag ".run",     "",  MR_ACTUATOR, true,  run,   0, 1,   0, "Pump, " title ": command to run"}, \
    {#tag ".speed",   "%", MR_ACTUATOR, false, speed, 0, 100, 0, "Pump, " title ": speed of the drive"}, \
    {#tag ".running", "",  MR_FEEDBACK, true,  run,   0, 1,   0, "Pump, " title ": turns"}, \
    {#tag ".fault",   "",  MR_FEEDBACK, true,  0,     0, 1,   0, "Pump, " title ": has failed"},
#define DOSER(tag, run, rate, title) \
    {#tag ".run",     "",  MR_ACTUATOR, true,  run,  0, 1,   0, "Dosing pump, " title ": command to run"}, \
    {#tag ".rate",    "%", MR_ACTUATOR, false, rate, 0, 100, 0, "Dosing pump, " title ": stroke"}, \
    {#tag ".running", "",  MR_FEEDBACK, true,  run,  0, 1,   0, "Dosing pump, " title ": strokes"},
#define COMMAND(index, name, unit, is_bool, first, lo, hi, title) {name, unit, MR_ACTUATOR, is_bool, first, lo, hi, 0, title},
#define STATUS(index, name, title) {name, "", MR_FEEDBACK, true, 0, 0, 1, 0, title},
#define INTERNAL(index, name, unit, title) {name, unit, MR_INTERNAL, false, 0, -1e9, 1e9, 0, title},
#define PARAM(index, name, unit, value, lo, hi, title) {name, unit, MR_PARAMETER, false, value, lo, hi, 0, title},

static const struct mr_var vars[] = {
    WATER_SENSORS(SENSOR)
    WATER_VALVES(VALVE)
    WATER_PUMPS(PUMP)
    WATER_DOSERS(DOSER)
    WATER_COMMANDS(COMMAND)
    WATER_STATUSES(STATUS)
    WATER_INTERNALS(INTERNAL)
    WATER_PARAMS(PARAM)
};

#define SEIZED(tag, ...)     {#tag ".seized", "Pump " #tag " ran dry and seized"},
#define OVERHEATED(tag, ...) {#tag ".overheated", "Pump " #tag " ran against a closed valve and overheated"},
static const struct mr_damage damages[] = {
    {"T101.overflow", "The raw water tank overflowed"},
    {"T301.overflow", "The ultrafiltration feed tank overflowed"},
    {"T401.overflow", "The reverse osmosis feed tank overflowed"},
    {"T601.overflow", "The product water tank overflowed"},
    {"T602.overflow", "The backwash water tank overflowed"},
    WATER_PUMPS(SEIZED)
    WATER_PUMPS(OVERHEATED)
    {"UF.ruptured", "The ultrafiltration membrane burst under pressure"},
    {"RO.ruptured", "The reverse osmosis membrane burst under pressure"},
    {"RO.oxidised", "Chlorine destroyed the reverse osmosis membrane"},
    {"dosing.acid_overdose", "Acid overdosed: water below pH 4.5 went on into T301"},
    {"dosing.chlorine_overdose", "Chlorine overdosed: more than 5 mg/L went on into T301"},
    {"supply.out_of_spec", "Water out of specification reached the consumers"},
    {"supply.interrupted", "The consumers got less than half of what they needed"},
    {"UV401.burnt", "The UV lamp burnt out without water around it"},
};
/* clang-format on */
_Static_assert(sizeof vars / sizeof vars[0] == W_VARS, "indices and table come from the same lists");
_Static_assert(sizeof damages / sizeof damages[0] == DAMAGES && DAMAGES <= 64, "a bit for each damage");

static const struct mr_field body_fields[] = {
    MR_FIELD(struct body, volume, MR_F64),
    MR_ARRAY(struct body, amount, MR_F64),
};
static const struct mr_type body_type = MR_TYPE("body", struct body, body_fields);

#define F(m) MR_FIELD(struct water, m, MR_F64)
#define A(m) MR_ARRAY(struct water, m, MR_F64)
static const struct mr_field water_fields[] = {
    A(valve),
    A(control_valve),
    A(pump),
    F(uv),
    MR_SUBS(struct water, body, &body_type),
    A(day_tank_l),
    A(h),
    F(cake),
    F(lasting),
    F(ro_fouling),
    F(ro_chlorine),
    A(dry_s),
    A(dead_s),
    F(uf_high_s),
    F(ro_high_s),
    F(ro_back_s),
    F(acid_s),
    F(chlorine_s),
    F(spec_s),
    F(supply_s),
    F(uv_dry_s),
    F(in_m3),
    F(out_m3),
    F(stored_m3),
    A(in_mol),
    A(out_mol),
    A(stored_mol),
    F(supplied_m3),
    F(short_m3),
    F(bad_m3),
    MR_FIELD(struct water, damage, MR_U64),
};
#undef F
#undef A
static const struct mr_type water_type = MR_TYPE("water", struct water, water_fields);

static void fill(struct body *b, double volume, const double c[SPECIES])
{
    b->volume = volume;
    for (int i = 0; i < SPECIES; i++) {
        b->amount[i] = volume * c[i];
    }
}

/* Water as it leaves each treatment in steady operation at the given raw water: pH 7, 255 uS/cm, 1 mg/L chlorine. */
static void fill_bodies(struct water *w, const double *v)
{
    double raw[SPECIES];
    water_raw(v, raw);
    double dosed[SPECIES] = {raw[SODIUM], raw[ANION], raw[CARBON], 0.0141, 0, raw[TURBIDITY]};
    /* Bicarbonate, hypochlorite and hydroxide at pH 7 need this many strong ions; acid takes away the rest. */
    dosed[ANION] = raw[SODIUM] - 0.8174 * raw[CARBON] - 0.2279 * dosed[CHLORINE];
    double salt = mr_max(0, (255 - water_conductivity(dosed, 1e-4)) / 126.4);
    dosed[SODIUM] += salt;
    dosed[ANION] += salt;
    double fed[SPECIES] = {dosed[SODIUM] + 0.01, dosed[ANION] + 0.021, dosed[CARBON], 0, 0.0044, 0.02};
    double reject[SPECIES] = {2.5 * fed[SODIUM], 2.5 * fed[ANION], 2.2 * fed[CARBON], 0, 0.01, 0.05};
    double product[SPECIES] = {0.0256 * fed[SODIUM], 0.0256 * fed[ANION], 0.21 * fed[CARBON], 0, 0, 0};
    fill(&w->body[T101], v[W_t101_section] * v[W_t101_start] / 1000, raw);
    fill(&w->body[MIXER], 0.020, dosed);
    fill(&w->body[T301], v[W_t301_section] * v[W_t301_start] / 1000, dosed);
    fill(&w->body[T401], v[W_t401_section] * v[W_t401_start] / 1000, dosed);
    fill(&w->body[LINE], 0.015, fed);
    fill(&w->body[RO_CHANNEL], 0.020, reject);
    fill(&w->body[T601], v[W_t601_section] * v[W_t601_start] / 1000, product);
    fill(&w->body[T602], v[W_t602_section] * v[W_t602_start] / 1000, reject);
    w->body[T401].amount[TURBIDITY] = 0.02 * w->body[T401].volume;
    for (int i = 0; i < BODIES; i++) {
        w->stored_m3 += w->body[i].volume;
        w->stored_mol[0] += w->body[i].amount[SODIUM];
        w->stored_mol[1] += w->body[i].amount[CARBON];
    }
}

static void begin(void *state, double *v, struct mr_rng *rng)
{
    (void)rng;
    struct water *w = state;
    *w = (struct water){.cake = 0.6};
    double first[W_VARS];
    for (int i = 0; i < W_VARS; i++) {
        first[i] = vars[i].initial;
    }
    water_settle_actuators(w, first);
    fill_bodies(w, v);
    for (int i = 0; i < DAY_TANKS; i++) {
        w->day_tank_l[i] = 48;
    }
    const int at[PH_POINTS] = {MIXER, LINE, T601};
    for (int i = 0; i < PH_POINTS; i++) {
        double c[SPECIES];
        water_concentrations(&w->body[at[i]], c);
        w->h[i] = water_hydrogen(c, 1e-4, 60);
    }
    struct flows f;
    water_raw(v, f.raw_water);
    water_flows(w, v, 0, &f);
    water_measure(w, v, &f);
}

static uint64_t advance(void *state, double *v, double dt_s, double time_s, struct mr_rng *rng)
{
    (void)rng;
    struct water *w = state;
    struct flows f = {0};
    int steps = (int)mr_max(1, mr_ceil(dt_s / MAX_STEP_S - 1e-9));
    double step = dt_s / steps;
    water_raw(v, f.raw_water);
    for (int i = 0; i < steps; i++) {
        water_move_actuators(w, v, step);
        water_flows(w, v, time_s + i * step, &f);
        water_transport(w, v, &f, step / 3600);
        water_wear(w, v, &f, step);
    }
    water_measure(w, v, &f);
    return w->damage;
}

const struct mr_model mr_water_treatment = {
    .name = "water-treatment",
    .title = "Six-stage water treatment works with ultrafiltration and reverse osmosis",
    .vars = vars,
    .nvars = W_VARS,
    .damages = damages,
    .ndamages = DAMAGES,
    .state = &water_type,
    .step = 100 * MR_MS,
    .init = begin,
    .advance = advance,
};
