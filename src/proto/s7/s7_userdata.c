/* s7_userdata.c - user data: from a request to its group; lists in pieces; login; the clock. */
#include "proto/s7/s7_serve.h"

#define HEAD        0x000112
#define ASKS        0x11 /* the short head of parameters */
#define ANSWERS     0x12 /* the long one; requests of some groups have it too */
#define ANSWER_HEAD (MR_S7_JOB_HEADER + 12 + 4)
#define BLOCK_ENTRY 4 /* number, flags, language */

static bool decode(const struct mr_s7_header *h, struct mr_s7_request *q)
{
    struct mr_reader p = mr_reader(h->parameters);
    struct mr_reader d = mr_reader(h->data);
    bool ok = mr_read_u24be(&p) == HEAD;
    (void)mr_read_u8(&p); /* length of what follows */
    uint8_t method = mr_read_u8(&p);
    uint8_t type = mr_read_u8(&p);
    q->header = h;
    q->group = type & 15;
    q->function = mr_read_u8(&p);
    q->sequence = mr_read_u8(&p);
    (void)mr_read_u16be(&d); /* return code and transport size */
    q->data = mr_reader(mr_read_bytes(&d, mr_read_u16be(&d)));
    q->goes_on = q->sequence != 0 && (method == ANSWERS || q->data.n == 0); /* python-snap7 goes on with the short head */
    q->sequence = q->sequence == 0 ? 1 : q->sequence;
    return ok && type >> 4 == MR_S7_REQUEST && !p.bad && !d.bad;
}

static void write_data(struct mr_writer *w, struct mr_slice data)
{
    mr_write_u8(w, data.n > 0 ? MR_S7_OK : MR_S7_ABSENT);
    mr_write_u8(w, data.n > 0 ? MR_S7_DATA_OCTETS : MR_S7_DATA_NONE);
    mr_write_u16be(w, (uint16_t)data.n);
    mr_write_bytes(w, data);
}

/* `reference` is not 0 and `more` set where another piece follows. */
static void write_answer(struct mr_writer *w, const struct mr_s7_request *q, enum mr_s7_error error, struct mr_slice data,
                         uint8_t reference, bool more)
{
    size_t begin = mr_s7_header_begin(w, MR_S7_USERDATA, q->header->reference, 0);
    mr_write_u24be(w, HEAD);
    mr_write_u8(w, 8);
    mr_write_u8(w, ANSWERS);
    mr_write_u8(w, (uint8_t)(MR_S7_RESPONSE << 4 | q->group));
    mr_write_u8(w, q->function);
    mr_write_u8(w, q->sequence);
    mr_write_u8(w, reference);
    mr_write_u8(w, more);
    mr_write_u16be(w, (uint16_t)error);
    size_t at = w->n;
    write_data(w, error == MR_S7_NO_ERROR ? data : mr_slice(NULL, 0));
    mr_s7_header_finish(w, begin, at);
}

void mr_s7_answer(struct mr_writer *w, const struct mr_s7_request *q, enum mr_s7_error error, struct mr_slice data)
{
    write_answer(w, q, error, data, 0, false);
}

void mr_s7_push(struct mr_writer *w, uint8_t group, uint8_t function, uint8_t sequence, bool long_head, struct mr_slice data)
{
    size_t begin = mr_s7_header_begin(w, MR_S7_USERDATA, 0, 0);
    mr_write_u24be(w, HEAD);
    mr_write_u8(w, long_head ? 8 : 4);
    mr_write_u8(w, long_head ? ANSWERS : ASKS);
    mr_write_u8(w, (uint8_t)(MR_S7_PUSH << 4 | group));
    mr_write_u8(w, function);
    mr_write_u8(w, sequence);
    mr_write_fill(w, 0, long_head ? 4 : 0);
    size_t at = w->n;
    write_data(w, data);
    mr_s7_header_finish(w, begin, at);
}

void mr_s7_answer_list(struct mr_s7_server *s, struct mr_s7_request *q, mr_s7_list_fn *make, mr_ns now, struct mr_writer *w)
{
    uint8_t buf[MR_S7_SZL_MAX];
    struct mr_writer list = mr_writer(buf, sizeof buf);
    enum mr_s7_error error = s->list_at > 0 ? MR_S7_NO_ERROR : MR_S7_E_NO_SZL; /* nothing goes on */
    if (!q->goes_on) {
        s->list_id = mr_read_u16be(&q->data);
        s->list_index = q->group == MR_S7_CPU ? mr_read_u16be(&q->data) : 0;
        s->list_at = 0;
        s->list_reference = s->list_reference == UINT8_MAX ? 1 : (uint8_t)(s->list_reference + 1);
        error = q->data.bad ? MR_S7_E_NO_SZL : MR_S7_NO_ERROR;
    }
    error = error == MR_S7_NO_ERROR ? make(s, s->list_id, s->list_index, now, &list) : error;
    if (error != MR_S7_NO_ERROR || list.full || s->list_at > list.n) {
        mr_s7_answer(w, q, error == MR_S7_NO_ERROR ? MR_S7_E_NO_SZL : error, mr_slice(NULL, 0));
        return;
    }
    size_t room = (size_t)s->pdu_size - ANSWER_HEAD;
    if (q->group == MR_S7_BLOCKS) { /* whole entries: 52 of them in 240 bytes at a captured S7-300, and Snap7 needs them so */
        room = (room - BLOCK_ENTRY) / BLOCK_ENTRY * BLOCK_ENTRY;
    }
    size_t left = list.n - s->list_at;
    bool more = left > room;
    struct mr_slice piece = mr_slice(buf + s->list_at, more ? room : left);
    bool cut = more || s->list_at > 0;
    write_answer(w, q, MR_S7_NO_ERROR, piece, cut ? s->list_reference : 0, more);
    s->list_at = more ? (uint16_t)(s->list_at + piece.n) : 0;
}

static enum mr_s7_error status_list(struct mr_s7_server *s, uint16_t id, uint16_t index, mr_ns now, struct mr_writer *w)
{
    return mr_s7_szl(s->cpu, id, index, now, w);
}

static void login(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w)
{
    const struct mr_s7_settings *set = s->cpu->settings;
    enum mr_s7_error error = MR_S7_NO_ERROR;
    if (q->function == MR_S7_SECURITY_LOGOUT) {
        error = s->logged_in ? MR_S7_NO_ERROR : MR_S7_E_NOT_LOGGED_IN;
        s->logged_in = false;
    } else if (q->function != MR_S7_SECURITY_LOGIN) {
        error = MR_S7_E_FUNCTION;
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
        mr_s7_diagnose(s->cpu->state, s->logged_in ? MR_S7_DIAG_PASSWORD_RIGHT : MR_S7_DIAG_PASSWORD_WRONG, 0, s->client, now);
    }
    mr_s7_answer(w, q, error, mr_slice(NULL, 0));
}

static void clock_service(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w)
{
    struct mr_s7_state *state = s->cpu->state;
    uint8_t time[10] = {0x00, 0x19};
    mr_ns wanted;
    if (q->function == MR_S7_CLOCK_READ || q->function == MR_S7_CLOCK_READ_FOLLOWING) {
        mr_s7_time_encode(time + 2, mr_s7_clock(state, now));
        mr_s7_answer(w, q, MR_S7_NO_ERROR, mr_slice(time, sizeof time));
        return;
    }
    enum mr_s7_error error = MR_S7_E_FUNCTION;
    struct mr_slice sent = mr_read_bytes(&q->data, sizeof time);
    bool sets = q->function == MR_S7_CLOCK_SET || q->function == MR_S7_CLOCK_SET_FOLLOWING;
    if (sets && !mr_s7_may_set(s, MR_S7_CLOCK)) {
        error = MR_S7_E_PROTECTED;
    } else if (sets && sent.n == sizeof time && mr_s7_time_decode(sent.p + 2, &wanted)) {
        state->clock = (uint64_t)wanted - (uint64_t)now;
        mr_s7_report(s, (struct mr_s7_event){.kind = MR_S7_EV_CLOCK_SET, .function = MR_S7_CLOCK});
        error = MR_S7_NO_ERROR;
    }
    mr_s7_answer(w, q, error, mr_slice(NULL, 0));
}

static void serve_cpu(struct mr_s7_server *s, struct mr_s7_request *q, mr_ns now, struct mr_writer *w)
{
    if (q->function == MR_S7_CPU_READ_SZL) {
        mr_s7_answer_list(s, q, status_list, now, w);
    } else {
        mr_s7_serve_messages(s, q, now, w);
    }
}

bool mr_s7_serve_userdata(struct mr_s7_server *s, const struct mr_s7_header *h, mr_ns now, struct mr_writer *w)
{
    struct mr_s7_request q;
    if (!decode(h, &q)) {
        return false;
    }
    switch (q.group) {
    case MR_S7_TEST:
        mr_s7_serve_tests(s, &q, now, w);
        break;
    case MR_S7_CYCLIC:
        mr_s7_serve_cyclic(s, &q, now, w);
        break;
    case MR_S7_BLOCKS:
        mr_s7_serve_blocks(s, &q, now, w);
        break;
    case MR_S7_CPU:
        serve_cpu(s, &q, now, w);
        break;
    case MR_S7_SECURITY:
        login(s, &q, now, w);
        break;
    case MR_S7_CLOCK:
        clock_service(s, &q, now, w);
        break;
    default:
        mr_s7_answer(w, &q, MR_S7_E_FUNCTION, mr_slice(NULL, 0));
    }
    return true;
}
