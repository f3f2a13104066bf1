/* link.c - the finished program: constants, tasks, retained ranges. */
#include "plc/gen.h"
#include "plc/symbols.h"

#include <string.h>

static void fix(int32_t *operand, uint32_t ro_at)
{
    if (*operand >= PC_CONST) {
        *operand = *operand - PC_CONST + (int32_t)ro_at;
    }
}

static void fix_constants(struct pc_gen *g, uint32_t ro_at)
{
    for (uint32_t i = 0; i < g->code.n; i++) {
        struct pc_insn *in = &g->code.items[i];
        int32_t *operand[3] = {&in->a, &in->b, &in->c};
        const char *form = mr_pc_ops[in->op].form;
        for (int k = 0; k < 3; k++) {
            if (strchr("dsmrRDSTf", form[k])) {
                fix(operand[k], ro_at);
            }
        }
        if (in->op == OP_STR) {
            fix(&in[1].a, ro_at);
            fix(&in[1].b, ro_at);
        }
    }
}

static struct pc_expr *task_value(struct pc *c, struct pc_expr *e, enum pc_tk kind)
{
    return e ? mr_pc_constant(c, NULL, e, c->elementary[kind]) : NULL;
}

static void link_single(struct pc *c, struct pc_taskdecl *t, struct pc_task *task)
{
    struct pc_check k = {.c = c};
    struct pc_type *type = mr_pc_check(&k, t->single);
    if (type->kind == TY_ERROR) {
        return;
    }
    if (type->kind != TY_BOOL || t->single->kind != EX_VAR || t->single->var->cls != VC_GLOBAL) {
        PC_ERROR(c, t->single->pos, "SINGLE takes a global BOOL");
        return;
    }
    task->single = t->single->var->offset;
    task->single_bit = t->single->var->located ? t->single->var->place.bit : 255;
}

static void link_task(struct pc *c, struct pc_taskdecl *t, struct pc_task *task)
{
    struct pc_expr *interval = task_value(c, t->interval, TY_TIME);
    struct pc_expr *priority = task_value(c, t->priority, TY_DINT);
    struct pc_expr *watchdog = task_value(c, t->watchdog, TY_TIME);
    task->info.name = mr_pc_text(c->out->pool, t->spelled, strlen(t->spelled));
    task->info.interval = interval ? interval->v.i : 0;
    task->info.priority = priority ? (int)priority->v.i : 0;
    task->info.watchdog = watchdog ? watchdog->v.i : 0;
    task->single_bit = 255;
    if (t->single) {
        link_single(c, t, task);
    }
    if (task->info.interval < 0 || (task->info.interval > 0 && task->info.interval < 100 * MR_US)) {
        PC_ERROR(c, t->interval->pos, "a task's INTERVAL is at least 100 us");
    }
    if (!t->interval && !t->single) {
        task->info.interval = c->default_interval;
    }
}

/* By priority (0 first), and as declared where that is the same. */
static void sort_tasks(struct pc_task *tasks, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct pc_task t = tasks[i];
        uint32_t k = i;
        for (; k > 0 && tasks[k - 1].info.priority > t.info.priority; k--) {
            tasks[k] = tasks[k - 1];
        }
        tasks[k] = t;
    }
}

static void link_tasks(struct pc_gen *g)
{
    struct pc *c = g->c;
    struct mr_plc_program *out = c->out;
    out->tasks = mr_pc_alloc(out->pool, (MR_PLC_TASKS_MAX + 1) * sizeof *out->tasks);
    for (uint32_t i = 0; i < c->pou_list.n; i++) {
        struct pc_pou *p = c->pou_list.items[i];
        if (p->kind == PC_TASK) {
            struct pc_task *task = &out->tasks[out->ntasks++];
            task->block = p->block;
            link_task(c, p->task, task);
        }
    }
    sort_tasks(out->tasks, out->ntasks);
    out->task_infos = mr_pc_alloc(out->pool, (out->ntasks + 1) * sizeof *out->task_infos);
    for (uint32_t i = 0; i < out->ntasks; i++) {
        out->task_infos[i] = out->tasks[i].info;
    }
}

void mr_pc_link(struct pc_gen *g)
{
    struct pc *c = g->c;
    struct mr_plc_program *out = c->out;
    link_tasks(g);
    out->ro_at = (c->memory + 15) & ~15u;
    out->memory_size = (out->ro_at + g->constants.n + 15) & ~15u;
    if (out->memory_size > MR_PLC_MEMORY_MAX || g->code.n > MR_PLC_CODE_MAX) {
        mr_diag_add(c->report.diags, MR_ERROR, c->report.sources[0].file, 0, 0, "the project is too large for a controller");
        return;
    }
    fix_constants(g, out->ro_at);
    out->init = mr_pc_alloc(out->pool, out->memory_size);
    memcpy(out->init, c->init, c->memory);
    if (g->constants.n > 0) {
        memcpy(out->init + out->ro_at, g->constants.items, g->constants.n);
    }
    memcpy(out->area_at, c->area_at, sizeof out->area_at);
    memcpy(out->area_size, c->area_size, sizeof out->area_size);
    out->ncode = g->code.n;
    out->code = mr_pc_alloc(out->pool, (g->code.n + 1) * sizeof *out->code);
    out->lines = mr_pc_alloc(out->pool, (g->code.n + 1) * sizeof *out->lines);
    memcpy(out->code, g->code.items, g->code.n * sizeof *out->code);
    memcpy(out->lines, g->lines.items, g->lines.n * sizeof *out->lines);
    mr_pc_symbols(c);
}
