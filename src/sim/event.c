#include "sim/event.h"

static const struct {
    const char *name;
    const char *fields;
} kinds[MR_EVENT_KINDS] = {
#define X(name, text, fields) {text, fields},
    MR_EVENT_LIST(X)
#undef X
};

const char *mr_event_name(enum mr_event_kind k)
{
    return (unsigned)k < MR_EVENT_KINDS ? kinds[k].name : "?";
}

const char *mr_event_fields(enum mr_event_kind k)
{
    return (unsigned)k < MR_EVENT_KINDS ? kinds[k].fields : "";
}

enum mr_event_kind mr_event_kind_find(const char *name)
{
    for (unsigned k = 0; k < MR_EVENT_KINDS; k++) {
        if (strcmp(kinds[k].name, name) == 0) {
            return (enum mr_event_kind)k;
        }
    }
    return MR_EVENT_KINDS;
}

_Static_assert(8 + 4 + 1 + 8 + 8 + 8 + 5 * 2 + 4 * MR_EVENT_NAME + MR_EVENT_DETAIL <= MR_EVENT_BYTES, "an event fits its bound");

void mr_event_encode(const struct mr_event *e, struct mr_writer *w)
{
    mr_write_u64le(w, e->input);
    mr_write_u32le(w, e->index);
    mr_write_u8(w, (uint8_t)e->kind);
    mr_write_u64le(w, (uint64_t)e->at);
    mr_write_u64le(w, (uint64_t)e->number);
    mr_write_f64le(w, e->value);
    mr_write_lv(w, mr_slice_str(e->subject));
    mr_write_lv(w, mr_slice_str(e->object));
    mr_write_lv(w, mr_slice_str(e->member));
    mr_write_lv(w, mr_slice_str(e->post));
    mr_write_lv(w, mr_slice_str(e->detail));
}

static void read_text(struct mr_reader *r, char *to, size_t cap)
{
    struct mr_slice s = mr_read_lv(r);
    if (s.n >= cap || (s.n > 0 && memchr(s.p, 0, s.n))) {
        r->bad = true;
        return;
    }
    if (s.n > 0) {
        memcpy(to, s.p, s.n);
    }
    to[s.n] = '\0';
}

enum mr_err mr_event_decode(struct mr_slice in, struct mr_event *e)
{
    struct mr_reader r = mr_reader(in);
    memset(e, 0, sizeof *e);
    e->input = mr_read_u64le(&r);
    e->index = mr_read_u32le(&r);
    uint8_t kind = mr_read_u8(&r);
    e->at = (mr_ns)mr_read_u64le(&r);
    e->number = (int64_t)mr_read_u64le(&r);
    e->value = mr_read_f64le(&r);
    read_text(&r, e->subject, sizeof e->subject);
    read_text(&r, e->object, sizeof e->object);
    read_text(&r, e->member, sizeof e->member);
    read_text(&r, e->post, sizeof e->post);
    read_text(&r, e->detail, sizeof e->detail);
    if (r.bad || kind >= MR_EVENT_KINDS || mr_reader_left(&r) > 0) {
        return MR_E_MALFORMED;
    }
    e->kind = (enum mr_event_kind)kind;
    return MR_OK;
}
