/* parse.h - what the parts of the parser share. */
#ifndef MR_PLC_PARSE_H
#define MR_PLC_PARSE_H

#include "plc/compile.h"

struct pc_parser {
    struct pc *c;
    struct pc_token *t; /* the next one */
    bool panic;         /* a mistake was told; silence until the next statement or declaration */
    uint32_t depth;
    bool library;
    uint32_t sections; /* that were looked for: each search may read on to the end */
    bool endless;      /* none of the file's units has its END_..., as in what CODESYS saves: each lasts until the next begins */
    struct pc_atom *resource;  /* whose tasks and programs these are */
    struct pc_pou *pou;        /* whose body this is */
    struct pc_pou *last;       /* the unit before: actions behind it are its own */
    uint32_t cases;            /* CASE statements around: a name and ':' are a label of the innermost there */
    struct pc_atom *return_to; /* in an action: the label that RETURN goes to */
};

void mr_pc_syntax(struct pc_parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void mr_pc_missing_semicolon(struct pc_parser *p);
bool mr_pc_accept(struct pc_parser *p, enum pc_tok kind);
bool mr_pc_expect(struct pc_parser *p, enum pc_tok kind, const char *where);
/* A name; NULL where there is none (told). Gives its spelling. */
struct pc_atom *mr_pc_ident(struct pc_parser *p, const char **spelled, const char *what);
bool mr_pc_is_name(const struct pc_token *t); /* also keywords that only mean something elsewhere */
/* PUBLIC, PRIVATE and so on: read, and not held against anyone; this compiler has no hidden members. */
void mr_pc_skip_access(struct pc_parser *p);
const char *mr_pc_spelled(struct pc_parser *p, const struct pc_token *t);

struct pc_expr *mr_pc_new_expr(struct pc_parser *p, enum pc_ek kind, struct pc_pos pos);
struct pc_expr *mr_pc_parse_expr(struct pc_parser *p);
struct pc_expr *mr_pc_parse_postfix(struct pc_parser *p); /* a name or value, with what stands behind it: .x [i] ^ (..) */
bool mr_pc_deeper(struct pc_parser *p);                   /* one nest further in; false, and told, where that is too deep */
struct pc_expr *mr_pc_parse_operand(struct pc_parser *p); /* no operators but a sign in front */
struct pc_stmt *mr_pc_new_stmt(struct pc_parser *p, enum pc_sk kind, struct pc_pos pos);
struct pc_stmt *mr_pc_new_return(struct pc_parser *p, struct pc_pos pos);
struct pc_stmt *mr_pc_parse_body(struct pc_parser *p); /* in any language: what it is shows at its beginning */
bool mr_pc_ends_body(enum pc_tok kind);
bool mr_pc_at_property(const struct pc_parser *p);
bool mr_pc_at_list(const struct pc_parser *p);                                  /* an instruction list begins here */
struct pc_stmt *mr_pc_parse_list(struct pc_parser *p, struct pc_expr **result); /* `result` may be NULL */
/* "(LD a AND b)" as an argument: instructions that only give a value. */
bool mr_pc_at_list_argument(const struct pc_parser *p);
struct pc_expr *mr_pc_parse_list_argument(struct pc_parser *p);
bool mr_pc_at_chart(const struct pc_parser *p); /* a sequential function chart begins here */
struct pc_stmt *mr_pc_parse_chart(struct pc_parser *p);
struct pc_tdesc *mr_pc_parse_type(struct pc_parser *p);
struct pc_expr *mr_pc_parse_init(struct pc_parser *p);
struct pc_expr *mr_pc_parse_bare_list(struct pc_parser *p); /* an array's initial values as older systems write them: no [ ] */
void mr_pc_parse_types(struct pc_parser *p);
bool mr_pc_var_block(const struct pc_parser *p); /* does one begin here? */
/* One VAR..END_VAR; each variable is given to `add`. */
typedef void pc_add_var(void *ctx, struct pc_var *v);
void mr_pc_parse_vars(struct pc_parser *p, pc_add_var *add, void *ctx);
struct pc_arg *mr_pc_parse_args(struct pc_parser *p); /* behind '(' to behind ')' */

#endif
