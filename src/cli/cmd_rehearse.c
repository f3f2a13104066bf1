/* cmd_rehearse.c - millrace rehearse: is a scenario solvable, is it fair, does it keep what its author promised? */
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/content.h"
#include "site/rehearsal.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct rehearse {
    const char *path, *player;
    uint64_t seeds, first;
    bool json, events, ledger;
    json_t *all;
    bool broken; /* a promise */
};

static void on_event(void *ctx, const struct mr_event *e)
{
    const struct rehearse *r = ctx;
    char t[32];
    if (r->events) {
        (void)printf("  %-10s %-10s %s %s %s %lld %.6g\n", mr_duration_format(e->at, t, sizeof t), mr_event_name(e->kind),
                     e->subject, e->object, e->detail, (long long)e->number, e->value);
    }
}

static void on_line(void *ctx, const struct mr_ledger_line *l)
{
    const struct rehearse *r = ctx;
    char t[32];
    if (r->ledger) {
        (void)printf("  %-10s %+8.3f %-14s %s %s %s\n", mr_duration_format(l->at, t, sizeof t), (double)l->points_milli / 1000,
                     l->direction, l->source, l->reason, l->nargs > 0 ? l->args[0] : "");
    }
}

static void add_json(struct rehearse *r, const char *player, uint64_t seed, const struct mr_rehearsal *out)
{
    json_t *sources = json_object();
    for (uint32_t i = 0; i < out->nsources; i++) {
        (void)json_object_set_new(sources, out->sources[i].source, json_real((double)out->sources[i].points_milli / 1000));
    }
    json_t *o = json_pack("{s:s, s:I, s:f, s:o}", "player", player, "seed", (json_int_t)seed, "total",
                          (double)out->total_milli / 1000, "by_source", sources);
    (void)json_array_append_new(r->all, o);
}

static const char *judge(struct rehearse *r, const struct mr_scenario *s, const char *player, double total, char *buf, size_t cap)
{
    for (size_t i = 0; i < s->npromises; i++) {
        const struct mr_promise *p = &s->promises[i];
        if (strcmp(p->player, player) == 0) {
            bool kept = total >= p->lo && total <= p->hi;
            r->broken = r->broken || !kept;
            (void)snprintf(buf, cap, "%s (promised %.3g..%.3g)", kept ? "kept" : "BROKEN", p->lo, p->hi);
            return buf;
        }
    }
    return "";
}

static bool rehearse_one(struct rehearse *r, const struct mr_scenario *s, const struct mr_player *p,
                         const struct mr_score_rules *rules, uint64_t seed)
{
    struct mr_rehearsal out;
    char why[256];
    if (!r->json && (r->events || r->ledger)) {
        (void)printf("%s, seed %llu:\n", p->name, (unsigned long long)seed);
    }
    if (mr_rehearse(s, p, rules, seed, on_event, on_line, r, &out, why, sizeof why) != MR_OK) {
        (void)fprintf(stderr, "millrace rehearse: %s\n", why);
        return false;
    }
    double total = (double)out.total_milli / 1000;
    char verdict[96];
    const char *promise = judge(r, s, p->name, total, verdict, sizeof verdict);
    if (r->json) {
        add_json(r, p->name, seed, &out);
        return true;
    }
    (void)printf("%-12s seed %-4llu %8.3f  %s\n", p->name, (unsigned long long)seed, total, promise);
    for (uint32_t i = 0; i < out.nsources; i++) {
        (void)printf("    %-32s %8.3f\n", out.sources[i].source, (double)out.sources[i].points_milli / 1000);
    }
    return true;
}

static bool rehearse_all(struct rehearse *r, const struct mr_scenario *s)
{
    struct mr_score_rules rules = s->score;
    mr_score_rules_scale(&rules);
    for (size_t i = 0; i < s->nplayers; i++) {
        if (r->player && strcmp(r->player, s->players[i].name) != 0) {
            continue;
        }
        for (uint64_t seed = r->first; seed < r->first + r->seeds; seed++) {
            if (!rehearse_one(r, s, &s->players[i], &rules, seed)) {
                return false;
            }
        }
    }
    return true;
}

static bool has_player(const struct mr_scenario *s, const char *name)
{
    for (size_t i = 0; i < s->nplayers; i++) {
        if (strcmp(s->players[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

int mr_cmd_rehearse(int argc, char **argv)
{
    size_t n;
    struct rehearse r = {.seeds = 1, .first = 1};
    const struct mr_arg args[] = {
        {"--seeds", MR_ARG_NUMBER, &r.seeds, "K", "with K seeds (1)"},
        {"--first", MR_ARG_NUMBER, &r.first, "N", "beginning with seed N (1)"},
        {"--player", MR_ARG_TEXT, &r.player, "NAME", "only this player"},
        {"--json", MR_ARG_FLAG, &r.json, NULL, "an array of {player, seed, total, by_source}"},
        {"--events", MR_ARG_FLAG, &r.events, NULL, "print what happens"},
        {"--ledger", MR_ARG_FLAG, &r.ledger, NULL, "print every line of the ledger"},
    };
    const struct mr_usage usage = {"rehearse", "SCENARIO",
                                   "Plays a scenario in simulation with each of its simulated players: idle, reference, vandal.\n"
                                   "Exit status 1 where a promise of its author is not kept.",
                                   args, sizeof args / sizeof args[0]};
    int status = mr_args_parse(&usage, argc, argv, &r.path, 1, &n);
    if (status >= 0) {
        return status;
    }
    if (n != 1) {
        return mr_args_wrong(&usage, "a scenario is wanted");
    }
    if (r.seeds == 0 || r.first > UINT64_MAX - r.seeds) {
        return mr_args_wrong(&usage, r.seeds == 0 ? "--seeds wants at least 1" : "--first is too large for so many seeds");
    }
    if (r.json) {
        r.events = false;
        r.ledger = false;
    }
    struct mr_content *c = mr_cli_load(r.path, NULL);
    if (!c || !c->scenario) {
        if (c) {
            (void)fprintf(stderr, "millrace rehearse: %s is a site, not a scenario\n", r.path);
        }
        mr_content_free(c);
        return 1;
    }
    if (r.player && !has_player(c->scenario, r.player)) {
        status = mr_args_wrong(&usage, "the scenario has no player '%s'", r.player);
        mr_content_free(c);
        return status;
    }
    r.all = json_array();
    bool good = rehearse_all(&r, c->scenario);
    if (good && r.json) {
        (void)json_dumpf(r.all, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
        (void)printf("\n");
    }
    json_decref(r.all);
    mr_content_free(c);
    return good && !r.broken ? 0 : 1;
}
