/* modbus_rtu.c - where RTU frames end, and their CRC: serial line guide V1.02, sections 2.5.1.2 and 6.2.2 (appendix B). */
#include "proto/modbus/modbus_rtu.h"

#define CRC_BYTES 2

uint16_t mr_modbus_crc(struct mr_slice bytes)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < bytes.n; i++) {
        crc ^= bytes.p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xA001 : crc >> 1;
        }
    }
    return (uint16_t)crc;
}

void mr_modbus_rtu_finish(struct mr_writer *w, size_t begin)
{
    uint16_t crc = mr_modbus_crc(mr_slice(w->p + begin, w->n - begin));
    mr_write_u16le(w, crc);
}

/* Lengths of frames by function: a number of bytes with address and CRC, and where in the frame stands a count of bytes to be
 * added (0: nowhere). Functions without a row have no fixed form. */
struct form {
    uint8_t fixed;
    uint8_t count_at;
    uint8_t count_bytes;
};
static const struct form requests[MR_MODBUS_FUNCTIONS] = {
    [MR_MODBUS_READ_COILS] = {8, 0, 0},
    [MR_MODBUS_READ_DISCRETE_INPUTS] = {8, 0, 0},
    [MR_MODBUS_READ_HOLDING_REGISTERS] = {8, 0, 0},
    [MR_MODBUS_READ_INPUT_REGISTERS] = {8, 0, 0},
    [MR_MODBUS_WRITE_COIL] = {8, 0, 0},
    [MR_MODBUS_WRITE_REGISTER] = {8, 0, 0},
    [MR_MODBUS_READ_EXCEPTION_STATUS] = {4, 0, 0},
    [MR_MODBUS_DIAGNOSTICS] = {8, 0, 0}, /* subfunction 0 may have more than a word of data: then it is taken for two frames */
    [MR_MODBUS_EVENT_COUNTER] = {4, 0, 0},
    [MR_MODBUS_EVENT_LOG] = {4, 0, 0},
    [MR_MODBUS_WRITE_COILS] = {9, 6, 1},
    [MR_MODBUS_WRITE_REGISTERS] = {9, 6, 1},
    [MR_MODBUS_REPORT_SERVER_ID] = {4, 0, 0},
    [MR_MODBUS_READ_FILE] = {5, 2, 1},
    [MR_MODBUS_WRITE_FILE] = {5, 2, 1},
    [MR_MODBUS_MASK_WRITE_REGISTER] = {10, 0, 0},
    [MR_MODBUS_EXCHANGE_REGISTERS] = {13, 10, 1},
    [MR_MODBUS_READ_FIFO] = {6, 0, 0},
};
static const struct form answers[MR_MODBUS_FUNCTIONS] = {
    [MR_MODBUS_READ_COILS] = {5, 2, 1},
    [MR_MODBUS_READ_DISCRETE_INPUTS] = {5, 2, 1},
    [MR_MODBUS_READ_HOLDING_REGISTERS] = {5, 2, 1},
    [MR_MODBUS_READ_INPUT_REGISTERS] = {5, 2, 1},
    [MR_MODBUS_WRITE_COIL] = {8, 0, 0},
    [MR_MODBUS_WRITE_REGISTER] = {8, 0, 0},
    [MR_MODBUS_READ_EXCEPTION_STATUS] = {5, 0, 0},
    [MR_MODBUS_DIAGNOSTICS] = {8, 0, 0},
    [MR_MODBUS_EVENT_COUNTER] = {8, 0, 0},
    [MR_MODBUS_EVENT_LOG] = {5, 2, 1},
    [MR_MODBUS_WRITE_COILS] = {8, 0, 0},
    [MR_MODBUS_WRITE_REGISTERS] = {8, 0, 0},
    [MR_MODBUS_REPORT_SERVER_ID] = {5, 2, 1},
    [MR_MODBUS_READ_FILE] = {5, 2, 1},
    [MR_MODBUS_WRITE_FILE] = {5, 2, 1},
    [MR_MODBUS_MASK_WRITE_REGISTER] = {10, 0, 0},
    [MR_MODBUS_EXCHANGE_REGISTERS] = {5, 2, 1},
    [MR_MODBUS_READ_FIFO] = {6, 2, 2},
};
static const struct form exception = {5, 0, 0};

/* How many bytes the frame that begins so has at least; *known where it has just as many. */
static size_t wanted(const struct form *forms, bool is_answer, const uint8_t *p, size_t n, bool *known)
{
    *known = false;
    if (n < 2) {
        return 2;
    }
    const struct form *f = p[1] < MR_MODBUS_FUNCTIONS ? &forms[p[1]] : &(const struct form){0, 0, 0};
    f = is_answer && (p[1] & MR_MODBUS_EXCEPTION_FLAG) != 0 ? &exception : f;
    size_t counted = (size_t)f->count_at + f->count_bytes;
    if (f->fixed == 0) { /* as long as it takes until the CRC agrees */
        *known = n >= MR_MODBUS_RTU_MIN && mr_modbus_crc(mr_slice(p, n)) == 0;
        return *known ? n : n + 1;
    }
    if (n < counted) {
        return counted;
    }
    *known = true;
    size_t count = f->count_bytes == 0   ? 0
                   : f->count_bytes == 1 ? p[f->count_at]
                                         : (size_t)p[f->count_at] << 8 | p[f->count_at + 1];
    return f->fixed + count;
}

static enum mr_modbus_framing take(struct mr_modbus_framer *f, const struct form *forms, bool is_answer, struct mr_slice in,
                                   size_t *used, struct mr_slice *frame)
{
    for (;;) {
        bool known;
        size_t want = wanted(forms, is_answer, f->buf, f->n, &known);
        if (want > MR_MODBUS_RTU_MAX || want < f->n) { /* the latter in a damaged snapshot only */
            return MR_MODBUS_FRAME_BAD;
        }
        if (known && want == f->n) {
            *frame = mr_slice(f->buf, f->n);
            f->n = 0;
            return MR_MODBUS_FRAME;
        }
        size_t n = want - f->n < in.n - *used ? want - f->n : in.n - *used;
        if (n == 0) {
            return MR_MODBUS_FRAME_MORE;
        }
        memcpy(f->buf + f->n, in.p + *used, n);
        f->n += (uint32_t)n;
        *used += n;
    }
}

size_t mr_modbus_rtu_needs(const struct mr_modbus_framer *f)
{
    bool known;
    size_t want = f->n == 0 ? 0 : wanted(requests, false, f->buf, f->n, &known);
    return want > f->n ? want - f->n : 0;
}

enum mr_modbus_framing mr_modbus_rtu_take_request(struct mr_modbus_framer *f, struct mr_slice in, size_t *used,
                                                  struct mr_slice *frame)
{
    return take(f, requests, false, in, used, frame);
}

enum mr_modbus_framing mr_modbus_rtu_take_answer(struct mr_modbus_framer *f, struct mr_slice in, size_t *used,
                                                 struct mr_slice *frame)
{
    return take(f, answers, true, in, used, frame);
}
