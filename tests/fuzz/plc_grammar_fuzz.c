/* The compiler on programs that a grammar makes of the input: each byte chooses an alternative. Most are well typed, some are
 * not; what compiles is run under a short watchdog, its blocks are read back, and its formatted text must give the same code. */
#include "fuzz/plc_formatted.h"
#include "plc/block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A rule is a letter and its alternatives, the first one without rules in it (taken when the input or the depth is used up). In
 * an alternative %x is rule x. */
struct rule {
    char name;
    const char *alternatives[32];
};
static const struct rule rules[] = {
    /* project */
    {'P',
     {"%h%p", "%h%d%p", "%h%d%f%x%b%p", "%h%d%t%f%x%b%p%o", "%h%d%f%x%b%p%p", "%h%d%f%x%g", "%h%d%j%x%f%b%p", "%h%l",
      "%h%d%f%x%b%t%q", "%h%d%f%x%b%pPROGRAM r VAR n : INT; END_VAR p(); p.i := p.i + 1; END_PROGRAM\n",
      "%h%d%x%f%bACTION later: q := a; END_ACTION\n%p", "%h%d%f%x%b%p%o", "%t%h%f%p%b"}},
    {'d',
     {"TYPE E : (red, green := 5, blue); S : STRUCT a : INT; b : REAL := 1.5; c : ARRAY[1..2, 0..1] OF BOOL; END_STRUCT; R : INT "
      "(0..10) "
      ":= 5; END_TYPE\n"}},
    {'x',
     {"FUNCTION fs : STRING VAR_INPUT a : STRING; END_VAR fs := a; END_FUNCTION\n",
      "FUNCTION fs : STRING VAR_INPUT a : STRING; END_VAR VAR i : INT; END_VAR fs := CONCAT(a, 'x'); END_FUNCTION\n"}},
    {'h',
     {"VAR_GLOBAL g1 : INT := 3; g2 : REAL; g3 AT %MW10 : WORD; g4 AT %QX0.1 : BOOL; g5 : ARRAY[0..3] OF DINT; END_VAR\n",
      "VAR_GLOBAL CONSTANT g1 : INT := 4; END_VAR VAR_GLOBAL g2 : REAL; g3 AT %MW1 : WORD; g4 : BOOL; g5 : ARRAY[0..3] OF DINT; "
      "END_VAR\n"}},
    {'t',
     {"TYPE E : (red, green := 5, blue); END_TYPE\n",
      "TYPE S : STRUCT a : INT; b : REAL := 1.5; c : ARRAY[1..2, 0..1] OF BOOL; END_STRUCT; END_TYPE\n",
      "TYPE R : INT (0..10) := 5; END_TYPE\n", "TYPE A : ARRAY[1..3] OF %y := [%k, 2(%k)]; END_TYPE\n",
      "TYPE U : UNION a : DWORD; b : REAL; c : ARRAY[0..3] OF BYTE; END_UNION; END_TYPE\n",
      "TYPE E2 : INT (lo := 1, hi) := hi; END_TYPE\n"}},
    {'y',
     {"INT",           "BOOL",      "REAL", "DINT", "STRING", "STRING[7]", "LREAL", "ULINT", "TIME",    "BYTE",
      "WORD",          "S",         "E",    "SINT", "DATE",   "TOD",       "DT",    "LTIME", "WSTRING", "ARRAY[%k..%k] OF %y",
      "POINTER TO %y", "REF_TO %y", "R",    "F",    "I"}},
    {'f',
     {"FUNCTION fn : INT VAR_INPUT a : INT; b : INT := 2; END_VAR fn := a; END_FUNCTION\n",
      "FUNCTION fn : INT VAR_INPUT a : INT; b : INT := 2; END_VAR VAR_OUTPUT c : REAL; END_VAR VAR x : INT; END_VAR %s fn := %i; "
      "END_FUNCTION\n",
      "FUNCTION fn : INT VAR_INPUT a : INT; b : INT; END_VAR VAR_IN_OUT c : REAL; END_VAR c := c + 1.0; fn := a; END_FUNCTION\n",
      "FUNCTION fs : STRING VAR_INPUT a : STRING; END_VAR fs := %u; END_FUNCTION\n",
      "FUNCTION fn : %y VAR_INPUT a : %y; b : INT; END_VAR %s END_FUNCTION\n"}},
    {'b',
     {"FUNCTION_BLOCK FX VAR_INPUT a : INT; END_VAR VAR_OUTPUT q : INT; END_VAR q := a; END_FUNCTION_BLOCK\n",
      "FUNCTION_BLOCK FX VAR_INPUT a : INT; e : BOOL R_EDGE; END_VAR VAR_OUTPUT q : INT; END_VAR VAR t : TON; n : INT; END_VAR "
      "%s "
      "q := %i; "
      "END_FUNCTION_BLOCK\n",
      "FUNCTION_BLOCK FX EXTENDS B IMPLEMENTS I VAR_INPUT a : INT; END_VAR VAR_OUTPUT q : INT; END_VAR METHOD m : INT VAR_INPUT "
      "k "
      ": INT; "
      "END_VAR m := THIS^.a + k; END_METHOD METHOD PUBLIC g : INT g := SUPER^.g(); END_METHOD %s "
      "END_FUNCTION_BLOCK\nFUNCTION_BLOCK B VAR "
      "z : INT; END_VAR METHOD g : INT g := z; z := z + 1; END_METHOD END_FUNCTION_BLOCK\nINTERFACE I METHOD m : INT VAR_INPUT k "
      ": "
      "INT; END_VAR END_METHOD END_INTERFACE\n",
      "FUNCTION_BLOCK FX VAR_INPUT a : INT; END_VAR VAR_OUTPUT q : INT; END_VAR VAR n : INT; END_VAR PROPERTY v : INT GET v := "
      "n; "
      "END_GET SET n := v; END_SET END_PROPERTY ACTION act: %s END_ACTION %s END_FUNCTION_BLOCK\n"}},
    {'j',
     {"", "FUNCTION_BLOCK G VAR x : %y; y : %y; END_VAR %s END_FUNCTION_BLOCK\n",
      "FUNCTION g VAR_INPUT x : %y; END_VAR END_FUNCTION\n"}},
    {'p',
     {"PROGRAM p VAR a, b : INT; END_VAR a := b; END_PROGRAM\n", "PROGRAM p %v %s END_PROGRAM\n",
      "PROGRAM p %v %s%s%s%s END_PROGRAM\n", "PROGRAM p %v %s%s%s%s%s%s%s%s END_PROGRAM\n",
      "PROGRAM p %v VAR fb : FX; fa : ARRAY[0..2] OF FX; i1 : I; END_VAR %s%s%s fb(a := %i, q => i); fa[%i](a := j); i := fb.q + "
      "fa[1].q; "
      "%s i := fb.m(k := %i); i1 := fb; i := i1.m(%i); fb.v := %i; fb.act(); END_PROGRAM\n",
      "PROGRAM p %v VAR_EXTERNAL g1 : INT; g2 : REAL; END_VAR %s g2 := g2 + 1.0; i := g1; END_PROGRAM\n"}},
    {'v',
     {"VAR i, j, k, n : INT; x, y, z : REAL; a, b, c : BOOL; s, t : STRING; w : WORD; d : DINT; m : TIME; v : ARRAY[1..4] OF "
      "INT; u : ULINT; l : LREAL; END_VAR ",
      "VAR i, j, k, n : INT := g1; x, y, z : REAL := g2 + %r; a, b, c : BOOL; s, t : STRING; w : WORD; d : DINT; m : TIME; "
      "v : ARRAY[1..4] OF INT := [1, g1, 2(%i)]; u : ULINT; l : LREAL; p1 : POINTER TO INT := ADR(i); END_VAR ",
      "VAR RETAIN i, j, k, n : INT := 7; x, y, z : REAL; END_VAR VAR a, b, c : BOOL := TRUE; s, t : STRING[10] := 'ab$L'; w : "
      "WORD := 16#FF; d "
      ": DINT := -5; m : TIME := T#1h2m3s4ms; v : ARRAY[1..4] OF INT := [1, 2(5), 9]; u : ULINT; l : LREAL; t1 : TON; c1 : CTU; "
      "e1 : E; st : S; "
      "m2 : ARRAY[0..1, -1..1] OF REAL; p1 : POINTER TO INT; r1 : REF_TO INT; END_VAR ",
      "VAR i, j, k, n : SINT; x, y, z : LREAL; a, b, c AT %IX1.2 : BOOL; s, t : WSTRING; w : BYTE; d : LINT; m : LTIME; v : "
      "ARRAY[1..4] OF INT; u "
      ": USINT; l : REAL; END_VAR "}},
    {'s',
     {"i := 1;",
      "%s%s",
      "%a",
      "IF %c THEN %s END_IF;",
      "IF %c THEN %s ELSIF %c THEN %s ELSE %s END_IF;",
      "FOR i := %i TO %i BY %k DO %s END_FOR;",
      "FOR n := 1 TO 4 DO v[n] := %i; %s END_FOR;",
      "WHILE %c DO %s EXIT; END_WHILE;",
      "REPEAT %s i := i + 1; UNTIL i > 10 END_REPEAT;",
      "CASE %i OF 1, 2: %s 3..5: %s ELSE %s END_CASE;",
      "WHILE %c DO %s IF %c THEN CONTINUE; END_IF; END_WHILE;",
      "t1(IN := %c, PT := %m);",
      "c1(CU := %c, R := %c, PV := %i, Q => b);",
      "RETURN;",
      "p1 := ADR(i); p1^ := %i;",
      "p1 := ADR(s); p1 := p1 + 1; p1^ := %i; u := p1; IF p1 <= u THEN p1 := u; END_IF;",
      "w.%B1 := d.%B0; d.%X%k := u.%W1 = %w;",
      "i := MOVE(EN := %c, IN := %i, ENO => b);",
      "MEMSET(ADR(v), %w, %i);",
      "r1 := REF(v[%i]); r1^ := %i;",
      "r1 := NULL;",
      "CASE e1 OF red: %s green: %s END_CASE;",
      "st.c[%i, %i] := %c;",
      "%z",
      "c S= %c; b R= %c;",
      "fn(a := %i, b := %i);",
      ";",
      "m2[%i, %i] := %r;",
      "st := (a := %i, b := %r);",
      "v := [1, 2, 3, 4];"}},
    {'a',
     {"i := %i;",
      "x := %r;",
      "a := %c;",
      "s := %u;",
      "w := %w;",
      "d := %i;",
      "m := %m;",
      "v[%i] := %i;",
      "g5[%i] := %i;",
      "g3 := %w;",
      "g4 := %c;",
      "u := u + 1;",
      "l := %r;",
      "w.%k := %c;",
      "y := INT_TO_REAL(%i);",
      "y := %r * w - %w;",
      "i := REAL_TO_INT(%r);",
      "s := INT_TO_STRING(%i);",
      "d := v[1] + v[%k];",
      "e1 := E#blue;",
      "%n := %e;"}},
    {'c', {"TRUE",       "FALSE",          "a",
           "b",          "NOT %c",         "(%c AND %c)",
           "(%c OR %c)", "%c XOR %c",      "%i > %i",
           "%i = %i",    "%r <= %r",       "%u = %u",
           "w.3",        "a AND_THEN %c",  "b OR_ELSE %c",
           "%m < %m",    "t1.Q",           "g4",
           "st.c[1, 0]", "GT(%i, %i, %i)", "e1 = green",
           "i1 <> 0",    "r1 = NULL"}},
    {'i',
     {"1",
      "i",
      "j",
      "%k",
      "-%i",
      "(%i + %i)",
      "(%i - %i)",
      "%i * %i",
      "(%i / %i)",
      "(%i MOD %i)",
      "ABS(%i)",
      "MAX(%i, %i)",
      "LIMIT(0, %i, 9)",
      "SEL(%c, %i, %i)",
      "MUX(%i, %i, %i)",
      "v[%i]",
      "fn(%i, %i)",
      "fn(a := %i)",
      "LEN(%u)",
      "FIND(%u, %u)",
      "g1",
      "TRUNC(%r)",
      "WORD_TO_INT(%w)",
      "i ** 2",
      "r1^",
      "INT#16#7F",
      "SHL(%i, %i)"}},
    {'k',
     {"0", "1", "2", "3", "4", "-1", "10", "32767", "-32768", "2147483648", "16#FF", "2#1010", "8#77", "1_000", "65536", "INT#5",
      "DINT#-7", "18446744073709551615"}},
    {'r',
     {"1.0",
      "x",
      "y",
      "%r + %r",
      "(%r - %r)",
      "%r * %r",
      "(%r / %r)",
      "-%r",
      "SQRT(%r)",
      "SIN(%r)",
      "LN(%r)",
      "EXP(%r)",
      "EXPT(%r, %i)",
      "ABS(%r)",
      "MIN(%r, %r)",
      "SEL(%c, %r, %r)",
      "1.5E-3",
      "1E38",
      "REAL#2.5",
      "g2",
      "STRING_TO_REAL(%u)",
      "%r ** %r",
      "ATAN2(%r, %r)",
      "m2[0, %i]",
      "INT_TO_REAL(%i)"}},
    {'u',
     {"'x'",
      "s",
      "t",
      "CONCAT(%u, %u)",
      "LEFT(%u, %i)",
      "RIGHT(%u, %i)",
      "MID(%u, %i, %i)",
      "INSERT(%u, %u, %i)",
      "DELETE(%u, %i, %i)",
      "REPLACE(%u, %u, %i, %i)",
      "INT_TO_STRING(%i)",
      "REAL_TO_STRING(%r)",
      "'a$'b$0D'",
      "SEL(%c, %u, %u)",
      "fs(%u)",
      "TIME_TO_STRING(%m)",
      "MAX(%u, %u)",
      "CONCAT(%u, %u, %u)",
      "STRING#'abc'",
      "UPPER_CASE(%u)",
      "''"}},
    {'w',
     {"16#F0", "w", "(%w AND %w)", "(%w OR %w)", "%w XOR %w", "NOT %w", "SHL(%w, %i)", "SHR(%w, %i)", "ROL(%w, %i)",
      "ROR(%w, %i)", "INT_TO_WORD(%i)", "g3", "WORD#16#AB", "BOOL_TO_WORD(%c)"}},
    {'m',
     {"T#1s", "m", "T#-5ms", "%m + %m", "%m - %m", "MULTIME(%m, %i)", "DINT_TO_TIME(%i)", "T#1d2h3m4s5.6ms", "t1.ET", "m * %i",
      "LTIME#1ns"}},
    {'e',
     {"%i",
      "%r",
      "%c",
      "%u",
      "%w",
      "%m",
      "(%e)",
      "%e + %e",
      "%n",
      "fn(%e, %e)",
      "%e.%n",
      "%n[%e]",
      "%n^",
      "REF(%n)",
      "ADR(%n)",
      "SIZEOF(%n)",
      "THIS^.%n",
      "DATE#2024-02-29",
      "TOD#12:30:01",
      "DT#2024-02-29-01:02:03",
      "ANY_TO_INT(%e)",
      "TO_REAL(%e)",
      "[%e, %e]",
      "(%n := %e)"}},
    {'n', {"i",     "x",  "a",    "s",     "v",  "fb", "st", "st.a", "fn",  "p",
           "t1.PT", "m2", "%n.a", "%n[1]", "zz", "g5", "e1", "i1",   "p1^", "%n.%k"}},
    {'z',
     {"", "%n(%e);", "%n := %e;", "%n(a := %e, q => %n);", "EXIT;", "%e;", "IF %e THEN END_IF", "%n ?= %n;", "JMP x;",
      "FOR %n := %e TO %e DO %s END_FOR;", "CASE %e OF %e: %s END_CASE;"}},
    {'o',
     {"",
      "CONFIGURATION C RESOURCE R ON PLC TASK T(INTERVAL := T#10ms, PRIORITY := 1, WATCHDOG := T#1ms); PROGRAM q1 WITH T : p; "
      "END_RESOURCE END_CONFIGURATION\n",
      "CONFIGURATION C VAR_GLOBAL go : BOOL; END_VAR RESOURCE R ON PLC TASK T(SINGLE := go, PRIORITY := 1, WATCHDOG := T#1ms); "
      "PROGRAM q1 WITH T "
      ": p; END_RESOURCE VAR_ACCESS v1 : R.q1.i : INT READ_WRITE; END_VAR VAR_CONFIG R.q1.i : INT := 4; END_VAR "
      "END_CONFIGURATION\n"}},
    {'g',
     {"PROGRAM p VAR i : INT; a : BOOL; END_VAR INITIAL_STEP S1: END_STEP TRANSITION FROM S1 TO S1 := TRUE; END_TRANSITION "
      "END_PROGRAM\n",
      "PROGRAM p %v INITIAL_STEP S1: A1(N); END_STEP STEP S2: A1(P); a(S); b(L, T#1s); END_STEP TRANSITION FROM S1 TO S2 := %c; "
      "END_TRANSITION TRANSITION FROM S2 TO S1 := S2.T > %m; END_TRANSITION ACTION A1: %s END_ACTION END_PROGRAM\n"}},
    {'l',
     {"PROGRAM p VAR i, j : INT; a : BOOL; END_VAR LD 1 ST i END_PROGRAM\n",
      "PROGRAM p %v\nLD %k\nADD i\nST j\nLD a\nANDN( b\nOR c\n)\nSTN a\nx1: LD j\nGT %k\nJMPC x2\nMUL j\nx2: ST i\nCAL t1(IN := "
      "a, PT := T#1s)\nRETC\n"
      "END_PROGRAM\n"}},
    {'q',
     {"FUNCTION_BLOCK FX VAR_INPUT a : INT; END_VAR VAR_OUTPUT q : INT; END_VAR VAR_IN_OUT io : %y; END_VAR %s "
      "END_FUNCTION_BLOCK "
      "PROGRAM p %v VAR "
      "fb : FX; zz : %y; END_VAR fb(a := %i, io := zz); fb(io := %n); END_PROGRAM\n"}},
};

struct maker {
    const uint8_t *data;
    size_t n, at;
    char *out;
    size_t size, cap;
};

static unsigned next(struct maker *m)
{
    return m->at < m->n ? m->data[m->at++] : 0;
}

static const struct rule *rule(char name)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].name == name) {
            return &rules[i];
        }
    }
    return NULL;
}

static void expand(struct maker *m, char name, unsigned depth)
{
    const struct rule *r = rule(name);
    size_t count = 0;
    while (count < sizeof r->alternatives / sizeof r->alternatives[0] && r->alternatives[count]) {
        count++;
    }
    unsigned choice = next(m);
    const char *text = r->alternatives[depth > 24 || m->size > m->cap / 2 ? 0 : choice % count];
    for (; *text && m->size + 2 < m->cap; text++) {
        if (text[0] == '%' && rule(text[1])) {
            expand(m, *++text, depth + 1);
        } else {
            m->out[m->size++] = *text;
        }
    }
}

static void run(const struct mr_plc_program *p)
{
    struct mr_arena *a = mr_arena_create((size_t)64 << 20);
    struct mr_plc *c = mr_plc_create(a, p, "fuzz");
    if (c) {
        mr_plc_set_make(c, MR_PLC_SCHNEIDER); /* passes over most faults, so that what follows them runs too */
        mr_plc_start(c, MR_PLC_COLD, 0);
        for (mr_ns t = 0; t < 3; t++) {
            mr_plc_scan(c, t * 100 * MR_MS);
        }
        uint64_t who = 1;
        for (size_t i = 0; i < mr_plc_program_blocks(p); i++) { /* its own blocks fit it */
            enum mr_err err = mr_plc_download(c, who, 0, mr_plc_program_block(p, i));
            MR_ASSERT(err == MR_OK || err == MR_E_FULL);
        }
        enum mr_err err = mr_plc_activate(c, who, 0);
        MR_ASSERT(err == MR_OK || err == MR_E_FULL);
    }
    mr_arena_destroy(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct maker m = {.data = data, .n = n, .cap = 16384};
    m.out = malloc(m.cap);
    MR_ASSERT(m.out != NULL);
    expand(&m, 'P', 0);
    char *text = malloc(m.size + 1); /* its own allocation, so that a byte too far is seen */
    MR_ASSERT(text != NULL);
    memcpy(text, m.out, m.size);
    struct mr_diags *d = mr_diags_create();
    struct mr_plc_program *p = compile(text, m.size, d);
    if (p) {
        run(p);
        same_after_format(p, text, m.size, d);
    }
    if (getenv("MR_FUZZ_SHOW")) {
        (void)fprintf(stderr, "%.*s\n", (int)m.size, text);
        mr_diags_print(d, stderr);
    }
    mr_plc_program_destroy(p);
    mr_diags_destroy(d);
    free(text);
    free(m.out);
    return 0;
}
