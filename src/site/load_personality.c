/* load_personality.c - makes of devices, each read once. */
#include "proto/dnp3/dnp3_object.h"
#include "site/load_loader.h"

#include <stdlib.h>
#include <string.h>

#define PERSONALITIES_MAX 128

static int by_id(const void *a, const void *b)
{
    const struct mr_identity_object *x = a;
    const struct mr_identity_object *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static void load_modbus(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *y, struct mr_personality *p)
{
    const struct mr_yaml *objects = mr_yaml_get(y, "objects");
    struct mr_identity_object *list = MR_POOL_NEW(l->pool, struct mr_identity_object, objects ? objects->count : 0);
    for (const struct mr_yaml *o = objects ? objects->first : NULL; o; o = o->next) {
        list[p->nobjects++] = (struct mr_identity_object){(uint8_t)strtoul(o->key->text, NULL, 16), mr_load_copy(l, o->text)};
    }
    qsort(list, p->nobjects, sizeof list[0], by_id);
    for (uint8_t id = 0; objects && id < 3; id++) {
        if (p->nobjects <= id || list[id].id != id) {
            mr_load_wrong(l, d, objects->key,
                          "object 0x%02X is missing: vendor 0x00, product code 0x01 and revision 0x02 are mandatory", id);
            break;
        }
    }
    p->objects = list;
    p->server_id = mr_load_copy(l, mr_get_text(y, "server-id", ""));
    p->registers_max = (uint16_t)mr_get_integer(y, "registers-max", 125);
}

/* What SZL 0x0011 and 0x001C say; "V3.2.6" of the firmware as three numbers. */
static void load_s7(struct mr_loader *l, const struct mr_yaml *y, struct mr_personality *p)
{
    unsigned v[3] = {0};
    (void)sscanf(p->firmware + strcspn(p->firmware, "0123456789"), "%3u.%3u.%3u", &v[0], &v[1], &v[2]);
    p->s7 = (struct mr_s7_identity){.order_number = mr_load_copy(l, mr_get_text(y, "order-number", p->product)),
                                    .hardware = (uint8_t)mr_get_integer(y, "hardware", 1),
                                    .firmware = {(uint8_t)v[0], (uint8_t)v[1], (uint8_t)v[2]},
                                    .station = mr_load_copy(l, mr_get_text(y, "station", p->model)),
                                    .module = mr_load_copy(l, mr_get_text(y, "module", p->model)),
                                    .plant = mr_load_copy(l, mr_get_text(y, "plant", "")),
                                    .copyright = mr_load_copy(l, mr_get_text(y, "copyright", "")),
                                    .serial = mr_load_copy(l, mr_get_text(y, "serial", "")),
                                    .module_type = mr_load_copy(l, mr_get_text(y, "module-type", p->model)),
                                    .card = mr_load_copy(l, mr_get_text(y, "card", "")),
                                    .vendor = (uint16_t)mr_get_integer(y, "vendor-id", 0)};
    p->s7_manner = mr_s7_default_personality;
    p->s7_manner.pdu_max = (uint16_t)mr_get_integer(y, "pdu-max", p->s7_manner.pdu_max);
    p->s7_manner.jobs_max = (uint8_t)mr_get_integer(y, "jobs-max", p->s7_manner.jobs_max);
    p->s7_manner.connections = (uint16_t)mr_get_integer(y, "connections", p->s7_manner.connections);
    p->s7_manner.work_memory = (uint32_t)mr_get_integer(y, "work-memory", p->s7_manner.work_memory >> 10) << 10;
    p->s7_manner.load_memory = (uint32_t)mr_get_integer(y, "load-memory", p->s7_manner.load_memory >> 10) << 10;
    p->s7_manner.no_system_blocks = !mr_get_switch(y, "system-blocks", true);
    p->s7_manner.no_messages = !mr_get_switch(y, "messages", true);
    p->s7_manner.no_tests = !mr_get_switch(y, "tests", true);
}

static void load_iec104(const struct mr_yaml *y, struct mr_personality *p)
{
    struct mr_iec104_personality *m = &p->iec104_manner;
    *m = mr_iec104_default_personality;
    m->params.k = (uint16_t)mr_get_integer(y, "k", m->params.k);
    m->params.w = (uint16_t)mr_get_integer(y, "w", m->params.w);
    m->params.t1 = mr_get_duration(y, "t1", m->params.t1);
    m->params.t2 = mr_get_duration(y, "t2", m->params.t2);
    m->params.t3 = mr_get_duration(y, "t3", m->params.t3);
    m->connections = UINT16_MAX; /* the service counts them */
    m->asdu_max = (uint8_t)mr_get_integer(y, "asdu-max", m->asdu_max);
    m->events = (uint16_t)mr_get_integer(y, "events", m->events);
    m->pack_events = mr_get_switch(y, "pack-events", m->pack_events);
    m->broadcast = mr_get_switch(y, "broadcast", m->broadcast);
    m->end_of_init = mr_get_switch(y, "end-of-init", m->end_of_init);
    m->act_term = mr_get_switch(y, "act-term", m->act_term);
    m->counter_time = mr_get_switch(y, "counter-time", m->counter_time);
    m->unknown_ioa = mr_get_switch(y, "unknown-negative", false) ? MR_IEC104_COT_ACT_CON : MR_IEC104_COT_UNKNOWN_IOA;
    m->mirror_unknown = mr_get_switch(y, "mirror-unknown", m->mirror_unknown);
    m->clock_sync = mr_get_switch(y, "clock-sync", m->clock_sync);
    m->clock_before = mr_get_switch(y, "clock-before", m->clock_before);
    m->select_timeout = mr_get_duration(y, "select-timeout", m->select_timeout);
}

/* One that the protocol knows; a make that it does not is told of. */
static void load_variation(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at, uint8_t group, uint8_t *out)
{
    if (!at) {
        return;
    }
    uint8_t variation = (uint8_t)strtoul(at->text, NULL, 10);
    if (!mr_dnp3_format(group, variation)) {
        mr_load_wrong(l, d, at, "group %u has no variation %u that an outstation here gives", group, variation);
        return;
    }
    *out = variation;
}

/* {binary: 1, analog: 5}, by kinds of points. */
static void load_variations(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *map, bool event, uint8_t *out)
{
    static const struct {
        const char *name;
        enum mr_dnp3_kind kind;
        uint8_t statics, event; /* groups */
    } kinds[] = {{"binary", MR_DNP3_BINARY, 1, 2},
                 {"double", MR_DNP3_DOUBLE, 3, 4},
                 {"binary-output", MR_DNP3_BINARY_OUTPUT, 10, 11},
                 {"counter", MR_DNP3_COUNTER, 20, 22},
                 {"analog", MR_DNP3_ANALOG, 30, 32},
                 {"analog-output", MR_DNP3_ANALOG_OUTPUT, 40, 42}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        uint8_t group = event ? kinds[i].event : kinds[i].statics;
        load_variation(l, d, mr_yaml_get(map, kinds[i].name), group, &out[kinds[i].kind]);
    }
}

static void load_dnp3(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *y, struct mr_personality *p)
{
    struct mr_dnp3_personality *m = &p->dnp3_manner;
    p->dnp3 = (struct mr_dnp3_identity){.manufacturer = mr_load_copy(l, mr_get_text(y, "manufacturer", p->vendor)),
                                        .product = mr_load_copy(l, mr_get_text(y, "product", p->product)),
                                        .subset = mr_load_copy(l, mr_get_text(y, "subset", "2:2012")),
                                        .serial = mr_load_copy(l, mr_get_text(y, "serial", "")),
                                        .hardware_version = mr_load_copy(l, mr_get_text(y, "hardware-version", "")),
                                        .software_version = mr_load_copy(l, mr_get_text(y, "software-version", p->firmware))};
    *m = mr_dnp3_default_personality;
    m->fragment_max = (uint16_t)mr_get_integer(y, "fragment-max", m->fragment_max);
    m->controls_max = (uint8_t)mr_get_integer(y, "controls-max", m->controls_max);
    m->frozen_in_class0 = mr_get_switch(y, "frozen-in-class0", m->frozen_in_class0);
    m->self_address = mr_get_switch(y, "self-address", m->self_address);
    m->need_time = mr_get_switch(y, "need-time", m->need_time);
    m->unsolicited = mr_get_switch(y, "unsolicited", m->unsolicited);
    m->files = mr_get_switch(y, "files", m->files);
    m->select_timeout = mr_get_duration(y, "select-timeout", m->select_timeout);
    m->confirm_timeout = mr_get_duration(y, "confirm-timeout", m->confirm_timeout);
    m->unsolicited_timeout = mr_get_duration(y, "unsolicited-timeout", m->unsolicited_timeout);
    m->unsolicited_retries = (uint8_t)mr_get_integer(y, "unsolicited-retries", m->unsolicited_retries);
    m->unsolicited_pause = mr_get_duration(y, "unsolicited-pause", m->unsolicited_pause);
    m->keepalive = mr_get_duration(y, "keepalive", m->keepalive);
    m->time_valid = mr_get_duration(y, "time-valid", m->time_valid);
    m->restart_time = mr_get_duration(y, "restart-time", m->restart_time);
    m->partial = mr_get_duration(y, "partial", m->partial);
    m->refuse_close = mr_get_switch(y, "refuse-close", m->refuse_close);
    load_variations(l, d, mr_yaml_get(y, "variations"), false, m->static_variation);
    load_variations(l, d, mr_yaml_get(y, "event-variations"), true, m->event_variation);
    load_variation(l, d, mr_yaml_get(y, "frozen-variation"), 21, &m->frozen_variation);
    load_variation(l, d, mr_yaml_get(y, "frozen-event-variation"), 23, &m->frozen_event_variation);
    load_variation(l, d, mr_yaml_get(mr_yaml_get(y, "command-event-variations"), "binary-output"), 13, &m->command_variation[0]);
    load_variation(l, d, mr_yaml_get(mr_yaml_get(y, "command-event-variations"), "analog-output"), 43, &m->command_variation[1]);
}

/* Revision: the first two numbers of the firmware's version. */
static void load_enip(struct mr_loader *l, const struct mr_yaml *y, struct mr_personality *p)
{
    unsigned v[2] = {1, 1};
    struct mr_enip_personality *m = &p->enip_manner;
    (void)sscanf(p->firmware + strcspn(p->firmware, "0123456789"), "%3u.%3u", &v[0], &v[1]);
    p->enip = (struct mr_enip_identity){.vendor = (uint16_t)mr_get_integer(y, "vendor-id", 0),
                                        .type = (uint16_t)mr_get_integer(y, "device-type", 14),
                                        .product = (uint16_t)mr_get_integer(y, "product-code", 0),
                                        .major = (uint8_t)v[0],
                                        .minor = (uint8_t)v[1],
                                        .serial = mr_get_integer(y, "serial", 1),
                                        .name = mr_load_copy(l, mr_get_text(y, "name", p->product))};
    *m = mr_enip_default_personality;
    p->enip_signed = strcmp(mr_get_text(y, "types", "all"), "logix") == 0;
    m->logix = mr_get_switch(y, "logix", m->logix);
    m->slot = (uint8_t)mr_get_integer(y, "slot", m->slot);
    m->chassis = mr_get_switch(y, "chassis", m->chassis);
    m->connection_max = (uint16_t)mr_get_integer(y, "connection-max", m->connection_max);
    m->rpi_min = mr_get_duration(y, "rpi-min", m->rpi_min);
}

static void load_protocols(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *root, struct mr_personality *p)
{
    load_s7(l, mr_yaml_get(root, "s7"), p);
    load_iec104(mr_yaml_get(root, "iec104"), p);
    load_dnp3(l, d, mr_yaml_get(root, "dnp3"), p);
    load_enip(l, mr_yaml_get(root, "enip"), p);
}

static const struct mr_personality *found(const struct mr_loader *l, const char *name)
{
    for (size_t i = 0; i < l->npersonalities; i++) {
        if (strcmp(l->personalities[i]->name, name) == 0) {
            return l->personalities[i];
        }
    }
    return NULL;
}

static void fill(struct mr_loader *l, const struct mr_doc *d, struct mr_personality *p)
{
    unsigned oui[3] = {0};
    const struct mr_yaml *http = mr_yaml_get(d->root, "http");
    (void)sscanf(mr_get_text(d->root, "oui", ""), "%2x:%2x:%2x", &oui[0], &oui[1], &oui[2]);
    for (int i = 0; i < 3; i++) {
        p->oui[i] = (uint8_t)oui[i];
    }
    p->title = mr_get_title(l, d->root, "title", (struct mr_text){"", ""});
    p->vendor = mr_load_copy(l, mr_get_text(d->root, "vendor", ""));
    p->product = mr_load_copy(l, mr_get_text(d->root, "product", ""));
    p->model = mr_load_copy(l, mr_get_text(d->root, "model", ""));
    p->firmware = mr_load_copy(l, mr_get_text(d->root, "firmware", ""));
    p->http_server = mr_load_copy(l, mr_get_text(http, "server", ""));
    p->http_title = mr_load_copy(l, mr_get_text(http, "title", ""));
    load_modbus(l, d, mr_yaml_get(d->root, "modbus"), p);
    load_protocols(l, d, d->root, p);
}

struct mr_personality *mr_load_plain(struct mr_loader *l)
{
    struct mr_personality *p = MR_POOL_NEW(l->pool, struct mr_personality, 1);
    *p = (struct mr_personality){.name = "none", .title = {"未知", "unknown"}, .oui = {0x02, 0x4D, 0x52}, .registers_max = 125};
    p->vendor = p->product = p->model = p->firmware = p->server_id = p->http_server = p->http_title = "";
    load_protocols(l, NULL, NULL, p);
    return p;
}

const struct mr_personality *mr_load_personality(struct mr_loader *l, const struct mr_doc *d, const struct mr_yaml *at)
{
    const struct mr_personality *before = found(l, at->text);
    if (before) {
        return before;
    }
    if (!l->personalities) {
        l->personalities = MR_POOL_NEW(l->pool, const struct mr_personality *, PERSONALITIES_MAX);
    }
    struct mr_personality *p = mr_load_plain(l);
    p->name = mr_load_copy(l, at->text);
    p->title = (struct mr_text){p->name, p->name};
    const char *file = mr_pool_format(l->pool, "%s.yaml", at->text);
    const struct mr_doc *doc = mr_load_doc(l, mr_load_named(l, "personalities", file, NULL), MR_FILE_PERSONALITY, d, at);
    if (doc) {
        const struct mr_yaml *name = mr_yaml_get(doc->root, "personality");
        if (strcmp(name->text, at->text) != 0) {
            mr_load_wrong(l, doc, name, "the file is called '%s.yaml', so expected '%s'", at->text, at->text);
        }
        fill(l, doc, p);
    }
    if (l->npersonalities < PERSONALITIES_MAX) {
        l->personalities[l->npersonalities++] = p;
    }
    return p;
}
