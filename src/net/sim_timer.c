/* sim_timer.c - deadlines of connections, neighbours and pings: a binary heap ordered by (time, sequence). */
#include "net/sim_internal.h"

static bool before(const struct timer *a, const struct timer *b)
{
    return a->at < b->at || (a->at == b->at && a->order < b->order);
}

static void place(struct mr_net_sim *s, uint32_t i, struct timer t)
{
    s->timers[i] = t;
    s->timer_places[t.id] = i + 1;
}

static void sift(struct mr_net_sim *s, uint32_t i, struct timer t)
{
    while (i > 0 && before(&t, &s->timers[(i - 1) / 2])) {
        place(s, i, s->timers[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    for (uint32_t child = 2 * i + 1; child < s->g->ntimers; child = 2 * i + 1) {
        if (child + 1 < s->g->ntimers && before(&s->timers[child + 1], &s->timers[child])) {
            child++;
        }
        if (!before(&s->timers[child], &t)) {
            break;
        }
        place(s, i, s->timers[child]);
        i = child;
    }
    place(s, i, t);
}

void mr_nsim_timer_set(struct mr_net_sim *s, uint32_t id, mr_ns at)
{
    uint32_t place_of = s->timer_places[id];
    uint32_t i = place_of != 0 ? place_of - 1 : s->g->ntimers++;
    sift(s, i, (struct timer){at, s->g->order++, id, true});
}

void mr_nsim_timer_by(struct mr_net_sim *s, uint32_t id, mr_ns at)
{
    uint32_t place_of = s->timer_places[id];
    if (place_of == 0 || s->timers[place_of - 1].at > at) {
        mr_nsim_timer_set(s, id, at);
    }
}

void mr_nsim_timer_stop(struct mr_net_sim *s, uint32_t id)
{
    uint32_t place_of = s->timer_places[id];
    if (place_of == 0) {
        return;
    }
    s->timer_places[id] = 0;
    uint32_t last = --s->g->ntimers;
    struct timer moved = s->timers[last];
    s->timers[last] = (struct timer){0};
    if (place_of - 1 != last) {
        sift(s, place_of - 1, moved);
    }
}

uint32_t mr_nsim_timer_pop(struct mr_net_sim *s)
{
    MR_ASSERT(s->g->ntimers > 0);
    uint32_t id = s->timers[0].id;
    mr_nsim_timer_stop(s, id);
    return id;
}
