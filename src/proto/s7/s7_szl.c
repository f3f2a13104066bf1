/* s7_szl.c - the system status lists (SZL) that clients ask a CPU for.
 *
 * A list's identifier has the number of the list in its lower byte and which part is wanted above: 0x0011 all of list 11, 0x0111
 * one record by its index, 0x0F11 the head alone. Meanings of the lists: Siemens, "System Software for S7-300/400, System and
 * Standard Functions", chapter on SZL. Records of which a CPU's own parts give nothing are as captured S7-300 and ET 200S CPUs
 * send them. */
#include "proto/s7/s7_cpu.h"
#include "proto/s7/s7_program.h"

#define HEAD_ONLY 0x0F
#define ONE       0x01

struct list {
    const struct mr_s7_cpu *cpu;
    struct mr_writer *w;
    uint16_t id, index;
    mr_ns now;
    size_t begin; /* of the records */
    uint16_t length;
};

static void begin(struct list *l, uint16_t length)
{
    l->length = length;
    mr_write_u16be(l->w, l->id);
    mr_write_u16be(l->w, l->index);
    mr_write_u16be(l->w, length);
    mr_write_u16be(l->w, 0); /* how many: end() */
    l->begin = l->w->n;
}

/* Fills the record that ends at `n` records from the beginning with zeros. */
static void fill(struct list *l)
{
    size_t over = (l->w->n - l->begin) % l->length;
    mr_write_fill(l->w, 0, over == 0 ? 0 : l->length - over);
}

static void end(struct list *l)
{
    size_t n = (l->w->n - l->begin) / l->length;
    if (!l->w->full) {
        mr_patch_u16be(l->w, l->begin - 2, (uint16_t)n);
    }
    if (l->id >> 8 == HEAD_ONLY) {
        l->w->n = l->begin;
    }
}

/* Whether a record with this index belongs to the part that is asked for. */
static bool wanted(const struct list *l, uint16_t index)
{
    return l->id >> 8 != ONE || index == l->index;
}

/* A text of `n` bytes, filled up. */
static void write_text(struct mr_writer *w, const char *text, size_t n, uint8_t with)
{
    size_t len = text ? strlen(text) : 0;
    len = len < n ? len : n;
    mr_write_bytes(w, mr_slice(text, len));
    mr_write_fill(w, with, n - len);
}

/* 11: module, basic hardware, firmware. */
static enum mr_s7_error list_modules(struct list *l)
{
    const struct mr_s7_identity *id = l->cpu->identity;
    static const uint16_t indexes[] = {1, 6, 7};
    bool found = l->id >> 8 != ONE;
    begin(l, 28);
    for (size_t i = 0; i < 3; i++) {
        if (!wanted(l, indexes[i])) {
            continue;
        }
        found = true;
        mr_write_u16be(l->w, indexes[i]);
        write_text(l->w, indexes[i] == 7 ? "" : id->order_number, 20, ' ');
        mr_write_u16be(l->w, 0x00C0);
        if (indexes[i] == 7) {
            mr_write_u8(l->w, 'V');
            mr_write_bytes(l->w, mr_slice(id->firmware, 3));
        } else {
            mr_write_u16be(l->w, id->hardware);
            mr_write_u16be(l->w, 1);
        }
    }
    end(l);
    return found ? MR_S7_NO_ERROR : MR_S7_E_NO_SZL_INDEX;
}

/* 12: what the CPU can do, in groups by the upper byte: 00 MC7, 01 time, 02 behaviour, 03 language of the unit. */
static enum mr_s7_error list_features(struct list *l)
{
    static const uint16_t features[] = {0x0001, 0x0002, 0x0003, 0x0101, 0x0104, 0x0301, 0x0302, 0x0303, 0x0304};
    begin(l, 2);
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++) {
        if (l->id >> 8 != ONE || features[i] >> 8 == l->index >> 8) {
            mr_write_u16be(l->w, features[i]);
        }
    }
    end(l);
    return MR_S7_NO_ERROR;
}

static void memory_record(struct mr_writer *w, uint16_t index, uint16_t kind, uint32_t size, uint16_t mode)
{
    mr_write_u16be(w, index);
    mr_write_u16be(w, kind); /* 1 volatile, 2 permanent */
    mr_write_u32be(w, size);
    mr_write_u16be(w, mode);
    mr_write_fill(w, 0, 26);
}

/* 13: memory. */
static enum mr_s7_error list_memory(struct list *l)
{
    const struct mr_s7_personality *p = l->cpu->personality;
    begin(l, 36);
    memory_record(l->w, 1, 1, p->work_memory, 0);
    memory_record(l->w, 2, 1, 0, 0);              /* load memory within */
    memory_record(l->w, 3, 2, p->load_memory, 2); /* and on the card */
    memory_record(l->w, 5, 2, p->work_memory, 2); /* where it is backed up */
    end(l);
    return MR_S7_NO_ERROR;
}

/* 14: areas of the system. */
static enum mr_s7_error list_areas(struct list *l)
{
    const struct mr_s7_personality *p = l->cpu->personality;
    const uint16_t areas[][3] = {
        {1, 0x0001, p->inputs}, {2, 0x0001, p->outputs}, {3, 0x0002, p->flags}, {4, 0x0002, p->timers}, {5, 0x0002, p->counters}};
    begin(l, 8);
    for (size_t i = 0; i < 5; i++) {
        mr_write_u16be(l->w, areas[i][0]);
        mr_write_u16be(l->w, areas[i][1]);
        mr_write_u16be(l->w, areas[i][2]);
        mr_write_u16be(l->w, areas[i][0] <= 2 ? 0 : areas[i][2]); /* retentive */
    }
    end(l);
    return MR_S7_NO_ERROR;
}

/* 15: blocks, how many and how long they may be. */
static enum mr_s7_error list_block_limits(struct list *l)
{
    static const uint16_t blocks[][3] = {
        {0x0800, 24, 64}, {0x0A00, 1024, 64}, {0x0B00, 1024, 64}, {0x0C00, 1024, 64}, {0x0E00, 1024, 64}};
    begin(l, 10);
    for (size_t i = 0; i < 5; i++) {
        mr_write_u16be(l->w, blocks[i][0]);
        mr_write_u16be(l->w, blocks[i][1]);
        mr_write_u16be(l->w, blocks[i][2]); /* KiB */
        mr_write_u32be(l->w, 0xFFFF);       /* in work memory */
    }
    end(l);
    return MR_S7_NO_ERROR;
}

/* LEDs: number, on, blinking. */
enum { LED_SF = 1, LED_RUN = 4, LED_STOP = 5, LED_FORCE = 6, LED_BUS1F = 11, LED_BUS2F = 12, LED_MAINT = 21 };

/* 19 and 74: the LEDs. Those that flash on a client's demand are those of the bus. */
static enum mr_s7_error list_leds(struct list *l)
{
    static const uint16_t leds[] = {LED_SF, LED_RUN, LED_STOP, LED_FORCE, LED_BUS1F, LED_BUS2F, LED_MAINT};
    const struct mr_s7_state *s = l->cpu->state;
    bool found = l->id >> 8 != ONE;
    bool flash = l->now < s->flash;
    begin(l, 4);
    for (size_t i = 0; i < sizeof leds / sizeof leds[0]; i++) {
        if (!wanted(l, leds[i])) {
            continue;
        }
        found = true;
        bool blinks = flash && (leds[i] == LED_BUS1F || leds[i] == LED_BUS2F);
        bool on = leds[i] == LED_RUN ? s->running : leds[i] == LED_STOP ? !s->running : blinks;
        mr_write_u16be(l->w, leds[i]);
        mr_write_u8(l->w, on);
        mr_write_u8(l->w, blinks);
    }
    end(l);
    return found ? MR_S7_NO_ERROR : MR_S7_E_NO_SZL_INDEX;
}

/* 1C: names and numbers of the station. */
static enum mr_s7_error list_components(struct list *l)
{
    const struct mr_s7_identity *d = l->cpu->identity;
    const char *const texts[] = {[1] = d->station, d->module, d->plant, d->copyright, d->serial, NULL,
                                 d->module_type,   d->card,   NULL,     NULL,         NULL};
    bool found = l->id >> 8 != ONE;
    begin(l, 34);
    for (size_t i = 1; i < sizeof texts / sizeof texts[0]; i++) {
        if (i == 6 || !wanted(l, (uint16_t)i)) {
            continue;
        }
        found = true;
        mr_write_u16be(l->w, (uint16_t)i);
        if (i == 9) { /* manufacturer, profile */
            mr_write_u16be(l->w, d->vendor);
            mr_write_u16be(l->w, 0xF600);
            mr_write_u16be(l->w, 1);
            fill(l);
        } else {
            write_text(l->w, texts[i], 32, 0);
        }
    }
    end(l);
    return found ? MR_S7_NO_ERROR : MR_S7_E_NO_SZL_INDEX;
}

/* 31: what communication the CPU bears; 1 in general, 2 tests and their functions (a bit each), 4 objects, 5 diagnosis, 6 blocks
 * of the program, 9 time. */
static enum mr_s7_error list_communication(struct list *l)
{
    static const struct {
        uint16_t index;
        uint8_t n, bytes[38];
    } records[] = {
        {2, 36, {0xBE, 0xFD, 0x4F, 0,    0,    0,    0, 0, 0x08, 0, 0, 0,    0x3C, 0x01, 0x08, 0, 0, 0,
                 0x7D, 0,    0,    0x05, 0x03, 0x0F, 0, 0, 0x08, 0, 0, 0x0C, 0,    0x0A, 0,    0, 0, 0x01}},
        {4, 18, {0xFE, 0x01, 0x62, 0x41, 0x63, 0, 0x1E, 0, 0x10, 0x10, 0x10, 0x40, 0x20, 0, 0, 0x20, 0, 0x02}},
        {5, 12, {0x3E, 0, 0, 0, 0, 0, 0, 0, 0, 0x0C, 0x01, 0xF4}},
        {6, 36, {0xF3, 0,    0, 0xF8, 0x01, 0xF0, 0xFF, 0x4E, 0, 0,    0, 0,    0,    0,    0,    0,    0, 0,
                 0,    0x04, 0, 0,    0,    0x20, 0x01, 0,    0, 0x0A, 0, 0x4C, 0xFF, 0xFF, 0x05, 0xC0, 0, 0}},
        {9, 14, {0x01, 0x01, 0x01, 0, 0x01, 0xF7, 0x01, 0xF7, 0, 0x01, 0, 0x01, 0, 0}},
    };
    const struct mr_s7_personality *p = l->cpu->personality;
    bool found = l->index == 1;
    begin(l, 40);
    mr_write_u16be(l->w, l->index);
    if (found) {
        mr_write_u16be(l->w, p->pdu_max);
        mr_write_u16be(l->w, p->connections);
        mr_write_u32be(l->w, p->mpi_rate);
        mr_write_u32be(l->w, 187500); /* bit/s of the bus in the rack */
        mr_write_u32be(l->w, p->bus_rate);
    }
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        if (records[i].index == l->index) {
            found = true;
            mr_write_bytes(l->w, mr_slice(records[i].bytes, records[i].n));
        }
    }
    fill(l);
    end(l);
    return found ? MR_S7_NO_ERROR : MR_S7_E_NO_SZL_INDEX;
}

static void write_protection(struct list *l)
{
    const struct mr_s7_settings *s = l->cpu->settings;
    const struct mr_s7_program *p = l->cpu->program;
    enum mr_s7_switch at = p ? p->ops->mode_switch(p->plc) : l->cpu->state->running ? MR_S7_SWITCH_RUN_P : MR_S7_SWITCH_STOP;
    uint8_t by_switch = at == MR_S7_SWITCH_RUN ? 2 : 1; /* in RUN nothing can be loaded */
    mr_write_u16be(l->w, by_switch);
    mr_write_u16be(l->w, s->password[0] != 0 ? s->protection : 0);               /* by parameters */
    mr_write_u16be(l->w, s->protection > by_switch ? s->protection : by_switch); /* in force */
    mr_write_u16be(l->w, (uint16_t)at);
}

/* 32: how it is with communication (part 2, which some clients ask for, has the same records); 1 connections, 2 tests, 4
 * protection and mode switch, 5 and 6 diagnosis and blocks, 8 and 9 the clock and the time, 11 hours of operation. */
static enum mr_s7_error list_status(struct list *l)
{
    const struct mr_s7_state *s = l->cpu->state;
    uint8_t time[8];
    uint16_t jobs = 0;
    for (size_t i = 0; i < MR_S7_JOBS; i++) {
        jobs = (uint16_t)(jobs + (s->jobs[i].owner != 0));
    }
    begin(l, 40);
    mr_write_u16be(l->w, l->index);
    switch (l->index) {
    case 1:
        mr_write_u16be(l->w, 1); /* reserved for programmers, for operating, in use */
        mr_write_u16be(l->w, 1);
        mr_write_u16be(l->w, 1);
        break;
    case 2:
        mr_write_u16be(l->w, jobs);
        break;
    case 4:
        write_protection(l);
        break;
    case 8:
        mr_s7_time_encode(time, mr_s7_clock(s, l->now));
        mr_write_fill(l->w, 0, 16);
        mr_write_bytes(l->w, mr_slice(time, sizeof time));
        break;
    case 9:
        mr_write_u32be(l->w, l->cpu->personality->bus_rate);
        break;
    case 5:
    case 6:
    case 11:
        break;
    default:
        return MR_S7_E_NO_SZL_INDEX;
    }
    fill(l);
    end(l);
    return MR_S7_NO_ERROR;
}

/* 22: the last start of an OB; 1 the cycle, 80 the time error. */
static enum mr_s7_error list_interrupts(struct list *l)
{
    static const uint8_t cycle[] = {0x11, 0x03, 1, 1}, late[] = {0x35, 0x01, 26, 80};
    if (l->index != 1 && l->index != 80) {
        return MR_S7_E_NO_SZL_INDEX;
    }
    begin(l, 28);
    mr_write_bytes(l->w, mr_slice(l->index == 1 ? cycle : late, 4));
    mr_write_fill(l->w, 0, 8);
    mr_write_bytes(l->w, mr_slice(l->cpu->state->event, 8));
    mr_write_fill(l->w, 0, 8);
    end(l);
    return MR_S7_NO_ERROR;
}

/* 24: the mode the CPU is in, and since when. */
static enum mr_s7_error list_mode(struct list *l)
{
    begin(l, 20);
    mr_write_u16be(l->w, 0x5144);
    mr_write_u8(l->w, 0xFF);
    mr_write_u8(l->w, l->cpu->state->running ? 0x08 : 0x04);
    mr_write_fill(l->w, 0, 8);
    mr_write_bytes(l->w, mr_slice(l->cpu->state->event, 8));
    end(l);
    return MR_S7_NO_ERROR;
}

/* 1A, 1B, 3A: Siemens does not say what they hold; tools ask for them. No records. */
static enum mr_s7_error list_nothing(struct list *l)
{
    begin(l, (l->id & 0xFF) == 0x1A ? 12 : (l->id & 0xFF) == 0x1B ? 20 : 148);
    end(l);
    return MR_S7_NO_ERROR;
}

/* 91: the modules of the rack, which is the CPU alone. Part C is one by its logical address. */
static enum mr_s7_error list_rack(struct list *l)
{
    static const uint8_t cpu[] = {0x00, 0x00, 0x02, 0x00, 0x7F, 0xFF, 0x00, 0xC0, 0x00, 0xC0, 0x00, 0x00, 0xB4, 0x02, 0x00, 0x11};
    if (l->id >> 8 != 0x0D && l->id >> 8 != 0x00) {
        return MR_S7_E_NO_SZL_INDEX;
    }
    begin(l, 16);
    mr_write_bytes(l->w, mr_slice(cpu, sizeof cpu));
    end(l);
    return MR_S7_NO_ERROR;
}

/* A0: the diagnostics buffer, newest first. Part 1: the `index` newest; all of it only in STOP, ten in RUN. */
#define SHOWN_IN_RUN 10
static enum mr_s7_error list_diagnostics(struct list *l)
{
    const struct mr_s7_state *s = l->cpu->state;
    uint32_t n = s->diagnosed < MR_S7_DIAGNOSTICS ? s->diagnosed : MR_S7_DIAGNOSTICS;
    uint32_t limit = l->id >> 8 == ONE ? l->index : s->running && l->id >> 8 != HEAD_ONLY ? SHOWN_IN_RUN : n;
    begin(l, MR_S7_DIAGNOSTIC_BYTES);
    for (uint32_t i = 0; i < n && i < limit; i++) {
        mr_write_bytes(l->w, mr_slice(s->diagnostics[(s->diagnosed - 1 - i) % MR_S7_DIAGNOSTICS].bytes, MR_S7_DIAGNOSTIC_BYTES));
    }
    end(l);
    return MR_S7_NO_ERROR;
}

/* 00: which lists there are; of each, its parts. */
static enum mr_s7_error list_lists(struct list *l);

static const struct {
    uint8_t number;
    uint16_t parts; /* bit n: part n */
    enum mr_s7_error (*make)(struct list *l);
} lists[] = {
#define PART(n) (1u << (n))
    {0x00, PART(0) | PART(15), list_lists},
    {0x11, PART(0) | PART(1) | PART(15), list_modules},
    {0x12, PART(0) | PART(1) | PART(15), list_features},
    {0x13, PART(0), list_memory},
    {0x14, PART(0) | PART(15), list_areas},
    {0x15, PART(0), list_block_limits},
    {0x19, PART(0) | PART(15), list_leds},
    {0x1A, PART(0) | PART(15), list_nothing},
    {0x1B, PART(0) | PART(15), list_nothing},
    {0x1C, PART(0) | PART(1) | PART(15), list_components},
    {0x22, PART(2), list_interrupts},
    {0x24, PART(4), list_mode},
    {0x31, PART(1), list_communication},
    {0x32, PART(1) | PART(2), list_status},
    {0x3A, PART(0) | PART(15), list_nothing},
    {0x74, PART(0) | PART(1) | PART(15), list_leds},
    {0x91, PART(0) | PART(12) | PART(13), list_rack},
    {0xA0, PART(0) | PART(1) | PART(15), list_diagnostics},
};

static enum mr_s7_error list_lists(struct list *l)
{
    begin(l, 2);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (unsigned part = 0; part < 16; part++) {
            if ((lists[i].parts & PART(part)) != 0) {
                mr_write_u16be(l->w, (uint16_t)(part << 8 | lists[i].number));
            }
        }
    }
    end(l);
    return MR_S7_NO_ERROR;
}

enum mr_s7_error mr_s7_szl(const struct mr_s7_cpu *cpu, uint16_t id, uint16_t index, mr_ns now, struct mr_writer *w)
{
    struct list l = {.cpu = cpu, .w = w, .id = id, .index = index, .now = now};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (lists[i].number == (id & 0xFF) && id >> 8 < 16 && (lists[i].parts & PART(id >> 8)) != 0) {
            return lists[i].make(&l);
        }
    }
    return MR_S7_E_NO_SZL;
}
