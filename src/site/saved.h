/* saved.h - a world at one moment as bytes: for `simulate --save` and `--from`, rewinds, forks and prepared prehistories.
 *
 *   "MRSAVED1" u32le crc32 of all after it; lv content hash, u64le seed, u8 network, u64le input, i64le event time, the state */
#ifndef MR_SITE_SAVED_H
#define MR_SITE_SAVED_H

#include "site/world.h"

struct mr_saved {
    struct mr_slice content_hash;
    uint64_t seed;
    uint8_t network;
    uint64_t seq;
    mr_ns event_time;
    struct mr_slice state;
};

/* Bytes that mr_saved_encode may need. */
size_t mr_saved_max(const struct mr_world *w);
enum mr_err mr_saved_encode(struct mr_world *w, const struct mr_world_config *config, struct mr_slice content_hash,
                            struct mr_writer *out);
/* MR_E_MALFORMED where it is no such file, MR_E_CORRUPT where it is damaged. */
enum mr_err mr_saved_decode(struct mr_slice in, struct mr_saved *out);
/* Into a world made from the same content, seed and network. MR_E_VERSION where these differ. */
enum mr_err mr_saved_load(const struct mr_saved *s, struct mr_world *w, const struct mr_world_config *config,
                          struct mr_slice content_hash);

#endif
