/* swing.h - rotor angles of the machines of a grid after faults and switching: the classical model (Anderson and Fouad, Power
 * System Control and Stability, sections 2.9 and 2.10). A machine is a constant voltage behind its transient reactance, driven by
 * constant power without damping; a load is a constant admittance. */
#ifndef MR_PROCESS_GRID_SWING_H
#define MR_PROCESS_GRID_SWING_H

#include "process/grid/grid.h"

#define MR_SWING_STEP_S 0.01 /* the longest that the integration takes at once */

struct mr_machine {
    uint32_t bus;        /* index */
    double h_s;          /* inertia constant on the base of the case */
    struct mr_complex z; /* Ra + jX'd, on it too */
    double e, pm;        /* voltage behind z, mechanical power: both constant */
};

struct mr_swing {
    struct mr_machine *machine;
    size_t n;
    double hz;
    double *angle, *dw;            /* the state: rotor angles in the synchronous frame, speeds less synchronous in pu */
    bool *fault;                   /* per bus: three-phase short circuit to earth */
    struct mr_complex *load;       /* admittance of each bus's load */
    struct mr_complex *y;          /* n x n: the network reduced to the machines' internal nodes */
    struct mr_ybus *full;          /* what it is reduced from */
    struct mr_complex *column, *e; /* room for a column of the inverse, for the internal voltages */
    double *work;                  /* and for the integration */
};

/* Machines from CSV with a header line, which names among others the columns bus, H_s_on_100MVA and xd_t_pu, and Ra_pu or not,
 * all on 100 MVA; one row for each bus that generates. They start at rest in the solution `f`, the network as `g` has it.
 * MR_E_MALFORMED, MR_E_NOMEM or MR_E_INVALID after the reason has been told. */
enum mr_err mr_swing_init(struct mr_swing *s, const struct mr_grid *g, const struct mr_flow *f, struct mr_slice csv,
                          const char *name, double hz, struct mr_arena *arena, struct mr_diags *diags);
/* To be called after branches or faults have changed. MR_E_INVALID where a bus hangs on nothing. */
enum mr_err mr_swing_reduce(struct mr_swing *s, const struct mr_grid *g, struct mr_diags *diags);
/* By Runge and Kutta's fourth-order method. */
void mr_swing_advance(struct mr_swing *s, double dt_s);
/* Electrical power of each machine in the present state; valid until the next call. */
const double *mr_swing_power(struct mr_swing *s);

#endif
