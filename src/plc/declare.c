/* declare.c - from declarations to types, and from types to places in the data memory. */
#include "plc/compile.h"

#include <string.h>

/* ---- maps ---- */

static struct pc_map_entry *slot(const struct pc_map *m, const struct pc_atom *key)
{
    uint32_t i = (uint32_t)key->hash & (m->cap - 1);
    while (m->slots[i].key && m->slots[i].key != key) {
        i = (i + 1) & (m->cap - 1);
    }
    return &m->slots[i];
}

void *mr_pc_map_get(const struct pc_map *m, const struct pc_atom *key)
{
    return m->cap > 0 && key ? slot(m, key)->value : NULL;
}

void *mr_pc_map_put(struct pc_pool *pool, struct pc_map *m, const struct pc_atom *key, void *value)
{
    if (2 * m->n >= m->cap) {
        struct pc_map grown = {mr_pc_alloc(pool, (m->cap ? m->cap * 2 : 16) * sizeof(struct pc_map_entry)), m->n,
                               m->cap ? m->cap * 2 : 16};
        for (uint32_t i = 0; i < m->cap; i++) {
            if (m->slots[i].key) {
                *slot(&grown, m->slots[i].key) = m->slots[i];
            }
        }
        *m = grown;
    }
    struct pc_map_entry *e = slot(m, key);
    if (e->key) {
        return e->value;
    }
    *e = (struct pc_map_entry){key, value};
    m->n++;
    return NULL;
}

struct pc_atom *mr_pc_name(struct pc *c, const char *text)
{
    return mr_pc_atom(&c->atoms, text, strlen(text));
}

static void place_pou(struct pc *c, struct pc_pou *pou);

/* ---- units ---- */

/* What only says that a standard function or block exists, as others' compilers are told: the standard's own is taken. */
static bool repeats_standard(struct pc *c, const struct pc_pou *pou)
{
    bool empty = !pou->library && !pou->body && pou->methods.n == 0 && !pou->extends_name && !pou->interface;
    if (!empty || !(pou->kind == PC_FUNCTION ? mr_pc_std_find(pou->name) != NULL
                                             : pou->kind == PC_FB && mr_pc_library(pou->name) != NULL)) {
        return false;
    }
    mr_pc_warn(&c->report, pou->pos, "'%s' has no body here; the standard's is taken", pou->spelled);
    return true;
}

static void register_pou(struct pc *c, struct pc_pou *pou)
{
    if (repeats_standard(c, pou)) {
        return;
    }
    struct pc_pou *was = mr_pc_map_put(c->pool, &c->units, pou->name, pou);
    if (was) {
        PC_ERROR(c, pou->pos, "'%s' was declared already, in %s line %u", pou->spelled, c->report.sources[was->pos.file].file,
                 was->pos.line);
        return;
    }
    if (pou->kind == PC_FB || pou->kind == PC_PROGRAM) {
        pou->type = mr_pc_alloc(c->pool, sizeof *pou->type);
        pou->type->kind = pou->interface ? TY_IFACE : TY_FB;
        pou->type->name = pou->spelled;
        pou->type->pou = pou;
    }
    if (!pou->interface) {
        *PC_PUSH(c->pool, &c->pou_list) = pou;
    }
}

void mr_pc_parse_library(struct pc *c, const char *text)
{
    uint32_t file = c->report.nsources++;
    c->report.sources[file] = (struct pc_source){.file = "<library>", .text = text, .n = strlen(text)};
    mr_pc_lex(c->pool, &c->atoms, &c->report, file);
    mr_pc_parse(c, file);
}

struct pc_pou *mr_pc_unit(struct pc *c, const struct pc_atom *name)
{
    struct pc_pou *pou = mr_pc_map_get(&c->units, name);
    if (pou) {
        return pou;
    }
    const char *text = mr_pc_library(name);
    if (!text) {
        return NULL;
    }
    struct pc_pou **tail = c->pous_tail;
    mr_pc_parse_library(c, text);
    MR_ASSERT(*tail != NULL);
    register_pou(c, *tail);
    mr_pc_declare_pou(c, *tail);
    mr_pc_other_names(c, *tail);
    if (c->placed) {
        place_pou(c, *tail);
    }
    return mr_pc_map_get(&c->units, name);
}

/* ---- layout ---- */

static uint32_t align_up(uint32_t n, uint32_t align)
{
    return (n + align - 1) & ~(align - 1);
}

static bool layout_fits(struct pc *c, uint64_t size, struct pc_pos pos)
{
    if (size > MR_PLC_MEMORY_MAX) {
        PC_ERROR(c, pos, "this needs %llu bytes; a controller has %u", (unsigned long long)size, MR_PLC_MEMORY_MAX);
        return false;
    }
    return true;
}

static void layout_array(struct pc *c, struct pc_type *t, struct pc_pos pos)
{
    mr_pc_layout_type(c, t->base, pos);
    if (t->base->state != 2) { /* it contains itself: told */
        t->base = c->elementary[TY_ERROR];
    }
    uint64_t n = (uint64_t)(t->hi - t->lo + 1);
    uint64_t size = n * t->base->size;
    t->align = t->base->align ? t->base->align : 1;
    if (!layout_fits(c, size, pos)) {
        return;
    }
    t->size = (uint32_t)size;
    if (t->base->init) {
        t->init = mr_pc_alloc(c->pool, t->size ? t->size : 1);
        for (uint64_t i = 0; i < n; i++) {
            memcpy(t->init + i * t->base->size, t->base->init, t->base->size);
        }
    }
}

static void place_field(struct pc *c, struct pc_var *v, uint32_t *size, uint32_t *align)
{
    bool inout = v->cls == VC_INOUT;
    if (!inout) {
        mr_pc_layout_type(c, v->type, v->pos);
        if (v->type->state != 2 && v->type->kind != TY_IFACE) { /* it contains itself: told */
            v->type = c->elementary[TY_ERROR];
        }
    }
    uint32_t a = inout ? 4 : (v->type->align ? v->type->align : 1);
    uint32_t n = inout ? 4 : v->type->size;
    *align = a > *align ? a : *align;
    v->offset = align_up(*size, a);
    v->laid_out = true;
    if (layout_fits(c, (uint64_t)v->offset + n, v->pos)) {
        *size = v->offset + n;
    }
}

static void init_fields(struct pc *c, struct pc_pou *pou, struct pc_type *t, struct pc_var **vars, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct pc_var *v = vars[i];
        if (!v->laid_out || v->cls == VC_INOUT || !v->relative || v->type->kind == TY_ERROR || (!v->init && !v->type->init)) {
            continue;
        }
        if (!t->init) {
            t->init = mr_pc_alloc(c->pool, t->size);
        }
        mr_pc_initial(c, pou, v->type, v->init, t->init + v->offset);
    }
}

void mr_pc_layout_type(struct pc *c, struct pc_type *t, struct pc_pos pos)
{
    if (t->state == 2 || t->kind == TY_IFACE) {
        t->size = t->kind == TY_IFACE ? 4 : t->size;
        t->align = t->kind == TY_IFACE ? 4 : t->align;
        t->state = 2;
        return;
    }
    if (t->state == 1) {
        PC_ERROR(c, pos, "'%s' contains itself", t->name);
        return;
    }
    t->state = 1;
    t->align = 1;
    if (mr_pc_too_deep(c, pos)) {
        return;
    }
    c->depth++;
    if (t->kind == TY_ARRAY) {
        layout_array(c, t, pos);
    } else if (t->kind == TY_STRUCT) {
        for (uint32_t i = 0; i < t->fields.n; i++) {
            uint32_t from = 0;
            place_field(c, t->fields.items[i], t->overlaid ? &from : &t->size, &t->align);
            t->size = from > t->size ? from : t->size;
        }
        t->size = align_up(t->size, t->align);
        init_fields(c, NULL, t, t->fields.items, t->fields.n);
    } else if (t->kind == TY_FB) {
        mr_pc_layout_pou(c, t->pou);
    }
    c->depth--;
    t->state = 2;
    if (t->init_e) {
        uint8_t *init = mr_pc_alloc(c->pool, t->size);
        mr_pc_initial(c, NULL, t, t->init_e, init);
        t->init = init;
    }
}

uint32_t mr_pc_reserve(struct pc *c, uint32_t size, uint32_t align)
{
    uint64_t at = align_up(c->memory, align ? align : 1);
    if (at + size > MR_PLC_MEMORY_MAX) {
        struct pc_pos nowhere = {0};
        if (c->memory <= MR_PLC_MEMORY_MAX) {
            PC_ERROR(c, nowhere, "the project needs more than the %u bytes of a controller", MR_PLC_MEMORY_MAX);
        }
        c->memory = MR_PLC_MEMORY_MAX + 1;
        return 0;
    }
    c->memory = (uint32_t)at + size;
    if (c->memory > c->init_cap) {
        uint32_t cap = c->memory * 2;
        uint8_t *grown = mr_pc_alloc(c->pool, cap);
        if (c->init_cap > 0) {
            memcpy(grown, c->init, c->init_cap);
        }
        c->init = grown;
        c->init_cap = cap;
    }
    return (uint32_t)at;
}

static bool in_instance(const struct pc_var *v)
{
    return (v->cls == VC_VAR && !v->fixed) || v->cls == VC_INPUT || v->cls == VC_OUTPUT || v->cls == VC_INOUT ||
           v->cls == VC_RESULT;
}

static bool is_known_constant(const struct pc_var *v)
{
    return v->constant && v->type && (mr_pc_is_elementary(v->type) || v->type->kind == TY_ENUM) && !v->located &&
           v->cls != VC_INPUT && v->cls != VC_INOUT;
}

/* An input with R_EDGE or F_EDGE needs its value of the last call. */
static void add_edge_shadow(struct pc *c, struct pc_var *v, uint32_t *size, uint32_t *align)
{
    v->shadow = mr_pc_alloc(c->pool, sizeof *v->shadow);
    *v->shadow =
        (struct pc_var){.name = v->name, .spelled = v->spelled, .cls = VC_VAR, .type = v->type, .relative = true, .state = 2};
    place_field(c, v->shadow, size, align);
}

static void layout_instance(struct pc *c, struct pc_pou *pou)
{
    struct pc_type *t = pou->type;
    uint32_t size = 0;
    uint32_t align = 1;
    if (pou->base) {
        mr_pc_layout_type(c, pou->base->type, pou->pos);
        size = pou->base->type->size;
        align = pou->base->type->align;
    } else if (pou->class_var) {
        place_field(c, pou->class_var, &size, &align);
    }
    if (pou->started) {
        place_field(c, pou->started, &size, &align);
    }
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        struct pc_var *v = pou->vars.items[i];
        if (!in_instance(v) || v->located || is_known_constant(v)) {
            continue;
        }
        v->relative = true;
        place_field(c, v, &size, &align);
        if (v->edge) {
            add_edge_shadow(c, v, &size, &align);
        }
    }
    t->align = align;
    t->size = align_up(size, align);
    if (pou->base && pou->base->type->init) {
        t->init = mr_pc_alloc(c->pool, t->size);
        memcpy(t->init, pou->base->type->init, pou->base->type->size);
    }
    init_fields(c, pou, t, pou->vars.items, pou->vars.n);
    if (pou->class_var) {
        t->init = t->init ? t->init : mr_pc_alloc(c->pool, t->size);
        memcpy(t->init + pou->class_var->offset, &pou->class_id, sizeof pou->class_id);
    }
}

void mr_pc_layout_pou(struct pc *c, struct pc_pou *pou)
{
    if (pou->type && pou->state == 0) {
        pou->state = 1;
        layout_instance(c, pou);
        pou->state = 2;
    }
}

/* Variables that live for one call: at a place of their own, for a call inside a call of the same saves them. */
static void layout_frame(struct pc *c, struct pc_pou *pou)
{
    bool callee = pou->kind == PC_FUNCTION || pou->kind == PC_METHOD;
    uint32_t size = 0;
    uint32_t align = 8;
    uint32_t locals = 0;
    for (int pass = 0; pass < 2; pass++) {
        locals = align_up(size, 8);
        size = pass == 1 ? locals : size;
        for (uint32_t i = 0; i < pou->vars.n; i++) {
            struct pc_var *v = pou->vars.items[i];
            bool param = v->cls == VC_INPUT || v->cls == VC_INOUT;
            bool local = v->cls == VC_TEMP || (callee && !v->fixed && !v->of_owner &&
                                               (v->cls == VC_VAR || v->cls == VC_OUTPUT || v->cls == VC_RESULT));
            if ((pass == 0 ? callee && param : local) && !v->inferred && !v->located && !is_known_constant(v)) {
                place_field(c, v, &size, &align);
            }
        }
    }
    uint32_t at = mr_pc_reserve(c, size, 8);
    pou->frame_at = at + locals;
    pou->frame_size = size - locals;
    pou->params_size = locals;
    pou->frame_init = mr_pc_alloc(c->pool, size + 1);
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        struct pc_var *v = pou->vars.items[i];
        if (v->laid_out && !v->relative && !v->located && !v->inferred && !v->fixed) {
            if (v->cls != VC_INOUT && v->type->kind != TY_ERROR) {
                mr_pc_initial(c, pou, v->type, v->init, pou->frame_init + v->offset);
            }
            v->offset += at;
        }
    }
    if (size > 0 && at > 0) {
        memcpy(c->init + at, pou->frame_init, size);
    }
    pou->frame_init += locals;
}

static void place_omitted(struct pc *c, struct pc_pou *pou, struct pc_var *v)
{
    v->omitted = mr_pc_alloc(c->pool, sizeof *v);
    *v->omitted = (struct pc_var){
        .spelled = v->spelled, .pos = v->pos, .cls = VC_GLOBAL, .type = v->type, .constant = true, .laid_out = true};
    v->omitted->offset = mr_pc_reserve(c, v->type->size, v->type->align);
    if (v->omitted->offset > 0) {
        mr_pc_initial(c, pou, v->type, v->init, c->init + v->omitted->offset);
    }
}

/* VAR_STAT: at places of their own, like global variables; and what calls of a function may leave out. */
static void place_fixed(struct pc *c, struct pc_pou *pou)
{
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        struct pc_var *v = pou->vars.items[i];
        bool frame = pou->kind == PC_FUNCTION || pou->kind == PC_METHOD;
        if (v->cls == VC_INPUT && frame && !v->bounds_of && v->type->kind != TY_ERROR) {
            place_omitted(c, pou, v);
        }
        if (!v->fixed || v->located || is_known_constant(v) || v->type->kind == TY_ERROR) {
            continue;
        }
        mr_pc_layout_type(c, v->type, v->pos);
        v->offset = mr_pc_reserve(c, v->type->size, v->type->align);
        v->laid_out = true;
        if (v->offset > 0) {
            mr_pc_initial(c, pou, v->type, v->init, c->init + v->offset);
        }
    }
}

static void place_pou(struct pc *c, struct pc_pou *pou)
{
    if (pou->type) {
        mr_pc_layout_type(c, pou->type, pou->pos);
    }
    layout_frame(c, pou);
    place_fixed(c, pou);
}

/* ---- units' variables ---- */

static void bind_external(struct pc *c, struct pc_var *v)
{
    v->target = mr_pc_map_get(&c->names, v->name);
    if (!v->target || v->target->cls != VC_GLOBAL) {
        PC_ERROR(c, v->pos, "no VAR_GLOBAL declares '%s'", v->spelled);
        v->target = NULL;
        v->type = c->elementary[TY_ERROR];
    } else if (v->type->kind != TY_ERROR && v->target->type && v->target->type->kind != TY_ERROR &&
               !mr_pc_same_type(v->type, v->target->type)) {
        PC_ERROR(c, v->pos, "'%s' is %s here but %s in VAR_GLOBAL", v->spelled, v->type->name, v->target->type->name);
    }
}

static void declare_var(struct pc *c, struct pc_pou *pou, struct pc_var *v)
{
    if (!v->type && !v->inferred) {
        v->type = mr_pc_resolve(c, v->desc);
    }
    if (mr_pc_map_get(&pou->names, v->name) != v) {
        return; /* the second of its name, which was told */
    }
    v->open = v->located && v->place.type == MR_VT_OTHER && (pou->kind == PC_FB || pou->kind == PC_PROGRAM) && in_instance(v);
    v->located = v->located && !v->open;
    if (v->located) {
        *PC_PUSH(c->pool, &c->located) = v;
    }
    if (v->edge && v->type && v->type->kind != TY_BOOL && v->type->kind != TY_ERROR) {
        PC_ERROR(c, v->pos, "only a BOOL has edges");
        v->edge = 0;
    }
}

/* All names first: bounds and lengths may need constants that are declared further down. */
static void declare_vars(struct pc *c, struct pc_pou *pou)
{
    struct pc_pou *scope = c->scope;
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        struct pc_var *v = pou->vars.items[i];
        struct pc_var *was = mr_pc_map_put(c->pool, &pou->names, v->name, v);
        if (was) {
            PC_ERROR(c, v->pos, "'%s' was declared already, in line %u", v->spelled, was->pos.line);
        }
    }
    c->scope = pou;
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        declare_var(c, pou, pou->vars.items[i]);
    }
    mr_pc_check_generics(c, pou);
    mr_pc_open_arrays(c, pou);
    c->scope = scope;
}

void mr_pc_declare_pou(struct pc *c, struct pc_pou *pou)
{
    if (pou->extends_name) {
        pou->base = mr_pc_unit(c, pou->extends_name);
        if (!pou->base || !pou->base->type || pou->base == pou) {
            PC_ERROR(c, pou->extends_pos, "there is no function block '%s' to extend", pou->extends_name->name);
            pou->base = NULL;
        }
        uint32_t depth = 0;
        for (struct pc_pou *b = pou->base; b; b = b->base) {
            if (b == pou || ++depth > MR_PLC_NEST_MAX) {
                PC_ERROR(c, pou->extends_pos, "'%s' extends itself", pou->spelled);
                pou->base = NULL;
                break;
            }
        }
    }
    if (pou->kind == PC_FUNCTION || pou->kind == PC_METHOD) {
        struct pc_var *r = mr_pc_alloc(c->pool, sizeof *r);
        *r = (struct pc_var){.name = pou->value_name ? pou->value_name : pou->name,
                             .spelled = pou->spelled,
                             .pos = pou->pos,
                             .cls = VC_RESULT,
                             .desc = pou->result_desc};
        if (pou->result_desc) {
            pou->result = r;
            *PC_PUSH(c->pool, &pou->vars) = r;
        } else if (pou->kind == PC_FUNCTION) {
            r->type = c->elementary[TY_VOID];
        }
    }
    declare_vars(c, pou);
    mr_pc_startup(c, pou);
    for (uint32_t i = 0; i < pou->methods.n; i++) {
        struct pc_pou *m = pou->methods.items[i];
        for (uint32_t k = 0; k < m->vars.n; k++) {
            if (m->vars.items[k]->of_owner) {
                *PC_PUSH(c->pool, &pou->vars) = m->vars.items[k];
            }
        }
        m->type = pou->type;
        if (!pou->interface) {
            *PC_PUSH(c->pool, &c->pou_list) = m;
        }
        mr_pc_declare_pou(c, m);
        m->type = NULL;
    }
}

/* ---- the image and the globals ---- */

static void size_areas(struct pc *c)
{
    c->area_size[MR_AREA_I] = c->area_size[MR_AREA_Q] = MR_PLC_AREA_MIN;
    c->area_size[MR_AREA_M] = MR_PLC_AREA_M_MIN;
    for (uint32_t f = 0; f < c->report.nsources; f++) {
        const struct pc_source *s = &c->report.sources[f];
        for (uint32_t i = 0; i < s->ntokens; i++) {
            const struct mr_place *place = &s->tokens[i].v.place;
            if (s->tokens[i].kind == TK_ADDRESS && place->type != MR_VT_OTHER && place->byte + 8 > c->area_size[place->area]) {
                c->area_size[place->area] = place->byte + 8;
            }
        }
    }
    uint32_t next[MR_AREAS];
    memcpy(next, c->area_size, sizeof next);
    for (uint32_t i = 0; i < c->located.n; i++) {
        struct pc_var *v = c->located.items[i];
        mr_pc_layout_type(c, v->type, v->pos);
        if (v->place.type == MR_VT_OTHER) { /* AT %I*: behind all that is placed */
            v->place.byte = align_up(next[v->place.area], 8);
            v->place.type = v->type->kind == TY_BOOL ? MR_VT_BOOL : MR_VT_BYTE;
        }
        uint32_t end = v->place.byte + (v->type->size < 8 ? 8 : v->type->size);
        if (end > MR_PLC_AREA_MAX) {
            PC_ERROR(c, v->pos, "'%s' ends beyond the area's last byte, %u", v->spelled, MR_PLC_AREA_MAX - 1);
            end = 0;
        }
        next[v->place.area] = end > next[v->place.area] ? end : next[v->place.area];
        c->area_size[v->place.area] = end > c->area_size[v->place.area] ? end : c->area_size[v->place.area];
    }
    c->memory = 16;
    for (int a = 0; a < MR_AREAS; a++) {
        c->area_size[a] = align_up(c->area_size[a], 256);
        c->area_at[a] = mr_pc_reserve(c, c->area_size[a], 16);
    }
}

static void place_located(struct pc *c, struct pc_pou *pou, struct pc_var *v)
{
    v->offset = c->area_at[v->place.area] + v->place.byte;
    v->laid_out = true;
    if (v->type->kind == TY_ERROR) {
        return;
    }
    bool bit = v->place.type == MR_VT_BOOL;
    if (bit != (v->type->kind == TY_BOOL) && !(v->type->kind == TY_ARRAY && mr_pc_plain(v->type->base)->kind == TY_BOOL)) {
        PC_ERROR(c, v->pos,
                 "%s does not fit its address: a BOOL lies at a bit such as %%QX0.3, anything else at %%QB, %%QW, %%QD or %%QL",
                 v->type->name);
        return;
    }
    if (v->type->size > 0 && v->place.type != MR_VT_BOOL && mr_pc_is_elementary(v->type) && v->place.type != MR_VT_BYTE &&
        mr_vtype_size(v->place.type) != v->type->size) {
        mr_pc_warn(&c->report, v->pos, "%s has %u bytes, its address says %zu", v->type->name, v->type->size,
                   mr_vtype_size(v->place.type));
    }
    if (bit && v->type->kind == TY_BOOL) {
        struct pc_expr *e = v->init ? mr_pc_constant(c, pou, v->init, v->type) : NULL;
        if (e && e->v.i) {
            c->init[v->offset] = (uint8_t)(c->init[v->offset] | 1u << v->place.bit);
        }
    } else if (v->init || v->type->init) {
        mr_pc_initial(c, pou, v->type, v->init, c->init + v->offset);
    }
}

static void place_global(struct pc *c, struct pc_var *v)
{
    if (v->located || is_known_constant(v) || v->type->kind == TY_ERROR) {
        return;
    }
    mr_pc_layout_type(c, v->type, v->pos);
    v->offset = mr_pc_reserve(c, v->type->size, v->type->align);
    v->laid_out = true;
    if (v->offset > 0) {
        mr_pc_initial(c, NULL, v->type, v->init, c->init + v->offset);
    }
}

static void declare_names(struct pc *c)
{
    for (struct pc_typedecl *td = c->typedecls; td; td = td->next) {
        struct pc_typedecl *first = mr_pc_find_decl(c, td->name);
        if (first != td || mr_pc_map_get(&c->types, td->name)) {
            PC_ERROR(c, first->pos, "there is a type '%s' already", first->spelled);
        }
    }
    for (struct pc_pou *p = c->pous; p; p = p->next) {
        register_pou(c, p);
    }
    for (uint32_t i = 0; i < c->globals.n; i++) {
        struct pc_var *v = c->globals.items[i];
        struct pc_var *was = mr_pc_map_put(c->pool, &c->names, v->name, v);
        if (was) {
            PC_ERROR(c, v->pos, "'%s' was declared already, in line %u", v->spelled, was->pos.line);
        }
    }
    for (struct pc_typedecl *td = c->typedecls; td; td = td->next) {
        (void)mr_pc_resolve_decl(c, td);
        if (!mr_pc_map_get(&c->types, td->name)) {
            (void)mr_pc_map_put(c->pool, &c->types, td->name, td->type);
        }
    }
    for (uint32_t i = 0; i < c->globals.n; i++) {
        struct pc_var *v = c->globals.items[i];
        v->type = mr_pc_resolve(c, v->desc);
        if (v->located) {
            *PC_PUSH(c->pool, &c->located) = v;
        }
    }
}

/* What only in-outs, pointers and references lead to has a size as well: elements are reached by it. */
static void layout_unnamed(struct pc *c)
{
    for (uint32_t i = 0; i < c->unnamed.n; i++) {
        struct pc_type *t = c->unnamed.items[i]->type;
        while (t->kind == TY_ARRAY && t->variable_length) {
            t = t->base;
        }
        mr_pc_layout_type(c, t, c->unnamed.items[i]->pos);
    }
}

void mr_pc_declare(struct pc *c)
{
    declare_names(c);
    for (struct pc_pou *p = c->pous; p; p = p->next) { /* grows at its end while library blocks are taken */
        if (!p->library) {
            mr_pc_declare_pou(c, p);
        }
    }
    mr_pc_classes(c);
    for (struct pc_typedecl *td = c->typedecls; td; td = td->next) {
        mr_pc_layout_type(c, td->type, td->pos);
    }
    for (uint32_t i = 0; i < c->pou_list.n; i++) {
        struct pc_pou *p = c->pou_list.items[i];
        for (uint32_t k = 0; k < p->vars.n; k++) {
            if (p->vars.items[k]->cls == VC_EXTERNAL) {
                bind_external(c, p->vars.items[k]);
            }
        }
    }
    mr_pc_settings_places(c);
    size_areas(c);
    mr_pc_late_globals(c);
    for (uint32_t i = 0; i < c->globals.n; i++) {
        place_global(c, c->globals.items[i]);
    }
    for (uint32_t i = 0; i < c->located.n; i++) {
        place_located(c, NULL, c->located.items[i]);
    }
    mr_pc_declare_programs(c);
    mr_pc_settings_values(c);
    mr_pc_declare_tasks(c);
    mr_pc_startup_globals(c);
    for (uint32_t i = 0; i < c->pou_list.n; i++) {
        place_pou(c, c->pou_list.items[i]);
    }
    layout_unnamed(c);
    c->placed = true;
}
