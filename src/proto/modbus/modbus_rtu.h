/* modbus_rtu.h - RTU frames in a TCP stream, as serial device servers pass them on: address, PDU, CRC.
 *
 * Source: "MODBUS over Serial Line Specification and Implementation Guide V1.02" (2006), section 2.5.1. On a line a frame ends
 * with a silence; a stream has none, so here its function says how long it is. Where that does not (functions without a fixed
 * form), the frame ends with the first two bytes that are the CRC of those before them. */
#ifndef MR_PROTO_MODBUS_RTU_H
#define MR_PROTO_MODBUS_RTU_H

#include "proto/modbus/modbus_codec.h"

#define MR_MODBUS_RTU_MIN       4   /* address, function, CRC */
#define MR_MODBUS_RTU_MAX       256 /* address, PDU, CRC */
#define MR_MODBUS_RTU_BROADCAST 0   /* address: carried out by all, answered by none */

/* CRC-16 with polynomial 0xA001 (reflected), begun with 0xFFFF; 0 over a frame with its own. */
uint16_t mr_modbus_crc(struct mr_slice bytes);
/* Appends the CRC of what `w` has from `begin` on. */
void mr_modbus_rtu_finish(struct mr_writer *w, size_t begin);

/* As mr_modbus_framer_take(), for the frames that a server gets and those that a client gets. The CRC is for the caller to check;
 * BAD where MR_MODBUS_RTU_MAX bytes hold no end. */
enum mr_modbus_framing mr_modbus_rtu_take_request(struct mr_modbus_framer *f, struct mr_slice in, size_t *used,
                                                  struct mr_slice *frame);
enum mr_modbus_framing mr_modbus_rtu_take_answer(struct mr_modbus_framer *f, struct mr_slice in, size_t *used,
                                                 struct mr_slice *frame);
/* How many bytes the request that has begun lacks at least. */
size_t mr_modbus_rtu_needs(const struct mr_modbus_framer *f);
static inline struct mr_slice mr_modbus_rtu_pdu(struct mr_slice frame)
{
    return mr_slice(frame.p + 1, frame.n - 3);
}

#endif
