/* wire_site.h - a site of the fake core, run by a real wire process in a child, and hands inside its namespaces. For tests and
 * benchmarks of wire: main() must begin with WIRE_SITE_MAIN(argc, argv). */
#ifndef MR_WIRE_SITE_H
#define MR_WIRE_SITE_H

#include "fake_core.h"
#include "wire/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define WIRE_SITE_MAIN(argc, argv)                                                                                               \
    if ((argc) > 1 && strcmp((argv)[1], "core") == 0) {                                                                          \
        return mr_fake_core(argc, argv);                                                                                         \
    }

struct wire_site {
    pid_t pid;
    char dir[64];
    bool ready;
};

static inline struct mr_wire_options wire_site_options(const char *dir)
{
    return (struct mr_wire_options){.state = dir,
                                    .team = "",
                                    .speed = 1,
                                    .seed = 1,
                                    .begin = true,
                                    .record = true,
                                    .content = mr_slice_str("content"),
                                    .content_hash = mr_slice_str("hash")};
}

/* Starts it and waits for `ready`; its words on stderr go to DIR.err. */
static inline bool wire_site_start(struct wire_site *s, const struct mr_wire_options *opt)
{
    int out[2];
    char err[80], text[4096];
    (void)snprintf(s->dir, sizeof s->dir, "%s", opt->state);
    (void)snprintf(err, sizeof err, "%s.err", s->dir);
    s->ready = false;
    if (pipe(out) != 0) {
        return false;
    }
    s->pid = fork();
    if (s->pid == 0) {
        int log = open(err, O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (log < 0 || dup2(log, STDERR_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0) {
            _exit(9);
        }
        (void)close(log);
        (void)close(out[0]);
        (void)close(out[1]);
        exit(mr_wire_run(opt));
    }
    (void)close(out[1]);
    ssize_t n;
    while (!s->ready && (n = read(out[0], text, sizeof text - 1)) > 0) {
        text[n] = '\0';
        s->ready = strstr(text, "ready\n") != NULL;
    }
    (void)close(out[0]);
    return s->ready;
}

/* Ends it with a signal and gives the wait status. */
static inline int wire_site_stop(struct wire_site *s, int sig)
{
    int status = -1;
    if (s->pid > 0) {
        (void)kill(s->pid, sig);
        (void)waitpid(s->pid, &status, 0);
        s->pid = 0;
    }
    return status;
}

static inline bool wire_site_said(const struct wire_site *s, const char *words)
{
    char path[80], text[16384];
    (void)snprintf(path, sizeof path, "%s.err", s->dir);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f) {
        (void)fclose(f);
    }
    text[n] = '\0';
    return strstr(text, words) != NULL;
}

/* wire.sock, connected. */
static inline int wire_site_link(const struct wire_site *s)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s/wire.sock", s->dir);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* Moves the calling process into a device's namespaces for good. */
static inline bool wire_site_enter(const struct wire_site *s, const char *device)
{
    uint8_t buf[64];
    int ns[2], fd = wire_site_link(s);
    struct mr_writer w = mr_writer(buf, sizeof buf);
    size_t at = mr_message_begin(&w, MR_MSG_ENTER);
    mr_write_lv(&w, mr_slice_str(device));
    mr_message_end(&w, at);
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof ns)];
    } control;
    struct iovec part = {buf, sizeof buf};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    if (fd < 0 || write(fd, buf, w.n) != (ssize_t)w.n || recvmsg(fd, &m, 0) <= 0 || !CMSG_FIRSTHDR(&m)) {
        return false;
    }
    memcpy(ns, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof ns);
    (void)close(fd);
    bool ok = setns(ns[0], CLONE_NEWUSER) == 0 && setns(ns[1], CLONE_NEWNET) == 0;
    (void)close(ns[0]);
    (void)close(ns[1]);
    return ok;
}

/* Runs `fn` in a child inside the device's namespaces; its result, 0..255, or -1. */
static inline int wire_site_inside(const struct wire_site *s, const char *device, int (*fn)(void *), void *ctx)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(wire_site_enter(s, device) ? fn(ctx) : 255);
    }
    (void)waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct wire_site_socket {
    int domain, type, protocol, to;
};

static inline int wire_site_give_socket(void *ctx)
{
    const struct wire_site_socket *want = ctx;
    int fd = socket(want->domain, want->type, want->protocol);
    if (fd < 0) {
        return errno & 127;
    }
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof fd)];
    } control = {0};
    char byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(h), &fd, sizeof fd);
    return sendmsg(want->to, &m, 0) == 1 ? 0 : 1;
}

/* A socket of the device's namespace, in our hands. */
static inline int wire_site_socket(const struct wire_site *s, const char *device, int domain, int type, int protocol)
{
    int pair[2], fd = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        return -1;
    }
    struct wire_site_socket want = {domain, type, protocol, pair[1]};
    if (wire_site_inside(s, device, wire_site_give_socket, &want) == 0) {
        char byte;
        union {
            struct cmsghdr align;
            char bytes[CMSG_SPACE(sizeof fd)];
        } control;
        struct iovec part = {&byte, 1};
        struct msghdr m = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
        if (recvmsg(pair[0], &m, 0) == 1 && CMSG_FIRSTHDR(&m)) {
            memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
        }
    }
    (void)close(pair[0]);
    (void)close(pair[1]);
    return fd;
}

static inline struct sockaddr_in wire_site_address(const char *ip, unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    to.sin_addr.s_addr = htonl(fake_ip(ip));
    to.sin_port = htons((uint16_t)port);
    return to;
}

/* A TCP connection out of a device; -1 and errno where it does not come about within three seconds. */
static inline int wire_site_connect(const struct wire_site *s, const char *device, const char *ip, unsigned port)
{
    struct sockaddr_in to = wire_site_address(ip, port);
    struct timeval limit = {3, 0};
    int fd = wire_site_socket(s, device, AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        int saved = errno;
        (void)close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/* One command line, one answer line ("" after three seconds of silence or at the end). */
static inline const char *wire_site_ask(int fd, const char *line)
{
    static char answer[256];
    size_t n = 0;
    (void)snprintf(answer, sizeof answer, "%s\n", line);
    if (send(fd, answer, strlen(answer), MSG_NOSIGNAL) < 0) {
        return "";
    }
    while (n < sizeof answer - 1 && recv(fd, answer + n, 1, 0) == 1 && answer[n] != '\n') {
        n++;
    }
    answer[n] = '\0';
    return answer;
}

#endif
