/* plcopen.h - projects in PLCopen TC6 XML (1.01 to 2.01), as OpenPLC Editor, Beremiz and CODESYS save them, and TwinCAT's own
 * files, turned into text of IEC 61131-3. */
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
bool mr_po_true(const struct mr_xml *n, const char *attribute);
/* What vendors add: the first element of that name in n's addData, or behind `after` in the same; NULL where there is none. */
const struct mr_xml *mr_po_added(const struct mr_xml *n, const char *name, const struct mr_xml *after);

/* plcopen_types.c: types, values, lists of variables. */
void mr_po_type(struct po *o, const struct mr_xml *holder); /* the type that is the first element in it */
void mr_po_data_type(struct po *o, const struct mr_xml *t);
void mr_po_variable_list(struct po *o, const struct mr_xml *l); /* if it is one */
void mr_po_variable_lists(struct po *o, const struct mr_xml *holder);
/* What CODESYS and Bachmann keep of a declaration besides: its text. NULL where it is not there. */
const char *mr_po_plain_text(struct po *o, const struct mr_xml *n);

/* plcopen_unit.c: units, their methods, properties and actions. */
void mr_po_unit(struct po *o, const struct mr_xml *pou);
void mr_po_interface(struct po *o, const struct mr_xml *i);
void mr_po_body(struct po *o, const struct mr_xml *pou, const struct mr_xml *body); /* in whatever language */
const struct mr_xml *mr_po_language(const struct mr_xml *body);                     /* its ST, IL, FBD, LD or SFC, or NULL */
bool mr_po_drawn(const struct mr_xml *language);                                    /* as FBD or LD */

/* plcopen_config.c: configurations, resources, tasks and global variables. */
void mr_po_configurations(struct po *o, const struct mr_xml *root);
/* PT1M2.5S (ISO 8601, as CODESYS and TwinCAT write): T#1m2.5s; NULL where it is none. Days stand before the T, hours, minutes and
 * seconds behind it. */
const char *mr_po_from_iso(struct po *o, const char *text);

/* twincat.c: one of TwinCAT's own files. */
void mr_po_twincat(struct po *o, const struct mr_xml *root);

/* plcopen_graph.c: the body of a ladder or function block diagram. */
struct po_graph;
/* `result`, where not NULL: what is written to the variable of that name is the diagram's result instead. */
struct po_graph *mr_po_graph(struct po *o, const struct mr_xml *body, const char *result);
void mr_po_graph_variables(struct po_graph *g); /* what it needs besides the unit's own, as VAR blocks */
void mr_po_graph_statements(struct po_graph *g);
bool mr_po_graph_empty(const struct po_graph *g); /* has it no statements? */
/* The value that arrives at a point, as an expression; NULL where nothing is connected. */
const char *mr_po_graph_value(struct po_graph *g, const struct mr_xml *point);
const char *mr_po_graph_result(const struct po_graph *g); /* NULL where there is none */
const char *mr_po_instance(const struct mr_xml *block);   /* "": a function, also where it was given a name */
/* What a connection or a continuation comes from; NULL where it is neither, or comes from nothing. */
const struct mr_xml *mr_po_graph_source(const struct po_graph *g, const struct mr_xml *n);

/* plcopen_loop.c: the type of a block's output, found without checking the program; NULL where that cannot be. */
const char *mr_po_output_type(struct po *o, const struct po_graph *g, const struct mr_xml *block, const char *formal);

/* plcopen_sfc.c: the body of a sequential function chart, and the POU's actions. */
void mr_po_chart(struct po *o, const struct mr_xml *pou, const struct mr_xml *body);

#endif
