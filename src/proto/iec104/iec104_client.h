/* iec104_client.h - one connection of a controlling station (control centre, historian, attacker), in the shape of
 * proto/session.h. Opened, it starts data transfer by itself; then requests may overlap, as far as k allows, and values arrive
 * whenever the station sends them. */
#ifndef MR_PROTO_IEC104_CLIENT_H
#define MR_PROTO_IEC104_CLIENT_H

#include "proto/iec104/iec104_link.h"
#include "proto/session.h"

#define MR_IEC104_CLIENT_QUEUE    512 /* bytes of requests that wait for the window */
#define MR_IEC104_CLIENT_REQUESTS 8   /* under way at a time */

/* Whom to ask, and how; content. */
struct mr_iec104_route {
    uint16_t ca;
    uint8_t originator;
    struct mr_iec104_params params;
    mr_ns timeout; /* of STARTDT, and of a request: for its confirmation, and again for its end */
    bool passive;  /* does not start data transfer by itself: a redundant connection */
};

enum mr_iec104_outcome {
    MR_IEC104_STARTED, /* data transfer; requests may follow. After a stop: MR_IEC104_STOPPED */
    MR_IEC104_STOPPED,
    MR_IEC104_DATUM,      /* a value in monitoring direction: `object`, `type`, `cause` */
    MR_IEC104_CONFIRMED,  /* positively: of the request `token` */
    MR_IEC104_REFUSED,    /* negatively: `cause` 7, 9 or 44 to 47 */
    MR_IEC104_TERMINATED, /* COT 10: an interrogation or command is over; `negative` where it failed */
    MR_IEC104_TIMEOUT,    /* of a request, or of the connection (then it is finished) */
    MR_IEC104_LOST,       /* the connection was closed; the client is finished */
    MR_IEC104_GARBLED,    /* and so after bytes that are no APDU, or whose numbers do not continue */
};
struct mr_iec104_result {
    enum mr_iec104_outcome outcome;
    uint32_t token; /* of the request; 0 for data that nobody asked for */
    uint8_t type;
    uint8_t cause;
    bool negative, test;
    uint8_t originator;
    uint16_t ca;
    struct mr_iec104_object object;
};

struct mr_iec104_request {
    uint8_t type;
    uint8_t cause; /* awaited next: confirmation, or termination */
    uint16_t ca;
    uint32_t ioa;
    uint32_t token;
    mr_ns until;
};
extern const struct mr_type mr_iec104_request_type;

struct mr_iec104_client {
    const struct mr_iec104_route *route; /* content, set by init */
    /* state */
    uint8_t state;
    uint8_t outcome; /* of the connection, that next() tells first where it is `untold` */
    bool untold;
    uint8_t command; /* U format to be sent; 0 for none */
    mr_ns until;     /* of STARTDT and STOPDT */
    struct mr_iec104_link link;
    uint32_t nasdu; /* received, its objects given out one by one */
    uint8_t asdu[MR_IEC104_ASDU_MAX];
    uint16_t object; /* next */
    uint32_t nqueue;
    uint8_t queue[MR_IEC104_CLIENT_QUEUE];
    uint32_t nout;
    uint8_t out[MR_IEC104_APDU_MAX];
    uint32_t nrequests;
    struct mr_iec104_request requests[MR_IEC104_CLIENT_REQUESTS];
};
extern const struct mr_type mr_iec104_client_type;
extern const struct mr_session_ops mr_iec104_client_ops;

void mr_iec104_client_init(struct mr_iec104_client *c, const struct mr_iec104_route *route);
/* A TCP connection is there. MR_IEC104_STARTED comes out of next(). */
void mr_iec104_client_open(struct mr_iec104_client *c, mr_ns now);
/* The TCP connection has ended. */
void mr_iec104_client_close(struct mr_iec104_client *c);

/* Data transfer on and off, of a redundant connection. MR_E_BUSY where one is under way or there is no connection. */
enum mr_err mr_iec104_client_start(struct mr_iec104_client *c, mr_ns now);
enum mr_err mr_iec104_client_stop(struct mr_iec104_client *c, mr_ns now);

/* Requests. `ca` 0 is the route's. MR_E_BUSY where data transfer is not started, or as many as can be are under way. Each brings
 * about MR_IEC104_CONFIRMED or MR_IEC104_REFUSED, and, where the type has one, MR_IEC104_TERMINATED. */
enum mr_err mr_iec104_client_interrogate(struct mr_iec104_client *c, uint16_t ca, uint8_t qoi, uint32_t token, mr_ns now);
enum mr_err mr_iec104_client_counters(struct mr_iec104_client *c, uint16_t ca, uint8_t qcc, uint32_t token, mr_ns now);
/* The value, MR_IEC104_DATUM with COT 5, is the answer. */
enum mr_err mr_iec104_client_read(struct mr_iec104_client *c, uint16_t ca, uint32_t ioa, uint32_t token, mr_ns now);
enum mr_err mr_iec104_client_clock(struct mr_iec104_client *c, uint16_t ca, mr_ns unix_ns, uint32_t token, mr_ns now);
enum mr_err mr_iec104_client_reset(struct mr_iec104_client *c, uint16_t ca, uint8_t qrp, uint32_t token, mr_ns now);
/* A command or parameter: `o` as the element codes it, with the qualifier (MR_IEC104_SELECT for a select) and, for timed
 * types, the time. `cause` MR_IEC104_COT_ACT or, to take a selection back, MR_IEC104_COT_DEACT. */
enum mr_err mr_iec104_client_command(struct mr_iec104_client *c, uint16_t ca, uint8_t type, uint8_t cause,
                                     const struct mr_iec104_object *o, uint32_t token, mr_ns now);
/* Any ASDU, right or wrong. Its answers come with the token where they mirror its type and address. */
enum mr_err mr_iec104_client_raw(struct mr_iec104_client *c, struct mr_slice asdu, uint32_t token, mr_ns now);

struct mr_feed mr_iec104_client_feed(struct mr_iec104_client *c, struct mr_slice in, mr_ns now);
bool mr_iec104_client_next(struct mr_iec104_client *c, struct mr_iec104_result *r);
bool mr_iec104_client_output(struct mr_iec104_client *c, struct mr_writer *w);
mr_ns mr_iec104_client_deadline(const struct mr_iec104_client *c);
void mr_iec104_client_tick(struct mr_iec104_client *c, mr_ns now);
/* The connection is of no more use. */
bool mr_iec104_client_finished(const struct mr_iec104_client *c);

#endif
