/* load_enip.c - EtherNet/IP: which variables of the program are tags, and the assemblies of implicit connections. */
#include "site/load_loader.h"

#include <string.h>
#include <strings.h>

/* The CIP type of an elementary one; 0 where it has none. */
static uint16_t type_of(enum mr_vtype t)
{
    static const uint16_t types[MR_VT_OTHER + 1] = {
        [MR_VT_BOOL] = MR_CIP_BOOL,   [MR_VT_SINT] = MR_CIP_SINT,   [MR_VT_INT] = MR_CIP_INT,     [MR_VT_DINT] = MR_CIP_DINT,
        [MR_VT_LINT] = MR_CIP_LINT,   [MR_VT_USINT] = MR_CIP_USINT, [MR_VT_UINT] = MR_CIP_UINT,   [MR_VT_UDINT] = MR_CIP_UDINT,
        [MR_VT_ULINT] = MR_CIP_ULINT, [MR_VT_BYTE] = MR_CIP_BYTE,   [MR_VT_WORD] = MR_CIP_WORD,   [MR_VT_DWORD] = MR_CIP_DWORD,
        [MR_VT_LWORD] = MR_CIP_LWORD, [MR_VT_REAL] = MR_CIP_REAL,   [MR_VT_LREAL] = MR_CIP_LREAL, [MR_VT_TIME] = MR_CIP_LINT,
    };
    return types[t];
}

/* What stands for a type in a controller that has only signed ones. */
static uint16_t signed_type(uint16_t type)
{
    switch (type) {
    case MR_CIP_USINT:
    case MR_CIP_BYTE:
        return MR_CIP_SINT;
    case MR_CIP_UINT:
    case MR_CIP_WORD:
        return MR_CIP_INT;
    case MR_CIP_UDINT:
    case MR_CIP_DWORD:
        return MR_CIP_DINT;
    case MR_CIP_ULINT:
    case MR_CIP_LWORD:
        return MR_CIP_LINT;
    default:
        return type;
    }
}

/* How many elements follow an array in the table of symbols; 0 where it is none of one dimension and elementary ones. */
static uint32_t elements(const struct mr_plc_symbol *all, size_t n, size_t i)
{
    size_t length = strlen(all[i].name);
    uint32_t count = 0;
    for (size_t k = i + 1; k < n && strncmp(all[k].name, all[i].name, length) == 0 && all[k].name[length] == '['; k++) {
        if (strchr(all[k].name + length, ',') || strchr(all[k].name + length, '.') || type_of(all[k].type) == 0) {
            return 0;
        }
        count++;
    }
    return count;
}

static bool wanted(const struct mr_yaml *list, const char *name)
{
    for (const struct mr_yaml *t = list ? list->first : NULL; t; t = t->next) {
        if (strcasecmp(t->text, name) == 0) {
            return true;
        }
    }
    return !list;
}

/* Logix knows no program here: a variable's own name, without its program's, is its tag. */
static const char *tag_name(const char *symbol)
{
    const char *dot = strrchr(symbol, '.');
    return dot ? dot + 1 : symbol;
}

static void load_tags(struct mr_loader *l, const struct mr_device *d, struct mr_enip_plan *out, const struct mr_yaml *list)
{
    const struct mr_plc_symbol *all;
    size_t n = mr_plc_symbols(d->program, &all);
    struct mr_enip_tag *tags = MR_POOL_NEW(l->pool, struct mr_enip_tag, n);
    for (size_t i = 0; i < n; i++) {
        const struct mr_plc_symbol *s = &all[i];
        uint32_t count = s->type == MR_VT_OTHER ? elements(all, n, i) : 0;
        const struct mr_plc_symbol *first = count > 0 ? s + 1 : s;
        if (!s->located || strchr(s->name, '[') || type_of(first->type) == 0 || !wanted(list, tag_name(s->name))) {
            continue;
        }
        struct mr_place *place = MR_POOL_NEW(l->pool, struct mr_place, 1);
        *place = first->place;
        tags[out->ntags++] =
            (struct mr_enip_tag){.name = mr_load_copy(l, tag_name(s->name)),
                                 .type = d->personality->enip_signed ? signed_type(type_of(first->type)) : type_of(first->type),
                                 .dims = {count},
                                 .places = place,
                                 .nplaces = 1,
                                 .read_only = first->place.area == MR_AREA_I};
    }
    out->tags = tags;
}

static enum mr_enip_assembly_kind kind_of(const char *name)
{
    static const char *const names[] = {"input", "output", "config", "input-only", "listen-only"};
    unsigned k = 0;
    while (k < 4 && strcmp(names[k], name) != 0) {
        k++;
    }
    return (enum mr_enip_assembly_kind)k;
}

/* assemblies: [{instance: 100, kind: input, at: %MB0, size: 32}] */
void mr_load_enip(struct mr_loader *l, struct mr_site_draft *s, struct mr_serve *out, const struct mr_yaml *y)
{
    const struct mr_yaml *list = mr_yaml_get(y, "assemblies");
    struct mr_enip_assembly *to = MR_POOL_NEW(l->pool, struct mr_enip_assembly, list ? list->count : 0);
    for (const struct mr_yaml *a = list ? list->first : NULL; a; a = a->next) {
        const struct mr_yaml *at = mr_yaml_get(a, "at");
        struct mr_place place = {0};
        if (at && (mr_place_parse(at->text, &place) != MR_OK || place.type == MR_VT_BOOL)) {
            mr_load_wrong(l, s->doc, at, "'%s': expected the byte that the assembly begins with, such as %%MB0", at->text);
        }
        to[out->enip.nassemblies++] = (struct mr_enip_assembly){.instance = (uint16_t)mr_get_integer(a, "instance", 0),
                                                                .kind = (uint8_t)kind_of(mr_get_text(a, "kind", "")),
                                                                .area = place.area,
                                                                .byte = place.byte,
                                                                .bytes = (uint16_t)mr_get_integer(a, "size", 0)};
    }
    out->enip.assemblies = to;
}

void mr_load_enip_points(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, struct mr_serve *out,
                         const struct mr_yaml *y)
{
    const struct mr_yaml *list = mr_yaml_get(y, "tags");
    for (const struct mr_yaml *t = list ? list->first : NULL; t; t = t->next) {
        const struct mr_plc_symbol *found = mr_plc_symbol_find(d->program, t->text);
        if (!found || !found->located) {
            mr_load_wrong(l, s->doc, t, "the program has no variable '%s' with an address", t->text);
        }
    }
    load_tags(l, d, &out->enip, list);
    const struct mr_yaml *assemblies = mr_yaml_get(y, "assemblies");
    const struct mr_yaml *a = assemblies ? assemblies->first : NULL;
    for (size_t i = 0; a && i < out->enip.nassemblies; i++, a = a->next) {
        const struct mr_enip_assembly *e = &out->enip.assemblies[i];
        const struct mr_place from = {.area = e->area, .byte = e->byte};
        if (mr_yaml_get(a, "at")) {
            (void)mr_load_stretch(l, s->doc, d->program, mr_yaml_get(a, "at"), &from, e->bytes);
        }
    }
}
