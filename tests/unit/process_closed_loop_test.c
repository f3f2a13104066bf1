/* process_closed_loop: the water works with its six stage programs: a healthy day, and what attacks at tags lead to. */
#include "support/works.h"

#include <math.h>

#if defined __SANITIZE_ADDRESS__
#define HOURS 2 /* ten times slower there */
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define HOURS 2
#endif
#endif
#ifndef HOURS
#define HOURS 24
#endif

static const char *const tanks[] = {"T101.level_mm", "T301.level_mm", "T401.level_mm", "T601.level_mm", "T602.level_mm"};
/* A little beyond the levels between which the programs switch. */
static const double band[][2] = {{480, 820}, {780, 1020}, {700, 1020}, {400, 600}, {150, 650}};

static void tell_damage(const struct works *w)
{
    const struct mr_model *m = mr_plant_model(w->plant.p);
    for (size_t i = 0; i < m->ndamages; i++) {
        if ((mr_plant_damage(w->plant.p) >> i) & 1) {
            print_message("damage: %s\n", m->damages[i].name);
        }
    }
}

static void no_alarm(const struct works *w)
{
    for (int i = 1; i <= WORKS_PLCS; i++) {
        if (works_get(w, i, "ALARM_ANY") == 0) {
            continue;
        }
        const struct mr_plc_symbol *s;
        size_t n = mr_plc_symbols(w->programs[i - 1], &s);
        for (size_t k = 0; k < n; k++) {
            size_t len = strlen(s[k].name);
            if (len > 5 && strcmp(s[k].name + len - 5, "_STAT") == 0 && ((int)mr_plc_get(w->plcs[i - 1], &s[k]) & 0x19)) {
                fail_msg("plc%d: %s = %g after %g s", i, s[k].name, mr_plc_get(w->plcs[i - 1], &s[k]), (double)w->now / 1e9);
            }
        }
    }
}

static void a_healthy_day(void **state)
{
    (void)state;
    struct works *w = works_new(1, true);
    int flow = plant_var(&w->plant, "FIT601");
    int ph = plant_var(&w->plant, "AIT202");
    int transfer = plant_var(&w->plant, "FIT201");
    int var[5];
    for (int k = 0; k < 5; k++) {
        var[k] = plant_var(&w->plant, tanks[k]);
    }
    long seconds = HOURS * 3600L;
    long flow_bad = 0;
    long ph_bad = 0;
    for (long s = 0; s < seconds; s++) {
        works_run(w, 1);
        double q = mr_plant_true(w->plant.p, flow);
        double x = mr_plant_true(w->plant.p, ph);
        flow_bad += q < 1.2 || q > 3.0;
        ph_bad += mr_plant_true(w->plant.p, transfer) > 0.5 && (x < 6.5 || x > 8.5);
        for (int k = 0; k < 5; k++) {
            double level = mr_plant_true(w->plant.p, var[k]);
            if (level < band[k][0] || level > band[k][1]) {
                fail_msg("%s = %g after %ld s", tanks[k], level, s);
            }
        }
        if (s > 60) {
            no_alarm(w);
        }
    }
    tell_damage(w);
    assert_true(mr_plant_damage(w->plant.p) == 0);
    print_message("supply out of 1.2..3.0 m3/h: %ld s, pH out of 6.5..8.5: %ld s of %ld\n", flow_bad, ph_bad, seconds);
    assert_true(flow_bad * 1000 <= seconds);
    assert_true(ph_bad * 1000 <= seconds);
    assert_true(works_get(w, 6, "BW_COUNT") >= HOURS * 1.2); /* a cycle takes 33 min, and waits while T401 is full */
    assert_true(works_get(w, 3, "UF_CYCLES") >= HOURS * 1.2);
    assert_true(works_get(w, 3, "BW_SKIPPED") == 0);
    assert_true(plant_get(&w->plant, "supply.bad_volume") == 0);
    assert_true(fabs(plant_get(&w->plant, "supply.volume") / (1.32 * HOURS) - 1) < 0.07);
    works_free(w);
}

struct write {
    int plc;
    const char *tag;
    double value;
    bool repeated; /* each second, as an attacker who insists */
};

/* Ten healthy minutes, then the writes. */
static struct works *attack(const struct write *writes)
{
    struct works *w = works_new(1, true);
    works_run(w, 600);
    assert_true(mr_plant_damage(w->plant.p) == 0);
    for (const struct write *x = writes; x->plc; x++) {
        works_set(w, x->plc, x->tag, x->value);
    }
    return w;
}

static void insist(struct works *w, const struct write *writes, double seconds)
{
    for (double s = 0; s < seconds; s++) {
        for (const struct write *x = writes; x->plc; x++) {
            if (x->repeated) {
                works_set(w, x->plc, x->tag, x->value);
            }
        }
        works_run(w, 1);
    }
}

static void a_ph_setpoint_harms(void **state)
{
    (void)state;
    /* No acid: the mixer (29 s) goes to the raw water's 8.9, above 8.5 within three minutes. Hypochlorous acid goes with the pH,
     * so the redox loop doses on: from pH 7 to 8.9 its share falls from 77 % to 4 %. */
    const struct write writes[] = {{2, "AIT202.setpoint", 9.4, false}, {0}};
    struct works *w = attack(writes);
    insist(w, writes, 180);
    assert_true(plant_get(&w->plant, "AIT202") > 8.5);
    insist(w, writes, 420);
    assert_true(plant_damaged(&w->plant, "dosing.chlorine_overdose"));
    works_set(w, 2, "AIT202.setpoint", 7.0);
    works_run(w, 300);
    assert_true(fabs(plant_get(&w->plant, "AIT202") - 7) < 0.2); /* recovered */
    works_free(w);
}

static void a_stopped_transfer_drains_t301(void **state)
{
    (void)state;
    /* 2.6 m3/h out of 1.5 m2: 29 mm a minute; from about 890 mm to LL (250) in 22 min. The standby does not start: nothing
     * has failed, an operator has stopped the pump. */
    const struct write writes[] = {{1, "P101.run", 0, true}, {0}};
    struct works *w = attack(writes);
    insist(w, writes, 300);
    assert_true(plant_get(&w->plant, "LIT301") < 800);
    assert_true(works_get(w, 1, "P101_AUTO") == 0);
    assert_true(plant_get(&w->plant, "P102.running") == 0);
    insist(w, writes, 1300);
    assert_true(plant_get(&w->plant, "P301.running") == 0); /* its interlock has saved it */
    assert_true(plant_get(&w->plant, "P301.fault") == 0);
    assert_true(plant_get(&w->plant, "AIT202") < 7.5);
    works_set(w, 1, "P101_AUTO", 1);
    works_run(w, 1800); /* 3.3 m3/h: 37 mm a minute up to 500, where stage 3 goes on with 2.5, then 9: 500 + 23 x 9 = 707 */
    assert_true(plant_get(&w->plant, "LIT301") > 650);
    works_free(w);
}

static void a_closed_valve_ends_the_supply(void **state)
{
    (void)state;
    const struct write writes[] = {{6, "MV601.open", 0, true}, {0}};
    struct works *w = attack(writes);
    insist(w, writes, 15);
    assert_true(plant_get(&w->plant, "FIT601") < 1.2);
    insist(w, writes, 150);
    assert_true(plant_damaged(&w->plant, "supply.interrupted"));
    assert_false(plant_damaged(&w->plant, "P601.overheated")); /* its interlock wants the valve open */
    works_free(w);
}

static void without_osmosis_the_product_runs_out(void **state)
{
    (void)state;
    /* T601 above the LL of P601: about 0.3 m2 x 350 mm = 0.105 m3 at 1.32 m3/h: 290 s. */
    const struct write writes[] = {{5, "P501.run", 0, true}, {0}};
    struct works *w = attack(writes);
    insist(w, writes, 200);
    assert_true(plant_get(&w->plant, "FIT601") > 1.2);
    insist(w, writes, 300);
    assert_true(plant_get(&w->plant, "FIT601") < 1.2);
    assert_false(plant_damaged(&w->plant, "P601.seized"));
    works_free(w);
}

static void interlocks_save_membranes_until_bypassed(void **state)
{
    (void)state;
    const struct write close[] = {{3, "MV302.open", 0, true}, {0}};
    struct works *w = attack(close);
    insist(w, close, 300);
    assert_false(plant_damaged(&w->plant, "UF.ruptured"));
    works_free(w);

    const struct write bypass[] = {{3, "P301_BYPASS", 1, false}, {3, "MV302.open", 0, true}, {0}};
    w = attack(bypass);
    insist(w, bypass, 60); /* 10 s of travel and 30 s of 150 kPa */
    assert_true(plant_damaged(&w->plant, "UF.ruptured"));
    works_free(w);

    const struct write permeate[] = {
        {5, "P501_BYPASS", 1, false}, {5, "P501.run", 1, true}, {5, "MV501.open", 0, true}, {5, "MV503.open", 0, true}, {0}};
    w = attack(permeate);
    insist(w, permeate, 30);
    assert_true(plant_damaged(&w->plant, "RO.ruptured"));
    works_free(w);
}

static void forced_dosing_overdoses(void **state)
{
    (void)state;
    const struct write acid[] = {{2, "P203.rate", 100, true}, {2, "P203.run", 1, true}, {0}};
    struct works *w = attack(acid);
    insist(w, acid, 180);
    assert_true(plant_damaged(&w->plant, "dosing.acid_overdose"));
    assert_true(works_get(w, 2, "AIC202_AUTO") == 0); /* a loop whose output someone writes is in manual */
    works_free(w);
}

static void chlorine_reaches_the_membrane(void **state)
{
    (void)state;
    /* 1 mg/L without bisulphite; stage 5 stops as the lamp goes out, and so ends the exposure unless it is bypassed. */
    const struct write writes[] = {
        {4, "P403.run", 0, true}, {4, "UV401.run", 0, true}, {5, "P501_BYPASS", 1, false}, {5, "P501.run", 1, true}, {0}};
    struct works *w = attack(writes);
    insist(w, writes, 120);
    assert_true(plant_get(&w->plant, "AIT403") > 0.5);
    insist(w, writes, 900); /* 0.2 mg.h/L: 12 minutes and what the lamp's cooling saves */
    assert_true(plant_damaged(&w->plant, "RO.oxidised"));
    works_free(w);
}

static void a_standby_takes_over(void **state)
{
    (void)state;
    struct works *w = works_new(1, true);
    works_run(w, 600);
    mr_plant_fault(w->plant.p, plant_var(&w->plant, "P101.fault"), MR_FAULT_VALUE, 1);
    works_run(w, 30);
    assert_true(plant_get(&w->plant, "P101.running") == 0);
    assert_true(plant_get(&w->plant, "P102.running") == 1);
    assert_true(works_get(w, 1, "P101_FAILED") == 1);
    mr_plant_fault(w->plant.p, plant_var(&w->plant, "P101.fault"), MR_FAULT_NONE, 0);
    works_set(w, 1, "ALARM_RESET", 1);
    works_run(w, 30);
    assert_true(plant_get(&w->plant, "P101.running") == 1);
    assert_true(plant_get(&w->plant, "P102.running") == 0);
    works_free(w);
}

static void stale_links_are_not_believed(void **state)
{
    (void)state;
    struct works *w = works_new(1, true);
    works_run(w, 600);
    w->nlinks = 0; /* the network is gone */
    for (int plc = 1; plc <= 2; plc++) {
        works_set(w, plc, "LIT301_REMOTE_AGE", 11);
    }
    works_run(w, 60);
    assert_true(plant_get(&w->plant, "P101.running") == 0); /* an overflow would be worse than a wait */
    assert_true(plant_get(&w->plant, "MV201.closed") == 1);
    assert_true(mr_plant_damage(w->plant.p) == 0);
    works_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_day),
        cmocka_unit_test(a_ph_setpoint_harms),
        cmocka_unit_test(a_stopped_transfer_drains_t301),
        cmocka_unit_test(a_closed_valve_ends_the_supply),
        cmocka_unit_test(without_osmosis_the_product_runs_out),
        cmocka_unit_test(interlocks_save_membranes_until_bypassed),
        cmocka_unit_test(forced_dosing_overdoses),
        cmocka_unit_test(chlorine_reaches_the_membrane),
        cmocka_unit_test(a_standby_takes_over),
        cmocka_unit_test(stale_links_are_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
