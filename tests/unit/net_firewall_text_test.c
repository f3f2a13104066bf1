/* firewall_text: the grammar of its header, line by line. */
#include "net/firewall_text.h"
#include "support/test.h"

static enum mr_err parse(const char *text, struct mr_fw_table *t, char why[128])
{
    return mr_fw_parse(mr_slice_str(text), t, why, 128);
}

static void reads_and_writes_the_same(void **state)
{
    (void)state;
    const char *text = "hmi allow 10.20.0.21 10.10.0.11 tcp 502\n"
                       "ping allow 10.20.0.0/24 any icmp any rate 5\n"
                       "range reject any 10.10.0.0/24 udp 100-200 log\n"
                       "default drop log cut\n";
    struct mr_fw_table t;
    char why[128] = "";
    assert_int_equal(parse(text, &t, why), MR_OK);
    assert_int_equal(t.nrules, 3);
    assert_int_equal(t.rules[0].from, 0x0a140015);
    assert_true(t.rules[0].from_mask == UINT32_MAX);
    assert_int_equal(t.rules[1].rate_per_s, 5);
    assert_true(t.rules[1].from_mask == 0xffffff00u);
    assert_int_equal(t.rules[2].port_hi, 200);
    assert_true(t.rules[2].log && t.log_fallback && t.cut_on_edit);
    char back[512];
    struct mr_writer w = mr_writer(back, sizeof back);
    assert_int_equal(mr_fw_format(&t, &w), MR_OK);
    assert_int_equal(w.n, strlen(text));
    assert_memory_equal(back, text, w.n);
}

static void says_what_would_be_right(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "expected a last line 'default' with allow, drop or reject"},
        {"a allow any any any any\n", "expected a last line 'default' with allow, drop or reject"},
        {"a permit any any any any\ndefault drop\n", "line 1: expected allow, drop or reject after the name"},
        {"a allow 10.0.0.256 any any any\ndefault drop\n", "line 1: expected any, an address or a network as source"},
        {"a allow any 10.0.0.0/33 any any\ndefault drop\n", "line 1: expected any, an address or a network as destination"},
        {"\na allow any any sctp any\ndefault drop\n", "line 2: expected any, tcp, udp or icmp"},
        {"a allow any any tcp 70000\ndefault drop\n", "line 1: expected any, a port or a range of ports"},
        {"default drop\na allow any any any any\n", "line 2: expected nothing after the default"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mr_fw_table t;
        char why[128] = "";
        assert_int_not_equal(parse(cases[i].text, &t, why), MR_OK);
        assert_string_equal(why, cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_and_writes_the_same), cmocka_unit_test(says_what_would_be_right)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
