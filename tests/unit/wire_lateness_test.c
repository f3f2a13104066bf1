/* How late deadlines are met: classes and quantiles, worked out by hand. */
#include "wire/lateness.h"

#include "support/test.h"

static void quantiles_are_upper_bounds_within_a_quarter(void **state)
{
    (void)state;
    struct mr_lateness l = {.allowed = 10 * MR_MS};
    for (int us = 1; us <= 1000; us++) { /* 1, 2, ... 1000 us once each: the quantile of share s is 1000 s */
        mr_lateness_add(&l, us * MR_US);
    }
    static const double shares[] = {0.001, 0.005, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        double exact = shares[i] * 1000;
        double got = (double)mr_lateness_quantile_us(&l, shares[i]);
        assert_true(got >= exact && got <= exact * 1.25);
    }
    assert_int_equal(l.total, 1000);
    assert_int_equal(l.over, 0);
    assert_int_equal(mr_lateness_quantile_us(&l, 1), 1000); /* never more than the worst */
}

static void what_is_too_late_is_counted(void **state)
{
    (void)state;
    struct mr_lateness l = {.allowed = 10 * MR_MS};
    mr_lateness_add(&l, 10 * MR_MS);
    mr_lateness_add(&l, 10 * MR_MS + 1);
    mr_lateness_add(&l, INT64_MAX); /* 292 years */
    assert_int_equal(l.over, 2);
    assert_int_equal(l.worst, INT64_MAX);
    assert_int_equal(mr_lateness_quantile_us(&(struct mr_lateness){0}, 0.5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_upper_bounds_within_a_quarter),
        cmocka_unit_test(what_is_too_late_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
