/* peer_modbus.c - a device over Modbus: blocks of its default map, read several at a time; identification by 43/14. */
#include "device/link_map.h"
#include "device/peer_row.h"

struct plan {
    struct mr_link_block blocks[MR_LINK_BLOCKS_MAX];
    size_t nblocks;
    uint8_t *block_of; /* by place */
};

struct modbus {
    struct mr_modbus_client client;
    bool opened;   /* and not told yet */
    uint16_t next; /* block of this round to be asked for */
};
static const struct mr_field fields[] = {
    MR_SUB(struct modbus, client, &mr_modbus_client_type),
    MR_FIELD(struct modbus, opened, MR_BOOL),
    MR_FIELD(struct modbus, next, MR_U16),
};
static const struct mr_type type = MR_TYPE("modbus peer", struct modbus, fields);

static bool reaches(const struct mr_device *d, const struct mr_serve *s, const struct mr_place *p, bool write)
{
    struct mr_link_block at;
    struct mr_modbus_request r;
    uint16_t values[4];
    (void)d;
    (void)s;
    return write ? mr_link_write_request(p, 0, &r, values) : mr_link_locate(p, &at);
}

static bool fits(const struct mr_device *d, const struct mr_place *places, size_t n)
{
    struct mr_link_block blocks[MR_LINK_BLOCKS_MAX];
    return n == 0 || mr_link_plan(places, n, d->personality->registers_max, blocks, MR_LINK_BLOCKS_MAX) > 0;
}

static bool holds(const struct mr_link_block *b, const struct mr_link_block *at)
{
    return at->table == b->table && at->from >= b->from && at->from + at->count <= b->from + b->count;
}

static bool make_plan(struct mr_peer *p, struct mr_arena *a)
{
    struct plan *own = p->own = mr_arena_scratch(a, sizeof *own);
    if (!own || !(own->block_of = mr_arena_scratch(a, p->nplaces + 1))) {
        return false;
    }
    own->nblocks = mr_link_plan(p->places, p->nplaces, p->device->personality->registers_max, own->blocks, MR_LINK_BLOCKS_MAX);
    for (size_t i = 0; i < p->nplaces; i++) {
        struct mr_link_block at;
        uint8_t b = 0;
        bool found = mr_link_locate(&p->places[i], &at);
        while (found && b < own->nblocks && !holds(&own->blocks[b], &at)) {
            b++;
        }
        if (!found || b == own->nblocks) {
            return false;
        }
        own->block_of[i] = b;
    }
    return true;
}

static void bind(const struct mr_peer *p, void *session)
{
    struct modbus *m = session;
    m->client.rtu = p->serve->modbus.rtu;
    m->client.depth = m->client.rtu ? 1 : MR_MODBUS_CLIENT_DEPTH_MAX;
    m->client.timeout = MR_PEER_TIMEOUT;
}

static void init(const struct mr_peer *p, void *session)
{
    struct modbus *m = session;
    if (p->serve->modbus.rtu) {
        mr_modbus_client_init_rtu(&m->client, MR_PEER_TIMEOUT);
    } else {
        mr_modbus_client_init(&m->client, MR_MODBUS_CLIENT_DEPTH_MAX, MR_PEER_TIMEOUT);
    }
    m->opened = false;
    m->next = (uint16_t)((const struct plan *)p->own)->nblocks;
}

static void open_session(const struct mr_peer *p, void *session, mr_ns now)
{
    struct modbus *m = session;
    (void)now;
    mr_modbus_client_open(&m->client);
    m->opened = true;
    m->next = (uint16_t)((const struct plan *)p->own)->nblocks;
}

static void close_session(const struct mr_peer *p, void *session)
{
    struct modbus *m = session;
    m->next = (uint16_t)((const struct plan *)p->own)->nblocks;
    mr_modbus_client_close(&m->client);
}

/* As many of this round's blocks as the client takes. */
static void ask(const struct mr_peer *p, struct modbus *m, mr_ns now)
{
    const struct plan *own = p->own;
    while (m->next < own->nblocks) {
        struct mr_modbus_request r = {.token = MR_PEER_OWN | m->next, .unit = p->serve->modbus.unit};
        mr_link_read_request(&own->blocks[m->next], &r);
        if (mr_modbus_client_request(&m->client, &r, now) != MR_OK) {
            return;
        }
        m->next++;
    }
}

static void start_round(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    struct modbus *m = session;
    (void)sink;
    if (m->next >= ((const struct plan *)p->own)->nblocks && mr_modbus_client_waiting(&m->client) == 0) {
        m->next = 0;
        ask(p, m, now);
    }
}

static void take_block(const struct mr_peer *p, size_t block, struct mr_slice data, const struct mr_peer_sink *sink)
{
    const struct plan *own = p->own;
    for (size_t i = 0; i < p->nplaces; i++) {
        if (own->block_of[i] == block) {
            mr_peer_value(sink, i, mr_link_value(&p->places[i], &own->blocks[block], data), true);
        }
    }
}

static void take_identity(const struct mr_modbus_result *r, const struct mr_peer_sink *sink)
{
    struct mr_modbus_identity_answer a;
    struct mr_peer_text text = {0};
    uint8_t id;
    struct mr_slice value;
    if (mr_modbus_identity_decode(r->pdu, &a)) {
        while (mr_modbus_identity_next(&a, &id, &value)) {
            mr_peer_text_add(&text, value);
        }
    }
    mr_peer_said(sink, r->token, &text);
}

static bool take(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    struct modbus *m = session;
    struct mr_modbus_result r;
    bool good = true;
    if (m->opened) {
        m->opened = false;
        mr_peer_ready(sink);
    }
    while (mr_modbus_client_next(&m->client, &r)) {
        bool done = r.status == MR_MODBUS_DONE;
        if (done && (r.token & MR_PEER_OWN)) {
            take_block(p, r.token & ~MR_PEER_OWN, r.data, sink);
        } else if (done && (r.token & MR_PEER_IDENTITY)) {
            take_identity(&r, sink);
        } else {
            mr_peer_done(sink, r.token,
                         done                              ? MR_OK
                         : r.status == MR_MODBUS_EXCEPTION ? MR_E_DENIED
                         : r.status == MR_MODBUS_TIMEOUT   ? MR_E_TIMEOUT
                                                           : MR_E_CLOSED);
        }
        good = good && (done || r.status == MR_MODBUS_EXCEPTION);
    }
    if (good) {
        ask(p, m, now);
    }
    return good;
}

static enum mr_err request(const struct mr_peer *p, struct modbus *m, struct mr_modbus_request *r, mr_ns now)
{
    r->unit = p->serve->modbus.unit;
    enum mr_err err = mr_modbus_client_request(&m->client, r, now);
    return err == MR_E_FULL ? MR_E_BUSY : err;
}

static enum mr_err write_place(const struct mr_peer *p, void *session, const struct mr_place *place, double value, bool direct,
                               uint32_t token, mr_ns now)
{
    struct mr_modbus_request r = {.token = token};
    uint16_t values[4];
    (void)direct;
    return mr_link_write_request(place, value, &r, values) ? request(p, session, &r, now) : MR_E_UNSUPPORTED;
}

static enum mr_err identify(const struct mr_peer *p, void *session, uint32_t token, mr_ns now)
{
    struct mr_modbus_request r = {.token = token, .function = MR_MODBUS_ENCAPSULATED, .count = MR_MODBUS_ID_BASIC};
    return request(p, session, &r, now);
}

const struct mr_peer_ops mr_peer_modbus = {
    .title = "Modbus",
    .expected = "a bit below %QX1024.0, or a word below %MW32768",
    .type = &type,
    .io = &mr_modbus_client_ops,
    .reaches = reaches,
    .fits = fits,
    .plan = make_plan,
    .bind = bind,
    .init = init,
    .open = open_session,
    .close = close_session,
    .round = start_round,
    .take = take,
    .write = write_place,
    .identify = identify,
};
