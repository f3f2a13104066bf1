/* journal_reader.c - see journal.h for the format. Bytes are kept until their block is whole, checked, and unpacked; so nothing
 * of a damaged block is ever seen. */
#include "sim/journal_format.h"

#include <stdlib.h>
#include <zstd.h>

struct mr_journal_reader {
    ZSTD_DCtx *z;
    uint8_t *in; /* fed bytes not used yet */
    size_t nin, cap_in, at_in;
    uint8_t *raw; /* unpacked entries of the current block */
    size_t nraw, at_raw;
    uint8_t *head; /* the record's header, for the reader's life */
    struct mr_journal_header header;
    uint8_t hash[MR_JOURNAL_HASH];
    uint64_t seq, good;
    mr_ns last;
    enum mr_err failed;
    bool have_header;
    bool need_frame; /* the next block must begin one: nothing before it was read */
};

struct mr_journal_reader *mr_journal_reader_create(void)
{
    struct mr_journal_reader *r = calloc(1, sizeof *r);
    if (!r) {
        return NULL;
    }
    r->z = ZSTD_createDCtx();
    r->raw = malloc(MR_JOURNAL_BLOCK_MAX);
    if (!r->z || !r->raw) {
        mr_journal_reader_destroy(r);
        return NULL;
    }
    (void)ZSTD_DCtx_setParameter(r->z, ZSTD_d_windowLogMax, MR_JOURNAL_WINDOW_LOG);
    return r;
}

void mr_journal_reader_destroy(struct mr_journal_reader *r)
{
    if (r) {
        ZSTD_freeDCtx(r->z);
        free(r->in);
        free(r->raw);
        free(r->head);
        free(r);
    }
}

enum mr_err mr_journal_feed(struct mr_journal_reader *r, struct mr_slice bytes)
{
    if (bytes.n == 0) {
        return MR_OK;
    }
    if (r->at_in > 0) {
        memmove(r->in, r->in + r->at_in, r->nin - r->at_in);
        r->nin -= r->at_in;
        r->at_in = 0;
    }
    if (bytes.n > r->cap_in - r->nin) {
        size_t cap = r->nin + bytes.n;
        uint8_t *in = realloc(r->in, cap);
        if (!in) {
            return MR_E_NOMEM;
        }
        r->in = in;
        r->cap_in = cap;
    }
    memcpy(r->in + r->nin, bytes.p, bytes.n);
    r->nin += bytes.n;
    return MR_OK;
}

static struct mr_slice waiting(const struct mr_journal_reader *r)
{
    return mr_slice(r->in + r->at_in, r->nin - r->at_in);
}

static enum mr_err parse_header(struct mr_journal_reader *r, struct mr_slice checked)
{
    r->head = malloc(checked.n ? checked.n : 1);
    if (!r->head) {
        return MR_E_NOMEM;
    }
    memcpy(r->head, checked.p, checked.n);
    struct mr_reader in = mr_reader(mr_slice(r->head, checked.n));
    struct mr_journal_header *h = &r->header;
    h->build = mr_read_lv(&in);
    h->content_hash = mr_read_lv(&in);
    h->seed = mr_read_u64le(&in);
    h->epoch_ns = (int64_t)mr_read_u64le(&in);
    h->world = mr_read_u8(&in);
    h->content = mr_read_lv(&in);
    h->label = mr_read_lv(&in);
    return in.bad || mr_reader_left(&in) > 0 ? MR_E_CORRUPT : MR_OK;
}

static enum mr_err take_header(struct mr_journal_reader *r)
{
    struct mr_reader in = mr_reader(waiting(r));
    struct mr_slice magic = mr_read_bytes(&in, 8);
    uint32_t format = mr_read_u32le(&in);
    uint32_t length = mr_read_u32le(&in);
    uint32_t crc = mr_read_u32le(&in);
    if (magic.p && memcmp(magic.p, MR_JOURNAL_MAGIC, 8) != 0) {
        return MR_E_MALFORMED;
    }
    if (in.bad) {
        return MR_E_TRUNCATED;
    }
    if (format != MR_JOURNAL_FORMAT) {
        return MR_E_VERSION;
    }
    if (length > MR_JOURNAL_HEADER_MAX) {
        return MR_E_CORRUPT;
    }
    struct mr_slice checked = mr_read_bytes(&in, length);
    if (in.bad) {
        return MR_E_TRUNCATED;
    }
    if (mr_journal_crc(checked) != crc) {
        return MR_E_CORRUPT;
    }
    enum mr_err err = parse_header(r, checked);
    if (err == MR_OK) {
        mr_journal_chain(checked, r->hash);
        r->have_header = true;
        r->at_in += in.at;
        r->good += in.at;
    }
    return err;
}

static enum mr_err need_header(struct mr_journal_reader *r)
{
    if (r->failed != MR_OK) {
        return r->failed;
    }
    if (r->have_header) {
        return MR_OK;
    }
    enum mr_err err = take_header(r);
    if (err != MR_OK && err != MR_E_TRUNCATED) {
        r->failed = err;
    }
    return err;
}

enum mr_err mr_journal_header(struct mr_journal_reader *r, struct mr_journal_header *out)
{
    enum mr_err err = r->have_header ? MR_OK : need_header(r);
    if (err == MR_OK) {
        *out = r->header;
    }
    return err;
}

void mr_journal_reader_at(struct mr_journal_reader *r, const struct mr_journal_point *point)
{
    memcpy(r->hash, point->hash, sizeof r->hash);
    r->seq = point->seq;
    r->last = point->at;
    r->good = point->offset;
    r->nin = r->at_in = r->nraw = r->at_raw = 0;
    r->failed = MR_OK;
    r->have_header = r->need_frame = true;
}

static enum mr_err unpack(struct mr_journal_reader *r, struct mr_slice body, bool new_frame)
{
    if (new_frame) {
        (void)ZSTD_DCtx_reset(r->z, ZSTD_reset_session_only);
    }
    ZSTD_inBuffer in = {body.p, body.n, 0};
    ZSTD_outBuffer out = {r->raw, MR_JOURNAL_BLOCK_MAX, 0};
    size_t before;
    do {
        before = in.pos + out.pos;
        size_t left = ZSTD_decompressStream(r->z, &out, &in);
        if (ZSTD_isError(left)) {
            return MR_E_CORRUPT;
        }
    } while (in.pos < in.size && in.pos + out.pos > before);
    r->nraw = out.pos;
    r->at_raw = 0;
    return in.pos == in.size ? MR_OK : MR_E_CORRUPT;
}

static enum mr_err take_block(struct mr_journal_reader *r)
{
    struct mr_reader in = mr_reader(waiting(r));
    uint32_t length = mr_read_u32le(&in);
    uint32_t crc = mr_read_u32le(&in);
    size_t begin = in.at;
    struct mr_slice previous = mr_read_bytes(&in, MR_JOURNAL_HASH);
    uint8_t flags = mr_read_u8(&in);
    uint64_t first = mr_read_u64le(&in);
    mr_ns base = (mr_ns)mr_read_u64le(&in);
    if (in.bad) {
        return MR_E_TRUNCATED;
    }
    if (length > MR_JOURNAL_BODY_MAX) {
        return MR_E_CORRUPT;
    }
    struct mr_slice body = mr_read_bytes(&in, length);
    if (in.bad) {
        return MR_E_TRUNCATED;
    }
    struct mr_slice checked = mr_slice(in.p + begin, in.at - begin);
    if (mr_journal_crc(checked) != crc || memcmp(previous.p, r->hash, MR_JOURNAL_HASH) != 0 || first != r->seq + 1 ||
        base < r->last || flags > MR_JOURNAL_FRAME || (r->need_frame && flags != MR_JOURNAL_FRAME)) {
        return MR_E_CORRUPT;
    }
    r->need_frame = false;
    enum mr_err err = unpack(r, body, flags == MR_JOURNAL_FRAME);
    if (err == MR_OK) {
        mr_journal_chain(checked, r->hash);
        r->last = base;
        r->at_in += in.at;
        r->good += in.at;
    }
    return err;
}

enum mr_err mr_journal_next(struct mr_journal_reader *r, struct mr_entry *out)
{
    enum mr_err err = need_header(r);
    while (err == MR_OK && r->at_raw == r->nraw) {
        err = take_block(r);
    }
    if (err == MR_OK) {
        struct mr_reader in = mr_reader(mr_slice(r->raw + r->at_raw, r->nraw - r->at_raw));
        out->kind = mr_read_u8(&in);
        uint64_t delta = mr_read_varint(&in);
        out->payload = mr_read_lv(&in);
        if (in.bad || delta > (uint64_t)(INT64_MAX - r->last)) {
            err = MR_E_CORRUPT;
        } else {
            r->at_raw += in.at;
            r->last += (mr_ns)delta;
            r->seq += out->kind < MR_IN_NOTES;
            out->seq = r->seq;
            out->at = r->last;
        }
    }
    if (err != MR_OK && err != MR_E_TRUNCATED) {
        r->failed = err;
    }
    return err;
}

bool mr_journal_at_boundary(const struct mr_journal_reader *r)
{
    return r->failed == MR_OK && r->have_header && r->at_in == r->nin && r->at_raw == r->nraw;
}

uint64_t mr_journal_good_bytes(const struct mr_journal_reader *r)
{
    return r->good;
}

void mr_journal_hash(const struct mr_journal_reader *r, uint8_t out[MR_JOURNAL_HASH])
{
    memcpy(out, r->hash, MR_JOURNAL_HASH);
}

enum mr_err mr_journal_resume(struct mr_journal_writer *w, const struct mr_journal_reader *at_end)
{
    if (!at_end->have_header || at_end->at_raw != at_end->nraw) {
        return MR_E_INVALID;
    }
    mr_journal_continue(w, at_end->hash, at_end->seq, at_end->last);
    return MR_OK;
}
