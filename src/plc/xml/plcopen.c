/* plcopen.c - PLCopen TC6 XML 2.01 to text: types, units, configurations. Bodies in text are taken as they are, diagrams become
 * statements (plcopen_graph.c), charts their textual form (plcopen_sfc.c). Reads from memory only: no entities, no network. */
#include "plc/xml/plcopen.h"

#include "plc/limits.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void mr_po_error(struct po *o, const struct mr_xml *at, const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    mr_diag_add(o->diags, MR_ERROR, o->file, at ? at->line : 0, at ? at->column : 0, "%s", text);
}

/* ---- types and values ---- */

static void put_type(struct po *o, const struct mr_xml *holder);

static void put_variables(struct po *o, const struct mr_xml *list);

static void put_range(struct po *o, const struct mr_xml *type)
{
    const struct mr_xml *range = mr_xml_child(type, "range");
    const struct mr_xml *base = mr_xml_child(type, "baseType");
    put_type(o, base);
    (void)fprintf(o->to, " (%s..%s)", mr_xml_attribute(range, "lower"), mr_xml_attribute(range, "upper"));
}

static void put_enum(struct po *o, const struct mr_xml *type)
{
    const char *separator = "(";
    for (const struct mr_xml *v = mr_xml_first(mr_xml_child(type, "values")); v; v = mr_xml_next(v)) {
        const char *value = mr_xml_attribute(v, "value");
        (void)fprintf(o->to, "%s%s%s%s", separator, mr_xml_attribute(v, "name"), value[0] ? " := " : "", value);
        separator = ", ";
    }
    (void)fputs(")", o->to);
}

static void put_array(struct po *o, const struct mr_xml *type)
{
    const char *separator = "ARRAY [";
    for (const struct mr_xml *d = mr_xml_first(type); d; d = mr_xml_next(d)) {
        if (mr_xml_is(d, "dimension")) {
            (void)fprintf(o->to, "%s%s..%s", separator, mr_xml_attribute(d, "lower"), mr_xml_attribute(d, "upper"));
            separator = ", ";
        }
    }
    (void)fputs("] OF ", o->to);
    put_type(o, mr_xml_child(type, "baseType"));
}

/* The type that is the first element in `holder`. Its depth is bounded by the XML parser's. */
static void put_type(struct po *o, const struct mr_xml *holder)
{
    const struct mr_xml *t = mr_xml_first(holder);
    if (!t) {
        mr_po_error(o, holder, "a type is missing");
    } else if (mr_xml_is(t, "derived")) {
        (void)fputs(mr_xml_attribute(t, "name"), o->to);
    } else if (mr_xml_is(t, "string") || mr_xml_is(t, "wstring")) {
        const char *length = mr_xml_attribute(t, "length");
        (void)fprintf(o->to, length[0] ? "%s[%s]" : "%s", mr_xml_is(t, "string") ? "STRING" : "WSTRING", length);
    } else if (mr_xml_is(t, "array")) {
        put_array(o, t);
    } else if (mr_xml_is(t, "enum")) {
        put_enum(o, t);
    } else if (mr_xml_is(t, "subrangeSigned") || mr_xml_is(t, "subrangeUnsigned")) {
        put_range(o, t);
    } else if (mr_xml_is(t, "pointer")) {
        (void)fputs("POINTER TO ", o->to);
        put_type(o, mr_xml_child(t, "baseType"));
    } else if (mr_xml_is(t, "struct")) {
        (void)fputs("STRUCT\n", o->to);
        put_variables(o, t);
        (void)fputs("END_STRUCT", o->to);
    } else {
        (void)fputs(t->name, o->to);
    }
}

static void put_value(struct po *o, const struct mr_xml *value)
{
    const struct mr_xml *v = mr_xml_first(value);
    bool array = mr_xml_is(v, "arrayValue");
    if (!array && !mr_xml_is(v, "structValue")) {
        (void)fputs(mr_xml_attribute(v, "value"), o->to);
        return;
    }
    (void)fputs(array ? "[" : "(", o->to);
    for (const struct mr_xml *e = mr_xml_first(v); e; e = mr_xml_next(e)) {
        const char *repeat = mr_xml_attribute(e, "repetitionValue");
        bool repeated = array && repeat[0] && strcmp(repeat, "1") != 0;
        if (repeated) {
            (void)fprintf(o->to, "%s(", repeat);
        } else if (!array) {
            (void)fprintf(o->to, "%s := ", mr_xml_attribute(e, "member"));
        }
        put_value(o, e);
        (void)fprintf(o->to, "%s%s", repeated ? ")" : "", mr_xml_next(e) ? ", " : "");
    }
    (void)fputs(array ? "]" : ")", o->to);
}

static void put_variables(struct po *o, const struct mr_xml *list)
{
    for (const struct mr_xml *v = mr_xml_first(list); v; v = mr_xml_next(v)) {
        if (!mr_xml_is(v, "variable")) {
            continue;
        }
        const char *address = mr_xml_attribute(v, "address");
        (void)fprintf(o->to, "  %s%s%s : ", mr_xml_attribute(v, "name"), address[0] ? " AT " : "", address);
        put_type(o, mr_xml_child(v, "type"));
        const struct mr_xml *init = mr_xml_child(v, "initialValue");
        if (init) {
            (void)fputs(" := ", o->to);
            put_value(o, init);
        }
        (void)fputs(";\n", o->to);
    }
}

static void put_variable_lists(struct po *o, const struct mr_xml *interface)
{
    static const char *const kinds[][2] = {
        {"inputVars", "VAR_INPUT"}, {"outputVars", "VAR_OUTPUT"},     {"inOutVars", "VAR_IN_OUT"}, {"localVars", "VAR"},
        {"tempVars", "VAR_TEMP"},   {"externalVars", "VAR_EXTERNAL"}, {"globalVars", "VAR_GLOBAL"}};
    for (const struct mr_xml *l = mr_xml_first(interface); l; l = mr_xml_next(l)) {
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            if (mr_xml_is(l, kinds[i][0])) {
                bool constant = strcmp(mr_xml_attribute(l, "constant"), "true") == 0;
                bool retain = strcmp(mr_xml_attribute(l, "retain"), "true") == 0;
                (void)fprintf(o->to, "%s%s%s\n", kinds[i][1], constant ? " CONSTANT" : "", retain ? " RETAIN" : "");
                put_variables(o, l);
                (void)fputs("END_VAR\n", o->to);
            }
        }
    }
}

static void put_types(struct po *o, const struct mr_xml *types)
{
    for (const struct mr_xml *t = mr_xml_first(types); t; t = mr_xml_next(t)) {
        (void)fprintf(o->to, "TYPE %s : ", mr_xml_attribute(t, "name"));
        put_type(o, mr_xml_child(t, "baseType"));
        const struct mr_xml *init = mr_xml_child(t, "initialValue");
        if (init) {
            (void)fputs(" := ", o->to);
            put_value(o, init);
        }
        (void)fputs(";\nEND_TYPE\n\n", o->to);
    }
}

/* ---- units ---- */

void mr_po_body(struct po *o, const struct mr_xml *pou, const struct mr_xml *body)
{
    const struct mr_xml *b = mr_xml_first(body);
    if (mr_xml_is(b, "ST") || mr_xml_is(b, "IL")) {
        (void)fprintf(o->to, "%s\n", mr_xml_content(o->pool, b));
    } else if (mr_xml_is(b, "FBD") || mr_xml_is(b, "LD")) {
        struct po_graph *g = mr_po_graph(o, b);
        mr_po_graph_variables(g);
        mr_po_graph_statements(g);
    } else if (mr_xml_is(b, "SFC")) {
        mr_po_chart(o, pou, b);
    } else if (b) {
        mr_po_error(o, b, "a body in '%s' is not known; there are ST, IL, FBD, LD and SFC", (const char *)b->name);
    }
}

static void put_pou(struct po *o, const struct mr_xml *pou)
{
    static const char *const kinds[][2] = {{"function", "FUNCTION"}, {"functionBlock", "FUNCTION_BLOCK"}, {"program", "PROGRAM"}};
    const char *type = mr_xml_attribute(pou, "pouType");
    const char *word = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        word = strcmp(type, kinds[i][0]) == 0 ? kinds[i][1] : word;
    }
    if (!word) {
        mr_po_error(o, pou, "a pou is a function, functionBlock or program, not '%s'", type);
        return;
    }
    o->nodes = o->edges = 0;
    (void)fprintf(o->to, "%s %s", word, mr_xml_attribute(pou, "name"));
    const struct mr_xml *interface = mr_xml_child(pou, "interface");
    const struct mr_xml *result = mr_xml_child(interface, "returnType");
    if (result) {
        (void)fputs(" : ", o->to);
        put_type(o, result);
    }
    (void)fputs("\n", o->to);
    put_variable_lists(o, interface);
    mr_po_body(o, pou, mr_xml_child(pou, "body"));
    (void)fprintf(o->to, "END_%s\n\n", word);
}

/* ---- configurations ---- */

static void put_instance(struct po *o, const struct mr_xml *p, const char *task)
{
    (void)fprintf(o->to, "PROGRAM %s%s%s : %s;\n", mr_xml_attribute(p, "name"), task ? " WITH " : "", task ? task : "",
                  mr_xml_attribute(p, "typeName"));
}

static void put_task(struct po *o, const struct mr_xml *t)
{
    static const char *const attributes[][2] = {{"single", "SINGLE"}, {"interval", "INTERVAL"}, {"priority", "PRIORITY"}};
    (void)fprintf(o->to, "TASK %s", mr_xml_attribute(t, "name"));
    const char *separator = "(";
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        const char *value = mr_xml_attribute(t, attributes[i][0]);
        if (value[0]) {
            (void)fprintf(o->to, "%s%s := %s", separator, attributes[i][1], value);
            separator = ", ";
        }
    }
    (void)fprintf(o->to, "%s;\n", separator[0] == ',' ? ")" : "()");
}

static void put_resource(struct po *o, const struct mr_xml *r)
{
    (void)fprintf(o->to, "RESOURCE %s ON PLC\n", mr_xml_attribute(r, "name"));
    put_variable_lists(o, r);
    for (const struct mr_xml *t = mr_xml_first(r); t; t = mr_xml_next(t)) {
        if (mr_xml_is(t, "task")) {
            put_task(o, t);
        }
    }
    for (const struct mr_xml *t = mr_xml_first(r); t; t = mr_xml_next(t)) {
        for (const struct mr_xml *p = mr_xml_is(t, "task") ? mr_xml_first(t) : NULL; p; p = mr_xml_next(p)) {
            if (mr_xml_is(p, "pouInstance")) {
                put_instance(o, p, mr_xml_attribute(t, "name"));
            }
        }
        if (mr_xml_is(t, "pouInstance")) {
            put_instance(o, t, NULL);
        }
    }
    (void)fputs("END_RESOURCE\n", o->to);
}

static void put_configuration(struct po *o, const struct mr_xml *c)
{
    (void)fprintf(o->to, "CONFIGURATION %s\n", mr_xml_attribute(c, "name"));
    put_variable_lists(o, c);
    for (const struct mr_xml *r = mr_xml_first(c); r; r = mr_xml_next(r)) {
        if (mr_xml_is(r, "resource")) {
            put_resource(o, r);
        }
    }
    (void)fputs("END_CONFIGURATION\n", o->to);
}

static bool put_project(struct po *o, const struct mr_xml *root)
{
    if (!mr_xml_is(root, "project")) {
        mr_po_error(o, root, "this is no PLCopen project; its first element is <project>");
        return false;
    }
    size_t errors = o->diags->errors;
    const struct mr_xml *types = mr_xml_child(root, "types");
    put_types(o, mr_xml_child(types, "dataTypes"));
    for (const struct mr_xml *p = mr_xml_first(mr_xml_child(types, "pous")); p; p = mr_xml_next(p)) {
        put_pou(o, p);
    }
    const struct mr_xml *configurations = mr_xml_child(mr_xml_child(root, "instances"), "configurations");
    for (const struct mr_xml *c = mr_xml_first(configurations); c; c = mr_xml_next(c)) {
        put_configuration(o, c);
    }
    return o->diags->errors == errors;
}

/* ---- the document ---- */

bool mr_plc_is_xml(const struct mr_plc_source *s)
{
    size_t at = s->n >= 3 && memcmp(s->text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (at < s->n && (s->text[at] == ' ' || s->text[at] == '\t' || s->text[at] == '\r' || s->text[at] == '\n')) {
        at++;
    }
    return at + 1 < s->n && s->text[at] == '<' && (s->text[at + 1] == '?' || s->text[at + 1] == 'p' || s->text[at + 1] == '!');
}

bool mr_plc_from_xml(const struct mr_plc_source *source, FILE *to, struct mr_diags *diags)
{
    struct po o = {.pool = NULL, .file = source->file, .diags = diags, .to = to};
    if (source->n > MR_PLC_SOURCE_MAX) {
        mr_po_error(&o, NULL, "more than %u bytes", MR_PLC_SOURCE_MAX);
        return false;
    }
    o.pool = mr_pc_pool_create();
    MR_ASSERT(o.pool != NULL);
    const struct mr_xml *root = mr_xml_read(o.pool, source, diags);
    bool good = root && put_project(&o, root);
    mr_pc_pool_destroy(o.pool);
    return good;
}
