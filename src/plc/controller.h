/* controller.h - a controller's inside. */
#ifndef MR_PLC_CONTROLLER_H
#define MR_PLC_CONTROLLER_H

#include "plc/limits.h"
#include "plc/program.h"

struct plc_force {
    uint32_t at; /* byte in its area */
    uint8_t area, type, bit;
    double value;
};

struct plc_diagnostic {
    mr_ns at;
    uint8_t event, fault;
    uint32_t insn;
};

struct plc_status {
    uint8_t state, fault;
    uint32_t fault_insn;
    uint64_t scans;
    mr_ns next[MR_PLC_TASKS_MAX];  /* when a cyclic task is due */
    uint8_t was[MR_PLC_TASKS_MAX]; /* an event task's variable at the last look */
    uint32_t nforces;
    struct plc_force forces[MR_PLC_FORCES];
    uint32_t ndiagnostics; /* ever written: the buffer is a ring */
    struct plc_diagnostic diagnostics[MR_PLC_DIAGNOSTICS];
};

struct mr_plc {
    const struct mr_plc_program *program;
    struct plc_status *status;
    uint8_t *memory;
    uint32_t capacity;
    struct mr_image image;
    mr_ns last; /* of the newest scan: the time of what happens between scans */
};

#endif
