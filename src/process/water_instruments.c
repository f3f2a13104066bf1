/* water_instruments.c - the true value under each instrument, contact and internal figure. */
#include "process/water.h"

#include "base/maths.h"

#define RAW_MAIN_KPA      300.0
#define RAW_MAIN_DROP     4.5   /* kPa per (m3/h)^2 */
#define RECIRCULATED      0.11  /* share of the membrane's feed that a jet pump sends round again */
#define CHANNEL_DROP      4.0   /* kPa per m3/h along the membrane */
#define LIMIT_SWITCH      0.005 /* of the travel */
#define PH_STEPS          3     /* Newton steps per advance: water changes slowly, the last solution is near */
#define DAY_TANK_MM_PER_L (1000.0 / 60)

static void measure_flows(double *v, const struct water *w, const struct flows *f)
{
    v[W_FIT101] = f->raw;
    v[W_FIT102] = f->transfer;
    v[W_FIT201] = f->transfer;
    v[W_PIT101] = RAW_MAIN_KPA - RAW_MAIN_DROP * f->raw * f->raw;
    v[W_PIT102] = f->transfer_kpa;
    v[W_FIT301] = f->filtrate + f->flush;
    v[W_DPIT301] = f->uf_tmp_kpa;
    v[W_PIT301] = f->uf_feed_kpa;
    v[W_PIT302] = mr_max(f->uf_out_kpa, f->backwash_kpa);
    v[W_FIT401] = f->ro_feed;
    v[W_PIT401] = f->ro_suction_kpa;
    v[W_UIT401] = 100 * w->uv;
    v[W_FIT501] = f->ro_feed;
    v[W_FIT502] = f->permeate;
    v[W_FIT503] = f->reject;
    v[W_FIT504] = RECIRCULATED * f->ro_feed;
    v[W_PIT501] = f->ro_kpa;
    v[W_PIT502] = f->permeate_kpa;
    v[W_PIT503] = mr_max(0, f->ro_kpa - CHANNEL_DROP * f->ro_feed);
    v[W_FIT601] = f->supply;
    v[W_FIT602] = f->backwash;
    v[W_PIT601] = f->supply_kpa;
    v[W_demand] = f->demand;
}

static void measure_levels(double *v, const struct water *w)
{
    v[W_LIT101] = v[W_T101_level] = water_level_mm(w, v, T101, W_t101_section);
    v[W_LIT301] = v[W_T301_level] = water_level_mm(w, v, T301, W_t301_section);
    v[W_LIT401] = v[W_T401_level] = water_level_mm(w, v, T401, W_t401_section);
    v[W_LIT601] = v[W_T601_level] = water_level_mm(w, v, T601, W_t601_section);
    v[W_LIT602] = v[W_T602_level] = water_level_mm(w, v, T602, W_t602_section);
    v[W_LIT201] = DAY_TANK_MM_PER_L * w->day_tank_l[TANK_NACL];
    v[W_LIT202] = DAY_TANK_MM_PER_L * w->day_tank_l[TANK_HCL];
    v[W_LIT203] = DAY_TANK_MM_PER_L * w->day_tank_l[TANK_NAOCL];
    v[W_LIT402] = DAY_TANK_MM_PER_L * w->day_tank_l[TANK_BISULPHITE];
}

static void measure_quality(double *v, struct water *w, const struct flows *f)
{
    double c[BODIES][SPECIES];
    double permeate[SPECIES];
    for (int i = 0; i < BODIES; i++) {
        water_concentrations(&w->body[i], c[i]);
    }
    w->h[PH_MIXER] = water_hydrogen(c[MIXER], w->h[PH_MIXER], PH_STEPS);
    w->h[PH_LINE] = water_hydrogen(c[LINE], w->h[PH_LINE], PH_STEPS);
    w->h[PH_PRODUCT] = water_hydrogen(c[T601], w->h[PH_PRODUCT], PH_STEPS);
    water_permeate(w, f, c[LINE], c[RO_CHANNEL], permeate);

    v[W_AIT101] = water_conductivity(f->raw_water, 0);
    v[W_AIT102] = v[W_raw_ph];
    v[W_AIT103] = f->raw_water[TURBIDITY];
    v[W_AIT201] = water_conductivity(c[MIXER], w->h[PH_MIXER]);
    v[W_AIT202] = v[W_mixer_ph] = water_ph(w->h[PH_MIXER]);
    v[W_AIT203] = water_orp(c[MIXER], w->h[PH_MIXER]);
    v[W_AIT204] = water_chlorine_mg(c[MIXER][CHLORINE]);
    v[W_AIT301] = water_filtrate_turbidity(w, c[T301]);
    v[W_AIT302] = water_chlorine_mg(c[T301][CHLORINE]);
    v[W_AIT303] = water_conductivity(c[T301], w->h[PH_MIXER]);
    v[W_AIT401] = water_chlorine_mg(c[T401][CHLORINE]);
    v[W_AIT402] = v[W_AIT502] = water_orp(c[LINE], w->h[PH_LINE]);
    v[W_AIT403] = water_chlorine_mg(c[LINE][CHLORINE]);
    v[W_AIT501] = water_ph(w->h[PH_LINE]);
    v[W_AIT503] = water_conductivity(c[LINE], w->h[PH_LINE]);
    v[W_AIT504] = water_conductivity(permeate, w->h[PH_PRODUCT]);
    v[W_AIT601] = water_conductivity(c[T601], w->h[PH_PRODUCT]);
    v[W_AIT602] = water_ph(w->h[PH_PRODUCT]);
    v[W_AIT603] = water_chlorine_mg(c[T601][CHLORINE]);
}

static void measure_contacts(double *v, const struct water *w, const struct flows *f)
{
    for (int i = 0; i < VALVES; i++) {
        v[VALVE_OPEN(i) + 1] = w->valve[i] >= 1 - LIMIT_SWITCH;
        v[VALVE_OPEN(i) + 2] = w->valve[i] <= LIMIT_SWITCH;
    }
    for (int i = 0; i < PUMPS; i++) {
        unsigned bit = (unsigned)i;
        v[PUMP_RUNNING(i)] = w->pump[i] > 0.05;
        v[PUMP_FAULT(i)] = water_damaged(w, DAMAGE_SEIZED + bit) || water_damaged(w, DAMAGE_OVERHEATED + bit);
    }
    for (int i = 0; i < DOSERS; i++) {
        v[DOSER_RUNNING(i)] = v[DOSER_RUN(i)];
    }
    v[W_UV401_running] = w->uv > 0.05;
    v[W_UV401_fault] = water_damaged(w, DAMAGE_UV_BURNT);
    v[W_LS201] = v[W_LIT201] < 150;
    v[W_LS202] = v[W_LIT202] < 150;
    v[W_LS203] = v[W_LIT203] < 150;
    v[W_LS401] = v[W_LIT402] < 150;
    v[W_PSH301] = f->uf_feed_kpa > 110;
    v[W_PSL501] = f->ro_suction_kpa < 20;
    v[W_PSH501] = f->ro_kpa > 400;
    v[W_LSL601] = v[W_T601_level] < 150;
    v[W_LSL602] = v[W_T602_level] < 150;
    v[W_LSH601] = v[W_T601_level] > 850;
    v[W_LSH602] = v[W_T602_level] > 850;
}

static void measure_internals(double *v, const struct water *w, const struct flows *f)
{
    v[W_uf_cake] = w->cake;
    v[W_uf_lasting] = w->lasting;
    v[W_ro_fouling] = w->ro_fouling;
    v[W_ro_chlorine] = w->ro_chlorine;
    v[W_ro_recovery] = f->ro_feed > 0 ? f->permeate / f->ro_feed : 0;
    v[W_supply_quality] = water_within_spec(w);
    v[W_supply_volume] = w->supplied_m3;
    v[W_supply_short] = w->short_m3;
    v[W_supply_bad] = w->bad_m3;
    double m3 = 0;
    double mol[2] = {0, 0};
    for (int i = 0; i < BODIES; i++) {
        m3 += w->body[i].volume;
        mol[0] += w->body[i].amount[SODIUM];
        mol[1] += w->body[i].amount[CARBON];
    }
    v[W_audit_in] = w->in_m3;
    v[W_audit_out] = w->out_m3;
    v[W_audit_stored] = m3;
    v[W_audit_error] = w->in_m3 - w->out_m3 - (m3 - w->stored_m3);
    v[W_audit_sodium] = w->in_mol[0] - w->out_mol[0] - (mol[0] - w->stored_mol[0]);
    v[W_audit_carbon] = w->in_mol[1] - w->out_mol[1] - (mol[1] - w->stored_mol[1]);
}

void water_measure(struct water *w, double *v, const struct flows *f)
{
    measure_flows(v, w, f);
    measure_levels(v, w);
    measure_quality(v, w, f);
    measure_contacts(v, w, f);
    measure_internals(v, w, f);
}
