/* store.h - what an event's pages ask for: a projection of the records, which `millrace event rebuild` makes again from them.
 *
 * Every row that stems from an event is keyed by the event's identity (team, input, index), so putting it twice changes nothing.
 * Writes gather in a transaction until mr_store_commit(). A full disk is MR_E_NO_SPACE, and what had not been committed is gone
 * from the projection: the caller feeds the events again when there is room. Nothing here is the only copy of anything but
 * sessions. One thread. */
#ifndef MR_STORE_STORE_H
#define MR_STORE_STORE_H

#include "score/score.h"

#define MR_STORE_NAME  48
#define MR_STORE_TITLE 128
#define MR_STORE_HASH  128 /* crypto_pwhash_STRBYTES of libsodium */
#define MR_STORE_TOKEN 32  /* hash of a session's token */

struct mr_store;

/* Opens or creates; `why` tells people what is wrong. */
enum mr_err mr_store_open(const char *path, struct mr_store **out, char *why, size_t cap);
void mr_store_close(struct mr_store *s); /* commits */
enum mr_err mr_store_commit(struct mr_store *s);
/* No more than this many pages of 4 KiB: a quota, beyond which the disk counts as full. */
enum mr_err mr_store_limit(struct mr_store *s, uint32_t pages);

struct mr_account {
    char account[MR_STORE_NAME];
    char zh[MR_STORE_TITLE], en[MR_STORE_TITLE]; /* what people call them */
    char role[MR_STORE_NAME];                    /* a row of the permissions table */
    char team[MR_STORE_NAME];                    /* "" where none */
    char post[MR_STORE_NAME];
    char hash[MR_STORE_HASH]; /* argon2id */
};
enum mr_err mr_store_put_account(struct mr_store *s, const struct mr_account *a);
enum mr_err mr_store_account(struct mr_store *s, const char *account, struct mr_account *out);
typedef void mr_store_account_fn(void *ctx, const struct mr_account *a);
enum mr_err mr_store_accounts(struct mr_store *s, mr_store_account_fn *fn, void *ctx);

/* Sessions: wall-clock seconds. */
enum mr_err mr_store_put_session(struct mr_store *s, const uint8_t token[MR_STORE_TOKEN], const char *account, int64_t now_s);
/* The account of a session that was seen after `idle_since_s`, and when it was. */
enum mr_err mr_store_session(struct mr_store *s, const uint8_t token[MR_STORE_TOKEN], int64_t idle_since_s, char *account,
                             size_t cap, int64_t *seen_s);
enum mr_err mr_store_touch_session(struct mr_store *s, const uint8_t token[MR_STORE_TOKEN], int64_t now_s);
enum mr_err mr_store_drop_session(struct mr_store *s, const uint8_t token[MR_STORE_TOKEN]);
enum mr_err mr_store_expire_sessions(struct mr_store *s, int64_t idle_since_s);

/* Events of a site. *fresh (may be NULL) says whether it was new. */
enum mr_err mr_store_put_event(struct mr_store *s, const char *team, const struct mr_event *e, bool *fresh);
/* Newest first, at most `limit`; kind MR_EVENT_KINDS for all. Return false from the callback to stop. */
typedef bool mr_store_event_fn(void *ctx, const char *team, const struct mr_event *e);
enum mr_err mr_store_events(struct mr_store *s, const char *team, enum mr_event_kind kind, uint32_t limit, mr_store_event_fn *fn,
                            void *ctx);

/* What a member wrote to a finding, in full (its event holds the beginning), by the number of its input. */
#define MR_EVIDENCE_MAX 4000
enum mr_err mr_store_put_evidence(struct mr_store *s, const char *team, uint64_t input, const char *text);
enum mr_err mr_store_evidence(struct mr_store *s, const char *team, uint64_t input, char *buf, size_t cap);

/* The ledger: lines of mr_score, and corrections (ids from MR_STORE_CORRECTIONS up). */
#define MR_STORE_CORRECTIONS 1000000000
enum mr_err mr_store_put_line(struct mr_store *s, const struct mr_ledger_line *line);
typedef void mr_store_line_fn(void *ctx, const struct mr_ledger_line *line);
enum mr_err mr_store_ledger(struct mr_store *s, const char *team, mr_store_line_fn *fn, void *ctx); /* oldest first */

/* The feed that everybody sees. */
#define MR_FEED_ARGS 3
struct mr_feed {
    int64_t id;               /* given by the store, rising */
    char team[MR_STORE_NAME]; /* "" for the event itself */
    uint64_t input;           /* identity of its cause; for the event itself its entry in the event's record */
    uint32_t index;
    mr_ns at;                 /* event time */
    char kind[MR_STORE_NAME]; /* key of content/texts/feed.json */
    char severity[16];
    char args[MR_FEED_ARGS][MR_STORE_NAME];
};
/* Gives the id; MR_E_EXISTS where it was there (f->id is then that one's). */
enum mr_err mr_store_put_feed(struct mr_store *s, struct mr_feed *f);
typedef void mr_store_feed_fn(void *ctx, const struct mr_feed *f);
/* Oldest first: those after `after`; or, where it is negative, the newest `limit`. */
enum mr_err mr_store_feed(struct mr_store *s, int64_t after, uint32_t limit, mr_store_feed_fn *fn, void *ctx);

/* The last word of a team's site about itself, JSON text: for who looks into the file. */
#define MR_STORE_HEALTH 1024 /* bytes that it may take */
enum mr_err mr_store_put_health(struct mr_store *s, const char *team, int64_t wall_s, const char *json);
enum mr_err mr_store_health(struct mr_store *s, const char *team, char *json, size_t cap); /* MR_E_NOT_FOUND: none yet */

#endif
