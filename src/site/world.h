/* world.h - a site as a deterministic state machine: built from content and a seed, advanced by inputs, telling what it wants of
 * the network and what has happened. No clock, file, socket or thread is known here; the same inputs give the same outputs.
 *
 * Every input carries event time. Site time is event time less what was paused. */
#ifndef MR_SITE_WORLD_H
#define MR_SITE_WORLD_H

#include "net/net_codec.h"
#include "plan/scenario.h"
#include "sim/event.h"
#include "sim/journal.h"

/* What a world says. Any of them may be NULL. Slices and structs are valid during the call. */
struct mr_world_out {
    void *ctx;
    void (*event)(void *ctx, const struct mr_event *e);
    void (*request)(void *ctx, const struct mr_net_request *q);
    void (*view)(void *ctx, mr_ns at, uint16_t tag, double value, uint8_t quality);
    void (*frame)(void *ctx, uint16_t zone, mr_ns at, struct mr_slice frame); /* SIMULATED and LOOPBACK */
    void (*trace)(void *ctx,
                  const char *line); /* "12.345678 plc plc1 scan 123 running": event time in s, then as in device/trace.h ... */
    uint32_t traced;                 /* ... of these subjects, by bit */
};

struct mr_world_config {
    const struct mr_site *site;
    const struct mr_scenario *scenario; /* NULL: the plant in peace */
    uint64_t seed;
    int64_t epoch_ns; /* event time 0 by the calendar, since 1970: what devices' clocks begin with */
    enum mr_world_network network;
    bool no_noise;
    struct mr_world_out out;
};

#define MR_WORLD_EPOCH 1767225600000000000 /* of a simulation: 2026-01-01, so that runs are alike */
/* A site's state and working memory: of the first a water works takes a tenth; for each device, room for programs that may be
 * loaded (two thirds of it, and nothing but addresses before) and for what it needs to serve a protocol to a few masters. */
#define MR_WORLD_ARENA        (48u << 20)
#define MR_WORLD_ARENA_DEVICE (384u << 10)

struct mr_world;
/* NULL where memory or the arena's limit does not suffice; says so in `why`. Content must outlive it. */
struct mr_world *mr_world_create(const struct mr_world_config *config, char *why, size_t cap);
void mr_world_destroy(struct mr_world *w);

/* Opens the ports and starts the devices; once, before the first input, unless a state is loaded. */
void mr_world_start(struct mr_world *w);
/* Advances to `at` (event time) and does what the input says. A malformed payload does nothing but the time, and where it should
 * have been a command an event says so. MR_E_RANGE: `at` lies before the last input, or so late that no event comes there. */
enum mr_err mr_world_input(struct mr_world *w, uint64_t seq, mr_ns at, uint8_t kind, struct mr_slice payload);
/* Event time at which it wants the next input at the latest; MR_NEVER_NS while it is paused. */
mr_ns mr_world_next(const struct mr_world *w);
mr_ns mr_world_time(const struct mr_world *w);            /* site time */
mr_ns mr_world_event_time(const struct mr_world *w);      /* of the last input */
uint64_t mr_world_seq(const struct mr_world *w);          /* of the last input */
uint64_t mr_world_outputs(const struct mr_world *w);      /* requests made since the beginning: the number of the last one */
bool mr_world_begun(const struct mr_world *w, mr_ns *at); /* MR_IN_BEGIN has come; site time */

struct mr_arena *mr_world_arena(const struct mr_world *w);
struct mr_plant *mr_world_plant(struct mr_world *w);
/* After mr_arena_load(): makes good what is not state. MR_E_CORRUPT where the state does not fit together. */
enum mr_err mr_world_loaded(struct mr_world *w);
/* The firewall table in force. */
const struct mr_fw_table *mr_world_rules(const struct mr_world *w);
const struct mr_topology *mr_world_topology(const struct mr_world *w);
struct mr_devices *mr_world_devices(struct mr_world *w);

#endif
