/* snapshots.c - core's state once a minute: compressed and written in the thread pool, put in place by a rename, then noted in
 * the record. The last three stay.
 *
 *   file = zstd frame with checksum; its name is the sequence number of the last input
 *   what is in it = u64 offset in the record, hash[16], u64 sequence number, i64 time: a point of the record (sim/journal.h) at
 *   or
 *                   before that input; u8 paused, u8 begun, u8 quarantined, u64 each; the state
 *
 * So neither a core nor a wire that comes back reads more of the record than the last minutes. */
#include "wire/statedir.h"
#include "wire/wireproc.h"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define LEVEL    1
#define HEAD_MAX (8 + MR_JOURNAL_HASH + 8 + 8 + 3 + 8 * MR_WIRE_QUARANTINES)

struct saving {
    uv_work_t work;
    struct mr_wireproc *wire;
    struct mr_wire_snapshot snapshot;
    uint8_t *state; /* behind its head */
    size_t n;
    bool ok;
};

static void snapshot_path(uint64_t seq, char *to, size_t cap)
{
    (void)snprintf(to, cap, "snapshots/%llu.zst", (unsigned long long)seq);
}

static bool write_file(const char *path, const uint8_t *p, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        return false;
    }
    bool ok = true;
    for (size_t at = 0; ok && at < n;) {
        ssize_t k = write(fd, p + at, n - at);
        ok = k > 0;
        at += k > 0 ? (size_t)k : 0;
    }
    ok = ok && fdatasync(fd) == 0;
    (void)close(fd);
    return ok;
}

static void save_work(uv_work_t *work)
{
    struct saving *s = work->data;
    size_t cap = ZSTD_compressBound(s->n);
    uint8_t *out = malloc(cap);
    ZSTD_CCtx *z = ZSTD_createCCtx();
    if (out && z) {
        (void)ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, LEVEL);
        (void)ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
        size_t n = ZSTD_compress2(z, out, cap, s->state, s->n);
        char path[64];
        snapshot_path(s->snapshot.seq, path, sizeof path);
        s->ok = !ZSTD_isError(n) && write_file("snapshots/.new", out, n) && rename("snapshots/.new", path) == 0;
    }
    ZSTD_freeCCtx(z);
    free(out);
}

void mr_wireproc_remove_snapshot(uint64_t seq)
{
    char path[64];
    snapshot_path(seq, path, sizeof path);
    (void)unlink(path);
}

static void remember(struct mr_wireproc *w, struct mr_wire_snapshot newest)
{
    uint64_t oldest = w->snapshots[MR_WIRE_SNAPSHOTS_KEPT - 1].seq;
    if (oldest) {
        mr_wireproc_remove_snapshot(oldest);
    }
    memmove(&w->snapshots[1], &w->snapshots[0], sizeof w->snapshots - sizeof w->snapshots[0]);
    w->snapshots[0] = newest;
}

static void save_done(uv_work_t *work, int status)
{
    struct saving *s = work->data;
    struct mr_wireproc *w = s->wire;
    (void)status;
    w->saving = false;
    if (s->ok) {
        uint8_t buf[96];
        char name[64];
        struct mr_writer note = mr_writer(buf, sizeof buf);
        snapshot_path(s->snapshot.seq, name, sizeof name);
        mr_write_u64le(&note, s->snapshot.seq);
        mr_write_lv(&note, mr_slice_str(name));
        mr_wireproc_note(w, MR_IN_NOTE_SNAPSHOT, mr_written(&note));
        remember(w, s->snapshot);
    } else {
        mr_wireproc_say(w, "a snapshot could not be written; the site goes on with the one before");
    }
    free(s->state);
    free(s);
    (void)malloc_trim(0); /* a state is larger than all else that wire holds */
}

static void write_head(struct mr_writer *out, const struct mr_journal_point *point, const struct mr_wire_history *h)
{
    mr_write_u64le(out, point->offset);
    mr_write_bytes(out, mr_slice(point->hash, sizeof point->hash));
    mr_write_u64le(out, point->seq);
    mr_write_u64le(out, (uint64_t)point->at);
    mr_write_u8(out, h->paused);
    mr_write_u8(out, h->begun);
    mr_write_u8(out, (uint8_t)h->nquarantined);
    for (uint32_t i = 0; i < h->nquarantined; i++) {
        mr_write_u64le(out, h->quarantined[i]);
    }
}

static bool read_head(struct mr_reader *in, struct mr_journal_point *point, struct mr_wire_history *h)
{
    point->offset = mr_read_u64le(in);
    struct mr_slice hash = mr_read_bytes(in, sizeof point->hash);
    point->seq = mr_read_u64le(in);
    point->at = (mr_ns)mr_read_u64le(in);
    h->paused = mr_read_u8(in) != 0;
    h->begun = mr_read_u8(in) != 0;
    h->nquarantined = mr_read_u8(in);
    if (in->bad || h->nquarantined > MR_WIRE_QUARANTINES) {
        return false;
    }
    memcpy(point->hash, hash.p, sizeof point->hash);
    for (uint32_t i = 0; i < h->nquarantined; i++) {
        h->quarantined[i] = mr_read_u64le(in);
    }
    return !in->bad;
}

void mr_wireproc_save(struct mr_wireproc *w, struct mr_slice state)
{
    struct mr_reader r = mr_reader(state);
    uint64_t seq = mr_read_u64le(&r);
    if (r.bad || seq < w->asked.seq || w->saving || w->recorder.fd < 0 || seq <= w->snapshots[0].seq) {
        return;
    }
    struct saving *s = calloc(1, sizeof *s);
    size_t cap = HEAD_MAX + mr_reader_left(&r);
    struct mr_writer out = mr_writer(malloc(cap), cap);
    if (!s || !out.p) {
        free(s);
        free(out.p);
        return;
    }
    write_head(&out, &w->asked, &w->history);
    mr_write_bytes(&out, mr_read_bytes(&r, mr_reader_left(&r)));
    *s = (struct saving){.wire = w, .snapshot = {seq, w->asked}, .state = out.p, .n = out.n};
    s->work.data = s;
    w->saving = true;
    (void)uv_queue_work(&w->loop, &s->work, save_work, save_done);
}

static uint8_t *read_file(const char *path, size_t *n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0) {
        return NULL;
    }
    uint8_t *p = fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= MR_MESSAGE_MAX ? malloc((size_t)st.st_size) : NULL;
    if (p && read(fd, p, (size_t)st.st_size) != st.st_size) {
        free(p);
        p = NULL;
    }
    (void)close(fd);
    *n = p ? (size_t)st.st_size : 0;
    return p;
}

static uint8_t *unpack(const char *path, size_t *n)
{
    size_t packed_n;
    uint8_t *packed = read_file(path, &packed_n);
    if (!packed) {
        return NULL;
    }
    unsigned long long size = ZSTD_getFrameContentSize(packed, packed_n);
    uint8_t *bytes = size > 0 && size < MR_MESSAGE_MAX ? malloc((size_t)size) : NULL;
    if (bytes && ZSTD_decompress(bytes, (size_t)size, packed, packed_n) != size) {
        free(bytes);
        bytes = NULL;
    }
    free(packed);
    *n = bytes ? (size_t)size : 0;
    return bytes;
}

bool mr_wireproc_snapshot(uint64_t seq, struct mr_wire_saved *out)
{
    char path[64];
    size_t n = 0;
    snapshot_path(seq, path, sizeof path);
    *out = (struct mr_wire_saved){.bytes = unpack(path, &n)};
    if (!out->bytes) {
        return false;
    }
    struct mr_reader r = mr_reader(mr_slice(out->bytes, n));
    if (!read_head(&r, &out->point, &out->history)) {
        free(out->bytes);
        return false;
    }
    out->state = mr_read_bytes(&r, mr_reader_left(&r));
    return true;
}

size_t mr_wireproc_find_snapshots(struct mr_wire_snapshot *out, size_t cap)
{
    size_t n = 0;
    DIR *folder = opendir(MR_STATE_SNAPSHOTS);
    for (struct dirent *e; folder && (e = readdir(folder));) {
        uint64_t seq = strtoull(e->d_name, NULL, 10); /* 0: no snapshot's name */
        size_t at = n;
        while (at > 0 && out[at - 1].seq < seq) {
            at--;
        }
        if (seq > 0 && at < cap) {
            n += n < cap;
            memmove(&out[at + 1], &out[at], (n - at - 1) * sizeof *out);
            out[at] = (struct mr_wire_snapshot){.seq = seq};
        }
    }
    if (folder) {
        (void)closedir(folder);
    }
    return n;
}
