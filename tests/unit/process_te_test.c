/* process_te: the Tennessee Eastman plant. tests/sim/process_te_reference_test.py holds whole runs against the recorded ones;
 * here are the parts that those do not reach: the generator, random disturbances, analysers, noise, shutdown, saved state. */
#include "process/tennessee_eastman.h"
#include "support/plant.h"

#include <math.h>

#define START 1431655765u /* the original's */

static void generator_is_the_original(void **state)
{
    (void)state;
    /* Recorded from the original's fmod() in doubles: draw, value. */
    static const struct {
        unsigned draw;
        uint32_t value;
    } recorded[] = {{1, 1428579464},   {2, 266573016},     {3, 3126355528},     {4, 1446629400},      {10, 1183630808},
                    {100, 3035462680}, {1000, 4174886040}, {10000, 3766047128}, {100000, 3779859352}, {1000000, 872294296}};
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        uint32_t one_by_one = START;
        for (unsigned k = 0; k < recorded[i].draw; k++) {
            te_draw(&one_by_one);
        }
        uint32_t skipped = START;
        te_skip(&skipped, recorded[i].draw);
        assert_int_equal(one_by_one, recorded[i].value);
        assert_int_equal(skipped, recorded[i].value);
    }
}

static void twelve_draws_are_twelve_draws(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed < 2000; seed += 2) {
        uint32_t a = seed * 2654435761u;
        uint32_t b = a;
        uint32_t c = a;
        for (int round = 0; round < 4; round++) {
            uint64_t sum = 0;
            for (int i = 0; i < 12; i++) {
                sum += te_draw(&a);
            }
            assert_true(te_draw_twelve(&b) == sum);
            te_skip(&c, 12);
            assert_int_equal(a, b);
            assert_int_equal(a, c);
        }
    }
}

enum { NUMBERS = TE_WALKS };

/* What an independent program (Python, the generator by fmod) made of all walks and pulses, evaluated each second, with no other
 * draws between: channels 1..12 at these times. */
static const struct {
    double t_h;
    double value[NUMBERS];
} walked[] = {
    {1,
     {0.458333040099, 0.00367771236356, 45.962759782, 42.0014328829, 40.6627639436, 37.5850538655, 0.96380052239, 1.0914329162,
      0.170461702628, 0.00727012352212, 0.0333682588008, 0.0978879441443}},
    {2,
     {0.497366470956, 0.00616137624417, 49.832149212, 45.7022931965, 37.9029296646, 41.8279352356, 0.910148241695, 1.22967228171,
      -0.047812697367, 0.388794556911, 0.14871532626, 0.436266022668}},
    {3.5,
     {0.496932699759, 0.0055329693204, 39.0986187769, 47.9183639179, 31.0896337952, 37.7798466439, 1.0272562753, 0.894542158432,
      -0.145159869984, 0.6134323015, 0.476218607083, 0.0912072949827}},
    {5,
     {0.466018039736, 0.00734821980248, 48.8379405904, 53.8464294676, 35.329676603, 44.3309475377, 1.19080721576, 0.852017411529,
      -0.233464547122, 0.120914906966, 0.989101103465, 0.0258514998019}},
    {7,
     {0.497635819183, 0.00469487625862, 54.6536042262, 45.6505000073, 38.920375934, 33.2508136954, 1.12022659537, 0.822893540152,
      -0.0254571388311, 0.854423410097, 0.235717855137, 0.853502943624}},
};

static void random_disturbances_walk(void **state)
{
    (void)state;
    struct te s = {.generator = START, .idv = 0xfffff & ~0x7fU}; /* all but the steps */
    te_walks_begin(&s);
    size_t next = 0;
    for (int n = 0; n <= 7 * 3600; n++) {
        double t_h = n / 3600.0;
        te_walks_renew(&s, t_h);
        if (t_h != walked[next].t_h) {
            continue;
        }
        const double *v = walked[next++].value;
        struct te_world w;
        te_world(&s, t_h, &w);
        const double want[] = {v[0],
                               v[1],
                               1 - v[0] - v[1],
                               v[2],
                               v[3],
                               v[4],
                               v[5],
                               v[6],
                               v[7],
                               1 + v[8],
                               1 - 0.35 * v[9],
                               1 - 0.25 * v[10],
                               1 - 0.25 * v[11]};
        const double got[] = {w.ac_feed[0],       w.ac_feed[1],         w.ac_feed[2],    w.d_feed_c,    w.ac_feed_c,
                              w.reactor_water_c,  w.condenser_water_c,  w.kinetics[0],   w.kinetics[1], w.steam,
                              w.reactor_transfer, w.condenser_transfer, w.reactor_outlet};
        for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
            assert_true(fabs(got[i] - want[i]) < 1e-9 * fabs(want[i]));
        }
    }
    assert_int_equal(next, sizeof walked / sizeof walked[0]);
}

static void steps_do_what_the_paper_says(void **state)
{
    (void)state;
    struct te_world w;
    struct te s = {.idv = 0x7f};
    te_walks_begin(&s);
    te_world(&s, 0, &w);
    assert_true(fabs(w.ac_feed[0] - (0.485 - 0.03 - 0.00243719)) < 1e-15);
    assert_true(fabs(w.ac_feed[1] - 0.01) < 1e-15);
    assert_true(fabs(w.ac_feed[2] - (0.51 + 0.03 - 0.00256281)) < 1e-15);
    assert_true(w.d_feed_c == 50 && w.reactor_water_c == 40 && w.condenser_water_c == 45);
    assert_true(w.a_available == 0 && w.ac_available == 0.8);
}

static void base_case_is_the_published_one(void **state)
{
    (void)state;
    struct test_plant t = plant_new("tennessee-eastman", 1, true);
    for (int i = 1; i <= TE_XMEAS; i++) {
        double published = te_vars[TE_VAR_XMEAS + i - 1].initial; /* table 4 to 6 of the paper, five digits */
        assert_true(fabs(mr_plant_read(t.p, i) - published) < 6e-5 * published + 6e-6);
    }
    assert_true(plant_get(&t, "isd") == 0 && plant_get(&t, "XMV12") == 50);
    plant_free(&t);
}

/* Pressure, reactor level, product in m3/h and G and H in mol% as published with the states (Ricker 1995). */
static void modes_are_steady(void **state)
{
    (void)state;
    static const double published[TE_MODES][5] = {
        {2705, 75, 22.95, 53.72, 43.83}, {2800, 65, 22.89, 53.83, 43.91}, {2800, 65, 22.73, 11.66, 85.64},
        {2800, 65, 18.04, 90.09, 8.17},  {2800, 65, 36.04, 53.35, 43.52}, {2800, 65, 23.55, 11.65, 85.53},
        {2800, 65, 20.2, 90.07, 8.16},
    };
    for (int mode = 0; mode < TE_MODES; mode++) {
        double yp[TE_STATES];
        double xmeas[TE_XMEAS];
        mr_te_derivatives(te_modes[mode], 0, yp, xmeas);
        for (int i = 0; i < TE_STATES; i++) {
            assert_true(fabs(yp[i]) < 0.05); /* per hour; the digits that were printed allow 0.023 */
        }
        static const int shown[] = {7, 8, 17, 40, 41};
        for (int i = 0; i < 5; i++) {
            assert_true(fabs(xmeas[shown[i] - 1] - published[mode][i]) < 1e-3 * published[mode][i]);
        }
        struct test_plant t = plant_new("tennessee-eastman", 1, false);
        plant_set(&t, "mode", mode);
        plant_set(&t, "IDV14", 1); /* begins anew in the same mode */
        assert_true(plant_get(&t, "XMV1") == te_modes[mode][TE_VALVES_AT]);
        plant_run(&t, 60, 1);
        assert_true(fabs(plant_get(&t, "XMEAS7") - published[mode][0]) < 0.5);
        plant_free(&t);
    }
}

static void analysers_show_the_sample_before(void **state)
{
    (void)state;
    struct test_plant t = plant_new("tennessee-eastman", 1, false);
    plant_set(&t, "IDV4", 1);
    /* Recorded: true values at 0, 360, 720 s, and of the product at 0, 900 s. */
    plant_run(&t, 719, 1);
    assert_true(fabs(plant_get(&t, "XMEAS23") - 32.18761309) < 1e-7);
    plant_run(&t, 1, 1);
    assert_true(fabs(plant_get(&t, "XMEAS23") - 32.12183536) < 1e-7);
    plant_run(&t, 361, 1); /* 0.1 h three times is a bit more than 0.3 h in binary: the third sample falls a second late */
    assert_true(fabs(plant_get(&t, "XMEAS23") - 31.76647535) < 1e-7);
    plant_run(&t, 718, 1);
    assert_true(fabs(plant_get(&t, "XMEAS40") - 53.72397879) < 1e-7);
    plant_run(&t, 1, 1);
    assert_true(fabs(plant_get(&t, "XMEAS40") - 53.39930072) < 1e-7);
    plant_free(&t);
}

static void noise_has_the_published_deviations(void **state)
{
    (void)state;
    enum { N = 3000 }; /* 50 min, at the steady state all the time: the plant drifts by less than a tenth of any deviation */
    struct test_plant noisy = plant_new("tennessee-eastman", 4711, true);
    struct test_plant quiet = plant_new("tennessee-eastman", 4711, false);
    double sum[TE_FAST] = {0};
    double squares[TE_FAST] = {0};
    for (int n = 0; n < N; n++) {
        mr_plant_advance(noisy.p, 1);
        mr_plant_advance(quiet.p, 1);
        for (int i = 0; i < TE_FAST; i++) {
            double x = mr_plant_read(noisy.p, TE_VAR_XMEAS + i) - mr_plant_read(quiet.p, TE_VAR_XMEAS + i);
            sum[i] += x;
            squares[i] += x * x;
        }
    }
    for (int i = 0; i < TE_FAST; i++) {
        double sd = te_vars[TE_VAR_XMEAS + i].noise_sd;
        assert_true(fabs(sum[i] / N) < 5 * sd / sqrt(N));
        assert_true(fabs(squares[i] / N / (sd * sd) - 1) < 5 * sqrt(2.0 / N));
    }
    /* Noise is on the instruments only. */
    for (int i = 0; i < TE_STATES; i++) {
        assert_true(mr_plant_read(noisy.p, TE_VAR_YY + i) == mr_plant_read(quiet.p, TE_VAR_YY + i));
    }
    plant_free(&noisy);
    plant_free(&quiet);
}

static void valves_stick(void **state)
{
    (void)state;
    static const struct {
        const char *idv, *xmv, *yy;
    } sticking[] = {{"IDV14", "XMV10", "YY48"}, {"IDV15", "XMV11", "YY49"}, {"IDV19", "XMV5", "YY43"},
                    {"IDV19", "XMV7", "YY45"},  {"IDV19", "XMV8", "YY46"},  {"IDV19", "XMV9", "YY47"}};
    for (size_t i = 0; i < sizeof sticking / sizeof sticking[0]; i++) {
        struct test_plant t = plant_new("tennessee-eastman", 1, false);
        double was = plant_get(&t, sticking[i].yy);
        plant_set(&t, sticking[i].idv, 1);
        plant_run(&t, 1, 1);
        plant_set(&t, sticking[i].xmv, was + 1.99);
        plant_run(&t, 60, 1);
        assert_true(plant_get(&t, sticking[i].yy) == was);
        plant_set(&t, sticking[i].xmv, was + 2.01);
        plant_run(&t, 1, 1);
        assert_true(plant_get(&t, sticking[i].yy) > was);
        plant_free(&t);
    }
}

/* Recorded: second of the shutdown and its cause. */
static void limits_shut_the_plant_down(void **state)
{
    (void)state;
    static const struct {
        const char *input;
        double value;
        int second;
        const char *cause;
    } cases[] = {
        {"IDV6", 1, 1591, "reactor.pressure_high"},
        {"XMV10", 46.10581288, 683, "reactor.pressure_high"},
        {"XMV7", 43.1003437, 3651, "separator.level_low"},
        {"XMV8", 51.53415582, 5015, "stripper.level_low"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct test_plant t = plant_new("tennessee-eastman", 1, true);
        plant_set(&t, cases[i].input, cases[i].value);
        plant_run(&t, cases[i].second - 1, 1);
        assert_true(plant_get(&t, "isd") == 0 && mr_plant_damage(t.p) == 0);
        plant_run(&t, 1, 1);
        assert_true(plant_get(&t, "isd") == 1 && plant_damaged(&t, cases[i].cause));
        double pressure = plant_get(&t, "XMEAS7");
        plant_set(&t, "XMV6", 100);
        plant_run(&t, 600, 1);
        assert_true(fabs(plant_get(&t, "XMEAS7") - pressure) < 1e-9); /* stands still, without noise */
        plant_free(&t);
    }
}

static void saved_state_goes_on_alike(void **state)
{
    (void)state;
    static uint8_t bytes[65536];
    struct test_plant a = plant_new("tennessee-eastman", 9, true);
    struct test_plant b = plant_new("tennessee-eastman", 9, true);
    const char *const on[] = {"IDV8", "IDV11", "IDV17"};
    for (size_t i = 0; i < 3; i++) {
        plant_set(&a, on[i], 1);
    }
    plant_run(&a, 1000, 1);
    struct mr_writer w = mr_writer(bytes, sizeof bytes);
    assert_int_equal(mr_arena_save(a.arena, &w), MR_OK);
    assert_int_equal(mr_arena_load(b.arena, mr_written(&w)), MR_OK);
    plant_run(&a, 1000, 1);
    plant_run(&b, 1000, 1);
    uint8_t da[MR_DIGEST_BYTES];
    uint8_t db[MR_DIGEST_BYTES];
    mr_arena_digest(a.arena, da);
    mr_arena_digest(b.arena, db);
    assert_memory_equal(da, db, sizeof da);
    plant_free(&a);
    plant_free(&b);
}

static void a_disturbance_at_work_counts_at_once(void **state)
{
    (void)state;
    struct test_plant t = plant_new("tennessee-eastman", 1, false);
    plant_run(&t, 100, 1);
    double header = plant_get(&t, "YY28");
    plant_set(&t, "IDV6", 1); /* no A feed: 24.64 % of 100 lb-mol/h, 0.9999 of it A, are missing for a second */
    plant_run(&t, 1, 1);
    assert_true(fabs(plant_get(&t, "YY28") - (header - 0.9999 * 24.64355755 / 3600)) < 1e-6);
    assert_true(plant_get(&t, "XMEAS1") == 0);
    plant_free(&t);
}

static void long_steps_stay_stable(void **state)
{
    (void)state;
    struct test_plant t = plant_new("tennessee-eastman", 1, false);
    mr_plant_advance(t.p, 3600);
    assert_true(fabs(plant_get(&t, "XMEAS7") - 2705) < 5);
    assert_true(mr_plant_damage(t.p) == 0);
    plant_free(&t);
}

static void senseless_states_give_an_end(void **state)
{
    (void)state;
    double yy[TE_STATES] = {0};
    double yp[TE_STATES];
    double xmeas[TE_XMEAS];
    mr_te_derivatives(yy, 0, yp, xmeas);
    for (int i = 0; i < TE_STATES; i++) {
        yy[i] = i % 3 ? -1e300 : (double)NAN;
    }
    mr_te_derivatives(yy, 0xfffff, yp, xmeas);
    assert_false(yp[0] == yp[0]); /* not a number, said honestly */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generator_is_the_original),
        cmocka_unit_test(twelve_draws_are_twelve_draws),
        cmocka_unit_test(random_disturbances_walk),
        cmocka_unit_test(steps_do_what_the_paper_says),
        cmocka_unit_test(base_case_is_the_published_one),
        cmocka_unit_test(modes_are_steady),
        cmocka_unit_test(analysers_show_the_sample_before),
        cmocka_unit_test(noise_has_the_published_deviations),
        cmocka_unit_test(valves_stick),
        cmocka_unit_test(limits_shut_the_plant_down),
        cmocka_unit_test(saved_state_goes_on_alike),
        cmocka_unit_test(a_disturbance_at_work_counts_at_once),
        cmocka_unit_test(long_steps_stay_stable),
        cmocka_unit_test(senseless_states_give_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
