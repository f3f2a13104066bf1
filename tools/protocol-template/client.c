/* @name@_client.c - requests out, answers in. */
#include "proto/@name@/@name@_client.h"

enum { IDLE, WAITING, ANSWERED, EXPIRED };

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_@name@_client, state, MR_U8),
    MR_FIELD(struct mr_@name@_client, token, MR_U32),
    MR_FIELD(struct mr_@name@_client, until, MR_I64),
    MR_SUB(struct mr_@name@_client, in, &mr_@name@_framer_type),
    MR_FIELD(struct mr_@name@_client, nanswer, MR_U32),
    MR_VARIABLE(struct mr_@name@_client, answer, MR_U8, nanswer),
    MR_FIELD(struct mr_@name@_client, nout, MR_U32),
    MR_VARIABLE(struct mr_@name@_client, out, MR_U8, nout),
};
const struct mr_type mr_@name@_client_type = MR_TYPE("@name@_client", struct mr_@name@_client, fields);

void mr_@name@_client_init(struct mr_@name@_client *c, mr_ns timeout)
{
    MR_ASSERT(timeout > 0);
    *c = (struct mr_@name@_client){.timeout = timeout};
}

void mr_@name@_client_open(struct mr_@name@_client *c)
{
    mr_@name@_client_init(c, c->timeout);
}

enum mr_err mr_@name@_client_request(struct mr_@name@_client *c, uint32_t token, struct mr_slice payload, mr_ns now)
{
    if (payload.n > MR_@NAME@_PAYLOAD_MAX) {
        return MR_E_INVALID;
    }
    if (c->state != IDLE || c->nout > 0) {
        return MR_E_BUSY;
    }
    struct mr_writer w = mr_writer(c->out, sizeof c->out);
    mr_@name@_message_encode(&w, payload);
    c->nout = (uint32_t)w.n;
    c->state = WAITING;
    c->token = token;
    c->until = now + c->timeout;
    return MR_OK;
}

struct mr_feed mr_@name@_client_feed(struct mr_@name@_client *c, struct mr_slice in, mr_ns now)
{
    (void)now; /* of one shape with sessions that need it */
    size_t used = 0;
    while (used < in.n) {
        struct mr_slice payload;
        if (c->state == ANSWERED) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        enum mr_@name@_framing f = mr_@name@_framer_take(&c->in, in, &used, &payload);
        if (f == MR_@NAME@_FRAME_BAD) {
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
        if (f == MR_@NAME@_FRAME && c->state == WAITING) { /* one that nobody waits for is passed over */
            memcpy(c->answer, payload.p, payload.n);
            c->nanswer = (uint32_t)payload.n;
            c->state = ANSWERED;
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, mr_@name@_framer_needs(&c->in)};
}

bool mr_@name@_client_next(struct mr_@name@_client *c, struct mr_@name@_result *r)
{
    if (c->state != ANSWERED && c->state != EXPIRED) {
        return false;
    }
    bool answered = c->state == ANSWERED;
    *r = (struct mr_@name@_result){
        .token = c->token,
        .outcome = answered ? MR_@NAME@_ANSWERED : MR_@NAME@_TIMEOUT,
        .payload = answered ? mr_slice(c->answer, c->nanswer) : mr_slice(NULL, 0),
    };
    c->state = IDLE;
    return true;
}

bool mr_@name@_client_output(struct mr_@name@_client *c, struct mr_writer *w)
{
    size_t n = c->nout < mr_writer_left(w) ? c->nout : mr_writer_left(w);
    mr_write_bytes(w, mr_slice(c->out, n));
    c->nout -= (uint32_t)n;
    memmove(c->out, c->out + n, c->nout);
    return c->nout > 0;
}

mr_ns mr_@name@_client_deadline(const struct mr_@name@_client *c)
{
    return c->state == WAITING ? c->until : MR_NEVER_NS;
}

void mr_@name@_client_tick(struct mr_@name@_client *c, mr_ns now)
{
    if (now >= mr_@name@_client_deadline(c)) {
        c->state = EXPIRED;
    }
}

static struct mr_feed ops_feed(void *c, struct mr_slice in, mr_ns now)
{
    return mr_@name@_client_feed(c, in, now);
}

static bool ops_output(void *c, struct mr_writer *w)
{
    return mr_@name@_client_output(c, w);
}

static mr_ns ops_deadline(const void *c)
{
    return mr_@name@_client_deadline(c);
}

static void ops_tick(void *c, mr_ns now)
{
    mr_@name@_client_tick(c, now);
}

static bool ops_finished(const void *c)
{
    (void)c; /* a client closes when its owner wants */
    return false;
}

const struct mr_session_ops mr_@name@_client_ops = {
    .protocol = "@name@",
    .type = &mr_@name@_client_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
