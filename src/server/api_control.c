/* api_control.c - the organiser: every team's processes, start, pause, resume, corrections, accounts. */
#include "server/http.h"

#include "base/maths.h"

#include <math.h>

#define LOG_LINES   100
#define REASON_MAX  180 /* bytes: what the words of a ledger line hold */
#define CORRECT_MAX 1000.0

static const char *site_state(const struct mr_team_run *t)
{
    static const char *const names[] = {"starting", "ready", "recovering", "stopped"};
    return names[t->state];
}

static json_t *process_json(int pid, const char *state, json_t *rss, uint32_t restarts)
{
    return json_pack("{s:i, s:s, s:I, s:i}", "pid", pid, "state", state, "rss_bytes", json_integer_value(rss), "restarts",
                     (int)restarts);
}

/* wire counts its deadlines: the time core asked for, against the time it got it (wire/lateness.h). */
static json_t *scan_json(const struct mr_team_run *t, json_t *health)
{
    mr_ns period = t->srv->site->step;
    return json_pack("{s:f, s:I, s:I, s:I, s:I}", "period_ms", (double)period / 1e6, "p50_us",
                     json_integer_value(json_object_get(health, "p50_us")), "p999_us",
                     json_integer_value(json_object_get(health, "p999_us")), "late",
                     json_integer_value(json_object_get(health, "scans_late_10pct")), "total",
                     json_integer_value(json_object_get(health, "scans")));
}

static json_t *team_json(const struct mr_team_run *t)
{
    json_t *health = json_loads(t->health, 0, NULL);
    const char *state = site_state(t);
    uint32_t core = (uint32_t)json_integer_value(json_object_get(health, "restarts"));
    json_t *o = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o}", "id", t->plan->id, "name", mr_json_text(t->plan->name), "plant", mr_view_plant_json(t),
        "wire", process_json(t->child ? t->process.pid : 0, state, json_object_get(health, "rss_wire"), t->restarts), "core",
        process_json((int)json_integer_value(json_object_get(health, "pid_core")), state, json_object_get(health, "rss_core"),
                     core),
        "scan", scan_json(t, health));
    json_decref(health);
    return o;
}

struct log_list {
    const struct mr_server *srv;
    json_t *list;
};

static void into_log(void *ctx, const struct mr_feed *f)
{
    struct log_list *l = ctx;
    json_array_append_new(l->list, mr_json_feed(l->srv, f));
}

void mr_api_status(struct mr_request *r)
{
    struct mr_server *s = r->srv;
    struct log_list log = {.srv = s, .list = json_array()};
    json_t *teams = json_array();
    (void)mr_store_feed(s->store, -1, LOG_LINES, into_log, &log);
    for (uint32_t i = 0; i < s->nteams; i++) {
        json_array_append_new(teams, team_json(&s->teams[i]));
    }
    mr_answer(r, 200,
              json_pack("{s:s, s:f, s:s, s:o, s:o}", "state", mr_run_name(s->run), "time_s", (double)mr_server_time(s) / 1e9,
                        "disk", s->disk_full ? "full" : "ok", "teams", teams, "log", log.list));
}

static void ran(struct mr_request *r, enum mr_err err)
{
    if (err != MR_OK) {
        mr_answer_err(r, err);
        return;
    }
    mr_answer(r, 200, json_pack("{s:b, s:s}", "ok", 1, "state", mr_run_name(r->srv->run)));
}

void mr_api_start(struct mr_request *r)
{
    ran(r, mr_server_start(r->srv, r->who.account.account));
}

void mr_api_pause(struct mr_request *r)
{
    ran(r, mr_server_pause(r->srv, r->who.account.account, "organiser"));
}

void mr_api_resume(struct mr_request *r)
{
    ran(r, mr_server_resume(r->srv, r->who.account.account, "organiser"));
}

void mr_api_correction(struct mr_request *r)
{
    static const char *const names[] = {"team", "direction", "points", "reason", NULL};
    json_t *o = mr_request_json(r, names);
    if (!o) {
        return;
    }
    const char *team = json_string_value(json_object_get(o, "team"));
    const char *direction = json_string_value(json_object_get(o, "direction"));
    const char *reason = json_string_value(json_object_get(o, "reason"));
    json_t *points = json_object_get(o, "points");
    const struct mr_score_rules *rules = r->srv->rules;
    uint32_t d = 0;
    while (direction && d < rules->ndirections && strcmp(rules->directions[d].id, direction) != 0) {
        d++;
    }
    uint64_t id = 0;
    bool fits = team && mr_server_team(r->srv, team) && direction && d < rules->ndirections && reason && reason[0] &&
                strlen(reason) <= REASON_MAX && !strpbrk(reason, "\r\n") && json_is_number(points) &&
                fabs(json_number_value(points)) <= CORRECT_MAX;
    if (!fits) {
        mr_answer_error(r, 400, "E_CORRECTION");
    } else {
        enum mr_err err = mr_server_correct(r->srv, r->who.account.account, team, d,
                                            (int64_t)mr_round(json_number_value(points) * 1000.0), reason, &id);
        if (err == MR_OK) {
            mr_answer(r, 200, json_pack("{s:b, s:I}", "ok", 1, "id", (json_int_t)id));
        } else {
            mr_answer_err(r, err);
        }
    }
    json_decref(o);
}

struct account_list {
    struct mr_server *srv;
    json_t *list;
};

static void into_accounts(void *ctx, const struct mr_account *a)
{
    struct account_list *l = ctx;
    json_t *o = mr_account_json(a);
    json_object_set_new(o, "online", json_boolean(mr_push_online(l->srv, a->account)));
    json_array_append_new(l->list, o);
}

void mr_api_accounts(struct mr_request *r)
{
    struct account_list l = {.srv = r->srv, .list = json_array()};
    (void)mr_store_accounts(r->srv->store, into_accounts, &l);
    mr_answer(r, 200, l.list);
}
