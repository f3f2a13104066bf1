/* tools.h - what an engineer does with programs besides running them. These print to a file that the caller opened. */
#ifndef MR_PLC_TOOLS_H
#define MR_PLC_TOOLS_H

#include "plc/program.h"

#include <stdio.h>

/* A source with its keywords in capitals, one blank where blanks belong, and indented by its structure; the lines stay as they
 * are. False where it has characters that mean nothing (told). */
bool mr_plc_format(const struct mr_plc_source *source, bool comments, FILE *to, struct mr_diags *diags);
/* What differs between two sources, unit by unit, comments and layout aside. Returns the number of lines that differ, or SIZE_MAX
 * where one cannot be read (told). */
size_t mr_plc_diff(const struct mr_plc_source *a, const struct mr_plc_source *b, FILE *to, struct mr_diags *diags);
/* The reference page of standard functions and function blocks, in Markdown. */
void mr_plc_reference(FILE *to);
void mr_plc_disassemble(const struct mr_plc_program *p, FILE *to);

#endif
