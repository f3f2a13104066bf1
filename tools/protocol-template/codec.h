/* @name@_codec.h - what @name@ servers and clients share: numbers, limits, framing.
 *
 * Source: name here the standard and its clauses. As laid out, a message is a length (u16, big-endian) and that many bytes. */
#ifndef MR_PROTO_@NAME@_CODEC_H
#define MR_PROTO_@NAME@_CODEC_H

#include "base/bytes.h"
#include "base/state.h"

#define MR_@NAME@_HEADER      2
#define MR_@NAME@_PAYLOAD_MAX 254
#define MR_@NAME@_MESSAGE_MAX (MR_@NAME@_HEADER + MR_@NAME@_PAYLOAD_MAX)

/* Cuts a stream into messages. */
struct mr_@name@_framer {
    uint32_t n;
    uint8_t buf[MR_@NAME@_MESSAGE_MAX];
};
extern const struct mr_type mr_@name@_framer_type;

enum mr_@name@_framing { MR_@NAME@_FRAME, MR_@NAME@_FRAME_MORE, MR_@NAME@_FRAME_BAD };
/* Takes bytes from in[*used] on. *payload lies in the framer until the next call. */
enum mr_@name@_framing mr_@name@_framer_take(struct mr_@name@_framer *f, struct mr_slice in, size_t *used, struct mr_slice *payload);
/* How many bytes the message that has begun lacks, as far as is known; 0 where none has. */
size_t mr_@name@_framer_needs(const struct mr_@name@_framer *f);
void mr_@name@_message_encode(struct mr_writer *w, struct mr_slice payload);

#endif
