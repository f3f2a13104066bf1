#include "proto/enip/enip_codec.h"

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_le32(uint8_t *p, uint32_t v)
{
    for (size_t i = 0; i < 4; i++) {
        p[i] = (uint8_t)(v >> 8 * i);
    }
}

/* Header's fields by their offsets: every message has one. */
enum { AT_LENGTH = 2, AT_SESSION = 4, AT_STATUS = 8, AT_CONTEXT = 12, AT_OPTIONS = 20 };

struct mr_enip_header mr_enip_header_decode(struct mr_reader *r)
{
    struct mr_enip_header h = {0};
    const uint8_t *p = mr_read_bytes(r, MR_ENIP_HEADER).p;
    if (!p) {
        return h;
    }
    h.command = (uint16_t)(p[0] | p[1] << 8);
    h.length = (uint16_t)(p[AT_LENGTH] | p[AT_LENGTH + 1] << 8);
    h.session = le32(p + AT_SESSION);
    h.status = le32(p + AT_STATUS);
    memcpy(h.context, p + AT_CONTEXT, sizeof h.context);
    h.options = le32(p + AT_OPTIONS);
    return h;
}

size_t mr_enip_begin(struct mr_writer *w, const struct mr_enip_header *h)
{
    size_t begin = w->n;
    uint8_t bytes[MR_ENIP_HEADER] = {(uint8_t)h->command, (uint8_t)(h->command >> 8)};
    put_le32(bytes + AT_SESSION, h->session);
    put_le32(bytes + AT_STATUS, h->status);
    memcpy(bytes + AT_CONTEXT, h->context, sizeof h->context);
    put_le32(bytes + AT_OPTIONS, h->options);
    mr_write_bytes(w, mr_slice(bytes, sizeof bytes));
    return begin;
}

void mr_enip_finish(struct mr_writer *w, size_t begin)
{
    if (!w->full) {
        mr_patch_u16le(w, begin + AT_LENGTH, (uint16_t)(w->n - begin - MR_ENIP_HEADER));
    }
}

bool mr_enip_items_decode(struct mr_reader *r, struct mr_enip_items *items)
{
    uint16_t n = mr_read_u16le(r);
    items->n = n <= MR_ENIP_ITEMS_MAX ? n : 0;
    for (size_t i = 0; i < items->n; i++) {
        items->item[i].type = mr_read_u16le(r);
        items->item[i].data = mr_read_bytes(r, mr_read_u16le(r));
    }
    return !r->bad && n <= MR_ENIP_ITEMS_MAX && mr_reader_left(r) == 0;
}

const struct mr_enip_item *mr_enip_find_item(const struct mr_enip_items *items, uint16_t type)
{
    for (size_t i = 0; i < items->n; i++) {
        if (items->item[i].type == type) {
            return &items->item[i];
        }
    }
    return NULL;
}

void mr_enip_item_encode(struct mr_writer *w, uint16_t type, struct mr_slice data)
{
    mr_write_u16le(w, type);
    mr_write_u16le(w, (uint16_t)data.n);
    mr_write_bytes(w, data);
}

#define FAMILY_INTERNET 2

void mr_enip_sockaddr_encode(struct mr_writer *w, struct mr_enip_peer at)
{
    mr_write_u16be(w, FAMILY_INTERNET);
    mr_write_u16be(w, at.port);
    mr_write_u32be(w, at.ip);
    mr_write_fill(w, 0, 8);
}

bool mr_enip_sockaddr_decode(struct mr_slice data, struct mr_enip_peer *at)
{
    struct mr_reader r = mr_reader(data);
    bool internet = mr_read_u16be(&r) == FAMILY_INTERNET;
    at->port = mr_read_u16be(&r);
    at->ip = mr_read_u32be(&r);
    return internet && data.n == 16;
}
