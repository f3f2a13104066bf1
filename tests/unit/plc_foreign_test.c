/* Programs as other systems save and write them: units without an end, constants in bounds, CODESYS' names of the standard's
 * inputs, bytes of strings. Values are worked out in the comments. */
#include "support/plc_run.h"

#include "plc/tools.h"

#include <stdio.h>

/* CODESYS saves units without their ends. Where the file has ends, or one unit only, a missing one is a mistake. */
static void ends_may_be_left_out(void **state)
{
    (void)state;
    run("FUNCTION Twice : INT\nVAR_INPUT n : INT; END_VAR\nTwice := 2 * n;\n"
        "TYPE Pair : STRUCT a, b : INT; END_STRUCT END_TYPE\n"
        "FUNCTION_BLOCK Count\nVAR_OUTPUT n : INT; END_VAR\nn := n + 1;\n"
        "PROGRAM PLC_PRG\nVAR c : Count; p : Pair; END_VAR\nc(); p.a := Twice(c.n);",
        3);
    is("c.n", 3);
    is("p.a", 6);
    done();
    assert_int_equal(warnings("PROGRAM p VAR x : INT; END_VAR x := 1;", true), -1); /* cut off */
    assert_int_equal(warnings("PROGRAM p VAR x : INT; END_VAR IF x = 1 THEN x := 2;", true), -1);
    assert_int_equal(warnings("FUNCTION_BLOCK a VAR x : INT; END_VAR x := 1;\nFUNCTION_BLOCK b VAR x : INT; END_VAR x := 1; "
                              "END_FUNCTION_BLOCK",
                              true),
                     -1);
}

/* What a unit's own constants say, before or behind their use; they hide global ones of that name. */
static void own_constants_in_bounds(void **state)
{
    (void)state;
    run("VAR_GLOBAL CONSTANT N : INT := 50; END_VAR\n"
        "TYPE Row : ARRAY[1..N] OF BYTE; END_TYPE\n"
        "FUNCTION_BLOCK Buffer VAR CONSTANT SIZE : INT := 4; END_VAR\n"
        "VAR_INPUT v : INT; END_VAR VAR here : INT; b : ARRAY[0..SIZE - 1] OF INT; END_VAR VAR_OUTPUT sum : INT; END_VAR\n"
        "b[here MOD SIZE] := v; here := here + 1; sum := b[0] + b[1] + b[2] + b[SIZE - 1];\nEND_FUNCTION_BLOCK\n"
        "PROGRAM p VAR a : ARRAY[1..2 * N] OF INT; s : STRING[N]; r : Row; f : Buffer; nrow, na, ns, i : INT; END_VAR\n"
        "VAR CONSTANT N : INT := 3; END_VAR\n"
        "nrow := SIZEOF(r); na := SIZEOF(a); ns := SIZEOF(s); i := i + 1; f(v := i);\nEND_PROGRAM",
        6);
    is("nrow", 50);  /* a type is not the program's: the global N */
    is("na", 12);    /* 6 INT */
    is("ns", 4);     /* 3 characters, and 1 for the end */
    is("f.sum", 18); /* 3 + 4 + 5 + 6 */
    done();
    assert_int_equal(warnings("PROGRAM p VAR a : ARRAY[1..a] OF INT; END_VAR a[1] := 1; END_PROGRAM", true), -1);
    assert_int_equal(warnings("PROGRAM p VAR a : ARRAY[a..a, a..a] OF INT; END_VAR a[1, 1] := 1; END_PROGRAM", true), -1);
    assert_int_equal(warnings("FUNCTION f : INT f := 1; METHOD 1) DO END_FUNCTION", true), -1);
    assert_int_equal(warnings("FUNCTION g : INT VAR_INPUT a : INT (a := a * 2; END_FUNCTION", true), -1);
    assert_int_equal(warnings("VAR_GLOBAL a : ARRAY[1..a] OF INT; END_VAR PROGRAM p END_PROGRAM", true), -1);
    assert_int_equal(warnings("PROGRAM p VAR x : UDINT; END_VAR IF x > UDINT#^ THEN RETURN; END_IF; END_PROGRAM", true), -1);
}

static void inputs_by_their_other_names(void **state)
{
    (void)state;
    run("PROGRAM p VAR up : CTU; down : CTD_DINT; both : CTUD; f1 : SR; f2 : RS := (SET := TRUE); n : INT; END_VAR\n"
        "n := n + 1;\n"
        "up(CU := n MOD 2 = 0, RESET := n = 7, PV := 2); down(CD := n = 2, LOAD := n = 1, PV := 5);\n"
        "both(CU := n = 3, CD := FALSE, RESET := FALSE, LOAD := n = 2, PV := 8);\n"
        "f1(SET1 := n = 2, RESET := n = 2); f2(RESET1 := n = 3);\nup.RESET := FALSE;\nEND_PROGRAM",
        6);
    is("up.CV", 3); /* edges at n = 2, 4, 6 */
    is("up.Q", 1);
    is("down.CV", 4); /* 5 less one */
    is("both.CV", 9); /* 8 and one */
    is("f1.Q1", 1);   /* set is dominant */
    is("f2.Q1", 1);   /* set again in each scan behind that of n = 3 */
    scan(1);
    is("up.CV", 0);
    done();
}

/* VAR_IN_OUT CONSTANT is only read: values may stand there. Others still take variables only. */
static void values_lent_to_in_outs(void **state)
{
    (void)state;
    run("FUNCTION Ends : INT VAR_IN_OUT CONSTANT s : STRING; k : INT; END_VAR Ends := 100 * LEN(s) + k; END_FUNCTION\n"
        "FUNCTION Sum : INT VAR_IN_OUT CONSTANT a : ARRAY[1..3] OF INT; END_VAR VAR i : DINT; END_VAR\n"
        "FOR i := 1 TO 3 DO Sum := Sum + a[i]; END_FOR END_FUNCTION\n"
        "PROGRAM p VAR CONSTANT name : STRING := 'pump'; tens : ARRAY[1..3] OF INT := [10, 20, 30]; END_VAR\n"
        "VAR x, y, z, seven : INT := 7; t : STRING := 'ab'; END_VAR\n"
        "x := Ends('motor', 3); y := Ends(name, seven); z := Ends(s := t, k := 1) + Sum(tens);\nEND_PROGRAM",
        2);
    is("x", 503);
    is("y", 407);
    is("z", 261);
    done();
    assert_int_equal(
        warnings("FUNCTION f VAR_IN_OUT s : STRING; END_VAR s := 'x'; END_FUNCTION PROGRAM p f('abc'); END_PROGRAM", true), -1);
    assert_int_equal(warnings("FUNCTION f VAR_IN_OUT CONSTANT s : STRING; END_VAR s := 'x'; END_FUNCTION", true), -1);
}

/* s[i] is the byte i of the text, from 0; of constants too. */
static void bytes_of_strings(void **state)
{
    (void)state;
    run("PROGRAM p VAR CONSTANT hex : STRING(16) := '0123456789ABCDEF'; END_VAR\n"
        "VAR s : STRING := 'abc'; a : ARRAY[1..2] OF STRING(4) := ['xy', 'zz']; b, c, d : BYTE; i : INT := 1; w : WORD := 13; "
        "same : BOOL; n : INT; END_VAR\n"
        "b := s[i]; s[0] := 16#41; c := hex[w AND 16#0F]; d := a[2][0]; a[1][1] := 0;\n"
        "same := s = 'Abc'; n := LEN(a[1]);\nEND_PROGRAM",
        1);
    is("b", 98);  /* b */
    is("c", 68);  /* D */
    is("d", 122); /* z */
    is("same", 1);
    is("n", 1); /* 'x', ended by the 0 */
    done();
}

/* Statements of older systems: a call without parentheses, one value to several variables, FOR over bit strings. */
static void statements_of_older_systems(void **state)
{
    (void)state;
    run("PROGRAM Sub VAR n : INT; END_VAR n := n + 1; END_PROGRAM\n"
        "FUNCTION_BLOCK F VAR_OUTPUT n : INT; END_VAR n := n + 10; More; END_FUNCTION_BLOCK\n"
        "ACTION More: n := n + 5; END_ACTION\n"
        "PROGRAM p VAR f1 : F; a, b, c : INT; r : REAL; w : WORD; total, sub_n : INT; END_VAR\n"
        "Sub; f1; f1.More; a := b := c := b + 2; r := a := 4;\n"
        "FOR w := 16#FE TO 16#101 DO total := total + 1; END_FOR sub_n := Sub.n;\nEND_PROGRAM",
        1);
    is("sub_n", 1);
    is("f1.n", 20); /* 10, and 5 twice */
    is("b", 2);
    is("a", 4);
    is("r", 4.0);
    is("total", 4); /* 254 to 257 */
    done();
    assert_int_equal(warnings("PROGRAM p VAR a, b : INT; END_VAR IF a := b THEN a := 1; END_IF END_PROGRAM", true), -1);
}

/* A literal makes its partner wider where it must, and NOT of one has as many bits as the partner. */
static void literals_beside_variables(void **state)
{
    (void)state;
    run("PROGRAM p VAR b : BYTE := 200; w : WORD := 16#1234; i : INT := 300; d : DINT; c, less, below : BOOL; z : BYTE := 16#FF; "
        "u : USINT := 3; x : REAL; n : INT := 3; s : STRING; END_VAR\n"
        "w := (w AND NOT 16#0034) OR 16#1; d := i * 100000; less := b < 256; c := i > 40000; z := z AND NOT 16#0F;\n"
        "below := u > -1; x := 2.0 ** n; s := SEL(less, 'no', 'perhaps');\nw := w + b * 256;\nEND_PROGRAM",
        1);
    is("w", 0x1201 + 200 * 256 - 65536 + 65536); /* 16#1200 and 1; and 200 * 256, as a WORD */
    is("d", 30000000);
    is("less", 1);
    is("c", 0);
    is("z", 0xF0);
    is("below", 1);
    is("x", 8.0);
    char text[16];
    (void)mr_plc_get_text(plc, symbol("s"), text, sizeof text);
    assert_string_equal(text, "perhaps");
    done();
    assert_int_equal(warnings("PROGRAM p VAR i : INT; END_VAR i := i * 100000; END_PROGRAM", true), -1);
}

/* ARRAY[*]: arrays of any bounds, whose bounds go with them through further calls. */
static void arrays_of_any_bounds(void **state)
{
    (void)state;
    static const char units[] =
        "FUNCTION Sum : INT VAR_IN_OUT CONSTANT a : ARRAY[*] OF INT; END_VAR VAR i : DINT; n : DINT := UPPER_BOUND(a, 1); "
        "END_VAR\n"
        "FOR i := LOWER_BOUND(a, 1) TO n DO Sum := Sum + a[i]; END_FOR END_FUNCTION\n"
        "FUNCTION Twice : INT VAR_INPUT a : ARRAY[*] OF INT; END_VAR Twice := 2 * Sum(a); END_FUNCTION\n"
        "FUNCTION Number : DINT VAR_INPUT from : INT; END_VAR VAR_IN_OUT m : ARRAY[*, *] OF INT; END_VAR VAR i, j : DINT; "
        "END_VAR\n"
        "FOR i := LOWER_BOUND(m, 1) TO UPPER_BOUND(m, 1) DO FOR j := LOWER_BOUND(m, 2) TO UPPER_BOUND(m, 2) DO\n"
        "m[i, j] := DINT_TO_INT(10 * i + j) + from; END_FOR END_FOR END_FUNCTION\n"
        "FUNCTION_BLOCK Ends VAR_IN_OUT l : ARRAY[*] OF ARRAY[1..2] OF REAL; END_VAR VAR_OUTPUT r : REAL; n : DINT; END_VAR\n"
        "METHOD Clear n := 0; l[LOWER_BOUND(l, 1), 1] := 0.5; END_METHOD\n"
        "n := UPPER_BOUND(l, 1); r := l[n, 2]; END_FUNCTION_BLOCK\n";
    char text[2000];
    (void)snprintf(text, sizeof text,
                   "%sPROGRAM p VAR CONSTANT tens : ARRAY[1..3] OF INT := [10, 20, 30]; END_VAR\n"
                   "VAR t : ARRAY[-2..2] OF INT := [1, 2, 3, 4, 5]; m : ARRAY[1..2, 3..5] OF INT; x, y : INT; f : Ends;\n"
                   "r : ARRAY[7..8] OF ARRAY[1..2] OF REAL := [1.0, 2.0, 3.0, 4.5]; n : DINT; END_VAR\n"
                   "x := Sum(tens); y := Twice(t); Number(100, m); f(l := r); n := f.n; f.Clear();\nEND_PROGRAM",
                   units);
    run(text, 2);
    is("x", 60);
    is("y", 30); /* 2 * 15 */
    is("m[1,3]", 113);
    is("m[2,5]", 125);
    is("n", 8);
    is("f.r", 4.5);
    is("r[7,1]", 0.5);
    done();
    (void)snprintf(text, sizeof text,
                   "%sFUNCTION Far : INT VAR_IN_OUT a : ARRAY[*] OF INT; END_VAR Far := a[UPPER_BOUND(a, 1) + 1]; END_FUNCTION\n"
                   "PROGRAM p VAR a : ARRAY[1..3] OF INT; x : INT; END_VAR x := Far(a); END_PROGRAM",
                   units);
    start(text);
    scan(1);
    assert_int_not_equal(mr_plc_fault(plc, NULL), MR_PLC_OK);
    done();
    static const char *const wrong[] = {"a[1] := 2;", "b := a;", "n := SIZEOF(a);", "n := a[1, 2];", "Fixed(a);"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)snprintf(
            text, sizeof text,
            "FUNCTION Fixed VAR_IN_OUT f : ARRAY[1..3] OF INT; END_VAR f[1] := 1; END_FUNCTION\n"
            "FUNCTION f VAR_IN_OUT CONSTANT a : ARRAY[*] OF INT; END_VAR VAR b : ARRAY[1..3] OF INT; n : INT; END_VAR %s "
            "END_FUNCTION",
            wrong[i]);
        assert_int_equal(warnings(text, true), -1);
    }
    assert_int_equal(warnings("FUNCTION_BLOCK f VAR a : ARRAY[*] OF INT; END_VAR a[1] := 1; END_FUNCTION_BLOCK", true), -1);
}

/* CODESYS' constructor runs once, before the body of the unit that has the instance. */
static void instances_are_constructed(void **state)
{
    (void)state;
    run("FUNCTION_BLOCK Motor VAR speed, calls : INT; copy : BOOL; name : STRING; END_VAR\n"
        "METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; start : INT; label : STRING; END_VAR\n"
        "speed := start; name := label; calls := calls + 1; copy := bInitRetains AND NOT bInCopyCode; END_METHOD\n"
        "END_FUNCTION_BLOCK\n"
        "FUNCTION_BLOCK Plain VAR n : INT; END_VAR METHOD FB_Init : BOOL VAR_INPUT a, b : BOOL; END_VAR n := 7; END_METHOD\n"
        "END_FUNCTION_BLOCK\n"
        "FUNCTION_BLOCK Pair VAR m : Motor(start := 2, label := 'two'); END_VAR VAR_OUTPUT s : INT; END_VAR s := m.speed; "
        "END_FUNCTION_BLOCK\n"
        "PROGRAM p VAR m, k : Motor(start := 4 + 1, label := 'five'); q : Plain; two : Pair; n : INT; END_VAR\n"
        "two(); n := n + LEN(m.name); k.speed := k.speed + 1;\nEND_PROGRAM",
        3);
    is("m.speed", 5);
    is("m.calls", 1);
    is("m.copy", 1);
    is("k.speed", 8); /* 5 and 3 scans */
    is("q.n", 7);
    is("two.s", 2);
    is("n", 12); /* 'five' in 3 scans */
    done();
    assert_int_equal(
        warnings("FUNCTION_BLOCK A VAR n : INT; END_VAR n := 1; END_FUNCTION_BLOCK PROGRAM p VAR a : A(n := 1); END_VAR "
                 "a(); END_PROGRAM",
                 true),
        -1);
}

static void sizes_of_types(void **state)
{
    (void)state;
    run("TYPE Rec : STRUCT a : DINT; b : INT; c : BYTE; END_STRUCT END_TYPE\n"
        "PROGRAM p VAR n : UDINT; k : INT; m : ARRAY[1..SIZEOF(Rec)] OF BYTE; x : __UXINT; y : __XWORD; END_VAR\n"
        "n := SIZEOF(Rec); k := SIZEOF(LREAL); x := SIZEOF(m); y := ADR(n);\nEND_PROGRAM",
        1);
    is("n", 8); /* 4, 2, 1, and up to a multiple of 4 */
    is("k", 8);
    is("x", 8);
    done();
}

static void blocks_of_codesys(void **state)
{
    (void)state;
    run("PROGRAM p VAR b : BLINK; l : LIN_TRAFO; a : LIMITALARM; END_VAR\n"
        "b(ENABLE := TRUE, TIMELOW := T#300ms, TIMEHIGH := T#200ms); l(IN := 12.0, IN_MIN := 4.0, IN_MAX := 20.0, OUT_MIN := "
        "0.0, "
        "OUT_MAX := 50.0);\na(IN := 7, HIGH := 5, LOW := 1);\nEND_PROGRAM",
        1);
    is("b.OUT", 1); /* at 0 ms */
    is("l.OUT", 25.0);
    is("a.O", 1);
    is("a.IL", 0);
    scan(1);
    is("b.OUT", 1); /* 100 ms */
    scan(1);
    is("b.OUT", 0); /* 200 ms */
    scan(2);
    is("b.OUT", 0); /* 400 ms */
    scan(1);
    is("b.OUT", 1); /* 500 ms */
    done();
}

/* What stands around the units in exported libraries. */
static void exports_are_read(void **state)
{
    (void)state;
    assert_int_equal(warnings("(*@KEY@:DESCRIPTION*)\nit's the \"first\" 5% (* of\n(*@KEY@:END_DESCRIPTION*)\n"
                              "FUNCTION_BLOCK A VAR x : INT; END_VAR x := 1; END_FUNCTION_BLOCK\n"
                              "PROGRAM p VAR a : A; END_VAR a(); END_PROGRAM\n",
                              true),
                     0);
    assert_int_equal(warnings("PROGRAM p VAR x : INT; END_VAR x := 1; END_PROGRAM\n"
                              "LIBRARY\nStandard.lib 5.6.98 12:03:02\n(* @LIBRARYSYMFILEINFO := '0' *)\nNumOfPOUs: 26\n"
                              "ASCII: 0\nEND_LIBRARY\nVAR_GLOBAL g : INT; END_VAR\n",
                              true),
                     1);
    assert_int_equal(warnings("PROGRAM p VAR x : INT; END_VAR x := 1; END_PROGRAM\nLIBRARY\nStandard.lib\n", true), -1);
}

/* Twice what one level takes, level by level, would never end. */
static int nested(const char *before, const char *open, const char *close, const char *after)
{
    char text[8192];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", before);
    for (int i = 0; i < 40; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", open);
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "x");
    for (int i = 0; i < 40; i++) {
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", close);
    }
    (void)snprintf(text + n, sizeof text - n, "%s", after);
    return warnings(text, true);
}

static void nests_are_walked_once(void **state)
{
    (void)state;
    char constants[8192];
    size_t n = (size_t)snprintf(constants, sizeof constants, "VAR_GLOBAL CONSTANT c0 : LINT := 1; ");
    for (int i = 1; i < 60; i++) {
        n += (size_t)snprintf(constants + n, sizeof constants - n, "c%d : LINT := c%d + c%d; ", i, i - 1, i - 1);
    }
    (void)snprintf(constants + n, sizeof constants - n, "END_VAR PROGRAM p VAR x : LINT; END_VAR x := c59; END_PROGRAM");
    assert_int_equal(warnings(constants, true), 0);
    static const char end[] = "; END_PROGRAM";
    assert_int_equal(nested("PROGRAM p VAR x : INT; END_VAR x := ", "ADD(", ", x, 1)", end), 0);
    assert_int_equal(nested("PROGRAM p VAR x : INT; END_VAR x := ", "SEL(x > 1, ", ", 1)", end), 0);
    assert_int_equal(nested("PROGRAM p VAR x : TIME; END_VAR x := ", "MULTIME(", ", 2)", end), 0);
    assert_int_equal(nested("PROGRAM p VAR x : INT; a : ARRAY[0..9] OF INT; END_VAR x := ", "a[", "]", end), 0);
    assert_int_equal(nested("PROGRAM p VAR x : BOOL; END_VAR x := ", "EQ(x, ", ", x)", end), 0);
    assert_int_equal(nested("PROGRAM p VAR x, z : BOOL; END_VAR x := ", "NOT(EN := ", ", IN := x, ENO => z)", end),
                     -1); /* this is generated twice ... */
    assert_int_equal(
        nested("INTERFACE I METHOD m : INT VAR_INPUT a : INT; END_VAR END_METHOD END_INTERFACE\n"
               "FUNCTION_BLOCK A IMPLEMENTS I METHOD m : INT VAR_INPUT a : INT; END_VAR m := a; END_METHOD END_FUNCTION_BLOCK\n"
               "FUNCTION_BLOCK B IMPLEMENTS I METHOD m : INT VAR_INPUT a : INT; END_VAR m := 2; END_METHOD END_FUNCTION_BLOCK\n"
               "PROGRAM p VAR v : I; a1 : A; b1 : B; x : INT; END_VAR v := a1; x := ",
               "v.m(", ")", end),
        -1); /* ... and this once for each that implements it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_may_be_left_out),
        cmocka_unit_test(nests_are_walked_once),
        cmocka_unit_test(own_constants_in_bounds),
        cmocka_unit_test(inputs_by_their_other_names),
        cmocka_unit_test(values_lent_to_in_outs),
        cmocka_unit_test(bytes_of_strings),
        cmocka_unit_test(statements_of_older_systems),
        cmocka_unit_test(literals_beside_variables),
        cmocka_unit_test(sizes_of_types),
        cmocka_unit_test(blocks_of_codesys),
        cmocka_unit_test(exports_are_read),
        cmocka_unit_test(arrays_of_any_bounds),
        cmocka_unit_test(instances_are_constructed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
