/* power_damage.c - what a grid does not survive unharmed, and what its consumers miss. */
#include "process/grid/power.h"

#include "base/maths.h"

#define BURST_DW      0.15 /* a turbine is tried at 1.2 times its speed; blades of long stages give way earlier */
#define SLIPS         3    /* pole slips that tire a shaft */
#define HEAT_TRAFO    1.8  /* hot spot beyond what IEC 60076-7 lets pass in an emergency */
#define HEAT_LINE     2.2  /* aluminium anneals */
#define INSULATION    1.5  /* pu for one step: beyond what arresters carry */
#define LIVE_EARTH    0.1  /* pu */
#define INTERRUPTED   0.3  /* of the demand not served */
#define INTERRUPTED_S 60.0

static void mark(struct pg *g, int damage, bool is)
{
    g->damage |= is ? UINT64_C(1) << damage : 0;
}

static void branches(struct pg *g)
{
    int transformer = 0;
    for (int k = 0; k < g->c->nbranch; k++) {
        bool changer = g->c->branch[k].transformer;
        mark(g, changer ? PG_DAMAGE_TRANSFORMER + transformer : PG_DAMAGE_ANNEALED,
             g->heat[k] > (changer ? HEAT_TRAFO : HEAT_LINE));
        transformer += changer;
        for (int e = 2 * k; e < 2 * k + 2; e++) {
            mark(g, PG_DAMAGE_EARTHED, g->key.earthed[e] && g->net.square[e ^ 1] > LIVE_EARTH * LIVE_EARTH);
        }
    }
}

static void consumers(struct pg *g, double dt_s)
{
    double wanted = 0;
    double served = 0;
    bool shed = false;
    for (int i = 0; i < g->c->nload; i++) {
        wanted += g->demand * g->c->load[i].s.re;
        served += g->net.load_p[i];
        shed |= g->stages[i] != 0 || !pg_live(g, g->c->load[i].bus);
    }
    bool interrupted = served < (1 - INTERRUPTED) * wanted;
    g->interrupted_s = interrupted ? g->interrupted_s + dt_s : 0;
    g->served_mwh += served * g->c->base_mva * dt_s / 3600;
    g->unserved_mwh += mr_max(0, wanted - served) * g->c->base_mva * dt_s / 3600;
    mark(g, PG_DAMAGE_SHED, shed);
    mark(g, PG_DAMAGE_INTERRUPTED, g->interrupted_s > INTERRUPTED_S);
    mark(g, PG_DAMAGE_BLACKOUT, served <= 0);
}

void pg_damage(struct pg *g, double dt_s)
{
    for (int i = 0; i < g->c->nmachine; i++) {
        mark(g, PG_DAMAGE_OVERSPEED + i, g->rotor[i].dw > BURST_DW);
        mark(g, PG_DAMAGE_SLIPPED + i, g->rotor[i].slips >= SLIPS);
    }
    for (int i = 0; i < g->c->nbus; i++) {
        mark(g, PG_DAMAGE_INSULATION, g->net.v_square[i] > INSULATION * INSULATION);
    }
    branches(g);
    consumers(g, dt_s);
}
