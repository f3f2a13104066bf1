/* dnp3_products.c - two products that speak DNP3, and an outstation of no maker: what they say of themselves and how they behave.
 *
 * ABB REF615: default variations, time-outs and retries as in "615 series, DNP3 Communication Protocol Manual" (1MAC059074), parameters
 * of the protocol. NR Electric (Nanjing) PCS-9705: a bay control unit that offers DNP3; its device profile is not published, so
 * nothing but names is claimed, and 16-bit values without files as small devices have them. */
#include "proto/dnp3/dnp3_station.h"

#define DO(f) ((uint64_t)1 << MR_DNP3_##f)
/* What level 2 asks for (IEEE 1815-2012, clause 14.4), and class assignment beside it. */
#define LEVEL2                                                                                                                   \
    (DO(CONFIRM) | DO(READ) | DO(WRITE) | DO(SELECT) | DO(OPERATE) | DO(DIRECT_OPERATE) | DO(DIRECT_OPERATE_NR) | DO(FREEZE) |   \
     DO(FREEZE_NR) | DO(FREEZE_CLEAR) | DO(FREEZE_CLEAR_NR) | DO(COLD_RESTART) | DO(WARM_RESTART) | DO(ENABLE_UNSOLICITED) |     \
     DO(DISABLE_UNSOLICITED) | DO(ASSIGN_CLASS) | DO(DELAY_MEASURE) | DO(RECORD_TIME) | DO(AUTH_REQUEST) | DO(AUTH_REQUEST_NR))
#define FILES (DO(OPEN_FILE) | DO(CLOSE_FILE) | DO(DELETE_FILE) | DO(FILE_INFO) | DO(ABORT_FILE))

#define COMMON                                                                                                                   \
    .fragment_max = MR_DNP3_FRAGMENT_MAX, .controls_max = MR_DNP3_CONTROLS_MAX, .need_time = true, .unsolicited = true,          \
    .select_timeout = 10 * MR_S, .confirm_timeout = 5 * MR_S, .unsolicited_timeout = 5 * MR_S, .unsolicited_retries = 3,         \
    .restart_time = 10 * MR_S, .keepalive = MR_MIN, .partial = MR_MIN

const struct mr_dnp3_personality mr_dnp3_default_personality = {
    COMMON,
    .functions = LEVEL2 | FILES,
    .files = true,
    .static_variation = {2, 2, 2, 1, 1, 1, 0},
    .event_variation = {2, 2, 2, 1, 3, 3, 0},
    .frozen_variation = 1,
    .frozen_event_variation = 1,
    .command_variation = {2, 3},
    .unsolicited_pause = MR_MIN,
};

const struct mr_dnp3_product mr_dnp3_abb_ref615 = {
    .vendor = "ABB",
    .identity = {.manufacturer = "ABB", .product = "REF615", .subset = "2:2009", .software_version = "5.0.7"},
    .personality =
        {
            COMMON,
            .functions = LEVEL2,
            .static_variation = {1, 1, 2, 2, 2, 2, 0},
            .event_variation = {2, 2, 2, 6, 4, 4, 0},
            .frozen_variation = 6,
            .frozen_event_variation = 6,
            .command_variation = {2, 4},
            .unsolicited_pause = 15 * MR_MIN,
            .time_valid = 30 * MR_MIN,
        },
};

const struct mr_dnp3_product mr_dnp3_nr_pcs9705 = {
    .vendor = "NR Electric",
    .identity = {.manufacturer = "NR Electric Co., Ltd.", .product = "PCS-9705", .software_version = "R2.00"},
    .personality =
        {
            COMMON,
            .functions = LEVEL2,
            .static_variation = {2, 2, 2, 2, 2, 2, 0},
            .event_variation = {2, 2, 2, 2, 4, 4, 0},
            .frozen_variation = 2,
            .frozen_event_variation = 2,
            .command_variation = {2, 4},
            .unsolicited_pause = MR_MIN,
        },
};
