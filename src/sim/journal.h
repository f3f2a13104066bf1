/* journal.h - the record of a site: every input, in order, provable and readable after a crash in the middle of a write.
 *
 * A record is a byte stream, kept in one file by its owner (wire for a site, the server for an event). This file only encodes
 * and decodes; it does no I/O.
 *
 *   file   = header block*
 *   header = "MILLRACE" u32 format, u32 length, u32 crc32 of the rest; then lv build, lv content-hash, u64 seed, i64 epoch (ns
 *            since 1970, for people only), u8 world, lv content (an archive of the files, see site/content.h), lv label
 *   block  = u32 length of the body, u32 crc32 of all after it, hash[16] of the block before (BLAKE2b-128 over its previous hash
 *            and all after; the first names the header), u8 flags, u64 first sequence number, i64 base time, body
 *   body   = the block's entries, compressed by a zstd stream that is flushed at each block's end; flag 1: a new zstd frame
 *            begins with this block (at the start, after a restart, and every MR_JOURNAL_FRAME_BLOCKS blocks)
 *   entry  = u8 kind, varint time since the entry before (ns; a time never goes back), lv payload
 *
 * Numbers are little-endian, lv is a varint length with bytes. Entries are numbered from 1; notes (kinds from MR_IN_NOTES up)
 * take no number: they say something about the record and are no input. A block is written with one write() before any effect
 * of its entries leaves. A reader stops, with the reason, at the first block that is short, has a wrong CRC or a wrong hash. */
#ifndef MR_SIM_JOURNAL_H
#define MR_SIM_JOURNAL_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/time.h"

#define MR_JOURNAL_FORMAT      1
#define MR_JOURNAL_HASH        16
#define MR_JOURNAL_BLOCK_MAX   (1u << 20) /* body, uncompressed: a batch of inputs is far smaller */
#define MR_JOURNAL_PAYLOAD_MAX (1u << 18)

enum mr_input_kind {
    MR_IN_TIME = 1, /* nothing but the time */
    MR_IN_NET,      /* a network event (net/net_codec.h) */
    MR_IN_COMMAND,  /* something a person (or a simulated player) did (sim/command.h) */
    MR_IN_PAUSE,    /* the organiser, or the server's outage: site time stands still until MR_IN_RESUME */
    MR_IN_RESUME,
    MR_IN_NET_RESET,         /* wire has begun anew: every connection is gone, listeners are to be opened again */
    MR_IN_BEGIN,             /* the event begins: campaigns and checks count their time from here */
    MR_IN_NOTES = 128,       /* from here on: no inputs */
    MR_IN_NOTE_DIGEST = 128, /* u64 sequence number, digest[32]: the core's state after that input */
    MR_IN_NOTE_QUARANTINE,   /* u64 sequence number of an input that killed core twice: skip it, close its connection */
    MR_IN_NOTE_SNAPSHOT,     /* u64 sequence number, lv file name */
    MR_IN_NOTE_RESTART,      /* lv text: core or wire was started again, and why */
};

/* The network of the world that was recorded. */
enum mr_world_network {
    MR_WORLD_SIMULATED, /* in memory */
    MR_WORLD_LIVE,      /* requests go out, events come in as inputs */
    MR_WORLD_LOOPBACK,  /* in memory, with outside clients coming in as inputs */
};

struct mr_journal_header {
    struct mr_slice build;
    struct mr_slice content_hash;
    uint64_t seed;
    int64_t epoch_ns;
    uint8_t world; /* what kind of world was recorded: the network it had (enum mr_world_network) */
    struct mr_slice content;
    struct mr_slice label; /* "t1", for messages */
};

struct mr_entry {
    uint64_t seq; /* of the entry; for a note that of the input before it */
    mr_ns at;
    uint8_t kind;
    struct mr_slice payload; /* valid until the next call on the reader */
};

/* Writing. The writer's memory is bounded (about 300 KiB with the compressor). */
struct mr_journal_writer;
struct mr_journal_writer *mr_journal_writer_create(void);
void mr_journal_writer_destroy(struct mr_journal_writer *w);
/* The header's bytes, to be written first. MR_E_FULL where `out` is too small: content length + 4 KiB are enough. */
enum mr_err mr_journal_start(struct mr_journal_writer *w, const struct mr_journal_header *h, struct mr_writer *out);
/* Goes on with a record that a reader has read to its last good block (cut the file to mr_journal_good_bytes first). */
struct mr_journal_reader;
enum mr_err mr_journal_resume(struct mr_journal_writer *w, const struct mr_journal_reader *at_end);
/* Adds an entry to the block in the making and gives its sequence number. MR_E_FULL: flush first. MR_E_RANGE: time went back. */
enum mr_err mr_journal_add(struct mr_journal_writer *w, uint8_t kind, mr_ns at, struct mr_slice payload, uint64_t *seq);
/* A place in a record, between two blocks, that can be read from without what is before it: the next block begins a zstd
 * frame. */
struct mr_journal_point {
    uint64_t offset; /* in the file; 0: its beginning */
    uint8_t hash[MR_JOURNAL_HASH];
    uint64_t seq; /* of the last input before it, and its time */
    mr_ns at;
};
/* The next block begins a new frame: such a place, but for its offset, which only the file's owner knows. Flush first. */
struct mr_journal_point mr_journal_new_frame(struct mr_journal_writer *w);
/* Ends the block: its bytes, valid until the next call. An empty slice where nothing was added. */
struct mr_slice mr_journal_flush(struct mr_journal_writer *w);
uint64_t mr_journal_last_seq(const struct mr_journal_writer *w);
mr_ns mr_journal_last_time(const struct mr_journal_writer *w);

/* Reading: feed it pieces of the file in order, take entries until MR_E_TRUNCATED, feed more. */
struct mr_journal_reader *mr_journal_reader_create(void);
void mr_journal_reader_destroy(struct mr_journal_reader *r);
enum mr_err mr_journal_feed(struct mr_journal_reader *r, struct mr_slice bytes);
/* MR_E_TRUNCATED until the header is whole; MR_E_VERSION, MR_E_CORRUPT, MR_E_MALFORMED where it is no record of ours. Slices
 * live as long as the reader. */
enum mr_err mr_journal_header(struct mr_journal_reader *r, struct mr_journal_header *out);
/* A reader that has been fed nothing, or no more than its header, goes on at a point: bytes are fed from its offset on. A block
 * that does not follow there, or begins no frame, is MR_E_CORRUPT. */
void mr_journal_reader_at(struct mr_journal_reader *r, const struct mr_journal_point *point);
/* MR_OK with the next entry; MR_E_TRUNCATED where more bytes are needed (at the end of a file: it ends inside a block, or is
 * complete: mr_journal_at_boundary); MR_E_CORRUPT for good at a block that is damaged. */
enum mr_err mr_journal_next(struct mr_journal_reader *r, struct mr_entry *out);
bool mr_journal_at_boundary(const struct mr_journal_reader *r);    /* all fed bytes used, nothing half read */
uint64_t mr_journal_good_bytes(const struct mr_journal_reader *r); /* length of the file up to the last good block */
/* Hash of the last good block: what a printed result pins. */
void mr_journal_hash(const struct mr_journal_reader *r, uint8_t out[MR_JOURNAL_HASH]);

#endif
