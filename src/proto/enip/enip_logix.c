/* enip_logix.c - reading and writing tags of a Logix controller: 1756-PM020, "CIP Services and User-created Tags". */
#include "proto/enip/enip_serve.h"
#include "proto/enip/enip_tags.h"

#include "proto/enip/enip_symbols.h"

/* A number of elements from the first on that `ref` names, and where to begin in their bytes. */
struct span {
    struct mr_enip_ref ref;
    uint32_t total; /* bytes */
    uint32_t offset;
};

static enum mr_cip_status narrow(struct mr_enip_call *c, struct span *s, uint16_t count)
{
    if (count == 0 || count > s->ref.count) {
        return mr_enip_fail(c, MR_CIP_GENERAL, MR_CIP_TE_BEYOND);
    }
    s->total = (uint32_t)count * s->ref.bytes; /* a structure has at most MR_ENIP_STRUCTURE_MAX bytes */
    return s->offset < s->total ? MR_CIP_OK : mr_enip_fail(c, MR_CIP_GENERAL, MR_CIP_TE_OFFSET);
}

static enum mr_cip_status deny_tag(struct mr_enip_call *c, const struct mr_enip_ref *ref)
{
    mr_enip_report(
        c->d,
        (struct mr_enip_event){
            .kind = MR_ENIP_EV_DENIED, .service = c->service, .tag = ref->index, .element = ref->element, .client = c->client});
    return MR_CIP_PRIVILEGE;
}

/* Read Tag and Read Tag Fragmented: as many whole elements as there is room for, or a part of one that is larger than the
 * room. */
static enum mr_cip_status read_tag(struct mr_enip_call *c, struct mr_enip_ask *q, struct span *s, struct mr_writer *w)
{
    uint16_t count = mr_read_u16le(&q->data);
    s->offset = q->service == MR_CIP_READ_FRAGMENT ? mr_read_u32le(&q->data) : 0;
    if (q->data.bad) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    if (mr_reader_left(&q->data) > 0) {
        return MR_CIP_TOO_MUCH_DATA;
    }
    if ((c->rights & MR_ENIP_MAY_READ) == 0) {
        return deny_tag(c, &s->ref);
    }
    enum mr_cip_status status = narrow(c, s, count);
    if (status != MR_CIP_OK) {
        return status;
    }
    mr_write_u16le(w, s->ref.type);
    if (s->ref.type == MR_CIP_STRUCTURE) {
        mr_write_u16le(w, s->ref.structure->handle);
    }
    size_t n = s->total - s->offset, room = mr_writer_left(w);
    if (n > room) {
        n = room >= s->ref.bytes ? room - room % s->ref.bytes : room & ~(size_t)3;
        status = MR_CIP_PARTIAL;
    }
    if (n == 0) {
        return MR_CIP_REPLY_TOO_LARGE;
    }
    mr_enip_read(c->d, &s->ref, s->offset, w->p + w->n, n);
    w->n += n;
    return status;
}

static void report_write(struct mr_enip_call *c, const struct mr_enip_ref *ref, uint32_t from, size_t bytes)
{
    uint32_t first = from / ref->bytes;
    mr_enip_report(c->d, (struct mr_enip_event){
                             .kind = MR_ENIP_EV_WRITE,
                             .service = c->service,
                             .tag = ref->index,
                             .element = ref->element + (ref->part ? 0 : first),
                             .count = ref->part ? 1 : (uint32_t)((from + bytes - 1) / ref->bytes - first + 1),
                             .client = c->client,
                         });
}

static bool may_write(const struct mr_enip_call *c, const struct mr_enip_ref *ref)
{
    return (c->rights & MR_ENIP_MAY_WRITE) && !c->d->settings->write_protected && !ref->tag->read_only;
}

/* Write Tag and Write Tag Fragmented: type, number of elements (and offset), values. */
static enum mr_cip_status write_tag(struct mr_enip_call *c, struct mr_enip_ask *q, struct span *s)
{
    bool fragment = q->service == MR_CIP_WRITE_FRAGMENT;
    uint16_t type = mr_read_u16le(&q->data);
    uint16_t handle = type == MR_CIP_STRUCTURE ? mr_read_u16le(&q->data) : 0;
    uint16_t count = mr_read_u16le(&q->data);
    s->offset = fragment ? mr_read_u32le(&q->data) : 0;
    if (q->data.bad) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    if (!may_write(c, &s->ref)) {
        return deny_tag(c, &s->ref);
    }
    if (type != s->ref.type || (type == MR_CIP_STRUCTURE && handle != s->ref.structure->handle)) {
        return mr_enip_fail(c, MR_CIP_GENERAL, MR_CIP_TE_TYPE);
    }
    enum mr_cip_status status = narrow(c, s, count);
    if (status != MR_CIP_OK) {
        return status;
    }
    size_t n = mr_reader_left(&q->data), wanted = s->total - s->offset;
    if (n > wanted) {
        return fragment ? mr_enip_fail(c, MR_CIP_GENERAL, MR_CIP_TE_BEYOND) : MR_CIP_TOO_MUCH_DATA;
    }
    if (n == 0 || (n < wanted && !fragment)) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    mr_enip_write(c->d, &s->ref, s->offset, mr_read_bytes(&q->data, n).p, n);
    report_write(c, &s->ref, s->offset, n);
    return MR_CIP_OK;
}

/* Read-Modify-Write: size of the masks, bits to set, bits to keep; of the first element. */
static enum mr_cip_status modify_tag(struct mr_enip_call *c, struct mr_enip_ask *q, struct span *s)
{
    uint8_t value[8];
    size_t n = mr_read_u16le(&q->data);
    struct mr_slice set = mr_read_bytes(&q->data, n), keep = mr_read_bytes(&q->data, n);
    if (q->data.bad) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    if (mr_reader_left(&q->data) > 0) {
        return MR_CIP_TOO_MUCH_DATA;
    }
    if (n == 0 || n > sizeof value || n > s->ref.bytes || s->ref.type == MR_CIP_STRUCTURE) {
        return MR_CIP_BAD_PARAMETER_VALUE;
    }
    if (!may_write(c, &s->ref)) {
        return deny_tag(c, &s->ref);
    }
    mr_enip_read(c->d, &s->ref, 0, value, n);
    for (size_t i = 0; i < n; i++) {
        value[i] = (uint8_t)((value[i] | set.p[i]) & keep.p[i]);
    }
    mr_enip_write(c->d, &s->ref, 0, value, n);
    report_write(c, &s->ref, 0, n);
    return MR_CIP_OK;
}

enum mr_cip_status mr_enip_serve_tag(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    struct span s = {0};
    if (q->service == MR_CIP_GET_INSTANCES) {
        return mr_enip_list_program(c, q, w);
    }
    enum mr_cip_status status = mr_enip_resolve(c->d, q->path, &s.ref);
    if (status != MR_CIP_OK) {
        return mr_enip_fail(c, status, MR_CIP_TE_PATH);
    }
    switch (q->service) {
    case MR_CIP_READ_TAG:
    case MR_CIP_READ_FRAGMENT:
        return read_tag(c, q, &s, w);
    case MR_CIP_WRITE_TAG:
    case MR_CIP_WRITE_FRAGMENT:
        return write_tag(c, q, &s);
    case MR_CIP_MODIFY_TAG:
        return modify_tag(c, q, &s);
    case MR_CIP_GET_LIST:
        return mr_enip_symbol_attributes(c, q, s.ref.index, w);
    default:
        return MR_CIP_BAD_SERVICE;
    }
}
