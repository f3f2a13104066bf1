/* plcopen.h - projects as OpenPLC Editor and Beremiz save them (PLCopen TC6 XML 2.01), turned into text of IEC 61131-3. */
#ifndef MR_PLC_PLCOPEN_H
#define MR_PLC_PLCOPEN_H

#include "plc/plc.h"
#include "plc/xml/xml.h"

#include <stdio.h>

/* Is this source XML? */
bool mr_plc_is_xml(const struct mr_plc_source *source);
/* Writes the project as text. False where it cannot be read (told). */
bool mr_plc_from_xml(const struct mr_plc_source *source, FILE *to, struct mr_diags *diags);
/* What the parts of the translation share. */
struct po {
    struct pc_pool *pool;
    const char *file;
    struct mr_diags *diags;
    FILE *to;
    uint32_t nodes, edges; /* of this unit's diagrams so far: what their variables are numbered by */
};
void mr_po_error(struct po *o, const struct mr_xml *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* plcopen_graph.c: the body of a ladder or function block diagram. */
struct po_graph;
struct po_graph *mr_po_graph(struct po *o, const struct mr_xml *body);
void mr_po_graph_variables(struct po_graph *g); /* what it needs besides the unit's own, as VAR blocks */
void mr_po_graph_statements(struct po_graph *g);
/* The value that arrives at a point, as an expression; NULL where nothing is connected. */
const char *mr_po_graph_value(struct po_graph *g, const struct mr_xml *point);

/* plcopen_sfc.c: the body of a sequential function chart, and the POU's actions. */
void mr_po_chart(struct po *o, const struct mr_xml *pou, const struct mr_xml *body);
void mr_po_body(struct po *o, const struct mr_xml *pou, const struct mr_xml *body); /* in whatever language */

#endif
