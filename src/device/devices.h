/* devices.h - all devices of a site together: made from its plan, started, and commanded by people. */
#ifndef MR_DEVICE_DEVICES_H
#define MR_DEVICE_DEVICES_H

#include "device/controller.h"
#include "device/service.h"
#include "device/station.h"
#include "sim/command.h"

struct mr_devices;
/* NULL where the arena is full. `env` must outlive it. */
struct mr_devices *mr_devices_create(struct mr_env *env);
void mr_devices_start(struct mr_devices *d);
/* The network has begun anew: no connection is left. */
void mr_devices_reset(struct mr_devices *d);
/* Events that no connection owns; false where they are not for a device. */
bool mr_devices_net(struct mr_devices *d, const struct mr_net_event *ev);

/* After a load: false where the state of a device cannot be so. */
bool mr_devices_check(const struct mr_devices *d);

struct mr_controller *mr_devices_controller(struct mr_devices *d, uint16_t device); /* NULL where it is none */
struct mr_station *mr_devices_station(struct mr_devices *d, uint16_t device);
struct mr_station *mr_devices_hmi(struct mr_devices *d, uint16_t tag); /* the first that polls it, or NULL */
/* At all HMIs; MR_E_NOT_FOUND where none has an alarm of this tag that waits. */
enum mr_err mr_devices_acknowledge(struct mr_devices *d, uint16_t tag);
void mr_devices_show(struct mr_devices *d); /* all HMIs tell all that they know once more */
struct mr_services *mr_devices_services(struct mr_devices *d);

/* Changes a setting and lets the device's services obey it. `why` says what would be right. */
enum mr_err mr_devices_set(struct mr_devices *d, uint16_t device, const char *name, const char *value, char *why, size_t cap);

#endif
