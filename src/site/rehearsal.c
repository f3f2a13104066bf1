#include "site/rehearsal.h"

#include "player/player.h"
#include "site/world.h"

#include <stdio.h>

#define MR_REHEARSAL_TURN (250 * MR_MS) /* players move at most this late */

struct stage {
    struct mr_world *world;
    struct mr_hand *hand;
    struct mr_score *score;
    struct mr_rehearsal *out;
    uint64_t seq;
    mr_ns now;
    void (*event)(void *ctx, const struct mr_event *e);
    mr_ledger_fn *line;
    void *ctx;
};

static void on_event(void *ctx, const struct mr_event *e)
{
    struct stage *s = ctx;
    mr_hand_event(s->hand, e);
    mr_score_feed(s->score, e);
    if (s->event) {
        s->event(s->ctx, e);
    }
}

static void on_view(void *ctx, mr_ns at, uint16_t tag, double value, uint8_t quality)
{
    struct stage *s = ctx;
    (void)quality;
    mr_hand_value(s->hand, tag, value, at);
}

static void on_line(void *ctx, const struct mr_ledger_line *line)
{
    struct stage *s = ctx;
    struct mr_rehearsal *out = s->out;
    uint32_t i = 0;
    while (i < out->nsources && strcmp(out->sources[i].source, line->source) != 0) {
        i++;
    }
    if (i == out->nsources && i < MR_REHEARSAL_SOURCES) {
        mr_str_copy(out->sources[out->nsources++].source, MR_EVENT_NAME, line->source);
    }
    if (i < out->nsources) {
        out->sources[i].points_milli += line->points_milli;
    }
    if (s->line) {
        s->line(s->ctx, line);
    }
}

static void on_move(void *ctx, const struct mr_command *c)
{
    struct stage *s = ctx;
    uint8_t buf[MR_COMMAND_BYTES];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_command_encode(c, &w);
    if (!w.full) {
        (void)mr_world_input(s->world, ++s->seq, s->now, MR_IN_COMMAND, mr_written(&w));
    }
}

static void play(struct stage *s, mr_ns lasts)
{
    const struct mr_slice nothing = mr_slice(NULL, 0);
    mr_world_start(s->world);
    /* The plant is up and its stations have polled before the scenario begins, as in an event. */
    s->now = 10 * MR_S;
    (void)mr_world_input(s->world, ++s->seq, s->now, MR_IN_TIME, nothing);
    (void)mr_world_input(s->world, ++s->seq, s->now, MR_IN_BEGIN, nothing);
    mr_ns end = s->now + lasts;
    while (s->now < end) {
        s->now += MR_REHEARSAL_TURN;
        (void)mr_world_input(s->world, ++s->seq, s->now, MR_IN_TIME, nothing);
        mr_hand_act(s->hand, mr_world_time(s->world), on_move, s);
    }
    mr_score_close(s->score);
}

enum mr_err mr_rehearse(const struct mr_scenario *scenario, const struct mr_player *player, const struct mr_score_rules *rules,
                        uint64_t seed, void (*event)(void *ctx, const struct mr_event *e), mr_ledger_fn *line, void *ctx,
                        struct mr_rehearsal *out, char *why, size_t cap)
{
    memset(out, 0, sizeof *out);
    struct stage s = {.out = out, .event = event, .line = line, .ctx = ctx};
    const struct mr_world_config config = {
        .site = scenario->site,
        .scenario = scenario,
        .seed = seed,
        .epoch_ns = MR_WORLD_EPOCH,
        .network = MR_WORLD_SIMULATED,
        .out = {.ctx = &s, .event = on_event, .view = on_view},
    };
    (void)snprintf(why, cap, "out of memory");
    s.hand = mr_hand_create(scenario, player);
    s.score = mr_score_create(rules, player->name, on_line, &s);
    s.world = s.hand && s.score ? mr_world_create(&config, why, cap) : NULL;
    if (s.world) {
        play(&s, scenario->lasts);
        out->total_milli = mr_score_total_milli(s.score);
    }
    bool made = s.world != NULL;
    mr_world_destroy(s.world);
    mr_score_destroy(s.score);
    mr_hand_destroy(s.hand);
    return made ? MR_OK : MR_E_NOMEM;
}
