/* parse_decl.c - types and variables as they are declared (IEC 61131-3, annex B.1.3 and B.1.4). */
#include "plc/parse.h"

#include <string.h>

static struct pc_tdesc *new_tdesc(struct pc_parser *p, enum pc_tdk kind)
{
    struct pc_tdesc *d = mr_pc_alloc(p->c->pool, sizeof *d);
    d->kind = kind;
    d->pos = p->t->pos;
    return d;
}

/* What an instance's FB_init gets, behind '(' and perhaps behind the first value: (5, limit := 7) */
static void parse_given(struct pc_parser *p, struct pc_tdesc *d, struct pc_expr *first)
{
    d->kind = TD_ENUM;
    while (!p->panic && (first || p->t->kind != TK_RPAREN)) {
        struct pc_var *v = mr_pc_alloc(p->c->pool, sizeof *v);
        v->pos = first ? first->pos : p->t->pos;
        v->cls = VC_ENUM;
        if (!first && mr_pc_is_name(p->t) && p->t[1].kind == TK_ASSIGN) {
            v->name = mr_pc_ident(p, &v->spelled, "the name of an input");
            (void)mr_pc_accept(p, TK_ASSIGN);
        }
        v->init = first ? first : mr_pc_parse_expr(p);
        first = NULL;
        *PC_PUSH(p->c->pool, &d->fields) = v;
        if (!mr_pc_accept(p, TK_COMMA)) {
            break;
        }
    }
    (void)mr_pc_expect(p, TK_RPAREN, "after the values");
}

static void parse_given_elements(struct pc_parser *p, struct pc_tdesc *array)
{
    do {
        struct pc_tdesc *d = new_tdesc(p, TD_ENUM);
        if (mr_pc_expect(p, TK_LPAREN, "before what FB_init gets")) {
            parse_given(p, d, NULL);
        }
        *PC_PUSH(p->c->pool, &array->elements) = d;
    } while (!p->panic && mr_pc_accept(p, TK_COMMA));
    (void)mr_pc_expect(p, TK_RBRACKET, "after the elements");
}

static void parse_array(struct pc_parser *p, struct pc_tdesc *d)
{
    (void)mr_pc_expect(p, TK_LBRACKET, "after ARRAY");
    do {
        if (d->ndims == MR_PLC_DIMS_MAX) {
            mr_pc_syntax(p, "an array has at most %d dimensions", MR_PLC_DIMS_MAX);
            return;
        }
        struct pc_dim *dim = &d->dims[d->ndims++];
        if (mr_pc_accept(p, TK_STAR)) {
            continue;
        }
        dim->lo = mr_pc_parse_expr(p);
        if (mr_pc_expect(p, TK_DOTDOT, "between the bounds")) {
            dim->hi = mr_pc_parse_expr(p);
        }
    } while (!p->panic && mr_pc_accept(p, TK_COMMA));
    (void)mr_pc_expect(p, TK_RBRACKET, "after the bounds");
    (void)mr_pc_expect(p, TK_OF, "before the elements' type");
    d->of = mr_pc_parse_type(p);
    if (!p->panic && d->of->kind == TD_NAME && mr_pc_accept(p, TK_LBRACKET)) {
        parse_given_elements(p, d);
    }
}

static void add_field(void *ctx, struct pc_var *v)
{
    struct pc_parser *p = ((void **)ctx)[0];
    struct pc_tdesc *d = ((void **)ctx)[1];
    v->cls = VC_FIELD;
    *PC_PUSH(p->c->pool, &d->fields) = v;
}

static void parse_declarations(struct pc_parser *p, pc_add_var *add, void *ctx, enum pc_tok end);

static void parse_enum(struct pc_parser *p, struct pc_tdesc *d)
{
    do {
        struct pc_var *v = mr_pc_alloc(p->c->pool, sizeof *v);
        v->pos = p->t->pos;
        v->cls = VC_ENUM;
        v->name = mr_pc_ident(p, &v->spelled, "the name of a value");
        if (!v->name) {
            return;
        }
        if (mr_pc_accept(p, TK_ASSIGN)) {
            v->init = mr_pc_parse_expr(p);
        }
        *PC_PUSH(p->c->pool, &d->fields) = v;
    } while (!p->panic && mr_pc_accept(p, TK_COMMA) && p->t->kind != TK_RPAREN);
    (void)mr_pc_expect(p, TK_RPAREN, "after the values");
}

static struct pc_tdesc *parse_string(struct pc_parser *p)
{
    struct pc_tdesc *d = new_tdesc(p, TD_STRING);
    d->wide = p->t->kind == TK_WSTRING;
    p->t++;
    enum pc_tok close = p->t->kind == TK_LBRACKET ? TK_RBRACKET : TK_RPAREN;
    if (p->t->kind == TK_LBRACKET || p->t->kind == TK_LPAREN) {
        p->t++;
        d->length = mr_pc_parse_expr(p);
        (void)mr_pc_expect(p, close, "after the length");
    }
    return d;
}

static struct pc_tdesc *parse_named(struct pc_parser *p)
{
    struct pc_tdesc *d = new_tdesc(p, TD_NAME);
    d->name = mr_pc_ident(p, &d->spelled, "a type");
    while (d->name && p->t->kind == TK_DOT && mr_pc_is_name(p->t + 1)) { /* Namespace.Type: names are unique here */
        p->t++;
        d->name = mr_pc_ident(p, &d->spelled, "a type");
    }
    if (!d->name || p->t->kind != TK_LPAREN) {
        return d;
    }
    p->t++;
    struct pc_expr *lo = NULL;
    if (!(mr_pc_is_name(p->t) && (p->t[1].kind == TK_COMMA || p->t[1].kind == TK_RPAREN || p->t[1].kind == TK_ASSIGN))) {
        lo = mr_pc_parse_expr(p);
    }
    if (lo && p->t->kind == TK_DOTDOT) {
        p->t++;
        d->kind = TD_SUBRANGE;
        d->length = lo;
        d->length2 = mr_pc_parse_expr(p);
        (void)mr_pc_expect(p, TK_RPAREN, "after the bounds");
    } else if (!lo) { /* INT (Red, Green): an enumeration on that type */
        d->kind = TD_ENUM;
        parse_enum(p, d);
    } else if (p->t->kind == TK_COMMA || p->t->kind == TK_RPAREN) { /* Block(5, 6) */
        parse_given(p, d, lo);
    } else {
        mr_pc_syntax(p, "'..' between the bounds was expected");
    }
    return d;
}

struct pc_tdesc *mr_pc_parse_type(struct pc_parser *p)
{
    struct pc_tdesc *d;
    if (++p->depth > MR_PLC_NEST_MAX) {
        mr_pc_syntax(p, "types nested more than %d deep", MR_PLC_NEST_MAX);
    }
    if (p->panic) {
        p->depth--;
        return new_tdesc(p, TD_NAME);
    }
    switch ((unsigned)p->t->kind) {
    case TK_STRING + 0:
        d = new_tdesc(p, TD_NAME);
        mr_pc_syntax(p, "a type was expected, not a text");
        break;
    case TK_ARRAY:
        d = new_tdesc(p, TD_ARRAY);
        p->t++;
        parse_array(p, d);
        break;
    case TK_STRUCT:
    case TK_UNION: {
        d = new_tdesc(p, TD_STRUCT);
        d->wide = p->t++->kind == TK_UNION;
        void *ctx[2] = {p, d};
        parse_declarations(p, add_field, ctx, d->wide ? TK_END_UNION : TK_END_STRUCT);
        break;
    }
    case TK_LPAREN:
        d = new_tdesc(p, TD_ENUM);
        p->t++;
        parse_enum(p, d);
        if (!p->panic && mr_pc_is_name(p->t)) { /* (Red, Green) INT */
            d->name = mr_pc_ident(p, &d->spelled, "a type");
        }
        break;
    case TK_REF_TO:
    case TK_POINTER:
    case TK_REFERENCE:
        d = new_tdesc(p, TD_REF);
        d->wide = p->t->kind == TK_REFERENCE; /* used without ^ */
        if (p->t++->kind != TK_REF_TO) {
            (void)mr_pc_expect(p, TK_TO, "after POINTER or REFERENCE");
        }
        d->of = mr_pc_parse_type(p);
        break;
    case TK_WSTRING + 0:
        d = new_tdesc(p, TD_NAME);
        mr_pc_syntax(p, "a type was expected, not a text");
        break;
    default:
        if (p->t->atom && (strcmp(p->t->atom->name, "STRING") == 0 || strcmp(p->t->atom->name, "WSTRING") == 0)) {
            d = parse_string(p);
        } else {
            d = parse_named(p);
        }
        break;
    }
    p->depth--;
    return d;
}

static void recover(struct pc_parser *p, enum pc_tok end)
{
    while (p->t->kind != TK_SEMI && p->t->kind != end && p->t->kind != TK_EOF && p->t->kind != TK_END_FUNCTION_BLOCK &&
           p->t->kind != TK_END_PROGRAM && p->t->kind != TK_END_FUNCTION && p->t->kind != TK_END_VAR &&
           p->t->kind != TK_END_TYPE && !(p->t->first && mr_pc_is_name(p->t) && p->t[1].kind == TK_COLON)) {
        p->t++;
    }
    (void)mr_pc_accept(p, TK_SEMI);
    p->panic = false;
}

/* a, b AT %MW3 : INT := 5; */
static void parse_declaration(struct pc_parser *p, pc_add_var *add, void *ctx)
{
    struct pc_var *group[64];
    size_t n = 0;
    do {
        struct pc_var *v = mr_pc_alloc(p->c->pool, sizeof *v);
        v->pos = p->t->pos;
        if (p->t->kind != TK_AT) {
            v->name = mr_pc_ident(p, &v->spelled, "the name of a variable");
            if (!v->name) {
                return;
            }
        }
        if (mr_pc_accept(p, TK_AT)) {
            v->located = true;
            v->place = p->t->v.place;
            if (!v->name) {
                v->spelled = mr_pc_spelled(p, p->t);
                v->name = mr_pc_name(p->c, v->spelled);
            }
            if (!mr_pc_expect(p, TK_ADDRESS, "after AT")) {
                return;
            }
        }
        if (n < sizeof group / sizeof group[0]) {
            group[n++] = v;
        }
    } while (mr_pc_accept(p, TK_COMMA));
    if (!mr_pc_expect(p, TK_COLON, "between the name and its type")) {
        return;
    }
    struct pc_tdesc *d = mr_pc_parse_type(p);
    uint8_t edge = 0;
    if (p->t->atom && p->t->kind == TK_IDENT && p->t->atom->n == 6) {
        edge = strcmp(p->t->atom->name, "R_EDGE") == 0 ? 1 : (strcmp(p->t->atom->name, "F_EDGE") == 0 ? 2 : 0);
        p->t += edge ? 1 : 0;
    }
    bool bare = d->kind == TD_ARRAY && p->t->kind == TK_ASSIGN && p->t[1].kind != TK_LBRACKET;
    struct pc_expr *init = !mr_pc_accept(p, TK_ASSIGN) ? NULL : (bare ? mr_pc_parse_bare_list(p) : mr_pc_parse_init(p));
    for (size_t i = 0; i < n; i++) {
        group[i]->desc = d;
        group[i]->init = init;
        group[i]->edge = edge;
        add(ctx, group[i]);
    }
}

static void parse_declarations(struct pc_parser *p, pc_add_var *add, void *ctx, enum pc_tok end)
{
    p->panic = false;
    while (p->t->kind != end && p->t->kind != TK_EOF) {
        const struct pc_token *before = p->t;
        if (mr_pc_accept(p, TK_SEMI)) {
            continue;
        }
        if (p->t->kind == TK_END_FUNCTION_BLOCK || p->t->kind == TK_END_PROGRAM || p->t->kind == TK_END_FUNCTION ||
            p->t->kind == TK_END_TYPE || p->t->kind == TK_END_VAR || mr_pc_var_block(p)) {
            break;
        }
        parse_declaration(p, add, ctx);
        if (!p->panic) {
            (void)mr_pc_expect(p, TK_SEMI, "after the declaration");
        }
        if (p->panic) {
            recover(p, end);
        }
        if (p->t == before) {
            p->t++;
        }
    }
    (void)mr_pc_expect(p, end, "to end the declarations");
    p->panic = false;
}

static bool class_of(enum pc_tok kind, enum pc_vclass *out)
{
    switch ((unsigned)kind) {
    case TK_VAR:
        *out = VC_VAR;
        return true;
    case TK_VAR_INPUT:
        *out = VC_INPUT;
        return true;
    case TK_VAR_OUTPUT:
        *out = VC_OUTPUT;
        return true;
    case TK_VAR_IN_OUT:
        *out = VC_INOUT;
        return true;
    case TK_VAR_TEMP:
        *out = VC_TEMP;
        return true;
    case TK_VAR_GLOBAL:
        *out = VC_GLOBAL;
        return true;
    case TK_VAR_EXTERNAL:
        *out = VC_EXTERNAL;
        return true;
    case TK_VAR_STAT:
    case TK_VAR_INST:
        *out = VC_VAR;
        return true;
    default:
        return false;
    }
}

bool mr_pc_var_block(const struct pc_parser *p)
{
    enum pc_vclass cls;
    return class_of(p->t->kind, &cls);
}

struct block {
    pc_add_var *add;
    void *ctx;
    enum pc_vclass cls;
    bool constant, retain, no_retain, fixed, of_owner;
};

static void add_var(void *ctx, struct pc_var *v)
{
    struct block *b = ctx;
    v->cls = b->cls;
    v->constant = b->constant;
    v->retain = b->retain;
    v->no_retain = b->no_retain;
    v->fixed = b->fixed;
    v->of_owner = b->of_owner;
    v->inferred = b->cls == VC_TEMP && v->desc && v->desc->name && strcmp(v->desc->name->name, "__INFERRED") == 0;
    b->add(b->ctx, v);
}

void mr_pc_parse_vars(struct pc_parser *p, pc_add_var *add, void *ctx)
{
    struct block b = {.add = add, .ctx = ctx, .fixed = p->t->kind == TK_VAR_STAT, .of_owner = p->t->kind == TK_VAR_INST};
    (void)class_of(p->t->kind, &b.cls);
    p->t++;
    for (;; p->t++) {
        if (p->t->kind == TK_CONSTANT) {
            b.constant = true;
        } else if (p->t->kind == TK_RETAIN || p->t->kind == TK_PERSISTENT) {
            b.retain = true;
        } else if (p->t->kind == TK_NON_RETAIN) {
            b.no_retain = true;
        } else if (!(p->t->kind == TK_IDENT && p->t->atom->n <= 9 && !p->t->first &&
                     (strcmp(p->t->atom->name, "PUBLIC") == 0 || strcmp(p->t->atom->name, "PRIVATE") == 0 ||
                      strcmp(p->t->atom->name, "PROTECTED") == 0 || strcmp(p->t->atom->name, "INTERNAL") == 0))) {
            break;
        }
    }
    parse_declarations(p, add_var, &b, TK_END_VAR);
}

void mr_pc_parse_types(struct pc_parser *p)
{
    p->t++;
    while (p->t->kind != TK_END_TYPE && p->t->kind != TK_EOF) {
        const struct pc_token *before = p->t;
        struct pc_typedecl *t = mr_pc_alloc(p->c->pool, sizeof *t);
        mr_pc_skip_access(p);
        t->pos = p->t->pos;
        t->name = mr_pc_ident(p, &t->spelled, "the name of a type");
        struct pc_atom *extends = NULL;
        if (mr_pc_accept(p, TK_EXTENDS)) {
            const char *spelled;
            extends = mr_pc_ident(p, &spelled, "the name of a structure");
        }
        if (t->name && mr_pc_expect(p, TK_COLON, "after the type's name")) {
            t->desc = mr_pc_parse_type(p);
            t->desc->extends_name = extends;
            if (!p->panic && mr_pc_accept(p, TK_ASSIGN)) {
                t->desc->init = mr_pc_parse_init(p);
            }
            if (!p->panic && !mr_pc_accept(p, TK_SEMI) && t->desc->kind != TD_STRUCT) {
                mr_pc_missing_semicolon(p);
            }
            t->next = p->c->typedecls;
            p->c->typedecls = t;
        }
        if (p->panic) {
            recover(p, TK_END_TYPE);
        }
        if (p->t == before) {
            p->t++;
        }
    }
    (void)mr_pc_expect(p, TK_END_TYPE, "to end TYPE");
    p->panic = false;
}
