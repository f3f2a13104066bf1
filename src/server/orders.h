/* orders.h - the record of an event: what people decided that belongs to no single site. Accounts, start, pause, resume,
 * corrections, firewall tables that were put in force, the end.
 *
 * A journal (sim/journal.h) in STATE/event/record, whose entries of kind MR_IN_ORDER hold a command (sim/command.h). Each is on
 * the disk when mr_orders_add() returns. With the sites' own records it is all that the store can be made from again.
 *
 * verb        arguments                                member
 * account     account, zh, en (what people call them),  who made it
 *             role, team, post, hash
 * start       begins (s since 1970)                    organiser, or "" where it began by itself
 * pause       why                                      organiser
 * resume      why
 * correction  team, direction, points_milli, reason,   organiser
 *             at (site time of the team, ns)
 * firewall    team, version, table                     team's member
 * evidence    team, input, text: of a finding whose     team's member
 *             event holds only its beginning
 * over        - */
#ifndef MR_SERVER_ORDERS_H
#define MR_SERVER_ORDERS_H

#include "sim/command.h"
#include "sim/journal.h"

#define MR_IN_ORDER 32

struct mr_orders;
/* Each order of the record, in its order. `at` counts from the record's epoch. */
typedef void mr_orders_fn(void *ctx, uint64_t seq, mr_ns at, const struct mr_command *order);

/* Reads a record to its end without changing it; MR_E_CORRUPT where a block in it is damaged. What a crash left half written at
 * its end does not count. */
enum mr_err mr_orders_read(const char *path, mr_orders_fn *fn, void *ctx, char *why, size_t cap);
/* The packed content that the event was started with; the caller frees *block. */
enum mr_err mr_orders_content(const char *path, uint8_t **block, size_t *n, char *why, size_t cap);

/* Opens the record for adding, makes it where there is none, cuts off what a crash left half written; `fn` gets what is in it.
 * What is cut off at a damaged block is kept beside the record (site/record_rest.h), and said. */
enum mr_err mr_orders_open(const char *path, const struct mr_journal_header *header, mr_orders_fn *fn, void *ctx,
                           struct mr_orders **out, char *why, size_t cap);
void mr_orders_close(struct mr_orders *o);
/* On the disk when MR_OK; otherwise not in the record. MR_E_NO_SPACE, MR_E_IO. */
enum mr_err mr_orders_add(struct mr_orders *o, const struct mr_command *order, uint64_t *seq);

#endif
