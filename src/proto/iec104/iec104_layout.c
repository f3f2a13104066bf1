/* iec104_layout.c - which points share an ASDU of an interrogation, decided once: sorted by address, points of one type, group
 * and period go together; three and more of consecutive addresses go under one address (SQ = 1; 101, 7.2.2.1), the others carry
 * their own. */
#include "proto/iec104/iec104_core.h"

#include <stdlib.h>

#define SEQUENCE_MIN 3 /* consecutive addresses that are worth an ASDU of their own */
#define OBJECTS_MAX  127

struct key {
    uint64_t rank; /* what must be alike in a run, then the address */
    uint16_t point;
};

static int by_rank(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static uint8_t class_of(const struct mr_iec104_point *p)
{
    if (p->type == MR_IEC104_M_IT_NA_1) {
        return MR_IEC104_COUNTED;
    }
    return p->not_interrogated ? MR_IEC104_HIDDEN : MR_IEC104_INTERROGATED;
}

/* The period's number, from 1, entered where it is new; 0 for none, and where there are too many (config_check knows). */
static uint8_t period_of(struct mr_iec104_station *st, mr_ns period)
{
    for (size_t i = 0; i < st->nperiods; i++) {
        if (st->periods[i] == period) {
            return (uint8_t)(i + 1);
        }
    }
    if (period == 0 || st->nperiods == MR_IEC104_PERIODS_MAX) {
        return 0;
    }
    st->periods[st->nperiods++] = period;
    return (uint8_t)st->nperiods;
}

static void describe(struct mr_iec104_station *st, size_t i, struct key *key)
{
    const struct mr_iec104_point *p = &st->config->points[i];
    bool counter = p->type == MR_IEC104_M_IT_NA_1;
    struct mr_iec104_cell *c = &st->cells[i];
    *c = (struct mr_iec104_cell){
        .type = counter && st->personality->counter_time ? MR_IEC104_M_IT_TB_1 : p->type,
        .size = mr_iec104_info(p->type)->size,
        .event = mr_iec104_with_time(p->type, p->tag),
        .period = period_of(st, p->period),
        .counter = counter ? (int32_t)st->ncounters++ : -1,
        .scale = p->scale < 0 || p->scale > 0 ? p->scale : 1,
    };
    key->point = (uint16_t)i;
    key->rank = (uint64_t)p->ca << 56 | (uint64_t)class_of(p) << 48 | (uint64_t)p->group << 40 | (uint64_t)c->period << 36 |
                (uint64_t)c->type << 24 | p->ioa;
}

/* Keys from `i` on that are alike and have consecutive addresses. */
static size_t stretch(const struct key *keys, size_t n, size_t i)
{
    size_t k = i + 1;
    while (k < n && keys[k].rank == keys[k - 1].rank + 1) {
        k++;
    }
    return k - i;
}

struct plan {
    struct mr_iec104_station *st;
    struct mr_iec104_run *open; /* without SQ, still growing; or NULL */
    size_t max;                 /* bytes of objects */
};

static struct mr_iec104_run *new_run(struct plan *p, size_t point, uint8_t vsq)
{
    const struct mr_iec104_point *of = &p->st->config->points[point];
    struct mr_iec104_run *r = &p->st->runs[p->st->nruns++];
    *r = (struct mr_iec104_run){
        .ca = of->ca,
        .class = class_of(of),
        .group = of->group,
        .period = p->st->cells[point].period,
        .type = p->st->cells[point].type,
        .vsq = vsq,
        .at = (uint32_t)p->st->ncells_bytes,
    };
    return r;
}

static void put(struct plan *p, struct mr_iec104_run *r, size_t point, size_t before)
{
    struct mr_iec104_cell *c = &p->st->cells[point];
    size_t size = before + mr_iec104_info(c->type)->size;
    c->at = (uint32_t)(p->st->ncells_bytes + before);
    c->addressed = before > 0;
    r->size = (uint16_t)(r->size + size);
    r->vsq++;
    p->st->ncells_bytes += size;
}

/* A stretch under one address, in as many ASDUs as it takes. */
static void lay_sequence(struct plan *p, const struct key *keys, size_t n)
{
    size_t size = mr_iec104_info(p->st->cells[keys[0].point].type)->size;
    size_t most = (p->max - MR_IEC104_IOA) / size;
    most = most < OBJECTS_MAX ? most : OBJECTS_MAX;
    p->open = NULL;
    for (size_t i = 0; i < n; i += most) {
        struct mr_iec104_run *r = new_run(p, keys[i].point, 0x80);
        for (size_t k = i; k < n && k < i + most; k++) {
            put(p, r, keys[k].point, k == i ? MR_IEC104_IOA : 0);
        }
    }
}

static void lay_single(struct plan *p, const struct key *key, bool alike)
{
    size_t size = MR_IEC104_IOA + (size_t)mr_iec104_info(p->st->cells[key->point].type)->size;
    if (!p->open || !alike || p->open->size + size > p->max || p->open->vsq == OBJECTS_MAX) {
        p->open = new_run(p, key->point, 0);
    }
    put(p, p->open, key->point, MR_IEC104_IOA);
}

static void lay_all(struct mr_iec104_station *st, const struct key *keys, size_t n)
{
    size_t asdu = st->personality->asdu_max > 0 ? st->personality->asdu_max : MR_IEC104_ASDU_MAX;
    struct plan p = {.st = st, .max = asdu - MR_IEC104_HEADER};
    for (size_t i = 0; i < n;) {
        size_t k = stretch(keys, n, i);
        bool timed = mr_iec104_info(st->cells[keys[i].point].type)->time > 0;
        if (k >= SEQUENCE_MIN && !timed) { /* with time tags there is no SQ = 1 (101, 7.3) */
            lay_sequence(&p, keys + i, k);
            i += k;
        } else {
            lay_single(&p, &keys[i], i > 0 && (keys[i].rank ^ keys[i - 1].rank) >> 24 == 0);
            i++;
        }
    }
}

bool mr_iec104_layout(struct mr_iec104_station *st, struct mr_arena *a)
{
    size_t n = st->config->npoints;
    st->cells = mr_arena_scratch(a, (n + 1) * sizeof *st->cells);
    st->runs = mr_arena_scratch(a, (n + 1) * sizeof *st->runs);
    struct key *keys = mr_arena_scratch(a, (n + 1) * sizeof *keys);
    bool ok = st->cells && st->runs && keys;
    for (size_t i = 0; i < n && ok; i++) {
        describe(st, i, &keys[i]);
    }
    if (ok) {
        qsort(keys, n, sizeof *keys, by_rank);
        lay_all(st, keys, n);
    }
    return ok;
}

void mr_iec104_layout_addresses(const struct mr_iec104_station *st)
{
    for (size_t i = 0; i < st->config->npoints; i++) {
        if (st->cells[i].addressed) {
            struct mr_writer w = mr_writer(st->bytes + st->cells[i].at - MR_IEC104_IOA, MR_IEC104_IOA);
            mr_write_u24le(&w, st->config->points[i].ioa);
        }
    }
}
