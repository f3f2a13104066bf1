/* process_heated_tank: the model of docs/authoring/plants.md against its balances worked out by hand. */
#include "support/plant.h"

#include <math.h>

/* Valves at 50 %: 1 m3/h in, so 1 = 3 x 0.5 x sqrt(h): h = 0.4444 m. Heater at 60 % gives 36 kW: 36 = 1.163 (T - 15) + 0.05 (T -
 * 20), so T = (36 + 17.445 + 1) / 1.213 = 44.884 degC. */
static void it_comes_to_rest(void **state)
{
    (void)state;
    struct test_plant t = plant_new("heated-tank", 1, false);
    plant_run(&t, 8 * 3600, 0.5);
    assert_true(fabs(plant_get(&t, "LT101") - 444.444) < 0.01);
    assert_true(fabs(plant_get(&t, "TT101") - 44.884) < 0.001);
    assert_true(fabs(plant_get(&t, "FT101") - 1) < 1e-4);
    assert_int_equal(mr_plant_damage(t.p), 0);
    plant_free(&t);
}

/* Valves shut, a tank of 445 mm x 0.5 m2 = 0.2225 m3 at room temperature gains 60 / (1.163 x 0.2225) = 231.87 K an hour, less
 * what it loses: after a minute 3.864 K, less 0.05 x 1.9 / 0.25877 / 60 = 0.006 K. */
static void it_warms(void **state)
{
    (void)state;
    struct test_plant t = plant_new("heated-tank", 1, false);
    plant_set(&t, "room.temperature", 45);
    plant_set(&t, "FV101", 0);
    plant_set(&t, "FV102", 0);
    plant_set(&t, "EH101", 100);
    mr_plant_advance(t.p, 0.5); /* the heater's power counts from the end of a step on */
    double from = plant_get(&t, "TT101");
    plant_run(&t, 60, 0.5);
    assert_true(fabs(plant_get(&t, "TT101") - from - 3.858) < 0.002);
    plant_free(&t);
}

/* 2 m3/h into 0.5 m2: 755 mm more in 11.3 min; uncovered and boiling take longer. */
static void it_comes_to_harm(void **state)
{
    (void)state;
    struct test_plant t = plant_new("heated-tank", 1, false);
    plant_set(&t, "FV101", 100);
    plant_set(&t, "FV102", 0);
    plant_run(&t, 679, 0.5);
    assert_false(plant_damaged(&t, "tank.overflow"));
    plant_run(&t, 12, 0.5);
    assert_true(plant_damaged(&t, "tank.overflow"));
    plant_free(&t);

    t = plant_new("heated-tank", 1, false);
    plant_set(&t, "FV101", 0);
    plant_set(&t, "FV102", 100);
    plant_run(&t, 3600, 0.5);
    assert_true(plant_damaged(&t, "heater.burnt") && plant_get(&t, "EH101.on") == 0);
    plant_free(&t);

    t = plant_new("heated-tank", 1, false);
    plant_set(&t, "FV101", 0);
    plant_set(&t, "FV102", 0);
    plant_set(&t, "EH101", 100);
    plant_run(&t, 1200, 0.5);
    assert_true(plant_damaged(&t, "tank.boiled") && plant_get(&t, "TT101") <= 100);
    plant_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_comes_to_rest),
        cmocka_unit_test(it_warms),
        cmocka_unit_test(it_comes_to_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
