/* s7_variables.c - jobs 04 and 05: variables read and written, all transport sizes, several in a job. */
#include "proto/s7/s7_serve.h"

static void refuse_item(struct mr_writer *w, enum mr_s7_return code)
{
    mr_write_u8(w, (uint8_t)code);
    mr_write_u8(w, MR_S7_DATA_NONE);
    mr_write_u16be(w, 0);
}

void mr_s7_read_item(struct mr_s7_server *s, const struct mr_s7_item *item, struct mr_writer *w)
{
    struct mr_s7_target t;
    bool in_bits;
    bool denied = (mr_s7_rights(s->cpu->settings, s->client) & MR_S7_MAY_READ) == 0 || s->cpu->settings->put_get_off;
    enum mr_s7_return code = denied ? MR_S7_DENIED : mr_s7_locate(s->cpu, item, &t);
    if (code != MR_S7_OK) {
        refuse_item(w, code);
        return;
    }
    uint8_t transport = mr_s7_data_transport(item->transport, &in_bits);
    mr_write_u8(w, MR_S7_OK);
    mr_write_u8(w, transport);
    mr_write_u16be(w, (uint16_t)(in_bits ? t.n * 8 : t.n));
    if (mr_writer_left(w) < t.n) {
        w->full = true;
        return;
    }
    mr_s7_read_target(s->cpu, &t, w->p + w->n);
    w->n += t.n;
}

void mr_s7_read_variables(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_reader *in, struct mr_writer *w)
{
    struct mr_writer limited = *w; /* as much as was agreed */
    limited.cap = w->n + s->pdu_size;
    size_t begin = mr_s7_header_begin(&limited, MR_S7_ACK_DATA, h->reference, MR_S7_NO_ERROR);
    uint8_t count = mr_read_u8(in);
    mr_write_u8(&limited, MR_S7_READ_VAR);
    mr_write_u8(&limited, count);
    size_t data = limited.n;
    for (uint8_t i = 0; i < count; i++) {
        struct mr_s7_item item;
        if (!mr_s7_item_decode(in, &item)) {
            mr_s7_refuse(w, h, MR_S7_E_PDU_SIZE);
            return;
        }
        if ((limited.n - data) % 2 != 0) {
            mr_write_u8(&limited, 0);
        }
        mr_s7_read_item(s, &item, &limited);
    }
    if (limited.full || count == 0 || count > MR_S7_ITEMS_MAX) {
        mr_s7_refuse(w, h, MR_S7_E_PDU_SIZE);
        return;
    }
    mr_s7_header_finish(&limited, begin, data);
    w->n = limited.n;
}

/* One item's data in a write job: a reserved byte before its transport size. */
static bool read_data(struct mr_reader *data, struct mr_slice *value)
{
    (void)mr_read_u8(data);
    return mr_s7_read_value(data, value);
}

static enum mr_s7_return write_one(struct mr_s7_server *s, const struct mr_s7_item *item, struct mr_slice value)
{
    const struct mr_s7_settings *set = s->cpu->settings;
    struct mr_s7_target t;
    if ((mr_s7_rights(set, s->client) & MR_S7_MAY_WRITE) == 0 || set->put_get_off || set->write_protected) {
        return MR_S7_DENIED;
    }
    enum mr_s7_return code = mr_s7_locate(s->cpu, item, &t);
    if (code != MR_S7_OK) {
        return code;
    }
    if (t.area->read_only) {
        return MR_S7_DENIED;
    }
    if (value.n != t.n) {
        return MR_S7_TYPE_MISMATCH;
    }
    mr_s7_write_target(s->cpu, &t, value.p);
    return MR_S7_OK;
}

enum mr_s7_return mr_s7_write_item(struct mr_s7_server *s, const struct mr_s7_item *item, struct mr_slice value)
{
    enum mr_s7_return code = write_one(s, item, value);
    if (code == MR_S7_OK || code == MR_S7_DENIED) {
        mr_s7_report(s, (struct mr_s7_event){
                            .kind = code == MR_S7_OK ? MR_S7_EV_WRITE : MR_S7_EV_DENIED,
                            .function = MR_S7_WRITE_VAR,
                            .area = item->area,
                            .db = item->db,
                            .address = item->address,
                            .bytes = (uint16_t)value.n,
                        });
    }
    return code;
}

void mr_s7_write_variables(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_reader *in, struct mr_writer *w)
{
    struct mr_reader data = mr_reader(h->data);
    struct mr_s7_item item;
    struct mr_slice value;
    uint8_t count = mr_read_u8(in);
    struct mr_reader items = *in;
    if (count == 0 || count > MR_S7_ITEMS_MAX) {
        mr_s7_refuse(w, h, MR_S7_E_PDU_SIZE);
        return;
    }
    for (uint8_t i = 0; i < count; i++) { /* all of it must make sense before anything is written */
        if (!mr_s7_item_decode(&items, &item) || !read_data(&data, &value)) {
            mr_s7_refuse(w, h, MR_S7_E_PDU_SIZE);
            return;
        }
    }
    size_t begin = mr_s7_header_begin(w, MR_S7_ACK_DATA, h->reference, MR_S7_NO_ERROR);
    mr_write_u8(w, MR_S7_WRITE_VAR);
    mr_write_u8(w, count);
    size_t answers = w->n;
    data = mr_reader(h->data);
    for (uint8_t i = 0; i < count && mr_s7_item_decode(in, &item) && read_data(&data, &value); i++) {
        mr_write_u8(w, (uint8_t)mr_s7_write_item(s, &item, value));
    }
    mr_s7_header_finish(w, begin, answers);
}
