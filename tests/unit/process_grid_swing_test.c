/* process_grid_swing_test.c - one machine against an infinite bus, by the equal-area criterion; tables of machines refused. */
#include "support/grid.h"

#include "base/maths.h"

/* 0.8 pu over two equal lines of 0.4 pu to a bus that does not move. */
static const char case_text[] = "baseMVA = 100;\nbus = [1 3 0 0 0 0 1 1 0; 2 2 0 0 0 0 1 1 0];\n"
                                "gen = [1 0 0 0 0 1 100 1; 2 80 0 0 0 1.05 100 1];\n"
                                "branch = [1 2 0 0.4 0 0 0 0 0 0 1; 1 2 0 0.4 0 0 0 0 0 0 1];\n";
static const char header[] = "bus,H_s_on_100MVA,xd_t_pu\n";
static const char machines[] = "bus,H_s_on_100MVA,xd_t_pu\n1,100000000,0.000001\r\n2,4,0.25\n";

static int setup_flow(void **state)
{
    bool good = setup(state) == 0 && parse(*state, case_text) == MR_OK;
    struct fixture *f = *state;
    return good && mr_grid_flow(&f->flow, &f->grid, f->arena, f->diags) == MR_OK ? 0 : -1;
}

static enum mr_err init(struct fixture *f, const char *table)
{
    return mr_swing_init(&f->swing, &f->grid, &f->flow, mr_slice_str(table), "machines.csv", 60, f->arena, f->diags);
}

static void at_rest(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(init(f, machines), MR_OK);
    double angle = f->swing.angle[1];
    assert_true(mr_fabs(mr_swing_power(&f->swing)[1] - 0.8) < 1e-9);
    mr_swing_advance(&f->swing, 5);
    assert_true(mr_fabs(f->swing.angle[1] - angle) < 1e-8);
}

/* The largest angle within 3 s of a fault at the machine's terminals, which lasts `clear_s` and goes by itself. */
static double swing_after(struct fixture *f, double clear_s)
{
    assert_int_equal(init(f, machines), MR_OK);
    f->swing.fault[1] = true;
    assert_int_equal(mr_swing_reduce(&f->swing, &f->grid, f->diags), MR_OK);
    assert_true(mr_fabs(mr_swing_power(&f->swing)[1]) < 1e-12);
    mr_swing_advance(&f->swing, clear_s);
    f->swing.fault[1] = false;
    assert_int_equal(mr_swing_reduce(&f->swing, &f->grid, f->diags), MR_OK);
    double largest = 0;
    for (int i = 0; i < 300; i++) {
        mr_swing_advance(&f->swing, 0.01);
        largest = mr_max(largest, f->swing.angle[1] - f->swing.angle[0]);
    }
    return largest;
}

/* Equal areas, no power during the fault and the same network after it: cos dc = (pi - 2 d0) sin d0 - cos d0, reached after
 * sqrt(4 H (dc - d0) / (w Pm)) (Stevenson, Elements of Power System Analysis, section on critical clearing; Kundur 13.1). */
static void equal_areas(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(init(f, machines), MR_OK);
    double d0 = f->swing.angle[1] - f->swing.angle[0];
    /* Transfer reactance 0.25 + 0.4 / 2. */
    assert_true(mr_fabs(f->swing.machine[1].e * f->swing.machine[0].e / 0.45 * mr_sin(d0) - 0.8) < 1e-5);
    double dc = mr_acos((MR_PI - 2 * d0) * mr_sin(d0) - mr_cos(d0));
    double critical_s = mr_sqrt(4 * 4.0 * (dc - d0) / (2 * MR_PI * 60 * 0.8));
    assert_true(swing_after(f, critical_s * 0.995) < MR_PI);
    assert_true(swing_after(f, critical_s * 1.005) > 2 * MR_PI);
}

/* With one line open the transfer reactance is 0.25 + 0.4, with both the machine turns alone. */
static void lines_open(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(init(f, machines), MR_OK);
    double d0 = f->swing.angle[1] - f->swing.angle[0];
    f->grid.branch[mr_grid_branch(&f->grid, 1, 0, true)].on = false;
    assert_int_equal(mr_swing_reduce(&f->swing, &f->grid, f->diags), MR_OK);
    double wanted = f->swing.machine[1].e * f->swing.machine[0].e / 0.65 * mr_sin(d0);
    assert_true(mr_fabs(mr_swing_power(&f->swing)[1] - wanted) < 1e-5);
    f->grid.branch[mr_grid_branch(&f->grid, 0, 1, true)].on = false;
    assert_int_equal(mr_grid_branch(&f->grid, 0, 1, true), -1);
    assert_int_equal(mr_swing_reduce(&f->swing, &f->grid, f->diags), MR_OK);
    assert_true(mr_fabs(mr_swing_power(&f->swing)[1]) < 1e-9);
    /* dw = Pm t / (2 H): 0.8 / 8 in a second, and half of that in radians per 2 pi f. */
    mr_swing_advance(&f->swing, 1);
    assert_true(mr_fabs(f->swing.dw[1] - 0.1) < 1e-9);
    assert_true(mr_fabs(f->swing.angle[1] - f->swing.angle[0] - d0 - 2 * MR_PI * 60 * 0.05) < 1e-5);
}

/* As spreadsheets write it: a byte order mark, blanks, quotes, other columns, an empty line. */
static void written_by_a_spreadsheet(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        init(f, "\xEF\xBB\xBF\"name\", \"bus\" , \"xd_t_pu\",\"H_s_on_100MVA\"\r\n\"a\", 1 , 0.000001, 100000000\r\n \r\n"
                "b,2,0.25,\"4\"\r\n"),
        MR_OK);
    assert_int_equal(f->swing.n, 2);
    assert_true(f->swing.machine[1].h_s == 4 && f->swing.machine[1].z.im == 0.25);
}

static void refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *rows, *says;
        uint32_t line, col;
    } cases[] = {
        {"1,1,1\n", "no machine for bus 2", 0, 0},
        {"1,1,1\n2,1,1\n2,1,1\n", "two machines at bus 2", 0, 0},
        {"1,1,1\n3,1,1\n", "no bus 3", 3, 1},
        {"1,1,1\n2,0,1\n", "must be more than 0", 3, 1},
        {"1,1,1\n2,1\n", "must be more than 0", 3, 1},
        {"1,x,1\n", "H_s_on_100MVA: expected a number", 2, 3},
        {"1,-1,1\n", "expected a number from 0 on", 2, 3},
        {"1,1,nan\n", "xd_t_pu: expected a number", 2, 5},
        {",1,1\n", "bus: expected a number", 2, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[128];
        (void)snprintf(text, sizeof text, "%s%s", header, cases[i].rows);
        assert_int_equal(init(f, text), MR_E_MALFORMED);
        assert_said(f, cases[i].says, cases[i].line, cases[i].col);
    }
    assert_int_equal(init(f, ""), MR_E_MALFORMED);
    assert_int_equal(init(f, "bus,H_s_on_100MVA\n"), MR_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(at_rest, setup_flow, teardown),
        cmocka_unit_test_setup_teardown(equal_areas, setup_flow, teardown),
        cmocka_unit_test_setup_teardown(lines_open, setup_flow, teardown),
        cmocka_unit_test_setup_teardown(written_by_a_spreadsheet, setup_flow, teardown),
        cmocka_unit_test_setup_teardown(refused, setup_flow, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
