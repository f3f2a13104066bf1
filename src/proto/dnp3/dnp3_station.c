#include "proto/dnp3/dnp3_points.h"

static const struct mr_field access_fields[] = {
    MR_FIELD(struct mr_dnp3_access, network, MR_U32),
    MR_FIELD(struct mr_dnp3_access, mask, MR_U32),
    MR_FIELD(struct mr_dnp3_access, rights, MR_U8),
};
static const struct mr_type access_type = MR_TYPE("dnp3_access", struct mr_dnp3_access, access_fields);

static const struct mr_field settings_fields[] = {
    MR_FIELD(struct mr_dnp3_settings, access_list, MR_BOOL),
    MR_FIELD(struct mr_dnp3_settings, check_master, MR_BOOL),
    MR_FIELD(struct mr_dnp3_settings, controls_disabled, MR_BOOL),
    MR_FIELD(struct mr_dnp3_settings, unsolicited_off, MR_BOOL),
    MR_FIELD(struct mr_dnp3_settings, authentication, MR_BOOL),
    MR_FIELD(struct mr_dnp3_settings, aggressive_off, MR_BOOL),
    MR_FIELD(struct mr_dnp3_settings, functions, MR_U64),
    MR_FIELD(struct mr_dnp3_settings, naccess, MR_U32),
    MR_VARIABLE_SUBS(struct mr_dnp3_settings, access, naccess, &access_type),
    MR_FIELD(struct mr_dnp3_settings, nusers, MR_U32),
    MR_VARIABLE_SUBS(struct mr_dnp3_settings, users, nusers, &mr_dnp3_user_type),
};
const struct mr_type mr_dnp3_settings_type = MR_TYPE("dnp3_settings", struct mr_dnp3_settings, settings_fields);

static const struct mr_field point_fields[] = {
    MR_FIELD(struct mr_dnp3_point_state, flags, MR_U8),          MR_FIELD(struct mr_dnp3_point_state, event_class, MR_U8),
    MR_FIELD(struct mr_dnp3_point_state, pulsing, MR_BOOL),      MR_FIELD(struct mr_dnp3_point_state, pulse_on, MR_BOOL),
    MR_FIELD(struct mr_dnp3_point_state, pulse_second, MR_BOOL), MR_FIELD(struct mr_dnp3_point_state, pulses, MR_U8),
    MR_FIELD(struct mr_dnp3_point_state, on_ms, MR_U32),         MR_FIELD(struct mr_dnp3_point_state, off_ms, MR_U32),
    MR_FIELD(struct mr_dnp3_point_state, pulse_until, MR_I64),   MR_FIELD(struct mr_dnp3_point_state, reported, MR_F64),
    MR_FIELD(struct mr_dnp3_point_state, deadband, MR_F64),      MR_FIELD(struct mr_dnp3_point_state, frozen, MR_F64),
    MR_FIELD(struct mr_dnp3_point_state, frozen_at, MR_U64),     MR_FIELD(struct mr_dnp3_point_state, base, MR_F64),
    MR_FIELD(struct mr_dnp3_point_state, reported_flags, MR_U8),
};
const struct mr_type mr_dnp3_point_state_type = MR_TYPE("dnp3_point", struct mr_dnp3_point_state, point_fields);

static const struct mr_field master_fields[] = {
    MR_FIELD(struct mr_dnp3_master, known, MR_BOOL),     MR_FIELD(struct mr_dnp3_master, overflow, MR_BOOL),
    MR_FIELD(struct mr_dnp3_master, unsolicited, MR_U8), MR_FIELD(struct mr_dnp3_master, broadcast, MR_U8),
    MR_FIELD(struct mr_dnp3_master, address, MR_U16),    MR_FIELD(struct mr_dnp3_master, connection, MR_U32),
    MR_ARRAY(struct mr_dnp3_master, waiting, MR_U32),    MR_ARRAY(struct mr_dnp3_master, sent, MR_U32),
};
const struct mr_type mr_dnp3_master_type = MR_TYPE("dnp3_master", struct mr_dnp3_master, master_fields);

static const struct mr_field state_fields[] = {
    MR_FIELD(struct mr_dnp3_state, started, MR_BOOL),
    MR_FIELD(struct mr_dnp3_state, restarted, MR_BOOL),
    MR_FIELD(struct mr_dnp3_state, need_time, MR_BOOL),
    MR_FIELD(struct mr_dnp3_state, local, MR_BOOL),
    MR_FIELD(struct mr_dnp3_state, trouble, MR_BOOL),
    MR_FIELD(struct mr_dnp3_state, time_recorded, MR_BOOL),
    MR_FIELD(struct mr_dnp3_state, connections, MR_U32),
    MR_FIELD(struct mr_dnp3_state, clock, MR_U64),
    MR_FIELD(struct mr_dnp3_state, time_until, MR_I64),
    MR_FIELD(struct mr_dnp3_state, recorded_at, MR_I64),
    MR_FIELD(struct mr_dnp3_state, first, MR_U32),
    MR_FIELD(struct mr_dnp3_state, nevents, MR_U32),
    MR_FIELD(struct mr_dnp3_state, dead, MR_U32),
    MR_FIELD(struct mr_dnp3_state, lost, MR_U32),
    MR_SUBS(struct mr_dnp3_state, masters, &mr_dnp3_master_type),
    MR_ARRAY(struct mr_dnp3_state, statistics, MR_U32),
};
const struct mr_type mr_dnp3_state_type = MR_TYPE("dnp3_state", struct mr_dnp3_state, state_fields);

static const struct mr_field event_fields[] = {
    MR_FIELD(struct mr_dnp3_event, kind, MR_U8),    MR_FIELD(struct mr_dnp3_event, function, MR_U8),
    MR_FIELD(struct mr_dnp3_event, group, MR_U8),   MR_FIELD(struct mr_dnp3_event, code, MR_U8),
    MR_FIELD(struct mr_dnp3_event, status, MR_U8),  MR_FIELD(struct mr_dnp3_event, index, MR_U16),
    MR_FIELD(struct mr_dnp3_event, master, MR_U16), MR_FIELD(struct mr_dnp3_event, client, MR_U32),
    MR_FIELD(struct mr_dnp3_event, value, MR_F64),
};
const struct mr_type mr_dnp3_event_type = MR_TYPE("dnp3_event", struct mr_dnp3_event, event_fields);

static const struct mr_field told_fields[] = {
    MR_FIELD(struct mr_dnp3_told, n, MR_U32),
    MR_VARIABLE_SUBS(struct mr_dnp3_told, events, n, &mr_dnp3_event_type),
};
static const struct mr_type told_type = MR_TYPE("dnp3_told", struct mr_dnp3_told, told_fields);

/* What level 2 asks for (IEEE 1815-2012, clause 14), class assignment and analog outputs beside it; values of 32 bits. */
#define DO(f) ((uint64_t)1 << MR_DNP3_##f)
const struct mr_dnp3_personality mr_dnp3_default_personality = {
    .functions = DO(CONFIRM) | DO(READ) | DO(WRITE) | DO(SELECT) | DO(OPERATE) | DO(DIRECT_OPERATE) | DO(DIRECT_OPERATE_NR) |
                 DO(FREEZE) | DO(FREEZE_NR) | DO(FREEZE_CLEAR) | DO(FREEZE_CLEAR_NR) | DO(COLD_RESTART) | DO(WARM_RESTART) |
                 DO(ENABLE_UNSOLICITED) | DO(DISABLE_UNSOLICITED) | DO(ASSIGN_CLASS) | DO(DELAY_MEASURE) | DO(RECORD_TIME) |
                 DO(OPEN_FILE) | DO(CLOSE_FILE) | DO(DELETE_FILE) | DO(FILE_INFO) | DO(ABORT_FILE) | DO(AUTH_REQUEST) |
                 DO(AUTH_REQUEST_NR),
    .static_variation = {2, 2, 2, 1, 1, 1, 0},
    .event_variation = {2, 2, 2, 1, 3, 3, 0},
    .frozen_variation = 1,
    .frozen_event_variation = 1,
    .command_variation = {2, 3},
    .fragment_max = MR_DNP3_FRAGMENT_MAX,
    .controls_max = MR_DNP3_CONTROLS_MAX,
    .need_time = true,
    .unsolicited = true,
    .files = true,
    .select_timeout = 10 * MR_S,
    .confirm_timeout = 5 * MR_S,
    .unsolicited_timeout = 5 * MR_S,
    .unsolicited_retries = 3,
    .unsolicited_pause = MR_MIN,
    .restart_time = 10 * MR_S,
    .keepalive = MR_MIN,
    .partial = MR_MIN,
};

void mr_dnp3_settings_init(struct mr_dnp3_settings *s)
{
    *s = (struct mr_dnp3_settings){.functions = UINT64_MAX};
}

uint8_t mr_dnp3_rights(const struct mr_dnp3_settings *s, uint32_t client)
{
    uint8_t rights = s->access_list ? 0 : MR_DNP3_MAY_READ | MR_DNP3_MAY_CONTROL;
    for (uint32_t i = 0; s->access_list && i < s->naccess && i < MR_DNP3_ACCESS_MAX; i++) {
        if ((client & s->access[i].mask) == s->access[i].network) {
            rights |= s->access[i].rights;
        }
    }
    return rights;
}

const struct mr_dnp3_kind_groups mr_dnp3_kind_groups[MR_DNP3_KINDS] = {
    [MR_DNP3_BINARY] = {1, 2, 0},    [MR_DNP3_DOUBLE] = {3, 4, 0},   [MR_DNP3_BINARY_OUTPUT] = {10, 11, 13},
    [MR_DNP3_COUNTER] = {20, 22, 0}, [MR_DNP3_ANALOG] = {30, 32, 0}, [MR_DNP3_ANALOG_OUTPUT] = {40, 42, 43},
    [MR_DNP3_STRING] = {110, 0, 0},
};

static bool variation_exists(uint8_t group, uint8_t variation)
{
    return variation == 0 || mr_dnp3_format(group, variation) != NULL;
}

static bool point_right(const struct mr_dnp3_point *p, const struct mr_dnp3_point *before)
{
    if (p->kind >= MR_DNP3_KINDS || p->event_class > 3 || (before && before->kind > p->kind) ||
        (before && before->kind == p->kind && before->index >= p->index)) {
        return false;
    }
    if (p->kind == MR_DNP3_STRING) {
        return p->event_class == 0 && p->text && p->text[0] != '\0' && strlen(p->text) <= UINT8_MAX;
    }
    return variation_exists(mr_dnp3_kind_groups[p->kind].statics, p->static_variation) &&
           variation_exists(mr_dnp3_kind_groups[p->kind].event, p->event_variation);
}

static bool personality_right(const struct mr_dnp3_personality *p)
{
    bool ok = p->fragment_max >= MR_DNP3_FRAGMENT_MIN && p->fragment_max <= MR_DNP3_FRAGMENT_MAX && p->controls_max > 0 &&
              p->controls_max <= MR_DNP3_CONTROLS_MAX && mr_dnp3_format(21, p->frozen_variation) &&
              mr_dnp3_format(23, p->frozen_event_variation) && mr_dnp3_format(13, p->command_variation[0]) &&
              mr_dnp3_format(43, p->command_variation[1]);
    for (int kind = 0; kind < MR_DNP3_STRING; kind++) {
        ok = ok && mr_dnp3_format(mr_dnp3_kind_groups[kind].statics, p->static_variation[kind]) &&
             mr_dnp3_format(mr_dnp3_kind_groups[kind].event, p->event_variation[kind]);
    }
    return ok;
}

enum mr_err mr_dnp3_station_create(struct mr_dnp3_station *s, struct mr_arena *arena)
{
    if (s->npoints > UINT16_MAX || s->events_max == 0 || s->nmasters > MR_DNP3_MASTERS_MAX || s->address > MR_DNP3_ADDRESS_MAX ||
        !s->rng || !personality_right(s->personality)) {
        return MR_E_INVALID;
    }
    memset(s->first, 0, sizeof s->first);
    for (uint32_t i = 0; i < s->npoints; i++) {
        if (!point_right(&s->points[i], i > 0 ? &s->points[i - 1] : NULL)) {
            return MR_E_INVALID;
        }
        for (int kind = s->points[i].kind + 1; kind <= MR_DNP3_KINDS; kind++) {
            s->first[kind] = i + 1;
        }
    }
    s->state = mr_arena_new(arena, &mr_dnp3_state_type, 1, "dnp3 station");
    s->at = mr_arena_new(arena, &mr_dnp3_point_state_type, s->npoints > 0 ? s->npoints : 1, "dnp3 points");
    s->events = mr_arena_new(arena, &mr_dnp3_stored_event_type, s->events_max, "dnp3 events");
    s->work = mr_arena_scratch(arena, MR_DNP3_FRAGMENT_MAX);
    s->told = mr_arena_new(arena, &told_type, 1, "dnp3 told");
    if (!s->state || !s->at || !s->events || !s->told || !s->work) {
        return MR_E_NOMEM;
    }
    mr_dnp3_station_restart(s);
    return MR_OK;
}

void mr_dnp3_station_restart(struct mr_dnp3_station *s)
{
    struct mr_dnp3_state *st = s->state;
    *st = (struct mr_dnp3_state){.restarted = true,
                                 .need_time = s->personality->need_time,
                                 .local = st->local,
                                 .trouble = st->trouble,
                                 .connections = st->connections,
                                 .clock = st->clock,
                                 .time_until = MR_NEVER_NS};
    for (uint32_t i = 0; i < s->nmasters; i++) {
        st->masters[i] = (struct mr_dnp3_master){.known = true, .address = s->masters[i]};
    }
    if (s->nmasters == 0) {
        st->masters[0] = (struct mr_dnp3_master){.known = true, .address = MR_DNP3_NOBODY};
    }
    for (uint32_t i = 0; i < s->npoints; i++) {
        const struct mr_dnp3_point *p = &s->points[i];
        struct mr_dnp3_point_state *at = &s->at[i];
        /* counters keep what was frozen and cleared: their memory is not volatile */
        *at = (struct mr_dnp3_point_state){.flags = MR_DNP3_ONLINE,
                                           .event_class = p->event_class,
                                           .deadband = p->deadband,
                                           .frozen = at->frozen,
                                           .frozen_at = at->frozen_at,
                                           .base = at->base};
    }
}

void mr_dnp3_station_set_flags(struct mr_dnp3_station *s, uint32_t point, uint8_t flags)
{
    MR_ASSERT(point < s->npoints);
    s->at[point].flags = flags & 0x3F;
}

const struct mr_dnp3_point *mr_dnp3_find_point(const struct mr_dnp3_station *s, enum mr_dnp3_kind kind, uint32_t index)
{
    uint32_t low = s->first[kind], high = s->first[kind + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->points[middle].index == index) {
            return &s->points[middle];
        }
        if (s->points[middle].index < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

uint64_t mr_dnp3_station_time(const struct mr_dnp3_station *s, mr_ns now)
{
    mr_ns t = (mr_ns)((uint64_t)now + s->state->clock);
    return t > 0 ? (uint64_t)(t / MR_MS) : 0;
}

static double scaled(const struct mr_dnp3_point *p, double value)
{
    return value * (p->scale != 0 ? p->scale : 1) + p->offset;
}

double mr_dnp3_point_value(const struct mr_dnp3_station *s, uint32_t i)
{
    const struct mr_dnp3_point *p = &s->points[i];
    double v = mr_image_get(s->image, &p->place);
    switch ((enum mr_dnp3_kind)p->kind) {
    case MR_DNP3_BINARY:
    case MR_DNP3_BINARY_OUTPUT:
        return v != 0;
    case MR_DNP3_DOUBLE:
        if (p->has_second) {
            return (v != 0) + 2 * (mr_image_get(s->image, &p->second) != 0);
        }
        return v >= 1 && v < 4 ? (double)(int)v : 0;
    case MR_DNP3_COUNTER:
        return scaled(p, v) - s->at[i].base;
    case MR_DNP3_ANALOG:
    case MR_DNP3_ANALOG_OUTPUT:
        return scaled(p, v);
    case MR_DNP3_STRING:
    case MR_DNP3_KINDS:
        break;
    }
    return 0;
}

uint8_t mr_dnp3_point_variation(const struct mr_dnp3_station *s, uint32_t i, uint8_t group)
{
    const struct mr_dnp3_point *p = &s->points[i];
    const struct mr_dnp3_personality *like = s->personality;
    switch (group) {
    case 13:
        return like->command_variation[0];
    case 21:
        return like->frozen_variation;
    case 23:
        return like->frozen_event_variation;
    case 34:
        return 3;
    case 43:
        return like->command_variation[1];
    case 110:
        return (uint8_t)strlen(p->text);
    default:
        break;
    }
    if (group == mr_dnp3_kind_groups[p->kind].statics) {
        return p->static_variation != 0 ? p->static_variation : like->static_variation[p->kind];
    }
    return p->event_variation != 0 ? p->event_variation : like->event_variation[p->kind];
}

static bool changed(const struct mr_dnp3_point *p, const struct mr_dnp3_point_state *at, double value)
{
    bool analog = p->kind == MR_DNP3_ANALOG || p->kind == MR_DNP3_ANALOG_OUTPUT || p->kind == MR_DNP3_COUNTER;
    double by = value < at->reported ? at->reported - value : value - at->reported;
    return at->flags != at->reported_flags || (analog ? by > at->deadband : value != at->reported);
}

void mr_dnp3_station_sample(struct mr_dnp3_station *s, mr_ns now)
{
    struct mr_dnp3_state *st = s->state;
    if (now >= st->time_until) {
        st->need_time = s->personality->need_time;
        st->time_until = MR_NEVER_NS;
    }
    for (uint32_t i = 0; i < s->first[MR_DNP3_STRING]; i++) {
        const struct mr_dnp3_point *p = &s->points[i];
        struct mr_dnp3_point_state *at = &s->at[i];
        if (at->pulsing) {
            mr_dnp3_pulse(s, i, now);
        }
        if (at->event_class == 0) {
            continue;
        }
        double value = mr_dnp3_point_value(s, i);
        if (st->started && !changed(p, at, value)) {
            continue;
        }
        at->reported = value;
        at->reported_flags = at->flags;
        if (st->started) {
            mr_dnp3_event_push(s, i, mr_dnp3_kind_groups[p->kind].event, at->flags, value, now);
        }
    }
    st->started = true;
}
