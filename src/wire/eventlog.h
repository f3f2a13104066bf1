/* eventlog.h - the events of a site in a file, so that a server which was away gets what it missed, and each once. */
#ifndef MR_WIRE_EVENTLOG_H
#define MR_WIRE_EVENTLOG_H

#include "base/bytes.h"
#include "sim/event.h"

#include <sys/types.h>

struct mr_eventlog {
    int fd;
    off_t end;
    uint64_t input; /* identity of core's newest event: what a replay says again is not added */
    uint32_t index;
};

#define MR_EVENTLOG_OWN 0x80000000u /* events of wire itself have indexes from here on */

/* Opens or creates it; a last entry that was cut is cut off. */
enum mr_err mr_eventlog_open(struct mr_eventlog *l, const char *path);
void mr_eventlog_close(struct mr_eventlog *l);
/* True where it is new and was added. */
bool mr_eventlog_add(struct mr_eventlog *l, struct mr_slice event);
/* Where the first event after this one begins. */
off_t mr_eventlog_after(const struct mr_eventlog *l, uint64_t input, uint32_t index);
/* The event at `at`, into `buf` (MR_EVENT_BYTES); its length, 0 at the end. */
size_t mr_eventlog_read(const struct mr_eventlog *l, off_t at, uint8_t *buf);

#endif
