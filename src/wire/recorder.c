/* recorder.c - see recorder.h. */
#include "wire/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static bool write_all(int fd, struct mr_slice s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        s = mr_slice(s.p + n, s.n - (size_t)n);
    }
    return true;
}

enum mr_err mr_recorder_create(struct mr_recorder *r, const char *path, const struct mr_journal_header *h)
{
    *r = (struct mr_recorder){.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644)};
    if (r->fd < 0) {
        return errno == ENOSPC ? MR_E_NO_SPACE : MR_E_IO;
    }
    size_t cap = h->content.n + 4096;
    uint8_t *buf = malloc(cap);
    r->journal = mr_journal_writer_create();
    struct mr_writer w = mr_writer(buf, buf ? cap : 0);
    enum mr_err err = r->journal ? mr_journal_start(r->journal, h, &w) : MR_E_NOMEM;
    if (err == MR_OK && !write_all(r->fd, mr_written(&w))) {
        err = errno == ENOSPC ? MR_E_NO_SPACE : MR_E_IO;
    }
    r->bytes = w.n;
    r->dirty = true;
    free(buf);
    return err;
}

enum mr_err mr_recorder_resume(struct mr_recorder *r, const char *path, const struct mr_journal_reader *at_end)
{
    *r = (struct mr_recorder){.fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)};
    r->bytes = mr_journal_good_bytes(at_end);
    r->journal = mr_journal_writer_create();
    if (r->fd < 0 || !r->journal || ftruncate(r->fd, (off_t)r->bytes) != 0) {
        return MR_E_IO;
    }
    enum mr_err err = mr_journal_resume(r->journal, at_end);
    r->seq = r->written_seq = mr_journal_last_seq(r->journal);
    r->last = mr_journal_last_time(r->journal);
    return err;
}

void mr_recorder_none(struct mr_recorder *r)
{
    *r = (struct mr_recorder){.fd = -1};
}

void mr_recorder_close(struct mr_recorder *r)
{
    if (r->fd >= 0) {
        mr_recorder_flush(r);
        (void)fdatasync(r->fd);
        (void)close(r->fd);
        r->fd = -1;
    }
    mr_journal_writer_destroy(r->journal);
    free(r->unwritten);
    r->journal = NULL;
    r->unwritten = NULL;
}

uint64_t mr_recorder_add(struct mr_recorder *r, uint8_t kind, mr_ns at, struct mr_slice payload)
{
    r->last = at > r->last ? at : r->last;
    r->seq += kind < MR_IN_NOTES;
    if (r->fd >= 0) {
        enum mr_err err = mr_journal_add(r->journal, kind, r->last, payload, NULL);
        if (err == MR_E_FULL) {
            mr_recorder_flush(r);
            err = mr_journal_add(r->journal, kind, r->last, payload, NULL);
        }
        MR_ASSERT(err == MR_OK && mr_journal_last_seq(r->journal) == r->seq);
    }
    return r->seq;
}

/* A block that does not go to the disk waits; one that has gone half is cut off again. */
static void set_aside(struct mr_recorder *r, struct mr_slice block)
{
    r->full = true;
    r->lost |= ftruncate(r->fd, (off_t)r->bytes) != 0;
    if (r->lost || r->nunwritten + block.n > MR_WIRE_UNWRITTEN) {
        r->lost = true;
        return;
    }
    if (!r->unwritten) {
        r->unwritten = malloc(MR_WIRE_UNWRITTEN);
    }
    if (!r->unwritten) {
        r->lost = true;
        return;
    }
    memcpy(r->unwritten + r->nunwritten, block.p, block.n);
    r->nunwritten += block.n;
}

void mr_recorder_flush(struct mr_recorder *r)
{
    if (r->fd < 0) {
        return;
    }
    struct mr_slice block = mr_journal_flush(r->journal);
    if (block.n == 0) {
        return;
    }
    if (r->full || !write_all(r->fd, block)) {
        set_aside(r, block);
        return;
    }
    r->bytes += block.n;
    r->written_seq = r->seq;
    r->dirty = true;
}

struct mr_journal_point mr_recorder_point(struct mr_recorder *r)
{
    mr_recorder_flush(r);
    struct mr_journal_point point = mr_journal_new_frame(r->journal);
    point.offset = r->bytes + r->nunwritten;
    return point;
}

void mr_recorder_retry(struct mr_recorder *r)
{
    if (!r->full || r->lost) {
        return;
    }
    if (!write_all(r->fd, mr_slice(r->unwritten, r->nunwritten))) {
        r->lost = ftruncate(r->fd, (off_t)r->bytes) != 0;
        return;
    }
    r->bytes += r->nunwritten;
    r->nunwritten = 0;
    free(r->unwritten);
    r->unwritten = NULL;
    r->full = false;
    r->written_seq = r->seq;
    r->dirty = true;
}

static void sync_work(uv_work_t *work)
{
    struct mr_recorder *r = work->data;
    r->sync_error = fdatasync(r->fd) == 0 ? 0 : errno;
}

static void sync_done(uv_work_t *work, int status)
{
    struct mr_recorder *r = work->data;
    (void)status;
    r->syncing = false;
    if (r->sync_error == 0) {
        r->synced_seq = r->syncing_seq;
    } else {
        r->full = true;
    }
    r->synced(r->ctx);
    if (r->again) {
        r->again = false;
        mr_recorder_sync(r, work->loop);
    }
}

void mr_recorder_sync(struct mr_recorder *r, uv_loop_t *loop)
{
    if (r->fd < 0) {
        r->synced_seq = r->seq;
        r->synced(r->ctx);
        return;
    }
    if (r->syncing) {
        r->again = true;
        return;
    }
    if (!r->dirty) {
        return;
    }
    r->dirty = false;
    r->syncing = true;
    r->syncing_seq = r->written_seq;
    r->work.data = r;
    (void)uv_queue_work(loop, &r->work, sync_work, sync_done);
}
