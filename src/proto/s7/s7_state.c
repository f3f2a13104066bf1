/* s7_state.c - what of a CPU changes: its mode, the diagnostics buffer, alarms, jobs; and the tables that save it.
 *
 * Entries of the diagnostics buffer have the form of list 0x00A0: event, priority class, OB number (of changes of mode: the
 * modes), data identifier, two pieces of information, time. Identifiers: Siemens, "System Software for S7-300/400, System and
 * Standard Functions", appendix on event classes; the same that tshark names. */
#include "proto/s7/s7_cpu.h"

static const struct mr_field diagnostic_fields[] = {MR_ARRAY(struct mr_s7_diagnostic, bytes, MR_U8)};
static const struct mr_type diagnostic_type = MR_TYPE("s7_diagnostic", struct mr_s7_diagnostic, diagnostic_fields);

static const struct mr_field alarm_fields[] = {
    MR_FIELD(struct mr_s7_alarm, id, MR_U32),         MR_FIELD(struct mr_s7_alarm, function, MR_U8),
    MR_FIELD(struct mr_s7_alarm, signals, MR_U8),     MR_FIELD(struct mr_s7_alarm, acked_coming, MR_U8),
    MR_FIELD(struct mr_s7_alarm, acked_going, MR_U8), MR_ARRAY(struct mr_s7_alarm, came, MR_U8),
    MR_ARRAY(struct mr_s7_alarm, went, MR_U8),
};
static const struct mr_type alarm_type = MR_TYPE("s7_alarm", struct mr_s7_alarm, alarm_fields);

static const struct mr_field message_fields[] = {
    MR_SUB(struct mr_s7_message, alarm, &alarm_type),
    MR_FIELD(struct mr_s7_message, function, MR_U8),
    MR_ARRAY(struct mr_s7_message, at, MR_U8),
};
static const struct mr_type message_type = MR_TYPE("s7_message", struct mr_s7_message, message_fields);

static const struct mr_field item_fields[] = {
    MR_FIELD(struct mr_s7_item, transport, MR_U8), MR_FIELD(struct mr_s7_item, count, MR_U16),
    MR_FIELD(struct mr_s7_item, db, MR_U16),       MR_FIELD(struct mr_s7_item, area, MR_U8),
    MR_FIELD(struct mr_s7_item, address, MR_U32),
};
static const struct mr_type item_type = MR_TYPE("s7_item", struct mr_s7_item, item_fields);

static const struct mr_field job_fields[] = {
    MR_FIELD(struct mr_s7_job, owner, MR_U32),   MR_FIELD(struct mr_s7_job, group, MR_U8),
    MR_FIELD(struct mr_s7_job, function, MR_U8), MR_FIELD(struct mr_s7_job, armed, MR_BOOL),
    MR_FIELD(struct mr_s7_job, cycles, MR_BOOL), MR_FIELD(struct mr_s7_job, once, MR_BOOL),
    MR_FIELD(struct mr_s7_job, trigger, MR_U8),  MR_FIELD(struct mr_s7_job, period, MR_I64),
    MR_FIELD(struct mr_s7_job, due, MR_I64),     MR_FIELD(struct mr_s7_job, last, MR_U64),
    MR_FIELD(struct mr_s7_job, nitems, MR_U32),  MR_VARIABLE_SUBS(struct mr_s7_job, items, nitems, &item_type),
    MR_FIELD(struct mr_s7_job, nvalues, MR_U32), MR_VARIABLE(struct mr_s7_job, values, MR_U8, nvalues),
};
static const struct mr_type job_type = MR_TYPE("s7_job", struct mr_s7_job, job_fields);

static const struct mr_field staged_fields[] = {
    MR_FIELD(struct mr_s7_staged, owner, MR_U32),      MR_FIELD(struct mr_s7_staged, db, MR_U16),
    MR_FIELD(struct mr_s7_staged, whole, MR_BOOL),     MR_FIELD(struct mr_s7_staged, n, MR_U32),
    MR_VARIABLE(struct mr_s7_staged, bytes, MR_U8, n),
};
static const struct mr_type staged_type = MR_TYPE("s7_staged", struct mr_s7_staged, staged_fields);

static const struct mr_field state_fields[] = {
    MR_FIELD(struct mr_s7_state, running, MR_BOOL),   MR_FIELD(struct mr_s7_state, clock, MR_U64),
    MR_ARRAY(struct mr_s7_state, event, MR_U8),       MR_FIELD(struct mr_s7_state, flash, MR_I64),
    MR_FIELD(struct mr_s7_state, keys, MR_U32),       MR_FIELD(struct mr_s7_state, diagnosed, MR_U32),
    MR_FIELD(struct mr_s7_state, messaged, MR_U32),   MR_SUBS(struct mr_s7_state, diagnostics, &diagnostic_type),
    MR_SUBS(struct mr_s7_state, alarms, &alarm_type), MR_SUBS(struct mr_s7_state, messages, &message_type),
    MR_SUBS(struct mr_s7_state, jobs, &job_type),     MR_SUB(struct mr_s7_state, staged, &staged_type),
};
const struct mr_type mr_s7_state_type = MR_TYPE("s7_state", struct mr_s7_state, state_fields);

#define PRIORITY_NONE 0xFF

void mr_s7_diagnose(struct mr_s7_state *s, uint16_t event, uint8_t modes, uint32_t info, mr_ns now)
{
    struct mr_s7_diagnostic *d = &s->diagnostics[s->diagnosed++ % MR_S7_DIAGNOSTICS];
    struct mr_writer w = mr_writer(d->bytes, sizeof d->bytes);
    mr_write_u16be(&w, event);
    mr_write_u8(&w, PRIORITY_NONE);
    mr_write_u8(&w, modes);
    mr_write_u32be(&w, 0);
    mr_write_u32be(&w, info);
    mr_s7_time_encode(d->bytes + w.n, mr_s7_clock(s, now));
}

/* Modes as entries have them, two in a byte: from, to. */
enum { STOP = 4, STARTUP = 6, RUN = 8 };

void mr_s7_set_mode(struct mr_s7_state *s, bool running, enum mr_s7_cause cause, mr_ns now)
{
    static const uint16_t stops[] = {
        [MR_S7_BY_REQUEST] = MR_S7_DIAG_STOP_REQUEST,
        [MR_S7_BY_SWITCH] = MR_S7_DIAG_STOP_SWITCH,
        [MR_S7_BY_PROGRAM_ERROR] = MR_S7_DIAG_STOP_PROGRAM,
        [MR_S7_BY_CYCLE_TIME] = MR_S7_DIAG_STOP_TIME,
    };
    if (s->running == running) {
        return;
    }
    s->running = running;
    mr_s7_time_encode(s->event, mr_s7_clock(s, now));
    if (running) {
        mr_s7_diagnose(s, MR_S7_DIAG_START_REQUEST, 0, 0, now);
        mr_s7_diagnose(s, MR_S7_DIAG_TO_STARTUP, STOP << 4 | STARTUP, 0, now);
        mr_s7_diagnose(s, MR_S7_DIAG_TO_RUN, STARTUP << 4 | RUN, 0, now);
    } else {
        mr_s7_diagnose(s, stops[cause], RUN << 4 | STOP, 0, now);
    }
}

bool mr_s7_raise(struct mr_s7_state *s, uint8_t function, uint32_t id, uint8_t signals, mr_ns now)
{
    struct mr_s7_alarm *a = NULL;
    for (size_t i = 0; i < MR_S7_ALARMS && !(a && a->id == id); i++) {
        bool fits = s->alarms[i].id == id || (s->alarms[i].id == 0 && !a);
        a = fits ? &s->alarms[i] : a;
    }
    if (!a || id == 0) {
        return false;
    }
    if (a->id == 0) {
        *a = (struct mr_s7_alarm){.id = id, .function = function, .acked_coming = UINT8_MAX, .acked_going = UINT8_MAX};
    }
    uint8_t coming = (uint8_t)(signals & ~a->signals), going = (uint8_t)(a->signals & ~signals);
    if ((coming | going) == 0) {
        return true;
    }
    a->signals = signals;
    a->acked_coming = (uint8_t)(a->acked_coming & ~coming);
    a->acked_going = (uint8_t)(a->acked_going & ~going);
    mr_s7_time_encode(coming != 0 ? a->came : a->went, mr_s7_clock(s, now));
    mr_s7_announce(s, a, function, now);
    return true;
}

void mr_s7_announce(struct mr_s7_state *s, struct mr_s7_alarm *a, uint8_t function, mr_ns now)
{
    struct mr_s7_message *m = &s->messages[s->messaged++ % MR_S7_MESSAGES];
    *m = (struct mr_s7_message){.alarm = *a, .function = function};
    mr_s7_time_encode(m->at, mr_s7_clock(s, now));
    bool done = a->signals == 0 && a->acked_coming == UINT8_MAX;
    if (done) {
        *a = (struct mr_s7_alarm){0};
    }
}
