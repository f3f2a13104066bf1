/* sqlite.c - the store in SQLite 3: one file, write-ahead log, synchronous=FULL (a commit that returned is on the disk).
 *
 * Statements are a table, prepared when the store is opened. Integers that are unsigned elsewhere fit in SQLite's 64 signed bits:
 * sequence numbers and times start at small values. */
#include "store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS accounts(account TEXT PRIMARY KEY, zh TEXT, en TEXT, role TEXT, team TEXT, post TEXT,"
    " hash TEXT) STRICT;"
    "CREATE TABLE IF NOT EXISTS sessions(token BLOB PRIMARY KEY, account TEXT, seen INTEGER) STRICT;"
    "CREATE TABLE IF NOT EXISTS events(team TEXT, input INTEGER, idx INTEGER, kind TEXT, at INTEGER, number INTEGER, value REAL,"
    " subject TEXT, object TEXT, member TEXT, post TEXT, detail TEXT, PRIMARY KEY(team, input, idx)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS events_by_kind ON events(team, kind, input, idx);"
    "CREATE TABLE IF NOT EXISTS ledger(team TEXT, id INTEGER, input INTEGER, idx INTEGER, at INTEGER, direction TEXT, source "
    "TEXT,"
    " points_milli INTEGER, member TEXT, post TEXT, reason TEXT, args TEXT, PRIMARY KEY(team, id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS feed(id INTEGER PRIMARY KEY AUTOINCREMENT, team TEXT, input INTEGER, idx INTEGER, at INTEGER,"
    " kind TEXT, severity TEXT, args TEXT, UNIQUE(team, input, idx)) STRICT;"
    "CREATE TABLE IF NOT EXISTS evidence(team TEXT, input INTEGER, text TEXT, PRIMARY KEY(team, input)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS health(team TEXT PRIMARY KEY, at INTEGER, json TEXT) STRICT;"
    "PRAGMA user_version=2;";

#define EVENT_COLUMNS "input, idx, kind, at, number, value, subject, object, member, post, detail"
#define LINE_COLUMNS  "team, id, input, idx, at, direction, source, points_milli, member, post, reason, args"
#define FEED_COLUMNS  "id, team, input, idx, at, kind, severity, args"

#define STATEMENTS(X)                                                                                                            \
    X(BEGIN, "BEGIN")                                                                                                            \
    X(COMMIT, "COMMIT")                                                                                                          \
    X(ROLLBACK, "ROLLBACK")                                                                                                      \
    X(ACCOUNT_PUT, "INSERT OR REPLACE INTO accounts VALUES(?,?,?,?,?,?,?)")                                                      \
    X(ACCOUNT_GET, "SELECT account, zh, en, role, team, post, hash FROM accounts WHERE account=?")                               \
    X(ACCOUNT_ALL, "SELECT account, zh, en, role, team, post, hash FROM accounts ORDER BY role, team, account")                  \
    X(SESSION_PUT, "INSERT OR REPLACE INTO sessions VALUES(?,?,?)")                                                              \
    X(SESSION_GET, "SELECT account, seen FROM sessions WHERE token=? AND seen>=?")                                               \
    X(SESSION_TOUCH, "UPDATE sessions SET seen=? WHERE token=?")                                                                 \
    X(SESSION_DROP, "DELETE FROM sessions WHERE token=?")                                                                        \
    X(SESSION_EXPIRE, "DELETE FROM sessions WHERE seen<?")                                                                       \
    X(EVENT_PUT, "INSERT OR IGNORE INTO events(team, " EVENT_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?)")                        \
    X(EVENT_ALL, "SELECT " EVENT_COLUMNS " FROM events WHERE team=? ORDER BY input DESC, idx DESC LIMIT ?")                      \
    X(EVENT_KIND, "SELECT " EVENT_COLUMNS " FROM events WHERE team=? AND kind=? ORDER BY input DESC, idx DESC LIMIT ?")          \
    X(EVIDENCE_PUT, "INSERT OR REPLACE INTO evidence VALUES(?,?,?)")                                                             \
    X(EVIDENCE_GET, "SELECT text FROM evidence WHERE team=? AND input=?")                                                        \
    X(LINE_PUT, "INSERT OR IGNORE INTO ledger(" LINE_COLUMNS ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?)")                                \
    X(LINE_ALL, "SELECT " LINE_COLUMNS " FROM ledger WHERE team=? ORDER BY at, id")                                              \
    X(FEED_PUT, "INSERT OR IGNORE INTO feed(team, input, idx, at, kind, severity, args) VALUES(?,?,?,?,?,?,?)")                  \
    X(FEED_FIND, "SELECT id FROM feed WHERE team=? AND input=? AND idx=?")                                                       \
    X(FEED_AFTER, "SELECT " FEED_COLUMNS " FROM feed WHERE id>? ORDER BY id LIMIT ?")                                            \
    X(FEED_NEWEST, "SELECT " FEED_COLUMNS " FROM (SELECT * FROM feed ORDER BY id DESC LIMIT ?) ORDER BY id")                     \
    X(HEALTH_PUT, "INSERT OR REPLACE INTO health VALUES(?,?,?)")                                                                 \
    X(HEALTH_GET, "SELECT json FROM health WHERE team=?")

enum statement {
#define X(name, sql) Q_##name,
    STATEMENTS(X)
#undef X
        STATEMENT_COUNT
};

static const char *const statements[] = {
#define X(name, sql) sql,
    STATEMENTS(X)
#undef X
};

struct mr_store {
    sqlite3 *db;
    sqlite3_stmt *q[STATEMENT_COUNT];
    bool open; /* a transaction is */
};

static enum mr_err err_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return MR_OK;
    case SQLITE_FULL:
        return MR_E_NO_SPACE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return MR_E_CORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return MR_E_BUSY;
    default:
        return MR_E_IO;
    }
}

static enum mr_err prepare(struct mr_store *s)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        int rc = sqlite3_prepare_v3(s->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &s->q[i], NULL);
        if (rc != SQLITE_OK) {
            return err_of(rc);
        }
    }
    return MR_OK;
}

/* Whether the tables are there. Making them takes the lock that a busy event's server hardly ever lets go. */
static bool is_made(sqlite3 *db)
{
    sqlite3_stmt *q = NULL;
    bool made = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW &&
                sqlite3_column_int(q, 0) == 2;
    (void)sqlite3_finalize(q);
    return made;
}

enum mr_err mr_store_open(const char *path, struct mr_store **out, char *why, size_t cap)
{
    struct mr_store *s = calloc(1, sizeof *s);
    if (!s) {
        return MR_E_NOMEM;
    }
    int rc = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (rc == SQLITE_OK) {
        (void)sqlite3_busy_timeout(s->db, 2000);
        rc =
            sqlite3_exec(s->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF;", NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK && !is_made(s->db)) {
        rc = sqlite3_exec(s->db, schema, NULL, NULL, NULL);
    }
    enum mr_err err = rc == SQLITE_OK ? prepare(s) : err_of(rc);
    if (err != MR_OK) {
        (void)snprintf(why, cap, "%s: %s", path, s->db ? sqlite3_errmsg(s->db) : "no memory");
        mr_store_close(s);
        return err;
    }
    *out = s;
    return MR_OK;
}

void mr_store_close(struct mr_store *s)
{
    if (!s) {
        return;
    }
    (void)mr_store_commit(s);
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(s->q[i]);
    }
    (void)sqlite3_close(s->db);
    free(s);
}

/* Runs a statement that gives no row. */
static enum mr_err run(struct mr_store *s, enum statement q)
{
    int rc = sqlite3_step(s->q[q]);
    (void)sqlite3_reset(s->q[q]);
    (void)sqlite3_clear_bindings(s->q[q]);
    return err_of(rc);
}

enum mr_err mr_store_commit(struct mr_store *s)
{
    if (!s->open) {
        return MR_OK;
    }
    enum mr_err err = run(s, Q_COMMIT);
    if (err == MR_E_BUSY) {
        return err; /* still open: the next commit tries again */
    }
    if (!sqlite3_get_autocommit(s->db)) {
        (void)run(s, Q_ROLLBACK);
    }
    s->open = false;
    return err;
}

enum mr_err mr_store_limit(struct mr_store *s, uint32_t pages)
{
    char sql[64];
    (void)snprintf(sql, sizeof sql, "PRAGMA max_page_count=%u", pages);
    return err_of(sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

/* Every write goes through here: opens the transaction; after an error that ended it, it is open no more. */
static enum mr_err write_row(struct mr_store *s, enum statement q)
{
    if (!s->open) {
        enum mr_err err = run(s, Q_BEGIN);
        if (err != MR_OK) {
            (void)sqlite3_clear_bindings(s->q[q]);
            return err;
        }
        s->open = true;
    }
    enum mr_err err = run(s, q);
    if (sqlite3_get_autocommit(s->db)) {
        s->open = false;
    }
    return err;
}

static void bind_text(struct mr_store *s, enum statement q, int at, const char *text)
{
    (void)sqlite3_bind_text(s->q[q], at, text, -1, SQLITE_TRANSIENT);
}

static void bind_int(struct mr_store *s, enum statement q, int at, int64_t v)
{
    (void)sqlite3_bind_int64(s->q[q], at, v);
}

static void column_text(sqlite3_stmt *q, int at, char *buf, size_t cap)
{
    const unsigned char *t = sqlite3_column_text(q, at);
    mr_str_copy(buf, cap, t ? (const char *)t : "");
}

static void done(sqlite3_stmt *q)
{
    (void)sqlite3_reset(q);
    (void)sqlite3_clear_bindings(q);
}

/* --- accounts and sessions --- */

enum mr_err mr_store_put_account(struct mr_store *s, const struct mr_account *a)
{
    bind_text(s, Q_ACCOUNT_PUT, 1, a->account);
    bind_text(s, Q_ACCOUNT_PUT, 2, a->zh);
    bind_text(s, Q_ACCOUNT_PUT, 3, a->en);
    bind_text(s, Q_ACCOUNT_PUT, 4, a->role);
    bind_text(s, Q_ACCOUNT_PUT, 5, a->team);
    bind_text(s, Q_ACCOUNT_PUT, 6, a->post);
    bind_text(s, Q_ACCOUNT_PUT, 7, a->hash);
    return write_row(s, Q_ACCOUNT_PUT);
}

static void read_account(sqlite3_stmt *q, struct mr_account *a)
{
    column_text(q, 0, a->account, sizeof a->account);
    column_text(q, 1, a->zh, sizeof a->zh);
    column_text(q, 2, a->en, sizeof a->en);
    column_text(q, 3, a->role, sizeof a->role);
    column_text(q, 4, a->team, sizeof a->team);
    column_text(q, 5, a->post, sizeof a->post);
    column_text(q, 6, a->hash, sizeof a->hash);
}

enum mr_err mr_store_account(struct mr_store *s, const char *account, struct mr_account *out)
{
    bind_text(s, Q_ACCOUNT_GET, 1, account);
    int rc = sqlite3_step(s->q[Q_ACCOUNT_GET]);
    if (rc == SQLITE_ROW) {
        read_account(s->q[Q_ACCOUNT_GET], out);
    }
    done(s->q[Q_ACCOUNT_GET]);
    return rc == SQLITE_DONE ? MR_E_NOT_FOUND : err_of(rc);
}

enum mr_err mr_store_accounts(struct mr_store *s, mr_store_account_fn *fn, void *ctx)
{
    int rc;
    while ((rc = sqlite3_step(s->q[Q_ACCOUNT_ALL])) == SQLITE_ROW) {
        struct mr_account a;
        read_account(s->q[Q_ACCOUNT_ALL], &a);
        fn(ctx, &a);
    }
    done(s->q[Q_ACCOUNT_ALL]);
    return err_of(rc);
}

static void bind_token(struct mr_store *s, enum statement q, int at, const uint8_t token[MR_STORE_TOKEN])
{
    (void)sqlite3_bind_blob(s->q[q], at, token, MR_STORE_TOKEN, SQLITE_TRANSIENT);
}

enum mr_err mr_store_put_session(struct mr_store *s, const uint8_t token[MR_STORE_TOKEN], const char *account, int64_t now_s)
{
    bind_token(s, Q_SESSION_PUT, 1, token);
    bind_text(s, Q_SESSION_PUT, 2, account);
    bind_int(s, Q_SESSION_PUT, 3, now_s);
    return write_row(s, Q_SESSION_PUT);
}

enum mr_err mr_store_session(struct mr_store *s, const uint8_t token[MR_STORE_TOKEN], int64_t idle_since_s, char *account,
                             size_t cap, int64_t *seen_s)
{
    bind_token(s, Q_SESSION_GET, 1, token);
    bind_int(s, Q_SESSION_GET, 2, idle_since_s);
    int rc = sqlite3_step(s->q[Q_SESSION_GET]);
    if (rc == SQLITE_ROW) {
        column_text(s->q[Q_SESSION_GET], 0, account, cap);
        *seen_s = sqlite3_column_int64(s->q[Q_SESSION_GET], 1);
    }
    done(s->q[Q_SESSION_GET]);
    return rc == SQLITE_DONE ? MR_E_NOT_FOUND : err_of(rc);
}

enum mr_err mr_store_touch_session(struct mr_store *s, const uint8_t token[MR_STORE_TOKEN], int64_t now_s)
{
    bind_int(s, Q_SESSION_TOUCH, 1, now_s);
    bind_token(s, Q_SESSION_TOUCH, 2, token);
    return write_row(s, Q_SESSION_TOUCH);
}

enum mr_err mr_store_drop_session(struct mr_store *s, const uint8_t token[MR_STORE_TOKEN])
{
    bind_token(s, Q_SESSION_DROP, 1, token);
    return write_row(s, Q_SESSION_DROP);
}

enum mr_err mr_store_expire_sessions(struct mr_store *s, int64_t idle_since_s)
{
    bind_int(s, Q_SESSION_EXPIRE, 1, idle_since_s);
    return write_row(s, Q_SESSION_EXPIRE);
}

/* --- events --- */

enum mr_err mr_store_put_event(struct mr_store *s, const char *team, const struct mr_event *e, bool *fresh)
{
    const enum statement q = Q_EVENT_PUT;
    bind_text(s, q, 1, team);
    bind_int(s, q, 2, (int64_t)e->input);
    bind_int(s, q, 3, e->index);
    bind_text(s, q, 4, mr_event_name(e->kind));
    bind_int(s, q, 5, e->at);
    bind_int(s, q, 6, e->number);
    (void)sqlite3_bind_double(s->q[q], 7, e->value);
    bind_text(s, q, 8, e->subject);
    bind_text(s, q, 9, e->object);
    bind_text(s, q, 10, e->member);
    bind_text(s, q, 11, e->post);
    bind_text(s, q, 12, e->detail);
    enum mr_err err = write_row(s, q);
    if (fresh) {
        *fresh = err == MR_OK && sqlite3_changes(s->db) > 0;
    }
    return err;
}

static void read_event(sqlite3_stmt *q, struct mr_event *e)
{
    char kind[MR_EVENT_NAME];
    memset(e, 0, sizeof *e);
    e->input = (uint64_t)sqlite3_column_int64(q, 0);
    e->index = (uint32_t)sqlite3_column_int64(q, 1);
    column_text(q, 2, kind, sizeof kind);
    e->kind = mr_event_kind_find(kind);
    e->at = sqlite3_column_int64(q, 3);
    e->number = sqlite3_column_int64(q, 4);
    e->value = sqlite3_column_double(q, 5);
    column_text(q, 6, e->subject, sizeof e->subject);
    column_text(q, 7, e->object, sizeof e->object);
    column_text(q, 8, e->member, sizeof e->member);
    column_text(q, 9, e->post, sizeof e->post);
    column_text(q, 10, e->detail, sizeof e->detail);
}

enum mr_err mr_store_events(struct mr_store *s, const char *team, enum mr_event_kind kind, uint32_t limit, mr_store_event_fn *fn,
                            void *ctx)
{
    enum statement q = kind == MR_EVENT_KINDS ? Q_EVENT_ALL : Q_EVENT_KIND;
    int at = 1;
    bind_text(s, q, at++, team);
    if (kind != MR_EVENT_KINDS) {
        bind_text(s, q, at++, mr_event_name(kind));
    }
    bind_int(s, q, at, limit);
    int rc;
    while ((rc = sqlite3_step(s->q[q])) == SQLITE_ROW) {
        struct mr_event e;
        read_event(s->q[q], &e);
        if (!fn(ctx, team, &e)) {
            break;
        }
    }
    done(s->q[q]);
    return err_of(rc);
}

enum mr_err mr_store_put_evidence(struct mr_store *s, const char *team, uint64_t input, const char *text)
{
    bind_text(s, Q_EVIDENCE_PUT, 1, team);
    bind_int(s, Q_EVIDENCE_PUT, 2, (int64_t)input);
    bind_text(s, Q_EVIDENCE_PUT, 3, text);
    return write_row(s, Q_EVIDENCE_PUT);
}

enum mr_err mr_store_evidence(struct mr_store *s, const char *team, uint64_t input, char *buf, size_t cap)
{
    bind_text(s, Q_EVIDENCE_GET, 1, team);
    bind_int(s, Q_EVIDENCE_GET, 2, (int64_t)input);
    int rc = sqlite3_step(s->q[Q_EVIDENCE_GET]);
    if (rc == SQLITE_ROW) {
        column_text(s->q[Q_EVIDENCE_GET], 0, buf, cap);
    }
    done(s->q[Q_EVIDENCE_GET]);
    return rc == SQLITE_DONE ? MR_E_NOT_FOUND : err_of(rc);
}

/* --- words: up to n of `cap` bytes, joined by line feeds, which no word holds --- */

static void join(char *buf, size_t cap, const char *words, size_t n, size_t each)
{
    struct mr_writer w = mr_writer(buf, cap - 1);
    for (size_t i = 0; i < n; i++) {
        mr_write_str(&w, words + i * each);
        mr_write_u8(&w, '\n');
    }
    buf[w.n] = '\0';
}

static uint32_t split(const char *text, char *words, size_t n, size_t each)
{
    uint32_t k = 0;
    while (*text && k < n) {
        size_t len = strcspn(text, "\n");
        size_t keep = len < each - 1 ? len : each - 1;
        memcpy(words + k * each, text, keep);
        words[k * each + keep] = '\0';
        k++;
        text += len + (text[len] == '\n' ? 1 : 0);
    }
    return k;
}

/* --- ledger --- */

enum mr_err mr_store_put_line(struct mr_store *s, const struct mr_ledger_line *l)
{
    const enum statement q = Q_LINE_PUT;
    char args[MR_LEDGER_ARGS * (MR_EVENT_NAME + 1) + 1];
    join(args, sizeof args, l->args[0], l->nargs, sizeof l->args[0]);
    bind_text(s, q, 1, l->team);
    bind_int(s, q, 2, (int64_t)l->id);
    bind_int(s, q, 3, (int64_t)l->input);
    bind_int(s, q, 4, l->index);
    bind_int(s, q, 5, l->at);
    bind_text(s, q, 6, l->direction);
    bind_text(s, q, 7, l->source);
    bind_int(s, q, 8, l->points_milli);
    bind_text(s, q, 9, l->member);
    bind_text(s, q, 10, l->post);
    bind_text(s, q, 11, l->reason);
    bind_text(s, q, 12, args);
    return write_row(s, q);
}

static void read_line(sqlite3_stmt *q, struct mr_ledger_line *l)
{
    char args[MR_LEDGER_ARGS * (MR_EVENT_NAME + 1) + 1];
    memset(l, 0, sizeof *l);
    column_text(q, 0, l->team, sizeof l->team);
    l->id = (uint64_t)sqlite3_column_int64(q, 1);
    l->input = (uint64_t)sqlite3_column_int64(q, 2);
    l->index = (uint32_t)sqlite3_column_int64(q, 3);
    l->at = sqlite3_column_int64(q, 4);
    column_text(q, 5, l->direction, sizeof l->direction);
    column_text(q, 6, l->source, sizeof l->source);
    l->points_milli = sqlite3_column_int64(q, 7);
    column_text(q, 8, l->member, sizeof l->member);
    column_text(q, 9, l->post, sizeof l->post);
    column_text(q, 10, l->reason, sizeof l->reason);
    column_text(q, 11, args, sizeof args);
    l->nargs = split(args, l->args[0], MR_LEDGER_ARGS, sizeof l->args[0]);
}

enum mr_err mr_store_ledger(struct mr_store *s, const char *team, mr_store_line_fn *fn, void *ctx)
{
    bind_text(s, Q_LINE_ALL, 1, team);
    int rc;
    while ((rc = sqlite3_step(s->q[Q_LINE_ALL])) == SQLITE_ROW) {
        struct mr_ledger_line l;
        read_line(s->q[Q_LINE_ALL], &l);
        fn(ctx, &l);
    }
    done(s->q[Q_LINE_ALL]);
    return err_of(rc);
}

/* --- feed --- */

static enum mr_err find_feed(struct mr_store *s, struct mr_feed *f)
{
    bind_text(s, Q_FEED_FIND, 1, f->team);
    bind_int(s, Q_FEED_FIND, 2, (int64_t)f->input);
    bind_int(s, Q_FEED_FIND, 3, f->index);
    int rc = sqlite3_step(s->q[Q_FEED_FIND]);
    if (rc == SQLITE_ROW) {
        f->id = sqlite3_column_int64(s->q[Q_FEED_FIND], 0);
    }
    done(s->q[Q_FEED_FIND]);
    return rc == SQLITE_ROW ? MR_E_EXISTS : (rc == SQLITE_DONE ? MR_E_NOT_FOUND : err_of(rc));
}

enum mr_err mr_store_put_feed(struct mr_store *s, struct mr_feed *f)
{
    const enum statement q = Q_FEED_PUT;
    char args[MR_FEED_ARGS * (MR_STORE_NAME + 1) + 1];
    enum mr_err err = find_feed(s, f); /* first: an ignored insert would still use up an id */
    if (err != MR_E_NOT_FOUND) {
        return err;
    }
    join(args, sizeof args, f->args[0], MR_FEED_ARGS, sizeof f->args[0]);
    bind_text(s, q, 1, f->team);
    bind_int(s, q, 2, (int64_t)f->input);
    bind_int(s, q, 3, f->index);
    bind_int(s, q, 4, f->at);
    bind_text(s, q, 5, f->kind);
    bind_text(s, q, 6, f->severity);
    bind_text(s, q, 7, args);
    err = write_row(s, q);
    if (err == MR_OK) {
        f->id = sqlite3_last_insert_rowid(s->db);
    }
    return err;
}

enum mr_err mr_store_feed(struct mr_store *s, int64_t after, uint32_t limit, mr_store_feed_fn *fn, void *ctx)
{
    enum statement q = after >= 0 ? Q_FEED_AFTER : Q_FEED_NEWEST;
    int at = 1;
    if (after >= 0) {
        bind_int(s, q, at++, after);
    }
    bind_int(s, q, at, limit);
    int rc;
    while ((rc = sqlite3_step(s->q[q])) == SQLITE_ROW) {
        struct mr_feed f = {.id = sqlite3_column_int64(s->q[q], 0)};
        char args[MR_FEED_ARGS * (MR_STORE_NAME + 1) + 1];
        column_text(s->q[q], 1, f.team, sizeof f.team);
        f.input = (uint64_t)sqlite3_column_int64(s->q[q], 2);
        f.index = (uint32_t)sqlite3_column_int64(s->q[q], 3);
        f.at = sqlite3_column_int64(s->q[q], 4);
        column_text(s->q[q], 5, f.kind, sizeof f.kind);
        column_text(s->q[q], 6, f.severity, sizeof f.severity);
        column_text(s->q[q], 7, args, sizeof args);
        (void)split(args, f.args[0], MR_FEED_ARGS, sizeof f.args[0]);
        fn(ctx, &f);
    }
    done(s->q[q]);
    return err_of(rc);
}

/* --- health --- */

enum mr_err mr_store_put_health(struct mr_store *s, const char *team, int64_t wall_s, const char *json)
{
    bind_text(s, Q_HEALTH_PUT, 1, team);
    bind_int(s, Q_HEALTH_PUT, 2, wall_s);
    bind_text(s, Q_HEALTH_PUT, 3, json);
    return write_row(s, Q_HEALTH_PUT);
}

enum mr_err mr_store_health(struct mr_store *s, const char *team, char *json, size_t cap)
{
    bind_text(s, Q_HEALTH_GET, 1, team);
    int rc = sqlite3_step(s->q[Q_HEALTH_GET]);
    if (rc == SQLITE_ROW) {
        column_text(s->q[Q_HEALTH_GET], 0, json, cap);
    }
    done(s->q[Q_HEALTH_GET]);
    return rc == SQLITE_ROW ? MR_OK : (rc == SQLITE_DONE ? MR_E_NOT_FOUND : err_of(rc));
}
