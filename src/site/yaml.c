/* yaml.c - libfyaml's events to a tree, without recursion. */
#include "site/yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#define ERRORS_MAX 50 /* refusals that are told of one file */

struct builder {
    struct mr_pool *pool;
    const char *file, *text;
    size_t n;
    struct mr_diags *diags;
    struct mr_yaml *root;
    struct mr_yaml *open; /* innermost map or sequence */
    struct mr_yaml *tail[MR_YAML_DEPTH + 1];
    struct mr_yaml *key; /* waits for its value */
    size_t depth, errors, documents;
};

void mr_yaml_error(struct mr_diags *diags, const char *file, const char *text, size_t n, uint32_t line, uint32_t col,
                   const char *what)
{
    mr_diag_add(diags, MR_ERROR, file, line, col, "%s", what);
    const char *at = text;
    const char *end = text + n;
    for (uint32_t i = 1; i < line && at; i++) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));
        at = nl ? nl + 1 : NULL;
    }
    if (line > 0 && at && at < end) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));
        mr_diag_source(diags, at, (size_t)((nl ? nl : end) - at));
    }
}

static void refuse(struct builder *b, uint32_t line, uint32_t col, const char *what)
{
    if (b->errors++ < ERRORS_MAX) {
        mr_yaml_error(b->diags, b->file, b->text, b->n, line, col, what);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct mr_yaml *x = (*(const struct mr_yaml *const *)a)->key;
    const struct mr_yaml *y = (*(const struct mr_yaml *const *)b)->key;
    int c = strcmp(x->text, y->text);
    if (c != 0) {
        return c;
    }
    return x->line != y->line ? (x->line < y->line ? -1 : 1) : (x->col < y->col ? -1 : x->col > y->col);
}

/* Looks for keys that stand twice, by sorting: a linear search a key would let a large file take minutes. */
static void check_keys(struct builder *b, const struct mr_yaml *map)
{
    const struct mr_yaml **members = calloc(map->count + 1, sizeof(const struct mr_yaml *));
    MR_ASSERT(members);
    size_t n = 0;
    for (const struct mr_yaml *m = map->first; m; m = m->next) {
        members[n++] = m;
    }
    qsort(members, n, sizeof(const struct mr_yaml *), by_key);
    for (size_t i = 1; i < n; i++) {
        const struct mr_yaml *key = members[i]->key;
        if (strcmp(members[i - 1]->key->text, key->text) == 0) {
            char what[160];
            (void)snprintf(what, sizeof what, "'%.80s' stands twice in this map; remove one", key->text);
            refuse(b, key->line, key->col, what);
        }
    }
    free(members);
}

static void append(struct builder *b, struct mr_yaml *node)
{
    struct mr_yaml *parent = b->open;
    node->up = parent;
    if (!parent) {
        b->root = node;
        return;
    }
    if (parent->kind == MR_YAML_MAP) {
        node->key = b->key;
        b->key = NULL;
    }
    struct mr_yaml **tail = &b->tail[b->depth];
    if (*tail) {
        (*tail)->next = node;
    } else {
        parent->first = node;
    }
    *tail = node;
    parent->count++;
}

/* Puts a node where it belongs; false where reading has to end. */
static bool place(struct builder *b, struct mr_yaml *node)
{
    bool is_key = b->open && b->open->kind == MR_YAML_MAP && !b->key;
    if (!is_key) {
        append(b, node);
        return true;
    }
    if (node->kind != MR_YAML_SCALAR) {
        refuse(b, node->line, node->col, "a map or list cannot be a key here; use a plain text");
        return false;
    }
    if (node->plain && strcmp(node->text, "<<") == 0) {
        refuse(b, node->line, node->col, "merge keys (<<) are not allowed; write the members out");
    }
    b->key = node;
    return true;
}

static void mark(const struct fy_mark *m, uint32_t *line, uint32_t *col)
{
    *line = m ? (uint32_t)m->line + 1 : 1;
    *col = m ? (uint32_t)m->column + 1 : 1;
}

/* A token's place; `lead` characters before it belong to it (the & of an anchor). */
static void refuse_token(struct builder *b, struct fy_token *t, uint32_t lead, const char *what)
{
    uint32_t line, col;
    mark(t ? fy_token_start_mark(t) : NULL, &line, &col);
    refuse(b, line, col > lead ? col - lead : col, what);
}

static struct mr_yaml *node_of(struct builder *b, struct fy_event *e, enum mr_yaml_kind kind)
{
    struct mr_yaml *node = MR_POOL_NEW(b->pool, struct mr_yaml, 1);
    mark(fy_event_start_mark(e), &node->line, &node->col);
    node->kind = kind;
    node->text = "";
    if (e->type != FYET_ALIAS && fy_event_get_anchor_token(e)) {
        refuse_token(b, fy_event_get_anchor_token(e), 1, "anchors (&name) are not allowed; write the value out where it is used");
    }
    if (e->type != FYET_ALIAS && fy_event_get_tag_token(e)) {
        refuse_token(b, fy_event_get_tag_token(e), 0, "tags (!name) are not allowed");
    }
    return node;
}

static bool scalar(struct builder *b, struct fy_event *e)
{
    struct mr_yaml *node = node_of(b, e, MR_YAML_SCALAR);
    struct fy_token *t = fy_event_get_token(e);
    size_t n = 0;
    const char *text = t ? fy_token_get_text(t, &n) : NULL;
    node->text = mr_pool_text(b->pool, text ? text : "", text ? n : 0);
    enum fy_scalar_style style = t ? fy_scalar_token_get_style(t) : FYSS_PLAIN;
    node->plain = style == FYSS_PLAIN;
    if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && node->col > 1) {
        node->col--; /* the quote belongs to it */
    }
    if (n == 0 && node->plain && b->key) { /* nothing was written: what is missing is missing after its key */
        node->line = b->key->line;
        node->col = b->key->col;
    }
    if (strlen(node->text) != n) {
        refuse(b, node->line, node->col, "a text must not contain the character NUL");
    }
    return place(b, node);
}

static bool open_node(struct builder *b, struct fy_event *e, enum mr_yaml_kind kind)
{
    struct mr_yaml *node = node_of(b, e, kind);
    if (!place(b, node)) {
        return false;
    }
    if (b->depth == MR_YAML_DEPTH) {
        refuse(b, node->line, node->col, "maps and lists are nested more than 32 deep");
        return false;
    }
    b->open = node;
    b->depth++;
    b->tail[b->depth] = NULL;
    return true;
}

static void close_node(struct builder *b)
{
    MR_ASSERT(b->open); /* the parser ends only what it has begun */
    if (b->open->kind == MR_YAML_MAP) {
        check_keys(b, b->open);
    }
    b->open = b->open->up;
    b->depth--;
}

/* False where reading has to end. */
static bool take(struct builder *b, struct fy_event *e)
{
    switch (e->type) {
    case FYET_DOCUMENT_START:
        if (++b->documents > 1) {
            refuse_token(b, fy_event_get_token(e), 0, "a second document begins here; a file holds one");
            return false;
        }
        return true;
    case FYET_ALIAS:
        refuse_token(b, fy_event_get_token(e), 1, "aliases (*name) are not allowed; write the value out");
        return place(b, node_of(b, e, MR_YAML_SCALAR));
    case FYET_SCALAR:
        return scalar(b, e);
    case FYET_SEQUENCE_START:
        return open_node(b, e, MR_YAML_SEQ);
    case FYET_MAPPING_START:
        return open_node(b, e, MR_YAML_MAP);
    case FYET_SEQUENCE_END:
    case FYET_MAPPING_END:
        close_node(b);
        return true;
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_END:
        return true;
    }
    return true;
}

static void syntax_error(struct builder *b, struct fy_diag *diag)
{
    void *iter = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &iter);
    char what[300];
    (void)snprintf(what, sizeof what, "this is not YAML: %s", e && e->msg ? e->msg : "it cannot be read");
    uint32_t line = e && e->line > 0 ? (uint32_t)e->line : 1;
    uint32_t col = e && e->column > 0 ? (uint32_t)e->column : 1;
    refuse(b, line, col, what);
}

static void read_events(struct builder *b, struct fy_parser *parser, struct fy_diag *diag)
{
    bool go_on = fy_parser_set_string(parser, b->text, b->n) == 0;
    while (go_on) {
        struct fy_event *e = fy_parser_parse(parser);
        if (!e) {
            break;
        }
        go_on = take(b, e);
        fy_parser_event_free(parser, e);
    }
    if (b->errors == 0 && fy_parser_get_stream_error(parser)) {
        syntax_error(b, diag);
    }
}

/* The length of the UTF-8 character at `s` (RFC 3629), 0 where there is none. */
static size_t utf8_at(const uint8_t *s, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = s[0] < 0x80 ? 1 : (s[0] >> 5) == 6 ? 2 : (s[0] >> 4) == 14 ? 3 : (s[0] >> 3) == 30 ? 4 : 0;
    if (len == 0 || len > n) {
        return 0;
    }
    uint32_t c = len == 1 ? s[0] : s[0] & (0x7FU >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
        c = c << 6 | (s[i] & 0x3F);
    }
    return c < least[len] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) ? 0 : len;
}

/* libfyaml takes a broken character for the end of the file: so it is looked for before. */
static bool is_utf8(struct builder *b)
{
    uint32_t line = 1, col = 1;
    for (size_t at = 0; at < b->n;) {
        size_t len = utf8_at((const uint8_t *)b->text + at, b->n - at);
        if (len == 0 || b->text[at] == '\0') {
            refuse(b, line, col, "this byte is no text in UTF-8; save the file as UTF-8");
            return false;
        }
        col = b->text[at] == '\n' ? 1 : col + 1;
        line += b->text[at] == '\n';
        at += len;
    }
    return true;
}

struct mr_yaml *mr_yaml_parse(struct mr_pool *pool, const char *file, const char *text, size_t n, struct mr_diags *diags)
{
    if (n > MR_YAML_BYTES) {
        mr_diag_add(diags, MR_ERROR, file, 0, 0, "the file has %zu bytes; at most 1 MiB is read", n);
        return NULL;
    }
    struct builder b = {.pool = pool, .file = file, .text = text, .n = n, .diags = diags};
    if (!is_utf8(&b)) {
        return NULL;
    }
    struct fy_diag_cfg dcfg;
    fy_diag_cfg_default(&dcfg);
    dcfg.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&dcfg);
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE, .diag = diag};
    struct fy_parser *parser = diag ? fy_parser_create(&cfg) : NULL;
    MR_ASSERT(parser);
    fy_diag_set_collect_errors(diag, true);
    read_events(&b, parser, diag);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    if (b.errors == 0 && !b.root) {
        refuse(&b, 1, 1, "the file is empty");
    }
    return b.errors == 0 ? b.root : NULL;
}

const struct mr_yaml *mr_yaml_get(const struct mr_yaml *y, const char *key)
{
    if (!y || y->kind != MR_YAML_MAP) {
        return NULL;
    }
    for (const struct mr_yaml *m = y->first; m; m = m->next) {
        if (m->key && strcmp(m->key->text, key) == 0) {
            return m;
        }
    }
    return NULL;
}

static bool one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

static enum mr_yaml_type number_type(const char *s)
{
    size_t digits = 0;
    bool real = false;
    s += *s == '-' || *s == '+';
    for (; *s >= '0' && *s <= '9'; s++) {
        digits++;
    }
    if (*s == '.') {
        real = true;
        for (s++; *s >= '0' && *s <= '9'; s++) {
            digits++;
        }
    }
    if (digits > 0 && (*s == 'e' || *s == 'E')) {
        real = true;
        s++;
        s += *s == '-' || *s == '+';
        if (*s < '0' || *s > '9') {
            return MR_YAML_TEXT;
        }
        while (*s >= '0' && *s <= '9') {
            s++;
        }
    }
    if (digits == 0 || *s != '\0') {
        return MR_YAML_TEXT;
    }
    return real ? MR_YAML_NUMBER : MR_YAML_INT;
}

enum mr_yaml_type mr_yaml_type(const struct mr_yaml *y)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
    if (y->kind != MR_YAML_SCALAR) {
        return y->kind == MR_YAML_MAP ? MR_YAML_OBJECT : MR_YAML_ARRAY;
    }
    if (!y->plain) {
        return MR_YAML_TEXT;
    }
    if (one_of(y->text, nulls)) {
        return MR_YAML_NULL;
    }
    if (one_of(y->text, bools)) {
        return MR_YAML_BOOL;
    }
    return number_type(y->text);
}
