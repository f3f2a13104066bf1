/* limits.h - every limit of the PLC, and why it is what it is. */
#ifndef MR_PLC_LIMITS_H
#define MR_PLC_LIMITS_H

#include "base/time.h"

#include <assert.h>

#define MR_PLC_NEST_MAX   64   /* nesting of expressions and statements: bounds the compiler's own stack */
#define MR_PLC_COPIES_MAX 256  /* of an expression that is generated several times over, in a nest of such */
#define MR_PLC_TERMS_MAX  1000 /* operators in a row: the tree of a + b + c + ... leans to one side */
#define MR_PLC_CALL_MAX                                                                                                          \
    64 /* calls in calls at run time: libraries nest perhaps ten deep, calls through interfaces may come back */
#define MR_PLC_SAVED_MAX     32768        /* bytes that calls which come back save: 500 a call at the greatest depth */
#define MR_PLC_SECTIONS_MAX  64           /* parts of a source to pass over that are looked for; each search may read it all */
#define MR_PLC_DIMS_MAX      4            /* dimensions of an array */
#define MR_PLC_NAME_MAX      120          /* letters of a name */
#define MR_PLC_STRING_LEN    80           /* STRING without a length, as most controllers have it */
#define MR_PLC_STRING_MAX    4096         /* STRING[n] at most, and what a string expression may give before it is stored */
#define MR_PLC_MEMORY_MAX    (16u << 20)  /* bytes of variables of one controller */
#define MR_PLC_CODE_MAX      (1u << 20)   /* instructions of one controller */
#define MR_PLC_POUS_MAX      8192         /* program organisation units of one project */
#define MR_PLC_STARTED_MAX   (1u << 16)   /* assignments and calls of FB_init that initial values become */
#define MR_PLC_SYMBOLS_MAX   (1u << 17)   /* names seen from outside */
#define MR_PLC_ELEMENTS_MAX  256          /* array elements that get symbols of their own */
#define MR_PLC_SOURCE_MAX    (8u << 20)   /* bytes of one source file */
#define MR_PLC_TASKS_MAX     16           /* tasks of one controller */
#define MR_PLC_FORCES        32           /* variables forced at once */
#define MR_PLC_AREA_MIN      1024         /* bytes of each image area where the program asks for no more */
#define MR_PLC_AREA_M_MIN    4096         /* the same for %M, which operator stations address freely */
#define MR_PLC_AREA_MAX      (128u << 10) /* %MW65535, the last register a 16-bit protocol address reaches */
#define MR_PLC_INSNS_PER_MS  100000       /* the watchdog's clock: a controller of 100 million instructions a second */
#define MR_PLC_WATCHDOG_NONE 100 /* ms that a task without a watchdog is given all the same: nothing may hold up a site */
#define MR_PLC_WATCHDOG_MAX  (1000 * MR_MS) /* the longest that may be asked for, for the same reason */
#define MR_PLC_INTERVAL_MIN  (100 * MR_US)  /* of a cyclic task */
#define MR_PLC_INTERVAL_MAX  MR_DAY
#define MR_PLC_LOAD_MEMORY   (128u << 10) /* bytes of downloaded blocks: what a small S7-300 has */
#define MR_PLC_LOADED_MAX    512          /* blocks in it */
#define MR_PLC_DIAGNOSTICS   64           /* entries of the diagnostics buffer; an S7-300 has 100, a Logix controller 64 */

static_assert(MR_PLC_MEMORY_MAX >= 4u * MR_PLC_AREA_MAX, "three full image areas leave room for variables");

#endif
