/* queue.h - the world's event queue: timers in order of (time, sequence), so that what is due at one instant happens in the order
 * in which it was asked for. A binary heap in the arena; its order never depends on how it was filled. */
#ifndef MR_SIM_QUEUE_H
#define MR_SIM_QUEUE_H

#include "base/arena.h"
#include "base/time.h"

struct mr_timer {
    mr_ns at;
    uint64_t seq;
    uint32_t handler; /* what to do: a number that the owner of the queue gives meaning */
    uint32_t a;       /* for whom */
    uint64_t b;       /* with what: a generation, to tell a timer that is no longer meant */
};

struct mr_queue;
struct mr_queue *mr_queue_create(struct mr_arena *arena, uint32_t capacity);
/* MR_E_FULL where `capacity` timers wait. */
enum mr_err mr_queue_add(struct mr_queue *q, mr_ns at, uint32_t handler, uint32_t a, uint64_t b);
/* Forgets the earliest of a handler's; false where it has none. Looks through the whole queue: for what is rare. */
bool mr_queue_remove(struct mr_queue *q, uint32_t handler, uint32_t a);
/* Time of the earliest, or MR_NEVER_NS. */
mr_ns mr_queue_next(const struct mr_queue *q);
/* Takes the earliest if it is due at `now`. */
bool mr_queue_take(struct mr_queue *q, mr_ns now, struct mr_timer *out);
uint32_t mr_queue_length(const struct mr_queue *q);
/* After a load: MR_E_CORRUPT where it is no queue. */
enum mr_err mr_queue_check(const struct mr_queue *q);

#endif
