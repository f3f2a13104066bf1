/* projection.h - what the live event and its rebuilding have in common, so that both give the same store: when an event happened,
 * corrections, what is news. */
#ifndef MR_SERVER_PROJECTION_H
#define MR_SERVER_PROJECTION_H

#include "score/score.h"
#include "sim/command.h"
#include "store/store.h"

/* wire's own events (index from here on) have no site time: they happen at that of core's last one, which `last_at` keeps. */
#define MR_EVENT_OF_WIRE 0x80000000u
void mr_event_date(struct mr_event *e, mr_ns *last_at);

/* The ledger line of a correction in the event's record. */
struct mr_ledger_line mr_correction_line(const struct mr_command *order, uint64_t seq);

/* An account as the event's record has it. */
void mr_account_ordered(struct mr_account *a, const struct mr_command *order);

/* Whether something is news for everybody, and how it is put. It never tells what the attacker does: all teams meet the same. */
bool mr_feed_of_event(const struct mr_event *e, struct mr_feed *out);
bool mr_feed_of_line(const struct mr_ledger_line *line, struct mr_feed *out);
/* What people decided: the event begins, pauses, ...; corrections. All of it, with its time, stands in the event's record. */
bool mr_feed_of_order(const struct mr_command *order, uint64_t seq, struct mr_feed *out);
#define MR_FEED_LINES 1000000 /* index of news from ledger lines, so that they never meet those of the event itself */

/* News are changes: whether a watch or a check says something that it did not say before. Keeps what it said. */
struct mr_news {
    bool watches_out[MR_SCORE_WATCHES], checks_out[MR_SCORE_CHECKS];
};
bool mr_news_changed(struct mr_news *n, const struct mr_score_rules *r, const struct mr_event *e);

#endif
