#include "device/alarm.h"

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_alarm_status, pending, MR_BOOL),
    MR_FIELD(struct mr_alarm_status, active, MR_BOOL),
    MR_FIELD(struct mr_alarm_status, acknowledged, MR_BOOL),
    MR_FIELD(struct mr_alarm_status, since, MR_I64),
};
const struct mr_type mr_alarm_status_type = MR_TYPE("alarm", struct mr_alarm_status, fields);

const char *mr_alarm_level_name(enum mr_alarm_level level)
{
    static const char *const names[] = {[MR_ALARM_LL] = "LL", [MR_ALARM_L] = "L",   [MR_ALARM_H] = "H",
                                        [MR_ALARM_HH] = "HH", [MR_ALARM_ON] = "on", [MR_ALARM_OFF] = "off"};
    return names[level];
}

/* Whether the value is beyond the limit; while an alarm stands, the deadband must be crossed back first. */
static bool beyond(const struct mr_alarm *a, double v, bool active)
{
    double band = active ? a->deadband : 0;
    switch (a->level) {
    case MR_ALARM_LL:
    case MR_ALARM_L:
        return v <= a->limit + band;
    case MR_ALARM_H:
    case MR_ALARM_HH:
        return v >= a->limit - band;
    case MR_ALARM_ON:
        return v > 0.5;
    case MR_ALARM_OFF:
        return v < 0.5;
    }
    return false;
}

bool mr_alarm_check(const struct mr_alarm *a, struct mr_alarm_status *s, double value, mr_ns now)
{
    bool was = s->active, is = beyond(a, value, was);
    if (is && !s->pending) {
        s->since = now;
    }
    s->pending = is;
    s->active = is && (was || now - s->since >= a->delay);
    s->acknowledged = s->acknowledged && s->active == was;
    return s->active != was;
}
