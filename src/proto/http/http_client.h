/* http_client.h - one connection of an HTTP/1.1 client, in the shape of proto/session.h: for operators, probes, and whoever
 * guesses passwords. One request is under way at a time; the connection is kept where the server allows it. */
#ifndef MR_PROTO_HTTP_CLIENT_H
#define MR_PROTO_HTTP_CLIENT_H

#include "proto/http/http_codec.h"
#include "proto/session.h"

#define MR_HTTP_CLIENT_OUT (MR_HTTP_HEAD_MAX + MR_HTTP_BODY_MAX)

struct mr_http_ask {
    uint32_t token; /* the owner's; comes back with the response */
    enum mr_http_method method;
    const char *host;
    const char *target;        /* path and query, encoded */
    const char *authorization; /* NULL for none, as the next two */
    const char *cookie;
    const char *type;     /* Content-Type of the body */
    struct mr_slice body; /* for POST */
    const char *more;     /* further lines as they are, each with its CR LF; NULL for none */
};

enum mr_http_outcome {
    MR_HTTP_ANSWERED,
    MR_HTTP_TIMEOUT,
    MR_HTTP_LOST,    /* closed before the answer was complete */
    MR_HTTP_GARBLED, /* what came is no HTTP response */
};
/* Slices are valid until the next feed or request. */
struct mr_http_response {
    uint32_t token;
    enum mr_http_outcome outcome;
    int status;
    struct mr_slice fields;
    struct mr_slice body;
    bool cut;  /* the body was larger than MR_HTTP_BODY_MAX; its beginning is here */
    bool keep; /* another request may follow on this connection */
};

struct mr_http_client {
    mr_ns timeout; /* content, set by init */
    /* state */
    uint8_t state;
    uint8_t method;
    uint8_t outcome;
    uint16_t status;
    bool keep;
    bool until_close; /* the body ends with the connection */
    uint32_t token;
    mr_ns until;
    struct mr_http_head head;
    struct mr_http_body body;
    uint32_t nout;
    uint8_t out[MR_HTTP_CLIENT_OUT];
};
extern const struct mr_type mr_http_client_type;
extern const struct mr_session_ops mr_http_client_ops;

void mr_http_client_init(struct mr_http_client *c, mr_ns timeout);
/* A connection begins; what was under way is forgotten. */
void mr_http_client_open(struct mr_http_client *c);
/* The server has closed: a body that was to end so is complete, anything else under way is lost; next() tells. */
void mr_http_client_close(struct mr_http_client *c);

/* MR_E_BUSY: an answer is still to come or to be taken, or the server does not keep the connection. MR_E_FULL: too large. */
enum mr_err mr_http_client_request(struct mr_http_client *c, const struct mr_http_ask *ask, mr_ns now);
/* Any bytes at all, as a request, for those who test what a server bears. */
enum mr_err mr_http_client_send(struct mr_http_client *c, uint32_t token, struct mr_slice bytes, mr_ns now);

struct mr_feed mr_http_client_feed(struct mr_http_client *c, struct mr_slice in, mr_ns now);
bool mr_http_client_next(struct mr_http_client *c, struct mr_http_response *r);
bool mr_http_client_output(struct mr_http_client *c, struct mr_writer *w);
mr_ns mr_http_client_deadline(const struct mr_http_client *c);
void mr_http_client_tick(struct mr_http_client *c, mr_ns now);
/* The connection is of no more use. */
bool mr_http_client_finished(const struct mr_http_client *c);

#endif
