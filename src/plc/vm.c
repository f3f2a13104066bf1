/* vm.c - the interpreter. It trusts nothing that mr_pc_verify() has not checked: static operands lie inside the memory, jumps
 * inside their block; what is known only at run time (indices, references, call depth, divisors) is checked here. */
#include "base/maths.h"
#include "plc/limits.h"
#include "plc/program.h"

#include <string.h>

#pragma GCC diagnostic ignored "-Wpedantic" /* labels as values: the dispatch */

#define COPIED 6 /* so many bytes, as a power of 2, are copied in the time of one instruction: the watchdog counts them too */

static double round_even(double v)
{
    const double shift = 6755399441055744.0; /* 1.5 * 2^52: adding it rounds to an integer, halves to even */
    return v > -2251799813685248.0 && v < 2251799813685248.0 ? (v + shift) - shift : v;
}

static int64_t to_signed(double v, int64_t max)
{
    v = round_even(v);
    return v != v ? 0 : (v >= (double)max ? max : (v <= -(double)max - 1 ? -max - 1 : (int64_t)v));
}

static uint64_t to_unsigned(double v, uint64_t max)
{
    v = round_even(v);
    return !(v > 0) ? 0 : (v >= (double)max ? max : (uint64_t)v);
}

static double math(uint16_t fn, double x)
{
    switch ((enum pc_math)fn) {
    case PC_SQRT:
        return mr_sqrt(x);
    case PC_LN:
        return mr_log(x);
    case PC_LOG:
        return mr_log10(x);
    case PC_EXP:
        return mr_exp(x);
    case PC_SIN:
        return mr_sin(x);
    case PC_COS:
        return mr_cos(x);
    case PC_TAN:
        return mr_tan(x);
    case PC_ASIN:
        return mr_asin(x);
    case PC_ACOS:
        return mr_acos(x);
    case PC_ATAN:
        return mr_atan(x);
    case PC_TRUNC:
        return mr_trunc(x);
    case PC_FLOOR:
        return mr_floor(x);
    case PC_CEIL:
        return mr_ceil(x);
    case PC_ROUND:
        return mr_round(x);
    case PC_MATH_COUNT:
        break;
    }
    return 0;
}

#define ACCESS(S, T)                                                                                                             \
    static inline T get_##S(const uint8_t *p)                                                                                    \
    {                                                                                                                            \
        T v;                                                                                                                     \
        memcpy(&v, p, sizeof v);                                                                                                 \
        return v;                                                                                                                \
    }                                                                                                                            \
    static inline void put_##S(uint8_t *p, T v)                                                                                  \
    {                                                                                                                            \
        memcpy(p, &v, sizeof v);                                                                                                 \
    }
#define ACCESS_W(w, T)       ACCESS(w, T)
#define ACCESS_T(t, T, U, w) ACCESS(t, T)
PC_WIDTHS(ACCESS_W)
PC_NUMS(ACCESS_T)

/* Where a string operand lies; operands of STR are addresses like others. */
static enum mr_plc_fault string_op(struct pc_vm *vm, const struct pc_insn *i, uint32_t base)
{
    const int32_t raw[5] = {i->a, i->b, i->c, i[1].a, i[1].b};
    uint32_t at[5];
    vm->fuel = 0;
    for (int k = 0; k < 5; k++) {
        at[k] = raw[k] >= 0 ? (uint32_t)raw[k] : base + (uint32_t)(raw[k] - PC_REL);
    }
    /* EXT's third operand says which of the five are references to a string instead of one */
    for (int k = 0; k < 5; k++) {
        if (i[1].c >> k & 1) {
            at[k] = get_4(vm->memory + at[k]);
            if (at[k] == 0) {
                return MR_PLC_NULL_REF;
            }
        }
    }
    return mr_pc_str(vm, i->n, at);
}

/* An operand's place: from the memory's start, or, where negative, from `inst`, the instance's place less PC_REL. */
#define PLACE(x) ((uint8_t *)(((x) < 0 ? inst : start) + (uintptr_t)(intptr_t)(x)))
#define A        PLACE(ip->a)
#define B        PLACE(ip->b)
#define C        PLACE(ip->c)
#define NEXT(k)                                                                                                                  \
    do {                                                                                                                         \
        ip += (k);                                                                                                               \
        goto *labels[ip->op];                                                                                                    \
    } while (0)
#define FAULT(f)                                                                                                                 \
    do {                                                                                                                         \
        fault = (f);                                                                                                             \
        goto out;                                                                                                                \
    } while (0)
#define BACK(k)                                                                                                                  \
    do {                                                                                                                         \
        fuel += (k)-1;                                                                                                           \
        if (fuel < 0) {                                                                                                          \
            FAULT(MR_PLC_WATCHDOG);                                                                                              \
        }                                                                                                                        \
        NEXT(k);                                                                                                                 \
    } while (0)
/* A reference's target of w bytes, displaced by d, which may be anything. */
#define POINT(ref, d, w, limit)                                                                                                  \
    do {                                                                                                                         \
        uint32_t ref_ = get_4(ref);                                                                                              \
        if (ref_ == 0) {                                                                                                         \
            FAULT(MR_PLC_NULL_REF);                                                                                              \
        }                                                                                                                        \
        uint64_t to_ = (uint64_t)ref_ + (uint32_t)(d);                                                                           \
        if (to_ + (uint64_t)(w) > (limit)) {                                                                                     \
            FAULT(MR_PLC_BOUNDS);                                                                                                \
        }                                                                                                                        \
        target = mem + to_;                                                                                                      \
    } while (0)
#define ELEMENT(T, S, operand)                                                                                                   \
    do {                                                                                                                         \
        uint32_t k_ = (uint32_t)(T)get_##S(operand) - (uint32_t)ip[1].a;                                                         \
        if (k_ >= (uint32_t)ip[1].b) {                                                                                           \
            FAULT(MR_PLC_BOUNDS);                                                                                                \
        }                                                                                                                        \
        element = k_ * (uint32_t)ip[1].c;                                                                                        \
    } while (0)

enum mr_plc_fault mr_pc_run(struct pc_vm *vm, uint32_t block)
{
    static const void *const labels[PC_OP_COUNT] = {
#define X(name, form, a, b, c) &&L_##name,
        PC_OPS(X)
#undef X
    };
    const struct mr_plc_program *const p = vm->program;
    const struct pc_insn *ip = p->code + p->blocks[block].entry;
    uint8_t *const mem = vm->memory;
    const uint64_t readable = p->memory_size;
    const uint64_t writable = p->ro_at;
    const uintptr_t start = (uintptr_t)mem;
    uintptr_t inst = start - (uintptr_t)(intptr_t)PC_REL;
    int64_t fuel = vm->fuel;
    struct {
        const struct pc_insn *ip;
        uintptr_t inst;
    } stack[MR_PLC_CALL_MAX];
    uint32_t depth = 0;
    uint8_t saved[MR_PLC_SAVED_MAX];
    uint32_t nsaved = 0;
    uint8_t *target;
    uint32_t element;
    enum mr_plc_fault fault = MR_PLC_OK;
    goto *labels[ip->op];

L_NOP:
L_EXT:
    NEXT(1);
L_HALT:
    goto out;
L_TRAP:
    FAULT((enum mr_plc_fault)ip->n);
L_RET:
    if (depth == 0) {
        goto out;
    }
    depth--;
    ip = stack[depth].ip;
    inst = stack[depth].inst;
    NEXT(1);
L_JMP:
    NEXT(ip->a);
L_JBACK:
    BACK(ip->a);
L_JT:
    NEXT(*A ? ip->b : 1);
L_JF:
    NEXT(*A ? 1 : ip->b);
L_JBIT:
    NEXT(*A >> (ip->n & 7) & 1 ? ip->b : 1);
L_JNBIT:
    NEXT(*A >> (ip->n & 7) & 1 ? 1 : ip->b);
L_NOTB:
    *A = !*B;
    NEXT(1);
L_ANDN:
    *A = *B && !*C;
    NEXT(1);
L_ORN:
    *A = *B || !*C;
    NEXT(1);
L_BOOLOF:
    *A = *B != 0;
    NEXT(1);
L_LDBIT:
    *A = *B >> (ip->n & 7) & 1;
    NEXT(1);
L_STBIT:
    *A = (uint8_t)((*A & ~(1u << (ip->n & 7))) | (unsigned)(*B != 0) << (ip->n & 7));
    NEXT(1);
L_LDIBIT:
    POINT(B, ip->c, 1, readable);
    *A = *target >> (ip->n & 7) & 1;
    NEXT(1);
L_STIBIT:
    POINT(A, ip->c, 1, writable);
    *target = (uint8_t)((*target & ~(1u << (ip->n & 7))) | (unsigned)(*B != 0) << (ip->n & 7));
    NEXT(1);
L_COPY:
    fuel -= ip->c >> COPIED;
    memmove(A, B, (uint32_t)ip->c);
    NEXT(1);
L_COPYI : {
    fuel -= ip->c >> COPIED;
    POINT(B, 0, (uint32_t)ip->c, readable);
    const uint8_t *from = target;
    POINT(A, 0, (uint32_t)ip->c, writable);
    memmove(target, from, (uint32_t)ip->c);
    NEXT(1);
}
L_CMPX:
    fuel -= ip[1].a >> COPIED;
    *A = memcmp(B, C, (uint32_t)ip[1].a) == 0;
    NEXT(2);
L_LEA:
    put_4(A, (uint32_t)(B - mem));
    NEXT(1);
L_LEAX:
    ELEMENT(int32_t, S32, C);
    put_4(A, (uint32_t)(B - mem) + element);
    NEXT(2);
L_IDXR:
    if (get_4(B) == 0) {
        FAULT(MR_PLC_NULL_REF);
    }
    ELEMENT(int32_t, S32, C);
    put_4(A, get_4(B) + element);
    NEXT(2);
L_OFFS:
    if (get_4(B) == 0) {
        FAULT(MR_PLC_NULL_REF);
    }
    put_4(A, get_4(B) + (uint32_t)ip->c);
    NEXT(1);
L_CHKIDX:
    ELEMENT(int32_t, S32, B);
    put_4(A, element);
    NEXT(2);
L_CHKREF:
    if (get_4(A) == 0) {
        FAULT(MR_PLC_NULL_REF);
    }
    NEXT(1);
L_CALL : {
    target = A;
    const struct pc_block *to = &p->blocks[ip->c];
    goto call;
L_CALLR:
    POINT(A, 0, p->blocks[ip->c].instance_size, writable);
    to = &p->blocks[ip->c];
    goto call;
L_CALLV : {
    uint32_t number = get_4(B);
    if (number >= p->nblocks || p->blocks[number].kind != PC_METHOD) {
        FAULT(MR_PLC_BAD_CODE);
    }
    to = &p->blocks[number];
    POINT(A, 0, to->instance_size, writable);
}
call:
    fuel -= to->len;
    if (fuel < 0) {
        FAULT(MR_PLC_WATCHDOG);
    }
    if (depth == MR_PLC_CALL_MAX) {
        FAULT(MR_PLC_STACK);
    }
    stack[depth].ip = ip;
    stack[depth++].inst = inst;
    inst = (uintptr_t)target - (uintptr_t)(intptr_t)PC_REL;
    ip = p->code + to->entry;
    NEXT(0);
}
L_SAVE:
    if ((uint32_t)ip->c > sizeof saved - nsaved) {
        FAULT(MR_PLC_STACK);
    }
    fuel -= ip->c >> COPIED;
    memcpy(saved + nsaved, A, (uint32_t)ip->c);
    nsaved += (uint32_t)ip->c;
    NEXT(1);
L_RESTORE:
    if ((uint32_t)ip->c > nsaved) {
        FAULT(MR_PLC_BAD_CODE);
    }
    fuel -= ip->c >> COPIED;
    nsaved -= (uint32_t)ip->c;
    memcpy(A, saved + nsaved, (uint32_t)ip->c);
    NEXT(1);
L_NOW:
    put_8(A, (uint64_t)vm->now);
    NEXT(1);
L_STR:
    fault = string_op(vm, ip, (uint32_t)(inst + (uintptr_t)(intptr_t)PC_REL - start));
    fuel -= vm->fuel; /* what it took */
    if (fault != MR_PLC_OK) {
        goto out;
    }
    NEXT(2);

#define WIDTH(w, T)                                                                                                              \
    L_MOV_##w : put_##w(A, get_##w(B));                                                                                          \
    NEXT(1);                                                                                                                     \
    L_ADD_##w : put_##w(A, (T)(get_##w(B) + get_##w(C)));                                                                        \
    NEXT(1);                                                                                                                     \
    L_SUB_##w : put_##w(A, (T)(get_##w(B) - get_##w(C)));                                                                        \
    NEXT(1);                                                                                                                     \
    L_MUL_##w : put_##w(A, (T)((uint64_t)get_##w(B) * get_##w(C)));                                                              \
    NEXT(1);                                                                                                                     \
    L_NEG_##w : put_##w(A, (T)(0 - get_##w(B)));                                                                                 \
    NEXT(1);                                                                                                                     \
    L_AND_##w : put_##w(A, (T)(get_##w(B) & get_##w(C)));                                                                        \
    NEXT(1);                                                                                                                     \
    L_OR_##w : put_##w(A, (T)(get_##w(B) | get_##w(C)));                                                                         \
    NEXT(1);                                                                                                                     \
    L_XOR_##w : put_##w(A, (T)(get_##w(B) ^ get_##w(C)));                                                                        \
    NEXT(1);                                                                                                                     \
    L_NOT_##w : put_##w(A, (T)~get_##w(B));                                                                                      \
    NEXT(1);                                                                                                                     \
    L_SHL_##w : put_##w(A, (T)(get_4(C) < 8 * w ? (T)((uint64_t)get_##w(B) << get_4(C)) : (T)0));                                \
    NEXT(1);                                                                                                                     \
    L_SHR_##w : put_##w(A, (T)(get_4(C) < 8 * w ? (T)(get_##w(B) >> get_4(C)) : (T)0));                                          \
    NEXT(1);                                                                                                                     \
    L_ROL_##w:                                                                                                                   \
    {                                                                                                                            \
        uint32_t by = get_4(C) & (8 * w - 1);                                                                                    \
        T v = get_##w(B);                                                                                                        \
        put_##w(A, (T)(by ? (T)(v << by | v >> (8 * w - by)) : v));                                                              \
    }                                                                                                                            \
    NEXT(1);                                                                                                                     \
    L_ROR_##w:                                                                                                                   \
    {                                                                                                                            \
        uint32_t by = get_4(C) & (8 * w - 1);                                                                                    \
        T v = get_##w(B);                                                                                                        \
        put_##w(A, (T)(by ? (T)(v >> by | v << (8 * w - by)) : v));                                                              \
    }                                                                                                                            \
    NEXT(1);                                                                                                                     \
    L_EQ_##w : *A = get_##w(B) == get_##w(C);                                                                                    \
    NEXT(1);                                                                                                                     \
    L_NE_##w : *A = get_##w(B) != get_##w(C);                                                                                    \
    NEXT(1);                                                                                                                     \
    L_JEQ_##w : NEXT(get_##w(A) == get_##w(B) ? ip->c : 1);                                                                      \
    L_JNE_##w : NEXT(get_##w(A) != get_##w(B) ? ip->c : 1);                                                                      \
    L_LDI_##w : POINT(B, ip->c, w, readable);                                                                                    \
    put_##w(A, get_##w(target));                                                                                                 \
    NEXT(1);                                                                                                                     \
    L_STI_##w : POINT(A, ip->c, w, writable);                                                                                    \
    put_##w(target, get_##w(B));                                                                                                 \
    NEXT(1);                                                                                                                     \
    L_LDX_##w : ELEMENT(int32_t, S32, C);                                                                                        \
    put_##w(A, get_##w(B + element));                                                                                            \
    NEXT(2);                                                                                                                     \
    L_STX_##w : ELEMENT(int32_t, S32, C);                                                                                        \
    put_##w(A + element, get_##w(B));                                                                                            \
    NEXT(2);                                                                                                                     \
    L_LDXS_##w : ELEMENT(int32_t, S16, C);                                                                                       \
    put_##w(A, get_##w(B + element));                                                                                            \
    NEXT(2);                                                                                                                     \
    L_STXS_##w : ELEMENT(int32_t, S16, C);                                                                                       \
    put_##w(A + element, get_##w(B));                                                                                            \
    NEXT(2);
    PC_WIDTHS(WIDTH)

#define QUOTIENT(t, T, U)                                                                                                        \
    L_DIV_##t:                                                                                                                   \
    {                                                                                                                            \
        T by = get_##t(C);                                                                                                       \
        if (by == 0) {                                                                                                           \
            FAULT(MR_PLC_DIV_ZERO);                                                                                              \
        }                                                                                                                        \
        put_##t(A, QUOT(T, U, get_##t(B), by));                                                                                  \
    }                                                                                                                            \
    NEXT(1);                                                                                                                     \
    L_MOD_##t:                                                                                                                   \
    {                                                                                                                            \
        T by = get_##t(C); /* IEC 61131-3 table 24: MOD by 0 gives 0 */                                                          \
        put_##t(A, (T)(by == 0 ? 0 : REST(T, get_##t(B), by)));                                                                  \
    }                                                                                                                            \
    NEXT(1);
#define LOOPS(t, T, U)                                                                                                           \
    L_FORUP_##t:                                                                                                                 \
    {                                                                                                                            \
        T v;                                                                                                                     \
        if (!__builtin_add_overflow(get_##t(A), ip->n, &v)) {                                                                    \
            put_##t(A, v);                                                                                                       \
            if (v <= get_##t(B)) {                                                                                               \
                BACK(ip->c);                                                                                                     \
            }                                                                                                                    \
        }                                                                                                                        \
    }                                                                                                                            \
    NEXT(1);                                                                                                                     \
    L_FORDN_##t:                                                                                                                 \
    {                                                                                                                            \
        T v;                                                                                                                     \
        if (!__builtin_sub_overflow(get_##t(A), ip->n, &v)) {                                                                    \
            put_##t(A, v);                                                                                                       \
            if (v >= get_##t(B)) {                                                                                               \
                BACK(ip->c);                                                                                                     \
            }                                                                                                                    \
        }                                                                                                                        \
    }                                                                                                                            \
    NEXT(1);                                                                                                                     \
    L_RANGE_##t : if (get_##t(A) < get_##t(B) || get_##t(A) > get_##t(C))                                                        \
    {                                                                                                                            \
        FAULT(MR_PLC_BOUNDS);                                                                                                    \
    }                                                                                                                            \
    NEXT(1);
#define QUOT(T, U, x, y) (T)((y) == (T)-1 ? (T)(0 - (U)(x)) : (T)((x) / (y))) /* the least number by -1 wraps */
#define REST(T, x, y)    ((y) == (T)-1 ? 0 : (x) % (y))
#define SIGNED(t, T, U, w)                                                                                                       \
    QUOTIENT(t, T, U) LOOPS(t, T, U) L_ABS_##t : put_##t(A, (T)(get_##t(B) < 0 ? (T)(0 - (U)get_##t(B)) : get_##t(B)));          \
    NEXT(1);
    PC_SIGNED(SIGNED)
#undef QUOT
#undef REST
#define QUOT(T, U, x, y) (T)((x) / (y))
#define REST(T, x, y)    (T)((x) % (y))
#define UNSIGNED(t, T, U, w)                                                                                                     \
    QUOTIENT(t, T, U) LOOPS(t, T, U) L_ABS_##t : put_##t(A, get_##t(B));                                                         \
    NEXT(1);
    PC_UNSIGNED(UNSIGNED)

#define ORDER(t, T, U, w)                                                                                                        \
    L_LT_##t : *A = get_##t(B) < get_##t(C);                                                                                     \
    NEXT(1);                                                                                                                     \
    L_LE_##t : *A = get_##t(B) <= get_##t(C);                                                                                    \
    NEXT(1);                                                                                                                     \
    L_JLT_##t : NEXT(get_##t(A) < get_##t(B) ? ip->c : 1);                                                                       \
    L_JLE_##t : NEXT(get_##t(A) <= get_##t(B) ? ip->c : 1);                                                                      \
    L_MIN_##t : put_##t(A, (T)(get_##t(C) < get_##t(B) ? get_##t(C) : get_##t(B)));                                              \
    NEXT(1);                                                                                                                     \
    L_MAX_##t : put_##t(A, (T)(get_##t(B) < get_##t(C) ? get_##t(C) : get_##t(B)));                                              \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_F32 : put_F32(A, (float)get_##t(B));                                                                             \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_F64 : put_F64(A, (double)get_##t(B));                                                                            \
    NEXT(1);
    PC_NUMS(ORDER)

#define CONVERT_INT(t, T, U, w)                                                                                                  \
    L_CVT_##t##_S8 : L_CVT_##t##_U8 : put_1(A, (uint8_t)get_##t(B));                                                             \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_S16 : L_CVT_##t##_U16 : put_2(A, (uint16_t)get_##t(B));                                                          \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_S32 : L_CVT_##t##_U32 : put_4(A, (uint32_t)get_##t(B));                                                          \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_S64 : L_CVT_##t##_U64 : put_8(A, (uint64_t)get_##t(B));                                                          \
    NEXT(1);
    PC_INTS(CONVERT_INT)

#define FLOAT(t, T, U, w)                                                                                                        \
    L_CVT_##t##_S8 : put_S8(A, (int8_t)to_signed((double)get_##t(B), INT8_MAX));                                                 \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_S16 : put_S16(A, (int16_t)to_signed((double)get_##t(B), INT16_MAX));                                             \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_S32 : put_S32(A, (int32_t)to_signed((double)get_##t(B), INT32_MAX));                                             \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_S64 : put_S64(A, to_signed((double)get_##t(B), INT64_MAX));                                                      \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_U8 : put_U8(A, (uint8_t)to_unsigned((double)get_##t(B), UINT8_MAX));                                             \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_U16 : put_U16(A, (uint16_t)to_unsigned((double)get_##t(B), UINT16_MAX));                                         \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_U32 : put_U32(A, (uint32_t)to_unsigned((double)get_##t(B), UINT32_MAX));                                         \
    NEXT(1);                                                                                                                     \
    L_CVT_##t##_U64 : put_U64(A, to_unsigned((double)get_##t(B), UINT64_MAX));                                                   \
    NEXT(1);                                                                                                                     \
    L_ADD_##t : put_##t(A, get_##t(B) + get_##t(C));                                                                             \
    NEXT(1);                                                                                                                     \
    L_SUB_##t : put_##t(A, get_##t(B) - get_##t(C));                                                                             \
    NEXT(1);                                                                                                                     \
    L_MUL_##t : put_##t(A, get_##t(B) * get_##t(C));                                                                             \
    NEXT(1);                                                                                                                     \
    L_DIV_##t : put_##t(A, get_##t(B) / get_##t(C));                                                                             \
    NEXT(1);                                                                                                                     \
    L_NEG_##t : put_##t(A, -get_##t(B));                                                                                         \
    NEXT(1);                                                                                                                     \
    L_ABS_##t : put_##t(A, (T)mr_fabs((double)get_##t(B)));                                                                      \
    NEXT(1);                                                                                                                     \
    L_MATH_##t : put_##t(A, (T)math(ip->n, (double)get_##t(B)));                                                                 \
    NEXT(1);                                                                                                                     \
    L_POW_##t : put_##t(A, (T)mr_pow((double)get_##t(B), (double)get_##t(C)));                                                   \
    NEXT(1);                                                                                                                     \
    L_ATAN2_##t : put_##t(A, (T)mr_atan2((double)get_##t(B), (double)get_##t(C)));                                               \
    NEXT(1);                                                                                                                     \
    L_FMOD_##t : put_##t(A, (T)mr_fmod((double)get_##t(B), (double)get_##t(C)));                                                 \
    NEXT(1);                                                                                                                     \
    L_EQ_##t : *A = get_##t(B) == get_##t(C);                                                                                    \
    NEXT(1);                                                                                                                     \
    L_NE_##t : *A = get_##t(B) != get_##t(C);                                                                                    \
    NEXT(1);                                                                                                                     \
    L_JEQ_##t : NEXT(get_##t(A) == get_##t(B) ? ip->c : 1);                                                                      \
    L_JNE_##t : NEXT(get_##t(A) != get_##t(B) ? ip->c : 1);                                                                      \
    L_JNLT_##t : NEXT(get_##t(A) < get_##t(B) ? 1 : ip->c);                                                                      \
    L_JNLE_##t : NEXT(get_##t(A) <= get_##t(B) ? 1 : ip->c);
    PC_FLOATS(FLOAT)

out:
    vm->at = (uint32_t)(ip - p->code);
    if ((vm->pass >> fault & 1) && --fuel >= 0) {
        const struct pc_op_info *info = &mr_pc_ops[ip->op];
        vm->passed |= (uint8_t)(1u << fault);
        if (info->form[0] == 'd' || info->form[0] == 'R') {
            memset(A, 0, info->size[0]);
        }
        fault = MR_PLC_OK;
        NEXT(ip[1].op == OP_EXT ? 2 : 1);
    }
    vm->fuel = fuel;
    return fault;
}
