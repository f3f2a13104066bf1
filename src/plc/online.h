/* online.h - what an engineering station does with a controller: list, upload, download, compare and delete blocks, force, read
 * the diagnostics buffer, turn the key. The protocol servers (S7 blocks, CIP modes, web pages) all go through here; who may do
 * what by password or protection level is theirs to judge, what the key switch forbids is judged here.
 *
 * A program is cut into blocks: one for each unit (task, PROGRAM, FUNCTION_BLOCK, FUNCTION, METHOD) and one, the configuration,
 * for what they share: the layout of the memory with its initial values, the tasks, the names of variables. A unit's code names
 * data by its place in that layout, so a block fits only the configuration it was compiled with (`layout`, a hash, says which).
 * Changing what a unit does leaves the configuration as it is: one block can be exchanged while the controller runs. Changing
 * what variables there are makes another configuration: that and every block go in together while the controller is stopped, and
 * variables of the same name and type keep their values in a warm or hot start.
 *
 * A block is a string of bytes (block.h has its form), the same on the controller, in a file and on the wire. It holds byte code,
 * source, and a BLAKE2b-256 hash over both; and, not hashed, who made it and when. Source and code are not compared: a controller
 * runs the code, as they all do.
 *
 * Blocks that were downloaded lie in the controller's load memory, which is part of the site's state; those that were not come
 * from the program that the site's files gave. Nothing here allocates. */
#ifndef MR_PLC_ONLINE_H
#define MR_PLC_ONLINE_H

#include "base/bytes.h"
#include "plc/plc.h"

/* Classes with numbers of their own, by the names that Siemens gave them. Tasks: OB1 the first cyclic one, OB30.. the other
 * cyclic ones, OB40.. event tasks. Programs and function blocks: FB1.., functions and methods: FC1.., both in the order of the
 * project. The configuration: SDB0. */
enum mr_plc_class { MR_PLC_OB, MR_PLC_FB, MR_PLC_FC, MR_PLC_SDB, MR_PLC_CLASSES };
const char *mr_plc_class_name(enum mr_plc_class cls); /* "OB" */

#define MR_PLC_HASH       32
#define MR_PLC_AUTHOR     16  /* letters of an author or family, with a NUL */
#define MR_PLC_BLOCK_NAME 248 /* the same of a block's name: two names and a dot */

struct mr_plc_block {
    enum mr_plc_class cls;
    uint16_t number;
    const char *kind; /* "PROGRAM" */
    char name[MR_PLC_BLOCK_NAME];
    char author[MR_PLC_AUTHOR], family[MR_PLC_AUTHOR];
    uint8_t version;      /* major in the upper four bits, minor in the lower */
    int64_t made;         /* seconds since 1970 by the clock of whoever compiled it; 0: not told */
    mr_ns loaded;         /* event time when the controller took it; 0: it came with the site */
    uint32_t size;        /* bytes of the block as it is uploaded */
    uint32_t code_size;   /* of which byte code */
    uint32_t local_size;  /* temporaries */
    uint32_t data_size;   /* of one instance; the configuration's: of all variables */
    uint32_t source_size; /* 0: without source */
    uint8_t hash[MR_PLC_HASH], layout[MR_PLC_HASH];
    bool active;  /* false: downloaded, not yet activated */
    bool changed; /* not what the site's files gave */
};

/* ---- blocks as bytes, wherever they are ---- */

/* Reads a block's head. MR_E_MALFORMED or MR_E_CORRUPT (its hash is wrong) with the reason in `why` (may be NULL). Whether its
 * code may run is asked when it is activated. */
enum mr_err mr_plc_block_read(struct mr_slice block, struct mr_plc_block *out, char *why, size_t cap);
struct mr_slice mr_plc_block_source(struct mr_slice block); /* text, empty where it has none or is none */
/* The same block with other particulars, into `w`; its hash stays. */
enum mr_err mr_plc_block_stamp(struct mr_slice block, const char *author, const char *family, uint8_t version, int64_t made,
                               struct mr_writer *w);
/* What differs, as a sum of these; 0: the same logic. */
#define MR_PLC_DIFFERS_CODE   1
#define MR_PLC_DIFFERS_SOURCE 2
#define MR_PLC_DIFFERS_LAYOUT 4 /* compiled with another configuration */
#define MR_PLC_DIFFERS_UNIT   8 /* not the same unit at all */
unsigned mr_plc_block_compare(struct mr_slice a, struct mr_slice b);

/* The blocks of a compiled program, the configuration first, then as the project has them. Valid as long as the program. */
size_t mr_plc_program_blocks(const struct mr_plc_program *p);
struct mr_slice mr_plc_program_block(const struct mr_plc_program *p, size_t i);

/* ---- blocks of a controller ---- */

/* All blocks, active ones by class and in the order of the project, then those that wait for activation: from the `from`th on, at
 * most `cap`. Returns how many were written. */
size_t mr_plc_blocks(const struct mr_plc *c, struct mr_plc_block *out, size_t from, size_t cap);
size_t mr_plc_block_count(const struct mr_plc *c, enum mr_plc_class cls); /* active ones */
/* An active block, by number or by name ("MOTOR", "PUMP.START"; letter case does not count). */
enum mr_err mr_plc_block_find(const struct mr_plc *c, enum mr_plc_class cls, uint16_t number, struct mr_plc_block *out);
enum mr_err mr_plc_block_named(const struct mr_plc *c, const char *name, struct mr_plc_block *out);
/* Upload: an active block's bytes, empty where there is none. Valid until blocks of this controller change; a server that sends
 * them in pieces asks again for each and compares mr_plc_generation() to know whether they are still the same. */
struct mr_slice mr_plc_block_bytes(const struct mr_plc *c, enum mr_plc_class cls, uint16_t number);
uint32_t mr_plc_generation(const struct mr_plc *c); /* counts what has changed the active blocks */

/* One station at a time may change a controller. `who` is the caller's word for a station or connection, never 0; a server lets
 * go when the connection ends (what was being downloaded is forgotten). The functions below take hold by themselves where nobody
 * has, and answer MR_E_BUSY where another has. */
enum mr_err mr_plc_hold(struct mr_plc *c, uint64_t who);
void mr_plc_let_go(struct mr_plc *c, uint64_t who);
uint64_t mr_plc_holder(const struct mr_plc *c); /* 0: nobody */

/* Download, in pieces: begin (`size` bytes will come), data, end. After `end` the block waits, in place of one of the same class
 * and number that waited. MR_E_DENIED by the key, MR_E_FULL, MR_E_MALFORMED, MR_E_CORRUPT; the reason of the last refusal is in
 * mr_plc_online_why(). */
enum mr_err mr_plc_download_begin(struct mr_plc *c, uint64_t who, uint32_t size);
enum mr_err mr_plc_download_data(struct mr_plc *c, uint64_t who, struct mr_slice piece);
enum mr_err mr_plc_download_end(struct mr_plc *c, uint64_t who, mr_ns now, struct mr_plc_block *out); /* out may be NULL */
/* The three in one. */
enum mr_err mr_plc_download(struct mr_plc *c, uint64_t who, mr_ns now, struct mr_slice block);
/* Makes all that waits the program, at once between two scans, after the verifier has accepted the whole. The controller goes on
 * running where the configuration is the same; another one is taken only while stopped (MR_E_BUSY). On any error the old program
 * stays, and what waits goes on waiting. */
enum mr_err mr_plc_activate(struct mr_plc *c, uint64_t who, mr_ns now);
void mr_plc_discard(struct mr_plc *c, uint64_t who); /* what waits */
/* Deletes an active block. A running controller whose other blocks still call it stops, as a controller does that lacks a
 * block. */
enum mr_err mr_plc_delete(struct mr_plc *c, uint64_t who, enum mr_plc_class cls, uint16_t number, mr_ns now);
/* Back to what the site's files gave, all variables at their initial values, stopped: the memory card is put in again. */
enum mr_err mr_plc_restore(struct mr_plc *c, uint64_t who, mr_ns now);
const char *mr_plc_online_why(const struct mr_plc *c);
/* Bytes of load memory in use, and in all. */
uint32_t mr_plc_load_memory(const struct mr_plc *c, uint32_t *capacity);

/* ---- the key, run and stop ---- */

/* RUN: runs, and cannot be changed or stopped from the network. REMOTE: all is open. STOP: does not run and cannot be started
 * from the network; blocks may be changed. */
enum mr_plc_key { MR_PLC_KEY_RUN, MR_PLC_KEY_REMOTE, MR_PLC_KEY_STOP };
enum mr_plc_key mr_plc_key(const struct mr_plc *c);
void mr_plc_turn_key(struct mr_plc *c, enum mr_plc_key key, mr_ns now); /* by somebody who stands before it */
/* What a station asks for; MR_E_DENIED by the key. A block that is missing is a fault when it is called. */
enum mr_err mr_plc_remote_start(struct mr_plc *c, enum mr_plc_start how, mr_ns now);
enum mr_err mr_plc_remote_stop(struct mr_plc *c, mr_ns now);

/* ---- forced variables (mr_plc_force and mr_plc_get are in plc.h) ---- */

struct mr_plc_forced {
    const struct mr_plc_symbol *symbol; /* NULL: a place that no variable of this program has */
    double value;
};
size_t mr_plc_forces(const struct mr_plc *c, struct mr_plc_forced *out, size_t cap);
enum mr_err mr_plc_remote_force(struct mr_plc *c, const char *name, bool on, double value,
                                mr_ns now); /* by name; the key is asked */
void mr_plc_force_none(struct mr_plc *c, mr_ns now);

#endif
