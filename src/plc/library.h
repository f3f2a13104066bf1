/* library.h - the function blocks, and functions written in the language, that need no declaration. */
#ifndef MR_PLC_LIBRARY_H
#define MR_PLC_LIBRARY_H

#include "plc/compile.h"

struct pc_library {
    const char *name;
    const char *table; /* in IEC 61131-3, 2nd edition */
    const char *about;
    const char *text;
};
extern const struct pc_library mr_pc_blocks[];
extern const size_t mr_pc_nblocks;

#endif
