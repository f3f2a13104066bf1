/* attacks.c - what an adversary changes: values written and ramped, controllers stopped and restarted, services flooded,
 * passwords guessed. Their programs: blocks.c. */
#include "adversary/run.h"

#include "base/maths.h"

#include <stdio.h>

/* --- write: values of tags, at once or as a ramp, once or again and again --------------------------------------------------- */

static const struct mr_tag *tag_of(const struct mr_run *r, size_t i)
{
    return &r->c->env->site->tags[r->plan->action.writes[i].tag];
}

static bool whole(const struct mr_run *r)
{
    return r->plan->action.every == 0 && r->plan->action.ramp == 0;
}

/* The value to write now: on its way from what was read first. */
static double value_now(const struct mr_run *r, size_t i)
{
    const struct mr_action *a = &r->plan->action;
    double to = a->writes[i].value;
    double part = a->ramp > 0 ? (double)(r->c->env->now - r->st->begun) / (double)a->ramp : 1;
    return part >= 1 || tag_of(r, i)->is_bool ? to : r->st->start[i] + (to - r->st->start[i]) * part;
}

static bool write_one(struct mr_run *r, struct mr_talk *t, size_t i)
{
    bool from_here = r->plan->action.ramp == 0 || r->st->have_start[i];
    bool out = from_here && mr_talk_write(t, &tag_of(r, i)->command_place, value_now(r, i), (uint32_t)i);
    r->st->tried += out;
    return out;
}

static void end_write(struct mr_run *r)
{
    struct mr_run_state *st = r->st;
    char why[MR_EVENT_DETAIL];
    (void)snprintf(why, sizeof why, "%u of %u writes accepted", st->worked, st->tried);
    bool missed = r->plan->effect_within > 0 && !st->shown && !mr_run_effect_holds(r) && !r->retry;
    mr_run_end(r, st->worked == 0 ? MR_RUN_BLOCKED : missed ? MR_RUN_FAILED : MR_RUN_WORKED, why);
}

/* Whether it is over, and then it has been said why. */
static bool write_over(struct mr_run *r)
{
    const struct mr_action *a = &r->plan->action;
    struct mr_run_state *st = r->st;
    mr_ns lasts = a->lasts > a->ramp ? mr_run_lasts(r) : a->ramp;
    bool stopped = st->failures >= MR_GIVE_UP || st->silent >= MR_GIVE_UP * a->nwrites; /* it worked until somebody did */
    bool done = whole(r) ? st->worked + st->refused >= a->nwrites : r->c->env->now - st->begun >= lasts;
    if (st->worked == 0 && mr_run_gave_up(r)) {
        return true;
    }
    if (stopped || done) {
        end_write(r);
    }
    return stopped || done;
}

/* A round of writes goes out as far as the client takes it, `cursor` is the next one. */
static void write_tick(struct mr_run *r)
{
    const struct mr_action *a = &r->plan->action;
    struct mr_run_state *st = r->st;
    struct mr_talk *t = &r->talks[0];
    if (write_over(r)) {
        return;
    }
    if (st->cursor == a->nwrites) {
        if (r->c->env->now - st->paced < (a->every > 0 ? a->every : MR_S)) {
            return;
        }
        st->cursor = 0;
    }
    if (!mr_talk_able(t)) {
        (void)mr_talk_begin(t);
        return;
    }
    if (st->cursor == 0) {
        st->paced = r->c->env->now;
    }
    while (st->cursor < a->nwrites && write_one(r, t, st->cursor)) {
        st->cursor++;
    }
}

static void write_ready(struct mr_run *r, struct mr_talk *t)
{
    if (r->plan->action.ramp > 0) {
        (void)mr_talk_round(t);
    }
}

static void write_value(struct mr_run *r, struct mr_talk *t, size_t place, double value)
{
    t->st->asked = false;
    if (!r->st->have_start[place]) {
        r->st->have_start[place] = true;
        r->st->start[place] = value;
    }
}

static void write_done(struct mr_run *r, struct mr_talk *t, uint32_t token, enum mr_err err)
{
    (void)t;
    (void)token;
    if (err == MR_OK) {
        r->st->worked++;
        r->st->silent = 0;
        mr_run_took_hold(r);
        return;
    }
    r->st->refused++;
    r->st->silent++; /* refusals in a row */
    if (r->st->worked == 0 && r->st->refused >= MR_GIVE_UP * r->plan->action.nwrites) {
        mr_run_end(r, MR_RUN_BLOCKED, "writes are refused");
    }
}

static size_t every_write(const struct mr_action *a)
{
    return a->nwrites;
}

const struct mr_action_ops mr_action_write = {.period = 100 * MR_MS,
                                              .talks = true,
                                              .cursor_end = every_write,
                                              .tick = write_tick,
                                              .ready = write_ready,
                                              .value = write_value,
                                              .done = write_done};

/* --- control: a controller stopped, started or restarted ------------------------------------------------------------------- */

/* As soon as it can be told. */
static void control_ready(struct mr_run *r, struct mr_talk *t)
{
    static const enum mr_peer_control what[] = {
        [MR_ORDER_STOP] = MR_PEER_STOP, [MR_ORDER_START] = MR_PEER_START, [MR_ORDER_RESTART] = MR_PEER_COLD_RESTART};
    if (!t->st->asked) {
        r->st->tried += mr_talk_control(t, what[r->plan->action.order]);
    }
}

static void control_tick(struct mr_run *r)
{
    if (!mr_run_gave_up(r) && !mr_talk_begin(&r->talks[0])) {
        control_ready(r, &r->talks[0]);
    }
}

static void control_done(struct mr_run *r, struct mr_talk *t, uint32_t token, enum mr_err err)
{
    static const char *const did[] = {
        [MR_ORDER_STOP] = "stopped", [MR_ORDER_START] = "started", [MR_ORDER_RESTART] = "restarted"};
    (void)t;
    (void)token;
    if (err == MR_OK) {
        mr_run_took_hold(r);
    }
    mr_run_end(r, err == MR_OK ? MR_RUN_WORKED : MR_RUN_BLOCKED, err == MR_OK ? did[r->plan->action.order] : "refused");
}

const struct mr_action_ops mr_action_control = {
    .period = 100 * MR_MS, .talks = true, .tick = control_tick, .ready = control_ready, .done = control_done};

/* --- flood: requests at a rate, over several connections that are opened again as often as they fall ------------------------ */

static void flood_tick(struct mr_run *r)
{
    const struct mr_action *a = &r->plan->action;
    struct mr_run_state *st = r->st;
    double seconds = (double)(r->c->env->now - st->begun) / (double)MR_S;
    if (r->c->env->now - st->begun >= mr_run_lasts(r) || (st->failures >= 2 * MR_GIVE_UP && st->worked == 0)) {
        char why[MR_EVENT_DETAIL];
        (void)snprintf(why, sizeof why, "%u of %u requests answered", st->worked, st->tried);
        mr_run_end(r, st->worked * 2 > st->tried && st->worked > 0 ? MR_RUN_WORKED : MR_RUN_BLOCKED, why);
        return;
    }
    uint32_t open = 0;
    uint32_t due = (uint32_t)(seconds * a->rate);
    for (size_t i = 0; i < MR_ACTOR_CONNS; i++) {
        struct mr_actor_conn *c = &r->c->conns[i];
        if (!c->live || c->run != r->index || c->status == MR_ACTOR_CLOSING) {
            continue;
        }
        open++;
        const struct mr_modbus_request q = {.unit = 1,
                                            .function = MR_MODBUS_READ_HOLDING_REGISTERS,
                                            .address = a->from_register,
                                            .count = a->count ? a->count : 100};
        while (st->cursor < due && mr_run_ask(r, c, &q)) {
            st->cursor++;
            st->tried++;
        }
    }
    st->cursor = due; /* what could not be sent is not made up for */
    if (open < a->connections) {
        (void)mr_run_connect(r, a->devices[0]);
    }
}

static void flood_result(struct mr_run *r, const struct mr_modbus_result *m)
{
    if (m->status == MR_MODBUS_DONE) {
        r->st->worked++;
        mr_run_took_hold(r);
    }
}

const struct mr_action_ops mr_action_flood = {.period = 50 * MR_MS, .tick = flood_tick, .result = flood_result};

/* --- passwords: one after the other, at the page of a device ---------------------------------------------------------------- */

static void log_in(struct mr_run *r, const char *account, const char *password)
{
    char body[256];
    struct mr_writer w = mr_writer(body, sizeof body);
    mr_write_str(&w, "account=");
    mr_http_percent_encode(&w, mr_slice_str(account));
    mr_write_str(&w, "&password=");
    mr_http_percent_encode(&w, mr_slice_str(password));
    r->st->tried++;
    if (mr_run_browse(r, r->plan->action.devices[0], MR_HTTP_POST, "/login", NULL, mr_written(&w))) {
        r->st->waiting = 1;
    }
}

static void guess_tick(struct mr_run *r)
{
    const struct mr_action *a = &r->plan->action;
    struct mr_run_state *st = r->st;
    if (st->waiting > 0 || (st->tried > 0 && r->c->env->now - st->last_try < a->every)) {
        return;
    }
    if (st->cursor == a->npasswords || st->silent >= MR_GIVE_UP) {
        mr_run_end(r, MR_RUN_BLOCKED, st->silent >= MR_GIVE_UP ? "no answer" : "none of the passwords was right");
        return;
    }
    st->last_try = r->c->env->now;
    log_in(r, a->account, a->passwords[st->cursor++]);
}

static void guess_page(struct mr_run *r, uint16_t target, int status, const char *cookie)
{
    r->st->waiting = 0;
    r->st->silent = status == 0 ? r->st->silent + 1 : 0;
    if (status >= 200 && status < 400 && cookie[0] != '\0') {
        if (!r->retry) {
            r->c->known[target] = (struct mr_known_login){(int16_t)r->st->cursor, r->step};
        }
        mr_run_end(r, MR_RUN_WORKED, "logged in");
    }
}

static size_t every_password(const struct mr_action *a)
{
    return a->npasswords;
}

const struct mr_action_ops mr_action_guess = {
    .period = 100 * MR_MS, .cursor_end = every_password, .tick = guess_tick, .page = guess_page};

/* --- stop over the web: log in with what was guessed, then stop the controller --------------------------------------------- */

static void stop_begin(struct mr_run *r)
{
    uint16_t device = r->plan->action.devices[0];
    const struct mr_known_login *k = &r->c->known[device];
    if (k->password <= 0) {
        mr_run_end(r, MR_RUN_BLOCKED, "no password is known");
        return;
    }
    const struct mr_action *guess = &r->c->scenario->steps[k->step].action;
    log_in(r, guess->account, guess->passwords[k->password - 1]);
}

static void stop_tick(struct mr_run *r)
{
    if (r->st->waiting == 0) {
        mr_run_end(r, MR_RUN_BLOCKED, "no answer");
    }
}

static void stop_page(struct mr_run *r, uint16_t target, int status, const char *cookie)
{
    bool good = status >= 200 && status < 400;
    r->st->waiting = 0;
    if (good && r->st->cursor == 0 && cookie[0] != '\0') {
        r->st->cursor = 1;
        r->st->waiting = mr_run_browse(r, target, MR_HTTP_POST, "/plc/stop", cookie, mr_slice_str("confirm=yes"));
    } else if (good && r->st->cursor == 1) {
        mr_run_took_hold(r);
        mr_run_end(r, MR_RUN_WORKED, "stopped");
    } else {
        mr_run_end(r, MR_RUN_BLOCKED, r->st->cursor == 0 ? "the password is not right any more" : "refused");
    }
}

const struct mr_action_ops mr_action_stop = {.period = 500 * MR_MS, .begin = stop_begin, .tick = stop_tick, .page = stop_page};
