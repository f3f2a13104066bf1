/* gen.h - the code generator: what its parts share. */
#ifndef MR_PLC_GEN_H
#define MR_PLC_GEN_H

#include "plc/block.h"
#include "plc/stdfun.h"

/* Jumps that wait for their target. */
struct pc_patch {
    struct pc_patch *next;
    uint32_t at;
};
struct pc_label_at {
    struct pc_label_at *next;
    const struct pc_atom *name;
    bool placed;
    uint32_t at;
    struct pc_patch *waiting;
    struct pc_pos pos;
};

struct pc_temp {
    int32_t at;
    uint32_t size;
    bool busy;
};

struct pc_gen {
    struct pc *c;
    struct pc_pou *pou;
    PC_VECTOR(struct pc_insn) code;
    PC_VECTOR(uint32_t) lines;
    uint32_t line;
    PC_VECTOR(struct pc_temp) temps;  /* of this unit */
    PC_VECTOR(uint8_t) constants;     /* of this unit */
    PC_VECTOR(struct pc_range) known; /* constants, in a hash table */
    uint32_t local_size;              /* of this unit's temporaries */
    struct pc_patch **exits, **continues;
    struct pc_label_at *labels;
    uint32_t depth;
};

/* Where a variable, or a part of one, is. */
enum pc_where { AT_DIRECT, AT_POINTED, AT_INDEXED };
struct pc_loc {
    enum pc_where where;
    int32_t at;    /* operand; of AT_POINTED: where the reference is */
    int32_t shift; /* AT_POINTED: bytes behind what the reference points to */
    int32_t index; /* AT_INDEXED: operand, an INT where `short_index`, else a DINT */
    bool short_index;
    int32_t lo, n, step;
    bool bit; /* a single bit of that byte */
    uint8_t bit_no;
};

#define PC_NO_HINT INT32_MAX

uint32_t mr_pc_emit(struct pc_gen *g, enum pc_op op, int32_t a, int32_t b, int32_t c);
uint32_t mr_pc_emit_n(struct pc_gen *g, enum pc_op op, uint16_t n, int32_t a, int32_t b, int32_t c);
int32_t mr_pc_temp(struct pc_gen *g, uint32_t size);
int32_t mr_pc_local(struct pc_gen *g, uint32_t size); /* one that stays taken */
int32_t mr_pc_const_bytes(struct pc_gen *g, const void *bytes, uint32_t n);
int32_t mr_pc_const_int(struct pc_gen *g, int64_t v, uint32_t size);
uint32_t mr_pc_temps_mark(const struct pc_gen *g);
void mr_pc_temps_free(struct pc_gen *g);                                /* all: at the end of a statement */
void mr_pc_wait(struct pc_gen *g, struct pc_patch **list, uint32_t at); /* the jump at `at` will get its target */
void mr_pc_land(struct pc_gen *g, struct pc_patch **list);              /* here it is */
enum pc_op mr_pc_width_op(enum pc_op op_1, uint32_t size);              /* X_1 to X_8 */
enum pc_op mr_pc_num_op(enum pc_op op_s8, enum pc_machine m);           /* X_S8 to X_F64, from PC_OPS_NUM or PC_OPS_INT */

struct pc_loc mr_pc_loc(struct pc_gen *g, struct pc_expr *e, bool slot);
int32_t mr_pc_load(struct pc_gen *g, const struct pc_loc *l, uint32_t size, int32_t hint);
void mr_pc_store(struct pc_gen *g, const struct pc_loc *l, uint32_t size, int32_t value);
int32_t mr_pc_pointer(struct pc_gen *g, const struct pc_loc *l, uint32_t size); /* an operand that holds the address */
/* The value of e: where it is, or in `hint`, or in a temporary. */
int32_t mr_pc_value(struct pc_gen *g, struct pc_expr *e, int32_t hint);
void mr_pc_assign(struct pc_gen *g, struct pc_expr *to, struct pc_expr *from);
void mr_pc_branch(struct pc_gen *g, struct pc_expr *e, bool sense, struct pc_patch **list);
void mr_pc_call(struct pc_gen *g, struct pc_expr *e);
int32_t mr_pc_initial_value(struct pc_gen *g, const struct pc_type *t); /* a constant */
int32_t mr_pc_std_value(struct pc_gen *g, struct pc_expr *e, int32_t hint);
int32_t mr_pc_convert(struct pc_gen *g, struct pc_expr *e, int32_t hint);
int32_t mr_pc_conversion(struct pc_gen *g, int32_t from, enum pc_machine m, enum pc_machine to, int32_t hint);
bool mr_pc_calls(const struct pc_expr *e); /* does it contain a call of a unit? */
void mr_pc_statements(struct pc_gen *g, struct pc_stmt *s);
/* Strings: an operand, and whether it is a reference to the string. */
struct pc_text {
    int32_t at;
    bool pointed;
};
struct pc_text mr_pc_text_of(struct pc_gen *g, struct pc_expr *e, const struct pc_text *into);
void mr_pc_emit_str(struct pc_gen *g, enum pc_str fn, const struct pc_text operand[5]);
void mr_pc_text_value(struct pc_gen *g, struct pc_expr *e, struct pc_text to); /* of a call or conversion */
void mr_pc_std_text(struct pc_gen *g, struct pc_expr *e, struct pc_text to);
void mr_pc_convert_text(struct pc_gen *g, struct pc_expr *e, struct pc_text to);
/* recursion.c: calls that may come back to the unit they stand in. */
void mr_pc_find_recursion(struct pc *c);
bool mr_pc_comes_back(const struct pc_gen *g, const struct pc_pou *callee);
void mr_pc_save(struct pc_gen *g); /* the unit's variables and temporaries, before it passes arguments that were computed */
void mr_pc_restore(struct pc_gen *g, struct pc_pou *callee);
int32_t mr_pc_result_at(const struct pc_gen *g, const struct pc_pou *callee);
void mr_pc_swap_outputs(struct pc_gen *g, struct pc_pou *callee); /* its outputs are read where they were kept, and again not */
void mr_pc_gen_pou(struct pc_gen *g, struct pc_pou *pou);         /* into `code`, `lines`, `constants`, `local_size` */
/* make.c: the configuration, the blocks, and the program linked from them. */
void mr_pc_make_program(struct pc_gen *g);

#endif
