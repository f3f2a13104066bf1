/* te_loop.h - the Tennessee Eastman plant with controllers, without a network: wires by the variables' names, links copied at
 * each scan. Programs are files of content/sites/tennessee-eastman/plc. */
#ifndef MR_TEST_TE_LOOP_H
#define MR_TEST_TE_LOOP_H

#include "plc/plc.h"
#include "process/tennessee_eastman.h"
#include "support/plant.h"

#include <math.h>
#include <stdlib.h>

#define TE_REFERENCE "../shared/reference/tennessee-eastman/"
enum { TE_PLCS_MAX = 5 };

struct te_link {
    int from;
    const char *source;
    int to;
    const char *value;
};

struct te_wire {
    int plc, var;
    const struct mr_plc_symbol *symbol;
};

struct te_loop {
    struct test_plant plant;
    const char *const *names;
    int nplcs;
    struct mr_plc_program *programs[TE_PLCS_MAX];
    struct mr_plc *plcs[TE_PLCS_MAX];
    struct te_wire inputs[64], outputs[16];
    size_t ninputs, noutputs;
    const struct te_link *links;
    size_t nlinks;
    const struct mr_plc_symbol *sources[16], *values[16];
    double scan_s;
    mr_ns now;
};

static inline char *te_read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *text = malloc(1 << 20);
    if (!f || !text) {
        fail_msg("cannot read %s", path);
        return NULL;
    }
    *n = fread(text, 1, (1 << 20) - 1, f);
    text[*n] = '\0';
    (void)fclose(f);
    return text;
}

static inline bool te_have_reference(void)
{
    FILE *f = fopen(TE_REFERENCE "names.json", "rb");
    if (!f) {
        print_message("skipped: no " TE_REFERENCE " here\n");
        return false;
    }
    (void)fclose(f);
    return true;
}

static inline struct mr_plc_program *te_compile(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "content/sites/tennessee-eastman/plc/%s.st", name);
    struct mr_plc_source sources[2] = {{.file = "content/sites/tennessee-eastman/plc/library.st"}, {.file = path}};
    char *texts[2];
    for (int i = 0; i < 2; i++) {
        texts[i] = te_read_file(sources[i].file, &sources[i].n);
        sources[i].text = texts[i];
    }
    struct mr_diags *diags = mr_diags_create();
    struct mr_plc_program *p = mr_plc_compile(sources, 2, diags);
    if (!p) {
        mr_diags_print(diags, stderr);
        fail_msg("%s.st does not compile", name);
    }
    mr_diags_destroy(diags);
    free(texts[0]);
    free(texts[1]);
    return p;
}

static inline const struct mr_plc_symbol *te_symbol(const struct te_loop *l, int plc, const char *name)
{
    const struct mr_plc_symbol *s = mr_plc_symbol_find(l->programs[plc], name);
    if (!s) {
        fail_msg("%s.st has no %s", l->names[plc], name);
    }
    return s;
}

static inline void te_set(const struct te_loop *l, int plc, const char *name, double value)
{
    assert_true(mr_plc_set(l->plcs[plc], te_symbol(l, plc, name), value));
}

static inline double te_get(const struct te_loop *l, int plc, const char *name)
{
    return mr_plc_get(l->plcs[plc], te_symbol(l, plc, name));
}

static inline void te_wires(struct te_loop *l, int plc)
{
    for (int var = TE_VAR_XMEAS; var < TE_VAR_IDV; var++) {
        const struct mr_plc_symbol *s = mr_plc_symbol_find(l->programs[plc], te_vars[var].name);
        if (s && var < TE_VAR_XMV) {
            assert_int_equal(s->place.area, MR_AREA_I);
            l->inputs[l->ninputs++] = (struct te_wire){plc, var, s};
        } else if (s) {
            assert_int_equal(s->place.area, MR_AREA_Q);
            l->outputs[l->noutputs++] = (struct te_wire){plc, var, s};
        }
    }
}

static inline struct te_loop *te_loop_new(struct test_plant plant, const char *const *names, int n, const struct te_link *links,
                                          size_t nlinks)
{
    struct te_loop *l = calloc(1, sizeof *l);
    assert_non_null(l);
    l->plant = plant;
    l->scan_s = 1;
    l->names = names;
    l->nplcs = n;
    for (int i = 0; i < n; i++) {
        l->programs[i] = te_compile(names[i]);
        l->plcs[i] = mr_plc_create(l->plant.arena, l->programs[i], names[i]);
        assert_non_null(l->plcs[i]);
        te_wires(l, i);
        mr_plc_start(l->plcs[i], MR_PLC_COLD, 0);
    }
    assert_int_equal(l->noutputs, TE_XMV); /* every valve has one controller */
    l->links = links;
    l->nlinks = nlinks;
    for (size_t i = 0; i < nlinks; i++) {
        l->sources[i] = te_symbol(l, links[i].from, links[i].source);
        l->values[i] = te_symbol(l, links[i].to, links[i].value);
    }
    return l;
}

static inline void te_loop_free(struct te_loop *l)
{
    plant_free(&l->plant);
    for (int i = 0; i < l->nplcs; i++) {
        mr_plc_program_destroy(l->programs[i]);
    }
    free(l);
}

static inline void te_read_inputs(struct te_loop *l)
{
    for (size_t i = 0; i < l->ninputs; i++) {
        const struct te_wire *w = &l->inputs[i];
        (void)mr_plc_set(l->plcs[w->plc], w->symbol, mr_plant_read(l->plant.p, w->var));
    }
}

static inline void te_write_outputs(struct te_loop *l)
{
    for (size_t i = 0; i < l->noutputs; i++) {
        const struct te_wire *w = &l->outputs[i];
        mr_plant_write(l->plant.p, w->var, mr_plc_get(l->plcs[w->plc], w->symbol));
    }
}

static inline void te_scan(struct te_loop *l)
{
    for (int i = 0; i < l->nplcs; i++) {
        mr_plc_scan(l->plcs[i], l->now);
        if (mr_plc_state(l->plcs[i]) != MR_PLC_RUNNING) {
            fail_msg("%s stands still", l->names[i]);
        }
    }
    for (size_t i = 0; i < l->nlinks; i++) {
        (void)mr_plc_set(l->plcs[l->links[i].to], l->values[i], mr_plc_get(l->plcs[l->links[i].from], l->sources[i]));
    }
    l->now += (mr_ns)(l->scan_s * 1e9 + 0.5);
}

/* Compares measurements (by number, ended by 0) and all valves with a recorded row of which `skip` numbers stand between them. */
struct te_held {
    int xmeas;
    double tolerance;
};
static inline void te_compare(const struct te_loop *l, const char *file, const char *row, int skip, const struct te_held *held,
                              double valve)
{
    double column[2 + TE_XMEAS + TE_ANALYSED + TE_XMV];
    char *at;
    for (int i = 0; i < 2 + TE_XMEAS + skip + TE_XMV; i++) {
        column[i] = strtod(row, &at);
        row = at + 1;
    }
    for (; held->xmeas; held++) {
        double got = mr_plant_read(l->plant.p, TE_VAR_XMEAS + held->xmeas - 1);
        double want = column[1 + held->xmeas];
        if (fabs(got - want) > held->tolerance) {
            fail_msg("%s at %g s: XMEAS%d %g for %g", file, column[0], held->xmeas, got, want);
        }
    }
    for (int i = 0; i < TE_XMV; i++) {
        double got = mr_plant_read(l->plant.p, TE_VAR_XMV + i);
        double want = column[2 + TE_XMEAS + skip + i];
        if (fabs(got - want) > valve) {
            fail_msg("%s at %g s: XMV%d %g for %g", file, column[0], i + 1, got, want);
        }
    }
}

#endif
