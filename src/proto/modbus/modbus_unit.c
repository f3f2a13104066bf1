/* modbus_unit.c - maps, settings and their tables; no requests yet. */
#include "proto/modbus/modbus_unit.h"

#define ADDRESSES 65536u

const struct mr_modbus_map mr_modbus_default_map = {
    .table =
        {
            [MR_MODBUS_COILS] = {2, {{0, 8192, MR_AREA_Q, 0, false}, {8192, ADDRESSES - 8192, MR_AREA_M, 0, false}}},
            [MR_MODBUS_DISCRETE_INPUTS] = {1, {{0, ADDRESSES, MR_AREA_I, 0, true}}},
            [MR_MODBUS_HOLDING_REGISTERS] = {2, {{0, 32768, MR_AREA_M, 0, false}, {32768, 32768, MR_AREA_Q, 0, false}}},
            [MR_MODBUS_INPUT_REGISTERS] = {1, {{0, ADDRESSES, MR_AREA_I, 0, true}}},
        },
};

enum mr_err mr_modbus_map_add(struct mr_modbus_map *m, enum mr_modbus_table t, const struct mr_modbus_range *r)
{
    if (r->count == 0 || r->from + r->count > ADDRESSES || r->count > ADDRESSES) {
        return MR_E_INVALID;
    }
    for (uint32_t i = 0; i < m->table[t].n; i++) {
        const struct mr_modbus_range *o = &m->table[t].range[i];
        if (r->from < o->from + o->count && o->from < r->from + r->count) {
            return MR_E_INVALID;
        }
    }
    if (m->table[t].n == MR_MODBUS_RANGES_MAX) {
        return MR_E_FULL;
    }
    m->table[t].range[m->table[t].n++] = *r;
    return MR_OK;
}

#define BIT(n) (UINT64_C(1) << (n))
#define ALL_FUNCTIONS                                                                                                            \
    (BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(11) | BIT(12) | BIT(15) | BIT(16) | BIT(17) |   \
     BIT(20) | BIT(21) | BIT(22) | BIT(23) | BIT(24) | BIT(43))

const struct mr_modbus_personality mr_modbus_default_personality = {
    .functions = ALL_FUNCTIONS,
    .denied_read = MR_MODBUS_CLOSE,
    .denied_write = MR_MODBUS_ILLEGAL_FUNCTION,
    .protected_write = MR_MODBUS_ILLEGAL_FUNCTION,
    .unknown_unit = MR_MODBUS_GATEWAY_TARGET,
    .conformity = MR_MODBUS_ID_EXTENDED,
    .read_registers_max = MR_MODBUS_READ_REGISTERS_MAX,
    .read_bits_max = MR_MODBUS_READ_BITS_MAX,
    .idle = 0,
    .partial = 10 * MR_S,
};

static const struct mr_field access_fields[] = {
    MR_FIELD(struct mr_modbus_access, network, MR_U32),
    MR_FIELD(struct mr_modbus_access, mask, MR_U32),
    MR_FIELD(struct mr_modbus_access, rights, MR_U8),
};
static const struct mr_type access_type = MR_TYPE("modbus_access", struct mr_modbus_access, access_fields);

static const struct mr_field settings_fields[] = {
    MR_FIELD(struct mr_modbus_settings, write_protected, MR_BOOL),
    MR_FIELD(struct mr_modbus_settings, access_list, MR_BOOL),
    MR_FIELD(struct mr_modbus_settings, naccess, MR_U32),
    MR_VARIABLE_SUBS(struct mr_modbus_settings, access, naccess, &access_type),
    MR_FIELD(struct mr_modbus_settings, functions, MR_U64),
    MR_ARRAY(struct mr_modbus_settings, units, MR_U64),
};
const struct mr_type mr_modbus_settings_type = MR_TYPE("modbus_settings", struct mr_modbus_settings, settings_fields);

void mr_modbus_settings_init(struct mr_modbus_settings *s)
{
    *s = (struct mr_modbus_settings){
        .functions = UINT64_MAX,
        .units = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
    };
}

uint8_t mr_modbus_rights(const struct mr_modbus_settings *s, uint32_t client)
{
    if (!s->access_list) {
        return MR_MODBUS_MAY_READ | MR_MODBUS_MAY_WRITE;
    }
    uint8_t rights = 0;
    for (uint32_t i = 0; i < s->naccess; i++) {
        if (((client ^ s->access[i].network) & s->access[i].mask) == 0) {
            rights |= s->access[i].rights;
        }
    }
    return rights;
}

/* The counter goes round with the ring. */
_Static_assert((UINT16_MAX + 1) % MR_MODBUS_LOG == 0, "an entry's place follows from its number");

void mr_modbus_log(struct mr_modbus_health *h, uint8_t event)
{
    h->log[h->logged % MR_MODBUS_LOG] = event;
    h->logged = h->logged == UINT16_MAX ? UINT16_MAX - MR_MODBUS_LOG + 1 : (uint16_t)(h->logged + 1);
}

static const struct mr_field health_fields[] = {
    MR_FIELD(struct mr_modbus_health, off, MR_BOOL),
    MR_FIELD(struct mr_modbus_health, running, MR_BOOL),
    MR_FIELD(struct mr_modbus_health, listen_only, MR_BOOL),
    MR_FIELD(struct mr_modbus_health, exception_status, MR_U8),
    MR_FIELD(struct mr_modbus_health, diagnostic_register, MR_U16),
    MR_FIELD(struct mr_modbus_health, events, MR_U16),
    MR_FIELD(struct mr_modbus_health, bus_messages, MR_U16),
    MR_FIELD(struct mr_modbus_health, bus_errors, MR_U16),
    MR_FIELD(struct mr_modbus_health, exceptions, MR_U16),
    MR_FIELD(struct mr_modbus_health, server_messages, MR_U16),
    MR_FIELD(struct mr_modbus_health, no_responses, MR_U16),
    MR_FIELD(struct mr_modbus_health, naks, MR_U16),
    MR_FIELD(struct mr_modbus_health, busy, MR_U16),
    MR_FIELD(struct mr_modbus_health, overruns, MR_U16),
    MR_FIELD(struct mr_modbus_health, logged, MR_U16),
    MR_ARRAY(struct mr_modbus_health, log, MR_U8),
};
const struct mr_type mr_modbus_health_type = MR_TYPE("modbus_health", struct mr_modbus_health, health_fields);

static const struct mr_field event_fields[] = {
    MR_FIELD(struct mr_modbus_event, kind, MR_U8),    MR_FIELD(struct mr_modbus_event, function, MR_U8),
    MR_FIELD(struct mr_modbus_event, unit, MR_U8),    MR_FIELD(struct mr_modbus_event, exception, MR_U8),
    MR_FIELD(struct mr_modbus_event, table, MR_U8),   MR_FIELD(struct mr_modbus_event, address, MR_U16),
    MR_FIELD(struct mr_modbus_event, count, MR_U16),  MR_FIELD(struct mr_modbus_event, value, MR_U16),
    MR_FIELD(struct mr_modbus_event, client, MR_U32),
};
const struct mr_type mr_modbus_event_type = MR_TYPE("modbus_event", struct mr_modbus_event, event_fields);
