#include "device/service.h"

#include "device/trace.h"

#define MR_SERVICE_REST  MR_MS /* between two looks at a pool for what time alone brings about */
#define MR_SERVICE_CHUNK 4096  /* bytes of answer sent at a time: several of the largest answers of most protocols */

struct slot {
    bool live;
    bool shut; /* output is done, waiting for CLOSED */
    mr_conn conn;
    uint32_t client;
    mr_ns heard;    /* last bytes, or the opening */
    int64_t second; /* for which `received` counts */
    uint32_t received;
};
static const struct mr_field slot_fields[] = {
    MR_FIELD(struct slot, heard, MR_I64),  MR_FIELD(struct slot, second, MR_I64), MR_FIELD(struct slot, received, MR_U32),
    MR_FIELD(struct slot, live, MR_BOOL),  MR_FIELD(struct slot, shut, MR_BOOL),  MR_FIELD(struct slot, conn, MR_U32),
    MR_FIELD(struct slot, client, MR_U32),
};
static const struct mr_type slot_type = MR_TYPE_LIVE("connection", struct slot, slot_fields, live);

struct service_state {
    bool listening;
    uint16_t nlive;
    mr_ns due; /* the timer: no later than any session's deadline; MR_NEVER_NS while none runs */
    uint64_t refused;
};
static const struct mr_field state_fields[] = {
    MR_FIELD(struct service_state, listening, MR_BOOL),
    MR_FIELD(struct service_state, nlive, MR_U16),
    MR_FIELD(struct service_state, due, MR_I64),
    MR_FIELD(struct service_state, refused, MR_U64),
};
static const struct mr_type state_type = MR_TYPE("service", struct service_state, state_fields);

struct mr_server_pool {
    struct mr_services *all;
    struct mr_env *env;
    const struct mr_service_ops *ops;
    void *device;
    bool (*admits)(void *device, uint32_t client);
    enum mr_serve_kind kind;
    uint16_t index, node, port, nslots;
    struct service_state *st;
    struct slot *slots;
    uint8_t *sessions;
};

struct mr_services {
    struct mr_env *env;
    struct mr_server_pool *list;
    uint8_t *chunk;
    uint16_t n, max;
};

static void *session_of(const struct mr_server_pool *s, uint16_t slot)
{
    return s->sessions + (size_t)slot * s->ops->session->type->size;
}

static void free_slot(struct mr_server_pool *s, uint16_t i)
{
    s->ops->close(s->device, session_of(s, i));
    s->slots[i] = (struct slot){0};
    s->st->nlive--;
}

static struct mr_owner owner(const struct mr_server_pool *s, uint16_t slot)
{
    return (struct mr_owner){MR_OWNER_SERVICE, s->index, slot};
}

/* The pool is looked at again at `at`. A deadline that moves back leaves the timer as it is: it fires early, and is set again. */
static void arm(struct mr_server_pool *s, mr_ns at)
{
    mr_ns soonest = s->env->now + MR_SERVICE_REST;
    at = at > soonest ? at : soonest;
    if (at >= s->st->due) {
        return;
    }
    if (s->st->due != MR_NEVER_NS) {
        mr_env_cancel(s->env, owner(s, 0));
    }
    s->st->due = at;
    mr_env_after(s->env, at - s->env->now, owner(s, 0), 0);
}

/* Sends what the session has to say; closes when it has finished or its client does not read. */
static void flush(struct mr_server_pool *s, uint16_t i)
{
    struct slot *c = &s->slots[i];
    const struct mr_session_ops *so = s->ops->session;
    bool more = true;
    while (more && !c->shut) {
        struct mr_writer w = mr_writer(s->all->chunk, MR_SERVICE_CHUNK);
        more = so->output(session_of(s, i), &w);
        if (w.n == 0) {
            break;
        }
        if (mr_env_send(s->env, c->conn, mr_written(&w)) != MR_OK) {
            c->shut = true;
            s->env->net->ops->close(s->env->net, c->conn, true);
        }
    }
    if (!c->shut && so->finished(session_of(s, i))) {
        c->shut = true;
        s->env->net->ops->close(s->env->net, c->conn, false);
    }
    if (!c->shut) {
        arm(s, so->deadline(session_of(s, i)));
    }
}

/* What a session has done of itself. */
static void attend(struct mr_server_pool *s, uint16_t i)
{
    s->ops->drain(s->device, session_of(s, i), s->slots[i].client);
    flush(s, i);
}

static void cut(struct mr_server_pool *s, struct slot *c)
{
    if (!c->shut) {
        c->shut = true;
        s->env->net->ops->close(s->env->net, c->conn, true);
    }
}

static void receive(struct mr_server_pool *s, uint16_t i, struct mr_slice data)
{
    struct slot *c = &s->slots[i];
    void *session = session_of(s, i);
    bool stuck = false; /* it took nothing, though all that it had to say is out: only a damaged snapshot's session does so */
    while (!c->shut) {
        struct mr_feed f = s->ops->session->feed(session, data, s->env->now);
        attend(s, i);
        data = mr_slice(data.p + f.consumed, data.n - f.consumed);
        if (f.status == MR_FEED_MALFORMED && !c->shut) {
            c->shut = true;
            s->env->net->ops->close(s->env->net, c->conn, false);
        }
        if (f.status != MR_FEED_BLOCKED) {
            break;
        }
        if (stuck && f.consumed == 0) {
            cut(s, c);
        }
        stuck = f.consumed == 0;
    }
}

/* Counts what a client sends; cuts it off where that is more than the device bears. */
static bool within_rate(struct mr_server_pool *s, struct slot *c, size_t bytes)
{
    int64_t second = s->env->now / MR_S;
    c->received = c->second == second ? c->received : 0;
    c->second = second;
    c->received += (uint32_t)(bytes < UINT16_MAX ? bytes : UINT16_MAX);
    uint32_t limit = s->ops->rate ? s->ops->rate(s->device) : 0;
    uint64_t sum = 0;
    for (uint16_t i = 0; limit > 0 && i < s->nslots; i++) {
        const struct slot *o = &s->slots[i];
        sum += o->live && o->client == c->client && o->second == second ? o->received : 0;
    }
    return sum <= limit;
}

static void on_net(void *ctx, struct mr_owner o, const struct mr_net_event *ev)
{
    struct mr_services *all = ctx;
    if (o.unit >= all->n || o.slot >= all->list[o.unit].nslots || !all->list[o.unit].slots[o.slot].live) {
        return;
    }
    struct mr_server_pool *s = &all->list[o.unit];
    struct slot *c = &s->slots[o.slot];
    if (ev->kind == MR_NET_DATA) {
        c->heard = s->env->now;
        if (within_rate(s, c, ev->data.n)) {
            receive(s, o.slot, ev->data);
            if (s->ops->deadline) {
                arm(s, s->ops->deadline(s->device));
            }
        } else {
            cut(s, c);
        }
    } else if (ev->kind == MR_NET_CLOSED) {
        free_slot(s, o.slot);
    }
}

/* Does what is due, and sets the timer for what is next. */
static void look(struct mr_server_pool *s)
{
    const struct mr_session_ops *so = s->ops->session;
    mr_ns runs = s->st->due > s->env->now ? s->st->due : MR_NEVER_NS;
    s->st->due = s->env->now; /* set once, at the end */
    if (s->ops->tick && s->ops->deadline(s->device) <= s->env->now) {
        s->ops->tick(s->device, s->env->now);
    }
    mr_ns next = s->ops->deadline ? s->ops->deadline(s->device) : MR_NEVER_NS;
    for (uint16_t i = 0; i < s->nslots && s->st->nlive > 0; i++) {
        struct slot *c = &s->slots[i];
        if (c->live && !c->shut && so->deadline(session_of(s, i)) <= s->env->now) {
            so->tick(session_of(s, i), s->env->now);
            attend(s, i);
        }
        mr_ns at = c->live && !c->shut ? so->deadline(session_of(s, i)) : MR_NEVER_NS;
        next = at < next ? at : next;
    }
    s->st->due = runs;
    if (next != MR_NEVER_NS) {
        arm(s, next);
    }
}

static void on_timer(void *ctx, struct mr_owner o, uint64_t b)
{
    (void)b;
    struct mr_services *all = ctx;
    if (o.unit < all->n) {
        all->list[o.unit].st->due = MR_NEVER_NS;
        look(&all->list[o.unit]);
    }
}

static struct mr_traced traced_pool(const struct mr_server_pool *s)
{
    return (struct mr_traced){s->kind, s->env->topology->nodes[s->node].name};
}

static struct mr_traced traced(void *ctx, struct mr_owner o)
{
    const struct mr_services *all = ctx;
    return o.unit < all->n ? traced_pool(&all->list[o.unit]) : (struct mr_traced){MR_TRACE_SUBJECTS, NULL};
}

static void trace(const struct mr_server_pool *s, const struct mr_net_event *ev)
{
    if (s->env->traced != 0) {
        const struct mr_traced t = traced_pool(s);
        mr_trace_net(s->env, t.subject, t.device, ev);
    }
}

static const struct mr_owner_ops owner_ops = {on_net, on_timer, traced};

struct mr_services *mr_services_create(struct mr_env *env, uint16_t max)
{
    struct mr_services *all = mr_arena_scratch(env->arena, sizeof *all);
    if (!all) {
        return NULL;
    }
    *all = (struct mr_services){.env = env, .max = max};
    all->list = mr_arena_scratch(env->arena, sizeof *all->list * (max ? max : 1));
    all->chunk = mr_arena_scratch(env->arena, MR_SERVICE_CHUNK);
    mr_env_register(env, MR_OWNER_SERVICE, &owner_ops, all);
    return all->list && all->chunk ? all : NULL;
}

struct mr_server_pool *mr_service_add(struct mr_services *all, const struct mr_service_ops *ops, void *device,
                                      bool (*admits)(void *device, uint32_t client), uint16_t node, const struct mr_serve *plan)
{
    MR_ASSERT(all->n < all->max && all->n < MR_OWNER_UNITS);
    struct mr_server_pool *s = &all->list[all->n];
    *s = (struct mr_server_pool){.all = all,
                                 .env = all->env,
                                 .ops = ops,
                                 .device = device,
                                 .admits = admits,
                                 .kind = plan->kind,
                                 .index = all->n,
                                 .node = node,
                                 .port = plan->port,
                                 .nslots = plan->connections};
    s->st = mr_arena_new(all->env->arena, &state_type, 1, "service");
    s->slots = mr_arena_new(all->env->arena, &slot_type, s->nslots, "connections");
    s->sessions = mr_arena_new(all->env->arena, ops->session->type, s->nslots, ops->session->protocol);
    if (!s->st || !s->slots || !s->sessions) {
        return NULL;
    }
    s->st->due = MR_NEVER_NS;
    for (uint16_t i = 0; i < s->nslots; i++) {
        ops->init(device, session_of(s, i));
    }
    all->n++;
    return s;
}

void mr_service_cut(struct mr_server_pool *s)
{
    for (uint16_t i = 0; i < s->nslots; i++) {
        if (s->slots[i].live && (!s->st->listening || !s->admits(s->device, s->slots[i].client))) {
            cut(s, &s->slots[i]);
        }
    }
}

void mr_service_wake(struct mr_server_pool *s)
{
    look(s);
}

static void open_udp(const struct mr_server_pool *s, bool on)
{
    const struct mr_net_ops *ops = s->env->net->ops;
    for (size_t i = 0; s->ops->datagram && i < MR_SERVICE_UDP; i++) {
        if (s->ops->udp[i] != 0) {
            (void)(on ? ops->bind : ops->unbind)(s->env->net, s->node, s->ops->udp[i]);
        }
    }
}

void mr_service_listen(struct mr_server_pool *s, bool on)
{
    if (on == s->st->listening) {
        return;
    }
    s->st->listening = on;
    open_udp(s, on);
    if (on) {
        (void)s->env->net->ops->listen(s->env->net, s->node, s->port);
        return;
    }
    (void)s->env->net->ops->unlisten(s->env->net, s->node, s->port);
    mr_service_cut(s);
}

void mr_services_reset(struct mr_services *all)
{
    for (uint16_t k = 0; k < all->n; k++) {
        struct mr_server_pool *s = &all->list[k];
        for (uint16_t i = 0; i < s->nslots; i++) {
            if (s->slots[i].live) {
                free_slot(s, i);
            }
        }
        if (s->st->listening) {
            s->st->listening = false;
            mr_service_listen(s, true);
        }
    }
}

static struct mr_server_pool *find(struct mr_services *all, uint16_t node, uint16_t port)
{
    for (uint16_t k = 0; k < all->n; k++) {
        if (all->list[k].node == node && all->list[k].port == port) {
            return &all->list[k];
        }
    }
    return NULL;
}

/* A free slot; or one made free at the cost of the connection heard of longest ago; or nslots. */
static uint16_t room(struct mr_server_pool *s)
{
    uint16_t oldest = 0;
    for (uint16_t i = 0; i < s->nslots; i++) {
        if (!s->slots[i].live) {
            return i;
        }
        oldest = s->slots[i].heard < s->slots[oldest].heard ? i : oldest;
    }
    if (!s->ops->evicts) {
        return s->nslots;
    }
    mr_env_disown(s->env, s->slots[oldest].conn);
    s->env->net->ops->close(s->env->net, s->slots[oldest].conn, true);
    free_slot(s, oldest);
    return oldest;
}

static void accept(struct mr_server_pool *s, const struct mr_net_event *ev)
{
    uint16_t i = s->admits(s->device, ev->peer.ip) ? room(s) : s->nslots;
    trace(s, ev);
    if (i < s->nslots) {
        mr_state_clear(s->ops->session->type, session_of(s, i));
    }
    if (i == s->nslots || !s->ops->open(s->device, session_of(s, i), ev->peer.ip, s->env->now)) {
        s->st->refused++;
        s->env->net->ops->close(s->env->net, ev->conn, true);
        return;
    }
    s->slots[i] = (struct slot){.live = true, .conn = ev->conn, .client = ev->peer.ip, .heard = s->env->now};
    s->st->nlive++;
    mr_env_own(s->env, ev->conn, owner(s, i));
    flush(s, i); /* protocols whose server speaks first */
}

/* One that came before the port was closed goes unanswered. */
static bool datagram(struct mr_services *all, const struct mr_net_event *ev)
{
    for (uint16_t k = 0; k < all->n; k++) {
        struct mr_server_pool *s = &all->list[k];
        if (s->node != ev->node || !s->ops->datagram || (s->ops->udp[0] != ev->local_port && s->ops->udp[1] != ev->local_port)) {
            continue;
        }
        trace(s, ev);
        if (s->st->listening && s->admits(s->device, ev->peer.ip)) {
            s->ops->datagram(s->device, ev);
            look(s);
        }
        return true;
    }
    return false;
}

bool mr_services_net(struct mr_services *all, const struct mr_net_event *ev)
{
    if (ev->kind == MR_NET_DATAGRAM) {
        return datagram(all, ev);
    }
    struct mr_server_pool *s = ev->kind == MR_NET_ACCEPTED ? find(all, ev->node, ev->local_port) : NULL;
    if (s) {
        accept(s, ev);
    }
    return s != NULL;
}

uint16_t mr_services_count(const struct mr_services *all)
{
    return all->n;
}

bool mr_service_info(const struct mr_services *all, uint16_t i, uint16_t *node, uint16_t *port, const char **protocol)
{
    if (i >= all->n) {
        return false;
    }
    *node = all->list[i].node;
    *port = all->list[i].port;
    *protocol = all->list[i].ops->session->protocol;
    return true;
}

uint16_t mr_service_udp(const struct mr_services *all, uint16_t i, size_t k)
{
    const struct mr_service_ops *ops = all->list[i].ops;
    return ops->datagram && k < MR_SERVICE_UDP ? ops->udp[k] : 0;
}
