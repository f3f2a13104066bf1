/* s7_messages.c - messages that a CPU sends by itself: entries of the diagnostics buffer, alarms of the program; who wants which,
 * the list of alarms that stand, and their acknowledgement (user data group 4).
 *
 * Forms as in captured sessions of WinCC and STEP 7 (subscription, query without alarms, message of a stop) and as tshark knows
 * them (alarms). */
#include "proto/s7/s7_serve.h"

/* What can be subscribed to. */
enum { CHANGES_OF_MODE = 1, SYSTEM_DIAGNOSTICS = 2, USER_DIAGNOSTICS = 4, ALARMS = 0x80 };
/* Kinds of alarms, in a subscription. */
enum { ABORT_ALARM = 4, INITIATE_ALARM = 5, ABORT_ALARM_S = 8, INITIATE_ALARM_S = 9 };
enum { WANTS_ALARM = 1, WANTS_ALARM_S = 2 };

#define VARIABLE 0x12
enum { SYNTAX_ALARM = 0x16, SYNTAX_ACK = 0x19, SYNTAX_QUERY = 0x1A };
enum { QUERY_BY_TYPE = 1, QUERY_BY_ID = 3 };
enum { TYPE_ALARM_8 = 2, TYPE_ALARM_S = 4 };

static void subscribe_alarms(struct mr_s7_server *s, uint8_t kind)
{
    uint8_t bit = kind == INITIATE_ALARM_S || kind == ABORT_ALARM_S ? WANTS_ALARM_S : WANTS_ALARM;
    bool begins = kind == INITIATE_ALARM_S || kind == INITIATE_ALARM;
    if (s->alarms == 0) {
        s->messaged = s->cpu->state->messaged;
    }
    s->alarms = (uint8_t)(begins ? s->alarms | bit : s->alarms & ~bit);
}

/* Which messages from now on: a byte of bits, a reserved one, a name, and with alarms their kind. A later subscription to other
 * messages leaves alarms as they are. */
static void subscribe(struct mr_s7_server *s, struct mr_s7_request *q, struct mr_writer *w)
{
    uint8_t wanted = mr_read_u8(&q->data);
    (void)mr_read_bytes(&q->data, 9);
    uint8_t kind = (wanted & ALARMS) != 0 ? mr_read_u8(&q->data) : 0;
    if (q->data.bad) {
        mr_s7_answer(w, q, MR_S7_E_PDU_SIZE, mr_slice(NULL, 0));
        return;
    }
    if (s->subscribed == 0) {
        s->diagnosed = s->cpu->state->diagnosed;
    }
    s->subscribed = wanted & (CHANGES_OF_MODE | SYSTEM_DIAGNOSTICS | USER_DIAGNOSTICS);
    const uint8_t plain[] = {2, 0}, with_alarms[] = {2, 0, kind, kind == INITIATE_ALARM_S || kind == ABORT_ALARM_S, 0};
    if (kind == 0) {
        mr_s7_answer(w, q, MR_S7_NO_ERROR, mr_slice(plain, sizeof plain));
        return;
    }
    subscribe_alarms(s, kind);
    mr_s7_answer(w, q, MR_S7_NO_ERROR, mr_slice(with_alarms, sizeof with_alarms));
}

/* ---- alarms that stand ---- */

static struct mr_s7_alarm *find_alarm(struct mr_s7_state *s, uint32_t id)
{
    for (size_t i = 0; id != 0 && i < MR_S7_ALARMS; i++) {
        if (s->alarms[i].id == id) {
            return &s->alarms[i];
        }
    }
    return NULL;
}

static void write_no_value(struct mr_writer *w)
{
    mr_write_u8(w, MR_S7_ABSENT);
    mr_write_u8(w, MR_S7_DATA_NONE);
    mr_write_u16be(w, 0);
}

/* One alarm in the answer to a query, its length without that byte itself. */
static void write_standing(const struct mr_s7_alarm *a, struct mr_writer *w)
{
    bool is_s = a->function != MR_S7_CPU_ALARM_8;
    mr_write_u8(w, is_s ? 35 : 11);
    mr_write_u16be(w, 0);
    mr_write_u8(w, is_s ? TYPE_ALARM_S : TYPE_ALARM_8);
    mr_write_u32be(w, a->id);
    mr_write_u8(w, 0);
    mr_write_u8(w, a->signals);
    mr_write_u8(w, a->acked_going);
    mr_write_u8(w, a->acked_coming);
    if (is_s) {
        mr_write_bytes(w, mr_slice(a->came, sizeof a->came));
        write_no_value(w);
        mr_write_bytes(w, mr_slice(a->went, sizeof a->went));
        write_no_value(w);
    }
}

/* `id` is the kind of query, `index` what it asks for: a type, or the lower half of an identifier. */
static enum mr_s7_error standing_alarms(struct mr_s7_server *s, uint16_t id, uint16_t index, mr_ns now, struct mr_writer *w)
{
    (void)now;
    mr_write_u16be(w, 1); /* function, number of objects */
    size_t head = w->n;
    mr_write_u32be(w, 0);
    for (size_t i = 0; i < MR_S7_ALARMS; i++) {
        const struct mr_s7_alarm *a = &s->cpu->state->alarms[i];
        uint16_t type = a->function == MR_S7_CPU_ALARM_8 ? TYPE_ALARM_8 : TYPE_ALARM_S;
        bool asked = id == QUERY_BY_ID ? (uint16_t)a->id == index : type == index;
        if (a->id != 0 && asked) {
            write_standing(a, w);
        }
    }
    size_t n = w->n - head - 4;
    w->p[head] = n > 0 ? MR_S7_OK : MR_S7_ABSENT;
    w->p[head + 1] = n > 0 ? MR_S7_DATA_OCTETS : MR_S7_DATA_NONE;
    mr_patch_u16be(w, head + 2, (uint16_t)n);
    return MR_S7_NO_ERROR;
}

static void query(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w)
{
    uint8_t which[4];
    if (!q->goes_on) {
        (void)mr_read_bytes(&q->data, 4); /* function, number of objects, variable, its length */
        uint8_t syntax = mr_read_u8(&q->data);
        (void)mr_read_u8(&q->data);
        uint8_t kind = mr_read_u8(&q->data);
        (void)mr_read_u8(&q->data);
        uint16_t upper = mr_read_u16be(&q->data), lower = mr_read_u16be(&q->data);
        bool known = syntax == SYNTAX_QUERY && (kind == QUERY_BY_ID || (kind == QUERY_BY_TYPE && upper == 0));
        if (q->data.bad || !known) {
            mr_s7_answer(w, q, MR_S7_E_PDU_SIZE, mr_slice(NULL, 0));
            return;
        }
        struct mr_writer ww = mr_writer(which, sizeof which);
        mr_write_u16be(&ww, kind);
        mr_write_u16be(&ww, lower);
        q->data = mr_reader(mr_written(&ww));
    }
    mr_s7_answer_list(s, q, standing_alarms, now, w);
}

/* One alarm acknowledged: a verdict. */
static enum mr_s7_return acknowledge_one(struct mr_s7_server *s, struct mr_reader *r, mr_ns now)
{
    bool ours = mr_read_u8(r) == VARIABLE;
    struct mr_reader o = mr_reader(mr_read_bytes(r, mr_read_u8(r)));
    ours = mr_read_u8(&o) == SYNTAX_ACK && ours;
    (void)mr_read_u8(&o); /* how many values */
    struct mr_s7_alarm *a = find_alarm(s->cpu->state, mr_read_u32be(&o));
    uint8_t going = mr_read_u8(&o), coming = mr_read_u8(&o);
    if (!ours || o.bad || !a) {
        return MR_S7_ABSENT;
    }
    a->acked_going |= going;
    a->acked_coming |= coming;
    mr_s7_announce(s->cpu->state, a, MR_S7_CPU_ALARM_ACKED, now);
    return MR_S7_OK;
}

static void acknowledge(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w)
{
    uint8_t buf[2 + MR_S7_ITEMS_MAX];
    struct mr_writer out = mr_writer(buf, sizeof buf);
    (void)mr_read_u8(&q->data);
    uint8_t n = mr_read_u8(&q->data);
    bool may = (mr_s7_rights(s->cpu->settings, s->client) & MR_S7_MAY_WRITE) != 0;
    if (q->data.bad || n == 0 || n > MR_S7_ITEMS_MAX) {
        mr_s7_answer(w, q, MR_S7_E_PDU_SIZE, mr_slice(NULL, 0));
        return;
    }
    mr_write_u8(&out, 0);
    mr_write_u8(&out, n);
    for (uint8_t i = 0; i < n; i++) {
        mr_write_u8(&out, (uint8_t)(may ? acknowledge_one(s, &q->data, now) : MR_S7_DENIED));
    }
    mr_s7_answer(w, q, MR_S7_NO_ERROR, mr_written(&out));
}

void mr_s7_serve_messages(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w)
{
    bool served = !s->cpu->personality->no_messages;
    if (served && q->function == MR_S7_CPU_MESSAGES) {
        subscribe(s, q, w);
    } else if (served && q->function == MR_S7_CPU_ALARM_QUERY) {
        query(s, q, now, w);
    } else if (served && q->function == MR_S7_CPU_ALARM_ACK) {
        acknowledge(s, q, now, w);
    } else {
        mr_s7_answer(w, q, MR_S7_E_FUNCTION, mr_slice(NULL, 0));
    }
}

/* ---- what is to be sent ---- */

/* The oldest that a ring of `size` still has, of those not sent. */
static uint32_t oldest(uint32_t sent, uint32_t made, uint32_t size)
{
    return made - sent > size ? made - size : sent;
}

static bool wants_diagnostic(const struct mr_s7_server *s, const struct mr_s7_diagnostic *d)
{
    uint8_t class = d->bytes[0] >> 4;
    uint8_t bit = class == 4 ? CHANGES_OF_MODE : class >= 10 ? USER_DIAGNOSTICS : SYSTEM_DIAGNOSTICS;
    return (s->subscribed & bit) != 0;
}

static bool wants_alarm(const struct mr_s7_server *s, const struct mr_s7_message *m)
{
    return (s->alarms & (m->alarm.function == MR_S7_CPU_ALARM_8 ? WANTS_ALARM : WANTS_ALARM_S)) != 0;
}

/* The next entry, or message, that this connection wants; NULL where there is none. *at stands behind it then. */
static const struct mr_s7_diagnostic *next_diagnostic(const struct mr_s7_server *s, uint32_t *at)
{
    const struct mr_s7_state *c = s->cpu->state;
    *at = oldest(s->diagnosed, c->diagnosed, MR_S7_DIAGNOSTICS);
    while (s->subscribed != 0 && *at != c->diagnosed) {
        const struct mr_s7_diagnostic *d = &c->diagnostics[(*at)++ % MR_S7_DIAGNOSTICS];
        if (wants_diagnostic(s, d)) {
            return d;
        }
    }
    return NULL;
}

static const struct mr_s7_message *next_message(const struct mr_s7_server *s, uint32_t *at)
{
    const struct mr_s7_state *c = s->cpu->state;
    *at = oldest(s->messaged, c->messaged, MR_S7_MESSAGES);
    while (s->alarms != 0 && *at != c->messaged) {
        const struct mr_s7_message *m = &c->messages[(*at)++ % MR_S7_MESSAGES];
        if (wants_alarm(s, m)) {
            return m;
        }
    }
    return NULL;
}

bool mr_s7_message_due(const struct mr_s7_server *s)
{
    uint32_t at;
    return next_diagnostic(s, &at) || next_message(s, &at);
}

/* Time, function, one object: variable, length, syntax, number of values, identifier, and how it stands. */
static void send_alarm(const struct mr_s7_message *m, struct mr_writer *w)
{
    bool ack = m->function == MR_S7_CPU_ALARM_ACKED;
    uint8_t buf[24];
    struct mr_writer out = mr_writer(buf, sizeof buf);
    mr_write_bytes(&out, mr_slice(m->at, sizeof m->at));
    mr_write_u8(&out, 0);
    mr_write_u8(&out, 1);
    mr_write_u8(&out, VARIABLE);
    mr_write_u8(&out, ack ? 8 : 10);
    mr_write_u8(&out, ack ? SYNTAX_ACK : SYNTAX_ALARM);
    mr_write_u8(&out, 0);
    mr_write_u32be(&out, m->alarm.id);
    if (!ack) {
        mr_write_u8(&out, m->alarm.signals);
        mr_write_u8(&out, 0);
    }
    mr_write_u8(&out, m->alarm.acked_going);
    mr_write_u8(&out, m->alarm.acked_coming);
    mr_s7_push(w, MR_S7_CPU, m->function, 0, false, mr_written(&out));
}

void mr_s7_send_message(struct mr_s7_server *s, struct mr_writer *w)
{
    uint32_t at;
    const struct mr_s7_diagnostic *d = next_diagnostic(s, &at);
    s->diagnosed = at;
    if (d) {
        mr_s7_push(w, MR_S7_CPU, MR_S7_CPU_DIAGNOSTIC, 0, false, mr_slice(d->bytes, sizeof d->bytes));
        return;
    }
    const struct mr_s7_message *m = next_message(s, &at);
    s->messaged = at;
    if (m) {
        send_alarm(m, w);
    }
}
