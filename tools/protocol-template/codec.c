/* @name@_codec.c - framing. */
#include "proto/@name@/@name@_codec.h"

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_@name@_framer, n, MR_U32),
    MR_VARIABLE(struct mr_@name@_framer, buf, MR_U8, n),
};
const struct mr_type mr_@name@_framer_type = MR_TYPE("@name@_framer", struct mr_@name@_framer, fields);

/* Bytes of the whole message, as far as its beginning tells; 0 where there is none such. */
static size_t message_length(const struct mr_@name@_framer *f)
{
    if (f->n < MR_@NAME@_HEADER) {
        return MR_@NAME@_HEADER;
    }
    size_t payload = (size_t)f->buf[0] << 8 | f->buf[1];
    return payload <= MR_@NAME@_PAYLOAD_MAX ? MR_@NAME@_HEADER + payload : 0;
}

size_t mr_@name@_framer_needs(const struct mr_@name@_framer *f)
{
    size_t whole = f->n == 0 ? 0 : message_length(f);
    return whole > f->n ? whole - f->n : 0;
}

enum mr_@name@_framing mr_@name@_framer_take(struct mr_@name@_framer *f, struct mr_slice in, size_t *used, struct mr_slice *payload)
{
    for (;;) {
        size_t whole = message_length(f);
        if (whole < f->n || whole == 0) {
            return MR_@NAME@_FRAME_BAD;
        }
        if (f->n >= MR_@NAME@_HEADER && f->n == whole) {
            *payload = mr_slice(f->buf + MR_@NAME@_HEADER, whole - MR_@NAME@_HEADER);
            f->n = 0;
            return MR_@NAME@_FRAME;
        }
        size_t n = whole - f->n < in.n - *used ? whole - f->n : in.n - *used;
        if (n == 0) {
            return MR_@NAME@_FRAME_MORE;
        }
        memcpy(f->buf + f->n, in.p + *used, n);
        f->n += (uint32_t)n;
        *used += n;
    }
}

void mr_@name@_message_encode(struct mr_writer *w, struct mr_slice payload)
{
    mr_write_u16be(w, (uint16_t)payload.n);
    mr_write_bytes(w, payload);
}
