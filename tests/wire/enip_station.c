/* enip_station - the controller of tests/golden/enip_station.h on real sockets, for clients that nobody here wrote: TCP and UDP
 * 44818 and UDP 2222 at an address. Usage: enip_station ADDRESS logix|adapter. It prints "ready" and ends when its standard input
 * does. */
#include "golden/enip_station.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STDIN, LISTENER, LISTS, IO, FIXED };
#define SESSIONS 8

static struct enip_station t;
static struct mr_enip_server sessions[SESSIONS];
static struct pollfd fds[FIXED + SESSIONS];

static mr_ns now(void)
{
    struct timespec s;
    clock_gettime(CLOCK_MONOTONIC, &s);
    return s.tv_sec * MR_S + s.tv_nsec;
}

static int bound(int type, struct in_addr at, uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = at};
    int yes = 1, fd = socket(AF_INET, type, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || (type == SOCK_STREAM && listen(fd, 8) != 0)) {
        perror("enip_station");
        exit(1);
    }
    return fd;
}

static void accept_one(void)
{
    struct sockaddr_in from;
    socklen_t n = sizeof from;
    int fd = accept(fds[LISTENER].fd, (struct sockaddr *)&from, &n);
    for (size_t i = 0; i < SESSIONS && fd >= 0; i++) {
        if (fds[FIXED + i].fd < 0) {
            fds[FIXED + i] = (struct pollfd){fd, POLLIN, 0};
            mr_enip_server_open(&sessions[i], ntohl(from.sin_addr.s_addr), now());
            return;
        }
    }
    (void)close(fd);
}

static void serve(size_t i)
{
    uint8_t in[8192], out[8192];
    struct mr_enip_server *s = &sessions[i];
    ssize_t n = read(fds[FIXED + i].fd, in, sizeof in);
    bool over = n <= 0;
    for (size_t at = 0; !over && at < (size_t)n;) {
        struct mr_feed f = mr_enip_server_feed(s, mr_slice(in + at, (size_t)n - at), now());
        struct mr_writer w = mr_writer(out, sizeof out);
        (void)mr_enip_server_output(s, &w);
        over = write(fds[FIXED + i].fd, out, w.n) != (ssize_t)w.n || f.status == MR_FEED_MALFORMED;
        at += f.consumed;
    }
    if (over || mr_enip_server_finished(s)) {
        mr_enip_server_close(s);
        (void)close(fds[FIXED + i].fd);
        fds[FIXED + i].fd = -1;
    }
}

static void send_to(int fd, struct mr_enip_peer to, const struct mr_writer *w)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(to.port), .sin_addr = {htonl(to.ip)}};
    (void)sendto(fd, w->p, w->n, 0, (struct sockaddr *)&a, sizeof a);
}

static void datagram(int which)
{
    uint8_t in[2048], out[MR_ENIP_DATAGRAM_MAX];
    struct sockaddr_in a;
    socklen_t len = sizeof a;
    ssize_t n = recvfrom(fds[which].fd, in, sizeof in, 0, (struct sockaddr *)&a, &len);
    struct mr_enip_peer from = {ntohl(a.sin_addr.s_addr), ntohs(a.sin_port)};
    struct mr_writer w = mr_writer(out, sizeof out);
    if (n >= 0 && which == IO) {
        mr_enip_io_datagram(&t.device, from, mr_slice(in, (size_t)n), now());
        t.i[0] = t.q[0]; /* what is put out comes back in */
    } else if (n >= 0 && mr_enip_server_datagram(&t.device, from, mr_slice(in, (size_t)n), &w)) {
        send_to(fds[which].fd, from, &w);
    }
}

static void produce(void)
{
    uint8_t out[MR_ENIP_DATAGRAM_MAX];
    struct mr_enip_peer to;
    struct mr_writer w = mr_writer(out, sizeof out);
    while (mr_enip_io_due(&t.device, now(), &to, &w)) {
        send_to(fds[IO].fd, to, &w);
        w = mr_writer(out, sizeof out);
    }
}

int main(int argc, char **argv)
{
    struct in_addr at;
    if (argc != 3 || inet_pton(AF_INET, argv[1], &at) != 1) {
        fputs("usage: enip_station ADDRESS logix|adapter\n", stderr);
        return 2;
    }
    struct mr_enip_interface interface = enip_interface;
    interface.ip = ntohl(at.s_addr);
    enip_station_init(&t);
    t.device.interface = &interface;
    t.personality.logix = strcmp(argv[2], "logix") == 0;
    const int fixed[FIXED] = {[STDIN] = 0,
                              [LISTENER] = bound(SOCK_STREAM, at, MR_ENIP_PORT),
                              [LISTS] = bound(SOCK_DGRAM, at, MR_ENIP_PORT),
                              [IO] = bound(SOCK_DGRAM, at, MR_ENIP_IO_PORT)};
    for (size_t i = 0; i < FIXED + SESSIONS; i++) {
        fds[i] = (struct pollfd){i < FIXED ? fixed[i] : -1, POLLIN, 0};
    }
    for (size_t i = 0; i < SESSIONS; i++) {
        mr_enip_server_init(&sessions[i], &t.device);
    }
    puts("ready");
    (void)fflush(stdout);
    while (poll(fds, FIXED + SESSIONS, 1) >= 0 && fds[STDIN].revents == 0) {
        for (size_t i = 0; i < SESSIONS; i++) {
            if (fds[FIXED + i].fd >= 0 && fds[FIXED + i].revents != 0) {
                serve(i);
            }
        }
        if (fds[LISTENER].revents) {
            accept_one();
        }
        for (int which = LISTS; which <= IO; which++) {
            if (fds[which].revents) {
                datagram(which);
            }
        }
        struct mr_enip_event ev;
        while (mr_enip_next_event(&t.device, &ev)) {
        }
        produce();
    }
    return 0;
}
