/* dnp3_serve.h - how the parts of an outstation's session work together; inside this folder only. */
#ifndef MR_PROTO_DNP3_SERVE_H
#define MR_PROTO_DNP3_SERVE_H

#include "proto/dnp3/dnp3_points.h"
#include "proto/dnp3/dnp3_server.h"

/* A request being carried out. */
struct mr_dnp3_call {
    struct mr_dnp3_server *s;
    mr_ns now;
    struct mr_dnp3_app_header request;
    uint16_t iin;       /* what is wrong with it */
    struct mr_writer w; /* objects of the answer */
};
#define MR_DNP3_ANSWER_HEADER 4

/* The services; each writes the objects of its answer, if any, and what is wrong. */
void mr_dnp3_serve_read(struct mr_dnp3_call *c);
void mr_dnp3_serve_command(struct mr_dnp3_call *c);
void mr_dnp3_serve_write(struct mr_dnp3_call *c);
void mr_dnp3_serve_freeze(struct mr_dnp3_call *c);
void mr_dnp3_serve_restart(struct mr_dnp3_call *c);
void mr_dnp3_serve_unsolicited(struct mr_dnp3_call *c);
void mr_dnp3_serve_assign(struct mr_dnp3_call *c);
void mr_dnp3_serve_delay(struct mr_dnp3_call *c);
void mr_dnp3_serve_record_time(struct mr_dnp3_call *c);
void mr_dnp3_serve_file(struct mr_dnp3_call *c);

/* Answers what is left of a read, as far as it fits; true where that was all. */
bool mr_dnp3_read_on(struct mr_dnp3_server *s, struct mr_writer *w, mr_ns now);
/* Events of the classes (bit n: class n) to the session's master, as many as fit; those sent before where `again`. */
bool mr_dnp3_write_class_events(struct mr_dnp3_server *s, uint8_t classes, bool again, struct mr_writer *w);
/* One device attribute, or with variation 254 all from *from on, or with 255 their list; false where it does not fit. */
bool mr_dnp3_attribute_exists(const struct mr_dnp3_station *t, uint8_t variation);
bool mr_dnp3_write_attributes(const struct mr_dnp3_station *t, uint8_t variation, uint32_t *from, struct mr_writer *w);

/* Points [*from, *to) that an object header means, of a kind; false where some of its range are missing. */
bool mr_dnp3_range(const struct mr_dnp3_station *t, enum mr_dnp3_kind kind, const struct mr_dnp3_object *o, uint32_t *from,
                   uint32_t *to);

/* Headers with a range, and those that name points one by one or by a range. */
static inline bool mr_dnp3_is_range(const struct mr_dnp3_object *o)
{
    return o->qualifier == MR_DNP3_Q_RANGE8 || o->qualifier == MR_DNP3_Q_RANGE16;
}
static inline bool mr_dnp3_names_points(const struct mr_dnp3_object *o)
{
    return mr_dnp3_is_range(o) || o->qualifier == MR_DNP3_Q_INDEX8 || o->qualifier == MR_DNP3_Q_INDEX16;
}

/* Internal indications as they stand: classes count without what has just been sent (clause 4.5). */
#define MR_DNP3_INDICATIONS 16
uint16_t mr_dnp3_indications(const struct mr_dnp3_server *s);

/* For the device's log. */
void mr_dnp3_note(struct mr_dnp3_server *s, const struct mr_dnp3_event *ev);

/* The station has restarted since its master was last heard on this connection: to be bound anew. */
bool mr_dnp3_station_was_restarted(const struct mr_dnp3_server *s);
/* The connection speaks with the master of a link address; `bound` says whether there is room for it. */
void mr_dnp3_bind(struct mr_dnp3_server *s, uint16_t address);
/* A fragment of `total` octets lies at buf + held. */
void mr_dnp3_take_fragment(struct mr_dnp3_server *s, size_t total, const struct mr_dnp3_link_header *h, mr_ns now);
/* Carries a request out, which is authenticated where it needs to be. It may lie in the buffer. */
void mr_dnp3_carry_out(struct mr_dnp3_server *s, struct mr_slice fragment, bool broadcast, mr_ns now);
/* Keeps a request at the beginning of the buffer. Gives up the one kept so, for the sake of `fragment`, which moves. */
void mr_dnp3_hold(struct mr_dnp3_server *s, struct mr_slice fragment, enum mr_dnp3_held why);
void mr_dnp3_drop_held(struct mr_dnp3_server *s, struct mr_slice *fragment);
/* A fragment is made in the station's work, objects behind its header; then it goes to the buffer to be sent. `n`: all its
 * octets. */
struct mr_writer mr_dnp3_answer_writer(const struct mr_dnp3_server *s);
void mr_dnp3_dispatch(struct mr_dnp3_server *s, uint8_t control, uint8_t function, uint16_t iin, size_t n);
/* Whether an unsolicited response is to be sent now; what can be done now; what time has run out for. */
bool mr_dnp3_unsolicited_due(const struct mr_dnp3_server *s);
void mr_dnp3_pump(struct mr_dnp3_server *s, mr_ns now);
/* Nothing is to be told unasked any more: what waits for a confirmation is not sent again, its events are for polls. */
void mr_dnp3_take_back_unsolicited(struct mr_dnp3_server *s);
void mr_dnp3_time_out(struct mr_dnp3_server *s, mr_ns now);

/* Secure Authentication: whether a request may be carried out now. Otherwise it has been dealt with: refused, held while it is
 * challenged, or, one of aggressive mode, carried out. */
enum mr_dnp3_verdict { MR_DNP3_GRANTED, MR_DNP3_DEALT_WITH };
enum mr_dnp3_verdict mr_dnp3_authenticate(struct mr_dnp3_server *s, struct mr_slice fragment, bool broadcast, mr_ns now);
static inline void mr_dnp3_count(const struct mr_dnp3_server *s, enum mr_dnp3_statistic which)
{
    s->station->state->statistics[which]++;
}
/* Functions 32 and 33. */
void mr_dnp3_serve_auth(struct mr_dnp3_server *s, struct mr_slice fragment, mr_ns now);

#endif
