/* tennessee_eastman.c - the model "tennessee-eastman": one evaluation of all balances, and explicit Euler steps over them.
 *
 * As in the original, outputs at a time come from the state at that time, before the step that leaves it. */
#include "process/tennessee_eastman.h"

#include "base/maths.h"
#include "process/models.h"

#define MAX_STEP_S 3.0 /* the fastest mode, the header's pressure, bears 3.6 s under explicit Euler */

#define F(m) MR_FIELD(struct te_walk, m, MR_F64)
static const struct mr_field walk_fields[] = {F(a), F(b), F(c), F(d), F(last_h), F(next_h)};
#undef F
static const struct mr_type walk_type = MR_TYPE("tennessee-eastman.walk", struct te_walk, walk_fields);

#define A(m) MR_ARRAY(struct te, m, MR_F64)
static const struct mr_field te_fields[] = {
    A(yy),
    A(rate),
    A(accepted),
    A(guess_c),
    A(sample),
    MR_FIELD(struct te, gas_next_h, MR_F64),
    MR_FIELD(struct te, product_next_h, MR_F64),
    MR_SUBS(struct te, walk, &walk_type),
    MR_FIELD(struct te, generator, MR_U32),
    MR_FIELD(struct te, idv, MR_U32),
    MR_FIELD(struct te, mode, MR_U32),
    MR_FIELD(struct te, noise, MR_BOOL),
    MR_FIELD(struct te, begun, MR_BOOL),
    MR_FIELD(struct te, shutdown, MR_U64),
};
#undef A
static const struct mr_type te_type = MR_TYPE("tennessee-eastman", struct te, te_fields);

/* In the order of te_shutdown(). */
static const struct mr_damage damages[] = {
    {"reactor.pressure_high", "Shutdown: reactor pressure above 3000 kPa gauge"},
    {"reactor.level_high", "Shutdown: more than 24 m3 of liquid in the reactor"},
    {"reactor.level_low", "Shutdown: less than 2 m3 of liquid in the reactor"},
    {"reactor.temperature_high", "Shutdown: reactor above 175 degC"},
    {"separator.level_high", "Shutdown: more than 12 m3 of liquid in the separator"},
    {"separator.level_low", "Shutdown: less than 1 m3 of liquid in the separator"},
    {"stripper.level_high", "Shutdown: more than 8 m3 of liquid in the stripper"},
    {"stripper.level_low", "Shutdown: less than 1 m3 of liquid in the stripper"},
};

static void holdups(const struct te_flows *f, double rate[TE_VALVES_AT])
{
    const double d_feed[TE_COMPONENTS] = {[TE_B] = 0.0001, [TE_D] = 0.9999};
    const double e_feed[TE_COMPONENTS] = {[TE_E] = 0.9999, [TE_F] = 0.0001};
    const double a_feed[TE_COMPONENTS] = {[TE_A] = 0.9999, [TE_B] = 0.0001};
    for (int i = 0; i < TE_COMPONENTS; i++) {
        double feed = f->reactor_feed * f->header[i];
        double effluent = f->effluent * f->reactor.y[i];
        double recycle = f->recycle * f->separator.y[i];
        double underflow = f->underflow * f->separator.x[i];
        double ac = i < TE_D ? f->ac_feed * f->world.ac_feed[i] : 0;
        rate[TE_REACTOR + i] = feed - effluent + f->reaction[i];
        rate[TE_SEPARATOR + i] = effluent - recycle - f->purge * f->separator.y[i] - underflow;
        rate[TE_STRIPPER + i] = ac + underflow - f->overhead[i] - f->product * f->sump[i];
        rate[TE_HEADER + i] =
            f->d_feed * d_feed[i] + f->e_feed * e_feed[i] + f->a_feed * a_feed[i] + f->overhead[i] + recycle - feed;
    }
}

static void energies(const double yy[TE_STATES], const struct te_flows *f, double rate[TE_VALVES_AT])
{
    double feed = f->reactor_feed * te_heat_at(&f->header_heat, f->header_c);
    double effluent = f->effluent * f->effluent_enthalpy;
    double recycle = f->recycle * f->separator_gas_enthalpy + f->compressor_heat;
    double purge = f->purge * f->separator_gas_enthalpy;
    double underflow = f->underflow * te_heat_at(&f->separator.liquid_heat, f->separator.t_c);
    double product = f->product * te_heat_at(&f->sump_heat, f->sump_c);
    rate[TE_REACTOR + 8] = feed - effluent + f->reaction_heat + f->reactor_cooling;
    rate[TE_SEPARATOR + 8] = effluent - recycle - purge - underflow + f->condenser_cooling;
    rate[TE_STRIPPER + 8] = f->ac_feed_heat + underflow - f->overhead_heat - product + f->stripper_heating;
    rate[TE_HEADER + 8] = f->d_feed_heat + f->e_feed_heat + f->a_feed_heat + f->overhead_heat + recycle - feed;
    /* Cooling water: 1000 and 1200 gpm through open valves, 500.53 lb/h of a gpm; 7060 and 11138 lb stand in the coolers. */
    const double *valve = &yy[TE_VALVES_AT];
    rate[TE_COOLANT_REACTOR] =
        (valve[9] * 1000 / 100 * 500.53 * (f->world.reactor_water_c - yy[TE_COOLANT_REACTOR]) - f->reactor_cooling * 1e6 / 1.8) /
        7060;
    rate[TE_COOLANT_SEPARATOR] = (valve[10] * 1200 / 100 * 500.53 * (f->world.condenser_water_c - yy[TE_COOLANT_SEPARATOR]) -
                                  f->condenser_cooling * 1e6 / 1.8) /
                                 11138;
}

/* From the state to flows, rates and limits passed. */
static void evaluate(struct te *s, double t_h, struct te_flows *f)
{
    const double *yy = s->yy;
    te_world(s, t_h, &f->world);
    te_drum(&f->reactor, &yy[TE_REACTOR], yy[TE_REACTOR + 8], 1300, s->guess_c[0]);
    te_drum(&f->separator, &yy[TE_SEPARATOR], yy[TE_SEPARATOR + 8], 3500, s->guess_c[1]);
    s->guess_c[0] = f->reactor.t_c;
    s->guess_c[1] = f->separator.t_c;
    te_sump(s, f);
    te_header(s, f);
    te_separator(yy, f);
    te_stripper(yy, f);
    te_reactor(yy, f);
    holdups(f, s->rate);
    energies(yy, f, s->rate);
    s->shutdown = te_shutdown(f);
}

static void start(struct te *s, const double yy[TE_STATES], uint32_t idv)
{
    *s = (struct te){.guess_c = {120, 80, 66, 86}, .idv = idv};
    for (int i = 0; i < TE_STATES; i++) {
        s->yy[i] = yy[i];
    }
    te_walks_begin(s);
}

static uint32_t idv_of(const double *v)
{
    uint32_t bits = 0;
    for (int i = 0; i < TE_IDV; i++) {
        bits |= (uint32_t)(v[TE_VAR_IDV + i] != 0) << i;
    }
    return bits;
}

static void show(const struct te *s, double *v)
{
    v[TE_VAR_ISD] = s->shutdown != 0;
    for (int i = 0; i < TE_STATES; i++) {
        v[TE_VAR_YY + i] = s->yy[i];
    }
}

static void begin(void *state, double *v, struct mr_rng *rng)
{
    (void)rng;
    struct te *s = state;
    uint32_t mode = (uint32_t)mr_rint(v[TE_VAR_MODE]);
    bool changed = mode != s->mode;
    start(s, te_modes[mode], idv_of(v));
    s->mode = mode;
    for (int i = 0; i < TE_XMV && changed; i++) {
        v[TE_VAR_XMV + i] = s->yy[TE_VALVES_AT + i]; /* else commands that were given before time began stay */
    }
    struct te_flows f;
    evaluate(s, 0, &f);
    te_measure(s->yy, &f, &v[TE_VAR_XMEAS]);
    te_analyse(s, &f, 0, &v[TE_VAR_XMEAS + TE_FAST]);
    show(s, v);
}

/* The generator has one long cycle, which the original's first number lies on. Seed 1 begins there, others elsewhere on it. */
static void set_noise(void *state, uint64_t seed, bool on)
{
    struct te *s = state;
    s->generator = 1431655765;
    te_skip(&s->generator, (unsigned)((seed - 1) * 0x9e3779b97f4a7c15u >> 37)); /* 27 bits, as the cycle has */
    s->noise = on;
}

static void step(struct te *s, const double xmv[TE_XMV], double dt_h)
{
    double valve_rate[TE_XMV];
    te_valves(s, xmv, valve_rate);
    s->begun = true;
    if (s->shutdown) {
        return; /* the plant stands still as it was */
    }
    for (int i = 0; i < TE_VALVES_AT; i++) {
        s->yy[i] += s->rate[i] * dt_h;
    }
    for (int i = 0; i < TE_XMV; i++) {
        s->yy[TE_VALVES_AT + i] += valve_rate[i] * dt_h;
    }
}

static uint64_t advance(void *state, double *v, double dt_s, double time_s, struct mr_rng *rng)
{
    (void)rng;
    struct te *s = state;
    struct te_flows f;
    uint32_t idv = idv_of(v);
    if (idv != s->idv) {
        s->idv = idv;
        evaluate(s, time_s / 3600, &f);
    }
    int parts = (int)mr_max(1, mr_ceil(dt_s / MAX_STEP_S - 1e-9));
    for (int i = 1; i <= parts; i++) {
        step(s, &v[TE_VAR_XMV], dt_s / parts / 3600);
        double t_h = (time_s + dt_s * i / parts) / 3600;
        te_walks_renew(s, t_h);
        evaluate(s, t_h, &f);
        te_measure(s->yy, &f, &v[TE_VAR_XMEAS]);
        if (!s->shutdown) {
            te_noise(s, &v[TE_VAR_XMEAS]);
        }
        te_analyse(s, &f, t_h, &v[TE_VAR_XMEAS + TE_FAST]);
    }
    show(s, v);
    return s->shutdown;
}

void mr_te_derivatives(const double yy[TE_STATES], uint32_t idv, double yp[TE_STATES], double xmeas[TE_XMEAS])
{
    struct te s;
    struct te_flows f;
    start(&s, yy, idv);
    evaluate(&s, 0, &f);
    te_measure(yy, &f, xmeas);
    te_compositions(&f, &xmeas[TE_FAST]);
    te_valves(&s, &yy[TE_VALVES_AT], &yp[TE_VALVES_AT]);
    for (int i = 0; i < TE_VALVES_AT; i++) {
        yp[i] = s.rate[i];
    }
    for (int i = 0; i < TE_STATES && s.shutdown; i++) {
        yp[i] = 0;
    }
}

const struct mr_model mr_tennessee_eastman = {
    .name = "tennessee-eastman",
    .title = "Tennessee Eastman chemical plant: reactor, condenser, separator, stripper, recycle",
    .vars = te_vars,
    .nvars = TE_VARS,
    .damages = damages,
    .ndamages = sizeof damages / sizeof damages[0],
    .state = &te_type,
    .step = MR_S,
    .brief_csv = true,
    .init = begin,
    .set_noise = set_noise,
    .advance = advance,
};
