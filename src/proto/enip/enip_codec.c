#include "proto/enip/enip_codec.h"

struct mr_enip_header mr_enip_header_decode(struct mr_reader *r)
{
    struct mr_enip_header h = {0};
    h.command = mr_read_u16le(r);
    h.length = mr_read_u16le(r);
    h.session = mr_read_u32le(r);
    h.status = mr_read_u32le(r);
    struct mr_slice context = mr_read_bytes(r, sizeof h.context);
    if (context.n > 0) {
        memcpy(h.context, context.p, sizeof h.context);
    }
    h.options = mr_read_u32le(r);
    return h;
}

size_t mr_enip_begin(struct mr_writer *w, const struct mr_enip_header *h)
{
    size_t begin = w->n;
    mr_write_u16le(w, h->command);
    mr_write_u16le(w, 0);
    mr_write_u32le(w, h->session);
    mr_write_u32le(w, h->status);
    mr_write_bytes(w, mr_slice(h->context, sizeof h->context));
    mr_write_u32le(w, h->options);
    return begin;
}

void mr_enip_finish(struct mr_writer *w, size_t begin)
{
    if (!w->full) {
        mr_patch_u16le(w, begin + 2, (uint16_t)(w->n - begin - MR_ENIP_HEADER));
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
