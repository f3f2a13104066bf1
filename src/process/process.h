/* process.h - physical models and the engine that runs them.
 *
 * A model is a table of named, typed, unit-bearing variables and three functions. The engine holds the variables' values, gives
 * every sensor its noise, range and clipping and every actuator its travel, and can freeze, stick or bias any of them; CSV, HMI
 * and record come from the table. A model sees `true` values only and is a pure function: (state, values, dt) -> same.
 * Time is in seconds here, quantities in the unit that the table names. */
#ifndef MR_PROCESS_PROCESS_H
#define MR_PROCESS_PROCESS_H

#include "base/arena.h"
#include "base/rng.h"
#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>

enum mr_role {
    MR_SENSOR,    /* measured: the plant has an instrument here, read with noise */
    MR_ACTUATOR,  /* commanded from outside: valve, pump, setpoint of a drive */
    MR_FEEDBACK,  /* a limit switch or running contact: exact, a bool or a number */
    MR_INTERNAL,  /* true values without an instrument (a fouling, a product quality): for scoring and study */
    MR_PARAMETER, /* a constant that an author or --set may change; so is a disturbance ("demand.scale", "IDV4") */
};

struct mr_var {
    const char *name; /* the field's tag: "LIT101", "MV101.open" */
    const char *unit; /* "mm", "m3/h", "pH", "" for a bool or a pure number */
    enum mr_role role;
    bool is_bool;
    double initial;
    double lo, hi;     /* instrument range or limits of travel */
    double noise_sd;   /* standard deviation of the measurement, in the unit */
    const char *title; /* one line of English for reference pages */
};

/* A damage or trip that has happened: sticky until the plant is reset. */
struct mr_damage {
    const char *name; /* "T101.overflow", "P101.seized" */
    const char *title;
};

struct mr_model {
    const char *name; /* "water-treatment" */
    const char *title;
    const struct mr_var *vars;
    size_t nvars;
    const struct mr_damage *damages; /* at most 64 */
    size_t ndamages;
    const struct mr_type *state; /* the model's own state record */
    mr_ns step;                  /* its default step */
    bool brief_csv;              /* a CSV has its parameters never, its internals on demand */
    /* From initial values and parameters to a state; fills true values. */
    void (*init)(void *state, double *v, struct mr_rng *rng);
    /* Advances by dt seconds. `v` holds all variables' true values: actuators and parameters in, the rest out. Random
     * disturbances draw from `rng`. Returns the damages in force, bit i for damages[i]. */
    uint64_t (*advance)(void *state, double *v, double dt_s, double time_s, struct mr_rng *rng);
    /* NULL for most. A model that makes its sensors' noise itself, as a part of what is published about it, gets seed and switch
     * here after init; the engine then adds none, and `true` values of sensors have it. */
    void (*set_noise)(void *state, uint64_t seed, bool on);
};

const struct mr_model *const *mr_models(size_t *n);
const struct mr_model *mr_model_find(const char *name);
/* Index of a variable, or -1. */
int mr_model_var(const struct mr_model *m, const char *name);

/* A model at work. Its memory is the arena's. */
struct mr_plant;
struct mr_plant *mr_plant_create(struct mr_arena *arena, const struct mr_model *m, uint64_t seed, bool noise);
const struct mr_model *mr_plant_model(const struct mr_plant *p);
void mr_plant_advance(struct mr_plant *p, double dt_s);
double mr_plant_time_s(const struct mr_plant *p);
/* What the instrument shows (noise, range, faults applied at the last advance). For other roles the true value. */
double mr_plant_read(const struct mr_plant *p, int var);
double mr_plant_true(const struct mr_plant *p, int var);
/* Commands an actuator or changes a parameter; clipped to lo..hi; NaN is refused (the value stays). */
void mr_plant_write(struct mr_plant *p, int var, double value);
uint64_t mr_plant_damage(const struct mr_plant *p);

/* Faults that an attacker on the field side or a scene can cause. */
enum mr_fault { MR_FAULT_NONE, MR_FAULT_FREEZE, MR_FAULT_BIAS, MR_FAULT_VALUE, MR_FAULT_STICK };
void mr_plant_fault(struct mr_plant *p, int var, enum mr_fault fault, double value);

/* Of a state that was loaded: whether models can rely on it as on one of their own, for commands and parameters are within
 * lo..hi. */
bool mr_plant_check(const struct mr_plant *p);

#endif
