/* bounds.c - ARRAY[*] (IEC 61131-3, 3rd edition 6.6.1.2.7): parameters that take arrays of any bounds. Beside the array's address
 * a call hands over the bounds of each dimension, in a variable that no program can name: the lower in its lower half, the upper
 * in its upper half. */
#include "plc/stdfun.h"

static bool is_open(const struct pc_type *t)
{
    return t->kind == TY_ARRAY && t->variable_length;
}

static const struct pc_std within = {"*", SF_WITHIN, 0, "IN LOWER UPPER", "-", "IN - LOWER; a fault where IN is outside"};

/* Gives the array parameters of a unit that are open their hidden variables. */
void mr_pc_open_arrays(struct pc *c, struct pc_pou *pou)
{
    bool frame = pou->kind == PC_FUNCTION || pou->kind == PC_METHOD;
    uint32_t n = pou->vars.n;
    for (uint32_t i = 0; i < n; i++) {
        struct pc_var *v = pou->vars.items[i];
        if (!v->type || !is_open(v->type)) {
            continue;
        }
        if (frame && v->cls == VC_INPUT) { /* as if by value, for it can only be read */
            v->cls = VC_INOUT;
            v->constant = true;
        }
        if (v->cls != VC_INOUT) {
            PC_ERROR(c, v->pos, "ARRAY[*] is for parameters: VAR_IN_OUT, or VAR_INPUT of functions");
            v->type = c->elementary[TY_ERROR];
            continue;
        }
        uint32_t dimension = 0;
        struct pc_var **tail = &v->bounds;
        for (const struct pc_type *t = v->type; is_open(t); t = t->base) {
            struct pc_var *b = mr_pc_alloc(c->pool, sizeof *b);
            *b = (struct pc_var){.pos = v->pos, .cls = VC_INPUT, .type = c->elementary[TY_LWORD], .bounds_of = v};
            b->spelled = mr_pc_fmt(c->pool, "%s.%u", v->spelled, ++dimension);
            b->name = mr_pc_name(c, b->spelled);
            *PC_PUSH(c->pool, &pou->vars) = b;
            *tail = b;
            tail = &b->bounds;
        }
    }
}

/* The hidden variable with the bounds of a dimension, from 0, of the open array e; NULL where e is none. */
static struct pc_var *bounds_of(const struct pc_expr *e, uint32_t dimension)
{
    struct pc_var *b = e->kind == EX_VAR ? e->var->bounds : NULL;
    for (; b && dimension > 0; dimension--) {
        b = b->bounds;
    }
    return b;
}

struct pc_expr *mr_pc_open_bound(struct pc_check *k, const struct pc_expr *array, uint32_t dimension, bool upper)
{
    struct pc_var *b = bounds_of(array, dimension);
    if (!b) {
        return NULL;
    }
    struct pc_expr *half = mr_pc_make(k, EX_BITOF, array->pos, k->c->elementary[TY_DINT]);
    half->a = mr_pc_make(k, EX_VAR, array->pos, b->type);
    half->a->var = b;
    half->variant = 4;
    half->v.i = upper;
    return half;
}

/* What a call hands over for the hidden variable b where the array is `given`. */
struct pc_expr *mr_pc_given_bounds(struct pc_check *k, const struct pc_var *b, const struct pc_expr *given)
{
    uint32_t dimension = 0;
    const struct pc_type *t = given->type;
    for (const struct pc_var *v = b->bounds_of->bounds; v != b && t->kind == TY_ARRAY; v = v->bounds) {
        t = t->base;
        dimension++;
    }
    struct pc_var *from = is_open(t) ? bounds_of(given, dimension) : NULL;
    struct pc_expr *e = mr_pc_make(k, from ? EX_VAR : EX_CONST, given->pos, b->type);
    e->var = from;
    if (!from) {
        e->v.i = (int64_t)((uint64_t)(uint32_t)t->hi << 32 | (uint32_t)t->lo);
    }
    return e;
}

static struct pc_expr *binary(struct pc_check *k, enum pc_tok op, struct pc_expr *a, struct pc_expr *b)
{
    struct pc_expr *e = mr_pc_make(k, EX_BINARY, a->pos, k->c->elementary[TY_DINT]);
    e->op = op;
    e->a = a;
    e->b = b;
    mr_pc_fold(k, e);
    return e;
}

static struct pc_arg *argument(struct pc_check *k, struct pc_expr *e, struct pc_arg *next)
{
    struct pc_arg *a = mr_pc_alloc(k->c->pool, sizeof *a);
    *a = (struct pc_arg){.pos = e->pos, .e = e, .next = next};
    return a;
}

struct pc_arg *mr_pc_open_index(struct pc_check *k, struct pc_expr *array, struct pc_arg *indices)
{
    struct pc_expr *at = NULL;
    uint32_t dimension = 0;
    struct pc_type *t = array->type;
    struct pc_arg *i = indices;
    for (; is_open(t); t = t->base, dimension++, i = i->next) {
        const struct pc_type *it = i ? mr_pc_plain(i->e->type) : NULL;
        struct pc_expr *lower = mr_pc_open_bound(k, array, dimension, false);
        if (!i || !lower || !(mr_pc_is_int(it) || (mr_pc_is_bits(it) && it->kind != TY_BOOL))) {
            PC_ERROR(k->c, array->pos,
                     !lower || !i ? "ARRAY[*] is used element by element, in the unit that it is a parameter of"
                                  : "an index is a whole number");
            return NULL;
        }
        mr_pc_into(k, &i->e, k->c->elementary[TY_DINT]);
        struct pc_expr *upper = mr_pc_open_bound(k, array, dimension, true);
        struct pc_expr *x = mr_pc_make(k, EX_CALL, i->pos, k->c->elementary[TY_DINT]);
        x->std = &within;
        x->args = argument(k, i->e, argument(k, lower, argument(k, upper, NULL)));
        if (at) { /* row by row: the elements of this dimension lie together */
            struct pc_expr *one = mr_pc_make(k, EX_CONST, i->pos, k->c->elementary[TY_DINT]);
            one->v.i = 1;
            struct pc_expr *count = binary(k, TK_PLUS, binary(k, TK_MINUS, upper, lower), one);
            x = binary(k, TK_PLUS, binary(k, TK_STAR, at, count), x);
        }
        at = x;
    }
    return at ? argument(k, at, i) : NULL;
}
