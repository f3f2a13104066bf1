/* serve_iec104.c - a controller as a controlled station of IEC 60870-5-104. */
#include "device/serve.h"
#include "proto/iec104/iec104_server.h"

#include <stdio.h>

struct iec104 {
    struct mr_iec104_config config;
    struct mr_iec104_settings *settings;
    struct mr_iec104_station *station;
};

static bool create(struct mr_serving *s)
{
    struct mr_env *env = s->host->env;
    struct iec104 *c = s->own = mr_arena_scratch(env->arena, sizeof *c);
    if (!c || !(c->settings = mr_arena_new(env->arena, &mr_iec104_settings_type, 1, "IEC 104 settings"))) {
        return false;
    }
    c->config = s->plan->iec104;
    c->config.image = mr_plc_image(mr_controller_plc(s->host->controller));
    c->config.personality = &s->host->plan->personality->iec104_manner;
    c->config.clock = env->epoch;
    c->station = mr_iec104_station_create(env->arena, &c->config, c->settings, s->host->plan->name);
    return c->station != NULL;
}

static void add_rights(struct mr_iec104_settings *out, const struct mr_setting_value *list, uint8_t rights)
{
    for (uint32_t i = 0; i < list->naddresses && out->naccess < MR_IEC104_ACCESS_MAX; i++) {
        out->access[out->naccess++] = (struct mr_iec104_access){list->addresses[i].ip, list->addresses[i].mask, rights};
    }
}
_Static_assert(2 * MR_SETTING_ADDRESSES_MAX <= MR_IEC104_ACCESS_MAX, "two lists fit the access list of a station");

static void apply(struct mr_serving *s, const char *changed)
{
    const struct mr_settings *set = s->host->settings;
    struct mr_iec104_settings *out = ((struct iec104 *)s->own)->settings;
    (void)changed;
    mr_iec104_settings_init(out);
    out->access_list = true;
    out->one_controller = mr_settings_on(set, MR_SET_IEC104_ONE_MASTER, false);
    out->read_only = !mr_settings_on(set, MR_SET_IEC104_CONTROLS, true);
    out->select_all = mr_settings_on(set, MR_SET_IEC104_SELECT, false);
    out->clock_locked = !mr_settings_on(set, MR_SET_IEC104_CLOCK, true);
    add_rights(out, mr_settings_get(set, MR_SET_IEC104_ACCESS_LIST), MR_IEC104_MAY_READ);
    add_rights(out, mr_settings_get(set, MR_SET_IEC104_CONTROL_LIST), MR_IEC104_MAY_CONTROL);
}

static void scanned(struct mr_serving *s)
{
    mr_iec104_station_sample(((struct iec104 *)s->own)->station, s->host->env->now);
    mr_service_wake(s->pool);
}

static void session_init(void *device, void *session)
{
    const struct iec104 *c = ((struct mr_serving *)device)->own;
    mr_iec104_server_init(session, c->station);
}

static bool session_open(void *device, void *session, uint32_t client, mr_ns now)
{
    (void)device;
    return mr_iec104_server_open(session, client, now);
}

static void session_close(void *device, void *session)
{
    (void)device;
    mr_iec104_server_close(session);
}

static const char *place_of(const struct mr_iec104_event *ev, char buf[MR_EVENT_NAME])
{
    (void)snprintf(buf, MR_EVENT_NAME, "type %u address %u", ev->type, ev->ioa);
    return buf;
}

/* Texts are made only for what is told: interrogations come by the ten thousand. */
static void happened(struct mr_serving *s, const struct mr_iec104_event *ev, uint32_t client)
{
    const struct mr_host *h = s->host;
    char place[MR_EVENT_NAME];
    char ip[16];
    switch ((enum mr_iec104_event_kind)ev->kind) {
    case MR_IEC104_EV_COMMANDED:
    case MR_IEC104_EV_PARAMETER:
        mr_env_emit(h->env, MR_EV_WRITE, h->plan->name, place_of(ev, place), mr_ip_format(client, ip), ev->type, ev->value);
        break;
    case MR_IEC104_EV_CLOCK_SET:
        mr_env_emit(h->env, MR_EV_WRITE, h->plan->name, "clock", mr_ip_format(client, ip), ev->type, ev->value);
        break;
    case MR_IEC104_EV_DENIED:
        mr_env_emit(h->env, MR_EV_DENIED, h->plan->name, mr_ip_format(client, ip), place_of(ev, place), 6, 1);
        break;
    case MR_IEC104_EV_RESET:
        mr_controller_run(h->controller, MR_PLC_COLD, mr_ip_format(client, ip));
        mr_iec104_station_restart(((struct iec104 *)s->own)->station, MR_IEC104_REMOTE_RESET, h->env->now);
        break;
    case MR_IEC104_EV_STARTED:
    case MR_IEC104_EV_STOPPED:
    case MR_IEC104_EV_INTERROGATED:
    case MR_IEC104_EV_SELECTED:
    case MR_IEC104_EV_CANCELLED:
    case MR_IEC104_EV_REFUSED:
    case MR_IEC104_EV_OVERFLOW:
    case MR_IEC104_EV_BROKEN:
        break; /* everyday, or the client's own fault */
    }
}

static void session_drain(void *device, void *session, uint32_t client)
{
    struct mr_iec104_event ev;
    while (mr_iec104_server_next(session, &ev)) {
        happened(device, &ev, client);
    }
}

static const struct mr_service_ops service = {
    .session = &mr_iec104_server_ops,
    .init = session_init,
    .open = session_open,
    .close = session_close,
    .drain = session_drain,
};

const struct mr_serve_row mr_serve_iec104 = {&service, create, apply, scanned, NULL};
