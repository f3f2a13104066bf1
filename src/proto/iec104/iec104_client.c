/* iec104_client.c - starting data transfer, requests, and what comes back or by itself. */
#include "proto/iec104/iec104_client.h"

enum { CLOSED, STARTING, STARTED, STOPPING, STOPPED, USELESS };
enum { EXPIRED = 0xFF }; /* cause awaited by a request that has timed out */

static const struct mr_field request_fields[] = {
    MR_FIELD(struct mr_iec104_request, type, MR_U8),   MR_FIELD(struct mr_iec104_request, cause, MR_U8),
    MR_FIELD(struct mr_iec104_request, ca, MR_U16),    MR_FIELD(struct mr_iec104_request, ioa, MR_U32),
    MR_FIELD(struct mr_iec104_request, token, MR_U32), MR_FIELD(struct mr_iec104_request, until, MR_I64),
};
const struct mr_type mr_iec104_request_type = MR_TYPE("iec104_request", struct mr_iec104_request, request_fields);
static const struct mr_field fields[] = {
    MR_FIELD(struct mr_iec104_client, state, MR_U8),
    MR_FIELD(struct mr_iec104_client, outcome, MR_U8),
    MR_FIELD(struct mr_iec104_client, untold, MR_BOOL),
    MR_FIELD(struct mr_iec104_client, command, MR_U8),
    MR_FIELD(struct mr_iec104_client, until, MR_I64),
    MR_SUB(struct mr_iec104_client, link, &mr_iec104_link_type),
    MR_FIELD(struct mr_iec104_client, nasdu, MR_U32),
    MR_VARIABLE(struct mr_iec104_client, asdu, MR_U8, nasdu),
    MR_FIELD(struct mr_iec104_client, object, MR_U16),
    MR_FIELD(struct mr_iec104_client, nqueue, MR_U32),
    MR_VARIABLE(struct mr_iec104_client, queue, MR_U8, nqueue),
    MR_FIELD(struct mr_iec104_client, nout, MR_U32),
    MR_VARIABLE(struct mr_iec104_client, out, MR_U8, nout),
    MR_FIELD(struct mr_iec104_client, nrequests, MR_U32),
    MR_VARIABLE_SUBS(struct mr_iec104_client, requests, nrequests, &mr_iec104_request_type),
};
const struct mr_type mr_iec104_client_type = MR_TYPE("iec104_client", struct mr_iec104_client, fields);

void mr_iec104_client_init(struct mr_iec104_client *c, const struct mr_iec104_route *route)
{
    MR_ASSERT(route->timeout > 0);
    memset(c, 0, sizeof *c);
    c->route = route;
    mr_iec104_link_init(&c->link, &route->params);
}

static void tell(struct mr_iec104_client *c, enum mr_iec104_outcome outcome)
{
    c->outcome = (uint8_t)outcome;
    c->untold = true;
}

static void fail(struct mr_iec104_client *c, enum mr_iec104_outcome outcome)
{
    if (c->state != USELESS) {
        c->state = USELESS;
        tell(c, outcome);
    }
    c->nrequests = c->nqueue = c->nout = c->nasdu = 0;
    c->command = 0;
}

static void command_u(struct mr_iec104_client *c, enum mr_iec104_u u, uint8_t state, mr_ns now)
{
    c->command = (uint8_t)u;
    c->state = state;
    c->until = now + c->route->timeout;
}

void mr_iec104_client_open(struct mr_iec104_client *c, mr_ns now)
{
    mr_iec104_client_init(c, c->route);
    mr_iec104_link_open(&c->link, now);
    c->state = STOPPED;
    if (!c->route->passive) {
        command_u(c, MR_IEC104_STARTDT_ACT, STARTING, now);
    }
}

void mr_iec104_client_close(struct mr_iec104_client *c)
{
    fail(c, MR_IEC104_LOST);
}

enum mr_err mr_iec104_client_start(struct mr_iec104_client *c, mr_ns now)
{
    if (c->state != STOPPED) {
        return MR_E_BUSY;
    }
    command_u(c, MR_IEC104_STARTDT_ACT, STARTING, now);
    return MR_OK;
}

enum mr_err mr_iec104_client_stop(struct mr_iec104_client *c, mr_ns now)
{
    if (c->state != STARTED) {
        return MR_E_BUSY;
    }
    command_u(c, MR_IEC104_STOPDT_ACT, STOPPING, now);
    c->nqueue = c->nrequests = 0;
    return MR_OK;
}

/* --- requests --------------------------------------------------------------------------------------------------------------- */

static bool interrogates(uint8_t type)
{
    return type == MR_IEC104_C_IC_NA_1 || type == MR_IEC104_C_CI_NA_1;
}

static void drop(struct mr_iec104_client *c, size_t i)
{
    c->nrequests--;
    memmove(c->requests + i, c->requests + i + 1, (c->nrequests - i) * sizeof c->requests[0]);
}

/* Commands that are confirmed wait for an end which not every product sends: these make room. */
static bool make_room(struct mr_iec104_client *c)
{
    for (size_t i = 0; i < c->nrequests && c->nrequests == MR_IEC104_CLIENT_REQUESTS; i++) {
        if (c->requests[i].cause == MR_IEC104_COT_ACT_TERM && !interrogates(c->requests[i].type)) {
            drop(c, i);
        }
    }
    return c->nrequests < MR_IEC104_CLIENT_REQUESTS;
}

enum mr_err mr_iec104_client_raw(struct mr_iec104_client *c, struct mr_slice asdu, uint32_t token, mr_ns now)
{
    struct mr_iec104_asdu a = {0};
    struct mr_writer w = {c->queue, sizeof c->queue, c->nqueue, false};
    if (asdu.n == 0 || asdu.n > MR_IEC104_ASDU_MAX) {
        return MR_E_INVALID;
    }
    mr_write_u8(&w, (uint8_t)asdu.n);
    mr_write_bytes(&w, asdu);
    if (c->state != STARTED || w.full || !make_room(c)) {
        return MR_E_BUSY;
    }
    c->nqueue = (uint32_t)w.n;
    (void)mr_iec104_asdu_decode(asdu, &a);
    struct mr_reader r = mr_reader(a.objects);
    uint8_t cause = a.cause == MR_IEC104_COT_DEACT ? MR_IEC104_COT_DEACT_CON : MR_IEC104_COT_ACT_CON;
    c->requests[c->nrequests++] =
        (struct mr_iec104_request){.type = a.type,
                                   .cause = a.cause == MR_IEC104_COT_REQUEST ? MR_IEC104_COT_REQUEST : cause,
                                   .ca = a.ca,
                                   .ioa = mr_read_u24le(&r),
                                   .token = token,
                                   .until = now + c->route->timeout};
    return MR_OK;
}

enum mr_err mr_iec104_client_command(struct mr_iec104_client *c, uint16_t ca, uint8_t type, uint8_t cause,
                                     const struct mr_iec104_object *o, uint32_t token, mr_ns now)
{
    uint8_t object[MR_IEC104_IOA + 16], asdu[MR_IEC104_HEADER + sizeof object];
    struct mr_writer ow = mr_writer(object, sizeof object), w = mr_writer(asdu, sizeof asdu);
    mr_iec104_object_encode(&ow, type, o);
    struct mr_iec104_asdu a = {.type = type,
                               .count = 1,
                               .cause = cause,
                               .originator = c->route->originator,
                               .ca = ca > 0 ? ca : c->route->ca,
                               .objects = mr_written(&ow)};
    mr_iec104_asdu_encode(&w, &a);
    return mr_iec104_client_raw(c, mr_written(&w), token, now);
}

/* Requests whose element is a single number. */
static enum mr_err ask(struct mr_iec104_client *c, uint16_t ca, uint8_t type, uint32_t bits, uint32_t token, mr_ns now)
{
    struct mr_iec104_object o = {.bits = bits};
    return mr_iec104_client_command(c, ca, type, MR_IEC104_COT_ACT, &o, token, now);
}

enum mr_err mr_iec104_client_interrogate(struct mr_iec104_client *c, uint16_t ca, uint8_t qoi, uint32_t token, mr_ns now)
{
    return ask(c, ca, MR_IEC104_C_IC_NA_1, qoi, token, now);
}

enum mr_err mr_iec104_client_counters(struct mr_iec104_client *c, uint16_t ca, uint8_t qcc, uint32_t token, mr_ns now)
{
    return ask(c, ca, MR_IEC104_C_CI_NA_1, qcc, token, now);
}

enum mr_err mr_iec104_client_reset(struct mr_iec104_client *c, uint16_t ca, uint8_t qrp, uint32_t token, mr_ns now)
{
    return ask(c, ca, MR_IEC104_C_RP_NA_1, qrp, token, now);
}

enum mr_err mr_iec104_client_read(struct mr_iec104_client *c, uint16_t ca, uint32_t ioa, uint32_t token, mr_ns now)
{
    struct mr_iec104_object o = {.ioa = ioa};
    return mr_iec104_client_command(c, ca, MR_IEC104_C_RD_NA_1, MR_IEC104_COT_REQUEST, &o, token, now);
}

enum mr_err mr_iec104_client_clock(struct mr_iec104_client *c, uint16_t ca, mr_ns unix_ns, uint32_t token, mr_ns now)
{
    struct mr_iec104_object o = {.time = {.unix_ns = unix_ns}};
    return mr_iec104_client_command(c, ca, MR_IEC104_C_CS_NA_1, MR_IEC104_COT_ACT, &o, token, now);
}

/* --- input ------------------------------------------------------------------------------------------------------------------ */

static void take_u(struct mr_iec104_client *c, uint8_t u)
{
    if (u == MR_IEC104_STARTDT_CON && c->state == STARTING) {
        c->state = STARTED;
        tell(c, MR_IEC104_STARTED);
    } else if (u == MR_IEC104_STOPDT_CON && c->state == STOPPING) {
        c->state = STOPPED;
        tell(c, MR_IEC104_STOPPED);
    }
}

struct mr_feed mr_iec104_client_feed(struct mr_iec104_client *c, struct mr_slice in, mr_ns now)
{
    size_t used = 0;
    while (used < in.n && c->state != USELESS) {
        struct mr_iec104_apdu a;
        if (c->nasdu > 0 || c->untold || c->link.tests > 64) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        enum mr_iec104_taken t = mr_iec104_link_take(&c->link, in, &used, now, &a);
        struct mr_iec104_asdu whole;
        bool bad = t == MR_IEC104_TAKEN && a.format == MR_IEC104_I && !mr_iec104_asdu_decode(a.asdu, &whole);
        if (t == MR_IEC104_BROKEN || bad) {
            fail(c, MR_IEC104_GARBLED);
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
        if (t == MR_IEC104_TAKEN && a.format == MR_IEC104_U) {
            take_u(c, a.u);
        } else if (t == MR_IEC104_TAKEN && a.format == MR_IEC104_I) {
            memcpy(c->asdu, a.asdu.p, a.asdu.n);
            c->nasdu = (uint32_t)a.asdu.n;
            c->object = 0;
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, mr_iec104_link_needs(&c->link)};
}

/* --- results ---------------------------------------------------------------------------------------------------------------- */

static bool same_station(const struct mr_iec104_request *q, uint16_t ca)
{
    return q->ca == ca || q->ca == MR_IEC104_BROADCAST;
}

/* The request that a mirrored ASDU belongs to, or nrequests. */
static size_t find_mirrored(const struct mr_iec104_client *c, const struct mr_iec104_asdu *a, uint32_t ioa)
{
    for (size_t i = 0; i < c->nrequests; i++) {
        const struct mr_iec104_request *q = &c->requests[i];
        bool awaited = a->cause >= MR_IEC104_COT_UNKNOWN_TYPE ? q->cause != MR_IEC104_COT_ACT_TERM : q->cause == a->cause;
        if (q->type == a->type && q->ioa == ioa && same_station(q, a->ca) && awaited) {
            return i;
        }
    }
    return c->nrequests;
}

/* A confirmation, a termination, or a refusal. */
static void judge(struct mr_iec104_client *c, const struct mr_iec104_asdu *a, struct mr_iec104_result *r)
{
    size_t i = find_mirrored(c, a, r->object.ioa);
    bool unknown = a->cause >= MR_IEC104_COT_UNKNOWN_TYPE && a->cause <= MR_IEC104_COT_UNKNOWN_IOA;
    bool select = mr_iec104_info(a->type)->direction == MR_IEC104_COMMAND && (r->object.quality & MR_IEC104_SELECT) != 0;
    bool goes_on = a->cause == MR_IEC104_COT_ACT_CON && !a->negative && !select &&
                   (interrogates(a->type) || mr_iec104_info(a->type)->direction == MR_IEC104_COMMAND);
    r->outcome = a->cause == MR_IEC104_COT_ACT_TERM ? MR_IEC104_TERMINATED
                 : a->negative || unknown           ? MR_IEC104_REFUSED
                                                    : MR_IEC104_CONFIRMED;
    if (i == c->nrequests) {
        return;
    }
    struct mr_iec104_request *q = &c->requests[i];
    r->token = q->token;
    if (goes_on) {
        q->cause = MR_IEC104_COT_ACT_TERM;
        q->until = c->link.now + c->route->timeout;
    } else {
        drop(c, i);
    }
}

/* Whose question a value answers, if anybody's. */
static void attribute(struct mr_iec104_client *c, const struct mr_iec104_asdu *a, struct mr_iec104_result *r)
{
    bool counters = a->cause >= MR_IEC104_COT_COUNTERS && a->cause <= MR_IEC104_COT_COUNTERS + 4;
    bool interrogated = a->cause >= MR_IEC104_COT_INTERROGATED && a->cause < MR_IEC104_COT_COUNTERS;
    r->outcome = MR_IEC104_DATUM;
    for (size_t i = 0; i < c->nrequests; i++) {
        const struct mr_iec104_request *q = &c->requests[i];
        bool read = q->type == MR_IEC104_C_RD_NA_1 && a->cause == MR_IEC104_COT_REQUEST && q->ioa == r->object.ioa;
        bool part = (q->type == MR_IEC104_C_IC_NA_1 && interrogated) || (q->type == MR_IEC104_C_CI_NA_1 && counters);
        if (same_station(q, a->ca) && (read || part)) {
            r->token = q->token;
            if (read) {
                drop(c, i);
            }
            return;
        }
    }
}

/* The next thing that the ASDU in hand says; false when it is through. */
static bool from_asdu(struct mr_iec104_client *c, struct mr_iec104_result *r)
{
    struct mr_iec104_asdu a;
    if (c->nasdu == 0 || !mr_iec104_asdu_decode(mr_slice(c->asdu, c->nasdu), &a)) {
        c->nasdu = 0;
        return false;
    }
    *r = (struct mr_iec104_result){
        .type = a.type, .cause = a.cause, .negative = a.negative, .test = a.test, .originator = a.originator, .ca = a.ca};
    bool decoded = mr_iec104_object_at(&a, c->object, &r->object);
    bool monitor = mr_iec104_info(a.type)->direction == MR_IEC104_MONITOR;
    if (monitor && decoded) {
        c->object++;
        c->nasdu = c->object < a.count ? c->nasdu : 0;
        attribute(c, &a, r);
        return true;
    }
    c->nasdu = 0;
    if (monitor) {
        return false;
    }
    if (!decoded) { /* a type that we do not know, sent back */
        struct mr_reader objects = mr_reader(a.objects);
        r->object.ioa = mr_read_u24le(&objects);
    }
    judge(c, &a, r);
    return true;
}

static bool expired(struct mr_iec104_client *c, struct mr_iec104_result *r)
{
    for (size_t i = 0; i < c->nrequests; i++) {
        const struct mr_iec104_request *q = &c->requests[i];
        if (q->cause == EXPIRED) {
            *r = (struct mr_iec104_result){
                .outcome = MR_IEC104_TIMEOUT, .token = q->token, .type = q->type, .ca = q->ca, .object = {.ioa = q->ioa}};
            drop(c, i);
            return true;
        }
    }
    return false;
}

bool mr_iec104_client_next(struct mr_iec104_client *c, struct mr_iec104_result *r)
{
    if (c->untold) {
        *r = (struct mr_iec104_result){.outcome = (enum mr_iec104_outcome)c->outcome};
        c->untold = false;
        return true;
    }
    return from_asdu(c, r) || expired(c, r);
}

/* --- output and time -------------------------------------------------------------------------------------------------------- */

static bool next_frame(struct mr_iec104_client *c, struct mr_writer *w)
{
    if (mr_iec104_link_output(&c->link, w)) {
        return true;
    }
    bool stops = c->command == MR_IEC104_STOPDT_ACT && c->link.told != c->link.vr;
    if (stops || mr_iec104_link_owes(&c->link)) {
        mr_iec104_link_acknowledge(&c->link, w);
        return true;
    }
    if (c->command != 0) {
        mr_iec104_write_u(w, (enum mr_iec104_u)c->command);
        c->command = 0;
        return true;
    }
    if (c->state != STARTED || c->nqueue == 0 || !mr_iec104_link_open_window(&c->link)) {
        return false;
    }
    size_t begin = mr_iec104_link_begin(w), n = c->queue[0];
    n = n < c->nqueue ? n : c->nqueue - 1;
    mr_write_bytes(w, mr_slice(c->queue + 1, n));
    mr_iec104_link_finish(&c->link, w, begin);
    c->nqueue -= (uint32_t)n + 1;
    memmove(c->queue, c->queue + 1 + n, c->nqueue);
    return true;
}

bool mr_iec104_client_output(struct mr_iec104_client *c, struct mr_writer *w)
{
    for (;;) {
        size_t n = c->nout < mr_writer_left(w) ? c->nout : mr_writer_left(w);
        mr_write_bytes(w, mr_slice(c->out, n));
        c->nout -= (uint32_t)n;
        memmove(c->out, c->out + n, c->nout);
        if (c->nout > 0 || c->state == USELESS || c->state == CLOSED) {
            return c->nout > 0;
        }
        struct mr_writer own = mr_writer(c->out, sizeof c->out);
        if (!next_frame(c, &own)) {
            return false;
        }
        c->nout = (uint32_t)own.n;
    }
}

mr_ns mr_iec104_client_deadline(const struct mr_iec104_client *c)
{
    if (c->state == CLOSED || c->state == USELESS) {
        return MR_NEVER_NS;
    }
    mr_ns d = mr_iec104_link_deadline(&c->link);
    if ((c->state == STARTING || c->state == STOPPING) && c->until < d) {
        d = c->until;
    }
    for (size_t i = 0; i < c->nrequests; i++) {
        d = c->requests[i].cause != EXPIRED && c->requests[i].until < d ? c->requests[i].until : d;
    }
    return d;
}

static void expire(struct mr_iec104_client *c, mr_ns now)
{
    for (size_t i = c->nrequests; i-- > 0;) {
        struct mr_iec104_request *q = &c->requests[i];
        if (q->cause == EXPIRED || now < q->until) {
            continue;
        }
        if (q->cause == MR_IEC104_COT_ACT_TERM && !interrogates(q->type)) {
            drop(c, i); /* a product that does not send it */
        } else {
            q->cause = EXPIRED;
        }
    }
}

void mr_iec104_client_tick(struct mr_iec104_client *c, mr_ns now)
{
    if (c->state == CLOSED || c->state == USELESS) {
        return;
    }
    bool waits = c->state == STARTING || c->state == STOPPING;
    if (!mr_iec104_link_tick(&c->link, now) || (waits && now >= c->until)) {
        fail(c, MR_IEC104_TIMEOUT);
        return;
    }
    expire(c, now);
}

bool mr_iec104_client_finished(const struct mr_iec104_client *c)
{
    return c->state == USELESS && !c->untold;
}

static struct mr_feed ops_feed(void *c, struct mr_slice in, mr_ns now)
{
    return mr_iec104_client_feed(c, in, now);
}

static bool ops_output(void *c, struct mr_writer *w)
{
    return mr_iec104_client_output(c, w);
}

static mr_ns ops_deadline(const void *c)
{
    return mr_iec104_client_deadline(c);
}

static void ops_tick(void *c, mr_ns now)
{
    mr_iec104_client_tick(c, now);
}

static bool ops_finished(const void *c)
{
    return mr_iec104_client_finished(c);
}

const struct mr_session_ops mr_iec104_client_ops = {
    .protocol = "iec104",
    .type = &mr_iec104_client_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
