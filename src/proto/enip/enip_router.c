/* enip_router.c - requests to their objects: the message router, attributes by their tables, several services in one packet
 * (1756-PM020, "Multiple Service Packet"), and requests that are to be routed (Volume 1, 3-5.5.4, Unconnected Send). */
#include "proto/enip/enip_serve.h"

enum mr_cip_status mr_enip_deny(struct mr_enip_call *c, const struct mr_enip_ask *q)
{
    mr_enip_report(c->d, (struct mr_enip_event){
                             .kind = MR_ENIP_EV_DENIED,
                             .service = q->service,
                             .class_id = (uint16_t)q->target.class_id,
                             .instance = q->target.instance,
                             .attribute = (uint16_t)q->target.attribute,
                             .tag = MR_ENIP_NO_TAG,
                             .client = c->client,
                         });
    return MR_CIP_PRIVILEGE;
}

bool mr_enip_may(struct mr_enip_call *c, uint8_t right, const struct mr_enip_ask *q)
{
    if (c->rights & right) {
        return true;
    }
    (void)mr_enip_deny(c, q);
    return false;
}

void mr_enip_write_string(struct mr_writer *w, const char *s)
{
    mr_write_u16le(w, (uint16_t)strlen(s));
    mr_write_str(w, s);
}

void mr_enip_write_short_string(struct mr_writer *w, const char *s)
{
    mr_write_u8(w, (uint8_t)strlen(s));
    mr_write_str(w, s);
}

/* --- attributes ------------------------------------------------------------------------------------------------------------- */

/* Attributes of the class itself (Volume 1, 4-4.1.1). */
enum {
    CLASS_REVISION = 1,
    CLASS_MAX_INSTANCE = 2,
    CLASS_INSTANCES = 3,
    CLASS_MAX_CLASS_ATTRIBUTE = 6,
    CLASS_MAX_ATTRIBUTE = 7,
};

static enum mr_cip_status get_class_attribute(struct mr_enip_call *c, const struct mr_enip_object *o, uint32_t attribute,
                                              struct mr_writer *w)
{
    uint16_t n = 0;
    switch (attribute) {
    case CLASS_REVISION:
        mr_write_u16le(w, o->revision);
        return MR_CIP_OK;
    case CLASS_MAX_INSTANCE:
        mr_write_u16le(w, (uint16_t)o->last(c->d));
        return MR_CIP_OK;
    case CLASS_INSTANCES:
        for (uint32_t i = 1; i <= o->last(c->d); i++) {
            n = (uint16_t)(n + (o->has(c->d, i) ? 1 : 0));
        }
        mr_write_u16le(w, n);
        return MR_CIP_OK;
    case CLASS_MAX_CLASS_ATTRIBUTE:
        mr_write_u16le(w, CLASS_MAX_ATTRIBUTE);
        return MR_CIP_OK;
    case CLASS_MAX_ATTRIBUTE:
        mr_write_u16le(w, o->nall > 0 ? o->all[o->nall - 1] : 0);
        return MR_CIP_OK;
    default:
        return o->get(c, 0, attribute, w);
    }
}

static enum mr_cip_status get_attribute(struct mr_enip_call *c, const struct mr_enip_object *o, uint32_t instance,
                                        uint32_t attribute, struct mr_writer *w)
{
    return instance == 0 ? get_class_attribute(c, o, attribute, w) : o->get(c, instance, attribute, w);
}

static enum mr_cip_status set_attribute(struct mr_enip_call *c, const struct mr_enip_object *o, uint32_t instance,
                                        uint32_t attribute, struct mr_reader *in)
{
    uint8_t sink[MR_ENIP_UNCONNECTED_MAX];
    struct mr_writer w = mr_writer(sink, sizeof sink);
    enum mr_cip_status status = o->set && instance > 0 ? o->set(c, instance, attribute, in) : MR_CIP_BAD_ATTRIBUTE;
    if (status == MR_CIP_BAD_ATTRIBUTE && get_attribute(c, o, instance, attribute, &w) == MR_CIP_OK) {
        return MR_CIP_NOT_SETTABLE; /* it is there */
    }
    if (status == MR_CIP_OK && o->class_id != MR_CIP_WALL_CLOCK) { /* the clock has an event of its own */
        mr_enip_report(c->d, (struct mr_enip_event){
                                 .kind = MR_ENIP_EV_SET,
                                 .service = c->service,
                                 .class_id = o->class_id,
                                 .instance = instance,
                                 .attribute = (uint16_t)attribute,
                                 .tag = MR_ENIP_NO_TAG,
                                 .client = c->client,
                             });
    }
    return status;
}

static enum mr_cip_status get_all(struct mr_enip_call *c, const struct mr_enip_object *o, uint32_t instance, struct mr_writer *w)
{
    static const uint8_t of_class[] = {CLASS_REVISION, CLASS_MAX_INSTANCE, CLASS_MAX_CLASS_ATTRIBUTE, CLASS_MAX_ATTRIBUTE};
    const uint8_t *all = instance == 0 ? of_class : o->all;
    uint8_t n = instance == 0 ? sizeof of_class : o->nall;
    if (o->nall == 0) {
        return MR_CIP_BAD_SERVICE;
    }
    for (uint8_t i = 0; i < n; i++) {
        enum mr_cip_status status = get_attribute(c, o, instance, all[i], w);
        if (status != MR_CIP_OK) {
            return status;
        }
    }
    return MR_CIP_OK;
}

/* Get_Attribute_List and Set_Attribute_List: a count, then each attribute's number (and value); the answer has count, and for
 * each its number and status (and value). */
static enum mr_cip_status list(struct mr_enip_call *c, const struct mr_enip_object *o, uint32_t instance, struct mr_reader *in,
                               bool set, struct mr_writer *w)
{
    enum mr_cip_status result = MR_CIP_OK;
    uint16_t n = mr_read_u16le(in);
    mr_write_u16le(w, n);
    for (uint16_t i = 0; i < n && !in->bad && !w->full; i++) {
        uint16_t attribute = mr_read_u16le(in);
        if (in->bad) {
            break;
        }
        size_t begin = w->n;
        mr_write_u16le(w, attribute);
        mr_write_u16le(w, MR_CIP_OK);
        enum mr_cip_status status =
            set ? set_attribute(c, o, instance, attribute, in) : get_attribute(c, o, instance, attribute, w);
        if (status != MR_CIP_OK && !w->full) {
            result = MR_CIP_ATTRIBUTE_LIST;
            w->n = begin + 4;
            mr_patch_u16le(w, begin + 2, (uint16_t)status);
        }
        if (status != MR_CIP_OK && set) { /* where the next value begins nobody knows */
            break;
        }
    }
    return in->bad ? (set ? MR_CIP_NOT_ENOUGH_DATA : MR_CIP_LIST_SHORTAGE) : result;
}

static enum mr_cip_status set_single(struct mr_enip_call *c, const struct mr_enip_object *o, struct mr_enip_ask *q)
{
    if (!q->target.has_attribute) {
        return MR_CIP_PATH_SEGMENT;
    }
    enum mr_cip_status status = set_attribute(c, o, q->target.instance, q->target.attribute, &q->data);
    return status == MR_CIP_OK && mr_reader_left(&q->data) > 0 ? MR_CIP_TOO_MUCH_DATA : status;
}

static enum mr_cip_status serve_attributes(struct mr_enip_call *c, const struct mr_enip_object *o, struct mr_enip_ask *q,
                                           struct mr_writer *w)
{
    bool set = q->service == MR_CIP_SET_SINGLE || q->service == MR_CIP_SET_LIST;
    if (!mr_enip_may(c, set ? MR_ENIP_MAY_WRITE : MR_ENIP_MAY_READ, q)) {
        return MR_CIP_PRIVILEGE;
    }
    if (set && c->d->settings->write_protected) {
        return mr_enip_deny(c, q);
    }
    switch (q->service) {
    case MR_CIP_GET_ALL:
        return get_all(c, o, q->target.instance, w);
    case MR_CIP_GET_SINGLE:
        return q->target.has_attribute ? get_attribute(c, o, q->target.instance, q->target.attribute, w) : MR_CIP_PATH_SEGMENT;
    case MR_CIP_SET_SINGLE:
        return set_single(c, o, q);
    default:
        return list(c, o, q->target.instance, &q->data, set, w);
    }
}

/* --- objects ---------------------------------------------------------------------------------------------------------------- */

static const struct mr_enip_object *find_object(const struct mr_enip_device *d, uint32_t class_id)
{
    for (size_t i = 0; i < mr_enip_network_objects_n; i++) {
        if (mr_enip_network_objects[i].class_id == class_id) {
            return &mr_enip_network_objects[i];
        }
    }
    for (size_t i = 0; d->personality->logix && i < mr_enip_logix_objects_n; i++) {
        if (mr_enip_logix_objects[i].class_id == class_id) {
            return &mr_enip_logix_objects[i];
        }
    }
    return NULL;
}

static enum mr_cip_status serve_object(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    enum mr_cip_status status = mr_cip_target_decode(q->path, &q->target);
    if (status != MR_CIP_OK) {
        return status;
    }
    const struct mr_enip_object *o = find_object(c->d, q->target.class_id);
    if (!o) {
        return MR_CIP_PATH_UNKNOWN;
    }
    bool from = o->class_id == MR_CIP_SYMBOL && q->service == MR_CIP_GET_INSTANCES; /* the instance is where to begin */
    if (q->target.instance > 0 && !from && !o->has(c->d, q->target.instance)) {
        return o->class_id == MR_CIP_SYMBOL || o->class_id == MR_CIP_TEMPLATE ? MR_CIP_PATH_UNKNOWN : MR_CIP_NO_OBJECT;
    }
    switch (q->service) {
    case MR_CIP_GET_ALL:
    case MR_CIP_GET_SINGLE:
    case MR_CIP_SET_SINGLE:
    case MR_CIP_GET_LIST:
    case MR_CIP_SET_LIST:
        return serve_attributes(c, o, q, w);
    default:
        return o->other ? o->other(c, q, w) : MR_CIP_BAD_SERVICE;
    }
}

/* Tags: by name, or by the instance of their symbol with a service that is for tags; and the symbols of a program. */
static bool is_tag(const struct mr_enip_device *d, const struct mr_enip_ask *q)
{
    struct mr_reader r = mr_reader(q->path);
    struct mr_cip_segment s;
    if (!d->personality->logix || !mr_cip_next_segment(&r, &s)) {
        return false;
    }
    return s.kind == MR_CIP_SEG_SYMBOL || (s.kind == MR_CIP_SEG_CLASS && s.value == MR_CIP_SYMBOL &&
                                           q->service >= MR_CIP_READ_TAG && q->service <= MR_CIP_WRITE_FRAGMENT);
}

/* Unconnected Send: priority and ticks, the request in its length, and a route, which ends here or nowhere. Then the request
 * counts as if it had come alone; else `left` words of the route are left. */
static enum mr_cip_status unwrap(struct mr_enip_call *c, struct mr_cip_request *in, uint8_t *left)
{
    struct mr_reader r = mr_reader(in->data);
    (void)mr_read_u16le(&r);
    size_t n = mr_read_u16le(&r);
    struct mr_slice request = mr_read_bytes(&r, n);
    (void)mr_read_bytes(&r, n % 2);
    *left = mr_read_u8(&r);
    (void)mr_read_u8(&r);
    struct mr_slice route = mr_read_bytes(&r, *left * (size_t)2);
    enum mr_cip_status status = r.bad ? MR_CIP_NOT_ENOUGH_DATA : mr_enip_check_route(c, route);
    return status == MR_CIP_OK ? mr_cip_request_decode(request, in) : status;
}

static bool is_wrapped(const struct mr_cip_request *in)
{
    struct mr_cip_target t;
    return in->service == MR_CIP_UNCONNECTED_SEND && mr_cip_target_decode(in->path, &t) == MR_CIP_OK &&
           t.class_id == MR_CIP_CONNECTION_MANAGER && t.instance == 1;
}

/* The header, whose status and additional status come before what was written as data. */
static void finish(const struct mr_enip_call *c, struct mr_writer *w, size_t begin, enum mr_cip_status status)
{
    size_t extra = c->nextended * (size_t)2, data = w->n - begin - 4;
    if (mr_writer_left(w) < extra) { /* there is no place for both */
        w->n -= data;
        data = 0;
    }
    mr_write_fill(w, 0, extra);
    memmove(w->p + begin + 4 + extra, w->p + begin + 4, data);
    w->p[begin + 2] = (uint8_t)status;
    w->p[begin + 3] = c->nextended;
    for (size_t i = 0; i < c->nextended; i++) {
        mr_patch_u16le(w, begin + 4 + 2 * i, c->extended[i]);
    }
}

void mr_enip_serve(struct mr_enip_call *c, struct mr_slice request, struct mr_writer *w)
{
    struct mr_cip_request in = {0};
    size_t begin = w->n;
    uint8_t left = 0;
    c->nextended = 0;
    enum mr_cip_status status = mr_cip_request_decode(request, &in);
    if (status == MR_CIP_OK && !c->embedded && is_wrapped(&in)) {
        status = unwrap(c, &in, &left);
    }
    c->service = in.service;
    mr_write_u8(w, (uint8_t)(in.service | MR_CIP_ANSWER));
    mr_write_u8(w, 0);
    mr_write_u16le(w, 0);
    if (status == MR_CIP_OK) {
        struct mr_enip_ask q = {.service = in.service, .path = in.path, .data = mr_reader(in.data)};
        status = is_tag(c->d, &q) ? mr_enip_serve_tag(c, &q, w) : serve_object(c, &q, w);
    } else if (status == MR_CIP_CONNECTION_FAILURE) {
        mr_write_u8(w, left);
    }
    if (w->full) {
        w->full = false;
        w->n = begin + 4;
        c->nextended = 0;
        status = MR_CIP_REPLY_TOO_LARGE;
    }
    finish(c, w, begin, status);
}

/* --- the message router itself ---------------------------------------------------------------------------------------------- */

static enum mr_cip_status multiple(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    enum mr_cip_status result = MR_CIP_OK;
    struct mr_slice all = mr_slice(q->data.p, q->data.n);
    struct mr_reader offsets = q->data;
    uint16_t n = mr_read_u16le(&offsets);
    if (c->embedded) {
        return MR_CIP_BAD_SERVICE;
    }
    if (offsets.bad || n == 0 || mr_reader_left(&offsets) < n * (size_t)2) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    size_t base = w->n, header = 2 + n * (size_t)2, cap = w->cap;
    mr_write_u16le(w, n);
    mr_write_fill(w, 0, n * (size_t)2);
    if (w->full || mr_writer_left(w) < n * (size_t)MR_ENIP_ANSWER_MIN) {
        return MR_CIP_REPLY_TOO_LARGE;
    }
    c->embedded = true;
    for (uint16_t i = 0; i < n; i++) {
        struct mr_reader ahead = offsets;
        size_t at = mr_read_u16le(&offsets), end = all.n;
        (void)mr_read_u16le(&ahead);
        if (i + 1 < n) {
            end = mr_read_u16le(&ahead);
        }
        bool fits = at >= header && at <= end && end <= all.n;
        mr_patch_u16le(w, base + 2 + i * (size_t)2, (uint16_t)(w->n - base));
        w->cap = cap - (n - 1u - i) * (size_t)MR_ENIP_ANSWER_MIN; /* the others shall have room for a word at least */
        size_t begin = w->n;
        mr_enip_serve(c, fits ? mr_slice(all.p + at, end - at) : mr_slice(NULL, 0), w);
        result = w->p[begin + 2] != MR_CIP_OK ? MR_CIP_EMBEDDED : result;
    }
    w->cap = cap;
    c->embedded = false;
    c->nextended = 0;
    return result;
}

enum mr_cip_status mr_enip_get_router(struct mr_enip_call *c, uint32_t instance, uint32_t attribute, struct mr_writer *w)
{
    enum { OBJECTS = 1, AVAILABLE = 2, ACTIVE = 3 };
    uint16_t active = 0,
             nobjects = (uint16_t)(mr_enip_network_objects_n + (c->d->personality->logix ? mr_enip_logix_objects_n : 0));
    if (instance == 0) {
        return MR_CIP_BAD_ATTRIBUTE;
    }
    switch (attribute) {
    case OBJECTS:
        mr_write_u16le(w, nobjects);
        for (size_t i = 0; i < nobjects; i++) {
            mr_write_u16le(w, i < mr_enip_network_objects_n ? mr_enip_network_objects[i].class_id
                                                            : mr_enip_logix_objects[i - mr_enip_network_objects_n].class_id);
        }
        return MR_CIP_OK;
    case AVAILABLE:
        mr_write_u16le(w, c->d->nconnections);
        return MR_CIP_OK;
    case ACTIVE:
        for (uint16_t i = 0; i < c->d->nconnections; i++) {
            active = (uint16_t)(active + (c->d->connections[i].live ? 1 : 0));
        }
        mr_write_u16le(w, active);
        return MR_CIP_OK;
    default:
        return MR_CIP_BAD_ATTRIBUTE;
    }
}

enum mr_cip_status mr_enip_serve_router(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    return q->service == MR_CIP_MULTIPLE ? multiple(c, q, w) : MR_CIP_BAD_SERVICE;
}
