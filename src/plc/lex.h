/* lex.h - Structured Text to tokens (IEC 61131-3, 2nd edition 2.1 and 2.2; `//` comments and nested ones of the 3rd). */
#ifndef MR_PLC_LEX_H
#define MR_PLC_LEX_H

#include "base/diag.h"
#include "plc/plc.h"
#include "plc/pool.h"

struct pc_pos {
    uint32_t line;
    uint16_t col;
    uint16_t file;
};

/* A name, one for all its spellings: letter case does not count in IEC 61131-3. */
struct pc_atom {
    const char *name; /* capital letters */
    uint64_t hash;
    struct pc_atom *next;
    uint16_t n;
    uint16_t keyword; /* enum pc_tok, or 0 */
};

/* Kept as it is: the formatter breaks long lists in a new way each time. */
/* clang-format off */
#define PC_KEYWORDS(X) \
    X(IF) X(THEN) X(ELSIF) X(ELSE) X(END_IF) X(CASE) X(OF) X(END_CASE) X(FOR) X(TO) X(BY) X(DO) X(END_FOR) X(WHILE) \
    X(END_WHILE) X(REPEAT) X(UNTIL) X(END_REPEAT) X(EXIT) X(CONTINUE) X(RETURN) X(AND) X(OR) X(XOR) X(NOT) X(MOD) X(TRUE) \
    X(FALSE) X(NULL) X(FUNCTION) X(END_FUNCTION) X(FUNCTION_BLOCK) X(END_FUNCTION_BLOCK) X(PROGRAM) X(END_PROGRAM) X(TYPE) \
    X(END_TYPE) X(STRUCT) X(END_STRUCT) X(ARRAY) X(VAR) X(VAR_INPUT) X(VAR_OUTPUT) X(VAR_IN_OUT) X(VAR_TEMP) X(VAR_GLOBAL) \
    X(VAR_EXTERNAL) X(VAR_CONFIG) X(VAR_ACCESS) X(END_VAR) X(CONSTANT) X(RETAIN) X(NON_RETAIN) X(PERSISTENT) X(AT) \
    X(CONFIGURATION) X(END_CONFIGURATION) X(RESOURCE) X(END_RESOURCE) X(TASK) X(WITH) X(REF_TO) X(POINTER) X(REFERENCE) \
    X(METHOD) X(END_METHOD) X(INTERFACE) X(END_INTERFACE) X(EXTENDS) X(IMPLEMENTS) X(NAMESPACE) X(END_NAMESPACE) X(USING) \
    X(STEP) X(END_STEP) X(INITIAL_STEP) X(TRANSITION) X(END_TRANSITION) X(ACTION) X(END_ACTION) X(AND_THEN) X(OR_ELSE) \
    X(UNION) X(END_UNION) X(VAR_STAT) X(VAR_INST) X(END_PROPERTY) X(END_GET) X(END_SET) \
    X(__TRY) X(__CATCH) X(__FINALLY) X(__ENDTRY)
/* clang-format on */

enum pc_tok {
    TK_EOF,
    TK_IDENT,
    TK_INT,
    TK_REAL,
    TK_STRING,
    TK_WSTRING,
    TK_TIME,   /* value in ns; `atom` tells TIME, LTIME, DATE, TOD or DT */
    TK_PREFIX, /* INT# REAL# Color#, directly before a literal or name */
    TK_ADDRESS,
    TK_PART,   /* %B1 behind a '.' */
    TK_ASSIGN, /* := */
    TK_ARROW,  /* => */
    TK_REFASSIGN,
    TK_PLUS,
    TK_MINUS,
    TK_STAR,
    TK_SLASH,
    TK_POWER,
    TK_LT,
    TK_GT,
    TK_LE,
    TK_GE,
    TK_EQ,
    TK_NE,
    TK_AMP,
    TK_LPAREN,
    TK_RPAREN,
    TK_LBRACKET,
    TK_RBRACKET,
    TK_COMMA,
    TK_SEMI,
    TK_COLON,
    TK_DOT,
    TK_DOTDOT,
    TK_CARET,
    TK_HASH,
#define X(k) TK_##k,
    PC_KEYWORDS(X)
#undef X
        TK_COUNT
};

struct pc_token {
    enum pc_tok kind;
    struct pc_pos pos;
    struct pc_atom *atom;
    const char *text; /* in the source, `n` bytes; of a string its bytes after the $ sequences were replaced */
    uint32_t n;
    const char *source; /* where it stands, `source_n` bytes */
    uint32_t source_n;
    bool first; /* of its line: what stands before a mistake may end there */
    union {
        uint64_t u;
        int64_t i;
        double r;
        struct mr_place place;
        struct {
            uint8_t bytes, which; /* 0 bytes: a bit */
        } part;
    } v;
};

struct pc_atoms {
    struct pc_pool *pool;
    struct pc_atom **buckets;
    uint32_t nbuckets, n;
};

struct pc_source {
    const char *file;
    const char *text;
    size_t n;
    const char **lines;      /* starts, for messages */
    struct pc_token *tokens; /* the last one is TK_EOF */
    uint32_t ntokens;
};

/* What all parts of the compiler tell mistakes through. */
struct pc_report {
    struct mr_diags *diags;
    struct pc_source *sources;
    uint32_t nsources;
};
void mr_pc_error(struct pc_report *r, struct pc_pos pos, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void mr_pc_warn(struct pc_report *r, struct pc_pos pos, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

void mr_pc_atoms_init(struct pc_atoms *a, struct pc_pool *pool);
struct pc_atom *mr_pc_atom(struct pc_atoms *a, const char *text, size_t n);
const char *mr_pc_tok_text(enum pc_tok kind); /* "';'", "END_IF": for messages */

/* text.c: a source in UTF-16 becomes UTF-8 in the pool. What is none is told, and becomes empty. */
void mr_pc_decode(struct pc_pool *pool, struct pc_report *report, uint32_t file);

/* pragma.c: what {define}, {IF} and the like of a source say. */
#define PC_DEFINES_MAX    64 /* names at once: sources in public have a handful */
#define PC_CONDITIONS_MAX 32 /* {IF} in {IF} */
struct pc_word {
    const char *p; /* in the source */
    size_t n;
};
struct pc_define {
    struct pc_word name, value;
};
struct pc_conditions {
    struct pc_define defines[PC_DEFINES_MAX];
    uint32_t n;
    uint32_t depth;       /* of {IF} */
    uint64_t live, taken; /* a bit for each: its branch counts; one of its branches did */
};
void mr_pc_pragma(struct pc_conditions *c, const char *text, size_t n); /* what stands between the braces */
bool mr_pc_left_out(const struct pc_conditions *c);                     /* does what follows not count? */

/* Fills tokens of source `file`. Mistakes are reported and left out of the tokens. */
void mr_pc_lex(struct pc_pool *pool, struct pc_atoms *atoms, struct pc_report *report, uint32_t file);

/* The text of a duration (after T#) or of a date: used by the lexer and by STRING_TO_TIME. Nanoseconds (dates since 1970). */
bool mr_pc_parse_duration(const char *text, size_t n, int64_t *out);
bool mr_pc_parse_date(const char *text, size_t n, int64_t *out);  /* 2024-02-29 */
bool mr_pc_parse_clock(const char *text, size_t n, int64_t *out); /* 12:34:56.789 */
bool mr_pc_parse_date_clock(const char *text, size_t n, int64_t *out);

#endif
