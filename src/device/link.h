/* link.h - a client that stays connected to one device, reads the same places again and again, and writes now and then: what a
 * station polls with, and how one PLC reads another. It speaks whatever protocol it is given (peer.h), and knows nothing but what
 * came over the wire. */
#ifndef MR_DEVICE_LINK_H
#define MR_DEVICE_LINK_H

#include "device/env.h"
#include "device/peer.h"

struct mr_link_owner {
    void *ctx;
    /* Place number `place` has this value now; `good` false: the device calls it invalid. */
    void (*value)(void *ctx, size_t place, double value, bool good);
    /* All that was told since `since` is still so. */
    void (*stands)(void *ctx, mr_ns since);
    /* A write has been answered: MR_OK, MR_E_DENIED, MR_E_TIMEOUT, MR_E_CLOSED. NULL for who writes nothing. */
    void (*written)(void *ctx, uint32_t token, enum mr_err err);
};

struct mr_links;
struct mr_links *mr_links_create(struct mr_env *env, uint16_t max);
/* From node `node` to a device by one of its protocols, every `every`. `places` must outlive it. UINT16_MAX where the arena is
 * full, or a place is out of reach. */
uint16_t mr_link_add(struct mr_links *all, const struct mr_link_owner *owner, uint16_t node, const struct mr_device *to,
                     enum mr_serve_kind over, mr_ns every, const struct mr_place *places, size_t n);
/* Begins all: first rounds are spread over their period. */
void mr_links_start(struct mr_links *all);
/* Writes a place of the device. MR_E_CLOSED where the link is down, MR_E_BUSY where a round of reads fills it: try again
 * shortly. */
enum mr_err mr_link_write(struct mr_links *all, uint16_t link, const struct mr_place *place, double value, uint32_t token);
void mr_links_reset(struct mr_links *all);

#endif
