/* machines.c - the machines of a grid from a table, at rest in a power flow. */
#include "process/grid/swing.h"

#include "base/maths.h"

#include <stdlib.h>

enum column { BUS, INERTIA, REACTANCE, RESISTANCE, COLUMNS };
static const char *const column_name[COLUMNS] = {"bus", "H_s_on_100MVA", "xd_t_pu", "Ra_pu"};
#define TABLE_MVA 100.0

struct reader {
    const char *file;
    struct mr_slice left;
    const uint8_t *line_at;
    uint32_t line, col; /* where a mistake is told */
    struct mr_diags *diags;
    int at[COLUMNS]; /* which field of a row, or -1 */
    bool bad;
};

#define FAIL(r, ...) ((r)->bad = true, mr_diag_add((r)->diags, MR_ERROR, (r)->file, (r)->line, (r)->col, __VA_ARGS__))

/* Takes what stands before the first `end`, or all, off `from`. */
static struct mr_slice take(struct mr_slice *from, char end)
{
    const uint8_t *found = from->n > 0 ? memchr(from->p, end, from->n) : NULL;
    struct mr_slice taken = {from->p, found ? (size_t)(found - from->p) : from->n};
    size_t off = taken.n + (found ? 1 : 0);
    from->p = from->n > 0 ? from->p + off : from->p;
    from->n -= off;
    return taken;
}

/* Without blanks and quotes around it. */
static struct mr_slice trim(struct mr_slice s)
{
    static const char around[] = " \t\r\"";
    while (s.n > 0 && memchr(around, s.p[0], sizeof around - 1)) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && memchr(around, s.p[s.n - 1], sizeof around - 1)) {
        s.n--;
    }
    return s;
}

static struct mr_slice next_field(struct reader *r, struct mr_slice *line)
{
    struct mr_slice field = trim(take(line, ','));
    r->col = field.n > 0 ? (uint32_t)(field.p - r->line_at) + 1 : 1;
    return field;
}

static bool next_line(struct reader *r, struct mr_slice *line)
{
    while (r->left.n > 0) {
        r->line_at = r->left.p;
        *line = take(&r->left, '\n');
        r->line++;
        r->col = 1;
        if (trim(*line).n > 0) {
            return true;
        }
    }
    return false;
}

static void read_header(struct reader *r)
{
    struct mr_slice line = {0};
    if (r->left.n >= 3 && memcmp(r->left.p, "\xEF\xBB\xBF", 3) == 0) { /* the byte order mark of spreadsheets */
        r->left.p += 3;
        r->left.n -= 3;
    }
    (void)next_line(r, &line);
    for (int c = 0; c < COLUMNS; c++) {
        struct mr_slice fields = line;
        r->at[c] = -1;
        for (int i = 0; fields.n > 0 && r->at[c] < 0; i++) {
            r->at[c] = mr_slice_eq(next_field(r, &fields), mr_slice_str(column_name[c])) ? i : -1;
        }
        r->col = 1;
        if (r->at[c] < 0 && c != RESISTANCE) {
            FAIL(r, "the header names no column %s", column_name[c]);
        }
    }
}

static double field_number(struct reader *r, struct mr_slice field, enum column c)
{
    char text[40] = "";
    double x = 0;
    char *end = text;
    if (field.n > 0 && field.n < sizeof text) {
        memcpy(text, field.p, field.n);
        text[field.n] = '\0';
        x = strspn(text, "0123456789.eE+-") == field.n ? strtod(text, &end) : 0;
    }
    if (end == text || *end != '\0' || !(x >= 0 && x < 1e9)) {
        FAIL(r, "%s: expected a number from 0 on", column_name[c]);
        return 0;
    }
    return x;
}

static void read_row(struct reader *r, struct mr_slice line, const struct mr_grid *g, struct mr_machine *m)
{
    double value[COLUMNS] = {0};
    bool given[COLUMNS] = {false};
    for (int i = 0; line.n > 0 && !r->bad; i++) {
        struct mr_slice field = next_field(r, &line);
        for (int c = 0; c < COLUMNS && !r->bad; c++) {
            if (r->at[c] == i) {
                value[c] = field_number(r, field, (enum column)c);
                given[c] = true;
            }
        }
    }
    r->col = r->bad ? r->col : 1;
    int bus = value[BUS] < 4e9 ? mr_grid_bus(g, (uint32_t)value[BUS]) : -1;
    if (!r->bad && (!given[BUS] || bus < 0 || value[BUS] != mr_trunc(value[BUS]))) {
        FAIL(r, "the grid has no bus %g", value[BUS]);
    } else if (!r->bad && (value[INERTIA] <= 0 || value[REACTANCE] <= 0)) {
        FAIL(r, "%s and %s must be more than 0", column_name[INERTIA], column_name[REACTANCE]);
    }
    double scale = g->base_mva / TABLE_MVA;
    *m = (struct mr_machine){.bus = bus < 0 ? 0 : (uint32_t)bus, .h_s = value[INERTIA] / scale};
    m->z = (struct mr_complex){value[RESISTANCE] * scale, value[REACTANCE] * scale};
}

/* Every bus that generates has one machine, no other has one. */
static void check_machines(struct reader *r, const struct mr_swing *s, const struct mr_grid *g)
{
    for (size_t i = 0; i < s->n && !r->bad; i++) {
        for (size_t j = 0; j < i && !r->bad; j++) {
            if (s->machine[i].bus == s->machine[j].bus) {
                FAIL(r, "there are two machines at bus %u; join them into one", g->bus[s->machine[i].bus].number);
            }
        }
        bool generates = false;
        for (size_t k = 0; k < g->ngen; k++) {
            generates |= g->gen[k].on && g->gen[k].bus == s->machine[i].bus;
        }
        if (!r->bad && (!generates || g->bus[s->machine[i].bus].kind == MR_BUS_ISOLATED)) {
            FAIL(r, "bus %u has a machine, but in the grid no generator that is on", g->bus[s->machine[i].bus].number);
        }
    }
    for (size_t k = 0; k < g->ngen && !r->bad; k++) {
        bool found = !g->gen[k].on || g->bus[g->gen[k].bus].kind == MR_BUS_ISOLATED;
        for (size_t i = 0; i < s->n; i++) {
            found |= s->machine[i].bus == g->gen[k].bus;
        }
        if (!found) {
            FAIL(r, "no machine for bus %u, which has a generator that is on", g->bus[g->gen[k].bus].number);
        }
    }
}

static enum mr_err allocate(struct mr_swing *s, const struct mr_grid *g, struct mr_arena *arena)
{
    s->full = mr_ybus_create(g, arena);
    s->fault = mr_arena_scratch(arena, g->nbus * sizeof *s->fault);
    s->load = mr_arena_scratch(arena, g->nbus * sizeof *s->load);
    s->column = mr_arena_scratch(arena, g->nbus * sizeof *s->column);
    s->y = mr_arena_scratch(arena, s->n * s->n * sizeof *s->y);
    s->e = mr_arena_scratch(arena, s->n * sizeof *s->e);
    s->angle = mr_arena_scratch(arena, 2 * s->n * sizeof *s->angle);
    s->work = mr_arena_scratch(arena, 6 * s->n * sizeof *s->work);
    s->dw = s->angle ? s->angle + s->n : NULL;
    return s->full && s->fault && s->load && s->column && s->y && s->e && s->angle && s->work ? MR_OK : MR_E_NOMEM;
}

static void start(struct mr_swing *s, const struct mr_grid *g, const struct mr_flow *f)
{
    for (size_t i = 0; i < g->nbus; i++) {
        double square = f->vm[i] * f->vm[i];
        struct mr_complex p = g->bus[i].load;
        s->load[i] = square > 0 ? (struct mr_complex){p.re / square, -p.im / square} : (struct mr_complex){0, 0};
    }
    for (size_t i = 0; i < s->n; i++) {
        struct mr_machine *m = &s->machine[i];
        struct mr_complex v = {f->vm[m->bus] * mr_cos(f->va[m->bus]), f->vm[m->bus] * mr_sin(f->va[m->bus])};
        struct mr_complex power = mr_cadd(f->power[m->bus], g->bus[m->bus].load);
        struct mr_complex current = mr_cconj(mr_cmul(power, mr_cinv(v)));
        struct mr_complex e = mr_cadd(v, mr_cmul(m->z, current));
        m->e = mr_sqrt(e.re * e.re + e.im * e.im);
        m->pm = mr_cmul(e, mr_cconj(current)).re;
        s->angle[i] = mr_atan2(e.im, e.re);
    }
}

enum mr_err mr_swing_init(struct mr_swing *s, const struct mr_grid *g, const struct mr_flow *f, struct mr_slice csv,
                          const char *name, double hz, struct mr_arena *arena, struct mr_diags *diags)
{
    struct reader r = {.file = name, .left = csv, .diags = diags};
    *s = (struct mr_swing){.hz = hz, .machine = mr_arena_scratch(arena, MR_GRID_MACHINES * sizeof *s->machine)};
    read_header(&r);
    struct mr_slice line;
    while (s->machine && !r.bad && next_line(&r, &line)) {
        if (s->n == MR_GRID_MACHINES) {
            FAIL(&r, "more than %d machines", MR_GRID_MACHINES);
        } else {
            read_row(&r, line, g, &s->machine[s->n++]);
        }
    }
    if (!r.bad && s->machine) {
        r.line = r.col = 0; /* of the table as a whole */
        check_machines(&r, s, g);
    }
    if (r.bad) {
        return MR_E_MALFORMED;
    }
    if (!s->machine || allocate(s, g, arena) != MR_OK) {
        FAIL(&r, "out of memory");
        return MR_E_NOMEM;
    }
    start(s, g, f);
    return mr_swing_reduce(s, g, diags);
}
