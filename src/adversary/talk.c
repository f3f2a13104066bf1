/* talk.c - a step's conversations: one with each of its devices, over the step's service, from its actor's address. What is said,
 * the actions decide; here is that a connection comes, goes, and is of this beginning of the step. */
#include "adversary/run.h"

#define MR_TALK_OUT 2048

static const struct mr_field talk_fields[] = {
    MR_FIELD(struct mr_talk_state, live, MR_BOOL),      MR_FIELD(struct mr_talk_state, status, MR_U8),
    MR_FIELD(struct mr_talk_state, ready, MR_BOOL),     MR_FIELD(struct mr_talk_state, asked, MR_BOOL),
    MR_FIELD(struct mr_talk_state, generation, MR_U32), MR_FIELD(struct mr_talk_state, conn, MR_U32),
    MR_FIELD(struct mr_talk_state, since, MR_I64),      MR_FIELD(struct mr_talk_state, at, MR_U32),
};
static const struct mr_type talk_type = MR_TYPE("actor's conversation", struct mr_talk_state, talk_fields);

/* --- making ----------------------------------------------------------------------------------------------------------------- */

/* What of a device is read: its tags, as many as one round takes; of a ramp, where it begins. */
static size_t wanted(const struct mr_run *r, const struct mr_device *d, const struct mr_serve *s, struct mr_place *out)
{
    const struct mr_action *a = &r->plan->action;
    const struct mr_site *site = r->c->env->site;
    const struct mr_peer_ops *ops = mr_peer_ops(s->kind);
    size_t n = 0;
    for (size_t i = 0; a->ramp > 0 && i < a->nwrites; i++) {
        out[n++] = site->tags[a->writes[i].tag].place;
    }
    for (uint16_t i = 0; a->kind == MR_DO_READ && i < site->ntags && n < MR_TALK_PLACES; i++) {
        const struct mr_tag *g = &site->tags[i];
        if (&site->devices[g->device] == d && ops->reaches(d, s, &g->place, false)) {
            out[n] = g->place;
            n += !ops->fits || ops->fits(d, out, n + 1);
        }
    }
    return n;
}

static bool make(struct mr_run *r, struct mr_talk *t, uint16_t i)
{
    struct mr_arena *arena = r->c->env->arena;
    const struct mr_device *d = &r->c->env->site->devices[r->plan->action.devices[i]];
    const struct mr_serve *s = mr_device_serve(d, r->plan->action.service);
    struct mr_place *places = mr_arena_scratch(arena, sizeof *places * MR_TALK_PLACES);
    *t = (struct mr_talk){.run = r, .index = i, .device = r->plan->action.devices[i]};
    t->st = mr_arena_new(arena, &talk_type, 1, "actor's conversation");
    size_t n = places ? wanted(r, d, s, places) : 0;
    if (!places || !t->st || !mr_peer_init(&t->peer, arena, d, s, 0, r->plan->action.every, places, n)) {
        return false;
    }
    t->session = mr_peer_session(&t->peer, arena, "actor's client");
    return t->session != NULL;
}

bool mr_talks_create(struct mr_run *r)
{
    const struct mr_action *a = &r->plan->action;
    if (!mr_run_ops(r)->talks || !mr_peer_ops(a->service)) {
        return true;
    }
    r->talks = mr_arena_scratch(r->c->env->arena, sizeof *r->talks * a->ndevices);
    for (uint16_t i = 0; r->talks && i < a->ndevices; i++) {
        if (!make(r, &r->talks[i], i)) {
            return false;
        }
        r->ntalks++;
    }
    return r->talks != NULL;
}

bool mr_talks_check(const struct mr_run *r)
{
    for (uint16_t i = 0; i < r->ntalks; i++) {
        if (r->talks[i].st->status > MR_ACTOR_CLOSING) {
            return false;
        }
    }
    return true;
}

/* --- what the peer tells ---------------------------------------------------------------------------------------------------- */

static bool ours(const struct mr_talk *t)
{
    return t->st->live && t->st->generation == t->run->st->generation && t->run->st->phase == MR_RUN_WORKING;
}

static void on_ready(void *ctx)
{
    struct mr_talk *t = ctx;
    t->st->ready = true;
    if (ours(t) && mr_run_ops(t->run)->ready) {
        mr_run_ops(t->run)->ready(t->run, t);
    }
}

static void on_value(void *ctx, size_t i, double value, bool good)
{
    struct mr_talk *t = ctx;
    (void)good; /* an attacker takes what it gets */
    if (ours(t) && mr_run_ops(t->run)->value) {
        mr_run_ops(t->run)->value(t->run, t, i, value);
    }
}

static void on_stands(void *ctx)
{
    struct mr_talk *t = ctx;
    if (ours(t) && mr_run_ops(t->run)->stands) {
        mr_run_ops(t->run)->stands(t->run, t);
    }
}

/* It came to nothing: no connection, one that ended before anybody wanted it to, or no answer. */
static void failed(struct mr_talk *t)
{
    t->run->st->failures++;
    if (mr_run_ops(t->run)->away) {
        mr_run_ops(t->run)->away(t->run, t);
    }
}

/* The session is of no more use. */
static void drop(struct mr_talk *t)
{
    bool was_ours = ours(t);
    if (t->st->status == MR_ACTOR_UP) {
        t->st->status = MR_ACTOR_CLOSING;
        t->run->c->env->net->ops->close(t->run->c->env->net, t->st->conn, true);
        if (was_ours) {
            failed(t);
        }
    }
}

static void on_done(void *ctx, uint32_t token, enum mr_err err)
{
    struct mr_talk *t = ctx;
    t->st->asked = false;
    if (!ours(t) || t->st->status == MR_ACTOR_CLOSING) {
        return;
    }
    if (err == MR_E_TIMEOUT || err == MR_E_CLOSED) {
        drop(t);
        return;
    }
    t->run->st->failures = 0;
    if (mr_run_ops(t->run)->done) {
        mr_run_ops(t->run)->done(t->run, t, token, err);
    }
}

static struct mr_peer_sink sink_of(struct mr_talk *t)
{
    return (struct mr_peer_sink){.ctx = t, .ready = on_ready, .value = on_value, .stands = on_stands, .done = on_done};
}

/* --- the connection --------------------------------------------------------------------------------------------------------- */

static void send_output(struct mr_talk *t)
{
    struct mr_env *env = t->run->c->env;
    uint8_t buf[MR_TALK_OUT];
    bool more = true;
    while (more && t->st->status == MR_ACTOR_UP) {
        struct mr_writer w = mr_writer(buf, sizeof buf);
        more = mr_peer_output(&t->peer, t->session, &w);
        if (w.n == 0) {
            return;
        }
        if (mr_env_send(env, t->st->conn, mr_written(&w)) != MR_OK) {
            t->st->status = MR_ACTOR_CLOSING;
            env->net->ops->close(env->net, t->st->conn, true);
        }
    }
}

void mr_talk_hang_up(struct mr_talk *t)
{
    struct mr_env *env = t->run->c->env;
    if (t->st->live && t->st->status == MR_ACTOR_UP) {
        send_output(t);
        t->st->status = MR_ACTOR_CLOSING;
        env->net->ops->close(env->net, t->st->conn, false);
    } else if (t->st->live && t->st->status == MR_ACTOR_CONNECTING) {
        t->st->generation = 0; /* closed when the answer to the connect comes */
    }
}

void mr_talks_close(struct mr_run *r)
{
    for (uint16_t i = 0; i < r->ntalks; i++) {
        mr_talk_hang_up(&r->talks[i]);
    }
}

void mr_talks_forget(struct mr_run *r)
{
    for (uint16_t i = 0; i < r->ntalks; i++) {
        r->talks[i].st->live = false;
    }
}

bool mr_talk_begin(struct mr_talk *t)
{
    struct mr_run *r = t->run;
    struct mr_env *env = r->c->env;
    if (t->st->live) {
        return false;
    }
    const struct mr_addr to = mr_run_address(r, t->device, r->plan->action.service);
    *t->st = (struct mr_talk_state){.live = true, .status = MR_ACTOR_CONNECTING, .generation = r->st->generation};
    const struct mr_owner o = {MR_OWNER_ACTOR, r->index, (uint16_t)(MR_TALK_SLOT + t->index)};
    t->st->live = mr_env_connect(env, mr_run_node(r), to, o) == MR_OK;
    return t->st->live;
}

static bool take(struct mr_talk *t)
{
    const struct mr_peer_sink sink = sink_of(t);
    bool (*own)(struct mr_run *, struct mr_talk *) = mr_run_ops(t->run)->take;
    return own ? own(t->run, t) : t->peer.ops->take(&t->peer, t->session, &sink, t->run->c->env->now);
}

static void feed(struct mr_talk *t, struct mr_slice in)
{
    struct mr_env *env = t->run->c->env;
    enum mr_feed_status status = MR_FEED_BLOCKED;
    while (t->st->status == MR_ACTOR_UP && status == MR_FEED_BLOCKED) {
        struct mr_feed f = t->peer.ops->io->feed(t->session, in, env->now);
        bool of_use = take(t);
        status = f.status;
        in = mr_slice(in.p + f.consumed, in.n - f.consumed);
        send_output(t);
        if (status == MR_FEED_MALFORMED || !of_use) {
            drop(t);
        }
    }
}

void mr_talk_net(struct mr_run *r, uint16_t slot, const struct mr_net_event *ev)
{
    struct mr_talk *t = slot < r->ntalks ? &r->talks[slot] : NULL;
    if (!t || !t->st->live) {
        return;
    }
    struct mr_env *env = r->c->env;
    bool was_ours = ours(t);
    switch (ev->kind) {
    case MR_NET_CONNECTED:
        t->st->conn = ev->conn;
        t->st->status = MR_ACTOR_UP;
        t->st->since = env->now;
        t->peer.ops->open(&t->peer, t->session, env->now);
        if (!was_ours) {
            mr_talk_hang_up(t);
        } else if (!take(t)) {
            drop(t);
        } else {
            send_output(t);
        }
        break;
    case MR_NET_FAILED:
        t->st->live = false;
        if (was_ours) {
            failed(t);
        }
        break;
    case MR_NET_DATA:
        feed(t, ev->data);
        break;
    case MR_NET_CLOSED:
        was_ours = was_ours && t->st->status == MR_ACTOR_UP;
        t->st->status = MR_ACTOR_CLOSING; /* before anyone thinks of hanging up: the number is free */
        t->peer.ops->close(&t->peer, t->session);
        (void)take(t);
        t->st->live = false;
        if (was_ours && t->st->generation == r->st->generation) {
            failed(t);
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

void mr_talks_tick(struct mr_run *r)
{
    mr_ns now = r->c->env->now;
    uint32_t generation = r->st->generation;
    for (uint16_t i = 0; i < r->ntalks && r->st->generation == generation; i++) {
        struct mr_talk *t = &r->talks[i];
        if (!t->st->live || t->st->status != MR_ACTOR_UP) {
            continue;
        }
        t->peer.ops->io->tick(t->session, now);
        bool waits = t->st->asked || !t->st->ready;
        if (!take(t) || (waits && now - t->st->since >= r->plan->action.timeout)) {
            drop(t);
        }
        send_output(t);
    }
}

/* --- requests --------------------------------------------------------------------------------------------------------------- */

void mr_talk_waits(struct mr_talk *t)
{
    t->st->asked = true;
    t->st->since = t->run->c->env->now;
    send_output(t);
}

/* A request went out, or it did not. */
static bool sent(struct mr_talk *t, enum mr_err err)
{
    if (err == MR_OK) {
        mr_talk_waits(t);
    }
    return err == MR_OK;
}

bool mr_talk_able(const struct mr_talk *t)
{
    return t->st->live && t->st->status == MR_ACTOR_UP && t->st->ready;
}

bool mr_talk_identify(struct mr_talk *t)
{
    return mr_talk_able(t) && sent(t, mr_peer_identify(&t->peer, t->session, 0, t->run->c->env->now));
}

bool mr_talk_round(struct mr_talk *t)
{
    if (!mr_talk_able(t)) {
        return false;
    }
    const struct mr_peer_sink sink = sink_of(t);
    mr_talk_waits(t);
    mr_peer_round(&t->peer, t->session, &sink, t->run->c->env->now);
    send_output(t);
    return true;
}

bool mr_talk_write(struct mr_talk *t, const struct mr_place *place, double value, uint32_t token)
{
    return mr_talk_able(t) &&
           sent(t, mr_peer_write(&t->peer, t->session, place, value, t->run->plan->action.direct, token, t->run->c->env->now));
}

bool mr_talk_control(struct mr_talk *t, enum mr_peer_control what)
{
    return mr_talk_able(t) && sent(t, mr_peer_control(&t->peer, t->session, what, 0, t->run->c->env->now));
}
