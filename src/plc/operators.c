/* operators.c - which types go into which (IEC 61131-3, 2nd edition 3.3.1; implicit widening of the 3rd, figure 12), and what
 * operators make of them. */
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
        if (mr_pc_is_bits(from)) { /* by value, with a warning, as DWORD_TO_REAL does */
            return 1;
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
    bool address = from->kind == TY_LWORD && to->kind == TY_DWORD; /* programs for larger controllers keep addresses in LWORDs */
    return to->size == from->size || address ? 1 : 0;
}

/* A number that can hold an address: pointers go into such ones and come of them, as vendors have it. */
static bool holds_address(const struct pc_type *t)
{
    return ((mr_pc_is_int(t) || mr_pc_is_bits(t)) && t->size >= 4) || t->kind == TY_LITINT;
}

/* A pointer goes into a number, a number into a pointer, one pointer into another: what it then points to is for run time. */
static bool is_address_cast(const struct pc_type *from, const struct pc_type *to)
{
    bool pointer = from->kind == TY_REF && !from->variable_length;
    bool into = to->kind == TY_REF && !to->variable_length;
    return (pointer && into) || (pointer && holds_address(to)) || (into && holds_address(from));
}

static void cast_address(struct pc_check *k, struct pc_expr **e, struct pc_type *type)
{
    if ((*e)->type->kind == TY_LITINT) {
        mr_pc_into(k, e, ty(k, TY_UDINT));
    }
    struct pc_expr *c = mr_pc_make(k, EX_CONVERT, (*e)->pos, type);
    c->a = *e;
    *e = c;
}

void mr_pc_into(struct pc_check *k, struct pc_expr **e, struct pc_type *type)
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
    if (mr_pc_generic_value(k, e)) {
        return false;
    }
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

bool mr_pc_of_literals(const struct pc_expr *e)
{
    return (e->kind == EX_VAR && e->var && e->var->of_literal) ||
           ((e->kind == EX_CALL || e->kind == EX_BINARY) && e->variant == PC_OF_LITERALS);
}

static bool is_bytes(const struct pc_type *t)
{
    return t->kind == TY_BYTE || (t->kind == TY_ARRAY && t->base->kind == TY_BYTE);
}

/* ADR(x) is no reference to x's type but an address: of a string that of its first character, unless a string is wanted. So is
 * REF(string) where a pointer to bytes is wanted. */
static bool place_address(struct pc_expr *e, struct pc_type *type)
{
    bool bytes = e->kind == EX_REF && mr_pc_is_string(e->a->type) && type->kind == TY_REF && is_bytes(type->base);
    if ((e->kind != EX_REF && e->kind != EX_BINARY) || type->kind != TY_REF || (e->variant != PC_ADDRESS && !bytes)) {
        return false;
    }
    if (e->kind == EX_REF && mr_pc_is_string(e->a->type) && !mr_pc_is_string(type->base)) {
        e->v.i = PC_STR_HEAD;
    }
    e->type = type;
    return true;
}

/* Two enumerations may have a value of one name: alone, it is that of the enumeration that is wanted. */
static bool same_name(struct pc_expr *e, struct pc_type *type)
{
    bool alone = e->kind == EX_CONST && e->type->kind == TY_ENUM && e->name && !e->a;
    const struct pc_var *v = alone && type->kind == TY_ENUM && type != e->type ? mr_pc_field(type, e->name) : NULL;
    if (!v) {
        return false;
    }
    e->v.i = v->value;
    e->type = type;
    return true;
}

/* What is no mistake, but may be meant otherwise. Libraries of this compiler are silent. */
static void warn_unasked(struct pc_check *k, const struct pc_expr *e, struct pc_type *type)
{
    if (k->pou && k->pou->library) {
        return;
    }
    if (e->type->kind == TY_REF || type->kind == TY_REF) {
        mr_pc_warn(&k->c->report, e->pos, "%s goes into %s unasked; what it points to then is only checked to be there",
                   e->type->name, type->name);
    } else {
        mr_pc_warn(&k->c->report, e->pos, "%s goes into %s unasked; %s_TO_%s(...) would say that it is meant", e->type->name,
                   type->name, mr_pc_plain(e->type)->name, mr_pc_plain(type)->name);
    }
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
    if (same_name(e, type)) {
        return true;
    }
    bool enumeration = from->kind == TY_ENUM || type->kind == TY_ENUM;
    if (e->kind == EX_CONST && is_scalar(from) && is_scalar(type) && from->kind != TY_BOOL &&
        (from->kind == TY_LITINT || widens(from, type) > 0 || (from->kind == TY_LITREAL && mr_pc_is_real(type)) ||
         type->subrange) &&
        !(from->kind == TY_LITREAL && !mr_pc_is_real(type))) {
        return coerce_constant(k, e, type);
    }
    bool open = (from->kind == TY_ARRAY && from->variable_length) || (type->kind == TY_ARRAY && type->variable_length);
    if (!open && mr_pc_same_type(from, type)) {
        if (e->kind == EX_CONST && mr_pc_is_string(type) && e->v.s.n > type->length) {
            mr_pc_warn(&k->c->report, e->pos, "this text has %u characters, %s takes %u of them", e->v.s.n, type->name,
                       type->length);
        }
        return true;
    }
    if (enumeration && mr_pc_is_int(mr_pc_plain(from)) && mr_pc_is_int(mr_pc_plain(type)) &&
        !(from->kind == TY_ENUM && type->kind == TY_ENUM) &&
        (e->kind == EX_CONST || widens(mr_pc_plain(from), mr_pc_plain(type)) > 0)) {
        mr_pc_into(k, pe, type);
        return true;
    }
    int how = is_scalar(from) && is_scalar(type) ? widens(from, type) : 0;
    if (mr_pc_of_literals(e) && is_scalar(type) && type->kind != TY_BOOL && mr_pc_is_real(from) == mr_pc_is_real(type)) {
        how = 2;
    }
    how = e->kind == EX_CONST && from->kind == TY_LREAL && type->kind == TY_REAL ? 1 : how;
    if (how > 0) {
        if (how == 1) {
            warn_unasked(k, e, type);
        }
        mr_pc_into(k, pe, type);
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
    if (is_address_cast(from, type)) {
        warn_unasked(k, e, type);
        cast_address(k, pe, type);
        return true;
    }
    return mismatch(k, e, type, what);
}

/* The type that a variable of type t and a literal go into: t, or a wider one where the literal needs it (BYTE * 256). */
static struct pc_type *with_room(struct pc_check *k, const struct pc_expr *literal, struct pc_type *t)
{
    static const enum pc_tk ladders[3][4] = {
        {TY_BYTE, TY_WORD, TY_DWORD, TY_LWORD}, {TY_SINT, TY_INT, TY_DINT, TY_LINT}, {TY_USINT, TY_UINT, TY_UDINT, TY_ULINT}};
    if (literal->kind != EX_CONST || t->kind == TY_BOOL || !(mr_pc_is_int(t) || mr_pc_is_bits(t)) || mr_pc_fits(literal, t)) {
        return t;
    }
    bool with_sign = mr_pc_is_signed(t) || (literal->v.i < 0 && !mr_pc_is_bits(t));
    const enum pc_tk *ladder = ladders[mr_pc_is_bits(t) ? 0 : (with_sign ? 1 : 2)];
    for (size_t i = 0; i < 4; i++) {
        struct pc_type *wider = ty(k, ladder[i]);
        if (wider->size > t->size && mr_pc_fits(literal, wider)) {
            return wider;
        }
    }
    return t;
}

/* The type that both operands go into: the literal follows the variable, the narrower the wider. */
static struct pc_type *common_type(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *a = mr_pc_plain(e->a->type);
    struct pc_type *b = mr_pc_plain(e->b->type);
    a = e->a->type->kind == TY_ENUM ? e->a->type : a;
    b = e->b->type->kind == TY_ENUM ? e->b->type : b;
    if (a->kind == b->kind && mr_pc_is_string(a)) { /* the longer holds both */
        return a->length >= b->length ? a : b;
    }
    if (a->kind == b->kind && mr_pc_same_type(a, b)) {
        return a;
    }
    if (a->kind == TY_ENUM && b->kind == TY_ENUM) {
        return same_name(e->a, b) ? b : (same_name(e->b, a) ? a : NULL);
    }
    if (a->kind == TY_IFACE && b->kind == TY_IFACE) {
        return mr_pc_implements(k->c, b->pou, a) ? a : mr_pc_implements(k->c, a->pou, b) ? b : NULL;
    }
    if (a->kind == TY_LITINT && b->kind != TY_LITINT && is_scalar(b)) {
        return with_room(k, e->a, b);
    }
    if (b->kind == TY_LITINT && a->kind != TY_LITINT && is_scalar(a)) {
        return with_room(k, e->b, a);
    }
    if (a->kind == TY_LITINT || a->kind == TY_NULL || (a->kind == TY_LITREAL && mr_pc_is_real(b))) {
        return b->kind == TY_LITINT ? a : b;
    }
    if (b->kind == TY_LITINT || b->kind == TY_NULL || (b->kind == TY_LITREAL && mr_pc_is_real(a))) {
        return a;
    }
    if (mr_pc_of_literals(e->a) != mr_pc_of_literals(e->b) && mr_pc_is_num(a) && mr_pc_is_num(b) &&
        mr_pc_is_real(a) == mr_pc_is_real(b)) {
        return mr_pc_of_literals(e->a) ? b : a;
    }
    if (a->kind == TY_LITREAL || b->kind == TY_LITREAL) {
        struct pc_type *other = a->kind == TY_LITREAL ? b : a;
        bool whole = mr_pc_is_int(other) || (mr_pc_is_bits(other) && other->kind != TY_BOOL);
        return whole ? ty(k, a->size == 8 && b->size == 8 ? TY_LREAL : TY_REAL) : NULL;
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

/* Addresses are compared and subtracted as numbers: both sides become that. */
static bool take_as_numbers(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *a = e->a->type;
    struct pc_type *b = e->b->type;
    bool equality = e->op == TK_EQ || e->op == TK_NE;
    bool pointers = a->kind == TY_REF && b->kind == TY_REF && !equality;
    if (!pointers && !(a->kind == TY_REF && holds_address(mr_pc_plain(b)) && b->kind != TY_LITINT) &&
        !(b->kind == TY_REF && holds_address(mr_pc_plain(a)) && a->kind != TY_LITINT)) {
        return false;
    }
    if (a->kind == TY_REF) {
        cast_address(k, &e->a, ty(k, TY_DWORD));
    }
    if (b->kind == TY_REF) {
        cast_address(k, &e->b, ty(k, TY_DWORD));
    }
    return true;
}

static struct pc_type *no_operation(struct pc_check *k, struct pc_expr *e)
{
    if (!mr_pc_generic_value(k, e->a) && !mr_pc_generic_value(k, e->b)) {
        PC_ERROR(k->c, e->pos, "%s is not defined between %s and %s", mr_pc_tok_text(e->op), e->a->type->name, e->b->type->name);
    }
    return fail(k, e);
}

static bool unify(struct pc_check *k, struct pc_expr *e, struct pc_type **out)
{
    if (mr_pc_generic_value(k, e->a) || mr_pc_generic_value(k, e->b)) {
        return false;
    }
    struct pc_type *t = common_type(k, e);
    if (!t) {
        (void)no_operation(k, e);
        return false;
    }
    *out = t;
    if (t->kind == TY_LITREAL) { /* 1 / 3.0 */
        (void)(mr_pc_fold_convert(e->a, t) && mr_pc_fold_convert(e->b, t));
    }
    if (t->kind == TY_LITINT || t->kind == TY_LITREAL) {
        return true;
    }
    return mr_pc_coerce(k, &e->a, t, "here") && mr_pc_coerce(k, &e->b, t, "here");
}

struct pc_expr *mr_pc_converted(struct pc_check *k, struct pc_expr *e, struct pc_type *type)
{
    mr_pc_into(k, &e, type);
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
    bool follows = a->kind == TY_LITINT || (a->kind == TY_LITREAL && e->b->type->kind != TY_LREAL);
    e->variant = follows && !literal ? PC_OF_LITERALS : 0; /* 10 ** n: its type follows what it goes into */
    mr_pc_into(k, &e->a, t);
    mr_pc_into(k, &e->b, t);
    return t;
}

/* An address and a distance in bytes. NULL where it is about something else. */
static struct pc_type *check_address_sum(struct pc_check *k, struct pc_expr *e)
{
    if (e->b->type->kind == TY_REF && e->a->type->kind != TY_REF && e->op == TK_PLUS) { /* n + p */
        struct pc_expr *n = e->a;
        e->a = e->b;
        e->b = n;
    }
    struct pc_type *b = mr_pc_plain(e->b->type);
    if (e->a->type->kind != TY_REF || (e->op != TK_PLUS && e->op != TK_MINUS) || b->kind == TY_BOOL ||
        !(mr_pc_is_int(b) || mr_pc_is_bits(b))) {
        return NULL;
    }
    (void)place_address(e->a, mr_pc_ref_type(k->c, ty(k, TY_BYTE)));
    mr_pc_into(k, &e->b, ty(k, TY_UDINT));
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
    if (e->op == TK_MINUS) {
        (void)take_as_numbers(k, e);
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
    if ((mr_pc_of_literals(e->a) || literal_a) && (mr_pc_of_literals(e->b) || literal_b) && !(literal_a && literal_b)) {
        e->variant = PC_OF_LITERALS;
    }
    return t;
}

static struct pc_type *check_comparison(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *t;
    (void)take_as_numbers(k, e);
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

struct pc_type *mr_pc_check_binary(struct pc_check *k, struct pc_expr *e)
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

struct pc_type *mr_pc_check_unary(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *t = mr_pc_check(k, e->a);
    if (t->kind == TY_ERROR) {
        return fail(k, e);
    }
    struct pc_type *p = mr_pc_plain(t);
    if (e->kind == EX_NEG && mr_pc_is_bits(p) && p->kind != TY_BOOL) { /* less than 0: a number with a sign and room for it */
        static const enum pc_tk wider[] = {[1] = TY_INT, [2] = TY_DINT, [4] = TY_LINT, [8] = TY_LINT};
        p = ty(k, wider[p->size]);
        warn_unasked(k, e->a, p);
        mr_pc_into(k, &e->a, p);
    }
    bool good = e->kind == EX_NEG ? mr_pc_is_num(p) || mr_pc_is_time(p) : mr_pc_is_bits(p) || mr_pc_is_int(p);
    if (!good) {
        PC_ERROR(k->c, e->pos, "%s is not defined for %s", e->kind == EX_NEG ? "'-'" : "NOT", t->name);
        return fail(k, e);
    }
    e->type = p;
    mr_pc_fold(k, e);
    return e->type;
}
