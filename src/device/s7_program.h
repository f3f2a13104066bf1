/* s7_program.h - a controller's blocks (plc/online.h) as the S7 server wants them (proto/s7/s7_program.h). */
#ifndef MR_DEVICE_S7_PROGRAM_H
#define MR_DEVICE_S7_PROGRAM_H

#include "plc/online.h"
#include "proto/s7/s7_program.h"

/* Its `plc` is a struct mr_plc. */
extern const struct mr_s7_program_ops mr_s7_plc_ops;

/* A block of the controller's as S7 describes it. */
void mr_s7_describe_block(const struct mr_plc_block *b, struct mr_s7_block *out);

#endif
