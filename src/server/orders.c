#include "server/orders.h"

#include "site/record_rest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct mr_orders {
    int fd;
    struct mr_journal_writer *writer;
    bool broken;      /* a half written block could not be cut off: nothing is added before it is */
    uint64_t good;    /* length of the file up to the last whole block */
    int64_t epoch_ns; /* of the record */
    uint8_t payload[MR_COMMAND_BYTES];
};

static int64_t wall_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * MR_S + t.tv_nsec;
}

static enum mr_err io_error(void)
{
    return errno == ENOSPC || errno == EDQUOT ? MR_E_NO_SPACE : MR_E_IO;
}

static enum mr_err write_all(int fd, struct mr_slice s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return io_error();
        }
        s.p += n;
        s.n -= (size_t)n;
    }
    return MR_OK;
}

/* Reads the whole file through a reader, which is then at its end, or, with MR_E_CORRUPT, before a block that is damaged. */
static enum mr_err read_through(int fd, struct mr_journal_reader *r, mr_orders_fn *fn, void *ctx)
{
    uint8_t buf[65536];
    enum mr_err err = MR_E_TRUNCATED;
    if (lseek(fd, 0, SEEK_SET) < 0) {
        return MR_E_IO;
    }
    for (;;) {
        ssize_t n = read(fd, buf, sizeof buf);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return MR_E_IO;
        }
        if (n == 0) {
            break;
        }
        if ((err = mr_journal_feed(r, mr_slice(buf, (size_t)n))) != MR_OK) {
            return err;
        }
        struct mr_journal_header h;
        if ((err = mr_journal_header(r, &h)) != MR_OK) {
            if (err == MR_E_TRUNCATED) {
                continue;
            }
            return err;
        }
        struct mr_entry e;
        while ((err = mr_journal_next(r, &e)) == MR_OK) {
            struct mr_command order;
            if (e.kind == MR_IN_ORDER && fn && mr_command_decode(e.payload, &order) == MR_OK) {
                fn(ctx, e.seq, e.at, &order);
            }
        }
        if (err != MR_E_TRUNCATED) {
            return err;
        }
    }
    struct mr_journal_header h;
    return mr_journal_header(r, &h);
}

static void explain(const char *path, enum mr_err err, const struct mr_journal_reader *r, char *why, size_t cap)
{
    uint64_t good = r ? mr_journal_good_bytes(r) : 0;
    if (err == MR_E_CORRUPT && good > 0) {
        (void)snprintf(why, cap, "%s: the record is damaged after byte %llu; a copy that is cut off there can be read", path,
                       (unsigned long long)good);
    } else {
        (void)snprintf(why, cap, "%s: %s", path, err == MR_E_NOT_FOUND ? "there is no event here" : mr_err_text(err));
    }
}

enum mr_err mr_orders_read(const char *path, mr_orders_fn *fn, void *ctx, char *why, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct mr_journal_reader *r = mr_journal_reader_create();
    enum mr_err err = fd < 0 ? MR_E_NOT_FOUND : (r ? read_through(fd, r, fn, ctx) : MR_E_NOMEM);
    if (err != MR_OK) {
        explain(path, err, r, why, cap);
    }
    mr_journal_reader_destroy(r);
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

enum mr_err mr_orders_content(const char *path, uint8_t **block, size_t *n, char *why, size_t cap)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct mr_journal_reader *r = mr_journal_reader_create();
    struct mr_journal_header h = {0};
    enum mr_err err = fd < 0 ? MR_E_NOT_FOUND : (r ? read_through(fd, r, NULL, NULL) : MR_E_NOMEM);
    if (err == MR_OK && (err = mr_journal_header(r, &h)) == MR_OK) {
        *block = malloc(h.content.n ? h.content.n : 1);
        *n = h.content.n;
        err = *block ? MR_OK : MR_E_NOMEM;
        if (*block) {
            memcpy(*block, h.content.p, h.content.n);
        }
    }
    if (err != MR_OK) {
        explain(path, err, r, why, cap);
    }
    mr_journal_reader_destroy(r);
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

/* After a loss of power the end of a file may be anything. The event goes on with what is good; the rest is for who can read
 * it. */
static enum mr_err keep_damaged(int fd, uint64_t good, const char *path)
{
    char rest[4096];
    (void)snprintf(rest, sizeof rest, "%s" MR_RECORD_REST, path);
    (void)fprintf(stderr, "millrace: %s is damaged after byte %llu: what stood behind that does not count and is kept in %s\n",
                  path, (unsigned long long)good, rest);
    return mr_record_keep_rest(fd, good, rest);
}

/* Brings file and writer to the last whole block. `path` is NULL where only an order of ours can have been left half written. */
static enum mr_err catch_up(struct mr_orders *o, const char *path, mr_orders_fn *fn, void *ctx)
{
    struct mr_journal_reader *r = mr_journal_reader_create();
    if (!r) {
        return MR_E_NOMEM;
    }
    struct mr_journal_header h;
    enum mr_err err = read_through(o->fd, r, fn, ctx);
    uint64_t good = mr_journal_good_bytes(r);
    if (err == MR_E_CORRUPT && good > 0 && path) {
        err = keep_damaged(o->fd, good, path);
    }
    if (err == MR_OK) {
        err = mr_journal_header(r, &h);
    }
    if (err != MR_OK) {
        mr_journal_reader_destroy(r);
        return err;
    }
    o->epoch_ns = h.epoch_ns;
    o->good = good;
    if (ftruncate(o->fd, (off_t)o->good) != 0 || lseek(o->fd, 0, SEEK_END) < 0) {
        mr_journal_reader_destroy(r);
        return MR_E_IO;
    }
    mr_journal_writer_destroy(o->writer);
    o->writer = mr_journal_writer_create();
    err = o->writer ? mr_journal_resume(o->writer, r) : MR_E_NOMEM;
    mr_journal_reader_destroy(r);
    return err;
}

static enum mr_err begin(struct mr_orders *o, const struct mr_journal_header *header)
{
    size_t cap = header->content.n + 8192;
    uint8_t *buf = malloc(cap);
    o->writer = mr_journal_writer_create();
    if (!buf || !o->writer) {
        free(buf);
        return MR_E_NOMEM;
    }
    struct mr_journal_header h = *header;
    h.epoch_ns = o->epoch_ns = wall_ns();
    struct mr_writer w = mr_writer(buf, cap);
    enum mr_err err = mr_journal_start(o->writer, &h, &w);
    if (err == MR_OK && (err = write_all(o->fd, mr_written(&w))) == MR_OK && fsync(o->fd) != 0) {
        err = io_error();
    }
    o->good = w.n;
    free(buf);
    return err;
}

enum mr_err mr_orders_open(const char *path, const struct mr_journal_header *header, mr_orders_fn *fn, void *ctx,
                           struct mr_orders **out, char *why, size_t cap)
{
    struct mr_orders *o = calloc(1, sizeof *o);
    if (!o) {
        return MR_E_NOMEM;
    }
    struct stat st;
    o->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    enum mr_err err = o->fd < 0 || fstat(o->fd, &st) != 0 ? io_error() : MR_OK;
    if (err == MR_OK) {
        err = st.st_size == 0 ? begin(o, header) : catch_up(o, path, fn, ctx);
    }
    if (err != MR_OK) {
        (void)snprintf(why, cap, "%s: %s", path, mr_err_text(err));
        mr_orders_close(o);
        return err;
    }
    *out = o;
    return MR_OK;
}

void mr_orders_close(struct mr_orders *o)
{
    if (!o) {
        return;
    }
    mr_journal_writer_destroy(o->writer);
    if (o->fd >= 0) {
        (void)close(o->fd);
    }
    free(o);
}

/* Not confirmed, so it must not be found in the record later: back to the last whole block. */
static void cut_back(struct mr_orders *o)
{
    o->broken = ftruncate(o->fd, (off_t)o->good) != 0 || catch_up(o, NULL, NULL, NULL) != MR_OK;
}

enum mr_err mr_orders_add(struct mr_orders *o, const struct mr_command *order, uint64_t *seq)
{
    struct mr_writer w = mr_writer(o->payload, sizeof o->payload);
    mr_command_encode(order, &w);
    if (w.full) {
        return MR_E_RANGE;
    }
    if (o->broken) {
        cut_back(o);
    }
    if (o->broken) {
        return MR_E_IO;
    }
    mr_ns at = wall_ns() - o->epoch_ns;
    mr_ns last = mr_journal_last_time(o->writer);
    enum mr_err err = mr_journal_add(o->writer, MR_IN_ORDER, at > last ? at : last, mr_written(&w), seq);
    if (err != MR_OK) {
        return err;
    }
    struct mr_slice block = mr_journal_flush(o->writer);
    size_t n = block.n;
    err = write_all(o->fd, block);
    if (err == MR_OK && fdatasync(o->fd) != 0) {
        err = io_error();
    }
    if (err == MR_OK) {
        o->good += n;
        return MR_OK;
    }
    cut_back(o);
    return err;
}
