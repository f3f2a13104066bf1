/* load_enip.c - EtherNet/IP: the assemblies of implicit connections, and which tags are wanted. */
#include "site/load_loader.h"

#include <string.h>
#include <strings.h>

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

static bool has_tag(const struct mr_enip_plan *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->ntags; i++) {
        if (strcasecmp(plan->tags[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

void mr_load_enip_points(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, struct mr_serve *out,
                         const struct mr_yaml *y)
{
    const struct mr_yaml *list = mr_yaml_get(y, "tags");
    mr_load_enip_tags(l, d, &out->enip, list);
    for (const struct mr_yaml *t = list ? list->first : NULL; t; t = t->next) {
        if (!has_tag(&out->enip, t->text)) {
            mr_load_wrong(l, s->doc, t, "the program has no variable '%s' that can be a tag", t->text);
        }
    }
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
