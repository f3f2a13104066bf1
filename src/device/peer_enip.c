/* peer_enip.c - a device over EtherNet/IP: its tags, by name, several to a Multiple Service Packet, one message at a time. */
#include "device/peer_row.h"
#include "proto/enip/enip_client.h"

#include <stdio.h>

#define MR_ENIP_BATCH 400 /* bytes of a request or answer: well below what an unconnected message holds */

struct plan {
    struct mr_enip_route route;
    const char **names; /* by place: "POINT[7]" */
};

struct enip {
    struct mr_enip_client client;
    uint16_t next;  /* place of this round to be asked for */
    uint16_t asked; /* the first of the message under way, */
    uint16_t n;     /* and how many it asks for */
};
static const struct mr_field fields[] = {
    MR_SUB(struct enip, client, &mr_enip_client_type),
    MR_FIELD(struct enip, next, MR_U16),
    MR_FIELD(struct enip, asked, MR_U16),
    MR_FIELD(struct enip, n, MR_U16),
};
static const struct mr_type type = MR_TYPE("EtherNet/IP peer", struct enip, fields);

/* --- places ----------------------------------------------------------------------------------------------------------------- */

/* The element of a tag that lies at a place, of an array of BOOL which of them; -1 where none does. */
static int64_t element_at(const struct mr_enip_tag *t, const struct mr_place *p)
{
    const struct mr_place *first = &t->places[0];
    if (t->structure || t->program > 0 || t->dims[1] > 0) {
        return -1;
    }
    if (t->bools > 0) {
        bool inside = first->area == p->area && p->type == MR_VT_BOOL && p->bit == 0 && p->byte >= first->byte;
        return inside && p->byte - first->byte < t->bools ? (int64_t)p->byte - first->byte : -1;
    }
    bool bits = p->type == MR_VT_BOOL;
    int64_t unit = bits ? 1 : (int64_t)mr_vtype_size(p->type);
    int64_t far = bits ? ((int64_t)p->byte - first->byte) * 8 + p->bit - first->bit : (int64_t)p->byte - first->byte;
    int64_t count = t->dims[0] > 0 ? t->dims[0] : 1;
    if (first->area != p->area || first->type != p->type || unit == 0 || far < 0 || far % unit != 0) {
        return -1;
    }
    return far / unit < count ? far / unit : -1;
}

static const struct mr_enip_tag *find(const struct mr_device *d, const struct mr_serve *s, const struct mr_place *p,
                                      int64_t *element)
{
    for (uint32_t i = 0; d->personality->enip_manner.logix && i < s->enip.ntags; i++) {
        const struct mr_enip_tag *t = &s->enip.tags[i];
        *element = element_at(t, p);
        if (*element >= 0 && !t->hidden) {
            return t;
        }
    }
    return NULL;
}

static bool reaches(const struct mr_device *d, const struct mr_serve *s, const struct mr_place *p, bool write)
{
    int64_t element;
    const struct mr_enip_tag *t = find(d, s, p, &element);
    return t && !(write && t->read_only);
}

#define MR_ENIP_NAME_MAX 272 /* a name of 255 and an index */

static bool name_place(const struct mr_device *d, const struct mr_serve *s, const struct mr_place *p, uint16_t *tag_type,
                       char name[MR_ENIP_NAME_MAX])
{
    int64_t element;
    const struct mr_enip_tag *t = find(d, s, p, &element);
    if (!t) {
        return false;
    }
    *tag_type = t->bools > 0 ? MR_CIP_BOOL : t->type;
    if (t->bools > 0) { /* a bit of a DWORD */
        (void)snprintf(name, MR_ENIP_NAME_MAX, "%s[%u].%u", t->name, (unsigned)element / 32, (unsigned)element % 32);
    } else if (t->dims[0] > 0) {
        (void)snprintf(name, MR_ENIP_NAME_MAX, "%s[%u]", t->name, (unsigned)element);
    } else {
        (void)snprintf(name, MR_ENIP_NAME_MAX, "%s", t->name);
    }
    return true;
}

static bool make_plan(struct mr_peer *p, struct mr_arena *a)
{
    const struct mr_enip_personality *m = &p->device->personality->enip_manner;
    struct plan *own = p->own = mr_arena_scratch(a, sizeof *own);
    if (!own || !(own->names = mr_arena_scratch(a, sizeof(const char *) * (p->nplaces + 1)))) {
        return false;
    }
    own->route = (struct mr_enip_route){.chassis = m->chassis, .slot = m->slot, .timeout = MR_PEER_TIMEOUT};
    for (size_t i = 0; i < p->nplaces; i++) {
        char name[MR_ENIP_NAME_MAX];
        uint16_t tag_type;
        if (!name_place(p->device, p->serve, &p->places[i], &tag_type, name)) {
            return false;
        }
        char *kept = mr_arena_scratch(a, strlen(name) + 1);
        if (!kept) {
            return false;
        }
        memcpy(kept, name, strlen(name) + 1);
        own->names[i] = kept;
    }
    return true;
}

/* --- life ------------------------------------------------------------------------------------------------------------------- */

static void bind(const struct mr_peer *p, void *session)
{
    ((struct enip *)session)->client.route = &((const struct plan *)p->own)->route;
}

static void init(const struct mr_peer *p, void *session)
{
    struct enip *e = session;
    mr_enip_client_init(&e->client, &((const struct plan *)p->own)->route);
    e->next = (uint16_t)p->nplaces;
}

static void open_session(const struct mr_peer *p, void *session, mr_ns now)
{
    init(p, session);
    mr_enip_client_open(&((struct enip *)session)->client, now);
}

static void close_session(const struct mr_peer *p, void *session)
{
    (void)p;
    mr_enip_client_close(&((struct enip *)session)->client);
}

/* --- rounds ----------------------------------------------------------------------------------------------------------------- */

/* As many places as request and answer have room for: each has an offset, and in the request a head, a path and a count, in the
 * answer a head, a type and a value. */
static void ask(const struct mr_peer *p, struct enip *e, mr_ns now)
{
    enum { OFFSET = 2, REQUEST_HEAD = 2, COUNT = 2, ANSWER = 4 + 2 + 8, SEGMENTS = 10 };
    const struct plan *own = p->own;
    size_t n = 0;
    size_t request = 0;
    size_t answer = 0;
    while (e->next + n < p->nplaces) {
        request += OFFSET + REQUEST_HEAD + strlen(own->names[e->next + n]) + SEGMENTS + COUNT;
        answer += OFFSET + ANSWER;
        if (n > 0 && (request > MR_ENIP_BATCH || answer > MR_ENIP_BATCH)) {
            break;
        }
        n++;
    }
    if (n > 0 && mr_enip_client_read(&e->client, own->names + e->next, n, 1, MR_PEER_OWN, now) == MR_OK) {
        e->asked = e->next;
        e->n = (uint16_t)n;
        e->next = (uint16_t)(e->next + n);
    }
}

static void start_round(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    struct enip *e = session;
    (void)sink;
    if (e->next >= p->nplaces) {
        e->next = 0;
        ask(p, e, now);
    }
}

static void take_value(size_t place, struct mr_slice data, const struct mr_peer_sink *sink)
{
    uint16_t value_type;
    struct mr_slice bytes;
    double v;
    if (mr_enip_value(data, &value_type, &bytes) && mr_cip_number(value_type, bytes, &v)) {
        mr_peer_value(sink, place, v, true);
    }
}

static void take_values(const struct mr_peer *p, const struct enip *e, struct mr_slice data, const struct mr_peer_sink *sink)
{
    struct mr_cip_answer a;
    if (e->asked + (size_t)e->n > p->nplaces) { /* of a damaged snapshot */
        return;
    }
    if (e->n == 1) {
        take_value(e->asked, data, sink);
        return;
    }
    for (size_t i = 0; i < e->n && mr_enip_next_answer(data, i, &a); i++) {
        if (a.status == MR_CIP_OK) {
            take_value(e->asked + i, a.data, sink);
        }
    }
}

/* List Identity (Volume 2, 2-4.2): vendor, type, product and revision, and the product's name. */
static void take_identity(struct mr_slice data, uint32_t token, const struct mr_peer_sink *sink)
{
    enum { ITEM_HEAD = 4, VERSION_AND_SOCKET = 18, VENDOR_TYPE_PRODUCT = 6, STATUS_AND_SERIAL = 6 };
    struct mr_peer_text text = {0};
    struct mr_reader r = mr_reader(data);
    char revision[16];
    (void)mr_read_bytes(&r, 2 + ITEM_HEAD + VERSION_AND_SOCKET + VENDOR_TYPE_PRODUCT);
    unsigned major = mr_read_u8(&r);
    unsigned minor = mr_read_u8(&r);
    (void)mr_read_bytes(&r, STATUS_AND_SERIAL);
    struct mr_slice name = mr_read_bytes(&r, mr_read_u8(&r));
    if (!r.bad) {
        (void)snprintf(revision, sizeof revision, "%u.%u", major, minor);
        mr_peer_text_add(&text, name);
        mr_peer_text_add(&text, mr_slice_str(revision));
    }
    mr_peer_said(sink, token, &text);
}

static enum mr_err error_of(enum mr_enip_outcome outcome)
{
    switch (outcome) {
    case MR_ENIP_READY:
    case MR_ENIP_DONE:
        return MR_OK;
    case MR_ENIP_REFUSED:
        return MR_E_DENIED;
    case MR_ENIP_TIMEOUT:
        return MR_E_TIMEOUT;
    case MR_ENIP_LOST:
    case MR_ENIP_GARBLED:
        break;
    }
    return MR_E_CLOSED;
}

static bool take(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    struct enip *e = session;
    struct mr_enip_result r;
    while (mr_enip_client_next(&e->client, &r)) {
        if (r.outcome == MR_ENIP_READY) {
            mr_peer_ready(sink);
        } else if (r.outcome == MR_ENIP_DONE && (r.token & MR_PEER_OWN)) {
            take_values(p, e, r.data, sink);
        } else if (r.outcome == MR_ENIP_DONE && (r.token & MR_PEER_IDENTITY)) {
            take_identity(r.data, r.token, sink);
        } else {
            mr_peer_done(sink, r.token, error_of(r.outcome));
        }
        ask(p, e, now);
    }
    return !mr_enip_client_finished(&e->client);
}

/* --- requests --------------------------------------------------------------------------------------------------------------- */

static enum mr_err write_place(const struct mr_peer *p, void *session, const struct mr_place *place, double value, bool direct,
                               uint32_t token, mr_ns now)
{
    char name[MR_ENIP_NAME_MAX];
    uint16_t tag_type;
    uint8_t bytes[8];
    (void)direct;
    if (!reaches(p->device, p->serve, place, true) || !name_place(p->device, p->serve, place, &tag_type, name)) {
        return MR_E_UNSUPPORTED;
    }
    size_t n = mr_cip_from_number(tag_type, value, bytes);
    return mr_enip_client_write(&((struct enip *)session)->client, name, tag_type, 1, mr_slice(bytes, n), token, now);
}

static enum mr_err identify(const struct mr_peer *p, void *session, uint32_t token, mr_ns now)
{
    (void)p;
    return mr_enip_client_identity(&((struct enip *)session)->client, token, now);
}

static enum mr_err control(const struct mr_peer *p, void *session, enum mr_peer_control what, uint32_t token, mr_ns now)
{
    enum { POWER_CYCLE = 0 }; /* of the Identity object's reset */
    struct mr_enip_client *c = &((struct enip *)session)->client;
    (void)p;
    switch (what) {
    case MR_PEER_STOP:
    case MR_PEER_START:
        return mr_enip_client_mode(c, what == MR_PEER_START, token, now);
    case MR_PEER_COLD_RESTART:
        return mr_enip_client_reset(c, POWER_CYCLE, token, now);
    case MR_PEER_WARM_RESTART:
        break;
    }
    return MR_E_UNSUPPORTED;
}

const struct mr_peer_ops mr_peer_enip = {
    .title = "EtherNet/IP",
    .expected = "a tag that the device serves, and to be written none of %I",
    .type = &type,
    .io = &mr_enip_client_ops,
    .reaches = reaches,
    .plan = make_plan,
    .bind = bind,
    .init = init,
    .open = open_session,
    .close = close_session,
    .round = start_round,
    .take = take,
    .write = write_place,
    .identify = identify,
    .control = control,
};
