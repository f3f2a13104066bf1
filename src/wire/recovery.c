/* recovery.c - core is brought back: newest readable snapshot, then the record's tail, then now.
 *
 * Which input killed it is found by counting: what was under way at a death is suspect, and suspects are given one by one. An
 * input that was under way at two deaths, the second time alone, is put into quarantine: noted, skipped, its connection
 * closed. */
#include "wire/statedir.h"
#include "wire/wireproc.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ATTEMPTS 12
#define PIECE    65536
#define ARGS_MAX 64
#define HUNG_MS  ((int)(MR_WIRE_HUNG_NS / MR_MS))

static void on_core(uv_poll_t *h, int status, int events)
{
    struct mr_wireproc *w = h->data;
    enum mr_err err = status < 0 ? MR_E_CLOSED : MR_OK; /* it died with something unread */
    if (err == MR_OK && (events & UV_WRITABLE)) {
        err = mr_coreproc_send(&w->core);
        mr_wireproc_watch_core(w);
    }
    if (err != MR_E_CLOSED && (events & (UV_READABLE | UV_DISCONNECT))) {
        err = mr_coreproc_receive(&w->core);
        if (err != MR_E_BUSY) {
            enum mr_err said = mr_wireproc_answers(w);
            err = err == MR_OK ? said : err;
        }
    }
    if (err != MR_OK && err != MR_E_BUSY && !w->stopping && !mr_wireproc_recover(w, "it ended")) {
        mr_wireproc_stop(w, 1);
    }
}

static void free_handle(uv_handle_t *h)
{
    free(h);
}

void mr_wireproc_watch_core(struct mr_wireproc *w)
{
    if (!w->core_poll) {
        if (!w->caught_up || !(w->core_poll = malloc(sizeof *w->core_poll))) {
            return;
        }
        (void)uv_poll_init(&w->loop, w->core_poll, w->core.fd);
        w->core_poll->data = w;
        w->core_events = 0;
    }
    int events = UV_READABLE | (w->core.tx_n > 0 ? UV_WRITABLE : 0);
    if (events != w->core_events) {
        w->core_events = events;
        (void)uv_poll_start(w->core_poll, events, on_core);
    }
    mr_sockets_pause(w->sockets, w->core.tx_n > MR_WIRE_NEAR_FULL);
}

void mr_wireproc_unwatch_core(struct mr_wireproc *w)
{
    if (w->core_poll) {
        uv_close((uv_handle_t *)w->core_poll, free_handle);
        w->core_poll = NULL;
    }
}

/* Waits for core's next messages and deals with them. */
static enum mr_err pump(struct mr_wireproc *w, mr_ns limit)
{
    enum mr_err err = mr_coreproc_wait(&w->core, (int)(limit / MR_MS));
    if (err == MR_OK && w->core.tx_n > 0) {
        err = mr_coreproc_send(&w->core);
    }
    if (err == MR_OK || err == MR_E_BUSY) {
        err = mr_coreproc_receive(&w->core);
    }
    if (err == MR_OK) {
        err = mr_wireproc_answers(w);
    }
    return err == MR_E_BUSY ? MR_OK : err;
}

static bool take_hello(struct mr_wireproc *w, struct mr_slice payload)
{
    if (w->hello) {
        return w->nhello == payload.n &&
               memcmp(w->hello_bytes, payload.p, payload.n) == 0; /* the same content, so the same site */
    }
    if (mr_hello_decode(payload, &w->hello) != MR_OK) {
        return false;
    }
    w->hello_bytes = malloc(payload.n);
    w->view = calloc(w->hello->ntags + 1, sizeof *w->view);
    if (!w->hello_bytes || !w->view) {
        return false;
    }
    memcpy(w->hello_bytes, payload.p, payload.n);
    w->nhello = payload.n;
    return true;
}

/* The first message must be its HELLO. */
static bool wait_hello(struct mr_wireproc *w)
{
    mr_ns limit = MR_WIRE_HELLO_NS;
    for (;;) {
        size_t at = 0;
        enum mr_message_kind kind;
        struct mr_slice payload;
        enum mr_err err = mr_coreproc_next(&w->core, &at, &kind, &payload);
        if (err == MR_OK) {
            bool ok = kind == MR_MSG_HELLO && take_hello(w, payload);
            mr_coreproc_consume(&w->core, at);
            return ok;
        }
        if (err != MR_E_TRUNCATED || mr_coreproc_wait(&w->core, (int)(limit / MR_MS)) != MR_OK) {
            return false;
        }
        err = mr_coreproc_receive(&w->core);
        if (err != MR_OK && err != MR_E_BUSY) {
            return false;
        }
    }
}

bool mr_wireproc_start_core(struct mr_wireproc *w)
{
    char seed[32];
    char epoch[32];
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)w->opt->seed);
    (void)snprintf(epoch, sizeof epoch, "%lld", (long long)w->epoch_ns);
    char *argv[ARGS_MAX] = {"millrace", "core", "--fd", "3", "--content-fd", "4", "--seed", seed, "--epoch", epoch, "--network"};
    bool simulated = w->opt->network != MR_WIRE_NETNS;
    size_t n = 11;
    argv[n++] = simulated ? "loopback" : "netns";
    argv[n++] = "--frames";
    argv[n++] = simulated && w->opt->captures ? "on" : "off";
    for (size_t i = 0; w->opt->core_args && w->opt->core_args[i] && n < ARGS_MAX - 1; i++) {
        memcpy(&argv[n++], &w->opt->core_args[i], sizeof argv[0]); /* execv() takes them as char *, and leaves them alone */
    }
    return mr_coreproc_start(&w->core, argv, w->content_fd, geteuid() == 0 && !w->has_netns ? mr_wireproc_uid(w) : 0) == MR_OK &&
           wait_hello(w);
}

/* Gives core one recorded input; `alone`: waits until it is worked through. */
static enum mr_err give(struct mr_wireproc *w, const struct mr_entry *e, bool alone)
{
    struct mr_writer out = mr_coreproc_writer(&w->core);
    size_t start = mr_message_begin(&out, MR_MSG_INPUT);
    mr_write_u64le(&out, e->seq);
    mr_write_u64le(&out, (uint64_t)e->at);
    mr_write_u8(&out, e->kind);
    mr_write_bytes(&out, e->payload);
    mr_message_end(&out, start);
    MR_ASSERT(!out.full);
    mr_coreproc_queued(&w->core, &out);
    enum mr_err err = MR_OK;
    if (alone || w->core.tx_n > MR_WIRE_BATCH) {
        err = mr_coreproc_send(&w->core);
        err = err == MR_E_BUSY ? MR_OK : err;
    }
    while (err == MR_OK && (w->core.tx_n > MR_WIRE_BATCH || (alone && w->done_seq < e->seq))) {
        err = pump(w, MR_WIRE_HUNG_NS);
    }
    return err;
}

/* One who reads the record from a point on. */
struct tail {
    int fd;
    struct mr_journal_reader *reader;
    uint8_t *piece;
};

static bool tail_open(struct tail *t, const struct mr_journal_point *from)
{
    t->fd = open(MR_STATE_RECORD, O_RDONLY | O_CLOEXEC);
    t->reader = mr_journal_reader_create();
    t->piece = malloc(PIECE);
    if (t->fd < 0 || !t->reader || !t->piece) {
        return false;
    }
    mr_journal_reader_at(t->reader, from);
    return lseek(t->fd, (off_t)from->offset, SEEK_SET) >= 0;
}

static void tail_close(struct tail *t)
{
    if (t->fd >= 0) {
        (void)close(t->fd);
    }
    mr_journal_reader_destroy(t->reader);
    free(t->piece);
}

static enum mr_err tail_next(struct tail *t, struct mr_entry *e)
{
    enum mr_err err;
    while ((err = mr_journal_next(t->reader, e)) == MR_E_TRUNCATED) {
        ssize_t n = read(t->fd, t->piece, PIECE);
        if (n <= 0) {
            return MR_E_TRUNCATED;
        }
        err = mr_journal_feed(t->reader, mr_slice(t->piece, (size_t)n));
        if (err != MR_OK) {
            return err;
        }
    }
    return err;
}

/* The inputs behind `*at` that are on the disk now. Those behind `safe` one by one; `*at` becomes the last one given. */
static enum mr_err give_tail(struct mr_wireproc *w, struct tail *t, uint64_t safe, uint64_t *at)
{
    enum mr_err err = MR_OK;
    struct mr_entry e;
    while (err == MR_OK && tail_next(t, &e) == MR_OK) {
        if (e.kind < MR_IN_NOTES && e.seq > *at && !mr_wireproc_is_quarantined(w, e.seq)) {
            *at = e.seq;
            err = give(w, &e, e.seq > safe);
        }
    }
    err = err == MR_OK ? mr_coreproc_send(&w->core) : err;
    err = err == MR_E_BUSY ? MR_OK : err;
    while (err == MR_OK && w->done_seq < *at) {
        err = pump(w, MR_WIRE_HUNG_NS);
    }
    return err;
}

/* All that is in the record behind `*at`, to be found from `point` on, and what is added to it meanwhile. */
static enum mr_err replay(struct mr_wireproc *w, const struct mr_journal_point *point, uint64_t safe, uint64_t *at)
{
    struct tail t;
    uint64_t from;
    enum mr_err err = tail_open(&t, point) ? MR_OK : MR_E_IO;
    while (err == MR_OK) {
        mr_recorder_flush(&w->recorder);
        from = *at;
        err = give_tail(w, &t, safe, at);
        if (*at == from || *at >= w->recorder.seq) {
            break;
        }
    }
    tail_close(&t);
    return err;
}

/* State of snapshot `seq` (0: none) into a core that has just said HELLO; true where it lives on with it. */
static bool restore(struct mr_wireproc *w, uint64_t seq)
{
    uint8_t number[8];
    struct mr_writer head = mr_writer(number, sizeof number);
    struct mr_wire_saved saved;
    if (seq > 0) {
        if (!mr_wireproc_snapshot(seq, &saved)) {
            return false;
        }
        mr_write_u64le(&head, seq);
        bool ok = mr_coreproc_send_now(&w->core, MR_MSG_RESTORE, mr_written(&head), saved.state, HUNG_MS) == MR_OK;
        free(saved.bytes);
        if (!ok) {
            return false;
        }
    }
    head.n = 0;
    mr_write_u64le(&head, w->carried);
    enum mr_err err = mr_coreproc_send_now(&w->core, MR_MSG_OUTPUTS, mr_written(&head), mr_slice(NULL, 0), HUNG_MS);
    if (err == MR_OK) {
        err = mr_coreproc_send_now(&w->core, MR_MSG_DIGEST, mr_slice(NULL, 0), mr_slice(NULL, 0), HUNG_MS);
    }
    w->alive = false;
    while (err == MR_OK && !w->alive) {
        err = pump(w, MR_WIRE_HUNG_NS);
    }
    return err == MR_OK;
}

static void close_culprit(struct mr_wireproc *w, const struct mr_entry *e, struct mr_event *ev)
{
    struct mr_net_event net;
    if (e->kind != MR_IN_NET || mr_net_event_decode(e->payload, &net) != MR_OK) {
        return;
    }
    if (net.kind == MR_NET_DATA && w->sockets) {
        mr_sockets_drop(w->sockets, net.conn);
    }
    if (net.peer.ip) {
        (void)snprintf(ev->object, sizeof ev->object, "%u.%u.%u.%u", net.peer.ip >> 24, net.peer.ip >> 16 & 255,
                       net.peer.ip >> 8 & 255, net.peer.ip & 255);
    }
}

/* The input is noted, its connection closed, the judges told. Closing makes an input of its own, for when core is back. */
static void quarantine(struct mr_wireproc *w, const struct mr_journal_point *point, uint64_t seq)
{
    struct mr_wire_history *h = &w->history;
    uint8_t number[8];
    struct mr_writer note = mr_writer(number, sizeof number);
    struct mr_event ev = {.kind = MR_EV_QUARANTINE, .at = w->recorder.last, .number = (int64_t)seq};
    struct tail t;
    struct mr_entry e;
    if (h->nquarantined < MR_WIRE_QUARANTINES) {
        h->quarantined[h->nquarantined++] = seq;
    }
    mr_write_u64le(&note, seq);
    mr_wireproc_note(w, MR_IN_NOTE_QUARANTINE, mr_written(&note));
    mr_recorder_flush(&w->recorder);
    if (tail_open(&t, point)) {
        enum mr_err err;
        while ((err = tail_next(&t, &e)) == MR_OK && !(e.seq == seq && e.kind < MR_IN_NOTES)) {
        }
        if (err == MR_OK) {
            close_culprit(w, &e, &ev);
        }
    }
    tail_close(&t);
    mr_wireproc_say(w, "input %llu has killed core twice: it is skipped from now on", (unsigned long long)seq);
    mr_wireproc_own_event(w, &ev);
}

/* Tries until core stands at the end of the record. `under_way`: last input that core had been given when it died. */
static bool bring_back(struct mr_wireproc *w, uint64_t under_way)
{
    uint64_t safe = w->done_seq;
    static const struct mr_wire_snapshot none;
    size_t snapshot = 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        const struct mr_wire_snapshot *kept = snapshot < MR_WIRE_SNAPSHOTS_KEPT ? &w->snapshots[snapshot] : &none;
        const struct mr_journal_point *point = kept->seq > 0 ? &kept->point : &w->first;
        uint64_t from = kept->seq, at = from;
        (void)mr_coreproc_stop(&w->core);
        w->done_seq = from;
        w->sent_seq = UINT64_MAX; /* whatever it says it has done is in the record */
        w->deadline = MR_NEVER_NS;
        if (!mr_wireproc_start_core(w)) {
            continue;
        }
        if (!restore(w, from)) {
            snapshot++; /* this one cannot be read: an older one, or none */
            continue;
        }
        if (replay(w, point, safe, &at) == MR_OK) {
            w->sent_seq = w->done_seq = at;
            return true;
        }
        if (at > safe && at <= under_way) {
            quarantine(w, point, at);
        } else { /* it died among what it had survived before: these are suspect now */
            safe = at > safe ? safe : w->done_seq;
            under_way = at;
        }
    }
    mr_wireproc_say(w, "core cannot be brought back after %d attempts", ATTEMPTS);
    return false;
}

static void note_restart(struct mr_wireproc *w, const char *text)
{
    uint8_t buf[160];
    struct mr_writer note = mr_writer(buf, sizeof buf);
    mr_write_lv(&note, mr_slice_str(text));
    mr_wireproc_note(w, MR_IN_NOTE_RESTART, mr_written(&note));
}

static void caught_up(struct mr_wireproc *w)
{
    w->caught_up = true;
    w->busy_since = 0;
    mr_wireproc_watch_core(w);
    (void)mr_wireproc_input(w, MR_IN_TIME, mr_slice(NULL, 0));
    w->next_snapshot = mr_wireproc_now(w); /* so that another death finds a short tail */
}

bool mr_wireproc_recover(struct mr_wireproc *w, const char *why)
{
    mr_ns began = mr_wireproc_now(w);
    uint64_t under_way = w->sent_seq;
    mr_wireproc_unwatch_core(w);
    int status = mr_coreproc_stop(&w->core);
    w->restarts++;
    char text[128];
    (void)snprintf(text, sizeof text, "core was started again: %s (%s %d)", why, WIFSIGNALED(status) ? "signal" : "status",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    mr_wireproc_say(w, "%s", text);
    if (w->recorder.fd < 0) {
        mr_wireproc_say(w, "without a record it cannot be brought back");
        return false;
    }
    note_restart(w, text);
    mr_recorder_flush(&w->recorder); /* inputs that were collected and not yet sent are its tail now */
    w->caught_up = false;
    if (!bring_back(w, under_way)) {
        return false;
    }
    struct mr_event ev = {.kind = MR_EV_PLATFORM, .at = w->recorder.last};
    ev.value = (double)(mr_wireproc_now(w) - began) / (double)MR_S;
    mr_str_copy(ev.subject, sizeof ev.subject, "core restarted");
    mr_wireproc_own_event(w, &ev);
    caught_up(w);
    return true;
}

bool mr_wireproc_replay(struct mr_wireproc *w)
{
    w->muted = true;
    w->done_seq = w->recorder.seq; /* nothing is suspect until core dies of it */
    if (!bring_back(w, w->recorder.seq)) {
        return false;
    }
    note_restart(w, "wire was started again");
    w->muted = false;
    return true;
}
