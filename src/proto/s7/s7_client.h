/* s7_client.h - one connection of an S7comm client, in the shape of proto/session.h. It connects by itself (COTP, setup of
 * communication); then one request is under way at a time. */
#ifndef MR_PROTO_S7_CLIENT_H
#define MR_PROTO_S7_CLIENT_H

#include "proto/s7/s7_codec.h"
#include "proto/session.h"

/* How to connect; content. */
struct mr_s7_route {
    uint16_t local_tsap, remote_tsap; /* 0x0100; 0x0100 plus kind of connection in the high byte, rack and slot in the low one */
    uint16_t pdu_size;                /* wished for */
    mr_ns timeout;                    /* of the connection and of each request */
};

enum mr_s7_outcome {
    MR_S7_READY, /* connected: requests may follow */
    MR_S7_DONE,
    MR_S7_WANTED,  /* of a download: the station wants the next piece, mr_s7_client_give() */
    MR_S7_REFUSED, /* `error` says why */
    MR_S7_TIMEOUT,
    MR_S7_LOST,    /* the connection was closed before */
    MR_S7_GARBLED, /* what came is no answer to this */
};
/* Slices are valid until the next feed. */
struct mr_s7_result {
    enum mr_s7_outcome outcome;
    uint32_t token; /* of the request */
    uint16_t error;
    struct mr_slice parameters, data; /* of the answer */
    struct mr_slice list;             /* piece of a status list */
    bool more;                        /* and there are more: mr_s7_client_list_more() */
};

struct mr_s7_client {
    const struct mr_s7_route *route; /* content, set by init */
    /* state */
    uint8_t state;
    uint8_t outcome;
    uint8_t sequence; /* of a list in pieces, as the server numbers it */
    bool downloads;   /* the request under way is a download, which the station itself ends */
    uint16_t asked;   /* its job's reference */
    uint16_t verdict; /* and what it said at the end */
    uint16_t reference;
    uint16_t pdu_size; /* agreed */
    uint32_t token;
    mr_ns until;
    struct mr_s7_framer in;
    uint32_t nanswer;
    uint8_t answer[MR_S7_PDU_MAX];
    uint32_t nout;
    uint8_t out[MR_S7_PACKET_MAX];
};
extern const struct mr_type mr_s7_client_type;
extern const struct mr_session_ops mr_s7_client_ops;

void mr_s7_client_init(struct mr_s7_client *c, const struct mr_s7_route *route);
/* A TCP connection is there: begins to connect. MR_S7_READY comes out of next(). */
void mr_s7_client_open(struct mr_s7_client *c, mr_ns now);
/* The TCP connection has ended. */
void mr_s7_client_close(struct mr_s7_client *c);

/* All requests: MR_E_BUSY where one is under way or there is no connection, MR_E_INVALID where it does not fit the
 * agreed PDU or has more than MR_S7_ITEMS_MAX items. */
enum mr_err mr_s7_client_read(struct mr_s7_client *c, const struct mr_s7_item *items, size_t n, uint32_t token, mr_ns now);
/* values[i]: the bytes of items[i], in S7's order; of a bit, one byte 0 or 1. */
enum mr_err mr_s7_client_write(struct mr_s7_client *c, const struct mr_s7_item *items, const struct mr_slice *values, size_t n,
                               uint32_t token, mr_ns now);
enum mr_err mr_s7_client_stop(struct mr_s7_client *c, uint32_t token, mr_ns now);
enum mr_err mr_s7_client_start(struct mr_s7_client *c, uint32_t token, mr_ns now);
enum mr_err mr_s7_client_list(struct mr_s7_client *c, uint16_t id, uint16_t index, uint32_t token, mr_ns now);
enum mr_err mr_s7_client_list_more(struct mr_s7_client *c, uint32_t token, mr_ns now);
enum mr_err mr_s7_client_login(struct mr_s7_client *c, const char *password, uint32_t token, mr_ns now);
enum mr_err mr_s7_client_read_clock(struct mr_s7_client *c, uint32_t token, mr_ns now);

/* Blocks; `type` is enum mr_s7_block_type (s7_program.h). The answers to these four are lists: r.list, four bytes a block. */
enum mr_err mr_s7_client_count_blocks(struct mr_s7_client *c, uint32_t token, mr_ns now);
enum mr_err mr_s7_client_list_blocks(struct mr_s7_client *c, uint8_t type, uint32_t token, mr_ns now);
enum mr_err mr_s7_client_more_blocks(struct mr_s7_client *c, uint32_t token, mr_ns now);
enum mr_err mr_s7_client_block_info(struct mr_s7_client *c, uint8_t type, uint16_t number, uint32_t token, mr_ns now);
/* Upload: begin, go on as long as mr_s7_client_piece() says so, end. */
enum mr_err mr_s7_client_start_upload(struct mr_s7_client *c, uint8_t type, uint16_t number, uint32_t token, mr_ns now);
enum mr_err mr_s7_client_upload(struct mr_s7_client *c, uint32_t token, mr_ns now);
enum mr_err mr_s7_client_end_upload(struct mr_s7_client *c, uint32_t token, mr_ns now);
bool mr_s7_client_piece(const struct mr_s7_result *r, struct mr_slice *piece, bool *more);
/* Download of a container of `bytes` bytes whose body has `code`: each MR_S7_WANTED is to be followed by give(), with at most
 * mr_s7_client_piece_max() bytes. MR_S7_DONE at the end: the block waits for insert(). */
enum mr_err mr_s7_client_download(struct mr_s7_client *c, uint8_t type, uint16_t number, uint32_t bytes, uint32_t code,
                                  uint32_t token, mr_ns now);
enum mr_err mr_s7_client_give(struct mr_s7_client *c, struct mr_slice piece, bool more, mr_ns now);
size_t mr_s7_client_piece_max(const struct mr_s7_client *c);
enum mr_err mr_s7_client_insert(struct mr_s7_client *c, uint8_t type, uint16_t number, uint32_t token, mr_ns now);
enum mr_err mr_s7_client_delete(struct mr_s7_client *c, uint8_t type, uint16_t number, uint32_t token, mr_ns now);
/* Any PDU, right or wrong, with its own reference. */
enum mr_err mr_s7_client_raw(struct mr_s7_client *c, struct mr_slice pdu, uint32_t token, mr_ns now);

/* The items of a read's answer, one after the other: `code` (enum mr_s7_return) and value. False after the last, or where the
 * rest makes no sense. Of a write's answer, `data` has one code a byte. */
bool mr_s7_next_value(struct mr_reader *data, uint8_t *code, struct mr_slice *value);

struct mr_feed mr_s7_client_feed(struct mr_s7_client *c, struct mr_slice in, mr_ns now);
bool mr_s7_client_next(struct mr_s7_client *c, struct mr_s7_result *r);
bool mr_s7_client_output(struct mr_s7_client *c, struct mr_writer *w);
mr_ns mr_s7_client_deadline(const struct mr_s7_client *c);
void mr_s7_client_tick(struct mr_s7_client *c, mr_ns now);
/* The connection is of no more use. */
bool mr_s7_client_finished(const struct mr_s7_client *c);

#endif
