/* parse_expr.c - expressions of Structured Text (IEC 61131-3, annex B.3.1), calls and initial values. */
#include "plc/parse.h"

#include <string.h>

struct pc_expr *mr_pc_new_expr(struct pc_parser *p, enum pc_ek kind, struct pc_pos pos)
{
    struct pc_expr *e = mr_pc_alloc(p->c->pool, sizeof *e);
    e->kind = kind;
    e->pos = pos;
    return e;
}

bool mr_pc_deeper(struct pc_parser *p)
{
    if (++p->depth > MR_PLC_NEST_MAX) {
        mr_pc_syntax(p, "nested more than %d deep; take parts of it into variables or functions", MR_PLC_NEST_MAX);
        return false;
    }
    return true;
}

static struct pc_arg *parse_arg(struct pc_parser *p)
{
    struct pc_arg *a = mr_pc_alloc(p->c->pool, sizeof *a);
    a->pos = p->t->pos;
    if (p->t->kind == TK_NOT && mr_pc_is_name(p->t + 1) && p->t[2].kind == TK_ARROW) {
        a->negated = true;
        p->t++;
    }
    if (mr_pc_is_name(p->t) && (p->t[1].kind == TK_ASSIGN || p->t[1].kind == TK_ARROW)) {
        a->name = p->t->atom;
        a->output = p->t[1].kind == TK_ARROW;
        p->t += 2;
        if (p->t->kind == TK_COMMA || p->t->kind == TK_RPAREN) {
            return a; /* "Q => ," asks for nothing */
        }
    }
    a->e = mr_pc_at_list_argument(p) ? mr_pc_parse_list_argument(p) : mr_pc_parse_init(p);
    return a;
}

/* PROGRAM p : P(Valve WITH Fast): a function block of it runs in a task of its own. */
static void parse_arg_task(struct pc_parser *p, struct pc_arg *a)
{
    const char *spelled;
    if (p->pou || !a->e || a->e->kind != EX_NAME || a->name) {
        mr_pc_syntax(p, "WITH gives a task to a function block of a program in a configuration");
        return;
    }
    p->t++;
    a->task = mr_pc_ident(p, &spelled, "the name of a task");
}

struct pc_arg *mr_pc_parse_args(struct pc_parser *p)
{
    struct pc_arg *first = NULL;
    struct pc_arg **tail = &first;
    if (mr_pc_accept(p, TK_RPAREN)) {
        return NULL;
    }
    do {
        struct pc_arg *a = parse_arg(p);
        *tail = a;
        tail = &a->next;
        if (!p->panic && p->t->kind == TK_WITH) {
            parse_arg_task(p, a);
        }
    } while (!p->panic && mr_pc_accept(p, TK_COMMA));
    (void)mr_pc_expect(p, TK_RPAREN, "after the arguments");
    return first;
}

/* a, b, 3(c) */
static void parse_values(struct pc_parser *p, struct pc_expr *list)
{
    struct pc_arg **tail = &list->args;
    while (!p->panic && p->t->kind != TK_RBRACKET) {
        struct pc_arg *a = mr_pc_alloc(p->c->pool, sizeof *a);
        a->pos = p->t->pos;
        a->repeat = 1;
        if (p->t->kind == TK_INT && p->t[1].kind == TK_LPAREN) {
            a->repeat = p->t->v.i;
            p->t += 2;
            a->e = p->t->kind == TK_RPAREN ? NULL : mr_pc_parse_init(p);
            (void)mr_pc_expect(p, TK_RPAREN, "after the repeated value");
        } else {
            a->e = mr_pc_parse_init(p);
        }
        *tail = a;
        tail = &a->next;
        if (!mr_pc_accept(p, TK_COMMA)) {
            break;
        }
    }
}

/* Initial values: an expression, [a, b, 3(c)] or (x := a, y := b). */
struct pc_expr *mr_pc_parse_init(struct pc_parser *p)
{
    struct pc_pos pos = p->t->pos;
    bool fields = p->t->kind == TK_LPAREN && mr_pc_is_name(p->t + 1) && p->t[2].kind == TK_ASSIGN;
    if (p->t->kind != TK_LBRACKET && !fields) {
        return mr_pc_parse_expr(p);
    }
    if (!mr_pc_deeper(p)) {
        return NULL;
    }
    struct pc_expr *list = mr_pc_new_expr(p, EX_LIST, pos);
    p->t++;
    if (fields) {
        list->args = mr_pc_parse_args(p);
    } else {
        parse_values(p, list);
        (void)mr_pc_expect(p, TK_RBRACKET, "after the values");
    }
    p->depth--;
    return list;
}

struct pc_expr *mr_pc_parse_bare_list(struct pc_parser *p)
{
    struct pc_expr *list = mr_pc_new_expr(p, EX_LIST, p->t->pos);
    parse_values(p, list);
    return list;
}

static struct pc_expr *literal(struct pc_parser *p)
{
    struct pc_token *t = p->t++;
    struct pc_expr *e = mr_pc_new_expr(p, EX_CONST, t->pos);
    struct pc *c = p->c;
    switch ((unsigned)t->kind) {
    case TK_INT:
        e->type = c->elementary[TY_LITINT];
        e->v.i = t->v.i;
        e->op = t->v.u > INT64_MAX ? TK_AMP : TK_EOF; /* beyond LINT: only for ULINT and LWORD */
        break;
    case TK_REAL:
        e->type = c->elementary[TY_LITREAL];
        e->v.r = t->v.r;
        break;
    case TK_TRUE:
    case TK_FALSE:
        e->type = c->elementary[TY_BOOL];
        e->v.i = t->kind == TK_TRUE;
        break;
    case TK_NULL:
        e->type = c->elementary[TY_NULL];
        break;
    case TK_TIME: {
        static const struct {
            const char *name;
            enum pc_tk kind;
        } kinds[] = {{"TIME", TY_TIME}, {"LTIME", TY_LTIME}, {"DATE", TY_DATE}, {"TOD", TY_TOD}, {"DT", TY_DT}};
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            if (strcmp(t->atom->name, kinds[i].name) == 0) {
                e->type = c->elementary[kinds[i].kind];
            }
        }
        e->v.i = t->v.i;
        break;
    }
    default:
        e->type = mr_pc_string_type(c, t->n > 0 ? t->n : 1);
        e->v.s.p = t->text;
        e->v.s.n = t->n;
        break;
    }
    return e;
}

static struct pc_expr *typed_literal(struct pc_parser *p)
{
    struct pc_expr *e = mr_pc_new_expr(p, EX_TYPED, p->t->pos);
    e->name = p->t->atom;
    e->spelled = mr_pc_spelled(p, p->t);
    p->t++;
    bool minus = p->t->kind == TK_MINUS;
    if (minus || p->t->kind == TK_PLUS) {
        p->t++;
    }
    switch ((unsigned)p->t->kind) {
    case TK_INT:
    case TK_REAL:
    case TK_TRUE:
    case TK_FALSE:
    case TK_STRING:
    case TK_WSTRING:
        e->a = literal(p);
        break;
    default:
        if (!mr_pc_is_name(p->t)) {
            mr_pc_syntax(p, "a value was expected after '%s#'", e->spelled);
            return e;
        }
        e->a = mr_pc_new_expr(p, EX_NAME, p->t->pos);
        e->a->name = p->t->atom;
        e->a->spelled = mr_pc_spelled(p, p->t);
        p->t++;
    }
    if (minus) {
        struct pc_expr *neg = mr_pc_new_expr(p, EX_NEG, e->pos);
        neg->a = e->a;
        e->a = neg;
    }
    return e;
}

static struct pc_expr *parse_primary(struct pc_parser *p)
{
    struct pc_token *t = p->t;
    switch ((unsigned)t->kind) {
    case TK_INT:
    case TK_REAL:
    case TK_TRUE:
    case TK_FALSE:
    case TK_NULL:
    case TK_TIME:
    case TK_STRING:
    case TK_WSTRING:
        return literal(p);
    case TK_PREFIX:
        return typed_literal(p);
    case TK_ADDRESS: {
        struct pc_expr *e = mr_pc_new_expr(p, EX_ADDRESS, t->pos);
        e->place = t->v.place;
        e->spelled = mr_pc_spelled(p, t);
        p->t++;
        return e;
    }
    case TK_LPAREN: {
        p->t++;
        struct pc_expr *e = mr_pc_parse_expr(p);
        (void)mr_pc_expect(p, TK_RPAREN, "to close '('");
        return e;
    }
    default:
        break;
    }
    bool op = t->kind == TK_AND || t->kind == TK_OR || t->kind == TK_XOR || t->kind == TK_NOT || t->kind == TK_MOD;
    if (mr_pc_is_name(t) || (op && t[1].kind == TK_LPAREN)) {
        struct pc_expr *e = mr_pc_new_expr(p, EX_NAME, t->pos);
        e->name = t->atom;
        e->spelled = mr_pc_spelled(p, t);
        p->t++;
        return e;
    }
    mr_pc_syntax(p, "an expression was expected, not %s", t->kind == TK_EOF ? "the end" : mr_pc_spelled(p, t));
    return mr_pc_new_expr(p, EX_CONST, t->pos);
}

/* a.3, a.%X3, a.%W1: a part of a number. */
static struct pc_expr *parse_part(struct pc_parser *p, struct pc_expr *of)
{
    struct pc_expr *e = mr_pc_new_expr(p, EX_BITOF, p->t->pos);
    bool bit = p->t->kind == TK_INT;
    e->a = of;
    e->v.i = bit ? p->t->v.i : p->t->v.part.which;
    e->variant = bit ? 0 : p->t->v.part.bytes;
    p->t++;
    return e;
}

struct pc_expr *mr_pc_parse_postfix(struct pc_parser *p)
{
    struct pc_expr *e = parse_primary(p);
    for (uint32_t length = 0; !p->panic; length++) {
        struct pc_pos pos = p->t->pos;
        if (length == MR_PLC_NEST_MAX) {
            mr_pc_syntax(p, "more than %d members and indices in a row", MR_PLC_NEST_MAX);
            break;
        }
        if (p->t->kind == TK_DOT) {
            p->t++;
            if (p->t->kind == TK_INT || p->t->kind == TK_PART) {
                e = parse_part(p, e);
                continue;
            }
            struct pc_expr *f = mr_pc_new_expr(p, EX_FIELD, p->t->pos);
            f->a = e;
            f->name = mr_pc_ident(p, &f->spelled, "the name of a member");
            e = f;
        } else if (p->t->kind == TK_LBRACKET) {
            p->t++;
            struct pc_expr *x = mr_pc_new_expr(p, EX_INDEX, pos);
            x->a = e;
            struct pc_arg **tail = &x->args;
            do {
                struct pc_arg *a = mr_pc_alloc(p->c->pool, sizeof *a);
                a->pos = p->t->pos;
                a->e = mr_pc_parse_expr(p);
                *tail = a;
                tail = &a->next;
            } while (!p->panic && mr_pc_accept(p, TK_COMMA));
            (void)mr_pc_expect(p, TK_RBRACKET, "to close '['");
            e = x;
        } else if (p->t->kind == TK_CARET) {
            p->t++;
            struct pc_expr *d = mr_pc_new_expr(p, EX_DEREF, pos);
            d->a = e;
            e = d;
        } else if (p->t->kind == TK_LPAREN && e->kind != EX_CONST && e->kind != EX_TYPED && e->kind != EX_ADDRESS) {
            p->t++;
            struct pc_expr *call = mr_pc_new_expr(p, EX_CALL, e->pos);
            call->a = e;
            call->args = mr_pc_parse_args(p);
            e = call;
        } else {
            break;
        }
    }
    return e;
}

static struct pc_expr *parse_unary(struct pc_parser *p)
{
    struct pc_pos pos = p->t->pos;
    bool call = p->t->kind == TK_NOT && p->t[1].kind == TK_LPAREN && mr_pc_is_name(p->t + 2) && p->t[3].kind == TK_ASSIGN;
    if (p->t->kind == TK_MINUS || (p->t->kind == TK_NOT && !call)) { /* NOT(x) reads the same either way, NOT(IN := x) does not */
        enum pc_ek kind = p->t->kind == TK_MINUS ? EX_NEG : EX_NOT;
        p->t++;
        if (!mr_pc_deeper(p)) {
            return mr_pc_new_expr(p, EX_CONST, pos);
        }
        struct pc_expr *e = mr_pc_new_expr(p, kind, pos);
        e->a = parse_unary(p);
        p->depth--;
        return e;
    }
    if (p->t->kind == TK_PLUS) {
        p->t++;
        return mr_pc_parse_postfix(p);
    }
    return mr_pc_parse_postfix(p);
}

/* Table 55 of the 2nd edition (71 of the 3rd): the higher binds the tighter. All associate to the left. */
static int precedence(enum pc_tok op)
{
    switch ((unsigned)op) {
    case TK_POWER:
        return 8;
    case TK_STAR:
    case TK_SLASH:
    case TK_MOD:
        return 7;
    case TK_PLUS:
    case TK_MINUS:
        return 6;
    case TK_LT:
    case TK_GT:
    case TK_LE:
    case TK_GE:
        return 5;
    case TK_EQ:
    case TK_NE:
        return 4;
    case TK_AND:
    case TK_AMP:
    case TK_AND_THEN:
        return 3;
    case TK_XOR:
        return 2;
    case TK_OR:
    case TK_OR_ELSE:
        return 1;
    default:
        return 0;
    }
}

static struct pc_expr *parse_binary(struct pc_parser *p, int least)
{
    struct pc_expr *left = parse_unary(p);
    for (uint32_t length = 0;; length++) {
        if (length == MR_PLC_TERMS_MAX) {
            mr_pc_syntax(p, "more than %d operators in a row; take parts of it into variables", MR_PLC_TERMS_MAX);
        }
        int level = precedence(p->t->kind);
        if (p->panic || level == 0 || level < least) {
            return left;
        }
        struct pc_expr *e = mr_pc_new_expr(p, EX_BINARY, p->t->pos);
        e->op = p->t->kind == TK_AMP ? TK_AND : p->t->kind;
        p->t++;
        e->a = left;
        e->b = parse_binary(p, level + 1);
        left = e;
    }
}

struct pc_expr *mr_pc_parse_expr(struct pc_parser *p)
{
    if (!mr_pc_deeper(p)) {
        p->depth--;
        return mr_pc_new_expr(p, EX_CONST, p->t->pos);
    }
    struct pc_expr *e = parse_binary(p, 1);
    p->depth--;
    return e;
}

struct pc_expr *mr_pc_parse_operand(struct pc_parser *p)
{
    return parse_unary(p);
}
