/* s7_products.c - two products that speak S7comm: what they say of themselves and how they behave. A personality file may say
 * otherwise.
 *
 * Siemens CPU 315-2 PN/DP: order number, firmware, memory (384 KiB of work memory), bit memory, timers, counters and number of
 * connections as in "SIMATIC S7-300, CPU 31xC and CPU 31x: Technical specifications". UniMAT (Yiwei, Shenzhen) sells modules for
 * the rack and the programming software of the S7-300 under Siemens' numbers with "UN" before them; how its CPUs differ on the wire
 * beyond vendor and names is not published, so nothing else is claimed here but a smaller set of services. */
#include "proto/s7/s7_cpu.h"

#define SIEMENS_VENDOR 42 /* of the PNO's list of manufacturers */

#define S7_300                                                                                                                   \
    .pdu_max = 240, .jobs_max = 1, .refuse_close = true, .partial = 10 * MR_S, .connections = 16, .mpi_rate = 12000000,          \
    .bus_rate = 100000000, .work_memory = 384 << 10, .load_memory = 8 << 20, .flags = 2048, .timers = 256, .counters = 256,      \
    .inputs = 128, .outputs = 128

const struct mr_s7_personality mr_s7_default_personality = {S7_300};

const struct mr_s7_product mr_s7_siemens_315 = {
    .vendor = "Siemens",
    .identity =
        {
            .order_number = "6ES7 315-2EH14-0AB0 ",
            .hardware = 3,
            .firmware = {3, 2, 7},
            .station = "S7300/ET200M station_1",
            .module = "PLC_1",
            .plant = "",
            .copyright = "Original Siemens Equipment",
            .serial = "S C-C2UR28922012",
            .module_type = "CPU 315-2 PN/DP",
            .card = "MMC 267FF11F",
            .vendor = SIEMENS_VENDOR,
        },
    .personality = {S7_300},
};

const struct mr_s7_product mr_s7_unimat_315 = {
    .vendor = "UniMAT",
    .identity =
        {
            .order_number = "UN 315-2EH14-0AB0   ",
            .hardware = 1,
            .firmware = {2, 0, 1},
            .station = "UN300 station_1",
            .module = "CPU 315-2 PN/DP",
            .plant = "",
            .copyright = "UniMAT Automation Technology",
            .serial = "UN315 201806150012",
            .module_type = "UN CPU 315-2 PN/DP",
            .card = "",
        },
    .personality = {S7_300, .no_system_blocks = true, .no_messages = true, .no_tests = true},
};
