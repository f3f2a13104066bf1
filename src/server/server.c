/* server.c - the life of an event: what there is, what it becomes, and the order of beginning and end. */
#include "server/http.h"
#include "site/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TICK_MS     250
#define EVERY_S     ((uint64_t)1000 / TICK_MS)
#define BACK_MS     1500  /* for sites to tell a server that comes back what happened */
#define STILL_MS    1500  /* for sites to stand still at the end */
#define STOP_MS     10000 /* for sites to end by themselves */
#define LAG_MS      60000 /* how long a round waits for the last site to reach its end */
#define SPACE_EVERY (5 * EVERY_S)

const char *mr_run_name(enum mr_run r)
{
    static const char *const names[] = {"ready", "running", "paused", "over"};
    return names[r];
}

struct mr_team_run *mr_server_team(struct mr_server *s, const char *id)
{
    for (uint32_t i = 0; i < s->nteams; i++) {
        if (strcmp(s->teams[i].plan->id, id) == 0) {
            return &s->teams[i];
        }
    }
    return NULL;
}

mr_ns mr_server_time(const struct mr_server *s)
{
    mr_ns most = 0;
    for (uint32_t i = 0; i < s->nteams; i++) {
        mr_ns t = mr_team_time(&s->teams[i]);
        most = t > most ? t : most;
    }
    return most < s->rules->lasts ? most : s->rules->lasts;
}

void mr_server_disk(struct mr_server *s, enum mr_err err)
{
    if (err == MR_OK || err == MR_E_EXISTS || err == MR_E_NOT_FOUND) {
        return;
    }
    if (!s->behind) {
        (void)fprintf(stderr, "millrace: the event's store: %s\n", mr_err_text(err));
    }
    s->disk_full = s->disk_full || err == MR_E_NO_SPACE;
    s->behind = true;
}

bool mr_server_back(const struct mr_server *s)
{
    bool told = true;
    for (uint32_t i = 0; i < s->nteams; i++) {
        told = told && s->teams[i].told;
    }
    return told || !s->goes_on || uv_now(s->loop) - s->since_ms > BACK_MS;
}

/* --- states --- */

static void set_run(struct mr_server *s, enum mr_run to)
{
    static const bool legal[4][4] = {
        [MR_RUN_READY] = {[MR_RUN_RUNNING] = true},
        [MR_RUN_RUNNING] = {[MR_RUN_PAUSED] = true, [MR_RUN_OVER] = true},
        [MR_RUN_PAUSED] = {[MR_RUN_RUNNING] = true, [MR_RUN_OVER] = true},
    };
    MR_ASSERT(legal[s->run][to]);
    s->run = to;
}

static void push_event(struct mr_server *s)
{
    mr_push_all(s, "event",
                json_pack("{s:s, s:f, s:o}", "state", mr_run_name(s->run), "time_s", (double)mr_server_time(s) / 1e9, "round",
                          mr_json_round(s)));
}

static void announce(struct mr_server *s, const struct mr_command *order, uint64_t seq)
{
    struct mr_feed f = {0};
    if (!mr_feed_of_order(order, seq, &f)) {
        return;
    }
    enum mr_err err = mr_store_put_feed(s->store, &f);
    if (err == MR_OK) {
        mr_push_all(s, "feed", mr_json_feed(s, &f));
    }
    mr_server_disk(s, err);
}

/* Recorded first, then done, then told. */
static enum mr_err change(struct mr_server *s, enum mr_run to, uint8_t message, const char *verb, const char *who,
                          const char *why)
{
    uint64_t seq = 0;
    char time[24];
    struct mr_command c = {.member = mr_slice_str(who), .verb = mr_slice_str(verb)};
    (void)snprintf(time, sizeof time, "%lld", (long long)mr_server_time(s));
    mr_command_add(&c, "why", why);
    mr_command_add(&c, "time", time);
    enum mr_err err = mr_orders_add(s->orders, &c, &seq);
    mr_server_disk(s, err);
    if (err != MR_OK) {
        return err;
    }
    set_run(s, to);
    for (uint32_t i = 0; i < s->nteams; i++) {
        mr_link_tell(&s->teams[i], message, who, why);
    }
    announce(s, &c, seq);
    push_event(s);
    return MR_OK;
}

enum mr_err mr_server_start(struct mr_server *s, const char *who)
{
    return s->run == MR_RUN_READY ? change(s, MR_RUN_RUNNING, MR_MSG_BEGIN, "start", who, "start") : MR_E_BUSY;
}

enum mr_err mr_server_pause(struct mr_server *s, const char *who, const char *why)
{
    return s->run == MR_RUN_RUNNING ? change(s, MR_RUN_PAUSED, MR_MSG_PAUSE, "pause", who, why) : MR_E_BUSY;
}

enum mr_err mr_server_resume(struct mr_server *s, const char *who, const char *why)
{
    return s->run == MR_RUN_PAUSED ? change(s, MR_RUN_RUNNING, MR_MSG_RESUME, "resume", who, why) : MR_E_BUSY;
}

enum mr_err mr_server_correct(struct mr_server *s, const char *who, const char *team, uint32_t direction, int64_t points_milli,
                              const char *reason, uint64_t *id)
{
    struct mr_team_run *t = mr_server_team(s, team);
    struct mr_command c = {.member = mr_slice_str(who), .verb = mr_slice_str("correction")};
    char points[24], at[24], time[24];
    uint64_t seq = 0;
    (void)snprintf(points, sizeof points, "%lld", (long long)points_milli);
    (void)snprintf(at, sizeof at, "%lld", (long long)t->site_time);
    (void)snprintf(time, sizeof time, "%lld", (long long)mr_team_time(t));
    mr_command_add(&c, "team", team);
    mr_command_add(&c, "direction", s->rules->directions[direction].id);
    mr_command_add(&c, "points_milli", points);
    mr_command_add(&c, "reason", reason);
    mr_command_add(&c, "at", at);
    mr_command_add(&c, "time", time);
    enum mr_err err = mr_orders_add(s->orders, &c, &seq);
    mr_server_disk(s, err);
    if (err == MR_OK) {
        struct mr_ledger_line line = mr_correction_line(&c, seq);
        mr_team_correction(t, &line);
        announce(s, &c, seq);
        *id = line.id;
    }
    return err;
}

/* The round's end: reached by all, or by the first a minute ago. */
static void end_if_due(struct mr_server *s, uint64_t now_ms)
{
    bool all = true, any = false;
    for (uint32_t i = 0; i < s->nteams; i++) {
        bool there = mr_team_time(&s->teams[i]) >= s->rules->lasts;
        any = any || there;
        all = all && (there || s->teams[i].state == MR_SITE_STOPPED);
    }
    if (!any) {
        return;
    }
    s->first_end_ms = s->first_end_ms ? s->first_end_ms : now_ms;
    if ((all || now_ms - s->first_end_ms > LAG_MS) && change(s, MR_RUN_OVER, MR_MSG_PAUSE, "over", "", "over") == MR_OK) {
        for (uint32_t i = 0; i < s->nteams; i++) {
            mr_team_close_round(&s->teams[i]);
        }
    }
}

/* What the record says has been decided before this process was. */
static void on_order(void *ctx, uint64_t seq, mr_ns at, const struct mr_command *c)
{
    struct mr_server *s = ctx;
    char id[MR_STORE_NAME] = "", text[MR_EVIDENCE_MAX + 1] = "";
    (void)at;
    (void)mr_command_arg(c, "team", id, sizeof id);
    struct mr_team_run *t = mr_server_team(s, id);
    announce(s, c, seq); /* the store may have lost its last second */
    if (mr_slice_is(c->verb, "account")) {
        mr_accounts_order(s, c);
    } else if (mr_slice_is(c->verb, "start") || mr_slice_is(c->verb, "resume")) {
        s->run = MR_RUN_RUNNING;
    } else if (mr_slice_is(c->verb, "pause")) {
        s->run = MR_RUN_PAUSED;
    } else if (mr_slice_is(c->verb, "over")) {
        s->run = MR_RUN_OVER;
    } else if (mr_slice_is(c->verb, "correction") && t) {
        struct mr_ledger_line line = mr_correction_line(c, seq);
        mr_team_correction(t, &line);
    } else if (mr_slice_is(c->verb, "firewall") && t) {
        mr_team_firewall_order(t, c);
    } else if (mr_slice_is(c->verb, "evidence") && t && mr_command_arg(c, "text", text, sizeof text)) {
        char input[24] = "0";
        (void)mr_command_arg(c, "input", input, sizeof input);
        mr_server_disk(s, mr_store_put_evidence(s->store, id, strtoull(input, NULL, 10), text));
    }
}

/* --- each quarter of a second --- */

static void push_changes(struct mr_server *s, struct mr_team_run *t)
{
    if (t->score_changed) {
        mr_push_all(s, "score", mr_json_score(t));
    }
    if (t->alarms_changed) {
        mr_push_team(t, "alarms", json_pack("{s:o}", "alarms", mr_view_alarms_json(t)));
    }
    t->score_changed = t->alarms_changed = false;
    bool due = s->ticks % (2 * EVERY_S) == 0 || (t->plant_changed && s->ticks % EVERY_S == 0);
    if (due) {
        mr_push_all(s, "plant", mr_view_plant_json(t));
        t->plant_changed = false;
    }
}

/* What could not be kept in the store is told again from the beginning, once there is room. */
static void catch_up(struct mr_server *s)
{
    if (mr_store_put_health(s->store, "", (int64_t)time(NULL), "{}") != MR_OK || mr_store_commit(s->store) != MR_OK) {
        return;
    }
    char path[MR_PATH + 32], why[512];
    s->disk_full = s->behind = false;
    for (uint32_t i = 0; i < s->nteams; i++) {
        mr_team_reset(&s->teams[i]);
        mr_link_again(&s->teams[i]);
    }
    (void)snprintf(path, sizeof path, "%s/event/record", s->opt->state);
    if (mr_orders_read(path, on_order, s, why, sizeof why) != MR_OK) {
        (void)fprintf(stderr, "millrace: %s\n", why);
        s->behind = true;
    }
}

static uint32_t tell_ready(struct mr_server *s)
{
    uint32_t ready = 0;
    for (uint32_t i = 0; i < s->nteams; i++) {
        ready += s->teams[i].state == MR_SITE_READY;
    }
    if (ready != s->ready) {
        s->ready = ready;
        (void)printf("%u of %u sites ready\n", ready, s->nteams);
        (void)fflush(stdout);
    }
    return ready;
}

static void start_if_due(struct mr_server *s, uint64_t now_ms, uint32_t ready)
{
    if (ready < s->nteams) {
        s->all_ready_ms = 0;
    } else if (!s->all_ready_ms) {
        s->all_ready_ms = now_ms;
    } else if (!s->opt->hold && now_ms - s->all_ready_ms >= (uint64_t)s->opt->start_after_s * 1000 &&
               mr_server_start(s, "") == MR_OK) {
        (void)printf("the event has begun\n");
        (void)fflush(stdout);
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct mr_server *s = timer->data;
    uint64_t now = uv_now(s->loop);
    s->ticks++;
    for (uint32_t i = 0; i < s->nteams; i++) {
        struct mr_team_run *t = &s->teams[i];
        mr_link_tick(t, now);
        if (t->player) {
            mr_player_run_tick(t->player);
        }
        if (s->run == MR_RUN_OVER && mr_link_settled(t)) {
            mr_team_close_round(t); /* after a restart: what was told again ends here */
        }
        push_changes(s, t);
    }
    uint32_t ready = tell_ready(s);
    if (s->run == MR_RUN_READY) {
        start_if_due(s, now, ready);
    } else if (s->run == MR_RUN_RUNNING) {
        end_if_due(s, now);
    }
    if (s->ticks % EVERY_S == 0) {
        mr_server_disk(s, mr_store_commit(s->store));
    }
    if (s->ticks % (5 * EVERY_S) == 0) {
        push_event(s);
    }
    if (s->behind && s->ticks % SPACE_EVERY == 0) {
        catch_up(s);
    }
    if (s->ticks % (600 * EVERY_S) == 0) {
        mr_server_disk(s, mr_store_expire_sessions(s->store, (int64_t)time(NULL) - MR_SESSION_IDLE_S));
    }
}

/* --- beginning and end --- */

static int fail(int status, const char *why)
{
    (void)fprintf(stderr, "millrace: %s\n", why);
    return status;
}

static bool load(struct mr_server *s, char *why, size_t cap)
{
    char real[PATH_MAX];
    struct stat st;
    struct mr_diags *diags = mr_diags_create();
    why[0] = '\0';
    s->content = mr_content_load(s->opt->event, diags);
    mr_diags_print(diags, stderr);
    mr_diags_destroy(diags);
    if (!s->content) {
        (void)snprintf(why, cap, "%s: nothing was started", s->opt->event);
        return false;
    }
    s->plan = s->content->event;
    if (!s->plan) {
        (void)snprintf(why, cap, "%s is no event: give a folder of content/events/", s->opt->event);
        return false;
    }
    s->round = &s->plan->rounds[0];
    s->rules = &s->round->score;
    s->scenario = s->round->scenario;
    s->site = s->scenario->site;
    /* The content folder: .../content/events/NAME[/event.yaml] */
    if (!realpath(s->opt->event, real) || stat(real, &st) != 0) {
        (void)snprintf(why, cap, "%s: %s", s->opt->event, strerror(errno));
        return false;
    }
    for (int up = S_ISDIR(st.st_mode) ? 2 : 3; up > 0 && strrchr(real, '/'); up--) {
        *strrchr(real, '/') = '\0';
    }
    if (strlen(real) >= sizeof s->content_root) {
        (void)snprintf(why, cap, "%.200s...: the path is too long", real);
        return false;
    }
    mr_str_copy(s->content_root, sizeof s->content_root, real);
    return true;
}

static bool make_folder(const char *path, char *why, size_t cap)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        (void)snprintf(why, cap, "%.380s: %s; give another folder with --state", path, strerror(errno));
        return false;
    }
    return true;
}

/* One server a state folder. The lock goes with the process. */
static bool folders(struct mr_server *s, char *why, size_t cap)
{
    char path[MR_PATH + 32];
    if (strlen(s->opt->state) > MR_PATH - 160) {
        (void)snprintf(why, cap, "--state: the path is too long");
        return false;
    }
    static const char *const names[] = {"", "/event", "/teams"};
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s%s", s->opt->state, names[i]);
        if (!make_folder(path, why, cap)) {
            return false;
        }
    }
    (void)snprintf(path, sizeof path, "%s/event/lock", s->opt->state);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
        bool taken = fd >= 0 && errno == EWOULDBLOCK;
        (void)snprintf(why, cap, "%.380s %s%s: give another folder with --state", s->opt->state,
                       taken ? "is in use by another event" : "cannot be written: ", taken ? "" : strerror(errno));
        return false;
    }
    (void)snprintf(path, sizeof path, "%s/event/secret", s->opt->state);
    enum mr_err err = mr_secret_open(path, &s->secret);
    if (err != MR_OK) {
        (void)snprintf(why, cap, "%.380s: %s", path, mr_err_text(err));
    }
    return err == MR_OK;
}

static bool open_record(struct mr_server *s, char *why, size_t cap)
{
    char path[MR_PATH + 32];
    size_t n = mr_content_packed_size(s->content);
    uint8_t *packed = malloc(n ? n : 1);
    if (!packed) {
        (void)snprintf(why, cap, "out of memory");
        return false;
    }
    struct mr_writer w = mr_writer(packed, n);
    mr_content_pack(s->content, &w);
    struct mr_journal_header h = {.build = mr_slice_str(MR_VERSION),
                                  .content_hash = mr_slice(s->content->hash, sizeof s->content->hash),
                                  .content = mr_written(&w),
                                  .label = mr_slice_str("event")};
    (void)snprintf(path, sizeof path, "%s/event/record", s->opt->state);
    enum mr_err err = mr_orders_open(path, &h, on_order, s, &s->orders, why, cap);
    free(packed);
    return err == MR_OK;
}

static bool make_teams(struct mr_server *s, char *why, size_t cap)
{
    s->nteams = (uint32_t)s->plan->nteams;
    s->teams = calloc(s->nteams, sizeof *s->teams);
    for (uint32_t i = 0; s->teams && i < s->nteams; i++) {
        if (!mr_team_init(s, &s->teams[i], &s->plan->teams[i], i)) {
            (void)snprintf(why, cap, "out of memory");
            return false;
        }
    }
    return s->teams != NULL;
}

static void print_accounts(const struct mr_server *s)
{
    char path[MR_PATH + 32], line[256];
    (void)snprintf(path, sizeof path, "%s/accounts.txt", s->opt->state);
    FILE *f = fopen(path, "r");
    (void)printf("accounts (kept in %s):\n", path);
    while (f && fgets(line, sizeof line, f)) {
        (void)printf("  %s", line);
    }
    if (f) {
        (void)fclose(f);
    }
}

static void greet(const struct mr_server *s)
{
    bool six = strchr(s->opt->bind, ':') != NULL;
    (void)printf("%s / %s\n", s->plan->title.zh, s->plan->title.en);
    (void)printf("http://%s%s%s:%u/\n", six ? "[" : "", s->opt->bind, six ? "]" : "", s->opt->port);
    if (!s->opt->web) {
        (void)printf("the pages are not built: only the API answers (./dev web makes web/dist; or give --web)\n");
    }
    print_accounts(s);
    if (s->run != MR_RUN_READY) {
        (void)printf("this event is %s already and goes on; to begin anew give another --state\n", mr_run_name(s->run));
    }
    (void)printf("starting %u sites of %s\n", s->nteams, s->site->name);
    (void)fflush(stdout);
}

/* Sites first stand still, so that nothing happens any more that they could not tell; then they end. */
static void end_sites(struct mr_server *s)
{
    bool still = true;
    for (uint32_t i = 0; i < s->nteams; i++) {
        still = still && (s->teams[i].paused || !s->teams[i].connected);
    }
    if (still || uv_now(s->loop) - s->stop_ms > STILL_MS) {
        s->stopped = true;
        for (uint32_t i = 0; i < s->nteams; i++) {
            mr_link_stop(&s->teams[i]);
        }
    }
}

static void check_end(uv_timer_t *timer)
{
    struct mr_server *s = timer->data;
    bool gone = true;
    if (!s->stopped) {
        end_sites(s);
        return;
    }
    for (uint32_t i = 0; i < s->nteams; i++) {
        gone = gone && mr_link_gone(&s->teams[i]);
    }
    bool late = uv_now(s->loop) - s->stop_ms > STOP_MS;
    for (uint32_t i = 0; i < s->nteams && late; i++) {
        if (s->teams[i].child) {
            (void)uv_process_kill(&s->teams[i].process, SIGKILL);
        }
    }
    if (gone || uv_now(s->loop) - s->stop_ms > STOP_MS + 1000) {
        uv_close((uv_handle_t *)&s->tick, NULL);
        mr_http_close(s);
    }
}

static void stop_all(struct mr_server *s)
{
    if (s->stopping) {
        return;
    }
    s->stopping = true;
    s->stop_ms = uv_now(s->loop);
    uv_close((uv_handle_t *)&s->sigint, NULL);
    uv_close((uv_handle_t *)&s->sigterm, NULL);
    for (uint32_t i = 0; i < s->nteams; i++) {
        mr_link_tell(&s->teams[i], MR_MSG_PAUSE, "", "the server ends");
    }
    (void)uv_timer_start(&s->tick, check_end, 20, 50);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    (void)printf("ending\n");
    (void)fflush(stdout);
    stop_all(handle->data);
}

static void run(struct mr_server *s)
{
    (void)uv_timer_init(s->loop, &s->tick);
    (void)uv_signal_init(s->loop, &s->sigint);
    (void)uv_signal_init(s->loop, &s->sigterm);
    s->tick.data = s->sigint.data = s->sigterm.data = s;
    (void)uv_signal_start(&s->sigint, on_signal, SIGINT);
    (void)uv_signal_start(&s->sigterm, on_signal, SIGTERM);
    s->goes_on = s->run != MR_RUN_READY;
    s->since_ms = uv_now(s->loop);
    for (uint32_t i = 0; i < s->nteams; i++) {
        mr_link_start(&s->teams[i]);
    }
    (void)uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
    if (mr_told_to_end()) {
        stop_all(s);
    }
    (void)uv_run(s->loop, UV_RUN_DEFAULT); /* until the last handle is closed */
}

static int begin(struct mr_server *s, char *why, size_t cap)
{
    char path[MR_PATH + 32];
    if (!load(s, why, cap)) {
        return fail(MR_SERVER_HOPELESS, why);
    }
    (void)snprintf(path, sizeof path, "%s/texts", s->content_root);
    if (mr_texts_load(s->opt->texts ? s->opt->texts : path, &s->texts, why, cap) != MR_OK || !folders(s, why, cap) ||
        !make_teams(s, why, cap)) {
        return fail(MR_SERVER_HOPELESS, why);
    }
    enum mr_err err = mr_http_open(s, why, cap);
    if (err != MR_OK) {
        return fail(MR_SERVER_HOPELESS, why);
    }
    (void)snprintf(path, sizeof path, "%s/store.db", s->opt->state);
    err = mr_store_open(path, &s->store, why, cap);
    if (err != MR_OK) {
        (void)fprintf(stderr, "millrace: 'millrace event rebuild --state %s' makes the store again\n", s->opt->state);
        return fail(err == MR_E_CORRUPT ? MR_SERVER_HOPELESS : 1, why);
    }
    if (!open_record(s, why, cap) || mr_accounts_make(s, why, cap) != MR_OK) {
        return fail(MR_SERVER_HOPELESS, why);
    }
    return 0;
}

int mr_server_run(const struct mr_server_options *opt)
{
    char why[512];
    uv_loop_t loop;
    struct mr_server *s = calloc(1, sizeof *s);
    if (!s || uv_loop_init(&loop) != 0) {
        free(s);
        return 1;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    s->opt = opt;
    s->loop = &loop;
    int status = begin(s, why, sizeof why);
    if (status == 0) {
        if (!opt->again) {
            greet(s);
        }
        run(s);
    } else {
        mr_http_close(s);
        (void)uv_run(&loop, UV_RUN_DEFAULT);
    }
    mr_http_free(s);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    mr_push_close(s);
    for (uint32_t i = 0; s->teams && i < s->nteams; i++) {
        mr_team_deinit(&s->teams[i]);
    }
    free(s->teams);
    mr_store_close(s->store);
    mr_orders_close(s->orders);
    mr_texts_free(s->texts);
    mr_content_free(s->content);
    (void)uv_loop_close(&loop);
    free(s);
    return status;
}
