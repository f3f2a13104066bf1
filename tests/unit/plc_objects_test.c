/* Methods chosen by what an instance is, interfaces, properties, unions and what else programs of the 3rd edition and its
 * dialects use. Expected values are worked out by hand beside the program. */
#include "support/plc_run.h"

static const char animals[] =
    "INTERFACE IAnimal METHOD Speak : INT VAR_INPUT n : INT; END_VAR END_METHOD METHOD Name : STRING END_METHOD END_INTERFACE\n"
    "INTERFACE IPet EXTENDS IAnimal METHOD Feed END_METHOD END_INTERFACE\n"
    "FUNCTION_BLOCK Dog IMPLEMENTS IPet VAR food : INT; END_VAR\n"
    "METHOD PUBLIC Speak : INT VAR_INPUT n : INT; END_VAR Speak := n * 10 + food; END_METHOD\n"
    "METHOD PUBLIC Name : STRING Name := 'dog'; END_METHOD\n"
    "METHOD PUBLIC Feed food := food + 1; END_METHOD\n"
    "METHOD Twice : INT Twice := THIS^.Speak(2) + Speak(1); END_METHOD END_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK Puppy EXTENDS Dog\n"
    "METHOD PUBLIC OVERRIDE Speak : INT VAR_INPUT n : INT; END_VAR Speak := SUPER^.Speak(n) + 1000; END_METHOD\n"
    "PROPERTY Age : INT GET Age := food * 2; END_GET SET food := Age / 2; END_SET END_PROPERTY END_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK FINAL Cat IMPLEMENTS IAnimal\n"
    "METHOD PUBLIC Speak : INT VAR_INPUT n : INT; END_VAR Speak := -n; END_METHOD\n"
    "METHOD PUBLIC Name : STRING Name := 'cat'; END_METHOD END_FUNCTION_BLOCK\n"
    "FUNCTION Ask : INT VAR_INPUT a : IAnimal; END_VAR Ask := a.Speak(3); END_FUNCTION\n";

static void a_method_is_that_of_the_instance(void **state)
{
    (void)state;
    char text[4000];
    (void)snprintf(text, sizeof text,
                   "%sPROGRAM p VAR d : Dog; pu : Puppy; c : Cat; a : ARRAY[0..2] OF IAnimal; pet : IPet; r : ARRAY[0..9] OF "
                   "INT; s : STRING;"
                   "i : INT; pd : POINTER TO Dog; END_VAR\n"
                   "a[0] := d; a[1] := pu; a[2] := c; pet := pu; pet.Feed();\n"
                   "FOR i := 0 TO 2 DO r[i] := a[i].Speak(n := 2); END_FOR\n"
                   "r[3] := pu.Twice(); r[4] := Ask(c); s := CONCAT(a[2].Name(), a[0].Name());\n"
                   "pd := ADR(pu); r[5] := pd^.Speak(1); pu.Age := 8; r[6] := pu.Age;\n"
                   "IF a[1] = pet THEN r[7] := 1; END_IF IF a[0] <> pet AND pet <> 0 THEN r[8] := 1; END_IF END_PROGRAM",
                   animals);
    run(text, 1);
    is("r[0]", 20);   /* a dog: 2 * 10 */
    is("r[1]", 1021); /* a puppy that was fed once: 2 * 10 + 1 + 1000 */
    is("r[2]", -2);
    is("r[3]", 2032); /* inherited, calls the puppy's: 1021 + 1011 */
    is("r[4]", -3);
    is("r[5]", 1011);
    is("r[6]", 8); /* (8 / 2) * 2 */
    is("r[7]", 1);
    is("r[8]", 1);
    char name[16];
    assert_true(mr_plc_get_text(plc, symbol("s"), name, sizeof name));
    assert_string_equal(name, "catdog");
    done();
}

static void an_interface_without_an_instance_is_a_null_reference(void **state)
{
    (void)state;
    char text[4000];
    (void)snprintf(text, sizeof text, "%sPROGRAM p VAR a : IAnimal; d : Dog; n : INT; END_VAR n := a.Speak(1); END_PROGRAM",
                   animals);
    start(text);
    scan(1);
    assert_int_equal(mr_plc_fault(plc, NULL), MR_PLC_NULL_REF);
    done();
}

static void static_and_instance_variables_of_methods(void **state)
{
    (void)state;
    run("FUNCTION_BLOCK Motor METHOD Count : INT VAR_INST c : INT; END_VAR c := c + 1; Count := c; END_METHOD "
        "END_FUNCTION_BLOCK\n"
        "FUNCTION Stat : INT VAR_STAT k : INT := 5; END_VAR k := k + 1; Stat := k; END_FUNCTION\n"
        "PROGRAM main VAR m1, m2 : Motor; a, b, c : INT; END_VAR a := m1.Count(); a := m1.Count(); b := m2.Count(); c := Stat(); "
        "END_PROGRAM",
        2);
    is("a", 4); /* twice a scan, for each instance */
    is("b", 2);
    is("c", 7); /* one for all calls: 5 + 2 */
    done();
}

static void pointers_references_unions_and_sets(void **state)
{
    (void)state;
    run("TYPE Base : STRUCT x : INT := 3; END_STRUCT END_TYPE TYPE More EXTENDS Base : STRUCT y : INT := 4; END_STRUCT END_TYPE\n"
        "TYPE U : UNION r : REAL; d : DWORD; b : ARRAY[0..3] OF BYTE; END_UNION END_TYPE\n"
        "FUNCTION Grow : INT VAR_INPUT s : REFERENCE TO Base; END_VAR s.x := s.x + 10; Grow := s.x; END_FUNCTION\n"
        "PROGRAM p VAR arr : ARRAY[1..4] OF INT := [1, 2, 3, 4]; q : POINTER TO INT; n, k : INT; b, e, v1, v2 : BOOL; m : More; "
        "u1 : U; bs "
        ": Base; rf : REFERENCE TO Base; END_VAR\n"
        "q := ADR(arr); n := q[2]; q[3] := 77; b S= arr[4] = 77; e := TRUE; e R= b; k := m.x * 10 + m.y; u1.r := 1.0;\n"
        "v1 := __ISVALIDREF(rf); rf REF= bs; v2 := __ISVALIDREF(rf); n := n + Grow(bs) + Grow(s := rf); END_PROGRAM",
        1);
    is("n", 39); /* 3 + 13 + 23 */
    is("arr[4]", 77);
    is("b", 1);
    is("e", 0);
    is("k", 34);
    is("u1.d", 1065353216.0); /* 16#3F800000, IEEE 754 */
    is("u1.b[3]", 63);
    is("v1", 0);
    is("v2", 1);
    done();
}

static void resources_and_settings(void **state)
{
    (void)state;
    run("FUNCTION_BLOCK Motor VAR_INPUT cmd : BOOL; END_VAR VAR out AT %Q* : BOOL; n : INT; END_VAR n := n + 1; out := cmd; "
        "END_FUNCTION_BLOCK\n"
        "PROGRAM main VAR m1 : Motor; a, b : INT; END_VAR m1(cmd := TRUE); b := b + 1; END_PROGRAM\n"
        "CONFIGURATION C RESOURCE R1 ON PLC TASK T1(INTERVAL := T#100ms, PRIORITY := 1); PROGRAM P1 WITH T1 : main; "
        "END_RESOURCE\n"
        "RESOURCE R2 ON PLC TASK T1(INTERVAL := T#200ms, PRIORITY := 1); PROGRAM P1 WITH T1 : main; END_RESOURCE\n"
        "VAR_ACCESS ACC1 : R1.P1.a : INT READ_ONLY; END_VAR\n"
        "VAR_CONFIG R1.P1.m1.out AT %QX0.3 : BOOL; R1.P1.m1.n : INT := 40; R2.P1.a : INT := 7; END_VAR END_CONFIGURATION",
        4);
    is("P1.m1.n", 44); /* 40, and four scans of 100 ms */
    is("R2.P1.m1.n", 2);
    is("R2.P1.b", 2);
    is("P1.a", 0);
    is("R2.P1.a", 7);
    const struct mr_place q = {MR_AREA_Q, MR_VT_BOOL, 0, 3};
    assert_true(mr_image_get(mr_plc_image(plc), &q) == 1);
    done();
}

/* Table 49: each instance has a place of its own, inputs, outputs and memory; one without is an ordinary variable. */
static void instances_have_places_of_their_own(void **state)
{
    (void)state;
    start(
        "FUNCTION_BLOCK Pump VAR run AT %Q* : BOOL; level AT %I* : INT; count AT %M* : DINT; name AT %IW2.5.7.1 : INT; END_VAR\n"
        "run := level > 5; IF run THEN count := count + 1; END_IF; END_FUNCTION_BLOCK\n"
        "PROGRAM main VAR a, b, c : Pump; END_VAR a(); b(); c(); END_PROGRAM\n"
        "CONFIGURATION C RESOURCE R ON PLC TASK T(INTERVAL := T#100ms); PROGRAM P WITH T : main; END_RESOURCE\n"
        "VAR_CONFIG R.P.a.run AT %QX0.3 : BOOL; R.P.b.run AT %QX0.4 : BOOL; R.P.a.level AT %IW2 : INT; R.P.b.level AT %IW4 : "
        "INT;\n"
        "R.P.b.count AT %MD8 : DINT := 100; END_VAR END_CONFIGURATION");
    struct mr_image *image = mr_plc_image(plc);
    const struct mr_place level_a = {MR_AREA_I, MR_VT_WORD, 4, 0};
    const struct mr_place level_b = {MR_AREA_I, MR_VT_WORD, 8, 0};
    const struct mr_place run_a = {MR_AREA_Q, MR_VT_BOOL, 0, 3};
    const struct mr_place run_b = {MR_AREA_Q, MR_VT_BOOL, 0, 4};
    const struct mr_place count_b = {MR_AREA_M, MR_VT_DWORD, 32, 0};
    assert_true(mr_image_set(image, &level_a, 3));
    assert_true(mr_image_set(image, &level_b, 9));
    scan(2);
    assert_true(mr_image_get(image, &run_a) == 0);
    assert_true(mr_image_get(image, &run_b) == 1);
    assert_true(mr_image_get(image, &count_b) == 102);
    is("P.a.count", 0);
    is("P.b.count", 102);
    is("P.c.run", 0);
    assert_true(mr_image_set(image, &count_b, 7)); /* as a client writes it */
    scan(1);
    is("P.b.count", 8);
    done();
}

/* Table 50, feature 5: a function block in a task of its own runs there only; the program gives it its inputs and reads it. */
static void function_blocks_have_tasks(void **state)
{
    (void)state;
    run("FUNCTION_BLOCK B VAR_INPUT inc : INT; END_VAR VAR_OUTPUT n : INT; END_VAR n := n + inc; END_FUNCTION_BLOCK\n"
        "PROGRAM G VAR b1, b2 : B; seen : INT; END_VAR b1(inc := 10, n => seen); b2(inc := 1); END_PROGRAM\n"
        "CONFIGURATION C RESOURCE R ON PLC TASK Slow(INTERVAL := T#200ms, PRIORITY := 2); TASK Fast(INTERVAL := T#100ms, "
        "PRIORITY := 3);\n"
        "PROGRAM P WITH Slow : G(b1 WITH Fast); END_RESOURCE END_CONFIGURATION",
        4); /* Slow at 0 and 200 ms; Fast, behind it, at 0, 100, 200 and 300 ms */
    is("P.b2.n", 2);
    is("P.b1.n", 40);
    is("P.seen", 20);
    done();
}

/* A tree is summed through an interface: each call has its own variables, inputs and outputs.
 * t1, asked with 6: 10 * (1 + 7) + (100 + 2 + 8) + 6 = 196; t2, asked with 5: 10 * 196 + (1000 + 3 + 7) + 5 = 2975. */
static const char tree[] =
    "INTERFACE INode METHOD Sum : DINT VAR_INPUT extra : DINT; END_VAR VAR_OUTPUT depth : INT; END_VAR END_METHOD\n"
    "METHOD Name1 : STRING[20] END_METHOD END_INTERFACE\n"
    "FUNCTION_BLOCK Leaf IMPLEMENTS INode VAR_INPUT v : DINT; END_VAR METHOD Name1 : STRING[20] Name1 := DINT_TO_STRING(v); "
    "END_METHOD\n"
    "METHOD Sum : DINT VAR_INPUT extra : DINT; END_VAR VAR_OUTPUT depth : INT; END_VAR depth := 1; Sum := v + extra; END_METHOD\n"
    "END_FUNCTION_BLOCK\n"
    "FUNCTION_BLOCK Tree IMPLEMENTS INode VAR l, r : INode; n : DINT; END_VAR\n"
    "METHOD Set VAR_INPUT a, b : INode; k : DINT; END_VAR l := a; r := b; n := k; END_METHOD\n"
    "METHOD Name1 : STRING[20] Name1 := CONCAT('(', l.Name1(), ' ', r.Name1(), ')'); END_METHOD\n"
    "METHOD Sum : DINT VAR_INPUT extra : DINT; END_VAR VAR_OUTPUT depth : INT; END_VAR VAR a, b : DINT; da, db : INT; END_VAR\n"
    "a := l.Sum(extra := extra + 1, depth => da) * 10; b := n + r.Sum(extra := extra + 2, depth => db);\n"
    "depth := MAX(da, db) + 1; Sum := a + b + extra; END_METHOD END_FUNCTION_BLOCK\n"
    "PROGRAM p VAR a, b, c : Leaf; t1, t2, ring : Tree; x : DINT; d : INT; s : STRING[40]; go : BOOL; END_VAR\n"
    "a(v := 1); b(v := 2); c(v := 3); t1.Set(a, b, 100); t2.Set(t1, c, 1000); ring.Set(c, ring, 1);\n"
    "x := t2.Sum(extra := 5, depth => d); s := t2.Name1(); IF go THEN x := ring.Sum(extra := 0); END_IF; END_PROGRAM";

static void calls_through_interfaces_come_back(void **state)
{
    (void)state;
    run(tree, 2);
    is("x", 2975);
    is("d", 3);
    text_is("s", "((1 2) 3)");
    set("go", 1);
    scan(1); /* without end: the machine counts 64 */
    assert_int_equal(mr_plc_fault(plc, NULL), MR_PLC_STACK);
    done();
}

/* CODESYS: FB_init of globals runs before any program, of an array for each element, with its values in order or by name. */
static void constructors_of_globals_and_elements(void **state)
{
    (void)state;
    run("VAR_GLOBAL g : Box(3); h : ARRAY[1..2] OF Box[(5), (start := 6, times := 10)]; END_VAR\n"
        "VAR_GLOBAL CONSTANT LIMIT1 : INT := 9; END_VAR\n"
        "FUNCTION_BLOCK Box VAR v, n : INT; END_VAR v := v + 1;\n"
        "METHOD FB_init : BOOL VAR_INPUT bInitRetains, bInCopyCode : BOOL; start : INT; times : INT := 1; END_VAR\n"
        "v := start * times; n := n + 1;\nEND_METHOD END_FUNCTION_BLOCK\n"
        "PROGRAM q VAR seen : INT; END_VAR IF seen = 0 THEN seen := g.v + h[1].v + h[2].v; END_IF END_PROGRAM\n"
        "PROGRAM p VAR a : ARRAY[0..1, 0..1] OF Box[(1), (2, 3), (LIMIT1)]; b : Box(LIMIT1); c : ARRAY[1..3] OF Box; END_VAR\n"
        "g();\nEND_PROGRAM\n"
        "CONFIGURATION x RESOURCE r ON PLC TASK one(INTERVAL := T#100ms, PRIORITY := 1); TASK two(INTERVAL := T#100ms, PRIORITY "
        ":= 0);\n"
        "PROGRAM p1 WITH one : p; PROGRAM q1 WITH two : q; END_RESOURCE END_CONFIGURATION\n",
        3);
    is("q1.seen", 68); /* 3 + 5 + 6 * 10 */
    is("g.v", 6);      /* 3, and one in each scan */
    is("g.n", 1);
    is("h[2].n", 1);
    is("p1.a[0,0].v", 1);
    is("p1.a[0,1].v", 6);
    is("p1.a[1,0].v", 9);
    is("p1.a[1,1].v", 0); /* its FB_init runs too, with its inputs' initial values */
    is("p1.a[1,1].n", 1);
    is("p1.b.v", 9);
    is("p1.c[3].n", 1);
    done();
    assert_int_equal(warnings("PROGRAM p VAR x : INT(5); END_VAR x := 1; END_PROGRAM", true), -1);
    assert_int_equal(warnings("PROGRAM p VAR x : ARRAY[1..2] OF INT[(5)]; END_VAR x[1] := 1; END_PROGRAM", true), -1);
    assert_int_equal(warnings("PROGRAM p VAR x : ARRAY[1..2] OF TON[(5), (T#1s)]; END_VAR x[1](); END_PROGRAM", true), -1);
    assert_int_equal(warnings("PROGRAM p VAR x : ARRAY[1..2] OF TON[(5; END_VAR x[1](); END_PROGRAM", true), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constructors_of_globals_and_elements),
        cmocka_unit_test(a_method_is_that_of_the_instance),
        cmocka_unit_test(an_interface_without_an_instance_is_a_null_reference),
        cmocka_unit_test(static_and_instance_variables_of_methods),
        cmocka_unit_test(pointers_references_unions_and_sets),
        cmocka_unit_test(resources_and_settings),
        cmocka_unit_test(instances_have_places_of_their_own),
        cmocka_unit_test(function_blocks_have_tasks),
        cmocka_unit_test(calls_through_interfaces_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
