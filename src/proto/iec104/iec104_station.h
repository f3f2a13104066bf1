/* iec104_station.h - the controlled station (60870-5-101 and -104 call it so; also RTU, outstation) behind all connections of a
 * device: its points on the process image, what has changed and not been told, its commands, clock and counters, the product that
 * it is, and the security settings that it obeys.
 *
 * The owner calls mr_iec104_station_sample() after each scan. That encodes every point's element into the place from which
 * interrogations are answered (the layout is fixed when the station is built, so an answer is a few copies), puts changes into
 * the event buffer, ends pulses and selections. Sessions fetch from there: a session has something to send when its deadline() is
 * not later than now. */
#ifndef MR_PROTO_IEC104_STATION_H
#define MR_PROTO_IEC104_STATION_H

#include "base/arena.h"
#include "image/image.h"
#include "proto/iec104/iec104_link.h"

#define MR_IEC104_GROUPS      16 /* of interrogation; of counters there are 4 */
#define MR_IEC104_REDUNDANCY  4  /* redundancy groups of a station */
#define MR_IEC104_CAS_MAX     4  /* common addresses of a station */
#define MR_IEC104_PERIODS_MAX 4  /* different periods of a station's periodic points */
#define MR_IEC104_ACCESS_MAX  32
#define MR_IEC104_RANGES_MAX  16

/* --- content ---------------------------------------------------------------------------------------------------------------- */

/* A point in monitoring direction. Commands that change it answer through it (`feedback` of a command). */
struct mr_iec104_point {
    uint32_t ioa;
    uint8_t ca;    /* index into the station's common addresses */
    uint8_t type;  /* a monitoring type without time tag (SP 1, DP 3, ST 5, BO 7, ME 9 11 13 21, IT 15, PS 20): as interrogated */
    uint8_t tag;   /* time tag of its spontaneous messages: 0, 3 or 7 bytes; of M_ME_ND and M_PS 0 */
    uint8_t group; /* 1 to 16: also in that group's interrogation; counters 1 to 4; 0: only in the general one */
    bool not_interrogated; /* nor in the general one: only spontaneous, periodic, or read */
    bool silent;           /* never spontaneous */
    struct mr_place place; /* value = image * scale + offset; BOOL for SP; for DP, ST a number, or with `second` two BOOLs */
    bool has_second;
    struct mr_place second; /* of a double point: place is ON, second is OFF; of a step point BOOL: transient */
    bool has_quality;
    struct mr_place quality; /* a byte of quality bits (enum mr_iec104_quality), or a BOOL: invalid */
    double scale, offset;    /* scale 0 counts as 1 */
    double deadband;         /* in units of the value as sent; 0: every change of the element counts */
    mr_ns
        period; /* measured values: sent each time, too (COT 1). Counters: frozen by themselves, and sent unless silent. 0: no */
};

enum mr_iec104_action {
    MR_IEC104_LATCH, /* the image keeps the commanded value */
    MR_IEC104_PULSE, /* it gets a pulse whose length QU says: short, long, or the product's own */
};
/* An address in control direction. */
struct mr_iec104_command {
    uint32_t ioa;
    uint8_t ca;
    uint8_t type;   /* without time tag, 45 to 51; the one with is taken too */
    bool select;    /* select before operate is needed */
    bool test_only; /* accepted, confirmed, and without any effect on the image */
    uint8_t action; /* enum mr_iec104_action, of SC, DC, RC */
    struct mr_place
        place; /* SC: ON. DC: ON (with `second`), else a BOOL or number that gets 0/1 (BOOL) or 1/2. RC: HIGHER, or a number
                            * that steps. Set points and bitstrings: image = (value - offset) / scale */
    bool has_second;
    struct mr_place second; /* DC: OFF; RC: LOWER */
    double scale, offset;
    double lo, hi;    /* set points outside are confirmed negatively; both 0: no limit */
    int32_t feedback; /* index of a point, whose change is then return information (COT 11); -1: none */
};

/* What a product does. */
struct mr_iec104_personality {
    struct mr_iec104_params params;
    uint16_t connections; /* at a time; more are refused */
    uint8_t asdu_max;     /* bytes of an ASDU that it makes; 0: 249 */
    uint16_t events;      /* that the buffer keeps; when it is full the oldest go */
    bool pack_events;     /* several events of a type in one ASDU */
    bool broadcast;       /* answers to common address FFFF */
    bool end_of_init;     /* M_EI_NA_1 when data transfer is first started after a restart */
    bool act_term;        /* sends COT 10 after commands; after interrogations always */
    bool counter_time;    /* counters of an interrogation carry the time of their freezing (M_IT_TB_1) */
    uint8_t unknown_ioa;  /* COT for a command to an address without one: 47, or 7 (negative confirmation) as some products do */
    bool mirror_unknown;  /* unknown types come back with COT 44; else they are ignored */
    bool clock_sync;      /* takes C_CS_NA_1; otherwise confirms negatively */
    bool clock_before;    /* confirms it with what its clock showed before; otherwise with the time received */
    mr_ns select_timeout;
    mr_ns short_pulse, long_pulse;
    mr_ns feedback_timeout; /* for return information, and the end of a command that waits for it */
    mr_ns clock_valid;      /* time tags are invalid so long after the last synchronisation; 0: never */
    bool clock_unset;       /* and before the first */
};
extern const struct mr_iec104_personality mr_iec104_default_personality;

/* Connections of the same group share an event buffer's reader: one of them is active, and what it has not had acknowledged the
 * next one gets. Clients outside all groups each read for themselves, from when they connect. */
struct mr_iec104_redundancy {
    uint32_t network, mask; /* of clients' IPv4 addresses, host byte order */
};

struct mr_iec104_config {
    struct mr_image *image;
    const uint16_t *cas;
    size_t ncas;
    const struct mr_iec104_point *points;
    size_t npoints; /* below 65535; addresses of a common address are unique among points, and among commands */
    const struct mr_iec104_command *commands;
    size_t ncommands;
    const struct mr_iec104_redundancy *groups;
    size_t ngroups;
    const struct mr_iec104_personality *personality;
    mr_ns clock; /* station time at site time 0, ns since 1970 in the zone that its clock shows */
};
/* What is wrong with it, for people; NULL: nothing. */
const char *mr_iec104_config_check(const struct mr_iec104_config *c);

/* --- settings --------------------------------------------------------------------------------------------------------------- */

enum { MR_IEC104_MAY_READ = 1, MR_IEC104_MAY_CONTROL = 2 };
struct mr_iec104_access {
    uint32_t network, mask; /* IPv4, host byte order */
    uint8_t rights;
};
struct mr_iec104_range {
    uint32_t first, last;
};
/* All off: everybody may do everything, as products are delivered. */
struct mr_iec104_settings {
    bool access_list;    /* who is not in it is disconnected; who may not control is confirmed negatively */
    bool one_controller; /* while one address has data transfer started, STARTDT of another one disconnects it */
    bool read_only;      /* no command, no parameter, no reset: confirmed negatively */
    bool select_all;     /* every command needs a select */
    bool clock_locked;   /* the clock is not set over the network */
    bool control_list;   /* commands only to `controls`; others are confirmed negatively */
    bool type_list;      /* only these types in control direction; others are unknown (COT 44) */
    mr_ns command_age;   /* a command whose time tag is older (or as much ahead) is confirmed negatively; 0: no matter */
    uint32_t naccess;
    struct mr_iec104_access access[MR_IEC104_ACCESS_MAX];
    uint32_t ncontrols;
    struct mr_iec104_range controls[MR_IEC104_RANGES_MAX];
    uint8_t types[16]; /* bit t % 8 of byte t / 8: type t is allowed */
};
extern const struct mr_type mr_iec104_settings_type;
void mr_iec104_settings_init(struct mr_iec104_settings *s);
void mr_iec104_allow_type(struct mr_iec104_settings *s, uint8_t type);
uint8_t mr_iec104_rights(const struct mr_iec104_settings *s, uint32_t client);

/* --- events for the owner --------------------------------------------------------------------------------------------------- */

enum mr_iec104_event_kind {
    MR_IEC104_EV_STARTED, /* data transfer */
    MR_IEC104_EV_STOPPED,
    MR_IEC104_EV_INTERROGATED, /* `value`: QOI or QCC */
    MR_IEC104_EV_SELECTED,
    MR_IEC104_EV_COMMANDED, /* carried out; `value` as commanded */
    MR_IEC104_EV_CANCELLED, /* a selection */
    MR_IEC104_EV_REFUSED,   /* answered negatively: `cause` is the answer's */
    MR_IEC104_EV_DENIED,    /* by a security setting */
    MR_IEC104_EV_CLOCK_SET, /* `value`: seconds by which it moved */
    MR_IEC104_EV_PARAMETER,
    MR_IEC104_EV_RESET,    /* C_RP_NA_1 with QRP 1: the owner restarts the device */
    MR_IEC104_EV_OVERFLOW, /* `value`: events that this client, or its group, will not get */
    MR_IEC104_EV_BROKEN,   /* closed: no APDU, numbers that do not continue, t1, no acknowledgements */
};
struct mr_iec104_event {
    uint8_t kind; /* enum mr_iec104_event_kind */
    uint8_t type; /* of the ASDU; 0 for none */
    uint8_t cause;
    uint8_t originator;
    uint16_t ca;
    uint32_t ioa;
    uint32_t client;
    double value;
};
extern const struct mr_type mr_iec104_event_type;

/* --- the station ------------------------------------------------------------------------------------------------------------ */

struct mr_iec104_station;
/* Its state lies in records of `a`, content is kept by reference. NULL where the arena is full. `settings` is a record of the
 * owner's. */
struct mr_iec104_station *mr_iec104_station_create(struct mr_arena *a, const struct mr_iec104_config *c,
                                                   const struct mr_iec104_settings *settings, const char *name);
enum mr_iec104_restart { MR_IEC104_POWER_ON, MR_IEC104_LOCAL_RESET, MR_IEC104_REMOTE_RESET }; /* COI (101, 7.2.6.21) */
/* Forgets events, selections, frozen counters and loaded parameters; values as the image has them now. */
void mr_iec104_station_restart(struct mr_iec104_station *st, enum mr_iec104_restart why, mr_ns now);
/* After each scan. */
void mr_iec104_station_sample(struct mr_iec104_station *st, mr_ns now);
/* When the next pulse, selection or period ends; MR_NEVER_NS for none. A scan near that is early enough for most. */
mr_ns mr_iec104_station_deadline(const struct mr_iec104_station *st);
/* What the station's clock shows, since 1970 in its zone. */
mr_ns mr_iec104_station_clock(const struct mr_iec104_station *st, mr_ns now);
/* Sets it, as a time server or a local operator does. */
void mr_iec104_station_set_clock(struct mr_iec104_station *st, mr_ns now, mr_ns clock);
/* Events in the buffer that no group has had acknowledged, and how many were ever lost. */
uint32_t mr_iec104_station_waiting(const struct mr_iec104_station *st);
uint64_t mr_iec104_station_lost(const struct mr_iec104_station *st);

#endif
