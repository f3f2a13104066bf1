/* generic.c - inputs of the generic types ANY, ANY_NUM and so on, as CODESYS and TwinCAT have them: inside, such an input is a
 * structure that tells where the argument lies, how many bytes it has and of what class it is. (The standard keeps generic types
 * for its own functions: 2nd edition, 2.3.2.) */
#include "plc/compile.h"

#include <string.h>

/* CODESYS' numbers of the classes, as its library documents them; they stand in the order of these numbers from 0 on. */
#define CLASSES                                                                                                                  \
    "TYPE_BOOL, TYPE_BIT, TYPE_BYTE, TYPE_WORD, TYPE_DWORD, TYPE_LWORD, TYPE_SINT, TYPE_INT, TYPE_DINT, TYPE_LINT, TYPE_USINT, " \
    "TYPE_UINT, TYPE_UDINT, TYPE_ULINT, TYPE_REAL, TYPE_LREAL, TYPE_STRING, TYPE_WSTRING, TYPE_TIME, TYPE_DATE, "                \
    "TYPE_DATEANDTIME, TYPE_TIMEOFDAY, TYPE_POINTER, TYPE_REFERENCE, TYPE_SUBRANGE, TYPE_ENUM, TYPE_ARRAY, TYPE_PARAMS, "        \
    "TYPE_USERDEF, TYPE_NONE, TYPE_ANY, TYPE_ANYBIT, TYPE_ANYDATE, TYPE_ANYINT, TYPE_ANYNUM, TYPE_ANYREAL, TYPE_LAZY, "          \
    "TYPE_LTIME, TYPE_BITCONST"
enum { CLASS_POINTER = 22, CLASS_SUBRANGE = 24, CLASS_ENUM, CLASS_ARRAY, CLASS_USERDEF = 28 };
static const uint8_t classes[] = {
    [TY_BOOL] = 0,   [TY_BYTE] = 2,  [TY_WORD] = 3,   [TY_DWORD] = 4,   [TY_LWORD] = 5,    [TY_SINT] = 6,
    [TY_INT] = 7,    [TY_DINT] = 8,  [TY_LINT] = 9,   [TY_USINT] = 10,  [TY_UINT] = 11,    [TY_UDINT] = 12,
    [TY_ULINT] = 13, [TY_REAL] = 14, [TY_LREAL] = 15, [TY_STRING] = 16, [TY_WSTRING] = 17, [TY_TIME] = 18,
    [TY_LTIME] = 37, [TY_DATE] = 19, [TY_TOD] = 21,   [TY_DT] = 20};

static int64_t class_of(const struct pc_type *t)
{
    switch ((unsigned)t->kind) {
    case TY_REF:
        return CLASS_POINTER;
    case TY_ENUM:
        return CLASS_ENUM;
    case TY_ARRAY:
        return CLASS_ARRAY;
    case TY_STRUCT:
    case TY_FB:
    case TY_IFACE:
        return CLASS_USERDEF;
    default:
        return t->subrange ? CLASS_SUBRANGE : classes[t->kind];
    }
}

static const struct {
    const char *name, *text;
} own_types[] = {
    {"TYPE_CLASS", "TYPE TYPE_CLASS : (" CLASSES ") DWORD; END_TYPE"},
    {"ANYTYPE", "TYPE AnyType : STRUCT TypeClass : TYPE_CLASS; pValue : POINTER TO BYTE; diSize : DINT; END_STRUCT END_TYPE"}};

struct pc_type *mr_pc_own_type(struct pc *c, struct pc_atom *name)
{
    size_t i = 0;
    while (i < sizeof own_types / sizeof *own_types && strcmp(own_types[i].name, name->name) != 0) {
        i++;
    }
    if (i == sizeof own_types / sizeof *own_types) {
        return NULL;
    }
    struct pc_typedecl *td = mr_pc_find_decl(c, name);
    if (!td) {
        mr_pc_parse_library(c, own_types[i].text);
        td = mr_pc_find_decl(c, name);
    }
    MR_ASSERT(td != NULL);
    struct pc_type *t = mr_pc_resolve_decl(c, td);
    mr_pc_layout_type(c, t, td->pos);
    (void)mr_pc_map_put(c->pool, &c->types, name, t);
    return t;
}

/* Is t among what the generic type takes? (2nd edition, figure 5 of table 11; 3rd edition, figure 5.) */
static bool any(const struct pc_type *t)
{
    return t != NULL;
}

static bool any_magnitude(const struct pc_type *t)
{
    return mr_pc_is_num(t) || mr_pc_is_time(t);
}

static bool any_unsigned(const struct pc_type *t)
{
    return mr_pc_is_int(t) && !mr_pc_is_signed(t);
}

static bool any_signed(const struct pc_type *t)
{
    return mr_pc_is_int(t) && mr_pc_is_signed(t);
}

static bool any_elementary(const struct pc_type *t)
{
    return mr_pc_is_elementary(t) || mr_pc_is_string(t);
}

static bool any_derived(const struct pc_type *t)
{
    return !any_elementary(t);
}

static const struct generic {
    const char *name;
    bool (*takes)(const struct pc_type *t);
} generics[] = {{"ANY", any},
                {"ANY_DERIVED", any_derived},
                {"ANY_ELEMENTARY", any_elementary},
                {"ANY_MAGNITUDE", any_magnitude},
                {"ANY_NUM", mr_pc_is_num},
                {"ANY_REAL", mr_pc_is_real},
                {"ANY_INT", mr_pc_is_int},
                {"ANY_UNSIGNED", any_unsigned},
                {"ANY_SIGNED", any_signed},
                {"ANY_DURATION", mr_pc_is_time},
                {"ANY_BIT", mr_pc_is_bits},
                {"ANY_CHARS", mr_pc_is_string},
                {"ANY_STRING", mr_pc_is_string},
                {"ANY_DATE", mr_pc_is_date}};

static const struct generic *generic(const struct pc_atom *name)
{
    for (size_t i = 0; name && i < sizeof generics / sizeof *generics; i++) {
        if (strcmp(generics[i].name, name->name) == 0) {
            return &generics[i];
        }
    }
    return NULL;
}

struct pc_type *mr_pc_generic_type(struct pc *c, const struct pc_atom *name)
{
    if (!generic(name)) {
        return NULL;
    }
    c->any = c->any ? c->any : mr_pc_own_type(c, mr_pc_name(c, "ANYTYPE"));
    return c->any;
}

static const struct generic *of_var(const struct pc *c, const struct pc_var *v)
{
    return c->any && v->type == c->any && v->desc && v->desc->kind == TD_NAME ? generic(v->desc->name) : NULL;
}

static bool is_generic(const struct pc *c, const struct pc_var *v)
{
    return of_var(c, v) != NULL;
}

void mr_pc_check_generics(struct pc *c, struct pc_pou *pou)
{
    bool frame = false;
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        struct pc_var *v = pou->vars.items[i];
        if (is_generic(c, v) && v->cls != VC_INPUT) {
            PC_ERROR(c, v->pos, "%s is a type of inputs only; '%s' needs a type of its own", v->desc->spelled, v->spelled);
            v->type = c->elementary[TY_ERROR];
            frame = true;
        }
    }
    for (uint32_t i = 0; frame && i < pou->vars.n; i++) { /* what is done with its inputs would be told for the same reason */
        if (is_generic(c, pou->vars.items[i])) {
            pou->vars.items[i]->type = c->elementary[TY_ERROR];
        }
    }
}

bool mr_pc_generic_value(struct pc_check *k, const struct pc_expr *e)
{
    if (e->kind != EX_VAR || !is_generic(k->c, e->var)) {
        return false;
    }
    PC_ERROR(k->c, e->pos,
             "'%s' is %s and has no value here: %s.pValue points to the argument, %s.diSize and %s.TypeClass tell what it is; or "
             "give it a "
             "type",
             e->var->spelled, e->var->desc->spelled, e->var->spelled, e->var->spelled, e->var->spelled);
    e->var->type = k->c->elementary[TY_ERROR];
    return true;
}

/* ---- arguments ---- */

/* Can it be pointed to? */
static bool has_place(const struct pc_expr *e)
{
    const struct pc_expr *root = e;
    bool bit = e->type->kind == TY_BOOL && e->kind == EX_VAR && e->var->located;
    while (root->kind == EX_FIELD || root->kind == EX_INDEX) {
        root = root->a;
    }
    return !bit && (root->kind == EX_VAR || root->kind == EX_DEREF || root->kind == EX_THIS);
}

/* What goes to `target` before the call, ahead of the other arguments. */
static void put_before(struct pc_check *k, struct pc_expr *call, struct pc_var *v, struct pc_expr *target, struct pc_expr *value)
{
    struct pc_arg *a = mr_pc_alloc(k->c->pool, sizeof *a);
    *a = (struct pc_arg){.pos = value->pos, .name = v->name, .target = target, .value = value, .next = call->args};
    call->args = a;
}

/* A value that lies nowhere gets a place that no program can name. */
static struct pc_expr *placed(struct pc_check *k, struct pc_expr *call, struct pc_var *v, struct pc_expr *e)
{
    struct pc_expr *place = mr_pc_placed_constant(k, e, e->type);
    if (e->kind != EX_CONST) {
        put_before(k, call, v, place, e);
    }
    return place;
}

static struct pc_expr *member(struct pc_check *k, struct pc_expr *of, const char *name)
{
    struct pc_expr *e = mr_pc_make(k, EX_FIELD, of->pos, NULL);
    e->a = of;
    e->name = mr_pc_name(k->c, name);
    e->spelled = name;
    (void)mr_pc_check(k, e);
    return e;
}

static struct pc_expr *number(struct pc_check *k, struct pc_pos pos, int64_t n, struct pc_type *type)
{
    struct pc_expr *e = mr_pc_make(k, EX_CONST, pos, type);
    e->v.i = n;
    return e;
}

bool mr_pc_give_generic(struct pc_check *k, struct pc_expr *call, struct pc_arg *a, struct pc_var *v, struct pc_expr *param)
{
    const struct generic *g = of_var(k->c, v);
    struct pc_expr *e = a->e;
    if (!g || e->type == k->c->any || e->type->kind == TY_ERROR) {
        return false;
    }
    if (e->type->kind == TY_LITINT) {
        (void)mr_pc_coerce(k, &e, k->c->elementary[mr_pc_fits(e, k->c->elementary[TY_INT]) ? TY_INT : TY_LINT], "the argument");
    } else if (e->type->kind == TY_LITREAL) {
        (void)mr_pc_coerce(k, &e, k->c->elementary[TY_LREAL], "the argument");
    }
    struct pc_type *t = e->type;
    bool open = t->kind == TY_ARRAY && t->variable_length;
    if (open || t->kind > TY_IFACE || t->kind == TY_NULL || t->kind == TY_VOID || !g->takes(mr_pc_plain(t))) {
        PC_ERROR(k->c, e->pos, "'%s' is %s and takes no %s", v->spelled, g->name, open ? "array of any bounds" : t->name);
        return true;
    }
    mr_pc_layout_type(k->c, t, e->pos);
    bool string = mr_pc_is_string(t);
    struct pc_expr *address = mr_pc_make(k, EX_REF, e->pos, mr_pc_ref_type(k->c, k->c->elementary[TY_BYTE]));
    address->a = has_place(e) ? e : placed(k, call, v, e);
    address->v.i = string ? PC_STR_HEAD : 0;
    address->variant = PC_ADDRESS;
    struct pc_expr *size = member(k, param, "DISIZE");
    struct pc_expr *class = member(k, param, "TYPECLASS");
    put_before(k, call, v, size, number(k, e->pos, string ? t->length + 1 : t->size, size->type));
    put_before(k, call, v, class, number(k, e->pos, class_of(t), class->type));
    a->target = member(k, param, "PVALUE");
    a->value = address;
    return true;
}
