/* swing.c - see swing.h: the network reduced to the machines (Kron), and the swing equation
 *     d angle / dt = 2 pi f dw,   2 H d dw / dt = Pm - Pe. */
#include "process/grid/swing.h"

#include "base/maths.h"

#include <klu.h>

/* The whole network with loads and machines in it. The voltage of a bus on earth, or of an isolated one, is 0: its row and column
 * become those of the unit matrix. */
static void fill_full(struct mr_swing *s, const struct mr_grid *g)
{
    struct mr_ybus *y = s->full;
    mr_ybus_build(y, g);
    for (int i = 0; i < y->n; i++) {
        struct mr_complex *own = mr_ybus_at(y, i, i);
        *own = mr_cadd(*own, s->load[i]);
    }
    for (size_t i = 0; i < s->n; i++) {
        struct mr_complex *own = mr_ybus_at(y, (int)s->machine[i].bus, (int)s->machine[i].bus);
        *own = mr_cadd(*own, mr_cinv(s->machine[i].z));
    }
    for (int i = 0; i < y->n; i++) {
        for (int k = y->row[i]; k < y->row[i + 1]; k++) {
            int j = y->col[k];
            if (s->fault[i] || s->fault[j] || g->bus[i].kind == MR_BUS_ISOLATED || g->bus[j].kind == MR_BUS_ISOLATED) {
                y->y[k] = (struct mr_complex){i == j ? 1 : 0, 0};
            }
        }
    }
}

/* Column j of the reduced matrix: the currents that come out of the machines where j has 1 and the others 0. */
static bool reduce_column(struct mr_swing *s, size_t j, klu_symbolic *symbolic, klu_numeric *numeric, klu_common *klu)
{
    memset(s->column, 0, (size_t)s->full->n * sizeof *s->column);
    const struct mr_machine *mj = &s->machine[j];
    struct mr_complex yj = mr_cinv(mj->z);
    if (!s->fault[mj->bus]) {
        s->column[mj->bus] = yj;
    }
    /* The matrix lies by rows, which is by columns its transpose. */
    if (!klu_z_tsolve(symbolic, numeric, s->full->n, 1, &s->column->re, 0, klu)) {
        return false;
    }
    for (size_t i = 0; i < s->n; i++) {
        struct mr_complex yi = mr_cinv(s->machine[i].z);
        struct mr_complex drawn = mr_cneg(mr_cmul(yi, s->column[s->machine[i].bus]));
        s->y[i * s->n + j] = i == j ? mr_cadd(yi, drawn) : drawn;
    }
    return true;
}

enum mr_err mr_swing_reduce(struct mr_swing *s, const struct mr_grid *g, struct mr_diags *diags)
{
    fill_full(s, g);
    klu_common klu;
    (void)klu_defaults(&klu);
    klu_symbolic *symbolic = klu_analyze(s->full->n, s->full->row, s->full->col, &klu);
    klu_numeric *numeric = symbolic ? klu_z_factor(s->full->row, s->full->col, &s->full->y->re, symbolic, &klu) : NULL;
    bool good = numeric != NULL;
    for (size_t j = 0; j < s->n && good; j++) {
        good = reduce_column(s, j, symbolic, numeric, &klu);
    }
    klu_z_free_numeric(&numeric, &klu);
    klu_free_symbolic(&symbolic, &klu);
    if (!good) {
        mr_diag_add(diags, MR_ERROR, "grid", 0, 0, "the network cannot be reduced to its machines: a bus hangs on nothing");
        return MR_E_INVALID;
    }
    return MR_OK;
}

static void internal_voltages(struct mr_swing *s, const double *angle)
{
    for (size_t i = 0; i < s->n; i++) {
        s->e[i] = (struct mr_complex){s->machine[i].e * mr_cos(angle[i]), s->machine[i].e * mr_sin(angle[i])};
    }
}

/* Re(E conj(Y E)) of machine i, from s->e. */
static double power(const struct mr_swing *s, size_t i)
{
    struct mr_complex current = {0, 0};
    for (size_t j = 0; j < s->n; j++) {
        current = mr_cadd(current, mr_cmul(s->y[i * s->n + j], s->e[j]));
    }
    return s->e[i].re * current.re + s->e[i].im * current.im;
}

const double *mr_swing_power(struct mr_swing *s)
{
    internal_voltages(s, s->angle);
    for (size_t i = 0; i < s->n; i++) {
        s->work[i] = power(s, i);
    }
    return s->work;
}

/* x and dx: angles, then speeds. */
static void slopes(struct mr_swing *s, const double *x, double *dx)
{
    internal_voltages(s, x);
    for (size_t i = 0; i < s->n; i++) {
        dx[i] = 2 * MR_PI * s->hz * x[s->n + i];
        dx[s->n + i] = (s->machine[i].pm - power(s, i)) / (2 * s->machine[i].h_s);
    }
}

static void step(struct mr_swing *s, double h)
{
    static const double ahead[4] = {0, 0.5, 0.5, 1};
    static const double weight[4] = {1, 2, 2, 1};
    size_t n = 2 * s->n;
    double *x = s->angle; /* the speeds follow the angles */
    double *at = s->work;
    double *slope = at + n;
    double *sum = slope + n;
    memset(slope, 0, 2 * n * sizeof *slope); /* and sum */
    for (int stage = 0; stage < 4; stage++) {
        for (size_t i = 0; i < n; i++) {
            at[i] = x[i] + h * ahead[stage] * slope[i];
        }
        slopes(s, at, slope);
        for (size_t i = 0; i < n; i++) {
            sum[i] += weight[stage] * slope[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        x[i] += h / 6 * sum[i];
    }
}

void mr_swing_advance(struct mr_swing *s, double dt_s)
{
    uint64_t steps = (uint64_t)mr_ceil(dt_s / MR_SWING_STEP_S - 1e-9);
    for (uint64_t i = 0; i < steps; i++) {
        step(s, dt_s / (double)steps);
    }
}
