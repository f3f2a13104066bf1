/* s7_userdata.c - user data: system status lists, piece by piece where they are long; login; the clock. */
#include "proto/s7/s7_serve.h"

#define REQUEST     4 /* high nibble of the type: 4 asks, 8 answers */
#define ANSWER      8
#define LIST_MAX    512 /* the longest list with its head: 0x001C has 348 bytes */
#define ANSWER_HEAD (MR_S7_JOB_HEADER + 12 + 4)

struct request {
    uint8_t group, function;
    uint8_t sequence; /* ours, from the first answer on */
    bool goes_on;     /* asks for the next piece */
    struct mr_reader data;
};

static bool decode(const struct mr_s7_header *h, struct request *q)
{
    struct mr_reader p = mr_reader(h->parameters);
    struct mr_reader d = mr_reader(h->data);
    bool ok = mr_read_u24be(&p) == 0x000112;
    (void)mr_read_u8(&p); /* length of what follows */
    q->goes_on = mr_read_u8(&p) == 0x12;
    uint8_t type = mr_read_u8(&p);
    q->group = type & 15;
    q->function = mr_read_u8(&p);
    q->sequence = mr_read_u8(&p);
    q->sequence = q->sequence == 0 ? 1 : q->sequence;
    (void)mr_read_u16be(&d); /* return code and transport size */
    q->data = mr_reader(mr_read_bytes(&d, mr_read_u16be(&d)));
    return ok && type >> 4 == REQUEST && !p.bad && !d.bad;
}

/* `reference` is not 0 and `more` set where another piece follows. */
static void answer(struct mr_writer *w, const struct mr_s7_header *h, const struct request *q, enum mr_s7_error error,
                   struct mr_slice data, uint8_t reference, bool more)
{
    bool with_data = error == MR_S7_NO_ERROR && data.n > 0;
    size_t begin = mr_s7_header_begin(w, MR_S7_USERDATA, h->reference, 0);
    mr_write_u24be(w, 0x000112);
    mr_write_u8(w, 8);
    mr_write_u8(w, 0x12);
    mr_write_u8(w, (uint8_t)(ANSWER << 4 | q->group));
    mr_write_u8(w, q->function);
    mr_write_u8(w, q->sequence);
    mr_write_u8(w, reference);
    mr_write_u8(w, more);
    mr_write_u16be(w, (uint16_t)error);
    size_t at = w->n;
    mr_write_u8(w, with_data ? MR_S7_OK : MR_S7_ABSENT);
    mr_write_u8(w, with_data ? MR_S7_DATA_OCTETS : MR_S7_DATA_NONE);
    mr_write_u16be(w, with_data ? (uint16_t)data.n : 0);
    mr_write_bytes(w, with_data ? data : mr_slice(NULL, 0));
    mr_s7_header_finish(w, begin, at);
}

static void refuse(struct mr_writer *w, const struct mr_s7_header *h, const struct request *q, enum mr_s7_error error)
{
    answer(w, h, q, error, mr_slice(NULL, 0), 0, false);
}

/* Makes the list anew for each piece: between two pieces the session keeps only where it stands. */
static void read_list(struct mr_s7_server *s, const struct mr_s7_header *h, struct request *q, mr_ns now, struct mr_writer *w)
{
    uint8_t buf[LIST_MAX];
    struct mr_writer list = mr_writer(buf, sizeof buf);
    if (!q->goes_on) {
        s->list_id = mr_read_u16be(&q->data);
        s->list_index = mr_read_u16be(&q->data);
        s->list_at = 0;
        s->list_reference = s->list_reference == UINT8_MAX ? 1 : (uint8_t)(s->list_reference + 1);
    } else if (s->list_at == 0) {
        refuse(w, h, q, MR_S7_E_NO_SZL);
        return;
    }
    enum mr_s7_error error = q->data.bad ? MR_S7_E_NO_SZL : mr_s7_szl(s->cpu, s->list_id, s->list_index, now, &list);
    if (error != MR_S7_NO_ERROR || list.full || s->list_at > list.n) {
        refuse(w, h, q, error);
        return;
    }
    size_t room = (size_t)s->pdu_size - ANSWER_HEAD;
    size_t left = list.n - s->list_at;
    bool more = left > room;
    struct mr_slice piece = mr_slice(buf + s->list_at, more ? room : left);
    bool cut = more || s->list_at > 0;
    answer(w, h, q, MR_S7_NO_ERROR, piece, cut ? s->list_reference : 0, more);
    s->list_at = more ? (uint16_t)(s->list_at + piece.n) : 0;
}

static void login(struct mr_s7_server *s, const struct mr_s7_header *h, struct request *q, struct mr_writer *w)
{
    const struct mr_s7_settings *set = s->cpu->settings;
    enum mr_s7_error error = MR_S7_NO_ERROR;
    if (q->function == MR_S7_SECURITY_LOGOUT) {
        error = s->logged_in ? MR_S7_NO_ERROR : MR_S7_E_NOT_LOGGED_IN;
        s->logged_in = false;
    } else if (set->password[0] == 0) {
        error = MR_S7_E_NO_PASSWORD;
    } else {
        uint8_t plain[8] = {0};
        struct mr_slice sent = mr_read_bytes(&q->data, 8);
        if (sent.n == 8) {
            mr_s7_password_decode(plain, sent.p);
        }
        s->logged_in = sent.n == 8 && memcmp(plain, set->password, 8) == 0;
        error = s->logged_in ? MR_S7_NO_ERROR : MR_S7_E_PASSWORD;
        mr_s7_report(s, (struct mr_s7_event){.kind = s->logged_in ? MR_S7_EV_LOGIN : MR_S7_EV_LOGIN_FAILED});
    }
    answer(w, h, q, error, mr_slice(NULL, 0), 0, false);
}

static void clock_service(struct mr_s7_server *s, const struct mr_s7_header *h, struct request *q, mr_ns now, struct mr_writer *w)
{
    struct mr_s7_state *state = s->cpu->state;
    uint8_t time[10] = {0x00, 0x19};
    if (q->function == MR_S7_CLOCK_READ) {
        mr_s7_time_encode(time + 2, now + state->clock);
        answer(w, h, q, MR_S7_NO_ERROR, mr_slice(time, sizeof time), 0, false);
        return;
    }
    bool may = (mr_s7_rights(s->cpu->settings, s->client) & MR_S7_MAY_WRITE) != 0 && !mr_s7_protected(s, 2);
    struct mr_slice sent = mr_read_bytes(&q->data, sizeof time);
    mr_ns wanted;
    if (!may) {
        mr_s7_report(s, (struct mr_s7_event){.kind = MR_S7_EV_DENIED, .function = MR_S7_CLOCK});
        refuse(w, h, q, MR_S7_E_PROTECTED);
    } else if (sent.n != sizeof time || !mr_s7_time_decode(sent.p + 2, &wanted)) {
        refuse(w, h, q, MR_S7_E_FUNCTION);
    } else {
        state->clock = wanted - now;
        mr_s7_report(s, (struct mr_s7_event){.kind = MR_S7_EV_CLOCK_SET, .function = MR_S7_CLOCK});
        refuse(w, h, q, MR_S7_NO_ERROR);
    }
}

bool mr_s7_serve_userdata(struct mr_s7_server *s, const struct mr_s7_header *h, mr_ns now, struct mr_writer *w)
{
    struct request q;
    if (!decode(h, &q)) {
        return false;
    }
    bool lists = q.group == MR_S7_CPU && q.function == MR_S7_CPU_READ_SZL;
    bool security = q.group == MR_S7_SECURITY && (q.function == MR_S7_SECURITY_LOGIN || q.function == MR_S7_SECURITY_LOGOUT);
    bool clock = q.group == MR_S7_CLOCK && (q.function == MR_S7_CLOCK_READ || q.function == MR_S7_CLOCK_SET);
    if (lists && mr_s7_protected(s, 3)) {
        refuse(w, h, &q, MR_S7_E_PROTECTED);
    } else if (lists) {
        read_list(s, h, &q, now, w);
    } else if (security) {
        login(s, h, &q, w);
    } else if (clock) {
        clock_service(s, h, &q, now, w);
    } else {
        refuse(w, h, &q, MR_S7_E_FUNCTION);
    }
    return true;
}
