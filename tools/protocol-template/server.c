/* @name@_server.c - messages in, answers out. */
#include "proto/@name@/@name@_server.h"

#define MESSAGE_TIME (10 * MR_S) /* for a message that has begun to end */

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_@name@_server, live, MR_BOOL),
    MR_FIELD(struct mr_@name@_server, closing, MR_BOOL),
    MR_FIELD(struct mr_@name@_server, client, MR_U32),
    MR_FIELD(struct mr_@name@_server, begun, MR_I64),
    MR_SUB(struct mr_@name@_server, in, &mr_@name@_framer_type),
    MR_FIELD(struct mr_@name@_server, nout, MR_U32),
    MR_VARIABLE(struct mr_@name@_server, out, MR_U8, nout),
};
const struct mr_type mr_@name@_server_type = MR_TYPE_LIVE("@name@_server", struct mr_@name@_server, fields, live);

void mr_@name@_server_open(struct mr_@name@_server *s, uint32_t client, mr_ns now)
{
    *s = (struct mr_@name@_server){.live = true, .client = client, .begun = now};
}

void mr_@name@_server_close(struct mr_@name@_server *s)
{
    s->live = false;
}

struct mr_feed mr_@name@_server_feed(struct mr_@name@_server *s, struct mr_slice in, mr_ns now)
{
    struct mr_writer w = {s->out, sizeof s->out, s->nout, false};
    size_t used = 0;
    while (used < in.n && !s->closing) {
        struct mr_slice payload;
        if (mr_writer_left(&w) < MR_@NAME@_MESSAGE_MAX) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        s->begun = s->in.n == 0 ? now : s->begun;
        switch (mr_@name@_framer_take(&s->in, in, &used, &payload)) {
        case MR_@NAME@_FRAME:
            mr_@name@_message_encode(&w, payload);
            s->nout = (uint32_t)w.n;
            break;
        case MR_@NAME@_FRAME_MORE:
            break;
        case MR_@NAME@_FRAME_BAD:
            s->closing = true;
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, mr_@name@_framer_needs(&s->in)};
}

bool mr_@name@_server_output(struct mr_@name@_server *s, struct mr_writer *w)
{
    size_t n = s->nout < mr_writer_left(w) ? s->nout : mr_writer_left(w);
    mr_write_bytes(w, mr_slice(s->out, n));
    s->nout -= (uint32_t)n;
    memmove(s->out, s->out + n, s->nout);
    return s->nout > 0;
}

mr_ns mr_@name@_server_deadline(const struct mr_@name@_server *s)
{
    return s->live && !s->closing && s->in.n > 0 ? s->begun + MESSAGE_TIME : MR_NEVER_NS;
}

void mr_@name@_server_tick(struct mr_@name@_server *s, mr_ns now)
{
    s->closing = s->closing || now >= mr_@name@_server_deadline(s);
}

bool mr_@name@_server_finished(const struct mr_@name@_server *s)
{
    return s->closing && s->nout == 0;
}

static struct mr_feed ops_feed(void *s, struct mr_slice in, mr_ns now)
{
    return mr_@name@_server_feed(s, in, now);
}

static bool ops_output(void *s, struct mr_writer *w)
{
    return mr_@name@_server_output(s, w);
}

static mr_ns ops_deadline(const void *s)
{
    return mr_@name@_server_deadline(s);
}

static void ops_tick(void *s, mr_ns now)
{
    mr_@name@_server_tick(s, now);
}

static bool ops_finished(const void *s)
{
    return mr_@name@_server_finished(s);
}

const struct mr_session_ops mr_@name@_server_ops = {
    .protocol = "@name@",
    .type = &mr_@name@_server_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
