/* snapshots.c - core's state once a minute: compressed and written in the thread pool, put in place by a rename, then noted in the
 * record. The last three stay. File = zstd frame with checksum over the state; its name is the sequence number. */
#include "wire/wireproc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define LEVEL 1

struct saving {
    uv_work_t work;
    struct mr_wireproc *wire;
    uint64_t seq;
    uint8_t *state;
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
        snapshot_path(s->seq, path, sizeof path);
        s->ok = !ZSTD_isError(n) && write_file("snapshots/.new", out, n) && rename("snapshots/.new", path) == 0;
    }
    ZSTD_freeCCtx(z);
    free(out);
}

static void remember(struct mr_wireproc *w, uint64_t seq)
{
    uint64_t oldest = w->snapshots[MR_WIRE_SNAPSHOTS_KEPT - 1].seq;
    if (oldest) {
        char path[64];
        snapshot_path(oldest, path, sizeof path);
        (void)unlink(path);
    }
    memmove(&w->snapshots[1], &w->snapshots[0], sizeof w->snapshots - sizeof w->snapshots[0]);
    w->snapshots[0].seq = seq;
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
        snapshot_path(s->seq, name, sizeof name);
        mr_write_u64le(&note, s->seq);
        mr_write_lv(&note, mr_slice_str(name));
        mr_wireproc_note(w, MR_IN_NOTE_SNAPSHOT, mr_written(&note));
        remember(w, s->seq);
    } else {
        mr_wireproc_say(w, "a snapshot could not be written; the site goes on with the one before");
    }
    free(s->state);
    free(s);
}

void mr_wireproc_save(struct mr_wireproc *w, struct mr_slice state)
{
    struct mr_reader r = mr_reader(state);
    uint64_t seq = mr_read_u64le(&r);
    if (r.bad || seq == 0 || w->saving || w->recorder.fd < 0 || seq <= w->snapshots[0].seq) {
        return;
    }
    struct saving *s = calloc(1, sizeof *s);
    size_t n = state.n - r.at;
    uint8_t *copy = malloc(n ? n : 1);
    if (!s || !copy) {
        free(s);
        free(copy);
        return;
    }
    memcpy(copy, state.p + r.at, n);
    *s = (struct saving){.wire = w, .seq = seq, .state = copy, .n = n};
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

uint8_t *mr_wireproc_snapshot(uint64_t seq, size_t *n)
{
    char path[64];
    snapshot_path(seq, path, sizeof path);
    size_t packed_n;
    uint8_t *packed = read_file(path, &packed_n);
    if (!packed) {
        return NULL;
    }
    unsigned long long size = ZSTD_getFrameContentSize(packed, packed_n);
    uint8_t *state = size > 0 && size < MR_MESSAGE_MAX ? malloc((size_t)size) : NULL;
    if (state && ZSTD_decompress(state, (size_t)size, packed, packed_n) != size) {
        free(state);
        state = NULL;
    }
    free(packed);
    *n = state ? (size_t)size : 0;
    return state;
}
