/* modbus_codec.c - MBAP header and framing: "MODBUS Messaging on TCP/IP Implementation Guide V1.0b", sections 3.1.2 and 3.1.3. */
#include "proto/modbus/modbus_codec.h"

#define LENGTH_END 6 /* bytes up to and with the length field; the length counts from there */

const char *mr_modbus_exception_text(uint8_t code)
{
    static const char *const text[] = {
        [MR_MODBUS_NO_EXCEPTION] = "no exception",
        [MR_MODBUS_ILLEGAL_FUNCTION] = "illegal function",
        [MR_MODBUS_ILLEGAL_ADDRESS] = "illegal data address",
        [MR_MODBUS_ILLEGAL_VALUE] = "illegal data value",
        [MR_MODBUS_DEVICE_FAILURE] = "server device failure",
        [MR_MODBUS_ACKNOWLEDGE] = "acknowledge",
        [MR_MODBUS_DEVICE_BUSY] = "server device busy",
        [MR_MODBUS_PARITY_ERROR] = "memory parity error",
        [MR_MODBUS_GATEWAY_PATH] = "gateway path unavailable",
        [MR_MODBUS_GATEWAY_TARGET] = "gateway target device failed to respond",
    };
    const char *t = code < sizeof text / sizeof text[0] ? text[code] : NULL;
    return t ? t : "unknown exception";
}

struct mr_modbus_adu mr_modbus_adu_decode(struct mr_slice adu)
{
    MR_ASSERT(adu.n > MR_MODBUS_HEADER);
    return (struct mr_modbus_adu){
        .transaction = (uint16_t)(adu.p[0] << 8 | adu.p[1]),
        .unit = adu.p[6],
        .pdu = mr_slice(adu.p + MR_MODBUS_HEADER, adu.n - MR_MODBUS_HEADER),
    };
}

void mr_modbus_header_encode(struct mr_writer *w, uint16_t transaction, uint8_t unit, size_t pdu_bytes)
{
    mr_write_u16be(w, transaction);
    mr_write_u16be(w, 0);
    mr_write_u16be(w, (uint16_t)(pdu_bytes + 1));
    mr_write_u8(w, unit);
}

static const struct mr_field framer_fields[] = {
    MR_FIELD(struct mr_modbus_framer, n, MR_U32),
    MR_VARIABLE(struct mr_modbus_framer, buf, MR_U8, n),
};
const struct mr_type mr_modbus_framer_type = MR_TYPE("modbus_framer", struct mr_modbus_framer, framer_fields);

/* Length of the ADU whose first LENGTH_END bytes are given; 0 where there is none such. */
static size_t adu_length(const uint8_t *p)
{
    size_t length = (size_t)p[4] << 8 | p[5];
    bool modbus = p[2] == 0 && p[3] == 0;
    return modbus && length >= 2 && LENGTH_END + length <= MR_MODBUS_ADU_LONGEST ? LENGTH_END + length : 0;
}

size_t mr_modbus_framer_needs(const struct mr_modbus_framer *f)
{
    size_t whole = f->n == 0 ? 0 : (f->n < LENGTH_END ? MR_MODBUS_HEADER + 1 : adu_length(f->buf));
    return whole > f->n ? whole - f->n : 0;
}

static void keep(struct mr_modbus_framer *f, size_t want, struct mr_slice in, size_t *used)
{
    size_t n = want - f->n;
    if (n > in.n - *used) {
        n = in.n - *used;
    }
    if (n > 0) {
        memcpy(f->buf + f->n, in.p + *used, n);
    }
    f->n += (uint32_t)n;
    *used += n;
}

enum mr_modbus_framing mr_modbus_framer_take(struct mr_modbus_framer *f, struct mr_slice in, size_t *used, struct mr_slice *adu)
{
    if (f->n == 0 && in.n - *used >= LENGTH_END) { /* the usual case: nothing is copied */
        size_t length = adu_length(in.p + *used);
        if (length == 0) {
            return MR_MODBUS_FRAME_BAD;
        }
        if (in.n - *used >= length) {
            *adu = mr_slice(in.p + *used, length);
            *used += length;
            return MR_MODBUS_FRAME;
        }
    }
    if (f->n < LENGTH_END) {
        keep(f, LENGTH_END, in, used);
        if (f->n < LENGTH_END) {
            return MR_MODBUS_FRAME_MORE;
        }
    }
    size_t length = adu_length(f->buf);
    if (length < f->n) { /* 0, or more was kept than there is: a damaged snapshot */
        return MR_MODBUS_FRAME_BAD;
    }
    keep(f, length, in, used);
    if (f->n < length) {
        return MR_MODBUS_FRAME_MORE;
    }
    *adu = mr_slice(f->buf, length);
    f->n = 0;
    return MR_MODBUS_FRAME;
}
