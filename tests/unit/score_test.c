/* score: every expected number is worked by hand in the comment beside it, from docs/scoring.md. */
#include "score/score.h"
#include "support/test.h"

#define LINES 256

struct ledger {
    size_t n;
    struct mr_ledger_line lines[LINES];
};

static void keep(void *ctx, const struct mr_ledger_line *line)
{
    struct ledger *l = ctx;
    assert_true(l->n < LINES);
    l->lines[l->n++] = *line;
}

/* Availability 40 from 4:00 to 14:00, safety 10, monitoring 5 each up to 20, hardening 10, contain 10, recover 10: 100. */
static void rules(struct mr_score_rules *r)
{
    memset(r, 0, sizeof *r);
    mr_score_rules_defaults(r);
    r->lasts = 15 * MR_MIN;
    uint32_t availability = mr_score_rules_direction(r, "availability");
    uint32_t safety = mr_score_rules_direction(r, "safety");
    uint32_t monitoring = mr_score_rules_direction(r, "monitoring");
    uint32_t hardening = mr_score_rules_direction(r, "hardening");
    uint32_t response = mr_score_rules_direction(r, "response");
    r->watches[0] = (struct mr_score_watch){
        "supply", {.direction = availability, .points_milli = 40000, .from = 4 * MR_MIN, .until = 14 * MR_MIN}};
    r->watches[1] = (struct mr_score_watch){"level", {.direction = availability}};
    r->nwatches = 2;
    r->bands[0] = (struct mr_score_band){
        "ph", {.direction = safety, .points_milli = 10000}, .excess_cost_milli = 200, .cost_max_milli = 8000};
    r->nbands = 1;
    r->damages[0] = (struct mr_score_damage){"P101.seized", safety, 3000};
    r->ndamages = 1;
    r->checks[0] = (struct mr_score_check){"operate", true, {.direction = availability}};
    r->nchecks = 1;
    r->monitoring.direction = monitoring;
    r->monitoring.each_milli = 5000;
    r->monitoring.max_milli = 20000;
    r->monitoring.wrong_milli = -2000;
    r->hardening[0] = (struct mr_score_hardening){"writes", "operate", hardening, 10000, "SR 5.2", "8.1.3.2"};
    r->nhardening = 1;
    r->responses[0] =
        (struct mr_score_response){"stop", MR_SCORE_CONTAIN, "pump", "", 2 * MR_MIN, 6 * MR_MIN, 30 * MR_S, response, 10000};
    r->responses[1] =
        (struct mr_score_response){"refill", MR_SCORE_RECOVER, "pump", "level", MR_MIN, 5 * MR_MIN, 30 * MR_S, response, 20000};
    r->nresponses = 2;
    char why[160];
    assert_int_equal(mr_score_rules_check(r, why, sizeof why), MR_OK);
}

struct play {
    struct mr_score_rules rules;
    struct ledger ledger;
    struct mr_score *score;
    uint64_t input;
};

#define T0 (100 * MR_S) /* BEGIN in site time */

static void put(struct play *p, enum mr_event_kind kind, double at_s, const char *subject, const char *object, const char *detail,
                int64_t number, double value)
{
    struct mr_event e = {.kind = kind, .input = ++p->input, .at = T0 + (mr_ns)(at_s * 1e9), .number = number, .value = value};
    mr_str_copy(e.subject, sizeof e.subject, subject);
    mr_str_copy(e.object, sizeof e.object, object);
    mr_str_copy(e.detail, sizeof e.detail, detail);
    if (kind == MR_EV_FINDING) {
        mr_str_copy(e.member, sizeof e.member, "captain1");
        mr_str_copy(e.post, sizeof e.post, "monitoring");
    }
    mr_score_feed(p->score, &e);
}

static void find(struct play *p, double at_s, const char *technique, const char *asset, const char *actor, double from_s)
{
    put(p, MR_EV_FINDING, at_s, technique, asset, actor, T0 + (mr_ns)(from_s * 1e9), (double)T0 + from_s * 1e9);
}

static void start(struct play *p)
{
    memset(p, 0, sizeof *p);
    rules(&p->rules);
    p->score = mr_score_create(&p->rules, "t1", keep, &p->ledger);
    assert_non_null(p->score);
    put(p, MR_EV_BEGIN, 0, "first-night", "", "", 0, 0);
}

static int64_t of(const struct play *p, uint32_t direction)
{
    return mr_score_direction_milli(p->score, direction);
}

static void finish(struct play *p)
{
    mr_score_close(p->score);
    assert_true(mr_score_closed(p->score));
    int64_t sum = 0;
    for (size_t i = 0; i < p->ledger.n; i++) {
        sum += p->ledger.lines[i].points_milli;
        assert_int_equal(p->ledger.lines[i].id, i + 1);
    }
    assert_int_equal(sum, mr_score_total_milli(p->score)); /* a plain sum of its lines */
    mr_score_destroy(p->score);
}

static void supply_pays_by_time_in_specification(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    put(&p, MR_EV_WATCH, 360, "supply", "FIT601", "", 0, 0); /* out from 6:00 to 9:00: 3 of the 10 minutes */
    put(&p, MR_EV_WATCH, 540, "supply", "FIT601", "", 1, 0);
    mr_score_close(p.score);
    assert_int_equal(of(&p, 0), 28000); /* 40 * 7/10 */
    assert_int_equal(of(&p, 1), 10000); /* the band was never left */
    finish(&p);
}

static void nothing_is_paid_while_operators_cannot_work(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    put(&p, MR_EV_CHECK, 300, "operate", "hmi1", "no feedback", 0, 10); /* from 5:00 on: a vandal */
    mr_score_close(p.score);
    assert_int_equal(of(&p, 0), 4000); /* one of ten minutes */
    assert_int_equal(of(&p, 1), 3333); /* five of fifteen, cut to a thousandth */
    finish(&p);
}

static void excess_and_damage_cost(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    put(&p, MR_EV_EXCESS, 100, "ph", "AIT202", "", 0, 10.5);
    put(&p, MR_EV_DAMAGE, 110, "P101.seized", "", "", 0, 0);
    put(&p, MR_EV_DAMAGE, 111, "P101.seized", "", "", 0, 0);   /* the same damage is one damage */
    put(&p, MR_EV_DAMAGE, 112, "T101.overflow", "", "", 0, 0); /* no entry, no cost */
    mr_score_close(p.score);
    assert_int_equal(of(&p, 1), 10000 - 2100 - 3000); /* 10.5 * 0.2 points */
    finish(&p);
    start(&p);
    put(&p, MR_EV_EXCESS, 100, "ph", "AIT202", "", 0, 1000.0);
    mr_score_close(p.score);
    assert_int_equal(of(&p, 1), 2000); /* 8 points at most */
    finish(&p);
}

static void findings_are_paid_by_tier_and_time(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    find(&p, 50, "T0846", "plc1", "10.20.0.66", 50); /* nothing has happened yet: wrong */
    assert_int_equal(of(&p, 2), -2000);
    put(&p, MR_EV_STEP_BEGIN, 60, "sweep", "plc1", "T0846 plc1", 0x0a140042, 0); /* 10.20.0.66 */
    put(&p, MR_EV_STEP_END, 80, "sweep", "plc1", "", 0, 0);
    find(&p, 60 + 600, "T0846", "plc1", "", 70); /* 400 + 300 + 150, one half-life late: 5 * 0.85 / 2 = 2.125 */
    assert_int_equal(of(&p, 2), 125);
    find(&p, 60 + 600, "T0846", "plc1", "10.20.0.66 seen in capture", 70); /* now in full: 2.5, so 0.375 more */
    assert_int_equal(of(&p, 2), 500);
    find(&p, 700, "T0846", "plc1", "10.20.0.66", 70); /* again: nothing, and no cost */
    assert_int_equal(of(&p, 2), 500);
    find(&p, 700, "T0836", "plc1", "10.20.0.67", 70); /* asset and time, 450 < 500: fits no step */
    assert_int_equal(of(&p, 2), -1500);
    find(&p, 700, "T0846", "plc9", "", 800); /* technique alone: a guess */
    assert_int_equal(of(&p, 2), -3500);
    const struct mr_ledger_line *l = &p.ledger.lines[p.ledger.n - 1];
    assert_string_equal(l->member, "captain1");
    assert_string_equal(l->post, "monitoring");
    assert_string_equal(l->reason, "finding-wrong");
    assert_int_equal(l->input, p.input);
    finish(&p);
}

static void a_claim_of_all_time_is_no_time(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    put(&p, MR_EV_STEP_BEGIN, 60, "sweep", "plc1", "T0846 plc1", 1, 0);
    put(&p, MR_EV_STEP_END, 60, "sweep", "plc1", "", 0, 0);
    /* Technique and asset 700; the step took 0 s, so a claim of more than 60 + 60 s is not a time. 5 * 0.7 = 3.5. */
    put(&p, MR_EV_FINDING, 60, "T0846", "plc1", "", T0 - 100 * MR_S + 1, (double)(T0 + 100 * MR_S));
    assert_int_equal(of(&p, 2), 3500);
    finish(&p);
}

/* A scan of several devices is found at any of them, not at one whose name only begins alike. */
static void any_target_of_a_step_is_its_asset(void **state)
{
    (void)state;
    static const struct {
        const char *asset;
        int64_t points;
    } cases[] = {{"plc1", 5000}, {"plc12", 5000}, {"hmi1", 5000},
                 {"plc", 3500},  {"plc2", 3500},  {"", 3500}}; /* 1000 or 700 of 5 */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct play p;
        start(&p);
        put(&p, MR_EV_STEP_BEGIN, 60, "sweep", "plc1", "T0846 plc1 plc12 hmi1", 0x0a140042, 0);
        find(&p, 60, "T0846", cases[i].asset, "10.20.0.66", 60);
        assert_int_equal(of(&p, 2), cases[i].points);
        finish(&p);
    }
}

static void monitoring_ends_at_its_maximum(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    static const char *const steps[] = {"a", "b", "c", "d", "e"};
    static const char *const truths[] = {"T0855 a", "T0855 b", "T0855 c", "T0855 d", "T0855 e"};
    for (int i = 0; i < 5; i++) {
        put(&p, MR_EV_STEP_BEGIN, 60 + i, steps[i], steps[i], truths[i], 0x0a140042, 0);
        find(&p, 60 + i, "T0855", steps[i], "10.20.0.66", 60 + i);
    }
    assert_int_equal(of(&p, 2), 20000); /* five times 5, at most 20 */
    finish(&p);
}

static void hardening_holds_only_with_its_function(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    put(&p, MR_EV_RETRY, 300, "writes", "acid", "", 1, 0); /* still works */
    assert_int_equal(of(&p, 3), 0);
    put(&p, MR_EV_RETRY, 400, "writes", "acid", "", 0, 0);
    assert_int_equal(of(&p, 3), 10000);
    put(&p, MR_EV_CHECK, 410, "operate", "hmi1", "", 0, 10); /* the function breaks: back to zero */
    assert_int_equal(of(&p, 3), 0);
    put(&p, MR_EV_CHECK, 420, "operate", "hmi1", "", 1, 2);
    assert_int_equal(of(&p, 3), 10000);
    put(&p, MR_EV_RETRY, 500, "writes", "acid", "", 1, 0);
    assert_int_equal(of(&p, 3), 0);
    finish(&p);
}

/* The pump is forced at 5:00, found at 6:00, let go at 9:00; the level leaves its band at 7:00 and is back at 12:00. */
static void incident(struct play *p, bool finds)
{
    put(p, MR_EV_STEP_BEGIN, 300, "pump", "plc1", "T0855 plc1", 0x0a140042, 0);
    put(p, MR_EV_EFFECT, 300, "pump", "P101.run", "", 1, 0);
    if (finds) {
        find(p, 360, "T0855", "plc1", "10.20.0.66", 300);
    }
    put(p, MR_EV_WATCH, 420, "level", "LIT301", "", 0, 0);
    put(p, MR_EV_EFFECT, 540, "pump", "P101.run", "", 0, 0);
    put(p, MR_EV_STEP_END, 540, "pump", "plc1", "", 0, 0);
    put(p, MR_EV_WATCH, 720, "level", "LIT301", "", 1, 0);
    put(p, MR_EV_CHECK, 780, "operate", "hmi1", "", 1, 1);
}

static void response_fades_with_time(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    incident(&p, true);
    /* Contained after 240 s: full up to 120, none from 360: 10 * 120/240 = 5. Recovered 180 s later: full up to 60, none from
     * 300: 20 * 120/240 = 10. */
    assert_int_equal(of(&p, 4), 15000);
    finish(&p);
}

static void an_idle_team_has_contained_nothing(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    incident(&p, false);
    mr_score_close(p.score);
    assert_int_equal(of(&p, 4), 0);
    finish(&p);
}

static void an_attack_that_never_came_was_prevented(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    put(&p, MR_EV_STEP_BEGIN, 60, "sweep", "plc1", "T0846 plc1", 0x0a140042, 0);
    find(&p, 70, "T0846", "plc1", "10.20.0.66", 60);
    mr_score_close(p.score);
    assert_int_equal(of(&p, 4), 30000);
    finish(&p);
}

static void time_the_platform_lost_is_given_back(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    put(&p, MR_EV_WATCH, 360, "supply", "FIT601", "", 0, 0);
    put(&p, MR_EV_PLATFORM, 480, "core restarted", "", "", 0, 60.0); /* of two minutes lost, one is the platform's */
    put(&p, MR_EV_WATCH, 480, "supply", "FIT601", "", 1, 0);
    mr_score_close(p.score);
    assert_int_equal(of(&p, 0), 36000); /* nine of ten minutes */
    finish(&p);
}

static void close_by_event_and_by_call_agree(void **state)
{
    (void)state;
    static struct play a, b;
    start(&a);
    start(&b);
    incident(&a, true);
    incident(&b, true);
    put(&a, MR_EV_WATCH, 901, "supply", "", "", 0, 0); /* after the end: closes, and changes nothing */
    mr_score_close(b.score);
    assert_int_equal(a.ledger.n, b.ledger.n);
    for (size_t i = 0; i < a.ledger.n; i++) {
        assert_memory_equal(&a.ledger.lines[i], &b.ledger.lines[i], sizeof a.ledger.lines[i]);
    }
    finish(&a);
    finish(&b);
}

static void availability_may_multiply(void **state)
{
    (void)state;
    static struct play p;
    start(&p);
    p.rules.availability_multiplies = true;
    put(&p, MR_EV_WATCH, 360, "supply", "FIT601", "", 0, 0); /* out for the last 8 of 10 minutes: A = 0.2 */
    put(&p, MR_EV_WATCH, 840, "supply", "FIT601", "", 1, 0);
    mr_score_close(p.score);
    assert_int_equal(mr_score_total_milli(p.score), 2000); /* safety's 10 * 0.2 */
    finish(&p);
}

static void weights_scale_a_direction_exactly(void **state)
{
    (void)state;
    static struct mr_score_rules r;
    rules(&r);
    r.directions[4].weight_milli = 10000; /* 10 + 20 become 10: 3.333 and 6.667 */
    r.directions[2].weight_milli = 40000; /* findings: 20 become 40 */
    mr_score_rules_scale(&r);
    assert_int_equal(r.responses[0].points_milli, 3333);
    assert_int_equal(r.responses[1].points_milli, 6667);
    assert_int_equal(mr_score_rules_worth(&r, 4), 10000);
    assert_int_equal(r.monitoring.each_milli, 10000);
    assert_int_equal(r.monitoring.wrong_milli, -4000);
    assert_int_equal(mr_score_rules_worth(&r, 0), 40000);
}

static void rules_that_cannot_be_are_named(void **state)
{
    (void)state;
    static struct mr_score_rules r;
    char why[160];
    rules(&r);
    mr_str_copy(r.hardening[0].keeps, sizeof r.hardening[0].keeps, "nothing");
    assert_int_equal(mr_score_rules_check(&r, why, sizeof why), MR_E_INVALID);
    assert_non_null(strstr(why, "nothing"));
    rules(&r);
    r.watches[0].flow.until = 16 * MR_MIN;
    assert_int_equal(mr_score_rules_check(&r, why, sizeof why), MR_E_INVALID);
    rules(&r);
    r.monitoring.actor = 151;
    assert_int_equal(mr_score_rules_check(&r, why, sizeof why), MR_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(supply_pays_by_time_in_specification),
        cmocka_unit_test(nothing_is_paid_while_operators_cannot_work),
        cmocka_unit_test(excess_and_damage_cost),
        cmocka_unit_test(findings_are_paid_by_tier_and_time),
        cmocka_unit_test(a_claim_of_all_time_is_no_time),
        cmocka_unit_test(any_target_of_a_step_is_its_asset),
        cmocka_unit_test(monitoring_ends_at_its_maximum),
        cmocka_unit_test(hardening_holds_only_with_its_function),
        cmocka_unit_test(response_fades_with_time),
        cmocka_unit_test(an_idle_team_has_contained_nothing),
        cmocka_unit_test(an_attack_that_never_came_was_prevented),
        cmocka_unit_test(time_the_platform_lost_is_given_back),
        cmocka_unit_test(close_by_event_and_by_call_agree),
        cmocka_unit_test(availability_may_multiply),
        cmocka_unit_test(weights_scale_a_direction_exactly),
        cmocka_unit_test(rules_that_cannot_be_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
