/* load_dnp3.c - an outstation of DNP3: its address, its masters, and the file of its points. */
#include "plan/values.h"
#include "site/load_loader.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS 200 /* that an outstation keeps where the author says nothing */

static const char *const kinds[MR_DNP3_KINDS] = {
    [MR_DNP3_BINARY] = "binary",   [MR_DNP3_DOUBLE] = "double", [MR_DNP3_BINARY_OUTPUT] = "binary-output",
    [MR_DNP3_COUNTER] = "counter", [MR_DNP3_ANALOG] = "analog", [MR_DNP3_ANALOG_OUTPUT] = "analog-output",
    [MR_DNP3_STRING] = "string",
};

static uint8_t kind_of(const char *name)
{
    uint8_t k = 0;
    while (k < MR_DNP3_KINDS - 1 && strcmp(kinds[k], name) != 0) {
        k++;
    }
    return k;
}

/* outputs: [latch, pulse, pair, switch] */
static uint8_t outputs_of(const struct mr_yaml *y)
{
    static const char *const names[] = {"latch", "pulse", "pair", "switch"};
    size_t n;
    uint8_t outputs = 0;
    for (const struct mr_yaml *o = mr_one_or_list(mr_yaml_get(y, "outputs"), &n); n > 0; o = o->next, n--) {
        for (unsigned i = 0; i < 4; i++) {
            if (strcmp(names[i], o->text) == 0) {
                outputs = (uint8_t)(outputs | 1u << i);
            }
        }
    }
    return outputs;
}

/* A file's view while its points are read. */
struct reading {
    struct mr_loader *l;
    const struct mr_doc *doc;
    const struct mr_plc_program *program;
    struct mr_dnp3_point *points;
    uint32_t n;
};

static bool places(const struct reading *r, const struct mr_yaml *y, const char *key, uint32_t count, struct mr_place *out)
{
    const struct mr_yaml *at = mr_yaml_get(y, key);
    return at && mr_load_place(r->l, r->doc, r->program, at, count, out);
}

/* What all elements of a row share. */
static struct mr_dnp3_point common(struct mr_loader *l, const struct mr_yaml *y)
{
    return (struct mr_dnp3_point){
        .kind = kind_of(mr_get_text(y, "kind", "")),
        .event_class = (uint8_t)mr_get_integer(y, "class", 0),
        .hidden = !mr_get_switch(y, "class0", true),
        .frozen_events = mr_get_switch(y, "frozen-events", false),
        .command_events = mr_get_switch(y, "command-events", false),
        .select_first = mr_get_switch(y, "select", false),
        .outputs = outputs_of(y),
        .static_variation = (uint8_t)mr_get_integer(y, "variation", 0),
        .event_variation = (uint8_t)mr_get_integer(y, "event-variation", 0),
        .scale = mr_get_number(y, "scale", 1),
        .offset = mr_get_number(y, "offset", 0),
        .deadband = mr_get_number(y, "deadband", 0),
        .text = mr_load_copy(l, mr_get_text(y, "text", "")),
    };
}

static void load_point(struct reading *r, const struct mr_yaml *y)
{
    uint32_t count = mr_get_integer(y, "count", 1);
    struct mr_place *place = MR_POOL_NEW(r->l->pool, struct mr_place, 3 * (size_t)count);
    struct mr_place *second = place + count;
    struct mr_place *command = second + count;
    struct mr_dnp3_point p = common(r->l, y);
    const struct mr_yaml *range = mr_yaml_get(y, "range");
    if (p.kind == MR_DNP3_STRING) {
        memset(place, 0, sizeof *place * count);
    } else if (!mr_yaml_get(y, "value")) {
        mr_load_wrong(r->l, r->doc, y, "a point of kind %s stands for something: `value` is missing", kinds[p.kind]);
        return;
    } else if (!places(r, y, "value", count, place)) {
        return;
    }
    p.has_second = places(r, y, "second", count, second);
    p.has_command = places(r, y, "command", count, command);
    if (range) {
        (void)mr_load_range(r->l, r->doc, range, "an output", "", &p.minimum, &p.maximum);
    }
    for (uint32_t i = 0; i < count; i++) {
        p.index = (uint16_t)(mr_get_integer(y, "index", 0) + i);
        p.place = place[i];
        p.second = second[i];
        p.command = command[i];
        r->points[r->n++] = p;
    }
}

static int by_kind(const void *a, const void *b)
{
    const struct mr_dnp3_point *x = a;
    const struct mr_dnp3_point *y = b;
    return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind) : (x->index > y->index) - (x->index < y->index);
}

void mr_load_dnp3(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y)
{
    size_t n;
    uint16_t *masters = MR_POOL_NEW(l->pool, uint16_t, MR_DNP3_MASTERS_MAX);
    (void)s;
    out->dnp3.address = (uint16_t)mr_get_integer(y, "address", 10);
    out->dnp3.events = mr_get_integer(y, "events", EVENTS);
    for (const struct mr_yaml *m = mr_one_or_list(mr_yaml_get(y, "masters"), &n); n > 0; m = m->next, n--) {
        masters[out->dnp3.nmasters++] = (uint16_t)strtoul(m->text, NULL, 10);
    }
    if (out->dnp3.nmasters == 0) {
        masters[out->dnp3.nmasters++] = 1;
    }
    out->dnp3.masters = masters;
}

void mr_load_dnp3_points(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, struct mr_serve *out,
                         const struct mr_yaml *y)
{
    const struct mr_doc *doc = mr_load_points(l, s, y, MR_FILE_DNP3);
    if (!doc) {
        return;
    }
    const struct mr_yaml *points = mr_yaml_get(doc->root, "points");
    struct reading r = {l, doc, d->program, MR_POOL_NEW(l->pool, struct mr_dnp3_point, mr_load_count(points)), 0};
    for (const struct mr_yaml *p = points ? points->first : NULL; p; p = p->next) {
        load_point(&r, p);
    }
    qsort(r.points, r.n, sizeof *r.points, by_kind);
    for (uint32_t i = 1; i < r.n; i++) {
        if (by_kind(&r.points[i - 1], &r.points[i]) == 0) {
            mr_load_wrong(l, doc, points, "two points of kind %s have the index %u", kinds[r.points[i].kind], r.points[i].index);
        }
    }
    out->dnp3.points = r.points;
    out->dnp3.npoints = r.n;
}
