/* programs.c - what runs: the programs that a configuration has instances of, and the tasks that call them. */
#include "plc/compile.h"

/* ---- programs ---- */

static void declare_instance(struct pc *c, struct pc_progdecl *g)
{
    g->pou = mr_pc_map_get(&c->units, g->type);
    if (!g->pou || g->pou->kind != PC_PROGRAM) {
        PC_ERROR(c, g->type_pos, "there is no PROGRAM '%s'", g->type->name);
        g->pou = NULL;
        return;
    }
    struct pc_var *v = mr_pc_alloc(c->pool, sizeof *v);
    *v = (struct pc_var){.name = g->name, .spelled = g->spelled, .pos = g->pos, .cls = VC_GLOBAL, .type = g->pou->type};
    mr_pc_layout_type(c, v->type, v->pos);
    v->offset = mr_pc_reserve(c, v->type->size, 16);
    v->laid_out = true;
    if (v->offset > 0) {
        mr_pc_initial(c, NULL, v->type, NULL, c->init + v->offset);
    }
    g->instance = v;
    if (mr_pc_map_put(c->pool, &c->names, v->name, v) && g->resource) { /* of the same name in another resource */
        v->spelled = mr_pc_fmt(c->pool, "%s.%s", g->resource->name, g->spelled);
    }
}

/* Do sources call a program, or reach into it, by its own name? Vendors have one instance of each program, which that names. */
static bool is_named(const struct pc *c, const struct pc_pou *program)
{
    for (uint32_t f = 0; f < c->report.nsources; f++) {
        const struct pc_source *s = &c->report.sources[f];
        for (uint32_t i = 1; i + 1 < s->ntokens; i++) {
            const struct pc_token *t = &s->tokens[i];
            if (t->atom == program->name && t->kind == TK_IDENT &&
                (t[1].kind == TK_LPAREN || t[1].kind == TK_DOT || t[1].kind == TK_SEMI) && t[-1].kind != TK_DOT &&
                t[-1].kind != TK_COLON) {
                return true;
            }
        }
    }
    return false;
}

/* The instance that a program's own name means: the one that the configuration has, or one of its own, which only calls run. */
static void declare_named(struct pc *c)
{
    for (struct pc_pou *p = c->pous; p; p = p->next) {
        if (p->kind != PC_PROGRAM || mr_pc_map_get(&c->names, p->name) || !is_named(c, p)) {
            continue;
        }
        struct pc_progdecl *g = c->programs;
        while (g && g->pou != p) {
            g = g->next;
        }
        if (g && g->instance) {
            (void)mr_pc_map_put(c->pool, &c->names, p->name, g->instance);
            continue;
        }
        g = mr_pc_alloc(c->pool, sizeof *g);
        *g = (struct pc_progdecl){
            .name = p->name, .type = p->name, .spelled = p->spelled, .pos = p->pos, .type_pos = p->pos, .called = true};
        *c->programs_tail = g;
        c->programs_tail = &g->next;
        declare_instance(c, g);
    }
}

/* Without CONFIGURATION one program runs: the first that no other calls. */
static struct pc_pou *main_program(const struct pc *c)
{
    struct pc_pou *first = NULL;
    for (struct pc_pou *p = c->pous; p; p = p->next) {
        if (p->kind == PC_PROGRAM && !is_named(c, p)) {
            return p;
        }
        first = !first && p->kind == PC_PROGRAM ? p : first;
    }
    return first;
}

static void default_configuration(struct pc *c)
{
    struct pc_pou *p = c->configured ? NULL : main_program(c);
    if (p) {
        struct pc_progdecl *g = mr_pc_alloc(c->pool, sizeof *g);
        *g = (struct pc_progdecl){.name = p->name, .type = p->name, .spelled = p->spelled, .pos = p->pos, .type_pos = p->pos};
        *c->programs_tail = g;
        c->programs_tail = &g->next;
    } else if (!c->programs) {
        mr_diag_add(c->report.diags, c->check_only ? MR_WARNING : MR_ERROR, c->report.sources[0].file, 0, 0,
                    "there is no PROGRAM to run");
    }
}

void mr_pc_declare_programs(struct pc *c)
{
    default_configuration(c);
    for (struct pc_progdecl *g = c->programs; g; g = g->next) {
        declare_instance(c, g);
    }
    declare_named(c);
}

/* ---- tasks ---- */

/* A task is a unit without variables whose body calls its programs. */
static struct pc_pou *task_unit(struct pc *c, struct pc_taskdecl *t)
{
    struct pc_pou *p = mr_pc_alloc(c->pool, sizeof *p);
    *p = (struct pc_pou){.kind = PC_TASK, .name = t->name, .spelled = t->spelled, .pos = t->pos, .task = t};
    *PC_PUSH(c->pool, &c->pou_list) = p;
    return p;
}

static struct pc_pou *find_task(struct pc *c, const struct pc_progdecl *g, const struct pc_atom *name, struct pc_pos pos)
{
    struct pc_pou *task = NULL;
    for (uint32_t i = 0; i < c->pou_list.n; i++) {
        struct pc_pou *p = c->pou_list.items[i];
        if (p->kind == PC_TASK && (name ? p->name == name && p->task->resource == g->resource : p->name == NULL)) {
            task = p;
        }
    }
    if (!task && name) {
        PC_ERROR(c, pos, "there is no task '%s'", name->name);
    } else if (!task) {
        struct pc_taskdecl *t = mr_pc_alloc(c->pool, sizeof *t);
        *t = (struct pc_taskdecl){.spelled = "default", .pos = g->pos};
        task = task_unit(c, t);
    }
    return task;
}

static struct pc_expr *instance_of(struct pc *c, const struct pc_progdecl *g)
{
    struct pc_expr *e = mr_pc_alloc(c->pool, sizeof *e);
    *e = (struct pc_expr){.kind = EX_VAR, .pos = g->pos, .var = g->instance, .type = g->instance->type};
    return e;
}

static struct pc_stmt **end_of_body(struct pc_pou *task)
{
    struct pc_stmt **tail = &task->body;
    while (*tail) {
        tail = &(*tail)->next;
    }
    return tail;
}

static struct pc_stmt **add_call(struct pc *c, struct pc_stmt **tail, struct pc_expr *what, struct pc_arg *args)
{
    struct pc_expr *call = mr_pc_alloc(c->pool, sizeof *call);
    struct pc_stmt *s = mr_pc_alloc(c->pool, sizeof *s);
    *call = (struct pc_expr){.kind = EX_CALL, .pos = what->pos, .a = what, .args = args};
    *s = (struct pc_stmt){.kind = ST_CALL, .pos = what->pos, .a = call};
    *tail = s;
    return &s->next;
}

/* Function blocks that a program's instance gives to tasks (2.7.2, table 50): the task runs them, and alone. */
static void declare_blocks_tasks(struct pc *c, struct pc_progdecl *g)
{
    for (struct pc_arg **at = &g->args; *at;) {
        struct pc_arg *a = *at;
        if (!a->task) {
            at = &a->next;
            continue;
        }
        *at = a->next;
        struct pc_pou *task = find_task(c, g, a->task, a->pos);
        struct pc_var *v = mr_pc_map_get(&g->pou->names, a->e->name);
        if (!v || !v->type || v->type->kind != TY_FB || v->cls == VC_INOUT) {
            PC_ERROR(c, a->pos, "%s has no function block '%s' that a task could run", g->pou->spelled, a->e->spelled);
        } else if (task) {
            v->tasked = true;
            struct pc_expr *f = mr_pc_alloc(c->pool, sizeof *f);
            *f = (struct pc_expr){
                .kind = EX_FIELD, .pos = a->pos, .a = instance_of(c, g), .name = a->e->name, .spelled = a->e->spelled};
            (void)add_call(c, end_of_body(task), f, NULL);
        }
    }
}

void mr_pc_declare_tasks(struct pc *c)
{
    uint32_t n = 0;
    for (struct pc_taskdecl *t = c->tasks; t; t = t->next) {
        if (++n > MR_PLC_TASKS_MAX - 1) {
            PC_ERROR(c, t->pos, "a controller has at most %d tasks", MR_PLC_TASKS_MAX - 1);
            return;
        }
        (void)task_unit(c, t);
    }
    for (struct pc_progdecl *g = c->programs; g; g = g->next) {
        struct pc_pou *task = g->instance && !g->called ? find_task(c, g, g->task, g->task_pos) : NULL;
        if (!task) {
            continue;
        }
        declare_blocks_tasks(c, g);
        struct pc_stmt **tail = end_of_body(task);
        mr_pc_settings_copies(c, g, true, &tail);
        tail = add_call(c, tail, instance_of(c, g), g->args);
        mr_pc_settings_copies(c, g, false, &tail);
    }
}
