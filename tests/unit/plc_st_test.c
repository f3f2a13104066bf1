/* Structured Text, compiled and run: what the standard says of each construct. Expected values are worked out in the comments or
 * come from IEC 61131-3's tables. */
#include "support/plc_run.h"

/* By place: inputs, and behind them outputs. */
static void arguments_by_place_reach_outputs(void **state)
{
    (void)state;
    run("FUNCTION f : INT VAR_INPUT a : INT; END_VAR VAR_OUTPUT twice : INT; END_VAR twice := 2 * a; f := a; END_FUNCTION\n"
        "PROGRAM p VAR t : TON; q : BOOL; et : TIME; x, y : INT; END_VAR t(TRUE, T#0s, q, et); x := f(4, y); END_PROGRAM",
        1);
    is("q", 1);
    is("x", 4);
    is("y", 8);
    done();
}

static void operators_bind_as_table_55_says(void **state)
{
    (void)state;
    run("PROGRAM p VAR a, b, c, d, e, f : INT; l, m, n : BOOL; r : REAL; END_VAR\n"
        "a := 2 + 3 * 4; b := (2 + 3) * 4; c := 17 MOD 5 * 2; d := -7 / 2; e := -7 MOD 3; f := 5 MOD 0;\n"
        "l := TRUE OR TRUE AND FALSE; m := NOT FALSE AND FALSE; n := 1 < 2 = TRUE;\n"
        "r := 2.0 ** 3.0 * 2.0;\nEND_PROGRAM",
        1);
    is("a", 14);
    is("b", 20);
    is("c", 4);  /* 17 MOD 5 = 2 first */
    is("d", -3); /* towards zero */
    is("e", -1); /* sign of the dividend */
    is("f", 0);  /* table 24 */
    is("l", 1);  /* AND before OR */
    is("m", 0);  /* NOT before AND */
    is("n", 1);  /* < before = */
    is("r", 16);
    done();
}

static void integers_wrap(void **state)
{
    (void)state;
    run("PROGRAM p VAR a : SINT := 127; b : INT := -32768; c : USINT := 0; d : UDINT; e : LINT; f : UINT := 65535; g : DINT; "
        "one : INT := 1; h : INT; END_VAR\n"
        "a := a + 1; b := b - one; c := c - 1; d := d - 1; e := 9223372036854775807; e := e + 1; f := f * f;\n"
        "g := 2147483647; g := g * 2; h := -32768; h := h / (-one);\nEND_PROGRAM",
        1);
    is("a", -128);
    is("b", 32767);
    is("c", 255);
    is("d", 4294967295.0);
    is("e", -9223372036854775808.0);
    is("f", 1);  /* 65535^2 = 4294836225 = 65534 * 65536 + 1 */
    is("g", -2); /* 4294967294 - 2^32 */
    is("h", -32768);
    done();
}

static void conversions_round_to_even(void **state)
{
    (void)state;
    run("PROGRAM p VAR r : REAL; a, b, c, d, e : INT; u : USINT; w : WORD; l : LREAL; t : TIME; x : DINT; bo : BOOL; y : REAL; "
        "END_VAR\n"
        "r := 2.5; a := REAL_TO_INT(r); r := 3.5; b := REAL_TO_INT(r); r := -2.5; c := TO_INT(r); r := 1.0E6; d := "
        "REAL_TO_INT(r);\n"
        "r := 2.9; e := REAL_TRUNC_INT(r); r := -3.0; u := REAL_TO_USINT(r); x := 70000; w := DINT_TO_WORD(x);\n"
        "l := 0.1; t := T#1500ms; x := TIME_TO_DINT(t); bo := INT_TO_BOOL(a); y := TIME_TO_REAL(t);\nEND_PROGRAM",
        1);
    is("a", 2);
    is("b", 4);
    is("c", -2);
    is("d", 32767);
    is("e", 2);
    is("u", 0);
    is("w", 4464); /* 70000 - 65536 */
    is("l", 0.1);
    is("x", 1500);
    is("bo", 1);
    is("y", 1500);
    done();
}

static void literals_have_all_forms(void **state)
{
    (void)state;
    run("PROGRAM p VAR a, b, c, d : DINT; e : WORD; f : REAL; g : BOOL; h : BYTE; t, u, v : TIME; s : STRING; w : LREAL; o : "
        "TOD; "
        "k : DATE; z : DT; q : LTIME; END_VAR\n"
        "a := 16#FF; b := 2#1010_0101; c := 8#17; d := 1_000_000; e := WORD#16#ABCD; f := REAL#1.5e2; g := BOOL#1; h := "
        "BYTE#2#11;\n"
        "t := T#1d2h3m4s5ms; u := TIME#-1.5h; v := t#100us; s := 'a$$b$'c$0Ad'; w := 1.0E-3; o := TOD#12:30:15.5; k := "
        "D#1970-01-02;\n"
        "z := DT#2000-01-01-00:00:00; q := LTIME#5us_3ns;\nEND_PROGRAM",
        1);
    is("a", 255);
    is("b", 165);
    is("c", 15);
    is("d", 1000000);
    is("e", 0xABCD);
    is("f", 150);
    is("g", 1);
    is("h", 3);
    is("t", 93784.005); /* 86400 + 7200 + 180 + 4 + 0.005 */
    is("u", -5400);
    is("v", 0.0001);
    text_is("s", "a$b'c\nd");
    is("w", 0.001);
    is("o", 45015.5);
    is("k", 86400);
    is("z", 946684800); /* 30 years with 7 leap days: 10957 days */
    is("q", 0.000005003);
    done();
}

static void statements_go_their_ways(void **state)
{
    (void)state;
    run("PROGRAM p VAR i, n, sum, odd, down, w, r, ca, cb, cc : INT; u : USINT; cnt : DINT; k : INT := 3; st : INT := -2; gen : "
        "INT; END_VAR\n"
        "FOR i := 1 TO 10 DO IF i MOD 2 = 0 THEN CONTINUE; END_IF; odd := odd + i; IF i > 6 THEN EXIT; END_IF; END_FOR;\n"
        "FOR n := 10 TO 1 BY -3 DO down := down * 10 + n MOD 10; END_FOR;\n"
        "WHILE w * w < 50 DO w := w + 1; END_WHILE;\n"
        "REPEAT r := r + 1; UNTIL r >= 5 END_REPEAT;\n"
        "FOR u := 250 TO 255 DO cnt := cnt + 1; END_FOR;\n"
        "FOR n := 9 TO 0 BY st DO gen := gen + n; END_FOR;\n"
        "FOR n := 5 TO 4 DO sum := 99; END_FOR;\n"
        "CASE k OF 1, 2: ca := 1; 3 .. 5: ca := 2; ELSE ca := 3; END_CASE;\n"
        "CASE k + 10 OF 1: cb := 1; -3 .. 12: cb := 2; ELSE cb := 7; END_CASE;\n"
        "CASE k OF 3: CASE k OF 3: cc := 33; END_CASE; END_CASE;\nEND_PROGRAM",
        1);
    is("odd", 16);              /* 1 + 3 + 5 + 7 */
    is("down", 0 * 1000 + 741); /* 10 -> 0, 7, 4, 1 */
    is("w", 8);
    is("r", 5);
    is("cnt", 6);  /* ends at the type's last value */
    is("gen", 25); /* 9 + 7 + 5 + 3 + 1 */
    is("sum", 0);
    is("ca", 2);
    is("cb", 7);
    is("cc", 33);
    done();
}

static void derived_types_hold_their_values(void **state)
{
    (void)state;
    run("TYPE Mode : (Off, Auto := 5, Hand); Small : INT (3..9); Vec : ARRAY[1..3] OF REAL;\n"
        "Rec : STRUCT a : INT := 7; v : Vec := [1.0, 2(4.0)]; m : Mode := Mode#Auto; END_STRUCT; Num : DINT := 42; END_TYPE\n"
        "PROGRAM p VAR m : Mode := Hand; s : Small; r, q : Rec := (a := 8); n : Num; t : ARRAY[0..1, 0..2] OF INT := [1, 2, 3, "
        "4, 5, 6];\n"
        "x, y : INT; eq : BOOL; recs : ARRAY[1..2] OF Rec; i : INT; z : REAL; c : Mode; END_VAR\n"
        "x := t[1, 0]; i := 2; recs[i].v[i + 1] := 9.5; recs[1] := recs[i]; z := recs[1].v[3]; q.a := 1; r := q; eq := r.a = 1;\n"
        "IF m = Mode.Hand THEN y := 1; END_IF; c := Auto; t[i - 1, i] := 77;\nEND_PROGRAM",
        1);
    is("m", 6);
    is("s", 3); /* a subrange begins at its least value */
    is("n", 42);
    is("x", 4);
    is("y", 1);
    is("z", 9.5);
    is("p.r.v[2]", 4);
    is("p.recs[2].a", 7);
    is("p.recs[2].m", 5);
    is("c", 5);
    is("p.t[1,2]", 77);
    is("eq", 1);
    done();
}

static void calls_pass_by_value_result_and_reference(void **state)
{
    (void)state;
    run("FUNCTION Mul : INT VAR_INPUT a : INT; b : INT := 10; END_VAR VAR_OUTPUT twice : INT; END_VAR VAR n : INT; END_VAR\n"
        "n := n + 1; Mul := a * b + n - 1; twice := Mul * 2; END_FUNCTION\n"
        "FUNCTION Swap : BOOL VAR_IN_OUT x, y : INT; END_VAR VAR t : INT; END_VAR t := x; x := y; y := t; Swap := TRUE; "
        "END_FUNCTION\n"
        "FUNCTION Total : REAL VAR_IN_OUT v : ARRAY[1..3] OF REAL; END_VAR VAR i : INT; END_VAR\n"
        "FOR i := 1 TO 3 DO Total := Total + v[i]; v[i] := 0.0; END_FOR; END_FUNCTION\n"
        "FUNCTION_BLOCK Acc VAR_INPUT d : INT; END_VAR VAR_OUTPUT sum : INT; END_VAR VAR_IN_OUT log : INT; END_VAR\n"
        "sum := sum + d; log := log + 1; END_FUNCTION_BLOCK\n"
        "FUNCTION_BLOCK Outer VAR_INPUT d : INT; END_VAR VAR_OUTPUT s : INT; END_VAR VAR a : ARRAY[0..1] OF Acc; n : INT; "
        "END_VAR\n"
        "a[0](d := d, log := n); a[n MOD 2](d := d * 10, log := n, sum => s); END_FUNCTION_BLOCK\n"
        "PROGRAM p VAR a, b, c, d, e : INT; x : INT := 1; y : INT := 2; ok : BOOL; o, o2 : Outer; v : ARRAY[1..3] OF REAL := "
        "[1.0, 2.0, 4.0];\n"
        "t : REAL; q AT %QX1.2 : BOOL; END_VAR\n"
        "a := Mul(3); b := Mul(b := 4, a := 5, twice => c); d := Mul(Mul(2, 3), Mul(1, 2)); ok := Swap(x, y); t := Total(v); t "
        ":= t + Total(v);\n"
        "o(d := 1); o2(d := 5, s => e); Mul(a := 1, b := 1, twice => a);\nEND_PROGRAM",
        1);
    is("a", 2);
    is("b", 20);
    is("c", 40);
    is("d", 12);
    is("x", 2);
    is("y", 1);
    is("ok", 1);
    is("t", 7); /* the second time the elements are 0 */
    is("o.s", 10);
    is("e", 50);
    is("p.o.n", 2);
    is("p.o.a[0].sum", 1);
    is("p.o.a[1].sum", 10);
    done();
}

static void references_lead_to_variables(void **state)
{
    (void)state;
    run("TYPE Node : STRUCT v : INT; next : REF_TO Node; END_STRUCT; END_TYPE\n"
        "PROGRAM p VAR a, b : Node; r : REF_TO Node; n : REF_TO INT; i, k : INT; isnull : BOOL; f : REFERENCE TO INT; END_VAR\n"
        "a.v := 1; b.v := 2; a.next := REF(b); r := REF(a); k := r^.next^.v; n := REF(i); n^ := 9; isnull := b.next = NULL;\n"
        "f REF= i; f := f + 1;\nEND_PROGRAM",
        1);
    is("k", 2);
    is("i", 10);
    is("isnull", 1);
    done();
}

static void located_variables_lie_in_the_image(void **state)
{
    (void)state;
    run("VAR_GLOBAL lvl AT %MD1 : REAL; cmd AT %QX0.3 : BOOL; END_VAR\n"
        "PROGRAM p VAR w AT %MW2 : WORD; i AT %IX2.1 : BOOL; n : INT; hi : BOOL; END_VAR VAR_EXTERNAL lvl : REAL; END_VAR\n"
        "lvl := 1.0; cmd := TRUE; hi := %MX7.7 OR i; n := WORD_TO_INT(%MW3); %QW5 := 16#1234; w.1 := TRUE;\nEND_PROGRAM",
        1);
    is("hi", 0);
    is("n", 0x3F80); /* 1.0 is 3F800000, low word first */
    is("cmd", 1);
    is("w", 2);
    assert_int_equal(mr_image_word(mr_plc_image(plc), MR_AREA_Q, 5), 0x1234);
    assert_true(mr_image_bit(mr_plc_image(plc), MR_AREA_Q, 3));
    done();
}

static void strings_follow_table_29(void **state)
{
    (void)state;
    run("PROGRAM p VAR a, b, c, d, e, f, g, h : STRING; n, m : INT; lt : BOOL; s5 : STRING[5]; END_VAR\n"
        "a := LEFT(IN := 'ASTR', L := 3); b := RIGHT(IN := 'ASTR', L := 3); c := MID(IN := 'ASTR', L := 2, P := 2);\n"
        "d := CONCAT('AB', 'CD', 'E'); e := INSERT(IN1 := 'ABC', IN2 := 'XY', P := 2); f := DELETE(IN := 'ABXYC', L := 2, P := "
        "3);\n"
        "g := REPLACE(IN1 := 'ABCDE', IN2 := 'X', L := 2, P := 3); n := FIND(IN1 := 'ABCBC', IN2 := 'BC'); m := LEN('ASTRING');\n"
        "h := CONCAT(INT_TO_STRING(-5), REAL_TO_STRING(1.5)); lt := 'ABC' < 'ABD'; s5 := 'ABCDEFGH'; s5 := CONCAT(s5, "
        "'Z');\nEND_PROGRAM",
        1);
    text_is("a", "AST"); /* the examples of the table */
    text_is("b", "STR");
    text_is("c", "ST");
    text_is("d", "ABCDE");
    text_is("e", "ABXYC");
    text_is("f", "ABC");
    text_is("g", "ABXE");
    is("n", 2);
    is("m", 7);
    text_is("h", "-51.5");
    is("lt", 1);
    text_is("s5", "ABCDE");
    done();
}

/* Table 28: GT(a, b, c) is (a > b) & (b > c); an argument is worked out once. */
static void the_middle_of_a_chain_is_worked_out_once(void **state)
{
    (void)state;
    run("FUNCTION Next : INT VAR_IN_OUT n : INT; END_VAR n := n + 1; Next := n; END_FUNCTION\n"
        "FUNCTION Name : STRING VAR_IN_OUT n : INT; END_VAR n := n + 1; Name := 'm'; END_FUNCTION\n"
        "TYPE Pair : STRUCT a, b : INT; END_STRUCT END_TYPE\n"
        "FUNCTION Make : Pair VAR_IN_OUT n : INT; END_VAR n := n + 1; Make.a := 7; END_FUNCTION\n"
        "PROGRAM p VAR n, m, q, k, j : INT; a, b, c, d, e : BOOL; x : Pair := (a := 7); r : REAL; END_VAR\n"
        "a := GT(9, Next(n), 0); b := LT('a', Name(m), 'z'); c := EQ(x, Make(q), x);\n"
        "d := LE(r, Next(k), Next(k), 2.5, Next(j)); e := GT(9, SEL(GT(5, Next(j), 1), 0, 3), 1);\nEND_PROGRAM",
        1);
    is("n", 1);
    is("a", 1); /* 9 > 1 > 0 */
    is("m", 1);
    is("b", 1);
    is("q", 1);
    is("c", 1);
    is("k", 2);
    is("j", 2);
    is("d", 0); /* 0 <= 1 <= 2 <= 2.5, but 2.5 > 1 */
    is("e", 1); /* 5 > 2 > 1, so 9 > 3 > 1 */
    done();
}

static void standard_functions_give_their_values(void **state)
{
    (void)state;
    run("PROGRAM p VAR a, b, c, d, e : INT; x, y : REAL; l : BOOL; w : WORD; bb : BYTE; z : LREAL; bcd : WORD; u : UINT; t : "
        "TIME; dt1 : DT; "
        "da : DATE; td : TOD; END_VAR\n"
        "a := MAX(3, 9, 5); b := LIMIT(0, 120, 100); c := MUX(1, 10, 20, 30); d := SEL(G := TRUE, IN0 := 3, IN1 := 4); e := "
        "ABS(-7);\n"
        "x := SQRT(REAL#16.0); y := ADD(1.0, 2.0, 3.5); l := GT(5, 4, 3) AND NOT GT(5, 4, 4); w := SHL(WORD#16#00FF, 4); bb := "
        "ROR(BYTE#16#01, 1);\n"
        "z := EXPT(2.0, 0.5); bcd := UINT_TO_BCD_WORD(UINT#1234); u := WORD_BCD_TO_UINT(16#4321); t := T#2s * 2.5 - T#1s;\n"
        "dt1 := CONCAT_DATE_TOD(D#2000-03-01, TOD#01:00:00); da := DT_TO_DATE(dt1); td := DT_TO_TOD(dt1);\nEND_PROGRAM",
        1);
    is("a", 9);
    is("b", 100);
    is("c", 20);
    is("d", 4);
    is("e", 7);
    is("x", 4);
    is("y", 6.5);
    is("l", 1);
    is("w", 0x0FF0);
    is("bb", 0x80);
    is("z", 1.4142135623730951);
    is("bcd", 0x1234);
    is("u", 4321);
    is("t", 4);
    is("td", 3600);
    is("da", 951868800); /* 2000-03-01: 11017 days */
    done();
}

static void blocks_inherit_and_have_methods(void **state)
{
    (void)state;
    run("FUNCTION_BLOCK Base VAR_INPUT k : INT; END_VAR VAR n : INT; END_VAR\n"
        "METHOD PUBLIC Bump : INT VAR_INPUT q : INT := 1; END_VAR n := n + q; Bump := n; END_METHOD\n"
        "n := n + k;\nEND_FUNCTION_BLOCK\n"
        "FUNCTION_BLOCK Derived EXTENDS Base VAR m : INT; END_VAR\n"
        "METHOD Twice : INT Twice := THIS^.Bump() + Bump(q := 10); END_METHOD\n"
        "SUPER^(); m := n * 2;\nEND_FUNCTION_BLOCK\n"
        "PROGRAM p VAR d : Derived; a, b : INT; END_VAR d(k := 5); a := d.Twice(); b := d.Bump(); END_PROGRAM",
        1);
    is("p.d.m", 10);
    is("a", 6 + 16);
    is("b", 17);
    done();
}

/* What older systems write: initial values without brackets, comments that do not nest, addresses of any type. */
static void older_programs_compile(void **state)
{
    (void)state;
    run("(* opens (* twice, closes once *)\n"
        "TYPE Mode : (Off, Auto := 5, Manual) := Auto; END_TYPE\n"
        "FUNCTION Sum : REAL VAR_INPUT pt : POINTER TO ARRAY[0..32000] OF REAL; size : UINT; END_VAR VAR i : UINT; END_VAR\n"
        "FOR i := 0 TO size / 4 - 1 DO Sum := Sum + pt^[i]; END_FOR; END_FUNCTION\n"
        "FUNCTION Code : BYTE VAR_INPUT s : STRING; nth : INT; END_VAR VAR p : POINTER TO BYTE; END_VAR\n"
        "p := ADR(s) + INT_TO_DWORD(nth - 1); Code := p^; END_FUNCTION\n"
        "PROGRAM p VAR a : ARRAY[1..5] OF INT := 1, 2, 2(7), 9; v : ARRAY[0..2] OF REAL := 1.0, 2.0, 3.5; m : Mode; r, q : "
        "REAL;\n"
        "b : BYTE; i : INT; x : REAL := -2.7; l : LREAL; n : INT := 3; END_VAR\n"
        "r := Sum(ADR(v), SIZEOF(v)); b := Code('AbC', 2); i := TRUNC(x) + 1; q := 10 ** n; l := 10 ** n;\nEND_PROGRAM",
        1);
    is("a[2]", 2);
    is("a[4]", 7);
    is("a[5]", 9);
    is("m", 5);
    is("r", 6.5);
    is("b", 98); /* 'b' */
    is("i", -1);
    is("q", 1000);
    is("l", 1000);
    done();
}

/* Table 20: with EN FALSE nothing is carried out, not even a division by 0, and the result is the type's initial value. */
static void functions_have_en_and_eno(void **state)
{
    (void)state;
    run("TYPE T1 : STRUCT a : INT := 3; END_STRUCT; END_TYPE\n"
        "FUNCTION twice : INT VAR_INPUT x : INT; END_VAR twice := 2 * x; END_FUNCTION\n"
        "PROGRAM p VAR a, b, c, d, e, zero : INT; s, s2 : STRING; n, t1, t2, t3 : BOOL; r, r2 : T1; END_VAR\n"
        "r2.a := 8; s2 := 'old';\n"
        "a := ADD(EN := TRUE, IN1 := 1, IN2 := 2, ENO => t1); b := 7;\n"
        "b := DIV(EN := zero <> 0, IN1 := 7, IN2 := zero, ENO => t2);\n"
        "c := twice(EN := t1, x := 4, ENO => t3); d := twice(EN := t2, x := 4);\n"
        "e := MUX(EN := t1, K := 1, IN0 := 3, IN1 := 4);\n"
        "s := CONCAT(EN := t1, 'a', 'b'); s2 := LEFT(EN := t2, IN := 'abc', L := 2); n := NOT(IN := t2);\n"
        "r := SEL(EN := t1, G := TRUE, IN0 := r, IN1 := r2); END_PROGRAM",
        1);
    is("a", 3);
    is("t1", 1);
    is("b", 0);
    is("t2", 0);
    is("c", 8);
    is("t3", 1);
    is("d", 0);
    is("e", 4);
    text_is("s", "ab");
    text_is("s2", "");
    is("n", 1);
    is("r.a", 8);
    done();
}

/* Table 21, feature 2; BCD as both editions write it; what tables 22 to 30 say of halves, signs, widths and positions. */
static void functions_are_typed_and_keep_to_their_tables(void **state)
{
    (void)state;
    run("PROGRAM p VAR a, b, c, d, e, f, g, h, i, j, k, l : INT; w, x : WORD; y, z : BYTE; r : REAL; t, u, v : TIME; q : BOOL; "
        "s, s2 : STRING;\n"
        "dt1 : DT; td : TOD; END_VAR\n"
        "a := ADD_INT(1, 2); r := MUL_REAL(2, 3.5); w := SHL_WORD(16#0F, 4); b := MAX_INT(1, 5); q := GT_INT(3, 2); c := "
        "SEL_INT(TRUE, 1, 2);\n"
        "d := LIMIT_INT(MN := 0, IN := 15, MX := 3); x := INT_TO_BCD(5943); y := USINT_TO_BCD_BYTE(99); e := BCD_TO_INT(x);\n"
        "f := REAL_TO_INT(2.5); g := REAL_TO_INT(-1.6); h := TRUNC(-1.6); i := -7 / 2; j := -7 MOD 2; z := ROR(BYTE#1, 9); y := "
        "SHR(y, 8);\n"
        "t := T#1s500ms * 3; u := DIVTIME(T#1s, 4); v := TOD#12:00:00 - TOD#10:30:00; k := FIND('ABCBC', 'BC'); l := MUX_INT(1, "
        "7, 8);\n"
        "s := REPLACE('ABCDE', 'X', 2, 3); s2 := INSERT('ABC', 'XY', 0); dt1 := CONCAT_DATE_TOD(D#2006-06-06, TOD#12:30:15);\n"
        "td := DATE_AND_TIME_TO_TIME_OF_DAY(dt1); END_PROGRAM",
        1);
    is("a", 3);
    is("r", 7);
    is("w", 0xF0);
    is("b", 5);
    is("q", 1);
    is("c", 2);
    is("d", 3);
    is("x", 0x5943);
    is("e", 5943);
    is("f", 2);
    is("g", -2);
    is("h", -1);
    is("i", -3);
    is("j", -1); /* IN1 - IN2 * (IN1 / IN2) = -7 + 6 */
    is("z", 0x80);
    is("y", 0);
    is("t", 4.5);
    is("u", 0.25);
    is("v", 5400);
    is("k", 2);
    is("l", 8);
    text_is("s", "ABXE");
    text_is("s2", "XYABC");
    is("dt1", 1149597015); /* seconds since 1970 */
    is("td", 45015);
    done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_by_place_reach_outputs),
        cmocka_unit_test(operators_bind_as_table_55_says),
        cmocka_unit_test(integers_wrap),
        cmocka_unit_test(conversions_round_to_even),
        cmocka_unit_test(literals_have_all_forms),
        cmocka_unit_test(statements_go_their_ways),
        cmocka_unit_test(derived_types_hold_their_values),
        cmocka_unit_test(calls_pass_by_value_result_and_reference),
        cmocka_unit_test(references_lead_to_variables),
        cmocka_unit_test(located_variables_lie_in_the_image),
        cmocka_unit_test(strings_follow_table_29),
        cmocka_unit_test(the_middle_of_a_chain_is_worked_out_once),
        cmocka_unit_test(standard_functions_give_their_values),
        cmocka_unit_test(functions_have_en_and_eno),
        cmocka_unit_test(functions_are_typed_and_keep_to_their_tables),
        cmocka_unit_test(blocks_inherit_and_have_methods),
        cmocka_unit_test(older_programs_compile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
