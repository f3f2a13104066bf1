/* fake_core.h - a core without a plant, for tests of wire: it speaks the channel of site/channel.h, says a small HELLO, opens its
 * ports and answers what arrives. Include it in a test program whose main() calls mr_fake_core() where argv[1] is "core".
 *
 *   port 7    echoes
 *   port 9    does as told, one command a line:  count (answers how many commands it has had, a number that is state) |
 *             connect NODE IP PORT | ping NODE IP | frames NODE | frame NODE | link NODE up|down | deny PORT (a rule that
 *             drops it) | allow (the first table again) | big N (answers N bytes) | crash | hang | exit;
 *             what comes of them is answered as one line */
#ifndef MR_FAKE_CORE_H
#define MR_FAKE_CORE_H

#include "net/net_codec.h"
#include "sim/event.h"
#include "sim/journal.h"
#include "site/channel.h"
#include "site/hello.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAKE_SCAN  (100 * MR_MS)
#define FAKE_NODES 5

/* Saved and restored as it is: one machine, one build. */
struct fake_state {
    uint64_t seq, output, count, events, resets, times, begun;
    mr_ns at;
    mr_conn asker;        /* who gave the last command */
    uint32_t conns[1024]; /* 1 + number of each open connection, and its port */
    uint16_t ports[1024];
    bool started;
};

struct fake_core {
    int fd;
    bool live;
    uint64_t skip; /* outputs up to here were carried out */
    struct fake_state s;
    uint8_t in[1 << 20], out[1 << 20], hello[1 << 16];
    size_t in_n;
    struct mr_writer w;
};

static const struct mr_zone fake_zones[] = {
    {"control", 1, 0x0a010100, 24, 0x0a0101fe, {2, 0, 0, 0, 1, 0xfe}},
    {"office", 4, 0x0a010200, 24, 0x0a0102fe, {2, 0, 0, 0, 2, 0xfe}},
};
static const struct mr_node fake_nodes[FAKE_NODES] = {
    {"plc1", 0, 0x0a010101, {0x00, 0x80, 0xf4, 1, 1, 1}, 0, true},
    {"plc2", 0, 0x0a010102, {0x00, 0x80, 0xf4, 1, 1, 2}, 1, true},
    {"hmi", 0, 0x0a01010a, {0x00, 0x0c, 0x29, 1, 1, 10}, 2, true},
    {"desk", 1, 0x0a01020a, {0x00, 0x0c, 0x29, 1, 2, 10}, 3, true},
    {"hmi/2", 1, 0x0a01020b, {0x00, 0x0c, 0x29, 1, 2, 11}, 2, false},
};
static struct mr_service fake_services[] = {
    {0, 7, MR_FW_TCP, "echo"},
    {0, 9, MR_FW_TCP, "command"},
    {1, 7, MR_FW_TCP, "echo"},
    {0, 7, MR_FW_UDP, "echo"},
};
static struct mr_site_device fake_devices[] = {{.name = "plc1", .kind = "plc"},
                                               {.name = "plc2", .kind = "plc"},
                                               {.name = "hmi", .kind = "hmi"},
                                               {.name = "desk", .kind = "host"}};

static struct mr_hello fake_hello(void)
{
    struct mr_hello h = {.site = "fake", .step_ns = FAKE_SCAN};
    h.topology = (struct mr_topology){fake_zones, 2, fake_nodes, FAKE_NODES, 50000, 0};
    h.rules = (struct mr_fw_table){.nrules = 1, .fallback = MR_FW_DROP, .log_fallback = true};
    h.rules.rules[0] = (struct mr_fw_rule){
        .id = "desk", .from = 0x0a010200, .from_mask = 0xffffff00, .port_hi = UINT16_MAX, .action = MR_FW_ALLOW};
    h.services = fake_services;
    h.nservices = sizeof fake_services / sizeof fake_services[0];
    h.devices = fake_devices;
    h.ndevices = 4;
    return h;
}

static inline void fake_send(struct fake_core *c)
{
    for (size_t at = 0; at < c->w.n;) {
        ssize_t n = write(c->fd, c->w.p + at, c->w.n - at);
        if (n <= 0) {
            _exit(0); /* wire is gone */
        }
        at += (size_t)n;
    }
    c->w.n = 0;
}

static inline void fake_request(struct fake_core *c, const struct mr_net_request *q)
{
    if (mr_writer_left(&c->w) < 100000) {
        fake_send(c);
    }
    if (++c->s.output <= c->skip) {
        return;
    }
    size_t at = mr_message_begin(&c->w, MR_MSG_OUTPUT);
    mr_write_u64le(&c->w, c->s.output);
    mr_net_request_encode(q, &c->w);
    mr_message_end(&c->w, at);
}

static inline void fake_answer(struct fake_core *c, mr_conn conn, const char *text)
{
    fake_request(c, &(struct mr_net_request){.kind = MR_NETQ_SEND, .conn = conn, .data = mr_slice_str(text)});
}

static inline void fake_event(struct fake_core *c, const char *subject)
{
    struct mr_event e = {.input = c->s.seq, .kind = MR_EV_ACTION, .at = c->s.at};
    mr_str_copy(e.subject, sizeof e.subject, subject);
    size_t at = mr_message_begin(&c->w, MR_MSG_EVENT);
    mr_event_encode(&e, &c->w);
    mr_message_end(&c->w, at);
    c->s.events++;
}

static inline void fake_rules(struct fake_core *c, unsigned port)
{
    struct mr_fw_table t = fake_hello().rules;
    if (port > 0) {
        t.rules[1] = t.rules[0];
        t.rules[0] = (struct mr_fw_rule){.id = "deny",
                                         .port_lo = (uint16_t)port,
                                         .port_hi = (uint16_t)port,
                                         .proto = MR_FW_TCP,
                                         .action = MR_FW_DROP,
                                         .log = true};
        t.nrules = 2;
    }
    uint8_t buf[sizeof t];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_state_save(&mr_fw_table_type, &t, &w);
    fake_request(c, &(struct mr_net_request){.kind = MR_NETQ_RULES, .data = mr_written(&w)});
}

static inline uint32_t fake_ip(const char *text)
{
    unsigned a = 0, b = 0, d = 0, e = 0;
    (void)sscanf(text, "%u.%u.%u.%u", &a, &b, &d, &e);
    return a << 24 | b << 16 | d << 8 | e;
}

static inline void fake_command(struct fake_core *c, mr_conn conn, const char *line)
{
    char text[64], ip[32] = "";
    unsigned node = 0, port = 0;
    c->s.count++;
    c->s.asker = conn;
    if (strcmp(line, "crash") == 0) {
        abort();
    } else if (strcmp(line, "exit") == 0) {
        _exit(3);
    } else if (strcmp(line, "hang") == 0) {
        for (;;) {
            (void)pause();
        }
    } else if (strcmp(line, "count") == 0) {
        (void)snprintf(text, sizeof text, "count %llu events %llu resets %llu times %llu\n", (unsigned long long)c->s.count,
                       (unsigned long long)c->s.events, (unsigned long long)c->s.resets, (unsigned long long)c->s.times);
        fake_answer(c, conn, text);
    } else if (sscanf(line, "connect %u %31s %u", &node, ip, &port) == 3) {
        struct mr_net_request q = {
            .kind = MR_NETQ_CONNECT, .node = (uint16_t)node, .token = 42, .to = {fake_ip(ip), (uint16_t)port}};
        fake_request(c, &q);
    } else if (sscanf(line, "ping %u %31s", &node, ip) == 2) {
        fake_request(c,
                     &(struct mr_net_request){.kind = MR_NETQ_PING, .node = (uint16_t)node, .token = 43, .to = {fake_ip(ip), 0}});
    } else if (sscanf(line, "frames %u", &node) == 1) {
        fake_request(c, &(struct mr_net_request){.kind = MR_NETQ_FRAMES, .node = (uint16_t)node, .flag = true});
        fake_answer(c, conn, "done\n");
    } else if (sscanf(line, "frame %u", &node) == 1) {
        static uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x80, 0xf4, 1, 1, 1, 0x88, 0xb5, 'h', 'i'};
        fake_request(c, &(struct mr_net_request){.kind = MR_NETQ_FRAME, .node = (uint16_t)node, .data = mr_slice(frame, 60)});
    } else if (sscanf(line, "link %u %31s", &node, ip) == 2) {
        fake_request(c, &(struct mr_net_request){.kind = MR_NETQ_LINK, .node = (uint16_t)node, .flag = ip[0] == 'u'});
        fake_answer(c, conn, "done\n");
    } else if (sscanf(line, "deny %u", &port) == 1) {
        fake_rules(c, port);
        fake_answer(c, conn, "done\n");
    } else if (strcmp(line, "allow") == 0) {
        fake_rules(c, 0);
        fake_answer(c, conn, "done\n");
    } else if (sscanf(line, "big %u", &port) == 1) {
        static uint8_t big[60000];
        memset(big, 'x', sizeof big);
        for (unsigned left = port; left > 0;) {
            unsigned n = left < sizeof big ? left : (unsigned)sizeof big;
            fake_request(c, &(struct mr_net_request){.kind = MR_NETQ_SEND, .conn = conn, .data = mr_slice(big, n)});
            left -= n;
        }
    } else {
        fake_answer(c, conn, "what?\n");
    }
}

static inline uint16_t *fake_port(struct fake_core *c, mr_conn conn, bool add)
{
    for (size_t i = 0; i < 1024; i++) {
        if (c->s.conns[i] == (add ? 0 : conn + 1)) {
            c->s.conns[i] = conn + 1;
            return &c->s.ports[i];
        }
    }
    return NULL;
}

static inline void fake_data(struct fake_core *c, const struct mr_net_event *ev)
{
    const uint16_t *port = fake_port(c, ev->conn, false);
    if (port && *port == 7) {
        fake_request(c, &(struct mr_net_request){.kind = MR_NETQ_SEND, .conn = ev->conn, .data = ev->data});
        return;
    }
    char line[256];
    size_t n = 0;
    for (size_t i = 0; port && i < ev->data.n; i++) {
        if (ev->data.p[i] == '\n') {
            line[n] = '\0';
            fake_command(c, ev->conn, line);
            n = 0;
        } else if (n < sizeof line - 1) {
            line[n++] = (char)ev->data.p[i];
        }
    }
}

static inline void fake_net(struct fake_core *c, const struct mr_net_event *ev)
{
    char text[128];
    uint16_t *port;
    switch (ev->kind) {
    case MR_NET_ACCEPTED:
        if ((port = fake_port(c, ev->conn, true))) {
            *port = ev->local_port;
        }
        break;
    case MR_NET_DATA:
        fake_data(c, ev);
        break;
    case MR_NET_CLOSED:
        if ((port = fake_port(c, ev->conn, false))) {
            c->s.conns[port - c->s.ports] = 0;
        }
        break;
    case MR_NET_CONNECTED:
        fake_answer(c, c->s.asker, "connected\n");
        fake_request(c, &(struct mr_net_request){.kind = MR_NETQ_CLOSE, .conn = ev->conn});
        break;
    case MR_NET_FAILED:
    case MR_NET_PONG:
        (void)snprintf(text, sizeof text, "%s %s\n", ev->kind == MR_NET_PONG ? "pong" : "failed", mr_err_name(ev->reason));
        fake_answer(c, c->s.asker, text);
        break;
    case MR_NET_DATAGRAM:
        fake_request(c,
                     &(struct mr_net_request){
                         .kind = MR_NETQ_DATAGRAM, .node = ev->node, .port = ev->local_port, .to = ev->peer, .data = ev->data});
        break;
    case MR_NET_FRAME:
        (void)snprintf(text, sizeof text, "frame node %u bytes %zu type %02x%02x\n", ev->node, ev->data.n, ev->data.p[12],
                       ev->data.p[13]);
        if (ev->data.p[12] == 0x88 && ev->data.p[13] == 0xb5) {
            fake_answer(c, c->s.asker, text);
        }
        break;
    case MR_NET_DENIED:
        (void)snprintf(text, sizeof text, "denied rule %u proto %u port %u", ev->rule, ev->proto, ev->peer.port);
        fake_event(c, text);
        break;
    }
}

static inline void fake_start(struct fake_core *c)
{
    c->s.started = true;
    for (size_t i = 0; c->live && i < sizeof fake_services / sizeof fake_services[0]; i++) {
        const struct mr_service *s = &fake_services[i];
        fake_request(c, &(struct mr_net_request){
                            .kind = s->proto == MR_FW_UDP ? MR_NETQ_BIND : MR_NETQ_LISTEN, .node = s->node, .port = s->port});
    }
}

static inline void fake_input(struct fake_core *c, struct mr_slice payload)
{
    struct mr_reader r = mr_reader(payload);
    struct mr_net_event ev;
    c->s.seq = mr_read_u64le(&r);
    c->s.at = (mr_ns)mr_read_u64le(&r);
    uint8_t kind = mr_read_u8(&r);
    struct mr_slice body = mr_slice(payload.p + r.at, payload.n - r.at);
    if (!c->s.started) {
        fake_start(c);
    }
    if (kind == MR_IN_NET && mr_net_event_decode(body, &ev) == MR_OK) {
        fake_net(c, &ev);
    } else if (kind == MR_IN_NET_RESET) {
        c->s.resets++;
        memset(c->s.conns, 0, sizeof c->s.conns);
        fake_start(c);
    } else if (kind == MR_IN_TIME) {
        c->s.times++;
    } else if (kind == MR_IN_COMMAND) {
        fake_event(c, "command");
    } else if (kind == MR_IN_PAUSE || kind == MR_IN_RESUME || kind == MR_IN_BEGIN) {
        fake_event(c, kind == MR_IN_PAUSE ? "pause" : kind == MR_IN_RESUME ? "resume" : "begin");
    }
}

static inline void fake_done(struct fake_core *c)
{
    size_t at = mr_message_begin(&c->w, MR_MSG_DONE);
    mr_write_u64le(&c->w, c->s.seq);
    mr_write_u64le(&c->w, (uint64_t)((c->s.at / FAKE_SCAN + 1) * FAKE_SCAN));
    mr_write_u64le(&c->w, c->s.output);
    mr_message_end(&c->w, at);
}

static inline void fake_message(struct fake_core *c, enum mr_message_kind kind, struct mr_slice payload)
{
    struct mr_reader r = mr_reader(payload);
    size_t at;
    if (kind == MR_MSG_INPUT) {
        fake_input(c, payload);
    } else if (kind == MR_MSG_RESTORE) {
        (void)mr_read_u64le(&r);
        if (payload.n != 8 + sizeof c->s) {
            _exit(4);
        }
        memcpy(&c->s, payload.p + 8, sizeof c->s);
    } else if (kind == MR_MSG_OUTPUTS) {
        c->skip = mr_read_u64le(&r);
    } else if (kind == MR_MSG_SNAPSHOT) {
        at = mr_message_begin(&c->w, MR_MSG_STATE);
        mr_write_u64le(&c->w, c->s.seq);
        mr_write_bytes(&c->w, mr_slice(&c->s, sizeof c->s));
        mr_message_end(&c->w, at);
    } else if (kind == MR_MSG_DIGEST) {
        at = mr_message_begin(&c->w, MR_MSG_DIGESTED);
        mr_write_u64le(&c->w, c->s.seq);
        mr_write_fill(&c->w, 0xdd, 32);
        mr_message_end(&c->w, at);
    } else if (kind == MR_MSG_STOP) {
        _exit(0);
    }
}

/* argv as wire gives it: core --fd 3 --content-fd 4 --seed N --network netns|loopback ... */
static inline int mr_fake_core(int argc, char **argv)
{
    static struct fake_core c;
    c.fd = 3;
    c.w = mr_writer(c.out, sizeof c.out);
    for (int i = 2; i < argc - 1; i++) {
        c.live |= strcmp(argv[i], "--network") == 0 && strcmp(argv[i + 1], "netns") == 0;
    }
    struct mr_hello h = fake_hello();
    size_t at = mr_message_begin(&c.w, MR_MSG_HELLO);
    mr_hello_encode(&h, &c.w);
    mr_message_end(&c.w, at);
    fake_send(&c);
    for (;;) {
        ssize_t n = read(c.fd, c.in + c.in_n, sizeof c.in - c.in_n);
        if (n <= 0) {
            return 0;
        }
        c.in_n += (size_t)n;
        size_t used = 0, done = 0;
        enum mr_message_kind kind;
        struct mr_slice payload;
        uint64_t before = c.s.seq;
        while (mr_message_next(mr_slice(c.in + done, c.in_n - done), &kind, &payload, &used) == MR_OK) {
            fake_message(&c, kind, payload);
            done += used;
        }
        memmove(c.in, c.in + done, c.in_n - done);
        c.in_n -= done;
        if (c.s.seq != before) {
            fake_done(&c);
        }
        fake_send(&c);
    }
}

#endif
