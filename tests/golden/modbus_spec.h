/* modbus_spec.h - the example of each function in "MODBUS Application Protocol Specification V1.1b3", section 6, as PDUs in hex,
 * and a device in which they hold. */
#ifndef MR_TEST_MODBUS_SPEC_H
#define MR_TEST_MODBUS_SPEC_H

#include "support/test.h"

#include "proto/modbus/modbus_client.h"
#include "proto/modbus/modbus_server.h"

struct modbus_example {
    const char *name;
    enum mr_modbus_table table; /* what is there before: values of a table, as on the wire */
    uint16_t at;
    const char *before;
    const char *request, *response;
    enum mr_modbus_table after_table; /* and after */
    uint16_t after_at;
    const char *after;
};

static const struct modbus_example modbus_examples[] = {
    {"6.1 read coils 20-38", MR_MODBUS_COILS, 19, "CD6B05", "0100130013", "0103CD6B05", 0, 0, NULL},
    {"6.2 read discrete inputs 197-218", MR_MODBUS_DISCRETE_INPUTS, 196, "ACDB35", "0200C40016", "0203ACDB35", 0, 0, NULL},
    {"6.3 read registers 108-110", MR_MODBUS_HOLDING_REGISTERS, 107, "022B00000064", "03006B0003", "0306022B00000064", 0, 0,
     NULL},
    {"6.4 read input register 9", MR_MODBUS_INPUT_REGISTERS, 8, "000A", "0400080001", "0402000A", 0, 0, NULL},
    {"6.5 write coil 173 on", 0, 0, NULL, "0500ACFF00", "0500ACFF00", MR_MODBUS_COILS, 172, "01"},
    {"6.6 write register 2", 0, 0, NULL, "0600010003", "0600010003", MR_MODBUS_HOLDING_REGISTERS, 1, "0003"},
    {"6.8 diagnostics, return query data", 0, 0, NULL, "080000A537", "080000A537", 0, 0, NULL},
    {"6.11 write ten coils from 20", 0, 0, NULL, "0F0013000A02CD01", "0F0013000A", MR_MODBUS_COILS, 19, "CD01"},
    {"6.12 write two registers from 2", 0, 0, NULL, "100001000204000A0102", "1000010002", MR_MODBUS_HOLDING_REGISTERS, 1,
     "000A0102"},
    {"6.16 mask write register 5: 12 AND F2 OR 25 is 17", MR_MODBUS_HOLDING_REGISTERS, 4, "0012", "16000400F20025",
     "16000400F20025", MR_MODBUS_HOLDING_REGISTERS, 4, "0017"},
    {"6.17 read six registers from 4, write three from 15", MR_MODBUS_HOLDING_REGISTERS, 3, "00FE0ACD00010003000D00FF",
     "1700030006000E00030600FF00FF00FF", "170C00FE0ACD00010003000D00FF", MR_MODBUS_HOLDING_REGISTERS, 14, "00FF00FF00FF"},
    {"6.18 read FIFO queue at 1246", MR_MODBUS_HOLDING_REGISTERS, 1246, "000201B81284", "1804DE", "180006000201B81284", 0, 0,
     NULL},
    /* files 4 and 3 of the device below are registers 3000 and 3500 on; record 1 of the one and 9 of the other are preset */
    {"6.14 read two groups of file records", MR_MODBUS_HOLDING_REGISTERS, 3001, "0DFE0020", "140E0600040001000206000300090002",
     "140C05060DFE0020050633CD0040", 0, 0, NULL},
    {"6.15 write three records of file 4 from 7", 0, 0, NULL, "150D0600040007000306AF04BE100D", "150D0600040007000306AF04BE100D",
     MR_MODBUS_HOLDING_REGISTERS, 3007, "06AF04BE100D"},
    /* the specification's device has conformity level 01; ours also gives each object on its own, which is 81 */
    {"6.21 basic device identification", 0, 0, NULL, "2B0E0100",
     "2B0E01810000030016436F6D70616E79206964656E74696669636174696F6E010F50726F6475637420636F646520585802055632"
     "2E3131",
     0, 0, NULL},
};
#define MODBUS_EXAMPLES (sizeof modbus_examples / sizeof modbus_examples[0])

static inline size_t unhex(const char *hex, uint8_t *out, size_t cap)
{
    size_t n = 0;
    unsigned byte;
    for (; hex && hex[0] && hex[1]; hex += 2) {
        assert_int_equal(sscanf(hex, "%2x", &byte), 1);
        assert_true(n < cap);
        out[n++] = (uint8_t)byte;
    }
    return n;
}

struct modbus_device {
    uint8_t i[1024], q[2048], m[8192];
    struct mr_image image;
    struct mr_modbus_map map;
    struct mr_modbus_identity identity;
    struct mr_modbus_personality personality;
    struct mr_modbus_settings settings;
    struct mr_modbus_health health;
    struct mr_modbus_unit unit;
    struct mr_modbus_server server;
};

/* The default map with two files and a FIFO; the client's address is 10.0.0.9. */
static inline void modbus_device_init(struct modbus_device *d)
{
    memset(d, 0, sizeof *d);
    d->image = (struct mr_image){{d->i, d->q, d->m}, {sizeof d->i, sizeof d->q, sizeof d->m}};
    d->map = mr_modbus_default_map;
    d->map.nfiles = 2;
    d->map.file[0] = (struct mr_modbus_file){4, 100, MR_AREA_M, 6000, false};
    d->map.file[1] = (struct mr_modbus_file){3, 100, MR_AREA_M, 7000, false};
    d->map.nfifos = 1;
    d->map.fifo[0] = 1246;
    d->identity.object[MR_MODBUS_OBJECT_VENDOR] = "Company identification";
    d->identity.object[MR_MODBUS_OBJECT_PRODUCT_CODE] = "Product code XX";
    d->identity.object[MR_MODBUS_OBJECT_REVISION] = "V2.11";
    d->identity.server_id = mr_slice_str("\x11");
    d->personality = mr_modbus_default_personality;
    d->personality.conformity = MR_MODBUS_ID_BASIC;
    mr_modbus_settings_init(&d->settings);
    d->health.running = true;
    d->unit = (struct mr_modbus_unit){&d->image, &d->map, &d->identity, &d->personality, &d->settings, &d->health};
    mr_modbus_server_init(&d->server, &d->unit, 1);
    mr_modbus_server_open(&d->server, 0x0A000009, 0);
}

/* Where a table's address lies, by the rule of the default map. */
static inline uint8_t *modbus_place(struct modbus_device *d, enum mr_modbus_table t, size_t at)
{
    switch (t) {
    case MR_MODBUS_COILS:
        return d->q + at / 8;
    case MR_MODBUS_DISCRETE_INPUTS:
        return d->i + at / 8;
    case MR_MODBUS_HOLDING_REGISTERS:
        return d->m + 2 * at;
    case MR_MODBUS_INPUT_REGISTERS:
        return d->i + 2 * at;
    }
    return NULL;
}

static inline void modbus_put(struct modbus_device *d, enum mr_modbus_table t, size_t at, const char *hex)
{
    uint8_t wire[256];
    size_t n = unhex(hex, wire, sizeof wire);
    for (size_t i = 0; i < n; i++) {
        if (mr_modbus_table_is_bits(t)) {
            for (size_t b = 0; b < 8; b++) {
                uint8_t *byte = modbus_place(d, t, at + 8 * i + b);
                *byte |= (uint8_t)((wire[i] >> b & 1) << ((at + b) % 8));
            }
        } else {
            modbus_place(d, t, at)[i ^ 1] = wire[i]; /* high byte first on the wire, low byte first in the image */
        }
    }
}

static inline void modbus_prepare(struct modbus_device *d, const struct modbus_example *e)
{
    modbus_device_init(d);
    modbus_put(d, MR_MODBUS_HOLDING_REGISTERS, 3509, "33CD0040");
    if (e->before) {
        modbus_put(d, e->table, e->at, e->before);
    }
}

/* A PDU in hex as an ADU. */
static inline size_t modbus_adu(const char *pdu, uint16_t transaction, uint8_t unit, uint8_t *out)
{
    size_t n = unhex(pdu, out + MR_MODBUS_HEADER, MR_MODBUS_ADU_LONGEST - MR_MODBUS_HEADER);
    struct mr_writer w = mr_writer(out, MR_MODBUS_HEADER);
    mr_modbus_header_encode(&w, transaction, unit, n);
    return MR_MODBUS_HEADER + n;
}

#endif
