/* answers.c - the JSON shapes of web/API.md that both answers and pushes use. */
#include "server/state.h"

#include <stdio.h>
#include <stdlib.h>

json_t *mr_json_text(struct mr_text t)
{
    return mr_text_pair(t.zh, t.en);
}

static json_t *name_or_null(const char *s)
{
    return s[0] ? json_string(s) : json_null();
}

json_t *mr_json_feed(const struct mr_server *s, const struct mr_feed *f)
{
    const char *args[MR_FEED_ARGS] = {f->args[0], f->args[1], f->args[2]};
    return json_pack("{s:I, s:f, s:o, s:s, s:s, s:o}", "id", (json_int_t)f->id, "time_s", (double)f->at / 1e9, "team",
                     name_or_null(f->team), "kind", f->kind, "severity", f->severity, "text",
                     mr_text_happened(s->texts, s->scenario, MR_TEXTS_FEED, f->kind, args, MR_FEED_ARGS));
}

json_t *mr_json_line(const struct mr_team_run *t, const struct mr_ledger_line *l)
{
    const char *args[MR_LEDGER_ARGS] = {l->args[0], l->args[1], l->args[2], l->args[3]};
    json_t *text = mr_text_happened(t->srv->texts, t->srv->scenario, MR_TEXTS_LEDGER, l->reason, args, l->nargs);
    return json_pack("{s:I, s:f, s:s, s:s, s:I, s:o, s:o, s:o, s:{s:I, s:I}}", "id", (json_int_t)l->id, "time_s",
                     (double)(l->at - mr_team_begin(t)) / 1e9, "direction", l->direction, "source", l->source, "points_milli",
                     (json_int_t)l->points_milli, "text", text, "member", name_or_null(l->member), "post", name_or_null(l->post),
                     "event", "input", (json_int_t)l->input, "index", (json_int_t)l->index);
}

/* Object: "10.20.0.66"; detail: "10.10.0.11:502"; or, where a device refused, its own words. */
json_t *mr_json_denial(const struct mr_team_run *t, const struct mr_event *e)
{
    char to[MR_EVENT_DETAIL];
    mr_str_copy(to, sizeof to, e->detail);
    char *colon = strrchr(to, ':');
    long port = 0;
    if (colon) {
        *colon = '\0';
        port = strtol(colon + 1, NULL, 10);
    }
    const char *proto = e->number == MR_FW_TCP ? "tcp" : (e->number == MR_FW_UDP ? "udp" : "icmp");
    return json_pack("{s:f, s:s, s:s, s:s, s:i, s:o, s:i}", "time_s", (double)(e->at - mr_team_begin(t)) / 1e9, "from", e->object,
                     "to", to, "proto", proto, "port", (int)port, "rule", name_or_null(e->subject), "count", (int)e->value);
}

static json_t *by_direction(const struct mr_team_run *t)
{
    json_t *o = json_object();
    for (uint32_t d = 0; d < t->srv->rules->ndirections; d++) {
        json_object_set_new(o, t->srv->rules->directions[d].id, json_real((double)mr_team_direction_milli(t, d) / 1000.0));
    }
    return o;
}

json_t *mr_json_score(const struct mr_team_run *t)
{
    return json_pack("{s:s, s:f, s:o}", "team", t->plan->id, "total", (double)mr_team_total_milli(t) / 1000.0, "by_direction",
                     by_direction(t));
}

json_t *mr_json_round(const struct mr_server *s)
{
    return json_pack("{s:s, s:o, s:f, s:f}", "id", s->round->id, "title", mr_json_text(s->round->title), "from_s", 0.0, "to_s",
                     (double)s->rules->lasts / 1e9);
}

static json_t *directions(const struct mr_server *s)
{
    json_t *out = json_array();
    for (uint32_t d = 0; d < s->rules->ndirections; d++) {
        const struct mr_score_direction *dir = &s->rules->directions[d];
        if (mr_score_rules_worth(s->rules, d) == 0) {
            continue; /* named in a scenario, but nothing is to be had in it here */
        }
        json_t *title = dir->title_en[0] ? mr_text_pair(dir->title_zh, dir->title_en)
                                         : mr_text_json(s->texts, MR_TEXTS_DIRECTIONS, dir->id, NULL, 0);
        json_array_append_new(out, json_pack("{s:s, s:o, s:f}", "id", dir->id, "title", title, "weight",
                                             (double)mr_score_rules_worth(s->rules, d) / 1000.0));
    }
    return out;
}

static bool disk_full(const struct mr_server *s)
{
    bool full = s->disk_full;
    for (uint32_t i = 0; i < s->nteams; i++) {
        full = full || s->teams[i].disk_full;
    }
    return full;
}

json_t *mr_json_event(const struct mr_server *s)
{
    json_t *teams = json_array();
    for (uint32_t i = 0; i < s->nteams; i++) {
        const struct mr_team_run *t = &s->teams[i];
        json_array_append_new(teams, json_pack("{s:s, s:o, s:f, s:o, s:o}", "id", t->plan->id, "name",
                                               mr_json_text(t->plan->name), "total", (double)mr_team_total_milli(t) / 1000.0,
                                               "by_direction", by_direction(t), "plant", mr_view_plant_json(t)));
    }
    return json_pack("{s:s, s:o, s:s, s:f, s:o, s:o, s:o, s:s}", "id", s->plan->name, "title", mr_json_text(s->plan->title),
                     "state", mr_run_name(s->run), "time_s", (double)mr_server_time(s) / 1e9, "round", mr_json_round(s),
                     "directions", directions(s), "teams", teams, "disk", disk_full(s) ? "full" : "ok");
}

/* --- the totals' curves --- */

#define HISTORY_POINTS 360

struct history {
    const struct mr_team_run *team;
    mr_ns step;
    uint32_t n;
    int64_t milli[HISTORY_POINTS + 1];
};

static void into_history(void *ctx, const struct mr_ledger_line *l)
{
    struct history *h = ctx;
    mr_ns at = l->at - mr_team_begin(h->team);
    mr_ns i = at <= 0 ? 0 : (at + h->step - 1) / h->step;
    h->milli[i < HISTORY_POINTS ? i : HISTORY_POINTS] += l->points_milli;
}

json_t *mr_json_history(const struct mr_server *s)
{
    json_t *teams = json_object();
    mr_ns step = s->rules->lasts / HISTORY_POINTS / MR_S * MR_S;
    step = step < 10 * MR_S ? 10 * MR_S : step;
    mr_ns points = mr_server_time(s) / step + 1;
    for (uint32_t i = 0; i < s->nteams; i++) {
        struct history h = {
            .team = &s->teams[i], .step = step, .n = (uint32_t)(points < HISTORY_POINTS ? points : HISTORY_POINTS)};
        json_t *totals = json_array();
        int64_t sum = 0;
        (void)mr_store_ledger(s->store, s->teams[i].plan->id, into_history, &h);
        for (uint32_t k = 0; k < h.n; k++) {
            sum += h.milli[k];
            json_array_append_new(totals, json_real((double)sum / 1000.0));
        }
        json_object_set_new(teams, s->teams[i].plan->id, totals);
    }
    return json_pack("{s:f, s:o}", "step_s", (double)step / 1e9, "teams", teams);
}
