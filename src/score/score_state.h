/* score_state.h - what a score remembers, shared by the files of this folder. */
#ifndef MR_SCORE_SCORE_STATE_H
#define MR_SCORE_SCORE_STATE_H

#include "score/score.h"

/* Time is kept in whole milliseconds, so that its products with points fit 63 bits. */
struct flow_state {
    int64_t earned; /* milliseconds times working gates */
    int64_t lost;   /* the same, not earned */
    int64_t paid_milli;
};

struct watch_state {
    struct flow_state flow;
    bool in; /* in specification */
    mr_ns in_since;
};

struct band_state {
    struct flow_state flow;
    double excess;
    int64_t cost_milli;
};

struct check_state {
    struct flow_state flow;
    bool works;
};

struct hardening_state {
    bool holds; /* the last attempt failed */
    bool paid;
};

struct step_state {
    char id[MR_EVENT_NAME];
    char technique[16];
    char targets[MR_EVENT_DETAIL]; /* names with a blank before each; "": none in particular */
    uint32_t actor;
    mr_ns begin, end; /* end counts where `ended` */
    mr_ns hit;        /* its first effect, or else its beginning */
    mr_ns quiet_since;
    mr_ns found_at;
    uint32_t effects; /* in force */
    bool ended, quiet, was_hit, found;
    int64_t paid_milli;
};

struct mr_score {
    const struct mr_score_rules *rules;
    char team[MR_EVENT_NAME];
    mr_ledger_fn *fn;
    void *ctx;
    uint64_t lines;
    int64_t by_direction[MR_SCORE_DIRECTIONS];
    bool begun, closed;
    mr_ns begin, end;     /* of the round, site time */
    mr_ns now, boundary;  /* flows are earned up to `now`, and written at `boundary` next */
    struct mr_event last; /* the one that lines are due to */
    uint32_t gates, gates_open;
    mr_ns gates_since; /* all of them work since then; where gates_open == gates */
    mr_ns first_right; /* first correct finding, where `any_right` */
    bool any_right;
    int64_t monitoring_milli;
    uint64_t damaged; /* bit i: damages[i] was paid; entry "" may be paid more than once */
    struct watch_state watches[MR_SCORE_WATCHES];
    struct band_state bands[MR_SCORE_BANDS];
    struct check_state checks[MR_SCORE_CHECKS];
    struct hardening_state hardening[MR_SCORE_HARDENING];
    bool responded[MR_SCORE_RESPONSES];
    uint32_t nsteps;
    struct step_state steps[MR_SCORE_STEPS];
};

/* score.c: a line of the ledger, due to the event at hand. `member` false: nobody's in particular. */
struct line {
    uint32_t direction;
    const char *kind, *id; /* source is "kind:id", or kind alone where id is "" */
    int64_t points_milli;
    const char *reason;
    const char *args[MR_LEDGER_ARGS]; /* up to the first NULL */
    bool member;
    mr_ns at;
};
void mr_score_line(struct mr_score *s, const struct line *l);

/* score_match.c: the attacker's steps and what was found of them. */
void mr_score_step_begin(struct mr_score *s, const struct mr_event *e);
void mr_score_step_end(struct mr_score *s, const struct mr_event *e);
void mr_score_effect(struct mr_score *s, const struct mr_event *e);
void mr_score_finding(struct mr_score *s, const struct mr_event *e);
struct step_state *mr_score_step(struct mr_score *s, const char *id); /* NULL where it has not begun */

/* score_response.c: hardening and response, settled after each event; at the close also what never came to pass. */
void mr_score_retry(struct mr_score *s, const struct mr_event *e);
void mr_score_settle(struct mr_score *s, mr_ns now, bool closing);

/* score_flow.c: points that flow in while states hold. */
void mr_score_advance(struct mr_score *s, mr_ns to);
void mr_score_pay_flows(struct mr_score *s);
void mr_score_pardon(struct mr_score *s, double seconds);
void mr_score_multiply(struct mr_score *s);

#endif
