/* The PLC's tools: a formatted program is the same program, a difference is shown where it is, and the reference page is the one
 * that the compiler's tables give. */
#include "support/test.h"

#include "plc/program.h"
#include "plc/tools.h"

#include <stdlib.h>

static char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        fail_msg("%s cannot be read", path);
    }
    char *text = calloc(1, 1 << 20);
    *n = fread(text, 1, (1 << 20) - 1, f);
    (void)fclose(f);
    return text;
}

static struct mr_plc_program *compile(const char *library, const char *text, size_t n)
{
    struct mr_diags *d = mr_diags_create();
    struct mr_plc_source s[2] = {{"library.st", library, strlen(library)}, {"stage.st", text, n}};
    struct mr_plc_program *p = mr_plc_compile(s, 2, d);
    mr_diags_print(d, stderr);
    mr_diags_destroy(d);
    assert_non_null(p);
    return p;
}

static char *formatted(const char *text, size_t n, size_t *out)
{
    char *laid = NULL;
    FILE *f = open_memstream(&laid, out);
    struct mr_diags *d = mr_diags_create();
    struct mr_plc_source s = {"stage.st", text, n};
    assert_true(mr_plc_format(&s, true, f, d));
    (void)fclose(f);
    mr_diags_destroy(d);
    return laid;
}

static void formatting_changes_no_code(void **state)
{
    (void)state;
    size_t nl;
    char *library = read_file("content/sites/water-treatment/plc/library.st", &nl);
    for (int stage = 1; stage <= 6; stage++) {
        char path[100];
        (void)snprintf(path, sizeof path, "content/sites/water-treatment/plc/stage%d.st", stage);
        size_t n;
        size_t k;
        size_t again;
        char *text = read_file(path, &n);
        char *laid = formatted(text, n, &k);
        char *twice = formatted(laid, k, &again);
        assert_int_equal(k, again);
        assert_memory_equal(laid, twice, k);
        struct mr_plc_program *a = compile(library, text, n);
        struct mr_plc_program *b = compile(library, laid, k);
        assert_int_equal(a->ncode, b->ncode);
        assert_memory_equal(a->code, b->code, a->ncode * sizeof *a->code);
        mr_plc_program_destroy(a);
        mr_plc_program_destroy(b);
        free(text);
        free(laid);
        free(twice);
    }
    free(library);
}

static void a_difference_is_shown_in_its_unit(void **state)
{
    (void)state;
    static const char a[] =
        "FUNCTION_BLOCK F\nVAR x : INT; END_VAR\nx := 1;\nEND_FUNCTION_BLOCK\nPROGRAM p\nVAR y : INT; END_VAR\n(* limit *)\n"
        "IF y > 10 THEN\n  y := 0;\nEND_IF;\nEND_PROGRAM\n";
    static const char b[] =
        "function_block F\n  VAR x:INT; END_VAR\nx := 1;\nEND_FUNCTION_BLOCK\nPROGRAM p\nVAR y : INT; END_VAR\n"
        "IF y > 90 THEN // raised\n  y := 0;\nEND_IF;\nEND_PROGRAM\n";
    struct mr_plc_source sa = {"a", a, sizeof a - 1};
    struct mr_plc_source sb = {"b", b, sizeof b - 1};
    struct mr_diags *d = mr_diags_create();
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    assert_int_equal(mr_plc_diff(&sa, &sb, f, d), 2);
    (void)fclose(f);
    assert_string_equal(text, "PROGRAM p\n-     IF y > 10 THEN\n+     IF y > 90 THEN\n");
    free(text);
    mr_diags_destroy(d);
}

static void the_reference_page_is_current(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    mr_plc_reference(f);
    (void)fclose(f);
    size_t k;
    char *page = read_file("docs/plc/library.md", &k);
    assert_string_equal(text, page); /* millrace plc library > docs/plc/library.md */
    free(text);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formatting_changes_no_code),
        cmocka_unit_test(a_difference_is_shown_in_its_unit),
        cmocka_unit_test(the_reference_page_is_current),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
