/* cmd_simulate.c - millrace simulate: a site in virtual time, as fast as the processor goes. */
#include "cli/args.h"
#include "cli/commands.h"
#include "cli/content.h"
#include "cli/timed.h"
#include "cli/trace.h"
#include "net/pcapng.h"
#include "process/process.h"
#include "site/load.h"
#include "site/saved.h"
#include "site/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MR_SIMULATE_TURN MR_S /* inputs come at this step, so that a run in two parts has the same inputs as one in one */
#define MR_PCAP_BUFFER   (1u << 18)

struct simulation {
    const char *site, *scenario, *pcap, *csv, *save, *from;
    mr_ns lasts, every;
    uint64_t seed;
    uint32_t traced;
    bool digest, events, no_noise;
    struct mr_arg_timed said;
    struct mr_timed *timed;
    struct mr_content *content;
    struct mr_world *world;
    FILE *csv_file;
    FILE *zones[MR_ZONES_MAX];
    uint8_t *buffer; /* of all captures' pages */
    struct mr_writer pages[MR_ZONES_MAX];
    bool failed;
    int csv_error; /* errno of the first row that could not be written */
};

static void on_event(void *ctx, const struct mr_event *e)
{
    const struct simulation *s = ctx;
    char t[32];
    if (s->events) {
        (void)printf("%-12s %-10s %s %s %s %lld %.6g\n", mr_duration_format(e->at, t, sizeof t), mr_event_name(e->kind),
                     e->subject, e->object, e->detail, (long long)e->number, e->value);
    }
}

static void on_frame(void *ctx, uint16_t zone, mr_ns at, struct mr_slice frame)
{
    struct simulation *s = ctx;
    struct mr_writer *w = &s->pages[zone];
    if (mr_writer_left(w) < frame.n + MR_PCAPNG_BLOCK_MAX) {
        s->failed = fwrite(w->p, 1, w->n, s->zones[zone]) != w->n || s->failed;
        w->n = 0;
    }
    mr_pcapng_packet(w, 0, MR_WORLD_EPOCH, at, frame, NULL);
}

static bool fail(const char *what, const char *path)
{
    (void)fprintf(stderr, "millrace simulate: %s %s: %s\n", what, path, strerror(errno));
    return false;
}

static bool open_captures(struct simulation *s)
{
    const struct mr_topology *t = mr_world_topology(s->world);
    if (mkdir(s->pcap, 0777) != 0 && errno != EEXIST) {
        return fail("cannot make", s->pcap);
    }
    s->buffer = malloc((size_t)MR_ZONES_MAX * MR_PCAP_BUFFER);
    if (!s->buffer) {
        return fail("cannot write in", s->pcap);
    }
    for (uint16_t z = 0; z < t->nzones; z++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s.pcapng", s->pcap, t->zones[z].name);
        s->zones[z] = fopen(path, "wb");
        s->pages[z] = mr_writer(s->buffer + (size_t)z * MR_PCAP_BUFFER, MR_PCAP_BUFFER);
        if (!s->zones[z]) {
            return fail("cannot write", path);
        }
        mr_pcapng_section(&s->pages[z], "millrace");
        mr_pcapng_interface(&s->pages[z], t->zones[z].name, NULL);
    }
    return true;
}

static bool close_captures(struct simulation *s)
{
    bool good = !s->failed;
    for (size_t z = 0; z < MR_ZONES_MAX; z++) {
        if (s->zones[z]) {
            good = fwrite(s->pages[z].p, 1, s->pages[z].n, s->zones[z]) == s->pages[z].n && good;
            good = fclose(s->zones[z]) == 0 && good;
        }
    }
    return good || fail("cannot write captures in", s->pcap);
}

static void csv_row(struct simulation *s, bool head)
{
    const struct mr_plant *p = mr_world_plant(s->world);
    const struct mr_model *m = mr_plant_model(p);
    if (head) {
        (void)fprintf(s->csv_file, "time_s");
    } else {
        (void)fprintf(s->csv_file, "%.9g", (double)mr_world_time(s->world) / (double)MR_S);
    }
    for (size_t i = 0; i < m->nvars; i++) {
        if (head) {
            (void)fprintf(s->csv_file, ",%s", m->vars[i].name);
        } else {
            (void)fprintf(s->csv_file, ",%.9g", mr_plant_read(p, (int)i));
        }
    }
    (void)fprintf(s->csv_file, "\n");
    if (ferror(s->csv_file) && s->csv_error == 0) {
        s->csv_error = errno;
    }
}

static uint8_t *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    uint8_t *p = NULL;
    if (f && fstat(fileno(f), &st) == 0 && (p = malloc((size_t)st.st_size + 1)) != NULL) {
        *n = fread(p, 1, (size_t)st.st_size, f);
    }
    if (f) {
        (void)fclose(f);
    }
    return p;
}

static bool restore(struct simulation *s, const struct mr_world_config *config)
{
    size_t n = 0;
    uint8_t *p = read_file(s->from, &n);
    struct mr_saved saved;
    if (!p) {
        return fail("cannot read", s->from);
    }
    enum mr_err err = mr_saved_decode(mr_slice(p, n), &saved);
    if (err == MR_OK) {
        err = mr_saved_load(&saved, s->world, config, mr_slice(s->content->hash, MR_CONTENT_HASH));
    }
    free(p);
    if (err != MR_OK) {
        (void)fprintf(stderr, "millrace simulate: %s: %s\n", s->from,
                      err == MR_E_VERSION ? "saved from another site, scenario or --seed" : mr_err_text(err));
    }
    return err == MR_OK;
}

static bool save(struct simulation *s, const struct mr_world_config *config)
{
    size_t cap = mr_saved_max(s->world);
    uint8_t *p = malloc(cap);
    struct mr_writer w = mr_writer(p, p ? cap : 0);
    FILE *f = fopen(s->save, "wb");
    bool good = p && f && mr_saved_encode(s->world, config, mr_slice(s->content->hash, MR_CONTENT_HASH), &w) == MR_OK &&
                fwrite(w.p, 1, w.n, f) == w.n;
    good = f && fclose(f) == 0 && good;
    free(p);
    return good || fail("cannot write", s->save);
}

/* Where a person waits for more than a second, it shows how far it is. */
static void progress(const struct simulation *s, mr_ns begun, mr_ns now, clock_t since)
{
    if (isatty(2) && s->traced == 0 && (clock() - since) / CLOCKS_PER_SEC >= 1 &&
        (now - begun) % (s->lasts / 100 / MR_S * MR_S + MR_S) == 0) {
        (void)fprintf(stderr, "\rsimulating %lld %%", (long long)((now - begun) * 100 / s->lasts));
    }
}

/* A run that ends within a turn gives that turn's input early; the run that goes on from there gives it again, under its
 * number. */
static void run(struct simulation *s)
{
    mr_ns begun = mr_world_event_time(s->world), end = begun + s->lasts, part = begun % MR_SIMULATE_TURN;
    uint64_t seq = mr_world_seq(s->world) - (part > 0 ? 1 : 0);
    clock_t since = clock();
    const struct mr_slice nothing = mr_slice(NULL, 0);
    if (seq == 0) {
        (void)mr_world_input(s->world, ++seq, 0, MR_IN_BEGIN, nothing);
    }
    mr_timed_begin(s->timed, begun - (part > 0 ? part : MR_SIMULATE_TURN));
    for (mr_ns t = begun; t < end;) {
        if (t % MR_SIMULATE_TURN == 0) {
            mr_timed_run(s->timed, s->world, t, &seq);
        }
        t = t - t % MR_SIMULATE_TURN + MR_SIMULATE_TURN;
        t = t < end ? t : end;
        (void)mr_world_input(s->world, ++seq, t, MR_IN_TIME, nothing);
        if (s->csv_file && (t % s->every == 0 || t == end)) {
            csv_row(s, false);
        }
        progress(s, begun, t, since);
    }
    if (isatty(2)) {
        (void)fprintf(stderr, "\r\033[K");
    }
}

static bool open_csv(struct simulation *s)
{
    s->csv_file = strcmp(s->csv, "-") == 0 ? stdout : fopen(s->csv, "w");
    if (!s->csv_file) {
        return fail("cannot write", s->csv);
    }
    csv_row(s, true);
    return true;
}

static bool simulate(struct simulation *s)
{
    const struct mr_world_config config = {
        .site = s->content->site,
        .scenario = s->content->scenario,
        .seed = s->seed,
        .epoch_ns = MR_WORLD_EPOCH,
        .network = MR_WORLD_SIMULATED,
        .no_noise = s->no_noise,
        .out = {.ctx = s, .event = on_event, .frame = s->pcap ? on_frame : NULL, .trace = mr_cli_trace, .traced = s->traced},
    };
    char why[256];
    s->world = mr_world_create(&config, why, sizeof why);
    if (!s->world) {
        (void)fprintf(stderr, "millrace simulate: %s\n", why);
        return false;
    }
    if (s->from ? !restore(s, &config) : (mr_world_start(s->world), false)) {
        return false;
    }
    if (s->lasts > MR_AGE_NS - mr_world_event_time(s->world)) {
        (void)fprintf(stderr, "millrace simulate: --for: no site becomes so old; 70 years in all at most\n");
        return false;
    }
    bool good = (!s->pcap || open_captures(s)) && (!s->csv || open_csv(s));
    if (good) {
        run(s);
    }
    good = (!s->pcap || close_captures(s)) && good;
    if (s->csv_file && s->csv_file != stdout && fclose(s->csv_file) != 0 && s->csv_error == 0) {
        s->csv_error = errno;
    }
    if (s->csv_error != 0) {
        errno = s->csv_error;
        good = fail("cannot write", s->csv);
    }
    return good && (!s->save || save(s, &config));
}

static void print_digest(const struct simulation *s)
{
    uint8_t digest[MR_DIGEST_BYTES];
    mr_arena_digest(mr_world_arena(s->world), digest);
    mr_cli_print_digest(digest);
}

static const char help_text[] =
    "Runs a site in virtual time, as fast as the processor goes.\n\n"
    "--at 1h PRODUCTION.setpoint=20 is an operator's command, FROM..TO/TIME a slow one; of what no operator commands, XMV10=60 "
    "forces\n"
    "an actuator, an instrument or a parameter, and freeze, stick, bias:5 and none say what else becomes of it.";

int mr_cmd_simulate(int argc, char **argv)
{
    size_t n;
    struct simulation s = {.lasts = MR_HOUR, .every = MR_S, .seed = 1};
    const struct mr_arg args[] = {
        {"--scenario", MR_ARG_TEXT, &s.scenario, "S", "with this scenario's adversary (a file, a folder, or its name)"},
        {"--for", MR_ARG_DURATION, &s.lasts, "T", "how long, in simulated time (1h)"},
        {"--seed", MR_ARG_NUMBER, &s.seed, "N", "of all that is random (1)"},
        {"--at", MR_ARG_TIMED, &s.said, "T NAME=WHAT", "at T, a tag commanded or a variable of the process disturbed, see below"},
        {"--pcap", MR_ARG_TEXT, &s.pcap, "DIR", "write every frame to DIR/ZONE.pcapng"},
        {"--csv", MR_ARG_TEXT, &s.csv, "FILE", "write the process variables; - is the standard output"},
        {"--every", MR_ARG_DURATION, &s.every, "T", "a row of the CSV every T, whole seconds (1s)"},
        {"--digest", MR_ARG_FLAG, &s.digest, NULL, "print the digest of the last state alone on the last line"},
        {"--events", MR_ARG_FLAG, &s.events, NULL, "print what happens, a line each"},
        {"--no-noise", MR_ARG_FLAG, &s.no_noise, NULL, "sensors without noise"},
        {"--save", MR_ARG_TEXT, &s.save, "FILE", "save the state at the end"},
        {"--from", MR_ARG_TEXT, &s.from, "FILE", "go on from a saved state, of the same site, scenario and seed"},
    };
    const struct mr_usage usage = {"simulate", "SITE", help_text, args, sizeof args / sizeof args[0]};
    int status = mr_args_parse(&usage, argc, argv, &s.site, 1, &n);
    if (status >= 0) {
        return status;
    }
    if (n != 1) {
        return mr_args_wrong(&usage, "a site is wanted");
    }
    if (s.lasts <= 0 || s.every <= 0) {
        return mr_args_wrong(&usage, "%s wants a time above zero", s.lasts <= 0 ? "--for" : "--every");
    }
    if (s.every % MR_SIMULATE_TURN != 0) {
        return mr_args_wrong(&usage, "--every wants whole seconds");
    }
    status = mr_cli_traced(&s.traced);
    if (status >= 0) {
        return status;
    }
    s.content = mr_cli_load(s.site, s.scenario);
    s.timed = s.content ? mr_timed_create(s.content->site, &s.said) : NULL;
    bool good = s.timed && simulate(&s);
    if (good && s.digest) {
        print_digest(&s);
    }
    free(s.buffer);
    mr_timed_destroy(s.timed);
    mr_world_destroy(s.world);
    mr_content_free(s.content);
    return good ? 0 : 1;
}
