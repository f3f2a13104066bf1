/* plcopen_loop.c - the types of values in a diagram, as far as names and drawing tell them: a function whose output goes back
 * into a loop keeps it in a variable, and that is declared before anything is checked. */
#include "plc/xml/plcopen.h"

#include <string.h>
#include <strings.h>

#define LOOKS_MAX 4096 /* at elements before a block, until one's type is known */

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++) {
        if (strcasecmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

static const char *type_in(struct po *o, const struct mr_xml *holder)
{
    const struct mr_xml *t = mr_xml_first(holder);
    if (mr_xml_is(t, "derived")) {
        return mr_xml_attribute(t, "name");
    }
    if (mr_xml_is(t, "string") || mr_xml_is(t, "wstring")) {
        const char *length = mr_xml_attribute(t, "length");
        return mr_pc_fmt(o->pool, length[0] ? "%s[%s]" : "%s", t->name, length);
    }
    return t && !mr_xml_first(t) ? t->name : NULL;
}

/* Of the variable of that name in a unit's interface or a list of globals: any below `holder`. */
static const char *declared_type(struct po *o, const struct mr_xml *holder, const char *name, size_t n)
{
    for (const struct mr_xml *v = holder; v; v = mr_xml_following(v, holder)) {
        const char *of = mr_xml_is(v, "variable") && mr_xml_child(v, "type") ? mr_xml_attribute(v, "name") : "";
        if (strlen(of) == n && strncasecmp(of, name, n) == 0) {
            return type_in(o, mr_xml_child(v, "type"));
        }
    }
    return NULL;
}

static const struct mr_xml *outermost(const struct mr_xml *n)
{
    while (n->parent) {
        n = n->parent;
    }
    return n;
}

static const struct mr_xml *unit_named(const struct mr_xml *root, const char *name)
{
    for (const struct mr_xml *n = root; n; n = mr_xml_following(n, root)) {
        if (mr_xml_is(n, "pou") && strcasecmp(mr_xml_attribute(n, "name"), name) == 0) {
            return n;
        }
    }
    return NULL;
}

/* An output of a unit of the project, or of a function block of the standard. */
static const char *member_type(struct po *o, const struct mr_xml *root, const char *type, const char *formal)
{
    static const char *const bits[] = {"Q", "Q1", "QU", "QD", "BUSY", "ENO", NULL};
    static const char *const reals[] = {"XOUT", "OUT", NULL};
    const struct mr_xml *interface = mr_xml_child(unit_named(root, type), "interface");
    if (interface) {
        const char *declared = declared_type(o, interface, formal, strlen(formal));
        return declared ? declared : type_in(o, mr_xml_child(interface, "returnType"));
    }
    const char *kind = strchr(type, '_');
    return is_one_of(formal, bits)         ? "BOOL"
           : is_one_of(formal, reals)      ? "REAL"
           : strcasecmp(formal, "ET") == 0 ? "TIME"
           : strcasecmp(formal, "CV") == 0 ? (kind ? kind + 1 : "INT")
                                           : NULL;
}

/* A variable, a member of a block, a literal that tells its type. */
static const char *expression_type(struct po *o, const struct mr_xml *element, const char *text)
{
    const struct mr_xml *pou = element;
    while (pou && !mr_xml_is(pou, "pou")) {
        pou = pou->parent;
    }
    text += strspn(text, " \t\r\n");
    size_t n = strcspn(text, " \t\r\n.[(#");
    const char *rest = text + n + strspn(text + n, " \t\r\n");
    if ((n == 3 && strncasecmp(text, "NOT", n) == 0) || strpbrk(text, "<>=") || (n == 4 && strncasecmp(text, "TRUE", n) == 0) ||
        (n == 5 && strncasecmp(text, "FALSE", n) == 0)) {
        return "BOOL";
    }
    if (*rest == '#') {
        return n == 1 && (text[0] == 'T' || text[0] == 't') ? "TIME" : (text[0] > '9' ? mr_pc_text(o->pool, text, n) : NULL);
    }
    const struct mr_xml *root = outermost(element);
    const char *type = declared_type(o, mr_xml_child(pou, "interface"), text, n);
    type = type ? type : declared_type(o, mr_xml_child(root, "instances"), text, n);
    if (*rest == '.' && text[0] > '9') {
        return type ? member_type(o, root, type, mr_pc_text(o->pool, rest + 1, strcspn(rest + 1, " \t\r\n"))) : NULL;
    }
    return *rest == '.' ? "REAL" : (*rest ? NULL : type);
}

/* What the element itself tells; NULL where its inputs decide. */
static const char *own_type(struct po *o, const struct mr_xml *n, const char *formal)
{
    static const char *const comparisons[] = {"GT", "GE", "EQ", "LE", "LT", "NE", NULL};
    if (mr_xml_is(n, "contact") || mr_xml_is(n, "step") || mr_xml_is(n, "leftPowerRail")) {
        return "BOOL";
    }
    if (mr_xml_is(n, "inVariable") || mr_xml_is(n, "inOutVariable")) {
        return expression_type(o, n, mr_xml_content(o->pool, mr_xml_child(n, "expression")));
    }
    if (!mr_xml_is(n, "block")) {
        return NULL;
    }
    const char *type = mr_xml_attribute(n, "typeName");
    const struct mr_xml *root = outermost(n);
    if (mr_po_instance(n)[0] || unit_named(root, type)) {
        return member_type(o, root, type, formal);
    }
    const char *to = strstr(type, "TO_");
    return is_one_of(type, comparisons) || strcmp(formal, "ENO") == 0 ? "BOOL" : (to ? to + strlen("TO_") : NULL);
}

/* Inputs that have nothing to do with the type of a standard function's result. */
static bool is_aside(const struct mr_xml *pin)
{
    static const char *const names[] = {"EN", "G", "K", "N", "L", "P", NULL};
    return mr_xml_is(pin, "variable") && is_one_of(mr_xml_attribute(pin, "formalParameter"), names);
}

const char *mr_po_output_type(struct po *o, const struct po_graph *g, const struct mr_xml *block, const char *formal)
{
    struct look {
        const struct mr_xml *element;
        const char *formal;
    };
    PC_VECTOR(struct look) looks = {0};
    *PC_PUSH(o->pool, &looks) = (struct look){block, formal};
    for (uint32_t i = 0; i < looks.n && i < LOOKS_MAX; i++) {
        const struct mr_xml *n = looks.items[i].element;
        const char *type = own_type(o, n, looks.items[i].formal);
        if (type) {
            return type;
        }
        for (const struct mr_xml *c = n; c && looks.n < LOOKS_MAX; c = mr_xml_following(c, n)) {
            const struct mr_xml *from = mr_po_graph_source(g, c);
            if (from && !is_aside(c->parent->parent)) {
                *PC_PUSH(o->pool, &looks) = (struct look){from, mr_xml_attribute(c, "formalParameter")};
            }
        }
    }
    return NULL;
}
