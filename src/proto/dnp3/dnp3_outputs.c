/* dnp3_outputs.c - what commands do to outputs: control relay output blocks and analog output blocks (IEEE 1815-2012, annex
 * A.8 and A.20), and the pulses that they begin. */
#include "proto/dnp3/dnp3_points.h"

static void put(const struct mr_dnp3_station *s, const struct mr_dnp3_point *p, bool second, bool on)
{
    (void)mr_image_set(s->image, second ? &p->second : &p->command, on);
}

void mr_dnp3_pulse(const struct mr_dnp3_station *s, uint32_t i, mr_ns now)
{
    struct mr_dnp3_point_state *at = &s->at[i];
    while (at->pulsing && now >= at->pulse_until) {
        at->pulse_on = !at->pulse_on;
        put(s, &s->points[i], at->pulse_second, at->pulse_on);
        at->pulse_until += (mr_ns)(at->pulse_on ? at->on_ms : at->off_ms) * MR_MS;
        if (!at->pulse_on) {
            at->pulsing = at->pulses > 1;
            at->pulses = (uint8_t)(at->pulses - at->pulsing);
        }
    }
}

static void begin_pulse(const struct mr_dnp3_station *s, uint32_t i, const struct mr_dnp3_crob *c, bool second, mr_ns now)
{
    struct mr_dnp3_point_state *at = &s->at[i];
    at->pulsing = true;
    at->pulse_on = true;
    at->pulse_second = second;
    at->pulses = c->count;
    at->on_ms = c->on_ms;
    at->off_ms = c->off_ms;
    at->pulse_until = now + (mr_ns)c->on_ms * MR_MS;
    put(s, &s->points[i], second, true);
}

static void stop_pulse(const struct mr_dnp3_station *s, uint32_t i)
{
    if (s->at[i].pulsing) {
        s->at[i].pulsing = false;
        put(s, &s->points[i], s->at[i].pulse_second, false);
    }
}

/* Whether the point has what the code asks for. The queue bit is obsolete. */
static bool knows(const struct mr_dnp3_point *p, uint8_t code)
{
    uint8_t operation = code & 0x0F, direction = code & 0xC0;
    if (code & 0x10) {
        return false;
    }
    switch (operation) {
    case MR_DNP3_NUL:
        return direction == 0;
    case MR_DNP3_LATCH_ON:
    case MR_DNP3_LATCH_OFF:
        return direction == 0 && (p->outputs & MR_DNP3_OUT_LATCH) != 0;
    case MR_DNP3_PULSE_ON:
        if (direction == 0) {
            return (p->outputs & MR_DNP3_OUT_PULSE) != 0;
        }
        return direction != 0xC0 && (p->outputs & (MR_DNP3_OUT_PAIR | MR_DNP3_OUT_SWITCH)) != 0;
    default:
        return false;
    }
}

static void act_binary(const struct mr_dnp3_station *s, uint32_t i, const struct mr_dnp3_crob *c, mr_ns now)
{
    const struct mr_dnp3_point *p = &s->points[i];
    uint8_t operation = c->code & 0x0F, direction = c->code & 0xC0;
    bool trip = direction == MR_DNP3_TRIP;
    if (c->code & MR_DNP3_CROB_CLEAR) {
        stop_pulse(s, i);
    }
    if (c->count == 0 || operation == MR_DNP3_NUL) {
        return;
    }
    if (operation == MR_DNP3_PULSE_ON && direction != 0 && (p->outputs & MR_DNP3_OUT_PAIR) == 0) {
        put(s, p, false, !trip);
    } else if (operation == MR_DNP3_PULSE_ON) {
        begin_pulse(s, i, c, trip, now);
    } else {
        stop_pulse(s, i);
        put(s, p, false, operation == MR_DNP3_LATCH_ON);
    }
    if (p->command_events) {
        bool on = operation == MR_DNP3_LATCH_ON || (operation == MR_DNP3_PULSE_ON && !trip);
        mr_dnp3_event_push(s, i, 13, MR_DNP3_SUCCESS, on, now);
    }
}

enum mr_dnp3_status mr_dnp3_command_binary(const struct mr_dnp3_station *s, uint32_t index, const struct mr_dnp3_crob *c,
                                           bool act, mr_ns now)
{
    const struct mr_dnp3_point *p = mr_dnp3_find_point(s, MR_DNP3_BINARY_OUTPUT, index);
    if (!p || !p->has_command || !knows(p, c->code)) {
        return MR_DNP3_UNSUPPORTED;
    }
    uint32_t i = (uint32_t)(p - s->points);
    bool pulses = (c->code & 0x0F) == MR_DNP3_PULSE_ON && c->count > 0;
    if (pulses && s->at[i].pulsing && (c->code & MR_DNP3_CROB_CLEAR) == 0) {
        return MR_DNP3_ALREADY_ACTIVE;
    }
    if (act) {
        act_binary(s, i, c, now);
    }
    return MR_DNP3_SUCCESS;
}

enum mr_dnp3_status mr_dnp3_command_analog(const struct mr_dnp3_station *s, uint32_t index, double value, bool act, mr_ns now)
{
    const struct mr_dnp3_point *p = mr_dnp3_find_point(s, MR_DNP3_ANALOG_OUTPUT, index);
    if (!p || !p->has_command) {
        return MR_DNP3_UNSUPPORTED;
    }
    bool limited = p->minimum != 0 || p->maximum != 0;
    if (value != value || (limited && !(value >= p->minimum && value <= p->maximum))) {
        return MR_DNP3_OUT_OF_RANGE;
    }
    if (!act) {
        return MR_DNP3_SUCCESS;
    }
    if (!mr_image_set(s->image, &p->command, (value - p->offset) / (p->scale != 0 ? p->scale : 1))) {
        return MR_DNP3_HARDWARE_ERROR;
    }
    if (p->command_events) {
        mr_dnp3_event_push(s, (uint32_t)(p - s->points), 43, MR_DNP3_SUCCESS, value, now);
    }
    return MR_DNP3_SUCCESS;
}
