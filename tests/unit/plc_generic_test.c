/* Inputs of ANY and its kin. What they tell is CODESYS' description of them: address, size as SIZEOF has it, number of the
 * class. */
#include "support/plc_run.h"

#define SIZE_OF "FUNCTION Size : DINT VAR_INPUT v : ANY; END_VAR Size := v.diSize; END_FUNCTION\n"
#define KIND_OF "FUNCTION Kind : DINT VAR_INPUT v : ANY; END_VAR Kind := TO_DINT(v.TypeClass); END_FUNCTION\n"

static void any_tells_size_and_class(void **state)
{
    (void)state;
    run("TYPE Pair : STRUCT a : DINT; b : DINT; END_STRUCT; Color : (Red, Green); Small : INT (1..9); END_TYPE\n" SIZE_OF KIND_OF
        "PROGRAM p VAR b : BOOL; w : WORD; i : INT; u : UDINT; r : REAL; l : LREAL; s : STRING[20]; q : Pair; c : Color; m : "
        "Small;\n"
        "x : ARRAY[1..5] OF INT; ps : POINTER TO INT; t : TIME; d : DATE; lt : LTIME; on : TON;\n"
        "sb, sw, si, su, sr, sl, ss, sq, sx, sc : DINT; kb, kw, ki, ku, kr, kl, ks, kq, kx, kc, km, kp, kt, kd, klt, ke, kn : "
        "DINT;\n"
        "END_VAR\n"
        "sb := Size(b); sw := Size(w); si := Size(v := i); su := Size(u); sr := Size(r); sl := Size(l); ss := Size(s); sq := "
        "Size(q);\n"
        "sx := Size(x); sc := Size(x[2]);\n"
        "kb := Kind(b); kw := Kind(w); ki := Kind(i); ku := Kind(u); kr := Kind(r); kl := Kind(l); ks := Kind(s); kq := "
        "Kind(q);\n"
        "kx := Kind(x); kc := Kind(c); km := Kind(m); kp := Kind(ps); kt := Kind(t); kd := Kind(d); klt := Kind(lt); ke := "
        "Kind(on.Q);\n"
        "kn := Kind(2 * i);\nEND_PROGRAM\n",
        1);
    is("sb", 1);
    is("sw", 2);
    is("si", 2);
    is("su", 4);
    is("sr", 4);
    is("sl", 8);
    is("ss", 21); /* 20 characters and the end */
    is("sq", 8);
    is("sx", 10);
    is("sc", 2);
    is("kb", 0);
    is("kw", 3);
    is("ki", 7);
    is("ku", 12);
    is("kr", 14);
    is("kl", 15);
    is("ks", 16);
    is("kq", 28);
    is("kx", 26);
    is("kc", 25);
    is("km", 24);
    is("kp", 22);
    is("kt", 18);
    is("kd", 19);
    is("klt", 37);
    is("ke", 0);
    is("kn", 7);
    done();
}

/* The bytes that pValue points to are the argument's, lowest first: of 258 = 16#0102 they are 2 and 1; of 'AB' 65, 66 and the
 * end. */
static void any_points_to_the_argument(void **state)
{
    (void)state;
    run("FUNCTION ByteAt : BYTE VAR_INPUT v : ANY; n : DINT; END_VAR ByteAt := v.pValue[n]; END_FUNCTION\n"
        "FUNCTION Same : BOOL VAR_INPUT a : ANY; b : ANY; END_VAR VAR k : DINT; END_VAR\n"
        "IF a.TypeClass <> b.TypeClass OR a.diSize <> b.diSize THEN RETURN; END_IF\n"
        "Same := TRUE; FOR k := 0 TO a.diSize - 1 DO IF a.pValue[k] <> b.pValue[k] THEN Same := FALSE; END_IF END_FOR "
        "END_FUNCTION\n"
        "FUNCTION Both : BOOL VAR_INPUT a, b : ANY_NUM; END_VAR Both := Same(a, b := b); END_FUNCTION\n"
        "FUNCTION_BLOCK Sum VAR_INPUT v : ANY_INT; END_VAR VAR_OUTPUT total : DINT; END_VAR VAR p : POINTER TO INT; END_VAR\n"
        "CASE v.TypeClass OF __SYSTEM.TYPE_CLASS.TYPE_INT: p := v.pValue; total := total + p^; TYPE_CLASS.TYPE_SINT: total := "
        "-1; END_CASE\n"
        "END_FUNCTION_BLOCK\n"
        "PROGRAM p VAR i : INT := 258; j : INT := 258; u : UINT := 258; s : STRING := 'AB'; f : Sum; keep : __SYSTEM.AnyType;\n"
        "b0, b1, c0, c2, lit, e1 : BYTE; same1, same2, same3, same4 : BOOL; x : ARRAY[0..1] OF INT := [3, 4]; kind : "
        "__SYSTEM.TYPE_CLASS; END_VAR\n"
        "b0 := ByteAt(i, 0); b1 := ByteAt(v := i, n := 1); c0 := ByteAt(s, 0); c2 := ByteAt(s, 2); lit := ByteAt(77, 0); e1 := "
        "ByteAt(i * 2, 1);\n"
        "same1 := Same(i, j); same2 := Same(i, u); same3 := Same(i, 258); same4 := Both(i, j);\n"
        "f(v := i); f(v := x[1]); kind := TYPE_CLASS.TYPE_LREAL;\nEND_PROGRAM\n",
        2);
    is("b0", 2);
    is("b1", 1);
    is("c0", 65);
    is("c2", 0);
    is("lit", 77);
    is("e1", 2); /* 516 = 16#0204 */
    is("same1", 1);
    is("same2", 0); /* the same bytes, another class */
    is("same3", 1);
    is("same4", 1);
    is("f.total", 524); /* 2 * (258 + 4) */
    is("kind", 15);
    done();
}

/* What an input tells goes no further than the controller's memory, as with all pointers. */
static void any_stays_in_memory(void **state)
{
    (void)state;
    start("FUNCTION Wild : BYTE VAR_INPUT v : ANY; END_VAR Wild := v.pValue[100000000]; END_FUNCTION\n"
          "PROGRAM p VAR i : INT; b : BYTE; END_VAR b := Wild(i); END_PROGRAM\n");
    scan(1);
    const char *where;
    assert_int_equal(mr_plc_fault(plc, &where), MR_PLC_BOUNDS);
    done();
}

static void refused(const char *text, const char *part)
{
    struct mr_diags *d = mr_diags_create();
    assert_null(compile(text, d));
    mr_diags_print(d, stderr);
    assert_int_equal(d->errors, 1);
    assert_non_null(strstr(d->items[0].text, part));
    mr_diags_destroy(d);
}

static void each_mistake_is_told_once(void **state)
{
    (void)state;
    refused("FUNCTION f : DINT VAR_INPUT v : ANY_INT; END_VAR f := v.diSize; END_FUNCTION\n"
            "PROGRAM p VAR r : REAL; n : DINT; END_VAR n := f(r); END_PROGRAM\n",
            "'v' is ANY_INT and takes no REAL");
    refused("FUNCTION Most : ANY_NUM VAR_INPUT a, b : ANY_NUM; END_VAR IF a > b THEN Most := a; ELSE Most := MAX(a, b); END_IF "
            "END_FUNCTION\n"
            "PROGRAM p VAR i : INT; END_VAR i := Most(1, 2); i := Most(i, i) + 1; END_PROGRAM\n",
            "ANY_NUM is a type of inputs only");
    refused("FUNCTION Twice : INT VAR_INPUT a : ANY_NUM; END_VAR Twice := 2 * a; Twice := a + a; IF a > 0 THEN Twice := a; "
            "END_IF END_FUNCTION\n"
            "PROGRAM p VAR i : INT; END_VAR i := Twice(i); END_PROGRAM\n",
            "a.pValue points to the argument");
    refused("PROGRAM p VAR i : INT; v : ANY; END_VAR i := v; v := i; END_PROGRAM\n", "ANY is a type of inputs only");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_tells_size_and_class),
        cmocka_unit_test(any_points_to_the_argument),
        cmocka_unit_test(any_stays_in_memory),
        cmocka_unit_test(each_mistake_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
