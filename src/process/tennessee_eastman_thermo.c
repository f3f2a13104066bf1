/* tennessee_eastman_thermo.c - properties of the eight components and of their mixtures: Downs and Vogel (1993), tables 5 and
 * 6 and their program. Components A, B, C do not condense; as liquids they are only known in the stripper's sump.
 *
 * The enthalpy of a mixture is linear in the amounts and cubic in the temperature, so a mixture is four numbers. */
#include "process/tennessee_eastman.h"

#include "base/maths.h"

const double te_weight[TE_COMPONENTS] = {2, 25.4, 28, 32, 46, 48, 62, 76};

/* Heat capacities a + b T + c T^2 in MMBTU/(lb K) of a Celsius scale; 1.8 turns what they are multiplied with into degrees
 * Fahrenheit. `v` is the heat of vaporisation. */
#define HEAT(weight, v, a, b, c)                                                                                                 \
    {                                                                                                                            \
        (weight) * (v), 1.8 * (weight) * (a), 1.8 * (weight) * (b) / 2, 1.8 * (weight) * (c) / 3                                 \
    }

static const struct te_heat liquid[TE_COMPONENTS] = {
    HEAT(2, 0, 1.0e-6, 0, 0),
    HEAT(25.4, 0, 1.0e-6, 0, 0),
    HEAT(28, 0, 1.0e-6, 0, 0),
    HEAT(32, 0, 0.960e-6, 8.70e-9, 4.81e-11),
    HEAT(46, 0, 0.573e-6, 2.41e-9, 1.82e-11),
    HEAT(48, 0, 0.652e-6, 2.18e-9, 1.94e-11),
    HEAT(62, 0, 0.515e-6, 5.65e-10, 3.82e-12),
    HEAT(76, 0, 0.471e-6, 8.70e-10, 2.62e-12),
};

static const struct te_heat vapour[TE_COMPONENTS] = {
    HEAT(2, 1.0e-6, 3.411e-6, 7.18e-10, 6.0e-13),
    HEAT(25.4, 1.0e-6, 0.3799e-6, 1.08e-9, -3.98e-13),
    HEAT(28, 1.0e-6, 0.2491e-6, 1.36e-11, -3.93e-14),
    HEAT(32, 86.7e-6, 0.3567e-6, 8.51e-10, -3.12e-13),
    HEAT(46, 160e-6, 0.3463e-6, 8.96e-10, -3.27e-13),
    HEAT(48, 160e-6, 0.3930e-6, 1.02e-9, -3.12e-13),
    HEAT(62, 225e-6, 0.170e-6, 0, 0),
    HEAT(76, 209e-6, 0.150e-6, 0, 0),
};

/* Antoine: ln(p / mmHg) = a + b / (T + c), of D..H. */
static const struct {
    double a, b, c;
} antoine[TE_COMPONENTS] = {
    [TE_D] = {15.92, -1444, 259},   [TE_E] = {16.35, -2114, 265.5}, [TE_F] = {16.35, -2114, 265.5},
    [TE_G] = {16.43, -2748, 232.9}, [TE_H] = {17.21, -3318, 249.6},
};

/* Liquid density a + b T + c T^2 in lb/ft3. */
static const struct {
    double a, b, c;
} density[TE_COMPONENTS] = {
    {1, 0, 0},
    {1, 0, 0},
    {1, 0, 0},
    {23.3, -0.0700, -0.0002},
    {33.9, -0.0957, -0.000152},
    {32.8, -0.0995, -0.000233},
    {49.9, -0.0191, -0.000425},
    {50.5, -0.0541, -0.000150},
};

static struct te_heat mix(const struct te_heat table[TE_COMPONENTS], const double x[TE_COMPONENTS])
{
    struct te_heat h = {0};
    for (int i = 0; i < TE_COMPONENTS; i++) {
        h.c0 += x[i] * table[i].c0;
        h.c1 += x[i] * table[i].c1;
        h.c2 += x[i] * table[i].c2;
        h.c3 += x[i] * table[i].c3;
    }
    return h;
}

struct te_heat te_liquid_heat(const double x[TE_COMPONENTS])
{
    return mix(liquid, x);
}

struct te_heat te_vapour_heat(const double y[TE_COMPONENTS])
{
    return mix(vapour, y);
}

double te_heat_at(const struct te_heat *h, double t_c)
{
    return h->c0 + t_c * (h->c1 + t_c * (h->c2 + t_c * h->c3));
}

double te_vapour_enthalpy(enum te_component i, double t_c)
{
    return te_heat_at(&vapour[i], t_c);
}

void te_heat_internal(struct te_heat *h)
{
    const double r = 3.57696e-6; /* MMBTU / (lb-mol K) */
    h->c0 -= r * TE_ICE;
    h->c1 -= r;
}

double te_temperature(const struct te_heat *h, double enthalpy, double guess_c)
{
    double t = guess_c;
    for (int i = 0; i < 100; i++) {
        double slope = h->c1 + t * (2 * h->c2 + t * 3 * h->c3);
        double change = (enthalpy - te_heat_at(h, t)) / slope;
        t += change;
        /* Newton's error is the square of the last change times c2/c1, which is below 1e-2: nothing is left of it here. */
        if (mr_fabs(change) < 1e-7) {
            return t;
        }
    }
    return guess_c;
}

double te_liquid_volume(const double x[TE_COMPONENTS], double t_c)
{
    double volume = 0;
    for (int i = 0; i < TE_D; i++) {
        volume += x[i] * te_weight[i] / density[i].a;
    }
    for (int i = TE_D; i < TE_COMPONENTS; i++) {
        volume += x[i] * te_weight[i] / (density[i].a + (density[i].b + density[i].c * t_c) * t_c);
    }
    return volume;
}

double te_mean_weight(const double x[TE_COMPONENTS])
{
    double sum = 0;
    for (int i = 0; i < TE_COMPONENTS; i++) {
        sum += x[i] * te_weight[i];
    }
    return sum;
}

void te_drum(struct te_drum *d, const double holdup[TE_COMPONENTS], double energy, double volume_ft3, double guess_c)
{
    double total = holdup[TE_D] + holdup[TE_E] + holdup[TE_F] + holdup[TE_G] + holdup[TE_H];
    for (int i = 0; i < TE_COMPONENTS; i++) {
        d->x[i] = i < TE_D ? 0 : holdup[i] / total;
    }
    d->liquid_heat = te_liquid_heat(d->x);
    d->t_c = te_temperature(&d->liquid_heat, energy / total, guess_c);
    d->liquid_ft3_per_mol = te_liquid_volume(d->x, d->t_c);
    d->liquid_ft3 = total * d->liquid_ft3_per_mol;
    d->vapour_ft3 = volume_ft3 - d->liquid_ft3;
    double per_mol = TE_GAS * (d->t_c + TE_ICE) / d->vapour_ft3;
    d->pressure = 0;
    for (int i = 0; i < TE_COMPONENTS; i++) {
        d->partial[i] = i < TE_D ? holdup[i] * per_mol : d->x[i] * mr_exp(antoine[i].a + antoine[i].b / (d->t_c + antoine[i].c));
        d->pressure += d->partial[i];
    }
    for (int i = 0; i < TE_COMPONENTS; i++) {
        d->y[i] = d->partial[i] / d->pressure;
    }
}
