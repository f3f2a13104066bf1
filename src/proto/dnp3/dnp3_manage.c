/* dnp3_manage.c - functions that write, freeze, restart, assign classes and keep time (IEEE 1815-2012, clauses 4.4
 * and 10), and file transfer, which is refused. */
#include "proto/dnp3/dnp3_serve.h"

static void note(struct mr_dnp3_call *c, enum mr_dnp3_event_kind kind, uint8_t group, uint32_t index, double value)
{
    struct mr_dnp3_event ev = {
        .kind = (uint8_t)kind, .function = c->request.function, .group = group, .index = (uint16_t)index, .value = value};
    mr_dnp3_note(c->s, &ev);
}

/* --- write --- */

/* Internal indications: bit 7, the restart, can be cleared; nothing else (annex A.28). */
static bool write_iin(struct mr_dnp3_call *c, const struct mr_dnp3_object *o, struct mr_reader *r)
{
    bool ranged = mr_dnp3_is_range(o);
    struct mr_slice bits = ranged ? mr_read_bytes(r, (o->count + 7) / 8) : mr_slice(NULL, 0);
    if (r->bad || !ranged || o->start != 7 || o->count != 1 || (bits.p[0] & 1) != 0) {
        c->iin |= MR_DNP3_IIN_PARAMETER;
        return !r->bad && ranged;
    }
    c->s->station->state->restarted = false;
    note(c, MR_DNP3_EV_WRITE, 80, 7, 0);
    return true;
}

static void set_clock(struct mr_dnp3_call *c, uint64_t ms, mr_ns at)
{
    const struct mr_dnp3_station *t = c->s->station;
    struct mr_dnp3_state *st = t->state;
    if (ms > (uint64_t)(INT64_MAX / MR_MS)) { /* 2262 */
        c->iin |= MR_DNP3_IIN_PARAMETER;
        return;
    }
    st->clock = ms * MR_MS - (uint64_t)at;
    st->need_time = false;
    st->time_until = t->personality->time_valid > 0 ? c->now + t->personality->time_valid : MR_NEVER_NS;
    note(c, MR_DNP3_EV_TIME_SET, 50, 0, (double)ms);
}

/* Variation 1 is the time now; variation 3 the time at which function 24 was heard, on networks (clause 10.3). */
static bool write_time(struct mr_dnp3_call *c, const struct mr_dnp3_object *o, struct mr_reader *r)
{
    struct mr_dnp3_state *st = c->s->station->state;
    bool one = (o->qualifier == MR_DNP3_Q_COUNT8 || o->qualifier == MR_DNP3_Q_COUNT16) && o->count == 1;
    if (!one || (o->variation != 1 && o->variation != 3)) {
        c->iin |= one ? MR_DNP3_IIN_UNKNOWN_OBJECT : MR_DNP3_IIN_PARAMETER;
        return false;
    }
    uint64_t ms = mr_dnp3_time_read(r);
    if (r->bad || (o->variation == 3 && !st->time_recorded)) {
        c->iin |= MR_DNP3_IIN_PARAMETER;
        return !r->bad;
    }
    set_clock(c, ms, o->variation == 1 ? c->now : st->recorded_at);
    st->time_recorded = false;
    return true;
}

static bool write_deadbands(struct mr_dnp3_call *c, const struct mr_dnp3_object *o, struct mr_reader *r)
{
    const struct mr_dnp3_station *t = c->s->station;
    const struct mr_dnp3_format *f = mr_dnp3_format(34, o->variation);
    for (uint32_t i = 0; i < o->count && f; i++) {
        struct mr_dnp3_sample v;
        uint32_t index = mr_dnp3_prefix_read(r, o, i);
        mr_dnp3_sample_read(r, f, &v);
        const struct mr_dnp3_point *p = mr_dnp3_find_point(t, MR_DNP3_ANALOG, index);
        if (r->bad) {
            break;
        }
        if (!p || !(v.value >= 0)) {
            c->iin |= MR_DNP3_IIN_PARAMETER;
            continue;
        }
        t->at[p - t->points].deadband = v.value;
        note(c, MR_DNP3_EV_WRITE, 34, index, v.value);
    }
    c->iin |= !f ? MR_DNP3_IIN_UNKNOWN_OBJECT : r->bad ? MR_DNP3_IIN_PARAMETER : 0;
    return f && !r->bad;
}

void mr_dnp3_serve_write(struct mr_dnp3_call *c)
{
    struct mr_reader r = mr_reader(c->request.objects);
    struct mr_dnp3_object o;
    bool go_on = mr_reader_left(&r) > 0;
    c->iin |= go_on ? 0 : MR_DNP3_IIN_PARAMETER;
    while (go_on && mr_reader_left(&r) > 0) {
        if (!mr_dnp3_object_read(&r, &o)) {
            c->iin |= MR_DNP3_IIN_PARAMETER;
            return;
        }
        if (o.group == 80 && o.variation == 1) {
            go_on = write_iin(c, &o, &r);
        } else if (o.group == 50) {
            go_on = write_time(c, &o, &r);
        } else if (o.group == 34 && mr_dnp3_names_points(&o)) {
            go_on = write_deadbands(c, &o, &r);
        } else if (o.group == 70) {
            mr_dnp3_serve_file(c);
            return;
        } else {
            bool known = o.group == 0 && mr_dnp3_attribute_exists(c->s->station, o.variation);
            c->iin |= known || o.group == 34 ? MR_DNP3_IIN_PARAMETER : MR_DNP3_IIN_UNKNOWN_OBJECT;
            return; /* how long its data are is not known */
        }
    }
}

/* --- freeze --- */

static void freeze(struct mr_dnp3_call *c, uint32_t i, bool clear)
{
    const struct mr_dnp3_station *t = c->s->station;
    struct mr_dnp3_point_state *at = &t->at[i];
    at->frozen = mr_dnp3_point_value(t, i);
    at->frozen_at = mr_dnp3_station_time(t, c->now);
    if (t->points[i].frozen_events) {
        mr_dnp3_event_push(t, i, 23, at->flags, at->frozen, c->now);
    }
    if (clear) {
        at->base += at->frozen;
        at->reported = 0;
    }
}

void mr_dnp3_serve_freeze(struct mr_dnp3_call *c)
{
    const struct mr_dnp3_station *t = c->s->station;
    bool clear = c->request.function == MR_DNP3_FREEZE_CLEAR || c->request.function == MR_DNP3_FREEZE_CLEAR_NR;
    struct mr_reader r = mr_reader(c->request.objects);
    struct mr_dnp3_object o;
    c->iin |= mr_reader_left(&r) == 0 ? MR_DNP3_IIN_PARAMETER : 0;
    while (mr_reader_left(&r) > 0) {
        uint32_t from = 0, to = 0;
        if (!mr_dnp3_object_read(&r, &o) || (o.qualifier != MR_DNP3_Q_ALL && !mr_dnp3_is_range(&o))) {
            c->iin |= MR_DNP3_IIN_PARAMETER;
            return;
        }
        if (o.group != 20 || t->first[MR_DNP3_COUNTER] == t->first[MR_DNP3_COUNTER + 1]) {
            c->iin |= MR_DNP3_IIN_UNKNOWN_OBJECT;
            continue;
        }
        c->iin |= mr_dnp3_range(t, MR_DNP3_COUNTER, &o, &from, &to) ? 0 : MR_DNP3_IIN_PARAMETER;
        for (uint32_t i = from; i < to; i++) {
            freeze(c, i, clear);
        }
        note(c, MR_DNP3_EV_FREEZE, 20, o.start, to - from);
    }
}

/* --- restart, time --- */

static void write_delay(struct mr_dnp3_call *c, uint8_t variation, uint16_t v)
{
    mr_dnp3_object_write(&c->w, &(struct mr_dnp3_object){52, variation, MR_DNP3_Q_COUNT8, 0, 1});
    mr_write_u16le(&c->w, v);
}

void mr_dnp3_serve_restart(struct mr_dnp3_call *c)
{
    mr_ns t = c->s->station->personality->restart_time;
    if (c->request.objects.n > 0) {
        c->iin |= MR_DNP3_IIN_PARAMETER;
        return;
    }
    bool coarse = t >= UINT16_MAX * MR_MS; /* seconds, or milliseconds */
    write_delay(c, coarse ? 1 : 2, (uint16_t)(coarse ? t / MR_S : t / MR_MS));
    bool cold = c->request.function == MR_DNP3_COLD_RESTART;
    note(c, cold ? MR_DNP3_EV_COLD_RESTART : MR_DNP3_EV_WARM_RESTART, 0, 0, 0);
}

/* Between hearing a request and answering it no time passes that a master could measure. */
void mr_dnp3_serve_delay(struct mr_dnp3_call *c)
{
    if (c->request.objects.n > 0) {
        c->iin |= MR_DNP3_IIN_PARAMETER;
        return;
    }
    write_delay(c, 2, 0);
}

void mr_dnp3_serve_record_time(struct mr_dnp3_call *c)
{
    if (c->request.objects.n > 0) {
        c->iin |= MR_DNP3_IIN_PARAMETER;
        return;
    }
    c->s->station->state->time_recorded = true;
    c->s->station->state->recorded_at = c->now;
}

/* --- unsolicited responses and classes --- */

void mr_dnp3_serve_unsolicited(struct mr_dnp3_call *c)
{
    struct mr_dnp3_server *s = c->s;
    const struct mr_dnp3_station *t = s->station;
    bool on = c->request.function == MR_DNP3_ENABLE_UNSOLICITED;
    struct mr_reader r = mr_reader(c->request.objects);
    struct mr_dnp3_object o;
    uint8_t classes = 0;
    if (!t->personality->unsolicited || t->settings->unsolicited_off) {
        c->iin |= MR_DNP3_IIN_NO_FUNCTION;
        return;
    }
    while (mr_reader_left(&r) > 0) {
        if (!mr_dnp3_object_read(&r, &o)) {
            c->iin |= MR_DNP3_IIN_PARAMETER;
            return;
        }
        if (o.group != 60 || o.variation < 2 || o.variation > 4 || o.qualifier != MR_DNP3_Q_ALL) {
            c->iin |= o.group == 60 ? MR_DNP3_IIN_PARAMETER : MR_DNP3_IIN_UNKNOWN_OBJECT;
            return;
        }
        classes = (uint8_t)(classes | 1u << (o.variation - 1));
    }
    struct mr_dnp3_master *m = &t->state->masters[s->master];
    m->unsolicited = (uint8_t)(on ? m->unsolicited | classes : m->unsolicited & ~classes);
    if (on && s->unsolicited_stage == MR_DNP3_U_OFF) {
        s->unsolicited_stage = MR_DNP3_U_READY;
    } else if (m->unsolicited == 0) {
        mr_dnp3_take_back_unsolicited(s);
    }
    note(c, MR_DNP3_EV_UNSOLICITED, 60, classes, on);
}

/* Headers of classes (g60), each followed by those of the points that are to be of it (clause 4.4). */
void mr_dnp3_serve_assign(struct mr_dnp3_call *c)
{
    const struct mr_dnp3_station *t = c->s->station;
    struct mr_reader r = mr_reader(c->request.objects);
    struct mr_dnp3_object o;
    int wanted = -1; /* class */
    while (mr_reader_left(&r) > 0) {
        if (!mr_dnp3_object_read(&r, &o)) {
            c->iin |= MR_DNP3_IIN_PARAMETER;
            return;
        }
        if (o.group == 60 && o.variation >= 1 && o.variation <= 4) {
            wanted = o.variation - 1;
            continue;
        }
        int kind = 0;
        while (kind < MR_DNP3_STRING && mr_dnp3_kind_groups[kind].statics != o.group) {
            kind++;
        }
        uint32_t from = 0, to = 0;
        if (kind == MR_DNP3_STRING || t->first[kind] == t->first[kind + 1]) {
            c->iin |= MR_DNP3_IIN_UNKNOWN_OBJECT;
            continue;
        }
        if (o.qualifier != MR_DNP3_Q_ALL && !mr_dnp3_is_range(&o)) {
            c->iin |= MR_DNP3_IIN_PARAMETER;
            return; /* indexes may follow */
        }
        if (wanted < 0 || !mr_dnp3_range(t, (enum mr_dnp3_kind)kind, &o, &from, &to)) {
            c->iin |= MR_DNP3_IIN_PARAMETER;
            continue;
        }
        for (uint32_t i = from; i < to; i++) {
            t->at[i].event_class = (uint8_t)wanted;
            t->at[i].reported = mr_dnp3_point_value(t, i); /* what was before makes no event */
            t->at[i].reported_flags = t->at[i].flags;
        }
        note(c, MR_DNP3_EV_ASSIGN_CLASS, o.group, o.start, wanted);
    }
}

/* --- files --- */

/* There are none: whatever is asked for gets a status (annex A.27), in the form that belongs to the function. */
void mr_dnp3_serve_file(struct mr_dnp3_call *c)
{
    enum { NOT_FOUND = 3, INVALID_HANDLE = 6 };
    struct mr_reader r = mr_reader(c->request.objects);
    struct mr_dnp3_object o;
    if (!c->s->station->personality->files) {
        bool of_files = c->request.function >= MR_DNP3_OPEN_FILE;
        c->iin |= of_files ? MR_DNP3_IIN_NO_FUNCTION : MR_DNP3_IIN_UNKNOWN_OBJECT;
        return;
    }
    if (!mr_dnp3_object_read(&r, &o) || o.group != 70 || o.qualifier != MR_DNP3_Q_FREE || o.count != 1) {
        c->iin |= MR_DNP3_IIN_PARAMETER;
        return;
    }
    struct mr_slice object = mr_read_bytes(&r, mr_dnp3_prefix_read(&r, &o, 0));
    if (r.bad) {
        c->iin |= MR_DNP3_IIN_PARAMETER;
        return;
    }
    struct mr_reader f = mr_reader(object);
    uint32_t handle = 0, block = 0;
    uint16_t request = 0;
    bool transport = o.variation == 5;
    if (o.variation == 3 && object.n >= 26) { /* a command: its request number is the last of the fixed fields */
        (void)mr_read_bytes(&f, 24);
        request = mr_read_u16le(&f);
    } else if (o.variation == 4 || o.variation == 5) {
        handle = mr_read_u32le(&f);
        block = mr_read_u32le(&f);
        (void)mr_read_u16le(&f);
        request = o.variation == 4 ? mr_read_u16le(&f) : 0;
    } else if (o.variation == 7 && object.n >= 20) { /* a descriptor: likewise */
        (void)mr_read_bytes(&f, 18);
        request = mr_read_u16le(&f);
    }
    mr_dnp3_object_write(&c->w, &(struct mr_dnp3_object){70, transport ? 6 : 4, MR_DNP3_Q_FREE, 0, 1});
    mr_write_u16le(&c->w, transport ? 9 : 13);
    mr_write_u32le(&c->w, handle);
    mr_write_u32le(&c->w, transport ? block : 0); /* of a status: the file's size */
    if (!transport) {
        mr_write_u16le(&c->w, 0); /* block size */
        mr_write_u16le(&c->w, request);
    }
    mr_write_u8(&c->w, transport || o.variation == 4 ? INVALID_HANDLE : NOT_FOUND);
}
