/* link.c - the two processes of a site: started by us, or found alive after our own death; spoken to through
 * STATE/teams/ID/wire.sock (site/channel.h). A wire that is gone is started again. */
#include "server/state.h"
#include "site/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define IN_MAX       (8u << 20)
#define TRY_MS       100 /* between attempts to connect */
#define START_MS     500 /* before a dead wire is started again: an interrupt reaches wire and us at the same moment */
#define FAILURES_MAX 5   /* deaths in a row, each soon after its start, and it is left alone */
#define SOON_MS      10000
#define ANSWER_MS    10000 /* for an ACK */
#define SETTLE_MS    1000  /* after READY: what the site has to tell has been told */

static uint64_t now_ms(const struct mr_team_run *t)
{
    return uv_now(t->srv->loop);
}

/* --- submissions --- */

static void answer(struct mr_pending *p, enum mr_err err, uint64_t seq)
{
    struct mr_pending was = *p;
    *p = (struct mr_pending){0};
    was.fn(was.ctx, err, seq);
}

static void answer_all(struct mr_team_run *t, enum mr_err err)
{
    for (size_t i = 0; i < MR_PENDING; i++) {
        if (t->pending[i].request) {
            answer(&t->pending[i], err, 0);
        }
    }
}

/* --- writing --- */

struct writing {
    uv_write_t req;
    uint8_t bytes[];
};

static void wrote(uv_write_t *req, int status)
{
    (void)status;
    free(req->data);
}

static enum mr_err send_message(struct mr_team_run *t, uint8_t kind, struct mr_slice head, struct mr_slice rest)
{
    size_t n = head.n + rest.n + 16;
    struct writing *w = malloc(sizeof *w + n);
    if (!t->connected || t->closing || !w) {
        free(w);
        return w ? MR_E_CLOSED : MR_E_NOMEM;
    }
    struct mr_writer out = mr_writer(w->bytes, n);
    size_t at = mr_message_begin(&out, (enum mr_message_kind)kind);
    mr_write_bytes(&out, head);
    mr_write_bytes(&out, rest);
    mr_message_end(&out, at);
    w->req.data = w;
    uv_buf_t buf = uv_buf_init((char *)w->bytes, (unsigned)out.n);
    if (uv_write(&w->req, (uv_stream_t *)&t->pipe, &buf, 1, wrote) != 0) {
        free(w);
        return MR_E_CLOSED;
    }
    return MR_OK;
}

void mr_link_tell(struct mr_team_run *t, uint8_t kind, const char *who, const char *why)
{
    uint8_t buf[256];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_write_lv(&w, mr_slice_str(who));
    mr_write_lv(&w, mr_slice_str(why));
    (void)send_message(t, kind, mr_written(&w), mr_slice(NULL, 0));
}

void mr_link_again(struct mr_team_run *t)
{
    uint8_t buf[12];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_write_u64le(&w, t->last_input);
    mr_write_u32le(&w, t->last_index);
    (void)send_message(t, MR_MSG_EVENTS, mr_written(&w), mr_slice(NULL, 0));
}

enum mr_err mr_link_submit(struct mr_team_run *t, const struct mr_command *c, mr_submitted_fn *fn, void *ctx)
{
    static uint8_t command[MR_COMMAND_BYTES];
    uint8_t head[8];
    struct mr_pending *p = NULL;
    for (size_t i = 0; i < MR_PENDING && !p; i++) {
        p = t->pending[i].request ? NULL : &t->pending[i];
    }
    if (!p) {
        return MR_E_BUSY;
    }
    struct mr_writer w = mr_writer(command, sizeof command);
    mr_command_encode(c, &w);
    if (w.full) {
        return MR_E_RANGE;
    }
    struct mr_writer h = mr_writer(head, sizeof head);
    mr_write_u64le(&h, t->next_request);
    enum mr_err err = send_message(t, MR_MSG_SUBMIT, mr_written(&h), mr_written(&w));
    if (err == MR_OK) {
        *p = (struct mr_pending){.request = t->next_request++, .fn = fn, .ctx = ctx, .since_ms = now_ms(t)};
    }
    return err;
}

/* --- what comes --- */

static void on_ack(struct mr_team_run *t, struct mr_slice payload)
{
    struct mr_reader r = mr_reader(payload);
    uint64_t request = mr_read_u64le(&r), seq = mr_read_u64le(&r);
    uint32_t err = mr_read_u32le(&r);
    for (size_t i = 0; i < MR_PENDING && !r.bad && request; i++) {
        if (t->pending[i].request == request) {
            answer(&t->pending[i], err < MR_ERR_COUNT ? (enum mr_err)err : MR_E_IO, seq);
            return;
        }
    }
}

static void on_health(struct mr_team_run *t, struct mr_slice payload)
{
    struct mr_reader r = mr_reader(payload);
    struct mr_slice text = mr_read_lv(&r);
    if (!r.bad && text.n < sizeof t->health) {
        memcpy(t->health, text.p, text.n);
        t->health[text.n] = '\0';
        t->disk_full = strstr(t->health, "\"disk\":\"full\"") != NULL;
        const char *core = strstr(t->health, "\"pid_core\":");
        pid_t pid = core ? (pid_t)strtol(core + strlen("\"pid_core\":"), NULL, 10) : 0;
        t->core = pid == t->core || mr_priority_is_child(pid, t->wire) ? pid : 0;
        mr_server_disk(t->srv, mr_store_put_health(t->srv->store, t->plan->id, (int64_t)time(NULL), t->health));
    }
}

static void on_ready(struct mr_team_run *t, struct mr_slice payload)
{
    struct mr_hello *hello = NULL;
    if (mr_hello_decode(payload, &hello) != MR_OK) {
        return;
    }
    mr_view_hello(t, hello);
    t->state = MR_SITE_READY;
    t->connected_ms = now_ms(t);
    t->plant_changed = true;
    t->catching_up = true; /* the first values are what was known last, whenever that was */
}

static void on_message(struct mr_team_run *t, enum mr_message_kind kind, struct mr_slice payload)
{
    struct mr_event e;
    if (kind == MR_MSG_EVENT) {
        if (mr_event_decode(payload, &e) == MR_OK) {
            mr_team_event(t, &e);
        }
    } else if (kind == MR_MSG_VIEW) {
        mr_view_values(t, payload);
    } else if (kind == MR_MSG_ACK) {
        on_ack(t, payload);
    } else if (kind == MR_MSG_READY) {
        on_ready(t, payload);
    } else if (kind == MR_MSG_HEALTH) {
        on_health(t, payload);
    } else if (kind == MR_MSG_TOLD) {
        t->told = true;
    }
}

/* --- the connection --- */

static void try_later(struct mr_team_run *t, uint64_t ms);

static void on_closed(uv_handle_t *h)
{
    struct mr_team_run *t = h->data;
    t->pipe_open = false;
    t->closing = false;
    t->connected = false;
    t->nin = 0;
    if (!t->srv->stopping) {
        try_later(t, TRY_MS);
    }
}

static void drop(struct mr_team_run *t)
{
    if (t->pipe_open && !t->closing) {
        t->closing = true;
        t->connected = false;
        t->wire = t->core = 0;
        t->state = t->state == MR_SITE_READY ? MR_SITE_RECOVERING : t->state;
        t->plant_changed = true;
        answer_all(t, MR_E_CLOSED);
        uv_close((uv_handle_t *)&t->pipe, on_closed);
    }
}

static void give(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct mr_team_run *t = h->data;
    (void)suggested;
    if (t->in_cap - t->nin < 65536 && t->in_cap < IN_MAX) {
        size_t cap = t->in_cap ? t->in_cap * 2 : 131072;
        uint8_t *p = realloc(t->in, cap);
        if (p) {
            t->in = p;
            t->in_cap = cap;
        }
    }
    *buf = uv_buf_init((char *)t->in + t->nin, (unsigned)(t->in_cap - t->nin));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct mr_team_run *t = stream->data;
    size_t at = 0, used = 0;
    enum mr_message_kind kind;
    struct mr_slice payload;
    enum mr_err err = MR_OK;
    (void)buf;
    if (n < 0) {
        drop(t);
        return;
    }
    t->nin += (size_t)n;
    while ((err = mr_message_next(mr_slice(t->in + at, t->nin - at), &kind, &payload, &used)) == MR_OK) {
        at += used;
        on_message(t, kind, payload);
    }
    memmove(t->in, t->in + at, t->nin - at);
    t->nin -= at;
    if (err == MR_E_MALFORMED || t->nin == IN_MAX) {
        drop(t);
    }
}

/* Who listens there. */
static pid_t wire_behind(uv_pipe_t *pipe)
{
    struct ucred who = {0};
    socklen_t n = sizeof who;
    int fd = -1;
    bool known = uv_fileno((uv_handle_t *)pipe, &fd) == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0;
    return known ? who.pid : 0;
}

static void on_connected(uv_connect_t *req, int status)
{
    struct mr_team_run *t = req->data;
    if (status != 0 || t->srv->stopping) {
        drop(t);
        return;
    }
    t->connected = true;
    t->failures = 0;
    t->wire = wire_behind(&t->pipe);
    (void)uv_read_start((uv_stream_t *)&t->pipe, give, on_read);
    mr_link_again(t);
    if (t->srv->run == MR_RUN_RUNNING) {
        mr_link_tell(t, MR_MSG_RESUME, "", "the server is back");
    }
}

static void start_process(struct mr_team_run *t);

static void on_try(uv_timer_t *timer)
{
    struct mr_team_run *t = timer->data;
    char path[MR_PATH + 16];
    struct stat st;
    if (t->srv->stopping || t->pipe_open || t->state == MR_SITE_STOPPED) {
        return;
    }
    (void)snprintf(path, sizeof path, "%s/wire.sock", t->dir);
    if (!t->child && (stat(path, &st) != 0 || t->failures > 0)) { /* nobody is there */
        start_process(t);
    }
    if (uv_pipe_init(t->srv->loop, &t->pipe, 0) != 0) {
        return;
    }
    t->pipe.data = t;
    t->connecting.data = t;
    t->pipe_open = true;
    if (!t->child) {
        t->failures++; /* until it answers, a socket in the folder may be all that is left */
    }
    uv_pipe_connect(&t->connecting, &t->pipe, path, on_connected);
}

static void try_later(struct mr_team_run *t, uint64_t ms)
{
    (void)uv_timer_start(&t->again, on_try, ms, 0);
}

/* --- the process --- */

static void on_process_closed(uv_handle_t *h)
{
    struct mr_team_run *t = h->data;
    t->child = false;
    if (!t->srv->stopping && t->state != MR_SITE_STOPPED) {
        try_later(t, START_MS);
    }
}

/* What a site said last: why it ended, where it ended by itself. */
static void last_words(const struct mr_team_run *t, char *buf, size_t cap)
{
    char path[MR_PATH + 32];
    (void)snprintf(path, sizeof path, "%s.log", t->dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = size > (off_t)cap - 1 ? size - ((off_t)cap - 1) : 0;
    ssize_t n = fd < 0 ? 0 : pread(fd, buf, cap - 1, from);
    buf[n > 0 ? n : 0] = '\0';
    for (char *end = buf + strlen(buf); end > buf && end[-1] == '\n'; end--) {
        end[-1] = '\0';
    }
    const char *line = strrchr(buf, '\n');
    if (line) {
        memmove(buf, line + 1, strlen(line + 1) + 1);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void on_death(uv_process_t *process, int64_t status, int signal)
{
    struct mr_team_run *t = process->data;
    if (!t->srv->stopping) {
        bool soon = now_ms(t) - t->started_ms < SOON_MS;
        t->restarts++;
        t->failures = soon ? t->failures + 1 : 1;
        char why[512] = "";
        if (!signal) {
            last_words(t, why, sizeof why);
        }
        (void)fprintf(stderr, "millrace: site of team %s ended (%s %lld); see %s.log%s%s\n", t->plan->id,
                      signal ? "signal" : "status", signal ? (long long)signal : (long long)status, t->dir,
                      why[0] ? ", which ends: " : "", why);
        t->state = t->failures >= FAILURES_MAX ? MR_SITE_STOPPED : MR_SITE_RECOVERING;
        if (t->state == MR_SITE_STOPPED) {
            (void)fprintf(stderr, "millrace: site of team %s does not stay up and is left alone\n", t->plan->id);
        }
    }
    drop(t);
    uv_close((uv_handle_t *)process, on_process_closed);
}

#define ARGS_MAX  24
#define FIRST_UID 64000 /* no Debian account has it: a team's processes are a user of their own */

static void start_process(struct mr_team_run *t)
{
    struct mr_server *s = t->srv;
    char scenario[MR_PATH + 96], site[MR_PATH + 96], seed[24], offset[16], uid[16], log[MR_PATH + 32];
    const char *args[ARGS_MAX];
    size_t n = 0;
    const char *seed_name = s->plan->same_seed ? "" : t->plan->id;
    uint64_t number = s->plan->secret_seed ? mr_secret_seed(&s->secret, seed_name) : mr_plain_seed(s->plan->seed, seed_name);
    (void)snprintf(site, sizeof site, "%s/sites/%s", s->content_root, s->site->name);
    (void)snprintf(scenario, sizeof scenario, "%s/scenarios/%s", s->content_root, s->scenario->name);
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)number);
    (void)snprintf(offset, sizeof offset, "%u", s->opt->port_offset + 1000 * t->index);
    (void)snprintf(uid, sizeof uid, "%u", FIRST_UID + t->index);
    const char *fixed[] = {"millrace", "live",   site,        "--scenario", scenario,   "--seed",    seed,           "--state",
                           t->dir,     "--team", t->plan->id, "--no-begin", "--resume", "--network", s->opt->network};
    memcpy(args, fixed, sizeof fixed);
    n = sizeof fixed / sizeof fixed[0];
    if (strcmp(s->opt->network, "loopback") == 0) {
        args[n++] = "--port-offset";
        args[n++] = offset;
    }
    if (geteuid() == 0) { /* so that one team's wire may not even send a signal to another's */
        args[n++] = "--uid";
        args[n++] = uid;
    }
    if (s->opt->speed) {
        args[n++] = "--speed";
        args[n++] = s->opt->speed;
    }
    args[n] = NULL;
    (void)mkdir(t->dir, 0755);
    (void)snprintf(log, sizeof log, "%s.log", t->dir);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD, .data.fd = fd}, {.flags = UV_INHERIT_FD, .data.fd = fd}};
    uv_process_options_t o = {
        .exit_cb = on_death, .file = "/proc/self/exe", .flags = UV_PROCESS_DETACHED, .stdio_count = 3, .stdio = stdio};
    char *argv[ARGS_MAX];
    for (size_t i = 0; i <= n; i++) {
        argv[i] = (char *)(uintptr_t)args[i]; /* execve does not change them */
    }
    o.args = argv;
    t->process.data = t;
    t->started_ms = now_ms(t);
    int rc = fd < 0 ? UV_EIO : uv_spawn(s->loop, &t->process, &o);
    if (rc == 0) {
        t->child = true;
    } else {
        (void)fprintf(stderr, "millrace: the site of team %s cannot be started: %s\n", t->plan->id, uv_strerror(rc));
        if (fd >= 0) {
            uv_close((uv_handle_t *)&t->process, NULL);
        }
        t->state = MR_SITE_STOPPED;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}

void mr_link_start(struct mr_team_run *t)
{
    (void)uv_timer_init(t->srv->loop, &t->again);
    t->again.data = t;
    t->priority.place = (unsigned)(t - t->srv->teams);
    try_later(t, 0);
}

void mr_link_stop(struct mr_team_run *t)
{
    if (t->connected) {
        (void)send_message(t, MR_MSG_STOP, mr_slice(NULL, 0), mr_slice(NULL, 0));
    } else if (t->child) {
        (void)uv_process_kill(&t->process, SIGTERM);
    }
    if (!uv_is_closing((uv_handle_t *)&t->again)) {
        uv_close((uv_handle_t *)&t->again, NULL);
    }
}

bool mr_link_gone(const struct mr_team_run *t)
{
    return !t->child && !t->pipe_open;
}

bool mr_link_settled(const struct mr_team_run *t)
{
    return t->connected && t->state == MR_SITE_READY && now_ms(t) - t->connected_ms > SETTLE_MS;
}

/* After READY and what the site had to tell: a running event's BEGIN reaches a site that was not there when it was given. */
void mr_link_tick(struct mr_team_run *t, uint64_t now)
{
    for (size_t i = 0; i < MR_PENDING; i++) {
        if (t->pending[i].request && now - t->pending[i].since_ms > ANSWER_MS) {
            answer(&t->pending[i], MR_E_TIMEOUT, 0);
        }
    }
    t->srv->equals = t->srv->equals || !mr_priority_look(&t->priority, t->wire, t->core, (int64_t)uv_hrtime());
    if (mr_link_settled(t) && (t->srv->run == MR_RUN_RUNNING || t->srv->run == MR_RUN_PAUSED) &&
        !mr_score_begun(t->score, NULL)) {
        t->connected_ms = now;
        mr_link_tell(t, MR_MSG_BEGIN, "", "the event has begun");
    }
}
