#include "plc/lex.h"

#include "base/rng.h"
#include "plc/limits.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const keyword_names[] = {
#define X(k) #k,
    PC_KEYWORDS(X)
#undef X
};

static void __attribute__((format(printf, 4, 0)))
report(struct pc_report *r, enum mr_severity s, struct pc_pos pos, const char *fmt, va_list args)
{
    char text[768];
    (void)vsnprintf(text, sizeof text, fmt, args);
    const struct pc_source *src = &r->sources[pos.file];
    mr_diag_add(r->diags, s, src->file, pos.line, pos.col, "%s", text);
    if (r->diags->dropped == 0 && src->lines && pos.line > 0) {
        const char *line = src->lines[pos.line - 1];
        const char *end = memchr(line, '\n', src->n - (size_t)(line - src->text));
        size_t n = end ? (size_t)(end - line) : src->n - (size_t)(line - src->text);
        n -= n > 0 && line[n - 1] == '\r' ? 1 : 0;
        mr_diag_source(r->diags, line, n > 200 ? 200 : n);
    }
}

void mr_pc_error(struct pc_report *r, struct pc_pos pos, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report(r, MR_ERROR, pos, fmt, args);
    va_end(args);
}

void mr_pc_warn(struct pc_report *r, struct pc_pos pos, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report(r, MR_WARNING, pos, fmt, args);
    va_end(args);
}

void mr_pc_atoms_init(struct pc_atoms *a, struct pc_pool *pool)
{
    *a = (struct pc_atoms){pool, mr_pc_alloc(pool, 1024 * sizeof(struct pc_atom *)), 1024, 0};
    for (uint32_t k = 0; k < sizeof keyword_names / sizeof keyword_names[0]; k++) {
        mr_pc_atom(a, keyword_names[k], strlen(keyword_names[k]))->keyword = (uint16_t)(TK_EOF + TK_HASH + 1 + k);
    }
}

static void rehash(struct pc_atoms *a)
{
    uint32_t n = a->nbuckets * 4;
    struct pc_atom **buckets = mr_pc_alloc(a->pool, n * sizeof(struct pc_atom *));
    for (uint32_t i = 0; i < a->nbuckets; i++) {
        for (struct pc_atom *at = a->buckets[i], *next; at; at = next) {
            next = at->next;
            at->next = buckets[at->hash % n];
            buckets[at->hash % n] = at;
        }
    }
    a->buckets = buckets;
    a->nbuckets = n;
}

struct pc_atom *mr_pc_atom(struct pc_atoms *a, const char *text, size_t n)
{
    char up[MR_PLC_NAME_MAX];
    n = n > sizeof up ? sizeof up : n;
    for (size_t i = 0; i < n; i++) {
        up[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
    }
    uint64_t hash = mr_hash_fnv(up, n);
    for (struct pc_atom *at = a->buckets[hash % a->nbuckets]; at; at = at->next) {
        if (at->hash == hash && at->n == n && memcmp(at->name, up, n) == 0) {
            return at;
        }
    }
    if (a->n++ > a->nbuckets) {
        rehash(a);
    }
    struct pc_atom *at = mr_pc_alloc(a->pool, sizeof *at);
    *at = (struct pc_atom){mr_pc_text(a->pool, up, n), hash, a->buckets[hash % a->nbuckets], (uint16_t)n, 0};
    a->buckets[hash % a->nbuckets] = at;
    return at;
}

const char *mr_pc_tok_text(enum pc_tok kind)
{
    static const char *const names[] = {"the end of the file",
                                        "a name",
                                        "an integer",
                                        "a real number",
                                        "a string",
                                        "a string",
                                        "a time",
                                        "a type prefix",
                                        "an address",
                                        "a part",
                                        "':='",
                                        "'=>'",
                                        "'REF='",
                                        "'+'",
                                        "'-'",
                                        "'*'",
                                        "'/'",
                                        "'**'",
                                        "'<'",
                                        "'>'",
                                        "'<='",
                                        "'>='",
                                        "'='",
                                        "'<>'",
                                        "'&'",
                                        "'('",
                                        "')'",
                                        "'['",
                                        "']'",
                                        "','",
                                        "';'",
                                        "':'",
                                        "'.'",
                                        "'..'",
                                        "'^'",
                                        "'#'"};
    return kind <= TK_HASH ? names[kind] : keyword_names[kind - TK_HASH - 1];
}

struct lexer {
    struct pc_pool *pool;
    struct pc_atoms *atoms;
    struct pc_report *report;
    const char *p, *end, *line_start;
    uint32_t line;
    uint16_t file;
    bool first;
    bool flat; /* comments do not nest in this source */
    struct pc_conditions conditions;
    PC_VECTOR(struct pc_token) out;
    PC_VECTOR(const char *) lines;
};

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct pc_pos here(const struct lexer *lx, const char *p)
{
    size_t col = (size_t)(p - lx->line_start) + 1;
    return (struct pc_pos){lx->line, (uint16_t)(col > UINT16_MAX ? UINT16_MAX : col), lx->file};
}

static void new_line(struct lexer *lx)
{
    lx->line++;
    lx->line_start = lx->p;
    lx->first = true;
    *PC_PUSH(lx->pool, &lx->lines) = lx->p;
    lx->report->sources[lx->file].lines = lx->lines.items; /* messages need the lines so far */
}

static char peek(const struct lexer *lx, size_t k)
{
    return (size_t)(lx->end - lx->p) > k ? lx->p[k] : '\0';
}

/* Behind the `close` that ends what `open` begins at p, or NULL. */
static const char *block_end(const char *p, const char *end, const char *open, const char *close, bool nests)
{
    size_t no = strlen(open);
    size_t nc = strlen(close);
    uint32_t depth = 1;
    for (p += no; (size_t)(end - p) >= nc; p++) {
        if (memcmp(p, close, nc) == 0) {
            p += nc - 1;
            if (--depth == 0) {
                return p + 1;
            }
        } else if (nests && memcmp(p, open, no) == 0) { /* no mark is longer than its end */
            p += no - 1;
            depth++;
        }
    }
    return NULL;
}

/* Skips to behind `close` ("*)", "*\/" or "}"). Comments of one kind nest (3rd edition); from the first one on that nesting would
 * leave without an end, they do not (2nd edition). */
static void skip_block(struct lexer *lx, const char *open, const char *close)
{
    struct pc_pos pos = here(lx, lx->p);
    const char *end = lx->flat ? NULL : block_end(lx->p, lx->end, open, close, true);
    if (!end) {
        lx->flat = true;
        end = block_end(lx->p, lx->end, open, close, false);
    }
    const char *stop = end ? end : lx->end;
    while (lx->p < stop) {
        if (*lx->p++ == '\n') {
            new_line(lx);
        }
    }
    if (!end) {
        mr_pc_error(lx->report, pos, "this comment has no end; '%s' is missing", close);
    }
}

/* What PC WORX and its kin write before a unit: a text, between two comments that say so. */
static void skip_description(struct lexer *lx)
{
    static const char begin[] = "(*@KEY@:DESCRIPTION*)";
    static const char end[] = "(*@KEY@:END_DESCRIPTION*)";
    if ((size_t)(lx->end - lx->p) < sizeof begin - 1 || memcmp(lx->p, begin, sizeof begin - 1) != 0) {
        return;
    }
    while ((size_t)(lx->end - lx->p) >= sizeof end - 1 && memcmp(lx->p, end, sizeof end - 1) != 0) {
        if (*lx->p++ == '\n') {
            new_line(lx);
        }
    }
}

/* The bytes of a blank that is not of ASCII: the mark that editors put before UTF-8, also in the middle where files were put
 * together, and the blank without a break that pages of text have. 0 where there is none. */
static size_t wide_blank(const struct lexer *lx)
{
    static const char *const blanks[] = {"\xEF\xBB\xBF", "\xC2\xA0"};
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        size_t n = strlen(blanks[i]);
        if ((size_t)(lx->end - lx->p) >= n && memcmp(lx->p, blanks[i], n) == 0) {
            return n;
        }
    }
    return 0;
}

static void skip_line(struct lexer *lx)
{
    while (lx->p < lx->end && *lx->p != '\n') {
        lx->p++;
    }
}

/* Over a text in quotation marks, where it ends in its line. */
static void skip_text(struct lexer *lx)
{
    const char *p = lx->p + 1;
    while (p < lx->end && *p != '\n' && *p != *lx->p) {
        p++;
    }
    lx->p = p < lx->end && *p != '\n' ? p + 1 : lx->p + 1;
}

static void read_pragma(struct lexer *lx)
{
    const char *text = lx->p + 1;
    skip_block(lx, "{", "}");
    mr_pc_pragma(&lx->conditions, text, lx->p > text ? (size_t)(lx->p - 1 - text) : 0);
}

/* What stands in a branch whose condition does not hold. */
static void skip_left_out(struct lexer *lx)
{
    while (lx->p < lx->end && mr_pc_left_out(&lx->conditions)) {
        char c = *lx->p;
        if (c == '{') {
            read_pragma(lx);
        } else if (c == '(' && peek(lx, 1) == '*') {
            skip_block(lx, "(*", "*)");
        } else if (c == '/' && peek(lx, 1) == '*') {
            skip_block(lx, "/*", "*/");
        } else if (c == '/' && peek(lx, 1) == '/') {
            skip_line(lx);
        } else if (c == '\'' || c == '"') {
            skip_text(lx);
        } else {
            lx->p++;
            if (c == '\n') {
                new_line(lx);
            }
        }
    }
}

static void skip_space(struct lexer *lx)
{
    for (;;) {
        char c = peek(lx, 0);
        size_t wide = wide_blank(lx);
        if (lx->p >= lx->end) {
            return;
        }
        if (c == '\n') {
            lx->p++;
            new_line(lx);
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' || wide > 0) {
            lx->p += wide > 0 ? wide : 1;
        } else if (c == '(' && peek(lx, 1) == '*') {
            skip_description(lx);
            skip_block(lx, "(*", "*)");
        } else if (c == '/' && peek(lx, 1) == '*') {
            skip_block(lx, "/*", "*/");
        } else if (c == '{') {
            read_pragma(lx);
            skip_left_out(lx);
        } else if (c == '@' && letter(peek(lx, 1))) { /* @EXTERNAL: what others tell their compilers, as { } does */
            for (lx->p++; lx->p < lx->end && (letter(*lx->p) || digit(*lx->p)); lx->p++) {
            }
        } else if (c == '/' && peek(lx, 1) == '/') {
            skip_line(lx);
        } else {
            return;
        }
    }
}

static struct pc_token *emit(struct lexer *lx, enum pc_tok kind, const char *start)
{
    struct pc_token *t = PC_PUSH(lx->pool, &lx->out);
    uint32_t n = (uint32_t)(lx->p - start);
    *t = (struct pc_token){
        .kind = kind, .pos = here(lx, start), .text = start, .n = n, .source = start, .source_n = n, .first = lx->first};
    lx->first = false;
    return t;
}

static int digit_value(char c)
{
    if (digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* Digits of a base with underscores; false where they overflow 64 bits. */
static bool digits(struct lexer *lx, unsigned base, uint64_t *out)
{
    uint64_t v = 0;
    bool fits = true;
    while (lx->p < lx->end && (*lx->p == '_' || digit_value(*lx->p) < (int)base)) {
        if (*lx->p != '_') {
            fits = fits && !__builtin_mul_overflow(v, (uint64_t)base, &v) &&
                   !__builtin_add_overflow(v, (uint64_t)digit_value(*lx->p), &v);
        }
        lx->p++;
    }
    *out = v;
    return fits;
}

static void lex_real(struct lexer *lx, const char *start)
{
    char buf[96];
    size_t n = 0;
    lx->p = start;
    bool exponent = false;
    for (; lx->p < lx->end; lx->p++) {
        char c = *lx->p;
        bool sign = (c == '+' || c == '-') && exponent && (lx->p[-1] == 'e' || lx->p[-1] == 'E');
        if ((c == 'e' || c == 'E') && !exponent) {
            exponent = true;
        } else if (!digit(c) && c != '_' && !sign && !(c == '.' && !exponent && memchr(buf, '.', n) == NULL)) {
            break;
        }
        if (c != '_' && n < sizeof buf - 1) {
            buf[n++] = c;
        }
    }
    buf[n] = '\0';
    emit(lx, TK_REAL, start)->v.r = strtod(buf, NULL);
}

static void lex_number(struct lexer *lx)
{
    const char *start = lx->p;
    uint64_t v;
    bool fits = digits(lx, 10, &v);
    if (peek(lx, 0) == '#' && (v == 2 || v == 8 || v == 16) && digit_value(peek(lx, 1)) < (int)v) {
        lx->p++;
        fits = digits(lx, (unsigned)v, &v);
    } else if ((peek(lx, 0) == '.' && peek(lx, 1) != '.' && peek(lx, 1) != '%' && !letter(peek(lx, 1))) || /* 1.5, and 1. */
               ((peek(lx, 0) == 'e' || peek(lx, 0) == 'E') &&
                (digit(peek(lx, 1)) || ((peek(lx, 1) == '-' || peek(lx, 1) == '+') && digit(peek(lx, 2)))))) {
        lex_real(lx, start);
        return;
    }
    if (!fits) {
        mr_pc_error(lx->report, here(lx, start), "this number does not fit in 64 bits");
    }
    emit(lx, TK_INT, start)->v.u = v;
}

static bool escape(struct lexer *lx, char *out, size_t *n, bool wide)
{
    char c = peek(lx, 1);
    static const char from[] = "$'\"LlNnPpRrTt";
    static const char to[] = "$'\"\n\n\n\n\f\f\r\r\t\t";
    const char *at = c ? strchr(from, c) : NULL;
    if (at) {
        out[(*n)++] = to[at - from];
        lx->p += 2;
        return true;
    }
    int hex = wide ? 4 : 2;
    unsigned v = 0;
    for (int k = 0; k < hex; k++) {
        int d = digit_value(peek(lx, (size_t)k + 1));
        if (d > 15) {
            return false;
        }
        v = v * 16 + (unsigned)d;
    }
    lx->p += hex + 1;
    if (v < 0x80 || !wide) {
        out[(*n)++] = (char)v;
    } else { /* WSTRING is kept as UTF-8 */
        if (v >= 0x800) {
            out[(*n)++] = (char)(0xE0 | v >> 12);
        }
        out[(*n)++] = (char)(v >= 0x800 ? 0x80 | (v >> 6 & 0x3F) : 0xC0 | v >> 6);
        out[(*n)++] = (char)(0x80 | (v & 0x3F));
    }
    return true;
}

static void lex_string(struct lexer *lx)
{
    const char *start = lx->p;
    struct pc_pos pos = here(lx, start);
    char quote = *lx->p++;
    const char *stop = lx->p;
    while (stop < lx->end && *stop != '\n' && *stop != quote) {
        stop += *stop == '$' && stop + 1 < lx->end && stop[1] != '\n' ? 2 : 1;
    }
    char *out = mr_pc_alloc(lx->pool, (size_t)(stop - lx->p) + 1);
    size_t n = 0;
    while (lx->p < lx->end && *lx->p != quote && *lx->p != '\n') {
        if (*lx->p != '$') {
            out[n++] = *lx->p++;
        } else if (!escape(lx, out, &n, quote == '"')) {
            mr_pc_error(lx->report, here(lx, lx->p), "'$' must be followed by $ ' \" L N P R T or the digits of a character");
            lx->p++;
        }
    }
    if (peek(lx, 0) != quote) {
        mr_pc_error(lx->report, pos, "this string has no end on its line; %c is missing", quote);
    } else {
        lx->p++;
    }
    struct pc_token *t = emit(lx, quote == '"' ? TK_WSTRING : TK_STRING, start);
    t->text = out;
    t->n = (uint32_t)n;
}

/* %IW2.5.7.1 (2.4.1.1): levels of what the maker plugs together, of which this controller has none. */
static bool is_hierarchical(const char *text)
{
    const char *p = text + 2;
    bool bit = digit(*p) || (*p | 0x20) == 'x';
    p += *p && strchr("XBWDLxbwdl", *p) ? 1 : 0;
    uint32_t levels = digit(*p) ? 1 : 0;
    for (; digit(*p) || (*p == '.' && digit(p[1])); p++) {
        levels += *p == '.' ? 1 : 0;
    }
    return levels > (bit ? 2u : 1u) && *p == '\0';
}

/* Behind a '.': %X3, %B1, %W0, %D1, %L0, a part of a number by its size and which of them it is (3rd edition, table 17). */
static bool lex_part(struct lexer *lx)
{
    static const char sizes[] = "XBWDL";
    const char *start = lx->p;
    const char *size = strchr(sizes, peek(lx, 1) & ~0x20);
    if (lx->out.n == 0 || lx->out.items[lx->out.n - 1].kind != TK_DOT || !size || !*size || !digit(peek(lx, 2))) {
        return false;
    }
    uint64_t which;
    lx->p += 2;
    bool fits = digits(lx, 10, &which) && which < 64;
    struct pc_token *t = emit(lx, TK_PART, start);
    t->v.part.bytes = (uint8_t)(size == sizes ? 0 : 1u << (size - sizes - 1));
    t->v.part.which = fits ? (uint8_t)which : 64; /* no number has so many */
    return true;
}

static void lex_address(struct lexer *lx)
{
    const char *start = lx->p++;
    while (lx->p < lx->end && (letter(*lx->p) || digit(*lx->p) || (*lx->p == '.' && digit(peek(lx, 1))) || *lx->p == '*')) {
        lx->p++;
    }
    char buf[40];
    size_t n = (size_t)(lx->p - start);
    memcpy(buf, start, n < sizeof buf ? n : sizeof buf - 1);
    buf[n < sizeof buf ? n : sizeof buf - 1] = '\0';
    struct mr_place place = {MR_AREA_M, MR_VT_OTHER, 0, 0}; /* OTHER: %I*, to be placed by the compiler */
    const char *areas = "IQM";
    const char *area = n >= 3 ? strchr(areas, buf[1] & ~0x20) : NULL;
    bool parsed = mr_place_parse(buf, &place) == MR_OK;
    if (area && (lx->p[-1] == '*' || (!parsed && is_hierarchical(buf)))) {
        place = (struct mr_place){(enum mr_area)(area - areas), MR_VT_OTHER, 0, 0};
    } else if (!parsed || place.byte + 8 > MR_PLC_AREA_MAX) {
        mr_pc_error(lx->report, here(lx, start), "%s is no address; one is like %%IX0.3, %%QW12 or %%MD4, up to byte %u", buf,
                    MR_PLC_AREA_MAX - 8);
        place.type = MR_VT_BOOL;
    }
    emit(lx, TK_ADDRESS, start)->v.place = place;
}

static const char *time_kind(const struct pc_atom *a)
{
    static const char *const names[][2] = {{"T", "TIME"},  {"TIME", "TIME"},        {"LT", "LTIME"}, {"LTIME", "LTIME"},
                                           {"D", "DATE"},  {"DATE", "DATE"},        {"LD", "DATE"},  {"LDATE", "DATE"},
                                           {"TOD", "TOD"}, {"TIME_OF_DAY", "TOD"},  {"LTOD", "TOD"}, {"LTIME_OF_DAY", "TOD"},
                                           {"DT", "DT"},   {"DATE_AND_TIME", "DT"}, {"LDT", "DT"},   {"LDATE_AND_TIME", "DT"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(a->name, names[i][0]) == 0) {
            return names[i][1];
        }
    }
    return NULL;
}

static void lex_time(struct lexer *lx, const char *start, const char *kind)
{
    const char *body = ++lx->p;
    bool duration = kind[0] == 'L' || strcmp(kind, "TIME") == 0;
    while (lx->p < lx->end && (digit(*lx->p) || *lx->p == '_' || *lx->p == '-' || (*lx->p == '.' && peek(lx, 1) != '.') ||
                               (duration ? letter(*lx->p) : *lx->p == ':'))) {
        if (duration && *lx->p == '-' && lx->p != body) {
            break;
        }
        lx->p++;
    }
    size_t n = (size_t)(lx->p - body);
    int64_t v = 0;
    bool good = duration                    ? mr_pc_parse_duration(body, n, &v)
                : strcmp(kind, "DATE") == 0 ? mr_pc_parse_date(body, n, &v)
                : strcmp(kind, "TOD") == 0  ? mr_pc_parse_clock(body, n, &v)
                                            : mr_pc_parse_date_clock(body, n, &v);
    if (!good) {
        static const char *const examples[] = {"T#1h30m5.5s", "D#2024-02-29", "TOD#12:30:00", "DT#2024-02-29-12:30:00"};
        mr_pc_error(lx->report, here(lx, start), "this is no %s; one is like %s", kind,
                    examples[duration ? 0 : (kind[1] == 'A' ? 1 : (kind[1] == 'O' ? 2 : 3))]);
    }
    struct pc_token *t = emit(lx, TK_TIME, start);
    t->atom = mr_pc_atom(lx->atoms, kind, strlen(kind));
    t->v.i = v;
}

static void lex_word(struct lexer *lx)
{
    const char *start = lx->p;
    while (lx->p < lx->end && (letter(*lx->p) || digit(*lx->p)) && wide_blank(lx) == 0) {
        lx->p++;
    }
    size_t n = (size_t)(lx->p - start);
    if (n > MR_PLC_NAME_MAX) {
        mr_pc_error(lx->report, here(lx, start), "a name has at most %d characters", MR_PLC_NAME_MAX);
    }
    struct pc_atom *a = mr_pc_atom(lx->atoms, start, n);
    if (peek(lx, 0) == '#') {
        const char *kind = time_kind(a);
        if (kind) {
            lex_time(lx, start, kind);
            return;
        }
        emit(lx, TK_PREFIX, start)->atom = a;
        lx->p++;
        return;
    }
    if (a->n == 3 && memcmp(a->name, "REF", 3) == 0 && peek(lx, 0) == '=') {
        lx->p++;
        emit(lx, TK_REFASSIGN, start);
        return;
    }
    emit(lx, a->keyword ? (enum pc_tok)a->keyword : TK_IDENT, start)->atom = a;
}

static bool lex_punctuation(struct lexer *lx)
{
    static const struct {
        const char *text;
        enum pc_tok kind;
    } marks[] = {{":=", TK_ASSIGN}, {"=>", TK_ARROW},  {"**", TK_POWER},   {"<=", TK_LE},      {">=", TK_GE},
                 {"<>", TK_NE},     {"..", TK_DOTDOT}, {"+", TK_PLUS},     {"-", TK_MINUS},    {"*", TK_STAR},
                 {"/", TK_SLASH},   {"<", TK_LT},      {">", TK_GT},       {"=", TK_EQ},       {"&", TK_AMP},
                 {"(", TK_LPAREN},  {")", TK_RPAREN},  {"[", TK_LBRACKET}, {"]", TK_RBRACKET}, {",", TK_COMMA},
                 {";", TK_SEMI},    {":", TK_COLON},   {".", TK_DOT},      {"^", TK_CARET},    {"#", TK_HASH}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t n = strlen(marks[i].text);
        if (marks[i].text[0] == *lx->p && (n == 1 || peek(lx, 1) == marks[i].text[1])) {
            const char *start = lx->p;
            lx->p += n;
            emit(lx, marks[i].kind, start);
            return true;
        }
    }
    return false;
}

void mr_pc_lex(struct pc_pool *pool, struct pc_atoms *atoms, struct pc_report *report, uint32_t file)
{
    mr_pc_decode(pool, report, file);
    struct pc_source *src = &report->sources[file];
    struct lexer lx = {
        .pool = pool, .atoms = atoms, .report = report, .p = src->text, .end = src->text + src->n, .file = (uint16_t)file};
    new_line(&lx);
    bool stray = false;
    for (skip_space(&lx); lx.p < lx.end; skip_space(&lx)) {
        char c = *lx.p;
        bool was_stray = stray;
        stray = false;
        if (letter(c)) {
            lex_word(&lx);
        } else if (digit(c)) {
            lex_number(&lx);
        } else if (c == '\'' || c == '"') {
            lex_string(&lx);
        } else if (c == '%') {
            if (!lex_part(&lx)) {
                lex_address(&lx);
            }
        } else if (!lex_punctuation(&lx)) {
            stray = true;
            if (!was_stray) {
                mr_pc_error(report, here(&lx, lx.p), "a character that means nothing here (0x%02X)", (unsigned char)c);
            }
            lx.p++;
        }
    }
    if (lx.conditions.depth > 0) {
        mr_pc_error(report, here(&lx, lx.p), "an {IF} has no {END_IF}");
    }
    emit(&lx, TK_EOF, lx.p);
    src->tokens = lx.out.items;
    src->ntokens = lx.out.n;
}
