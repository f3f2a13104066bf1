/* load_settings.c - the security settings of devices: those that their protocols bring, at the values that the author gives. */
#include "site/load_loader.h"

#include <string.h>

static void add_setting(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, struct mr_setting *list,
                        struct mr_setting setting, const struct mr_yaml *at)
{
    struct mr_setting_value value;
    char why[200] = "";
    if (mr_setting_parse(s->site, setting.id, setting.value, &value, why, sizeof why) != MR_OK) {
        mr_load_wrong(l, s->doc, at, "'%.60s' for setting %s: %s", setting.value, setting.name, why);
    }
    list[d->nsettings++] = setting;
}

static bool brought(const struct mr_device *d, enum mr_setting_id id)
{
    for (size_t i = 0; i < d->nserves; i++) {
        if (mr_setting_of(id, d->serves[i].kind)) {
            return true;
        }
    }
    return false;
}

/* "modbus or s7" */
static const char *bringers(struct mr_loader *l, enum mr_setting_id id)
{
    const char *text = "";
    for (enum mr_serve_kind k = 0; k < MR_SERVE_KINDS; k++) {
        if (mr_setting_of(id, k)) {
            text = mr_pool_format(l->pool, "%s%s%s", text, *text ? " or " : "", mr_serve_usual(k)->name);
        }
    }
    return text;
}

static void add_passwords(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, struct mr_setting *list,
                          const struct mr_yaml *y)
{
    const struct mr_serve *http = mr_device_serve(d, MR_SERVE_HTTP);
    const struct mr_yaml *logins = mr_yaml_get(mr_yaml_get(mr_yaml_get(y, "serves"), "http"), "login");
    const struct mr_yaml *at = logins ? logins->first : NULL;
    for (uint16_t i = 0; http && at && i < http->http.nlogins; i++, at = at->next) {
        const char *name = mr_pool_format(l->pool, "%s%s", mr_setting_id_name(MR_SET_PASSWORD), http->http.logins[i].account);
        add_setting(l, s, d, list, (struct mr_setting){name, MR_SET_PASSWORD, i, http->http.logins[i].password}, at);
    }
}

static void device_settings(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, const struct mr_yaml *y)
{
    const struct mr_yaml *security = mr_yaml_get(y, "security");
    const struct mr_serve *http = mr_device_serve(d, MR_SERVE_HTTP);
    struct mr_setting *list = MR_POOL_NEW(l->pool, struct mr_setting, MR_SETTING_IDS + (http ? http->http.nlogins : 0));
    for (enum mr_setting_id id = 0; id < MR_SET_PASSWORD; id++) {
        const char *name = mr_setting_id_name(id);
        const struct mr_yaml *given = mr_yaml_get(security, name);
        if (brought(d, id)) {
            const char *value = given ? mr_load_copy(l, given->text) : mr_setting_usual(id);
            add_setting(l, s, d, list, (struct mr_setting){name, id, 0, value}, given);
        } else if (given) {
            mr_load_wrong(l, s->doc, given->key, "device '%s' does not serve %s, so it has no '%s'", d->name, bringers(l, id),
                          name);
        }
    }
    add_passwords(l, s, d, list, y);
    d->settings = list;
}

void mr_load_settings(struct mr_loader *l, struct mr_site_draft *s)
{
    for (uint16_t i = 0; i < s->site->ndevices; i++) {
        device_settings(l, s, &s->devices[i], s->device_nodes[i]);
    }
}
