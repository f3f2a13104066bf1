/* replay.h - a record run again: the same world, the same inputs, the same events; and a check of the digests that were noted. */
#ifndef MR_SITE_REPLAY_H
#define MR_SITE_REPLAY_H

#include "base/arena.h"
#include "site/world.h"

struct mr_replay_result {
    uint64_t inputs;
    uint64_t events;
    mr_ns event_time, site_time; /* at the end */
    uint64_t digests;            /* noted digests that were compared */
    uint64_t wrong_seq;          /* the first input after which the digest differs; 0: none */
    uint64_t good_bytes;         /* of the record: less than its length where its end is damaged or half written */
    bool whole;                  /* it ends at a block's end */
    uint8_t digest[MR_DIGEST_BYTES];
    char why[256]; /* after an error */
};

struct mr_replay_options {
    mr_ns until;                                        /* event time to stop at; 0: the end */
    bool verify;                                        /* compare digests */
    void (*event)(void *ctx, const struct mr_event *e); /* may be NULL */
    void (*trace)(void *ctx, const char *line);         /* of what `traced` says, as in site/world.h; may be NULL */
    uint32_t traced;
    void (*progress)(void *ctx, uint64_t done, uint64_t of); /* bytes; may be NULL */
    void *ctx;
};

/* Replays the record in a file. MR_OK also where its end is half written (see `whole`); MR_E_CORRUPT where a block in it is
 * damaged, or a digest differs. */
enum mr_err mr_replay(const char *path, const struct mr_replay_options *opt, struct mr_replay_result *out);

#endif
