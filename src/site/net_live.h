/* net_live.h - the network where wire holds the sockets: requests become messages, events come back as inputs. It has no
 * state. */
#ifndef MR_SITE_NET_LIVE_H
#define MR_SITE_NET_LIVE_H

#include "net/net_codec.h"

struct mr_net_live {
    struct mr_net net; /* first: the interface */
    void (*request)(void *ctx, const struct mr_net_request *q);
    void *ctx;
};
void mr_net_live_init(struct mr_net_live *n, void (*request)(void *ctx, const struct mr_net_request *q), void *ctx);

#endif
