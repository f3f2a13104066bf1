/* stdfun.h - the standard functions (IEC 61131-3, tables 22 to 30), as the compiler and the reference page read them. */
#ifndef MR_PLC_STDFUN_H
#define MR_PLC_STDFUN_H

#include "plc/compile.h"

enum pc_sf {
    SF_MATH, /* arg: enum pc_math */
    SF_ABS,
    SF_ATAN2,
    SF_OPERATOR, /* arg: the operator; two or more operands */
    SF_COMPARE,  /* the same, each pair in turn */
    SF_NOT,
    SF_MOVE,
    SF_SHIFT, /* arg: 0 SHL, 1 SHR, 2 ROL, 3 ROR */
    SF_SEL,
    SF_MUX,
    SF_MIN,
    SF_MAX,
    SF_LIMIT,
    SF_STRING, /* arg: enum pc_str giving a string */
    SF_LEN,
    SF_FIND,
    SF_TRUNC,
    SF_BCD_TO,
    SF_TO_BCD,
    SF_DATE, /* arg: 0 CONCAT_DATE_TOD, 1 the sum, 2 the difference, 3 product, 4 quotient of times */
    SF_SIZEOF,
    SF_REF,
    SF_BOUND, /* arg: 0 LOWER_BOUND, 1 UPPER_BOUND */
    SF_NOW,
    SF_DAY_OF_WEEK,
    SF_ISVALID,
    SF_CONVERT,
    SF_ENABLED, /* what any of the others becomes that has EN or ENO: made by the checker only */
    SF_KEPT,    /* so is this: the middle of GT(a, b, c) */
    SF_WITHIN   /* an index into an ARRAY[*]; so is this */
};

struct pc_std {
    const char *name;
    enum pc_sf fn;
    int arg;
    const char *params; /* formal names, separated by blanks; "+" after the last: as many as wanted */
    const char *table;  /* in IEC 61131-3, 2nd edition */
    const char *about;
};
extern const struct pc_std mr_pc_std[];
extern const size_t mr_pc_nstd;

#endif
