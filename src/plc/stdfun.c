#include "plc/stdfun.h"

#include <string.h>

const struct pc_std mr_pc_std[] = {
    {"ABS", SF_ABS, 0, "IN", "23", "absolute value"},
    {"SQRT", SF_MATH, PC_SQRT, "IN", "23", "square root"},
    {"LN", SF_MATH, PC_LN, "IN", "23", "natural logarithm"},
    {"LOG", SF_MATH, PC_LOG, "IN", "23", "logarithm to the base 10"},
    {"EXP", SF_MATH, PC_EXP, "IN", "23", "e to the power of IN"},
    {"SIN", SF_MATH, PC_SIN, "IN", "23", "sine of radians"},
    {"COS", SF_MATH, PC_COS, "IN", "23", "cosine of radians"},
    {"TAN", SF_MATH, PC_TAN, "IN", "23", "tangent of radians"},
    {"ASIN", SF_MATH, PC_ASIN, "IN", "23", "arc sine"},
    {"ACOS", SF_MATH, PC_ACOS, "IN", "23", "arc cosine"},
    {"ATAN", SF_MATH, PC_ATAN, "IN", "23", "arc tangent"},
    {"ATAN2", SF_ATAN2, 0, "Y X", "3rd edition 29", "angle of the point (X, Y)"},
    {"FLOOR", SF_MATH, PC_FLOOR, "IN", "-", "greatest whole number not above IN, as IN's type"},
    {"CEIL", SF_MATH, PC_CEIL, "IN", "-", "least whole number not below IN, as IN's type"},
    {"ROUND", SF_MATH, PC_ROUND, "IN", "-", "nearest whole number, halves away from zero, as IN's type"},
    {"ADD", SF_OPERATOR, TK_PLUS, "IN1 IN2+", "24", "sum"},
    {"MUL", SF_OPERATOR, TK_STAR, "IN1 IN2+", "24", "product"},
    {"SUB", SF_OPERATOR, TK_MINUS, "IN1 IN2", "24", "difference"},
    {"DIV", SF_OPERATOR, TK_SLASH, "IN1 IN2", "24", "quotient; of integers towards zero"},
    {"MOD", SF_OPERATOR, TK_MOD, "IN1 IN2", "24", "remainder; 0 where IN2 is 0"},
    {"EXPT", SF_OPERATOR, TK_POWER, "IN1 IN2", "24", "IN1 to the power of IN2"},
    {"MOVE", SF_MOVE, 0, "IN", "24", "IN"},
    {"SHL", SF_SHIFT, 0, "IN N", "25", "shifted left by N bits, zeros follow"},
    {"SHR", SF_SHIFT, 1, "IN N", "25", "shifted right by N bits, zeros follow"},
    {"ROL", SF_SHIFT, 2, "IN N", "25", "rotated left by N bits"},
    {"ROR", SF_SHIFT, 3, "IN N", "25", "rotated right by N bits"},
    {"AND", SF_OPERATOR, TK_AND, "IN1 IN2+", "26", "bits set in all"},
    {"OR", SF_OPERATOR, TK_OR, "IN1 IN2+", "26", "bits set in any"},
    {"XOR", SF_OPERATOR, TK_XOR, "IN1 IN2+", "26", "bits set in an odd number of them"},
    {"NOT", SF_NOT, 0, "IN", "26", "bits inverted"},
    {"SEL", SF_SEL, 0, "G IN0 IN1", "27", "IN0 where G is FALSE, IN1 where it is TRUE"},
    {"MAX", SF_MAX, 0, "IN1 IN2+", "27", "greatest"},
    {"MIN", SF_MIN, 0, "IN1 IN2+", "27", "least"},
    {"LIMIT", SF_LIMIT, 0, "MN IN MX", "27", "MIN(MAX(IN, MN), MX)"},
    {"MUX", SF_MUX, 0, "K IN0 IN1+", "27", "the K-th; the last where K is beyond it"},
    {"GT", SF_COMPARE, TK_GT, "IN1 IN2+", "28", "each greater than the next"},
    {"GE", SF_COMPARE, TK_GE, "IN1 IN2+", "28", "none less than the next"},
    {"EQ", SF_COMPARE, TK_EQ, "IN1 IN2+", "28", "all equal"},
    {"LE", SF_COMPARE, TK_LE, "IN1 IN2+", "28", "none greater than the next"},
    {"LT", SF_COMPARE, TK_LT, "IN1 IN2+", "28", "each less than the next"},
    {"NE", SF_COMPARE, TK_NE, "IN1 IN2", "28", "not equal"},
    {"LEN", SF_LEN, 0, "IN", "29", "characters"},
    {"LEFT", SF_STRING, PC_STR_LEFT, "IN L", "29", "the first L characters"},
    {"RIGHT", SF_STRING, PC_STR_RIGHT, "IN L", "29", "the last L characters"},
    {"MID", SF_STRING, PC_STR_MID, "IN L P", "29", "L characters from the P-th on"},
    {"CONCAT", SF_STRING, PC_STR_CONCAT, "IN1 IN2+", "29", "one behind the other"},
    {"INSERT", SF_STRING, PC_STR_INSERT, "IN1 IN2 P", "29", "IN1 with IN2 after its P-th character"},
    {"DELETE", SF_STRING, PC_STR_DELETE, "IN L P", "29", "IN without L characters from the P-th on"},
    {"REPLACE", SF_STRING, PC_STR_REPLACE, "IN1 IN2 L P", "29", "IN1 with IN2 for L characters from the P-th on"},
    {"FIND", SF_FIND, 0, "IN1 IN2", "29", "where IN2 begins in IN1, from 1; 0 where it does not"},
    {"UPPER_CASE", SF_STRING, PC_STR_UPPER, "IN", "-", "in capital letters (ASCII)"},
    {"LOWER_CASE", SF_STRING, PC_STR_LOWER, "IN", "-", "in small letters (ASCII)"},
    {"F_TOUCASE", SF_STRING, PC_STR_UPPER, "IN", "-", "Beckhoff's name of UPPER_CASE"},
    {"F_TOLCASE", SF_STRING, PC_STR_LOWER, "IN", "-", "Beckhoff's name of LOWER_CASE"},
    {"TRUNC", SF_TRUNC, TY_DINT, "IN", "22", "towards zero, as the integer type it goes into; DINT where that is open"},
    {"ADD_TIME", SF_DATE, 1, "IN1 IN2", "30", "TIME + TIME"},
    {"ADD_LTIME", SF_DATE, 1, "IN1 IN2", "3rd edition 35", "LTIME + LTIME"},
    {"ADD_TOD_TIME", SF_DATE, 1, "IN1 IN2", "30", "TOD + TIME"},
    {"ADD_DT_TIME", SF_DATE, 1, "IN1 IN2", "30", "DT + TIME"},
    {"SUB_TIME", SF_DATE, 2, "IN1 IN2", "30", "TIME - TIME"},
    {"SUB_LTIME", SF_DATE, 2, "IN1 IN2", "3rd edition 35", "LTIME - LTIME"},
    {"SUB_DATE_DATE", SF_DATE, 2, "IN1 IN2", "30", "DATE - DATE"},
    {"SUB_TOD_TIME", SF_DATE, 2, "IN1 IN2", "30", "TOD - TIME"},
    {"SUB_TOD_TOD", SF_DATE, 2, "IN1 IN2", "30", "TOD - TOD"},
    {"SUB_DT_TIME", SF_DATE, 2, "IN1 IN2", "30", "DT - TIME"},
    {"SUB_DT_DT", SF_DATE, 2, "IN1 IN2", "30", "DT - DT"},
    {"MULTIME", SF_DATE, 3, "IN1 IN2", "30", "TIME * number"},
    {"MUL_TIME", SF_DATE, 3, "IN1 IN2", "3rd edition 35", "TIME * number"},
    {"MUL_LTIME", SF_DATE, 3, "IN1 IN2", "3rd edition 35", "LTIME * number"},
    {"DIVTIME", SF_DATE, 4, "IN1 IN2", "30", "TIME / number"},
    {"DIV_TIME", SF_DATE, 4, "IN1 IN2", "3rd edition 35", "TIME / number"},
    {"DIV_LTIME", SF_DATE, 4, "IN1 IN2", "3rd edition 35", "LTIME / number"},
    {"CONCAT_DATE_TOD", SF_DATE, 0, "IN1 IN2", "30", "DATE and TOD as DT"},
    {"DAY_OF_WEEK", SF_DAY_OF_WEEK, 0, "IN", "3rd edition 36", "0 Sunday to 6 Saturday"},
    {"IS_VALID", SF_ISVALID, 0, "IN", "3rd edition 39", "FALSE for a REAL that is not a number or infinite"},
    {"SIZEOF", SF_SIZEOF, 0, "IN", "-", "bytes of a variable"},
    {"XSIZEOF", SF_SIZEOF, 0, "IN", "-", "the same"},
    {"REF", SF_REF, 0, "IN", "3rd edition 12", "reference to a variable"},
    {"ADR", SF_REF, 1, "IN", "-", "reference to a variable"},
    {"LOWER_BOUND", SF_BOUND, 0, "ARR DIM", "3rd edition 16", "first index of an array's dimension"},
    {"UPPER_BOUND", SF_BOUND, 1, "ARR DIM", "3rd edition 16", "last index of an array's dimension"},
    {"TIME", SF_NOW, TY_TIME, "", "-", "time since the controller began, constant during a scan"},
    {"LTIME", SF_NOW, TY_LTIME, "", "-", "the same as LTIME"},
};
const size_t mr_pc_nstd = sizeof mr_pc_std / sizeof mr_pc_std[0];

static const struct pc_std conversion = {"*_TO_*", SF_CONVERT, 0, "IN", "22", "conversion"};
static const struct pc_std truncation = {"*_TRUNC_*", SF_TRUNC, 0, "IN", "22", "towards zero"};
static const struct pc_std keeping = {"*", SF_KEPT, 0, "IN", "28", "IN, which stays in a variable"};
static const struct pc_std enabling = {"*", SF_ENABLED, 0, "EN IN", "20", "IN where EN is TRUE"};
static const struct pc_std from_bcd = {"*_BCD_TO_*", SF_BCD_TO, 0, "IN", "22", "from binary-coded decimal"};
static const struct pc_std to_bcd = {"*_TO_BCD_*", SF_TO_BCD, 0, "IN", "22", "to binary-coded decimal"};

static const char *const elementary[] = {"BOOL",    "BYTE",        "WORD",          "DWORD", "LWORD", "SINT",  "INT",
                                         "DINT",    "LINT",        "USINT",         "UINT",  "UDINT", "ULINT", "REAL",
                                         "LREAL",   "TIME",        "LTIME",         "DATE",  "TOD",   "DT",    "STRING",
                                         "WSTRING", "TIME_OF_DAY", "DATE_AND_TIME", "LDATE", "LTOD",  "LDT"};

static bool is_type(const char *text, size_t n)
{
    for (size_t i = 0; i < sizeof elementary / sizeof elementary[0]; i++) {
        if (strlen(elementary[i]) == n && memcmp(elementary[i], text, n) == 0) {
            return true;
        }
    }
    return false;
}

/* Splits NAME at the first `mark`: what stands before (may be nothing) and behind must be types. */
static bool split(const struct pc_atom *name, const char *mark, const char **to)
{
    for (const char *at = strstr(name->name, mark); at; at = strstr(at + 1, mark)) {
        size_t before = (size_t)(at - name->name);
        const char *behind = at + strlen(mark);
        if ((before == 0 || is_type(name->name, before)) && is_type(behind, strlen(behind))) {
            *to = behind;
            return true;
        }
    }
    return false;
}

/* INT_TO_BCD and BCD_TO_INT, as the 1st edition has them: a word of the integer's size, and any. */
static const struct pc_std *first_edition_bcd(const struct pc_atom *name)
{
    const char *to = strstr(name->name, "_TO_BCD");
    if (strncmp(name->name, "BCD_TO_", 7) == 0 && is_type(name->name + 7, strlen(name->name + 7))) {
        return &from_bcd;
    }
    return to && to[7] == '\0' && is_type(name->name, (size_t)(to - name->name)) ? &to_bcd : NULL;
}

static const struct pc_std *overloaded(const char *name, size_t n)
{
    for (size_t i = 0; i < mr_pc_nstd; i++) {
        if (strlen(mr_pc_std[i].name) == n && memcmp(mr_pc_std[i].name, name, n) == 0) {
            return &mr_pc_std[i];
        }
    }
    return NULL;
}

/* ADD_INT (table 21): an overloaded function for one type, whose name is returned in `type`. */
static const struct pc_std *typed(const struct pc_atom *name, const char **type)
{
    const char *at = strrchr(name->name, '_');
    if (!at || !is_type(at + 1, strlen(at + 1))) {
        return NULL;
    }
    const struct pc_std *std = overloaded(name->name, (size_t)(at - name->name));
    *type = at + 1;
    return std && std->fn <= SF_LIMIT ? std : NULL;
}

/* The INT of TO_INT, and of ANY_TO_INT as CODESYS calls it; NULL for other names. */
static const char *taking_any(const char *name)
{
    static const char *const begins[] = {"TO_", "ANY_TO_", "ANYNUM_TO_", "ANYBIT_TO_", "ANYDATE_TO_", "ANYTIME_TO_"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        size_t n = strlen(begins[i]);
        if (strncmp(name, begins[i], n) == 0 && is_type(name + n, strlen(name + n))) {
            return name + n;
        }
    }
    return NULL;
}

const struct pc_std *mr_pc_std_find(const struct pc_atom *name)
{
    const struct pc_std *std = overloaded(name->name, name->n);
    if (std) {
        return std;
    }
    const char *to;
    if (split(name, "_TO_BCD_", &to)) {
        return &to_bcd;
    }
    if (split(name, "_BCD_TO_", &to)) {
        return &from_bcd;
    }
    if (split(name, "_TRUNC_", &to) ||
        (strncmp(name->name, "TRUNC_", 6) == 0 && is_type(name->name + 6, strlen(name->name + 6)))) {
        return &truncation;
    }
    if (split(name, "_TO_", &to) || taking_any(name->name)) {
        return &conversion;
    }
    std = first_edition_bcd(name);
    return std ? std : typed(name, &to);
}

/* ---- checking ---- */

#define ARGS_MAX 64

struct call {
    struct pc_check *k;
    struct pc_expr *e;
    struct pc_expr *arg[ARGS_MAX];
    struct pc_pos pos[ARGS_MAX];
    size_t n;
};

static struct pc_type *ty(const struct call *c, enum pc_tk kind)
{
    return c->k->c->elementary[kind];
}

/* The place of a formal name among a function's; of IN3 where "IN2+" goes on. -1 where there is none. */
static int place_of(const char *params, const struct pc_atom *name)
{
    int at = 0;
    const char *p = params;
    while (*p) {
        size_t n = strcspn(p, " +");
        if (n == name->n && memcmp(p, name->name, n) == 0) {
            return at;
        }
        if (p[n] == '+') {
            int first = p[n - 1] - '0';
            int number = 0;
            if (name->n < n || memcmp(p, name->name, n - 1) != 0) {
                return -1;
            }
            for (const char *d = name->name + n - 1; *d >= '0' && *d <= '9' && number < ARGS_MAX; d++) {
                number = number * 10 + (*d - '0');
            }
            return at + number - first;
        }
        at++;
        p += n + (p[n] == ' ' ? 1 : 0);
    }
    return -1;
}

/* CODESYS and TwinCAT name the inputs of the string functions otherwise. */
static int place_of_string(const char *params, const struct pc_atom *name)
{
    static const char *const names[][2] = {{"STR", "IN"}, {"STR1", "IN1"}, {"STR2", "IN2"},
                                           {"SIZE", "L"}, {"LEN", "L"},    {"POS", "P"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name->name, names[i][0]) == 0) {
            struct pc_atom standard = {.name = names[i][1], .n = (uint16_t)strlen(names[i][1])};
            return place_of(params, &standard);
        }
    }
    return -1;
}

static size_t count_params(const char *params)
{
    size_t n = *params ? 1 : 0;
    for (; *params; params++) {
        n += *params == ' ' ? 1 : 0;
    }
    return n;
}

static bool collect(struct call *c)
{
    const struct pc_std *std = c->e->std;
    bool good = true;
    for (struct pc_arg *a = c->e->args; a; a = a->next) {
        int at = a->name ? place_of(std->params, a->name) : (int)c->n;
        at = at < 0 && (std->fn == SF_STRING || std->fn == SF_LEN || std->fn == SF_FIND) ? place_of_string(std->params, a->name)
                                                                                         : at;
        if (at < 0 || at >= ARGS_MAX || !a->e || (a->name && c->arg[at])) {
            PC_ERROR(c->k->c, a->pos, "%s has no input '%s'; its inputs are: %s", std->name, a->name ? a->name->name : "?",
                     std->params);
            return false;
        }
        c->arg[at] = a->e;
        c->pos[at] = a->pos;
        c->n = (size_t)at + 1 > c->n ? (size_t)at + 1 : c->n;
        good = mr_pc_check(c->k, a->e)->kind != TY_ERROR && good;
    }
    size_t least = count_params(std->params);
    bool more = strchr(std->params, '+') != NULL;
    if (c->n < least || (c->n > least && !more)) {
        PC_ERROR(c->k->c, c->e->pos, "%s takes %s%zu (%s), not %zu", c->e->a->spelled, more ? "at least " : "", least,
                 std->params, c->n);
        return false;
    }
    for (size_t i = 0; i < c->n; i++) {
        if (!c->arg[i]) {
            PC_ERROR(c->k->c, c->e->pos, "an input of %s is missing: %s", c->e->a->spelled, std->params);
            return false;
        }
    }
    return good;
}

static struct pc_type *wrong(struct call *c, size_t i, const char *wanted)
{
    if (!mr_pc_generic_value(c->k, c->arg[i])) {
        PC_ERROR(c->k->c, c->pos[i], "%s takes %s, not %s", c->e->a->spelled, wanted, c->arg[i]->type->name);
    }
    return ty(c, TY_ERROR);
}

/* Arguments from `first` on get one type, the widest. */
static struct pc_type *unify(struct call *c, size_t first)
{
    struct pc_type *t = c->arg[first]->type;
    for (size_t i = first + 1; i < c->n; i++) {
        struct pc_expr a = {.kind = EX_VAR, .type = t};
        struct pc_expr b = {.kind = EX_VAR, .type = c->arg[i]->type};
        struct pc_type *x = mr_pc_common(c->k, &a, &b);
        if (!x) {
            if (!mr_pc_generic_value(c->k, c->arg[i]) && !mr_pc_generic_value(c->k, c->arg[first])) {
                PC_ERROR(c->k->c, c->pos[i], "%s and %s do not go together", t->name, c->arg[i]->type->name);
            }
            return ty(c, TY_ERROR);
        }
        t = x;
    }
    c->e->variant = t->kind == TY_LITINT || t->kind == TY_LITREAL ? PC_OF_LITERALS : 0;
    t = t->kind == TY_LITINT ? ty(c, TY_LINT) : (t->kind == TY_LITREAL ? ty(c, TY_LREAL) : t);
    for (size_t i = first; i < c->n; i++) {
        if (!mr_pc_coerce(c->k, &c->arg[i], t, "here")) {
            return ty(c, TY_ERROR);
        }
    }
    return t;
}

/* The checked arguments as the call's own list, in the order of the formal names. */
static void positional(struct call *c)
{
    c->e->args = NULL;
    struct pc_arg **tail = &c->e->args;
    for (size_t i = 0; i < c->n; i++) {
        struct pc_arg *a = mr_pc_alloc(c->k->c->pool, sizeof *a);
        a->e = c->arg[i];
        a->pos = c->pos[i];
        *tail = a;
        tail = &a->next;
    }
}

/* GT(a, b, c) is a > b AND b > c: what stands in the middle is worked out once, for the first of the two, and kept for the
 * second. Gives what stands in the second, and puts what stands in the first into *e. */
static struct pc_expr *kept(struct call *c, struct pc_expr **e)
{
    struct pc_expr *first = *e;
    struct pc_expr *second = mr_pc_make(c->k, EX_VAR, first->pos, first->type);
    if (first->kind == EX_CONST || first->type->kind == TY_LITREAL || first->type->kind == TY_LITINT) {
        *second = *first;
        return second;
    }
    struct pc_var *v = mr_pc_alloc(c->k->c->pool, sizeof *v);
    *v = (struct pc_var){
        .spelled = "kept", .pos = first->pos, .cls = VC_TEMP, .type = first->type, .of_literal = mr_pc_of_literals(first)};
    second->var = v;
    struct pc_expr *keep = mr_pc_make(c->k, EX_CALL, first->pos, first->type);
    keep->std = &keeping;
    keep->var = v;
    keep->variant = v->of_literal ? PC_OF_LITERALS : 0;
    keep->args = mr_pc_alloc(c->k->c->pool, sizeof *keep->args);
    *keep->args = (struct pc_arg){.pos = first->pos, .e = first};
    *e = keep;
    return second;
}

static struct pc_type *become_binary(struct call *c, enum pc_tok op, bool chain)
{
    struct pc_expr *left = c->arg[0];
    struct pc_expr *all = NULL;
    for (size_t i = 1; i < c->n; i++) {
        struct pc_expr *b = i + 1 == c->n && !chain ? c->e : mr_pc_make(c->k, EX_BINARY, c->pos[i], NULL);
        struct pc_expr *next = chain && i + 1 < c->n ? kept(c, &c->arg[i]) : b;
        b->kind = EX_BINARY;
        b->op = op;
        b->a = left;
        b->b = c->arg[i];
        b->type = NULL;
        if (chain && all) {
            struct pc_expr *both = mr_pc_make(c->k, EX_BINARY, c->pos[i], NULL);
            both->op = TK_AND;
            both->a = all;
            both->b = b;
            b = both;
        }
        all = b;
        left = next;
    }
    if (chain) {
        struct pc_pos pos = c->e->pos;
        *c->e = *all;
        c->e->pos = pos;
    }
    return mr_pc_check(c->k, c->e);
}

static struct pc_type *check_math(struct call *c)
{
    struct pc_type *t = mr_pc_plain(c->arg[0]->type);
    if (!mr_pc_is_num(t)) {
        return wrong(c, 0, "a number");
    }
    c->e->variant = t->kind == TY_LITINT || t->kind == TY_LITREAL ? PC_OF_LITERALS : 0;
    t = t->kind == TY_REAL ? t : (mr_pc_is_int(t) && t->kind != TY_LITINT && t->size <= 2 ? ty(c, TY_REAL) : ty(c, TY_LREAL));
    if (c->e->std->fn == SF_ATAN2) {
        t = c->arg[1]->type->kind == TY_REAL && c->arg[0]->type->kind != TY_LREAL ? ty(c, TY_REAL) : t;
        return mr_pc_coerce(c->k, &c->arg[0], t, "Y") && mr_pc_coerce(c->k, &c->arg[1], t, "X") ? t : ty(c, TY_ERROR);
    }
    return mr_pc_coerce(c->k, &c->arg[0], t, "IN") ? t : ty(c, TY_ERROR);
}

static struct pc_type *check_selection(struct call *c)
{
    enum pc_sf fn = c->e->std->fn;
    bool choice = fn == SF_SEL || fn == SF_MUX;
    if (fn == SF_SEL && !mr_pc_coerce(c->k, &c->arg[0], ty(c, TY_BOOL), "G")) {
        return ty(c, TY_ERROR);
    }
    if (fn == SF_MUX) {
        if (!mr_pc_is_int(mr_pc_plain(c->arg[0]->type)) && !mr_pc_is_bits(c->arg[0]->type)) {
            return wrong(c, 0, "a whole number");
        }
        c->arg[0] = mr_pc_converted(c->k, c->arg[0], ty(c, TY_DINT));
    }
    struct pc_type *t = unify(c, choice ? 1 : 0);
    if (!choice && (mr_pc_is_aggregate(t) || t->kind == TY_REF)) {
        return wrong(c, 0, "values that have an order");
    }
    return t;
}

static struct pc_type *check_string(struct call *c)
{
    const char *form =
        mr_pc_str_forms[c->e->std->fn == SF_LEN ? PC_STR_LEN : (c->e->std->fn == SF_FIND ? PC_STR_FIND : c->e->std->arg)];
    for (size_t i = 0; i < c->n; i++) {
        char kind = c->e->std->arg == PC_STR_CONCAT && c->e->std->fn == SF_STRING ? 'S' : form[i + 1];
        if (kind == 'S' && !mr_pc_is_string(c->arg[i]->type)) {
            return wrong(c, i, "a string");
        }
        if (kind == 'n') {
            if (!mr_pc_is_int(mr_pc_plain(c->arg[i]->type)) && !mr_pc_is_bits(c->arg[i]->type)) {
                return wrong(c, i, "a whole number");
            }
            c->arg[i] = mr_pc_converted(c->k, c->arg[i], ty(c, TY_DINT));
        }
    }
    if (c->e->std->fn != SF_STRING) {
        return ty(c, TY_INT);
    }
    uint32_t length = 0; /* the longest that can come of it */
    for (size_t i = 0; i < c->n; i++) {
        bool second =
            i > 0 && c->e->std->arg != PC_STR_CONCAT && c->e->std->arg != PC_STR_INSERT && c->e->std->arg != PC_STR_REPLACE;
        length += mr_pc_is_string(c->arg[i]->type) && !second ? c->arg[i]->type->length : 0;
    }
    return mr_pc_string_type(c->k->c, length > MR_PLC_STRING_MAX ? MR_PLC_STRING_MAX : length);
}

static struct pc_type *target_type(struct call *c, const char *mark)
{
    const char *name = c->e->a->name->name;
    const char *to = NULL;
    if (!split(c->e->a->name, mark, &to)) {
        to = taking_any(name);
        to = to ? to : (strncmp(name, "TRUNC_", 6) == 0 ? name + 6 : strrchr(name, '_') + 1); /* TRUNC_DINT */
    }
    return mr_pc_map_get(&c->k->c->types, mr_pc_name(c->k->c, to)) ? mr_pc_map_get(&c->k->c->types, mr_pc_name(c->k->c, to))
                                                                   : ty(c, TY_STRING);
}

/* INT_TO_REAL(x): x may be of a type that goes into INT; TO_REAL(x) takes anything. */
static bool coerce_source(struct call *c, const char *mark)
{
    const char *name = c->e->a->name->name;
    const char *at = strstr(name, mark);
    if (!at || at == name) {
        return true;
    }
    struct pc_type *from = mr_pc_map_get(&c->k->c->types, mr_pc_atom(&c->k->c->atoms, name, (size_t)(at - name)));
    if (!from || mr_pc_is_string(from)) {
        return (from == NULL || mr_pc_is_string(c->arg[0]->type)) || wrong(c, 0, "a string")->kind != TY_ERROR;
    }
    return mr_pc_coerce(c->k, &c->arg[0], from, "the value");
}

static struct pc_type *check_convert(struct call *c)
{
    struct pc_type *to = target_type(c, "_TO_");
    if (!coerce_source(c, "_TO_")) {
        return ty(c, TY_ERROR);
    }
    struct pc_type *from = mr_pc_plain(c->arg[0]->type);
    if (!mr_pc_is_elementary(from) && !mr_pc_is_string(from) && from->kind != TY_LITINT && from->kind != TY_LITREAL) {
        return wrong(c, 0, "an elementary value");
    }
    if (from->kind == TY_LITINT) {
        (void)mr_pc_coerce(c->k, &c->arg[0], ty(c, mr_pc_fits(c->arg[0], ty(c, TY_DINT)) ? TY_DINT : TY_LINT), "the value");
    } else if (from->kind == TY_LITREAL) {
        (void)mr_pc_coerce(c->k, &c->arg[0], ty(c, TY_LREAL), "the value");
    }
    struct pc_pos pos = c->e->pos;
    *c->e = *mr_pc_converted(c->k, c->arg[0], to);
    c->e->pos = pos;
    return to;
}

static struct pc_type *check_trunc(struct call *c)
{
    struct pc_type *to = c->e->std == &truncation ? target_type(c, "_TRUNC_") : ty(c, TY_DINT);
    if (!mr_pc_is_real(c->arg[0]->type)) {
        return wrong(c, 0, "a REAL or LREAL");
    }
    if (c->arg[0]->type->kind == TY_LITREAL) {
        (void)mr_pc_coerce(c->k, &c->arg[0], ty(c, TY_LREAL), "IN");
    }
    c->e->variant = c->e->std == &truncation ? 0 : PC_OF_LITERALS; /* table 22: ANY_REAL to ANY_INT */
    return to;
}

static struct pc_type *check_date(struct call *c)
{
    static const enum pc_tok ops[] = {TK_EOF, TK_PLUS, TK_MINUS, TK_STAR, TK_SLASH};
    if (c->e->std->arg > 0) {
        MR_ASSERT((size_t)c->e->std->arg < sizeof ops / sizeof *ops);
        return become_binary(c, ops[c->e->std->arg], false);
    }
    if (!mr_pc_coerce(c->k, &c->arg[0], ty(c, TY_DATE), "IN1") || !mr_pc_coerce(c->k, &c->arg[1], ty(c, TY_TOD), "IN2")) {
        return ty(c, TY_ERROR);
    }
    c->e->kind = EX_BINARY; /* all of them count nanoseconds */
    c->e->op = TK_PLUS;
    c->e->a = c->arg[0];
    c->e->b = c->arg[1];
    return ty(c, TY_DT);
}

static struct pc_type *constant_int(struct call *c, int64_t v, enum pc_tk kind)
{
    c->e->kind = EX_CONST;
    c->e->v.i = v;
    return ty(c, kind);
}

static struct pc_type *check_bound(struct call *c)
{
    struct pc_type *t = c->arg[0]->type;
    if (c->arg[1]->kind != EX_CONST) {
        return wrong(c, 1, "a constant");
    }
    uint32_t dimension = c->arg[1]->v.i > 0 && c->arg[1]->v.i <= MR_PLC_DIMS_MAX ? (uint32_t)c->arg[1]->v.i - 1 : MR_PLC_DIMS_MAX;
    struct pc_expr *bound = mr_pc_open_bound(c->k, c->arg[0], dimension, c->e->std->arg);
    if (bound) {
        *c->e = *bound;
        return bound->type;
    }
    for (int64_t d = 1; d < c->arg[1]->v.i && t->kind == TY_ARRAY; d++) {
        t = t->base;
    }
    if (t->kind != TY_ARRAY) {
        return wrong(c, 0, "an array with that dimension");
    }
    return constant_int(c, c->e->std->arg ? t->hi : t->lo, TY_DINT);
}

static struct pc_type *check_reference(struct call *c)
{
    if (!mr_pc_lvalue(c->k, c->arg[0], false)) {
        return ty(c, TY_ERROR);
    }
    c->e->kind = EX_REF;
    c->e->variant = c->e->std->arg ? PC_ADDRESS : 0;
    c->e->a = c->arg[0];
    return mr_pc_ref_type(c->k->c, c->arg[0]->type);
}

static struct pc_type *check_bits(struct call *c)
{
    struct pc_type *t = c->arg[0]->type;
    if (c->e->std->fn == SF_NOT) {
        c->e->kind = EX_NOT;
        c->e->a = c->arg[0];
        c->e->type = NULL;
        return mr_pc_check(c->k, c->e);
    }
    if (t->kind == TY_LITINT) {
        t = ty(c, TY_DWORD);
        (void)mr_pc_coerce(c->k, &c->arg[0], t, "IN");
    }
    if (!mr_pc_is_bits(t) && !mr_pc_is_int(t)) {
        return wrong(c, 0, "a bit string");
    }
    if (!mr_pc_is_int(mr_pc_plain(c->arg[1]->type)) && !mr_pc_is_bits(c->arg[1]->type)) {
        return wrong(c, 1, "a whole number");
    }
    c->arg[1] = mr_pc_converted(c->k, c->arg[1], ty(c, TY_UDINT));
    return t;
}

static struct pc_type *check_bcd(struct call *c)
{
    bool from = c->e->std->fn == SF_BCD_TO;
    static const enum pc_tk words[] = {TY_BYTE, TY_WORD, TY_DWORD, TY_LWORD};
    const char *to = NULL;
    bool named = split(c->e->a->name, from ? "_BCD_TO_" : "_TO_BCD_", &to);
    if (!coerce_source(c, from ? "_BCD_TO_" : "_TO_BCD")) {
        return ty(c, TY_ERROR);
    }
    to = from && !named ? c->e->a->name->name + 7 : to;
    uint32_t size = c->arg[0]->type->size;
    struct pc_type *t = to ? mr_pc_map_get(&c->k->c->types, mr_pc_name(c->k->c, to))
                           : ty(c, words[size == 1   ? 0
                                         : size == 2 ? 1
                                         : size == 4 ? 2
                                                     : 3]);
    if (from ? !mr_pc_is_bits(c->arg[0]->type) : !mr_pc_is_int(c->arg[0]->type)) {
        return wrong(c, 0, from ? "a bit string" : "an integer");
    }
    c->arg[0] = mr_pc_converted(c->k, c->arg[0], ty(c, TY_ULINT));
    return t;
}

static struct pc_type *check_one(struct call *c)
{
    struct pc_type *t = c->n > 0 ? c->arg[0]->type : NULL;
    switch (c->e->std->fn) {
    case SF_MATH:
    case SF_ATAN2:
        return check_math(c);
    case SF_ABS:
        return mr_pc_is_num(mr_pc_plain(t)) ? unify(c, 0) : wrong(c, 0, "a number");
    case SF_OPERATOR:
        return become_binary(c, (enum pc_tok)c->e->std->arg, false);
    case SF_COMPARE:
        return become_binary(c, (enum pc_tok)c->e->std->arg, true);
    case SF_MOVE:
        return t;
    case SF_NOT:
    case SF_SHIFT:
        return check_bits(c);
    case SF_SEL:
    case SF_MUX:
    case SF_MIN:
    case SF_MAX:
    case SF_LIMIT:
        return check_selection(c);
    case SF_STRING:
    case SF_LEN:
    case SF_FIND:
        return check_string(c);
    case SF_TRUNC:
        return check_trunc(c);
    case SF_BCD_TO:
    case SF_TO_BCD:
        return check_bcd(c);
    case SF_DATE:
        return check_date(c);
    case SF_SIZEOF:
        MR_ASSERT(t != NULL); /* it has an operand, or it was refused */
        if (t->kind == TY_ARRAY && t->variable_length) {
            return wrong(c, 0, "something of a known size");
        }
        return constant_int(c, mr_pc_is_string(t) ? t->length + 1 : t->size, TY_LITINT); /* as where strings end in a 0 */
    case SF_REF:
        return check_reference(c);
    case SF_BOUND:
        return check_bound(c);
    case SF_NOW:
        return ty(c, (enum pc_tk)c->e->std->arg);
    case SF_DAY_OF_WEEK:
        return mr_pc_coerce(c->k, &c->arg[0], ty(c, TY_DATE), "IN") ? ty(c, TY_INT) : ty(c, TY_ERROR);
    case SF_ISVALID:
        return mr_pc_is_real(t) ? ty(c, TY_BOOL) : wrong(c, 0, "a REAL or LREAL");
    case SF_CONVERT:
        return check_convert(c);
    case SF_KEPT:
    case SF_ENABLED: /* made by the checker, never found by name */
    case SF_WITHIN:
        break;
    }
    return ty(c, TY_ERROR);
}

/* The arguments of ADD_INT and the like as that type; not what selects among them or shifts them. */
static bool coerce_typed(struct call *c)
{
    const char *name = NULL;
    if (overloaded(c->e->a->name->name, c->e->a->name->n) || !typed(c->e->a->name, &name)) {
        return true;
    }
    struct pc_type *t = mr_pc_map_get(&c->k->c->types, mr_pc_name(c->k->c, name));
    enum pc_sf fn = c->e->std->fn;
    size_t end = fn == SF_SHIFT || c->e->std->arg == TK_POWER ? 1 : c->n;
    for (size_t i = fn == SF_SEL || fn == SF_MUX ? 1 : 0; t && !mr_pc_is_string(t) && i < end; i++) {
        if (!mr_pc_coerce(c->k, &c->arg[i], t, "the argument")) {
            return false;
        }
    }
    return true;
}

/* The argument of that name, which no longer is among the call's. */
static struct pc_arg *taken(struct pc_expr *e, const char *name)
{
    for (struct pc_arg **at = &e->args; *at; at = &(*at)->next) {
        if ((*at)->name && strcmp((*at)->name->name, name) == 0) {
            struct pc_arg *a = *at;
            *at = a->next;
            a->next = NULL;
            return a;
        }
    }
    return NULL;
}

/* Table 20: the function is carried out where EN is TRUE, and ENO tells. */
static struct pc_type *enable(struct pc_check *k, struct pc_expr *e, struct pc_arg *en, struct pc_arg *eno)
{
    struct pc_expr *value = mr_pc_alloc(k->c->pool, sizeof *value);
    *value = *e;
    bool literal = value->type->kind == TY_LITINT || value->type->kind == TY_LITREAL || mr_pc_of_literals(value);
    if (value->type->kind == TY_LITINT || value->type->kind == TY_LITREAL) {
        (void)mr_pc_coerce(k, &value, k->c->elementary[value->type->kind == TY_LITINT ? TY_LINT : TY_LREAL], "the value");
    }
    if (!en) {
        en = mr_pc_alloc(k->c->pool, sizeof *en);
        *en = (struct pc_arg){.pos = e->pos, .e = mr_pc_make(k, EX_CONST, e->pos, k->c->elementary[TY_BOOL])};
        en->e->v.i = 1;
    }
    en->next = mr_pc_alloc(k->c->pool, sizeof *en->next);
    *en->next = (struct pc_arg){.pos = e->pos, .e = value, .next = eno};
    *e = (struct pc_expr){.kind = EX_CALL, .pos = e->pos, .std = &enabling, .args = en, .type = value->type};
    e->variant = literal ? PC_OF_LITERALS : 0;
    if (eno) {
        mr_pc_check_eno(k, eno, en->e);
    }
    return e->type;
}

/* SIZEOF(T) where T is no variable but a type. */
static bool is_size_of_type(struct pc_check *k, struct pc_expr *e)
{
    const struct pc_arg *a = e->std->fn == SF_SIZEOF ? e->args : NULL;
    const struct pc_atom *name = a && !a->next && a->e && a->e->kind == EX_NAME ? a->e->name : NULL;
    if (!name || mr_pc_lookup(k->c, k->pou, name)) {
        return false;
    }
    struct pc_typedecl *td = mr_pc_find_decl(k->c, name);
    struct pc_type *t = td ? mr_pc_resolve_decl(k->c, td) : mr_pc_type_by_name(k->c, name);
    if (!t) {
        return false;
    }
    mr_pc_layout_type(k->c, t, e->pos);
    *e = (struct pc_expr){.kind = EX_CONST, .pos = e->pos, .type = k->c->elementary[TY_LITINT]};
    e->v.i = mr_pc_is_string(t) ? t->length + 1 : t->size;
    return true;
}

static struct pc_type *check_function(struct pc_check *k, struct pc_expr *e)
{
    struct call c = {.k = k, .e = e};
    if (is_size_of_type(k, e)) {
        return e->type;
    }
    e->type = ty(&c, TY_ERROR);
    if (!collect(&c) || !coerce_typed(&c)) {
        return e->type;
    }
    struct pc_type *t = check_one(&c);
    if (e->kind !=
        EX_CALL) { /* its arguments are operands now: reached by two ways, a nest of them would be walked 2^depth times */
        e->args = NULL;
    } else if (t->kind != TY_ERROR) {
        positional(&c);
    }
    if (c.n > 0 && e->std && e->std->fn == SF_MOVE && t->kind != TY_ERROR) {
        struct pc_pos pos = e->pos;
        *e = *c.arg[0];
        e->pos = pos;
    }
    e->type = t;
    return t;
}

struct pc_type *mr_pc_std_check(struct pc_check *k, struct pc_expr *e)
{
    struct pc_arg *en = taken(e, "EN");
    struct pc_arg *eno = taken(e, "ENO");
    uint32_t copies = k->copies;
    bool good = !en || (en->e && mr_pc_copied(k, 2, en->pos) && mr_pc_check(k, en->e)->kind != TY_ERROR &&
                        mr_pc_coerce(k, &en->e, k->c->elementary[TY_BOOL], "EN"));
    k->copies = copies;
    struct pc_type *t = check_function(k, e);
    return (en || eno) && good && t->kind != TY_ERROR ? enable(k, e, en, eno) : t;
}
