/* works.h - the water works with its six controllers in one loop, without a network: wires by name, links copied each second.
 *
 * A sensor TAG is wired to TAG_RAW, an analog command X.y to X_y_RAW (both 0..27648 over lo..hi), a bool X.y to X_y. */
#ifndef MR_TEST_WORKS_H
#define MR_TEST_WORKS_H

#include "plc/plc.h"
#include "support/plant.h"

#include <stdlib.h>

#define WORKS_PLCS  6
#define WORKS_WIRES 400

struct works_wire {
    int plc, var;
    struct mr_place place;
    double lo, span; /* span 0: a bool */
};

struct works_link {
    int from, to;
    const struct mr_plc_symbol *source, *value, *age;
};

struct works {
    struct test_plant plant;
    struct mr_plc_program *programs[WORKS_PLCS];
    struct mr_plc *plcs[WORKS_PLCS];
    struct works_wire inputs[WORKS_WIRES], outputs[WORKS_WIRES];
    size_t ninputs, noutputs;
    struct works_link links[32];
    size_t nlinks;
    mr_ns now;
};

static inline char *works_read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        fail_msg("cannot read %s", path);
        return NULL;
    }
    char *text = malloc(1 << 20);
    assert_non_null(text);
    *n = fread(text, 1, 1 << 20, f);
    (void)fclose(f);
    return text;
}

static inline struct mr_plc_program *works_compile(int stage)
{
    char path[128];
    (void)snprintf(path, sizeof path, "content/sites/water-treatment/plc/stage%d.st", stage);
    struct mr_plc_source sources[2] = {{.file = "content/sites/water-treatment/plc/library.st"}, {.file = path}};
    char *texts[2];
    for (int i = 0; i < 2; i++) {
        texts[i] = works_read_file(sources[i].file, &sources[i].n);
        sources[i].text = texts[i];
    }
    struct mr_diags *diags = mr_diags_create();
    struct mr_plc_program *p = mr_plc_compile(sources, 2, diags);
    if (!p) {
        mr_diags_print(diags, stderr);
        fail_msg("stage %d does not compile", stage);
    }
    mr_diags_destroy(diags);
    free(texts[0]);
    free(texts[1]);
    return p;
}

static inline const struct mr_plc_symbol *works_find(const struct works *w, int plc, const char *tag, const char *suffix)
{
    char name[80];
    (void)snprintf(name, sizeof name, "%s%s", tag, suffix);
    for (char *c = name; *c; c++) {
        *c = *c == '.' ? '_' : *c;
    }
    return mr_plc_symbol_find(w->programs[plc], name);
}

static inline void works_wire(struct works *w, int plc, int var)
{
    const struct mr_var *v = &mr_plant_model(w->plant.p)->vars[var];
    const struct mr_plc_symbol *s = works_find(w, plc, v->name, v->is_bool ? "" : "_RAW");
    bool in = v->role == MR_SENSOR || v->role == MR_FEEDBACK;
    if (!s || !s->located || s->place.area != (in ? MR_AREA_I : MR_AREA_Q)) {
        return;
    }
    struct works_wire wire = {plc, var, s->place, v->lo, v->is_bool ? 0 : v->hi - v->lo};
    if (in) {
        w->inputs[w->ninputs++] = wire;
    } else if (v->role == MR_ACTUATOR) {
        w->outputs[w->noutputs++] = wire;
    }
    assert_true(w->ninputs < WORKS_WIRES && w->noutputs < WORKS_WIRES);
}

/* Joins VALUE of one controller, with its VALUE_AGE, to SOURCE of another. */
static inline void works_link(struct works *w, int from, const char *source, int to, const char *value)
{
    struct works_link *l = &w->links[w->nlinks++];
    *l = (struct works_link){from - 1, to - 1, works_find(w, from - 1, source, ""), works_find(w, to - 1, value, ""),
                             works_find(w, to - 1, value, "_AGE")};
    if (!l->source || !l->value || !l->age) {
        fail_msg("link %s to %s", source, value);
    }
}

static inline struct works *works_new(uint64_t seed, bool noise)
{
    struct works *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->plant = plant_new("water-treatment", seed, noise);
    size_t nvars = mr_plant_model(w->plant.p)->nvars;
    for (int i = 0; i < WORKS_PLCS; i++) {
        w->programs[i] = works_compile(i + 1);
        w->plcs[i] = mr_plc_create(w->plant.arena, w->programs[i], "plc");
        assert_non_null(w->plcs[i]);
        for (size_t v = 0; v < nvars; v++) {
            works_wire(w, i, (int)v);
        }
        mr_plc_start(w->plcs[i], MR_PLC_COLD, 0);
    }
    works_link(w, 3, "LIT301", 1, "LIT301_REMOTE");
    works_link(w, 2, "MV201.opened", 1, "MV201_OPEN_REMOTE");
    works_link(w, 3, "LIT301", 2, "LIT301_REMOTE");
    works_link(w, 4, "LIT401", 3, "LIT401_REMOTE");
    works_link(w, 6, "LIT602", 3, "LIT602_REMOTE");
    works_link(w, 6, "P602.running", 3, "P602_RUN_REMOTE");
    works_link(w, 5, "RO_READY", 4, "RO_READY_REMOTE");
    works_link(w, 4, "P401.running", 5, "P401_RUN_REMOTE");
    works_link(w, 4, "P402.running", 5, "P402_RUN_REMOTE");
    works_link(w, 4, "UV401.running", 5, "UV401_RUN_REMOTE");
    works_link(w, 4, "FIT401", 5, "FIT401_REMOTE");
    works_link(w, 6, "LIT601", 5, "LIT601_REMOTE");
    works_link(w, 6, "LIT602", 5, "LIT602_REMOTE");
    works_link(w, 3, "BW_REQUEST", 6, "BW_REQUEST_REMOTE");
    works_link(w, 5, "P501.running", 6, "P501_RUN_REMOTE");
    works_link(w, 5, "P502.running", 6, "P502_RUN_REMOTE");
    return w;
}

static inline void works_free(struct works *w)
{
    plant_free(&w->plant);
    for (int i = 0; i < WORKS_PLCS; i++) {
        mr_plc_program_destroy(w->programs[i]);
    }
    free(w);
}

static inline double works_get(const struct works *w, int plc, const char *tag)
{
    const struct mr_plc_symbol *s = works_find(w, plc - 1, tag, "");
    if (!s) {
        fail_msg("plc%d has no %s", plc, tag);
    }
    return mr_plc_get(w->plcs[plc - 1], s);
}

static inline void works_set(struct works *w, int plc, const char *tag, double value)
{
    const struct mr_plc_symbol *s = works_find(w, plc - 1, tag, "");
    if (!s || !mr_plc_set(w->plcs[plc - 1], s, value)) {
        fail_msg("plc%d: cannot set %s", plc, tag);
    }
}

static inline void works_copy_links(struct works *w)
{
    for (size_t i = 0; i < w->nlinks; i++) {
        const struct works_link *l = &w->links[i];
        (void)mr_plc_set(w->plcs[l->to], l->value, mr_plc_get(w->plcs[l->from], l->source));
        (void)mr_plc_set(w->plcs[l->to], l->age, 0);
    }
}

/* One scan of all controllers and one step of the plant: 100 ms. */
static inline void works_step(struct works *w)
{
    for (size_t i = 0; i < w->ninputs; i++) {
        const struct works_wire *x = &w->inputs[i];
        double value = mr_plant_read(w->plant.p, x->var);
        (void)mr_image_set(mr_plc_image(w->plcs[x->plc]), &x->place, x->span > 0 ? (value - x->lo) / x->span * 27648 : value);
    }
    for (int i = 0; i < WORKS_PLCS; i++) {
        mr_plc_scan(w->plcs[i], w->now);
        if (mr_plc_state(w->plcs[i]) != MR_PLC_RUNNING) {
            const char *where = NULL;
            enum mr_plc_fault fault = mr_plc_fault(w->plcs[i], &where);
            fail_msg("plc%d stands still: fault %d at %s", i + 1, (int)fault, where ? where : "?");
        }
    }
    for (size_t i = 0; i < w->noutputs; i++) {
        const struct works_wire *x = &w->outputs[i];
        double value = mr_image_get(mr_plc_image(w->plcs[x->plc]), &x->place);
        mr_plant_write(w->plant.p, x->var, x->span > 0 ? x->lo + value / 27648 * x->span : value);
    }
    mr_plant_advance(w->plant.p, 0.1);
    w->now += 100 * MR_MS;
    if (w->now % MR_S == 0) {
        works_copy_links(w);
    }
}

static inline void works_run(struct works *w, double seconds)
{
    for (long n = (long)(seconds * 10 + 0.5); n > 0; n--) {
        works_step(w);
    }
}

#endif
