/* load_plc.c - controllers: programs compiled, terminals wired to the process, links to other controllers. */
#include "device/peer.h"
#include "plan/values.h"
#include "site/load_loader.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define RAW_HI 27648.0 /* what a word of an analogue module stands for at the end of its range */

/* ---- programs ------------------------------------------------------------------------------------------------------------- */

static void check_task(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, const struct mr_yaml *task)
{
    const struct mr_plc_task_info *tasks;
    size_t n = mr_plc_tasks(d->program, &tasks);
    d->interval = n > 0 ? tasks[0].interval : 0;
    if (!task) {
        return;
    }
    const struct mr_yaml *given = task->first;
    mr_ns interval = mr_get_duration(task, given->key->text, 0);
    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(tasks[i].name, given->key->text) == 0 || n == 1) {
            d->interval = tasks[i].interval;
            if (tasks[i].interval != interval) {
                char buf[32];
                mr_load_wrong(l, s->doc, given, "task '%s' of '%s' runs every %s in its program, got '%s'", given->key->text,
                              d->name, mr_duration_format(tasks[i].interval, buf, sizeof buf), given->text);
            }
            return;
        }
    }
    mr_load_unknown(l, s->doc, given->key, "task of the program", given->key->text, tasks, n, sizeof tasks[0]);
}

/* The program that another device has of the same files: devices by the thousand have few. */
static const struct mr_plc_program *compiled_before(const struct mr_site_draft *s, const struct mr_device *d)
{
    for (const struct mr_device *o = s->devices; o < d; o++) {
        bool same = o->program && o->nsources == d->nsources;
        for (size_t i = 0; same && i < d->nsources; i++) {
            same = o->sources[i].text == d->sources[i].text;
        }
        if (same) {
            return o->program;
        }
    }
    return NULL;
}

static void load_program(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, const struct mr_yaml *y)
{
    size_t n;
    const struct mr_yaml *file = mr_one_or_list(mr_yaml_get(y, "program"), &n);
    struct mr_plc_source *sources = MR_POOL_NEW(l->pool, struct mr_plc_source, n);
    bool whole = n > 0;
    for (; n > 0; file = file->next, n--) {
        struct mr_place_of_files where;
        const struct mr_content_file *f = mr_load_text(l, s->doc, file, &where);
        if (f) {
            sources[d->nsources++] = (struct mr_plc_source){where.shown, f->text, f->n};
        } else {
            whole = false;
        }
    }
    d->sources = sources;
    d->program = whole ? compiled_before(s, d) : NULL;
    if (!d->program && whole) {
        struct mr_plc_program *program = mr_plc_compile(sources, d->nsources, l->diags);
        d->program = program;
        l->programs[l->nprograms] = program;
        l->nprograms += program != NULL;
    }
    if (d->program) {
        check_task(l, s, d, mr_yaml_get(y, "task"));
    }
    s->partial = s->partial || !d->program;
}

void mr_load_programs(struct mr_loader *l, struct mr_site_draft *s)
{
    for (uint16_t i = 0; i < s->site->ndevices; i++) {
        if (s->devices[i].kind == MR_DEV_PLC && l->nprograms < MR_LOAD_PROGRAMS) {
            load_program(l, s, &s->devices[i], s->device_nodes[i]);
        }
    }
}

/* ---- wires ---------------------------------------------------------------------------------------------------------------- */

/* The program's variable at a place. */
static const struct mr_plc_symbol *symbol_at(const struct mr_plc_program *program, const struct mr_place *p)
{
    const struct mr_plc_symbol *list;
    size_t n = mr_plc_symbols(program, &list);
    for (size_t i = 0; i < n; i++) {
        const struct mr_place *q = &list[i].place;
        if (list[i].located && q->area == p->area && q->byte == p->byte && (q->type != MR_VT_BOOL || q->bit == p->bit) &&
            (q->type == MR_VT_BOOL) == (p->type == MR_VT_BOOL)) {
            return &list[i];
        }
    }
    return NULL;
}

static bool is_real(enum mr_vtype t)
{
    return t == MR_VT_REAL || t == MR_VT_LREAL;
}

/* Whether a variable may lie there; says what would be right. */
static void check_place(struct mr_loader *l, struct mr_site_draft *s, const struct mr_yaml *at, const struct mr_var *v,
                        const struct mr_place *p)
{
    bool input = v->role == MR_SENSOR || v->role == MR_FEEDBACK;
    if (v->role != MR_SENSOR && v->role != MR_FEEDBACK && v->role != MR_ACTUATOR) {
        mr_load_wrong(l, s->doc, at, "tag '%s' is neither measured nor commanded, so it has no wire", v->name);
    } else if (p->area != (input ? MR_AREA_I : MR_AREA_Q)) {
        mr_load_wrong(l, s->doc, at, "tag '%s' is %s: expected an address in %s, got '%s'", v->name,
                      input ? "measured" : "commanded", input ? "%I" : "%Q", at->text);
    } else if (v->is_bool != (p->type == MR_VT_BOOL)) {
        mr_load_wrong(l, s->doc, at, "tag '%s' is %s: expected an address such as %%%s, got '%s'", v->name,
                      v->is_bool ? "a bool" : "a number", v->is_bool ? (input ? "IX0.0" : "QX0.0") : (input ? "IW0" : "QW0"),
                      at->text);
    }
}

static void load_wire(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, const struct mr_yaml *y,
                      struct mr_wire *w)
{
    const struct mr_model *m = s->site->model;
    const struct mr_yaml *to = y->kind == MR_YAML_MAP ? mr_yaml_get(y, "to") : y;
    const struct mr_yaml *raw = mr_yaml_get(y, "raw");
    w->var = mr_model_var(m, y->key->text);
    if (w->var < 0) {
        mr_load_wrong(l, s->doc, y->key, "device '%s' wires tag '%s', which process model '%s' does not have%s", d->name,
                      y->key->text, m->name, mr_load_near(l, y->key->text, m->vars, m->nvars, sizeof m->vars[0]));
        return;
    }
    const struct mr_var *v = &m->vars[w->var];
    if (mr_place_parse(to->text, &w->place) != MR_OK) {
        mr_load_wrong(l, s->doc, to, "'%s' is no address of the process image such as %%IW0", to->text);
        return;
    }
    check_place(l, s, to, v, &w->place);
    const struct mr_plc_symbol *symbol = d->program ? symbol_at(d->program, &w->place) : NULL;
    if (d->program && !symbol) {
        mr_load_wrong(l, s->doc, to, "the program of '%s' has no variable at %s", d->name, to->text);
    }
    w->place.type = symbol ? symbol->type : w->place.type;
    w->output = v->role == MR_ACTUATOR;
    w->scaled = !v->is_bool && !is_real(w->place.type);
    w->lo = v->lo;
    w->hi = v->hi;
    w->raw_lo = 0;
    w->raw_hi = RAW_HI;
    if (raw &&
        (!mr_range_parse(raw->text, "", &w->raw_lo, &w->raw_hi) || !isfinite(w->raw_hi - w->raw_lo) || w->raw_hi <= w->raw_lo)) {
        mr_load_wrong(l, s->doc, raw, "'%s' for the raw values of %s: expected a range of numbers such as 0..27648", raw->text,
                      v->name);
    }
}

/* No place and no command is wired twice. */
static void check_wires(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, const struct mr_yaml *list)
{
    const struct mr_yaml *y = list->first;
    for (size_t i = 0; y && i < d->nwires; i++, y = y->next) {
        for (size_t k = 0; k < i; k++) {
            const struct mr_place *a = &d->wires[i].place;
            const struct mr_place *b = &d->wires[k].place;
            if (d->wires[k].var >= 0 && d->wires[i].var >= 0 && a->area == b->area && a->byte == b->byte && a->type == b->type &&
                a->bit == b->bit) {
                mr_load_wrong(l, s->doc, y, "tag '%s' is wired where '%s' is already", s->site->model->vars[d->wires[i].var].name,
                              s->site->model->vars[d->wires[k].var].name);
            }
        }
    }
}

static void load_wires(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, const struct mr_yaml *list)
{
    if (!list) {
        return;
    }
    struct mr_wire *wires = MR_POOL_NEW(l->pool, struct mr_wire, list->count);
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        load_wire(l, s, d, y, &wires[d->nwires++]);
    }
    d->wires = wires;
    check_wires(l, s, d, list);
}

/* An actuator obeys one controller. */
static void check_actuators(struct mr_loader *l, struct mr_site_draft *s)
{
    const char **owner = MR_POOL_NEW(l->pool, const char *, s->site->model->nvars);
    for (uint16_t i = 0; i < s->site->ndevices; i++) {
        const struct mr_device *d = &s->devices[i];
        const struct mr_yaml *list = mr_yaml_get(s->device_nodes[i], "wires");
        const struct mr_yaml *y = list ? list->first : NULL;
        for (size_t k = 0; y && k < d->nwires; k++, y = y->next) {
            int var = d->wires[k].var;
            if (var < 0 || !d->wires[k].output) {
                continue;
            }
            if (owner[var]) {
                mr_load_wrong(l, s->doc, y->key, "tag '%s' is commanded by '%s' already; an actuator obeys one controller",
                              y->key->text, owner[var]);
            }
            owner[var] = d->name;
        }
    }
}

/* ---- links ---------------------------------------------------------------------------------------------------------------- */

static const struct mr_plc_symbol *own_symbol(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d,
                                              const struct mr_yaml *at)
{
    if (!at || !d->program) {
        return NULL;
    }
    const struct mr_plc_symbol *symbol = mr_plc_symbol_find(d->program, at->text);
    if (!symbol) {
        const struct mr_plc_symbol *all;
        size_t n = mr_plc_symbols(d->program, &all);
        const char **names = MR_POOL_NEW(l->pool, const char *, n);
        for (size_t i = 0; i < n; i++) { /* people write the name alone, the list has "Stage1.LIT101" */
            const char *dot = strrchr(all[i].name, '.');
            names[i] = dot ? dot + 1 : all[i].name;
        }
        mr_load_wrong(l, s->doc, at, "the program of '%s' has no variable '%s'%s", d->name, at->text,
                      mr_load_near(l, at->text, names, n, sizeof names[0]));
    }
    return symbol;
}

static void load_link(struct mr_loader *l, struct mr_site_draft *s, const struct mr_device *d, const struct mr_yaml *y,
                      struct mr_plc_link *link)
{
    const struct mr_yaml *from = mr_yaml_get(y, "from");
    const struct mr_yaml *there = mr_yaml_get(y, "symbol");
    link->from = mr_load_device_of(l, s->doc, s->site, from);
    link->every = mr_get_duration(y, "every", MR_S);
    link->to = own_symbol(l, s, d, mr_yaml_get(y, "to"));
    link->age = own_symbol(l, s, d, mr_yaml_get(y, "age"));
    if (link->age && (link->age->type == MR_VT_BOOL || link->age->type >= MR_VT_TIME)) {
        mr_load_wrong(l, s->doc, mr_yaml_get(y, "age"), "'%s' is of type %s; expected a number", link->age->name,
                      link->age->type_name);
    }
    if (link->from == MR_NO_DEVICE) {
        return;
    }
    const struct mr_device *other = &s->devices[link->from];
    if (other == d) {
        mr_load_wrong(l, s->doc, from, "'%s' is this device itself", other->name);
        return;
    }
    const struct mr_serve *over = mr_load_over(l, s, other, from, mr_yaml_get(y, "over"));
    if (!over) {
        return;
    }
    link->over = over->kind;
    const struct mr_plc_symbol *symbol = own_symbol(l, s, other, there);
    if (symbol && !symbol->located) {
        mr_load_wrong(l, s->doc, there, "variable '%s' of '%s' has no address, so it cannot be read over the network",
                      symbol->name, other->name);
    } else if (symbol && !mr_peer_ops(over->kind)->reaches(other, over, &symbol->place, false)) {
        char place[32];
        const struct mr_peer_ops *ops = mr_peer_ops(over->kind);
        mr_load_wrong(l, s->doc, there, "variable '%s' of '%s' lies at %s, which %s does not reach; expected %s", symbol->name,
                      other->name, mr_place_format(&symbol->place, place, sizeof place), ops->title, ops->expected);
    } else if (symbol) {
        link->place = symbol->place;
    }
}

static void load_links(struct mr_loader *l, struct mr_site_draft *s, struct mr_device *d, const struct mr_yaml *list)
{
    if (!list) {
        return;
    }
    if (list->count > MR_PLC_LINKS_MAX) {
        mr_load_wrong(l, s->doc, list, "device '%s' has %zu links; at most %d are allowed", d->name, list->count,
                      MR_PLC_LINKS_MAX);
        return;
    }
    struct mr_plc_link *links = MR_POOL_NEW(l->pool, struct mr_plc_link, list->count);
    for (const struct mr_yaml *y = list->first; y; y = y->next) {
        load_link(l, s, d, y, &links[d->nlinks++]);
    }
    d->links = links;
}

void mr_load_terminals(struct mr_loader *l, struct mr_site_draft *s)
{
    for (uint16_t i = 0; i < s->site->ndevices; i++) {
        load_wires(l, s, &s->devices[i], mr_yaml_get(s->device_nodes[i], "wires"));
        load_links(l, s, &s->devices[i], mr_yaml_get(s->device_nodes[i], "links"));
    }
    check_actuators(l, s);
}
