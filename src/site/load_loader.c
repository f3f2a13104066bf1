/* load_loader.c - how the loader tells mistakes and takes members of a map. */
#include "site/load_loader.h"

#include "plan/values.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

char *mr_load_copy(struct mr_loader *l, const char *text)
{
    return mr_pool_text(l->pool, text, strlen(text));
}

void mr_load_wrong(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at, const char *fmt, ...)
{
    char what[800];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    mr_yaml_error(l->diags, d->shown, d->text, d->n, at->line, at->col, what);
}

void mr_load_warn(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at, const char *fmt, ...)
{
    char what[800];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    mr_diag_add(l->diags, MR_WARNING, d->shown, at->line, at->col, "%s", what);
}

const char *mr_load_near(struct mr_loader *l, const char *word, const void *records, size_t n, size_t stride)
{
    const char **names = malloc((n + 1) * sizeof *names);
    MR_ASSERT(names);
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        const char *name;
        memcpy(&name, (const char *)records + i * stride, sizeof name);
        if (name) {
            names[m++] = name;
        }
    }
    const char *near = mr_nearest(word, names, m);
    free(names);
    return near ? mr_pool_format(l->pool, "; did you mean '%s'?", near) : "";
}

void mr_load_unknown(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at, const char *what, const char *word,
                     const void *records, size_t n, size_t stride)
{
    mr_load_wrong(l, d, at, "no %s is called '%.60s'%s", what, word, mr_load_near(l, word, records, n, stride));
}

const char *mr_get_text(const struct mr_yaml *map, const char *key, const char *otherwise)
{
    const struct mr_yaml *y = mr_yaml_get(map, key);
    return y ? y->text : otherwise;
}

mr_ns mr_get_duration(const struct mr_yaml *map, const char *key, mr_ns otherwise)
{
    const struct mr_yaml *y = mr_yaml_get(map, key);
    mr_ns t = otherwise;
    if (y) {
        (void)mr_duration_parse(y->text, &t);
    }
    return t;
}

double mr_get_number(const struct mr_yaml *map, const char *key, double otherwise)
{
    const struct mr_yaml *y = mr_yaml_get(map, key);
    double x = otherwise;
    if (y) {
        (void)mr_number_parse(y->text, &x);
    }
    return x;
}

uint32_t mr_get_integer(const struct mr_yaml *map, const char *key, uint32_t otherwise)
{
    return (uint32_t)mr_get_number(map, key, otherwise);
}

bool mr_get_switch(const struct mr_yaml *map, const char *key, bool otherwise)
{
    const struct mr_yaml *y = mr_yaml_get(map, key);
    bool on = otherwise;
    if (y) {
        (void)mr_switch_parse(y->text, &on);
    }
    return on;
}

struct mr_text mr_get_title(struct mr_loader *l, const struct mr_yaml *map, const char *key, struct mr_text otherwise)
{
    const struct mr_yaml *y = mr_yaml_get(map, key);
    if (!y) {
        return otherwise;
    }
    return (struct mr_text){mr_load_copy(l, mr_get_text(y, "zh", "")), mr_load_copy(l, mr_get_text(y, "en", ""))};
}

const struct mr_yaml *mr_one_or_list(const struct mr_yaml *y, size_t *n)
{
    *n = !y ? 0 : y->kind == MR_YAML_SEQ ? y->count : 1;
    return y && y->kind == MR_YAML_SEQ ? y->first : y;
}

bool mr_load_quantity(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at, const char *name, const char *unit,
                      bool is_bool, double *out)
{
    bool on;
    if (is_bool) {
        if (mr_switch_parse(at->text, &on)) {
            *out = on;
            return true;
        }
        mr_load_wrong(l, d, at, "'%.60s' for tag %s: expected on or off", at->text, name);
        return false;
    }
    if (mr_quantity_parse(at->text, unit, out)) {
        return true;
    }
    mr_load_wrong(l, d, at, "'%.60s' for tag %s: expected a %s%s", at->text, name, *unit ? "quantity in " : "number", unit);
    return false;
}

bool mr_load_range(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at, const char *name, const char *unit,
                   double *lo, double *hi)
{
    if (mr_range_parse(at->text, unit, lo, hi)) {
        return true;
    }
    mr_load_wrong(l, d, at, "'%.60s' for tag %s: expected a range%s%s", at->text, name, *unit ? " in " : " of numbers", unit);
    return false;
}
