/* modbus_server.h - one connection of a Modbus server, Modbus/TCP or RTU frames over TCP, in the shape of proto/session.h.
 *
 * It answers from the process image while it is fed; reply() is not needed. Pipelined requests are answered in their order.
 * The owner's loop:  feed, then next until there is none, then output, and again while feed said MR_FEED_BLOCKED. */
#ifndef MR_PROTO_MODBUS_SERVER_H
#define MR_PROTO_MODBUS_SERVER_H

#include "proto/modbus/modbus_unit.h"
#include "proto/session.h"

#define MR_MODBUS_SERVER_OUT    (2 * MR_MODBUS_ADU_MAX)
#define MR_MODBUS_SERVER_EVENTS 8

struct mr_modbus_server {
    /* content, set by init */
    const struct mr_modbus_unit *units;
    uint32_t nunits;
    /* state */
    bool live;    /* a connection is open */
    bool closing; /* nothing more is read */
    uint32_t client;
    mr_ns heard; /* the last request, or the opening */
    mr_ns begun; /* the first byte of the request in the framer */
    struct mr_modbus_framer in;
    uint32_t nout;
    uint8_t out[MR_MODBUS_SERVER_OUT];
    uint32_t nevents;
    struct mr_modbus_event events[MR_MODBUS_SERVER_EVENTS];
};
_Static_assert(sizeof(struct mr_modbus_server) <= 1024, "thousands of idle connections are held");
extern const struct mr_type mr_modbus_server_type;
extern const struct mr_session_ops mr_modbus_server_ops;
/* The same session with RTU frames. Of these, what no unit admits is not answered, nor is a broadcast (address 0), which every
 * unit carries out; a wrong CRC is counted and the frame dropped. */
extern const struct mr_session_ops mr_modbus_rtu_server_ops;

/* When the site is built: the units (one for a plain device, more for a gateway) must outlive the session. */
void mr_modbus_server_init(struct mr_modbus_server *s, const struct mr_modbus_unit *units, uint32_t nunits);
/* A connection from `client` (IPv4, host byte order) begins. The pool's slot is free again after mr_modbus_server_close(). */
void mr_modbus_server_open(struct mr_modbus_server *s, uint32_t client, mr_ns now);
void mr_modbus_server_close(struct mr_modbus_server *s);

struct mr_feed mr_modbus_server_feed(struct mr_modbus_server *s, struct mr_slice in, mr_ns now);
struct mr_feed mr_modbus_rtu_server_feed(struct mr_modbus_server *s, struct mr_slice in, mr_ns now);
/* As mr_modbus_server_feed(), but answers go straight into `w`, as long as it has MR_MODBUS_ADU_MAX bytes free; what output()
 * holds goes before. */
struct mr_feed mr_modbus_server_serve(struct mr_modbus_server *s, struct mr_slice in, mr_ns now, struct mr_writer *w);
bool mr_modbus_server_next(struct mr_modbus_server *s, struct mr_modbus_event *ev);
bool mr_modbus_server_output(struct mr_modbus_server *s, struct mr_writer *w);
mr_ns mr_modbus_server_deadline(const struct mr_modbus_server *s);
void mr_modbus_server_tick(struct mr_modbus_server *s, mr_ns now);
bool mr_modbus_server_finished(const struct mr_modbus_server *s);

#endif
