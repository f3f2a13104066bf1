/* resume.c - what a wire that begins finds in its folder: a record to go on with, or nothing, or a run to be moved aside.
 *
 * An old record is read from the point of the newest snapshot that fits it; what had been before is in the snapshot's head. Only
 * where none fits is the whole read. So a start takes no longer after eight hours than after two minutes; the whole chain is
 * checked by `millrace replay --verify`. */
#include "wire/statedir.h"
#include "wire/wireproc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 65536

bool mr_wireproc_is_quarantined(const struct mr_wireproc *w, uint64_t seq)
{
    for (uint32_t i = 0; i < w->history.nquarantined; i++) {
        if (w->history.quarantined[i] == seq) {
            return true;
        }
    }
    return false;
}

static void take_entry(struct mr_wireproc *w, const struct mr_entry *e)
{
    struct mr_wire_history *h = &w->history;
    struct mr_reader r = mr_reader(e->payload);
    if (e->kind == MR_IN_NOTE_QUARANTINE) {
        uint64_t seq = mr_read_u64le(&r);
        if (!r.bad && h->nquarantined < MR_WIRE_QUARANTINES && !mr_wireproc_is_quarantined(w, seq)) {
            h->quarantined[h->nquarantined++] = seq;
        }
    } else if (e->kind == MR_IN_PAUSE || e->kind == MR_IN_RESUME) {
        h->paused = e->kind == MR_IN_PAUSE;
    } else if (e->kind == MR_IN_BEGIN) {
        h->begun = true;
    }
    h->ended = e->kind == MR_IN_NOTE_RESTART && mr_slice_eq(mr_read_lv(&r), mr_slice_str("ended"));
}

struct old {
    int fd;
    struct mr_journal_reader *reader;
    uint8_t *piece;
    uint64_t last_seq;
    bool damaged; /* it does not just end */
};

static enum mr_err feed(struct old *o)
{
    ssize_t n = read(o->fd, o->piece, PIECE);
    return n <= 0 ? MR_E_TRUNCATED : mr_journal_feed(o->reader, mr_slice(o->piece, (size_t)n));
}

static bool read_header(struct mr_wireproc *w, struct old *o, struct mr_journal_header *h)
{
    enum mr_err err;
    while ((err = mr_journal_header(o->reader, h)) == MR_E_TRUNCATED) {
        if (feed(o) != MR_OK) {
            return false;
        }
    }
    w->first = (struct mr_journal_point){.offset = mr_journal_good_bytes(o->reader)};
    mr_journal_hash(o->reader, w->first.hash);
    return err == MR_OK;
}

/* From a point to the last good block. */
static void read_on(struct mr_wireproc *w, struct old *o, const struct mr_journal_point *point)
{
    struct mr_entry e;
    enum mr_err err = lseek(o->fd, (off_t)point->offset, SEEK_SET) >= 0 ? MR_OK : MR_E_IO;
    mr_journal_reader_at(o->reader, point);
    o->last_seq = point->seq;
    while (err == MR_OK) {
        while ((err = mr_journal_next(o->reader, &e)) == MR_OK) {
            take_entry(w, &e);
            o->last_seq = e.seq;
        }
        o->damaged = err != MR_E_TRUNCATED;
        err = err == MR_E_TRUNCATED ? feed(o) : err;
    }
}

/* True where the record goes on from this snapshot's point, and has its last input. */
static bool fits(struct mr_wireproc *w, struct old *o, struct mr_wire_snapshot *s)
{
    struct mr_wire_saved saved;
    if (!mr_wireproc_snapshot(s->seq, &saved)) {
        return false;
    }
    free(saved.bytes);
    s->point = saved.point;
    w->history = saved.history;
    read_on(w, o, &s->point);
    return mr_journal_good_bytes(o->reader) > s->point.offset && o->last_seq >= s->seq;
}

/* Reads from the newest snapshot that fits, and keeps those that do; older ones are for where core refuses the newest. */
static void read_rest(struct mr_wireproc *w, struct old *o)
{
    struct mr_wire_snapshot found[MR_WIRE_SNAPSHOTS_KEPT];
    size_t n = mr_wireproc_find_snapshots(found, MR_WIRE_SNAPSHOTS_KEPT), kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct mr_wire_saved saved;
        if (kept == 0 ? fits(w, o, &found[i]) : mr_wireproc_snapshot(found[i].seq, &saved)) {
            if (kept > 0) {
                found[i].point = saved.point;
                free(saved.bytes);
            }
            w->snapshots[kept++] = found[i];
        }
    }
    if (kept == 0) {
        w->history = (struct mr_wire_history){0};
        read_on(w, o, &w->first);
    }
}

static void remove_strays(const struct mr_wireproc *w)
{
    struct mr_wire_snapshot found[8];
    size_t n = mr_wireproc_find_snapshots(found, sizeof found / sizeof found[0]);
    for (size_t i = 0; i < n; i++) {
        bool kept = false;
        for (size_t k = 0; k < MR_WIRE_SNAPSHOTS_KEPT; k++) {
            kept |= w->snapshots[k].seq == found[i].seq;
        }
        if (!kept) {
            mr_wireproc_remove_snapshot(found[i].seq);
        }
    }
}

static void forget_old(struct mr_wireproc *w)
{
    memset(w->snapshots, 0, sizeof w->snapshots);
    w->history = (struct mr_wire_history){0};
}

static bool new_record(struct mr_wireproc *w)
{
    forget_old(w);
    if (!mr_statedir_set_aside()) {
        mr_wireproc_say(w, "the old run in this folder cannot be moved aside: %s", strerror(errno));
        return false;
    }
    int64_t epoch = mr_wireproc_unix_ns();
    struct mr_journal_header h = {.build = mr_slice_str(MR_VERSION),
                                  .content_hash = w->opt->content_hash,
                                  .world = w->opt->network == MR_WIRE_NETNS ? MR_WORLD_LIVE : MR_WORLD_LOOPBACK,
                                  .seed = w->opt->seed,
                                  .epoch_ns = epoch,
                                  .content = w->opt->content,
                                  .label = mr_slice_str(w->opt->team)};
    if (w->opt->record) {
        enum mr_err err = mr_recorder_create(&w->recorder, MR_STATE_RECORD, &h);
        if (err != MR_OK) {
            mr_wireproc_say(w, "the record cannot be begun: %s", mr_err_text(err));
            return false;
        }
        w->first = mr_recorder_point(&w->recorder);
    } else {
        mr_recorder_none(&w->recorder);
    }
    mr_wireproc_start_clock(w, epoch, 0);
    return true;
}

/* After a loss of power the end of a file may be anything. The run goes on with what is good; the rest is for who can read it. */
static enum mr_err keep_damaged(const struct mr_wireproc *w, const struct old *o)
{
    uint64_t good = mr_journal_good_bytes(o->reader);
    mr_wireproc_say(w, "the record is damaged after byte %llu: what stood behind that does not count and is kept in %s",
                    (unsigned long long)good, MR_STATE_DAMAGED);
    return mr_record_keep_rest(o->fd, good, MR_STATE_DAMAGED);
}

/* The old record's reader stands at its end. */
static bool go_on(struct mr_wireproc *w, const struct old *o, int64_t epoch)
{
    enum mr_err err = o->damaged ? keep_damaged(w, o) : MR_OK;
    if (err == MR_OK) {
        err = mr_recorder_resume(&w->recorder, MR_STATE_RECORD, o->reader);
    }
    if (err != MR_OK) {
        mr_wireproc_say(w, "the record cannot be continued: %s", mr_err_text(err));
        return false;
    }
    remove_strays(w);
    mr_wireproc_start_clock(w, epoch, w->recorder.last);
    return true;
}

/* Whether the old record is of this content and seed; says what may surprise. */
static bool suits(struct mr_wireproc *w, struct old *o, struct mr_journal_header *h)
{
    if (!read_header(w, o, h)) {
        mr_wireproc_say(w, "the record in this folder cannot be read: it is kept in the folder 'previous', and a new run begins");
        return false;
    }
    bool same = mr_slice_eq(h->content_hash, w->opt->content_hash) && h->seed == w->opt->seed;
    if (!same) {
        mr_wireproc_say(w,
                        "the run in this folder was of other files or another seed: it is kept in the folder 'previous', and a "
                        "new one begins");
    }
    return same;
}

/* An old record is continued where it is of the same content and seed and was not ended. */
bool mr_wireproc_open_record(struct mr_wireproc *w, bool *continued)
{
    struct old o = {.fd = w->opt->record ? open(MR_STATE_RECORD, O_RDONLY | O_CLOEXEC) : -1};
    struct mr_journal_header h;
    *continued = false;
    if (o.fd >= 0) {
        o.reader = mr_journal_reader_create();
        o.piece = malloc(PIECE);
        if (o.reader && o.piece && suits(w, &o, &h)) {
            read_rest(w, &o);
            *continued = !w->history.ended || w->opt->resume;
        }
    }
    bool ok = *continued ? go_on(w, &o, h.epoch_ns) : new_record(w);
    if (o.fd >= 0) {
        (void)close(o.fd);
    }
    mr_journal_reader_destroy(o.reader);
    free(o.piece);
    return ok;
}
