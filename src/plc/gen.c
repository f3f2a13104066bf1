/* gen.c - instructions, temporaries, constants; and the units one after the other. */
#include "plc/gen.h"

#include "base/rng.h"

#include <string.h>

uint32_t mr_pc_emit_n(struct pc_gen *g, enum pc_op op, uint16_t n, int32_t a, int32_t b, int32_t c)
{
    *PC_PUSH(g->c->pool, &g->code) = (struct pc_insn){(uint16_t)op, n, a, b, c};
    *PC_PUSH(g->c->pool, &g->lines) = g->line;
    return g->code.n - 1;
}

uint32_t mr_pc_emit(struct pc_gen *g, enum pc_op op, int32_t a, int32_t b, int32_t c)
{
    return mr_pc_emit_n(g, op, 0, a, b, c);
}

int32_t mr_pc_temp(struct pc_gen *g, uint32_t size)
{
    size = size < 8 ? 8 : size;
    for (uint32_t i = 0; i < g->temps.n; i++) {
        struct pc_temp *t = &g->temps.items[i];
        if (!t->busy && t->size >= size && t->size <= 2 * size) {
            t->busy = true;
            return t->at;
        }
    }
    struct pc_temp *t = PC_PUSH(g->c->pool, &g->temps);
    *t = (struct pc_temp){mr_pc_local(g, size), size, true};
    return t->at;
}

int32_t mr_pc_local(struct pc_gen *g, uint32_t size)
{
    uint32_t at = g->local_size;
    if (size > MR_PLC_MEMORY_MAX - at) {
        PC_ERROR(g->c, g->pou->pos, "'%s' has expressions that are too large", g->pou->spelled);
        return PC_LOCAL;
    }
    g->local_size += (size + 7) & ~7u;
    return PC_LOCAL + (int32_t)at;
}

void mr_pc_temps_free(struct pc_gen *g)
{
    for (uint32_t i = 0; i < g->temps.n; i++) {
        g->temps.items[i].busy = false;
    }
}

int32_t mr_pc_const_bytes(struct pc_gen *g, const void *bytes, uint32_t n)
{
    if (2 * (g->known.n + 1) > g->known.cap) { /* `known` is a hash table: cap is a power of two, n counts entries */
        uint32_t cap = g->known.cap ? g->known.cap * 2 : 64;
        struct pc_range *grown = mr_pc_alloc(g->c->pool, cap * sizeof *grown);
        for (uint32_t i = 0; i < g->known.cap; i++) {
            struct pc_range r = g->known.items[i];
            uint32_t k = (uint32_t)mr_hash_fnv(g->constants.items + r.at, r.n) & (cap - 1);
            while (r.n > 0 && grown[k].n > 0) {
                k = (k + 1) & (cap - 1);
            }
            if (r.n > 0) {
                grown[k] = r;
            }
        }
        g->known.items = grown;
        g->known.cap = cap;
    }
    uint32_t k = (uint32_t)mr_hash_fnv(bytes, n) & (g->known.cap - 1);
    for (; g->known.items[k].n > 0; k = (k + 1) & (g->known.cap - 1)) {
        if (g->known.items[k].n == n && memcmp(g->constants.items + g->known.items[k].at, bytes, n) == 0) {
            return PC_CONST + (int32_t)g->known.items[k].at;
        }
    }
    while (g->constants.n % (n >= 8 ? 8 : (n >= 4 ? 4 : n)) != 0) {
        *PC_PUSH(g->c->pool, &g->constants) = 0;
    }
    uint32_t at = g->constants.n;
    for (uint32_t i = 0; i < n; i++) {
        *PC_PUSH(g->c->pool, &g->constants) = ((const uint8_t *)bytes)[i];
    }
    g->known.items[k] = (struct pc_range){at, n};
    g->known.n++;
    return PC_CONST + (int32_t)at;
}

int32_t mr_pc_const_int(struct pc_gen *g, int64_t v, uint32_t size)
{
    uint8_t bytes[8];
    for (uint32_t i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)((uint64_t)v >> (8 * i));
    }
    return mr_pc_const_bytes(g, bytes, size);
}

void mr_pc_wait(struct pc_gen *g, struct pc_patch **list, uint32_t at)
{
    struct pc_patch *p = mr_pc_alloc(g->c->pool, sizeof *p);
    p->at = at;
    p->next = *list;
    *list = p;
}

void mr_pc_land(struct pc_gen *g, struct pc_patch **list)
{
    for (struct pc_patch *p = *list; p; p = p->next) {
        struct pc_insn *i = &g->code.items[p->at];
        int32_t by = (int32_t)(g->code.n - p->at);
        const char *form = mr_pc_ops[i->op].form;
        *(form[0] == 'j' ? &i->a : (form[1] == 'j' ? &i->b : &i->c)) = by;
    }
    *list = NULL;
}

enum pc_op mr_pc_width_op(enum pc_op op_1, uint32_t size)
{
    const unsigned per_width = OP_MOV_2 - OP_MOV_1;
    return (enum pc_op)(op_1 + per_width * (size == 1 ? 0 : (size == 2 ? 1 : (size == 4 ? 2 : 3))));
}

enum pc_op mr_pc_num_op(enum pc_op op_s8, enum pc_machine m)
{
    bool integer = op_s8 >= OP_DIV_S8 && op_s8 <= OP_RANGE_S8;
    unsigned each = integer ? OP_DIV_S16 - OP_DIV_S8 : OP_LT_S16 - OP_LT_S8;
    return (enum pc_op)(op_s8 + each * (unsigned)m);
}

/* R_EDGE and F_EDGE inputs (table 33): what the body sees is the edge. */
static void gen_edges(struct pc_gen *g, struct pc_pou *pou)
{
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        struct pc_var *v = pou->vars.items[i];
        if (!v->shadow) {
            continue;
        }
        int32_t in = PC_REL + (int32_t)v->offset;
        int32_t was = PC_REL + (int32_t)v->shadow->offset;
        int32_t t = mr_pc_temp(g, 1);
        mr_pc_emit(g, OP_ANDN, t, v->edge == 1 ? in : was, v->edge == 1 ? was : in);
        mr_pc_emit(g, OP_MOV_1, was, in, 0);
        mr_pc_emit(g, OP_MOV_1, in, t, 0);
    }
    mr_pc_temps_free(g);
}

void mr_pc_gen_pou(struct pc_gen *g, struct pc_pou *pou)
{
    g->pou = pou;
    g->labels = NULL;
    g->code.n = g->lines.n = g->temps.n = g->constants.n = g->local_size = 0;
    g->known.n = 0;
    if (g->known.cap > 0) {
        memset(g->known.items, 0, g->known.cap * sizeof *g->known.items);
    }
    g->line = pou->pos.line;
    if (pou->frame_size > 0) {
        uint32_t size = pou->frame_size;
        int32_t init = mr_pc_const_bytes(g, pou->frame_init, size);
        bool word = size == 1 || size == 2 || size == 4 || size == 8;
        mr_pc_emit(g, word ? mr_pc_width_op(OP_MOV_1, size) : OP_COPY, (int32_t)pou->frame_at, init, word ? 0 : (int32_t)size);
    }
    gen_edges(g, pou);
    mr_pc_statements(g, pou->body);
    for (struct pc_label_at *l = g->labels; l; l = l->next) {
        if (!l->placed) {
            PC_ERROR(g->c, l->pos, "there is no label '%s'", l->name->name);
        }
    }
    mr_pc_emit(g, OP_RET, 0, 0, 0);
    for (uint32_t i = 0; pou->group != 0 && i < g->code.n; i++) { /* now it is known how many temporaries there are to save */
        struct pc_insn *in = &g->code.items[i];
        if ((in->op == OP_SAVE || in->op == OP_RESTORE) && in->a == PC_LOCAL) {
            in->c = (int32_t)g->local_size;
        }
    }
}

void mr_pc_generate(struct pc *c)
{
    for (uint32_t i = 0; i < c->pou_list.n; i++) { /* the list grows while library units are taken */
        c->pou_list.items[i]->block = i;
        mr_pc_check_body(c, c->pou_list.items[i]);
    }
    if (c->report.diags->errors == c->errors_before) {
        mr_pc_find_recursion(c);
    }
    if (c->report.diags->errors > c->errors_before) {
        return;
    }
    struct pc_gen g = {.c = c};
    mr_pc_make_program(&g);
}
