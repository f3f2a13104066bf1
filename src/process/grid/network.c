/* network.c - the admittance matrix of a grid, from the branch model of MATPOWER's manual (section 3.2): a pi circuit with an
 * ideal transformer, ratio tap and angle shift, at its from end. */
#include "process/grid/grid.h"

#include "base/maths.h"

/* Columns of row i into y->col, its own first, each once; `seen` has i + 1 for those in this row. */
static int fill_row(struct mr_ybus *y, const struct mr_grid *g, int i, const int *start, const int *list, int *seen)
{
    int at = y->row[i];
    y->col[at++] = i;
    seen[i] = i + 1;
    for (int k = start[i]; k < start[i + 1]; k++) {
        const struct mr_branch *b = &g->branch[list[k]];
        int other = (int)b->from == i ? (int)b->to : (int)b->from;
        if (seen[other] != i + 1) {
            seen[other] = i + 1;
            y->col[at++] = other;
        }
    }
    return at;
}

/* start[i]..start[i + 1] of `list`: the branches at bus i. */
static void list_branches(const struct mr_grid *g, int *start, int *list)
{
    for (size_t k = 0; k < g->nbranch; k++) {
        start[g->branch[k].from]++;
        start[g->branch[k].to]++;
    }
    for (size_t i = 1; i <= g->nbus; i++) {
        start[i] += start[i - 1];
    }
    for (size_t k = g->nbranch; k-- > 0;) { /* from the end of each bus's part down to its beginning */
        list[--start[g->branch[k].from]] = (int)k;
        list[--start[g->branch[k].to]] = (int)k;
    }
}

struct mr_ybus *mr_ybus_create(const struct mr_grid *g, struct mr_arena *arena)
{
    size_t n = g->nbus;
    size_t entries = n + 2 * g->nbranch;
    struct mr_ybus *y = mr_arena_scratch(arena, sizeof *y);
    int *start = mr_arena_scratch(arena, (n + 1) * sizeof *start);
    int *list = mr_arena_scratch(arena, (2 * g->nbranch + 1) * sizeof *list);
    int *seen = mr_arena_scratch(arena, (n + 1) * sizeof *seen);
    if (!y || !start || !list || !seen) {
        return NULL;
    }
    y->n = (int)n;
    y->row = mr_arena_scratch(arena, (n + 1) * sizeof *y->row);
    y->col = mr_arena_scratch(arena, entries * sizeof *y->col);
    y->y = mr_arena_scratch(arena, entries * sizeof *y->y);
    if (!y->row || !y->col || !y->y) {
        return NULL;
    }
    list_branches(g, start, list);
    for (int i = 0; i < y->n; i++) {
        y->row[i + 1] = fill_row(y, g, i, start, list, seen);
    }
    return y;
}

struct mr_complex *mr_ybus_at(const struct mr_ybus *y, int i, int j)
{
    int k = y->row[i];
    while (k < y->row[i + 1] && y->col[k] != j) {
        k++;
    }
    MR_ASSERT(k < y->row[i + 1]);
    return &y->y[k];
}

static void add(const struct mr_ybus *y, int i, int j, struct mr_complex value)
{
    struct mr_complex *to = mr_ybus_at(y, i, j);
    *to = mr_cadd(*to, value);
}

static void add_branch(const struct mr_ybus *y, const struct mr_branch *b)
{
    int from = (int)b->from;
    int to = (int)b->to;
    struct mr_complex series = mr_cinv(b->z);
    struct mr_complex own = {series.re, series.im + b->b / 2};
    struct mr_complex shifted = {mr_cos(b->shift) / b->tap, mr_sin(b->shift) / b->tap}; /* 1 / conj(ratio) */
    add(y, from, from, (struct mr_complex){own.re / (b->tap * b->tap), own.im / (b->tap * b->tap)});
    add(y, to, to, own);
    add(y, from, to, mr_cneg(mr_cmul(series, shifted)));
    add(y, to, from, mr_cneg(mr_cmul(series, mr_cconj(shifted))));
}

void mr_ybus_build(struct mr_ybus *y, const struct mr_grid *g)
{
    memset(y->y, 0, (size_t)y->row[y->n] * sizeof *y->y);
    for (size_t k = 0; k < g->nbranch; k++) {
        const struct mr_branch *b = &g->branch[k];
        if (b->on && g->bus[b->from].kind != MR_BUS_ISOLATED && g->bus[b->to].kind != MR_BUS_ISOLATED) {
            add_branch(y, b);
        }
    }
    for (int i = 0; i < y->n; i++) {
        add(y, i, i, g->bus[i].shunt);
    }
}
