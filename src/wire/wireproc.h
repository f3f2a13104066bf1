/* wireproc.h - the wire process as its own files see it. One turn of its loop:
 *
 *   sockets, timers, server  --inputs.c-->  record block  -->  core  --answers.c-->  sockets, events, captures
 *
 * recovery.c brings a dead core back and a stopped wire up again; serverlink.c is the socket for the server and for exec. */
#ifndef MR_WIRE_WIREPROC_H
#define MR_WIRE_WIREPROC_H

#include "site/hello.h"
#include "wire/capture.h"
#include "wire/coreproc.h"
#include "wire/denials.h"
#include "wire/eventlog.h"
#include "wire/lateness.h"
#include "wire/recorder.h"
#include "wire/sockets.h"
#include "wire/wire.h"

#include <stdio.h>

#define MR_WIRE_QUARANTINES 16

struct mr_wire_snapshot {
    uint64_t seq;                  /* 0: none */
    struct mr_journal_point point; /* of the record: all inputs behind the state are behind it too */
};

/* What has been in the record up to some place, so that what is before it need not be read. */
struct mr_wire_history {
    bool paused, begun, ended;
    uint32_t nquarantined;
    uint64_t quarantined[MR_WIRE_QUARANTINES];
};

/* A snapshot's file, unpacked. */
struct mr_wire_saved {
    uint8_t *bytes; /* the caller frees */
    struct mr_slice state;
    struct mr_journal_point point;
    struct mr_wire_history history;
};

/* A value of the team's HMI as last seen, for a server that comes back. */
struct mr_wire_view {
    double value;
    uint8_t quality;
    bool known;
};

struct mr_wireproc {
    const struct mr_wire_options *opt;
    uv_loop_t loop;
    uv_check_t check;
    uv_prepare_t prepare;
    uv_timer_t deadline_timer, tick_timer;
    uv_signal_t sigint, sigterm, sigchld;
    uv_poll_t *core_poll; /* on the heap: a new one for each core */
    int core_events;      /* what it is watched for */
    bool stopping, failed;
    int exit_code;

    /* Event time = base + (clock - start) * speed. */
    int64_t clock_base, clock_start;
    int64_t epoch_ns; /* of event time 0, since 1970 */

    struct mr_hello *hello;
    uint8_t *hello_bytes; /* for READY */
    size_t nhello;
    int content_fd;

    struct mr_recorder recorder;
    bool said_full; /* that the disk is */
    struct mr_eventlog events;
    struct mr_coreproc core;
    struct mr_netns netns;
    bool has_netns;
    struct mr_sockets *sockets;
    struct mr_capture *capture;
    uint64_t drained_ms;
    int64_t next_turn; /* on the wall; see MR_WIRE_TURN_NS */
    struct mr_denials *denials;
    struct mr_serverlink *link;
    uint64_t outside; /* the network that we were started in, where server and `millrace exec` are */

    /* What core has had and said. */
    uint64_t sent_seq, done_seq; /* inputs given to the socket's buffer; worked through */
    uint64_t carried;            /* outputs up to this number were carried out */
    mr_ns deadline;
    mr_ns busy_since;  /* clock, while inputs are under way; 0: none */
    bool alive;        /* core has answered since it was restored */
    bool muted;        /* replaying after wire's own death: outputs belong to sockets that are no more */
    bool caught_up;    /* false while replaying: frames and views of the past go nowhere */
    bool paused_by_us; /* for the server's absence */
    struct mr_wire_history history;

    struct mr_wire_snapshot snapshots[MR_WIRE_SNAPSHOTS_KEPT]; /* newest first */
    struct mr_journal_point first;                             /* of the record: behind its header */
    struct mr_journal_point asked;                             /* where the state that core was asked for belongs */
    bool saving;
    mr_ns next_snapshot, next_digest;
    uint32_t restarts;
    uint32_t wire_events; /* index of our own events */

    struct mr_wire_view *view;
    struct mr_lateness lateness; /* of what core asked for, on the wall clock */
};

/* wire.c */
mr_ns mr_wireproc_now(const struct mr_wireproc *w); /* event time */
/* Event time goes on from the record's last input, or from the wall clock where that is later. */
void mr_wireproc_start_clock(struct mr_wireproc *w, int64_t epoch_ns, mr_ns last);
int64_t mr_wireproc_unix_ns(void);
void mr_wireproc_say(const struct mr_wireproc *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3))); /* stderr and log */
void mr_wireproc_stop(struct mr_wireproc *w, int exit_code);

unsigned mr_wireproc_uid(const struct mr_wireproc *w); /* whom a wire started as root becomes */

/* inputs.c */
uint64_t mr_wireproc_input(struct mr_wireproc *w, uint8_t kind, struct mr_slice payload);
uint64_t mr_wireproc_net_event(void *ctx, const struct mr_net_event *ev); /* a mr_sockets_event_fn */
void mr_wireproc_note(struct mr_wireproc *w, uint8_t kind, struct mr_slice payload);
/* What was collected goes to the record, then to core. */
void mr_wireproc_flush(struct mr_wireproc *w);
void mr_wireproc_arm_deadline(struct mr_wireproc *w);
void mr_wireproc_pause(struct mr_wireproc *w, const char *who, const char *why);
void mr_wireproc_resume(struct mr_wireproc *w, const char *who, const char *why);
void mr_wireproc_begin(struct mr_wireproc *w, const char *who, const char *why);

/* answers.c */
/* Deals with every whole message that has come. MR_E_MALFORMED: core is broken. */
enum mr_err mr_wireproc_answers(struct mr_wireproc *w);
void mr_wireproc_own_event(struct mr_wireproc *w, struct mr_event *e);

/* snapshots.c */
void mr_wireproc_save(struct mr_wireproc *w, struct mr_slice state); /* a STATE message: sequence number, state */
/* False where it is unreadable; then there is nothing to free. */
bool mr_wireproc_snapshot(uint64_t seq, struct mr_wire_saved *out);
/* The snapshots in the folder, newest first. */
size_t mr_wireproc_find_snapshots(struct mr_wire_snapshot *out, size_t cap);
void mr_wireproc_remove_snapshot(uint64_t seq);

/* resume.c */
/* A new record, or the old one to go on with (`*continued`). */
bool mr_wireproc_open_record(struct mr_wireproc *w, bool *continued);
bool mr_wireproc_is_quarantined(const struct mr_wireproc *w, uint64_t seq);

/* recovery.c */
/* Starts core and waits for its HELLO. */
bool mr_wireproc_start_core(struct mr_wireproc *w);
/* Core is dead: another one, brought to where the first was. False: given up. */
bool mr_wireproc_recover(struct mr_wireproc *w, const char *why);
/* After a start with an old record: core is brought to its end. */
bool mr_wireproc_replay(struct mr_wireproc *w);
/* Puts core's channel into the loop (for writing too while something waits), or takes it out. */
void mr_wireproc_watch_core(struct mr_wireproc *w);
void mr_wireproc_unwatch_core(struct mr_wireproc *w);

/* serverlink.c */
struct mr_serverlink;
void mr_serverlink_outside(
    struct mr_wireproc *w); /* before the site's namespaces are entered: only from here may somebody come */
bool mr_serverlink_open(struct mr_wireproc *w);
void mr_serverlink_close(struct mr_wireproc *w);
void mr_serverlink_free(struct mr_wireproc *w);
void mr_serverlink_pump(struct mr_wireproc *w); /* events have been added */
void mr_serverlink_view(struct mr_wireproc *w, struct mr_slice payload);
void mr_serverlink_synced(struct mr_wireproc *w);
void mr_serverlink_health(struct mr_wireproc *w);

/* ready.c */
void mr_wireproc_print_site(const struct mr_wireproc *w, FILE *to);

#endif
