/* http_server.h - one connection of an HTTP/1.1 server for a device's own pages, in the shape of proto/session.h.
 *
 * The owner's loop: feed; next(); for a request, reply() or refuse(); output; and again while feed said MR_FEED_BLOCKED. A body
 * that is larger than reply() could take is asked for in pieces (MR_HTTP_EV_MORE), so the session keeps no pointer into the
 * owner's memory. Requests may be pipelined; they are answered one after the other. There is no Date field, since a session has
 * no clock (RFC 9110, section 6.6.1). */
#ifndef MR_PROTO_HTTP_SERVER_H
#define MR_PROTO_HTTP_SERVER_H

#include "proto/http/http_codec.h"
#include "proto/session.h"

#define MR_HTTP_SERVER_OUT 8192 /* a dynamic page with its head fits; larger ones go in pieces */

/* A product's manner; content. */
struct mr_http_manner {
    const char *server;    /* Server field; NULL for none */
    mr_ns idle;            /* between requests, then the connection is closed */
    mr_ns head_time;       /* from a request's first byte to the end of its head, then 408 */
    mr_ns body_time;       /* and from there to its end */
    mr_ns send_time;       /* for the peer to take what is sent */
    uint32_t requests_max; /* of one connection; 0: no limit */
};
extern const struct mr_http_manner mr_http_default_manner;

struct mr_http_server {
    const struct mr_http_manner *manner; /* content, set by init */
    /* state */
    bool live;
    bool closing; /* nothing more is read */
    bool keep;    /* the connection goes on after this request */
    uint8_t state;
    uint8_t method;
    uint32_t client;
    uint32_t requests;
    mr_ns since;                                 /* what is timed began */
    uint16_t path_at, path_n, query_at, query_n; /* in the head; the path is decoded */
    uint64_t length, sent;                       /* of the answer's body */
    struct mr_http_head head;
    struct mr_http_body body;
    uint32_t nout;
    uint8_t out[MR_HTTP_SERVER_OUT];
};
extern const struct mr_type mr_http_server_type;
extern const struct mr_session_ops mr_http_server_ops;

enum mr_http_event_kind { MR_HTTP_EV_REQUEST, MR_HTTP_EV_MORE };
/* Slices are valid until the next feed. */
struct mr_http_request {
    enum mr_http_event_kind kind;
    enum mr_http_method method;
    struct mr_slice path;   /* decoded, without query; begins with a slash; dots are left to the owner */
    struct mr_slice query;  /* as sent, without its question mark */
    struct mr_slice fields; /* for mr_http_find() */
    struct mr_slice body;
    uint32_t client;
    uint64_t offset; /* MORE: where the body goes on */
};

struct mr_http_reply_field {
    const char *name, *value;
};
struct mr_http_reply {
    int status;
    const char *type;     /* Content-Type; NULL for none */
    struct mr_slice body; /* or its beginning */
    uint64_t length;      /* of the whole body where that is more than `body`; otherwise 0 */
    const struct mr_http_reply_field *fields;
    size_t nfields;
};

void mr_http_server_init(struct mr_http_server *s, const struct mr_http_manner *manner);
void mr_http_server_open(struct mr_http_server *s, uint32_t client, mr_ns now);
void mr_http_server_close(struct mr_http_server *s);

struct mr_feed mr_http_server_feed(struct mr_http_server *s, struct mr_slice in, mr_ns now);
bool mr_http_server_next(struct mr_http_server *s, struct mr_http_request *r);
/* Answers the request that next() gave: all of `body` that fits is taken. MR_E_FULL: the head does not fit. MR_E_INVALID: there
 * is no request to answer. */
enum mr_err mr_http_server_reply(struct mr_http_server *s, const struct mr_http_reply *r, mr_ns now);
/* An answer that only says what its status means; with Allow for 405. */
enum mr_err mr_http_server_refuse(struct mr_http_server *s, int status, mr_ns now);
/* For MORE: the body from `offset` on, as much as there is; what fits is taken. Empty: the body cannot be completed, close. */
void mr_http_server_body(struct mr_http_server *s, struct mr_slice piece, mr_ns now);
bool mr_http_server_output(struct mr_http_server *s, struct mr_writer *w);
mr_ns mr_http_server_deadline(const struct mr_http_server *s);
void mr_http_server_tick(struct mr_http_server *s, mr_ns now);
bool mr_http_server_finished(const struct mr_http_server *s);

#endif
