/* The controller: faults, starts, tasks, forces, saved state; and the verifier against code that no compiler makes. */
#include "support/plc_run.h"

#include "base/rng.h"
#include "plc/controller.h"

static enum mr_plc_fault faults(const char *text)
{
    start(text);
    scan(2);
    enum mr_plc_fault f = mr_plc_fault(plc, NULL);
    assert_int_equal(mr_plc_state(plc), f == MR_PLC_OK ? MR_PLC_RUNNING : MR_PLC_FAULTED);
    done();
    return f;
}

static void what_goes_wrong_at_run_time_faults_the_controller(void **state)
{
    (void)state;
    assert_int_equal(faults("PROGRAM p VAR a, b : INT; END_VAR a := 5 / b; END_PROGRAM"), MR_PLC_DIV_ZERO);
    assert_int_equal(faults("PROGRAM p VAR a : ARRAY[1..3] OF INT; i : INT := 4; END_VAR a[i] := 1; END_PROGRAM"), MR_PLC_BOUNDS);
    assert_int_equal(faults("PROGRAM p VAR a : ARRAY[1..3] OF INT; i : DINT := -2000000000; END_VAR a[1] := a[i]; END_PROGRAM"),
                     MR_PLC_BOUNDS);
    assert_int_equal(faults("PROGRAM p VAR i : INT; END_VAR WHILE TRUE DO i := i + 1; END_WHILE; END_PROGRAM"), MR_PLC_WATCHDOG);
    assert_int_equal(faults("PROGRAM p VAR r : REF_TO INT; END_VAR r^ := 1; END_PROGRAM"), MR_PLC_NULL_REF);
    assert_int_equal(faults("PROGRAM p VAR s : STRING; n : INT := -1; END_VAR s := LEFT(s, n); END_PROGRAM"), MR_PLC_STRING);
    assert_int_equal(faults("PROGRAM p VAR s : INT (1..5); n : INT := 9; END_VAR s := n; END_PROGRAM"), MR_PLC_BOUNDS);
    assert_int_equal(faults("PROGRAM p VAR a : REAL; b : REAL; END_VAR a := 1.0 / b; END_PROGRAM"), MR_PLC_OK);
}

static void a_fault_says_where_and_holds(void **state)
{
    (void)state;
    start("FUNCTION_BLOCK F VAR_INPUT n : INT; END_VAR VAR x : INT; END_VAR\n\nx := 100 / n;\nEND_FUNCTION_BLOCK\n"
          "PROGRAM p VAR k : INT := 2; f1 : F; c : INT; END_VAR c := c + 1; f1(n := k); k := k - 1; END_PROGRAM");
    scan(5);
    const char *where;
    assert_int_equal(mr_plc_fault(plc, &where), MR_PLC_DIV_ZERO);
    assert_string_equal(where, "F line 3");
    is("c", 3);
    struct mr_plc_diagnostic d[4];
    assert_int_equal(mr_plc_diagnostics(plc, d, 4), 2);
    assert_int_equal(d[0].event, MR_PLC_EVENT_FAULT);
    assert_true(d[0].at == 200 * MR_MS && d[0].line == 3);
    assert_int_equal(d[1].event, MR_PLC_EVENT_COLD);
    assert_true(mr_plc_next(plc) == MR_NEVER_NS);
    mr_plc_start(plc, MR_PLC_COLD, now);
    scan(1);
    is("c", 1);
    done();
}

static void starts_keep_what_they_should(void **state)
{
    (void)state;
    static const char text[] = "VAR_GLOBAL RETAIN g : INT := 1; END_VAR\n"
                               "PROGRAM p VAR a : INT := 10; in1 AT %IW3 : INT; m AT %MW8 : INT := 4; END_VAR VAR RETAIN b : "
                               "INT; t : ARRAY[1..3] OF INT; "
                               "END_VAR a := a + 1; b := b + 1; g := g + 1; t[2] := b; m := m + 1; END_PROGRAM";
    start(text);
    scan(3);
    set("in1", 77);
    is("a", 13);
    mr_plc_start(plc, MR_PLC_HOT, now);
    is("a", 13);
    mr_plc_start(plc, MR_PLC_WARM, now);
    is("a", 10);
    is("b", 3);
    is("g", 4);
    is("p.t[2]", 3);
    is("m", 4);
    is("in1", 77);
    mr_plc_start(plc, MR_PLC_COLD, now);
    is("b", 0);
    is("g", 1);
    is("in1", 77); /* inputs are the process's */
    mr_plc_stop(plc);
    scan(1);
    is("a", 10);
    done();
}

static void tasks_run_by_time_priority_and_event(void **state)
{
    (void)state;
    start("CONFIGURATION c VAR_GLOBAL order, trip_n : INT; trip : BOOL; END_VAR RESOURCE r ON PLC\n"
          "TASK slow(INTERVAL := T#300ms, PRIORITY := 2); TASK fast(INTERVAL := T#100ms, PRIORITY := 1); TASK ev(SINGLE := trip, "
          "PRIORITY := 0);\n"
          "PROGRAM s WITH slow : pr(k := 3); PROGRAM f WITH fast : pr(k := 5); PROGRAM e WITH ev : evp; END_RESOURCE "
          "END_CONFIGURATION\n"
          "PROGRAM pr VAR_INPUT k : INT; END_VAR VAR n : INT; END_VAR n := n + 1; order := order * 10 + k; END_PROGRAM\n"
          "PROGRAM evp trip_n := trip_n + 1; END_PROGRAM");
    scan(1);
    is("order", 53);
    scan(3); /* 100, 200, 300 */
    is("f.n", 4);
    is("s.n", 2);
    is("trip_n", 0);
    set("trip", 1);
    scan(3);
    is("trip_n", 1);
    set("trip", 0);
    scan(1);
    set("trip", 1);
    scan(1);
    is("trip_n", 2);
    now += 950 * MR_MS; /* what was missed is missed; the grid stays */
    scan(1);
    assert_true(mr_plc_next(plc) % (100 * MR_MS) == 0);
    is("f.n", 10);
    done();
}

static void forces_hold_until_released(void **state)
{
    (void)state;
    start("PROGRAM p VAR q AT %QX0.0 : BOOL; w AT %QW2 : INT; i AT %IX0.0 : BOOL; n : INT; END_VAR q := FALSE; w := 5; IF i THEN "
          "n := n + 1; END_IF; "
          "END_PROGRAM");
    assert_int_equal(mr_plc_force(plc, symbol("q"), true, 1), MR_OK);
    assert_int_equal(mr_plc_force(plc, symbol("i"), true, 1), MR_OK);
    assert_int_equal(mr_plc_force(plc, symbol("w"), true, 9), MR_OK);
    scan(2);
    is("q", 1);
    is("w", 9);
    is("n", 2);
    assert_int_equal(mr_plc_force(plc, symbol("n"), true, 9), MR_OK); /* one without an address: set again after each scan */
    scan(2);
    is("n", 9);
    assert_int_equal(mr_plc_force(plc, symbol("q"), false, 0), MR_OK);
    assert_int_equal(mr_plc_force(plc, symbol("q"), false, 0), MR_E_NOT_FOUND);
    scan(1);
    is("q", 0);
    is("w", 9);
    done();
}

static void saved_state_is_all_there_is(void **state)
{
    (void)state;
    static const char text[] = "PROGRAM p VAR t : TON; c : CTU; x : BOOL; s : STRING; n : INT; END_VAR x := NOT x; n := n + 1; "
                               "t(IN := TRUE, PT := T#2s); "
                               "c(CU := x, PV := 9); s := CONCAT(LEFT(s, 30), INT_TO_STRING(n)); END_PROGRAM";
    start(text);
    scan(7);
    static uint8_t saved[1 << 20];
    struct mr_writer w = mr_writer(saved, sizeof saved);
    assert_int_equal(mr_arena_save(arena, &w), MR_OK);
    scan(20);
    uint8_t later[MR_DIGEST_BYTES];
    uint8_t again[MR_DIGEST_BYTES];
    mr_arena_digest(arena, later);
    done();
    start(text);
    assert_int_equal(mr_arena_load(arena, mr_written(&w)), MR_OK);
    now = 700 * MR_MS;
    scan(20);
    mr_arena_digest(arena, again);
    assert_memory_equal(later, again, sizeof later);
    done();
}

/* Code that an attacker made up, from code that was right: the verifier refuses it or the machine survives it. */
static void made_up_code_cannot_leave_its_memory(void **state)
{
    (void)state;
    start("FUNCTION_BLOCK F VAR_INPUT n : INT; END_VAR VAR_IN_OUT a : ARRAY[1..3] OF INT; END_VAR VAR r : REF_TO INT; s : "
          "STRING; END_VAR\n"
          "a[n] := n; r := REF(a[2]); r^ := 3; s := CONCAT(s, 'x'); END_FUNCTION_BLOCK\n"
          "PROGRAM p VAR f1 : ARRAY[0..2] OF F; v : ARRAY[1..3] OF INT; i : INT; x : REAL; END_VAR\n"
          "FOR i := 1 TO 2 DO f1[i](n := i, a := v); END_FOR; x := SIN(x) + 1.0; END_PROGRAM");
    struct mr_rng rng = mr_rng_stream(1, "verifier");
    struct pc_insn *code = program->code;
    size_t ran = 0;
    for (int k = 0; k < 20000; k++) {
        struct pc_insn *i = &code[mr_rng_below(&rng, program->ncode)];
        struct pc_insn was = *i;
        uint64_t r = mr_rng_u64(&rng);
        switch (mr_rng_below(&rng, 6)) {
        case 0:
            i->op = (uint16_t)(r % (PC_OP_COUNT + 2));
            break;
        case 1:
            i->a = (int32_t)(r >> (r % 33));
            break;
        case 2:
            i->b = (int32_t)(r >> (r % 33));
            break;
        case 3:
            i->c = (int32_t)(r >> (r % 33));
            break;
        case 4:
            i->n = (uint16_t)r;
            break;
        default:
            i->a = (int32_t)((uint32_t)i->a + (uint32_t)(r % 64) - 32);
            break;
        }
        char why[200];
        if (mr_pc_verify(program, why, sizeof why) == MR_OK) {
            ran++;
            mr_plc_start(plc, MR_PLC_COLD, now);
            scan(2);
        }
        *i = was;
    }
    assert_true(ran > 1000); /* many changes are harmless; the others were refused */
    done();
}

/* An indexed store whose array reaches beyond the memory, at its end and at the constants. */
static void indexed_stores_are_bounded(void **state)
{
    (void)state;
    start("PROGRAM p VAR v : ARRAY[1..100] OF DINT; i : DINT := 5; END_VAR v[i] := v[i + 1]; END_PROGRAM");
    char why[200];
    assert_int_equal(mr_pc_verify(program, why, sizeof why), MR_OK);
    for (uint32_t k = 0; k < program->ncode; k++) {
        struct pc_insn *i = &program->code[k];
        if (i->op == OP_STX_4 || i->op == OP_LDX_4) {
            int32_t *base = i->op == OP_STX_4 ? &i->a : &i->b;
            int32_t was = *base;
            uint32_t end = program->data_end;
            *base = (int32_t)(end - 396); /* 100 elements need 400 bytes */
            assert_int_equal(mr_pc_verify(program, why, sizeof why), MR_E_MALFORMED);
            *base = (int32_t)(end - 400);
            assert_int_equal(mr_pc_verify(program, why, sizeof why), MR_OK);
            *base = was + 8; /* beyond the instance: 400 bytes and the index */
            assert_int_equal(mr_pc_verify(program, why, sizeof why), MR_E_MALFORMED);
            *base = was;
        }
    }
    done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_wrong_at_run_time_faults_the_controller),
        cmocka_unit_test(a_fault_says_where_and_holds),
        cmocka_unit_test(starts_keep_what_they_should),
        cmocka_unit_test(tasks_run_by_time_priority_and_event),
        cmocka_unit_test(forces_hold_until_released),
        cmocka_unit_test(saved_state_is_all_there_is),
        cmocka_unit_test(indexed_stores_are_bounded),
        cmocka_unit_test(made_up_code_cannot_leave_its_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
