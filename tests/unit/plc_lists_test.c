/* Instruction lists and textual sequential function charts (IEC 61131-3, 2nd edition 3.2 and 2.6). Expected values are worked out
 * in the comments from tables 51 to 54 and 40 to 46. */
#include "support/plc_run.h"

static void instructions_work_on_the_result(void **state)
{
    (void)state;
    run("PROGRAM p VAR a, b, c, q : BOOL; x : INT := 7; y, z, k : INT; END_VAR\n"
        "start: LD a\n ANDN b\n ST c\n"
        "LD x\n ADD 3\n ST y\n"
        "MUL( 2\n ADD 1\n )\n SUB 5\n ST z\n"
        "GT 20\n ST q\n STN a\n"
        "LD TRUE\n S b\n"
        "LDN b\n JMPC over\n LD 4\n ST k\n"
        "over: LD x\n"
        "RET\n ST y\nEND_PROGRAM",
        1);
    is("c", 0);
    is("y", 10);
    is("z", 25); /* 10 * (2 + 1) - 5 */
    is("q", 1);
    is("a", 0);
    is("b", 1);
    is("k", 4); /* the jump is not taken */
    done();
}

static void jumps_loop(void **state)
{
    (void)state;
    run("PROGRAM p VAR i, sum : INT; END_VAR\n"
        "LD 0\n ST i\n ST sum\n"
        "again: LD i\n ADD 1\n ST i\n"
        "LD sum\n ADD i\n ST sum\n"
        "LD i\n LT 10\n JMPC again\n"
        "END_PROGRAM",
        1);
    is("sum", 55);
    done();
}

static void a_stored_result_stays_the_result(void **state)
{
    (void)state;
    run("PROGRAM p VAR x : INT := 1; y : INT; b : BOOL; t : STRING; END_VAR\n"
        "LD x\n ADD 1\n ST x\n ST y\n GT 1\n ST b\n LD 'ab'\n CONCAT 'c'\n ST t\nEND_PROGRAM",
        1);
    is("x", 2);
    is("y", 2); /* not x + 1 computed again */
    is("b", 1);
    text_is("t", "abc");
    done();
}

static void functions_and_blocks_are_called_in_three_forms(void **state)
{
    (void)state;
    run("PROGRAM p VAR ct, c2 : CTU; sr1 : SR; t : TON; w, v, x : INT := 7; r : REAL; END_VAR\n"
        "CAL ct(CU := TRUE, R := FALSE, PV := 1)\n"            /* formal arguments */
        "LD 2\n ST c2.PV\n LD TRUE\n ST c2.CU\n CAL c2\n"      /* loaded one by one */
        "LD TRUE\n S1 sr1\n LD T#1s\n PT t\n LD TRUE\n IN t\n" /* input operators, table 54 */
        "LD 5\n MAX x, 9\n ST w\n INT_TO_REAL\n ST r\n"
        "LIMIT(MN := 1, IN := x, MX := 5)\n ST v\n"
        "LD FALSE\n CALC ct(CU := FALSE)\n CALCN c2(CU := FALSE)\nEND_PROGRAM",
        1);
    is("ct.Q", 1);
    is("ct.CU", 1); /* the conditional call is not made */
    is("c2.CV", 1);
    is("c2.Q", 0);
    is("sr1.Q1", 1);
    is("t.IN", 1);
    is("w", 9);
    is("r", 9);
    is("v", 5);
    done();
}

/* CODESYS' SFCReset: back to the initial step, which runs; SFCInit: back, and it does not. */
static void a_chart_is_reset(void **state)
{
    (void)state;
    start("PROGRAM p VAR SFCReset, SFCInit : BOOL; n, m : INT; END_VAR\n"
          "INITIAL_STEP A: Count(N); END_STEP STEP B: Other(N); END_STEP\n"
          "TRANSITION FROM A TO B := TRUE; END_TRANSITION\n"
          "ACTION Count: n := n + 1; END_ACTION ACTION Other: m := m + 1; END_ACTION\nEND_PROGRAM");
    scan(3);
    is("n", 1);
    is("m", 2);
    set("SFCReset", 1);
    scan(2);
    is("A.X", 1);
    is("B.X", 0);
    is("n", 3);
    set("SFCReset", 0);
    scan(1);
    is("B.X", 1);
    is("m", 3);
    set("SFCInit", 1);
    scan(2);
    is("A.X", 1);
    is("n", 3);
    is("m", 3);
    done();
}

static void methods_are_called(void **state)
{
    (void)state;
    run("FUNCTION_BLOCK Fb METHOD Both : INT VAR_INPUT a, b : INT; END_VAR Both := 10 * a + b; END_METHOD END_FUNCTION_BLOCK\n"
        "PROGRAM p VAR f : Fb; x, y : INT; END_VAR\n"
        "LD 3\n f.Both 4\n ST y\n f.Both(\n a := 1,\n b := 2)\n ST x\nEND_PROGRAM",
        1);
    is("x", 12);
    is("y", 34);
    done();
}

/* CU := (LD a AND b): an argument by instructions (B.2, il_param_instruction). */
static void an_argument_is_a_list(void **state)
{
    (void)state;
    run("PROGRAM p VAR a, b, none : BOOL := TRUE; ct : CTU; n : INT := 4; m : INT; END_VAR\n"
        "CAL ct(\n CU := (\n  LD a\n  ANDN b\n  OR( a\n  AND b\n  )\n ),\n PV := (LD n\n SUB 3),\n NOT Q => none)\n"
        "LIMIT(MN := 1, IN := (LD n\n MUL 2\n), MX := 7)\n ST m\nEND_PROGRAM",
        1);
    is("ct.CV", 1);
    is("ct.PV", 1);
    is("none", 0); /* Q is TRUE */
    is("m", 7);
    done();
}

static void parentheses_nest(void **state)
{
    (void)state;
    run("PROGRAM p VAR a : BOOL := TRUE; b, c, q, n : BOOL; d : BOOL := TRUE; END_VAR\n"
        "LD a\n AND( b\n OR( c\n OR d\n )\n )\n ST q\n"
        "LD a\n ANDN(\n LD b\n OR c\n )\n ST n\nEND_PROGRAM",
        1);
    is("q", 1); /* a AND (b OR (c OR d)) */
    is("n", 1); /* a AND NOT (b OR c) */
    done();
}

static const char chart[] = "PROGRAM p\n"
                            "VAR go : BOOL; n1, n2, n3 : INT; light, lamp, late : BOOL; END_VAR\n"
                            "INITIAL_STEP S0: count0(N); END_STEP\n"
                            "STEP S1: count1(N); light(N); lamp(S); late(D, T#150ms); END_STEP\n"
                            "STEP S2: once(P1); lamp(R); END_STEP\n"
                            "STEP S3: END_STEP\n"
                            "TRANSITION FROM S0 TO S1 := go; END_TRANSITION\n"
                            "TRANSITION t2 (PRIORITY := 1) FROM S1 TO (S2, S3) := S1.T >= T#300ms; END_TRANSITION\n"
                            "TRANSITION FROM (S2, S3) TO S0 : LD go\n NOT\nEND_TRANSITION\n"
                            "ACTION count0: n1 := n1 + 1; END_ACTION\n"
                            "ACTION count1: IF n2 > 100 THEN RETURN; END_IF; n2 := n2 + 1; END_ACTION\n"
                            "ACTION once: LD n3\n ADD 1\n ST n3\nEND_ACTION\n"
                            "END_PROGRAM";

static void a_chart_evolves(void **state)
{
    (void)state;
    start(chart);
    set("go", 1);
    scan(1); /* t = 0: the initial step's actions run before its transition is tested */
    is("S0.X", 1);
    is("n1", 1);
    scan(1); /* 100 ms */
    is("S0.X", 0);
    is("S1.X", 1);
    is("light", 1);
    is("lamp", 1);
    scan(2); /* 300 ms: S1.T is 200 ms */
    is("late", 1);
    is("n2", 3);
    scan(1); /* 400 ms: S1.T is 300 ms; both successors are entered */
    is("S1.X", 0);
    is("S2.X", 1);
    is("S3.X", 1);
    is("light", 0);
    is("late", 0);
    is("lamp", 0); /* R */
    is("n2", 3);
    scan(3);
    is("n3", 1); /* P1: once */
    set("go", 0);
    scan(1);
    is("S2.X", 0);
    is("S3.X", 0);
    is("S0.X", 1);
    is("n1", 2);
    done();
}

static const char qualifiers[] = "PROGRAM p\n"
                                 "VAR go, stop, vN, vS, vL, vD, vP, vP0, vSD, vDS, vSL : BOOL; END_VAR\n"
                                 "INITIAL_STEP A: END_STEP\n"
                                 "STEP B: vN(); vS(S); vL(L, T#250ms); vD(D, T#250ms); vP(P); vP0(P0); vSD(SD, T#250ms);\n"
                                 "  vDS(DS, T#250ms); vSL(SL, T#250ms); END_STEP\n"
                                 "STEP C: END_STEP\n"
                                 "STEP E: vS(R); vSD(R); vDS(R); END_STEP\n"
                                 "TRANSITION FROM A TO B := go; END_TRANSITION\n"
                                 "TRANSITION FROM B TO C := stop; END_TRANSITION\n"
                                 "TRANSITION FROM C TO E := NOT stop; END_TRANSITION\n"
                                 "END_PROGRAM";

struct moment {
    int stop;           /* set before the scan */
    const char *values; /* N S L D P P0 SD DS SL after it */
};

static void follow(const struct moment *m, size_t n)
{
    static const char *const names[] = {"vN", "vS", "vL", "vD", "vP", "vP0", "vSD", "vDS", "vSL"};
    start(qualifiers);
    set("go", 1);
    scan(1);
    for (size_t i = 0; i < n; i++) {
        set("stop", m[i].stop);
        scan(1);
        for (size_t k = 0; k < 9; k++) {
            if (value(names[k]) != m[i].values[k] - '0') {
                fail_msg("scan %zu: %s is %g", i + 1, names[k], value(names[k]));
            }
        }
    }
    done();
}

/* B is active from 100 ms on; 250 ms later is the scan at 400 ms. */
static void qualifiers_do_as_table_45_says(void **state)
{
    (void)state;
    static const struct moment long_step[] = {
        {0, "111010001"}, {0, "111000001"}, {0, "111000001"}, /* 300 ms: L and SL still run */
        {0, "110100110"},                                     /* 400 ms: D, SD, DS begin, L and SL end */
        {1, "010001110"},                                     /* 500 ms, C: what is stored stays; P0 at the end of B */
        {1, "010000110"}, {0, "000000000"},                   /* E: R takes it back */
    };
    follow(long_step, 7);
    static const struct moment short_step[] = {
        {0, "111010001"},
        {1, "010001001"}, /* 200 ms, C: L ends with its step, SL does not */
        {1, "010000001"},
        {1, "010000100"}, /* 400 ms: SD was stored, DS was not; SL ends */
    };
    follow(short_step, 4);
}

static void one_of_two_transitions_fires(void **state)
{
    (void)state;
    run("PROGRAM p VAR n : INT; END_VAR\n"
        "INITIAL_STEP A: END_STEP STEP B: END_STEP STEP C: END_STEP\n"
        "TRANSITION (PRIORITY := 2) FROM A TO B := TRUE; END_TRANSITION\n"
        "TRANSITION (PRIORITY := 1) FROM A TO C := TRUE; END_TRANSITION\n"
        "END_PROGRAM",
        2);
    is("A.X", 0);
    is("B.X", 0);
    is("C.X", 1);
    done();
}

static void actions_outside_of_charts_are_called(void **state)
{
    (void)state;
    run("FUNCTION_BLOCK F VAR_OUTPUT n : INT; END_VAR Twice(); Twice();\nACTION Twice: n := n + 1; "
        "END_ACTION\nEND_FUNCTION_BLOCK\n"
        "PROGRAM p VAR f1 : F; END_VAR f1(); f1.Twice(); END_PROGRAM",
        1);
    is("f1.n", 3);
    done();
}

static void mistakes_are_told_where_they_stand(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
        uint32_t line;
    } cases[] = {
        {"PROGRAM p VAR a : INT; END_VAR\nLD a\n ADD 1\n )\n ST a\nEND_PROGRAM", "closes nothing", 4},
        {"PROGRAM p VAR a : INT; END_VAR\nLD a\n MUL( 2\n ST a\nEND_PROGRAM", "')' is missing", 5},
        {"PROGRAM p VAR a : INT; END_VAR\nJMP x\n LD 1\n ST a\nEND_PROGRAM", "no label 'X'", 2},
        {"PROGRAM p VAR a : INT; END_VAR\nADD 1\n ST a\nEND_PROGRAM", "nothing is loaded", 2},
        {"PROGRAM p VAR a : INT; END_VAR\nINITIAL_STEP A1: a(Q); END_STEP\nEND_PROGRAM", "a qualifier was expected", 2},
        {"PROGRAM p\nINITIAL_STEP A1: END_STEP\nTRANSITION FROM A1 TO B1 := TRUE; END_TRANSITION\nEND_PROGRAM", "B1", 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mr_diags *d = mr_diags_create();
        assert_null(compile(cases[i].text, d));
        mr_diags_print(d, stderr);
        assert_true(d->n > 0 && d->errors == 1);
        assert_non_null(strstr(d->items[0].text, cases[i].part));
        assert_int_equal(d->items[0].line, cases[i].line);
        mr_diags_destroy(d);
    }
}

/* A label may be reached with different results: x is 5 by the jump, 3 past it; the counter takes what arrives. */
static void labels_take_the_result_that_arrives(void **state)
{
    (void)state;
    run("FUNCTION_BLOCK f VAR_INPUT c : BOOL; END_VAR VAR_OUTPUT x : INT; END_VAR\n"
        "LD c\n JMPC high\n LD 3\n JMP out1\n high: LD 5\n out1: ST x\nEND_FUNCTION_BLOCK\n"
        "PROGRAM p VAR f1, f2 : f; n, m : INT; END_VAR\n"
        "CAL f1(c := TRUE)\nCAL f2(c := FALSE)\n"
        "LD 0\n more: ADD 2\n ST n\n LT 9\n JMPCN done\n LD n\n JMP more\n done: LD n\n ST m\nEND_PROGRAM",
        1);
    is("f1.x", 5);
    is("f2.x", 3);
    is("m", 10); /* 2, 4, 6, 8, 10: the first that is not less than 9 */
    done();
}

/* What stands before the first step runs in each scan, before the transitions are tested. */
static void statements_before_a_chart_run_first(void **state)
{
    (void)state;
    start("PROGRAM p VAR n : INT; t : TON; END_VAR\n"
          "n := n + 1; t(IN := n >= 3, PT := T#0s);\n"
          "INITIAL_STEP A: END_STEP STEP B: END_STEP TRANSITION FROM A TO B := t.Q; END_TRANSITION END_PROGRAM");
    scan(2);
    is("A.X", 1);
    scan(1);
    is("n", 3);
    is("B.X", 1);
    done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_work_on_the_result),
        cmocka_unit_test(jumps_loop),
        cmocka_unit_test(labels_take_the_result_that_arrives),
        cmocka_unit_test(a_stored_result_stays_the_result),
        cmocka_unit_test(functions_and_blocks_are_called_in_three_forms),
        cmocka_unit_test(an_argument_is_a_list),
        cmocka_unit_test(a_chart_is_reset),
        cmocka_unit_test(methods_are_called),
        cmocka_unit_test(parentheses_nest),
        cmocka_unit_test(a_chart_evolves),
        cmocka_unit_test(qualifiers_do_as_table_45_says),
        cmocka_unit_test(one_of_two_transitions_fires),
        cmocka_unit_test(statements_before_a_chart_run_first),
        cmocka_unit_test(actions_outside_of_charts_are_called),
        cmocka_unit_test(mistakes_are_told_where_they_stand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
