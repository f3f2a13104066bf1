/* settings.c - VAR_CONFIG (2.7.1, table 49): places for variables that were declared AT %Q*, and initial values, instance by instance. */
#include "plc/compile.h"

/* The program instance that a path begins with, after a resource perhaps; `at` is then behind it. */
static struct pc_progdecl *instance_of(const struct pc *c, const struct pc_setting *s, uint32_t *at)
{
    for (uint32_t skip = 0; skip < 2 && skip + 1 < s->path.n; skip++) {
        for (struct pc_progdecl *g = c->programs; g; g = g->next) {
            if (g->name == s->path.items[skip] && (skip == 0 || g->resource == s->path.items[0])) {
                *at = skip + 1;
                return g;
            }
        }
    }
    return NULL;
}

static struct pc_var *member(const struct pc_type *t, const struct pc_atom *name)
{
    struct pc_var *v = t->kind == TY_STRUCT ? mr_pc_field(t, name) : NULL;
    for (struct pc_pou *p = t->kind == TY_FB ? t->pou : NULL; p && !v; p = p->base) {
        v = mr_pc_map_get(&p->names, name);
    }
    return v;
}

/* The variable at the end of the path, told where there is none; and where it lies in the program's instance. */
static struct pc_var *find(struct pc *c, const struct pc_setting *s, struct pc_progdecl **program, uint32_t *offset)
{
    uint32_t at = 0;
    struct pc_var *v = NULL;
    *offset = 0;
    *program = instance_of(c, s, &at);
    const struct pc_pou *pou = *program ? mr_pc_map_get(&c->units, (*program)->type) : NULL;
    const struct pc_type *t = pou ? pou->type : NULL;
    for (; t && at < s->path.n; at++) {
        v = member(t, s->path.items[at]);
        t = v ? v->type : NULL;
        *offset += v ? v->offset : 0;
    }
    if (!v) {
        PC_ERROR(c, s->pos, "VAR_CONFIG: there is no such variable; a path is resource.program.variable");
    }
    return v;
}

void mr_pc_settings_places(struct pc *c)
{
    for (const struct pc_setting *s = c->settings; s; s = s->next) {
        struct pc_progdecl *program;
        uint32_t offset;
        struct pc_var *v = find(c, s, &program, &offset);
        if (!v || !s->located) {
            continue;
        }
        if (!v->located || v->place.type != MR_VT_OTHER) {
            PC_ERROR(c, s->pos,
                     v->located ? "'%s' has a place already, and its other instances share it"
                                : "'%s' was not declared AT %%I*, %%Q* or %%M*",
                     v->spelled);
            continue;
        }
        v->place = s->place;
        if (v->type && v->type->kind != TY_BOOL && v->place.type == MR_VT_BOOL) {
            PC_ERROR(c, s->pos, "'%s' is no BOOL and lies at no bit", v->spelled);
        }
    }
}

void mr_pc_settings_values(struct pc *c)
{
    for (const struct pc_setting *s = c->settings; s; s = s->next) {
        struct pc_progdecl *program;
        uint32_t offset;
        struct pc_var *v = s->init ? find(c, s, &program, &offset) : NULL;
        if (!v || !program->instance || !v->laid_out || v->type->kind == TY_ERROR) {
            continue;
        }
        if (v->located) {
            v->init = s->init;
        } else if (v->relative && program->instance->offset + offset + v->type->size <= c->memory) {
            mr_pc_initial(c, NULL, v->type, s->init, c->init + program->instance->offset + offset);
        }
    }
}
