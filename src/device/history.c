#include "device/history.h"

#include "base/maths.h"

#define MR_HISTORY_TIERS 3
static const struct {
    mr_ns period;
    uint32_t length; /* 0: as `keep` asks */
} tiers[MR_HISTORY_TIERS] = {{MR_S, 1800}, {10 * MR_S, 2160}, {10 * MR_MIN, 0}};
#define MR_HISTORY_LONGEST 13140 /* ten-minute values of a quarter of a year */

/* One ring's clock, and what its next value is made of. */
struct tier_state {
    uint32_t filled, next;
    mr_ns last; /* time of the last value */
};
static const struct mr_field tier_fields[] = {
    MR_FIELD(struct tier_state, filled, MR_U32),
    MR_FIELD(struct tier_state, next, MR_U32),
    MR_FIELD(struct tier_state, last, MR_I64),
};
static const struct mr_type tier_type = MR_TYPE("history ring", struct tier_state, tier_fields);

struct sum_state {
    double sum;
    uint32_t n;
};
static const struct mr_field sum_fields[] = {MR_FIELD(struct sum_state, sum, MR_F64), MR_FIELD(struct sum_state, n, MR_U32)};
static const struct mr_type sum_type = MR_TYPE("history sum", struct sum_state, sum_fields);

static const struct mr_field sample_fields[] = {{"value", 0, 4, 1, MR_ALL, MR_F32, NULL}};
static const struct mr_type sample_type = {"sample", 4, 1, sample_fields, MR_ALL};

struct mr_history {
    size_t ntags;
    uint16_t *column; /* by site tag: 1 + its column, 0 for none */
    size_t ncolumns;
    uint32_t length[MR_HISTORY_TIERS];
    bool due[MR_HISTORY_TIERS]; /* during one second's samples */
    struct tier_state *tier;
    struct sum_state *sums[MR_HISTORY_TIERS]; /* by column */
    float *samples[MR_HISTORY_TIERS];         /* by column, then ring index; NaN for a gap */
};

struct mr_history *mr_history_create(struct mr_arena *arena, const uint8_t *wanted, size_t ntags, mr_ns keep)
{
    struct mr_history *h = mr_arena_scratch(arena, sizeof *h);
    uint16_t *column = mr_arena_scratch(arena, sizeof *column * (ntags ? ntags : 1));
    if (!h || !column) {
        return NULL;
    }
    *h = (struct mr_history){.ntags = ntags, .column = column};
    for (size_t i = 0; i < ntags; i++) {
        column[i] = wanted[i] ? (uint16_t)++h->ncolumns : 0;
    }
    h->tier = mr_arena_new(arena, &tier_type, MR_HISTORY_TIERS, "history rings");
    keep = keep > 0 ? keep : 30 * MR_DAY;
    bool made = h->tier != NULL;
    for (int t = 0; t < MR_HISTORY_TIERS && made && h->ncolumns > 0; t++) {
        mr_ns asked = keep / tiers[t].period;
        h->length[t] = tiers[t].length > 0          ? tiers[t].length
                       : asked > MR_HISTORY_LONGEST ? MR_HISTORY_LONGEST
                                                    : (uint32_t)(asked > 0 ? asked : 1);
        h->sums[t] = mr_arena_new(arena, &sum_type, h->ncolumns, "history sums");
        h->samples[t] = mr_arena_new(arena, &sample_type, h->ncolumns * h->length[t], "history");
        made = h->sums[t] && h->samples[t];
    }
    return made ? h : NULL;
}

void mr_history_begin(struct mr_history *h, mr_ns now)
{
    for (int t = 0; t < MR_HISTORY_TIERS; t++) {
        struct tier_state *st = &h->tier[t];
        h->due[t] = h->ncolumns > 0 && now / tiers[t].period > st->last / tiers[t].period;
        if (h->due[t]) {
            st->last = now;
            st->filled += st->filled < h->length[t];
            st->next = (st->next + 1) % h->length[t];
        }
    }
}

void mr_history_put(struct mr_history *h, uint16_t tag, bool known, double value)
{
    if (tag >= h->ntags || h->column[tag] == 0) {
        return;
    }
    size_t c = h->column[tag] - 1u;
    for (int t = 0; t < MR_HISTORY_TIERS; t++) {
        struct sum_state *s = &h->sums[t][c];
        if (known) {
            s->sum += value;
            s->n++;
        }
        if (h->due[t]) {
            float *ring = h->samples[t] + c * h->length[t];
            ring[h->tier[t].next] = s->n > 0 ? (float)(s->sum / s->n) : __builtin_nanf("");
            *s = (struct sum_state){0};
        }
    }
}

enum mr_err mr_history_write(const struct mr_history *h, uint16_t tag, mr_ns from, mr_ns to, struct mr_writer *w)
{
    if (tag >= h->ntags || h->column[tag] == 0) {
        return MR_E_NOT_FOUND;
    }
    int t = 0;
    while (t + 1 < MR_HISTORY_TIERS && h->tier[t].filled == h->length[t] &&
           h->tier[t].last - (mr_ns)h->tier[t].filled * tiers[t].period > from) {
        t++;
    }
    const struct tier_state *st = &h->tier[t];
    const float *ring = h->samples[t] + (h->column[tag] - 1u) * (size_t)h->length[t];
    for (uint32_t back = st->filled; back > 0 && !w->full; back--) {
        mr_ns at = st->last - (mr_ns)(back - 1) * tiers[t].period;
        float v = ring[(st->next + h->length[t] - (back - 1)) % h->length[t]];
        if (at >= from && at <= to && v == v) {
            mr_write_fmt(w, "%lld.%03lld,%.9g\n", (long long)(at / MR_S), (long long)(at % MR_S / MR_MS), (double)v);
        }
    }
    return MR_OK;
}
