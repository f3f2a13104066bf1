/* plcopen_graph.c - ladder and function block diagrams of PLCopen XML to statements.
 *
 * What has an effect becomes a statement: elements with an executionOrderId by that, then coils, output variables, jumps and
 * blocks that nothing reads, from top to bottom and left to right; before each what its inputs need. A value with several readers
 * gets a variable, so that the text grows with the diagram and nothing is called twice. Where a loop closes, the wire that goes
 * back to the left carries the last scan's output, and so does one from a block whose executionOrderId comes later. */
#include "plc/xml/plcopen.h"

#include "plc/limits.h"
#include "plc/stdfun.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NODES_MAX 8192
#define WIRES_MAX 256      /* that meet at one point */
#define STEPS_MAX 10000000 /* taken in all to see whether loops close: far more than a diagram that was drawn needs */

struct node {
    const struct mr_xml *xml;
    const char *id;
    long order, x, y;
    uint32_t index;
    uint32_t readers;
    uint8_t state; /* 0 not yet, 1 its inputs are being written, 2 done */
    bool kept;     /* a function in a loop: its outputs are variables that last from scan to scan */
    uint32_t seen; /* by the search of that number */
    const char *value;
};

struct po_graph {
    struct po *o;
    PC_VECTOR(struct node) nodes;
    PC_VECTOR(const char *) statements;
    PC_VECTOR(const char *) variables;
    struct node **by_id;
    uint32_t depth;
    uint32_t searches, steps;
    uint32_t first;          /* number of its first node in the unit: an action has a diagram of its own */
    const char *result_name; /* what is written to this variable is `result`; NULL: none is */
    const char *result;
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

static int by_id(const void *a, const void *b)
{
    const struct node *p = *(const struct node *const *)a;
    const struct node *q = *(const struct node *const *)b;
    int c = strcmp(p->id, q->id);
    return c != 0 ? c : (p->index < q->index ? -1 : p->index > q->index);
}

/* The first of that name. */
static struct node *find(const struct po_graph *g, const char *id)
{
    uint32_t from = 0;
    uint32_t to = g->nodes.n;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (strcmp(g->by_id[middle]->id, id) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < g->nodes.n && strcmp(g->by_id[from]->id, id) == 0 ? g->by_id[from] : NULL;
}

static struct node *connector(const struct po_graph *g, const char *name)
{
    for (uint32_t i = 0; i < g->nodes.n; i++) {
        struct node *c = &g->nodes.items[i];
        if (mr_xml_is(c->xml, "connector") && strcmp(mr_xml_attribute(c->xml, "name"), name) == 0) {
            return c;
        }
    }
    return NULL;
}

static const char *content(struct po_graph *g, const struct mr_xml *n, const char *child)
{
    const struct mr_xml *c = mr_xml_child(n, child);
    const char *text = c ? mr_xml_content(g->o->pool, c) : "";
    return text + strspn(text, " \t\r\n");
}

/* `last`: of a block, what it gave in the last scan. */
static const char *value_of(struct po_graph *g, struct node *n, const char *formal, bool last);
static void write_node(struct po_graph *g, struct node *n);

/* ---- pins ---- */

const char *mr_po_instance(const struct mr_xml *block)
{
    const char *type = mr_xml_attribute(block, "typeName");
    for (size_t i = 0; i < mr_pc_nstd; i++) {
        if (strcasecmp(mr_pc_std[i].name, type) == 0) {
            return "";
        }
    }
    return mr_xml_attribute(block, "instanceName");
}

static const struct mr_xml *pin(const struct mr_xml *block, const char *list, const char *formal)
{
    for (const struct mr_xml *v = mr_xml_first(mr_xml_child(block, list)); v; v = mr_xml_next(v)) {
        if (strcasecmp(mr_xml_attribute(v, "formalParameter"), formal) == 0) {
            return v;
        }
    }
    return NULL;
}

/* An in-out stands among the inputs and the outputs, or in a list of its own. */
static const struct mr_xml *in_out(const struct mr_xml *block, const char *formal)
{
    const struct mr_xml *own = formal[0] ? pin(block, "inOutVariables", formal) : NULL;
    return own || !formal[0] || !pin(block, "outputVariables", formal) ? own : pin(block, "inputVariables", formal);
}

static bool wired(const struct mr_xml *pin)
{
    const struct mr_xml *point = mr_xml_child(pin, "connectionPointIn");
    return mr_xml_child(point, "connection") || mr_xml_child(point, "expression");
}

static bool enabled(const struct mr_xml *block)
{
    const struct mr_xml *en = mr_xml_is(block, "block") ? pin(block, "inputVariables", "EN") : NULL;
    return en && wired(en);
}

static long coordinate(const struct mr_xml *at, const char *axis)
{
    return strtol(mr_xml_attribute(at, axis), NULL, 10);
}

/* Which output a wire without a name comes from: the one where it ends, else the first. */
static const struct mr_xml *output_at(const struct mr_xml *block, const struct mr_xml *wire)
{
    const struct mr_xml *end = NULL;
    for (const struct mr_xml *p = mr_xml_first(wire); p; p = mr_xml_next(p)) {
        end = mr_xml_is(p, "position") ? p : end;
    }
    const struct mr_xml *first = NULL;
    const struct mr_xml *at = mr_xml_child(block, "position");
    for (const struct mr_xml *v = mr_xml_first(mr_xml_child(block, "outputVariables")); v; v = mr_xml_next(v)) {
        const struct mr_xml *by = mr_xml_child(mr_xml_child(v, "connectionPointOut"), "relPosition");
        if (end && by && coordinate(at, "x") + coordinate(by, "x") == coordinate(end, "x") &&
            coordinate(at, "y") + coordinate(by, "y") == coordinate(end, "y")) {
            return v;
        }
        first = !first && strcmp(mr_xml_attribute(v, "formalParameter"), "ENO") != 0 ? v : first;
    }
    return first ? first : pin(block, "outputVariables", "ENO");
}

/* The name of the output that a wire from that element comes from. */
static const char *output_of(const struct mr_xml *from, const struct mr_xml *wire)
{
    const char *formal = mr_xml_attribute(wire, "formalParameter");
    return formal[0] || !mr_xml_is(from, "block") ? formal : mr_xml_attribute(output_at(from, wire), "formalParameter");
}

/* ---- wires ---- */

static const struct node *reader_of(const struct po_graph *g, const struct mr_xml *wire)
{
    const struct mr_xml *n = wire;
    while (n && !mr_xml_attribute(n, "localId")[0]) {
        n = n->parent;
    }
    return n ? find(g, mr_xml_attribute(n, "localId")) : NULL;
}

static bool goes_back(const struct node *from, const struct node *to)
{
    return from->x != to->x ? from->x > to->x : from->index > to->index;
}

static bool needs_open(struct po_graph *g, struct node *n, bool of_blocks);

/* Does a wire carry what the block gave in the last scan, for it runs behind its reader? */
static bool is_feedback(struct po_graph *g, struct node *from, const struct node *reader)
{
    if (!reader || from->state != 0 || !mr_xml_is(from->xml, "block")) {
        return false;
    }
    return from->order > 0 && reader->order > 0 ? from->order > reader->order
                                                : goes_back(from, reader) && needs_open(g, from, true);
}

static const char *wire_value(struct po_graph *g, const struct mr_xml *wire)
{
    struct node *from = find(g, mr_xml_attribute(wire, "refLocalId"));
    if (!from) {
        mr_po_error(g->o, wire, "there is no element '%s' to connect to", mr_xml_attribute(wire, "refLocalId"));
        return NULL;
    }
    const char *formal = output_of(from->xml, wire);
    return value_of(g, from, formal, is_feedback(g, from, reader_of(g, wire)));
}

/* The connections that meet at a point are joined by OR, as wires of a ladder are. */
const char *mr_po_graph_value(struct po_graph *g, const struct mr_xml *point)
{
    const char *joined = NULL;
    uint32_t wires = 0;
    for (const struct mr_xml *c = mr_xml_first(point); c; c = mr_xml_next(c)) {
        if (mr_xml_is(c, "expression")) {
            return content(g, point, "expression");
        }
        if (!mr_xml_is(c, "connection")) {
            continue;
        }
        if (++wires > WIRES_MAX) {
            mr_po_error(g->o, c, "more than %d wires meet here", WIRES_MAX);
            return NULL;
        }
        const char *v = wire_value(g, c);
        if (!v) {
            continue;
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

/* `value` with an edge and a negation. */
static const char *changed(struct po_graph *g, const char *value, const char *edge, bool negated)
{
    bool rising = strcmp(edge, "rising") == 0;
    if (rising || strcmp(edge, "falling") == 0) {
        const char *name = FMT(g, "Edge_%u_", g->o->edges++);
        variable(g, FMT(g, "VAR %s : %s; END_VAR", name, rising ? "R_TRIG" : "F_TRIG"));
        statement(g, FMT(g, "%s(CLK := %s);", name, value));
        value = FMT(g, "%s.Q", name);
    }
    return negated ? FMT(g, "NOT (%s)", value) : value;
}

/* `value` with the edge and the negation that `n` asks for. */
static const char *modified(struct po_graph *g, const struct mr_xml *n, const char *value)
{
    return changed(g, value, mr_xml_attribute(n, "edge"), mr_po_true(n, "negated"));
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

static const char *out_variable(struct po_graph *g, const struct node *n, const char *formal)
{
    return FMT(g, "Out_%u_%s", g->first + n->index, formal);
}

static const char *argument(struct po_graph *g, const struct node *n, const struct mr_xml *v)
{
    const char *formal = mr_xml_attribute(v, "formalParameter");
    const char *value = input_of(g, v);
    if (!value) {
        return NULL;
    }
    value = modified(g, v, value);
    if (strcmp(formal, "EN") == 0) { /* asked for again by ENO */
        return named_variable(g, out_variable(g, n, "ENO"), value);
    }
    const struct mr_xml *wire = mr_xml_child(mr_xml_child(v, "connectionPointIn"), "connection");
    const struct node *from = wire ? find(g, mr_xml_attribute(wire, "refLocalId")) : NULL;
    bool of_block = from && mr_xml_is(from->xml, "block") && in_out(n->xml, formal) && strchr(value, '.');
    return of_block ? named_variable(g, FMT(g, "In_%u_%s", g->first + n->index, formal), value) : value;
}

/* Inputs by name; those of a function by their order where none is left out between them, for the names of standard functions'
 * differ. */
static const char *arguments(struct po_graph *g, const struct node *n, bool instance, bool *any)
{
    static const char *const lists[] = {"inputVariables", "inOutVariables"};
    bool all = true;
    bool gap = false;
    for (int i = 0; i < 2; i++) {
        for (const struct mr_xml *v = mr_xml_first(mr_xml_child(n->xml, lists[i])); v; v = mr_xml_next(v)) {
            bool here = wired(v) || strcmp(mr_xml_attribute(v, "formalParameter"), "EN") == 0;
            all = all && !(gap && here);
            gap = gap || !here;
        }
    }
    const char *text = "";
    *any = mr_xml_first(mr_xml_child(n->xml, lists[0])) == NULL;
    for (int i = 0; i < 2; i++) {
        for (const struct mr_xml *v = mr_xml_first(mr_xml_child(n->xml, lists[i])); v; v = mr_xml_next(v)) {
            const char *formal = mr_xml_attribute(v, "formalParameter");
            const char *value = argument(g, n, v);
            bool named = instance || !all || strcmp(formal, "EN") == 0;
            if (value) {
                text = FMT(g, "%s%s%s%s%s", text, text[0] ? ", " : "", named ? formal : "", named ? " := " : "", value);
                *any = *any || strcmp(formal, "EN") != 0;
            }
        }
    }
    return text;
}

/* A function's result is its output without a name, or called OUT or as itself; else the first. */
static const struct mr_xml *result_of(const struct mr_xml *block)
{
    const struct mr_xml *first = NULL;
    for (const struct mr_xml *v = mr_xml_first(mr_xml_child(block, "outputVariables")); v; v = mr_xml_next(v)) {
        const char *formal = mr_xml_attribute(v, "formalParameter");
        if (!formal[0] || strcasecmp(formal, "OUT") == 0 || strcasecmp(formal, mr_xml_attribute(block, "typeName")) == 0) {
            return v;
        }
        first = !first && strcmp(formal, "ENO") != 0 && !in_out(block, formal) ? v : first;
    }
    return first;
}

static void call_function(struct po_graph *g, struct node *n)
{
    const char *type = mr_xml_attribute(n->xml, "typeName");
    bool any;
    const char *args = arguments(g, n, false, &any);
    if (!any) { /* left over: nothing goes in */
        return;
    }
    const struct mr_xml *result = result_of(n->xml);
    for (const struct mr_xml *v = mr_xml_first(mr_xml_child(n->xml, "outputVariables")); v; v = mr_xml_next(v)) {
        const char *formal = mr_xml_attribute(v, "formalParameter");
        if (v != result && strcmp(formal, "ENO") != 0 && !in_out(n->xml, formal)) {
            const char *to = n->kept ? out_variable(g, n, formal) : named_variable(g, out_variable(g, n, formal), NULL);
            args = FMT(g, "%s%s%s => %s", args, args[0] ? ", " : "", formal, to);
        }
    }
    if (result && n->kept) {
        n->value = out_variable(g, n, "");
        statement(g, FMT(g, "%s := %s(%s);", n->value, type, args));
    } else if (result) {
        n->value = named_variable(g, out_variable(g, n, ""), FMT(g, "%s(%s)", type, args));
    } else {
        statement(g, FMT(g, "%s(%s);", type, args));
    }
}

/* Text in the midst of a diagram, as CODESYS and OpenPLC Editor have it: carried out where it is enabled. */
static void write_text(struct po_graph *g, const struct node *n, const struct mr_xml *code)
{
    const struct mr_xml *en = pin(n->xml, "inputVariables", "EN");
    const char *value = en ? argument(g, n, en) : NULL;
    statement(g, FMT(g, "IF %s THEN\n%s\nEND_IF;", value ? value : "TRUE", mr_xml_content(g->o->pool, code)));
}

static const char *output_value(struct po_graph *g, struct node *n, const char *formal);

/* Outputs may name the variables that they go to. */
static void write_outputs(struct po_graph *g, struct node *n)
{
    for (const struct mr_xml *v = mr_xml_first(mr_xml_child(n->xml, "outputVariables")); v; v = mr_xml_next(v)) {
        const char *to = content(g, mr_xml_child(v, "connectionPointOut"), "expression");
        const char *value = to[0] && to[0] != '?' ? output_value(g, n, mr_xml_attribute(v, "formalParameter")) : NULL;
        if (value) {
            statement(g, FMT(g, "%s := %s;", to, value));
        }
    }
}

static void write_block(struct po_graph *g, struct node *n)
{
    const char *instance = mr_po_instance(n->xml);
    const struct mr_xml *code = mr_po_added(n->xml, "STCode", NULL);
    n->state = 1;
    if (code) {
        write_text(g, n, code);
    } else if (instance[0]) {
        bool any;
        const char *args = arguments(g, n, true, &any);
        statement(g, FMT(g, "%s(%s);", instance, args));
    } else {
        call_function(g, n);
    }
    n->state = 2;
    write_outputs(g, n);
}

/* A function whose output is asked for before it is called: it gives what it gave in the last scan. */
static bool keep(struct po_graph *g, struct node *n)
{
    const struct mr_xml *result = result_of(n->xml);
    for (const struct mr_xml *v = mr_xml_first(mr_xml_child(n->xml, "outputVariables")); v && !n->kept; v = mr_xml_next(v)) {
        const char *formal = mr_xml_attribute(v, "formalParameter");
        const char *type = mr_po_output_type(g->o, g, n->xml, formal);
        if (strcmp(formal, "ENO") == 0 || in_out(n->xml, formal)) {
            continue;
        }
        if (!type) {
            mr_po_error(g->o, n->xml, "this loop has no variable or function block in it that would keep a value");
            return false;
        }
        variable(g, FMT(g, "VAR %s : %s; END_VAR", out_variable(g, n, v == result ? "" : formal), type));
    }
    n->kept = true;
    return true;
}

/* Without calling it. */
static const char *output_value(struct po_graph *g, struct node *n, const char *formal)
{
    const char *instance = mr_po_instance(n->xml);
    const struct mr_xml *shared = in_out(n->xml, formal);
    if (shared) { /* what goes in, goes on */
        const struct mr_xml *wire = mr_xml_child(mr_xml_child(shared, "connectionPointIn"), "connection");
        return wire ? wire_value(g, wire) : NULL;
    }
    bool eno = strcmp(formal, "ENO") == 0;
    if (n->state != 2 && !instance[0] && !eno && !keep(g, n)) {
        return NULL;
    }
    const struct mr_xml *output = pin(n->xml, "outputVariables", formal);
    const char *result = n->state == 2 ? n->value : out_variable(g, n, "");
    const char *value = eno                           ? (enabled(n->xml) ? out_variable(g, n, "ENO") : "TRUE")
                        : instance[0]                 ? (formal[0] ? FMT(g, "%s.%s", instance, formal) : NULL)
                        : output == result_of(n->xml) ? result
                        : result                      ? out_variable(g, n, formal)
                                                      : NULL;
    return value && output && mr_po_true(output, "negated") ? FMT(g, "NOT (%s)", value) : value;
}

static const char *block_value(struct po_graph *g, struct node *n, const char *formal, bool last)
{
    if (n->state == 0 && !last) {
        write_block(g, n);
    }
    return output_value(g, n, formal);
}

/* ---- values ---- */

static const char *contact_value(struct po_graph *g, struct node *n)
{
    const char *in = input_of(g, n->xml);
    const char *v = modified(g, n->xml, content(g, n->xml, "variable"));
    return !in ? NULL : (strcmp(in, "TRUE") == 0 ? v : FMT(g, "(%s AND %s)", in, v));
}

static const char *continued_value(struct po_graph *g, struct node *n)
{
    const char *name = mr_xml_attribute(n->xml, "name");
    struct node *c = connector(g, name);
    if (!c) {
        mr_po_error(g->o, n->xml, "there is no connector '%s'", name);
    }
    return c ? value_of(g, c, "", false) : NULL;
}

static const char *expression_of(struct po_graph *g, const struct node *n)
{
    const char *e = content(g, n->xml, "expression");
    return strpbrk(e, " +-*/<>=&") && e[0] != '\'' && e[0] != '"' ? FMT(g, "(%s)", e) : e;
}

static const char *plain_value(struct po_graph *g, struct node *n)
{
    if (mr_xml_is(n->xml, "leftPowerRail")) {
        return "TRUE";
    }
    if (mr_xml_is(n->xml, "inVariable")) {
        return modified(g, n->xml, expression_of(g, n));
    }
    if (mr_xml_is(n->xml, "contact")) {
        return contact_value(g, n);
    }
    if (mr_xml_is(n->xml, "continuation")) {
        return continued_value(g, n);
    }
    if (mr_xml_is(n->xml, "step")) {
        return FMT(g, "%s.X", mr_xml_attribute(n->xml, "name"));
    }
    return input_of(g, n->xml); /* coils, connectors, rails on the right: what arrives goes on */
}

/* Does what is not written yet of n's inputs need something that is being written now, and keeps no value? `of_blocks`: do blocks
 * keep none either, and variables in between let nothing through? */
static bool needs_open(struct po_graph *g, struct node *n, bool of_blocks)
{
    struct node **open = mr_pc_alloc(g->o->pool, (g->nodes.n + 1) * sizeof *open);
    uint32_t nopen = 1;
    open[0] = n;
    n->seen = ++g->searches;
    while (nopen > 0) {
        const struct node *at = open[--nopen];
        for (const struct mr_xml *c = at->xml; c; c = mr_xml_following(c, at->xml)) {
            struct node *from = mr_xml_is(c, "connection")     ? find(g, mr_xml_attribute(c, "refLocalId"))
                                : mr_xml_is(c, "continuation") ? connector(g, mr_xml_attribute(c, "name"))
                                                               : NULL;
            bool both = from && mr_xml_is(from->xml, "inOutVariable");
            bool keeps = both || (from && !of_blocks && mr_po_instance(from->xml)[0]);
            if (++g->steps > STEPS_MAX || (from && from->state == 1 && !keeps)) {
                return true;
            }
            if (from && from->state == 0 && from->seen != g->searches && !(of_blocks && both)) {
                from->seen = g->searches;
                open[nopen++] = from;
            }
        }
    }
    return false;
}

/* A variable that is both: it is written before it is read, but where its own value goes into what is written. */
static const char *in_out_value(struct po_graph *g, struct node *n)
{
    if (n->state == 0 && !needs_open(g, n, false)) {
        write_node(g, n);
    }
    return changed(g, expression_of(g, n), mr_xml_attribute(n->xml, "edgeOut"), mr_po_true(n->xml, "negatedOut"));
}

static const char *kept_value(struct po_graph *g, struct node *n)
{
    if (n->state == 2) {
        return n->value;
    }
    if (n->state == 1) {
        mr_po_error(g->o, n->xml, "a loop without a block");
        return NULL;
    }
    n->state = 1;
    const char *value = plain_value(g, n);
    n->state = 2;
    bool carried = mr_xml_is(n->xml, "connector") || mr_xml_is(n->xml, "continuation");
    bool itself = mr_xml_is(n->xml, "inVariable") || mr_xml_is(n->xml, "step") || (carried && value && !strpbrk(value, " ("));
    if (value && n->readers > 1 && !itself && strcmp(value, "TRUE") != 0) {
        value = named_variable(g, out_variable(g, n, ""), value);
    }
    n->value = value;
    return value;
}

static const char *value_of(struct po_graph *g, struct node *n, const char *formal, bool last)
{
    if (g->depth >= MR_PLC_NEST_MAX) {
        mr_po_error(g->o, n->xml, "more than %d elements in a row", MR_PLC_NEST_MAX);
        return NULL;
    }
    g->depth++;
    const char *value = mr_xml_is(n->xml, "block")           ? block_value(g, n, formal, last)
                        : mr_xml_is(n->xml, "inOutVariable") ? in_out_value(g, n)
                                                             : kept_value(g, n);
    g->depth--;
    return value;
}

/* ---- statements ---- */

/* The variable that tells whether the block which alone is wired to this point is enabled: one that is not gives no value on. */
static const char *condition_of(struct po_graph *g, const struct mr_xml *n)
{
    const struct mr_xml *wire = mr_xml_child(mr_xml_child(n, "connectionPointIn"), "connection");
    const struct mr_xml *further = wire ? mr_xml_next(wire) : NULL;
    const struct node *from = wire && !mr_xml_is(further, "connection") ? find(g, mr_xml_attribute(wire, "refLocalId")) : NULL;
    bool of_eno = from && strcmp(output_of(from->xml, wire), "ENO") == 0;
    return from && !of_eno && enabled(from->xml) ? out_variable(g, from, "ENO") : NULL;
}

static void assign(struct po_graph *g, const char *to, const char *value, const char *storage, const char *condition)
{
    if (g->result_name && strcasecmp(to, g->result_name) == 0) {
        g->result = value;
        return;
    }
    bool set = strcmp(storage, "set") == 0;
    if (set || strcmp(storage, "reset") == 0) {
        condition = condition ? FMT(g, "%s AND %s", condition, value) : value;
        value = set ? "TRUE" : "FALSE";
    }
    statement(g, condition ? FMT(g, "IF %s THEN %s := %s; END_IF;", condition, to, value) : FMT(g, "%s := %s;", to, value));
}

static void write_coil(struct po_graph *g, struct node *n)
{
    const char *in = value_of(g, n, "", false);
    if (in) {
        assign(g, content(g, n->xml, "variable"), modified(g, n->xml, in), mr_xml_attribute(n->xml, "storage"), NULL);
    }
}

static void write_variable(struct po_graph *g, struct node *n)
{
    bool both = mr_xml_is(n->xml, "inOutVariable");
    n->state = 1;
    const char *in = input_of(g, n->xml);
    if (in) {
        const char *value =
            both ? changed(g, in, mr_xml_attribute(n->xml, "edgeIn"), mr_po_true(n->xml, "negatedIn")) : modified(g, n->xml, in);
        assign(g, content(g, n->xml, "expression"), value, mr_xml_attribute(n->xml, both ? "storageIn" : "storage"),
               condition_of(g, n->xml));
    }
    n->state = 2;
}

static void write_jump(struct po_graph *g, const struct node *n)
{
    const char *in = input_of(g, n->xml);
    const char *what = mr_xml_is(n->xml, "return") ? "RETURN" : FMT(g, "JMP %s", mr_xml_attribute(n->xml, "label"));
    bool wire = mr_xml_child(mr_xml_child(n->xml, "connectionPointIn"), "connection") != NULL;
    if (in && strcmp(in, "TRUE") != 0) {
        statement(g, FMT(g, "IF %s THEN %s; END_IF;", modified(g, n->xml, in), what));
    } else if (in || !wire) {
        statement(g, FMT(g, "%s;", what));
    }
}

static void write_node(struct po_graph *g, struct node *n)
{
    if (mr_xml_is(n->xml, "block")) {
        if (n->state == 0) {
            write_block(g, n);
        }
    } else if (mr_xml_is(n->xml, "outVariable") || mr_xml_is(n->xml, "inOutVariable")) {
        if (n->state == 0) {
            write_variable(g, n);
        }
    } else if (mr_xml_is(n->xml, "coil")) {
        write_coil(g, n);
    } else if (mr_xml_is(n->xml, "jump") || mr_xml_is(n->xml, "return")) {
        write_jump(g, n);
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
                        .x = coordinate(at, "x"),
                        .y = coordinate(at, "y"),
                        .index = g->nodes.n - 1,
                        .readers = mr_xml_is(n, "coil") ? 1 : 0}; /* its own variable */
}

static void count_readers(struct po_graph *g, const struct mr_xml *body)
{
    for (const struct mr_xml *c = body; c; c = mr_xml_following(c, body)) {
        struct node *from = mr_xml_is(c, "connection") ? find(g, mr_xml_attribute(c, "refLocalId")) : NULL;
        if (from && !mr_xml_is(c->parent->parent, "rightPowerRail")) {
            from->readers++;
        }
    }
}

struct po_graph *mr_po_graph(struct po *o, const struct mr_xml *body, const char *result)
{
    struct po_graph *g = mr_pc_alloc(o->pool, sizeof *g);
    g->o = o;
    g->result_name = result;
    for (const struct mr_xml *n = mr_xml_first(body); n && g->nodes.n < NODES_MAX; n = mr_xml_next(n)) {
        if (mr_xml_attribute(n, "localId")[0]) {
            add_node(g, n);
        }
    }
    g->first = o->nodes;
    o->nodes += g->nodes.n;
    struct node **order = mr_pc_alloc(o->pool, (g->nodes.n + 1) * sizeof *order);
    g->by_id = mr_pc_alloc(o->pool, (g->nodes.n + 1) * sizeof *g->by_id);
    for (uint32_t i = 0; i < g->nodes.n; i++) {
        order[i] = g->by_id[i] = &g->nodes.items[i];
    }
    qsort(g->by_id, g->nodes.n, sizeof(struct node *), by_id);
    qsort(order, g->nodes.n, sizeof(struct node *), by_order);
    count_readers(g, body);
    for (int later = 0; later < 2; later++) { /* blocks that are read wait for their readers, or run last */
        for (uint32_t i = 0; i < g->nodes.n; i++) {
            bool waits = mr_xml_is(order[i]->xml, "block") && order[i]->readers > 0 && order[i]->order <= 0;
            if (waits == (later == 1)) {
                write_node(g, order[i]);
            }
        }
    }
    return g;
}

const struct mr_xml *mr_po_graph_source(const struct po_graph *g, const struct mr_xml *n)
{
    const struct node *from = mr_xml_is(n, "connection")     ? find(g, mr_xml_attribute(n, "refLocalId"))
                              : mr_xml_is(n, "continuation") ? connector(g, mr_xml_attribute(n, "name"))
                                                             : NULL;
    return from ? from->xml : NULL;
}

const char *mr_po_graph_result(const struct po_graph *g)
{
    return g->result;
}

bool mr_po_graph_empty(const struct po_graph *g)
{
    return g->statements.n == 0;
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
