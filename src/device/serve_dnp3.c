/* serve_dnp3.c - a controller as an outstation of DNP3. */
#include "device/serve.h"
#include "proto/dnp3/dnp3_server.h"

#include <stdio.h>

struct dnp3 {
    struct mr_dnp3_station station;
    struct mr_dnp3_identity identity;
    struct mr_dnp3_settings *settings;
};

static bool create(struct mr_serving *s)
{
    struct mr_env *env = s->host->env;
    struct dnp3 *c = s->own = mr_arena_scratch(env->arena, sizeof *c);
    struct mr_rng *rng = mr_arena_new(env->arena, &mr_rng_type, 1, "DNP3 challenges");
    if (!c || !rng || !(c->settings = mr_arena_new(env->arena, &mr_dnp3_settings_type, 1, "DNP3 settings"))) {
        return false;
    }
    char stream[64];
    (void)snprintf(stream, sizeof stream, "dnp3.%s", s->host->plan->name);
    *rng = mr_rng_stream(env->seed, stream);
    c->identity = s->host->plan->personality->dnp3;
    c->identity.name = s->host->plan->name;
    c->identity.id = s->host->plan->name;
    c->identity.location = env->site->name;
    c->station = (struct mr_dnp3_station){
        .address = s->plan->dnp3.address,
        .masters = s->plan->dnp3.masters,
        .nmasters = s->plan->dnp3.nmasters,
        .image = mr_plc_image(mr_controller_plc(s->host->controller)),
        .points = s->plan->dnp3.points,
        .npoints = s->plan->dnp3.npoints,
        .events_max = s->plan->dnp3.events,
        .identity = &c->identity,
        .personality = &s->host->plan->personality->dnp3_manner,
        .settings = c->settings,
        .rng = rng,
    };
    if (mr_dnp3_station_create(&c->station, env->arena) != MR_OK) {
        return false;
    }
    c->station.state->clock = (uint64_t)env->epoch;
    return true;
}

static uint8_t digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* The default user's update key, in hexadecimal; the setting's reader has checked it. */
static void take_key(struct mr_dnp3_settings *out, const char *text)
{
    size_t n = strlen(text) / 2;
    if (n == 0) {
        return;
    }
    struct mr_dnp3_user *u = &out->users[out->nusers++];
    *u = (struct mr_dnp3_user){.number = 1, .key_bytes = (uint8_t)n};
    for (size_t i = 0; i < n; i++) {
        u->key[i] = (uint8_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
    }
}

static void add_rights(struct mr_dnp3_settings *out, const struct mr_setting_value *list, uint8_t rights)
{
    for (uint32_t i = 0; i < list->naddresses && out->naccess < MR_DNP3_ACCESS_MAX; i++) {
        out->access[out->naccess++] = (struct mr_dnp3_access){list->addresses[i].ip, list->addresses[i].mask, rights};
    }
}
_Static_assert(2 * MR_SETTING_ADDRESSES_MAX <= MR_DNP3_ACCESS_MAX, "two lists fit the access list of an outstation");

static void apply(struct mr_serving *s, const char *changed)
{
    const struct mr_settings *set = s->host->settings;
    struct mr_dnp3_settings *out = ((struct dnp3 *)s->own)->settings;
    (void)changed;
    mr_dnp3_settings_init(out);
    out->access_list = true;
    out->check_master = mr_settings_on(set, MR_SET_DNP3_MASTERS_ONLY, false);
    out->controls_disabled = !mr_settings_on(set, MR_SET_DNP3_CONTROLS, true);
    out->unsolicited_off = !mr_settings_on(set, MR_SET_DNP3_UNSOLICITED, true);
    out->authentication = mr_settings_on(set, MR_SET_DNP3_AUTHENTICATION, false);
    out->functions = mr_settings_numbers(set, MR_SET_DNP3_FUNCTIONS) | 1ull << MR_DNP3_CONFIRM;
    if (!mr_settings_on(set, MR_SET_DNP3_RESTART, true)) {
        out->functions &= ~(1ull << MR_DNP3_COLD_RESTART | 1ull << MR_DNP3_WARM_RESTART);
    }
    take_key(out, mr_settings_get(set, MR_SET_DNP3_KEY)->text);
    add_rights(out, mr_settings_get(set, MR_SET_DNP3_ACCESS_LIST), MR_DNP3_MAY_READ);
    add_rights(out, mr_settings_get(set, MR_SET_DNP3_CONTROL_LIST), MR_DNP3_MAY_CONTROL);
}

static void scanned(struct mr_serving *s)
{
    mr_dnp3_station_sample(&((struct dnp3 *)s->own)->station, s->host->env->now);
    mr_service_wake(s->pool);
}

static void session_init(void *device, void *session)
{
    struct dnp3 *c = ((struct mr_serving *)device)->own;
    mr_dnp3_server_init(session, &c->station);
}

static bool session_open(void *device, void *session, uint32_t client, mr_ns now)
{
    (void)device;
    mr_dnp3_server_open(session, client, now);
    return true;
}

static void session_close(void *device, void *session)
{
    (void)device;
    mr_dnp3_server_close(session);
}

static void restart(struct mr_serving *s, enum mr_plc_start how, const char *ip)
{
    mr_controller_run(s->host->controller, how, ip);
    mr_dnp3_station_restart(&((struct dnp3 *)s->own)->station);
}

static void happened(struct mr_serving *s, const struct mr_dnp3_event *ev, const char *ip)
{
    const struct mr_host *h = s->host;
    char place[MR_EVENT_NAME];
    (void)snprintf(place, sizeof place, "group %u index %u", ev->group, ev->index);
    switch ((enum mr_dnp3_event_kind)ev->kind) {
    case MR_DNP3_EV_OPERATE:
        mr_env_emit(h->env, MR_EV_WRITE, h->plan->name, place, ip, ev->function, ev->value);
        break;
    case MR_DNP3_EV_TIME_SET:
        mr_env_emit(h->env, MR_EV_WRITE, h->plan->name, "clock", ip, ev->function, ev->value);
        break;
    case MR_DNP3_EV_WRITE:
    case MR_DNP3_EV_ASSIGN_CLASS:
        mr_env_emit(h->env, MR_EV_WRITE, h->plan->name, place, ip, ev->function, ev->value);
        break;
    case MR_DNP3_EV_COLD_RESTART:
    case MR_DNP3_EV_WARM_RESTART:
        restart(s, ev->kind == MR_DNP3_EV_COLD_RESTART ? MR_PLC_COLD : MR_PLC_WARM, ip);
        break;
    case MR_DNP3_EV_DENIED:
        mr_env_emit(h->env, MR_EV_DENIED, h->plan->name, ip, place, 6, 1);
        break;
    case MR_DNP3_EV_AUTH_FAILED:
        mr_env_emit(h->env, MR_EV_LOGIN, h->plan->name, "dnp3-key", ip, 0, 0);
        break;
    case MR_DNP3_EV_KEYS_CHANGED:
        mr_env_emit(h->env, MR_EV_LOGIN, h->plan->name, "dnp3-key", ip, 1, 0);
        break;
    case MR_DNP3_EV_SELECT:
    case MR_DNP3_EV_FREEZE:
    case MR_DNP3_EV_UNSOLICITED:
        break; /* everyday */
    }
}

static void session_drain(void *device, void *session, uint32_t client)
{
    struct mr_dnp3_event ev;
    char ip[16];
    while (mr_dnp3_server_next(session, &ev)) {
        happened(device, &ev, mr_ip_format(client, ip));
    }
}

static const struct mr_service_ops service = {
    .session = &mr_dnp3_server_ops,
    .init = session_init,
    .open = session_open,
    .close = session_close,
    .drain = session_drain,
};

const struct mr_serve_row mr_serve_dnp3 = {&service, create, apply, scanned, NULL};
