#include "site/channel.h"

#define HEAD 5 /* length and kind */

size_t mr_message_begin(struct mr_writer *w, enum mr_message_kind kind)
{
    size_t at = w->n;
    mr_write_u32le(w, 0);
    mr_write_u8(w, (uint8_t)kind);
    return at;
}

void mr_message_end(struct mr_writer *w, size_t at)
{
    if (!w->full) {
        mr_patch_u32le(w, at, (uint32_t)(w->n - at - 4));
    }
}

enum mr_err mr_message_next(struct mr_slice in, enum mr_message_kind *kind, struct mr_slice *payload, size_t *used)
{
    struct mr_reader r = mr_reader(in);
    uint32_t length = mr_read_u32le(&r);
    if (r.bad) {
        return MR_E_TRUNCATED;
    }
    if (length < HEAD - 4 || length > MR_MESSAGE_MAX) {
        return MR_E_MALFORMED;
    }
    uint8_t k = mr_read_u8(&r);
    if (!r.bad && (k == 0 || k >= MR_MESSAGE_KINDS)) {
        return MR_E_MALFORMED;
    }
    struct mr_slice body = mr_read_bytes(&r, length - 1);
    if (r.bad) {
        return MR_E_TRUNCATED;
    }
    *kind = (enum mr_message_kind)k;
    *payload = body;
    *used = r.at;
    return MR_OK;
}
