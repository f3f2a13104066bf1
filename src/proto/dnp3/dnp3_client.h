/* dnp3_client.h - one connection of a DNP3 master, in the shape of proto/session.h. One request is under way at a time;
 * unsolicited responses come in between. Confirmations are sent, challenges answered by itself. */
#ifndef MR_PROTO_DNP3_CLIENT_H
#define MR_PROTO_DNP3_CLIENT_H

#include "proto/dnp3/dnp3_auth.h"
#include "proto/session.h"

/* How to speak; content. */
struct mr_dnp3_route {
    uint16_t local, remote;          /* link addresses: own, outstation's */
    mr_ns timeout;                   /* of each request */
    mr_ns keepalive;                 /* silence after which the link is asked for; 0: never */
    const struct mr_dnp3_user *user; /* Secure Authentication; NULL: none */
    struct mr_rng *rng;              /* session keys; may be NULL without a user */
};

enum mr_dnp3_outcome {
    MR_DNP3_READY,     /* connected (and, with a user, session keys are agreed): requests may follow */
    MR_DNP3_SENT,      /* a request that is never answered */
    MR_DNP3_ANSWER,    /* `objects`, `iin`; `more` fragments follow to the same request */
    MR_DNP3_NOTICE,    /* an unsolicited response; the request under way goes on */
    MR_DNP3_FAILED,    /* SELECT was refused, or what was authenticated was not accepted: `error` */
    MR_DNP3_NO_ANSWER, /* timed out: the connection stays of use */
    MR_DNP3_LOST,      /* the connection was closed before */
};
/* Slices are valid until the next feed. */
struct mr_dnp3_result {
    enum mr_dnp3_outcome outcome;
    uint32_t token; /* of the request; 0 for MR_DNP3_NOTICE */
    bool more;
    uint8_t function; /* of the answer */
    uint8_t error;    /* FAILED: a control's status, or with `function` AUTH_RESPONSE the code of g120v7 */
    uint16_t iin;
    struct mr_slice objects;
};

#define MR_DNP3_CLIENT_OUT (MR_DNP3_FRAMED_MAX + 1024) /* a request, and confirmations and link replies beside it */

struct mr_dnp3_client {
    const struct mr_dnp3_route *route; /* content, set by init */
    /* state */
    uint8_t state;
    bool pending;  /* a result is to be taken */
    bool renewing; /* session keys, while nothing else is to be done */
    uint8_t outcome;
    uint8_t error;
    bool pinged;
    uint8_t sequence; /* of the request */
    uint8_t expected; /* of the next fragment of its answer */
    bool answer_begun;
    bool operate;      /* the request is a SELECT, and OPERATE follows */
    uint8_t transport; /* sequence of the next segment */
    uint32_t token;
    uint64_t last_unsolicited; /* hash: one that is sent again is confirmed again, but not told */
    mr_ns until, heard;
    struct mr_dnp3_deframer frame;
    struct mr_dnp3_assembly assembly;
    struct mr_dnp3_keys keys;
    uint32_t nchange; /* the change of keys that waits for its answer */
    uint8_t change[MR_DNP3_WRAPPED_MAX + 32];
    uint32_t nrequest; /* the request, kept for OPERATE and for authentication */
    uint8_t request[MR_DNP3_FRAGMENT_MAX];
    uint32_t nout;
    uint8_t out[MR_DNP3_CLIENT_OUT];
    uint32_t nbuf; /* what has come of a fragment, or the fragment of the result */
    uint8_t buf[MR_DNP3_FRAGMENT_MAX];
};
extern const struct mr_type mr_dnp3_client_type;
extern const struct mr_session_ops mr_dnp3_client_ops;

void mr_dnp3_client_init(struct mr_dnp3_client *c, const struct mr_dnp3_route *route);
/* A TCP connection is there. MR_DNP3_READY comes out of next(). */
void mr_dnp3_client_open(struct mr_dnp3_client *c, mr_ns now);
/* The TCP connection has ended. */
void mr_dnp3_client_close(struct mr_dnp3_client *c);

/* All requests: MR_E_BUSY where one is under way, a result has not been taken, or there is no connection, MR_E_INVALID where
 * it does not fit. */
enum mr_err mr_dnp3_client_read(struct mr_dnp3_client *c, const struct mr_dnp3_object *objects, size_t n, uint32_t token,
                                mr_ns now);
/* `classes`: bit n for class n; events first, as an integrity poll has it. */
enum mr_err mr_dnp3_client_poll(struct mr_dnp3_client *c, uint8_t classes, uint32_t token, mr_ns now);

/* One command: to a binary output (g12v1) or to an analog one (g41, `variation` 1 to 4). */
struct mr_dnp3_command {
    uint8_t group, variation;
    uint16_t index;
    struct mr_dnp3_crob crob;
    double value;
};
/* `function`: SELECT, then by itself OPERATE; DIRECT_OPERATE; or DIRECT_OPERATE_NR, which is done when it is sent. */
enum mr_err mr_dnp3_client_command(struct mr_dnp3_client *c, uint8_t function, const struct mr_dnp3_command *commands, size_t n,
                                   uint32_t token, mr_ns now);
enum mr_err mr_dnp3_client_set_time(struct mr_dnp3_client *c, uint64_t ms, uint32_t token, mr_ns now); /* g50v1 */
enum mr_err mr_dnp3_client_clear_restart(struct mr_dnp3_client *c, uint32_t token, mr_ns now);
enum mr_err mr_dnp3_client_unsolicited(struct mr_dnp3_client *c, bool on, uint8_t classes, uint32_t token, mr_ns now);
enum mr_err mr_dnp3_client_restart(struct mr_dnp3_client *c, bool cold, uint32_t token, mr_ns now);
/* Any function with any objects, right or wrong. */
enum mr_err mr_dnp3_client_raw(struct mr_dnp3_client *c, uint8_t function, struct mr_slice objects, uint32_t token, mr_ns now);

/* Objects in an answer or notice, one after the other, over all headers. */
struct mr_dnp3_value_reader {
    struct mr_reader r;
    struct mr_dnp3_object object;
    const struct mr_dnp3_format *format; /* of these objects; NULL: they are no points */
    unsigned bits;                       /* of one, where they are packed; 0: octets of its own */
    uint32_t i;                          /* objects read of this header */
    struct mr_slice packed;
    uint64_t common; /* time of g51 */
};
struct mr_dnp3_reading {
    uint8_t group, variation;
    uint32_t index;
    struct mr_dnp3_sample sample; /* of a point; of g12 and g41 the status for flags; of g50 and g52 the milliseconds as value */
    struct mr_slice text;         /* of strings and attributes, and what comes in free format */
};
struct mr_dnp3_value_reader mr_dnp3_values(struct mr_slice objects);
/* False after the last, or where the rest cannot be understood. */
bool mr_dnp3_next_value(struct mr_dnp3_value_reader *v, struct mr_dnp3_reading *out);

struct mr_feed mr_dnp3_client_feed(struct mr_dnp3_client *c, struct mr_slice in, mr_ns now);
bool mr_dnp3_client_next(struct mr_dnp3_client *c, struct mr_dnp3_result *r);
bool mr_dnp3_client_output(struct mr_dnp3_client *c, struct mr_writer *w);
mr_ns mr_dnp3_client_deadline(const struct mr_dnp3_client *c);
void mr_dnp3_client_tick(struct mr_dnp3_client *c, mr_ns now);
/* The connection is of no more use. */
bool mr_dnp3_client_finished(const struct mr_dnp3_client *c);

#endif
