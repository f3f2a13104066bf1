/* trace.h - what goes on inside a site, a line for each thing, for who looks for a mistake: MILLRACE_TRACE=modbus,plc.
 *
 * A line reads "SUBJECT DEVICE WHAT". It is made of the state and changes none: a world with a trace goes through the same states
 * as one without. Subjects are the protocols (enum mr_serve_kind), told at both ends of a connection, and those below. Nobody
 * listens to most of them most of the time, which costs one test each. */
#ifndef MR_DEVICE_TRACE_H
#define MR_DEVICE_TRACE_H

#include "device/env.h"

enum mr_trace_subject {
    MR_TRACE_NET = MR_SERVE_KINDS, /* what the router dropped, and what comes for nobody */
    MR_TRACE_PLC,                  /* scans */
    MR_TRACE_PROCESS,              /* steps */
    MR_TRACE_ADVERSARY,            /* its connections, pings and timers, whatever they speak */
    MR_TRACE_EVENT,                /* what is told to the organiser, and scored */
    MR_TRACE_SUBJECTS              /* also: of no subject, so never told */
};
#define MR_TRACE_LINE 512 /* longer ones are cut */

/* "modbus"; of every number below MR_TRACE_SUBJECTS. */
const char *mr_trace_name(unsigned subject);
static inline bool mr_traced(const struct mr_env *env, unsigned subject)
{
    return (env->traced >> subject & 1) != 0;
}

void mr_trace(const struct mr_env *env, unsigned subject, const char *device, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* What the network has delivered to a device. */
void mr_trace_net(const struct mr_env *env, unsigned subject, const char *device, const struct mr_net_event *ev);
/* `what` and the first of these bytes. */
void mr_trace_bytes(const struct mr_env *env, unsigned subject, const char *device, const char *what, struct mr_slice data);

#endif
