/* fold.c - expressions of constants, computed as the virtual machine would. */
#include "base/maths.h"
#include "plc/compile.h"

#include <string.h>

static int64_t wrap(int64_t v, const struct pc_type *type)
{
    if (type->kind == TY_BOOL) {
        return v != 0;
    }
    if (type->kind == TY_LITINT || type->size == 8) {
        return v;
    }
    unsigned shift = 64 - 8 * type->size;
    uint64_t up = (uint64_t)v << shift;
    return mr_pc_is_signed(type) ? (int64_t)up >> shift : (int64_t)(up >> shift);
}

static bool is_unsigned64(const struct pc_type *t)
{
    return t->kind == TY_ULINT || t->kind == TY_LWORD;
}

static bool whole(const struct pc_type *t)
{
    return mr_pc_is_int(t) || mr_pc_is_bits(t) || mr_pc_is_time(t) || mr_pc_is_date(t) || t->kind == TY_ENUM;
}

bool mr_pc_fits(const struct pc_expr *e, const struct pc_type *type)
{
    int64_t lo;
    uint64_t hi;
    if (!whole(e->type) || !mr_pc_int_range(type, &lo, &hi)) {
        return true;
    }
    bool big = e->op == TK_AMP || (is_unsigned64(e->type) && e->v.i < 0);
    if (type->kind == TY_LWORD || type->kind == TY_ULINT) {
        return big || e->v.i >= 0 || type->kind == TY_LWORD;
    }
    if (e->op == TK_NOT && e->v.i < 0 && lo == 0) { /* NOT 16#0F: as many bits as where it goes */
        return (uint64_t)~e->v.i <= hi;
    }
    if (mr_pc_is_bits(type) && e->v.i < 0) {
        return false;
    }
    return !big && e->v.i >= lo && (e->v.i < 0 || (uint64_t)e->v.i <= hi);
}

static double as_real(const struct pc_expr *e)
{
    if (mr_pc_is_real(e->type)) {
        return e->v.r;
    }
    return is_unsigned64(e->type) || e->op == TK_AMP ? (double)(uint64_t)e->v.i : (double)e->v.i;
}

static double rounded(double v, const struct pc_type *type)
{
    return type->kind == TY_REAL ? (double)(float)v : v;
}

/* As the machine converts REAL to an integer: to nearest, halves to even, saturating. */
static int64_t real_to_int(double v, const struct pc_type *to)
{
    int64_t lo = INT64_MIN;
    uint64_t hi = INT64_MAX;
    (void)mr_pc_int_range(to->subrange ? to->base : to, &lo, &hi);
    v = mr_rint(v);
    if (v != v) {
        return 0;
    }
    if (v >= (double)hi) {
        return (int64_t)hi;
    }
    return v <= (double)lo ? lo : (is_unsigned64(to) ? (int64_t)(uint64_t)v : (int64_t)v);
}

bool mr_pc_fold_convert(struct pc_expr *e, struct pc_type *to)
{
    struct pc_type *from = e->type;
    if (e->kind != EX_CONST || !((mr_pc_is_num(from) || mr_pc_is_bits(from) || from->kind == TY_ENUM) &&
                                 (mr_pc_is_num(to) || mr_pc_is_bits(to) || to->kind == TY_ENUM))) {
        return false;
    }
    if (mr_pc_is_real(to)) {
        e->v.r = rounded(as_real(e), to);
    } else if (mr_pc_is_real(from)) {
        e->v.i = to->kind == TY_BOOL ? e->v.r != 0 : real_to_int(e->v.r, to);
    } else {
        e->v.i = wrap(e->v.i, to->kind == TY_ENUM ? to->base : to);
    }
    e->op = TK_EOF;
    e->type = to;
    return true;
}

void mr_pc_put_value(const struct pc_expr *e, const struct pc_type *type, uint8_t *to)
{
    if (mr_pc_is_string(type)) {
        uint32_t n = e->v.s.n < type->length ? e->v.s.n : type->length;
        to[0] = (uint8_t)type->length;
        to[1] = (uint8_t)(type->length >> 8);
        to[2] = (uint8_t)n;
        to[3] = (uint8_t)(n >> 8);
        if (n > 0) {
            memcpy(to + PC_STR_HEAD, e->v.s.p, n);
        }
    } else if (type->kind == TY_REAL) {
        float f = (float)e->v.r;
        memcpy(to, &f, sizeof f);
    } else if (type->kind == TY_LREAL || type->kind == TY_LITREAL) {
        memcpy(to, &e->v.r, sizeof e->v.r);
    } else {
        uint64_t v = (uint64_t)e->v.i;
        for (uint32_t i = 0; i < type->size; i++) {
            to[i] = (uint8_t)(v >> (8 * i));
        }
    }
}

static void become(struct pc_expr *e, struct pc_type *type)
{
    e->kind = EX_CONST;
    e->type = type;
    e->op = TK_EOF;
}

static bool arithmetic(struct pc_check *k, struct pc_expr *e, const struct pc_type *type, int64_t *out)
{
    uint64_t a = (uint64_t)e->a->v.i;
    uint64_t b = (uint64_t)e->b->v.i;
    bool sign = !(type->kind >= TY_USINT && type->kind <= TY_ULINT) && !mr_pc_is_bits(type);
    switch ((unsigned)e->op) {
    case TK_PLUS:
        *out = (int64_t)(a + b);
        return true;
    case TK_MINUS:
        *out = (int64_t)(a - b);
        return true;
    case TK_STAR:
        *out = (int64_t)(a * b);
        return true;
    case TK_SLASH:
        if (b == 0) {
            PC_ERROR(k->c, e->b->pos, "division by zero");
            return false;
        }
        *out = !sign ? (int64_t)(a / b) : (b == UINT64_MAX ? (int64_t)(0 - a) : (int64_t)a / (int64_t)b);
        return true;
    case TK_MOD:
        *out = b == 0 || b == UINT64_MAX ? 0 : (sign ? (int64_t)a % (int64_t)b : (int64_t)(a % b));
        return true;
    case TK_AND:
    case TK_AND_THEN:
        *out = (int64_t)(a & b);
        return true;
    case TK_OR:
    case TK_OR_ELSE:
        *out = (int64_t)(a | b);
        return true;
    case TK_XOR:
        *out = (int64_t)(a ^ b);
        return true;
    default:
        return false;
    }
}

static bool compare(enum pc_tok op, int order, bool unordered)
{
    switch ((unsigned)op) {
    case TK_LT:
        return !unordered && order < 0;
    case TK_LE:
        return !unordered && order <= 0;
    case TK_GT:
        return !unordered && order > 0;
    case TK_GE:
        return !unordered && order >= 0;
    case TK_EQ:
        return !unordered && order == 0;
    default:
        return unordered || order != 0;
    }
}

static bool is_comparison(enum pc_tok op)
{
    return op >= TK_LT && op <= TK_NE;
}

static void fold_comparison(struct pc_check *k, struct pc_expr *e)
{
    struct pc_expr *a = e->a;
    struct pc_expr *b = e->b;
    int order;
    bool unordered = false;
    if (mr_pc_is_real(a->type)) {
        order = a->v.r < b->v.r ? -1 : (a->v.r > b->v.r ? 1 : 0);
        unordered = a->v.r != a->v.r || b->v.r != b->v.r;
    } else if (whole(a->type)) {
        bool u = is_unsigned64(a->type);
        order = (u ? (uint64_t)a->v.i < (uint64_t)b->v.i : a->v.i < b->v.i) ? -1 : (a->v.i != b->v.i);
    } else {
        return; /* strings: at run time */
    }
    e->v.i = compare(e->op, order, unordered);
    become(e, k->c->elementary[TY_BOOL]);
}

static void fold_real(struct pc_expr *e, struct pc_type *type)
{
    double a = e->a->v.r;
    double b = e->b->v.r;
    double v;
    switch ((unsigned)e->op) {
    case TK_PLUS:
        v = a + b;
        break;
    case TK_MINUS:
        v = a - b;
        break;
    case TK_STAR:
        v = a * b;
        break;
    case TK_SLASH:
        v = a / b;
        break;
    case TK_POWER:
        v = mr_pow(a, b);
        break;
    default:
        return;
    }
    e->v.r = rounded(v, type);
    become(e, type);
}

void mr_pc_fold(struct pc_check *k, struct pc_expr *e)
{
    struct pc_type *type = e->type;
    if (!e->a || e->a->kind != EX_CONST || e->a->type->kind == TY_ERROR || (e->kind == EX_BINARY && e->b->kind != EX_CONST)) {
        return;
    }
    if (e->kind == EX_NEG) {
        if (mr_pc_is_real(type)) {
            e->v.r = -e->a->v.r;
        } else {
            if (e->a->op == TK_AMP && e->a->v.i != INT64_MIN) {
                PC_ERROR(k->c, e->pos, "this number does not fit in 64 bits");
            }
            e->v.i = wrap((int64_t)(0 - (uint64_t)e->a->v.i), type);
        }
        become(e, type);
    } else if (e->kind == EX_NOT) {
        e->v.i = type->kind == TY_BOOL ? !e->a->v.i : wrap(~e->a->v.i, type);
        become(e, type);
        e->op = type->kind == TY_LITINT ? TK_NOT : TK_EOF;
    } else if (e->kind == EX_BINARY && is_comparison(e->op)) {
        if (e->b->type->kind != TY_ERROR) {
            fold_comparison(k, e);
        }
    } else if (e->kind == EX_BINARY && mr_pc_is_real(type) && mr_pc_is_real(e->a->type) && mr_pc_is_real(e->b->type)) {
        fold_real(e, type);
    } else if (e->kind == EX_BINARY && whole(type) && whole(e->a->type) && whole(e->b->type)) {
        int64_t v;
        if (arithmetic(k, e, type, &v)) {
            e->v.i = wrap(v, type);
            become(e, type);
        }
    }
}
