#include "site/replay.h"

#include "site/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MR_REPLAY_PIECE 65536
#define MR_REPLAY_SKIPS 16 /* quarantined inputs: wire gives a site up long before */

/* A digest that was noted: of the state after input `seq`. Its note stands later in the record. */
struct noted {
    uint64_t seq;
    uint8_t digest[MR_DIGEST_BYTES];
};

struct replay {
    const struct mr_replay_options *opt;
    struct mr_replay_result *out;
    struct mr_journal_reader *reader;
    struct mr_content *content;
    struct mr_world *world;
    uint64_t skip[MR_REPLAY_SKIPS];
    uint32_t nskip;
    struct noted *noted;
    size_t nnoted, next_noted;
    bool stop;
};

static void on_event(void *ctx, const struct mr_event *e)
{
    struct replay *r = ctx;
    r->out->events++;
    if (r->opt->event) {
        r->opt->event(r->opt->ctx, e);
    }
}

static void on_trace(void *ctx, const char *line)
{
    const struct replay *r = ctx;
    r->opt->trace(r->opt->ctx, line);
}

static enum mr_err fail(struct replay *r, enum mr_err err, const char *why)
{
    mr_str_copy(r->out->why, sizeof r->out->why, why);
    return err;
}

static enum mr_err build(struct replay *r)
{
    struct mr_journal_header h;
    enum mr_err err = mr_journal_header(r->reader, &h);
    if (err != MR_OK) {
        return err;
    }
    size_t n = 0;
    struct mr_content_file *files = mr_content_unpack(h.content, &n);
    struct mr_diags *diags = mr_diags_create();
    if (!files || !diags || h.world > MR_WORLD_LOOPBACK) {
        free(files);
        mr_diags_destroy(diags);
        return fail(r, MR_E_CORRUPT, "the record holds no content");
    }
    r->content = mr_content_load_files(files, n, diags);
    free(files);
    mr_diags_destroy(diags);
    if (!r->content) {
        return fail(r, MR_E_VERSION, "the record's content is not understood by this build");
    }
    const struct mr_world_config config = {
        .site = r->content->site,
        .scenario = r->content->scenario,
        .seed = h.seed,
        .epoch_ns = h.epoch_ns,
        .network = (enum mr_world_network)h.world,
        .out = {.ctx = r, .event = on_event, .trace = r->opt->trace ? on_trace : NULL, .traced = r->opt->traced},
    };
    r->world = mr_world_create(&config, r->out->why, sizeof r->out->why);
    if (!r->world) {
        return MR_E_NOMEM;
    }
    mr_world_start(r->world);
    return MR_OK;
}

static bool skipped(const struct replay *r, uint64_t seq)
{
    for (uint32_t i = 0; i < r->nskip; i++) {
        if (r->skip[i] == seq) {
            return true;
        }
    }
    return false;
}

static enum mr_err check_digest(struct replay *r, const struct noted *n)
{
    uint8_t digest[MR_DIGEST_BYTES];
    mr_arena_digest(mr_world_arena(r->world), digest);
    r->out->digests++;
    if (memcmp(digest, n->digest, MR_DIGEST_BYTES) != 0) {
        r->out->wrong_seq = n->seq;
        return fail(r, MR_E_CORRUPT, "the state differs from what was recorded");
    }
    return MR_OK;
}

static enum mr_err take(struct replay *r, const struct mr_entry *e)
{
    if (e->kind >= MR_IN_NOTES) {
        return MR_OK;
    }
    if (r->opt->until > 0 && e->at > r->opt->until) {
        r->stop = true;
        return MR_OK;
    }
    r->out->inputs++;
    if (!skipped(r, e->seq)) {
        (void)mr_world_input(r->world, e->seq, e->at, e->kind, e->payload);
    }
    while (r->next_noted < r->nnoted && r->noted[r->next_noted].seq < e->seq) {
        r->next_noted++;
    }
    if (r->next_noted < r->nnoted && r->noted[r->next_noted].seq == e->seq) {
        return check_digest(r, &r->noted[r->next_noted++]);
    }
    return MR_OK;
}

/* All entries that have come; MR_E_TRUNCATED where more bytes are needed. */
static enum mr_err drain(struct replay *r)
{
    enum mr_err err = MR_OK;
    if (!r->world) {
        err = build(r);
    }
    while (err == MR_OK && !r->stop) {
        struct mr_entry e;
        err = mr_journal_next(r->reader, &e);
        if (err == MR_OK) {
            err = take(r, &e);
        }
    }
    return err;
}

static enum mr_err run(struct replay *r, FILE *f, uint64_t size)
{
    uint8_t piece[MR_REPLAY_PIECE];
    uint64_t done = 0;
    enum mr_err err = MR_E_TRUNCATED;
    size_t n;
    while ((err == MR_E_TRUNCATED || err == MR_OK) && !r->stop && (n = fread(piece, 1, sizeof piece, f)) > 0) {
        err = mr_journal_feed(r->reader, mr_slice(piece, n));
        if (err == MR_OK) {
            err = drain(r);
        }
        done += n;
        if (r->opt->progress) {
            r->opt->progress(r->opt->ctx, done, size);
        }
    }
    return err == MR_E_TRUNCATED && r->world ? MR_OK : err;
}

static void take_note(struct replay *r, const struct mr_entry *e)
{
    struct mr_reader in = mr_reader(e->payload);
    uint64_t seq = mr_read_u64le(&in);
    if (e->kind == MR_IN_NOTE_QUARANTINE && r->nskip < MR_REPLAY_SKIPS) {
        r->skip[r->nskip++] = seq;
    }
    struct mr_slice digest = mr_read_bytes(&in, MR_DIGEST_BYTES);
    if (e->kind == MR_IN_NOTE_DIGEST && r->opt->verify && !in.bad) {
        struct noted *more = r->nnoted % 256 == 0 ? realloc(r->noted, (r->nnoted + 256) * sizeof *more) : r->noted;
        if (more) {
            r->noted = more;
            r->noted[r->nnoted].seq = seq;
            memcpy(r->noted[r->nnoted++].digest, digest.p, digest.n);
        }
    }
}

/* Quarantined inputs and digests are known only from notes that come after them: one pass reads these alone. */
static void read_notes(struct replay *r, FILE *f)
{
    struct mr_journal_reader *reader = mr_journal_reader_create();
    uint8_t piece[MR_REPLAY_PIECE];
    size_t n;
    while (reader && (n = fread(piece, 1, sizeof piece, f)) > 0 && mr_journal_feed(reader, mr_slice(piece, n)) == MR_OK) {
        struct mr_entry e;
        while (mr_journal_next(reader, &e) == MR_OK) {
            if (e.kind >= MR_IN_NOTES) {
                take_note(r, &e);
            }
        }
    }
    mr_journal_reader_destroy(reader);
    rewind(f);
}

enum mr_err mr_replay(const char *path, const struct mr_replay_options *opt, struct mr_replay_result *out)
{
    memset(out, 0, sizeof *out);
    struct replay r = {.opt = opt, .out = out};
    struct stat st;
    FILE *f = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? fopen(path, "rb") : NULL; /* a pipe would be waited for */
    if (!f) {
        return fail(&r, MR_E_IO, "the record cannot be read");
    }
    read_notes(&r, f);
    r.reader = mr_journal_reader_create();
    enum mr_err err = r.reader ? run(&r, f, (uint64_t)st.st_size) : MR_E_NOMEM;
    (void)fclose(f);
    if (r.world) {
        out->event_time = mr_world_event_time(r.world);
        out->site_time = mr_world_time(r.world);
        mr_arena_digest(mr_world_arena(r.world), out->digest);
    }
    if (r.reader) {
        out->good_bytes = mr_journal_good_bytes(r.reader);
        out->whole = mr_journal_at_boundary(r.reader);
    }
    if (err != MR_OK && out->why[0] == '\0') {
        mr_str_copy(out->why, sizeof out->why, mr_err_text(err));
    }
    mr_world_destroy(r.world);
    mr_content_free(r.content);
    mr_journal_reader_destroy(r.reader);
    free(r.noted);
    return err;
}
