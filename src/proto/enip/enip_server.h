/* enip_server.h - one TCP connection of an EtherNet/IP server, in the shape of proto/session.h, and the datagrams of the same
 * port.
 *
 * It answers from the process image while it is fed. The owner's loop: feed, then mr_enip_next_event() until there is none, then
 * output, and again while feed said MR_FEED_BLOCKED. */
#ifndef MR_PROTO_ENIP_SERVER_H
#define MR_PROTO_ENIP_SERVER_H

#include "proto/enip/enip_device.h"
#include "proto/session.h"

#define MR_ENIP_SERVER_BUFFER 576        /* an unconnected message, or a connected one of 511 bytes */
#define MR_ENIP_LARGE_WAIT    (5 * MR_S) /* for a longer one to be whole: its buffer is the device's, and others may want it */

struct mr_enip_server {
    struct mr_enip_device *device; /* content, set by init */
    /* state */
    mr_ns heard, begun;
    uint32_t client; /* IPv4, host byte order */
    uint32_t handle; /* of the registered session; 0 for none */
    uint32_t skip;   /* bytes of a message for which there was no buffer */
    uint16_t large;  /* of the device's long buffers the one in use, from 1; 0: its own */
    uint32_t n;
    bool live;
    bool closing;
    bool sending; /* what the buffer holds is output; else the beginning of a message */
    uint8_t buf[MR_ENIP_SERVER_BUFFER];
};
_Static_assert(MR_ENIP_SERVER_BUFFER >= MR_ENIP_ENVELOPE + MR_ENIP_UNCONNECTED_MAX + 20,
               "unconnected messages need no other buffer");
_Static_assert(sizeof(struct mr_enip_server) < 1024, "an idle connection costs well under 4 KiB");
extern const struct mr_type mr_enip_server_type;
extern const struct mr_session_ops mr_enip_server_ops;

void mr_enip_server_init(struct mr_enip_server *s, struct mr_enip_device *device);
void mr_enip_server_open(struct mr_enip_server *s, uint32_t client, mr_ns now);
/* The TCP connection has ended; so do the explicit connections opened over it. */
void mr_enip_server_close(struct mr_enip_server *s);

struct mr_feed mr_enip_server_feed(struct mr_enip_server *s, struct mr_slice in, mr_ns now);
bool mr_enip_server_next(struct mr_enip_server *s, struct mr_enip_event *ev); /* mr_enip_next_event() of its device */
bool mr_enip_server_output(struct mr_enip_server *s, struct mr_writer *w);
mr_ns mr_enip_server_deadline(const struct mr_enip_server *s);
void mr_enip_server_tick(struct mr_enip_server *s, mr_ns now);
bool mr_enip_server_finished(const struct mr_enip_server *s);

/* A datagram to UDP 44818 (list commands). True where `w` (MR_ENIP_DATAGRAM_MAX bytes) has the answer, for `from`. */
#define MR_ENIP_DATAGRAM_MAX 1472
bool mr_enip_server_datagram(struct mr_enip_device *d, struct mr_enip_peer from, struct mr_slice in, struct mr_writer *w);

#endif
