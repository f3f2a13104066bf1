/* history.h - what a historian keeps: for each tag a few rings, the finer the shorter; each coarser value is the mean of the
 * finer ones it stands for. Memory is fixed when the site is built. */
#ifndef MR_DEVICE_HISTORY_H
#define MR_DEVICE_HISTORY_H

#include "base/arena.h"
#include "base/time.h"

struct mr_history;
/* For the tags whose `wanted` is not 0, back to `keep` (the coarsest ring; 30 days where 0). */
struct mr_history *mr_history_create(struct mr_arena *arena, const uint8_t *wanted, size_t ntags, mr_ns keep);
/* A second's samples: begin(), then put() for each tag. A tag whose value is not known gets a gap. */
void mr_history_begin(struct mr_history *h, mr_ns now);
void mr_history_put(struct mr_history *h, uint16_t tag, bool known, double value);
/* After a load: false where the rings cannot be so. */
bool mr_history_check(const struct mr_history *h);
/* Lines "seconds,value" from the finest ring that reaches back to `from`; gaps are left out. */
enum mr_err mr_history_write(const struct mr_history *h, uint16_t tag, mr_ns from, mr_ns to, struct mr_writer *w);

#endif
