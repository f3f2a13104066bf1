/* flow.c - AC power flow by Newton's method in polar coordinates (Tinney and Hart, IEEE Trans. PAS-86, 1967); each linear system
 * is solved by SuiteSparse KLU (Davis and Palamadai Natarajan, ACM TOMS 37(3), 2010).
 *
 * Unknowns are the angle of every bus but the reference and the voltage of every PQ bus. Limits of reactive power are not
 * enforced. A PV or reference bus without a generator that is on is a PQ bus, or an error. */
#include "process/grid/grid.h"

#include "base/maths.h"

#include <klu.h>

#define TOLERANCE 1e-10 /* of the power mismatch; the last step of Newton's method leaves far less */

struct newton {
    const struct mr_grid *g;
    struct mr_flow *f;
    struct mr_ybus *y;
    struct mr_complex *wanted; /* power to be injected */
    enum mr_bus_kind *kind;
    int *angle, *voltage; /* per bus: index of its unknown, or -1 */
    int unknowns;
    int *row, *col; /* the Jacobian by rows */
    double *a, *b;  /* its values; mismatch, then correction */
    klu_common klu;
    klu_symbolic *symbolic;
};

static bool allocate(struct newton *w, struct mr_arena *arena)
{
    size_t n = w->g->nbus;
    w->y = mr_ybus_create(w->g, arena);
    w->wanted = mr_arena_scratch(arena, n * sizeof *w->wanted);
    w->kind = mr_arena_scratch(arena, n * sizeof *w->kind);
    w->angle = mr_arena_scratch(arena, n * sizeof *w->angle);
    w->voltage = mr_arena_scratch(arena, n * sizeof *w->voltage);
    w->row = mr_arena_scratch(arena, (2 * n + 1) * sizeof *w->row);
    w->b = mr_arena_scratch(arena, 2 * n * sizeof *w->b);
    if (!w->y || !w->wanted || !w->kind || !w->angle || !w->voltage || !w->row || !w->b) {
        return false;
    }
    size_t entries = 4 * (size_t)w->y->row[w->y->n];
    w->col = mr_arena_scratch(arena, entries * sizeof *w->col);
    w->a = mr_arena_scratch(arena, entries * sizeof *w->a);
    w->f->vm = mr_arena_scratch(arena, n * sizeof *w->f->vm);
    w->f->va = mr_arena_scratch(arena, n * sizeof *w->f->va);
    w->f->power = mr_arena_scratch(arena, n * sizeof *w->f->power);
    return w->col && w->a && w->f->vm && w->f->va && w->f->power;
}

/* What each bus is, holds and is to inject. */
static enum mr_err prepare(struct newton *w, struct mr_diags *diags)
{
    const struct mr_grid *g = w->g;
    for (size_t i = 0; i < g->nbus; i++) {
        const struct mr_bus *b = &g->bus[i];
        w->kind[i] = b->kind == MR_BUS_ISOLATED ? MR_BUS_ISOLATED : MR_BUS_PQ;
        w->wanted[i] = mr_cneg(b->load);
        w->f->vm[i] = b->vm;
        w->f->va[i] = b->va;
    }
    for (size_t k = 0; k < g->ngen; k++) {
        const struct mr_gen *n = &g->gen[k];
        enum mr_bus_kind kind = g->bus[n->bus].kind;
        if (!n->on || kind == MR_BUS_ISOLATED) {
            continue;
        }
        w->wanted[n->bus] = mr_cadd(w->wanted[n->bus], n->power);
        w->kind[n->bus] = kind;
        if (kind != MR_BUS_PQ) {
            w->f->vm[n->bus] = n->vm;
        }
    }
    for (size_t i = 0; i < g->nbus; i++) {
        if (g->bus[i].kind == MR_BUS_REF && w->kind[i] != MR_BUS_REF) {
            mr_diag_add(diags, MR_ERROR, "grid", 0, 0, "the reference bus %u has no generator that is on", g->bus[i].number);
            return MR_E_INVALID;
        }
        if (w->kind[i] == MR_BUS_ISOLATED) {
            w->f->vm[i] = w->f->va[i] = 0;
        }
    }
    return MR_OK;
}

/* Every bus that is not isolated must be joined with a reference. */
static enum mr_err check_joined(struct newton *w, struct mr_diags *diags)
{
    const struct mr_grid *g = w->g;
    int *queue = w->angle; /* not in use yet */
    int *joined = w->voltage;
    int head = 0;
    int tail = 0;
    for (int i = 0; i < w->y->n; i++) {
        joined[i] = w->kind[i] == MR_BUS_REF || w->kind[i] == MR_BUS_ISOLATED;
        if (w->kind[i] == MR_BUS_REF) {
            queue[tail++] = i;
        }
    }
    while (head < tail) {
        int i = queue[head++];
        for (int k = w->y->row[i]; k < w->y->row[i + 1]; k++) {
            int j = w->y->col[k];
            if (!joined[j] && (w->y->y[k].re != 0 || w->y->y[k].im != 0)) {
                joined[j] = 1;
                queue[tail++] = j;
            }
        }
    }
    for (size_t i = 0; i < g->nbus; i++) {
        if (!joined[i]) {
            mr_diag_add(diags, MR_ERROR, "grid", 0, 0, "bus %u is joined with no reference bus by branches that are on",
                        g->bus[i].number);
            return MR_E_INVALID;
        }
    }
    return MR_OK;
}

static void number_unknowns(struct newton *w)
{
    w->unknowns = 0;
    for (int i = 0; i < w->y->n; i++) {
        bool turns = w->kind[i] == MR_BUS_PQ || w->kind[i] == MR_BUS_PV;
        w->angle[i] = turns ? w->unknowns++ : -1;
        w->voltage[i] = w->kind[i] == MR_BUS_PQ ? w->unknowns++ : -1;
    }
}

/* P and Q of bus i at the present voltages. */
static struct mr_complex injected(const struct newton *w, int i)
{
    struct mr_complex s = {0, 0};
    for (int k = w->y->row[i]; k < w->y->row[i + 1]; k++) {
        int j = w->y->col[k];
        double v = w->f->vm[i] * w->f->vm[j];
        double c = v * mr_cos(w->f->va[i] - w->f->va[j]);
        double d = v * mr_sin(w->f->va[i] - w->f->va[j]);
        s.re += w->y->y[k].re * c + w->y->y[k].im * d;
        s.im += w->y->y[k].re * d - w->y->y[k].im * c;
    }
    return s;
}

/* Injections and the mismatch; gives the largest. */
static double evaluate(struct newton *w)
{
    double largest = 0;
    for (int i = 0; i < w->y->n; i++) {
        struct mr_complex s = w->f->power[i] = injected(w, i);
        if (w->angle[i] >= 0) {
            w->b[w->angle[i]] = w->wanted[i].re - s.re;
            largest = mr_max(largest, mr_fabs(w->wanted[i].re - s.re));
        }
        if (w->voltage[i] >= 0) {
            w->b[w->voltage[i]] = w->wanted[i].im - s.im;
            largest = mr_max(largest, mr_fabs(w->wanted[i].im - s.im));
        }
        if (s.re != s.re || s.im != s.im) {
            return s.re + s.im; /* NaN would not be the largest */
        }
    }
    return largest;
}

/* Derivatives of P (or, with `reactive`, of Q) of bus i by angle and voltage of bus j, entry k of the matrix. */
static void derive(const struct newton *w, int i, int k, bool reactive, double *by_angle, double *by_voltage)
{
    int j = w->y->col[k];
    struct mr_complex y = w->y->y[k];
    struct mr_complex s = w->f->power[i];
    double vi = w->f->vm[i];
    double vj = w->f->vm[j];
    if (i == j) {
        *by_angle = reactive ? s.re - y.re * vi * vi : -s.im - y.im * vi * vi;
        *by_voltage = reactive ? s.im / vi - y.im * vi : s.re / vi + y.re * vi;
        return;
    }
    double c = mr_cos(w->f->va[i] - w->f->va[j]);
    double d = mr_sin(w->f->va[i] - w->f->va[j]);
    double along = y.re * c + y.im * d;
    double across = y.re * d - y.im * c;
    *by_angle = vi * vj * (reactive ? -along : across);
    *by_voltage = vi * (reactive ? across : along);
}

static int fill_row(struct newton *w, int i, bool reactive, int at)
{
    for (int k = w->y->row[i]; k < w->y->row[i + 1]; k++) {
        int j = w->y->col[k];
        double by_angle;
        double by_voltage;
        derive(w, i, k, reactive, &by_angle, &by_voltage);
        if (w->angle[j] >= 0) {
            w->col[at] = w->angle[j];
            w->a[at++] = by_angle;
        }
        if (w->voltage[j] >= 0) {
            w->col[at] = w->voltage[j];
            w->a[at++] = by_voltage;
        }
    }
    return at;
}

static void fill_jacobian(struct newton *w)
{
    for (int i = 0; i < w->y->n; i++) {
        if (w->angle[i] >= 0) {
            w->row[w->angle[i] + 1] = fill_row(w, i, false, w->row[w->angle[i]]);
        }
        if (w->voltage[i] >= 0) {
            w->row[w->voltage[i] + 1] = fill_row(w, i, true, w->row[w->voltage[i]]);
        }
    }
}

/* KLU takes matrices by columns; ours, by rows, is to it the transpose, and so is the system it solves. */
static bool solve(struct newton *w)
{
    if (!w->symbolic) {
        w->symbolic = klu_analyze(w->unknowns, w->row, w->col, &w->klu);
    }
    klu_numeric *numeric = w->symbolic ? klu_factor(w->row, w->col, w->a, w->symbolic, &w->klu) : NULL;
    bool good = numeric && klu_tsolve(w->symbolic, numeric, w->unknowns, 1, w->b, &w->klu);
    klu_free_numeric(&numeric, &w->klu);
    return good;
}

static bool iterate(struct newton *w)
{
    struct mr_flow *f = w->f;
    f->mismatch = evaluate(w);
    for (f->iterations = 0; f->mismatch >= TOLERANCE && f->iterations < MR_GRID_ITERATIONS; f->iterations++) {
        fill_jacobian(w);
        if (!solve(w)) {
            return false;
        }
        for (int i = 0; i < w->y->n; i++) {
            f->va[i] += w->angle[i] >= 0 ? w->b[w->angle[i]] : 0;
            f->vm[i] += w->voltage[i] >= 0 ? w->b[w->voltage[i]] : 0;
        }
        f->mismatch = evaluate(w);
    }
    return f->mismatch < TOLERANCE;
}

enum mr_err mr_grid_flow(struct mr_flow *f, const struct mr_grid *g, struct mr_arena *arena, struct mr_diags *diags)
{
    struct newton w = {.g = g, .f = f};
    *f = (struct mr_flow){0};
    if (!allocate(&w, arena)) {
        mr_diag_add(diags, MR_ERROR, "grid", 0, 0, "out of memory");
        return MR_E_NOMEM;
    }
    mr_ybus_build(w.y, g);
    enum mr_err err = prepare(&w, diags);
    err = err ? err : check_joined(&w, diags);
    if (err) {
        return err;
    }
    number_unknowns(&w);
    (void)klu_defaults(&w.klu);
    bool good = iterate(&w);
    klu_free_symbolic(&w.symbolic, &w.klu);
    if (!good) {
        mr_diag_add(diags, MR_ERROR, "grid", 0, 0, "no power flow found: after %d iterations a mismatch of %.3g pu is left",
                    f->iterations, f->mismatch);
        return MR_E_RANGE;
    }
    return MR_OK;
}
