/* plcopen_unit.c - PLCopen XML's units as text, with what CODESYS adds to them: methods, properties, interfaces, inheritance. */
#include "plc/xml/plcopen.h"

#include <string.h>

const struct mr_xml *mr_po_language(const struct mr_xml *body)
{
    static const char *const languages[] = {"ST", "IL", "FBD", "LD", "SFC"};
    for (const struct mr_xml *b = mr_xml_first(body); b; b = mr_xml_next(b)) {
        for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++) {
            if (mr_xml_is(b, languages[i])) {
                return b;
            }
        }
    }
    return NULL;
}

bool mr_po_drawn(const struct mr_xml *language)
{
    return mr_xml_is(language, "FBD") || mr_xml_is(language, "LD");
}

void mr_po_body(struct po *o, const struct mr_xml *pou, const struct mr_xml *body)
{
    const struct mr_xml *b = mr_po_language(body);
    if (mr_po_added(body, "CFC", NULL)) {
        mr_po_error(o, body, "a body in CFC cannot be read; there are ST, IL, FBD, LD and SFC");
    } else if (mr_xml_is(b, "ST") || mr_xml_is(b, "IL")) {
        (void)fprintf(o->to, "%s\n", mr_xml_content(o->pool, b));
    } else if (mr_po_drawn(b)) {
        struct po_graph *g = mr_po_graph(o, b, NULL);
        mr_po_graph_variables(g);
        mr_po_graph_statements(g);
    } else if (b && mr_xml_is(body->parent, "pou")) {
        mr_po_chart(o, pou, b);
    } else if (b) {
        mr_po_error(o, b, "an action or a method cannot be a chart");
    } else if (mr_xml_first(body) && !mr_xml_is(mr_xml_first(body), "documentation") &&
               !mr_xml_is(mr_xml_first(body), "addData")) {
        mr_po_error(o, body, "a body in '%s' is not known; there are ST, IL, FBD, LD and SFC",
                    (const char *)mr_xml_first(body)->name);
    }
}

/* What a unit is called, derived from and declared with. */
static void put_head(struct po *o, const struct mr_xml *unit, const char *word)
{
    const char *text = mr_po_plain_text(o, unit);
    if (text) {
        (void)fprintf(o->to, "%s\n", text);
        return;
    }
    (void)fprintf(o->to, "%s %s", word, mr_xml_attribute(unit, "name"));
    const struct mr_xml *interface = mr_xml_child(unit, "interface");
    const struct mr_xml *from = mr_po_added(unit, "Inheritance", NULL);
    from = from ? from : mr_po_added(interface, "Inheritance", NULL);
    const char *separator = " EXTENDS ";
    bool implements = false;
    for (const struct mr_xml *b = mr_xml_first(from); b; b = mr_xml_next(b)) {
        if (!implements && mr_xml_is(b, "Implements")) {
            implements = true;
            separator = " IMPLEMENTS ";
        }
        (void)fprintf(o->to, "%s%s", separator, mr_xml_content(o->pool, b));
        separator = ", ";
    }
    const struct mr_xml *result = mr_xml_child(interface, "returnType");
    if (result) {
        (void)fputs(" : ", o->to);
        mr_po_type(o, result);
    }
    (void)fputs("\n", o->to);
    mr_po_variable_lists(o, interface);
}

static void put_method(struct po *o, const struct mr_xml *m)
{
    put_head(o, m, "METHOD");
    mr_po_body(o, m, mr_xml_child(m, "body"));
    (void)fputs("END_METHOD\n", o->to);
}

static void put_property(struct po *o, const struct mr_xml *p)
{
    static const char *const accessors[][2] = {{"GetAccessor", "GET"}, {"SetAccessor", "SET"}};
    (void)fprintf(o->to, "PROPERTY %s : ", mr_xml_attribute(p, "name"));
    mr_po_type(o, mr_xml_child(mr_xml_child(p, "interface"), "returnType"));
    (void)fputs("\n", o->to);
    for (int i = 0; i < 2; i++) {
        const struct mr_xml *a = mr_xml_child(p, accessors[i][0]);
        if (a) {
            (void)fprintf(o->to, "%s\n", accessors[i][1]);
            mr_po_variable_lists(o, mr_xml_child(a, "interface"));
            mr_po_body(o, p, mr_xml_child(a, "body"));
            (void)fprintf(o->to, "END_%s\n", accessors[i][1]);
        }
    }
    (void)fputs("END_PROPERTY\n", o->to);
}

static void put_members(struct po *o, const struct mr_xml *unit)
{
    for (const struct mr_xml *m = NULL; (m = mr_po_added(unit, "Method", m)) != NULL;) {
        put_method(o, m);
    }
    for (const struct mr_xml *p = NULL; (p = mr_po_added(unit, "Property", p)) != NULL;) {
        put_property(o, p);
    }
}

/* Of a unit that is no chart: called by their names. */
static void put_actions(struct po *o, const struct mr_xml *pou)
{
    for (const struct mr_xml *a = mr_xml_first(mr_xml_child(pou, "actions")); a; a = mr_xml_next(a)) {
        (void)fprintf(o->to, "ACTION %s:\n", mr_xml_attribute(a, "name"));
        mr_po_body(o, pou, mr_xml_child(a, "body"));
        (void)fputs("END_ACTION\n", o->to);
    }
}

void mr_po_unit(struct po *o, const struct mr_xml *pou)
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
    put_head(o, pou, word);
    put_members(o, pou);
    const struct mr_xml *body = mr_xml_child(pou, "body");
    if (!mr_xml_is(mr_po_language(body), "SFC")) {
        put_actions(o, pou);
    }
    mr_po_body(o, pou, body);
    (void)fprintf(o->to, "END_%s\n\n", word);
}

void mr_po_interface(struct po *o, const struct mr_xml *i)
{
    put_head(o, i, "INTERFACE");
    put_members(o, i);
    (void)fputs("END_INTERFACE\n\n", o->to);
}
