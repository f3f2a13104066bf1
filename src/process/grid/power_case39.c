/* power_case39.c - the New England test system as a case, from its lists. */
#include "process/grid/power.h"
#include "process/grid/power_lists.h"

#define BASE_MVA 100.0

#define LINE(from, to, r, x, b, mva)      {(from)-1, (to)-1, r, x, b, 1, (mva) / BASE_MVA, false},
#define TRAFO(from, to, r, x, ratio, mva) {(from)-1, (to)-1, r, x, 0, ratio, (mva) / BASE_MVA, true},
static const struct pg_branch branches[] = {PG_LINES(LINE) PG_TRAFOS(TRAFO)};

#define UNIT(bus, h, xd_t, xd, xq, td0, tq0, mw, vm, rating, start, black)                                                       \
    {(bus)-1, h, 0, xd_t, xd, xq, td0, tq0, (mw) / BASE_MVA, vm, (rating) / BASE_MVA, start, black},
static const struct pg_machine machines[] = {PG_UNITS(UNIT)};

#define FEEDER(bus, mw, mvar) {(bus)-1, {(mw) / BASE_MVA, (mvar) / BASE_MVA}},
static const struct pg_load loads[] = {PG_FEEDERS(FEEDER)};

#define BANK(bus, mvar) {(bus)-1, (mvar) / BASE_MVA},
static const struct pg_cap banks[] = {PG_BANKS(BANK)};

#define LINE_INDEX(from, to, ...) LINE_##from##_##to,
enum { PG_LINES(LINE_INDEX) LINES };
#define BAY(bus, other, line, end) {LINE_##line, end},
static const struct pg_bay bays[] = {PG_STATION(BAY)};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
_Static_assert(COUNT(branches) == PG_BRANCHES && COUNT(branches) - LINES == PG_TRANSFORMERS, "sizes of power.h");
_Static_assert(COUNT(machines) == PG_MACHINES && COUNT(loads) == PG_LOADS, "sizes of power.h");
_Static_assert(COUNT(banks) == PG_CAPS && COUNT(bays) == PG_BAYS, "sizes of power.h");

const struct pg_case pg_case39 = {
    .base_mva = BASE_MVA,
    .base_kv = 345,
    .hz = 50,
    .nbus = 39,
    .nbranch = COUNT(branches),
    .nmachine = COUNT(machines),
    .nload = COUNT(loads),
    .ncap = COUNT(banks),
    .nbay = COUNT(bays),
    .reference = 1,
    .branch = branches,
    .machine = machines,
    .load = loads,
    .cap = banks,
    .bay = bays,
};
