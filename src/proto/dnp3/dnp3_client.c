/* dnp3_client.c - the session of a master: link layer, requests under way and their answers, unsolicited responses,
 * authentication (IEEE 1815-2012, clauses 4, 7 and 9). */
#include "proto/dnp3/dnp3_client.h"

enum { CLOSED, ASKING_KEYS, CHANGING_KEYS, IDLE, WAITING, USELESS };

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_dnp3_client, state, MR_U8),
    MR_FIELD(struct mr_dnp3_client, pending, MR_BOOL),
    MR_FIELD(struct mr_dnp3_client, renewing, MR_BOOL),
    MR_FIELD(struct mr_dnp3_client, outcome, MR_U8),
    MR_FIELD(struct mr_dnp3_client, error, MR_U8),
    MR_FIELD(struct mr_dnp3_client, pinged, MR_BOOL),
    MR_FIELD(struct mr_dnp3_client, sequence, MR_U8),
    MR_FIELD(struct mr_dnp3_client, expected, MR_U8),
    MR_FIELD(struct mr_dnp3_client, answer_begun, MR_BOOL),
    MR_FIELD(struct mr_dnp3_client, operate, MR_BOOL),
    MR_FIELD(struct mr_dnp3_client, transport, MR_U8),
    MR_FIELD(struct mr_dnp3_client, token, MR_U32),
    MR_FIELD(struct mr_dnp3_client, last_unsolicited, MR_U64),
    MR_FIELD(struct mr_dnp3_client, until, MR_I64),
    MR_FIELD(struct mr_dnp3_client, heard, MR_I64),
    MR_SUB(struct mr_dnp3_client, frame, &mr_dnp3_deframer_type),
    MR_SUB(struct mr_dnp3_client, assembly, &mr_dnp3_assembly_type),
    MR_SUB(struct mr_dnp3_client, keys, &mr_dnp3_keys_type),
    MR_FIELD(struct mr_dnp3_client, nchange, MR_U32),
    MR_VARIABLE(struct mr_dnp3_client, change, MR_U8, nchange),
    MR_FIELD(struct mr_dnp3_client, nrequest, MR_U32),
    MR_VARIABLE(struct mr_dnp3_client, request, MR_U8, nrequest),
    MR_FIELD(struct mr_dnp3_client, nout, MR_U32),
    MR_VARIABLE(struct mr_dnp3_client, out, MR_U8, nout),
    MR_FIELD(struct mr_dnp3_client, nbuf, MR_U32),
    MR_VARIABLE(struct mr_dnp3_client, buf, MR_U8, nbuf),
};
const struct mr_type mr_dnp3_client_type = MR_TYPE("dnp3_client", struct mr_dnp3_client, fields);

void mr_dnp3_client_init(struct mr_dnp3_client *c, const struct mr_dnp3_route *route)
{
    MR_ASSERT(route->timeout > 0 && (!route->user || route->rng));
    memset(c, 0, sizeof *c);
    c->route = route;
}

static void tell(struct mr_dnp3_client *c, enum mr_dnp3_outcome outcome, uint8_t error)
{
    c->pending = true;
    c->outcome = (uint8_t)outcome;
    c->error = error;
}

static void emit_link(struct mr_dnp3_client *c, uint8_t control)
{
    struct mr_writer w = {c->out, sizeof c->out, c->nout, false};
    struct mr_dnp3_link_header h = {control, c->route->remote, c->route->local};
    mr_dnp3_frame_write(&w, &h, mr_slice(NULL, 0));
    c->nout = (uint32_t)w.n;
}

/* Fragments go out in whole frames; room is seen to before. */
static void emit(struct mr_dnp3_client *c, struct mr_slice fragment)
{
    struct mr_writer w = {c->out, sizeof c->out, c->nout, false};
    struct mr_dnp3_link_header h = {MR_DNP3_DIR | MR_DNP3_PRM | MR_DNP3_UNCONFIRMED_DATA, c->route->remote, c->route->local};
    struct mr_dnp3_sending s = {.sequence = c->transport, .n = (uint32_t)fragment.n};
    mr_dnp3_send(&s, fragment.p, &h, &w);
    c->transport = s.sequence & 0x3F;
    c->nout = (uint32_t)w.n;
}

static void confirm(struct mr_dnp3_client *c, uint8_t control)
{
    const uint8_t fragment[] = {(uint8_t)(MR_DNP3_FIR | MR_DNP3_FIN | (control & (MR_DNP3_UNS | MR_DNP3_SEQ))), MR_DNP3_CONFIRM};
    emit(c, mr_slice(fragment, sizeof fragment));
}

/* A request begins: its sequence number, and how long its answer may take. */
static uint8_t begin(struct mr_dnp3_client *c, mr_ns now)
{
    c->sequence = (c->sequence + 1) & MR_DNP3_SEQ;
    c->expected = c->sequence;
    c->answer_begun = false;
    c->until = now + c->route->timeout;
    return MR_DNP3_FIR | MR_DNP3_FIN | c->sequence;
}

/* --- authentication --- */

static void ask_keys(struct mr_dnp3_client *c, mr_ns now)
{
    uint8_t control = begin(c, now);
    uint16_t user = c->route->user->number;
    const uint8_t fragment[] = {control, MR_DNP3_AUTH_REQUEST, 120, 4, MR_DNP3_Q_COUNT8, 1, (uint8_t)user, (uint8_t)(user >> 8)};
    emit(c, mr_slice(fragment, sizeof fragment));
    c->state = ASKING_KEYS;
}

/* New session keys, wrapped with what the outstation has told. */
static bool change_keys(struct mr_dnp3_client *c, const struct mr_dnp3_key_state *k, mr_ns now)
{
    const struct mr_dnp3_user *user = c->route->user;
    uint8_t plain[MR_DNP3_WRAPPED_MAX], wrapped[MR_DNP3_WRAPPED_MAX];
    bool fits = k->wrap == (user->key_bytes == 16 ? MR_DNP3_WRAP_AES128 : MR_DNP3_WRAP_AES256);
    struct mr_writer p = mr_writer(plain, sizeof plain - 8);
    c->keys.key_bytes = 16;
    mr_dnp3_random(c->route->rng, c->keys.control, 16);
    mr_dnp3_random(c->route->rng, c->keys.monitor, 16);
    mr_write_u16le(&p, 16);
    mr_write_bytes(&p, mr_slice(c->keys.control, 16));
    mr_write_bytes(&p, mr_slice(c->keys.monitor, 16));
    mr_write_bytes(&p, k->told);
    mr_write_fill(&p, 0, (8 - p.n % 8) % 8);
    if (!fits || p.full) {
        return false;
    }
    mr_dnp3_wrap(wrapped, mr_slice(user->key, user->key_bytes), mr_written(&p));
    struct mr_writer w = mr_writer(c->change, sizeof c->change);
    mr_write_u8(&w, begin(c, now));
    mr_write_u8(&w, MR_DNP3_AUTH_REQUEST);
    size_t at = mr_dnp3_free_begin(&w, 120, 6);
    mr_write_u32le(&w, k->sequence);
    mr_write_u16le(&w, user->number);
    mr_write_bytes(&w, mr_slice(wrapped, p.n + 8));
    mr_dnp3_free_finish(&w, at);
    c->nchange = (uint32_t)w.n;
    emit(c, mr_written(&w));
    c->state = CHANGING_KEYS;
    return !w.full;
}

/* The change was taken where the outstation shows that it has the new key. */
static bool change_proven(struct mr_dnp3_client *c, const struct mr_dnp3_key_state *k)
{
    uint8_t mac[MR_DNP3_MAC_BYTES];
    size_t n = k->mac_algorithm == MR_DNP3_MAC_SHA256_8 ? 8 : MR_DNP3_MAC_BYTES;
    mr_dnp3_mac(mac, n, mr_slice(c->keys.monitor, c->keys.key_bytes), mr_slice(c->change, c->nchange), mr_slice(NULL, 0));
    return k->status == MR_DNP3_KEYS_OK && mr_dnp3_mac_equal(mr_slice(mac, n), k->mac);
}

static void keys_failed(struct mr_dnp3_client *c, uint8_t error)
{
    c->keys.status = MR_DNP3_KEYS_FAILED;
    c->state = USELESS;
    c->token = 0;
    tell(c, MR_DNP3_FAILED, error);
}

static void take_key_state(struct mr_dnp3_client *c, struct mr_slice object, mr_ns now)
{
    struct mr_dnp3_key_state k;
    if (!mr_dnp3_key_state_read(object, &k) || k.user != c->route->user->number) {
        return;
    }
    if (c->state == ASKING_KEYS) {
        if (!change_keys(c, &k, now)) {
            keys_failed(c, MR_DNP3_AUTH_WRONG);
        }
    } else if (c->state == CHANGING_KEYS) {
        if (!change_proven(c, &k)) {
            keys_failed(c, MR_DNP3_AUTH_WRONG);
            return;
        }
        c->keys.status = MR_DNP3_KEYS_OK;
        c->keys.until = now + MR_DNP3_KEYS_VALID / 2; /* renewed before the outstation forgets them */
        c->state = IDLE;
        if (!c->renewing) {
            c->token = 0;
            tell(c, MR_DNP3_READY, 0);
        }
    }
}

static void take_challenge(struct mr_dnp3_client *c, struct mr_slice fragment, struct mr_slice object)
{
    struct mr_reader r = mr_reader(object);
    uint32_t csq = mr_read_u32le(&r);
    (void)mr_read_u16le(&r);
    uint8_t algorithm = mr_read_u8(&r);
    size_t n = algorithm == MR_DNP3_MAC_SHA256_16 ? 16 : algorithm == MR_DNP3_MAC_SHA256_8 ? 8 : 0;
    if (r.bad || n == 0 || !c->route->user || c->keys.status != MR_DNP3_KEYS_OK || c->nrequest == 0) {
        return; /* the request stays without an answer */
    }
    uint8_t mac[MR_DNP3_MAC_BYTES], reply[64];
    mr_dnp3_mac(mac, n, mr_slice(c->keys.control, c->keys.key_bytes), fragment, mr_slice(c->request, c->nrequest));
    struct mr_writer w = mr_writer(reply, sizeof reply);
    mr_write_u8(&w, MR_DNP3_FIR | MR_DNP3_FIN | c->sequence);
    mr_write_u8(&w, MR_DNP3_AUTH_REQUEST);
    size_t at = mr_dnp3_free_begin(&w, 120, 2);
    mr_write_u32le(&w, csq);
    mr_write_u16le(&w, c->route->user->number);
    mr_write_bytes(&w, mr_slice(mac, n));
    mr_dnp3_free_finish(&w, at);
    emit(c, mr_written(&w));
}

static void take_auth(struct mr_dnp3_client *c, struct mr_slice fragment, struct mr_slice objects, mr_ns now)
{
    struct mr_reader r = mr_reader(objects);
    struct mr_dnp3_object o;
    struct mr_slice object;
    if ((fragment.p[0] & MR_DNP3_SEQ) != c->sequence || !mr_dnp3_free_read(&r, &o, &object) || o.group != 120) {
        return;
    }
    if (o.variation == 1) {
        take_challenge(c, fragment, object);
    } else if (o.variation == 5 && c->route->user) {
        take_key_state(c, object, now);
    } else if (o.variation == 7 && object.n >= 9) {
        if (c->state == WAITING) {
            c->state = IDLE;
            tell(c, MR_DNP3_FAILED, object.p[8]);
        } else if (c->state == ASKING_KEYS || c->state == CHANGING_KEYS) {
            keys_failed(c, object.p[8]);
        }
    }
}

/* --- answers --- */

/* After SELECT: the first status that is none of success, or MR_DNP3_FORMAT_ERROR where the objects are not those asked for. */
static uint8_t select_status(const struct mr_dnp3_client *c, struct mr_slice objects)
{
    struct mr_dnp3_value_reader v = mr_dnp3_values(objects);
    struct mr_dnp3_reading reading;
    if (objects.n != c->nrequest - 2) {
        return MR_DNP3_FORMAT_ERROR;
    }
    while (mr_dnp3_next_value(&v, &reading)) {
        if (reading.sample.flags != MR_DNP3_SUCCESS) {
            return reading.sample.flags;
        }
    }
    return MR_DNP3_SUCCESS;
}

static void go_on_to_operate(struct mr_dnp3_client *c, struct mr_slice objects, mr_ns now)
{
    uint8_t status = select_status(c, objects);
    c->operate = false;
    if (status != MR_DNP3_SUCCESS) {
        c->state = IDLE;
        tell(c, MR_DNP3_FAILED, status);
        return;
    }
    c->request[0] = begin(c, now);
    c->request[1] = MR_DNP3_OPERATE;
    emit(c, mr_slice(c->request, c->nrequest));
}

static void take_answer(struct mr_dnp3_client *c, const struct mr_dnp3_app_header *h, mr_ns now)
{
    bool first = (h->control & MR_DNP3_FIR) != 0, last = (h->control & MR_DNP3_FIN) != 0;
    bool key_state = c->state == ASKING_KEYS || c->state == CHANGING_KEYS;
    if (key_state && (h->control & MR_DNP3_SEQ) == c->sequence) {
        keys_failed(c, MR_DNP3_AUTH_WRONG); /* the outstation knows no authentication */
        return;
    }
    if (c->state != WAITING || (h->control & MR_DNP3_SEQ) != c->expected || first == c->answer_begun) {
        return; /* too late, or out of order */
    }
    if (h->control & MR_DNP3_CON) {
        confirm(c, h->control);
    }
    c->answer_begun = true;
    c->expected = (c->expected + 1) & MR_DNP3_SEQ;
    c->sequence = h->control & MR_DNP3_SEQ;
    c->until = now + c->route->timeout;
    if (c->operate && last) {
        go_on_to_operate(c, h->objects, now);
        return;
    }
    c->state = last ? IDLE : WAITING;
    tell(c, MR_DNP3_ANSWER, 0);
}

static void take_unsolicited(struct mr_dnp3_client *c, const struct mr_dnp3_app_header *h, struct mr_slice fragment)
{
    uint64_t hash = mr_hash_fnv(fragment.p, fragment.n);
    if (h->control & MR_DNP3_CON) {
        confirm(c, h->control);
    }
    if (hash != c->last_unsolicited || h->objects.n == 0) {
        tell(c, MR_DNP3_NOTICE, 0);
    }
    c->last_unsolicited = hash;
}

static void take_fragment(struct mr_dnp3_client *c, size_t total, mr_ns now)
{
    struct mr_slice fragment = mr_slice(c->buf, total);
    struct mr_dnp3_app_header h;
    if (!mr_dnp3_app_decode(fragment, &h) || c->state == CLOSED || c->state == USELESS) {
        return;
    }
    c->nbuf = (uint32_t)total;
    if (h.function == MR_DNP3_RESPONSE && (h.control & MR_DNP3_UNS) == 0) {
        take_answer(c, &h, now);
    } else if (h.function == MR_DNP3_UNSOLICITED && (h.control & MR_DNP3_UNS) != 0) {
        take_unsolicited(c, &h, fragment);
    } else if (h.function == MR_DNP3_AUTH_RESPONSE) {
        take_auth(c, fragment, h.objects, now);
    }
}

static void take_frame(struct mr_dnp3_client *c, const struct mr_dnp3_link_header *h, struct mr_slice data, mr_ns now)
{
    if ((h->control & MR_DNP3_DIR) != 0 || h->destination != c->route->local || h->source != c->route->remote) {
        return;
    }
    c->heard = now;
    c->pinged = false;
    uint8_t function = h->control & 0x0F;
    size_t total;
    if ((h->control & MR_DNP3_PRM) == 0) {
        return;
    }
    if (function == MR_DNP3_REQUEST_LINK_STATUS) {
        emit_link(c, MR_DNP3_DIR | MR_DNP3_LINK_STATUS);
    } else if (function == MR_DNP3_RESET_LINK || function == MR_DNP3_CONFIRMED_DATA || function == MR_DNP3_TEST_LINK) {
        emit_link(c, MR_DNP3_DIR | MR_DNP3_ACK);
    } else if (function != MR_DNP3_UNCONFIRMED_DATA) {
        emit_link(c, MR_DNP3_DIR | MR_DNP3_NOT_SUPPORTED);
    }
    if ((function == MR_DNP3_UNCONFIRMED_DATA || function == MR_DNP3_CONFIRMED_DATA) &&
        mr_dnp3_assemble(&c->assembly, c->buf, sizeof c->buf, data, h->source, &total)) {
        take_fragment(c, total, now);
    } else {
        c->nbuf = c->assembly.n;
    }
}

/* --- the session --- */

void mr_dnp3_client_open(struct mr_dnp3_client *c, mr_ns now)
{
    mr_dnp3_client_init(c, c->route);
    c->heard = now;
    c->sequence = MR_DNP3_SEQ; /* the first request has 0 */
    c->state = IDLE;
    if (c->route->user) {
        ask_keys(c, now);
    } else {
        tell(c, MR_DNP3_READY, 0);
    }
}

void mr_dnp3_client_close(struct mr_dnp3_client *c)
{
    if (c->state == WAITING || c->state == ASKING_KEYS || c->state == CHANGING_KEYS) {
        tell(c, MR_DNP3_LOST, 0);
    }
    c->state = USELESS;
    c->nout = 0;
}

enum mr_err mr_dnp3_client_raw(struct mr_dnp3_client *c, uint8_t function, struct mr_slice objects, uint32_t token, mr_ns now)
{
    if (c->state != IDLE || c->pending || c->nout > sizeof c->out - MR_DNP3_FRAMED_MAX) {
        return MR_E_BUSY;
    }
    if (objects.n > sizeof c->request - 2) {
        return MR_E_INVALID;
    }
    c->request[0] = begin(c, now);
    c->request[1] = function;
    if (objects.n > 0) {
        memcpy(c->request + 2, objects.p, objects.n);
    }
    c->nrequest = (uint32_t)(2 + objects.n);
    c->token = token;
    c->operate = false;
    emit(c, mr_slice(c->request, c->nrequest));
    if (mr_dnp3_is_silent(function)) {
        tell(c, MR_DNP3_SENT, 0);
    } else {
        c->state = WAITING;
    }
    return MR_OK;
}

struct mr_feed mr_dnp3_client_feed(struct mr_dnp3_client *c, struct mr_slice in, mr_ns now)
{
    size_t used = 0;
    while (used < in.n && c->state != USELESS) {
        struct mr_dnp3_link_header h;
        struct mr_slice data;
        if (c->pending || c->nout > sizeof c->out - MR_DNP3_FRAMED_MAX) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        if (mr_dnp3_deframe(&c->frame, in, &used, &h, &data)) {
            take_frame(c, &h, data, now);
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, mr_dnp3_deframer_needs(&c->frame)};
}

bool mr_dnp3_client_next(struct mr_dnp3_client *c, struct mr_dnp3_result *r)
{
    struct mr_dnp3_app_header h;
    if (!c->pending) {
        return false;
    }
    c->pending = false;
    *r = (struct mr_dnp3_result){.outcome = (enum mr_dnp3_outcome)c->outcome, .token = c->token, .error = c->error};
    bool fragment = r->outcome == MR_DNP3_ANSWER || r->outcome == MR_DNP3_NOTICE || r->outcome == MR_DNP3_FAILED;
    if (fragment && mr_dnp3_app_decode(mr_slice(c->buf, c->nbuf), &h)) {
        r->more = r->outcome == MR_DNP3_ANSWER && c->state == WAITING;
        r->function = h.function;
        r->iin = h.iin;
        r->objects = h.objects;
    }
    if (r->outcome == MR_DNP3_NOTICE) {
        r->token = 0;
    }
    return true;
}

bool mr_dnp3_client_output(struct mr_dnp3_client *c, struct mr_writer *w)
{
    size_t n = c->nout < mr_writer_left(w) ? c->nout : mr_writer_left(w);
    mr_write_bytes(w, mr_slice(c->out, n));
    c->nout -= (uint32_t)n;
    memmove(c->out, c->out + n, c->nout);
    return c->nout > 0;
}

static mr_ns ping_at(const struct mr_dnp3_client *c)
{
    return c->route->keepalive > 0 ? c->heard + c->route->keepalive * (c->pinged ? 2 : 1) : MR_NEVER_NS;
}

mr_ns mr_dnp3_client_deadline(const struct mr_dnp3_client *c)
{
    mr_ns t = MR_NEVER_NS;
    if (c->state == CLOSED || c->state == USELESS) {
        return t;
    }
    if (c->state != IDLE) {
        t = c->until;
    } else if (c->keys.status == MR_DNP3_KEYS_OK) {
        t = c->keys.until;
    }
    return ping_at(c) < t ? ping_at(c) : t;
}

void mr_dnp3_client_tick(struct mr_dnp3_client *c, mr_ns now)
{
    if (c->state == CLOSED || c->state == USELESS || c->pending) {
        return;
    }
    if (now >= ping_at(c)) {
        if (c->pinged) {
            c->state = USELESS;
            tell(c, MR_DNP3_LOST, 0);
            return;
        }
        c->pinged = true;
        emit_link(c, MR_DNP3_DIR | MR_DNP3_PRM | MR_DNP3_REQUEST_LINK_STATUS);
    }
    if (c->state == IDLE && c->keys.status == MR_DNP3_KEYS_OK && now >= c->keys.until) {
        c->renewing = true;
        ask_keys(c, now);
    } else if (c->state != IDLE && now >= c->until) {
        c->state = c->state == WAITING ? IDLE : USELESS;
        tell(c, MR_DNP3_NO_ANSWER, 0);
    }
}

bool mr_dnp3_client_finished(const struct mr_dnp3_client *c)
{
    return c->state == USELESS && !c->pending;
}

static struct mr_feed ops_feed(void *c, struct mr_slice in, mr_ns now)
{
    return mr_dnp3_client_feed(c, in, now);
}

static bool ops_output(void *c, struct mr_writer *w)
{
    return mr_dnp3_client_output(c, w);
}

static mr_ns ops_deadline(const void *c)
{
    return mr_dnp3_client_deadline(c);
}

static void ops_tick(void *c, mr_ns now)
{
    mr_dnp3_client_tick(c, now);
}

static bool ops_finished(const void *c)
{
    return mr_dnp3_client_finished(c);
}

const struct mr_session_ops mr_dnp3_client_ops = {
    .protocol = "dnp3",
    .type = &mr_dnp3_client_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
