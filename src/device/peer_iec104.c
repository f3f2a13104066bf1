/* peer_iec104.c - a device as a controlled station of IEC 60870-5-104: a general interrogation to begin with and now and then,
 * and spontaneous data in between; orders to the addresses of its commands, select before operate. */
#include "device/peer_row.h"
#include "proto/iec104/iec104_client.h"

#include <stdio.h>
#include <stdlib.h>

#define MR_IEC104_ORDERS   MR_IEC104_CLIENT_REQUESTS /* under way at a time */
#define MR_IEC104_PATIENCE (10 * MR_S)               /* of a confirmation, and of an interrogation's end: it may be long */

/* Whose value an address carries. */
struct spot {
    uint16_t ca;
    uint32_t ioa;
    uint16_t place;
    bool inverted; /* of a double point, the contact that is closed when it is off */
    const struct mr_iec104_point *point;
};
struct plan {
    struct mr_iec104_route route;
    struct spot *spots; /* by address */
    size_t nspots;
    bool counters; /* some of them are to be asked for by themselves */
};

/* An order that waits for its confirmation. */
struct order {
    bool live, selecting;
    uint16_t command;
    double value;
    uint32_t token;
};
static const struct mr_field order_fields[] = {
    MR_FIELD(struct order, live, MR_BOOL), MR_FIELD(struct order, selecting, MR_BOOL), MR_FIELD(struct order, command, MR_U16),
    MR_FIELD(struct order, value, MR_F64), MR_FIELD(struct order, token, MR_U32),
};
static const struct mr_type order_type = MR_TYPE("IEC 104 order", struct order, order_fields);

struct iec104 {
    struct mr_iec104_client client;
    bool started;
    mr_ns interrogated; /* when last */
    struct order orders[MR_IEC104_ORDERS];
};
static const struct mr_field fields[] = {
    MR_SUB(struct iec104, client, &mr_iec104_client_type),
    MR_FIELD(struct iec104, started, MR_BOOL),
    MR_FIELD(struct iec104, interrogated, MR_I64),
    MR_SUBS(struct iec104, orders, &order_type),
};
static const struct mr_type type = MR_TYPE("IEC 104 peer", struct iec104, fields);

/* --- places ----------------------------------------------------------------------------------------------------------------- */

/* The point that tells a place, best one that is interrogated. */
static const struct mr_iec104_point *point_at(const struct mr_serve *s, const struct mr_place *p, bool *inverted)
{
    const struct mr_iec104_point *found = NULL;
    for (size_t i = 0; i < s->iec104.npoints; i++) {
        const struct mr_iec104_point *q = &s->iec104.points[i];
        bool first = mr_peer_same_place(&q->place, p);
        bool second = q->has_second && q->type == MR_IEC104_M_DP_NA_1 && mr_peer_same_place(&q->second, p);
        if ((first || second) && q->type != MR_IEC104_M_PS_NA_1 &&
            (!found || (found->not_interrogated && !q->not_interrogated))) {
            found = q;
            *inverted = !first;
        }
    }
    return found;
}

/* What is commanded by an absolute value: not a step. */
static const struct mr_iec104_command *command_at(const struct mr_serve *s, const struct mr_place *p)
{
    for (size_t i = 0; i < s->iec104.ncommands; i++) {
        const struct mr_iec104_command *c = &s->iec104.commands[i];
        if (c->type != MR_IEC104_C_RC_NA_1 && mr_peer_same_place(&c->place, p)) {
            return c;
        }
    }
    return NULL;
}

static bool reaches(const struct mr_device *d, const struct mr_serve *s, const struct mr_place *p, bool write)
{
    bool inverted;
    (void)d;
    return write ? command_at(s, p) != NULL : point_at(s, p, &inverted) != NULL;
}

static int by_address(const void *a, const void *b)
{
    const struct spot *x = a;
    const struct spot *y = b;
    return x->ca != y->ca ? (x->ca > y->ca) - (x->ca < y->ca) : (x->ioa > y->ioa) - (x->ioa < y->ioa);
}

static bool make_plan(struct mr_peer *p, struct mr_arena *a)
{
    const struct mr_iec104_config *c = &p->serve->iec104;
    struct plan *own = p->own = mr_arena_scratch(a, sizeof *own);
    if (!own || !(own->spots = mr_arena_scratch(a, sizeof *own->spots * (p->nplaces + 1)))) {
        return false;
    }
    own->route = (struct mr_iec104_route){.ca = c->cas[0], .params = mr_iec104_default_params, .timeout = MR_IEC104_PATIENCE};
    own->route.params.t3 = p->every < MR_S ? MR_S : p->every < own->route.params.t3 ? p->every : own->route.params.t3;
    for (size_t i = 0; i < p->nplaces; i++) {
        struct spot *s = &own->spots[own->nspots++];
        s->point = point_at(p->serve, &p->places[i], &s->inverted);
        if (!s->point) {
            return false;
        }
        s->ca = c->cas[s->point->ca];
        s->ioa = s->point->ioa;
        s->place = (uint16_t)i;
        own->counters = own->counters || s->point->type == MR_IEC104_M_IT_NA_1;
    }
    qsort(own->spots, own->nspots, sizeof *own->spots, by_address);
    return true;
}

/* --- life ------------------------------------------------------------------------------------------------------------------- */

static void bind(const struct mr_peer *p, void *session)
{
    struct iec104 *s = session;
    s->client.route = &((const struct plan *)p->own)->route;
    s->client.link.params = &s->client.route->params;
}

static void init(const struct mr_peer *p, void *session)
{
    struct iec104 *s = session;
    memset(s, 0, sizeof *s);
    mr_iec104_client_init(&s->client, &((const struct plan *)p->own)->route);
}

static void open_session(const struct mr_peer *p, void *session, mr_ns now)
{
    struct iec104 *s = session;
    (void)p;
    s->started = false;
    memset(s->orders, 0, sizeof s->orders);
    mr_iec104_client_open(&s->client, now);
}

static void close_session(const struct mr_peer *p, void *session)
{
    (void)p;
    mr_iec104_client_close(&((struct iec104 *)session)->client);
}

/* --- rounds ----------------------------------------------------------------------------------------------------------------- */

/* Of every common address that has one of the places. */
static void interrogate(const struct mr_peer *p, struct iec104 *s, bool counters, mr_ns now)
{
    const struct plan *own = p->own;
    for (size_t i = 0; i < own->nspots; i++) {
        uint16_t ca = own->spots[i].ca;
        if (i > 0 && own->spots[i - 1].ca == ca) {
            continue;
        }
        if (counters) {
            (void)mr_iec104_client_counters(&s->client, ca, MR_IEC104_QCC_GENERAL, MR_PEER_OWN, now);
        } else {
            (void)mr_iec104_client_interrogate(&s->client, ca, MR_IEC104_QOI_STATION, MR_PEER_OWN, now);
        }
    }
}

/* Values stand as long as the station is heard, by data or by test frames. */
static void start_round(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    const struct plan *own = p->own;
    struct iec104 *s = session;
    if (!s->started) {
        return;
    }
    if (now - s->interrogated >= MR_PEER_GENERAL) {
        s->interrogated = now;
        interrogate(p, s, false, now);
    }
    if (own->counters) {
        interrogate(p, s, true, now);
    }
    if (now - s->client.link.heard <= 2 * own->route.params.t3) {
        mr_peer_stands(sink);
    }
}

static double value_of(const struct spot *s, const struct mr_iec104_object *o)
{
    if (s->point->type == MR_IEC104_M_DP_NA_1 && s->point->has_second) {
        return o->value > 1.5 ? !s->inverted : s->inverted;
    }
    return mr_peer_unscale(o->value, s->point->scale, s->point->offset);
}

/* Single and double points have no scale; an indeterminate double point is no value. */
static bool is_good(const struct spot *s, const struct mr_iec104_object *o)
{
    bool counter = s->point->type == MR_IEC104_M_IT_NA_1;
    uint8_t bad = counter ? MR_IEC104_IV : MR_IEC104_IV | MR_IEC104_NT;
    bool two = s->point->type == MR_IEC104_M_DP_NA_1 && s->point->has_second;
    return (o->quality & bad) == 0 && !(two && o->bits % 4 != 1 && o->bits % 4 != 2);
}

static void take_datum(const struct plan *own, const struct mr_iec104_result *r, const struct mr_peer_sink *sink)
{
    const struct spot key = {.ca = r->ca, .ioa = r->object.ioa};
    size_t lo = 0;
    size_t hi = own->nspots;
    while (lo < hi) { /* the first of this address */
        size_t mid = (lo + hi) / 2;
        if (by_address(&own->spots[mid], &key) < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    for (; lo < own->nspots && by_address(&own->spots[lo], &key) == 0; lo++) {
        const struct spot *s = &own->spots[lo];
        mr_peer_value(sink, s->place, value_of(s, &r->object), is_good(s, &r->object));
    }
}

/* --- orders ----------------------------------------------------------------------------------------------------------------- */

static struct order *find_order(struct iec104 *s, uint32_t token)
{
    for (size_t i = 0; i < MR_IEC104_ORDERS; i++) {
        if (s->orders[i].live && s->orders[i].token == token) {
            return &s->orders[i];
        }
    }
    return NULL;
}

static enum mr_err send_order(const struct mr_peer *p, struct iec104 *s, const struct order *o, mr_ns now)
{
    const struct mr_iec104_config *c = &p->serve->iec104;
    const struct mr_iec104_command *k = &c->commands[o->command];
    bool on = o->value > 0.5;
    struct mr_iec104_object object = {.ioa = k->ioa, .quality = o->selecting ? MR_IEC104_SELECT : 0};
    switch (k->type) {
    case MR_IEC104_C_SC_NA_1:
        object.bits = on;
        break;
    case MR_IEC104_C_DC_NA_1: /* 2 is ON; a number in the image says so itself */
        object.bits = k->place.type == MR_VT_BOOL ? 1u + on : 1u + (o->value > 1.5);
        break;
    case MR_IEC104_C_BO_NA_1:
        object.bits = o->value > 0 ? (uint32_t)o->value : 0;
        break;
    default:
        object.value = mr_peer_scale(o->value, k->scale, k->offset);
    }
    return mr_iec104_client_command(&s->client, c->cas[k->ca], k->type, MR_IEC104_COT_ACT, &object, o->token, now);
}

static enum mr_err write_place(const struct mr_peer *p, void *session, const struct mr_place *place, double value, bool direct,
                               uint32_t token, mr_ns now)
{
    struct iec104 *s = session;
    const struct mr_iec104_command *k = command_at(p->serve, place);
    struct order *o = s->orders;
    while (o < s->orders + MR_IEC104_ORDERS && o->live) {
        o++;
    }
    if (!k) {
        return MR_E_UNSUPPORTED;
    }
    if (!s->started || o == s->orders + MR_IEC104_ORDERS || find_order(s, token)) {
        return MR_E_BUSY;
    }
    bool selects = !direct && k->type != MR_IEC104_C_BO_NA_1; /* which has no select */
    *o = (struct order){true, selects, (uint16_t)(k - p->serve->iec104.commands), value, token};
    enum mr_err err = send_order(p, s, o, now);
    o->live = err == MR_OK;
    return err;
}

static enum mr_err error_of(enum mr_iec104_outcome outcome)
{
    switch (outcome) {
    case MR_IEC104_CONFIRMED:
    case MR_IEC104_TERMINATED:
        return MR_OK;
    case MR_IEC104_REFUSED:
        return MR_E_DENIED;
    case MR_IEC104_TIMEOUT:
        return MR_E_TIMEOUT;
    case MR_IEC104_STARTED:
    case MR_IEC104_STOPPED:
    case MR_IEC104_DATUM:
    case MR_IEC104_LOST:
    case MR_IEC104_GARBLED:
        break;
    }
    return MR_E_CLOSED;
}

/* An order that is selected is carried out; else it is over. */
static void take_order(const struct mr_peer *p, struct iec104 *s, struct order *o, enum mr_err err,
                       const struct mr_peer_sink *sink, mr_ns now)
{
    if (err == MR_OK && o->selecting && o->command < p->serve->iec104.ncommands) {
        o->selecting = false;
        err = send_order(p, s, o, now);
        if (err == MR_OK) {
            return;
        }
    }
    o->live = false;
    mr_peer_done(sink, o->token, err);
}

/* What came back to a request. */
static void take_answer(const struct mr_peer *p, struct iec104 *s, const struct mr_iec104_result *r,
                        const struct mr_peer_sink *sink, mr_ns now)
{
    struct order *o = find_order(s, r->token);
    bool ends = r->outcome == MR_IEC104_TERMINATED && r->type != MR_IEC104_C_IC_NA_1;
    if (ends || (r->token & MR_PEER_OWN)) {
        return; /* the confirmation of an order was its end for us */
    }
    if (o) {
        take_order(p, s, o, error_of(r->outcome), sink, now);
    } else if ((r->token & MR_PEER_IDENTITY) && r->outcome == MR_IEC104_CONFIRMED) {
        struct mr_peer_text text = {0};
        text.n = (size_t)snprintf(text.text, sizeof text.text, "common address %u", r->ca);
        mr_peer_said(sink, r->token, &text);
    } else if (r->outcome != MR_IEC104_TERMINATED) {
        mr_peer_done(sink, r->token, error_of(r->outcome));
    }
}

static bool take(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    struct iec104 *s = session;
    struct mr_iec104_result r;
    bool silent = false; /* an interrogation without an end */
    while (mr_iec104_client_next(&s->client, &r)) {
        if (r.outcome == MR_IEC104_STARTED) {
            s->started = true;
            s->interrogated = now;
            mr_peer_ready(sink);
            interrogate(p, s, false, now);
        } else if (r.outcome == MR_IEC104_DATUM) {
            take_datum(p->own, &r, sink);
        } else if (r.outcome != MR_IEC104_STOPPED && r.type != 0) {
            silent = silent || (r.outcome == MR_IEC104_TIMEOUT && (r.token & MR_PEER_OWN));
            take_answer(p, s, &r, sink, now);
        }
    }
    bool finished = mr_iec104_client_finished(&s->client);
    for (size_t i = 0; finished && i < MR_IEC104_ORDERS; i++) {
        s->started = false;
        if (s->orders[i].live) {
            s->orders[i].live = false;
            mr_peer_done(sink, s->orders[i].token, MR_E_CLOSED);
        }
    }
    return !finished && !silent;
}

/* The station tells its common address when it confirms an interrogation of all. */
static enum mr_err identify(const struct mr_peer *p, void *session, uint32_t token, mr_ns now)
{
    (void)p;
    return mr_iec104_client_interrogate(&((struct iec104 *)session)->client, 0, MR_IEC104_QOI_STATION, token, now);
}

static enum mr_err control(const struct mr_peer *p, void *session, enum mr_peer_control what, uint32_t token, mr_ns now)
{
    if (what != MR_PEER_COLD_RESTART) {
        return MR_E_UNSUPPORTED;
    }
    (void)p;
    return mr_iec104_client_reset(&((struct iec104 *)session)->client, 0, MR_IEC104_QRP_RESET, token, now);
}

const struct mr_peer_ops mr_peer_iec104 = {
    .title = "IEC 104",
    .expected = "a value that its points tell, and to be written one that its commands set",
    .type = &type,
    .io = &mr_iec104_client_ops,
    .reaches = reaches,
    .plan = make_plan,
    .bind = bind,
    .init = init,
    .open = open_session,
    .close = close_session,
    .round = start_round,
    .take = take,
    .write = write_place,
    .identify = identify,
    .control = control,
};
