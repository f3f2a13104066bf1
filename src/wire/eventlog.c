/* eventlog.c - file = (u32le length, event)*. An event's first twelve bytes are its identity (sim/event.c). */
#include "wire/eventlog.h"

#include <fcntl.h>
#include <unistd.h>

#define HEAD 4

static void identity(struct mr_slice event, uint64_t *input, uint32_t *index)
{
    struct mr_reader r = mr_reader(event);
    *input = mr_read_u64le(&r);
    *index = mr_read_u32le(&r);
}

size_t mr_eventlog_read(const struct mr_eventlog *l, off_t at, uint8_t *buf)
{
    uint8_t head[HEAD];
    if (pread(l->fd, head, HEAD, at) != HEAD) {
        return 0;
    }
    struct mr_reader r = mr_reader(mr_slice(head, HEAD));
    uint32_t n = mr_read_u32le(&r);
    if (n < 12 || n > MR_EVENT_BYTES || pread(l->fd, buf, n, at + HEAD) != (ssize_t)n) {
        return 0;
    }
    return n;
}

enum mr_err mr_eventlog_open(struct mr_eventlog *l, const char *path)
{
    *l = (struct mr_eventlog){.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
    if (l->fd < 0) {
        return MR_E_IO;
    }
    uint8_t buf[MR_EVENT_BYTES];
    size_t n;
    while ((n = mr_eventlog_read(l, l->end, buf)) > 0) {
        uint64_t input;
        uint32_t index;
        identity(mr_slice(buf, n), &input, &index);
        if (index < MR_EVENTLOG_OWN) {
            l->input = input;
            l->index = index;
        }
        l->end += (off_t)(HEAD + n);
    }
    return ftruncate(l->fd, l->end) == 0 ? MR_OK : MR_E_IO;
}

void mr_eventlog_close(struct mr_eventlog *l)
{
    if (l->fd >= 0) {
        (void)close(l->fd);
        l->fd = -1;
    }
}

bool mr_eventlog_add(struct mr_eventlog *l, struct mr_slice event)
{
    uint64_t input;
    uint32_t index;
    identity(event, &input, &index);
    bool own = index >= MR_EVENTLOG_OWN;
    if (event.n < 12 || event.n > MR_EVENT_BYTES) {
        return false;
    }
    if (!own && (input < l->input || (input == l->input && index <= l->index && l->end > 0))) {
        return false;
    }
    uint8_t buf[HEAD + MR_EVENT_BYTES];
    struct mr_writer w = mr_writer(buf, sizeof buf);
    mr_write_u32le(&w, (uint32_t)event.n);
    mr_write_bytes(&w, event);
    if (pwrite(l->fd, buf, w.n, l->end) != (ssize_t)w.n) {
        return false; /* a full disk: the record has its cause, a replay says it again */
    }
    l->end += (off_t)w.n;
    if (!own) {
        l->input = input;
        l->index = index;
    }
    return true;
}

off_t mr_eventlog_after(const struct mr_eventlog *l, uint64_t input, uint32_t index)
{
    uint8_t buf[MR_EVENT_BYTES];
    off_t at = 0, greater = l->end;
    size_t n;
    while ((n = mr_eventlog_read(l, at, buf)) > 0) {
        uint64_t i;
        uint32_t x;
        identity(mr_slice(buf, n), &i, &x);
        if (i == input && x == index) {
            return at + (off_t)(HEAD + n); /* the very one: the file has the order in which they were told */
        }
        if (at < greater && (i > input || (i == input && x > index))) {
            greater = at;
        }
        at += (off_t)(HEAD + n);
    }
    return greater;
}
