/* gen_stmt.c - statements. Conditional jumps only go forward; loops go back by JBACK and FORxx, where the watchdog counts. */
#include "plc/gen.h"

static void gen_if(struct pc_gen *g, struct pc_stmt *s)
{
    struct pc_patch *end = NULL;
    for (struct pc_branch *b = s->branches; b; b = b->next) {
        struct pc_patch *next = NULL;
        if (b->cond) {
            g->line = b->cond->pos.line;
            mr_pc_branch(g, b->cond, false, &next);
            mr_pc_temps_free(g);
        }
        mr_pc_statements(g, b->body);
        if (b->next) {
            mr_pc_wait(g, &end, mr_pc_emit(g, OP_JMP, 0, 0, 0));
        }
        mr_pc_land(g, &next);
    }
    mr_pc_land(g, &end);
}

static void gen_label_test(struct pc_gen *g, const struct pc_label *l, int32_t v, const struct pc_type *t, struct pc_patch **hit)
{
    enum pc_machine m = mr_pc_machine(t);
    int32_t from = mr_pc_const_int(g, l->from->v.i, t->size);
    if (!l->to) {
        mr_pc_wait(g, hit, mr_pc_emit(g, mr_pc_width_op(OP_JEQ_1, t->size), v, from, 0));
        return;
    }
    struct pc_patch *below = NULL;
    mr_pc_wait(g, &below, mr_pc_emit(g, mr_pc_num_op(OP_JLT_S8, m), v, from, 0));
    mr_pc_wait(g, hit, mr_pc_emit(g, mr_pc_num_op(OP_JLE_S8, m), v, mr_pc_const_int(g, l->to->v.i, t->size), 0));
    mr_pc_land(g, &below);
}

/* All tests first, then the bodies. */
static void gen_case(struct pc_gen *g, struct pc_stmt *s)
{
    const struct pc_type *t = mr_pc_plain(s->a->type);
    int32_t v = mr_pc_value(g, s->a, PC_NO_HINT);
    uint32_t n = 0;
    for (struct pc_branch *b = s->branches; b; b = b->next) {
        n++;
    }
    struct pc_patch **hits = mr_pc_alloc(g->c->pool, (n + 1) * sizeof *hits);
    struct pc_patch *end = NULL;
    struct pc_patch *otherwise = NULL;
    n = 0;
    for (struct pc_branch *b = s->branches; b; b = b->next, n++) {
        for (struct pc_label *l = b->labels; l; l = l->next) {
            gen_label_test(g, l, v, t, &hits[n]);
        }
    }
    mr_pc_wait(g, &otherwise, mr_pc_emit(g, OP_JMP, 0, 0, 0));
    mr_pc_temps_free(g);
    n = 0;
    for (struct pc_branch *b = s->branches; b; b = b->next, n++) {
        mr_pc_land(g, b->labels ? &hits[n] : &otherwise);
        mr_pc_statements(g, b->body);
        if (b->next) {
            mr_pc_wait(g, &end, mr_pc_emit(g, OP_JMP, 0, 0, 0));
        }
    }
    mr_pc_land(g, &otherwise);
    mr_pc_land(g, &end);
}

struct loop {
    struct pc_patch *exits, *continues;
    struct pc_patch **outer_exits, **outer_continues;
};

static void enter(struct pc_gen *g, struct loop *l)
{
    *l = (struct loop){NULL, NULL, g->exits, g->continues};
    g->exits = &l->exits;
    g->continues = &l->continues;
}

static void leave(struct pc_gen *g, struct loop *l)
{
    mr_pc_land(g, &l->exits);
    g->exits = l->outer_exits;
    g->continues = l->outer_continues;
}

static void back_to(struct pc_gen *g, uint32_t top)
{
    mr_pc_emit(g, OP_JBACK, (int32_t)top - (int32_t)g->code.n, 0, 0);
}

static void gen_while(struct pc_gen *g, struct pc_stmt *s)
{
    struct loop l;
    enter(g, &l);
    uint32_t top = g->code.n;
    mr_pc_branch(g, s->a, false, &l.exits);
    mr_pc_temps_free(g);
    mr_pc_statements(g, s->body);
    mr_pc_land(g, &l.continues);
    back_to(g, top);
    leave(g, &l);
}

static void gen_repeat(struct pc_gen *g, struct pc_stmt *s)
{
    struct loop l;
    enter(g, &l);
    uint32_t top = g->code.n;
    mr_pc_statements(g, s->body);
    mr_pc_land(g, &l.continues);
    if (s->a) {
        mr_pc_branch(g, s->a, true, &l.exits);
        mr_pc_temps_free(g);
    }
    back_to(g, top);
    leave(g, &l);
}

/* A place that the loop keeps through its body's statements. */
static int32_t kept(struct pc_gen *g, const struct pc_type *t, struct pc_expr *e)
{
    if (e->kind == EX_CONST) {
        return mr_pc_value(g, e, PC_NO_HINT);
    }
    int32_t at = mr_pc_local(g, t->size);
    int32_t v = mr_pc_value(g, e, at);
    if (v != at) {
        mr_pc_emit(g, mr_pc_width_op(OP_MOV_1, t->size), at, v, 0);
    }
    return at;
}

static void gen_for_fused(struct pc_gen *g, struct pc_stmt *s, const struct pc_loc *i, int64_t step)
{
    const struct pc_type *t = mr_pc_plain(s->a->type);
    enum pc_machine m = mr_pc_machine(t);
    struct loop l;
    enter(g, &l);
    int32_t last = kept(g, t, s->c);
    mr_pc_assign(g, s->a, s->b);
    mr_pc_temps_free(g);
    mr_pc_wait(g, &l.exits, mr_pc_emit(g, mr_pc_num_op(OP_JLT_S8, m), step > 0 ? last : i->at, step > 0 ? i->at : last, 0));
    uint32_t top = g->code.n;
    mr_pc_statements(g, s->body);
    mr_pc_land(g, &l.continues);
    g->line = s->pos.line;
    mr_pc_emit_n(g, mr_pc_num_op(step > 0 ? OP_FORUP_S8 : OP_FORDN_S8, m), (uint16_t)(step > 0 ? step : -step), i->at, last,
                 (int32_t)top - (int32_t)g->code.n);
    leave(g, &l);
}

/* A step that is known only at run time, or a variable that is not at a fixed place. */
static void gen_for_general(struct pc_gen *g, struct pc_stmt *s)
{
    const struct pc_type *t = mr_pc_plain(s->a->type);
    enum pc_machine m = mr_pc_machine(t);
    struct loop l;
    enter(g, &l);
    int32_t last = kept(g, t, s->c);
    int32_t step = s->d ? kept(g, t, s->d) : mr_pc_const_int(g, 1, t->size);
    mr_pc_assign(g, s->a, s->b);
    mr_pc_temps_free(g);
    uint32_t top = g->code.n;
    struct pc_patch *down = NULL;
    struct pc_patch *body = NULL;
    int32_t zero = mr_pc_const_int(g, 0, t->size);
    int32_t i = mr_pc_value(g, s->a, PC_NO_HINT);
    mr_pc_wait(g, &down, mr_pc_emit(g, mr_pc_num_op(OP_JLT_S8, m), step, zero, 0));
    mr_pc_wait(g, &l.exits, mr_pc_emit(g, mr_pc_num_op(OP_JLT_S8, m), last, i, 0));
    mr_pc_wait(g, &body, mr_pc_emit(g, OP_JMP, 0, 0, 0));
    mr_pc_land(g, &down);
    mr_pc_wait(g, &l.exits, mr_pc_emit(g, mr_pc_num_op(OP_JLT_S8, m), i, last, 0));
    mr_pc_land(g, &body);
    mr_pc_temps_free(g);
    mr_pc_statements(g, s->body);
    mr_pc_land(g, &l.continues);
    g->line = s->pos.line;
    int32_t now = mr_pc_value(g, s->a, PC_NO_HINT);
    int32_t next = mr_pc_temp(g, t->size);
    struct pc_loc at = mr_pc_loc(g, s->a, false);
    mr_pc_emit(g, mr_pc_width_op(OP_ADD_1, t->size), next, now, step);
    mr_pc_store(g, &at, t->size, next);
    mr_pc_temps_free(g);
    back_to(g, top);
    leave(g, &l);
}

static void gen_for(struct pc_gen *g, struct pc_stmt *s)
{
    int64_t step = !s->d ? 1 : (s->d->kind == EX_CONST ? s->d->v.i : 0);
    bool simple = s->a->kind == EX_VAR && s->a->var->cls != VC_INOUT && !s->a->type->subrange;
    if (simple && step != 0 && step >= -UINT16_MAX && step <= UINT16_MAX) {
        struct pc_loc i = mr_pc_loc(g, s->a, false);
        gen_for_fused(g, s, &i, step);
    } else {
        gen_for_general(g, s);
    }
}

static struct pc_label_at *label(struct pc_gen *g, const struct pc_stmt *s)
{
    for (struct pc_label_at *l = g->labels; l; l = l->next) {
        if (l->name == s->name) {
            return l;
        }
    }
    struct pc_label_at *l = mr_pc_alloc(g->c->pool, sizeof *l);
    *l = (struct pc_label_at){.next = g->labels, .name = s->name, .pos = s->pos};
    g->labels = l;
    return l;
}

static void gen_jump(struct pc_gen *g, struct pc_stmt *s)
{
    struct pc_label_at *l = label(g, s);
    if (!l->placed) {
        if (s->a) {
            mr_pc_branch(g, s->a, true, &l->waiting);
        } else {
            mr_pc_wait(g, &l->waiting, mr_pc_emit(g, OP_JMP, 0, 0, 0));
        }
        return;
    }
    struct pc_patch *stay = NULL;
    if (s->a) {
        mr_pc_branch(g, s->a, false, &stay);
    }
    back_to(g, l->at);
    mr_pc_land(g, &stay);
}

static void gen_stmt(struct pc_gen *g, struct pc_stmt *s)
{
    g->line = s->pos.line;
    switch (s->kind) {
    case ST_ASSIGN:
    case ST_REFASSIGN:
        mr_pc_assign(g, s->a, s->b);
        break;
    case ST_CALL:
        if (s->a->kind == EX_CALL && s->a->pou) {
            mr_pc_call(g, s->a);
        } else if (!mr_pc_is_string(s->a->type) && s->a->kind != EX_CONST) {
            (void)mr_pc_value(g, s->a, PC_NO_HINT); /* a function whose value nobody wants may still fault */
        }
        break;
    case ST_IF:
        gen_if(g, s);
        break;
    case ST_CASE:
        gen_case(g, s);
        break;
    case ST_FOR:
        gen_for(g, s);
        break;
    case ST_WHILE:
        gen_while(g, s);
        break;
    case ST_REPEAT:
        gen_repeat(g, s);
        break;
    case ST_EXIT:
        mr_pc_wait(g, g->exits, mr_pc_emit(g, OP_JMP, 0, 0, 0));
        break;
    case ST_CONTINUE:
        mr_pc_wait(g, g->continues, mr_pc_emit(g, OP_JMP, 0, 0, 0));
        break;
    case ST_RETURN:
        mr_pc_emit(g, OP_RET, 0, 0, 0);
        break;
    case ST_LABEL: {
        struct pc_label_at *l = label(g, s);
        l->placed = true;
        l->at = g->code.n;
        mr_pc_land(g, &l->waiting);
        break;
    }
    case ST_JUMP:
        gen_jump(g, s);
        break;
    }
    mr_pc_temps_free(g);
}

void mr_pc_statements(struct pc_gen *g, struct pc_stmt *s)
{
    for (; s; s = s->next) {
        gen_stmt(g, s);
    }
}
