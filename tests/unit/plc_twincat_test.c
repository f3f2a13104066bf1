/* TwinCAT's own files, put together to one project. Values are worked out in the comments. */
#include "support/plc_xml.h"

#define FILE_OF(inner)         "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<TcPlcObject Version=\"1.1.0.1\">" inner "</TcPlcObject>"
#define DECLARATION(text)      "<Declaration><![CDATA[" text "]]></Declaration>"
#define BODY(text)             "<Implementation><ST><![CDATA[" text "]]></ST></Implementation>"
#define METHOD(name, text, st) "<Method Name=\"" name "\" Id=\"{0}\">" DECLARATION(text) BODY(st) "</Method>"
#define ACCESS(what, text, st) "<" what " Name=\"" what "\" Id=\"{0}\">" DECLARATION(text) BODY(st) "</" what ">"

/* clang-format off */

static const char *const files[] = {
    FILE_OF("<DUT Name='E_Step' Id='{1}'>" DECLARATION("{attribute 'qualified_only'}\nTYPE E_Step : (Idle := 0, Run := 10) UINT;\nEND_TYPE\n") "</DUT>"),
    FILE_OF("<GVL Name='GVL_Plant' Id='{2}'>" DECLARATION("{attribute 'qualified_only'}\nVAR_GLOBAL CONSTANT\n\tLIMIT : INT := 40;\nEND_VAR\n") "</GVL>"),
    FILE_OF("<Itf Name='I_Store' Id='{3}'>" DECLARATION("INTERFACE I_Store\n")
            METHOD("Put", "METHOD Put : BOOL\nVAR_INPUT\n\tn : INT;\nEND_VAR\n", "") "</Itf>"),
    FILE_OF("<POU Name='FB_Store' Id='{4}' SpecialFunc='None'>"
            DECLARATION("// holds < LIMIT\n(* a FUNCTION of a kind *)\n{attribute 'reflection'}\nFUNCTION_BLOCK FB_Store IMPLEMENTS I_Store\nVAR\n\tsum : INT;\n"
                        "\tname : T_MaxString;\n\tcalls : INT;\n\tstep : E_Step;\nEND_VAR\n")
            BODY("calls := calls + 1;\nIF sum > 0 AND sum < 1000 THEN\n\tstep := E_Step.Run;\nEND_IF")
            METHOD("Put", "// adds what still fits\nMETHOD PUBLIC Put : BOOL\nVAR_INPUT\n\tn : INT;\nEND_VAR\n",
                   "IF sum + n <= GVL_Plant.LIMIT THEN sum := sum + n; Put := TRUE; END_IF")
            "<Property Name='Sum' Id='{5}'>" DECLARATION("PROPERTY PUBLIC Sum : INT")
            ACCESS("Get", "VAR\nEND_VAR\n", "Sum := sum;") ACCESS("Set", "", "sum := Sum;") "</Property>"
            "<Property Name='Label' Id='{6}'>" DECLARATION("PROPERTY Label : T_MaxString")
            ACCESS("Set", "VAR\n\tp : POINTER TO BYTE;\nEND_VAR\n", "p := ADR(Label); p^ := 88; name := Tc2_Standard.CONCAT(STR1 := Label, STR2 := '!');") "</Property>"
            "<Action Name='Clear' Id='{7}'>" BODY("sum := 0;") "</Action></POU>"),
    FILE_OF("<POU Name='MAIN' Id='{8}' SpecialFunc='None'>"
            DECLARATION("PROGRAM MAIN\nVAR\n\ts, t : FB_Store;\n\ti : I_Store := s;\n\ta, b : BOOL;\n\tk, m, c : INT;\nEND_VAR\n")
            BODY("a := i.Put(30);\nb := i.Put(n := 20);\nk := s.Sum;\ns.Sum := 7;\nm := s.Sum;\ns();\ns.Label := 'abc';\nt.Put(5); t.Clear(); c := t.Sum;") "</POU>"),
};

static void files_make_one_project(void **state)
{
    (void)state;
    char all[8000] = "";
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *t = project(files[i]);
        assert_true(strlen(all) + strlen(t) < sizeof all);
        strcat(all, t); /* NOLINT(clang-analyzer-security.insecureAPI.strcpy): measured above */
    }
    run(all, 1);
    is("a", 1);
    is("b", 0); /* 30 + 20 is above 40 */
    is("k", 30);
    is("m", 7);
    is("s.calls", 1);
    is("s.step", 10);
    text_is("s.name", "Xbc!");
    is("c", 0);
    done();
}

static void what_is_not_read_is_told(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {FILE_OF("<POU Name='P'>" DECLARATION("PROGRAM P\n") "<Implementation><NWL/></Implementation></POU>"), "NWL"},
        {FILE_OF("<POU Name='P'>" DECLARATION("// PROGRAM P\nVAR\n") BODY("") "</POU>"), "'P' begins with none"},
        {FILE_OF("<Visu/>"), "<Visu> is not read"},
        {"<Table/>", "neither a PLCopen project"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct mr_diags *d = mr_diags_create();
        assert_null(text_of(wrong[i][0], d));
        assert_non_null(strstr(d->items[0].text, wrong[i][1]));
        mr_diags_destroy(d);
    }
}

/* clang-format on */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_make_one_project),
        cmocka_unit_test(what_is_not_read_is_told),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(text);
    return failed;
}
