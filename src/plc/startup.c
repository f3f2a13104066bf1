/* startup.c - initial values that are no constants: addresses, calls, other variables. Vendors take them; here they become
 * assignments before the body, of a function or method in each call, of a block or program in its first. */
#include "plc/stdfun.h"

/* Must e be worked out at run time? */
static bool is_computed(struct pc *c, struct pc_pou *pou, const struct pc_expr *e)
{
    for (; e; e = e->a) {
        const struct pc_std *std = e->kind == EX_CALL && e->a->kind == EX_NAME ? mr_pc_std_find(e->a->name) : NULL;
        if (std && (std->fn == SF_SIZEOF || std->fn == SF_BOUND)) {
            const struct pc_var *a = std->fn == SF_BOUND && e->args && e->args->e && e->args->e->kind == EX_NAME
                                         ? mr_pc_lookup(c, pou, e->args->e->name)
                                         : NULL;
            return a && a->bounds; /* known from the type, but of ARRAY[*] */
        }
        if (e->kind == EX_DEREF || (e->kind == EX_CALL && (!std || std->fn == SF_REF || std->fn == SF_NOW))) {
            return true;
        }
        if (e->kind == EX_NAME) {
            const struct pc_var *v = mr_pc_lookup(c, pou, e->name);
            return v && v->cls != VC_ENUM && !v->constant;
        }
        for (const struct pc_arg *a = e->args; a; a = a->next) {
            if (is_computed(c, pou, a->e)) {
                return true;
            }
        }
        if (e->b && is_computed(c, pou, e->b)) {
            return true;
        }
        if (e->kind == EX_CALL) {
            return false; /* a is the function's name */
        }
    }
    return false;
}

static struct pc_expr *part(struct pc *c, enum pc_ek kind, struct pc_expr *of, struct pc_pos pos)
{
    struct pc_expr *e = mr_pc_alloc(c->pool, sizeof *e);
    *e = (struct pc_expr){.kind = kind, .pos = pos, .a = of};
    return e;
}

static void append(struct pc *c, struct pc_stmt ***tail, struct pc_expr *to, struct pc_expr *value)
{
    struct pc_stmt *s = mr_pc_alloc(c->pool, sizeof *s);
    *s = (struct pc_stmt){.kind = ST_ASSIGN, .pos = value->pos, .a = to, .b = value};
    **tail = s;
    *tail = &s->next;
}

/* The assignments that set `to`; of a list one for each of its members. */
static void assign(struct pc *c, struct pc_stmt ***tail, struct pc_expr *to, const struct pc_type *type, struct pc_expr *value)
{
    struct pc_check k = {.c = c};
    int64_t index = type->kind == TY_ARRAY ? type->lo : 0;
    if (value->kind != EX_LIST) {
        append(c, tail, to, value);
        return;
    }
    for (struct pc_arg *a = value->args; a; a = a->next) {
        const struct pc_type *inner = c->elementary[TY_ERROR];
        for (int64_t n = a->repeat; type->kind == TY_ARRAY && n > 0 && index <= type->hi; n--, index++) {
            struct pc_expr *x = part(c, EX_INDEX, mr_pc_clone(&k, to), a->pos);
            x->args = mr_pc_alloc(c->pool, sizeof *x->args);
            *x->args = (struct pc_arg){.pos = a->pos, .e = part(c, EX_CONST, NULL, a->pos)};
            x->args->e->type = c->elementary[TY_LITINT];
            x->args->e->v.i = index;
            if (a->e) {
                assign(c, tail, x, type->base, n > 1 ? mr_pc_clone(&k, a->e) : a->e);
            }
        }
        if (a->name && a->e && type->kind != TY_ARRAY) {
            struct pc_expr *f = part(c, EX_FIELD, mr_pc_clone(&k, to), a->pos);
            const struct pc_var *field = type->kind == TY_STRUCT ? mr_pc_field(type, a->name) : NULL;
            f->name = a->name;
            f->spelled = a->name->name;
            assign(c, tail, f, field && field->type ? field->type : inner, a->e);
        }
    }
}

/* IF NOT started THEN started := TRUE; ... END_IF, with a variable of the instance that no program can name. */
static struct pc_stmt *once(struct pc *c, struct pc_pou *pou, struct pc_stmt *body)
{
    struct pc_check k = {.c = c};
    pou->started = mr_pc_alloc(c->pool, sizeof *pou->started);
    *pou->started = (struct pc_var){
        .spelled = "started", .pos = pou->pos, .cls = VC_VAR, .type = c->elementary[TY_BOOL], .relative = true, .state = 2};
    struct pc_expr *is = part(c, EX_VAR, NULL, pou->pos);
    struct pc_expr *yes = part(c, EX_CONST, NULL, pou->pos);
    struct pc_stmt *set = NULL;
    struct pc_stmt **tail = &set;
    is->var = pou->started;
    is->type = yes->type = pou->started->type;
    yes->v.i = 1;
    append(c, &tail, mr_pc_clone(&k, is), yes);
    *tail = body;
    struct pc_branch *b = mr_pc_alloc(c->pool, sizeof *b);
    *b = (struct pc_branch){.cond = part(c, EX_NOT, is, pou->pos), .body = set};
    struct pc_stmt *s = mr_pc_alloc(c->pool, sizeof *s);
    *s = (struct pc_stmt){.kind = ST_IF, .pos = pou->pos, .branches = b};
    return s;
}

static struct pc_arg *named(struct pc *c, const struct pc_var *v, struct pc_atom *name, struct pc_expr *e)
{
    struct pc_arg *a = mr_pc_alloc(c->pool, sizeof *a);
    if (!e) {
        e = part(c, EX_CONST, NULL, v->pos);
        e->type = c->elementary[TY_BOOL];
    }
    *a = (struct pc_arg){.pos = v->pos, .name = name, .e = e};
    return a;
}

/* CODESYS' constructor: x : Block(start := 5); calls x.FB_init(bInitRetains := TRUE, bInCopyCode := FALSE, start := 5), the first two
 * by whatever names they have. */
static void construct(struct pc *c, struct pc_var *v, struct pc_stmt ***tail)
{
    bool instance = v->cls == VC_VAR && !v->fixed && !v->of_owner && v->type && v->type->kind == TY_FB && v->desc;
    struct pc_atom *name = mr_pc_name(c, "FB_INIT");
    const struct pc_pou *init = instance ? mr_pc_method(c, v->type->pou, name) : NULL;
    bool given = instance && v->desc->kind == TD_ENUM;
    if (!init) {
        if (given) {
            PC_ERROR(c, v->pos, "%s has no FB_init that would take these values", v->type->name);
        }
        return;
    }
    struct pc_expr *call = part(c, EX_CALL, part(c, EX_FIELD, part(c, EX_NAME, NULL, v->pos), v->pos), v->pos);
    call->a->name = name;
    call->a->spelled = "FB_init";
    call->a->a->name = v->name;
    call->a->a->spelled = v->spelled;
    struct pc_arg **args = &call->args;
    for (uint32_t i = 0, inputs = 0; i < init->vars.n && inputs < 2; i++) {
        if (init->vars.items[i]->cls == VC_INPUT) {
            *args = named(c, v, init->vars.items[i]->name, NULL);
            (*args)->e->v.i = inputs++ == 0;
            args = &(*args)->next;
        }
    }
    for (uint32_t i = 0; given && i < v->desc->fields.n; i++) {
        struct pc_var *f = v->desc->fields.items[i];
        struct pc_check k = {.c = c};
        if (f->init) {
            *args = named(c, f, f->name, mr_pc_clone(&k, f->init));
            args = &(*args)->next;
        }
    }
    struct pc_stmt *s = mr_pc_alloc(c->pool, sizeof *s);
    *s = (struct pc_stmt){.kind = ST_CALL, .pos = v->pos, .a = call};
    **tail = s;
    *tail = &s->next;
}

void mr_pc_startup(struct pc *c, struct pc_pou *pou)
{
    bool kept = pou->kind == PC_FB || pou->kind == PC_PROGRAM; /* variables live longer than a call */
    struct pc_stmt *first = NULL;
    struct pc_stmt *each = NULL;
    struct pc_stmt **first_tail = &first;
    struct pc_stmt **each_tail = &each;
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        struct pc_var *v = pou->vars.items[i];
        if (kept) {
            construct(c, v, &first_tail);
        }
        bool own = (v->cls == VC_VAR || v->cls == VC_OUTPUT || v->cls == VC_TEMP) && !v->constant && !v->fixed && !v->of_owner;
        if (!own || !v->init || !v->type || v->type->kind == TY_ERROR || !is_computed(c, pou, v->init)) {
            continue;
        }
        struct pc_expr *name = part(c, EX_NAME, NULL, v->pos);
        name->name = v->name;
        name->spelled = v->spelled;
        assign(c, kept && v->cls != VC_TEMP ? &first_tail : &each_tail, name, v->type, v->init);
        v->init = NULL;
    }
    *each_tail = pou->body;
    pou->body = each;
    if (first) {
        struct pc_stmt *s = once(c, pou, first);
        s->next = pou->body;
        pou->body = s;
    }
}
