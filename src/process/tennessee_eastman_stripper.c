/* tennessee_eastman_stripper.c - feeds, and the stripper: gas feed 4 strips D and E out of what the separator gives, steam
 * heats the sump. */
#include "process/tennessee_eastman.h"

#include "base/maths.h"

#define FEED_C 45.0 /* of streams 2 and 3 */

void te_sump(struct te *s, struct te_flows *f)
{
    const double *holdup = &s->yy[TE_STRIPPER];
    double total = 0;
    for (int i = 0; i < TE_COMPONENTS; i++) {
        total += holdup[i];
    }
    for (int i = 0; i < TE_COMPONENTS; i++) {
        f->sump[i] = holdup[i] / total;
    }
    f->sump_heat = te_liquid_heat(f->sump);
    f->sump_c = s->guess_c[2] = te_temperature(&f->sump_heat, s->yy[TE_STRIPPER + 8] / total, s->guess_c[2]);
    f->sump_ft3_per_mol = te_liquid_volume(f->sump, f->sump_c);
    f->sump_ft3 = total * f->sump_ft3_per_mol;
}

/* Pure feeds are 99.99 % pure. */
static void feeds(const double yy[TE_STATES], struct te_flows *f)
{
    const struct te_world *w = &f->world;
    const double *valve = &yy[TE_VALVES_AT];
    f->d_feed = valve[0] * 400 / 100;
    f->e_feed = valve[1] * 400 / 100;
    f->a_feed = valve[2] * w->a_available * 100 / 100;
    f->ac_feed = valve[3] * w->ac_available * 1500 / 100 + 1e-10;
    double d = 0.9999 * te_vapour_enthalpy(TE_D, w->d_feed_c) + 0.0001 * te_vapour_enthalpy(TE_B, w->d_feed_c);
    double e = 0.9999 * te_vapour_enthalpy(TE_E, FEED_C) + 0.0001 * te_vapour_enthalpy(TE_F, FEED_C);
    double a = 0.9999 * te_vapour_enthalpy(TE_A, FEED_C) + 0.0001 * te_vapour_enthalpy(TE_B, FEED_C);
    double ac = 0;
    for (int i = 0; i < 3; i++) {
        ac += w->ac_feed[i] * te_vapour_enthalpy((enum te_component)i, w->ac_feed_c);
    }
    f->d_feed_heat = d * f->d_feed;
    f->e_feed_heat = e * f->e_feed;
    f->a_feed_heat = a * f->a_feed;
    f->ac_feed_heat = ac * f->ac_feed;
}

/* The share of each component that goes overhead: of D..H by the ratio of gas to liquid and by temperature. */
static void split(const struct te_flows *f, double share[TE_COMPONENTS])
{
    share[TE_A] = 0.995;
    share[TE_B] = 0.991;
    share[TE_C] = 0.990;
    if (f->underflow <= 0.1) {
        static const double dry[] = {0.9999, 0.999, 0.999, 0.99, 0.98};
        for (int i = TE_D; i < TE_COMPONENTS; i++) {
            share[i] = dry[i - TE_D];
        }
        return;
    }
    double t = f->sump_c;
    double warmth = t > 170 ? t - 120.262 : t < 5.292 ? 0.1 : 363.744 / (177 - t) - 2.22579488;
    double gas = f->ac_feed / f->underflow * warmth;
    static const double ease[] = {8.5010, 11.402, 11.795, 0.0480, 0.0242};
    for (int i = TE_D; i < TE_COMPONENTS; i++) {
        double k = ease[i - TE_D] * gas;
        share[i] = k / (1 + k);
    }
}

void te_stripper(const double yy[TE_STATES], struct te_flows *f)
{
    feeds(yy, f);
    f->product = yy[TE_VALVES_AT + 7] * 1000 / 100;
    double share[TE_COMPONENTS];
    split(f, share);
    for (int i = 0; i < TE_COMPONENTS; i++) {
        double gas = i < TE_D ? f->world.ac_feed[i] * f->ac_feed : 0;
        f->overhead[i] = share[i] * (gas + f->separator.x[i] * f->underflow);
    }
    struct te_heat h = te_vapour_heat(f->overhead);
    f->overhead_heat = te_heat_at(&h, f->sump_c);
    double steam = yy[TE_VALVES_AT + 8] * 0.03 * f->world.steam / 100;
    f->stripper_heating = f->sump_c < 100 ? steam * (100 - f->sump_c) : 0;
}
