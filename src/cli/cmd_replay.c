/* cmd_replay.c - millrace replay: a record run again, to see it, to settle an appeal, to prove it. */
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/content.h"
#include "cli/trace.h"
#include "site/replay.h"

#include <stdio.h>
#include <unistd.h>

struct show {
    bool events, quiet;
    uint64_t told;
};

static void on_event(void *ctx, const struct mr_event *e)
{
    struct show *s = ctx;
    if (!s->events) {
        return;
    }
    char t[32];
    (void)printf("%-12s %llu.%u %-10s %s", mr_duration_format(e->at, t, sizeof t), (unsigned long long)e->input, e->index,
                 mr_event_name(e->kind), e->subject);
    if (e->object[0]) {
        (void)printf(" %s", e->object);
    }
    if (e->detail[0]) {
        (void)printf(" (%s)", e->detail);
    }
    (void)printf(" %lld\n", (long long)e->number);
}

static void on_progress(void *ctx, uint64_t done, uint64_t of)
{
    struct show *s = ctx;
    uint64_t percent = of > 0 ? done * 100 / of : 100;
    if (!s->quiet && percent != s->told) {
        s->told = percent;
        (void)fprintf(stderr, "\rreplaying %llu %%", (unsigned long long)percent);
    }
}

int mr_cmd_replay(int argc, char **argv)
{
    const char *path;
    size_t n;
    struct show show = {.quiet = !isatty(2)};
    bool digest = false;
    struct mr_replay_options opt = {.event = on_event, .trace = mr_cli_trace, .progress = on_progress, .ctx = &show};
    const struct mr_arg args[] = {
        {"--until", MR_ARG_DURATION, &opt.until, "T", "stop at this event time"},
        {"--verify", MR_ARG_FLAG, &opt.verify, NULL, "compare the digests that were noted; exit 1 where one differs"},
        {"--events", MR_ARG_FLAG, &show.events, NULL, "print what happened, a line each"},
        {"--digest", MR_ARG_FLAG, &digest, NULL, "print the digest of the last state alone on the last line"},
    };
    const struct mr_usage usage = {"replay", "RECORD", "Runs a recorded site again: same inputs, same events, same state.", args,
                                   sizeof args / sizeof args[0]};
    int status = mr_args_parse(&usage, argc, argv, &path, 1, &n);
    if (status >= 0) {
        return status;
    }
    if (n != 1) {
        return mr_args_wrong(&usage, "a record is wanted");
    }
    status = mr_cli_traced(&opt.traced);
    if (status >= 0) {
        return status;
    }
    show.quiet = show.quiet || opt.traced != 0;
    struct mr_replay_result r;
    enum mr_err err = mr_replay(path, &opt, &r);
    if (!show.quiet) {
        (void)fprintf(stderr, "\r\033[K");
    }
    if (err != MR_OK) {
        (void)fprintf(stderr, "millrace replay: %s: %s", path, r.why);
        if (r.wrong_seq > 0) {
            (void)fprintf(stderr, " after input %llu", (unsigned long long)r.wrong_seq);
        }
        (void)fprintf(stderr, "; the record is good up to byte %llu\n", (unsigned long long)r.good_bytes);
        return 1;
    }
    char t[32];
    (void)printf("%llu inputs, %llu events, %s of site time", (unsigned long long)r.inputs, (unsigned long long)r.events,
                 mr_duration_format(r.site_time, t, sizeof t));
    if (opt.verify) {
        (void)printf(", %llu digests agree", (unsigned long long)r.digests);
    }
    (void)printf("%s\n", r.whole || opt.until > 0 ? "" : " (the last block was being written and is not counted)");
    if (digest) {
        mr_cli_print_digest(r.digest);
    }
    return 0;
}
