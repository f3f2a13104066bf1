/* block.h - blocks as bytes (online.h says what blocks are), and linking them to a program.
 *
 * Little-endian; lv: a length as LEB128 and that many bytes; a text is an lv whose last byte is NUL.
 *
 *   "MRB1", hash 32, n u32, then n bytes which the hash is over:
 *     kind u8 (enum pc_pou_kind; PC_CONFIGURATION), class u8, number u16, name text, layout 32
 *     of a unit:           local_size u32, n u32 instructions of 16 bytes (op u16, n u16, a b c i32), lines (varint, the first as
 *                          it is, then each less the one before, zigzag), constants lv
 *     of a configuration:  lv of what `layout` is the hash of (layout.c)
 *     source lv
 *   author text, family text, version u8, made i64: outside of the hash
 *
 * In a unit's instructions an address operand that is not relative to the instance is a place in the configuration's memory, or
 * PC_LOCAL + a place among the unit's temporaries, or PC_CONST + a place among its constants: linking lays these behind each
 * other, all units' temporaries behind the variables and all constants behind those. */
#ifndef MR_PLC_BLOCK_H
#define MR_PLC_BLOCK_H

#include "plc/limits.h"
#include "plc/online.h"
#include "plc/program.h"

#define PC_LOCAL         0x20000000
#define PC_CONST         0x40000000
#define PC_CONFIGURATION 5 /* a block's kind, behind those of units */

static_assert(MR_PLC_MEMORY_MAX < PC_LOCAL, "a place in the memory is not taken for a temporary");

/* A block's parts, as slices into its bytes. */
struct pc_unit {
    struct mr_slice whole, hashed;
    uint8_t kind;
    uint8_t cls;
    uint16_t number;
    const char *name;
    const uint8_t *layout; /* MR_PLC_HASH bytes */
    uint32_t local_size, ninsns;
    struct mr_slice insns, lines, constants, body, source;
    const char *author, *family;
    uint8_t version;
    int64_t made;
};

/* MR_E_MALFORMED or MR_E_CORRUPT, with the reason. */
enum mr_err mr_pc_unit_read(struct mr_slice block, struct pc_unit *u, char *why, size_t cap);
/* Writes a block from its parts; of `hashed` and `whole` nothing is read. Never fails: `w` was given mr_pc_unit_max() bytes. */
void mr_pc_unit_write(const struct pc_unit *u, struct mr_writer *w);
size_t mr_pc_unit_max(const struct pc_unit *u);
/* Instructions and lines to and from the form above. */
void mr_pc_insns_write(const struct pc_insn *code, uint32_t n, struct mr_writer *w);
void mr_pc_lines_write(const uint32_t *lines, uint32_t n, struct mr_writer *w);

/* ---- the configuration: what units share (layout.c) ---- */

struct pc_entry { /* a unit as the others know it */
    uint8_t kind, cls;
    uint16_t number;
    const char *name;
    uint32_t instance_size;
    uint64_t interface; /* FNV-1a over its variables: names, types and places */
};

struct pc_layout {
    uint8_t hash[MR_PLC_HASH];
    uint32_t area_at[MR_AREAS], area_size[MR_AREAS];
    uint32_t data_end; /* the memory up to here is described by `init` */
    uint8_t *init;
    struct pc_entry *entries;
    uint32_t nentries;
    struct pc_range *retain;
    uint32_t nretain;
    struct mr_plc_symbol *symbols;
    uint32_t nsymbols;
    struct pc_task *tasks;
    struct mr_plc_task_info *task_infos;
    uint32_t ntasks;
};

/* Memory that is handed out from its beginning; NULL when it is used up. */
struct pc_room {
    uint8_t *p;
    size_t n, at;
};
void *mr_pc_room(struct pc_room *room, size_t n);

size_t mr_pc_layout_max(const struct pc_layout *l); /* bytes it takes when written */
void mr_pc_layout_write(const struct pc_layout *l, struct mr_writer *w);
/* Texts stay in `body`; everything else goes into `room`. MR_E_MALFORMED or MR_E_FULL. */
enum mr_err mr_pc_layout_read(struct mr_slice body, struct pc_room *room, struct pc_layout *l);

/* ---- linking (link.c) ---- */

/* What linking takes of a room for units like these; a NULL among them is a block that is missing, whose call is a fault. */
size_t mr_pc_link_room(const struct pc_layout *l, const struct pc_unit *const *units);
/* Units in the order of the layout's entries. The program's texts and symbols stay where layout and units have them. MR_E_FULL,
 * MR_E_MALFORMED (what the verifier says, in `why`). */
enum mr_err mr_pc_link(const struct pc_layout *l, const struct pc_unit *const *units, struct pc_room *room,
                       struct mr_plc_program *out, char *why, size_t cap);

#endif
