/* answers.c - what core says is carried out: requests to the network, events to the log and the server, frames to captures. */
#include "wire/wireproc.h"

#include <string.h>

static void carry_out(struct mr_wireproc *w, struct mr_slice request)
{
    struct mr_net_request q;
    if (mr_net_request_decode(request, &q) != MR_OK) {
        mr_wireproc_say(w, "core asked for something unknown of the network");
        return;
    }
    enum mr_err err;
    if (q.kind == MR_NETQ_RULES) {
        struct mr_fw_table *table = &w->hello->rules;
        struct mr_reader r = mr_reader(q.data);
        err = mr_state_load(&mr_fw_table_type, table, &r);
        if (err == MR_OK) {
            err = w->has_netns ? mr_netns_rules(&w->netns, table) : MR_E_UNSUPPORTED;
        }
    } else {
        err = mr_sockets_request(w->sockets, &q);
    }
    if (err == MR_E_FULL && q.kind == MR_NETQ_SEND) { /* core does not hear of it: a client that takes no answers is let go */
        mr_sockets_drop(w->sockets, q.conn);
    }
    if (err != MR_OK && (q.kind == MR_NETQ_LISTEN || q.kind == MR_NETQ_BIND || q.kind == MR_NETQ_RULES)) {
        mr_wireproc_say(w, "%s port %u: %s", q.kind == MR_NETQ_RULES ? "the firewall" : w->hello->topology.nodes[q.node].name,
                        q.port, mr_err_text(err));
    }
}

static void on_output(struct mr_wireproc *w, struct mr_slice payload)
{
    struct mr_reader r = mr_reader(payload);
    uint64_t number = mr_read_u64le(&r);
    if (r.bad || number <= w->carried) {
        return; /* done before core was restored */
    }
    w->carried = number;
    if (!w->muted) {
        carry_out(w, mr_slice(payload.p + r.at, payload.n - r.at));
    }
}

static void on_view(struct mr_wireproc *w, struct mr_slice payload)
{
    struct mr_reader r = mr_reader(payload);
    (void)mr_read_u64le(&r);
    while (mr_reader_left(&r) > 0) {
        uint64_t tag = mr_read_varint(&r);
        uint8_t quality = mr_read_u8(&r);
        double value = mr_read_f64le(&r);
        if (!r.bad && tag < w->hello->ntags) {
            w->view[tag] = (struct mr_wire_view){value, quality, true};
        }
    }
    if (w->caught_up) {
        mr_serverlink_view(w, payload);
    }
}

static void on_frame(struct mr_wireproc *w, struct mr_slice payload)
{
    struct mr_reader r = mr_reader(payload);
    uint16_t zone = mr_read_u16le(&r);
    int64_t at = (int64_t)mr_read_u64le(&r);
    if (!r.bad && w->capture && w->caught_up) {
        mr_capture_frame(w->capture, zone, w->epoch_ns + at, mr_slice(payload.p + r.at, payload.n - r.at));
    }
}

/* How late a deadline was met, on the wall clock. */
static void measure(struct mr_wireproc *w)
{
    mr_ns late = (mr_ns)((double)(mr_wireproc_now(w) - w->deadline) / w->opt->speed);
    if (w->deadline == MR_NEVER_NS || late < 0 || !w->caught_up) {
        return;
    }
    w->lateness.allowed = (mr_ns)((double)w->hello->step_ns / w->opt->speed / 10);
    mr_lateness_add(&w->lateness, late);
}

static void on_done(struct mr_wireproc *w, struct mr_slice payload)
{
    struct mr_reader r = mr_reader(payload);
    uint64_t seq = mr_read_u64le(&r);
    mr_ns deadline = (mr_ns)mr_read_u64le(&r);
    uint64_t output = mr_read_u64le(&r);
    if (r.bad || seq > w->sent_seq) {
        return;
    }
    if (deadline != w->deadline) {
        measure(w);
    }
    w->done_seq = seq;
    w->deadline = deadline;
    w->carried = output > w->carried ? output : w->carried;
    w->busy_since = seq == w->sent_seq ? 0 : mr_wireproc_now(w);
    if (w->sockets) {
        mr_sockets_done(w->sockets, seq);
    }
    if (w->caught_up) {
        mr_wireproc_arm_deadline(w);
    }
}

static void on_digest(struct mr_wireproc *w, struct mr_slice payload)
{
    w->alive = true;
    if (payload.n == 8 + 32 && w->caught_up) { /* as the note has it: sequence number, digest */
        mr_wireproc_note(w, MR_IN_NOTE_DIGEST, payload);
    }
}

static void on_event(struct mr_wireproc *w, struct mr_slice payload)
{
    if (mr_eventlog_add(&w->events, payload)) {
        mr_serverlink_pump(w);
    }
}

void mr_wireproc_own_event(struct mr_wireproc *w, struct mr_event *e)
{
    uint8_t buf[MR_EVENT_BYTES];
    struct mr_writer out = mr_writer(buf, sizeof buf);
    e->input = w->recorder.seq;
    e->index = MR_EVENTLOG_OWN + w->wire_events++;
    mr_event_encode(e, &out);
    on_event(w, mr_written(&out));
}

static void answer(struct mr_wireproc *w, enum mr_message_kind kind, struct mr_slice payload)
{
    switch ((int)kind) { /* int: the kinds that go the other way are no case of ours */
    case MR_MSG_OUTPUT:
        on_output(w, payload);
        break;
    case MR_MSG_DONE:
        on_done(w, payload);
        break;
    case MR_MSG_EVENT:
        on_event(w, payload);
        break;
    case MR_MSG_VIEW:
        on_view(w, payload);
        break;
    case MR_MSG_FRAME:
        on_frame(w, payload);
        break;
    case MR_MSG_STATE:
        mr_wireproc_save(w, payload);
        break;
    case MR_MSG_DIGESTED:
        on_digest(w, payload);
        break;
    case MR_MSG_TRACE:
        (void)fprintf(stderr, "%.*s\n", (int)payload.n, (const char *)payload.p);
        break;
    default:
        break;
    }
}

enum mr_err mr_wireproc_answers(struct mr_wireproc *w)
{
    size_t at = 0;
    enum mr_message_kind kind;
    struct mr_slice payload;
    enum mr_err err;
    while ((err = mr_coreproc_next(&w->core, &at, &kind, &payload)) == MR_OK) {
        answer(w, kind, payload);
    }
    mr_coreproc_consume(&w->core, at);
    return err == MR_E_TRUNCATED ? MR_OK : err;
}
