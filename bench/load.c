/* load.c - what `./dev bench throughput` runs inside a device's network: a bare epoll echo server, and a generator of requests
 * that keeps connections busy.
 *
 *   load echo PORT
 *   load PROTOCOL HOST PORT CONNECTIONS SECONDS     prints requests answered a second
 *   load hold HOST PORT CONNECTIONS                 opens idle connections, says so, and holds them until its input ends
 *   load polls SECONDS <LIST                        polls every device of the list once a second
 *
 * The list has lines "PROTOCOL HOST PORT". The polls are spread over the second; printed are how many were asked and answered,
 * how many were still unanswered when the next was due, and the slowest answer in ms.
 *
 * modbus: reads of ten registers, which an echo gives back. s7, enip: reads of 20 bytes, of a tag. iec104: general
 * interrogations. dnp3: polls of class 0. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
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

/* --- clients: each asks again as soon as it has its answer ------------------------------------------------------------------ */

struct client {
    int fd;
    size_t n; /* bytes of a message that is coming */
    uint8_t buf[8192];
    int stage;        /* of the beginning */
    uint32_t asked;   /* requests so far */
    uint32_t session; /* EtherNet/IP */
    uint16_t ns, nr;  /* IEC 104 */
    bool wanted;      /* DNP3: the fragment that is coming is the answer */
    bool paced;       /* asks when its time comes, not behind every answer */
    bool waiting;     /* paced: for an answer, since ... */
    double since;
};

struct protocol {
    const char *name;
    int greetings;                 /* answers of the beginning: before the first request */
    void (*ask)(struct client *c); /* the first thing, then each request */
    /* Length of the message that begins with `n` bytes; 0: not to be told yet. */
    size_t (*length)(const uint8_t *p, size_t n);
    /* A whole message: true where it is the answer (its end), and ask() comes next. */
    bool (*take)(struct client *c, const uint8_t *p, size_t n);
};

static void say(struct client *c, const void *p, size_t n)
{
    if (write(c->fd, p, n) != (ssize_t)n) {
        exit(fail("write"));
    }
}

/* Read ten holding registers: 12 bytes, answered by 9 + 20. An echo gives the same 12 bytes back. */
static void modbus_ask(struct client *c)
{
    static const uint8_t request[12] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10};
    say(c, request, sizeof request);
}

static size_t modbus_length(const uint8_t *p, size_t n)
{
    return n < 6 ? 0 : 6 + ((size_t)p[4] << 8 | p[5]);
}

static bool modbus_take(struct client *c, const uint8_t *p, size_t n)
{
    (void)c;
    (void)p;
    (void)n;
    return true;
}

/* COTP connection, setup, then 20 bytes of DB1 in each job. */
static void s7_ask(struct client *c)
{
    static const uint8_t connection[] = {3, 0, 0, 22, 17, 0xE0, 0, 0, 0, 1, 0, 0xC1, 2, 1, 0, 0xC2, 2, 1, 2, 0xC0, 1, 10};
    static const uint8_t setup[] = {3, 0, 0, 25, 2, 0xF0, 0x80, 0x32, 1, 0, 0, 0, 0, 0, 8, 0, 0, 0xF0, 0, 0, 1, 0, 1, 1, 0xE0};
    static const uint8_t read[] = {3, 0, 0, 31,   2,  0xF0, 0x80, 0x32, 1,  0, 0, 0,    1, 0, 14, 0,
                                   0, 4, 1, 0x12, 10, 0x10, 2,    0,    20, 0, 1, 0x84, 0, 0, 0};
    if (c->stage == 0) {
        say(c, connection, sizeof connection);
    } else if (c->stage == 1) {
        say(c, setup, sizeof setup);
    } else {
        say(c, read, sizeof read);
    }
}

static size_t s7_length(const uint8_t *p, size_t n)
{
    return n < 4 ? 0 : (size_t)p[2] << 8 | p[3];
}

/* EtherNet/IP: a session, then Read Tag, unconnected. */
static void enip_ask(struct client *c)
{
    static const uint8_t session[28] = {0x65, 0, 4, [24] = 1};
    static const uint8_t read[] = {0x6F, 0,    26, 0,  [24] = 0, 0,    0, 0,    5, 0,   2,   0,   0,   0, 0,
                                   0,    0xB2, 0,  10, 0,        0x4C, 3, 0x91, 4, 'R', 'A', 'M', 'P', 1, 0};
    uint8_t out[sizeof read];
    if (c->stage == 0) {
        say(c, session, sizeof session);
        return;
    }
    memcpy(out, read, sizeof read);
    for (int i = 0; i < 4; i++) {
        out[4 + i] = (uint8_t)(c->session >> 8 * i);
    }
    say(c, out, sizeof out);
}

static size_t enip_length(const uint8_t *p, size_t n)
{
    return n < 4 ? 0 : 24 + (size_t)(p[2] | p[3] << 8);
}

static bool enip_take(struct client *c, const uint8_t *p, size_t n)
{
    if (c->stage == 0) {
        c->session = p[4] | (uint32_t)p[5] << 8 | (uint32_t)p[6] << 16 | (uint32_t)p[7] << 24;
    } else if (n < 44 || p[42] != 0) {
        errno = EPROTO;
        exit(fail("the tag cannot be read"));
    }
    return true;
}

/* IEC 104: STARTDT, then general interrogations; a request acknowledges what the last one brought. */
static void iec104_ask(struct client *c)
{
    static const uint8_t start[] = {0x68, 4, 7, 0, 0, 0};
    if (c->stage == 0) {
        say(c, start, sizeof start);
        return;
    }
    const uint8_t out[] = {0x68,
                           14,
                           (uint8_t)(c->ns << 1),
                           (uint8_t)(c->ns >> 7),
                           (uint8_t)(c->nr << 1),
                           (uint8_t)(c->nr >> 7),
                           100,
                           1,
                           6,
                           0,
                           1,
                           0,
                           0,
                           0,
                           0,
                           20};
    c->ns++;
    say(c, out, sizeof out);
}

static size_t iec104_length(const uint8_t *p, size_t n)
{
    return n < 2 ? 0 : 2 + (size_t)p[1];
}

static bool iec104_take(struct client *c, const uint8_t *p, size_t n)
{
    if (p[2] & 1) {
        return c->stage == 0; /* STARTDT con, or an acknowledgement */
    }
    c->nr++;
    return n > 8 && p[6] == 100 && p[8] == 10; /* activation termination */
}

static uint16_t dnp3_crc(const uint8_t *p, size_t n)
{
    uint16_t crc = 0;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int k = 0; k < 8; k++) {
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xA6BC : crc >> 1);
        }
    }
    return (uint16_t)~crc;
}

/* A fragment of at most 15 bytes as one frame from master 1 to outstation 10. */
static void dnp3_say(struct client *c, const uint8_t *fragment, size_t n)
{
    uint8_t out[28] = {5, 0x64, (uint8_t)(n + 6), 0xC4, 10, 0, 1, 0};
    uint16_t crc = dnp3_crc(out, 8);
    out[8] = (uint8_t)crc;
    out[9] = (uint8_t)(crc >> 8);
    out[10] = (uint8_t)(0xC0 | (c->asked++ & 63));
    memcpy(out + 11, fragment, n);
    crc = dnp3_crc(out + 10, n + 1);
    out[11 + n] = (uint8_t)crc;
    out[12 + n] = (uint8_t)(crc >> 8);
    say(c, out, 13 + n);
}

static void dnp3_ask(struct client *c)
{
    const uint8_t read[] = {(uint8_t)(0xC0 | (c->ns++ & 15)), 1, 60, 1, 6};
    dnp3_say(c, read, sizeof read);
}

/* With the CRCs: ten bytes of header, and two for each 16 of data. */
static size_t dnp3_length(const uint8_t *p, size_t n)
{
    size_t data = n < 3 ? 0 : (size_t)p[2] - 5;
    return n < 3 ? 0 : 10 + data + (data + 15) / 16 * 2;
}

/* What comes unasked is confirmed where it wants to be. */
static bool dnp3_take(struct client *c, const uint8_t *p, size_t n)
{
    if (n < 15) {
        return false;
    }
    if (p[10] & 0x40) {
        c->wanted = p[12] == 129;
        if (p[12] == 130 && p[11] & 0x20) {
            const uint8_t confirm[] = {(uint8_t)(0xC0 | (p[11] & 0x1F)), 0};
            dnp3_say(c, confirm, sizeof confirm);
        }
    }
    return c->wanted && p[10] & 0x80;
}

static const struct protocol protocols[] = {
    {"modbus", 0, modbus_ask, modbus_length, modbus_take}, {"s7", 2, s7_ask, s7_length, modbus_take},
    {"enip", 1, enip_ask, enip_length, enip_take},         {"iec104", 1, iec104_ask, iec104_length, iec104_take},
    {"dnp3", 0, dnp3_ask, dnp3_length, dnp3_take},
};

/* Works through what came; the number of answers. */
static unsigned receive(const struct protocol *p, struct client *c)
{
    unsigned answers = 0;
    size_t at = 0;
    ssize_t got = read(c->fd, c->buf + c->n, sizeof c->buf - c->n);
    if (got <= 0) {
        exit(fail("a connection was closed"));
    }
    c->n += (size_t)got;
    for (;;) {
        size_t length = p->length(c->buf + at, c->n - at);
        if (length == 0 || length > c->n - at) {
            break;
        }
        bool answer = p->take(c, c->buf + at, length);
        at += length;
        if (answer) {
            answers++;
            c->stage++;
            if (!c->paced || c->stage < p->greetings) {
                p->ask(c);
            }
        }
    }
    c->n -= at;
    memmove(c->buf, c->buf + at, c->n);
    return answers;
}

static void open_connection(struct client *c, const struct sockaddr_in *to, int ep)
{
    int on = 1;
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)to, sizeof *to) != 0) {
        exit(fail("connect"));
    }
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
}

static int load(const struct protocol *p, const char *host, uint16_t port, int connections, double seconds)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int ep = epoll_create1(0);
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1 || connections < 1 || connections > CONNECTIONS_MAX) {
        return fail("host or connections");
    }
    struct client *clients = calloc((size_t)connections, sizeof *clients);
    if (!clients) {
        return fail("memory");
    }
    for (int i = 0; i < connections; i++) {
        open_connection(&clients[i], &to, ep);
        p->ask(&clients[i]);
    }
    uint64_t answers = 0;
    double begun = now_s();
    double now = begun;
    while (now < begun + seconds) {
        struct epoll_event evs[64];
        int n = epoll_wait(ep, evs, 64, 1000);
        for (int i = 0; i < n; i++) {
            answers += receive(p, evs[i].data.ptr);
        }
        now = now_s();
    }
    free(clients);
    (void)printf("%.0f\n", (double)answers / (now - begun));
    return 0;
}

/* --- polls: many devices, each once a second -------------------------------------------------------------------------------- */

#define DEVICES_MAX 4096

struct device {
    const struct protocol *protocol;
    struct sockaddr_in at;
    struct client client;
};

struct polls {
    uint64_t asked, answered, overdue;
    double slowest;
};

static const struct protocol *protocol_named(const char *name)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (strcmp(protocols[i].name, name) == 0) {
            return &protocols[i];
        }
    }
    return NULL;
}

static size_t read_list(struct device *list)
{
    char line[64], name[16], host[16];
    unsigned port;
    size_t n = 0;
    while (n < DEVICES_MAX && fgets(line, sizeof line, stdin) && sscanf(line, "%15s %15s %u", name, host, &port) == 3) {
        struct device *d = &list[n++];
        d->protocol = protocol_named(name);
        d->at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        if (!d->protocol || inet_pton(AF_INET, host, &d->at.sin_addr) != 1) {
            exit(fail(line));
        }
    }
    return n;
}

/* Answers that have come within `ms`. */
static void gather(int ep, struct polls *p, int ms)
{
    struct epoll_event evs[64];
    int n = epoll_wait(ep, evs, 64, ms);
    for (int i = 0; i < n; i++) {
        struct client *c = evs[i].data.ptr;
        struct device *d = (struct device *)((char *)c - offsetof(struct device, client));
        if (receive(d->protocol, c) > 0 && c->waiting) {
            double took = now_s() - c->since;
            c->waiting = false;
            p->answered++;
            p->slowest = took > p->slowest ? took : p->slowest;
        }
    }
}

static void ask_one(struct device *d, struct polls *p)
{
    if (d->client.waiting) {
        p->overdue++;
        return;
    }
    d->client.waiting = true;
    d->client.since = now_s();
    p->asked++;
    d->protocol->ask(&d->client);
}

/* Connections are opened a thousand a second, and have a second for their greetings. */
static void greet(struct device *list, size_t n, int ep)
{
    struct polls none = {0};
    double begun = now_s();
    for (size_t i = 0; i < n; i++) {
        struct device *d = &list[i];
        open_connection(&d->client, &d->at, ep);
        d->client.paced = true;
        if (d->protocol->greetings > 0) {
            d->protocol->ask(&d->client);
        }
        while (now_s() < begun + (double)i / 1000) {
            gather(ep, &none, 1);
        }
    }
    for (double end = now_s() + 1; now_s() < end;) {
        gather(ep, &none, 10);
    }
    for (size_t i = 0; i < n; i++) {
        if (list[i].client.stage < list[i].protocol->greetings) {
            errno = EPROTO;
            exit(fail("a device did not greet"));
        }
    }
}

static int polls(double seconds)
{
    struct device *list = calloc(DEVICES_MAX, sizeof *list);
    size_t n = list ? read_list(list) : 0;
    int ep = epoll_create1(0);
    struct polls p = {0};
    if (n == 0) {
        return fail("no devices");
    }
    greet(list, n, ep);
    (void)printf("begun\n");
    (void)fflush(stdout);
    double begun = now_s();
    uint64_t most = (uint64_t)(seconds * (double)n);
    for (uint64_t turn = 0; turn < most;) {
        for (double t = now_s(); turn < most && t >= begun + (double)turn / (double)n; turn++) {
            ask_one(&list[turn % n], &p);
        }
        gather(ep, &p, 1);
    }
    for (double end = now_s() + 1; p.answered < p.asked && now_s() < end;) {
        gather(ep, &p, 10);
    }
    free(list);
    (void)printf("%llu %llu %llu %.1f\n", (unsigned long long)p.asked, (unsigned long long)p.answered,
                 (unsigned long long)p.overdue, p.slowest * 1000);
    return 0;
}

static int hold(const char *host, uint16_t port, int connections)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1) {
        return fail("host");
    }
    for (int i = 0; i < connections; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
            return fail("connect");
        }
    }
    (void)printf("open\n");
    (void)fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc == 3 && strcmp(argv[1], "echo") == 0) {
        return echo((uint16_t)strtoul(argv[2], NULL, 10));
    }
    if (argc == 3 && strcmp(argv[1], "polls") == 0) {
        return polls(strtod(argv[2], NULL));
    }
    if (argc == 5 && strcmp(argv[1], "hold") == 0) {
        return hold(argv[2], (uint16_t)strtoul(argv[3], NULL, 10), atoi(argv[4]));
    }
    const struct protocol *p = argc == 6 ? protocol_named(argv[1]) : NULL;
    if (p) {
        return load(p, argv[2], (uint16_t)strtoul(argv[3], NULL, 10), atoi(argv[4]), strtod(argv[5], NULL));
    }
    (void)fprintf(stderr, "usage: load echo PORT | load hold HOST PORT CONNECTIONS | load polls SECONDS <LIST | load "
                          "modbus|s7|enip|iec104|dnp3 HOST PORT CONNECTIONS SECONDS\n");
    return 2;
}
