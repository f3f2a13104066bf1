#include "device/history.h"

/* Rings, the finer the shorter. A ring is rows of one instant's values of all tags: what has not been filled touches no memory
 * and is saved as one byte a row. */
#define MR_HISTORY_TIERS 3
static const struct {
    mr_ns period; /* 0: as `keep` asks */
    uint32_t length;
} tiers[MR_HISTORY_TIERS] = {{MR_S, 1800}, {10 * MR_S, 2160}, {0, 4320}};
#define MR_HISTORY_COARSE (10 * MR_MIN) /* at least: 30 days */

/* A row; its type is made when the number of tags is known. */
struct row {
    uint32_t live;
    float v[]; /* by column; NaN for a gap */
};

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

struct mr_history {
    size_t ntags;
    uint16_t *column; /* by site tag: 1 + its column, 0 for none */
    size_t ncolumns;
    mr_ns period[MR_HISTORY_TIERS];
    bool due[MR_HISTORY_TIERS]; /* during one second's samples */
    struct tier_state *tier;
    struct sum_state *sums[MR_HISTORY_TIERS]; /* by column */
    struct mr_field row_fields[2];
    struct mr_type row_type;
    uint8_t *rings[MR_HISTORY_TIERS]; /* rows */
};

static struct row *row_of(const struct mr_history *h, int t, uint32_t i)
{
    return (struct row *)(void *)(h->rings[t] + (size_t)i * h->row_type.size);
}

static void make_row_type(struct mr_history *h)
{
    uint32_t n = (uint32_t)h->ncolumns;
    h->row_fields[0] = (struct mr_field){"live", offsetof(struct row, live), 4, 1, MR_ALL, MR_U32, NULL};
    h->row_fields[1] = (struct mr_field){"v", offsetof(struct row, v), 4 * n, n, MR_ALL, MR_F32, NULL};
    h->row_type = (struct mr_type){"history row", (uint32_t)offsetof(struct row, v) + 4 * n, 2, h->row_fields,
                                   offsetof(struct row, live)}; /* little-endian: the low byte says it */
}

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
    make_row_type(h);
    h->tier = mr_arena_new(arena, &tier_type, MR_HISTORY_TIERS, "history rings");
    bool made = h->tier != NULL;
    for (int t = 0; t < MR_HISTORY_TIERS && made && h->ncolumns > 0; t++) {
        mr_ns coarse = keep / tiers[t].length > MR_HISTORY_COARSE ? keep / tiers[t].length : MR_HISTORY_COARSE;
        h->period[t] = tiers[t].period > 0 ? tiers[t].period : coarse;
        h->sums[t] = mr_arena_new(arena, &sum_type, h->ncolumns, "history sums");
        h->rings[t] = mr_arena_new(arena, &h->row_type, tiers[t].length, "history");
        made = h->sums[t] && h->rings[t];
    }
    return made ? h : NULL;
}

void mr_history_begin(struct mr_history *h, mr_ns now)
{
    for (int t = 0; t < MR_HISTORY_TIERS; t++) {
        struct tier_state *st = &h->tier[t];
        h->due[t] = h->ncolumns > 0 && now / h->period[t] > st->last / h->period[t];
        if (h->due[t]) {
            st->last = now;
            st->filled += st->filled < tiers[t].length;
            st->next = (st->next + 1) % tiers[t].length;
            row_of(h, t, st->next)->live = 1;
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
            row_of(h, t, h->tier[t].next)->v[c] = s->n > 0 ? (float)(s->sum / s->n) : __builtin_nanf("");
            *s = (struct sum_state){0};
        }
    }
}

bool mr_history_check(const struct mr_history *h)
{
    for (int t = 0; t < MR_HISTORY_TIERS; t++) {
        const struct tier_state *st = &h->tier[t];
        if (st->filled > tiers[t].length || st->next >= tiers[t].length || st->last < 0) {
            return false;
        }
    }
    return true;
}

enum mr_err mr_history_write(const struct mr_history *h, uint16_t tag, mr_ns from, mr_ns to, struct mr_writer *w)
{
    if (tag >= h->ntags || h->column[tag] == 0) {
        return MR_E_NOT_FOUND;
    }
    int t = 0;
    while (t + 1 < MR_HISTORY_TIERS && h->tier[t].filled == tiers[t].length &&
           h->tier[t].last - (mr_ns)h->tier[t].filled * h->period[t] > from) {
        t++;
    }
    const struct tier_state *st = &h->tier[t];
    for (uint32_t back = st->filled; back > 0 && !w->full; back--) {
        mr_ns at = st->last - (mr_ns)(back - 1) * h->period[t];
        float v = row_of(h, t, (st->next + tiers[t].length - (back - 1)) % tiers[t].length)->v[h->column[tag] - 1u];
        if (at >= from && at <= to && v == v) {
            mr_write_fmt(w, "%lld.%03lld,%.9g\n", (long long)(at / MR_S), (long long)(at % MR_S / MR_MS), (double)v);
        }
    }
    return MR_OK;
}
