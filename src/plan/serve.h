/* serve.h - what a device serves, as its author wrote it: protocols with their ports, and what each lays on the process image. */
#ifndef MR_PLAN_SERVE_H
#define MR_PLAN_SERVE_H

#include "proto/dnp3/dnp3_station.h"
#include "proto/enip/enip_device.h"
#include "proto/iec104/iec104_station.h"
#include "proto/modbus/modbus_unit.h"
#include "proto/s7/s7_cpu.h"

/* device/serve.h binds each. */
enum mr_serve_kind { MR_SERVE_MODBUS, MR_SERVE_S7, MR_SERVE_IEC104, MR_SERVE_DNP3, MR_SERVE_ENIP, MR_SERVE_HTTP, MR_SERVE_KINDS };

struct mr_login {
    const char *account, *password; /* at the beginning; the setting "password.ACCOUNT" holds it from then on */
};

/* Modbus: a unit of a gateway, with tables of its own on the image. */
struct mr_modbus_unit_plan {
    uint8_t unit;
    bool off; /* it does not answer the gateway */
    struct mr_modbus_map map;
};

/* S7: data block `number` is `size` bytes of the image from a place on. */
struct mr_data_block {
    uint16_t number;
    struct mr_place at;
    uint32_t size;
};

struct mr_dnp3_plan {
    uint16_t address;
    const uint16_t *masters;
    uint32_t nmasters;
    const struct mr_dnp3_point *points; /* by kind and index */
    uint32_t npoints;
    uint32_t events;
};

struct mr_enip_plan {
    const struct mr_enip_tag *tags;
    uint32_t ntags;
    const char *const *programs;
    uint16_t nprograms;
    const struct mr_enip_template *templates;
    uint16_t ntemplates;
    const struct mr_enip_assembly *assemblies;
    uint16_t nassemblies;
};

struct mr_serve {
    enum mr_serve_kind kind;
    uint16_t port;        /* mr_serve_usual() where the author gave none */
    uint16_t connections; /* at a time */
    union {
        struct {
            uint8_t unit; /* by which other devices of the site ask it; without units it answers to every one */
            bool rtu;     /* RTU frames instead of those of Modbus/TCP */
            const struct mr_modbus_unit_plan *units;
            size_t nunits;
        } modbus;
        struct {
            const struct mr_data_block *blocks; /* without any, DB1 is all of %M */
            size_t nblocks;
        } s7;
        struct mr_iec104_config iec104; /* without image, personality and clock, which the device has */
        struct mr_dnp3_plan dnp3;
        struct mr_enip_plan enip;
        struct {
            const struct mr_login *logins;
            size_t nlogins;
        } http;
    };
};

/* What is known of a protocol before any author has spoken. */
struct mr_serve_usual {
    const char *name; /* under `serves:`, and as a service of the router */
    uint16_t port, connections;
};
const struct mr_serve_usual *mr_serve_usual(enum mr_serve_kind kind);

#endif
