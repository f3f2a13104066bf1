/* What programs written for other makers' systems use beyond the standard: pointers, strings written byte by byte, programs that
 * are called by their names, units without a program. Values are worked out in the comments. */
#include "support/plc_run.h"

#include "plc/program.h"
#include "plc/tools.h"

#include <stdio.h>
#include <stdlib.h>

static bool compiles(const char *text, bool check_only)
{
    return warnings(text, check_only) >= 0;
}

static void pointers_are_numbers_too(void **state)
{
    (void)state;
    run("FUNCTION FillAll : UDINT\n"
        "VAR_INPUT pt : POINTER TO BYTE; size : UINT; fill : BYTE; END_VAR\n"
        "VAR last, here : DWORD; wide : POINTER TO DWORD; n : UDINT; END_VAR\n"
        "last := pt; last := last + UINT_TO_DWORD(size);\n"
        "wide := pt; wide^ := 16#04030201; wide := wide + 4;\n"
        "pt := wide;\n"
        "WHILE pt < last DO pt^ := fill; pt := 1 + pt; n := n + 1; END_WHILE\n"
        "here := pt; FillAll := n;\n"
        "END_FUNCTION\n"
        "PROGRAM p VAR b : ARRAY[0..9] OF BYTE; n : UDINT; p1, p2 : POINTER TO BYTE; gap : DWORD; same, after : BOOL; l : LWORD; "
        "back : DWORD; END_VAR\n"
        "n := FillAll(ADR(b), 8, 7); p1 := ADR(b[2]); p2 := ADR(b[6]); gap := p2 - p1; same := p1 = p2; after := p2 > p1;\n"
        "l := p1; back := l; p2 := back; p2^ := 99;\nEND_PROGRAM",
        1);
    is("b[0]", 1); /* the lowest byte of 16#04030201 first */
    is("b[3]", 4);
    is("b[4]", 7);
    is("b[7]", 7);
    is("b[8]", 0); /* behind the 8 */
    is("n", 4);    /* 8 bytes less the first four */
    is("gap", 4);
    is("same", 0);
    is("after", 1);
    is("b[2]", 99); /* through LWORD, DWORD and back */
    done();
}

/* Bit strings count as whole numbers beside REAL. */
static void bit_strings_in_real_expressions(void **state)
{
    (void)state;
    run("PROGRAM p VAR b : BYTE := 200; w : WORD := 65535; share, half, all, typed : REAL; above : BOOL; END_VAR\n"
        "share := b; share := 50.0 / share + share / b; half := b * 0.5; all := w; typed := BYTE#7; above := all > "
        "b;\nEND_PROGRAM",
        1);
    is("share", 1.25); /* 50/200 + 200/200 */
    is("half", 100.0);
    is("all", 65535.0);
    is("typed", 7.0);
    is("above", 1);
    done();
}

/* A program may make any number a pointer; what it reaches is its controller's memory or a fault. */
static void wild_pointers_fault(void **state)
{
    (void)state;
    static const char *const starts[] = {"16#7FFFFFFF", "16#FFFFFFFF", "16#FFFFFFFC", "0"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        char text[300];
        (void)snprintf(
            text, sizeof text,
            "PROGRAM p VAR d : DWORD := %s; q : POINTER TO LWORD; x : LWORD; END_VAR q := d; q^ := 1; x := q^; END_PROGRAM",
            starts[i]);
        start(text);
        scan(1);
        assert_int_equal(mr_plc_state(plc), MR_PLC_FAULTED);
        done();
    }
}

static void strings_are_written_through_pointers(void **state)
{
    (void)state;
    run("FUNCTION OneLetter : STRING[1] VAR_INPUT c : BYTE; END_VAR VAR q : POINTER TO BYTE; END_VAR\n"
        "q := ADR(OneLetter); q^ := c; q := q + 1; q^ := 0; END_FUNCTION\n"
        "FUNCTION Shout : STRING[20] VAR_INPUT s : STRING[20]; END_VAR VAR q : REF_TO ARRAY[1..20] OF BYTE; i : INT; END_VAR\n"
        "q := REF(Shout); Shout := s;\n"
        "FOR i := 1 TO LEN(s) DO IF q^[i] > 96 AND q^[i] < 123 THEN q^[i] := q^[i] - 32; END_IF; END_FOR; END_FUNCTION\n"
        "PROGRAM p VAR a, b, c, d, e : STRING[8]; q : POINTER TO BYTE; before : INT := 5; n, m, z : INT; eq : BOOL; size : INT;\n"
        "after : INT := 6; END_VAR\n"
        "a := OneLetter(65); b := Shout('ab-c'); c := '12345678'; q := ADR(c); q := q + 3; q^ := 0; n := LEN(c);\n"
        "d := c; c := 'longer than it'; m := LEN(c); e := CONCAT(OneLetter(120), OneLetter(121)); eq := e = 'xy';\n"
        "c := ''; z := LEN(c); size := SIZEOF(c);\nEND_PROGRAM",
        2);
    text_is("a", "A");
    text_is("b", "AB-C");
    is("n", 3);
    text_is("d", "123"); /* copied without what stood behind its end */
    is("m", 8);          /* cut to the length */
    is("z", 0);
    text_is("e", "xy");
    is("eq", 1);
    is("size", 9); /* 8 characters and the byte behind them */
    is("before", 5);
    is("after", 6);
    assert_true(mr_plc_set_text(plc, symbol("c"), "set"));
    text_is("c", "set");
    done();
}

/* The byte behind an open string is its own: a terminator there changes no other variable. */
static void a_string_has_room_for_its_end(void **state)
{
    (void)state;
    for (int length = 1; length <= 6; length++) {
        char text[400];
        (void)snprintf(text, sizeof text,
                       "PROGRAM p VAR a : STRING[%d]; b : BYTE := 77; q : POINTER TO BYTE; i : INT; END_VAR\n"
                       "q := ADR(a); FOR i := 1 TO %d DO q^ := 97; q := q + 1; END_FOR; q^ := 0; END_PROGRAM",
                       length, length);
        run(text, 1);
        is("b", 77);
        char expected[8];
        memset(expected, 'a', sizeof expected);
        expected[length] = '\0';
        text_is("a", expected);
        done();
    }
}

static void numbers_have_parts(void **state)
{
    (void)state;
    run("PROGRAM p VAR d : DWORD := 16#44332211; l : LWORD; b, c : BYTE; w : WORD; x : BOOL; a : ARRAY[0..1] OF DWORD; i : INT "
        ":= 1;\n"
        "END_VAR\n"
        "b := d.%B0; c := d.%b3; w := d.%W1; x := d.%X4; l.%D1 := 7; l.%B0 := 16#FF; l.%X63 := TRUE; a[i].%W1 := 16#ABCD;\n"
        "a[i].%B0 := a[i].%B2 + 1;\nEND_PROGRAM",
        1);
    is("b", 0x11);
    is("c", 0x44);
    is("w", 0x4433);
    is("x", 1);                                        /* 16#11 = 2#0001_0001 */
    is("l", 7 * 4294967296.0 + 9223372036854775808.0); /* + 255 is lost in a double's 53 bits: 2^63 + 7 * 2^32 + 255 */
    is("a[1]", 0xABCD00CE);                            /* byte 2 is 16#CD */
    done();
    assert_false(compiles("PROGRAM p VAR w : WORD; b : BYTE; END_VAR b := w.%B2; END_PROGRAM", false));
    assert_false(compiles("PROGRAM p VAR w : WORD; b : BOOL; END_VAR b := w.%X99999; END_PROGRAM", false));
}

static void programs_go_by_their_names(void **state)
{
    (void)state;
    run("PROGRAM Count VAR_INPUT step : INT := 1; END_VAR VAR_OUTPUT n : INT; END_VAR n := n + step; END_PROGRAM\n"
        "PROGRAM Main VAR twice : INT; END_VAR Count(); Count(step := 10); twice := Count.n * 2; END_PROGRAM",
        2);
    is("Count.n", 31);    /* the first scan adds 1 and 10, the second keeps the step: 10 and 10 */
    is("Main.twice", 62); /* and Count runs from Main alone, though it is the first program */
    done();
    run("PROGRAM A VAR k : INT; END_VAR k := k + 1; END_PROGRAM\n"
        "PROGRAM B VAR seen : INT; END_VAR seen := A.k; END_PROGRAM\n"
        "CONFIGURATION c RESOURCE r ON PLC TASK t(INTERVAL := T#100ms, PRIORITY := 1); PROGRAM a1 WITH t : A; PROGRAM b1 WITH t "
        ": B;\n"
        "END_RESOURCE END_CONFIGURATION",
        3);
    is("a1.k", 3);
    is("b1.seen", 3); /* A means the configuration's instance */
    done();
}

static void actions_may_stand_behind_their_unit(void **state)
{
    (void)state;
    run("FUNCTION_BLOCK Lamp VAR on1 : BOOL; n : INT; END_VAR n := n + 1; END_FUNCTION_BLOCK\n"
        "ACTION Light: on1 := TRUE; END_ACTION\n"
        "PROGRAM Main VAR l : Lamp; m : Lamp; END_VAR l.Light(); m.Count2(); END_PROGRAM\n"
        "ACTIONS Lamp ACTION Count2: n := n + 2; END_ACTION END_ACTIONS\n",
        1);
    is("l.on1", 1);
    is("m.n", 2);
    done();
}

static void accessors_may_stand_alone(void **state)
{
    (void)state;
    run("INTERFACE Level PROPERTY_GET v : INT END_PROPERTY PROPERTY_SET v : INT END_PROPERTY END_INTERFACE\n"
        "FUNCTION_BLOCK Tank IMPLEMENTS Level VAR l : INT := 3; END_VAR\n"
        "PROPERTY_GET v : INT\n v := l; END_PROPERTY\n"
        "PROPERTY_SET v : INT\n l := v; END_PROPERTY\n"
        "END_FUNCTION_BLOCK\n"
        "PROGRAM p VAR t : Tank; i : Level; a, b : INT; END_VAR i := t; a := i.v; i.v := a + 4; b := t.v; END_PROGRAM",
        1);
    is("a", 3);
    is("b", 7);
    done();
}

static void libraries_need_no_program(void **state)
{
    (void)state;
    assert_true(compiles("FUNCTION f : INT f := 1; END_FUNCTION", true));
    assert_true(compiles("TYPE t : STRUCT a : INT; END_STRUCT END_TYPE", true));
    assert_false(compiles("FUNCTION f : INT f := 1; END_FUNCTION", false));
    assert_false(compiles("FUNCTION f : INT f := g; END_FUNCTION", true));
}

static void what_only_repeats_the_standard_is_passed_over(void **state)
{
    (void)state;
    run("@EXTERNAL FUNCTION INT_TO_REAL : REAL VAR_INPUT in : INT; END_VAR END_FUNCTION\n"
        "{external} FUNCTION_BLOCK CTU VAR_INPUT CU : BOOL; R : BOOL; PV : INT; END_VAR VAR_OUTPUT Q : BOOL; CV : INT; END_VAR "
        "END_FUNCTION_BLOCK\n"
        "FUNCTION CEIL : INT VAR_INPUT x : REAL; END_VAR CEIL := 42; END_FUNCTION\n"
        "PROGRAM p VAR r : REAL; c : CTU; n : INT; END_VAR r := INT_TO_REAL(7); c(CU := NOT c.CU, PV := 9); n := CEIL(0.5); "
        "END_PROGRAM",
        3);
    is("r", 7);
    is("c.CV", 2); /* rising edges in scans 1 and 3 */
    is("n", 42);   /* with a body, the project's own */
    done();
}

static void names_and_signs_follow_what_is_wanted(void **state)
{
    (void)state;
    run("TYPE Door : (shut, open); Valve : (open, half, shut) := shut; END_TYPE\n"
        "FUNCTION Add3 : INT VAR_INPUT a, b, c : INT; END_VAR Add3 := a + b + c; END_FUNCTION\n"
        "PROGRAM p VAR d : Door := open; v : Valve; w : Valve := half; i, j, n : INT; s : BYTE := 3; r : REAL := LREAL#2.5; "
        "m : INT := 4; q : REFERENCE TO INT; END_VAR\n"
        "i := d; j := v; v := open; IF v = open AND d <> shut THEN n := 1; END_IF\n"
        "CASE d OF shut: n := n + 10; open: n := n + 20; END_CASE\n"
        "i := Add3(10, -s, 0); q REF= m; q^ := q^ + 1;\nEND_PROGRAM",
        1);
    is("j", 2);  /* Valve#shut, as it began */
    is("n", 21); /* each name as that of its variable's type */
    is("i", 7);  /* 10 - 3: a BYTE's negative has a sign */
    is("r", 2.5);
    is("m", 5);
    done();
}

/* Initial values that are worked out at run time: of a function in each call, of a block in its first. */
static void initial_values_may_be_computed(void **state)
{
    (void)state;
    run("FUNCTION Half : INT VAR_INPUT x : INT; END_VAR VAR h : INT := x / 2; END_VAR Half := h; END_FUNCTION\n"
        "FUNCTION_BLOCK Meter VAR_INPUT start : INT; END_VAR VAR_OUTPUT n : INT := start * 2; END_VAR\n"
        "VAR p : POINTER TO INT := ADR(q); q : INT := 7; list : ARRAY[1..4] OF INT := [start, 2(Half(10)), 9]; END_VAR\n"
        "VAR_TEMP t : INT := q + 1; END_VAR\n"
        "n := n + 1; p^ := p^ + t; END_FUNCTION_BLOCK\n"
        "TYPE Pair : STRUCT a : POINTER TO INT; b : INT; END_STRUCT END_TYPE\n"
        "PROGRAM p VAR m : Meter; k : INT := 5; r : Pair := (a := ADR(k), b := 3); s1 : INT := SIZEOF(k); c : INT; END_VAR\n"
        "m(start := 20); r.a^ := 6; c := Half(9); END_PROGRAM",
        2);
    is("m.n", 42); /* 20 * 2, once, and 1 in each of two scans */
    is("m.q", 31); /* 7 + (7 + 1) = 15, then 15 + (15 + 1) */
    is("m.list[1]", 20);
    is("m.list[3]", 5);
    is("m.list[4]", 9);
    is("k", 6);
    is("r.b", 3);
    is("s1", 2);
    is("c", 4);
    done();
    run("VAR_GLOBAL y : INT := 5; py : POINTER TO INT := ADR(y); z : INT := Twice(y) + 1; a : ARRAY[0..2] OF INT := [y, 2(z)]; "
        "END_VAR\n"
        "FUNCTION Twice : INT VAR_INPUT n : INT; END_VAR Twice := 2 * n; END_FUNCTION\n"
        "PROGRAM p VAR n, m : INT; END_VAR n := n + py^; m := z + a[0] + a[2]; z := 0; END_PROGRAM",
        2);
    is("p.n", 10);
    is("p.m", 16); /* 0 + 5 + 11 in the second scan: the initial values come once */
    is("z", 0);
    done();
    assert_int_equal(
        warnings("PROGRAM p VAR y : INT; a : ARRAY[0..7000000] OF INT := [7000000(y)]; END_VAR a[1] := 2; END_PROGRAM", true),
        -1);
}

static void calls_follow_calls(void **state)
{
    (void)state;
    run("FUNCTION_BLOCK Text VAR s : STRING; n : INT; END_VAR\n"
        "METHOD Add : REFERENCE TO Text VAR_INPUT w : STRING; END_VAR s := CONCAT(s, w); n := n + 1; Add REF= THIS^; END_METHOD\n"
        "METHOD Length : INT Length := LEN(s); END_METHOD END_FUNCTION_BLOCK\n"
        "FUNCTION_BLOCK Valve VAR_INPUT want : INT; END_VAR VAR_IN_OUT seen : INT; END_VAR VAR got : INT; END_VAR\n"
        "ACTION Move: got := want; seen := seen + 1; END_ACTION END_FUNCTION_BLOCK\n"
        "PROGRAM p VAR t : Text; k, m : INT; v : Valve; END_VAR\n"
        "t.Add('ab')\n  .Add(w := 'cde')\n  .Add('f');\n k := t.Add('').Length(); v.Move(want := 4, seen := m); END_PROGRAM",
        1);
    text_is("s", "abcdef");
    is("t.n", 4);
    is("k", 6);
    is("v.got", 4); /* an action takes its block's arguments */
    is("m", 1);
    done();
}

static void memory_is_copied_and_set(void **state)
{
    (void)state;
    run("TYPE Flags : STRUCT a, b : BIT; END_STRUCT END_TYPE\n"
        "PROGRAM p VAR a : ARRAY[0..7] OF BYTE := [1, 2, 3, 4, 5, 6, 7, 8]; b, c : ARRAY[0..7] OF BYTE; n, z : UDINT; "
        "less, same, more : DINT; f : Flags; v : PVOID; s : STRING; k : INT; END_VAR\n"
        "n := MEMCPY(destAddr := ADR(b), srcAddr := ADR(a), n := SIZEOF(a)); z := MEMCPY(0, ADR(a), 4); MEMSET(ADR(c), 16#AA, "
        "3);\n"
        "MEMMOVE(ADR(a[2]), ADR(a[0]), 4); less := MEMCMP(ADR(a), ADR(b), 8); same := MEMCMP(ADR(b), ADR(b), 8);\n"
        "more := MEMCMP(ADR(b), ADR(a), 8); f.a := TRUE; v := ADR(b); v^ := 77;\n"
        "s := MID(STR := CONCAT(STR1 := 'abc', STR2 := 'def'), LEN := 3, POS := 2); k := LEN(STR := s);\nEND_PROGRAM",
        1);
    is("n", 8);
    is("z", 0);
    is("b[7]", 8);
    is("b[0]", 77);
    is("c[2]", 170);
    is("c[3]", 0);
    is("a[2]", 1); /* 1 2 1 2 3 4 7 8, though both parts overlap */
    is("a[5]", 4);
    is("a[6]", 7);
    is("less", -1); /* byte 2: 1 < 3 */
    is("same", 0);
    is("more", 1);
    is("f.a", 1);
    text_is("s", "bcd");
    is("k", 3);
    done();
}

/* Laying a source out anew keeps its meaning. */
/* Values of CODESYS' and Beckhoff's pages of these functions where these have examples (EXTRACT, PUTBIT, DWORD_TO_HEXSTR,
 * F_RTrim). */
static void vendors_functions(void **state)
{
    (void)state;
    run("PROGRAM p VAR a, b : ARRAY[0..3] OF BYTE := [1, 2, 3, 4]; pb : POINTER TO BYTE; c0, c1, c2 : DINT; e1, e2 : BOOL;\n"
        "p1, p2, p3 : DWORD; k : BYTE; u : UNPACK; s1, s2, s3, s4, s5, s6, s7 : STRING; same : BOOL; nx : INT; END_VAR\n"
        "c0 := SysMemCmp(ADR(a), ADR(b), 4); pb := SysMemSet(ADR(a), 16#AF, 2); same := pb = ADR(a); c1 := SysMemCmp(ADR(a), "
        "ADR(b), 4);\n"
        "SysMemCpy(pDest := ADR(a), pSrc := ADR(b), udiCount := 4); c2 := SysMemCmp(ADR(a), ADR(b), 4); SysMemMove(ADR(a[1]), "
        "ADR(a[0]), 3);\n"
        "e1 := EXTRACT(X := 81, N := 4); e2 := EXTRACT(X := 33, N := 1); p1 := PUTBIT(38, 4, TRUE); p2 := PUTBIT(38, 1, FALSE);\n"
        "p3 := SWITCHBIT(2#101, 2); k := PACK(TRUE, FALSE, TRUE, FALSE, FALSE, FALSE, FALSE, TRUE); u(B := 16#42);\n"
        "s1 := DWORD_TO_HEXSTR(43981, 1, FALSE); s2 := DWORD_TO_HEXSTR(43981, 1, TRUE); s3 := WORD_TO_HEXSTR(15, 4, FALSE);\n"
        "s4 := BYTE_TO_HEXSTR(0, 0, FALSE); s5 := F_RTrim(F_LTrim('  <trim>  ')); s6 := F_ToUCase('to upper'); s7 := F_RTrim('   "
        "');\n"
        "nx := XSIZEOF(a);\nEND_PROGRAM",
        1);
    is("c0", 0);
    is("same", 1);
    is("c1", 1); /* 16#AF is more than 1 */
    is("c2", 0);
    is("a[0]", 1);
    is("a[1]", 1);
    is("a[3]", 3);
    is("e1", 1);
    is("e2", 0);
    is("p1", 54);
    is("p2", 36);
    is("p3", 1);
    is("k", 0x85);
    is("u.B1", 1);
    is("u.B6", 1);
    is("u.B0", 0);
    text_is("s1", "ABCD");
    text_is("s2", "abcd");
    text_is("s3", "000F");
    text_is("s4", "");
    text_is("s5", "<trim>");
    text_is("s6", "TO UPPER");
    text_is("s7", "");
    is("nx", 4);
    done();
}

/* 25 in each second up, 20 in each half of one down; in scans of 100 ms 2.5 up and 4 down. */
static void ramps_limit_slopes(void **state)
{
    (void)state;
    start("PROGRAM p VAR i, each : RAMP_INT; r : RAMP_REAL; goal : INT := 100; stop : BOOL; END_VAR\n"
          "i(IN := goal, ASCEND := 25, DESCEND := 40, TIMEBASE := T#1s, RESET := stop);\n"
          "each(IN := goal, ASCEND := 7, DESCEND := 9);\n"
          "r(IN := goal, ASCEND := 25.0, DESCEND := 20.0, TIMEBASE := T#500ms, RESET := stop);\nEND_PROGRAM");
    scan(5); /* four tenths of a second behind the first */
    is("i.OUT", 10);
    is("each.OUT", 35);
    is("r.OUT", 20);
    set("stop", 1);
    scan(3);
    is("i.OUT", 10);
    is("r.OUT", 20);
    set("stop", 0);
    set("goal", -100);
    scan(6); /* half a second behind the first */
    is("i.OUT", -10);
    is("each.OUT", 2); /* 8 * 7 less 6 * 9 */
    is("r.OUT", 0);
    done();
}

/* CODESYS: __TRY's statements are carried out, __FINALLY's behind them; what a fault would lead to here is the controller's
 * stop. */
static void nothing_is_caught(void **state)
{
    (void)state;
    run("PROGRAM p VAR n, m, c : INT; END_VAR\n"
        "__TRY n := n + 1; __TRY m := m + 1; __FINALLY m := m * 2; __ENDTRY; __CATCH(c) n := 100; __FINALLY m := m + 10; "
        "__ENDTRY\n"
        "END_PROGRAM",
        2);
    is("n", 2);
    is("m", 36); /* (0 + 1) * 2 + 10 = 12; (12 + 1) * 2 + 10 = 36 */
    done();
    assert_int_equal(warnings("PROGRAM p VAR n : INT; END_VAR __TRY n := 1; END_PROGRAM", true), -1);
    static const char *const none[] = {"r := __NEW(Q);", "__DELETE(r);", "IF __QUERYINTERFACE(r, Q) THEN r := 0; END_IF"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) { /* each is one mistake */
        char text[200];
        (void)snprintf(text, sizeof text,
                       "FUNCTION_BLOCK Q END_FUNCTION_BLOCK PROGRAM p VAR r : POINTER TO Q; END_VAR %s END_PROGRAM", none[i]);
        struct mr_diags *d = mr_diags_create();
        assert_null(compile(text, d));
        assert_int_equal(d->errors, 1);
        mr_diags_destroy(d);
    }
}

static void formatting_keeps_the_code(void **state)
{
    (void)state;
    static const char text[] = "@EXTERNAL FUNCTION f : INT VAR_INPUT p : POINTER TO BYTE; END_VAR f:=p^; END_FUNCTION\n"
                               "FUNCTION_BLOCK b VAR n : INT; END_VAR END_FUNCTION_BLOCK\nACTION a: n := n-1; END_ACTION\n"
                               "PROGRAM q VAR d : DWORD; x : b; y : BYTE; END_VAR x.a(); y := d.%B1; d.%X7:=y.0; END_PROGRAM\n"
                               "PROGRAM r VAR n : INT; END_VAR q(); n := MOVE(EN := q.y > 1, IN := -q.y); END_PROGRAM";
    char *laid = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&laid, &size);
    struct mr_diags *d = mr_diags_create();
    struct mr_plc_source source = {"test.st", text, sizeof text - 1};
    assert_true(mr_plc_format(&source, true, to, d));
    (void)fclose(to);
    struct mr_plc_program *a = mr_plc_compile(&source, 1, d);
    struct mr_plc_source again = {"test.st", laid, size};
    struct mr_plc_program *b = mr_plc_compile(&again, 1, d);
    mr_diags_print(d, stderr);
    assert_true(a && b);
    assert_int_equal(a->ncode, b->ncode);
    assert_memory_equal(a->code, b->code, a->ncode * sizeof *a->code);
    mr_plc_program_destroy(a);
    mr_plc_program_destroy(b);
    mr_diags_destroy(d);
    free(laid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pointers_are_numbers_too),
        cmocka_unit_test(bit_strings_in_real_expressions),
        cmocka_unit_test(wild_pointers_fault),
        cmocka_unit_test(strings_are_written_through_pointers),
        cmocka_unit_test(a_string_has_room_for_its_end),
        cmocka_unit_test(numbers_have_parts),
        cmocka_unit_test(programs_go_by_their_names),
        cmocka_unit_test(actions_may_stand_behind_their_unit),
        cmocka_unit_test(accessors_may_stand_alone),
        cmocka_unit_test(libraries_need_no_program),
        cmocka_unit_test(what_only_repeats_the_standard_is_passed_over),
        cmocka_unit_test(names_and_signs_follow_what_is_wanted),
        cmocka_unit_test(initial_values_may_be_computed),
        cmocka_unit_test(calls_follow_calls),
        cmocka_unit_test(memory_is_copied_and_set),
        cmocka_unit_test(vendors_functions),
        cmocka_unit_test(ramps_limit_slopes),
        cmocka_unit_test(nothing_is_caught),
        cmocka_unit_test(formatting_keeps_the_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
