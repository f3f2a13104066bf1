/* load_tags.c - the table of tags: each name resolved to a variable of one controller and the place it is read and written at. */
#include "site/load_loader.h"

#include <math.h>
#include <string.h>

/* Tag "MV101.open" is the variable MV101_open. */
static const char *symbol_name(struct mr_loader *l, const struct mr_yaml *y)
{
    const char *given = mr_get_text(y, "symbol", NULL);
    char *name = mr_load_copy(l, given ? given : y->key->text);
    for (char *p = name; !given && *p; p++) {
        *p = *p == '.' ? '_' : *p;
    }
    return name;
}

/* The process variable of the tag's name, or of what stands before its dot: where unit and range come from. */
static const struct mr_var *kin(struct mr_loader *l, const struct mr_model *m, const char *tag)
{
    int var = mr_model_var(m, tag);
    if (var < 0) {
        var = mr_model_var(m, mr_pool_text(l->pool, tag, strcspn(tag, ".")));
    }
    return var < 0 ? NULL : &m->vars[var];
}

/* The controller that has the variable with an address; says where none or several have it. */
static uint16_t find_device(struct mr_loader *l, struct mr_site_draft *s, const struct mr_yaml *y, const char *name)
{
    const struct mr_yaml *given = mr_yaml_get(y, "device");
    uint16_t only = given ? mr_load_device_of(l, s->doc, s->site, given) : MR_NO_DEVICE;
    uint16_t found = MR_NO_DEVICE;
    bool bare = false;
    if (given && only == MR_NO_DEVICE) {
        return MR_NO_DEVICE;
    }
    for (uint16_t i = 0; i < s->site->ndevices; i++) {
        const struct mr_plc_program *program = s->devices[i].program;
        const struct mr_plc_symbol *symbol = program && (!given || only == i) ? mr_plc_symbol_find(program, name) : NULL;
        bare = bare || symbol;
        if (!symbol || !symbol->located) {
            continue;
        }
        if (found != MR_NO_DEVICE) {
            mr_load_wrong(l, s->doc, y->key, "tag '%s': '%s' and '%s' both have a variable %s; say which by `device`",
                          y->key->text, s->devices[found].name, s->devices[i].name, name);
            return MR_NO_DEVICE;
        }
        found = i;
    }
    if (found == MR_NO_DEVICE && !s->partial) {
        mr_load_wrong(l, s->doc, y->key, "tag '%s': %s", y->key->text,
                      bare ? mr_pool_format(l->pool, "variable %s has no address, so it cannot be read over the network", name)
                           : mr_pool_format(l->pool, "no controller's program has a variable %s; name it by `symbol`", name));
    }
    return found;
}

static bool is_number(enum mr_vtype t)
{
    return t != MR_VT_BOOL && t != MR_VT_STRING && t != MR_VT_OTHER;
}

static void place_tag(struct mr_loader *l, struct mr_site_draft *s, const struct mr_yaml *y, struct mr_tag *t)
{
    const char *name = symbol_name(l, y);
    const struct mr_yaml *command = mr_yaml_get(y, "command");
    t->device = find_device(l, s, y, name);
    if (t->device == MR_NO_DEVICE) {
        return;
    }
    const struct mr_plc_program *program = s->devices[t->device].program;
    t->symbol = mr_plc_symbol_find(program, name);
    t->place = t->command_place = t->symbol->place;
    t->is_bool = t->symbol->type == MR_VT_BOOL;
    t->writable = mr_get_switch(y, "writable", command != NULL);
    if (!t->is_bool && !is_number(t->symbol->type)) {
        mr_load_wrong(l, s->doc, y->key, "tag '%s': variable %s is of type %s; expected a number or BOOL", t->name, name,
                      t->symbol->type_name);
    }
    const struct mr_plc_symbol *written = command ? mr_plc_symbol_find(program, command->text) : t->symbol;
    if (!written || !written->located) {
        mr_load_wrong(l, s->doc, command ? command : y->key, "the program of '%s' has no variable '%s' with an address",
                      s->devices[t->device].name, command ? command->text : name);
        return;
    }
    t->command_place = written->place;
    if (t->writable && t->command_place.area == MR_AREA_I) {
        mr_load_wrong(l, s->doc, y->key, "tag '%s' is an input of '%s' and cannot be written; name a variable by `command`",
                      t->name, s->devices[t->device].name);
    }
}

static void load_tag(struct mr_loader *l, struct mr_site_draft *s, const struct mr_yaml *y, struct mr_tag *t)
{
    t->name = mr_load_copy(l, y->key->text);
    t->title = mr_get_title(l, y, "title", (struct mr_text){"", ""});
    t->var = mr_model_var(s->site->model, t->name);
    for (int i = 0; i < 4; i++) {
        t->limits[i] = NAN;
    }
    place_tag(l, s, y, t);
    const struct mr_var *v = t->is_bool ? NULL : kin(l, s->site->model, t->name);
    const struct mr_yaml *range = mr_yaml_get(y, "range");
    t->unit = mr_load_copy(l, mr_get_text(y, "unit", v ? v->unit : ""));
    t->lo = v ? v->lo : 0;
    t->hi = v ? v->hi : 1;
    if (range && mr_load_range(l, s->doc, range, t->name, t->unit, &t->lo, &t->hi) && !isfinite(t->hi - t->lo)) {
        mr_load_wrong(l, s->doc, range, "'%s' for tag %s: a range needs both ends", range->text, t->name);
    }
}

void mr_load_tags(struct mr_loader *l, struct mr_site_draft *s)
{
    const struct mr_yaml *named = mr_yaml_get(s->doc->root, "tags");
    const struct mr_doc *doc =
        named ? mr_load_doc(l, mr_load_join(l, s->doc->dir, named->text), MR_FILE_TAGS, s->doc, named) : NULL;
    if (!doc) {
        s->partial = s->partial || named;
        return;
    }
    struct mr_site_draft in = *s; /* messages name the table's file */
    in.doc = doc;
    const struct mr_yaml *values = mr_yaml_get(doc->root, "values");
    if (values->count >= MR_NO_TAG) {
        mr_load_wrong(l, doc, values, "a site has at most %d tags", MR_NO_TAG - 1);
        return;
    }
    s->tags = MR_POOL_NEW(l->pool, struct mr_tag, values->count);
    s->site->tags = s->tags;
    for (const struct mr_yaml *y = values->first; y; y = y->next) {
        load_tag(l, &in, y, &s->tags[s->site->ntags++]);
    }
}
