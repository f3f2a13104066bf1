/* timed.h - what `simulate --at TIME NAME=WHAT` does to a site: an operator's command where NAME is a tag that can be commanded,
 * else a fault laid upon an instrument, an actuator or a parameter of the process. Both go through the same commands
 * (sim/command.h) that people's do. */
#ifndef MR_CLI_TIMED_H
#define MR_CLI_TIMED_H

#include "cli/args.h"
#include "site/world.h"

struct mr_timed;

/* Understands what was said; NULL where that is wrong, which has been told. The words must outlive it. */
struct mr_timed *mr_timed_create(const struct mr_site *site, const struct mr_arg_timed *said);
void mr_timed_destroy(struct mr_timed *t);
/* A run that goes on from a saved state: what was due at `last`, when it was last called, has been done. */
void mr_timed_begin(struct mr_timed *t, mr_ns last);
/* Before the world goes on from `now`: does what is due. `seq` is the number of the last input. */
void mr_timed_run(struct mr_timed *t, struct mr_world *w, mr_ns now, uint64_t *seq);

#endif
