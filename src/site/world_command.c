/* world_command.c - what a person does to a site (sim/command.h): carried out, and answered by an event. */
#include "net/firewall_text.h"
#include "sim/command.h"
#include "site/world_internal.h"

#include <stdio.h>
#include <stdlib.h>

static const struct mr_field order_fields[] = {
    MR_FIELD(struct mr_world_order, live, MR_BOOL), MR_FIELD(struct mr_world_order, tag, MR_U32),
    MR_FIELD(struct mr_world_order, value, MR_F64), MR_ARRAY(struct mr_world_order, member, MR_I8),
    MR_ARRAY(struct mr_world_order, post, MR_I8),
};
static const struct mr_type order_type = MR_TYPE_LIVE("order", struct mr_world_order, order_fields, live);

struct doing {
    struct mr_world *w;
    const struct mr_command *c;
    struct mr_event e; /* the answer in the making */
};

static void copy_slice(char *to, size_t cap, struct mr_slice s)
{
    size_t n = s.n < cap - 1 ? s.n : cap - 1;
    for (size_t i = 0; i < n; i++) {
        to[i] = s.p[i] == 0 ? '?' : (char)s.p[i];
    }
    to[n] = '\0';
}

static bool arg_number(const struct mr_command *c, const char *name, double *out)
{
    char text[40];
    char *end;
    if (!mr_command_arg(c, name, text, sizeof text) || text[0] == '\0') {
        return false;
    }
    *out = strtod(text, &end);
    return *end == '\0' && *out - *out == 0; /* neither infinite nor not a number */
}

static bool arg_ns(const struct mr_command *c, const char *name, int64_t *out)
{
    char text[24];
    char *end;
    if (!mr_command_arg(c, name, text, sizeof text) || text[0] == '\0') {
        return false;
    }
    *out = strtoll(text, &end, 10);
    return *end == '\0';
}

static enum mr_err refuse(struct doing *d, enum mr_err err, const char *why)
{
    mr_str_copy(d->e.detail, sizeof d->e.detail, why);
    return err;
}

/* technique, asset, actor, evidence, from, to: times as the member claims them. */
static enum mr_err do_finding(struct doing *d)
{
    char actor[64] = "";
    char evidence[160] = "";
    int64_t from = d->w->env.now;
    int64_t to = 0;
    d->e.kind = MR_EV_FINDING;
    if (!mr_command_arg(d->c, "technique", d->e.subject, sizeof d->e.subject)) {
        d->e.kind = MR_EV_ACTION;
        return refuse(d, MR_E_INVALID, "a finding needs a technique");
    }
    (void)mr_command_arg(d->c, "asset", d->e.object, sizeof d->e.object);
    (void)mr_command_arg(d->c, "actor", actor, sizeof actor);
    (void)mr_command_arg(d->c, "evidence", evidence, sizeof evidence);
    (void)arg_ns(d->c, "from", &from);
    (void)arg_ns(d->c, "to", &to);
    (void)snprintf(d->e.detail, sizeof d->e.detail, "%s %s", actor[0] ? actor : "-", evidence);
    d->e.number = from;
    d->e.value = (double)to;
    return MR_OK;
}

static void on_order_done(void *ctx, uint32_t token, enum mr_err err)
{
    struct mr_world *w = ctx;
    if (token >= MR_WORLD_ORDERS || !w->orders[token].live) {
        return;
    }
    struct mr_world_order *o = &w->orders[token];
    struct mr_event e = {.kind = MR_EV_ACTION, .number = err, .value = o->value};
    mr_str_copy(e.subject, sizeof e.subject, "operate");
    mr_str_copy(e.object, sizeof e.object, w->config.site->tags[o->tag].name);
    mr_str_copy(e.detail, sizeof e.detail, err == MR_OK ? "" : mr_err_text(err));
    memcpy(e.member, o->member, sizeof e.member);
    memcpy(e.post, o->post, sizeof e.post);
    *o = (struct mr_world_order){0};
    w->env.emit(w->env.ctx, &e);
}

/* The station that is named; without a name, the first that knows the tag. */
static struct mr_station *arg_hmi(const struct doing *d, uint16_t tag)
{
    char hmi[MR_EVENT_NAME];
    return mr_command_arg(d->c, "hmi", hmi, sizeof hmi) && hmi[0] != '\0'
               ? mr_devices_station(d->w->devices, mr_site_device(d->w->config.site, hmi))
               : mr_devices_hmi(d->w->devices, tag);
}

/* Answered later, when the plant has answered. */
static enum mr_err do_operate(struct doing *d)
{
    char tag[MR_EVENT_NAME];
    double value;
    struct mr_world *w = d->w;
    if (!mr_command_arg(d->c, "tag", tag, sizeof tag) || !arg_number(d->c, "value", &value)) {
        return refuse(d, MR_E_INVALID, "an operation needs a tag and a number");
    }
    mr_str_copy(d->e.object, sizeof d->e.object, tag);
    d->e.value = value;
    uint16_t t = mr_site_tag(w->config.site, tag);
    struct mr_station *station = t == MR_NO_TAG ? NULL : arg_hmi(d, t);
    if (!station) {
        return refuse(d, MR_E_NOT_FOUND, t == MR_NO_TAG ? "no such tag" : "no such station, or none that has this tag");
    }
    uint32_t i = 0;
    while (i < MR_WORLD_ORDERS && w->orders[i].live) {
        i++;
    }
    if (i == MR_WORLD_ORDERS) {
        return refuse(d, MR_E_FULL, "too many commands wait");
    }
    struct mr_world_order *o = &w->orders[i];
    *o = (struct mr_world_order){.live = true, .tag = t, .value = value};
    memcpy(o->member, d->e.member, sizeof o->member);
    memcpy(o->post, d->e.post, sizeof o->post);
    enum mr_err err = mr_station_command(station, t, value, MR_ASKER_PEOPLE, i);
    if (err != MR_OK) {
        *o = (struct mr_world_order){0};
        return refuse(d, err, mr_err_text(err));
    }
    d->e.kind = MR_EVENT_KINDS; /* no answer yet */
    return MR_OK;
}

static enum mr_err do_firewall(struct doing *d)
{
    struct mr_fw_table table;
    for (uint32_t i = 0; i < d->c->nargs; i++) {
        if (!mr_slice_is(d->c->args[i].name, "table")) {
            continue;
        }
        enum mr_err err = mr_fw_parse(d->c->args[i].value, &table, d->e.detail, sizeof d->e.detail);
        if (err == MR_OK) {
            err = mr_world_put_rules(d->w, &table);
            d->e.value = table.nrules;
        }
        return err;
    }
    return refuse(d, MR_E_INVALID, "a firewall needs a table");
}

static uint16_t arg_device(struct doing *d)
{
    return mr_command_arg(d->c, "device", d->e.object, sizeof d->e.object) ? mr_site_device(d->w->config.site, d->e.object)
                                                                           : MR_NO_DEVICE;
}

static enum mr_err do_setting(struct doing *d)
{
    char name[MR_EVENT_NAME];
    char value[MR_EVENT_DETAIL];
    uint16_t device = arg_device(d);
    if (device == MR_NO_DEVICE || !mr_command_arg(d->c, "name", name, sizeof name) ||
        !mr_command_arg(d->c, "value", value, sizeof value)) {
        return refuse(d, MR_E_INVALID, "a setting needs a device of the site, a name and a value");
    }
    enum mr_err err = mr_devices_set(d->w->devices, device, name, value, d->e.detail, sizeof d->e.detail);
    if (err == MR_OK) {
        mr_env_emit(&d->w->env, MR_EV_SETTING, d->e.object, name,
                    mr_setting_shown(mr_device_setting(&d->w->config.site->devices[device], name), value), 0, 0);
        mr_str_copy(d->e.detail, sizeof d->e.detail, name);
    }
    return err;
}

static enum mr_err do_restart(struct doing *d)
{
    char how[16] = "cold";
    uint16_t device = arg_device(d);
    struct mr_controller *plc = mr_devices_controller(d->w->devices, device);
    (void)mr_command_arg(d->c, "how", how, sizeof how);
    if (!plc) {
        return refuse(d, MR_E_NOT_FOUND, "a restart needs a controller of the site");
    }
    mr_controller_run(plc, strcmp(how, "warm") == 0 ? MR_PLC_WARM : MR_PLC_COLD, d->e.member);
    return MR_OK;
}

static enum mr_err do_inject(struct doing *d)
{
    static const char *const names[] = {[MR_FAULT_NONE] = "none",
                                        [MR_FAULT_FREEZE] = "freeze",
                                        [MR_FAULT_BIAS] = "bias",
                                        [MR_FAULT_VALUE] = "value",
                                        [MR_FAULT_STICK] = "stick"};
    char var[MR_EVENT_NAME];
    char fault[16];
    double value = 0;
    (void)arg_number(d->c, "value", &value);
    if (!mr_command_arg(d->c, "var", var, sizeof var) || !mr_command_arg(d->c, "fault", fault, sizeof fault)) {
        return refuse(d, MR_E_INVALID, "an injection needs a variable and a fault");
    }
    int v = mr_model_var(d->w->config.site->model, var);
    for (unsigned f = 0; v >= 0 && f < sizeof names / sizeof names[0]; f++) {
        if (strcmp(names[f], fault) == 0) {
            mr_plant_fault(d->w->env.plant, v, (enum mr_fault)f, value);
            mr_str_copy(d->e.object, sizeof d->e.object, var);
            mr_str_copy(d->e.detail, sizeof d->e.detail, fault);
            return MR_OK;
        }
    }
    return refuse(d, MR_E_NOT_FOUND, "no such variable or fault");
}

static enum mr_err do_acknowledge(struct doing *d)
{
    if (!mr_command_arg(d->c, "tag", d->e.object, sizeof d->e.object)) {
        return refuse(d, MR_E_INVALID, "an acknowledgement needs a tag");
    }
    uint16_t tag = mr_site_tag(d->w->config.site, d->e.object);
    enum mr_err err = tag == MR_NO_TAG ? MR_E_NOT_FOUND : mr_devices_acknowledge(d->w->devices, tag);
    return err == MR_OK ? err : refuse(d, err, "no alarm of this tag waits");
}

static enum mr_err do_link(struct doing *d)
{
    double up;
    uint16_t device = arg_device(d);
    if (device == MR_NO_DEVICE || !arg_number(d->c, "up", &up)) {
        return refuse(d, MR_E_INVALID, "a link needs a device of the site, and up 0 or 1");
    }
    const struct mr_device *plan = &d->w->config.site->devices[device];
    for (uint16_t k = 0; k < plan->nnodes; k++) {
        (void)d->w->env.net->ops->link(d->w->env.net, (uint16_t)(plan->node + k), up > 0.5);
    }
    mr_env_emit(&d->w->env, MR_EV_LINK, plan->name, NULL, NULL, up > 0.5, 0);
    return MR_OK;
}

static enum mr_err do_answer(struct doing *d)
{
    if (!mr_command_arg(d->c, "question", d->e.subject, sizeof d->e.subject) ||
        !mr_command_arg(d->c, "answer", d->e.detail, sizeof d->e.detail)) {
        mr_str_copy(d->e.subject, sizeof d->e.subject, "answer");
        return refuse(d, MR_E_INVALID, "an answer needs its question");
    }
    d->e.kind = MR_EV_ANSWER;
    return MR_OK;
}

static const struct {
    const char *verb;
    enum mr_err (*run)(struct doing *d);
} verbs[] = {
    {"finding", do_finding}, {"operate", do_operate}, {"firewall", do_firewall},
    {"setting", do_setting}, {"restart", do_restart}, {"inject", do_inject},
    {"link", do_link},       {"answer", do_answer},   {"acknowledge", do_acknowledge},
};

void mr_world_command(struct mr_world *w, struct mr_slice payload)
{
    struct mr_command c;
    struct doing d = {.w = w, .c = &c, .e = {.kind = MR_EV_ACTION}};
    enum mr_err err = mr_command_decode(payload, &c);
    copy_slice(d.e.member, sizeof d.e.member, c.member);
    copy_slice(d.e.post, sizeof d.e.post, c.post);
    copy_slice(d.e.subject, sizeof d.e.subject, c.verb);
    if (err == MR_OK) {
        size_t i = 0;
        while (i < sizeof verbs / sizeof verbs[0] && !mr_slice_is(c.verb, verbs[i].verb)) {
            i++;
        }
        err = i < sizeof verbs / sizeof verbs[0] ? verbs[i].run(&d) : refuse(&d, MR_E_UNSUPPORTED, "no such verb");
    }
    if (d.e.kind == MR_EV_ACTION) {
        d.e.number = err;
    }
    if (d.e.kind != MR_EVENT_KINDS) {
        w->env.emit(w->env.ctx, &d.e);
    }
}

bool mr_world_commands_check(const struct mr_world *w)
{
    for (size_t i = 0; i < MR_WORLD_ORDERS; i++) {
        const struct mr_world_order *o = &w->orders[i];
        if (o->live && (o->tag >= w->config.site->ntags || strnlen(o->member, sizeof o->member) == sizeof o->member ||
                        strnlen(o->post, sizeof o->post) == sizeof o->post)) {
            return false;
        }
    }
    return true;
}

bool mr_world_commands_create(struct mr_world *w)
{
    w->orders = mr_arena_new(w->arena, &order_type, MR_WORLD_ORDERS, "orders");
    for (uint16_t i = 0; i < w->config.site->ndevices; i++) {
        struct mr_station *s = mr_devices_station(w->devices, i);
        if (s) {
            mr_station_answer_to(s, MR_ASKER_PEOPLE, on_order_done, w);
        }
    }
    return w->orders != NULL;
}
