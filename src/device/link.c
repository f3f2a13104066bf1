#include "device/link.h"

#include "device/trace.h"

#define MR_LINK_BACKOFF 5 /* rounds between attempts to connect, once several have failed */
#define MR_LINK_OUT     2048

enum link_status { LINK_DOWN, LINK_CONNECTING, LINK_UP };
enum link_timer { TIMER_ROUND, TIMER_DEADLINE };

struct link_state {
    uint8_t status;
    uint8_t failures; /* connects in a row that came to nothing */
    uint8_t wait;     /* rounds until the next attempt */
    mr_conn conn;
    mr_ns ready; /* since when the protocol is connected */
    mr_ns next;  /* round */
    mr_ns armed; /* a timer is set for the session's deadline; 0: none */
};
static const struct mr_field state_fields[] = {
    MR_FIELD(struct link_state, status, MR_U8), MR_FIELD(struct link_state, failures, MR_U8),
    MR_FIELD(struct link_state, wait, MR_U8),   MR_FIELD(struct link_state, conn, MR_U32),
    MR_FIELD(struct link_state, ready, MR_I64), MR_FIELD(struct link_state, next, MR_I64),
    MR_FIELD(struct link_state, armed, MR_I64),
};
static const struct mr_type state_type = MR_TYPE("link", struct link_state, state_fields);

struct link {
    struct mr_links *all;
    struct mr_link_owner owner;
    uint16_t index, node;
    struct mr_addr to;
    struct mr_peer peer;
    struct mr_peer_sink sink;
    struct link_state *st;
    void *session;
};

struct mr_links {
    struct mr_env *env;
    struct link *list;
    uint16_t n, max;
};

static struct mr_owner owner_of(const struct link *l)
{
    return (struct mr_owner){MR_OWNER_LINK, l->index, 0};
}

/* --- what the session tells ------------------------------------------------------------------------------------------------- */

static void on_ready(void *ctx)
{
    struct link *l = ctx;
    l->st->ready = l->all->env->now;
}

static void on_value(void *ctx, size_t place, double value, bool good)
{
    const struct link *l = ctx;
    l->owner.value(l->owner.ctx, place, value, good);
}

static void on_stands(void *ctx)
{
    const struct link *l = ctx;
    l->owner.stands(l->owner.ctx, l->st->ready);
}

static void on_done(void *ctx, uint32_t token, enum mr_err err)
{
    const struct link *l = ctx;
    if (l->owner.written) {
        l->owner.written(l->owner.ctx, token, err);
    }
}

/* --- the connection --------------------------------------------------------------------------------------------------------- */

static void send_output(struct link *l)
{
    struct mr_net *net = l->all->env->net;
    uint8_t buf[MR_LINK_OUT];
    bool more = true;
    while (more) {
        struct mr_writer w = mr_writer(buf, sizeof buf);
        more = mr_peer_output(&l->peer, l->session, &w);
        if (w.n == 0) {
            return;
        }
        if (mr_env_send(l->all->env, l->st->conn, mr_written(&w)) != MR_OK) {
            net->ops->close(net, l->st->conn, true);
            return;
        }
    }
}

/* The session's own deadlines are kept between rounds too. */
static void arm(struct link *l)
{
    struct mr_env *env = l->all->env;
    mr_ns at = mr_peer_deadline(&l->peer, l->session);
    at = at < env->now ? env->now : at;
    if (at < l->st->next && (l->st->armed == 0 || at < l->st->armed)) {
        l->st->armed = at;
        mr_env_after(env, at - env->now, owner_of(l), TIMER_DEADLINE);
    }
}

static void lose(struct link *l)
{
    if (l->st->status == LINK_UP) {
        l->all->env->net->ops->close(l->all->env->net, l->st->conn, true);
    }
}

static void receive(struct link *l, struct mr_slice data)
{
    struct mr_feed f = {.status = MR_FEED_BLOCKED};
    while (f.status == MR_FEED_BLOCKED && l->st->status == LINK_UP) {
        f = mr_peer_feed(&l->peer, l->session, &l->sink, data, l->all->env->now);
        data = mr_slice(data.p + f.consumed, data.n - f.consumed);
        if (f.status == MR_FEED_MALFORMED) {
            lose(l);
            return;
        }
        send_output(l);
    }
    arm(l);
}

static void begin(struct link *l, mr_conn conn)
{
    l->st->status = LINK_UP;
    l->st->failures = 0;
    l->st->conn = conn;
    mr_peer_open(&l->peer, l->session, &l->sink, l->all->env->now);
    mr_peer_round(&l->peer, l->session, &l->sink, l->all->env->now);
    send_output(l);
    arm(l);
}

static void on_net(void *ctx, struct mr_owner o, const struct mr_net_event *ev)
{
    struct mr_links *all = ctx;
    if (o.unit >= all->n) {
        return;
    }
    struct link *l = &all->list[o.unit];
    if (ev->kind == MR_NET_CONNECTED) {
        begin(l, ev->conn);
    } else if (ev->kind == MR_NET_FAILED) {
        l->st->status = LINK_DOWN;
        l->st->failures = (uint8_t)(l->st->failures + (l->st->failures < UINT8_MAX));
        l->st->wait = l->st->failures > 2 ? MR_LINK_BACKOFF : 0;
    } else if (ev->kind == MR_NET_DATA && l->st->status == LINK_UP) {
        receive(l, ev->data);
    } else if (ev->kind == MR_NET_CLOSED) {
        l->st->status = LINK_DOWN;
        mr_peer_close(&l->peer, l->session, &l->sink, all->env->now);
    }
}

/* --- time ------------------------------------------------------------------------------------------------------------------- */

static void tick(struct link *l, bool round)
{
    mr_ns now = l->all->env->now;
    if (!mr_peer_tick(&l->peer, l->session, &l->sink, now)) {
        lose(l);
        return;
    }
    if (round) {
        mr_peer_round(&l->peer, l->session, &l->sink, now);
    }
    send_output(l);
    arm(l);
}

static void connect(struct link *l)
{
    l->st->status = LINK_CONNECTING;
    if (mr_env_connect(l->all->env, l->node, l->to, owner_of(l)) != MR_OK) {
        l->st->status = LINK_DOWN;
    }
}

static void on_timer(void *ctx, struct mr_owner o, uint64_t b)
{
    struct mr_links *all = ctx;
    if (o.unit >= all->n) {
        return;
    }
    struct link *l = &all->list[o.unit];
    if (b == TIMER_DEADLINE) {
        bool due = l->st->armed != 0 && all->env->now >= l->st->armed;
        l->st->armed = due ? 0 : l->st->armed;
        if (due && l->st->status == LINK_UP) {
            tick(l, false);
        }
        return;
    }
    mr_env_after(all->env, l->peer.every, o, TIMER_ROUND);
    l->st->next = all->env->now + l->peer.every;
    if (l->st->status == LINK_UP) {
        tick(l, true);
    } else if (l->st->status == LINK_DOWN && l->st->wait > 0) {
        l->st->wait--;
    } else if (l->st->status == LINK_DOWN) {
        connect(l);
    }
}

static struct mr_traced traced(void *ctx, struct mr_owner o)
{
    const struct mr_links *all = ctx;
    if (o.unit >= all->n) {
        return (struct mr_traced){MR_TRACE_SUBJECTS, NULL};
    }
    const struct link *l = &all->list[o.unit];
    return (struct mr_traced){l->peer.serve->kind, all->env->topology->nodes[l->node].name};
}

static const struct mr_owner_ops owner_ops = {on_net, on_timer, traced};

/* --- life ------------------------------------------------------------------------------------------------------------------- */

struct mr_links *mr_links_create(struct mr_env *env, uint16_t max)
{
    struct mr_links *all = mr_arena_scratch(env->arena, sizeof *all);
    if (!all) {
        return NULL;
    }
    *all = (struct mr_links){.env = env, .max = max};
    all->list = mr_arena_scratch(env->arena, sizeof *all->list * (max ? max : 1));
    mr_env_register(env, MR_OWNER_LINK, &owner_ops, all);
    return all->list ? all : NULL;
}

uint16_t mr_link_add(struct mr_links *all, const struct mr_link_owner *owner, uint16_t node, const struct mr_device *to,
                     enum mr_serve_kind over, mr_ns every, const struct mr_place *places, size_t n)
{
    MR_ASSERT(all->n < all->max && all->n < MR_OWNER_UNITS);
    struct link *l = &all->list[all->n];
    const struct mr_serve *serve = mr_device_serve(to, over);
    MR_ASSERT(serve != NULL);
    *l = (struct link){.all = all,
                       .owner = *owner,
                       .index = all->n,
                       .node = node,
                       .to = {all->env->topology->nodes[to->node].ip, serve->port},
                       .sink = {l, on_ready, on_value, on_stands, on_done, NULL}};
    uint16_t nth = 0;
    for (uint16_t i = 0; i < all->n; i++) {
        nth = (uint16_t)(nth + (all->list[i].peer.serve == serve));
    }
    l->st = mr_arena_new(all->env->arena, &state_type, 1, "link");
    if (!l->st || !mr_peer_init(&l->peer, all->env->arena, to, serve, nth, every, places, n) ||
        !(l->session = mr_peer_session(&l->peer, all->env->arena, "link's session"))) {
        return UINT16_MAX;
    }
    return all->n++;
}

/* Spread over their period, on the grid of the process's steps: what is due at one instant costs wire and core one turn. */
void mr_links_start(struct mr_links *all)
{
    mr_ns step = all->env->site->step;
    for (uint16_t i = 0; i < all->n; i++) {
        struct link *l = &all->list[i];
        mr_ns spread = l->peer.every * (i + 1) / (all->n + 1);
        mr_env_after(all->env, spread / step * step, owner_of(l), TIMER_ROUND);
    }
}

enum mr_err mr_link_write(struct mr_links *all, uint16_t link, const struct mr_place *place, double value, uint32_t token)
{
    MR_ASSERT(link < all->n);
    struct link *l = &all->list[link];
    if (l->st->status != LINK_UP) {
        return MR_E_CLOSED;
    }
    enum mr_err err = mr_peer_write(&l->peer, l->session, place, value, false, token, all->env->now);
    if (err == MR_OK) {
        send_output(l);
        arm(l);
    }
    return err;
}

void mr_links_reset(struct mr_links *all)
{
    for (uint16_t i = 0; i < all->n; i++) {
        struct link *l = &all->list[i];
        l->st->status = LINK_DOWN;
        l->st->wait = 0;
        mr_peer_close(&l->peer, l->session, &l->sink, all->env->now);
    }
}
