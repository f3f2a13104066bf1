/* coreproc.c - see coreproc.h. */
#include "wire/coreproc.h"

#include "wire/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TX_CAP (MR_WIRE_TX + MR_WIRE_BATCH)

enum mr_err mr_coreproc_create(struct mr_coreproc *c)
{
    *c = (struct mr_coreproc){.fd = -1, .rx_cap = MR_WIRE_RX};
    c->tx = malloc(TX_CAP);
    c->rx = malloc(c->rx_cap);
    return c->tx && c->rx ? MR_OK : MR_E_NOMEM;
}

void mr_coreproc_destroy(struct mr_coreproc *c)
{
    (void)mr_coreproc_stop(c);
    free(c->tx);
    free(c->rx);
    c->tx = c->rx = NULL;
}

/* In the child: nothing but the channel, the content and standard error; killed when wire dies. */
static _Noreturn void become_core(char *const argv[], int channel, int content, unsigned uid, pid_t parent)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGINT, SIG_IGN); /* Ctrl-C goes to wire and core alike; wire ends core */
    (void)signal(SIGTERM, SIG_IGN);
    if (uid != 0 && (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)) {
        _exit(1);
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* forgotten by a change of user, so after it */
    if (getppid() != parent) {
        _exit(1);
    }
    int high = fcntl(channel, F_DUPFD, 10), high_content = content >= 0 ? fcntl(content, F_DUPFD, 10) : -1;
    int null = open("/dev/null", O_RDWR);
    if (high < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0 || dup2(high, 3) < 0 ||
        (high_content >= 0 && dup2(high_content, 4) < 0)) {
        _exit(1);
    }
    (void)close_range(high_content >= 0 ? 5 : 4, ~0U, 0);
    (void)execv("/proc/self/exe", argv);
    _exit(127);
}

enum mr_err mr_coreproc_start(struct mr_coreproc *c, char *const argv[], int content, unsigned uid)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return MR_E_IO;
    }
    pid_t parent = getpid();
    c->pid = fork();
    if (c->pid == 0) {
        become_core(argv, pair[1], content, uid, parent);
    }
    (void)close(pair[1]);
    if (c->pid < 0) {
        (void)close(pair[0]);
        c->pid = 0;
        return MR_E_IO;
    }
    c->fd = pair[0];
    (void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
    return MR_OK;
}

int mr_coreproc_stop(struct mr_coreproc *c)
{
    int status = 0;
    if (c->fd >= 0) {
        (void)close(c->fd);
        c->fd = -1;
    }
    if (c->pid > 0) {
        (void)kill(c->pid, SIGKILL);
        while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
        }
        c->pid = 0;
    }
    c->tx_at = c->tx_n = c->rx_n = 0;
    return status;
}

struct mr_writer mr_coreproc_writer(struct mr_coreproc *c)
{
    if (c->tx_at > 0) {
        memmove(c->tx, c->tx + c->tx_at, c->tx_n);
        c->tx_at = 0;
    }
    return mr_writer(c->tx + c->tx_n, TX_CAP - c->tx_n);
}

void mr_coreproc_queued(struct mr_coreproc *c, const struct mr_writer *w)
{
    c->tx_n += w->n;
}

enum mr_err mr_coreproc_send(struct mr_coreproc *c)
{
    while (c->tx_n > 0) {
        ssize_t n = send(c->fd, c->tx + c->tx_at, c->tx_n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR ? MR_E_BUSY : MR_E_CLOSED;
        }
        c->tx_at += (size_t)n;
        c->tx_n -= (size_t)n;
    }
    c->tx_at = 0;
    return MR_OK;
}

static bool wait_writable(int fd, int limit_ms)
{
    struct pollfd p = {fd, POLLOUT, 0};
    return poll(&p, 1, limit_ms) == 1 && !(p.revents & (POLLERR | POLLHUP));
}

static enum mr_err send_slice(struct mr_coreproc *c, struct mr_slice s, int limit_ms)
{
    while (s.n > 0) {
        ssize_t n = send(c->fd, s.p, s.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            return MR_E_CLOSED;
        }
        if (n < 0 && !wait_writable(c->fd, limit_ms)) {
            return MR_E_TIMEOUT;
        }
        n = n < 0 ? 0 : n;
        s = mr_slice(s.p + n, s.n - (size_t)n);
    }
    return MR_OK;
}

enum mr_err mr_coreproc_send_now(struct mr_coreproc *c, enum mr_message_kind kind, struct mr_slice a, struct mr_slice b,
                                 int limit_ms)
{
    uint8_t head[8];
    struct mr_writer w = mr_writer(head, sizeof head);
    mr_write_u32le(&w, (uint32_t)(1 + a.n + b.n));
    mr_write_u8(&w, (uint8_t)kind);
    enum mr_err err = send_slice(c, mr_written(&w), limit_ms);
    err = err == MR_OK ? send_slice(c, a, limit_ms) : err;
    return err == MR_OK ? send_slice(c, b, limit_ms) : err;
}

/* The buffer grows for a long message (a state) and shrinks behind it. */
static enum mr_err make_room(struct mr_coreproc *c)
{
    size_t want = MR_WIRE_RX;
    if (c->rx_n >= 4) {
        struct mr_reader r = mr_reader(mr_slice(c->rx, c->rx_n));
        uint32_t length = mr_read_u32le(&r);
        if (length > MR_MESSAGE_MAX) {
            return MR_E_MALFORMED;
        }
        want = length + 4 > want ? length + 4 : want;
    }
    if (want != c->rx_cap && want > c->rx_n) {
        uint8_t *p = realloc(c->rx, want);
        if (!p) {
            return MR_E_NOMEM;
        }
        c->rx = p;
        c->rx_cap = want;
    }
    return MR_OK;
}

enum mr_err mr_coreproc_receive(struct mr_coreproc *c)
{
    enum mr_err err = make_room(c);
    if (err != MR_OK) {
        return err;
    }
    ssize_t n = recv(c->fd, c->rx + c->rx_n, c->rx_cap - c->rx_n, MSG_DONTWAIT);
    if (n < 0) {
        return errno == EAGAIN || errno == EINTR ? MR_E_BUSY : MR_E_CLOSED;
    }
    c->rx_n += (size_t)n;
    return n == 0 ? MR_E_CLOSED : MR_OK;
}

enum mr_err mr_coreproc_next(struct mr_coreproc *c, size_t *at, enum mr_message_kind *kind, struct mr_slice *payload)
{
    size_t used = 0;
    enum mr_err err = mr_message_next(mr_slice(c->rx + *at, c->rx_n - *at), kind, payload, &used);
    *at += err == MR_OK ? used : 0;
    return err;
}

void mr_coreproc_consume(struct mr_coreproc *c, size_t at)
{
    memmove(c->rx, c->rx + at, c->rx_n - at);
    c->rx_n -= at;
}

enum mr_err mr_coreproc_wait(struct mr_coreproc *c, int limit_ms)
{
    struct pollfd p = {c->fd, (short)(POLLIN | (c->tx_n > 0 ? POLLOUT : 0)), 0};
    int n = poll(&p, 1, limit_ms);
    return n > 0 || (n < 0 && errno == EINTR) ? MR_OK : MR_E_TIMEOUT;
}
