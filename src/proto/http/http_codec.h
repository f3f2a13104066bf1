/* http_codec.h - what the HTTP server and client share: heads, header fields, bodies, and the encodings of forms and passwords.
 *
 * Sources: RFC 9112 (HTTP/1.1 messages), RFC 9110 (semantics), RFC 7617 (Basic), RFC 6265 (cookies), the URL Standard's forms
 * (application/x-www-form-urlencoded). Strict where leniency has let requests be smuggled: lines end with CR LF, no folded lines,
 * no space before a colon, one framing. */
#ifndef MR_PROTO_HTTP_CODEC_H
#define MR_PROTO_HTTP_CODEC_H

#include "base/bytes.h"
#include "base/state.h"

#define MR_HTTP_HEAD_MAX    4096 /* start line and fields; a browser with some cookies sends 1 KiB */
#define MR_HTTP_LINE_MAX    2048 /* request line */
#define MR_HTTP_BODY_MAX    4096 /* a settings form of a device */
#define MR_HTTP_TRAILER_MAX 1024 /* chunk extensions and trailer fields of one body */

enum mr_http_method { MR_HTTP_GET, MR_HTTP_HEAD, MR_HTTP_POST };

/* "Not Found" for 404; "Unknown" where there is none. */
const char *mr_http_reason(int status);

/* A head being collected, up to and with its empty line. */
struct mr_http_head {
    uint32_t n;
    uint8_t data[MR_HTTP_HEAD_MAX];
};
extern const struct mr_type mr_http_head_type;

enum mr_http_taken { MR_HTTP_MORE, MR_HTTP_COMPLETE, MR_HTTP_BAD, MR_HTTP_LINE_TOO_LONG, MR_HTTP_TOO_LARGE };
/* Takes bytes from in[*used] on. Empty lines before the start line are passed over (RFC 9112, section 2.2). */
enum mr_http_taken mr_http_head_take(struct mr_http_head *h, struct mr_slice in, size_t *used);
/* The start line without its end, and what follows it: the fields' lines. */
struct mr_slice mr_http_start_line(struct mr_slice head);
struct mr_slice mr_http_fields(struct mr_slice head);

/* One field after the other; false at the end. `bad` is set where the lines are no fields. */
bool mr_http_next_field(struct mr_reader *fields, struct mr_slice *name, struct mr_slice *value);
bool mr_http_fields_valid(struct mr_slice fields);
/* How many fields have this name (any letter case); *value is the first one's. */
size_t mr_http_find(struct mr_slice fields, const char *wanted, struct mr_slice *found);
/* Whether a field that is a comma-separated list, however often it is given, has this token (any letter case). */
bool mr_http_lists(struct mr_slice fields, const char *name, const char *token);
bool mr_http_is_token(struct mr_slice s);
bool mr_http_same(struct mr_slice s, const char *lower); /* equal but for letter case */

/* How a message's body is framed (RFC 9112, section 6.3). */
enum mr_http_framing {
    MR_HTTP_NO_BODY,
    MR_HTTP_LENGTH,
    MR_HTTP_CHUNKED,
    MR_HTTP_FRAMING_ABSENT,      /* no field says */
    MR_HTTP_FRAMING_BAD,         /* both framings, two lengths, no number */
    MR_HTTP_FRAMING_UNSUPPORTED, /* another transfer coding */
};
enum mr_http_framing mr_http_framing(struct mr_slice fields, uint64_t *length);

struct mr_http_body {
    uint8_t state;
    uint8_t digits;    /* of the chunk size */
    bool cut;          /* more came than is kept */
    uint32_t overhead; /* bytes of extensions and trailers */
    uint64_t left;     /* of the body or the chunk */
    uint32_t n;
    uint8_t data[MR_HTTP_BODY_MAX];
};
extern const struct mr_type mr_http_body_type;
/* `length` for MR_HTTP_LENGTH; UINT64_MAX there means until the connection closes. */
void mr_http_body_begin(struct mr_http_body *b, enum mr_http_framing framing, uint64_t length);
/* `keep_all`: a body that does not fit is MR_HTTP_TOO_LARGE; otherwise its beginning is kept and `cut` set. */
enum mr_http_taken mr_http_body_take(struct mr_http_body *b, struct mr_slice in, size_t *used, bool keep_all);

/* Decodes %XX, and + as a space where `form`. False where it is malformed, decodes to a NUL, or does not fit. */
bool mr_http_percent_decode(struct mr_slice s, bool form, struct mr_writer *w);
/* Encodes everything but letters, digits and -._~ (RFC 3986, section 2.3). */
void mr_http_percent_encode(struct mr_writer *w, struct mr_slice s);
/* The value of a name in "a=1&b=2", decoded, as a string of at most cap-1 bytes. False where it is absent or malformed. */
bool mr_http_form_value(struct mr_slice form, const char *name, char *out, size_t cap);
/* The value of a cookie in a Cookie field. */
bool mr_http_cookie(struct mr_slice field, const char *name, struct mr_slice *value);
/* User and password of an Authorization field of scheme Basic. */
bool mr_http_basic_decode(struct mr_slice authorization, char *user, size_t user_cap, char *password, size_t password_cap);
/* "Basic ..." for a user and a password. */
void mr_http_basic_encode(struct mr_writer *w, const char *user, const char *password);
/* Text into HTML: & < > " ' escaped. */
void mr_http_html(struct mr_writer *w, const char *text);

#endif
