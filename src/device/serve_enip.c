/* serve_enip.c - EtherNet/IP on a controller: explicit messages over TCP, list commands over UDP, implicit connections over
 * UDP. */
#include "device/serve.h"
#include "device/trace.h"
#include "proto/enip/enip_io.h"
#include "proto/enip/enip_server.h"

#include <stdio.h>

#define MR_SERVE_IO    32 /* connections that are open at a time, explicit and implicit */
#define MR_SERVE_LARGE 4  /* messages of more than 511 bytes that are under way at a time */

struct enip {
    struct mr_enip_device device;
    struct mr_enip_interface interface;
    struct mr_enip_settings *settings;
};

static void describe(const struct mr_host *h, struct mr_enip_interface *out)
{
    const struct mr_node *n = &h->env->topology->nodes[h->plan->node];
    const struct mr_zone *z = &h->env->topology->zones[n->zone];
    *out = (struct mr_enip_interface){.ip = n->ip,
                                      .mask = z->prefix ? UINT32_MAX << (32 - z->prefix) : 0,
                                      .gateway = z->gateway,
                                      .host = h->plan->name,
                                      .speed_mbps = 100};
    memcpy(out->mac, n->mac, sizeof out->mac);
}

static bool create(struct mr_serving *s)
{
    struct mr_arena *arena = s->host->env->arena;
    const struct mr_personality *p = s->host->plan->personality;
    const struct mr_enip_plan *plan = &s->plan->enip;
    struct enip *c = s->own = mr_arena_scratch(arena, sizeof *c);
    struct mr_enip_state *state = mr_arena_new(arena, &mr_enip_state_type, 1, "EtherNet/IP");
    struct mr_enip_connection *connections = mr_arena_new(arena, &mr_enip_connection_type, MR_SERVE_IO, "CIP connections");
    struct mr_enip_large *large = mr_arena_new(arena, &mr_enip_large_type, MR_SERVE_LARGE, "EtherNet/IP long messages");
    if (!c || !state || !connections || !large ||
        !(c->settings = mr_arena_new(arena, &mr_enip_settings_type, 1, "EtherNet/IP settings"))) {
        return false;
    }
    describe(s->host, &c->interface);
    mr_enip_state_init(state);
    state->clock = (uint64_t)s->host->env->epoch;
    c->device = (struct mr_enip_device){.image = mr_plc_variables(mr_controller_plc(s->host->controller)),
                                        .tags = plan->tags,
                                        .ntags = plan->ntags,
                                        .programs = plan->programs,
                                        .nprograms = plan->nprograms,
                                        .templates = plan->templates,
                                        .ntemplates = plan->ntemplates,
                                        .assemblies = plan->assemblies,
                                        .nassemblies = plan->nassemblies,
                                        .identity = &p->enip,
                                        .interface = &c->interface,
                                        .personality = &p->enip_manner,
                                        .settings = c->settings,
                                        .state = state,
                                        .connections = connections,
                                        .nconnections = MR_SERVE_IO,
                                        .large = large,
                                        .nlarge = MR_SERVE_LARGE};
    void *index = mr_arena_scratch(arena, mr_enip_index_bytes(&c->device));
    return index && mr_enip_device_init(&c->device, index);
}

static void add_rights(struct mr_enip_settings *out, const struct mr_setting_value *list, uint8_t rights)
{
    for (uint32_t i = 0; i < list->naddresses && out->naccess < MR_ENIP_ACCESS_MAX; i++) {
        out->access[out->naccess++] = (struct mr_enip_access){list->addresses[i].ip, list->addresses[i].mask, rights};
    }
}
_Static_assert(2 * MR_SETTING_ADDRESSES_MAX <= MR_ENIP_ACCESS_MAX, "two lists fit the access list of a device");

static uint8_t key_of(const struct mr_serving *s)
{
    static const uint8_t keys[] = {
        [MR_PLC_KEY_RUN] = MR_ENIP_KEY_RUN, [MR_PLC_KEY_REMOTE] = MR_ENIP_KEY_REMOTE, [MR_PLC_KEY_STOP] = MR_ENIP_KEY_PROGRAM};
    return keys[mr_plc_key(mr_controller_plc(s->host->controller))];
}

static void apply(struct mr_serving *s, const char *changed)
{
    const struct mr_settings *set = s->host->settings;
    struct mr_enip_settings *out = ((struct enip *)s->own)->settings;
    (void)changed;
    mr_enip_settings_init(out);
    out->key = key_of(s);
    out->access_list = true;
    out->write_protected = mr_settings_on(set, MR_SET_WRITE_PROTECT, false);
    out->browse_off = !mr_settings_on(set, MR_SET_ENIP_BROWSE, true);
    out->mode_off = !mr_settings_on(set, MR_SET_ENIP_MODE, true);
    out->reset_off = !mr_settings_on(set, MR_SET_ENIP_RESET, true);
    out->io_off = !mr_settings_on(set, MR_SET_ENIP_IO, true);
    add_rights(out, mr_settings_get(set, MR_SET_ENIP_ACCESS_LIST), MR_ENIP_MAY_READ);
    add_rights(out, mr_settings_get(set, MR_SET_ENIP_WRITE_LIST), MR_ENIP_MAY_WRITE | MR_ENIP_MAY_CONTROL);
}

static void scanned(struct mr_serving *s)
{
    const struct enip *c = s->own;
    enum mr_plc_state now = mr_plc_state(mr_controller_plc(s->host->controller));
    c->device.state->running = now == MR_PLC_RUNNING;
    c->device.state->faulted = now == MR_PLC_FAULTED;
    c->settings->key = key_of(s);
}

/* --- what clients did ------------------------------------------------------------------------------------------------------- */

static void write_place(const struct enip *c, const struct mr_enip_event *ev, char *out, size_t cap)
{
    if (ev->tag != MR_ENIP_NO_TAG && ev->tag < c->device.ntags) {
        (void)snprintf(out, cap, "%s[%u]", c->device.tags[ev->tag].name, ev->element);
    } else {
        (void)snprintf(out, cap, "class %u instance %u", ev->class_id, ev->instance);
    }
}

static void happened(struct mr_serving *s, const struct mr_enip_event *ev)
{
    const struct mr_host *h = s->host;
    char place[MR_EVENT_NAME];
    char ip[16];
    write_place(s->own, ev, place, sizeof place);
    (void)mr_ip_format(ev->client, ip);
    switch ((enum mr_enip_event_kind)ev->kind) {
    case MR_ENIP_EV_WRITE:
    case MR_ENIP_EV_SET:
        mr_env_emit(h->env, MR_EV_WRITE, h->plan->name, place, ip, ev->service, ev->count);
        break;
    case MR_ENIP_EV_CLOCK:
        mr_env_emit(h->env, MR_EV_WRITE, h->plan->name, "clock", ip, ev->service, 0);
        break;
    case MR_ENIP_EV_START:
        mr_controller_run(h->controller, MR_PLC_HOT, ip); /* tags keep their values */
        break;
    case MR_ENIP_EV_STOP:
        mr_controller_halt(h->controller, ip);
        break;
    case MR_ENIP_EV_RESET:
        mr_controller_run(h->controller, MR_PLC_WARM, ip);
        break;
    case MR_ENIP_EV_DENIED:
        mr_env_emit(h->env, MR_EV_DENIED, h->plan->name, ip, place, 6, 1);
        break;
    case MR_ENIP_EV_UNLOCK:
    case MR_ENIP_EV_BROWSE:
    case MR_ENIP_EV_IO_OPEN:
    case MR_ENIP_EV_IO_CLOSE:
    case MR_ENIP_EV_IO_LOST:
    case MR_ENIP_EV_IO_RUN:
        break; /* everyday */
    }
}

static void drain(struct mr_serving *s)
{
    struct mr_enip_event ev;
    while (mr_enip_next_event(&((struct enip *)s->own)->device, &ev)) {
        happened(s, &ev);
    }
}

/* --- datagrams -------------------------------------------------------------------------------------------------------------- */

static void answer(const struct mr_serving *s, uint16_t port, struct mr_addr to, struct mr_slice data)
{
    const struct mr_env *env = s->host->env;
    mr_trace_bytes(env, MR_SERVE_ENIP, s->host->plan->name, "datagram out", data);
    (void)env->net->ops->datagram(env->net, s->host->plan->node, port, to, data);
}

static void datagram(void *device, const struct mr_net_event *ev)
{
    struct mr_serving *s = device;
    struct enip *c = s->own;
    struct mr_env *env = s->host->env;
    uint8_t buf[MR_ENIP_DATAGRAM_MAX];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    const struct mr_enip_peer from = {ev->peer.ip, ev->peer.port};
    if (ev->local_port == MR_ENIP_IO_PORT) {
        mr_enip_io_datagram(&c->device, from, ev->data, env->now);
    } else if (mr_enip_server_datagram(&c->device, from, ev->data, &w)) {
        answer(s, MR_ENIP_PORT, ev->peer, mr_written(&w));
    }
    drain(s);
}

static mr_ns io_deadline(const void *device)
{
    return mr_enip_io_deadline(&((const struct enip *)((const struct mr_serving *)device)->own)->device);
}

static void io_tick(void *device, mr_ns now)
{
    struct mr_serving *s = device;
    struct enip *c = s->own;
    struct mr_enip_peer to;
    uint8_t buf[MR_ENIP_DATAGRAM_MAX];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    while (mr_enip_io_due(&c->device, now, &to, &w)) {
        const struct mr_addr peer = {to.ip, to.port};
        answer(s, MR_ENIP_IO_PORT, peer, mr_written(&w));
        w = mr_writer(buf, sizeof buf);
    }
    drain(s);
}

/* --- sessions --------------------------------------------------------------------------------------------------------------- */

static void session_init(void *device, void *session)
{
    struct enip *c = ((struct mr_serving *)device)->own;
    mr_enip_server_init(session, &c->device);
}

static bool session_open(void *device, void *session, uint32_t client, mr_ns now)
{
    (void)device;
    mr_enip_server_open(session, client, now);
    return true;
}

static void session_close(void *device, void *session)
{
    (void)device;
    mr_enip_server_close(session);
}

static void session_drain(void *device, void *session, uint32_t client)
{
    (void)session;
    (void)client;
    drain(device);
}

static void network_lost(struct mr_serving *s)
{
    mr_enip_io_reset(&((struct enip *)s->own)->device);
}

static const struct mr_service_ops service = {
    .session = &mr_enip_server_ops,
    .init = session_init,
    .open = session_open,
    .close = session_close,
    .drain = session_drain,
    .udp = {MR_ENIP_PORT, MR_ENIP_IO_PORT},
    .datagram = datagram,
    .deadline = io_deadline,
    .tick = io_tick,
};

const struct mr_serve_row mr_serve_enip = {&service, create, apply, scanned, network_lost};
