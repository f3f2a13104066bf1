/* object.c - what the 3rd edition took from object orientation (6.6.5 to 6.6.8): interfaces, methods that a derived block
 * overrides, properties.
 *
 * All types are known when a project is compiled, so there are no tables of methods: an instance of a function block that takes
 * part says in its first variable which block it is, and a call whose method depends on that becomes one call for each method
 * that it may be. A property is a method or two: x.P is a call of P's GET, x.P := v of its SET. */
#include "plc/compile.h"

#include <string.h>

struct pc_atom *mr_pc_accessor(struct pc *c, const struct pc_atom *property, bool get)
{
    return mr_pc_name(c, mr_pc_fmt(c->pool, "%s.%s", property->name, get ? "GET" : "SET"));
}

/* ---- which blocks are of a kind ---- */

static bool extends_interface(struct pc *c, struct pc_pou *from, const struct pc_pou *to, uint32_t depth)
{
    if (from == to) {
        return true;
    }
    if (!from || !from->interface || depth > MR_PLC_NEST_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < from->interfaces.n; i++) {
        if (extends_interface(c, mr_pc_map_get(&c->units, from->interfaces.items[i]), to, depth + 1)) {
            return true;
        }
    }
    return extends_interface(c, from->base, to, depth + 1);
}

bool mr_pc_implements(struct pc *c, const struct pc_pou *pou, const struct pc_type *interface)
{
    for (const struct pc_pou *p = pou; p; p = p->base) {
        for (uint32_t i = 0; i < p->interfaces.n; i++) {
            if (extends_interface(c, mr_pc_map_get(&c->units, p->interfaces.items[i]), interface->pou, 0)) {
                return true;
            }
        }
    }
    return pou->interface && extends_interface(c, pou->type->pou, interface->pou, 0);
}

static bool is_a(struct pc *c, const struct pc_pou *pou, const struct pc_type *type)
{
    for (const struct pc_pou *p = pou; p && type->kind == TY_FB; p = p->base) {
        if (p == type->pou) {
            return true;
        }
    }
    return type->kind == TY_IFACE && mr_pc_implements(c, pou, type);
}

struct pc_pou *mr_pc_method(struct pc *c, struct pc_pou *pou, const struct pc_atom *name)
{
    uint32_t depth = 0;
    for (struct pc_pou *p = pou; p && depth < MR_PLC_NEST_MAX; p = p->base, depth++) {
        for (uint32_t i = 0; i < p->methods.n; i++) {
            if (p->methods.items[i]->name == name) {
                return p->methods.items[i];
            }
        }
        for (uint32_t i = 0; p->interface && i < p->interfaces.n; i++) {
            struct pc_pou *other = mr_pc_map_get(&c->units, p->interfaces.items[i]);
            struct pc_pou *m = other && other->interface && other != p ? mr_pc_method(c, other, name) : NULL;
            if (m) {
                return m;
            }
        }
    }
    return NULL;
}

/* Gives a place for what they are to blocks that extend, are extended, or implement. */
void mr_pc_classes(struct pc *c)
{
    uint32_t next = 1;
    for (uint32_t i = 0; i < c->pou_list.n; i++) {
        struct pc_pou *p = c->pou_list.items[i];
        struct pc_pou *root = p;
        while (root->base) {
            root = root->base;
        }
        if (p->kind != PC_FB || (root == p && p->interfaces.n == 0) || root->class_var) {
            continue;
        }
        struct pc_var *v = mr_pc_alloc(c->pool, sizeof *v);
        *v = (struct pc_var){
            .spelled = "", .pos = root->pos, .cls = VC_VAR, .type = c->elementary[TY_UDINT], .relative = true, .state = 2};
        root->class_var = v;
    }
    for (uint32_t i = 0; i < c->pou_list.n; i++) {
        struct pc_pou *p = c->pou_list.items[i];
        const struct pc_pou *root = p;
        while (root->base) {
            root = root->base;
        }
        p->class_var = p->kind == PC_FB ? root->class_var : NULL;
        p->class_id = next++;
    }
}

/* ---- calls ---- */

struct pc_expr *mr_pc_clone(struct pc_check *k, const struct pc_expr *e)
{
    if (!e) {
        return NULL;
    }
    struct pc_expr *copy = mr_pc_alloc(k->c->pool, sizeof *copy);
    *copy = *e;
    copy->a = mr_pc_clone(k, e->a);
    copy->b = mr_pc_clone(k, e->b);
    struct pc_arg **tail = &copy->args;
    for (const struct pc_arg *a = e->args; a; a = a->next) {
        struct pc_arg *arg = mr_pc_alloc(k->c->pool, sizeof *arg);
        *arg = *a;
        arg->e = mr_pc_clone(k, a->e);
        *tail = arg;
        tail = &arg->next;
    }
    return copy;
}

/* May the instance be of a block derived from its type? */
static bool may_be_derived(struct pc_check *k, const struct pc_expr *instance)
{
    const struct pc_pou *self = k->pou && k->pou->owner ? k->pou->owner : k->pou;
    if (instance->kind == EX_DEREF) {
        return instance->a->kind != EX_THIS || instance->type->pou == self; /* SUPER^ is what it says */
    }
    return (instance->kind == EX_VAR || instance->kind == EX_FIELD) && instance->var->cls == VC_INOUT;
}

static struct pc_expr *as(struct pc_check *k, const struct pc_expr *instance, struct pc_type *type)
{
    struct pc_expr *d;
    if (instance->type->kind == TY_IFACE) {
        d = mr_pc_make(k, EX_DEREF, instance->pos, type);
        d->a = mr_pc_alloc(k->c->pool, sizeof *d);
        *d->a = *instance;
    } else {
        d = mr_pc_alloc(k->c->pool, sizeof *d);
        *d = *instance;
    }
    return d;
}

/* A call of `method` for instances that say they are `id`. */
static void add_variant(struct pc_check *k, struct pc_expr *call, const struct pc_expr *instance, struct pc_pou *method,
                        uint32_t id)
{
    struct pc_expr *v = mr_pc_alloc(k->c->pool, sizeof *v);
    *v = (struct pc_expr){.kind = EX_CALL, .pos = call->pos, .pou = method, .v.i = id, .next_variant = call->variants};
    v->a = as(k, instance, method->owner->type);
    const struct pc_expr list = {.kind = EX_LIST, .args = call->args};
    v->args = mr_pc_clone(k, &list)->args;
    call->variants = v;
}

void mr_pc_variants(struct pc_check *k, struct pc_expr *call)
{
    const struct pc_expr *instance = call->a;
    const struct pc_type *type = instance ? instance->type : NULL;
    if (!instance || call->pou->kind != PC_METHOD || (type->kind != TY_IFACE && !may_be_derived(k, instance))) {
        return;
    }
    struct pc_pou *only = NULL;
    bool several = false;
    for (uint32_t i = 0; i < k->c->pou_list.n; i++) {
        struct pc_pou *p = k->c->pou_list.items[i];
        struct pc_pou *m = p->kind == PC_FB && is_a(k->c, p, type) ? mr_pc_method(k->c, p, call->pou->name) : NULL;
        several = several || (m && only && m != only);
        only = m ? m : only;
    }
    if (!several && only) { /* whatever it is, this is its method */
        call->a = as(k, instance, only->owner->type);
        call->pou = only;
        return;
    }
    if (!only) {
        PC_ERROR(k->c, call->pos, "no function block of this project implements '%s'", type->name);
        return;
    }
    for (uint32_t i = 0; i < k->c->pou_list.n; i++) {
        struct pc_pou *p = k->c->pou_list.items[i];
        struct pc_pou *m = p->kind == PC_FB && is_a(k->c, p, type) ? mr_pc_method(k->c, p, call->pou->name) : NULL;
        if (m) {
            add_variant(k, call, instance, m, p->class_id);
        }
    }
}

/* ---- properties ---- */

static struct pc_expr *call_of(struct pc_check *k, const struct pc_expr *e, struct pc_pou *accessor)
{
    struct pc_expr *f = mr_pc_alloc(k->c->pool, sizeof *f);
    *f = *e;
    f->type = NULL;
    f->name = accessor->name;
    struct pc_expr *call = mr_pc_make(k, EX_CALL, e->pos, NULL);
    call->a = f;
    return call;
}

/* e, a name or member that is no variable: becomes a call of the property's GET, if `of` has one. */
bool mr_pc_property_read(struct pc_check *k, struct pc_expr *e, struct pc_pou *of)
{
    struct pc_pou *get = of && e->name ? mr_pc_method(k->c, of, mr_pc_accessor(k->c, e->name, true)) : NULL;
    if (get) {
        *e = *call_of(k, e, get);
    }
    return get != NULL;
}

static struct pc_pou *owner_of(struct pc_check *k, struct pc_expr *e)
{
    struct pc_pou *self = k->pou && k->pou->owner ? k->pou->owner : k->pou;
    if (e->kind == EX_NAME) {
        return mr_pc_lookup(k->c, k->pou, e->name) ? NULL : self;
    }
    mr_pc_leave_out_space(k, e);
    bool qualified = e->a->kind == EX_NAME && !mr_pc_lookup(k->c, k->pou, e->a->name) && strcmp(e->a->name->name, "THIS") != 0 &&
                     strcmp(e->a->name->name, "SUPER") != 0;
    const struct pc_type *t = qualified ? NULL : mr_pc_check(k, e->a);
    t = t && t->kind == TY_REF && e->a->kind == EX_THIS ? t->base : t;
    struct pc_pou *of = t && (t->kind == TY_FB || t->kind == TY_IFACE) ? t->pou : NULL;
    for (struct pc_pou *p = of; p; p = p->base) {
        if (mr_pc_map_get(&p->names, e->name)) {
            return NULL;
        }
    }
    return of;
}

bool mr_pc_property_write(struct pc_check *k, struct pc_stmt *s)
{
    bool may_be = (s->a->kind == EX_NAME || s->a->kind == EX_FIELD) && s->a->name && !s->a->type;
    struct pc_pou *of = may_be ? owner_of(k, s->a) : NULL;
    struct pc_pou *set = of ? mr_pc_method(k->c, of, mr_pc_accessor(k->c, s->a->name, false)) : NULL;
    if (!set) {
        return false;
    }
    struct pc_expr *call = call_of(k, s->a, set);
    call->args = mr_pc_alloc(k->c->pool, sizeof *call->args);
    *call->args = (struct pc_arg){.pos = s->b->pos, .e = s->b};
    s->kind = ST_CALL;
    s->a = call;
    return true;
}
