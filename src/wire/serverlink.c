/* serverlink.c - wire.sock: the server (site/channel.h, server part), and `millrace exec`, which asks for namespaces.
 *
 * Events are read from the event log for each client from where it stands, so one that was away gets what it missed. When a
 * server that took events is gone without a STOP, the site pauses until one is back. */
#include "sim/command.h"
#include "wire/statedir.h"
#include "wire/wireproc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENT_IN  (MR_COMMAND_BYTES + 64)
#define CLIENT_OUT (256u << 10) /* then what can wait (events) waits, and what cannot (views, health) is dropped */
#define VIEW_BYTES 14

struct ack {
    uint64_t request, seq;
};

struct client {
    uv_poll_t poll;
    struct mr_wireproc *wire;
    int fd;
    bool used, closing;
    bool server; /* takes events */
    bool asked;  /* for events, and has not been told yet that these were all */
    bool writing;
    off_t at; /* in the event log */
    uint8_t *in, *out;
    size_t in_n, out_n;
    uint32_t nacks;
    struct ack acks[MR_WIRE_ACKS];
};

struct mr_serverlink {
    uv_poll_t poll;
    int fd;
    struct client clients[MR_WIRE_CLIENTS];
};

static void on_client(uv_poll_t *h, int status, int events);

static void client_closed(uv_handle_t *h)
{
    struct client *c = (struct client *)h;
    free(c->in);
    free(c->out);
    *c = (struct client){0};
}

static void drop(struct client *c)
{
    if (!c->closing) {
        c->closing = true;
        uv_close((uv_handle_t *)&c->poll, client_closed);
        (void)close(c->fd);
    }
}

/* The server is gone: nobody could see or answer for what happens now. */
static void lost(struct client *c)
{
    struct mr_wireproc *w = c->wire;
    bool another = false;
    drop(c);
    for (size_t i = 0; i < MR_WIRE_CLIENTS; i++) {
        another |= w->link->clients[i].used && !w->link->clients[i].closing && w->link->clients[i].server;
    }
    if (c->server && !another && !w->stopping && !w->history.paused) {
        mr_wireproc_pause(w, "wire", "the server is away");
        w->paused_by_us = true;
    }
}

static void push(struct client *c)
{
    while (c->out_n > 0) {
        ssize_t n = send(c->fd, c->out, c->out_n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR) {
                lost(c);
                return;
            }
            break;
        }
        memmove(c->out, c->out + n, c->out_n - (size_t)n);
        c->out_n -= (size_t)n;
    }
    bool writing = c->out_n > 0;
    if (writing != c->writing) {
        c->writing = writing;
        (void)uv_poll_start(&c->poll, UV_READABLE | (writing ? UV_WRITABLE : 0), on_client);
    }
}

/* False where there is no room: nothing is queued then. */
static bool queue(struct client *c, enum mr_message_kind kind, struct mr_slice a, struct mr_slice b)
{
    struct mr_writer w = mr_writer(c->out + c->out_n, CLIENT_OUT - c->out_n);
    size_t at = mr_message_begin(&w, kind);
    mr_write_bytes(&w, a);
    mr_write_bytes(&w, b);
    mr_message_end(&w, at);
    if (w.full) {
        return false;
    }
    c->out_n += w.n;
    return true;
}

static void pump_events(struct client *c)
{
    uint8_t buf[MR_EVENT_BYTES];
    size_t n = 1;
    while (!c->closing && (n = mr_eventlog_read(&c->wire->events, c->at, buf)) > 0) {
        if (!queue(c, MR_MSG_EVENT, mr_slice(buf, n), mr_slice(NULL, 0))) {
            break;
        }
        c->at += (off_t)(4 + n);
    }
    if (n == 0 && c->asked && queue(c, MR_MSG_TOLD, mr_slice(NULL, 0), mr_slice(NULL, 0))) {
        c->asked = false;
    }
    push(c);
}

void mr_serverlink_pump(struct mr_wireproc *w)
{
    for (size_t i = 0; w->link && i < MR_WIRE_CLIENTS; i++) {
        struct client *c = &w->link->clients[i];
        if (c->used && !c->closing && c->server) {
            pump_events(c);
        }
    }
}

void mr_serverlink_view(struct mr_wireproc *w, struct mr_slice payload)
{
    for (size_t i = 0; w->link && i < MR_WIRE_CLIENTS; i++) {
        struct client *c = &w->link->clients[i];
        if (c->used && !c->closing && c->server) {
            (void)queue(c, MR_MSG_VIEW, payload, mr_slice(NULL, 0));
            push(c);
        }
    }
}

static void send_ack(struct client *c, uint64_t request, uint64_t seq, enum mr_err err)
{
    uint8_t buf[20];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_write_u64le(&w, request);
    mr_write_u64le(&w, seq);
    mr_write_u32le(&w, (uint32_t)err);
    if (!queue(c, MR_MSG_ACK, mr_written(&w), mr_slice(NULL, 0))) {
        lost(c); /* it does not read what it asked for */
        return;
    }
    push(c);
}

/* What is on the disk is confirmed, and what cannot get there refused. */
void mr_serverlink_synced(struct mr_wireproc *w)
{
    const struct mr_recorder *r = &w->recorder;
    for (size_t i = 0; w->link && i < MR_WIRE_CLIENTS; i++) {
        struct client *c = &w->link->clients[i];
        uint32_t kept = 0;
        for (uint32_t k = 0; k < c->nacks && !c->closing; k++) {
            struct ack a = c->acks[k];
            if (a.seq <= r->synced_seq) {
                send_ack(c, a.request, a.seq, MR_OK);
            } else if (r->full) {
                send_ack(c, a.request, a.seq, MR_E_NO_SPACE);
            } else {
                c->acks[kept++] = a;
            }
        }
        c->nacks = kept;
    }
}

static void on_submit(struct client *c, struct mr_slice payload)
{
    struct mr_wireproc *w = c->wire;
    struct mr_reader r = mr_reader(payload);
    uint64_t request = mr_read_u64le(&r);
    if (r.bad || c->nacks == MR_WIRE_ACKS || w->core.tx_n > MR_WIRE_NEAR_FULL) {
        send_ack(c, request, 0, r.bad ? MR_E_MALFORMED : MR_E_BUSY);
        return;
    }
    mr_recorder_retry(&w->recorder);
    if (w->recorder.full) {
        send_ack(c, request, 0, MR_E_NO_SPACE);
        return;
    }
    uint64_t seq = mr_wireproc_input(w, MR_IN_COMMAND, mr_slice(payload.p + r.at, payload.n - r.at));
    c->acks[c->nacks++] = (struct ack){request, seq};
    mr_wireproc_flush(w);
    if (w->recorder.full) {
        mr_serverlink_synced(w);
    } else {
        mr_recorder_sync(&w->recorder, &w->loop);
    }
}

static void send_ready(struct client *c)
{
    struct mr_wireproc *w = c->wire;
    uint8_t *buf = malloc(8 + w->hello->ntags * (size_t)VIEW_BYTES);
    if (!buf || !queue(c, MR_MSG_READY, mr_slice(w->hello_bytes, w->nhello), mr_slice(NULL, 0))) {
        free(buf);
        lost(c);
        return;
    }
    struct mr_writer out = mr_writer(buf, 8 + w->hello->ntags * (size_t)VIEW_BYTES);
    mr_write_u64le(&out, (uint64_t)w->recorder.last);
    for (uint32_t i = 0; i < w->hello->ntags; i++) {
        if (w->view[i].known) {
            mr_write_varint(&out, i);
            mr_write_u8(&out, w->view[i].quality);
            mr_write_f64le(&out, w->view[i].value);
        }
    }
    (void)queue(c, MR_MSG_VIEW, mr_written(&out), mr_slice(NULL, 0));
    free(buf);
}

static void on_events(struct client *c, struct mr_slice payload)
{
    struct mr_wireproc *w = c->wire;
    struct mr_reader r = mr_reader(payload);
    uint64_t input = mr_read_u64le(&r);
    uint32_t index = mr_read_u32le(&r);
    c->at = mr_eventlog_after(&w->events, input, index);
    c->server = c->asked = true;
    send_ready(c);
    if (w->paused_by_us) {
        mr_wireproc_resume(w, "wire", "the server is back");
    }
    if (!c->closing) {
        pump_events(c);
    }
}

static void on_enter(struct client *c, struct mr_slice payload)
{
    struct mr_wireproc *w = c->wire;
    struct mr_reader r = mr_reader(payload);
    struct mr_slice name = mr_read_lv(&r);
    enum mr_err err = w->has_netns ? MR_E_NOT_FOUND : MR_E_UNSUPPORTED;
    int fds[2] = {w->netns.user, -1};
    for (uint16_t i = 0; w->has_netns && i < w->hello->topology.nnodes && err != MR_OK; i++) {
        if (mr_slice_eq(name, mr_slice_str(w->hello->topology.nodes[i].name))) {
            err = mr_netns_guard(&w->netns, i);
            fds[1] = w->netns.nodes[i].fd;
        }
    }
    uint8_t buf[16];
    struct mr_writer out = mr_writer(buf, sizeof buf);
    size_t at = mr_message_begin(&out, MR_MSG_ENTER);
    mr_write_u32le(&out, (uint32_t)err);
    mr_message_end(&out, at);
    struct iovec part = {buf, out.n};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof fds)];
    } control = {0};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    if (err == MR_OK) {
        m.msg_control = control.bytes;
        m.msg_controllen = sizeof control.bytes;
        struct cmsghdr *h = CMSG_FIRSTHDR(&m);
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN(sizeof fds);
        memcpy(CMSG_DATA(h), fds, sizeof fds);
    }
    if (sendmsg(c->fd, &m, MSG_NOSIGNAL) < 0) {
        lost(c);
    }
}

static void who_why(struct mr_slice payload, char who[64], char why[160])
{
    struct mr_reader r = mr_reader(payload);
    struct mr_slice a = mr_read_lv(&r), b = mr_read_lv(&r);
    (void)snprintf(who, 64, "%.*s", (int)(a.n < 63 ? a.n : 63), a.p ? (const char *)a.p : "");
    (void)snprintf(why, 160, "%.*s", (int)(b.n < 159 ? b.n : 159), b.p ? (const char *)b.p : "");
}

static void on_message(struct client *c, enum mr_message_kind kind, struct mr_slice payload)
{
    char who[64], why[160];
    switch ((int)kind) { /* int: the kinds that go the other way are no case of ours */
    case MR_MSG_SUBMIT:
        on_submit(c, payload);
        break;
    case MR_MSG_EVENTS:
        on_events(c, payload);
        break;
    case MR_MSG_PAUSE:
        who_why(payload, who, why);
        mr_wireproc_pause(c->wire, who, why);
        c->wire->paused_by_us = false;
        break;
    case MR_MSG_RESUME:
        who_why(payload, who, why);
        mr_wireproc_resume(c->wire, who, why);
        break;
    case MR_MSG_BEGIN:
        who_why(payload, who, why);
        mr_wireproc_begin(c->wire, who, why);
        break;
    case MR_MSG_STOP:
        mr_wireproc_stop(c->wire, 0);
        break;
    case MR_MSG_ENTER:
        on_enter(c, payload);
        break;
    default:
        lost(c);
        break;
    }
}

static void read_client(struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_n, CLIENT_IN - c->in_n, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0) {
        lost(c);
        return;
    }
    c->in_n += (size_t)n;
    size_t at = 0, used = 0;
    enum mr_message_kind kind;
    struct mr_slice payload;
    enum mr_err err = MR_OK;
    while (!c->closing && (err = mr_message_next(mr_slice(c->in + at, c->in_n - at), &kind, &payload, &used)) == MR_OK) {
        on_message(c, kind, payload);
        at += used;
    }
    memmove(c->in, c->in + at, c->in_n - at);
    c->in_n -= at;
    if (!c->closing && (err == MR_E_MALFORMED || c->in_n == CLIENT_IN)) {
        lost(c);
    }
}

static void on_client(uv_poll_t *h, int status, int events)
{
    struct client *c = (struct client *)h;
    if (status < 0) {
        lost(c);
        return;
    }
    if (events & UV_WRITABLE) {
        push(c);
        if (!c->closing && c->server) {
            pump_events(c);
        }
    }
    if (!c->closing && (events & UV_READABLE)) {
        read_client(c);
    }
}

/* The network that a socket was made in; for an accepted one that is its client's. 0 where a kernel does not tell (before
 * 5.14). */
static uint64_t network_of(int fd)
{
    uint64_t cookie = 0;
    socklen_t n = sizeof cookie;
    return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &n) == 0 ? cookie : 0;
}

void mr_serverlink_outside(struct mr_wireproc *w)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        w->outside = network_of(fd);
        (void)close(fd);
    }
}

static void on_connection(uv_poll_t *h, int status, int events)
{
    struct mr_wireproc *w = h->data;
    (void)status;
    (void)events;
    int fd = accept4(w->link->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        return;
    }
    if (network_of(fd) != w->outside) { /* a program in some device's network found the file: not for it */
        (void)close(fd);
        return;
    }
    size_t i = 0;
    while (i < MR_WIRE_CLIENTS && w->link->clients[i].used) {
        i++;
    }
    struct client *c = i < MR_WIRE_CLIENTS ? &w->link->clients[i] : NULL;
    if (!c || !(c->in = malloc(CLIENT_IN)) || !(c->out = malloc(CLIENT_OUT))) {
        if (c) {
            free(c->in);
            c->in = NULL;
        }
        (void)close(fd);
        return;
    }
    c->wire = w;
    c->fd = fd;
    c->used = true;
    (void)uv_poll_init(&w->loop, &c->poll, fd);
    (void)uv_poll_start(&c->poll, UV_READABLE, on_client);
}

bool mr_serverlink_open(struct mr_wireproc *w)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    mr_str_copy(at.sun_path, sizeof at.sun_path, MR_STATE_SOCKET);
    w->link = calloc(1, sizeof *w->link);
    if (!w->link) {
        return false;
    }
    (void)unlink(MR_STATE_SOCKET);
    w->link->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (w->link->fd < 0 || bind(w->link->fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(w->link->fd, 8) != 0) {
        mr_wireproc_say(w, "%s: %s", MR_STATE_SOCKET, strerror(errno));
        if (w->link->fd >= 0) {
            (void)close(w->link->fd);
        }
        free(w->link);
        w->link = NULL;
        return false;
    }
    (void)uv_poll_init(&w->loop, &w->link->poll, w->link->fd);
    w->link->poll.data = w;
    (void)uv_poll_start(&w->link->poll, UV_READABLE, on_connection);
    return true;
}

static void ignore_close(uv_handle_t *h)
{
    (void)h;
}

void mr_serverlink_close(struct mr_wireproc *w)
{
    if (!w->link) {
        return;
    }
    for (size_t i = 0; i < MR_WIRE_CLIENTS; i++) {
        if (w->link->clients[i].used) {
            push(&w->link->clients[i]);
            drop(&w->link->clients[i]);
        }
    }
    uv_close((uv_handle_t *)&w->link->poll, ignore_close);
    (void)close(w->link->fd);
    (void)unlink(MR_STATE_SOCKET);
}

void mr_serverlink_free(struct mr_wireproc *w)
{
    free(w->link);
    w->link = NULL;
}

static unsigned long resident_bytes(pid_t pid)
{
    char path[64];
    unsigned long pages = 0, size;
    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "r");
    if (f) {
        if (fscanf(f, "%lu %lu", &size, &pages) != 2) {
            pages = 0;
        }
        (void)fclose(f);
    }
    return pages * (unsigned long)sysconf(_SC_PAGESIZE);
}

void mr_serverlink_health(struct mr_wireproc *w)
{
    bool wanted = false;
    for (size_t i = 0; w->link && i < MR_WIRE_CLIENTS; i++) {
        wanted |= w->link->clients[i].server && !w->link->clients[i].closing;
    }
    if (!wanted) {
        return;
    }
    char text[512];
    const struct mr_lateness *l = &w->lateness;
    int n = snprintf(text, sizeof text,
                     "{\"rss_wire\":%lu,\"rss_core\":%lu,\"pid_core\":%d,\"restarts\":%u,\"scans\":%llu,"
                     "\"scans_late_10pct\":%llu,\"p50_us\":%llu,\"p999_us\":%llu,\"max_late_us\":%lld,\"record_bytes\":%llu,"
                     "\"disk\":\"%s\",\"connections\":%u,\"paused\":%s}",
                     resident_bytes(getpid()), resident_bytes(w->core.pid), (int)w->core.pid, w->restarts,
                     (unsigned long long)l->total, (unsigned long long)l->over,
                     (unsigned long long)mr_lateness_quantile_us(l, 0.5), (unsigned long long)mr_lateness_quantile_us(l, 0.999),
                     (long long)(l->worst / MR_US), (unsigned long long)w->recorder.bytes, w->recorder.full ? "full" : "ok",
                     mr_sockets_connections(w->sockets), w->history.paused ? "true" : "false");
    uint8_t buf[600];
    struct mr_writer out = mr_writer(buf, sizeof buf);
    mr_write_lv(&out, mr_slice(text, (size_t)n));
    for (size_t i = 0; i < MR_WIRE_CLIENTS; i++) {
        struct client *c = &w->link->clients[i];
        if (c->server && !c->closing) {
            (void)queue(c, MR_MSG_HEALTH, mr_written(&out), mr_slice(NULL, 0));
            push(c);
        }
    }
}
