/* What projects of others hold: enabled functions, variables that are read and written, diagrams beside charts, older versions of
 * the format, what CODESYS adds to it. Expected values are worked out from the diagrams. */
#include "support/plc_xml.h"

#define IN(id, x, y, e)       "<inVariable localId='" #id "'>" AT(x, y) "<expression>" e "</expression></inVariable>"
#define OUT(id, x, y, pin, e) "<outVariable localId='" #id "'>" AT(x, y) pin "<expression>" e "</expression></outVariable>"
#define ARG(name, pin)        "<variable formalParameter='" name "'>" pin "</variable>"
#define RESULTS(names)        "</inputVariables><inOutVariables/><outputVariables>" names "</outputVariables></block>"
#define Q(name)               "<variable formalParameter='" name "'/>"
#define FUN(id, x, y, type)   "<block localId='" #id "' typeName='" type "'>" AT(x, y) "<inputVariables>"
#define FB(id, x, y, type, i) "<block localId='" #id "' typeName='" type "' instanceName='" i "'>" AT(x, y) "<inputVariables>"
#define PROGRAM(vars)         HEAD "<dataTypes/><pous><pou name='p' pouType='program'><interface>" vars "</interface>"
#define LOCALS(vars)          "<localVars>" vars "</localVars>"
#define OF(name, type)        "<variable name='" name "'><type><derived name='" type "'/></type></variable>"
#define INIT(name, type, v)                                                                                                      \
    "<variable name='" name "'><type><" type "/></type><initialValue><simpleValue value='" v "'/></initialValue></variable>"
#define END "</pou></pous>" TAIL

/* clang-format off */

/* m := a + 1 is written before b := m * 2 reads it, although that stands higher. */
static void a_variable_is_written_before_it_is_read(void **state)
{
    (void)state;
    run(project(PROGRAM(LOCALS(INIT("a", "INT", "4") V("m", "INT") V("b", "INT"))) "<body><FBD>"
        FUN(1, 300, 0, "MUL") ARG("IN1", FROM(2)) ARG("IN2", FROM(3)) RESULTS(Q("OUT"))
        "<inOutVariable localId='2'>" AT(200, 50) PIN(4, "OUT") "<expression>m</expression></inOutVariable>" IN(3, 200, 80, "2")
        FUN(4, 100, 50, "ADD") ARG("IN1", FROM(5)) ARG("IN2", FROM(6)) RESULTS(Q("OUT")) IN(5, 0, 50, "a") IN(6, 0, 70, "1")
        OUT(7, 400, 0, PIN(1, "OUT"), "b") "</FBD></body>" END),
        1);
    is("m", 5);
    is("b", 10);
    done();
}

/* n := n + 1 by a loop that begins at the block which stands first; what follows sees the new value. */
static void a_loop_reads_what_was(void **state)
{
    (void)state;
    run(project(PROGRAM(LOCALS(V("n", "INT") V("o", "INT") V("no", "BOOL"))) "<body><FBD>"
        FUN(1, 100, 0, "ADD") ARG("IN1", FROM(2)) ARG("IN2", FROM(3)) RESULTS(Q("OUT")) IN(2, 0, 0, "1")
        "<inOutVariable localId='3' negatedOut='false' negatedIn='false'>" AT(200, 50) PIN(1, "OUT")
        "<expression>n</expression></inOutVariable>" OUT(4, 300, 50, FROM(3), "o")
        "<inOutVariable localId='5' negatedIn='true' negatedOut='true'>" AT(200, 90) FROM(6) "<expression>no</expression></inOutVariable>"
        IN(6, 0, 90, "n = 2") "</FBD></body>" END),
        2);
    is("n", 2);
    is("o", 2);
    is("no", 0); /* NOT (2 = 2) */
    done();
}

/* kept := 7 while on; copied by MOVE, whose ENO shows it. A comparison that is not enabled is FALSE. */
static void functions_are_enabled(void **state)
{
    (void)state;
    start(project(PROGRAM(LOCALS(V("on1", "BOOL") V("kept", "INT") V("eno", "BOOL") V("greater", "BOOL") INIT("src", "INT", "7"))) "<body><LD>"
        "<leftPowerRail localId='1'>" AT(0, 0) "</leftPowerRail><contact localId='2'>" AT(20, 10) FROM(1) "<variable>on1</variable>"
        "</contact>" FUN(3, 60, 0, "MOVE") ARG("EN", FROM(2)) ARG("IN", FROM(4)) RESULTS(Q("ENO") Q("OUT")) IN(4, 20, 40, "src")
        OUT(5, 120, 40, PIN(3, "OUT"), "kept") "<coil localId='6'>" AT(120, 10) PIN(3, "ENO") "<variable>eno</variable></coil>"
        FUN(7, 60, 100, "GT") ARG("EN", FROM(2)) ARG("IN1", FROM(4)) ARG("IN2", FROM(8)) RESULTS(Q("ENO") Q("OUT"))
        IN(8, 20, 120, "3") "<coil localId='9'>" AT(120, 100) PIN(7, "OUT") "<variable>greater</variable></coil></LD></body>" END));
    scan(1);
    is("kept", 0);
    is("eno", 0);
    set("on1", 1);
    scan(1);
    is("kept", 7);
    is("eno", 1);
    is("greater", 1);
    set("on1", 0);
    set("src", 9);
    scan(1);
    is("kept", 7);
    is("eno", 0);
    is("greater", 0);
    done();
}

/* As CODESYS wires: inputs and outputs with expressions, its own pin names, no positions, NOT as a block. */
static void pins_have_expressions(void **state)
{
    (void)state;
    run(project(PROGRAM(LOCALS(V("sum", "INT") V("et", "TIME") V("no", "BOOL") OF("t1", "TON") OF("c1", "Twice") INIT("io", "INT", "3")
        V("after", "INT"))) "<body><FBD>"
        FUN(1, 0, 0, "ADD") ARG("In1", "<connectionPointIn><expression>20</expression></connectionPointIn>")
        ARG("In2", "<connectionPointIn><expression>2 * 11</expression></connectionPointIn>")
        RESULTS("<variable formalParameter='Out1'><connectionPointOut><expression>sum</expression></connectionPointOut></variable>")
        FB(2, 0, 0, "TON", "t1") ARG("IN", FROM(4)) ARG("PT", FROM(3))
        RESULTS(Q("Q") "<variable formalParameter='ET'><connectionPointOut><expression>et</expression></connectionPointOut></variable>")
        IN(3, 0, 0, "t#1s") FUN(4, 0, 0, "NOT") ARG("IN", FROM(5)) RESULTS(Q("OUT")) IN(5, 0, 0, "FALSE")
        OUT(6, 0, 0, PIN(4, "OUT"), "no") FB(7, 0, 0, "Twice", "c1") ARG("x", FROM(8)) RESULTS(Q("x")) IN(8, 0, 0, "io")
        OUT(9, 0, 0, PIN(7, "x"), "after") "<comment localId='10'><content><xhtml:p>(* no *)</xhtml:p></content></comment>"
        "</FBD></body></pou><pou name='Twice' pouType='functionBlock'><interface><inOutVars>" V("x", "INT") "</inOutVars></interface><body>"
        "<ST><xhtml:p>// a note</xhtml:p><xhtml:p>x := x</xhtml:p><xhtml:p>  * 2;</xhtml:p></ST></body>" END),
        3);
    is("sum", 42);
    is("et", 0.2);
    is("no", 1);
    is("io", 24); /* 3 * 2 * 2 * 2 */
    is("after", 24);
    done();
}

/* A wire that goes back to the left carries what was: seal = (on OR seal) AND NOT off; sum = sum + 3. */
static void a_function_in_a_loop_keeps_its_value(void **state)
{
    (void)state;
    start(project(PROGRAM(LOCALS(V("on1", "BOOL") V("off", "BOOL") V("seal", "BOOL") INIT("n", "INT", "3") V("sum", "INT"))) "<body><FBD>"
        IN(1, 0, 0, "on1") IN(2, 0, 60, "off") FUN(3, 100, 0, "OR") ARG("IN1", FROM(1)) ARG("IN2", PIN(4, "OUT")) RESULTS(Q("OUT"))
        FUN(4, 200, 0, "AND") ARG("IN1", PIN(3, "OUT")) "<variable formalParameter='IN2' negated='true'>" FROM(2) "</variable>" RESULTS(Q("OUT"))
        OUT(5, 300, 0, PIN(4, "OUT"), "seal") IN(6, 0, 200, "n") FUN(7, 100, 200, "ADD") ARG("IN1", FROM(6)) ARG("IN2", PIN(7, "OUT"))
        RESULTS(Q("OUT")) OUT(8, 300, 200, PIN(7, "OUT"), "sum") "</FBD></body>" END));
    set("on1", 1);
    scan(1);
    is("seal", 1); /* in the same scan: OR stands left of AND */
    set("on1", 0);
    scan(2);
    is("seal", 1);
    is("sum", 9); /* 3 scans */
    set("off", 1);
    scan(1);
    is("seal", 0);
    set("off", 0);
    scan(1);
    is("seal", 0);
    done();
}

/* The first in order reads what the second gave in the scan before: 0 and then 5. */
static void blocks_run_in_their_order(void **state)
{
    (void)state;
    start(project(PROGRAM(LOCALS(INIT("x", "INT", "4") V("first", "INT") V("up", "BOOL") OF("t", "TON"))) "<body><FBD>"
        "<block localId='1' typeName='MUL' executionOrderId='1'>" AT(300, 0) "<inputVariables>" ARG("IN1", PIN(2, "OUT")) ARG("IN2", FROM(3))
        RESULTS(Q("OUT")) "<block localId='2' typeName='ADD' executionOrderId='2'>" AT(100, 0) "<inputVariables>" ARG("IN1", FROM(3))
        ARG("IN2", FROM(4)) RESULTS(Q("OUT")) IN(3, 0, 0, "x") IN(4, 0, 40, "1") OUT(5, 400, 0, PIN(1, "OUT"), "first") "</FBD></body>" END));
    scan(1);
    is("first", 0);
    scan(1);
    is("first", 20); /* (4 + 1) * 4 */
    done();
}

/* A box of text is carried out where its EN is TRUE, and its ENO says so, also to a wire that names no output. */
static void a_diagram_holds_text(void **state)
{
    (void)state;
    start(project(PROGRAM(LOCALS(V("go", "BOOL") V("n", "INT") V("did", "BOOL") V("out1", "BOOL"))) "<body><LD>"
        "<leftPowerRail localId='0'/><contact localId='1'>" FROM(0) "<variable>go</variable></contact>"
        "<block localId='2' typeName='EXECUTE'><inputVariables>" ARG("EN", FROM(1)) "</inputVariables><inOutVariables/><outputVariables>"
        Q("ENO") "</outputVariables><addData><data name='x/stcode'><STCode>IF n &lt; 2 THEN\n n := n + 1;\nEND_IF; // done</STCode></data>"
        "</addData></block><coil localId='3'>" FROM(2) "<variable>did</variable></coil>" OUT(4, 0, 0, FROM(2), "out1") "</LD></body>" END));
    scan(1);
    is("n", 0);
    is("did", 0);
    set("go", 1);
    scan(3);
    is("n", 2);
    is("did", 1);
    is("out1", 1);
    set("go", 0);
    scan(1);
    is("out1", 0);
    done();
}

/* A document may be one unit, declared in text. */
static void a_unit_stands_alone(void **state)
{
    (void)state;
    run(project("<?xml version='1.0'?><pou xmlns='http://www.plcopen.org/xml/tc6_0201' name='p' pouType='program'><interface><localVars/>"
        "<addData><data name='x'><textDeclaration><content>\nPROGRAM p\nVAR a : INT := 2; b : INT; END_VAR\n</content></textDeclaration>"
        "</data></addData></interface><body><FBD>" IN(1, 0, 0, "a * 3") OUT(2, 90, 0, FROM(1), "b") "</FBD></body></pou>"),
        1);
    is("b", 6);
    done();
}

/* n := n + 1 stands before the comparison that reads n in the same rung, although the block's corner is higher; t, which nothing
 * is wired to behind it, runs at its place, before the coil that names it. */
static void what_ends_runs_in_order(void **state)
{
    (void)state;
    start(project(PROGRAM(LOCALS(V("n", "INT") V("big", "BOOL") V("on1", "BOOL") OF("t", "TON"))) "<body><LD><leftPowerRail localId='1'>" AT(0, 0)
        "</leftPowerRail>" FB(10, 60, 0, "TON", "t") ARG("IN", FROM(1)) ARG("PT", FROM(11)) RESULTS(Q("Q") Q("ET")) IN(11, 0, 40, "T#0s")
        "<rightPowerRail localId='12'>" AT(500, 0) PIN(10, "Q") "</rightPowerRail><contact localId='13'>" AT(60, 60) FROM(1)
        "<variable>t.Q</variable></contact><coil localId='14'>" AT(100, 60) FROM(13) "<variable>on1</variable></coil>"
        FUN(2, 100, 100, "ADD") ARG("EN", FROM(1)) ARG("IN1", FROM(3)) ARG("IN2", FROM(4)) RESULTS(Q("ENO") Q("OUT")) IN(3, 0, 130, "n")
        IN(4, 0, 160, "1") OUT(5, 200, 140, PIN(2, "OUT"), "n") FUN(6, 300, 100, "GE") ARG("EN", PIN(2, "ENO")) ARG("IN1", FROM(7))
        ARG("IN2", FROM(8)) RESULTS(Q("ENO") Q("OUT")) IN(7, 250, 180, "n") IN(8, 250, 200, "2") "<coil localId='9'>" AT(400, 140)
        PIN(6, "OUT") "<variable>big</variable></coil></LD></body>" END));
    scan(1);
    is("on1", 1);
    is("big", 0);
    scan(1);
    is("n", 2);
    is("big", 1);
    done();
}

/* Beremiz leaves the quotes of texts away, and has blocks of its own. */
static void what_beremiz_has_is_read(void **state)
{
    (void)state;
    run(project(PROGRAM(LOCALS("<variable name='a'><type><string/></type><initialValue><simpleValue value='it is'/></initialValue></variable>"
        "<variable name='b'><type><string length='9'/></type><initialValue><simpleValue value=\"'so'\"/></initialValue></variable>"
        "<variable name='level'><type><derived name='LOGLEVEL'/></type><initialValue><simpleValue value='DEBUG'/></initialValue></variable>"
        OF("log1", "LOGGER") OF("ask", "python_eval"))) "<body>" ST("log1(TRIG := TRUE, MSG := CONCAT(a, b), LEVEL := level);\n"
        "ask(TRIG := TRUE, CODE := '1');\n{{ int x = 3; if (x) { x++; } }}") "</body>" END),
        1);
    text_is("log1.MSG", "it isso");
    is("log1.LEVEL", 3); /* DEBUG is the fourth */
    is("ask.ACK", 0);
    done();
}

/* CODESYS keeps the actions of a step among its additions: on entry, while active, on exit. A time is one of ISO 8601. */
static void steps_have_actions_of_their_own(void **state)
{
    (void)state;
#define OWN(guid, action) "<attribute guid='" guid "'>" action "</attribute>"
#define ACTION(name, st)  "<action name='" name "'><body>" ST(st) "</body></action>"
    start(project(PROGRAM(LOCALS(V("go", "BOOL") V("entered", "INT") V("cycles", "INT") V("left", "INT") V("lamp", "BOOL")))
        "<actions>" ACTION("In", "entered := entered + 1;") ACTION("Run", "cycles := cycles + 1;") ACTION("Out", "left := left + 1;")
        "</actions><body><SFC><step localId='1' name='A' initialStep='true'>" FROM(5) "</step><transition localId='2'>" FROM(1)
        "<condition><inline name='t1'><LD><leftPowerRail localId='1'/><contact localId='2'>" FROM(1) "<variable>go</variable></contact>"
        "<coil localId='3'>" FROM(2) "<variable>t1</variable></coil></LD></inline></condition></transition><step localId='3' name='B'>" FROM(2)
        "<addData><data name='x/sfc/element'><attributes>" OWN("38391c6d-6d4a-42f8-8ee7-9f45e5adafa8", "B")
        OWN("a6b08bd8-b696-47e3-9cbf-7408b61c9ff8", "In") OWN("700a583f-b4d4-43e4-8c14-629c7cd3bec8", "Run")
        OWN("a2621e18-7de3-4ea6-ae6d-89e9e0b7befd", "Out") "</attributes></data></addData></step><actionBlock localId='4'>" FROM(3)
        "<action qualifier='L' duration='PT0.2S'><reference name='lamp'/></action></actionBlock><transition localId='5'>" FROM(3)
        "<condition><inline name=''>" ST("NOT go") "</inline></condition></transition></SFC></body>" END));
    set("go", 1);
    scan(2);
    is("B.X", 1);
    is("lamp", 1);
    scan(2); /* active for three scans: 0.2 s */
    is("entered", 1);
    is("cycles", 3);
    is("lamp", 0);
    is("left", 0);
    set("go", 0);
    scan(1);
    is("B.X", 0);
    is("cycles", 3);
    is("left", 1);
    done();
}

/* A function may have been given a name, and pins at its end may be left out. */
static void named_functions_stay_functions(void **state)
{
    (void)state;
    run(project(PROGRAM(LOCALS(INIT("a", "INT", "4") V("b", "INT"))) "<body><FBD>" IN(1, 0, 0, "a") IN(2, 0, 40, "1")
        FB(3, 100, 0, "ADD", "ADD") ARG("IN1", FROM(1)) ARG("IN2", FROM(2)) ARG("IN3", "<connectionPointIn/>") RESULTS(Q("OUT1"))
        OUT(4, 300, 0, PIN(3, "OUT1"), "b") "</FBD></body>" END),
        1);
    is("b", 5);
    done();
}

/* A TON beside the chart times S0; S1 forks to S2 and S3; their end is drawn as a ladder and negated; a wire shows S3. */
static void diagrams_beside_a_chart_run(void **state)
{
    (void)state;
    start(project(PROGRAM(LOCALS(OF("t1", "TON") V("in0", "BOOL") V("hold", "BOOL") V("shown", "BOOL")))
        "<transitions><transition name='Done'><body><LD><leftPowerRail localId='1'/><contact localId='2' negated='true'>" FROM(1)
        "<variable>hold</variable></contact><coil localId='3'>" FROM(2) "<variable>Done</variable></coil></LD></body></transition></transitions>"
        "<body><SFC><step localId='1' name='S0' initialStep='true'/><actionBlock localId='2'>" FROM(1) "<action><reference name='in0'/></action>"
        "</actionBlock>" FB(3, 0, 0, "TON", "t1") ARG("IN", FROM(4)) ARG("PT", FROM(5)) RESULTS(Q("Q") Q("ET")) IN(4, 0, 0, "in0")
        IN(5, 0, 0, "T#300ms") "<transition localId='6'>" FROM(1) "<condition>" PIN(3, "Q") "</condition></transition>"
        "<simultaneousDivergence localId='7'>" FROM(6) "</simultaneousDivergence><step localId='8' name='S2'>" FROM(7) "</step>"
        "<step localId='9' name='S3'>" FROM(7) "</step>" OUT(10, 0, 0, FROM(9), "shown") "<simultaneousConvergence localId='11'>" FROM(8) FROM(9)
        "</simultaneousConvergence><transition localId='12'>" FROM(11) "<condition><reference name='Done'/></condition></transition>"
        "<step localId='13' name='S4'>" FROM(12) "</step><transition localId='14'>" FROM(13) "<condition negated='true'>" FROM(15)
        "</condition></transition>" IN(15, 0, 0, "hold") "<jumpStep localId='16' targetName='S0'>" FROM(14) "</jumpStep></SFC></body>" END));
    set("hold", 1);
    scan(4); /* in0 from scan 1 on, seen by t1 in scans 2 to 4 */
    is("S0.X", 1);
    is("t1.ET", 0.2);
    scan(1); /* 300 ms */
    is("S0.X", 0);
    is("S2.X", 1);
    is("S3.X", 1);
    scan(1);
    is("shown", 1);
    set("hold", 0);
    scan(1);
    is("S2.X", 0);
    is("S3.X", 0);
    is("S4.X", 1);
    scan(1);
    is("S0.X", 1);
    is("shown", 0);
    done();
}

/* Jumps over n := n + 1 while skip; what stands below RETURN counts only without it. */
static void diagrams_jump(void **state)
{
    (void)state;
    start(project(PROGRAM(LOCALS(V("skip", "BOOL") V("leave", "BOOL") V("n", "INT") V("m", "INT") V("set1", "BOOL"))) "<body><FBD>"
        IN(1, 0, 0, "skip") "<jump localId='2' label='over'>" AT(50, 0) FROM(1) "</jump>" IN(3, 0, 20, "n + 1") OUT(4, 50, 20, FROM(3), "n")
        "<label localId='5' label='over'>" AT(0, 40) "</label>" IN(6, 0, 60, "leave") "<return localId='7'>" AT(50, 60) FROM(6) "</return>"
        "<connector localId='8' name='w'>" AT(50, 80) FROM(9) "</connector>" IN(9, 0, 80, "m") "<continuation localId='10' name='w'>" AT(0, 100)
        "</continuation>" FUN(11, 50, 100, "ADD") ARG("IN1", FROM(10)) ARG("IN2", FROM(12)) RESULTS(Q("")) IN(12, 0, 120, "1")
        OUT(13, 90, 100, FROM(11), "m") "<outVariable localId='14' storage='set'>" AT(90, 140) FROM(15) "<expression>set1</expression></outVariable>"
        IN(15, 0, 140, "m &gt;= 2") "</FBD></body>" END));
    scan(2);
    is("n", 2);
    is("m", 2);
    is("set1", 1);
    set("skip", 1);
    scan(1);
    is("n", 2);
    is("m", 3);
    set("leave", 1);
    scan(1);
    is("m", 3);
    done();
}

/* Version 1.01: texts without paragraphs, intervals as clock times, the program's type in `type`, connections without points. */
static void version_one_is_read(void **state)
{
    (void)state;
    start(project("<?xml version='1.0'?><project xmlns='http://www.plcopen.org/xml/tc6.xsd'><types><dataTypes/><pous>"
        "<pou name='main' pouType='program'><interface>" LOCALS(V("go", "BOOL") V("n", "INT") "<variable name='level' address='%IW1.0.3.8196.0'>"
        "<type><INT/></type></variable>") "</interface><body><SFC><step localId='1' name='A' initialStep='true'/><transition localId='2'>" FROM(1)
        "<condition><connection refLocalId='3'/></condition></transition>" IN(3, 0, 0, "go") "<step localId='4' name='B'>" FROM(2) "</step>"
        "<actionBlock localId='5'>" FROM(4) "<action><inline><ST>\n<![CDATA[n := n + 1;]]>\n</ST></inline></action></actionBlock>"
        "<transition localId='6'>" FROM(4) "<condition><inline name=''><ST>\n<![CDATA[NOT go;]]>\n</ST></inline></condition></transition>"
        "<jumpStep localId='7' targetName='A'>" FROM(6) "</jumpStep></SFC></body></pou></pous></types><instances><configurations>"
        "<configuration name='c'><resource name='r'><task name='t' interval='00:00:00.200000' priority='0'><pouInstance name='i' type='main'/>"
        "</task></resource></configuration></configurations></instances></project>"));
    set("go", 1);
    scan(7); /* every 200 ms: at 0, 200, 400 and 600 */
    is("B.X", 1);
    is("n", 3);
    done();
}

#define ADD(kind, xml)  "<data name='http://www.3s-software.com/plcopenxml/" kind "' handleUnknown='implementation'>" xml "</data>"
#define CODE(text)      "<body><ST><xhtml xmlns='http://www.w3.org/1999/xhtml'>" text "</xhtml></ST></body>"
#define PLAIN(text)     ADD("interfaceasplaintext", "<InterfaceAsPlainText><xhtml xmlns='http://www.w3.org/1999/xhtml'>" text "</xhtml></InterfaceAsPlainText>")

/* A device as CODESYS exports it: units, types and lists of variables in the additions of its resource. */
static void what_codesys_adds_is_read(void **state)
{
    (void)state;
    start(project("\xEF\xBB\xBF<?xml version='1.0' encoding='utf-8'?>\n<project xmlns='http://www.plcopen.org/xml/tc6_0200'><types><dataTypes /><pous />"
        "</types><instances><configurations><configuration name='Device'><resource name='Application'><task name='MainTask' interval='PT0S' "
        "priority='1'><pouInstance name='PLC_PRG' typeName=''><documentation/></pouInstance><addData>" ADD("tasksettings",
        "<TaskSettings KindOfTask='Cyclic' Interval='50' IntervalUnit='ms'/>") "</addData></task>"
        "<globalVars name='GVL'>" V("total", "INT") V("MAX1", "INT") "<addData>" ADD("mixedattrsvarlist", "<MixedAttrsVarList>"
        "<globalVars name='GVL' retain='true'>" V("total", "INT") "</globalVars><globalVars name='GVL' constant='true'>" INIT("MAX1", "INT", "5")
        "</globalVars></MixedAttrsVarList>") "</addData></globalVars><addData>"
        ADD("datatype", "<dataType name='E_State'><baseType><enum><values><value name='IDLE' value='0'/><value name='RUNNING' value='10'/></values>"
        "<baseType><INT/></baseType></enum></baseType></dataType>")
        ADD("pou", "<pou name='FB_Drive' pouType='functionBlock'><interface><localVars>" V("speed", "REAL") OF("state", "E_State") "</localVars></interface>"
        "<actions><action name='A_Reset'>" CODE("speed := 0.0;") "</action></actions>" CODE("IF speed &gt; 0 THEN state := E_State.RUNNING; END_IF")
        "<addData>" ADD("method", "<Method name='M_Start'><interface><returnType><BOOL /></returnType><inputVars>" V("target", "REAL") "</inputVars></interface>"
        CODE("speed := target; M_Start := TRUE;") "<addData /></Method>") ADD("property", "<Property name='P_Speed'><interface><returnType><REAL /></returnType>"
        "</interface><SetAccessor><interface />" CODE("speed := P_Speed;") "</SetAccessor><GetAccessor><interface />" CODE(" P_Speed := speed;")
        "</GetAccessor></Property>") "</addData></pou>")
        ADD("pou", "<pou name='FB_Fast' pouType='functionBlock'><interface/>" CODE("SUPER^(); extra := extra + 1;") "<addData>" PLAIN("FUNCTION_BLOCK FB_Fast "
        "EXTENDS FB_Drive\nVAR_OUTPUT\n  extra : INT; // counts\nEND_VAR\n") "</addData></pou>")
        ADD("pou", "<pou name='PLC_PRG' pouType='program'><interface>" LOCALS(OF("d", "FB_Fast") V("ok", "BOOL") V("seen", "REAL") V("reset", "BOOL"))
        "</interface>" CODE("ok := d.M_Start(target := 3.0); d.P_Speed := d.P_Speed * 2; d(); seen := d.P_Speed;\nIF reset THEN d.A_Reset(); END_IF\n"
        "GVL.total := GVL.total + GVL.MAX1;") "</pou>") "</addData></resource></configuration></configurations></instances></project>"));
    scan(1); /* at 0 */
    is("ok", 1);
    is("seen", 6);
    is("d.state", 10);
    is("d.extra", 1);
    is("total", 5);
    set("reset", 1);
    for (int i = 0; i < 2; i++) { /* at 50 and at 100 ms */
        now = (i + 1) * 50 * MR_MS;
        mr_plc_scan(plc, now);
    }
    is("d.speed", 0);
    is("total", 15);
    done();
}

static const char *first_error(const char *xml)
{
    static char told[400];
    struct mr_diags *d = mr_diags_create();
    assert_null(text_of(xml, d));
    assert_true(d->n > 0);
    (void)snprintf(told, sizeof told, "%s", d->items[0].text);
    mr_diags_destroy(d);
    return told;
}

static void what_cannot_be_read_is_told(void **state)
{
    (void)state;
    assert_non_null(strstr(first_error(PROGRAM("") "<body><addData>" ADD("cfc", "<CFC/>") "</addData><ST/></body>" END), "CFC"));
    assert_non_null(strstr(first_error(PROGRAM("") "<body><SFC><macroStep localId='1' name='m'/></SFC></body>" END), "macro steps"));
    assert_non_null(strstr(first_error(PROGRAM("") "<actions><action name='a'><body><SFC/></body></action></actions><body><ST/></body>" END), "chart"));
    assert_non_null(strstr(first_error(PROGRAM("") "<body><ST/></body></pou></pous></types><instances><configurations><configuration name='c'><resource name='r'>"
        "<task name='t' interval='soon' priority='0'><pouInstance name='i' typeName='p'/></task></resource></configuration></configurations></instances></project>"),
        "'soon' is no interval"));
}

/* clang-format on */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_is_written_before_it_is_read),
        cmocka_unit_test(a_loop_reads_what_was),
        cmocka_unit_test(a_function_in_a_loop_keeps_its_value),
        cmocka_unit_test(blocks_run_in_their_order),
        cmocka_unit_test(a_diagram_holds_text),
        cmocka_unit_test(a_unit_stands_alone),
        cmocka_unit_test(what_ends_runs_in_order),
        cmocka_unit_test(what_beremiz_has_is_read),
        cmocka_unit_test(steps_have_actions_of_their_own),
        cmocka_unit_test(named_functions_stay_functions),
        cmocka_unit_test(functions_are_enabled),
        cmocka_unit_test(pins_have_expressions),
        cmocka_unit_test(diagrams_beside_a_chart_run),
        cmocka_unit_test(diagrams_jump),
        cmocka_unit_test(version_one_is_read),
        cmocka_unit_test(what_codesys_adds_is_read),
        cmocka_unit_test(what_cannot_be_read_is_told),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(text);
    return failed;
}
