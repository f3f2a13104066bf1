/* tennessee_eastman_separator.c - feed header, reactor outlet with its condenser, separator, compressor and purge: all that the
 * pressures drive. */
#include "base/maths.h"
#include "process/tennessee_eastman.h"

#define HEADER_FT3     5000.0
#define ATMOSPHERE     760.0
#define COMPRESSOR_MAX 280275.0 /* lb/h at equal pressures */
#define RATIO_MAX      1.3

/* Flow through a resistance: the root of the pressure drop, and nothing backwards. */
static double root_of_drop(double from, double to)
{
    return mr_sqrt(mr_max(from - to, 0));
}

void te_header(struct te *s, struct te_flows *f)
{
    const double *holdup = &s->yy[TE_HEADER];
    double total = 0;
    for (int i = 0; i < TE_COMPONENTS; i++) {
        total += holdup[i];
    }
    for (int i = 0; i < TE_COMPONENTS; i++) {
        f->header[i] = holdup[i] / total;
    }
    f->header_heat = te_vapour_heat(f->header);
    struct te_heat internal = f->header_heat;
    te_heat_internal(&internal);
    f->header_c = s->guess_c[3] = te_temperature(&internal, s->yy[TE_HEADER + 8] / total, s->guess_c[3]);
    f->header_pressure = total * TE_GAS * (f->header_c + TE_ICE) / HEADER_FT3;
}

/* The compressor lifts gas from the separator into the header, some of which its valve lets back. */
static void compressor(const double yy[TE_STATES], struct te_flows *f, double weight)
{
    const struct te_drum *s = &f->separator;
    double ratio = mr_clamp(f->header_pressure / s->pressure, 1, RATIO_MAX);
    double lift = COMPRESSOR_MAX + COMPRESSOR_MAX / 1.197 * (1 - ratio * ratio * ratio); /* lb/h */
    f->compressor_heat = lift * (s->t_c + TE_ICE) * 1.8e-6 * 1.9872 * (f->header_pressure - s->pressure) / (weight * s->pressure);
    double back = yy[TE_VALVES_AT + 4] * 53.349 * root_of_drop(f->header_pressure, s->pressure);
    f->recycle = mr_max(lift - back, 1e-3) / weight;
}

void te_separator(const double yy[TE_STATES], struct te_flows *f)
{
    const struct te_drum *r = &f->reactor;
    const struct te_drum *s = &f->separator;
    f->reactor_feed = 1937.6 * root_of_drop(f->header_pressure, r->pressure) / te_mean_weight(f->header);
    f->effluent = 4574.21 * root_of_drop(r->pressure, s->pressure) * f->world.reactor_outlet / te_mean_weight(r->y);
    double weight = te_mean_weight(s->y);
    f->purge = yy[TE_VALVES_AT + 5] * 0.151169 * root_of_drop(s->pressure, ATMOSPHERE) / weight;
    compressor(yy, f, weight);
    f->underflow = yy[TE_VALVES_AT + 6] * 1500 / 100;

    struct te_heat gas = te_vapour_heat(r->y);
    f->effluent_enthalpy = te_heat_at(&gas, r->t_c);
    gas = te_vapour_heat(s->y);
    f->separator_gas_enthalpy = te_heat_at(&gas, s->t_c);
    double load = f->effluent / 3528.73;
    load *= load;
    double transfer = 0.404655 * (1 - 1 / (1 + load * load));
    f->condenser_cooling = transfer * (yy[TE_COOLANT_SEPARATOR] - r->t_c) * f->world.condenser_transfer;
}
