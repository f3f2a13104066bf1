/* rebuild.c - the store made again from the records, and what else can be said of an event from its folder alone.
 *
 * Source: the event's record (orders.h), and for each team the site's record, replayed. What wire itself adds to core's events (a
 * core that was restarted, and the time that took) is no input of the site and stands in events.bin beside it. */
#include "server/orders.h"
#include "server/projection.h"
#include "server/secret.h"
#include "server/server.h"
#include "site/load.h"
#include "site/replay.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 1024

struct lines {
    struct mr_ledger_line *items;
    size_t n, cap;
};

struct projected {
    const char *state;
    struct mr_content *content;
    const struct mr_score_rules *rules;
    struct mr_store *store; /* NULL: only the ledger */
    struct lines lines;     /* of all teams */
    struct mr_feed *feed;
    size_t nfeed, feed_cap;
    bool over;
    enum mr_err err;
    char why[512];
};

/* One team at a time. */
struct team {
    struct projected *all;
    const char *id;
    struct mr_score *score;
    struct mr_news news;
    mr_ns last_at;
    struct mr_event *own; /* wire's, in their order */
    size_t nown, next_own;
};

static void grow(void **items, size_t n, size_t *cap, size_t size)
{
    if (n == *cap) {
        *cap = *cap ? *cap * 2 : 256;
        *items = realloc(*items, *cap * size);
        MR_ASSERT(*items != NULL);
    }
}

static void note(struct projected *p, enum mr_err err)
{
    if (p->err == MR_OK && err != MR_OK && err != MR_E_EXISTS) {
        p->err = err;
    }
}

static void add_feed(struct projected *p, const struct mr_feed *f)
{
    grow((void **)&p->feed, p->nfeed, &p->feed_cap, sizeof *f);
    p->feed[p->nfeed++] = *f;
}

static void add_team_feed(struct team *t, struct mr_feed *f, mr_ns site_time)
{
    mr_ns begin = 0;
    (void)mr_score_begun(t->score, &begin);
    mr_str_copy(f->team, sizeof f->team, t->id);
    f->at = site_time - begin;
    add_feed(t->all, f);
}

static void on_line(void *ctx, const struct mr_ledger_line *line)
{
    struct team *t = ctx;
    struct projected *p = t->all;
    struct mr_feed f = {0};
    grow((void **)&p->lines.items, p->lines.n, &p->lines.cap, sizeof *line);
    p->lines.items[p->lines.n++] = *line;
    if (p->store) {
        note(p, mr_store_put_line(p->store, line));
    }
    if (mr_feed_of_line(line, &f)) {
        add_team_feed(t, &f, line->at);
    }
}

static void project(struct team *t, const struct mr_event *told)
{
    struct mr_event e = *told;
    struct mr_feed f = {0};
    mr_event_date(&e, &t->last_at);
    if (t->all->store) {
        note(t->all, mr_store_put_event(t->all->store, t->id, &e, NULL));
    }
    mr_score_feed(t->score, &e);
    if (mr_news_changed(&t->news, t->all->rules, &e) && mr_score_begun(t->score, NULL) && !mr_score_closed(t->score) &&
        mr_feed_of_event(&e, &f)) {
        add_team_feed(t, &f, e.at);
    }
}

/* An event of core; those of wire that stand before it go first. */
static void on_event(void *ctx, const struct mr_event *e)
{
    struct team *t = ctx;
    while (t->next_own < t->nown && t->own[t->next_own].input < e->input) {
        project(t, &t->own[t->next_own++]);
    }
    project(t, e);
}

/* file = (u32le length, event)*, as wire writes it. */
static void read_own(struct team *t, const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t head[4], body[MR_EVENT_BYTES];
    size_t cap = 0;
    while (f && fread(head, 1, sizeof head, f) == sizeof head) {
        struct mr_reader r = mr_reader(mr_slice(head, sizeof head));
        uint32_t n = mr_read_u32le(&r);
        struct mr_event e;
        if (n > sizeof body || fread(body, 1, n, f) != n) {
            break;
        }
        if (mr_event_decode(mr_slice(body, n), &e) == MR_OK && e.index >= MR_EVENT_OF_WIRE) {
            grow((void **)&t->own, t->nown, &cap, sizeof e);
            t->own[t->nown++] = e;
        }
    }
    if (f) {
        (void)fclose(f);
    }
}

static void project_team(struct projected *p, const char *id)
{
    struct team t = {.all = p, .id = id};
    struct mr_replay_result result = {0};
    struct mr_replay_options opt = {.event = on_event, .ctx = &t};
    char path[PATH_SIZE];
    t.score = mr_score_create(p->rules, id, on_line, &t);
    MR_ASSERT(t.score != NULL);
    (void)snprintf(path, sizeof path, "%s/teams/%s/events.bin", p->state, id);
    read_own(&t, path);
    (void)snprintf(path, sizeof path, "%s/teams/%s/record", p->state, id);
    enum mr_err err = access(path, R_OK) == 0 ? mr_replay(path, &opt, &result) : MR_E_NOT_FOUND;
    if (err != MR_OK) {
        (void)snprintf(p->why, sizeof p->why, "%.300s: %.150s; the record is good up to byte %llu", path,
                       result.why[0] ? result.why : mr_err_text(err), (unsigned long long)result.good_bytes);
        p->err = err;
    }
    while (t.next_own < t.nown) {
        project(&t, &t.own[t.next_own++]);
    }
    if (p->over) {
        mr_score_close(t.score);
    }
    mr_score_destroy(t.score);
    free(t.own);
}

static void put_account(struct projected *p, const struct mr_command *c)
{
    struct mr_account a;
    mr_account_ordered(&a, c);
    note(p, mr_store_put_account(p->store, &a));
}

static void put_evidence(struct projected *p, const struct mr_command *c)
{
    char team[MR_STORE_NAME] = "", input[24] = "0", text[MR_EVIDENCE_MAX + 1] = "";
    (void)mr_command_arg(c, "team", team, sizeof team);
    (void)mr_command_arg(c, "input", input, sizeof input);
    (void)mr_command_arg(c, "text", text, sizeof text);
    note(p, mr_store_put_evidence(p->store, team, strtoull(input, NULL, 10), text));
}

static void on_order(void *ctx, uint64_t seq, mr_ns at, const struct mr_command *c)
{
    struct projected *p = ctx;
    struct mr_feed f = {0};
    (void)at;
    p->over = p->over || mr_slice_is(c->verb, "over");
    if (mr_feed_of_order(c, seq, &f)) {
        add_feed(p, &f);
    }
    if (mr_slice_is(c->verb, "account") && p->store) {
        put_account(p, c);
    } else if (mr_slice_is(c->verb, "evidence") && p->store) {
        put_evidence(p, c);
    } else if (mr_slice_is(c->verb, "correction")) {
        struct mr_ledger_line line = mr_correction_line(c, seq);
        grow((void **)&p->lines.items, p->lines.n, &p->lines.cap, sizeof line);
        p->lines.items[p->lines.n++] = line;
        if (p->store) {
            note(p, mr_store_put_line(p->store, &line));
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const struct mr_feed *x = a, *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    int teams = strcmp(x->team, y->team);
    return teams ? teams : (x->input != y->input ? (x->input < y->input ? -1 : 1) : (x->index < y->index ? -1 : 1));
}

/* The content that the event was started with, from its record. */
static bool load_content(struct projected *p)
{
    char path[PATH_SIZE];
    uint8_t *block = NULL;
    size_t n = 0, nfiles = 0;
    (void)snprintf(path, sizeof path, "%s/event/record", p->state);
    if (mr_orders_content(path, &block, &n, p->why, sizeof p->why) != MR_OK) {
        return false;
    }
    struct mr_content_file *files = mr_content_unpack(mr_slice(block, n), &nfiles);
    struct mr_diags *diags = mr_diags_create();
    p->content = files ? mr_content_load_files(files, nfiles, diags) : NULL;
    mr_diags_print(diags, stderr);
    mr_diags_destroy(diags);
    free(files);
    free(block);
    if (!p->content || !p->content->event) {
        (void)snprintf(p->why, sizeof p->why, "%.400s: this build does not understand its content", path);
        return false;
    }
    p->rules = &p->content->event->rounds[0].score;
    return true;
}

/* Everything from the records, into p->store where there is one. */
static bool project_all(struct projected *p)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/event/record", p->state);
    if (!load_content(p) || mr_orders_read(path, on_order, p, p->why, sizeof p->why) != MR_OK) {
        return false;
    }
    for (size_t i = 0; i < p->content->event->nteams; i++) {
        project_team(p, p->content->event->teams[i].id);
    }
    if (p->nfeed) {
        qsort(p->feed, p->nfeed, sizeof *p->feed, by_time);
    }
    for (size_t i = 0; i < p->nfeed && p->store; i++) {
        note(p, mr_store_put_feed(p->store, &p->feed[i]));
    }
    if (p->err != MR_OK && !p->why[0]) {
        (void)snprintf(p->why, sizeof p->why, "the store: %s", mr_err_text(p->err));
    }
    return p->err == MR_OK;
}

static void project_free(struct projected *p)
{
    free(p->lines.items);
    free(p->feed);
    mr_content_free(p->content);
}

static int failed(const char *why)
{
    (void)fprintf(stderr, "millrace: %s\n", why);
    return 1;
}

int mr_event_rebuild(const char *state, FILE *to)
{
    struct projected p = {.state = state};
    char path[PATH_SIZE], fresh[PATH_SIZE], side[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/event/record", state);
    if (access(path, F_OK) != 0) {
        (void)snprintf(p.why, sizeof p.why, "%.400s: there is no event here", path);
        return failed(p.why);
    }
    (void)snprintf(path, sizeof path, "%s/event/lock", state);
    int lock = open(path, O_RDWR | O_CLOEXEC);
    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0) {
        (void)close(lock);
        return failed("the event runs: end it first");
    }
    (void)snprintf(path, sizeof path, "%s/store.db", state);
    (void)snprintf(fresh, sizeof fresh, "%s/store.db.new", state);
    (void)unlink(fresh);
    bool done = mr_store_open(fresh, &p.store, p.why, sizeof p.why) == MR_OK && project_all(&p);
    mr_store_close(p.store);
    if (done) {
        static const char *const ends[] = {"-wal", "-shm"};
        for (size_t i = 0; i < 2; i++) {
            (void)snprintf(side, sizeof side, "%.900s%s", path, ends[i]);
            (void)unlink(side);
        }
        done = rename(fresh, path) == 0;
        (void)fprintf(to, "%zu ledger lines of %zu teams\n", p.lines.n, p.content->event->nteams);
    } else {
        (void)unlink(fresh);
    }
    project_free(&p);
    if (lock >= 0) {
        (void)close(lock);
    }
    return done ? 0 : failed(p.why);
}

/* --- verify --- */

struct compare {
    struct projected *p;
    const char *team;
    uint64_t stored, wrong;
    int64_t stored_milli, computed_milli;
};

static bool same(const struct mr_ledger_line *a, const struct mr_ledger_line *b)
{
    return a->id == b->id && a->input == b->input && a->index == b->index && a->at == b->at &&
           a->points_milli == b->points_milli && strcmp(a->team, b->team) == 0 && strcmp(a->direction, b->direction) == 0 &&
           strcmp(a->source, b->source) == 0 && strcmp(a->member, b->member) == 0 && strcmp(a->post, b->post) == 0 &&
           strcmp(a->reason, b->reason) == 0;
}

static void on_stored(void *ctx, const struct mr_ledger_line *line)
{
    struct compare *c = ctx;
    bool found = false;
    for (size_t i = 0; i < c->p->lines.n && !found; i++) {
        found = same(&c->p->lines.items[i], line);
    }
    c->stored++;
    c->stored_milli += line->points_milli;
    c->wrong += found ? 0 : 1;
}

static struct mr_store *open_store(const char *state, char *why, size_t cap)
{
    char path[PATH_SIZE];
    struct mr_store *store = NULL;
    (void)snprintf(path, sizeof path, "%s/store.db", state);
    if (access(path, R_OK) != 0) {
        (void)snprintf(why, cap, "%.400s: there is no event here", path);
        return NULL;
    }
    return mr_store_open(path, &store, why, cap) == MR_OK ? store : NULL;
}

int mr_event_verify(const char *state, bool json, FILE *to)
{
    struct projected p = {.state = state};
    bool agrees = project_all(&p);
    struct mr_store *store = agrees ? open_store(state, p.why, sizeof p.why) : NULL;
    json_t *out = json_array();
    if (!store) {
        json_decref(out);
        project_free(&p);
        return failed(p.why);
    }
    for (size_t i = 0; i < p.content->event->nteams; i++) {
        struct compare c = {.p = &p, .team = p.content->event->teams[i].id};
        uint64_t computed = 0;
        (void)mr_store_ledger(store, c.team, on_stored, &c);
        for (size_t k = 0; k < p.lines.n; k++) {
            bool own = strcmp(p.lines.items[k].team, c.team) == 0;
            computed += own ? 1 : 0;
            c.computed_milli += own ? p.lines.items[k].points_milli : 0;
        }
        bool fits = c.wrong == 0 && c.stored == computed && c.stored_milli == c.computed_milli;
        agrees = agrees && fits;
        json_array_append_new(out, json_pack("{s:s, s:b, s:I, s:I, s:I, s:I}", "team", c.team, "agrees", fits, "stored_milli",
                                             (json_int_t)c.stored_milli, "computed_milli", (json_int_t)c.computed_milli, "lines",
                                             (json_int_t)computed, "wrong", (json_int_t)c.wrong));
        if (!json) {
            (void)fprintf(to, "%-12s %s: %.3f points in %llu lines, from the records %.3f in %llu\n", c.team,
                          fits ? "agrees" : "DIFFERS", (double)c.stored_milli / 1000.0, (unsigned long long)c.stored,
                          (double)c.computed_milli / 1000.0, (unsigned long long)computed);
        }
    }
    if (json) {
        (void)json_dumpf(out, to, JSON_INDENT(1));
        (void)fputc('\n', to);
    }
    json_decref(out);
    mr_store_close(store);
    project_free(&p);
    return agrees ? 0 : 1;
}

/* --- looking --- */

struct looked {
    json_t *list;
    int64_t total;
    bool all;
};

static void into_list(void *ctx, const struct mr_ledger_line *l)
{
    struct looked *k = ctx;
    json_t *args = json_array();
    k->total += l->points_milli;
    for (uint32_t i = 0; i < l->nargs; i++) {
        json_array_append_new(args, json_string(l->args[i]));
    }
    json_array_append_new(k->list, json_pack("{s:s, s:I, s:I, s:I, s:f, s:s, s:s, s:I, s:s, s:s, s:s, s:o}", "team", l->team,
                                             "id", (json_int_t)l->id, "input", (json_int_t)l->input, "index",
                                             (json_int_t)l->index, "site_time_s", (double)l->at / 1e9, "direction", l->direction,
                                             "source", l->source, "points_milli", (json_int_t)l->points_milli, "member",
                                             l->member, "post", l->post, "reason", l->reason, "args", args));
}

struct state_of {
    const char *run;
};

static void last_state(void *ctx, uint64_t seq, mr_ns at, const struct mr_command *c)
{
    struct state_of *s = ctx;
    (void)seq;
    (void)at;
    if (mr_slice_is(c->verb, "start") || mr_slice_is(c->verb, "resume")) {
        s->run = "running";
    } else if (mr_slice_is(c->verb, "pause")) {
        s->run = "paused";
    } else if (mr_slice_is(c->verb, "over")) {
        s->run = "over";
    }
}

static bool served(const char *state)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/event/lock", state);
    int lock = open(path, O_RDWR | O_CLOEXEC);
    bool held = lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0;
    if (lock >= 0) {
        (void)close(lock);
    }
    return held;
}

int mr_event_status(const char *state, bool json, FILE *to)
{
    struct projected p = {.state = state};
    struct state_of run = {"ready"};
    char path[PATH_SIZE];
    struct mr_store *store = open_store(state, p.why, sizeof p.why);
    (void)snprintf(path, sizeof path, "%s/event/record", state);
    if (!store || !load_content(&p) || mr_orders_read(path, last_state, &run, p.why, sizeof p.why) != MR_OK) {
        mr_store_close(store);
        project_free(&p);
        return failed(p.why);
    }
    const struct mr_event_plan *plan = p.content->event;
    json_t *teams = json_array();
    for (size_t i = 0; i < plan->nteams; i++) {
        struct looked k = {.list = json_array()};
        (void)mr_store_ledger(store, plan->teams[i].id, into_list, &k);
        char text[MR_STORE_HEALTH];
        bool told = mr_store_health(store, plan->teams[i].id, text, sizeof text) == MR_OK;
        json_t *health = told ? json_loads(text, 0, NULL) : NULL;
        json_array_append_new(teams,
                              json_pack("{s:s, s:I, s:I, s:o}", "team", plan->teams[i].id, "total_milli", (json_int_t)k.total,
                                        "lines", (json_int_t)json_array_size(k.list), "health", health ? health : json_null()));
        json_decref(k.list);
    }
    json_t *out =
        json_pack("{s:s, s:s, s:b, s:o}", "event", plan->name, "state", run.run, "served", served(state), "teams", teams);
    if (json) {
        (void)json_dumpf(out, to, JSON_INDENT(1));
        (void)fputc('\n', to);
    } else {
        size_t i;
        json_t *t;
        (void)fprintf(to, "%s: %s%s\n", plan->name, run.run, served(state) ? "" : ", not served");
        json_array_foreach(teams, i, t)
        {
            (void)fprintf(to, "%-12s %8.3f points\n", json_string_value(json_object_get(t, "team")),
                          (double)json_integer_value(json_object_get(t, "total_milli")) / 1000.0);
        }
    }
    json_decref(out);
    mr_store_close(store);
    project_free(&p);
    return 0;
}

int mr_event_ledger(const char *state, bool json, FILE *to)
{
    struct projected p = {.state = state};
    struct mr_store *store = open_store(state, p.why, sizeof p.why);
    struct looked k = {.list = json_array()};
    size_t i;
    json_t *l;
    if (!store || !load_content(&p)) {
        json_decref(k.list);
        mr_store_close(store);
        project_free(&p);
        return failed(p.why);
    }
    for (size_t t = 0; t < p.content->event->nteams; t++) {
        (void)mr_store_ledger(store, p.content->event->teams[t].id, into_list, &k);
    }
    if (json) {
        (void)json_dumpf(k.list, to, JSON_INDENT(1));
        (void)fputc('\n', to);
    } else {
        json_array_foreach(k.list, i, l)
        {
            const char *team, *source, *reason, *member;
            double at;
            json_int_t milli, input, index;
            (void)json_unpack(l, "{s:s, s:s, s:s, s:s, s:f, s:I, s:I, s:I}", "team", &team, "source", &source, "reason", &reason,
                              "member", &member, "site_time_s", &at, "points_milli", &milli, "input", &input, "index", &index);
            (void)fprintf(to, "%-10s %9.1f s %+9.3f %-28s %-18s %-12s %lld.%lld\n", team, at, (double)milli / 1000.0, source,
                          reason, member, (long long)input, (long long)index);
        }
    }
    json_decref(k.list);
    mr_store_close(store);
    project_free(&p);
    return 0;
}

struct listed {
    json_t *list;
    const struct mr_secret *secret;
};

static void into_accounts(void *ctx, const struct mr_account *a)
{
    struct listed *l = ctx;
    char password[MR_PASSWORD_LEN + 1];
    mr_secret_password(l->secret, a->account, password);
    json_array_append_new(l->list,
                          json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s}", "account", a->account, "password", password,
                                    "name", "zh", a->zh, "en", a->en, "role", a->role, "team", a->team, "post", a->post));
}

int mr_event_accounts(const char *state, bool json, FILE *to)
{
    struct mr_secret secret;
    char path[PATH_SIZE], why[512] = "";
    size_t i;
    json_t *a;
    (void)snprintf(path, sizeof path, "%s/event/secret", state);
    if (mr_secret_read(path, &secret) != MR_OK) {
        (void)snprintf(why, sizeof why, "%.400s: there is no event here, or it is not yours", path);
        return failed(why);
    }
    struct mr_store *store = open_store(state, why, sizeof why);
    struct listed l = {.list = json_array(), .secret = &secret};
    if (!store) {
        json_decref(l.list);
        return failed(why);
    }
    (void)mr_store_accounts(store, into_accounts, &l);
    if (json) {
        (void)json_dumpf(l.list, to, JSON_INDENT(1));
        (void)fputc('\n', to);
    } else {
        json_array_foreach(l.list, i, a)
        {
            (void)fprintf(to, "%-16s %-16s %-10s %s\n", json_string_value(json_object_get(a, "account")),
                          json_string_value(json_object_get(a, "password")), json_string_value(json_object_get(a, "role")),
                          json_string_value(json_object_get(a, "team")));
        }
    }
    json_decref(l.list);
    mr_store_close(store);
    return 0;
}
