/* Dates: days counted by hand, from the Gregorian rule of leap years. */
#include "support/test.h"

#include "base/calendar.h"

static void test_days(void **state)
{
    (void)state;
    static const struct {
        struct mr_date date;
        int64_t days;
    } known[] = {
        {{1970, 1, 1}, 0},
        {{1969, 12, 31}, -1},
        {{1970, 3, 1}, 59},            /* 31 + 28 */
        {{1972, 3, 1}, 2 * 365 + 60},  /* 31 + 29 */
        {{2000, 1, 1}, 30 * 365 + 7},  /* 1972 to 1996 */
        {{2000, 3, 1}, 30 * 365 + 67}, /* a century that is a leap year */
        {{2100, 1, 1}, 130 * 365 + 32},
        {{2100, 3, 1}, 130 * 365 + 32 + 59}, /* and one that is not */
        {{1600, 1, 1}, -370 * 365 - 90},     /* 93 of these years divide by four, less 1700, 1800, 1900 */
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        assert_int_equal(mr_days_of_date(known[i].date), known[i].days);
        struct mr_date d = mr_date_of_days(known[i].days);
        assert_true(d.year == known[i].date.year && d.month == known[i].date.month && d.day == known[i].date.day);
    }
}

static void test_months(void **state)
{
    (void)state;
    static const int64_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int64_t m = 1; m <= 12; m++) {
        assert_int_equal(mr_days_of_month(2023, m), lengths[m - 1]);
        assert_int_equal(mr_days_of_month(2024, m), lengths[m - 1] + (m == 2));
    }
    assert_int_equal(mr_days_of_month(1900, 2), 28);
    assert_int_equal(mr_days_of_month(2000, 2), 29);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_days), cmocka_unit_test(test_months)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
