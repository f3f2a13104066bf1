/* Projects in PLCopen TC6 XML 2.01, as OpenPLC Editor and Beremiz save them: the text they become is compiled and run. Expected
 * values are worked out from the diagrams. */
#include "support/plc_xml.h"

/* Projects keep their lines: the formatter tears texts between macros apart. */
/* clang-format off */
static void types_values_and_text_bodies(void **state)
{
    (void)state;
    run(project(HEAD "<dataTypes><dataType name='Color'><baseType><enum><values><value name='Red'/><value name='Green'/></values>"
        "</enum></baseType><initialValue><simpleValue value='Green'/></initialValue></dataType><dataType name='Pt'><baseType>"
        "<struct>" V("a", "INT") "<variable name='b'><type><array><dimension lower='1' upper='3'/><baseType><REAL/>"
        "</baseType></array></type><initialValue><arrayValue><value><simpleValue value='1.5'/></value>"
        "<value repetitionValue='2'><simpleValue value='2.0'/></value></arrayValue></initialValue></variable></struct>"
        "</baseType></dataType><dataType name='Pct'><baseType><subrangeSigned><range lower='0' upper='100'/><baseType><INT/>"
        "</baseType></subrangeSigned></baseType></dataType></dataTypes><pous><pou name='twice' pouType='function'><interface>"
        "<returnType><INT/></returnType><inputVars>" V("x", "INT") "</inputVars></interface><body><IL><xhtml:p>"
        "<![CDATA[LD x\nMUL 2\nST twice]]></xhtml:p></IL></body></pou><pou name='p' pouType='program'><interface><localVars>"
        "<variable name='c'><type><derived name='Color'/></type></variable><variable name='s'><type><derived name='Pt'/>"
        "</type><initialValue><structValue><value member='a'><simpleValue value='7'/></value></structValue></initialValue>"
        "</variable><variable name='q' address='%QX0.1'><type><BOOL/></type></variable><variable name='t'><type>"
        "<string length='5'/></type><initialValue><simpleValue value=\"'abc'\"/></initialValue></variable>" V("n", "INT")
        "</localVars><externalVars>" V("g", "INT") "</externalVars></interface><body>"
        ST("q := s.a > 3 AND s.b[3] = 2.0;\nn := " "twice(x := " "g) + 1;") "</body></pou></pous>" TAIL),
        1);
    is("c", 1);
    is("s.a", 7);
    is("s.b[1]", 1.5);
    is("q", 1);
    is("n", 83);
    text_is("t", "abc");
    done();
}

/* A seal-in: (Start OR Motor) AND NOT Stop drives Motor; Motor delays Lamp by 200 ms; a rising edge of Start sets Seen. */
static void ladder_seals_in(void **state)
{
    (void)state;
    start(project(HEAD "<dataTypes/><pous><pou name='p' pouType='program'><interface><localVars>" V("Start", "BOOL") V("Stop", "BOOL")
        V("Motor", "BOOL") V("Lamp", "BOOL") V("Seen", "BOOL") "<variable name='t1'><type><derived name='TON'/></type>"
        "</variable></localVars></interface><body><LD><leftPowerRail localId='1'>" AT(0, 0) "</leftPowerRail>"
        "<contact localId='2'>" AT(50, 10) FROM(1) "<variable>Start</variable></contact><contact localId='3'>" AT(50, 50)
        FROM(1) "<variable>Motor</variable></contact><contact localId='4' negated='true'>" AT(100, 10) "<connectionPointIn>"
        "<connection refLocalId='2'/><connection refLocalId='3'/></connectionPointIn><variable>Stop</variable></contact>"
        "<coil localId='5'>" AT(200, 10) FROM(4) "<variable>Motor</variable></coil>"
        "<block localId='6' typeName='TON' instanceName='t1'>" AT(200, 100) "<inputVariables><variable formalParameter='IN'>"
        FROM(4) "</variable><variable formalParameter='PT'>" FROM(7) "</variable></inputVariables><inOutVariables/>"
        "<outputVariables><variable formalParameter='Q'/><variable formalParameter='ET'/></outputVariables></block>"
        "<inVariable localId='7'>" AT(150, 120) "<expression>T#200ms</expression></inVariable><coil localId='8'>"
        AT(300, 100) PIN(6, "Q") "<variable>Lamp</variable></coil><contact localId='9' edge='rising'>" AT(50, 200) FROM(1)
        "<variable>Start</variable></contact><coil localId='10' storage='set'>" AT(200, 200) FROM(9) "<variable>"
        "Seen</variable></coil><rightPowerRail localId='11'>" FROM(5) "</rightPowerRail></LD></body></pou></pous>" TAIL));
    scan(1);
    is("Motor", 0);
    is("Seen", 0);
    set("Start", 1);
    scan(1);
    is("Motor", 1);
    is("Seen", 1);
    is("Lamp", 0);
    set("Start", 0);
    scan(2); /* 200 ms later */
    is("Motor", 1);
    is("Lamp", 1);
    set("Stop", 1);
    scan(1);
    is("Motor", 0);
    is("Lamp", 0);
    done();
}

/* y := LIMIT(0, (a + b) * 2, 100), z := NOT (a > b), and a counter that reads its own output. */
static void function_blocks_are_wired(void **state)
{
    (void)state;
    run(project(HEAD "<dataTypes/><pous><pou name='p' pouType='program'><interface><localVars>" V("y", "INT") V("z", "BOOL")
        V("n", "INT") "<variable name='a'><type><INT/></type><initialValue><simpleValue value='30'/></initialValue>"
        "</variable><variable name='b'><type><INT/></type><initialValue><simpleValue value='25'/></initialValue></variable>"
        "</localVars></interface><body><FBD><inVariable localId='1'>" AT(0, 0) "<expression>a</expression></inVariable>"
        "<inVariable localId='2'>" AT(0, 20) "<expression>b</expression></inVariable><block localId='3' typeName='ADD'>"
        AT(50, 0) "<inputVariables><variable formalParameter='IN1'>" FROM(1) "</variable><variable formalParameter='IN2'>"
        FROM(2) "</variable></inputVariables><inOutVariables/><outputVariables><variable formalParameter='OUT'/>"
        "</outputVariables></block><block localId='4' typeName='MUL'>" AT(100, 0) "<inputVariables>"
        "<variable formalParameter='IN1'>" PIN(3, "OUT") "</variable><variable formalParameter='IN2'>" FROM(5) "</variable>"
        "</inputVariables><outputVariables><variable formalParameter='OUT'/></outputVariables></block>"
        "<inVariable localId='5'>" AT(50, 40) "<expression>2</expression></inVariable><inVariable localId='6'>" AT(50, 60)
        "<expression>0</expression></inVariable><inVariable localId='7'>" AT(50, 80) "<expression>100</expression>"
        "</inVariable><block localId='8' typeName='LIMIT'>" AT(150, 0) "<inputVariables><variable formalParameter='MN'>"
        FROM(6) "</variable><variable formalParameter='IN'>" PIN(4, "OUT") "</variable><variable formalParameter='MX'>"
        FROM(7) "</variable></inputVariables><outputVariables><variable formalParameter='OUT'/></outputVariables></block>"
        "<outVariable localId='9'>" AT(200, 0) PIN(8, "OUT") "<expression>y</expression></outVariable>"
        "<block localId='10' typeName='GT'>" AT(50, 200) "<inputVariables><variable formalParameter='IN1'>" FROM(1)
        "</variable><variable formalParameter='IN2'>" FROM(2) "</variable></inputVariables><outputVariables>"
        "<variable formalParameter='OUT' negated='true'/></outputVariables></block><outVariable localId='11'>" AT(100, 200)
        PIN(10, "OUT") "<expression>z</expression></outVariable></FBD></body></pou></pous>" TAIL),
        3);
    is("y", 100); /* 110 is limited */
    is("z", 0);
    done();
}

/* n := n + 1, the variable both read and written by one element. */
static void a_diagram_reads_what_it_writes(void **state)
{
    (void)state;
    run(project(HEAD "<dataTypes/><pous><pou name='p' pouType='program'><interface><localVars>" V("n", "INT") "</localVars>"
        "</interface><body><FBD><inOutVariable localId='12'>" AT(100, 300) PIN(13, "OUT") "<expression>n</expression>"
        "</inOutVariable><block localId='13' typeName='ADD'>" AT(50, 300) "<inputVariables><variable formalParameter='IN1'>"
        FROM(12) "</variable><variable formalParameter='IN2'>" FROM(14) "</variable></inputVariables><outputVariables>"
        "<variable formalParameter='OUT'/></outputVariables></block><inVariable localId='14'>" AT(0, 320) "<expression>"
        "1</expression></inVariable></FBD></body></pou></pous>" TAIL),
        3);
    is("n", 3);
    done();
}

/* A named action in FBD and one in a ladder, with the same localIds as the chart. */
static void actions_are_drawn(void **state)
{
    (void)state;
    start(project(HEAD "<dataTypes/><pous><pou name='p' pouType='program'><interface><localVars>" V("n", "INT") V("in1", "BOOL")
        V("lamp", "BOOL") "</localVars></interface><actions><action name='Count'><body><FBD><inVariable localId='1'>"
        AT(0, 0) "<expression>n</expression></inVariable><inVariable localId='2'>" AT(0, 20) "<expression>2</expression>"
        "</inVariable><block localId='3' typeName='ADD'>" AT(50, 0) "<inputVariables><variable formalParameter='IN1'>"
        FROM(1) "</variable><variable formalParameter='IN2'>" FROM(2) "</variable></inputVariables><inOutVariables/>"
        "<outputVariables><variable formalParameter='OUT'/></outputVariables></block><outVariable localId='4'>" AT(100, 0)
        "<connectionPointIn><connection refLocalId='3' formalParameter='OUT'/></connectionPointIn><expression>n</expression>"
        "</outVariable></FBD></body></action><action name='Show'><body><LD><leftPowerRail localId='1'>" AT(0, 0)
        "</leftPowerRail><contact localId='2'>" AT(20, 0) FROM(1) "<variable>in1</variable></contact><coil localId='3'>"
        AT(40, 0) FROM(2) "<variable>lamp</variable></coil></LD></body></action></actions><body><SFC>"
        "<step localId='1' name='S0' initialStep='true'/><actionBlock localId='2'>" FROM(1) "<action qualifier='N'>"
        "<reference name='Count'/></action><action qualifier='N'><reference name='Show'/></action></actionBlock>"
        "<transition localId='3'>" FROM(1) "<condition><inline name=''>" ST("n > 100") "</inline></condition></transition>"
        "<jumpStep localId='4' targetName='S0'>" FROM(3) "</jumpStep></SFC></body></pou></pous>" TAIL));
    set("in1", 1);
    scan(3);
    is("n", 6); /* 2 a scan */
    is("lamp", 1);
    done();
}

/* S0 goes to S1, or by priority to S2, and back by a jump. */
static void a_chart_is_followed(void **state)
{
    (void)state;
    start(project(HEAD "<dataTypes/><pous><pou name='p' pouType='program'><interface><localVars>" V("go", "BOOL") V("n", "INT")
        V("on1", "BOOL") V("alt", "BOOL") "</localVars></interface><actions><action name='Count'><body>" ST("n := n + 1;")
        "</body></action></actions><transitions><transition name='Back'><body>" ST(":= NOT go;") "</body></transition>"
        "</transitions><body><SFC><step localId='1' name='S0' initialStep='true'/><selectionDivergence localId='2'>" FROM(1)
        "</selectionDivergence><transition localId='3' priority='2'>" FROM(2) "<condition><inline name=''>" ST("go")
        "</inline></condition></transition><transition localId='4' priority='1'>" FROM(2) "<condition>" FROM(20)
        "</condition></transition><step localId='5' name='S1'>" FROM(3) "</step><step localId='6' name='S2'>" FROM(4)
        "</step><actionBlock localId='7'>" FROM(5) "<action qualifier='N'><reference name='Count'/></action>"
        "<action qualifier='N'><inline>" ST("on1 := TRUE;") "</inline></action></actionBlock><transition localId='8'>"
        FROM(5) "<condition><reference name='Back'/></condition></transition><jumpStep localId='9' targetName='S0'>" FROM(8)
        "</jumpStep><leftPowerRail localId='21'/><contact localId='20'>" FROM(21) "<variable>alt</variable></contact></SFC>"
        "</body></pou></pous>" TAIL));
    scan(1);
    is("S0.X", 1);
    set("go", 1);
    scan(3);
    is("S1.X", 1);
    is("n", 3);
    is("on1", 1);
    set("go", 0);
    scan(1);
    is("S0.X", 1);
    set("go", 1);
    set("alt", 1);
    scan(1); /* both conditions hold: the priority decides */
    is("S1.X", 0);
    is("S2.X", 1);
    done();
}

/* clang-format on */

static void bad_documents_are_told(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"<project><types>", "ends before <types> of line 1"},
        {"<!DOCTYPE x [<!ENTITY a 'b'>]><project>&a;</project>", "document type"},
        {"<?xml version='1.0'?><html/>", "neither a PLCopen project"},
        {HEAD "<dataTypes/><pous><pou name='p' pouType='program'><body><FBD><outVariable localId='1'>" FROM(
             9) "<expression>x</expression></outVariable></FBD></body></pou></pous>" TAIL,
         "no element '9'"},
        {HEAD "<dataTypes/><pous><pou name='p' pouType='program'><body><LD><contact localId='1'>" FROM(
             2) "<variable>a</variable></contact>"
                "<contact localId='2'>" FROM(1) "<variable>b</variable></contact><coil localId='3'>" FROM(
                    2) "<variable>c</variable></coil></LD></body></pou></pous>" TAIL,
         "a loop"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mr_diags *d = mr_diags_create();
        assert_null(text_of(cases[i][0], d));
        mr_diags_print(d, stderr);
        assert_true(d->n > 0);
        assert_non_null(strstr(d->items[0].text, cases[i][1]));
        mr_diags_destroy(d);
    }
}

/* Each divergence is reached twice from the next: 2^50 ways up. */
static void branches_without_end_are_refused(void **state)
{
    (void)state;
    char *xml = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&xml, &n);
    assert_non_null(f);
    (void)fputs(HEAD "<dataTypes/><pous><pou name='p' pouType='program'><body><SFC><step localId='0' name='S'/>", f);
    for (int i = 1; i <= 50; i++) {
        (void)fprintf(f,
                      "<selectionDivergence localId='%d'><connectionPointIn><connection refLocalId='%d'/><connection "
                      "refLocalId='%d'/></connectionPointIn></selectionDivergence>",
                      i, i - 1, i - 1);
    }
    (void)fputs("<transition localId='60'>" FROM(50) "<condition><inline name=''>" ST(
                    "TRUE") "</inline></condition></transition></SFC></body>"
                            "</pou></pous>" TAIL,
                f);
    (void)fclose(f);
    struct mr_diags *d = mr_diags_create();
    assert_null(text_of(xml, d));
    assert_non_null(strstr(d->items[0].text, "too many"));
    mr_diags_destroy(d);
    free(xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_values_and_text_bodies),
        cmocka_unit_test(ladder_seals_in),
        cmocka_unit_test(function_blocks_are_wired),
        cmocka_unit_test(a_diagram_reads_what_it_writes),
        cmocka_unit_test(actions_are_drawn),
        cmocka_unit_test(a_chart_is_followed),
        cmocka_unit_test(bad_documents_are_told),
        cmocka_unit_test(branches_without_end_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(text);
    return failed;
}
