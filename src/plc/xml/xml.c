/* xml.c - expat's events to a tree, and the ways to walk it. */
#include "plc/xml/xml.h"

#include <expat.h>
#include <string.h>

#define SEPARATOR '\n' /* between a namespace and a name: neither can hold it */

struct reader {
    struct pc_pool *pool;
    XML_Parser parser;
    struct mr_xml *root, *at; /* the element begun last that has not ended */
    uint32_t depth;
    const char *refused; /* what we do not take, although it is XML */
};

static const char *local(const char *name)
{
    const char *s = strrchr(name, SEPARATOR);
    return s ? s + 1 : name;
}

static const char *copy(struct reader *r, const char *text)
{
    return mr_pc_text(r->pool, text, strlen(text));
}

static void refuse(struct reader *r, const char *why)
{
    r->refused = why;
    (void)XML_StopParser(r->parser, XML_FALSE);
}

static struct mr_xml *add(struct reader *r)
{
    struct mr_xml *n = mr_pc_alloc(r->pool, sizeof *n);
    n->line = (uint32_t)XML_GetCurrentLineNumber(r->parser);
    n->column = (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1;
    n->parent = r->at;
    if (!r->at) {
        r->root = n;
    } else if (r->at->last) {
        r->at->last->next = n;
        r->at->last = n;
    } else {
        r->at->first = r->at->last = n;
    }
    return n;
}

static void on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *r = ctx;
    if (++r->depth > MR_XML_DEPTH_MAX) {
        refuse(r, "elements are nested too deeply");
        return;
    }
    struct mr_xml *n = add(r);
    size_t all = 0;
    while (attributes[all]) {
        all += 2;
    }
    n->name = copy(r, local(name));
    n->attributes = mr_pc_alloc(r->pool, (all + 1) * sizeof *n->attributes);
    size_t kept = 0;
    for (size_t i = 0; i < all; i += 2) {
        if (!strchr(attributes[i], SEPARATOR)) {
            n->attributes[kept++] = copy(r, attributes[i]);
            n->attributes[kept++] = copy(r, attributes[i + 1]);
        }
    }
    r->at = n;
}

static void on_end(void *ctx, const XML_Char *name)
{
    (void)name;
    struct reader *r = ctx;
    r->depth--;
    r->at = r->at->parent;
}

static void on_text(void *ctx, const XML_Char *text, int n)
{
    struct reader *r = ctx;
    if (r->at) {
        add(r)->text = mr_pc_text(r->pool, text, (size_t)n);
    }
}

/* Projects have none, and with it go entities of all kinds. */
static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id, int internal)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)internal;
    refuse(ctx, "a document type declaration is not accepted");
}

/* Windows-1252, which expat does not know: ISO 8859-1 but for 80 to 9F (Microsoft's table cp1252). */
static int on_encoding(void *ctx, const XML_Char *name, XML_Encoding *out)
{
    static const uint16_t others[32] = {0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
                                        0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
    static const char known[] = "WINDOWS-1252";
    (void)ctx;
    size_t n = 0;
    while (n + 1 < sizeof known && (name[n] == known[n] || name[n] == (known[n] | 0x20))) {
        n++;
    }
    *out = (XML_Encoding){.data = NULL};
    for (int i = 0; i < 256; i++) {
        bool other = i >= 0x80 && i < 0xA0;
        out->map[i] = other ? (others[i - 0x80] ? others[i - 0x80] : -1) : i;
    }
    return n + 1 == sizeof known && name[n] == '\0' ? XML_STATUS_OK : XML_STATUS_ERROR;
}

static void tell(const struct reader *r, const struct mr_plc_source *source, struct mr_diags *diags)
{
    uint32_t line = (uint32_t)XML_GetCurrentLineNumber(r->parser);
    uint32_t column = (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1;
    enum XML_Error error = XML_GetErrorCode(r->parser);
    if (r->refused) {
        mr_diag_add(diags, MR_ERROR, source->file, line, column, "%s", r->refused);
    } else if (error == XML_ERROR_NO_ELEMENTS && r->at) {
        mr_diag_add(diags, MR_ERROR, source->file, line, column, "the file ends before <%s> of line %u is closed", r->at->name,
                    r->at->line);
    } else {
        mr_diag_add(diags, MR_ERROR, source->file, line, column, "%s", XML_ErrorString(error));
    }
}

struct mr_xml *mr_xml_read(struct pc_pool *pool, const struct mr_plc_source *source, struct mr_diags *diags)
{
    struct reader r = {.pool = pool, .parser = XML_ParserCreateNS(NULL, SEPARATOR)};
    MR_ASSERT(r.parser != NULL && source->n <= INT32_MAX);
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    XML_SetUnknownEncodingHandler(r.parser, on_encoding, NULL);
    bool good = XML_Parse(r.parser, source->text, (int)source->n, XML_TRUE) == XML_STATUS_OK;
    if (!good) {
        tell(&r, source, diags);
    }
    XML_ParserFree(r.parser);
    return good ? r.root : NULL;
}

static struct mr_xml *element(struct mr_xml *n)
{
    while (n && !n->name) {
        n = n->next;
    }
    return n;
}

bool mr_xml_is(const struct mr_xml *n, const char *name)
{
    return n && n->name && strcmp(n->name, name) == 0;
}

struct mr_xml *mr_xml_first(const struct mr_xml *n)
{
    return n ? element(n->first) : NULL;
}

struct mr_xml *mr_xml_next(const struct mr_xml *n)
{
    return element(n->next);
}

struct mr_xml *mr_xml_child(const struct mr_xml *n, const char *name)
{
    struct mr_xml *c = mr_xml_first(n);
    while (c && !mr_xml_is(c, name)) {
        c = mr_xml_next(c);
    }
    return c;
}

const char *mr_xml_attribute(const struct mr_xml *n, const char *name)
{
    for (const char **a = n ? n->attributes : NULL; a && *a; a += 2) {
        if (strcmp(a[0], name) == 0) {
            return a[1];
        }
    }
    return "";
}

const struct mr_xml *mr_xml_following(const struct mr_xml *n, const struct mr_xml *top)
{
    if (n->first) {
        return n->first;
    }
    while (n != top && !n->next) {
        n = n->parent;
    }
    return n == top ? NULL : n->next;
}

static bool begins_line(const struct mr_xml *n)
{
    return mr_xml_is(n, "p") || mr_xml_is(n, "br") || mr_xml_is(n, "div") || mr_xml_is(n, "li");
}

const char *mr_xml_content(struct pc_pool *pool, const struct mr_xml *n)
{
    size_t length = 0;
    for (const struct mr_xml *c = n; c; c = mr_xml_following(c, n)) {
        length += c->text ? strlen(c->text) : 1;
    }
    char *all = mr_pc_alloc(pool, length + 1);
    size_t at = 0;
    for (const struct mr_xml *c = n; c; c = mr_xml_following(c, n)) {
        size_t more = c->text ? strlen(c->text) : 0;
        memcpy(all + at, c->text ? c->text : "", more);
        at += more;
        if (begins_line(c) && at > 0 && all[at - 1] != '\n') {
            all[at++] = '\n';
        }
    }
    return all;
}
