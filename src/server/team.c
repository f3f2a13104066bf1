/* team.c - a team's events into its score, the store, the feed and the pages. */
#include "server/state.h"

#include "net/firewall_text.h"

#include <stdio.h>
#include <stdlib.h>

bool mr_team_init(struct mr_server *s, struct mr_team_run *t, const struct mr_team *plan, uint32_t index)
{
    t->srv = s;
    t->plan = plan;
    t->index = index;
    t->firewall = s->site->rules;
    t->firewall_version = 1;
    t->next_request = 1;
    (void)snprintf(t->dir, sizeof t->dir, "%.380s/teams/%.100s", s->opt->state, plan->id);
    t->score = mr_score_create(s->rules, plan->id, mr_team_line, t);
    t->player = mr_player_run_create(t);
    return t->score != NULL;
}

void mr_team_deinit(struct mr_team_run *t)
{
    mr_view_hello(t, NULL);
    mr_player_run_destroy(t->player);
    mr_score_destroy(t->score);
    free(t->in);
}

mr_ns mr_team_begin(const struct mr_team_run *t)
{
    mr_ns at = 0;
    (void)mr_score_begun(t->score, &at);
    return at;
}

mr_ns mr_team_time(const struct mr_team_run *t)
{
    mr_ns begin = 0;
    return mr_score_begun(t->score, &begin) && t->site_time > begin ? t->site_time - begin : 0;
}

int64_t mr_team_direction_milli(const struct mr_team_run *t, uint32_t direction)
{
    return mr_score_direction_milli(t->score, direction) + t->corrections_milli[direction];
}

int64_t mr_team_total_milli(const struct mr_team_run *t)
{
    int64_t sum = mr_score_total_milli(t->score);
    for (uint32_t d = 0; d < MR_SCORE_DIRECTIONS; d++) {
        sum += t->corrections_milli[d];
    }
    return sum;
}

static void feed(struct mr_team_run *t, struct mr_feed *f, mr_ns site_time)
{
    struct mr_server *s = t->srv;
    mr_str_copy(f->team, sizeof f->team, t->plan->id);
    f->at = site_time - mr_team_begin(t);
    enum mr_err err = mr_store_put_feed(s->store, f);
    if (err == MR_OK) {
        mr_push_all(s, "feed", mr_json_feed(s, f));
    } else if (err != MR_E_EXISTS) {
        mr_server_disk(s, err);
    }
}

/* Called by the score, and for corrections. */
void mr_team_line(void *ctx, const struct mr_ledger_line *line)
{
    struct mr_team_run *t = ctx;
    struct mr_feed f = {0};
    mr_server_disk(t->srv, mr_store_put_line(t->srv->store, line));
    t->score_changed = true;
    mr_push_team(t, "ledger", mr_json_line(t, line));
    if (mr_feed_of_line(line, &f)) {
        feed(t, &f, line->at);
    }
}

void mr_team_correction(struct mr_team_run *t, const struct mr_ledger_line *line)
{
    for (uint32_t d = 0; d < t->srv->rules->ndirections; d++) {
        if (strcmp(t->srv->rules->directions[d].id, line->direction) == 0) {
            t->corrections_milli[d] += line->points_milli;
        }
    }
    mr_team_line(t, line);
}

static void see(struct mr_team_run *t, const struct mr_event *e)
{
    if (e->kind == MR_EV_ALARM) {
        mr_view_alarm(t, e);
    } else if (e->kind == MR_EV_ACTION && strcmp(e->subject, "acknowledge") == 0 && e->number == MR_OK) {
        mr_view_acknowledged(t, e->object);
    } else if (e->kind == MR_EV_DAMAGE && t->ndamages < MR_DAMAGES) {
        mr_str_copy(t->damages[t->ndamages++], sizeof t->damages[0], e->subject);
        t->plant_changed = true;
    } else if (e->kind == MR_EV_DENIED) {
        mr_push_team(t, "denial", mr_json_denial(t, e));
    } else if (e->kind == MR_EV_PAUSE) {
        t->paused = e->number != 0;
    }
}

void mr_team_event(struct mr_team_run *t, const struct mr_event *told)
{
    struct mr_event dated = *told;
    const struct mr_event *e = &dated;
    mr_event_date(&dated, &t->last_at);
    t->last_input = e->input;
    t->last_index = e->index;
    if (e->at > t->site_time) {
        t->site_time = e->at;
    }
    mr_server_disk(t->srv, mr_store_put_event(t->srv->store, t->plan->id, e, NULL));
    mr_score_feed(t->score, e);
    see(t, e);
    struct mr_feed f = {0};
    if (mr_news_changed(&t->news, t->srv->rules, e) && mr_score_begun(t->score, NULL) && !mr_score_closed(t->score) &&
        mr_feed_of_event(e, &f)) {
        feed(t, &f, e->at);
    }
    if (t->player) {
        mr_player_run_event(t->player, e);
    }
}

void mr_team_firewall_order(struct mr_team_run *t, const struct mr_command *order)
{
    char why[160], version[16] = "0";
    struct mr_fw_table table;
    (void)mr_command_arg(order, "version", version, sizeof version);
    for (uint32_t i = 0; i < order->nargs; i++) {
        if (mr_slice_is(order->args[i].name, "table") && mr_fw_parse(order->args[i].value, &table, why, sizeof why) == MR_OK) {
            t->firewall = table;
            t->firewall_version = (uint32_t)strtoul(version, NULL, 10);
        }
    }
}

void mr_team_reset(struct mr_team_run *t)
{
    mr_score_destroy(t->score);
    t->score = mr_score_create(t->srv->rules, t->plan->id, mr_team_line, t);
    MR_ASSERT(t->score != NULL);
    t->last_input = t->last_index = 0;
    t->last_at = 0;
    memset(t->corrections_milli, 0, sizeof t->corrections_milli);
    t->news = (struct mr_news){0};
    mr_view_clear(t);
    if (t->player) {
        mr_player_run_destroy(t->player);
        t->player = mr_player_run_create(t);
    }
}

void mr_team_close_round(struct mr_team_run *t)
{
    mr_score_close(t->score);
    t->score_changed = true;
}
