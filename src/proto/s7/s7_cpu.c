/* s7_cpu.c - variables on the image, settings. */
#include "proto/s7/s7_cpu.h"

/* A CPU 315-2 PN/DP, as the technical specifications in Siemens' "CPU 31xC and CPU 31x" have it. */
const struct mr_s7_personality mr_s7_default_personality = {
    .pdu_max = 240,
    .jobs_max = 1,
    .refuse_close = true,
    .partial = 10 * MR_S,
    .connections = 16,
    .mpi_rate = 12000000,
    .bus_rate = 100000000,
    .work_memory = 384 << 10,
    .load_memory = 8 << 20,
    .flags = 2048,
    .timers = 256,
    .counters = 256,
    .inputs = 128,
    .outputs = 128,
};

static const struct mr_field access_fields[] = {
    MR_FIELD(struct mr_s7_access, network, MR_U32),
    MR_FIELD(struct mr_s7_access, mask, MR_U32),
    MR_FIELD(struct mr_s7_access, rights, MR_U8),
};
static const struct mr_type access_type = MR_TYPE("s7_access", struct mr_s7_access, access_fields);
static const struct mr_field settings_fields[] = {
    MR_FIELD(struct mr_s7_settings, protection, MR_U8),
    MR_FIELD(struct mr_s7_settings, write_protected, MR_BOOL),
    MR_FIELD(struct mr_s7_settings, put_get_off, MR_BOOL),
    MR_FIELD(struct mr_s7_settings, access_list, MR_BOOL),
    MR_ARRAY(struct mr_s7_settings, password, MR_U8),
    MR_FIELD(struct mr_s7_settings, naccess, MR_U32),
    MR_VARIABLE_SUBS(struct mr_s7_settings, access, naccess, &access_type),
};
const struct mr_type mr_s7_settings_type = MR_TYPE("s7_settings", struct mr_s7_settings, settings_fields);

static const struct mr_field event_fields[] = {
    MR_FIELD(struct mr_s7_event, kind, MR_U8),     MR_FIELD(struct mr_s7_event, function, MR_U8),
    MR_FIELD(struct mr_s7_event, area, MR_U8),     MR_FIELD(struct mr_s7_event, db, MR_U16),
    MR_FIELD(struct mr_s7_event, address, MR_U32), MR_FIELD(struct mr_s7_event, bytes, MR_U16),
    MR_FIELD(struct mr_s7_event, client, MR_U32),
};
const struct mr_type mr_s7_event_type = MR_TYPE("s7_event", struct mr_s7_event, event_fields);

void mr_s7_settings_init(struct mr_s7_settings *s)
{
    *s = (struct mr_s7_settings){.protection = 1};
}

void mr_s7_set_password(struct mr_s7_settings *s, const char *password)
{
    size_t n = strlen(password);
    for (size_t i = 0; i < sizeof s->password; i++) {
        s->password[i] = i < n ? (uint8_t)password[i] : (n > 0 ? ' ' : 0);
    }
}

uint8_t mr_s7_rights(const struct mr_s7_settings *s, uint32_t client)
{
    if (!s->access_list) {
        return MR_S7_MAY_READ | MR_S7_MAY_WRITE;
    }
    uint8_t rights = 0;
    for (uint32_t i = 0; i < s->naccess; i++) {
        if (((client ^ s->access[i].network) & s->access[i].mask) == 0) {
            rights |= s->access[i].rights;
        }
    }
    return rights;
}

const struct mr_s7_area *mr_s7_find_area(const struct mr_s7_cpu *cpu, uint8_t code, uint16_t db)
{
    for (uint32_t i = 0; i < cpu->nareas; i++) {
        if (cpu->areas[i].code == code && (code != MR_S7_AREA_DB || cpu->areas[i].db == db)) {
            return &cpu->areas[i];
        }
    }
    return NULL;
}

/* The byte of the image that an area's byte lies in, or NULL where a span does not reach or the image does not hold it. */
static uint8_t *image_byte(const struct mr_s7_cpu *cpu, const struct mr_s7_span *s, uint32_t byte)
{
    uint64_t at = (uint64_t)s->at + ((byte - s->from) ^ (s->size - 1u)); /* sizes are powers of two */
    return at < cpu->image->size[s->area] ? cpu->image->area[s->area] + at : NULL;
}

struct stretch {
    uint32_t begin, end; /* bytes of the area that a span and a request share */
};

static struct stretch shared(const struct mr_s7_span *s, uint32_t from, size_t n)
{
    uint32_t end = s->from + s->count * s->size, to = from + (uint32_t)n;
    return (struct stretch){s->from > from ? s->from : from, end < to ? end : to};
}

void mr_s7_area_read(const struct mr_s7_cpu *cpu, const struct mr_s7_area *a, uint32_t from, uint8_t *out, size_t n)
{
    memset(out, 0, n);
    if (a->own) {
        memcpy(out, a->own + from, n);
    }
    for (uint32_t i = 0; i < a->nspans; i++) {
        struct stretch x = shared(&a->spans[i], from, n);
        for (uint32_t b = x.begin; b < x.end; b++) {
            const uint8_t *p = image_byte(cpu, &a->spans[i], b);
            out[b - from] = p ? *p : 0;
        }
    }
}

void mr_s7_area_write(const struct mr_s7_cpu *cpu, const struct mr_s7_area *a, uint32_t from, const uint8_t *in, size_t n)
{
    if (a->own) {
        memcpy(a->own + from, in, n);
    }
    for (uint32_t i = 0; i < a->nspans; i++) {
        struct stretch x = shared(&a->spans[i], from, n);
        for (uint32_t b = x.begin; b < x.end; b++) {
            uint8_t *p = image_byte(cpu, &a->spans[i], b);
            if (p) {
                *p = in[b - from];
            }
        }
    }
}

enum mr_s7_return mr_s7_locate(const struct mr_s7_cpu *cpu, const struct mr_s7_item *item, struct mr_s7_target *t)
{
    size_t element = mr_s7_element_bytes(item->transport);
    bool numbered = item->area == MR_S7_AREA_COUNTERS || item->area == MR_S7_AREA_TIMERS;
    t->area = mr_s7_find_area(cpu, item->area, item->db);
    t->is_bit = item->transport == MR_S7_BIT;
    if (!t->area) {
        return MR_S7_ABSENT;
    }
    if (element == 0 || item->count == 0 || (t->is_bit && item->count != 1)) {
        return MR_S7_TYPE_UNSUPPORTED;
    }
    t->byte = numbered ? item->address * 2 : item->address / 8;
    t->bit = item->address % 8;
    t->n = element * item->count;
    if (!numbered && !t->is_bit && t->bit != 0) {
        return MR_S7_OUT_OF_RANGE;
    }
    return (uint64_t)t->byte + t->n <= t->area->size ? MR_S7_OK : MR_S7_OUT_OF_RANGE;
}

void mr_s7_read_target(const struct mr_s7_cpu *cpu, const struct mr_s7_target *t, uint8_t *out)
{
    mr_s7_area_read(cpu, t->area, t->byte, out, t->n);
    if (t->is_bit) {
        out[0] = out[0] >> t->bit & 1;
    }
}

void mr_s7_write_target(const struct mr_s7_cpu *cpu, const struct mr_s7_target *t, const uint8_t *in)
{
    if (!t->is_bit) {
        mr_s7_area_write(cpu, t->area, t->byte, in, t->n);
        return;
    }
    uint8_t byte;
    unsigned mask = 1u << t->bit;
    mr_s7_area_read(cpu, t->area, t->byte, &byte, 1);
    byte = (uint8_t)(in[0] & 1 ? byte | mask : byte & ~mask);
    mr_s7_area_write(cpu, t->area, t->byte, &byte, 1);
}
