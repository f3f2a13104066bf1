/* load.c - what `./dev bench throughput` runs inside a device's network: a bare epoll echo server, and a generator of requests that keeps
 * connections busy, each asking again as soon
 * as it has its answer.
 *
 *   load echo PORT
 *   load load HOST PORT CONNECTIONS SECONDS     prints requests answered a second; Modbus reads, which an echo gives back */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1000

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int fail(const char *what)
{
    (void)fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    return 1;
}

static void watch(int ep, int fd)
{
    int on = 1;
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

/* The simplest server there is. */
static int echo(uint16_t port)
{
    static char buf[4096];
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&any, sizeof any) != 0 || listen(listener, 128) != 0) {
        return fail("echo");
    }
    int ep = epoll_create1(0);
    struct epoll_event first = {.events = EPOLLIN, .data.fd = listener};
    (void)epoll_ctl(ep, EPOLL_CTL_ADD, listener, &first);
    for (;;) {
        struct epoll_event evs[64];
        int n = epoll_wait(ep, evs, 64, -1);
        for (int i = 0; i < n; i++) {
            int fd = evs[i].data.fd;
            if (fd == listener) {
                watch(ep, accept4(listener, NULL, NULL, SOCK_NONBLOCK));
                continue;
            }
            ssize_t k = read(fd, buf, sizeof buf);
            if (k <= 0 || write(fd, buf, (size_t)k) != k) {
                (void)close(fd);
            }
        }
    }
}

struct client {
    size_t got, want; /* bytes of the answer that is coming; 0: its length is not known yet */
    uint8_t head[6];
};

/* Read ten holding registers: 12 bytes, answered by 9 + 20. An echo gives the same 12 bytes back. */
static const uint8_t request[12] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10};

/* Counts answers in what came; true where the connection may ask again. */
static int take(struct client *c, const uint8_t *p, size_t n)
{
    int answers = 0;
    for (size_t i = 0; i < n; i++) {
        if (c->got < 6) {
            c->head[c->got] = p[i];
        }
        c->got++;
        if (c->got == 6) {
            c->want = 6 + ((size_t)c->head[4] << 8 | c->head[5]);
        }
        if (c->got >= 6 && c->got == c->want) {
            answers++;
            c->got = 0;
        }
    }
    return answers;
}

static int load(const char *host, uint16_t port, int connections, double seconds)
{
    static struct client clients[CONNECTIONS_MAX + 64];
    static uint8_t buf[65536];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int ep = epoll_create1(0);
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1 || connections < 1 || connections > CONNECTIONS_MAX) {
        return fail("host or connections");
    }
    for (int i = 0; i < connections; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || fd >= CONNECTIONS_MAX + 64 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
            return fail("connect");
        }
        watch(ep, fd);
        if (write(fd, request, sizeof request) != sizeof request) {
            return fail("write");
        }
    }
    uint64_t answers = 0;
    double begun = now_s();
    double end = begun + seconds;
    double now = begun;
    while (now < end) {
        struct epoll_event evs[64];
        int n = epoll_wait(ep, evs, 64, 1000);
        for (int i = 0; i < n; i++) {
            int fd = evs[i].data.fd;
            ssize_t k = read(fd, buf, sizeof buf);
            if (k <= 0) {
                return fail("a connection was closed");
            }
            int got = take(&clients[fd], buf, (size_t)k);
            answers += (uint64_t)got;
            if (got > 0 && write(fd, request, sizeof request) != sizeof request) {
                return fail("write");
            }
        }
        now = now_s();
    }
    (void)printf("%.0f\n", (double)answers / (now - begun));
    return 0;
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc == 3 && strcmp(argv[1], "echo") == 0) {
        return echo((uint16_t)atoi(argv[2]));
    }
    if (argc == 6 && strcmp(argv[1], "load") == 0) {
        return load(argv[2], (uint16_t)atoi(argv[3]), atoi(argv[4]), atof(argv[5]));
    }
    (void)fprintf(stderr, "usage: load echo PORT | load load HOST PORT CONNECTIONS SECONDS\n");
    return 2;
}
