/* gen_std.c - standard functions and conversions as instructions. */
#include "plc/gen.h"

static int32_t target(struct pc_gen *g, int32_t hint, uint32_t size)
{
    return hint == PC_NO_HINT ? mr_pc_temp(g, size) : hint;
}

static uint32_t machine_size(enum pc_machine m)
{
    static const uint8_t sizes[] = {1, 2, 4, 8, 1, 2, 4, 8, 4, 8};
    return sizes[m];
}

int32_t mr_pc_conversion(struct pc_gen *g, int32_t from, enum pc_machine m, enum pc_machine to, int32_t hint)
{
    bool same = m == to || (m < PM_F32 && to < PM_F32 && machine_size(m) == machine_size(to));
    bool narrower = m < PM_F32 && to < PM_F32 && machine_size(m) > machine_size(to);
    if (same || narrower) { /* the lower bytes are where the value begins */
        return from;
    }
    int32_t t = target(g, hint, machine_size(to));
    mr_pc_emit(g, (enum pc_op)((unsigned)mr_pc_num_op(OP_CVT_S8_S8, m) + (unsigned)to), t, from, 0);
    return t;
}

/* What one of a type counts, in nanoseconds: numbers of TIME and TOD are milliseconds, of dates seconds. */
static int64_t unit_of(const struct pc_type *t)
{
    return t->kind == TY_LTIME ? 1 : (t->kind == TY_TIME || t->kind == TY_TOD ? MR_MS : MR_S);
}

static bool counts_time(const struct pc_type *t)
{
    return mr_pc_is_time(t) || mr_pc_is_date(t);
}

static int32_t to_time(struct pc_gen *g, int32_t v, const struct pc_type *from, const struct pc_type *to, int32_t hint)
{
    int64_t unit = unit_of(to);
    if (mr_pc_is_real(from)) {
        int32_t x = mr_pc_conversion(g, v, mr_pc_machine(from), PM_F64, PC_NO_HINT);
        int32_t y = mr_pc_temp(g, 8);
        double scale = (double)unit;
        mr_pc_emit(g, OP_MUL_F64, y, x, mr_pc_const_bytes(g, &scale, sizeof scale));
        return mr_pc_conversion(g, y, PM_F64, PM_S64, hint);
    }
    int32_t x = mr_pc_conversion(g, v, mr_pc_machine(from), PM_S64, PC_NO_HINT);
    int32_t t = target(g, hint, 8);
    mr_pc_emit(g, OP_MUL_8, t, x, mr_pc_const_int(g, unit, 8));
    return t;
}

static int32_t from_time(struct pc_gen *g, int32_t v, const struct pc_type *from, const struct pc_type *to, int32_t hint)
{
    int64_t unit = unit_of(from);
    int32_t t = mr_pc_temp(g, 8);
    if (mr_pc_is_real(to)) {
        double scale = (double)unit;
        mr_pc_emit(g, OP_CVT_S64_F64, t, v, 0);
        mr_pc_emit(g, OP_DIV_F64, t, t, mr_pc_const_bytes(g, &scale, sizeof scale));
        return mr_pc_conversion(g, t, PM_F64, mr_pc_machine(to), hint);
    }
    mr_pc_emit(g, OP_DIV_S64, t, v, mr_pc_const_int(g, unit, 8));
    return mr_pc_conversion(g, t, PM_S64, mr_pc_machine(to), hint);
}

/* DT_TO_DATE and DT_TO_TOD (table 30): the day's beginning, and what is beyond it. */
static int32_t between_times(struct pc_gen *g, int32_t v, const struct pc_type *from, const struct pc_type *to, int32_t hint)
{
    if (from->kind != TY_DT || (to->kind != TY_DATE && to->kind != TY_TOD)) {
        return v;
    }
    int32_t t = mr_pc_temp(g, 8);
    int32_t day = mr_pc_const_int(g, MR_DAY, 8);
    mr_pc_emit(g, OP_MOD_S64, t, v, day);
    mr_pc_emit(g, OP_ADD_8, t, t, day); /* before 1970 too */
    mr_pc_emit(g, OP_MOD_S64, t, t, day);
    if (to->kind == TY_TOD) {
        return t;
    }
    int32_t d = target(g, hint, 8);
    mr_pc_emit(g, OP_SUB_8, d, v, t);
    return d;
}

static int32_t to_bool(struct pc_gen *g, int32_t v, const struct pc_type *from, int32_t hint)
{
    int32_t t = target(g, hint, 1);
    uint32_t size = from->size;
    int32_t zero = mr_pc_const_int(g, 0, size);
    enum pc_op op = from->kind == TY_REAL ? OP_NE_F32 : (from->kind == TY_LREAL ? OP_NE_F64 : mr_pc_width_op(OP_NE_1, size));
    mr_pc_emit(g, op, t, v, zero);
    return t;
}

static enum pc_time_form time_form(const struct pc_type *t)
{
    return t->kind == TY_LTIME
               ? PC_TF_LTIME
               : (t->kind == TY_DATE ? PC_TF_DATE : (t->kind == TY_TOD ? PC_TF_TOD : (t->kind == TY_DT ? PC_TF_DT : PC_TF_TIME)));
}

static int32_t from_text(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    struct pc_text s = mr_pc_text_of(g, e->a, NULL);
    const struct pc_type *to = mr_pc_plain(e->type);
    int32_t t = mr_pc_temp(g, 8);
    if (mr_pc_is_real(to)) {
        mr_pc_emit_str(g, PC_STR_TO_REAL, (struct pc_text[5]){{t, false}, s, {0}, {0}, {0}});
        return mr_pc_conversion(g, t, PM_F64, mr_pc_machine(to), hint);
    }
    if (counts_time(to)) {
        int32_t form = mr_pc_const_int(g, time_form(to), 4);
        mr_pc_emit_str(g, PC_STR_TO_TIME, (struct pc_text[5]){{t, false}, s, {form, false}, {0}, {0}});
        return t;
    }
    mr_pc_emit_str(g, PC_STR_TO_INT, (struct pc_text[5]){{t, false}, s, {0}, {0}, {0}});
    return to->kind == TY_BOOL ? to_bool(g, t, g->c->elementary[TY_LINT], hint)
                               : mr_pc_conversion(g, t, PM_S64, mr_pc_machine(to), hint);
}

int32_t mr_pc_convert(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    if (mr_pc_is_string(e->a->type)) {
        return from_text(g, e, hint);
    }
    const struct pc_type *from = mr_pc_plain(e->a->type);
    const struct pc_type *to = mr_pc_plain(e->type);
    int32_t v = mr_pc_value(g, e->a, PC_NO_HINT);
    if (counts_time(from) && counts_time(to)) {
        return between_times(g, v, from, to, hint);
    }
    if (to->kind == TY_BOOL && from->kind != TY_BOOL) {
        return to_bool(g, v, from, hint);
    }
    if (counts_time(to)) {
        return to_time(g, v, from, to, hint);
    }
    if (counts_time(from)) {
        return from_time(g, v, from, to, hint);
    }
    return mr_pc_conversion(g, v, mr_pc_machine(from), mr_pc_machine(to), hint);
}

void mr_pc_convert_text(struct pc_gen *g, struct pc_expr *e, struct pc_text to)
{
    const struct pc_type *from = mr_pc_plain(e->a->type);
    if (mr_pc_is_string(from)) {
        struct pc_text s = mr_pc_text_of(g, e->a, NULL);
        mr_pc_emit_str(g, PC_STR_ASSIGN, (struct pc_text[5]){to, s, {0}, {0}, {0}});
        return;
    }
    int32_t v = mr_pc_value(g, e->a, PC_NO_HINT);
    if (mr_pc_is_real(from)) {
        bool single = from->kind == TY_REAL;
        v = mr_pc_conversion(g, v, mr_pc_machine(from), PM_F64, PC_NO_HINT);
        mr_pc_emit_str(g, single ? PC_STR_FROM_REAL : PC_STR_FROM_LREAL, (struct pc_text[5]){to, {v, false}, {0}, {0}, {0}});
    } else if (counts_time(from)) {
        int32_t form = mr_pc_const_int(g, time_form(from), 4);
        mr_pc_emit_str(g, PC_STR_FROM_TIME, (struct pc_text[5]){to, {v, false}, {form, false}, {0}, {0}});
    } else {
        v = mr_pc_conversion(g, v, mr_pc_machine(from), PM_S64, PC_NO_HINT);
        bool sign = mr_pc_is_signed(from);
        enum pc_str fn = from->kind == TY_BOOL ? PC_STR_FROM_BOOL : (sign ? PC_STR_FROM_INT : PC_STR_FROM_UINT);
        if (mr_pc_is_bits(from) && from->kind != TY_BOOL) {
            int32_t digits = mr_pc_const_int(g, 2 * (int64_t)from->size, 4);
            mr_pc_emit_str(g, PC_STR_FROM_HEX, (struct pc_text[5]){to, {v, false}, {digits, false}, {0}, {0}});
        } else {
            mr_pc_emit_str(g, fn, (struct pc_text[5]){to, {v, false}, {0}, {0}, {0}});
        }
    }
}

/* ---- functions ---- */

static int32_t extreme(struct pc_gen *g, struct pc_expr *e, enum pc_op op_s8, int32_t hint)
{
    enum pc_op op = mr_pc_num_op(op_s8, mr_pc_machine(e->type));
    int32_t left = mr_pc_value(g, e->args->e, PC_NO_HINT);
    for (struct pc_arg *a = e->args->next; a; a = a->next) {
        int32_t right = mr_pc_value(g, a->e, PC_NO_HINT);
        int32_t to = a->next ? mr_pc_temp(g, e->type->size) : target(g, hint, e->type->size);
        mr_pc_emit(g, op, to, left, right);
        left = to;
    }
    return left;
}

static int32_t within(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    int32_t in = mr_pc_value(g, e->args->e, PC_NO_HINT);
    int32_t low = mr_pc_value(g, e->args->next->e, PC_NO_HINT);
    int32_t high = mr_pc_value(g, e->args->next->next->e, PC_NO_HINT);
    int32_t to = target(g, hint, 4);
    mr_pc_emit(g, OP_RANGE_S32, in, low, high);
    mr_pc_emit(g, OP_SUB_4, to, in, low);
    return to;
}

static int32_t limit(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    enum pc_machine m = mr_pc_machine(e->type);
    int32_t low = mr_pc_value(g, e->args->e, PC_NO_HINT);
    int32_t in = mr_pc_value(g, e->args->next->e, PC_NO_HINT);
    int32_t high = mr_pc_value(g, e->args->next->next->e, PC_NO_HINT);
    int32_t t = mr_pc_temp(g, e->type->size);
    int32_t to = target(g, hint, e->type->size);
    mr_pc_emit(g, mr_pc_num_op(OP_MAX_S8, m), t, in, low);
    mr_pc_emit(g, mr_pc_num_op(OP_MIN_S8, m), to, t, high);
    return to;
}

static void move(struct pc_gen *g, const struct pc_type *t, int32_t to, int32_t from)
{
    bool whole = mr_pc_is_aggregate(t);
    mr_pc_emit(g, whole ? OP_COPY : mr_pc_width_op(OP_MOV_1, t->size), to, from, whole ? (int32_t)t->size : 0);
}

static int32_t sel(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    struct pc_arg *a = e->args->next;
    int32_t v0 = mr_pc_value(g, a->e, PC_NO_HINT);
    int32_t v1 = mr_pc_value(g, a->next->e, PC_NO_HINT);
    int32_t t = mr_pc_temp(g, e->type->size); /* the condition may read what is assigned */
    struct pc_patch *first = NULL;
    struct pc_patch *end = NULL;
    mr_pc_branch(g, e->args->e, false, &first);
    move(g, e->type, t, v1);
    mr_pc_wait(g, &end, mr_pc_emit(g, OP_JMP, 0, 0, 0));
    mr_pc_land(g, &first);
    move(g, e->type, t, v0);
    mr_pc_land(g, &end);
    (void)hint;
    return t;
}

/* EN IN [ENO]: where EN is FALSE, the function is left out and gives its type's initial value. */
static int32_t enabled(struct pc_gen *g, struct pc_expr *e)
{
    struct pc_arg *in = e->args->next;
    int32_t t = mr_pc_temp(g, e->type->size);
    struct pc_patch *off = NULL;
    struct pc_patch *end = NULL;
    mr_pc_branch(g, e->args->e, false, &off);
    move(g, e->type, t, mr_pc_value(g, in->e, PC_NO_HINT));
    mr_pc_wait(g, &end, mr_pc_emit(g, OP_JMP, 0, 0, 0));
    mr_pc_land(g, &off);
    move(g, e->type, t, mr_pc_initial_value(g, e->type));
    mr_pc_land(g, &end);
    if (in->next && in->next->value) {
        mr_pc_assign(g, in->next->target, in->next->value);
    }
    return t;
}

/* Where the variable is in which the value stays. */
static int32_t keep_at(struct pc_gen *g, const struct pc_expr *e)
{
    if (!e->var->laid_out) {
        e->var->laid_out = true;
        e->var->offset = (uint32_t)mr_pc_local(g, e->type->size);
    }
    return (int32_t)e->var->offset;
}

static int32_t keep(struct pc_gen *g, struct pc_expr *e)
{
    int32_t to = keep_at(g, e);
    int32_t from = mr_pc_value(g, e->args->e, to);
    if (from != to) {
        move(g, e->type, to, from);
    }
    return to;
}

static int32_t mux(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    (void)hint;
    int32_t k = mr_pc_value(g, e->args->e, PC_NO_HINT);
    int32_t t = mr_pc_temp(g, e->type->size);
    struct pc_patch *end = NULL;
    int64_t i = 0;
    for (struct pc_arg *a = e->args->next; a; a = a->next, i++) {
        struct pc_patch *next = NULL;
        if (a->next) {
            mr_pc_wait(g, &next, mr_pc_emit(g, OP_JNE_4, k, mr_pc_const_int(g, i, 4), 0));
        }
        move(g, e->type, t, mr_pc_value(g, a->e, PC_NO_HINT));
        if (a->next) {
            mr_pc_wait(g, &end, mr_pc_emit(g, OP_JMP, 0, 0, 0));
        }
        mr_pc_land(g, &next);
    }
    mr_pc_land(g, &end);
    return t;
}

static int32_t trunc_value(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    enum pc_machine m = mr_pc_machine(e->args->e->type);
    int32_t v = mr_pc_value(g, e->args->e, PC_NO_HINT);
    int32_t t = mr_pc_temp(g, 8);
    mr_pc_emit_n(g, m == PM_F32 ? OP_MATH_F32 : OP_MATH_F64, PC_TRUNC, t, v, 0);
    return mr_pc_conversion(g, t, m, mr_pc_machine(e->type), hint);
}

/* Digit by digit: r += (v / 10^k mod 10) * 16^k, or the other way round. */
static int32_t bcd(struct pc_gen *g, struct pc_expr *e, int32_t hint, bool from)
{
    int32_t v = mr_pc_value(g, e->args->e, PC_NO_HINT);
    int32_t rest = mr_pc_temp(g, 8);
    int32_t sum = mr_pc_temp(g, 8);
    int32_t digit = mr_pc_temp(g, 8);
    int32_t divisor = mr_pc_const_int(g, from ? 16 : 10, 8);
    int64_t weight = 1;
    mr_pc_emit(g, OP_MOV_8, rest, v, 0);
    mr_pc_emit(g, OP_MOV_8, sum, mr_pc_const_int(g, 0, 8), 0);
    uint32_t digits = 2 * e->type->size;
    for (uint32_t k = 0; k < digits && k < 16; k++) {
        mr_pc_emit(g, OP_MOD_U64, digit, rest, divisor);
        mr_pc_emit(g, OP_MUL_8, digit, digit, mr_pc_const_int(g, weight, 8));
        mr_pc_emit(g, OP_ADD_8, sum, sum, digit);
        mr_pc_emit(g, OP_DIV_U64, rest, rest, divisor);
        weight *= from ? 10 : 16;
    }
    return mr_pc_conversion(g, sum, PM_U64, mr_pc_machine(e->type), hint);
}

static int32_t shift(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    static const enum pc_op ops[] = {OP_SHL_1, OP_SHR_1, OP_ROL_1, OP_ROR_1};
    int32_t v = mr_pc_value(g, e->args->e, PC_NO_HINT);
    int32_t n = mr_pc_value(g, e->args->next->e, PC_NO_HINT);
    int32_t to = target(g, hint, e->type->size);
    mr_pc_emit(g, mr_pc_width_op(ops[e->std->arg], e->type->size), to, v, n);
    return to;
}

static int32_t string_number(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    int32_t t = mr_pc_temp(g, 4);
    struct pc_text a = mr_pc_text_of(g, e->args->e, NULL);
    struct pc_text b = {0};
    if (e->std->fn == SF_FIND) {
        b = mr_pc_text_of(g, e->args->next->e, NULL);
    }
    mr_pc_emit_str(g, e->std->fn == SF_FIND ? PC_STR_FIND : PC_STR_LEN, (struct pc_text[5]){{t, false}, a, b, {0}, {0}});
    return mr_pc_conversion(g, t, PM_S32, mr_pc_machine(e->type), hint);
}

/* 1970-01-01 was a Thursday. */
static int32_t day_of_week(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    int32_t t = mr_pc_temp(g, 8);
    mr_pc_emit(g, OP_DIV_S64, t, mr_pc_value(g, e->args->e, PC_NO_HINT), mr_pc_const_int(g, MR_DAY, 8));
    mr_pc_emit(g, OP_ADD_8, t, t, mr_pc_const_int(g, 4 + 7 * 100000, 8));
    mr_pc_emit(g, OP_MOD_S64, t, t, mr_pc_const_int(g, 7, 8));
    return mr_pc_conversion(g, t, PM_S64, mr_pc_machine(e->type), hint);
}

/* x - x is 0 for every number, and not for what is none or infinite. */
static int32_t is_valid(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    bool single = mr_pc_machine(e->args->e->type) == PM_F32;
    int32_t v = mr_pc_value(g, e->args->e, PC_NO_HINT);
    int32_t t = mr_pc_temp(g, 8);
    int32_t to = target(g, hint, 1);
    mr_pc_emit(g, single ? OP_SUB_F32 : OP_SUB_F64, t, v, v);
    mr_pc_emit(g, single ? OP_EQ_F32 : OP_EQ_F64, to, t, t);
    return to;
}

static int32_t of_one(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    enum pc_machine m = mr_pc_machine(e->type);
    int32_t a = mr_pc_value(g, e->args->e, PC_NO_HINT);
    int32_t b = e->std->fn == SF_ATAN2 ? mr_pc_value(g, e->args->next->e, PC_NO_HINT) : 0;
    int32_t to = target(g, hint, e->type->size);
    if (e->std->fn == SF_ABS) {
        mr_pc_emit(g, mr_pc_num_op(OP_ABS_S8, m), to, a, 0);
    } else if (e->std->fn == SF_ATAN2) {
        mr_pc_emit(g, m == PM_F32 ? OP_ATAN2_F32 : OP_ATAN2_F64, to, a, b);
    } else {
        mr_pc_emit_n(g, m == PM_F32 ? OP_MATH_F32 : OP_MATH_F64, (uint16_t)e->std->arg, to, a, 0);
    }
    return to;
}

int32_t mr_pc_std_value(struct pc_gen *g, struct pc_expr *e, int32_t hint)
{
    switch ((unsigned)e->std->fn) {
    case SF_MATH:
    case SF_ABS:
    case SF_ATAN2:
        return of_one(g, e, hint);
    case SF_SHIFT:
        return shift(g, e, hint);
    case SF_SEL:
        return sel(g, e, hint);
    case SF_MUX:
        return mux(g, e, hint);
    case SF_ENABLED:
        return enabled(g, e);
    case SF_KEPT:
        return keep(g, e);
    case SF_WITHIN:
        return within(g, e, hint);
    case SF_MIN:
        return extreme(g, e, OP_MIN_S8, hint);
    case SF_MAX:
        return extreme(g, e, OP_MAX_S8, hint);
    case SF_LIMIT:
        return limit(g, e, hint);
    case SF_LEN:
    case SF_FIND:
        return string_number(g, e, hint);
    case SF_TRUNC:
        return trunc_value(g, e, hint);
    case SF_BCD_TO:
    case SF_TO_BCD:
        return bcd(g, e, hint, e->std->fn == SF_BCD_TO);
    case SF_DAY_OF_WEEK:
        return day_of_week(g, e, hint);
    case SF_ISVALID:
        return is_valid(g, e, hint);
    case SF_NOW: {
        int32_t to = target(g, hint, 8);
        mr_pc_emit(g, OP_NOW, to, 0, 0);
        return to;
    }
    default:
        (void)MR_NEVER(true); /* the checker rewrites the others */
        return 0;
    }
}

/* SEL, MUX, MIN, MAX of strings: the chosen one is copied. */
static void choose_text(struct pc_gen *g, struct pc_expr *e, struct pc_text to)
{
    struct pc_patch *end = NULL;
    int32_t k = e->std->fn == SF_MUX ? mr_pc_value(g, e->args->e, PC_NO_HINT) : 0;
    int64_t i = 0;
    for (struct pc_arg *a = e->args->next; a; a = a->next, i++) {
        struct pc_patch *next = NULL;
        if (e->std->fn == SF_SEL && i == 0) {
            mr_pc_branch(g, e->args->e, true, &next);
        } else if (e->std->fn == SF_MUX && a->next) {
            mr_pc_wait(g, &next, mr_pc_emit(g, OP_JNE_4, k, mr_pc_const_int(g, i, 4), 0));
        }
        struct pc_text s = mr_pc_text_of(g, a->e, NULL);
        mr_pc_emit_str(g, PC_STR_ASSIGN, (struct pc_text[5]){to, s, {0}, {0}, {0}});
        if (a->next) {
            mr_pc_wait(g, &end, mr_pc_emit(g, OP_JMP, 0, 0, 0));
        }
        mr_pc_land(g, &next);
    }
    mr_pc_land(g, &end);
}

static void enabled_text(struct pc_gen *g, struct pc_expr *e, struct pc_text to)
{
    static const uint8_t none[PC_STR_HEAD];
    struct pc_arg *in = e->args->next;
    struct pc_patch *off = NULL;
    struct pc_patch *end = NULL;
    mr_pc_branch(g, e->args->e, false, &off);
    struct pc_text s = mr_pc_text_of(g, in->e, NULL);
    mr_pc_emit_str(g, PC_STR_ASSIGN, (struct pc_text[5]){to, s, {0}, {0}, {0}});
    mr_pc_wait(g, &end, mr_pc_emit(g, OP_JMP, 0, 0, 0));
    mr_pc_land(g, &off);
    s = (struct pc_text){mr_pc_const_bytes(g, none, sizeof none), false};
    mr_pc_emit_str(g, PC_STR_ASSIGN, (struct pc_text[5]){to, s, {0}, {0}, {0}});
    mr_pc_land(g, &end);
    if (in->next && in->next->value) {
        mr_pc_assign(g, in->next->target, in->next->value);
    }
}

static void extreme_text(struct pc_gen *g, struct pc_expr *e, struct pc_text to)
{
    bool first = true;
    for (struct pc_arg *a = e->args; a; a = a->next, first = false) {
        struct pc_patch *keep = NULL;
        struct pc_text s = mr_pc_text_of(g, a->e, NULL);
        if (!first) {
            int32_t order = mr_pc_temp(g, 4);
            int32_t zero = mr_pc_const_int(g, 0, 4);
            mr_pc_emit_str(g, PC_STR_COMPARE, (struct pc_text[5]){{order, false}, s, to, {0}, {0}});
            bool least = e->std->fn == SF_MIN;
            mr_pc_wait(g, &keep, mr_pc_emit(g, OP_JLE_S32, least ? zero : order, least ? order : zero, 0));
        }
        mr_pc_emit_str(g, PC_STR_ASSIGN, (struct pc_text[5]){to, s, {0}, {0}, {0}});
        mr_pc_land(g, &keep);
    }
}

static void concat(struct pc_gen *g, struct pc_expr *e, struct pc_text to)
{
    struct pc_arg *a = e->args;
    struct pc_text left = mr_pc_text_of(g, a->e, NULL);
    for (a = a->next; a; a = a->next) {
        struct pc_text right = mr_pc_text_of(g, a->e, NULL);
        struct pc_text sum = to;
        if (a->next) {
            sum = (struct pc_text){mr_pc_temp(g, PC_STR_HEAD + e->type->length + 2), false};
            uint16_t head[2] = {(uint16_t)e->type->length, 0};
            mr_pc_emit(g, OP_MOV_4, sum.at, mr_pc_const_bytes(g, head, sizeof head), 0);
        }
        mr_pc_emit_str(g, PC_STR_CONCAT, (struct pc_text[5]){sum, left, right, {0}, {0}});
        left = sum;
    }
}

void mr_pc_std_text(struct pc_gen *g, struct pc_expr *e, struct pc_text to)
{
    if (e->std->fn == SF_SEL || e->std->fn == SF_MUX) {
        choose_text(g, e, to);
        return;
    }
    if (e->std->fn == SF_ENABLED) {
        enabled_text(g, e, to);
        return;
    }
    if (e->std->fn == SF_KEPT) {
        uint16_t head[2] = {(uint16_t)e->type->length, 0};
        struct pc_text copy = {keep_at(g, e), false};
        mr_pc_emit(g, OP_MOV_4, copy.at, mr_pc_const_bytes(g, head, sizeof head), 0);
        mr_pc_emit_str(g, PC_STR_ASSIGN, (struct pc_text[5]){copy, mr_pc_text_of(g, e->args->e, NULL), {0}, {0}, {0}});
        mr_pc_emit_str(g, PC_STR_ASSIGN, (struct pc_text[5]){to, copy, {0}, {0}, {0}});
        return;
    }
    if (e->std->fn == SF_MIN || e->std->fn == SF_MAX || e->std->fn == SF_LIMIT) {
        extreme_text(g, e, to);
        return;
    }
    if (e->std->arg == PC_STR_CONCAT) {
        concat(g, e, to);
        return;
    }
    const char *form = mr_pc_str_forms[e->std->arg];
    struct pc_text operand[5] = {to, {0}, {0}, {0}, {0}};
    int k = 1;
    for (struct pc_arg *a = e->args; a && k < 5; a = a->next, k++) {
        operand[k] = form[k] == 'S' ? mr_pc_text_of(g, a->e, NULL) : (struct pc_text){mr_pc_value(g, a->e, PC_NO_HINT), false};
    }
    mr_pc_emit_str(g, (enum pc_str)e->std->arg, operand);
}
