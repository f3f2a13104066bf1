/* site.c - names of a site, a scenario and their parts, found. Linear: tables are short, and running code keeps indexes. */
#include "plan/site.h"

#include "plan/scenario.h"
#include "plan/values.h"

#include <string.h>

const char *mr_device_kind_name(enum mr_device_kind k)
{
    static const char *const names[MR_DEVICE_KINDS] = {
        [MR_DEV_PLC] = "plc",   [MR_DEV_HMI] = "hmi",      [MR_DEV_HISTORIAN] = "historian", [MR_DEV_WORKSTATION] = "workstation",
        [MR_DEV_HOST] = "host", [MR_DEV_SWITCH] = "switch"};
    return k < MR_DEVICE_KINDS ? names[k] : "?";
}

uint16_t mr_site_device(const struct mr_site *s, const char *name)
{
    for (uint16_t i = 0; i < s->ndevices; i++) {
        if (strcmp(s->devices[i].name, name) == 0) {
            return i;
        }
    }
    return MR_NO_DEVICE;
}

uint16_t mr_site_zone(const struct mr_site *s, const char *name)
{
    for (uint16_t i = 0; i < s->topology.nzones; i++) {
        if (strcmp(s->topology.zones[i].name, name) == 0) {
            return i;
        }
    }
    return MR_NO_ZONE;
}

uint16_t mr_site_tag(const struct mr_site *s, const char *name)
{
    for (uint16_t i = 0; i < s->ntags; i++) {
        if (strcmp(s->tags[i].name, name) == 0) {
            return i;
        }
    }
    return MR_NO_TAG;
}

const struct mr_named_service *mr_site_service(const struct mr_site *s, const char *name)
{
    for (size_t i = 0; i < s->nservices; i++) {
        if (strcmp(s->services[i].name, name) == 0) {
            return &s->services[i];
        }
    }
    return NULL;
}

const struct mr_setting *mr_device_setting(const struct mr_device *d, const char *name)
{
    for (size_t i = 0; i < d->nsettings; i++) {
        if (strcmp(d->settings[i].name, name) == 0) {
            return &d->settings[i];
        }
    }
    return NULL;
}

const struct mr_serve *mr_device_serve(const struct mr_device *d, enum mr_serve_kind kind)
{
    for (size_t i = 0; i < d->nserves; i++) {
        if (d->serves[i].kind == kind) {
            return &d->serves[i];
        }
    }
    return NULL;
}

bool mr_device_polls(const struct mr_device *d, uint16_t tag)
{
    for (size_t i = 0; i < d->npolls; i++) {
        for (size_t k = 0; k < d->polls[i].ntags; k++) {
            if (d->polls[i].tags[k] == tag) {
                return true;
            }
        }
    }
    return false;
}

bool mr_site_match(const struct mr_site *s, const char *text, struct mr_fw_match *out)
{
    uint32_t ip;
    uint8_t prefix;
    uint16_t i;
    if (strcmp(text, "any") == 0) {
        *out = (struct mr_fw_match){0, 0};
    } else if (mr_ipv4_parse(text, &ip)) {
        *out = (struct mr_fw_match){ip, UINT32_MAX};
    } else if (mr_cidr_parse(text, &ip, &prefix)) {
        *out = (struct mr_fw_match){ip, mr_prefix_mask(prefix)};
    } else if ((i = mr_site_device(s, text)) != MR_NO_DEVICE) {
        *out = (struct mr_fw_match){s->topology.nodes[s->devices[i].node].ip, UINT32_MAX};
    } else if ((i = mr_site_zone(s, text)) != MR_NO_ZONE) {
        *out = (struct mr_fw_match){s->topology.zones[i].subnet, mr_prefix_mask(s->topology.zones[i].prefix)};
    } else {
        return false;
    }
    return true;
}

uint16_t mr_scenario_step(const struct mr_scenario *s, const char *id)
{
    for (size_t i = 0; i < s->nsteps; i++) {
        if (strcmp(s->steps[i].id, id) == 0) {
            return (uint16_t)i;
        }
    }
    return MR_NO_STEP;
}

uint16_t mr_scenario_actor(const struct mr_scenario *s, const char *name)
{
    for (size_t i = 0; i < s->nactors; i++) {
        if (strcmp(s->actors[i].name, name) == 0) {
            return (uint16_t)i;
        }
    }
    return UINT16_MAX;
}

struct mr_text mr_scenario_title(const struct mr_scenario *s, enum mr_titled of, const char *id)
{
    for (size_t i = 0; i < s->ntitles; i++) {
        if (s->titles[i].of == of && strcmp(s->titles[i].id, id) == 0) {
            return s->titles[i].title;
        }
    }
    return (struct mr_text){id, id};
}

const struct mr_player *mr_scenario_player(const struct mr_scenario *s, const char *name)
{
    for (size_t i = 0; i < s->nplayers; i++) {
        if (strcmp(s->players[i].name, name) == 0) {
            return &s->players[i];
        }
    }
    return NULL;
}
