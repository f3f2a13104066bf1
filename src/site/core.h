/* core.h - the deterministic process of a site: a world behind one channel. It reads messages (site/channel.h), feeds the world,
 * and writes what the world says. Its content and seed come with its start; after that it needs nothing but the channel. */
#ifndef MR_SITE_CORE_H
#define MR_SITE_CORE_H

#include "site/world.h"

struct mr_core_options {
    int fd; /* the channel */
    const struct mr_site *site;
    const struct mr_scenario *scenario; /* or NULL */
    uint64_t seed;
    int64_t epoch_ns; /* of the record */
    enum mr_world_network network;
    bool frames;     /* captures are wanted: send FRAME */
    uint32_t traced; /* what a trace is wanted of (site/world.h): send TRACE */
};

struct mr_core;
/* Loads the world and says hello. NULL with a text in `why`. */
struct mr_core *mr_core_create(const struct mr_core_options *opt, char *why, size_t cap);
void mr_core_destroy(struct mr_core *c);
/* Bytes that its state takes, and takes once more while a snapshot is made. */
size_t mr_core_memory(const struct mr_core *c);
/* Works until STOP or the channel's end. The exit status. */
int mr_core_run(struct mr_core *c);

#endif
