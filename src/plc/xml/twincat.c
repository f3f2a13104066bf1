/* twincat.c - what TwinCAT 3 keeps in files of its own: .TcPOU (a unit, its methods, properties and actions), .TcDUT (a type),
 * .TcGVL (global variables) and .TcIO (an interface). Declarations and bodies in Structured Text are text already; here they are
 * put together as text has them. */
#include "plc/xml/plcopen.h"

#include <string.h>

/* Behind blanks, comments and pragmas. */
static const char *skip(const char *p)
{
    for (;;) {
        const char *end = NULL;
        if (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n') {
            p++;
            continue;
        }
        if (p[0] == '/' && p[1] == '/') {
            end = strchr(p, '\n');
        } else if (p[0] == '(' && p[1] == '*') {
            end = strstr(p, "*)");
        } else if (*p == '{') {
            end = strchr(p, '}');
        } else {
            return p;
        }
        p = end ? end + (*end == '*' ? 2 : 1) : p + strlen(p);
    }
}

static bool begins(const char *declaration, const char *word)
{
    const char *p = skip(declaration);
    size_t n = strlen(word);
    for (size_t i = 0; i < n; i++) {
        if ((p[i] & ~0x20) != (word[i] & ~0x20)) {
            return false;
        }
    }
    return p[n] == ' ' || p[n] == '\t' || p[n] == '\r' || p[n] == '\n';
}

static const char *text(struct po *o, const struct mr_xml *n, const char *element)
{
    const struct mr_xml *e = mr_xml_child(n, element);
    return e ? mr_xml_content(o->pool, e) : "";
}

static void put_body(struct po *o, const struct mr_xml *n)
{
    const struct mr_xml *body = mr_xml_child(n, "Implementation");
    const struct mr_xml *language = mr_xml_first(body);
    if (language && !mr_xml_is(language, "ST")) {
        mr_po_error(o, language, "a body in %s is not read; export it as PLCopen XML, or write it as ST", language->name);
    } else if (language) {
        (void)fprintf(o->to, "%s\n", mr_xml_content(o->pool, language));
    }
}

static void put_accessor(struct po *o, const struct mr_xml *property, const char *element, const char *word)
{
    const struct mr_xml *n = mr_xml_child(property, element);
    if (n) {
        (void)fprintf(o->to, "%s\n%s\n", word, text(o, n, "Declaration"));
        put_body(o, n);
        (void)fprintf(o->to, "END_%s\n", word);
    }
}

static void put_members(struct po *o, const struct mr_xml *unit)
{
    for (const struct mr_xml *n = mr_xml_first(unit); n; n = mr_xml_next(n)) {
        if (mr_xml_is(n, "Method")) {
            (void)fprintf(o->to, "%s\n", text(o, n, "Declaration"));
            put_body(o, n);
            (void)fputs("END_METHOD\n", o->to);
        } else if (mr_xml_is(n, "Property")) {
            (void)fprintf(o->to, "%s\n", text(o, n, "Declaration"));
            put_accessor(o, n, "Get", "GET");
            put_accessor(o, n, "Set", "SET");
            (void)fputs("END_PROPERTY\n", o->to);
        } else if (mr_xml_is(n, "Action")) {
            (void)fprintf(o->to, "ACTION %s:\n", mr_xml_attribute(n, "Name"));
            put_body(o, n);
            (void)fputs("END_ACTION\n", o->to);
        }
    }
}

static void put_unit(struct po *o, const struct mr_xml *unit)
{
    static const char *const words[] = {"FUNCTION_BLOCK", "FUNCTION", "PROGRAM", "INTERFACE"};
    const char *declaration = text(o, unit, "Declaration");
    const char *word = NULL;
    for (size_t i = 0; i < sizeof words / sizeof words[0] && !word; i++) {
        word = begins(declaration, words[i]) ? words[i] : NULL;
    }
    if (!word) {
        mr_po_error(o, unit, "the declaration of '%s' begins with none of FUNCTION_BLOCK, FUNCTION, PROGRAM and INTERFACE",
                    mr_xml_attribute(unit, "Name"));
        return;
    }
    (void)fprintf(o->to, "%s\n", declaration);
    put_members(o, unit);
    put_body(o, unit);
    (void)fprintf(o->to, "END_%s\n\n", word);
}

void mr_po_twincat(struct po *o, const struct mr_xml *root)
{
    for (const struct mr_xml *n = mr_xml_first(root); n; n = mr_xml_next(n)) {
        if (mr_xml_is(n, "POU") || mr_xml_is(n, "Itf")) {
            put_unit(o, n);
        } else if (mr_xml_is(n, "DUT") || mr_xml_is(n, "GVL")) {
            (void)fprintf(o->to, "%s\n", text(o, n, "Declaration"));
        } else {
            mr_po_error(o, n, "<%s> is not read; POU, Itf, DUT and GVL are", n->name);
        }
    }
}
