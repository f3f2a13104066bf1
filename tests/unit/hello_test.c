/* hello_test.c - what core tells wire of its site: there and back, cut anywhere, with counts that lie. */
#include "support/test.h"

#include "site/hello.h"

#include <stdlib.h>

static const struct mr_zone zones[] = {
    {"control", 2, 0x0a010100, 24, 0x0a0101fe, {2, 0, 0, 1, 1, 0xfe}},
    {"outside", -1, 0x0a090000, 16, 0, {0}},
};
static const struct mr_node nodes[] = {
    {"plc1", 0, 0x0a010101, {0, 0x80, 0xf4, 1, 2, 3}, 0, true},
    {"actor", 1, 0x0a090001, {2, 0, 0, 9, 0, 1}, 1, false},
};
static struct mr_service services[] = {{0, 502, MR_FW_TCP, "modbus"}, {0, 80, MR_FW_TCP, "http"}};
static struct mr_view_tag tags[] = {{"LIT101", "mm", false, false, 0, 1200, {250, 500, 800, 1200}, 1}};
static struct mr_site_device devices[] = {{"plc1", "plc", "控制器", "Controller", "Acme", "X1"},
                                          {"actor", "host", "", "", "", ""}};

static struct mr_hello sample(void)
{
    struct mr_hello h = {.site = "works", .scenario = "night", .step_ns = 100000000};
    h.topology = (struct mr_topology){zones, 2, nodes, 2, 50000, 10};
    h.rules.nrules = 1;
    h.rules.rules[0] = (struct mr_fw_rule){.id = "r1", .port_hi = 65535, .proto = MR_FW_TCP, .action = MR_FW_DROP, .log = true};
    h.rules.fallback = MR_FW_REJECT;
    h.services = services, h.nservices = 2;
    h.tags = tags, h.ntags = 1;
    h.devices = devices, h.ndevices = 2;
    return h;
}

static void test_there_and_back(void **state)
{
    (void)state;
    static uint8_t buf[65536];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    struct mr_hello h = sample(), *back = NULL;
    mr_hello_encode(&h, &w);
    assert_false(w.full);
    assert_int_equal(mr_hello_decode(mr_written(&w), &back), MR_OK);
    assert_string_equal(back->site, "works");
    assert_string_equal(back->scenario, "night");
    assert_int_equal(back->step_ns, 100000000);
    assert_int_equal(back->topology.nzones, 2);
    assert_string_equal(back->topology.zones[0].name, "control");
    assert_int_equal(back->topology.zones[1].level, -1);
    assert_memory_equal(back->topology.zones[0].gateway_mac, zones[0].gateway_mac, 6);
    assert_string_equal(back->topology.nodes[1].name, "actor");
    assert_int_equal(back->topology.nodes[1].zone, 1);
    assert_true(back->topology.nodes[0].entry);
    assert_int_equal(back->topology.latency_ns, 50000);
    assert_string_equal(back->rules.rules[0].id, "r1");
    assert_int_equal(back->rules.fallback, MR_FW_REJECT);
    assert_int_equal(back->nservices, 2);
    assert_string_equal(back->services[1].name, "http");
    assert_string_equal(back->tags[0].name, "LIT101");
    assert_true(back->tags[0].limits[3] == 1200);
    assert_string_equal(back->devices[0].title_zh, "控制器");
    free(back);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    static uint8_t buf[65536];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    struct mr_hello h = sample(), *back = NULL;
    mr_hello_encode(&h, &w);
    for (size_t n = 0; n < w.n; n++) {
        uint8_t *cut = malloc(n ? n : 1); /* an allocation of its own: a sanitizer sees a read outside */
        assert_non_null(cut);
        memcpy(cut, buf, n);
        assert_int_equal(mr_hello_decode(mr_slice(cut, n), &back), MR_E_MALFORMED);
        free(cut);
    }
    buf[w.n] = 0;
    assert_int_equal(mr_hello_decode(mr_slice(buf, w.n + 1), &back), MR_E_MALFORMED);
}

static void test_lying_counts(void **state)
{
    (void)state;
    /* five counts; each beyond what so few bytes can hold, or above its limit */
    static const uint8_t many_zones[] = {17, 0, 0, 0, 0}, many_nodes[] = {1, 0xff, 7, 0, 0},
                         many_tags[] = {0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0};
    struct mr_hello *back = NULL;
    assert_int_equal(mr_hello_decode(mr_slice(many_zones, sizeof many_zones), &back), MR_E_MALFORMED);
    assert_int_equal(mr_hello_decode(mr_slice(many_nodes, sizeof many_nodes), &back), MR_E_MALFORMED);
    assert_int_equal(mr_hello_decode(mr_slice(many_tags, sizeof many_tags), &back), MR_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_lying_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
