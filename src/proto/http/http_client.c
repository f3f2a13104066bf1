/* http_client.c - requests (RFC 9112, section 3) and the reading of responses (section 4; the body's length: section 6.3). */
#include "proto/http/http_client.h"

enum { IDLE, WAIT_HEAD, WAIT_BODY, ANSWERED, USELESS };

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_http_client, state, MR_U8),           MR_FIELD(struct mr_http_client, method, MR_U8),
    MR_FIELD(struct mr_http_client, outcome, MR_U8),         MR_FIELD(struct mr_http_client, status, MR_U16),
    MR_FIELD(struct mr_http_client, keep, MR_BOOL),          MR_FIELD(struct mr_http_client, until_close, MR_BOOL),
    MR_FIELD(struct mr_http_client, token, MR_U32),          MR_FIELD(struct mr_http_client, until, MR_I64),
    MR_SUB(struct mr_http_client, head, &mr_http_head_type), MR_SUB(struct mr_http_client, body, &mr_http_body_type),
    MR_FIELD(struct mr_http_client, nout, MR_U32),           MR_VARIABLE(struct mr_http_client, out, MR_U8, nout),
};
const struct mr_type mr_http_client_type = MR_TYPE("http_client", struct mr_http_client, fields);

void mr_http_client_init(struct mr_http_client *c, mr_ns timeout)
{
    MR_ASSERT(timeout > 0);
    memset(c, 0, sizeof *c);
    c->timeout = timeout;
}

void mr_http_client_open(struct mr_http_client *c)
{
    c->state = IDLE;
    c->head.n = 0;
    c->nout = 0;
}

static void end(struct mr_http_client *c, enum mr_http_outcome outcome)
{
    c->state = ANSWERED;
    c->outcome = (uint8_t)outcome;
    c->keep = c->keep && outcome == MR_HTTP_ANSWERED && !c->until_close;
}

static void begin(struct mr_http_client *c, uint32_t token, enum mr_http_method method, mr_ns now)
{
    c->state = WAIT_HEAD;
    c->method = (uint8_t)method;
    c->token = token;
    c->until = now + c->timeout;
    c->status = 0;
    c->keep = true;
    c->until_close = false;
    c->head.n = 0;
    mr_http_body_begin(&c->body, MR_HTTP_NO_BODY, 0);
}

static void write_line(struct mr_writer *w, const char *name, const char *value)
{
    if (value) {
        mr_write_fmt(w, "%s: %s\r\n", name, value);
    }
}

enum mr_err mr_http_client_request(struct mr_http_client *c, const struct mr_http_ask *ask, mr_ns now)
{
    static const char *const methods[] = {[MR_HTTP_GET] = "GET", [MR_HTTP_HEAD] = "HEAD", [MR_HTTP_POST] = "POST"};
    struct mr_writer w = {c->out, sizeof c->out, c->nout, false};
    if (c->state != IDLE) {
        return MR_E_BUSY;
    }
    mr_write_fmt(&w, "%s %s HTTP/1.1\r\nHost: %s\r\n", methods[ask->method], ask->target, ask->host);
    write_line(&w, "Authorization", ask->authorization);
    write_line(&w, "Cookie", ask->cookie);
    write_line(&w, "Content-Type", ask->type);
    mr_write_str(&w, ask->more ? ask->more : "");
    if (ask->method == MR_HTTP_POST) {
        mr_write_fmt(&w, "Content-Length: %zu\r\n\r\n", ask->body.n);
        mr_write_bytes(&w, ask->body);
    } else {
        mr_write_str(&w, "\r\n");
    }
    if (w.full) {
        return MR_E_FULL;
    }
    c->nout = (uint32_t)w.n;
    begin(c, ask->token, ask->method, now);
    return MR_OK;
}

enum mr_err mr_http_client_send(struct mr_http_client *c, uint32_t token, struct mr_slice bytes, mr_ns now)
{
    struct mr_writer w = {c->out, sizeof c->out, c->nout, false};
    if (c->state != IDLE) {
        return MR_E_BUSY;
    }
    mr_write_bytes(&w, bytes);
    if (w.full) {
        return MR_E_FULL;
    }
    c->nout = (uint32_t)w.n;
    begin(c, token, MR_HTTP_GET, now);
    return MR_OK;
}

/* "HTTP/1.1 200 OK" */
static bool parse_status(struct mr_http_client *c, bool *one_zero)
{
    struct mr_slice line = mr_http_start_line(mr_slice(c->head.data, c->head.n));
    if (line.n < 12 || memcmp(line.p, "HTTP/1.", 7) != 0 || line.p[8] != ' ' || (line.n > 12 && line.p[12] != ' ')) {
        return false;
    }
    c->status = 0;
    for (size_t i = 9; i < 12; i++) {
        if (line.p[i] < '0' || line.p[i] > '9') {
            return false;
        }
        c->status = (uint16_t)(c->status * 10 + (line.p[i] - '0'));
    }
    *one_zero = line.p[7] == '0';
    return c->status >= 100;
}

/* RFC 9112, section 6.3: what a response's body is. False where it cannot be told. */
static bool begin_body(struct mr_http_client *c, struct mr_slice all)
{
    uint64_t length = 0;
    enum mr_http_framing framing = mr_http_framing(all, &length);
    if (c->method == MR_HTTP_HEAD || c->status == 204 || c->status == 304) {
        framing = MR_HTTP_NO_BODY;
    }
    c->until_close = framing == MR_HTTP_FRAMING_ABSENT;
    if (c->until_close) {
        framing = MR_HTTP_LENGTH;
        length = UINT64_MAX;
    }
    mr_http_body_begin(&c->body, framing, length);
    return framing != MR_HTTP_FRAMING_BAD && framing != MR_HTTP_FRAMING_UNSUPPORTED;
}

static bool parse_head(struct mr_http_client *c)
{
    bool one_zero = false;
    struct mr_slice all = mr_http_fields(mr_slice(c->head.data, c->head.n));
    if (!parse_status(c, &one_zero) || !mr_http_fields_valid(all)) {
        return false;
    }
    if (c->status < 200) { /* interim: the real one follows */
        c->head.n = 0;
        return c->status != 101;
    }
    c->keep = !mr_http_lists(all, "connection", "close") && (!one_zero || mr_http_lists(all, "connection", "keep-alive"));
    c->state = WAIT_BODY;
    return begin_body(c, all);
}

static bool read_some(struct mr_http_client *c, struct mr_slice in, size_t *used)
{
    if (c->state == WAIT_HEAD) {
        enum mr_http_taken t = mr_http_head_take(&c->head, in, used);
        if (t != MR_HTTP_COMPLETE) {
            return t == MR_HTTP_MORE;
        }
        if (!parse_head(c)) {
            return false;
        }
        if (c->state == WAIT_HEAD) {
            return true;
        }
    }
    enum mr_http_taken t = mr_http_body_take(&c->body, in, used, false);
    if (t == MR_HTTP_COMPLETE) {
        end(c, MR_HTTP_ANSWERED);
    }
    return t == MR_HTTP_COMPLETE || t == MR_HTTP_MORE;
}

struct mr_feed mr_http_client_feed(struct mr_http_client *c, struct mr_slice in, mr_ns now)
{
    (void)now; /* of one shape with sessions that need it */
    size_t used = 0;
    while (used < in.n) {
        if (c->state == ANSWERED) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        if (c->state == IDLE || c->state == USELESS) { /* nothing was asked */
            c->state = USELESS;
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
        if (!read_some(c, in, &used)) {
            end(c, MR_HTTP_GARBLED);
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, c->state == WAIT_HEAD || c->state == WAIT_BODY};
}

void mr_http_client_close(struct mr_http_client *c)
{
    if (c->state == WAIT_BODY && c->until_close) {
        end(c, MR_HTTP_ANSWERED);
    } else if (c->state == WAIT_HEAD || c->state == WAIT_BODY) {
        end(c, MR_HTTP_LOST);
    } else if (c->state == IDLE) {
        c->state = USELESS;
    }
    c->keep = false;
    c->nout = 0;
}

bool mr_http_client_next(struct mr_http_client *c, struct mr_http_response *r)
{
    if (c->state != ANSWERED) {
        return false;
    }
    bool whole = c->outcome == MR_HTTP_ANSWERED;
    *r = (struct mr_http_response){
        .token = c->token,
        .outcome = (enum mr_http_outcome)c->outcome,
        .status = whole ? c->status : 0,
        .fields = whole ? mr_http_fields(mr_slice(c->head.data, c->head.n)) : mr_slice(NULL, 0),
        .body = whole ? mr_slice(c->body.data, c->body.n) : mr_slice(NULL, 0),
        .cut = whole && c->body.cut,
        .keep = c->keep,
    };
    c->state = c->keep ? IDLE : USELESS;
    return true;
}

bool mr_http_client_output(struct mr_http_client *c, struct mr_writer *w)
{
    size_t n = c->nout < mr_writer_left(w) ? c->nout : mr_writer_left(w);
    mr_write_bytes(w, mr_slice(c->out, n));
    c->nout -= (uint32_t)n;
    memmove(c->out, c->out + n, c->nout);
    return c->nout > 0;
}

mr_ns mr_http_client_deadline(const struct mr_http_client *c)
{
    return c->state == WAIT_HEAD || c->state == WAIT_BODY ? c->until : MR_NEVER_NS;
}

void mr_http_client_tick(struct mr_http_client *c, mr_ns now)
{
    if (now >= mr_http_client_deadline(c)) {
        end(c, MR_HTTP_TIMEOUT);
    }
}

bool mr_http_client_finished(const struct mr_http_client *c)
{
    return c->state == USELESS;
}

static struct mr_feed ops_feed(void *c, struct mr_slice in, mr_ns now)
{
    return mr_http_client_feed(c, in, now);
}

static bool ops_output(void *c, struct mr_writer *w)
{
    return mr_http_client_output(c, w);
}

static mr_ns ops_deadline(const void *c)
{
    return mr_http_client_deadline(c);
}

static void ops_tick(void *c, mr_ns now)
{
    mr_http_client_tick(c, now);
}

static bool ops_finished(const void *c)
{
    return mr_http_client_finished(c);
}

const struct mr_session_ops mr_http_client_ops = {
    .protocol = "http",
    .type = &mr_http_client_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
