/* server: rule tables between pages (names) and sites (addresses); what is wrong is refused and named. */
#include "server/firewall_json.h"
#include "support/test.h"

#include <stdio.h>

static const struct mr_zone zones[] = {
    {.name = "control", .subnet = 0x0a0a0000, .prefix = 24},
    {.name = "supervisory", .subnet = 0x0a140000, .prefix = 24},
};
static const struct mr_node nodes[] = {
    {.name = "plc1", .zone = 0, .ip = 0x0a0a000b, .device = 0},
    {.name = "hmi1", .zone = 1, .ip = 0x0a140015, .device = 1},
};
static const struct mr_device devices[] = {{.name = "plc1", .node = 0, .nnodes = 1}, {.name = "hmi1", .node = 1, .nnodes = 1}};
static const struct mr_named_service services[] = {{"icmp", MR_FW_ICMP, 0, 65535}, {"modbus", MR_FW_TCP, 502, 502}};
static const struct mr_site site = {
    .name = "small",
    .topology = {.zones = zones, .nzones = 2, .nodes = nodes, .nnodes = 2},
    .devices = devices,
    .ndevices = 2,
    .services = services,
    .nservices = 2,
};

static enum mr_err read(const char *text, struct mr_fw_table *out, char *why, size_t cap)
{
    const struct mr_fw_table now = {.log_fallback = true};
    json_t *o = json_loads(text, 0, NULL);
    assert_non_null(o);
    enum mr_err err = mr_firewall_from_json(&site, o, &now, out, why, cap);
    json_decref(o);
    return err;
}

#define RULE(fields) "{\"version\":1,\"default\":\"deny\",\"rules\":[{\"id\":\"r1\"," fields ",\"log\":true,\"rate\":0}]}"

static void names_become_addresses_and_back(void **state)
{
    (void)state;
    struct mr_fw_table t;
    char why[256];
    assert_int_equal(
        read(RULE("\"from\":\"hmi1\",\"to\":\"control\",\"service\":\"modbus\",\"action\":\"allow\""), &t, why, sizeof why),
        MR_OK);
    assert_int_equal(t.nrules, 1);
    assert_int_equal(t.rules[0].from, 0x0a140015);
    assert_int_equal(t.rules[0].from_mask, 0xffffffff);
    assert_int_equal(t.rules[0].to, 0x0a0a0000);
    assert_int_equal(t.rules[0].to_mask, 0xffffff00);
    assert_int_equal(t.rules[0].proto, MR_FW_TCP);
    assert_int_equal(t.rules[0].port_lo, 502);
    assert_int_equal(t.rules[0].action, MR_FW_ALLOW);
    assert_int_equal(t.fallback, MR_FW_DROP);
    assert_true(t.log_fallback); /* what pages do not show stays */
    assert_true(t.cut_on_edit);
    json_t *o = mr_firewall_to_json(&site, &t, 7);
    json_t *rule = json_array_get(json_object_get(o, "rules"), 0);
    assert_int_equal(json_integer_value(json_object_get(o, "version")), 7);
    assert_string_equal(json_string_value(json_object_get(rule, "from")), "hmi1");
    assert_string_equal(json_string_value(json_object_get(rule, "to")), "control");
    assert_string_equal(json_string_value(json_object_get(rule, "service")), "modbus");
    json_decref(o);
}

static void ports_without_a_name_stay_ports(void **state)
{
    (void)state;
    struct mr_fw_table t;
    char why[256];
    assert_int_equal(read(RULE("\"from\":\"10.20.0.66\",\"to\":\"any\",\"proto\":\"udp\",\"port_lo\":1000,\"port_hi\":2000,"
                               "\"action\":\"deny\""),
                          &t, why, sizeof why),
                     MR_OK);
    json_t *o = mr_firewall_to_json(&site, &t, 1);
    json_t *rule = json_array_get(json_object_get(o, "rules"), 0);
    assert_string_equal(json_string_value(json_object_get(rule, "from")), "10.20.0.66");
    assert_string_equal(json_string_value(json_object_get(rule, "to")), "any");
    assert_null(json_object_get(rule, "service"));
    assert_string_equal(json_string_value(json_object_get(rule, "proto")), "udp");
    assert_int_equal(json_integer_value(json_object_get(rule, "port_hi")), 2000);
    json_decref(o);
}

static void what_is_wrong_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        RULE("\"from\":\"plc9\",\"to\":\"any\",\"service\":\"any\",\"action\":\"allow\""),
        RULE("\"from\":\"any\",\"to\":\"any\",\"service\":\"gopher\",\"action\":\"allow\""),
        RULE("\"from\":\"any\",\"to\":\"any\",\"service\":\"any\",\"action\":\"reject\""),
        RULE("\"from\":\"any\",\"to\":\"any\",\"proto\":\"tcp\",\"port_lo\":90,\"port_hi\":80,\"action\":\"allow\""),
        RULE("\"from\":\"any\",\"to\":\"any\",\"proto\":\"tcp\",\"action\":\"allow\""),
        RULE("\"from\":\"any\",\"to\":\"any\",\"service\":\"any\",\"action\":\"allow\",\"extra\":1"),
        "{\"default\":\"deny\",\"rules\":{}}",
        "{\"default\":\"maybe\",\"rules\":[]}",
        "{\"default\":\"deny\",\"rules\":[1]}",
        "{\"default\":\"deny\",\"rules\":[{\"id\":\"a "
        "b\",\"from\":\"any\",\"to\":\"any\",\"service\":\"any\",\"action\":\"allow\","
        "\"log\":true,\"rate\":0}]}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct mr_fw_table t;
        char why[256] = "";
        assert_int_not_equal(read(wrong[i], &t, why, sizeof why), MR_OK);
        assert_int_not_equal(why[0], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_addresses_and_back),
        cmocka_unit_test(ports_without_a_name_stay_ports),
        cmocka_unit_test(what_is_wrong_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
