/* enip_hex.h - EtherNet/IP messages as hex text, in and out of a server, for tests. */
#ifndef MR_TEST_ENIP_HEX_H
#define MR_TEST_ENIP_HEX_H

#include "golden/enip_station.h"

static inline size_t enip_unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    unsigned byte;
    for (; *hex; hex++) {
        if (*hex != ' ') {
            assert_int_equal(sscanf(hex, "%2x", &byte), 1);
            out[n++] = (uint8_t)byte;
            hex++;
        }
    }
    return n;
}

static inline const char *enip_hex(const uint8_t *p, size_t n)
{
    static char text[4][2 * MR_ENIP_MESSAGE_MAX + 1];
    static size_t which;
    char *hex = text[which++ % 4];
    hex[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02X", p[i]);
    }
    return hex;
}

/* Spaces do not count. */
static inline void enip_same(const char *actual, const char *expected)
{
    char stripped[2][2 * MR_ENIP_MESSAGE_MAX + 64];
    const char *texts[2] = {actual, expected};
    for (size_t k = 0; k < 2; k++) {
        size_t n = 0;
        for (const char *c = texts[k]; *c && n + 1 < sizeof stripped[k]; c++) {
            if (*c != ' ') {
                stripped[k][n++] = *c;
            }
        }
        stripped[k][n] = '\0';
    }
    assert_string_equal(stripped[0], stripped[1]);
}

/* Bytes to the server; what it says to them. */
static inline size_t enip_exchange(struct enip_station *t, const uint8_t *in, size_t n, uint8_t *out, size_t cap)
{
    struct mr_writer w = mr_writer(out, cap);
    assert_int_equal(mr_enip_server_feed(&t->server, mr_slice(in, n), MR_S).status, MR_FEED_OK);
    assert_false(mr_enip_server_output(&t->server, &w));
    return w.n;
}

/* A whole message: command, then the data in hex; status and data of the answer in hex, "-" where there is none. */
static inline const char *enip_command(struct enip_station *t, uint16_t command, uint32_t session, const char *data)
{
    uint8_t in[MR_ENIP_MESSAGE_MAX], out[MR_ENIP_MESSAGE_MAX];
    struct mr_writer w = mr_writer(in, sizeof in);
    struct mr_enip_header h = {.command = command, .session = session, .context = "context"};
    size_t begin = mr_enip_begin(&w, &h);
    uint8_t body[MR_ENIP_MESSAGE_MAX];
    mr_write_bytes(&w, mr_slice(body, enip_unhex(data, body)));
    mr_enip_finish(&w, begin);
    size_t n = enip_exchange(t, in, w.n, out, sizeof out);
    if (n == 0) {
        return "-";
    }
    struct mr_reader r = mr_reader(mr_slice(out, n));
    struct mr_enip_header a = mr_enip_header_decode(&r);
    assert_int_equal(a.command, command);
    assert_int_equal(a.length, n - MR_ENIP_HEADER);
    if (command != MR_ENIP_SEND_UNIT_DATA || a.status != 0) {
        assert_memory_equal(a.context, h.context, sizeof a.context);
    }
    assert_int_equal(a.options, 0);
    static char text[2 * MR_ENIP_MESSAGE_MAX + 16];
    (void)snprintf(text, sizeof text, "%02X %s", (unsigned)a.status, enip_hex(out + MR_ENIP_HEADER, n - MR_ENIP_HEADER));
    return text;
}

static inline void enip_register(struct enip_station *t)
{
    (void)enip_command(t, MR_ENIP_REGISTER, 0, "01000000");
    assert_int_not_equal(t->server.handle, 0);
}

/* An unconnected CIP request, and the CIP bytes of its answer. */
static inline const char *enip_ask(struct enip_station *t, const char *cip)
{
    uint8_t bytes[MR_ENIP_MESSAGE_MAX];
    char data[2 * MR_ENIP_MESSAGE_MAX];
    size_t n = enip_unhex(cip, bytes);
    (void)snprintf(data, sizeof data, "00000000 0A00 0200 00000000 B200%02X%02X%s", (unsigned)(n & 0xFF), (unsigned)(n >> 8),
                   enip_hex(bytes, n));
    const char *answer = enip_command(t, MR_ENIP_SEND_RR_DATA, t->server.handle, data);
    assert_memory_equal(answer, "00 000000000A00", 15); /* the timeout comes back */
    return answer + 3 + 32;                             /* interface, timeout, count, null item, type and length of the other */
}

/* A connected one, with its sequence count. */
static inline const char *enip_ask_connected(struct enip_station *t, uint32_t o_t_id, uint16_t sequence, const char *cip)
{
    uint8_t bytes[MR_ENIP_MESSAGE_MAX];
    char data[2 * MR_ENIP_MESSAGE_MAX];
    size_t n = enip_unhex(cip, bytes);
    uint8_t head[] = {(uint8_t)o_t_id, (uint8_t)(o_t_id >> 8), (uint8_t)(o_t_id >> 16), (uint8_t)(o_t_id >> 24)};
    (void)snprintf(data, sizeof data, "00000000 0000 0200 A1000400%s B100%02X%02X%02X%02X%s", enip_hex(head, 4),
                   (unsigned)((n + 2) & 0xFF), (unsigned)((n + 2) >> 8), sequence & 0xFF, (unsigned)sequence >> 8,
                   enip_hex(bytes, n));
    const char *answer = enip_command(t, MR_ENIP_SEND_UNIT_DATA, t->server.handle, data);
    return answer[0] == '-' ? answer : answer + 3 + 40;
}

#endif
