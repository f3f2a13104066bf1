#include "device/station.h"

#include "device/alarm.h"

#include "device/history.h"
#include "plan/site.h"

#define MR_STATION_PERIOD   MR_S
#define MR_STATION_STALE    3  /* polls missed before a value is called stale */
#define MR_STATION_COMMANDS 16 /* operators' commands that wait for their controller's answer */
#define MR_STATION_TRIES    3  /* periods for which a busy link is asked again */

struct value_state {
    double value;
    mr_ns at;
    uint8_t quality;
};
static const struct mr_field value_fields[] = {
    MR_FIELD(struct value_state, value, MR_F64),
    MR_FIELD(struct value_state, at, MR_I64),
    MR_FIELD(struct value_state, quality, MR_U8),
};
static const struct mr_type value_type = MR_TYPE("polled value", struct value_state, value_fields);

/* By poll: its values are stale, and that has been told. */
struct poll_state {
    bool silent;
};
static const struct mr_field poll_fields[] = {MR_FIELD(struct poll_state, silent, MR_BOOL)};
static const struct mr_type poll_type = MR_TYPE("poll", struct poll_state, poll_fields);

struct command_state {
    bool live, sent;
    uint8_t tries, asker;
    uint16_t tag;
    double value;
    uint32_t token;
};
static const struct mr_field command_fields[] = {
    MR_FIELD(struct command_state, live, MR_BOOL), MR_FIELD(struct command_state, sent, MR_BOOL),
    MR_FIELD(struct command_state, tries, MR_U8),  MR_FIELD(struct command_state, asker, MR_U8),
    MR_FIELD(struct command_state, tag, MR_U16),   MR_FIELD(struct command_state, value, MR_F64),
    MR_FIELD(struct command_state, token, MR_U32),
};
static const struct mr_type command_type = MR_TYPE_LIVE("command", struct command_state, command_fields, live);

struct poll {
    struct mr_station *station;
    const struct mr_poll *plan;
    uint16_t link;
};

struct listener {
    mr_station_done_fn *done;
    void *ctx;
};

struct mr_station {
    struct mr_env *env;
    const struct mr_device *plan;
    uint16_t index;
    struct mr_links *links;
    struct poll *polls;
    uint8_t *poll_of; /* by site tag: 1 + poll, 0 for none */
    bool *shows;      /* by site tag: its values of it are what the team's console shows */
    struct value_state *values;
    struct poll_state *silent;
    struct mr_alarm_status *alarms;
    struct command_state *commands;
    struct listener listeners[MR_ASKERS];
    struct mr_history *history;
};

static struct mr_owner owner(const struct mr_station *s)
{
    return (struct mr_owner){MR_OWNER_STATION, s->index, 0};
}

static void show(struct mr_station *s, uint16_t tag)
{
    if (s->shows[tag] && s->env->view) {
        s->env->view(s->env->ctx, tag, s->values[tag].value, s->values[tag].quality);
    }
}

/* What is called invalid is stale until it is told anew. */
static void on_value(void *ctx, size_t place, double value, bool good)
{
    const struct poll *p = ctx;
    struct mr_station *s = p->station;
    uint16_t tag = p->plan->tags[place];
    struct value_state *v = &s->values[tag];
    enum mr_quality quality = good ? MR_QUALITY_GOOD : v->quality == MR_QUALITY_NEVER ? MR_QUALITY_NEVER : MR_QUALITY_STALE;
    bool changed = value != v->value || v->quality != quality;
    *v = (struct value_state){good ? value : v->value, good ? s->env->now : -1, (uint8_t)quality};
    if (changed) {
        show(s, tag);
    }
}

static void on_stands(void *ctx, mr_ns since)
{
    const struct poll *p = ctx;
    struct mr_station *s = p->station;
    for (size_t i = 0; i < p->plan->ntags; i++) {
        uint16_t tag = p->plan->tags[i];
        struct value_state *v = &s->values[tag];
        if (v->quality == MR_QUALITY_NEVER || v->at < since) {
            continue;
        }
        bool changed = v->quality != MR_QUALITY_GOOD;
        v->at = s->env->now;
        v->quality = MR_QUALITY_GOOD;
        if (changed) {
            show(s, tag);
        }
    }
}

static void finish(struct mr_station *s, struct command_state *c, enum mr_err err)
{
    struct listener l = s->listeners[c->asker];
    uint32_t token = c->token;
    *c = (struct command_state){0};
    l.done(l.ctx, token, err);
}

static void on_written(void *ctx, uint32_t token, enum mr_err err)
{
    struct mr_station *s = ((const struct poll *)ctx)->station;
    if (token < MR_STATION_COMMANDS && s->commands[token].live && s->commands[token].sent) {
        finish(s, &s->commands[token], err);
    }
}

static void try_command(struct mr_station *s, struct command_state *c)
{
    const struct mr_tag *tag = &s->env->site->tags[c->tag];
    const struct poll *p = &s->polls[s->poll_of[c->tag] - 1];
    enum mr_err err = mr_link_write(s->links, p->link, &tag->command_place, c->value, (uint32_t)(c - s->commands));
    if (err == MR_OK) {
        c->sent = true;
    } else if (err != MR_E_BUSY || ++c->tries > MR_STATION_TRIES) {
        finish(s, c, err);
    }
}

void mr_station_answer_to(struct mr_station *s, enum mr_asker asker, mr_station_done_fn *done, void *ctx)
{
    s->listeners[asker] = (struct listener){done, ctx};
}

enum mr_err mr_station_command(struct mr_station *s, uint16_t tag, double value, enum mr_asker asker, uint32_t token)
{
    MR_ASSERT(s->listeners[asker].done != NULL);
    if (tag >= s->env->site->ntags || s->poll_of[tag] == 0) {
        return MR_E_NOT_FOUND;
    }
    const struct mr_tag *t = &s->env->site->tags[tag];
    if (!t->writable) {
        return MR_E_DENIED;
    }
    if (!(value >= t->lo && value <= t->hi) && !(t->is_bool && (value == 0 || value == 1))) {
        return MR_E_RANGE;
    }
    for (size_t i = 0; i < MR_STATION_COMMANDS; i++) {
        struct command_state *c = &s->commands[i];
        if (!c->live) {
            *c = (struct command_state){.live = true, .asker = (uint8_t)asker, .tag = tag, .value = value, .token = token};
            try_command(s, c);
            return MR_OK;
        }
    }
    return MR_E_FULL;
}

/* --- alarms ----------------------------------------------------------------------------------------------------------------- */

static void check_alarm(struct mr_station *s, size_t i)
{
    const struct mr_alarm *a = &s->plan->alarms[i];
    const struct value_state *v = &s->values[a->tag];
    if (v->quality == MR_QUALITY_GOOD && mr_alarm_check(a, &s->alarms[i], v->value, s->env->now)) {
        mr_env_emit(s->env, MR_EV_ALARM, s->env->site->tags[a->tag].name, s->plan->name, mr_alarm_level_name(a->level),
                    s->alarms[i].active, v->value);
    }
}

enum mr_err mr_station_acknowledge(struct mr_station *s, uint16_t tag)
{
    enum mr_err err = MR_E_NOT_FOUND;
    for (size_t i = 0; i < s->plan->nalarms; i++) {
        if (s->plan->alarms[i].tag == tag && s->alarms[i].active && !s->alarms[i].acknowledged) {
            s->alarms[i].acknowledged = true;
            err = MR_OK;
        }
    }
    return err;
}

/* --- every second ----------------------------------------------------------------------------------------------------------- */

/* A controller that has not answered for some polls: its values are stale, and that is an alarm of its own until it answers. */
static void check_stale(struct mr_station *s, const struct poll *p, bool *silent)
{
    size_t stale = 0;
    for (size_t i = 0; i < p->plan->ntags; i++) {
        uint16_t tag = p->plan->tags[i];
        struct value_state *v = &s->values[tag];
        if (v->quality == MR_QUALITY_GOOD && s->env->now - v->at > MR_STATION_STALE * p->plan->every) {
            v->quality = MR_QUALITY_STALE;
            show(s, tag);
        }
        stale += v->quality == MR_QUALITY_STALE;
    }
    if ((stale > 0) != *silent && s->plan->kind == MR_DEV_HMI) {
        mr_env_emit(s->env, MR_EV_ALARM, s->env->site->devices[p->plan->from].name, s->plan->name, "stale", stale > 0,
                    (double)stale);
    }
    *silent = stale > 0;
}

static void on_timer(void *ctx, struct mr_owner o, uint64_t b)
{
    (void)b;
    struct mr_station *s = ((struct mr_station **)ctx)[o.unit];
    if (!s) {
        return;
    }
    mr_env_after(s->env, MR_STATION_PERIOD, o, 0);
    for (size_t p = 0; p < s->plan->npolls; p++) {
        check_stale(s, &s->polls[p], &s->silent[p].silent);
    }
    for (size_t i = 0; i < s->plan->nalarms; i++) {
        check_alarm(s, i);
    }
    for (size_t i = 0; i < MR_STATION_COMMANDS; i++) {
        if (s->commands[i].live && !s->commands[i].sent) {
            try_command(s, &s->commands[i]);
        }
    }
    if (s->history) {
        mr_history_begin(s->history, s->env->now);
        for (size_t p = 0; p < s->plan->npolls; p++) {
            for (size_t i = 0; i < s->polls[p].plan->ntags; i++) {
                uint16_t tag = s->polls[p].plan->tags[i];
                mr_history_put(s->history, tag, s->values[tag].quality == MR_QUALITY_GOOD, s->values[tag].value);
            }
        }
    }
}

/* --- life ------------------------------------------------------------------------------------------------------------------- */

static bool plan_poll(struct mr_station *s, size_t i)
{
    const struct mr_poll *plan = &s->plan->polls[i];
    struct poll *p = &s->polls[i];
    struct mr_place *places = mr_arena_scratch(s->env->arena, sizeof *places * (plan->ntags ? plan->ntags : 1));
    *p = (struct poll){s, plan, UINT16_MAX};
    for (size_t k = 0; places && k < plan->ntags; k++) {
        places[k] = s->env->site->tags[plan->tags[k]].place;
        s->poll_of[plan->tags[k]] = (uint8_t)(i + 1);
    }
    const struct mr_link_owner lo = {p, on_value, on_stands, on_written};
    const struct mr_device *from = &s->env->site->devices[plan->from];
    if (places) {
        p->link = mr_link_add(s->links, &lo, s->plan->node, from, plan->over, plan->every, places, plan->ntags);
    }
    return p->link != UINT16_MAX;
}

/* A console shows what any HMI of the site knows: of each tag, what the first that polls it has. */
static void choose_shown(struct mr_station *s, struct mr_station *const *table)
{
    for (size_t tag = 0; tag < s->env->site->ntags; tag++) {
        bool first = s->plan->kind == MR_DEV_HMI && s->poll_of[tag] != 0;
        for (uint16_t i = 0; i < s->index && first; i++) {
            first = !(table[i] && table[i]->shows[tag]);
        }
        s->shows[tag] = first;
    }
}

static const struct mr_owner_ops owner_ops = {NULL, on_timer, NULL};

struct mr_station *mr_station_create(struct mr_env *env, struct mr_links *links, uint16_t device)
{
    const struct mr_device *plan = &env->site->devices[device];
    struct mr_station *s = mr_arena_scratch(env->arena, sizeof *s);
    struct mr_station **table = env->classes[MR_OWNER_STATION].ctx;
    if (!table) { /* the first: one table for all, by device */
        table = mr_arena_scratch(env->arena, sizeof *table * MR_OWNER_UNITS);
        mr_env_register(env, MR_OWNER_STATION, &owner_ops, table);
    }
    if (!s || !table || plan->npolls > UINT8_MAX - 1) {
        return NULL;
    }
    table[device] = s;
    *s = (struct mr_station){.env = env, .plan = plan, .index = device, .links = links};
    size_t ntags = env->site->ntags;
    s->values = mr_arena_new(env->arena, &value_type, ntags, "polled values");
    s->commands = mr_arena_new(env->arena, &command_type, MR_STATION_COMMANDS, "commands");
    s->poll_of = mr_arena_scratch(env->arena, ntags);
    s->shows = mr_arena_scratch(env->arena, ntags * sizeof *s->shows);
    s->polls = mr_arena_scratch(env->arena, sizeof *s->polls * (plan->npolls ? plan->npolls : 1));
    s->silent = mr_arena_new(env->arena, &poll_type, plan->npolls ? plan->npolls : 1, "polls");
    if (plan->nalarms > 0) {
        s->alarms = mr_arena_new(env->arena, &mr_alarm_status_type, plan->nalarms, "alarms");
    }
    if (!s->values || !s->commands || !s->silent || !s->poll_of || !s->shows || !s->polls || (plan->nalarms > 0 && !s->alarms)) {
        return NULL;
    }
    for (size_t i = 0; i < plan->npolls; i++) {
        if (!plan_poll(s, i)) {
            return NULL;
        }
    }
    choose_shown(s, table);
    if (plan->kind == MR_DEV_HISTORIAN) {
        s->history = mr_history_create(env->arena, s->poll_of, ntags, plan->keep);
        return s->history ? s : NULL;
    }
    return s;
}

void mr_station_start(struct mr_station *s)
{
    mr_env_after(s->env, MR_STATION_PERIOD, owner(s), 0);
}

bool mr_station_check(const struct mr_station *s)
{
    for (size_t i = 0; i < s->env->site->ntags; i++) {
        if (s->values[i].quality > MR_QUALITY_STALE) {
            return false;
        }
    }
    for (size_t i = 0; i < MR_STATION_COMMANDS; i++) {
        const struct command_state *c = &s->commands[i];
        if (c->live && (c->asker >= MR_ASKERS || !s->listeners[c->asker].done || c->tag >= s->env->site->ntags ||
                        s->poll_of[c->tag] == 0 || !s->env->site->tags[c->tag].writable)) {
            return false;
        }
    }
    return !s->history || mr_history_check(s->history);
}

void mr_station_show(struct mr_station *s)
{
    for (uint16_t tag = 0; tag < s->env->site->ntags; tag++) {
        if (s->values[tag].quality != MR_QUALITY_NEVER) {
            show(s, tag);
        }
    }
}

enum mr_quality mr_station_value(const struct mr_station *s, uint16_t tag, double *value)
{
    if (tag >= s->env->site->ntags || s->poll_of[tag] == 0) {
        return MR_QUALITY_NEVER;
    }
    *value = s->values[tag].value;
    return (enum mr_quality)s->values[tag].quality;
}

enum mr_err mr_station_series(const struct mr_station *s, uint16_t tag, mr_ns from, mr_ns to, struct mr_writer *w)
{
    return s->history ? mr_history_write(s->history, tag, from, to, w) : MR_E_NOT_FOUND;
}
