/* plant.h - a process model for tests, its variables by name. */
#ifndef MR_TEST_PLANT_H
#define MR_TEST_PLANT_H

#include "process/process.h"
#include "support/test.h"

struct test_plant {
    struct mr_arena *arena;
    struct mr_plant *p;
};

static inline struct test_plant plant_of(const struct mr_model *m, uint64_t seed, bool noise)
{
    struct test_plant t = {mr_arena_create((size_t)4 << 20), NULL};
    assert_non_null(m);
    t.p = mr_plant_create(t.arena, m, seed, noise);
    assert_non_null(t.p);
    return t;
}

static inline struct test_plant plant_new(const char *model, uint64_t seed, bool noise)
{
    return plant_of(mr_model_find(model), seed, noise);
}

static inline void plant_free(struct test_plant *t)
{
    mr_arena_destroy(t->arena);
}

static inline int plant_var(const struct test_plant *t, const char *name)
{
    int var = mr_model_var(mr_plant_model(t->p), name);
    if (var < 0) {
        fail_msg("no variable %s", name);
    }
    return var;
}

static inline double plant_get(const struct test_plant *t, const char *name)
{
    return mr_plant_read(t->p, plant_var(t, name));
}

static inline void plant_set(const struct test_plant *t, const char *name, double value)
{
    mr_plant_write(t->p, plant_var(t, name), value);
}

static inline void plant_run(const struct test_plant *t, double seconds, double step)
{
    long steps = (long)(seconds / step + 0.5);
    for (long i = 0; i < steps; i++) {
        mr_plant_advance(t->p, step);
    }
}

static inline bool plant_damaged(const struct test_plant *t, const char *name)
{
    const struct mr_model *m = mr_plant_model(t->p);
    for (size_t i = 0; i < m->ndamages; i++) {
        if (strcmp(m->damages[i].name, name) == 0) {
            return (mr_plant_damage(t->p) >> i) & 1;
        }
    }
    fail_msg("no damage %s", name);
    return false;
}

#endif
