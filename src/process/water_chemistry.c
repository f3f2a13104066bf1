/* water_chemistry.c - acidity, conductivity, redox potential and salt passage.
 *
 * pH comes from the balance of charges with the carbonate, hypochlorite and sulphite equilibria at 25 degC and zero ionic
 * strength: Stumm and Morgan, Aquatic Chemistry, 3rd ed. 1996 (pK1 6.35, pK2 10.33, pKw 14.00, HOCl 7.53, HSO3- 7.20).
 * Conductivity sums limiting molar conductivities (CRC Handbook: Na+ 50.1, Cl- 76.3, HCO3- 44.5, H+ 349.8 S cm2/mol). The redox
 * electrode is empirical: logarithmic in hypochlorous acid, lowered by sulphite, in the manner of Wareham et al. (1993). */
#include "process/water.h"

#include "base/maths.h"

/* Constants in mmol/L. */
#define KW          1e-8
#define K1          4.466836e-4
#define K2          4.677351e-8
#define K_HOCL      2.951209e-5
#define K_BISULPH   6.309573e-5
#define CHLORINE_MG 70.906 /* mg of Cl2 per mmol */
#define SULPHITE_MG 64.064 /* mg of SO2 per mmol */

#define ORP_BASE         280.0 /* mV of water without oxidant and reductant */
#define ORP_OXIDANT      95.0  /* mV per decade of hypochlorous acid */
#define ORP_REDUCTANT    60.0
#define ORP_OXIDANT_MG   0.01
#define ORP_REDUCTANT_MG 0.1

#define SALT_PERMEABILITY 0.02 /* m3/h: salt passage is this over (this + permeate flow) */
#define OXIDISED_FACTOR   15.0
#define RUPTURED_PASSAGE  0.9

double water_chlorine_mg(double mmol)
{
    return CHLORINE_MG * mmol;
}

double water_ph(double h)
{
    return 3 - mr_log10(h);
}

double water_co2(double carbon, double h)
{
    return carbon * h * h / (h * h + K1 * h + K1 * K2);
}

/* Charges of all dissolved weak acids and water itself, positive minus negative, and the derivative in h. */
static double charge(const double c[SPECIES], double h, double *slope)
{
    double d = 1 / (h * h + K1 * h + K1 * K2);
    double carbonate = (K1 * h + 2 * K1 * K2) * d;
    double hypo = 1 / (K_HOCL + h);
    double sulph = 1 / (K_BISULPH + h);
    double hydroxide = KW / h;
    *slope = 1 + hydroxide / h + c[CARBON] * (carbonate * (2 * h + K1) - K1) * d + c[CHLORINE] * K_HOCL * hypo * hypo +
             c[SULPHITE] * K_BISULPH * sulph * sulph;
    return c[SODIUM] - c[ANION] + h - hydroxide - c[CARBON] * carbonate - c[CHLORINE] * K_HOCL * hypo -
           c[SULPHITE] * (1 + K_BISULPH * sulph);
}

/* The sum of charges rises strictly with h, so there is one root. Newton in ln h with a step of at most a factor 3, started at
 * the last solution, kept between the bounds that the signs have shown; a fixed count of steps keeps the cost even. */
double water_hydrogen(const double c[SPECIES], double h, int iterations)
{
    double lo = 1e-12;
    double hi = 1e4;
    for (int i = 0; i < iterations; i++) {
        double slope;
        double f = charge(c, h, &slope);
        if (f > 0) {
            hi = h;
        } else {
            lo = h;
        }
        double step = mr_clamp(-f / (slope * h), -1, 1);
        double next = h * (1 + 0.5 * step) / (1 - 0.5 * step);
        h = next >= lo && next <= hi ? next : mr_sqrt(lo * hi);
    }
    return h;
}

/* Bicarbonate taken as what balances the strong ions; exact enough between pH 4 and 9. */
double water_conductivity(const double c[SPECIES], double h)
{
    double strong = c[SODIUM] - c[ANION];
    double acid = mr_max(h, -strong);
    return 50.1 * c[SODIUM] + 76.3 * c[ANION] + 44.5 * mr_max(0, strong + h) + 349.8 * acid;
}

double water_orp(const double c[SPECIES], double h)
{
    double hocl = CHLORINE_MG * c[CHLORINE] * h / (h + K_HOCL);
    double sulphite = SULPHITE_MG * c[SULPHITE];
    return ORP_BASE + ORP_OXIDANT * mr_log10(1 + hocl / ORP_OXIDANT_MG) -
           ORP_REDUCTANT * mr_log10(1 + sulphite / ORP_REDUCTANT_MG);
}

/* Raw water from its parameters: carbon so that the alkalinity shows the wanted pH, sodium so that charges balance. */
void water_raw(const double *v, double c[SPECIES])
{
    double h = mr_pow(10, 3 - v[W_raw_ph]);
    double d = 1 / (h * h + K1 * h + K1 * K2);
    double alkalinity = v[W_raw_alkalinity];
    double reductant = v[W_raw_reductant];
    c[CARBON] = mr_max(0, alkalinity + h - KW / h) / ((K1 * h + 2 * K1 * K2) * d);
    c[SODIUM] = v[W_raw_salt] + alkalinity + reductant * (1 + K_BISULPH / (K_BISULPH + h));
    c[ANION] = v[W_raw_salt];
    c[CHLORINE] = 0;
    c[SULPHITE] = reductant;
    c[TURBIDITY] = v[W_raw_turbidity];
}

void water_concentrations(const struct body *b, double c[SPECIES])
{
    double by = b->volume > 1e-9 ? 1 / b->volume : 0;
    for (int i = 0; i < SPECIES; i++) {
        c[i] = b->amount[i] * by;
    }
}

/* Solution-diffusion: ions pass in proportion to the mean concentration along the membrane, the less the more water passes;
 * carbon dioxide passes as if there were no membrane, hypochlorous acid by half. */
void water_permeate(const struct water *w, const struct flows *f, const double feed[SPECIES], const double channel[SPECIES],
                    double c[SPECIES])
{
    double b = SALT_PERMEABILITY * (water_damaged(w, DAMAGE_RO_OXIDISED) ? OXIDISED_FACTOR : 1);
    double passage = water_damaged(w, DAMAGE_RO_RUPTURED) ? RUPTURED_PASSAGE : b / (b + f->permeate);
    for (int i = 0; i < SPECIES; i++) {
        c[i] = passage * 0.5 * (feed[i] + channel[i]);
    }
    double co2 = mr_min(water_co2(feed[CARBON], w->h[PH_LINE]), channel[CARBON]);
    c[CARBON] = co2 + passage * mr_max(0, 0.5 * (feed[CARBON] + channel[CARBON]) - co2);
    c[CHLORINE] = 0.5 * feed[CHLORINE];
    if (!water_damaged(w, DAMAGE_RO_RUPTURED)) {
        c[TURBIDITY] = 0;
    }
}
