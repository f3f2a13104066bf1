/* check.c - the types of expressions: names, literals, members, elements, references. */
#include "plc/compile.h"

#include <string.h>

static struct pc_type *fail(struct pc_check *k, struct pc_expr *e)
{
    e->type = k->c->elementary[TY_ERROR];
    return e->type;
}

static struct pc_type *ty(struct pc_check *k, enum pc_tk kind)
{
    return k->c->elementary[kind];
}

struct pc_expr *mr_pc_make(struct pc_check *k, enum pc_ek kind, struct pc_pos pos, struct pc_type *type)
{
    struct pc_expr *e = mr_pc_alloc(k->c->pool, sizeof *e);
    e->kind = kind;
    e->pos = pos;
    e->type = type;
    return e;
}

/* ---- names ---- */

struct pc_var *mr_pc_lookup(struct pc *c, struct pc_pou *pou, const struct pc_atom *name)
{
    for (struct pc_pou *p = pou; p; p = p->owner) {
        for (struct pc_pou *b = p; b; b = b->base) {
            struct pc_var *v = mr_pc_map_get(&b->names, name);
            if (v) {
                v->used = true;
                return v->target ? v->target : v;
            }
        }
    }
    return mr_pc_map_get(&c->names, name);
}

static const char *nearest_name(struct pc *c, struct pc_pou *pou, const struct pc_atom *name)
{
    const char *names[512];
    size_t n = 0;
    for (struct pc_pou *p = pou; p; p = p->owner) {
        for (uint32_t i = 0; i < p->vars.n && n < 400; i++) {
            names[n++] = p->vars.items[i]->name->name;
        }
    }
    for (uint32_t i = 0; i < c->globals.n && n < 512; i++) {
        names[n++] = c->globals.items[i]->name->name;
    }
    return mr_nearest(name->name, names, n);
}

/* Tells of an unknown name once in each unit: it is declared, as something that agrees with everything. */
static struct pc_type *unknown_name(struct pc_check *k, struct pc_expr *e)
{
    const char *near = nearest_name(k->c, k->pou, e->name);
    PC_ERROR(k->c, e->pos, "'%s' is not declared%s%s%s", e->spelled, near ? "; did you mean '" : "", near ? near : "",
             near ? "'?" : "");
    if (k->pou) {
        struct pc_var *v = mr_pc_alloc(k->c->pool, sizeof *v);
        *v = (struct pc_var){.name = e->name, .spelled = e->spelled, .pos = e->pos, .type = ty(k, TY_ERROR), .laid_out = true};
        (void)mr_pc_map_put(k->c->pool, &k->pou->names, e->name, v);
    }
    return fail(k, e);
}

static bool foldable(const struct pc_var *v)
{
    return v->constant && v->type && (mr_pc_is_elementary(v->type) || v->type->kind == TY_ENUM) && !v->located &&
           v->cls != VC_INPUT && v->cls != VC_INOUT;
}

/* The value of a VAR CONSTANT, found when it is first asked for. */
static struct pc_expr *constant_value(struct pc_check *k, struct pc_var *v)
{
    if (v->state == 0) {
        v->state = 1;
        struct pc_expr *e = v->init;
        if (!e) {
            e = mr_pc_make(k, EX_CONST, v->pos, v->type);
        } else if (k->c->depth++ > MR_PLC_NEST_MAX) {
            PC_ERROR(k->c, v->pos, "constants that need each other more than %d deep", MR_PLC_NEST_MAX);
            e = NULL;
        } else {
            e = mr_pc_constant(k->c, v->cls == VC_GLOBAL ? NULL : k->pou, e, v->type);
        }
        k->c->depth -= v->init ? 1 : 0;
        v->known = e;
        v->state = 2;
    } else if (v->state == 1) {
        PC_ERROR(k->c, v->pos, "the constant '%s' is defined by itself", v->spelled);
        v->known = NULL;
        v->state = 2;
    }
    return v->known;
}

static struct pc_type *check_var(struct pc_check *k, struct pc_expr *e, struct pc_var *v)
{
    if (v->cls == VC_ENUM) {
        e->kind = EX_CONST;
        e->v.i = v->value;
        e->type = v->type;
        return e->type;
    }
    if (!v->type && v->inferred) {
        PC_ERROR(k->c, e->pos, "'%s' has no value yet", v->spelled);
        return fail(k, e);
    }
    if (!v->type && v->resolving) {
        PC_ERROR(k->c, e->pos, "the type of '%s' needs '%s' itself", v->spelled, v->spelled);
        return fail(k, e);
    }
    if (!v->type && mr_pc_too_deep(k->c, e->pos)) {
        return fail(k, e);
    }
    if (!v->type) { /* its turn has not come: only constants are asked for so early */
        k->c->depth++;
        v->resolving = true;
        v->type = mr_pc_resolve(k->c, v->desc);
        k->c->depth--;
    }
    if (foldable(v)) {
        struct pc_expr *value = constant_value(k, v);
        if (!value) {
            return fail(k, e);
        }
        struct pc_pos pos = e->pos;
        *e = *value;
        e->pos = pos;
        e->a = e->b = NULL; /* what it was worked out from is its own; shared, constants of constants would be walked 2^n times */
        e->args = NULL;
        return e->type;
    }
    e->kind = EX_VAR;
    e->var = v;
    e->type = v->type;
    return e->type;
}

static struct pc_type *check_name(struct pc_check *k, struct pc_expr *e)
{
    struct pc_var *v = mr_pc_lookup(k->c, k->pou, e->name);
    if (v) {
        return check_var(k, e, v);
    }
    struct pc_pou *self = k->pou && k->pou->owner ? k->pou->owner : k->pou;
    if (self && self->type && strcmp(e->name->name, "THIS") == 0) {
        e->kind = EX_THIS;
        e->type = mr_pc_ref_type(k->c, self->type);
        return e->type;
    }
    if (self && self->base && strcmp(e->name->name, "SUPER") == 0) {
        e->kind = EX_THIS;
        e->type = mr_pc_ref_type(k->c, self->base->type);
        return e->type;
    }
    if (mr_pc_property_read(k, e, self)) {
        return mr_pc_check(k, e);
    }
    if (mr_pc_std_find(e->name) || mr_pc_unit(k->c, e->name)) {
        PC_ERROR(k->c, e->pos, "'%s' is no variable; a function is called with '%s(...)', a function block by an instance of it",
                 e->spelled, e->spelled);
        return fail(k, e);
    }
    return unknown_name(k, e);
}

/* ---- typed literals ---- */

static struct pc_type *check_typed(struct pc_check *k, struct pc_expr *e)
{
    struct pc_tdesc d = {.kind = TD_NAME, .pos = e->pos, .name = e->name, .spelled = e->spelled};
    bool string = strcmp(e->name->name, "STRING") == 0 || strcmp(e->name->name, "WSTRING") == 0;
    struct pc_type *t = string ? ty(k, TY_STRING) : mr_pc_resolve(k->c, &d);
    if (t->kind == TY_ERROR) {
        return fail(k, e);
    }
    struct pc_expr *v = e->a;
    if (!v) { /* there is no value, which was told */
        return fail(k, e);
    }
    if (v->kind == EX_NAME && t->kind == TY_ENUM) {
        struct pc_var *value = mr_pc_field(t, v->name);
        if (!value) {
            PC_ERROR(k->c, v->pos, "%s has no value '%s'", t->name, v->spelled);
            return fail(k, e);
        }
        return check_var(k, e, value);
    }
    struct pc_type *from = v->kind == EX_NAME ? NULL : mr_pc_check(k, v);
    bool bit = t->kind == TY_BOOL && from && from->kind == TY_LITINT && (v->v.i == 0 || v->v.i == 1);
    if (!from || !((mr_pc_is_num(t) || mr_pc_is_bits(t)) || string) || (t->kind != TY_BOOL && from->kind == TY_BOOL)) {
        PC_ERROR(k->c, v->pos, "this is no value of %s", t->name);
        return fail(k, e);
    }
    if (!bit && !mr_pc_coerce(k, &v, t, "the value")) {
        return fail(k, e);
    }
    struct pc_pos pos = e->pos;
    *e = *v;
    e->pos = pos;
    e->type = string ? v->type : t;
    e->op = TK_EOF;
    return e->type;
}

/* ---- members, elements, references ---- */

static struct pc_expr *dereferenced(struct pc_check *k, struct pc_expr *a)
{
    if (a->type->kind == TY_REF && a->kind == EX_THIS) {
        struct pc_expr *d = mr_pc_make(k, EX_DEREF, a->pos, a->type->base);
        d->a = a;
        return d;
    }
    return a;
}

void mr_pc_leave_out_space(struct pc_check *k, struct pc_expr *e)
{
    struct pc_expr *type = e->a;
    const struct pc_expr *space = type->kind == EX_FIELD ? type->a : NULL;
    if (!space || space->kind != EX_NAME || !type->name || mr_pc_lookup(k->c, k->pou, space->name) ||
        mr_pc_map_get(&k->c->units, space->name)) {
        return;
    }
    const struct pc_type *t = mr_pc_map_get(&k->c->types, type->name);
    bool list = !t && !mr_pc_lookup(k->c, k->pou, type->name) && e->name && mr_pc_map_get(&k->c->names, e->name);
    if (list || (t && t->kind == TY_ENUM)) {
        type->kind = EX_NAME;
    }
}

/* Color.Red, where Color is a type; Program.variable and Namespace.name go through the names. */
static bool check_qualified(struct pc_check *k, struct pc_expr *e)
{
    mr_pc_leave_out_space(k, e);
    const struct pc_var *v = e->a->kind == EX_NAME ? mr_pc_lookup(k->c, k->pou, e->a->name) : NULL;
    bool of_enum = v && v->type && v->type->kind == TY_ENUM; /* which has no members: its type of that name is meant */
    if (e->a->kind != EX_NAME || (v && !of_enum) || !e->name) {
        return false;
    }
    struct pc_type *t = mr_pc_map_get(&k->c->types, e->a->name);
    struct pc_var *value = t && t->kind == TY_ENUM ? mr_pc_field(t, e->name) : NULL;
    if (t && t->kind == TY_ENUM && !value) {
        PC_ERROR(k->c, e->pos, "%s has no value '%s'", t->name, e->spelled);
        (void)fail(k, e);
        return true;
    }
    if (!t && !v && !mr_pc_map_get(&k->c->units, e->a->name)) { /* a list of global variables or a namespace in front */
        value = mr_pc_map_get(&k->c->names, e->name);
    }
    if (value) {
        (void)check_var(k, e, value);
    }
    return value != NULL;
}

static struct pc_type *no_member(struct pc_check *k, struct pc_expr *e, const struct pc_type *t)
{
    const char *names[256];
    size_t n = 0;
    for (uint32_t i = 0; i < t->fields.n && n < 128; i++) {
        names[n++] = t->fields.items[i]->name->name;
    }
    for (struct pc_pou *p = t->kind == TY_FB ? t->pou : NULL; p; p = p->base) {
        for (uint32_t i = 0; i < p->vars.n && n < 256; i++) {
            names[n++] = p->vars.items[i]->name->name;
        }
    }
    const char *near = mr_nearest(e->name->name, names, n);
    PC_ERROR(k->c, e->pos, "%s has no member '%s'%s%s%s", t->name, e->spelled, near ? "; did you mean '" : "", near ? near : "",
             near ? "'?" : "");
    return fail(k, e);
}

static struct pc_type *check_field(struct pc_check *k, struct pc_expr *e)
{
    if (check_qualified(k, e)) {
        return e->type;
    }
    struct pc_type *t = mr_pc_check(k, e->a);
    if (t->kind == TY_ERROR || !e->name) {
        return fail(k, e);
    }
    e->a = dereferenced(k, e->a);
    t = e->a->type;
    struct pc_var *v = NULL;
    if (t->kind == TY_STRUCT) {
        v = mr_pc_field(t, e->name);
    }
    for (struct pc_pou *p = t->kind == TY_FB ? t->pou : NULL; p && !v; p = p->base) {
        v = mr_pc_map_get(&p->names, e->name);
    }
    if (!v && mr_pc_property_read(k, e, t->kind == TY_FB || t->kind == TY_IFACE ? t->pou : NULL)) {
        return mr_pc_check(k, e);
    }
    if (!v) {
        return no_member(k, e, t);
    }
    if (foldable(v) || v->located) {
        return check_var(k, e, v);
    }
    if (!v->relative) {
        PC_ERROR(k->c, e->pos, "'%s' cannot be reached from outside", e->spelled);
        return fail(k, e);
    }
    e->var = v;
    e->type = v->type;
    return e->type;
}

/* s[i], the i-th byte of a string, from 0: ADR(s)[i] */
static void point_to_characters(struct pc_check *k, struct pc_expr *e)
{
    struct pc_expr *s = e->a->kind == EX_CONST ? mr_pc_placed_constant(k, e->a, e->a->type) : e->a;
    struct pc_expr *r = mr_pc_make(k, EX_REF, e->pos, mr_pc_ref_type(k->c, ty(k, TY_BYTE)));
    r->a = s;
    r->v.i = PC_STR_HEAD;
    r->variant = PC_ADDRESS;
    e->a = r;
}

/* p[i] of a pointer: (p + i * SIZEOF(p^))^ */
static struct pc_type *index_pointer(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *to = e->a->type->base;
    struct pc_expr *i = e->args->e;
    if (!mr_pc_is_int(mr_pc_plain(i->type)) && !(mr_pc_is_bits(i->type) && i->type->kind != TY_BOOL)) {
        PC_ERROR(k->c, e->args->pos, "an index is a whole number, not %s", i->type->name);
        return fail(k, e);
    }
    mr_pc_layout_type(k->c, to, e->pos);
    mr_pc_into(k, &i, ty(k, TY_DINT));
    struct pc_expr *by = mr_pc_make(k, EX_BINARY, e->pos, ty(k, TY_DINT));
    by->op = TK_STAR;
    by->a = i;
    by->b = mr_pc_make(k, EX_CONST, e->pos, ty(k, TY_DINT));
    by->b->v.i = to->size;
    mr_pc_fold(k, by);
    mr_pc_into(k, &by, ty(k, TY_UDINT));
    struct pc_expr *sum = mr_pc_make(k, EX_BINARY, e->pos, e->a->type);
    sum->op = TK_PLUS;
    sum->variant = PC_ADDRESS;
    sum->a = e->a;
    sum->b = by;
    *e = (struct pc_expr){.kind = EX_DEREF, .pos = e->pos, .a = sum, .type = to, .spelled = e->spelled};
    return to;
}

/* a[i, j]: one step for each dimension. The array and the indices are checked. */
static struct pc_type *index_array(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *t = e->a->type;
    struct pc_expr *inner = e->a;
    for (struct pc_arg *i = e->args; i; i = i->next) {
        if (t->kind != TY_ARRAY) {
            PC_ERROR(k->c, i->pos, i == e->args ? "%s is no array" : "%s has fewer dimensions", e->a->type->name);
            return fail(k, e);
        }
        struct pc_type *it = mr_pc_plain(i->e->type);
        if (it->kind == TY_ERROR) {
            return fail(k, e);
        }
        if (!mr_pc_is_int(it) && !(mr_pc_is_bits(it) && it->kind != TY_BOOL)) {
            PC_ERROR(k->c, i->pos, "an index is a whole number, not %s", i->e->type->name);
            return fail(k, e);
        }
        if (i->e->kind == EX_CONST && (i->e->v.i < t->lo || i->e->v.i > t->hi) && !t->variable_length) {
            PC_ERROR(k->c, i->pos, "index %lld is outside %lld..%lld", (long long)i->e->v.i, (long long)t->lo, (long long)t->hi);
            return fail(k, e);
        }
        struct pc_expr *index = i->e;
        if (it->kind != TY_INT || index->kind == EX_CONST) {
            mr_pc_into(k, &index, ty(k, TY_DINT));
        }
        struct pc_expr *x = i->next ? mr_pc_make(k, EX_INDEX, e->pos, t->base) : e;
        x->a = inner;
        x->b = index;
        x->type = t->base;
        inner = x;
        t = t->base;
    }
    e->args = NULL; /* each is some x->b now: by two ways a nest of them would be walked 2^depth times */
    return e->type;
}

/* a[i, j, m] of ARRAY[*, *] OF ARRAY[1..3] OF INT: the element that i and j mean, by its address, and in it [m] */
static struct pc_type *index_open_array(struct pc_check *k, struct pc_expr *e)
{
    struct pc_expr *array = e->a;
    struct pc_arg *at = mr_pc_open_index(k, array, e->args);
    if (!at) {
        return fail(k, e);
    }
    struct pc_type *of = array->type;
    while (of->kind == TY_ARRAY && of->variable_length) {
        of = of->base;
    }
    struct pc_expr *x = mr_pc_make(k, EX_INDEX, e->pos, NULL);
    x->a = mr_pc_make(k, EX_REF, e->pos, mr_pc_ref_type(k->c, of));
    x->a->a = array;
    x->a->variant = PC_ADDRESS;
    x->args = at;
    struct pc_arg *rest = at->next;
    at->next = NULL;
    (void)index_pointer(k, x);
    x->var = array->kind == EX_VAR ? array->var : NULL; /* whose constancy counts */
    if (!rest) {
        *e = *x;
        return e->type;
    }
    e->a = x;
    e->args = rest;
    return index_array(k, e);
}

static struct pc_type *check_index(struct pc_check *k, struct pc_expr *e)
{
    (void)mr_pc_check(k, e->a);
    e->a = dereferenced(k, e->a);
    struct pc_type *t = e->a->type;
    for (struct pc_arg *i = e->args; i; i = i->next) {
        (void)mr_pc_check(k, i->e);
    }
    if (t->kind == TY_ERROR) {
        return fail(k, e);
    }
    if (t->kind == TY_STRING && e->args && !e->args->next) {
        point_to_characters(k, e);
        t = e->a->type;
    }
    if (t->kind == TY_REF && e->args && !e->args->next) {
        return index_pointer(k, e);
    }
    if (t->kind == TY_ARRAY && t->variable_length) {
        return index_open_array(k, e);
    }
    return index_array(k, e);
}

static struct pc_type *check_bit(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *t = mr_pc_check(k, e->a);
    if (t->kind == TY_ERROR) {
        return fail(k, e);
    }
    int64_t parts = e->variant > 0 ? t->size / e->variant : 8 * (int64_t)t->size;
    if (!(mr_pc_is_bits(t) || mr_pc_is_int(t)) || e->v.i < 0 || e->v.i >= parts || t->kind == TY_BOOL) {
        PC_ERROR(k->c, e->pos, "%s has no %s %lld", t->name, e->variant > 0 ? "part" : "bit", (long long)e->v.i);
        return fail(k, e);
    }
    static const enum pc_tk kinds[] = {[0] = TY_BOOL, [1] = TY_BYTE, [2] = TY_WORD, [4] = TY_DWORD, [8] = TY_LWORD};
    e->type = ty(k, kinds[e->variant]);
    return e->type;
}

static struct pc_type *check_deref(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *t = mr_pc_check(k, e->a);
    if (t->kind == TY_ERROR) {
        return fail(k, e);
    }
    if (t->kind != TY_REF && e->a->kind == EX_DEREF && e->a->a->type->variable_length) { /* a REFERENCE TO is followed already */
        *e = *e->a;
        return e->type;
    }
    if (t->kind != TY_REF) {
        PC_ERROR(k->c, e->pos, "%s is no reference, '^' follows one", t->name);
        return fail(k, e);
    }
    e->type = t->base;
    return e->type;
}

static struct pc_type *check_address(struct pc_check *k, struct pc_expr *e)
{
    static const enum pc_tk kinds[] = {[MR_VT_BOOL] = TY_BOOL,
                                       [MR_VT_BYTE] = TY_BYTE,
                                       [MR_VT_WORD] = TY_WORD,
                                       [MR_VT_DWORD] = TY_DWORD,
                                       [MR_VT_LWORD] = TY_LWORD};
    if (e->place.type == MR_VT_OTHER) {
        PC_ERROR(k->c, e->pos, "'*' stands for an address only in a declaration");
        return fail(k, e);
    }
    struct pc_var *v = mr_pc_alloc(k->c->pool, sizeof *v);
    *v = (struct pc_var){.name = NULL,
                         .spelled = e->spelled,
                         .pos = e->pos,
                         .cls = VC_GLOBAL,
                         .located = true,
                         .place = e->place,
                         .laid_out = true,
                         .offset = k->c->area_at[e->place.area] + e->place.byte,
                         .type = ty(k, kinds[e->place.type])};
    e->kind = EX_VAR;
    e->var = v;
    e->type = v->type;
    return e->type;
}

/* A REFERENCE TO is what it refers to, wherever it stands. */
static struct pc_type *follow_reference(struct pc_check *k, struct pc_expr *e)
{
    if (e->type->kind == TY_REF && e->type->variable_length &&
        (e->kind == EX_VAR || e->kind == EX_FIELD || e->kind == EX_INDEX || (e->kind == EX_CALL && e->pou))) {
        struct pc_expr *inner = mr_pc_make(k, e->kind, e->pos, e->type);
        *inner = *e;
        *e = (struct pc_expr){.kind = EX_DEREF, .pos = e->pos, .a = inner, .type = inner->type->base, .spelled = inner->spelled};
    }
    return e->type;
}

static struct pc_type *check_kind(struct pc_check *k, struct pc_expr *e);

bool mr_pc_copied(struct pc_check *k, uint32_t times, struct pc_pos pos)
{
    uint32_t copies = (k->copies > 0 ? k->copies : 1) * times;
    if (copies > MR_PLC_COPIES_MAX) {
        if (!k->told_copies) {
            PC_ERROR(k->c, pos, "calls with EN, or of overridden methods, nest too deep here; put what they give into variables");
        }
        k->told_copies = true;
        return false;
    }
    k->copies = copies;
    return true;
}

struct pc_type *mr_pc_check(struct pc_check *k, struct pc_expr *e)
{
    if (e->type && e->kind != EX_CONST) {
        return e->type; /* checked already */
    }
    (void)check_kind(k, e);
    return follow_reference(k, e);
}

static struct pc_type *check_kind(struct pc_check *k, struct pc_expr *e)
{
    switch (e->kind) {
    case EX_VAR:
        e->type = e->type ? e->type : e->var->type;
        return e->type ? e->type : fail(k, e);
    case EX_CONST:
    case EX_CONVERT:
    case EX_THIS:
    case EX_SUPER:
    case EX_REF:
        return e->type ? e->type : fail(k, e);
    case EX_NAME:
        return check_name(k, e);
    case EX_TYPED:
        return check_typed(k, e);
    case EX_ADDRESS:
        return check_address(k, e);
    case EX_FIELD:
        return check_field(k, e);
    case EX_INDEX:
        return check_index(k, e);
    case EX_DEREF:
        return check_deref(k, e);
    case EX_BITOF:
        return check_bit(k, e);
    case EX_CALL:
        (void)mr_pc_check_call(k, e, false);
        if (e->type && e->type->kind == TY_VOID) {
            PC_ERROR(k->c, e->pos, "this call gives no value");
            return fail(k, e);
        }
        return e->type;
    case EX_NEG:
    case EX_NOT:
        return mr_pc_check_unary(k, e);
    case EX_BINARY:
        return mr_pc_check_binary(k, e);
    case EX_LIST:
        PC_ERROR(k->c, e->pos, "a list of values only stands where a variable is declared");
        return fail(k, e);
    }
    return fail(k, e);
}

bool mr_pc_lvalue(struct pc_check *k, struct pc_expr *e, bool told)
{
    const struct pc_expr *root = e;
    bool through = false;
    bool read_only = false;
    while (root->kind == EX_FIELD || root->kind == EX_INDEX || root->kind == EX_BITOF || root->kind == EX_DEREF) {
        if (root->kind == EX_FIELD && root->var && root->var->cls == VC_OUTPUT && root->a->kind != EX_DEREF) {
            PC_ERROR(k->c, root->pos, "'%s' is an output of %s; only the block itself writes it", root->spelled,
                     root->a->type->name);
            return false;
        }
        through = through || root->kind == EX_DEREF;
        read_only = read_only || (root->kind == EX_DEREF && root->var && root->var->constant); /* an element of ARRAY[*] */
        root = root->a;
    }
    if ((through && !read_only) || (root->kind == EX_VAR && !root->var->constant) || root->kind == EX_THIS) {
        return true;
    }
    if (e->type->kind != TY_ERROR && !told) {
        bool constant = read_only || root->kind == EX_VAR || root->kind == EX_CONST;
        PC_ERROR(k->c, e->pos, constant ? "a constant cannot be written" : "only a variable can stand here");
    }
    return false;
}

struct pc_expr *mr_pc_placed_constant(struct pc_check *k, struct pc_expr *e, struct pc_type *type)
{
    struct pc_var *v = mr_pc_alloc(k->c->pool, sizeof *v);
    *v =
        (struct pc_var){.spelled = "constant", .pos = e->pos, .cls = VC_GLOBAL, .type = type, .constant = true, .laid_out = true};
    v->offset = mr_pc_reserve(k->c, type->size, type->align);
    if (v->offset > 0) {
        mr_pc_initial(k->c, k->pou, type, e->kind == EX_CONST ? e : NULL, k->c->init + v->offset);
    }
    struct pc_expr *x = mr_pc_make(k, EX_VAR, e->pos, type);
    x->var = v;
    x->spelled = v->spelled;
    return x;
}

struct pc_expr *mr_pc_constant(struct pc *c, struct pc_pou *pou, struct pc_expr *e, struct pc_type *type)
{
    struct pc_check k = {.c = c, .pou = pou, .constant = true};
    struct pc_type *t = mr_pc_check(&k, e);
    if (t->kind == TY_ERROR || (type && type->kind == TY_ERROR)) {
        return NULL;
    }
    if (type && !mr_pc_coerce(&k, &e, type, "the initial value")) {
        return NULL;
    }
    if (e->kind != EX_CONST) {
        PC_ERROR(c, e->pos, "a constant is needed here");
        return NULL;
    }
    return e;
}
