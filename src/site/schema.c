/* schema.c - see schema.h. Recursion follows the tree, whose depth yaml.h bounds, and $ref and anyOf, which our own schemas
 * bound. */
#include "site/schema.h"

#include "plan/values.h"

#include <jansson.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define PATTERNS_MAX 64  /* the site's schema has a dozen */
#define NAMES_MAX    256 /* candidates for "did you mean" */
#define SHOWN        60  /* characters of a wrong value that a message repeats */
#define WHAT_MAX     600

struct mr_schema {
    json_t *root;
    struct {
        const char *text; /* the schema's own string */
        regex_t re;
    } patterns[PATTERNS_MAX];
    size_t npatterns;
};

struct checker {
    const struct mr_schema *schema;
    const char *file, *text;
    size_t n;
    struct mr_diags *diags;
    bool quiet; /* only tries whether a branch fits */
    size_t errors;
};

static const char *word(const json_t *schema, const char *key)
{
    return json_string_value(json_object_get(schema, key));
}

/* ---- a schema itself ------------------------------------------------------------------------------------------------------ */

static bool known_keyword(const char *key)
{
    static const char *const known[] = {"$schema",
                                        "$id",
                                        "$ref",
                                        "$defs",
                                        "type",
                                        "enum",
                                        "const",
                                        "properties",
                                        "required",
                                        "items",
                                        "minItems",
                                        "maxItems",
                                        "minLength",
                                        "maxLength",
                                        "pattern",
                                        "minimum",
                                        "maximum",
                                        "anyOf",
                                        "format",
                                        "title",
                                        "description",
                                        "default",
                                        "examples",
                                        "expected",
                                        "minProperties",
                                        "maxProperties",
                                        "patternProperties",
                                        "propertyNames",
                                        "additionalProperties"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i], key) == 0) {
            return true;
        }
    }
    return false;
}

static const regex_t *pattern_of(const struct mr_schema *s, const char *text)
{
    for (size_t i = 0; i < s->npatterns; i++) {
        if (s->patterns[i].text == text || strcmp(s->patterns[i].text, text) == 0) {
            return &s->patterns[i].re;
        }
    }
    return NULL;
}

static bool add_pattern(struct mr_schema *s, const char *text)
{
    if (pattern_of(s, text)) {
        return true;
    }
    if (s->npatterns == PATTERNS_MAX || regcomp(&s->patterns[s->npatterns].re, text, REG_EXTENDED | REG_NOSUB) != 0) {
        return false;
    }
    s->patterns[s->npatterns++].text = text;
    return true;
}

static const json_t *resolve(const struct mr_schema *s, const json_t *schema)
{
    for (int i = 0; i < 8; i++) {
        const char *ref = word(schema, "$ref");
        if (!ref) {
            return schema;
        }
        schema = strncmp(ref, "#/$defs/", 8) == 0 ? json_object_get(json_object_get(s->root, "$defs"), ref + 8) : NULL;
        if (!schema) {
            return NULL;
        }
    }
    return NULL;
}

static bool accept_schema(struct mr_schema *s, json_t *schema, char *why, size_t cap);

static bool accept_each(struct mr_schema *s, json_t *map, bool patterns, char *why, size_t cap)
{
    const char *key;
    json_t *value;
    json_object_foreach(map, key, value)
    {
        if ((patterns && !add_pattern(s, key)) || !accept_schema(s, value, why, cap)) {
            return false;
        }
    }
    return true;
}

static bool accept_schema(struct mr_schema *s, json_t *schema, char *why, size_t cap)
{
    if (json_is_boolean(schema)) {
        return true;
    }
    const char *key;
    json_t *value;
    json_object_foreach(schema, key, value)
    {
        if (!known_keyword(key)) {
            (void)snprintf(why, cap, "keyword '%s' is not of our subset", key);
            return false;
        }
    }
    if (!json_is_object(schema) || !resolve(s, schema)) {
        (void)snprintf(why, cap, "not a schema, or a $ref that leads nowhere: %s",
                       word(schema, "$ref") ? word(schema, "$ref") : "");
        return false;
    }
    if (word(schema, "pattern") && !add_pattern(s, word(schema, "pattern"))) {
        (void)snprintf(why, cap, "pattern '%s' cannot be compiled", word(schema, "pattern"));
        return false;
    }
    static const char *const single[] = {"items", "additionalProperties", "propertyNames"};
    for (size_t i = 0; i < 3; i++) {
        json_t *sub = json_object_get(schema, single[i]);
        if (sub && !accept_schema(s, sub, why, cap)) {
            return false;
        }
    }
    size_t i;
    json_array_foreach(json_object_get(schema, "anyOf"), i, value)
    {
        if (!accept_schema(s, value, why, cap)) {
            return false;
        }
    }
    return accept_each(s, json_object_get(schema, "properties"), false, why, cap) &&
           accept_each(s, json_object_get(schema, "patternProperties"), true, why, cap) &&
           accept_each(s, json_object_get(schema, "$defs"), false, why, cap);
}

struct mr_schema *mr_schema_create(const char *text, size_t n, char *why, size_t cap)
{
    struct mr_schema *s = calloc(1, sizeof *s);
    MR_ASSERT(s);
    json_error_t error;
    s->root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    if (!s->root) {
        (void)snprintf(why, cap, "line %d: %s", error.line, error.text);
    }
    if (!s->root || !accept_schema(s, s->root, why, cap)) {
        mr_schema_destroy(s);
        return NULL;
    }
    return s;
}

void mr_schema_destroy(struct mr_schema *s)
{
    if (!s) {
        return;
    }
    for (size_t i = 0; i < s->npatterns; i++) {
        regfree(&s->patterns[i].re);
    }
    json_decref(s->root);
    free(s);
}

/* ---- a tree against it ---------------------------------------------------------------------------------------------------- */

static void wrong(struct checker *c, const struct mr_yaml *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void wrong(struct checker *c, const struct mr_yaml *at, const char *fmt, ...)
{
    c->errors++;
    if (c->quiet) {
        return;
    }
    char what[WHAT_MAX];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    mr_yaml_error(c->diags, c->file, c->text, c->n, at->line, at->col, what);
}

static bool type_fits(enum mr_yaml_type t, const char *type)
{
    static const char *const names[] = {
        [MR_YAML_NULL] = "null",   [MR_YAML_BOOL] = "boolean",  [MR_YAML_INT] = "integer", [MR_YAML_NUMBER] = "number",
        [MR_YAML_TEXT] = "string", [MR_YAML_OBJECT] = "object", [MR_YAML_ARRAY] = "array"};
    return strcmp(names[t], type) == 0 || (t == MR_YAML_INT && strcmp(type, "number") == 0);
}

static bool type_allowed(const json_t *schema, enum mr_yaml_type t)
{
    const json_t *type = json_object_get(schema, "type");
    if (!type) {
        return true;
    }
    size_t i;
    json_t *one;
    json_array_foreach(type, i, one)
    {
        if (type_fits(t, json_string_value(one))) {
            return true;
        }
    }
    return json_is_string(type) && type_fits(t, json_string_value(type));
}

static const char *type_text(const char *type)
{
    static const char *const texts[][2] = {{"null", "nothing"},    {"boolean", "true or false"}, {"integer", "a whole number"},
                                           {"number", "a number"}, {"string", "a text"},         {"object", "a map"},
                                           {"array", "a list"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(texts[i][0], type) == 0) {
            return texts[i][1];
        }
    }
    return type;
}

/* What the schema would take, for people. */
static void describe(const struct checker *c, const json_t *schema, char *buf, size_t cap)
{
    schema = resolve(c->schema, schema);
    size_t n = 0, i;
    json_t *one;
    buf[0] = '\0';
    if (word(schema, "expected")) {
        (void)snprintf(buf, cap, "%s", word(schema, "expected"));
        return;
    }
    json_array_foreach(json_object_get(schema, "anyOf"), i, one)
    {
        char branch[WHAT_MAX / 2];
        describe(c, one, branch, sizeof branch);
        n += (size_t)snprintf(buf + n, cap - n, "%s%s", n > 0 ? " or " : "", branch);
        n = n < cap ? n : cap - 1;
    }
    json_array_foreach(json_object_get(schema, "enum"), i, one)
    {
        n += (size_t)snprintf(buf + n, cap - n, "%s%s", n > 0 ? ", " : "one of ", json_string_value(one));
        n = n < cap ? n : cap - 1;
    }
    if (n > 0) {
        return;
    }
    const json_t *type = json_object_get(schema, "type");
    if (json_is_string(type)) {
        (void)snprintf(buf, cap, "%s", type_text(json_string_value(type)));
        return;
    }
    json_array_foreach(type, i, one)
    {
        n += (size_t)snprintf(buf + n, cap - n, "%s%s", n > 0 ? " or " : "", type_text(json_string_value(one)));
        n = n < cap ? n : cap - 1;
    }
}

/* What stands there, for people: 'abc', or "a map". */
static void show(const struct mr_yaml *y, char *buf, size_t cap)
{
    enum mr_yaml_type t = mr_yaml_type(y);
    if (y->kind == MR_YAML_SCALAR && (t != MR_YAML_NULL || *y->text)) {
        bool numeric_text = t == MR_YAML_INT || t == MR_YAML_NUMBER || t == MR_YAML_BOOL;
        (void)snprintf(buf, cap, "%s'%.*s'", numeric_text ? (t == MR_YAML_BOOL ? "" : "the number ") : "", SHOWN, y->text);
    } else {
        (void)snprintf(buf, cap, "%s", t == MR_YAML_NULL ? "nothing" : t == MR_YAML_OBJECT ? "a map" : "a list");
    }
}

static void unexpected(struct checker *c, const json_t *schema, const struct mr_yaml *y)
{
    if (c->quiet) {
        c->errors++;
        return;
    }
    char want[WHAT_MAX / 2], got[SHOWN + 40];
    describe(c, schema, want, sizeof want);
    show(y, got, sizeof got);
    bool key = y->key != NULL;
    wrong(c, y, "%s%.40s%sexpected %s, got %s", key ? "'" : "", key ? y->key->text : "", key ? "': " : "", want, got);
}

static bool format_fits(const char *format, const char *text)
{
    mr_ns a, b;
    double lo, hi;
    uint32_t ip;
    uint8_t prefix;
    if (strcmp(format, "duration") == 0) {
        return mr_duration_parse(text, &a) == MR_OK;
    }
    if (strcmp(format, "window") == 0) {
        return mr_window_parse(text, &a, &b);
    }
    if (strcmp(format, "range") == 0) {
        const char *unit = text + strcspn(text, " ");
        return mr_range_parse(text, unit + strspn(unit, " "), &lo, &hi);
    }
    if (strcmp(format, "ipv4") == 0) {
        return mr_ipv4_parse(text, &ip);
    }
    if (strcmp(format, "cidr") == 0) {
        return mr_cidr_parse(text, &ip, &prefix);
    }
    return true;
}

static void check_scalar(struct checker *c, const json_t *schema, const struct mr_yaml *y)
{
    size_t n = strlen(y->text);
    const json_t *least = json_object_get(schema, "minLength");
    const json_t *most = json_object_get(schema, "maxLength");
    if (most && n > (size_t)json_integer_value(most)) {
        wrong(c, y, "'%.30s...' has %zu bytes; at most %d are allowed", y->text, n, (int)json_integer_value(most));
        return;
    }
    double x;
    bool number = (mr_yaml_type(y) == MR_YAML_INT || mr_yaml_type(y) == MR_YAML_NUMBER) && mr_number_parse(y->text, &x);
    const json_t *lo = json_object_get(schema, "minimum");
    const json_t *hi = json_object_get(schema, "maximum");
    if (number && ((lo && x < json_number_value(lo)) || (hi && x > json_number_value(hi)))) {
        wrong(c, y, "%s is outside %g..%g", y->text, lo ? json_number_value(lo) : -INFINITY,
              hi ? json_number_value(hi) : INFINITY);
        return;
    }
    const char *pattern = word(schema, "pattern");
    const char *format = word(schema, "format");
    if ((least && n < (size_t)json_integer_value(least)) || (format && !format_fits(format, y->text)) ||
        (pattern && regexec(pattern_of(c->schema, pattern), y->text, 0, NULL, 0) != 0)) {
        unexpected(c, schema, y);
    }
}

static void check_enum(struct checker *c, const json_t *schema, const struct mr_yaml *y)
{
    const json_t *list = json_object_get(schema, "enum");
    const json_t *only = json_object_get(schema, "const");
    if (only && strcmp(json_string_value(only), y->text) != 0) {
        wrong(c, y, "expected '%s', got '%.*s'", json_string_value(only), SHOWN, y->text);
    }
    if (!list) {
        return;
    }
    const char *names[NAMES_MAX];
    size_t n = 0, i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        if (strcmp(json_string_value(one), y->text) == 0) {
            return;
        }
        if (n < NAMES_MAX) {
            names[n++] = json_string_value(one);
        }
    }
    const char *near = mr_nearest(y->text, names, n);
    if (near) {
        wrong(c, y, "unknown word '%.*s'; did you mean '%s'?", SHOWN, y->text, near);
    } else {
        unexpected(c, schema, y);
    }
}

static void check(struct checker *c, const json_t *schema, const struct mr_yaml *y);

static const json_t *pattern_property(const struct checker *c, const json_t *schema, const char *key)
{
    const char *pattern;
    json_t *sub;
    json_t *map = json_object_get(schema, "patternProperties");
    json_object_foreach(map, pattern, sub)
    {
        if (regexec(pattern_of(c->schema, pattern), key, 0, NULL, 0) == 0) {
            return sub;
        }
    }
    return NULL;
}

static void unknown_key(struct checker *c, const json_t *schema, const struct mr_yaml *key)
{
    const char *names[NAMES_MAX];
    char list[WHAT_MAX / 2] = "";
    size_t n = 0, len = 0;
    const char *name;
    json_t *sub;
    json_t *map = json_object_get(schema, "properties");
    json_object_foreach(map, name, sub)
    {
        if (n < NAMES_MAX) {
            names[n++] = name;
        }
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? ", " : "", name);
        len = len < sizeof list ? len : sizeof list - 1;
    }
    const char *near = mr_nearest(key->text, names, n);
    if (near) {
        wrong(c, key, "unknown key '%.*s'; did you mean '%s'?", SHOWN, key->text, near);
    } else {
        wrong(c, key, "unknown key '%.*s'; allowed here: %s", SHOWN, key->text, n > 0 ? list : "none");
    }
}

static void check_member(struct checker *c, const json_t *schema, const struct mr_yaml *m)
{
    const json_t *names = json_object_get(schema, "propertyNames");
    if (names) {
        check(c, names, m->key);
    }
    const json_t *sub = json_object_get(json_object_get(schema, "properties"), m->key->text);
    sub = sub ? sub : pattern_property(c, schema, m->key->text);
    const json_t *others = json_object_get(schema, "additionalProperties");
    if (sub) {
        check(c, sub, m);
    } else if (json_is_false(others)) {
        unknown_key(c, schema, m->key);
    } else if (others && !json_is_boolean(others)) {
        check(c, others, m);
    }
}

static void check_map(struct checker *c, const json_t *schema, const struct mr_yaml *y)
{
    size_t i;
    json_t *name;
    const struct mr_yaml *at = y->key ? y->key : y;
    json_array_foreach(json_object_get(schema, "required"), i, name)
    {
        const char *text = json_string_value(name);
        if (!mr_yaml_get(y, text)) {
            char want[WHAT_MAX / 2] = "";
            const json_t *sub = json_object_get(json_object_get(schema, "properties"), text);
            if (sub) {
                describe(c, sub, want, sizeof want);
            }
            wrong(c, at, "%s%.40s%s'%s' is missing; expected %s", y->key ? "in '" : "", y->key ? y->key->text : "",
                  y->key ? "': " : "", text, *want ? want : "a value");
        }
    }
    const json_t *least = json_object_get(schema, "minProperties");
    const json_t *most = json_object_get(schema, "maxProperties");
    if ((least && y->count < (size_t)json_integer_value(least)) || (most && y->count > (size_t)json_integer_value(most))) {
        unexpected(c, schema, y);
        return;
    }
    for (const struct mr_yaml *m = y->first; m; m = m->next) {
        check_member(c, schema, m);
    }
}

static void check_list(struct checker *c, const json_t *schema, const struct mr_yaml *y)
{
    const json_t *least = json_object_get(schema, "minItems");
    const json_t *most = json_object_get(schema, "maxItems");
    if (least && y->count < (size_t)json_integer_value(least)) {
        wrong(c, y, "the list has %zu items; expected at least %d", y->count, (int)json_integer_value(least));
    }
    if (most && y->count > (size_t)json_integer_value(most)) {
        wrong(c, y, "the list has %zu items; expected at most %d", y->count, (int)json_integer_value(most));
    }
    const json_t *items = json_object_get(schema, "items");
    for (const struct mr_yaml *m = y->first; m && items; m = m->next) {
        check(c, items, m);
    }
}

/* Reports the errors of the branch that was meant, where only one takes a value of this type at all. */
static void check_any(struct checker *c, const json_t *schema, const json_t *branches, const struct mr_yaml *y)
{
    const json_t *meant = NULL;
    size_t i, candidates = 0;
    json_t *one;
    json_array_foreach(branches, i, one)
    {
        struct checker trial = *c;
        trial.quiet = true;
        trial.errors = 0;
        check(&trial, one, y);
        if (trial.errors == 0) {
            return;
        }
        if (type_allowed(resolve(c->schema, one), mr_yaml_type(y))) {
            candidates++;
            meant = one;
        }
    }
    if (candidates == 1 && y->kind != MR_YAML_SCALAR) {
        check(c, meant, y);
    } else {
        unexpected(c, schema, y);
    }
}

static void check(struct checker *c, const json_t *schema, const struct mr_yaml *y)
{
    schema = resolve(c->schema, schema);
    const json_t *branches = json_object_get(schema, "anyOf");
    if (branches) {
        check_any(c, schema, branches, y);
        return;
    }
    if (!type_allowed(schema, mr_yaml_type(y))) {
        unexpected(c, schema, y);
        return;
    }
    switch (y->kind) {
    case MR_YAML_SCALAR:
        check_enum(c, schema, y);
        check_scalar(c, schema, y);
        break;
    case MR_YAML_MAP:
        check_map(c, schema, y);
        break;
    case MR_YAML_SEQ:
        check_list(c, schema, y);
        break;
    }
}

bool mr_schema_check(const struct mr_schema *s, const struct mr_yaml *root, const char *file, const char *text, size_t n,
                     struct mr_diags *diags)
{
    struct checker c = {.schema = s, .file = file, .text = text, .n = n, .diags = diags};
    check(&c, s->root, root);
    return c.errors == 0;
}
