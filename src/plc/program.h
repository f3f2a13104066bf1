/* program.h - what the compiler makes and the virtual machine runs: immutable, and owned by one pool. */
#ifndef MR_PLC_PROGRAM_H
#define MR_PLC_PROGRAM_H

#include "base/bytes.h"
#include "plc/code.h"
#include "plc/plc.h"
#include "plc/pool.h"

enum pc_pou_kind { PC_PROGRAM, PC_FB, PC_FUNCTION, PC_METHOD, PC_TASK };

struct pc_block {
    const char *name;
    enum pc_pou_kind kind;
    uint8_t cls; /* enum mr_plc_class and number: what protocols know it by */
    uint16_t number;
    bool missing;                                        /* its call is a fault */
    uint32_t entry, len;                                 /* instructions */
    uint32_t instance_size;                              /* bytes its relative operands may reach */
    uint32_t local_at, local_size, const_at, const_size; /* its parts of the memory behind the variables */
};

struct pc_range {
    uint32_t at, n;
};

struct pc_task {
    struct mr_plc_task_info info;
    uint32_t block;
    uint32_t single;    /* address of the BOOL whose rising edge starts an event task; 0 for a cyclic one */
    uint8_t single_bit; /* its bit, or 255 for a BOOL of its own */
};

/* Data memory: 16 bytes that nothing uses (address 0 is the null reference), the areas I Q M, variables and frames, from
 * `data_end` temporaries, and from `ro_at` constants. */
struct mr_plc_program {
    struct pc_pool *pool;        /* NULL: of a controller, which holds its memory */
    const struct mr_slice *made; /* its blocks as bytes (online.h), the configuration first; of a compiled program */
    uint8_t layout[32];          /* hash of the configuration */
    uint32_t data_end;
    struct pc_insn *code;
    uint32_t *lines; /* source line of each instruction */
    uint32_t ncode;
    struct pc_block *blocks;
    uint32_t nblocks;
    uint8_t *init; /* the memory at cold start */
    uint32_t memory_size;
    uint32_t ro_at;
    uint32_t area_at[MR_AREAS], area_size[MR_AREAS];
    struct pc_range *retain;
    uint32_t nretain;
    struct mr_plc_symbol *symbols;
    uint32_t nsymbols;
    struct pc_task *tasks;
    struct mr_plc_task_info *task_infos;
    uint32_t ntasks;
};

/* Checks everything the virtual machine relies on. MR_OK, or MR_E_MALFORMED with the reason. */
enum mr_err mr_pc_verify(const struct mr_plc_program *p, char *why, size_t cap);

/* One run of a block. */
struct pc_vm {
    const struct mr_plc_program *program;
    uint8_t *memory;
    int64_t now;
    int64_t fuel; /* instructions left, counted at jumps back and at calls */
    uint32_t at;  /* the instruction that failed, the last that was passed over */
    uint8_t pass; /* faults, by bit, that leave an instruction without effect (a result of 0) instead of ending the run */
    uint8_t passed;
};
enum mr_plc_fault mr_pc_run(struct pc_vm *vm, uint32_t block);
/* A string function on the memory, its operands resolved to offsets; `vm->fuel` is afterwards what it took. */
enum mr_plc_fault mr_pc_str(struct pc_vm *vm, uint16_t fn, const uint32_t operand[5]);

#endif
