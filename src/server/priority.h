/* priority.h - which plants go before all else on a machine that is short of time: those that need little of it. A calm site's
 * wire and core run under SCHED_RR, before what teams and visitors do, and both on one processor: to wake each other on another
 * one costs more than what they do then. One that takes more than its share (flooded, or catching up) queues with everybody, and
 * on all processors, until it is calm again. So no plant can hold up the scans of another, whatever it is sent.
 *
 * Needs CAP_SYS_NICE, so a server that root started; elsewhere all run as equals. sched(7). */
#ifndef MR_SERVER_PRIORITY_H
#define MR_SERVER_PRIORITY_H

#include "base/time.h"

#include <sched.h>
#include <stdbool.h>
#include <sys/types.h>

#define MR_PRIORITY_PIDS   2             /* wire and its core */
#define MR_PRIORITY_SHARE  4             /* of a processor, together: one part in so many ... */
#define MR_PRIORITY_CREDIT (100 * MR_MS) /* ... and so much saved up, for a snapshot or a burst */

struct mr_priority {
    unsigned place;               /* set by the caller: sites are dealt out to the processors in this order */
    pid_t pids[MR_PRIORITY_PIDS]; /* 0: none */
    bool ahead;
    cpu_set_t processors; /* where it ran before it went ahead */
    int64_t looked;       /* CLOCK_MONOTONIC, when ... */
    int64_t used;         /* ... their processor time was this */
    int64_t credit;       /* processor time that they may still take and stay ahead */
};

/* Looks at what wire and core took since the last look; once in a quarter of a second is often enough. A process that was started
 * again is as everybody, and a new account. False where this machine does not let us: no need to ask again. */
bool mr_priority_look(struct mr_priority *p, pid_t wire, pid_t core, int64_t now);
/* Credit after `elapsed` in which `used` was taken; never more than a full one, and no debt that a calm second does not pay. */
int64_t mr_priority_credit(int64_t credit, int64_t elapsed, int64_t used);
/* Whether /proc says so: a pid that only its site has told is not taken at its word. */
bool mr_priority_is_child(pid_t child, pid_t parent);

#endif
