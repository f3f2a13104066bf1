/* server: what people read of a ledger line and of news names the scenario's rules by their titles. Expected texts are those of
 * content/texts with the titles of content/scenarios/first-night set in by hand. */
#include "server/texts.h"
#include "site/load.h"
#include "support/test.h"

struct table {
    struct mr_content *content;
    struct mr_texts *texts;
};

static int setup(void **state)
{
    static struct table t;
    char why[200] = "";
    struct mr_diags *diags = mr_diags_create();
    t.content = mr_content_load("content/scenarios/first-night/scenario.yaml", diags);
    mr_diags_destroy(diags);
    *state = &t;
    return !t.content || mr_texts_load("content/texts", &t.texts, why, sizeof why) != MR_OK;
}

static int teardown(void **state)
{
    struct table *t = *state;
    mr_texts_free(t->texts);
    mr_content_free(t->content);
    return 0;
}

static void says(const struct table *t, enum mr_text_section section, const char *key, const char *const *words, size_t n,
                 const char *zh, const char *en)
{
    json_t *o = mr_text_happened(t->texts, t->content->scenario, section, key, words, n);
    assert_string_equal(json_string_value(json_object_get(o, "zh")), zh);
    assert_string_equal(json_string_value(json_object_get(o, "en")), en);
    json_decref(o);
}

#define SAYS(section, key, zh, en, ...)                                                                                          \
    says(*state, section, key, (const char *const[]){__VA_ARGS__},                                                               \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), zh, en)

static void ledger_lines_name_rules_by_their_titles(void **state)
{
    SAYS(MR_TEXTS_LEDGER, "in-specification", "符合要求：供水流量", "Supply flow in specification", "supply");
    SAYS(MR_TEXTS_LEDGER, "in-band", "在安全范围内：混合器后 pH", "pH behind the mixer within its safe band", "ph");
    SAYS(MR_TEXTS_LEDGER, "out-of-band", "超出安全范围：混合器后 pH", "pH behind the mixer beyond its safe band", "ph");
    SAYS(MR_TEXTS_LEDGER, "function-works", "操作功能可用：清洗泵转速设定",
         "Operator function works: The cleaning pump's speed is set", "operate-p603");
    SAYS(MR_TEXTS_LEDGER, "hardening-lost", "加固失效或影响了功能：猜测操作员站口令 清洗泵转速设定",
         "Hardening no longer holds, or breaks a function: Guessing the operator station's password The cleaning pump's speed is "
         "set",
         "hmi-password", "operate-p603");
    SAYS(MR_TEXTS_LEDGER, "contained", "75 秒后遏制：篡改加酸", "Contained after 75 s: Tampering with the acid dosing", "contain",
         "75");
}

static void news_name_the_watch(void **state)
{
    SAYS(MR_TEXTS_FEED, "watch-lost", "不符合要求：混合器后 pH", "pH behind the mixer out of specification", "recover", "", "");
    SAYS(MR_TEXTS_FEED, "watch-back", "恢复到要求范围：供水流量", "Supply flow in specification again", "supply", "", "");
    SAYS(MR_TEXTS_FEED, "contained", "事件得到遏制，+12.0 分", "An attack contained, +12.0 points", "+12.0", "", "");
}

/* A watch is no band, and an id that nothing is called by stays what it is. */
static void an_id_without_a_title_is_said_as_it_is(void **state)
{
    SAYS(MR_TEXTS_LEDGER, "in-band", "在安全范围内：supply", "supply within its safe band", "supply");
    SAYS(MR_TEXTS_LEDGER, "finding-right", "发现正确：ph，supply", "Right finding: ph on supply", "ph", "supply");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ledger_lines_name_rules_by_their_titles),
        cmocka_unit_test(news_name_the_watch),
        cmocka_unit_test(an_id_without_a_title_is_said_as_it_is),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
