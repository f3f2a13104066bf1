/* api_devices.c - what a team's member does to a device: reads and changes its security settings, starts a controller again. */
#include "server/http.h"

#define CHANGES_MAX 2000 /* changes of settings looked through, newest first: the last word on each is wanted */

static const char *type_name(enum mr_setting_type t)
{
    static const char *const names[] = {
        [MR_SETTING_SWITCH] = "switch", [MR_SETTING_NUMBER] = "number", [MR_SETTING_ADDRESSES] = "addresses",
        [MR_SETTING_TEXT] = "password", [MR_SETTING_CHOICE] = "choice", [MR_SETTING_NUMBERS] = "numbers"};
    return names[t];
}

static json_t *setting_json(const struct mr_device *d, const struct mr_setting *g)
{
    enum mr_setting_type type = mr_setting_type(g->id);
    json_t *value = type == MR_SETTING_TEXT ? json_null() : json_string(g->value); /* passwords are never shown */
    json_t *o = json_pack("{s:s, s:s, s:s, s:o, s:n}", "device", d->name, "name", g->name, "type", type_name(type), "value",
                          value, "changed_s");
    json_t *choices = json_array();
    const char *word;
    for (size_t i = 0; (word = mr_setting_word(g->id, i)) != NULL; i++) {
        json_array_append_new(choices, json_string(word));
    }
    if (type == MR_SETTING_CHOICE) {
        json_object_set(o, "choices", choices);
    }
    json_decref(choices);
    return o;
}

struct overlay {
    const struct mr_team_run *team;
    json_t *list;
};

static bool named(json_t *setting, const char *member, const char *value)
{
    return strcmp(json_string_value(json_object_get(setting, member)), value) == 0;
}

/* Events come newest first: the first that names a setting is its last change. */
static bool into_settings(void *ctx, const char *team, const struct mr_event *e)
{
    struct overlay *o = ctx;
    size_t i;
    json_t *s;
    (void)team;
    json_array_foreach(o->list, i, s)
    {
        if (named(s, "device", e->subject) && named(s, "name", e->object) && json_is_null(json_object_get(s, "changed_s"))) {
            json_object_set_new(s, "changed_s", json_real((double)(e->at - mr_team_begin(o->team)) / 1e9));
            if (!named(s, "type", "password")) {
                json_object_set_new(s, "value", json_string(e->detail));
            }
        }
    }
    return true;
}

void mr_api_settings(struct mr_request *r)
{
    const struct mr_site *site = r->srv->site;
    struct overlay o = {r->team, json_array()};
    for (uint16_t i = 0; i < site->ndevices; i++) {
        for (size_t k = 0; k < site->devices[i].nsettings; k++) {
            json_array_append_new(o.list, setting_json(&site->devices[i], &site->devices[i].settings[k]));
        }
    }
    (void)mr_store_events(r->srv->store, r->team->plan->id, MR_EV_SETTING, CHANGES_MAX, into_settings, &o);
    mr_answer(r, 200, o.list);
}

static const struct mr_device *device_of(const struct mr_request *r, json_t *o)
{
    const char *name = json_string_value(json_object_get(o, "device"));
    uint16_t i = name ? mr_site_device(r->srv->site, name) : MR_NO_DEVICE;
    return i == MR_NO_DEVICE ? NULL : &r->srv->site->devices[i];
}

/* Says what would have been right. */
static void refuse_value(struct mr_request *r, enum mr_setting_id id)
{
    static const char *const not_a[] = {
        [MR_SETTING_SWITCH] = "E_SWITCH", [MR_SETTING_NUMBER] = "E_NUMBER", [MR_SETTING_ADDRESSES] = "E_ADDRESSES",
        [MR_SETTING_TEXT] = "E_TEXT",     [MR_SETTING_CHOICE] = "E_CHOICE", [MR_SETTING_NUMBERS] = "E_NUMBERS"};
    char min[12], max[12];
    uint32_t lo, hi;
    mr_setting_bounds(id, &lo, &hi);
    (void)snprintf(min, sizeof min, "%u", lo);
    (void)snprintf(max, sizeof max, "%u", hi);
    const char *const bounds[] = {min, max};
    const char *words[3] = {0};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *word = mr_setting_word(id, i);
        words[i] = word ? word : "";
    }
    if (id == MR_SET_DNP3_KEY) {
        mr_answer_error(r, 400, "E_KEY");
    } else if (mr_setting_type(id) == MR_SETTING_CHOICE) {
        mr_answer_error_args(r, 400, "E_CHOICE", words, sizeof words / sizeof words[0]);
    } else {
        mr_answer_error_args(r, 400, not_a[mr_setting_type(id)], bounds, sizeof bounds / sizeof bounds[0]);
    }
}

void mr_api_set(struct mr_request *r)
{
    static const char *const names[] = {"device", "name", "value", NULL};
    json_t *o = mr_request_json(r, names);
    if (!o) {
        return;
    }
    const struct mr_device *d = device_of(r, o);
    const char *name = json_string_value(json_object_get(o, "name"));
    const char *value = json_string_value(json_object_get(o, "value"));
    const struct mr_setting *g = d && name ? mr_device_setting(d, name) : NULL;
    struct mr_setting_value parsed;
    if (!g) {
        mr_answer_error(r, 404, "E_NOT_FOUND");
    } else if (!value) {
        mr_answer_error(r, 400, "E_INVALID");
    } else if (mr_setting_parse(r->srv->site, g->id, value, &parsed, NULL, 0) != MR_OK) {
        refuse_value(r, g->id);
    } else if (mr_submittable(r)) {
        struct mr_command c = {0};
        mr_command_add(&c, "device", d->name);
        mr_command_add(&c, "name", name);
        mr_command_add(&c, "value", value);
        mr_submit(r, &c, "setting", mr_submitted);
    }
    json_decref(o);
}

void mr_api_restart(struct mr_request *r)
{
    static const char *const names[] = {"device", "how", NULL};
    json_t *o = mr_request_json(r, names);
    if (!o) {
        return;
    }
    const struct mr_device *d = device_of(r, o);
    const char *how = json_string_value(json_object_get(o, "how"));
    if (!d || d->kind != MR_DEV_PLC) {
        mr_answer_error(r, 404, "E_NOT_FOUND");
    } else if (!how || (strcmp(how, "cold") != 0 && strcmp(how, "warm") != 0)) {
        mr_answer_error(r, 400, "E_INVALID");
    } else if (mr_submittable(r)) {
        struct mr_command c = {0};
        mr_command_add(&c, "device", d->name);
        mr_command_add(&c, "how", how);
        mr_submit(r, &c, "restart", mr_submitted);
    }
    json_decref(o);
}
