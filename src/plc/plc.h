/* plc.h - a soft PLC: IEC 61131-3 compiled to byte code, verified, and run in a virtual machine.
 *
 * Compiling allocates on the heap and gives an immutable program; a controller's whole mutable state (variables, image areas,
 * retained data, task clocks, diagnostics) lies in the site's arena. Nothing here knows a clock: the caller says the time. */
#ifndef MR_PLC_PLC_H
#define MR_PLC_PLC_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/time.h"
#include "image/image.h"

struct mr_plc_source {
    const char *file; /* for messages */
    const char *text;
    size_t n;
};

struct mr_plc_program;

/* Compiles sources as one project. NULL where `diags` then holds errors. A project without CONFIGURATION gets one: its first
 * PROGRAM in a cyclic task of 100 ms. The caller destroys the program, after every controller that runs it. */
struct mr_plc_program *mr_plc_compile(const struct mr_plc_source *sources, size_t n, struct mr_diags *diags);
struct mr_plc_options {
    mr_ns interval;  /* of tasks that state none, and of the task made where there is no CONFIGURATION; 0: 100 ms */
    bool check_only; /* a library without PROGRAM is only warned of: nothing will run it */
};
struct mr_plc_program *mr_plc_compile_with(const struct mr_plc_source *sources, size_t n, const struct mr_plc_options *options,
                                           struct mr_diags *diags);
void mr_plc_program_destroy(struct mr_plc_program *p);

/* A variable that can be named from outside: "LIT101" of the program that is instanced first, "PRG.PID1.SP", "GVL.X". */
struct mr_plc_symbol {
    const char *name;      /* full path, as declared */
    enum mr_vtype type;    /* OTHER for aggregates */
    bool located;          /* has an address of its own in the image */
    struct mr_place place; /* where located */
    uint32_t offset;       /* in the controller's data memory otherwise (bytes) */
    uint32_t size;
    const char *type_name; /* "REAL", "PID", "ARRAY[1..4] OF INT" */
};
size_t mr_plc_symbols(const struct mr_plc_program *p, const struct mr_plc_symbol **out);
/* By full path or by the name alone where it is unique; letter case does not count. NULL where unknown. */
const struct mr_plc_symbol *mr_plc_symbol_find(const struct mr_plc_program *p, const char *name);

/* The image of its controllers, as large as it will be, without memory: to check places against before there is one. */
struct mr_image mr_plc_image_layout(const struct mr_plc_program *p);

struct mr_plc_task_info {
    const char *name;
    mr_ns interval; /* 0: event task */
    int priority;
    mr_ns watchdog; /* 0: none */
};
size_t mr_plc_tasks(const struct mr_plc_program *p, const struct mr_plc_task_info **out);

enum mr_plc_state { MR_PLC_STOPPED, MR_PLC_RUNNING, MR_PLC_FAULTED };
enum mr_plc_fault {
    MR_PLC_OK,
    MR_PLC_WATCHDOG,
    MR_PLC_DIV_ZERO,
    MR_PLC_BOUNDS,
    MR_PLC_STACK,
    MR_PLC_STRING,
    MR_PLC_NULL_REF,
    MR_PLC_BAD_CODE,
    MR_PLC_NO_BLOCK /* called, and not there */
};

struct mr_plc;
/* A controller running `program`, stopped, variables at their initial values. NULL where the arena is full. */
struct mr_plc *mr_plc_create(struct mr_arena *arena, const struct mr_plc_program *program, const char *name);
struct mr_image *mr_plc_image(struct mr_plc *c);
/* The same with %M going on over all variables, for who serves those that have no address too; places as the second function
 * gives them. While a configuration other than the compiled program's is loaded %M ends where it ends: they are not where they
 * were. */
struct mr_image *mr_plc_variables(struct mr_plc *c);
struct mr_place mr_plc_symbol_place(const struct mr_plc_program *p, const struct mr_plc_symbol *s);
const struct mr_plc_program *mr_plc_program_of(const struct mr_plc *c);

/* What it does about faults depends on the make: a division by zero stops one and leaves a flag in another (docs/plc/online.md
 * has the table). MR_PLC_GENERIC faults on everything. Told when the site is built. */
enum mr_plc_make { MR_PLC_GENERIC, MR_PLC_SIEMENS, MR_PLC_ROCKWELL, MR_PLC_SCHNEIDER, MR_PLC_CODESYS, MR_PLC_MAKES };
enum mr_plc_make mr_plc_make_of(const char *vendor); /* "Schneider Electric" */
void mr_plc_set_make(struct mr_plc *c, enum mr_plc_make make);
/* After mr_arena_load(): makes the program again of the blocks that were downloaded. MR_E_CORRUPT where they make none. */
enum mr_err mr_plc_loaded(struct mr_plc *c);

enum mr_plc_start { MR_PLC_COLD, MR_PLC_WARM, MR_PLC_HOT }; /* all initial; retained kept; all kept */
void mr_plc_start(struct mr_plc *c, enum mr_plc_start how, mr_ns now);
void mr_plc_stop(struct mr_plc *c);
enum mr_plc_state mr_plc_state(const struct mr_plc *c);
enum mr_plc_fault mr_plc_fault(const struct mr_plc *c, const char **where); /* POU and line of the last fault */
bool mr_plc_flag(const struct mr_plc *c, enum mr_plc_fault f); /* happened since the start, and the program went on */

const char *mr_plc_fault_name(enum mr_plc_fault f); /* "watchdog" */
uint64_t mr_plc_scans(const struct mr_plc *c);      /* task runs since the controller was made */

/* The diagnostics buffer, newest first: the last MR_PLC_DIAGNOSTICS (limits.h) events. Returns how many were written. */
#define MR_PLC_EVENTS(X)                                                                                                         \
    X(COLD, "cold start")                                                                                                        \
    X(WARM, "warm restart")                                                                                                      \
    X(HOT, "hot restart")                                                                                                        \
    X(STOP, "stop")                                                                                                              \
    X(FAULT, "fault")                                                                                                            \
    X(PASSED, "fault passed over") /* what the make of controller only sets a flag for */                                        \
    X(DOWNLOAD, "block downloaded")                                                                                              \
    X(ACTIVATE, "blocks activated")                                                                                              \
    X(DELETE, "block deleted")                                                                                                   \
    X(RESTORE, "program restored from the memory card")                                                                          \
    X(KEY, "key switch turned")                                                                                                  \
    X(FORCE, "variable forced")                                                                                                  \
    X(UNFORCE, "force released")                                                                                                 \
    X(REFUSED, "download refused")
enum mr_plc_event {
#define X(name, text) MR_PLC_EVENT_##name,
    MR_PLC_EVENTS(X)
#undef X
};
struct mr_plc_diagnostic {
    mr_ns at;
    enum mr_plc_event event;
    enum mr_plc_fault fault;
    const char *block; /* of a fault */
    uint32_t line;
    uint32_t
        detail; /* of block events class << 16 | number, of ACTIVATE how many, of KEY its position, of FORCE how many there are */
    uint16_t code;    /* the vendor's number of the event; 0 where it has none */
    const char *text; /* in the vendor's words where it has some */
};
size_t mr_plc_diagnostics(const struct mr_plc *c, struct mr_plc_diagnostic *out, size_t cap);

/* Runs every task that is due at `now`, once, in order of priority; outputs stand in the image afterwards. Does nothing when
 * not running. A watchdog counts instructions, not time (limits.h of plc says how many a millisecond). */
void mr_plc_scan(struct mr_plc *c, mr_ns now);
/* When the next cyclic task is due; MR_NEVER_NS when not running. */
mr_ns mr_plc_next(const struct mr_plc *c);

double mr_plc_get(const struct mr_plc *c, const struct mr_plc_symbol *s); /* as mr_image_get */
bool mr_plc_set(struct mr_plc *c, const struct mr_plc_symbol *s, double value);
/* A STRING's text into `buf`, cut to fit and terminated; false where s is no string. */
bool mr_plc_get_text(const struct mr_plc *c, const struct mr_plc_symbol *s, char *buf, size_t cap);
bool mr_plc_set_text(struct mr_plc *c, const struct mr_plc_symbol *s, const char *text);
/* Forces an elementary variable: its value is set before and after every scan until released. At most MR_PLC_FORCES. */
enum mr_err mr_plc_force(struct mr_plc *c, const struct mr_plc_symbol *s, bool on, double value);

#endif
