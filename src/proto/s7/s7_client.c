/* s7_client.c - connecting (RFC 905, class 0, then F0), requests, and their answers; downloads, in which the station asks. */
#include "proto/s7/s7_client.h"

/* DOWNLOADING: the station's next job is awaited; ASKED: it waits for give(). */
enum { CLOSED, CONNECTING, SETTING_UP, IDLE, WAITING, DOWNLOADING, ASKED, ANSWERED, USELESS };

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_s7_client, state, MR_U8),       MR_FIELD(struct mr_s7_client, outcome, MR_U8),
    MR_FIELD(struct mr_s7_client, sequence, MR_U8),    MR_FIELD(struct mr_s7_client, reference, MR_U16),
    MR_FIELD(struct mr_s7_client, pdu_size, MR_U16),   MR_FIELD(struct mr_s7_client, token, MR_U32),
    MR_FIELD(struct mr_s7_client, until, MR_I64),      MR_SUB(struct mr_s7_client, in, &mr_s7_framer_type),
    MR_FIELD(struct mr_s7_client, nanswer, MR_U32),    MR_VARIABLE(struct mr_s7_client, answer, MR_U8, nanswer),
    MR_FIELD(struct mr_s7_client, nout, MR_U32),       MR_VARIABLE(struct mr_s7_client, out, MR_U8, nout),
    MR_FIELD(struct mr_s7_client, downloads, MR_BOOL), MR_FIELD(struct mr_s7_client, asked, MR_U16),
    MR_FIELD(struct mr_s7_client, verdict, MR_U16),
};
const struct mr_type mr_s7_client_type = MR_TYPE("s7_client", struct mr_s7_client, fields);

void mr_s7_client_init(struct mr_s7_client *c, const struct mr_s7_route *route)
{
    MR_ASSERT(route->timeout > 0 && route->pdu_size >= MR_S7_PDU_MIN && route->pdu_size <= MR_S7_PDU_MAX);
    memset(c, 0, sizeof *c);
    c->route = route;
}

void mr_s7_client_open(struct mr_s7_client *c, mr_ns now)
{
    mr_s7_client_init(c, c->route);
    struct mr_writer w = mr_writer(c->out, sizeof c->out);
    const uint8_t local[] = {(uint8_t)(c->route->local_tsap >> 8), (uint8_t)c->route->local_tsap};
    const uint8_t remote[] = {(uint8_t)(c->route->remote_tsap >> 8), (uint8_t)c->route->remote_tsap};
    const uint8_t request[] = {3,    0, 0,  22,   17, MR_S7_CONNECT, 0,        0,    0, 1,         0,
                               0xC0, 1, 10, 0xC1, 2,  local[0],      local[1], 0xC2, 2, remote[0], remote[1]};
    mr_write_bytes(&w, mr_slice(request, sizeof request));
    c->nout = (uint32_t)w.n;
    c->state = CONNECTING;
    c->until = now + c->route->timeout;
}

static void end(struct mr_s7_client *c, enum mr_s7_outcome outcome)
{
    c->outcome = (uint8_t)outcome;
    c->state = ANSWERED;
}

void mr_s7_client_close(struct mr_s7_client *c)
{
    if (c->state == IDLE || c->state == CLOSED) {
        c->state = USELESS;
    } else if (c->state != ANSWERED && c->state != USELESS) {
        end(c, MR_S7_LOST);
    }
    c->nout = 0;
}

/* A request being written: packet, header, parameters, data. */
struct draft {
    struct mr_writer w;
    size_t packet, header;
};

static struct draft begin(struct mr_s7_client *c, uint8_t rosctr)
{
    struct draft d = {.w = mr_writer(c->out, MR_S7_TPKT + MR_S7_DT + c->pdu_size)};
    d.packet = mr_s7_packet_begin(&d.w);
    d.header = mr_s7_header_begin(&d.w, rosctr, (uint16_t)(c->reference + 1), 0);
    return d;
}

static enum mr_err send(struct mr_s7_client *c, struct draft *d, size_t data, uint32_t token, mr_ns now)
{
    if (d->w.full) {
        return MR_E_INVALID;
    }
    mr_s7_header_finish(&d->w, d->header, data);
    mr_s7_packet_finish(&d->w, d->packet);
    c->nout = (uint32_t)d->w.n;
    c->reference++;
    c->state = WAITING;
    c->downloads = false;
    c->token = token;
    c->until = now + c->route->timeout;
    return MR_OK;
}

/* The size is looked at for the sake of damaged snapshots. */
static bool ready(const struct mr_s7_client *c)
{
    return c->state == IDLE && c->nout == 0 && c->pdu_size <= MR_S7_PDU_MAX;
}

static void write_items(struct draft *d, uint8_t function, const struct mr_s7_item *items, size_t n)
{
    mr_write_u8(&d->w, function);
    mr_write_u8(&d->w, (uint8_t)n);
    for (size_t i = 0; i < n; i++) {
        mr_s7_item_encode(&d->w, &items[i]);
    }
}

enum mr_err mr_s7_client_read(struct mr_s7_client *c, const struct mr_s7_item *items, size_t n, uint32_t token, mr_ns now)
{
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    struct draft d = begin(c, MR_S7_JOB);
    write_items(&d, MR_S7_READ_VAR, items, n);
    return n == 0 || n > MR_S7_ITEMS_MAX ? MR_E_INVALID : send(c, &d, d.w.n, token, now);
}

enum mr_err mr_s7_client_write(struct mr_s7_client *c, const struct mr_s7_item *items, const struct mr_slice *values, size_t n,
                               uint32_t token, mr_ns now)
{
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    struct draft d = begin(c, MR_S7_JOB);
    write_items(&d, MR_S7_WRITE_VAR, items, n);
    size_t data = d.w.n;
    for (size_t i = 0; i < n; i++) {
        bool in_bits;
        uint8_t transport = mr_s7_data_transport(items[i].transport, &in_bits);
        if ((d.w.n - data) % 2 != 0) {
            mr_write_u8(&d.w, 0);
        }
        mr_write_u8(&d.w, 0);
        mr_write_u8(&d.w, transport);
        mr_write_u16be(&d.w, (uint16_t)(in_bits ? values[i].n * 8 : values[i].n));
        mr_write_bytes(&d.w, values[i]);
    }
    return n == 0 || n > MR_S7_ITEMS_MAX ? MR_E_INVALID : send(c, &d, data, token, now);
}

/* Stop and start name the program; start has a block of parameters before it, which is empty for a warm restart. */
static enum mr_err control(struct mr_s7_client *c, uint8_t function, uint32_t token, mr_ns now)
{
    static const char program[] = "P_PROGRAM";
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    struct draft d = begin(c, MR_S7_JOB);
    mr_write_u8(&d.w, function);
    mr_write_fill(&d.w, 0, function == MR_S7_PLC_STOP ? 5 : 6);
    if (function == MR_S7_PI_SERVICE) {
        mr_write_u8(&d.w, 0xFD);
        mr_write_u16be(&d.w, 0);
    }
    mr_write_u8(&d.w, sizeof program - 1);
    mr_write_str(&d.w, program);
    return send(c, &d, d.w.n, token, now);
}

enum mr_err mr_s7_client_stop(struct mr_s7_client *c, uint32_t token, mr_ns now)
{
    return control(c, MR_S7_PLC_STOP, token, now);
}

enum mr_err mr_s7_client_start(struct mr_s7_client *c, uint32_t token, mr_ns now)
{
    return control(c, MR_S7_PI_SERVICE, token, now);
}

/* A request for user data; `goes_on` asks for the next piece of the answer that `sequence` numbers. */
static enum mr_err ask(struct mr_s7_client *c, uint8_t group, uint8_t function, bool goes_on, struct mr_slice data,
                       uint32_t token, mr_ns now)
{
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    struct draft d = begin(c, MR_S7_USERDATA);
    mr_write_u24be(&d.w, 0x000112);
    mr_write_u8(&d.w, goes_on ? 8 : 4);
    mr_write_u8(&d.w, goes_on ? 0x12 : 0x11);
    mr_write_u8(&d.w, (uint8_t)(MR_S7_REQUEST << 4 | group));
    mr_write_u8(&d.w, function);
    mr_write_u8(&d.w, goes_on ? c->sequence : 0);
    mr_write_fill(&d.w, 0, goes_on ? 4 : 0);
    size_t at = d.w.n;
    mr_write_u8(&d.w, data.n > 0 ? MR_S7_OK : MR_S7_ABSENT);
    mr_write_u8(&d.w, data.n > 0 ? MR_S7_DATA_OCTETS : MR_S7_DATA_NONE);
    mr_write_u16be(&d.w, (uint16_t)data.n);
    mr_write_bytes(&d.w, data);
    return send(c, &d, at, token, now);
}

enum mr_err mr_s7_client_list(struct mr_s7_client *c, uint16_t id, uint16_t index, uint32_t token, mr_ns now)
{
    const uint8_t which[] = {(uint8_t)(id >> 8), (uint8_t)id, (uint8_t)(index >> 8), (uint8_t)index};
    return ask(c, MR_S7_CPU, MR_S7_CPU_READ_SZL, false, mr_slice(which, sizeof which), token, now);
}

enum mr_err mr_s7_client_list_more(struct mr_s7_client *c, uint32_t token, mr_ns now)
{
    return ask(c, MR_S7_CPU, MR_S7_CPU_READ_SZL, true, mr_slice(NULL, 0), token, now);
}

enum mr_err mr_s7_client_login(struct mr_s7_client *c, const char *password, uint32_t token, mr_ns now)
{
    uint8_t coded[8];
    mr_s7_password_encode(coded, password);
    return ask(c, MR_S7_SECURITY, MR_S7_SECURITY_LOGIN, false, mr_slice(coded, sizeof coded), token, now);
}

enum mr_err mr_s7_client_read_clock(struct mr_s7_client *c, uint32_t token, mr_ns now)
{
    return ask(c, MR_S7_CLOCK, MR_S7_CLOCK_READ, false, mr_slice(NULL, 0), token, now);
}

/* ---- blocks ---- */

static void write_block_name(struct mr_writer *w, uint8_t type, uint16_t number, char file_system)
{
    mr_write_fmt(w, "0%c%05u%c", type, number, file_system);
}

enum mr_err mr_s7_client_count_blocks(struct mr_s7_client *c, uint32_t token, mr_ns now)
{
    return ask(c, MR_S7_BLOCKS, MR_S7_BLOCKS_COUNT, false, mr_slice(NULL, 0), token, now);
}

enum mr_err mr_s7_client_list_blocks(struct mr_s7_client *c, uint8_t type, uint32_t token, mr_ns now)
{
    const uint8_t name[] = {'0', type};
    return ask(c, MR_S7_BLOCKS, MR_S7_BLOCKS_LIST, false, mr_slice(name, sizeof name), token, now);
}

enum mr_err mr_s7_client_more_blocks(struct mr_s7_client *c, uint32_t token, mr_ns now)
{
    return ask(c, MR_S7_BLOCKS, MR_S7_BLOCKS_LIST, true, mr_slice(NULL, 0), token, now);
}

enum mr_err mr_s7_client_block_info(struct mr_s7_client *c, uint8_t type, uint16_t number, uint32_t token, mr_ns now)
{
    char name[16];
    struct mr_writer w = mr_writer(name, sizeof name);
    write_block_name(&w, type, number, 'A');
    return ask(c, MR_S7_BLOCKS, MR_S7_BLOCKS_INFO, false, mr_written(&w), token, now);
}

/* Jobs 1A, 1D to 1F begin alike: function, six bytes and what identifies an upload. */
static struct draft begin_transfer(struct mr_s7_client *c, uint8_t function, uint8_t upload)
{
    struct draft d = begin(c, MR_S7_JOB);
    mr_write_u8(&d.w, function);
    mr_write_u8(&d.w, 0);
    mr_write_u16be(&d.w, function == MR_S7_REQUEST_DOWNLOAD ? 0x0100 : 0);
    mr_write_u32be(&d.w, upload);
    return d;
}

enum mr_err mr_s7_client_start_upload(struct mr_s7_client *c, uint8_t type, uint16_t number, uint32_t token, mr_ns now)
{
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    struct draft d = begin_transfer(c, MR_S7_START_UPLOAD, 0);
    mr_write_u8(&d.w, 9);
    mr_write_u8(&d.w, '_');
    write_block_name(&d.w, type, number, 'A');
    return send(c, &d, d.w.n, token, now);
}

#define UPLOAD 7 /* stations call a connection's only upload so */

enum mr_err mr_s7_client_upload(struct mr_s7_client *c, uint32_t token, mr_ns now)
{
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    struct draft d = begin_transfer(c, MR_S7_UPLOAD, UPLOAD);
    return send(c, &d, d.w.n, token, now);
}

enum mr_err mr_s7_client_end_upload(struct mr_s7_client *c, uint32_t token, mr_ns now)
{
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    struct draft d = begin_transfer(c, MR_S7_END_UPLOAD, UPLOAD);
    return send(c, &d, d.w.n, token, now);
}

bool mr_s7_client_piece(const struct mr_s7_result *r, struct mr_slice *piece, bool *more)
{
    struct mr_reader p = mr_reader(r->parameters), d = mr_reader(r->data);
    bool ours = mr_read_u8(&p) == MR_S7_UPLOAD;
    *more = mr_read_u8(&p) == 1;
    size_t n = mr_read_u16be(&d);
    (void)mr_read_u16be(&d);
    *piece = mr_read_bytes(&d, n);
    return ours && !p.bad && !d.bad;
}

enum mr_err mr_s7_client_download(struct mr_s7_client *c, uint8_t type, uint16_t number, uint32_t bytes, uint32_t code,
                                  uint32_t token, mr_ns now)
{
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    if (bytes > 999999 || code > bytes) { /* six digits */
        return MR_E_INVALID;
    }
    struct draft d = begin_transfer(c, MR_S7_REQUEST_DOWNLOAD, 0);
    mr_write_u8(&d.w, 9);
    mr_write_u8(&d.w, '_');
    write_block_name(&d.w, type, number, 'P');
    mr_write_u8(&d.w, 13);
    mr_write_fmt(&d.w, "1%06u%06u", (unsigned)bytes, (unsigned)code);
    enum mr_err err = send(c, &d, d.w.n, token, now);
    c->downloads = err == MR_OK;
    return err;
}

size_t mr_s7_client_piece_max(const struct mr_s7_client *c)
{
    return (size_t)c->pdu_size - MR_S7_ACK_HEADER - 6;
}

/* Answers the station's job, with a piece or, at the end, without. */
static enum mr_err answer_job(struct mr_s7_client *c, uint8_t function, struct mr_slice piece, bool more)
{
    struct mr_writer w = mr_writer(c->out, (size_t)MR_S7_TPKT + MR_S7_DT + c->pdu_size);
    size_t packet = mr_s7_packet_begin(&w);
    size_t header = mr_s7_header_begin(&w, MR_S7_ACK_DATA, c->asked, 0);
    mr_write_u8(&w, function);
    size_t data = w.n;
    if (function == MR_S7_DOWNLOAD_BLOCK) {
        mr_write_u8(&w, more);
        data = w.n;
        mr_write_u16be(&w, (uint16_t)piece.n);
        mr_write_u16be(&w, 0x00FB);
        mr_write_bytes(&w, piece);
    }
    if (w.full) {
        return MR_E_INVALID;
    }
    mr_s7_header_finish(&w, header, data);
    mr_s7_packet_finish(&w, packet);
    c->nout = (uint32_t)w.n;
    return MR_OK;
}

enum mr_err mr_s7_client_give(struct mr_s7_client *c, struct mr_slice piece, bool more, mr_ns now)
{
    if (c->state != ASKED || c->nout > 0 || c->pdu_size > MR_S7_PDU_MAX) {
        return MR_E_BUSY;
    }
    enum mr_err err = answer_job(c, MR_S7_DOWNLOAD_BLOCK, piece, more);
    if (err == MR_OK) {
        c->state = DOWNLOADING;
        c->until = now + c->route->timeout;
    }
    return err;
}

/* A program invocation service on one block. */
static enum mr_err invoke_block(struct mr_s7_client *c, const char *service, uint8_t type, uint16_t number, char file_system,
                                uint32_t token, mr_ns now)
{
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    struct draft d = begin(c, MR_S7_JOB);
    mr_write_u8(&d.w, MR_S7_PI_SERVICE);
    mr_write_fill(&d.w, 0, 6);
    mr_write_u8(&d.w, 0xFD);
    mr_write_u16be(&d.w, 10);
    mr_write_u16be(&d.w, 0x0100); /* one block */
    write_block_name(&d.w, type, number, file_system);
    mr_write_u8(&d.w, 5);
    mr_write_str(&d.w, service);
    return send(c, &d, d.w.n, token, now);
}

enum mr_err mr_s7_client_insert(struct mr_s7_client *c, uint8_t type, uint16_t number, uint32_t token, mr_ns now)
{
    return invoke_block(c, "_INSE", type, number, 'P', token, now);
}

enum mr_err mr_s7_client_delete(struct mr_s7_client *c, uint8_t type, uint16_t number, uint32_t token, mr_ns now)
{
    return invoke_block(c, "_DELE", type, number, 'B', token, now);
}

enum mr_err mr_s7_client_raw(struct mr_s7_client *c, struct mr_slice pdu, uint32_t token, mr_ns now)
{
    if (!ready(c)) {
        return MR_E_BUSY;
    }
    struct mr_writer w = mr_writer(c->out, sizeof c->out);
    size_t packet = mr_s7_packet_begin(&w);
    mr_write_bytes(&w, pdu);
    if (w.full) {
        return MR_E_INVALID;
    }
    mr_s7_packet_finish(&w, packet);
    c->nout = (uint32_t)w.n;
    if (pdu.n >= 6) {
        c->reference = (uint16_t)(pdu.p[4] << 8 | pdu.p[5]);
    }
    c->state = WAITING;
    c->downloads = false;
    c->token = token;
    c->until = now + c->route->timeout;
    return MR_OK;
}

bool mr_s7_next_value(struct mr_reader *data, uint8_t *code, struct mr_slice *value)
{
    if (mr_reader_left(data) == 0) {
        return false;
    }
    *code = mr_read_u8(data);
    return mr_s7_read_value(data, value);
}

/* Connected: asks for the PDU size. */
static void set_up(struct mr_s7_client *c)
{
    c->pdu_size = MR_S7_PDU_MIN;
    struct draft d = begin(c, MR_S7_JOB);
    mr_write_u8(&d.w, MR_S7_SETUP);
    mr_write_u8(&d.w, 0);
    mr_write_u16be(&d.w, 1);
    mr_write_u16be(&d.w, 1);
    mr_write_u16be(&d.w, c->route->pdu_size);
    mr_ns until = c->until; /* connecting is timed as a whole */
    (void)send(c, &d, d.w.n, 0, 0);
    c->until = until;
    c->state = SETTING_UP;
}

static bool set_up_done(struct mr_s7_client *c, const struct mr_s7_header *h)
{
    struct mr_reader r = mr_reader(h->parameters);
    bool ours = mr_read_u8(&r) == MR_S7_SETUP;
    (void)mr_read_bytes(&r, 5);
    c->pdu_size = mr_read_u16be(&r);
    return ours && !r.bad && h->error == 0 && c->pdu_size >= MR_S7_PDU_MIN && c->pdu_size <= c->route->pdu_size;
}

/* A job of the station's: it wants a piece of the block that is downloaded, or has them all. */
static void take_job(struct mr_s7_client *c, const struct mr_s7_header *h)
{
    struct mr_reader r = mr_reader(h->parameters);
    uint8_t function = mr_read_u8(&r);
    (void)mr_read_u8(&r);
    uint16_t error = mr_read_u16be(&r);
    bool ends = function == MR_S7_DOWNLOAD_ENDED;
    if (c->state != DOWNLOADING || r.bad || (!ends && function != MR_S7_DOWNLOAD_BLOCK)) {
        return;
    }
    c->asked = h->reference;
    if (ends) {
        c->verdict = error;
        (void)answer_job(c, MR_S7_DOWNLOAD_ENDED, mr_slice(NULL, 0), false);
    }
    end(c, ends ? MR_S7_DONE : MR_S7_WANTED);
}

/* One packet; false where it has no place here. */
static bool take_packet(struct mr_s7_client *c, struct mr_slice packet)
{
    struct mr_s7_packet p;
    struct mr_s7_header h;
    if (!mr_s7_packet_decode(packet, &p)) {
        return false;
    }
    if (c->state == CONNECTING) {
        bool confirmed = p.tpdu == MR_S7_CONFIRM;
        if (confirmed) {
            set_up(c);
        }
        return confirmed;
    }
    if (p.tpdu != MR_S7_DATA) {
        return false;
    }
    struct mr_slice pdu;
    enum mr_s7_framing joined = mr_s7_framer_join(&c->in, &p, &pdu);
    if (joined != MR_S7_FRAME || !mr_s7_header_decode(pdu, &h)) {
        return joined == MR_S7_FRAME_MORE;
    }
    if (h.rosctr == MR_S7_JOB) {
        take_job(c, &h);
        return true;
    }
    if ((c->state != WAITING && c->state != SETTING_UP) || h.reference != c->reference) {
        return true; /* a message of the station's own, or an answer that comes too late */
    }
    if (c->state == SETTING_UP) {
        end(c, set_up_done(c, &h) ? MR_S7_READY : MR_S7_REFUSED);
        return true;
    }
    if (c->downloads && h.rosctr == MR_S7_ACK_DATA && h.error == 0) {
        c->state = DOWNLOADING;
        return true;
    }
    c->downloads = false;
    memcpy(c->answer, pdu.p, pdu.n);
    c->nanswer = (uint32_t)pdu.n;
    end(c, MR_S7_DONE);
    return true;
}

struct mr_feed mr_s7_client_feed(struct mr_s7_client *c, struct mr_slice in, mr_ns now)
{
    (void)now; /* of one shape with sessions that need it */
    size_t used = 0;
    while (used < in.n) {
        struct mr_slice packet;
        if (c->state == ANSWERED) {
            return (struct mr_feed){MR_FEED_BLOCKED, used, 0};
        }
        enum mr_s7_framing f = mr_s7_framer_take(&c->in, in, &used, &packet);
        if (f == MR_S7_FRAME_MORE) {
            continue;
        }
        if (f == MR_S7_FRAME_BAD || !take_packet(c, packet)) {
            end(c, MR_S7_GARBLED);
            return (struct mr_feed){MR_FEED_MALFORMED, used, 0};
        }
    }
    return (struct mr_feed){MR_FEED_OK, in.n, mr_s7_framer_needs(&c->in)};
}

/* Takes the kept answer apart. */
static void judge(struct mr_s7_client *c, struct mr_s7_result *r)
{
    struct mr_s7_header h;
    if (!mr_s7_header_decode(mr_slice(c->answer, c->nanswer), &h)) {
        r->outcome = MR_S7_GARBLED;
        return;
    }
    r->parameters = h.parameters;
    r->data = h.data;
    r->error = h.error;
    if (h.rosctr == MR_S7_USERDATA) {
        struct mr_reader p = mr_reader(h.parameters), d = mr_reader(h.data);
        (void)mr_read_bytes(&p, 7);
        c->sequence = mr_read_u8(&p);
        (void)mr_read_u8(&p); /* the server's own number of the answer */
        r->more = mr_read_u8(&p) == 1;
        r->error = mr_read_u16be(&p);
        (void)mr_read_u16be(&d); /* return code, transport size */
        r->list = mr_read_bytes(&d, mr_read_u16be(&d));
        r->outcome = p.bad || d.bad ? MR_S7_GARBLED : MR_S7_DONE;
    }
    if (r->error != 0 && r->outcome == MR_S7_DONE) {
        r->outcome = MR_S7_REFUSED;
    }
}

bool mr_s7_client_next(struct mr_s7_client *c, struct mr_s7_result *r)
{
    if (c->state != ANSWERED) {
        return false;
    }
    *r = (struct mr_s7_result){.outcome = (enum mr_s7_outcome)c->outcome, .token = c->token};
    bool connected = r->outcome == MR_S7_READY || r->outcome == MR_S7_DONE;
    c->state = r->outcome == MR_S7_WANTED ? ASKED : connected ? IDLE : USELESS;
    if (r->outcome == MR_S7_DONE && c->downloads) {
        r->error = c->verdict;
        r->outcome = c->verdict == 0 ? MR_S7_DONE : MR_S7_REFUSED;
    } else if (r->outcome == MR_S7_DONE) {
        judge(c, r);
    }
    return true;
}

bool mr_s7_client_output(struct mr_s7_client *c, struct mr_writer *w)
{
    size_t n = c->nout < mr_writer_left(w) ? c->nout : mr_writer_left(w);
    mr_write_bytes(w, mr_slice(c->out, n));
    c->nout -= (uint32_t)n;
    memmove(c->out, c->out + n, c->nout);
    return c->nout > 0;
}

mr_ns mr_s7_client_deadline(const struct mr_s7_client *c)
{
    bool awaits = c->state == CONNECTING || c->state == SETTING_UP || c->state == WAITING || c->state == DOWNLOADING;
    return awaits ? c->until : MR_NEVER_NS;
}

void mr_s7_client_tick(struct mr_s7_client *c, mr_ns now)
{
    if (now >= mr_s7_client_deadline(c)) {
        end(c, MR_S7_TIMEOUT);
    }
}

bool mr_s7_client_finished(const struct mr_s7_client *c)
{
    return c->state == USELESS;
}

static struct mr_feed ops_feed(void *c, struct mr_slice in, mr_ns now)
{
    return mr_s7_client_feed(c, in, now);
}

static bool ops_output(void *c, struct mr_writer *w)
{
    return mr_s7_client_output(c, w);
}

static mr_ns ops_deadline(const void *c)
{
    return mr_s7_client_deadline(c);
}

static void ops_tick(void *c, mr_ns now)
{
    mr_s7_client_tick(c, now);
}

static bool ops_finished(const void *c)
{
    return mr_s7_client_finished(c);
}

const struct mr_session_ops mr_s7_client_ops = {
    .protocol = "s7",
    .type = &mr_s7_client_type,
    .feed = ops_feed,
    .output = ops_output,
    .deadline = ops_deadline,
    .tick = ops_tick,
    .finished = ops_finished,
};
