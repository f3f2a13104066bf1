/* serve.c - the protocols that a device can serve: names, ports as registered with IANA, and how many connections a usual product
 * takes at a time. */
#include "plan/site.h"

static const struct mr_serve_usual usual[MR_SERVE_KINDS] = {
    [MR_SERVE_MODBUS] = {"modbus", 502, 32, MR_SET_MODBUS, MR_SET_MODBUS_ACCESS_LIST},
    [MR_SERVE_HTTP] = {"http", 80, 16, MR_SET_HTTP, MR_SET_HTTP_ACCESS_LIST},
    [MR_SERVE_S7] = {"s7", 102, 16, MR_SET_S7, MR_SET_S7_ACCESS_LIST},
};

const struct mr_serve_usual *mr_serve_usual(enum mr_serve_kind kind)
{
    return &usual[kind];
}
