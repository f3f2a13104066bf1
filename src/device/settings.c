#include "device/settings.h"

#include <stdio.h>

bool mr_settings_init(struct mr_settings *s, struct mr_arena *arena, const struct mr_site *site, const struct mr_device *device)
{
    *s = (struct mr_settings){site, device, NULL};
    if (device->nsettings == 0) {
        return true;
    }
    s->values = mr_arena_new(arena, &mr_setting_value_type, device->nsettings, "settings");
    if (!s->values) {
        return false;
    }
    for (size_t i = 0; i < device->nsettings; i++) {
        const struct mr_setting *g = &device->settings[i];
        enum mr_err err = mr_setting_parse(site, g->id, g->value, &s->values[i], NULL, 0);
        MR_ASSERT(err == MR_OK); /* the loader has checked it */
    }
    return true;
}

enum mr_err mr_settings_set(struct mr_settings *s, const char *name, const char *value, char *why, size_t cap)
{
    const struct mr_setting *g = mr_device_setting(s->device, name);
    if (!g) {
        (void)snprintf(why, cap, "no such setting");
        return MR_E_NOT_FOUND;
    }
    struct mr_setting_value v;
    enum mr_err err = mr_setting_parse(s->site, g->id, value, &v, why, cap);
    if (err == MR_OK) {
        s->values[g - s->device->settings] = v;
    }
    return err;
}

const struct mr_setting_value *mr_settings_get(const struct mr_settings *s, enum mr_setting_id id)
{
    for (size_t i = 0; i < s->device->nsettings; i++) {
        if (s->device->settings[i].id == id) {
            return &s->values[i];
        }
    }
    return NULL;
}

const struct mr_setting_value *mr_settings_password(const struct mr_settings *s, uint16_t login)
{
    for (size_t i = 0; i < s->device->nsettings; i++) {
        if (s->device->settings[i].id == MR_SET_PASSWORD && s->device->settings[i].login == login) {
            return &s->values[i];
        }
    }
    return NULL;
}

bool mr_settings_on(const struct mr_settings *s, enum mr_setting_id id, bool otherwise)
{
    const struct mr_setting_value *v = mr_settings_get(s, id);
    return v ? v->on : otherwise;
}

uint32_t mr_settings_number(const struct mr_settings *s, enum mr_setting_id id, uint32_t otherwise)
{
    const struct mr_setting_value *v = mr_settings_get(s, id);
    return v ? v->number : otherwise;
}

uint64_t mr_settings_numbers(const struct mr_settings *s, enum mr_setting_id id)
{
    const struct mr_setting_value *v = mr_settings_get(s, id);
    return v ? v->numbers : UINT64_MAX;
}

bool mr_settings_admits(const struct mr_settings *s, enum mr_setting_id list, uint32_t client)
{
    const struct mr_setting_value *v = mr_settings_get(s, list);
    if (!v) {
        return true;
    }
    for (uint32_t i = 0; i < v->naddresses; i++) {
        if ((client & v->addresses[i].mask) == v->addresses[i].ip) {
            return true;
        }
    }
    return false;
}

static void format_addresses(const struct mr_setting_value *v, char *buf, size_t cap)
{
    size_t n = 0;
    (void)snprintf(buf, cap, "%s", v->naddresses == 0 ? "none" : "");
    for (uint32_t i = 0; i < v->naddresses && n < cap; i++) {
        char ip[16];
        const struct mr_fw_match *m = &v->addresses[i];
        int len = m->mask == 0 ? snprintf(buf + n, cap - n, "%sany", i ? " " : "")
                  : m->mask == UINT32_MAX
                      ? snprintf(buf + n, cap - n, "%s%s", i ? " " : "", mr_ip_format(m->ip, ip))
                      : snprintf(buf + n, cap - n, "%s%s/%d", i ? " " : "", mr_ip_format(m->ip, ip), __builtin_popcount(m->mask));
        n += len > 0 ? (size_t)len : 0;
    }
}

static void format_numbers(uint64_t numbers, char *buf, size_t cap)
{
    size_t n = 0;
    (void)snprintf(buf, cap, "%s", numbers == UINT64_MAX ? "any" : numbers == 0 ? "none" : "");
    for (unsigned i = 0; i < 64 && numbers != UINT64_MAX && n < cap; i++) {
        int len = (numbers >> i & 1) ? snprintf(buf + n, cap - n, "%s%u", n > 0 ? " " : "", i) : 0;
        n += len > 0 ? (size_t)len : 0;
    }
}

const char *mr_settings_format(const struct mr_settings *s, size_t i, char *buf, size_t cap)
{
    const struct mr_setting_value *v = &s->values[i];
    switch (mr_setting_type(s->device->settings[i].id)) {
    case MR_SETTING_SWITCH:
        (void)snprintf(buf, cap, "%s", v->on ? "on" : "off");
        break;
    case MR_SETTING_NUMBER:
        (void)snprintf(buf, cap, "%u", v->number);
        break;
    case MR_SETTING_ADDRESSES:
        format_addresses(v, buf, cap);
        break;
    case MR_SETTING_NUMBERS:
        format_numbers(v->numbers, buf, cap);
        break;
    case MR_SETTING_CHOICE:
        (void)snprintf(buf, cap, "%s", mr_setting_word(s->device->settings[i].id, v->number));
        break;
    case MR_SETTING_TEXT:
        (void)snprintf(buf, cap, "(set)"); /* passwords are never shown */
        break;
    }
    return buf;
}
