/* wire_contract_test.c - the contract of net/net.h on kernel namespaces, with the sockets, rules and denials that wire uses. Each
 * scenario has a user namespace of its own. Skipped where the machine forbids them. */
#include "support/net_contract.h"
#include "support/test.h"

#include "site/net_live.h"
#include "wire/denials.h"
#include "wire/limits.h"
#include "wire/sockets.h"

#include <stdlib.h>
#include <sys/wait.h>

struct live {
    struct mr_net_live net; /* first: the interface, as core has it, but for what `ops` has of its own */
    const struct mr_net_ops *usual;
    struct mr_net_ops ops;
    enum mr_err err; /* of the last request */
    uv_loop_t loop;
    uv_timer_t timer;
    struct mr_netns netns;
    struct mr_sockets *sockets;
    struct mr_denials *denials;
    mr_net_deliver_fn *deliver;
    void *ctx;
    uint64_t seq;
    bool delivered, expired;
};

/* In a site the answer to a request is lost on its way to core; here it is wanted. */
static void on_request(void *ctx, const struct mr_net_request *q)
{
    struct live *l = ctx;
    l->err = mr_sockets_request(l->sockets, q);
}

static enum mr_err live_listen(struct mr_net *n, uint16_t node, uint16_t port)
{
    struct live *l = (struct live *)n;
    (void)l->usual->listen(n, node, port);
    return l->err;
}

static enum mr_err live_send(struct mr_net *n, mr_conn conn, struct mr_slice data)
{
    struct live *l = (struct live *)n;
    enum mr_err err = l->usual->send(n, conn, data);
    return err == MR_OK ? l->err : err;
}

/* nft works beside wire; the scenarios go on when it has finished. */
static enum mr_err live_rules(struct mr_net *n, const struct mr_fw_table *table)
{
    struct live *l = (struct live *)n;
    enum mr_err err = mr_netns_rules(&l->netns, table);
    while (err == MR_OK && l->netns.loading > 0) {
        int status = 0;
        bool ok = false;
        pid_t pid = waitpid(l->netns.loading, &status, 0);
        err = pid > 0 && mr_netns_reaped(&l->netns, pid, status, &ok) && ok ? MR_OK : MR_E_IO;
    }
    return err;
}

static uint64_t on_event(void *ctx, const struct mr_net_event *ev)
{
    struct live *l = ctx;
    l->delivered = true;
    l->deliver(l->ctx, ev);
    return ++l->seq;
}

static void *live_open(const struct mr_topology *t, mr_net_deliver_fn *deliver, void *ctx)
{
    static const struct mr_fw_table all = {.fallback = MR_FW_ALLOW};
    struct live *l = calloc(1, sizeof *l);
    assert_non_null(l);
    *l = (struct live){.deliver = deliver, .ctx = ctx};
    mr_net_live_init(&l->net, on_request, l);
    l->usual = l->net.net.ops;
    l->ops = *l->usual;
    l->ops.listen = live_listen;
    l->ops.send = live_send;
    l->ops.rules = live_rules;
    l->net.net.ops = &l->ops;
    if (mr_netns_enter_user(&l->netns) != MR_OK) {
        free(l);
        return NULL;
    }
    if (mr_netns_build(&l->netns, t, &all) != MR_OK) {
        fail_msg("%s", l->netns.why);
    }
    assert_int_equal(uv_loop_init(&l->loop), 0);
    (void)uv_timer_init(&l->loop, &l->timer);
    l->timer.data = l;
    l->sockets = mr_sockets_create(&l->loop, &l->netns, t, 0, 0, on_event, l);
    l->denials = mr_denials_open(&l->loop, &l->netns, on_event, l);
    assert_non_null(l->sockets);
    assert_non_null(l->denials);
    return l;
}

static struct mr_net *live_net(void *self)
{
    return &((struct live *)self)->net.net;
}

static void on_timer(uv_timer_t *t)
{
    ((struct live *)t->data)->expired = true;
}

static void live_run(void *self, mr_ns most)
{
    struct live *l = self;
    l->delivered = l->expired = false;
    mr_sockets_done(l->sockets, l->seq); /* what was delivered has been dealt with */
    mr_sockets_sweep(l->sockets);
    (void)uv_timer_start(&l->timer, on_timer, (uint64_t)(most / MR_MS), 0);
    while (!l->delivered && !l->expired) {
        (void)uv_run(&l->loop, UV_RUN_ONCE);
    }
}

static void live_end(void *self)
{
    struct live *l = self;
    mr_sockets_close(l->sockets);
    mr_denials_close(l->denials);
    uv_close((uv_handle_t *)&l->timer, NULL);
    (void)uv_run(&l->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&l->loop), 0);
    mr_sockets_free(l->sockets);
    mr_denials_free(l->denials);
    mr_netns_destroy(&l->netns);
    free(l);
}

static const struct net_driver live = {"live", live_open, live_net, live_run, live_end, MR_WIRE_CONNS};

int main(void)
{
    return net_contract_run(&live);
}
