/* An S7 station on 127.0.0.1, for clients that nobody here wrote (s7_clients_test.py): the library's server with memory behind it
 * and blocks of a program, its clock the machine's. Usage: s7_loopback; prints the port it listens on, serves until its standard
 * input ends. */
#include "golden/s7_station.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 16

static struct s7_station station;
static struct mr_s7_server servers[CONNECTIONS];
static struct pollfd fds[2 + CONNECTIONS]; /* standard input, listener, connections */

/* All of %M as DB1 as well, bytes as they are. */
static const struct mr_s7_span memory[] = {{0, 1024, 1, MR_AREA_M, 0}};
static const struct mr_s7_area areas[] = {
    {MR_S7_AREA_INPUTS, 0, 128, false, s7_inputs, 1, NULL}, {MR_S7_AREA_OUTPUTS, 0, 128, false, s7_outputs, 1, NULL},
    {MR_S7_AREA_FLAGS, 0, 1024, false, memory, 1, NULL},    {MR_S7_AREA_DB, 1, 1024, false, memory, 1, NULL},
    {MR_S7_AREA_TIMERS, 0, 512, true, NULL, 0, NULL},       {MR_S7_AREA_COUNTERS, 0, 512, true, NULL, 0, NULL},
};

static mr_ns now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * MR_S + t.tv_nsec;
}

static void begin_station(void)
{
    uint8_t body[300];
    struct timespec t;
    for (size_t i = 0; i < sizeof body; i++) {
        body[i] = (uint8_t)(i * 7);
    }
    clock_gettime(CLOCK_REALTIME, &t);
    s7_station_init(&station);
    station.cpu.areas = areas;
    station.cpu.nareas = sizeof areas / sizeof areas[0];
    station.state.clock = (uint64_t)(t.tv_sec * MR_S - now());
    mr_s7_set_password(&station.settings, "toor");
    (void)s7_blocks_put(&station.blocks, MR_S7_OB, 1, false, mr_slice(body, sizeof body));
    (void)s7_blocks_put(&station.blocks, MR_S7_FC, 1, false, mr_slice(body, 40));
    (void)s7_blocks_put(&station.blocks, MR_S7_FB, 7, false, mr_slice(body, 80));
    (void)s7_blocks_put(&station.blocks, MR_S7_SDB, 0, false, mr_slice(body, 120));
    for (size_t i = 0; i < CONNECTIONS; i++) {
        mr_s7_server_init(&servers[i], &station.cpu);
        fds[2 + i].fd = -1;
    }
}

static void end(size_t i)
{
    close(fds[2 + i].fd);
    fds[2 + i].fd = -1;
    mr_s7_server_close(&servers[i]);
}

/* Sends what there is; the peer is on this machine and reads. */
static void flush(size_t i)
{
    uint8_t out[MR_S7_SERVER_OUT];
    struct mr_writer w = mr_writer(out, sizeof out);
    struct mr_s7_event ev;
    while (mr_s7_server_next(&servers[i], &ev)) {
    }
    (void)mr_s7_server_output(&servers[i], &w);
    if (w.n > 0 && send(fds[2 + i].fd, out, w.n, MSG_NOSIGNAL) != (ssize_t)w.n) {
        end(i);
    } else if (mr_s7_server_finished(&servers[i])) {
        end(i);
    }
}

static void receive(size_t i)
{
    uint8_t buf[4096];
    ssize_t n = recv(fds[2 + i].fd, buf, sizeof buf, 0);
    struct mr_slice in = mr_slice(buf, n > 0 ? (size_t)n : 0);
    if (n <= 0) {
        end(i);
    }
    while (in.n > 0 && fds[2 + i].fd >= 0) {
        struct mr_feed f = mr_s7_server_feed(&servers[i], in, now());
        in = mr_slice(in.p + f.consumed, in.n - f.consumed);
        flush(i);
        if (f.status == MR_FEED_MALFORMED) {
            break;
        }
    }
}

static void welcome(int listener)
{
    int fd = accept(listener, NULL, NULL);
    for (size_t i = 0; fd >= 0 && i < CONNECTIONS; i++) {
        if (fds[2 + i].fd < 0) {
            fds[2 + i] = (struct pollfd){.fd = fd, .events = POLLIN};
            mr_s7_server_open(&servers[i], INADDR_LOOPBACK, now());
            return;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
}

static int listen_somewhere(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, n) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &n) != 0) {
        perror("s7_loopback");
        return -1;
    }
    printf("%u\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

int main(void)
{
    begin_station();
    fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = listen_somewhere(), .events = POLLIN};
    while (fds[1].fd >= 0 && poll(fds, 2 + CONNECTIONS, 20) >= 0) {
        if (fds[0].revents != 0) {
            return 0;
        }
        if (fds[1].revents != 0) {
            welcome(fds[1].fd);
        }
        for (size_t i = 0; i < CONNECTIONS; i++) {
            if (fds[2 + i].fd >= 0 && fds[2 + i].revents != 0) {
                receive(i);
            } else if (fds[2 + i].fd >= 0 && mr_s7_server_deadline(&servers[i]) <= now()) {
                mr_s7_server_tick(&servers[i], now());
                flush(i);
            }
        }
    }
    return 1;
}
