#include "plc/code.h"

#include <stddef.h>

const struct pc_op_info mr_pc_ops[PC_OP_COUNT] = {
#define X(name, form, a, b, c) {#name, form, {a, b, c}},
    PC_OPS(X)
#undef X
};

const char *const mr_pc_str_forms[PC_STR_COUNT] = {
#define X(name, form) form,
    PC_STRS(X)
#undef X
};

const char *const mr_pc_str_names[PC_STR_COUNT] = {
#define X(name, form) #name,
    PC_STRS(X)
#undef X
};

const char *mr_pc_math_name(uint16_t n)
{
    static const char *const names[PC_MATH_COUNT] = {"SQRT", "LN",   "LOG",  "EXP",   "SIN",   "COS",  "TAN",
                                                     "ASIN", "ACOS", "ATAN", "TRUNC", "FLOOR", "CEIL", "ROUND"};
    return n < PC_MATH_COUNT ? names[n] : NULL;
}
