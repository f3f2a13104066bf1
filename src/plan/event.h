/* event.h - an event as its organiser wrote it: who plays, when, by which rules. Immutable; belongs to its mr_content. */
#ifndef MR_PLAN_EVENT_H
#define MR_PLAN_EVENT_H

#include "plan/scenario.h"

struct mr_weight {
    const char *direction; /* "monitoring" */
    double points;
};
struct mr_round {
    const char *id;
    struct mr_text title;
    const struct mr_scenario *scenario;
    mr_ns lasts;
    const struct mr_weight *weights; /* as written */
    size_t nweights;
    struct mr_score_rules score; /* the scenario's, lasting as long as the round and scaled to the weights */
};
/* Accounts that every event has beside those of its members; a team without members has one that is called as the team is. */
#define MR_ACCOUNT_ORGANISER "organiser"
#define MR_ACCOUNT_BOARD     "board"

struct mr_member {
    const char *account;
    struct mr_text title; /* for people */
    const char *post;     /* "monitoring", "response", ... */
};
struct mr_team {
    const char *id;
    struct mr_text name;
    const struct mr_player *player; /* of the first round's scenario; NULL: people */
    const struct mr_member *members;
    size_t nmembers;
};
struct mr_event_plan {
    const char *name;
    struct mr_text title;
    bool secret_seed; /* seeds derive from the event's secret and the team; otherwise from `seed` and the team */
    uint64_t seed;
    bool same_seed; /* one seed for all teams (rehearsals, load tests) */
    const struct mr_round *rounds;
    size_t nrounds;
    const struct mr_team *teams;
    size_t nteams;
};

#endif
