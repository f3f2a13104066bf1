/* resolve.c - types as they are written become types (IEC 61131-3, annex B.1.3). */
#include "plc/compile.h"

#include <string.h>

static const char *nearest_type(struct pc *c, const struct pc_atom *name)
{
    const char *names[256];
    size_t n = 0;
    for (uint32_t i = 0; i < c->types.cap && n < 200; i++) {
        if (c->types.slots[i].key) {
            names[n++] = c->types.slots[i].key->name;
        }
    }
    for (uint32_t i = 0; i < c->pou_list.n && n < 256; i++) {
        names[n++] = c->pou_list.items[i]->spelled;
    }
    return mr_nearest(name->name, names, n);
}

static bool integer_constant(struct pc *c, struct pc_expr *e, int64_t *out)
{
    struct pc_expr *v = e ? mr_pc_constant(c, c->scope, e, NULL) : NULL;
    if (!v) {
        return false;
    }
    if (!mr_pc_is_int(v->type) && v->type->kind != TY_ENUM) {
        PC_ERROR(c, e->pos, "a whole number is needed here");
        return false;
    }
    *out = v->v.i;
    return true;
}

static struct pc_type *resolve_enum(struct pc *c, struct pc_tdesc *d)
{
    struct pc_type *t = mr_pc_alloc(c->pool, sizeof *t);
    t->kind = TY_ENUM;
    t->name = "enumeration";
    t->base = d->name ? mr_pc_type_by_name(c, d->name) : c->elementary[TY_INT];
    if (!t->base || !(mr_pc_is_int(t->base) || mr_pc_is_bits(t->base))) {
        PC_ERROR(c, d->pos, "an enumeration is built on an integer type");
        t->base = c->elementary[TY_INT];
    }
    t->size = t->align = t->base->size;
    t->state = 2;
    int64_t next = 0;
    for (uint32_t i = 0; i < d->fields.n; i++) {
        struct pc_var *v = d->fields.items[i];
        v->type = t;
        if (v->init) {
            (void)integer_constant(c, v->init, &next);
        }
        v->value = next++;
        v->state = 2;
        *PC_PUSH(c->pool, &t->fields) = v;
        if (mr_pc_field(t, v->name) != v) {
            PC_ERROR(c, v->pos, "this enumeration has '%s' already", v->spelled);
        }
        (void)mr_pc_map_put(c->pool, &c->names, v->name, v);
    }
    if (t->fields.n > 0 && t->fields.items[0]->value != 0) { /* the first value is the initial one */
        t->init = mr_pc_alloc(c->pool, 8);
        memcpy(t->init, &t->fields.items[0]->value, t->size);
    }
    return t;
}

static struct pc_type *resolve_array(struct pc *c, struct pc_tdesc *d)
{
    struct pc_type *t = mr_pc_resolve(c, d->of);
    for (uint32_t k = d->ndims; k > 0; k--) {
        struct pc_dim *dim = &d->dims[k - 1];
        int64_t lo = 0;
        int64_t hi = 0;
        bool good = !dim->lo || (integer_constant(c, dim->lo, &lo) && integer_constant(c, dim->hi, &hi));
        if (good && (hi < lo || lo < -1000000000 || hi > 1000000000 || hi - lo >= (int64_t)MR_PLC_MEMORY_MAX)) {
            PC_ERROR(c, dim->lo->pos, "the bounds %lld..%lld give no array", (long long)lo, (long long)hi);
            good = false;
        }
        if (!good || t->kind == TY_ERROR) {
            return c->elementary[TY_ERROR];
        }
        t = mr_pc_array_type(c, t, lo, hi);
        t->variable_length = !dim->lo;
    }
    return t;
}

static struct pc_type *resolve_string(struct pc *c, struct pc_tdesc *d)
{
    int64_t length = MR_PLC_STRING_LEN;
    if (d->length && integer_constant(c, d->length, &length) && (length < 1 || length > MR_PLC_STRING_MAX)) {
        PC_ERROR(c, d->length->pos, "a string has 1 to %d characters", MR_PLC_STRING_MAX);
        length = MR_PLC_STRING_LEN;
    }
    return mr_pc_string_type(c, (uint32_t)length);
}

static struct pc_type *resolve_subrange(struct pc *c, struct pc_tdesc *d)
{
    struct pc_type *base = mr_pc_type_by_name(c, d->name);
    int64_t lo = 0;
    int64_t hi = 0;
    if (!base || !mr_pc_is_int(base)) {
        PC_ERROR(c, d->pos, "only integer types have subranges");
        return c->elementary[TY_ERROR];
    }
    if (!integer_constant(c, d->length, &lo) || !integer_constant(c, d->length2, &hi)) {
        return c->elementary[TY_ERROR];
    }
    int64_t least;
    uint64_t most;
    if (lo > hi || (mr_pc_int_range(base, &least, &most) && (lo < least || (hi > 0 && (uint64_t)hi > most)))) {
        PC_ERROR(c, d->length->pos, "%lld..%lld is no range of %s", (long long)lo, (long long)hi, base->name);
        return c->elementary[TY_ERROR];
    }
    struct pc_type *t = mr_pc_alloc(c->pool, sizeof *t);
    *t = *mr_pc_plain(base);
    t->base = mr_pc_plain(base);
    t->subrange = true;
    t->lo = lo;
    t->hi = hi;
    t->name = mr_pc_fmt(c->pool, "%s (%lld..%lld)", base->name, (long long)lo, (long long)hi);
    if (lo > 0 || hi < 0) { /* the initial value is the leftmost (table 14) */
        t->init = mr_pc_alloc(c->pool, 8);
        memcpy(t->init, &lo, t->size);
    }
    return t;
}

static struct pc_type *resolve_struct(struct pc *c, struct pc_tdesc *d, struct pc_type *t)
{
    t->kind = TY_STRUCT;
    t->name = "structure";
    t->overlaid = d->wide;
    if (d->extends_name) { /* its fields come first, at the places they have there */
        struct pc_type *base = mr_pc_resolve(
            c, &(struct pc_tdesc){.kind = TD_NAME, .pos = d->pos, .name = d->extends_name, .spelled = d->extends_name->name});
        if (base->kind != TY_STRUCT && base->kind != TY_ERROR) {
            PC_ERROR(c, d->pos, "'%s' is no structure that could be extended", d->extends_name->name);
        }
        for (uint32_t i = 0; base->kind == TY_STRUCT && base != t && i < base->fields.n; i++) {
            *PC_PUSH(c->pool, &t->fields) = base->fields.items[i];
        }
    }
    for (uint32_t i = 0; i < d->fields.n; i++) {
        struct pc_var *v = d->fields.items[i];
        if (mr_pc_field(t, v->name)) {
            PC_ERROR(c, v->pos, "this structure has '%s' already", v->spelled);
            continue;
        }
        v->relative = true;
        *PC_PUSH(c->pool, &t->fields) = v;
        v->type = mr_pc_resolve(c, v->desc);
    }
    return t;
}

/* A typed name of the project: its declaration is resolved when first asked for. */
bool mr_pc_too_deep(struct pc *c, struct pc_pos pos)
{
    if (c->depth < MR_PLC_NEST_MAX) {
        return false;
    }
    if (c->depth == MR_PLC_NEST_MAX) {
        PC_ERROR(c, pos, "declarations that need each other more than %d deep", MR_PLC_NEST_MAX);
        c->depth++; /* told once */
    }
    return true;
}

struct pc_type *mr_pc_resolve_decl(struct pc *c, struct pc_typedecl *td)
{
    if (td->state == 0 && mr_pc_too_deep(c, td->pos)) {
        td->type = c->elementary[TY_ERROR];
        td->state = 2;
    }
    if (td->state == 2) {
        return td->type;
    }
    if (td->state == 1) {
        if (td->type) {
            return td->type; /* a structure that refers to itself */
        }
        PC_ERROR(c, td->pos, "the type '%s' is made of itself", td->spelled);
        td->type = c->elementary[TY_ERROR];
        return td->type;
    }
    struct pc_pou *scope = c->scope;
    c->scope = NULL;
    td->state = 1;
    c->depth++;
    struct pc_type *t;
    if (td->desc->kind == TD_STRUCT) {
        t = td->type = mr_pc_alloc(c->pool, sizeof *t);
        td->desc->type = t;
        (void)resolve_struct(c, td->desc, t);
    } else {
        t = mr_pc_resolve(c, td->desc);
        if (t->kind != TY_ERROR && (td->desc->kind == TD_NAME || td->desc->kind == TD_STRING)) {
            struct pc_type *copy = mr_pc_alloc(c->pool, sizeof *copy); /* another name, perhaps another initial value */
            *copy = *t;
            t = td->desc->init ? copy : t;
        }
    }
    if (t->kind != TY_ERROR && (td->desc->kind != TD_NAME || td->desc->init)) {
        t->name = td->spelled;
        t->init_e = td->desc->init;
        if (t->init_e && t->state == 2) {
            uint8_t *init = mr_pc_alloc(c->pool, t->size);
            mr_pc_initial(c, NULL, t, t->init_e, init);
            t->init = init;
        }
    }
    td->type = t;
    td->state = 2;
    c->depth--;
    c->scope = scope;
    return t;
}

struct pc_type *mr_pc_type_by_name(struct pc *c, const struct pc_atom *name)
{
    struct pc_type *t = mr_pc_map_get(&c->types, name);
    if (t) {
        return t;
    }
    struct pc_pou *pou = mr_pc_unit(c, name);
    return pou ? pou->type : NULL;
}

struct pc_typedecl *mr_pc_find_decl(struct pc *c, const struct pc_atom *name)
{
    for (struct pc_typedecl *td = c->typedecls; td; td = td->next) {
        if (td->name == name) {
            return td;
        }
    }
    return NULL;
}

static struct pc_type *resolve_name(struct pc *c, struct pc_tdesc *d)
{
    struct pc_typedecl *td = d->name ? mr_pc_find_decl(c, d->name) : NULL;
    if (td) {
        return mr_pc_resolve_decl(c, td);
    }
    struct pc_type *t = d->name ? mr_pc_type_by_name(c, d->name) : NULL;
    t = t || !d->name ? t : mr_pc_own_type(c, d->name);
    t = t || !d->name ? t : mr_pc_generic_type(c, d->name);
    if (t) {
        return t;
    }
    if (d->name) {
        const char *near = nearest_type(c, d->name);
        PC_ERROR(c, d->pos, "there is no type '%s'%s%s%s", d->spelled, near ? "; did you mean '" : "", near ? near : "",
                 near ? "'?" : "");
    }
    return c->elementary[TY_ERROR];
}

struct pc_type *mr_pc_resolve(struct pc *c, struct pc_tdesc *d)
{
    if (!d) {
        return c->elementary[TY_ERROR];
    }
    if (d->type) {
        return d->type;
    }
    switch (d->kind) {
    case TD_NAME:
        d->type = resolve_name(c, d);
        break;
    case TD_STRING:
        d->type = resolve_string(c, d);
        break;
    case TD_ARRAY:
        d->type = resolve_array(c, d);
        break;
    case TD_STRUCT:
        d->type = mr_pc_alloc(c->pool, sizeof *d->type);
        (void)resolve_struct(c, d, d->type);
        break;
    case TD_ENUM: {
        struct pc_pou *block = d->name ? mr_pc_unit(c, d->name) : NULL;
        bool instance = block && block->type && block->type->kind == TY_FB; /* Block(start := 5): what its FB_init gets */
        const struct pc_var *unnamed = d->fields.n > 0 && !d->fields.items[0]->name ? d->fields.items[0] : NULL;
        if (unnamed && !instance) {
            PC_ERROR(c, unnamed->pos, "only a function block takes values here; a range is written '1..5'");
        }
        d->type = instance ? block->type : (unnamed ? c->elementary[TY_ERROR] : resolve_enum(c, d));
        break;
    }
    case TD_SUBRANGE:
        d->type = resolve_subrange(c, d);
        break;
    case TD_REF:
        d->type = mr_pc_ref_type(c, mr_pc_resolve(c, d->of));
        d->type->variable_length = d->wide; /* REFERENCE TO: followed without ^ */
        break;
    }
    if (d->kind == TD_ARRAY || d->kind == TD_STRUCT) {
        *PC_PUSH(c->pool, &c->unnamed) = d;
    }
    return d->type;
}
