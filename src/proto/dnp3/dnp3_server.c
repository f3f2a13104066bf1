/* dnp3_server.c - the session of an outstation: link layer (IEEE 1815-2012, clause 9), time, and the shape of proto/session.h.
 * What becomes of a fragment is in dnp3_request.c. */
#include "proto/dnp3/dnp3_serve.h"

static const struct mr_field read_fields[] = {
    MR_FIELD(struct mr_dnp3_read, group, MR_U8),  MR_FIELD(struct mr_dnp3_read, variation, MR_U8),
    MR_FIELD(struct mr_dnp3_read, all, MR_BOOL),  MR_FIELD(struct mr_dnp3_read, class0, MR_BOOL),
    MR_FIELD(struct mr_dnp3_read, start, MR_U32), MR_FIELD(struct mr_dnp3_read, count, MR_U32),
};
const struct mr_type mr_dnp3_read_type = MR_TYPE("dnp3_read", struct mr_dnp3_read, read_fields);

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_dnp3_server, live, MR_BOOL),
    MR_FIELD(struct mr_dnp3_server, closing, MR_BOOL),
    MR_FIELD(struct mr_dnp3_server, bound, MR_BOOL),
    MR_FIELD(struct mr_dnp3_server, link_reset, MR_BOOL),
    MR_FIELD(struct mr_dnp3_server, link_fcb, MR_BOOL),
    MR_FIELD(struct mr_dnp3_server, pinged, MR_BOOL),
    MR_FIELD(struct mr_dnp3_server, client, MR_U32),
    MR_FIELD(struct mr_dnp3_server, connection, MR_U32),
    MR_FIELD(struct mr_dnp3_server, address, MR_U16),
    MR_FIELD(struct mr_dnp3_server, master, MR_U8),
    MR_FIELD(struct mr_dnp3_server, heard, MR_I64),
    MR_FIELD(struct mr_dnp3_server, begun, MR_I64),
    MR_SUB(struct mr_dnp3_server, frame, &mr_dnp3_deframer_type),
    MR_SUB(struct mr_dnp3_server, assembly, &mr_dnp3_assembly_type),
    MR_SUB(struct mr_dnp3_server, sending, &mr_dnp3_sending_type),
    MR_FIELD(struct mr_dnp3_server, nlink, MR_U32),
    MR_VARIABLE_SUBS(struct mr_dnp3_server, link, nlink, &mr_dnp3_link_header_type),
    MR_FIELD(struct mr_dnp3_server, answer_waits, MR_BOOL),
    MR_FIELD(struct mr_dnp3_server, answer_begun, MR_BOOL),
    MR_FIELD(struct mr_dnp3_server, answer, MR_U8),
    MR_FIELD(struct mr_dnp3_server, answer_iin, MR_U16),
    MR_FIELD(struct mr_dnp3_server, answer_until, MR_I64),
    MR_FIELD(struct mr_dnp3_server, nreads, MR_U32),
    MR_FIELD(struct mr_dnp3_server, read_at, MR_U32),
    MR_FIELD(struct mr_dnp3_server, read_point, MR_U32),
    MR_FIELD(struct mr_dnp3_server, read_left, MR_U32),
    MR_VARIABLE_SUBS(struct mr_dnp3_server, reads, nreads, &mr_dnp3_read_type),
    MR_FIELD(struct mr_dnp3_server, unsolicited_stage, MR_U8),
    MR_FIELD(struct mr_dnp3_server, unsolicited, MR_U8),
    MR_FIELD(struct mr_dnp3_server, unsolicited_tries, MR_U8),
    MR_FIELD(struct mr_dnp3_server, unsolicited_until, MR_I64),
    MR_FIELD(struct mr_dnp3_server, selected, MR_BOOL),
    MR_FIELD(struct mr_dnp3_server, select_sequence, MR_U8),
    MR_FIELD(struct mr_dnp3_server, select_until, MR_I64),
    MR_FIELD(struct mr_dnp3_server, select_hash, MR_U64),
    MR_FIELD(struct mr_dnp3_server, repeatable, MR_BOOL),
    MR_FIELD(struct mr_dnp3_server, repeat_sequence, MR_U8),
    MR_FIELD(struct mr_dnp3_server, repeat_hash, MR_U64),
    MR_FIELD(struct mr_dnp3_server, nrepeat, MR_U32),
    MR_VARIABLE(struct mr_dnp3_server, repeat, MR_U8, nrepeat),
    MR_SUB(struct mr_dnp3_server, auth, &mr_dnp3_auth_type),
    MR_FIELD(struct mr_dnp3_server, held_for, MR_U8),
    MR_FIELD(struct mr_dnp3_server, held, MR_U32),
    MR_FIELD(struct mr_dnp3_server, nbuf, MR_U32),
    MR_VARIABLE(struct mr_dnp3_server, buf, MR_U8, nbuf),
};
const struct mr_type mr_dnp3_server_type = MR_TYPE_LIVE("dnp3_server", struct mr_dnp3_server, fields, live);

void mr_dnp3_server_init(struct mr_dnp3_server *s, struct mr_dnp3_station *station)
{
    memset(s, 0, sizeof *s);
    s->station = station;
}

/* The one configured master of a station is told at once that there is one; others when they have asked. */
void mr_dnp3_server_open(struct mr_dnp3_server *s, uint32_t client, mr_ns now)
{
    struct mr_dnp3_station *t = s->station;
    mr_dnp3_server_init(s, t);
    s->live = true;
    s->client = client;
    s->heard = now;
    s->connection = ++t->state->connections;
    bool known = mr_dnp3_rights(t->settings, client) != 0;
    s->closing = t->personality->refuse_close && !known;
    if (known && t->nmasters == 1) {
        mr_dnp3_bind(s, t->masters[0]);
    }
    mr_dnp3_pump(s, now);
}

void mr_dnp3_server_close(struct mr_dnp3_server *s)
{
    if (s->live && s->bound && s->master < MR_DNP3_MASTERS_MAX) {
        mr_dnp3_events_unmark(s->station, s->master);
    }
    s->live = false;
}

void mr_dnp3_note(struct mr_dnp3_server *s, const struct mr_dnp3_event *ev)
{
    struct mr_dnp3_told *told = s->station->told;
    if (told->n < MR_DNP3_TOLD_MAX) {
        struct mr_dnp3_event *to = &told->events[told->n++];
        *to = *ev;
        to->client = s->client;
        to->master = s->address;
    }
}

static void send_link(struct mr_dnp3_server *s, uint8_t control, uint16_t to)
{
    if (s->nlink < MR_DNP3_LINK_REPLIES) {
        s->link[s->nlink++] = (struct mr_dnp3_link_header){control, to, s->station->address};
    }
}

/* A frame that is to be confirmed: acknowledged where its count bit is the next one or the last; true where it is new. */
static bool confirm_frame(struct mr_dnp3_server *s, const struct mr_dnp3_link_header *h)
{
    bool fcb = (h->control & MR_DNP3_FCB) != 0;
    bool fresh = s->link_reset && fcb == s->link_fcb;
    send_link(s, s->link_reset ? MR_DNP3_ACK : MR_DNP3_NACK, h->source);
    s->link_fcb = fresh ? !s->link_fcb : s->link_fcb;
    return fresh;
}

/* Whether a primary frame's count bit is valid just where its function has one (clause 9.2.4, functions); of others nothing is
 * known. */
static bool count_fits(uint8_t control)
{
    bool counted = (control & MR_DNP3_FCV) != 0;
    switch (control & 0x0F) {
    case MR_DNP3_TEST_LINK:
    case MR_DNP3_CONFIRMED_DATA:
        return counted;
    case MR_DNP3_RESET_LINK:
    case MR_DNP3_UNCONFIRMED_DATA:
    case MR_DNP3_REQUEST_LINK_STATUS:
        return !counted;
    default:
        return true;
    }
}

/* A frame from a primary station; true where it brings user data to be taken. */
static bool take_primary(struct mr_dnp3_server *s, const struct mr_dnp3_link_header *h, bool broadcast)
{
    uint8_t function = h->control & 0x0F;
    if (!count_fits(h->control)) {
        return false;
    }
    if (function == MR_DNP3_UNCONFIRMED_DATA) {
        return true;
    }
    if (broadcast) {
        return false;
    }
    switch (function) {
    case MR_DNP3_RESET_LINK:
        s->link_reset = true;
        s->link_fcb = true;
        send_link(s, MR_DNP3_ACK, h->source);
        return false;
    case MR_DNP3_TEST_LINK:
        (void)confirm_frame(s, h);
        return false;
    case MR_DNP3_CONFIRMED_DATA:
        return confirm_frame(s, h);
    case MR_DNP3_REQUEST_LINK_STATUS:
        send_link(s, MR_DNP3_LINK_STATUS, h->source);
        return false;
    default:
        send_link(s, MR_DNP3_NOT_SUPPORTED, h->source);
        return false;
    }
}

/* Whether a frame is for this station, from a master that it listens to. */
static bool is_ours(struct mr_dnp3_server *s, const struct mr_dnp3_link_header *h, bool broadcast)
{
    const struct mr_dnp3_station *t = s->station;
    bool self = h->destination == MR_DNP3_SELF_ADDRESS && t->personality->self_address;
    if ((h->control & MR_DNP3_DIR) == 0 || (h->destination != t->address && !self && !broadcast) ||
        h->source > MR_DNP3_ADDRESS_MAX) {
        return false;
    }
    bool admitted =
        mr_dnp3_rights(t->settings, s->client) != 0 && (!t->settings->check_master || mr_dnp3_is_configured(t, h->source));
    if (!admitted) {
        struct mr_dnp3_event ev = {.kind = MR_DNP3_EV_DENIED, .value = h->source};
        mr_dnp3_note(s, &ev);
    }
    return admitted;
}

static void take_frame(struct mr_dnp3_server *s, const struct mr_dnp3_link_header *h, struct mr_slice data, mr_ns now)
{
    bool broadcast = h->destination >= MR_DNP3_BROADCAST_NO_CONFIRM;
    if (!is_ours(s, h, broadcast)) {
        return;
    }
    s->heard = now;
    s->pinged = false;
    if ((h->control & MR_DNP3_PRM) == 0 || !take_primary(s, h, broadcast)) {
        return;
    }
    if (!s->assembly.begun) {
        s->begun = now;
    }
    size_t total;
    bool whole = mr_dnp3_assemble(&s->assembly, s->buf + s->held, sizeof s->buf - s->held, data, h->source, &total);
    s->nbuf = s->held + s->assembly.n;
    if (whole) {
        mr_dnp3_take_fragment(s, total, h, now);
    }
}

/* Nothing more can be taken before output and events have been. A snapshot may hold anything. */
static bool blocked(const struct mr_dnp3_server *s)
{
    return s->sending.n > 0 || s->nlink >= MR_DNP3_LINK_REPLIES || s->station->told->n > 0;
}

static void mend(struct mr_dnp3_server *s)
{
    if (s->master >= MR_DNP3_MASTERS_MAX || s->held > sizeof s->buf || s->sending.at > s->sending.n ||
        s->sending.n > sizeof s->buf - s->held) {
        s->closing = true;
        s->master = 0;
        s->held = 0;
        s->sending = (struct mr_dnp3_sending){0};
    }
}

struct mr_feed mr_dnp3_server_feed(struct mr_dnp3_server *s, struct mr_slice in, mr_ns now)
{
    size_t used = 0;
    mend(s);
    while (used < in.n && !s->closing) {
        struct mr_dnp3_link_header h;
        struct mr_slice data;
        if (blocked(s)) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        if (mr_dnp3_deframe(&s->frame, in, &used, &h, &data)) {
            take_frame(s, &h, data, now);
            mr_dnp3_pump(s, now);
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, mr_dnp3_deframer_needs(&s->frame)};
}

bool mr_dnp3_server_next(struct mr_dnp3_server *s, struct mr_dnp3_event *ev)
{
    struct mr_dnp3_told *told = s->station->told;
    if (told->n == 0) {
        return false;
    }
    *ev = told->events[0];
    told->n--;
    memmove(told->events, told->events + 1, told->n * sizeof told->events[0]);
    return true;
}

bool mr_dnp3_server_output(struct mr_dnp3_server *s, struct mr_writer *w)
{
    mend(s);
    while (s->nlink > 0 && mr_writer_left(w) >= 10) {
        mr_dnp3_frame_write(w, &s->link[0], mr_slice(NULL, 0));
        s->nlink--;
        memmove(s->link, s->link + 1, s->nlink * sizeof s->link[0]);
    }
    struct mr_dnp3_link_header h = {MR_DNP3_PRM | MR_DNP3_UNCONFIRMED_DATA, s->address, s->station->address};
    mr_dnp3_send(&s->sending, s->buf + s->held, &h, w);
    if (s->sending.n == 0 && s->assembly.n == 0) {
        s->nbuf = s->held;
    }
    return s->nlink > 0 || s->sending.n > 0;
}

static mr_ns earlier(mr_ns a, mr_ns b)
{
    return a < b ? a : b;
}

mr_ns mr_dnp3_server_deadline(const struct mr_dnp3_server *s)
{
    const struct mr_dnp3_personality *p = s->station->personality;
    mr_ns t = MR_NEVER_NS;
    if (!s->live || s->closing) {
        return t;
    }
    bool anew = mr_dnp3_station_was_restarted(s) && s->sending.n == 0 && !s->assembly.begun;
    if (anew || mr_dnp3_unsolicited_due(s)) {
        return 0;
    }
    t = s->answer_waits ? earlier(t, s->answer_until) : t;
    t = s->unsolicited_stage == MR_DNP3_U_NULL_WAITS || s->unsolicited_stage >= MR_DNP3_U_WAITS ? earlier(t, s->unsolicited_until)
                                                                                                : t;
    t = s->held > 0 && s->held_for == MR_DNP3_HELD_FOR_REPLY ? earlier(t, s->auth.until) : t;
    t = p->keepalive > 0 && s->bound ? earlier(t, s->heard + p->keepalive * (s->pinged ? 2 : 1)) : t;
    t = p->partial > 0 && s->assembly.begun ? earlier(t, s->begun + p->partial) : t;
    return t;
}

void mr_dnp3_server_tick(struct mr_dnp3_server *s, mr_ns now)
{
    const struct mr_dnp3_personality *p = s->station->personality;
    mend(s);
    if (!s->live || s->closing) {
        return;
    }
    if (p->partial > 0 && s->assembly.begun && now >= s->begun + p->partial) {
        s->assembly = (struct mr_dnp3_assembly){0};
    }
    if (p->keepalive > 0 && s->bound && now >= s->heard + p->keepalive * (s->pinged ? 2 : 1)) {
        s->closing = s->pinged;
        s->pinged = true;
        send_link(s, MR_DNP3_PRM | MR_DNP3_REQUEST_LINK_STATUS, s->address);
    }
    mr_dnp3_time_out(s, now);
    mr_dnp3_pump(s, now);
}

bool mr_dnp3_server_finished(const struct mr_dnp3_server *s)
{
    return s->closing && s->nlink == 0 && s->sending.n == 0;
}

static struct mr_feed ops_feed(void *s, struct mr_slice in, mr_ns now)
{
    return mr_dnp3_server_feed(s, in, now);
}

static bool ops_output(void *s, struct mr_writer *w)
{
    return mr_dnp3_server_output(s, w);
}

static mr_ns ops_deadline(const void *s)
{
    return mr_dnp3_server_deadline(s);
}

static void ops_tick(void *s, mr_ns now)
{
    mr_dnp3_server_tick(s, now);
}

static bool ops_finished(const void *s)
{
    return mr_dnp3_server_finished(s);
}

const struct mr_session_ops mr_dnp3_server_ops = {
    .protocol = "dnp3",
    .type = &mr_dnp3_server_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
