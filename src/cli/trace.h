/* trace.h - the environment variable MILLRACE_TRACE: subjects of device/trace.h, or `all`, with commas between them. */
#ifndef MR_CLI_TRACE_H
#define MR_CLI_TRACE_H

#include <stdint.h>

/* Their bits, none where the variable is not set. Returns -1 to go on, or the exit status 2 after a mistake that has been
 * said. */
int mr_cli_traced(uint32_t *subjects);
/* For struct mr_world_out: prints a line on the standard error. */
void mr_cli_trace(void *ctx, const char *line);

#endif
