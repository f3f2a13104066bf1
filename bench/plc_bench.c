/* plc_bench - the virtual machine against Lua 5.4's interpreter on equivalent programs, in the same run and in processor time,
 * each the best of RUNS; the scan of a program with 40 PID and 40 motor blocks; the time to compile 1,000 lines; and what 1,000
 * controllers with a task of 100 ms take of one core. */
#include "plc/online.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *name;
    int scans;
    const char *st;
    const char *lua; /* the body of one scan, after its globals-free beginning */
} programs[] = {
    {"interlocks", 200000,
     "PROGRAM p VAR a, b, c, d, e, f, g, h : BOOL; n : INT; i : INT; END_VAR\n"
     "FOR i := 1 TO 10 DO a := NOT a; b := a AND NOT c OR d; c := b AND (e OR f) AND NOT g; d := a OR b AND c;\n"
     "e := d AND NOT b OR h; f := NOT e OR a; g := f AND d AND NOT c; h := g OR a AND NOT f; IF h AND NOT d THEN n := n + 1; "
     "END_IF; END_FOR;\n"
     "END_PROGRAM",
     "local a,b,c,d,e,f,g,h,n=false,false,false,false,false,false,false,false,0\n"
     "local function scan() for i=1,10 do a=not a b=a and not c or d c=b and (e or f) and not g d=a or b and c\n"
     "e=d and not b or h f=not e or a g=f and d and not c h=g or a and not f if h and not d then n=n+1 end end end\n"},
    {"PID chain", 100000,
     "FUNCTION_BLOCK PI1 VAR_INPUT pv, sp, kp, ki : LREAL; END_VAR VAR_OUTPUT y : LREAL; END_VAR VAR i, e : LREAL; END_VAR\n"
     "e := sp - pv; i := i + e * ki; IF i > 100.0 THEN i := 100.0; ELSIF i < 0.0 THEN i := 0.0; END_IF; y := kp * e + i;\n"
     "IF y > 100.0 THEN y := 100.0; ELSIF y < 0.0 THEN y := 0.0; END_IF; END_FUNCTION_BLOCK\n"
     "PROGRAM p VAR c : ARRAY[1..10] OF PI1; x : LREAL; k : INT; END_VAR\n"
     "FOR k := 1 TO 10 DO c[k](pv := x, sp := 50.0, kp := 0.5, ki := 0.01); x := x + (c[k].y - x) * 0.1; END_FOR; END_PROGRAM",
     "local function new() return {i=0,y=0} end\n"
     "local function pi(s,pv,sp,kp,ki) local e=sp-pv local i=s.i+e*ki if i>100.0 then i=100.0 elseif i<0.0 then i=0.0 end s.i=i\n"
     "local y=kp*e+i if y>100.0 then y=100.0 elseif y<0.0 then y=0.0 end s.y=y end\n"
     "local c,x={},0.0 for k=1,10 do c[k]=new() end\n"
     "local function scan() for k=1,10 do local s=c[k] pi(s,x,50.0,0.5,0.01) x=x+(s.y-x)*0.1 end end\n"},
    {"array sort", 2000,
     "PROGRAM p VAR v : ARRAY[1..100] OF DINT; i, j, t, seed : DINT; END_VAR\n"
     "seed := 12345; FOR i := 1 TO 100 DO seed := (seed * 1103 + 12345) MOD 65536; v[i] := seed; END_FOR;\n"
     "FOR i := 2 TO 100 DO t := v[i]; j := i - 1; WHILE j >= 1 AND_THEN v[j] > t DO v[j + 1] := v[j]; j := j - 1; END_WHILE; v[j "
     "+ 1] := t; END_FOR;\n"
     "END_PROGRAM",
     "local v={} local function scan() local seed=12345 for i=1,100 do seed=(seed*1103+12345)%65536 v[i]=seed end\n"
     "for i=2,100 do local t=v[i] local j=i-1 while j>=1 and v[j]>t do v[j+1]=v[j] j=j-1 end v[j+1]=t end end\n"},
    {"strings", 100000,
     "PROGRAM p VAR s, t : STRING; n : INT; i : INT; END_VAR\n"
     "s := ''; FOR i := 1 TO 5 DO s := CONCAT(s, INT_TO_STRING(i), ';'); END_FOR; n := FIND(s, '4;'); t := MID(s, 4, n); n := "
     "LEN(t); END_PROGRAM",
     "local s,t,n local function scan() s='' for i=1,5 do s=s..tostring(i)..';' end n=string.find(s,'4;',1,true) "
     "t=string.sub(s,n,n+3) n=#t end\n"},
};

#define RUNS 5

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Microseconds a scan; of the compilation in milliseconds, and the memory. Negative where it does not run. */
static double run(const char *text, int scans, double *compile_ms, size_t *bytes)
{
    struct mr_diags *d = mr_diags_create();
    struct mr_plc_source s = {"bench.st", text, strlen(text)};
    double t0 = seconds();
    struct mr_plc_program *p = mr_plc_compile(&s, 1, d);
    *compile_ms = 1e3 * (seconds() - t0);
    mr_diags_print(d, stderr);
    mr_diags_destroy(d);
    if (!p) {
        return -1;
    }
    struct mr_arena *a = mr_arena_create((size_t)16 << 20);
    struct mr_plc *c = mr_plc_create(a, p, "bench");
    mr_plc_start(c, MR_PLC_COLD, 0);
    double us = -1;
    mr_ns now = 0;
    for (int k = 0; k < RUNS && mr_plc_state(c) == MR_PLC_RUNNING; k++) {
        double t1 = seconds();
        for (int i = 0; i < scans / RUNS; i++, now += 100 * MR_MS) {
            mr_plc_scan(c, now);
        }
        double took = 1e6 * (seconds() - t1) / (scans / RUNS);
        us = us < 0 || took < us ? took : us;
    }
    *bytes = mr_arena_used(a);
    mr_arena_destroy(a);
    mr_plc_program_destroy(p);
    return us;
}

static double run_lua(const char *body, int scans)
{
    FILE *f = fopen("plc_bench.lua.tmp", "w");
    if (!f) {
        return -1;
    }
    (void)fprintf(f,
                  "%slocal m for k=1,%d do local t=os.clock() for i=1,%d do scan() end t=(os.clock()-t)/%d*1e6 if not m or t<m "
                  "then m=t end end "
                  "print(m)\n",
                  body, RUNS, scans / RUNS, scans / RUNS);
    (void)fclose(f);
    FILE *p = popen("lua5.4 plc_bench.lua.tmp", "r");
    double us = -1;
    if (p) {
        us = fscanf(p, "%lf", &us) == 1 ? us : -1;
        (void)pclose(p);
    }
    (void)remove("plc_bench.lua.tmp");
    return us;
}

/* A plant program of `blocks` PID and as many motor blocks. */
static char *plant(int blocks)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    (void)fprintf(f, "FUNCTION_BLOCK MOTOR\nVAR_INPUT\n start : BOOL;\n stop : BOOL;\n ready : BOOL;\n running : "
                     "BOOL;\nEND_VAR\nVAR_OUTPUT\n cmd : BOOL;\n"
                     " failed : BOOL;\nEND_VAR\nVAR\n t : TON;\nEND_VAR\nIF stop OR NOT ready OR failed THEN\n cmd := "
                     "FALSE;\nELSIF start THEN\n cmd := TRUE;\n"
                     "END_IF;\nt(IN := cmd AND NOT running, PT := T#3s);\nIF t.Q THEN\n failed := "
                     "TRUE;\nEND_IF;\nEND_FUNCTION_BLOCK\nPROGRAM plant\nVAR\n");
    for (int i = 0; i < blocks; i++) {
        (void)fprintf(f, " pid%d : PID;\n m%d : MOTOR;\n pv%d : REAL;\n out%d : REAL;\n", i, i, i, i);
    }
    (void)fprintf(f, "END_VAR\n");
    for (int i = 0; i < blocks; i++) {
        (void)fprintf(f,
                      "pid%d(PV := pv%d, SP := 50.0, KP := 0.8, TR := 5.0, TD := 0.5,\n OUT_MIN := 0.0, OUT_MAX := "
                      "100.0);\nout%d := pid%d.XOUT;\n",
                      i, i, i, i);
        (void)fprintf(f, "m%d(start := out%d > 5.0, stop := out%d < 1.0,\n ready := TRUE, running := m%d.cmd);\n", i, i, i, i);
        (void)fprintf(f, "IF m%d.cmd THEN\n pv%d := pv%d + (out%d - pv%d) * 0.02;\nELSE\n pv%d := pv%d * 0.99;\nEND_IF;\n", i, i,
                      i, i, i, i, i);
    }
    (void)fprintf(f, "END_PROGRAM\n");
    (void)fclose(f);
    return text;
}

#define CONTROLLERS 1000
#define PROGRAMS    100 /* so that not all run the same code */

/* Part of one core, in percent, that the controllers take; the bytes of each, all counted, in `bytes`, of its code in `code`. */
static double controllers(size_t *bytes, size_t *code)
{
    static struct mr_plc *c[CONTROLLERS];
    struct mr_plc_program *p[PROGRAMS];
    char *text = plant(30);
    struct mr_plc_source s = {"bench.st", text, strlen(text)};
    struct mr_diags *d = mr_diags_create();
    struct mr_arena *a = mr_arena_create((size_t)2 << 30);
    for (int i = 0; i < PROGRAMS; i++) {
        p[i] = mr_plc_compile(&s, 1, d);
    }
    for (int i = 0; i < CONTROLLERS; i++) {
        c[i] = mr_plc_create(a, p[i % PROGRAMS], "bench");
        mr_plc_start(c[i], MR_PLC_COLD, 0);
    }
    *code = 0;
    for (size_t i = 0; i < mr_plc_program_blocks(p[0]); i++) {
        struct mr_plc_block b;
        *code += mr_plc_block_read(mr_plc_program_block(p[0], i), &b, NULL, 0) == MR_OK ? b.code_size : 0;
    }
    double best = -1;
    for (int k = 0; k < RUNS; k++) { /* a second of plant time each */
        double t = seconds();
        for (int scan = 0; scan < 10; scan++) {
            for (int i = 0; i < CONTROLLERS; i++) {
                mr_plc_scan(c[i], (mr_ns)(k * 10 + scan) * 100 * MR_MS);
            }
        }
        t = seconds() - t;
        best = best < 0 || t < best ? t : best;
    }
    *bytes = mr_arena_used(a) / CONTROLLERS;
    mr_arena_destroy(a);
    for (int i = 0; i < PROGRAMS; i++) {
        mr_plc_program_destroy(p[i]);
    }
    mr_diags_destroy(d);
    free(text);
    return 100 * best;
}

int main(void)
{
    double ms;
    size_t bytes;
    bool good = true;
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        double st = run(programs[i].st, programs[i].scans, &ms, &bytes);
        double lua = run_lua(programs[i].lua, programs[i].scans);
        (void)printf("plc %-12s %8.3f us a scan, lua5.4 %8.3f us: %.2f times as fast\n", programs[i].name, st, lua, lua / st);
        good = good && st > 0;
    }
    char *text = plant(40);
    size_t lines = 0;
    for (const char *p = text; *p; p++) {
        lines += *p == '\n' ? 1 : 0;
    }
    double us = run(text, 20000, &ms, &bytes);
    (void)printf("plc plant: %zu lines, 40 PID, 40 motors: scan %.2f us, %zu bytes, compiled in %.2f ms\n", lines, us, bytes, ms);
    good = good && us > 0;
    free(text);
    text = plant(74);
    us = run(text, 1000, &ms, &bytes);
    (void)printf("plc compile: 1,000 lines in %.2f ms\n", ms);
    free(text);
    size_t code;
    double part = controllers(&bytes, &code);
    (void)printf("plc 1,000 controllers, %zu bytes of byte code each, tasks of 100 ms: %.1f %% of one core, %zu bytes each\n",
                 code, part, bytes);
    return good && us > 0 ? 0 : 1;
}
