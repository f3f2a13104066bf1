/* gen_expr.c - values, conditions and calls. */
#include "plc/gen.h"

#include <string.h>

#define W(name) OP_##name##_1

static int32_t target(struct pc_gen *g, int32_t hint, uint32_t size)
{
    return hint == PC_NO_HINT ? mr_pc_temp(g, size) : hint;
}

bool mr_pc_calls(const struct pc_expr *e)
{
    for (; e; e = e->a) {
        if (e->kind == EX_CALL && e->pou) {
            return true;
        }
        for (const struct pc_arg *a = e->args; a; a = a->next) {
            if (mr_pc_calls(a->e)) {
                return true;
            }
        }
        if (mr_pc_calls(e->b)) {
            return true;
        }
    }
    return false;
}

/* Can e be left out without anyone noticing? It calls nothing and cannot fail. */
static bool harmless(const struct pc_expr *e)
{
    for (; e && e->kind != EX_NAME; e = e->a) { /* a name: of a standard function */
        bool divides = e->kind == EX_BINARY && e->op == TK_SLASH && !mr_pc_is_real(e->type);
        bool reaches = e->kind == EX_DEREF || (e->kind == EX_INDEX && e->b->kind != EX_CONST) ||
                       ((e->kind == EX_VAR || e->kind == EX_FIELD) && e->var->cls == VC_INOUT);
        if (divides || reaches || (e->kind == EX_CALL && e->pou) || mr_pc_is_string(e->type)) {
            return false;
        }
        for (const struct pc_arg *a = e->args; a; a = a->next) {
            if (a->output || !harmless(a->e)) {
                return false;
            }
        }
        if (e->b && !harmless(e->b)) {
            return false;
        }
    }
    return true;
}

/* ---- comparisons ---- */

struct comparison {
    enum pc_machine m;
    uint32_t size;
    int32_t a, b;
    enum pc_tok op; /* = <> < <= : > and >= have their sides changed */
};

static struct comparison compare(struct pc_gen *g, struct pc_expr *e)
{
    struct comparison c = {.op = e->op};
    if (mr_pc_is_string(e->a->type)) {
        int32_t order = mr_pc_temp(g, 4);
        struct pc_text a = mr_pc_text_of(g, e->a, NULL);
        struct pc_text b = mr_pc_text_of(g, e->b, NULL);
        mr_pc_emit_str(g, PC_STR_COMPARE, (struct pc_text[5]){{order, false}, a, b, {0}, {0}});
        c = (struct comparison){PM_S32, 4, order, mr_pc_const_int(g, 0, 4), e->op};
    } else {
        c.m = mr_pc_machine(e->a->type->kind == TY_LITINT ? e->b->type : e->a->type);
        c.size = e->a->type->size;
        c.a = mr_pc_value(g, e->a, PC_NO_HINT);
        c.b = mr_pc_value(g, e->b, PC_NO_HINT);
    }
    if (c.op == TK_GT || c.op == TK_GE) {
        int32_t x = c.a;
        c.a = c.b;
        c.b = x;
        c.op = c.op == TK_GT ? TK_LT : TK_LE;
    }
    return c;
}

static enum pc_op equality_op(enum pc_op width, enum pc_op f32, enum pc_op f64, const struct comparison *c)
{
    return c->m == PM_F32 ? f32 : (c->m == PM_F64 ? f64 : mr_pc_width_op(width, c->size));
}

static int32_t compare_value(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    if (e->a->type->kind == TY_STRUCT) {
        struct pc_loc a = mr_pc_loc(g, e->a, false);
        struct pc_loc b = mr_pc_loc(g, e->b, false);
        int32_t to = target(g, hint, 1);
        mr_pc_emit(g, OP_CMPX, to, a.at, b.at);
        mr_pc_emit(g, OP_EXT, (int32_t)e->a->type->size, 0, 0);
        if (e->op == TK_NE) {
            mr_pc_emit(g, OP_NOTB, to, to, 0);
        }
        return to;
    }
    struct comparison c = compare(g, e);
    int32_t to = target(g, hint, 1);
    enum pc_op op;
    if (c.op == TK_EQ) {
        op = equality_op(W(EQ), OP_EQ_F32, OP_EQ_F64, &c);
    } else if (c.op == TK_NE) {
        op = equality_op(W(NE), OP_NE_F32, OP_NE_F64, &c);
    } else {
        op = mr_pc_num_op(c.op == TK_LT ? OP_LT_S8 : OP_LE_S8, c.m);
    }
    mr_pc_emit(g, op, to, c.a, c.b);
    return to;
}

static void compare_branch(struct pc_gen *g, struct pc_expr *e, bool sense, struct pc_patch **list)
{
    struct comparison c = compare(g, e);
    bool real = c.m == PM_F32 || c.m == PM_F64;
    enum pc_op op;
    if (c.op == TK_EQ || c.op == TK_NE) {
        bool equal = (c.op == TK_EQ) == sense;
        op = equal ? equality_op(W(JEQ), OP_JEQ_F32, OP_JEQ_F64, &c) : equality_op(W(JNE), OP_JNE_F32, OP_JNE_F64, &c);
    } else if (sense) {
        op = mr_pc_num_op(c.op == TK_LT ? OP_JLT_S8 : OP_JLE_S8, c.m);
    } else if (real) {
        op = c.m == PM_F32 ? (c.op == TK_LT ? OP_JNLT_F32 : OP_JNLE_F32) : (c.op == TK_LT ? OP_JNLT_F64 : OP_JNLE_F64);
    } else { /* not a < b is b <= a */
        int32_t x = c.a;
        c.a = c.b;
        c.b = x;
        op = mr_pc_num_op(c.op == TK_LT ? OP_JLE_S8 : OP_JLT_S8, c.m);
    }
    mr_pc_wait(g, list, mr_pc_emit(g, op, c.a, c.b, 0));
}

/* ---- conditions ---- */

static bool is_comparison(const struct pc_expr *e)
{
    return e->kind == EX_BINARY && e->op >= TK_LT && e->op <= TK_NE && e->a->type->kind != TY_STRUCT;
}

/* AND and OR leave out their right side where that cannot be noticed; AND_THEN and OR_ELSE always do. */
static bool short_circuit(const struct pc_expr *e)
{
    if (e->kind != EX_BINARY || e->type->kind != TY_BOOL) {
        return false;
    }
    return e->op == TK_AND_THEN || e->op == TK_OR_ELSE || ((e->op == TK_AND || e->op == TK_OR) && harmless(e->b));
}

void mr_pc_branch(struct pc_gen *g, struct pc_expr *e, bool sense, struct pc_patch **list)
{
    while (e->kind == EX_NOT) {
        e = e->a;
        sense = !sense;
    }
    if (e->kind == EX_CONST) {
        if ((e->v.i != 0) == sense) {
            mr_pc_wait(g, list, mr_pc_emit(g, OP_JMP, 0, 0, 0));
        }
        return;
    }
    if (short_circuit(e)) {
        bool conjunction = e->op == TK_AND || e->op == TK_AND_THEN;
        if (conjunction != sense) { /* either side alone decides */
            mr_pc_branch(g, e->a, sense, list);
            mr_pc_branch(g, e->b, sense, list);
        } else {
            struct pc_patch *past = NULL;
            mr_pc_branch(g, e->a, !sense, &past);
            mr_pc_branch(g, e->b, sense, list);
            mr_pc_land(g, &past);
        }
        return;
    }
    if (is_comparison(e)) {
        compare_branch(g, e, sense, list);
        return;
    }
    if (e->kind == EX_VAR || e->kind == EX_BITOF) {
        struct pc_loc l = mr_pc_loc(g, e, false);
        if (l.bit && l.where == AT_DIRECT) {
            mr_pc_wait(g, list, mr_pc_emit_n(g, sense ? OP_JBIT : OP_JNBIT, l.bit_no, l.at, 0, 0));
            return;
        }
    }
    int32_t v = mr_pc_value(g, e, PC_NO_HINT);
    mr_pc_wait(g, list, mr_pc_emit(g, sense ? OP_JT : OP_JF, v, 0, 0));
}

/* ---- operators ---- */

static int32_t time_times(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    int32_t a = mr_pc_value(g, e->a, PC_NO_HINT);
    int32_t b = mr_pc_value(g, e->b, PC_NO_HINT);
    int32_t to = target(g, hint, 8);
    bool times = e->op == TK_STAR;
    if (mr_pc_is_real(e->b->type)) {
        int32_t x = mr_pc_temp(g, 8);
        mr_pc_emit(g, OP_CVT_S64_F64, x, a, 0);
        mr_pc_emit(g, times ? OP_MUL_F64 : OP_DIV_F64, x, x, b);
        mr_pc_emit(g, OP_CVT_F64_S64, to, x, 0);
    } else {
        mr_pc_emit(g, times ? OP_MUL_8 : OP_DIV_S64, to, a, b);
    }
    return to;
}

static enum pc_op float_op(enum pc_machine m, enum pc_op f32, enum pc_op f64)
{
    return m == PM_F32 ? f32 : f64;
}

static enum pc_op arithmetic_op(enum pc_tok op, enum pc_machine m, uint32_t size)
{
    bool real = m == PM_F32 || m == PM_F64;
    switch ((unsigned)op) {
    case TK_PLUS:
        return real ? float_op(m, OP_ADD_F32, OP_ADD_F64) : mr_pc_width_op(W(ADD), size);
    case TK_MINUS:
        return real ? float_op(m, OP_SUB_F32, OP_SUB_F64) : mr_pc_width_op(W(SUB), size);
    case TK_STAR:
        return real ? float_op(m, OP_MUL_F32, OP_MUL_F64) : mr_pc_width_op(W(MUL), size);
    case TK_SLASH:
        return real ? float_op(m, OP_DIV_F32, OP_DIV_F64) : mr_pc_num_op(OP_DIV_S8, m);
    case TK_MOD:
        return mr_pc_num_op(OP_MOD_S8, m);
    case TK_POWER:
        return float_op(m, OP_POW_F32, OP_POW_F64);
    case TK_AND:
        return mr_pc_width_op(W(AND), size);
    case TK_OR:
        return mr_pc_width_op(W(OR), size);
    default:
        return mr_pc_width_op(W(XOR), size);
    }
}

static int32_t lazy_value(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    struct pc_patch *done = NULL;
    int32_t t = mr_pc_temp(g, 1);
    bool conjunction = e->op == TK_AND_THEN;
    mr_pc_emit(g, OP_MOV_1, t, mr_pc_const_int(g, conjunction ? 0 : 1, 1), 0);
    mr_pc_branch(g, e, !conjunction, &done);
    mr_pc_emit(g, OP_MOV_1, t, mr_pc_const_int(g, conjunction ? 1 : 0, 1), 0);
    mr_pc_land(g, &done);
    if (hint != PC_NO_HINT) {
        mr_pc_emit(g, OP_MOV_1, hint, t, 0);
        return hint;
    }
    return t;
}

static int32_t binary(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    if (e->op >= TK_LT && e->op <= TK_NE) {
        return compare_value(g, e, hint);
    }
    if (e->op == TK_AND_THEN || e->op == TK_OR_ELSE) {
        return lazy_value(g, e, hint);
    }
    if (mr_pc_is_time(e->type) && mr_pc_is_num(e->b->type)) {
        return time_times(g, e, hint);
    }
    bool logic = e->type->kind == TY_BOOL && (e->op == TK_AND || e->op == TK_OR);
    bool negated = logic && e->b->kind == EX_NOT;
    int32_t a = mr_pc_value(g, e->a, PC_NO_HINT);
    int32_t b = mr_pc_value(g, negated ? e->b->a : e->b, PC_NO_HINT);
    int32_t to = target(g, hint, e->type->size);
    enum pc_op op = arithmetic_op(e->op, mr_pc_machine(e->type), e->type->size);
    if (negated) {
        op = e->op == TK_AND ? OP_ANDN : OP_ORN;
    }
    mr_pc_emit(g, op, to, a, b);
    return to;
}

static int32_t unary(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    int32_t a = mr_pc_value(g, e->a, PC_NO_HINT);
    int32_t to = target(g, hint, e->type->size);
    enum pc_machine m = mr_pc_machine(e->type);
    enum pc_op op;
    if (e->kind == EX_NOT) {
        op = e->type->kind == TY_BOOL ? OP_NOTB : mr_pc_width_op(W(NOT), e->type->size);
    } else {
        op = m == PM_F32 ? OP_NEG_F32 : (m == PM_F64 ? OP_NEG_F64 : mr_pc_width_op(W(NEG), e->type->size));
    }
    mr_pc_emit(g, op, to, a, 0);
    return to;
}

/* ---- calls ---- */

static struct pc_loc copy_of_bit(struct pc_gen *g, const struct pc_loc *l)
{
    struct pc_loc copy = {.where = AT_DIRECT, .at = mr_pc_temp(g, 1)};
    (void)mr_pc_load(g, l, 1, copy.at);
    return copy;
}

/* In-outs get references; a bit of the image has none, so a copy of it goes in and comes back. */
struct borrowed {
    struct pc_loc bit;
    int32_t copy;
};

/* Does e lie among the variables of this call, or is it a bit, which goes by way of a temporary? */
static bool is_own(const struct pc_gen *g, const struct pc_expr *e)
{
    while (e->kind == EX_FIELD || e->kind == EX_INDEX) {
        e = e->a;
    }
    const struct pc_pou *p = g->pou;
    return e->kind == EX_BITOF || (e->kind == EX_VAR && e->var->cls != VC_INOUT && !e->var->relative &&
                                   ((e->var->located && e->var->type->kind == TY_BOOL) ||
                                    e->var->offset - (p->frame_at - p->params_size) < p->params_size + p->frame_size));
}

static bool pass_inout(struct pc_gen *g, struct pc_arg *a, struct borrowed *b)
{
    struct pc_loc l = mr_pc_loc(g, a->value, false);
    bool bit = l.bit;
    if (bit) {
        b->bit = l;
        l = copy_of_bit(g, &l);
        b->copy = l.at;
    }
    struct pc_loc slot = mr_pc_loc(g, a->target, true);
    int32_t ref = mr_pc_pointer(g, &l, a->value->type->size);
    mr_pc_store(g, &slot, 4, ref);
    return bit;
}

static void pass_inputs(struct pc_gen *g, struct pc_expr *e)
{
    bool frame = e->pou->kind == PC_FUNCTION || e->pou->kind == PC_METHOD;
    bool again = mr_pc_comes_back(g, e->pou);
    struct pc_expr *ready[64];
    uint32_t n = 0;
    for (struct pc_arg *a = e->args; a && frame;
         a = a->next, n++) { /* a call among the arguments comes first: it may be the same unit's */
        if (n < 64) {
            ready[n] = NULL;
        }
        if (n >= 64 || !a->value || a->output || a->inout || !(again || mr_pc_calls(a->value))) {
            continue;
        }
        struct pc_expr *t = mr_pc_alloc(g->c->pool, sizeof *t);
        t->kind = EX_VAR;
        t->pos = a->pos;
        t->type = a->value->type;
        t->var = mr_pc_alloc(g->c->pool, sizeof *t->var);
        t->var->type = t->type;
        t->var->cls = VC_GLOBAL;
        t->var->offset = (uint32_t)mr_pc_temp(g, t->type->size);
        if (mr_pc_is_string(t->type)) {
            uint16_t head[2] = {(uint16_t)t->type->length, 0};
            mr_pc_emit(g, OP_MOV_4, (int32_t)t->var->offset, mr_pc_const_bytes(g, head, sizeof head), 0);
        }
        mr_pc_assign(g, t, a->value);
        ready[n] = t;
    }
    if (again) {
        mr_pc_save(g);
    }
    n = 0;
    for (struct pc_arg *a = e->args; a; a = a->next, n++) {
        if (a->value && !a->output && !a->inout) {
            mr_pc_assign(g, a->target, frame && n < 64 && ready[n] ? ready[n] : a->value);
        }
    }
}

/* An instance that is found by an index or a reference is found once: arguments and outputs, which share its expression, then
 * go through a reference kept for this statement. */
static void settle_instance(struct pc_gen *g, struct pc_expr *instance)
{
    struct pc_loc l = mr_pc_loc(g, instance, false);
    if (l.where == AT_DIRECT) {
        return;
    }
    int32_t kept = mr_pc_temp(g, 4);
    mr_pc_emit(g, OP_MOV_4, kept, mr_pc_pointer(g, &l, instance->type->size), 0);
    struct pc_var *v = mr_pc_alloc(g->c->pool, sizeof *v);
    *v = (struct pc_var){.cls = VC_GLOBAL, .offset = (uint32_t)kept, .type = mr_pc_ref_type(g->c, instance->type)};
    struct pc_expr *ref = mr_pc_alloc(g->c->pool, sizeof *ref);
    *ref = (struct pc_expr){.kind = EX_VAR, .pos = instance->pos, .var = v, .type = v->type};
    *instance = (struct pc_expr){.kind = EX_DEREF, .pos = instance->pos, .a = ref, .type = instance->type};
}

static void jump_into(struct pc_gen *g, struct pc_expr *e)
{
    int32_t block = (int32_t)e->pou->block;
    if (!e->a) {
        mr_pc_emit(g, OP_CALL, 0, 0, block);
        return;
    }
    struct pc_loc l = mr_pc_loc(g, e->a, false);
    if (l.where == AT_DIRECT) {
        mr_pc_emit(g, OP_CALL, l.at, 0, block);
    } else {
        mr_pc_emit(g, OP_CALLR, mr_pc_pointer(g, &l, e->a->type->size), 0, block);
    }
}

int32_t mr_pc_initial_value(struct pc_gen *g, const struct pc_type *t)
{
    static const uint8_t zero[8];
    const void *bytes = t->init ? t->init : t->size <= sizeof zero ? zero : mr_pc_alloc(g->c->pool, t->size);
    return mr_pc_const_bytes(g, bytes, t->size);
}

/* Where the jumps of `disabled` land, a call was left out, for EN is FALSE: a function then gives its type's initial value. */
static void leave_out(struct pc_gen *g, const struct pc_expr *e, struct pc_patch **disabled)
{
    const struct pc_var *result = e->pou->result;
    struct pc_patch *end = NULL;
    if (*disabled && result) {
        mr_pc_wait(g, &end, mr_pc_emit(g, OP_JMP, 0, 0, 0));
    }
    mr_pc_land(g, disabled);
    if (end) {
        bool whole = mr_pc_is_aggregate(result->type) || mr_pc_is_string(result->type);
        mr_pc_emit(g, whole ? OP_COPY : mr_pc_width_op(OP_MOV_1, result->type->size), mr_pc_result_at(g, e->pou),
                   mr_pc_initial_value(g, result->type), whole ? (int32_t)result->type->size : 0);
    }
    mr_pc_land(g, &end);
}

#define BITS_MAX 16 /* bits of the image that one call may have as in-outs */

static void dispatch(struct pc_gen *g, struct pc_expr *e, int32_t to, const struct pc_text *text);

void mr_pc_call(struct pc_gen *g, struct pc_expr *e)
{
    if (e->variants) {
        dispatch(g, e, PC_NO_HINT, NULL);
        return;
    }
    struct pc_patch *disabled = NULL;
    if (e->b) { /* EN */
        mr_pc_branch(g, e->b, false, &disabled);
    }
    if (e->a) {
        settle_instance(g, e->a);
    }
    struct borrowed bits[BITS_MAX];
    uint32_t nbits = 0;
    pass_inputs(g, e);
    for (struct pc_arg *a = e->args; a; a = a->next) {
        struct borrowed b;
        if (a->inout && mr_pc_comes_back(g, e->pou) && is_own(g, a->value)) {
            PC_ERROR(g->c, a->pos, "a variable of this call cannot be VAR_IN_OUT of '%s', which may come back here",
                     e->pou->spelled);
        }
        if (!a->inout || !pass_inout(g, a, &b)) {
            continue;
        }
        if (nbits == BITS_MAX) {
            PC_ERROR(g->c, a->pos, "more than %d bits of the image as VAR_IN_OUT", BITS_MAX);
            break;
        }
        bits[nbits++] = b;
    }
    bool elsewhere = g->pou->kind != PC_TASK && e->a && (e->a->kind == EX_VAR || e->a->kind == EX_FIELD) && e->a->var->tasked;
    if (!elsewhere) {
        jump_into(g, e);
    }
    for (uint32_t i = 0; i < nbits; i++) {
        mr_pc_store(g, &bits[i].bit, 1, bits[i].copy);
    }
    bool again = mr_pc_comes_back(g, e->pou);
    if (again) {
        mr_pc_restore(g, e->pou);
    }
    leave_out(g, e, &disabled);
    if (again) {
        mr_pc_swap_outputs(g, e->pou);
    }
    for (struct pc_arg *a = e->args; a; a = a->next) {
        if (a->value && a->output) {
            mr_pc_assign(g, a->target, a->value);
        }
    }
    if (again) {
        mr_pc_swap_outputs(g, e->pou);
    }
}

static int32_t call_value(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    if (e->variants) {
        int32_t at = target(g, hint, e->type->size);
        dispatch(g, e, at, NULL);
        return at;
    }
    mr_pc_call(g, e);
    int32_t result = mr_pc_result_at(g, e->pou);
    int32_t to = target(g, hint, e->type->size);
    bool whole = mr_pc_is_aggregate(e->type);
    mr_pc_emit(g, whole ? OP_COPY : mr_pc_width_op(OP_MOV_1, e->type->size), to, result, whole ? (int32_t)e->type->size : 0);
    return to;
}

/* One of the variants, by what the instance says it is; its value goes to `to`, or `text`. */
static void dispatch(struct pc_gen *g, struct pc_expr *e, int32_t to, const struct pc_text *text)
{
    struct pc_patch *end = NULL;
    struct pc_expr which = {.kind = EX_FIELD, .pos = e->pos, .a = e->variants->a, .type = g->c->elementary[TY_UDINT]};
    which.var = e->variants->pou->owner->class_var;
    int32_t id = mr_pc_temp(g, 4);
    int32_t is = mr_pc_value(g, &which, id);
    if (is != id) {
        mr_pc_emit(g, OP_MOV_4, id, is, 0);
    }
    for (struct pc_expr *v = e->variants; v; v = v->next_variant) {
        struct pc_patch *next = NULL;
        mr_pc_wait(g, &next, mr_pc_emit(g, OP_JNE_4, id, mr_pc_const_int(g, v->v.i, 4), 0));
        if (text) {
            mr_pc_text_value(g, v, *text);
        } else if (to != PC_NO_HINT) {
            int32_t value = call_value(g, v, to);
            MR_ASSERT(value == to);
        } else {
            mr_pc_call(g, v);
        }
        mr_pc_wait(g, &end, mr_pc_emit(g, OP_JMP, 0, 0, 0));
        mr_pc_land(g, &next);
    }
    mr_pc_emit_n(g, OP_TRAP, MR_PLC_NO_BLOCK, 0, 0, 0);
    mr_pc_land(g, &end);
}

void mr_pc_text_value(struct pc_gen *g, struct pc_expr *e, struct pc_text to)
{
    if (e->variants) {
        dispatch(g, e, PC_NO_HINT, &to);
        return;
    }
    if (e->kind == EX_CALL && e->pou) {
        mr_pc_call(g, e);
        struct pc_text result = {mr_pc_result_at(g, e->pou), false};
        mr_pc_emit_str(g, PC_STR_ASSIGN, (struct pc_text[5]){to, result, {0}, {0}, {0}});
    } else if (e->kind == EX_CALL) {
        mr_pc_std_text(g, e, to);
    } else {
        mr_pc_convert_text(g, e, to);
    }
}

static int32_t reference(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    struct pc_loc l = mr_pc_loc(g, e->a, false);
    if (l.bit) {
        PC_ERROR(g->c, e->pos, "a bit has no address that could be referred to");
        return 0;
    }
    int32_t p = mr_pc_pointer(g, &l, e->a->type->size);
    if (e->v.i > 0) { /* behind a string's head */
        mr_pc_emit_str(g, PC_STR_OPEN, (struct pc_text[5]){{p, true}, {0}, {0}, {0}, {0}});
        int32_t to = target(g, hint, 4);
        mr_pc_emit(g, OP_OFFS, to, p, (int32_t)e->v.i);
        return to;
    }
    if (hint != PC_NO_HINT) {
        mr_pc_emit(g, OP_MOV_4, hint, p, 0);
        return hint;
    }
    return p;
}

int32_t mr_pc_value(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    switch (e->kind) {
    case EX_CONST: {
        uint8_t bytes[8] = {0};
        struct pc_type *t = mr_pc_plain(e->type);
        mr_pc_put_value(e, t, bytes);
        return mr_pc_const_bytes(g, bytes, t->size);
    }
    case EX_BINARY:
        return binary(g, e, hint);
    case EX_NEG:
    case EX_NOT:
        return unary(g, e, hint);
    case EX_CONVERT:
        return mr_pc_convert(g, e, hint);
    case EX_CALL:
        return e->std ? mr_pc_std_value(g, e, hint) : call_value(g, e, hint);
    case EX_REF:
        return reference(g, e, hint);
    case EX_THIS: {
        int32_t to = target(g, hint, 4);
        mr_pc_emit(g, OP_LEA, to, PC_REL, (int32_t)e->type->base->size);
        return to;
    }
    case EX_VAR:
    case EX_FIELD:
    case EX_INDEX:
    case EX_DEREF:
    case EX_BITOF: {
        struct pc_loc l = mr_pc_loc(g, e, false);
        return mr_pc_load(g, &l, e->type->size, hint);
    }
    case EX_NAME:
    case EX_TYPED:
    case EX_ADDRESS:
    case EX_LIST:
    case EX_SUPER:
        break;
    }
    (void)MR_NEVER(true); /* the checker leaves no such expression */
    return 0;
}
