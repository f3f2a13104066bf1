/* trim.h - what only starting needs is given back: a site's two processes live for days, nineteen pairs on a machine. */
#ifndef MR_CLI_TRIM_H
#define MR_CLI_TRIM_H

/* Free heap, and the pages of code and constants of the program and its libraries: those that are used again come back from the
 * page cache, one fault each. */
void mr_cli_trim(void);
/* Before anything is allocated: large blocks get pages of their own, which take no memory before they are written. Most of a
 * controller's is room for programs that may be loaded. */
void mr_cli_lazy_blocks(void);

#endif
