/* player.c - a team without people: a simulated player (player/player.h) whose commands go to the site like a person's.
 *
 * After a restart of ours it plays its part again from the beginning; what it had done before is known from the events of its
 * site, and not done twice. */
#include "server/state.h"

#include "net/firewall_text.h"
#include "player/player.h"

#include <stdio.h>
#include <stdlib.h>

#define DONE_MAX 128

struct deed {
    char key[2 * MR_EVENT_NAME];
};

struct mr_player_run {
    struct mr_team_run *team;
    struct mr_hand *hand;
    uint32_t ndone, nsent;
    struct deed done[DONE_MAX]; /* told by events, not yet made by the hand */
    struct deed sent[DONE_MAX]; /* made by us, not yet told */
};

struct mr_player_run *mr_player_run_create(struct mr_team_run *t)
{
    struct mr_player_run *p = t->plan->player ? calloc(1, sizeof *p) : NULL;
    if (!p) {
        return NULL;
    }
    p->team = t;
    p->hand = mr_hand_create(t->srv->scenario, t->plan->player);
    if (!p->hand) {
        free(p);
        return NULL;
    }
    return p;
}

void mr_player_run_destroy(struct mr_player_run *p)
{
    if (p) {
        mr_hand_destroy(p->hand);
        free(p);
    }
}

static bool take(struct deed *list, uint32_t *n, const struct deed *d)
{
    for (uint32_t i = 0; i < *n; i++) {
        if (strcmp(list[i].key, d->key) == 0) {
            list[i] = list[--*n];
            return true;
        }
    }
    return false;
}

static void add(struct deed *list, uint32_t *n, const struct deed *d)
{
    if (*n < DONE_MAX) {
        list[(*n)++] = *d;
    }
}

static struct deed deed_of(const char *what, const char *on)
{
    struct deed d;
    (void)snprintf(d.key, sizeof d.key, "%.47s %.47s", what, on);
    return d;
}

void mr_player_run_event(struct mr_player_run *p, const struct mr_event *e)
{
    mr_hand_event(p->hand, e);
    bool own = strcmp(e->member, p->team->plan->player->name) == 0;
    if (own && (e->kind == MR_EV_FINDING || e->kind == MR_EV_ACTION)) {
        struct deed d = deed_of(e->subject, e->object);
        if (!take(p->sent, &p->nsent, &d)) {
            add(p->done, &p->ndone, &d);
        }
    }
}

void mr_player_run_value(struct mr_player_run *p, uint16_t tag, double value, mr_ns at)
{
    mr_hand_value(p->hand, tag, value, at);
}

static void submitted(void *ctx, enum mr_err err, uint64_t seq)
{
    (void)ctx;
    (void)err; /* a move that failed is a move that failed: the score shows it */
    (void)seq;
}

/* The event that will tell of a command has the technique and asset of a finding, else the verb and what it was done to. */
static struct deed deed_of_command(const struct mr_command *c)
{
    static const char *const objects[] = {"asset", "tag", "device", "var"};
    char what[MR_EVENT_NAME] = "", on[MR_EVENT_NAME] = "";
    (void)snprintf(what, sizeof what, "%.*s", (int)c->verb.n, (const char *)c->verb.p);
    (void)mr_command_arg(c, "technique", what, sizeof what);
    for (size_t i = 0; i < sizeof objects / sizeof objects[0] && !on[0]; i++) {
        (void)mr_command_arg(c, objects[i], on, sizeof on);
    }
    return deed_of(what, on);
}

static void on_move(void *ctx, const struct mr_command *c)
{
    struct mr_player_run *p = ctx;
    struct deed d = deed_of_command(c);
    for (uint32_t i = 0; i < c->nargs && mr_slice_is(c->verb, "firewall"); i++) {
        char why[160];
        struct mr_fw_table table;
        if (mr_slice_is(c->args[i].name, "table") && mr_fw_parse(c->args[i].value, &table, why, sizeof why) == MR_OK) {
            p->team->firewall = table;
            p->team->firewall_version++;
        }
    }
    if (!take(p->done, &p->ndone, &d) && mr_link_submit(p->team, c, submitted, p) == MR_OK) {
        add(p->sent, &p->nsent, &d);
    }
}

void mr_player_run_tick(struct mr_player_run *p)
{
    if (p->team->srv->run == MR_RUN_RUNNING && mr_link_settled(p->team)) {
        mr_hand_act(p->hand, p->team->site_time, on_move, p);
    }
}
