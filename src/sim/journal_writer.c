/* journal_writer.c - see journal.h for the format. A block's place is one buffer: head, then body; so a flush is one slice. */
#include "sim/journal_format.h"

#include <stdlib.h>
#include <zstd.h>

#define MR_JOURNAL_FRAME_BLOCKS 65536 /* a new frame now and then: damage cannot reach further, and a tail can be read alone */

struct mr_journal_writer {
    ZSTD_CCtx *z;
    uint8_t *raw; /* entries of the block in the making */
    size_t nraw;
    uint8_t *out; /* head and compressed body */
    uint8_t hash[MR_JOURNAL_HASH];
    uint64_t seq;       /* of the last input added */
    uint64_t first_seq; /* of the block */
    mr_ns base, last;
    uint32_t frame_blocks;
    bool new_frame;
};

struct mr_journal_writer *mr_journal_writer_create(void)
{
    struct mr_journal_writer *w = calloc(1, sizeof *w);
    if (!w) {
        return NULL;
    }
    w->z = ZSTD_createCCtx();
    w->raw = malloc(MR_JOURNAL_BLOCK_MAX);
    w->out = malloc(MR_JOURNAL_BLOCK_HEAD + MR_JOURNAL_BODY_MAX);
    if (!w->z || !w->raw || !w->out) {
        mr_journal_writer_destroy(w);
        return NULL;
    }
    (void)ZSTD_CCtx_setParameter(w->z, ZSTD_c_compressionLevel, 1);
    (void)ZSTD_CCtx_setParameter(w->z, ZSTD_c_windowLog, MR_JOURNAL_WINDOW_LOG);
    w->new_frame = true;
    return w;
}

void mr_journal_writer_destroy(struct mr_journal_writer *w)
{
    if (w) {
        ZSTD_freeCCtx(w->z);
        free(w->raw);
        free(w->out);
        free(w);
    }
}

enum mr_err mr_journal_start(struct mr_journal_writer *w, const struct mr_journal_header *h, struct mr_writer *out)
{
    mr_write_str(out, MR_JOURNAL_MAGIC);
    mr_write_u32le(out, MR_JOURNAL_FORMAT);
    size_t at = out->n;
    mr_write_fill(out, 0, 8);
    size_t begin = out->n;
    mr_write_lv(out, h->build);
    mr_write_lv(out, h->content_hash);
    mr_write_u64le(out, h->seed);
    mr_write_u64le(out, (uint64_t)h->epoch_ns);
    mr_write_u8(out, h->world);
    mr_write_lv(out, h->content);
    mr_write_lv(out, h->label);
    if (out->full || out->n - begin > MR_JOURNAL_HEADER_MAX) {
        return MR_E_FULL;
    }
    struct mr_slice checked = mr_slice(out->p + begin, out->n - begin);
    mr_patch_u32le(out, at, (uint32_t)checked.n);
    mr_patch_u32le(out, at + 4, mr_journal_crc(checked));
    mr_journal_chain(checked, w->hash);
    return MR_OK;
}

enum mr_err mr_journal_add(struct mr_journal_writer *w, uint8_t kind, mr_ns at, struct mr_slice payload, uint64_t *seq)
{
    if (at < w->last) {
        return MR_E_RANGE;
    }
    if (payload.n > MR_JOURNAL_PAYLOAD_MAX) {
        return MR_E_INVALID;
    }
    if (w->nraw == 0) {
        w->base = at;
        w->last = at;
        w->first_seq = w->seq + 1;
    }
    struct mr_writer out = mr_writer(w->raw + w->nraw, MR_JOURNAL_BLOCK_MAX - w->nraw);
    mr_write_u8(&out, kind);
    mr_write_varint(&out, (uint64_t)(at - w->last));
    mr_write_lv(&out, payload);
    if (out.full) {
        return MR_E_FULL;
    }
    w->nraw += out.n;
    w->last = at;
    if (kind < MR_IN_NOTES) {
        w->seq++;
    }
    if (seq) {
        *seq = w->seq;
    }
    return MR_OK;
}

/* Compresses the entries behind the head and returns the body's length. */
static size_t compress_block(struct mr_journal_writer *w)
{
    if (w->new_frame) {
        (void)ZSTD_CCtx_reset(w->z, ZSTD_reset_session_only);
    }
    ZSTD_inBuffer in = {w->raw, w->nraw, 0};
    ZSTD_outBuffer out = {w->out + MR_JOURNAL_BLOCK_HEAD, MR_JOURNAL_BODY_MAX, 0};
    size_t left = ZSTD_compressStream2(w->z, &out, &in, ZSTD_e_flush);
    MR_ASSERT(left == 0 && in.pos == in.size);
    return out.pos;
}

struct mr_journal_point mr_journal_new_frame(struct mr_journal_writer *w)
{
    MR_ASSERT(w->nraw == 0);
    w->new_frame = true;
    w->frame_blocks = 0;
    struct mr_journal_point point = {.seq = w->seq, .at = w->last};
    memcpy(point.hash, w->hash, sizeof point.hash);
    return point;
}

struct mr_slice mr_journal_flush(struct mr_journal_writer *w)
{
    if (w->nraw == 0) {
        return mr_slice(NULL, 0);
    }
    if (w->frame_blocks == MR_JOURNAL_FRAME_BLOCKS) {
        w->new_frame = true;
        w->frame_blocks = 0;
    }
    size_t body = compress_block(w);
    struct mr_writer head = mr_writer(w->out, MR_JOURNAL_BLOCK_HEAD);
    mr_write_u32le(&head, (uint32_t)body);
    mr_write_u32le(&head, 0);
    mr_write_bytes(&head, mr_slice(w->hash, sizeof w->hash));
    mr_write_u8(&head, w->new_frame ? MR_JOURNAL_FRAME : 0);
    mr_write_u64le(&head, w->first_seq);
    mr_write_u64le(&head, (uint64_t)w->base);
    struct mr_slice checked = mr_slice(w->out + 8, MR_JOURNAL_BLOCK_HEAD - 8 + body);
    mr_patch_u32le(&head, 4, mr_journal_crc(checked));
    mr_journal_chain(checked, w->hash);
    w->new_frame = false;
    w->frame_blocks++;
    w->nraw = 0;
    return mr_slice(w->out, MR_JOURNAL_BLOCK_HEAD + body);
}

uint64_t mr_journal_last_seq(const struct mr_journal_writer *w)
{
    return w->seq;
}

mr_ns mr_journal_last_time(const struct mr_journal_writer *w)
{
    return w->last;
}

void mr_journal_continue(struct mr_journal_writer *w, const uint8_t hash[MR_JOURNAL_HASH], uint64_t seq, mr_ns last)
{
    memcpy(w->hash, hash, sizeof w->hash);
    w->seq = seq;
    w->last = last;
    w->new_frame = true;
    w->frame_blocks = 0;
}
