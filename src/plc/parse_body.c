/* parse_body.c - statements of Structured Text (IEC 61131-3, annex B.3.2). */
#include "plc/parse.h"

#include <string.h>

struct pc_stmt *mr_pc_new_stmt(struct pc_parser *p, enum pc_sk kind, struct pc_pos pos)
{
    struct pc_stmt *s = mr_pc_alloc(p->c->pool, sizeof *s);
    s->kind = kind;
    s->pos = pos;
    return s;
}

static struct pc_stmt *new_stmt(struct pc_parser *p, enum pc_sk kind)
{
    return mr_pc_new_stmt(p, kind, p->t->pos);
}

struct pc_stmt *mr_pc_new_return(struct pc_parser *p, struct pc_pos pos)
{
    struct pc_stmt *s = mr_pc_new_stmt(p, p->return_to ? ST_JUMP : ST_RETURN, pos);
    s->name = p->return_to;
    return s;
}

static struct pc_branch *new_branch(struct pc_parser *p, struct pc_branch ***tail)
{
    struct pc_branch *b = mr_pc_alloc(p->c->pool, sizeof *b);
    **tail = b;
    *tail = &b->next;
    return b;
}

static struct pc_stmt *parse_if(struct pc_parser *p)
{
    struct pc_stmt *s = new_stmt(p, ST_IF);
    struct pc_branch **tail = &s->branches;
    do {
        p->t++; /* IF, ELSIF */
        struct pc_branch *b = new_branch(p, &tail);
        b->cond = mr_pc_parse_expr(p);
        (void)mr_pc_expect(p, TK_THEN, "after the condition");
        p->panic = false; /* the branch is read all the same */
        b->body = mr_pc_parse_body(p);
    } while (p->t->kind == TK_ELSIF);
    if (mr_pc_accept(p, TK_ELSE)) {
        new_branch(p, &tail)->body = mr_pc_parse_body(p);
    }
    (void)mr_pc_expect(p, TK_END_IF, "to end IF");
    return s;
}

/* Does a CASE label begin here? It ends in ':' on the level of its commas. */
static bool at_label(const struct pc_parser *p)
{
    for (const struct pc_token *t = p->t;; t++) {
        switch ((unsigned)t->kind) {
        case TK_COLON:
            return t != p->t;
        case TK_INT:
        case TK_PREFIX:
        case TK_DOT:
        case TK_DOTDOT:
        case TK_COMMA:
        case TK_MINUS:
        case TK_PLUS:
        case TK_STAR:
        case TK_STRING:
        case TK_TRUE:
        case TK_FALSE:
        case TK_TIME:
            break;
        default:
            if (!mr_pc_is_name(t)) {
                return false;
            }
        }
    }
}

static struct pc_stmt *parse_case(struct pc_parser *p)
{
    struct pc_stmt *s = new_stmt(p, ST_CASE);
    struct pc_branch **tail = &s->branches;
    p->t++;
    s->a = mr_pc_parse_expr(p);
    (void)mr_pc_expect(p, TK_OF, "after the selector");
    p->panic = false;
    p->cases++;
    while (!p->panic && at_label(p)) { /* after a wrong label the statement is left, so that each turn reads on */
        struct pc_branch *b = new_branch(p, &tail);
        struct pc_label **labels = &b->labels;
        do {
            struct pc_label *l = mr_pc_alloc(p->c->pool, sizeof *l);
            l->from = mr_pc_parse_expr(p);
            l->to = mr_pc_accept(p, TK_DOTDOT) ? mr_pc_parse_expr(p) : NULL;
            *labels = l;
            labels = &l->next;
        } while (!p->panic && mr_pc_accept(p, TK_COMMA));
        (void)mr_pc_expect(p, TK_COLON, "after the label");
        b->body = mr_pc_parse_body(p);
    }
    if (mr_pc_accept(p, TK_ELSE)) {
        (void)mr_pc_accept(p, TK_COLON);
        new_branch(p, &tail)->body = mr_pc_parse_body(p);
    }
    p->cases--;
    (void)mr_pc_expect(p, TK_END_CASE, "to end CASE");
    return s;
}

static struct pc_stmt *parse_for(struct pc_parser *p)
{
    struct pc_stmt *s = new_stmt(p, ST_FOR);
    p->t++;
    s->a = mr_pc_parse_postfix(p);
    if (mr_pc_expect(p, TK_ASSIGN, "after the control variable")) {
        s->b = mr_pc_parse_expr(p);
        (void)mr_pc_expect(p, TK_TO, "after the first value");
        s->c = mr_pc_parse_expr(p);
        s->d = mr_pc_accept(p, TK_BY) ? mr_pc_parse_expr(p) : NULL;
        (void)mr_pc_expect(p, TK_DO, "before the loop's body");
    }
    p->panic = false;
    s->body = mr_pc_parse_body(p);
    (void)mr_pc_expect(p, TK_END_FOR, "to end FOR");
    return s->c ? s : NULL;
}

static struct pc_stmt *parse_while(struct pc_parser *p)
{
    struct pc_stmt *s = new_stmt(p, ST_WHILE);
    p->t++;
    s->a = mr_pc_parse_expr(p);
    (void)mr_pc_expect(p, TK_DO, "after the condition");
    p->panic = false;
    s->body = mr_pc_parse_body(p);
    (void)mr_pc_expect(p, TK_END_WHILE, "to end WHILE");
    return s;
}

static struct pc_stmt *parse_repeat(struct pc_parser *p)
{
    struct pc_stmt *s = new_stmt(p, ST_REPEAT);
    p->t++;
    s->body = mr_pc_parse_body(p);
    if (mr_pc_expect(p, TK_UNTIL, "after the loop's body")) {
        s->a = mr_pc_parse_expr(p);
    }
    (void)mr_pc_accept(p, TK_SEMI);
    (void)mr_pc_expect(p, TK_END_REPEAT, "to end REPEAT");
    return s;
}

/* CODESYS' __TRY ... __CATCH(e) ... __FINALLY ... __ENDTRY. Nothing is thrown here, for a fault stops the controller:
 * IF TRUE THEN IF TRUE THEN ... ELSE (what __CATCH has) END_IF; (what __FINALLY has) END_IF */
static struct pc_stmt *parse_try(struct pc_parser *p)
{
    struct pc_stmt *all = new_stmt(p, ST_IF);
    struct pc_stmt *s = new_stmt(p, ST_IF);
    struct pc_branch *b = mr_pc_alloc(p->c->pool, 3 * sizeof *b);
    mr_pc_warn(&p->c->report, p->t->pos, "a fault stops the controller; what __CATCH has is never carried out");
    p->t++;
    b[0].cond = mr_pc_new_expr(p, EX_CONST, s->pos);
    b[0].cond->type = p->c->elementary[TY_BOOL];
    b[0].cond->v.i = 1;
    b[1].cond = mr_pc_new_expr(p, EX_CONST, s->pos);
    *b[1].cond = *b[0].cond;
    all->branches = &b[0];
    b[0].body = s;
    s->branches = &b[1];
    b[1].body = mr_pc_parse_body(p);
    if (mr_pc_accept(p, TK___CATCH)) {
        b[1].next = &b[2];
        if (mr_pc_accept(p, TK_LPAREN)) {
            (void)mr_pc_parse_expr(p);
            (void)mr_pc_expect(p, TK_RPAREN, "behind the variable of __CATCH");
        }
        b[2].body = mr_pc_parse_body(p);
    }
    if (mr_pc_accept(p, TK___FINALLY)) {
        s->next = mr_pc_parse_body(p);
    }
    (void)mr_pc_expect(p, TK___ENDTRY, "to end __TRY");
    return all;
}

/* a S= b; a R= b; : IF b THEN a := TRUE (FALSE); END_IF */
static struct pc_stmt *parse_set(struct pc_parser *p, struct pc_expr *to)
{
    struct pc_stmt *s = new_stmt(p, ST_IF);
    struct pc_branch *b = s->branches = mr_pc_alloc(p->c->pool, sizeof *b);
    b->body = new_stmt(p, ST_ASSIGN);
    b->body->a = to;
    b->body->b = mr_pc_new_expr(p, EX_CONST, p->t->pos);
    b->body->b->type = p->c->elementary[TY_BOOL];
    b->body->b->v.i = (p->t->text[0] | 32) == 's';
    p->t += 2;
    b->cond = mr_pc_parse_expr(p);
    return s;
}

/* a := b := c: b := c and then a := b. Gives the first of them, `last` being a := b. */
static struct pc_stmt *parse_chain(struct pc_parser *p, struct pc_stmt *last)
{
    struct pc_check k = {.c = p->c};
    struct pc_stmt *first = last;
    for (uint32_t length = 0; !p->panic && mr_pc_accept(p, TK_ASSIGN); length++) {
        if (length == MR_PLC_NEST_MAX) {
            mr_pc_syntax(p, "more than %d assignments in a row", MR_PLC_NEST_MAX);
        }
        struct pc_stmt *s = mr_pc_new_stmt(p, ST_ASSIGN, first->b->pos);
        s->a = mr_pc_clone(&k, first->b);
        s->b = mr_pc_parse_expr(p);
        s->next = first;
        first = s;
    }
    return first;
}

static struct pc_stmt *parse_simple(struct pc_parser *p)
{
    struct pc_stmt *s = new_stmt(p, ST_ASSIGN);
    s->a = mr_pc_parse_postfix(p);
    if (p->panic) {
        return s;
    }
    if (mr_pc_accept(p, TK_ASSIGN)) {
        s->b = mr_pc_parse_expr(p);
        return parse_chain(p, s);
    }
    if (mr_pc_accept(p, TK_REFASSIGN)) {
        s->kind = ST_REFASSIGN;
        s->b = mr_pc_parse_expr(p);
        return s;
    }
    if (p->t->kind == TK_IDENT && p->t->n == 1 && p->t[1].kind == TK_EQ && (p->t->text[0] | 32) >= 'r' &&
        (p->t->text[0] | 32) <= 's') {
        return parse_set(p, s->a);
    }
    if (p->t->kind == TK_SEMI && (s->a->kind == EX_NAME || s->a->kind == EX_FIELD)) { /* Unit.Action; as older systems write it */
        struct pc_expr *call = mr_pc_new_expr(p, EX_CALL, s->a->pos);
        call->a = s->a;
        s->a = call;
    }
    if (s->a->kind == EX_CALL) {
        s->kind = ST_CALL;
        return s;
    }
    if (p->t->kind == TK_EQ) {
        mr_pc_syntax(p, "a value is assigned with ':=', not '='");
    } else {
        mr_pc_syntax(p, "':=' or '(' was expected after '%s'", s->a->spelled ? s->a->spelled : "this");
    }
    return s;
}

static bool at_jump_label(const struct pc_parser *p)
{
    return p->cases == 0 && mr_pc_is_name(p->t) && p->t[1].kind == TK_COLON;
}

/* JMP name; and name: are no Structured Text of the standard, but what diagrams' jumps become. */
static struct pc_stmt *parse_jump(struct pc_parser *p)
{
    struct pc_stmt *s = new_stmt(p, at_jump_label(p) ? ST_LABEL : ST_JUMP);
    s->name = p->t[s->kind == ST_LABEL ? 0 : 1].atom;
    p->t += 2;
    return s;
}

static struct pc_stmt *parse_stmt(struct pc_parser *p)
{
    struct pc_stmt *s;
    if (at_jump_label(p) || (p->t->kind == TK_IDENT && mr_pc_is_name(p->t + 1) && strcmp(p->t->atom->name, "JMP") == 0)) {
        return parse_jump(p);
    }
    switch ((unsigned)p->t->kind) {
    case TK_IF:
        return parse_if(p);
    case TK_CASE:
        return parse_case(p);
    case TK_FOR:
        return parse_for(p);
    case TK_WHILE:
        return parse_while(p);
    case TK_REPEAT:
        return parse_repeat(p);
    case TK___TRY:
        return parse_try(p);
    case TK_EXIT:
    case TK_CONTINUE:
        s = new_stmt(p, p->t->kind == TK_EXIT ? ST_EXIT : ST_CONTINUE);
        p->t++;
        return s;
    case TK_RETURN:
        s = mr_pc_new_return(p, p->t->pos);
        p->t++;
        return s;
    default:
        return parse_simple(p);
    }
}

bool mr_pc_ends_body(enum pc_tok kind)
{
    switch ((unsigned)kind) {
    case TK_EOF:
    case TK_ELSIF:
    case TK_ELSE:
    case TK_END_IF:
    case TK_END_CASE:
    case TK_END_FOR:
    case TK_END_WHILE:
    case TK_END_REPEAT:
    case TK___CATCH:
    case TK___FINALLY:
    case TK___ENDTRY:
    case TK_UNTIL:
    case TK_END_FUNCTION:
    case TK_END_FUNCTION_BLOCK:
    case TK_END_PROGRAM:
    case TK_END_METHOD:
    case TK_FUNCTION:
    case TK_FUNCTION_BLOCK:
    case TK_PROGRAM:
    case TK_CONFIGURATION:
    case TK_TYPE:
    case TK_VAR:
    case TK_VAR_INPUT:
    case TK_VAR_OUTPUT:
    case TK_VAR_IN_OUT:
    case TK_VAR_GLOBAL:
    case TK_VAR_EXTERNAL:
    case TK_END_VAR:
    case TK_METHOD:
    case TK_END_ACTION:
    case TK_END_TRANSITION:
    case TK_END_STEP:
    case TK_INITIAL_STEP:
    case TK_END_PROPERTY:
    case TK_END_GET:
    case TK_END_SET:
    case TK_INTERFACE:
    case TK_END_INTERFACE:
    case TK_VAR_STAT:
    case TK_VAR_INST:
    case TK_VAR_TEMP:
        return true;
    default:
        return false;
    }
}

static bool begins_statement(const struct pc_token *t)
{
    return t->first && (t->kind == TK_IF || t->kind == TK_CASE || t->kind == TK_FOR || t->kind == TK_WHILE ||
                        t->kind == TK_REPEAT || t->kind == TK_RETURN || t->kind == TK_EXIT ||
                        (mr_pc_is_name(t) && (t[1].kind == TK_ASSIGN || t[1].kind == TK_LPAREN || t[1].kind == TK_DOT)));
}

/* After a mistake: on to where the next statement surely begins. */
static void recover(struct pc_parser *p)
{
    const struct pc_token *start = p->t;
    while (!mr_pc_ends_body(p->t->kind) && p->t->kind != TK_SEMI && (p->t == start || !begins_statement(p->t))) {
        p->t++;
    }
    (void)mr_pc_accept(p, TK_SEMI);
    p->panic = false;
}

bool mr_pc_at_property(const struct pc_parser *p)
{
    static const char *const words[] = {"PROPERTY", "PROPERTY_GET", "PROPERTY_SET"};
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0] && p->t->kind == TK_IDENT && mr_pc_is_name(p->t + 1); i++) {
        found = found || strcmp(p->t->atom->name, words[i]) == 0;
    }
    return found;
}

struct pc_stmt *mr_pc_parse_body(struct pc_parser *p)
{
    struct pc_stmt *first = NULL;
    struct pc_stmt **tail = &first;
    if (mr_pc_at_list(p)) {
        return mr_pc_parse_list(p, NULL);
    }
    if (mr_pc_at_chart(p)) {
        return mr_pc_parse_chart(p);
    }
    if (!mr_pc_deeper(p)) {
        recover(p);
        p->depth--;
        return NULL;
    }
    uint32_t depth = p->depth;
    while (!mr_pc_ends_body(p->t->kind) && (at_jump_label(p) || !at_label(p)) &&
           !(p->t->kind == TK_ACTION && mr_pc_is_name(p->t + 1)) && !(p->t->first && mr_pc_at_property(p))) {
        if (mr_pc_accept(p, TK_SEMI)) {
            continue;
        }
        const struct pc_token *before = p->t;
        struct pc_stmt *s = parse_stmt(p);
        p->depth = depth;
        bool block = s && ((s->kind == ST_IF && (before->kind == TK_IF || before->kind == TK___TRY)) || s->kind == ST_CASE ||
                           s->kind == ST_FOR || s->kind == ST_WHILE || s->kind == ST_REPEAT || s->kind == ST_LABEL);
        if (!p->panic && !mr_pc_accept(p, TK_SEMI) && !block) {
            mr_pc_missing_semicolon(p);
        }
        if (p->panic) {
            recover(p);
        } else if (s) {
            *tail = s;
            while (*tail) { /* it may be several */
                tail = &(*tail)->next;
            }
        }
        if (p->t == before) {
            p->t++;
        }
    }
    p->depth--;
    if (mr_pc_at_chart(p)) { /* what stands before its first step runs in each scan before it */
        *tail = mr_pc_parse_chart(p);
    }
    return first;
}
