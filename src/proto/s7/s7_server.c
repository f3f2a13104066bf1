/* s7_server.c - packets in, packets out: TPKT (RFC 1006), the COTP connection (RFC 905, class 0), PDUs to the services. */
#include "proto/s7/s7_server.h"

#include "proto/s7/s7_serve.h"

static const struct mr_field transfer_fields[] = {
    MR_FIELD(struct mr_s7_transfer, state, MR_U8),   MR_FIELD(struct mr_s7_transfer, type, MR_U8),
    MR_FIELD(struct mr_s7_transfer, number, MR_U16), MR_FIELD(struct mr_s7_transfer, reference, MR_U16),
    MR_FIELD(struct mr_s7_transfer, error, MR_U16),  MR_FIELD(struct mr_s7_transfer, at, MR_U32),
    MR_FIELD(struct mr_s7_transfer, size, MR_U32),   MR_FIELD(struct mr_s7_transfer, generation, MR_U32),
};
static const struct mr_type transfer_type = MR_TYPE("s7_transfer", struct mr_s7_transfer, transfer_fields);

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_s7_server, live, MR_BOOL),
    MR_FIELD(struct mr_s7_server, closing, MR_BOOL),
    MR_FIELD(struct mr_s7_server, connected, MR_BOOL),
    MR_FIELD(struct mr_s7_server, logged_in, MR_BOOL),
    MR_FIELD(struct mr_s7_server, client, MR_U32),
    MR_FIELD(struct mr_s7_server, key, MR_U32),
    MR_FIELD(struct mr_s7_server, heard, MR_I64),
    MR_FIELD(struct mr_s7_server, begun, MR_I64),
    MR_FIELD(struct mr_s7_server, pdu_size, MR_U16),
    MR_FIELD(struct mr_s7_server, tpdu_code, MR_U8),
    MR_FIELD(struct mr_s7_server, list_id, MR_U16),
    MR_FIELD(struct mr_s7_server, list_index, MR_U16),
    MR_FIELD(struct mr_s7_server, list_at, MR_U16),
    MR_FIELD(struct mr_s7_server, list_reference, MR_U8),
    MR_FIELD(struct mr_s7_server, subscribed, MR_U8),
    MR_FIELD(struct mr_s7_server, alarms, MR_U8),
    MR_FIELD(struct mr_s7_server, diagnosed, MR_U32),
    MR_FIELD(struct mr_s7_server, messaged, MR_U32),
    MR_FIELD(struct mr_s7_server, reference, MR_U16),
    MR_FIELD(struct mr_s7_server, njobs, MR_U16),
    MR_SUB(struct mr_s7_server, up, &transfer_type),
    MR_SUB(struct mr_s7_server, down, &transfer_type),
    MR_SUB(struct mr_s7_server, in, &mr_s7_framer_type),
    MR_FIELD(struct mr_s7_server, nout, MR_U32),
    MR_VARIABLE(struct mr_s7_server, out, MR_U8, nout),
    MR_FIELD(struct mr_s7_server, nevents, MR_U32),
    MR_VARIABLE_SUBS(struct mr_s7_server, events, nevents, &mr_s7_event_type),
};
const struct mr_type mr_s7_server_type = MR_TYPE_LIVE("s7_server", struct mr_s7_server, fields, live);

void mr_s7_server_init(struct mr_s7_server *s, const struct mr_s7_cpu *cpu)
{
    MR_ASSERT(cpu->personality->pdu_max >= MR_S7_PDU_MIN && cpu->personality->pdu_max <= MR_S7_PDU_MAX);
    memset(s, 0, sizeof *s);
    s->cpu = cpu;
}

void mr_s7_server_open(struct mr_s7_server *s, uint32_t client, mr_ns now)
{
    const struct mr_s7_cpu *cpu = s->cpu;
    mr_s7_server_init(s, cpu);
    s->live = true;
    s->client = client;
    s->key = ++cpu->state->keys;
    s->heard = now;
    s->pdu_size = MR_S7_PDU_MIN;
    s->closing = cpu->personality->refuse_close && mr_s7_rights(cpu->settings, client) == 0;
}

void mr_s7_server_close(struct mr_s7_server *s)
{
    s->live = false;
    mr_s7_forget_jobs(s);
    mr_s7_let_go(s);
}

/* Connection confirm: the references crossed, and the three parameters sent back, TPDU size first, as clients expect them. */
static void confirm(struct mr_s7_server *s, const struct mr_s7_packet *p, struct mr_writer *w)
{
    static const uint8_t codes[] = {0xC0, 0xC1, 0xC2};
    size_t begin = w->n;
    mr_write_u32be(w, 3u << 24);
    mr_write_u8(w, 0);
    mr_write_u8(w, MR_S7_CONFIRM);
    mr_write_u16be(w, p->source);
    mr_write_u16be(w, 1);
    mr_write_u8(w, 0);
    for (size_t i = 0; i < sizeof codes; i++) {
        struct mr_slice value = mr_s7_cotp_parameter(p->variable, codes[i]);
        if (value.n > 0) {
            mr_write_u8(w, codes[i]);
            mr_write_u8(w, (uint8_t)value.n);
            mr_write_bytes(w, value);
        }
    }
    struct mr_slice size = mr_s7_cotp_parameter(p->variable, codes[0]);
    s->tpdu_code = size.n == 1 ? size.p[0] : 0;
    w->p[begin + 4] = (uint8_t)(w->n - begin - MR_S7_TPKT - 1);
    mr_s7_packet_finish(w, begin);
    s->connected = true;
}

/* A CPU's addresses have two bytes. Longer ones, such as the "SIMATIC-ROOT-ES" by which tools seek S7comm-plus, are of later
 * ones. */
static bool knows_address(const struct mr_s7_packet *p)
{
    struct mr_slice called = mr_s7_cotp_parameter(p->variable, 0xC2);
    return called.n == 0 || called.n == 2;
}

/* Disconnect request (RFC 905, 13.5): address unknown. */
static void refuse_connection(struct mr_s7_server *s, const struct mr_s7_packet *p, struct mr_writer *w)
{
    const uint8_t request[] = {3, 0, 0, 11, 6, MR_S7_DISCONNECT, (uint8_t)(p->source >> 8), (uint8_t)p->source, 0, 0, 3};
    mr_write_bytes(w, mr_slice(request, sizeof request));
    s->closing = true;
}

/* What a data TPDU may carry: 128 bytes (code 7) to 8,192 (13) with its head (RFC 905, 13.3.4); else what RFC 1006 allows. */
static size_t unit_max(const struct mr_s7_server *s)
{
    bool said = s->tpdu_code >= 7 && s->tpdu_code <= 13;
    return (said ? (size_t)1 << s->tpdu_code : MR_S7_PACKET_MAX) - MR_S7_DT;
}

/* Ends a packet begun at `begin`, in as many as its TPDUs need; takes it back where nothing is in it. */
static void end_packet(const struct mr_s7_server *s, struct mr_writer *w, size_t begin)
{
    if (w->n == begin + MR_S7_TPKT + MR_S7_DT) {
        w->n = begin;
    } else {
        mr_s7_packet_finish(w, begin);
        mr_s7_packet_cut(w, begin, unit_max(s));
    }
}

/* A whole PDU; false where it is none. */
static bool serve(struct mr_s7_server *s, struct mr_slice pdu, mr_ns now, struct mr_writer *w)
{
    size_t begin = mr_s7_packet_begin(w);
    bool ok = mr_s7_serve_pdu(s, pdu, now, w);
    end_packet(s, w, begin);
    return ok;
}

static bool take_packet(struct mr_s7_server *s, struct mr_slice packet, mr_ns now, struct mr_writer *w)
{
    struct mr_s7_packet p;
    struct mr_slice pdu;
    if (!mr_s7_packet_decode(packet, &p)) {
        return false;
    }
    if (p.tpdu == MR_S7_CONNECT && !s->connected && p.variable.n <= 32) {
        if (knows_address(&p)) {
            confirm(s, &p, w);
        } else {
            refuse_connection(s, &p, w);
        }
        return true;
    }
    if (p.tpdu == MR_S7_DISCONNECT) { /* as python-snap7 takes its leave */
        s->closing = true;
        return s->connected;
    }
    if (p.tpdu != MR_S7_DATA || !s->connected) {
        return false;
    }
    enum mr_s7_framing joined = mr_s7_framer_join(&s->in, &p, &pdu);
    return joined == MR_S7_FRAME ? serve(s, pdu, now, w) : joined == MR_S7_FRAME_MORE;
}

/* Room for the longest answer: none is longer than was agreed. The size is looked at for the sake of damaged snapshots. */
static bool has_room(const struct mr_s7_server *s, const struct mr_writer *w)
{
    bool events = s->nevents <= MR_S7_SERVER_EVENTS - MR_S7_JOB_EVENTS;
    size_t packets = (s->pdu_size + unit_max(s) - 1) / unit_max(s);
    size_t longest = s->pdu_size + packets * (MR_S7_TPKT + MR_S7_DT);
    return events && s->pdu_size <= MR_S7_PDU_MAX && mr_writer_left(w) >= longest;
}

/* Sends what it has to send of its own: jobs to a client that downloads, answers of jobs that are due, messages. False where
 * there is no room for all of it. Before the next request everything is out, so that the order does not depend on how bytes are
 * cut. */
static bool send_own(struct mr_s7_server *s, mr_ns now, struct mr_writer *w)
{
    while (s->connected && !s->closing) {
        bool download = mr_s7_download_due(s), job = mr_s7_jobs_due(s) <= now, message = mr_s7_message_due(s);
        if (!download && !job && !message) {
            return true;
        }
        if (!has_room(s, w)) {
            return false;
        }
        size_t begin = mr_s7_packet_begin(w);
        if (download) {
            mr_s7_ask_for_block(s, w);
        } else if (job) {
            mr_s7_run_job(s, now, w);
        } else {
            mr_s7_send_message(s, w);
        }
        end_packet(s, w, begin);
    }
    return true;
}

struct mr_feed mr_s7_server_feed(struct mr_s7_server *s, struct mr_slice in, mr_ns now)
{
    struct mr_writer w = {s->out, sizeof s->out, s->nout, false};
    size_t used = 0;
    while (used < in.n && !s->closing) {
        struct mr_slice packet;
        bool fresh = !mr_s7_framer_begun(&s->in);
        bool ready = send_own(s, now, &w) && has_room(s, &w);
        s->nout = (uint32_t)w.n;
        if (!ready) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        enum mr_s7_framing f = mr_s7_framer_take(&s->in, in, &used, &packet);
        s->begun = fresh ? now : s->begun; /* also where it came whole: more TPDUs of its PDU may follow */
        if (f == MR_S7_FRAME_MORE) {
            continue;
        }
        s->heard = now;
        bool ok = f == MR_S7_FRAME && take_packet(s, packet, now, &w);
        s->nout = (uint32_t)w.n;
        if (!ok) {
            s->closing = true;
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
    }
    bool sent = send_own(s, now, &w);
    s->nout = (uint32_t)w.n;
    return (struct mr_feed){sent ? MR_FEED_OK : MR_FEED_BLOCKED, in.n, mr_s7_framer_needs(&s->in)};
}

bool mr_s7_server_next(struct mr_s7_server *s, struct mr_s7_event *ev)
{
    if (s->nevents == 0) {
        return false;
    }
    *ev = s->events[0];
    s->nevents--;
    memmove(s->events, s->events + 1, s->nevents * sizeof s->events[0]);
    return true;
}

bool mr_s7_server_output(struct mr_s7_server *s, struct mr_writer *w)
{
    size_t n = s->nout < mr_writer_left(w) ? s->nout : mr_writer_left(w);
    mr_write_bytes(w, mr_slice(s->out, n));
    s->nout -= (uint32_t)n;
    memmove(s->out, s->out + n, s->nout);
    return s->nout > 0;
}

mr_ns mr_s7_server_deadline(const struct mr_s7_server *s)
{
    const struct mr_s7_personality *p = s->cpu->personality;
    if (!s->live || s->closing) {
        return MR_NEVER_NS;
    }
    mr_ns first = p->idle > 0 ? s->heard + p->idle : MR_NEVER_NS;
    mr_ns partial = p->partial > 0 && mr_s7_framer_begun(&s->in) ? s->begun + p->partial : MR_NEVER_NS;
    mr_ns job = mr_s7_jobs_due(s);
    first = partial < first ? partial : first;
    first = job < first ? job : first;
    return mr_s7_download_due(s) || mr_s7_message_due(s) ? s->heard : first;
}

void mr_s7_server_tick(struct mr_s7_server *s, mr_ns now)
{
    const struct mr_s7_personality *p = s->cpu->personality;
    bool idle = p->idle > 0 && now >= s->heard + p->idle;
    bool slow = p->partial > 0 && mr_s7_framer_begun(&s->in) && now >= s->begun + p->partial;
    if (s->live && !s->closing) {
        struct mr_writer w = {s->out, sizeof s->out, s->nout, false};
        s->closing = idle || slow;
        (void)send_own(s, now, &w);
        s->nout = (uint32_t)w.n;
    }
}

bool mr_s7_server_finished(const struct mr_s7_server *s)
{
    return s->closing && s->nout == 0;
}

static struct mr_feed ops_feed(void *s, struct mr_slice in, mr_ns now)
{
    return mr_s7_server_feed(s, in, now);
}

static bool ops_output(void *s, struct mr_writer *w)
{
    return mr_s7_server_output(s, w);
}

static mr_ns ops_deadline(const void *s)
{
    return mr_s7_server_deadline(s);
}

static void ops_tick(void *s, mr_ns now)
{
    mr_s7_server_tick(s, now);
}

static bool ops_finished(const void *s)
{
    return mr_s7_server_finished(s);
}

const struct mr_session_ops mr_s7_server_ops = {
    .protocol = "s7",
    .type = &mr_s7_server_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
