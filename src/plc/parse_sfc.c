/* parse_sfc.c - sequential function charts in text (IEC 61131-3, 2nd edition 2.6: tables 40 to 46) to statements.
 *
 * A step is an instance of SFC_STEP, an action has one of ACTION_CONTROL (both in library.c). A scan tests the transitions after
 * steps that were active in the scan before, so that a step's actions run before its successor is tested (2.6.5, rule 5); then
 * the steps change, then the actions run, without final scan (table 45a, feature 2). */
#include "plc/parse.h"

#include <string.h>

struct association {
    struct pc_atom *step, *action;
    struct pc_atom *input; /* of ACTION_CONTROL */
    const char *member;    /* of SFC_STEP, which drives it */
    struct pc_expr *time;
    struct pc_atom *time_input;
    struct pc_pos pos;
};

struct transition {
    PC_VECTOR(struct pc_atom *) from;
    PC_VECTOR(struct pc_atom *) to;
    struct pc_expr *condition;
    struct pc_stmt *body; /* an instruction list that gives the condition */
    int64_t priority;
    struct pc_pos pos;
};

struct action {
    struct pc_atom *name, *control;
    struct pc_stmt *body;
    bool has_body;
    struct pc_pos pos;
};

struct chart {
    struct pc_parser *p;
    PC_VECTOR(struct pc_atom *) steps;
    struct pc_atom *initial;
    PC_VECTOR(struct association) associations;
    PC_VECTOR(struct transition) transitions;
    PC_VECTOR(struct action) actions;
    struct pc_stmt **tail;
};

/* ---- building blocks ---- */

static struct pc_expr *name_of(struct chart *s, struct pc_atom *name, struct pc_pos pos)
{
    struct pc_expr *e = mr_pc_new_expr(s->p, EX_NAME, pos);
    e->name = name;
    e->spelled = name->name;
    return e;
}

static struct pc_expr *member(struct chart *s, struct pc_atom *of, const char *name, struct pc_pos pos)
{
    struct pc_expr *e = mr_pc_new_expr(s->p, EX_FIELD, pos);
    e->a = name_of(s, of, pos);
    e->name = mr_pc_name(s->p->c, name);
    e->spelled = name;
    return e;
}

static struct pc_expr *truth(struct chart *s, struct pc_pos pos)
{
    struct pc_expr *e = mr_pc_new_expr(s->p, EX_CONST, pos);
    e->type = s->p->c->elementary[TY_BOOL];
    e->v.i = 1;
    return e;
}

static struct pc_expr *both(struct chart *s, enum pc_tok op, struct pc_expr *a, struct pc_expr *b)
{
    if (!a) {
        return b;
    }
    struct pc_expr *e = mr_pc_new_expr(s->p, EX_BINARY, b->pos);
    e->op = op;
    e->a = a;
    e->b = b;
    return e;
}

static struct pc_stmt *add(struct chart *s, enum pc_sk kind, struct pc_pos pos)
{
    struct pc_stmt *st = mr_pc_new_stmt(s->p, kind, pos);
    *s->tail = st;
    s->tail = &st->next;
    return st;
}

static struct pc_stmt *add_if(struct chart *s, struct pc_expr *cond, struct pc_stmt *body)
{
    struct pc_stmt *st = add(s, ST_IF, cond->pos);
    st->branches = mr_pc_alloc(s->p->c->pool, sizeof *st->branches);
    st->branches->cond = cond;
    st->branches->body = body;
    return st;
}

static struct pc_stmt *assign(struct chart *s, struct pc_expr *to, struct pc_expr *value)
{
    struct pc_stmt *st = mr_pc_new_stmt(s->p, ST_ASSIGN, value->pos);
    st->a = to;
    st->b = value;
    return st;
}

static void declare(struct chart *s, struct pc_atom *name, const char *type, bool active, struct pc_pos pos)
{
    struct pc_var *v = mr_pc_alloc(s->p->c->pool, sizeof *v);
    struct pc_tdesc *d = mr_pc_alloc(s->p->c->pool, sizeof *d);
    *d = (struct pc_tdesc){.kind = TD_NAME, .pos = pos, .name = mr_pc_name(s->p->c, type), .spelled = type};
    *v = (struct pc_var){.name = name, .spelled = name->name, .pos = pos, .cls = VC_VAR, .desc = d};
    if (active) {
        struct pc_arg *x = mr_pc_alloc(s->p->c->pool, sizeof *x);
        *x = (struct pc_arg){.name = mr_pc_name(s->p->c, "X"), .pos = pos, .e = truth(s, pos)};
        v->init = mr_pc_new_expr(s->p, EX_LIST, pos);
        v->init->args = x;
    }
    *PC_PUSH(s->p->c->pool, &s->p->pou->vars) = v;
}

/* ---- reading ---- */

/* Table 45: which input of ACTION_CONTROL a qualifier drives, which of its times, and by what of the step. */
static const struct qualifier {
    const char *name, *input, *time;
} qualifiers[] = {{"N", "N", NULL},    {"R", "R0", NULL},   {"S", "S0", NULL},  {"L", "L", "TL"},
                  {"D", "D", "TD"},    {"P", "P", NULL},    {"P1", "P", NULL},  {"P0", "P", NULL},
                  {"SD", "SD", "TSD"}, {"DS", "DS", "TDS"}, {"SL", "SL", "TSL"}};

static const struct qualifier *qualifier_at(const struct pc_token *t)
{
    for (size_t i = 0; t->kind == TK_IDENT && i < sizeof qualifiers / sizeof qualifiers[0]; i++) {
        if (strcmp(qualifiers[i].name, t->atom->name) == 0) {
            return &qualifiers[i];
        }
    }
    return NULL;
}

static const char *step_member(const struct qualifier *q)
{
    return q->name[0] != 'P' ? "X" : (strcmp(q->name, "P0") == 0 ? "FALL" : "RISE");
}

static void parse_association(struct chart *s, struct pc_atom *step)
{
    struct pc_parser *p = s->p;
    const char *spelled;
    struct association a = {.step = step, .pos = p->t->pos};
    a.action = mr_pc_ident(p, &spelled, "the name of an action");
    const struct qualifier *q = &qualifiers[0];
    if (a.action && mr_pc_accept(p, TK_LPAREN)) {
        if (p->t->kind != TK_RPAREN && p->t->kind != TK_COMMA) {
            q = qualifier_at(p->t);
            if (!q) {
                mr_pc_syntax(p, "a qualifier was expected: N R S L D P P0 P1 SD DS SL");
                return;
            }
            p->t++;
        }
        if (q->time) {
            (void)mr_pc_expect(p, TK_COMMA, "before the time that this qualifier needs");
            a.time = mr_pc_parse_expr(p);
            a.time_input = mr_pc_name(p->c, q->time);
        }
        while (mr_pc_accept(p, TK_COMMA)) { /* indicators: variables that show what the action does; they change nothing */
            (void)mr_pc_parse_expr(p);
        }
        (void)mr_pc_expect(p, TK_RPAREN, "after the qualifier");
    }
    a.input = mr_pc_name(p->c, q->input);
    (void)mr_pc_accept(p, TK_SEMI);
    if (!p->panic) {
        a.member = step_member(q);
        *PC_PUSH(p->c->pool, &s->associations) = a;
    }
}

static void recover(struct pc_parser *p, enum pc_tok end)
{
    while (p->panic && p->t->kind != end && p->t->kind != TK_EOF && p->t->kind != TK_STEP && p->t->kind != TK_TRANSITION &&
           p->t->kind != TK_ACTION && p->t->kind != TK_END_PROGRAM && p->t->kind != TK_END_FUNCTION_BLOCK) {
        p->t++;
    }
    if (p->panic) {
        (void)mr_pc_accept(p, end);
    }
    p->panic = false;
    (void)mr_pc_accept(p, TK_SEMI);
}

static void parse_step(struct chart *s)
{
    struct pc_parser *p = s->p;
    bool initial = p->t++->kind == TK_INITIAL_STEP;
    struct pc_pos pos = p->t->pos;
    const char *spelled;
    struct pc_atom *name = mr_pc_ident(p, &spelled, "the name of a step");
    if (name && mr_pc_expect(p, TK_COLON, "after the step's name")) {
        *PC_PUSH(p->c->pool, &s->steps) = name;
        s->initial = initial ? name : s->initial;
        declare(s, name, "SFC_STEP", initial, pos);
        while (!p->panic && mr_pc_is_name(p->t) && p->t->kind != TK_STEP) {
            parse_association(s, name);
        }
        (void)mr_pc_expect(p, TK_END_STEP, "to end STEP");
    }
    recover(p, TK_END_STEP);
}

#define ADD_NAMES(p, vector)                                                                                                     \
    do {                                                                                                                         \
        bool list_ = mr_pc_accept(p, TK_LPAREN);                                                                                 \
        do {                                                                                                                     \
            const char *spelled_;                                                                                                \
            struct pc_atom *name_ = mr_pc_ident(p, &spelled_, "the name of a step");                                             \
            if (name_) {                                                                                                         \
                *PC_PUSH((p)->c->pool, vector) = name_;                                                                          \
            }                                                                                                                    \
        } while (list_ && mr_pc_accept(p, TK_COMMA));                                                                            \
        if (list_) {                                                                                                             \
            (void)mr_pc_expect(p, TK_RPAREN, "after the steps");                                                                 \
        }                                                                                                                        \
    } while (0)

static void parse_priority(struct pc_parser *p, struct transition *t)
{
    p->t++;
    if (p->t->kind == TK_IDENT && strcmp(p->t->atom->name, "PRIORITY") == 0) {
        p->t++;
        (void)mr_pc_expect(p, TK_ASSIGN, "after PRIORITY");
        t->priority = p->t->v.i;
        (void)mr_pc_expect(p, TK_INT, "as the priority");
    }
    (void)mr_pc_expect(p, TK_RPAREN, "after the priority");
}

static void parse_transition(struct chart *s)
{
    struct pc_parser *p = s->p;
    struct transition t = {.pos = p->t->pos, .priority = INT64_MAX};
    p->t++;
    if (mr_pc_is_name(p->t) && strcmp(p->t->atom->name, "FROM") != 0) {
        p->t++;
    }
    if (p->t->kind == TK_LPAREN) {
        parse_priority(p, &t);
    }
    if (!(p->t->kind == TK_IDENT && strcmp(p->t->atom->name, "FROM") == 0)) {
        mr_pc_syntax(p, "FROM was expected");
    } else {
        p->t++;
        ADD_NAMES(p, &t.from);
        (void)mr_pc_expect(p, TK_TO, "after the steps before the transition");
        ADD_NAMES(p, &t.to);
    }
    if (mr_pc_accept(p, TK_COLON)) {
        t.body = mr_pc_parse_list(p, &t.condition);
    } else if (mr_pc_expect(p, TK_ASSIGN, "before the condition")) {
        t.condition = mr_pc_parse_expr(p);
        while (mr_pc_accept(p, TK_SEMI)) {
        }
    }
    if (!t.condition) {
        mr_pc_syntax(p, "a transition needs a condition");
    }
    (void)mr_pc_expect(p, TK_END_TRANSITION, "to end TRANSITION");
    if (!p->panic) {
        *PC_PUSH(p->c->pool, &s->transitions) = t;
    }
    recover(p, TK_END_TRANSITION);
}

static struct action *find_action(struct chart *s, const struct pc_atom *name)
{
    for (uint32_t i = 0; i < s->actions.n; i++) {
        if (s->actions.items[i].name == name) {
            return &s->actions.items[i];
        }
    }
    return NULL;
}

static void parse_action(struct chart *s)
{
    struct pc_parser *p = s->p;
    struct action a = {.pos = (++p->t)->pos, .has_body = true};
    const char *spelled;
    a.name = a.control = mr_pc_ident(p, &spelled, "the name of an action");
    (void)mr_pc_accept(p, TK_COLON);
    if (!p->panic) {
        struct pc_atom *outer = p->return_to;
        p->return_to = mr_pc_name(p->c, mr_pc_fmt(p->c->pool, "%s.END", a.name->name));
        struct pc_stmt **tail = &a.body;
        a.body = mr_pc_parse_body(p);
        while (*tail) {
            tail = &(*tail)->next;
        }
        *tail = mr_pc_new_stmt(p, ST_LABEL, a.pos);
        (*tail)->name = p->return_to;
        p->return_to = outer;
        declare(s, a.control, "ACTION_CONTROL", false, a.pos);
        *PC_PUSH(p->c->pool, &s->actions) = a;
    }
    (void)mr_pc_expect(p, TK_END_ACTION, "to end ACTION");
    recover(p, TK_END_ACTION);
}

/* ---- to statements ---- */

static void sort_by_priority(struct chart *s)
{
    struct transition *t = s->transitions.items;
    for (uint32_t i = 1; i < s->transitions.n; i++) { /* stable: without priorities the text's order counts, left before right */
        struct transition x = t[i];
        uint32_t k = i;
        for (; k > 0 && t[k - 1].priority > x.priority; k--) {
            t[k] = t[k - 1];
        }
        t[k] = x;
    }
}

/* CODESYS: where a unit declares SFCInit or SFCReset, the chart goes back to its initial step while one is TRUE. NULL: no
 * such. */
static struct pc_expr *flag(struct chart *s, const char *name)
{
    const struct pc_pou *pou = s->p->pou;
    for (uint32_t i = 0; i < pou->vars.n; i++) {
        if (pou->vars.items[i]->name && strcmp(pou->vars.items[i]->name->name, name) == 0) {
            return name_of(s, pou->vars.items[i]->name, pou->pos);
        }
    }
    return NULL;
}

static struct pc_expr *reset(struct chart *s)
{
    struct pc_expr *init = flag(s, "SFCINIT");
    struct pc_expr *other = flag(s, "SFCRESET");
    return init && other ? both(s, TK_OR, init, other) : (init ? init : other);
}

static void build_reset(struct chart *s)
{
    struct pc_expr *wanted = reset(s);
    struct pc_stmt *first = NULL;
    struct pc_stmt **tail = &first;
    for (uint32_t i = 0; wanted && i < s->steps.n; i++) {
        struct pc_atom *step = s->steps.items[i];
        *tail = assign(s, member(s, step, step == s->initial ? "ENTER" : "LEAVE", wanted->pos), truth(s, wanted->pos));
        tail = &(*tail)->next;
    }
    if (first) {
        add_if(s, wanted, first);
    }
}

static void build_transition(struct chart *s, struct transition *t)
{
    struct pc_expr *enabled = NULL;
    struct pc_expr *stays = reset(s);
    if (stays) {
        enabled = mr_pc_new_expr(s->p, EX_NOT, t->pos);
        enabled->a = stays;
    }
    struct pc_stmt *first = NULL;
    struct pc_stmt **tail = &first;
    for (uint32_t i = 0; i < t->from.n; i++) {
        struct pc_expr *left = mr_pc_new_expr(s->p, EX_NOT, t->pos);
        left->a = member(s, t->from.items[i], "LEAVE", t->pos);
        enabled = both(s, TK_AND, both(s, TK_AND, enabled, member(s, t->from.items[i], "WAS", t->pos)), left);
        *tail = assign(s, member(s, t->from.items[i], "LEAVE", t->pos), truth(s, t->pos));
        tail = &(*tail)->next;
    }
    for (uint32_t i = 0; i < t->to.n; i++) {
        *tail = assign(s, member(s, t->to.items[i], "ENTER", t->pos), truth(s, t->pos));
        tail = &(*tail)->next;
    }
    *s->tail = t->body;
    while (*s->tail) {
        s->tail = &(*s->tail)->next;
    }
    add_if(s, both(s, TK_AND, enabled, t->condition), first);
}

static void build_control(struct chart *s, struct action *a)
{
    struct pc_expr *call = mr_pc_new_expr(s->p, EX_CALL, a->pos);
    call->a = name_of(s, a->control, a->pos);
    for (uint32_t i = 0; i < s->associations.n; i++) {
        const struct association *x = &s->associations.items[i];
        if (x->action != a->name) {
            continue;
        }
        if (x->time) {
            add_if(s, member(s, x->step, "X", x->pos), assign(s, member(s, a->control, x->time_input->name, x->pos), x->time));
        }
        struct pc_arg *arg = call->args;
        while (arg && arg->name != x->input) {
            arg = arg->next;
        }
        if (!arg) {
            arg = mr_pc_alloc(s->p->c->pool, sizeof *arg);
            *arg = (struct pc_arg){.next = call->args, .name = x->input, .pos = x->pos};
            call->args = arg;
        }
        arg->e = both(s, TK_OR, arg->e, member(s, x->step, x->member, x->pos));
    }
    add(s, ST_CALL, a->pos)->a = call;
}

/* What associations name without an ACTION of that name is a Boolean variable (table 44). */
static void add_variables(struct chart *s)
{
    for (uint32_t i = 0; i < s->associations.n; i++) {
        const struct association *x = &s->associations.items[i];
        if (!find_action(s, x->action)) {
            struct pc_atom *control = mr_pc_name(s->p->c, mr_pc_fmt(s->p->c->pool, "%s.CONTROL", x->action->name));
            declare(s, control, "ACTION_CONTROL", false, x->pos);
            *PC_PUSH(s->p->c->pool, &s->actions) = (struct action){.name = x->action, .control = control, .pos = x->pos};
        }
    }
}

/* Calls every step: first for the time that transitions may ask for, then, when they were tested, for its state. */
static void call_steps(struct chart *s, bool clock)
{
    for (uint32_t i = 0; i < s->steps.n; i++) {
        struct pc_stmt *st = add(s, ST_CALL, s->p->pou->pos);
        st->a = mr_pc_new_expr(s->p, EX_CALL, st->pos);
        st->a->a = name_of(s, s->steps.items[i], st->pos);
        if (clock) {
            st->a->args = mr_pc_alloc(s->p->c->pool, sizeof *st->a->args);
            *st->a->args = (struct pc_arg){.name = mr_pc_name(s->p->c, "CLOCK"), .pos = st->pos, .e = truth(s, st->pos)};
        }
    }
}

static void build(struct chart *s)
{
    sort_by_priority(s);
    add_variables(s);
    call_steps(s, true);
    build_reset(s);
    for (uint32_t i = 0; i < s->transitions.n; i++) {
        build_transition(s, &s->transitions.items[i]);
    }
    call_steps(s, false);
    if (flag(s, "SFCINIT")) { /* which lets the initial step do nothing */
        add_if(s, flag(s, "SFCINIT"), mr_pc_new_return(s->p, s->p->pou->pos));
    }
    for (uint32_t i = 0; i < s->actions.n; i++) {
        build_control(s, &s->actions.items[i]);
    }
    for (uint32_t i = 0; i < s->actions.n; i++) {
        struct action *a = &s->actions.items[i];
        if (a->has_body) {
            add_if(s, member(s, a->control, "Q", a->pos), a->body);
        } else {
            *s->tail = assign(s, name_of(s, a->name, a->pos), member(s, a->control, "Q", a->pos));
            s->tail = &(*s->tail)->next;
        }
    }
}

bool mr_pc_at_chart(const struct pc_parser *p)
{
    return p->pou && (p->pou->kind == PC_FB || p->pou->kind == PC_PROGRAM) &&
           (p->t->kind == TK_INITIAL_STEP || (p->t->kind == TK_STEP && mr_pc_is_name(p->t + 1) && p->t[2].kind == TK_COLON));
}

struct pc_stmt *mr_pc_parse_chart(struct pc_parser *p)
{
    struct pc_stmt *first = NULL;
    struct chart s = {.p = p, .tail = &first};
    for (;;) {
        switch ((unsigned)p->t->kind) {
        case TK_INITIAL_STEP:
        case TK_STEP:
            parse_step(&s);
            break;
        case TK_TRANSITION:
            parse_transition(&s);
            break;
        case TK_ACTION:
            parse_action(&s);
            break;
        case TK_SEMI:
            p->t++;
            break;
        default:
            build(&s);
            return first;
        }
    }
}
