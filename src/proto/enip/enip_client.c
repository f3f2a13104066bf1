/* enip_client.c - registering and opening a connection (Volume 2, 2-4; Volume 1, 3-5.5), requests, and their answers. */
#include "proto/enip/enip_client.h"

enum { CLOSED, REGISTERING, OPENING, IDLE, WAITING, ANSWERED, USELESS };
/* What is being waited for. */
enum { WAIT_LIST = 0xFF };

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_enip_client, state, MR_U8),        MR_FIELD(struct mr_enip_client, outcome, MR_U8),
    MR_FIELD(struct mr_enip_client, service, MR_U8),      MR_FIELD(struct mr_enip_client, token, MR_U32),
    MR_FIELD(struct mr_enip_client, session, MR_U32),     MR_FIELD(struct mr_enip_client, o_t_id, MR_U32),
    MR_FIELD(struct mr_enip_client, t_o_id, MR_U32),      MR_FIELD(struct mr_enip_client, sequence, MR_U16),
    MR_FIELD(struct mr_enip_client, connections, MR_U16), MR_FIELD(struct mr_enip_client, used, MR_BOOL),
    MR_FIELD(struct mr_enip_client, context, MR_U64),     MR_FIELD(struct mr_enip_client, until, MR_I64),
    MR_FIELD(struct mr_enip_client, nin, MR_U32),         MR_VARIABLE(struct mr_enip_client, in, MR_U8, nin),
    MR_FIELD(struct mr_enip_client, nout, MR_U32),        MR_VARIABLE(struct mr_enip_client, out, MR_U8, nout),
};
const struct mr_type mr_enip_client_type = MR_TYPE("enip_client", struct mr_enip_client, fields);

void mr_enip_client_init(struct mr_enip_client *c, const struct mr_enip_route *route)
{
    MR_ASSERT(route->timeout > 0 && (!route->connected || (route->size >= 64 && route->size <= MR_ENIP_CONNECTION_MAX)));
    memset(c, 0, sizeof *c);
    c->route = route;
}

static void end(struct mr_enip_client *c, enum mr_enip_outcome outcome)
{
    c->outcome = (uint8_t)outcome;
    c->state = ANSWERED;
}

void mr_enip_client_close(struct mr_enip_client *c)
{
    if (c->state == IDLE || c->state == CLOSED) {
        c->state = USELESS;
    } else if (c->state != ANSWERED && c->state != USELESS) {
        end(c, MR_ENIP_LOST);
    }
    c->nout = 0;
}

/* --- sending ---------------------------------------------------------------------------------------------------------------- */

static struct mr_enip_header header(struct mr_enip_client *c, uint16_t command)
{
    struct mr_enip_header h = {.command = command, .session = c->session};
    c->context++;
    for (size_t i = 0; i < sizeof h.context; i++) {
        h.context[i] = (uint8_t)(c->context >> 8 * i);
    }
    return h;
}

static void sent(struct mr_enip_client *c, struct mr_writer *w, size_t begin)
{
    mr_enip_finish(w, begin);
    c->nout = (uint32_t)w->n;
}

/* Request bytes as an unconnected message; routed through the chassis where the route says so. */
static void send_unconnected(struct mr_enip_client *c, struct mr_slice cip, bool routed)
{
    struct mr_writer w = mr_writer(c->out, sizeof c->out);
    struct mr_enip_header h = header(c, MR_ENIP_SEND_RR_DATA);
    size_t begin = mr_enip_begin(&w, &h);
    mr_write_u32le(&w, 0); /* interface: CIP */
    mr_write_u16le(&w, (uint16_t)(c->route->timeout / MR_S + 1));
    mr_write_u16le(&w, 2);
    mr_enip_item_encode(&w, MR_ENIP_ITEM_NULL, mr_slice(NULL, 0));
    if (!routed) {
        mr_enip_item_encode(&w, MR_ENIP_ITEM_UNCONNECTED, cip);
        sent(c, &w, begin);
        return;
    }
    static const uint8_t send[] = {MR_CIP_UNCONNECTED_SEND, 2, 0x20, MR_CIP_CONNECTION_MANAGER, 0x24, 1, 7, 233};
    mr_write_u16le(&w, MR_ENIP_ITEM_UNCONNECTED);
    mr_write_u16le(&w, (uint16_t)(sizeof send + 2 + cip.n + cip.n % 2 + 4));
    mr_write_bytes(&w, mr_slice(send, sizeof send));
    mr_write_u16le(&w, (uint16_t)cip.n);
    mr_write_bytes(&w, cip);
    mr_write_fill(&w, 0, cip.n % 2);
    mr_write_u16le(&w, 1); /* words of the route, and a reserved byte */
    mr_write_u8(&w, 1);    /* the backplane */
    mr_write_u8(&w, c->route->slot);
    sent(c, &w, begin);
}

static void send_connected(struct mr_enip_client *c, struct mr_slice cip)
{
    struct mr_writer w = mr_writer(c->out, sizeof c->out);
    struct mr_enip_header h = header(c, MR_ENIP_SEND_UNIT_DATA);
    size_t begin = mr_enip_begin(&w, &h);
    mr_write_u32le(&w, 0);
    mr_write_u16le(&w, 0);
    mr_write_u16le(&w, 2);
    mr_write_u16le(&w, MR_ENIP_ITEM_CONNECTION);
    mr_write_u16le(&w, 4);
    mr_write_u32le(&w, c->o_t_id);
    mr_write_u16le(&w, MR_ENIP_ITEM_CONNECTED);
    mr_write_u16le(&w, (uint16_t)(cip.n + 2));
    mr_write_u16le(&w, ++c->sequence);
    mr_write_bytes(&w, cip);
    sent(c, &w, begin);
}

void mr_enip_client_open(struct mr_enip_client *c, mr_ns now)
{
    uint16_t connections = c->connections; /* a new number each time */
    mr_enip_client_init(c, c->route);
    c->connections = connections;
    struct mr_writer w = mr_writer(c->out, sizeof c->out);
    struct mr_enip_header h = header(c, MR_ENIP_REGISTER);
    size_t begin = mr_enip_begin(&w, &h);
    mr_write_u16le(&w, 1); /* version */
    mr_write_u16le(&w, 0);
    sent(c, &w, begin);
    c->state = REGISTERING;
    c->until = now + c->route->timeout;
}

/* Registered: opens the explicit connection, to the message router. */
static void open_connection(struct mr_enip_client *c)
{
    enum { SERVER_CLASS_3 = 0xA3, POINT_TO_POINT = 2, VARIABLE = 1, RPI_US = 2000000, TIMES_32 = 3 };
    const struct mr_enip_route *route = c->route;
    uint8_t bytes[64];
    struct mr_writer w = mr_writer(bytes, sizeof bytes);
    bool large = route->size > MR_CIP_SMALL_CONNECTION;
    uint32_t parameters = (uint32_t)POINT_TO_POINT << 13 | VARIABLE << 9;
    c->connections++;
    mr_write_u8(&w, large ? MR_CIP_LARGE_FORWARD_OPEN : MR_CIP_FORWARD_OPEN);
    mr_write_u8(&w, 2);
    mr_cip_write_logical(&w, MR_CIP_SEG_CLASS, MR_CIP_CONNECTION_MANAGER);
    mr_cip_write_logical(&w, MR_CIP_SEG_INSTANCE, 1);
    mr_write_u16le(&w, 233 << 8 | 7);
    mr_write_u32le(&w, 0); /* the target chooses */
    mr_write_u32le(&w, 0x10000u + c->connections);
    mr_write_u16le(&w, c->connections);
    mr_write_u16le(&w, route->vendor);
    mr_write_u32le(&w, route->serial);
    mr_write_u32le(&w, TIMES_32);
    for (size_t i = 0; i < 2; i++) {
        mr_write_u32le(&w, RPI_US);
        if (large) {
            mr_write_u32le(&w, parameters << 16 | route->size);
        } else {
            mr_write_u16le(&w, (uint16_t)(parameters | route->size));
        }
    }
    mr_write_u8(&w, SERVER_CLASS_3);
    mr_write_u8(&w, route->chassis ? 3 : 2);
    if (route->chassis) {
        mr_write_u8(&w, 1);
        mr_write_u8(&w, route->slot);
    }
    mr_cip_write_logical(&w, MR_CIP_SEG_CLASS, MR_CIP_MESSAGE_ROUTER);
    mr_cip_write_logical(&w, MR_CIP_SEG_INSTANCE, 1);
    c->service = bytes[0];
    send_unconnected(c, mr_written(&w), false);
    c->state = OPENING;
}

/* --- requests --------------------------------------------------------------------------------------------------------------- */

/* The handle is looked at for the sake of damaged snapshots. */
static bool ready(const struct mr_enip_client *c)
{
    return c->state == IDLE && c->nout == 0;
}

static void wait(struct mr_enip_client *c, uint8_t service, uint32_t token, mr_ns now)
{
    c->service = service;
    c->state = WAITING;
    c->token = token;
    c->until = now + c->route->timeout;
}

static enum mr_err ask(struct mr_enip_client *c, const struct mr_writer *cip, bool unconnected, uint32_t token, mr_ns now)
{
    bool connected = c->route->connected && !unconnected;
    size_t max = connected ? c->route->size - 2u : MR_ENIP_UNCONNECTED_MAX;
    if (cip->full || cip->n < 2 || cip->n > max) {
        return MR_E_INVALID;
    }
    if (connected) {
        send_connected(c, mr_written(cip));
    } else {
        send_unconnected(c, mr_written(cip), c->route->chassis && !unconnected);
    }
    wait(c, cip->p[0], token, now);
    return MR_OK;
}

enum mr_err mr_enip_client_raw(struct mr_enip_client *c, struct mr_slice cip, bool unconnected, uint32_t token, mr_ns now)
{
    uint8_t bytes[MR_ENIP_CONNECTION_MAX];
    struct mr_writer w = mr_writer(bytes, sizeof bytes);
    mr_write_bytes(&w, cip);
    return ready(c) ? ask(c, &w, unconnected, token, now) : MR_E_BUSY;
}

enum mr_err mr_enip_client_identity(struct mr_enip_client *c, uint32_t token, mr_ns now)
{
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    struct mr_writer w = mr_writer(c->out, sizeof c->out);
    struct mr_enip_header h = header(c, MR_ENIP_LIST_IDENTITY);
    sent(c, &w, mr_enip_begin(&w, &h));
    wait(c, WAIT_LIST, token, now);
    return MR_OK;
}

/* A service with the path of a tag; its words are counted afterwards. */
static bool begin_tag(struct mr_writer *w, uint8_t service, const char *tag)
{
    mr_write_u8(w, service);
    size_t at = w->n;
    mr_write_u8(w, 0);
    if (!mr_cip_write_tag_path(w, tag) || w->full || (w->n - at - 1) / 2 > UINT8_MAX) {
        return false;
    }
    w->p[at] = (uint8_t)((w->n - at - 1) / 2);
    return true;
}

static void begin_object(struct mr_writer *w, uint8_t service, uint16_t class_id, uint32_t instance)
{
    mr_write_u8(w, service);
    size_t at = w->n;
    mr_write_u8(w, 0);
    mr_cip_write_logical(w, MR_CIP_SEG_CLASS, class_id);
    mr_cip_write_logical(w, MR_CIP_SEG_INSTANCE, instance);
    w->p[at] = (uint8_t)((w->n - at - 1) / 2);
}

enum mr_err mr_enip_client_read(struct mr_enip_client *c, const char *const *tags, size_t n, uint16_t count, uint32_t token,
                                mr_ns now)
{
    uint8_t bytes[MR_ENIP_CONNECTION_MAX];
    struct mr_writer w = mr_writer(bytes, sizeof bytes);
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    if (n == 0 || n > 200) {
        return MR_E_INVALID;
    }
    if (n > 1) {
        begin_object(&w, MR_CIP_MULTIPLE, MR_CIP_MESSAGE_ROUTER, 1);
    }
    size_t base = w.n;
    if (n > 1) {
        mr_write_u16le(&w, (uint16_t)n);
        mr_write_fill(&w, 0, 2 * n);
    }
    for (size_t i = 0; i < n; i++) {
        if (n > 1) {
            mr_patch_u16le(&w, base + 2 + 2 * i, (uint16_t)(w.n - base));
        }
        if (!begin_tag(&w, MR_CIP_READ_TAG, tags[i])) {
            return MR_E_INVALID;
        }
        mr_write_u16le(&w, count);
    }
    return ask(c, &w, false, token, now);
}

enum mr_err mr_enip_client_write(struct mr_enip_client *c, const char *tag, uint16_t type, uint16_t count, struct mr_slice value,
                                 uint32_t token, mr_ns now)
{
    uint8_t bytes[MR_ENIP_CONNECTION_MAX];
    struct mr_writer w = mr_writer(bytes, sizeof bytes);
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    if (!begin_tag(&w, MR_CIP_WRITE_TAG, tag)) {
        return MR_E_INVALID;
    }
    mr_write_u16le(&w, type);
    mr_write_u16le(&w, count);
    mr_write_bytes(&w, value);
    return ask(c, &w, false, token, now);
}

enum mr_err mr_enip_client_write_bit(struct mr_enip_client *c, const char *tag, uint8_t bytes, uint8_t bit, bool on,
                                     uint32_t token, mr_ns now)
{
    uint8_t request[512];
    struct mr_writer w = mr_writer(request, sizeof request);
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    if (bytes > 8 || bit >= bytes * 8 || !begin_tag(&w, MR_CIP_MODIFY_TAG, tag)) {
        return MR_E_INVALID;
    }
    mr_write_u16le(&w, bytes);
    for (uint8_t i = 0; i < bytes; i++) {
        mr_write_u8(&w, (uint8_t)(on && bit / 8 == i ? 1u << bit % 8 : 0));
    }
    for (uint8_t i = 0; i < bytes; i++) {
        mr_write_u8(&w, (uint8_t)(!on && bit / 8 == i ? ~(1u << bit % 8) : 0xFF));
    }
    return ask(c, &w, false, token, now);
}

enum mr_err mr_enip_client_browse(struct mr_enip_client *c, const char *program, uint32_t from, uint32_t token, mr_ns now)
{
    uint8_t bytes[320];
    struct mr_writer w = mr_writer(bytes, sizeof bytes);
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    mr_write_u8(&w, MR_CIP_GET_INSTANCES);
    mr_write_u8(&w, 0);
    if (program && (strlen(program) == 0 || strlen(program) > UINT8_MAX)) {
        return MR_E_INVALID;
    }
    if (program) {
        mr_cip_write_symbol(&w, mr_slice_str(program));
    }
    mr_cip_write_logical(&w, MR_CIP_SEG_CLASS, MR_CIP_SYMBOL);
    mr_cip_write_logical(&w, MR_CIP_SEG_INSTANCE, from);
    bytes[1] = (uint8_t)((w.n - 2) / 2);
    mr_write_u16le(&w, 2); /* attributes: name and type */
    mr_write_u16le(&w, 1);
    mr_write_u16le(&w, 2);
    return ask(c, &w, false, token, now);
}

static enum mr_err ask_object(struct mr_enip_client *c, uint8_t service, uint16_t class_id, uint32_t instance, uint16_t attribute,
                              struct mr_slice data, uint32_t token, mr_ns now)
{
    uint8_t bytes[MR_ENIP_CONNECTION_MAX];
    struct mr_writer w = mr_writer(bytes, sizeof bytes);
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    begin_object(&w, service, class_id, instance);
    if (attribute > 0) {
        mr_cip_write_logical(&w, MR_CIP_SEG_ATTRIBUTE, attribute);
        bytes[1] = (uint8_t)((w.n - 2) / 2);
    }
    mr_write_bytes(&w, data);
    return ask(c, &w, false, token, now);
}

enum mr_err mr_enip_client_get(struct mr_enip_client *c, uint16_t class_id, uint32_t instance, uint16_t attribute, uint32_t token,
                               mr_ns now)
{
    return ask_object(c, attribute > 0 ? MR_CIP_GET_SINGLE : MR_CIP_GET_ALL, class_id, instance, attribute, mr_slice(NULL, 0),
                      token, now);
}

enum mr_err mr_enip_client_set(struct mr_enip_client *c, uint16_t class_id, uint32_t instance, uint16_t attribute,
                               struct mr_slice value, uint32_t token, mr_ns now)
{
    return ask_object(c, MR_CIP_SET_SINGLE, class_id, instance, attribute, value, token, now);
}

enum mr_err mr_enip_client_mode(struct mr_enip_client *c, bool run, uint32_t token, mr_ns now)
{
    return ask_object(c, run ? MR_CIP_START : MR_CIP_STOP, MR_CIP_MODE, 1, 0, mr_slice(NULL, 0), token, now);
}

enum mr_err mr_enip_client_reset(struct mr_enip_client *c, uint8_t type, uint32_t token, mr_ns now)
{
    return ask_object(c, MR_CIP_RESET, MR_CIP_IDENTITY, 1, 0, mr_slice(&type, 1), token, now);
}

/* --- answers ---------------------------------------------------------------------------------------------------------------- */

bool mr_enip_value(struct mr_slice data, uint16_t *type, struct mr_slice *value)
{
    struct mr_reader r = mr_reader(data);
    *type = mr_read_u16le(&r);
    if (*type == MR_CIP_STRUCTURE) {
        (void)mr_read_u16le(&r);
    }
    if (r.bad) {
        return false;
    }
    *value = mr_read_bytes(&r, mr_reader_left(&r));
    return true;
}

bool mr_enip_next_answer(struct mr_slice data, size_t i, struct mr_cip_answer *a)
{
    struct mr_reader r = mr_reader(data);
    size_t n = mr_read_u16le(&r);
    (void)mr_read_bytes(&r, 2 * i);
    size_t at = mr_read_u16le(&r), end = i + 1 < n ? mr_read_u16le(&r) : data.n;
    return !r.bad && i < n && at <= end && end <= data.n && mr_cip_answer_decode(mr_slice(data.p + at, end - at), a);
}

bool mr_enip_next_symbol(struct mr_reader *data, struct mr_enip_symbol *s)
{
    if (mr_reader_left(data) == 0) {
        return false;
    }
    s->instance = mr_read_u32le(data);
    s->name = mr_read_bytes(data, mr_read_u16le(data));
    s->type = mr_read_u16le(data);
    return !data->bad;
}

/* What a message says: the CIP bytes of an answer to us, empty where it is none. */
struct message {
    struct mr_enip_header header;
    struct mr_slice body, cip;
};

static bool decode(const struct mr_enip_client *c, struct message *m)
{
    struct mr_reader r = mr_reader(mr_slice(c->in, c->nin));
    struct mr_enip_items items;
    m->header = mr_enip_header_decode(&r);
    m->body = r.bad ? mr_slice(NULL, 0) : mr_slice(r.p + r.at, r.n - r.at);
    m->cip = mr_slice(NULL, 0);
    if (r.bad) {
        return false;
    }
    if (m->header.status != MR_ENIP_OK ||
        (m->header.command != MR_ENIP_SEND_RR_DATA && m->header.command != MR_ENIP_SEND_UNIT_DATA)) {
        return true;
    }
    (void)mr_read_bytes(&r, 6); /* interface, timeout */
    if (!mr_enip_items_decode(&r, &items) || items.n < 2) {
        return false;
    }
    if (m->header.command == MR_ENIP_SEND_RR_DATA) {
        m->cip = items.item[1].type == MR_ENIP_ITEM_UNCONNECTED ? items.item[1].data : m->cip;
        return m->cip.n > 0;
    }
    struct mr_reader id = mr_reader(items.item[0].data), data = mr_reader(items.item[1].data);
    bool ours = items.item[0].type == MR_ENIP_ITEM_CONNECTION && mr_read_u32le(&id) == c->t_o_id &&
                mr_read_u16le(&data) == c->sequence && !id.bad && !data.bad;
    m->cip = ours ? mr_slice(data.p + data.at, data.n - data.at) : m->cip;
    return true;
}

static bool is_context(const struct mr_enip_client *c, const struct mr_enip_header *h)
{
    uint64_t context = 0;
    for (size_t i = 0; i < sizeof h->context; i++) {
        context |= (uint64_t)h->context[i] << 8 * i;
    }
    return context == c->context;
}

static void connection_opened(struct mr_enip_client *c, struct mr_slice cip)
{
    struct mr_cip_answer a;
    if (!mr_cip_answer_decode(cip, &a) || a.service != c->service || a.status != MR_CIP_OK) {
        end(c, MR_ENIP_REFUSED);
        return;
    }
    struct mr_reader r = mr_reader(a.data);
    c->o_t_id = mr_read_u32le(&r);
    c->t_o_id = mr_read_u32le(&r);
    end(c, r.bad ? MR_ENIP_GARBLED : MR_ENIP_READY);
}

/* One whole message in `in`; false where it has no place here. What is late or of the target's own is passed over. */
static bool take_message(struct mr_enip_client *c)
{
    struct message m;
    if (!decode(c, &m)) {
        return false;
    }
    bool unit = m.header.command == MR_ENIP_SEND_UNIT_DATA && m.header.status == MR_ENIP_OK;
    if (unit ? m.cip.n == 0 : !is_context(c, &m.header)) {
        return true;
    }
    if (c->state == REGISTERING) {
        bool fine = m.header.command == MR_ENIP_REGISTER && m.header.status == MR_ENIP_OK && m.header.session != 0;
        c->session = fine ? m.header.session : 0;
        if (fine && c->route->connected) {
            open_connection(c);
        } else {
            end(c, fine ? MR_ENIP_READY : MR_ENIP_REFUSED);
        }
    } else if (c->state == OPENING) {
        connection_opened(c, m.cip);
    } else if (c->state == WAITING) {
        end(c, MR_ENIP_DONE);
    }
    return true;
}

struct mr_feed mr_enip_client_feed(struct mr_enip_client *c, struct mr_slice in, mr_ns now)
{
    (void)now; /* of one shape with sessions that need it */
    size_t used = 0;
    while (used < in.n) {
        if (c->state == ANSWERED) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        c->nin = c->used ? 0 : c->nin;
        c->used = false;
        size_t whole = c->nin < MR_ENIP_HEADER ? MR_ENIP_HEADER : MR_ENIP_HEADER + (size_t)(c->in[2] | c->in[3] << 8);
        size_t n = whole > c->nin ? whole - c->nin : 0;
        n = n < in.n - used ? n : in.n - used;
        if (whole > sizeof c->in) {
            end(c, MR_ENIP_GARBLED);
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
        memcpy(c->in + c->nin, in.p + used, n);
        c->nin += (uint32_t)n;
        used += n;
        whole = c->nin < MR_ENIP_HEADER ? MR_ENIP_HEADER : MR_ENIP_HEADER + (size_t)(c->in[2] | c->in[3] << 8);
        if (c->nin < whole) {
            continue;
        }
        c->used = true;
        if (!take_message(c)) {
            end(c, MR_ENIP_GARBLED);
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, 0};
}

/* Takes the kept answer apart. */
static void judge(struct mr_enip_client *c, struct mr_enip_result *r)
{
    struct message m;
    struct mr_cip_answer a;
    if (!decode(c, &m)) {
        r->outcome = MR_ENIP_GARBLED;
        return;
    }
    r->error = m.header.status;
    if (r->error != MR_ENIP_OK) {
        r->outcome = MR_ENIP_REFUSED;
        return;
    }
    if (c->service == WAIT_LIST) {
        r->data = m.body;
        r->outcome = m.header.command == MR_ENIP_LIST_IDENTITY ? MR_ENIP_DONE : MR_ENIP_GARBLED;
        return;
    }
    if (!mr_cip_answer_decode(m.cip, &a)) {
        r->outcome = MR_ENIP_GARBLED;
        return;
    }
    r->service = a.service;
    r->status = a.status;
    r->extended = a.extended;
    r->data = a.data;
    bool done = a.status == MR_CIP_OK || a.status == MR_CIP_PARTIAL || a.status == MR_CIP_EMBEDDED;
    r->outcome = done ? MR_ENIP_DONE : MR_ENIP_REFUSED;
}

bool mr_enip_client_next(struct mr_enip_client *c, struct mr_enip_result *r)
{
    if (c->state != ANSWERED) {
        return false;
    }
    *r = (struct mr_enip_result){.outcome = (enum mr_enip_outcome)c->outcome, .token = c->token};
    bool connected = r->outcome == MR_ENIP_READY || r->outcome == MR_ENIP_DONE;
    c->state = connected ? IDLE : USELESS;
    if (r->outcome == MR_ENIP_DONE || (r->outcome == MR_ENIP_REFUSED && c->used)) {
        judge(c, r);
        r->outcome = connected ? r->outcome : MR_ENIP_REFUSED;
    }
    return true;
}

bool mr_enip_client_output(struct mr_enip_client *c, struct mr_writer *w)
{
    size_t n = c->nout < mr_writer_left(w) ? c->nout : mr_writer_left(w);
    mr_write_bytes(w, mr_slice(c->out, n));
    c->nout -= (uint32_t)n;
    memmove(c->out, c->out + n, c->nout);
    return c->nout > 0;
}

mr_ns mr_enip_client_deadline(const struct mr_enip_client *c)
{
    return c->state == REGISTERING || c->state == OPENING || c->state == WAITING ? c->until : MR_NEVER_NS;
}

void mr_enip_client_tick(struct mr_enip_client *c, mr_ns now)
{
    if (now >= mr_enip_client_deadline(c)) {
        c->used = false;
        c->nin = 0;
        end(c, MR_ENIP_TIMEOUT);
    }
}

bool mr_enip_client_finished(const struct mr_enip_client *c)
{
    return c->state == USELESS;
}

static struct mr_feed ops_feed(void *c, struct mr_slice in, mr_ns now)
{
    return mr_enip_client_feed(c, in, now);
}

static bool ops_output(void *c, struct mr_writer *w)
{
    return mr_enip_client_output(c, w);
}

static mr_ns ops_deadline(const void *c)
{
    return mr_enip_client_deadline(c);
}

static void ops_tick(void *c, mr_ns now)
{
    mr_enip_client_tick(c, now);
}

static bool ops_finished(const void *c)
{
    return mr_enip_client_finished(c);
}

const struct mr_session_ops mr_enip_client_ops = {
    .protocol = "enip",
    .type = &mr_enip_client_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
