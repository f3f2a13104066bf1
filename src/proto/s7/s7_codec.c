/* s7_codec.c - TPKT (RFC 1006, section 6), COTP class 0 (RFC 905, section 13), S7 headers and items. */
#include "proto/s7/s7_codec.h"

size_t mr_s7_element_bytes(uint8_t transport)
{
    switch (transport) {
    case MR_S7_BIT:
    case MR_S7_BYTE:
    case MR_S7_CHAR:
        return 1;
    case MR_S7_WORD:
    case MR_S7_INT:
    case MR_S7_DATE:
    case MR_S7_S5TIME:
    case MR_S7_COUNTER:
    case MR_S7_TIMER:
        return 2;
    case MR_S7_DWORD:
    case MR_S7_DINT:
    case MR_S7_REAL:
    case MR_S7_TIME_OF_DAY:
    case MR_S7_TIME:
        return 4;
    default:
        return 0;
    }
}

uint8_t mr_s7_data_transport(uint8_t transport, bool *in_bits)
{
    *in_bits = transport != MR_S7_REAL && transport != MR_S7_COUNTER && transport != MR_S7_TIMER && transport != MR_S7_BIT;
    switch (transport) {
    case MR_S7_BIT:
        return MR_S7_DATA_BIT;
    case MR_S7_INT:
    case MR_S7_DINT:
        return MR_S7_DATA_INT;
    case MR_S7_REAL:
        return MR_S7_DATA_REAL;
    case MR_S7_COUNTER:
    case MR_S7_TIMER:
        return MR_S7_DATA_OCTETS;
    default:
        return MR_S7_DATA_BYTES;
    }
}

bool mr_s7_read_value(struct mr_reader *data, struct mr_slice *value)
{
    uint8_t transport = mr_read_u8(data);
    size_t length = mr_read_u16be(data);
    bool in_bits = transport == MR_S7_DATA_BYTES || transport == MR_S7_DATA_INT;
    *value = mr_read_bytes(data, in_bits ? (length + 7) / 8 : length);
    if (value->n % 2 != 0 && mr_reader_left(data) > 0) {
        (void)mr_read_u8(data); /* between items */
    }
    return !data->bad;
}

#define ITEM_SPECIFICATION 0x12
#define ITEM_BYTES         10
#define SYNTAX_ANY         0x10

bool mr_s7_item_decode(struct mr_reader *r, struct mr_s7_item *item)
{
    bool any = mr_read_u8(r) == ITEM_SPECIFICATION;
    any = mr_read_u8(r) == ITEM_BYTES && any;
    any = mr_read_u8(r) == SYNTAX_ANY && any;
    item->transport = mr_read_u8(r);
    item->count = mr_read_u16be(r);
    item->db = mr_read_u16be(r);
    item->area = mr_read_u8(r);
    item->address = mr_read_u24be(r);
    return any && !r->bad;
}

void mr_s7_item_encode(struct mr_writer *w, const struct mr_s7_item *item)
{
    mr_write_u8(w, ITEM_SPECIFICATION);
    mr_write_u8(w, ITEM_BYTES);
    mr_write_u8(w, SYNTAX_ANY);
    mr_write_u8(w, item->transport);
    mr_write_u16be(w, item->count);
    mr_write_u16be(w, item->db);
    mr_write_u8(w, item->area);
    mr_write_u24be(w, item->address);
}

bool mr_s7_header_decode(struct mr_slice pdu, struct mr_s7_header *h)
{
    struct mr_reader r = mr_reader(pdu);
    bool ours = mr_read_u8(&r) == MR_S7_PROTOCOL_ID;
    h->rosctr = mr_read_u8(&r);
    (void)mr_read_u16be(&r); /* redundancy identification */
    h->reference = mr_read_u16be(&r);
    size_t parameters = mr_read_u16be(&r);
    size_t data = mr_read_u16be(&r);
    bool acknowledges = h->rosctr == MR_S7_ACK || h->rosctr == MR_S7_ACK_DATA;
    h->error = acknowledges ? mr_read_u16be(&r) : 0;
    h->parameters = mr_read_bytes(&r, parameters);
    h->data = mr_read_bytes(&r, data);
    return ours && !r.bad && r.at == r.n;
}

size_t mr_s7_header_begin(struct mr_writer *w, uint8_t rosctr, uint16_t reference, uint16_t error)
{
    size_t begin = w->n;
    mr_write_u8(w, MR_S7_PROTOCOL_ID);
    mr_write_u8(w, rosctr);
    mr_write_u16be(w, 0);
    mr_write_u16be(w, reference);
    mr_write_u32be(w, 0); /* lengths */
    if (rosctr == MR_S7_ACK || rosctr == MR_S7_ACK_DATA) {
        mr_write_u16be(w, error);
    }
    return begin;
}

void mr_s7_header_finish(struct mr_writer *w, size_t begin, size_t data_begin)
{
    if (w->full) {
        return;
    }
    uint8_t rosctr = w->p[begin + 1];
    size_t header = rosctr == MR_S7_ACK || rosctr == MR_S7_ACK_DATA ? MR_S7_ACK_HEADER : MR_S7_JOB_HEADER;
    mr_patch_u16be(w, begin + 6, (uint16_t)(data_begin - begin - header));
    mr_patch_u16be(w, begin + 8, (uint16_t)(w->n - data_begin));
}

#define TPKT_VERSION 3
#define LAST_UNIT    0x80

size_t mr_s7_packet_begin(struct mr_writer *w)
{
    size_t begin = w->n;
    mr_write_u8(w, TPKT_VERSION);
    mr_write_u8(w, 0);
    mr_write_u16be(w, 0);
    mr_write_u8(w, MR_S7_DT - 1);
    mr_write_u8(w, MR_S7_DATA);
    mr_write_u8(w, LAST_UNIT);
    return begin;
}

void mr_s7_packet_finish(struct mr_writer *w, size_t begin)
{
    if (!w->full) {
        mr_patch_u16be(w, begin + 2, (uint16_t)(w->n - begin));
    }
}

void mr_s7_packet_cut(struct mr_writer *w, size_t begin, size_t most)
{
    const size_t head = MR_S7_TPKT + MR_S7_DT;
    size_t payload = begin + head, n = w->n - payload;
    size_t more = w->full || n == 0 ? 0 : (n - 1) / most; /* packets after the first */
    if (more * head > mr_writer_left(w)) {
        w->full = true;
        return;
    }
    for (size_t i = more; i > 0; i--) { /* from the last, as each moves up by a head more than the one before it */
        size_t bytes = n - i * most < most ? n - i * most : most;
        struct mr_writer piece = {w->p, w->cap, begin + i * (head + most), false};
        memmove(w->p + piece.n + head, w->p + payload + i * most, bytes);
        size_t at = mr_s7_packet_begin(&piece);
        mr_patch_u16be(&piece, at + 2, (uint16_t)(head + bytes));
        w->p[at + head - 1] = i == more ? LAST_UNIT : 0;
    }
    if (more > 0) {
        mr_patch_u16be(w, begin + 2, (uint16_t)(head + most));
        w->p[payload - 1] = 0;
        w->n += more * head;
    }
}

bool mr_s7_packet_decode(struct mr_slice packet, struct mr_s7_packet *p)
{
    struct mr_reader r = mr_reader(packet);
    (void)mr_read_bytes(&r, MR_S7_TPKT);
    struct mr_reader head = mr_reader(mr_read_bytes(&r, mr_read_u8(&r)));
    *p = (struct mr_s7_packet){.tpdu = mr_read_u8(&head)};
    if (p->tpdu == MR_S7_DATA) {
        p->last = (mr_read_u8(&head) & LAST_UNIT) != 0;
        p->payload = mr_read_bytes(&r, mr_reader_left(&r));
    } else if (p->tpdu == MR_S7_CONNECT || p->tpdu == MR_S7_CONFIRM) {
        (void)mr_read_u16be(&head); /* destination reference */
        p->source = mr_read_u16be(&head);
        (void)mr_read_u8(&head); /* class */
        p->variable = mr_read_bytes(&head, mr_reader_left(&head));
    }
    return !r.bad && !head.bad;
}

struct mr_slice mr_s7_cotp_parameter(struct mr_slice variable, uint8_t code)
{
    struct mr_reader r = mr_reader(variable);
    while (mr_reader_left(&r) > 0) {
        uint8_t c = mr_read_u8(&r);
        struct mr_slice value = mr_read_bytes(&r, mr_read_u8(&r));
        if (c == code) {
            return value;
        }
    }
    return mr_slice(NULL, 0);
}

static const struct mr_field framer_fields[] = {
    MR_FIELD(struct mr_s7_framer, n, MR_U32),
    MR_FIELD(struct mr_s7_framer, kept, MR_U32),
    MR_VARIABLE(struct mr_s7_framer, buf, MR_U8, n),
};
const struct mr_type mr_s7_framer_type = MR_TYPE("s7_framer", struct mr_s7_framer, framer_fields);

/* Bytes of the packet, as far as its beginning tells; 0 where there is none such. The smallest has an empty data TPDU. */
static size_t packet_length(const uint8_t *p, size_t n)
{
    if ((n > 0 && p[0] != TPKT_VERSION) || (n > 1 && p[1] != 0)) {
        return 0;
    }
    if (n < MR_S7_TPKT) {
        return MR_S7_TPKT;
    }
    size_t length = (size_t)p[2] << 8 | p[3];
    return length >= MR_S7_TPKT + MR_S7_DT && length <= MR_S7_PACKET_MAX ? length : 0;
}

/* Bytes of the packet that has begun. `kept` may be damaged by a snapshot. */
static size_t partial(const struct mr_s7_framer *f)
{
    return f->kept <= f->n ? f->n - f->kept : 0;
}

size_t mr_s7_framer_needs(const struct mr_s7_framer *f)
{
    size_t n = partial(f);
    size_t whole = n == 0 ? 0 : packet_length(f->buf + f->kept, n);
    return whole > n ? whole - n : 0;
}

enum mr_s7_framing mr_s7_framer_take(struct mr_s7_framer *f, struct mr_slice in, size_t *used, struct mr_slice *packet)
{
    if (f->kept > f->n) {
        return MR_S7_FRAME_BAD;
    }
    if (partial(f) == 0 && in.n - *used >= MR_S7_TPKT) { /* the usual case: nothing is copied */
        size_t length = packet_length(in.p + *used, MR_S7_TPKT);
        if (length != 0 && length <= sizeof f->buf - f->kept && in.n - *used >= length) {
            *packet = mr_slice(in.p + *used, length);
            *used += length;
            return MR_S7_FRAME;
        }
    }
    for (;;) {
        uint8_t *at = f->buf + f->kept;
        size_t have = partial(f);
        size_t whole = packet_length(at, have);
        if (whole == 0 || whole < have || whole > sizeof f->buf - f->kept) {
            return MR_S7_FRAME_BAD;
        }
        if (have >= MR_S7_TPKT && have == whole) {
            *packet = mr_slice(at, whole);
            f->n = f->kept;
            return MR_S7_FRAME;
        }
        size_t n = whole - have < in.n - *used ? whole - have : in.n - *used;
        if (n == 0) {
            return MR_S7_FRAME_MORE;
        }
        memcpy(at + have, in.p + *used, n);
        f->n += (uint32_t)n;
        *used += n;
    }
}

enum mr_s7_framing mr_s7_framer_join(struct mr_s7_framer *f, const struct mr_s7_packet *p, struct mr_slice *pdu)
{
    if (p->last && f->kept == 0) {
        *pdu = p->payload;
        return MR_S7_FRAME;
    }
    if (p->payload.n > MR_S7_PDU_MAX - f->kept) {
        return MR_S7_FRAME_BAD;
    }
    if (p->payload.n > 0) {
        memmove(f->buf + f->kept, p->payload.p, p->payload.n);
        f->kept += (uint32_t)p->payload.n;
        f->n = f->kept;
    }
    if (!p->last) {
        return MR_S7_FRAME_MORE;
    }
    *pdu = mr_slice(f->buf, f->kept);
    f->kept = 0;
    f->n = 0;
    return MR_S7_FRAME;
}

static uint8_t to_bcd(int64_t v)
{
    return (uint8_t)(v / 10 << 4 | v % 10);
}

static bool from_bcd(uint8_t b, int64_t last, int64_t *v)
{
    *v = (b >> 4) * 10 + (b & 15);
    return (b >> 4) < 10 && (b & 15) < 10 && *v <= last;
}

/* Days since 1970-01-01 to a date and back: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static void civil(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void mr_s7_time_encode(uint8_t out[8], mr_ns unix_ns)
{
    int64_t year, month, day;
    int64_t ms = unix_ns / MR_MS;
    int64_t days = ms / 86400000;
    ms %= 86400000;
    civil(days, &year, &month, &day);
    out[0] = to_bcd(year % 100);
    out[1] = to_bcd(month);
    out[2] = to_bcd(day);
    out[3] = to_bcd(ms / 3600000);
    out[4] = to_bcd(ms / 60000 % 60);
    out[5] = to_bcd(ms / 1000 % 60);
    out[6] = to_bcd(ms % 1000 / 10);
    out[7] = (uint8_t)(ms % 10 << 4 | ((days + 4) % 7 + 1)); /* 1970-01-01 was a Thursday; Sunday is 1 */
}

#define DAYS_TO_1984 5113 /* from 1970 */

void mr_s7_block_time_encode(struct mr_writer *w, mr_ns unix_ns)
{
    int64_t ms = unix_ns / MR_MS;
    int64_t days = ms / 86400000 - DAYS_TO_1984;
    bool known = days >= 0 && days <= UINT16_MAX;
    mr_write_u32be(w, known ? (uint32_t)(ms % 86400000) : 0);
    mr_write_u16be(w, known ? (uint16_t)days : 0);
}

bool mr_s7_time_decode(const uint8_t in[8], mr_ns *unix_ns)
{
    int64_t year, month, day, hour, minute, second, centi;
    bool ok = from_bcd(in[0], 99, &year) && from_bcd(in[1], 12, &month) && from_bcd(in[2], 31, &day) &&
              from_bcd(in[3], 23, &hour) && from_bcd(in[4], 59, &minute) && from_bcd(in[5], 59, &second) &&
              from_bcd(in[6], 99, &centi) && month > 0 && day > 0 && in[7] >> 4 < 10;
    if (!ok) {
        return false;
    }
    int64_t days = days_of(year < 90 ? 2000 + year : 1900 + year, month, day); /* DATE_AND_TIME runs from 1990 to 2089 */
    int64_t ms = ((days * 24 + hour) * 60 + minute) * 60000 + second * 1000 + centi * 10 + (in[7] >> 4);
    *unix_ns = ms * MR_MS;
    return true;
}

void mr_s7_password_encode(uint8_t out[8], const char *password)
{
    size_t n = strlen(password);
    for (size_t i = 0; i < 8; i++) {
        uint8_t c = i < n ? (uint8_t)password[i] : ' ';
        out[i] = (uint8_t)(c ^ 0x55 ^ (i < 2 ? 0 : out[i - 2]));
    }
}

void mr_s7_password_decode(uint8_t out[8], const uint8_t in[8])
{
    for (size_t i = 0; i < 8; i++) {
        out[i] = (uint8_t)(in[i] ^ 0x55 ^ (i < 2 ? 0 : in[i - 2]));
    }
}
