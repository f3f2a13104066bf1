/* capture.c - see capture.h; packet(7), and net/pcapng.h for the form of the files. */
#include "wire/capture.h"

#include "net/pcapng.h"
#include "wire/limits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER      (64u << 10)
#define CARD        2   /* index of the first monitoring port in its namespace, as netns.c numbers them */
#define DRAIN_READS 128 /* then the loop goes on */

struct zone_file {
    int fd;
    unsigned number;
    uint64_t bytes;
    size_t n;
    uint8_t *buf;
};

struct mr_capture {
    const struct mr_topology *topology;
    int fd;
    uint64_t dropped;
    struct zone_file zones[MR_ZONES_MAX];
    struct mmsghdr msgs[MR_WIRE_CAPTURE_FRAMES];
    struct iovec parts[MR_WIRE_CAPTURE_FRAMES];
    struct sockaddr_ll from[MR_WIRE_CAPTURE_FRAMES];
    uint8_t control[MR_WIRE_CAPTURE_FRAMES][64];
    uint8_t frames[MR_WIRE_CAPTURE_FRAMES][MR_WIRE_FRAME];
};

static void file_name(const struct mr_capture *c, uint16_t zone, unsigned number, char *to, size_t cap)
{
    (void)snprintf(to, cap, "captures/%s-%04u.pcapng", c->topology->zones[zone].name, number);
}

/* What does not fit the disk is dropped; a capture is no record. */
static void flush_zone(struct mr_capture *c, struct zone_file *z)
{
    if (z->n > 0 && z->fd >= 0) {
        ssize_t n = write(z->fd, z->buf, z->n);
        if (n != (ssize_t)z->n) {
            c->dropped++;
            if (n > 0 && ftruncate(z->fd, (off_t)z->bytes) != 0) { /* no half block */
                (void)close(z->fd);
                z->fd = -1;
            }
        } else {
            z->bytes += z->n;
        }
    }
    z->n = 0;
}

static void next_file(struct mr_capture *c, uint16_t zone)
{
    struct zone_file *z = &c->zones[zone];
    char name[128];
    if (z->fd >= 0) {
        (void)close(z->fd);
    }
    do { /* after a restart the old files stay */
        file_name(c, zone, ++z->number, name, sizeof name);
        z->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
    } while (z->fd < 0 && errno == EEXIST);
    z->bytes = 0;
    struct mr_writer w = mr_writer(z->buf, BUFFER);
    mr_pcapng_section(&w, "millrace " MR_VERSION);
    mr_pcapng_interface(&w, c->topology->zones[zone].name, NULL);
    z->n = w.n;
    if (z->number > MR_WIRE_CAPTURE_FILES) {
        file_name(c, zone, z->number - MR_WIRE_CAPTURE_FILES, name, sizeof name);
        (void)unlink(name);
    }
}

void mr_capture_frame(struct mr_capture *c, uint16_t zone, int64_t unix_ns, struct mr_slice frame)
{
    if (zone >= c->topology->nzones) {
        return;
    }
    struct zone_file *z = &c->zones[zone];
    struct mr_writer w = mr_writer(z->buf + z->n, BUFFER - z->n);
    mr_pcapng_packet(&w, 0, (uint64_t)unix_ns, 0, frame, NULL);
    if (w.full) {
        flush_zone(c, z);
        if (z->bytes > MR_WIRE_CAPTURE_FILE) {
            next_file(c, zone);
        }
        w = mr_writer(z->buf + z->n, BUFFER - z->n);
        mr_pcapng_packet(&w, 0, (uint64_t)unix_ns, 0, frame, NULL);
    }
    z->n += w.full ? 0 : w.n;
}

void mr_capture_flush(struct mr_capture *c)
{
    for (uint16_t i = 0; i < c->topology->nzones; i++) {
        flush_zone(c, &c->zones[i]);
    }
}

static int monitor_socket(struct mr_netns *netns)
{
    static const int on = 1, bytes = MR_WIRE_CAPTURE_RCVBUF;
    if (mr_netns_enter(netns, netns->monitor) != MR_OK) {
        return -1;
    }
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
    if (fd >= 0) {
        (void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
        (void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) { /* bounded by rmem_max then */
            (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
        }
    }
    return fd;
}

struct mr_capture *mr_capture_open(struct mr_netns *netns, const struct mr_topology *topology)
{
    struct mr_capture *c = calloc(1, sizeof *c);
    if (!c) {
        return NULL;
    }
    c->topology = topology;
    c->fd = -1;
    for (uint16_t i = 0; i < MR_ZONES_MAX; i++) {
        c->zones[i].fd = -1;
    }
    for (uint16_t i = 0; i < topology->nzones; i++) {
        c->zones[i].buf = malloc(BUFFER);
        if (!c->zones[i].buf) {
            mr_capture_close(c);
            return NULL;
        }
        next_file(c, i);
    }
    if (netns && (c->fd = monitor_socket(netns)) < 0) {
        mr_capture_close(c);
        return NULL;
    }
    return c;
}

void mr_capture_close(struct mr_capture *c)
{
    if (!c) {
        return;
    }
    mr_capture_drain(c); /* what crossed since the last time */
    for (uint16_t i = 0; i < c->topology->nzones; i++) {
        flush_zone(c, &c->zones[i]);
        if (c->zones[i].fd >= 0) {
            (void)close(c->zones[i].fd);
        }
        free(c->zones[i].buf);
    }
    if (c->fd >= 0) {
        (void)close(c->fd);
    }
    free(c);
}

static int64_t timestamp(struct msghdr *m)
{
    struct timespec t = {0};
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
        if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_TIMESTAMPNS) {
            memcpy(&t, CMSG_DATA(h), sizeof t);
            return (int64_t)t.tv_sec * MR_S + t.tv_nsec;
        }
    }
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * MR_S + t.tv_nsec;
}

void mr_capture_drain(struct mr_capture *c)
{
    for (int reads = 0; c->fd >= 0 && reads < DRAIN_READS; reads++) {
        for (size_t i = 0; i < MR_WIRE_CAPTURE_FRAMES; i++) {
            c->parts[i] = (struct iovec){c->frames[i], MR_WIRE_FRAME};
            c->msgs[i].msg_hdr = (struct msghdr){.msg_name = &c->from[i],
                                                 .msg_namelen = sizeof c->from[i],
                                                 .msg_iov = &c->parts[i],
                                                 .msg_iovlen = 1,
                                                 .msg_control = c->control[i],
                                                 .msg_controllen = sizeof c->control[i]};
        }
        int n = recvmmsg(c->fd, c->msgs, MR_WIRE_CAPTURE_FRAMES, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++) {
            mr_capture_frame(c, (uint16_t)(c->from[i].sll_ifindex - CARD), timestamp(&c->msgs[i].msg_hdr),
                             mr_slice(c->frames[i], c->msgs[i].msg_len));
        }
        if (n < MR_WIRE_CAPTURE_FRAMES) {
            return;
        }
    }
}

uint64_t mr_capture_dropped(const struct mr_capture *c)
{
    uint64_t dropped = c->dropped;
    struct tpacket_stats st = {0};
    socklen_t n = sizeof st;
    if (c->fd >= 0 && getsockopt(c->fd, SOL_PACKET, PACKET_STATISTICS, &st, &n) == 0) {
        dropped += st.tp_drops;
    }
    return dropped;
}
