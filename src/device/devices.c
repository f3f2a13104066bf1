#include "device/devices.h"

#include "device/page.h"

struct mr_devices {
    struct mr_env *env;
    struct mr_services *services;
    struct mr_links *links;
    struct mr_settings *settings; /* by device, as the two below */
    struct mr_controller **controllers;
    struct mr_station **stations;
    struct mr_page_host **pages;
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

static bool make_device(struct mr_devices *d, uint16_t i)
{
    const struct mr_device *plan = &d->env->site->devices[i];
    if (!mr_settings_init(&d->settings[i], d->env->arena, d->env->site, plan)) {
        return false;
    }
    bool is_station = plan->kind == MR_DEV_HMI || plan->kind == MR_DEV_HISTORIAN;
    if (plan->kind == MR_DEV_PLC) {
        d->controllers[i] = mr_controller_create(d->env, d->services, d->links, i, &d->settings[i]);
    } else if (is_station) {
        d->stations[i] = mr_station_create(d->env, d->links, i);
    }
    if ((plan->kind == MR_DEV_PLC && !d->controllers[i]) || (is_station && !d->stations[i])) {
        return false;
    }
    if (mr_device_serve(plan, MR_SERVE_HTTP)) {
        const struct mr_page_owner owner = {d->controllers[i], d->stations[i], set, d};
        d->pages[i] = mr_page_create(d->env, d->services, i, &d->settings[i], &owner);
        return d->pages[i] != NULL;
    }
    return true;
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
    d->pages = mr_arena_scratch(env->arena, sizeof(struct mr_page_host *) * n);
    if (!d->services || !d->links || !d->settings || !d->controllers || !d->stations || !d->pages) {
        return NULL;
    }
    for (uint16_t i = 0; i < env->site->ndevices; i++) {
        if (!make_device(d, i)) {
            return NULL;
        }
    }
    return d;
}

void mr_devices_start(struct mr_devices *d)
{
    for (uint16_t i = 0; i < d->env->site->ndevices; i++) {
        if (d->controllers[i]) {
            mr_controller_start(d->controllers[i]);
        }
        if (d->stations[i]) {
            mr_station_start(d->stations[i]);
        }
        if (d->pages[i]) {
            mr_page_start(d->pages[i]);
        }
    }
    mr_links_start(d->links);
}

void mr_devices_reset(struct mr_devices *d)
{
    mr_env_disown_all(d->env);
    mr_services_reset(d->services);
    mr_links_reset(d->links);
}

bool mr_devices_check(const struct mr_devices *d)
{
    for (uint16_t i = 0; i < d->env->site->ndevices; i++) {
        struct mr_controller *c = d->controllers[i];
        if (c &&
            (mr_plc_state(mr_controller_plc(c)) > MR_PLC_FAULTED || mr_plc_fault(mr_controller_plc(c), NULL) > MR_PLC_BAD_CODE)) {
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
    return ev->kind == MR_NET_ACCEPTED && mr_services_accept(d->services, ev);
}

struct mr_controller *mr_devices_controller(struct mr_devices *d, uint16_t device)
{
    return device < d->env->site->ndevices ? d->controllers[device] : NULL;
}

struct mr_station *mr_devices_station(struct mr_devices *d, uint16_t device)
{
    return device < d->env->site->ndevices ? d->stations[device] : NULL;
}

struct mr_station *mr_devices_hmi(struct mr_devices *d)
{
    for (uint16_t i = 0; i < d->env->site->ndevices; i++) {
        if (d->env->site->devices[i].kind == MR_DEV_HMI) {
            return d->stations[i];
        }
    }
    return NULL;
}

struct mr_services *mr_devices_services(struct mr_devices *d)
{
    return d->services;
}

enum mr_err mr_devices_set(struct mr_devices *d, uint16_t device, const char *name, const char *value, char *why, size_t cap)
{
    MR_ASSERT(device < d->env->site->ndevices);
    enum mr_err err = mr_settings_set(&d->settings[device], name, value, why, cap);
    if (err == MR_OK && d->controllers[device]) {
        mr_controller_apply(d->controllers[device]);
    }
    if (err == MR_OK && d->pages[device]) {
        mr_page_apply(d->pages[device], name);
    }
    return err;
}
