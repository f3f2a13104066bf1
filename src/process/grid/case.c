/* case.c - a grid from the text of a MATPOWER case file (case format versions 1 and 2; MATPOWER User's Manual, appendix B).
 *
 * Of the language only assignments of literals are understood: NAME = number, 'text', [matrix] or {cells}. baseMVA, bus, gen and
 * branch are read, other names passed over. A file that computes is refused, for its numbers would not be those it ends with. */
#include "process/grid/grid.h"

#include "base/maths.h"

#include <stdlib.h>

struct place { /* in the file, from 1; 0 for the file as such */
    uint32_t line, col;
};

struct matrix {
    const double *cell;
    const struct place *place; /* of each cell */
    size_t rows, cols;
};

struct parser {
    const char *p;
    size_t n, at;
    size_t line_at; /* where this line begins */
    uint32_t line;
    const char *file;
    struct mr_diags *diags;
    double *cells; /* all numbers of all matrices */
    struct place *places;
    size_t ncells;
    struct matrix bus, gen, branch;
    double base_mva;
    bool bad;
};

#define FAIL(ps, place, ...)                                                                                                     \
    ((ps)->bad = true, mr_diag_add((ps)->diags, MR_ERROR, (ps)->file, (place).line, (place).col, __VA_ARGS__))
static const struct place whole_file = {0, 0};

static struct place here(const struct parser *ps)
{
    return (struct place){ps->line, (uint32_t)(ps->at - ps->line_at) + 1};
}

static int peek(const struct parser *ps)
{
    return ps->at < ps->n ? (unsigned char)ps->p[ps->at] : -1;
}

static void step(struct parser *ps)
{
    if (ps->p[ps->at++] == '\n') {
        ps->line++;
        ps->line_at = ps->at;
    }
}

static bool is_space(int c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_word(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static void skip_line(struct parser *ps)
{
    while (peek(ps) >= 0 && peek(ps) != '\n') {
        step(ps);
    }
}

/* Whether this line has `mark` on it and nothing else. */
static bool alone(const struct parser *ps, const char *mark)
{
    size_t at = ps->line_at;
    size_t left = strlen(mark);
    for (; at < ps->n && ps->p[at] != '\n'; at++) {
        if (left > 0 && ps->p[at] == *mark) {
            mark++;
            left--;
        } else if (!is_space(ps->p[at])) {
            return false;
        }
    }
    return left == 0;
}

/* A comment: to the end of the line, or between lines that are %{ and %}, which may lie within each other. */
static void skip_comment(struct parser *ps)
{
    struct place opened = here(ps);
    size_t depth = alone(ps, "%{");
    skip_line(ps);
    while (depth > 0 && peek(ps) >= 0) {
        step(ps); /* over the line's end */
        depth += alone(ps, "%{");
        depth -= alone(ps, "%}");
        skip_line(ps);
    }
    if (depth > 0) {
        FAIL(ps, opened, "the comment that begins here never ends");
    }
}

/* Blanks, comments and continued lines; with `newlines` line ends too. */
static void skip_blank(struct parser *ps, bool newlines)
{
    for (int c = peek(ps); c >= 0; c = peek(ps)) {
        if (c == '%' || c == '#') {
            skip_comment(ps);
        } else if (ps->n - ps->at >= 3 && memcmp(ps->p + ps->at, "...", 3) == 0) {
            skip_line(ps);
            if (peek(ps) == '\n') {
                step(ps);
            }
        } else if (is_space(c) || (newlines && c == '\n')) {
            step(ps);
        } else {
            return;
        }
    }
}

/* A decimal number, or Inf or NaN with a sign or none. */
static double number(struct parser *ps)
{
    char text[40];
    size_t n = 0;
    struct place at = here(ps);
    while (n + 1 < sizeof text && (is_word(peek(ps)) || peek(ps) == '-' || peek(ps) == '+')) {
        text[n++] = ps->p[ps->at];
        step(ps);
    }
    text[n] = '\0';
    const char *digits = text + (text[0] == '-' || text[0] == '+');
    bool named = strcmp(digits, "Inf") == 0 || strcmp(digits, "inf") == 0 || strcmp(digits, "NaN") == 0;
    char *end = text;
    double x = named || strspn(digits, "0123456789.eE+-") == strlen(digits) ? strtod(text, &end) : 0;
    if (end == text || *end != '\0' || is_word(peek(ps))) {
        FAIL(ps, at, "expected a number, found '%s'", n ? text : peek(ps) == '\n' ? "the line's end" : "something else");
    }
    return x;
}

static void end_row(struct parser *ps, struct matrix *m, size_t first)
{
    size_t cols = ps->ncells - first;
    if (cols == 0) {
        return;
    }
    if (m->rows > 0 && cols != m->cols) {
        FAIL(ps, ps->places[first], "this row has %zu columns, those before it %zu", cols, m->cols);
    }
    m->cols = cols;
    m->rows++;
}

/* After the '['. */
static void matrix(struct parser *ps, struct matrix *m)
{
    *m = (struct matrix){.cell = ps->cells + ps->ncells, .place = ps->places + ps->ncells};
    size_t first = ps->ncells;
    struct place opened = {ps->line, (uint32_t)(ps->at - ps->line_at)};
    while (!ps->bad) {
        skip_blank(ps, false);
        int c = peek(ps);
        if (c < 0) {
            FAIL(ps, opened, "this '[' is never closed");
        } else if (c == ';' || c == '\n' || c == ']') {
            end_row(ps, m, first);
            first = ps->ncells;
            step(ps);
            if (c == ']') {
                return;
            }
        } else if (c == ',') {
            step(ps);
        } else {
            ps->places[ps->ncells] = here(ps);
            ps->cells[ps->ncells++] = number(ps);
        }
    }
}

/* A text in quotes, which are doubled where it holds one. */
static void pass_over_text(struct parser *ps)
{
    struct place opened = here(ps);
    int quote = peek(ps);
    do {
        do {
            step(ps);
        } while (peek(ps) >= 0 && peek(ps) != quote && peek(ps) != '\n');
        if (peek(ps) != quote) {
            FAIL(ps, opened, "the text that begins here has no end on its line");
            return;
        }
        step(ps);
    } while (peek(ps) == quote);
}

/* A list of cells, whose content is of no use here. */
static void pass_over_cells(struct parser *ps)
{
    struct place opened = here(ps);
    size_t depth = 0;
    do {
        skip_blank(ps, true);
        int c = peek(ps);
        if (c < 0) {
            FAIL(ps, opened, "this '{' is never closed");
        } else if (c == '\'' || c == '"') {
            pass_over_text(ps);
        } else {
            depth += c == '{';
            depth -= c == '}';
            step(ps);
        }
    } while (depth > 0 && !ps->bad);
}

static struct matrix *matrix_named(struct parser *ps, const char *name)
{
    return strcmp(name, "bus") == 0      ? &ps->bus
           : strcmp(name, "gen") == 0    ? &ps->gen
           : strcmp(name, "branch") == 0 ? &ps->branch
                                         : NULL;
}

/* What stands right of "NAME =". */
static void value(struct parser *ps, const char *name)
{
    struct matrix other;
    struct matrix *m = matrix_named(ps, name);
    struct place at = here(ps);
    int c = peek(ps);
    if (m && m->rows > 0) {
        FAIL(ps, at, "%s is given twice", name);
    } else if (c == '[') {
        step(ps);
        matrix(ps, m ? m : &other);
    } else if (m) {
        FAIL(ps, at, "%s must be a matrix in [ ]", name);
    } else if (c == '{') {
        pass_over_cells(ps);
    } else if (c == '\'' || c == '"') {
        pass_over_text(ps);
    } else {
        double x = number(ps);
        if (strcmp(name, "baseMVA") == 0) {
            ps->base_mva = x;
        }
    }
    skip_blank(ps, false);
    c = peek(ps);
    if (!ps->bad && c != ';' && c != ',' && c != '\n' && c != -1) {
        FAIL(ps, here(ps), "only plain values are understood here, no calculation: '%c' after the value of %s", c, name);
    }
}

static void statement(struct parser *ps)
{
    char word[64];
    size_t n = 0;
    struct place at = here(ps);
    while (n + 1 < sizeof word && is_word(peek(ps))) {
        word[n++] = ps->p[ps->at];
        step(ps);
    }
    word[n] = '\0';
    if (strcmp(word, "function") == 0) {
        skip_line(ps);
        return;
    }
    if (strcmp(word, "end") == 0 || strcmp(word, "return") == 0) {
        return;
    }
    skip_blank(ps, false);
    if (n == 0 || peek(ps) != '=') {
        FAIL(ps, at, "expected NAME = VALUE, as a case file without calculations has it");
        return;
    }
    step(ps);
    skip_blank(ps, false);
    const char *dot = strrchr(word, '.');
    value(ps, dot ? dot + 1 : word);
}

static void statements(struct parser *ps)
{
    while (!ps->bad) {
        skip_blank(ps, true);
        int c = peek(ps);
        if (c < 0) {
            return;
        }
        if (c == ';' || c == ',') {
            step(ps);
        } else {
            statement(ps);
        }
    }
}

static struct place place_of(const struct matrix *m, size_t row, size_t col)
{
    return m->place[row * m->cols + col];
}

/* Cell of a row, which must be finite. */
static double real(struct parser *ps, const struct matrix *m, size_t row, size_t col, const char *what)
{
    double x = m->cell[row * m->cols + col];
    if (!(mr_fabs(x) < 1e12)) {
        FAIL(ps, place_of(m, row, col), "column %zu (%s) is not finite", col + 1, what);
        return 0;
    }
    return x;
}

static uint32_t bus_number(struct parser *ps, const struct matrix *m, size_t row, size_t col)
{
    double x = real(ps, m, row, col, "number of a bus");
    if (!ps->bad && (x < 1 || x > 4e9 || x != mr_trunc(x))) {
        FAIL(ps, place_of(m, row, col), "column %zu: %g is no number of a bus", col + 1, x);
    }
    return ps->bad ? 0 : (uint32_t)x;
}

static uint32_t bus_index(struct parser *ps, const struct mr_grid *g, const struct matrix *m, size_t row, size_t col)
{
    uint32_t number_of = bus_number(ps, m, row, col);
    int i = ps->bad ? 0 : mr_grid_bus(g, number_of);
    if (i < 0) {
        FAIL(ps, place_of(m, row, col), "column %zu: there is no bus %u", col + 1, number_of);
    }
    return i < 0 ? 0 : (uint32_t)i;
}

static void read_bus(struct parser *ps, struct mr_grid *g, size_t i)
{
    const struct matrix *m = &ps->bus;
    uint32_t no = bus_number(ps, m, i, 0);
    double kind = real(ps, m, i, 1, "type");
    if (!ps->bad && kind != 1 && kind != 2 && kind != 3 && kind != 4) {
        FAIL(ps, place_of(m, i, 1), "column 2: %g is no type of a bus: 1 PQ, 2 PV, 3 reference, 4 isolated", kind);
    }
    double base = ps->base_mva;
    struct mr_bus b = {.number = no, .kind = ps->bad ? MR_BUS_PQ : (enum mr_bus_kind)kind};
    b.load = (struct mr_complex){real(ps, m, i, 2, "Pd") / base, real(ps, m, i, 3, "Qd") / base};
    b.shunt = (struct mr_complex){real(ps, m, i, 4, "Gs") / base, real(ps, m, i, 5, "Bs") / base};
    b.vm = real(ps, m, i, 7, "Vm");
    b.va = real(ps, m, i, 8, "Va") * (MR_PI / 180);
    b.vm = b.vm > 0 ? b.vm : 1;
    g->bus[i] = b;
}

static void read_gen(struct parser *ps, struct mr_grid *g, size_t i)
{
    const struct matrix *m = &ps->gen;
    struct mr_gen n = {.bus = bus_index(ps, g, m, i, 0), .on = real(ps, m, i, 7, "status") > 0};
    n.power = (struct mr_complex){real(ps, m, i, 1, "Pg") / ps->base_mva, real(ps, m, i, 2, "Qg") / ps->base_mva};
    n.vm = real(ps, m, i, 5, "Vg");
    if (!ps->bad && n.on && n.vm <= 0) {
        FAIL(ps, place_of(m, i, 5), "column 6: the voltage Vg must be more than 0");
    }
    g->gen[i] = n;
}

static void read_branch(struct parser *ps, struct mr_grid *g, size_t i)
{
    const struct matrix *m = &ps->branch;
    struct mr_branch b = {.from = bus_index(ps, g, m, i, 0), .to = bus_index(ps, g, m, i, 1)};
    b.z = (struct mr_complex){real(ps, m, i, 2, "r"), real(ps, m, i, 3, "x")};
    b.b = real(ps, m, i, 4, "b");
    b.tap = real(ps, m, i, 8, "ratio");
    b.shift = real(ps, m, i, 9, "angle") * (MR_PI / 180);
    b.on = real(ps, m, i, 10, "status") > 0;
    b.tap = b.tap == 0 ? 1 : b.tap;
    if (!ps->bad && b.from == b.to) {
        FAIL(ps, place_of(m, i, 1), "a branch from a bus to itself");
    } else if (!ps->bad && b.z.re == 0 && b.z.im == 0) {
        FAIL(ps, place_of(m, i, 2), "a branch without impedance: r and x are both 0");
    } else if (!ps->bad && b.tap < 0) {
        FAIL(ps, place_of(m, i, 8), "column 9: a tap ratio below 0");
    }
    g->branch[i] = b;
}

static void check_matrix(struct parser *ps, const struct matrix *m, const char *name, size_t cols, size_t rows)
{
    if (m->rows == 0 && !ps->bad) {
        FAIL(ps, whole_file, "there is no matrix %s", name);
    } else if (m->cols < cols && !ps->bad) {
        FAIL(ps, m->place[0], "%s has %zu columns; at least %zu are needed", name, m->cols, cols);
    } else if (m->rows > rows && !ps->bad) {
        FAIL(ps, m->place[0], "%s has %zu rows; at most %zu are taken", name, m->rows, rows);
    }
}

struct numbered {
    uint32_t number, row;
};

static int by_number(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;
    return x->number != y->number ? (x->number > y->number) - (x->number < y->number) : (x->row > y->row) - (x->row < y->row);
}

static enum mr_err check_unique(struct parser *ps, const struct mr_grid *g, struct mr_arena *arena)
{
    struct numbered *sorted = mr_arena_scratch(arena, g->nbus * sizeof *sorted);
    if (!sorted) {
        return MR_E_NOMEM;
    }
    for (size_t i = 0; i < g->nbus; i++) {
        sorted[i] = (struct numbered){g->bus[i].number, (uint32_t)i};
    }
    qsort(sorted, g->nbus, sizeof *sorted, by_number);
    for (size_t i = 1; i < g->nbus && !ps->bad; i++) {
        if (sorted[i].number == sorted[i - 1].number) {
            FAIL(ps, place_of(&ps->bus, sorted[i].row, 0), "there are two buses %u", sorted[i].number);
        }
    }
    return MR_OK;
}

static enum mr_err read_matrices(struct parser *ps, struct mr_grid *g, struct mr_arena *arena)
{
    *g = (struct mr_grid){.base_mva = ps->base_mva, .nbus = ps->bus.rows, .ngen = ps->gen.rows, .nbranch = ps->branch.rows};
    g->bus = mr_arena_scratch(arena, g->nbus * sizeof *g->bus);
    g->gen = mr_arena_scratch(arena, g->ngen * sizeof *g->gen);
    g->branch = mr_arena_scratch(arena, g->nbranch * sizeof *g->branch);
    if (!g->bus || !g->gen || !g->branch) {
        return MR_E_NOMEM;
    }
    for (size_t i = 0; i < g->nbus && !ps->bad; i++) {
        read_bus(ps, g, i);
    }
    for (size_t i = 0; i < g->ngen && !ps->bad; i++) {
        read_gen(ps, g, i);
    }
    for (size_t i = 0; i < g->nbranch && !ps->bad; i++) {
        read_branch(ps, g, i);
    }
    enum mr_err err = ps->bad ? MR_OK : check_unique(ps, g, arena);
    return ps->bad ? MR_E_MALFORMED : err;
}

enum mr_err mr_grid_parse(struct mr_grid *g, struct mr_slice text, const char *name, struct mr_arena *arena,
                          struct mr_diags *diags)
{
    struct parser ps = {.p = (const char *)text.p, .n = text.n, .line = 1, .file = name, .diags = diags};
    if (text.n > MR_GRID_TEXT) {
        FAIL(&ps, whole_file, "larger than %d bytes", MR_GRID_TEXT);
        return MR_E_MALFORMED;
    }
    /* A number takes a character and one between: the text bounds how many there are. */
    ps.cells = mr_arena_scratch(arena, (text.n / 2 + 1) * sizeof *ps.cells);
    ps.places = mr_arena_scratch(arena, (text.n / 2 + 1) * sizeof *ps.places);
    if (!ps.cells || !ps.places) {
        FAIL(&ps, whole_file, "out of memory");
        return MR_E_NOMEM;
    }
    statements(&ps);
    if (!ps.bad && !(ps.base_mva > 0 && ps.base_mva < 1e12)) {
        FAIL(&ps, whole_file, "baseMVA is missing or not more than 0");
    }
    check_matrix(&ps, &ps.bus, "bus", 9, MR_GRID_BUSES);
    check_matrix(&ps, &ps.gen, "gen", 8, MR_GRID_GENS);
    check_matrix(&ps, &ps.branch, "branch", 11, MR_GRID_BRANCHES);
    return ps.bad ? MR_E_MALFORMED : read_matrices(&ps, g, arena);
}

int mr_grid_bus(const struct mr_grid *g, uint32_t number)
{
    /* Most files number from 1 in order. */
    if (number >= 1 && number <= g->nbus && g->bus[number - 1].number == number) {
        return (int)(number - 1);
    }
    for (size_t i = 0; i < g->nbus; i++) {
        if (g->bus[i].number == number) {
            return (int)i;
        }
    }
    return -1;
}

int mr_grid_branch(const struct mr_grid *g, uint32_t bus_a, uint32_t bus_b, bool on)
{
    for (size_t i = 0; i < g->nbranch; i++) {
        const struct mr_branch *b = &g->branch[i];
        if (b->on == on && ((b->from == bus_a && b->to == bus_b) || (b->from == bus_b && b->to == bus_a))) {
            return (int)i;
        }
    }
    return -1;
}
