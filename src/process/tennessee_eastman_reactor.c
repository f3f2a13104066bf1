/* tennessee_eastman_reactor.c - the reactor: four reactions in its vapour, cooled by a bundle that the liquid must cover.
 *
 *   1  A + C + D -> G     2  A + C + E -> H     3  A + E -> F     4  3 D -> 2 F
 *
 * Rates are of what is made; only the first two give heat that counts. */
#include "base/maths.h"
#include "process/tennessee_eastman.h"

#define R_CAL 1.987 /* cal / (mol K): activation energies are in calories */

static void kinetics(struct te_flows *f)
{
    const struct te_drum *r = &f->reactor;
    double over_rt = 1 / (R_CAL * (r->t_c + TE_ICE));
    const double *p = r->partial;
    double rate[4] = {0};
    if (p[TE_A] > 0 && p[TE_C] > 0) {
        double both = 1.1544 * mr_log(p[TE_A]) + 0.3735 * mr_log(p[TE_C]);
        rate[0] = mr_exp(31.5859536 - 40000 * over_rt + both) * f->world.kinetics[0] * p[TE_D];
        rate[1] = mr_exp(3.00094014 - 20000 * over_rt + both) * f->world.kinetics[1] * p[TE_E];
    }
    double k3 = mr_exp(53.4060443 - 60000 * over_rt) * p[TE_A];
    rate[2] = k3 * p[TE_E];
    rate[3] = 0.767488334 * k3 * p[TE_D];
    for (int i = 0; i < 4; i++) {
        rate[i] *= r->vapour_ft3;
    }
    f->reaction[TE_A] = -rate[0] - rate[1] - rate[2];
    f->reaction[TE_B] = 0;
    f->reaction[TE_C] = -rate[0] - rate[1];
    f->reaction[TE_D] = -rate[0] - 1.5 * rate[3];
    f->reaction[TE_E] = -rate[1] - rate[2];
    f->reaction[TE_F] = rate[2] + rate[3];
    f->reaction[TE_G] = rate[0];
    f->reaction[TE_H] = rate[1];
    f->reaction_heat = 0.06899381054 * rate[0] + 0.05 * rate[1];
}

void te_reactor(const double yy[TE_STATES], struct te_flows *f)
{
    kinetics(f);
    double height = f->reactor.liquid_ft3 / 7.8;
    double covered = height > 50 ? 1 : height < 10 ? 0 : 0.025 * height - 0.25;
    double agitator = (yy[TE_VALVES_AT + 11] + 150) / 100;
    double transfer = covered * (-0.5 * agitator * agitator + 2.75 * agitator - 2.5) * 0.855490;
    f->reactor_cooling = transfer * (yy[TE_COOLANT_REACTOR] - f->reactor.t_c) * f->world.reactor_transfer;
}
