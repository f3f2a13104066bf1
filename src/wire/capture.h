/* capture.h - what crosses each zone, as pcapng files in captures/: ZONE-0001.pcapng and so on, rotated, within a quota.
 *
 * On a real network the frames come from the zones' monitoring ports through one packet socket, read a few times a second; in
 * loopback they come from core. */
#ifndef MR_WIRE_CAPTURE_H
#define MR_WIRE_CAPTURE_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/time.h"
#include "net/topology.h"
#include "wire/netns.h"

struct mr_capture;

/* `netns` NULL: frames are given by mr_capture_frame. NULL where it cannot be. */
struct mr_capture *mr_capture_open(struct mr_netns *netns, const struct mr_topology *topology);
void mr_capture_close(struct mr_capture *c);
/* Takes what the monitoring ports have seen. */
void mr_capture_drain(struct mr_capture *c);
void mr_capture_frame(struct mr_capture *c, uint16_t zone, int64_t unix_ns, struct mr_slice frame);
/* What is buffered, to the files. */
void mr_capture_flush(struct mr_capture *c);
uint64_t mr_capture_dropped(const struct mr_capture *c);

#endif
