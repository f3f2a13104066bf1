/* modbus_client.c - "MODBUS Messaging on TCP/IP Implementation Guide V1.0b", section 4.4.1 (client), with the requests of "MODBUS
 * Application Protocol Specification V1.1b3", section 6. */
#include "proto/modbus/modbus_client.h"

#include "proto/modbus/modbus_rtu.h"

enum { FREE, WAITING, EXPIRED, LOST };

static const struct mr_field pending_fields[] = {
    MR_FIELD(struct mr_modbus_pending, state, MR_U8),    MR_FIELD(struct mr_modbus_pending, unit, MR_U8),
    MR_FIELD(struct mr_modbus_pending, nhead, MR_U8),    MR_ARRAY(struct mr_modbus_pending, head, MR_U8),
    MR_FIELD(struct mr_modbus_pending, size, MR_U16),    MR_FIELD(struct mr_modbus_pending, transaction, MR_U16),
    MR_FIELD(struct mr_modbus_pending, address, MR_U16), MR_FIELD(struct mr_modbus_pending, count, MR_U16),
    MR_FIELD(struct mr_modbus_pending, token, MR_U32),   MR_FIELD(struct mr_modbus_pending, until, MR_I64),
};
static const struct mr_type pending_type = MR_TYPE("modbus_pending", struct mr_modbus_pending, pending_fields);

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_modbus_client, transaction, MR_U16),   MR_FIELD(struct mr_modbus_client, strays, MR_U32),
    MR_SUBS(struct mr_modbus_client, pending, &pending_type), MR_SUB(struct mr_modbus_client, in, &mr_modbus_framer_type),
    MR_FIELD(struct mr_modbus_client, nanswer, MR_U32),       MR_VARIABLE(struct mr_modbus_client, answer, MR_U8, nanswer),
    MR_FIELD(struct mr_modbus_client, answered, MR_U8),       MR_FIELD(struct mr_modbus_client, nout, MR_U32),
    MR_VARIABLE(struct mr_modbus_client, out, MR_U8, nout),
};
const struct mr_type mr_modbus_client_type = MR_TYPE("modbus_client", struct mr_modbus_client, fields);

void mr_modbus_client_init(struct mr_modbus_client *c, uint32_t depth, mr_ns timeout)
{
    MR_ASSERT(depth >= 1 && depth <= MR_MODBUS_CLIENT_DEPTH_MAX && timeout > 0);
    *c = (struct mr_modbus_client){.depth = depth, .timeout = timeout};
}

void mr_modbus_client_init_rtu(struct mr_modbus_client *c, mr_ns timeout)
{
    mr_modbus_client_init(c, 1, timeout);
    c->rtu = true;
}

void mr_modbus_client_open(struct mr_modbus_client *c)
{
    memset(c->pending, 0, sizeof c->pending);
    c->in.n = 0;
    c->nanswer = 0;
    c->nout = 0;
}

void mr_modbus_client_close(struct mr_modbus_client *c)
{
    for (size_t i = 0; i < MR_MODBUS_CLIENT_DEPTH_MAX; i++) {
        if (c->pending[i].state == WAITING && !(c->nanswer > 0 && c->answered == i)) {
            c->pending[i].state = LOST;
        }
    }
    c->in.n = 0;
    c->nout = 0;
}

uint32_t mr_modbus_client_waiting(const struct mr_modbus_client *c)
{
    uint32_t n = 0;
    for (size_t i = 0; i < MR_MODBUS_CLIENT_DEPTH_MAX; i++) {
        n += c->pending[i].state != FREE;
    }
    return n;
}

static bool is_read(uint8_t function)
{
    return function >= MR_MODBUS_READ_COILS && function <= MR_MODBUS_READ_INPUT_REGISTERS;
}

static bool is_bits(uint8_t function)
{
    return function <= MR_MODBUS_READ_DISCRETE_INPUTS || function == MR_MODBUS_WRITE_COILS;
}

static void write_values(struct mr_writer *w, const uint16_t *values, uint16_t count)
{
    mr_write_u8(w, (uint8_t)(count * 2));
    for (uint16_t i = 0; i < count; i++) {
        mr_write_u16be(w, values[i]);
    }
}

static void write_bits(struct mr_writer *w, const uint16_t *values, uint16_t count)
{
    mr_write_u8(w, (uint8_t)((count + 7) / 8));
    for (uint16_t i = 0; i < count; i += 8) {
        unsigned byte = 0;
        for (uint16_t b = 0; b < 8 && i + b < count; b++) {
            byte |= (unsigned)(values[i + b] != 0) << b;
        }
        mr_write_u8(w, (uint8_t)byte);
    }
}

/* The largest `count` of a function; 0 where `count` does not matter. */
static uint16_t count_max(uint8_t function)
{
    switch (function) {
    case MR_MODBUS_READ_COILS:
    case MR_MODBUS_READ_DISCRETE_INPUTS:
        return MR_MODBUS_READ_BITS_MAX;
    case MR_MODBUS_READ_HOLDING_REGISTERS:
    case MR_MODBUS_READ_INPUT_REGISTERS:
    case MR_MODBUS_EXCHANGE_REGISTERS:
        return MR_MODBUS_READ_REGISTERS_MAX;
    case MR_MODBUS_WRITE_COILS:
        return MR_MODBUS_WRITE_BITS_MAX;
    case MR_MODBUS_WRITE_REGISTERS:
        return MR_MODBUS_WRITE_REGISTERS_MAX;
    default:
        return 0;
    }
}

static bool valid(const struct mr_modbus_request *r)
{
    uint16_t max = count_max(r->function);
    if (max > 0 && (r->count == 0 || r->count > max)) {
        return false;
    }
    return r->function != MR_MODBUS_EXCHANGE_REGISTERS ||
           (r->write_count > 0 && r->write_count <= MR_MODBUS_EXCHANGE_REGISTERS_MAX);
}

/* False for a function that has no form here. */
static bool encode(const struct mr_modbus_request *r, struct mr_writer *w)
{
    mr_write_u8(w, r->function);
    switch (r->function) {
    case MR_MODBUS_REPORT_SERVER_ID:
        return true;
    case MR_MODBUS_ENCAPSULATED:
        mr_write_u8(w, MR_MODBUS_MEI_IDENTIFICATION);
        mr_write_u8(w, (uint8_t)r->count);
        mr_write_u8(w, (uint8_t)r->address);
        return true;
    default:
        mr_write_u16be(w, r->address);
    }
    switch (r->function) {
    case MR_MODBUS_WRITE_COIL:
        mr_write_u16be(w, r->values[0] ? MR_MODBUS_COIL_ON : 0);
        return true;
    case MR_MODBUS_WRITE_REGISTER:
        mr_write_u16be(w, r->values[0]);
        return true;
    case MR_MODBUS_MASK_WRITE_REGISTER:
        mr_write_u16be(w, r->values[0]);
        mr_write_u16be(w, r->values[1]);
        return true;
    default:
        mr_write_u16be(w, r->count);
    }
    switch (r->function) {
    case MR_MODBUS_WRITE_COILS:
        write_bits(w, r->values, r->count);
        return true;
    case MR_MODBUS_WRITE_REGISTERS:
        write_values(w, r->values, r->count);
        return true;
    case MR_MODBUS_EXCHANGE_REGISTERS:
        mr_write_u16be(w, r->write_address);
        mr_write_u16be(w, r->write_count);
        write_values(w, r->values, r->write_count);
        return true;
    default:
        return is_read(r->function);
    }
}

/* What the answer must look like: the request's own head repeated, or for a read its byte count. */
static void expect(struct mr_modbus_pending *p, struct mr_slice pdu, const struct mr_modbus_request *r)
{
    uint8_t function = pdu.p[0];
    p->head[0] = function;
    p->nhead = 1;
    p->size = 0;
    if (r->pdu.n > 0 || function == MR_MODBUS_REPORT_SERVER_ID) {
        return;
    }
    if (is_read(function) || function == MR_MODBUS_EXCHANGE_REGISTERS) {
        p->head[1] = (uint8_t)(is_bits(function) ? (r->count + 7) / 8 : r->count * 2);
        p->nhead = 2;
        p->size = (uint16_t)(2 + p->head[1]);
        return;
    }
    if (function == MR_MODBUS_ENCAPSULATED) {
        p->nhead = 3;
    } else {
        p->nhead = function == MR_MODBUS_MASK_WRITE_REGISTER ? 7 : 5;
        p->size = p->nhead;
    }
    memcpy(p->head, pdu.p, p->nhead);
}

static struct mr_modbus_pending *free_pending(struct mr_modbus_client *c)
{
    for (size_t i = 0; i < c->depth; i++) {
        if (c->pending[i].state == FREE) {
            return &c->pending[i];
        }
    }
    return NULL;
}

enum mr_err mr_modbus_client_send(struct mr_modbus_client *c, struct mr_slice bytes)
{
    if (bytes.n > sizeof c->out - c->nout) {
        return bytes.n > sizeof c->out ? MR_E_INVALID : MR_E_FULL;
    }
    memcpy(c->out + c->nout, bytes.p, bytes.n);
    c->nout += (uint32_t)bytes.n;
    return MR_OK;
}

enum mr_err mr_modbus_client_request(struct mr_modbus_client *c, const struct mr_modbus_request *r, mr_ns now)
{
    uint8_t buf[MR_MODBUS_PDU_MAX];
    struct mr_writer pdu = mr_writer(buf, sizeof buf);
    if (r->pdu.n > 0) {
        mr_write_bytes(&pdu, r->pdu);
    } else if (!valid(r) || !encode(r, &pdu)) {
        return MR_E_INVALID;
    }
    if (pdu.full) {
        return MR_E_INVALID;
    }
    struct mr_modbus_pending *p = free_pending(c);
    struct mr_writer w = {c->out, sizeof c->out, c->nout, false};
    if (!p || mr_writer_left(&w) < MR_MODBUS_HEADER + pdu.n) { /* RTU's address and CRC are shorter than a header */
        return MR_E_FULL;
    }
    c->transaction++;
    *p = (struct mr_modbus_pending){
        .state = WAITING,
        .unit = r->unit,
        .transaction = c->transaction,
        .address = r->address,
        .count = r->count,
        .token = r->token,
        .until = now + c->timeout,
    };
    expect(p, mr_written(&pdu), r);
    size_t start = w.n;
    if (c->rtu) {
        mr_write_u8(&w, r->unit);
    } else {
        mr_modbus_header_encode(&w, c->transaction, r->unit, pdu.n);
    }
    mr_write_bytes(&w, mr_written(&pdu));
    if (c->rtu) {
        mr_modbus_rtu_finish(&w, start);
    }
    c->nout = (uint32_t)w.n;
    return MR_OK;
}

/* Keeps an answer for next(), or counts it as one that nobody waits for. */
static void take_answer(struct mr_modbus_client *c, struct mr_slice adu)
{
    uint16_t transaction = mr_modbus_adu_decode(adu).transaction;
    for (size_t i = 0; i < MR_MODBUS_CLIENT_DEPTH_MAX; i++) {
        if (c->pending[i].state == WAITING && c->pending[i].transaction == transaction) {
            memcpy(c->answer, adu.p, adu.n);
            c->nanswer = (uint32_t)adu.n;
            c->answered = (uint8_t)i;
            return;
        }
    }
    c->strays++;
}

/* An RTU frame as the answer to what was asked last, in the form that Modbus/TCP gives it. */
static void take_frame(struct mr_modbus_client *c, struct mr_slice frame)
{
    uint8_t adu[MR_MODBUS_ADU_MAX];
    struct mr_writer w = mr_writer(adu, sizeof adu);
    struct mr_slice pdu = mr_modbus_rtu_pdu(frame);
    if (mr_modbus_crc(frame) != 0) {
        c->strays++;
        return;
    }
    mr_modbus_header_encode(&w, c->transaction, frame.p[0], pdu.n);
    mr_write_bytes(&w, pdu);
    take_answer(c, mr_written(&w));
}

static enum mr_modbus_framing take(struct mr_modbus_client *c, struct mr_slice in, size_t *used)
{
    struct mr_slice frame;
    enum mr_modbus_framing f =
        c->rtu ? mr_modbus_rtu_take_answer(&c->in, in, used, &frame) : mr_modbus_framer_take(&c->in, in, used, &frame);
    if (f == MR_MODBUS_FRAME && c->rtu) {
        take_frame(c, frame);
    } else if (f == MR_MODBUS_FRAME) {
        if (frame.n > MR_MODBUS_ADU_MAX) {
            return MR_MODBUS_FRAME_BAD;
        }
        take_answer(c, frame);
    }
    return f;
}

struct mr_feed mr_modbus_client_feed(struct mr_modbus_client *c, struct mr_slice in, mr_ns now)
{
    (void)now; /* of one shape with sessions that need it */
    size_t used = 0;
    while (used < in.n) {
        if (c->nanswer > 0) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        if (take(c, in, &used) == MR_MODBUS_FRAME_BAD) {
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, c->rtu ? 0 : mr_modbus_framer_needs(&c->in)};
}

static void judge(const struct mr_modbus_pending *p, struct mr_modbus_adu adu, struct mr_modbus_result *r)
{
    struct mr_slice pdu = adu.pdu;
    r->pdu = pdu;
    r->status = MR_MODBUS_MISMATCH;
    if (adu.unit != p->unit || p->nhead > sizeof p->head) {
        return;
    }
    if (pdu.n == 2 && pdu.p[0] == (p->head[0] | MR_MODBUS_EXCEPTION_FLAG)) {
        r->status = MR_MODBUS_EXCEPTION;
        r->exception = pdu.p[1];
    } else if (pdu.n >= p->nhead && memcmp(pdu.p, p->head, p->nhead) == 0 && (p->size == 0 || pdu.n == p->size)) {
        r->status = MR_MODBUS_DONE;
        if (p->nhead == 2) {
            r->data = mr_slice(pdu.p + 2, pdu.n - 2);
        }
    }
}

static struct mr_modbus_result result_of(struct mr_modbus_pending *p, enum mr_modbus_status status)
{
    p->state = FREE;
    return (struct mr_modbus_result){
        .token = p->token,
        .status = status,
        .unit = p->unit,
        .function = p->head[0],
        .address = p->address,
        .count = p->count,
    };
}

bool mr_modbus_client_next(struct mr_modbus_client *c, struct mr_modbus_result *r)
{
    if (c->nanswer <= MR_MODBUS_HEADER || c->answered >= MR_MODBUS_CLIENT_DEPTH_MAX) {
        c->nanswer = 0; /* none, or a damaged snapshot's */
    }
    if (c->nanswer > 0) {
        struct mr_modbus_pending *p = &c->pending[c->answered];
        *r = result_of(p, MR_MODBUS_DONE);
        judge(p, mr_modbus_adu_decode(mr_slice(c->answer, c->nanswer)), r);
        c->nanswer = 0;
        return true;
    }
    for (size_t i = 0; i < MR_MODBUS_CLIENT_DEPTH_MAX; i++) {
        struct mr_modbus_pending *p = &c->pending[i];
        if (p->state == EXPIRED || p->state == LOST) {
            *r = result_of(p, p->state == LOST ? MR_MODBUS_LOST : MR_MODBUS_TIMEOUT);
            return true;
        }
    }
    return false;
}

bool mr_modbus_client_output(struct mr_modbus_client *c, struct mr_writer *w)
{
    size_t n = c->nout < mr_writer_left(w) ? c->nout : mr_writer_left(w);
    mr_write_bytes(w, mr_slice(c->out, n));
    c->nout -= (uint32_t)n;
    memmove(c->out, c->out + n, c->nout);
    return c->nout > 0;
}

mr_ns mr_modbus_client_deadline(const struct mr_modbus_client *c)
{
    mr_ns first = MR_NEVER_NS;
    for (size_t i = 0; i < MR_MODBUS_CLIENT_DEPTH_MAX; i++) {
        if (c->pending[i].state == WAITING && c->pending[i].until < first) {
            first = c->pending[i].until;
        }
    }
    return first;
}

void mr_modbus_client_tick(struct mr_modbus_client *c, mr_ns now)
{
    for (size_t i = 0; i < MR_MODBUS_CLIENT_DEPTH_MAX; i++) {
        struct mr_modbus_pending *p = &c->pending[i];
        if (p->state == WAITING && p->until <= now && !(c->nanswer > 0 && c->answered == i)) {
            p->state = EXPIRED;
        }
    }
}

bool mr_modbus_identity_decode(struct mr_slice pdu, struct mr_modbus_identity_answer *a)
{
    struct mr_reader r = mr_reader(pdu);
    uint8_t function = mr_read_u8(&r);
    uint8_t type = mr_read_u8(&r);
    (void)mr_read_u8(&r); /* what was asked for */
    a->conformity = mr_read_u8(&r);
    a->more = mr_read_u8(&r) == 0xFF;
    a->next = mr_read_u8(&r);
    (void)mr_read_u8(&r); /* number of objects: they end with the PDU */
    a->objects = r;
    return !r.bad && function == MR_MODBUS_ENCAPSULATED && type == MR_MODBUS_MEI_IDENTIFICATION;
}

bool mr_modbus_identity_next(struct mr_modbus_identity_answer *a, uint8_t *id, struct mr_slice *value)
{
    if (mr_reader_left(&a->objects) == 0) {
        return false;
    }
    *id = mr_read_u8(&a->objects);
    *value = mr_read_bytes(&a->objects, mr_read_u8(&a->objects));
    return !a->objects.bad;
}

static struct mr_feed ops_feed(void *c, struct mr_slice in, mr_ns now)
{
    return mr_modbus_client_feed(c, in, now);
}

static bool ops_output(void *c, struct mr_writer *w)
{
    return mr_modbus_client_output(c, w);
}

static mr_ns ops_deadline(const void *c)
{
    return mr_modbus_client_deadline(c);
}

static void ops_tick(void *c, mr_ns now)
{
    mr_modbus_client_tick(c, now);
}

static bool ops_finished(const void *c)
{
    (void)c; /* a client closes when its owner wants */
    return false;
}

const struct mr_session_ops mr_modbus_client_ops = {
    .protocol = "modbus",
    .type = &mr_modbus_client_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
