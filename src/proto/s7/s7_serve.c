/* s7_serve.c - jobs: setup of communication, variables, control of the CPU. */
#include "proto/s7/s7_serve.h"

void mr_s7_report(struct mr_s7_server *s, struct mr_s7_event ev)
{
    MR_ASSERT(s->nevents < MR_S7_SERVER_EVENTS);
    ev.client = s->client;
    s->events[s->nevents++] = ev;
}

bool mr_s7_protected(const struct mr_s7_server *s, uint8_t level)
{
    return s->cpu->settings->protection >= level && !s->logged_in;
}

/* An acknowledgement without data; `function` comes back where the job was carried out. */
static void acknowledge(struct mr_writer *w, const struct mr_s7_header *h, uint8_t function)
{
    size_t begin = mr_s7_header_begin(w, MR_S7_ACK_DATA, h->reference, MR_S7_NO_ERROR);
    mr_write_u8(w, function);
    mr_s7_header_finish(w, begin, w->n);
}

static void refuse(struct mr_writer *w, const struct mr_s7_header *h, enum mr_s7_error error)
{
    size_t begin = mr_s7_header_begin(w, MR_S7_ACK, h->reference, (uint16_t)error);
    mr_s7_header_finish(w, begin, w->n);
}

static uint16_t smaller(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

static void setup(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_reader *in, struct mr_writer *w)
{
    const struct mr_s7_personality *p = s->cpu->personality;
    (void)mr_read_u8(in);
    uint16_t calling = mr_read_u16be(in);
    uint16_t called = mr_read_u16be(in);
    uint16_t size = mr_read_u16be(in);
    if (in->bad || size < MR_S7_PDU_MIN) {
        refuse(w, h, MR_S7_E_PDU_SIZE);
        return;
    }
    s->pdu_size = smaller(size, p->pdu_max);
    size_t begin = mr_s7_header_begin(w, MR_S7_ACK_DATA, h->reference, MR_S7_NO_ERROR);
    mr_write_u8(w, MR_S7_SETUP);
    mr_write_u8(w, 0);
    mr_write_u16be(w, smaller(calling, p->jobs_max));
    mr_write_u16be(w, smaller(called, p->jobs_max));
    mr_write_u16be(w, s->pdu_size);
    mr_s7_header_finish(w, begin, w->n);
}

/* What an item means: its place and size, or the code that refuses it. */
struct target {
    const struct mr_s7_area *area;
    uint32_t byte;
    uint8_t bit;
    size_t n;
};

static enum mr_s7_return locate(const struct mr_s7_cpu *cpu, const struct mr_s7_item *item, struct target *t)
{
    size_t element = mr_s7_element_bytes(item->transport);
    bool numbered = item->area == MR_S7_AREA_COUNTERS || item->area == MR_S7_AREA_TIMERS;
    t->area = mr_s7_find_area(cpu, item->area, item->db);
    if (!t->area) {
        return MR_S7_ABSENT;
    }
    if (element == 0 || item->count == 0 || (item->transport == MR_S7_BIT && item->count != 1)) {
        return MR_S7_TYPE_UNSUPPORTED;
    }
    t->byte = numbered ? item->address * 2 : item->address / 8;
    t->bit = item->address % 8;
    t->n = element * item->count;
    if (!numbered && item->transport != MR_S7_BIT && t->bit != 0) {
        return MR_S7_OUT_OF_RANGE;
    }
    return (uint64_t)t->byte + t->n <= t->area->size ? MR_S7_OK : MR_S7_OUT_OF_RANGE;
}

static void refuse_item(struct mr_writer *w, enum mr_s7_return code)
{
    mr_write_u8(w, (uint8_t)code);
    mr_write_u8(w, MR_S7_DATA_NONE);
    mr_write_u16be(w, 0);
}

static void read_item(struct mr_s7_server *s, const struct mr_s7_item *item, uint8_t rights, struct mr_writer *w)
{
    struct target t;
    bool in_bits;
    bool denied = (rights & MR_S7_MAY_READ) == 0 || s->cpu->settings->put_get_off;
    enum mr_s7_return code = denied ? MR_S7_DENIED : locate(s->cpu, item, &t);
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
    uint8_t *out = w->p + w->n;
    w->n += t.n;
    mr_s7_area_read(s->cpu, t.area, t.byte, out, t.n);
    if (item->transport == MR_S7_BIT) {
        out[0] = out[0] >> t.bit & 1;
    }
}

static void read_variables(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_reader *in, struct mr_writer *w)
{
    uint8_t rights = mr_s7_rights(s->cpu->settings, s->client);
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
            refuse(w, h, MR_S7_E_PDU_SIZE);
            return;
        }
        if ((limited.n - data) % 2 != 0) {
            mr_write_u8(&limited, 0);
        }
        read_item(s, &item, rights, &limited);
    }
    if (limited.full || count == 0 || count > MR_S7_ITEMS_MAX) {
        refuse(w, h, MR_S7_E_PDU_SIZE);
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

static enum mr_s7_return write_item(struct mr_s7_server *s, const struct mr_s7_item *item, uint8_t rights, struct mr_slice value)
{
    const struct mr_s7_settings *set = s->cpu->settings;
    struct target t;
    if ((rights & MR_S7_MAY_WRITE) == 0 || set->put_get_off || set->write_protected) {
        return MR_S7_DENIED;
    }
    enum mr_s7_return code = locate(s->cpu, item, &t);
    if (code != MR_S7_OK) {
        return code;
    }
    if (t.area->read_only) {
        return MR_S7_DENIED;
    }
    if (value.n != t.n) {
        return MR_S7_TYPE_MISMATCH;
    }
    if (item->transport == MR_S7_BIT) {
        uint8_t byte;
        mr_s7_area_read(s->cpu, t.area, t.byte, &byte, 1);
        unsigned mask = 1u << t.bit;
        byte = (uint8_t)(value.p[0] & 1 ? byte | mask : byte & ~mask);
        mr_s7_area_write(s->cpu, t.area, t.byte, &byte, 1);
    } else {
        mr_s7_area_write(s->cpu, t.area, t.byte, value.p, t.n);
    }
    return MR_S7_OK;
}

static void report_write(struct mr_s7_server *s, const struct mr_s7_item *item, size_t n, bool denied)
{
    mr_s7_report(s, (struct mr_s7_event){
                        .kind = denied ? MR_S7_EV_DENIED : MR_S7_EV_WRITE,
                        .function = MR_S7_WRITE_VAR,
                        .area = item->area,
                        .db = item->db,
                        .address = item->address,
                        .bytes = (uint16_t)n,
                    });
}

static void write_variables(struct mr_s7_server *s, const struct mr_s7_header *h, struct mr_reader *in, struct mr_writer *w)
{
    uint8_t rights = mr_s7_rights(s->cpu->settings, s->client);
    struct mr_reader data = mr_reader(h->data);
    struct mr_s7_item item;
    struct mr_slice value;
    uint8_t count = mr_read_u8(in);
    struct mr_reader items = *in;
    if (count == 0 || count > MR_S7_ITEMS_MAX) {
        refuse(w, h, MR_S7_E_PDU_SIZE);
        return;
    }
    for (uint8_t i = 0; i < count; i++) { /* all of it must make sense before anything is written */
        if (!mr_s7_item_decode(&items, &item) || !read_data(&data, &value)) {
            refuse(w, h, MR_S7_E_PDU_SIZE);
            return;
        }
    }
    size_t begin = mr_s7_header_begin(w, MR_S7_ACK_DATA, h->reference, MR_S7_NO_ERROR);
    mr_write_u8(w, MR_S7_WRITE_VAR);
    mr_write_u8(w, count);
    size_t answers = w->n;
    data = mr_reader(h->data);
    for (uint8_t i = 0; i < count && mr_s7_item_decode(in, &item) && read_data(&data, &value); i++) {
        enum mr_s7_return code = write_item(s, &item, rights, value);
        mr_write_u8(w, (uint8_t)code);
        if (code == MR_S7_OK || code == MR_S7_DENIED) {
            report_write(s, &item, value.n, code == MR_S7_DENIED);
        }
    }
    mr_s7_header_finish(w, begin, answers);
}

static void change_mode(struct mr_s7_server *s, bool run, uint8_t function, mr_ns now)
{
    struct mr_s7_state *state = s->cpu->state;
    if (state->running != run) {
        state->running = run;
        mr_s7_time_encode(state->event, now + state->clock);
    }
    mr_s7_report(s, (struct mr_s7_event){.kind = run ? MR_S7_EV_START : MR_S7_EV_STOP, .function = function});
}

/* Program invocation services: the name after a parameter block names what is to be done. */
static bool invoke(struct mr_s7_server *s, struct mr_reader *in, mr_ns now)
{
    (void)mr_read_bytes(in, 7);
    (void)mr_read_bytes(in, mr_read_u16be(in)); /* parameters: "C " for a cold start, "EP" for the memory */
    struct mr_slice name = mr_read_bytes(in, mr_read_u8(in));
    if (in->bad) {
        return false;
    }
    if (mr_slice_eq(name, mr_slice_str("P_PROGRAM"))) {
        change_mode(s, true, MR_S7_PI_SERVICE, now);
        return true;
    }
    if (mr_slice_eq(name, mr_slice_str("_MODU")) || mr_slice_eq(name, mr_slice_str("_GARB"))) {
        mr_s7_report(s, (struct mr_s7_event){.kind = MR_S7_EV_MEMORY, .function = MR_S7_PI_SERVICE});
        return true;
    }
    return false;
}

static void control(struct mr_s7_server *s, const struct mr_s7_header *h, uint8_t function, struct mr_reader *in, mr_ns now,
                    struct mr_writer *w)
{
    bool may = (mr_s7_rights(s->cpu->settings, s->client) & MR_S7_MAY_WRITE) != 0;
    if (!may || mr_s7_protected(s, 2)) {
        mr_s7_report(s, (struct mr_s7_event){.kind = MR_S7_EV_DENIED, .function = function});
        refuse(w, h, MR_S7_E_PROTECTED);
        return;
    }
    if (function == MR_S7_PLC_STOP) {
        change_mode(s, false, function, now);
    } else if (!invoke(s, in, now)) {
        refuse(w, h, MR_S7_E_FUNCTION);
        return;
    }
    acknowledge(w, h, function);
}

bool mr_s7_serve_pdu(struct mr_s7_server *s, struct mr_slice pdu, mr_ns now, struct mr_writer *w)
{
    struct mr_s7_header h;
    bool damaged = s->pdu_size < MR_S7_PDU_MIN || s->pdu_size > MR_S7_PDU_MAX; /* by a snapshot */
    if (damaged || !mr_s7_header_decode(pdu, &h)) {
        return false;
    }
    if (h.rosctr == MR_S7_USERDATA) {
        return mr_s7_serve_userdata(s, &h, now, w);
    }
    if (h.rosctr != MR_S7_JOB || h.parameters.n == 0) {
        return h.rosctr == MR_S7_ACK || h.rosctr == MR_S7_ACK_DATA; /* nothing of ours awaits one */
    }
    struct mr_reader in = mr_reader(h.parameters);
    uint8_t function = mr_read_u8(&in);
    switch (function) {
    case MR_S7_SETUP:
        setup(s, &h, &in, w);
        break;
    case MR_S7_READ_VAR:
        read_variables(s, &h, &in, w);
        break;
    case MR_S7_WRITE_VAR:
        write_variables(s, &h, &in, w);
        break;
    case MR_S7_PI_SERVICE:
    case MR_S7_PLC_STOP:
        control(s, &h, function, &in, now, w);
        break;
    default:
        refuse(w, &h, MR_S7_E_FUNCTION);
    }
    return true;
}
