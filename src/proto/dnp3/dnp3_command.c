/* dnp3_command.c - functions 3 to 6: select, operate, direct operate with and without an answer (IEEE 1815-2012, clause 4.4). All
 * objects of a request are judged before any acts; the answer repeats them with a status each. */
#include "proto/dnp3/dnp3_serve.h"

/* One object of a command. */
struct target {
    uint8_t group, variation;
    uint32_t index;
    struct mr_dnp3_crob crob;
    double value;
};

static bool is_block(const struct mr_dnp3_object *o)
{
    return (o->group == 12 && o->variation == 1) || (o->group == 41 && o->variation >= 1 && o->variation <= 4);
}

static bool is_command(const struct mr_dnp3_object *o)
{
    return is_block(o) && (o->qualifier == MR_DNP3_Q_INDEX8 || o->qualifier == MR_DNP3_Q_INDEX16);
}

/* Analog output blocks are a value in the form of g40 with the status behind it. */
static void read_target(struct mr_reader *r, const struct mr_dnp3_object *o, uint32_t i, struct target *t)
{
    *t = (struct target){.group = o->group, .variation = o->variation, .index = mr_dnp3_prefix_read(r, o, i)};
    if (o->group == 12) {
        mr_dnp3_crob_read(r, &t->crob);
        return;
    }
    switch (o->variation) {
    case 1:
        t->value = (int32_t)mr_read_u32le(r);
        break;
    case 2:
        t->value = (int16_t)mr_read_u16le(r);
        break;
    case 3:
        t->value = (double)mr_read_f32le(r);
        break;
    default:
        t->value = mr_read_f64le(r);
        break;
    }
    (void)mr_read_u8(r);
}

/* Whether anything stands against commands as such. */
static enum mr_dnp3_status permission(const struct mr_dnp3_call *c)
{
    const struct mr_dnp3_station *t = c->s->station;
    if ((mr_dnp3_rights(t->settings, c->s->client) & MR_DNP3_MAY_CONTROL) == 0) {
        return MR_DNP3_NOT_AUTHORIZED;
    }
    if (t->settings->controls_disabled) {
        return MR_DNP3_INHIBITED;
    }
    return t->state->local ? MR_DNP3_LOCAL : MR_DNP3_SUCCESS;
}

/* Of an OPERATE: it must repeat the SELECT before it, with the next sequence number and in time (clause 4.4). */
static enum mr_dnp3_status selection(const struct mr_dnp3_call *c)
{
    const struct mr_dnp3_server *s = c->s;
    bool same = s->selected && (c->request.control & MR_DNP3_SEQ) == ((s->select_sequence + 1) & MR_DNP3_SEQ) &&
                s->select_hash == mr_hash_fnv(c->request.objects.p, c->request.objects.n);
    if (!same) {
        return MR_DNP3_NO_SELECT;
    }
    return c->now > s->select_until ? MR_DNP3_TIMEOUT : MR_DNP3_SUCCESS;
}

static bool selects_first(const struct mr_dnp3_call *c, const struct target *g)
{
    bool direct = c->request.function == MR_DNP3_DIRECT_OPERATE || c->request.function == MR_DNP3_DIRECT_OPERATE_NR;
    enum mr_dnp3_kind kind = g->group == 12 ? MR_DNP3_BINARY_OUTPUT : MR_DNP3_ANALOG_OUTPUT;
    const struct mr_dnp3_point *p = direct ? mr_dnp3_find_point(c->s->station, kind, g->index) : NULL;
    return p && p->select_first;
}

/* What becomes of one object, the `n`th; `overall` is against all of them. */
static enum mr_dnp3_status judge(const struct mr_dnp3_call *c, const struct target *g, uint32_t n, enum mr_dnp3_status overall,
                                 bool act)
{
    const struct mr_dnp3_station *t = c->s->station;
    if (n >= t->personality->controls_max) {
        return MR_DNP3_TOO_MANY;
    }
    if (overall != MR_DNP3_SUCCESS) {
        return overall;
    }
    if (selects_first(c, g)) {
        return MR_DNP3_NO_SELECT;
    }
    return g->group == 12 ? mr_dnp3_command_binary(t, g->index, &g->crob, act, c->now)
                          : mr_dnp3_command_analog(t, g->index, g->value, act, c->now);
}

static void note(struct mr_dnp3_call *c, const struct target *g, enum mr_dnp3_status status)
{
    bool select = c->request.function == MR_DNP3_SELECT;
    bool denied = status == MR_DNP3_NOT_AUTHORIZED || status == MR_DNP3_INHIBITED;
    struct mr_dnp3_event ev = {.kind = denied   ? MR_DNP3_EV_DENIED
                                       : select ? MR_DNP3_EV_SELECT
                                                : MR_DNP3_EV_OPERATE,
                               .function = c->request.function,
                               .group = g->group,
                               .code = g->crob.code,
                               .status = (uint8_t)status,
                               .index = (uint16_t)g->index,
                               .value = g->value};
    mr_dnp3_note(c->s, &ev);
}

/* Whether all of a request can be read, and by whom it is answered at all. */
static bool sound(struct mr_dnp3_call *c)
{
    struct mr_reader r = mr_reader(c->request.objects);
    struct mr_dnp3_object o;
    struct target g;
    uint32_t n = 0;
    while (mr_reader_left(&r) > 0) {
        if (!mr_dnp3_object_read(&r, &o)) {
            c->iin |= MR_DNP3_IIN_PARAMETER;
            return false;
        }
        if (!is_command(&o)) {
            c->iin |= is_block(&o) ? MR_DNP3_IIN_PARAMETER : MR_DNP3_IIN_UNKNOWN_OBJECT;
            return false;
        }
        for (uint32_t i = 0; i < o.count && !r.bad; i++, n++) {
            read_target(&r, &o, i, &g);
        }
    }
    c->iin |= r.bad || n == 0 ? MR_DNP3_IIN_PARAMETER : 0;
    return !r.bad && n > 0;
}

/* Goes through a request that is sound: judges, and acts where `act`; the answer's objects are written where `c->w` has room. */
static bool run(struct mr_dnp3_call *c, enum mr_dnp3_status overall, bool act)
{
    struct mr_reader r = mr_reader(c->request.objects);
    struct mr_dnp3_object o;
    struct target g;
    bool fine = true;
    uint32_t n = 0;
    while (mr_reader_left(&r) > 0 && mr_dnp3_object_read(&r, &o)) {
        mr_dnp3_object_write(&c->w, &o);
        for (uint32_t i = 0; i < o.count; i++, n++) {
            size_t at = r.at;
            read_target(&r, &o, i, &g);
            enum mr_dnp3_status status = judge(c, &g, n, overall, act);
            mr_write_bytes(&c->w, mr_slice(r.p + at, r.at - at - 1));
            mr_write_u8(&c->w, (uint8_t)status);
            fine = fine && status == MR_DNP3_SUCCESS;
            if (n < MR_DNP3_CONTROLS_MAX) {
                note(c, &g, status);
            }
        }
    }
    return fine;
}

void mr_dnp3_serve_command(struct mr_dnp3_call *c)
{
    struct mr_dnp3_server *s = c->s;
    bool select = c->request.function == MR_DNP3_SELECT, operate = c->request.function == MR_DNP3_OPERATE;
    if (!sound(c)) {
        s->selected = false;
        return;
    }
    enum mr_dnp3_status overall = permission(c);
    if (operate && overall == MR_DNP3_SUCCESS) {
        overall = selection(c);
    }
    bool fine = run(c, overall, !select);
    s->selected = select && fine;
    if (s->selected) {
        s->select_sequence = c->request.control & MR_DNP3_SEQ;
        s->select_until = c->now + s->station->personality->select_timeout;
        s->select_hash = mr_hash_fnv(c->request.objects.p, c->request.objects.n);
    }
}
