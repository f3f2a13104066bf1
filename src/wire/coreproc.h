/* coreproc.h - the process core, as wire sees it: a child, a socket pair, a buffer each way. */
#ifndef MR_WIRE_COREPROC_H
#define MR_WIRE_COREPROC_H

#include "site/channel.h"

#include <sys/types.h>

struct mr_coreproc {
    pid_t pid; /* 0: none */
    int fd;
    uint8_t *tx;
    size_t tx_at, tx_n;
    uint8_t *rx;
    size_t rx_n, rx_cap;
};

enum mr_err mr_coreproc_create(struct mr_coreproc *c);
void mr_coreproc_destroy(struct mr_coreproc *c);
/* Starts /proc/self/exe with these arguments; `content` is a descriptor that it gets as 4; `uid` whom it becomes, 0: as we
 * are. */
enum mr_err mr_coreproc_start(struct mr_coreproc *c, char *const argv[], int content, unsigned uid);
/* Kills it if it still runs, waits for it, forgets what was in the buffers. Gives its wait status. */
int mr_coreproc_stop(struct mr_coreproc *c);

/* A writer on what is left of the send buffer; what it has written counts after mr_coreproc_queued(). */
struct mr_writer mr_coreproc_writer(struct mr_coreproc *c);
void mr_coreproc_queued(struct mr_coreproc *c, const struct mr_writer *w);
/* Sends what the socket takes. MR_E_BUSY where some is left; MR_E_CLOSED where core is gone. */
enum mr_err mr_coreproc_send(struct mr_coreproc *c);
/* Sends a whole message, its payload in two parts, waiting as long as it takes up to `limit_ms` between two steps. Nothing may
 * be queued. */
enum mr_err mr_coreproc_send_now(struct mr_coreproc *c, enum mr_message_kind kind, struct mr_slice a, struct mr_slice b,
                                 int limit_ms);
/* Reads what is there. MR_E_BUSY where nothing is, MR_E_CLOSED at the end. */
enum mr_err mr_coreproc_receive(struct mr_coreproc *c);
/* The next whole message: MR_OK, MR_E_TRUNCATED, MR_E_MALFORMED. Its payload lives until mr_coreproc_receive(). */
enum mr_err mr_coreproc_next(struct mr_coreproc *c, size_t *at, enum mr_message_kind *kind, struct mr_slice *payload);
/* Everything before `at` has been dealt with. */
void mr_coreproc_consume(struct mr_coreproc *c, size_t at);
/* Waits until it can be read (or, with something queued, written). MR_E_TIMEOUT. */
enum mr_err mr_coreproc_wait(struct mr_coreproc *c, int limit_ms);

#endif
