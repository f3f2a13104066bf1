/* capture.h - TCP payload out of pcap and pcapng files (little-endian, Ethernet), each segment once, in the order of the file. */
#ifndef MR_TEST_CAPTURE_H
#define MR_TEST_CAPTURE_H

#include "support/test.h"

#include "base/bytes.h"

#include <stdlib.h>

#define CAPTURE_CONVERSATIONS 16

struct capture_segment {
    size_t conversation; /* number, from 0 */
    bool up;             /* from the client to the server's port */
    struct mr_slice data;
};
typedef void capture_fn(const struct capture_segment *s);

struct capture_conversation {
    uint32_t client, server;
    uint16_t port;
    bool begun[2];
    uint32_t next[2]; /* sequence numbers, from the server and from the client */
};
struct capture {
    size_t n;
    struct capture_conversation list[CAPTURE_CONVERSATIONS];
};

static inline size_t capture_find(struct capture *c, uint32_t client, uint32_t server, uint16_t port)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->list[i].client == client && c->list[i].server == server && c->list[i].port == port) {
            return i;
        }
    }
    assert_true(c->n < CAPTURE_CONVERSATIONS);
    c->list[c->n] = (struct capture_conversation){.client = client, .server = server, .port = port};
    return c->n++;
}

static inline void capture_frame(struct capture *c, struct mr_slice bytes, uint16_t port, capture_fn *fn)
{
    struct mr_reader r = mr_reader(bytes);
    (void)mr_read_bytes(&r, 12);
    uint16_t type = mr_read_u16be(&r);
    size_t ip = r.at;
    size_t header = (size_t)(mr_read_u8(&r) & 15) * 4;
    (void)mr_read_u8(&r);
    size_t total = mr_read_u16be(&r);
    (void)mr_read_bytes(&r, 5);
    uint8_t protocol = mr_read_u8(&r);
    (void)mr_read_u16be(&r);
    uint32_t from = mr_read_u32be(&r), to = mr_read_u32be(&r);
    if (r.bad || type != 0x0800 || protocol != 6 || header < 20 || ip + total > bytes.n) {
        return;
    }
    (void)mr_read_bytes(&r, header - 20);
    uint16_t from_port = mr_read_u16be(&r), to_port = mr_read_u16be(&r);
    uint32_t seq = mr_read_u32be(&r);
    (void)mr_read_u32be(&r);
    size_t tcp = (size_t)(mr_read_u8(&r) >> 4) * 4;
    bool up = to_port == port;
    if (r.bad || header + tcp >= total || (!up && from_port != port)) {
        return;
    }
    struct capture_segment s = {.up = up, .data = {bytes.p + ip + header + tcp, total - header - tcp}};
    s.conversation = up ? capture_find(c, from, to, from_port) : capture_find(c, to, from, to_port);
    struct capture_conversation *v = &c->list[s.conversation];
    if (v->begun[up] && (int32_t)(seq - v->next[up]) < 0) {
        return; /* sent again */
    }
    v->begun[up] = true;
    v->next[up] = seq + (uint32_t)s.data.n;
    fn(&s);
}

/* Calls `fn` for each segment to or from `port`. Skips the test where the file is not there. */
static inline void capture_replay(const char *path, uint16_t port, capture_fn *fn)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        print_message("%s is not there: skipped\n", path);
        skip();
        return;
    }
    struct capture c = {0};
    size_t cap = 1 << 22;
    uint8_t *p = malloc(cap);
    assert_non_null(p);
    struct mr_reader r = mr_reader(mr_slice(p, fread(p, 1, cap, f)));
    fclose(f);
    assert_true(r.n < cap);
    bool classic = mr_read_u32le(&r) == 0xA1B2C3D4;
    if (classic) {
        (void)mr_read_bytes(&r, 16);
        assert_int_equal(mr_read_u32le(&r), 1); /* Ethernet */
        while (mr_reader_left(&r) > 0) {
            (void)mr_read_bytes(&r, 8);
            uint32_t kept = mr_read_u32le(&r);
            (void)mr_read_u32le(&r);
            capture_frame(&c, mr_read_bytes(&r, kept), port, fn);
        }
    }
    r.at = classic ? r.at : 0;
    while (!classic && mr_reader_left(&r) >= 12) { /* pcapng: blocks of type, length, body, length */
        uint32_t type = mr_read_u32le(&r), length = mr_read_u32le(&r);
        assert_true(length >= 12);
        struct mr_reader body = mr_reader(mr_read_bytes(&r, length - 12));
        (void)mr_read_u32le(&r);
        if (type == 6) { /* enhanced packet: interface, time, captured and original length */
            (void)mr_read_bytes(&body, 12);
            uint32_t kept = mr_read_u32le(&body);
            (void)mr_read_u32le(&body);
            capture_frame(&c, mr_read_bytes(&body, kept), port, fn);
        }
    }
    free(p);
}

#endif
