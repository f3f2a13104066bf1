/* plcopen.c - PLCopen TC6 XML to text: what a project holds, wherever it is kept. Bodies in text are taken as they are, diagrams
 * become statements (plcopen_graph.c), charts their textual form (plcopen_sfc.c). Reads from memory only: no entities, no
 * network. */
#include "plc/xml/plcopen.h"

#include "plc/limits.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void mr_po_error(struct po *o, const struct mr_xml *at, const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    mr_diag_add(o->diags, MR_ERROR, o->file, at ? at->line : 0, at ? at->column : 0, "%s", text);
}

bool mr_po_true(const struct mr_xml *n, const char *attribute)
{
    const char *v = mr_xml_attribute(n, attribute);
    return strcmp(v, "true") == 0 || strcmp(v, "1") == 0;
}

const struct mr_xml *mr_po_added(const struct mr_xml *n, const char *name, const struct mr_xml *after)
{
    bool behind = !after;
    for (const struct mr_xml *data = mr_xml_first(mr_xml_child(n, "addData")); data; data = mr_xml_next(data)) {
        for (const struct mr_xml *x = mr_xml_first(data); x; x = mr_xml_next(x)) {
            if (behind && mr_xml_is(x, name)) {
                return x;
            }
            behind = behind || x == after;
        }
    }
    return NULL;
}

/* What Beremiz has besides the standard, so that projects that name it run: nothing is logged, and no Python is there to
 * answer. */
static const struct {
    const char *name, *needed_by, *text;
} beremiz[] = {
    {"LOGLEVEL", "LOGGER", "TYPE LOGLEVEL : (CRITICAL, WARNING, INFO, DEBUG) := INFO; END_TYPE\n"},
    {"LOGGER", NULL,
     "FUNCTION_BLOCK LOGGER VAR_INPUT TRIG : BOOL; MSG : STRING; LEVEL : LOGLEVEL := INFO; END_VAR ; END_FUNCTION_BLOCK\n"},
    {"PYTHON_EVAL", NULL,
     "FUNCTION_BLOCK PYTHON_EVAL VAR_INPUT TRIG : BOOL; CODE : STRING; END_VAR\n"
     "VAR_OUTPUT ACK : BOOL; RESULT : STRING; END_VAR ; END_FUNCTION_BLOCK\n"},
    {"PYTHON_POLL", NULL,
     "FUNCTION_BLOCK PYTHON_POLL VAR_INPUT TRIG : BOOL; CODE : STRING; END_VAR\n"
     "VAR_OUTPUT ACK : BOOL; RESULT : STRING; END_VAR ; END_FUNCTION_BLOCK\n"},
    {"PYTHON_GEAR", NULL,
     "FUNCTION_BLOCK PYTHON_GEAR VAR_INPUT N : UINT; TRIG : BOOL; CODE : STRING; END_VAR\n"
     "VAR_OUTPUT ACK : BOOL; RESULT : STRING; END_VAR ; END_FUNCTION_BLOCK\n"},
};

/* Is there a variable of that type, and is the type not the project's own? */
static bool is_missing(const struct mr_xml *root, const char *type)
{
    bool named = false;
    for (const struct mr_xml *n = root; n; n = mr_xml_following(n, root)) {
        bool same = n->name && strcasecmp(mr_xml_attribute(n, "name"), type) == 0;
        if (same && (mr_xml_is(n, "pou") || mr_xml_is(n, "dataType"))) {
            return false;
        }
        named = named || (same && mr_xml_is(n, "derived"));
    }
    return named;
}

static void put_beremiz(struct po *o, const struct mr_xml *root)
{
    for (size_t i = 0; i < sizeof beremiz / sizeof beremiz[0]; i++) {
        const char *user = beremiz[i].needed_by;
        if (is_missing(root, beremiz[i].name) || (user && is_missing(root, user))) {
            (void)fprintf(o->to, "%s\n", beremiz[i].text);
        }
    }
}

/* Data types and units: in `types`, or, where CODESYS exports a device, in the additions of its resource. */
static bool put_project(struct po *o, const struct mr_xml *root)
{
    size_t errors = o->diags->errors;
    if (mr_xml_is(root, "TcPlcObject")) {
        mr_po_twincat(o, root);
        return o->diags->errors == errors;
    }
    if (!mr_xml_is(root, "project") && !mr_xml_is(root, "pou")) { /* a unit alone: of several files one */
        mr_po_error(o, root, "this is neither a PLCopen project, whose first element is <project>, nor TwinCAT's <TcPlcObject>");
        return false;
    }
    put_beremiz(o, root);
    for (const struct mr_xml *n = root; n; n = mr_xml_following(n, root)) {
        if (mr_xml_is(n, "dataType")) {
            mr_po_data_type(o, n);
        } else if (mr_xml_is(n, "Interface") && mr_xml_is(n->parent, "data")) {
            mr_po_interface(o, n);
        }
    }
    for (const struct mr_xml *n = root; n; n = mr_xml_following(n, root)) {
        if (mr_xml_is(n, "pou")) {
            mr_po_unit(o, n);
        }
    }
    mr_po_configurations(o, root);
    return o->diags->errors == errors;
}

/* ---- the document ---- */

/* In UTF-8 or UTF-16, with a mark or without: what is looked for is of ASCII. */
bool mr_plc_is_xml(const struct mr_plc_source *s)
{
    char first[2];
    size_t n = 0;
    for (size_t at = 0; at < s->n && n < 2; at++) {
        char c = s->text[at];
        bool mark = at < 3 && (c == '\xEF' || c == '\xBB' || c == '\xBF' || c == '\xFE' || c == '\xFF');
        bool blank = n == 0 && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
        if (!mark && !blank && c != '\0') {
            first[n++] = c;
        }
    }
    return n == 2 && first[0] == '<' && (first[1] == '?' || first[1] == 'p' || first[1] == '!' || first[1] == 'T');
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
