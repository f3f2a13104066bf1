/* symbols.h - what can be named from outside. */
#ifndef MR_PLC_SYMBOLS_H
#define MR_PLC_SYMBOLS_H

#include "plc/block.h"
#include "plc/compile.h"

/* Fills the finished program's symbols and its retained ranges. */
void mr_pc_symbols(struct pc *c, struct pc_layout *out);

#endif
