/* controller.h - a PLC as a device: its program scanned on time, its terminals wired to the process, its links to other PLCs.
 * What it serves is bound to it from outside (serve.h). */
#ifndef MR_DEVICE_CONTROLLER_H
#define MR_DEVICE_CONTROLLER_H

#include "device/link.h"
#include "plc/online.h"

struct mr_controller;

/* NULL where the arena is full. */
struct mr_controller *mr_controller_create(struct mr_env *env, struct mr_links *links, uint16_t device);
/* Who is told after each scan, and after each start and stop. */
void mr_controller_watch(struct mr_controller *c, void (*scanned)(void *ctx), void *ctx);
/* Cold start of its program. */
void mr_controller_start(struct mr_controller *c);
struct mr_plc *mr_controller_plc(struct mr_controller *c);
/* Start (MR_PLC_COLD, MR_PLC_WARM) or stop on behalf of `who`; says so in an event. */
void mr_controller_run(struct mr_controller *c, enum mr_plc_start how, const char *who);
/* By somebody who stands before it; says so in an event where it starts or stops. */
void mr_controller_turn_key(struct mr_controller *c, enum mr_plc_key key);
void mr_controller_halt(struct mr_controller *c, const char *who);

#endif
