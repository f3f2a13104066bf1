#include "server/projection.h"

#include <stdio.h>
#include <stdlib.h>

void mr_event_date(struct mr_event *e, mr_ns *last_at)
{
    if (e->index >= MR_EVENT_OF_WIRE) {
        e->at = *last_at;
    } else {
        *last_at = e->at;
    }
}

void mr_account_ordered(struct mr_account *a, const struct mr_command *order)
{
    *a = (struct mr_account){0};
    (void)mr_command_arg(order, "account", a->account, sizeof a->account);
    (void)mr_command_arg(order, "zh", a->zh, sizeof a->zh);
    (void)mr_command_arg(order, "en", a->en, sizeof a->en);
    (void)mr_command_arg(order, "role", a->role, sizeof a->role);
    (void)mr_command_arg(order, "team", a->team, sizeof a->team);
    (void)mr_command_arg(order, "post", a->post, sizeof a->post);
    (void)mr_command_arg(order, "hash", a->hash, sizeof a->hash);
}

bool mr_news_changed(struct mr_news *n, const struct mr_score_rules *r, const struct mr_event *e)
{
    bool out = e->number == 0;
    bool *was = NULL;
    if (e->kind != MR_EV_WATCH && e->kind != MR_EV_CHECK) {
        return true;
    }
    for (uint32_t i = 0; e->kind == MR_EV_WATCH && i < r->nwatches; i++) {
        was = strcmp(r->watches[i].id, e->subject) == 0 ? &n->watches_out[i] : was;
    }
    for (uint32_t i = 0; e->kind == MR_EV_CHECK && i < r->nchecks; i++) {
        was = strcmp(r->checks[i].id, e->subject) == 0 ? &n->checks_out[i] : was;
    }
    bool changed = was && *was != out;
    if (was) {
        *was = out;
    }
    return changed;
}

static void arg_text(const struct mr_command *c, const char *name, char *buf, size_t cap)
{
    if (!mr_command_arg(c, name, buf, cap)) {
        buf[0] = '\0';
    }
}

struct mr_ledger_line mr_correction_line(const struct mr_command *order, uint64_t seq)
{
    struct mr_ledger_line l = {.id = MR_STORE_CORRECTIONS + seq, .input = seq};
    char number[24], reason[MR_LEDGER_ARGS * (MR_EVENT_NAME - 1) + 1];
    arg_text(order, "team", l.team, sizeof l.team);
    arg_text(order, "direction", l.direction, sizeof l.direction);
    arg_text(order, "points_milli", number, sizeof number);
    l.points_milli = strtoll(number, NULL, 10);
    arg_text(order, "at", number, sizeof number);
    l.at = strtoll(number, NULL, 10);
    arg_text(order, "reason", reason, sizeof reason);
    /* A reason is longer than a word of a line: it goes into several, and the text joins them again. */
    for (size_t at = 0, n = strlen(reason); at < n && l.nargs < MR_LEDGER_ARGS; l.nargs++) {
        size_t k = n - at < MR_EVENT_NAME - 1 ? n - at : MR_EVENT_NAME - 1;
        memcpy(l.args[l.nargs], reason + at, k);
        at += k;
    }
    mr_str_copy(l.source, sizeof l.source, "correction");
    mr_str_copy(l.reason, sizeof l.reason, "correction");
    (void)snprintf(l.member, sizeof l.member, "%.*s", (int)order->member.n, (const char *)order->member.p);
    return l;
}

static void news(struct mr_feed *f, const char *kind, const char *severity, const char *a, const char *b)
{
    mr_str_copy(f->kind, sizeof f->kind, kind);
    mr_str_copy(f->severity, sizeof f->severity, severity);
    mr_str_copy(f->args[0], sizeof f->args[0], a);
    mr_str_copy(f->args[1], sizeof f->args[1], b);
}

bool mr_feed_of_event(const struct mr_event *e, struct mr_feed *f)
{
    bool is = e->number != 0;
    if (e->kind == MR_EV_DAMAGE) {
        news(f, "damage", "alarm", e->subject, "");
    } else if (e->kind == MR_EV_WATCH) {
        news(f, is ? "watch-back" : "watch-lost", is ? "notice" : "alarm", e->subject, "");
    } else if (e->kind == MR_EV_CHECK) {
        news(f, is ? "function-back" : "function-lost", is ? "notice" : "warning", e->subject, "");
    } else if (e->kind == MR_EV_ALARM && is && (strcmp(e->detail, "LL") == 0 || strcmp(e->detail, "HH") == 0)) {
        news(f, "alarm", "warning", e->subject, e->detail);
    } else if (e->kind == MR_EV_PLC && e->number != 1) {
        news(f, "plc-stopped", "warning", e->subject, "");
    } else if (e->kind == MR_EV_PLATFORM && e->value > 0) {
        news(f, "platform", "info", e->subject, "");
    } else if (e->kind == MR_EV_QUARANTINE) {
        news(f, "quarantine", "info", e->subject, "");
    } else {
        return false;
    }
    f->input = e->input;
    f->index = e->index;
    return true;
}

static void points_text(char buf[24], int64_t milli)
{
    (void)snprintf(buf, 24, "%+.1f", (double)milli / 1000.0);
}

bool mr_feed_of_order(const struct mr_command *order, uint64_t seq, struct mr_feed *f)
{
    static const char *const verbs[] = {"start", "pause", "resume", "over"};
    char text[24];
    bool is = mr_slice_is(order->verb, "correction");
    if (is) {
        arg_text(order, "points_milli", text, sizeof text);
        int64_t milli = strtoll(text, NULL, 10);
        points_text(text, milli);
        news(f, "correction", milli >= 0 ? "notice" : "warning", text, "");
        arg_text(order, "team", f->team, sizeof f->team);
        f->index = MR_FEED_LINES + (uint32_t)(MR_STORE_CORRECTIONS + seq);
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0] && !is; i++) {
        if (mr_slice_is(order->verb, verbs[i])) {
            news(f, verbs[i], "notice", "", "");
            is = true;
        }
    }
    arg_text(order, "time", text, sizeof text);
    f->at = strtoll(text, NULL, 10);
    f->input = seq;
    return is;
}

bool mr_feed_of_line(const struct mr_ledger_line *l, struct mr_feed *f)
{
    static const char *const reasons[] = {"finding-right", "hardening-holds", "contained", "recovered", "prevented"};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (strcmp(l->reason, reasons[i]) == 0) {
            char points[24];
            points_text(points, l->points_milli);
            news(f, l->reason, l->points_milli >= 0 ? "notice" : "warning", points, "");
            f->input = l->input;
            f->index = MR_FEED_LINES + (uint32_t)l->id; /* a team has fewer lines than an index has room */
            return true;
        }
    }
    return false;
}
