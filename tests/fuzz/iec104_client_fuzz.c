/* Any bytes to a controlling station that asks again after every answer; what it sees must not depend on how they are cut. I
 * formats are numbered so that they continue. */
#include "proto/iec104/iec104_client.h"

#include "base/rng.h"

#include <stdlib.h>

static const struct mr_iec104_route route = {3, 1, {12, 8, 15 * MR_S, 10 * MR_S, 20 * MR_S}, 5 * MR_S, false};

static void send_away(struct mr_iec104_client *c)
{
    uint8_t sink[4096];
    struct mr_writer w = mr_writer(sink, sizeof sink);
    (void)mr_iec104_client_output(c, &w);
}

static void ask(struct mr_iec104_client *c, uint32_t n)
{
    struct mr_iec104_object o = {.ioa = 4500, .bits = 1, .quality = (uint8_t)(n % 2 ? MR_IEC104_SELECT : 0)};
    switch (n % 4) {
    case 0:
        (void)mr_iec104_client_interrogate(c, 0, MR_IEC104_QOI_STATION, n, 0);
        break;
    case 1:
        (void)mr_iec104_client_read(c, 0, 1, n, 0);
        break;
    case 2:
        (void)mr_iec104_client_counters(c, MR_IEC104_BROADCAST, MR_IEC104_QCC_GENERAL, n, 0);
        break;
    default:
        (void)mr_iec104_client_command(c, 0, MR_IEC104_C_SC_NA_1, MR_IEC104_COT_ACT, &o, n, 0);
    }
}

static uint64_t look_at(const struct mr_iec104_result *r)
{
    uint64_t sum = (unsigned)r->outcome + 7ull * r->type + 31ull * r->cause + r->negative + 2ull * r->test + 1009ull * r->token;
    sum += r->object.ioa + 65537ull * r->object.bits + r->object.quality + (uint64_t)r->object.time.unix_ns;
    return sum;
}

static uint64_t run(const uint8_t *data, size_t n, size_t chunk)
{
    static struct mr_iec104_client c;
    uint64_t sum = 0;
    uint32_t results = 0;
    enum mr_feed_status status = MR_FEED_OK;
    mr_iec104_client_init(&c, &route);
    mr_iec104_client_open(&c, 0);
    send_away(&c);
    for (size_t at = 0; at < n && status != MR_FEED_MALFORMED;) {
        size_t m = n - at < chunk ? n - at : chunk;
        uint8_t *piece = malloc(m);
        memcpy(piece, data + at, m);
        struct mr_feed f = mr_iec104_client_feed(&c, mr_slice(piece, m), 0);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        status = f.status;
        struct mr_iec104_result r;
        while (mr_iec104_client_next(&c, &r)) {
            sum = sum * 1009 + look_at(&r);
            ask(&c, results++);
        }
        send_away(&c);
    }
    mr_iec104_client_tick(&c, 6 * MR_S);
    return sum;
}

static void number(uint8_t *p, size_t n)
{
    uint16_t ns = 0;
    for (size_t at = 0; at + 6 <= n && p[at] == 0x68 && p[at + 1] >= 4; at += 2u + p[at + 1]) {
        if ((p[at + 2] & 1) == 0 && p[at + 3] < 0xF0) {
            p[at + 2] = (uint8_t)(ns << 1);
            p[at + 3] = (uint8_t)(ns >> 7);
            p[at + 4] = p[at + 5] = 0;
            ns++;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t numbered[1 << 14];
    if (size > 0 && size <= sizeof numbered) {
        memcpy(numbered, data, size);
        number(numbered, size);
        MR_ASSERT(run(numbered, size, size) == run(numbered, size, 1u + data[size - 1] % 29));
    }
    return 0;
}
