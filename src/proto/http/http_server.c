/* http_server.c - RFC 9112: request line (section 3), framing (6), connections (9); RFC 9110: methods (9), status codes (15).
 *
 * Whatever makes the place of the next request doubtful is answered and the connection closed. */
#include "proto/http/http_server.h"

/* READ_* collect a request; READY: next() gives it; ASKED: the owner has it; STREAM: more of the answer's body is wanted. */
enum { READ_HEAD, READ_BODY, READY, ASKED, STREAM };

const struct mr_http_manner mr_http_default_manner = {
    .server = NULL,
    .idle = 15 * MR_S,
    .head_time = 10 * MR_S,
    .body_time = 20 * MR_S,
    .send_time = 30 * MR_S,
    .requests_max = 0,
};

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_http_server, live, MR_BOOL),          MR_FIELD(struct mr_http_server, closing, MR_BOOL),
    MR_FIELD(struct mr_http_server, keep, MR_BOOL),          MR_FIELD(struct mr_http_server, state, MR_U8),
    MR_FIELD(struct mr_http_server, method, MR_U8),          MR_FIELD(struct mr_http_server, client, MR_U32),
    MR_FIELD(struct mr_http_server, requests, MR_U32),       MR_FIELD(struct mr_http_server, since, MR_I64),
    MR_FIELD(struct mr_http_server, path_at, MR_U16),        MR_FIELD(struct mr_http_server, path_n, MR_U16),
    MR_FIELD(struct mr_http_server, query_at, MR_U16),       MR_FIELD(struct mr_http_server, query_n, MR_U16),
    MR_FIELD(struct mr_http_server, length, MR_U64),         MR_FIELD(struct mr_http_server, sent, MR_U64),
    MR_SUB(struct mr_http_server, head, &mr_http_head_type), MR_SUB(struct mr_http_server, body, &mr_http_body_type),
    MR_FIELD(struct mr_http_server, nout, MR_U32),           MR_VARIABLE(struct mr_http_server, out, MR_U8, nout),
};
const struct mr_type mr_http_server_type = MR_TYPE_LIVE("http_server", struct mr_http_server, fields, live);

void mr_http_server_init(struct mr_http_server *s, const struct mr_http_manner *manner)
{
    memset(s, 0, sizeof *s);
    s->manner = manner;
}

static void expect_request(struct mr_http_server *s, mr_ns now)
{
    s->state = READ_HEAD;
    s->head.n = 0;
    s->since = now;
}

void mr_http_server_open(struct mr_http_server *s, uint32_t client, mr_ns now)
{
    s->live = true;
    s->closing = false;
    s->client = client;
    s->requests = 0;
    s->nout = 0;
    s->body.n = 0;
    expect_request(s, now);
}

void mr_http_server_close(struct mr_http_server *s)
{
    s->live = false;
}

static struct mr_slice head_of(const struct mr_http_server *s)
{
    return mr_slice(s->head.data, s->head.n);
}

/* A field's value without control characters, so that no owner's text can begin another line. */
static void write_value(struct mr_writer *w, const char *value)
{
    for (; *value; value++) {
        mr_write_u8(w, (uint8_t)*value < ' ' || *value == 0x7F ? ' ' : (uint8_t)*value);
    }
}

static void write_field(struct mr_writer *w, const char *name, const char *value)
{
    mr_write_fmt(w, "%s: ", name);
    write_value(w, value);
    mr_write_str(w, "\r\n");
}

static void write_head(const struct mr_http_server *s, struct mr_writer *w, const struct mr_http_reply *r, uint64_t length)
{
    mr_write_fmt(w, "HTTP/1.1 %d %s\r\n", r->status, mr_http_reason(r->status));
    if (s->manner->server) {
        write_field(w, "Server", s->manner->server);
    }
    if (r->type) {
        write_field(w, "Content-Type", r->type);
    }
    for (size_t i = 0; i < r->nfields; i++) {
        write_field(w, r->fields[i].name, r->fields[i].value);
    }
    if (r->status != 204 && r->status != 304) {
        mr_write_fmt(w, "Content-Length: %llu\r\n", (unsigned long long)length);
    }
    if (!s->keep) {
        mr_write_str(w, "Connection: close\r\n");
    }
    mr_write_str(w, "\r\n");
}

/* The answer's body is in the output, or there is none more. */
static void end_answer(struct mr_http_server *s, mr_ns now)
{
    expect_request(s, now);
    s->closing = !s->keep;
}

static void take_body(struct mr_http_server *s, struct mr_slice body, mr_ns now)
{
    size_t room = sizeof s->out - s->nout;
    size_t n = body.n < room ? body.n : room;
    n = n < s->length - s->sent ? n : (size_t)(s->length - s->sent);
    if (n > 0) {
        memcpy(s->out + s->nout, body.p, n);
    }
    s->nout += (uint32_t)n;
    s->sent += n;
    s->since = now;
    s->state = STREAM;
    if (s->sent == s->length) {
        end_answer(s, now);
    }
}

enum mr_err mr_http_server_reply(struct mr_http_server *s, const struct mr_http_reply *r, mr_ns now)
{
    struct mr_writer w = {s->out, sizeof s->out, s->nout, false};
    uint64_t length = r->length > r->body.n ? r->length : r->body.n;
    if (s->state != ASKED) {
        return MR_E_INVALID;
    }
    write_head(s, &w, r, length);
    if (w.full) {
        return MR_E_FULL;
    }
    s->nout = (uint32_t)w.n;
    bool none = s->method == MR_HTTP_HEAD || r->status == 204 || r->status == 304;
    s->length = none ? 0 : length;
    s->sent = 0;
    take_body(s, r->body, now);
    return MR_OK;
}

void mr_http_server_body(struct mr_http_server *s, struct mr_slice piece, mr_ns now)
{
    if (s->state != STREAM) {
        return;
    }
    if (piece.n == 0) {
        s->closing = true;
        return;
    }
    take_body(s, piece, now);
}

enum mr_err mr_http_server_refuse(struct mr_http_server *s, int status, mr_ns now)
{
    static const struct mr_http_reply_field allow = {"Allow", "GET, HEAD, POST"};
    char page[256];
    struct mr_writer w = mr_writer(page, sizeof page);
    const char *reason = mr_http_reason(status);
    mr_write_fmt(&w, "<!DOCTYPE html><html><head><title>%d %s</title></head><body><h1>%d %s</h1></body></html>\n", status, reason,
                 status, reason);
    return mr_http_server_reply(
        s,
        &(struct mr_http_reply){
            .status = status, .type = "text/html", .body = mr_written(&w), .fields = &allow, .nfields = status == 405},
        now);
}

/* Answers for the owner, and closes. */
static void fail(struct mr_http_server *s, int status, mr_ns now)
{
    s->keep = false;
    s->method = MR_HTTP_GET; /* so that the answer has a body */
    s->state = ASKED;
    (void)mr_http_server_refuse(s, status, now);
    s->closing = true;
}

static int parse_method(struct mr_http_server *s, struct mr_slice m)
{
    static const char *const known[] = {"PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    static const char *const served[] = {[MR_HTTP_GET] = "GET", [MR_HTTP_HEAD] = "HEAD", [MR_HTTP_POST] = "POST"};
    for (size_t i = 0; i < sizeof served / sizeof served[0]; i++) {
        if (mr_slice_eq(m, mr_slice_str(served[i]))) {
            s->method = (uint8_t)i;
            return 0;
        }
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (mr_slice_eq(m, mr_slice_str(known[i]))) {
            return 405;
        }
    }
    return mr_http_is_token(m) ? 501 : 400;
}

/* "HTTP/1.x"; the minor version decides what a missing Connection field means. */
static int parse_version(struct mr_slice v, bool *one_zero)
{
    if (v.n != 8 || memcmp(v.p, "HTTP/", 5) != 0 || v.p[6] != '.' || v.p[5] < '0' || v.p[5] > '9' || v.p[7] < '0' ||
        v.p[7] > '9') {
        return 400;
    }
    *one_zero = v.p[7] == '0';
    return v.p[5] == '1' ? 0 : 505;
}

/* Finds path and query in the target and decodes the path in its place, which never needs more room. */
static int parse_target(struct mr_http_server *s, struct mr_slice t)
{
    static const char scheme[] = "http://";
    if (t.n >= sizeof scheme - 1 && mr_http_same(mr_slice(t.p, sizeof scheme - 1), scheme)) { /* absolute form */
        const uint8_t *slash = memchr(t.p + sizeof scheme - 1, '/', t.n - (sizeof scheme - 1));
        if (!slash) {
            return 400;
        }
        t = mr_slice(slash, (size_t)(t.p + t.n - slash));
    }
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] <= ' ' || t.p[i] >= 0x7F || t.p[i] == '#') {
            return 400;
        }
    }
    if (t.n == 0 || t.p[0] != '/') {
        return 400;
    }
    const uint8_t *mark = memchr(t.p, '?', t.n);
    size_t path = mark ? (size_t)(mark - t.p) : t.n;
    size_t at = (size_t)(t.p - s->head.data);
    uint8_t decoded[MR_HTTP_LINE_MAX];
    struct mr_writer w = mr_writer(decoded, sizeof decoded);
    if (!mr_http_percent_decode(mr_slice(t.p, path), false, &w)) {
        return 400;
    }
    memcpy(s->head.data + at, decoded, w.n);
    s->path_at = (uint16_t)at;
    s->path_n = (uint16_t)w.n;
    s->query_at = (uint16_t)(mark ? at + path + 1 : at);
    s->query_n = (uint16_t)(mark ? t.n - path - 1 : 0);
    return 0;
}

/* method SP target SP version */
static int parse_request_line(struct mr_http_server *s, bool *one_zero)
{
    struct mr_slice line = mr_http_start_line(head_of(s));
    const uint8_t *first = memchr(line.p, ' ', line.n);
    const uint8_t *second = first ? memchr(first + 1, ' ', (size_t)(line.p + line.n - first - 1)) : NULL;
    if (!second) {
        return 400;
    }
    int method = parse_method(s, mr_slice(line.p, (size_t)(first - line.p)));
    int version = parse_version(mr_slice(second + 1, (size_t)(line.p + line.n - second - 1)), one_zero);
    if (method == 400 || version != 0) {
        return method == 400 ? 400 : version;
    }
    return method != 0 ? method : parse_target(s, mr_slice(first + 1, (size_t)(second - first - 1)));
}

/* Host once (RFC 9112, section 3.2); whether the connection goes on (section 9.3). */
static int parse_connection(struct mr_http_server *s, struct mr_slice all, bool one_zero)
{
    struct mr_slice value = {NULL, 0};
    size_t hosts = mr_http_find(all, "host", &value);
    if (hosts > 1 || (hosts == 0 && !one_zero)) {
        return 400;
    }
    s->keep = !mr_http_lists(all, "connection", "close") && (!one_zero || mr_http_lists(all, "connection", "keep-alive"));
    s->requests++;
    if (s->manner->requests_max > 0 && s->requests >= s->manner->requests_max) {
        s->keep = false;
    }
    return 0;
}

static int parse_framing(struct mr_http_server *s, struct mr_slice all, bool one_zero)
{
    uint64_t length = 0;
    struct mr_slice expect;
    enum mr_http_framing framing = mr_http_framing(all, &length);
    switch (framing) {
    case MR_HTTP_FRAMING_BAD:
        return 400;
    case MR_HTTP_FRAMING_UNSUPPORTED:
        return 501;
    case MR_HTTP_FRAMING_ABSENT:
        if (s->method == MR_HTTP_POST) {
            return 411;
        }
        break;
    case MR_HTTP_CHUNKED:
        if (one_zero) {
            return 400;
        }
        break;
    case MR_HTTP_LENGTH:
        if (length > MR_HTTP_BODY_MAX) {
            return 413;
        }
        break;
    case MR_HTTP_NO_BODY:
        break;
    }
    mr_http_body_begin(&s->body, framing, length);
    if (mr_http_find(all, "expect", &expect) > 0 && !one_zero) {
        if (!mr_http_same(expect, "100-continue")) {
            return 417;
        }
        struct mr_writer w = {s->out, sizeof s->out, s->nout, false};
        mr_write_str(&w, "HTTP/1.1 100 Continue\r\n\r\n");
        s->nout = (uint32_t)w.n;
    }
    return 0;
}

/* The head is complete: 0, or the status that refuses it. */
static int parse_head(struct mr_http_server *s)
{
    bool one_zero = false;
    struct mr_slice all = mr_http_fields(head_of(s));
    int status = parse_request_line(s, &one_zero);
    if (status == 0) {
        status = mr_http_fields_valid(all) ? parse_connection(s, all, one_zero) : 400;
    }
    return status != 0 ? status : parse_framing(s, all, one_zero);
}

static int status_of(enum mr_http_taken t)
{
    switch (t) {
    case MR_HTTP_LINE_TOO_LONG:
        return 414;
    case MR_HTTP_TOO_LARGE:
        return 431;
    case MR_HTTP_MORE:
    case MR_HTTP_COMPLETE:
    case MR_HTTP_BAD:
        break;
    }
    return 400;
}

/* Takes what belongs to the head or the body; 0, or the status that refuses the request. */
static int read_some(struct mr_http_server *s, struct mr_slice in, size_t *used, mr_ns now)
{
    if (s->state == READ_HEAD) {
        s->since = s->head.n == 0 ? now : s->since;
        enum mr_http_taken t = mr_http_head_take(&s->head, in, used);
        if (t != MR_HTTP_COMPLETE) {
            return t == MR_HTTP_MORE ? 0 : status_of(t);
        }
        int status = parse_head(s);
        if (status != 0) {
            return status;
        }
        s->state = READ_BODY;
        s->since = now;
    }
    enum mr_http_taken t = mr_http_body_take(&s->body, in, used, true);
    if (t == MR_HTTP_COMPLETE) {
        s->state = READY;
    }
    return t == MR_HTTP_COMPLETE || t == MR_HTTP_MORE ? 0 : (t == MR_HTTP_TOO_LARGE ? 413 : 400);
}

struct mr_feed mr_http_server_feed(struct mr_http_server *s, struct mr_slice in, mr_ns now)
{
    size_t used = 0;
    while (used < in.n && !s->closing) {
        bool reading = s->state == READ_BODY || (s->state == READ_HEAD && s->nout == 0);
        if (!reading) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        int status = read_some(s, in, &used, now);
        if (status != 0) {
            fail(s, status, now);
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
    }
    bool within = s->state == READ_BODY || (s->state == READ_HEAD && s->head.n > 0);
    return (struct mr_feed){MR_FEED_OK, in.n, within && !s->closing};
}

/* A part of the head; empty where a damaged snapshot points outside. */
static struct mr_slice part(const struct mr_http_server *s, uint16_t at, uint16_t n)
{
    return at + n <= (int)s->head.n ? mr_slice(s->head.data + at, n) : mr_slice(NULL, 0);
}

bool mr_http_server_next(struct mr_http_server *s, struct mr_http_request *r)
{
    bool more = s->state == STREAM && s->nout == 0 && !s->closing;
    if (s->state != READY && !more) {
        return false;
    }
    *r = (struct mr_http_request){
        .kind = more ? MR_HTTP_EV_MORE : MR_HTTP_EV_REQUEST,
        .method = (enum mr_http_method)s->method,
        .path = part(s, s->path_at, s->path_n),
        .query = part(s, s->query_at, s->query_n),
        .fields = mr_http_fields(head_of(s)),
        .body = mr_slice(s->body.data, s->body.n),
        .client = s->client,
        .offset = more ? s->sent : 0,
    };
    s->state = more ? STREAM : ASKED;
    return true;
}

bool mr_http_server_output(struct mr_http_server *s, struct mr_writer *w)
{
    size_t n = s->nout < mr_writer_left(w) ? s->nout : mr_writer_left(w);
    mr_write_bytes(w, mr_slice(s->out, n));
    s->nout -= (uint32_t)n;
    memmove(s->out, s->out + n, s->nout);
    return s->nout > 0;
}

mr_ns mr_http_server_deadline(const struct mr_http_server *s)
{
    if (s->live && s->nout > 0) {
        return s->since + s->manner->send_time;
    }
    if (!s->live || s->closing) {
        return MR_NEVER_NS;
    }
    switch (s->state) {
    case READ_HEAD:
        return s->since + (s->head.n > 0 ? s->manner->head_time : s->manner->idle);
    case READ_BODY:
        return s->since + s->manner->body_time;
    default:
        return MR_NEVER_NS; /* it is the owner's turn */
    }
}

void mr_http_server_tick(struct mr_http_server *s, mr_ns now)
{
    if (now < mr_http_server_deadline(s)) {
        return;
    }
    if (s->nout > 0 || (s->state == READ_HEAD && s->head.n == 0)) {
        s->closing = true;
        s->nout = 0;
    } else {
        fail(s, 408, now);
    }
}

bool mr_http_server_finished(const struct mr_http_server *s)
{
    return s->closing && s->nout == 0;
}

static struct mr_feed ops_feed(void *s, struct mr_slice in, mr_ns now)
{
    return mr_http_server_feed(s, in, now);
}

static bool ops_output(void *s, struct mr_writer *w)
{
    return mr_http_server_output(s, w);
}

static mr_ns ops_deadline(const void *s)
{
    return mr_http_server_deadline(s);
}

static void ops_tick(void *s, mr_ns now)
{
    mr_http_server_tick(s, now);
}

static bool ops_finished(const void *s)
{
    return mr_http_server_finished(s);
}

const struct mr_session_ops mr_http_server_ops = {
    .protocol = "http",
    .type = &mr_http_server_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
