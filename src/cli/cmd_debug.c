/* cmd_debug.c - millrace debug: what a world consists of, and where two differ. */
#include "base/arena.h"
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/content.h"
#include "sim/journal.h"
#include "site/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    const struct mr_arena *arena;
    size_t i;
};

static void on_block(void *ctx, const char *name, const char *type, size_t count, size_t live, size_t bytes)
{
    struct listing *l = ctx;
    uint8_t d[MR_DIGEST_BYTES];
    mr_arena_block_digest(l->arena, l->i, d);
    (void)printf("%4zu %-28s %-24s %8zu %8zu %10zu  %02x%02x%02x%02x\n", l->i, name, type, count, live, bytes, d[0], d[1], d[2],
                 d[3]);
    l->i++;
}

static struct mr_world *make_world(const struct mr_content *c, uint64_t seed)
{
    const struct mr_world_config config = {.site = c->site, .scenario = c->scenario, .seed = seed, .epoch_ns = MR_WORLD_EPOCH};
    char why[256];
    struct mr_world *w = mr_world_create(&config, why, sizeof why);
    if (!w) {
        (void)fprintf(stderr, "millrace debug: %s\n", why);
    }
    return w;
}

/* One second more, with the same inputs as `millrace simulate`. */
static void turn(struct mr_world *w)
{
    uint64_t seq = mr_world_seq(w);
    if (seq == 0) {
        (void)mr_world_input(w, ++seq, 0, MR_IN_BEGIN, mr_slice(NULL, 0));
    }
    (void)mr_world_input(w, seq + 1, mr_world_event_time(w) + MR_S, MR_IN_TIME, mr_slice(NULL, 0));
}

static void print_clock(const struct mr_world *w)
{
    char now[32], next[32];
    uint8_t digest[MR_DIGEST_BYTES];
    (void)printf("site time %s, next event at %s, last input %llu\n", mr_duration_format(mr_world_time(w), now, sizeof now),
                 mr_duration_format(mr_world_next(w), next, sizeof next), (unsigned long long)mr_world_seq(w));
    mr_arena_digest(mr_world_arena(w), digest);
    mr_cli_print_digest(digest);
}

static int show_world(const struct mr_content *c, uint64_t seed, mr_ns lasts)
{
    struct mr_world *w = make_world(c, seed);
    if (!w) {
        return 1;
    }
    mr_world_start(w);
    for (mr_ns t = 0; t < lasts; t += MR_S) {
        turn(w);
    }
    struct listing l = {mr_world_arena(w), 0};
    (void)printf("%4s %-28s %-24s %8s %8s %10s  %s\n", "", "block", "type", "records", "live", "bytes", "digest");
    mr_arena_visit(l.arena, on_block, &l);
    (void)printf("arena %zu bytes, saved at most %zu\n", mr_arena_used(l.arena), mr_arena_saved_max(l.arena));
    print_clock(w);
    mr_world_destroy(w);
    return 0;
}

struct differences {
    const struct mr_arena *a, *b;
    size_t i, n;
};

static void on_pair(void *ctx, const char *name, const char *type, size_t count, size_t live, size_t bytes)
{
    (void)live;
    struct differences *d = ctx;
    uint8_t x[MR_DIGEST_BYTES];
    uint8_t y[MR_DIGEST_BYTES];
    mr_arena_block_digest(d->a, d->i, x);
    mr_arena_block_digest(d->b, d->i, y);
    if (memcmp(x, y, sizeof x) != 0) {
        (void)printf("  block %zu: %s (%zu of type %s, %zu bytes)\n", d->i, name, count, type, bytes);
        d->n++;
    }
    d->i++;
}

/* A world saved and loaded must go on like the one that was not: says which blocks differ first, and when. */
static int show_restore(const struct mr_content *c, uint64_t seed, mr_ns lasts)
{
    struct mr_world *a = make_world(c, seed);
    struct mr_world *b = a ? make_world(c, seed) : NULL;
    size_t cap = a ? mr_arena_saved_max(mr_world_arena(a)) : 0;
    uint8_t *state = malloc(cap ? cap : 1);
    struct mr_writer w = mr_writer(state, state ? cap : 0);
    int status = 1;
    if (b && state) {
        mr_world_start(a);
        for (mr_ns t = 0; t < lasts; t += MR_S) {
            turn(a);
        }
        bool good = mr_arena_save(mr_world_arena(a), &w) == MR_OK && mr_arena_load(mr_world_arena(b), mr_written(&w)) == MR_OK &&
                    mr_world_loaded(b) == MR_OK;
        struct differences d = {mr_world_arena(a), mr_world_arena(b), 0, 0};
        for (int s = 0; good && s <= 60 && d.n == 0; s++) {
            d.i = 0;
            mr_arena_visit(d.a, on_pair, &d);
            if (d.n > 0) {
                (void)printf("differ %d s after loading\n", s);
            }
            turn(a);
            turn(b);
        }
        (void)printf("%s\n", !good ? "the state cannot be loaded" : d.n == 0 ? "no difference within a minute" : "");
        status = good && d.n == 0 ? 0 : 1;
    }
    free(state);
    mr_world_destroy(a);
    mr_world_destroy(b);
    return status;
}

static int show_record(const char *path)
{
    static const char *const kinds[] = {"", "time", "net", "command", "pause", "resume", "net-reset", "begin"};
    uint64_t count[256] = {0};
    FILE *f = fopen(path, "rb");
    struct mr_journal_reader *r = f ? mr_journal_reader_create() : NULL;
    if (!r) {
        perror(path);
        if (f) {
            (void)fclose(f);
        }
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
    if (mr_journal_good_bytes(r) == 0) {
        (void)fprintf(stderr, "millrace debug: %s is no record\n", path);
        mr_journal_reader_destroy(r);
        return 1;
    }
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
        {"--scenario", MR_ARG_TEXT, &scenario, "S", "state, restore: with this scenario"},
        {"--seed", MR_ARG_NUMBER, &seed, "N", "state, restore: with this seed (1)"},
        {"--for", MR_ARG_DURATION, &lasts, "T", "state, restore: after so long (1m)"},
    };
    const struct mr_usage usage = {
        "debug", "state SITE | restore SITE | record FILE",
        "state: the blocks of a world's arena, queues and pools among them: records, how many of them are in use, sizes and "
        "digests, to\n"
        "find where two runs differ; on the last line the digest of all.\n"
        "restore: saves a world, loads it into another, runs both on for a minute and says which blocks differ.\n"
        "record: how many inputs of which kind a record holds, and how far it is good.",
        args, sizeof args / sizeof args[0]};
    int status = mr_args_parse(&usage, argc, argv, operands, 2, &n);
    if (status >= 0) {
        return status;
    }
    if (n == 2 && strcmp(operands[0], "record") == 0) {
        return show_record(operands[1]);
    }
    bool restore = n == 2 && strcmp(operands[0], "restore") == 0;
    if (!restore && !(n == 2 && strcmp(operands[0], "state") == 0)) {
        return mr_args_wrong(&usage, "'state SITE', 'restore SITE' or 'record FILE' is wanted");
    }
    struct mr_content *c = mr_cli_load(operands[1], scenario);
    status = !c ? 1 : restore ? show_restore(c, seed, lasts) : show_world(c, seed, lasts);
    mr_content_free(c);
    return status;
}
