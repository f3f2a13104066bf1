/* settings.c - VAR_CONFIG (2.7.1, table 49): places for variables that were declared AT %Q*, and initial values, instance by
 * instance.
 *
 * A variable AT %I*, %Q* or %M* lies in its instance. The task copies what VAR_CONFIG gives a place: inputs from the image before
 * it calls the program, outputs to the image behind it, memory both ways. */
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
    for (struct pc_setting *s = c->settings; s; s = s->next) {
        struct pc_progdecl *program;
        uint32_t offset;
        const struct pc_var *v = find(c, s, &program, &offset);
        if (!v || !s->located) {
            continue;
        }
        if (!v->open) {
            PC_ERROR(c, s->pos, v->located ? "'%s' has a place already" : "'%s' was not declared AT %%I*, %%Q* or %%M*",
                     v->spelled);
            continue;
        }
        if (s->place.area != v->place.area) {
            PC_ERROR(c, s->pos, "'%s' was declared in another area", v->spelled);
            continue;
        }
        s->program = program;
        s->image = mr_pc_alloc(c->pool, sizeof *s->image);
        *s->image = (struct pc_var){.spelled = v->spelled,
                                    .pos = s->pos,
                                    .cls = VC_GLOBAL,
                                    .type = v->type,
                                    .located = true,
                                    .place = s->place,
                                    .init = s->init};
        s->member = v;
        *PC_PUSH(c->pool, &c->located) = s->image;
    }
}

static struct pc_expr *make(struct pc *c, enum pc_ek kind, struct pc_pos pos)
{
    struct pc_expr *e = mr_pc_alloc(c->pool, sizeof *e);
    e->kind = kind;
    e->pos = pos;
    return e;
}

static struct pc_expr *of_instance(struct pc *c, const struct pc_setting *s)
{
    struct pc_expr *e = make(c, EX_VAR, s->pos);
    e->var = s->program->instance;
    e->type = e->var->type;
    uint32_t at = 0;
    (void)instance_of(c, s, &at);
    for (; at < s->path.n; at++) {
        struct pc_expr *f = make(c, EX_FIELD, s->pos);
        f->a = e;
        f->name = s->path.items[at];
        f->spelled = f->name->name;
        e = f;
    }
    return e;
}

void mr_pc_settings_copies(struct pc *c, const struct pc_progdecl *program, bool in, struct pc_stmt ***tail)
{
    for (const struct pc_setting *s = c->settings; s; s = s->next) {
        bool wanted = in ? s->place.area != MR_AREA_Q && s->image && s->member->cls != VC_OUTPUT : s->place.area != MR_AREA_I;
        if (!s->image || s->program != program || !wanted) {
            continue;
        }
        struct pc_expr *image = make(c, EX_VAR, s->pos);
        image->var = s->image;
        image->type = s->image->type;
        struct pc_stmt *copy = mr_pc_alloc(c->pool, sizeof *copy);
        *copy = (struct pc_stmt){.kind = ST_ASSIGN, .pos = s->pos, .a = in ? of_instance(c, s) : image};
        copy->b = in ? image : of_instance(c, s);
        **tail = copy;
        *tail = &copy->next;
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
