/* iec104_serve.c - ASDUs in control direction: who may, what is unknown (101, 7.2.3: causes 44 to 47), and the system and
 * parameter types. Commands are iec104_control.c's. */
#include "proto/iec104/iec104_core.h"

/* --- answers ---------------------------------------------------------------------------------------------------------------- */

uint8_t mr_iec104_confirmation(const struct mr_iec104_asdu *a)
{
    return a->cause == MR_IEC104_COT_DEACT ? MR_IEC104_COT_DEACT_CON : MR_IEC104_COT_ACT_CON;
}

uint32_t mr_iec104_first_ioa(const struct mr_iec104_asdu *a)
{
    struct mr_reader r = mr_reader(a->objects);
    return mr_read_u24le(&r);
}

void mr_iec104_report(struct mr_iec104_server *s, enum mr_iec104_event_kind kind, const struct mr_iec104_asdu *a, uint32_t ioa,
                      double value)
{
    struct mr_iec104_event ev = {.kind = (uint8_t)kind, .client = s->client, .ioa = ioa, .value = value};
    if (a) {
        ev.type = a->type;
        ev.cause = a->cause;
        ev.originator = a->originator;
        ev.ca = a->ca;
    }
    MR_ASSERT(s->nevents < MR_IEC104_SERVER_EVENTS);
    s->events[s->nevents++] = ev;
}

void mr_iec104_mirror(struct mr_iec104_server *s, const struct mr_iec104_asdu *a, uint8_t cause, bool negative)
{
    struct mr_iec104_asdu back = *a;
    back.cause = cause;
    back.negative = negative;
    mr_iec104_enqueue_asdu(s, MR_IEC104_LITERAL, &back);
}

static void refuse_as(struct mr_iec104_server *s, const struct mr_iec104_asdu *a, uint8_t cause, enum mr_iec104_event_kind kind)
{
    struct mr_iec104_asdu told = *a;
    told.cause = cause;
    mr_iec104_report(s, kind, &told, mr_iec104_first_ioa(a), 0);
    mr_iec104_mirror(s, a, cause, true);
}

void mr_iec104_refuse(struct mr_iec104_server *s, const struct mr_iec104_asdu *a, uint8_t cause)
{
    refuse_as(s, a, cause, MR_IEC104_EV_REFUSED);
}

void mr_iec104_deny(struct mr_iec104_server *s, const struct mr_iec104_asdu *a)
{
    refuse_as(s, a, mr_iec104_confirmation(a), MR_IEC104_EV_DENIED);
}

/* --- services --------------------------------------------------------------------------------------------------------------- */

/* A request to one of the station's addresses (`ca` is its index; `a` has the address itself, also where all were asked). */
struct request {
    struct mr_iec104_server *s;
    const struct mr_iec104_asdu *a;
    size_t ca;
    struct mr_iec104_object o;
    mr_ns now;
};

static void confirm(const struct request *q)
{
    mr_iec104_mirror(q->s, q->a, mr_iec104_confirmation(q->a), false);
}

static void refuse(const struct request *q)
{
    mr_iec104_refuse(q->s, q->a, mr_iec104_confirmation(q->a));
}

static uint8_t rights(const struct request *q)
{
    return mr_iec104_rights(q->s->station->settings, q->s->client);
}

/* A task that ends with COT 10; a deactivation takes it back. */
static void run_task(const struct request *q, enum mr_iec104_entry kind)
{
    if (q->a->cause == MR_IEC104_COT_DEACT) {
        if (mr_iec104_dequeue(q->s, kind, q->a->ca)) {
            confirm(q);
        } else {
            refuse(q);
        }
        return;
    }
    mr_iec104_report(q->s, MR_IEC104_EV_INTERROGATED, q->a, 0, q->o.value);
    confirm(q);
    mr_iec104_enqueue_asdu(q->s, kind, q->a);
}

static void interrogate(const struct request *q)
{
    if ((rights(q) & MR_IEC104_MAY_READ) == 0) {
        mr_iec104_deny(q->s, q->a);
    } else if (q->o.bits < MR_IEC104_QOI_STATION || q->o.bits > MR_IEC104_QOI_STATION + MR_IEC104_GROUPS) {
        refuse(q);
    } else {
        run_task(q, MR_IEC104_INTERROGATE);
    }
}

/* Freezing is confirmed and done; reading brings the counters (60870-5-5, 6.9). */
static void interrogate_counters(const struct request *q)
{
    uint8_t which = q->o.bits & 0x3F, how = (uint8_t)(q->o.bits >> 6);
    uint8_t need = how == 0 ? MR_IEC104_MAY_READ : MR_IEC104_MAY_CONTROL;
    if ((rights(q) & need) == 0 || (how != 0 && q->s->station->settings->read_only)) {
        mr_iec104_deny(q->s, q->a);
    } else if (which < 1 || which > MR_IEC104_QCC_GENERAL) {
        refuse(q);
    } else if (how == 0 || q->a->cause == MR_IEC104_COT_DEACT) {
        run_task(q, MR_IEC104_COUNT);
    } else {
        if (!q->a->test) {
            mr_iec104_freeze(q->s->station, which == MR_IEC104_QCC_GENERAL ? 0 : which, how, q->now);
        }
        mr_iec104_report(q->s, MR_IEC104_EV_INTERROGATED, q->a, 0, q->o.value);
        confirm(q);
        mr_iec104_mirror(q->s, q->a, MR_IEC104_COT_ACT_TERM, false);
    }
}

/* The value itself is the confirmation. */
static void read_point(const struct request *q)
{
    const struct mr_iec104_station *st = q->s->station;
    const struct mr_iec104_point *p = mr_iec104_find_point(st, q->ca, q->o.ioa);
    if (!p || (rights(q) & MR_IEC104_MAY_READ) == 0) {
        mr_iec104_refuse(q->s, q->a, MR_IEC104_COT_UNKNOWN_IOA);
        return;
    }
    const struct mr_iec104_cell *c = &st->cells[p - st->config->points];
    uint8_t object[MR_IEC104_IOA + 16];
    struct mr_writer w = mr_writer(object, sizeof object);
    mr_write_u24le(&w, q->o.ioa);
    mr_write_bytes(&w, mr_slice(st->bytes + c->at, mr_iec104_info(c->type)->size));
    struct mr_iec104_asdu answer = *q->a;
    answer.type = c->type;
    answer.cause = MR_IEC104_COT_REQUEST;
    answer.objects = mr_written(&w);
    mr_iec104_enqueue_asdu(q->s, MR_IEC104_LITERAL, &answer);
}

static void set_clock(const struct request *q)
{
    struct mr_iec104_station *st = q->s->station;
    if (st->settings->clock_locked || (rights(q) & MR_IEC104_MAY_CONTROL) == 0) {
        mr_iec104_deny(q->s, q->a);
        return;
    }
    if (!st->personality->clock_sync || q->o.time.invalid) {
        refuse(q);
        return;
    }
    const struct mr_iec104_time before = {mr_iec104_station_clock(st, q->now), mr_iec104_time_invalid(st, q->now), false};
    double moved = (double)q->o.time.unix_ns - (double)before.unix_ns;
    if (!q->a->test) {
        mr_iec104_station_set_clock(st, q->now, q->o.time.unix_ns);
    }
    mr_iec104_report(q->s, MR_IEC104_EV_CLOCK_SET, q->a, 0, moved / 1e9);
    uint8_t object[MR_IEC104_IOA + 7] = {0};
    struct mr_iec104_asdu answer = *q->a;
    if (st->personality->clock_before) {
        mr_iec104_cp56_encode(object + MR_IEC104_IOA, &before);
        answer.objects = mr_slice(object, sizeof object);
    }
    mr_iec104_mirror(q->s, &answer, MR_IEC104_COT_ACT_CON, false);
}

static void test(const struct request *q)
{
    bool counter = q->a->type == MR_IEC104_C_TS_TA_1; /* whose two bytes are a counter, not a pattern */
    if (counter || q->o.bits == MR_IEC104_TEST_PATTERN) {
        confirm(q);
    } else {
        refuse(q);
    }
}

static bool may_change(const struct request *q)
{
    return !q->s->station->settings->read_only && (rights(q) & MR_IEC104_MAY_CONTROL) != 0;
}

static void reset(const struct request *q)
{
    struct mr_iec104_state *s = q->s->station->s;
    if (!may_change(q)) {
        mr_iec104_deny(q->s, q->a);
    } else if (q->o.bits != MR_IEC104_QRP_RESET && q->o.bits != MR_IEC104_QRP_EVENTS) {
        refuse(q);
    } else {
        if (q->o.bits == MR_IEC104_QRP_EVENTS && !q->a->test) {
            s->floor = s->head;
        } else if (!q->a->test) {
            mr_iec104_report(q->s, MR_IEC104_EV_RESET, q->a, 0, q->o.value);
        }
        confirm(q);
    }
}

/* The threshold of a measured value of the same kind; other parameters are not there (101, 7.3.5 with 7.2.6.24). */
static void load_parameter(const struct request *q)
{
    enum { KPA = 0x3F, THRESHOLD = 1 };
    struct mr_iec104_station *st = q->s->station;
    const struct mr_iec104_point *p = mr_iec104_find_point(st, q->ca, q->o.ioa);
    uint8_t of = (uint8_t)(MR_IEC104_M_ME_NA_1 + 2 * (q->a->type - MR_IEC104_P_ME_NA_1));
    if (!may_change(q)) {
        mr_iec104_deny(q->s, q->a);
    } else if (!p || p->type != of) {
        mr_iec104_refuse(q->s, q->a, MR_IEC104_COT_UNKNOWN_IOA);
    } else if ((q->o.quality & KPA) != THRESHOLD || !(q->o.value >= 0)) {
        refuse(q);
    } else {
        if (!q->a->test) {
            st->points[p - st->config->points].deadband = q->o.value;
        }
        mr_iec104_report(q->s, MR_IEC104_EV_PARAMETER, q->a, q->o.ioa, q->o.value);
        confirm(q);
    }
}

static void activate_parameter(const struct request *q)
{
    if (!may_change(q)) {
        mr_iec104_deny(q->s, q->a);
    } else if (!mr_iec104_find_point(q->s->station, q->ca, q->o.ioa)) {
        mr_iec104_refuse(q->s, q->a, MR_IEC104_COT_UNKNOWN_IOA);
    } else {
        refuse(q); /* nothing here waits to be activated */
    }
}

static void command(const struct request *q)
{
    mr_iec104_control(q->s, q->a, q->ca, q->now);
}

/* --- what is served --------------------------------------------------------------------------------------------------------- */

struct service {
    uint8_t first, last; /* types */
    bool broadcast;      /* may be sent to all addresses (101, 7.2.4) */
    bool addressed;      /* has an object address; else it is 0 */
    uint8_t causes;      /* enum causes: with which it may be asked for (101, 7.3.2 to 7.3.5) */
    void (*run)(const struct request *q);
};
enum causes { ASK, START, START_STOP }; /* 5; 6; 6 and 8 */
static const struct service services[] = {
    {MR_IEC104_C_SC_NA_1, MR_IEC104_C_BO_NA_1, false, true, START_STOP, command},
    {MR_IEC104_C_SC_TA_1, MR_IEC104_C_BO_TA_1, false, true, START_STOP, command},
    {MR_IEC104_C_IC_NA_1, MR_IEC104_C_IC_NA_1, true, false, START_STOP, interrogate},
    {MR_IEC104_C_CI_NA_1, MR_IEC104_C_CI_NA_1, true, false, START_STOP, interrogate_counters},
    {MR_IEC104_C_RD_NA_1, MR_IEC104_C_RD_NA_1, false, true, ASK, read_point},
    {MR_IEC104_C_CS_NA_1, MR_IEC104_C_CS_NA_1, true, false, START, set_clock},
    {MR_IEC104_C_TS_NA_1, MR_IEC104_C_TS_NA_1, false, false, START, test},
    {MR_IEC104_C_RP_NA_1, MR_IEC104_C_RP_NA_1, true, false, START, reset},
    {MR_IEC104_C_TS_TA_1, MR_IEC104_C_TS_TA_1, false, false, START, test},
    {MR_IEC104_P_ME_NA_1, MR_IEC104_P_ME_NC_1, false, true, START, load_parameter},
    {MR_IEC104_P_AC_NA_1, MR_IEC104_P_AC_NA_1, false, true, START_STOP, activate_parameter},
};

static const struct service *find_service(uint8_t type)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (type >= services[i].first && type <= services[i].last) {
            return &services[i];
        }
    }
    return NULL;
}

static bool type_allowed(const struct mr_iec104_settings *set, uint8_t type)
{
    return !set->type_list || (set->types[type / 8 % sizeof set->types] >> type % 8 & 1) != 0;
}

static bool cause_fits(const struct service *v, uint8_t cause)
{
    if (v->causes == ASK) {
        return cause == MR_IEC104_COT_REQUEST;
    }
    return cause == MR_IEC104_COT_ACT || (v->causes == START_STOP && cause == MR_IEC104_COT_DEACT);
}

static bool to_all(const struct mr_iec104_server *s, const struct service *v, const struct mr_iec104_asdu *a)
{
    return a->ca == MR_IEC104_BROADCAST && v->broadcast && s->station->personality->broadcast;
}

static bool is_mine(const struct mr_iec104_server *s, const struct service *v, const struct mr_iec104_asdu *a)
{
    const struct mr_iec104_config *c = s->station->config;
    bool found = to_all(s, v, a);
    for (size_t i = 0; i < c->ncas && !found; i++) {
        found = c->cas[i] == a->ca;
    }
    return found;
}

/* For each of the station's addresses that is meant. */
static void serve_each(struct mr_iec104_server *s, const struct service *v, const struct mr_iec104_asdu *a, mr_ns now)
{
    const struct mr_iec104_config *c = s->station->config;
    bool all = to_all(s, v, a);
    for (size_t i = 0; i < c->ncas; i++) {
        if (!all && c->cas[i] != a->ca) {
            continue;
        }
        struct mr_iec104_asdu own = *a;
        struct request q = {.s = s, .a = &own, .ca = i, .now = now};
        own.ca = c->cas[i];
        if (v->run == command || mr_iec104_object_at(&own, 0, &q.o)) {
            v->run(&q);
        }
    }
}

/* 101, 7.2.3: what is wrong is looked for in the order type, cause, common address, object address. */
void mr_iec104_serve(struct mr_iec104_server *s, struct mr_slice asdu, mr_ns now)
{
    struct mr_iec104_asdu a;
    if (!mr_iec104_asdu_decode(asdu, &a) || a.negative) {
        return; /* nothing that could be answered; a negative request is none (as captured stations have it) */
    }
    const struct service *v = find_service(a.type);
    if (!v || !type_allowed(s->station->settings, a.type)) {
        if (s->station->personality->mirror_unknown) {
            mr_iec104_refuse(s, &a, MR_IEC104_COT_UNKNOWN_TYPE);
        }
        return;
    }
    if (!cause_fits(v, a.cause)) {
        mr_iec104_refuse(s, &a, MR_IEC104_COT_UNKNOWN_CAUSE);
    } else if (!is_mine(s, v, &a)) {
        mr_iec104_refuse(s, &a, MR_IEC104_COT_UNKNOWN_CA);
    } else if (v->run != command && (a.sequence || a.count != 1 || !mr_iec104_asdu_fits(&a))) {
        mr_iec104_refuse(s, &a, mr_iec104_confirmation(&a));
    } else if (!v->addressed && mr_iec104_first_ioa(&a) != 0) {
        mr_iec104_refuse(s, &a, MR_IEC104_COT_UNKNOWN_IOA);
    } else {
        serve_each(s, v, &a, now);
    }
}
