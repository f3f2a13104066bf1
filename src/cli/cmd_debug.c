/* cmd_debug.c - millrace debug: what a world consists of, and where two differ. */
#include "base/arena.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/content.h"
#include "sim/journal.h"
#include "site/world.h"

#include <stdio.h>
#include <string.h>

struct listing {
    const struct mr_arena *arena;
    size_t i;
};

static void on_block(void *ctx, const char *name, const char *type, size_t count, size_t bytes)
{
    struct listing *l = ctx;
    uint8_t d[MR_DIGEST_BYTES];
    mr_arena_block_digest(l->arena, l->i, d);
    (void)printf("%4zu %-28s %-24s %8zu %10zu  %02x%02x%02x%02x\n", l->i, name, type, count, bytes, d[0], d[1], d[2], d[3]);
    l->i++;
}

static int show_world(const char *path, const char *scenario, uint64_t seed, mr_ns lasts)
{
    struct mr_content *c = mr_cli_load(path, scenario);
    if (!c) {
        return 1;
    }
    const struct mr_world_config config = {.site = c->site, .scenario = c->scenario, .seed = seed};
    char why[256];
    struct mr_world *w = mr_world_create(&config, why, sizeof why);
    if (!w) {
        (void)fprintf(stderr, "millrace debug: %s\n", why);
        mr_content_free(c);
        return 1;
    }
    mr_world_start(w);
    (void)mr_world_input(w, 1, 0, MR_IN_BEGIN, mr_slice(NULL, 0));
    for (mr_ns t = MR_S; t <= lasts; t += MR_S) {
        (void)mr_world_input(w, 1 + (uint64_t)(t / MR_S), t, MR_IN_TIME, mr_slice(NULL, 0));
    }
    struct listing l = {mr_world_arena(w), 0};
    (void)printf("%4s %-28s %-24s %8s %10s  %s\n", "", "block", "type", "records", "bytes", "digest");
    mr_arena_visit(l.arena, on_block, &l);
    (void)printf("arena %zu bytes, saved at most %zu\n", mr_arena_used(l.arena), mr_arena_saved_max(l.arena));
    mr_world_destroy(w);
    mr_content_free(c);
    return 0;
}

static int show_record(const char *path)
{
    static const char *const kinds[] = {"", "time", "net", "command", "pause", "resume", "net-reset", "begin"};
    uint64_t count[256] = {0};
    FILE *f = fopen(path, "rb");
    struct mr_journal_reader *r = f ? mr_journal_reader_create() : NULL;
    if (!r) {
        perror(path);
        return 1;
    }
    uint8_t piece[65536];
    size_t n;
    struct mr_entry e = {0};
    enum mr_err err = MR_OK;
    while ((err == MR_OK || err == MR_E_TRUNCATED) && (n = fread(piece, 1, sizeof piece, f)) > 0) {
        err = mr_journal_feed(r, mr_slice(piece, n));
        while (err == MR_OK && (err = mr_journal_next(r, &e)) == MR_OK) {
            count[e.kind]++;
        }
    }
    (void)fclose(f);
    for (size_t k = 0; k < 256; k++) {
        if (count[k] > 0) {
            (void)printf("%-10s %llu\n", k < sizeof kinds / sizeof kinds[0] ? kinds[k] : "note", (unsigned long long)count[k]);
        }
    }
    char t[32];
    (void)printf("last input %llu at %s; good up to byte %llu: %s\n", (unsigned long long)e.seq,
                 mr_duration_format(e.at, t, sizeof t), (unsigned long long)mr_journal_good_bytes(r),
                 err == MR_E_TRUNCATED ? "to its end" : mr_err_text(err));
    mr_journal_reader_destroy(r);
    return err == MR_E_TRUNCATED ? 0 : 1;
}

int mr_cmd_debug(int argc, char **argv)
{
    const char *operands[2];
    const char *scenario = NULL;
    uint64_t seed = 1;
    mr_ns lasts = MR_MIN;
    size_t n;
    const struct mr_arg args[] = {
        {"--scenario", MR_ARG_TEXT, &scenario, "S", "state: with this scenario"},
        {"--seed", MR_ARG_NUMBER, &seed, "N", "state: with this seed (1)"},
        {"--for", MR_ARG_DURATION, &lasts, "T", "state: after so long (1m)"},
    };
    const struct mr_usage usage = {
        "debug", "state SITE | record FILE",
        "state: the blocks of a world's arena, their sizes and digests, to find where two runs differ.\n"
        "record: how many inputs of which kind a record holds, and how far it is good.",
        args, sizeof args / sizeof args[0]};
    int status = mr_args_parse(&usage, argc, argv, operands, 2, &n);
    if (status >= 0) {
        return status;
    }
    if (n == 2 && strcmp(operands[0], "state") == 0) {
        return show_world(operands[1], scenario, seed, lasts);
    }
    if (n == 2 && strcmp(operands[0], "record") == 0) {
        return show_record(operands[1]);
    }
    return mr_args_wrong(&usage, "'state SITE' or 'record FILE' is wanted");
}
