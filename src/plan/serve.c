/* serve.c - the protocols that a device can serve: names, ports as registered with IANA, and how many connections a usual product
 * takes at a time. */
#include "plan/serve.h"

static const struct mr_serve_usual usual[MR_SERVE_KINDS] = {
    [MR_SERVE_MODBUS] = {"modbus", 502, 32},           [MR_SERVE_S7] = {"s7", MR_S7_PORT, 16},
    [MR_SERVE_IEC104] = {"iec104", MR_IEC104_PORT, 8}, [MR_SERVE_DNP3] = {"dnp3", MR_DNP3_PORT, 8},
    [MR_SERVE_ENIP] = {"enip", MR_ENIP_PORT, 16},      [MR_SERVE_HTTP] = {"http", 80, 16},
};

const struct mr_serve_usual *mr_serve_usual(enum mr_serve_kind kind)
{
    return &usual[kind];
}
