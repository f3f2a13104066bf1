/* iec104_output.c - what a session sends as I formats: its queue of answers and tasks first, then events. Interrogations are
 * copied from the station's cells, run by run (iec104_layout.c). */
#include "proto/iec104/iec104_core.h"

/* --- the queue -------------------------------------------------------------------------------------------------------------- */

enum { ENTRY = 2 }; /* length, kind */

void mr_iec104_enqueue(struct mr_iec104_server *s, enum mr_iec104_entry kind, struct mr_slice bytes)
{
    struct mr_writer w = {s->queue, sizeof s->queue, s->nqueue, false};
    mr_write_u8(&w, (uint8_t)bytes.n);
    mr_write_u8(&w, (uint8_t)kind);
    mr_write_bytes(&w, bytes);
    if (!MR_NEVER(w.full)) { /* feed() made room */
        s->nqueue = (uint32_t)w.n;
    }
}

void mr_iec104_enqueue_asdu(struct mr_iec104_server *s, enum mr_iec104_entry kind, const struct mr_iec104_asdu *a)
{
    uint8_t asdu[MR_IEC104_ASDU_MAX];
    struct mr_writer w = mr_writer(asdu, sizeof asdu);
    mr_iec104_asdu_encode(&w, a);
    mr_iec104_enqueue(s, kind, mr_written(&w));
}

/* The entry at `at`; false where there is none. */
static bool entry(const struct mr_iec104_server *s, size_t at, uint8_t *kind, struct mr_slice *bytes)
{
    struct mr_reader r = mr_reader(mr_slice(s->queue, s->nqueue));
    r.at = at;
    uint8_t n = mr_read_u8(&r);
    *kind = mr_read_u8(&r);
    *bytes = mr_read_bytes(&r, n);
    return !r.bad;
}

static void take_out(struct mr_iec104_server *s, size_t at, size_t n)
{
    s->nqueue -= (uint32_t)(ENTRY + n);
    memmove(s->queue + at, s->queue + at + ENTRY + n, s->nqueue - at);
    s->step = at == 0 ? 0 : s->step;
}

bool mr_iec104_dequeue(struct mr_iec104_server *s, enum mr_iec104_entry kind, uint16_t ca)
{
    bool found = false;
    uint8_t k;
    struct mr_slice bytes;
    struct mr_iec104_asdu a;
    for (size_t at = 0; at < s->nqueue && entry(s, at, &k, &bytes);) {
        if (k == kind && mr_iec104_asdu_decode(bytes, &a) && a.ca == ca) {
            take_out(s, at, bytes.n);
            found = true;
        } else {
            at += ENTRY + bytes.n;
        }
    }
    return found;
}

bool mr_iec104_has_task(const struct mr_iec104_server *s)
{
    uint8_t kind;
    struct mr_slice bytes;
    for (size_t at = 0; entry(s, at, &kind, &bytes); at += ENTRY + bytes.n) {
        if (kind != MR_IEC104_LITERAL) {
            return true;
        }
    }
    return false;
}

/* --- tasks ------------------------------------------------------------------------------------------------------------------ */

/* Which runs a task sends, and how. */
struct task {
    uint8_t class, group, period; /* 0: any */
    bool any_ca;
    uint16_t ca;
    uint8_t cause; /* with the test bit */
    uint8_t originator;
};

/* From the request that asked for it, which stands whole in the queue (101, 7.3.4.1 and 7.3.4.2): asked for each ASDU, so nothing
 * is decoded that is not needed. */
static bool understand(uint8_t kind, struct mr_slice bytes, struct task *t)
{
    enum { CAUSE = 2, ORIGINATOR, CA, QUALIFIER = MR_IEC104_HEADER + MR_IEC104_IOA };
    if (kind == MR_IEC104_CYCLE) {
        *t = (struct task){
            .any_ca = true, .cause = MR_IEC104_COT_PERIODIC, .period = bytes.n == 1 ? (uint8_t)(bytes.p[0] + 1) : 0};
        return t->period != 0;
    }
    if (bytes.n != QUALIFIER + 1) {
        return false; /* out of a damaged snapshot */
    }
    bool counters = kind == MR_IEC104_COUNT;
    uint8_t which = bytes.p[QUALIFIER];
    *t = (struct task){.class = counters ? MR_IEC104_COUNTED : MR_IEC104_INTERROGATED,
                       .group = (uint8_t)(counters ? (which & 0x3F) % MR_IEC104_QCC_GENERAL : which - MR_IEC104_QOI_STATION),
                       .originator = bytes.p[ORIGINATOR],
                       .ca = (uint16_t)(bytes.p[CA] | bytes.p[CA + 1] << 8)};
    t->cause = (uint8_t)((counters ? MR_IEC104_COT_COUNTERS : MR_IEC104_COT_INTERROGATED) + t->group);
    t->cause |= bytes.p[CAUSE] & MR_IEC104_TEST;
    return true;
}

static bool wanted(const struct mr_iec104_station *st, const struct mr_iec104_run *r, const struct task *t)
{
    if (t->period != 0) {
        return r->period == t->period && r->class != MR_IEC104_COUNTED;
    }
    return r->class == t->class && (t->group == 0 || r->group == t->group) && (t->any_ca || st->config->cas[r->ca] == t->ca);
}

static void write_run(const struct mr_iec104_station *st, const struct mr_iec104_run *r, const struct task *t,
                      struct mr_writer *w)
{
    uint16_t ca = st->config->cas[r->ca];
    const uint8_t header[MR_IEC104_HEADER] = {r->type, r->vsq, t->cause, t->originator, (uint8_t)ca, (uint8_t)(ca >> 8)};
    mr_write_bytes(w, mr_slice(header, sizeof header));
    mr_write_bytes(w, mr_slice(st->bytes + r->at, r->size));
}

/* The next ASDU of the task at the queue's head; false when it is through. */
static bool next_run(struct mr_iec104_server *s, uint8_t kind, struct mr_slice bytes, struct mr_writer *w)
{
    struct task t = {0};
    if (!understand(kind, bytes, &t)) {
        return false;
    }
    while (s->step < s->station->nruns) {
        const struct mr_iec104_run *r = &s->station->runs[s->step++];
        if (wanted(s->station, r, &t)) {
            write_run(s->station, r, &t, w);
            return true;
        }
    }
    return false;
}

/* An ASDU out of the queue; false when it is empty. */
static bool from_queue(struct mr_iec104_server *s, struct mr_writer *w)
{
    uint8_t kind;
    struct mr_slice bytes;
    while (entry(s, 0, &kind, &bytes)) {
        if (bytes.n > MR_IEC104_ASDU_MAX) {
            break;
        }
        if (kind == MR_IEC104_LITERAL) {
            mr_write_bytes(w, bytes);
            take_out(s, 0, bytes.n);
            return true;
        }
        if (next_run(s, kind, bytes, w)) {
            return true;
        }
        if (kind == MR_IEC104_CYCLE || bytes.n < MR_IEC104_HEADER) {
            take_out(s, 0, bytes.n);
        } else { /* the request, sent back, ends it */
            s->queue[1] = MR_IEC104_LITERAL;
            uint8_t *cause = &s->queue[ENTRY + 2];
            *cause = (uint8_t)((*cause & MR_IEC104_TEST) | MR_IEC104_COT_ACT_TERM);
        }
    }
    s->nqueue = 0; /* empty; or out of a damaged snapshot */
    return false;
}

/* --- events ----------------------------------------------------------------------------------------------------------------- */

struct mr_iec104_reader *mr_iec104_reader_of(struct mr_iec104_server *s)
{
    return s->group < MR_IEC104_REDUNDANCY ? &s->station->s->groups[s->group].reader : &s->own;
}

/* Number of the first event that this session has not sent. */
static uint64_t next_event(const struct mr_iec104_server *s)
{
    return s->group < MR_IEC104_REDUNDANCY ? s->station->s->groups[s->group].reader.read : s->own.read;
}

bool mr_iec104_active(const struct mr_iec104_server *s)
{
    return s->started && (s->group >= MR_IEC104_REDUNDANCY || s->station->s->groups[s->group].active == s->id);
}

/* Past what the buffer has lost. */
static void catch_up(struct mr_iec104_server *s, struct mr_iec104_reader *r)
{
    uint64_t oldest = mr_iec104_oldest(s->station), lost = s->station->s->floor;
    if (r->read < oldest && oldest > lost && s->nevents < MR_IEC104_SERVER_EVENTS) {
        mr_iec104_report(s, MR_IEC104_EV_OVERFLOW, NULL, 0, (double)(oldest - (r->read > lost ? r->read : lost)));
    }
    r->read = r->read > oldest ? r->read : oldest;
    r->acked = r->acked > oldest ? r->acked : oldest;
}

/* An event of the ring; another thing can stand there only out of a damaged snapshot. */
static bool sound(const struct mr_iec104_station *st, uint64_t number)
{
    return st->changes[number % st->personality->events].point < st->config->npoints;
}

static bool goes_with(const struct mr_iec104_station *st, const struct mr_iec104_change *a, const struct mr_iec104_change *b)
{
    return st->cells[a->point].event == st->cells[b->point].event && a->cause == b->cause &&
           st->config->points[a->point].ca == st->config->points[b->point].ca;
}

static void write_change(const struct mr_iec104_station *st, const struct mr_iec104_change *c, struct mr_writer *w)
{
    const struct mr_iec104_cell *cell = &st->cells[c->point];
    const struct mr_iec104_time t = {c->time, c->invalid, false};
    uint8_t tag[7];
    size_t time = mr_iec104_info(cell->event)->time;
    if (time == 7) {
        mr_iec104_cp56_encode(tag, &t);
    } else if (time == 3) {
        mr_iec104_cp24_encode(tag, &t);
    }
    mr_write_u24le(w, st->config->points[c->point].ioa);
    mr_write_bytes(w, mr_slice(c->element, cell->size));
    mr_write_bytes(w, mr_slice(tag, time));
}

/* Events of one type and cause, in the order of time. */
static bool from_events(struct mr_iec104_server *s, struct mr_writer *w)
{
    const struct mr_iec104_station *st = s->station;
    const struct mr_iec104_personality *p = st->personality;
    struct mr_iec104_reader *r = mr_iec104_reader_of(s);
    catch_up(s, r);
    if (r->read >= st->s->head || !sound(st, r->read)) {
        r->read = st->s->head;
        return false;
    }
    const struct mr_iec104_change *first = &st->changes[r->read % p->events];
    size_t begin = w->n, max = p->asdu_max > 0 ? p->asdu_max : MR_IEC104_ASDU_MAX;
    size_t size = MR_IEC104_IOA + (size_t)mr_iec104_info(st->cells[first->point].event)->size;
    struct mr_iec104_asdu a = {.type = st->cells[first->point].event, .cause = first->cause};
    a.ca = st->config->cas[st->config->points[first->point].ca];
    mr_iec104_asdu_encode(w, &a);
    do {
        write_change(st, &st->changes[r->read % p->events], w);
        r->read++;
        w->p[begin + 1]++;
    } while (p->pack_events && r->read < st->s->head && sound(st, r->read) && w->n - begin + size <= max &&
             w->p[begin + 1] < 127 && goes_with(st, first, &st->changes[r->read % p->events]));
    return true;
}

/* --- what comes by itself --------------------------------------------------------------------------------------------------- */

bool mr_iec104_initialized_due(const struct mr_iec104_server *s)
{
    return s->group <= MR_IEC104_REDUNDANCY && (s->station->s->initialized >> s->group & 1) != 0;
}

/* The period whose cycle was not sent, or nperiods. */
static size_t due_cycle(const struct mr_iec104_server *s)
{
    size_t k = 0;
    while (k < s->station->nperiods && s->cycles[k] == s->station->s->cycles[k]) {
        k++;
    }
    return k;
}

bool mr_iec104_returned(const struct mr_iec104_server *s, const struct mr_iec104_pending *p)
{
    const struct mr_iec104_station *st = s->station;
    int32_t feedback = p->command < st->config->ncommands ? st->config->commands[p->command].feedback : -1;
    if (feedback < 0) {
        return false; /* out of a damaged snapshot */
    }
    double state = st->points[feedback].seen;
    return !(state < p->expected) && !(state > p->expected);
}

/* ACTTERM follows the return information, which is among the events (5-5, 6.8). */
static bool ended(const struct mr_iec104_server *s, const struct mr_iec104_pending *p)
{
    return s->link.now >= p->until || (mr_iec104_returned(s, p) && next_event(s) >= s->station->s->head);
}

/* M_EI_NA_1 for each common address (101, 7.3.3.1), with what it was (7.2.6.21). */
void mr_iec104_tell_initialized(struct mr_iec104_server *s)
{
    const uint8_t object[] = {0, 0, 0, s->station->s->initialized_by};
    const struct mr_iec104_config *c = s->station->config;
    for (size_t i = 0; i < c->ncas; i++) {
        struct mr_iec104_asdu a = {.type = MR_IEC104_M_EI_NA_1, .count = 1, .cause = MR_IEC104_COT_INITIALIZED, .ca = c->cas[i]};
        a.objects = mr_slice(object, sizeof object);
        mr_iec104_enqueue_asdu(s, MR_IEC104_LITERAL, &a);
    }
    s->station->s->initialized &= (uint8_t) ~(1u << s->group);
}

static void end_pending(struct mr_iec104_server *s, size_t i)
{
    struct mr_iec104_asdu a;
    const struct mr_iec104_pending *p = &s->pending[i];
    if (mr_iec104_asdu_decode(mr_slice(p->asdu, p->n), &a)) {
        mr_iec104_mirror(s, &a, MR_IEC104_COT_ACT_TERM, !mr_iec104_returned(s, p));
    }
    s->npending--;
    memmove(s->pending + i, s->pending + i + 1, (s->npending - i) * sizeof s->pending[0]);
}

static bool has_room(const struct mr_iec104_server *s)
{
    return s->nqueue + MR_IEC104_ROOM <= sizeof s->queue;
}

/* Whether any has ended. */
static bool end_commands(struct mr_iec104_server *s)
{
    uint32_t before = s->npending;
    for (uint32_t i = s->npending; i-- > 0;) {
        if (has_room(s) && ended(s, &s->pending[i])) {
            end_pending(s, i);
        }
    }
    return s->npending < before;
}

bool mr_iec104_has_news(const struct mr_iec104_server *s)
{
    const struct mr_iec104_state *st = s->station->s;
    if (!mr_iec104_active(s) || !mr_iec104_link_open_window(&s->link)) {
        return false;
    }
    if (s->stopping || s->nqueue > 0) {
        return s->nqueue > 0;
    }
    for (uint32_t i = 0; i < s->npending; i++) {
        if (ended(s, &s->pending[i])) {
            return true;
        }
    }
    return next_event(s) < st->head || due_cycle(s) < s->station->nperiods || mr_iec104_initialized_due(s);
}

mr_ns mr_iec104_pending_deadline(const struct mr_iec104_server *s)
{
    mr_ns d = MR_NEVER_NS;
    for (uint32_t i = 0; i < s->npending && has_room(s); i++) {
        d = s->pending[i].until < d ? s->pending[i].until : d;
    }
    return d;
}

/* A cycle waits for an empty queue, so that a slow reader gets fewer of them. */
void mr_iec104_gather(struct mr_iec104_server *s)
{
    if (!mr_iec104_active(s) || s->stopping) {
        s->npending = 0; /* stopped, or another connection of the group has taken over */
        return;
    }
    if (mr_iec104_initialized_due(s) && has_room(s)) {
        mr_iec104_tell_initialized(s);
    }
    (void)end_commands(s);
    bool idle = s->nqueue == 0;
    for (size_t k = due_cycle(s); idle && k < s->station->nperiods; k = due_cycle(s)) {
        const uint8_t number = (uint8_t)k;
        s->cycles[k] = s->station->s->cycles[k];
        mr_iec104_enqueue(s, MR_IEC104_CYCLE, mr_slice(&number, 1));
    }
}

bool mr_iec104_output_asdu(struct mr_iec104_server *s, struct mr_writer *w)
{
    if (!mr_iec104_active(s) || !mr_iec104_link_open_window(&s->link)) {
        return false;
    }
    size_t begin = mr_iec104_link_begin(w);
    bool some = from_queue(s, w) || (!s->stopping && (from_events(s, w) || (end_commands(s) && from_queue(s, w))));
    if (!some) {
        w->n = begin;
        return false;
    }
    s->marks[s->link.vs % MR_IEC104_K_MAX] = mr_iec104_reader_of(s)->read;
    mr_iec104_link_finish(&s->link, w, begin);
    return true;
}
