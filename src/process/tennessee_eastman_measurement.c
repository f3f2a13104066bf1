/* tennessee_eastman_measurement.c - the 41 measurements: 22 continuous ones with noise, 19 by analysers that sample and show
 * late, and the limits at which the plant shuts itself down (Downs and Vogel 1993, tables 4 to 6). */
#include "process/tennessee_eastman.h"

#include "base/maths.h"

#define FT3_PER_M3 35.3145
#define KSCMH      (0.359 / FT3_PER_M3) /* thousand standard m3/h per lb-mol/h */
#define KG         0.454                /* per lb */

static double gauge_kpa(double mmhg)
{
    return (mmhg - 760) / 760 * 101.325;
}

void te_measure(const double yy[TE_STATES], const struct te_flows *f, double xmeas[TE_FAST])
{
    const double values[TE_FAST] = {
        f->a_feed * KSCMH,
        f->d_feed * (0.9999 * 32 + 0.0001 * 25.4) * KG,
        f->e_feed * (0.9999 * 46 + 0.0001 * 48) * KG,
        f->ac_feed * KSCMH,
        f->recycle * KSCMH,
        f->reactor_feed * KSCMH,
        gauge_kpa(f->reactor.pressure),
        (f->reactor.liquid_ft3 - 84.6) / 666.7 * 100,
        f->reactor.t_c,
        f->purge * KSCMH,
        f->separator.t_c,
        (f->separator.liquid_ft3 - 27.5) / 290 * 100,
        gauge_kpa(f->separator.pressure),
        f->underflow * f->separator.liquid_ft3_per_mol / FT3_PER_M3,
        (f->sump_ft3 - 78.25) / 156.5 * 100,
        gauge_kpa(f->header_pressure),
        f->product * f->sump_ft3_per_mol / FT3_PER_M3,
        f->sump_c,
        f->stripper_heating * 1040 * KG,
        f->compressor_heat * 293.07,
        yy[TE_COOLANT_REACTOR],
        yy[TE_COOLANT_SEPARATOR],
    };
    for (int i = 0; i < TE_FAST; i++) {
        xmeas[i] = values[i];
    }
}

void te_compositions(const struct te_flows *f, double percent[TE_ANALYSED])
{
    for (int i = 0; i < 6; i++) {
        percent[i] = 100 * f->header[i];
    }
    for (int i = 0; i < TE_COMPONENTS; i++) {
        percent[6 + i] = 100 * f->separator.y[i];
    }
    for (int i = TE_D; i < TE_COMPONENTS; i++) {
        percent[TE_GASES + i - TE_D] = 100 * f->sump[i];
    }
}

uint64_t te_shutdown(const struct te_flows *f)
{
    const bool passed[] = {
        gauge_kpa(f->reactor.pressure) > 3000,
        f->reactor.liquid_ft3 / FT3_PER_M3 > 24,
        f->reactor.liquid_ft3 / FT3_PER_M3<2, f->reactor.t_c> 175,
        f->separator.liquid_ft3 / FT3_PER_M3 > 12,
        f->separator.liquid_ft3 / FT3_PER_M3<1, f->sump_ft3 / FT3_PER_M3> 8,
        f->sump_ft3 / FT3_PER_M3 < 1,
    };
    uint64_t bits = 0;
    for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
        bits |= (uint64_t)passed[i] << i;
    }
    return bits;
}

/* Twelve uniform numbers make a nearly normal one. */
static double noise_of(struct te *s, int xmeas)
{
    double sum = (double)te_draw_twelve(&s->generator) / 4294967296.0;
    return (sum - 6) * te_vars[TE_VAR_XMEAS + xmeas].noise_sd;
}

/* Without noise the draws are skipped, not saved: random disturbances are then the same ones with noise and without. */
void te_noise(struct te *s, double xmeas[TE_FAST])
{
    if (!s->noise) {
        te_skip(&s->generator, 12 * TE_FAST);
        return;
    }
    for (int i = 0; i < TE_FAST; i++) {
        xmeas[i] += noise_of(s, i);
    }
}

/* Shows the samples from..to-1 taken last time and takes new ones. */
static void sample(struct te *s, const double percent[TE_ANALYSED], int from, int to, double shown[TE_ANALYSED])
{
    for (int i = from; i < to; i++) {
        shown[i] = s->sample[i];
        s->sample[i] = percent[i];
        if (s->noise) {
            shown[i] += noise_of(s, TE_FAST + i);
        } else {
            te_skip(&s->generator, 12);
        }
    }
}

void te_analyse(struct te *s, const struct te_flows *f, double t_h, double shown[TE_ANALYSED])
{
    const double gas_h = 0.1;
    const double product_h = 0.25;
    if (t_h > 0 && t_h < s->gas_next_h && t_h < s->product_next_h) {
        return;
    }
    double percent[TE_ANALYSED];
    te_compositions(f, percent);
    if (t_h <= 0) {
        for (int i = 0; i < TE_ANALYSED; i++) {
            s->sample[i] = shown[i] = percent[i];
        }
        s->gas_next_h = gas_h;
        s->product_next_h = product_h;
        return;
    }
    if (t_h >= s->gas_next_h) {
        sample(s, percent, 0, TE_GASES, shown);
        s->gas_next_h += gas_h;
    }
    if (t_h >= s->product_next_h) {
        sample(s, percent, TE_GASES, TE_ANALYSED, shown);
        s->product_next_h += product_h;
    }
}
