/* s7_blocks.h - blocks of a program for tests of the S7 block services: a few in memory, whatever bytes they have; what was
 * downloaded waits until it is activated. */
#ifndef MR_TEST_S7_BLOCKS_H
#define MR_TEST_S7_BLOCKS_H

#include "proto/s7/s7_program.h"

#include <string.h>

#define S7_BLOCKS     32
#define S7_BLOCK_SIZE 1024

struct s7_stored_block {
    struct mr_s7_block head;
    bool waits;
    uint8_t body[S7_BLOCK_SIZE];
};
struct s7_blocks {
    struct s7_stored_block list[S7_BLOCKS];
    size_t n;
    uint32_t generation;
    uint64_t holder;
    uint8_t coming[S7_BLOCK_SIZE];
    uint32_t ncoming, size;
    bool locked; /* the key switch forbids everything */
};

static inline struct s7_stored_block *s7_blocks_find(struct s7_blocks *b, uint8_t type, uint16_t number, bool waits)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->list[i].head.type == type && b->list[i].head.number == number && b->list[i].waits == waits) {
            return &b->list[i];
        }
    }
    return NULL;
}

static inline void s7_blocks_remove(struct s7_blocks *b, struct s7_stored_block *which)
{
    size_t i = (size_t)(which - b->list);
    memmove(which, which + 1, (b->n - i - 1) * sizeof *which);
    b->n--;
    b->generation++;
}

static inline bool s7_blocks_put(struct s7_blocks *b, uint8_t type, uint16_t number, bool waits, struct mr_slice body)
{
    if (b->n == S7_BLOCKS || body.n > S7_BLOCK_SIZE) {
        return false;
    }
    struct s7_stored_block *s = &b->list[b->n++];
    *s = (struct s7_stored_block){
        .head = {.type = type, .language = MR_S7_SCL, .version = 0x10, .number = number, .checksum = 0x1234, .local = 8},
        .waits = waits};
    s->head.bytes = (uint32_t)body.n;
    s->head.made = 1454943097916000000; /* 2016-02-08 14:51:37.916 */
    memcpy(s->head.author, "tester", 6);
    memcpy(s->head.family, "bench", 5);
    memcpy(s->head.name, "BLOCK", 5);
    if (body.n > 0) {
        memcpy(s->body, body.p, body.n);
    }
    b->generation++;
    return true;
}

static inline bool s7_blocks_at(void *plc, size_t i, struct mr_s7_block *out)
{
    struct s7_blocks *b = plc;
    for (size_t k = 0; k < b->n; k++) {
        if (!b->list[k].waits && i-- == 0) {
            *out = b->list[k].head;
            return true;
        }
    }
    return false;
}

static inline bool s7_blocks_head(void *plc, uint8_t type, uint16_t number, struct mr_s7_block *out)
{
    struct s7_stored_block *s = s7_blocks_find(plc, type, number, false);
    if (s) {
        *out = s->head;
    }
    return s != NULL;
}

static inline struct mr_slice s7_blocks_body(void *plc, uint8_t type, uint16_t number)
{
    struct s7_stored_block *s = s7_blocks_find(plc, type, number, false);
    return s ? mr_slice(s->body, s->head.bytes) : mr_slice(NULL, 0);
}

static inline uint32_t s7_blocks_generation(void *plc)
{
    return ((struct s7_blocks *)plc)->generation;
}

static inline enum mr_err s7_blocks_hold(struct s7_blocks *b, uint64_t who)
{
    if (b->locked) {
        return MR_E_DENIED;
    }
    if (b->holder != 0 && b->holder != who) {
        return MR_E_BUSY;
    }
    b->holder = who;
    return MR_OK;
}

static inline enum mr_err s7_blocks_begin(void *plc, uint64_t who, uint32_t size)
{
    struct s7_blocks *b = plc;
    enum mr_err err = s7_blocks_hold(b, who);
    if (err == MR_OK && size > S7_BLOCK_SIZE) {
        return MR_E_FULL;
    }
    b->ncoming = 0;
    b->size = size;
    return err;
}

static inline enum mr_err s7_blocks_data(void *plc, uint64_t who, struct mr_slice piece)
{
    struct s7_blocks *b = plc;
    enum mr_err err = s7_blocks_hold(b, who);
    if (err != MR_OK || piece.n > b->size - b->ncoming) {
        return err != MR_OK ? err : MR_E_RANGE;
    }
    memcpy(b->coming + b->ncoming, piece.p, piece.n);
    b->ncoming += (uint32_t)piece.n;
    return MR_OK;
}

static inline enum mr_err s7_blocks_end(void *plc, uint64_t who, uint8_t type, uint16_t number, mr_ns now)
{
    struct s7_blocks *b = plc;
    enum mr_err err = s7_blocks_hold(b, who);
    (void)now;
    if (err != MR_OK || b->ncoming != b->size) {
        return err != MR_OK ? err : MR_E_MALFORMED;
    }
    struct s7_stored_block *old = s7_blocks_find(b, type, number, true);
    if (old) {
        s7_blocks_remove(b, old);
    }
    return s7_blocks_put(b, type, number, true, mr_slice(b->coming, b->ncoming)) ? MR_OK : MR_E_FULL;
}

static inline enum mr_err s7_blocks_activate(void *plc, uint64_t who, mr_ns now)
{
    struct s7_blocks *b = plc;
    enum mr_err err = s7_blocks_hold(b, who);
    size_t n = 0;
    (void)now;
    for (size_t i = 0; err == MR_OK && i < b->n; i++) {
        if (b->list[i].waits) {
            struct s7_stored_block *old = s7_blocks_find(b, b->list[i].head.type, b->list[i].head.number, false);
            b->list[i].waits = false;
            n++;
            if (old) {
                i -= old < &b->list[i];
                s7_blocks_remove(b, old);
            }
        }
    }
    b->generation++;
    return err != MR_OK ? err : n > 0 ? MR_OK : MR_E_NOT_FOUND;
}

static inline bool s7_blocks_waiting(void *plc, size_t i, struct mr_s7_block *out)
{
    struct s7_blocks *b = plc;
    for (size_t k = 0; k < b->n; k++) {
        if (b->list[k].waits && i-- == 0) {
            *out = b->list[k].head;
            return true;
        }
    }
    return false;
}

static inline enum mr_err s7_blocks_delete(void *plc, uint64_t who, uint8_t type, uint16_t number, mr_ns now)
{
    struct s7_blocks *b = plc;
    enum mr_err err = s7_blocks_hold(b, who);
    struct s7_stored_block *s = s7_blocks_find(b, type, number, false);
    (void)now;
    if (err != MR_OK || !s) {
        return err != MR_OK ? err : MR_E_NOT_FOUND;
    }
    s7_blocks_remove(b, s);
    return MR_OK;
}

static inline void s7_blocks_let_go(void *plc, uint64_t who)
{
    struct s7_blocks *b = plc;
    for (size_t i = b->n; b->holder == who && i > 0; i--) {
        if (b->list[i - 1].waits) {
            s7_blocks_remove(b, &b->list[i - 1]);
        }
    }
    b->holder = b->holder == who ? 0 : b->holder;
}

static inline enum mr_err s7_blocks_mode(void *plc, bool run)
{
    (void)run;
    return ((struct s7_blocks *)plc)->locked ? MR_E_DENIED : MR_OK;
}

static inline enum mr_s7_switch s7_blocks_switch(void *plc)
{
    return ((struct s7_blocks *)plc)->locked ? MR_S7_SWITCH_RUN : MR_S7_SWITCH_RUN_P;
}

static const struct mr_s7_program_ops s7_blocks_ops = {
    .block = s7_blocks_at,
    .find = s7_blocks_head,
    .body = s7_blocks_body,
    .generation = s7_blocks_generation,
    .begin = s7_blocks_begin,
    .data = s7_blocks_data,
    .end = s7_blocks_end,
    .activate = s7_blocks_activate,
    .waiting = s7_blocks_waiting,
    .remove = s7_blocks_delete,
    .let_go = s7_blocks_let_go,
    .mode_switch = s7_blocks_switch,
    .may_change_mode = s7_blocks_mode,
};

#endif
