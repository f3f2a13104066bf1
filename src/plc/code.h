/* code.h - the instructions of the PLC's virtual machine.
 *
 * Three-address code over one flat data memory. Every instruction is 16 bytes. An address operand that is not negative counts
 * from the start of the memory; a negative one, less PC_REL, counts from the base of the instance that is being executed: no
 * variable of an IEC program moves; where calls come back, SAVE and RESTORE keep what they would overwrite. Constants are
 * addresses too, in the part of the memory that code cannot write. So there is one form of each operation, and copying between a
 * stack and variables does not exist.
 *
 * The list below is the one table of meanings: enumeration, verifier, disassembler and interpreter are made from it. The
 * form of operands a, b, c, each with the bytes it touches:
 *   d written   s read   R a reference written (4 bytes)   r a reference read (4 bytes)   m read and written
 *   D written, as many bytes as operand c says   S read, likewise   T a string's header
 *   i a number   j a jump forward, relative to this instruction   k a jump back   p a POU   f an instance of POU c   - unused
 * Types in names: S8..U64 integers, F32 F64 floating point; 1 2 4 8 widths where the sign does not matter. */
#ifndef MR_PLC_CODE_H
#define MR_PLC_CODE_H

#include <stdint.h>

#define PC_REL INT32_MIN /* address operand: PC_REL + offset in the instance */

struct pc_insn {
    uint16_t op;
    uint16_t n; /* a small number: bit, function, size */
    int32_t a, b, c;
};

#define PC_WIDTHS(X) X(1, uint8_t) X(2, uint16_t) X(4, uint32_t) X(8, uint64_t)
#define PC_SIGNED(X)                                                                                                             \
    X(S8, int8_t, uint8_t, 1) X(S16, int16_t, uint16_t, 2) X(S32, int32_t, uint32_t, 4) X(S64, int64_t, uint64_t, 8)
#define PC_UNSIGNED(X)                                                                                                           \
    X(U8, uint8_t, uint8_t, 1) X(U16, uint16_t, uint16_t, 2) X(U32, uint32_t, uint32_t, 4) X(U64, uint64_t, uint64_t, 8)
#define PC_FLOATS(X) X(F32, float, float, 4) X(F64, double, double, 8)
#define PC_INTS(X)   PC_SIGNED(X) PC_UNSIGNED(X)
#define PC_NUMS(X)   PC_INTS(X) PC_FLOATS(X)

#define PC_OPS_WIDTH(X, w)                                                                                                       \
    X(MOV_##w, "ds-", w, w, 0)                                                                                                   \
    X(ADD_##w, "dss", w, w, w)                                                                                                   \
    X(SUB_##w, "dss", w, w, w)                                                                                                   \
    X(MUL_##w, "dss", w, w, w)                                                                                                   \
    X(NEG_##w, "ds-", w, w, 0)                                                                                                   \
    X(AND_##w, "dss", w, w, w)                                                                                                   \
    X(OR_##w, "dss", w, w, w)                                                                                                    \
    X(XOR_##w, "dss", w, w, w)                                                                                                   \
    X(NOT_##w, "ds-", w, w, 0)                                                                                                   \
    X(SHL_##w, "dss", w, w, 4)                                                                                                   \
    X(SHR_##w, "dss", w, w, 4)                                                                                                   \
    X(ROL_##w, "dss", w, w, 4)                                                                                                   \
    X(ROR_##w, "dss", w, w, 4)                                                                                                   \
    X(EQ_##w, "dss", 1, w, w)                                                                                                    \
    X(NE_##w, "dss", 1, w, w)                                                                                                    \
    X(JEQ_##w, "ssj", w, w, 0)                                                                                                   \
    X(JNE_##w, "ssj", w, w, 0)                                                                                                   \
    X(LDI_##w, "dri", w, 4, 0)  /* a := what b + c points to */                                                                  \
    X(STI_##w, "rsi", 4, w, 0)  /* what a + c points to := b */                                                                  \
    X(LDX_##w, "dss", w, 0, 4)  /* a := b[c], EXT: lower bound, elements, element size */                                        \
    X(STX_##w, "sss", 0, w, 4)  /* a[c] := b, EXT as above */                                                                    \
    X(LDXS_##w, "dss", w, 0, 2) /* the same with an index of 16 bits, signed */                                                  \
    X(STXS_##w, "sss", 0, w, 2)
#define PC_OPS_INT(X, t, w)                                                                                                      \
    X(DIV_##t, "dss", w, w, w)                                                                                                   \
    X(MOD_##t, "dss", w, w, w)                                                                                                   \
    X(FORUP_##t, "msk", w, w, 0) /* a += n; jump back while a <= b */                                                            \
    X(FORDN_##t, "msk", w, w, 0) /* a -= n; jump back while a >= b */                                                            \
    X(RANGE_##t, "sss", w, w, w) /* fault where a < b or a > c */
#define PC_OPS_FLOAT(X, t, w)                                                                                                    \
    X(ADD_##t, "dss", w, w, w)                                                                                                   \
    X(SUB_##t, "dss", w, w, w)                                                                                                   \
    X(MUL_##t, "dss", w, w, w)                                                                                                   \
    X(DIV_##t, "dss", w, w, w)                                                                                                   \
    X(NEG_##t, "ds-", w, w, 0)                                                                                                   \
    X(MATH_##t, "ds-", w, w, 0) /* n: enum pc_math */                                                                            \
    X(POW_##t, "dss", w, w, w)                                                                                                   \
    X(ATAN2_##t, "dss", w, w, w)                                                                                                 \
    X(FMOD_##t, "dss", w, w, w)                                                                                                  \
    X(EQ_##t, "dss", 1, w, w)                                                                                                    \
    X(NE_##t, "dss", 1, w, w)                                                                                                    \
    X(JEQ_##t, "ssj", w, w, 0)                                                                                                   \
    X(JNE_##t, "ssj", w, w, 0)                                                                                                   \
    X(JNLT_##t, "ssj", w, w, 0) /* jump where not a < b, so also where one is not a number */                                    \
    X(JNLE_##t, "ssj", w, w, 0)
#define PC_OPS_NUM(X, t, w)                                                                                                      \
    X(LT_##t, "dss", 1, w, w)                                                                                                    \
    X(LE_##t, "dss", 1, w, w)                                                                                                    \
    X(JLT_##t, "ssj", w, w, 0)                                                                                                   \
    X(JLE_##t, "ssj", w, w, 0)                                                                                                   \
    X(MIN_##t, "dss", w, w, w)                                                                                                   \
    X(MAX_##t, "dss", w, w, w)                                                                                                   \
    X(ABS_##t, "ds-", w, w, 0)                                                                                                   \
    X(CVT_##t##_S8, "ds-", 1, w, 0)                                                                                              \
    X(CVT_##t##_S16, "ds-", 2, w, 0)                                                                                             \
    X(CVT_##t##_S32, "ds-", 4, w, 0)                                                                                             \
    X(CVT_##t##_S64, "ds-", 8, w, 0)                                                                                             \
    X(CVT_##t##_U8, "ds-", 1, w, 0)                                                                                              \
    X(CVT_##t##_U16, "ds-", 2, w, 0)                                                                                             \
    X(CVT_##t##_U32, "ds-", 4, w, 0)                                                                                             \
    X(CVT_##t##_U64, "ds-", 8, w, 0)                                                                                             \
    X(CVT_##t##_F32, "ds-", 4, w, 0)                                                                                             \
    X(CVT_##t##_F64, "ds-", 8, w, 0)

/* Kept as it is: the formatter breaks long lists in a new way each time. */
/* clang-format off */
#define PC_OPS(X) \
    X(NOP, "---", 0, 0, 0) \
    X(EXT, "iii", 0, 0, 0) /* more operands of the instruction before */ \
    X(HALT, "---", 0, 0, 0) \
    X(TRAP, "---", 0, 0, 0) /* n: the fault that this is */ \
    X(RET, "---", 0, 0, 0) \
    X(JMP, "j--", 0, 0, 0) \
    X(JBACK, "k--", 0, 0, 0) \
    X(JT, "sj-", 1, 0, 0) \
    X(JF, "sj-", 1, 0, 0) \
    X(JBIT, "sj-", 1, 0, 0) /* jump where bit n of a is set */ \
    X(JNBIT, "sj-", 1, 0, 0) \
    X(NOTB, "ds-", 1, 1, 0) \
    X(ANDN, "dss", 1, 1, 1) /* BOOL: b AND NOT c */ \
    X(ORN, "dss", 1, 1, 1) \
    X(BOOLOF, "ds-", 1, 1, 0) /* 1 where b is not 0 */ \
    X(LDBIT, "ds-", 1, 1, 0)  /* a := bit n of b */ \
    X(STBIT, "ms-", 1, 1, 0)  /* bit n of a := b */ \
    X(LDIBIT, "dri", 1, 4, 0) \
    X(STIBIT, "rsi", 4, 1, 0) \
    X(COPY, "DSi", 0, 0, 0) \
    X(COPYI, "rri", 4, 4, 0)  /* c bytes to where a points from where b points */ \
    X(CMPX, "dss", 1, 0, 0)   /* a := b equals c, EXT a: bytes */ \
    X(LEA, "Rsi", 4, 1, 1)    /* a := the address of b, which c bytes belong to */ \
    X(LEAX, "Rss", 4, 0, 4)   /* a := the address of b[c], EXT */ \
    X(IDXR, "Rrs", 4, 4, 4)   /* a := b + offset of element c, EXT */ \
    X(OFFS, "Rri", 4, 4, 0)   /* a := b + c */ \
    X(CHKIDX, "ds-", 4, 4, 0) /* a := (b - lower) * factor, EXT: lower bound, elements, factor */ \
    X(CHKREF, "r--", 4, 0, 0) /* fault where null */ \
    X(CALL, "fip", 1, 0, 0) \
    X(CALLR, "rip", 4, 0, 0) \
    X(CALLV, "rs-", 4, 4, 0) /* POU by the number in b (a method's table entry), instance where a points */ \
    X(SAVE, "S-i", 0, 0, 0)    /* c bytes, to be restored in the opposite order */ \
    X(RESTORE, "D-i", 0, 0, 0) \
    X(NOW, "d--", 8, 0, 0) \
    X(STR, "mmm", 0, 0, 0) /* n: enum pc_str; EXT: two more operands */ \
    PC_OPS_WIDTH(X, 1) \
    PC_OPS_WIDTH(X, 2) \
    PC_OPS_WIDTH(X, 4) \
    PC_OPS_WIDTH(X, 8) \
    PC_OPS_INT(X, S8, 1) \
    PC_OPS_INT(X, S16, 2) \
    PC_OPS_INT(X, S32, 4) \
    PC_OPS_INT(X, S64, 8) \
    PC_OPS_INT(X, U8, 1) \
    PC_OPS_INT(X, U16, 2) \
    PC_OPS_INT(X, U32, 4) \
    PC_OPS_INT(X, U64, 8) \
    PC_OPS_FLOAT(X, F32, 4) \
    PC_OPS_FLOAT(X, F64, 8) \
    PC_OPS_NUM(X, S8, 1) \
    PC_OPS_NUM(X, S16, 2) \
    PC_OPS_NUM(X, S32, 4) \
    PC_OPS_NUM(X, S64, 8) \
    PC_OPS_NUM(X, U8, 1) \
    PC_OPS_NUM(X, U16, 2) \
    PC_OPS_NUM(X, U32, 4) \
    PC_OPS_NUM(X, U64, 8) \
    PC_OPS_NUM(X, F32, 4) \
    PC_OPS_NUM(X, F64, 8)
/* clang-format on */

enum pc_op {
#define X(name, form, a, b, c) OP_##name,
    PC_OPS(X)
#undef X
        PC_OP_COUNT
};

enum pc_math {
    PC_SQRT,
    PC_LN,
    PC_LOG,
    PC_EXP,
    PC_SIN,
    PC_COS,
    PC_TAN,
    PC_ASIN,
    PC_ACOS,
    PC_ATAN,
    PC_TRUNC,
    PC_FLOOR,
    PC_CEIL,
    PC_ROUND,
    PC_MATH_COUNT
};

/* String functions: operands a, b, c and, in EXT, d, e. T a string written, S a string read, n a DINT read, N a DINT written,
 * L an LINT read, M an LINT written, G an LREAL read, H an LREAL written, - none. */
#define PC_STRS(X)                                                                                                               \
    X(ASSIGN, "TS---")                                                                                                           \
    X(CONCAT, "TSS--")                                                                                                           \
    X(LEFT, "TSn--")                                                                                                             \
    X(RIGHT, "TSn--")                                                                                                            \
    X(MID, "TSnn-")                                                                                                              \
    X(INSERT, "TSSn-")                                                                                                           \
    X(DELETE, "TSnn-")                                                                                                           \
    X(REPLACE, "TSSnn")                                                                                                          \
    X(FIND, "NSS--")                                                                                                             \
    X(LEN, "NS---")                                                                                                              \
    X(COMPARE, "NSS--") /* -1, 0, 1 */                                                                                           \
    X(UPPER, "TS---")                                                                                                            \
    X(LOWER, "TS---")                                                                                                            \
    X(FROM_INT, "TL---")                                                                                                         \
    X(FROM_UINT, "TL---")                                                                                                        \
    X(FROM_HEX, "TLn--")                                                                                                         \
    X(FROM_BOOL, "TL---")                                                                                                        \
    X(FROM_REAL, "TG---")                                                                                                        \
    X(FROM_LREAL, "TG---")                                                                                                       \
    X(FROM_TIME, "TLn--") /* n: enum pc_time_form */                                                                             \
    X(TO_INT, "MS---")                                                                                                           \
    X(TO_REAL, "HS---")                                                                                                          \
    X(TO_TIME, "MSn--")                                                                                                          \
    X(OPEN, "T----") /* from now on it ends at a byte 0: its bytes may be written one by one */

enum pc_str {
#define X(name, form) PC_STR_##name,
    PC_STRS(X)
#undef X
        PC_STR_COUNT
};
enum pc_time_form { PC_TF_TIME, PC_TF_LTIME, PC_TF_DATE, PC_TF_TOD, PC_TF_DT };

struct pc_op_info {
    const char *name;
    const char *form;
    uint8_t size[3];
};
extern const struct pc_op_info mr_pc_ops[PC_OP_COUNT];
extern const char *const mr_pc_str_forms[PC_STR_COUNT];
extern const char *const mr_pc_str_names[PC_STR_COUNT];
const char *mr_pc_math_name(uint16_t n);

/* A string in the data memory: how many bytes it may have, how many it has, and these; one more lies behind them, for the 0 that
 * ends the text of a string whose address was taken. PC_STR_OPEN_N says that it is one, instead of how many bytes it has. */
#define PC_STR_HEAD   4 /* two uint16_t */
#define PC_STR_OPEN_N 0xFFFF

#endif
