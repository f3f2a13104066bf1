/* iec104_station.c - points sampled from the image, changes kept in a ring until they are sent, counters, the clock. */
#include "proto/iec104/iec104_core.h"

/* --- state ------------------------------------------------------------------------------------------------------------------ */

static const struct mr_field reader_fields[] = {
    MR_FIELD(struct mr_iec104_reader, read, MR_U64),
    MR_FIELD(struct mr_iec104_reader, acked, MR_U64),
};
const struct mr_type mr_iec104_reader_type = MR_TYPE("iec104_reader", struct mr_iec104_reader, reader_fields);
static const struct mr_field group_fields[] = {
    MR_FIELD(struct mr_iec104_group_state, active, MR_U32),
    MR_SUB(struct mr_iec104_group_state, reader, &mr_iec104_reader_type),
};
static const struct mr_type group_type = MR_TYPE("iec104_group", struct mr_iec104_group_state, group_fields);
/* Clocks are MR_U64 here: a master may set them to 2069, a span that MR_I64 would refuse. */
static const struct mr_field state_fields[] = {
    MR_FIELD(struct mr_iec104_state, next_id, MR_U32),       MR_FIELD(struct mr_iec104_state, nopen, MR_U16),
    MR_FIELD(struct mr_iec104_state, nstarted, MR_U16),      MR_FIELD(struct mr_iec104_state, controller, MR_U32),
    MR_FIELD(struct mr_iec104_state, clock, MR_U64),         MR_FIELD(struct mr_iec104_state, synced, MR_I64),
    MR_FIELD(struct mr_iec104_state, set, MR_BOOL),          MR_FIELD(struct mr_iec104_state, initialized, MR_U8),
    MR_FIELD(struct mr_iec104_state, initialized_by, MR_U8), MR_FIELD(struct mr_iec104_state, head, MR_U64),
    MR_FIELD(struct mr_iec104_state, floor, MR_U64),         MR_FIELD(struct mr_iec104_state, lost, MR_U64),
    MR_ARRAY(struct mr_iec104_state, cycles, MR_U32),        MR_ARRAY(struct mr_iec104_state, due, MR_I64),
    MR_SUBS(struct mr_iec104_state, groups, &group_type),
};
static const struct mr_type state_type = MR_TYPE("iec104_station", struct mr_iec104_state, state_fields);
static const struct mr_field point_fields[] = {
    MR_FIELD(struct mr_iec104_point_state, told, MR_F64),      MR_FIELD(struct mr_iec104_point_state, deadband, MR_F64),
    MR_FIELD(struct mr_iec104_point_state, returning, MR_I64), MR_FIELD(struct mr_iec104_point_state, seen, MR_F64),
    MR_FIELD(struct mr_iec104_point_state, quality, MR_U8),
};
static const struct mr_type point_type = MR_TYPE("iec104_point", struct mr_iec104_point_state, point_fields);
static const struct mr_field counter_fields[] = {
    MR_FIELD(struct mr_iec104_counter_state, base, MR_F64),    MR_FIELD(struct mr_iec104_counter_state, bits, MR_U32),
    MR_FIELD(struct mr_iec104_counter_state, turns, MR_I32),   MR_FIELD(struct mr_iec104_counter_state, number, MR_U8),
    MR_FIELD(struct mr_iec104_counter_state, frozen, MR_BOOL), MR_FIELD(struct mr_iec104_counter_state, adjusted, MR_BOOL),
};
static const struct mr_type counter_type = MR_TYPE("iec104_counter", struct mr_iec104_counter_state, counter_fields);
static const struct mr_field command_fields[] = {
    MR_FIELD(struct mr_iec104_command_state, selector, MR_U32),
    MR_FIELD(struct mr_iec104_command_state, selected_until, MR_I64),
    MR_ARRAY(struct mr_iec104_command_state, element, MR_U8),
    MR_FIELD(struct mr_iec104_command_state, pulse, MR_U8),
    MR_FIELD(struct mr_iec104_command_state, pulse_until, MR_I64),
};
static const struct mr_type command_type = MR_TYPE("iec104_command", struct mr_iec104_command_state, command_fields);
static const struct mr_field change_fields[] = {
    MR_FIELD(struct mr_iec104_change, point, MR_U16),    MR_FIELD(struct mr_iec104_change, cause, MR_U8),
    MR_FIELD(struct mr_iec104_change, invalid, MR_BOOL), MR_ARRAY(struct mr_iec104_change, element, MR_U8),
    MR_FIELD(struct mr_iec104_change, time, MR_U64),
};
static const struct mr_type change_type = MR_TYPE_LIVE("iec104_change", struct mr_iec104_change, change_fields, cause);

static void *records(struct mr_arena *a, const struct mr_type *type, size_t n, const char *name)
{
    return mr_arena_new(a, type, n > 0 ? n : 1, name);
}

struct mr_iec104_station *mr_iec104_station_create(struct mr_arena *a, const struct mr_iec104_config *c,
                                                   const struct mr_iec104_settings *settings, const char *name)
{
    MR_ASSERT(!mr_iec104_config_check(c));
    struct mr_iec104_station *st = mr_arena_scratch(a, sizeof *st);
    if (!st) {
        return NULL;
    }
    *st = (struct mr_iec104_station){.config = c, .settings = settings, .personality = c->personality};
    if (!mr_iec104_layout(st, a)) {
        return NULL;
    }
    st->bytes = mr_arena_bytes(a, st->ncells_bytes + 1, name);
    st->s = records(a, &state_type, 1, name);
    st->points = records(a, &point_type, c->npoints, name);
    st->counters = records(a, &counter_type, st->ncounters, name);
    st->commands = records(a, &command_type, c->ncommands, name);
    st->changes = records(a, &change_type, c->personality->events, name);
    if (!st->bytes || !st->s || !st->points || !st->counters || !st->commands || !st->changes) {
        return NULL;
    }
    mr_iec104_layout_addresses(st);
    st->s->clock = c->clock;
    mr_iec104_station_restart(st, MR_IEC104_POWER_ON, 0);
    return st;
}

/* --- clock ------------------------------------------------------------------------------------------------------------------ */

mr_ns mr_iec104_station_clock(const struct mr_iec104_station *st, mr_ns now)
{
    return (mr_ns)((uint64_t)now + (uint64_t)st->s->clock);
}

void mr_iec104_station_set_clock(struct mr_iec104_station *st, mr_ns now, mr_ns clock)
{
    st->s->clock = clock - now;
    st->s->synced = now;
    st->s->set = true;
}

bool mr_iec104_time_invalid(const struct mr_iec104_station *st, mr_ns now)
{
    const struct mr_iec104_personality *p = st->personality;
    if (!st->s->set && p->clock_unset) {
        return true;
    }
    return p->clock_valid > 0 && now - st->s->synced > p->clock_valid;
}

/* --- events ----------------------------------------------------------------------------------------------------------------- */

uint64_t mr_iec104_oldest(const struct mr_iec104_station *st)
{
    uint64_t kept = st->s->head > st->personality->events ? st->s->head - st->personality->events : 0;
    return kept > st->s->floor ? kept : st->s->floor;
}

uint32_t mr_iec104_station_waiting(const struct mr_iec104_station *st)
{
    uint64_t oldest = mr_iec104_oldest(st), least = st->s->head;
    for (size_t g = 0; g < st->config->ngroups; g++) {
        uint64_t acked = st->s->groups[g].reader.acked;
        least = acked < least ? acked : least;
    }
    return (uint32_t)(st->s->head - (least > oldest ? least : oldest));
}

uint64_t mr_iec104_station_lost(const struct mr_iec104_station *st)
{
    return st->s->lost;
}

void mr_iec104_push(struct mr_iec104_station *st, size_t point, uint8_t cause, mr_ns now)
{
    const struct mr_iec104_cell *cell = &st->cells[point];
    struct mr_iec104_change *c = &st->changes[st->s->head % st->personality->events];
    uint64_t oldest = mr_iec104_oldest(st);
    for (size_t g = 0; g < st->config->ngroups; g++) { /* the ring is full of what a group has not got yet */
        bool full = st->s->head - oldest == st->personality->events;
        st->s->lost += full && st->s->groups[g].reader.acked <= oldest;
    }
    *c = (struct mr_iec104_change){
        .point = (uint16_t)point,
        .cause = cause,
        .invalid = mr_iec104_time_invalid(st, now),
        .time = mr_iec104_station_clock(st, now),
    };
    memcpy(c->element, st->bytes + cell->at, cell->size);
    st->s->head++;
}

/* --- points ----------------------------------------------------------------------------------------------------------------- */

const struct mr_iec104_point *mr_iec104_find_point(const struct mr_iec104_station *st, size_t ca, uint32_t ioa)
{
    for (size_t i = 0; i < st->config->npoints; i++) {
        if (st->config->points[i].ioa == ioa && st->config->points[i].ca == ca) {
            return &st->config->points[i];
        }
    }
    return NULL;
}

static uint8_t quality_of(const struct mr_iec104_station *st, const struct mr_iec104_point *p)
{
    if (!p->has_quality) {
        return 0;
    }
    double v = mr_image_get(st->config->image, &p->quality);
    if (p->quality.type == MR_VT_BOOL) {
        return v > 0 ? MR_IEC104_IV : 0;
    }
    return (uint8_t)((int32_t)v & (MR_IEC104_IV | MR_IEC104_NT | MR_IEC104_SB | MR_IEC104_BL | MR_IEC104_OV));
}

/* 32 bits of an image value, in the circle they run in. */
static uint32_t low_bits(double v)
{
    return v > -9.2e18 && v < 9.2e18 ? (uint32_t)(int64_t)v : 0;
}

/* Both contacts of a double point; none or both: neither state (101, 7.2.6.2). */
static uint32_t double_state(const struct mr_image *im, const struct mr_iec104_point *p)
{
    double v = mr_image_get(im, &p->place);
    if (p->has_second) {
        return (v > 0 ? 2u : 0u) | (mr_image_get(im, &p->second) > 0 ? 1u : 0u);
    }
    return p->place.type == MR_VT_BOOL ? (v > 0 ? 2 : 1) : low_bits(v) & 3;
}

double mr_iec104_point_value(const struct mr_iec104_station *st, size_t i)
{
    const struct mr_iec104_point *p = &st->config->points[i];
    const struct mr_image *im = st->config->image;
    if (p->type == MR_IEC104_M_SP_NA_1) {
        return mr_image_get(im, &p->place) > 0 || mr_image_get(im, &p->place) < 0 ? 1 : 0;
    }
    if (p->type == MR_IEC104_M_DP_NA_1) {
        return double_state(im, p);
    }
    return mr_image_get(im, &p->place) * st->cells[i].scale + p->offset;
}

/* A counter's own reading: since its base, and how often 32 bits have overflowed. */
static uint32_t count(const struct mr_iec104_counter_state *c, double value, int32_t *turns)
{
    double v = value - c->base;
    int64_t n = v > -9.2e18 && v < 9.2e18 ? (int64_t)v : 0;
    *turns = (int32_t)((uint64_t)n >> 32);
    return (uint32_t)n;
}

enum { SEQUENCE = 0x1F, CARRY = 0x20, ADJUSTED = 0x40 }; /* of a counter's sequence byte (101, 7.2.6.9) */

/* What a point's element is made of, from its value and quality. */
static void observe(const struct mr_iec104_station *st, size_t i, double value, uint8_t quality, struct mr_iec104_object *o)
{
    const struct mr_iec104_point *p = &st->config->points[i];
    *o = (struct mr_iec104_object){.value = value, .quality = quality};
    if (o->value != o->value) { /* no number */
        o->value = 0;
        o->quality |= MR_IEC104_IV;
    }
    switch (p->type) {
    case MR_IEC104_M_ST_NA_1:
        o->bits = p->has_second && mr_image_get(st->config->image, &p->second) > 0 ? 0x80 : 0;
        break;
    case MR_IEC104_M_IT_NA_1: {
        const struct mr_iec104_counter_state *c = &st->counters[st->cells[i].counter];
        int32_t turns;
        o->bits = c->frozen ? c->bits : count(c, o->value, &turns);
        o->quality = (uint8_t)((o->quality & MR_IEC104_IV) | c->number);
        break;
    }
    case MR_IEC104_M_PS_NA_1: { /* states, and which of them have changed */
        struct mr_reader r = mr_reader(mr_slice(st->bytes + st->cells[i].at, 4));
        uint32_t before = mr_read_u32le(&r);
        uint32_t states = low_bits(o->value) & 0xFFFF;
        uint32_t changed = (before ^ states) & 0xFFFF;
        o->bits = states | (changed != 0 ? changed << 16 : before & 0xFFFF0000);
        break;
    }
    default:
        o->bits = low_bits(o->value);
    }
}

static void encode(const struct mr_iec104_station *st, size_t i, const struct mr_iec104_object *o, uint8_t *out)
{
    struct mr_writer w = mr_writer(out, st->cells[i].size);
    mr_iec104_element_encode(&w, st->config->points[i].type, o);
}

/* Whether a change is worth a message. */
static bool counts(const struct mr_iec104_station *st, size_t i, const struct mr_iec104_object *o, const uint8_t *element)
{
    const struct mr_iec104_point_state *p = &st->points[i];
    const struct mr_iec104_cell *c = &st->cells[i];
    bool quality = mr_iec104_info(c->type)->form->qualifier && element[c->size - 1] != st->bytes[c->at + c->size - 1];
    double moved = o->value - p->told;
    return !(p->deadband > 0) || quality || moved >= p->deadband || -moved >= p->deadband;
}

/* Nothing that the element is made of has moved. (A counter's reading also depends on its base, a step's on its second place.) */
static bool still(const struct mr_iec104_station *st, size_t i, double value, uint8_t quality)
{
    const struct mr_iec104_point_state *p = &st->points[i];
    const struct mr_iec104_point *of = &st->config->points[i];
    bool more = of->type == MR_IEC104_M_IT_NA_1 || of->type == MR_IEC104_M_ST_NA_1;
    return !more && quality == p->quality && value >= p->seen && value <= p->seen;
}

static void sample_point(struct mr_iec104_station *st, size_t i, mr_ns now)
{
    const struct mr_iec104_cell *c = &st->cells[i];
    struct mr_iec104_point_state *p = &st->points[i];
    double value = mr_iec104_point_value(st, i);
    uint8_t quality = quality_of(st, &st->config->points[i]);
    if (still(st, i, value, quality)) {
        return;
    }
    struct mr_iec104_object o;
    uint8_t element[8];
    p->seen = value;
    p->quality = quality;
    observe(st, i, value, quality, &o);
    encode(st, i, &o, element);
    if (memcmp(element, st->bytes + c->at, c->size) == 0) {
        return;
    }
    bool tell = !st->config->points[i].silent && c->counter < 0 && counts(st, i, &o, element);
    memcpy(st->bytes + c->at, element, c->size);
    if (tell) {
        p->told = o.value;
        mr_iec104_push(st, i, p->returning > now ? MR_IEC104_COT_RETURN_REMOTE : MR_IEC104_COT_SPONTANEOUS, now);
    }
}

/* --- counters --------------------------------------------------------------------------------------------------------------- */

static void stamp(struct mr_iec104_station *st, size_t i, mr_ns now)
{
    struct mr_iec104_time t = {mr_iec104_station_clock(st, now), mr_iec104_time_invalid(st, now), false};
    if (st->cells[i].type == MR_IEC104_M_IT_TB_1) {
        mr_iec104_cp56_encode(st->bytes + st->cells[i].at + st->cells[i].size, &t);
    }
}

enum { FREEZE = 1, FREEZE_AND_RESET = 2, RESET = 3 };

static void freeze_counter(struct mr_iec104_station *st, size_t i, uint8_t how, mr_ns now)
{
    struct mr_iec104_counter_state *c = &st->counters[st->cells[i].counter];
    double value = mr_iec104_point_value(st, i);
    uint8_t *cell = st->bytes + st->cells[i].at;
    if (how != RESET) {
        int32_t turns;
        struct mr_iec104_object o = {.bits = count(c, value, &turns)};
        c->number = (c->number + 1) & SEQUENCE;
        o.quality = (uint8_t)(c->number | (turns != c->turns ? CARRY : 0) | (c->adjusted ? ADJUSTED : 0) |
                              (quality_of(st, &st->config->points[i]) & MR_IEC104_IV));
        c->bits = o.bits;
        c->turns = turns;
        c->frozen = true;
        c->adjusted = false;
        encode(st, i, &o, cell);
        stamp(st, i, now);
    }
    if (how != FREEZE) {
        c->base = value;
        c->turns = 0;
        c->adjusted = true;
    }
}

void mr_iec104_freeze(struct mr_iec104_station *st, uint8_t group, uint8_t how, mr_ns now)
{
    for (size_t i = 0; i < st->config->npoints; i++) {
        if (st->cells[i].counter >= 0 && (group == 0 || st->config->points[i].group == group)) {
            freeze_counter(st, i, how, now);
        }
    }
}

/* --- time ------------------------------------------------------------------------------------------------------------------- */

/* Periodic measured values are sent by the sessions, which see the cycle's number; counters are frozen, and sent as events (5-5,
 * 6.9, mode A) or, silent, kept for counter interrogation (mode B). */
static void run_period(struct mr_iec104_station *st, size_t k, mr_ns now)
{
    if (now < st->s->due[k]) {
        return;
    }
    st->s->due[k] += st->periods[k] * (1 + (now - st->s->due[k]) / st->periods[k]);
    st->s->cycles[k]++;
    for (size_t i = 0; i < st->config->npoints; i++) {
        if (st->cells[i].counter >= 0 && st->cells[i].period == k + 1) {
            freeze_counter(st, i, FREEZE, now);
            if (!st->config->points[i].silent) {
                mr_iec104_push(st, i, MR_IEC104_COT_SPONTANEOUS, now);
            }
        }
    }
}

void mr_iec104_station_sample(struct mr_iec104_station *st, mr_ns now)
{
    mr_iec104_control_tick(st, now);
    for (size_t i = 0; i < st->config->npoints; i++) {
        if (st->cells[i].counter < 0) {
            sample_point(st, i, now);
        } else if (!st->counters[st->cells[i].counter].frozen) {
            sample_point(st, i, now);
            stamp(st, i, now);
        }
    }
    for (size_t k = 0; k < st->nperiods; k++) {
        run_period(st, k, now);
    }
}

mr_ns mr_iec104_station_deadline(const struct mr_iec104_station *st)
{
    mr_ns d = mr_iec104_control_deadline(st);
    for (size_t k = 0; k < st->nperiods; k++) {
        d = st->s->due[k] < d ? st->s->due[k] : d;
    }
    return d;
}

void mr_iec104_station_restart(struct mr_iec104_station *st, enum mr_iec104_restart why, mr_ns now)
{
    st->s->floor = st->s->head;
    st->s->initialized = st->personality->end_of_init ? UINT8_MAX : 0;
    st->s->initialized_by = (uint8_t)why;
    for (size_t g = 0; g < MR_IEC104_REDUNDANCY; g++) {
        st->s->groups[g].reader = (struct mr_iec104_reader){st->s->head, st->s->head};
    }
    for (size_t k = 0; k < st->nperiods; k++) {
        st->s->due[k] = now + st->periods[k];
    }
    for (size_t i = 0; i < st->ncounters; i++) {
        st->counters[i] = (struct mr_iec104_counter_state){.base = st->counters[i].base};
    }
    memset(st->commands, 0, (st->config->ncommands ? st->config->ncommands : 1) * sizeof *st->commands);
    for (size_t i = 0; i < st->config->npoints; i++) {
        struct mr_iec104_object o;
        double value = mr_iec104_point_value(st, i);
        uint8_t quality = quality_of(st, &st->config->points[i]);
        observe(st, i, value, quality, &o);
        encode(st, i, &o, st->bytes + st->cells[i].at);
        st->points[i] = (struct mr_iec104_point_state){
            .told = o.value, .deadband = st->config->points[i].deadband, .seen = value, .quality = quality};
    }
}
