/* plcopen_config.c - PLCopen XML's configurations, resources, tasks and global variables as text. */
#include "plc/xml/plcopen.h"

#include <string.h>

/* ---- intervals ---- */

const char *mr_po_from_iso(struct po *o, const char *text)
{
    const char *all = "T#";
    for (const char *p = text + (text[0] == 'P' ? 1 : 0); *p;) {
        size_t n = strspn(p, "0123456789.");
        const char *unit = p[n] == 'D' ? "d" : p[n] == 'H' ? "h" : p[n] == 'M' ? "m" : p[n] == 'S' ? "s" : NULL;
        if (n == 0 && *p == 'T') {
            p++;
        } else if (n == 0 || !unit) {
            return NULL;
        } else {
            all = mr_pc_fmt(o->pool, "%s%.*s%s", all, (int)n, p, unit);
            p += n + 1;
        }
    }
    return all[2] ? all : NULL;
}

/* 00:00:01.5 (version 1.01): T#0h0m1.5s. */
static const char *from_clock(struct po *o, const char *text)
{
    const char *minutes = strchr(text, ':');
    const char *seconds = minutes ? strchr(minutes + 1, ':') : NULL;
    if (!seconds || strspn(text, "0123456789:.") != strlen(text) || strchr(seconds + 1, ':')) {
        return NULL;
    }
    return mr_pc_fmt(o->pool, "T#%.*sh%.*sm%ss", (int)(minutes - text), text, (int)(seconds - minutes - 1), minutes + 1,
                     seconds + 1);
}

static bool is_nothing(const char *interval)
{
    return strpbrk(interval, "123456789") == NULL;
}

/* CODESYS' own settings of a task hold the interval where the standard's attribute says PT0S. */
static const char *interval_of(struct po *o, const struct mr_xml *task)
{
    const char *text = mr_xml_attribute(task, "interval");
    const struct mr_xml *settings = mr_po_added(task, "TaskSettings", NULL);
    if (is_nothing(text) && settings) {
        text = mr_xml_attribute(settings, "Interval");
        const char *unit = mr_xml_attribute(settings, "IntervalUnit");
        bool number = text[0] && strspn(text, "0123456789") == strlen(text);
        text = number ? mr_pc_fmt(o->pool, "T#%s%s", text, unit[0] == 'm' ? "ms" : "us") : text;
        text = is_nothing(text) && strcmp(mr_xml_attribute(settings, "KindOfTask"), "Freewheeling") == 0 ? "T#10ms" : text;
    }
    const char *known = !text[0] || strchr(text, '#') ? text : text[0] == 'P' ? mr_po_from_iso(o, text) : from_clock(o, text);
    if (!known) {
        mr_po_error(o, task, "'%s' is no interval; one is like T#20ms, PT0.02S or 00:00:00.02", text);
    }
    return known ? known : "";
}

/* ---- tasks and programs ---- */

static void put_instance(struct po *o, const struct mr_xml *p, const char *task)
{
    const char *name = mr_xml_attribute(p, "name");
    const char *type = mr_xml_attribute(p, "typeName");
    type = type[0] ? type : mr_xml_attribute(p, "type"); /* 1.01 */
    (void)fprintf(o->to, "PROGRAM %s%s%s : %s;\n", name, task ? " WITH " : "", task ? task : "", type[0] ? type : name);
}

static void put_task(struct po *o, const struct mr_xml *t)
{
    const char *attributes[][2] = {{"SINGLE", mr_xml_attribute(t, "single")},
                                   {"INTERVAL", interval_of(o, t)},
                                   {"PRIORITY", mr_xml_attribute(t, "priority")}};
    (void)fprintf(o->to, "TASK %s", mr_xml_attribute(t, "name"));
    const char *separator = "(";
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if (attributes[i][1][0]) {
            (void)fprintf(o->to, "%s%s := %s", separator, attributes[i][0], attributes[i][1]);
            separator = ", ";
        }
    }
    (void)fprintf(o->to, "%s;\n", separator[0] == ',' ? ")" : "()");
}

static void put_resource(struct po *o, const struct mr_xml *r)
{
    (void)fprintf(o->to, "RESOURCE %s ON PLC\n", mr_xml_attribute(r, "name"));
    mr_po_variable_lists(o, r);
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

static bool runs_something(const struct mr_xml *c)
{
    for (const struct mr_xml *n = c; n; n = mr_xml_following(n, c)) {
        if (mr_xml_is(n, "pouInstance")) {
            return true;
        }
    }
    return false;
}

/* A configuration, or a resource that stands alone. Where it runs no program, only its variables count. */
static void put_configuration(struct po *o, const struct mr_xml *c)
{
    bool runs = runs_something(c);
    if (runs) {
        (void)fprintf(o->to, "CONFIGURATION %s\n", mr_xml_attribute(c, "name"));
    }
    if (mr_xml_is(c, "configuration") || !runs) {
        mr_po_variable_lists(o, c);
    }
    for (const struct mr_xml *r = mr_xml_is(c, "resource") ? c : mr_xml_first(c); r; r = r == c ? NULL : mr_xml_next(r)) {
        if (mr_xml_is(r, "resource") && runs) {
            put_resource(o, r);
        } else if (mr_xml_is(r, "resource") && r != c) {
            mr_po_variable_lists(o, r);
        }
    }
    if (runs) {
        (void)fputs("END_CONFIGURATION\n", o->to);
    }
}

void mr_po_configurations(struct po *o, const struct mr_xml *root)
{
    for (const struct mr_xml *n = root; n; n = mr_xml_following(n, root)) {
        bool added = mr_xml_is(n->parent, "data");
        if (mr_xml_is(n, "configuration") || (added && mr_xml_is(n, "resource"))) {
            put_configuration(o, n);
        } else if (added && mr_xml_is(n, "globalVars")) { /* a list of its own among CODESYS' objects */
            mr_po_variable_list(o, n);
        }
    }
}
