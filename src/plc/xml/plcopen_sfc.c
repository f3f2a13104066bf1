/* plcopen_sfc.c - sequential function charts of PLCopen XML to their textual form. Divergences and convergences are followed
 * upwards from each step and each transition: the textual form only knows steps before and steps after a transition. What is
 * drawn beside a chart, and conditions that are diagrams, become statements before its first step, which run in each scan before
 * it. */
#include "plc/xml/plcopen.h"

#include "plc/limits.h"

#include <string.h>
#include <strings.h>

#define VISITS_MAX 8192 /* elements looked at while transitions are followed: divergences may fan out without end */

struct drawn { /* an action whose body is a diagram */
    const struct mr_xml *body;
    struct po_graph *graph;
};

struct chart {
    struct po *o;
    const struct mr_xml *pou, *body;
    PC_VECTOR(struct drawn) drawn;
    uint32_t visits;
    struct po_graph *beside;             /* the chart's own contacts and blocks, which conditions are connected to */
    PC_VECTOR(struct po_graph *) before; /* that, and named conditions which are diagrams */
    PC_VECTOR(const char *) conditions;  /* of the transitions, in their order */
};

struct arrow { /* from a transition to a step */
    const struct mr_xml *transition;
    const char *step;
};

struct arrows {
    PC_VECTOR(struct arrow) list;
};

static const struct mr_xml *by_id(struct chart *c, const char *id)
{
    for (const struct mr_xml *n = mr_xml_first(c->body); n; n = mr_xml_next(n)) {
        if (strcmp(mr_xml_attribute(n, "localId"), id) == 0) {
            return n;
        }
    }
    return NULL;
}

/* What stands above n: calls `each` for every element of `kind` that is reached through divergences and convergences. */
typedef void pc_found(struct chart *c, void *ctx, const struct mr_xml *n);

static void above(struct chart *c, const struct mr_xml *n, const char *kind, pc_found *each, void *ctx, uint32_t depth)
{
    if (depth > MR_PLC_NEST_MAX) {
        mr_po_error(c->o, n, "divergences nested more than %d deep", MR_PLC_NEST_MAX);
        return;
    }
    if (++c->visits >= VISITS_MAX) {
        if (c->visits == VISITS_MAX) {
            mr_po_error(c->o, n, "this chart's branches are too many");
        }
        return;
    }
    for (const struct mr_xml *point = mr_xml_first(n); point; point = mr_xml_next(point)) {
        if (!mr_xml_is(point, "connectionPointIn")) {
            continue;
        }
        for (const struct mr_xml *connection = mr_xml_first(point); connection; connection = mr_xml_next(connection)) {
            const struct mr_xml *up =
                mr_xml_is(connection, "connection") ? by_id(c, mr_xml_attribute(connection, "refLocalId")) : NULL;
            if (mr_xml_is(up, kind)) {
                each(c, ctx, up);
            } else if (mr_xml_is(up, "selectionDivergence") || mr_xml_is(up, "selectionConvergence") ||
                       mr_xml_is(up, "simultaneousDivergence") || mr_xml_is(up, "simultaneousConvergence")) {
                above(c, up, kind, each, ctx, depth + 1);
            }
        }
    }
}

/* ---- steps and their actions ---- */

static const char *bare(struct chart *c, const char *name) /* inline actions get the name of their block's place */
{
    return mr_pc_fmt(c->o->pool, "Action_%s_", name);
}

static void put_association(struct chart *c, const struct mr_xml *block, const struct mr_xml *action, uint32_t index)
{
    const char *qualifier = mr_xml_attribute(action, "qualifier");
    const char *duration = mr_xml_attribute(action, "duration");
    const struct mr_xml *reference = mr_xml_child(action, "reference");
    const char *name = reference ? mr_xml_attribute(reference, "name")
                                 : mr_pc_fmt(c->o->pool, "%s%u", bare(c, mr_xml_attribute(block, "localId")), index);
    const char *time = duration[0] == 'P' ? mr_po_from_iso(c->o, duration) : NULL;
    duration = time ? time : duration;
    (void)fprintf(c->o->to, "  %s(%s%s%s);\n", name, qualifier[0] ? qualifier : "N", duration[0] ? ", " : "", duration);
}

/* CODESYS keeps the names of a step's own actions among its additions: on entry, while active, on exit. */
static void put_own_actions(struct chart *c, const struct mr_xml *step)
{
    static const char *const own[][2] = {{"a6b08bd8-b696-47e3-9cbf-7408b61c9ff8", "P1"},
                                         {"700a583f-b4d4-43e4-8c14-629c7cd3bec8", "N"},
                                         {"a2621e18-7de3-4ea6-ae6d-89e9e0b7befd", "P0"}};
    const struct mr_xml *attributes = mr_po_added(step, "attributes", NULL);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        for (const struct mr_xml *a = mr_xml_first(attributes); a; a = mr_xml_next(a)) {
            const char *name = strcasecmp(mr_xml_attribute(a, "guid"), own[i][0]) == 0 ? mr_xml_content(c->o->pool, a) : "";
            if (name[strspn(name, " \t\r\n")]) {
                (void)fprintf(c->o->to, "  %s(%s);\n", name, own[i][1]);
            }
        }
    }
}

static void put_associations(struct chart *c, const char *step)
{
    for (const struct mr_xml *b = mr_xml_first(c->body); b; b = mr_xml_next(b)) {
        const struct mr_xml *connection =
            mr_xml_is(b, "actionBlock") ? mr_xml_child(mr_xml_child(b, "connectionPointIn"), "connection") : NULL;
        if (!connection || strcmp(mr_xml_attribute(connection, "refLocalId"), step) != 0) {
            continue;
        }
        uint32_t index = 0;
        for (const struct mr_xml *a = mr_xml_first(b); a; a = mr_xml_next(a)) {
            if (mr_xml_is(a, "action")) {
                put_association(c, b, a, index++);
            }
        }
    }
}

/* ---- transitions ---- */

static void add_arrow(struct chart *c, void *ctx, const struct mr_xml *transition)
{
    struct arrows *a = ((void **)ctx)[0];
    *PC_PUSH(c->o->pool, &a->list) = (struct arrow){transition, ((void **)ctx)[1]};
}

static void add_name(struct chart *c, void *ctx, const struct mr_xml *step)
{
    const char **names = ctx;
    *names = mr_pc_fmt(c->o->pool, "%s%s%s", *names, (*names)[0] ? ", " : "", mr_xml_attribute(step, "name"));
}

/* "condition", "condition;", ":= condition;" or "name := condition;" */
static const char *bare_condition(struct chart *c, const char *text, const char *name)
{
    text += strspn(text, " \t\r\n");
    size_t n = strlen(name);
    const char *behind = n > 0 && strncasecmp(text, name, n) == 0 ? text + n + strspn(text + n, " \t\r\n") : text;
    text = strncmp(behind, ":=", 2) == 0 ? behind + 2 : text;
    size_t end = strlen(text);
    while (end > 0 && strchr("; \t\r\n", text[end - 1])) {
        end--;
    }
    return mr_pc_text(c->o->pool, text, end);
}

/* ":= condition", or ": instructions"; NULL where it was told that there is none. */
static const char *written_condition(struct chart *c, const struct mr_xml *body, const char *name)
{
    const struct mr_xml *b = mr_po_language(body);
    if (mr_po_drawn(b)) {
        struct po_graph *g = mr_po_graph(c->o, b, name);
        *PC_PUSH(c->o->pool, &c->before) = g;
        const char *value = mr_po_graph_result(g);
        return value ? mr_pc_fmt(c->o->pool, ":= %s", value) : NULL;
    }
    const char *text = b ? mr_xml_content(c->o->pool, b) : "";
    if (mr_xml_is(b, "IL")) {
        return mr_pc_fmt(c->o->pool, ": %s\n", text);
    }
    text = bare_condition(c, text, name);
    return mr_xml_is(b, "ST") && text[0] ? mr_pc_fmt(c->o->pool, ":= %s", text) : NULL;
}

/* One of the unit's transitions, or a variable. */
static const char *named_condition(struct chart *c, const char *name)
{
    for (const struct mr_xml *t = mr_xml_first(mr_xml_child(c->pou, "transitions")); t; t = mr_xml_next(t)) {
        if (strcasecmp(mr_xml_attribute(t, "name"), name) == 0) {
            return written_condition(c, mr_xml_child(t, "body"), name);
        }
    }
    return mr_pc_fmt(c->o->pool, ":= %s", name);
}

static const char *condition(struct chart *c, const struct mr_xml *transition)
{
    const struct mr_xml *k = mr_xml_child(transition, "condition");
    const struct mr_xml *reference = mr_xml_child(k, "reference");
    const struct mr_xml *point = mr_xml_child(k, "connectionPointIn");
    const struct mr_xml *own = mr_xml_child(k, "inline");
    const char *value;
    if (reference) {
        value = named_condition(c, mr_xml_attribute(reference, "name"));
    } else if (own) {
        value = written_condition(c, own, mr_xml_attribute(own, "name"));
    } else { /* 1.01 has the connection without a point */
        value = mr_po_graph_value(c->beside, point ? point : k);
        value = value ? mr_pc_fmt(c->o->pool, ":= %s", value) : NULL;
    }
    if (!value) {
        mr_po_error(c->o, transition, "this transition has no condition that could be read");
        return ":= FALSE";
    }
    return mr_po_true(k, "negated") && value[1] == '=' ? mr_pc_fmt(c->o->pool, ":= NOT (%s)", value + 2) : value;
}

static void put_transition(struct chart *c, const struct mr_xml *t, const struct arrows *arrows, const char *written)
{
    const char *from = "";
    const char *to = "";
    above(c, t, "step", add_name, &from, 0);
    for (uint32_t i = 0; i < arrows->list.n; i++) {
        if (arrows->list.items[i].transition == t) {
            to = mr_pc_fmt(c->o->pool, "%s%s%s", to, to[0] ? ", " : "", arrows->list.items[i].step);
        }
    }
    if (!from[0] || !to[0]) {
        mr_po_error(c->o, t, "no step stands %s this transition", from[0] ? "behind" : "before");
        return;
    }
    const char *priority = mr_xml_attribute(t, "priority");
    bool ranked = priority[0] && strcmp(priority, "0") != 0;
    (void)fprintf(c->o->to, "TRANSITION %s%s%s FROM (%s) TO (%s) %s; END_TRANSITION\n", ranked ? "(PRIORITY := " : "",
                  ranked ? priority : "", ranked ? ")" : "", from, to, written);
}

/* ---- actions ---- */

/* What a diagram needs is declared before the chart begins. */
static void draw(struct chart *c, const struct mr_xml *body)
{
    const struct mr_xml *b = mr_po_language(body);
    if (mr_po_drawn(b)) {
        struct drawn d = {body, mr_po_graph(c->o, b, NULL)};
        mr_po_graph_variables(d.graph);
        *PC_PUSH(c->o->pool, &c->drawn) = d;
    }
}

static void draw_actions(struct chart *c)
{
    for (const struct mr_xml *n = mr_xml_first(c->body); n; n = mr_xml_next(n)) {
        for (const struct mr_xml *a = mr_xml_is(n, "actionBlock") ? mr_xml_first(n) : NULL; a; a = mr_xml_next(a)) {
            draw(c, mr_xml_child(a, "inline"));
        }
    }
    for (const struct mr_xml *a = mr_xml_first(mr_xml_child(c->pou, "actions")); a; a = mr_xml_next(a)) {
        draw(c, mr_xml_child(a, "body"));
    }
}

static void put_action_body(struct chart *c, const struct mr_xml *body)
{
    for (uint32_t i = 0; i < c->drawn.n; i++) {
        if (c->drawn.items[i].body == body) {
            mr_po_graph_statements(c->drawn.items[i].graph);
            return;
        }
    }
    mr_po_body(c->o, c->pou, body);
}

static void put_inline_actions(struct chart *c, const struct mr_xml *block)
{
    uint32_t index = 0;
    for (const struct mr_xml *a = mr_xml_first(block); a; a = mr_xml_next(a)) {
        if (!mr_xml_is(a, "action")) {
            continue;
        }
        const struct mr_xml *text = mr_xml_child(a, "inline");
        if (text) {
            (void)fprintf(c->o->to, "ACTION %s%u:\n", bare(c, mr_xml_attribute(block, "localId")), index);
            put_action_body(c, text);
            (void)fputs("END_ACTION\n", c->o->to);
        }
        index++;
    }
}

/* The unit's named actions. */
static void put_actions(struct chart *c)
{
    for (const struct mr_xml *a = mr_xml_first(mr_xml_child(c->pou, "actions")); a; a = mr_xml_next(a)) {
        (void)fprintf(c->o->to, "ACTION %s:\n", mr_xml_attribute(a, "name"));
        put_action_body(c, mr_xml_child(a, "body"));
        (void)fputs("END_ACTION\n", c->o->to);
    }
}

static void put_before(struct chart *c)
{
    for (uint32_t i = 0; i < c->before.n; i++) {
        mr_po_graph_variables(c->before.items[i]);
    }
    for (uint32_t i = 0; i < c->before.n; i++) {
        if (!mr_po_graph_empty(c->before.items[i])) {
            mr_po_graph_statements(c->before.items[i]);
        }
    }
}

static void put_steps(struct chart *c)
{
    for (const struct mr_xml *n = mr_xml_first(c->body); n; n = mr_xml_next(n)) {
        if (mr_xml_is(n, "step")) {
            (void)fprintf(c->o->to, "%s %s:\n", mr_po_true(n, "initialStep") ? "INITIAL_STEP" : "STEP",
                          mr_xml_attribute(n, "name"));
            put_own_actions(c, n);
            put_associations(c, mr_xml_attribute(n, "localId"));
            (void)fputs("END_STEP\n", c->o->to);
        } else if (mr_xml_is(n, "macroStep")) {
            mr_po_error(c->o, n, "macro steps are not read; draw the steps themselves");
        }
    }
}

static void find_arrows(struct chart *c, struct arrows *arrows)
{
    for (const struct mr_xml *n = mr_xml_first(c->body); n; n = mr_xml_next(n)) {
        if (mr_xml_is(n, "step") || mr_xml_is(n, "jumpStep")) {
            const char *name = mr_xml_attribute(n, mr_xml_is(n, "step") ? "name" : "targetName");
            void *ctx[2] = {arrows, mr_pc_text(c->o->pool, name, strlen(name))};
            above(c, n, "transition", add_arrow, ctx, 0);
        }
    }
}

void mr_po_chart(struct po *o, const struct mr_xml *pou, const struct mr_xml *body)
{
    struct chart c = {.o = o, .pou = pou, .body = body, .beside = mr_po_graph(o, body, NULL)};
    struct arrows arrows = {0};
    *PC_PUSH(o->pool, &c.before) = c.beside;
    for (const struct mr_xml *n = mr_xml_first(body); n; n = mr_xml_next(n)) {
        if (mr_xml_is(n, "transition")) {
            *PC_PUSH(o->pool, &c.conditions) = condition(&c, n);
        }
    }
    draw_actions(&c);
    find_arrows(&c, &arrows);
    put_before(&c);
    put_steps(&c);
    uint32_t at = 0;
    for (const struct mr_xml *n = mr_xml_first(body); n; n = mr_xml_next(n)) {
        if (mr_xml_is(n, "transition")) {
            put_transition(&c, n, &arrows, c.conditions.items[at++]);
        } else if (mr_xml_is(n, "actionBlock")) {
            put_inline_actions(&c, n);
        }
    }
    put_actions(&c);
}
