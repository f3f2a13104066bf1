/* grid.h - a power grid: its case file, its power flow, the swings of its machines.
 *
 * A case is read from the text of a MATPOWER file (case.c), its buses joined into an admittance matrix (network.c), solved by
 * Newton's method (flow.c); machines then swing from that solution (swing.h). All memory is scratch of the arena that the
 * caller gives and lives as long as it; only KLU takes some of its own and gives it back before a call returns. Mistakes are told
 * to `diags`, with the line where a file has them.
 *
 * Quantities are per unit on the case's base power, angles in radians, unless a name says otherwise. */
#ifndef MR_PROCESS_GRID_GRID_H
#define MR_PROCESS_GRID_GRID_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/diag.h"

enum {
    MR_GRID_TEXT = 4 << 20,    /* bytes of a case file: European cases of 10,000 buses have 2 MB */
    MR_GRID_BUSES = 20000,     /* rows of bus, */
    MR_GRID_GENS = 20000,      /* gen */
    MR_GRID_BRANCHES = 60000,  /* and branch */
    MR_GRID_MACHINES = 1000,   /* the reduced matrix is dense: 16 MB at this */
    MR_GRID_ITERATIONS = 30,   /* of Newton's method, which needs 3 to 6 */
    MR_GRID_ARENA = 256 << 20, /* enough for all that */
};

struct mr_complex {
    double re, im;
};

enum mr_bus_kind { MR_BUS_PQ = 1, MR_BUS_PV = 2, MR_BUS_REF = 3, MR_BUS_ISOLATED = 4 };

struct mr_bus {
    uint32_t number; /* as the file has it */
    enum mr_bus_kind kind;
    struct mr_complex load, shunt; /* p + jq drawn; g + jb */
    double vm, va;                 /* where the iteration starts */
};

struct mr_gen {
    uint32_t bus; /* index, not number */
    struct mr_complex power;
    double vm;
    bool on;
};

struct mr_branch {
    uint32_t from, to; /* indices of buses */
    struct mr_complex z;
    double b, tap, shift; /* tap 1 for a line */
    bool on;
};

struct mr_grid {
    double base_mva;
    struct mr_bus *bus;
    struct mr_gen *gen;
    struct mr_branch *branch;
    size_t nbus, ngen, nbranch;
};

/* `name` is for the messages. MR_E_MALFORMED or MR_E_NOMEM after the reason has been told. */
enum mr_err mr_grid_parse(struct mr_grid *g, struct mr_slice text, const char *name, struct mr_arena *arena,
                          struct mr_diags *diags);
/* Index of a bus by its number, or -1. */
int mr_grid_bus(const struct mr_grid *g, uint32_t number);
/* The first branch between two buses, in either direction, that is on (or off); or -1. */
int mr_grid_branch(const struct mr_grid *g, uint32_t bus_a, uint32_t bus_b, bool on);

/* The admittance matrix by rows, every row with its diagonal. */
struct mr_ybus {
    int n;
    int *row; /* n + 1: where each row begins */
    int *col;
    struct mr_complex *y;
};

/* For all branches, whatever is on. NULL where the arena is full. */
struct mr_ybus *mr_ybus_create(const struct mr_grid *g, struct mr_arena *arena);
/* Fills in branches that are on, but those at isolated buses, and shunts of buses. */
void mr_ybus_build(struct mr_ybus *y, const struct mr_grid *g);
/* Entry (i, j), which must be there. */
struct mr_complex *mr_ybus_at(const struct mr_ybus *y, int i, int j);

struct mr_flow {
    double *vm, *va;          /* per bus; 0 at an isolated one */
    struct mr_complex *power; /* injected per bus: generation less load */
    int iterations;
    double mismatch; /* the largest that is left */
};

/* MR_E_NOMEM; MR_E_INVALID for a grid in parts or without reference; MR_E_RANGE where there is no solution to be found. */
enum mr_err mr_grid_flow(struct mr_flow *f, const struct mr_grid *g, struct mr_arena *arena, struct mr_diags *diags);

static inline struct mr_complex mr_cadd(struct mr_complex a, struct mr_complex b)
{
    return (struct mr_complex){a.re + b.re, a.im + b.im};
}
static inline struct mr_complex mr_cmul(struct mr_complex a, struct mr_complex b)
{
    return (struct mr_complex){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
static inline struct mr_complex mr_cneg(struct mr_complex a)
{
    return (struct mr_complex){-a.re, -a.im};
}
static inline struct mr_complex mr_cconj(struct mr_complex a)
{
    return (struct mr_complex){a.re, -a.im};
}
static inline struct mr_complex mr_cinv(struct mr_complex a)
{
    double square = a.re * a.re + a.im * a.im;
    return (struct mr_complex){a.re / square, -a.im / square};
}

#endif
