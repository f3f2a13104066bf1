/* process_damage: each way in which the water works breaks, with times worked out by hand in the comments, and what follows. */
#include "support/plant.h"

#include <math.h>

struct change {
    const char *name;
    double value;
};

static struct test_plant water(const struct change *changes)
{
    struct test_plant t = plant_new("water-treatment", 1, false);
    for (const struct change *c = changes; c->name; c++) {
        plant_set(&t, c->name, c->value);
    }
    return t;
}

/* Asserts that `damage` comes after `lo` and by `hi` seconds. */
static void happens(const struct test_plant *t, const char *damage, double lo, double hi)
{
    plant_run(t, lo, 0.1);
    if (plant_damaged(t, damage)) {
        fail_msg("%s before %g s", damage, lo);
    }
    plant_run(t, hi - lo, 0.1);
    if (!plant_damaged(t, damage)) {
        fail_msg("%s not by %g s", damage, hi);
    }
}

static void tanks_overflow(void **state)
{
    (void)state;
    /* T101: pump off, 950 mm x 1.5 m2 = 1.425 m3 at 2.55 m3/h: 2011.8 s, and what the pump still gives while it runs down (1.4 s
     * from 2.45 m3/h: 0.5 L, 0.7 s). */
    struct test_plant t = water((struct change[]){{"P101.run", 0}, {0}});
    happens(&t, "T101.overflow", 2010, 2014);
    double out = plant_get(&t, "audit.out");
    plant_set(&t, "P301.run", 0);
    plant_set(&t, "P401.run", 0);
    plant_set(&t, "P501.run", 0);
    plant_set(&t, "P601.run", 0);
    plant_run(&t, 60, 0.1); /* everything has come to rest but the inlet */
    out = plant_get(&t, "audit.out");
    plant_run(&t, 100, 0.1);
    assert_true(plant_get(&t, "LIT101") == 1600);
    assert_true(fabs(plant_get(&t, "audit.out") - out - 2.55 / 36) < 1e-9); /* all that comes in spills */
    plant_free(&t);

    /* T301: 700 mm x 1.5 m2 = 1.05 m3 at 2.45 m3/h: 1542.9 s; T101 lasts. The run-down takes 1.66 s x 2.86 / 2 m3/h: 1 s. */
    t = water((struct change[]){{"P301.run", 0}, {0}});
    happens(&t, "T301.overflow", 1541, 1546);
    plant_free(&t);

    /* T401: clear water does not foul: q = 220 x 0.83^2 / (45 + 5.4 + 0.6 + 2) = 2.85958 m3/h; 1.05 m3: 1321.9 s. */
    t = water((struct change[]){{"raw.turbidity", 0}, {"P401.run", 0}, {"P501.run", 0}, {"T301.section", 100}, {0}});
    happens(&t, "T401.overflow", 1321, 1326);
    plant_free(&t);

    /* T601: 550 mm x 0.3 m2 = 0.165 m3 at the permeate's 1.42 m3/h: about 418 s. */
    t = water((struct change[]){{"P601.run", 0}, {0}});
    happens(&t, "T601.overflow", 410, 430);
    plant_free(&t);

    /* T602: 550 mm x 0.5 m2 = 0.275 m3 at the reject's 0.92 m3/h: 1076 s, and a few for the travel of the valves. */
    t = water((struct change[]){{"MV502.open", 1}, {"MV504.open", 0}, {0}});
    happens(&t, "T602.overflow", 1070, 1095);
    plant_free(&t);
}

static void dry_pumps_seize(void **state)
{
    (void)state;
    /* Each pump draws from a tank that starts at 10 mm and gets nothing: below 15 mm it is dry, 60 s seize it. */
    static const struct {
        const char *pump, *tank, *feed;
    } cases[] = {
        {"P101", "T101.start", "MV101.open"}, {"P102", "T101.start", "MV101.open"}, {"P301", "T301.start", "MV201.open"},
        {"P302", "T301.start", "MV201.open"}, {"P401", "T401.start", "MV302.open"}, {"P402", "T401.start", "MV302.open"},
        {"P501", "T401.start", "MV302.open"}, {"P502", "T401.start", "MV302.open"}, {"P601", "T601.start", "MV501.open"},
        {"P603", "T601.start", "MV501.open"}, {"P602", "T602.start", "MV502.open"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char run[32];
        char damage[32];
        char fault[32];
        char running[32];
        (void)snprintf(run, sizeof run, "%s.run", cases[i].pump);
        (void)snprintf(damage, sizeof damage, "%s.seized", cases[i].pump);
        (void)snprintf(fault, sizeof fault, "%s.fault", cases[i].pump);
        (void)snprintf(running, sizeof running, "%s.running", cases[i].pump);
        struct test_plant t =
            water((struct change[]){{"valve.travel", 0}, {cases[i].tank, 10}, {cases[i].feed, 0}, {run, 1}, {0}});
        happens(&t, damage, 59, 70);
        plant_run(&t, 1, 0.1);
        assert_true(plant_get(&t, fault) == 1);
        assert_true(plant_get(&t, running) == 0);
        plant_set(&t, cases[i].feed, 1);
        plant_run(&t, 60, 0.1);
        assert_true(plant_get(&t, running) == 0); /* a seized pump stays so */
        plant_free(&t);
    }
}

static void starved_high_pressure_pump_seizes(void **state)
{
    (void)state;
    /* P401 off: its speed is below a fifth after (0.85 - 0.2) / 0.5 = 1.3 s. */
    struct test_plant t = water((struct change[]){{"P401.run", 0}, {0}});
    happens(&t, "P501.seized", 61, 62);
    plant_free(&t);
}

static void closed_valves_overheat_pumps(void **state)
{
    (void)state;
    /* A valve takes 10 s; the flow is below 0.02 m3/h a moment before its end; 120 s from there. */
    struct test_plant t = water((struct change[]){{"MV201.open", 0}, {0}});
    happens(&t, "P101.overheated", 129.5, 130.5);
    plant_set(&t, "MV201.open", 1);
    plant_run(&t, 20, 0.1);
    assert_true(plant_get(&t, "FIT201") == 0 && plant_get(&t, "P101.fault") == 1);
    plant_free(&t);

    /* P301 at 50 %: 55 kPa, too little to burst the membrane. */
    t = water((struct change[]){{"P301.speed", 50}, {"MV302.open", 0}, {0}});
    happens(&t, "P301.overheated", 129, 131);
    assert_false(plant_damaged(&t, "UF.ruptured"));
    plant_free(&t);

    /* All four valves of the reverse osmosis, high pressure pump off: P401 alone against them. */
    t = water((struct change[]){{"P501.run", 0}, {"MV501.open", 0}, {"MV504.open", 0}, {0}});
    happens(&t, "P401.overheated", 128, 131);
    plant_free(&t);

    /* P501 at 15 %, its head of 14 kPa bursts nothing. */
    t = water((struct change[]){{"P501.speed", 15}, {"P401.speed", 60}, {0}});
    plant_run(&t, 60, 0.1); /* the drive needs 40 s */
    plant_set(&t, "MV501.open", 0);
    plant_set(&t, "MV504.open", 0);
    happens(&t, "P501.overheated", 128, 131);
    assert_false(plant_damaged(&t, "RO.ruptured"));
    plant_free(&t);

    /* Nobody takes water: P601. */
    t = water((struct change[]){{"demand.scale", 0}, {"MV503.open", 1}, {"MV501.open", 0}, {0}});
    happens(&t, "P601.overheated", 119, 121);
    plant_free(&t);

    /* The supply valve shut: 10 s of travel. */
    t = water((struct change[]){{"MV601.open", 0}, {"MV503.open", 1}, {"MV501.open", 0}, {0}});
    happens(&t, "P601.overheated", 129, 131);
    assert_true(plant_damaged(&t, "supply.interrupted"));
    plant_free(&t);

    /* Backwash with its inlet valve shut: 2 s to turn (10 % after 0.2 s). */
    t = water((struct change[]){{"P602.run", 1}, {0}});
    happens(&t, "P602.overheated", 120, 121);
    plant_free(&t);
}

static void timers_fall_back(void **state)
{
    (void)state;
    struct test_plant t = water((struct change[]){{"valve.travel", 0}, {"MV201.open", 0}, {0}});
    plant_run(&t, 100, 0.1);
    plant_set(&t, "MV201.open", 1);
    plant_run(&t, 100, 0.1);
    plant_set(&t, "MV201.open", 0);
    happens(&t, "P101.overheated", 119, 121); /* cooled down in between */
    plant_free(&t);
}

static void ultrafiltration_bursts(void **state)
{
    (void)state;
    /* MV302 shut in 10 s; 220 x 0.83^2 = 151.6 kPa at no flow, above 130 for the last moment of the travel; 30 s. */
    struct test_plant t = water((struct change[]){{"MV302.open", 0}, {0}});
    happens(&t, "UF.ruptured", 38, 41);
    assert_true(plant_get(&t, "PSH301") == 1);
    plant_set(&t, "MV302.open", 1);
    plant_run(&t, 60, 0.1);
    assert_true(fabs(plant_get(&t, "AIT301") - 2.5) < 0.05); /* half of the 5 NTU passes */
    assert_true(plant_get(&t, "DPIT301") < 5);               /* a tear offers no resistance */
    plant_free(&t);

    /* Backwash against a shut drain: 200 x 0.85^2 = 144.5 kPa. */
    t = water((struct change[]){{"P301.run", 0}, {"MV302.open", 0}, {"MV301.open", 1}, {"P602.run", 1}, {"P602.speed", 85}, {0}});
    happens(&t, "UF.ruptured", 28, 42);
    plant_free(&t);
}

static void reverse_osmosis_bursts(void **state)
{
    (void)state;
    /* Permeate shut: its side rises to the feed's 300 kPa and lifts the membrane after 10 s; 10 s of travel before. */
    struct test_plant t = water((struct change[]){{"MV501.open", 0}, {0}});
    happens(&t, "RO.ruptured", 15, 21);
    plant_free(&t);

    /* Reject shut and drive at 100 %: 86.7 + 600 kPa less 70 kPa per m3/h of what passes the membrane alone,
     * 686.7 - 70 x 0.00595 (P - 40) = P: 497 kPa, above 480 for 15 s once the drive is there (25 % at 1.5 %/s = 17 s). */
    t = water((struct change[]){{"MV504.open", 0}, {"P501.speed", 100}, {0}});
    happens(&t, "RO.ruptured", 25, 40);
    plant_set(&t, "MV504.open", 1);
    plant_set(&t, "P501.speed", 75);
    plant_run(&t, 300, 0.1);
    assert_true(plant_get(&t, "AIT504") == 200); /* 90 % of the salt passes: beyond the range of the instrument */
    plant_free(&t);
}

static void chlorine_destroys_the_membrane(void **state)
{
    (void)state;
    /* No bisulphite, no light: T401's 1.0 mg/L goes straight on: 0.2 mg.h/L is 12 minutes, and 23 s x a few that the line
     * takes to fill; T401's chlorine itself falls a little. */
    struct test_plant t = water((struct change[]){{"P403.run", 0}, {"UV401.run", 0}, {0}});
    plant_run(&t, 600, 0.1);
    double before = plant_get(&t, "AIT504");
    happens(&t, "RO.oxidised", 60, 400);
    plant_run(&t, 60, 0.1);
    assert_true(plant_get(&t, "AIT504") > 5 * before); /* 15 times the permeability for salt: 17 % instead of 1.4 % */
    plant_free(&t);
}

static void overdoses(void **state)
{
    (void)state;
    /* Full stroke: 1.8367 mmol/L of acid in the end, pH 4.5 at 1.20: 20 L / 2.45 m3/h = 29.4 s, from 0.276 to there in
     * 29.4 ln((1.8367 - 0.276) / (1.8367 - 1.20)) = 26 s; then 60 s. Chlorine and salt left as they are. */
    struct test_plant t = water((struct change[]){{"P203.rate", 100}, {0}});
    happens(&t, "dosing.acid_overdose", 80, 95);
    plant_free(&t);

    /* Full stroke: 0.5 / 2.45 = 0.20408 mmol/L less 0.007: 13.97 mg/L in the end, from 1.0 to 5:
     * 29.4 ln((13.97 - 1.0) / (13.97 - 5)) = 10.8 s; then 60 s. */
    t = water((struct change[]){{"P205.rate", 100}, {0}});
    happens(&t, "dosing.chlorine_overdose", 70, 73);
    plant_free(&t);
}

static void consumers_suffer(void **state)
{
    (void)state;
    /* P601 off: nothing at all once it has run down from 80 % to where half the flow is gone (less than 1 s): 120 s. */
    struct test_plant t = water((struct change[]){{"P601.run", 0}, {0}});
    happens(&t, "supply.interrupted", 120, 122);
    double missing = plant_get(&t, "supply.shortfall");
    assert_true(fabs(missing - 1.315 * 122 / 3600) < 0.003);
    plant_free(&t);

    /* A torn membrane: T601 (0.135 m3, 1.4 m3/h more of 300 uS/cm) passes 30 uS/cm within a minute, and a minute later it
     * is a damage. */
    t = water((struct change[]){{"MV501.open", 0}, {0}});
    plant_run(&t, 25, 0.1);
    plant_set(&t, "MV501.open", 1);
    happens(&t, "supply.out_of_spec", 65, 150);
    assert_true(plant_get(&t, "supply.quality") == 0);
    assert_true(plant_get(&t, "supply.bad_volume") > 0.02);
    plant_free(&t);

    /* The high pressure pump off: T601's 450 mm x 0.3 m2 = 0.135 m3, with P401's little permeate of about 0.25 m3/h left,
     * at 1.32 m3/h: 440 s to the bottom. */
    t = water((struct change[]){{"P501.run", 0}, {0}});
    plant_run(&t, 300, 0.1);
    assert_true(plant_get(&t, "FIT601") > 1.2);
    plant_run(&t, 300, 0.1);
    assert_true(plant_get(&t, "FIT601") < 1.2);
    plant_free(&t);
}

static void lamp_burns_out_dry(void **state)
{
    (void)state;
    /* Pumps off: still after 2 s (P401) and 50 s (P501's ramp, which draws nothing without P401): 120 s. */
    struct test_plant t = water((struct change[]){{"P401.run", 0}, {"P501.run", 0}, {"UV401.run", 1}, {0}});
    happens(&t, "UV401.burnt", 119, 180);
    plant_run(&t, 60, 0.1);
    assert_true(plant_get(&t, "UV401.fault") == 1 && plant_get(&t, "UV401.running") == 0);
    plant_free(&t);
}

static void scale_chokes_the_membrane(void **state)
{
    (void)state;
    /* Reject shut: recovery 1, scaling at its fastest, 0.4 of the permeability per m3: 1.7 m3/h lose it all in 1.5 h. */
    struct test_plant t = water((struct change[]){{"MV504.open", 0}, {"T601.section", 100}, {0}});
    double before = plant_get(&t, "FIT502");
    plant_run(&t, 1800, 0.5);
    assert_true(plant_get(&t, "RO.fouling") > 0.2);
    plant_set(&t, "MV504.open", 1);
    plant_run(&t, 30, 0.5);
    assert_true(plant_get(&t, "FIT502") < 0.85 * before);
    double fouled = plant_get(&t, "RO.fouling");
    plant_set(&t, "P501.run", 0);
    plant_set(&t, "P401.run", 0);
    plant_set(&t, "UV401.run", 0);
    plant_set(&t, "P603.run", 1);
    plant_set(&t, "P603.speed", 100);
    plant_run(&t, 1000, 0.5); /* 0.6 m3/h: a time constant of 600 / 0.6 = 1000 s */
    assert_true(fabs(plant_get(&t, "RO.fouling") / fouled - exp(-1)) < 0.02);
    plant_free(&t);
}

static void health_breaks_nothing(void **state)
{
    (void)state;
    struct test_plant t = water((struct change[]){{0}});
    plant_run(&t, 1200, 0.1);
    assert_true(mr_plant_damage(t.p) == 0);
    plant_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tanks_overflow),
        cmocka_unit_test(dry_pumps_seize),
        cmocka_unit_test(starved_high_pressure_pump_seizes),
        cmocka_unit_test(closed_valves_overheat_pumps),
        cmocka_unit_test(timers_fall_back),
        cmocka_unit_test(ultrafiltration_bursts),
        cmocka_unit_test(reverse_osmosis_bursts),
        cmocka_unit_test(chlorine_destroys_the_membrane),
        cmocka_unit_test(overdoses),
        cmocka_unit_test(consumers_suffer),
        cmocka_unit_test(lamp_burns_out_dry),
        cmocka_unit_test(scale_chokes_the_membrane),
        cmocka_unit_test(health_breaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
