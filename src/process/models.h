/* models.h - each model's own file defines one of these. */
#ifndef MR_PROCESS_MODELS_H
#define MR_PROCESS_MODELS_H

#include "process/process.h"

extern const struct mr_model mr_heated_tank;
extern const struct mr_model mr_power_grid;
extern const struct mr_model mr_tennessee_eastman;
extern const struct mr_model mr_water_treatment;

#endif
