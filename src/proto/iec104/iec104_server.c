/* iec104_server.c - one connection: STARTDT and STOPDT (104, 5.3), redundancy groups (104, clause 10), ASDUs to the services. */
#include "proto/iec104/iec104_core.h"

static const struct mr_field pending_fields[] = {
    MR_FIELD(struct mr_iec104_pending, command, MR_U16),   MR_FIELD(struct mr_iec104_pending, expected, MR_U8),
    MR_FIELD(struct mr_iec104_pending, until, MR_I64),     MR_FIELD(struct mr_iec104_pending, n, MR_U32),
    MR_VARIABLE(struct mr_iec104_pending, asdu, MR_U8, n),
};
const struct mr_type mr_iec104_pending_type = MR_TYPE("iec104_pending", struct mr_iec104_pending, pending_fields);
static const struct mr_field event_fields[] = {
    MR_FIELD(struct mr_iec104_event, kind, MR_U8),    MR_FIELD(struct mr_iec104_event, type, MR_U8),
    MR_FIELD(struct mr_iec104_event, cause, MR_U8),   MR_FIELD(struct mr_iec104_event, originator, MR_U8),
    MR_FIELD(struct mr_iec104_event, ca, MR_U16),     MR_FIELD(struct mr_iec104_event, ioa, MR_U32),
    MR_FIELD(struct mr_iec104_event, client, MR_U32), MR_FIELD(struct mr_iec104_event, value, MR_F64),
};
const struct mr_type mr_iec104_event_type = MR_TYPE("iec104_event", struct mr_iec104_event, event_fields);
static const struct mr_field fields[] = {
    MR_FIELD(struct mr_iec104_server, live, MR_BOOL),
    MR_FIELD(struct mr_iec104_server, closing, MR_BOOL),
    MR_FIELD(struct mr_iec104_server, started, MR_BOOL),
    MR_FIELD(struct mr_iec104_server, stopping, MR_BOOL),
    MR_FIELD(struct mr_iec104_server, group, MR_U8),
    MR_FIELD(struct mr_iec104_server, id, MR_U32),
    MR_FIELD(struct mr_iec104_server, client, MR_U32),
    MR_ARRAY(struct mr_iec104_server, cycles, MR_U32),
    MR_SUB(struct mr_iec104_server, own, &mr_iec104_reader_type),
    MR_SUB(struct mr_iec104_server, link, &mr_iec104_link_type),
    MR_ARRAY(struct mr_iec104_server, marks, MR_U64),
    MR_FIELD(struct mr_iec104_server, nowed, MR_U32),
    MR_VARIABLE(struct mr_iec104_server, owed, MR_U8, nowed),
    MR_FIELD(struct mr_iec104_server, step, MR_U32),
    MR_FIELD(struct mr_iec104_server, nqueue, MR_U32),
    MR_VARIABLE(struct mr_iec104_server, queue, MR_U8, nqueue),
    MR_FIELD(struct mr_iec104_server, nout, MR_U32),
    MR_VARIABLE(struct mr_iec104_server, out, MR_U8, nout),
    MR_FIELD(struct mr_iec104_server, npending, MR_U32),
    MR_VARIABLE_SUBS(struct mr_iec104_server, pending, npending, &mr_iec104_pending_type),
    MR_FIELD(struct mr_iec104_server, nevents, MR_U32),
    MR_VARIABLE_SUBS(struct mr_iec104_server, events, nevents, &mr_iec104_event_type),
};
const struct mr_type mr_iec104_server_type = MR_TYPE_LIVE("iec104_server", struct mr_iec104_server, fields, live);

void mr_iec104_server_init(struct mr_iec104_server *s, struct mr_iec104_station *station)
{
    memset(s, 0, sizeof *s);
    s->station = station;
    mr_iec104_link_init(&s->link, &station->personality->params);
}

static uint8_t group_of(const struct mr_iec104_station *st, uint32_t client)
{
    for (size_t g = 0; g < st->config->ngroups; g++) {
        if (((client ^ st->config->groups[g].network) & st->config->groups[g].mask) == 0) {
            return (uint8_t)g;
        }
    }
    return MR_IEC104_REDUNDANCY;
}

bool mr_iec104_server_open(struct mr_iec104_server *s, uint32_t client, mr_ns now)
{
    struct mr_iec104_station *st = s->station;
    if (st->s->nopen >= st->personality->connections || mr_iec104_rights(st->settings, client) == 0) {
        return false;
    }
    mr_iec104_server_init(s, st);
    mr_iec104_link_open(&s->link, now);
    s->live = true;
    s->client = client;
    s->group = group_of(st, client);
    s->id = ++st->s->next_id;
    s->own = (struct mr_iec104_reader){st->s->head, st->s->head};
    st->s->nopen++;
    return true;
}

/* --- data transfer ---------------------------------------------------------------------------------------------------------- */

static void owe(struct mr_iec104_server *s, enum mr_iec104_u u)
{
    MR_ASSERT(s->nowed < MR_IEC104_SERVER_OWED);
    s->owed[s->nowed++] = (uint8_t)u;
}

/* What was sent and not acknowledged waits for the group's next connection. */
static void release(struct mr_iec104_server *s)
{
    if (s->group < MR_IEC104_REDUNDANCY && s->station->s->groups[s->group].active == s->id) {
        struct mr_iec104_group_state *g = &s->station->s->groups[s->group];
        g->active = 0;
        g->reader.read = g->reader.acked;
    }
}

static void start(struct mr_iec104_server *s)
{
    struct mr_iec104_state *st = s->station->s;
    if (s->station->settings->one_controller && st->nstarted > 0 && st->controller != s->client) {
        mr_iec104_report(s, MR_IEC104_EV_DENIED, NULL, 0, 0);
        s->closing = true;
        return;
    }
    owe(s, MR_IEC104_STARTDT_CON);
    s->stopping = false;
    if (mr_iec104_active(s)) {
        return;
    }
    if (!s->started) {
        st->controller = st->nstarted == 0 ? s->client : st->controller;
        st->nstarted++;
    }
    s->started = true;
    s->nqueue = s->step = s->npending = 0;
    memcpy(s->cycles, st->cycles, sizeof s->cycles);
    if (s->group < MR_IEC104_REDUNDANCY) { /* a connection that was active in the group is not any more */
        struct mr_iec104_group_state *g = &st->groups[s->group];
        g->active = s->id;
        g->reader.read = g->reader.acked;
    } else {
        s->own.read = s->own.acked;
    }
    if (mr_iec104_initialized_due(s)) {
        mr_iec104_tell_initialized(s);
    }
    mr_iec104_report(s, MR_IEC104_EV_STARTED, NULL, 0, 0);
}

static void end_transfer(struct mr_iec104_server *s)
{
    if (s->started) {
        s->started = false;
        s->station->s->nstarted--;
    }
    s->stopping = false;
    s->nqueue = s->step = s->npending = 0;
    release(s);
}

/* STOPDT is confirmed when the answers that were due are sent and acknowledged (104, 5.3). */
static void try_stop(struct mr_iec104_server *s)
{
    bool answered = s->nqueue == 0 || !mr_iec104_active(s);
    if (s->stopping && answered && mr_iec104_link_outstanding(&s->link) == 0) {
        end_transfer(s);
        owe(s, MR_IEC104_STOPDT_CON);
    }
}

static void stop(struct mr_iec104_server *s)
{
    if (s->started && !s->stopping) {
        mr_iec104_report(s, MR_IEC104_EV_STOPPED, NULL, 0, 0);
    }
    s->stopping = true;
    s->npending = 0;
    try_stop(s);
}

/* The other side has everything before link.acked. */
static void acknowledged(struct mr_iec104_server *s)
{
    struct mr_iec104_reader *r = mr_iec104_reader_of(s);
    bool reads = s->group >= MR_IEC104_REDUNDANCY || s->station->s->groups[s->group].active == s->id;
    uint64_t mark = s->marks[(s->link.acked + MR_IEC104_K_MAX - 1) % MR_IEC104_K_MAX];
    if (reads && mark > r->acked && mark <= s->station->s->head) {
        r->acked = mark;
        r->read = r->read > mark ? r->read : mark;
    }
    try_stop(s);
}

void mr_iec104_server_close(struct mr_iec104_server *s)
{
    end_transfer(s);
    mr_iec104_control_forget(s->station, s->id);
    s->station->s->nopen -= s->live;
    s->live = false;
}

/* --- input ------------------------------------------------------------------------------------------------------------------ */

#define EVENTS_ROOM 6 /* what one APDU may report: one for each common address, and two more */
_Static_assert(EVENTS_ROOM >= MR_IEC104_CAS_MAX + 2, "an APDU's events");

static struct mr_feed give_up(struct mr_iec104_server *s, size_t used)
{
    mr_iec104_report(s, MR_IEC104_EV_BROKEN, NULL, 0, 0);
    s->closing = true;
    return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
}

static size_t queue_room(const struct mr_iec104_server *s)
{
    return sizeof s->queue - s->nqueue;
}

/* Whether output should be taken before more is fed. An interrogation is answered, as far as the window allows, before a later
 * request changes what it would say. */
static bool blocked(const struct mr_iec104_server *s)
{
    bool sends = mr_iec104_active(s) && mr_iec104_link_open_window(&s->link);
    return s->nevents > MR_IEC104_SERVER_EVENTS - EVENTS_ROOM || s->nowed > MR_IEC104_SERVER_OWED - 2 || s->link.tests > 64 ||
           (sends && (queue_room(s) < (size_t)2 * MR_IEC104_ROOM || mr_iec104_has_task(s)));
}

/* False where the connection cannot go on: an I format while data transfer is stopped, or a client that goes on asking and
 * acknowledges no answer. */
static bool take(struct mr_iec104_server *s, const struct mr_iec104_apdu *a, mr_ns now)
{
    if (a->format == MR_IEC104_U) {
        if (a->u == MR_IEC104_STARTDT_ACT) {
            start(s);
        } else if (a->u == MR_IEC104_STOPDT_ACT) {
            stop(s);
        }
        return true;
    }
    acknowledged(s);
    if (a->format == MR_IEC104_S) {
        return true;
    }
    if (!mr_iec104_active(s) || s->stopping || queue_room(s) < MR_IEC104_ROOM) {
        return false;
    }
    mr_iec104_serve(s, a->asdu, now);
    return true;
}

struct mr_feed mr_iec104_server_feed(struct mr_iec104_server *s, struct mr_slice in, mr_ns now)
{
    size_t used = 0;
    while (used < in.n && !s->closing) {
        struct mr_iec104_apdu a;
        if (blocked(s)) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        enum mr_iec104_taken t = mr_iec104_link_take(&s->link, in, &used, now, &a);
        if (t == MR_IEC104_BROKEN || (t == MR_IEC104_TAKEN && !take(s, &a, now))) {
            return give_up(s, used);
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, mr_iec104_link_needs(&s->link)};
}

bool mr_iec104_server_next(struct mr_iec104_server *s, struct mr_iec104_event *ev)
{
    if (s->nevents == 0) {
        return false;
    }
    *ev = s->events[0];
    s->nevents--;
    memmove(s->events, s->events + 1, s->nevents * sizeof s->events[0]);
    return true;
}

/* --- output ----------------------------------------------------------------------------------------------------------------- */

/* One APDU into `w`, which has room for it. Before STOPDT con everything received is acknowledged. */
static bool next_frame(struct mr_iec104_server *s, struct mr_writer *w)
{
    bool ends = s->stopping || (s->nowed > 0 && s->owed[0] == MR_IEC104_STOPDT_CON);
    if (mr_iec104_link_output(&s->link, w)) {
        return true;
    }
    if (ends && s->link.told != s->link.vr) {
        mr_iec104_link_acknowledge(&s->link, w);
        return true;
    }
    if (s->nowed > 0) {
        mr_iec104_write_u(w, (enum mr_iec104_u)s->owed[0]);
        s->nowed--;
        memmove(s->owed, s->owed + 1, s->nowed);
        return true;
    }
    if (mr_iec104_output_asdu(s, w)) {
        return true;
    }
    if (mr_iec104_link_owes(&s->link)) {
        mr_iec104_link_acknowledge(&s->link, w);
        return true;
    }
    return false;
}

bool mr_iec104_server_output(struct mr_iec104_server *s, struct mr_writer *w)
{
    for (;;) {
        size_t n = s->nout < mr_writer_left(w) ? s->nout : mr_writer_left(w);
        mr_write_bytes(w, mr_slice(s->out, n));
        s->nout -= (uint32_t)n;
        memmove(s->out, s->out + n, s->nout);
        if (s->nout > 0) {
            return true;
        }
        struct mr_writer own = mr_writer(s->out, sizeof s->out);
        bool direct = mr_writer_left(w) >= MR_IEC104_APDU_MAX;
        if (!next_frame(s, direct ? w : &own)) {
            return false;
        }
        s->nout = direct ? 0 : (uint32_t)own.n;
    }
}

mr_ns mr_iec104_server_deadline(const struct mr_iec104_server *s)
{
    if (!s->live || s->closing) {
        return MR_NEVER_NS;
    }
    if (mr_iec104_has_news(s)) {
        return s->link.now;
    }
    mr_ns link = mr_iec104_link_deadline(&s->link), pending = mr_iec104_pending_deadline(s);
    return link < pending ? link : pending;
}

void mr_iec104_server_tick(struct mr_iec104_server *s, mr_ns now)
{
    if (!s->live || s->closing) {
        return;
    }
    if (mr_iec104_link_tick(&s->link, now)) {
        mr_iec104_gather(s);
        return;
    }
    s->closing = true;
    if (s->nevents < MR_IEC104_SERVER_EVENTS) {
        mr_iec104_report(s, MR_IEC104_EV_BROKEN, NULL, 0, 0);
    }
}

bool mr_iec104_server_finished(const struct mr_iec104_server *s)
{
    return s->closing && s->nout == 0;
}

static struct mr_feed ops_feed(void *s, struct mr_slice in, mr_ns now)
{
    return mr_iec104_server_feed(s, in, now);
}

static bool ops_output(void *s, struct mr_writer *w)
{
    return mr_iec104_server_output(s, w);
}

static mr_ns ops_deadline(const void *s)
{
    return mr_iec104_server_deadline(s);
}

static void ops_tick(void *s, mr_ns now)
{
    mr_iec104_server_tick(s, now);
}

static bool ops_finished(const void *s)
{
    return mr_iec104_server_finished(s);
}

const struct mr_session_ops mr_iec104_server_ops = {
    .protocol = "iec104",
    .type = &mr_iec104_server_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
