/* sockets.h - every socket of a site, in one event loop: listeners, connections, datagrams, pings and raw frames, each opened in
 * the namespace of its node; or, where core simulates the network (loopback), entry ports on 127.x.y.z.
 *
 * Memory is bounded: fixed pools, small kernel buffers, at most MR_NET_SEND_MAX bytes waiting on a connection, and nothing is
 * read from a client that does not take its answers. A connection's number is slot + generation, so a late request for a dead
 * one meets nobody. */
#ifndef MR_WIRE_SOCKETS_H
#define MR_WIRE_SOCKETS_H

#include "net/net_codec.h"
#include "wire/limits.h"
#include "wire/netns.h"

#include <uv.h>

struct mr_sockets;

/* What happened; returns the sequence number of the input that it has become. */
typedef uint64_t mr_sockets_event_fn(void *ctx, const struct mr_net_event *ev);

/* `netns` NULL: loopback, with `offset` added to ports. Pools are as large as a site with so many services needs. All outlive the
 * sockets. NULL where memory is short. */
struct mr_sockets *mr_sockets_create(uv_loop_t *loop, struct mr_netns *netns, const struct mr_topology *topology,
                                     uint32_t services, unsigned offset, mr_sockets_event_fn *event, void *ctx);
/* Closes everything at once. The memory is free for mr_sockets_free() when the loop has run the close callbacks. */
void mr_sockets_close(struct mr_sockets *s);
void mr_sockets_free(struct mr_sockets *s);

/* Carries a request out. What is refused at once (a port in use) is returned; what comes later is an event. */
enum mr_err mr_sockets_request(struct mr_sockets *s, const struct mr_net_request *q);
/* Core has worked through all inputs up to `seq`: connections whose clients have finished are closed behind the last answer. */
void mr_sockets_done(struct mr_sockets *s, uint64_t seq);
/* Closes the connection that an input belongs to (quarantine). */
void mr_sockets_drop(struct mr_sockets *s, mr_conn conn);
/* While core is behind nothing is read or accepted: clients wait in the kernel's small buffers. */
void mr_sockets_pause(struct mr_sockets *s, bool paused);
/* Once a second: time-outs. */
void mr_sockets_sweep(struct mr_sockets *s);
uint32_t mr_sockets_connections(const struct mr_sockets *s);
/* The address a service has for clients outside. */
uint32_t mr_sockets_entry_ip(uint32_t ip);

#endif
