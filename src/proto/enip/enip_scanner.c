/* enip_scanner.c - originating class 1 connections: Volume 1, 3-5.5 (Forward Open and Close) and 3-6; Volume 2, 3-4. */
#include "proto/enip/enip_scanner.h"

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_enip_scanner, open, MR_BOOL),       MR_FIELD(struct mr_enip_scanner, fresh, MR_BOOL),
    MR_FIELD(struct mr_enip_scanner, run, MR_BOOL),        MR_FIELD(struct mr_enip_scanner, started, MR_BOOL),
    MR_FIELD(struct mr_enip_scanner, number, MR_U16),      MR_FIELD(struct mr_enip_scanner, o_t_id, MR_U32),
    MR_FIELD(struct mr_enip_scanner, t_o_id, MR_U32),      MR_FIELD(struct mr_enip_scanner, sequence_out, MR_U32),
    MR_FIELD(struct mr_enip_scanner, sequence_in, MR_U32), MR_FIELD(struct mr_enip_scanner, count_out, MR_U16),
    MR_FIELD(struct mr_enip_scanner, o_t_rpi_us, MR_U32),  MR_FIELD(struct mr_enip_scanner, t_o_rpi_us, MR_U32),
    MR_FIELD(struct mr_enip_scanner, heard, MR_I64),       MR_FIELD(struct mr_enip_scanner, due, MR_I64),
    MR_ARRAY(struct mr_enip_scanner, output, MR_U8),       MR_ARRAY(struct mr_enip_scanner, input, MR_U8),
};
const struct mr_type mr_enip_scanner_type = MR_TYPE("enip_scanner", struct mr_enip_scanner, fields);

enum { RUN_IDLE_HEADER = 4, COUNT = 2, RUN = 1 };

void mr_enip_scanner_init(struct mr_enip_scanner *s, const struct mr_enip_scan *scan)
{
    MR_ASSERT(scan->rpi >= MR_MS && scan->rpi <= MR_MIN && scan->multiplier <= 7);
    MR_ASSERT(scan->output_bytes <= MR_ENIP_SCANNER_BYTES && scan->input_bytes <= MR_ENIP_SCANNER_BYTES);
    memset(s, 0, sizeof *s);
    s->scan = scan;
    s->run = true;
}

static uint16_t o_t_size(const struct mr_enip_scan *scan)
{
    bool header = scan->run_idle_header && scan->output_bytes > 0;
    return (uint16_t)(COUNT + (header ? RUN_IDLE_HEADER : 0) + scan->output_bytes);
}

static void write_name(const struct mr_enip_scanner *s, struct mr_writer *w)
{
    mr_write_u16le(w, s->number);
    mr_write_u16le(w, s->scan->vendor);
    mr_write_u32le(w, s->scan->serial);
}

static void write_path(const struct mr_enip_scan *scan, struct mr_writer *w)
{
    mr_cip_write_logical(w, MR_CIP_SEG_CLASS, MR_CIP_ASSEMBLY);
    if (scan->config != 0) {
        mr_cip_write_logical(w, MR_CIP_SEG_INSTANCE, scan->config);
    }
    mr_cip_write_logical(w, MR_CIP_SEG_POINT, scan->output);
    mr_cip_write_logical(w, MR_CIP_SEG_POINT, scan->input);
}

static void begin_request(struct mr_writer *w, uint8_t service)
{
    mr_write_u8(w, service);
    mr_write_u8(w, 2); /* words of the path */
    mr_cip_write_logical(w, MR_CIP_SEG_CLASS, MR_CIP_CONNECTION_MANAGER);
    mr_cip_write_logical(w, MR_CIP_SEG_INSTANCE, 1);
    mr_write_u16le(w, 233 << 8 | 7); /* priority, ticks */
}

void mr_enip_scanner_open_request(struct mr_enip_scanner *s, struct mr_writer *w)
{
    enum { CYCLIC_CLASS_1 = 1, SCHEDULED = 2 << 10, POINT_TO_POINT = 2 << 13, MULTICAST = 1 << 13 };
    const struct mr_enip_scan *scan = s->scan;
    uint32_t rpi_us = (uint32_t)(scan->rpi / MR_US);
    s->number++;
    begin_request(w, MR_CIP_FORWARD_OPEN);
    mr_write_u32le(w, 0); /* the target chooses */
    mr_write_u32le(w, 0x20000u + s->number);
    write_name(s, w);
    mr_write_u32le(w, scan->multiplier);
    mr_write_u32le(w, rpi_us);
    mr_write_u16le(w, (uint16_t)(POINT_TO_POINT | SCHEDULED | o_t_size(scan)));
    mr_write_u32le(w, rpi_us);
    mr_write_u16le(w, (uint16_t)((scan->multicast ? MULTICAST : POINT_TO_POINT) | SCHEDULED | (COUNT + scan->input_bytes)));
    mr_write_u8(w, CYCLIC_CLASS_1);
    size_t at = w->n;
    mr_write_u8(w, 0);
    write_path(scan, w);
    if (!w->full) {
        w->p[at] = (uint8_t)((w->n - at - 1) / 2);
    }
}

bool mr_enip_scanner_opened(struct mr_enip_scanner *s, struct mr_slice data, mr_ns now)
{
    struct mr_reader r = mr_reader(data);
    uint32_t o_t = mr_read_u32le(&r), t_o = mr_read_u32le(&r);
    uint16_t number = mr_read_u16le(&r), vendor = mr_read_u16le(&r);
    uint32_t serial = mr_read_u32le(&r);
    s->o_t_rpi_us = mr_read_u32le(&r);
    s->t_o_rpi_us = mr_read_u32le(&r);
    s->open = !r.bad && number == s->number && vendor == s->scan->vendor && serial == s->scan->serial;
    s->o_t_id = o_t;
    s->t_o_id = t_o;
    s->started = s->fresh = false;
    s->sequence_out = 0;
    s->heard = s->due = now;
    return s->open;
}

void mr_enip_scanner_close_request(const struct mr_enip_scanner *s, struct mr_writer *w)
{
    begin_request(w, MR_CIP_FORWARD_CLOSE);
    write_name(s, w);
    size_t at = w->n;
    mr_write_u16le(w, 0); /* words of the path, and a reserved byte */
    write_path(s->scan, w);
    if (!w->full) {
        w->p[at] = (uint8_t)((w->n - at - 2) / 2);
    }
}

void mr_enip_scanner_close(struct mr_enip_scanner *s)
{
    s->open = false;
}

void mr_enip_scanner_datagram(struct mr_enip_scanner *s, struct mr_slice in, mr_ns now)
{
    struct mr_reader r = mr_reader(in);
    struct mr_enip_items items;
    if (!s->open || !mr_enip_items_decode(&r, &items) || items.n != 2 || items.item[0].type != MR_ENIP_ITEM_SEQUENCED ||
        items.item[1].type != MR_ENIP_ITEM_CONNECTED) {
        return;
    }
    struct mr_reader address = mr_reader(items.item[0].data), data = mr_reader(items.item[1].data);
    uint32_t id = mr_read_u32le(&address), sequence = mr_read_u32le(&address);
    (void)mr_read_u16le(&data);
    struct mr_slice value = mr_read_bytes(&data, s->scan->input_bytes);
    bool later = !s->started || (int32_t)(sequence - s->sequence_in) > 0;
    if (address.bad || data.bad || mr_reader_left(&data) > 0 || id != s->t_o_id || !later) {
        return;
    }
    s->started = s->fresh = true;
    s->sequence_in = sequence;
    s->heard = now;
    if (value.n > 0) {
        memcpy(s->input, value.p, value.n);
    }
}

bool mr_enip_scanner_take(struct mr_enip_scanner *s)
{
    bool fresh = s->fresh;
    s->fresh = false;
    return fresh;
}

static mr_ns timeout(const struct mr_enip_scanner *s)
{
    return s->t_o_rpi_us * MR_US * (mr_ns)(4u << s->scan->multiplier);
}

bool mr_enip_scanner_due(struct mr_enip_scanner *s, mr_ns now, struct mr_writer *w)
{
    s->open = s->open && now - s->heard < timeout(s);
    if (!s->open || now < s->due) {
        return false;
    }
    const struct mr_enip_scan *scan = s->scan;
    mr_write_u16le(w, 2);
    mr_write_u16le(w, MR_ENIP_ITEM_SEQUENCED);
    mr_write_u16le(w, 8);
    mr_write_u32le(w, s->o_t_id);
    mr_write_u32le(w, ++s->sequence_out);
    mr_write_u16le(w, MR_ENIP_ITEM_CONNECTED);
    mr_write_u16le(w, o_t_size(scan));
    mr_write_u16le(w, ++s->count_out);
    if (scan->run_idle_header && scan->output_bytes > 0) {
        mr_write_u32le(w, s->run ? RUN : 0);
    }
    mr_write_bytes(w, mr_slice(s->output, scan->output_bytes));
    mr_ns every = s->o_t_rpi_us * MR_US > MR_MS ? s->o_t_rpi_us * MR_US : MR_MS;
    s->due = s->due + every > now ? s->due + every : now + every;
    return true;
}

mr_ns mr_enip_scanner_deadline(const struct mr_enip_scanner *s)
{
    mr_ns end = s->heard + timeout(s);
    return !s->open ? MR_NEVER_NS : s->due < end ? s->due : end;
}
