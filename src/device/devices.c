#include "device/devices.h"

#include "device/serve.h"

struct mr_devices {
    struct mr_env *env;
    struct mr_services *services;
    struct mr_links *links;
    struct mr_settings *settings; /* by device, as the two below */
    struct mr_controller **controllers;
    struct mr_station **stations;
    struct mr_host *hosts;
    struct mr_serving **servings; /* each of as many as the device serves */
};

static uint16_t count_services(const struct mr_site *s)
{
    size_t n = 0;
    for (uint16_t i = 0; i < s->ndevices; i++) {
        n += s->devices[i].nserves;
    }
    return (uint16_t)n;
}

static uint16_t count_links(const struct mr_site *s)
{
    size_t n = 0;
    for (uint16_t i = 0; i < s->ndevices; i++) {
        n += s->devices[i].npolls + s->devices[i].nlinks;
    }
    return (uint16_t)n;
}

static enum mr_err set(void *ctx, uint16_t device, const char *name, const char *value, char *why, size_t cap)
{
    return mr_devices_set(ctx, device, name, value, why, cap);
}

/* The controller of a device has scanned. */
static void on_scanned(void *ctx)
{
    struct mr_host *h = ctx;
    struct mr_serving *servings = ((struct mr_devices *)h->ctx)->servings[h->device];
    for (size_t k = 0; k < h->plan->nserves; k++) {
        mr_serving_scanned(&servings[k]);
    }
}

static bool make_services(struct mr_devices *d, uint16_t i)
{
    struct mr_host *h = &d->hosts[i];
    const struct mr_device *plan = &d->env->site->devices[i];
    *h = (struct mr_host){d->env, d->services, plan, i, &d->settings[i], d->controllers[i], d->stations[i], set, d};
    d->servings[i] = mr_arena_scratch(d->env->arena, sizeof(struct mr_serving) * (plan->nserves + 1));
    for (size_t k = 0; d->servings[i] && k < plan->nserves; k++) {
        if (!mr_serving_create(&d->servings[i][k], h, &plan->serves[k])) {
            return false;
        }
    }
    if (h->controller) {
        mr_controller_watch(h->controller, on_scanned, h);
    }
    return d->servings[i] != NULL;
}

static bool make_device(struct mr_devices *d, uint16_t i)
{
    const struct mr_device *plan = &d->env->site->devices[i];
    if (!mr_settings_init(&d->settings[i], d->env->arena, d->env->site, plan)) {
        return false;
    }
    bool is_station = plan->kind == MR_DEV_HMI || plan->kind == MR_DEV_HISTORIAN;
    if (plan->kind == MR_DEV_PLC) {
        d->controllers[i] = mr_controller_create(d->env, d->links, i);
    } else if (is_station) {
        d->stations[i] = mr_station_create(d->env, d->links, i);
    }
    if ((plan->kind == MR_DEV_PLC && !d->controllers[i]) || (is_station && !d->stations[i])) {
        return false;
    }
    return make_services(d, i);
}

struct mr_devices *mr_devices_create(struct mr_env *env)
{
    size_t n = env->site->ndevices;
    struct mr_devices *d = mr_arena_scratch(env->arena, sizeof *d);
    if (!d) {
        return NULL;
    }
    *d = (struct mr_devices){.env = env};
    d->services = mr_services_create(env, count_services(env->site));
    d->links = mr_links_create(env, count_links(env->site));
    d->settings = mr_arena_scratch(env->arena, sizeof *d->settings * n);
    d->controllers = mr_arena_scratch(env->arena, sizeof(struct mr_controller *) * n);
    d->stations = mr_arena_scratch(env->arena, sizeof(struct mr_station *) * n);
    d->hosts = mr_arena_scratch(env->arena, sizeof *d->hosts * n);
    d->servings = mr_arena_scratch(env->arena, sizeof(struct mr_serving *) * n);
    if (!d->services || !d->links || !d->settings || !d->controllers || !d->stations || !d->hosts || !d->servings) {
        return NULL;
    }
    for (uint16_t i = 0; i < env->site->ndevices; i++) {
        if (!make_device(d, i)) {
            return NULL;
        }
    }
    return d;
}

/* Of a controller without that setting: REMOTE. */
static uint32_t key_setting(const struct mr_devices *d, uint16_t device)
{
    return mr_settings_number(&d->settings[device], MR_SET_KEY, MR_PLC_KEY_REMOTE);
}

/* The key switch of a controller stands as the setting says. */
static void turn_key(struct mr_devices *d, uint16_t device)
{
    if (d->controllers[device]) {
        mr_controller_turn_key(d->controllers[device], (enum mr_plc_key)key_setting(d, device));
    }
}

void mr_devices_start(struct mr_devices *d)
{
    for (uint16_t i = 0; i < d->env->site->ndevices; i++) {
        if (d->controllers[i]) {
            mr_controller_start(d->controllers[i]);
            turn_key(d, i);
        }
        if (d->stations[i]) {
            mr_station_start(d->stations[i]);
        }
        for (size_t k = 0; k < d->env->site->devices[i].nserves; k++) {
            mr_serving_start(&d->servings[i][k]);
        }
    }
    mr_links_start(d->links);
}

void mr_devices_reset(struct mr_devices *d)
{
    mr_env_disown_all(d->env);
    for (uint16_t i = 0; i < d->env->site->ndevices; i++) {
        for (size_t k = 0; k < d->env->site->devices[i].nserves; k++) {
            mr_serving_reset(&d->servings[i][k]);
        }
    }
    mr_services_reset(d->services);
    mr_links_reset(d->links);
}

static bool controller_is_good(const struct mr_devices *d, uint16_t device)
{
    struct mr_plc *plc = mr_controller_plc(d->controllers[device]);
    return mr_plc_loaded(plc) == MR_OK && mr_plc_state(plc) <= MR_PLC_FAULTED && mr_plc_fault(plc, NULL) <= MR_PLC_NO_BLOCK &&
           mr_plc_key(plc) <= MR_PLC_KEY_STOP && key_setting(d, device) <= MR_PLC_KEY_STOP;
}

bool mr_devices_check(const struct mr_devices *d)
{
    for (uint16_t i = 0; i < d->env->site->ndevices; i++) {
        if (d->controllers[i] && !controller_is_good(d, i)) {
            return false;
        }
        if (d->stations[i] && !mr_station_check(d->stations[i])) {
            return false;
        }
    }
    return true;
}

bool mr_devices_net(struct mr_devices *d, const struct mr_net_event *ev)
{
    return mr_services_net(d->services, ev);
}

struct mr_controller *mr_devices_controller(struct mr_devices *d, uint16_t device)
{
    return device < d->env->site->ndevices ? d->controllers[device] : NULL;
}

struct mr_station *mr_devices_station(struct mr_devices *d, uint16_t device)
{
    return device < d->env->site->ndevices ? d->stations[device] : NULL;
}

struct mr_station *mr_devices_hmi(struct mr_devices *d, uint16_t tag)
{
    for (uint16_t i = 0; i < d->env->site->ndevices; i++) {
        const struct mr_device *plan = &d->env->site->devices[i];
        if (plan->kind == MR_DEV_HMI && mr_device_polls(plan, tag)) {
            return d->stations[i];
        }
    }
    return NULL;
}

enum mr_err mr_devices_acknowledge(struct mr_devices *d, uint16_t tag)
{
    enum mr_err err = MR_E_NOT_FOUND;
    for (uint16_t i = 0; i < d->env->site->ndevices; i++) {
        if (d->env->site->devices[i].kind == MR_DEV_HMI && mr_station_acknowledge(d->stations[i], tag) == MR_OK) {
            err = MR_OK;
        }
    }
    return err;
}

void mr_devices_show(struct mr_devices *d)
{
    for (uint16_t i = 0; i < d->env->site->ndevices; i++) {
        if (d->env->site->devices[i].kind == MR_DEV_HMI) {
            mr_station_show(d->stations[i]);
        }
    }
}

struct mr_services *mr_devices_services(struct mr_devices *d)
{
    return d->services;
}

enum mr_err mr_devices_set(struct mr_devices *d, uint16_t device, const char *name, const char *value, char *why, size_t cap)
{
    MR_ASSERT(device < d->env->site->ndevices);
    enum mr_err err = mr_settings_set(&d->settings[device], name, value, why, cap);
    if (err == MR_OK) {
        turn_key(d, device);
    }
    for (size_t k = 0; err == MR_OK && k < d->env->site->devices[device].nserves; k++) {
        mr_serving_apply(&d->servings[device][k], name);
    }
    return err;
}
