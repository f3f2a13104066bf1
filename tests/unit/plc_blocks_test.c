/* Standard function blocks: timers to the scan (figure 12 and table 38 of IEC 61131-3), counters at their limits (table 36),
 * bistables' priority (table 34), edges (table 35); and the four blocks beyond the standard, by hand calculation. Scans are 100
 * ms apart. */
#include "support/plc_run.h"

static void ton_is_true_once_it_ran_pt(void **state)
{
    (void)state;
    start("PROGRAM p VAR t : TON; i : BOOL; END_VAR t(IN := i, PT := T#300ms); END_PROGRAM");
    scan(1);
    set("i", 1);
    scan(3); /* rises at 100 ms; 100, 200, 300: 200 ms of it */
    is("t.Q", 0);
    is("t.ET", 0.2);
    scan(1); /* 400 */
    is("t.Q", 1);
    is("t.ET", 0.3);
    scan(5);
    is("t.ET", 0.3); /* holds at PT */
    set("i", 0);
    scan(1);
    is("t.Q", 0);
    is("t.ET", 0);
    set("i", 1);
    scan(2);
    set("i", 0); /* shorter than PT: nothing */
    scan(1);
    is("t.Q", 0);
    is("t.ET", 0);
    done();
}

static void tof_stays_true_for_pt(void **state)
{
    (void)state;
    start("PROGRAM p VAR t : TOF; i : BOOL; END_VAR t(IN := i, PT := T#300ms); END_PROGRAM");
    scan(1);
    is("t.Q", 0);
    set("i", 1);
    scan(2);
    is("t.Q", 1);
    set("i", 0);
    scan(3); /* falls at 300; 300, 400, 500 */
    is("t.Q", 1);
    is("t.ET", 0.2);
    scan(1);
    is("t.Q", 0);
    is("t.ET", 0.3);
    set("i", 1);
    scan(1);
    is("t.Q", 1);
    is("t.ET", 0);
    set("i", 0);
    scan(2);
    set("i", 1); /* back before PT: stays */
    scan(1);
    is("t.Q", 1);
    is("t.ET", 0);
    done();
}

static void tp_gives_one_pulse_of_pt(void **state)
{
    (void)state;
    start("PROGRAM p VAR t : TP; i : BOOL; END_VAR t(IN := i, PT := T#300ms); END_PROGRAM");
    set("i", 1);
    scan(2); /* 0, 100 */
    is("t.Q", 1);
    is("t.ET", 0.1);
    set("i", 0);
    scan(1); /* 200: goes on without IN */
    is("t.Q", 1);
    set("i", 1);
    scan(1); /* 300: a rise in the pulse changes nothing */
    is("t.Q", 0);
    is("t.ET", 0.3);
    scan(3);
    is("t.Q", 0);
    is("t.ET", 0.3); /* holds while IN */
    set("i", 0);
    scan(1);
    is("t.ET", 0);
    set("i", 1);
    scan(1);
    is("t.Q", 1);
    done();
}

static void counters_stop_at_their_limits(void **state)
{
    (void)state;
    start("PROGRAM p VAR u : CTU; d : CTD; b : CTUD; c, r, l, up, dn : BOOL; END_VAR\n"
          "u(CU := c, R := r, PV := 2); d(CD := c, LD := l, PV := 2); b(CU := up, CD := dn, R := r, LD := l, PV := 3); "
          "END_PROGRAM");
    for (int i = 0; i < 3; i++) {
        set("c", 1);
        scan(2); /* one edge each */
        set("c", 0);
        scan(1);
    }
    is("u.CV", 3);
    is("u.Q", 1);
    is("d.CV", -3);
    is("d.Q", 1);
    set("u.CV", 32767);
    set("d.CV", -32768);
    set("c", 1);
    scan(1);
    is("u.CV", 32767);
    is("d.CV", -32768);
    set("l", 1);
    set("r", 1);
    scan(1);
    is("u.CV", 0);
    is("u.Q", 0);
    is("d.CV", 2);
    is("d.Q", 0);
    is("b.CV", 0); /* R before LD */
    is("b.QD", 1);
    set("r", 0);
    scan(1);
    is("b.CV", 3);
    is("b.QU", 1);
    set("l", 0);
    set("up", 1);
    set("dn", 1);
    scan(1);
    is("b.CV", 3); /* both edges: neither counts */
    set("dn", 0);
    scan(1);
    set("dn", 1);
    scan(1);
    is("b.CV", 2);
    done();
}

static void bistables_keep_their_priority(void **state)
{
    (void)state;
    start("PROGRAM p VAR sr1 : SR; rs1 : RS; s, r : BOOL; END_VAR sr1(S1 := s, R := r); rs1(S := s, R1 := r); END_PROGRAM");
    set("s", 1);
    set("r", 1);
    scan(1);
    is("sr1.Q1", 1);
    is("rs1.Q1", 0);
    set("r", 0);
    scan(1);
    is("rs1.Q1", 1);
    set("s", 0);
    scan(1);
    is("sr1.Q1", 1);
    is("rs1.Q1", 1);
    set("r", 1);
    scan(1);
    is("sr1.Q1", 0);
    is("rs1.Q1", 0);
    done();
}

static void edges_last_one_scan(void **state)
{
    (void)state;
    start("FUNCTION_BLOCK E VAR_INPUT up : BOOL R_EDGE; dn : BOOL F_EDGE; END_VAR VAR_OUTPUT nu, nd : INT; END_VAR\n"
          "IF up THEN nu := nu + 1; END_IF; IF dn THEN nd := nd + 1; END_IF; END_FUNCTION_BLOCK\n"
          "PROGRAM p VAR rt : R_TRIG; ft : F_TRIG; e1 : E; c : BOOL; END_VAR rt(CLK := c); ft(CLK := c); e1(up := c, dn := c); "
          "END_PROGRAM");
    scan(1);
    is("ft.Q", 1); /* the standard's note: TRUE after a cold start with CLK FALSE */
    scan(1);
    is("ft.Q", 0);
    set("c", 1);
    scan(1);
    is("rt.Q", 1);
    is("ft.Q", 0);
    scan(1);
    is("rt.Q", 0);
    set("c", 0);
    scan(1);
    is("ft.Q", 1);
    scan(1);
    is("ft.Q", 0);
    is("e1.nu", 1);
    is("e1.nd", 1);
    done();
}

/* KP 2, TR 10 s, error 4: each 100 ms the integral grows by 2 * 4 * 0.1 / 10 = 0.08; P is 8. */
static void pid_integrates_and_does_not_wind_up(void **state)
{
    (void)state;
    start(
        "PROGRAM p VAR c : PID; pv : REAL := 1.0; sp : REAL := 5.0; man : BOOL; END_VAR\n"
        "c(AUTO := NOT man, X0 := 3.0, PV := pv, SP := sp, KP := 2.0, TR := 10.0, OUT_MIN := 0.0, OUT_MAX := 13.0); END_PROGRAM");
    scan(1);
    is("c.XOUT", 11); /* X0 + P */
    scan(10);
    assert_true(value("c.XOUT") > 11.7999 && value("c.XOUT") < 11.8001);
    scan(100); /* would be 11 + 110 * 0.08 = 19.8; the limit is reached after 25 steps, where the integral stops at 5 */
    is("c.XOUT", 13);
    is("c.LIMITED", 1);
    set("sp", 1.0); /* error 0: the output is the integral, at most one step above 5 */
    scan(1);
    assert_true(value("c.XOUT") > 4.9 && value("c.XOUT") < 5.1);
    set("man", 1);
    set("sp", 2.0);
    scan(1);
    is("c.XOUT", 3); /* X0 */
    set("man", 0);
    scan(1); /* bumpless: 3, and one step of 2 * 1 * 0.1 / 10 = 0.02 */
    assert_true(value("c.XOUT") > 3.0199 && value("c.XOUT") < 3.0201);
    done();
}

static void the_other_blocks_calculate(void **state)
{
    (void)state;
    start("PROGRAM p VAR h : HYSTERESIS; r : RAMP; m : MOVING_AVERAGE; x : REAL; END_VAR\n"
          "h(XIN1 := x, XIN2 := 10.0, EPS := 2.0); r(IN := x, RISE := 20.0, FALL := 50.0); m(IN := x, N := 4); END_PROGRAM");
    scan(1);
    is("h.Q", 0);
    set("x", 12);
    scan(1);
    is("h.Q", 0); /* not above 12 */
    is("r.OUT", 2);
    is("m.OUT", 6); /* (0 + 12) / 2 */
    set("x", 12.5);
    scan(1);
    is("h.Q", 1);
    is("r.OUT", 4);
    set("x", 8);
    scan(3);
    is("h.Q", 1);
    is("r.OUT", 8); /* 6, 8, 8 */
    is("r.BUSY", 0);
    is("m.OUT", 9.125); /* (12.5 + 8 + 8 + 8) / 4 */
    set("x", 1);
    scan(1);
    is("h.Q", 0);
    is("r.OUT", 3);
    done();
}

/* Annex F: X0 while not RUN, then to X1 in TR by CYCLE a call: 10, 12.5, 15, 17.5, 20. */
static void a_ramp_goes_as_annex_f_says(void **state)
{
    (void)state;
    start("PROGRAM p VAR r : RAMP; go : BOOL; END_VAR\n"
          "r(RUN := go, X0 := 10.0, X1 := 20.0, TR := T#1s, CYCLE := T#250ms); END_PROGRAM");
    scan(1);
    is("r.XOUT", 10);
    is("r.BUSY", 0);
    set("go", 1);
    scan(1);
    is("r.XOUT", 10);
    is("r.BUSY", 1);
    scan(3);
    is("r.XOUT", 17.5);
    scan(1);
    is("r.XOUT", 20);
    is("r.BUSY", 0);
    set("go", 0);
    scan(1);
    is("r.XOUT", 10);
    done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ramp_goes_as_annex_f_says),   cmocka_unit_test(ton_is_true_once_it_ran_pt),
        cmocka_unit_test(tof_stays_true_for_pt),         cmocka_unit_test(tp_gives_one_pulse_of_pt),
        cmocka_unit_test(counters_stop_at_their_limits), cmocka_unit_test(bistables_keep_their_priority),
        cmocka_unit_test(edges_last_one_scan),           cmocka_unit_test(pid_integrates_and_does_not_wind_up),
        cmocka_unit_test(the_other_blocks_calculate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
