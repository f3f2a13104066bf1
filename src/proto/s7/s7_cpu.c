/* s7_cpu.c - variables on the image, settings, and the system status lists (SZL) that clients ask a CPU for. */
#include "proto/s7/s7_cpu.h"

const struct mr_s7_personality mr_s7_default_personality = {
    .pdu_max = 240,
    .jobs_max = 1,
    .refuse_close = true,
    .idle = 0,
    .partial = 10 * MR_S,
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

static const struct mr_field state_fields[] = {
    MR_FIELD(struct mr_s7_state, running, MR_BOOL),
    MR_FIELD(struct mr_s7_state, clock, MR_I64),
    MR_ARRAY(struct mr_s7_state, event, MR_U8),
};
const struct mr_type mr_s7_state_type = MR_TYPE("s7_state", struct mr_s7_state, state_fields);

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

/* A text of `n` bytes, filled up. */
static void write_text(struct mr_writer *w, const char *text, size_t n, uint8_t fill)
{
    size_t len = text ? strlen(text) : 0;
    len = len < n ? len : n;
    mr_write_bytes(w, mr_slice(text, len));
    mr_write_fill(w, fill, n - len);
}

/* Begins a list: identifier, index, record length, number of records; the last is set by end_list(). */
static size_t begin_list(struct mr_writer *w, uint16_t id, uint16_t index, uint16_t length)
{
    mr_write_u16be(w, id);
    mr_write_u16be(w, index);
    mr_write_u16be(w, length);
    mr_write_u16be(w, 0);
    return w->n;
}

static void end_list(struct mr_writer *w, size_t begin, size_t length)
{
    mr_patch_u16be(w, begin - 2, (uint16_t)((w->n - begin) / length));
}

/* 0x0011: module, basic hardware, firmware. */
static void module_record(const struct mr_s7_identity *id, uint16_t index, struct mr_writer *w)
{
    mr_write_u16be(w, index);
    write_text(w, index == 7 ? "" : id->order_number, 20, ' ');
    mr_write_u16be(w, 0x00C0);
    if (index == 7) {
        mr_write_u8(w, 'V');
        mr_write_bytes(w, mr_slice(id->firmware, 3));
    } else {
        mr_write_u16be(w, id->hardware);
        mr_write_u16be(w, 1);
    }
}

static void list_modules(const struct mr_s7_cpu *cpu, uint16_t id, uint16_t index, struct mr_writer *w)
{
    static const uint16_t indexes[] = {1, 6, 7};
    size_t begin = begin_list(w, id, index, 28);
    for (size_t i = 0; i < 3; i++) {
        if (id == 0x0011 || indexes[i] == index) {
            module_record(cpu->identity, indexes[i], w);
        }
    }
    end_list(w, begin, 28);
}

/* 0x001C: names and numbers of the station. */
static void list_components(const struct mr_s7_cpu *cpu, uint16_t id, uint16_t index, struct mr_writer *w)
{
    const struct mr_s7_identity *d = cpu->identity;
    const char *const texts[] = {[1] = d->station, d->module, d->plant, d->copyright, d->serial, NULL,
                                 d->module_type,   d->card,   NULL,     NULL,         NULL};
    size_t begin = begin_list(w, id, index, 34);
    for (uint16_t i = 1; i < sizeof texts / sizeof texts[0]; i++) {
        if (i == 6 || (id != 0x001C && i != index)) {
            continue;
        }
        mr_write_u16be(w, i);
        if (i == 9) { /* manufacturer, profile */
            mr_write_u16be(w, d->vendor);
            mr_write_u16be(w, 0xF600);
            mr_write_u16be(w, 1);
            mr_write_fill(w, 0, 26);
        } else {
            write_text(w, texts[i], 32, 0);
        }
    }
    end_list(w, begin, 34);
}

/* 0x0131, index 1: what communication the CPU bears. */
static void list_communication(const struct mr_s7_cpu *cpu, struct mr_writer *w)
{
    size_t begin = begin_list(w, 0x0131, 1, 40);
    mr_write_u16be(w, 1);
    mr_write_u16be(w, cpu->personality->pdu_max);
    mr_write_u16be(w, 16);        /* connections */
    mr_write_u32be(w, 12000000);  /* bit/s, MPI */
    mr_write_u32be(w, 100000000); /* and of the other bus */
    mr_write_fill(w, 0, begin + 40 - w->n);
    end_list(w, begin, 40);
}

/* 0x0132, index 4: protection and mode switch; index 8: the clock. */
static void list_status(const struct mr_s7_cpu *cpu, uint16_t index, mr_ns now, struct mr_writer *w)
{
    size_t begin = begin_list(w, 0x0132, index, 40);
    mr_write_u16be(w, index);
    if (index == 4) {
        const struct mr_s7_settings *s = cpu->settings;
        bool set = s->password[0] != 0;
        mr_write_u16be(w, 1);                           /* by the mode switch */
        mr_write_u16be(w, set ? s->protection : 0);     /* by parameters */
        mr_write_u16be(w, s->protection);               /* in force */
        mr_write_u16be(w, cpu->state->running ? 2 : 3); /* mode switch: RUN-P, STOP */
        mr_write_u16be(w, 0);
    } else {
        uint8_t time[8];
        mr_s7_time_encode(time, now + cpu->state->clock);
        mr_write_fill(w, 0, 16);
        mr_write_bytes(w, mr_slice(time, 8));
    }
    mr_write_fill(w, 0, begin + 40 - w->n);
    end_list(w, begin, 40);
}

/* 0x0424: the mode the CPU is in, and since when. */
static void list_mode(const struct mr_s7_cpu *cpu, struct mr_writer *w)
{
    size_t begin = begin_list(w, 0x0424, 0, 20);
    mr_write_u16be(w, 0x5144);
    mr_write_u8(w, 0xFF);
    mr_write_u8(w, cpu->state->running ? 0x08 : 0x04);
    mr_write_fill(w, 0, 8);
    mr_write_bytes(w, mr_slice(cpu->state->event, 8));
    end_list(w, begin, 20);
}

static void list_lists(struct mr_writer *w)
{
    static const uint16_t ids[] = {0x0000, 0x0011, 0x0111, 0x001C, 0x011C, 0x0131, 0x0132, 0x0424};
    size_t begin = begin_list(w, 0, 0, 2);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        mr_write_u16be(w, ids[i]);
    }
    end_list(w, begin, 2);
}

enum mr_s7_error mr_s7_szl(const struct mr_s7_cpu *cpu, uint16_t id, uint16_t index, mr_ns now, struct mr_writer *w)
{
    switch (id) {
    case 0x0000:
        list_lists(w);
        return MR_S7_NO_ERROR;
    case 0x0011:
        list_modules(cpu, id, index, w);
        return MR_S7_NO_ERROR;
    case 0x0111:
        list_modules(cpu, id, index, w);
        return index == 1 || index == 6 || index == 7 ? MR_S7_NO_ERROR : MR_S7_E_NO_SZL_INDEX;
    case 0x001C:
        list_components(cpu, id, index, w);
        return MR_S7_NO_ERROR;
    case 0x011C:
        list_components(cpu, id, index, w);
        return index >= 1 && index <= 11 && index != 6 ? MR_S7_NO_ERROR : MR_S7_E_NO_SZL_INDEX;
    case 0x0131:
        list_communication(cpu, w);
        return index == 1 ? MR_S7_NO_ERROR : MR_S7_E_NO_SZL_INDEX;
    case 0x0132:
        list_status(cpu, index, now, w);
        return index == 4 || index == 8 ? MR_S7_NO_ERROR : MR_S7_E_NO_SZL_INDEX;
    case 0x0424:
        list_mode(cpu, w);
        return MR_S7_NO_ERROR;
    default:
        return MR_S7_E_NO_SZL;
    }
}
