/* sandbox.h - what is left to core once its content is loaded: memory, and one channel. */
#ifndef MR_WIRE_SANDBOX_H
#define MR_WIRE_SANDBOX_H

#include "base/err.h"

#include <stddef.h>

/* Closes every descriptor but `fd`, takes all rights, limits memory to `own` bytes of addresses and what any site may take, and
 * installs a seccomp filter: whatever else the process asks of the kernel from now on kills it. There is no way back. */
enum mr_err mr_sandbox_core(int fd, size_t own);

#endif
