/* server.h - the event's process: it starts a pair wire + core for each team, feeds what they say to score and store, and answers
 * pages. `millrace serve` is a supervisor that starts this process again when it dies; sites live on meanwhile, paused.
 *
 * All that is kept lies below one folder:
 *   STATE/event/record   orders.h: accounts, start, pauses, corrections (with the content the event was started with)
 *   STATE/event/secret   32 random bytes, 0600: seeds and passwords derive from it
 *   STATE/store.db       a projection, made again by mr_event_rebuild()
 *   STATE/accounts.txt   0600
 *   STATE/teams/ID/      a site's own state: its record, captures, wire.sock */
#ifndef MR_SERVER_SERVER_H
#define MR_SERVER_SERVER_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct mr_server_options {
    const char *event; /* event.yaml or its folder */
    const char *state; /* STATE */
    const char *bind;  /* address */
    uint16_t port;
    const char *network;  /* "netns" or "loopback" */
    unsigned port_offset; /* of the first team, where the network is loopback; the next has 1000 more */
    const char *speed;    /* event seconds per second, as text; NULL for 1 */
    const char *web;      /* folder of the pages; NULL: none */
    const char *texts;    /* folder of the texts */
    bool hold;            /* wait for the organiser to start */
    int start_after_s;    /* otherwise: begin this long after all sites are ready */
    bool again;           /* started again by the supervisor: nothing to greet with */
};

/* Runs until SIGINT or SIGTERM, or the supervisor's end. Exit status: 0 ended cleanly, 1 failed, 75 cannot start for a reason
 * that trying again does not change (said on stderr). */
#define MR_SERVER_HOPELESS 75
int mr_server_run(const struct mr_server_options *opt);

/* Whether a signal to end came before the server's loop listened to signals itself. */
bool mr_told_to_end(void);

/* Starts mr_server_run() in a child and starts it again when it dies; SIGINT and SIGTERM end both. Exit status as above. */
int mr_supervise(struct mr_server_options *opt);
/* Asks every site below `state` to end, and waits. For the supervisor, when no server can be had. */
void mr_sites_stop(const char *state);

/* `millrace event`: from the state folder of an event that runs or has run. Exit status 0 or 1. */
int mr_event_status(const char *state, bool json, FILE *to);
int mr_event_ledger(const char *state, bool json, FILE *to);
int mr_event_accounts(const char *state, bool json, FILE *to);
/* Makes STATE/store.db again from the records; refuses while the event runs. */
int mr_event_rebuild(const char *state, FILE *to);
/* Whether the ledger recomputed from the records is the stored one, line for line. */
int mr_event_verify(const char *state, bool json, FILE *to);

#endif
