/* s7_program.h - a CPU's program as blocks, behind a table of functions: what the block services of a server need of a
 * controller.
 *
 * On the wire a block is an MC7 container: 36 bytes of head, the body, 36 bytes of foot. Head and foot are made here from what
 * struct mr_s7_block says; the body is the controller's own form of the block (plc/online.h), so what was uploaded and comes back
 * is the same block to the hash. Data blocks are not here: their bodies are the variables of the CPU's areas. */
#ifndef MR_PROTO_S7_PROGRAM_H
#define MR_PROTO_S7_PROGRAM_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/time.h"

/* Types as names on the wire have them; the number in a block's head is the same digit. */
enum mr_s7_block_type {
    MR_S7_OB = '8',
    MR_S7_DB = 'A',
    MR_S7_SDB = 'B',
    MR_S7_FC = 'C',
    MR_S7_SFC = 'D',
    MR_S7_FB = 'E',
    MR_S7_SFB = 'F',
};
const char *mr_s7_block_type_name(uint8_t type); /* "OB" */
enum mr_s7_language { MR_S7_STL = 1, MR_S7_LAD = 2, MR_S7_FBD = 3, MR_S7_SCL = 4, MR_S7_LANGUAGE_DB = 5, MR_S7_LANGUAGE_SDB = 7 };

struct mr_s7_block {
    uint8_t type; /* enum mr_s7_block_type */
    uint8_t language;
    uint8_t version; /* major in the upper four bits */
    uint16_t number;
    uint16_t checksum;
    uint32_t bytes;                     /* of the body */
    uint16_t local;                     /* bytes of local data */
    char author[8], family[8], name[8]; /* filled with NUL */
    mr_ns made;                         /* since 1970; 0: not told */
};
#define MR_S7_BLOCK_MARK 0x7070
#define MR_S7_BLOCK_HEAD 36
#define MR_S7_BLOCK_FOOT 36
size_t mr_s7_container_bytes(const struct mr_s7_block *b);
/* Head, body (`bytes` long), foot. */
void mr_s7_container_encode(const struct mr_s7_block *b, struct mr_slice body, struct mr_writer *w);

/* As list 0032, index 4, has it. */
enum mr_s7_switch { MR_S7_SWITCH_RUN = 1, MR_S7_SWITCH_RUN_P = 2, MR_S7_SWITCH_STOP = 3 };

/* `who` is a connection, never 0. Errors as in plc/online.h: MR_E_DENIED by the key switch, MR_E_BUSY where another station has
 * hold or the CPU must be stopped first, MR_E_FULL, MR_E_NOT_FOUND, MR_E_MALFORMED or MR_E_CORRUPT. */
struct mr_s7_program_ops {
    /* The i-th block, by type and number; false after the last. */
    bool (*block)(void *plc, size_t i, struct mr_s7_block *out);
    bool (*find)(void *plc, uint8_t type, uint16_t number, struct mr_s7_block *out);
    /* Its body; empty where there is none. */
    struct mr_slice (*body)(void *plc, uint8_t type, uint16_t number);
    /* Counts changes of the blocks: a body that is sent in pieces must not change in between. */
    uint32_t (*generation)(void *plc);
    /* A body of `size` bytes comes, in pieces; then it waits for activate(). */
    enum mr_err (*begin)(void *plc, uint64_t who, uint32_t size);
    enum mr_err (*data)(void *plc, uint64_t who, struct mr_slice piece);
    enum mr_err (*end)(void *plc, uint64_t who, uint8_t type, uint16_t number, mr_ns now);
    enum mr_err (*activate)(void *plc, uint64_t who, mr_ns now);
    /* The i-th block that waits for activate(); false after the last. */
    bool (*waiting)(void *plc, size_t i, struct mr_s7_block *out);
    enum mr_err (*remove)(void *plc, uint64_t who, uint8_t type, uint16_t number, mr_ns now);
    void (*let_go)(void *plc, uint64_t who); /* the connection has ended */
    /* Where the mode switch stands. */
    enum mr_s7_switch (*mode_switch)(void *plc);
    /* Whether it may start or stop, by the key switch and what is loaded; the device does it when it is told of the event. */
    enum mr_err (*may_change_mode)(void *plc, bool run);
};
struct mr_s7_program {
    const struct mr_s7_program_ops *ops;
    void *plc;
};

#endif
