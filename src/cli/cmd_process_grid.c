/* cmd_process_grid.c - millrace process run power-grid: the power flow of a MATPOWER case. */
#include "cli/args.h"
#include "cli/commands.h"

#include "base/maths.h"
#include "process/grid/grid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job {
    const char *case_path, *csv;
    bool flow_only;
    struct mr_arena *arena;
    struct mr_diags *diags;
    struct mr_grid grid;
    struct mr_flow flow;
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

static int write_csv(struct job *j)
{
    bool to_stdout = strcmp(j->csv, "-") == 0;
    FILE *to = to_stdout ? stdout : fopen(j->csv, "w");
    if (to) {
        print_flow(j, to);
    }
    bool bad = !to || ferror(to) || fflush(to) != 0;
    if (to && !to_stdout && fclose(to) != 0) {
        bad = true;
    }
    if (bad) {
        (void)fprintf(stderr, "millrace process: cannot write '%s': %s\n", j->csv, strerror(errno));
    }
    return bad ? 1 : 0;
}

static int work(struct job *j)
{
    j->arena = mr_arena_create(MR_GRID_ARENA);
    j->diags = mr_diags_create();
    int status = 1;
    if (!j->arena || !j->diags) {
        (void)fputs("millrace process: out of memory\n", stderr);
    } else if (solve(j) == MR_OK) {
        status = write_csv(j);
    }
    if (j->diags) {
        mr_diags_print(j->diags, stderr);
        mr_diags_destroy(j->diags);
    }
    mr_arena_destroy(j->arena);
    return status;
}

int mr_cmd_process_grid(int argc, char **argv)
{
    static struct job j;
    j = (struct job){0};
    const struct mr_arg args[] = {
        {"--case", MR_ARG_TEXT, &j.case_path, "FILE.m", "the grid: a MATPOWER case file"},
        {"--flow-only", MR_ARG_FLAG, &j.flow_only, NULL, "its power flow: a row for each bus"},
        {"--csv", MR_ARG_TEXT, &j.csv, "FILE", "where to; - is the standard output"},
    };
    const struct mr_usage usage = {"process run power-grid", "", "Solves the power flow of a grid.", args,
                                   sizeof args / sizeof args[0]};
    const char *operand;
    size_t n = 0;
    int status = mr_args_parse(&usage, argc, argv, &operand, 0, &n);
    if (status >= 0) {
        return status;
    }
    if (!j.case_path || !j.csv || !j.flow_only) {
        return mr_args_wrong(&usage, "--case FILE.m, --flow-only and --csv FILE are needed");
    }
    return work(&j);
}
