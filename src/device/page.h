/* page.h - a device's own web page: what it is, how it is, its settings, and what only its kind has: start and stop of a controller,
 * values and commands of a station, series of a historian. Accounts, sessions and lockout are the device's own.
 *
 * GET  /            what it is (HTML)          GET /status     the same and how it is, as JSON
 * GET  /login       form; POST account, password: 303 and a cookie, or 401; 423 while the account is locked
 * POST /logout
 * GET  /settings    JSON, for who is logged in; POST name, value: 200, 400 with what would be right
 * POST /plc/start, /plc/stop    controllers
 * GET  /values      stations, JSON             POST /operate tag, value
 * GET  /series?tag=T&from=S&to=S   historians: lines "seconds,value" */
#ifndef MR_DEVICE_PAGE_H
#define MR_DEVICE_PAGE_H

#include "device/controller.h"
#include "device/station.h"

struct mr_page_host; /* one device's page */
/* What a page may do to its device; the functions come from devices.c. */
struct mr_page_owner {
    struct mr_controller *controller; /* or NULL */
    struct mr_station *station;       /* or NULL */
    enum mr_err (*set)(void *ctx, uint16_t device, const char *name, const char *value, char *why, size_t cap);
    void *ctx;
};
struct mr_page_host *mr_page_create(struct mr_env *env, struct mr_services *services, uint16_t device,
                                    struct mr_settings *settings, const struct mr_page_owner *owner);
void mr_page_start(struct mr_page_host *p);
/* Settings have changed: the service may have been switched off, a password changed. */
void mr_page_apply(struct mr_page_host *p, const char *setting);

#endif
