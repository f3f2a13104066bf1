/* make.c - the end of a compilation: configuration and units as blocks, and the program linked from them. */
#include "base/arena.h"
#include "base/rng.h"
#include "plc/gen.h"
#include "plc/symbols.h"

#include <stdio.h>
#include <string.h>

/* ---- what a unit is called, and what others know of it ---- */

struct numbers {
    uint16_t next[MR_PLC_CLASSES];
    bool main; /* OB1 was given away */
    uint16_t cyclic, event;
};

static void number(struct numbers *n, const struct pc_pou *pou, struct pc_entry *e)
{
    switch (pou->kind) {
    case PC_TASK:
        e->cls = MR_PLC_OB;
        if (pou->task->single && !pou->task->interval) {
            e->number = n->event++;
        } else if (n->main) {
            e->number = n->cyclic++;
        } else {
            e->number = 1;
            n->main = true;
        }
        break;
    case PC_PROGRAM:
    case PC_FB:
        e->cls = MR_PLC_FB;
        e->number = ++n->next[MR_PLC_FB];
        break;
    case PC_FUNCTION:
    case PC_METHOD:
        e->cls = MR_PLC_FC;
        e->number = ++n->next[MR_PLC_FC];
        break;
    }
}

static uint64_t interface_of(const struct pc_pou *pou)
{
    char text[MR_PLC_NAME_MAX * 3];
    uint64_t hash = mr_hash_fnv(&pou->frame_at, sizeof pou->frame_at) ^ pou->frame_size;
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        const struct pc_var *v = pou->vars.items[i];
        int n = snprintf(text, sizeof text, "%llx %s %d %s %u", (unsigned long long)hash, v->name->name, (int)v->cls,
                         v->type ? v->type->name : "", v->cls == VC_EXTERNAL ? 0 : v->offset);
        hash = mr_hash_fnv(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
    }
    return hash;
}

static void entry(struct pc *c, const struct pc_pou *pou, struct numbers *n, struct pc_entry *e)
{
    const struct pc_pou *self = pou->owner ? pou->owner : pou;
    e->kind = (uint8_t)pou->kind;
    number(n, pou, e);
    e->name = pou->owner ? mr_pc_fmt(c->out->pool, "%s.%s", pou->owner->spelled, pou->spelled)
                         : mr_pc_text(c->out->pool, pou->spelled, strlen(pou->spelled));
    e->instance_size = self->type ? self->type->size : 0;
    e->interface = interface_of(pou);
}

static void make_layout(struct pc *c, struct pc_layout *l)
{
    memcpy(l->area_at, c->area_at, sizeof l->area_at);
    memcpy(l->area_size, c->area_size, sizeof l->area_size);
    l->data_end = (c->memory + 15) & ~15u;
    l->init = mr_pc_alloc(c->out->pool, l->data_end);
    memcpy(l->init, c->init, c->memory);
    l->nentries = c->pou_list.n;
    l->entries = mr_pc_alloc(c->out->pool, (l->nentries + 1) * sizeof *l->entries);
    struct numbers n = {.cyclic = 30, .event = 40};
    for (uint32_t i = 0; i < l->nentries; i++) {
        entry(c, c->pou_list.items[i], &n, &l->entries[i]);
    }
    mr_pc_tasks(c, l);
    mr_pc_symbols(c, l);
}

/* ---- blocks ---- */

static struct mr_slice written(struct pc *c, const struct pc_unit *u)
{
    size_t max = mr_pc_unit_max(u);
    struct mr_writer w = mr_writer(mr_pc_alloc(c->out->pool, max), max);
    mr_pc_unit_write(u, &w);
    MR_ASSERT(!w.full);
    return mr_written(&w);
}

/* What the sources hold besides units: types, global variables, configurations. */
static struct mr_slice other_source(struct pc *c)
{
    size_t max = 1;
    for (uint32_t i = 0; i < c->report.nsources; i++) {
        max += c->report.sources[i].n + 1;
    }
    struct mr_writer w = mr_writer(mr_pc_alloc(c->pool, max), max);
    for (uint32_t i = 0; i < c->report.nsources; i++) {
        const struct pc_source *s = &c->report.sources[i];
        const char *at = s->text;
        for (const struct pc_pou *p = c->pous; p && s->file[0] != '<'; p = p->next) {
            if (p->pos.file == i && p->source.n > 0) {
                mr_write_bytes(&w, mr_slice(at, (size_t)((const char *)p->source.p - at)));
                at = (const char *)p->source.p + p->source.n;
            }
        }
        if (s->file[0] != '<') {
            mr_write_bytes(&w, mr_slice(at, (size_t)(s->text + s->n - at)));
        }
    }
    return mr_written(&w);
}

static struct mr_slice configuration(struct pc *c, struct pc_layout *l)
{
    size_t max = mr_pc_layout_max(l);
    struct mr_writer w = mr_writer(mr_pc_alloc(c->pool, max), max);
    mr_pc_layout_write(l, &w);
    MR_ASSERT(!w.full);
    mr_digest(mr_written(&w), l->hash);
    const struct pc_unit u = {.kind = PC_CONFIGURATION,
                              .cls = MR_PLC_SDB,
                              .name = "CONFIGURATION",
                              .layout = l->hash,
                              .body = mr_written(&w),
                              .source = other_source(c),
                              .author = "",
                              .family = ""};
    return written(c, &u);
}

static struct mr_slice unit(struct pc_gen *g, const struct pc_layout *l, uint32_t i)
{
    struct pc *c = g->c;
    const struct pc_pou *pou = c->pou_list.items[i];
    size_t ninsns = (size_t)g->code.n * 16;
    size_t nlines = (size_t)g->lines.n * 5;
    struct mr_writer insns = mr_writer(mr_pc_alloc(c->pool, ninsns), ninsns);
    struct mr_writer lines = mr_writer(mr_pc_alloc(c->pool, nlines), nlines);
    mr_pc_insns_write(g->code.items, g->code.n, &insns);
    mr_pc_lines_write(g->lines.items, g->lines.n, &lines);
    const struct pc_unit u = {.kind = l->entries[i].kind,
                              .cls = l->entries[i].cls,
                              .number = l->entries[i].number,
                              .name = l->entries[i].name,
                              .layout = l->hash,
                              .local_size = g->local_size,
                              .ninsns = g->code.n,
                              .insns = mr_written(&insns),
                              .lines = mr_written(&lines),
                              .constants = mr_slice(g->constants.items, g->constants.n),
                              .source = pou->library ? mr_slice(NULL, 0) : pou->source,
                              .author = "",
                              .family = ""};
    return written(c, &u);
}

static void link_program(struct pc *c, const struct pc_layout *l, const struct mr_slice *made)
{
    struct pc_unit *units = mr_pc_alloc(c->pool, (l->nentries + 1) * sizeof *units);
    const struct pc_unit **list = mr_pc_alloc(c->pool, (l->nentries + 1) * sizeof *list);
    for (uint32_t i = 0; i < l->nentries; i++) {
        MR_ASSERT(mr_pc_unit_read(made[1 + i], &units[i], NULL, 0) == MR_OK);
        list[i] = &units[i];
    }
    char why[200];
    size_t n = mr_pc_link_room(l, list);
    struct pc_room room = {mr_pc_alloc(c->out->pool, n), n, 0};
    struct pc_pool *pool = c->out->pool;
    enum mr_err err = mr_pc_link(l, list, &room, c->out, why, sizeof why);
    c->out->pool = pool;
    c->out->made = made;
    if (err == MR_E_FULL) {
        mr_diag_add(c->report.diags, MR_ERROR, c->report.sources[0].file, 0, 0, "the project is too large for a controller");
    } else if (err != MR_OK) {
        mr_diag_add(c->report.diags, MR_ERROR, c->report.sources[0].file, 0, 0,
                    "the compiler made code that its verifier refuses: %s", why);
        (void)MR_NEVER(true);
    }
}

void mr_pc_make_program(struct pc_gen *g)
{
    struct pc *c = g->c;
    if (c->memory > MR_PLC_MEMORY_MAX) {
        mr_diag_add(c->report.diags, MR_ERROR, c->report.sources[0].file, 0, 0, "the project is too large for a controller");
        return;
    }
    struct pc_layout l = {0};
    make_layout(c, &l);
    struct mr_slice *made = mr_pc_alloc(c->out->pool, (l.nentries + 1) * sizeof *made);
    made[0] = configuration(c, &l);
    for (uint32_t i = 0; i < l.nentries; i++) {
        mr_pc_gen_pou(g, c->pou_list.items[i]);
        if (g->code.n > MR_PLC_CODE_MAX) {
            PC_ERROR(c, c->pou_list.items[i]->pos, "'%s' is too large for a controller", c->pou_list.items[i]->spelled);
            return;
        }
        made[1 + i] = unit(g, &l, i);
    }
    if (c->report.diags->errors == c->errors_before) {
        link_program(c, &l, made);
    }
}

size_t mr_plc_program_blocks(const struct mr_plc_program *p)
{
    return p->nblocks + 1;
}

struct mr_slice mr_plc_program_block(const struct mr_plc_program *p, size_t i)
{
    return p->made[i];
}
