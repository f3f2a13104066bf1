/* enip_connect.c - the connection manager: Forward Open, Large Forward Open, Forward Close (Volume 1, 3-5.5), electronic keys and
 * connection paths (C-1.4), ownership of assemblies (3-6), and how connections end. */
#include "proto/enip/enip_serve.h"

enum { TRANSPORT_CLASS = 15, CLASS_1 = 1, CLASS_3 = 3 };
enum { CONNECTION_NULL = 0, CONNECTION_MULTICAST = 1, CONNECTION_POINT_TO_POINT = 2 };
enum { ROUTER_INSTANCE = 1, MULTIPLIER_MAX = 7 };
#define NONE        UINT16_MAX
#define FIRST_HEARD (10 * MR_S) /* at least so long a target waits for the first message (Volume 1, 3-4.5.2) */

/* One direction, as it is asked for. */
struct flow {
    uint32_t id;
    uint32_t rpi_us;
    uint16_t size;
    uint8_t type;
    bool variable;
};
struct opening {
    struct flow o_t, t_o;
    uint16_t serial, vendor;
    uint32_t originator;
    uint8_t multiplier, transport;
    struct mr_slice path;
    /* from the path */
    bool router;
    uint16_t consumed, produced; /* assembly index or NONE */
};

/* --- connections ------------------------------------------------------------------------------------------------------------ */

/* Our numbers for connections say in their low byte where they are in the pool. */
struct mr_enip_connection *mr_enip_find_connection(struct mr_enip_device *d, uint32_t o_t_id)
{
    uint32_t i = o_t_id & 0xFF;
    return i < d->nconnections && d->connections[i].live && d->connections[i].o_t_id == o_t_id ? &d->connections[i] : NULL;
}

static uint32_t number_of(struct mr_enip_device *d, const struct mr_enip_connection *c)
{
    d->state->next_connection = (d->state->next_connection + 1) & 0xFFFFFF;
    return d->state->next_connection << 8 | (uint32_t)(c - d->connections);
}

/* The timeout: the interval times 4, 8, up to 512. */
mr_ns mr_enip_timeout(const struct mr_enip_connection *c)
{
    mr_ns t = c->o_t_rpi_us * MR_US * (mr_ns)(4u << (c->multiplier & MULTIPLIER_MAX));
    return c->started || t > FIRST_HEARD ? t : FIRST_HEARD;
}

static void report(struct mr_enip_device *d, const struct mr_enip_connection *c, enum mr_enip_event_kind kind)
{
    uint16_t a = c->kind == MR_ENIP_OWNER ? c->consumed : c->produced;
    mr_enip_report(d, (struct mr_enip_event){.kind = (uint8_t)kind,
                                             .class_id = MR_CIP_ASSEMBLY,
                                             .instance = a < d->nassemblies ? d->assemblies[a].instance : 0,
                                             .tag = MR_ENIP_NO_TAG,
                                             .client = c->client});
}

static bool is_fed(const struct mr_enip_device *d, uint16_t produced)
{
    for (uint16_t i = 0; i < d->nconnections; i++) {
        const struct mr_enip_connection *c = &d->connections[i];
        if (c->live && c->produced == produced && (c->kind == MR_ENIP_OWNER || c->kind == MR_ENIP_INPUT_ONLY_CONN)) {
            return true;
        }
    }
    return false;
}

/* Listeners live as long as a connection that is none has the same data. */
void mr_enip_end_connection(struct mr_enip_device *d, struct mr_enip_connection *c, enum mr_enip_event_kind why)
{
    c->live = false;
    if (c->kind == MR_ENIP_EXPLICIT) {
        return;
    }
    report(d, c, why);
    for (uint16_t i = 0; i < d->nconnections && !is_fed(d, c->produced); i++) {
        struct mr_enip_connection *o = &d->connections[i];
        if (o->live && o->kind == MR_ENIP_LISTENER && o->produced == c->produced) {
            o->live = false;
            report(d, o, why);
        }
    }
}

uint16_t mr_enip_connections_used(const struct mr_enip_device *d)
{
    return d->state->nused < d->nconnections ? d->state->nused : d->nconnections;
}

void mr_enip_connections_trim(struct mr_enip_device *d)
{
    uint16_t n = mr_enip_connections_used(d);
    while (n > 0 && !d->connections[n - 1].live) {
        n--;
    }
    d->state->nused = n;
}

void mr_enip_end_session(struct mr_enip_device *d, uint32_t session)
{
    for (uint16_t i = 0; i < d->nconnections; i++) {
        struct mr_enip_connection *c = &d->connections[i];
        if (c->live && c->kind == MR_ENIP_EXPLICIT && c->session == session) {
            c->live = false;
        }
    }
    mr_enip_connections_trim(d);
}

static struct mr_enip_connection *find_triad(struct mr_enip_device *d, uint16_t serial, uint16_t vendor, uint32_t originator)
{
    for (uint16_t i = 0; i < d->nconnections; i++) {
        struct mr_enip_connection *c = &d->connections[i];
        if (c->live && c->serial == serial && c->vendor == vendor && c->originator == originator) {
            return c;
        }
    }
    return NULL;
}

/* 239.192.1.0 and 32 addresses a host on (Volume 2, 3-5.3). */
uint32_t mr_enip_group(const struct mr_enip_device *d)
{
    uint32_t host = (d->interface->ip & ~d->interface->mask & 0x3FF);
    return 0xEFC00100u + (host > 0 ? host - 1 : 0) * 32;
}

/* --- paths ------------------------------------------------------------------------------------------------------------------ */

static enum mr_cip_status refuse(struct mr_enip_call *c, enum mr_cip_connection_error error)
{
    return mr_enip_fail(c, MR_CIP_CONNECTION_FAILURE, (uint16_t)error);
}

/* And how large it may be. */
static enum mr_cip_status refuse_size(struct mr_enip_call *c, enum mr_cip_connection_error error, uint16_t right)
{
    c->nextended = 2;
    c->extended[0] = (uint16_t)error;
    c->extended[1] = right;
    return MR_CIP_CONNECTION_FAILURE;
}

static enum mr_cip_status check_port(struct mr_enip_call *c, const struct mr_cip_segment *s)
{
    enum { BACKPLANE = 1 };
    const struct mr_enip_personality *p = c->d->personality;
    if (!p->chassis || s->value != BACKPLANE) {
        return refuse(c, MR_CIP_CE_PORT);
    }
    return s->name.n == 1 && s->name.p[0] == p->slot ? MR_CIP_OK : refuse(c, MR_CIP_CE_LINK_ADDRESS);
}

enum mr_cip_status mr_enip_check_route(struct mr_enip_call *c, struct mr_slice route)
{
    struct mr_reader r = mr_reader(route);
    struct mr_cip_segment s;
    enum mr_cip_status status = MR_CIP_OK;
    while (status == MR_CIP_OK && mr_cip_next_segment(&r, &s)) {
        status = s.kind == MR_CIP_SEG_PORT ? check_port(c, &s) : refuse(c, MR_CIP_CE_SEGMENT);
    }
    return status == MR_CIP_OK && r.bad ? refuse(c, MR_CIP_CE_SEGMENT) : status;
}

/* Vendor, type, product, revision; 0 stands for any. With the compatibility bit a later minor revision will do. */
static enum mr_cip_status check_key(struct mr_enip_call *c, struct mr_slice key)
{
    const struct mr_enip_identity *id = c->d->identity;
    struct mr_reader r = mr_reader(key);
    uint16_t vendor = mr_read_u16le(&r), type = mr_read_u16le(&r), product = mr_read_u16le(&r);
    uint8_t major = mr_read_u8(&r), minor = mr_read_u8(&r);
    bool compatible = (major & 0x80) != 0;
    major &= 0x7F;
    if ((vendor != 0 && vendor != id->vendor) || (product != 0 && product != id->product)) {
        return refuse(c, MR_CIP_CE_VENDOR_OR_PRODUCT);
    }
    if (type != 0 && type != id->type) {
        return refuse(c, MR_CIP_CE_DEVICE_TYPE);
    }
    bool minor_fits = minor == 0 || (compatible ? minor <= id->minor : minor == id->minor);
    return (major == 0 || (major == id->major && minor_fits)) ? MR_CIP_OK : refuse(c, MR_CIP_CE_REVISION);
}

static uint16_t find_assembly(const struct mr_enip_device *d, uint32_t instance)
{
    for (uint16_t i = 0; i < d->nassemblies; i++) {
        if (d->assemblies[i].instance == instance) {
            return i;
        }
    }
    return NONE;
}

/* What is consumed and what is produced, from the points of the path: (configuration,) O→T, T→O. */
static enum mr_cip_status find_points(struct mr_enip_call *c, struct opening *o, const uint32_t *points, size_t n)
{
    const struct mr_enip_device *d = c->d;
    if (n < 2) {
        return refuse(c, MR_CIP_CE_POINT);
    }
    o->consumed = find_assembly(d, points[n - 2]);
    o->produced = find_assembly(d, points[n - 1]);
    if (o->consumed == NONE || o->produced == NONE || d->assemblies[o->produced].kind != MR_ENIP_INPUT) {
        return refuse(c, MR_CIP_CE_POINT);
    }
    uint8_t kind = d->assemblies[o->consumed].kind;
    bool config =
        n < 3 || (find_assembly(d, points[0]) != NONE && d->assemblies[find_assembly(d, points[0])].kind == MR_ENIP_CONFIG);
    return config && kind != MR_ENIP_INPUT && kind != MR_ENIP_CONFIG ? MR_CIP_OK : refuse(c, MR_CIP_CE_POINT);
}

static enum mr_cip_status check_path(struct mr_enip_call *c, struct opening *o)
{
    struct mr_reader r = mr_reader(o->path);
    struct mr_cip_segment s;
    uint32_t class_id = 0, points[3];
    size_t n = 0;
    enum mr_cip_status status = MR_CIP_OK;
    while (status == MR_CIP_OK && mr_cip_next_segment(&r, &s)) {
        bool point = s.kind == MR_CIP_SEG_INSTANCE || s.kind == MR_CIP_SEG_POINT;
        if (s.kind == MR_CIP_SEG_PORT && class_id == 0) {
            status = check_port(c, &s);
        } else if (s.kind == MR_CIP_SEG_KEY && class_id == 0) {
            status = check_key(c, s.name);
        } else if (s.kind == MR_CIP_SEG_CLASS && (class_id == 0 || s.value == class_id)) {
            class_id = s.value;
        } else if (point && class_id != 0 && n < 3) {
            points[n++] = s.value;
        } else if (s.kind != MR_CIP_SEG_NETWORK && s.kind != MR_CIP_SEG_DATA) {
            status = refuse(c, MR_CIP_CE_SEGMENT);
        }
    }
    if (status != MR_CIP_OK || r.bad) {
        return status != MR_CIP_OK ? status : refuse(c, MR_CIP_CE_SEGMENT);
    }
    o->router = class_id == MR_CIP_MESSAGE_ROUTER && n == 1 && points[0] == ROUTER_INSTANCE;
    if (o->router) {
        return MR_CIP_OK;
    }
    return class_id == MR_CIP_ASSEMBLY ? find_points(c, o, points, n) : refuse(c, MR_CIP_CE_POINT);
}

/* --- opening ---------------------------------------------------------------------------------------------------------------- */

static struct flow read_flow(struct mr_reader *r, uint32_t id, bool large)
{
    struct flow f = {.id = id, .rpi_us = mr_read_u32le(r)};
    uint32_t parameters = large ? mr_read_u32le(r) : mr_read_u16le(r);
    f.size = (uint16_t)(large ? parameters & 0xFFFF : parameters & 0x1FF);
    parameters >>= large ? 16 : 0;
    f.variable = (parameters >> 9 & 1) != 0;
    f.type = parameters >> 13 & 3;
    return f;
}

static bool read_opening(struct mr_reader *r, bool large, struct opening *o)
{
    *o = (struct opening){.consumed = NONE, .produced = NONE};
    (void)mr_read_u16le(r); /* priority and ticks */
    uint32_t o_t = mr_read_u32le(r), t_o = mr_read_u32le(r);
    o->serial = mr_read_u16le(r);
    o->vendor = mr_read_u16le(r);
    o->originator = mr_read_u32le(r);
    o->multiplier = mr_read_u8(r);
    (void)mr_read_u24le(r);
    o->o_t = read_flow(r, o_t, large);
    o->t_o = read_flow(r, t_o, large);
    o->transport = mr_read_u8(r);
    o->path = mr_read_bytes(r, mr_read_u8(r) * (size_t)2);
    return !r->bad && mr_reader_left(r) == 0;
}

static enum mr_cip_status check_explicit(struct mr_enip_call *c, const struct opening *o)
{
    uint16_t max = c->d->personality->connection_max;
    if (o->o_t.type != CONNECTION_POINT_TO_POINT) {
        return refuse(c, MR_CIP_CE_O_T_TYPE);
    }
    if (o->t_o.type != CONNECTION_POINT_TO_POINT) {
        return refuse(c, MR_CIP_CE_T_O_TYPE);
    }
    enum { SMALLEST = 2 + MR_ENIP_ANSWER_MIN };
    if (o->o_t.size > max || o->t_o.size > max || o->t_o.size < SMALLEST) {
        return refuse_size(c, MR_CIP_CE_SIZE, max);
    }
    return MR_CIP_OK;
}

/* Bytes of a class 1 message: its count, the run/idle header, the assembly's data. */
static bool size_fits(const struct flow *f, uint16_t right)
{
    return f->size == right || (f->variable && f->size >= 2 && f->size <= right);
}

static enum mr_cip_status check_ownership(struct mr_enip_call *c, const struct opening *o, uint8_t kind)
{
    const struct mr_enip_device *d = c->d;
    for (uint16_t i = 0; i < d->nconnections && kind == MR_ENIP_OWNER; i++) {
        const struct mr_enip_connection *other = &d->connections[i];
        if (other->live && other->kind == MR_ENIP_OWNER && other->consumed == o->consumed) {
            return refuse(c, MR_CIP_CE_OWNED);
        }
    }
    return kind == MR_ENIP_LISTENER && !is_fed(d, o->produced) ? refuse(c, MR_CIP_CE_NOT_LISTENABLE) : MR_CIP_OK;
}

static uint8_t kind_of(const struct mr_enip_device *d, const struct opening *o)
{
    if (o->router) {
        return MR_ENIP_EXPLICIT;
    }
    uint8_t kind = d->assemblies[o->consumed].kind;
    return kind == MR_ENIP_OUTPUT ? MR_ENIP_OWNER : kind == MR_ENIP_INPUT_ONLY ? MR_ENIP_INPUT_ONLY_CONN : MR_ENIP_LISTENER;
}

static enum mr_cip_status check_implicit(struct mr_enip_call *c, const struct opening *o, const struct mr_enip_ask *q)
{
    const struct mr_enip_personality *p = c->d->personality;
    uint8_t kind = kind_of(c->d, o);
    if (!mr_enip_may(c, kind == MR_ENIP_OWNER ? MR_ENIP_MAY_WRITE : MR_ENIP_MAY_READ, q)) {
        return MR_CIP_PRIVILEGE;
    }
    if (c->d->settings->io_off || (kind == MR_ENIP_OWNER && c->d->settings->write_protected)) {
        return mr_enip_deny(c, q);
    }
    if (o->o_t.type != CONNECTION_POINT_TO_POINT) {
        return refuse(c, MR_CIP_CE_O_T_TYPE);
    }
    if (o->t_o.type != CONNECTION_POINT_TO_POINT && o->t_o.type != CONNECTION_MULTICAST) {
        return refuse(c, MR_CIP_CE_T_O_TYPE);
    }
    if (o->o_t.rpi_us * MR_US < p->rpi_min || o->t_o.rpi_us * MR_US < p->rpi_min) {
        return refuse(c, MR_CIP_CE_RPI);
    }
    uint16_t data = c->d->assemblies[o->consumed].bytes;
    uint16_t o_t = (uint16_t)(kind == MR_ENIP_OWNER ? 2 + (p->run_idle_header ? 4 : 0) + data : 2);
    uint16_t t_o = (uint16_t)(2 + c->d->assemblies[o->produced].bytes);
    bool heartbeat = kind != MR_ENIP_OWNER && o->o_t.size <= 6; /* some send a run/idle header, some not even a count */
    if (!heartbeat && !size_fits(&o->o_t, o_t)) {
        return refuse_size(c, MR_CIP_CE_O_T_SIZE, o_t);
    }
    if (!size_fits(&o->t_o, t_o)) {
        return refuse_size(c, MR_CIP_CE_T_O_SIZE, t_o);
    }
    return check_ownership(c, o, kind);
}

static enum mr_cip_status check_opening(struct mr_enip_call *c, struct opening *o, const struct mr_enip_ask *q)
{
    uint8_t transport = o->transport & TRANSPORT_CLASS;
    if (find_triad(c->d, o->serial, o->vendor, o->originator)) {
        return refuse(c, MR_CIP_CE_IN_USE);
    }
    if (o->multiplier > MULTIPLIER_MAX) {
        return refuse(c, MR_CIP_CE_PARAMETER);
    }
    enum mr_cip_status status = check_path(c, o);
    if (status != MR_CIP_OK) {
        return status;
    }
    if (transport != (o->router ? CLASS_3 : CLASS_1)) {
        return refuse(c, MR_CIP_CE_TRANSPORT);
    }
    return o->router ? check_explicit(c, o) : check_implicit(c, o, q);
}

static struct mr_enip_connection *take_connection(struct mr_enip_device *d)
{
    for (uint16_t i = 0; i < d->nconnections; i++) {
        if (!d->connections[i].live) {
            mr_state_clear(&mr_enip_connection_type, &d->connections[i]);
            return &d->connections[i];
        }
    }
    return NULL;
}

/* A multicast connection joins one that produces the same data at the same rate; then both have one number. */
static uint32_t group_number(const struct mr_enip_device *d, const struct mr_enip_connection *c)
{
    for (uint16_t i = 0; i < d->nconnections; i++) {
        const struct mr_enip_connection *o = &d->connections[i];
        if (o != c && o->live && o->multicast && o->produced == c->produced && o->t_o_size == c->t_o_size &&
            o->t_o_rpi_us == c->t_o_rpi_us) {
            return o->t_o_id;
        }
    }
    return c->o_t_id;
}

static void establish(struct mr_enip_call *c, const struct opening *o, struct mr_enip_connection *n)
{
    const uint16_t place = (uint16_t)(n - c->d->connections);
    c->d->state->nused = c->d->state->nused > place ? c->d->state->nused : (uint16_t)(place + 1);
    n->live = true;
    n->kind = kind_of(c->d, o);
    n->session = c->session;
    n->client = c->client;
    n->serial = o->serial;
    n->vendor = o->vendor;
    n->originator = o->originator;
    n->o_t_id = number_of(c->d, n);
    n->o_t_rpi_us = o->o_t.rpi_us;
    n->t_o_rpi_us = o->t_o.rpi_us;
    n->o_t_size = o->o_t.size;
    n->t_o_size = o->t_o.size;
    n->multiplier = o->multiplier;
    n->multicast = o->t_o.type == CONNECTION_MULTICAST;
    n->consumed = o->consumed;
    n->produced = o->produced;
    n->heard = n->due = c->now;
    n->peer_ip = n->multicast ? mr_enip_group(c->d) : c->client;
    n->peer_port = n->multicast || c->t_o_port == 0 ? MR_ENIP_IO_PORT : c->t_o_port;
    n->t_o_id = n->multicast ? group_number(c->d, n) : o->t_o.id;
    c->grouped = n->multicast;
    c->group = (struct mr_enip_peer){n->peer_ip, n->peer_port};
    if (n->kind != MR_ENIP_EXPLICIT) {
        report(c->d, n, MR_ENIP_EV_IO_OPEN);
    }
}

enum mr_cip_status mr_enip_forward_open(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    struct opening o;
    if (!read_opening(&q->data, q->service == MR_CIP_LARGE_FORWARD_OPEN, &o)) {
        return q->data.bad ? MR_CIP_NOT_ENOUGH_DATA : MR_CIP_TOO_MUCH_DATA;
    }
    if (c->rights == 0) {
        return mr_enip_deny(c, q);
    }
    enum mr_cip_status status = check_opening(c, &o, q);
    struct mr_enip_connection *n = status == MR_CIP_OK ? take_connection(c->d) : NULL;
    if (status == MR_CIP_OK && !n) {
        status = refuse(c, MR_CIP_CE_NONE_LEFT);
    }
    if (n) {
        establish(c, &o, n);
        mr_write_u32le(w, n->o_t_id);
        mr_write_u32le(w, n->t_o_id);
    }
    mr_write_u16le(w, o.serial);
    mr_write_u16le(w, o.vendor);
    mr_write_u32le(w, o.originator);
    if (n) {
        mr_write_u32le(w, o.o_t.rpi_us);
        mr_write_u32le(w, o.t_o.rpi_us);
    }
    mr_write_u16le(w, 0); /* no application reply; or nothing left of the path */
    return status;
}

/* --- closing ---------------------------------------------------------------------------------------------------------------- */

enum mr_cip_status mr_enip_forward_close(struct mr_enip_call *c, struct mr_enip_ask *q, struct mr_writer *w)
{
    (void)mr_read_u16le(&q->data);
    uint16_t serial = mr_read_u16le(&q->data), vendor = mr_read_u16le(&q->data);
    uint32_t originator = mr_read_u32le(&q->data);
    size_t words = mr_read_u8(&q->data);
    (void)mr_read_u8(&q->data);
    (void)mr_read_bytes(&q->data, words * 2);
    if (q->data.bad) {
        return MR_CIP_NOT_ENOUGH_DATA;
    }
    struct mr_enip_connection *n = find_triad(c->d, serial, vendor, originator);
    enum mr_cip_status status = MR_CIP_OK;
    if (n && n->client == c->client) { /* another host cannot end a connection */
        mr_enip_end_connection(c->d, n, MR_ENIP_EV_IO_CLOSE);
    } else {
        status = refuse(c, MR_CIP_CE_NOT_FOUND);
    }
    mr_write_u16le(w, serial);
    mr_write_u16le(w, vendor);
    mr_write_u32le(w, originator);
    mr_write_u16le(w, 0); /* no application reply; or nothing left of the path */
    return status;
}
