/* symbols.c - the names of all variables, instance by instance, and which of their bytes are retained. */
#include "plc/symbols.h"

#include <stdlib.h>
#include <string.h>

struct walk {
    struct pc *c;
    PC_VECTOR(struct mr_plc_symbol) out;
    PC_VECTOR(struct pc_range) retain;
    uint32_t depth;
};

static void walk_value(struct walk *w, const char *path, struct pc_type *t, uint32_t offset, const struct mr_place *place,
                       bool retain);

static void add_retain(struct walk *w, uint32_t at, uint32_t n)
{
    struct pc_range *last = w->retain.n > 0 ? &w->retain.items[w->retain.n - 1] : NULL;
    if (last && last->at + last->n == at) {
        last->n += n;
        return;
    }
    *PC_PUSH(w->c->out->pool, &w->retain) = (struct pc_range){at, n};
}

static void walk_var(struct walk *w, const char *prefix, const struct pc_var *v, uint32_t base, const struct mr_place *of,
                     bool retain)
{
    if (!v->laid_out || !v->type || v->type->kind == TY_ERROR || v->cls == VC_TEMP || v->cls == VC_EXTERNAL) {
        return;
    }
    struct pc_pool *pool = w->c->out->pool;
    const char *path =
        prefix[0] ? mr_pc_fmt(pool, "%s.%s", prefix, v->spelled) : mr_pc_text(pool, v->spelled, strlen(v->spelled));
    retain = (retain || v->retain) && !v->no_retain;
    struct mr_place place;
    if (v->located) {
        place = v->place;
        base = 0;
    } else if (of) {
        place = *of;
        place.byte += v->offset;
    }
    if (v->cls == VC_INOUT) {
        struct mr_plc_symbol *s = PC_PUSH(pool, &w->out);
        *s = (struct mr_plc_symbol){.name = path,
                                    .type = MR_VT_OTHER,
                                    .offset = base + v->offset,
                                    .size = 4,
                                    .type_name = mr_pc_text(pool, v->type->name, strlen(v->type->name))};
        return;
    }
    walk_value(w, path, v->type, base + v->offset, v->located || of ? &place : NULL, retain);
}

static void walk_instance(struct walk *w, const char *path, struct pc_pou *pou, uint32_t offset, bool retain)
{
    if (pou->base) {
        walk_instance(w, path, pou->base, offset, retain);
    }
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        const struct pc_var *v = pou->vars.items[i];
        if (v->bounds_of) {
            continue;
        }
        if (pou->library && v->cls == VC_VAR) { /* what a standard block keeps to itself */
            if (retain && v->laid_out) {
                add_retain(w, offset + v->offset, v->type->size);
            }
            continue;
        }
        walk_var(w, path, v, offset, NULL, retain);
    }
}

static void walk_array(struct walk *w, const char *path, struct pc_type *t, uint32_t offset, const struct mr_place *place,
                       bool retain)
{
    int64_t n = t->hi - t->lo + 1;
    for (int64_t i = 0; i < n && n <= MR_PLC_ELEMENTS_MAX; i++) {
        size_t len = strlen(path);
        const char *name = len > 0 && path[len - 1] == ']'
                               ? mr_pc_fmt(w->c->out->pool, "%.*s,%lld]", (int)len - 1, path, (long long)(t->lo + i))
                               : mr_pc_fmt(w->c->out->pool, "%s[%lld]", path, (long long)(t->lo + i));
        struct mr_place p;
        if (place) {
            p = *place;
            p.byte += (uint32_t)i * t->base->size;
            p.bit = 0;
        }
        walk_value(w, name, t->base, offset + (uint32_t)i * t->base->size, place ? &p : NULL, retain);
    }
}

static void walk_value(struct walk *w, const char *path, struct pc_type *t, uint32_t offset, const struct mr_place *place,
                       bool retain)
{
    if (w->out.n >= MR_PLC_SYMBOLS_MAX || w->depth >= MR_PLC_NEST_MAX) {
        return;
    }
    struct mr_plc_symbol *s = PC_PUSH(w->c->out->pool, &w->out);
    *s = (struct mr_plc_symbol){.name = path,
                                .type = mr_pc_vtype(t),
                                .located = place != NULL,
                                .offset = offset,
                                .size = t->size,
                                .type_name = mr_pc_text(w->c->out->pool, t->name, strlen(t->name))};
    if (place) {
        s->place = *place;
        s->place.type = s->type;
    }
    bool leaf = !mr_pc_is_aggregate(t);
    if (leaf && retain && !place) {
        add_retain(w, offset, t->size);
    }
    w->depth++;
    if (t->kind == TY_ARRAY) {
        if (retain && !place && (t->hi - t->lo + 1 > MR_PLC_ELEMENTS_MAX)) {
            add_retain(w, offset, t->size);
        }
        walk_array(w, path, t, offset, place, retain);
    } else if (t->kind == TY_STRUCT) {
        for (uint32_t i = 0; i < t->fields.n; i++) {
            walk_var(w, path, t->fields.items[i], offset, place, retain);
        }
    } else if (t->kind == TY_FB) {
        walk_instance(w, path, t->pou, offset, retain);
    }
    w->depth--;
}

/* By address, each byte once. */
static int by_address(const void *a, const void *b)
{
    const struct pc_range *x = a;
    const struct pc_range *y = b;
    return x->at < y->at ? -1 : (x->at > y->at ? 1 : 0);
}

static void sort_retain(struct pc_range *r, uint32_t *n)
{
    if (*n > 0) {
        qsort(r, *n, sizeof *r, by_address);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *n; i++) {
        if (kept > 0 && r[i].at < r[kept - 1].at + r[kept - 1].n) {
            continue;
        }
        r[kept++] = r[i];
    }
    *n = kept;
}

void mr_pc_symbols(struct pc *c, struct pc_layout *out)
{
    struct walk w = {.c = c};
    for (struct pc_progdecl *g = c->programs; g; g = g->next) {
        if (g->instance) {
            walk_instance(&w, g->instance->spelled, g->pou, g->instance->offset, false);
        }
    }
    for (uint32_t i = 0; i < c->globals.n; i++) {
        walk_var(&w, "", c->globals.items[i], 0, NULL, false);
    }
    out->symbols = w.out.items;
    out->nsymbols = w.out.n;
    sort_retain(w.retain.items, &w.retain.n);
    out->retain = w.retain.items;
    out->nretain = w.retain.n;
}

size_t mr_plc_symbols(const struct mr_plc_program *p, const struct mr_plc_symbol **out)
{
    *out = p->symbols;
    return p->nsymbols;
}

static char fold(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Does `path` end in the whole of `name`, at a component's beginning? */
static bool ends_in(const char *path, size_t n, const char *name, size_t k)
{
    if (n < k || (n > k && path[n - k - 1] != '.')) {
        return false;
    }
    for (size_t i = 0; i < k; i++) {
        if (fold(path[n - k + i]) != fold(name[i])) {
            return false;
        }
    }
    return true;
}

/* The fewest components in front win, then the first: a program's variable before one of the same name in its blocks. */
const struct mr_plc_symbol *mr_plc_symbol_find(const struct mr_plc_program *p, const char *name)
{
    const struct mr_plc_symbol *best = NULL;
    size_t best_dots = SIZE_MAX;
    size_t k = strlen(name);
    for (uint32_t i = 0; i < p->nsymbols && best_dots > 0; i++) {
        const char *path = p->symbols[i].name;
        size_t n = strlen(path);
        if (!ends_in(path, n, name, k)) {
            continue;
        }
        size_t dots = n > k ? 1 : 0;
        for (size_t c = 0; c + k + 1 < n; c++) {
            dots += path[c] == '.' ? 1 : 0;
        }
        if (dots < best_dots) {
            best = &p->symbols[i];
            best_dots = dots;
        }
    }
    return best;
}
