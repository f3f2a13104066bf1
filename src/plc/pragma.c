/* pragma.c - conditional compilation as CODESYS and TwinCAT have it: {define NAME value}, {undefine NAME}, {IF condition}, {ELSIF
 * condition}, {ELSE}, {END_IF}. A condition is made of defined(NAME), hasvalue(NAME, 'value'), NOT, AND, OR and parentheses. What
 * else can be asked there (whether a variable, a type or a unit is there, and what a project's settings say) is FALSE. */
#include "plc/lex.h"

#include <string.h>

#define PARENTHESES_MAX 16

struct reader {
    const struct pc_conditions *c;
    const char *p, *end;
    bool good;
};

static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static void skip_blanks(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\r' || *r->p == '\n')) {
        r->p++;
    }
}

static struct pc_word next_word(struct reader *r)
{
    skip_blanks(r);
    struct pc_word w = {.p = r->p};
    while (r->p < r->end && in_word(*r->p)) {
        r->p++;
    }
    w.n = (size_t)(r->p - w.p);
    return w;
}

static bool same(struct pc_word a, struct pc_word b)
{
    for (size_t i = 0; i < a.n && a.n == b.n; i++) {
        bool letter = (a.p[i] >= 'a' && a.p[i] <= 'z') || (a.p[i] >= 'A' && a.p[i] <= 'Z');
        if (a.p[i] != b.p[i] && !(letter && (a.p[i] ^ b.p[i]) == 0x20)) {
            return false;
        }
    }
    return a.n == b.n;
}

static bool is(struct pc_word w, const char *name)
{
    return same(w, (struct pc_word){name, strlen(name)});
}

static bool accept(struct reader *r, char c)
{
    skip_blanks(r);
    bool there = r->p < r->end && *r->p == c;
    r->p += there ? 1 : 0;
    return there;
}

/* A value: a word, or what stands between quotation marks. */
static struct pc_word next_value(struct reader *r)
{
    if (!accept(r, '\'')) {
        return next_word(r);
    }
    struct pc_word w = {.p = r->p};
    while (r->p < r->end && *r->p != '\'') {
        r->p++;
    }
    w.n = (size_t)(r->p - w.p);
    r->good = r->good && accept(r, '\'');
    return w;
}

static const struct pc_define *find(const struct pc_conditions *c, struct pc_word name)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (same(c->defines[i].name, name)) {
            return &c->defines[i];
        }
    }
    return NULL;
}

/* defined(NAME) and its kin, behind their name. */
static bool question(struct reader *r, struct pc_word what)
{
    r->good = r->good && what.n > 0 && accept(r, '(');
    struct pc_word name = next_word(r);
    const struct pc_define *d = find(r->c, name);
    bool yes = d && is(what, "defined");
    if (accept(r, ',')) {
        struct pc_word value = next_value(r);
        yes = d && is(what, "hasvalue") && same(value, d->value);
    } else if (accept(r, ':')) { /* variable: x */
        (void)next_word(r);
        yes = false;
        if (accept(r, ',')) {
            (void)next_value(r);
        }
    }
    r->good = r->good && accept(r, ')');
    return yes;
}

static bool condition(struct reader *r, uint32_t depth)
{
    bool any = false;
    bool all = true;
    for (;;) {
        bool negative = false;
        const char *before = r->p;
        struct pc_word w = next_word(r);
        while (is(w, "NOT")) {
            negative = !negative;
            before = r->p;
            w = next_word(r);
        }
        bool yes = false;
        if (w.n > 0) {
            yes = question(r, w);
        } else {
            r->p = before;
            r->good = r->good && depth < PARENTHESES_MAX && accept(r, '(');
            yes = r->good && condition(r, depth + 1);
            r->good = r->good && accept(r, ')');
        }
        all = all && yes != negative;
        before = r->p;
        w = next_word(r);
        if (!r->good || !(is(w, "AND") || is(w, "OR"))) {
            r->p = before;
            return any || all;
        }
        if (is(w, "OR")) {
            any = any || all;
            all = true;
        }
    }
}

static void define(struct pc_conditions *c, struct pc_word name, struct pc_word value, bool there)
{
    uint32_t at = 0;
    while (at < c->n && !same(c->defines[at].name, name)) {
        at++;
    }
    if (there && name.n > 0 && at < PC_DEFINES_MAX) {
        c->defines[at] = (struct pc_define){name, value};
        c->n = at == c->n ? at + 1 : c->n;
    } else if (!there && at < c->n) {
        c->defines[at] = c->defines[--c->n];
    }
}

/* What stands in an {IF} or {ELSIF}; false in `good` where it is no condition, but code of another language in braces. */
static bool holds(struct reader *r)
{
    bool yes = condition(r, 0);
    skip_blanks(r);
    r->good = r->good && r->p == r->end;
    return yes;
}

bool mr_pc_left_out(const struct pc_conditions *c)
{
    return c->depth > 0 && (~c->live & (((uint64_t)1 << c->depth) - 1)) != 0;
}

void mr_pc_pragma(struct pc_conditions *c, const char *text, size_t n)
{
    struct reader r = {.c = c, .p = text, .end = text + n, .good = true};
    struct pc_word w = next_word(&r);
    uint64_t level = c->depth > 0 ? (uint64_t)1 << (c->depth - 1) : 0;
    if (is(w, "IF")) {
        bool yes = holds(&r);
        if (r.good && c->depth < PC_CONDITIONS_MAX) {
            level = (uint64_t)1 << c->depth++;
            c->live = yes ? c->live | level : c->live & ~level;
            c->taken = yes ? c->taken | level : c->taken & ~level;
        }
    } else if (is(w, "ELSIF") || is(w, "ELSE")) {
        bool yes = is(w, "ELSE") || holds(&r);
        yes = yes && !(c->taken & level);
        if (r.good) {
            c->live = yes ? c->live | level : c->live & ~level;
            c->taken |= yes ? level : 0;
        }
    } else if (is(w, "END_IF")) {
        c->depth -= c->depth > 0 ? 1 : 0;
    } else if (!mr_pc_left_out(c) && (is(w, "DEFINE") || is(w, "UNDEFINE"))) {
        struct pc_word name = next_word(&r);
        define(c, name, next_value(&r), is(w, "DEFINE"));
    }
}
