/* @name@_client.h - one connection of a @name@ client, in the shape of proto/session.h. As laid out, one message is under way at a time
 * and its answer is the next one that comes. */
#ifndef MR_PROTO_@NAME@_CLIENT_H
#define MR_PROTO_@NAME@_CLIENT_H

#include "proto/@name@/@name@_codec.h"
#include "proto/session.h"

enum mr_@name@_outcome { MR_@NAME@_ANSWERED, MR_@NAME@_TIMEOUT };
struct mr_@name@_result {
    uint32_t token;
    enum mr_@name@_outcome outcome;
    struct mr_slice payload; /* valid until the next feed or request */
};

struct mr_@name@_client {
    mr_ns timeout; /* content, set by init */
    /* state */
    uint8_t state;
    uint32_t token;
    mr_ns until;
    struct mr_@name@_framer in;
    uint32_t nanswer;
    uint8_t answer[MR_@NAME@_PAYLOAD_MAX];
    uint32_t nout;
    uint8_t out[MR_@NAME@_MESSAGE_MAX];
};
extern const struct mr_type mr_@name@_client_type;
extern const struct mr_session_ops mr_@name@_client_ops;

void mr_@name@_client_init(struct mr_@name@_client *c, mr_ns timeout);
/* A connection begins; what was under way is forgotten. */
void mr_@name@_client_open(struct mr_@name@_client *c);
/* MR_E_BUSY: an answer is still to come or to be taken. MR_E_INVALID: too long. `token` comes back with the result. */
enum mr_err mr_@name@_client_request(struct mr_@name@_client *c, uint32_t token, struct mr_slice payload, mr_ns now);

struct mr_feed mr_@name@_client_feed(struct mr_@name@_client *c, struct mr_slice in, mr_ns now);
bool mr_@name@_client_next(struct mr_@name@_client *c, struct mr_@name@_result *r);
bool mr_@name@_client_output(struct mr_@name@_client *c, struct mr_writer *w);
mr_ns mr_@name@_client_deadline(const struct mr_@name@_client *c);
void mr_@name@_client_tick(struct mr_@name@_client *c, mr_ns now);

#endif
