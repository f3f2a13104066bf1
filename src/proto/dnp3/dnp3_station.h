/* dnp3_station.h - what an outstation answers for: points on the process image, an identity, security settings that it obeys, and
 * its state with the events that masters have not yet had. One station for all connections of a device.
 *
 * Content (set once, never changed): struct mr_dnp3_station and all that it points to but settings, state and rng.
 * The owner calls mr_dnp3_station_sample() after each scan: it finds changes, makes events, ends pulses of outputs. */
#ifndef MR_PROTO_DNP3_STATION_H
#define MR_PROTO_DNP3_STATION_H

#include "base/arena.h"
#include "base/rng.h"
#include "image/image.h"
#include "proto/dnp3/dnp3_auth.h"

/* Kinds of points, in the order in which class 0 lists them. */
enum mr_dnp3_kind {
    MR_DNP3_BINARY,        /* g1, events g2 */
    MR_DNP3_DOUBLE,        /* g3, g4: 0 moving, 1 off, 2 on, 3 faulty */
    MR_DNP3_BINARY_OUTPUT, /* g10, g11, commands g12, command events g13 */
    MR_DNP3_COUNTER,       /* g20, g22; frozen g21, g23 */
    MR_DNP3_ANALOG,        /* g30, g32; deadband g34 */
    MR_DNP3_ANALOG_OUTPUT, /* g40, g42, commands g41, command events g43 */
    MR_DNP3_STRING,        /* g110 */
    MR_DNP3_KINDS
};

/* What a binary output does with a control relay output block. */
enum mr_dnp3_output {
    MR_DNP3_OUT_LATCH = 1 << 0,  /* LATCH_ON, LATCH_OFF: sets and clears `command` */
    MR_DNP3_OUT_PULSE = 1 << 1,  /* PULSE_ON: sets `command` for the on-time */
    MR_DNP3_OUT_PAIR = 1 << 2,   /* PULSE_ON with CLOSE sets `command`, with TRIP `second`, for the on-time */
    MR_DNP3_OUT_SWITCH = 1 << 3, /* PULSE_ON with CLOSE sets `command`, with TRIP clears it, and it stays so */
};

struct mr_dnp3_point {
    uint8_t kind; /* enum mr_dnp3_kind */
    uint16_t index;
    uint8_t event_class; /* 0: none, 1 to 3; a master may assign another */
    bool hidden;         /* not in class 0 */
    bool frozen_events;  /* COUNTER: freezing makes an event of the same class */
    bool command_events; /* outputs: commands make events (g13, g43) of the same class */
    bool select_first;   /* outputs: direct operate is refused */
    bool has_second;
    uint8_t outputs;                           /* BINARY_OUTPUT: enum mr_dnp3_output, or-ed; 0 for none */
    uint8_t static_variation, event_variation; /* 0: the personality's */
    struct mr_place place;                     /* value or status; DOUBLE: the contact that is closed when "off" */
    struct mr_place second;                    /* DOUBLE: the one closed when "on"; BINARY_OUTPUT with OUT_PAIR: the trip coil */
    bool has_command;                          /* outputs: where commands go; without, every command is refused */
    struct mr_place command;
    double scale, offset;    /* sent value = image's value * scale + offset; scale 0 counts as 1 */
    double deadband;         /* ANALOG, ANALOG_OUTPUT: in the sent value's units; 0: every change */
    double minimum, maximum; /* ANALOG_OUTPUT: commands outside are out of range; both 0: no limit */
    const char *text;        /* STRING, at most 255 octets */
};

/* Device attributes, g0 of set 0; NULL: not given. */
struct mr_dnp3_identity {
    const char *manufacturer;     /* 252 */
    const char *product;          /* 250, name and model */
    const char *subset;           /* 249, "2:2012" */
    const char *serial;           /* 248 */
    const char *name;             /* 247, given by the user */
    const char *id;               /* 246, given by the user */
    const char *location;         /* 245, given by the user */
    const char *hardware_version; /* 243 */
    const char *software_version; /* 242 */
};

/* What a product does where the standard leaves it open. */
struct mr_dnp3_personality {
    uint64_t functions;                               /* bit n: function n is implemented */
    uint8_t static_variation[MR_DNP3_KINDS];          /* where a point gives none; of STRING unused */
    uint8_t event_variation[MR_DNP3_KINDS];           /* idem */
    uint8_t frozen_variation, frozen_event_variation; /* g21, g23 */
    uint8_t command_variation[2];                     /* g13, g43 */
    uint16_t fragment_max;                            /* of answers, MR_DNP3_FRAGMENT_MIN to MR_DNP3_FRAGMENT_MAX */
    uint8_t controls_max;                             /* objects of one command, 1 to MR_DNP3_CONTROLS_MAX */
    bool frozen_in_class0;
    bool self_address; /* answers to 0xFFFC */
    bool need_time;    /* asks for the time after a restart */
    bool unsolicited;  /* has them at all */
    bool files;        /* answers file functions with a status; otherwise it has none of them */
    bool refuse_close; /* a client that the access list does not know is disconnected; otherwise it is never answered */
    mr_ns select_timeout, confirm_timeout;
    mr_ns unsolicited_timeout; /* for a confirmation */
    uint8_t unsolicited_retries;
    mr_ns unsolicited_pause; /* after the last retry, before it begins anew */
    mr_ns time_valid;        /* after a time was written it is asked for again; 0: never */
    mr_ns restart_time;      /* told to masters that restart it */
    mr_ns keepalive;         /* silence after which the link is asked for; 0: never */
    mr_ns partial;           /* for a fragment begun to end; 0: for ever */
};
/* An outstation of no maker; what products do otherwise stands in personality files. */
extern const struct mr_dnp3_personality mr_dnp3_default_personality;

#define MR_DNP3_CONTROLS_MAX 16
#define MR_DNP3_MASTERS_MAX  8 /* masters that events are kept for, by link address */
#define MR_DNP3_ACCESS_MAX   32
#define MR_DNP3_USERS_MAX    4 /* of Secure Authentication */

enum { MR_DNP3_MAY_READ = 1, MR_DNP3_MAY_CONTROL = 2 };
struct mr_dnp3_access {
    uint32_t network, mask; /* IPv4, host byte order */
    uint8_t rights;
};
/* A session looks at them with every request, so a change counts at once. */
struct mr_dnp3_settings {
    bool access_list;       /* off: every client may read and control */
    bool check_master;      /* only the station's masters are answered */
    bool controls_disabled; /* commands are refused, status INHIBITED */
    bool unsolicited_off;
    bool authentication; /* Secure Authentication version 5 for critical functions */
    bool aggressive_off; /* no aggressive mode */
    uint64_t functions;  /* bit n: function n is allowed */
    uint32_t naccess;
    struct mr_dnp3_access access[MR_DNP3_ACCESS_MAX];
    uint32_t nusers;
    struct mr_dnp3_user users[MR_DNP3_USERS_MAX];
};
extern const struct mr_type mr_dnp3_settings_type;
/* Everything allowed to everyone, no authentication. */
void mr_dnp3_settings_init(struct mr_dnp3_settings *s);
uint8_t mr_dnp3_rights(const struct mr_dnp3_settings *s, uint32_t client);

/* State of one point. */
struct mr_dnp3_point_state {
    uint8_t flags; /* as set by the owner: ONLINE, COMM_LOST and so on, without state */
    uint8_t event_class;
    bool pulsing; /* an output; `second` where the trip coil is meant */
    bool pulse_on, pulse_second;
    uint8_t pulses; /* still to come */
    uint32_t on_ms, off_ms;
    mr_ns pulse_until;
    double reported; /* value of the last event, or when events began */
    double deadband;
    double frozen;      /* counters */
    uint64_t frozen_at; /* milliseconds since 1970; 0: never frozen */
    double base;        /* of a counter that was cleared when frozen */
    uint8_t reported_flags;
};
extern const struct mr_type mr_dnp3_point_state_type;

struct mr_dnp3_stored_event {
    double value;
    uint64_t time; /* milliseconds since 1970 */
    uint16_t point;
    uint8_t group; /* of the event */
    uint8_t flags;
    uint8_t event_class;
    uint8_t owed; /* bit n: master n has not confirmed it */
    uint8_t sent; /* bit n: master n was sent it and is to confirm */
};
extern const struct mr_type mr_dnp3_stored_event_type;

/* What the station keeps of a master. */
struct mr_dnp3_master {
    bool known;
    bool overflow;       /* an event was lost to it */
    uint8_t unsolicited; /* bit n: class n is enabled */
    uint8_t broadcast;   /* 0, or how the broadcast heard last is to be told: 1 until told, 2 until confirmed */
    uint16_t address;
    uint32_t connection; /* the one it was heard on last */
    uint32_t waiting[4]; /* events owed, by class; 0 unused */
    uint32_t sent[4];    /* of these, sent and to be confirmed */
};
extern const struct mr_type mr_dnp3_master_type;

struct mr_dnp3_state {
    bool started;
    bool restarted; /* IIN1.7 until a master clears it */
    bool need_time;
    bool local;   /* set by the owner: controls are switched to local */
    bool trouble; /* set by the owner */
    bool time_recorded;
    uint32_t connections;    /* numbered so far */
    uint64_t clock;          /* ns; what the station's clock is ahead of site time, since 1970 */
    mr_ns time_until;        /* time written is valid so long */
    mr_ns recorded_at;       /* function 24 */
    uint32_t first, nevents; /* ring of events */
    uint32_t dead;           /* of them owed to nobody */
    uint32_t lost;           /* events that a master did not get in time */
    struct mr_dnp3_master masters[MR_DNP3_MASTERS_MAX];
    uint32_t statistics[MR_DNP3_STATISTICS]; /* of Secure Authentication; enum mr_dnp3_statistic */
};
extern const struct mr_type mr_dnp3_state_type;

/* What a device may want to log or to do. */
enum mr_dnp3_event_kind {
    MR_DNP3_EV_OPERATE, /* an output was commanded: `group` 12 or 41, `index`, `value`, `code` (of a CROB) */
    MR_DNP3_EV_SELECT,
    MR_DNP3_EV_WRITE, /* `group` 34: a deadband; 80: restart flag cleared */
    MR_DNP3_EV_FREEZE,
    MR_DNP3_EV_TIME_SET,
    MR_DNP3_EV_COLD_RESTART, /* the device is to restart, and calls mr_dnp3_station_restart(); ours keep connections */
    MR_DNP3_EV_WARM_RESTART,
    MR_DNP3_EV_UNSOLICITED, /* enabled or disabled: `value` 1 or 0 */
    MR_DNP3_EV_ASSIGN_CLASS,
    MR_DNP3_EV_DENIED, /* by settings or because of wrong authentication */
    MR_DNP3_EV_AUTH_FAILED,
    MR_DNP3_EV_KEYS_CHANGED,
};
struct mr_dnp3_event {
    uint8_t kind; /* enum mr_dnp3_event_kind */
    uint8_t function;
    uint8_t group;
    uint8_t code;
    uint8_t status; /* enum mr_dnp3_status */
    uint16_t index;
    uint16_t master; /* link address */
    uint32_t client;
    double value;
};
extern const struct mr_type mr_dnp3_event_type;

#define MR_DNP3_TOLD_MAX (MR_DNP3_CONTROLS_MAX + 2) /* a command makes one for each output */
/* Events that the device has not taken yet, of all its sessions: it takes them behind each feed (mr_dnp3_server_next()). */
struct mr_dnp3_told {
    uint32_t n;
    struct mr_dnp3_event events[MR_DNP3_TOLD_MAX];
};

struct mr_dnp3_station {
    /* set by the owner */
    uint16_t address;
    const uint16_t *masters; /* addresses of configured masters; the first gets unsolicited responses before it has asked */
    uint32_t nmasters;       /* at most MR_DNP3_MASTERS_MAX */
    struct mr_image *image;
    const struct mr_dnp3_point *points; /* in ascending order of kind and index */
    uint32_t npoints;
    uint32_t events_max;
    const struct mr_dnp3_identity *identity;
    const struct mr_dnp3_personality *personality;
    const struct mr_dnp3_settings *settings;
    struct mr_rng *rng; /* challenge data; the owner's stream */
    /* set by mr_dnp3_station_create() */
    struct mr_dnp3_state *state;
    struct mr_dnp3_point_state *at; /* by point */
    struct mr_dnp3_stored_event *events;
    struct mr_dnp3_told *told;
    uint32_t first[MR_DNP3_KINDS + 1]; /* point of each kind */
    uint8_t *work;                     /* an answer in the making */
};

/* Allocates state in the arena and puts it at its beginning (as a cold restart does). MR_E_INVALID where the points are out of
 * order or name variations that do not exist; MR_E_NOMEM. */
enum mr_err mr_dnp3_station_create(struct mr_dnp3_station *s, struct mr_arena *arena);
/* The device has restarted: events, selections, classes, deadbands and unsolicited responses are as at first. */
void mr_dnp3_station_restart(struct mr_dnp3_station *s);
/* After each scan of the device. */
void mr_dnp3_station_sample(struct mr_dnp3_station *s, mr_ns now);
/* Flags of a point: e.g. without ONLINE and with COMM_LOST where what it measures cannot be had. Counts with the next sample. */
void mr_dnp3_station_set_flags(struct mr_dnp3_station *s, uint32_t point, uint8_t flags);
/* NULL where there is none. */
const struct mr_dnp3_point *mr_dnp3_find_point(const struct mr_dnp3_station *s, enum mr_dnp3_kind kind, uint32_t index);
/* Milliseconds since 1970. */
uint64_t mr_dnp3_station_time(const struct mr_dnp3_station *s, mr_ns now);

#endif
