/* link.h - a Modbus client that stays connected to one controller, reads the same blocks again and again, and writes now and then:
 * what a station polls with, and how one PLC reads another. It knows nothing but what came over the wire. */
#ifndef MR_DEVICE_LINK_H
#define MR_DEVICE_LINK_H

#include "device/env.h"
#include "proto/modbus/modbus_client.h"

struct mr_link_block {
    enum mr_modbus_table table;
    uint16_t from, count;
};

struct mr_link_owner {
    /* A block was read (`data` by mr_modbus_register/_bit), or could not be (data empty). */
    void (*read)(void *ctx, uint16_t link, size_t block, struct mr_slice data);
    /* A write has been answered: MR_OK, MR_E_DENIED (exception), MR_E_TIMEOUT, MR_E_CLOSED. */
    void (*written)(void *ctx, uint16_t link, uint32_t token, enum mr_err err);
    void *ctx;
};

struct mr_links;
struct mr_links *mr_links_create(struct mr_env *env, uint16_t max);
/* From `node` to `to`, every `every`. `blocks` must outlive it. UINT16_MAX where the arena is full. */
uint16_t mr_link_add(struct mr_links *all, const struct mr_link_owner *owner, uint16_t node, struct mr_addr to, uint8_t unit,
                     mr_ns every, const struct mr_link_block *blocks, size_t nblocks);
/* Begins all: first rounds are spread over their period. */
void mr_links_start(struct mr_links *all);
/* Writes where `place` lies in the controller, in the form that its type has there: low word first. MR_E_CLOSED where the link is
 * down, MR_E_BUSY where a round of reads fills it: try again shortly. */
enum mr_err mr_link_write(struct mr_links *all, uint16_t link, const struct mr_place *place, double value, uint32_t token);
void mr_links_reset(struct mr_links *all);

#define MR_LINK_BLOCKS_MAX 32 /* reads of one round to one controller */
/* Where a place of the image is found over Modbus (the default map of modbus_unit.h), in bits or registers; false where it is not. */
bool mr_link_locate(const struct mr_place *place, struct mr_link_block *out);
/* The value of a place out of a block that holds it. */
double mr_link_value(const struct mr_place *place, const struct mr_link_block *block, struct mr_slice data);
/* The request that writes a value to a place: fills function, address, count and up to four values. */
bool mr_link_write_request(const struct mr_place *place, double value, struct mr_modbus_request *r, uint16_t values[4]);
/* Blocks that hold all `n` places, as few as the tables allow; at most `cap`. The number, or 0 where they do not fit. */
size_t mr_link_plan(const struct mr_place *places, size_t n, uint16_t registers_max, struct mr_link_block *out, size_t cap);

#endif
