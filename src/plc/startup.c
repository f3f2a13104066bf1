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

/* An initial value of one line may stand for millions of elements. Told once. */
static bool too_many(struct pc *c, struct pc_pos pos)
{
    if (c->nstarted == MR_PLC_STARTED_MAX) {
        PC_ERROR(c, pos, "initial values that are no constants for more than %u variables and elements", MR_PLC_STARTED_MAX);
        c->nstarted++;
    }
    return c->nstarted > MR_PLC_STARTED_MAX;
}

static void append(struct pc *c, struct pc_stmt ***tail, struct pc_expr *to, struct pc_expr *value)
{
    struct pc_stmt *s = mr_pc_alloc(c->pool, sizeof *s);
    *s = (struct pc_stmt){.kind = ST_ASSIGN, .pos = value->pos, .a = to, .b = value};
    **tail = s;
    *tail = &s->next;
    c->nstarted++;
}

/* The assignments that set `to`; of a list one for each of its members. */
static void assign(struct pc *c, struct pc_stmt ***tail, struct pc_expr *to, const struct pc_type *type, struct pc_expr *value)
{
    struct pc_check k = {.c = c};
    int64_t index = type->kind == TY_ARRAY ? type->lo : 0;
    if (value->kind != EX_LIST) {
        if (!too_many(c, value->pos)) {
            append(c, tail, to, value);
        }
        return;
    }
    for (struct pc_arg *a = value->args; a; a = a->next) {
        const struct pc_type *inner = c->elementary[TY_ERROR];
        for (int64_t n = a->repeat; type->kind == TY_ARRAY && n > 0 && index <= type->hi && !too_many(c, a->pos); n--, index++) {
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

/* IF NOT started THEN started := TRUE; ... END_IF, with a variable that no program can name. */
static struct pc_stmt *once(struct pc *c, struct pc_var *started, struct pc_stmt *body)
{
    struct pc_check k = {.c = c};
    struct pc_expr *is = part(c, EX_VAR, NULL, started->pos);
    struct pc_expr *yes = part(c, EX_CONST, NULL, started->pos);
    struct pc_stmt *set = NULL;
    struct pc_stmt **tail = &set;
    is->var = started;
    is->type = yes->type = started->type;
    yes->v.i = 1;
    append(c, &tail, mr_pc_clone(&k, is), yes);
    *tail = body;
    struct pc_branch *b = mr_pc_alloc(c->pool, sizeof *b);
    *b = (struct pc_branch){.cond = part(c, EX_NOT, is, started->pos), .body = set};
    struct pc_stmt *s = mr_pc_alloc(c->pool, sizeof *s);
    *s = (struct pc_stmt){.kind = ST_IF, .pos = started->pos, .branches = b};
    return s;
}

static struct pc_var *flag(struct pc *c, struct pc_pos pos, bool relative)
{
    struct pc_var *v = mr_pc_alloc(c->pool, sizeof *v);
    *v = (struct pc_var){
        .spelled = "started", .pos = pos, .cls = VC_VAR, .type = c->elementary[TY_BOOL], .relative = relative, .state = 2};
    return v;
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

/* The n-th input of FB_init, or NULL. */
static struct pc_var *input_of(const struct pc_pou *init, uint32_t n)
{
    for (uint32_t i = 0; i < init->vars.n; i++) {
        if (init->vars.items[i]->cls == VC_INPUT && n-- == 0) {
            return init->vars.items[i];
        }
    }
    return NULL;
}

/* CODESYS' constructor: x : Block(start := 5); calls x.FB_init(bInitRetains := TRUE, bInCopyCode := FALSE, start := 5), the first
 * two by whatever names they have. `given` may be NULL. */
static struct pc_stmt *constructing(struct pc *c, const struct pc_var *v, struct pc_expr *instance, const struct pc_pou *init,
                                    const struct pc_tdesc *given)
{
    struct pc_check k = {.c = c};
    struct pc_expr *call = part(c, EX_CALL, part(c, EX_FIELD, instance, v->pos), v->pos);
    call->a->name = init->name;
    call->a->spelled = init->spelled;
    struct pc_arg **args = &call->args;
    uint32_t place = 0;
    for (; place < 2 && input_of(init, place); place++) {
        *args = named(c, v, input_of(init, place)->name, NULL);
        (*args)->e->v.i = place == 0;
        args = &(*args)->next;
    }
    for (uint32_t i = 0; given && i < given->fields.n; i++) {
        struct pc_var *f = given->fields.items[i];
        struct pc_expr *value = f->init ? mr_pc_clone(&k, f->init) : part(c, EX_NAME, NULL, f->pos);
        const struct pc_var *input = f->init && f->name ? NULL : input_of(init, place++);
        if (!f->init) { /* Block(limit): a value, though it looks like one of an enumeration */
            value->name = f->name;
            value->spelled = f->spelled;
        }
        *args = named(c, f, input ? input->name : f->name, value);
        args = &(*args)->next;
    }
    struct pc_stmt *s = mr_pc_alloc(c->pool, sizeof *s);
    *s = (struct pc_stmt){.kind = ST_CALL, .pos = v->pos, .a = call};
    return s;
}

/* The variable, or of an array its n-th element. */
static struct pc_expr *instance_of(struct pc *c, const struct pc_var *v, uint32_t n)
{
    struct pc_expr *e = part(c, EX_NAME, NULL, v->pos);
    e->name = v->name;
    e->spelled = v->spelled;
    for (const struct pc_type *t = v->type; t->kind == TY_ARRAY; t = t->base) {
        uint32_t behind = 1;
        for (const struct pc_type *b = t->base; b->kind == TY_ARRAY; b = b->base) {
            behind *= (uint32_t)(b->hi - b->lo + 1);
        }
        e = part(c, EX_INDEX, e, v->pos);
        e->args = mr_pc_alloc(c->pool, sizeof *e->args);
        *e->args = (struct pc_arg){.pos = v->pos, .e = part(c, EX_CONST, NULL, v->pos)};
        e->args->e->type = c->elementary[TY_LITINT];
        e->args->e->v.i = t->lo + n / behind % (t->hi - t->lo + 1);
    }
    return e;
}

/* The calls of FB_init for a variable: an instance, or an array of such. */
static void construct(struct pc *c, struct pc_var *v, struct pc_stmt ***tail)
{
    const struct pc_type *leaf = v->type;
    const struct pc_tdesc *d = v->desc;
    const struct pc_tdesc *array = NULL;
    uint64_t n = 1;
    for (; leaf && leaf->kind == TY_ARRAY && n <= MR_PLC_MEMORY_MAX; leaf = leaf->base) {
        n *= (uint64_t)(leaf->hi - leaf->lo + 1);
    }
    for (; d && d->kind == TD_ARRAY; d = d->of) {
        array = d->elements.n > 0 ? d : array;
    }
    bool instance = leaf && leaf->kind == TY_FB && d && !v->fixed && !v->of_owner;
    const struct pc_pou *init = instance ? mr_pc_method(c, leaf->pou, mr_pc_name(c, "FB_INIT")) : NULL;
    const struct pc_tdesc *each = d && d->kind == TD_ENUM ? d : NULL;
    if (!init) {
        if (array || (instance && each)) {
            PC_ERROR(c, v->pos, "%s has no FB_init that would take these values", leaf ? leaf->name : v->spelled);
        }
        return;
    }
    if (array && array->elements.n > n) {
        PC_ERROR(c, v->pos, "more values than the %llu elements of %s", (unsigned long long)n, v->type->name);
        return;
    }
    if (n > MR_PLC_ELEMENTS_MAX) {
        mr_pc_warn(&c->report, v->pos, "FB_init is called for arrays of up to %d elements, not for this one",
                   MR_PLC_ELEMENTS_MAX);
        return;
    }
    for (uint32_t i = 0; i < n && !too_many(c, v->pos); i++, c->nstarted++) {
        const struct pc_tdesc *given = array && i < array->elements.n ? array->elements.items[i] : each;
        **tail = constructing(c, v, instance_of(c, v, i), init, given);
        *tail = &(**tail)->next;
    }
}

void mr_pc_late_globals(struct pc *c)
{
    for (uint32_t i = 0; i < c->globals.n; i++) {
        struct pc_var *v = c->globals.items[i];
        if (!v->constant && !v->retain && v->init && v->type->kind != TY_ERROR && is_computed(c, NULL, v->init)) {
            v->late = v->init;
            v->init = NULL;
        }
    }
}

/* What is done for a global before the first task's programs run. */
static void start_global(struct pc *c, struct pc_var *v, struct pc_stmt ***tail)
{
    struct pc_check k = {.c = c};
    if (v->late) {
        struct pc_expr *name = part(c, EX_NAME, NULL, v->pos);
        name->name = v->name;
        name->spelled = v->spelled;
        assign(c, tail, name, v->type, mr_pc_clone(&k, v->late));
    }
    construct(c, v, tail);
}

void mr_pc_startup_globals(struct pc *c)
{
    struct pc_var *started = NULL;
    for (uint32_t i = 0; i < c->pou_list.n; i++) {
        struct pc_pou *task = c->pou_list.items[i];
        struct pc_stmt *first = NULL;
        struct pc_stmt **tail = &first;
        for (uint32_t k = 0; task->kind == PC_TASK && k < c->globals.n; k++) {
            start_global(c, c->globals.items[k], &tail);
        }
        if (!first) {
            continue;
        }
        if (!started) { /* whichever task runs first does it for all */
            started = flag(c, task->pos, false);
            started->offset = mr_pc_reserve(c, 1, 1);
            started->laid_out = true;
        }
        struct pc_stmt *s = once(c, started, first);
        s->next = task->body;
        task->body = s;
    }
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
        if (kept && v->cls == VC_VAR) {
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
        pou->started = flag(c, pou->pos, true);
        struct pc_stmt *s = once(c, pou->started, first);
        s->next = pou->body;
        pou->body = s;
    }
}
