/* net_sim.c - the simulated network: made from a topology, its event loop, and what may be asked of it (net.h). */
#include "net/net_sim.h"

#include "net/sim_internal.h"

#define PING_DATA     56    /* bytes, as ping(8) */
#define FIRST_DYNAMIC 32768 /* ports of callers: 32768-60999, as Linux */
#define LAST_DYNAMIC  60999

static struct mr_net_sim *of(struct mr_net *n)
{
    return (struct mr_net_sim *)n; /* its first member */
}

void mr_nsim_deliver(struct mr_net_sim *s, const struct mr_net_event *ev)
{
    s->deliver(s->deliver_ctx, ev);
}

/* ---- requests ---- */
static enum mr_err add_port(struct mr_net_sim *s, uint16_t node, uint8_t proto, uint16_t port)
{
    if (node >= s->topology->nnodes || port == 0) {
        return MR_E_INVALID;
    }
    if (mr_nsim_port_find(s, node, proto, port)) {
        return MR_E_IN_USE;
    }
    uint32_t i = mr_pool_take(&s->port_pool);
    if (i == MR_NONE) {
        return MR_E_FULL;
    }
    s->ports[i] = (struct port){true, proto, node, port, s->port_heads[node], 0};
    s->port_heads[node] = i + 1;
    return MR_OK;
}

static enum mr_err request_listen(struct mr_net *n, uint16_t node, uint16_t port)
{
    return add_port(of(n), node, MR_IP_TCP, port);
}

static enum mr_err request_bind(struct mr_net *n, uint16_t node, uint16_t port)
{
    return add_port(of(n), node, MR_IP_UDP, port);
}

static void remove_port(struct mr_net_sim *s, struct port *p)
{
    uint32_t i = (uint32_t)(p - s->ports);
    uint32_t *link = &s->port_heads[p->node];
    while (*link != i + 1) {
        link = &s->ports[*link - 1].next;
    }
    *link = p->next;
    *p = (struct port){0};
    mr_pool_give(&s->port_pool, i);
}

static enum mr_err request_unlisten(struct mr_net *n, uint16_t node, uint16_t port)
{
    struct mr_net_sim *s = of(n);
    struct port *p = mr_nsim_port_find(s, node, MR_IP_TCP, port);
    if (!p) {
        return MR_E_NOT_FOUND;
    }
    for (uint32_t k = 0; p->half_open > 0 && k < s->config.connections; k++) {
        if (s->tcbs[k].listener == (uint32_t)(p - s->ports) + 1) {
            mr_nsim_tcb_free(s, &s->tcbs[k]);
        }
    }
    remove_port(s, p);
    return MR_OK;
}

static enum mr_err request_unbind(struct mr_net *n, uint16_t node, uint16_t port)
{
    struct mr_net_sim *s = of(n);
    struct port *p = mr_nsim_port_find(s, node, MR_IP_UDP, port);
    if (!p) {
        return MR_E_NOT_FOUND;
    }
    remove_port(s, p);
    return MR_OK;
}

/* A port of the node's that no connection to `to` uses; 0 where there is none. */
static uint16_t dynamic_port(struct mr_net_sim *s, uint16_t node, struct mr_addr to)
{
    struct card *c = &s->cards[node];
    for (uint32_t k = 0; k <= LAST_DYNAMIC - FIRST_DYNAMIC; k++) {
        uint16_t port = c->next_port;
        c->next_port = port < LAST_DYNAMIC ? (uint16_t)(port + 1) : FIRST_DYNAMIC;
        if (!mr_nsim_tcb_find(s, node, port, to.ip, to.port) && !mr_nsim_port_find(s, node, MR_IP_TCP, port)) {
            return port;
        }
    }
    return 0;
}

static enum mr_err request_connect(struct mr_net *n, uint16_t node, struct mr_addr to, uint32_t token)
{
    struct mr_net_sim *s = of(n);
    if (node >= s->topology->nnodes || to.ip == 0 || to.port == 0) {
        return MR_E_INVALID;
    }
    uint16_t port = dynamic_port(s, node, to);
    struct tcb *t = port != 0 ? mr_nsim_tcb_new(s, node, port, to) : NULL;
    if (!t) {
        return MR_E_FULL;
    }
    t->state = SYN_SENT;
    t->app = true;
    t->token = token;
    mr_nsim_tcp_syn(s, t);
    return MR_OK;
}

static enum mr_err request_send(struct mr_net *n, mr_conn conn, struct mr_slice data)
{
    struct mr_net_sim *s = of(n);
    struct tcb *t = mr_nsim_tcb_of(s, conn);
    if (!t || t->state != ESTABLISHED || t->fin || t->report != 0) {
        return MR_E_CLOSED;
    }
    enum mr_err err = mr_nsim_tcb_queue(s, t, data);
    if (err == MR_OK && data.n > 0) {
        mr_nsim_tcp_output(s, t);
    }
    return err;
}

static void request_close(struct mr_net *n, mr_conn conn, bool reset)
{
    struct mr_net_sim *s = of(n);
    struct tcb *t = mr_nsim_tcb_of(s, conn);
    if (!t || t->report != 0) {
        return;
    }
    if (reset || t->rx != 0) { /* unread data is lost, and the peer shall know: RFC 9293, 3.6.1 */
        mr_nsim_tcp_reset(s, t);
        mr_nsim_tcb_end(s, t, reset ? MR_E_CLOSED : MR_OK);
        return;
    }
    mr_nsim_tcb_report(s, t, MR_OK);
    t->fin = true;
    t->state = FIN_WAIT_1;
    mr_nsim_tcp_output(s, t);
}

static enum mr_err request_datagram(struct mr_net *n, uint16_t node, uint16_t local_port, struct mr_addr to, struct mr_slice data)
{
    struct mr_net_sim *s = of(n);
    if (node >= s->topology->nnodes || to.ip == 0 || to.port == 0) {
        return MR_E_INVALID;
    }
    if (data.n > MR_UDP_MAX) {
        return MR_E_RANGE;
    }
    struct packet *p = mr_nsim_packet(s);
    if (!p) {
        return MR_E_FULL;
    }
    p->h.kind = MR_FRAME_UDP;
    p->h.proto = MR_IP_UDP;
    p->h.src = s->nics[node].ip;
    p->h.dst = to.ip;
    p->h.sport = local_port;
    p->h.dport = to.port;
    p->n = p->payload_n = (uint16_t)data.n;
    if (data.n > 0) {
        memcpy(p->data, data.p, data.n);
    }
    mr_nsim_ip_output(s, node, p);
    return MR_OK;
}

static enum mr_err request_frame(struct mr_net *n, uint16_t node, struct mr_slice frame)
{
    struct mr_net_sim *s = of(n);
    if (node >= s->topology->nnodes) {
        return MR_E_INVALID;
    }
    if (frame.n < MR_ETH_HEAD || frame.n > MR_FRAME_MAX) {
        return MR_E_RANGE;
    }
    struct packet *p = mr_nsim_packet(s);
    if (!p) {
        return MR_E_FULL;
    }
    memcpy(p->data, frame.p, frame.n);
    p->n = (uint32_t)frame.n;
    p->raw = true;
    struct mr_slice payload;
    if (mr_frame_decode(mr_slice(p->data, p->n), &p->h, &payload) != MR_OK) {
        p->h.kind = MR_FRAME_OTHER; /* it travels, but nobody understands it */
        payload = mr_slice(NULL, 0);
    }
    p->payload_at = payload.p ? (uint16_t)(payload.p - p->data) : 0;
    p->payload_n = (uint16_t)payload.n;
    mr_nsim_transmit(s, node, p);
    return MR_OK;
}

static enum mr_err request_want_frames(struct mr_net *n, uint16_t node, bool on)
{
    struct mr_net_sim *s = of(n);
    if (node >= s->topology->nnodes) {
        return MR_E_INVALID;
    }
    s->cards[node].wants_frames = on;
    return MR_OK;
}

static enum mr_err request_ping(struct mr_net *n, uint16_t node, uint32_t ip, uint32_t token)
{
    struct mr_net_sim *s = of(n);
    if (node >= s->topology->nnodes || ip == 0) {
        return MR_E_INVALID;
    }
    struct packet *p = mr_nsim_packet(s);
    uint32_t i = p ? mr_pool_take(&s->ping_pool) : MR_NONE;
    if (i == MR_NONE) {
        if (p) {
            mr_nsim_packet_free(s, p);
        }
        return MR_E_FULL;
    }
    s->pings[i] = (struct ping){true, node, ip, token};
    mr_nsim_timer_set(s, timer_of_ping(s, i), s->g->now + MR_NET_PING_WAIT);
    p->h.kind = MR_FRAME_ICMP;
    p->h.proto = MR_IP_ICMP;
    p->h.src = s->nics[node].ip;
    p->h.dst = ip;
    p->h.icmp_type = MR_ICMP_ECHO;
    p->h.seq = i << 16 | 1;
    p->n = p->payload_n = PING_DATA;
    for (uint8_t k = 0; k < PING_DATA; k++) {
        p->data[k] = k;
    }
    mr_nsim_ip_output(s, node, p);
    return MR_OK;
}

static enum mr_err request_rules(struct mr_net *n, const struct mr_fw_table *table)
{
    struct mr_net_sim *s = of(n);
    char why[128];
    enum mr_err err = mr_fw_check(table, why, sizeof why);
    if (err == MR_OK) {
        s->g->table = *table;
        mr_fw_meters_fill(s->g->meters, table, s->g->now);
    }
    return err;
}

static enum mr_err request_link(struct mr_net *n, uint16_t node, bool up)
{
    struct mr_net_sim *s = of(n);
    if (node >= s->topology->nnodes) {
        return MR_E_INVALID;
    }
    s->cards[node].down = !up;
    if (!up) {
        mr_nsim_forget_macs(s, node); /* a switch forgets what it learnt on a dead port */
    }
    return MR_OK;
}

static const struct mr_net_ops ops = {
    .listen = request_listen,
    .unlisten = request_unlisten,
    .bind = request_bind,
    .unbind = request_unbind,
    .connect = request_connect,
    .send = request_send,
    .close = request_close,
    .datagram = request_datagram,
    .frame = request_frame,
    .want_frames = request_want_frames,
    .ping = request_ping,
    .rules = request_rules,
    .link = request_link,
};

enum mr_err mr_net_sim_hold(struct mr_net_sim *s, mr_conn conn, bool on)
{
    struct tcb *t = mr_nsim_tcb_of(s, conn);
    if (!t) {
        return MR_E_CLOSED;
    }
    if (t->held && !on) {
        mr_nsim_timer_set(s, tcb_index(s, t), s->g->now); /* what waits is handed over by the event loop */
    }
    t->held = on;
    return MR_OK;
}

/* ---- creation ---- */
static uint32_t power_of_two(uint32_t n)
{
    uint32_t p = WAYS;
    while (p < n) {
        p *= 2;
    }
    return p;
}

static uint32_t either(uint32_t asked, uint32_t otherwise)
{
    return asked != 0 ? asked : otherwise;
}

static struct mr_net_sim_config sizes(const struct mr_net_sim_config *asked, uint32_t nodes)
{
    struct mr_net_sim_config c = *asked;
    c.connections = either(c.connections, 64 + 16 * nodes);
    c.packets = either(c.packets, 512 + 4 * nodes);
    c.chunks = either(c.chunks, 1024 + 8 * nodes);
    c.ports = either(c.ports, 64 + 16 * nodes);
    c.flows = either(c.flows, 1024 + c.connections);
    c.pings = either(c.pings, 256);
    c.neighbours = power_of_two(either(c.neighbours, 1024 + 16 * nodes));
    c.backlog = either(c.backlog, 64);
    return c;
}

static uint32_t mask_of(uint8_t prefix)
{
    return prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
}

static void describe_cards(struct mr_net_sim *s)
{
    const struct mr_topology *t = s->topology;
    for (uint16_t i = 0; i < t->nnodes; i++) {
        const struct mr_zone *z = &t->zones[t->nodes[i].zone];
        s->nics[i] =
            (struct nic){mr_mac(t->nodes[i].mac), t->nodes[i].ip, mask_of(z->prefix), z->gateway, t->nodes[i].zone, false};
    }
    for (uint16_t i = 0; i < t->nzones; i++) {
        const struct mr_zone *z = &t->zones[i];
        s->nics[t->nnodes + i] = (struct nic){mr_mac(z->gateway_mac), z->gateway, mask_of(z->prefix), 0, i, z->gateway != 0};
    }
    uint16_t n = 0;
    for (uint16_t z = 0; z < t->nzones; z++) {
        s->member_at[z] = n;
        for (uint16_t card = 0; card < s->ncards; card++) {
            if ((card < t->nnodes || s->nics[card].router) && s->nics[card].zone == z) {
                s->members[n++] = card;
            }
        }
        s->member_at[z + 1] = n;
    }
}

static bool make_pools(struct mr_net_sim *s, struct mr_arena *a)
{
    const struct mr_net_sim_config *c = &s->config;
    uint32_t macs = power_of_two(256 + 4U * s->ncards);
    uint32_t heads = power_of_two(c->connections);
    s->mac_mask = macs - 1;
    s->neighbour_mask = c->neighbours - 1;
    s->tcb_mask = heads - 1;
    s->timer_cap = c->connections + c->neighbours + c->pings;
    s->g = mr_arena_new(a, &mr_nsim_globals_type, 1, "net");
    s->cards = mr_arena_new(a, &mr_nsim_card_type, s->ncards, "net.cards");
    s->packets = mr_arena_new(a, &mr_nsim_packet_type, c->packets, "net.packets");
    s->chunks = mr_arena_new(a, &mr_nsim_chunk_type, c->chunks, "net.chunks");
    s->tcbs = mr_arena_new(a, &mr_nsim_tcb_type, c->connections, "net.connections");
    s->generations = mr_arena_bytes(a, c->connections * sizeof *s->generations, "net.connection_numbers");
    s->tcb_heads = mr_arena_bytes(a, heads * sizeof *s->tcb_heads, "net.connection_heads");
    s->ports = mr_arena_new(a, &mr_nsim_port_type, c->ports, "net.ports");
    s->port_heads = mr_arena_bytes(a, (s->topology->nnodes + 1U) * sizeof *s->port_heads, "net.port_heads");
    s->macs = mr_arena_new(a, &mr_nsim_mac_type, macs, "net.macs");
    s->neighbours = mr_arena_new(a, &mr_nsim_neighbour_type, c->neighbours, "net.neighbours");
    s->pings = mr_arena_new(a, &mr_nsim_ping_type, c->pings, "net.pings");
    s->timers = mr_arena_new(a, &mr_nsim_timer_type, s->timer_cap, "net.timers");
    s->timer_places = mr_arena_bytes(a, s->timer_cap * sizeof *s->timer_places, "net.timer_places");
    s->conntrack = mr_conntrack_create(a, c->flows);
    return s->g && s->cards && s->packets && s->chunks && s->tcbs && s->generations && s->tcb_heads && s->ports &&
           s->port_heads && s->macs && s->neighbours && s->pings && s->timers && s->timer_places && s->conntrack &&
           mr_pool_create(&s->packet_pool, a, c->packets, "net.packet_pool") &&
           mr_pool_create(&s->chunk_pool, a, c->chunks, "net.chunk_pool") &&
           mr_pool_create(&s->tcb_pool, a, c->connections, "net.connection_pool") &&
           mr_pool_create(&s->port_pool, a, c->ports, "net.port_pool") &&
           mr_pool_create(&s->ping_pool, a, c->pings, "net.ping_pool");
}

struct mr_net_sim *mr_net_sim_create(struct mr_arena *arena, const struct mr_topology *topology,
                                     const struct mr_net_sim_config *config, mr_net_deliver_fn *deliver, void *ctx)
{
    struct mr_net_sim_config c = sizes(config, topology->nnodes);
    if (topology->nnodes > MR_NODES_MAX || topology->nzones > MR_ZONES_MAX || c.connections > UINT16_MAX ||
        c.pings > UINT16_MAX) {
        return NULL;
    }
    uint16_t ncards = (uint16_t)(topology->nnodes + topology->nzones);
    struct mr_net_sim *s = mr_arena_scratch(arena, sizeof *s);
    struct nic *nics = mr_arena_scratch(arena, ncards * sizeof *nics);
    uint16_t *members = mr_arena_scratch(arena, ncards * sizeof *members);
    if (!s || !nics || !members) {
        return NULL;
    }
    *s = (struct mr_net_sim){.net = {&ops},
                             .topology = topology,
                             .config = c,
                             .deliver = deliver,
                             .deliver_ctx = ctx,
                             .nics = nics,
                             .ncards = ncards,
                             .members = members};
    if (!make_pools(s, arena)) {
        return NULL;
    }
    describe_cards(s);
    s->g->table.fallback = MR_FW_ALLOW; /* until rules come */
    s->g->rng_loss = mr_rng_stream(c.seed, "net.loss");
    s->g->rng_tcp = mr_rng_stream(c.seed, "net.tcp");
    for (uint16_t i = 0; i < topology->nnodes; i++) {
        s->cards[i].next_port = (uint16_t)(FIRST_DYNAMIC + mr_rng_below(&s->g->rng_tcp, LAST_DYNAMIC - FIRST_DYNAMIC));
        s->cards[i].ip_id = (uint16_t)mr_rng_u64(&s->g->rng_tcp);
    }
    return s;
}

struct mr_net *mr_net_sim_net(struct mr_net_sim *sim)
{
    return &sim->net;
}

void mr_net_sim_tap(struct mr_net_sim *sim, mr_net_tap_fn *tap, void *ctx)
{
    sim->tap = tap;
    sim->tap_ctx = ctx;
}

/* ---- time ---- */
static const struct packet *first_packet(const struct mr_net_sim *s)
{
    return s->g->flight_head != 0 ? &s->packets[s->g->flight_head - 1] : NULL;
}

/* True where a packet comes before every timer; `*at` is when the first event is, MR_NEVER_NS for none. */
static bool packet_is_next(const struct mr_net_sim *s, mr_ns *at)
{
    const struct packet *p = first_packet(s);
    const struct timer *t = s->g->ntimers > 0 ? &s->timers[0] : NULL;
    bool packet = p && (!t || p->at < t->at || (p->at == t->at && p->order < t->order));
    *at = packet ? p->at : t ? t->at : MR_NEVER_NS;
    return packet;
}

mr_ns mr_net_sim_next(const struct mr_net_sim *sim)
{
    mr_ns at;
    (void)packet_is_next(sim, &at);
    return at;
}

mr_ns mr_net_sim_now(const struct mr_net_sim *sim)
{
    return sim->g->now;
}

void mr_net_sim_set_now(struct mr_net_sim *sim, mr_ns now)
{
    MR_ASSERT(now >= sim->g->now);
    sim->g->now = now;
}

static void fire(struct mr_net_sim *s)
{
    uint32_t id = mr_nsim_timer_pop(s);
    if (id < timer_of_neighbour(s, 0)) {
        mr_nsim_tcb_timer(s, id);
    } else if (id < timer_of_ping(s, 0)) {
        mr_nsim_neighbour_timer(s, id - timer_of_neighbour(s, 0));
    } else {
        mr_nsim_ping_timer(s, id - timer_of_ping(s, 0));
    }
}

void mr_net_sim_advance(struct mr_net_sim *sim, mr_ns now)
{
    mr_ns at;
    for (bool packet = packet_is_next(sim, &at); at <= now && at != MR_NEVER_NS; packet = packet_is_next(sim, &at)) {
        sim->g->now = at > sim->g->now ? at : sim->g->now;
        if (packet) {
            mr_nsim_arrive(sim);
        } else {
            fire(sim);
        }
    }
    mr_net_sim_set_now(sim, now);
}

struct mr_net_sim_stats mr_net_sim_stats(const struct mr_net_sim *sim)
{
    return (struct mr_net_sim_stats){mr_pool_used(&sim->tcb_pool),
                                     mr_pool_used(&sim->packet_pool),
                                     mr_pool_used(&sim->chunk_pool),
                                     mr_conntrack_used(sim->conntrack),
                                     sim->g->frames,
                                     sim->g->dropped};
}
