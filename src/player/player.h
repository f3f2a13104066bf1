/* player.h - a simulated player: a team's moves from a scenario's player file, made as a human team would make them. It sees what
 * a team can see or be told (steps as a trigger stand for their discovery after a human's delay, and what its HMI shows), and
 * acts by commands alone. It drives teams without people, and every rehearsal.
 *
 * A pure state machine: events, values and time in, commands out. */
#ifndef MR_PLAYER_PLAYER_H
#define MR_PLAYER_PLAYER_H

#include "plan/scenario.h"
#include "sim/event.h"

struct mr_hand; /* a player at play */

/* On the heap; NULL where memory is short. Content must outlive it. */
struct mr_hand *mr_hand_create(const struct mr_scenario *scenario, const struct mr_player *player);
void mr_hand_destroy(struct mr_hand *h);

/* An event of its site, in order. */
void mr_hand_event(struct mr_hand *h, const struct mr_event *e);
/* A value that its HMI shows, at a site time. */
void mr_hand_value(struct mr_hand *h, uint16_t tag, double value, mr_ns at);

/* Site time of its next move; MR_NEVER_NS for none. */
mr_ns mr_hand_next(const struct mr_hand *h);
/* Makes every move that is due. The command is valid during the call. */
typedef void mr_hand_fn(void *ctx, const struct mr_command *c);
void mr_hand_act(struct mr_hand *h, mr_ns now, mr_hand_fn *fn, void *ctx);

#endif
