/* Any sequence of events: the total is the sum of the lines, lines are numbered, and the round closes once. Input: events in
 * their binary form (sim/event.h), each with a length before it. */
#include "score/score.h"

#include <stdlib.h>

struct sum {
    uint64_t lines;
    int64_t milli;
};

static void on_line(void *ctx, const struct mr_ledger_line *l)
{
    struct sum *s = ctx;
    MR_ASSERT(l->id == ++s->lines);
    s->milli += l->points_milli;
}

static void rules(struct mr_score_rules *r)
{
    mr_score_rules_defaults(r);
    r->lasts = 10 * MR_MIN;
    uint32_t d = mr_score_rules_direction(r, "all");
    r->watches[0] = (struct mr_score_watch){"w", {.direction = d, .points_milli = 20000}};
    r->nwatches = 1;
    r->bands[0] = (struct mr_score_band){"b", {.direction = d, .points_milli = 10000}, 100, 5000};
    r->nbands = 1;
    r->damages[0] = (struct mr_score_damage){"", d, 1000};
    r->ndamages = 1;
    r->checks[0] = (struct mr_score_check){"c", true, {.direction = d, .points_milli = 1000}};
    r->nchecks = 1;
    r->monitoring.each_milli = 2000;
    r->monitoring.max_milli = 9000;
    r->monitoring.wrong_milli = -500;
    r->hardening[0] = (struct mr_score_hardening){.id = "h", .keeps = "c", .direction = d, .points_milli = 5000};
    r->nhardening = 1;
    r->responses[0] = (struct mr_score_response){.id = "r",
                                                 .kind = MR_SCORE_RECOVER,
                                                 .step = "s",
                                                 .watch = "w",
                                                 .full = MR_MIN,
                                                 .zero = 2 * MR_MIN,
                                                 .hold = MR_S,
                                                 .direction = d,
                                                 .points_milli = 7000};
    r->nresponses = 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct mr_score_rules r;
    static bool filled;
    if (!filled) {
        rules(&r);
        filled = true;
    }
    struct sum sum = {0};
    struct mr_score *s = mr_score_create(&r, "t1", on_line, &sum);
    struct mr_reader in = mr_reader(mr_slice(data, size));
    mr_ns last = 0;
    while (s && mr_reader_left(&in) > 0) {
        struct mr_event e;
        struct mr_slice body = mr_read_lv(&in);
        if (in.bad || mr_event_decode(body, &e) != MR_OK) {
            break;
        }
        e.at = e.at < last ? last : (e.at > MR_HOUR ? MR_HOUR : e.at); /* a site's time goes forward */
        last = e.at;
        mr_score_feed(s, &e);
    }
    if (s) {
        mr_score_close(s);
        MR_ASSERT(sum.milli == mr_score_total_milli(s));
        uint64_t lines = sum.lines;
        mr_score_close(s);
        MR_ASSERT(lines == sum.lines);
    }
    mr_score_destroy(s);
    return 0;
}
