/* plcopen.c - PLCopen TC6 XML 2.01 to text: types, units, configurations. Bodies in text are taken as they are, diagrams become
 * statements (plcopen_graph.c), charts their textual form (plcopen_sfc.c). Reads from memory only: no entities, no network. */
#include "plc/xml/plcopen.h"

#include "plc/limits.h"

#include <libxml/parser.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void mr_po_error(struct po *o, const xmlNode *at, const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    mr_diag_add(o->diags, MR_ERROR, o->file, at ? (uint32_t)xmlGetLineNo(at) : 0, 0, "%s", text);
}

bool mr_po_is(const xmlNode *n, const char *name)
{
    return n && n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

static xmlNode *element(xmlNode *n)
{
    while (n && n->type != XML_ELEMENT_NODE) {
        n = n->next;
    }
    return n;
}

xmlNode *mr_po_first(const xmlNode *n)
{
    return n ? element(n->children) : NULL;
}

xmlNode *mr_po_next(const xmlNode *n)
{
    return element(n->next);
}

xmlNode *mr_po_child(const xmlNode *n, const char *name)
{
    xmlNode *c = mr_po_first(n);
    while (c && !mr_po_is(c, name)) {
        c = mr_po_next(c);
    }
    return c;
}

static const char *taken(struct po *o, xmlChar *text)
{
    const char *s = text ? mr_pc_text(o->pool, (const char *)text, strlen((const char *)text)) : "";
    xmlFree(text);
    return s;
}

const char *mr_po_attribute(struct po *o, const xmlNode *n, const char *name)
{
    return n ? taken(o, xmlGetNoNsProp(n, (const xmlChar *)name)) : "";
}

const char *mr_po_content(struct po *o, const xmlNode *n)
{
    return n ? taken(o, xmlNodeGetContent(n)) : "";
}

/* ---- types and values ---- */

static void put_type(struct po *o, const xmlNode *holder);

static void put_variables(struct po *o, const xmlNode *list);

static void put_range(struct po *o, const xmlNode *type)
{
    const xmlNode *range = mr_po_child(type, "range");
    const xmlNode *base = mr_po_child(type, "baseType");
    put_type(o, base);
    (void)fprintf(o->to, " (%s..%s)", mr_po_attribute(o, range, "lower"), mr_po_attribute(o, range, "upper"));
}

static void put_enum(struct po *o, const xmlNode *type)
{
    const char *separator = "(";
    for (const xmlNode *v = mr_po_first(mr_po_child(type, "values")); v; v = mr_po_next(v)) {
        const char *value = mr_po_attribute(o, v, "value");
        (void)fprintf(o->to, "%s%s%s%s", separator, mr_po_attribute(o, v, "name"), value[0] ? " := " : "", value);
        separator = ", ";
    }
    (void)fputs(")", o->to);
}

static void put_array(struct po *o, const xmlNode *type)
{
    const char *separator = "ARRAY [";
    for (const xmlNode *d = mr_po_first(type); d; d = mr_po_next(d)) {
        if (mr_po_is(d, "dimension")) {
            (void)fprintf(o->to, "%s%s..%s", separator, mr_po_attribute(o, d, "lower"), mr_po_attribute(o, d, "upper"));
            separator = ", ";
        }
    }
    (void)fputs("] OF ", o->to);
    put_type(o, mr_po_child(type, "baseType"));
}

/* The type that is the first element in `holder`. Its depth is bounded by the XML parser's. */
static void put_type(struct po *o, const xmlNode *holder)
{
    const xmlNode *t = mr_po_first(holder);
    if (!t) {
        mr_po_error(o, holder, "a type is missing");
    } else if (mr_po_is(t, "derived")) {
        (void)fputs(mr_po_attribute(o, t, "name"), o->to);
    } else if (mr_po_is(t, "string") || mr_po_is(t, "wstring")) {
        const char *length = mr_po_attribute(o, t, "length");
        (void)fprintf(o->to, length[0] ? "%s[%s]" : "%s", mr_po_is(t, "string") ? "STRING" : "WSTRING", length);
    } else if (mr_po_is(t, "array")) {
        put_array(o, t);
    } else if (mr_po_is(t, "enum")) {
        put_enum(o, t);
    } else if (mr_po_is(t, "subrangeSigned") || mr_po_is(t, "subrangeUnsigned")) {
        put_range(o, t);
    } else if (mr_po_is(t, "pointer")) {
        (void)fputs("POINTER TO ", o->to);
        put_type(o, mr_po_child(t, "baseType"));
    } else if (mr_po_is(t, "struct")) {
        (void)fputs("STRUCT\n", o->to);
        put_variables(o, t);
        (void)fputs("END_STRUCT", o->to);
    } else {
        (void)fputs((const char *)t->name, o->to);
    }
}

static void put_value(struct po *o, const xmlNode *value)
{
    const xmlNode *v = mr_po_first(value);
    bool array = mr_po_is(v, "arrayValue");
    if (!array && !mr_po_is(v, "structValue")) {
        (void)fputs(mr_po_attribute(o, v, "value"), o->to);
        return;
    }
    (void)fputs(array ? "[" : "(", o->to);
    for (const xmlNode *e = mr_po_first(v); e; e = mr_po_next(e)) {
        const char *repeat = mr_po_attribute(o, e, "repetitionValue");
        bool repeated = array && repeat[0] && strcmp(repeat, "1") != 0;
        if (repeated) {
            (void)fprintf(o->to, "%s(", repeat);
        } else if (!array) {
            (void)fprintf(o->to, "%s := ", mr_po_attribute(o, e, "member"));
        }
        put_value(o, e);
        (void)fprintf(o->to, "%s%s", repeated ? ")" : "", mr_po_next(e) ? ", " : "");
    }
    (void)fputs(array ? "]" : ")", o->to);
}

static void put_variables(struct po *o, const xmlNode *list)
{
    for (const xmlNode *v = mr_po_first(list); v; v = mr_po_next(v)) {
        if (!mr_po_is(v, "variable")) {
            continue;
        }
        const char *address = mr_po_attribute(o, v, "address");
        (void)fprintf(o->to, "  %s%s%s : ", mr_po_attribute(o, v, "name"), address[0] ? " AT " : "", address);
        put_type(o, mr_po_child(v, "type"));
        const xmlNode *init = mr_po_child(v, "initialValue");
        if (init) {
            (void)fputs(" := ", o->to);
            put_value(o, init);
        }
        (void)fputs(";\n", o->to);
    }
}

static void put_variable_lists(struct po *o, const xmlNode *interface)
{
    static const char *const kinds[][2] = {
        {"inputVars", "VAR_INPUT"}, {"outputVars", "VAR_OUTPUT"},     {"inOutVars", "VAR_IN_OUT"}, {"localVars", "VAR"},
        {"tempVars", "VAR_TEMP"},   {"externalVars", "VAR_EXTERNAL"}, {"globalVars", "VAR_GLOBAL"}};
    for (const xmlNode *l = mr_po_first(interface); l; l = mr_po_next(l)) {
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            if (mr_po_is(l, kinds[i][0])) {
                bool constant = strcmp(mr_po_attribute(o, l, "constant"), "true") == 0;
                bool retain = strcmp(mr_po_attribute(o, l, "retain"), "true") == 0;
                (void)fprintf(o->to, "%s%s%s\n", kinds[i][1], constant ? " CONSTANT" : "", retain ? " RETAIN" : "");
                put_variables(o, l);
                (void)fputs("END_VAR\n", o->to);
            }
        }
    }
}

static void put_types(struct po *o, const xmlNode *types)
{
    for (const xmlNode *t = mr_po_first(types); t; t = mr_po_next(t)) {
        (void)fprintf(o->to, "TYPE %s : ", mr_po_attribute(o, t, "name"));
        put_type(o, mr_po_child(t, "baseType"));
        const xmlNode *init = mr_po_child(t, "initialValue");
        if (init) {
            (void)fputs(" := ", o->to);
            put_value(o, init);
        }
        (void)fputs(";\nEND_TYPE\n\n", o->to);
    }
}

/* ---- units ---- */

void mr_po_body(struct po *o, const xmlNode *pou, const xmlNode *body)
{
    const xmlNode *b = mr_po_first(body);
    if (mr_po_is(b, "ST") || mr_po_is(b, "IL")) {
        (void)fprintf(o->to, "%s\n", mr_po_content(o, b));
    } else if (mr_po_is(b, "FBD") || mr_po_is(b, "LD")) {
        struct po_graph *g = mr_po_graph(o, b);
        mr_po_graph_variables(g);
        mr_po_graph_statements(g);
    } else if (mr_po_is(b, "SFC")) {
        mr_po_chart(o, pou, b);
    } else if (b) {
        mr_po_error(o, b, "a body in '%s' is not known; there are ST, IL, FBD, LD and SFC", (const char *)b->name);
    }
}

static void put_pou(struct po *o, const xmlNode *pou)
{
    static const char *const kinds[][2] = {{"function", "FUNCTION"}, {"functionBlock", "FUNCTION_BLOCK"}, {"program", "PROGRAM"}};
    const char *type = mr_po_attribute(o, pou, "pouType");
    const char *word = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        word = strcmp(type, kinds[i][0]) == 0 ? kinds[i][1] : word;
    }
    if (!word) {
        mr_po_error(o, pou, "a pou is a function, functionBlock or program, not '%s'", type);
        return;
    }
    (void)fprintf(o->to, "%s %s", word, mr_po_attribute(o, pou, "name"));
    const xmlNode *interface = mr_po_child(pou, "interface");
    const xmlNode *result = mr_po_child(interface, "returnType");
    if (result) {
        (void)fputs(" : ", o->to);
        put_type(o, result);
    }
    (void)fputs("\n", o->to);
    put_variable_lists(o, interface);
    mr_po_body(o, pou, mr_po_child(pou, "body"));
    (void)fprintf(o->to, "END_%s\n\n", word);
}

/* ---- configurations ---- */

static void put_instance(struct po *o, const xmlNode *p, const char *task)
{
    (void)fprintf(o->to, "PROGRAM %s%s%s : %s;\n", mr_po_attribute(o, p, "name"), task ? " WITH " : "", task ? task : "",
                  mr_po_attribute(o, p, "typeName"));
}

static void put_task(struct po *o, const xmlNode *t)
{
    static const char *const attributes[][2] = {{"single", "SINGLE"}, {"interval", "INTERVAL"}, {"priority", "PRIORITY"}};
    (void)fprintf(o->to, "TASK %s", mr_po_attribute(o, t, "name"));
    const char *separator = "(";
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        const char *value = mr_po_attribute(o, t, attributes[i][0]);
        if (value[0]) {
            (void)fprintf(o->to, "%s%s := %s", separator, attributes[i][1], value);
            separator = ", ";
        }
    }
    (void)fprintf(o->to, "%s;\n", separator[0] == ',' ? ")" : "()");
}

static void put_resource(struct po *o, const xmlNode *r)
{
    (void)fprintf(o->to, "RESOURCE %s ON PLC\n", mr_po_attribute(o, r, "name"));
    put_variable_lists(o, r);
    for (const xmlNode *t = mr_po_first(r); t; t = mr_po_next(t)) {
        if (mr_po_is(t, "task")) {
            put_task(o, t);
        }
    }
    for (const xmlNode *t = mr_po_first(r); t; t = mr_po_next(t)) {
        for (const xmlNode *p = mr_po_is(t, "task") ? mr_po_first(t) : NULL; p; p = mr_po_next(p)) {
            if (mr_po_is(p, "pouInstance")) {
                put_instance(o, p, mr_po_attribute(o, t, "name"));
            }
        }
        if (mr_po_is(t, "pouInstance")) {
            put_instance(o, t, NULL);
        }
    }
    (void)fputs("END_RESOURCE\n", o->to);
}

static void put_configuration(struct po *o, const xmlNode *c)
{
    (void)fprintf(o->to, "CONFIGURATION %s\n", mr_po_attribute(o, c, "name"));
    put_variable_lists(o, c);
    for (const xmlNode *r = mr_po_first(c); r; r = mr_po_next(r)) {
        if (mr_po_is(r, "resource")) {
            put_resource(o, r);
        }
    }
    (void)fputs("END_CONFIGURATION\n", o->to);
}

static bool put_project(struct po *o, const xmlNode *root)
{
    if (!mr_po_is(root, "project")) {
        mr_po_error(o, root, "this is no PLCopen project; its first element is <project>");
        return false;
    }
    size_t errors = o->diags->errors;
    const xmlNode *types = mr_po_child(root, "types");
    put_types(o, mr_po_child(types, "dataTypes"));
    for (const xmlNode *p = mr_po_first(mr_po_child(types, "pous")); p; p = mr_po_next(p)) {
        put_pou(o, p);
    }
    const xmlNode *configurations = mr_po_child(mr_po_child(root, "instances"), "configurations");
    for (const xmlNode *c = mr_po_first(configurations); c; c = mr_po_next(c)) {
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
    struct po o = {NULL, source->file, diags, to};
    if (source->n > MR_PLC_SOURCE_MAX) {
        mr_po_error(&o, NULL, "more than %u bytes", MR_PLC_SOURCE_MAX);
        return false;
    }
    if (memmem(source->text, source->n, "<!DOCTYPE", 9)) { /* projects have none, and with it go entities of all kinds */
        mr_po_error(&o, NULL, "a document type declaration is not accepted");
        return false;
    }
    xmlParserCtxt *parser = xmlNewParserCtxt();
    MR_ASSERT(parser != NULL);
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT;
    xmlDoc *doc = xmlCtxtReadMemory(parser, source->text, (int)source->n, NULL, NULL, options);
    bool good = false;
    if (!doc) {
        const char *message = parser->lastError.message ? parser->lastError.message : "no XML\n";
        mr_diag_add(diags, MR_ERROR, source->file, parser->lastError.line > 0 ? (uint32_t)parser->lastError.line : 0, 0, "%.*s",
                    (int)strcspn(message, "\n"), message);
    } else {
        o.pool = mr_pc_pool_create();
        MR_ASSERT(o.pool != NULL);
        good = put_project(&o, xmlDocGetRootElement(doc));
        mr_pc_pool_destroy(o.pool);
    }
    xmlFreeDoc(doc);
    xmlFreeParserCtxt(parser);
    return good;
}
