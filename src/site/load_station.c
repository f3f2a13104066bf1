/* load_station.c - HMI stations and historians: what they poll, when they alarm, the pages they show. */
#include "device/link_map.h"
#include "device/peer.h"
#include "site/load_loader.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KEEP (30 * MR_DAY)

/* ---- polls ---------------------------------------------------------------------------------------------------------------- */

static size_t all_tags(const struct mr_site *site, uint16_t device, uint16_t *out)
{
    size_t n = 0;
    for (uint16_t i = 0; i < site->ntags; i++) {
        if (site->tags[i].device == device) {
            out[n++] = i;
        }
    }
    return n;
}

static size_t listed_tags(struct mr_loader *l, struct mr_site_draft *s, const struct mr_yaml *list, uint16_t device,
                          uint16_t *out)
{
    size_t n = 0;
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        uint16_t tag = s->tags || !s->partial ? mr_load_tag_of(l, s->doc, s->site, y, y->text) : MR_NO_TAG;
        if (tag == MR_NO_TAG || s->site->tags[tag].device == MR_NO_DEVICE) {
            continue;
        }
        if (s->site->tags[tag].device != device) {
            mr_load_wrong(l, s->doc, y, "tag '%s' is a value of '%s', not of '%s'", y->text,
                          s->devices[s->site->tags[tag].device].name, s->devices[device].name);
            continue;
        }
        out[n++] = tag;
    }
    return n;
}

/* Each tag lies where the protocol reaches (an HMI also commands those that can be), and all of them in few enough requests. */
static void check_reach(struct mr_loader *l, struct mr_site_draft *s, const struct mr_yaml *from, const struct mr_poll *p,
                        bool commands)
{
    const struct mr_device *d = &s->devices[p->from];
    const struct mr_serve *over = mr_device_serve(d, p->over);
    const struct mr_peer_ops *ops = mr_peer_ops(p->over);
    struct mr_place *places = MR_POOL_NEW(l->pool, struct mr_place, p->ntags);
    size_t n = 0;
    for (size_t i = 0; i < p->ntags; i++) {
        const struct mr_tag *t = &s->site->tags[p->tags[i]];
        char place[32];
        if (!ops->reaches(d, over, &t->place, false)) {
            mr_load_wrong(l, s->doc, from->key, "tag '%s' lies at %s, which %s does not reach; expected %s", t->name,
                          mr_place_format(&t->place, place, sizeof place), ops->title, ops->expected);
        } else if (commands && t->writable && !ops->reaches(d, over, &t->command_place, true)) {
            mr_load_wrong(l, s->doc, from->key, "tag '%s' is commanded at %s, which %s cannot write; expected %s", t->name,
                          mr_place_format(&t->command_place, place, sizeof place), ops->title, ops->expected);
        } else {
            places[n++] = t->place;
        }
    }
    if (n == p->ntags && ops->fits && !ops->fits(d, places, n)) {
        mr_load_wrong(l, s->doc, from->key,
                      "the %zu tags of '%s' lie in more than %d ranges of registers; place them closer "
                      "together, or leave some out",
                      n, from->key->text, MR_LINK_BLOCKS_MAX);
    } else if (p->ntags == 0 && !s->partial) {
        mr_load_wrong(l, s->doc, from->key, "nothing is polled of '%s'; it has no tag", from->key->text);
    }
}

const struct mr_serve *mr_load_over(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d,
                                    const struct mr_yaml *at, const struct mr_yaml *over)
{
    const struct mr_serve *found = d->kind == MR_DEV_PLC ? mr_peer_usual(d) : NULL;
    for (size_t i = 0; over && found && i < d->nserves; i++) {
        if (strcmp(mr_serve_usual(d->serves[i].kind)->name, over->text) == 0) {
            return &d->serves[i];
        }
    }
    if (!found) {
        mr_load_wrong(l, s->doc, at, "'%s' is no plc that serves a protocol to ask it by", d->name);
    } else if (over) {
        mr_load_wrong(l, s->doc, over, "'%s' does not serve %s", d->name, over->text);
        found = NULL;
    }
    return found;
}

static void load_poll(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, struct mr_poll *polls,
                      const struct mr_yaml *y)
{
    mr_ns every = mr_get_duration(y, "every", MR_S);
    if (every <= 0) {
        mr_load_wrong(l, s->doc, mr_yaml_get(y, "every"), "a period of 0 is none; expected a duration such as 1s");
    }
    for (const struct mr_yaml *from = mr_yaml_get(y, "from")->first; from; from = from->next) {
        uint16_t plc = mr_load_device_of(l, s->doc, s->site, from->key);
        if (plc == MR_NO_DEVICE) {
            continue;
        }
        const struct mr_serve *over = mr_load_over(l, s, &s->devices[plc], from->key, mr_yaml_get(y, "over"));
        if (!over) {
            continue;
        }
        struct mr_poll *p = &polls[d->npolls++];
        uint16_t *tags = MR_POOL_NEW(l->pool, uint16_t, from->kind == MR_YAML_SEQ ? from->count : s->site->ntags);
        p->from = plc;
        p->over = over->kind;
        p->every = every;
        p->tags = tags;
        p->ntags = from->kind == MR_YAML_SEQ ? listed_tags(l, s, from, plc, tags) : all_tags(s->site, plc, tags);
        check_reach(l, s, from, p, d->kind == MR_DEV_HMI);
    }
}

static void load_polls(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, const struct mr_yaml *y)
{
    size_t n, total = 0;
    const struct mr_yaml *first = mr_one_or_list(y, &n);
    const struct mr_yaml *p = first;
    for (size_t i = 0; i < n; i++, p = p->next) {
        total += mr_yaml_get(p, "from")->count;
    }
    struct mr_poll *polls = MR_POOL_NEW(l->pool, struct mr_poll, total);
    for (p = first; n > 0; p = p->next, n--) {
        load_poll(l, s, d, polls, p);
    }
    d->polls = polls;
}

/* A tag that the station polls, or MR_NO_TAG and said why. */
static uint16_t known_tag(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, const struct mr_doc *doc,
                          const struct mr_yaml *at)
{
    uint16_t tag = s->tags || !s->partial ? mr_load_tag_of(l, doc, s->site, at, at->text) : MR_NO_TAG;
    if (tag != MR_NO_TAG && !mr_device_polls(d, tag)) {
        if (s->partial) {
            return MR_NO_TAG;
        }
        mr_load_wrong(l, doc, at, "station '%s' does not poll tag '%s', so it cannot know it; add it to its `polls`", d->name,
                      at->text);
        return MR_NO_TAG;
    }
    return tag;
}

/* ---- alarms --------------------------------------------------------------------------------------------------------------- */

static const char *const level_keys[] = {"LL", "L", "H", "HH", "on", "off"};

static void add_alarm(struct mr_loader *l, const struct mr_doc *doc, struct mr_tag *t, uint16_t tag, const struct mr_yaml *y,
                      enum mr_alarm_level level, struct mr_alarm *a)
{
    const struct mr_yaml *limit = mr_yaml_get(y, level_keys[level]);
    const struct mr_yaml *deadband = mr_yaml_get(y, "deadband");
    bool outer = level == MR_ALARM_LL || level == MR_ALARM_HH;
    a->tag = tag;
    a->level = level;
    a->delay = mr_get_duration(y, "delay", 0);
    a->priority = (uint8_t)mr_get_integer(y, "priority", outer ? 1 : 2);
    a->text = mr_get_title(l, y, "text", t->title);
    a->deadband = (t->hi - t->lo) / 100;
    if (level >= MR_ALARM_ON) {
        a->limit = 0.5;
        a->deadband = 0;
        if (!t->is_bool) {
            mr_load_wrong(l, doc, limit->key, "tag '%s' is a number; expected limits LL, L, H, HH", t->name);
        }
        return;
    }
    if (t->is_bool) {
        mr_load_wrong(l, doc, limit->key, "tag '%s' is a bool; expected `on: true` or `off: true`", t->name);
        return;
    }
    if (mr_load_quantity(l, doc, limit, t->name, t->unit, false, &a->limit)) {
        t->limits[level] = a->limit;
        if (a->limit < t->lo || a->limit > t->hi) {
            mr_load_wrong(l, doc, limit, "limit %s of tag %s lies outside its range %g..%g %s", level_keys[level], t->name, t->lo,
                          t->hi, t->unit);
        }
    }
    if (deadband) {
        (void)mr_load_quantity(l, doc, deadband, t->name, t->unit, false, &a->deadband);
    }
}

static void check_order(struct mr_loader *l, const struct mr_doc *doc, const struct mr_tag *t, const struct mr_yaml *y)
{
    int before = -1;
    for (int i = 0; i < 4; i++) {
        if (isnan(t->limits[i])) {
            continue;
        }
        if (before >= 0 && t->limits[before] >= t->limits[i]) {
            mr_load_wrong(l, doc, mr_yaml_get(y, level_keys[i]), "limit %s of tag %s must lie above %s", level_keys[i], t->name,
                          level_keys[before]);
        }
        before = i;
    }
}

static void load_alarms(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, const struct mr_yaml *at)
{
    const struct mr_doc *doc = mr_load_doc(l, mr_load_join(l, s->doc->dir, at->text), MR_FILE_ALARMS, s->doc, at);
    if (!doc) {
        return;
    }
    const struct mr_yaml *limits = mr_yaml_get(doc->root, "limits");
    struct mr_alarm *alarms = MR_POOL_NEW(l->pool, struct mr_alarm, limits->count * 6);
    for (const struct mr_yaml *y = limits->first; y; y = y->next) {
        uint16_t tag = known_tag(l, s, d, doc, y->key);
        if (tag == MR_NO_TAG) {
            continue;
        }
        for (int level = MR_ALARM_LL; level <= MR_ALARM_OFF; level++) {
            const struct mr_yaml *m = mr_yaml_get(y, level_keys[level]);
            if (m && (level < MR_ALARM_ON || mr_get_switch(y, level_keys[level], false))) {
                add_alarm(l, doc, &s->tags[tag], tag, y, (enum mr_alarm_level)level, &alarms[d->nalarms++]);
            }
        }
        check_order(l, doc, &s->tags[tag], y);
    }
    d->alarms = alarms;
}

/* ---- pages ---------------------------------------------------------------------------------------------------------------- */

#define MR_PAGE_LAST 100 /* behind every order that a file can give */

/* A tree as JSON: what the browser gets. The depth is bounded by yaml.h. */
static json_t *to_json(const struct mr_yaml *y)
{
    json_t *out = NULL;
    switch (mr_yaml_type(y)) {
    case MR_YAML_OBJECT:
        out = json_object();
        for (const struct mr_yaml *m = y->first; m; m = m->next) {
            (void)json_object_set_new(out, m->key->text, to_json(m));
        }
        return out;
    case MR_YAML_ARRAY:
        out = json_array();
        for (const struct mr_yaml *m = y->first; m; m = m->next) {
            (void)json_array_append_new(out, to_json(m));
        }
        return out;
    case MR_YAML_INT:
    case MR_YAML_NUMBER:
        return json_real(strtod(y->text, NULL));
    case MR_YAML_BOOL:
        return json_boolean(y->text[0] == 't' || y->text[0] == 'T');
    case MR_YAML_NULL:
        return json_null();
    case MR_YAML_TEXT:
        return json_string(y->text);
    }
    return json_null();
}

static void check_shown(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, const struct mr_doc *doc)
{
    for (const struct mr_yaml *y = mr_yaml_get(doc->root, "shows")->first; y; y = y->next) {
        uint16_t tag = known_tag(l, s, d, doc, y->key);
        const struct mr_yaml *command = mr_yaml_get(y, "command");
        if (tag != MR_NO_TAG && command && !s->site->tags[tag].writable) {
            mr_load_wrong(l, doc, command, "tag '%s' cannot be commanded; give it `writable` or `command` in the table of tags",
                          y->key->text);
        }
    }
}

static void load_page(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, struct mr_place_of_files dir,
                      const char *id, const struct mr_yaml *at, struct mr_page *p)
{
    struct mr_place_of_files table = mr_load_join(l, dir, mr_pool_format(l->pool, "%s.yaml", id));
    struct mr_place_of_files drawing = mr_load_join(l, dir, mr_pool_format(l->pool, "%s.svg", id));
    const struct mr_content_file *svg = mr_load_read(l, drawing.shown, drawing.path);
    const struct mr_doc *doc = mr_load_doc(l, table, MR_FILE_PAGE, s->doc, at);
    if (!svg || svg->n > MR_YAML_BYTES) {
        mr_load_wrong(l, s->doc, at, "page '%s' needs a drawing %s of at most 1 MiB", id, drawing.shown);
        return;
    }
    if (!doc) {
        return;
    }
    check_shown(l, s, d, doc);
    json_t *json = to_json(mr_yaml_get(doc->root, "shows"));
    char *text = json_dumps(json, JSON_COMPACT);
    MR_ASSERT(text);
    const struct mr_yaml *order = mr_yaml_get(doc->root, "order");
    p->id = id;
    p->order = order ? (int)strtol(order->text, NULL, 10) : MR_PAGE_LAST;
    p->title = mr_get_title(l, doc->root, "title", (struct mr_text){"", ""});
    p->svg = svg->text;
    p->svg_n = svg->n;
    p->table = mr_load_copy(l, text);
    p->table_n = strlen(text);
    free(text);
    json_decref(json);
}

/* A stable sort: those of the same order stay by name. */
static void sort_pages(struct mr_page *pages, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct mr_page p = pages[i];
        size_t k = i;
        for (; k > 0 && pages[k - 1].order > p.order; k--) {
            pages[k] = pages[k - 1];
        }
        pages[k] = p;
    }
}

/* A console has the pages of all stations side by side. */
static void check_ids(struct mr_loader *l, const struct mr_site_draft *s, const struct mr_device *d, const char *const *ids,
                      size_t n, const struct mr_yaml *at)
{
    for (const struct mr_device *other = s->devices; other < d; other++) {
        for (size_t k = 0; k < other->npages; k++) {
            for (size_t i = 0; i < n; i++) {
                if (other->pages[k].id && strcmp(other->pages[k].id, ids[i]) == 0) {
                    mr_load_wrong(l, s->doc, at, "page '%s' has the name of one of %s; pages of a site need different ones",
                                  ids[i], other->name);
                }
            }
        }
    }
}

static void load_pages(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, const struct mr_yaml *at)
{
    char *name = mr_load_copy(l, at->text);
    size_t n = strlen(name);
    if (n > 0 && name[n - 1] == '/') {
        name[n - 1] = '\0';
    }
    struct mr_place_of_files dir = mr_load_join(l, s->doc->dir, name);
    const char *const *ids;
    size_t found = mr_load_list(l, dir, "svg", &ids);
    struct mr_page *pages = MR_POOL_NEW(l->pool, struct mr_page, found);
    check_ids(l, s, d, ids, found, at);
    if (found == 0) {
        mr_load_wrong(l, s->doc, at, "folder %s has no drawings (*.svg)", dir.shown);
    }
    for (size_t i = 0; i < found; i++) {
        load_page(l, s, d, dir, ids[i], at, &pages[d->npages++]);
    }
    sort_pages(pages, d->npages);
    d->pages = pages;
}

/* ---- all of them ---------------------------------------------------------------------------------------------------------- */

/* How many clients a device has that ask `of` over DNP3: one a poll, and one for all of its links. */
static size_t masters_in(const struct mr_device *d, uint16_t of)
{
    size_t polls = 0;
    bool links = false;
    for (size_t k = 0; k < d->npolls; k++) {
        polls += d->polls[k].from == of && d->polls[k].over == MR_SERVE_DNP3;
    }
    for (size_t k = 0; k < d->nlinks; k++) {
        links = links || (d->links[k].from == of && d->links[k].over == MR_SERVE_DNP3);
    }
    return polls + links;
}

/* An outstation keeps events by master: each station that polls it, and each controller that reads it, is one of its own. */
static void check_masters(struct mr_loader *l, struct mr_site_draft *s, uint16_t outstation)
{
    const struct mr_serve *serve = mr_device_serve(&s->devices[outstation], MR_SERVE_DNP3);
    size_t n = 0;
    for (uint16_t i = 0; serve && i < s->site->ndevices; i++) {
        n += masters_in(&s->devices[i], outstation);
    }
    if (serve && n > serve->dnp3.nmasters) {
        const struct mr_yaml *at = mr_yaml_get(mr_yaml_get(s->device_nodes[outstation], "serves"), "dnp3");
        mr_load_wrong(l, s->doc, at->key,
                      "%zu stations and controllers ask '%s' over DNP3, which has %u masters; give it one for each", n,
                      s->devices[outstation].name, serve->dnp3.nmasters);
    }
}

void mr_load_stations(struct mr_loader *l, struct mr_site_draft *s)
{
    for (uint16_t i = 0; i < s->site->ndevices; i++) {
        struct mr_device *d = &s->devices[i];
        const struct mr_yaml *y = s->device_nodes[i];
        if (d->kind == MR_DEV_HISTORIAN) {
            d->keep = mr_get_duration(y, "keep", KEEP);
        }
        size_t before = l->diags->errors;
        if (mr_yaml_get(y, "polls")) {
            load_polls(l, s, d, mr_yaml_get(y, "polls"));
        }
        s->partial = s->partial || l->diags->errors > before;
        if (mr_yaml_get(y, "alarms")) {
            load_alarms(l, s, d, mr_yaml_get(y, "alarms"));
        }
        if (mr_yaml_get(y, "pages")) {
            load_pages(l, s, d, mr_yaml_get(y, "pages"));
        }
    }
    for (uint16_t i = 0; i < s->site->ndevices; i++) {
        check_masters(l, s, i);
    }
}
