/* plan_values_test.c - quantities, ranges, windows, addresses; security settings as people write them. */
#include "support/test.h"

#include "plan/scenario.h"
#include "plan/values.h"

#include <math.h>

static double quantity(const char *text, const char *unit)
{
    double x = NAN;
    return mr_quantity_parse(text, unit, &x) ? x : NAN;
}

static void quantities(void **state)
{
    (void)state;
    assert_float_equal(quantity("9.4 pH", "pH"), 9.4, 1e-12);
    assert_float_equal(quantity("9.4pH", "pH"), 9.4, 1e-12);
    assert_float_equal(quantity("-0.5", ""), -0.5, 0);
    assert_float_equal(quantity("1.5e3 mm", "m"), 1.5, 1e-12);
    assert_float_equal(quantity("0.8 m", "mm"), 800, 1e-9);
    assert_float_equal(quantity("1 L/s", "m3/h"), 3.6, 1e-12); /* 3600 s/h / 1000 L/m3 */
    assert_float_equal(quantity("2.4 bar", "kPa"), 240, 1e-9);
    assert_float_equal(quantity("14.5 psi", "kPa"), 99.973980760, 1e-8); /* 14.5 * 6.894757293168 */
    assert_float_equal(quantity("300 K", "degC"), 26.85, 1e-9);
    assert_float_equal(quantity("0.7 mS/cm", "uS/cm"), 700, 1e-9);
    assert_float_equal(quantity("50 Hz", "rpm"), 3000, 1e-9);
    assert_float_equal(quantity("3 kPa.h/m3", "kPa.h/m3"), 3, 0); /* a unit that converts into nothing still is itself */

    static const char *const wrong[][2] = {{"9.4 bar", "pH"}, {"9.4", "pH"},  {"pH", "pH"},     {"", ""},
                                           {"0x10", ""},      {"inf", ""},    {"nan mm", "mm"}, {"1e999 mm", "mm"},
                                           {"5 mm mm", "mm"}, {"5.mm", "mm"}, {"--5 mm", "mm"}, {"5 mm", ""}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_true(isnan(quantity(wrong[i][0], wrong[i][1])));
    }
}

static void ranges(void **state)
{
    double lo = 0, hi = 0;
    (void)state;
    assert_true(mr_range_parse("1.2..3.0 m3/h", "m3/h", &lo, &hi));
    assert_float_equal(lo, 1.2, 1e-12);
    assert_float_equal(hi, 3.0, 1e-12);
    assert_true(mr_range_parse("0.8..1 m", "mm", &lo, &hi));
    assert_float_equal(lo, 800, 1e-9);
    assert_float_equal(hi, 1000, 1e-9);
    assert_true(mr_range_parse("..20", "", &lo, &hi));
    assert_true(isinf(lo) && lo < 0);
    assert_float_equal(hi, 20, 0);
    assert_true(mr_range_parse("90..", "", &lo, &hi));
    assert_float_equal(lo, 90, 0);
    assert_true(isinf(hi));
    assert_true(mr_range_parse("-1..-0.5 mV", "mV", &lo, &hi));
    assert_false(mr_range_parse("3..1 mm", "mm", &lo, &hi));
    assert_false(mr_range_parse("..", "", &lo, &hi));
    assert_false(mr_range_parse("1 mm", "mm", &lo, &hi));
    assert_false(mr_range_parse("1..2 bar", "mm", &lo, &hi));
    assert_false(mr_range_parse("1..2", "mm", &lo, &hi));
    assert_false(mr_range_parse("1..2..3", "", &lo, &hi));
}

static void windows(void **state)
{
    mr_ns a = 0, b = 0;
    (void)state;
    assert_true(mr_window_parse("60s..90s", &a, &b));
    assert_int_equal(a, 60 * MR_S);
    assert_int_equal(b, 90 * MR_S);
    assert_true(mr_window_parse("+2m..+4m", &a, &b));
    assert_int_equal(b, 240 * MR_S);
    assert_true(mr_window_parse("90s", &a, &b));
    assert_int_equal(a, b);
    assert_false(mr_window_parse("90s..60s", &a, &b));
    assert_false(mr_window_parse("60..90", &a, &b));
    assert_false(mr_window_parse("", &a, &b));
    assert_false(mr_window_parse("1s..2s..3s", &a, &b));
}

static void addresses(void **state)
{
    uint32_t ip = 0;
    uint8_t prefix = 0;
    (void)state;
    assert_true(mr_ipv4_parse("10.20.0.66", &ip));
    assert_int_equal(ip, 0x0A140042);
    assert_true(mr_cidr_parse("10.20.0.0/16", &ip, &prefix));
    assert_int_equal(prefix, 16);
    assert_true(mr_cidr_parse("0.0.0.0/0", &ip, &prefix));
    static const char *const no_ip[] = {"10.20.0", "10.20.0.256", "10.20.0.1.2", "10.020.0.1", " 10.20.0.1", "10.20.0.1 ",
                                        "",        "a.b.c.d"};
    for (size_t i = 0; i < sizeof no_ip / sizeof no_ip[0]; i++) {
        assert_false(mr_ipv4_parse(no_ip[i], &ip));
    }
    assert_false(mr_cidr_parse("10.20.0.1/24", &ip, &prefix)); /* a host's bit is set */
    assert_false(mr_cidr_parse("10.20.0.0/33", &ip, &prefix));
    assert_false(mr_cidr_parse("10.20.0.0", &ip, &prefix));
}

static void switches(void **state)
{
    bool on = false;
    (void)state;
    assert_true(mr_switch_parse("on", &on) && on);
    assert_true(mr_switch_parse("closed", &on) && !on);
    assert_true(mr_switch_parse("running", &on) && on);
    assert_false(mr_switch_parse("ON", &on));
    assert_false(mr_switch_parse("1", &on));
}

static void settings(void **state)
{
    static const struct mr_zone zones[] = {{.name = "control", .subnet = 0x0A0A0000, .prefix = 24}};
    static const struct mr_node nodes[] = {{.name = "hmi1", .ip = 0x0A140015}};
    static const struct mr_device devices[] = {{.name = "hmi1"}};
    static const struct mr_site site = {
        .topology = {.zones = zones, .nzones = 1, .nodes = nodes, .nnodes = 1}, .devices = devices, .ndevices = 1};
    struct mr_setting_value v;
    char why[200];
    (void)state;
    assert_int_equal(mr_setting_parse(&site, MR_SET_MODBUS_WRITE_LIST, "hmi1, control 10.9.0.0/16", &v, why, sizeof why), MR_OK);
    assert_int_equal(v.naddresses, 3);
    assert_int_equal(v.addresses[0].ip, 0x0A140015);
    assert_int_equal(v.addresses[0].mask, 0xFFFFFFFF);
    assert_int_equal(v.addresses[1].mask, 0xFFFFFF00);
    assert_int_equal(v.addresses[2].mask, 0xFFFF0000);
    assert_int_equal(mr_setting_parse(&site, MR_SET_MODBUS_WRITE_LIST, "none", &v, NULL, 0), MR_OK);
    assert_int_equal(v.naddresses, 0);
    assert_int_equal(mr_setting_parse(&site, MR_SET_MODBUS_WRITE_LIST, "any", &v, NULL, 0), MR_OK);
    assert_int_equal(v.addresses[0].mask, 0);
    assert_int_equal(mr_setting_parse(&site, MR_SET_MODBUS_WRITE_LIST, "hmi2", &v, why, sizeof why), MR_E_INVALID);
    assert_string_equal(why, "'hmi2' is no device, zone, address or prefix of the site; or use any, none");
    assert_int_equal(mr_setting_parse(&site, MR_SET_MODBUS_WRITE_LIST, " , ", &v, why, sizeof why), MR_E_INVALID);
    assert_int_equal(mr_setting_parse(&site, MR_SET_WRITE_PROTECT, "on", &v, NULL, 0), MR_OK);
    assert_true(v.on);
    assert_int_equal(mr_setting_parse(&site, MR_SET_WRITE_PROTECT, "yes", &v, NULL, 0), MR_E_INVALID);
    assert_int_equal(mr_setting_parse(&site, MR_SET_LOGIN_LOCKOUT, "5", &v, NULL, 0), MR_OK);
    assert_int_equal(v.number, 5);
    assert_int_equal(mr_setting_parse(&site, MR_SET_LOGIN_LOCKOUT, "101", &v, why, sizeof why), MR_E_INVALID);
    assert_string_equal(why, "expected a whole number from 0 to 100");
    assert_int_equal(mr_setting_parse(&site, MR_SET_LOGIN_LOCKOUT, "-1", &v, NULL, 0), MR_E_INVALID);
    assert_int_equal(mr_setting_parse(&site, MR_SET_MODBUS_FUNCTIONS, "3, 4 16", &v, NULL, 0), MR_OK);
    assert_int_equal(v.numbers, 1 << 3 | 1 << 4 | 1 << 16);
    assert_int_equal(mr_setting_parse(&site, MR_SET_MODBUS_FUNCTIONS, "any", &v, NULL, 0), MR_OK);
    assert_true(v.numbers == UINT64_MAX);
    assert_int_equal(mr_setting_parse(&site, MR_SET_MODBUS_FUNCTIONS, "none", &v, NULL, 0), MR_OK);
    assert_true(v.numbers == 0);
    static const char *const bad[] = {"", " , ", "3 64", "0", "3x", "any 3", "99999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(mr_setting_parse(&site, MR_SET_MODBUS_FUNCTIONS, bad[i], &v, why, sizeof why), MR_E_INVALID);
        assert_string_equal(why, "expected any, none, or whole numbers from 1 to 63");
    }
    assert_int_equal(mr_setting_parse(&site, MR_SET_PASSWORD, "", &v, NULL, 0), MR_E_INVALID);
    assert_int_equal(mr_setting_parse(&site, MR_SET_PASSWORD, "a-password-of-more-than-31-bytes!", &v, NULL, 0), MR_E_INVALID);
}

/* Numbers of version 18.1: 83 techniques in 12 tactics. */
static void techniques(void **state)
{
    const struct mr_technique *all;
    (void)state;
    assert_int_equal(mr_techniques(&all), 83);
    assert_string_equal(mr_technique_find("T0836")->name.en, "Modify Parameter");
    assert_string_equal(mr_technique_find("T0836")->tactic, "impair-process-control");
    assert_null(mr_technique_find("T0001"));
    for (size_t i = 1; i < 83; i++) {
        assert_true(strcmp(all[i - 1].id, all[i].id) < 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities), cmocka_unit_test(ranges),   cmocka_unit_test(windows),    cmocka_unit_test(addresses),
        cmocka_unit_test(switches),   cmocka_unit_test(settings), cmocka_unit_test(techniques),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
