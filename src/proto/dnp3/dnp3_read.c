/* dnp3_read.c - function 1 (IEEE 1815-2012, clause 4.4): headers become a list of what is to be answered, and the list becomes
 * fragments, each as full as it gets. */
#include "proto/dnp3/dnp3_serve.h"

/* Readable groups whose objects are points. */
static const struct view {
    uint8_t group, kind;
} views[] = {
    {1, MR_DNP3_BINARY},  {3, MR_DNP3_DOUBLE},  {10, MR_DNP3_BINARY_OUTPUT}, {20, MR_DNP3_COUNTER}, {21, MR_DNP3_COUNTER},
    {30, MR_DNP3_ANALOG}, {34, MR_DNP3_ANALOG}, {40, MR_DNP3_ANALOG_OUTPUT}, {110, MR_DNP3_STRING},
};
#define VIEWS (sizeof views / sizeof views[0])

static const struct view *find_view(uint8_t group)
{
    for (size_t i = 0; i < VIEWS; i++) {
        if (views[i].group == group) {
            return &views[i];
        }
    }
    return NULL;
}

static bool is_event_group(uint8_t group)
{
    static const uint8_t groups[] = {2, 4, 11, 13, 22, 23, 32, 42, 43};
    return memchr(groups, group, sizeof groups) != NULL;
}

/* First point of a kind whose index is not below. */
static uint32_t lower_bound(const struct mr_dnp3_station *t, enum mr_dnp3_kind kind, uint32_t index)
{
    uint32_t low = t->first[kind], high = t->first[kind + 1];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (t->points[middle].index < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool mr_dnp3_range(const struct mr_dnp3_station *t, enum mr_dnp3_kind kind, const struct mr_dnp3_object *o, uint32_t *from,
                   uint32_t *to)
{
    if (o->qualifier == MR_DNP3_Q_ALL) {
        *from = t->first[kind];
        *to = t->first[kind + 1];
        return *from < *to;
    }
    *from = lower_bound(t, kind, o->start);
    *to = lower_bound(t, kind, o->start + o->count);
    return *to - *from == o->count;
}

static bool add(struct mr_dnp3_server *s, const struct mr_dnp3_read *r)
{
    if (s->nreads >= MR_DNP3_READS_MAX) {
        return false;
    }
    s->reads[s->nreads++] = *r;
    return true;
}

static bool add_class0(struct mr_dnp3_server *s)
{
    bool ok = true;
    for (size_t i = 0; i < VIEWS; i++) {
        const struct mr_dnp3_station *t = s->station;
        bool in = views[i].group != 34 && (views[i].group != 21 || t->personality->frozen_in_class0);
        if (in && t->first[views[i].kind] < t->first[views[i].kind + 1]) {
            ok = ok && add(s, &(struct mr_dnp3_read){.group = views[i].group, .all = true, .class0 = true});
        }
    }
    return ok;
}

/* Classes 1 to 3; several in a row are answered together, in the order of time. */
static bool add_class(struct mr_dnp3_server *s, const struct mr_dnp3_object *o)
{
    uint8_t class = (uint8_t)(o->variation - 1);
    bool all = o->qualifier == MR_DNP3_Q_ALL;
    struct mr_dnp3_read *last = s->nreads > 0 ? &s->reads[s->nreads - 1] : NULL;
    if (last && last->group == 60 && last->all && all) {
        last->start |= 1u << class;
        return true;
    }
    return add(s, &(struct mr_dnp3_read){.group = 60, .all = all, .start = 1u << class, .count = o->count});
}

/* Points by header; indexes one by one become ranges of one. */
static bool add_points(struct mr_dnp3_call *c, const struct mr_dnp3_object *o, struct mr_reader *r)
{
    const struct mr_dnp3_station *t = c->s->station;
    enum mr_dnp3_kind kind = (enum mr_dnp3_kind)find_view(o->group)->kind;
    struct mr_dnp3_read read = {o->group, o->variation, o->qualifier == MR_DNP3_Q_ALL, false, o->start, o->count};
    uint32_t from, to;
    if (o->qualifier == MR_DNP3_Q_ALL || mr_dnp3_is_range(o)) {
        bool whole = mr_dnp3_range(t, kind, o, &from, &to);
        c->iin |= whole ? 0 : read.all ? MR_DNP3_IIN_UNKNOWN_OBJECT : MR_DNP3_IIN_PARAMETER;
        return from == to || add(c->s, &read);
    }
    if (o->qualifier != MR_DNP3_Q_INDEX8 && o->qualifier != MR_DNP3_Q_INDEX16) {
        return false;
    }
    read.count = 1;
    for (uint32_t i = 0; i < o->count; i++) {
        read.start = mr_dnp3_prefix_read(r, o, i);
        if (!mr_dnp3_find_point(t, kind, read.start)) {
            c->iin |= MR_DNP3_IIN_PARAMETER;
        } else if (r->bad || !add(c->s, &read)) {
            return false;
        }
    }
    return !r->bad;
}

/* Statistics of Secure Authentication: all of them, or a range. */
static bool add_statistics(struct mr_dnp3_call *c, const struct mr_dnp3_object *o)
{
    struct mr_dnp3_read read = {.group = 121, .count = MR_DNP3_STATISTICS};
    if (o->qualifier == MR_DNP3_Q_ALL) {
        return add(c->s, &read);
    }
    if (!mr_dnp3_is_range(o) || o->start + o->count > MR_DNP3_STATISTICS) {
        return false;
    }
    read.start = o->start;
    read.count = o->count;
    return add(c->s, &read);
}

/* Device attributes: there is one set of them, which a range calls 0 (annex A.1). */
static bool add_attributes(struct mr_dnp3_call *c, const struct mr_dnp3_object *o)
{
    struct mr_dnp3_read read = {.group = 0, .variation = o->variation};
    bool set0 = o->qualifier == MR_DNP3_Q_ALL || (mr_dnp3_is_range(o) && o->start == 0);
    c->iin |= !set0 || o->count > 1 ? MR_DNP3_IIN_PARAMETER : 0;
    return set0 ? add(c->s, &read) : mr_dnp3_is_range(o);
}

/* Internal indications: all of them, or a range (annex A.28). */
static bool add_indications(struct mr_dnp3_call *c, const struct mr_dnp3_object *o)
{
    struct mr_dnp3_read read = {.group = 80, .variation = 1, .count = MR_DNP3_INDICATIONS};
    if (mr_dnp3_is_range(o) && o->start + o->count <= MR_DNP3_INDICATIONS) {
        read.start = o->start;
        read.count = o->count;
    } else if (o->qualifier != MR_DNP3_Q_ALL) {
        c->iin |= MR_DNP3_IIN_PARAMETER;
        return mr_dnp3_is_range(o);
    }
    return add(c->s, &read);
}

/* One header; false where the rest of the request cannot be understood any more. */
static bool add_object(struct mr_dnp3_call *c, const struct mr_dnp3_object *o, struct mr_reader *r)
{
    bool counted = o->qualifier == MR_DNP3_Q_ALL || o->qualifier == MR_DNP3_Q_COUNT8 || o->qualifier == MR_DNP3_Q_COUNT16;
    struct mr_dnp3_read read = {o->group, o->variation, o->qualifier == MR_DNP3_Q_ALL, false, 0, o->count};
    if (o->group == 60 && o->variation >= 1 && o->variation <= 4) {
        return counted && (o->variation == 1 ? add_class0(c->s) : add_class(c->s, o));
    }
    if (find_view(o->group) && (o->variation == 0 || o->group == 110 || mr_dnp3_format(o->group, o->variation))) {
        return add_points(c, o, r);
    }
    if (is_event_group(o->group) && (o->variation == 0 || mr_dnp3_format(o->group, o->variation))) {
        return counted && add(c->s, &read);
    }
    if (o->group == 0 && mr_dnp3_attribute_exists(c->s->station, o->variation)) {
        return add_attributes(c, o);
    }
    if (o->group == 50 && o->variation == 1) {
        return add(c->s, &read);
    }
    if (o->group == 80 && o->variation == 1) {
        return add_indications(c, o);
    }
    if (o->group == 121 && o->variation <= 1 && c->s->station->settings->authentication) {
        return add_statistics(c, o);
    }
    c->iin |= MR_DNP3_IIN_UNKNOWN_OBJECT;
    return o->qualifier != MR_DNP3_Q_INDEX8 && o->qualifier != MR_DNP3_Q_INDEX16 && o->qualifier != MR_DNP3_Q_FREE;
}

/* --- statics --- */

static struct mr_dnp3_sample static_sample(const struct mr_dnp3_station *t, uint8_t group, uint32_t i)
{
    const struct mr_dnp3_point_state *at = &t->at[i];
    if (group == 21) {
        return (struct mr_dnp3_sample){at->frozen, at->flags, at->frozen_at};
    }
    if (group == 34) {
        return (struct mr_dnp3_sample){.value = at->deadband};
    }
    return (struct mr_dnp3_sample){mr_dnp3_point_value(t, i), at->flags, 0};
}

static void write_packed(struct mr_writer *w, const struct mr_dnp3_station *t, uint32_t i, uint32_t n, unsigned bits)
{
    unsigned octet = 0;
    for (uint32_t k = 0; k < n; k++) {
        unsigned shift = k * bits % 8;
        octet |= (unsigned)mr_dnp3_point_value(t, i + k) << shift;
        if (shift + bits == 8 || k + 1 == n) {
            mr_write_u8(w, (uint8_t)octet);
            octet = 0;
        }
    }
}

/* Points with indexes in a row and of one variation: a header and as many of them as fit; how many these were. */
static uint32_t write_run(const struct mr_dnp3_station *t, uint8_t group, uint8_t variation, uint32_t i, uint32_t n,
                          struct mr_writer *w)
{
    const struct mr_dnp3_format *f = mr_dnp3_format(group, variation);
    bool wide = t->points[i].index + n - 1 > UINT8_MAX;
    size_t left = mr_writer_left(w), head = wide ? 7 : 5;
    unsigned packed = f && f->bytes == 0 ? (f->value == MR_DNP3_V_BIT ? 1 : 2) : 0;
    unsigned bits = packed > 0 ? packed : 8u * (f ? f->bytes : variation); /* a string's length is its variation */
    MR_ASSERT(bits > 0);
    size_t fit = left <= head ? 0 : (left - head) * 8 / bits;
    n = n < fit ? n : (uint32_t)fit;
    if (n == 0) {
        return 0;
    }
    struct mr_dnp3_object o = {group, variation, wide ? MR_DNP3_Q_RANGE16 : MR_DNP3_Q_RANGE8, t->points[i].index, n};
    mr_dnp3_object_write(w, &o);
    if (packed > 0) {
        write_packed(w, t, i, n, packed);
        return n;
    }
    for (uint32_t k = 0; k < n; k++) {
        if (f) {
            struct mr_dnp3_sample sample = static_sample(t, group, i + k);
            mr_dnp3_sample_write(w, f, &sample);
        } else {
            mr_write_str(w, t->points[i + k].text);
        }
    }
    return n;
}

/* The variation for a point: the one asked for or its own; what is not simply on line is never packed (annex A.2). */
static uint8_t pick(const struct mr_dnp3_station *t, const struct mr_dnp3_read *r, uint32_t i)
{
    uint8_t v = r->variation != 0 && r->group != 110 ? r->variation : mr_dnp3_point_variation(t, i, r->group);
    bool packed = v == 1 && (r->group == 1 || r->group == 3 || r->group == 10);
    return packed && t->at[i].flags != MR_DNP3_ONLINE ? 2 : v;
}

static bool write_points(struct mr_dnp3_server *s, const struct mr_dnp3_read *r, struct mr_writer *w)
{
    const struct mr_dnp3_station *t = s->station;
    const struct view *v = find_view(r->group);
    struct mr_dnp3_object o = {0, 0, r->all ? MR_DNP3_Q_ALL : MR_DNP3_Q_RANGE16, r->start, r->count};
    uint32_t i, to;
    (void)mr_dnp3_range(t, (enum mr_dnp3_kind)v->kind, &o, &i, &to);
    i = i < s->read_point ? s->read_point : i;
    while (i < to) {
        uint8_t variation = pick(t, r, i);
        uint32_t n = r->class0 && t->points[i].hidden ? 0 : 1;
        while (n > 0 && i + n < to && t->points[i + n].index == t->points[i].index + n && pick(t, r, i + n) == variation &&
               !(r->class0 && t->points[i + n].hidden)) {
            n++;
        }
        if (n == 0) { /* hidden */
            i++;
            continue;
        }
        uint32_t written = write_run(t, r->group, variation, i, n, w);
        if (written < n) {
            s->read_point = i + written;
            return false;
        }
        i += n;
    }
    return true;
}

/* --- events --- */

/* A header whose objects are being written. */
struct run {
    uint8_t group, variation;
    bool wide;
    uint32_t n;
    size_t at; /* of its count */
    uint64_t common;
    bool has_common;
};

/* The common time of relative ones (g51), where the last does not serve. */
static bool write_common(const struct mr_dnp3_station *t, struct run *run, uint64_t time, struct mr_writer *w)
{
    if (run->has_common && time >= run->common && time - run->common <= UINT16_MAX) {
        return true;
    }
    if (mr_writer_left(w) < 10) {
        return false;
    }
    struct mr_dnp3_object o = {51, t->state->need_time ? 2 : 1, MR_DNP3_Q_COUNT8, 0, 1};
    mr_dnp3_object_write(w, &o);
    mr_dnp3_time_write(w, time);
    run->common = time;
    run->has_common = true;
    run->n = 0; /* a header follows */
    return true;
}

static bool write_event(const struct mr_dnp3_station *t, const struct mr_dnp3_stored_event *e, uint8_t variation, struct run *run,
                        struct mr_writer *w)
{
    uint8_t v = variation != 0 ? variation : mr_dnp3_point_variation(t, e->point, e->group);
    const struct mr_dnp3_format *f = mr_dnp3_format(e->group, v);
    uint16_t index = t->points[e->point].index;
    struct mr_dnp3_sample sample = {e->value, e->flags, e->time};
    if (!f) {
        return true; /* a damaged snapshot's */
    }
    size_t common_at = w->n;
    struct run before = *run;
    if (f->when == MR_DNP3_W_RELATIVE) {
        if (!write_common(t, run, e->time, w)) {
            return false;
        }
        sample.time = e->time - run->common;
    }
    bool wide = t->points[t->first[t->points[e->point].kind + 1] - 1].index > UINT8_MAX;
    bool follows = run->n > 0 && run->group == e->group && run->variation == v && run->n < (wide ? UINT16_MAX : UINT8_MAX);
    if (mr_writer_left(w) < (follows ? 0u : 5u) + 2u + f->bytes) {
        w->n = common_at;
        *run = before;
        return false;
    }
    if (!follows) {
        run->group = e->group;
        run->variation = v;
        run->wide = wide;
        run->n = 0;
        run->at = w->n + 3;
        struct mr_dnp3_object o = {e->group, v, wide ? MR_DNP3_Q_INDEX16 : MR_DNP3_Q_INDEX8, 0, 0};
        mr_dnp3_object_write(w, &o);
    }
    run->n++;
    w->p[run->at] = (uint8_t)run->n;
    if (run->wide) {
        w->p[run->at + 1] = (uint8_t)(run->n >> 8);
        mr_write_u16le(w, index);
    } else {
        mr_write_u8(w, (uint8_t)index);
    }
    mr_dnp3_sample_write(w, f, &sample);
    return true;
}

/* Which events, and in which variation. */
struct choice {
    uint8_t classes, group, variation;
    bool again;
    uint32_t *left; /* NULL: all */
};

static bool write_events(struct mr_dnp3_server *s, const struct choice *c, struct mr_writer *w)
{
    const struct mr_dnp3_station *t = s->station;
    uint8_t bit = (uint8_t)(1u << s->master);
    struct run run = {0};
    for (uint32_t i = 0; i < t->state->nevents && (!c->left || *c->left > 0); i++) {
        struct mr_dnp3_stored_event *e = mr_dnp3_event_at(t, i);
        bool wanted = c->group != 0 ? e->group == c->group : (c->classes >> (e->event_class & 3) & 1) != 0;
        if (!wanted || (e->owed & bit) == 0 || ((e->sent & bit) != 0) != c->again || e->point >= t->npoints) {
            continue;
        }
        if (!write_event(t, e, c->variation, &run, w)) {
            return false;
        }
        mr_dnp3_event_mark(t, e, s->master);
        if (c->left) {
            (*c->left)--;
        }
    }
    return true;
}

bool mr_dnp3_write_class_events(struct mr_dnp3_server *s, uint8_t classes, bool again, struct mr_writer *w)
{
    return write_events(s, &(struct choice){.classes = classes, .again = again}, w);
}

/* --- the list --- */

/* Flags, association, count (annex A.46). A snapshot may hold any range. */
static bool write_statistics(const struct mr_dnp3_server *s, const struct mr_dnp3_read *r, struct mr_writer *w)
{
    enum { BYTES = 7 };
    if (r->start >= MR_DNP3_STATISTICS || r->count > MR_DNP3_STATISTICS - r->start || r->count == 0) {
        return true;
    }
    if (mr_writer_left(w) < 5 + (size_t)r->count * BYTES) {
        return false;
    }
    mr_dnp3_object_write(w, &(struct mr_dnp3_object){121, 1, MR_DNP3_Q_RANGE8, r->start, r->count});
    for (uint32_t i = r->start; i < r->start + r->count; i++) {
        mr_write_u8(w, MR_DNP3_ONLINE);
        mr_write_u16le(w, 0);
        mr_write_u32le(w, s->station->state->statistics[i]);
    }
    return true;
}

/* As bits, the first in the lowest. A snapshot may hold any range. */
static void write_indications(const struct mr_dnp3_server *s, const struct mr_dnp3_read *r, struct mr_writer *w)
{
    if (r->start >= MR_DNP3_INDICATIONS || r->count > MR_DNP3_INDICATIONS - r->start || r->count == 0) {
        return;
    }
    uint32_t bits = ((uint32_t)mr_dnp3_indications(s) >> r->start) & ((1u << r->count) - 1);
    mr_dnp3_object_write(w, &(struct mr_dnp3_object){80, 1, MR_DNP3_Q_RANGE8, r->start, r->count});
    for (uint32_t i = 0; i < r->count; i += 8) {
        mr_write_u8(w, (uint8_t)(bits >> i));
    }
}

static bool write_one(struct mr_dnp3_server *s, const struct mr_dnp3_read *r, struct mr_writer *w, mr_ns now)
{
    uint32_t *left = r->all ? NULL : &s->read_left;
    if (find_view(r->group)) {
        return write_points(s, r, w);
    }
    if (r->group == 60) {
        return write_events(s, &(struct choice){.classes = (uint8_t)r->start, .left = left}, w);
    }
    if (is_event_group(r->group)) {
        return write_events(s, &(struct choice){.group = r->group, .variation = r->variation, .left = left}, w);
    }
    if (r->group == 0) {
        return mr_dnp3_write_attributes(s->station, r->variation, &s->read_point, w);
    }
    if (r->group == 121) {
        return write_statistics(s, r, w);
    }
    if (mr_writer_left(w) < 10) {
        return false;
    }
    if (r->group == 50) {
        mr_dnp3_object_write(w, &(struct mr_dnp3_object){50, 1, MR_DNP3_Q_COUNT8, 0, 1});
        mr_dnp3_time_write(w, mr_dnp3_station_time(s->station, now));
    } else if (r->group == 80) {
        write_indications(s, r, w);
    }
    return true;
}

bool mr_dnp3_read_on(struct mr_dnp3_server *s, struct mr_writer *w, mr_ns now)
{
    while (s->read_at < s->nreads && s->read_at < MR_DNP3_READS_MAX) {
        const struct mr_dnp3_read *r = &s->reads[s->read_at];
        if (!write_one(s, r, w, now)) {
            return false;
        }
        s->read_at++;
        s->read_point = 0;
        s->read_left = s->read_at < s->nreads && s->read_at < MR_DNP3_READS_MAX ? s->reads[s->read_at].count : 0;
    }
    s->nreads = s->read_at = 0;
    return true;
}

void mr_dnp3_serve_read(struct mr_dnp3_call *c)
{
    struct mr_dnp3_server *s = c->s;
    struct mr_reader r = mr_reader(c->request.objects);
    struct mr_dnp3_object o;
    s->nreads = s->read_at = s->read_point = 0;
    while (mr_reader_left(&r) > 0) {
        if (!mr_dnp3_object_read(&r, &o)) {
            c->iin |= MR_DNP3_IIN_PARAMETER;
            break;
        }
        if (o.group == 70) {
            mr_dnp3_serve_file(c);
            return;
        }
        if (!add_object(c, &o, &r)) {
            c->iin |= (c->iin & MR_DNP3_IIN_UNKNOWN_OBJECT) ? 0 : MR_DNP3_IIN_PARAMETER;
            break;
        }
    }
    s->read_left = s->nreads > 0 ? s->reads[0].count : 0;
}
