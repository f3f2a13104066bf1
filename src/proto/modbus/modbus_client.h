/* modbus_client.h - one connection of a Modbus client, in the shape of proto/session.h: for an HMI, a historian, a PLC that
 * reads another, and for whoever attacks them.
 *
 * The owner asks with request() as long as that gives MR_OK, sends what output() holds, feeds what comes, and takes results with
 * next(). Up to `depth` requests are under way at once; answers are told apart by their transaction identifier. */
#ifndef MR_PROTO_MODBUS_CLIENT_H
#define MR_PROTO_MODBUS_CLIENT_H

#include "proto/modbus/modbus_codec.h"
#include "proto/session.h"

#define MR_MODBUS_CLIENT_DEPTH_MAX 8
#define MR_MODBUS_CLIENT_OUT       (4 * MR_MODBUS_ADU_MAX)

struct mr_modbus_request {
    uint32_t token; /* the owner's; comes back with the result */
    uint8_t unit;
    uint8_t function; /* 1-6, 15-17, 22, 23 or 43 (14); anything else as `pdu` */
    uint16_t address; /* 43: the object to begin with */
    uint16_t count;   /* 43: enum mr_modbus_identification */
    const uint16_t
        *values; /* written: `count` for 15 and 16 (a coil is on where it is not 0), one for 5 and 6, AND and OR mask for 22 */
    uint16_t write_address; /* 23: where `write_count` values go */
    uint16_t write_count;
    struct mr_slice pdu; /* not empty: sent as it is, right or wrong, and nothing above but token and unit counts */
};

/* What is known of a request that is under way. */
struct mr_modbus_pending {
    uint8_t state;
    uint8_t unit;
    uint8_t nhead;
    uint8_t head[7]; /* how an answer's PDU must begin */
    uint16_t size;   /* and how long it must be; 0: any */
    uint16_t transaction;
    uint16_t address, count;
    uint32_t token;
    mr_ns until;
};

enum mr_modbus_status {
    MR_MODBUS_DONE,
    MR_MODBUS_EXCEPTION, /* the server's `exception` */
    MR_MODBUS_TIMEOUT,
    MR_MODBUS_MISMATCH, /* the answer is not one to this request; `pdu` holds it */
    MR_MODBUS_LOST,     /* the connection was closed before */
};
struct mr_modbus_result {
    uint32_t token;
    enum mr_modbus_status status;
    uint8_t unit, function, exception;
    uint16_t address, count; /* as requested */
    struct mr_slice pdu;     /* the whole answer, valid until the next feed; empty where there is none */
    struct mr_slice data;    /* the values in it, for functions 1-4 and 23: mr_modbus_bit() and mr_modbus_register() read them */
};

struct mr_modbus_client {
    /* content, set by init */
    uint32_t depth;
    mr_ns timeout;
    bool rtu; /* frames of a serial line instead of Modbus/TCP's */
    /* state */
    uint16_t transaction;
    uint32_t strays; /* answers that nobody had asked for, or no longer */
    struct mr_modbus_pending pending[MR_MODBUS_CLIENT_DEPTH_MAX];
    struct mr_modbus_framer in;
    uint32_t nanswer; /* the answer that next() gives, with `answered` the request it belongs to */
    uint8_t answer[MR_MODBUS_ADU_MAX];
    uint8_t answered;
    uint32_t nout;
    uint8_t out[MR_MODBUS_CLIENT_OUT];
};
extern const struct mr_type mr_modbus_client_type;
extern const struct mr_session_ops mr_modbus_client_ops;

/* `depth` requests at once (1 to MR_MODBUS_CLIENT_DEPTH_MAX), each given up after `timeout`. */
void mr_modbus_client_init(struct mr_modbus_client *c, uint32_t depth, mr_ns timeout);
/* With RTU frames, which have no transaction: one request at a time. */
void mr_modbus_client_init_rtu(struct mr_modbus_client *c, mr_ns timeout);
/* A connection begins; results not taken are forgotten. */
void mr_modbus_client_open(struct mr_modbus_client *c);
/* It has ended: what is under way comes out of next() as MR_MODBUS_LOST. */
void mr_modbus_client_close(struct mr_modbus_client *c);

/* MR_E_FULL: `depth` requests are under way, or output() must be taken first. MR_E_INVALID: more than a PDU holds, or a function
 * that only `pdu` can ask for. */
enum mr_err mr_modbus_client_request(struct mr_modbus_client *c, const struct mr_modbus_request *r, mr_ns now);
/* Any bytes at all into the stream, for those who test what a server bears. */
enum mr_err mr_modbus_client_send(struct mr_modbus_client *c, struct mr_slice bytes);
uint32_t mr_modbus_client_waiting(const struct mr_modbus_client *c);

/* Blocked: a result is there, take it first. */
struct mr_feed mr_modbus_client_feed(struct mr_modbus_client *c, struct mr_slice in, mr_ns now);
bool mr_modbus_client_next(struct mr_modbus_client *c, struct mr_modbus_result *r);
bool mr_modbus_client_output(struct mr_modbus_client *c, struct mr_writer *w);
mr_ns mr_modbus_client_deadline(const struct mr_modbus_client *c);
void mr_modbus_client_tick(struct mr_modbus_client *c, mr_ns now);

/* The answer of function 43/14 taken apart. */
struct mr_modbus_identity_answer {
    uint8_t conformity;
    bool more;
    uint8_t next; /* object to ask for then */
    struct mr_reader objects;
};
bool mr_modbus_identity_decode(struct mr_slice pdu, struct mr_modbus_identity_answer *a);
/* One object after the other; false after the last, or where the rest makes no sense. */
bool mr_modbus_identity_next(struct mr_modbus_identity_answer *a, uint8_t *id, struct mr_slice *value);

#endif
