/* link_map.h - where places of a controller's image are found over Modbus: the default map of modbus_unit.h read backwards. */
#ifndef MR_DEVICE_LINK_MAP_H
#define MR_DEVICE_LINK_MAP_H

#include "image/image.h"
#include "proto/modbus/modbus_client.h"

#define MR_LINK_BLOCKS_MAX 32 /* reads of one round to one controller */

struct mr_link_block {
    enum mr_modbus_table table;
    uint16_t from, count;
};
/* In bits or registers; false where a place is not to be found. */
bool mr_link_locate(const struct mr_place *place, struct mr_link_block *out);
/* The value of a place out of a block that holds it. */
double mr_link_value(const struct mr_place *place, const struct mr_link_block *block, struct mr_slice data);
/* The request that reads a block: fills function, address and count. */
void mr_link_read_request(const struct mr_link_block *block, struct mr_modbus_request *r);
/* The request that writes a value to a place, in the form that its type has there, low word first: fills function, address, count
 * and up to four values. */
bool mr_link_write_request(const struct mr_place *place, double value, struct mr_modbus_request *r, uint16_t values[4]);
/* Blocks that hold all `n` places, as few as the tables allow; at most `cap`. The number, or 0 where they do not fit. */
size_t mr_link_plan(const struct mr_place *places, size_t n, uint16_t registers_max, struct mr_link_block *out, size_t cap);

#endif
