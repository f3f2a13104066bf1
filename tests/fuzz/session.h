/* session.h - for fuzz targets of sessions (proto/session.h): bytes in pieces, each in an allocation of its own, so that a read
 * past the end of one is seen. A target runs its bytes whole and cut, and compares what came out. */
#ifndef MR_FUZZ_SESSION_H
#define MR_FUZZ_SESSION_H

#include "base/err.h"
#include "proto/session.h"

#include <stdlib.h>

#define FUZZ_OUT (1u << 20)

struct fuzz_peer {
    const struct mr_session_ops *ops;
    void *session;
    void (*drain)(void *ctx); /* takes what next() gives, after every feed */
    void *ctx;
};

/* Moves what the session has to say to `w`; false where `w` is full. */
static inline bool fuzz_output(const struct fuzz_peer *p, struct mr_writer *w)
{
    while (p->ops->output(p->session, w) && mr_writer_left(w) > 0) {
    }
    return mr_writer_left(w) > 0;
}

/* Feeds `data` in pieces of `chunk` bytes and returns how many came out. Ends early where `out` (FUZZ_OUT bytes) is full. */
static inline size_t fuzz_run(const struct fuzz_peer *p, struct mr_slice data, size_t chunk, uint8_t *out)
{
    struct mr_writer w = mr_writer(out, FUZZ_OUT);
    enum mr_feed_status status = MR_FEED_OK;
    for (size_t at = 0; at < data.n && status != MR_FEED_MALFORMED;) {
        size_t m = data.n - at < chunk ? data.n - at : chunk;
        uint8_t *piece = malloc(m);
        MR_ASSERT(piece);
        memcpy(piece, data.p + at, m);
        struct mr_feed f = p->ops->feed(p->session, mr_slice(piece, m), 0);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        status = f.status;
        p->drain(p->ctx);
        if (!fuzz_output(p, &w)) {
            break;
        }
    }
    return w.n;
}

#endif
