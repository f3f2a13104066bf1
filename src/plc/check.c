/* check.c - the types of expressions (IEC 61131-3, 2nd edition 3.3.1; implicit widening of the 3rd, figure 12). */
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
           v->cls != VC_INPUT;
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
    if (!v->type) { /* a global whose turn has not come: only constants are asked for so early */
        v->type = mr_pc_resolve(k->c, v->desc);
    }
    if (foldable(v)) {
        struct pc_expr *value = constant_value(k, v);
        if (!value) {
            return fail(k, e);
        }
        struct pc_pos pos = e->pos;
        *e = *value;
        e->pos = pos;
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

/* ---- conversions ---- */

static bool is_scalar(const struct pc_type *t)
{
    return mr_pc_is_num(t) || mr_pc_is_bits(t);
}

/* How well a value of type `from` goes where `to` is wanted: 0 not, 1 with a warning, 2 well. */
static int widens(const struct pc_type *from, const struct pc_type *to)
{
    if (from->kind == to->kind) {
        return 2;
    }
    if (from->kind == TY_BOOL || to->kind == TY_BOOL) {
        return 0;
    }
    if (mr_pc_is_real(to)) {
        if (mr_pc_is_real(from)) {
            return to->size > from->size ? 2 : 0;
        }
        return !mr_pc_is_int(from) ? 0 : (from->size < to->size || to->kind == TY_LREAL ? 2 : 1);
    }
    if (!is_scalar(from) || mr_pc_is_real(from)) {
        return 0;
    }
    bool same_family = mr_pc_is_bits(from) == mr_pc_is_bits(to);
    bool sign_kept = mr_pc_is_signed(from) == mr_pc_is_signed(to) || (!mr_pc_is_signed(from) && to->size > from->size);
    if (to->size > from->size) {
        return same_family && sign_kept ? 2 : 1;
    }
    return to->size == from->size ? 1 : 0;
}

static void convert(struct pc_check *k, struct pc_expr **e, struct pc_type *type)
{
    if ((*e)->type == type || mr_pc_fold_convert(*e, type)) {
        return;
    }
    struct pc_expr *c = mr_pc_make(k, EX_CONVERT, (*e)->pos, type);
    c->a = *e;
    *e = c;
}

static bool coerce_constant(struct pc_check *k, struct pc_expr *e, struct pc_type *type)
{
    if (!mr_pc_fits(e, type)) {
        int64_t lo = 0;
        uint64_t hi = 0;
        (void)mr_pc_int_range(type, &lo, &hi);
        PC_ERROR(k->c, e->pos, "%lld does not fit %s, which goes from %lld to %llu", (long long)e->v.i, type->name, (long long)lo,
                 (unsigned long long)hi);
        return false;
    }
    return mr_pc_fold_convert(e, type);
}

static bool refers(const struct pc_type *from, const struct pc_type *to)
{
    if (from->kind != TY_REF || to->kind != TY_REF) {
        return false;
    }
    if (mr_pc_same_type(from->base, to->base) || to->base->kind == TY_BYTE || from->base->kind == TY_ERROR) {
        return true;
    }
    for (struct pc_pou *p = from->base->pou; p; p = p->base) {
        if (p->type == to->base) {
            return true;
        }
    }
    return false;
}

static bool mismatch(struct pc_check *k, struct pc_expr *e, struct pc_type *type, const char *what)
{
    const struct pc_type *from = e->type;
    const char *verb = strcmp(from->name, "nothing") == 0 ? "gives no value" : "does not go into";
    if (mr_pc_is_elementary(from) && mr_pc_is_elementary(type)) {
        PC_ERROR(k->c, e->pos, "%s %s %s %s without a conversion; write %s_TO_%s(...)", what, from->name, verb, type->name,
                 mr_pc_plain(e->type)->name, mr_pc_plain(type)->name);
    } else {
        PC_ERROR(k->c, e->pos, "%s %s %s %s", what, from->name, verb, type->name);
    }
    return false;
}

static bool flexible(const struct pc_expr *e)
{
    return (e->kind == EX_CALL || e->kind == EX_BINARY) && e->variant == PC_OF_LITERALS;
}

/* ADR(x) is no reference to x's type but an address: of a string that of its first character, unless a string is wanted. */
static bool place_address(struct pc_expr *e, struct pc_type *type)
{
    if ((e->kind != EX_REF && e->kind != EX_BINARY) || e->variant != PC_ADDRESS || type->kind != TY_REF) {
        return false;
    }
    if (e->kind == EX_REF && mr_pc_is_string(e->a->type) && !mr_pc_is_string(type->base)) {
        e->v.i = PC_STR_HEAD;
    }
    e->type = type;
    return true;
}

bool mr_pc_coerce(struct pc_check *k, struct pc_expr **pe, struct pc_type *type, const char *what)
{
    struct pc_expr *e = *pe;
    struct pc_type *from = e->type;
    if (from->kind == TY_ERROR || type->kind == TY_ERROR) {
        return false;
    }
    if (place_address(e, type)) {
        return true;
    }
    bool enumeration = from->kind == TY_ENUM || type->kind == TY_ENUM;
    if (e->kind == EX_CONST && is_scalar(from) && is_scalar(type) && from->kind != TY_BOOL &&
        (from->kind == TY_LITINT || widens(from, type) > 0 || (from->kind == TY_LITREAL && mr_pc_is_real(type)) ||
         type->subrange) &&
        !(from->kind == TY_LITREAL && !mr_pc_is_real(type))) {
        return coerce_constant(k, e, type);
    }
    if (mr_pc_same_type(from, type)) {
        if (e->kind == EX_CONST && mr_pc_is_string(type) && e->v.s.n > type->length) {
            mr_pc_warn(&k->c->report, e->pos, "this text has %u characters, %s takes %u of them", e->v.s.n, type->name,
                       type->length);
        }
        return true;
    }
    if (enumeration && mr_pc_is_int(mr_pc_plain(from)) && mr_pc_is_int(mr_pc_plain(type)) &&
        !(from->kind == TY_ENUM && type->kind == TY_ENUM) &&
        (e->kind == EX_CONST || widens(mr_pc_plain(from), mr_pc_plain(type)) > 0)) {
        convert(k, pe, type);
        return true;
    }
    int how = is_scalar(from) && is_scalar(type) ? widens(from, type) : 0;
    if (flexible(e) && is_scalar(type) && type->kind != TY_BOOL && mr_pc_is_real(from) == mr_pc_is_real(type)) {
        how = 2;
    }
    if (how > 0) {
        if (how == 1 && !(k->pou && k->pou->library)) {
            mr_pc_warn(&k->c->report, e->pos, "%s goes into %s unasked; %s_TO_%s(...) would say that it is meant", from->name,
                       type->name, mr_pc_plain(from)->name, mr_pc_plain(type)->name);
        }
        convert(k, pe, type);
        return true;
    }
    if (e->kind == EX_CONST && from->kind == TY_LITINT && e->v.i == 0 && (type->kind == TY_REF || type->kind == TY_IFACE)) {
        e->type = type;
        return true;
    }
    if (type->kind == TY_IFACE && (from->kind == TY_FB || from->kind == TY_IFACE) && mr_pc_implements(k->c, from->pou, type)) {
        if (from->kind == TY_FB) {
            struct pc_expr *r = mr_pc_make(k, EX_REF, e->pos, type);
            r->a = e;
            *pe = r;
        }
        return true;
    }
    if ((from->kind == TY_NULL && (type->kind == TY_REF || type->kind == TY_IFACE)) || refers(from, type)) {
        e->type = from->kind == TY_NULL ? type : from;
        return true;
    }
    return mismatch(k, e, type, what);
}

/* The type that both operands go into: the literal follows the variable, the narrower the wider. */
static struct pc_type *common_type(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *a = mr_pc_plain(e->a->type);
    struct pc_type *b = mr_pc_plain(e->b->type);
    a = e->a->type->kind == TY_ENUM ? e->a->type : a;
    b = e->b->type->kind == TY_ENUM ? e->b->type : b;
    if (a->kind == b->kind && mr_pc_same_type(a, b)) {
        return a;
    }
    if (a->kind == TY_IFACE && b->kind == TY_IFACE) {
        return mr_pc_implements(k->c, b->pou, a) ? a : mr_pc_implements(k->c, a->pou, b) ? b : NULL;
    }
    if (a->kind == TY_LITINT || a->kind == TY_NULL || (a->kind == TY_LITREAL && mr_pc_is_real(b))) {
        return b->kind == TY_LITINT ? a : b;
    }
    if (b->kind == TY_LITINT || b->kind == TY_NULL || (b->kind == TY_LITREAL && mr_pc_is_real(a))) {
        return a;
    }
    if (flexible(e->a) != flexible(e->b) && mr_pc_is_num(a) && mr_pc_is_num(b) && mr_pc_is_real(a) == mr_pc_is_real(b)) {
        return flexible(e->a) ? b : a;
    }
    if (a->kind == TY_LITREAL || b->kind == TY_LITREAL) {
        return mr_pc_is_int(a) || mr_pc_is_int(b) ? ty(k, a->size == 8 && b->size == 8 ? TY_LREAL : TY_REAL) : NULL;
    }
    if (a->kind == TY_ENUM || b->kind == TY_ENUM) {
        struct pc_type *other = a->kind == TY_ENUM ? b : a;
        return mr_pc_is_int(other) ? other : NULL;
    }
    if (!is_scalar(a) || !is_scalar(b)) {
        return refers(a, b) ? b : (refers(b, a) ? a : NULL);
    }
    int ab = widens(a, b);
    int ba = widens(b, a);
    if (ab == 0 && ba == 0) {
        return NULL;
    }
    if (ab == 1 && ba == 1) { /* one size, signed and not: the sign is kept */
        return mr_pc_is_signed(a) || mr_pc_is_bits(b) ? a : b;
    }
    return ab >= ba ? b : a;
}

static struct pc_type *no_operation(struct pc_check *k, struct pc_expr *e)
{
    PC_ERROR(k->c, e->pos, "%s is not defined between %s and %s", mr_pc_tok_text(e->op), e->a->type->name, e->b->type->name);
    return fail(k, e);
}

static bool unify(struct pc_check *k, struct pc_expr *e, struct pc_type **out)
{
    struct pc_type *t = common_type(k, e);
    if (!t) {
        (void)no_operation(k, e);
        return false;
    }
    *out = t;
    if (t->kind == TY_LITINT || t->kind == TY_LITREAL) {
        return true;
    }
    return mr_pc_coerce(k, &e->a, t, "here") && mr_pc_coerce(k, &e->b, t, "here");
}

struct pc_expr *mr_pc_converted(struct pc_check *k, struct pc_expr *e, struct pc_type *type)
{
    convert(k, &e, type);
    return e;
}

struct pc_type *mr_pc_common(struct pc_check *k, struct pc_expr *a, struct pc_expr *b)
{
    struct pc_expr both = {.kind = EX_BINARY, .a = a, .b = b};
    return common_type(k, &both);
}

/* ---- operators ---- */

/* Table 30 (2nd edition) and 35 (3rd): durations and dates. NULL where it is about something else. */
static struct pc_type *check_time(struct pc_check *k, struct pc_expr *e)
{
    const struct pc_type *a = e->a->type;
    const struct pc_type *b = e->b->type;
    bool plus = e->op == TK_PLUS;
    bool minus = e->op == TK_MINUS;
    if ((mr_pc_is_time(a) || a->kind == TY_TOD || a->kind == TY_DT) && mr_pc_is_time(b) && (plus || minus)) {
        return e->a->type;
    }
    if (minus && mr_pc_is_date(a) && a->kind == b->kind) {
        return ty(k, TY_TIME);
    }
    bool swapped = mr_pc_is_time(b) && mr_pc_is_num(a) && e->op == TK_STAR;
    if (swapped) {
        struct pc_expr *x = e->a;
        e->a = e->b;
        e->b = x;
    }
    if (mr_pc_is_time(e->a->type) && mr_pc_is_num(e->b->type) && (e->op == TK_STAR || e->op == TK_SLASH)) {
        bool real = mr_pc_is_real(e->b->type);
        (void)mr_pc_coerce(k, &e->b, ty(k, real ? TY_LREAL : TY_LINT), "here");
        return e->a->type;
    }
    return NULL;
}

static struct pc_type *check_power(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *a = mr_pc_plain(e->a->type);
    if (!mr_pc_is_num(a) || !mr_pc_is_num(mr_pc_plain(e->b->type))) {
        return no_operation(k, e);
    }
    struct pc_type *t = a->kind == TY_REAL && e->b->type->kind != TY_LREAL ? ty(k, TY_REAL) : ty(k, TY_LREAL);
    if (!mr_pc_is_real(a) && a->size <= 2 && a->kind != TY_LITINT) {
        t = ty(k, TY_REAL);
    }
    if (a->kind == TY_LITREAL && e->b->type->kind == TY_REAL) {
        t = ty(k, TY_REAL);
    }
    bool literal =
        (a->kind == TY_LITINT || a->kind == TY_LITREAL) && (e->b->type->kind == TY_LITINT || e->b->type->kind == TY_LITREAL);
    t = literal ? ty(k, TY_LITREAL) : t;
    e->variant = a->kind == TY_LITINT && !literal ? PC_OF_LITERALS : 0; /* 10 ** n: its type follows what it goes into */
    convert(k, &e->a, t);
    convert(k, &e->b, t);
    return t;
}

/* An address and a distance in bytes. NULL where it is about something else. */
static struct pc_type *check_address_sum(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *b = mr_pc_plain(e->b->type);
    if (e->a->type->kind != TY_REF || (e->op != TK_PLUS && e->op != TK_MINUS) || b->kind == TY_BOOL ||
        !(mr_pc_is_int(b) || mr_pc_is_bits(b))) {
        return NULL;
    }
    (void)place_address(e->a, mr_pc_ref_type(k->c, ty(k, TY_BYTE)));
    convert(k, &e->b, ty(k, TY_UDINT));
    e->variant = PC_ADDRESS;
    return e->a->type;
}

static struct pc_type *check_arithmetic(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *t = check_time(k, e);
    t = t ? t : check_address_sum(k, e);
    if (t) {
        return t;
    }
    if (e->op == TK_POWER) {
        return check_power(k, e);
    }
    if (!unify(k, e, &t)) {
        return fail(k, e);
    }
    t = t->kind == TY_ENUM ? t->base : t;
    bool good = mr_pc_is_num(t) || (mr_pc_is_bits(t) && t->kind != TY_BOOL);
    if (!good || (e->op == TK_MOD && mr_pc_is_real(t))) {
        return no_operation(k, e);
    }
    bool literal_a = e->a->kind == EX_CONST;
    bool literal_b = e->b->kind == EX_CONST;
    if ((flexible(e->a) || literal_a) && (flexible(e->b) || literal_b) && !(literal_a && literal_b)) {
        e->variant = PC_OF_LITERALS;
    }
    return t;
}

static struct pc_type *check_comparison(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *t;
    if (!unify(k, e, &t)) {
        return fail(k, e);
    }
    bool equality = e->op == TK_EQ || e->op == TK_NE;
    bool ordered =
        mr_pc_is_num(t) || mr_pc_is_bits(t) || mr_pc_is_time(t) || mr_pc_is_date(t) || mr_pc_is_string(t) || t->kind == TY_ENUM;
    if (!ordered && !(equality && (t->kind == TY_REF || t->kind == TY_IFACE || t->kind == TY_NULL || t->kind == TY_STRUCT))) {
        return no_operation(k, e);
    }
    return ty(k, TY_BOOL);
}

static struct pc_type *check_logic(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *t;
    if (!unify(k, e, &t)) {
        return fail(k, e);
    }
    if (!mr_pc_is_bits(t) && !mr_pc_is_int(t)) {
        return no_operation(k, e);
    }
    if ((e->op == TK_AND_THEN || e->op == TK_OR_ELSE) && t->kind != TY_BOOL) {
        return no_operation(k, e);
    }
    return t;
}

static struct pc_type *check_binary(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *a = mr_pc_check(k, e->a);
    struct pc_type *b = mr_pc_check(k, e->b);
    if (a->kind == TY_ERROR || b->kind == TY_ERROR) {
        return fail(k, e);
    }
    if (e->op >= TK_LT && e->op <= TK_NE) {
        e->type = check_comparison(k, e);
    } else if (e->op == TK_AND || e->op == TK_OR || e->op == TK_XOR || e->op == TK_AND_THEN || e->op == TK_OR_ELSE) {
        e->type = check_logic(k, e);
    } else {
        e->type = check_arithmetic(k, e);
    }
    if (e->type->kind != TY_ERROR) {
        mr_pc_fold(k, e);
    }
    bool literal = e->kind == EX_BINARY && (e->type->kind == TY_LITINT || e->type->kind == TY_LITREAL);
    return literal ? fail(k, e) : e->type; /* literals that did not fold: told there */
}

static struct pc_type *check_unary(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *t = mr_pc_check(k, e->a);
    if (t->kind == TY_ERROR) {
        return fail(k, e);
    }
    struct pc_type *p = mr_pc_plain(t);
    bool good = e->kind == EX_NEG ? mr_pc_is_num(p) || mr_pc_is_time(p) : mr_pc_is_bits(p) || mr_pc_is_int(p);
    if (!good) {
        PC_ERROR(k->c, e->pos, "%s is not defined for %s", e->kind == EX_NEG ? "'-'" : "NOT", t->name);
        return fail(k, e);
    }
    e->type = p;
    mr_pc_fold(k, e);
    return e->type;
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
    if (!from || !(is_scalar(t) || string) || (t->kind != TY_BOOL && from->kind == TY_BOOL)) {
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

/* Color.Red, where Color is a type; Program.variable and Namespace.name go through the names. */
static bool check_qualified(struct pc_check *k, struct pc_expr *e)
{
    if (e->a->kind != EX_NAME || mr_pc_lookup(k->c, k->pou, e->a->name) || !e->name) {
        return false;
    }
    struct pc_type *t = mr_pc_map_get(&k->c->types, e->a->name);
    struct pc_var *value = t && t->kind == TY_ENUM ? mr_pc_field(t, e->name) : NULL;
    if (t && t->kind == TY_ENUM && !value) {
        PC_ERROR(k->c, e->pos, "%s has no value '%s'", t->name, e->spelled);
        (void)fail(k, e);
        return true;
    }
    if (!t && !mr_pc_map_get(&k->c->units, e->a->name)) { /* a list of global variables or a namespace in front */
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

/* p[i] of a pointer: (p + i * SIZEOF(p^))^ */
static struct pc_type *index_pointer(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *to = e->a->type->base;
    struct pc_expr *i = e->args->e;
    if (!mr_pc_is_int(mr_pc_plain(i->type))) {
        PC_ERROR(k->c, e->args->pos, "an index is a whole number, not %s", i->type->name);
        return fail(k, e);
    }
    mr_pc_layout_type(k->c, to, e->pos);
    convert(k, &i, ty(k, TY_DINT));
    struct pc_expr *by = mr_pc_make(k, EX_BINARY, e->pos, ty(k, TY_DINT));
    by->op = TK_STAR;
    by->a = i;
    by->b = mr_pc_make(k, EX_CONST, e->pos, ty(k, TY_DINT));
    by->b->v.i = to->size;
    mr_pc_fold(k, by);
    convert(k, &by, ty(k, TY_UDINT));
    struct pc_expr *sum = mr_pc_make(k, EX_BINARY, e->pos, e->a->type);
    sum->op = TK_PLUS;
    sum->variant = PC_ADDRESS;
    sum->a = e->a;
    sum->b = by;
    *e = (struct pc_expr){.kind = EX_DEREF, .pos = e->pos, .a = sum, .type = to, .spelled = e->spelled};
    return to;
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
    if (t->kind == TY_REF && e->args && !e->args->next) {
        return index_pointer(k, e);
    }
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
            convert(k, &index, ty(k, TY_DINT));
        }
        struct pc_expr *x = i->next ? mr_pc_make(k, EX_INDEX, e->pos, t->base) : e;
        x->a = inner;
        x->b = index;
        x->type = t->base;
        inner = x;
        t = t->base;
    }
    return e->type;
}

static struct pc_type *check_bit(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *t = mr_pc_check(k, e->a);
    if (t->kind == TY_ERROR) {
        return fail(k, e);
    }
    if (!(mr_pc_is_bits(t) || mr_pc_is_int(t)) || e->v.i < 0 || e->v.i >= 8 * (int64_t)t->size || t->kind == TY_BOOL) {
        PC_ERROR(k->c, e->pos, "%s has no bit %lld", t->name, (long long)e->v.i);
        return fail(k, e);
    }
    e->type = ty(k, TY_BOOL);
    return e->type;
}

static struct pc_type *check_deref(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *t = mr_pc_check(k, e->a);
    if (t->kind == TY_ERROR) {
        return fail(k, e);
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
        (e->kind == EX_VAR || e->kind == EX_FIELD || e->kind == EX_INDEX)) {
        struct pc_expr *inner = mr_pc_make(k, e->kind, e->pos, e->type);
        *inner = *e;
        *e = (struct pc_expr){.kind = EX_DEREF, .pos = e->pos, .a = inner, .type = inner->type->base, .spelled = inner->spelled};
    }
    return e->type;
}

static struct pc_type *check_kind(struct pc_check *k, struct pc_expr *e);

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
        return check_unary(k, e);
    case EX_BINARY:
        return check_binary(k, e);
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
    while (root->kind == EX_FIELD || root->kind == EX_INDEX || root->kind == EX_BITOF || root->kind == EX_DEREF) {
        if (root->kind == EX_FIELD && root->var && root->var->cls == VC_OUTPUT && root->a->kind != EX_DEREF) {
            PC_ERROR(k->c, root->pos, "'%s' is an output of %s; only the block itself writes it", root->spelled,
                     root->a->type->name);
            return false;
        }
        through = through || root->kind == EX_DEREF;
        root = root->a;
    }
    if (through || (root->kind == EX_VAR && !root->var->constant) || root->kind == EX_THIS) {
        return true;
    }
    if (e->type->kind != TY_ERROR && !told) {
        bool constant = root->kind == EX_VAR || root->kind == EX_CONST;
        PC_ERROR(k->c, e->pos, constant ? "a constant cannot be written" : "only a variable can stand here");
    }
    return false;
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
