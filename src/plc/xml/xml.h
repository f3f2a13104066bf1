/* xml.h - an XML document as a tree of elements and texts, read with expat from memory: no document type, hence no entities but
 * XML's own five, and nothing fetched. Names are local ones: prefixes of namespaces are gone, and attributes that have one. */
#ifndef MR_PLC_XML_H
#define MR_PLC_XML_H

#include "base/diag.h"
#include "plc/plc.h"
#include "plc/pool.h"

#define MR_XML_DEPTH_MAX 256 /* elements in each other: what walks a tree by calling itself is bounded by it */

struct mr_xml {
    const char *name;        /* of an element; NULL for a text */
    const char *text;        /* of a text */
    const char **attributes; /* name, value, ..., NULL */
    struct mr_xml *parent, *first, *last, *next;
    uint32_t line, column; /* from 1 */
};

/* The outermost element; NULL where it is no XML (told). All of it belongs to the pool. */
struct mr_xml *mr_xml_read(struct pc_pool *pool, const struct mr_plc_source *source, struct mr_diags *diags);
bool mr_xml_is(const struct mr_xml *n, const char *name);               /* an element of that name; NULL is none */
struct mr_xml *mr_xml_first(const struct mr_xml *n);                    /* the first element in it, or NULL; NULL has none */
struct mr_xml *mr_xml_next(const struct mr_xml *n);                     /* the next element beside it */
struct mr_xml *mr_xml_child(const struct mr_xml *n, const char *name);  /* the first element of that name, or NULL */
const char *mr_xml_attribute(const struct mr_xml *n, const char *name); /* "" where it is missing */
/* The next node in the order of the document that still lies within `top`; NULL at its end. */
const struct mr_xml *mr_xml_following(const struct mr_xml *n, const struct mr_xml *top);
/* All texts in it, one after the other; XHTML's paragraphs and breaks begin new lines. */
const char *mr_xml_content(struct pc_pool *pool, const struct mr_xml *n);

#endif
