/* statedir.h - the folder of a run. It becomes the working directory before rights are dropped, so that it needs no path that
 * another user may walk; everything in it has a fixed name. */
#ifndef MR_WIRE_STATEDIR_H
#define MR_WIRE_STATEDIR_H

#include "base/err.h"
#include "site/record_rest.h"

#include <stdbool.h>

#define MR_STATE_RECORD    "record"
#define MR_STATE_DAMAGED   MR_STATE_RECORD MR_RECORD_REST
#define MR_STATE_EVENTS    "events.bin"
#define MR_STATE_SNAPSHOTS "snapshots"
#define MR_STATE_CAPTURES  "captures"
#define MR_STATE_SOCKET    "wire.sock"
#define MR_STATE_LOG       "wire.log"

/* Creates it (mode 0700, with its parents), enters it, locks it against a second run, and, where started as root, gives it to
 * `uid`. Says on stderr what is wrong. The lock is held until the process ends. */
bool mr_statedir_enter(const char *path, unsigned uid);
/* An old run's files are moved to the folder `previous`, replacing what was there. */
bool mr_statedir_set_aside(void);
/* root becomes `uid` for good; anyone else stays who they are. */
bool mr_statedir_drop(unsigned uid);

#endif
