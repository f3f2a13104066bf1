/* server: rule tables between pages (names) and sites (addresses); what is wrong is refused and named. */
#include "server/firewall_json.h"
#include "server/texts.h"
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

static enum mr_err read(const char *text, struct mr_fw_table *out)
{
    const struct mr_fw_table now = {.log_fallback = true};
    json_t *o = json_loads(text, 0, NULL);
    assert_non_null(o);
    struct mr_firewall_refusal why;
    enum mr_err err = mr_firewall_from_json(&site, o, &now, out, &why);
    json_decref(o);
    return err;
}

#define OK_RULE(id, rate, action)                                                                                                \
    "{\"id\":\"" id "\",\"from\":\"any\",\"to\":\"any\",\"service\":\"any\",\"action\":\"" action                                \
    "\",\"log\":true,\"rate\":" rate "}"
#define RULE(fields) "{\"version\":1,\"default\":\"deny\",\"rules\":[{\"id\":\"r1\"," fields ",\"log\":true,\"rate\":0}]}"

static void names_become_addresses_and_back(void **state)
{
    (void)state;
    struct mr_fw_table t;
    assert_int_equal(read(RULE("\"from\":\"hmi1\",\"to\":\"control\",\"service\":\"modbus\",\"action\":\"allow\""), &t), MR_OK);
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
    assert_int_equal(read(RULE("\"from\":\"10.20.0.66\",\"to\":\"any\",\"proto\":\"udp\",\"port_lo\":1000,\"port_hi\":2000,"
                               "\"action\":\"deny\""),
                          &t),
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

#define ANY "\"from\":\"any\",\"to\":\"any\","

/* Each refusal has words in both languages, with the rule's number and what was given there. */
static void what_is_wrong_is_refused_in_words(void **state)
{
    static const struct {
        const char *text, *code, *zh, *en; /* what the words must hold */
    } wrong[] = {
        {RULE("\"from\":\"plc9\",\"to\":\"any\",\"service\":\"any\",\"action\":\"allow\""), "E_RULE_FROM",
         "第 1 条规则：来源“plc9”", "Rule 1: the source 'plc9'"},
        {RULE("\"from\":\"any\",\"to\":\"泵站\",\"service\":\"any\",\"action\":\"allow\""), "E_RULE_TO", "目标“泵站”", "'泵站'"},
        {RULE("\"from\":\"any\",\"service\":\"any\",\"action\":\"allow\""), "E_RULE_TO", "目标“-”", "destination '-'"},
        {RULE(ANY "\"service\":\"gopher\",\"action\":\"allow\""), "E_RULE_SERVICE", "“gopher”的服务", "no service 'gopher'"},
        {RULE(ANY "\"service\":\"any\",\"action\":\"reject\""), "E_RULE_ACTION", "不能是“reject”", "not 'reject'"},
        {RULE(ANY "\"proto\":\"tcp\",\"port_lo\":90,\"port_hi\":80,\"action\":\"allow\""), "E_RULE_PORTS", "端口", "ports"},
        {RULE(ANY "\"proto\":\"tcp\",\"action\":\"allow\""), "E_RULE_PORTS", "端口", "ports"},
        {RULE(ANY "\"service\":\"any\",\"action\":\"allow\",\"extra\":1"), "E_RULE_MEMBER", "没有“extra”", "member 'extra'"},
        {"{\"default\":\"deny\",\"rules\":{}}", "E_RULES", "128", "128"},
        {"{\"default\":\"maybe\",\"rules\":[]}", "E_RULES", "allow", "allow"},
        {"{\"default\":\"deny\",\"rules\":[1]}", "E_RULE_MEMBER", "第 1 条", "Rule 1"},
        {"{\"default\":\"deny\",\"rules\":[" OK_RULE("a b", "0", "allow") "]}", "E_RULE_ID", "“a b”", "'a b'"},
        {"{\"default\":\"deny\",\"rules\":[" OK_RULE("a", "0", "allow") "," OK_RULE("b", "0", "allow") "," OK_RULE("a", "0",
                                                                                                                   "allow") "]}",
         "E_RULE_SAME_ID", "第 1 条和第 3 条规则都叫“a”", "Rules 1 and 3 are both called 'a'"},
        {"{\"default\":\"deny\",\"rules\":[" OK_RULE("a", "0", "allow") "," OK_RULE("b", "5", "deny") "]}", "E_RULE_RATE_DENY",
         "第 2 条规则：只有允许的规则", "Rule 2: only a rule that allows"},
        {"{\"default\":\"deny\",\"rules\":[" OK_RULE("a", "1000001", "allow") "]}", "E_RULE_RATE", "1000000", "1000000"},
    };
    const struct mr_texts *texts = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct mr_fw_table now = {0};
        struct mr_fw_table t;
        struct mr_firewall_refusal why = {0};
        json_t *o = json_loads(wrong[i].text, 0, NULL);
        assert_non_null(o);
        assert_int_equal(mr_firewall_from_json(&site, o, &now, &t, &why), MR_E_INVALID);
        assert_string_equal(why.code, wrong[i].code);
        const char *given = why.given ? why.given : "-";
        const struct mr_text args[] = {{why.rule, why.rule}, {given, given}, {why.other, why.other}};
        json_t *said = mr_text_json(texts, MR_TEXTS_ERRORS, why.code, args, 3);
        assert_non_null(strstr(json_string_value(json_object_get(said, "zh")), wrong[i].zh));
        assert_non_null(strstr(json_string_value(json_object_get(said, "en")), wrong[i].en));
        json_decref(said);
        json_decref(o);
    }
}

/* What a member wrote comes back whole characters only, however long it was: 50 characters of three bytes are more than a text
 * takes back, and 120 bytes are 40 of them; "a" before them leaves 119, that is 39 and the "a". */
static void long_words_are_cut_between_characters(void **state)
{
    char given[200] = "a";
    for (size_t i = 0; i < 50; i++) {
        (void)memcpy(given + 1 + 3 * i, "水", 4);
    }
    const struct mr_text args[] = {{"1", "1"}, {given, given}};
    json_t *said = mr_text_json(*state, MR_TEXTS_ERRORS, "E_RULE_SERVICE", args, 2);
    const char *en = json_string_value(json_object_get(said, "en"));
    assert_non_null(en); /* jansson takes nothing that is not UTF-8 */
    assert_int_equal(strlen(strchr(en, '\'')), 2 + 1 + 39 * 3);
    json_decref(said);
}

static int load_texts(void **state)
{
    char why[256];
    struct mr_texts *texts = NULL;
    assert_int_equal(mr_texts_load("content/texts", &texts, why, sizeof why), MR_OK);
    *state = texts;
    return 0;
}

static int free_texts(void **state)
{
    mr_texts_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_addresses_and_back),
        cmocka_unit_test(ports_without_a_name_stay_ports),
        cmocka_unit_test(what_is_wrong_is_refused_in_words),
        cmocka_unit_test(long_words_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, load_texts, free_texts);
}
