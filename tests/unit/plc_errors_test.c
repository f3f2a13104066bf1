/* Messages: each mistake once, at its place, with advice; and none that follows from another. */
#include "support/plc_run.h"

struct expected {
    uint32_t line;
    const char *part; /* of the text */
};

static void expect(const char *text, const struct expected *e, size_t n)
{
    struct mr_diags *d = mr_diags_create();
    assert_null(compile(text, d));
    size_t errors = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (d->items[i].severity != MR_ERROR) {
            continue;
        }
        bool found = false;
        for (size_t k = 0; k < n; k++) {
            found = found || (e[k].line == d->items[i].line && strstr(d->items[i].text, e[k].part));
        }
        if (!found) {
            mr_diags_print(d, stderr);
            fail_msg("line %u: %s", d->items[i].line, d->items[i].text);
        }
        assert_non_null(d->items[i].source_line);
        errors++;
    }
    if (errors != n) {
        mr_diags_print(d, stderr);
    }
    assert_int_equal(errors, n);
    mr_diags_destroy(d);
}

static void twenty_mistakes_give_twenty_messages(void **state)
{
    (void)state;
    static const char text[] =
        "FUNCTION_BLOCK M VAR_INPUT on1 : BOOL; END_VAR VAR_OUTPUT run : BOOL; END_VAR run := on1; END_FUNCTION_BLOCK\n" /* 1 */
        "PROGRAM p\n"                                                                                                    /* 2 */
        "VAR a, b : INT; r : REAL; l : BOOL; t : TIME; s : STRING; m : M; v : ARRAY[1..4] OF INT;\n"                     /* 3 */
        "  a : INT;\n"                                                                                                   /* 4 */
        "  q : INTT;\n"                                                                                                  /* 5 */
        "END_VAR\n"                                                                                                      /* 6 */
        "VAR CONSTANT k : INT := 3; END_VAR\n"                                                                           /* 7 */
        "a := r;\n"                                                                                                      /* 8 */
        "l := a;\n"                                                                                                      /* 9 */
        "levl := 1; levl := 2;\n"                                                                                        /* 10 */
        "a := 40000;\n"                                                                                                  /* 11 */
        "IF a THEN b := 1; END_IF\n"                                                                                     /* 12 */
        "v[5] := 1;\n"                                                                                                   /* 13 */
        "m(onn := TRUE);\n"                                                                                              /* 14 */
        "k := 4;\n"                                                                                                      /* 15 */
        "EXIT;\n"                                                                                                        /* 16 */
        "t := 5;\n"                                                                                                      /* 17 */
        "m.run := TRUE;\n"                                                                                               /* 18 */
        "a := Foo(1);\n"                                                                                                 /* 19 */
        "a = 5;\n"                                                                                                       /* 20 */
        "b := (a + ;\n"                                                                                                  /* 21 */
        "a := b\n"                                                                                                       /* 22 */
        "b := 1 + l;\n"                                                                                                  /* 23 */
        "FOR r := 1 TO 2 DO a := 1; END_FOR;\n"                                                                          /* 24 */
        "s := 1;\n"                                                                                                      /* 25 */
        "a := b.x;\n"                                                                                                    /* 26 */
        "a := q + 1;\n" /* 27: silent */
        "a := 1 / 0;\n" /* 28 */
        "END_PROGRAM\n";
    static const struct expected e[] = {
        {4, "declared already"},
        {5, "did you mean 'INT'"},
        {8, "REAL_TO_INT"},
        {9, "INT"},
        {10, "'levl' is not declared"},
        {11, "40000"},
        {12, "condition"},
        {13, "outside 1..4"},
        {14, "no parameter"},
        {15, "constant"},
        {16, "outside of a loop"},
        {17, "TIME"},
        {18, "output"},
        {19, "no function"},
        {20, "':='"},
        {21, "expression"},
        {22, "';' is missing"},
        {24, "FOR counts"},
        {25, "STRING"},
        {26, "no member"},
        {28, "zero"},
    };
    expect(text, e, sizeof e / sizeof e[0]);
}

static void declarations_are_checked(void **state)
{
    (void)state;
    static const char text[] =
        "TYPE A : STRUCT b : B1; END_STRUCT; B1 : STRUCT a : A; END_STRUCT; C : D1; D1 : C; END_TYPE\n"
        "FUNCTION_BLOCK F VAR f1 : F; END_VAR END_FUNCTION_BLOCK\n"
        "FUNCTION R : INT VAR_INPUT n : INT; END_VAR R := R2(n); END_FUNCTION\n"
        "PROGRAM p VAR v : ARRAY[5..1] OF INT; l AT %MW0 : BOOL; n : INT := 'x'; w AT %QX0.9 : BOOL; END_VAR\n"
        "VAR_EXTERNAL g : INT; END_VAR END_PROGRAM\n";
    static const struct expected e[] = {{1, "contains itself"},
                                        {1, "made of itself"},
                                        {2, "contains itself"},
                                        {3, "no function 'R2'"},
                                        {4, "no array"},
                                        {4, "bit"},
                                        {4, "INT"},
                                        {4, "no address"},
                                        {5, "no VAR_GLOBAL"}};
    expect(text, e, sizeof e / sizeof e[0]);
}

static void recursion_is_refused(void **state)
{
    (void)state;
    static const struct expected e[] = {{1, "calls itself"}};
    expect("FUNCTION A : INT VAR_INPUT n : INT; END_VAR A := B(n); END_FUNCTION FUNCTION B : INT VAR_INPUT n : INT; END_VAR B := "
           "A(n);"
           " END_FUNCTION PROGRAM p VAR x : INT; END_VAR x := A(1); END_PROGRAM",
           e, 1);
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    static char text[400000];
    size_t n = (size_t)snprintf(text, sizeof text, "PROGRAM p VAR a : INT; END_VAR a := ");
    memset(text + n, '(', 100000);
    memcpy(text + n + 100000, "1; END_PROGRAM", 15);
    struct mr_diags *d = mr_diags_create();
    assert_null(compile(text, d));
    assert_true(d->errors >= 1 && d->errors <= 3);
    mr_diags_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_mistakes_give_twenty_messages),
        cmocka_unit_test(declarations_are_checked),
        cmocka_unit_test(recursion_is_refused),
        cmocka_unit_test(nesting_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
