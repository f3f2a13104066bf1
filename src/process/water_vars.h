/* water_vars.h - the variables of the water works, one list from which indices and table come.
 *
 * Tag names follow the SWaT test bed (Mathur and Tippenhauer, CySWater 2016; iTrust, technical details v4.3), with added
 * instruments where a full-size works has them. Units: mm, m3/h, kPa (gauge), uS/cm, mV, mg/L, NTU. */
#ifndef MR_PROCESS_WATER_VARS_H
#define MR_PROCESS_WATER_VARS_H

/* clang-format off */

/* SENSOR(tag, unit, typical, lo, hi, noise, title): a 4-20 mA transmitter with range lo..hi. */
#define WATER_SENSORS(SENSOR) \
    SENSOR(LIT101, "mm",    650,  0, 1600, 0.8,   "Raw water tank T101, level") \
    SENSOR(FIT101, "m3/h",  2.55, 0, 5,    0.008, "Raw water inlet flow") \
    SENSOR(FIT102, "m3/h",  2.45, 0, 5,    0.008, "Raw water pumps P101/P102, discharge flow") \
    SENSOR(PIT101, "kPa",   270,  0, 600,  1.0,   "Raw water main, pressure") \
    SENSOR(PIT102, "kPa",   80,   0, 400,  0.8,   "Raw water pumps P101/P102, discharge pressure") \
    SENSOR(AIT101, "uS/cm", 215,  0, 1000, 1.0,   "Raw water, conductivity") \
    SENSOR(AIT102, "pH",    8.9,  0, 14,   0.01,  "Raw water, pH") \
    SENSOR(AIT103, "NTU",   5,    0, 50,   0.05,  "Raw water, turbidity") \
    SENSOR(FIT201, "m3/h",  2.45, 0, 5,    0.008, "Flow through the static mixer") \
    SENSOR(AIT201, "uS/cm", 255,  0, 1000, 0.6,   "Dosed water, conductivity") \
    SENSOR(AIT202, "pH",    7,    0, 14,   0.01,  "Dosed water, pH") \
    SENSOR(AIT203, "mV",    460,  0, 1000, 1.5,   "Dosed water, oxidation-reduction potential") \
    SENSOR(AIT204, "mg/L",  0.9,  0, 20,   0.01,  "Dosed water, free chlorine") \
    SENSOR(LIT201, "mm",    800,  0, 1000, 0.5,   "Sodium chloride day tank, level") \
    SENSOR(LIT202, "mm",    800,  0, 1000, 0.5,   "Hydrochloric acid day tank, level") \
    SENSOR(LIT203, "mm",    800,  0, 1000, 0.5,   "Sodium hypochlorite day tank, level") \
    SENSOR(LIT301, "mm",    900,  0, 1600, 0.8,   "Ultrafiltration feed tank T301, level") \
    SENSOR(FIT301, "m3/h",  2.6,  0, 5,    0.008, "Ultrafiltration feed flow") \
    SENSOR(DPIT301,"kPa",   17,   0, 200,  0.15,  "Ultrafiltration membrane, transmembrane pressure") \
    SENSOR(PIT301, "kPa",   24,   0, 400,  0.5,   "Ultrafiltration module, feed side pressure") \
    SENSOR(PIT302, "kPa",   5,    0, 400,  0.5,   "Ultrafiltration module, filtrate side pressure") \
    SENSOR(AIT301, "NTU",   0.02, 0, 10,   0.002, "Ultrafiltration filtrate, turbidity") \
    SENSOR(AIT302, "mg/L",  0.8,  0, 20,   0.01,  "Ultrafiltration feed tank, free chlorine") \
    SENSOR(AIT303, "uS/cm", 255,  0, 1000, 0.6,   "Ultrafiltration feed tank, conductivity") \
    SENSOR(LIT401, "mm",    900,  0, 1600, 0.8,   "Reverse osmosis feed tank T401, level") \
    SENSOR(FIT401, "m3/h",  2.3,  0, 5,    0.008, "Reverse osmosis feed flow") \
    SENSOR(AIT401, "mg/L",  0.7,  0, 20,   0.01,  "Reverse osmosis feed tank, free chlorine") \
    SENSOR(AIT402, "mV",    245,  0, 1000, 1.0,   "Dechlorinated water, oxidation-reduction potential") \
    SENSOR(AIT403, "mg/L",  0,    0, 5,    0.002, "Dechlorinated water, free chlorine") \
    SENSOR(PIT401, "kPa",   65,   0, 400,  0.5,   "Reverse osmosis feed pumps P401/P402, discharge pressure") \
    SENSOR(UIT401, "%",     100,  0, 120,  0.3,   "UV lamp, intensity") \
    SENSOR(LIT402, "mm",    800,  0, 1000, 0.5,   "Sodium bisulphite day tank, level") \
    SENSOR(FIT501, "m3/h",  2.3,  0, 5,    0.006, "Reverse osmosis, membrane feed flow") \
    SENSOR(FIT502, "m3/h",  1.4, 0, 5,    0.006, "Reverse osmosis, permeate flow") \
    SENSOR(FIT503, "m3/h",  0.9,  0, 5,    0.006, "Reverse osmosis, reject flow") \
    SENSOR(FIT504, "m3/h",  0.25, 0, 5,    0.004, "Reverse osmosis, recirculated reject") \
    SENSOR(PIT501, "kPa",   260,  0, 1000, 1.0,   "Reverse osmosis, membrane feed pressure") \
    SENSOR(PIT502, "kPa",   9,    0, 400,  0.4,   "Reverse osmosis, permeate pressure") \
    SENSOR(PIT503, "kPa",   250,  0, 1000, 1.0,   "Reverse osmosis, reject pressure") \
    SENSOR(AIT501, "pH",    7,    0, 14,   0.01,  "Reverse osmosis feed, pH") \
    SENSOR(AIT502, "mV",    245,  0, 1000, 1.0,   "Reverse osmosis feed, oxidation-reduction potential") \
    SENSOR(AIT503, "uS/cm", 256,  0, 1000, 0.6,   "Reverse osmosis feed, conductivity") \
    SENSOR(AIT504, "uS/cm", 7,    0, 200,  0.05,  "Reverse osmosis permeate, conductivity") \
    SENSOR(LIT601, "mm",    450,  0, 1000, 0.6,   "Product water tank T601, level") \
    SENSOR(LIT602, "mm",    450,  0, 1000, 0.6,   "Backwash water tank T602, level") \
    SENSOR(FIT601, "m3/h",  1.32, 0, 5,    0.008, "Supply to the consumers, flow") \
    SENSOR(FIT602, "m3/h",  0,    0, 10,   0.02,  "Ultrafiltration backwash flow") \
    SENSOR(PIT601, "kPa",   250,  0, 600,  1.0,   "Supply to the consumers, pressure") \
    SENSOR(AIT601, "uS/cm", 7,    0, 200,  0.05,  "Product water, conductivity") \
    SENSOR(AIT602, "pH",    6,    0, 14,   0.01,  "Product water, pH") \
    SENSOR(AIT603, "mg/L",  0,    0, 5,    0.002, "Product water, free chlorine")

/* VALVE(tag, open at first, title): motorised, with limit switches: TAG.open, TAG.opened, TAG.closed. */
#define WATER_VALVES(VALVE) \
    VALVE(MV101, 1, "raw water inlet") \
    VALVE(MV102, 0, "raw water tank drain") \
    VALVE(MV201, 1, "static mixer inlet") \
    VALVE(MV301, 0, "ultrafiltration backwash inlet") \
    VALVE(MV302, 1, "ultrafiltration filtrate to T401") \
    VALVE(MV303, 0, "ultrafiltration backwash outlet to drain") \
    VALVE(MV304, 0, "ultrafiltration feed side drain") \
    VALVE(MV501, 1, "permeate to T601") \
    VALVE(MV502, 0, "reject to T602") \
    VALVE(MV503, 0, "permeate to drain") \
    VALVE(MV504, 1, "reject to drain") \
    VALVE(MV601, 1, "supply to the consumers")

/* PUMP(tag, runs at first, speed at first %, title): TAG.run, TAG.speed, TAG.running, TAG.fault. */
#define WATER_PUMPS(PUMP) \
    PUMP(P101, 1, 70, "raw water, duty") \
    PUMP(P102, 0, 70, "raw water, standby") \
    PUMP(P301, 1, 83, "ultrafiltration feed, duty") \
    PUMP(P302, 0, 83, "ultrafiltration feed, standby") \
    PUMP(P401, 1, 85, "reverse osmosis feed, duty") \
    PUMP(P402, 0, 85, "reverse osmosis feed, standby") \
    PUMP(P501, 1, 75, "high pressure, duty") \
    PUMP(P502, 0, 75, "high pressure, standby") \
    PUMP(P601, 1, 80, "supply to the consumers") \
    PUMP(P602, 0, 80, "ultrafiltration backwash") \
    PUMP(P603, 0, 80, "reverse osmosis cleaning")

/* DOSER(tag, runs at first, stroke at first %, title): TAG.run, TAG.rate, TAG.running. */
#define WATER_DOSERS(DOSER) \
    DOSER(P201, 1, 15, "sodium chloride, duty") \
    DOSER(P202, 0, 15, "sodium chloride, standby") \
    DOSER(P203, 1, 15, "hydrochloric acid, duty") \
    DOSER(P204, 0, 15, "hydrochloric acid, standby") \
    DOSER(P205, 1, 10, "sodium hypochlorite, duty") \
    DOSER(P206, 0, 10, "sodium hypochlorite, standby") \
    DOSER(P403, 1, 14, "sodium bisulphite, duty") \
    DOSER(P404, 0, 14, "sodium bisulphite, standby")

/* COMMAND(index, name, unit, is bool, at first, lo, hi, title) */
#define WATER_COMMANDS(COMMAND) \
    COMMAND(UV401_run,       "UV401.run",       "",  true,  1,  0, 1,   "UV dechlorinator: lamp on") \
    COMMAND(FCV101_position, "FCV101.position", "%", false, 85, 0, 100, "Raw water control valve: position") \
    COMMAND(FCV501_position, "FCV501.position", "%", false, 50, 0, 100, "Reject control valve: position")

/* STATUS(index, name, title): a contact. */
#define WATER_STATUSES(STATUS) \
    STATUS(UV401_running, "UV401.running", "UV dechlorinator: lamp burns") \
    STATUS(UV401_fault,   "UV401.fault",   "UV dechlorinator: lamp has failed") \
    STATUS(LS201,         "LS201",         "Sodium chloride day tank low") \
    STATUS(LS202,         "LS202",         "Hydrochloric acid day tank low") \
    STATUS(LS203,         "LS203",         "Sodium hypochlorite day tank low") \
    STATUS(LS401,         "LS401",         "Sodium bisulphite day tank low") \
    STATUS(PSH301,        "PSH301",        "Ultrafiltration feed pressure high") \
    STATUS(PSL501,        "PSL501",        "High pressure pumps, suction pressure low") \
    STATUS(PSH501,        "PSH501",        "Reverse osmosis pressure high") \
    STATUS(LSL601,        "LSL601",        "Product water tank low") \
    STATUS(LSL602,        "LSL602",        "Backwash water tank low") \
    STATUS(LSH601,        "LSH601",        "Product water tank high") \
    STATUS(LSH602,        "LSH602",        "Backwash water tank high")

/* INTERNAL(index, name, unit, title) */
#define WATER_INTERNALS(INTERNAL) \
    INTERNAL(T101_level,     "T101.level_mm",       "mm",    "True level of T101") \
    INTERNAL(T301_level,     "T301.level_mm",       "mm",    "True level of T301") \
    INTERNAL(T401_level,     "T401.level_mm",       "mm",    "True level of T401") \
    INTERNAL(T601_level,     "T601.level_mm",       "mm",    "True level of T601") \
    INTERNAL(T602_level,     "T602.level_mm",       "mm",    "True level of T602") \
    INTERNAL(mixer_ph,       "mixer.pH",            "pH",    "True pH behind the static mixer") \
    INTERNAL(uf_cake,        "UF.fouling",          "kPa.h/m3", "Ultrafiltration: resistance of the cake that a backwash removes") \
    INTERNAL(uf_lasting,     "UF.lasting_fouling",  "kPa.h/m3", "Ultrafiltration: resistance that stays after a backwash") \
    INTERNAL(ro_fouling,     "RO.fouling",          "",      "Reverse osmosis: lost share of the permeability") \
    INTERNAL(ro_chlorine,    "RO.chlorine_exposure","mg.h/L","Reverse osmosis: chlorine the membrane has met") \
    INTERNAL(ro_recovery,    "RO.recovery",         "",      "Reverse osmosis: permeate per feed") \
    INTERNAL(demand,         "demand.flow",         "m3/h",  "What the consumers would take at nominal pressure") \
    INTERNAL(supply_quality, "supply.quality",      "",      "1 where the supplied water is within specification, 0 where not") \
    INTERNAL(supply_volume,  "supply.volume",       "m3",    "Water supplied so far") \
    INTERNAL(supply_short,   "supply.shortfall",    "m3",    "Demand that was not met so far") \
    INTERNAL(supply_bad,     "supply.bad_volume",   "m3",    "Water out of specification supplied so far") \
    INTERNAL(audit_in,       "audit.in",            "m3",    "Water taken in so far") \
    INTERNAL(audit_out,      "audit.out",           "m3",    "Water supplied, drained and spilt so far") \
    INTERNAL(audit_stored,   "audit.stored",        "m3",    "Water in all tanks") \
    INTERNAL(audit_error,    "audit.error",         "m3",    "In - out - change of what is stored: 0 but for rounding") \
    INTERNAL(audit_sodium,   "audit.sodium_error",  "mol",   "The same balance for sodium") \
    INTERNAL(audit_carbon,   "audit.carbon_error",  "mol",   "The same balance for inorganic carbon")

/* PARAM(index, name, unit, value, lo, hi, title) */
#define WATER_PARAMS(PARAM) \
    PARAM(demand_scale,     "demand.scale",         "",         1,    0,    3,    "Factor on the day's demand curve") \
    PARAM(demand_hour,      "demand.start_hour",    "h",        6,    0,    24,   "Hour of the day at which time begins") \
    PARAM(raw_flow,         "raw.flow",             "m3/h",     3,    0,    5,    "Raw water flow with all valves fully open") \
    PARAM(raw_ph,           "raw.pH",               "pH",       8.9,  4,    11,   "Raw water: pH") \
    PARAM(raw_alkalinity,   "raw.alkalinity",       "mmol/L",   1.2,  0.05, 10,   "Raw water: alkalinity") \
    PARAM(raw_salt,         "raw.salt",             "mmol/L",   0.8,  0,    20,   "Raw water: dissolved salt, as sodium chloride") \
    PARAM(raw_turbidity,    "raw.turbidity",        "NTU",      5,    0,    50,   "Raw water: turbidity") \
    PARAM(raw_reductant,    "raw.reductant",        "mmol/L",   0.007,0,    1,    "Raw water: immediate chlorine demand, as sulphite") \
    PARAM(valve_travel,     "valve.travel",         "s",        10,   0,    120,  "Motorised valves: time from closed to open") \
    PARAM(pump_spinup,      "pump.spinup",          "s",        2,    0,    60,   "Pumps: time from rest to full speed") \
    PARAM(t101_section,     "T101.section",         "m2",       1.5,  0.05, 100,  "T101: section") \
    PARAM(t301_section,     "T301.section",         "m2",       1.5,  0.05, 100,  "T301: section") \
    PARAM(t401_section,     "T401.section",         "m2",       1.5,  0.05, 100,  "T401: section") \
    PARAM(t601_section,     "T601.section",         "m2",       0.3,  0.05, 100,  "T601: section") \
    PARAM(t602_section,     "T602.section",         "m2",       0.5,  0.05, 100,  "T602: section") \
    PARAM(t101_start,       "T101.start",           "mm",       650,  0,    1600, "T101: level at the beginning") \
    PARAM(t301_start,       "T301.start",           "mm",       900,  0,    1600, "T301: level at the beginning") \
    PARAM(t401_start,       "T401.start",           "mm",       900,  0,    1600, "T401: level at the beginning") \
    PARAM(t601_start,       "T601.start",           "mm",       450,  0,    1000, "T601: level at the beginning") \
    PARAM(t602_start,       "T602.start",           "mm",       450,  0,    1000, "T602: level at the beginning") \
    PARAM(uf_resistance,    "UF.resistance",        "kPa.h/m3", 5.4,  0.1,  100,  "Ultrafiltration: resistance of the clean membrane") \
    PARAM(ro_permeability,  "RO.permeability",      "m3/h/kPa", 0.0062, 0.0005, 0.1, "Reverse osmosis: permeability of the clean membrane") \
    PARAM(ro_tolerance,     "RO.chlorine_tolerance","mg.h/L",   0.2,  0.01, 5000, "Reverse osmosis: chlorine exposure that destroys the membrane") \
    PARAM(chemical_refill,  "chemicals.refill",     "",         1,    0,    1,    "1: day tanks are refilled when low")

/* clang-format on */

#endif
