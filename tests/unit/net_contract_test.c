/* The contract of net/net.h on the simulated network. */
#include "net/net_sim.h"
#include "support/net_contract.h"
#include "support/test.h"

#include <stdlib.h>

#define CONNECTIONS 256

struct simulated {
    struct mr_arena *arena;
    struct mr_net_sim *sim;
    mr_ns now;
    bool delivered;
    mr_net_deliver_fn *deliver;
    void *ctx;
};

static void note(void *ctx, const struct mr_net_event *ev)
{
    struct simulated *s = ctx;
    s->delivered = true;
    s->deliver(s->ctx, ev);
}

static void *sim_open(const struct mr_topology *t, mr_net_deliver_fn *deliver, void *ctx)
{
    struct simulated *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->deliver = deliver;
    s->ctx = ctx;
    s->arena = mr_arena_create(64 << 20);
    const struct mr_net_sim_config config = {.seed = 1, .connections = CONNECTIONS};
    s->sim = mr_net_sim_create(s->arena, t, &config, note, s);
    assert_non_null(s->sim);
    mr_arena_seal(s->arena);
    return s;
}

static struct mr_net *sim_net(void *self)
{
    const struct simulated *s = self;
    return mr_net_sim_net(s->sim);
}

static void sim_run(void *self, mr_ns most)
{
    struct simulated *s = self;
    mr_ns until = s->now + most;
    s->delivered = false;
    while (!s->delivered && s->now < until) {
        mr_ns next = mr_net_sim_next(s->sim);
        s->now = next < until ? next : until;
        mr_net_sim_advance(s->sim, s->now);
        assert_int_equal(mr_net_sim_check(s->sim), MR_OK);
    }
}

static void sim_close(void *self)
{
    struct simulated *s = self;
    mr_arena_destroy(s->arena);
    free(s);
}

static const struct net_driver simulated = {"simulated", sim_open, sim_net, sim_run, sim_close, CONNECTIONS};

int main(void)
{
    return net_contract_run(&simulated);
}
