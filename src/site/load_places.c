/* load_places.c - what a point of a protocol stands for: an address of the process image, a variable of the device's program, or
 * as many consecutive ones as the point has elements. */
#include "site/load_loader.h"

#include <string.h>

static struct mr_place advance(struct mr_place p, uint32_t by)
{
    if (p.type == MR_VT_BOOL) {
        uint32_t bit = p.byte * 8 + p.bit + by;
        p.byte = bit / 8;
        p.bit = (uint8_t)(bit % 8);
    } else {
        p.byte += by * (uint32_t)mr_vtype_size(p.type);
    }
    return p;
}

/* Of an array its first element, which follows it in the table of symbols; *n says how many there are in a row. */
static const struct mr_plc_symbol *first_of(const struct mr_plc_program *program, const struct mr_plc_symbol *s, uint32_t *n)
{
    const struct mr_plc_symbol *all;
    size_t count = mr_plc_symbols(program, &all);
    size_t i = (size_t)(s - all) + 1;
    size_t length = strlen(s->name);
    *n = 1;
    if (s->type != MR_VT_OTHER) {
        return s;
    }
    const struct mr_plc_symbol *first = i < count ? &all[i] : NULL;
    if (!first || strncmp(first->name, s->name, length) != 0 || first->name[length] != '[' || !first->located) {
        return NULL;
    }
    for (*n = 0; i < count && strncmp(all[i].name, s->name, length) == 0 && all[i].name[length] == '['; i++) {
        ++*n;
    }
    return first;
}

bool mr_load_place(struct mr_loader *l, const struct mr_doc *d, const struct mr_plc_program *program, const struct mr_yaml *at,
                   uint32_t count, struct mr_place *out)
{
    struct mr_place p;
    uint32_t there = count;
    if (at->text[0] != '%') {
        const struct mr_plc_symbol *s = mr_plc_symbol_find(program, at->text);
        const struct mr_plc_symbol *first = s && s->located ? first_of(program, s, &there) : NULL;
        if (!first) {
            const struct mr_plc_symbol *all;
            size_t n = mr_plc_symbols(program, &all);
            mr_load_wrong(l, d, at, "the program has no variable '%s' with an address%s", at->text,
                          s ? "" : mr_load_near(l, at->text, all, n, sizeof all[0]));
            return false;
        }
        p = first->place;
    } else if (mr_place_parse(at->text, &p) != MR_OK) {
        mr_load_wrong(l, d, at, "'%s' is no address of the process image; expected one such as %%MD4, or a variable", at->text);
        return false;
    }
    if (there < count) {
        mr_load_wrong(l, d, at, "'%s' has %u elements, but `count` asks for %u", at->text, there, count);
        return false;
    }
    struct mr_image layout = mr_plc_image_layout(program);
    for (uint32_t i = 0; i < count; i++) {
        out[i] = advance(p, i);
    }
    if (!mr_place_inside(&layout, &out[count - 1])) {
        mr_load_wrong(l, d, at, "'%s' lies beyond the end of the area, which has %u bytes", at->text, layout.size[p.area]);
        return false;
    }
    return true;
}

const struct mr_doc *mr_load_points(struct mr_loader *l, struct mr_site_draft *s, const struct mr_yaml *y, enum mr_file_kind kind)
{
    const struct mr_yaml *named = mr_yaml_get(y, "points");
    return named ? mr_load_doc(l, mr_load_join(l, s->doc->dir, named->text), kind, s->doc, named) : NULL;
}

uint32_t mr_load_count(const struct mr_yaml *list)
{
    uint32_t n = 0;
    for (const struct mr_yaml *p = list ? list->first : NULL; p; p = p->next) {
        n += mr_get_integer(p, "count", 1);
    }
    return n;
}
