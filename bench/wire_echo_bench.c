/* wire_echo_bench.c - requests a second through wire, record and a core that only echoes, beside a bare epoll echo server in the
 * same namespaces: 50 connections, no pipelining, twelve bytes each way; servers on one processor, the load on the other. */
#include "../tests/support/wire_site.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <time.h>

#define CONNECTIONS 50
#define SECONDS     3
#define RUNS        3
#define REQUEST     12

static void pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((unsigned)cpu, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The simplest server there is: one epoll, read, write. */
static _Noreturn void echo_server(int listener)
{
    static char buf[4096];
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = listener}, evs[64];
    int ep = epoll_create1(0), on = 1;
    (void)epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev);
    for (;;) {
        int n = epoll_wait(ep, evs, 64, -1);
        for (int i = 0; i < n; i++) {
            int fd = evs[i].data.fd;
            if (fd == listener) {
                fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                ev = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
                (void)epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
                continue;
            }
            ssize_t k = read(fd, buf, sizeof buf);
            if (k <= 0 || write(fd, buf, (size_t)k) != k) {
                (void)close(fd);
            }
        }
    }
}

/* Each connection asks again as soon as it has its answer. */
static double load(const struct wire_site *s, unsigned port)
{
    static char request[REQUEST], answer[4096];
    int ep = epoll_create1(0), on = 1;
    struct epoll_event evs[64];
    for (int i = 0; i < CONNECTIONS; i++) {
        int fd = wire_site_connect(s, "plc2", "10.1.1.1", port);
        if (fd < 0) {
            perror("connect");
            exit(1);
        }
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};
        (void)epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
        (void)!write(fd, request, sizeof request);
    }
    double begin = now_s(), end = begin + SECONDS;
    unsigned long done = 0;
    while (now_s() < end) {
        int n = epoll_wait(ep, evs, 64, 1000);
        for (int i = 0; i < n; i++) {
            if (read(evs[i].data.fd, answer, sizeof answer) > 0) {
                done++;
                (void)!write(evs[i].data.fd, request, sizeof request);
            }
        }
    }
    double rate = (double)done / (now_s() - begin);
    for (int fd = 3; fd < 3 + CONNECTIONS + 16; fd++) {
        struct sockaddr_in a;
        socklen_t n = sizeof a;
        if (getpeername(fd, (struct sockaddr *)&a, &n) == 0) {
            (void)close(fd);
        }
    }
    (void)close(ep);
    return rate;
}

int main(int argc, char **argv)
{
    WIRE_SITE_MAIN(argc, argv)
    char dir[] = "/tmp/mr-wire-bench-XXXXXX";
    if (!mkdtemp(dir)) {
        return 1;
    }
    bool captures = argc > 1 && strcmp(argv[1], "--captures") == 0;
    struct wire_site s = {0};
    struct mr_wire_options opt = wire_site_options(dir);
    opt.captures = captures;
    pin(0);
    if (!wire_site_start(&s, &opt)) {
        (void)fprintf(stderr, "wire_echo_bench: no namespaces here\n");
        return 77;
    }
    int listener = wire_site_socket(&s, "plc1", AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in at = wire_site_address("10.1.1.1", 70);
    (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 64) != 0) {
        perror("listen");
        return 1;
    }
    pid_t echo = fork();
    if (echo == 0) {
        echo_server(listener);
    }
    (void)close(listener);
    pin(1);
    double best_echo = 0, best_wire = 0;
    for (int i = 0; i < RUNS; i++) {
        double e = load(&s, 70), w = load(&s, 7);
        best_echo = e > best_echo ? e : best_echo;
        best_wire = w > best_wire ? w : best_wire;
    }
    printf("echo_bare_per_s %.0f\necho_wire_core_record_per_s %.0f\nratio %.2f\n", best_echo, best_wire, best_wire / best_echo);
    (void)kill(echo, SIGKILL);
    (void)waitpid(echo, NULL, 0);
    (void)wire_site_stop(&s, SIGTERM);
    return 0;
}
