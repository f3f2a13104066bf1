/* serve.h - the protocols of a device. Each has a file serve_NAME.c (page.c for HTTP) with one row: how its sessions are served
 * (service.h), and what it does when it is made, when settings change, and when the device's program has run. What all have in
 * common is here: the port, the switch that closes it, and the access list.
 *
 * To add one: an entry in plan/serve.h and serve.c, its settings in plan/settings.c, its options in site/load_serve.c and
 * content/schemas/site.schema.json, its row here. */
#ifndef MR_DEVICE_SERVE_H
#define MR_DEVICE_SERVE_H

#include "device/controller.h"
#include "device/service.h"
#include "device/settings.h"
#include "device/station.h"

/* What a protocol may use of the device that speaks it. */
struct mr_host {
    struct mr_env *env;
    struct mr_services *services;
    const struct mr_device *plan;
    uint16_t device;
    struct mr_settings *settings;
    struct mr_controller *controller; /* or NULL */
    struct mr_station *station;       /* or NULL */
    enum mr_err (*set)(void *ctx, uint16_t device, const char *name, const char *value, char *why, size_t cap);
    void *ctx;
};

struct mr_serving;
struct mr_serve_row {
    const struct mr_service_ops *service; /* their `device` is the struct mr_serving; create() may choose another one */
    /* Makes `own`. False: the arena is full. */
    bool (*create)(struct mr_serving *s);
    /* Obeys the settings as they stand; `changed` is the one that has changed, NULL where all may have. May be NULL. */
    void (*apply)(struct mr_serving *s, const char *changed);
    /* The controller has scanned, or was started or stopped. May be NULL. */
    void (*scanned)(struct mr_serving *s);
    /* The network has begun anew: what was agreed over it is void. May be NULL. */
    void (*reset)(struct mr_serving *s);
};

struct mr_serving {
    const struct mr_serve_row *row;
    const struct mr_host *host;
    const struct mr_serve *plan;
    const struct mr_service_ops *service;
    struct mr_server_pool *pool;
    void *own; /* the row's */
};

extern const struct mr_serve_row mr_serve_modbus, mr_serve_s7, mr_serve_iec104, mr_serve_dnp3, mr_serve_enip, mr_serve_http;

/* False where the arena is full. `host` must outlive it. */
bool mr_serving_create(struct mr_serving *s, const struct mr_host *host, const struct mr_serve *plan);
/* Opens its port unless its switch is off. */
void mr_serving_start(struct mr_serving *s);
/* A setting has changed: obeyed at once. Connections that are not admitted any more are cut. */
void mr_serving_apply(struct mr_serving *s, const char *setting);
void mr_serving_scanned(struct mr_serving *s);
void mr_serving_reset(struct mr_serving *s);

#endif
