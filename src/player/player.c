#include "player/player.h"

#include "net/firewall_text.h"

#include <stdio.h>
#include <stdlib.h>

struct move {
    mr_ns triggered; /* MR_NEVER_NS: not yet */
    bool made;
};

struct mr_hand {
    const struct mr_scenario *scenario;
    const struct mr_player *player;
    struct mr_fw_table rules; /* as its own edits have left them */
    bool begun;
    struct move moves[]; /* by the player's plays */
};

struct mr_hand *mr_hand_create(const struct mr_scenario *scenario, const struct mr_player *player)
{
    struct mr_hand *h = calloc(1, sizeof *h + player->nplays * sizeof h->moves[0]);
    if (!h) {
        return NULL;
    }
    h->scenario = scenario;
    h->player = player;
    h->rules = scenario->site->rules;
    for (size_t i = 0; i < player->nplays; i++) {
        h->moves[i].triggered = MR_NEVER_NS;
    }
    return h;
}

void mr_hand_destroy(struct mr_hand *h)
{
    free(h);
}

static void trigger(struct mr_hand *h, size_t i, mr_ns at)
{
    if (h->moves[i].triggered == MR_NEVER_NS) {
        h->moves[i].triggered = at;
    }
}

static bool step_matches(const struct mr_hand *h, const struct mr_play *p, const struct mr_event *e)
{
    if (strcmp(h->scenario->steps[p->step].id, e->subject) != 0) {
        return false;
    }
    if (e->kind == MR_EV_STEP_BEGIN) {
        return p->outcome == MR_OUTCOME_BEGUN;
    }
    switch (p->outcome) {
    case MR_OUTCOME_ANY:
        return true;
    case MR_OUTCOME_WORKED:
        return e->number == 0;
    case MR_OUTCOME_BLOCKED:
        return e->number != 0;
    case MR_OUTCOME_BEGUN:
        return false;
    }
    return false;
}

void mr_hand_event(struct mr_hand *h, const struct mr_event *e)
{
    h->begun = h->begun || e->kind == MR_EV_BEGIN;
    for (size_t i = 0; i < h->player->nplays; i++) {
        const struct mr_play *p = &h->player->plays[i];
        if (e->kind == MR_EV_BEGIN && p->trigger == MR_TRIG_AT) {
            trigger(h, i, e->at + p->at);
        } else if ((e->kind == MR_EV_STEP_BEGIN || e->kind == MR_EV_STEP_END) && p->trigger == MR_TRIG_STEP &&
                   step_matches(h, p, e)) {
            trigger(h, i, e->at);
        }
    }
}

void mr_hand_value(struct mr_hand *h, uint16_t tag, double value, mr_ns at)
{
    for (size_t i = 0; h->begun && i < h->player->nplays; i++) {
        const struct mr_play *p = &h->player->plays[i];
        if (p->trigger == MR_TRIG_TAG && p->when.tag == tag &&
            (p->when.sense == MR_ABOVE ? value > p->when.value : value < p->when.value)) {
            trigger(h, i, at);
        }
    }
}

static mr_ns due(const struct mr_hand *h, size_t i)
{
    const struct move *m = &h->moves[i];
    return m->made || m->triggered == MR_NEVER_NS ? MR_NEVER_NS : m->triggered + h->player->plays[i].after;
}

/* The move that comes next: the earliest, of several the one written first. */
static size_t next_move(const struct mr_hand *h, mr_ns *at)
{
    size_t found = h->player->nplays;
    *at = MR_NEVER_NS;
    for (size_t i = 0; i < h->player->nplays; i++) {
        if (due(h, i) < *at) {
            *at = due(h, i);
            found = i;
        }
    }
    return found;
}

mr_ns mr_hand_next(const struct mr_hand *h)
{
    mr_ns at;
    (void)next_move(h, &at);
    return at;
}

static bool removed(const struct mr_fw_edit *e, const char *id)
{
    for (size_t i = 0; i < e->nremove; i++) {
        if (strcmp(e->remove[i], id) == 0) {
            return true;
        }
    }
    return false;
}

/* Added rules first, then those that were there and stay. */
static void edit(struct mr_fw_table *t, const struct mr_fw_edit *e)
{
    struct mr_fw_table out = *t;
    out.nrules = 0;
    for (size_t i = 0; i < e->nadd && out.nrules < MR_FW_RULES; i++) {
        out.rules[out.nrules++] = e->add[i];
    }
    for (uint32_t i = 0; i < t->nrules && out.nrules < MR_FW_RULES; i++) {
        bool replaced = removed(e, t->rules[i].id);
        for (size_t k = 0; k < e->nadd; k++) {
            replaced = replaced || strcmp(e->add[k].id, t->rules[i].id) == 0;
        }
        if (!replaced) {
            out.rules[out.nrules++] = t->rules[i];
        }
    }
    if (e->fallback >= 0) {
        out.fallback = (uint8_t)e->fallback;
    }
    out.cut_on_edit = out.cut_on_edit || e->cut;
    *t = out;
}

static void make(struct mr_hand *h, size_t i, mr_hand_fn *fn, void *ctx)
{
    const struct mr_play *p = &h->player->plays[i];
    char table[MR_FW_TEXT_MAX + 1];
    char from[24];
    struct mr_command c = {.member = mr_slice_str(h->player->name), .post = mr_slice_str(p->post), .verb = mr_slice_str(p->verb)};
    for (uint32_t k = 0; k < p->nargs; k++) {
        mr_command_add(&c, p->args[k].name, p->args[k].value);
    }
    if (strcmp(p->verb, "firewall") == 0) {
        struct mr_writer w = mr_writer(table, MR_FW_TEXT_MAX);
        edit(&h->rules, &p->edit);
        if (mr_fw_format(&h->rules, &w) != MR_OK) {
            return;
        }
        table[w.n] = '\0';
        mr_command_add(&c, "table", table);
    }
    if (strcmp(p->verb, "finding") == 0) {
        (void)snprintf(from, sizeof from, "%lld", (long long)(h->moves[i].triggered - p->since));
        mr_command_add(&c, "from", from);
    }
    fn(ctx, &c);
}

void mr_hand_act(struct mr_hand *h, mr_ns now, mr_hand_fn *fn, void *ctx)
{
    mr_ns at;
    for (size_t i = next_move(h, &at); at <= now && at != MR_NEVER_NS; i = next_move(h, &at)) {
        h->moves[i].made = true;
        make(h, i, fn, ctx);
    }
}
