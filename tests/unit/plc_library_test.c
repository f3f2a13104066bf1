/* What libraries of others are made of: numbers without a type beside each other, tables that are handed on. Values are worked
 * out in the comments. */
#include "support/plc_run.h"

#include "plc/tools.h"

/* A whole literal beside a real one is real. */
static void whole_literals_beside_real_ones(void **state)
{
    (void)state;
    run("PROGRAM p VAR CONSTANT k : LREAL := 5 / 2.0; END_VAR VAR third, l : LREAL; r, s : REAL; less, same : BOOL; i : INT; "
        "d : REAL := 2.; w : WORD; END_VAR\n"
        "third := 1 / 4.0; l := 1 + 2 * 3.5 - 4; r := -(3 / 8.0); s := 2 ** 0.5 * 0 + k; less := 1 < 1.5; same := 1 + 1 = 2.0;\n"
        "i := TRUNC(7 / 2.0); d := d*3.; w.1 := TRUE; CASE i OF 1..3: d := d + 1.; END_CASE\nEND_PROGRAM",
        1);
    is("third", 0.25);
    is("l", 4.0); /* 1 + 7 - 4 */
    is("r", -0.375);
    is("s", 2.5);
    is("less", 1);
    is("same", 1);
    is("i", 3);
    is("d", 7.0);
    done();
}

/* Rows have their size also where no variable of the very type lies in memory. */
static void tables_are_handed_on(void **state)
{
    (void)state;
    run("FUNCTION at_row : INT VAR_INPUT add : INT; END_VAR VAR_IN_OUT t : ARRAY[1..2, 0..2] OF INT; END_VAR\n"
        "VAR_INPUT row : INT; END_VAR at_row := add + t[row, 1]; END_FUNCTION\n"
        "FUNCTION by_pointer : INT VAR_INPUT t : POINTER TO ARRAY[0..1, 0..2] OF INT; row : INT; END_VAR\n"
        "by_pointer := t^[row, 2]; END_FUNCTION\n"
        "FUNCTION by_reference : INT VAR_INPUT t : REFERENCE TO ARRAY[0..1] OF ARRAY[0..2] OF INT; row : INT; END_VAR\n"
        "by_reference := t[row][0]; END_FUNCTION\n"
        "FUNCTION_BLOCK total VAR_IN_OUT t : ARRAY[0..1, 0..2, 0..1] OF INT; END_VAR VAR_OUTPUT sum : INT; END_VAR VAR i : INT; "
        "END_VAR\n"
        "sum := 0; FOR i := 0 TO 1 DO sum := sum + t[i, 2, 1]; END_FOR END_FUNCTION_BLOCK\n"
        "PROGRAM p VAR one : ARRAY[1..2, 0..2] OF INT := [1, 2, 3, 4, 5, 6]; two : ARRAY[0..1, 0..2] OF INT := [1, 2, 3, 4, 5, "
        "6];\n"
        "three : ARRAY[0..1] OF ARRAY[0..2] OF INT := [1, 2, 3, 4, 5, 6];\n"
        "four : ARRAY[0..1, 0..2, 0..1] OF INT := [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]; t : total; a, b, c : INT; END_VAR\n"
        "a := at_row(10, one, 2); b := by_pointer(ADR(two), 1); c := by_reference(three, 1); t(t := four);\nEND_PROGRAM",
        1);
    is("a", 15); /* in-outs stand in the order in which they are declared */
    is("b", 6);
    is("c", 4);
    is("t.sum", 18); /* 6 and 12 */
    done();
}

/* Methods and properties behind their block, globals and paths inside a program. */
static void members_stand_elsewhere(void **state)
{
    (void)state;
    run("FUNCTION_BLOCK tank VAR level : INT := 3; END_VAR END_FUNCTION_BLOCK\n"
        "METHOD PUBLIC add : INT VAR_INPUT n : INT; END_VAR level := level + n; add := level; END_METHOD\n"
        "PROPERTY half : INT GET half := level / 2; END_GET SET level := half * 2; END_SET END_PROPERTY\n"
        "PROGRAM p VAR_GLOBAL limit : INT := 40; END_VAR VAR_ACCESS path : t.level : INT READ_ONLY; END_VAR\n"
        "VAR t : tank; a, b, c : INT; END_VAR\n"
        "a := t.add(4); b := t.half; t.half := 10; limit := limit + t.add(1); c := limit;\nEND_PROGRAM",
        1);
    is("a", 7);
    is("b", 3);
    is("limit", 61); /* 40 and 2 * 10 + 1 */
    is("c", 61);
    done();
}

/* Conditional compilation: what stands in a branch that does not hold need not even be a program. */
static void conditions_leave_text_out(void **state)
{
    (void)state;
    run("PROGRAM p VAR a, b, c, d, e : INT; END_VAR\n"
        "{define FAST}{define KIND 'small'}\n"
        "{IF defined (FAST)} a := 1; {ELSE} it's no program { nor this } (* nor *) this; {END_IF}\n"
        "{IF defined (slow)} one of a kind\n // {END_IF}\n"
        "{ELSIF NOT defined(Slow) AND hasvalue(KIND, 'small')} b := 2;\n"
        "{IF defined (pou: q) OR (defined (FAST) AND NOT (defined(SLOW)))} b := b + 10; {END_IF}\n"
        "{ELSE} b := q; {END_IF}\n"
        "{undefine FAST}{IF defined (FAST)} {IF defined (KIND)} x {ELSE} y {END_IF} {define TOO} {ELSE} c := 3; {END_IF}\n"
        "{IF defined (TOO)} z {END_IF} {if (d) { d = 1; } else}\n" /* C between braces is none */
        "d := 4; {warning 'and this is passed over'} {region 'x'} e := 5; {endregion}\nEND_PROGRAM",
        1);
    is("a", 1);
    is("b", 12);
    is("c", 3);
    is("d", 4);
    is("e", 5);
    done();
    assert_int_equal(warnings("PROGRAM p {IF defined (x)} END_PROGRAM", true), -1); /* the rest of the file would be missing */
}

/* The names under which CODESYS has conversions of any type, and the clock as LTIME. */
static void conversions_of_any_type(void **state)
{
    (void)state;
    run("TYPE code : (none := 0, guard := 16#8130) UINT; END_TYPE\n"
        "PROGRAM p VAR w : WORD; i : INT; d : DWORD; r : REAL; l : LTIME; b : BYTE; same : BOOL; END_VAR\n"
        "w := ANYNUM_TO_WORD(code.guard); i := ANY_TO_INT(2.5E1); d := ANY_TO_DWORD(w); r := ANYNUM_TO_REAL(i);\n"
        "b := ANYBIT_TO_BYTE(16#1FF); l := LTIME(); same := LTIME_TO_TIME(l) = TIME();\nEND_PROGRAM",
        3);
    is("w", 0x8130);
    is("i", 25);
    is("d", 0x8130);
    is("r", 25.0);
    is("b", 255);
    is("same", 1);
    done();
}

/* A program with an in-out that its configuration does not give, as OpenPLC's editor lets one make them. */
static void programs_keep_in_outs_of_their_own(void **state)
{
    (void)state;
    static const char text[] =
        "PROGRAM q VAR_IN_OUT n : INT; END_VAR VAR seen : INT; END_VAR n := n + 2; seen := n; END_PROGRAM\n"
        "CONFIGURATION c RESOURCE r ON PLC TASK t(INTERVAL := T#100ms, PRIORITY := 0);\n"
        "PROGRAM i WITH t : q; END_RESOURCE END_CONFIGURATION";
    assert_int_equal(warnings(text, false), 1);
    run(text, 3);
    is("i.seen", 6); /* 2 in each of three scans */
    done();
    assert_int_equal(
        warnings("FUNCTION_BLOCK f VAR_IN_OUT n : INT; END_VAR END_FUNCTION_BLOCK PROGRAM p VAR x : f; END_VAR x(); END_PROGRAM",
                 true),
        -1);
}

/* Classes, types with an access specifier, and a namespace before a list of variables. */
static void classes_are_blocks(void **state)
{
    (void)state;
    run("NAMESPACE Lib TYPE INTERNAL span : STRUCT low, high : INT; END_STRUCT; END_TYPE\n"
        "CLASS ABSTRACT base VAR PROTECTED n : INT := 1; END_VAR METHOD PUBLIC next : INT n := n + 1; next := n; END_METHOD "
        "END_CLASS\n"
        "CLASS FINAL counter EXTENDS base METHOD PUBLIC OVERRIDE next : INT n := n + 10; next := SUPER.next(); END_METHOD "
        "END_CLASS\n"
        "END_NAMESPACE VAR_GLOBAL bound : INT := 4; END_VAR\n"
        "PROGRAM p VAR s : Lib.span; c : Lib.counter; CLASS : INT; END_VAR\n"
        "s.high := c.next(); CLASS := Lib.Parameters.bound; Lib.Parameters.bound := CLASS * 2;\nEND_PROGRAM",
        1);
    is("s.high", 12); /* 1 and 10 and 1 */
    is("class", 4);
    is("bound", 8);
    done();
    assert_int_equal(warnings("VAR_GLOBAL g : INT; END_VAR PROGRAM p VAR x : INT; END_VAR x := y.z.w; END_PROGRAM", true), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_literals_beside_real_ones),
        cmocka_unit_test(tables_are_handed_on),
        cmocka_unit_test(members_stand_elsewhere),
        cmocka_unit_test(conditions_leave_text_out),
        cmocka_unit_test(conversions_of_any_type),
        cmocka_unit_test(programs_keep_in_outs_of_their_own),
        cmocka_unit_test(classes_are_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
