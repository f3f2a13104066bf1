/* library.c - standard function blocks in Structured Text: IEC 61131-3 tables 34 to 37, what its annex F shows, and a few that
 * every controller has; and the functions over memory that CODESYS' and Beckhoff's programs use. The reference page
 * docs/plc/library.md is made from this table. */
#include "plc/library.h"

#include <string.h>

#define LEAST_INT   "-32768"
#define MOST_INT    "32767"
#define LEAST_DINT  "-2147483648"
#define MOST_DINT   "2147483647"
#define LEAST_LINT  "-9223372036854775808"
#define MOST_LINT   "9223372036854775807"
#define LEAST_UDINT "0"
#define MOST_UDINT  "4294967295"
#define LEAST_ULINT "0"
#define MOST_ULINT  "18446744073709551615"

#define CTU(suffix, T)                                                                                                           \
    {                                                                                                                            \
        "CTU" suffix, "36", "up counter",                                                                                        \
            "FUNCTION_BLOCK CTU" suffix " VAR_INPUT CU : BOOL R_EDGE; R : BOOL; PV : " #T "; END_VAR\n"                          \
            "VAR_OUTPUT Q : BOOL; CV : " #T "; END_VAR\n"                                                                        \
            "IF R THEN CV := 0; ELSIF CU AND (CV < " MOST_##T ") THEN CV := CV + 1; END_IF;\n"                                   \
                                                              "Q := CV >= PV;\nEND_FUNCTION_BLOCK\n"                             \
    }
#define CTD(suffix, T)                                                                                                           \
    {                                                                                                                            \
        "CTD" suffix, "36", "down counter",                                                                                      \
            "FUNCTION_BLOCK CTD" suffix " VAR_INPUT CD : BOOL R_EDGE; LD : BOOL; PV : " #T "; END_VAR\n"                         \
            "VAR_OUTPUT Q : BOOL; CV : " #T "; END_VAR\n"                                                                        \
            "IF LD THEN CV := PV; ELSIF CD AND (CV > " LEAST_##T ") THEN CV := CV - 1; END_IF;\n"                                \
                                                                 "Q := CV <= 0;\nEND_FUNCTION_BLOCK\n"                           \
    }
#define CTUD(suffix, T)                                                                                                          \
    {                                                                                                                            \
        "CTUD" suffix, "36", "up-down counter",                                                                                  \
            "FUNCTION_BLOCK CTUD" suffix " VAR_INPUT CU, CD : BOOL R_EDGE; R, LD : BOOL; PV : " #T "; END_VAR\n"                 \
            "VAR_OUTPUT QU, QD : BOOL; CV : " #T "; END_VAR\n"                                                                   \
            "IF R THEN CV := 0; ELSIF LD THEN CV := PV;\n"                                                                       \
            "ELSIF NOT (CU AND CD) THEN\n"                                                                                       \
            "  IF CU AND (CV < " MOST_##T ") THEN CV := CV + 1; ELSIF CD AND (CV > " LEAST_##T                                   \
            ") THEN CV := CV - 1; END_IF;\n"                                                                                     \
            "END_IF;\n"                                                                                                          \
            "QU := CV >= PV; QD := CV <= 0;\nEND_FUNCTION_BLOCK\n"                                                               \
    }

#define TON(name, T)                                                                                                             \
    {                                                                                                                            \
        name, "37", "on-delay timer",                                                                                            \
            "FUNCTION_BLOCK " name " VAR_INPUT IN : BOOL; PT : " T "; END_VAR VAR_OUTPUT Q : BOOL; ET : " T "; END_VAR\n"        \
            "VAR RUNNING : BOOL; START : TIME; END_VAR\n"                                                                        \
            "IF NOT IN THEN RUNNING := FALSE; Q := FALSE; ET := T#0s; RETURN; END_IF;\n"                                         \
            "IF NOT RUNNING THEN RUNNING := TRUE; START := TIME(); END_IF;\n"                                                    \
            "ET := TIME() - START;\n"                                                                                            \
            "IF ET >= PT THEN ET := PT; Q := TRUE; ELSE Q := FALSE; END_IF;\nEND_FUNCTION_BLOCK\n"                               \
    }
#define TOF(name, T)                                                                                                             \
    {                                                                                                                            \
        name, "37", "off-delay timer",                                                                                           \
            "FUNCTION_BLOCK " name " VAR_INPUT IN : BOOL; PT : " T "; END_VAR VAR_OUTPUT Q : BOOL; ET : " T "; END_VAR\n"        \
            "VAR RUNNING : BOOL; START : TIME; END_VAR\n"                                                                        \
            "IF IN THEN RUNNING := FALSE; Q := TRUE; ET := T#0s; RETURN; END_IF;\n"                                              \
            "IF NOT Q THEN RETURN; END_IF;\n"                                                                                    \
            "IF NOT RUNNING THEN RUNNING := TRUE; START := TIME(); END_IF;\n"                                                    \
            "ET := TIME() - START;\n"                                                                                            \
            "IF ET >= PT THEN ET := PT; Q := FALSE; END_IF;\nEND_FUNCTION_BLOCK\n"                                               \
    }
#define TP(name, T)                                                                                                              \
    {                                                                                                                            \
        name, "37", "pulse timer",                                                                                               \
            "FUNCTION_BLOCK " name " VAR_INPUT IN : BOOL; PT : " T "; END_VAR VAR_OUTPUT Q : BOOL; ET : " T "; END_VAR\n"        \
            "VAR WAS : BOOL; START : TIME; END_VAR\n"                                                                            \
            "IF IN AND NOT WAS AND NOT Q THEN Q := TRUE; START := TIME(); END_IF;\n"                                             \
            "WAS := IN;\n"                                                                                                       \
            "IF Q THEN ET := TIME() - START; IF ET >= PT THEN ET := PT; Q := FALSE; END_IF; END_IF;\n"                           \
            "IF NOT Q AND NOT IN THEN ET := T#0s; END_IF;\nEND_FUNCTION_BLOCK\n"                                                 \
    }

#define COPY(name, about)                                                                                                        \
    {                                                                                                                            \
        name, "-", about,                                                                                                        \
            "FUNCTION " name " : POINTER TO BYTE VAR_INPUT pDest, pSrc : POINTER TO BYTE; udiCount : UDINT; END_VAR\n"           \
            "MEMMOVE(pDest, pSrc, udiCount);\n" name " := pDest;\nEND_FUNCTION\n"                                                \
    }
#define HEXSTR(T)                                                                                                                \
    {                                                                                                                            \
#T "_TO_HEXSTR", "-",                                                                                                    \
            "Beckhoff's function: in as hexadecimal digits, at least iPrecision of them, small ones where bLoCase",              \
            "FUNCTION " #T "_TO_HEXSTR : STRING[255] VAR_INPUT in : " #T "; iPrecision : INT; bLoCase : BOOL; END_VAR\n"         \
            "WHILE in <> 0 OR LEN(" #T "_TO_HEXSTR) < MIN(iPrecision, 255) DO\n" #T "_TO_HEXSTR := CONCAT("                      \
            "MID(SEL(bLoCase, '0123456789ABCDEF', '0123456789abcdef'), 1, " #T "_TO_INT(in AND 15) + 1), " #T                    \
            "_TO_HEXSTR);\nin := SHR(in, 4);\nEND_WHILE;\nEND_FUNCTION\n"                                                        \
    }
#define RAMP_OF(T)                                                                                                               \
    {                                                                                                                            \
        "RAMP_" #T, "-",                                                                                                         \
            "CODESYS' ramp: OUT follows IN by at most ASCEND upwards and DESCEND downwards in each TIMEBASE, in each call "      \
            "where "                                                                                                             \
            "that is 0; while RESET it stays, and goes on from there",                                                           \
            "FUNCTION_BLOCK RAMP_" #T " VAR_INPUT IN, ASCEND, DESCEND : " #T "; TIMEBASE : TIME; RESET : BOOL; END_VAR\n"        \
            "VAR_OUTPUT OUT : " #T "; END_VAR VAR POS, PART1 : LREAL; LAST : TIME; RUNNING : BOOL; END_VAR\n"                    \
            "IF RESET THEN RUNNING := FALSE; RETURN; END_IF;\n"                                                                  \
            "PART1 := 1.0;\n"                                                                                                    \
            "IF TIMEBASE > T#0s THEN\n"                                                                                          \
            "  PART1 := SEL(RUNNING, 0.0, TIME_TO_LREAL(TIME() - LAST) / TIME_TO_LREAL(TIMEBASE));\nEND_IF;\n"                   \
            "IF NOT RUNNING THEN RUNNING := TRUE; POS := OUT; END_IF;\n"                                                         \
            "LAST := TIME();\nPOS := LIMIT(POS - DESCEND * PART1, IN, POS + ASCEND * PART1);\n"                                  \
            "OUT := LREAL_TO_" #T "(POS);\nEND_FUNCTION_BLOCK\n"                                                                 \
    }

const struct pc_library mr_pc_blocks[] = {
    {"SR", "34", "bistable, set dominant",
     "FUNCTION_BLOCK SR VAR_INPUT S1, R : BOOL; END_VAR VAR_OUTPUT Q1 : BOOL; END_VAR\n"
     "Q1 := S1 OR (NOT R AND Q1);\nEND_FUNCTION_BLOCK\n"},
    {"RS", "34", "bistable, reset dominant",
     "FUNCTION_BLOCK RS VAR_INPUT S, R1 : BOOL; END_VAR VAR_OUTPUT Q1 : BOOL; END_VAR\n"
     "Q1 := NOT R1 AND (S OR Q1);\nEND_FUNCTION_BLOCK\n"},
    {"SEMA", "34", "semaphore with non-interruptible test and set",
     "FUNCTION_BLOCK SEMA VAR_INPUT CLAIM, RELEASE : BOOL; END_VAR VAR_OUTPUT BUSY : BOOL; END_VAR\n"
     "VAR X : BOOL; END_VAR\n"
     "BUSY := X; IF CLAIM THEN X := TRUE; ELSIF RELEASE THEN BUSY := FALSE; X := FALSE; END_IF;\nEND_FUNCTION_BLOCK\n"},
    {"R_TRIG", "35", "rising edge",
     "FUNCTION_BLOCK R_TRIG VAR_INPUT CLK : BOOL; END_VAR VAR_OUTPUT Q : BOOL; END_VAR VAR M : BOOL; END_VAR\n"
     "Q := CLK AND NOT M; M := CLK;\nEND_FUNCTION_BLOCK\n"},
    {"F_TRIG", "35", "falling edge; as the standard has it, TRUE once after a cold start with CLK FALSE",
     "FUNCTION_BLOCK F_TRIG VAR_INPUT CLK : BOOL; END_VAR VAR_OUTPUT Q : BOOL; END_VAR VAR M : BOOL; END_VAR\n"
     "Q := NOT CLK AND NOT M; M := NOT CLK;\nEND_FUNCTION_BLOCK\n"},
    CTU("", INT),
    CTU("_INT", INT),
    CTU("_DINT", DINT),
    CTU("_LINT", LINT),
    CTU("_UDINT", UDINT),
    CTU("_ULINT", ULINT),
    CTD("", INT),
    CTD("_INT", INT),
    CTD("_DINT", DINT),
    CTD("_LINT", LINT),
    CTD("_UDINT", UDINT),
    CTD("_ULINT", ULINT),
    CTUD("", INT),
    CTUD("_INT", INT),
    CTUD("_DINT", DINT),
    CTUD("_LINT", LINT),
    CTUD("_UDINT", UDINT),
    CTUD("_ULINT", ULINT),
    TON("TON", "TIME"),
    TON("TON_TIME", "TIME"),
    TON("TON_LTIME", "LTIME"),
    TOF("TOF", "TIME"),
    TOF("TOF_TIME", "TIME"),
    TOF("TOF_LTIME", "LTIME"),
    TP("TP", "TIME"),
    TP("TP_TIME", "TIME"),
    TP("TP_LTIME", "LTIME"),
    {"RTC", "37", "clock that is set to PDT at a rising edge of IN and runs on; before, it counts from 1970",
     "FUNCTION_BLOCK RTC VAR_INPUT IN : BOOL; PDT : DT; END_VAR VAR_OUTPUT Q : BOOL; CDT : DT; END_VAR\n"
     "VAR WAS : BOOL; SET_AT : DT; BEGAN : TIME; END_VAR\n"
     "IF IN AND NOT WAS THEN SET_AT := PDT; BEGAN := TIME(); END_IF;\n"
     "WAS := IN; Q := IN; CDT := SET_AT + (TIME() - BEGAN);\nEND_FUNCTION_BLOCK\n"},
    {"INTEGRAL", "annex F", "integral of XIN while RUN, X0 at R1",
     "FUNCTION_BLOCK INTEGRAL VAR_INPUT RUN, R1 : BOOL; XIN, X0 : REAL; CYCLE : TIME; END_VAR\n"
     "VAR_OUTPUT Q : BOOL; XOUT : REAL; END_VAR\n"
     "Q := NOT R1; IF R1 THEN XOUT := X0; ELSIF RUN THEN XOUT := XOUT + XIN * TIME_TO_REAL(CYCLE) * 0.001; END_IF;\n"
     "END_FUNCTION_BLOCK\n"},
    {"DERIVATIVE", "annex F", "derivative of XIN over four samples",
     "FUNCTION_BLOCK DERIVATIVE VAR_INPUT RUN : BOOL; XIN : REAL; CYCLE : TIME; END_VAR VAR_OUTPUT XOUT : REAL; END_VAR\n"
     "VAR X1, X2, X3 : REAL; END_VAR\n"
     "IF RUN THEN XOUT := (3.0 * (XIN - X3) + X1 - X2) / (0.01 * TIME_TO_REAL(CYCLE)); X3 := X2; X2 := X1; X1 := XIN;\n"
     "ELSE XOUT := 0.0; X1 := XIN; X2 := XIN; X3 := XIN; END_IF;\nEND_FUNCTION_BLOCK\n"},
    {"HYSTERESIS", "annex F", "TRUE when XIN1 rises above XIN2 + EPS, FALSE when it falls below XIN2 - EPS",
     "FUNCTION_BLOCK HYSTERESIS VAR_INPUT XIN1, XIN2, EPS : REAL; END_VAR VAR_OUTPUT Q : BOOL; END_VAR\n"
     "IF Q THEN IF XIN1 < XIN2 - EPS THEN Q := FALSE; END_IF;\n"
     "ELSIF XIN1 > XIN2 + EPS THEN Q := TRUE; END_IF;\nEND_FUNCTION_BLOCK\n"},
    {"PID", "-",
     "controller: XOUT = KP * (ERROR + 1/TR * integral(ERROR) - TD * d(PV)/dt) between OUT_MIN and OUT_MAX. ERROR is SP - PV "
     "(with DIRECT, PV - SP, as annex F of the standard has it); TR and TD are seconds, 0 switches that part off; CYCLE 0 "
     "measures the time between calls. Anti-windup: "
     "while XOUT is limited, the integral does not move towards that limit. AUTO FALSE: XOUT is X0 and the integral follows, so "
     "that the change to AUTO makes no bump. The first call in AUTO starts from X0",
     "FUNCTION_BLOCK PID "
     "VAR_INPUT AUTO : BOOL := TRUE; PV, SP, X0 : REAL; KP : REAL := 1.0; TR, TD : REAL; CYCLE : TIME;\n"
     "  OUT_MIN : REAL := -3.0E38; OUT_MAX : REAL := 3.0E38; DIRECT : BOOL; END_VAR\n"
     "VAR_OUTPUT XOUT, ERROR : REAL; LIMITED : BOOL; END_VAR\n"
     "VAR ITERM, PV1 : REAL; LAST : TIME; STARTED : BOOL; END_VAR\n"
     "VAR_TEMP DT1, D, I : REAL; END_VAR\n"
     "IF DIRECT THEN ERROR := PV - SP; ELSE ERROR := SP - PV; END_IF;\n"
     "IF CYCLE > T#0s THEN DT1 := TIME_TO_REAL(CYCLE) * 0.001;\n"
     "ELSIF STARTED THEN DT1 := TIME_TO_REAL(TIME() - LAST) * 0.001; END_IF;\n"
     "LAST := TIME();\n"
     "IF NOT STARTED THEN STARTED := TRUE; PV1 := PV; ITERM := X0; END_IF;\n"
     "IF TD > 0.0 AND DT1 > 0.0 THEN D := KP * TD * (PV1 - PV) / DT1; IF DIRECT THEN D := -D; END_IF; END_IF;\n"
     "PV1 := PV;\n"
     "LIMITED := FALSE;\n"
     "IF NOT AUTO THEN XOUT := LIMIT(OUT_MIN, X0, OUT_MAX); ITERM := XOUT - KP * ERROR; RETURN; END_IF;\n"
     "I := ITERM;\n"
     "IF TR > 0.0 THEN I := I + KP * ERROR * DT1 / TR; END_IF;\n"
     "XOUT := KP * ERROR + I + D;\n"
     "IF XOUT > OUT_MAX THEN XOUT := OUT_MAX; LIMITED := TRUE; IF I > ITERM THEN I := ITERM; END_IF;\n"
     "ELSIF XOUT < OUT_MIN THEN XOUT := OUT_MIN; LIMITED := TRUE; IF I < ITERM THEN I := ITERM; END_IF; END_IF;\n"
     "ITERM := I;\nEND_FUNCTION_BLOCK\n"},
    {"RAMP", "annex F",
     "two in one. OUT follows IN, rising by at most RISE and falling by at most FALL a second; RESET, and the first call, set "
     "OUT "
     "to IN. As annex F has it, XOUT is X0 until RUN, then goes to X1 within TR, by one CYCLE a call. BUSY while one is on its "
     "way",
     "FUNCTION_BLOCK RAMP VAR_INPUT IN, RISE, FALL : REAL; RESET, RUN : BOOL; X0, X1 : REAL; TR, CYCLE : TIME; END_VAR\n"
     "VAR_OUTPUT OUT : REAL; BUSY : BOOL; XOUT : REAL; END_VAR\n"
     "VAR LAST, GONE : TIME; STARTED : BOOL; FROM1 : REAL; END_VAR VAR_TEMP DT1 : REAL; END_VAR\n"
     "IF RESET OR NOT STARTED THEN OUT := IN; STARTED := TRUE; END_IF;\n"
     "DT1 := TIME_TO_REAL(TIME() - LAST) * 0.001; LAST := TIME();\n"
     "IF OUT < IN THEN OUT := MIN(IN, OUT + RISE * DT1); ELSIF OUT > IN THEN OUT := MAX(IN, OUT - FALL * DT1); END_IF;\n"
     "BUSY := OUT <> IN;\n"
     "IF NOT RUN THEN XOUT := X0; FROM1 := X0; GONE := T#0s;\n"
     "ELSIF GONE >= TR THEN XOUT := X1;\n"
     "ELSE XOUT := FROM1 + (X1 - FROM1) * TIME_TO_REAL(GONE) / TIME_TO_REAL(TR); GONE := GONE + CYCLE; BUSY := TRUE; END_IF;\n"
     "END_FUNCTION_BLOCK\n"},
    {"MOVING_AVERAGE", "-",
     "mean of the last N values of IN, one taken at each call; N is 1 to 100, fewer are used until so many were seen",
     "FUNCTION_BLOCK MOVING_AVERAGE VAR_INPUT IN : REAL; N : INT := 10; RESET : BOOL; END_VAR VAR_OUTPUT OUT : REAL; END_VAR\n"
     "VAR BUF : ARRAY[0..99] OF REAL; SUM : LREAL; AT1, HAVE, LEN1 : INT; END_VAR\n"
     "IF RESET OR N <> LEN1 THEN SUM := 0.0; AT1 := 0; HAVE := 0; LEN1 := N; END_IF;\n"
     "IF N < 1 OR N > 100 THEN OUT := IN; RETURN; END_IF;\n"
     "IF HAVE = N THEN SUM := SUM - BUF[AT1]; ELSE HAVE := HAVE + 1; END_IF;\n"
     "BUF[AT1] := IN; SUM := SUM + IN; AT1 := AT1 + 1; IF AT1 >= N THEN AT1 := 0; END_IF;\n"
     "OUT := LREAL_TO_REAL(SUM / INT_TO_LREAL(HAVE));\nEND_FUNCTION_BLOCK\n"},
    {"BLINK", "-",
     "CODESYS' pulse generator: while ENABLE, OUT is TRUE for TIMEHIGH and FALSE for TIMELOW in turn; else it stays",
     "FUNCTION_BLOCK BLINK VAR_INPUT ENABLE : BOOL; TIMELOW, TIMEHIGH : TIME; END_VAR VAR_OUTPUT OUT : BOOL; END_VAR\n"
     "VAR RUNNING : BOOL; START : TIME; END_VAR\n"
     "IF NOT ENABLE THEN RUNNING := FALSE; RETURN; END_IF;\n"
     "IF NOT RUNNING THEN RUNNING := TRUE; OUT := TRUE; START := TIME();\n"
     "ELSIF TIME() - START >= SEL(OUT, TIMELOW, TIMEHIGH) THEN OUT := NOT OUT; START := TIME(); END_IF;\nEND_FUNCTION_BLOCK\n"},
    {"LIN_TRAFO", "-", "CODESYS' scaling: OUT is to OUT_MIN..OUT_MAX as IN is to IN_MIN..IN_MAX; ERROR where IN lies outside",
     "FUNCTION_BLOCK LIN_TRAFO VAR_INPUT IN, IN_MIN, IN_MAX, OUT_MIN, OUT_MAX : REAL; END_VAR\n"
     "VAR_OUTPUT OUT : REAL; ERROR : BOOL; END_VAR\n"
     "ERROR := IN_MIN = IN_MAX OR IN < MIN(IN_MIN, IN_MAX) OR IN > MAX(IN_MIN, IN_MAX);\n"
     "IF NOT ERROR THEN OUT := (IN - IN_MIN) / (IN_MAX - IN_MIN) * (OUT_MAX - OUT_MIN) + OUT_MIN; END_IF;\n"
     "END_FUNCTION_BLOCK\n"},
    {"LIMITALARM", "-", "CODESYS' limits: O where IN is above HIGH, U where it is below LOW, IL between them",
     "FUNCTION_BLOCK LIMITALARM VAR_INPUT IN, HIGH, LOW : INT; END_VAR VAR_OUTPUT O, U, IL : BOOL; END_VAR\n"
     "O := IN > HIGH; U := IN < LOW; IL := NOT (O OR U);\nEND_FUNCTION_BLOCK\n"},
    {"SFC_STEP", "40",
     "a step of a sequential function chart, declared by STEP: X while it is active, T how long it is or was; the rest serves "
     "the "
     "chart",
     "FUNCTION_BLOCK SFC_STEP VAR_INPUT ENTER, LEAVE, CLOCK : BOOL; END_VAR\n"
     "VAR_OUTPUT X : BOOL; T : TIME; RISE, FALL, WAS : BOOL; END_VAR VAR START : TIME; END_VAR\n"
     "IF CLOCK THEN CLOCK := FALSE; IF WAS THEN T := TIME() - START; END_IF; RETURN; END_IF;\n"
     "IF LEAVE THEN X := FALSE; END_IF;\n"
     "IF ENTER THEN X := TRUE; END_IF;\n"
     "RISE := X AND (ENTER OR NOT WAS); FALL := WAS AND NOT X;\n"
     "IF RISE THEN START := TIME(); T := T#0s; END_IF;\n"
     "WAS := X; ENTER := FALSE; LEAVE := FALSE;\nEND_FUNCTION_BLOCK\n"},
    {"ACTION_CONTROL", "45",
     "control of an action by its qualifiers (figure 15, without final scan): Q while the action runs; one time for each "
     "qualifier",
     "FUNCTION_BLOCK ACTION_CONTROL VAR_INPUT N, R0, S0, L, D, P, SD, DS, SL : BOOL; TL, TD, TSD, TDS, TSL : TIME; END_VAR\n"
     "VAR_OUTPUT Q : BOOL; END_VAR\n"
     "VAR S_FF, SD_FF, DS_FF, SL_FF : RS; L_TMR, D_TMR, SD_TMR, DS_TMR, SL_TMR : TON; END_VAR\n"
     "S_FF(S := S0, R1 := R0);\n"
     "L_TMR(IN := L, PT := TL);\n"
     "D_TMR(IN := D, PT := TD);\n"
     "SD_FF(S := SD, R1 := R0); SD_TMR(IN := SD_FF.Q1, PT := TSD);\n"
     "DS_TMR(IN := DS, PT := TDS); DS_FF(S := DS_TMR.Q, R1 := R0);\n"
     "SL_FF(S := SL, R1 := R0); SL_TMR(IN := SL_FF.Q1, PT := TSL);\n"
     "Q := NOT R0 AND (N OR S_FF.Q1 OR (L AND NOT L_TMR.Q) OR D_TMR.Q OR P OR SD_TMR.Q OR DS_FF.Q1 OR\n"
     "  (SL_FF.Q1 AND NOT SL_TMR.Q));\nEND_FUNCTION_BLOCK\n"},
    {"MEMCPY", "-", "a function: n bytes from srcAddr to destAddr; gives n, or 0 where one of them is NULL",
     "FUNCTION MEMCPY : UDINT VAR_INPUT destAddr, srcAddr : POINTER TO BYTE; n : UDINT; END_VAR VAR k : UDINT; END_VAR\n"
     "IF destAddr = NULL OR srcAddr = NULL THEN RETURN; END_IF;\n"
     "FOR k := 1 TO n DO destAddr^ := srcAddr^; destAddr := destAddr + 1; srcAddr := srcAddr + 1; END_FOR;\n"
     "MEMCPY := n;\nEND_FUNCTION\n"},
    {"MEMMOVE", "-", "a function: as MEMCPY, where both may overlap",
     "FUNCTION MEMMOVE : UDINT VAR_INPUT destAddr, srcAddr : POINTER TO BYTE; n : UDINT; END_VAR VAR k : UDINT; END_VAR\n"
     "IF destAddr = NULL OR srcAddr = NULL THEN RETURN; END_IF;\n"
     "IF destAddr <= srcAddr THEN\n"
     "FOR k := 1 TO n DO destAddr^ := srcAddr^; destAddr := destAddr + 1; srcAddr := srcAddr + 1; END_FOR;\n"
     "ELSE destAddr := destAddr + n; srcAddr := srcAddr + n;\n"
     "FOR k := 1 TO n DO destAddr := destAddr - 1; srcAddr := srcAddr - 1; destAddr^ := srcAddr^; END_FOR;\n"
     "END_IF;\nMEMMOVE := n;\nEND_FUNCTION\n"},
    {"MEMSET", "-", "a function: n bytes from destAddr on become fillByte; gives n, or 0 where destAddr is NULL",
     "FUNCTION MEMSET : UDINT VAR_INPUT destAddr : POINTER TO BYTE; fillByte : BYTE; n : UDINT; END_VAR VAR k : UDINT; END_VAR\n"
     "IF destAddr = NULL THEN RETURN; END_IF;\n"
     "FOR k := 1 TO n DO destAddr^ := fillByte; destAddr := destAddr + 1; END_FOR;\n"
     "MEMSET := n;\nEND_FUNCTION\n"},
    {"MEMCMP", "-", "a function: 0 where n bytes are equal, -1 or 1 as the first that differs is less or greater in pBuf1",
     "FUNCTION MEMCMP : DINT VAR_INPUT pBuf1, pBuf2 : POINTER TO BYTE; n : UDINT; END_VAR VAR k : UDINT; END_VAR\n"
     "FOR k := 1 TO n DO\n"
     "IF pBuf1^ <> pBuf2^ THEN MEMCMP := SEL(pBuf1^ > pBuf2^, -1, 1); RETURN; END_IF;\n"
     "pBuf1 := pBuf1 + 1; pBuf2 := pBuf2 + 1;\nEND_FOR;\nEND_FUNCTION\n"},
    COPY("SYSMEMCPY", "CODESYS' function: udiCount bytes from pSrc to pDest, which may overlap; gives pDest"),
    COPY("SYSMEMMOVE", "the same"),
    {"SYSMEMSET", "-", "CODESYS' function: udiCount bytes from pDest on become byValue; gives pDest",
     "FUNCTION SYSMEMSET : POINTER TO BYTE VAR_INPUT pDest : POINTER TO BYTE; byValue : BYTE; udiCount : UDINT; END_VAR\n"
     "MEMSET(pDest, byValue, udiCount);\nSYSMEMSET := pDest;\nEND_FUNCTION\n"},
    {"SYSMEMCMP", "-", "CODESYS' function: MEMCMP by its names",
     "FUNCTION SYSMEMCMP : DINT VAR_INPUT pBuffer1, pBuffer2 : POINTER TO BYTE; udiCount : UDINT; END_VAR\n"
     "SYSMEMCMP := MEMCMP(pBuffer1, pBuffer2, udiCount);\nEND_FUNCTION\n"},
    {"EXTRACT", "-", "CODESYS' function: bit N of X",
     "FUNCTION EXTRACT : BOOL VAR_INPUT X : DWORD; N : BYTE; END_VAR EXTRACT := (SHR(X, N) AND 1) = 1;\nEND_FUNCTION\n"},
    {"PUTBIT", "-", "CODESYS' function: X with bit N as B is",
     "FUNCTION PUTBIT : DWORD VAR_INPUT X : DWORD; N : BYTE; B : BOOL; END_VAR VAR M : DWORD; END_VAR\n"
     "M := SHL(DWORD#1, N); PUTBIT := SEL(B, X AND NOT M, X OR M);\nEND_FUNCTION\n"},
    {"SWITCHBIT", "-", "CODESYS' function: X with bit N inverted",
     "FUNCTION SWITCHBIT : DWORD VAR_INPUT X : DWORD; N : BYTE; END_VAR SWITCHBIT := X XOR SHL(DWORD#1, N);\nEND_FUNCTION\n"},
    {"PACK", "-", "CODESYS' function: a byte of its bits",
     "FUNCTION PACK : BYTE VAR_INPUT B0, B1, B2, B3, B4, B5, B6, B7 : BOOL; END_VAR\n"
     "PACK.0 := B0; PACK.1 := B1; PACK.2 := B2; PACK.3 := B3; PACK.4 := B4; PACK.5 := B5; PACK.6 := B6; PACK.7 := B7;\n"
     "END_FUNCTION\n"},
    {"UNPACK", "-", "CODESYS' block: a byte's bits",
     "FUNCTION_BLOCK UNPACK VAR_INPUT B : BYTE; END_VAR VAR_OUTPUT B0, B1, B2, B3, B4, B5, B6, B7 : BOOL; END_VAR\n"
     "B0 := B.0; B1 := B.1; B2 := B.2; B3 := B.3; B4 := B.4; B5 := B.5; B6 := B.6; B7 := B.7;\nEND_FUNCTION_BLOCK\n"},
    RAMP_OF(INT),
    RAMP_OF(REAL),
    HEXSTR(BYTE),
    HEXSTR(WORD),
    HEXSTR(DWORD),
    {"F_LTRIM", "-", "Beckhoff's function: in without the blanks before it",
     "FUNCTION F_LTRIM : STRING[255] VAR_INPUT in : STRING[255]; END_VAR\n"
     "F_LTRIM := in; WHILE LEFT(F_LTRIM, 1) = ' ' DO F_LTRIM := DELETE(F_LTRIM, 1, 1); END_WHILE;\nEND_FUNCTION\n"},
    {"F_RTRIM", "-", "Beckhoff's function: in without the blanks behind it",
     "FUNCTION F_RTRIM : STRING[255] VAR_INPUT in : STRING[255]; END_VAR\n"
     "F_RTRIM := in; WHILE RIGHT(F_RTRIM, 1) = ' ' DO F_RTRIM := LEFT(F_RTRIM, LEN(F_RTRIM) - 1); END_WHILE;\nEND_FUNCTION\n"},
};
const size_t mr_pc_nblocks = sizeof mr_pc_blocks / sizeof mr_pc_blocks[0];

void mr_pc_other_names(struct pc *c, struct pc_pou *block)
{
    static const struct {
        const char *block, *input, *also; /* `block` also with _INT and the like behind it */
    } others[] = {{"CTU", "R", "RESET"}, {"CTD", "LD", "LOAD"}, {"CTUD", "R", "RESET"}, {"CTUD", "LD", "LOAD"},
                  {"SR", "S1", "SET1"},  {"SR", "R", "RESET"},  {"RS", "S", "SET"},     {"RS", "R1", "RESET1"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        size_t n = strlen(others[i].block);
        const char *name = block->name->name;
        if (strncmp(name, others[i].block, n) == 0 && (name[n] == 0 || name[n] == '_')) {
            struct pc_var *v = mr_pc_map_get(&block->names, mr_pc_name(c, others[i].input));
            (void)mr_pc_map_put(c->pool, &block->names, mr_pc_name(c, others[i].also), v);
        }
    }
}

const char *mr_pc_library(const struct pc_atom *name)
{
    for (size_t i = 0; i < mr_pc_nblocks; i++) {
        if (strcmp(mr_pc_blocks[i].name, name->name) == 0) {
            return mr_pc_blocks[i].text;
        }
    }
    return NULL;
}
