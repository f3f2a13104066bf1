/* check_test.c - the checker's messages, word for word: each case of check_cases.h breaks one of the small files in
 * tests/golden/check, which are right together. The files go in from memory, under the places that they would have in a
 * content. */
#include "support/test.h"

#include "site/load.h"

#include <stdlib.h>

#include "golden/check_cases.h"

/* The beginning decides what is loaded with it: a site's own files are shown below its folder, so they stand at the root here. */
static const struct {
    const char *file, *path;
} places[] = {
    {"site.yaml", "sites/mini/site.yaml"},
    {"tags.yaml", "sites/mini/tags.yaml"},
    {"alarms.yaml", "sites/mini/alarms.yaml"},
    {"main.yaml", "sites/mini/hmi/main.yaml"},
    {"main.svg", "sites/mini/hmi/main.svg"},
    {"plc1.st", "sites/mini/plc1.st"},
    {"maker.yaml", "personalities/maker.yaml"},
    {"scenario.yaml", "scenarios/trial/scenario.yaml"},
    {"reference.yaml", "scenarios/trial/reference.yaml"},
    {"story.zh.md", "scenarios/trial/story.zh.md"},
    {"story.en.md", "scenarios/trial/story.en.md"},
    {"event.yaml", "events/cup/event.yaml"},
};
#define PLACES (sizeof places / sizeof places[0])

static char *read_file(const char *name)
{
    char path[200];
    (void)snprintf(path, sizeof path, "tests/golden/check/%s", name);
    FILE *f = fopen(path, "rb");
    if (!f) { /* drawings and stories may say anything */
        return strdup("text\n");
    }
    char *text = calloc(1, 65536);
    assert_non_null(text);
    assert_true(fread(text, 1, 65535, f) < 65535);
    (void)fclose(f);
    return text;
}

/* `text` with `from`, which must be in it once, replaced; frees it. */
static char *replace(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    if (!at || strstr(at + 1, from)) {
        fail_msg("'%s' is not in its file exactly once", from);
    }
    char *out = malloc(strlen(text) + strlen(to) + 1);
    assert_non_null(out);
    (void)sprintf(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    free(text);
    return out;
}

static struct mr_content *load(const struct check_case *c, const char *first, struct mr_diags *diags)
{
    struct mr_content_file files[PLACES];
    size_t n = 1;
    for (size_t i = 0; i < PLACES; i++) {
        char *text = read_file(places[i].file);
        if (c && strcmp(c->file, places[i].file) == 0) {
            text = replace(text, c->from, c->to);
        }
        size_t at = strcmp(places[i].file, first) == 0 ? 0 : n++;
        files[at] = (struct mr_content_file){places[i].path, text, strlen(text)};
    }
    assert_int_equal(n, PLACES);
    struct mr_content *content = mr_content_load_files(files, PLACES, diags);
    for (size_t i = 0; i < PLACES; i++) {
        union {
            const char *in;
            char *out;
        } text = {files[i].text};
        free(text.out);
    }
    return content;
}

/* What is printed, less the source lines with their carets; a site's own folder is left out, to keep the cases short. */
static char *messages(struct mr_diags *diags)
{
    char *raw = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&raw, &n);
    assert_non_null(f);
    mr_diags_print(diags, f);
    (void)fclose(f);
    char *out = calloc(1, n + 1);
    assert_non_null(out);
    char *save = NULL;
    for (char *line = strtok_r(raw, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        if (line[0] != ' ') {
            (void)strcat(strcat(out, strncmp(line, "sites/mini/", 11) == 0 ? line + 11 : line), "\n");
        }
    }
    free(raw);
    return out;
}

static const char *beginning(const char *file)
{
    static const char *const scenario[] = {"scenario.yaml", "reference.yaml"};
    for (size_t i = 0; i < 2; i++) {
        if (strcmp(file, scenario[i]) == 0) {
            return "scenario.yaml";
        }
    }
    return strcmp(file, "event.yaml") == 0 ? "event.yaml" : "site.yaml";
}

static void the_base_is_right(void **state)
{
    static const char *const firsts[] = {"site.yaml", "scenario.yaml", "event.yaml"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct mr_diags *diags = mr_diags_create();
        struct mr_content *c = load(NULL, firsts[i], diags);
        char *said = messages(diags);
        assert_string_equal(said, "");
        assert_non_null(c);
        free(said);
        mr_content_free(c);
        mr_diags_destroy(diags);
    }
}

static void every_mistake_is_told(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mr_diags *diags = mr_diags_create();
        struct mr_content *c = load(&cases[i], beginning(cases[i].file), diags);
        char *said = messages(diags);
        if (c || strcmp(said, cases[i].expected) != 0) {
            print_error("case %zu, %s: '%s' for '%s'\nexpected:\n%sgot:\n%s", i, cases[i].file, cases[i].to, cases[i].from,
                        cases[i].expected, said);
            wrong++;
        }
        free(said);
        mr_content_free(c);
        mr_diags_destroy(diags);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_base_is_right),
        cmocka_unit_test(every_mistake_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
