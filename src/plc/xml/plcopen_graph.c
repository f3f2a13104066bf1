/* plcopen_graph.c - ladder and function block diagrams of PLCopen XML to statements.
 *
 * What has an effect (blocks, coils, output variables, jumps) becomes a statement, in order of executionOrderId and then from top
 * to bottom and left to right; before it what its inputs need. A value with several readers gets a variable, so that the text
 * grows with the diagram and nothing is called twice. A loop reads the last scan's output of the block where it closes. */
#include "plc/xml/plcopen.h"

#include "plc/limits.h"

#include <stdlib.h>
#include <string.h>

#define NODES_MAX 8192
#define WIRES_MAX 256 /* that meet at one point */

struct node {
    const struct mr_xml *xml;
    const char *id;
    long order, x, y;
    uint32_t index;
    uint32_t readers;
    uint8_t state; /* 0 not yet, 1 its inputs are being written, 2 done */
    const char *value;
};

struct po_graph {
    struct po *o;
    PC_VECTOR(struct node) nodes;
    PC_VECTOR(const char *) statements;
    PC_VECTOR(const char *) variables;
    uint32_t depth;
    uint32_t first; /* number of its first node in the unit: an action has a diagram of its own */
};

#define FMT(g, ...) mr_pc_fmt((g)->o->pool, __VA_ARGS__)

static void statement(struct po_graph *g, const char *text)
{
    *PC_PUSH(g->o->pool, &g->statements) = text;
}

static void variable(struct po_graph *g, const char *text)
{
    *PC_PUSH(g->o->pool, &g->variables) = text;
}

static struct node *find(struct po_graph *g, const char *id)
{
    for (uint32_t i = 0; i < g->nodes.n; i++) {
        if (strcmp(g->nodes.items[i].id, id) == 0) {
            return &g->nodes.items[i];
        }
    }
    return NULL;
}

static bool is_instance(const struct node *n)
{
    return mr_xml_is(n->xml, "block") && mr_xml_attribute(n->xml, "instanceName")[0] != '\0';
}

static const char *value_of(struct po_graph *g, struct node *n, const char *formal);

/* The connections that meet at a point are joined by OR, as wires of a ladder are. */
const char *mr_po_graph_value(struct po_graph *g, const struct mr_xml *point)
{
    const char *joined = NULL;
    uint32_t wires = 0;
    for (const struct mr_xml *c = mr_xml_first(point); c; c = mr_xml_next(c)) {
        if (!mr_xml_is(c, "connection")) {
            continue;
        }
        if (++wires > WIRES_MAX) {
            mr_po_error(g->o, c, "more than %d wires meet here", WIRES_MAX);
            return NULL;
        }
        struct node *from = find(g, mr_xml_attribute(c, "refLocalId"));
        if (!from) {
            mr_po_error(g->o, c, "there is no element '%s' to connect to", mr_xml_attribute(c, "refLocalId"));
            return NULL;
        }
        const char *v = value_of(g, from, mr_xml_attribute(c, "formalParameter"));
        if (!v) {
            return NULL;
        }
        if (!joined || strcmp(v, "TRUE") == 0 || strcmp(joined, "TRUE") == 0) {
            joined = joined && strcmp(joined, "TRUE") == 0 ? joined : v;
        } else {
            joined = FMT(g, "(%s OR %s)", joined, v);
        }
    }
    return joined;
}

static const char *input_of(struct po_graph *g, const struct mr_xml *n)
{
    return mr_po_graph_value(g, mr_xml_child(n, "connectionPointIn"));
}

static bool negated(const struct mr_xml *n)
{
    return strcmp(mr_xml_attribute(n, "negated"), "true") == 0;
}

/* `value` with the edge and the negation that `n` asks for. */
static const char *modified(struct po_graph *g, const struct mr_xml *n, const char *value)
{
    const char *edge = mr_xml_attribute(n, "edge");
    bool rising = strcmp(edge, "rising") == 0;
    if (rising || strcmp(edge, "falling") == 0) {
        const char *name = FMT(g, "Edge_%u_", g->o->edges++);
        variable(g, FMT(g, "VAR %s : %s; END_VAR", name, rising ? "R_TRIG" : "F_TRIG"));
        statement(g, FMT(g, "%s(CLK := %s);", name, value));
        value = FMT(g, "%s.Q", name);
    }
    return negated(n) ? FMT(g, "NOT (%s)", value) : value;
}

static const char *named_variable(struct po_graph *g, const char *stem, const char *value)
{
    variable(g, FMT(g, "VAR_TEMP %s : __INFERRED; END_VAR", stem));
    if (value) {
        statement(g, FMT(g, "%s := %s;", stem, value));
    }
    return stem;
}

/* ---- blocks ---- */

static const char *arguments(struct po_graph *g, const struct node *n)
{
    const char *text = "";
    static const char *const lists[] = {"inputVariables", "inOutVariables"};
    for (int i = 0; i < 2; i++) {
        for (const struct mr_xml *v = mr_xml_first(mr_xml_child(n->xml, lists[i])); v; v = mr_xml_next(v)) {
            const char *value = input_of(g, v);
            if (value) {
                text = FMT(g, "%s%s%s := %s", text, text[0] ? ", " : "", mr_xml_attribute(v, "formalParameter"),
                           modified(g, v, value));
            }
        }
    }
    return text;
}

static bool is_result(const struct node *n, const char *formal)
{
    return formal[0] == '\0' || strcmp(formal, "OUT") == 0 || strcmp(formal, mr_xml_attribute(n->xml, "typeName")) == 0;
}

static void write_block(struct po_graph *g, struct node *n)
{
    n->state = 1;
    const char *args = arguments(g, n);
    const char *instance = mr_xml_attribute(n->xml, "instanceName");
    const char *type = mr_xml_attribute(n->xml, "typeName");
    n->state = 2;
    if (instance[0]) {
        statement(g, FMT(g, "%s(%s);", instance, args));
        return;
    }
    bool result = false;
    for (const struct mr_xml *v = mr_xml_first(mr_xml_child(n->xml, "outputVariables")); v; v = mr_xml_next(v)) {
        const char *formal = mr_xml_attribute(v, "formalParameter");
        if (is_result(n, formal)) {
            result = true;
        } else {
            const char *to = named_variable(g, FMT(g, "Out_%u_%s", g->first + n->index, formal), NULL);
            args = FMT(g, "%s%s%s => %s", args, args[0] ? ", " : "", formal, to);
        }
    }
    if (result) {
        n->value = named_variable(g, FMT(g, "Out_%u_", g->first + n->index), FMT(g, "%s(%s)", type, args));
    } else {
        statement(g, FMT(g, "%s(%s);", type, args));
    }
}

static const char *block_value(struct po_graph *g, struct node *n, const char *formal)
{
    bool instance = is_instance(n);
    if (n->state == 1 && !instance) {
        mr_po_error(g->o, n->xml, "this loop has no variable or function block in it that would keep a value");
        return NULL;
    }
    if (n->state == 0) {
        write_block(g, n);
    }
    const struct mr_xml *output = NULL;
    for (const struct mr_xml *v = mr_xml_first(mr_xml_child(n->xml, "outputVariables")); v; v = mr_xml_next(v)) {
        const char *name = mr_xml_attribute(v, "formalParameter");
        bool wanted = formal[0] ? strcmp(name, formal) == 0 : strcmp(name, "ENO") != 0;
        output = wanted && !output ? v : output;
    }
    const char *name = output ? mr_xml_attribute(output, "formalParameter") : formal;
    const char *value = instance             ? FMT(g, "%s.%s", mr_xml_attribute(n->xml, "instanceName"), name)
                        : is_result(n, name) ? n->value
                                             : FMT(g, "Out_%u_%s", g->first + n->index, name);
    return output && negated(output) ? FMT(g, "NOT (%s)", value) : value;
}

/* ---- values ---- */

static const char *contact_value(struct po_graph *g, struct node *n)
{
    const char *in = input_of(g, n->xml);
    const char *v = modified(g, n->xml, FMT(g, "%s", mr_xml_content(g->o->pool, mr_xml_child(n->xml, "variable"))));
    return !in ? NULL : (strcmp(in, "TRUE") == 0 ? v : FMT(g, "(%s AND %s)", in, v));
}

static const char *continued_value(struct po_graph *g, struct node *n)
{
    const char *name = mr_xml_attribute(n->xml, "name");
    for (uint32_t i = 0; i < g->nodes.n; i++) {
        struct node *c = &g->nodes.items[i];
        if (mr_xml_is(c->xml, "connector") && strcmp(mr_xml_attribute(c->xml, "name"), name) == 0) {
            return value_of(g, c, "");
        }
    }
    mr_po_error(g->o, n->xml, "there is no connector '%s'", name);
    return NULL;
}

static const char *plain_value(struct po_graph *g, struct node *n)
{
    if (mr_xml_is(n->xml, "leftPowerRail")) {
        return "TRUE";
    }
    if (mr_xml_is(n->xml, "inVariable") || mr_xml_is(n->xml, "inOutVariable")) {
        const char *e = mr_xml_content(g->o->pool, mr_xml_child(n->xml, "expression"));
        return modified(g, n->xml, strpbrk(e, " +-*/<>=&") && e[0] != '\'' ? FMT(g, "(%s)", e) : e);
    }
    if (mr_xml_is(n->xml, "contact")) {
        return contact_value(g, n);
    }
    if (mr_xml_is(n->xml, "continuation")) {
        return continued_value(g, n);
    }
    return input_of(g, n->xml); /* coils, connectors, rails on the right: what arrives goes on */
}

static const char *value_of(struct po_graph *g, struct node *n, const char *formal)
{
    if (g->depth >= MR_PLC_NEST_MAX) {
        mr_po_error(g->o, n->xml, "more than %d elements in a row", MR_PLC_NEST_MAX);
        return NULL;
    }
    g->depth++;
    const char *value = n->value;
    if (mr_xml_is(n->xml, "block")) {
        value = block_value(g, n, formal);
    } else if (!value) {
        if (n->state == 1) {
            mr_po_error(g->o, n->xml, "a loop without a block");
            g->depth--;
            return NULL;
        }
        n->state = 1;
        value = plain_value(g, n);
        n->state = 2;
        bool variable_itself = mr_xml_is(n->xml, "inVariable") || mr_xml_is(n->xml, "inOutVariable");
        if (value && n->readers > 1 && !variable_itself && strcmp(value, "TRUE") != 0) {
            value = named_variable(g, FMT(g, "Out_%u_", g->first + n->index), value);
        }
        n->value = value;
    }
    g->depth--;
    return value;
}

/* ---- statements ---- */

static void write_coil(struct po_graph *g, struct node *n)
{
    const char *in = value_of(g, n, "");
    const char *to = mr_xml_content(g->o->pool, mr_xml_child(n->xml, "variable"));
    const char *storage = mr_xml_attribute(n->xml, "storage");
    if (!in) {
        return;
    }
    const char *v = modified(g, n->xml, in);
    if (strcmp(storage, "set") == 0 || strcmp(storage, "reset") == 0) {
        statement(g, FMT(g, "IF %s THEN %s := %s; END_IF;", v, to, storage[0] == 's' ? "TRUE" : "FALSE"));
    } else {
        statement(g, FMT(g, "%s := %s;", to, v));
    }
}

static void write_node(struct po_graph *g, struct node *n)
{
    if (mr_xml_is(n->xml, "block")) {
        if (n->state == 0) {
            write_block(g, n);
        }
    } else if (mr_xml_is(n->xml, "outVariable") || mr_xml_is(n->xml, "inOutVariable")) {
        const char *in = input_of(g, n->xml);
        if (in) {
            statement(
                g, FMT(g, "%s := %s;", mr_xml_content(g->o->pool, mr_xml_child(n->xml, "expression")), modified(g, n->xml, in)));
        }
    } else if (mr_xml_is(n->xml, "coil")) {
        write_coil(g, n);
    } else if (mr_xml_is(n->xml, "jump") || mr_xml_is(n->xml, "return")) {
        const char *in = input_of(g, n->xml);
        const char *what = mr_xml_is(n->xml, "return") ? "RETURN" : FMT(g, "JMP %s", mr_xml_attribute(n->xml, "label"));
        statement(g, in ? FMT(g, "IF %s THEN %s; END_IF;", modified(g, n->xml, in), what) : FMT(g, "%s;", what));
    } else if (mr_xml_is(n->xml, "label")) {
        statement(g, FMT(g, "%s:", mr_xml_attribute(n->xml, "label")));
    }
}

static int by_order(const void *a, const void *b)
{
    const struct node *p = *(const struct node *const *)a;
    const struct node *q = *(const struct node *const *)b;
    if ((p->order > 0) != (q->order > 0)) {
        return p->order > 0 ? -1 : 1;
    }
    const long keys[][2] = {{p->order, q->order}, {p->y, q->y}, {p->x, q->x}, {(long)p->index, (long)q->index}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i][0] != keys[i][1]) {
            return keys[i][0] < keys[i][1] ? -1 : 1;
        }
    }
    return 0;
}

static void add_node(struct po_graph *g, const struct mr_xml *n)
{
    if (g->nodes.n == NODES_MAX) {
        mr_po_error(g->o, n, "a diagram has at most %d elements", NODES_MAX);
        return;
    }
    const struct mr_xml *at = mr_xml_child(n, "position");
    struct node *to = PC_PUSH(g->o->pool, &g->nodes);
    *to = (struct node){.xml = n,
                        .id = mr_xml_attribute(n, "localId"),
                        .order = strtol(mr_xml_attribute(n, "executionOrderId"), NULL, 10),
                        .x = strtol(mr_xml_attribute(at, "x"), NULL, 10),
                        .y = strtol(mr_xml_attribute(at, "y"), NULL, 10),
                        .index = g->nodes.n - 1};
}

static void count_readers(struct po_graph *g, const struct mr_xml *n)
{
    for (const struct mr_xml *c = mr_xml_first(n); c; c = mr_xml_next(c)) {
        struct node *from = mr_xml_is(c, "connection") ? find(g, mr_xml_attribute(c, "refLocalId")) : NULL;
        if (from) {
            from->readers++;
        }
        count_readers(g, c);
    }
}

struct po_graph *mr_po_graph(struct po *o, const struct mr_xml *body)
{
    struct po_graph *g = mr_pc_alloc(o->pool, sizeof *g);
    g->o = o;
    for (const struct mr_xml *n = mr_xml_first(body); n && g->nodes.n < NODES_MAX; n = mr_xml_next(n)) {
        if (mr_xml_attribute(n, "localId")[0]) {
            add_node(g, n);
        }
    }
    g->first = o->nodes;
    o->nodes += g->nodes.n;
    count_readers(g, body);
    struct node **order = mr_pc_alloc(o->pool, (g->nodes.n + 1) * sizeof *order);
    for (uint32_t i = 0; i < g->nodes.n; i++) {
        order[i] = &g->nodes.items[i];
    }
    qsort(order, g->nodes.n, sizeof(struct node *), by_order);
    for (uint32_t i = 0; i < g->nodes.n; i++) {
        write_node(g, order[i]);
    }
    return g;
}

void mr_po_graph_variables(struct po_graph *g)
{
    for (uint32_t i = 0; i < g->variables.n; i++) {
        (void)fprintf(g->o->to, "%s\n", g->variables.items[i]);
    }
}

void mr_po_graph_statements(struct po_graph *g)
{
    (void)fputs(";\n", g->o->to); /* a body that begins with ';' is Structured Text, whatever follows */
    for (uint32_t i = 0; i < g->statements.n; i++) {
        (void)fprintf(g->o->to, "%s\n", g->statements.items[i]);
    }
    g->statements.n = 0;
}
