/* s7_talk.h - for tests of the S7 server: PDUs in hex to one station, and what it says in hex. */
#ifndef MR_TEST_S7_TALK_H
#define MR_TEST_S7_TALK_H

#include "golden/s7_station.h"
#include "support/test.h"

static struct s7_station t;

static inline size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    unsigned byte;
    for (; hex[0] && hex[1]; hex += 2) {
        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        out[n++] = (uint8_t)byte;
    }
    return n;
}

/* A PDU in hex as a packet. */
static inline size_t packet(const char *pdu, uint8_t *out)
{
    size_t n = 7 + unhex(pdu, out + 7);
    const uint8_t head[] = {3, 0, (uint8_t)(n >> 8), (uint8_t)n, 2, 0xF0, 0x80};
    memcpy(out, head, sizeof head);
    return n;
}

/* The PDUs that the station has to say, in hex, a space between them. */
static inline const char *hex_output(void)
{
    static char hex[3 * MR_S7_SERVER_OUT];
    uint8_t out[MR_S7_SERVER_OUT];
    struct mr_writer w = mr_writer(out, sizeof out);
    size_t to = 0;
    assert_false(mr_s7_server_output(&t.server, &w));
    hex[0] = '\0';
    for (size_t at = 0; at < w.n;) {
        size_t end = at + ((size_t)out[at + 2] << 8 | out[at + 3]);
        assert_true(end <= w.n);
        to += (size_t)snprintf(hex + to, sizeof hex - to, "%s", at > 0 ? " " : "");
        for (size_t i = at + 7; i < end; i++) {
            to += (size_t)snprintf(hex + to, sizeof hex - to, "%02X", out[i]);
        }
        at = end;
    }
    return hex;
}

static inline const char *ask(const char *pdu)
{
    uint8_t p[MR_S7_PACKET_MAX];
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(p, packet(pdu, p)), MR_S).status, MR_FEED_OK);
    return hex_output();
}

static inline struct mr_s7_event event(void)
{
    struct mr_s7_event ev;
    assert_true(mr_s7_server_next(&t.server, &ev));
    assert_int_equal(ev.client, 0x0A000009);
    return ev;
}

static inline int setup(void **state)
{
    (void)state;
    s7_station_init(&t);
    assert_int_equal(mr_s7_server_feed(&t.server, mr_slice(s7_connect, sizeof s7_connect), 0).status, MR_FEED_OK);
    hex_output();
    return 0;
}

#endif
