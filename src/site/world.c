#include "device/trace.h"
#include "site/world_internal.h"

#include <stdio.h>

/* A site's least, and so much for each of its devices where there are many. */
#define MR_WORLD_TIMERS       8192 /* bounded by the owners there can be: links, services, stations, steps and their rounds */
#define MR_DEVICE_TIMERS      4
#define MR_WORLD_CONNECTIONS  4096 /* both ends of all that devices, actors and outside clients can hold open */
#define MR_DEVICE_CONNECTIONS 4
_Static_assert(MR_DEVICE_CONNECTIONS *MR_NODES_MAX <= MR_CONNS_MAX, "the largest site's connections can be owned");
#define MR_WORLD_SECOND  MR_S
#define MR_DENIAL_REPEAT (10 * MR_S) /* denials of one flow are told at most this often */
#define MR_ENTRY_HOST    250         /* last byte of an entry node's address in its zone */

enum world_timer { WORLD_STEP, WORLD_SECOND };

static const struct mr_field state_fields[] = {
    MR_FIELD(struct mr_world_state, event_time, MR_I64), MR_FIELD(struct mr_world_state, paused_for, MR_I64),
    MR_FIELD(struct mr_world_state, paused_at, MR_I64),  MR_FIELD(struct mr_world_state, paused, MR_BOOL),
    MR_FIELD(struct mr_world_state, started, MR_BOOL),   MR_FIELD(struct mr_world_state, begun, MR_BOOL),
    MR_FIELD(struct mr_world_state, begun_at, MR_I64),   MR_FIELD(struct mr_world_state, seq, MR_U64),
    MR_FIELD(struct mr_world_state, index, MR_U32),      MR_FIELD(struct mr_world_state, damage, MR_U64),
    MR_FIELD(struct mr_world_state, outputs, MR_U64),    MR_SUB(struct mr_world_state, rules, &mr_fw_table_type),
};
static const struct mr_type state_type = MR_TYPE("world", struct mr_world_state, state_fields);

static const struct mr_field denial_fields[] = {
    MR_FIELD(struct mr_world_denial, live, MR_BOOL), MR_FIELD(struct mr_world_denial, rule, MR_U16),
    MR_FIELD(struct mr_world_denial, proto, MR_U8),  MR_FIELD(struct mr_world_denial, from, MR_U32),
    MR_FIELD(struct mr_world_denial, to, MR_U32),    MR_FIELD(struct mr_world_denial, port, MR_U16),
    MR_FIELD(struct mr_world_denial, count, MR_U32), MR_FIELD(struct mr_world_denial, told, MR_I64),
};
static const struct mr_type denial_type = MR_TYPE_LIVE("denial", struct mr_world_denial, denial_fields, live);

static mr_ns site_time(const struct mr_world *w, mr_ns event_time)
{
    return (w->st->paused ? w->st->paused_at : event_time) - w->st->paused_for;
}

/* --- what it says ----------------------------------------------------------------------------------------------------------- */

static void emit(void *ctx, const struct mr_event *e)
{
    struct mr_world *w = ctx;
    struct mr_event told = *e;
    told.input = w->st->seq;
    told.index = w->st->index++;
    told.at = w->env.now;
    mr_trace(&w->env, MR_TRACE_EVENT, e->subject, "%s%s%s%s%s %lld", mr_event_name(e->kind), e->object[0] ? " " : "", e->object,
             e->detail[0] ? " " : "", e->detail, (long long)e->number);
    if (w->config.out.event) {
        w->config.out.event(w->config.out.ctx, &told);
    }
}

static void view(void *ctx, uint16_t tag, double value, uint8_t quality)
{
    struct mr_world *w = ctx;
    if (w->config.out.view) {
        w->config.out.view(w->config.out.ctx, w->env.now, tag, value, quality);
    }
}

static void trace(void *ctx, const char *line)
{
    const struct mr_world *w = ctx;
    mr_ns at = w->st->paused ? w->st->event_time : w->env.now + w->st->paused_for;
    char timed[MR_TRACE_LINE + 32];
    (void)snprintf(timed, sizeof timed, "%lld.%06lld %s", (long long)(at / MR_S), (long long)(at % MR_S / MR_US), line);
    w->config.out.trace(w->config.out.ctx, timed);
}

static double tag_value(void *ctx, uint16_t tag)
{
    struct mr_world *w = ctx;
    const struct mr_tag *t = &w->config.site->tags[tag];
    return mr_image_get(mr_plc_image(mr_controller_plc(mr_devices_controller(w->devices, t->device))), &t->place);
}

void mr_world_request(struct mr_world *w, const struct mr_net_request *q)
{
    w->st->outputs++;
    if (w->config.out.request) {
        w->config.out.request(w->config.out.ctx, q);
    }
}

static void live_request(void *ctx, const struct mr_net_request *q)
{
    mr_world_request(ctx, q);
}

static void tap(void *ctx, uint16_t zone, mr_ns t, struct mr_slice frame)
{
    struct mr_world *w = ctx;
    w->config.out.frame(w->config.out.ctx, zone, t, frame);
}

/* --- what it hears ---------------------------------------------------------------------------------------------------------- */

static void tell_denial(struct mr_world *w, struct mr_world_denial *d)
{
    char from[16];
    char to[16];
    char target[32];
    const struct mr_fw_table *t = &w->st->rules;
    const char *rule = d->rule < t->nrules ? t->rules[d->rule].id : "default";
    (void)mr_ip_format(d->from, from);
    (void)snprintf(target, sizeof target, "%s:%u", mr_ip_format(d->to, to), d->port);
    mr_env_emit(&w->env, MR_EV_DENIED, rule, from, target, d->proto, d->count);
    d->count = 0;
    d->told = w->env.now;
}

/* The same flow again and again is one event now and then, with a count. */
static void denied(struct mr_world *w, const struct mr_net_event *ev)
{
    struct mr_world_denial *slot = &w->denials[0];
    for (size_t i = 0; i < MR_WORLD_DENIALS; i++) {
        struct mr_world_denial *d = &w->denials[i];
        if (d->live && d->rule == ev->rule && d->proto == ev->proto && d->from == ev->from.ip && d->to == ev->peer.ip &&
            d->port == ev->peer.port) {
            d->count++;
            if (w->env.now - d->told >= MR_DENIAL_REPEAT) {
                tell_denial(w, d);
            }
            return;
        }
        if (!d->live || (slot->live && d->told < slot->told)) {
            slot = d;
        }
    }
    if (slot->live && slot->count > 0) {
        tell_denial(w, slot);
    }
    *slot = (struct mr_world_denial){true, ev->rule, ev->proto, ev->from.ip, ev->peer.ip, ev->peer.port, 1, 0};
    tell_denial(w, slot);
}

/* Denials were counted by the rules of the table before: what has not been told of them is, while its rules have names. */
enum mr_err mr_world_put_rules(struct mr_world *w, const struct mr_fw_table *table)
{
    for (size_t i = 0; i < MR_WORLD_DENIALS; i++) {
        if (w->denials[i].live && w->denials[i].count > 0) {
            tell_denial(w, &w->denials[i]);
        }
        w->denials[i] = (struct mr_world_denial){0};
    }
    w->st->rules = *table;
    return w->env.net->ops->rules(w->env.net, table);
}

/* The device that was meant by what nobody takes, where that is known. */
static const char *meant(const struct mr_world *w, const struct mr_net_event *ev)
{
    bool known = ev->kind == MR_NET_ACCEPTED || ev->kind == MR_NET_DATAGRAM || ev->kind == MR_NET_FRAME;
    return known && ev->node < w->topology.nnodes ? w->topology.nodes[ev->node].name : NULL;
}

static void deliver(void *ctx, const struct mr_net_event *ev)
{
    struct mr_world *w = ctx;
    if (ev->kind == MR_NET_DENIED) {
        mr_trace_net(&w->env, MR_TRACE_NET, NULL, ev);
        denied(w, ev);
    } else if (ev->kind == MR_NET_DATAGRAM && ev->node >= w->first_entry) {
        mr_world_entry_datagram(w, ev);
    } else if (!mr_env_dispatch(&w->env, ev) && !mr_devices_net(w->devices, ev)) {
        mr_trace_net(&w->env, MR_TRACE_NET, meant(w, ev), ev);
        if (ev->kind == MR_NET_ACCEPTED) {
            w->env.net->ops->close(w->env.net, ev->conn, true);
        }
    }
}

/* --- time ------------------------------------------------------------------------------------------------------------------- */

static void on_timer(void *ctx, struct mr_owner o, uint64_t b)
{
    (void)b;
    struct mr_world *w = ctx;
    if (o.slot == WORLD_STEP) {
        mr_env_after(&w->env, w->config.site->step, o, 0);
        mr_trace(&w->env, MR_TRACE_PROCESS, w->config.site->model->name, "step");
        mr_plant_advance(w->env.plant, (double)w->config.site->step / (double)MR_S);
        if (mr_plant_damage(w->env.plant) != w->st->damage) {
            mr_world_watch_damage(w);
        }
    } else {
        mr_env_after(&w->env, MR_WORLD_SECOND, o, 0);
        mr_world_watch(w);
    }
}

static const struct mr_owner_ops owner_ops = {NULL, on_timer, NULL};

static mr_ns next_event(const struct mr_world *w)
{
    mr_ns timer = mr_queue_next(w->env.queue);
    mr_ns net = w->sim ? mr_net_sim_next(w->sim) : MR_NEVER_NS;
    return timer < net ? timer : net;
}

static void set_now(struct mr_world *w, mr_ns now)
{
    w->env.now = now;
    if (w->sim) {
        mr_net_sim_set_now(w->sim, now);
    }
}

/* Runs everything due up to and including `until`: at one instant timers come before frames. */
static void run(struct mr_world *w, mr_ns until)
{
    for (mr_ns next = next_event(w); next <= until; next = next_event(w)) {
        struct mr_timer t;
        set_now(w, next > w->env.now ? next : w->env.now);
        if (mr_queue_take(w->env.queue, w->env.now, &t)) {
            mr_env_timer(&w->env, &t);
        } else {
            mr_net_sim_advance(w->sim, w->env.now);
        }
    }
    set_now(w, until);
}

/* --- inputs ----------------------------------------------------------------------------------------------------------------- */

static void input_net(struct mr_world *w, struct mr_slice payload)
{
    struct mr_net_event ev;
    if (mr_net_event_decode(payload, &ev) != MR_OK) {
        return;
    }
    if (w->config.network == MR_WORLD_LIVE) {
        deliver(w, &ev);
    } else {
        mr_world_entry_input(w, &ev);
    }
}

static void input_reset(struct mr_world *w)
{
    if (w->config.network == MR_WORLD_LIVE) {
        mr_devices_reset(w->devices);
        if (w->campaign) {
            mr_campaign_reset(w->campaign);
        }
        (void)w->env.net->ops->rules(w->env.net, &w->st->rules);
    } else {
        mr_world_entry_reset(w);
    }
    mr_devices_show(w->devices);
    mr_env_emit(&w->env, MR_EV_PLATFORM, "network restarted", NULL, NULL, 0, 0);
}

static void input_pause(struct mr_world *w, bool pause)
{
    if (pause == w->st->paused) {
        return;
    }
    if (pause) {
        w->st->paused_at = w->st->event_time;
        w->st->paused = true;
    } else {
        w->st->paused_for += w->st->event_time - w->st->paused_at;
        w->st->paused = false;
    }
    mr_env_emit(&w->env, MR_EV_PAUSE, NULL, NULL, NULL, pause, 0);
}

static void input_begin(struct mr_world *w)
{
    if (w->st->begun) {
        return;
    }
    w->st->begun = true;
    w->st->begun_at = w->env.now;
    mr_env_emit(&w->env, MR_EV_BEGIN, w->config.scenario ? w->config.scenario->name : "", NULL, NULL, 0, 0);
    mr_world_watch(w);
    mr_world_checks_begin(w);
    if (w->campaign) {
        mr_campaign_begin(w->campaign);
    }
}

enum mr_err mr_world_input(struct mr_world *w, uint64_t seq, mr_ns at, uint8_t kind, struct mr_slice payload)
{
    if (at < w->st->event_time || at > MR_AGE_NS) {
        return MR_E_RANGE;
    }
    w->st->seq = seq;
    w->st->index = 0;
    w->st->event_time = at;
    run(w, site_time(w, at));
    switch (kind) {
    case MR_IN_TIME:
        break;
    case MR_IN_NET:
        input_net(w, payload);
        break;
    case MR_IN_COMMAND:
        mr_world_command(w, payload);
        break;
    case MR_IN_PAUSE:
        input_pause(w, true);
        break;
    case MR_IN_RESUME:
        input_pause(w, false);
        break;
    case MR_IN_NET_RESET:
        input_reset(w);
        break;
    case MR_IN_BEGIN:
        input_begin(w);
        break;
    default:
        return MR_E_UNSUPPORTED;
    }
    return MR_OK;
}

/* --- life ------------------------------------------------------------------------------------------------------------------- */

static uint32_t for_devices(const struct mr_world *w, uint32_t least, uint32_t each)
{
    uint32_t all = each * w->config.site->ndevices;
    return all > least ? all : least;
}

/* The topology with, for outside clients, one entry node a zone. */
static bool build_topology(struct mr_world *w)
{
    const struct mr_topology *t = w->config.scenario ? &w->config.scenario->topology : &w->config.site->topology;
    uint16_t extra = w->config.network == MR_WORLD_LOOPBACK ? t->nzones : 0;
    w->topology = *t;
    w->first_entry = t->nnodes;
    w->nodes = mr_arena_scratch(w->arena, sizeof *w->nodes * (t->nnodes + extra + 1u));
    if (!w->nodes || t->nnodes + extra > MR_NODES_MAX) {
        return false;
    }
    memcpy(w->nodes, t->nodes, sizeof *w->nodes * t->nnodes);
    for (uint16_t z = 0; z < extra; z++) {
        w->nodes[t->nnodes + z] = (struct mr_node){.name = "entry",
                                                   .zone = z,
                                                   .ip = t->zones[z].subnet + MR_ENTRY_HOST,
                                                   .mac = {0x02, 0, 0, 0, 0xee, (uint8_t)z},
                                                   .device = MR_NO_DEVICE};
    }
    w->topology.nodes = w->nodes;
    w->topology.nnodes = (uint16_t)(t->nnodes + extra);
    return true;
}

static bool build_network(struct mr_world *w)
{
    if (w->config.network == MR_WORLD_LIVE) {
        mr_net_live_init(&w->live, live_request, w);
        w->env.net = &w->live.net;
        return true;
    }
    const struct mr_net_sim_config nc = {.seed = w->config.seed,
                                         .connections = for_devices(w, MR_WORLD_CONNECTIONS, MR_DEVICE_CONNECTIONS)};
    w->sim = mr_net_sim_create(w->arena, &w->topology, &nc, deliver, w);
    if (!w->sim) {
        return false;
    }
    if (w->config.out.frame) {
        mr_net_sim_tap(w->sim, tap, w);
    }
    w->env.net = mr_net_sim_net(w->sim);
    return true;
}

static bool build(struct mr_world *w)
{
    w->st = mr_arena_new(w->arena, &state_type, 1, "world");
    w->denials = mr_arena_new(w->arena, &denial_type, MR_WORLD_DENIALS, "denials");
    w->env.queue = mr_queue_create(w->arena, for_devices(w, MR_WORLD_TIMERS, MR_DEVICE_TIMERS));
    w->env.plant = mr_plant_create(w->arena, w->config.site->model, w->config.seed, !w->config.no_noise);
    if (!w->st || !w->denials || !w->env.queue || !w->env.plant || !build_topology(w) ||
        !mr_env_init(&w->env, for_devices(w, 0, MR_DEVICE_CONNECTIONS) > MR_CONNS ? MR_CONNS_MAX : MR_CONNS) ||
        !build_network(w)) {
        return false;
    }
    mr_env_register(&w->env, MR_OWNER_WORLD, &owner_ops, w);
    w->devices = mr_devices_create(&w->env);
    if (!w->devices || !mr_world_commands_create(w) || !mr_world_watch_create(w) || !mr_world_checks_create(w) ||
        !mr_world_entry_create(w)) {
        return false;
    }
    if (w->config.scenario) {
        w->campaign = mr_campaign_create(&w->env, w->config.scenario);
        return w->campaign != NULL;
    }
    return true;
}

struct mr_world *mr_world_create(const struct mr_world_config *config, char *why, size_t cap)
{
    const size_t limit = MR_WORLD_ARENA + (size_t)MR_WORLD_ARENA_DEVICE * config->site->ndevices;
    struct mr_arena *arena = mr_arena_create(limit);
    struct mr_world *w = arena ? mr_arena_scratch(arena, sizeof *w) : NULL;
    if (!w) {
        mr_arena_destroy(arena);
        (void)snprintf(why, cap, "out of memory");
        return NULL;
    }
    *w = (struct mr_world){.config = *config, .arena = arena};
    w->env = (struct mr_env){.site = config->site,
                             .topology = &w->topology,
                             .arena = arena,
                             .seed = config->seed,
                             .epoch = config->epoch_ns,
                             .emit = emit,
                             .view = view,
                             .tag_value = tag_value,
                             .trace = trace,
                             .traced = config->out.trace ? config->out.traced : 0,
                             .ctx = w};
    if (!build(w)) {
        (void)snprintf(why, cap, "the site does not fit into the %zu MiB that a world of its size may have", limit >> 20);
        mr_arena_destroy(arena);
        return NULL;
    }
    mr_arena_seal(arena);
    return w;
}

void mr_world_destroy(struct mr_world *w)
{
    if (w) {
        mr_arena_destroy(w->arena);
    }
}

void mr_world_start(struct mr_world *w)
{
    MR_ASSERT(!w->st->started);
    w->st->started = true;
    (void)mr_world_put_rules(w, &w->config.site->rules);
    mr_env_after(&w->env, w->config.site->step, (struct mr_owner){MR_OWNER_WORLD, 0, WORLD_STEP}, 0);
    mr_env_after(&w->env, MR_WORLD_SECOND, (struct mr_owner){MR_OWNER_WORLD, 0, WORLD_SECOND}, 0);
    mr_devices_start(w->devices);
}

mr_ns mr_world_next(const struct mr_world *w)
{
    mr_ns next = w->st->paused ? MR_NEVER_NS : next_event(w);
    return next == MR_NEVER_NS ? next : next + w->st->paused_for;
}

mr_ns mr_world_time(const struct mr_world *w)
{
    return w->env.now;
}

mr_ns mr_world_event_time(const struct mr_world *w)
{
    return w->st->event_time;
}

uint64_t mr_world_seq(const struct mr_world *w)
{
    return w->st->seq;
}

uint64_t mr_world_outputs(const struct mr_world *w)
{
    return w->st->outputs;
}

bool mr_world_begun(const struct mr_world *w, mr_ns *at)
{
    *at = w->st->begun_at;
    return w->st->begun;
}

struct mr_arena *mr_world_arena(const struct mr_world *w)
{
    return w->arena;
}

struct mr_plant *mr_world_plant(struct mr_world *w)
{
    return w->env.plant;
}

enum mr_err mr_world_loaded(struct mr_world *w)
{
    const struct mr_world_state *st = w->st;
    char why[128];
    mr_ns until = st->paused ? st->paused_at : st->event_time;
    if (!st->started || st->event_time > MR_AGE_NS || until < 0 || until > st->event_time || st->paused_for < 0 ||
        st->paused_for > until) {
        return MR_E_CORRUPT;
    }
    w->env.now = site_time(w, st->event_time);
    bool good = mr_world_entry_loaded(w) && mr_fw_check(&st->rules, why, sizeof why) == MR_OK &&
                mr_queue_check(w->env.queue) == MR_OK && mr_plant_check(w->env.plant) && mr_devices_check(w->devices) &&
                mr_world_commands_check(w) && (!w->campaign || mr_campaign_check(w->campaign));
    if (!good || (w->sim && mr_net_sim_now(w->sim) > w->env.now)) {
        return MR_E_CORRUPT;
    }
    return w->sim ? mr_net_sim_check(w->sim) : MR_OK;
}

const struct mr_fw_table *mr_world_rules(const struct mr_world *w)
{
    return &w->st->rules;
}

const struct mr_topology *mr_world_topology(const struct mr_world *w)
{
    return &w->topology;
}

struct mr_devices *mr_world_devices(struct mr_world *w)
{
    return w->devices;
}
