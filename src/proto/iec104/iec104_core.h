/* iec104_core.h - what the files of the controlled station share; for no one else. */
#ifndef MR_PROTO_IEC104_CORE_H
#define MR_PROTO_IEC104_CORE_H

#include "proto/iec104/iec104_server.h"

/* --- layout: content, made when the station is built ------------------------------------------------------------------------ */

enum { MR_IEC104_INTERROGATED, MR_IEC104_COUNTED, MR_IEC104_HIDDEN }; /* classes of points */

/* Points that one ASDU carries. Their objects lie ready in the cells: with SQ one address and then elements, else address and
 * element by turns. */
struct mr_iec104_run {
    uint8_t ca, class, group;
    uint8_t period; /* 1 + index among the station's periods; 0: not periodic */
    uint8_t type;
    uint8_t vsq;
    uint16_t size;
    uint32_t at; /* in the cells */
};
/* Where a point's element lies, and what belongs to it. */
struct mr_iec104_cell {
    uint32_t at;
    uint8_t type;    /* of the cell: the point's, but for counters with time */
    uint8_t size;    /* of the element, without time tag */
    uint8_t event;   /* type of its spontaneous messages */
    uint8_t period;  /* as of a run */
    bool addressed;  /* its address stands before it */
    int32_t counter; /* index, or -1 */
    double scale;
};

/* --- state ------------------------------------------------------------------------------------------------------------------ */

struct mr_iec104_point_state {
    double told;     /* value of the last spontaneous message */
    double deadband; /* as configured, or loaded (P_ME) */
    mr_ns returning; /* changes before are return information */
    double seen;     /* value and quality that the element was made of */
    uint8_t quality;
};
struct mr_iec104_counter_state {
    double base;    /* image value that counts as 0 */
    uint32_t bits;  /* frozen reading */
    int32_t turns;  /* of 32 bits, when it was frozen */
    uint8_t number; /* of freezings, 5 bits */
    bool frozen, adjusted;
};
struct mr_iec104_command_state {
    uint32_t selector; /* session id; 0: not selected */
    mr_ns selected_until;
    uint8_t element[5]; /* as it was selected, without S/E */
    uint8_t pulse;      /* 1: place, 2: second; 0 none */
    mr_ns pulse_until;
};
struct mr_iec104_change {
    uint16_t point;
    uint8_t cause; /* 0: nothing here yet */
    bool invalid;  /* its time */
    uint8_t element[5];
    mr_ns time; /* station's clock */
};
struct mr_iec104_group_state {
    uint32_t active; /* session id; 0: none */
    struct mr_iec104_reader reader;
};
struct mr_iec104_state {
    uint32_t next_id;
    uint16_t nopen;         /* connections */
    uint16_t nstarted;      /* of these with data transfer */
    uint32_t controller;    /* address of the first of these */
    mr_ns clock;            /* ahead of site time */
    mr_ns synced;           /* site time of the last synchronisation */
    bool set;               /* there was one */
    uint8_t initialized;    /* bit by redundancy group (the last for clients outside all): M_EI_NA_1 is owed */
    uint8_t initialized_by; /* enum mr_iec104_restart */
    uint64_t head;          /* number of the next event */
    uint64_t floor;         /* events before it are forgotten */
    uint64_t lost;
    uint32_t cycles[MR_IEC104_PERIODS_MAX];
    mr_ns due[MR_IEC104_PERIODS_MAX];
    struct mr_iec104_group_state groups[MR_IEC104_REDUNDANCY];
};

struct mr_iec104_station {
    const struct mr_iec104_config *config;
    const struct mr_iec104_settings *settings;
    const struct mr_iec104_personality *personality;
    /* content */
    struct mr_iec104_run *runs;
    size_t nruns;
    struct mr_iec104_cell *cells; /* by point */
    size_t ncells_bytes, ncounters;
    mr_ns periods[MR_IEC104_PERIODS_MAX];
    size_t nperiods;
    /* state */
    uint8_t *bytes; /* of the cells */
    struct mr_iec104_state *s;
    struct mr_iec104_point_state *points;
    struct mr_iec104_counter_state *counters;
    struct mr_iec104_command_state *commands;
    struct mr_iec104_change *changes; /* a ring of personality->events */
};

/* layout: runs, cells, periods, out of `a`'s scratch memory. */
bool mr_iec104_layout(struct mr_iec104_station *st, struct mr_arena *a);
/* Static bytes of the cells: addresses. */
void mr_iec104_layout_addresses(const struct mr_iec104_station *st);

/* Whether time tags are to be marked invalid. */
bool mr_iec104_time_invalid(const struct mr_iec104_station *st, mr_ns now);
void mr_iec104_push(struct mr_iec104_station *st, size_t point, uint8_t cause, mr_ns now);
const struct mr_iec104_point *mr_iec104_find_point(const struct mr_iec104_station *st, size_t ca, uint32_t ioa);
/* Number of the oldest event that is still kept. */
uint64_t mr_iec104_oldest(const struct mr_iec104_station *st);
/* Freezes or resets counters of a group, or all (group 0); `how` is FRZ, 1 to 3. */
void mr_iec104_freeze(struct mr_iec104_station *st, uint8_t group, uint8_t how, mr_ns now);
double mr_iec104_point_value(const struct mr_iec104_station *st, size_t i);

/* --- a session's services --------------------------------------------------------------------------------------------------- */

/* Entries of a session's queue: a length, a kind, and so many bytes: an ASDU, or what the task needs. */
enum mr_iec104_entry {
    MR_IEC104_LITERAL,
    MR_IEC104_INTERROGATE, /* the ASDU of the request, with the station's own address */
    MR_IEC104_COUNT,
    MR_IEC104_CYCLE, /* number of the period */
};
#define MR_IEC104_ROOM                                                                                                           \
    300 /* bytes of the queue that one request may take at most: an ASDU sent back, or three short ones for each CA */

void mr_iec104_enqueue(struct mr_iec104_server *s, enum mr_iec104_entry kind, struct mr_slice bytes);
void mr_iec104_enqueue_asdu(struct mr_iec104_server *s, enum mr_iec104_entry kind, const struct mr_iec104_asdu *a);
/* Whether an interrogation is still to be answered. */
bool mr_iec104_has_task(const struct mr_iec104_server *s);
/* Takes queued tasks of a kind and common address out; false where there were none. */
bool mr_iec104_dequeue(struct mr_iec104_server *s, enum mr_iec104_entry kind, uint16_t ca);
void mr_iec104_report(struct mr_iec104_server *s, enum mr_iec104_event_kind kind, const struct mr_iec104_asdu *a, uint32_t ioa,
                      double value);
/* Sends an ASDU back with another cause. */
void mr_iec104_mirror(struct mr_iec104_server *s, const struct mr_iec104_asdu *a, uint8_t cause, bool negative);
void mr_iec104_refuse(struct mr_iec104_server *s, const struct mr_iec104_asdu *a, uint8_t cause);
/* The negative confirmation of an activation or deactivation, because a setting forbids it. */
void mr_iec104_deny(struct mr_iec104_server *s, const struct mr_iec104_asdu *a);
uint8_t mr_iec104_confirmation(const struct mr_iec104_asdu *a);
uint32_t mr_iec104_first_ioa(const struct mr_iec104_asdu *a);

/* iec104_serve.c: an ASDU in control direction. */
void mr_iec104_serve(struct mr_iec104_server *s, struct mr_slice asdu, mr_ns now);
/* iec104_control.c: types 45 to 64. `ca` is an index. */
void mr_iec104_control(struct mr_iec104_server *s, const struct mr_iec104_asdu *a, size_t ca, mr_ns now);
/* Ends pulses and selections whose time has come. */
void mr_iec104_control_tick(struct mr_iec104_station *st, mr_ns now);
mr_ns mr_iec104_control_deadline(const struct mr_iec104_station *st);
void mr_iec104_control_forget(struct mr_iec104_station *st, uint32_t session);
/* iec104_output.c: what comes without a request. Whether there is some, and queueing it (of tick(), so that answers to requests
 * never depend on when output is taken); M_EI_NA_1; the end of commands that wait for it. */
bool mr_iec104_has_news(const struct mr_iec104_server *s);
void mr_iec104_gather(struct mr_iec104_server *s);
bool mr_iec104_initialized_due(const struct mr_iec104_server *s);
void mr_iec104_tell_initialized(struct mr_iec104_server *s);
bool mr_iec104_returned(const struct mr_iec104_server *s, const struct mr_iec104_pending *p);
mr_ns mr_iec104_pending_deadline(const struct mr_iec104_server *s);
/* One I format out of the queue or the events; false for none. */
bool mr_iec104_output_asdu(struct mr_iec104_server *s, struct mr_writer *w);
struct mr_iec104_reader *mr_iec104_reader_of(struct mr_iec104_server *s);
/* Data transfer is started, and no other connection of its group has taken over. */
bool mr_iec104_active(const struct mr_iec104_server *s);

#endif
