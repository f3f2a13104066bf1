/* serve_modbus.c - Modbus/TCP on a controller's image. */
#include "device/serve.h"
#include "proto/modbus/modbus_server.h"

#include <stdio.h>

#define MR_SERVE_REQUEST 12 /* bytes of a usual Modbus request: settings count requests, services count bytes */

struct modbus {
    struct mr_modbus_unit *units;
    uint32_t nunits;
    struct mr_modbus_identity identity;
    struct mr_modbus_object_value extended[16];
    struct mr_modbus_personality personality;
    struct mr_modbus_settings *settings; /* of each unit, as the health */
    struct mr_modbus_health *health;
};

static void take_identity(struct modbus *m, const struct mr_personality *p)
{
    for (size_t i = 0; i < p->nobjects; i++) {
        if (p->objects[i].id < MR_MODBUS_NAMED_OBJECTS) {
            m->identity.object[p->objects[i].id] = p->objects[i].text;
        } else if (m->identity.nextended < sizeof m->extended / sizeof m->extended[0]) {
            m->extended[m->identity.nextended++] =
                (struct mr_modbus_object_value){p->objects[i].id, mr_slice_str(p->objects[i].text)};
        }
    }
    m->identity.extended = m->extended;
    m->identity.server_id = mr_slice_str(p->server_id);
    m->personality = mr_modbus_default_personality;
    m->personality.read_registers_max = p->registers_max;
    if (p->nobjects == 0) {
        m->personality.functions &= ~(1ull << MR_MODBUS_ENCAPSULATED);
    }
    if (p->server_id[0] == '\0') {
        m->personality.functions &= ~(1ull << MR_MODBUS_REPORT_SERVER_ID);
    }
}

static const struct mr_service_ops rtu_service;

static bool create(struct mr_serving *s)
{
    struct mr_arena *arena = s->host->env->arena;
    struct modbus *m = s->own = mr_arena_scratch(arena, sizeof *m);
    size_t n = s->plan->modbus.nunits ? s->plan->modbus.nunits : 1;
    if (!m) {
        return false;
    }
    m->nunits = (uint32_t)n;
    m->units = mr_arena_scratch(arena, sizeof *m->units * n);
    m->health = mr_arena_new(arena, &mr_modbus_health_type, n, "modbus health");
    m->settings = mr_arena_new(arena, &mr_modbus_settings_type, n, "modbus settings");
    if (!m->units || !m->health || !m->settings) {
        return false;
    }
    take_identity(m, s->host->plan->personality);
    for (size_t i = 0; i < n; i++) {
        const struct mr_modbus_unit_plan *u = s->plan->modbus.nunits ? &s->plan->modbus.units[i] : NULL;
        m->health[i].off = u && u->off;
        m->units[i] = (struct mr_modbus_unit){mr_plc_image(mr_controller_plc(s->host->controller)),
                                              u ? &u->map : &mr_modbus_default_map,
                                              &m->identity,
                                              &m->personality,
                                              &m->settings[i],
                                              &m->health[i]};
    }
    s->service = s->plan->modbus.rtu ? &rtu_service : s->service;
    return true;
}

/* Adds a list's addresses with rights; a device without the list gives them to everybody. */
static void add_rights(struct mr_modbus_settings *out, const struct mr_setting_value *list, uint8_t rights)
{
    static const struct mr_fw_match everybody = {0, 0};
    uint32_t n = list ? list->naddresses : 1;
    for (uint32_t i = 0; i < n && out->naccess < MR_MODBUS_ACCESS_MAX; i++) {
        const struct mr_fw_match *m = list ? &list->addresses[i] : &everybody;
        out->access[out->naccess++] = (struct mr_modbus_access){m->ip, m->mask, rights};
    }
}
_Static_assert(2 * MR_SETTING_ADDRESSES_MAX <= MR_MODBUS_ACCESS_MAX, "two lists fit the access list of a unit");

/* A plain device answers to every identifier, a unit of a gateway to its own. */
static void apply_to(struct mr_serving *s, struct mr_modbus_settings *out, const struct mr_modbus_unit_plan *unit)
{
    mr_modbus_settings_init(out);
    out->write_protected = mr_settings_on(s->host->settings, MR_SET_WRITE_PROTECT, false);
    out->functions = mr_settings_numbers(s->host->settings, MR_SET_MODBUS_FUNCTIONS);
    out->access_list = true;
    add_rights(out, mr_settings_get(s->host->settings, MR_SET_MODBUS_ACCESS_LIST), MR_MODBUS_MAY_READ);
    add_rights(out, mr_settings_get(s->host->settings, MR_SET_MODBUS_WRITE_LIST), MR_MODBUS_MAY_WRITE);
    if (unit) {
        memset(out->units, 0, sizeof out->units);
        out->units[unit->unit / 64] = 1ull << (unit->unit % 64);
    }
}

static void apply(struct mr_serving *s, const char *changed)
{
    const struct modbus *m = s->own;
    (void)changed;
    for (uint32_t i = 0; i < m->nunits; i++) {
        apply_to(s, &m->settings[i], s->plan->modbus.nunits ? &s->plan->modbus.units[i] : NULL);
    }
}

static void scanned(struct mr_serving *s)
{
    const struct modbus *m = s->own;
    bool running = mr_plc_state(mr_controller_plc(s->host->controller)) == MR_PLC_RUNNING;
    for (uint32_t i = 0; i < m->nunits; i++) {
        m->health[i].running = running;
    }
}

static void session_init(void *device, void *session)
{
    const struct modbus *m = ((struct mr_serving *)device)->own;
    mr_modbus_server_init(session, m->units, m->nunits);
}

static bool session_open(void *device, void *session, uint32_t client, mr_ns now)
{
    (void)device;
    mr_modbus_server_open(session, client, now);
    return true;
}

static void session_close(void *device, void *session)
{
    (void)device;
    mr_modbus_server_close(session);
}

static void session_drain(void *device, void *session, uint32_t client)
{
    const struct mr_host *h = ((struct mr_serving *)device)->host;
    struct mr_modbus_event ev;
    static const char *const tables[] = {"coil", "discrete input", "holding register", "input register"};
    while (mr_modbus_server_next(session, &ev)) {
        char ip[16];
        char place[MR_EVENT_NAME];
        (void)mr_ip_format(client, ip);
        (void)snprintf(place, sizeof place, "%s %u", ev.table < MR_MODBUS_TABLES ? tables[ev.table] : "?", ev.address);
        if (ev.kind == MR_MODBUS_EV_WRITE) {
            mr_env_emit(h->env, MR_EV_WRITE, h->plan->name, place, ip, ev.function, ev.value);
        } else if (ev.kind == MR_MODBUS_EV_DENIED) {
            mr_env_emit(h->env, MR_EV_DENIED, h->plan->name, ip, place, 6, 1);
        }
    }
}

static uint32_t rate(void *device)
{
    const struct mr_host *h = ((struct mr_serving *)device)->host;
    return mr_settings_number(h->settings, MR_SET_MODBUS_RATE, 0) * MR_SERVE_REQUEST;
}

static const struct mr_service_ops service = {
    .session = &mr_modbus_server_ops,
    .init = session_init,
    .open = session_open,
    .close = session_close,
    .drain = session_drain,
    .evicts = true,
    .rate = rate,
};

static const struct mr_service_ops rtu_service = {
    .session = &mr_modbus_rtu_server_ops,
    .init = session_init,
    .open = session_open,
    .close = session_close,
    .drain = session_drain,
    .evicts = true,
    .rate = rate,
};

const struct mr_serve_row mr_serve_modbus = {&service, create, apply, scanned, NULL};
