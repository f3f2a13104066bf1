#include "device/peer_row.h"

static const struct mr_peer_ops *const rows[MR_SERVE_KINDS] = {
    [MR_SERVE_MODBUS] = &mr_peer_modbus, [MR_SERVE_S7] = &mr_peer_s7,     [MR_SERVE_IEC104] = &mr_peer_iec104,
    [MR_SERVE_DNP3] = &mr_peer_dnp3,     [MR_SERVE_ENIP] = &mr_peer_enip,
};

const struct mr_peer_ops *mr_peer_ops(enum mr_serve_kind kind)
{
    return rows[kind];
}

const struct mr_serve *mr_peer_usual(const struct mr_device *d)
{
    for (size_t i = 0; i < d->nserves; i++) { /* in the order of enum mr_serve_kind: Modbus first */
        if (rows[d->serves[i].kind]) {
            return &d->serves[i];
        }
    }
    return NULL;
}

/* --- for the rows ----------------------------------------------------------------------------------------------------------- */

void mr_peer_text_add(struct mr_peer_text *t, struct mr_slice part)
{
    while (part.n > 0 && (part.p[part.n - 1] == ' ' || part.p[part.n - 1] == 0)) {
        part.n--;
    }
    if (t->n > 0 && part.n > 0 && t->n < sizeof t->text - 1) {
        t->text[t->n++] = ' ';
    }
    for (size_t i = 0; i < part.n && t->n < sizeof t->text - 1; i++) {
        if (part.p[i] >= 0x20 && part.p[i] < 0x7F) {
            t->text[t->n++] = (char)part.p[i];
        }
    }
    t->text[t->n] = '\0';
}

void mr_peer_said(const struct mr_peer_sink *s, uint32_t token, const struct mr_peer_text *t)
{
    if (s->said) {
        s->said(s->ctx, token & ~MR_PEER_IDENTITY, t->text);
    }
    mr_peer_done(s, token, MR_OK);
}

bool mr_peer_same_place(const struct mr_place *a, const struct mr_place *b)
{
    return a->area == b->area && a->type == b->type && a->byte == b->byte && (a->type != MR_VT_BOOL || a->bit == b->bit);
}

double mr_peer_from_bytes(const struct mr_place *p, struct mr_slice bytes)
{
    uint8_t own[8] = {0};
    memcpy(own, bytes.p, bytes.n < sizeof own ? bytes.n : sizeof own);
    struct mr_image im = {.area = {NULL, NULL, own}, .size = {0, 0, sizeof own}};
    struct mr_place local = {MR_AREA_M, p->type, 0, p->bit};
    return mr_image_get(&im, &local);
}

size_t mr_peer_to_bytes(const struct mr_place *p, double value, uint8_t out[8])
{
    memset(out, 0, 8);
    struct mr_image im = {.area = {NULL, NULL, out}, .size = {0, 0, 8}};
    struct mr_place local = {MR_AREA_M, p->type, 0, 0};
    (void)mr_image_set(&im, &local, value);
    return mr_vtype_size(p->type);
}

/* --- for owners ------------------------------------------------------------------------------------------------------------- */

bool mr_peer_init(struct mr_peer *p, struct mr_arena *a, const struct mr_device *device, const struct mr_serve *serve,
                  uint16_t nth, mr_ns every, const struct mr_place *places, size_t n)
{
    *p = (struct mr_peer){rows[serve->kind], device, serve, nth, every, places, n, NULL};
    return p->ops && p->ops->plan(p, a);
}

void *mr_peer_session(const struct mr_peer *p, struct mr_arena *a, const char *name)
{
    void *session = mr_arena_new(a, p->ops->type, 1, name);
    if (session) {
        p->ops->init(p, session);
    }
    return session;
}

void mr_peer_open(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    p->ops->open(p, session, now);
    (void)p->ops->take(p, session, sink, now);
}

void mr_peer_close(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    p->ops->close(p, session);
    (void)p->ops->take(p, session, sink, now);
}

struct mr_feed mr_peer_feed(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, struct mr_slice in,
                            mr_ns now)
{
    struct mr_feed f = p->ops->io->feed(session, in, now);
    if (!p->ops->take(p, session, sink, now)) {
        f.status = MR_FEED_MALFORMED;
    }
    return f;
}

bool mr_peer_tick(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    p->ops->io->tick(session, now);
    return p->ops->take(p, session, sink, now);
}

bool mr_peer_output(const struct mr_peer *p, void *session, struct mr_writer *w)
{
    return p->ops->io->output(session, w);
}

mr_ns mr_peer_deadline(const struct mr_peer *p, const void *session)
{
    return p->ops->io->deadline(session);
}

void mr_peer_round(const struct mr_peer *p, void *session, const struct mr_peer_sink *sink, mr_ns now)
{
    p->ops->round(p, session, sink, now);
}

enum mr_err mr_peer_write(const struct mr_peer *p, void *session, const struct mr_place *place, double value, bool direct,
                          uint32_t token, mr_ns now)
{
    MR_ASSERT(token < MR_PEER_TOKENS);
    return p->ops->write(p, session, place, value, direct, token, now);
}

enum mr_err mr_peer_identify(const struct mr_peer *p, void *session, uint32_t token, mr_ns now)
{
    MR_ASSERT(token < MR_PEER_TOKENS);
    return p->ops->identify(p, session, token | MR_PEER_IDENTITY, now);
}

enum mr_err mr_peer_control(const struct mr_peer *p, void *session, enum mr_peer_control what, uint32_t token, mr_ns now)
{
    MR_ASSERT(token < MR_PEER_TOKENS);
    return p->ops->control ? p->ops->control(p, session, what, token, now) : MR_E_UNSUPPORTED;
}
