/* enip_client.h - one TCP connection of an EtherNet/IP client, in the shape of proto/session.h. It registers by itself and, where
 * its route asks for that, opens an explicit connection; then one request is under way at a time. */
#ifndef MR_PROTO_ENIP_CLIENT_H
#define MR_PROTO_ENIP_CLIENT_H

#include "image/image.h"
#include "proto/enip/cip_codec.h"
#include "proto/enip/enip_codec.h"
#include "proto/session.h"

/* How to connect; content. */
struct mr_enip_route {
    bool connected; /* requests go over a class 3 connection; otherwise unconnected */
    bool chassis;   /* through the backplane to `slot`; otherwise to the device itself */
    uint8_t slot;
    uint16_t size;   /* of the connection; over 511 by Large Forward Open */
    uint16_t vendor; /* with the serial number, what names an originator */
    uint32_t serial;
    mr_ns timeout; /* of the connection and of each request */
};

enum mr_enip_outcome {
    MR_ENIP_READY, /* connected: requests may follow */
    MR_ENIP_DONE,
    MR_ENIP_REFUSED, /* `status` and `extended`, or `error` of the encapsulation, say why */
    MR_ENIP_TIMEOUT,
    MR_ENIP_LOST,    /* the connection was closed before */
    MR_ENIP_GARBLED, /* what came is no answer to this */
};
/* Slices are valid until the next feed or request. */
struct mr_enip_result {
    enum mr_enip_outcome outcome;
    uint32_t token;
    uint32_t error; /* enum mr_enip_status */
    uint8_t status; /* enum mr_cip_status; MR_CIP_PARTIAL counts as done */
    uint16_t extended;
    uint8_t service;
    struct mr_slice data; /* of the answer; of a list command, its items */
};

struct mr_enip_client {
    const struct mr_enip_route *route; /* content, set by init */
    /* state */
    uint8_t state;
    uint8_t outcome;
    uint8_t service;
    uint32_t token;
    uint32_t session;
    uint32_t o_t_id, t_o_id; /* of the explicit connection */
    uint16_t sequence;
    uint16_t connections; /* opened so far: their serial numbers */
    bool used;            /* what is in `in` is a message that has been looked at */
    uint64_t context;
    mr_ns until;
    uint32_t nin;
    uint8_t in[MR_ENIP_MESSAGE_MAX];
    uint32_t nout;
    uint8_t out[MR_ENIP_MESSAGE_MAX];
};
extern const struct mr_type mr_enip_client_type;
extern const struct mr_session_ops mr_enip_client_ops;

void mr_enip_client_init(struct mr_enip_client *c, const struct mr_enip_route *route);
/* A TCP connection is there: begins to register. MR_ENIP_READY comes out of next(). */
void mr_enip_client_open(struct mr_enip_client *c, mr_ns now);
/* The TCP connection has ended. */
void mr_enip_client_close(struct mr_enip_client *c);

/* All requests: MR_E_BUSY where one is under way or there is no session, MR_E_INVALID where it does not fit or a name is none. */
enum mr_err mr_enip_client_identity(struct mr_enip_client *c, uint32_t token, mr_ns now); /* List Identity */
/* `count` elements of each of `n` tags, in one Multiple Service Packet where they are several. */
enum mr_err mr_enip_client_read(struct mr_enip_client *c, const char *const *tags, size_t n, uint16_t count, uint32_t token,
                                mr_ns now);
enum mr_err mr_enip_client_write(struct mr_enip_client *c, const char *tag, uint16_t type, uint16_t count, struct mr_slice value,
                                 uint32_t token, mr_ns now);
/* Sets one bit of an integer tag, by Read-Modify-Write; `bytes` of its type. */
enum mr_err mr_enip_client_write_bit(struct mr_enip_client *c, const char *tag, uint8_t bytes, uint8_t bit, bool on,
                                     uint32_t token, mr_ns now);
/* Symbols of the controller (`program` NULL) or a program, from an instance on: a page of them. */
enum mr_err mr_enip_client_browse(struct mr_enip_client *c, const char *program, uint32_t from, uint32_t token, mr_ns now);
enum mr_err mr_enip_client_get(struct mr_enip_client *c, uint16_t class_id, uint32_t instance, uint16_t attribute, uint32_t token,
                               mr_ns now);
enum mr_err mr_enip_client_set(struct mr_enip_client *c, uint16_t class_id, uint32_t instance, uint16_t attribute,
                               struct mr_slice value, uint32_t token, mr_ns now);
/* Run or program mode of a Logix controller. */
enum mr_err mr_enip_client_mode(struct mr_enip_client *c, bool run, uint32_t token, mr_ns now);
enum mr_err mr_enip_client_reset(struct mr_enip_client *c, uint8_t type, uint32_t token, mr_ns now);
/* Any service, right or wrong; to the object itself, not through the connection, where `unconnected`. */
enum mr_err mr_enip_client_raw(struct mr_enip_client *c, struct mr_slice cip, bool unconnected, uint32_t token, mr_ns now);

/* One value of a read: its type, and its bytes. `data` is an answer's to a single tag. */
bool mr_enip_value(struct mr_slice data, uint16_t *type, struct mr_slice *value);
/* The answers within an answer to several tags, one after the other. `i` counts from 0; false after the last. */
bool mr_enip_next_answer(struct mr_slice data, size_t i, struct mr_cip_answer *a);
/* The symbols in a page of browsing. */
struct mr_enip_symbol {
    uint32_t instance;
    struct mr_slice name;
    uint16_t type; /* symbol type: bits 13 and 14 say how many dimensions, 15 a structure, 12 one of the system's */
};
bool mr_enip_next_symbol(struct mr_reader *data, struct mr_enip_symbol *s);

struct mr_feed mr_enip_client_feed(struct mr_enip_client *c, struct mr_slice in, mr_ns now);
bool mr_enip_client_next(struct mr_enip_client *c, struct mr_enip_result *r);
bool mr_enip_client_output(struct mr_enip_client *c, struct mr_writer *w);
mr_ns mr_enip_client_deadline(const struct mr_enip_client *c);
void mr_enip_client_tick(struct mr_enip_client *c, mr_ns now);
/* The connection is of no more use. */
bool mr_enip_client_finished(const struct mr_enip_client *c);

#endif
