/* models.c - the models there are. */
#include "process/models.h"

#include <string.h>

static const struct mr_model *const models[] = {&mr_water_treatment, &mr_tennessee_eastman, &mr_power_grid, &mr_heated_tank};

const struct mr_model *const *mr_models(size_t *n)
{
    *n = sizeof models / sizeof models[0];
    return models;
}

const struct mr_model *mr_model_find(const char *name)
{
    size_t n;
    const struct mr_model *const *all = mr_models(&n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i]->name, name) == 0) {
            return all[i];
        }
    }
    return NULL;
}

int mr_model_var(const struct mr_model *m, const char *name)
{
    for (size_t i = 0; i < m->nvars; i++) {
        if (strcmp(m->vars[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}
