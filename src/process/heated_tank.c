/* heated_tank.c - the model "heated-tank": water flows in cold, an electric heater warms it, it flows out by its own head. The
 * smallest whole model there is, and the example of docs/authoring/plants.md.
 *
 * Balances of volume and heat of a stirred tank; outflow as the root of the head (Torricelli); density and heat capacity of water
 * taken as constant, 1.163 kWh/(m3 K). */
#include "process/models.h"

#include "base/maths.h"

#define AREA_M2       0.5
#define HEIGHT_MM     1200.0
#define INFLOW_M3_H   2.0 /* inlet valve wide open */
#define OUTFLOW_M3_H  3.0 /* outlet valve wide open, 1 m of water above it */
#define HEATER_KW     60.0
#define HEAT_KWH_M3_K 1.163
#define LOSS_KW_K     0.05
#define BOILING_DEGC  100.0
#define UNCOVERED_MM  150.0 /* the heater's upper edge */
#define UNCOVERED_S   30.0
#define OVERFLOW_S    10.0
#define MAX_STEP_S    1.0

/* Every variable, by the index that the functions below use. */
enum { TT101, LT101, FT101, FV101, FV102, EH101, EH101_ON, FEED_C, ROOM_C, HEAT_KW, VARS };
static const struct mr_var vars[VARS] = {
    [TT101] = {"TT101", "degC", MR_SENSOR, false, 45, 0, 120, 0.05, "Water, temperature"},
    [LT101] = {"LT101", "mm", MR_SENSOR, false, 445, 0, 1200, 1, "Tank, level"},
    [FT101] = {"FT101", "m3/h", MR_SENSOR, false, 1, 0, 4, 0.01, "Outlet, flow"},
    [FV101] = {"FV101", "%", MR_ACTUATOR, false, 50, 0, 100, 0, "Inlet valve, position"},
    [FV102] = {"FV102", "%", MR_ACTUATOR, false, 50, 0, 100, 0, "Outlet valve, position"},
    [EH101] = {"EH101", "%", MR_ACTUATOR, false, 60, 0, 100, 0, "Heater, power"},
    [EH101_ON] = {"EH101.on", "", MR_FEEDBACK, true, 1, 0, 1, 0, "Heater has power"},
    [FEED_C] = {"feed.temperature", "degC", MR_PARAMETER, false, 15, 1, 60, 0, "Feed, temperature"},
    [ROOM_C] = {"room.temperature", "degC", MR_PARAMETER, false, 20, -20, 50, 0, "Room, temperature"},
    [HEAT_KW] = {"heat", "kW", MR_INTERNAL, false, 0, 0, 60, 0, "Heat given to the water"},
};

enum { OVERFLOWED, BOILED, BURNT, DAMAGES };
static const struct mr_damage damages[DAMAGES] = {
    [OVERFLOWED] = {"tank.overflow", "The tank runs over"},
    [BOILED] = {"tank.boiled", "The water boils"},
    [BURNT] = {"heater.burnt", "The heater has burnt, uncovered by water"},
};

/* What the plant remembers; the engine saves and loads it by this table. */
struct tank {
    double level_mm, t_c;
    double full_s, uncovered_s; /* how long so */
    uint64_t damage;
};
static const struct mr_field fields[] = {
    MR_FIELD(struct tank, level_mm, MR_F64),    MR_FIELD(struct tank, t_c, MR_F64),    MR_FIELD(struct tank, full_s, MR_F64),
    MR_FIELD(struct tank, uncovered_s, MR_F64), MR_FIELD(struct tank, damage, MR_U64),
};
static const struct mr_type tank_type = MR_TYPE("heated-tank", struct tank, fields);

static double outflow_m3_h(const struct tank *s, const double *v)
{
    return OUTFLOW_M3_H * v[FV102] / 100 * mr_sqrt(s->level_mm / 1000);
}

static void show(const struct tank *s, double *v)
{
    v[TT101] = s->t_c;
    v[LT101] = s->level_mm;
    v[FT101] = outflow_m3_h(s, v);
    v[EH101_ON] = v[EH101] > 0 && !(s->damage >> BURNT & 1);
    v[HEAT_KW] = v[EH101_ON] * v[EH101] / 100 * HEATER_KW;
}

static void init(void *state, double *v, struct mr_rng *rng)
{
    struct tank *s = state;
    (void)rng;
    *s = (struct tank){.level_mm = v[LT101], .t_c = v[TT101]};
    show(s, v);
}

/* A cause must last before it does harm, and what it did stays. */
static void harm(struct tank *s, const double *v, double dt_s)
{
    s->full_s = s->level_mm >= HEIGHT_MM ? s->full_s + dt_s : 0;
    s->uncovered_s = s->level_mm < UNCOVERED_MM && v[EH101_ON] > 0 ? s->uncovered_s + dt_s : 0;
    s->damage |= (uint64_t)(s->full_s >= OVERFLOW_S) << OVERFLOWED;
    s->damage |= (uint64_t)(s->t_c >= BOILING_DEGC) << BOILED;
    s->damage |= (uint64_t)(s->uncovered_s >= UNCOVERED_S) << BURNT;
}

static void step(struct tank *s, double *v, double dt_s)
{
    double in_m3_h = INFLOW_M3_H * v[FV101] / 100;
    double volume_m3 = mr_max(AREA_M2 * s->level_mm / 1000, 1e-3); /* below a litre the temperature is the feed's anyhow */
    double warmed_kw = v[HEAT_KW] + HEAT_KWH_M3_K * in_m3_h * (v[FEED_C] - s->t_c) + LOSS_KW_K * (v[ROOM_C] - s->t_c);
    s->t_c = mr_clamp(s->t_c + warmed_kw / (HEAT_KWH_M3_K * volume_m3) * dt_s / 3600, 0, BOILING_DEGC);
    double more_mm = (in_m3_h - outflow_m3_h(s, v)) / AREA_M2 * 1000 * dt_s / 3600;
    s->level_mm = mr_clamp(s->level_mm + more_mm, 0, HEIGHT_MM);
    harm(s, v, dt_s);
    show(s, v);
}

static uint64_t advance(void *state, double *v, double dt_s, double time_s, struct mr_rng *rng)
{
    struct tank *s = state;
    int parts = (int)mr_max(1, mr_ceil(dt_s / MAX_STEP_S - 1e-9));
    (void)time_s;
    (void)rng;
    for (int i = 0; i < parts; i++) {
        step(s, v, dt_s / parts);
    }
    return s->damage;
}

const struct mr_model mr_heated_tank = {
    .name = "heated-tank",
    .title = "Heated tank: the example of docs/authoring/plants.md",
    .vars = vars,
    .nvars = VARS,
    .damages = damages,
    .ndamages = DAMAGES,
    .state = &tank_type,
    .step = 500 * MR_MS,
    .init = init,
    .advance = advance,
};
