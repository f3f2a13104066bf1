/* inputs.c - what becomes an input of the site: numbered, timed, recorded, then given to core. All inputs of one turn of the loop
 * share its time; they go into one block of the record and one write to core. */
#include "wire/wireproc.h"

static void write_head(struct mr_writer *out, uint64_t seq, mr_ns at, uint8_t kind)
{
    mr_write_u64le(out, seq);
    mr_write_u64le(out, (uint64_t)at);
    mr_write_u8(out, kind);
}

/* The payload is made once, inside the message, and the record takes it from there. While core is being brought back it gets
 * what comes from the record. */
static uint64_t add(struct mr_wireproc *w, uint8_t kind, const struct mr_net_event *ev, struct mr_slice payload)
{
    mr_ns now = mr_wireproc_now(w);
    mr_ns at = now > w->recorder.last ? now : w->recorder.last;
    struct mr_writer out = mr_coreproc_writer(&w->core);
    size_t start = mr_message_begin(&out, MR_MSG_INPUT);
    write_head(&out, w->recorder.seq + 1, at, kind);
    size_t body = out.n;
    if (ev) {
        mr_net_event_encode(ev, &out);
    } else {
        mr_write_bytes(&out, payload);
    }
    mr_message_end(&out, start);
    MR_ASSERT(!out.full); /* nothing is read from sockets long before (mr_sockets_pause) */
    uint64_t seq = mr_recorder_add(&w->recorder, kind, at, mr_slice(out.p + body, out.n - body));
    if (!w->caught_up) {
        return seq;
    }
    mr_coreproc_queued(&w->core, &out);
    w->sent_seq = seq;
    if (w->busy_since == 0) {
        w->busy_since = now;
    }
    if (w->core.tx_n > MR_WIRE_NEAR_FULL && w->sockets) {
        mr_sockets_pause(w->sockets, true);
    }
    return seq;
}

uint64_t mr_wireproc_input(struct mr_wireproc *w, uint8_t kind, struct mr_slice payload)
{
    return add(w, kind, NULL, payload);
}

uint64_t mr_wireproc_net_event(void *ctx, const struct mr_net_event *ev)
{
    return add(ctx, MR_IN_NET, ev, mr_slice(NULL, 0));
}

void mr_wireproc_note(struct mr_wireproc *w, uint8_t kind, struct mr_slice payload)
{
    (void)mr_recorder_add(&w->recorder, kind, w->recorder.last, payload);
}

void mr_wireproc_flush(struct mr_wireproc *w)
{
    mr_recorder_flush(&w->recorder);
    if (w->core.tx_n > 0 && w->core.fd >= 0 && w->caught_up) {
        (void)mr_coreproc_send(&w->core); /* its end is seen where its answers are read */
        mr_wireproc_watch_core(w);
    }
}

static void on_deadline(uv_timer_t *t)
{
    struct mr_wireproc *w = t->data;
    if (mr_wireproc_now(w) < w->deadline) {
        mr_wireproc_arm_deadline(w); /* timers count in whole milliseconds */
        return;
    }
    (void)mr_wireproc_input(w, MR_IN_TIME, mr_slice(NULL, 0));
}

void mr_wireproc_arm_deadline(struct mr_wireproc *w)
{
    if (w->deadline == MR_NEVER_NS || w->done_seq < w->sent_seq) {
        (void)uv_timer_stop(&w->deadline_timer); /* the answer to what is under way tells the next */
        return;
    }
    mr_ns left = w->deadline - mr_wireproc_now(w);
    double ms = left > 0 ? (double)left / w->opt->speed / (double)MR_MS : 0;
    ms = ms > 3600000 ? 3600000 : ms;
    uv_update_time(&w->loop);
    (void)uv_timer_start(&w->deadline_timer, on_deadline, (uint64_t)ms + (left > 0), 0);
}

static struct mr_slice who_why(uint8_t *buf, size_t cap, const char *who, const char *why)
{
    struct mr_writer out = mr_writer(buf, cap);
    mr_write_lv(&out, mr_slice_str(who));
    mr_write_lv(&out, mr_slice_str(why));
    return mr_written(&out);
}

void mr_wireproc_pause(struct mr_wireproc *w, const char *who, const char *why)
{
    uint8_t buf[512];
    if (!w->history.paused) {
        w->history.paused = true;
        (void)mr_wireproc_input(w, MR_IN_PAUSE, who_why(buf, sizeof buf, who, why));
    }
}

void mr_wireproc_resume(struct mr_wireproc *w, const char *who, const char *why)
{
    uint8_t buf[512];
    if (w->history.paused) {
        w->history.paused = w->paused_by_us = false;
        (void)mr_wireproc_input(w, MR_IN_RESUME, who_why(buf, sizeof buf, who, why));
    }
}

void mr_wireproc_begin(struct mr_wireproc *w, const char *who, const char *why)
{
    uint8_t buf[512];
    if (!w->history.begun) {
        w->history.begun = true;
        (void)mr_wireproc_input(w, MR_IN_BEGIN, who_why(buf, sizeof buf, who, why));
    }
}
