/* plant.c - the engine: one model's values, what its instruments show of them, and the faults laid upon both.
 *
 * Actuators and parameters carry their (possibly faulted) value in `value` at all times, so that a step costs nothing for them;
 * sensors get noise, range and faults once per advance. */
#include "process/process.h"

#include "base/maths.h"

#define NOISE_AT_ONCE 64 /* numbers drawn together */

struct fault {
    double value;   /* bias, forced value, or what was shown when frozen */
    double command; /* of a faulted actuator: what was last asked for */
    uint8_t kind;   /* enum mr_fault */
};

static const struct mr_field fault_fields[] = {
    MR_FIELD(struct fault, kind, MR_U8),
    MR_FIELD(struct fault, value, MR_F64),
    MR_FIELD(struct fault, command, MR_F64),
};
static const struct mr_type fault_type = MR_TYPE_LIVE("fault", struct fault, fault_fields, kind);

struct number {
    double x;
};

static const struct mr_field number_fields[] = {MR_FIELD(struct number, x, MR_F64)};
static const struct mr_type number_type = MR_TYPE("number", struct number, number_fields);

struct clock {
    mr_ns time;
    uint64_t damage;
    uint32_t nfaults;
    struct mr_rng noise_rng;
    struct mr_rng model_rng;
};

static const struct mr_field clock_fields[] = {
    MR_FIELD(struct clock, time, MR_I64),          MR_FIELD(struct clock, damage, MR_U64),
    MR_FIELD(struct clock, nfaults, MR_U32),       MR_SUB(struct clock, noise_rng, &mr_rng_type),
    MR_SUB(struct clock, model_rng, &mr_rng_type),
};
static const struct mr_type clock_type = MR_TYPE("plant", struct clock, clock_fields);

struct sensor {
    uint32_t var;
    double noise_sd, lo, hi;
};

/* Not state: pointers to state, and the sensors picked out of the table. */
struct mr_plant {
    const struct mr_model *model;
    struct clock *clock;
    void *state;
    double *value;
    double *shown; /* of sensors, and of feedbacks with a fault */
    struct fault *faults;
    struct sensor *sensors; /* those with noise first */
    size_t nsensors, nnoisy;
    uint64_t seed;
    bool noise;
};

static bool is_input(const struct mr_var *var)
{
    return var->role == MR_ACTUATOR || var->role == MR_PARAMETER;
}

static void pick_sensors(struct mr_plant *p)
{
    bool noise = p->noise && !p->model->set_noise;
    for (int noisy = 1; noisy >= 0; noisy--) {
        for (size_t i = 0; i < p->model->nvars; i++) {
            const struct mr_var *var = &p->model->vars[i];
            if (var->role == MR_SENSOR && (noise && var->noise_sd > 0) == noisy) {
                p->sensors[p->nsensors++] = (struct sensor){(uint32_t)i, noisy ? var->noise_sd : 0, var->lo, var->hi};
            }
        }
        p->nnoisy = noisy ? p->nsensors : p->nnoisy;
    }
}

static void begin(struct mr_plant *p)
{
    p->clock->model_rng = mr_rng_stream(p->seed, "process.model");
    p->model->init(p->state, p->value, &p->clock->model_rng);
    if (p->model->set_noise) {
        p->model->set_noise(p->state, p->seed, p->noise);
    }
    for (size_t i = 0; i < p->nsensors; i++) {
        const struct sensor *s = &p->sensors[i];
        p->shown[s->var] = mr_clamp(p->value[s->var], s->lo, s->hi);
    }
}

struct mr_plant *mr_plant_create(struct mr_arena *arena, const struct mr_model *m, uint64_t seed, bool noise)
{
    struct mr_plant *p = mr_arena_scratch(arena, sizeof *p);
    if (!p) {
        return NULL;
    }
    p->model = m;
    p->seed = seed;
    p->noise = noise;
    p->clock = mr_arena_new(arena, &clock_type, 1, "process");
    p->state = mr_arena_new(arena, m->state, 1, "process.state");
    p->value = mr_arena_new(arena, &number_type, m->nvars, "process.value");
    p->shown = mr_arena_new(arena, &number_type, m->nvars, "process.shown");
    p->faults = mr_arena_new(arena, &fault_type, m->nvars, "process.faults");
    p->sensors = mr_arena_scratch(arena, m->nvars * sizeof *p->sensors);
    if (!p->clock || !p->state || !p->value || !p->shown || !p->faults || !p->sensors) {
        return NULL;
    }
    pick_sensors(p);
    p->clock->noise_rng = mr_rng_stream(seed, "process.noise");
    for (size_t i = 0; i < m->nvars; i++) {
        p->value[i] = m->vars[i].initial;
    }
    begin(p);
    return p;
}

const struct mr_model *mr_plant_model(const struct mr_plant *p)
{
    return p->model;
}

static void show_faults(struct mr_plant *p)
{
    for (size_t i = 0; i < p->model->nvars; i++) {
        const struct fault *f = &p->faults[i];
        const struct mr_var *var = &p->model->vars[i];
        if (f->kind == MR_FAULT_NONE || is_input(var)) {
            continue;
        }
        if (f->kind == MR_FAULT_BIAS) {
            double base = var->role == MR_SENSOR ? p->shown[i] : p->value[i];
            p->shown[i] = mr_clamp(base + f->value, var->lo, var->hi);
        } else {
            p->shown[i] = f->value;
        }
    }
}

/* Without a branch: where noise passes a limit now and then, nobody foresees when. */
static double within(double x, const struct sensor *s)
{
    return mr_min(s->hi, mr_max(s->lo, x));
}

static void measure(struct mr_plant *p)
{
    const double *value = p->value;
    double *shown = p->shown;
    const struct sensor *end = p->sensors + p->nsensors;
    const struct sensor *s = p->sensors;
    for (size_t left = p->nnoisy; left > 0;) {
        double noise[NOISE_AT_ONCE];
        size_t n = left < NOISE_AT_ONCE ? left : NOISE_AT_ONCE;
        mr_rng_normals(&p->clock->noise_rng, noise, n);
        for (size_t i = 0; i < n; i++, s++) {
            shown[s->var] = within(value[s->var] + s->noise_sd * noise[i], s);
        }
        left -= n;
    }
    for (; s < end; s++) {
        shown[s->var] = within(value[s->var], s);
    }
}

void mr_plant_advance(struct mr_plant *p, double dt_s)
{
    struct clock *c = p->clock;
    c->damage |= p->model->advance(p->state, p->value, dt_s, mr_plant_time_s(p), &c->model_rng);
    c->time += (mr_ns)mr_rint(dt_s * 1e9);
    measure(p);
    if (c->nfaults) {
        show_faults(p);
    }
}

double mr_plant_time_s(const struct mr_plant *p)
{
    return (double)p->clock->time / 1e9;
}

double mr_plant_read(const struct mr_plant *p, int var)
{
    const struct mr_var *v = &p->model->vars[var];
    bool instrument = v->role == MR_SENSOR || (p->faults[var].kind != MR_FAULT_NONE && !is_input(v));
    return instrument ? p->shown[var] : p->value[var];
}

double mr_plant_true(const struct mr_plant *p, int var)
{
    return p->value[var];
}

/* What an actuator gets of a command, its fault considered. */
static double faulted(const struct fault *f, const struct mr_var *var)
{
    switch ((enum mr_fault)f->kind) {
    case MR_FAULT_BIAS:
        return mr_clamp(f->command + f->value, var->lo, var->hi);
    case MR_FAULT_VALUE:
    case MR_FAULT_FREEZE:
    case MR_FAULT_STICK:
        return f->value;
    case MR_FAULT_NONE:
        break;
    }
    return f->command;
}

void mr_plant_write(struct mr_plant *p, int var, double value)
{
    const struct mr_var *v = &p->model->vars[var];
    if (!is_input(v) || value != value) {
        return;
    }
    double command = v->is_bool ? (double)(value != 0) : mr_clamp(value, v->lo, v->hi);
    struct fault *f = &p->faults[var];
    if (f->kind != MR_FAULT_NONE) {
        f->command = command;
        command = faulted(f, v);
    }
    p->value[var] = command;
    if (v->role == MR_PARAMETER && p->clock->time == 0) {
        begin(p); /* a parameter given before time starts counts from the beginning */
    }
}

uint64_t mr_plant_damage(const struct mr_plant *p)
{
    return p->clock->damage;
}

void mr_plant_fault(struct mr_plant *p, int var, enum mr_fault fault, double value)
{
    const struct mr_var *v = &p->model->vars[var];
    struct fault *f = &p->faults[var];
    if (value != value) {
        return;
    }
    if (f->kind == MR_FAULT_NONE) {
        f->command = p->value[var];
    }
    p->clock->nfaults += (uint32_t)(fault != MR_FAULT_NONE) - (uint32_t)(f->kind != MR_FAULT_NONE);
    bool hold = fault == MR_FAULT_FREEZE || fault == MR_FAULT_STICK;
    double held = hold ? mr_plant_read(p, var) : value;
    f->kind = (uint8_t)fault;
    f->value = fault == MR_FAULT_BIAS ? value : mr_clamp(held, v->lo, v->hi);
    if (is_input(v)) {
        p->value[var] = faulted(f, v);
    } else if (fault == MR_FAULT_NONE) {
        p->shown[var] = mr_clamp(p->value[var], v->lo, v->hi);
    } else if (fault != MR_FAULT_BIAS) {
        p->shown[var] = f->value; /* a bias shows from the next advance on, as a drift would */
    }
}

static bool within_range(double x, const struct mr_var *v)
{
    return x >= v->lo && x <= v->hi; /* NaN is not */
}

bool mr_plant_check(const struct mr_plant *p)
{
    for (size_t i = 0; i < p->model->nvars; i++) {
        const struct mr_var *v = &p->model->vars[i];
        const struct fault *f = &p->faults[i];
        bool held = f->kind != MR_FAULT_NONE;
        bool good = !held || f->kind == MR_FAULT_BIAS || within_range(f->value, v);
        if (is_input(v)) {
            good = good && within_range(p->value[i], v) && (!held || within_range(f->command, v));
        }
        if (f->kind > MR_FAULT_STICK || f->value != f->value || !good) {
            return false;
        }
    }
    return true;
}
