/* recorder.h - the record of a site on the disk: one write() a block, fdatasync in the loop's thread pool, and what to do when
 * the disk is full (blocks wait in memory, nothing is confirmed, the site goes on). */
#ifndef MR_WIRE_RECORDER_H
#define MR_WIRE_RECORDER_H

#include "sim/journal.h"
#include "wire/limits.h"

#include <uv.h>

struct mr_recorder {
    int fd; /* -1: not kept (--no-record); then inputs are only numbered */
    struct mr_journal_writer *journal;
    uint64_t bytes; /* of whole blocks in the file */
    uint64_t seq;   /* of the last input added */
    mr_ns last;     /* its time, at least */
    uint8_t *unwritten;
    size_t nunwritten;
    bool full;                  /* the disk is */
    bool lost;                  /* more was lost than memory could hold: the record ends here */
    bool dirty, syncing, again; /* `again`: asked for while one was under way */
    uint64_t written_seq, syncing_seq, synced_seq;
    uv_work_t work;
    int sync_error;
    void (*synced)(void *ctx); /* synced_seq has moved, or `full` has changed */
    void *ctx;
};

/* A new record `path`. */
enum mr_err mr_recorder_create(struct mr_recorder *r, const char *path, const struct mr_journal_header *h);
/* Goes on with a record whose reader is at its last good block; the file is cut there. */
enum mr_err mr_recorder_resume(struct mr_recorder *r, const char *path, const struct mr_journal_reader *at_end);
void mr_recorder_none(struct mr_recorder *r);
void mr_recorder_close(struct mr_recorder *r);

/* Number of the input; notes give that of the last input. Time never goes back: an earlier one is taken as the last. */
uint64_t mr_recorder_add(struct mr_recorder *r, uint8_t kind, mr_ns at, struct mr_slice payload);
/* Writes the block in the making. */
void mr_recorder_flush(struct mr_recorder *r);
/* Ends it, and gives the place behind it, from which the record can be read without what is before. */
struct mr_journal_point mr_recorder_point(struct mr_recorder *r);
/* Starts fdatasync for what is written, if there is anything; `synced` is called when it is done. */
void mr_recorder_sync(struct mr_recorder *r, uv_loop_t *loop);
/* Tries again to write what waits. */
void mr_recorder_retry(struct mr_recorder *r);

#endif
