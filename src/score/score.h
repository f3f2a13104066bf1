/* score.h - what a team's deeds are worth: a pure function of its site's events (sim/event.h) under an event's rules.
 *
 * Directions, sources and all their numbers are data: the site loader fills `struct mr_score_rules` from scenario.yaml's `score:`
 * and event.yaml's `weights:`. Events go in by mr_score_feed() in their order; ledger lines come out by callback. A total is the
 * plain sum of its lines, in thousandths of a point. What each source pays for is written in docs/scoring.md.
 *
 * Time in rules counts from the event BEGIN in site time. The same events give the same lines, however they were cut, and
 * whether the round's end came by an event or by mr_score_close(). */
#ifndef MR_SCORE_SCORE_H
#define MR_SCORE_SCORE_H

#include "sim/event.h"

#define MR_SCORE_DIRECTIONS 8
#define MR_SCORE_WATCHES    16
#define MR_SCORE_BANDS      16
#define MR_SCORE_DAMAGES    16
#define MR_SCORE_CHECKS     16
#define MR_SCORE_HARDENING  32
#define MR_SCORE_RESPONSES  16
#define MR_SCORE_STEPS      64 /* attacker steps of one round that are told apart */
#define MR_SCORE_TEXT       96

struct mr_score_direction {
    char id[MR_EVENT_NAME]; /* "availability" */
    char title_zh[MR_SCORE_TEXT], title_en[MR_SCORE_TEXT];
    int64_t weight_milli; /* what the direction is worth in this event; 0: what its sources add up to */
};

/* Points that flow in evenly while a state holds, between `from` and `until`. */
struct mr_score_flow {
    uint32_t direction;
    int64_t points_milli; /* over the whole time */
    mr_ns from, until;    /* until 0: the round's end */
};

/* The plant delivers: WATCH events with this id. Paid only as far as operator functions work (see mr_score_check). */
struct mr_score_watch {
    char id[MR_EVENT_NAME];
    struct mr_score_flow flow; /* points 0: watched for a response only */
};

/* The plant is safe: EXCESS events with this id. Flows in like a watch that is always in specification, less what excess
 * costs. */
struct mr_score_band {
    char id[MR_EVENT_NAME];
    struct mr_score_flow flow;
    int64_t excess_cost_milli; /* a unit of EXCESS, that is one span beyond the band for one second */
    int64_t cost_max_milli;    /* all of it together */
};

/* A damage of the process model, once each: DAMAGE events. */
struct mr_score_damage {
    char damage[MR_EVENT_NAME]; /* "" stands for every damage that has no entry of its own */
    uint32_t direction;
    int64_t cost_milli;
};

/* A legitimate function, checked through the HMI's path: CHECK events with this id. Taken to work until one says otherwise. */
struct mr_score_check {
    char id[MR_EVENT_NAME];
    bool gates;                /* availability, safety and response are paid only as far as it works */
    struct mr_score_flow flow; /* points for the function itself; may be 0 */
};

/* Findings against the ground truth: FINDING against STEP_BEGIN .. STEP_END. */
struct mr_score_monitoring {
    uint32_t direction;
    int64_t each_milli;  /* for a step that is found at once and in full */
    int64_t max_milli;   /* for all steps together */
    int64_t wrong_milli; /* for a finding that fits no step; negative */
    mr_ns half_life;     /* from the step's beginning; 0: no decay */
    mr_ns early, late;   /* how far the claimed time may lie before the step's beginning and after its end */
    /* What a right answer in each tier gives, in thousandths; together 1000. */
    uint32_t technique, asset, actor, time;
    uint32_t enough; /* below this sum a finding fits no step */
};

/* The adversary tries again: RETRY events with this id. Holds only while `keeps` works. */
struct mr_score_hardening {
    char id[MR_EVENT_NAME];
    char keeps[MR_EVENT_NAME]; /* id of a check, or "" */
    uint32_t direction;
    int64_t points_milli;
    char iec62443[32], gbt22239[32]; /* clauses, "SR 5.2", "8.1.3.2" */
};

enum mr_score_response_kind { MR_SCORE_DETECT, MR_SCORE_CONTAIN, MR_SCORE_RECOVER };
struct mr_score_response {
    char id[MR_EVENT_NAME];
    enum mr_score_response_kind kind;
    char step[MR_EVENT_NAME];  /* the step that is detected, contained, recovered from */
    char watch[MR_EVENT_NAME]; /* recover: id of the watch that must be in specification again */
    mr_ns full, zero;          /* all points up to `full`, none from `zero` on, a straight line between */
    mr_ns hold;                /* how long it must last before it counts */
    uint32_t direction;
    int64_t points_milli;
};

struct mr_score_rules {
    mr_ns lasts; /* of the round */
    mr_ns every; /* flows are written to the ledger this often; 0: a minute */
    struct mr_score_direction directions[MR_SCORE_DIRECTIONS];
    uint32_t ndirections;
    struct mr_score_watch watches[MR_SCORE_WATCHES];
    uint32_t nwatches;
    struct mr_score_band bands[MR_SCORE_BANDS];
    uint32_t nbands;
    struct mr_score_damage damages[MR_SCORE_DAMAGES];
    uint32_t ndamages;
    struct mr_score_check checks[MR_SCORE_CHECKS];
    uint32_t nchecks;
    struct mr_score_monitoring monitoring; /* each_milli 0: none */
    struct mr_score_hardening hardening[MR_SCORE_HARDENING];
    uint32_t nhardening;
    struct mr_score_response responses[MR_SCORE_RESPONSES];
    uint32_t nresponses;
    /* Watches give no points of their own; at the close of the round all others are multiplied by A, the share of their time
     * in specification (by their points as weights). */
    bool availability_multiplies;
    uint32_t availability_direction; /* where that line goes */
};

/* Sensible numbers where a file leaves them out: tiers 400, 300, 150, 150 with 500 enough, early and late 60 s, half-life 10
 * minutes, hold 30 s. Call it on a zeroed struct before filling. */
void mr_score_rules_defaults(struct mr_score_rules *r);
/* The index of a direction; adds it where it is new. MR_SCORE_DIRECTIONS where there is no room. */
uint32_t mr_score_rules_direction(struct mr_score_rules *r, const char *id);
/* What all sources of a direction can give together. */
int64_t mr_score_rules_worth(const struct mr_score_rules *r, uint32_t direction);
/* Scales every source and cost so that each direction that has a weight is worth that much. Once, after filling. */
void mr_score_rules_scale(struct mr_score_rules *r);
/* Finds what does not fit together: names of checks, watches, directions, times. MR_OK, or MR_E_INVALID with a text in `why`. */
enum mr_err mr_score_rules_check(const struct mr_score_rules *r, char *why, size_t cap);

/* One line of the ledger. `reason` is a key of content/texts/ledger.json, `args` are its words. */
#define MR_LEDGER_ARGS 4
struct mr_ledger_line {
    uint64_t id; /* from 1, in each team's order */
    char team[MR_EVENT_NAME];
    uint64_t input; /* identity of the event that caused it */
    uint32_t index;
    mr_ns at; /* site time */
    char direction[MR_EVENT_NAME];
    char source[MR_EVENT_NAME]; /* "watch:supply", "finding", "hardening:plc2-writes" */
    int64_t points_milli;
    char member[MR_EVENT_NAME]; /* "" where nobody's in particular */
    char post[MR_EVENT_NAME];
    char reason[MR_EVENT_NAME];
    uint32_t nargs;
    char args[MR_LEDGER_ARGS][MR_EVENT_NAME];
};

/* Called within feed and close; the line is valid during the call. */
typedef void mr_ledger_fn(void *ctx, const struct mr_ledger_line *line);

/* A team's score. `rules` must outlive it. NULL where memory is short. */
struct mr_score;
struct mr_score *mr_score_create(const struct mr_score_rules *rules, const char *team, mr_ledger_fn *fn, void *ctx);
void mr_score_destroy(struct mr_score *s);
/* Events of the site in their order. Those before BEGIN pay nothing, those after the round's end are ignored. */
void mr_score_feed(struct mr_score *s, const struct mr_event *e);
/* The round is over at BEGIN + lasts: flows up to there, responses, the multiplier. Further calls do nothing. */
void mr_score_close(struct mr_score *s);

bool mr_score_begun(const struct mr_score *s, mr_ns *at);
bool mr_score_closed(const struct mr_score *s);
int64_t mr_score_total_milli(const struct mr_score *s);
int64_t mr_score_direction_milli(const struct mr_score *s, uint32_t direction);

#endif
