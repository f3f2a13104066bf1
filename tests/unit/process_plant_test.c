/* process_plant: the engine: noise, ranges, faults, saved state. */
#include "support/plant.h"

#include <math.h>
#include <stdlib.h>

static void noise_has_its_deviation(void **state)
{
    (void)state;
    struct test_plant t = plant_new("water-treatment", 7, true);
    int ait = plant_var(&t, "AIT102"); /* its true value is the parameter raw.pH, 8.9, all the time; noise 0.01 */
    enum { N = 40000 };
    double sum = 0;
    double squares = 0;
    double fourth = 0;
    double lagged = 0;
    double last = 0;
    for (int i = 0; i < N; i++) {
        mr_plant_advance(t.p, 0.1);
        double x = (mr_plant_read(t.p, ait) - 8.9) / 0.01;
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
        lagged += x * last;
        last = x;
    }
    /* Five standard errors of a normal sample: mean 1/sqrt(N), variance sqrt(2/N), fourth moment sqrt(96/N), lag 1/sqrt(N). */
    assert_true(fabs(sum / N) < 5 / sqrt(N));
    assert_true(fabs(squares / N - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(fourth / N - 3) < 5 * sqrt(96.0 / N));
    assert_true(fabs(lagged / N) < 5 / sqrt(N));
    plant_free(&t);
}

static void normal_numbers_fill_their_quantiles(void **state)
{
    (void)state;
    struct mr_rng r = mr_rng_stream(11, "test");
    /* P(X < x) of the standard normal, from tables. 3.654 lies just within the ziggurat's own edge, 3.9 in its tail. */
    static const double x[] = {-3.9, -3.654, -2.326348, -1.281552, -0.674490, 0, 0.253347, 0.841621, 1.644854, 2.575829, 3.654};
    static const double p[] = {4.80963e-5, 1.290931e-4, 0.01, 0.1, 0.25, 0.5, 0.6, 0.8, 0.95, 0.995, 0.9998709069};
    enum { N = 4000000, K = sizeof x / sizeof x[0] };
    long below[K] = {0};
    for (long i = 0; i < N; i++) {
        double z = mr_rng_normal(&r);
        for (int k = 0; k < K; k++) {
            below[k] += z < x[k];
        }
    }
    for (int k = 0; k < K; k++) {
        assert_true(fabs((double)below[k] / N - p[k]) < 5 * sqrt(p[k] * (1 - p[k]) / N));
    }
}

static void without_noise_sensors_are_true(void **state)
{
    (void)state;
    struct test_plant t = plant_new("water-treatment", 7, false);
    plant_run(&t, 10, 0.1);
    const struct mr_model *m = mr_plant_model(t.p);
    for (size_t i = 0; i < m->nvars; i++) {
        if (m->vars[i].role == MR_SENSOR) {
            assert_true(mr_plant_read(t.p, (int)i) == mr_plant_true(t.p, (int)i));
        }
    }
    plant_free(&t);
}

static void seeds_decide(void **state)
{
    (void)state;
    struct test_plant a = plant_new("water-treatment", 1, true);
    struct test_plant b = plant_new("water-treatment", 1, true);
    struct test_plant c = plant_new("water-treatment", 2, true);
    plant_run(&a, 5, 0.1);
    plant_run(&b, 5, 0.1);
    plant_run(&c, 5, 0.1);
    assert_true(plant_get(&a, "LIT101") == plant_get(&b, "LIT101"));
    assert_true(plant_get(&a, "LIT101") != plant_get(&c, "LIT101"));
    plant_free(&a);
    plant_free(&b);
    plant_free(&c);
}

static void instruments_end_at_their_range(void **state)
{
    (void)state;
    struct test_plant t = plant_new("water-treatment", 3, true);
    for (int i = 0; i < 200; i++) {
        mr_plant_advance(t.p, 0.1); /* no backwash: FIT602 hovers about 0, and a 4-20 mA signal goes no lower */
        assert_true(plant_get(&t, "FIT602") >= 0);
    }
    mr_plant_fault(t.p, plant_var(&t, "LIT101"), MR_FAULT_BIAS, 5000);
    plant_run(&t, 1, 0.1);
    assert_true(plant_get(&t, "LIT101") == 1600);
    plant_free(&t);
}

static void sensor_faults(void **state)
{
    (void)state;
    struct test_plant t = plant_new("water-treatment", 3, true);
    int lit = plant_var(&t, "LIT101");
    plant_run(&t, 60, 0.1);
    mr_plant_fault(t.p, lit, MR_FAULT_FREEZE, 0);
    double held = mr_plant_read(t.p, lit);
    plant_run(&t, 600, 0.1);
    assert_true(mr_plant_read(t.p, lit) == held);
    assert_true(mr_plant_true(t.p, lit) > held + 8); /* 0.1 m3/h into 1.5 m2 for 600 s: 11.1 mm */
    mr_plant_fault(t.p, lit, MR_FAULT_VALUE, 1234);
    assert_true(mr_plant_read(t.p, lit) == 1234);
    mr_plant_advance(t.p, 0.1);
    assert_true(mr_plant_read(t.p, lit) == 1234);
    mr_plant_fault(t.p, lit, MR_FAULT_BIAS, -100);
    mr_plant_advance(t.p, 0.1);
    assert_true(fabs(mr_plant_read(t.p, lit) - mr_plant_true(t.p, lit) + 100) < 6 * 0.8);
    mr_plant_fault(t.p, lit, MR_FAULT_NONE, 0);
    mr_plant_advance(t.p, 0.1);
    assert_true(fabs(mr_plant_read(t.p, lit) - mr_plant_true(t.p, lit)) < 6 * 0.8);
    plant_free(&t);
}

static void actuator_faults(void **state)
{
    (void)state;
    struct test_plant t = plant_new("water-treatment", 3, false);
    int valve = plant_var(&t, "MV101.open");
    mr_plant_fault(t.p, valve, MR_FAULT_STICK, 0);
    plant_set(&t, "MV101.open", 0);
    plant_run(&t, 30, 0.1);
    assert_true(plant_get(&t, "MV101.opened") == 1); /* stays where it was */
    mr_plant_fault(t.p, valve, MR_FAULT_NONE, 0);
    plant_run(&t, 30, 0.1);
    assert_true(plant_get(&t, "MV101.closed") == 1); /* the last command counts when the fault ends */
    int speed = plant_var(&t, "P301.speed");
    mr_plant_fault(t.p, speed, MR_FAULT_BIAS, -20);
    mr_plant_write(t.p, speed, 83);
    assert_true(mr_plant_true(t.p, speed) == 63);
    mr_plant_fault(t.p, speed, MR_FAULT_VALUE, 10);
    mr_plant_write(t.p, speed, 50);
    assert_true(mr_plant_true(t.p, speed) == 10);
    plant_free(&t);
}

static void feedback_faults(void **state)
{
    (void)state;
    struct test_plant t = plant_new("water-treatment", 3, false);
    int running = plant_var(&t, "P101.running");
    mr_plant_fault(t.p, running, MR_FAULT_VALUE, 1);
    plant_set(&t, "P101.run", 0);
    plant_run(&t, 10, 0.1);
    assert_true(mr_plant_read(t.p, running) == 1); /* the contact lies */
    assert_true(mr_plant_true(t.p, running) == 0);
    mr_plant_fault(t.p, running, MR_FAULT_NONE, 0);
    assert_true(mr_plant_read(t.p, running) == 0);
    plant_free(&t);
}

static void writes_are_limited(void **state)
{
    (void)state;
    struct test_plant t = plant_new("water-treatment", 3, false);
    int speed = plant_var(&t, "P501.speed");
    mr_plant_write(t.p, speed, 400);
    assert_true(mr_plant_read(t.p, speed) == 100);
    mr_plant_write(t.p, speed, __builtin_nan(""));
    assert_true(mr_plant_read(t.p, speed) == 100);
    mr_plant_write(t.p, plant_var(&t, "P101.run"), 17);
    assert_true(plant_get(&t, "P101.run") == 1);
    mr_plant_write(t.p, plant_var(&t, "LIT101"), 17); /* nobody commands a level */
    assert_true(plant_get(&t, "LIT101") == 650);
    plant_set(&t, "T101.start", 700); /* before time begins, parameters shape the beginning */
    assert_true(plant_get(&t, "LIT101") == 700);
    plant_free(&t);
}

static void saved_state_continues(void **state)
{
    (void)state;
    struct test_plant a = plant_new("water-treatment", 5, true);
    mr_plant_fault(a.p, plant_var(&a, "LIT301"), MR_FAULT_FREEZE, 0);
    mr_plant_fault(a.p, plant_var(&a, "P301.speed"), MR_FAULT_BIAS, -3);
    plant_set(&a, "P203.rate", 22);
    plant_run(&a, 300, 0.1);
    size_t cap = mr_arena_saved_max(a.arena);
    uint8_t *bytes = malloc(cap);
    struct mr_writer w = mr_writer(bytes, cap);
    assert_int_equal(mr_arena_save(a.arena, &w), MR_OK);
    struct test_plant b = plant_new("water-treatment", 5, true);
    assert_int_equal(mr_arena_load(b.arena, mr_written(&w)), MR_OK);
    plant_run(&a, 300, 0.1);
    plant_run(&b, 300, 0.1);
    uint8_t da[MR_DIGEST_BYTES];
    uint8_t db[MR_DIGEST_BYTES];
    mr_arena_digest(a.arena, da);
    mr_arena_digest(b.arena, db);
    assert_memory_equal(da, db, sizeof da);
    assert_true(mr_plant_time_s(b.p) == 600);
    free(bytes);
    plant_free(&a);
    plant_free(&b);
}

/* A parameter's eight bytes are looked for in the saved state, and what nobody can set is put in their place. */
static bool is_good_with(struct test_plant *t, struct mr_slice saved, double mark, double instead)
{
    uint8_t *bytes = malloc(saved.n), *at = bytes;
    memcpy(bytes, saved.p, saved.n);
    while ((at = memmem(at, (size_t)(bytes + saved.n - at), &mark, sizeof mark)) != NULL) {
        memcpy(at, &instead, sizeof instead);
    }
    assert_int_equal(mr_arena_load(t->arena, mr_slice(bytes, saved.n)), MR_OK);
    free(bytes);
    return mr_plant_check(t->p);
}

static void damaged_states_are_refused(void **state)
{
    (void)state;
    const double mark = 8.3125;
    struct test_plant t = plant_new("water-treatment", 5, true);
    plant_set(&t, "raw.pH", mark); /* 4 to 11 */
    size_t cap = mr_arena_saved_max(t.arena);
    uint8_t *bytes = malloc(cap);
    struct mr_writer w = mr_writer(bytes, cap);
    assert_int_equal(mr_arena_save(t.arena, &w), MR_OK);
    assert_true(is_good_with(&t, mr_written(&w), mark, 4));
    assert_true(plant_get(&t, "raw.pH") == 4);
    assert_false(is_good_with(&t, mr_written(&w), mark, 3.9));
    assert_false(is_good_with(&t, mr_written(&w), mark, 1e300));
    assert_false(is_good_with(&t, mr_written(&w), mark, NAN));
    free(bytes);
    plant_free(&t);
}

/* Of every model: what it begins with, and its commands at both ends of their travel. */
static void own_states_are_accepted(void **state)
{
    (void)state;
    size_t n;
    const struct mr_model *const *models = mr_models(&n);
    for (size_t m = 0; m < n; m++) {
        struct test_plant t = plant_of(models[m], 5, true);
        assert_true(mr_plant_check(t.p));
        mr_plant_advance(t.p, 0.01);
        for (size_t i = 0; i < models[m]->nvars; i++) {
            const struct mr_var *v = &models[m]->vars[i];
            mr_plant_fault(t.p, (int)i, (enum mr_fault)(i % (MR_FAULT_STICK + 1)), v->hi);
            mr_plant_write(t.p, (int)i, i % 2 ? v->lo : v->hi);
        }
        assert_true(mr_plant_check(t.p));
        plant_free(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_has_its_deviation),
        cmocka_unit_test(normal_numbers_fill_their_quantiles),
        cmocka_unit_test(without_noise_sensors_are_true),
        cmocka_unit_test(seeds_decide),
        cmocka_unit_test(instruments_end_at_their_range),
        cmocka_unit_test(sensor_faults),
        cmocka_unit_test(actuator_faults),
        cmocka_unit_test(feedback_faults),
        cmocka_unit_test(writes_are_limited),
        cmocka_unit_test(saved_state_continues),
        cmocka_unit_test(damaged_states_are_refused),
        cmocka_unit_test(own_states_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
