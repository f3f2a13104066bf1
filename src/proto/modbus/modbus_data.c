/* modbus_data.c - the functions that read and write the process image: "MODBUS Application Protocol Specification V1.1b3",
 * sections 6.1 to 6.6, 6.11, 6.12 and 6.14 to 6.18. Each checks as its state diagram says: quantity and form (exception 3),
 * then addresses (exception 2), then it acts. */
#include "proto/modbus/modbus_pdu.h"

/* A piece of a table that lies in one place. */
struct run {
    uint8_t *area;
    size_t at; /* bit or byte */
    uint32_t count;
    bool read_only;
};

/* The first piece of `count` addresses from `address` on; false where the map or the image has nothing there. */
static bool first_run(const struct mr_modbus_unit *u, enum mr_modbus_table t, uint32_t address, uint32_t count, struct run *run)
{
    const struct mr_modbus_range *r = u->map->table[t].range;
    const struct mr_modbus_range *end = r + u->map->table[t].n;
    while (r < end && (address < r->from || address - r->from >= r->count)) {
        r++;
    }
    if (r == end) {
        return false;
    }
    bool bits = mr_modbus_table_is_bits(t);
    uint32_t offset = address - r->from;
    uint64_t bytes = u->image->size[r->area];
    uint64_t at = r->at + (uint64_t)offset * (bits ? 1 : 2);
    uint64_t size = bits ? bytes * 8 : bytes;
    uint64_t here = at >= size ? 0 : (bits ? size - at : (size - at) / 2);
    here = here < r->count - offset ? here : r->count - offset;
    *run = (struct run){u->image->area[r->area], (size_t)at, here < count ? (uint32_t)here : count, r->read_only};
    return run->count > 0;
}

static bool covered(const struct mr_modbus_unit *u, enum mr_modbus_table t, uint32_t address, uint32_t count, bool write)
{
    struct run run;
    for (; count > 0; address += run.count, count -= run.count) {
        if (!first_run(u, t, address, count, &run) || (write && run.read_only)) {
            return false;
        }
    }
    return true;
}

/* Where one holding register lies in the image (low byte first), or NULL. */
static uint8_t *holding_register(const struct mr_modbus_unit *u, uint16_t address, bool write)
{
    struct run run;
    bool there = first_run(u, MR_MODBUS_HOLDING_REGISTERS, address, 1, &run) && !(write && run.read_only);
    return there ? run.area + run.at : NULL;
}

static uint16_t get_register(const uint8_t *place)
{
    return (uint16_t)(place[0] | place[1] << 8);
}

static void set_register(uint8_t *place, uint16_t value)
{
    place[0] = (uint8_t)value;
    place[1] = (uint8_t)(value >> 8);
}

static void copy_bits(uint8_t *to, size_t to_bit, const uint8_t *from, size_t from_bit, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t t = to_bit + i, f = from_bit + i;
        if (t % 8 == 0 && n - i >= 8) {
            unsigned shift = f % 8;
            unsigned low = from[f / 8], high = shift ? from[f / 8 + 1] : 0;
            to[t / 8] = (uint8_t)((low | high << 8) >> shift);
            i += 8;
        } else {
            unsigned mask = 1u << (t % 8);
            to[t / 8] = (uint8_t)((to[t / 8] & ~mask) | (mr_modbus_bit(from, f) ? mask : 0));
            i++;
        }
    }
}

/* The wire is big-endian, the image little-endian: the same exchange both ways. */
static void swap_registers(uint8_t *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = from[2 * i + 1];
        to[2 * i + 1] = from[2 * i];
    }
}

/* `count` addresses that are covered, to or from their form on the wire. */
static void fetch(const struct mr_modbus_unit *u, enum mr_modbus_table t, uint32_t address, uint32_t count, uint8_t *out)
{
    struct run run;
    for (uint32_t done = 0; done < count && first_run(u, t, address + done, count - done, &run); done += run.count) {
        if (mr_modbus_table_is_bits(t)) {
            copy_bits(out, done, run.area, run.at, run.count);
        } else {
            swap_registers(out + (size_t)2 * done, run.area + run.at, run.count);
        }
    }
}

static void store(const struct mr_modbus_unit *u, enum mr_modbus_table t, uint32_t address, uint32_t count, const uint8_t *in)
{
    struct run run;
    for (uint32_t done = 0; done < count && first_run(u, t, address + done, count - done, &run); done += run.count) {
        if (mr_modbus_table_is_bits(t)) {
            copy_bits(run.area, run.at, in, done, run.count);
        } else {
            swap_registers(run.area + run.at, in + (size_t)2 * done, run.count);
        }
    }
}

/* Room in the answer; the dispatcher has made sure of it. */
static uint8_t *reserve(struct mr_writer *w, size_t n)
{
    MR_ASSERT(mr_writer_left(w) >= n);
    uint8_t *p = w->p + w->n;
    w->n += n;
    return p;
}

static void answer_values(struct mr_modbus_work *k, enum mr_modbus_table t, uint16_t address, uint16_t count)
{
    size_t bytes = mr_modbus_table_is_bits(t) ? ((size_t)count + 7) / 8 : (size_t)count * 2;
    mr_write_u8(k->w, (uint8_t)bytes);
    uint8_t *out = reserve(k->w, bytes);
    out[bytes - 1] = 0; /* the bits after the last one */
    fetch(k->unit, t, address, count, out);
}

static void wrote(struct mr_modbus_work *k, enum mr_modbus_table t, uint16_t address, uint16_t count, uint16_t value)
{
    k->ev->kind = MR_MODBUS_EV_WRITE;
    k->ev->table = (uint8_t)t;
    k->ev->address = address;
    k->ev->count = count;
    k->ev->value = value;
    k->happened = true;
}

static uint8_t read_table(struct mr_modbus_work *k, enum mr_modbus_table t)
{
    const struct mr_modbus_personality *p = k->unit->personality;
    uint16_t address = mr_read_u16be(&k->in);
    uint16_t count = mr_read_u16be(&k->in);
    uint16_t max = mr_modbus_table_is_bits(t) ? p->read_bits_max : p->read_registers_max;
    if (!mr_modbus_whole(&k->in) || count == 0 || count > max) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    if (!covered(k->unit, t, address, count, false)) {
        return MR_MODBUS_ILLEGAL_ADDRESS;
    }
    answer_values(k, t, address, count);
    return MR_MODBUS_NO_EXCEPTION;
}

uint8_t mr_modbus_do_read_coils(struct mr_modbus_work *k)
{
    return read_table(k, MR_MODBUS_COILS);
}

uint8_t mr_modbus_do_read_discrete_inputs(struct mr_modbus_work *k)
{
    return read_table(k, MR_MODBUS_DISCRETE_INPUTS);
}

uint8_t mr_modbus_do_read_holding_registers(struct mr_modbus_work *k)
{
    return read_table(k, MR_MODBUS_HOLDING_REGISTERS);
}

uint8_t mr_modbus_do_read_input_registers(struct mr_modbus_work *k)
{
    return read_table(k, MR_MODBUS_INPUT_REGISTERS);
}

uint8_t mr_modbus_do_write_coil(struct mr_modbus_work *k)
{
    uint16_t address = mr_read_u16be(&k->in);
    uint16_t value = mr_read_u16be(&k->in);
    if (!mr_modbus_whole(&k->in) || (value != 0 && value != MR_MODBUS_COIL_ON)) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    if (!covered(k->unit, MR_MODBUS_COILS, address, 1, true)) {
        return MR_MODBUS_ILLEGAL_ADDRESS;
    }
    store(k->unit, MR_MODBUS_COILS, address, 1, &(uint8_t){value != 0});
    wrote(k, MR_MODBUS_COILS, address, 1, value != 0);
    mr_write_bytes(k->w, mr_slice(k->in.p, k->in.n));
    return MR_MODBUS_NO_EXCEPTION;
}

uint8_t mr_modbus_do_write_register(struct mr_modbus_work *k)
{
    uint16_t address = mr_read_u16be(&k->in);
    uint16_t value = mr_read_u16be(&k->in);
    if (!mr_modbus_whole(&k->in)) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    uint8_t *place = holding_register(k->unit, address, true);
    if (!place) {
        return MR_MODBUS_ILLEGAL_ADDRESS;
    }
    set_register(place, value);
    wrote(k, MR_MODBUS_HOLDING_REGISTERS, address, 1, value);
    mr_write_bytes(k->w, mr_slice(k->in.p, k->in.n));
    return MR_MODBUS_NO_EXCEPTION;
}

/* Functions 15 and 16: address, quantity, byte count, values; answered by address and quantity. */
static uint8_t write_table(struct mr_modbus_work *k, enum mr_modbus_table t, uint16_t max)
{
    bool bits = mr_modbus_table_is_bits(t);
    uint16_t address = mr_read_u16be(&k->in);
    uint16_t count = mr_read_u16be(&k->in);
    uint8_t bytes = mr_read_u8(&k->in);
    struct mr_slice values = mr_read_bytes(&k->in, bytes);
    if (!mr_modbus_whole(&k->in) || count == 0 || count > max || bytes != (bits ? (count + 7) / 8 : count * 2)) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    if (!covered(k->unit, t, address, count, true)) {
        return MR_MODBUS_ILLEGAL_ADDRESS;
    }
    store(k->unit, t, address, count, values.p);
    wrote(k, t, address, count, bits ? mr_modbus_bit(values.p, 0) : mr_modbus_register(values.p, 0));
    mr_write_u16be(k->w, address);
    mr_write_u16be(k->w, count);
    return MR_MODBUS_NO_EXCEPTION;
}

uint8_t mr_modbus_do_write_coils(struct mr_modbus_work *k)
{
    return write_table(k, MR_MODBUS_COILS, MR_MODBUS_WRITE_BITS_MAX);
}

uint8_t mr_modbus_do_write_registers(struct mr_modbus_work *k)
{
    return write_table(k, MR_MODBUS_HOLDING_REGISTERS, MR_MODBUS_WRITE_REGISTERS_MAX);
}

/* (current AND and_mask) OR (or_mask AND NOT and_mask), section 6.16. */
uint8_t mr_modbus_do_mask_write_register(struct mr_modbus_work *k)
{
    uint16_t address = mr_read_u16be(&k->in);
    uint16_t and_mask = mr_read_u16be(&k->in);
    uint16_t or_mask = mr_read_u16be(&k->in);
    if (!mr_modbus_whole(&k->in)) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    uint8_t *place = holding_register(k->unit, address, true);
    if (!place) {
        return MR_MODBUS_ILLEGAL_ADDRESS;
    }
    unsigned now = get_register(place);
    uint16_t value = (uint16_t)((now & and_mask) | (or_mask & ~(unsigned)and_mask));
    set_register(place, value);
    wrote(k, MR_MODBUS_HOLDING_REGISTERS, address, 1, value);
    mr_write_bytes(k->w, mr_slice(k->in.p, k->in.n));
    return MR_MODBUS_NO_EXCEPTION;
}

/* Read/Write Multiple Registers: the write comes before the read (section 6.17). */
uint8_t mr_modbus_do_exchange_registers(struct mr_modbus_work *k)
{
    uint16_t read_at = mr_read_u16be(&k->in);
    uint16_t read_count = mr_read_u16be(&k->in);
    uint16_t write_at = mr_read_u16be(&k->in);
    uint16_t write_count = mr_read_u16be(&k->in);
    uint8_t bytes = mr_read_u8(&k->in);
    struct mr_slice values = mr_read_bytes(&k->in, bytes);
    if (!mr_modbus_whole(&k->in) || read_count == 0 || read_count > k->unit->personality->read_registers_max ||
        write_count == 0 || write_count > MR_MODBUS_EXCHANGE_REGISTERS_MAX || bytes != write_count * 2) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    if (!covered(k->unit, MR_MODBUS_HOLDING_REGISTERS, read_at, read_count, false) ||
        !covered(k->unit, MR_MODBUS_HOLDING_REGISTERS, write_at, write_count, true)) {
        return MR_MODBUS_ILLEGAL_ADDRESS;
    }
    store(k->unit, MR_MODBUS_HOLDING_REGISTERS, write_at, write_count, values.p);
    wrote(k, MR_MODBUS_HOLDING_REGISTERS, write_at, write_count, mr_modbus_register(values.p, 0));
    answer_values(k, MR_MODBUS_HOLDING_REGISTERS, read_at, read_count);
    return MR_MODBUS_NO_EXCEPTION;
}

/* The register at the pointer address holds how many of those after it are in the queue (section 6.18); nothing is removed. */
uint8_t mr_modbus_do_read_fifo(struct mr_modbus_work *k)
{
    const struct mr_modbus_map *m = k->unit->map;
    uint16_t address = mr_read_u16be(&k->in);
    if (!mr_modbus_whole(&k->in)) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    uint32_t i = 0;
    while (i < m->nfifos && m->fifo[i] != address) {
        i++;
    }
    const uint8_t *place = holding_register(k->unit, address, false);
    if (i == m->nfifos || !place) {
        return MR_MODBUS_ILLEGAL_ADDRESS;
    }
    uint16_t count = get_register(place);
    if (count > MR_MODBUS_FIFO_MAX) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    if (!covered(k->unit, MR_MODBUS_HOLDING_REGISTERS, address + 1u, count, false)) {
        return MR_MODBUS_ILLEGAL_ADDRESS;
    }
    mr_write_u16be(k->w, (uint16_t)(2 + 2 * count));
    mr_write_u16be(k->w, count);
    fetch(k->unit, MR_MODBUS_HOLDING_REGISTERS, address + 1u, count, reserve(k->w, (size_t)2 * count));
    return MR_MODBUS_NO_EXCEPTION;
}

/* One group of functions 20 and 21 after its reference type. */
struct group {
    uint16_t file, record, count;
    struct mr_slice values; /* function 21 only */
    uint8_t *at;            /* in the image */
};

static uint8_t read_group(const struct mr_modbus_unit *u, struct mr_reader *in, bool write, struct group *g)
{
    uint8_t reference = mr_read_u8(in);
    g->file = mr_read_u16be(in);
    g->record = mr_read_u16be(in);
    g->count = mr_read_u16be(in);
    g->values = write ? mr_read_bytes(in, (size_t)2 * g->count) : mr_slice(NULL, 0);
    if (in->bad || g->count == 0) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    const struct mr_modbus_file *f = u->map->file;
    const struct mr_modbus_file *end = f + u->map->nfiles;
    while (f < end && f->number != g->file) {
        f++;
    }
    uint32_t last = (uint32_t)g->record + g->count - 1;
    if (reference != MR_MODBUS_FILE_REFERENCE || f == end || last > MR_MODBUS_FILE_RECORD_MAX || last >= f->records ||
        f->at + (uint64_t)2 * last + 2 > u->image->size[f->area] || (write && f->read_only)) {
        return MR_MODBUS_ILLEGAL_ADDRESS;
    }
    g->at = u->image->area[f->area] + f->at + (size_t)2 * g->record;
    return MR_MODBUS_NO_EXCEPTION;
}

uint8_t mr_modbus_do_read_file(struct mr_modbus_work *k)
{
    uint8_t bytes = mr_read_u8(&k->in);
    if (k->in.bad || bytes < 7 || bytes > 0xF5 || bytes % 7 != 0 || mr_reader_left(&k->in) != bytes) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    size_t start = k->w->n;
    mr_write_u8(k->w, 0);
    while (mr_reader_left(&k->in) > 0) {
        struct group g;
        uint8_t verdict = read_group(k->unit, &k->in, false, &g);
        if (verdict != MR_MODBUS_NO_EXCEPTION) {
            return verdict;
        }
        size_t answer = k->w->n - start + 2 + (size_t)2 * g.count; /* with its own length byte */
        if (answer > MR_MODBUS_PDU_MAX - 1) {
            return MR_MODBUS_ILLEGAL_VALUE;
        }
        mr_write_u8(k->w, (uint8_t)(1 + 2 * g.count));
        mr_write_u8(k->w, MR_MODBUS_FILE_REFERENCE);
        swap_registers(reserve(k->w, (size_t)2 * g.count), g.at, g.count);
    }
    k->w->p[start] = (uint8_t)(k->w->n - start - 1);
    return MR_MODBUS_NO_EXCEPTION;
}

/* The event tells of the first group; a request with several is rare. */
uint8_t mr_modbus_do_write_file(struct mr_modbus_work *k)
{
    uint8_t bytes = mr_read_u8(&k->in);
    if (k->in.bad || bytes < 9 || bytes > 0xFB || mr_reader_left(&k->in) != bytes) {
        return MR_MODBUS_ILLEGAL_VALUE;
    }
    struct mr_reader groups = k->in;
    struct group g;
    while (mr_reader_left(&groups) > 0) {
        uint8_t verdict = read_group(k->unit, &groups, true, &g);
        if (verdict != MR_MODBUS_NO_EXCEPTION) {
            return verdict;
        }
    }
    while (mr_reader_left(&k->in) > 0 && read_group(k->unit, &k->in, true, &g) == MR_MODBUS_NO_EXCEPTION) {
        swap_registers(g.at, g.values.p, g.count);
        if (!k->happened) {
            wrote(k, MR_MODBUS_HOLDING_REGISTERS, g.file, g.count, mr_modbus_register(g.values.p, 0));
        }
    }
    mr_write_bytes(k->w, mr_slice(k->in.p, k->in.n));
    return MR_MODBUS_NO_EXCEPTION;
}
