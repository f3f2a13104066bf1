/* http_codec.c - heads and bodies of HTTP/1.1 messages: RFC 9112, sections 2.2 (parsing), 5 (fields), 6 (bodies), 7 (chunked). */
#include "proto/http/http_codec.h"

const char *mr_http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {100, "Continue"},
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {417, "Expectation Failed"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Unknown";
}

static const struct mr_field head_fields[] = {
    MR_FIELD(struct mr_http_head, n, MR_U32),
    MR_VARIABLE(struct mr_http_head, data, MR_U8, n),
};
const struct mr_type mr_http_head_type = MR_TYPE("http_head", struct mr_http_head, head_fields);

/* The head's last line is complete: bare LF, empty lines before the start, the end. */
static enum mr_http_taken line_taken(struct mr_http_head *h)
{
    if (h->n < 2 || h->data[h->n - 2] != '\r') {
        return MR_HTTP_BAD;
    }
    if (h->n == 2) {
        h->n = 0;
        return MR_HTTP_MORE;
    }
    return h->n >= 4 && h->data[h->n - 3] == '\n' ? MR_HTTP_COMPLETE : MR_HTTP_MORE;
}

/* A first byte that no start line has (a TLS hello, say) is not worth waiting for the rest. */
static bool may_begin(uint8_t c)
{
    return c == '\r' || (c > ' ' && c < 0x7F);
}

enum mr_http_taken mr_http_head_take(struct mr_http_head *h, struct mr_slice in, size_t *used)
{
    while (*used < in.n) {
        const uint8_t *from = in.p + *used;
        size_t left = in.n - *used;
        const uint8_t *lf = memchr(from, '\n', left);
        size_t line = lf ? (size_t)(lf - from) + 1 : left;
        bool first = memchr(h->data, '\n', h->n) == NULL;
        if (h->n == 0 && !may_begin(from[0])) {
            return MR_HTTP_BAD;
        }
        if (first && h->n + line > MR_HTTP_LINE_MAX) {
            return MR_HTTP_LINE_TOO_LONG;
        }
        if (line > sizeof h->data - h->n) {
            return MR_HTTP_TOO_LARGE;
        }
        memcpy(h->data + h->n, from, line);
        h->n += (uint32_t)line;
        *used += line;
        enum mr_http_taken t = lf ? line_taken(h) : MR_HTTP_MORE;
        if (t != MR_HTTP_MORE) {
            return t;
        }
    }
    return MR_HTTP_MORE;
}

struct mr_slice mr_http_start_line(struct mr_slice head)
{
    const uint8_t *lf = memchr(head.p, '\n', head.n);
    return mr_slice(head.p, lf ? (size_t)(lf - head.p) - 1 : 0);
}

struct mr_slice mr_http_fields(struct mr_slice head)
{
    size_t skip = mr_http_start_line(head).n + 2;
    return skip + 2 <= head.n ? mr_slice(head.p + skip, head.n - skip - 2) : mr_slice(head.p, 0);
}

/* RFC 9110, section 5.6.2. */
static bool is_tchar(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool mr_http_is_token(struct mr_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_tchar(s.p[i])) {
            return false;
        }
    }
    return s.n > 0;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool mr_http_same(struct mr_slice s, const char *text)
{
    for (size_t i = 0; i < s.n; i++) {
        if (text[i] == '\0' || lower(s.p[i]) != (uint8_t)text[i]) {
            return false;
        }
    }
    return text[s.n] == '\0';
}

static struct mr_slice trim(struct mr_slice s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s = mr_slice(s.p + 1, s.n - 1);
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

/* RFC 9110, section 5.5: visible characters, spaces, tabs and bytes above ASCII. */
static bool is_value(struct mr_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

bool mr_http_next_field(struct mr_reader *r, struct mr_slice *name, struct mr_slice *value)
{
    size_t left = mr_reader_left(r);
    if (left == 0) {
        return false;
    }
    const uint8_t *from = r->p + r->at;
    const uint8_t *lf = memchr(from, '\n', left);
    size_t n = lf ? (size_t)(lf - from) : 0;
    const uint8_t *colon = n > 0 ? memchr(from, ':', n) : NULL;
    if (!colon || from[n - 1] != '\r') {
        r->bad = true;
        return false;
    }
    *name = mr_slice(from, (size_t)(colon - from));
    *value = trim(mr_slice(colon + 1, n - 1 - name->n - 1));
    r->bad = !mr_http_is_token(*name) || !is_value(*value); /* a folded line has no token before its colon */
    r->at += n + 1;
    return !r->bad;
}

bool mr_http_fields_valid(struct mr_slice fields)
{
    struct mr_reader r = mr_reader(fields);
    struct mr_slice name, value;
    while (mr_http_next_field(&r, &name, &value)) {
    }
    return !r.bad;
}

size_t mr_http_find(struct mr_slice fields, const char *wanted, struct mr_slice *found)
{
    struct mr_reader r = mr_reader(fields);
    struct mr_slice name, value;
    size_t n = 0;
    while (mr_http_next_field(&r, &name, &value)) {
        if (mr_http_same(name, wanted) && n++ == 0) {
            *found = value;
        }
    }
    return n;
}

static bool has_token(struct mr_slice list, const char *token)
{
    while (list.n > 0) {
        const uint8_t *comma = memchr(list.p, ',', list.n);
        size_t n = comma ? (size_t)(comma - list.p) : list.n;
        if (mr_http_same(trim(mr_slice(list.p, n)), token)) {
            return true;
        }
        n += comma != NULL;
        list = mr_slice(list.p + n, list.n - n);
    }
    return false;
}

bool mr_http_lists(struct mr_slice fields, const char *wanted, const char *token)
{
    struct mr_reader r = mr_reader(fields);
    struct mr_slice name, value;
    while (mr_http_next_field(&r, &name, &value)) {
        if (mr_http_same(name, wanted) && has_token(value, token)) {
            return true;
        }
    }
    return false;
}

static bool parse_length(struct mr_slice s, uint64_t *length)
{
    uint64_t v = 0;
    if (s.n == 0 || s.n > 18) { /* 18 digits cannot overflow */
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') {
            return false;
        }
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    }
    *length = v;
    return true;
}

enum mr_http_framing mr_http_framing(struct mr_slice fields, uint64_t *length)
{
    struct mr_slice coding, digits;
    size_t codings = mr_http_find(fields, "transfer-encoding", &coding);
    size_t lengths = mr_http_find(fields, "content-length", &digits);
    if (codings > 1 || lengths > 1 || (codings > 0 && lengths > 0)) {
        return MR_HTTP_FRAMING_BAD;
    }
    if (codings > 0) {
        return mr_http_same(coding, "chunked") ? MR_HTTP_CHUNKED : MR_HTTP_FRAMING_UNSUPPORTED;
    }
    if (lengths == 0) {
        return MR_HTTP_FRAMING_ABSENT;
    }
    return parse_length(digits, length) ? MR_HTTP_LENGTH : MR_HTTP_FRAMING_BAD;
}

enum { DONE, COUNTED, SIZE, EXTENSION, SIZE_LF, CHUNK, CHUNK_CR, CHUNK_LF, TRAILER, TRAILER_LINE, TRAILER_LF, LAST_LF };

static const struct mr_field body_fields[] = {
    MR_FIELD(struct mr_http_body, state, MR_U8),      MR_FIELD(struct mr_http_body, digits, MR_U8),
    MR_FIELD(struct mr_http_body, cut, MR_BOOL),      MR_FIELD(struct mr_http_body, overhead, MR_U32),
    MR_FIELD(struct mr_http_body, left, MR_U64),      MR_FIELD(struct mr_http_body, n, MR_U32),
    MR_VARIABLE(struct mr_http_body, data, MR_U8, n),
};
const struct mr_type mr_http_body_type = MR_TYPE("http_body", struct mr_http_body, body_fields);

void mr_http_body_begin(struct mr_http_body *b, enum mr_http_framing framing, uint64_t length)
{
    b->state = framing == MR_HTTP_CHUNKED ? SIZE : (framing == MR_HTTP_LENGTH && length > 0 ? COUNTED : DONE);
    b->digits = 0;
    b->cut = false;
    b->overhead = 0;
    b->left = framing == MR_HTTP_LENGTH ? length : 0;
    b->n = 0;
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : (lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1);
}

/* The size line has ended. */
static void begin_chunk(struct mr_http_body *b)
{
    b->state = b->left == 0 ? TRAILER : CHUNK;
    b->digits = 0;
}

/* One byte that is not content; false where it cannot stand there. RFC 9112, section 7.1. */
static bool framing_byte(struct mr_http_body *b, uint8_t c)
{
    int digit = hex_digit(c);
    switch (b->state) {
    case SIZE:
        if (digit >= 0 && b->digits < 7) {
            b->left = b->left * 16 + (unsigned)digit;
            b->digits++;
            return true;
        }
        b->state = c == '\r' ? SIZE_LF : EXTENSION;
        return b->digits > 0 && (c == '\r' || c == ';' || c == ' ' || c == '\t');
    case EXTENSION:
        b->state = c == '\r' ? SIZE_LF : EXTENSION;
        return c != '\n';
    case SIZE_LF:
        begin_chunk(b);
        return c == '\n';
    case CHUNK_CR:
        b->state = CHUNK_LF;
        return c == '\r';
    case CHUNK_LF:
        b->state = SIZE;
        return c == '\n';
    case TRAILER:
        b->state = c == '\r' ? LAST_LF : TRAILER_LINE;
        return c == '\r' || is_tchar(c);
    case TRAILER_LINE:
        b->state = c == '\r' ? TRAILER_LF : TRAILER_LINE;
        return c != '\n';
    case TRAILER_LF:
        b->state = TRAILER;
        return c == '\n';
    case LAST_LF:
        b->state = DONE;
        return c == '\n';
    default:
        return false; /* not a state that reads bytes one by one */
    }
}

static bool is_overhead(uint8_t state)
{
    return state == EXTENSION || state == TRAILER_LINE;
}

/* Content, as much as there is. */
static void take_content(struct mr_http_body *b, struct mr_slice in, size_t *used)
{
    size_t n = in.n - *used < b->left ? in.n - *used : (size_t)b->left;
    size_t room = sizeof b->data - b->n;
    size_t kept = n < room ? n : room;
    memcpy(b->data + b->n, in.p + *used, kept);
    b->n += (uint32_t)kept;
    b->cut = b->cut || kept < n;
    *used += n;
    if (b->left != UINT64_MAX) {
        b->left -= n;
    }
    if (b->left == 0) {
        b->state = b->state == COUNTED ? DONE : CHUNK_CR;
    }
}

enum mr_http_taken mr_http_body_take(struct mr_http_body *b, struct mr_slice in, size_t *used, bool keep_all)
{
    while (b->state != DONE) {
        bool content = b->state == COUNTED || b->state == CHUNK;
        if (content && keep_all && b->left > sizeof b->data - b->n) {
            return MR_HTTP_TOO_LARGE;
        }
        if (*used == in.n) {
            return MR_HTTP_MORE;
        }
        if (content) {
            take_content(b, in, used);
            continue;
        }
        b->overhead += is_overhead(b->state);
        if (b->overhead > MR_HTTP_TRAILER_MAX || !framing_byte(b, in.p[(*used)++])) {
            return MR_HTTP_BAD;
        }
    }
    return MR_HTTP_COMPLETE;
}
