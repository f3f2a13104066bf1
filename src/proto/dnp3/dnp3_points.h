/* dnp3_points.h - points and events of a station as its server sessions use them; inside this folder only. */
#ifndef MR_PROTO_DNP3_POINTS_H
#define MR_PROTO_DNP3_POINTS_H

#include "proto/dnp3/dnp3_station.h"

#define MR_DNP3_NOBODY 0xFFFF /* address of the master that is not known yet but gets the events all the same */

/* Groups of a kind; 0 where there is none. */
struct mr_dnp3_kind_groups {
    uint8_t statics, event, command_event;
};
extern const struct mr_dnp3_kind_groups mr_dnp3_kind_groups[MR_DNP3_KINDS];

/* What is sent of point number `i` now. */
double mr_dnp3_point_value(const struct mr_dnp3_station *s, uint32_t i);
/* The variation that a point has in a group (of statics or of events) where a master leaves it open. */
uint8_t mr_dnp3_point_variation(const struct mr_dnp3_station *s, uint32_t i, uint8_t group);

/* Makes an event of a class that the point has; the oldest gives way where the buffer is full. */
void mr_dnp3_event_push(const struct mr_dnp3_station *s, uint32_t point, uint8_t group, uint8_t flags, double value, mr_ns now);
static inline struct mr_dnp3_stored_event *mr_dnp3_event_at(const struct mr_dnp3_station *s, uint32_t i)
{
    MR_ASSERT(s->events_max > 0);
    return &s->events[(s->state->first + i) % s->events_max];
}
/* Marks an event as sent to a master. */
void mr_dnp3_event_mark(const struct mr_dnp3_station *s, struct mr_dnp3_stored_event *e, uint8_t master);
/* The master has confirmed what it was sent; or will not. */
void mr_dnp3_events_confirm(const struct mr_dnp3_station *s, uint8_t master);
void mr_dnp3_events_unmark(const struct mr_dnp3_station *s, uint8_t master);

/* The number of the master with a link address, taken into the list where it is new; -1 where there is no room. */
int mr_dnp3_master_number(const struct mr_dnp3_station *s, uint16_t address);
bool mr_dnp3_is_configured(const struct mr_dnp3_station *s, uint16_t address);

/* Commands on outputs; each gives a status. With `act` false nothing happens but the judgement. */
enum mr_dnp3_status mr_dnp3_command_binary(const struct mr_dnp3_station *s, uint32_t index, const struct mr_dnp3_crob *c,
                                           bool act, mr_ns now);
enum mr_dnp3_status mr_dnp3_command_analog(const struct mr_dnp3_station *s, uint32_t index, double value, bool act, mr_ns now);
/* Ends and begins the pulses of a binary output that are due. */
void mr_dnp3_pulse(const struct mr_dnp3_station *s, uint32_t i, mr_ns now);

#endif
