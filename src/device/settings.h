/* settings.h - the security settings of a device as they stand now, and what they mean to its services. */
#ifndef MR_DEVICE_SETTINGS_H
#define MR_DEVICE_SETTINGS_H

#include "device/env.h"
#include "plan/site.h"

struct mr_settings {
    const struct mr_site *site;
    const struct mr_device *device;
    struct mr_setting_value *values; /* by the device's settings (state) */
};

/* In the arena, at the values that the site's file gives. False where it is full. */
bool mr_settings_init(struct mr_settings *s, struct mr_arena *arena, const struct mr_site *site, const struct mr_device *device);
/* Changes one by name. MR_E_NOT_FOUND, or MR_E_INVALID with what would be right in `why`. */
enum mr_err mr_settings_set(struct mr_settings *s, const char *name, const char *value, char *why, size_t cap);
/* NULL where the device has none of the kind. */
const struct mr_setting_value *mr_settings_get(const struct mr_settings *s, enum mr_setting_id id);
const struct mr_setting_value *mr_settings_password(const struct mr_settings *s, uint16_t login);
/* A switch or number that the device has not counts as `otherwise`. */
bool mr_settings_on(const struct mr_settings *s, enum mr_setting_id id, bool otherwise);
uint32_t mr_settings_number(const struct mr_settings *s, enum mr_setting_id id, uint32_t otherwise);
/* Bit n: n is one of several numbers; all of a setting that the device has not. */
uint64_t mr_settings_numbers(const struct mr_settings *s, enum mr_setting_id id);
/* Whether an address list admits a client; one that is not there admits everybody. */
bool mr_settings_admits(const struct mr_settings *s, enum mr_setting_id list, uint32_t client);
/* A value in the form that a command has it. */
const char *mr_settings_format(const struct mr_settings *s, size_t i, char *buf, size_t cap);

#endif
