/* rehearsal.h - a scenario played from beginning to end in simulation by one of its simulated players, and scored. */
#ifndef MR_SITE_REHEARSAL_H
#define MR_SITE_REHEARSAL_H

#include "plan/scenario.h"

#define MR_REHEARSAL_SOURCES 64

struct mr_rehearsal {
    int64_t total_milli;
    uint32_t nsources;
    struct {
        char source[MR_EVENT_NAME]; /* as ledger lines name it */
        int64_t points_milli;
    } sources[MR_REHEARSAL_SOURCES];
};

/* `rules` are scaled already. `event` (may be NULL) hears everything that happens, `line` every line of the ledger. MR_E_NOMEM,
 * with a text in `why`. */
enum mr_err mr_rehearse(const struct mr_scenario *s, const struct mr_player *player, const struct mr_score_rules *rules,
                        uint64_t seed, void (*event)(void *ctx, const struct mr_event *e), mr_ledger_fn *line, void *ctx,
                        struct mr_rehearsal *out, char *why, size_t cap);

#endif
