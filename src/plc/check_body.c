/* check_body.c - calls, statements and initial values. */
#include "plc/stdfun.h"

#include <string.h>

static struct pc_type *ty(struct pc_check *k, enum pc_tk kind)
{
    return k->c->elementary[kind];
}

/* ---- calls ---- */

static struct pc_var *parameter(struct pc_pou *pou, const struct pc_atom *name)
{
    pou = pou->action && pou->owner ? pou->owner : pou;
    for (struct pc_pou *p = pou; p; p = p->base) {
        struct pc_var *v = mr_pc_map_get(&p->names, name);
        if (v && (v->cls == VC_INPUT || v->cls == VC_OUTPUT || v->cls == VC_INOUT)) {
            return v;
        }
    }
    return NULL;
}

/* The n-th parameter that may stand without its name: inputs and in-outs as declared, a base's first. */
static struct pc_var *nth_of(struct pc_pou *pou, uint32_t *n, bool outputs)
{
    if (pou->base) {
        struct pc_var *v = nth_of(pou->base, n, outputs);
        if (v) {
            return v;
        }
    }
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        struct pc_var *v = pou->vars.items[i];
        bool output = v->cls == VC_OUTPUT;
        if ((outputs ? output : (v->cls == VC_INPUT && !v->bounds_of) || v->cls == VC_INOUT) && (*n)-- == 0) {
            return v;
        }
    }
    return NULL;
}

/* By its place: inputs and in-outs first, outputs behind them. */
static struct pc_var *nth_parameter(struct pc_pou *pou, uint32_t n)
{
    struct pc_var *v = nth_of(pou, &n, false);
    return v ? v : nth_of(pou, &n, true);
}

static struct pc_expr *param_expr(struct pc_check *k, struct pc_expr *instance, struct pc_var *v, struct pc_pos pos)
{
    struct pc_expr *e = mr_pc_make(k, v->relative ? EX_FIELD : EX_VAR, pos, v->type);
    e->a = instance;
    e->var = v;
    e->spelled = v->spelled;
    return e;
}

static void check_inout(struct pc_check *k, struct pc_arg *a, struct pc_var *v)
{
    bool lent = v->constant && a->e->kind == EX_VAR && a->e->var->constant;
    if (v->constant && a->e->kind == EX_CONST) { /* VAR_IN_OUT CONSTANT is only read: a value may stand there */
        a->e = mr_pc_placed_constant(k, a->e, v->type);
        lent = true;
    }
    if ((!lent && !mr_pc_lvalue(k, a->e, false)) || a->e->type->kind == TY_ERROR || v->type->kind == TY_ERROR) {
        return;
    }
    struct pc_pou *derived = a->e->type->kind == TY_FB && v->type->kind == TY_FB ? a->e->type->pou : NULL;
    for (; derived; derived = derived->base) {
        if (derived->type == v->type) {
            break;
        }
    }
    bool bounds = a->e->type->kind == TY_ARRAY && a->e->type->variable_length && !v->type->variable_length;
    if (!derived && (bounds || !mr_pc_same_type(a->e->type, v->type))) {
        PC_ERROR(k->c, a->e->pos, "VAR_IN_OUT '%s' is %s and takes no %s", v->spelled, v->type->name, a->e->type->name);
        return;
    }
    a->inout = true;
    a->value = a->e;
}

static void check_output(struct pc_check *k, struct pc_arg *a, struct pc_expr *source)
{
    if (!a->e || !mr_pc_lvalue(k, a->e, false) || a->e->type->kind == TY_ERROR) {
        return;
    }
    if (a->negated) {
        struct pc_expr *inverse = mr_pc_make(k, EX_NOT, a->pos, source->type);
        inverse->a = source;
        source = inverse;
    }
    if (mr_pc_coerce(k, &source, a->e->type, "the output")) {
        a->value = source;
        a->target = a->e;
    }
}

/* A variable that takes the type of the first value that it gets, if e is one. */
static void infer(struct pc_check *k, const struct pc_expr *e, struct pc_type *type, bool of_literal)
{
    struct pc_var *v = e->kind == EX_VAR ? e->var : (e->kind == EX_NAME ? mr_pc_lookup(k->c, k->pou, e->name) : NULL);
    if (!v || !v->inferred || v->type) {
        return;
    }
    v->of_literal = of_literal || type->kind == TY_LITINT || type->kind == TY_LITREAL;
    type = type->kind == TY_LITINT ? ty(k, TY_LINT) : (type->kind == TY_LITREAL ? ty(k, TY_LREAL) : type);
    v->type = type;
    v->laid_out = true;
    if (type->kind != TY_ERROR && type->size > 0) {
        v->offset = mr_pc_reserve(k->c, type->size, type->align);
        if (v->offset > 0) {
            mr_pc_initial(k->c, NULL, type, NULL, k->c->init + v->offset);
        }
    }
}

void mr_pc_check_eno(struct pc_check *k, struct pc_arg *eno, struct pc_expr *en)
{
    if (eno->e && eno->output) {
        infer(k, eno->e, ty(k, TY_BOOL), false);
        (void)mr_pc_check(k, eno->e);
        check_output(k, eno, en);
    } else {
        PC_ERROR(k->c, eno->pos, "ENO is an output: write 'ENO => variable'");
    }
}

static bool is_enable(const struct pc_arg *a, const char *name)
{
    return a->name && strcmp(a->name->name, name) == 0;
}

static void check_arg(struct pc_check *k, struct pc_expr *call, struct pc_arg *a, uint32_t *positional)
{
    struct pc_pou *pou = call->pou;
    struct pc_var *v = a->name ? parameter(pou, a->name) : nth_parameter(pou, *positional);
    *positional += a->name ? 0 : 1;
    a->output = a->output || (!a->name && v && v->cls == VC_OUTPUT);
    if (!v && is_enable(a, "ENO")) {
        struct pc_expr *always = mr_pc_make(k, EX_CONST, a->pos, ty(k, TY_BOOL));
        always->v.i = 1;
        mr_pc_check_eno(k, a, call->b ? call->b : always);
        return;
    }
    if (a->e) {
        if (a->output && v) {
            infer(k, a->e, v->type, false);
        }
        uint32_t copies = k->copies; /* EN is asked, and may go to ENO */
        if (v || !is_enable(a, "EN") || mr_pc_copied(k, 2, a->pos)) {
            (void)mr_pc_check(k, a->e);
        }
        k->copies = copies;
        if (!a->e->type) {
            return;
        }
    }
    if (!v && a->e && is_enable(a, "EN")) {
        (void)mr_pc_coerce(k, &a->e, ty(k, TY_BOOL), "EN");
        call->b = a->e;
        return;
    }
    if (!v) {
        PC_ERROR(k->c, a->pos, a->name ? "%s has no parameter '%s'" : "%s takes fewer arguments", pou->spelled,
                 a->name ? a->name->name : "");
        return;
    }
    if (a->output != (v->cls == VC_OUTPUT)) {
        PC_ERROR(k->c, a->pos, "'%s' is an %s of %s: write '%s'", v->spelled, v->cls == VC_OUTPUT ? "output" : "input",
                 pou->spelled, v->cls == VC_OUTPUT ? "=>" : ":=");
        return;
    }
    if (!a->e) {
        return;
    }
    struct pc_expr *param = param_expr(k, call->a, v, a->pos);
    if (v->cls == VC_OUTPUT) {
        check_output(k, a, param);
        return;
    }
    a->target = param;
    if (mr_pc_give_generic(k, call, a, v, param)) {
        return;
    }
    bool refer = v->type->kind == TY_REF && v->type->variable_length && a->e->type->kind != TY_REF;
    if (refer && a->e->kind == EX_DEREF && a->e->a->type->variable_length) { /* a REFERENCE TO is handed on */
        a->e = a->e->a;
    } else if (refer && a->e->type->kind != TY_ERROR && a->e->type->kind != TY_NULL && mr_pc_lvalue(k, a->e, false)) {
        struct pc_expr *r = mr_pc_make(k, EX_REF, a->pos, mr_pc_ref_type(k->c, a->e->type));
        r->a = a->e;
        a->e = r;
    }
    if (v->cls == VC_INOUT) {
        check_inout(k, a, v);
    } else if (mr_pc_coerce(k, &a->e, v->type, "the argument")) {
        a->value = a->e;
    }
}

static const struct pc_arg *given(const struct pc_expr *call, const struct pc_var *v)
{
    uint32_t n = 0;
    for (const struct pc_arg *a = call->args; a; a = a->next) {
        if (a->name ? a->name == v->name : nth_parameter(call->pou, n) == v) {
            return a;
        }
        n += a->name ? 0 : 1;
    }
    return NULL;
}

/* matiec runs a program whose configuration gives it no in-outs: they are variables of their own then. */
static bool own_inout(const struct pc_check *k, const struct pc_expr *call, const struct pc_var *v)
{
    return v->cls == VC_INOUT && k->pou && k->pou->kind == PC_TASK && call->pou->kind == PC_PROGRAM && !v->type->variable_length;
}

/* What a call leaves out: an in-out may not, a function's input has its initial value again. */
static void complete_args(struct pc_check *k, struct pc_expr *call)
{
    bool frame = call->pou->kind == PC_FUNCTION || call->pou->kind == PC_METHOD;
    for (struct pc_pou *p = call->pou; p; p = p->base) {
        for (uint32_t i = 0; i < p->vars.n; i++) {
            struct pc_var *v = p->vars.items[i];
            bool input = (frame && v->cls == VC_INPUT) || v->bounds_of;
            if ((v->cls != VC_INOUT && !input) || v->type->kind == TY_ERROR || given(call, v)) {
                continue;
            }
            if (v->cls == VC_INOUT && !own_inout(k, call, v)) {
                PC_ERROR(k->c, call->pos, "VAR_IN_OUT '%s' of %s must be given", v->spelled, p->spelled);
                continue;
            }
            struct pc_arg *a = mr_pc_alloc(k->c->pool, sizeof *a);
            a->pos = call->pos;
            a->name = v->name; /* it takes no place among those that are given by place */
            a->target = param_expr(k, v->bounds_of ? call->a : NULL, v, call->pos);
            if (v->cls == VC_INOUT) {
                mr_pc_warn(&k->c->report, call->pos, "VAR_IN_OUT '%s' of %s is not given: it is a variable of its own",
                           v->spelled, p->spelled);
                a->target = param_expr(k, call->a, v, call->pos);
                a->value = mr_pc_placed_constant(k, call, v->type);
                a->inout = true;
            } else if (v->bounds_of) {
                const struct pc_arg *array = given(call, v->bounds_of);
                if (!array || !array->value || array->value->type->kind != TY_ARRAY) {
                    continue; /* that was told */
                }
                a->value = mr_pc_given_bounds(k, v, array->value);
            } else {
                a->value = mr_pc_make(k, EX_VAR, call->pos, v->type);
                a->value->var = v->omitted;
            }
            a->next = call->args;
            call->args = a;
        }
    }
}

static struct pc_expr *follow(struct pc_check *k, struct pc_expr *e)
{
    if (e->type->kind != TY_REF || e->kind != EX_THIS) {
        return e;
    }
    struct pc_expr *d = mr_pc_make(k, EX_DEREF, e->pos, e->type->base);
    d->a = e;
    return d;
}

static struct pc_expr *this_instance(struct pc_check *k, struct pc_pou *self, struct pc_pos pos)
{
    return follow(k, mr_pc_make(k, EX_THIS, pos, mr_pc_ref_type(k->c, self->type)));
}

/* Finds what is called: sets e->pou (and e->a, the instance) or e->std. False where that was told to be nothing. */
static bool resolve_callee(struct pc_check *k, struct pc_expr *e)
{
    struct pc_expr *f = e->a;
    struct pc_pou *self = k->pou && k->pou->owner ? k->pou->owner : k->pou;
    if (f->kind == EX_NAME) {
        struct pc_var *v = mr_pc_lookup(k->c, k->pou, f->name);
        bool own_result = v && v->cls == VC_RESULT;
        struct pc_pou *method = self && self->type && (!v || own_result) ? mr_pc_method(k->c, self, f->name) : NULL;
        if (method) {
            e->pou = method;
            e->a = this_instance(k, self, f->pos);
            return true;
        }
        struct pc_pou *unit = !v || own_result ? mr_pc_unit(k->c, f->name) : NULL;
        if (unit && unit->kind == PC_FUNCTION) {
            e->pou = unit;
            e->a = NULL;
            return true;
        }
        if (!v && !unit && (e->std = mr_pc_std_find(f->name)) != NULL) {
            return true;
        }
        if (!v && unit) {
            PC_ERROR(k->c, f->pos, "'%s' is a function block; declare an instance of it and call that", f->spelled);
            return false;
        }
        if (!v && strncmp(f->name->name, "__", 2) == 0) { /* its operands may be types and what else no expression has */
            PC_ERROR(k->c, f->pos, "the operator '%s' is not known here; memory, for one, is not taken or given back at run time",
                     f->spelled);
            e->args = NULL;
            return false;
        }
        if (!v) {
            PC_ERROR(k->c, f->pos, "there is no function '%s' and no instance of that name", f->spelled);
            return false;
        }
    }
    if (f->kind == EX_FIELD && f->a->kind == EX_NAME && !mr_pc_lookup(k->c, k->pou, f->a->name)) {
        struct pc_pou *unit = f->name ? mr_pc_unit(k->c, f->name) : NULL; /* Namespace.Function */
        const char *prefix = f->a->name->name;
        bool space = strcmp(prefix, "THIS") != 0 && strcmp(prefix, "SUPER") != 0;
        if (space && unit && unit->kind == PC_FUNCTION) {
            e->pou = unit;
            e->a = NULL;
            return true;
        }
        if (space && !unit && f->name && !mr_pc_map_get(&k->c->units, f->a->name) && (e->std = mr_pc_std_find(f->name)) != NULL) {
            return true;
        }
    }
    if (f->kind == EX_FIELD && f->name) {
        (void)mr_pc_check(k, f->a);
        f->a = follow(k, f->a);
        const struct pc_type *t = f->a->type;
        struct pc_pou *method = t->kind == TY_FB || t->kind == TY_IFACE ? mr_pc_method(k->c, t->pou, f->name) : NULL;
        if (method) {
            e->pou = method;
            e->a = f->a;
            return true;
        }
    }
    (void)mr_pc_check(k, f);
    e->a = follow(k, f);
    const struct pc_type *t = e->a->type;
    if (t->kind == TY_FB) {
        e->pou = t->pou;
        return true;
    }
    if (t->kind != TY_ERROR) {
        PC_ERROR(k->c, f->pos, "%s cannot be called", t->name);
    }
    return false;
}

/* __ISVALIDREF(r): r <> NULL */
static bool check_valid(struct pc_check *k, struct pc_expr *e)
{
    if (e->a->kind != EX_NAME || strcmp(e->a->name->name, "__ISVALIDREF") != 0 || !e->args || !e->args->e || e->args->next) {
        return false;
    }
    struct pc_expr *r = e->args->e;
    (void)mr_pc_check(k, r);
    r = r->kind == EX_DEREF && r->a->type->kind == TY_REF && r->a->type->variable_length ? r->a : r;
    struct pc_expr *null = mr_pc_make(k, EX_CONST, e->pos, ty(k, TY_NULL));
    *e = (struct pc_expr){.kind = EX_BINARY, .pos = e->pos, .op = TK_NE, .a = r, .b = null};
    (void)mr_pc_check(k, e);
    return true;
}

bool mr_pc_check_call(struct pc_check *k, struct pc_expr *e, bool statement)
{
    if (check_valid(k, e)) {
        return e->type->kind != TY_ERROR;
    }
    e->type = ty(k, TY_ERROR);
    if (!resolve_callee(k, e)) {
        for (struct pc_arg *a = e->args; a; a = a->next) {
            if (a->e && !a->output) {
                (void)mr_pc_check(k, a->e);
            }
        }
        return false;
    }
    if (e->std) {
        (void)mr_pc_std_check(k, e);
        return e->type->kind != TY_ERROR;
    }
    if (k->constant) {
        PC_ERROR(k->c, e->pos, "a constant is needed here, not a call");
        return false;
    }
    struct pc_pou *named = e->pou;
    mr_pc_variants(k, e);
    uint32_t copies = k->copies, variants = e->variants ? 0 : 1;
    for (const struct pc_expr *v = e->variants; v; v = v->next_variant) {
        variants++;
    }
    if (!mr_pc_copied(k, variants, e->pos)) {
        return false;
    }
    for (struct pc_expr *v = e->variants ? e->variants : e; v; v = e->variants ? v->next_variant : NULL) {
        uint32_t positional = 0;
        for (struct pc_arg *a = v->args; a; a = a->next) {
            check_arg(k, v, a, &positional);
        }
        complete_args(k, v);
        v->type = v->pou->result ? v->pou->result->type : ty(k, TY_VOID);
        if (e->variants && v->pou->result && named->result && !mr_pc_same_type(v->type, named->result->type)) {
            PC_ERROR(k->c, v->pou->pos, "'%s' gives %s here, but %s in what it overrides", v->pou->spelled, v->type->name,
                     named->result->type->name);
        }
    }
    k->copies = copies;
    bool block = e->pou->kind == PC_FB || e->pou->kind == PC_PROGRAM;
    if (block && !statement) {
        PC_ERROR(k->c, e->pos, "a function block has no value; call it as a statement and read its outputs");
        e->type = ty(k, TY_ERROR);
        return false;
    }
    e->type = !block && e->pou->result ? e->pou->result->type : ty(k, TY_VOID);
    return true;
}

/* ---- statements ---- */

static void check_list(struct pc_check *k, struct pc_stmt *s);

static void check_condition(struct pc_check *k, struct pc_expr **e)
{
    if (*e && mr_pc_check(k, *e)->kind != TY_ERROR) {
        (void)mr_pc_coerce(k, e, ty(k, TY_BOOL), "a condition of");
    }
}

/* r REF= x: r gets x's address; a REFERENCE TO is meant itself here, not what it refers to. */
static void check_reference(struct pc_check *k, struct pc_stmt *s)
{
    bool reference = s->a->kind == EX_DEREF && s->a->a->type->variable_length;
    s->a = reference ? s->a->a : s->a;
    if (s->b->kind == EX_DEREF && s->b->a->type->variable_length) {
        s->b = s->b->a;
    }
    if (s->b->type->kind != TY_REF && s->b->type->kind != TY_NULL && mr_pc_lvalue(k, s->b, false)) {
        struct pc_expr *r = mr_pc_make(k, EX_REF, s->b->pos, mr_pc_ref_type(k->c, s->b->type));
        r->a = s->b;
        s->b = r;
    }
}

static void check_assign(struct pc_check *k, struct pc_stmt *s)
{
    if (s->kind == ST_ASSIGN && mr_pc_property_write(k, s)) {
        (void)mr_pc_check_call(k, s->a, true);
        return;
    }
    struct pc_type *from = mr_pc_check(k, s->b);
    infer(k, s->a, from, mr_pc_of_literals(s->b));
    struct pc_type *to = mr_pc_check(k, s->a);
    if (to->kind == TY_ERROR || from->kind == TY_ERROR || !mr_pc_lvalue(k, s->a, false)) {
        return;
    }
    if (s->kind == ST_REFASSIGN) {
        check_reference(k, s);
        to = s->a->type;
    }
    (void)mr_pc_coerce(k, &s->b, to, "a value of");
}

static void check_case(struct pc_check *k, struct pc_stmt *s)
{
    struct pc_type *t = mr_pc_check(k, s->a);
    if (t->kind != TY_ERROR && !mr_pc_is_int(mr_pc_plain(t)) && !mr_pc_is_bits(mr_pc_plain(t))) {
        PC_ERROR(k->c, s->a->pos, "CASE selects by a whole number or an enumeration, not by %s", t->name);
        t = ty(k, TY_ERROR);
    }
    if (t->kind == TY_LITINT) {
        (void)mr_pc_coerce(k, &s->a, ty(k, TY_LINT), "here");
        t = s->a->type;
    }
    for (struct pc_branch *b = s->branches; b; b = b->next) {
        for (struct pc_label *l = b->labels; l; l = l->next) {
            struct pc_expr **ends[2] = {&l->from, &l->to};
            for (int i = 0; i < 2; i++) {
                struct pc_expr **e = ends[i];
                if (!*e || mr_pc_check(k, *e)->kind == TY_ERROR || !mr_pc_coerce(k, e, t->subrange ? t->base : t, "a label of")) {
                    continue;
                }
                if ((*e)->kind != EX_CONST) {
                    PC_ERROR(k->c, (*e)->pos, "a label of CASE is a constant");
                }
            }
        }
        check_list(k, b->body);
    }
}

static void check_for(struct pc_check *k, struct pc_stmt *s)
{
    struct pc_type *t = mr_pc_check(k, s->a);
    struct pc_expr **parts[3] = {&s->b, &s->c, &s->d};
    bool counts = mr_pc_is_int(mr_pc_plain(t)) || (mr_pc_is_bits(t) && t->kind != TY_BOOL);
    if (t->kind != TY_ERROR && (!counts || !mr_pc_lvalue(k, s->a, false))) {
        if (!counts) {
            PC_ERROR(k->c, s->a->pos, "FOR counts with an integer variable, not with %s", t->name);
        }
        t = ty(k, TY_ERROR);
    } else if (mr_pc_is_bits(t)) {
        mr_pc_warn(&k->c->report, s->a->pos, "FOR counts with %s, which is no integer; its bits are taken as a number", t->name);
    }
    for (int i = 0; i < 3; i++) {
        if (*parts[i] && mr_pc_check(k, *parts[i])->kind != TY_ERROR) {
            (void)mr_pc_coerce(k, parts[i], mr_pc_plain(t), "here");
        }
    }
    if (s->d && s->d->kind == EX_CONST && s->d->v.i == 0 && s->d->type->kind != TY_ERROR) {
        PC_ERROR(k->c, s->d->pos, "a step of 0 never ends");
    }
    k->loops++;
    check_list(k, s->body);
    k->loops--;
}

static void check_stmt(struct pc_check *k, struct pc_stmt *s)
{
    switch (s->kind) {
    case ST_ASSIGN:
    case ST_REFASSIGN:
        check_assign(k, s);
        break;
    case ST_CALL:
        (void)mr_pc_check_call(k, s->a, true);
        break;
    case ST_IF:
        for (struct pc_branch *b = s->branches; b; b = b->next) {
            check_condition(k, &b->cond);
            check_list(k, b->body);
        }
        break;
    case ST_CASE:
        check_case(k, s);
        break;
    case ST_FOR:
        check_for(k, s);
        break;
    case ST_WHILE:
    case ST_REPEAT:
        check_condition(k, &s->a);
        k->loops++;
        check_list(k, s->body);
        k->loops--;
        break;
    case ST_EXIT:
    case ST_CONTINUE:
        if (k->loops == 0) {
            PC_ERROR(k->c, s->pos, "%s stands outside of a loop", s->kind == ST_EXIT ? "EXIT" : "CONTINUE");
        }
        break;
    case ST_JUMP:
        check_condition(k, &s->a);
        break;
    case ST_RETURN:
    case ST_LABEL:
        break;
    }
}

static void check_list(struct pc_check *k, struct pc_stmt *s)
{
    for (; s; s = s->next) {
        check_stmt(k, s);
    }
}

void mr_pc_check_body(struct pc *c, struct pc_pou *pou)
{
    struct pc_check k = {.c = c, .pou = pou};
    check_list(&k, pou->body);
}

/* ---- initial values ---- */

struct filling {
    struct pc *c;
    struct pc_pou *pou;
};

static void fill(struct filling *f, struct pc_type *type, struct pc_expr *e, uint8_t *to, uint32_t depth);

/* The elements of an array, of all its dimensions in turn where the list is flat. */
static void fill_array(struct filling *f, struct pc_type *type, struct pc_expr *e, uint8_t *to, uint32_t depth)
{
    struct pc_type *leaf = type->base;
    bool nested = e->args && e->args->e && e->args->e->kind == EX_LIST && leaf->kind == TY_ARRAY;
    while (leaf->kind == TY_ARRAY && !nested) {
        leaf = leaf->base;
    }
    uint32_t n = leaf->size ? type->size / leaf->size : 0;
    uint32_t at = 0;
    for (struct pc_arg *a = e->args; a; a = a->next) {
        if (a->repeat < 0 || (uint64_t)a->repeat > n - at) {
            PC_ERROR(f->c, a->pos, "more values than the %u elements of %s", n, type->name);
            return;
        }
        for (int64_t i = 0; i < a->repeat; i++, at++) {
            if (i == 0 && a->e) {
                fill(f, leaf, a->e, to + (size_t)at * leaf->size, depth + 1);
            } else if (a->e) {
                memcpy(to + (size_t)at * leaf->size, to + (size_t)(at - 1) * leaf->size, leaf->size);
            }
        }
    }
}

static void fill_fields(struct filling *f, struct pc_type *type, struct pc_expr *e, uint8_t *to, uint32_t depth)
{
    for (struct pc_arg *a = e->args; a; a = a->next) {
        struct pc_var *v = NULL;
        if (a->name && type->kind == TY_STRUCT) {
            v = mr_pc_field(type, a->name);
        }
        for (struct pc_pou *p = type->kind == TY_FB ? type->pou : NULL; p && !v && a->name; p = p->base) {
            v = mr_pc_map_get(&p->names, a->name);
        }
        if (!v || !v->relative || !v->laid_out || v->cls == VC_INOUT) {
            PC_ERROR(f->c, a->pos, "%s has no member '%s' to set", type->name, a->name ? a->name->name : "?");
        } else if (a->e) {
            fill(f, v->type, a->e, to + v->offset, depth + 1);
        }
    }
}

static void fill(struct filling *f, struct pc_type *type, struct pc_expr *e, uint8_t *to, uint32_t depth)
{
    if (type->kind == TY_ERROR || depth > MR_PLC_NEST_MAX) {
        return;
    }
    if (e->kind == EX_LIST && (type->kind == TY_ARRAY || type->kind == TY_STRUCT || type->kind == TY_FB)) {
        (type->kind == TY_ARRAY ? fill_array : fill_fields)(f, type, e, to, depth);
        return;
    }
    if (mr_pc_is_aggregate(type)) {
        PC_ERROR(f->c, e->pos, "%s is set with %s", type->name, type->kind == TY_ARRAY ? "[a, b, 3(c)]" : "(member := value)");
        return;
    }
    struct pc_expr *v = mr_pc_constant(f->c, f->pou, e, type);
    if (v && v->type->kind != TY_NULL) {
        mr_pc_put_value(v, type, to);
    }
}

void mr_pc_initial(struct pc *c, struct pc_pou *pou, struct pc_type *type, struct pc_expr *e, uint8_t *to)
{
    if (type->kind == TY_ERROR || type->size == 0 || c->memory > MR_PLC_MEMORY_MAX) {
        return;
    }
    if (type->init) {
        memcpy(to, type->init, type->size);
    } else {
        memset(to, 0, type->size);
    }
    if (e) {
        struct filling f = {c, pou};
        fill(&f, type, e, to, 0);
    }
}
