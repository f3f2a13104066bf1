/* peer_dnp3.c - a device as an outstation of DNP3: an integrity poll to begin with and now and then, event polls in between, what
 * comes unsolicited; orders to its outputs, select before operate. One request at a time. */
#include "device/peer_row.h"
#include "proto/dnp3/dnp3_client.h"

#include <stdlib.h>

#define MR_DNP3_POLL      MR_PEER_OWN /* tokens */
#define MR_DNP3_CLEAR     (MR_PEER_OWN | 1)
#define MR_DNP3_EVENTS    0x0E /* classes 1 to 3 */
#define MR_DNP3_INTEGRITY 0x0F /* and 0 */
#define MR_DNP3_ON_TIME   1000 /* ms, of a pulse */

/* Whose value a point carries. */
struct spot {
    uint8_t kind;
    uint16_t index;
    uint16_t place;
    const struct mr_dnp3_point *point;
};
struct plan {
    struct mr_dnp3_route route;
    struct spot *spots; /* by kind and index */
    size_t nspots;
    bool statics; /* some of them make no events: each poll asks for class 0 too */
};

struct dnp3 {
    struct mr_dnp3_client client;
    bool up;
    bool restarted; /* the outstation says so, and is to be told that we know, */
    bool cleared;   /* once on a connection */
    bool whole;     /* an integrity poll has been answered on this connection */
    mr_ns polled;   /* when for all classes */
};
static const struct mr_field fields[] = {
    MR_SUB(struct dnp3, client, &mr_dnp3_client_type),
    MR_FIELD(struct dnp3, up, MR_BOOL),
    MR_FIELD(struct dnp3, restarted, MR_BOOL),
    MR_FIELD(struct dnp3, cleared, MR_BOOL),
    MR_FIELD(struct dnp3, whole, MR_BOOL),
    MR_FIELD(struct dnp3, polled, MR_I64),
};
static const struct mr_type type = MR_TYPE("DNP3 peer", struct dnp3, fields);

/* --- places ----------------------------------------------------------------------------------------------------------------- */

static const struct mr_dnp3_point *point_at(const struct mr_serve *s, const struct mr_place *p)
{
    for (uint32_t i = 0; i < s->dnp3.npoints; i++) {
        const struct mr_dnp3_point *q = &s->dnp3.points[i];
        bool second = q->kind == MR_DNP3_DOUBLE && q->has_second && mr_peer_same_place(&q->second, p);
        if (q->kind != MR_DNP3_STRING && (!q->hidden || q->event_class > 0) && (second || mr_peer_same_place(&q->place, p))) {
            return q;
        }
    }
    return NULL;
}

static const struct mr_dnp3_point *output_at(const struct mr_serve *s, const struct mr_place *p)
{
    for (uint32_t i = 0; i < s->dnp3.npoints; i++) {
        const struct mr_dnp3_point *q = &s->dnp3.points[i];
        bool output = q->kind == MR_DNP3_BINARY_OUTPUT || q->kind == MR_DNP3_ANALOG_OUTPUT;
        if (output && q->has_command && mr_peer_same_place(&q->command, p)) {
            return q;
        }
    }
    return NULL;
}

static bool reaches(const struct mr_device *d, const struct mr_serve *s, const struct mr_place *p, bool write)
{
    (void)d;
    return (write ? output_at(s, p) : point_at(s, p)) != NULL;
}

static int by_point(const void *a, const void *b)
{
    const struct spot *x = a;
    const struct spot *y = b;
    return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind) : (x->index > y->index) - (x->index < y->index);
}

static bool make_plan(struct mr_peer *p, struct mr_arena *a)
{
    const struct mr_dnp3_plan *d = &p->serve->dnp3;
    struct plan *own = p->own = mr_arena_scratch(a, sizeof *own);
    if (!own || !(own->spots = mr_arena_scratch(a, sizeof *own->spots * (p->nplaces + 1)))) {
        return false;
    }
    uint16_t master = d->masters[p->nth < d->nmasters ? p->nth : 0];
    own->route = (struct mr_dnp3_route){.local = master, .remote = d->address, .timeout = MR_PEER_TIMEOUT};
    for (size_t i = 0; i < p->nplaces; i++) {
        const struct mr_dnp3_point *q = point_at(p->serve, &p->places[i]);
        if (!q) {
            return false;
        }
        own->statics = own->statics || q->event_class == 0;
        own->spots[own->nspots++] = (struct spot){q->kind, q->index, (uint16_t)i, q};
    }
    qsort(own->spots, own->nspots, sizeof *own->spots, by_point);
    return true;
}

/* --- life ------------------------------------------------------------------------------------------------------------------- */

static void bind(const struct mr_peer *p, void *session)
{
    ((struct dnp3 *)session)->client.route = &((const struct plan *)p->own)->route;
}

static void init(const struct mr_peer *p, void *session)
{
    struct dnp3 *s = session;
    memset(s, 0, sizeof *s);
    mr_dnp3_client_init(&s->client, &((const struct plan *)p->own)->route);
}

static void open_session(const struct mr_peer *p, void *session, mr_ns now)
{
    struct dnp3 *s = session;
    (void)p;
    s->up = s->restarted = s->cleared = s->whole = false;
    mr_dnp3_client_open(&s->client, now);
}

static void close_session(const struct mr_peer *p, void *session)
{
    struct dnp3 *s = session;
    (void)p;
    s->up = false;
    mr_dnp3_client_close(&s->client);
}

/* --- rounds ----------------------------------------------------------------------------------------------------------------- */

static void start_round(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    struct dnp3 *s = session;
    bool all = !s->whole || ((const struct plan *)p->own)->statics || now - s->polled >= MR_PEER_GENERAL;
    (void)sink;
    if (!s->up || p->nplaces == 0) {
        return;
    }
    if (mr_dnp3_client_poll(&s->client, all ? MR_DNP3_INTEGRITY : MR_DNP3_EVENTS, MR_DNP3_POLL, now) == MR_OK && all) {
        s->polled = now;
    }
}

/* The kind of point that a group's objects are values of; MR_DNP3_KINDS for none. */
static uint8_t kind_of(uint8_t group)
{
    switch (group) {
    case 1:
    case 2:
        return MR_DNP3_BINARY;
    case 3:
    case 4:
        return MR_DNP3_DOUBLE;
    case 10:
    case 11:
        return MR_DNP3_BINARY_OUTPUT;
    case 20:
    case 22:
        return MR_DNP3_COUNTER;
    case 30:
    case 32:
        return MR_DNP3_ANALOG;
    case 40:
    case 42:
        return MR_DNP3_ANALOG_OUTPUT;
    default:
        return MR_DNP3_KINDS;
    }
}

/* Of a double point, `place` is the contact that is closed when it is off, `second` the one when it is on. */
static double value_of(const struct spot *s, const struct mr_place *place, double sent)
{
    enum { ON = 2 };
    if (s->kind == MR_DNP3_DOUBLE && s->point->has_second) {
        bool on = sent > ON - 0.5;
        return mr_peer_same_place(&s->point->place, place) ? !on : on;
    }
    return mr_peer_unscale(sent, s->point->scale, s->point->offset);
}

static void take_values(const struct mr_peer *p, struct mr_slice objects, const struct mr_peer_sink *sink)
{
    const struct plan *own = p->own;
    struct mr_dnp3_value_reader v = mr_dnp3_values(objects);
    struct mr_dnp3_reading r;
    while (mr_dnp3_next_value(&v, &r)) {
        const struct spot key = {.kind = kind_of(r.group), .index = (uint16_t)r.index};
        const struct spot *s = bsearch(&key, own->spots, own->nspots, sizeof key, by_point);
        while (s && s > own->spots && by_point(s - 1, &key) == 0) { /* the first of this point */
            s--;
        }
        bool settled = key.kind != MR_DNP3_DOUBLE || (r.sample.value > 0.5 && r.sample.value < 2.5);
        bool good = (r.sample.flags & MR_DNP3_ONLINE) != 0 && settled;
        for (; s && s < own->spots + own->nspots && by_point(s, &key) == 0; s++) {
            mr_peer_value(sink, s->place, value_of(s, &p->places[s->place], r.sample.value), good);
        }
    }
}

static void take_poll(const struct mr_peer *p, struct dnp3 *s, const struct mr_dnp3_result *r, const struct mr_peer_sink *sink)
{
    take_values(p, r->objects, sink);
    s->restarted = s->restarted || (!s->cleared && (r->iin & MR_DNP3_IIN_RESTART) != 0);
    if (!r->more) {
        s->whole = true;
        mr_peer_stands(sink);
    }
}

/* --- requests --------------------------------------------------------------------------------------------------------------- */

/* The attributes that name a product (set 0): manufacturer, name and model, version of the software. */
static void take_identity(const struct mr_dnp3_result *r, const struct mr_peer_sink *sink)
{
    static const uint8_t wanted[] = {252, 250, 242};
    struct mr_peer_text text = {0};
    for (size_t i = 0; i < sizeof wanted; i++) {
        struct mr_dnp3_value_reader v = mr_dnp3_values(r->objects);
        struct mr_dnp3_reading reading;
        while (mr_dnp3_next_value(&v, &reading)) {
            if (reading.group == 0 && reading.variation == wanted[i]) {
                mr_peer_text_add(&text, reading.text);
            }
        }
    }
    mr_peer_said(sink, r->token, &text);
}

/* Whether every object of an operate's answer says that it went well. */
static bool operated(struct mr_slice objects)
{
    struct mr_dnp3_value_reader v = mr_dnp3_values(objects);
    struct mr_dnp3_reading r;
    bool any = false;
    while (mr_dnp3_next_value(&v, &r)) {
        if (r.sample.flags != MR_DNP3_SUCCESS) {
            return false;
        }
        any = true;
    }
    return any;
}

static enum mr_err error_of(const struct mr_dnp3_client *c, const struct mr_dnp3_result *r)
{
    const uint16_t refusals = MR_DNP3_IIN_NO_FUNCTION | MR_DNP3_IIN_UNKNOWN_OBJECT | MR_DNP3_IIN_PARAMETER;
    bool operates = c->nrequest > 1 && (c->request[1] == MR_DNP3_OPERATE || c->request[1] == MR_DNP3_DIRECT_OPERATE);
    switch (r->outcome) {
    case MR_DNP3_ANSWER:
        return (r->iin & refusals) != 0 || (operates && !operated(r->objects)) ? MR_E_DENIED : MR_OK;
    case MR_DNP3_SENT:
        return MR_OK;
    case MR_DNP3_FAILED:
        return MR_E_DENIED;
    case MR_DNP3_NO_ANSWER:
        return MR_E_TIMEOUT;
    case MR_DNP3_READY:
    case MR_DNP3_NOTICE:
    case MR_DNP3_LOST:
        break;
    }
    return MR_E_CLOSED;
}

static bool take(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    struct dnp3 *s = session;
    struct mr_dnp3_result r;
    bool good = true;
    while (mr_dnp3_client_next(&s->client, &r)) {
        if (r.outcome == MR_DNP3_READY) {
            s->up = true;
            mr_peer_ready(sink);
        } else if (r.outcome == MR_DNP3_NOTICE) {
            take_values(p, r.objects, sink);
        } else if (r.outcome == MR_DNP3_ANSWER && r.token == MR_DNP3_POLL) {
            take_poll(p, s, &r, sink);
        } else if (r.more) {
            continue; /* the last fragment tells how it went */
        } else if ((r.token & MR_PEER_IDENTITY) && error_of(&s->client, &r) == MR_OK) {
            take_identity(&r, sink);
        } else {
            mr_peer_done(sink, r.token, error_of(&s->client, &r));
        }
        good = good && !(r.outcome == MR_DNP3_NO_ANSWER && (r.token & MR_PEER_OWN));
        if (s->restarted && !r.more && mr_dnp3_client_clear_restart(&s->client, MR_DNP3_CLEAR, now) == MR_OK) {
            s->restarted = false;
            s->cleared = true;
        }
    }
    return good && !mr_dnp3_client_finished(&s->client);
}

/* What makes an output follow; false where it cannot be brought to that value. */
static bool order_of(const struct mr_dnp3_point *q, double value, struct mr_dnp3_command *c)
{
    bool on = value > 0.5;
    *c = (struct mr_dnp3_command){.group = 12, .variation = 1, .index = q->index, .crob = {.count = 1}};
    if (q->kind == MR_DNP3_ANALOG_OUTPUT) {
        enum { INTEGER = 1, SINGLE = 3, DOUBLE = 4 };
        c->group = 41;
        c->variation = q->command.type == MR_VT_REAL ? SINGLE : mr_vtype_size(q->command.type) == 8 ? DOUBLE : INTEGER;
        c->value = mr_peer_scale(value, q->scale, q->offset);
        return true;
    }
    if (q->outputs & MR_DNP3_OUT_LATCH) {
        c->crob.code = on ? MR_DNP3_LATCH_ON : MR_DNP3_LATCH_OFF;
    } else if (q->outputs & (MR_DNP3_OUT_SWITCH | MR_DNP3_OUT_PAIR)) {
        c->crob.code = (uint8_t)(MR_DNP3_PULSE_ON | (on ? MR_DNP3_CLOSE : MR_DNP3_TRIP));
        c->crob.on_ms = MR_DNP3_ON_TIME;
    } else {
        c->crob.code = MR_DNP3_PULSE_ON;
        c->crob.on_ms = MR_DNP3_ON_TIME;
        return on && (q->outputs & MR_DNP3_OUT_PULSE) != 0;
    }
    return true;
}

static enum mr_err write_place(const struct mr_peer *p, void *session, const struct mr_place *place, double value, bool direct,
                               uint32_t token, mr_ns now)
{
    struct mr_dnp3_command c;
    const struct mr_dnp3_point *q = output_at(p->serve, place);
    if (!q || !order_of(q, value, &c)) {
        return MR_E_UNSUPPORTED;
    }
    return mr_dnp3_client_command(&((struct dnp3 *)session)->client, direct ? MR_DNP3_DIRECT_OPERATE : MR_DNP3_SELECT, &c, 1,
                                  token, now);
}

static enum mr_err identify(const struct mr_peer *p, void *session, uint32_t token, mr_ns now)
{
    const struct mr_dnp3_object all = {.group = 0, .variation = 254, .qualifier = MR_DNP3_Q_RANGE8, .start = 0, .count = 1};
    (void)p;
    return mr_dnp3_client_read(&((struct dnp3 *)session)->client, &all, 1, token, now);
}

static enum mr_err control(const struct mr_peer *p, void *session, enum mr_peer_control what, uint32_t token, mr_ns now)
{
    (void)p;
    if (what != MR_PEER_COLD_RESTART && what != MR_PEER_WARM_RESTART) {
        return MR_E_UNSUPPORTED;
    }
    return mr_dnp3_client_restart(&((struct dnp3 *)session)->client, what == MR_PEER_COLD_RESTART, token, now);
}

const struct mr_peer_ops mr_peer_dnp3 = {
    .title = "DNP3",
    .expected = "a value that its points tell, and to be written one that its outputs set",
    .type = &type,
    .io = &mr_dnp3_client_ops,
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
