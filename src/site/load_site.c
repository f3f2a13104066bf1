/* load_site.c - a site from its file, in the order in which its parts need each other. */
#include "device/env.h"
#include "site/load_loader.h"

#include <string.h>

#define SITES_MAX 16

static void load_process(struct mr_loader *l, struct mr_site_draft *s)
{
    const struct mr_yaml *process = mr_yaml_get(s->doc->root, "process");
    const struct mr_yaml *name = mr_yaml_get(process, "model");
    const struct mr_yaml *step = mr_yaml_get(process, "step");
    s->site->model = mr_model_find(name->text);
    if (!s->site->model) {
        size_t n;
        const struct mr_model *const *models = mr_models(&n);
        const char **names = MR_POOL_NEW(l->pool, const char *, n);
        for (size_t i = 0; i < n; i++) {
            names[i] = models[i]->name;
        }
        mr_load_unknown(l, s->doc, name, "process model", name->text, names, n, sizeof names[0]);
        return;
    }
    s->site->step = mr_get_duration(process, "step", s->site->model->step);
    if (s->site->step < MR_MS || s->site->step > 10 * MR_S) {
        mr_load_wrong(l, s->doc, step ? step : name, "a step is 1ms to 10s, got '%s'", step ? step->text : "the model's own");
    }
}

void mr_load_check_name(struct mr_loader *l, const struct mr_doc *d, const char *key, const struct mr_yaml *asked)
{
    const struct mr_yaml *name = mr_yaml_get(d->root, key);
    if (asked && strcmp(name->text, asked->text) != 0) {
        mr_load_wrong(l, d, name, "its folder is called '%s', so expected '%s'", asked->text, asked->text);
    }
}

/* Timers and connections name their owners by number (device/env.h). */
static void check_numbers(struct mr_loader *l, struct mr_site_draft *s)
{
    const struct mr_yaml *devices = mr_yaml_get(s->doc->root, "devices");
    size_t services = 0;
    size_t links = 0;
    for (uint16_t i = 0; i < s->site->ndevices; i++) {
        services += s->devices[i].nserves;
        links += s->devices[i].npolls + s->devices[i].nlinks;
    }
    if (s->site->ndevices > MR_OWNER_UNITS || services > MR_OWNER_UNITS || links > MR_OWNER_UNITS) {
        mr_load_wrong(l, s->doc, devices,
                      "the site has %u devices that serve %zu services and poll over %zu links; expected at most %d of each",
                      s->site->ndevices, services, links, MR_OWNER_UNITS);
    }
}

static void load_parts(struct mr_loader *l, struct mr_site_draft *s)
{
    load_process(l, s);
    mr_load_network(l, s);
    mr_load_devices(l, s);
    mr_load_settings(l, s);
    mr_load_router(l, s);
    mr_load_programs(l, s);
    mr_load_served_points(l, s);
    if (s->site->model) {
        mr_load_tags(l, s);
        mr_load_terminals(l, s);
        mr_load_stations(l, s);
    }
    check_numbers(l, s);
}

struct mr_site *mr_load_site(struct mr_loader *l, struct mr_place_of_files file, const struct mr_doc *by,
                             const struct mr_yaml *at)
{
    size_t before = l->diags->errors;
    const struct mr_doc *doc = mr_load_doc(l, file, MR_FILE_SITE, by, at);
    if (!doc) {
        return NULL;
    }
    struct mr_site *site = MR_POOL_NEW(l->pool, struct mr_site, 1);
    struct mr_site_draft draft = {.doc = doc, .site = site};
    site->name = mr_load_copy(l, mr_get_text(doc->root, "site", ""));
    site->title = mr_get_title(l, doc->root, "title", (struct mr_text){"", ""});
    mr_load_check_name(l, doc, "site", at);
    load_parts(l, &draft);
    if (l->diags->errors > before) {
        return NULL;
    }
    MR_ASSERT(l->nsites < SITES_MAX);
    l->sites = l->sites ? l->sites : MR_POOL_NEW(l->pool, const struct mr_site *, SITES_MAX);
    l->sites[l->nsites++] = site;
    return site;
}

uint16_t mr_load_tag_of(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *at,
                        const char *name)
{
    uint16_t tag = mr_site_tag(site, name);
    if (tag == MR_NO_TAG) {
        mr_load_unknown(l, d, at, "tag", name, site->tags, site->ntags, sizeof site->tags[0]);
    }
    return tag;
}

uint16_t mr_load_device_of(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *at)
{
    uint16_t device = mr_site_device(site, at->text);
    if (device == MR_NO_DEVICE) {
        mr_load_unknown(l, d, at, "device", at->text, site->devices, site->ndevices, sizeof site->devices[0]);
    }
    return device;
}

int mr_load_var_of(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *at)
{
    int var = mr_model_var(site->model, at->text);
    if (var < 0) {
        mr_load_unknown(l, d, at, "variable of the process", at->text, site->model->vars, site->model->nvars,
                        sizeof site->model->vars[0]);
    }
    return var;
}

bool mr_load_condition(struct mr_loader *l, const struct mr_doc *d, const struct mr_site *site, const struct mr_yaml *map,
                       struct mr_condition *out)
{
    const struct mr_yaml *tag = mr_yaml_get(map, "tag");
    const struct mr_yaml *above = mr_yaml_get(map, "above");
    const struct mr_yaml *below = mr_yaml_get(map, "below");
    const struct mr_yaml *is = mr_yaml_get(map, "is");
    const struct mr_yaml *limit = above ? above : below ? below : is;
    out->tag = mr_load_tag_of(l, d, site, tag, tag->text);
    if (out->tag == MR_NO_TAG || !limit) {
        return false;
    }
    const struct mr_tag *t = &site->tags[out->tag];
    if (t->is_bool != (is != NULL)) {
        mr_load_wrong(l, d, limit->key, "tag '%s' is %s; expected %s", t->name, t->is_bool ? "a bool" : "a number",
                      t->is_bool ? "`is: on` or `is: off`" : "`above` or `below`");
        return false;
    }
    out->sense = above ? MR_ABOVE : MR_BELOW;
    if (!mr_load_quantity(l, d, limit, t->name, t->unit, t->is_bool, &out->value)) {
        return false;
    }
    if (is) {
        out->sense = out->value > 0.5 ? MR_ABOVE : MR_BELOW;
        out->value = 0.5;
    }
    return true;
}
