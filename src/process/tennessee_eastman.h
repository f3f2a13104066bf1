/* tennessee_eastman.h - the parts of the model "tennessee-eastman", for its own files, its tests and `process derivatives`.
 *
 * Source: J. J. Downs, E. F. Vogel, "A plant-wide industrial process control problem", Computers & Chemical Engineering 17(3)
 * (1993) 245-255, and the constants of the program that its authors gave out with it. Their units are kept, because the
 * states have them: lb-mol, million BTU (MMBTU), hours, degrees Celsius, cubic feet, mmHg absolute; lb-mol/h and MMBTU/h.
 * Streams and states have the paper's numbers, arrays begin at 0. docs/process/tennessee-eastman.md describes the plant. */
#ifndef MR_PROCESS_TENNESSEE_EASTMAN_H
#define MR_PROCESS_TENNESSEE_EASTMAN_H

#include "process/process.h"

enum te_component { TE_A, TE_B, TE_C, TE_D, TE_E, TE_F, TE_G, TE_H, TE_COMPONENTS };

enum {
    TE_XMEAS = 41,
    TE_FAST = 22, /* XMEAS 1..22 are measured all the time, 23..41 by analysers: 14 of gas, 5 of the product */
    TE_GASES = 14,
    TE_ANALYSED = TE_XMEAS - TE_FAST,
    TE_XMV = 12,
    TE_IDV = 20,
    TE_STATES = 50,
    TE_VALVES_AT = 38, /* the last twelve states are positions of valves */
    TE_WALKS = 12,
};

/* Where the variables lie in the model's table. */
enum {
    TE_VAR_ISD,
    TE_VAR_XMEAS,
    TE_VAR_XMV = TE_VAR_XMEAS + TE_XMEAS,
    TE_VAR_IDV = TE_VAR_XMV + TE_XMV,
    TE_VAR_YY = TE_VAR_IDV + TE_IDV,

    TE_VAR_MODE = TE_VAR_YY + TE_STATES,
    TE_VARS,
};

/* Groups of states. */
enum { TE_REACTOR = 0, TE_SEPARATOR = 9, TE_STRIPPER = 18, TE_HEADER = 27, TE_COOLANT_REACTOR = 36, TE_COOLANT_SEPARATOR = 37 };

extern const struct mr_var te_vars[TE_VARS];

enum { TE_MODES = 7 };
extern const double te_modes[TE_MODES][TE_STATES]; /* steady states: 0 the base case, 1..6 the optima of the modes */

/* A random disturbance: a cubic in the time since `last`, which holds until `next`. */
struct te_walk {
    double a, b, c, d, last_h, next_h;
};

/* The state record. */
struct te {
    double yy[TE_STATES];
    double rate[TE_VALVES_AT];  /* their change per hour, but for the valves, as of the last evaluation */
    double accepted[TE_XMV];    /* command that a valve follows; a sticking one ignores small changes */
    double guess_c[4];          /* last temperatures: where their search begins */
    double sample[TE_ANALYSED]; /* in the analysers, to be shown at the next sampling */
    double gas_next_h, product_next_h;
    struct te_walk walk[TE_WALKS];
    uint32_t generator;
    uint32_t idv; /* disturbances at the last evaluation, bit 0 for IDV1 */

    uint32_t mode; /* it began in */
    bool noise;
    bool begun; /* a step has been made */
    uint64_t shutdown;
};

/* Thermodynamics (tennessee_eastman_thermo.c). */

/* Enthalpy of a mixture in MMBTU per lb-mol as a cubic in the temperature: c0 + c1 T + c2 T^2 + c3 T^3. */
struct te_heat {
    double c0, c1, c2, c3;
};

extern const double te_weight[TE_COMPONENTS]; /* lb per lb-mol */
struct te_heat te_liquid_heat(const double x[TE_COMPONENTS]);
struct te_heat te_vapour_heat(const double y[TE_COMPONENTS]);
/* One component as vapour. */
double te_vapour_enthalpy(enum te_component i, double t_c);
double te_heat_at(const struct te_heat *h, double t_c);
/* Internal instead of flowing energy of a vapour: less p v. */
void te_heat_internal(struct te_heat *h);
/* The temperature at which the mixture has this enthalpy; `guess_c` where the search fails. */
double te_temperature(const struct te_heat *h, double enthalpy, double guess_c);
/* Cubic feet per lb-mol of liquid. */
double te_liquid_volume(const double x[TE_COMPONENTS], double t_c);
double te_mean_weight(const double x[TE_COMPONENTS]);

#define TE_GAS 998.9 /* ft3 mmHg / (lb-mol K) */
#define TE_ICE 273.15

/* A vessel in which liquid D..H lies under a vapour of all eight. */
struct te_drum {
    double x[TE_COMPONENTS], y[TE_COMPONENTS], partial[TE_COMPONENTS];
    struct te_heat liquid_heat;
    double t_c, liquid_ft3, liquid_ft3_per_mol, vapour_ft3, pressure;
};

/* From holdups (A..C as vapour, D..H as liquid), energy and volume. */
void te_drum(struct te_drum *d, const double holdup[TE_COMPONENTS], double energy, double volume_ft3, double guess_c);

/* Disturbances (tennessee_eastman_disturbances.c). */

/* What the disturbances make of the plant's surroundings at one moment. */
struct te_world {
    double ac_feed[3]; /* fractions of A, B, C in stream 4 */
    double d_feed_c, ac_feed_c, reactor_water_c, condenser_water_c;
    double kinetics[2];                                          /* factors on reactions 1 and 2 */
    double steam;                                                /* factor on the stripper's heat transfer */
    double reactor_transfer, condenser_transfer, reactor_outlet; /* factors, 1 when well */
    double a_available, ac_available;                            /* factors on the feeds 1 and 4 */
};

void te_walks_begin(struct te *s);
/* Starts new stretches of those that have run out. */
void te_walks_renew(struct te *s, double t_h);
void te_world(const struct te *s, double t_h, struct te_world *w);
/* Positions of valves per hour; sticking ones ignore changes up to 2 %. */
void te_valves(struct te *s, const double xmv[TE_XMV], double rate[TE_XMV]);
static inline bool te_disturbed(const struct te *s, int idv)
{
    return (s->idv >> (idv - 1)) & 1;
}

/* The original's random generator: a draw in 0..2^32-1. */
uint32_t te_draw(uint32_t *g);
/* Goes on by n draws. */
void te_skip(uint32_t *g, unsigned n);
/* The sum of twelve draws. */
uint64_t te_draw_twelve(uint32_t *g);

/* One evaluation: everything between states and rates. */
struct te_flows {
    struct te_world world;
    struct te_drum reactor, separator;
    double sump[TE_COMPONENTS]; /* fractions in the stripper's sump */
    double sump_c, sump_ft3, sump_ft3_per_mol;
    struct te_heat sump_heat;
    double header[TE_COMPONENTS]; /* fractions in the feed header, stream 6 */
    double header_c, header_pressure;
    struct te_heat header_heat;                                                /* flowing */
    double d_feed, e_feed, a_feed, ac_feed;                                    /* streams 1 to 4 */
    double overhead[TE_COMPONENTS];                                            /* stream 5, by component */
    double reactor_feed, effluent, recycle, purge, underflow, product;         /* streams 6 (and 7), 8, 9, 10, 11, 13 */
    double d_feed_heat, e_feed_heat, a_feed_heat, ac_feed_heat, overhead_heat; /* MMBTU/h that they bring */
    double compressor_heat;
    double reaction[TE_COMPONENTS], reaction_heat;
    double reactor_cooling, condenser_cooling, stripper_heating;
    double effluent_enthalpy, separator_gas_enthalpy; /* per lb-mol */
};

/* Rates of the four reactions and the heat that the cooling takes (tennessee_eastman_reactor.c). */
void te_reactor(const double yy[TE_STATES], struct te_flows *f);
/* Header, reactor effluent, condenser, compressor, purge (tennessee_eastman_separator.c). */
void te_header(struct te *s, struct te_flows *f);
void te_separator(const double yy[TE_STATES], struct te_flows *f);
/* Sump, feeds and overhead gas (tennessee_eastman_stripper.c). */
void te_sump(struct te *s, struct te_flows *f);
void te_stripper(const double yy[TE_STATES], struct te_flows *f);

/* Measurements (tennessee_eastman_measurement.c). */
void te_measure(const double yy[TE_STATES], const struct te_flows *f, double xmeas[TE_FAST]);
void te_compositions(const struct te_flows *f, double percent[TE_ANALYSED]);
/* The limits that are passed, bit i for the model's damage i. */
uint64_t te_shutdown(const struct te_flows *f);
/* Noise on xmeas[0..21]. */
void te_noise(struct te *s, double xmeas[TE_FAST]);
/* What the analysers show at a moment: at 0 the truth. */
void te_analyse(struct te *s, const struct te_flows *f, double t_h, double shown[TE_ANALYSED]);

/* The whole right-hand side at time 0 from a state: change per hour, and the measurements without noise or delay. `idv` has bit
 * 0 for IDV1; commands are the valves' own positions. */
void mr_te_derivatives(const double yy[TE_STATES], uint32_t idv, double yp[TE_STATES], double xmeas[TE_XMEAS]);

#endif
