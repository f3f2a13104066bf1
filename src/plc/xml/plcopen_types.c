/* plcopen_types.c - PLCopen XML's types, initial values and lists of variables as text. */
#include "plc/xml/plcopen.h"

#include <string.h>

/* ---- types ---- */

static void put_variables(struct po *o, const struct mr_xml *list);

static void put_range(struct po *o, const struct mr_xml *type)
{
    const struct mr_xml *range = mr_xml_child(type, "range");
    mr_po_type(o, mr_xml_child(type, "baseType"));
    (void)fprintf(o->to, " (%s..%s)", mr_xml_attribute(range, "lower"), mr_xml_attribute(range, "upper"));
}

static void put_enum(struct po *o, const struct mr_xml *type)
{
    const char *separator = "(";
    const struct mr_xml *base = mr_xml_child(type, "baseType");
    if (mr_xml_first(base)) {
        mr_po_type(o, base);
        separator = " (";
    }
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
    mr_po_type(o, mr_xml_child(type, "baseType"));
}

/* Its depth is bounded by the XML parser's. */
void mr_po_type(struct po *o, const struct mr_xml *holder)
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
        mr_po_type(o, mr_xml_child(t, "baseType"));
    } else if (mr_xml_is(t, "struct")) {
        (void)fputs("STRUCT\n", o->to);
        put_variables(o, t);
        (void)fputs("END_STRUCT", o->to);
    } else {
        (void)fputs(t->name, o->to);
    }
}

/* ---- values ---- */

/* Text may stand without its quotes. */
static void put_simple(struct po *o, const char *text, const struct mr_xml *type)
{
    bool wide = mr_xml_is(type, "wstring");
    char quote = wide ? '"' : '\'';
    if ((wide || mr_xml_is(type, "string")) && !strchr(text, quote)) {
        (void)fprintf(o->to, "%c%s%c", quote, text, quote);
    } else {
        (void)fputs(text, o->to);
    }
}

/* `type` is NULL where only a name tells it. */
static void put_value(struct po *o, const struct mr_xml *value, const struct mr_xml *type)
{
    const struct mr_xml *v = mr_xml_first(value);
    bool array = mr_xml_is(v, "arrayValue");
    if (!array && !mr_xml_is(v, "structValue")) {
        put_simple(o, mr_xml_attribute(v, "value"), type);
        return;
    }
    const struct mr_xml *of = array && mr_xml_is(type, "array") ? mr_xml_first(mr_xml_child(type, "baseType")) : NULL;
    (void)fputs(array ? "[" : "(", o->to);
    for (const struct mr_xml *e = mr_xml_first(v); e; e = mr_xml_next(e)) {
        const char *repeat = mr_xml_attribute(e, "repetitionValue");
        bool repeated = array && repeat[0] && strcmp(repeat, "1") != 0;
        if (repeated) {
            (void)fprintf(o->to, "%s(", repeat);
        } else if (!array) {
            (void)fprintf(o->to, "%s := ", mr_xml_attribute(e, "member"));
        }
        put_value(o, e, of);
        (void)fprintf(o->to, "%s%s", repeated ? ")" : "", mr_xml_next(e) ? ", " : "");
    }
    (void)fputs(array ? "]" : ")", o->to);
}

static void put_initial(struct po *o, const struct mr_xml *holder, const struct mr_xml *type)
{
    const struct mr_xml *init = mr_xml_child(holder, "initialValue");
    const struct mr_xml *v = mr_xml_first(init);
    if (v && !(mr_xml_is(v, "simpleValue") && !mr_xml_attribute(v, "value")[0])) {
        (void)fputs(" := ", o->to);
        put_value(o, init, mr_xml_first(type));
    }
}

void mr_po_data_type(struct po *o, const struct mr_xml *t)
{
    const char *text = mr_po_plain_text(o, t);
    if (text) {
        (void)fprintf(o->to, "%s\n\n", text);
        return;
    }
    (void)fprintf(o->to, "TYPE %s : ", mr_xml_attribute(t, "name"));
    mr_po_type(o, mr_xml_child(t, "baseType"));
    put_initial(o, t, mr_xml_child(t, "baseType"));
    (void)fputs(";\nEND_TYPE\n\n", o->to);
}

/* ---- variables ---- */

static void put_variables(struct po *o, const struct mr_xml *list)
{
    for (const struct mr_xml *v = mr_xml_first(list); v; v = mr_xml_next(v)) {
        if (!mr_xml_is(v, "variable")) {
            continue;
        }
        const char *address = mr_xml_attribute(v, "address");
        (void)fprintf(o->to, "  %s%s%s : ", mr_xml_attribute(v, "name"), address[0] ? " AT " : "", address);
        mr_po_type(o, mr_xml_child(v, "type"));
        put_initial(o, v, mr_xml_child(v, "type"));
        (void)fputs(";\n", o->to);
    }
}

const char *mr_po_plain_text(struct po *o, const struct mr_xml *n)
{
    const struct mr_xml *plain = mr_po_added(n, "InterfaceAsPlainText", NULL);
    plain = plain ? plain : mr_po_added(mr_xml_child(n, "interface"), "InterfaceAsPlainText", NULL);
    plain = plain ? plain : mr_po_added(mr_xml_child(n, "interface"), "textDeclaration", NULL);
    plain = plain ? plain : mr_xml_child(n, "InterfaceAsPlainText");
    const char *text = plain ? mr_xml_content(o->pool, plain) : "";
    return text[strspn(text, " \t\r\n")] ? text : NULL;
}

static void put_list(struct po *o, const struct mr_xml *l, const char *word)
{
    static const char *const qualifiers[][2] = {
        {"constant", " CONSTANT"}, {"retain", " RETAIN"}, {"nonretain", " NON_RETAIN"}, {"persistent", " PERSISTENT"}};
    (void)fputs(word, o->to);
    for (size_t i = 0; i < sizeof qualifiers / sizeof qualifiers[0]; i++) {
        (void)fputs(mr_po_true(l, qualifiers[i][0]) ? qualifiers[i][1] : "", o->to);
    }
    (void)fputs("\n", o->to);
    put_variables(o, l);
    (void)fputs("END_VAR\n", o->to);
}

void mr_po_variable_list(struct po *o, const struct mr_xml *l)
{
    static const char *const kinds[][2] = {
        {"inputVars", "VAR_INPUT"}, {"outputVars", "VAR_OUTPUT"},     {"inOutVars", "VAR_IN_OUT"}, {"localVars", "VAR"},
        {"tempVars", "VAR_TEMP"},   {"externalVars", "VAR_EXTERNAL"}, {"globalVars", "VAR_GLOBAL"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!mr_xml_is(l, kinds[i][0])) {
            continue;
        }
        const struct mr_xml *parts = mr_po_added(l, "MixedAttrsVarList", NULL);
        const char *text = mr_po_plain_text(o, l);
        if (text) {
            (void)fprintf(o->to, "%s\n", text);
        } else if (parts) { /* variables with different qualifiers: here the list is in parts */
            mr_po_variable_lists(o, parts);
        } else {
            put_list(o, l, kinds[i][1]);
        }
    }
}

void mr_po_variable_lists(struct po *o, const struct mr_xml *holder)
{
    for (const struct mr_xml *l = mr_xml_first(holder); l; l = mr_xml_next(l)) {
        mr_po_variable_list(o, l);
    }
}
