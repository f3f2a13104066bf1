/* tasks.c - a configuration's tasks: constants of their declarations, in order of priority. */
#include "plc/block.h"
#include "plc/compile.h"

#include <string.h>

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
    if (t->interval && task->info.interval != 0 &&
        (task->info.interval < MR_PLC_INTERVAL_MIN || task->info.interval > MR_PLC_INTERVAL_MAX)) {
        PC_ERROR(c, t->interval->pos, "a task's INTERVAL is from 100 us to 1 day");
    }
    if (t->watchdog && (task->info.watchdog < 0 || task->info.watchdog > MR_PLC_WATCHDOG_MAX)) {
        PC_ERROR(c, t->watchdog->pos, "a task's WATCHDOG is at most 1 s");
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

void mr_pc_tasks(struct pc *c, struct pc_layout *out)
{
    struct pc_pool *pool = c->out->pool;
    out->tasks = mr_pc_alloc(pool, (MR_PLC_TASKS_MAX + 1) * sizeof *out->tasks);
    for (uint32_t i = 0; i < c->pou_list.n; i++) {
        struct pc_pou *p = c->pou_list.items[i];
        if (p->kind == PC_TASK) {
            struct pc_task *task = &out->tasks[out->ntasks++];
            task->block = p->block;
            link_task(c, p->task, task);
        }
    }
    sort_tasks(out->tasks, out->ntasks);
    out->task_infos = mr_pc_alloc(pool, (out->ntasks + 1) * sizeof *out->task_infos);
    for (uint32_t i = 0; i < out->ntasks; i++) {
        out->task_infos[i] = out->tasks[i].info;
    }
}
