/* process_grid_test.c - case files read and refused, and power flows that can be worked out by hand. */
#include "support/grid.h"

#include "base/maths.h"

#define BUS1   "baseMVA = 100;\nbus = [1 3 0 0 0 0 1 1 0 345\n2 1 100 0 0 0 1 1 0 345];\n"
#define GEN1   "gen = [1 0 0 Inf -Inf 1 100 1 0 0];\n"
#define BRANCH "branch = [1 2 0 0.25 0 0 0 0 0 0 1];\n"

/* A load of 1 pu behind a reactance of 0.25 pu, from 1 pu: v^4 - v^2 + (p x)^2 = 0, hence v^2 = (1 + sqrt(1 - 4 p^2 x^2)) / 2 =
 * 0.9330127 and the angle is -asin(p x / v) = -asin(0.25 / 0.9659258) = -15 degrees exactly, for sin 30 = 2 sin 15 cos 15 =
 * 0.5. */
static void two_buses(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f, BUS1 GEN1 BRANCH), MR_OK);
    assert_int_equal(mr_grid_flow(&f->flow, &f->grid, f->arena, f->diags), MR_OK);
    assert_true(mr_fabs(f->flow.vm[1] - 0.96592582628906829) < 1e-10);
    assert_true(mr_fabs(f->flow.va[1] + MR_PI / 12) < 1e-10);
    /* What the line takes: p^2 x / v^2 = 0.25 / 0.9330127. */
    assert_true(mr_fabs(f->flow.power[0].re - 1) < 1e-10);
    assert_true(mr_fabs(f->flow.power[0].im - 0.26794919243112270) < 1e-9);
}

/* A transformer without a load: its ratio divides the voltage, its shift turns it back (MATPOWER manual, eq. 3.1). */
static void transformer(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(
        parse(f, "mpc.baseMVA = 10;\nmpc.bus = [7, 3, 0, 0, 0, 0, 1, 1, 5, 345; 9 1 0 0 0 0 1 1 0 345];\n"
                 "mpc.gen = [7 0 0 0 0 1.05 100 1];\nmpc.branch = [7 9 0 ... the rest follows\n 0.1 0 0 0 0 1.05 30 1];"),
        MR_OK);
    assert_int_equal(f->grid.bus[1].number, 9);
    assert_int_equal(mr_grid_flow(&f->flow, &f->grid, f->arena, f->diags), MR_OK);
    assert_true(mr_fabs(f->flow.vm[1] - 1) < 1e-9);
    assert_true(mr_fabs(f->flow.va[1] + 25 * MR_PI / 180) < 1e-9);
}

/* Twice what the line can carry (1 / (2 x) = 2 pu at unity power factor). */
static void beyond_the_nose(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f, BUS1 GEN1 BRANCH), MR_OK);
    f->grid.bus[1].load.re = 4;
    assert_int_equal(mr_grid_flow(&f->flow, &f->grid, f->arena, f->diags), MR_E_RANGE);
    assert_non_null(strstr(f->diags->items[0].text, "no power flow found"));
}

static void isolated_bus(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f, BUS1 GEN1 BRANCH), MR_OK);
    f->grid.bus[1].kind = MR_BUS_ISOLATED;
    assert_int_equal(mr_grid_flow(&f->flow, &f->grid, f->arena, f->diags), MR_OK);
    assert_true(f->flow.vm[1] == 0 && f->flow.power[0].re == 0);
}

static void parts(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f, BUS1 GEN1 BRANCH), MR_OK);
    f->grid.branch[0].on = false;
    assert_int_equal(mr_grid_flow(&f->flow, &f->grid, f->arena, f->diags), MR_E_INVALID);
    assert_non_null(strstr(f->diags->items[0].text, "bus 2 is joined with no reference"));
}

static void refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *text, *says;
        uint32_t line, col;
    } cases[] = {
        {"", "baseMVA is missing", 0, 0},
        {"baseMVA = 100;\n", "no matrix bus", 0, 0},
        {BUS1 GEN1, "no matrix branch", 0, 0},
        {BUS1 GEN1 "branch = [1 2\n1 2 3];", "3 columns, those before it 2", 6, 1},
        {BUS1 GEN1 "branch = [1 2 0 0.1];", "at least 11", 5, 11},
        {BUS1 GEN1 "branch = [1 3 0 0.25 0 0 0 0 0 0 1];", "no bus 3", 5, 13},
        {BUS1 GEN1 "branch = [1 2 0 0 0 0 0 0 0 0 1];", "both 0", 5, 15},
        {BUS1 GEN1 "branch = [1 1 0 1 0 0 0 0 0 0 1];", "to itself", 5, 13},
        {BUS1 GEN1 "branch = [1 2 0 Inf 0 0 0 0 0 0 1];", "not finite", 5, 17},
        {BUS1 GEN1 BRANCH "bus = [1];", "given twice", 6, 7},
        {"bus = [1 2\n3 x]", "found 'x'", 2, 3},
        {"bus = [1 2\n3 0x10]", "found '0x10'", 2, 3},
        {"\nbus = [1 2\n3", "never closed", 2, 7},
        {"name = 'abc", "no end on its line", 1, 8},
        {"branch(:, 3) = 2;", "expected NAME = VALUE", 1, 1},
        {"baseMVA = 10 * 10;", "no calculation", 1, 14},
        {"bus = 3;", "must be a matrix", 1, 7},
        {"baseMVA = 100; bus = [1 3 0 0 0 0 1 1 0; 1 1 0 0 0 0 1 1 0];" GEN1 "branch = [1 2 0 1 0 0 0 0 0 0 1];", "no bus 2", 2,
         13},
        {"baseMVA = 100; bus = [1 9 0 0 0 0 1 1 0];" GEN1 BRANCH, "no type of a bus", 1, 25},
        {"baseMVA = 100; bus = [1.5 3 0 0 0 0 1 1 0];" GEN1 BRANCH, "no number of a bus", 1, 23},
        {"baseMVA = 100; bus = [2 3 0 0 0 0 1 1 0; 1 3 0 0 0 0 1 1 0; 1 1 0 0 0 0 1 1 0];" GEN1 BRANCH, "two buses 1", 1, 61},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(f, cases[i].text), MR_E_MALFORMED);
        assert_said(f, cases[i].says, cases[i].line, cases[i].col);
    }
}

/* What files have around their numbers: comments that span lines, one within another; texts with quotes, brackets and signs of
 * comments in them; cells in cells; rows that go on in the next line; commas; names without mpc; other names. */
static void ornaments(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(parse(f, "function mpc = two\n%TWO  a grid; of [two] buses\n%{\nbus = [9\n  %{\n%}\nbranch\n %}\n"
                              "mpc.version = '2'; mpc.name = 'it''s; 100 % \"mine\"'\n" BUS1
                              "\nmpc.bus_name = {\n'a }'; 'b''s' % }\n{ 1, \"}\" }\n};\n"
                              "mpc.gen = [ 1, 0, 0, 300, -300, ... and so on ]\n 1, 100, 1, 250, 10 ] ; % one\n"
                              "mpc.gencost = [ 2 0 0 3 0.1 5 -Inf ];\nmpc.reserves.zones = [ 1 ];\nmpc.areas = [];\r\n" BRANCH
                              "\nend\n"),
                     MR_OK);
    assert_int_equal(f->grid.nbus, 2);
    assert_int_equal(f->grid.ngen, 1);
    assert_true(f->grid.gen[0].vm == 1);
    assert_int_equal(parse(f, BUS1 GEN1 BRANCH "%{\nnever ends\n"), MR_E_MALFORMED);
    assert_non_null(strstr(f->diags->items[0].text, "never ends"));
}

/* Every beginning of a good file is read or refused, from memory of its own length. */
static void cut(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "function mpc = c % x\nmpc.version = '2';\n" BUS1 GEN1 BRANCH "n = {'a'};";
    for (size_t n = 0; n < sizeof text; n++) {
        char *copy = test_malloc(n + 1);
        memcpy(copy, text, n);
        struct mr_arena *arena = mr_arena_create(1 << 20);
        (void)mr_grid_parse(&f->grid, mr_slice(copy, n), "case.m", arena, f->diags);
        mr_arena_destroy(arena);
        test_free(copy);
    }
    assert_int_equal(parse(f, text), MR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_buses, setup, teardown),
        cmocka_unit_test_setup_teardown(transformer, setup, teardown),
        cmocka_unit_test_setup_teardown(beyond_the_nose, setup, teardown),
        cmocka_unit_test_setup_teardown(isolated_bus, setup, teardown),
        cmocka_unit_test_setup_teardown(parts, setup, teardown),
        cmocka_unit_test_setup_teardown(ornaments, setup, teardown),
        cmocka_unit_test_setup_teardown(refused, setup, teardown),
        cmocka_unit_test_setup_teardown(cut, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
