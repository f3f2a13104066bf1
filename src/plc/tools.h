/* tools.h - what an engineer does with programs besides running them. These print to a file that the caller opened. */
#ifndef MR_PLC_TOOLS_H
#define MR_PLC_TOOLS_H

#include "plc/program.h"

#include <stdio.h>

void mr_plc_disassemble(const struct mr_plc_program *p, FILE *to);

#endif
