/* modbus_server.c - "MODBUS Messaging on TCP/IP Implementation Guide V1.0b", section 4.4.2 (server): ADUs in, ADUs out; and RTU
 * frames in, RTU frames out ("MODBUS over Serial Line V1.02", section 2.4.2, server state diagram).
 *
 * A header that no ADU has ends the connection: the guide lets a server discard such a frame, but after a wrong length nobody
 * knows where the next one begins. */
#include "proto/modbus/modbus_server.h"

#include "proto/modbus/modbus_rtu.h"

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_modbus_server, live, MR_BOOL),
    MR_FIELD(struct mr_modbus_server, closing, MR_BOOL),
    MR_FIELD(struct mr_modbus_server, client, MR_U32),
    MR_FIELD(struct mr_modbus_server, heard, MR_I64),
    MR_FIELD(struct mr_modbus_server, begun, MR_I64),
    MR_SUB(struct mr_modbus_server, in, &mr_modbus_framer_type),
    MR_FIELD(struct mr_modbus_server, nout, MR_U32),
    MR_VARIABLE(struct mr_modbus_server, out, MR_U8, nout),
    MR_FIELD(struct mr_modbus_server, nevents, MR_U32),
    MR_VARIABLE_SUBS(struct mr_modbus_server, events, nevents, &mr_modbus_event_type),
};
const struct mr_type mr_modbus_server_type = MR_TYPE_LIVE("modbus_server", struct mr_modbus_server, fields, live);

void mr_modbus_server_init(struct mr_modbus_server *s, const struct mr_modbus_unit *units, uint32_t nunits)
{
    MR_ASSERT(nunits > 0);
    *s = (struct mr_modbus_server){.units = units, .nunits = nunits};
}

void mr_modbus_server_open(struct mr_modbus_server *s, uint32_t client, mr_ns now)
{
    s->live = true;
    s->closing = false;
    s->client = client;
    s->heard = now;
    s->in.n = 0;
    s->nout = 0;
    s->nevents = 0;
}

void mr_modbus_server_close(struct mr_modbus_server *s)
{
    s->live = false;
}

/* Carries out one ADU and writes its answer, if there is one. */
static void serve_adu(struct mr_modbus_server *s, struct mr_slice bytes, struct mr_writer *w)
{
    struct mr_modbus_adu adu = mr_modbus_adu_decode(bytes);
    struct mr_modbus_call call = {.units = s->units, .nunits = s->nunits, .client = s->client, .unit = adu.unit, .pdu = adu.pdu};
    size_t start = w->n;
    bool happened;
    mr_modbus_header_encode(w, adu.transaction, adu.unit, 0);
    enum mr_modbus_verdict verdict = mr_modbus_serve_pdu(&call, w, &s->events[s->nevents], &happened);
    s->nevents += happened;
    if (verdict == MR_MODBUS_ANSWERED) {
        mr_patch_u16be(w, start + 4, (uint16_t)(w->n - start - MR_MODBUS_HEADER + 1));
    } else {
        w->n = start;
        s->closing = verdict == MR_MODBUS_REFUSED;
    }
}

/* The lowest identifier that a unit admits: a broadcast carries it out as if it were asked for. */
static uint8_t own_identifier(const struct mr_modbus_unit *u)
{
    for (unsigned id = 1; id <= UINT8_MAX; id++) {
        if (mr_modbus_admits_unit(u->settings, (uint8_t)id)) {
            return (uint8_t)id;
        }
    }
    return 0;
}

/* Every unit does it, none answers; one event tells of it. */
static void serve_broadcast(struct mr_modbus_server *s, struct mr_slice pdu)
{
    uint8_t sink[MR_MODBUS_PDU_MAX];
    struct mr_modbus_event ev, first = {0};
    bool any = false;
    for (uint32_t i = 0; i < s->nunits; i++) {
        struct mr_writer w = mr_writer(sink, sizeof sink);
        struct mr_modbus_call call = {.units = &s->units[i], .nunits = 1, .client = s->client, .broadcast = true, .pdu = pdu};
        call.unit = own_identifier(&s->units[i]);
        bool happened;
        (void)mr_modbus_serve_pdu(&call, &w, &ev, &happened);
        first = happened && !any ? ev : first;
        any = any || happened;
    }
    if (any) {
        first.unit = MR_MODBUS_RTU_BROADCAST;
        s->events[s->nevents++] = first;
    }
}

static bool any_admits(const struct mr_modbus_server *s, uint8_t unit)
{
    for (uint32_t i = 0; i < s->nunits; i++) {
        if (mr_modbus_admits_unit(s->units[i].settings, unit)) {
            return !s->units[i].health->off;
        }
    }
    return false;
}

static void serve_rtu(struct mr_modbus_server *s, struct mr_slice frame, struct mr_writer *w)
{
    struct mr_slice pdu = mr_modbus_rtu_pdu(frame);
    uint8_t unit = frame.p[0];
    if (mr_modbus_crc(frame) != 0) {
        s->units[0].health->bus_errors++;
    } else if (unit == MR_MODBUS_RTU_BROADCAST) {
        serve_broadcast(s, pdu);
    } else if (any_admits(s, unit)) {
        struct mr_modbus_call call = {.units = s->units, .nunits = s->nunits, .client = s->client, .unit = unit, .pdu = pdu};
        size_t start = w->n;
        bool happened;
        mr_write_u8(w, unit);
        enum mr_modbus_verdict verdict = mr_modbus_serve_pdu(&call, w, &s->events[s->nevents], &happened);
        s->nevents += happened;
        if (verdict == MR_MODBUS_ANSWERED) {
            mr_modbus_rtu_finish(w, start);
        } else {
            w->n = start;
            s->closing = verdict == MR_MODBUS_REFUSED;
        }
    }
}

/* A framing: how requests are cut out of the stream, and carried out. */
struct framing {
    enum mr_modbus_framing (*take)(struct mr_modbus_framer *f, struct mr_slice in, size_t *used, struct mr_slice *frame);
    void (*serve)(struct mr_modbus_server *s, struct mr_slice frame, struct mr_writer *w);
    size_t (*needs)(const struct mr_modbus_framer *f);
};
static const struct framing tcp = {mr_modbus_framer_take, serve_adu, mr_modbus_framer_needs};
static const struct framing rtu = {mr_modbus_rtu_take_request, serve_rtu, mr_modbus_rtu_needs};

static struct mr_feed serve(struct mr_modbus_server *s, const struct framing *by, struct mr_slice in, mr_ns now,
                            struct mr_writer *w)
{
    size_t used = 0;
    while (used < in.n && !s->closing) {
        if (mr_writer_left(w) < MR_MODBUS_ADU_MAX || s->nevents == MR_MODBUS_SERVER_EVENTS) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        struct mr_slice adu;
        bool fresh = s->in.n == 0;
        switch (by->take(&s->in, in, &used, &adu)) {
        case MR_MODBUS_FRAME:
            s->heard = now;
            by->serve(s, adu, w);
            break;
        case MR_MODBUS_FRAME_MORE:
            s->begun = fresh ? now : s->begun;
            break;
        case MR_MODBUS_FRAME_BAD:
            s->closing = true;
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, by->needs(&s->in)};
}

struct mr_feed mr_modbus_server_serve(struct mr_modbus_server *s, struct mr_slice in, mr_ns now, struct mr_writer *w)
{
    return serve(s, &tcp, in, now, w);
}

static struct mr_feed feed(struct mr_modbus_server *s, const struct framing *by, struct mr_slice in, mr_ns now)
{
    struct mr_writer w = {s->out, sizeof s->out, s->nout, false};
    struct mr_feed f = serve(s, by, in, now, &w);
    s->nout = (uint32_t)w.n;
    return f;
}

struct mr_feed mr_modbus_server_feed(struct mr_modbus_server *s, struct mr_slice in, mr_ns now)
{
    return feed(s, &tcp, in, now);
}

struct mr_feed mr_modbus_rtu_server_feed(struct mr_modbus_server *s, struct mr_slice in, mr_ns now)
{
    return feed(s, &rtu, in, now);
}

bool mr_modbus_server_next(struct mr_modbus_server *s, struct mr_modbus_event *ev)
{
    if (s->nevents == 0) {
        return false;
    }
    *ev = s->events[0];
    s->nevents--;
    memmove(s->events, s->events + 1, s->nevents * sizeof s->events[0]);
    return true;
}

bool mr_modbus_server_output(struct mr_modbus_server *s, struct mr_writer *w)
{
    size_t n = s->nout < mr_writer_left(w) ? s->nout : mr_writer_left(w);
    mr_write_bytes(w, mr_slice(s->out, n));
    s->nout -= (uint32_t)n;
    memmove(s->out, s->out + n, s->nout);
    return s->nout > 0;
}

mr_ns mr_modbus_server_deadline(const struct mr_modbus_server *s)
{
    const struct mr_modbus_personality *p = s->units[0].personality;
    mr_ns idle = p->idle > 0 ? s->heard + p->idle : MR_NEVER_NS;
    mr_ns partial = p->partial > 0 && s->in.n > 0 ? s->begun + p->partial : MR_NEVER_NS;
    if (!s->live || s->closing) {
        return MR_NEVER_NS;
    }
    return idle < partial ? idle : partial;
}

void mr_modbus_server_tick(struct mr_modbus_server *s, mr_ns now)
{
    if (now >= mr_modbus_server_deadline(s)) {
        s->closing = true;
    }
}

bool mr_modbus_server_finished(const struct mr_modbus_server *s)
{
    return s->closing && s->nout == 0;
}

static struct mr_feed ops_feed(void *s, struct mr_slice in, mr_ns now)
{
    return mr_modbus_server_feed(s, in, now);
}

static struct mr_feed ops_rtu_feed(void *s, struct mr_slice in, mr_ns now)
{
    return mr_modbus_rtu_server_feed(s, in, now);
}

static bool ops_output(void *s, struct mr_writer *w)
{
    return mr_modbus_server_output(s, w);
}

static mr_ns ops_deadline(const void *s)
{
    return mr_modbus_server_deadline(s);
}

static void ops_tick(void *s, mr_ns now)
{
    mr_modbus_server_tick(s, now);
}

static bool ops_finished(const void *s)
{
    return mr_modbus_server_finished(s);
}

const struct mr_session_ops mr_modbus_server_ops = {
    .protocol = "modbus",
    .type = &mr_modbus_server_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};

const struct mr_session_ops mr_modbus_rtu_server_ops = {
    .protocol = "modbus-rtu",
    .type = &mr_modbus_server_type,
    .feed = ops_rtu_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
