/* enip_io.h - implicit (class 1) messages of a device's connections over UDP 2222, and the timeouts of all its connections.
 *
 * Source: The CIP Networks Library, Volume 1, 3-4 and 3-6; Volume 2, 2-6 and 3-4. The owner binds UDP MR_ENIP_IO_PORT, hands in
 * what arrives, and calls mr_enip_io_due() until it gives nothing no later than mr_enip_io_deadline() says, and after each
 * feed. */
#ifndef MR_PROTO_ENIP_IO_H
#define MR_PROTO_ENIP_IO_H

#include "proto/enip/enip_device.h"

/* A datagram to UDP 2222: what an originator sends to be consumed. */
void mr_enip_io_datagram(struct mr_enip_device *d, struct mr_enip_peer from, struct mr_slice in, mr_ns now);
/* Ends what has timed out; then the next datagram to send from UDP 2222, if one is due. `w` needs MR_ENIP_DATAGRAM_MAX bytes. */
bool mr_enip_io_due(struct mr_enip_device *d, mr_ns now, struct mr_enip_peer *to, struct mr_writer *w);
/* MR_NEVER_NS while there is no connection. */
mr_ns mr_enip_io_deadline(const struct mr_enip_device *d);
/* The network was lost, or the device restarts: all connections are gone. */
void mr_enip_io_reset(struct mr_enip_device *d);

#endif
