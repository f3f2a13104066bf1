#include "device/link_map.h"

#include "base/maths.h"

#define MR_MX_COILS   8192  /* coils from here on are %MX */
#define MR_QW_HOLDING 32768 /* holding registers from here on are %QW */
#define MR_BLOCK_GAP  16    /* registers read along that nobody wants are cheaper than one more request */

bool mr_link_locate(const struct mr_place *p, struct mr_link_block *out)
{
    uint32_t size = p->type == MR_VT_BOOL ? 0 : (uint32_t)mr_vtype_size(p->type);
    uint32_t at = p->byte;
    if (p->type == MR_VT_BOOL && p->area != MR_AREA_M) { /* bits of %M are read with their words */
        out->table = p->area == MR_AREA_Q ? MR_MODBUS_COILS : MR_MODBUS_DISCRETE_INPUTS;
        out->from = (uint16_t)(at * 8 + p->bit);
        out->count = 1;
        return at * 8 + p->bit < (p->area == MR_AREA_Q ? MR_MX_COILS : 65536u);
    }
    static const enum mr_modbus_table table[MR_AREAS] = {[MR_AREA_I] = MR_MODBUS_INPUT_REGISTERS,
                                                         [MR_AREA_Q] = MR_MODBUS_HOLDING_REGISTERS,
                                                         [MR_AREA_M] = MR_MODBUS_HOLDING_REGISTERS};
    uint32_t first = at / 2;
    uint32_t last = (at + (size ? size : 1) - 1) / 2;
    uint32_t limit = p->area == MR_AREA_I ? 65536u : 32768u;
    out->table = table[p->area];
    out->from = (uint16_t)(p->area == MR_AREA_Q ? first + MR_QW_HOLDING : first);
    out->count = (uint16_t)(last - first + 1);
    return last < limit && (p->type == MR_VT_BOOL || size > 0);
}

double mr_link_value(const struct mr_place *p, const struct mr_link_block *b, struct mr_slice data)
{
    struct mr_link_block at;
    if (!mr_link_locate(p, &at) || at.table != b->table || at.from < b->from || at.from + at.count > b->from + b->count) {
        return 0;
    }
    size_t first = (size_t)(at.from - b->from);
    if (mr_modbus_table_is_bits(at.table)) {
        return data.n * 8 > first && mr_modbus_bit(data.p, first);
    }
    if (data.n < 2 * (first + at.count)) {
        return 0;
    }
    uint8_t bytes[8] = {0}; /* as they lie in the controller */
    for (size_t k = 0; k < at.count && k < 4; k++) {
        uint16_t v = mr_modbus_register(data.p, first + k);
        bytes[2 * k] = (uint8_t)v;
        bytes[2 * k + 1] = (uint8_t)(v >> 8);
    }
    struct mr_image im = {.area = {NULL, NULL, bytes}, .size = {0, 0, sizeof bytes}};
    struct mr_place local = {MR_AREA_M, p->type, p->byte % 2, p->bit};
    return mr_image_get(&im, &local);
}

void mr_link_read_request(const struct mr_link_block *b, struct mr_modbus_request *r)
{
    static const uint8_t function[MR_MODBUS_TABLES] = {
        [MR_MODBUS_COILS] = MR_MODBUS_READ_COILS,
        [MR_MODBUS_DISCRETE_INPUTS] = MR_MODBUS_READ_DISCRETE_INPUTS,
        [MR_MODBUS_HOLDING_REGISTERS] = MR_MODBUS_READ_HOLDING_REGISTERS,
        [MR_MODBUS_INPUT_REGISTERS] = MR_MODBUS_READ_INPUT_REGISTERS,
    };
    r->function = function[b->table];
    r->address = b->from;
    r->count = b->count;
}

bool mr_link_write_request(const struct mr_place *p, double value, struct mr_modbus_request *r, uint16_t values[4])
{
    r->values = values;
    if (p->type == MR_VT_BOOL) {
        uint32_t bit = p->byte * 8 + p->bit;
        if (p->area == MR_AREA_I || bit >= (p->area == MR_AREA_Q ? MR_MX_COILS : 65536u - MR_MX_COILS)) {
            return false;
        }
        r->function = MR_MODBUS_WRITE_COIL;
        r->address = (uint16_t)(p->area == MR_AREA_Q ? bit : bit + MR_MX_COILS);
        r->count = 1;
        values[0] = value > 0.5;
        return true;
    }
    struct mr_link_block at;
    if (p->area == MR_AREA_I || p->byte % 2 != 0 || !mr_link_locate(p, &at) || mr_vtype_size(p->type) < 2) {
        return false;
    }
    uint8_t bytes[8] = {0};
    struct mr_image im = {.area = {NULL, NULL, bytes}, .size = {0, 0, sizeof bytes}};
    struct mr_place local = {MR_AREA_M, p->type, 0, 0};
    (void)mr_image_set(&im, &local, value);
    for (size_t k = 0; k < at.count; k++) {
        values[k] = mr_image_word(&im, MR_AREA_M, (uint32_t)k);
    }
    r->function = at.count == 1 ? MR_MODBUS_WRITE_REGISTER : MR_MODBUS_WRITE_REGISTERS;
    r->address = at.from;
    r->count = at.count;
    return true;
}

/* Blocks in order of table and address, grown as long as the next place is near enough. */
size_t mr_link_plan(const struct mr_place *places, size_t n, uint16_t registers_max, struct mr_link_block *out, size_t cap)
{
    size_t made = 0;
    for (int table = 0; table < MR_MODBUS_TABLES; table++) {
        uint32_t at = 0;
        for (;;) {
            struct mr_link_block next = {0};
            bool found = false;
            for (size_t i = 0; i < n; i++) { /* the lowest place from `at` on */
                struct mr_link_block b;
                if (mr_link_locate(&places[i], &b) && (int)b.table == table && b.from + b.count > (int)at &&
                    (!found || b.from < next.from || (b.from == next.from && b.count > next.count))) {
                    next = b;
                    found = true;
                }
            }
            if (!found) {
                break;
            }
            bool bits = mr_modbus_table_is_bits((enum mr_modbus_table)table);
            uint32_t most = bits ? MR_MODBUS_READ_BITS_MAX : registers_max;
            uint32_t gap = bits ? MR_BLOCK_GAP * 16 : MR_BLOCK_GAP;
            struct mr_link_block *last = made > 0 ? &out[made - 1] : NULL;
            uint32_t end = (uint32_t)next.from + next.count;
            if (last && last->table == next.table && next.from <= (uint32_t)last->from + last->count + gap &&
                end - last->from <= most) {
                if (end > (uint32_t)last->from + last->count) {
                    last->count = (uint16_t)(end - last->from);
                }
            } else {
                if (made == cap) {
                    return 0;
                }
                out[made++] = next;
            }
            at = end;
        }
    }
    return made;
}
