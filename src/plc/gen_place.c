/* gen_place.c - where variables are, and how to reach them. */
#include "plc/gen.h"

static int32_t operand_of(const struct pc_var *v)
{
    return v->relative ? PC_REL + (int32_t)v->offset : (int32_t)v->offset;
}

static struct pc_loc direct(int32_t at)
{
    return (struct pc_loc){.where = AT_DIRECT, .at = at};
}

static struct pc_loc pointed(int32_t ref)
{
    return (struct pc_loc){.where = AT_POINTED, .at = ref};
}

static void extend(struct pc_gen *g, const struct pc_loc *l)
{
    mr_pc_emit(g, OP_EXT, l->lo, l->n, l->step);
}

/* The index of l as a DINT. */
static int32_t long_index(struct pc_gen *g, const struct pc_loc *l)
{
    if (!l->short_index) {
        return l->index;
    }
    int32_t t = mr_pc_temp(g, 4);
    mr_pc_emit(g, OP_CVT_S16_S32, t, l->index, 0);
    return t;
}

int32_t mr_pc_pointer(struct pc_gen *g, const struct pc_loc *l, uint32_t size)
{
    int32_t t;
    switch (l->where) {
    case AT_DIRECT:
        t = mr_pc_temp(g, 4);
        mr_pc_emit(g, OP_LEA, t, l->at, (int32_t)size);
        return t;
    case AT_INDEXED: {
        int32_t index = long_index(g, l);
        t = mr_pc_temp(g, 4);
        mr_pc_emit(g, OP_LEAX, t, l->at, index);
        extend(g, l);
        return t;
    }
    case AT_POINTED:
        break;
    }
    if (l->shift == 0) {
        return l->at;
    }
    t = mr_pc_temp(g, 4);
    mr_pc_emit(g, OP_OFFS, t, l->at, l->shift);
    return t;
}

/* What lies `by` bytes behind l. */
static struct pc_loc shifted(struct pc_loc l, int32_t by)
{
    if (l.where == AT_POINTED) {
        l.shift += by;
    } else {
        l.at += by;
    }
    return l;
}

static struct pc_loc element(struct pc_gen *g, struct pc_expr *e)
{
    const struct pc_type *array = e->a->type;
    struct pc_loc base = mr_pc_loc(g, e->a, false);
    int32_t step = (int32_t)e->type->size;
    if (e->b->kind == EX_CONST && !array->variable_length) {
        return shifted(base, (int32_t)(e->b->v.i - array->lo) * step);
    }
    struct pc_loc l = {
        .where = AT_INDEXED, .at = base.at, .lo = (int32_t)array->lo, .n = (int32_t)(array->hi - array->lo + 1), .step = step};
    l.index = mr_pc_value(g, e->b, PC_NO_HINT);
    l.short_index = mr_pc_plain(e->b->type)->kind == TY_INT;
    if (base.where == AT_DIRECT) {
        return l;
    }
    int32_t from = mr_pc_pointer(g, &base, array->size);
    int32_t index = long_index(g, &l);
    int32_t t = mr_pc_temp(g, 4);
    mr_pc_emit(g, OP_IDXR, t, from, index);
    extend(g, &l);
    return pointed(t);
}

static struct pc_loc bit_of(struct pc_gen *g, struct pc_expr *e)
{
    struct pc_loc l = mr_pc_loc(g, e->a, false);
    if (l.where == AT_INDEXED) {
        l = pointed(mr_pc_pointer(g, &l, e->a->type->size));
    }
    if (e->variant > 0) { /* the lowest byte comes first */
        return shifted(l, (int32_t)(e->v.i * e->variant));
    }
    l = shifted(l, (int32_t)(e->v.i / 8));
    l.bit = true;
    l.bit_no = (uint8_t)(e->v.i % 8);
    return l;
}

static struct pc_loc variable(const struct pc_expr *e, bool slot)
{
    const struct pc_var *v = e->var;
    if (v->cls == VC_INOUT && !slot) {
        return pointed(operand_of(v));
    }
    struct pc_loc l = direct(operand_of(v));
    if (v->located && v->type->kind == TY_BOOL) {
        l.bit = true;
        l.bit_no = v->place.bit;
    }
    return l;
}

/* `slot`: of a VAR_IN_OUT not what it stands for, but where the reference is kept. */
struct pc_loc mr_pc_loc(struct pc_gen *g, struct pc_expr *e, bool slot)
{
    switch ((unsigned)e->kind) {
    case EX_VAR:
        return variable(e, slot);
    case EX_FIELD: {
        struct pc_loc l = shifted(mr_pc_loc(g, e->a, false), (int32_t)e->var->offset);
        if (e->var->cls == VC_INOUT && !slot) {
            return pointed(mr_pc_load(g, &l, 4, PC_NO_HINT));
        }
        return l;
    }
    case EX_INDEX:
        return element(g, e);
    case EX_DEREF:
        if (e->a->kind == EX_THIS) {
            return direct(PC_REL);
        }
        return pointed(mr_pc_value(g, e->a, PC_NO_HINT));
    case EX_BITOF:
        return bit_of(g, e);
    default:
        return direct(mr_pc_value(g, e, PC_NO_HINT));
    }
}

int32_t mr_pc_load(struct pc_gen *g, const struct pc_loc *l, uint32_t size, int32_t hint)
{
    if (l->where == AT_DIRECT && !l->bit) {
        return l->at;
    }
    int32_t to = hint == PC_NO_HINT ? mr_pc_temp(g, size) : hint;
    if (l->bit) {
        bool far = l->where == AT_POINTED;
        mr_pc_emit_n(g, far ? OP_LDIBIT : OP_LDBIT, l->bit_no, to, l->at, far ? l->shift : 0);
    } else if (l->where == AT_POINTED) {
        mr_pc_emit(g, mr_pc_width_op(OP_LDI_1, size), to, l->at, l->shift);
    } else {
        mr_pc_emit(g, mr_pc_width_op(l->short_index ? OP_LDXS_1 : OP_LDX_1, size), to, l->at, l->index);
        extend(g, l);
    }
    return to;
}

void mr_pc_store(struct pc_gen *g, const struct pc_loc *l, uint32_t size, int32_t value)
{
    if (l->bit) {
        bool far = l->where == AT_POINTED;
        mr_pc_emit_n(g, far ? OP_STIBIT : OP_STBIT, l->bit_no, l->at, value, far ? l->shift : 0);
    } else if (l->where == AT_DIRECT) {
        if (l->at != value) {
            mr_pc_emit(g, mr_pc_width_op(OP_MOV_1, size), l->at, value, 0);
        }
    } else if (l->where == AT_POINTED) {
        mr_pc_emit(g, mr_pc_width_op(OP_STI_1, size), l->at, value, l->shift);
    } else {
        mr_pc_emit(g, mr_pc_width_op(l->short_index ? OP_STXS_1 : OP_STX_1, size), l->at, value, l->index);
        extend(g, l);
    }
}

static void copy_aggregate(struct pc_gen *g, struct pc_expr *to, struct pc_expr *from)
{
    uint32_t size = to->type->size;
    struct pc_loc a = mr_pc_loc(g, to, false);
    struct pc_loc b = mr_pc_loc(g, from, false);
    if (size == 0) {
        return;
    }
    if (a.where == AT_DIRECT && b.where == AT_DIRECT) {
        mr_pc_emit(g, OP_COPY, a.at, b.at, (int32_t)size);
        return;
    }
    int32_t pa = mr_pc_pointer(g, &a, size);
    int32_t pb = mr_pc_pointer(g, &b, size);
    mr_pc_emit(g, OP_COPYI, pa, pb, (int32_t)size);
}

/* A string's operand: its own place, or a reference to it. */
static struct pc_text text_at(struct pc_gen *g, const struct pc_loc *l, uint32_t size)
{
    return l->where == AT_DIRECT ? (struct pc_text){l->at, false} : (struct pc_text){mr_pc_pointer(g, l, size), true};
}

void mr_pc_emit_str(struct pc_gen *g, enum pc_str fn, const struct pc_text operand[5])
{
    int32_t mask = 0;
    for (int k = 0; k < 5; k++) {
        mask |= operand[k].pointed ? 1 << k : 0;
    }
    mr_pc_emit_n(g, OP_STR, (uint16_t)fn, operand[0].at, operand[1].at, operand[2].at);
    mr_pc_emit(g, OP_EXT, operand[3].at, operand[4].at, mask);
}

struct pc_text mr_pc_text_of(struct pc_gen *g, struct pc_expr *e, const struct pc_text *into)
{
    if (e->kind == EX_CONST) {
        uint8_t *bytes = mr_pc_alloc(g->c->pool, PC_STR_HEAD + (size_t)e->v.s.n + 8);
        struct pc_type t = {.kind = TY_STRING, .length = e->v.s.n};
        mr_pc_put_value(e, &t, bytes);
        return (struct pc_text){mr_pc_const_bytes(g, bytes, (PC_STR_HEAD + e->v.s.n + 1) & ~1u), false};
    }
    if (e->kind == EX_CALL || e->kind == EX_CONVERT) {
        struct pc_text to = into ? *into : (struct pc_text){0};
        if (!into) { /* a temporary that knows its length: the header comes from a constant */
            uint32_t length = e->type->length;
            to.at = mr_pc_temp(g, PC_STR_HEAD + length + 2);
            uint16_t head[2] = {(uint16_t)length, 0};
            mr_pc_emit(g, OP_MOV_4, to.at, mr_pc_const_bytes(g, head, sizeof head), 0);
        }
        mr_pc_text_value(g, e, to);
        return to;
    }
    struct pc_loc l = mr_pc_loc(g, e, false);
    return text_at(g, &l, e->type->size);
}

static void assign_text(struct pc_gen *g, struct pc_expr *to, struct pc_expr *from)
{
    struct pc_loc l = mr_pc_loc(g, to, false);
    struct pc_text target = text_at(g, &l, to->type->size);
    struct pc_text source = mr_pc_text_of(g, from, &target);
    if (source.at != target.at || source.pointed != target.pointed) {
        mr_pc_emit_str(g, PC_STR_ASSIGN, (struct pc_text[5]){target, source, {0}, {0}, {0}});
    }
}

/* A value that is kept within bounds: subranges are checked where they are assigned (2.3.3.1 of the standard). */
static void check_range(struct pc_gen *g, const struct pc_type *to, const struct pc_expr *from, int32_t value)
{
    bool inside = from->kind == EX_CONST || (from->type->subrange && from->type->lo >= to->lo && from->type->hi <= to->hi);
    if (to->subrange && !inside) {
        mr_pc_emit(g, mr_pc_num_op(OP_RANGE_S8, mr_pc_machine(to)), value, mr_pc_const_int(g, to->lo, to->size),
                   mr_pc_const_int(g, to->hi, to->size));
    }
}

void mr_pc_assign(struct pc_gen *g, struct pc_expr *to, struct pc_expr *from)
{
    if (mr_pc_is_aggregate(to->type)) {
        copy_aggregate(g, to, from);
        return;
    }
    if (mr_pc_is_string(to->type)) {
        assign_text(g, to, from);
        return;
    }
    struct pc_loc l = mr_pc_loc(g, to, false);
    bool plain = l.where == AT_DIRECT && !l.bit && !to->type->subrange;
    int32_t value = mr_pc_value(g, from, plain ? l.at : PC_NO_HINT);
    check_range(g, to->type, from, value);
    mr_pc_store(g, &l, to->type->size, value);
}
