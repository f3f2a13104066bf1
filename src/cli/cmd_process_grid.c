/* cmd_process_grid.c - millrace process run power-grid: the power flow of a MATPOWER case, or the swings of its machines after
 * faults and switching. */
#include "cli/args.h"
#include "cli/commands.h"

#include "base/maths.h"
#include "process/grid/swing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_EVENTS  256
#define MAX_ROWS    100000000LL /* what nobody means */
#define TABLE_BYTES ((size_t)1 << 20)

enum event_kind { FAULT, CLEAR, OPEN, CLOSE, EVENT_KINDS };
static const char *const event_name[EVENT_KINDS] = {"fault", "clear", "open", "close"};

struct event {
    mr_ns at;
    enum event_kind kind;
    uint32_t bus, other; /* numbers; other 0 where one bus is meant */
};

struct job {
    const char *case_path, *machines_path, *csv;
    bool flow_only;
    mr_ns length, step;
    double hz;
    struct event event[MAX_EVENTS];
    size_t nevents;
    struct mr_arena *arena;
    struct mr_diags *diags;
    struct mr_grid grid;
    struct mr_flow flow;
    struct mr_swing swing;
};

/* The whole of a file; free() it. NULL after the reason has been told. */
static char *read_whole(const char *path, size_t most, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *text = f ? malloc(most + 1) : NULL;
    *n = text ? fread(text, 1, most + 1, f) : 0;
    bool bad = !text || ferror(f);
    if (bad) {
        (void)fprintf(stderr, "millrace process: cannot read '%s': %s\n", path, strerror(errno));
        free(text);
        text = NULL;
    }
    if (f) {
        (void)fclose(f);
    }
    return text;
}

static enum mr_err solve(struct job *j)
{
    size_t n;
    char *text = read_whole(j->case_path, MR_GRID_TEXT, &n);
    if (!text) {
        return MR_E_IO;
    }
    enum mr_err err = mr_grid_parse(&j->grid, mr_slice(text, n), j->case_path, j->arena, j->diags);
    free(text);
    return err ? err : mr_grid_flow(&j->flow, &j->grid, j->arena, j->diags);
}

/* Every event must name what the grid has, before anything is written. */
static enum mr_err check_events(const struct job *j)
{
    for (size_t i = 0; i < j->nevents; i++) {
        const struct event *e = &j->event[i];
        int a = mr_grid_bus(&j->grid, e->bus);
        int b = e->other > 0 ? mr_grid_bus(&j->grid, e->other) : a;
        if (a < 0 || b < 0) {
            (void)fprintf(stderr, "millrace process: --at %s: the grid has no bus %u\n", event_name[e->kind],
                          a < 0 ? e->bus : e->other);
            return MR_E_NOT_FOUND;
        }
        if (e->other > 0 && mr_grid_branch(&j->grid, (uint32_t)a, (uint32_t)b, true) < 0 &&
            mr_grid_branch(&j->grid, (uint32_t)a, (uint32_t)b, false) < 0) {
            (void)fprintf(stderr, "millrace process: --at %s: the grid has no branch %u-%u\n", event_name[e->kind], e->bus,
                          e->other);
            return MR_E_NOT_FOUND;
        }
    }
    return MR_OK;
}

static enum mr_err prepare_swing(struct job *j)
{
    size_t n;
    char *text = read_whole(j->machines_path, TABLE_BYTES, &n);
    if (!text) {
        return MR_E_IO;
    }
    enum mr_err err =
        mr_swing_init(&j->swing, &j->grid, &j->flow, mr_slice(text, n), j->machines_path, j->hz, j->arena, j->diags);
    free(text);
    return err ? err : check_events(j);
}

static void apply(struct job *j, const struct event *e)
{
    int a = mr_grid_bus(&j->grid, e->bus);
    if (e->kind == FAULT) {
        j->swing.fault[a] = true;
        return;
    }
    if (e->kind == CLEAR && e->other == 0) {
        j->swing.fault[a] = false;
        return;
    }
    if (e->kind == CLEAR) { /* which fault was on the branch, the buses do not tell: all go */
        memset(j->swing.fault, 0, j->grid.nbus * sizeof *j->swing.fault);
    }
    bool on = e->kind == CLOSE;
    int branch = mr_grid_branch(&j->grid, (uint32_t)a, (uint32_t)mr_grid_bus(&j->grid, e->other), !on);
    if (branch >= 0) { /* else it is so already */
        j->grid.branch[branch].on = on;
    }
}

static double no_minus_zero(double x)
{
    return x == 0 ? 0 : x;
}

static void print_flow(const struct job *j, FILE *to)
{
    const struct mr_flow *f = &j->flow;
    double mva = j->grid.base_mva;
    (void)fputs("bus,Vm_pu,Va_deg,Pinj_MW,Qinj_MVAr\n", to);
    for (size_t i = 0; i < j->grid.nbus; i++) {
        (void)fprintf(to, "%u,%.12g,%.12g,%.12g,%.12g\n", j->grid.bus[i].number, f->vm[i], f->va[i] * (180 / MR_PI),
                      no_minus_zero(f->power[i].re * mva), no_minus_zero(f->power[i].im * mva));
    }
}

static void print_swing_header(const struct job *j, FILE *to)
{
    static const char *const quantity[][2] = {{"delta", "deg"}, {"dw", "pu"}, {"Pe", "pu"}};
    (void)fputs("time_s", to);
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 1; i <= j->swing.n; i++) {
            (void)fprintf(to, ",%s%zu_%s", quantity[c][0], i, quantity[c][1]);
        }
    }
    (void)fputc('\n', to);
}

static void print_swing_row(struct job *j, mr_ns now, FILE *to)
{
    struct mr_swing *s = &j->swing;
    const double *power = mr_swing_power(s);
    (void)fprintf(to, "%.9g", (double)now / 1e9);
    for (size_t i = 0; i < s->n; i++) {
        (void)fprintf(to, ",%.12g", s->angle[i] * (180 / MR_PI));
    }
    for (size_t i = 0; i < s->n; i++) {
        (void)fprintf(to, ",%.12g", s->dw[i]);
    }
    for (size_t i = 0; i < s->n; i++) {
        (void)fprintf(to, ",%.12g", power[i]);
    }
    (void)fputc('\n', to);
}

/* Events fall where they fall, between rows too; a row shows what is after the events of its instant. */
static enum mr_err print_swing(struct job *j, FILE *to)
{
    size_t next = 0;
    mr_ns now = 0;
    mr_ns row = 0;
    print_swing_header(j, to);
    while (!ferror(to)) {
        bool changed = false;
        for (; next < j->nevents && j->event[next].at <= now; next++) {
            apply(j, &j->event[next]);
            changed = true;
        }
        enum mr_err err = changed ? mr_swing_reduce(&j->swing, &j->grid, j->diags) : MR_OK;
        if (err) {
            return err;
        }
        if (now == row) {
            print_swing_row(j, now, to);
            row = j->length - now < j->step ? j->length : now + j->step;
        }
        if (now == j->length) {
            break;
        }
        mr_ns until = next < j->nevents && j->event[next].at < row ? j->event[next].at : row;
        mr_swing_advance(&j->swing, (double)(until - now) / 1e9);
        now = until;
    }
    return MR_OK;
}

static int write_csv(struct job *j)
{
    bool to_stdout = strcmp(j->csv, "-") == 0;
    FILE *to = to_stdout ? stdout : fopen(j->csv, "w");
    enum mr_err err = MR_OK;
    if (to && j->flow_only) {
        print_flow(j, to);
    } else if (to) {
        err = print_swing(j, to);
    }
    bool bad = !to || ferror(to) || fflush(to) != 0;
    if (to && !to_stdout && fclose(to) != 0) {
        bad = true;
    }
    if (bad) {
        (void)fprintf(stderr, "millrace process: cannot write '%s': %s\n", j->csv, strerror(errno));
    }
    return bad || err ? 1 : 0;
}

static int work(struct job *j)
{
    j->arena = mr_arena_create(MR_GRID_ARENA);
    j->diags = mr_diags_create();
    int status = 1;
    if (!j->arena || !j->diags) {
        (void)fputs("millrace process: out of memory\n", stderr);
    } else if (solve(j) == MR_OK && (j->flow_only || prepare_swing(j) == MR_OK)) {
        status = write_csv(j);
    }
    if (j->diags) {
        mr_diags_print(j->diags, stderr);
        mr_diags_destroy(j->diags);
    }
    mr_arena_destroy(j->arena);
    return status;
}

/* "16" or "16-17". */
static bool parse_buses(const char *text, struct event *e)
{
    char *end = NULL;
    unsigned long a = *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;
    unsigned long b = 0;
    if (end && *end == '-' && end[1] >= '1' && end[1] <= '9') {
        b = strtoul(end + 1, &end, 10);
    }
    e->bus = (uint32_t)a;
    e->other = (uint32_t)b;
    return end && *end == '\0' && a > 0 && a <= UINT32_MAX && b <= UINT32_MAX;
}

/* KIND=BUS or KIND=BUS-BUS at a time, sorted in. */
static bool add_event(struct job *j, const char *time, const char *what)
{
    struct event e = {.kind = EVENT_KINDS};
    const char *equals = strchr(what, '=');
    for (int k = 0; equals && k < EVENT_KINDS; k++) {
        if (strlen(event_name[k]) == (size_t)(equals - what) && memcmp(event_name[k], what, (size_t)(equals - what)) == 0) {
            e.kind = (enum event_kind)k;
        }
    }
    bool good = e.kind != EVENT_KINDS && parse_buses(equals + 1, &e) && (e.kind != FAULT || e.other == 0) &&
                ((e.kind != OPEN && e.kind != CLOSE) || e.other > 0);
    if (!good || mr_duration_parse(time, &e.at) != MR_OK || e.at < 0 || j->nevents == MAX_EVENTS) {
        return false;
    }
    size_t i = j->nevents++;
    for (; i > 0 && j->event[i - 1].at > e.at; i--) {
        j->event[i] = j->event[i - 1];
    }
    j->event[i] = e;
    return true;
}

/* Takes --at T EVENT out of argv; gives what is left of argc, or -1 after a mistake. */
static int take_events(struct job *j, const struct mr_usage *usage, int argc, char **argv)
{
    int left = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--at") != 0) {
            argv[left++] = argv[i];
        } else if (argc - i > 2 && add_event(j, argv[i + 1], argv[i + 2])) {
            i += 2;
        } else {
            (void)mr_args_wrong(usage,
                                "--at needs a time and one of fault=BUS, clear=BUS, clear=BUS-BUS, open=BUS-BUS, "
                                "close=BUS-BUS, %d at most",
                                MAX_EVENTS);
            return -1;
        }
    }
    return left;
}

static int check_job(const struct job *j, const struct mr_usage *usage)
{
    if (!j->case_path || !j->csv || j->flow_only == (j->machines_path != NULL)) {
        return mr_args_wrong(usage, "--case FILE.m, --csv FILE and one of --flow-only and --machines FILE.csv are needed");
    }
    if (j->flow_only && j->nevents > 0) {
        return mr_args_wrong(usage, "--at has no meaning with --flow-only");
    }
    if (j->step <= 0 || j->length < 0 || j->length / j->step > MAX_ROWS) {
        return mr_args_wrong(usage, "--step must be more than 0 and give at most %lld rows", MAX_ROWS);
    }
    if (!(j->hz > 0 && j->hz < 1000)) {
        return mr_args_wrong(usage, "--hz must be more than 0");
    }
    return -1;
}

int mr_cmd_process_grid(int argc, char **argv)
{
    static struct job j;
    j = (struct job){.length = 2 * MR_S, .step = 10 * MR_MS, .hz = 60};
    const struct mr_arg args[] = {
        {"--case", MR_ARG_TEXT, &j.case_path, "FILE.m", "the grid: a MATPOWER case file"},
        {"--flow-only", MR_ARG_FLAG, &j.flow_only, NULL, "its power flow: a row for each bus"},
        {"--machines", MR_ARG_TEXT, &j.machines_path, "FILE.csv", "its machines: their rotor angles over time"},
        {"--for", MR_ARG_DURATION, &j.length, "T", "how long (default 2s)"},
        {"--step", MR_ARG_DURATION, &j.step, "S", "a row every S (default 10ms)"},
        {"--hz", MR_ARG_REAL, &j.hz, "F", "frequency of the grid (default 60)"},
        {"--csv", MR_ARG_TEXT, &j.csv, "FILE", "where to; - is the standard output"},
    };
    const struct mr_usage usage = {"process run power-grid", "",
                                   "Solves the power flow of a grid, or swings its machines from there after events:\n"
                                   "  --at T fault=BUS         a three-phase short circuit to earth\n"
                                   "  --at T clear=BUS         it goes by itself\n"
                                   "  --at T clear=BUS-BUS     every fault goes, with the opening of a branch\n"
                                   "  --at T open=BUS-BUS      a branch opens; close=BUS-BUS  it closes",
                                   args, sizeof args / sizeof args[0]};
    argc = take_events(&j, &usage, argc, argv);
    if (argc < 0) {
        return 2;
    }
    const char *operand;
    size_t n = 0;
    int status = mr_args_parse(&usage, argc, argv, &operand, 0, &n);
    status = status >= 0 ? status : check_job(&j, &usage);
    return status >= 0 ? status : work(&j);
}
