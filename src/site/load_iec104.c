/* load_iec104.c - a controlled station of IEC 60870-5-104: its common addresses, redundancy groups, and the file of its
 * points. */
#include "plan/values.h"
#include "site/load_loader.h"

#include <stdlib.h>
#include <string.h>

/* A file's view while its points are read. */
struct reading {
    struct mr_loader *l;
    const struct mr_doc *doc;
    const struct mr_plc_program *program;
    const struct mr_iec104_config *station;
    struct mr_iec104_point *points;
    size_t npoints;
};

static uint8_t type_of(const char *name)
{
    static const struct {
        const char *name;
        uint8_t type;
    } types[] = {
#define X(name, number, form, tag, direction) {#name, number},
        MR_IEC104_TYPES(X)
#undef X
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, name) == 0) {
            return types[i].type;
        }
    }
    return 0; /* the schema lists those that may be written */
}

/* Index of the common address that a row names; the first where it names none. */
static uint8_t station_of(const struct reading *r, const struct mr_yaml *y)
{
    const struct mr_yaml *given = mr_yaml_get(y, "station");
    size_t i = 0;
    while (given && i < r->station->ncas && r->station->cas[i] != mr_get_integer(y, "station", 0)) {
        i++;
    }
    if (given && i == r->station->ncas) {
        mr_load_wrong(r->l, r->doc, given, "the device has no common address %s", given->text);
        i = 0;
    }
    return (uint8_t)i;
}

/* The place of a member, for each of `count` elements; false where there is none, or it was wrong. */
static bool places(const struct reading *r, const struct mr_yaml *y, const char *key, uint32_t count, struct mr_place *out)
{
    const struct mr_yaml *at = mr_yaml_get(y, key);
    return at && mr_load_place(r->l, r->doc, r->program, at, count, out);
}

static void load_point(struct reading *r, const struct mr_yaml *y)
{
    uint32_t count = mr_get_integer(y, "count", 1);
    struct mr_place *place = MR_POOL_NEW(r->l->pool, struct mr_place, 3 * (size_t)count);
    bool has_second = places(r, y, "second", count, place + count);
    bool has_quality = places(r, y, "quality", count, place + 2 * (size_t)count);
    const char *tag = mr_get_text(y, "time", "cp56");
    if (!places(r, y, "value", count, place)) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        r->points[r->npoints++] = (struct mr_iec104_point){
            .ioa = mr_get_integer(y, "ioa", 0) + i,
            .ca = station_of(r, y),
            .type = type_of(mr_get_text(y, "type", "")),
            .tag = strcmp(tag, "cp56") == 0   ? 7
                   : strcmp(tag, "cp24") == 0 ? 3
                                              : 0,
            .group = (uint8_t)mr_get_integer(y, "group", 0),
            .not_interrogated = !mr_get_switch(y, "interrogated", true),
            .silent = !mr_get_switch(y, "spontaneous", true),
            .place = place[i],
            .has_second = has_second,
            .second = place[count + i],
            .has_quality = has_quality,
            .quality = place[2 * (size_t)count + i],
            .scale = mr_get_number(y, "scale", 1),
            .offset = mr_get_number(y, "offset", 0),
            .deadband = mr_get_number(y, "deadband", 0),
            .period = mr_get_duration(y, "period", 0),
        };
        struct mr_iec104_point *p = &r->points[r->npoints - 1];
        p->tag = p->type == MR_IEC104_M_ME_ND_1 || p->type == MR_IEC104_M_PS_NA_1 ? 0 : p->tag;
    }
}

/* The point that answers for a command, by its address. */
static int32_t feedback_of(const struct reading *r, const struct mr_yaml *y, uint8_t ca, uint32_t i)
{
    const struct mr_yaml *given = mr_yaml_get(y, "feedback");
    uint32_t ioa = mr_get_integer(y, "feedback", 0) + i;
    for (size_t k = 0; given && k < r->npoints; k++) {
        if (r->points[k].ioa == ioa && r->points[k].ca == ca) {
            return (int32_t)k;
        }
    }
    if (given) {
        mr_load_wrong(r->l, r->doc, given, "no point has the address %u", ioa);
    }
    return -1;
}

static void load_command(struct reading *r, const struct mr_yaml *y, struct mr_iec104_command *out, size_t *n)
{
    uint32_t count = mr_get_integer(y, "count", 1);
    struct mr_place *place = MR_POOL_NEW(r->l->pool, struct mr_place, 2 * (size_t)count);
    bool has_second = places(r, y, "second", count, place + count);
    const struct mr_yaml *range = mr_yaml_get(y, "range");
    double lo = 0;
    double hi = 0;
    if (!places(r, y, "value", count, place)) {
        return;
    }
    if (range) {
        (void)mr_load_range(r->l, r->doc, range, "a command", "", &lo, &hi);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint8_t ca = station_of(r, y);
        out[(*n)++] = (struct mr_iec104_command){
            .ioa = mr_get_integer(y, "ioa", 0) + i,
            .ca = ca,
            .type = type_of(mr_get_text(y, "type", "")),
            .select = mr_get_switch(y, "select", false),
            .test_only = mr_get_switch(y, "test-only", false),
            .action = mr_get_switch(y, "pulse", false) ? MR_IEC104_PULSE : MR_IEC104_LATCH,
            .place = place[i],
            .has_second = has_second,
            .second = place[count + i],
            .scale = mr_get_number(y, "scale", 1),
            .offset = mr_get_number(y, "offset", 0),
            .lo = lo,
            .hi = hi,
            .feedback = feedback_of(r, y, ca, i),
        };
    }
}

void mr_load_iec104(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y)
{
    size_t n;
    uint16_t *cas = MR_POOL_NEW(l->pool, uint16_t, MR_IEC104_CAS_MAX);
    struct mr_iec104_redundancy *groups = MR_POOL_NEW(l->pool, struct mr_iec104_redundancy, MR_IEC104_REDUNDANCY);
    struct mr_iec104_config *c = &out->iec104;
    for (const struct mr_yaml *a = mr_one_or_list(mr_yaml_get(y, "common-address"), &n); n > 0; a = a->next, n--) {
        cas[c->ncas++] = (uint16_t)strtoul(a->text, NULL, 10);
    }
    if (c->ncas == 0) {
        cas[c->ncas++] = 1;
    }
    const struct mr_yaml *list = mr_yaml_get(y, "redundancy");
    for (const struct mr_yaml *g = list ? list->first : NULL; g; g = g->next) {
        struct mr_fw_match m;
        if (mr_site_match(s->site, g->text, &m)) {
            groups[c->ngroups++] = (struct mr_iec104_redundancy){m.ip, m.mask};
        } else {
            mr_load_wrong(l, s->doc, g, "'%s' is no device, zone, address or prefix of the site", g->text);
        }
    }
    c->cas = cas;
    c->groups = groups;
}

void mr_load_iec104_points(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, struct mr_serve *out,
                           const struct mr_yaml *y)
{
    struct mr_iec104_config *c = &out->iec104;
    const struct mr_doc *doc = mr_load_points(l, s, y, MR_FILE_IEC104);
    if (!doc) {
        return;
    }
    const struct mr_yaml *points = mr_yaml_get(doc->root, "points");
    const struct mr_yaml *commands = mr_yaml_get(doc->root, "commands");
    struct reading r = {l, doc, d->program, c, MR_POOL_NEW(l->pool, struct mr_iec104_point, mr_load_count(points)), 0};
    struct mr_iec104_command *list = MR_POOL_NEW(l->pool, struct mr_iec104_command, mr_load_count(commands));
    size_t before = l->diags->errors;
    for (const struct mr_yaml *p = points ? points->first : NULL; p; p = p->next) {
        load_point(&r, p);
    }
    c->points = r.points;
    c->npoints = r.npoints;
    for (const struct mr_yaml *p = commands ? commands->first : NULL; p; p = p->next) {
        load_command(&r, p, list, &c->ncommands);
    }
    c->commands = list;
    struct mr_iec104_config whole = *c;
    struct mr_image layout = mr_plc_image_layout(d->program);
    whole.image = &layout;
    whole.personality = &d->personality->iec104_manner;
    const char *wrong = mr_iec104_config_check(&whole);
    if (wrong && l->diags->errors == before) {
        mr_load_wrong(l, doc, doc->root, "%s", wrong);
    }
}
