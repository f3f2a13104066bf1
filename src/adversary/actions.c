/* actions.c - how an adversary looks around: hosts, ports, identities, registers. What it changes is in attacks.c. Each of these is
 * blocked when nothing at all answered. */
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

const struct mr_action_ops mr_action_scan = {.period = 100 * MR_MS, .tick = scan_tick, .probed = count};

/* --- identities: functions 17 and 43/14, or the banner of the web page ------------------------------------------------------ */

static void next_identity(struct mr_run *r)
{
    const struct mr_action *a = &r->plan->action;
    if (r->st->cursor == a->ndevices) {
        end_by_count(r, "devices");
        return;
    }
    uint16_t device = a->devices[r->st->cursor++];
    r->st->tried++;
    r->st->waiting++;
    bool asked = a->service == MR_SERVE_HTTP ? mr_run_browse(r, device, MR_HTTP_GET, "/", NULL, mr_slice(NULL, 0))
                                             : mr_run_connect(r, device);
    if (!asked) {
        r->st->waiting--;
    }
}

static void identify_tick(struct mr_run *r)
{
    if (r->st->waiting == 0) {
        next_identity(r);
    }
}

static void identify_connected(struct mr_run *r, struct mr_actor_conn *c)
{
    const struct mr_modbus_request who = {.unit = 1, .function = MR_MODBUS_REPORT_SERVER_ID};
    const struct mr_modbus_request what = {.unit = 1, .function = MR_MODBUS_ENCAPSULATED, .count = MR_MODBUS_ID_BASIC};
    c->asked = (uint8_t)(mr_run_ask(r, c, &who) + mr_run_ask(r, c, &what));
}

static void identify_result(struct mr_run *r, struct mr_actor_conn *c, const struct mr_modbus_result *m)
{
    r->st->refused += m->status == MR_MODBUS_DONE; /* counts answers of this device here */
    if (--c->asked > 0) {
        return;
    }
    r->st->worked += r->st->refused > 0;
    r->st->refused = 0;
    r->st->waiting = 0;
    mr_run_hang_up(r, c);
}

static void identify_failed(struct mr_run *r, uint16_t target, enum mr_err reason)
{
    (void)target;
    (void)reason;
    r->st->refused = 0;
    r->st->waiting = 0;
}

static void identify_page(struct mr_run *r, uint16_t target, int status, const char *cookie)
{
    (void)target;
    (void)cookie;
    r->st->worked += status != 0;
    r->st->waiting = 0;
}

const struct mr_action_ops mr_action_identify = {.period = 500 * MR_MS,
                                                 .tick = identify_tick,
                                                 .connected = identify_connected,
                                                 .failed = identify_failed,
                                                 .result = identify_result,
                                                 .page = identify_page};

/* --- registers: read the same block of several devices for a while ---------------------------------------------------------- */

static void read_tick(struct mr_run *r)
{
    const struct mr_action *a = &r->plan->action;
    struct mr_run_state *st = r->st;
    mr_ns every = a->every > 0 ? a->every : MR_S;
    if (r->c->env->now - st->begun >= mr_run_lasts(r)) {
        end_by_count(r, "reads");
        return;
    }
    if (st->last_try != st->begun && r->c->env->now - st->last_try < every) {
        return;
    }
    st->last_try = r->c->env->now;
    for (size_t i = 0; i < a->ndevices; i++) {
        struct mr_actor_conn *c = mr_run_conn(r, a->devices[i]);
        const struct mr_modbus_request q = {
            .unit = 1, .function = MR_MODBUS_READ_HOLDING_REGISTERS, .address = a->from_register, .count = a->count};
        if (!c) {
            (void)mr_run_connect(r, a->devices[i]);
        } else if (mr_run_ask(r, c, &q)) {
            st->tried++;
        }
    }
}

static void read_begin(struct mr_run *r)
{
    r->st->last_try = r->st->begun;
}

static void read_failed(struct mr_run *r, uint16_t target, enum mr_err reason)
{
    (void)target;
    (void)reason;
    r->st->tried++;
}

static void read_result(struct mr_run *r, struct mr_actor_conn *c, const struct mr_modbus_result *m)
{
    (void)c;
    r->st->worked += m->status == MR_MODBUS_DONE;
}

const struct mr_action_ops mr_action_read = {
    .period = 250 * MR_MS, .begin = read_begin, .tick = read_tick, .failed = read_failed, .result = read_result};
