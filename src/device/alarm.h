/* alarm.h - an alarm as its author wrote it (plan/site.h), and how it stands with whoever watches its value: an operator station
 * by what it polled, an S7 controller by its own image. */
#ifndef MR_DEVICE_ALARM_H
#define MR_DEVICE_ALARM_H

#include "base/state.h"
#include "plan/site.h"

struct mr_alarm_status {
    bool pending, active, acknowledged;
    mr_ns since;
};
extern const struct mr_type mr_alarm_status_type;

const char *mr_alarm_level_name(enum mr_alarm_level level); /* "HH" */
/* Looks at the value. True where the alarm has come or gone with that; it is not acknowledged then. */
bool mr_alarm_check(const struct mr_alarm *a, struct mr_alarm_status *s, double value, mr_ns now);

#endif
