/* compile.c - from sources to a program that the verifier accepts. */
#include "plc/library.h"

#include <string.h>

#define OWN_TYPES 2 /* that the library may add */

static bool read_sources(struct pc *c, const struct mr_plc_source *sources, size_t n)
{
    c->report.sources = mr_pc_alloc(c->pool, (n + mr_pc_nblocks + OWN_TYPES) * sizeof *c->report.sources);
    for (size_t i = 0; i < n; i++) {
        c->report.sources[i] = (struct pc_source){.file = sources[i].file, .text = sources[i].text, .n = sources[i].n};
        if (sources[i].n > MR_PLC_SOURCE_MAX || n > 1000) {
            mr_diag_add(c->report.diags, MR_ERROR, sources[i].file, 0, 0, "more than %u bytes", MR_PLC_SOURCE_MAX);
            return false;
        }
    }
    c->report.nsources = (uint32_t)n;
    for (uint32_t i = 0; i < n; i++) {
        mr_pc_lex(c->pool, &c->atoms, &c->report, i);
    }
    for (uint32_t i = 0; i < n; i++) {
        mr_pc_parse(c, i);
    }
    return true;
}

struct mr_plc_program *mr_plc_compile_with(const struct mr_plc_source *sources, size_t n, const struct mr_plc_options *options,
                                           struct mr_diags *diags)
{
    struct pc c = {.pool = mr_pc_pool_create(),
                   .check_only = options && options->check_only,
                   .default_interval = options && options->interval > 0 ? options->interval : 100 * MR_MS};
    MR_ASSERT(c.pool != NULL && n > 0);
    struct pc_pool *pool = mr_pc_pool_create();
    c.out = mr_pc_alloc(pool, sizeof *c.out);
    c.out->pool = pool;
    c.report.diags = diags;
    c.pous_tail = &c.pous;
    c.tasks_tail = &c.tasks;
    c.programs_tail = &c.programs;
    size_t errors = c.errors_before = diags->errors;
    mr_pc_atoms_init(&c.atoms, c.pool);
    mr_pc_types_init(&c);
    if (read_sources(&c, sources, n)) {
        bool parsed = diags->errors == errors;
        if (parsed || c.pous) {
            mr_pc_declare(&c);
            mr_pc_generate(&c);
        }
    }
    struct mr_plc_program *out = c.out;
    mr_pc_pool_destroy(c.pool);
    if (diags->errors > errors) {
        mr_plc_program_destroy(out);
        return NULL;
    }
    return out;
}

struct mr_plc_program *mr_plc_compile(const struct mr_plc_source *sources, size_t n, struct mr_diags *diags)
{
    return mr_plc_compile_with(sources, n, NULL, diags);
}

void mr_plc_program_destroy(struct mr_plc_program *p)
{
    if (p) {
        mr_pc_pool_destroy(p->pool);
    }
}

size_t mr_plc_tasks(const struct mr_plc_program *p, const struct mr_plc_task_info **out)
{
    *out = p->task_infos;
    return p->ntasks;
}
