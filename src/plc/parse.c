/* parse.c - the units of a project: functions, function blocks, programs, types, configurations (IEC 61131-3, annex B.1.5 to
 * B.1.7, and methods and namespaces of the 3rd edition). */
#include "plc/parse.h"

#include <stdarg.h>
#include <string.h>

void mr_pc_syntax(struct pc_parser *p, const char *fmt, ...)
{
    if (p->panic) {
        return;
    }
    p->panic = true;
    char text[512];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    PC_ERROR(p->c, p->t->pos, "%s", text);
}

/* Told where it should have stood: behind the last token. */
void mr_pc_missing_semicolon(struct pc_parser *p)
{
    const struct pc_token *last = p->t - 1;
    struct pc_pos pos = last->pos;
    pos.col = (uint16_t)(pos.col + last->n);
    if (!p->panic) {
        PC_ERROR(p->c, pos, "';' is missing");
    }
    p->panic = true;
}

bool mr_pc_accept(struct pc_parser *p, enum pc_tok kind)
{
    if (p->t->kind != kind || kind == TK_EOF) {
        return false;
    }
    p->t++;
    return true;
}

bool mr_pc_expect(struct pc_parser *p, enum pc_tok kind, const char *where)
{
    if (p->panic) {
        return false;
    }
    if (mr_pc_accept(p, kind)) {
        return true;
    }
    if (p->t->kind == TK_EOF) {
        mr_pc_syntax(p, "%s %s was expected, but the file ends here", mr_pc_tok_text(kind), where);
    } else if (kind == TK_SEMI) {
        mr_pc_missing_semicolon(p);
    } else {
        mr_pc_syntax(p, "%s %s was expected, not '%s'", mr_pc_tok_text(kind), where, mr_pc_spelled(p, p->t));
    }
    return false;
}

bool mr_pc_is_name(const struct pc_token *t)
{
    switch ((unsigned)t->kind) {
    case TK_IDENT:
    case TK_STEP:
    case TK_TRANSITION:
    case TK_ACTION:
    case TK_TASK:
    case TK_RESOURCE:
    case TK_INTERFACE:
    case TK_NAMESPACE:
    case TK_USING:
    case TK_POINTER:
    case TK_REFERENCE:
    case TK_PERSISTENT:
    case TK_EXTENDS:
    case TK_IMPLEMENTS:
    case TK_WITH:
    case TK_UNION:
        return true;
    default:
        return false;
    }
}

const char *mr_pc_spelled(struct pc_parser *p, const struct pc_token *t)
{
    return mr_pc_text(p->c->pool, t->text, t->n > 100 ? 100 : t->n);
}

struct pc_atom *mr_pc_ident(struct pc_parser *p, const char **spelled, const char *what)
{
    if (p->panic) {
        return NULL;
    }
    if (!mr_pc_is_name(p->t)) {
        const char *got = p->t->kind == TK_EOF ? "the end of the file" : mr_pc_spelled(p, p->t);
        mr_pc_syntax(p, "%s was expected, not %s%s", what, got, p->t->kind > TK_HASH ? ", which is a word of the language" : "");
        return NULL;
    }
    *spelled = mr_pc_spelled(p, p->t);
    return p->t++->atom;
}

static bool word(const struct pc_token *t, const char *name)
{
    return t->atom && t->kind != TK_PREFIX && t->kind != TK_TIME && strcmp(t->atom->name, name) == 0;
}

void mr_pc_skip_access(struct pc_parser *p)
{
    static const char *const words[] = {"PUBLIC", "PRIVATE", "PROTECTED", "INTERNAL", "FINAL", "ABSTRACT", "OVERRIDE"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (p->t->kind == TK_IDENT && word(p->t, words[i]) && (mr_pc_is_name(p->t + 1) || p->t[1].kind == TK_METHOD)) {
            p->t++;
            i = (size_t)-1;
        }
    }
}

struct unit {
    struct pc_parser *p;
    struct pc_pou *pou;
};

static void add_global(void *ctx, struct pc_var *v)
{
    struct pc_parser *p = ctx;
    v->cls = VC_GLOBAL;
    *PC_PUSH(p->c->pool, &p->c->globals) = v;
}

static void add_local(void *ctx, struct pc_var *v)
{
    struct unit *u = ctx;
    if (v->cls == VC_GLOBAL) { /* some systems let programs declare them */
        add_global(u->p, v);
    } else {
        *PC_PUSH(u->p->c->pool, &u->pou->vars) = v;
    }
}

/* VAR_ACCESS: paths for other controllers; here every variable has its own already. */
static bool skip_paths(struct pc_parser *p)
{
    if (p->t->kind != TK_VAR_ACCESS) {
        return false;
    }
    while (p->t->kind != TK_END_VAR && p->t->kind != TK_EOF) {
        p->t++;
    }
    p->t += p->t->kind == TK_END_VAR ? 1 : 0;
    return true;
}

static enum pc_tok end_of(enum pc_tok begin)
{
    switch ((unsigned)begin) {
    case TK_FUNCTION:
        return TK_END_FUNCTION;
    case TK_FUNCTION_BLOCK:
        return TK_END_FUNCTION_BLOCK;
    case TK_METHOD:
        return TK_END_METHOD;
    case TK_ACTION:
        return TK_END_ACTION;
    case TK_INTERFACE:
        return TK_END_INTERFACE;
    default:
        return TK_END_PROGRAM;
    }
}

/* Does the next unit begin here, or the file end? */
static bool ends_here(const struct pc_parser *p)
{
    return p->t->kind == TK_EOF || p->t->kind == TK_FUNCTION || p->t->kind == TK_FUNCTION_BLOCK || p->t->kind == TK_PROGRAM ||
           p->t->kind == TK_CONFIGURATION || p->t->kind == TK_TYPE || p->t->kind == TK_INTERFACE;
}

static struct pc_pou *parse_unit(struct pc_parser *p, struct pc_pou *owner);

static void parse_extends(struct pc_parser *p, struct pc_pou *pou)
{
    if (mr_pc_accept(p, TK_EXTENDS)) {
        const char *spelled;
        pou->extends_pos = p->t->pos;
        pou->extends_name = mr_pc_ident(p, &spelled, "a function block");
        while (pou->interface && mr_pc_accept(p, TK_COMMA)) {
            *PC_PUSH(p->c->pool, &pou->interfaces) = mr_pc_ident(p, &spelled, "an interface");
        }
    }
    if (mr_pc_accept(p, TK_IMPLEMENTS)) {
        const char *spelled;
        do {
            *PC_PUSH(p->c->pool, &pou->interfaces) = mr_pc_ident(p, &spelled, "an interface");
        } while (mr_pc_accept(p, TK_COMMA));
    }
}

/* ACTION name: ... END_ACTION outside of a chart: a method without parameters. */
static bool at_action(const struct pc_parser *p, const struct pc_pou *pou)
{
    return p->t->kind == TK_ACTION && mr_pc_is_name(p->t + 1) && p->t[2].kind != TK_ASSIGN &&
           (pou->kind == PC_FB || pou->kind == PC_PROGRAM);
}

static bool at_method(const struct pc_parser *p, const struct pc_pou *pou)
{
    return at_action(p, pou) || (p->t->kind == TK_METHOD && (pou->kind == PC_FB || pou->kind == PC_PROGRAM));
}

static bool at_property(const struct pc_parser *p, const struct pc_pou *pou)
{
    return mr_pc_at_property(p) && (pou->kind == PC_FB || pou->kind == PC_PROGRAM);
}

/* What stands between GET and END_GET, or SET and END_SET: a method, named so that no program can name it. */
static struct pc_pou *parse_accessor(struct pc_parser *p, struct pc_pou *owner, struct pc_pou *property, bool get,
                                     enum pc_tok end)
{
    struct pc_pou *m = mr_pc_alloc(p->c->pool, sizeof *m);
    const char *first = p->t[-1].source;
    *m =
        (struct pc_pou){.kind = PC_METHOD, .owner = owner, .pos = p->t->pos, .value_name = property->name, .library = p->library};
    m->spelled = mr_pc_fmt(p->c->pool, "%s.%s", property->spelled, get ? "GET" : "SET");
    m->name = mr_pc_accessor(p->c, property->name, get);
    if (get) {
        m->result_desc = property->result_desc;
    } else {
        struct pc_var *v = mr_pc_alloc(p->c->pool, sizeof *v);
        *v = (struct pc_var){
            .name = property->name, .spelled = property->spelled, .pos = m->pos, .cls = VC_INPUT, .desc = property->result_desc};
        *PC_PUSH(p->c->pool, &m->vars) = v;
    }
    struct unit u = {p, m};
    p->pou = m;
    while (mr_pc_var_block(p)) {
        mr_pc_parse_vars(p, add_local, &u);
    }
    m->body = mr_pc_parse_body(p);
    p->pou = owner;
    (void)mr_pc_expect(p, end, "to end it");
    p->panic = false;
    m->source = mr_slice(first, (size_t)(p->t[-1].source + p->t[-1].source_n - first));
    return m;
}

static void parse_property(struct pc_parser *p, struct pc_pou *owner)
{
    struct pc_pou property = {0};
    bool get_only = word(p->t, "PROPERTY_GET"); /* PROPERTY_GET x : INT x := y; END_PROPERTY */
    bool one = get_only || word(p->t, "PROPERTY_SET");
    p->t++;
    mr_pc_skip_access(p);
    property.name = mr_pc_ident(p, &property.spelled, "the name of a property");
    if (property.name && mr_pc_expect(p, TK_COLON, "before the property's type")) {
        property.result_desc = mr_pc_parse_type(p);
    }
    p->panic = false;
    if (one && property.name) {
        *PC_PUSH(p->c->pool, &owner->methods) = parse_accessor(p, owner, &property, get_only, TK_END_PROPERTY);
        return;
    }
    for (;;) {
        (void)mr_pc_accept(p, TK_SEMI);
        mr_pc_skip_access(p);
        bool get = word(p->t, "GET");
        if (!property.name || p->t->kind != TK_IDENT || !(get || word(p->t, "SET"))) {
            break;
        }
        p->t++;
        *PC_PUSH(p->c->pool, &owner->methods) = parse_accessor(p, owner, &property, get, get ? TK_END_GET : TK_END_SET);
    }
    (void)mr_pc_expect(p, TK_END_PROPERTY, "to end PROPERTY");
    p->panic = false;
}

static void parse_members(struct pc_parser *p, struct pc_pou *pou)
{
    struct unit u = {p, pou};
    for (;;) {
        if (mr_pc_var_block(p)) {
            mr_pc_parse_vars(p, add_local, &u);
        } else if (at_property(p, pou)) {
            parse_property(p, pou);
        } else if (at_method(p, pou)) {
            struct pc_pou *m = parse_unit(p, pou);
            if (m) {
                *PC_PUSH(p->c->pool, &pou->methods) = m;
            }
        } else if (!skip_paths(p)) {
            return;
        }
    }
}

/* Behind the unit that it belongs to, as some write it: METHOD, PROPERTY, ACTION, perhaps between ACTIONS [unit] and
 * END_ACTIONS. */
static bool parse_loose_member(struct pc_parser *p)
{
    if (p->t->kind == TK_IDENT && (word(p->t, "ACTIONS") || word(p->t, "END_ACTIONS"))) {
        bool named = word(p->t++, "ACTIONS") && p->t->kind == TK_IDENT;
        for (struct pc_pou *u = p->c->pous; named && u; u = u->next) {
            p->last = u->name == p->t->atom ? u : p->last;
        }
        p->t += named ? 1 : 0;
        return true;
    }
    if (p->last && at_property(p, p->last)) {
        parse_property(p, p->last);
        return true;
    }
    if (!p->last || !at_method(p, p->last)) {
        return false;
    }
    struct pc_pou *m = parse_unit(p, p->last);
    if (m) {
        *PC_PUSH(p->c->pool, &p->last->methods) = m;
    }
    return true;
}

static struct pc_pou *parse_unit(struct pc_parser *p, struct pc_pou *owner)
{
    enum pc_tok begin = p->t->kind;
    enum pc_tok end = end_of(begin);
    const char *first = p->t->source;
    p->panic = false;
    p->t++;
    mr_pc_skip_access(p);
    struct pc_pou *pou = mr_pc_alloc(p->c->pool, sizeof *pou);
    pou->kind = begin == TK_FUNCTION
                    ? PC_FUNCTION
                    : (begin == TK_METHOD || begin == TK_ACTION ? PC_METHOD : (begin == TK_PROGRAM ? PC_PROGRAM : PC_FB));
    pou->interface = begin == TK_INTERFACE;
    pou->action = begin == TK_ACTION;
    pou->owner = owner;
    pou->library = p->library;
    pou->pos = p->t->pos;
    pou->name = mr_pc_ident(p, &pou->spelled, "a name");
    while (pou->name && p->t->kind == TK_DOT) { /* Namespace.Name: names are unique here */
        p->t++;
        pou->name = mr_pc_ident(p, &pou->spelled, "a name");
    }
    if (begin == TK_FUNCTION_BLOCK || begin == TK_INTERFACE) {
        parse_extends(p, pou);
    }
    if (begin == TK_ACTION) {
        (void)mr_pc_accept(p, TK_COLON);
    } else if (pou->name && mr_pc_accept(p, TK_COLON)) {
        pou->result_desc = mr_pc_parse_type(p);
        (void)mr_pc_accept(p, TK_SEMI);
    }
    p->panic = false;
    p->pou = pou;
    for (;;) {
        const struct pc_token *before = p->t;
        parse_members(p, pou);
        struct pc_stmt *body = mr_pc_parse_body(p);
        if (body) {
            pou->body = body;
        }
        if (p->t == before ||
            !(mr_pc_var_block(p) || (!owner && (p->t->kind == TK_METHOD || at_action(p, pou) || at_property(p, pou))))) {
            break;
        }
    }
    p->pou = owner;
    if (p->endless && !owner && !p->panic && ends_here(p)) {
        mr_pc_warn(&p->c->report, pou->pos, "%s is missing", mr_pc_tok_text(end));
    } else if (!mr_pc_expect(p, end, "to end it")) {
        while (p->t->kind != end && !ends_here(p)) {
            p->t++;
        }
        (void)mr_pc_accept(p, end);
    }
    p->panic = false;
    pou->source = mr_slice(first, (size_t)(p->t[-1].source + p->t[-1].source_n - first));
    return pou->name ? pou : NULL;
}

static void parse_task(struct pc_parser *p)
{
    struct pc_taskdecl *t = mr_pc_alloc(p->c->pool, sizeof *t);
    p->t++;
    t->pos = p->t->pos;
    t->resource = p->resource;
    t->name = mr_pc_ident(p, &t->spelled, "the name of a task");
    if (t->name && mr_pc_expect(p, TK_LPAREN, "after the task's name")) {
        for (struct pc_arg *a = mr_pc_parse_args(p); a; a = a->next) {
            const char *name = a->name ? a->name->name : "";
            if (strcmp(name, "INTERVAL") == 0) {
                t->interval = a->e;
            } else if (strcmp(name, "PRIORITY") == 0) {
                t->priority = a->e;
            } else if (strcmp(name, "SINGLE") == 0) {
                t->single = a->e;
            } else if (strcmp(name, "WATCHDOG") == 0) {
                t->watchdog = a->e;
            } else {
                PC_ERROR(p->c, a->pos, "a task has INTERVAL, PRIORITY, SINGLE and WATCHDOG, no '%s'", name);
            }
        }
        *p->c->tasks_tail = t;
        p->c->tasks_tail = &t->next;
    }
}

static void parse_program_instance(struct pc_parser *p)
{
    struct pc_progdecl *g = mr_pc_alloc(p->c->pool, sizeof *g);
    p->t++;
    (void)(mr_pc_accept(p, TK_RETAIN) || mr_pc_accept(p, TK_NON_RETAIN));
    g->pos = p->t->pos;
    g->resource = p->resource;
    g->name = mr_pc_ident(p, &g->spelled, "the name of a program instance");
    const char *spelled;
    if (mr_pc_accept(p, TK_WITH)) {
        g->task_pos = p->t->pos;
        g->task = mr_pc_ident(p, &spelled, "the name of a task");
    }
    if (mr_pc_expect(p, TK_COLON, "before the program's type")) {
        g->type_pos = p->t->pos;
        g->type = mr_pc_ident(p, &spelled, "the name of a program");
        if (mr_pc_accept(p, TK_LPAREN)) {
            g->args = mr_pc_parse_args(p);
        }
    }
    if (g->name && g->type) {
        *p->c->programs_tail = g;
        p->c->programs_tail = &g->next;
    }
}

/* VAR_CONFIG R1.P1.x : INT := 5; R1.P1.y AT %QX0.1 : BOOL; END_VAR */
static void parse_setting(struct pc_parser *p)
{
    struct pc_setting *s = mr_pc_alloc(p->c->pool, sizeof *s);
    const char *spelled;
    s->pos = p->t->pos;
    do {
        struct pc_atom *name = mr_pc_ident(p, &spelled, "a resource, a program or a variable");
        if (!name) {
            return;
        }
        *PC_PUSH(p->c->pool, &s->path) = name;
    } while (mr_pc_accept(p, TK_DOT));
    if (mr_pc_accept(p, TK_AT)) {
        s->located = true;
        s->place = p->t->v.place;
        (void)mr_pc_expect(p, TK_ADDRESS, "after AT");
    }
    if (mr_pc_expect(p, TK_COLON, "before the variable's type")) {
        (void)mr_pc_parse_type(p); /* it was declared with it */
        s->init = !p->panic && mr_pc_accept(p, TK_ASSIGN) ? mr_pc_parse_init(p) : NULL;
        s->next = p->c->settings;
        p->c->settings = s;
    }
}

static void parse_settings(struct pc_parser *p)
{
    p->t++;
    while (p->t->kind != TK_END_VAR && p->t->kind != TK_EOF && p->t->kind != TK_END_CONFIGURATION) {
        const struct pc_token *before = p->t;
        parse_setting(p);
        (void)mr_pc_expect(p, TK_SEMI, "after the setting");
        while (p->panic && p->t->kind != TK_SEMI && p->t->kind != TK_END_VAR && p->t->kind != TK_EOF) {
            p->t++;
        }
        p->panic = false;
        p->t += p->t == before ? 1 : 0;
    }
    (void)mr_pc_expect(p, TK_END_VAR, "to end VAR_CONFIG");
}

static void parse_resource_item(struct pc_parser *p)
{
    const struct pc_token *before = p->t;
    if (mr_pc_var_block(p)) {
        mr_pc_parse_vars(p, add_global, p);
    } else if (p->t->kind == TK_VAR_CONFIG) {
        parse_settings(p);
    } else if (p->t->kind == TK_TASK) {
        parse_task(p);
    } else if (p->t->kind == TK_PROGRAM) {
        parse_program_instance(p);
    } else if (!skip_paths(p) && p->t->kind != TK_SEMI) {
        mr_pc_syntax(p, "TASK, PROGRAM or VAR_GLOBAL was expected, not '%s'", mr_pc_spelled(p, p->t));
    }
    if (p->panic) {
        while (p->t->kind != TK_SEMI && p->t->kind != TK_EOF && p->t->kind != TK_END_RESOURCE &&
               p->t->kind != TK_END_CONFIGURATION) {
            p->t++;
        }
        p->panic = false;
    }
    (void)mr_pc_accept(p, TK_SEMI);
    if (p->t == before && p->t->kind != TK_EOF) {
        p->t++;
    }
}

static void parse_configuration(struct pc_parser *p)
{
    const char *spelled;
    p->c->configured = true;
    p->t++;
    (void)mr_pc_ident(p, &spelled, "a name");
    p->panic = false;
    while (p->t->kind != TK_END_CONFIGURATION && p->t->kind != TK_EOF) {
        if (p->t->kind != TK_RESOURCE) {
            parse_resource_item(p);
            continue;
        }
        p->t++;
        p->resource = mr_pc_ident(p, &spelled, "the name of a resource");
        if (word(p->t, "ON")) {
            p->t++;
            (void)mr_pc_ident(p, &spelled, "a kind of resource");
        }
        p->panic = false;
        while (p->t->kind != TK_END_RESOURCE && p->t->kind != TK_END_CONFIGURATION && p->t->kind != TK_EOF) {
            parse_resource_item(p);
        }
        (void)mr_pc_expect(p, TK_END_RESOURCE, "to end RESOURCE");
        p->resource = NULL;
        (void)mr_pc_accept(p, TK_SEMI);
        p->panic = false;
    }
    (void)mr_pc_expect(p, TK_END_CONFIGURATION, "to end CONFIGURATION");
    p->panic = false;
}

/* LIBRARY .. END_LIBRARY and other parts of what CODESYS exports that are no program. */
static bool skip_section(struct pc_parser *p)
{
    const struct pc_atom *name = p->t->kind == TK_IDENT && p->sections++ < MR_PLC_SECTIONS_MAX ? p->t->atom : NULL;
    for (struct pc_token *t = p->t + 1; name && t[-1].kind != TK_EOF; t++) {
        if (t->kind == TK_IDENT && t->atom->n == name->n + 4 && memcmp(t->atom->name, "END_", 4) == 0 &&
            memcmp(t->atom->name + 4, name->name, name->n) == 0) {
            if (strcmp(name->name, "CLASS") == 0) { /* of the third edition: a block that only has methods */
                p->t->kind = TK_FUNCTION_BLOCK;
                t->kind = TK_END_FUNCTION_BLOCK;
                return true;
            }
            mr_pc_warn(&p->c->report, p->t->pos, "what stands between %s and %s is passed over", name->name, t->atom->name);
            p->t = t + 1;
            return true;
        }
    }
    return false;
}

static void parse_item(struct pc_parser *p)
{
    switch ((unsigned)p->t->kind) {
    case TK_FUNCTION:
    case TK_FUNCTION_BLOCK:
    case TK_PROGRAM:
    case TK_INTERFACE: {
        struct pc_pou *pou = parse_unit(p, NULL);
        if (pou) {
            *p->c->pous_tail = pou;
            p->c->pous_tail = &pou->next;
            p->last = pou;
        }
        return;
    }
    case TK_TYPE:
        mr_pc_parse_types(p);
        return;
    case TK_VAR_GLOBAL:
        mr_pc_parse_vars(p, add_global, p);
        return;
    case TK_CONFIGURATION:
        parse_configuration(p);
        return;
    case TK_NAMESPACE:
    case TK_USING:
        for (p->t++; mr_pc_is_name(p->t) || p->t->kind == TK_DOT;) {
            p->t++;
        }
        return;
    case TK_END_NAMESPACE:
    case TK_SEMI:
        p->t++;
        return;
    default:
        break;
    }
    if (parse_loose_member(p)) {
        p->pou = NULL;
        return;
    }
    if (skip_section(p)) {
        return;
    }
    mr_pc_syntax(p, "PROGRAM, FUNCTION_BLOCK, FUNCTION, TYPE, VAR_GLOBAL or CONFIGURATION was expected, not '%s'",
                 mr_pc_spelled(p, p->t));
    do {
        p->t++;
    } while (p->t->kind != TK_EOF && p->t->kind != TK_FUNCTION && p->t->kind != TK_FUNCTION_BLOCK && p->t->kind != TK_PROGRAM &&
             p->t->kind != TK_TYPE && p->t->kind != TK_CONFIGURATION && p->t->kind != TK_VAR_GLOBAL);
    p->panic = false;
}

/* Several units and the end of none. One alone without its end is a text that was cut off. */
static bool endless(const struct pc_token *t)
{
    uint32_t units = 0;
    for (; t->kind != TK_EOF; t++) {
        if (t->kind == TK_END_FUNCTION || t->kind == TK_END_FUNCTION_BLOCK || t->kind == TK_END_PROGRAM) {
            return false;
        }
        units += t->kind == TK_FUNCTION || t->kind == TK_FUNCTION_BLOCK || t->kind == TK_PROGRAM;
    }
    return units > 1;
}

void mr_pc_parse(struct pc *c, uint32_t file)
{
    struct pc_parser p = {.c = c, .t = c->report.sources[file].tokens, .library = c->report.sources[file].file[0] == '<'};
    p.endless = endless(p.t);
    while (p.t->kind != TK_EOF) {
        parse_item(&p);
    }
}
