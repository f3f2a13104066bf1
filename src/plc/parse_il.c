/* parse_il.c - instruction lists (IEC 61131-3, 2nd edition 3.2: tables 51 to 54) to statements.
 *
 * The current result is an expression that grows from instruction to instruction. Where it is needed again after a statement, it
 * first goes into a variable that takes the expression's type. */
#include "plc/parse.h"

#include <string.h>

enum il_op { IL_LD, IL_ST, IL_SET, IL_RESET, IL_BINARY, IL_NOT, IL_JMP, IL_CAL, IL_RET, IL_INPUT, IL_PRESET };

struct operation {
    const char *name;
    enum il_op op;
    enum pc_tok tok;
    bool negated, conditional;
};

static const struct operation operations[] = {
    {"LD", IL_LD, TK_EOF, false, false},        {"LDN", IL_LD, TK_EOF, true, false},
    {"ST", IL_ST, TK_EOF, false, false},        {"STN", IL_ST, TK_EOF, true, false},
    {"S", IL_SET, TK_EOF, false, false},        {"R", IL_RESET, TK_EOF, false, false},
    {"AND", IL_BINARY, TK_AND, false, false},   {"ANDN", IL_BINARY, TK_AND, true, false},
    {"OR", IL_BINARY, TK_OR, false, false},     {"ORN", IL_BINARY, TK_OR, true, false},
    {"XOR", IL_BINARY, TK_XOR, false, false},   {"XORN", IL_BINARY, TK_XOR, true, false},
    {"NOT", IL_NOT, TK_EOF, false, false},      {"ADD", IL_BINARY, TK_PLUS, false, false},
    {"SUB", IL_BINARY, TK_MINUS, false, false}, {"MUL", IL_BINARY, TK_STAR, false, false},
    {"DIV", IL_BINARY, TK_SLASH, false, false}, {"MOD", IL_BINARY, TK_MOD, false, false},
    {"GT", IL_BINARY, TK_GT, false, false},     {"GE", IL_BINARY, TK_GE, false, false},
    {"EQ", IL_BINARY, TK_EQ, false, false},     {"NE", IL_BINARY, TK_NE, false, false},
    {"LE", IL_BINARY, TK_LE, false, false},     {"LT", IL_BINARY, TK_LT, false, false},
    {"JMP", IL_JMP, TK_EOF, false, false},      {"JMPC", IL_JMP, TK_EOF, false, true},
    {"JMPCN", IL_JMP, TK_EOF, true, true},      {"CAL", IL_CAL, TK_EOF, false, false},
    {"CALC", IL_CAL, TK_EOF, false, true},      {"CALCN", IL_CAL, TK_EOF, true, true},
    {"RET", IL_RET, TK_EOF, false, false},      {"RETC", IL_RET, TK_EOF, false, true},
    {"RETCN", IL_RET, TK_EOF, true, true},      {"S1", IL_INPUT, TK_EOF, false, false},
    {"R1", IL_INPUT, TK_EOF, false, false},     {"CLK", IL_INPUT, TK_EOF, false, false},
    {"CU", IL_INPUT, TK_EOF, false, false},     {"CD", IL_INPUT, TK_EOF, false, false},
    {"IN", IL_INPUT, TK_EOF, false, false},     {"PV", IL_PRESET, TK_EOF, false, false},
    {"PT", IL_PRESET, TK_EOF, false, false},
};

struct deferred { /* an operation that waits for its ')' */
    const struct operation *operation;
    struct pc_expr *left;
    struct pc_pos pos;
};

struct joint { /* a label behind which the result is used: jumps to it and what stands above it leave theirs in one variable */
    const struct pc_atom *label;
    struct pc_var *result;
};

struct list {
    struct pc_parser *p;
    const struct pc_token *begin;
    PC_VECTOR(struct joint) joints;
    struct pc_stmt **tail;
    struct pc_expr *result; /* NULL: nothing is loaded */
    struct deferred open[MR_PLC_NEST_MAX];
    uint32_t nopen;
};

static const struct operation *operation_at(const struct pc_token *t)
{
    static const struct operation amp = {"&", IL_BINARY, TK_AND, false, false};
    static const struct operation amp_n = {"&N", IL_BINARY, TK_AND, true, false};
    if (t->kind == TK_AMP) {
        return t[1].kind == TK_IDENT && t[1].n == 1 && t[1].text == t->text + 1 && t[1].atom->name[0] == 'N' ? &amp_n : &amp;
    }
    for (size_t i = 0; t->atom && t->kind >= TK_IDENT && i < sizeof operations / sizeof operations[0]; i++) {
        if (t->kind != TK_PREFIX && t->kind != TK_TIME && strcmp(operations[i].name, t->atom->name) == 0) {
            return &operations[i];
        }
    }
    return NULL;
}

bool mr_pc_at_list(const struct pc_parser *p)
{
    const struct pc_token *t = p->t;
    if (mr_pc_is_name(t) && t[1].kind == TK_COLON && operation_at(t + 2)) {
        return true;
    }
    return t->kind == TK_IDENT && operation_at(t) && t[1].kind != TK_ASSIGN && t[1].kind != TK_DOT && t[1].kind != TK_LBRACKET &&
           t[1].kind != TK_SEMI && t[1].kind != TK_LPAREN && t[1].kind != TK_CARET && t[1].kind != TK_EQ &&
           t[1].kind != TK_REFASSIGN;
}

static struct pc_stmt *add(struct list *l, enum pc_sk kind, struct pc_pos pos)
{
    struct pc_stmt *s = mr_pc_new_stmt(l->p, kind, pos);
    *l->tail = s;
    l->tail = &s->next;
    return s;
}

static struct pc_expr *inverted(struct list *l, struct pc_expr *e)
{
    struct pc_expr *n = mr_pc_new_expr(l->p, EX_NOT, e->pos);
    n->a = e;
    return n;
}

static bool of_literals(const struct pc_expr *e)
{
    for (; e; e = e->a) {
        if ((e->kind != EX_CONST && e->kind != EX_TYPED && e->kind != EX_NEG && e->kind != EX_BINARY) ||
            (e->b && !of_literals(e->b))) {
            return false;
        }
        if (e->kind == EX_TYPED) {
            return true;
        }
    }
    return true;
}

static struct pc_expr *copy_of(struct list *l, const struct pc_expr *e)
{
    struct pc_expr *c = mr_pc_new_expr(l->p, e->kind, e->pos);
    *c = *e;
    c->a = e->a ? copy_of(l, e->a) : NULL;
    c->b = e->b ? copy_of(l, e->b) : NULL;
    return c;
}

static struct pc_var *result_variable(struct list *l, struct pc_pos pos)
{
    struct pc_var *v = mr_pc_alloc(l->p->c->pool, sizeof *v);
    *v = (struct pc_var){.name = NULL, .spelled = "the result", .pos = pos, .cls = VC_TEMP, .inferred = true};
    return v;
}

static struct pc_expr *value_of(struct list *l, struct pc_var *v, struct pc_pos pos)
{
    struct pc_expr *e = mr_pc_new_expr(l->p, EX_VAR, pos);
    e->var = v;
    return e;
}

static struct pc_stmt *stored(struct list *l, struct pc_var *v, struct pc_expr *value)
{
    struct pc_stmt *s = mr_pc_new_stmt(l->p, ST_ASSIGN, value->pos);
    s->a = value_of(l, v, value->pos);
    s->b = value;
    return s;
}

/* The result as a value that may be used more than once. */
static struct pc_expr *kept(struct list *l)
{
    if (!of_literals(l->result) && !(l->result->kind == EX_VAR && l->result->var->inferred)) {
        struct pc_var *v = result_variable(l, l->result->pos);
        struct pc_stmt *s = stored(l, v, l->result);
        *l->tail = s;
        l->tail = &s->next;
        l->result = value_of(l, v, s->pos);
    }
    struct pc_expr *value = copy_of(l, l->result);
    return value;
}

/* Does what stands behind a label begin with the result that arrives there? */
static bool uses_result(const struct pc_token *t)
{
    while (t->kind == TK_SEMI) {
        t++;
    }
    const struct operation *o = operation_at(t);
    if (!o) { /* a function takes the result, but for one with arguments in parentheses */
        return mr_pc_is_name(t) && t[1].kind != TK_COLON && t[1].kind != TK_LPAREN;
    }
    bool unconditional = (o->op == IL_JMP || o->op == IL_CAL || o->op == IL_RET) && !o->conditional;
    return o->op != IL_LD && !unconditional;
}

/* Where the result goes for what stands behind that label; NULL where it is not used there. */
static struct pc_var *joint_at(struct list *l, const struct pc_atom *label)
{
    for (uint32_t i = 0; i < l->joints.n; i++) {
        if (l->joints.items[i].label == label) {
            return l->joints.items[i].result;
        }
    }
    struct joint j = {.label = label};
    for (const struct pc_token *t = l->begin; !mr_pc_ends_body(t->kind); t++) {
        if (t->atom == label && mr_pc_is_name(t) && t[1].kind == TK_COLON) {
            j.result = uses_result(t + 2) ? result_variable(l, t->pos) : NULL;
            break;
        }
    }
    *PC_PUSH(l->p->c->pool, &l->joints) = j;
    return j.result;
}

static void label(struct list *l)
{
    struct pc_parser *p = l->p;
    struct pc_var *result = joint_at(l, p->t->atom);
    if (result && l->result) {
        struct pc_stmt *s = stored(l, result, l->result);
        *l->tail = s;
        l->tail = &s->next;
    }
    add(l, ST_LABEL, p->t->pos)->name = p->t->atom;
    l->result = result ? value_of(l, result, p->t->pos) : NULL;
    p->t += 2;
}

static bool loaded(struct list *l)
{
    if (l->result) {
        return true;
    }
    mr_pc_syntax(l->p, "nothing is loaded here; LD comes first");
    l->result = mr_pc_new_expr(l->p, EX_CONST, l->p->t->pos);
    l->result->type = l->p->c->elementary[TY_ERROR]; /* told once */
    return false;
}

/* The result for one more use: the last one where something else is loaded next. */
static struct pc_expr *used(struct list *l)
{
    const struct operation *next = operation_at(l->p->t);
    bool last = l->nopen == 0 && ((next && next->op == IL_LD) || mr_pc_ends_body(l->p->t->kind));
    struct pc_expr *value = l->result;
    if (last && l->p->t->kind != TK_END_TRANSITION) {
        l->result = NULL;
        return value;
    }
    return kept(l);
}

static struct pc_stmt *conditional(struct list *l, const struct operation *o, struct pc_stmt *what)
{
    if (!o->conditional) {
        *l->tail = what;
        while (*l->tail) {
            l->tail = &(*l->tail)->next;
        }
        return what;
    }
    struct pc_stmt *s = mr_pc_new_stmt(l->p, ST_IF, what->pos);
    struct pc_expr *value = loaded(l) ? kept(l) : mr_pc_new_expr(l->p, EX_CONST, what->pos);
    s->branches = mr_pc_alloc(l->p->c->pool, sizeof *s->branches);
    s->branches->cond = o->negated ? inverted(l, value) : value;
    s->branches->body = what;
    *l->tail = s;
    l->tail = &s->next;
    return s;
}

static void load(struct list *l, struct pc_expr *e)
{
    if (l->result && l->result->kind == EX_CALL && l->nopen == 0) {
        (void)kept(l); /* a call whose value nobody wants may have effects */
    }
    l->result = e;
}

static bool is_bistable(struct list *l, const struct pc_expr *e)
{
    struct pc_pou *pou = l->p->pou;
    for (uint32_t i = 0; pou && e->kind == EX_NAME && i < pou->vars.n; i++) {
        const struct pc_var *v = pou->vars.items[i];
        if (v->name == e->name && v->desc->kind == TD_NAME && v->desc->name) {
            const char *type = v->desc->name->name;
            return strcmp(type, "SR") == 0 || strcmp(type, "RS") == 0 || strncmp(type, "CTU", 3) == 0;
        }
    }
    return false;
}

/* PV C10, CU C10 (table 54): sets that input of the block; all but the presets call it too. */
static void input(struct list *l, const struct operation *o, const char *name, struct pc_pos pos)
{
    struct pc_expr *block = mr_pc_parse_operand(l->p);
    if (!loaded(l)) {
        return;
    }
    struct pc_expr *value = used(l);
    if (o->op == IL_PRESET) {
        struct pc_stmt *s = add(l, ST_ASSIGN, pos);
        s->a = mr_pc_new_expr(l->p, EX_FIELD, pos);
        s->a->a = block;
        s->a->name = mr_pc_name(l->p->c, name);
        s->a->spelled = name;
        s->b = value;
        return;
    }
    struct pc_arg *a = mr_pc_alloc(l->p->c->pool, sizeof *a);
    *a = (struct pc_arg){.name = mr_pc_name(l->p->c, name), .pos = pos, .e = value};
    struct pc_expr *call = mr_pc_new_expr(l->p, EX_CALL, pos);
    call->a = block;
    call->args = a;
    add(l, ST_CALL, pos)->a = call;
}

static void set_or_reset(struct list *l, const struct operation *o, struct pc_pos pos)
{
    struct pc_token *at = l->p->t;
    struct pc_expr *x = mr_pc_parse_operand(l->p);
    if (is_bistable(l, x)) {
        l->p->t = at;
        input(l, &(struct operation){.op = IL_INPUT}, o->op == IL_SET ? "S" : "R", pos);
        return;
    }
    if (!loaded(l)) {
        return;
    }
    struct pc_expr *value = used(l);
    struct pc_stmt *s = mr_pc_new_stmt(l->p, ST_ASSIGN, pos);
    s->a = x;
    s->b = mr_pc_new_expr(l->p, EX_CONST, pos);
    s->b->type = l->p->c->elementary[TY_BOOL];
    s->b->v.i = o->op == IL_SET;
    struct pc_stmt *i = add(l, ST_IF, pos);
    i->branches = mr_pc_alloc(l->p->c->pool, sizeof *i->branches);
    i->branches->cond = value;
    i->branches->body = s;
}

static void call_block(struct list *l, const struct operation *o, struct pc_pos pos)
{
    struct pc_stmt *s = mr_pc_new_stmt(l->p, ST_CALL, pos);
    s->a = mr_pc_parse_operand(l->p);
    if (s->a->kind != EX_CALL) {
        struct pc_expr *call = mr_pc_new_expr(l->p, EX_CALL, pos);
        call->a = s->a;
        s->a = call;
    }
    if (l->result && !o->conditional) {
        (void)kept(l); /* the result stays over the call */
    }
    (void)conditional(l, o, s);
}

static struct pc_expr *combined(struct list *l, const struct operation *o, struct pc_expr *a, struct pc_expr *b,
                                struct pc_pos pos)
{
    struct pc_expr *e = mr_pc_new_expr(l->p, EX_BINARY, pos);
    e->op = o->tok;
    e->a = a;
    e->b = o->negated ? inverted(l, b) : b;
    return e;
}

static void binary(struct list *l, const struct operation *o, struct pc_pos pos)
{
    if (!loaded(l)) {
        return;
    }
    if (!mr_pc_accept(l->p, TK_LPAREN)) {
        l->result = combined(l, o, l->result, mr_pc_parse_operand(l->p), pos);
        return;
    }
    if (l->nopen == MR_PLC_NEST_MAX) {
        mr_pc_syntax(l->p, "nested more than %d deep", MR_PLC_NEST_MAX);
        return;
    }
    l->open[l->nopen++] = (struct deferred){o, l->result, pos};
    const struct operation *next = operation_at(l->p->t);
    l->result = next && next->op == IL_LD ? NULL : mr_pc_parse_operand(l->p);
}

static void close(struct list *l)
{
    if (l->nopen == 0) {
        mr_pc_syntax(l->p, "this ')' closes nothing");
        return;
    }
    if (loaded(l)) {
        struct deferred *d = &l->open[--l->nopen];
        l->result = combined(l, d->operation, d->left, l->result, d->pos);
    }
    l->p->t++;
}

/* A function or method: with the result as its first argument and others behind it, or with named arguments in parentheses. */
static void call_function(struct list *l)
{
    struct pc_parser *p = l->p;
    struct pc_expr *call = mr_pc_new_expr(p, EX_CALL, p->t->pos);
    call->a = mr_pc_new_expr(p, EX_NAME, p->t->pos);
    call->a->name = mr_pc_ident(p, &call->a->spelled, "an operator or a function");
    if (!call->a->name) {
        return;
    }
    while (mr_pc_accept(p, TK_DOT)) { /* a method */
        struct pc_expr *field = mr_pc_new_expr(p, EX_FIELD, p->t->pos);
        field->a = call->a;
        field->name = mr_pc_ident(p, &field->spelled, "the name of a method");
        if (!field->name) {
            return;
        }
        call->a = field;
    }
    if (mr_pc_accept(p, TK_LPAREN)) {
        call->args = mr_pc_parse_args(p);
        load(l, call);
        return;
    }
    if (!loaded(l)) {
        return;
    }
    call->args = mr_pc_alloc(p->c->pool, sizeof *call->args);
    *call->args = (struct pc_arg){.pos = call->pos, .e = l->result};
    struct pc_arg **tail = &call->args->next;
    while (!p->panic && (*tail || !p->t->first) && p->t->kind != TK_RPAREN && !mr_pc_ends_body(p->t->kind)) {
        struct pc_arg *a = mr_pc_alloc(p->c->pool, sizeof *a);
        *a = (struct pc_arg){.pos = p->t->pos, .e = mr_pc_parse_operand(p)};
        *tail = a;
        tail = &a->next;
        if (!mr_pc_accept(p, TK_COMMA)) {
            break;
        }
    }
    l->result = call;
}

static void instruction(struct list *l, const struct operation *o)
{
    struct pc_parser *p = l->p;
    struct pc_pos pos = p->t->pos;
    p->t += o->name[0] == '&' && o->negated ? 2 : 1;
    struct pc_stmt *s;
    switch (o->op) {
    case IL_LD: {
        struct pc_expr *e = mr_pc_parse_operand(p);
        load(l, o->negated ? inverted(l, e) : e);
        return;
    }
    case IL_ST: {
        struct pc_expr *to = mr_pc_parse_operand(p);
        if (loaded(l)) {
            struct pc_expr *value = used(l);
            s = add(l, ST_ASSIGN, pos);
            s->a = to;
            s->b = o->negated ? inverted(l, value) : value;
        }
        return;
    }
    case IL_SET:
    case IL_RESET:
        set_or_reset(l, o, pos);
        return;
    case IL_BINARY:
        binary(l, o, pos);
        return;
    case IL_NOT:
        l->result = loaded(l) ? inverted(l, l->result) : NULL;
        return;
    case IL_JMP: {
        const char *spelled;
        s = mr_pc_new_stmt(p, ST_JUMP, pos);
        s->name = mr_pc_ident(p, &spelled, "a label");
        struct pc_var *result = s->name && l->result ? joint_at(l, s->name) : NULL;
        if (result) {
            struct pc_stmt *jump = s;
            s = stored(l, result, kept(l));
            s->next = jump;
        }
        if (s->name || result) {
            (void)conditional(l, o, s);
        }
        return;
    }
    case IL_CAL:
        call_block(l, o, pos);
        return;
    case IL_RET:
        (void)conditional(l, o, mr_pc_new_return(p, pos));
        return;
    case IL_INPUT:
    case IL_PRESET:
        input(l, o, o->name, pos);
        return;
    }
}

static void instructions(struct list *l, bool argument)
{
    struct pc_parser *p = l->p;
    while (!mr_pc_ends_body(p->t->kind) && !(argument && l->nopen == 0 && p->t->kind == TK_RPAREN)) {
        const struct pc_token *before = p->t;
        const struct operation *o = operation_at(p->t);
        if (p->t->kind == TK_SEMI) {
            p->t++;
        } else if (mr_pc_is_name(p->t) && p->t[1].kind == TK_COLON) {
            label(l);
        } else if (p->t->kind == TK_RPAREN) {
            close(l);
        } else if (o) {
            instruction(l, o);
        } else {
            call_function(l);
        }
        while (p->panic && !mr_pc_ends_body(p->t->kind) && (p->t == before || !p->t->first)) {
            p->t++;
        }
        p->panic = false;
    }
    if (l->nopen > 0) {
        mr_pc_syntax(p, "')' is missing");
        p->panic = false;
    }
}

struct pc_stmt *mr_pc_parse_list(struct pc_parser *p, struct pc_expr **result)
{
    struct pc_stmt *first = NULL;
    struct list l = {.p = p, .begin = p->t, .tail = &first};
    instructions(&l, false);
    if (result) {
        *result = l.result;
    } else {
        load(&l, NULL);
    }
    return first;
}

bool mr_pc_at_list_argument(const struct pc_parser *p)
{
    const struct operation *o = p->t->kind == TK_LPAREN ? operation_at(p->t + 1) : NULL;
    enum pc_tok operand = p->t[2].kind;
    return o && o->op == IL_LD &&
           (mr_pc_is_name(p->t + 2) || operand == TK_INT || operand == TK_REAL || operand == TK_STRING || operand == TK_WSTRING ||
            operand == TK_TIME || operand == TK_PREFIX || operand == TK_ADDRESS || operand == TK_TRUE || operand == TK_FALSE);
}

struct pc_expr *mr_pc_parse_list_argument(struct pc_parser *p)
{
    struct pc_stmt *first = NULL;
    if (++p->depth > MR_PLC_NEST_MAX) {
        mr_pc_syntax(p, "nested more than %d deep", MR_PLC_NEST_MAX);
        p->depth--;
        return NULL;
    }
    p->t++;
    struct list l = {.p = p, .begin = p->t, .tail = &first};
    instructions(&l, true);
    p->depth--;
    (void)mr_pc_expect(p, TK_RPAREN, "after the instructions");
    if (first && !p->panic) {
        mr_pc_syntax(p, "instructions in an argument only give its value; they store and call nothing");
    }
    return l.result;
}
