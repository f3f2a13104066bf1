/* wire.c - the life of the process: folder, rights, namespaces, core, network, the loop, and a clean end. */
#include "wire/wire.h"

#include "wire/possible.h"
#include "wire/statedir.h"
#include "wire/wireproc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * MR_S + t.tv_nsec;
}

mr_ns mr_wireproc_now(const struct mr_wireproc *w)
{
    return w->clock_base + (mr_ns)((double)(read_clock(CLOCK_BOOTTIME) - w->clock_start) * w->opt->speed);
}

void mr_wireproc_say(const struct mr_wireproc *w, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    (void)fprintf(stderr, "millrace: %s%s%s\n", w->opt->team, w->opt->team[0] ? ": " : "", text);
    FILE *log = fopen(MR_STATE_LOG, "ae");
    if (log) {
        (void)fprintf(log, "%.3f %s\n", (double)mr_wireproc_now(w) / (double)MR_S, text);
        (void)fclose(log);
    }
}

unsigned mr_wireproc_uid(const struct mr_wireproc *w)
{
    return w->opt->uid ? w->opt->uid : NOBODY;
}

void mr_wireproc_stop(struct mr_wireproc *w, int exit_code)
{
    w->stopping = true;
    w->exit_code = exit_code;
    uv_stop(&w->loop);
}

int64_t mr_wireproc_unix_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

void mr_wireproc_start_clock(struct mr_wireproc *w, int64_t epoch_ns, mr_ns last)
{
    mr_ns by_wall = (mr_ns)((double)(read_clock(CLOCK_REALTIME) - epoch_ns) * w->opt->speed);
    w->epoch_ns = epoch_ns;
    w->clock_base = by_wall > last ? by_wall : last;
    w->clock_start = read_clock(CLOCK_BOOTTIME);
}

static bool content_file(struct mr_wireproc *w, struct mr_slice content)
{
    w->content_fd = memfd_create("content", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    for (size_t at = 0; w->content_fd >= 0 && at < content.n;) {
        ssize_t n = write(w->content_fd, content.p + at, content.n - at);
        if (n <= 0) {
            return false;
        }
        at += (size_t)n;
    }
    return w->content_fd >= 0 && lseek(w->content_fd, 0, SEEK_SET) == 0 &&
           fcntl(w->content_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0;
}

/* Behind the sockets' callbacks, and behind the timers' before the loop sleeps. */
static void on_check(uv_check_t *h)
{
    mr_wireproc_flush(h->data);
}

/* Waking two processes for each packet of a busy site would cost more than all else that they do, and where other plants live on
 * the machine it would cost them their time. A site alone on its machine has all of it. */
static void rest(struct mr_wireproc *w)
{
    int64_t turn = MR_WIRE_TURN_NS + mr_sockets_connections(w->sockets) * MR_WIRE_TURN_CONN_NS;
    int64_t now = read_clock(CLOCK_MONOTONIC), earliest = now - MR_WIRE_TURN_BURST * turn;
    w->next_turn = (w->next_turn > earliest ? w->next_turn : earliest) + turn;
    if (w->next_turn > now) {
        const struct timespec left = {0, w->next_turn - now};
        (void)nanosleep(&left, NULL);
    }
}

static void on_prepare(uv_prepare_t *h)
{
    struct mr_wireproc *w = h->data;
    mr_wireproc_flush(w);
    if (w->capture && uv_now(&w->loop) - w->drained_ms >= MR_WIRE_CAPTURE_MS) { /* where there is traffic, the loop turns */
        w->drained_ms = uv_now(&w->loop);
        mr_capture_drain(w->capture);
    }
    bool shares = !w->has_netns || w->opt->team[0];
    if (shares && w->core.rx_n == 0) { /* a snapshot comes in many turns, and core waits for it to go */
        rest(w);
    }
}

static void on_synced(void *ctx)
{
    mr_serverlink_synced(ctx);
}

static void ask_core(struct mr_wireproc *w, enum mr_message_kind kind)
{
    struct mr_writer out = mr_coreproc_writer(&w->core);
    mr_message_end(&out, mr_message_begin(&out, kind));
    if (!out.full) {
        mr_coreproc_queued(&w->core, &out);
    }
}

static mr_ns on_the_wall(const struct mr_wireproc *w, mr_ns wall)
{
    return (mr_ns)((double)wall * w->opt->speed);
}

static mr_ns snapshot_every(const struct mr_wireproc *w)
{
    mr_ns rest = on_the_wall(w, MR_WIRE_SNAPSHOT_REST);
    return rest > MR_WIRE_SNAPSHOT_NS ? rest : MR_WIRE_SNAPSHOT_NS;
}

static void regular_questions(struct mr_wireproc *w)
{
    mr_ns now = mr_wireproc_now(w);
    if (now >= w->next_digest && w->recorder.fd >= 0) {
        w->next_digest = now + on_the_wall(w, MR_WIRE_DIGEST_NS);
        ask_core(w, MR_MSG_DIGEST);
    }
    if (now >= w->next_snapshot && w->recorder.fd >= 0 && !w->recorder.full) {
        w->next_snapshot = now + snapshot_every(w);
        w->asked = mr_recorder_point(&w->recorder); /* every input so far is on its way to core */
        ask_core(w, MR_MSG_SNAPSHOT);
    }
    if (w->busy_since && now - w->busy_since > on_the_wall(w, MR_WIRE_HUNG_NS) && !mr_wireproc_recover(w, "it did not answer")) {
        mr_wireproc_stop(w, 1);
    }
}

/* Once a second. */
static void on_tick(uv_timer_t *t)
{
    struct mr_wireproc *w = t->data;
    mr_recorder_retry(&w->recorder);
    mr_recorder_sync(&w->recorder, &w->loop);
    if (w->recorder.full != w->said_full) {
        w->said_full = w->recorder.full;
        mr_wireproc_say(
            w, "%s", w->recorder.full ? "the disk is full: nothing is confirmed until there is room" : "the disk has room again");
    }
    mr_sockets_sweep(w->sockets);
    if (w->capture) {
        mr_capture_drain(w->capture);
        mr_capture_flush(w->capture);
    }
    regular_questions(w);
    mr_serverlink_health(w);
}

static void on_signal(uv_signal_t *h, int signum)
{
    struct mr_wireproc *w = h->data;
    if (signum != SIGCHLD) {
        mr_wireproc_stop(w, 0);
        return;
    }
    int status;
    bool ok = true;
    if (w->has_netns && w->netns.loading > 0) {
        pid_t pid = waitpid(w->netns.loading, &status, WNOHANG);
        if (pid > 0 && mr_netns_reaped(&w->netns, pid, status, &ok) && !ok) {
            mr_wireproc_say(w, "nft refused the firewall's new table; the old one stays in force");
        }
    }
}

static bool start_loop(struct mr_wireproc *w)
{
    if (uv_loop_init(&w->loop) != 0) {
        return false;
    }
    (void)uv_check_init(&w->loop, &w->check);
    (void)uv_prepare_init(&w->loop, &w->prepare);
    (void)uv_timer_init(&w->loop, &w->deadline_timer);
    (void)uv_timer_init(&w->loop, &w->tick_timer);
    (void)uv_signal_init(&w->loop, &w->sigint);
    (void)uv_signal_init(&w->loop, &w->sigterm);
    (void)uv_signal_init(&w->loop, &w->sigchld);
    w->check.data = w->prepare.data = w->deadline_timer.data = w->tick_timer.data = w->sigint.data = w->sigterm.data =
        w->sigchld.data = w;
    (void)uv_signal_start(&w->sigint, on_signal, SIGINT);
    (void)uv_signal_start(&w->sigterm, on_signal, SIGTERM);
    (void)uv_signal_start(&w->sigchld, on_signal, SIGCHLD);
    (void)uv_check_start(&w->check, on_check);
    (void)uv_prepare_start(&w->prepare, on_prepare);
    (void)signal(SIGPIPE, SIG_IGN);
    return true;
}

static bool build_network(struct mr_wireproc *w)
{
    const struct mr_topology *t = &w->hello->topology;
    if (w->has_netns) {
        enum mr_err err = mr_netns_build(&w->netns, t, &w->hello->rules);
        if (err != MR_OK) {
            mr_wireproc_say(w, "%s", w->netns.why);
            return false;
        }
        w->denials = mr_denials_open(&w->loop, &w->netns, mr_wireproc_net_event, w);
        if (!w->denials) {
            mr_wireproc_say(w, "this kernel has no NFLOG: refused packets will not be events");
        }
    }
    w->sockets = mr_sockets_create(&w->loop, w->has_netns ? &w->netns : NULL, t, w->hello->nservices, w->opt->port_offset,
                                   mr_wireproc_net_event, w);
    if (w->opt->captures) {
        w->capture = mr_capture_open(w->has_netns ? &w->netns : NULL, t);
        if (!w->capture) {
            mr_wireproc_say(w, "captures cannot be opened: %s", strerror(errno));
            return false;
        }
    }
    return w->sockets != NULL;
}

/* Loopback: every service of the site gets its entry port now. */
static bool open_entries(struct mr_wireproc *w)
{
    for (uint32_t i = 0; i < w->hello->nservices; i++) {
        const struct mr_service *s = &w->hello->services[i];
        struct mr_net_request q = {
            .kind = s->proto == MR_FW_UDP ? MR_NETQ_BIND : MR_NETQ_LISTEN, .node = s->node, .port = s->port};
        enum mr_err err = mr_sockets_request(w->sockets, &q);
        if (err != MR_OK) {
            uint32_t ip = mr_sockets_entry_ip(w->hello->topology.nodes[s->node].ip);
            mr_wireproc_say(w, "%u.%u.%u.%u port %u: %s; choose other ports with --port-offset", ip >> 24, ip >> 16 & 255,
                            ip >> 8 & 255, ip & 255, s->port + w->opt->port_offset, mr_err_text(err));
            return false;
        }
    }
    return true;
}

static bool enter_network(struct mr_wireproc *w)
{
    w->has_netns = w->opt->network == MR_WIRE_NETNS;
    if (!w->has_netns) {
        return true;
    }
    if (!mr_statedir_drop(mr_wireproc_uid(w))) {
        return false;
    }
    if (mr_netns_enter_user(&w->netns) != MR_OK) {
        mr_wireproc_say(w, "%s; %s", w->netns.why, MR_NETNS_WAY_OUT);
        return false;
    }
    return true;
}

/* Core to the end of the old record, or to its beginning; then the network as it must be. */
static bool bring_up(struct mr_wireproc *w, bool continued)
{
    if (!mr_wireproc_start_core(w)) {
        mr_wireproc_say(w, "core did not start");
        return false;
    }
    if (!build_network(w)) {
        return false;
    }
    if (!w->has_netns && (!open_entries(w) || !mr_statedir_drop(mr_wireproc_uid(w)))) {
        return false;
    }
    if (continued && !mr_wireproc_replay(w)) {
        return false;
    }
    w->caught_up = true;
    mr_wireproc_watch_core(w);
    if (continued) {
        (void)mr_wireproc_input(w, MR_IN_NET_RESET, mr_slice(NULL, 0));
        if (w->history.ended) { /* a clean end is a pause */
            mr_wireproc_resume(w, "wire", "started again");
        }
    } else {
        (void)mr_wireproc_input(w, MR_IN_TIME, mr_slice(NULL, 0));
    }
    if (w->opt->begin) {
        mr_wireproc_begin(w, "wire", "started");
    }
    mr_wireproc_flush(w);
    return true;
}

/* Ready is said when core has worked through what it was given first: then its ports are open. */
static void wait_first_answers(struct mr_wireproc *w)
{
    while (w->done_seq < w->sent_seq && !w->stopping) {
        (void)uv_run(&w->loop, UV_RUN_ONCE);
    }
}

static void end_record(struct mr_wireproc *w)
{
    static const uint8_t ended[] = {5, 'e', 'n', 'd', 'e', 'd'};
    if (w->sockets && w->exit_code == 0) {
        mr_wireproc_pause(w, "wire", "ended");
        mr_wireproc_note(w, MR_IN_NOTE_RESTART, mr_slice(ended, sizeof ended));
    }
}

static void close_all(struct mr_wireproc *w)
{
    if (w->core.fd >= 0 && w->core.pid > 0) {
        (void)mr_coreproc_send_now(&w->core, MR_MSG_STOP, mr_slice(NULL, 0), mr_slice(NULL, 0), 100);
    }
    mr_wireproc_unwatch_core(w);
    (void)mr_coreproc_stop(&w->core);
    if (w->sockets) {
        mr_sockets_close(w->sockets);
    }
    mr_denials_close(w->denials);
    mr_serverlink_close(w);
    uv_handle_t *const own[] = {(uv_handle_t *)&w->check,      (uv_handle_t *)&w->prepare, (uv_handle_t *)&w->deadline_timer,
                                (uv_handle_t *)&w->tick_timer, (uv_handle_t *)&w->sigint,  (uv_handle_t *)&w->sigterm,
                                (uv_handle_t *)&w->sigchld};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        uv_close(own[i], NULL);
    }
    (void)uv_run(&w->loop, UV_RUN_DEFAULT); /* until what is in the thread pool has ended */
    (void)uv_loop_close(&w->loop);
    mr_capture_close(w->capture);
    mr_sockets_free(w->sockets);
    mr_denials_free(w->denials);
    mr_serverlink_free(w);
    if (w->has_netns) {
        mr_netns_destroy(&w->netns);
    }
    mr_recorder_close(&w->recorder);
    mr_eventlog_close(&w->events);
    mr_coreproc_destroy(&w->core);
    free(w->hello);
    free(w->hello_bytes);
    free(w->view);
    if (w->content_fd >= 0) {
        (void)close(w->content_fd);
    }
}

static bool start(struct mr_wireproc *w)
{
    bool continued = false;
    mr_serverlink_outside(w);
    if (!enter_network(w) || !content_file(w, w->opt->content) || mr_coreproc_create(&w->core) != MR_OK ||
        !mr_wireproc_open_record(w, &continued)) {
        return false;
    }
    w->recorder.synced = on_synced;
    w->recorder.ctx = w;
    if (mr_eventlog_open(&w->events, MR_STATE_EVENTS) != MR_OK) {
        mr_wireproc_say(w, "%s: %s", MR_STATE_EVENTS, strerror(errno));
        return false;
    }
    w->next_digest = mr_wireproc_now(w) + on_the_wall(w, MR_WIRE_DIGEST_NS);
    w->next_snapshot = w->opt->speed > 1 ? mr_wireproc_now(w) + snapshot_every(w) : w->next_digest;
    if (!bring_up(w, continued) || !mr_serverlink_open(w)) {
        return false;
    }
    (void)uv_timer_start(&w->tick_timer, on_tick, 1000, 1000);
    wait_first_answers(w);
    return !w->stopping;
}

int mr_wire_run(const struct mr_wire_options *opt)
{
    static struct mr_wireproc w; /* one a process, and too large for a stack */
    w = (struct mr_wireproc){.opt = opt, .content_fd = -1, .deadline = MR_NEVER_NS, .exit_code = 1};
    w.core.fd = w.recorder.fd = w.events.fd = -1;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    if (!mr_statedir_enter(opt->state, mr_wireproc_uid(&w)) || !start_loop(&w)) {
        return 1;
    }
    if (start(&w)) {
        if (opt->json) {
            mr_wireproc_print_site(&w, stdout);
        }
        (void)printf("ready\n");
        (void)fflush(stdout);
        w.exit_code = 0;
        (void)uv_run(&w.loop, UV_RUN_DEFAULT);
        end_record(&w);
    }
    close_all(&w);
    return w.exit_code;
}
