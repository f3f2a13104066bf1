/* state.h - what the event's process holds, shared by the files of this folder. One thread; password hashing alone runs on the
 * loop's thread pool. */
#ifndef MR_SERVER_STATE_H
#define MR_SERVER_STATE_H

#include "score/score.h"
#include "server/orders.h"
#include "server/priority.h"
#include "server/projection.h"
#include "server/secret.h"
#include "server/server.h"
#include "server/texts.h"
#include "site/hello.h"
#include "site/load.h"
#include "store/store.h"

#include <jansson.h>
#include <limits.h>
#include <uv.h>

#define MR_TREND_POINTS 3600 /* an hour at one a second */
#define MR_ALARMS       512  /* tags times levels that can stand at a time */
#define MR_DAMAGES      64   /* a process model has no more */
#define MR_PENDING      256  /* submissions of a team that wait for their ACK */
#define MR_PATH         512

struct mr_server;
struct mr_http;
struct mr_push;
struct mr_player_run;

/* A tag's values: the last one, and the last hour. */
struct mr_trace {
    double value;
    uint8_t quality; /* of the VIEW message */
    bool known;
    uint32_t n, first, cap;
    struct mr_trend_point {
        uint32_t ms; /* site time */
        float value;
    } * points;
};

struct mr_alarm_state {
    char tag[MR_EVENT_NAME];
    char level[16];
    mr_ns since;
    double value;
    bool acknowledged;
};

/* Answers a submission: err and, where it is MR_OK, the number of the input. */
typedef void mr_submitted_fn(void *ctx, enum mr_err err, uint64_t seq);
struct mr_pending {
    uint64_t request; /* 0: free */
    mr_submitted_fn *fn;
    void *ctx;
    uint64_t since_ms;
};

enum mr_site_state { MR_SITE_STARTING, MR_SITE_READY, MR_SITE_RECOVERING, MR_SITE_STOPPED };

struct mr_team_run {
    struct mr_server *srv;
    const struct mr_team *plan;
    uint32_t index;
    char dir[MR_PATH];

    /* its process, and the connection to it */
    enum mr_site_state state;
    uv_process_t process;
    bool child; /* `process` is ours, and alive */
    uv_pipe_t pipe;
    bool pipe_open, connected, closing;
    uv_connect_t connecting;
    uv_timer_t again;
    uint8_t *in;
    size_t nin, in_cap;
    uint32_t restarts, failures;
    uint64_t started_ms, connected_ms;
    char health[MR_STORE_HEALTH];
    pid_t wire, core; /* 0: none known */
    struct mr_priority priority;
    uint64_t next_request;
    struct mr_pending pending[MR_PENDING];

    /* what it has told */
    struct mr_hello *hello;
    uint64_t last_input;
    uint32_t last_index;
    mr_ns site_time;
    struct mr_score *score;
    int64_t corrections_milli[MR_SCORE_DIRECTIONS];
    struct mr_news news;
    struct mr_trace *traces; /* a view tag each */
    struct mr_alarm_state alarms[MR_ALARMS];
    uint32_t nalarms;
    char damages[MR_DAMAGES][MR_EVENT_NAME];
    uint32_t ndamages;
    struct mr_fw_table firewall;
    uint32_t firewall_version;
    struct mr_player_run *player;
    mr_ns last_at; /* site time of core's last event */
    bool catching_up, disk_full, paused;
    bool told; /* what happened before this server was there */
    bool score_changed, plant_changed, alarms_changed;
};

enum mr_run { MR_RUN_READY, MR_RUN_RUNNING, MR_RUN_PAUSED, MR_RUN_OVER };
const char *mr_run_name(enum mr_run r);

struct mr_server {
    const struct mr_server_options *opt;
    uv_loop_t *loop;
    struct mr_content *content;
    const struct mr_event_plan *plan;
    const struct mr_round *round;
    const struct mr_scenario *scenario;
    const struct mr_site *site;
    char content_root[MR_PATH];
    const struct mr_score_rules *rules; /* of the round */
    struct mr_texts *texts;
    struct mr_store *store;
    struct mr_orders *orders;
    struct mr_secret secret;
    bool disk_full; /* something could not be kept */
    bool equals;    /* this machine lets no process go before another */
    bool behind;    /* the store lacks something: feed again when there is room */
    enum mr_run run;
    struct mr_team_run *teams;
    uint32_t nteams;
    struct mr_http *http;
    struct mr_push *push;
    uv_timer_t tick;
    uv_signal_t sigint, sigterm;
    bool goes_on;          /* with an event that had begun before */
    uint64_t since_ms;     /* that it runs */
    uint64_t all_ready_ms; /* when all sites were ready; 0: not yet */
    uint64_t first_end_ms; /* when the first site reached the round's end; 0: not yet */
    uint64_t stop_ms;
    uint32_t ready;
    uint64_t ticks;
    bool stopping, stopped; /* sites are to stand still; to end */
};

struct mr_team_run *mr_server_team(struct mr_server *s, const char *id);
/* Whether answers hold what was confirmed before: a server that goes on with an event waits for its sites to tell, a moment at
 * most. */
bool mr_server_back(const struct mr_server *s);
/* Event time: since BEGIN; 0 before. That of the team furthest on. */
mr_ns mr_server_time(const struct mr_server *s);
/* start, pause, resume: recorded, then told to every site. MR_E_BUSY where the state does not allow it. */
enum mr_err mr_server_start(struct mr_server *s, const char *who);
enum mr_err mr_server_pause(struct mr_server *s, const char *who, const char *why);
enum mr_err mr_server_resume(struct mr_server *s, const char *who, const char *why);
enum mr_err mr_server_correct(struct mr_server *s, const char *who, const char *team, uint32_t direction, int64_t points_milli,
                              const char *reason, uint64_t *id);
void mr_server_disk(struct mr_server *s, enum mr_err err); /* notes what a write said */

/* team.c */
bool mr_team_init(struct mr_server *s, struct mr_team_run *t, const struct mr_team *plan, uint32_t index);
void mr_team_deinit(struct mr_team_run *t);
void mr_team_event(struct mr_team_run *t, const struct mr_event *told);
void mr_team_reset(struct mr_team_run *t); /* everything will be told again */
void mr_team_close_round(struct mr_team_run *t);
mr_ns mr_team_time(const struct mr_team_run *t); /* event time; 0 before BEGIN */
mr_ns mr_team_begin(const struct mr_team_run *t);
int64_t mr_team_total_milli(const struct mr_team_run *t);
int64_t mr_team_direction_milli(const struct mr_team_run *t, uint32_t direction);
void mr_team_correction(struct mr_team_run *t, const struct mr_ledger_line *line);
void mr_team_firewall_order(struct mr_team_run *t, const struct mr_command *order);
void mr_team_line(void *ctx, const struct mr_ledger_line *line);

/* view.c */
void mr_view_hello(struct mr_team_run *t, struct mr_hello *hello); /* takes it */
void mr_view_values(struct mr_team_run *t, struct mr_slice payload);
void mr_view_alarm(struct mr_team_run *t, const struct mr_event *e);
void mr_view_acknowledged(struct mr_team_run *t, const char *tag);
void mr_view_clear(struct mr_team_run *t);
json_t *mr_view_values_json(const struct mr_team_run *t);
json_t *mr_view_trend_json(const struct mr_team_run *t, const char *tags, double from_s, double to_s);
json_t *mr_view_alarms_json(const struct mr_team_run *t);
json_t *mr_view_plant_json(const struct mr_team_run *t);

/* link.c: a site's processes. */
void mr_link_start(struct mr_team_run *t);
void mr_link_stop(struct mr_team_run *t);
bool mr_link_gone(const struct mr_team_run *t); /* after stop: nothing of it is left */
enum mr_err mr_link_submit(struct mr_team_run *t, const struct mr_command *c, mr_submitted_fn *fn, void *ctx);
void mr_link_tell(struct mr_team_run *t, uint8_t kind, const char *who, const char *why); /* PAUSE, RESUME, BEGIN */
void mr_link_again(struct mr_team_run *t);                                                /* all events once more */
void mr_link_tick(struct mr_team_run *t, uint64_t now_ms);
bool mr_link_settled(const struct mr_team_run *t); /* it has told what there was to tell */

/* answers.c: JSON shapes of web/API.md. */
json_t *mr_json_number(double v); /* null where it is none */
json_t *mr_json_text(struct mr_text t);
json_t *mr_json_feed(const struct mr_server *s, const struct mr_feed *f);
json_t *mr_json_line(const struct mr_team_run *t, const struct mr_ledger_line *line);
json_t *mr_json_denial(const struct mr_team_run *t, const struct mr_event *e);
json_t *mr_json_score(const struct mr_team_run *t);
json_t *mr_json_event(const struct mr_server *s);
json_t *mr_json_round(const struct mr_server *s);
json_t *mr_json_history(const struct mr_server *s);

/* push.c: WebSockets. Each takes the object. */
void mr_push_all(struct mr_server *s, const char *kind, json_t *o);
void mr_push_team(struct mr_team_run *t, const char *kind, json_t *o);
bool mr_push_watched(const struct mr_team_run *t, const char *what);
bool mr_push_online(const struct mr_server *s, const char *account);

void mr_push_close(struct mr_server *s); /* after the port is closed */

/* player.c: simulated players. NULL where the team has people. */
struct mr_player_run *mr_player_run_create(struct mr_team_run *t);
void mr_player_run_destroy(struct mr_player_run *p);
void mr_player_run_event(struct mr_player_run *p, const struct mr_event *e);
void mr_player_run_value(struct mr_player_run *p, uint16_t tag, double value, mr_ns at);
void mr_player_run_tick(struct mr_player_run *p);

#endif
