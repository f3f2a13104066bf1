/* Any bytes to a controlled station with data transfer started. The first byte chooses settings and how the rest is cut; but for
 * acknowledgements, which tell how much had come when output was taken, answers and image must not depend on the cuts. Every I
 * format's numbers are put right, or nearly nothing would be served. */
#include "support/iec104_rig.h"

#include <stdlib.h>

static void init(struct rig *r, struct rig_line *l, uint8_t choice)
{
    rig_init(r);
    r->commands[0].select = (choice & 1) != 0;
    r->commands[0].feedback = 0;
    r->commands[1].action = MR_IEC104_PULSE;
    r->points[9].period = MR_S;
    r->personality.counter_time = (choice & 2) != 0;
    r->personality.asdu_max = (choice & 4) != 0 ? 32 : 0;
    r->personality.params.k = (choice & 8) != 0 ? 3 : 12;
    r->personality.events = 8;
    r->settings.select_all = (choice & 16) != 0;
    r->settings.command_age = (choice & 32) != 0 ? MR_DAY : 0;
    r->groups[0] = (struct mr_iec104_redundancy){RIG_PEER, 0xFFFFFFFF};
    r->config.ngroups = choice >> 6 & 1;
    MR_ASSERT(!mr_iec104_config_check(&r->config) && rig_build(r) && rig_open(l, r, RIG_PEER));
    rig_u(l, MR_IEC104_STARTDT_ACT);
}

/* Takes all output, with receive sequence numbers wiped out and S formats left out. */
static size_t take(struct rig_line *l, uint8_t *out, size_t n, size_t cap)
{
    rig_collect(l, 0);
    for (size_t at = 0; at < l->n; at += l->out[at + 1] + 2u) {
        size_t size = l->out[at + 1] + 2u;
        if ((l->out[at + 2] & 3) == 1 || (l->out[at + 2] & 3) == 3 || n + size > cap) {
            continue; /* U formats are not held up by the window, so they may overtake */
        }
        memcpy(out + n, l->out + at, size);
        out[n + 4] = out[n + 5] = 0;
        n += size;
    }
    return n;
}

static size_t run(struct rig_line *l, const uint8_t *data, size_t n, size_t chunk, uint8_t *out, size_t cap)
{
    size_t nout = 0;
    enum mr_feed_status status = MR_FEED_OK;
    for (size_t at = 0; at < n && status != MR_FEED_MALFORMED;) {
        size_t m = n - at < chunk ? n - at : chunk;
        uint8_t *piece = malloc(m);
        memcpy(piece, data + at, m);
        struct mr_feed f = mr_iec104_server_feed(&l->server, mr_slice(piece, m), 0);
        free(piece);
        MR_ASSERT(f.consumed <= m && (f.status != MR_FEED_OK || f.consumed == m));
        at += f.consumed;
        status = f.status;
        struct mr_iec104_event ev;
        while (mr_iec104_server_next(&l->server, &ev)) {
        }
        nout = take(l, out, nout, cap);
    }
    return nout;
}

/* Numbers that continue, and acknowledge nothing: what has been sent depends on the cuts. Some are left as they are. */
static void number(uint8_t *p, size_t n)
{
    uint16_t ns = 0;
    for (size_t at = 0; at + 6 <= n && p[at] == 0x68 && p[at + 1] >= 4; at += 2u + p[at + 1]) {
        bool i = (p[at + 2] & 1) == 0 && p[at + 3] < 0xF0;
        if (i) {
            p[at + 2] = (uint8_t)(ns << 1);
            p[at + 3] = (uint8_t)(ns >> 7);
            ns++;
        }
        if ((p[at + 2] & 3) != 3) {
            p[at + 4] = p[at + 5] = 0;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rig a, b;
    static struct rig_line la, lb;
    static uint8_t whole[1 << 17], cut[1 << 17], numbered[1 << 14];
    if (size < 2 || size > sizeof numbered) {
        return 0;
    }
    memcpy(numbered, data, size);
    number(numbered + 1, size - 1);
    init(&a, &la, data[0]);
    init(&b, &lb, data[0]);
    size_t n = run(&la, numbered + 1, size - 1, size, whole, sizeof whole);
    size_t m = run(&lb, numbered + 1, size - 1, 1u + data[0] % 29, cut, sizeof cut);
    MR_ASSERT(n == m && memcmp(whole, cut, n) == 0);
    MR_ASSERT(memcmp(a.area, b.area, sizeof a.area) == 0);
    rig_sample(&la, MR_S);
    rig_sample(&la, 20 * MR_S);
    mr_iec104_server_close(&la.server);
    mr_iec104_server_close(&lb.server);
    rig_free(&a);
    rig_free(&b);
    return 0;
}
