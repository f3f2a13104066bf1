/* iec104_link.c - see iec104_link.h. 104, 5.1 sequence numbers, 5.2 test procedures, 5.5 k and w, 9.6 timeouts. */
#include "proto/iec104/iec104_link.h"

const struct mr_iec104_params mr_iec104_default_params = {12, 8, 15 * MR_S, 10 * MR_S, 20 * MR_S};

static const struct mr_field fields[] = {
    MR_FIELD(struct mr_iec104_link, now, MR_I64),       MR_FIELD(struct mr_iec104_link, heard, MR_I64),
    MR_FIELD(struct mr_iec104_link, tested, MR_I64),    MR_FIELD(struct mr_iec104_link, unacked, MR_I64),
    MR_FIELD(struct mr_iec104_link, vs, MR_U16),        MR_FIELD(struct mr_iec104_link, vr, MR_U16),
    MR_FIELD(struct mr_iec104_link, acked, MR_U16),     MR_FIELD(struct mr_iec104_link, told, MR_U16),
    MR_FIELD(struct mr_iec104_link, tests, MR_U8),      MR_FIELD(struct mr_iec104_link, test_due, MR_BOOL),
    MR_FIELD(struct mr_iec104_link, testing, MR_BOOL),  MR_FIELD(struct mr_iec104_link, nin, MR_U32),
    MR_VARIABLE(struct mr_iec104_link, in, MR_U8, nin), MR_ARRAY(struct mr_iec104_link, sent, MR_I64),
};
const struct mr_type mr_iec104_link_type = MR_TYPE("iec104_link", struct mr_iec104_link, fields);

void mr_iec104_link_init(struct mr_iec104_link *l, const struct mr_iec104_params *params)
{
    MR_ASSERT(params->k > 0 && params->k <= MR_IEC104_K_MAX && params->w > 0);
    memset(l, 0, sizeof *l);
    l->params = params;
}

void mr_iec104_link_open(struct mr_iec104_link *l, mr_ns now)
{
    mr_iec104_link_init(l, l->params);
    l->now = l->heard = now;
}

/* Sequence numbers run in a circle of 15 bits. */
static uint16_t ahead(uint16_t a, uint16_t b)
{
    return (uint16_t)((a - b) % MR_IEC104_SEQUENCES);
}

uint16_t mr_iec104_link_outstanding(const struct mr_iec104_link *l)
{
    return ahead(l->vs, l->acked);
}

bool mr_iec104_link_open_window(const struct mr_iec104_link *l)
{
    return mr_iec104_link_outstanding(l) < l->params->k;
}

static uint16_t unacknowledged(const struct mr_iec104_link *l)
{
    return ahead(l->vr, l->told);
}

/* One that is whole. False where its numbers do not continue. */
static bool accept(struct mr_iec104_link *l, const struct mr_iec104_apdu *a)
{
    if (a->format == MR_IEC104_U) {
        if (a->u == MR_IEC104_TESTFR_ACT) {
            l->tests++;
        } else if (a->u == MR_IEC104_TESTFR_CON) {
            l->testing = false;
        }
        return true;
    }
    if (ahead(a->nr, l->acked) > mr_iec104_link_outstanding(l) || (a->format == MR_IEC104_I && a->ns != l->vr)) {
        return false;
    }
    l->acked = a->nr;
    if (a->format == MR_IEC104_I) {
        l->unacked = unacknowledged(l) > 0 ? l->unacked : l->now;
        l->vr = (uint16_t)((l->vr + 1) % MR_IEC104_SEQUENCES);
    }
    return true;
}

/* Bytes of the APDU whose beginning is known; 0 where the beginning is none of an APDU. */
static size_t length_of(const uint8_t *p, size_t n)
{
    if (n >= 1 && p[0] != 0x68) {
        return 0;
    }
    if (n < 2) {
        return MR_IEC104_APCI;
    }
    return p[1] >= MR_IEC104_APCI - 2 && p[1] <= MR_IEC104_APDU_MAX - 2 ? p[1] + 2u : 0;
}

size_t mr_iec104_link_needs(const struct mr_iec104_link *l)
{
    size_t whole = length_of(l->in, l->nin);
    return l->nin > 0 && whole > l->nin ? whole - l->nin : 0;
}

/* A whole APDU, straight from the input where it is not cut. */
static enum mr_iec104_taken frame(struct mr_iec104_link *l, struct mr_slice in, size_t *used, struct mr_slice *apdu)
{
    size_t left = in.n - *used;
    if (l->nin == 0 && left >= MR_IEC104_APCI) {
        size_t whole = length_of(in.p + *used, left);
        if (whole > 0 && whole <= left) {
            *apdu = mr_slice(in.p + *used, whole);
            *used += whole;
            return MR_IEC104_TAKEN;
        }
    }
    while (*used < in.n) {
        if (l->nin >= sizeof l->in) {
            return MR_IEC104_BROKEN; /* out of a damaged snapshot */
        }
        l->in[l->nin++] = in.p[(*used)++];
        size_t whole = length_of(l->in, l->nin);
        if (whole == 0) {
            return MR_IEC104_BROKEN;
        }
        if (l->nin == whole) {
            *apdu = mr_slice(l->in, whole);
            l->nin = 0;
            return MR_IEC104_TAKEN;
        }
    }
    return MR_IEC104_MORE;
}

enum mr_iec104_taken mr_iec104_link_take(struct mr_iec104_link *l, struct mr_slice in, size_t *used, mr_ns now,
                                         struct mr_iec104_apdu *a)
{
    struct mr_slice apdu;
    l->now = now;
    enum mr_iec104_taken t = frame(l, in, used, &apdu);
    if (t == MR_IEC104_TAKEN) {
        l->heard = now;
        t = mr_iec104_apdu_decode(apdu, a) && accept(l, a) ? MR_IEC104_TAKEN : MR_IEC104_BROKEN;
    }
    return t;
}

size_t mr_iec104_link_begin(struct mr_writer *w)
{
    size_t begin = w->n;
    mr_write_fill(w, 0, MR_IEC104_APCI);
    return begin;
}

void mr_iec104_link_finish(struct mr_iec104_link *l, struct mr_writer *w, size_t begin)
{
    struct mr_writer apci = mr_writer(w->p + begin, w->n - begin);
    MR_ASSERT(!w->full && mr_iec104_link_open_window(l));
    mr_iec104_write_i(&apci, l->vs, l->vr, mr_slice(NULL, 0));
    w->p[begin + 1] = (uint8_t)(w->n - begin - 2);
    l->sent[l->vs % MR_IEC104_K_MAX] = l->now;
    l->vs = (uint16_t)((l->vs + 1) % MR_IEC104_SEQUENCES);
    l->told = l->vr;
}

bool mr_iec104_link_owes(const struct mr_iec104_link *l)
{
    uint16_t n = unacknowledged(l);
    return n >= l->params->w || (n > 0 && l->now >= l->unacked + l->params->t2);
}

bool mr_iec104_link_output(struct mr_iec104_link *l, struct mr_writer *w)
{
    if (l->tests > 0) {
        l->tests--;
        mr_iec104_write_u(w, MR_IEC104_TESTFR_CON);
    } else if (l->test_due) {
        l->test_due = false;
        mr_iec104_write_u(w, MR_IEC104_TESTFR_ACT);
    } else {
        return false;
    }
    return true;
}

void mr_iec104_link_acknowledge(struct mr_iec104_link *l, struct mr_writer *w)
{
    mr_iec104_write_s(w, l->vr);
    l->told = l->vr;
}

static mr_ns earlier(mr_ns a, mr_ns b)
{
    return a < b ? a : b;
}

/* When the other side is given up: an I format or a test frame unanswered for t1. */
static mr_ns dead_at(const struct mr_iec104_link *l)
{
    mr_ns i = mr_iec104_link_outstanding(l) > 0 ? l->sent[l->acked % MR_IEC104_K_MAX] + l->params->t1 : MR_NEVER_NS;
    return earlier(i, l->testing ? l->tested + l->params->t1 : MR_NEVER_NS);
}

mr_ns mr_iec104_link_deadline(const struct mr_iec104_link *l)
{
    mr_ns t2 = unacknowledged(l) > 0 ? l->unacked + l->params->t2 : MR_NEVER_NS;
    mr_ns t3 = l->testing ? MR_NEVER_NS : l->heard + l->params->t3;
    return earlier(dead_at(l), earlier(t2, t3));
}

bool mr_iec104_link_tick(struct mr_iec104_link *l, mr_ns now)
{
    l->now = now;
    if (now >= dead_at(l)) {
        return false;
    }
    if (!l->testing && now >= l->heard + l->params->t3) {
        l->testing = l->test_due = true;
        l->tested = now;
    }
    return true;
}
