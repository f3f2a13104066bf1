/* denials.h - packets that the router refused, told by the kernel (NFLOG), as network events: a flow that is refused again and
 * again once a second, and not more than MR_WIRE_DENIALS_PER_S in all. */
#ifndef MR_WIRE_DENIALS_H
#define MR_WIRE_DENIALS_H

#include "net/net.h"
#include "wire/netns.h"

#include <uv.h>

struct mr_denials;
typedef uint64_t mr_denials_fn(void *ctx, const struct mr_net_event *ev);

struct mr_denials *mr_denials_open(uv_loop_t *loop, struct mr_netns *netns, mr_denials_fn *event, void *ctx);
void mr_denials_close(struct mr_denials *d); /* the handle closes with the loop */
void mr_denials_free(struct mr_denials *d);

#endif
