/* water_damage.c - what wears, and what breaks.
 *
 * Every damage has a cause that must last: a timer runs while the cause does and falls back when it is gone. Damages stay.
 * Thresholds are the project's own, of the order that makers of such equipment give; the chlorine tolerance of the membrane is
 * a parameter, and deliberately far below a real one's 200 to 1000 mg.h/L so that an exercise shows the consequence. */
#include "process/water.h"

#include "base/maths.h"

#define DRY_S        60.0  /* a pump without water seizes */
#define DEAD_HEAD_S  120.0 /* a pump against a closed valve boils its water */
#define UF_BURST_KPA 130.0
#define UF_BURST_S   30.0
#define RO_BURST_KPA 480.0
#define RO_BURST_S   15.0
#define RO_BACK_KPA  150.0 /* permeate pressure lifts the membrane off its carrier */
#define RO_BACK_S    10.0
#define ACID_H       0.0316227766 /* mmol/L: pH 4.5, behind the mixer, with water flowing on into T301 */
#define ACID_S       60.0
#define CHLORINE_MG  5.0
#define CHLORINE_S   60.0
#define SPEC_S       60.0
#define SUPPLY_SHARE 0.5 /* of the demand */
#define SUPPLY_S     120.0
#define UV_DRY_S     120.0
#define RUNNING      0.1 /* of full speed */

#define SPEC_CONDUCTIVITY 30.0
#define SPEC_CHLORINE_MG  0.5
#define SPEC_H_HI         0.0316227766  /* mmol/L: pH 4.5 */
#define SPEC_H_LO         3.16227766e-7 /* pH 9.5 */

#define CAKE_PER_NTU_M3 1.0 /* kPa.h/m3 that 1 m3 of 1 NTU leaves on the membrane */
#define LASTING_SHARE   0.001
#define BACKWASH_PER_M3 56.0
#define RO_BASE_FOULING 2e-4 /* share of the permeability lost per m3 of permeate */
#define RO_NTU_FOULING  0.02 /* the same for each NTU */
#define RO_SCALING      0.4  /* the same at full recovery beyond the limit of saturation */
#define RO_SCALING_FROM 0.80
#define RO_FOULING_MAX  0.95
#define CLEANING_TAU_S  600.0

/* Runs while `cause` lasts, else falls back; true when it has lasted `limit`. */
static bool lasts(double *timer, bool cause, double dt_s, double limit)
{
    *timer = cause ? *timer + dt_s : mr_max(0, *timer - dt_s);
    return *timer >= limit - 1e-9;
}

static void mark(struct water *w, unsigned damage, bool happened)
{
    if (happened) {
        w->damage |= UINT64_C(1) << damage;
    }
}

static void wear_pump(struct water *w, int pump, bool dry, bool dead, double dt_s)
{
    bool turns = w->pump[pump] > RUNNING;
    mark(w, DAMAGE_SEIZED + (unsigned)pump, lasts(&w->dry_s[pump], turns && dry, dt_s, DRY_S));
    mark(w, DAMAGE_OVERHEATED + (unsigned)pump, lasts(&w->dead_s[pump], turns && !dry && dead, dt_s, DEAD_HEAD_S));
}

static void wear_pumps(struct water *w, const double *v, const struct flows *f, double dt_s)
{
    const double low_mm = 15;  /* half the depth at which suction begins to fail */
    const double still = 0.02; /* m3/h */
    bool t101 = water_level_mm(w, v, T101, W_t101_section) < low_mm;
    bool t301 = water_level_mm(w, v, T301, W_t301_section) < low_mm;
    bool t401 = water_level_mm(w, v, T401, W_t401_section) < low_mm;
    bool t601 = water_level_mm(w, v, T601, W_t601_section) < low_mm;
    bool t602 = water_level_mm(w, v, T602, W_t602_section) < low_mm;
    bool starved = t401 || mr_max(w->pump[P401], w->pump[P402]) < 2 * RUNNING;
    wear_pump(w, P101, t101, f->transfer < still, dt_s);
    wear_pump(w, P102, t101, f->transfer < still, dt_s);
    wear_pump(w, P301, t301, f->filtrate + f->flush < still, dt_s);
    wear_pump(w, P302, t301, f->filtrate + f->flush < still, dt_s);
    wear_pump(w, P401, t401, f->ro_feed < still, dt_s);
    wear_pump(w, P402, t401, f->ro_feed < still, dt_s);
    wear_pump(w, P501, starved, f->ro_feed < still, dt_s);
    wear_pump(w, P502, starved, f->ro_feed < still, dt_s);
    wear_pump(w, P601, t601, f->supply < still, dt_s);
    wear_pump(w, P602, t602, f->backwash < still, dt_s);
    wear_pump(w, P603, t601, f->cleaning < still, dt_s);
    mark(w, DAMAGE_UV_BURNT, lasts(&w->uv_dry_s, w->uv > 0.5 && f->ro_feed < still, dt_s, UV_DRY_S));
}

static void wear_uf(struct water *w, const struct flows *f, double dt_s)
{
    double dt_h = dt_s / 3600;
    double ntu = w->body[T301].volume > 1e-9 ? w->body[T301].amount[TURBIDITY] / w->body[T301].volume : 0;
    double laid = CAKE_PER_NTU_M3 * ntu * f->filtrate * dt_h;
    w->lasting += LASTING_SHARE * laid;
    w->cake += (1 - LASTING_SHARE) * laid;
    w->cake -= w->cake * mr_min(1, BACKWASH_PER_M3 * f->backwash * dt_h);
    double p = mr_max(f->uf_feed_kpa, f->backwash_kpa);
    mark(w, DAMAGE_UF_RUPTURED, lasts(&w->uf_high_s, p > UF_BURST_KPA, dt_s, UF_BURST_S));
}

static void wear_ro(struct water *w, const struct flows *f, double dt_s)
{
    double made = f->permeate * dt_s / 3600;
    double recovery = f->ro_feed > 0 ? f->permeate / f->ro_feed : 0;
    double ntu = w->body[LINE].amount[TURBIDITY] / w->body[LINE].volume;
    double scaling = RO_SCALING * mr_max(0, recovery - RO_SCALING_FROM) / (1 - RO_SCALING_FROM);
    double lost = (RO_BASE_FOULING + RO_NTU_FOULING * ntu + scaling) * made;
    double cleaned = w->ro_fouling * mr_min(1, f->cleaning * dt_s / CLEANING_TAU_S);
    w->ro_fouling = mr_clamp(w->ro_fouling + lost - cleaned, 0, RO_FOULING_MAX);
    mark(w, DAMAGE_RO_RUPTURED, lasts(&w->ro_high_s, f->ro_kpa > RO_BURST_KPA, dt_s, RO_BURST_S));
    mark(w, DAMAGE_RO_RUPTURED, lasts(&w->ro_back_s, f->permeate_kpa > RO_BACK_KPA, dt_s, RO_BACK_S));

    double chlorine = water_chlorine_mg(w->body[LINE].amount[CHLORINE] / w->body[LINE].volume);
    if (f->ro_feed > 0) {
        w->ro_chlorine += chlorine * dt_s / 3600;
    }
}

static void judge_dosing(struct water *w, const struct flows *f, double dt_s)
{
    bool flows = f->transfer > 0.1;
    double chlorine = water_chlorine_mg(w->body[MIXER].amount[CHLORINE] / w->body[MIXER].volume);
    bool acid = flows && w->h[PH_MIXER] > ACID_H;
    mark(w, DAMAGE_ACID_OVERDOSE, lasts(&w->acid_s, acid, dt_s, ACID_S));
    mark(w, DAMAGE_CHLORINE_OVERDOSE, lasts(&w->chlorine_s, flows && chlorine > CHLORINE_MG, dt_s, CHLORINE_S));
}

bool water_within_spec(const struct water *w)
{
    double c[SPECIES];
    water_concentrations(&w->body[T601], c);
    double h = w->h[PH_PRODUCT];
    return water_conductivity(c, h) <= SPEC_CONDUCTIVITY && water_chlorine_mg(c[CHLORINE]) <= SPEC_CHLORINE_MG &&
           h >= SPEC_H_LO && h <= SPEC_H_HI;
}

static void judge_supply(struct water *w, const struct flows *f, double dt_s)
{
    double dt_h = dt_s / 3600;
    bool bad = f->supply > 0 && !water_within_spec(w);
    w->supplied_m3 += f->supply * dt_h;
    w->short_m3 += mr_max(0, f->demand - f->supply) * dt_h;
    w->bad_m3 += bad ? f->supply * dt_h : 0;
    mark(w, DAMAGE_OUT_OF_SPEC, lasts(&w->spec_s, bad, dt_s, SPEC_S));
    mark(w, DAMAGE_SUPPLY_INTERRUPTED, lasts(&w->supply_s, f->supply < SUPPLY_SHARE * f->demand, dt_s, SUPPLY_S));
}

void water_wear(struct water *w, const double *v, const struct flows *f, double dt_s)
{
    wear_pumps(w, v, f, dt_s);
    wear_uf(w, f, dt_s);
    wear_ro(w, f, dt_s);
    mark(w, DAMAGE_RO_OXIDISED, w->ro_chlorine >= v[W_ro_tolerance]);
    judge_dosing(w, f, dt_s);
    judge_supply(w, f, dt_s);
}
