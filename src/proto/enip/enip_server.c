/* enip_server.c - encapsulated messages in and out: Volume 2, 2-3 to 2-6, and 2-6 for datagrams. */
#include "proto/enip/enip_server.h"

#include "proto/enip/enip_serve.h"

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_enip_server, heard, MR_I64),    MR_FIELD(struct mr_enip_server, begun, MR_I64),
    MR_FIELD(struct mr_enip_server, client, MR_U32),   MR_FIELD(struct mr_enip_server, handle, MR_U32),
    MR_FIELD(struct mr_enip_server, skip, MR_U32),     MR_FIELD(struct mr_enip_server, large, MR_U16),
    MR_FIELD(struct mr_enip_server, n, MR_U32),        MR_FIELD(struct mr_enip_server, live, MR_BOOL),
    MR_FIELD(struct mr_enip_server, closing, MR_BOOL), MR_FIELD(struct mr_enip_server, sending, MR_BOOL),
    MR_VARIABLE(struct mr_enip_server, buf, MR_U8, n),
};
const struct mr_type mr_enip_server_type = MR_TYPE_LIVE("enip_server", struct mr_enip_server, fields, live);

void mr_enip_server_init(struct mr_enip_server *s, struct mr_enip_device *device)
{
    memset(s, 0, sizeof *s);
    s->device = device;
}

void mr_enip_server_open(struct mr_enip_server *s, uint32_t client, mr_ns now)
{
    const struct mr_enip_device *d = s->device;
    mr_enip_server_init(s, s->device);
    s->live = true;
    s->client = client;
    s->heard = now;
    s->closing = d->personality->refuse_close && mr_enip_rights(d->settings, client) == 0;
}

/* --- buffers ---------------------------------------------------------------------------------------------------------------- */

struct buffer {
    uint8_t *p;
    uint32_t *n;
    size_t cap;
};

static struct mr_enip_large *large_of(const struct mr_enip_server *s)
{
    return s->large > 0 && s->large <= s->device->nlarge ? &s->device->large[s->large - 1] : NULL;
}

static struct buffer buffer(struct mr_enip_server *s)
{
    struct mr_enip_large *l = large_of(s);
    return l ? (struct buffer){l->bytes, &l->n, sizeof l->bytes} : (struct buffer){s->buf, &s->n, sizeof s->buf};
}

static uint32_t held(const struct mr_enip_server *s)
{
    const struct mr_enip_large *l = large_of(s);
    return l ? l->n : s->n;
}

/* Goes on in one of the device's long buffers. Answers are taken soon after they are made, but a message may be long in coming:
 * the last buffer is not for that. */
static bool grow(struct mr_enip_server *s, bool incoming)
{
    struct mr_enip_device *d = s->device;
    uint16_t found = 0, nfree = 0;
    for (uint16_t i = d->nlarge; i-- > 0;) {
        found = d->large[i].live ? found : i;
        nfree = (uint16_t)(nfree + !d->large[i].live);
    }
    if (s->large > 0 || nfree < (incoming ? 2 : 1)) {
        return false;
    }
    struct mr_enip_large *l = &d->large[found];
    l->live = true;
    l->n = s->n;
    memcpy(l->bytes, s->buf, s->n);
    s->large = (uint16_t)(found + 1);
    s->n = 0;
    return true;
}

static void empty(struct mr_enip_server *s)
{
    struct mr_enip_large *l = large_of(s);
    if (l) {
        l->live = false;
        l->n = 0;
    }
    s->large = 0;
    s->n = 0;
}

/* For `room` bytes behind what is held. */
static bool has_room(struct mr_enip_server *s, size_t room)
{
    struct buffer b = buffer(s);
    return room <= b.cap - *b.n || (grow(s, false) && room <= sizeof s->device->large->bytes - held(s));
}

void mr_enip_server_close(struct mr_enip_server *s)
{
    empty(s);
    if (s->handle != 0) {
        mr_enip_end_session(s->device, s->handle);
    }
    s->live = false;
}

/* --- list commands ---------------------------------------------------------------------------------------------------------- */

static void list_services(struct mr_writer *w)
{
    enum { VERSION = 1, OVER_TCP = 1 << 5, CLASS_0_1_OVER_UDP = 1 << 8 };
    static const char name[16] = "Communications";
    mr_write_u16le(w, 1);
    mr_write_u16le(w, MR_ENIP_ITEM_SERVICES);
    mr_write_u16le(w, 4 + sizeof name);
    mr_write_u16le(w, VERSION);
    mr_write_u16le(w, OVER_TCP | CLASS_0_1_OVER_UDP);
    mr_write_bytes(w, mr_slice(name, sizeof name));
}

static void list_identity(const struct mr_enip_device *d, struct mr_writer *w)
{
    const struct mr_enip_identity *id = d->identity;
    mr_write_u16le(w, 1);
    mr_write_u16le(w, MR_ENIP_ITEM_IDENTITY);
    mr_write_u16le(w, (uint16_t)(2 + 16 + 14 + 1 + strlen(id->name) + 1));
    mr_write_u16le(w, 1); /* version of the encapsulation */
    mr_enip_sockaddr_encode(w, (struct mr_enip_peer){d->interface->ip, MR_ENIP_PORT});
    mr_write_u16le(w, id->vendor);
    mr_write_u16le(w, id->type);
    mr_write_u16le(w, id->product);
    mr_write_u8(w, id->major);
    mr_write_u8(w, id->minor);
    mr_write_u16le(w, mr_enip_device_status(d));
    mr_write_u32le(w, id->serial);
    mr_enip_write_short_string(w, id->name);
    mr_write_u8(w, mr_enip_device_state(d));
}

/* False where it is no list command. */
static bool answer_list(const struct mr_enip_device *d, struct mr_enip_header h, struct mr_writer *w)
{
    if (h.command != MR_ENIP_LIST_SERVICES && h.command != MR_ENIP_LIST_IDENTITY && h.command != MR_ENIP_LIST_INTERFACES) {
        return false;
    }
    h.status = h.length == 0 ? MR_ENIP_OK : MR_ENIP_BAD_LENGTH;
    size_t begin = mr_enip_begin(w, &h);
    if (h.status == MR_ENIP_OK && h.command == MR_ENIP_LIST_SERVICES) {
        list_services(w);
    } else if (h.status == MR_ENIP_OK && h.command == MR_ENIP_LIST_IDENTITY) {
        list_identity(d, w);
    } else if (h.status == MR_ENIP_OK) {
        mr_write_u16le(w, 0); /* no interface but CIP */
    }
    mr_enip_finish(w, begin);
    return true;
}

static void refuse(struct mr_enip_header h, enum mr_enip_status status, struct mr_writer *w)
{
    h.status = (uint32_t)status;
    mr_enip_finish(w, mr_enip_begin(w, &h));
}

bool mr_enip_server_datagram(struct mr_enip_device *d, struct mr_enip_peer from, struct mr_slice in, struct mr_writer *w)
{
    struct mr_reader r = mr_reader(in);
    struct mr_enip_header h = mr_enip_header_decode(&r);
    if (r.bad || h.length != mr_reader_left(&r) || h.status != 0 || h.options != 0 || h.command == MR_ENIP_NOP ||
        (h.command == MR_ENIP_LIST_IDENTITY && d->settings->silent) ||
        (d->personality->refuse_close && mr_enip_rights(d->settings, from.ip) == 0)) {
        return false;
    }
    if (!answer_list(d, h, w)) {
        refuse(h, MR_ENIP_BAD_COMMAND, w);
    }
    return true;
}

/* --- sessions --------------------------------------------------------------------------------------------------------------- */

static void register_session(struct mr_enip_server *s, struct mr_enip_header h, struct mr_reader *r, struct mr_writer *w)
{
    enum { VERSION = 1 };
    uint16_t version = mr_read_u16le(r), options = mr_read_u16le(r);
    if (h.length != 4) {
        refuse(h, MR_ENIP_BAD_LENGTH, w);
        return;
    }
    h.status = version != VERSION || options != 0 ? MR_ENIP_BAD_VERSION : s->handle != 0 ? MR_ENIP_BAD_COMMAND : MR_ENIP_OK;
    if (h.status == MR_ENIP_OK) {
        do {
            s->handle = ++s->device->state->next_session;
        } while (s->handle == 0);
    }
    h.session = h.status == MR_ENIP_BAD_VERSION ? 0 : s->handle;
    size_t begin = mr_enip_begin(w, &h);
    mr_write_u16le(w, VERSION);
    mr_write_u16le(w, 0);
    mr_enip_finish(w, begin);
}

static void unregister_session(struct mr_enip_server *s, const struct mr_enip_header *h, struct mr_writer *w)
{
    if (h->session != s->handle) {
        refuse(*h, MR_ENIP_BAD_SESSION, w);
        return;
    }
    s->closing = true; /* without an answer */
}

static struct mr_enip_call call(struct mr_enip_server *s, mr_ns now)
{
    return (struct mr_enip_call){
        .d = s->device,
        .client = s->client,
        .session = s->handle,
        .now = now,
        .rights = mr_enip_rights(s->device->settings, s->client),
    };
}

/* An answer whose CIP bytes are written between begin_data() and end_data(); `limit` is their most. */
struct draft {
    size_t header, length, data;
    size_t cap;
};

static struct draft begin_data(struct mr_writer *w, const struct mr_enip_header *h, uint16_t timeout)
{
    struct draft d = {.header = mr_enip_begin(w, h), .cap = w->cap};
    const uint8_t head[] = {0, 0, 0, 0, (uint8_t)timeout, (uint8_t)(timeout >> 8), 2, 0}; /* interface CIP; two items */
    mr_write_bytes(w, mr_slice(head, sizeof head));
    return d;
}

static void begin_item(struct mr_writer *w, struct draft *d, uint16_t type)
{
    mr_write_u16le(w, type);
    d->length = w->n;
    mr_write_u16le(w, 0);
    d->data = w->n;
}

static void end_item(struct mr_writer *w, const struct draft *d)
{
    w->cap = d->cap;
    mr_patch_u16le(w, d->length, (uint16_t)(w->n - d->data));
}

static void send_rr_data(struct mr_enip_server *s, const struct mr_enip_header *h, uint16_t timeout,
                         const struct mr_enip_items *items, mr_ns now, struct mr_writer *w)
{
    const struct mr_enip_item *request = mr_enip_find_item(items, MR_ENIP_ITEM_UNCONNECTED);
    const struct mr_enip_item *port = mr_enip_find_item(items, MR_ENIP_ITEM_SOCKADDR_T_O);
    struct mr_enip_call c = call(s, now);
    struct mr_enip_peer at;
    if (items->n < 2 || items->item[0].type != MR_ENIP_ITEM_NULL || items->item[0].data.n != 0 || !request) {
        refuse(*h, MR_ENIP_BAD_DATA, w);
        return;
    }
    c.t_o_port = port && mr_enip_sockaddr_decode(port->data, &at) ? at.port : 0;
    struct draft d = begin_data(w, h, timeout);
    mr_enip_item_encode(w, MR_ENIP_ITEM_NULL, mr_slice(NULL, 0));
    begin_item(w, &d, MR_ENIP_ITEM_UNCONNECTED);
    w->cap = w->n + MR_ENIP_UNCONNECTED_MAX;
    mr_enip_serve(&c, request->data, w);
    end_item(w, &d);
    if (c.grouped) { /* where to hear what is multicast */
        mr_patch_u16le(w, d.header + MR_ENIP_HEADER + 6, 3);
        mr_write_u16le(w, MR_ENIP_ITEM_SOCKADDR_T_O);
        mr_write_u16le(w, 16);
        mr_enip_sockaddr_encode(w, c.group);
    }
    mr_enip_finish(w, d.header);
}

/* Connected messages have no answer of the encapsulation's own: to a connection that is not there, none at all. */
static void send_unit_data(struct mr_enip_server *s, const struct mr_enip_header *h, const struct mr_enip_items *items, mr_ns now,
                           struct mr_writer *w)
{
    if (items->n != 2 || items->item[0].type != MR_ENIP_ITEM_CONNECTION || items->item[0].data.n != 4 ||
        items->item[1].type != MR_ENIP_ITEM_CONNECTED) {
        refuse(*h, MR_ENIP_BAD_DATA, w);
        return;
    }
    struct mr_reader id = mr_reader(items->item[0].data), data = mr_reader(items->item[1].data);
    struct mr_enip_connection *n = mr_enip_find_connection(s->device, mr_read_u32le(&id));
    uint16_t sequence = mr_read_u16le(&data);
    if (!n || n->kind != MR_ENIP_EXPLICIT || n->session != s->handle || data.bad || data.n > n->o_t_size ||
        n->t_o_size < 2 + MR_ENIP_ANSWER_MIN || n->t_o_size > MR_ENIP_CONNECTION_MAX) {
        return;
    }
    n->heard = now;
    n->started = true;
    struct mr_enip_call c = call(s, now);
    uint32_t t_o_id = n->t_o_id, size = n->t_o_size;
    const uint8_t address[] = {(uint8_t)t_o_id, (uint8_t)(t_o_id >> 8), (uint8_t)(t_o_id >> 16), (uint8_t)(t_o_id >> 24)};
    struct mr_enip_header answer = {.command = h->command, .session = h->session}; /* a sender's context is of no use here */
    struct draft d = begin_data(w, &answer, 0);
    mr_enip_item_encode(w, MR_ENIP_ITEM_CONNECTION, mr_slice(address, sizeof address));
    begin_item(w, &d, MR_ENIP_ITEM_CONNECTED);
    w->cap = w->n + size;
    mr_write_u16le(w, sequence);
    mr_enip_serve(&c, mr_slice(data.p + data.at, data.n - data.at), w);
    end_item(w, &d);
    mr_enip_finish(w, d.header);
}

static void send_data(struct mr_enip_server *s, const struct mr_enip_header *h, struct mr_reader *r, mr_ns now,
                      struct mr_writer *w)
{
    struct mr_enip_items items;
    if (s->handle == 0 || h->session != s->handle) {
        refuse(*h, MR_ENIP_BAD_SESSION, w);
        return;
    }
    uint32_t interface = mr_read_u32le(r);
    uint16_t timeout = mr_read_u16le(r);
    if (!mr_enip_items_decode(r, &items) || interface != 0) {
        refuse(*h, MR_ENIP_BAD_DATA, w);
    } else if (h->command == MR_ENIP_SEND_RR_DATA) {
        send_rr_data(s, h, timeout, &items, now, w);
    } else {
        send_unit_data(s, h, &items, now, w);
    }
}

/* One whole message. What has a status or options is ignored. */
static void take_message(struct mr_enip_server *s, struct mr_slice message, mr_ns now, struct mr_writer *w)
{
    struct mr_reader r = mr_reader(message);
    struct mr_enip_header h = mr_enip_header_decode(&r);
    if (h.command == MR_ENIP_NOP || h.status != 0 || h.options != 0) {
        return;
    }
    switch (h.command) {
    case MR_ENIP_REGISTER:
        register_session(s, h, &r, w);
        break;
    case MR_ENIP_UNREGISTER:
        unregister_session(s, &h, w);
        break;
    case MR_ENIP_SEND_RR_DATA:
    case MR_ENIP_SEND_UNIT_DATA:
        send_data(s, &h, &r, now, w);
        break;
    default:
        if (!answer_list(s->device, h, w)) {
            refuse(h, MR_ENIP_BAD_COMMAND, w);
        }
    }
}

/* --- the stream ------------------------------------------------------------------------------------------------------------- */

/* Bytes of the message that begins here; the header's where even that is not whole. More than MR_ENIP_MESSAGE_MAX: too long. */
static size_t message_bytes(struct mr_slice in)
{
    return in.n < MR_ENIP_HEADER ? MR_ENIP_HEADER : MR_ENIP_HEADER + (size_t)(in.p[2] | in.p[3] << 8);
}

/* The most that a message's answer takes. */
static size_t answer_room(const struct mr_enip_server *s, struct mr_slice message)
{
    enum { ID_AT = MR_ENIP_HEADER + 4 + 2 + 2 + 4, LIST_MAX = 128 };
    unsigned command = message.p[0] | (unsigned)message.p[1] << 8; /* list commands, and refusals, are short */
    if (command == MR_ENIP_SEND_RR_DATA) {
        return MR_ENIP_ENVELOPE + MR_ENIP_UNCONNECTED_MAX + 20;
    }
    if (command != MR_ENIP_SEND_UNIT_DATA || message.n < ID_AT + 4) {
        return LIST_MAX;
    }
    struct mr_reader r = mr_reader(mr_slice(message.p + ID_AT, 4));
    const struct mr_enip_connection *c = mr_enip_find_connection(s->device, mr_read_u32le(&r));
    size_t room = MR_ENIP_ENVELOPE - 2 + (c ? c->t_o_size : (size_t)0);
    return room < MR_ENIP_MESSAGE_MAX ? room : MR_ENIP_MESSAGE_MAX;
}

enum taken { TAKEN, TAKE_MORE, TAKE_BLOCKED, TAKE_BAD, TAKE_FULL };

/* Bytes of a message whose end has not come, into the buffer. Of one that cannot be kept (TAKE_FULL) or is longer than any may be
 * (TAKE_BAD), the header. */
static enum taken keep(struct mr_enip_server *s, struct mr_slice in, size_t *used, uint8_t *copy, struct mr_slice *message)
{
    struct buffer b = buffer(s);
    const uint8_t *head = *b.n > 0 ? b.p : in.p + *used;
    size_t whole = message_bytes(*b.n > 0 ? mr_slice(b.p, *b.n) : mr_slice(head, in.n - *used));
    while (whole <= MR_ENIP_MESSAGE_MAX && *b.n < whole) {
        if (whole > b.cap && !grow(s, true)) { /* asked as soon as the header is there, however the bytes are cut */
            memcpy(copy, head, MR_ENIP_HEADER);
            *message = mr_slice(copy, MR_ENIP_HEADER);
            s->skip = (uint32_t)(whole - *b.n);
            s->n = 0;
            return TAKE_FULL;
        }
        b = buffer(s);
        if (*used == in.n) {
            return TAKE_MORE;
        }
        size_t n = whole - *b.n < in.n - *used ? whole - *b.n : in.n - *used;
        memcpy(b.p + *b.n, in.p + *used, n);
        *b.n += (uint32_t)n;
        *used += n;
        head = b.p;
        whole = message_bytes(mr_slice(b.p, *b.n));
    }
    memcpy(copy, b.p, *b.n);
    *message = mr_slice(copy, *b.n);
    empty(s);
    return whole <= MR_ENIP_MESSAGE_MAX ? TAKEN : TAKE_BAD;
}

/* The next message, in the input or, where it came in pieces, in the buffer: then it is copied to `copy`. */
static enum taken take(struct mr_enip_server *s, struct mr_slice in, size_t *used, mr_ns now, uint8_t *copy,
                       struct mr_slice *message)
{
    struct mr_slice rest = mr_slice(in.p + *used, in.n - *used);
    bool kept = !s->sending && held(s) > 0;
    size_t whole = message_bytes(rest);
    if (!kept && (whole <= rest.n || whole > MR_ENIP_MESSAGE_MAX)) {
        bool fits = whole <= MR_ENIP_MESSAGE_MAX;
        *message = mr_slice(rest.p, fits ? whole : MR_ENIP_HEADER);
        if (s->sending && !has_room(s, answer_room(s, *message))) {
            return TAKE_BLOCKED;
        }
        *used += message->n;
        return fits ? TAKEN : TAKE_BAD;
    }
    if (s->sending) {
        return TAKE_BLOCKED; /* no place to keep a beginning */
    }
    s->begun = kept ? s->begun : now;
    return keep(s, in, used, copy, message);
}

/* Answers a message that cannot be taken as what it is. */
static void turn_down(struct mr_slice message, enum mr_enip_status status, struct mr_writer *w)
{
    struct mr_reader r = mr_reader(message);
    struct mr_enip_header h = mr_enip_header_decode(&r);
    if (h.command != MR_ENIP_NOP && h.status == 0 && h.options == 0) {
        refuse(h, status, w);
    }
}

static void answer(struct mr_enip_server *s, enum taken t, struct mr_slice message, mr_ns now)
{
    bool room = has_room(s, answer_room(s, message)); /* a refusal always has it */
    struct buffer b = buffer(s);
    struct mr_writer w = {b.p, b.cap, *b.n, false};
    s->heard = now;
    if (t == TAKE_BAD) {
        struct mr_reader r = mr_reader(message);
        refuse(mr_enip_header_decode(&r), MR_ENIP_BAD_LENGTH, &w);
        s->closing = true;
    } else if (t == TAKE_FULL || !room) {
        turn_down(message, MR_ENIP_NO_MEMORY, &w);
    } else {
        take_message(s, message, now, &w);
    }
    *b.n = (uint32_t)w.n;
    s->sending = w.n > 0;
    if (!s->sending) {
        empty(s);
    }
}

struct mr_feed mr_enip_server_feed(struct mr_enip_server *s, struct mr_slice in, mr_ns now)
{
    uint8_t copy[MR_ENIP_MESSAGE_MAX];
    size_t used = 0;
    while (used < in.n && !s->closing) {
        if (s->skip > 0) {
            size_t n = s->skip < in.n - used ? s->skip : in.n - used;
            s->skip -= (uint32_t)n;
            used += n;
            continue;
        }
        struct mr_slice message;
        enum taken t = take(s, in, &used, now, copy, &message);
        if (t == TAKE_BLOCKED) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        if (t == TAKE_MORE) {
            struct buffer b = buffer(s);
            return (struct mr_feed){MR_FEED_OK, in.n, message_bytes(mr_slice(b.p, *b.n)) - *b.n};
        }
        answer(s, t, message, now);
        if (t == TAKE_BAD) {
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, s->skip};
}

bool mr_enip_server_next(struct mr_enip_server *s, struct mr_enip_event *ev)
{
    return mr_enip_next_event(s->device, ev);
}

bool mr_enip_server_output(struct mr_enip_server *s, struct mr_writer *w)
{
    if (!s->sending) {
        return false;
    }
    struct buffer b = buffer(s);
    size_t n = *b.n < mr_writer_left(w) ? *b.n : mr_writer_left(w);
    mr_write_bytes(w, mr_slice(b.p, n));
    *b.n -= (uint32_t)n;
    memmove(b.p, b.p + n, *b.n);
    s->sending = *b.n > 0;
    if (!s->sending) {
        empty(s);
    }
    return s->sending;
}

mr_ns mr_enip_server_deadline(const struct mr_enip_server *s)
{
    const struct mr_enip_device *d = s->device;
    mr_ns idle = d->state->inactivity_s > 0 ? s->heard + d->state->inactivity_s * MR_S : MR_NEVER_NS;
    bool begun = !s->sending && held(s) > 0;
    mr_ns partial = begun && d->personality->partial > 0 ? s->begun + d->personality->partial : MR_NEVER_NS;
    mr_ns lent = begun && s->large > 0 ? s->begun + MR_ENIP_LARGE_WAIT : MR_NEVER_NS;
    partial = lent < partial ? lent : partial;
    if (!s->live || s->closing) {
        return MR_NEVER_NS;
    }
    return idle < partial ? idle : partial;
}

void mr_enip_server_tick(struct mr_enip_server *s, mr_ns now)
{
    s->closing = s->closing || now >= mr_enip_server_deadline(s);
}

bool mr_enip_server_finished(const struct mr_enip_server *s)
{
    return s->closing && !s->sending;
}

static struct mr_feed ops_feed(void *s, struct mr_slice in, mr_ns now)
{
    return mr_enip_server_feed(s, in, now);
}

static bool ops_output(void *s, struct mr_writer *w)
{
    return mr_enip_server_output(s, w);
}

static mr_ns ops_deadline(const void *s)
{
    return mr_enip_server_deadline(s);
}

static void ops_tick(void *s, mr_ns now)
{
    mr_enip_server_tick(s, now);
}

static bool ops_finished(const void *s)
{
    return mr_enip_server_finished(s);
}

const struct mr_session_ops mr_enip_server_ops = {
    .protocol = "enip",
    .type = &mr_enip_server_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
