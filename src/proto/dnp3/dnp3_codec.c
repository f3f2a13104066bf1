#include "proto/dnp3/dnp3_codec.h"

static const struct mr_field link_fields[] = {
    MR_FIELD(struct mr_dnp3_link_header, control, MR_U8),
    MR_FIELD(struct mr_dnp3_link_header, destination, MR_U16),
    MR_FIELD(struct mr_dnp3_link_header, source, MR_U16),
};
const struct mr_type mr_dnp3_link_header_type = MR_TYPE("dnp3_link", struct mr_dnp3_link_header, link_fields);

static const struct mr_field deframer_fields[] = {
    MR_FIELD(struct mr_dnp3_deframer, nhead, MR_U8), MR_FIELD(struct mr_dnp3_deframer, left, MR_U8),
    MR_FIELD(struct mr_dnp3_deframer, got, MR_U8),   MR_FIELD(struct mr_dnp3_deframer, nblock, MR_U8),
    MR_ARRAY(struct mr_dnp3_deframer, head, MR_U8),  MR_ARRAY(struct mr_dnp3_deframer, block, MR_U8),
    MR_ARRAY(struct mr_dnp3_deframer, data, MR_U8),
};
const struct mr_type mr_dnp3_deframer_type = MR_TYPE("dnp3_deframer", struct mr_dnp3_deframer, deframer_fields);

static const struct mr_field assembly_fields[] = {
    MR_FIELD(struct mr_dnp3_assembly, begun, MR_BOOL),
    MR_FIELD(struct mr_dnp3_assembly, sequence, MR_U8),
    MR_FIELD(struct mr_dnp3_assembly, source, MR_U16),
    MR_FIELD(struct mr_dnp3_assembly, n, MR_U32),
};
const struct mr_type mr_dnp3_assembly_type = MR_TYPE("dnp3_assembly", struct mr_dnp3_assembly, assembly_fields);

static const struct mr_field sending_fields[] = {
    MR_FIELD(struct mr_dnp3_sending, sequence, MR_U8),
    MR_FIELD(struct mr_dnp3_sending, at, MR_U32),
    MR_FIELD(struct mr_dnp3_sending, n, MR_U32),
};
const struct mr_type mr_dnp3_sending_type = MR_TYPE("dnp3_sending", struct mr_dnp3_sending, sending_fields);

/* The CRC by four octets at a time (Kounavis and Berry 2005, "slicing"). X(j) is the register after j steps from the reflected
 * polynomial; a table's entry is the sum of those of its index's bits, so the compiler makes the tables from 32 numbers. */
#define STEP(x) ((x)&1 ? (x) >> 1 ^ 0xA6BC : (x) >> 1)
#define EIGHT(p, q)                                                                                                              \
    X##p##0 = STEP(X##q##7), X##p##1 = STEP(X##p##0), X##p##2 = STEP(X##p##1), X##p##3 = STEP(X##p##2), X##p##4 = STEP(X##p##3), \
    X##p##5 = STEP(X##p##4), X##p##6 = STEP(X##p##5), X##p##7 = STEP(X##p##6)
enum { X_7 = 1, EIGHT(a, _), EIGHT(b, a), EIGHT(c, b), EIGHT(d, c) };
#define ENTRY(p, i)                                                                                                              \
    (uint16_t)(((i)&1 ? X##p##7 : 0) ^ ((i)&2 ? X##p##6 : 0) ^ ((i)&4 ? X##p##5 : 0) ^ ((i)&8 ? X##p##4 : 0) ^                   \
               ((i)&16 ? X##p##3 : 0) ^ ((i)&32 ? X##p##2 : 0) ^ ((i)&64 ? X##p##1 : 0) ^ ((i)&128 ? X##p##0 : 0))
#define FOUR(p, i)    ENTRY(p, i), ENTRY(p, (i) + 1), ENTRY(p, (i) + 2), ENTRY(p, (i) + 3)
#define SIXTEEN(p, i) FOUR(p, i), FOUR(p, (i) + 4), FOUR(p, (i) + 8), FOUR(p, (i) + 12)
#define SIXTY4(p, i)  SIXTEEN(p, i), SIXTEEN(p, (i) + 16), SIXTEEN(p, (i) + 32), SIXTEEN(p, (i) + 48)
#define TABLE(p)                                                                                                                 \
    {                                                                                                                            \
        SIXTY4(p, 0), SIXTY4(p, 64), SIXTY4(p, 128), SIXTY4(p, 192)                                                              \
    }
static const uint16_t crc_table[4][256] = {TABLE(a), TABLE(b), TABLE(c), TABLE(d)};

uint16_t mr_dnp3_crc(struct mr_slice s)
{
    unsigned crc = 0;
    size_t i = 0;
    for (; i + 4 <= s.n; i += 4) {
        const uint8_t *p = s.p + i;
        crc = (unsigned)crc_table[3][p[0] ^ (crc & 255)] ^ crc_table[2][p[1] ^ (crc >> 8)] ^ crc_table[1][p[2]] ^
              crc_table[0][p[3]];
    }
    for (; i < s.n; i++) {
        crc = crc >> 8 ^ crc_table[0][(crc ^ s.p[i]) & 255];
    }
    return (uint16_t)~crc;
}

static uint8_t *put_crc(uint8_t *p, const uint8_t *from, size_t n)
{
    uint16_t crc = mr_dnp3_crc(mr_slice(from, n));
    p[0] = (uint8_t)crc;
    p[1] = (uint8_t)(crc >> 8);
    return p + 2;
}

static bool crc_right(const uint8_t *p, size_t n)
{
    return mr_dnp3_crc(mr_slice(p, n)) == (p[n] | p[n + 1] << 8);
}

void mr_dnp3_frame_write(struct mr_writer *w, const struct mr_dnp3_link_header *h, struct mr_slice data)
{
    size_t size = 10 + data.n + (data.n + 15) / 16 * 2;
    if (data.n > MR_DNP3_FRAME_DATA || mr_writer_left(w) < size) {
        w->full = true;
        return;
    }
    uint8_t *p = w->p + w->n;
    const uint8_t head[] = {5,
                            0x64,
                            (uint8_t)(data.n + 5),
                            h->control,
                            (uint8_t)h->destination,
                            (uint8_t)(h->destination >> 8),
                            (uint8_t)h->source,
                            (uint8_t)(h->source >> 8)};
    memcpy(p, head, sizeof head);
    p = put_crc(p + sizeof head, head, sizeof head);
    for (size_t at = 0; at < data.n; at += 16) {
        size_t n = data.n - at < 16 ? data.n - at : 16;
        memcpy(p, data.p + at, n);
        p = put_crc(p + n, data.p + at, n);
    }
    w->n += size;
}

/* Whether what is held can be the beginning of a frame. */
static bool plausible(const struct mr_dnp3_deframer *d)
{
    return d->head[0] == 5 && (d->nhead < 2 || d->head[1] == 0x64) && (d->nhead < 3 || d->head[2] >= 5) &&
           (d->nhead < 10 || crc_right(d->head, 8));
}

/* One octet of a header, behind those held; what cannot begin a frame is dropped from the front. */
static void take_head(struct mr_dnp3_deframer *d, uint8_t octet)
{
    d->head[d->nhead++] = octet;
    while (d->nhead > 0 && !plausible(d)) {
        d->nhead--;
        memmove(d->head, d->head + 1, d->nhead);
    }
    if (d->nhead == 10) {
        d->left = (uint8_t)(d->head[2] - 5);
        d->got = 0;
        d->nblock = 0;
    }
}

/* Octets of a block; a wrong one ends the frame. */
static size_t take_block(struct mr_dnp3_deframer *d, const uint8_t *p, size_t n)
{
    size_t data = d->left < 16 ? d->left : 16;
    size_t missing = data + 2 - d->nblock;
    n = n < missing ? n : missing;
    memcpy(d->block + d->nblock, p, n);
    d->nblock = (uint8_t)(d->nblock + n);
    if (n < missing) {
        return n;
    }
    d->nblock = 0;
    if (!crc_right(d->block, data)) {
        d->nhead = 0;
        return n;
    }
    memcpy(d->data + d->got, d->block, data);
    d->got = (uint8_t)(d->got + data);
    d->left = (uint8_t)(d->left - data);
    return n;
}

/* A snapshot may hold anything. */
static bool sound(const struct mr_dnp3_deframer *d)
{
    return d->nhead <= 10 && d->left + d->got <= MR_DNP3_FRAME_DATA && d->nblock < (d->left < 16 ? d->left : 16) + 2;
}

bool mr_dnp3_deframe(struct mr_dnp3_deframer *d, struct mr_slice in, size_t *used, struct mr_dnp3_link_header *h,
                     struct mr_slice *data)
{
    if (!sound(d)) {
        *d = (struct mr_dnp3_deframer){0};
    }
    while (*used < in.n) {
        if (d->nhead < 10) {
            take_head(d, in.p[(*used)++]);
        } else {
            *used += take_block(d, in.p + *used, in.n - *used);
        }
        if (d->nhead == 10 && d->left == 0) {
            struct mr_reader r = mr_reader(mr_slice(d->head + 3, 5));
            h->control = mr_read_u8(&r);
            h->destination = mr_read_u16le(&r);
            h->source = mr_read_u16le(&r);
            *data = mr_slice(d->data, d->got);
            d->nhead = 0;
            d->got = 0;
            return true;
        }
    }
    return false;
}

size_t mr_dnp3_deframer_needs(const struct mr_dnp3_deframer *d)
{
    if (d->nhead < 10) {
        return d->nhead == 0 ? 0 : 10u - d->nhead;
    }
    return d->left + (d->left + 15u) / 16 * 2 - d->nblock;
}

bool mr_dnp3_assemble(struct mr_dnp3_assembly *a, uint8_t *buf, size_t cap, struct mr_slice segment, uint16_t source,
                      size_t *total)
{
    if (segment.n < 2) {
        return false;
    }
    uint8_t sequence = segment.p[0] & 0x3F;
    bool first = (segment.p[0] & MR_DNP3_TRANSPORT_FIR) != 0;
    if (first) {
        a->begun = true;
        a->n = 0;
        a->source = source;
    } else if (a->begun && (a->source != source || sequence != ((a->sequence + 1) & 0x3F))) {
        a->begun = false;
    }
    if (!a->begun || a->n > cap || segment.n - 1 > cap - a->n) {
        a->begun = false;
        a->n = 0;
        return false;
    }
    memcpy(buf + a->n, segment.p + 1, segment.n - 1);
    a->n += (uint32_t)(segment.n - 1);
    a->sequence = sequence;
    if ((segment.p[0] & MR_DNP3_TRANSPORT_FIN) == 0) {
        return false;
    }
    *total = a->n;
    a->begun = false;
    a->n = 0;
    return true;
}

void mr_dnp3_send(struct mr_dnp3_sending *s, const uint8_t *fragment, const struct mr_dnp3_link_header *h, struct mr_writer *w)
{
    while (s->at < s->n && mr_writer_left(w) >= MR_DNP3_FRAME_MAX) {
        uint8_t data[MR_DNP3_FRAME_DATA];
        size_t n = s->n - s->at < MR_DNP3_SEGMENT_MAX ? s->n - s->at : MR_DNP3_SEGMENT_MAX;
        data[0] = (uint8_t)((s->sequence & 0x3F) | (s->at == 0 ? MR_DNP3_TRANSPORT_FIR : 0) |
                            (s->at + n == s->n ? MR_DNP3_TRANSPORT_FIN : 0));
        memcpy(data + 1, fragment + s->at, n);
        mr_dnp3_frame_write(w, h, mr_slice(data, n + 1));
        s->sequence++;
        s->at += (uint32_t)n;
    }
    if (s->at == s->n) {
        s->at = s->n = 0;
    }
}

bool mr_dnp3_app_decode(struct mr_slice fragment, struct mr_dnp3_app_header *h)
{
    struct mr_reader r = mr_reader(fragment);
    *h = (struct mr_dnp3_app_header){.control = mr_read_u8(&r)};
    h->function = mr_read_u8(&r);
    if (h->function >= MR_DNP3_RESPONSE) {
        h->iin = mr_read_u16le(&r);
    }
    h->objects = mr_slice(fragment.p + r.at, mr_reader_left(&r));
    return !r.bad;
}

bool mr_dnp3_is_silent(uint8_t function)
{
    static const uint8_t list[] = {MR_DNP3_CONFIRM,         MR_DNP3_DIRECT_OPERATE_NR, MR_DNP3_FREEZE_NR,
                                   MR_DNP3_FREEZE_CLEAR_NR, MR_DNP3_FREEZE_AT_TIME_NR, MR_DNP3_AUTH_REQUEST_NR};
    return memchr(list, function, sizeof list) != NULL;
}
