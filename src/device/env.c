#include "device/env.h"

#include "device/trace.h"

#include <stdio.h>

static const struct mr_field owned_fields[] = {
    MR_FIELD(struct mr_owned, owner, MR_U32),
    MR_FIELD(struct mr_owned, conn, MR_U32),
};
static const struct mr_type owned_type = MR_TYPE("owned connection", struct mr_owned, owned_fields);

uint32_t mr_owner_pack(struct mr_owner o)
{
    MR_ASSERT(o.unit < MR_OWNER_UNITS && o.slot < MR_OWNER_SLOTS);
    return (uint32_t)o.class << 26 | (uint32_t)o.unit << 14 | o.slot;
}

struct mr_owner mr_owner_unpack(uint32_t packed)
{
    uint32_t class = packed >> 26;
    return (struct mr_owner){class < MR_OWNER_CLASSES ? (enum mr_owner_class) class : MR_OWNER_NONE,
                             (uint16_t)(packed >> 14 & (MR_OWNER_UNITS - 1)), (uint16_t)(packed & (MR_OWNER_SLOTS - 1))};
}

bool mr_env_init(struct mr_env *env, uint32_t connections)
{
    MR_ASSERT(connections > 0 && connections <= MR_CONNS_MAX && (connections & (connections - 1)) == 0);
    env->nowned = connections;
    env->owned = mr_arena_new(env->arena, &owned_type, connections, "owned connections");
    return env->owned != NULL;
}

static struct mr_owned *entry(struct mr_env *env, mr_conn conn)
{
    return &env->owned[conn & (env->nowned - 1)];
}

void mr_env_register(struct mr_env *env, enum mr_owner_class c, const struct mr_owner_ops *ops, void *ctx)
{
    env->classes[c].ops = ops;
    env->classes[c].ctx = ctx;
}

void mr_env_own(struct mr_env *env, mr_conn conn, struct mr_owner o)
{
    *entry(env, conn) = (struct mr_owned){mr_owner_pack(o), conn};
}

void mr_env_disown(struct mr_env *env, mr_conn conn)
{
    if (entry(env, conn)->conn == conn) {
        *entry(env, conn) = (struct mr_owned){0};
    }
}

void mr_env_disown_all(struct mr_env *env)
{
    memset(env->owned, 0, sizeof *env->owned * env->nowned);
}

static uint32_t owner_of_conn(struct mr_env *env, mr_conn conn)
{
    return entry(env, conn)->conn == conn ? entry(env, conn)->owner : 0;
}

/* Connections belong to who was told of them; answers to connect and ping carry their asker as token. */
static uint32_t owner_of(struct mr_env *env, const struct mr_net_event *ev)
{
    switch (ev->kind) {
    case MR_NET_CONNECTED:
    case MR_NET_FAILED:
    case MR_NET_PONG:
        return ev->token;
    case MR_NET_DATA:
    case MR_NET_CLOSED:
        return owner_of_conn(env, ev->conn);
    case MR_NET_ACCEPTED:
    case MR_NET_DATAGRAM:
    case MR_NET_FRAME:
    case MR_NET_DENIED:
        break;
    }
    return 0;
}

static struct mr_traced traced(const struct mr_env *env, struct mr_owner o)
{
    const struct mr_owner_ops *ops = env->classes[o.class].ops;
    return ops && ops->traced ? ops->traced(env->classes[o.class].ctx, o) : (struct mr_traced){MR_TRACE_SUBJECTS, NULL};
}

bool mr_env_dispatch(struct mr_env *env, const struct mr_net_event *ev)
{
    struct mr_owner o = mr_owner_unpack(owner_of(env, ev));
    if (o.class == MR_OWNER_NONE || !env->classes[o.class].ops || !env->classes[o.class].ops->net) {
        return false;
    }
    if (env->traced != 0) {
        const struct mr_traced t = traced(env, o);
        mr_trace_net(env, t.subject, t.device, ev);
    }
    if (ev->kind == MR_NET_CONNECTED) {
        mr_env_own(env, ev->conn, o);
    }
    if (ev->kind == MR_NET_CLOSED) {
        mr_env_disown(env, ev->conn);
    }
    env->classes[o.class].ops->net(env->classes[o.class].ctx, o, ev);
    return true;
}

void mr_env_timer(struct mr_env *env, const struct mr_timer *t)
{
    struct mr_owner o = mr_owner_unpack(t->handler);
    if (env->traced != 0) {
        const struct mr_traced of = traced(env, o);
        mr_trace(env, of.subject, of.device, "timer");
    }
    if (env->classes[o.class].ops && env->classes[o.class].ops->timer) {
        env->classes[o.class].ops->timer(env->classes[o.class].ctx, o, t->b);
    }
}

enum mr_err mr_env_connect(struct mr_env *env, uint16_t node, struct mr_addr to, struct mr_owner o)
{
    if (env->traced != 0) {
        const struct mr_traced t = traced(env, o);
        char ip[16];
        mr_trace(env, t.subject, t.device, "connect to %s:%u", mr_ip_format(to.ip, ip), to.port);
    }
    return env->net->ops->connect(env->net, node, to, mr_owner_pack(o));
}

enum mr_err mr_env_send(struct mr_env *env, mr_conn conn, struct mr_slice data)
{
    if (env->traced != 0) {
        const struct mr_traced t = traced(env, mr_owner_unpack(owner_of_conn(env, conn)));
        char what[16];
        (void)snprintf(what, sizeof what, "#%u out", conn);
        mr_trace_bytes(env, t.subject, t.device, what, data);
    }
    return env->net->ops->send(env->net, conn, data);
}

void mr_env_after(struct mr_env *env, mr_ns in, struct mr_owner o, uint64_t b)
{
    enum mr_err err = mr_queue_add(env->queue, env->now + in, mr_owner_pack(o), 0, b);
    MR_ASSERT(err == MR_OK);
}

void mr_env_cancel(struct mr_env *env, struct mr_owner o)
{
    (void)mr_queue_remove(env->queue, mr_owner_pack(o), 0);
}

void mr_env_emit(struct mr_env *env, enum mr_event_kind kind, const char *subject, const char *object, const char *detail,
                 int64_t number, double value)
{
    struct mr_event e = {.kind = kind, .at = env->now, .number = number, .value = value};
    mr_str_copy(e.subject, sizeof e.subject, subject ? subject : "");
    mr_str_copy(e.object, sizeof e.object, object ? object : "");
    mr_str_copy(e.detail, sizeof e.detail, detail ? detail : "");
    env->emit(env->ctx, &e);
}

const char *mr_ip_format(uint32_t ip, char buf[16])
{
    (void)snprintf(buf, 16, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
    return buf;
}
