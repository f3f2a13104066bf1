/* controller.h - a controller's inside. */
#ifndef MR_PLC_CONTROLLER_H
#define MR_PLC_CONTROLLER_H

#include "plc/block.h"

struct plc_force {
    uint32_t at;  /* byte in its area */
    uint8_t area; /* MR_AREAS: the whole memory */
    uint8_t type, bit;
    double value;
};

struct plc_diagnostic {
    mr_ns at;
    uint8_t event, fault;
    uint16_t block;  /* of a fault: its number among the program's */
    uint32_t detail; /* of a fault the line; of others what they are about */
};

struct plc_status {
    uint8_t state, fault, key;
    uint8_t flags; /* by enum mr_plc_fault: happened since the start, and was passed over */
    uint16_t fault_block;
    uint32_t fault_line;
    uint64_t scans;
    mr_ns last;                    /* of the newest scan: the time of what happens between scans */
    mr_ns next[MR_PLC_TASKS_MAX];  /* when a cyclic task is due */
    uint8_t was[MR_PLC_TASKS_MAX]; /* an event task's variable at the last look */
    uint32_t nforces;
    struct plc_force forces[MR_PLC_FORCES];
    uint32_t ndiagnostics; /* ever written: the buffer is a ring */
    struct plc_diagnostic diagnostics[MR_PLC_DIAGNOSTICS];
};

/* A block in load memory; PLC_DELETED: the site's block of this number is not part of the program. */
enum plc_loaded_state { PLC_ACTIVE = 1, PLC_WAITING, PLC_DELETED };
struct plc_loaded {
    uint8_t state, cls;
    uint16_t number;
    mr_ns loaded;
    uint32_t at, n; /* in `bytes` */
};

struct plc_load {
    uint32_t generation; /* counts changes of the active blocks */
    uint64_t holder;
    uint32_t coming, filled; /* a download: bytes that will be, and up to where `bytes` are used with what came */
    uint32_t nblocks, used;
    struct plc_loaded blocks[MR_PLC_LOADED_MAX];
    uint8_t bytes[MR_PLC_LOAD_MEMORY];
};

struct mr_plc {
    const struct mr_plc_program *original; /* of the site's files */
    const struct mr_plc_program *program;  /* that runs: the same, or linked from blocks in one of the two rooms */
    struct plc_status *status;
    struct plc_load *load;
    uint8_t *memory;
    uint32_t capacity;
    struct mr_image image, variables;
    const struct plc_reaction *reactions; /* by fault */
    struct pc_room room[2];
    int in_room;   /* which one `program` is in */
    char why[200]; /* the last refusal */
};

/* What a make of controller does about a fault (reaction.c). */
enum plc_action { PLC_FAULT, PLC_STOP, PLC_CONTINUE };
struct plc_reaction {
    enum plc_action action;
    uint16_t code; /* the vendor's number of the event, 0 where it has none */
    const char *text;
};

void mr_pc_note(struct mr_plc *c, enum mr_plc_event event, uint32_t detail, mr_ns now);
/* The current program's variable that `s` of the original means; NULL where there is none now. */
const struct mr_plc_symbol *mr_pc_here(const struct mr_plc *c, const struct mr_plc_symbol *s);
/* Stops, with `event` in the diagnostics. */
void mr_pc_halt(struct mr_plc *c, enum mr_plc_event event, uint32_t detail, mr_ns now);
void mr_pc_set_program(struct mr_plc *c, const struct mr_plc_program *p); /* its memory is the caller's to fill */
bool mr_pc_load_create(struct mr_plc *c, struct mr_arena *arena, const char *name);
/* What was in memory goes into a program of another configuration by name; the old one's symbols and memory are still there. */
void mr_pc_use(struct mr_plc *c, const struct mr_plc_program *p);

#endif
