/* dnp3_events.c - the buffer of events (IEEE 1815-2012, clause 4.1.6): one ring for all masters, in which each event knows to
 * whom it is still owed. A master that is not heard of loses the oldest ones and is told so (IIN2.3). */
#include "proto/dnp3/dnp3_points.h"

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_dnp3_stored_event, value, MR_F64), MR_FIELD(struct mr_dnp3_stored_event, time, MR_U64),
    MR_FIELD(struct mr_dnp3_stored_event, point, MR_U16), MR_FIELD(struct mr_dnp3_stored_event, group, MR_U8),
    MR_FIELD(struct mr_dnp3_stored_event, flags, MR_U8),  MR_FIELD(struct mr_dnp3_stored_event, event_class, MR_U8),
    MR_FIELD(struct mr_dnp3_stored_event, owed, MR_U8),   MR_FIELD(struct mr_dnp3_stored_event, sent, MR_U8),
};
const struct mr_type mr_dnp3_stored_event_type = MR_TYPE("dnp3_stored_event", struct mr_dnp3_stored_event, fields);
_Static_assert(MR_DNP3_MASTERS_MAX <= 8, "an event has a bit for each master");

/* A master does not need an event any more. */
static void forget(const struct mr_dnp3_station *s, struct mr_dnp3_stored_event *e, uint8_t master)
{
    struct mr_dnp3_master *m = &s->state->masters[master];
    uint8_t bit = (uint8_t)(1u << master);
    if ((e->owed & bit) == 0) {
        return;
    }
    m->waiting[e->event_class & 3]--;
    if (e->sent & bit) {
        m->sent[e->event_class & 3]--;
    }
    e->owed = (uint8_t)(e->owed & ~bit);
    e->sent = (uint8_t)(e->sent & ~bit);
    s->state->dead += e->owed == 0;
}

/* Takes the oldest events out that nobody needs. */
static void trim(const struct mr_dnp3_station *s)
{
    struct mr_dnp3_state *st = s->state;
    while (st->nevents > 0 && mr_dnp3_event_at(s, 0)->owed == 0) {
        st->first = (st->first + 1) % s->events_max;
        st->nevents--;
        st->dead -= st->dead > 0;
    }
}

/* Makes room for one: dead ones go first, then the oldest. */
static void make_room(const struct mr_dnp3_station *s)
{
    struct mr_dnp3_state *st = s->state;
    uint32_t kept = 0;
    for (uint32_t i = 0; st->dead > 0 && i < st->nevents; i++) {
        if (mr_dnp3_event_at(s, i)->owed != 0) {
            *mr_dnp3_event_at(s, kept++) = *mr_dnp3_event_at(s, i);
        }
    }
    if (st->dead > 0) {
        st->nevents = kept;
        st->dead = 0;
    }
    if (st->nevents < s->events_max) {
        return;
    }
    struct mr_dnp3_stored_event *oldest = mr_dnp3_event_at(s, 0);
    for (uint8_t k = 0; k < MR_DNP3_MASTERS_MAX; k++) {
        if (oldest->owed >> k & 1) {
            st->masters[k].overflow = true;
            st->lost++;
            forget(s, oldest, k);
        }
    }
    trim(s);
}

void mr_dnp3_event_push(const struct mr_dnp3_station *s, uint32_t point, uint8_t group, uint8_t flags, double value, mr_ns now)
{
    struct mr_dnp3_state *st = s->state;
    uint8_t class = s->at[point].event_class & 3;
    uint8_t owed = 0;
    for (uint8_t k = 0; class != 0 && k < MR_DNP3_MASTERS_MAX; k++) {
        if (st->masters[k].known) {
            owed = (uint8_t)(owed | 1u << k);
            st->masters[k].waiting[class]++;
        }
    }
    if (owed == 0) {
        return;
    }
    if (st->nevents >= s->events_max) {
        make_room(s);
    }
    *mr_dnp3_event_at(s, st->nevents++) =
        (struct mr_dnp3_stored_event){value, mr_dnp3_station_time(s, now), (uint16_t)point, group, flags, class, owed, 0};
}

void mr_dnp3_event_mark(const struct mr_dnp3_station *s, struct mr_dnp3_stored_event *e, uint8_t master)
{
    uint8_t bit = (uint8_t)(1u << master);
    if ((e->sent & bit) == 0) {
        e->sent |= bit;
        s->state->masters[master].sent[e->event_class & 3]++;
    }
}

static bool any_sent(const struct mr_dnp3_master *m)
{
    return (m->sent[1] | m->sent[2] | m->sent[3]) != 0;
}

void mr_dnp3_events_confirm(const struct mr_dnp3_station *s, uint8_t master)
{
    struct mr_dnp3_master *m = &s->state->masters[master];
    if (!any_sent(m)) {
        return;
    }
    for (uint32_t i = 0; i < s->state->nevents; i++) {
        struct mr_dnp3_stored_event *e = mr_dnp3_event_at(s, i);
        if (e->sent >> master & 1) {
            forget(s, e, master);
        }
    }
    m->overflow = false; /* there is room again */
    trim(s);
}

void mr_dnp3_events_unmark(const struct mr_dnp3_station *s, uint8_t master)
{
    struct mr_dnp3_master *m = &s->state->masters[master];
    uint8_t bit = (uint8_t)(1u << master);
    for (uint32_t i = 0; any_sent(m) && i < s->state->nevents; i++) {
        struct mr_dnp3_stored_event *e = mr_dnp3_event_at(s, i);
        e->sent = (uint8_t)(e->sent & ~bit);
    }
    memset(m->sent, 0, sizeof m->sent);
}

bool mr_dnp3_is_configured(const struct mr_dnp3_station *s, uint16_t address)
{
    for (uint32_t i = 0; i < s->nmasters; i++) {
        if (s->masters[i] == address) {
            return true;
        }
    }
    return false;
}

/* The place of a master heard of for the first time: that of nobody, whose events it gets; a free one; or that of the one heard
 * longest ago which is not configured. */
static int place(const struct mr_dnp3_station *s)
{
    int best = -1;
    for (int k = (int)s->nmasters; k < MR_DNP3_MASTERS_MAX; k++) {
        const struct mr_dnp3_master *m = &s->state->masters[k];
        if (!m->known || m->address == MR_DNP3_NOBODY) {
            return k;
        }
        best = best < 0 || m->connection < s->state->masters[best].connection ? k : best;
    }
    return best;
}

int mr_dnp3_master_number(const struct mr_dnp3_station *s, uint16_t address)
{
    for (int k = 0; k < MR_DNP3_MASTERS_MAX; k++) {
        if (s->state->masters[k].known && s->state->masters[k].address == address) {
            return k;
        }
    }
    int k = place(s);
    if (k < 0) {
        return -1;
    }
    struct mr_dnp3_master *m = &s->state->masters[k];
    if (m->known && m->address != MR_DNP3_NOBODY) {
        for (uint32_t i = 0; i < s->state->nevents; i++) {
            forget(s, mr_dnp3_event_at(s, i), (uint8_t)k);
        }
        trim(s);
        *m = (struct mr_dnp3_master){0};
    }
    m->known = true;
    m->address = address;
    return k;
}
