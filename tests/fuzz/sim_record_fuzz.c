/* sim_record_fuzz.c - a record as a disk or an enemy may have left it. The first byte chooses: any bytes; or (bit 0) a header and
 * blocks made of the input with right lengths, sums and hashes, so that what is inside them is reached. What is read must not
 * depend on how the bytes come; entries are numbered, times never go back, and commands in them are decoded or refused. */
#include "sim/command.h"
#include "sim/journal_format.h"

#include <stdlib.h>
#include <zstd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MADE_MAX (1u << 18)

static uint8_t made[MADE_MAX];

/* magic, format, length, crc, and a header's fields or what stands for them. */
static void make_header(struct mr_writer *w, struct mr_slice checked)
{
    mr_write_str(w, MR_JOURNAL_MAGIC);
    mr_write_u32le(w, MR_JOURNAL_FORMAT);
    mr_write_u32le(w, (uint32_t)checked.n);
    mr_write_u32le(w, mr_journal_crc(checked));
    mr_write_bytes(w, checked);
}

static struct mr_slice good_header(uint8_t buf[64])
{
    struct mr_writer w = mr_writer(buf, 64);
    mr_write_lv(&w, mr_slice_str("build"));
    mr_write_lv(&w, mr_slice_str("hash"));
    mr_write_u64le(&w, 1);
    mr_write_u64le(&w, 2);
    mr_write_u8(&w, 0);
    mr_write_lv(&w, mr_slice_str("content"));
    mr_write_lv(&w, mr_slice_str("label"));
    return mr_written(&w);
}

/* A block whose entries, before compression, are `body`. */
static void make_block(struct mr_writer *w, struct mr_slice body, uint8_t hash[MR_JOURNAL_HASH], uint64_t first)
{
    uint8_t packed[8192];
    size_t n = ZSTD_compress(packed, sizeof packed, body.p, body.n, 1);
    MR_ASSERT(!ZSTD_isError(n));
    mr_write_u32le(w, (uint32_t)n);
    size_t crc = w->n;
    mr_write_u32le(w, 0);
    size_t begin = w->n;
    mr_write_bytes(w, mr_slice(hash, MR_JOURNAL_HASH));
    mr_write_u8(w, MR_JOURNAL_FRAME);
    mr_write_u64le(w, first);
    mr_write_u64le(w, 0);
    mr_write_bytes(w, mr_slice(packed, n));
    mr_patch_u32le(w, crc, mr_journal_crc(mr_slice(w->p + begin, w->n - begin)));
    mr_journal_chain(mr_slice(w->p + begin, w->n - begin), hash);
}

static struct mr_slice make(struct mr_slice in, bool own_header)
{
    uint8_t fields[64], hash[MR_JOURNAL_HASH];
    struct mr_writer w = mr_writer(made, sizeof made);
    struct mr_slice checked = own_header ? in : good_header(fields);
    make_header(&w, checked);
    mr_journal_chain(checked, hash);
    if (!own_header) {
        make_block(&w, in, hash, 1);
    }
    return mr_written(&w);
}

/* What was read, as one number. */
struct seen {
    uint64_t entries, sum, good;
    enum mr_err end;
};

static void take(struct seen *s, const struct mr_entry *e)
{
    struct mr_command c;
    char text[64];
    s->entries++;
    s->sum = s->sum * 31 + e->kind + (uint64_t)e->at + e->seq * 7 + e->payload.n;
    if (e->kind == MR_IN_COMMAND && mr_command_decode(e->payload, &c) == MR_OK) {
        uint8_t again[MR_COMMAND_BYTES + 16];
        struct mr_writer w = mr_writer(again, sizeof again);
        mr_command_encode(&c, &w);
        MR_ASSERT(!w.full && w.n <= e->payload.n); /* a length may be written longer than it need be */
        s->sum += mr_command_arg(&c, "tag", text, sizeof text);
    }
}

static struct seen read_in(struct mr_slice in, size_t piece)
{
    struct seen s = {.end = MR_OK};
    struct mr_journal_reader *r = mr_journal_reader_create();
    struct mr_journal_header h;
    mr_ns last = INT64_MIN;
    MR_ASSERT(r);
    for (size_t at = 0; at < in.n && (s.end == MR_OK || s.end == MR_E_TRUNCATED); at += piece) {
        size_t n = in.n - at < piece ? in.n - at : piece;
        uint8_t *own = malloc(n); /* in its own allocation: a step beside it is seen */
        MR_ASSERT(own);
        memcpy(own, in.p + at, n);
        s.end = mr_journal_feed(r, mr_slice(own, n));
        free(own);
        struct mr_entry e;
        while (s.end == MR_OK && (s.end = mr_journal_next(r, &e)) == MR_OK) {
            MR_ASSERT(e.at >= last);
            last = e.at;
            take(&s, &e);
        }
    }
    if (mr_journal_header(r, &h) == MR_OK) {
        s.sum += h.content.n + h.label.n + h.build.n;
    }
    s.good = mr_journal_good_bytes(r);
    MR_ASSERT(s.good <= in.n);
    mr_journal_reader_destroy(r);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 4096) {
        return 0;
    }
    struct mr_slice in = mr_slice(data + 1, size - 1);
    if (data[0] & 1) {
        in = make(in, (data[0] & 2) != 0);
    }
    struct seen whole = read_in(in, in.n), parts = read_in(in, 1 + (data[0] >> 2));
    MR_ASSERT(whole.entries == parts.entries && whole.sum == parts.sum && whole.good == parts.good && whole.end == parts.end);
    return 0;
}
