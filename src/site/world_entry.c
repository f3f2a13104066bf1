/* world_entry.c - outside clients in loopback mode: wire accepts them on entry ports and tells core; here each becomes a client
 * in the simulated network, on the entry node of its device's zone, and bytes are handed on both ways. */
#include "device/trace.h"
#include "site/world_internal.h"

#define MR_ENTRIES        256   /* outside clients at a time: more than any test or team needs; of a site with many devices ... */
#define MR_ENTRIES_DEVICE 2     /* ... so many for each */
#define MR_ENTRY_UDPS     64    /* who sent datagrams lately */
#define MR_ENTRY_UDP_MIN  50000 /* port inside of the first of them */

static const struct mr_field entry_fields[] = {
    MR_FIELD(struct mr_entry_state, live, MR_BOOL),
    MR_FIELD(struct mr_entry_state, up, MR_BOOL),
    MR_FIELD(struct mr_entry_state, gone, MR_BOOL),
    MR_FIELD(struct mr_entry_state, outer, MR_U32),
    MR_FIELD(struct mr_entry_state, inner, MR_U32),
    MR_FIELD(struct mr_entry_state, nwaiting, MR_U32),
    MR_VARIABLE(struct mr_entry_state, waiting, MR_U8, nwaiting),
};
static const struct mr_type entry_type = MR_TYPE_LIVE("entry", struct mr_entry_state, entry_fields, live);

static const struct mr_field udp_fields[] = {
    MR_FIELD(struct mr_entry_udp, live, MR_BOOL),       MR_FIELD(struct mr_entry_udp, node, MR_U16),
    MR_FIELD(struct mr_entry_udp, port, MR_U16),        MR_FIELD(struct mr_entry_udp, ip, MR_U32),
    MR_FIELD(struct mr_entry_udp, client_port, MR_U16), MR_FIELD(struct mr_entry_udp, heard, MR_I64),
};
static const struct mr_type udp_type = MR_TYPE_LIVE("entry_udp", struct mr_entry_udp, udp_fields, live);

static void close_inner(struct mr_world *w, struct mr_entry_state *e, bool reset)
{
    mr_env_disown(&w->env, e->inner);
    w->env.net->ops->close(w->env.net, e->inner, reset);
    *e = (struct mr_entry_state){0};
}

static void close_outer(struct mr_world *w, struct mr_entry_state *e, bool reset)
{
    if (!e->gone) {
        mr_world_request(w, &(struct mr_net_request){.kind = MR_NETQ_CLOSE, .conn = e->outer, .flag = reset});
    }
}

static void connected(struct mr_world *w, struct mr_entry_state *e, mr_conn inner)
{
    e->inner = inner;
    e->up = true;
    struct mr_slice first = mr_slice(e->waiting, e->nwaiting);
    bool sent = first.n == 0 || mr_env_send(&w->env, inner, first) == MR_OK;
    e->nwaiting = 0;
    if (e->gone || !sent) {
        close_outer(w, e, true);
        close_inner(w, e, !sent);
    }
}

/* From inside the simulated network. */
static void on_net(void *ctx, struct mr_owner o, const struct mr_net_event *ev)
{
    struct mr_world *w = ctx;
    if (o.slot >= w->nentries || !w->entries[o.slot].live) {
        return;
    }
    struct mr_entry_state *e = &w->entries[o.slot];
    if (ev->kind == MR_NET_CONNECTED) {
        connected(w, e, ev->conn);
    } else if (ev->kind == MR_NET_DATA) {
        mr_world_request(w, &(struct mr_net_request){.kind = MR_NETQ_SEND, .conn = e->outer, .data = ev->data});
    } else if (ev->kind == MR_NET_FAILED || ev->kind == MR_NET_CLOSED) {
        close_outer(w, e, ev->reason != MR_OK);
        *e = (struct mr_entry_state){0};
    }
}

static struct mr_traced traced(void *ctx, struct mr_owner o)
{
    (void)ctx;
    (void)o;
    return (struct mr_traced){MR_TRACE_NET, "entry"};
}

static const struct mr_owner_ops owner_ops = {on_net, NULL, traced};

bool mr_world_entry_create(struct mr_world *w)
{
    uint32_t n = MR_ENTRIES_DEVICE * (uint32_t)w->config.site->ndevices;
    w->nentries = (uint16_t)(n < MR_ENTRIES ? MR_ENTRIES : n > MR_CONNS ? MR_CONNS : n);
    w->entries = mr_arena_new(w->arena, &entry_type, w->nentries, "entries");
    w->entry_of = mr_arena_scratch(w->arena, sizeof *w->entry_of * MR_CONNS);
    mr_env_register(&w->env, MR_OWNER_ENTRY, &owner_ops, w);
    w->udps = mr_arena_new(w->arena, &udp_type, MR_ENTRY_UDPS, "entry datagrams");
    return w->entries && w->entry_of && w->udps;
}

static struct mr_entry_state *find(struct mr_world *w, mr_conn outer)
{
    struct mr_entry_state *e = &w->entries[w->entry_of[outer % MR_CONNS]];
    return e->live && !e->gone && e->outer == outer ? e : NULL;
}

/* Wire's numbers differ in their low bits. */
static void index_entry(struct mr_world *w, uint16_t i)
{
    w->entry_of[w->entries[i].outer % MR_CONNS] = i;
}

bool mr_world_entry_loaded(struct mr_world *w)
{
    for (size_t i = 0; i < MR_ENTRY_UDPS; i++) {
        if (w->udps[i].live && w->udps[i].node >= w->first_entry) {
            return false;
        }
    }
    for (uint16_t i = 0; i < w->nentries; i++) {
        if (w->entries[i].live && !w->entries[i].gone) {
            index_entry(w, i);
        }
    }
    return true;
}

static void accept(struct mr_world *w, const struct mr_net_event *ev)
{
    for (uint16_t i = 0; i < w->nentries && ev->node < w->first_entry; i++) {
        struct mr_entry_state *e = &w->entries[i];
        if (e->live) {
            continue;
        }
        *e = (struct mr_entry_state){.live = true, .outer = ev->conn};
        index_entry(w, i);
        struct mr_addr to = {w->topology.nodes[ev->node].ip, ev->local_port};
        uint16_t from = (uint16_t)(w->first_entry + w->topology.nodes[ev->node].zone);
        if (mr_env_connect(&w->env, from, to, (struct mr_owner){MR_OWNER_ENTRY, 0, i}) == MR_OK) {
            return;
        }
        *e = (struct mr_entry_state){0};
        break;
    }
    mr_world_request(w, &(struct mr_net_request){.kind = MR_NETQ_CLOSE, .conn = ev->conn, .flag = true});
}

static void outer_data(struct mr_world *w, struct mr_entry_state *e, struct mr_slice data)
{
    if (e->up && mr_env_send(&w->env, e->inner, data) == MR_OK) {
        return;
    }
    if (!e->up && data.n <= MR_ENTRY_WAITING - e->nwaiting) {
        memcpy(e->waiting + e->nwaiting, data.p, data.n);
        e->nwaiting += (uint32_t)data.n;
        return;
    }
    close_outer(w, e, true);
    e->gone = true;
    if (e->up) {
        close_inner(w, e, true);
    }
}

/* --- datagrams -------------------------------------------------------------------------------------------------------------- */

static uint16_t entry_node(const struct mr_world *w, uint16_t node)
{
    return (uint16_t)(w->first_entry + w->topology.nodes[node].zone);
}

/* The place of a client that has been heard of, or a free one, or that of the client heard of longest ago. */
static uint16_t udp_place(const struct mr_world *w, const struct mr_net_event *ev)
{
    uint16_t best = 0;
    for (uint16_t i = 0; i < MR_ENTRY_UDPS; i++) {
        const struct mr_entry_udp *u = &w->udps[i];
        if (u->live && u->node == ev->node && u->port == ev->local_port && u->ip == ev->peer.ip &&
            u->client_port == ev->peer.port) {
            return i;
        }
        const struct mr_entry_udp *b = &w->udps[best];
        best = b->live && (!u->live || u->heard < b->heard) ? i : best;
    }
    return best;
}

static void outer_datagram(struct mr_world *w, const struct mr_net_event *ev)
{
    const struct mr_net_ops *ops = w->env.net->ops;
    if (ev->node >= w->first_entry) {
        return;
    }
    uint16_t i = udp_place(w, ev), port = (uint16_t)(MR_ENTRY_UDP_MIN + i), from = entry_node(w, ev->node);
    struct mr_entry_udp *u = &w->udps[i];
    if (u->live && entry_node(w, u->node) != from) {
        (void)ops->unbind(w->env.net, entry_node(w, u->node), port);
    }
    *u = (struct mr_entry_udp){true, ev->node, ev->local_port, ev->peer.ip, ev->peer.port, w->env.now};
    (void)ops->bind(w->env.net, from, port); /* or it is already */
    (void)ops->bind(w->env.net, from, ev->local_port);
    struct mr_addr to = {w->topology.nodes[ev->node].ip, ev->local_port};
    (void)ops->datagram(w->env.net, from, port, to, ev->data);
}

/* Whose datagram answers: the client's that has the port inside; or, where a device sends to its own port at whoever talks to it,
 * as EtherNet/IP's implicit messages go, the client's that it heard last. */
static const struct mr_entry_udp *addressee(const struct mr_world *w, const struct mr_net_event *ev)
{
    uint16_t i = (uint16_t)(ev->local_port - MR_ENTRY_UDP_MIN);
    const struct mr_entry_udp *best = i < MR_ENTRY_UDPS && w->udps[i].live ? &w->udps[i] : NULL;
    for (i = 0; i < MR_ENTRY_UDPS && ev->local_port < MR_ENTRY_UDP_MIN; i++) {
        const struct mr_entry_udp *u = &w->udps[i];
        bool talks = u->live && u->port == ev->local_port && w->topology.nodes[u->node].ip == ev->peer.ip;
        best = talks && (!best || u->heard > best->heard) ? u : best;
    }
    return best;
}

/* To a client, from the port that it sent to. */
void mr_world_entry_datagram(struct mr_world *w, const struct mr_net_event *ev)
{
    const struct mr_entry_udp *u = addressee(w, ev);
    if (u) {
        mr_world_request(
            w, &(struct mr_net_request){
                   .kind = MR_NETQ_DATAGRAM, .node = u->node, .port = u->port, .to = {u->ip, u->client_port}, .data = ev->data});
    }
}

/* From outside, by wire. */
void mr_world_entry_input(struct mr_world *w, const struct mr_net_event *ev)
{
    if (ev->kind == MR_NET_DATAGRAM) {
        outer_datagram(w, ev);
        return;
    }
    if (ev->kind == MR_NET_ACCEPTED) {
        accept(w, ev);
        return;
    }
    struct mr_entry_state *e = find(w, ev->conn);
    if (e && ev->kind == MR_NET_DATA) {
        outer_data(w, e, ev->data);
    } else if (e && ev->kind == MR_NET_CLOSED) {
        e->gone = true;
        if (e->up) {
            close_inner(w, e, ev->reason != MR_OK);
        }
    }
}

/* Wire has begun anew: no outside client is left. */
void mr_world_entry_reset(struct mr_world *w)
{
    for (size_t i = 0; i < w->nentries; i++) {
        struct mr_entry_state *e = &w->entries[i];
        e->gone = e->live;
        if (e->live && e->up) {
            close_inner(w, e, true);
        }
    }
}
