/* conntrack.h - the flows that crossed the router, told apart as Linux's nf_conntrack does (its documentation and observed
 * behaviour): a flow exists once its first packet has passed the firewall; the answer makes it established; an ICMP error that
 * quotes it is related. TCP's flags must fit the flow's state; sequence numbers are not looked at (the hosts do that). */
#ifndef MR_NET_CONNTRACK_H
#define MR_NET_CONNTRACK_H

#include "base/arena.h"
#include "net/firewall.h"
#include "net/frame.h"

struct mr_conntrack;

/* NULL where the arena is full. */
struct mr_conntrack *mr_conntrack_create(struct mr_arena *arena, uint32_t flows);

/* Places a packet; an entry it belongs to advances. `payload` is for ICMP errors' quotes. */
struct mr_fw_packet mr_conntrack_see(struct mr_conntrack *ct, const struct mr_frame *f, struct mr_slice payload, mr_ns now);
/* A packet seen as NEW may pass: its flow exists from now on. False where the table is full (the packet is dropped then). */
bool mr_conntrack_commit(struct mr_conntrack *ct, const struct mr_flow *flow, mr_ns now);

uint32_t mr_conntrack_used(const struct mr_conntrack *ct);
enum mr_err mr_conntrack_check(const struct mr_conntrack *ct); /* after a load: MR_OK or MR_E_CORRUPT */

#endif
