/* format.c - Structured Text laid out anew: token by token, with the comments between them. */
#include "plc/lex.h"
#include "plc/tools.h"

#include <string.h>

struct layout {
    FILE *to;
    bool comments;
    int depth, parens;
    int declaring; /* depth of VAR, TYPE and STRUCT: there ':' stands between blanks, after a label of CASE it does not */
    bool in_configuration;
    bool line_open; /* something stands on the current line */
    uint32_t blank; /* empty lines waiting */
};

static bool opens(const struct layout *l, const struct pc_token *t)
{
    switch ((unsigned)t->kind) {
    case TK_IF:
    case TK_CASE:
    case TK_FOR:
    case TK_WHILE:
    case TK_REPEAT:
    case TK___TRY:
    case TK_VAR:
    case TK_VAR_INPUT:
    case TK_VAR_OUTPUT:
    case TK_VAR_IN_OUT:
    case TK_VAR_TEMP:
    case TK_VAR_GLOBAL:
    case TK_VAR_EXTERNAL:
    case TK_STRUCT:
    case TK_TYPE:
    case TK_FUNCTION:
    case TK_FUNCTION_BLOCK:
    case TK_METHOD:
    case TK_INTERFACE:
    case TK_NAMESPACE:
    case TK_CONFIGURATION:
    case TK_RESOURCE:
        return true;
    case TK_PROGRAM:
        return !l->in_configuration;
    default:
        return false;
    }
}

static bool declares(enum pc_tok kind)
{
    return kind == TK_TYPE || kind == TK_STRUCT || (kind >= TK_VAR && kind <= TK_VAR_ACCESS);
}

static bool closes(enum pc_tok kind)
{
    const char *text = mr_pc_tok_text(kind);
    return kind > TK_HASH && (strncmp(text, "END_", 4) == 0 || kind == TK___ENDTRY);
}

/* ELSE and its like stand one step further out than what they divide. */
static bool divides(enum pc_tok kind)
{
    return kind == TK_ELSE || kind == TK_ELSIF || kind == TK_UNTIL || kind == TK___CATCH || kind == TK___FINALLY;
}

static bool is_operand_end(enum pc_tok kind)
{
    return kind == TK_IDENT || kind == TK_INT || kind == TK_REAL || kind == TK_STRING || kind == TK_WSTRING || kind == TK_TIME ||
           kind == TK_ADDRESS || kind == TK_PART || kind == TK_RPAREN || kind == TK_RBRACKET || kind == TK_CARET ||
           kind == TK_TRUE || kind == TK_FALSE;
}

static bool tight_before(enum pc_tok kind)
{
    return kind == TK_SEMI || kind == TK_COMMA || kind == TK_RPAREN || kind == TK_RBRACKET || kind == TK_DOT ||
           kind == TK_CARET || kind == TK_DOTDOT || kind == TK_LBRACKET;
}

static bool tight_after(enum pc_tok kind)
{
    return kind == TK_LPAREN || kind == TK_LBRACKET || kind == TK_DOT || kind == TK_DOTDOT || kind == TK_PREFIX;
}

static bool space_between(const struct layout *l, const struct pc_token *before, const struct pc_token *a,
                          const struct pc_token *b)
{
    bool apart = b->source > a->source + a->source_n;
    if (tight_after(a->kind)) {
        return false;
    }
    if (b->kind == TK_LBRACKET && !is_operand_end(a->kind)) {
        return a->kind != TK_ARRAY || apart;
    }
    if (tight_before(b->kind)) {
        return false;
    }
    if (b->kind == TK_LPAREN) { /* a call is tight; "AND (" and ":= (" are not */
        return a->kind != TK_IDENT && a->kind != TK_RBRACKET && a->kind != TK_CARET ? true : apart && a->kind != TK_IDENT;
    }
    if (b->kind == TK_COLON) {
        return l->declaring > 0 || apart;
    }
    bool sign = (a->kind == TK_MINUS || a->kind == TK_PLUS) && before && !is_operand_end(before->kind);
    return !sign && !(a->kind == TK_LPAREN);
}

static void put_token(FILE *to, const struct pc_token *t)
{
    if (t->kind > TK_HASH) {
        (void)fputs(mr_pc_tok_text(t->kind), to);
    } else {
        (void)fwrite(t->source, 1, t->source_n, to);
    }
    if (t->kind == TK_PREFIX) {
        (void)fputc('#', to);
    }
}

static void end_line(struct layout *l)
{
    if (l->line_open) {
        (void)fputc('\n', l->to);
        l->line_open = false;
    }
}

static void begin_line(struct layout *l, int depth)
{
    if (l->blank > 1 && l->comments) {
        (void)fputc('\n', l->to);
    }
    l->blank = 0;
    for (int i = 0; i < depth; i++) {
        (void)fputs("    ", l->to);
    }
    l->line_open = true;
}

/* Comments and line ends between two tokens. Returns whether a line ended. */
static bool put_gap(struct layout *l, const char *p, const char *end, int depth)
{
    bool broke = false;
    while (p < end) {
        if (*p == '\n') {
            end_line(l);
            l->blank++;
            broke = true;
            p++;
        } else if (*p == ' ' || *p == '\t' || *p == '\r' || *p == '#' || *p == '\f' || *p == '\v') {
            p++;
        } else {
            const char *start =
                p; /* a comment or a pragma, with all that is nested in it: up to the last byte that is no blank */
            bool line = end - p >= 2 && p[0] == '/' && p[1] == '/';
            if (line) {
                while (p < end && *p != '\n') {
                    p++;
                }
            } else if (*p == '@') { /* an annotation: one word */
                while (p < end && *p != '\n' && *p != ' ' && *p != '\t') {
                    p++;
                }
            } else {
                const char *close = *p == '{' ? "}" : (*p == '(' ? "*)" : "*/");
                const char *last = p;
                for (const char *q = p; q < end; q++) {
                    if (strncmp(q, close, strlen(close)) == 0) {
                        last = q + strlen(close);
                        break;
                    }
                }
                p = last > start ? last : end;
            }
            if (!l->comments) {
                continue;
            }
            if (l->line_open) {
                (void)fputc(' ', l->to);
            } else {
                begin_line(l, depth);
            }
            size_t n = (size_t)(p - start);
            while (n > 0 && (start[n - 1] == ' ' || start[n - 1] == '\t' || start[n - 1] == '\r')) {
                n--;
            }
            (void)fwrite(start, 1, n, l->to);
            if (line) {
                end_line(l);
                broke = true;
            }
        }
    }
    return broke;
}

static void put_source(struct layout *l, const struct pc_source *s)
{
    const char *at = s->text;
    const struct pc_token *before = NULL;
    const struct pc_token *last = NULL;
    for (uint32_t i = 0; i < s->ntokens; i++) {
        const struct pc_token *t = &s->tokens[i];
        int out = closes(t->kind) || divides(t->kind) ? 1 : 0;
        int depth = l->depth - out < 0 ? 0 : l->depth - out;
        (void)put_gap(l, at, t->source, l->depth);
        if (t->kind == TK_EOF) {
            break;
        }
        if (!l->line_open) {
            begin_line(l, depth + (l->parens > 0 ? 1 : 0));
        } else if (!last || space_between(l, before, last, t)) {
            (void)fputc(' ', l->to);
        }
        put_token(l->to, t);
        l->parens += t->kind == TK_LPAREN ? 1 : (t->kind == TK_RPAREN && l->parens > 0 ? -1 : 0);
        if (t->kind == TK_SEMI) {
            l->parens = 0;
        }
        if (closes(t->kind) && l->depth > 0) {
            l->depth--;
        } else if (opens(l, t)) {
            l->depth++;
        }
        l->declaring += declares(t->kind) ? 1 : 0;
        if (l->declaring > 0 && (t->kind == TK_END_VAR || t->kind == TK_END_TYPE || t->kind == TK_END_STRUCT)) {
            l->declaring--;
        }
        l->in_configuration = t->kind == TK_CONFIGURATION || (l->in_configuration && t->kind != TK_END_CONFIGURATION);
        at = t->source + t->source_n;
        before = last;
        last = t;
    }
    end_line(l);
}

bool mr_plc_format(const struct mr_plc_source *source, bool comments, FILE *to, struct mr_diags *diags)
{
    struct pc_pool *pool = mr_pc_pool_create();
    MR_ASSERT(pool != NULL);
    struct pc_atoms atoms;
    struct pc_source s = {.file = source->file, .text = source->text, .n = source->n};
    struct pc_report report = {diags, &s, 1};
    size_t errors = diags->errors;
    mr_pc_atoms_init(&atoms, pool);
    mr_pc_lex(pool, &atoms, &report, 0);
    bool good = diags->errors == errors;
    if (good) {
        struct layout l = {.to = to, .comments = comments};
        put_source(&l, &s);
    }
    mr_pc_pool_destroy(pool);
    return good;
}
