/* @name@_server.h - one connection of a @name@ server, in the shape of proto/session.h. As laid out, it echoes every message. */
#ifndef MR_PROTO_@NAME@_SERVER_H
#define MR_PROTO_@NAME@_SERVER_H

#include "proto/@name@/@name@_codec.h"
#include "proto/session.h"

#define MR_@NAME@_SERVER_OUT (2 * MR_@NAME@_MESSAGE_MAX)

struct mr_@name@_server {
    bool live;    /* a connection is open */
    bool closing; /* nothing more is read */
    uint32_t client;
    mr_ns begun; /* the first byte of the message in the framer */
    struct mr_@name@_framer in;
    uint32_t nout;
    uint8_t out[MR_@NAME@_SERVER_OUT];
};
extern const struct mr_type mr_@name@_server_type;
extern const struct mr_session_ops mr_@name@_server_ops;

/* A connection from `client` (IPv4, host byte order) begins. The pool's slot is free again after close. */
void mr_@name@_server_open(struct mr_@name@_server *s, uint32_t client, mr_ns now);
void mr_@name@_server_close(struct mr_@name@_server *s);

struct mr_feed mr_@name@_server_feed(struct mr_@name@_server *s, struct mr_slice in, mr_ns now);
bool mr_@name@_server_output(struct mr_@name@_server *s, struct mr_writer *w);
mr_ns mr_@name@_server_deadline(const struct mr_@name@_server *s);
void mr_@name@_server_tick(struct mr_@name@_server *s, mr_ns now);
bool mr_@name@_server_finished(const struct mr_@name@_server *s);

#endif
