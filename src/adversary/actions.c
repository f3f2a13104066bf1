/* actions.c - how an adversary looks around: hosts, ports, identities, values. What it changes is in attacks.c and blocks.c. Each
 * of these is blocked when nothing at all answered. */
#include "adversary/run.h"

#include <stdio.h>

#define MR_PROBES 24 /* pings or connects under way at once: a /24 in half a minute */

static void end_by_count(struct mr_run *r, const char *what)
{
    char why[MR_EVENT_DETAIL];
    (void)snprintf(why, sizeof why, "%u of %u %s answered", r->st->worked, r->st->tried, what);
    mr_run_end(r, r->st->worked > 0 ? MR_RUN_WORKED : MR_RUN_BLOCKED, why);
}

static void count(struct mr_run *r, enum mr_err reason)
{
    r->st->worked += reason == MR_OK;
    r->st->refused += reason == MR_E_REFUSED;
    r->st->silent += reason != MR_OK && reason != MR_E_REFUSED;
}

/* --- hosts: ping every address of a zone ------------------------------------------------------------------------------------ */

static void discover_tick(struct mr_run *r)
{
    const struct mr_zone *z = &r->c->env->topology->zones[r->plan->action.zone];
    uint32_t hosts = (z->prefix >= 31 ? 0 : (1u << (32 - z->prefix)) - 2);
    if (r->st->cursor < hosts && r->st->waiting < MR_PROBES) {
        mr_run_ping(r, z->subnet + ++r->st->cursor);
    } else if (r->st->cursor == hosts && r->st->waiting == 0) {
        end_by_count(r, "addresses");
    }
}

const struct mr_action_ops mr_action_discover = {.period = 100 * MR_MS, .tick = discover_tick, .pong = count};

/* --- ports: connect to each, and let go ------------------------------------------------------------------------------------- */

static void scan_tick(struct mr_run *r)
{
    const struct mr_action *a = &r->plan->action;
    size_t all = a->ndevices * a->nports;
    if (r->st->cursor < all && r->st->waiting < MR_PROBES) {
        uint16_t device = a->devices[r->st->cursor / a->nports];
        uint16_t port = a->ports[r->st->cursor % a->nports];
        r->st->cursor++;
        uint32_t ip = mr_run_address(r, device, MR_SERVE_MODBUS).ip;
        if (!mr_run_probe(r, ip, port)) {
            r->st->silent++;
        }
    } else if (r->st->cursor == all && r->st->waiting == 0) {
        end_by_count(r, "ports");
    }
}

static size_t every_port(const struct mr_action *a)
{
    return a->ndevices * a->nports;
}

const struct mr_action_ops mr_action_scan = {.period = 100 * MR_MS, .cursor_end = every_port, .tick = scan_tick, .probed = count};

/* --- identities: one device after the other, in the manner of the protocol, or the banner of the web page ------------------- */

static void next_identity(struct mr_run *r)
{
    const struct mr_action *a = &r->plan->action;
    if (r->st->cursor == a->ndevices) {
        end_by_count(r, "devices");
        return;
    }
    uint32_t i = r->st->cursor++;
    r->st->tried++;
    r->st->waiting = a->service == MR_SERVE_HTTP ? mr_run_browse(r, a->devices[i], MR_HTTP_GET, "/", NULL, mr_slice(NULL, 0))
                                                 : mr_talk_begin(&r->talks[i]);
}

/* As soon as it can be asked. */
static void identify_ready(struct mr_run *r, struct mr_talk *t)
{
    (void)r;
    if (!t->st->asked) {
        (void)mr_talk_identify(t);
    }
}

static void identify_tick(struct mr_run *r)
{
    if (r->st->waiting == 0) {
        next_identity(r);
    } else if (r->st->cursor > 0 && r->st->cursor <= r->ntalks) {
        identify_ready(r, &r->talks[r->st->cursor - 1]);
    }
}

static void identify_done(struct mr_run *r, struct mr_talk *t, uint32_t token, enum mr_err err)
{
    (void)token;
    r->st->worked += err == MR_OK;
    r->st->waiting = 0;
    mr_talk_hang_up(t);
}

static void identify_away(struct mr_run *r, struct mr_talk *t)
{
    (void)t;
    r->st->waiting = 0;
}

static void identify_page(struct mr_run *r, uint16_t target, int status, const char *cookie)
{
    (void)target;
    (void)cookie;
    r->st->worked += status != 0;
    r->st->waiting = 0;
}

static size_t every_device(const struct mr_action *a)
{
    return a->ndevices;
}

const struct mr_action_ops mr_action_identify = {.period = 500 * MR_MS,
                                                 .talks = true,
                                                 .cursor_end = every_device,
                                                 .tick = identify_tick,
                                                 .ready = identify_ready,
                                                 .done = identify_done,
                                                 .away = identify_away,
                                                 .page = identify_page};

/* --- values: the same ones of several devices, again and again for a while -------------------------------------------------- */

static void read_begin(struct mr_run *r)
{
    r->st->last_try = r->st->begun;
}

/* Whether all are to be asked once more. */
static bool round_due(struct mr_run *r)
{
    struct mr_run_state *st = r->st;
    mr_ns now = r->c->env->now;
    if (now - st->begun >= mr_run_lasts(r)) {
        end_by_count(r, "reads");
        return false;
    }
    if (st->last_try != st->begun && now - st->last_try < r->plan->action.every) {
        return false;
    }
    st->last_try = now;
    return true;
}

static void read_tick(struct mr_run *r)
{
    bool due = round_due(r);
    for (uint16_t i = 0; due && i < r->ntalks; i++) {
        if (!mr_talk_begin(&r->talks[i])) {
            r->st->tried += mr_talk_round(&r->talks[i]);
        }
    }
}

static void read_ready(struct mr_run *r, struct mr_talk *t)
{
    r->st->tried += mr_talk_round(t);
}

/* The first value that comes, or that they are as they were, answers a round. */
static void read_stands(struct mr_run *r, struct mr_talk *t)
{
    r->st->worked += t->st->asked;
    t->st->asked = false;
}

static void read_value(struct mr_run *r, struct mr_talk *t, size_t place, double value)
{
    (void)place;
    (void)value;
    read_stands(r, t);
}

static void read_away(struct mr_run *r, struct mr_talk *t)
{
    (void)t;
    r->st->tried++;
}

const struct mr_action_ops mr_action_read = {.period = 250 * MR_MS,
                                             .talks = true,
                                             .begin = read_begin,
                                             .tick = read_tick,
                                             .ready = read_ready,
                                             .value = read_value,
                                             .stands = read_stands,
                                             .away = read_away};

/* --- registers: the same block of several devices, whatever it means -------------------------------------------------------- */

static void registers_tick(struct mr_run *r)
{
    const struct mr_action *a = &r->plan->action;
    const struct mr_modbus_request q = {
        .unit = 1, .function = MR_MODBUS_READ_HOLDING_REGISTERS, .address = a->from_register, .count = a->count};
    bool due = round_due(r);
    for (size_t i = 0; due && i < a->ndevices; i++) {
        struct mr_actor_conn *c = mr_run_conn(r, a->devices[i]);
        if (!c) {
            (void)mr_run_connect(r, a->devices[i]);
        } else if (mr_run_ask(r, c, &q)) {
            r->st->tried++;
        }
    }
}

static void registers_failed(struct mr_run *r)
{
    r->st->tried++;
}

static void registers_result(struct mr_run *r, const struct mr_modbus_result *m)
{
    r->st->worked += m->status == MR_MODBUS_DONE;
}

const struct mr_action_ops mr_action_registers = {
    .period = 250 * MR_MS, .begin = read_begin, .tick = registers_tick, .failed = registers_failed, .result = registers_result};
