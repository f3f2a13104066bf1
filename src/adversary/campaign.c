/* campaign.c - what comes when: windows, outcomes, what follows, effects and their end. How a step is done, actions.c says. */
#include "adversary/run.h"

#include "device/trace.h"

#include <stdio.h>

enum run_timer { RUN_BEGIN, RUN_TICK, RUN_EFFECT };
#define MR_EFFECT_LOOK  MR_S
#define MR_EFFECT_FADES (5 * MR_S) /* a hold whose writes have stopped for so long, and whose mark is gone, has ended */
#define MR_RETRY_LASTS  (10 * MR_S)
#define MR_PING_SLOT    0x3000 /* slots from here on are pings and probes, which have no connection of ours */

static const struct mr_field run_fields[] = {
    MR_FIELD(struct mr_run_state, phase, MR_U8),       MR_FIELD(struct mr_run_state, outcome, MR_U8),
    MR_FIELD(struct mr_run_state, generation, MR_U32), MR_FIELD(struct mr_run_state, begun, MR_I64),
    MR_FIELD(struct mr_run_state, last_try, MR_I64),   MR_FIELD(struct mr_run_state, last_worked, MR_I64),
    MR_FIELD(struct mr_run_state, paced, MR_I64),      MR_FIELD(struct mr_run_state, cursor, MR_U32),
    MR_FIELD(struct mr_run_state, tried, MR_U32),      MR_FIELD(struct mr_run_state, waiting, MR_U32),
    MR_FIELD(struct mr_run_state, worked, MR_U32),     MR_FIELD(struct mr_run_state, refused, MR_U32),
    MR_FIELD(struct mr_run_state, silent, MR_U32),     MR_FIELD(struct mr_run_state, failures, MR_U32),
    MR_FIELD(struct mr_run_state, hold, MR_BOOL),      MR_FIELD(struct mr_run_state, shown, MR_BOOL),
    MR_ARRAY(struct mr_run_state, start, MR_F64),      MR_ARRAY(struct mr_run_state, have_start, MR_BOOL),
};
static const struct mr_type run_type = MR_TYPE("step", struct mr_run_state, run_fields);

static const struct mr_field conn_fields[] = {
    MR_FIELD(struct mr_actor_conn, live, MR_BOOL),  MR_FIELD(struct mr_actor_conn, status, MR_U8),
    MR_FIELD(struct mr_actor_conn, run, MR_U16),    MR_FIELD(struct mr_actor_conn, generation, MR_U32),
    MR_FIELD(struct mr_actor_conn, target, MR_U16), MR_FIELD(struct mr_actor_conn, conn, MR_U32),
    MR_FIELD(struct mr_actor_conn, since, MR_I64),  MR_SUB(struct mr_actor_conn, client, &mr_modbus_client_type),
};
static const struct mr_type conn_type = MR_TYPE_LIVE("actor's connection", struct mr_actor_conn, conn_fields, live);

static const struct mr_field known_fields[] = {
    MR_FIELD(struct mr_known_login, password, MR_I16),
    MR_FIELD(struct mr_known_login, step, MR_U16),
};
static const struct mr_type known_type = MR_TYPE("guessed login", struct mr_known_login, known_fields);

const struct mr_action_ops *mr_run_ops(const struct mr_run *r)
{
    static const struct mr_action_ops *const ops[MR_DO_KINDS] = {
        [MR_DO_DISCOVER_HOSTS] = &mr_action_discover,
        [MR_DO_SCAN_PORTS] = &mr_action_scan,
        [MR_DO_IDENTIFY] = &mr_action_identify,
        [MR_DO_READ_REGISTERS] = &mr_action_registers,
        [MR_DO_READ] = &mr_action_read,
        [MR_DO_GUESS_PASSWORD] = &mr_action_guess,
        [MR_DO_WRITE] = &mr_action_write,
        [MR_DO_FLOOD] = &mr_action_flood,
        [MR_DO_STOP_PLC] = &mr_action_stop,
        [MR_DO_CONTROL] = &mr_action_control,
        [MR_DO_DOWNLOAD] = &mr_action_download,
        [MR_DO_DELETE_BLOCK] = &mr_action_delete,
    };
    return ops[r->plan->action.kind];
}

static struct mr_owner owner(const struct mr_run *r, uint16_t slot)
{
    return (struct mr_owner){MR_OWNER_ACTOR, r->index, slot};
}

static void after(struct mr_run *r, mr_ns in, enum run_timer what)
{
    mr_env_after(r->c->env, in, owner(r, 0), (uint64_t)r->st->generation << 8 | what);
}

/* The i-th device that a step acts on, a device perhaps more than once; NULL behind the last. */
static const char *target_name(const struct mr_run *r, size_t i)
{
    const struct mr_action *a = &r->plan->action;
    const struct mr_site *site = r->c->env->site;
    if (i < a->nwrites) {
        return site->devices[site->tags[a->writes[i].tag].device].name;
    }
    return i - a->nwrites < a->ndevices ? site->devices[a->devices[i - a->nwrites]].name : NULL;
}

/* "T0888 plc1 plc2": what a finding is compared with. What does not fit is left out, whole. */
static const char *ground_truth(const struct mr_run *r, char *buf, size_t cap)
{
    size_t n = strlen(r->plan->technique);
    mr_str_copy(buf, cap, r->plan->technique);
    const char *name;
    for (size_t i = 0; (name = target_name(r, i)) != NULL && n + 1 + strlen(name) < cap; i++) {
        buf[n++] = ' ';
        mr_str_copy(buf + n, cap - n, name);
        n += strlen(name);
    }
    return buf;
}

uint16_t mr_run_node(const struct mr_run *r)
{
    return r->c->scenario->actors[r->plan->actor].node;
}

mr_ns mr_run_lasts(const struct mr_run *r)
{
    mr_ns lasts = r->plan->action.lasts;
    return r->retry && lasts > MR_RETRY_LASTS ? MR_RETRY_LASTS : lasts;
}

/* --- what comes when -------------------------------------------------------------------------------------------------------- */

static mr_ns draw(struct mr_campaign *c, mr_ns from, mr_ns to)
{
    return to > from ? from + (mr_ns)mr_rng_below(c->rng, (uint64_t)(to - from) + 1) : from;
}

static void schedule(struct mr_run *r)
{
    if (r->st->phase == MR_RUN_SCHEDULED || r->st->phase == MR_RUN_WORKING) {
        return;
    }
    r->st->phase = MR_RUN_SCHEDULED;
    r->st->generation++;
    after(r, draw(r->c, r->plan->from, r->plan->to), RUN_BEGIN);
}

static void begin(struct mr_run *r)
{
    struct mr_run_state *st = r->st;
    uint32_t generation = st->generation;
    bool hold = st->hold;
    *st = (struct mr_run_state){.phase = MR_RUN_WORKING, .generation = generation, .begun = r->c->env->now, .hold = hold};
    if (!r->retry) {
        char truth[MR_EVENT_DETAIL];
        mr_env_emit(r->c->env, MR_EV_STEP_BEGIN, r->plan->id, target_name(r, 0), ground_truth(r, truth, sizeof truth),
                    (int64_t)r->c->env->topology->nodes[mr_run_node(r)].ip, 0);
    }
    after(r, 0, RUN_TICK);
    if (mr_run_ops(r)->begin) {
        mr_run_ops(r)->begin(r);
    }
}

static void follow(struct mr_run *r, enum mr_run_outcome outcome)
{
    struct mr_campaign *c = r->c;
    for (uint16_t i = 0; i < c->scenario->nsteps; i++) {
        if (c->scenario->steps[i].entered && c->scenario->steps[i].after == r->step) {
            schedule(&c->runs[i]);
        }
    }
    uint16_t next = outcome == MR_RUN_WORKED ? r->plan->worked : r->plan->blocked;
    if (next != MR_NO_STEP) {
        schedule(&c->runs[next]);
    }
}

void mr_run_end(struct mr_run *r, enum mr_run_outcome outcome, const char *why)
{
    struct mr_campaign *c = r->c;
    if (r->st->phase != MR_RUN_WORKING) {
        return;
    }
    r->st->phase = MR_RUN_ENDED;
    r->st->outcome = (uint8_t)outcome;
    r->st->generation++;
    for (size_t i = 0; i < MR_ACTOR_CONNS; i++) {
        if (c->conns[i].live && c->conns[i].run == r->index) {
            mr_run_hang_up(r, &c->conns[i]);
        }
    }
    mr_talks_close(r);
    mr_browsers_close(r);
    if (r->retry) {
        mr_env_emit(c->env, MR_EV_RETRY, r->retry->id, r->plan->id, why, outcome == MR_RUN_WORKED, 0);
        return;
    }
    mr_env_emit(c->env, MR_EV_STEP_END, r->plan->id, target_name(r, 0), why, outcome, 0);
    if (r->st->hold) {
        after(r, MR_EFFECT_LOOK, RUN_EFFECT);
    }
    follow(r, outcome);
}

bool mr_run_gave_up(struct mr_run *r)
{
    bool gave_up = r->st->failures >= MR_GIVE_UP;
    if (gave_up) {
        mr_run_end(r, MR_RUN_BLOCKED, r->st->tried == 0 ? "no connection" : "no answer");
    }
    return gave_up;
}

/* --- effects ---------------------------------------------------------------------------------------------------------------- */

bool mr_run_effect_holds(const struct mr_run *r)
{
    const struct mr_condition *e = &r->plan->effect;
    if (!r->plan->has_effect || e->tag == MR_NO_TAG) {
        return false;
    }
    double v = r->c->env->tag_value(r->c->env->ctx, e->tag);
    return e->sense == MR_ABOVE ? v > e->value : v < e->value;
}

void mr_run_took_hold(struct mr_run *r)
{
    r->st->last_worked = r->c->env->now;
    if (!r->plan->has_effect || r->st->hold || r->retry) {
        return;
    }
    r->st->hold = true;
    const char *on = r->plan->effect_tag != MR_NO_TAG ? r->c->env->site->tags[r->plan->effect_tag].name : target_name(r, 0);
    mr_env_emit(r->c->env, MR_EV_EFFECT, r->plan->id, on, NULL, 1, 0);
    after(r, MR_EFFECT_LOOK, RUN_EFFECT);
}

static void look_at_effect(struct mr_run *r)
{
    struct mr_run_state *st = r->st;
    if (!st->hold) {
        return;
    }
    if (mr_run_effect_holds(r)) {
        st->shown = true;
    } else if (r->c->env->now - st->last_worked > MR_EFFECT_FADES) {
        st->hold = false;
        const char *on = r->plan->effect_tag != MR_NO_TAG ? r->c->env->site->tags[r->plan->effect_tag].name : target_name(r, 0);
        mr_env_emit(r->c->env, MR_EV_EFFECT, r->plan->id, on, NULL, 0, 0);
        return;
    }
    after(r, MR_EFFECT_LOOK, RUN_EFFECT);
}

/* --- the network ------------------------------------------------------------------------------------------------------------ */

static struct mr_addr address_of(const struct mr_campaign *c, uint16_t device, enum mr_serve_kind kind)
{
    const struct mr_device *d = &c->env->site->devices[device];
    const struct mr_serve *s = mr_device_serve(d, kind);
    return (struct mr_addr){c->env->topology->nodes[d->node].ip, s ? s->port : mr_serve_usual(kind)->port};
}

struct mr_addr mr_run_address(const struct mr_run *r, uint16_t device, enum mr_serve_kind kind)
{
    return address_of(r->c, device, kind);
}

bool mr_run_connect(struct mr_run *r, uint16_t target)
{
    struct mr_campaign *c = r->c;
    for (uint16_t i = 0; i < MR_ACTOR_CONNS; i++) {
        struct mr_actor_conn *k = &c->conns[i];
        if (k->live) {
            continue;
        }
        mr_state_clear(&conn_type, k);
        k->live = true;
        k->status = MR_ACTOR_CONNECTING;
        k->run = r->index;
        k->generation = r->st->generation;
        k->target = target;
        k->since = c->env->now;
        r->st->last_try = c->env->now;
        if (mr_env_connect(c->env, mr_run_node(r), address_of(c, target, MR_SERVE_MODBUS), owner(r, i)) == MR_OK) {
            return true;
        }
        k->live = false;
        return false;
    }
    return false;
}

struct mr_actor_conn *mr_run_conn(struct mr_run *r, uint16_t target)
{
    for (size_t i = 0; i < MR_ACTOR_CONNS; i++) {
        struct mr_actor_conn *k = &r->c->conns[i];
        if (k->live && k->run == r->index && k->generation == r->st->generation && k->target == target &&
            k->status != MR_ACTOR_CLOSING) {
            return k;
        }
    }
    return NULL;
}

static void send_output(struct mr_campaign *c, struct mr_actor_conn *k)
{
    uint8_t buf[MR_MODBUS_CLIENT_OUT];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    (void)mr_modbus_client_output(&k->client, &w);
    if (w.n > 0 && mr_env_send(c->env, k->conn, mr_written(&w)) != MR_OK) {
        k->status = MR_ACTOR_CLOSING;
        c->env->net->ops->close(c->env->net, k->conn, true);
    }
}

bool mr_run_ask(struct mr_run *r, struct mr_actor_conn *k, const struct mr_modbus_request *q)
{
    k->client.timeout = r->plan->action.timeout; /* content, so it is given anew each time */
    if (k->status != MR_ACTOR_UP || mr_modbus_client_request(&k->client, q, r->c->env->now) != MR_OK) {
        return false;
    }
    send_output(r->c, k);
    return true;
}

void mr_run_hang_up(struct mr_run *r, struct mr_actor_conn *k)
{
    if (k->status == MR_ACTOR_UP) {
        k->status = MR_ACTOR_CLOSING;
        r->c->env->net->ops->close(r->c->env->net, k->conn, false);
    } else if (k->status == MR_ACTOR_CONNECTING) {
        k->generation = 0; /* closed when the answer to the connect comes */
    }
}

static void take_results(struct mr_run *r, struct mr_actor_conn *k)
{
    struct mr_modbus_result m;
    while (k->live && mr_modbus_client_next(&k->client, &m)) {
        if (k->generation == r->st->generation && r->st->phase == MR_RUN_WORKING) {
            mr_run_ops(r)->result(r, &m);
        }
    }
}

static void on_conn(struct mr_run *r, struct mr_actor_conn *k, const struct mr_net_event *ev)
{
    struct mr_campaign *c = r->c;
    bool ours = k->generation == r->st->generation && r->st->phase == MR_RUN_WORKING;
    switch (ev->kind) {
    case MR_NET_CONNECTED:
        k->conn = ev->conn;
        k->status = MR_ACTOR_UP;
        mr_modbus_client_open(&k->client);
        if (ours) {
            r->st->failures = 0;
        } else {
            mr_run_hang_up(r, k);
        }
        break;
    case MR_NET_FAILED:
        k->live = false;
        if (ours) {
            r->st->failures++;
            if (mr_run_ops(r)->failed) {
                mr_run_ops(r)->failed(r);
            }
        }
        break;
    case MR_NET_DATA:
        for (struct mr_slice in = ev->data; k->status == MR_ACTOR_UP;) {
            struct mr_feed f = mr_modbus_client_feed(&k->client, in, c->env->now);
            in = mr_slice(in.p + f.consumed, in.n - f.consumed);
            take_results(r, k);
            if (f.status == MR_FEED_MALFORMED) {
                mr_run_hang_up(r, k);
            } else if (f.status == MR_FEED_OK) {
                break;
            }
        }
        break;
    case MR_NET_CLOSED:
        ours = ours && k->status == MR_ACTOR_UP;
        k->status = MR_ACTOR_CLOSING; /* before anyone thinks of hanging up: the number is free */
        mr_modbus_client_close(&k->client);
        take_results(r, k);
        k->live = false;
        if (ours && k->generation == r->st->generation) {
            if (mr_run_ops(r)->failed) {
                mr_run_ops(r)->failed(r);
            }
        }
        break;
    case MR_NET_ACCEPTED:
    case MR_NET_DATAGRAM:
    case MR_NET_FRAME:
    case MR_NET_PONG:
    case MR_NET_DENIED:
        break;
    }
}

void mr_run_ping(struct mr_run *r, uint32_t ip)
{
    uint16_t slot = (uint16_t)(MR_PING_SLOT | (r->st->generation & 0xff));
    r->st->tried++;
    if (r->c->env->net->ops->ping(r->c->env->net, mr_run_node(r), ip, mr_owner_pack(owner(r, slot))) == MR_OK) {
        r->st->waiting++;
    } else {
        r->st->silent++;
    }
}

bool mr_run_probe(struct mr_run *r, uint32_t ip, uint16_t port)
{
    uint16_t slot = (uint16_t)(MR_PING_SLOT | (r->st->generation & 0xff));
    struct mr_addr to = {ip, port};
    r->st->tried++;
    if (mr_env_connect(r->c->env, mr_run_node(r), to, owner(r, slot)) != MR_OK) {
        return false;
    }
    r->st->waiting++;
    return true;
}

/* Pings and probes: a connection that a probe opens is closed at once. */
static void on_sign(struct mr_run *r, uint8_t generation, const struct mr_net_event *ev)
{
    if (ev->kind == MR_NET_CONNECTED) {
        mr_env_disown(r->c->env, ev->conn);
        r->c->env->net->ops->close(r->c->env->net, ev->conn, true);
    }
    if (generation != (r->st->generation & 0xff) || r->st->phase != MR_RUN_WORKING || r->st->waiting == 0) {
        return;
    }
    r->st->waiting--;
    if (ev->kind == MR_NET_PONG) {
        if (mr_run_ops(r)->pong) {
            mr_run_ops(r)->pong(r, ev->reason);
        }
    } else {
        if (mr_run_ops(r)->probed) {
            mr_run_ops(r)->probed(r, ev->kind == MR_NET_CONNECTED ? MR_OK : ev->reason);
        }
    }
}

static void on_net(void *ctx, struct mr_owner o, const struct mr_net_event *ev)
{
    struct mr_campaign *c = ctx;
    if (o.unit >= c->nruns) {
        return;
    }
    struct mr_run *r = &c->runs[o.unit];
    if (o.slot >= MR_PING_SLOT) {
        on_sign(r, (uint8_t)o.slot, ev);
    } else if (o.slot >= MR_BROWSER_SLOT) {
        mr_browser_net(r, (uint16_t)(o.slot - MR_BROWSER_SLOT), ev);
    } else if (o.slot >= MR_TALK_SLOT) {
        mr_talk_net(r, (uint16_t)(o.slot - MR_TALK_SLOT), ev);
    } else if (o.slot < MR_ACTOR_CONNS && c->conns[o.slot].live && c->conns[o.slot].run == o.unit) {
        on_conn(r, &c->conns[o.slot], ev);
    }
}

/* Probes go at the author's pace; other actions look after theirs themselves. */
static mr_ns pace(const struct mr_run *r)
{
    const struct mr_action *a = &r->plan->action;
    bool probes = a->kind == MR_DO_DISCOVER_HOSTS || a->kind == MR_DO_SCAN_PORTS;
    return probes && a->every > 0 ? a->every : mr_run_ops(r)->period;
}

static void tick(struct mr_run *r)
{
    struct mr_campaign *c = r->c;
    uint32_t generation = r->st->generation;
    after(r, pace(r), RUN_TICK);
    for (size_t i = 0; i < MR_ACTOR_CONNS; i++) {
        struct mr_actor_conn *k = &c->conns[i];
        if (k->live && k->run == r->index && k->status == MR_ACTOR_UP) {
            mr_modbus_client_tick(&k->client, c->env->now);
            take_results(r, k);
        }
    }
    if (r->st->phase == MR_RUN_WORKING && r->st->generation == generation) {
        mr_talks_tick(r);
    }
    if (r->st->phase == MR_RUN_WORKING && r->st->generation == generation) {
        mr_browsers_tick(r);
    }
    if (r->st->phase == MR_RUN_WORKING && r->st->generation == generation) {
        mr_run_ops(r)->tick(r);
    }
}

static void on_timer(void *ctx, struct mr_owner o, uint64_t b)
{
    struct mr_campaign *c = ctx;
    if (o.unit >= c->nruns) {
        return;
    }
    struct mr_run *r = &c->runs[o.unit];
    enum run_timer what = (enum run_timer)(b & 0xff);
    if (what == RUN_EFFECT) { /* goes on after the step has ended */
        look_at_effect(r);
    } else if (b >> 8 == r->st->generation && what == RUN_BEGIN && r->st->phase == MR_RUN_SCHEDULED) {
        begin(r);
    } else if (b >> 8 == r->st->generation && what == RUN_TICK && r->st->phase == MR_RUN_WORKING) {
        tick(r);
    }
}

static struct mr_traced traced(void *ctx, struct mr_owner o)
{
    const struct mr_campaign *c = ctx;
    const char *name = o.unit < c->nruns ? c->env->topology->nodes[mr_run_node(&c->runs[o.unit])].name : NULL;
    return (struct mr_traced){MR_TRACE_ADVERSARY, name};
}

static const struct mr_owner_ops owner_ops = {on_net, on_timer, traced};

/* --- life ------------------------------------------------------------------------------------------------------------------- */

struct mr_campaign *mr_campaign_create(struct mr_env *env, const struct mr_scenario *scenario)
{
    struct mr_campaign *c = mr_arena_scratch(env->arena, sizeof *c);
    uint16_t n = (uint16_t)(scenario->nsteps + scenario->nretries);
    if (!c || n >= MR_OWNER_UNITS) {
        return NULL;
    }
    *c = (struct mr_campaign){.env = env, .scenario = scenario, .nruns = n};
    c->runs = mr_arena_scratch(env->arena, sizeof *c->runs * (n + 1u));
    struct mr_run_state *states = mr_arena_new(env->arena, &run_type, n + 1u, "steps");
    c->conns = mr_arena_new(env->arena, &conn_type, MR_ACTOR_CONNS, "actors' connections");
    c->known = mr_arena_new(env->arena, &known_type, env->site->ndevices, "guessed logins");
    c->rng = mr_arena_new(env->arena, &mr_rng_type, 1, "adversary's random stream");
    if (!c->runs || !states || !c->conns || !c->known || !c->rng || !mr_browsers_create(c)) {
        return NULL;
    }
    *c->rng = mr_rng_stream(env->seed, "adversary");
    for (size_t i = 0; i < MR_ACTOR_CONNS; i++) {
        mr_modbus_client_init(&c->conns[i].client, MR_MODBUS_CLIENT_DEPTH_MAX, MR_ACTOR_TIMEOUT);
    }
    for (uint16_t i = 0; i < n; i++) {
        const struct mr_retry *retry = i < scenario->nsteps ? NULL : &scenario->retries[i - scenario->nsteps];
        uint16_t step = retry ? retry->step : i;
        c->runs[i] =
            (struct mr_run){.c = c, .index = i, .step = step, .plan = &scenario->steps[step], .retry = retry, .st = &states[i]};
        if (!mr_talks_create(&c->runs[i])) {
            return NULL;
        }
    }
    mr_env_register(env, MR_OWNER_ACTOR, &owner_ops, c);
    return c;
}

void mr_campaign_begin(struct mr_campaign *c)
{
    for (uint16_t i = 0; i < c->nruns; i++) {
        struct mr_run *r = &c->runs[i];
        if (r->retry) {
            r->st->phase = MR_RUN_SCHEDULED;
            r->st->generation++;
            after(r, r->retry->at, RUN_BEGIN);
        } else if (r->plan->entered && r->plan->after == MR_NO_STEP) {
            schedule(r);
        }
    }
}

void mr_campaign_reset(struct mr_campaign *c)
{
    for (size_t i = 0; i < MR_ACTOR_CONNS; i++) { /* first, so that nobody hangs up: the numbers may be others' by now */
        c->conns[i].live = false;
    }
    mr_browsers_forget(c);
    for (uint16_t i = 0; i < c->nruns; i++) {
        mr_talks_forget(&c->runs[i]);
    }
    for (uint16_t i = 0; i < c->nruns; i++) {
        mr_run_end(&c->runs[i], MR_RUN_FAILED, "the network was restarted");
    }
}

static bool run_is_good(const struct mr_run *r)
{
    const struct mr_action_ops *ops = mr_run_ops(r);
    bool inside = !ops->cursor_end || r->st->cursor <= ops->cursor_end(&r->plan->action);
    return r->st->phase <= MR_RUN_ENDED && inside && mr_talks_check(r);
}

static bool known_is_good(const struct mr_campaign *c, const struct mr_known_login *k)
{
    return k->password <= 0 ||
           (k->step < c->scenario->nsteps && (size_t)k->password <= c->scenario->steps[k->step].action.npasswords);
}

bool mr_campaign_check(const struct mr_campaign *c)
{
    for (uint16_t i = 0; i < c->nruns; i++) {
        if (!run_is_good(&c->runs[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < MR_ACTOR_CONNS; i++) {
        const struct mr_actor_conn *k = &c->conns[i];
        if (k->live && (k->status > MR_ACTOR_CLOSING || k->run >= c->nruns || k->target >= c->env->site->ndevices)) {
            return false;
        }
    }
    for (uint16_t i = 0; i < c->env->site->ndevices; i++) {
        if (!known_is_good(c, &c->known[i])) {
            return false;
        }
    }
    return mr_browsers_check(c);
}
