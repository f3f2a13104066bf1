/* journal_format.h - what the journal's writer and reader share: sizes and the hash of a block. Not for others. */
#ifndef MR_SIM_JOURNAL_FORMAT_H
#define MR_SIM_JOURNAL_FORMAT_H

#include "sim/journal.h"

#include <sodium.h>
#include <zlib.h>

#define MR_JOURNAL_MAGIC      "MILLRACE"
#define MR_JOURNAL_FIXED      (8 + 4 + 4 + 4)                                             /* the header before its checked part */
#define MR_JOURNAL_BLOCK_HEAD (4 + 4 + MR_JOURNAL_HASH + 1 + 8 + 8)                       /* a block before its body */
#define MR_JOURNAL_FRAME      1                                                           /* flag: a new zstd frame begins */
#define MR_JOURNAL_BODY_MAX   (MR_JOURNAL_BLOCK_MAX + (MR_JOURNAL_BLOCK_MAX >> 7) + 4096) /* compressed, at worst */
#define MR_JOURNAL_WINDOW_LOG 17 /* 128 KiB of history: enough for minutes of polls, and small in memory */
#define MR_JOURNAL_HEADER_MAX (64u << 20)

static inline uint32_t mr_journal_crc(struct mr_slice s)
{
    return (uint32_t)crc32(0, s.p, (uInt)s.n);
}

/* Hash of a header's checked part or of a block from its `previous hash` on. */
static inline void mr_journal_chain(struct mr_slice s, uint8_t out[MR_JOURNAL_HASH])
{
    (void)crypto_generichash(out, MR_JOURNAL_HASH, s.p, s.n, NULL, 0);
}

/* The writer goes on behind a block with this hash, with its last input's number and time. */
void mr_journal_continue(struct mr_journal_writer *w, const uint8_t hash[MR_JOURNAL_HASH], uint64_t seq, mr_ns last);

#endif
